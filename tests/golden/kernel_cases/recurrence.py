"""Bursts, self-excitation, periods and weekdays."""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics.kernels.recurrence.bursts import (
    burst_episodes,
    burst_gains,
    burst_states,
    detectable_ratio,
    merge_episodes,
    permute_within,
    successive_dispersion,
)
from analytics.kernels.recurrence.hawkes import (
    HawkesFit,
    _best_mean,
    _best_size,
    _discounted,
    _ends,
    _loglik,
    _surface,
    _vertex,
    conditional_means,
    fit_hawkes,
    hawkes_residuals,
    simulate_hawkes,
)
from analytics.kernels.recurrence.periodicity import (
    _exponential_fit,
    _nothing_left,
    _range,
    _residuals,
    _search,
    periodicity_test,
    weekday_pvalues,
)


def counts(seed: int, periods: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """Bursty, plain, rare and silent series, and gaps."""
    rng = np.random.default_rng(seed)
    rate = np.where(np.arange(periods) % 20 < 5, 4.0, 0.6)
    bursty = rng.poisson(rate * rng.gamma(2, 0.5, periods))
    values = np.column_stack(
        [bursty, rng.poisson(1.5, periods), rng.random(periods) < 0.05, np.zeros(periods)]
    ).astype(np.int64)
    values[periods // 3 : periods // 3 + 3, 1] = 9
    covered = np.ones(values.shape, dtype=bool)
    covered[7:9, 0] = covered[-1, 1] = covered[21, :] = False
    return values, covered


def bursts() -> Any:
    found: dict[str, Any] = {}
    for seed in (1, 2, 3):
        values, covered = counts(seed)
        values[0], values[-1] = 7 * (seed % 2), 7 * (seed // 2)  # in a burst at either end
        found[f"dispersion {seed}"] = successive_dispersion(values, covered)
        for states, ratio, cost, merge in (
            *((2, 2.0, 0.5, 1), (2, 3.0, 1.0, 4), (3, 1.5, 0.4, 2), (4, 2.0, 0.2, 3), (3, 4.0, 1.2, 30)),
        ):
            name = f"{seed} {states} {ratio}"
            gains = burst_gains(values, covered, ratio=ratio, states=states)
            path = burst_states(gains, np.array([0.3, 0.8, 1.2, 2.0]) * cost * 4)
            episodes = burst_episodes(values, covered, ratio=ratio, cost=cost, merge=merge, states=states)
            found[name] = gains, path, episodes, episodes.recurrent
            found[name + " merged"] = merge_episodes(path, gains, np.array([0.1, 0.5, 0.0, 1.0]), merge)
    tied = np.array([-1.0, 2.0, -2.0, 2.0, -1.0, 0.0, 1.0, -1.0, 3.0])[:, None] * np.ones(3)
    found["tied"] = [burst_states(np.stack([tied] * busy), np.array([0.0, 1.0, 2.0])) for busy in (1, 2, 3)]
    return found


def shuffles() -> Any:
    strata = np.array([0, 0, -1, 1, 1, 1, 0, 2, -1, 1])
    found: dict[str, Any] = {
        "shuffled": permute_within(np.arange(10) ** 2, strata, 6, np.random.default_rng(4)),
    }
    strata, covered = np.repeat(np.arange(5), 30), np.ones(150, dtype=bool)
    covered[40:44] = False
    options = {"strata": strata, "alpha": 0.1, "ratio": 2.0, "cost": 0.5, "merge": 3}
    found["detectable"] = np.array(
        [
            detectable_ratio(
                mean, size, covered, np.random.default_rng(5), length=length, every=every, **options
            )
            for mean, size, length, every in ((2.0, np.inf, 5, 30), (3.0, 4.0, 8, 50), (0.01, np.inf, 2, 30))
        ]
    )
    return found


def hawkes() -> Any:
    found: dict[str, Any] = {}
    values = simulate_hawkes(1.5, 0.6, 3.0, 2.0, periods=90, series=3, rng=np.random.default_rng(6), burn=10)
    plain = simulate_hawkes(0.8, 0.2, 1.5, np.inf, periods=90, series=1, rng=np.random.default_rng(7))
    found["drawn"] = values, plain
    values = np.hstack([values, plain])
    values[:, 2] = values[:, 2] > 0
    covered = np.ones(values.shape, dtype=bool)
    draws = np.random.default_rng(8).random(values.shape)
    gaps = covered.copy()
    gaps[30:35, 0] = gaps[0, 1] = gaps[-1, 2] = False
    for name, mask, conditional, confidence in (
        *(("whole", covered, "negative_binomial", 0.95), ("gaps", gaps, "negative_binomial", 0.8)),
        ("poisson", gaps, "poisson", 0.95),
    ):
        fit = fit_hawkes(values, mask, conditional=conditional, confidence=confidence)
        found[name] = fit
        found[name + ", means"] = conditional_means(values, mask, fit)
    given = HawkesFit(
        *(np.array([1.5, 0.7, 0.6, 0.9]), np.array([0.5, 0.0, 0.99, 0.3])),
        *(np.zeros(4), np.ones(4), np.array([3.0, 1.0, 10.0, 2.0]), np.array([2.0, np.inf, 0.3, 9.0])),
        *(np.zeros(4), np.zeros(4)),
    )
    found["residuals"] = hawkes_residuals(values, gaps, given, draws)
    found["short"] = hawkes_residuals(values[:9], covered[:9], given, draws[:9], lags=30)
    found["few"] = hawkes_residuals(values, covered, given, draws, lags=2)
    return found


def hawkes_parts() -> Any:
    values, covered = counts(9, 40)
    values, covered = values[:, :3].astype(float), covered[:, :3]
    mean = np.array([1.4, 1.6, 0.05])
    rate = mean * (1 + 0.3 * np.sin(np.arange(40))[:, None])
    size = np.array([0.5, np.inf, 7.0])
    past = _discounted(values, mean, 2.5)
    drop = np.linspace(-1, 1, 26)[:, None] * np.array([1.0, -1.0, 0.0, 1.0]) + np.array([0.0, 0, 1, 2.0])
    middle = 4 * (np.linspace(-1, 1, 26)[:, None] ** 2 - np.array([0.3, 0.9, 0.01, 0.0002]))
    equal = np.array([2.0, 0.0, 1.0, np.inf, 1.0, -np.inf])
    return {
        "past": (past, _discounted(values, mean, np.array([1.0, 3.0, 20.0])), _discounted(values, mean, 1.0)),
        "likelihood": [_loglik(values, covered, rate, one) for one in (size, 2.0, np.inf)],
        "tiny": _loglik(values, covered, rate * 1e-14, size),
        "size": [_best_size(values, covered, one) for one in (rate, rate * 0 + mean, rate * 9, rate / 9)],
        "vertex": _vertex(
            equal, np.array([3.0, 0.0, 1.5, 1.0, 1.0, 2.0]), np.array([1.0, 0.0, 2.0, 2.0, 1.0, 1.0])
        ),
        "means": [
            _best_mean(values, covered, start, past, np.array([0.0, 0.5, 0.99]), size)
            for start in (mean, 20 * mean)
        ],
        "surface": _surface(values, covered, mean, past, size),
        "ends": [_ends(one, np.array([0.2, 0.8, 0.5, 0.01])) for one in (drop, -drop, middle)],
    }


def periods() -> Any:
    rng = np.random.default_rng(10)
    at = np.arange(120)
    rate = 2 * (1 + 0.7 * np.cos(2 * np.pi * at / 11))
    values = np.column_stack([rng.poisson(rate), rng.poisson(2.0, 120), 3 + 0 * at, 2 + (at % 7 == 3)])
    covered = np.ones(120, dtype=bool)
    covered[33:37] = False
    found: dict[str, Any] = {}
    for name, mask, shortest, longest, year in (
        *(("days", covered, 5.0, 40.0, 365.25), ("weeks", covered | True, 4.0, 30.0, 52.18)),
        ("season", covered, 3.0, 25.0, 110.0),
    ):
        some = values[:, [0, 1]] if year > 360 else values[:, :2]
        found[name] = periodicity_test(
            *(some, mask),
            shortest=shortest,
            longest=longest,
            replicates=19,
            rng=np.random.default_rng(11),
            year=year,
        )
        found[name + ", search"] = _search(some.astype(float), mask, shortest, longest, year)
        found[name + ", left"] = [_residuals(values, mask, year, weekdays=day) for day in (True, False)]
    found["nothing"] = [
        _nothing_left(values.astype(float), mask, year)
        for mask in (covered, covered | True)
        for year in (365.25, 52.0)
    ]
    silent = values.copy()
    silent[:, 1] = 3
    found["nothing tested"] = periodicity_test(
        *(silent[:, :2], covered), shortest=5.0, longest=40.0, replicates=3, rng=np.random.default_rng(12)
    ).pvalue
    power = rng.exponential(size=(20, 2)) * np.linspace(1, 9, 20)[:, None]
    found["fit"] = _exponential_fit(power, np.polynomial.chebyshev.chebvander(np.linspace(-1, 1, 20), 2))
    ratio = np.column_stack(
        [5 - 0.5 * np.abs(np.arange(12.0) - 4), np.r_[9.0, np.ones(11)], np.r_[np.ones(11), 9.0]]
    )
    found["range"] = _range(ratio, np.linspace(0.1, 0.3, 12), ratio.argmax(axis=0), ratio.max(axis=0))
    return found


def weekdays() -> Any:
    rng = np.random.default_rng(13)
    weeks = rng.poisson(np.r_[1.0, 1, 1, 1, 1, 1.4, 2.5][None, :, None], (15, 7, 3))
    weeks[:, :, 2] = 0
    covered = rng.random((15, 3)) < 0.8
    return [
        weekday_pvalues(weeks, mask, replicates=n, rng=np.random.default_rng(14))
        for mask, n in ((covered, 40), (covered | True, 7), (covered, 501))
    ]


CASES = {
    "bursts": bursts,
    "shuffles": shuffles,
    "self-excitation": hawkes,
    "parts of self-excitation": hawkes_parts,
    "periods": periods,
    "weekdays": weekdays,
}
