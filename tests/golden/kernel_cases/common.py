"""Dispersion, tails, regression, silences: what every method builds on."""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics.kernels.common.cholesky import solve_positive
from analytics.kernels.common.dispersion import (
    Dispersion,
    chi2_share,
    dispersion_at,
    excess_growth,
    shrink_dispersion,
    window_dispersion,
    window_sums,
)
from analytics.kernels.common.episodes import episode_onsets, episode_spans
from analytics.kernels.common.glm import poisson_fit
from analytics.kernels.common.mixed_loop import (
    _beside_stirling,
    _digamma,
    _gamma_tail,
    _log_gamma,
    _log_rise,
    _lognormal_tail,
    _long_tail,
    _mass,
)
from analytics.kernels.common.negative_binomial import (
    nb_above,
    nb_below,
    nb_draws,
    nb_kurtosis,
    nb_mid_tail,
    nb_quantile,
    nb_size,
    nb_tail,
)
from analytics.kernels.common.online_fdr import lord, saffron
from analytics.kernels.common.quadrature import normal_nodes, uniform_nodes
from analytics.kernels.common.roots import roots
from analytics.kernels.common.silence import (
    collapses,
    implausible_silences,
    longest_silences,
    may_hold_silence,
    zero_probability,
)
from analytics.kernels.common.tails import (
    _panels,
    betabinomial_tail,
    binomial_tail,
    dispersion_nodes,
    mixed_tail,
)


def counts(seed: int, periods: int = 60, series: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Overdispersed counts, one series silent and one without overdispersion, and a coverage with gaps."""
    rng = np.random.default_rng(seed)
    values = rng.negative_binomial(1.5, 0.4, (periods, series))
    values[:, 0] = rng.poisson(3.0, periods)
    values[:, -1] = 0
    covered = np.ones(values.shape, dtype=bool)
    covered[10:13, 1] = False
    covered[20, :] = False
    covered[-2:, 2] = False
    return values, covered


def dispersions() -> Any:
    values, covered = counts(1)
    every = np.ones_like(covered)
    wide = np.tile(values, (1, 110))
    mean = np.linspace(1.0, 3.0, values.size).reshape(values.shape)
    return {
        **{f"whole {n}": window_dispersion(values, every, n) for n in (1, 2, 7, 20, 59)},
        **{f"gaps {n}": window_dispersion(values, covered, n) for n in (1, 4, 14, 30)},
        "expected": window_dispersion(values, covered, 3, expected=mean, parameters=3),
        "expected whole": window_dispersion(values, every, 3, expected=mean, parameters=5),
        "wide": window_dispersion(wide, np.ones(wide.shape, dtype=bool), 6).phi[:7],
        "sums": [window_sums(values, n) for n in (1, 3, 60, 61)],
        "wide sums": [window_sums(wide, n)[:, :6] for n in (1, 3, 60, 61)],
    }


def chi_squares() -> Any:
    level = np.array([1e-6, 0.02, 0.5, 0.8, 1 - 1e-7])
    edf = np.array([0.3, 0.999, 1.0, 1.001, 2.5, 40.0, 1e9, np.nan])
    return {
        "share": chi2_share(edf[:-1], level),
        "at": dispersion_at(np.array([1.0, 1.5, 4.0, 9e5]), np.array([0.5, 1.0, 3.0, 2.0]), level),
        "nodes": dispersion_nodes(np.array([1.2, 3.0]), np.array([5.0, 80.0])),
        "growth": excess_growth(np.array([-2.0, 0.0, 0.7, 1.2, 5.0, 90.0])),
    }


def shrunken() -> Any:
    found = {}
    for name, seed, scale, least in (
        ("alike", 3, 0.05, 20.0),
        ("unlike", 4, 0.8, 20.0),
        ("few", 5, 0.8, 1.0),
    ):
        rng = np.random.default_rng(seed)
        edf = rng.uniform(least, 3 * least, 14)
        edf[0] = 2.0  # not usable: at most 2
        phi = np.maximum(np.exp(rng.normal(0.5, scale, 14)), 1.0)
        if name == "alike":
            phi = np.full(14, 1.4)
        of = Dispersion(phi, edf, np.linspace(0, 0.5, 14), np.arange(14))
        found[name] = shrink_dispersion(of)
        ten = of.take(np.arange(11))
        found[name + ", ten"] = shrink_dispersion(ten)
        found[name + ", nine"] = shrink_dispersion(of.take(np.arange(10)))
    return found


def regressions() -> Any:
    rng = np.random.default_rng(6)
    at = np.arange(40)
    design = np.column_stack([np.ones(40), at / 40, np.sin(at / 3)])
    y = rng.negative_binomial(2, 0.4, (40, 5)).astype(float)
    y[:, 1] = 0
    y[:, 2] = 0
    y[7, 2] = 1
    y[:, 3] = np.r_[np.zeros(30), rng.poisson(60.0, 10)]
    exposure = rng.integers(0, 4, (40, 5)).astype(float)
    alpha = np.array([0.5, 0.2, 0.0, 1.0, 3.0])
    offset = rng.normal(0, 0.3, (40, 5))
    one = poisson_fit(design, y, exposure)
    two = poisson_fit(design, y, exposure, offset=offset, alpha=alpha, tolerance=1e-11)
    three = poisson_fit(design, y, exposure > 0, alpha=alpha, start=y + 0.3, ridge=1e-3)
    good = [0, 3, 4]
    return {
        "poisson": (one.fitted, one.deviance, one.converged, one.mean(design)[:, good]),
        "covariance": one.covariance(design)[good],
        "mixed": (two.fitted[:, good], two.deviance, two.converged, two.coefficients[:, good]),
        "mixed covariance": two.covariance(design)[good],
        "started": (three.fitted, three.deviance, three.converged, three.coefficients),
    }


def systems() -> Any:
    rng = np.random.default_rng(7)
    root = rng.normal(size=(3, 4, 4))
    matrix = root @ root.transpose(0, 2, 1) + np.eye(4)
    packed = np.array([one[np.tril_indices(4)] for one in matrix])
    right = rng.normal(size=(3, 2, 4))
    solve_positive(packed, right)
    return packed, right


def special_functions() -> Any:
    x = np.r_[1e-3, 0.4, 1.0, 3.7, 9.99, 10.0, 10.01, 55.5, 4e4]
    rises = [(a, m) for a in (1e-3, 0.7, 9.5, 10.5, 300.0) for m in (0.0, 1.0, 3.0, 15.0, 16.0, 17.0, 90.0)]
    return {
        "beside": [np.array(_beside_stirling(float(a)) * a) for a in x[4:]],
        "gamma": np.array([_log_gamma(float(a)) for a in x]),
        "digamma": np.array([_digamma(float(a)) for a in x]),
        "rise": np.array([_log_rise(a, m) for a, m in rises]),
        "mass": np.array([_mass(k, 20.0, 1.3, 2.6, 0.1) for k in (0.0, 3.0, 19.5, 20.0)]),
    }


def long_tails() -> Any:
    panel = _panels()
    at = [
        (120.0, 400.0, 4.0, 12.0),
        (380.0, 400.0, 4.0, 12.0),
        (60.0, 400.0, 3.0, 3.9),
        (30.0, 900.0, 0.4, 4.0),
        (200.0, 900.0, 2.0, 30.0),
        (890.0, 1000.0, 20.0, 5.0),
        (300.0, 5000.0, 0.5, 2.0),
    ]
    choose = [_log_gamma(n + 1) - _log_gamma(s + 1) - _log_gamma(n - s + 1) for s, n, _, _ in at]
    more = [
        (0.0, 8.0, 1.0, 3.0),
        (8.0, 8.0, 1.0, 3.0),
        (3.0, 8.0, 0.2, 3.0),
        (2.0, 8.0, 2.0, 6.0),
        (10.0, 130.0, 0.5, 5.0),
        (9.0, 200.0, 0.5, 4.0),
        (199.0, 400.0, 1.0, 1.0),
        (285.0, 400.0, 3.0, 3.9),
        (279.0, 400.0, 3.0, 3.9),
        (280.0, 400.0, 3.0, 3.9),
        (150.0, 300.0, 70.0, 70.0),
    ]
    others = [_log_gamma(n + 1) - _log_gamma(s + 1) - _log_gamma(n - s + 1) for s, n, _, _ in more]
    return {
        "long": np.array([np.log(_long_tail(*one, panel)) for one in at]),
        "gamma": np.array([_gamma_tail(*one, c, panel, 1e-10) for one, c in zip(at, choose, strict=True)]),
        "more": np.array([_gamma_tail(*one, c, panel, 1e-10) for one, c in zip(more, others, strict=True)]),
    }


def lognormal_tails() -> Any:
    nodes = np.stack(normal_nodes(12))
    out = []
    for s, n, centre, scale in (
        (3.0, 9.0, -1.0, 0.5),
        (0.0, 9.0, -1.0, 0.5),
        (9.0, 9.0, 1.0, 0.2),
        (1.0, 40.0, -2.0, 1.5),
        (30.0, 40.0, 0.5, 0.7),
        (5.0, 200.0, -3.0, 0.1),
        (100.0, 220.0, -0.5, 0.4),
    ):
        k = np.arange(64.0)
        ratios = np.stack([(n - s - k) / (s + k + 1), (s - k) / (n - s + k + 1)])
        choose = _log_gamma(n + 1) - _log_gamma(s + 1) - _log_gamma(n - s + 1)
        out.append(_lognormal_tail(s, n, centre, scale, choose, nodes, ratios, np.empty((2, 12))))
    return np.array(out)


def tails() -> Any:
    s = np.array([0.0, 2.0, 9.0, 30.0, 0.0, 400.0, 1500.0, 6.5])
    n = np.array([5.0, 2.0, 21.0, 90.0, 0.0, 900.0, 9000.0, 40.0])
    recent, base = np.full(8, 14.0), np.array([60.0, 364.0, 100.0, 28.0, 50.0, 20.0, 80.0, 70.0])
    phi = np.array([1.3, 1.0, 1.8, 4.0, 1.5, 2.5, 6.0, 1.2])
    edf = np.array([20.0, 1e9, 30.0, 9.0, 50.0, 40.0, 25.0, 12.0])
    found = {
        f"mixed {upper}": mixed_tail(s, n, recent, base, phi, edf, upper=upper, nodes=4, spread_nodes=8)
        for upper in (True, False)
    }
    drawn = dispersion_nodes(phi, edf, 4)
    level = np.array([0.0, 1.0, 0.0, 0.5, 0.2, 0.9, 0.1, 0.0])
    found["level"] = mixed_tail(s, n, recent, base, phi, edf, nodes=4, drawn=drawn, level=level)
    x, m = np.arange(7.0), np.full(7, 6.0)
    found["binomial"] = [binomial_tail(x, m, np.full(7, 0.3), upper=upper) for upper in (True, False)]
    found["beta"] = [betabinomial_tail(x, m, 0.5 * m, 2 + x, upper=upper) for upper in (True, False)]
    wide = np.array([9.0, 10.0, 70.0, 250.0, 279.0, 280.0, 281.0, 399.0, 400.0]), np.full(9, 400.0)
    for a, b in ((2.0, 3.0), (0.5, 4.0), (3.0, 3.9), (40.0, 30.0), (0.2, 0.3)):
        found[f"wide {a} {b}"] = betabinomial_tail(*wide, np.full(9, a), np.full(9, b))
    return found


def negative_binomials() -> Any:
    mean = np.array([0.02, 0.7, 4.0, 90.0, 3e4, 0.0, np.nan])
    phi = np.array([1.0, 1.4, 3.0, 25.0, 1.0, 2.0, 2.0])
    levels = (1e-12, 1e-4, 0.05, 0.5, 0.9)
    k = np.array([-1.0, 0.0, 1.0, 4.0, 90.0])
    return {
        "quantile": [nb_quantile(level, mean, phi) for level in levels],
        "far": nb_quantile(np.array([1e-200, 1e-9]), np.array([5.0, 1e17]), np.array([60.0, 2.0])),
        "tail": nb_tail(k[:, None], mean, phi),
        "below": nb_below(k[:, None], mean[:5], np.array([1.0, np.inf, 3.0, 0.2, 40.0])),
        "above": nb_above(k[:, None], mean[:5], np.array([1.0, 7.0, 3.0, 0.2, 40.0])),
        "mid": nb_mid_tail(k[1:, None], mean[:4], phi[:4] + 0.5),
        "size": nb_size(mean, phi),
        "kurtosis": nb_kurtosis(mean[:5], phi[:5]),
        "draws": nb_draws(np.random.default_rng(1), np.array([0.5, 8.0]), np.array([2.0, 0.4])),
        "poisson": nb_draws(np.random.default_rng(1), np.array([0.5, 8.0]), np.inf),
    }


def online() -> Any:
    rng = np.random.default_rng(8)
    p = rng.random((30, 4)) ** np.array([1.0, 3.0, 8.0, 2.0])
    p[rng.random(p.shape) < 0.15] = np.nan
    p[:, 3] = np.where(p[:, 3] < 0.3, 1e-5, p[:, 3])
    p[4, 0], p[5, 0] = 0.5, 0.4
    found = {}
    for conflict in (1, 2, 5):
        found[f"lord {conflict}"] = lord(p, 0.2, conflict=conflict)
        found[f"saffron {conflict}"] = saffron(p, 0.3, conflict=conflict)
    found["start"] = lord(p, 0.2, start=0.1), saffron(p, 0.2, start=0.9, candidate=0.3)
    return found


def silences() -> Any:
    rng = np.random.default_rng(9)
    values = rng.poisson(0.8, (200, 4))
    values[:7] = 0
    values[90:120] = 0
    values[150:152, 1] = 0
    values[160:, 3] = 0
    covered = np.ones(values.shape, dtype=bool)
    covered[100:103] = False
    covered[30:60, 2] = False
    every = np.ones_like(covered)
    clumsy = np.repeat(rng.poisson(1.5, (40, 3)), 5, axis=0)
    found: dict[str, Any] = {}
    for name, mask in (("whole", every), ("gaps", covered)):
        found[name] = implausible_silences(values, mask)
        found[name + ", one"] = implausible_silences(values[:, 3:], mask[:, 3:])
        found[name + ", series"] = collapses(values, mask)
        found[name + ", many"] = collapses(np.tile(values, (1, 25)), np.tile(mask, (1, 25)))
        found[name + ", longest"] = (
            longest_silences(values, mask),
            longest_silences(values[:, :1], mask[:, :1]),
        )
        found[name + ", chance"] = zero_probability(values, mask, np.array([10, 30, 3, 1]))
        found[name + ", clumsy"] = zero_probability(clumsy, mask[:, :3], np.array([24, 9, 200]))
    daily, any_ = values.sum(axis=1), every.any(axis=1)
    found["may"] = np.array([may_hold_silence(daily[:n], any_[:n]) for n in range(85, 125)])
    return found


def solved() -> Any:
    goal = np.array([2.0, 9.0, -4.0, 1e9])
    return {
        "roots": roots(lambda x, i: x**3 - goal[i], np.zeros(4), np.ones(4)),
        "none": roots(lambda x, i: x * 0 + 1 + i, np.zeros(2), np.ones(2)),
        "loose": roots(lambda x, i: np.exp(x) - goal[i] ** 2, np.zeros(4), np.ones(4), xatol=0.1, xrtol=0.1),
        "nodes": (normal_nodes(5), uniform_nodes(4)),
    }


def grouped() -> Any:
    alarm = np.random.default_rng(10).random((40, 3)) < 0.25
    alarm[:, 1] = False
    found: dict[str, Any] = {"none": episode_spans(alarm[:, 1:2], 1)}
    for days, merge in ((1, 0), (1, 1), (1, 3), (7, 14), (7, 13), (1, 90)):
        found[f"{days} {merge}"] = (
            episode_spans(alarm, days, merge_days=merge),
            episode_onsets(alarm, days, merge_days=merge),
        )
    found["usual"] = episode_spans(alarm, 7), episode_onsets(alarm, 1)
    return found


CASES = {
    "dispersion of windows": dispersions,
    "chi-squares": chi_squares,
    "shrunken dispersions": shrunken,
    "regressions": regressions,
    "systems of equations": systems,
    "special functions": special_functions,
    "long tails": long_tails,
    "lognormal tails": lognormal_tails,
    "tails": tails,
    "negative binomials": negative_binomials,
    "online false discovery rate": online,
    "silences": silences,
    "roots and nodes": solved,
    "episodes": grouped,
}
