"""The volatility, its signs and its season against their formulas, window by window in plain loops.

Levels and weights are the module's own: that they are right is measured elsewhere, that they are used as said
is seen here.
"""

from __future__ import annotations

import itertools
import math
import statistics

import numpy as np
import pytest
from scipy import stats

from analytics.kernels.recurrence import volatility as of
from analytics.kernels.recurrence import yearly
from analytics.kernels.recurrence.volatility import moments, relative_deviation
from analytics.kernels.recurrence.volatility_weights import ABOVE, BELOW, LEAST, MOST, NEAREST

SAME = 1e-9  # the same formula, summed in another order; a logarithm near 0 loses some digits


def series(kind: str, seed: int, days: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rate = {
        "poisson": np.full(days, 1.5),
        "regimes": np.repeat(rng.gamma(1, 2.0, days // 20 + 1), 20)[:days],
        "waves": 0.5 + 25 * (rng.random(days) < 0.02),
        "season": 3 + 2.8 * np.sin(2 * np.pi * np.arange(days) / 60),
        "rare": np.full(days, 0.03),
        "even": np.full(days, 0.0),
    }[kind]
    values = rng.poisson(rate)
    if kind == "even":
        values = np.arange(days) % 2
    values[3] += 1
    covered = np.ones(days, dtype=bool)
    if seed % 2:
        covered[days // 3 : days // 3 + 4] = covered[-1] = False
    return values, covered


def windows(values: np.ndarray, covered: np.ndarray, length: int) -> list[float | None]:
    """The sum of each window less the mean of all, None where it is not whole."""
    sums = [
        float(sum(values[t : t + length])) if all(covered[t : t + length]) else None
        for t in range(len(values) - length + 1)
    ]
    mean = statistics.fmean(one for one in sums if one is not None)
    return [None if one is None else one - mean for one in sums]


def lagged_mean(one: list[float | None], length: int) -> float:
    found = [a * b for a, b in zip(one[length:], one, strict=False) if a is not None and b is not None]
    return statistics.fmean(found) if found else 0.0


def slow_cosines(values: list[float], number: int) -> list[float]:
    n = len(values)
    return [
        sum(v * math.cos(math.pi * k * (i + 0.5) / n) for i, v in enumerate(values)) / n
        for k in range(1, number + 1)
    ]


def expected_moments(values: np.ndarray, covered: np.ndarray, length: int) -> dict[str, float]:
    each = windows(values, covered, length)
    off = [one for one in each if one is not None]
    seen = [int(v) for v, c in zip(values, covered, strict=True) if c]
    many, usual = len(seen) / length, sum(seen) / len(seen)
    mean = usual * length
    variance = max(statistics.fmean(x * x for x in off), 1e-9)
    rho = min(max(lagged_mean(each, length) / variance, 0.0), 0.9)
    better = min(rho + (1 + 3 * rho) / many, 0.9)
    remaining = max(1 - (1 + better) / (1 - better) / many, 0.2)
    phi = variance / mean / remaining
    bounded = max(phi, 1.0)
    freedom = 3 * length**2 / (2 * length**2 + 1) * many - 1
    spread = (1 + rho) / (1 - rho) / freedom
    sigma2 = (bounded - 1) / mean
    gamma = 2 + sigma2 * (3 - 1 / bounded)
    square = gamma * spread
    influence = [x * x / variance - 1 - x / mean for x in off]
    tail = max(statistics.fmean(x * x for x in influence), 0.3)
    slow = 2 * statistics.fmean(x * x for x in slow_cosines(influence, 4))
    drift = sum(x * x for x in slow_cosines(off, 2)) / variance
    # of a lognormal level the excess kurtosis is w^4 + 2 w^3 + 3 w^2 - 6; of a gamma one 6 sigma^2
    surplus = (
        0.0
        if sigma2 == 0
        else max(float(stats.lognorm.stats(math.sqrt(math.log1p(sigma2)), moments="k")) - 6 * sigma2, 0.0)
    )
    ratio = variance / mean
    single = statistics.fmean((v - usual) ** 2 for v in seen) / usual
    pairs = [v * (v - 1) for v in seen]
    cut = [len(off) * k // 4 for k in range(5)]
    parts = [statistics.fmean(x * x for x in off[a:b]) for a, b in itertools.pairwise(cut)]
    halves = [max(statistics.fmean(x * x for x in some), 1e-9) for some in (off[: cut[2]], off[cut[2] :])]
    quarters = statistics.pstdev([math.log(max(part, 1e-9) + 0.1 * mean) for part in parts])
    third = sum(v * (v - 1) * (v - 2) for v in seen)
    return {
        "phi": phi, "mean": mean, "rho": rho, "freedom": freedom, "spread": spread, "tail": tail,
        "scale": math.sqrt(square),
        "signs.slow": math.log(max(slow, 1e-3) / square) / 2,
        "signs.tail": math.log(tail * spread / square) / 2,
        "signs.windows": math.log(many / 52),
        "signs.day": math.log(min(max(max(seen) ** 2 / (usual * len(seen) * max(ratio, 0.3)), 1e-3), 2.0)),
        "signs.window": math.log(min(max(max(off) ** 2 / (many * variance), 1e-3), 2.0)),
        "signs.daily": math.log(max(single, 0.5) / max(ratio, 0.5)),
        "signs.drift": drift,
        "signs.rho": rho,
        "signs.weak": bounded ** (-1 / math.sqrt(square)),
        "signs.level": math.log1p(sigma2),
        "signs.heavy": math.log1p(surplus * (1 - 1 / bounded) ** 2 / gamma) / 2,
        "signs.mean": math.log(mean),
        "signs.share": math.log((max(single - 1, 0) + 0.1) / (max(ratio - 1, 0) + 0.1)),
        "signs.carriers": math.log(sum(pairs) ** 2 / sum(p * p for p in pairs) / many) if any(pairs) else 0.0,
        "signs.third": math.log1p(third / (sum(pairs) + 1)),
        "signs.halves": abs(math.log(halves[0] / halves[1])),
        "signs.quarters": math.log(max(quarters, 0.05)) - math.log(square) / 2,
        "signs.skew": statistics.fmean(x**3 for x in off) / variance**1.5,
        "signs.drifting": math.log(drift * many + 0.1),
        "signs.correction": -math.log(remaining),
        "signs.single": math.log(max(single, 0.5)),
    }  # fmt: skip


def expected_season(each: list[float | None], length: int, years: float, year: float) -> tuple[float, ...]:
    seen = int(years + 0.02)
    if seen == 0:
        return 0.0, 0.0, 1.0
    many = years * year / length
    at = np.array([t for t, one in enumerate(each) if one is not None])
    known = np.array([one for one in each if one is not None])
    waves = min(3 * seen - 1, 8)
    columns = [np.ones(at.size)]
    for k in range(1, waves + 1):
        columns += [np.cos(2 * np.pi * k * at / year), np.sin(2 * np.pi * k * at / year)]
    design = np.column_stack(columns)
    fit = design @ np.linalg.lstsq(design, known, rcond=None)[0]
    terms, total = design.shape[1], max(float(sum(known**2)), 1e-9)
    left: list[float | None] = [None] * len(each)
    for t, x in zip(at.tolist(), (known - fit).tolist(), strict=True):
        left[t] = x
    rest = max(sum(x * x for x in left if x is not None) / total, 1e-9)
    rho = lagged_mean(left, length) * known.size / (rest * total) + (terms + 1) / many
    rho = min(max(rho, 0.0), 0.9)
    freedom = max(many * (1 - rho) / (1 + rho) - terms, 1.0)
    ratio = max(1 - rest, 1e-9) * freedom / (terms - 1) / rest
    half = 1 + yearly._HALF_SURE / math.sqrt(seen)
    sure = ratio**4 / (ratio**4 + half**4)
    rest = min(rest * (1 + terms / freedom), 1.0)
    share = 1 - rest
    sinc, twice = (math.sin(math.pi * x) / (math.pi * x) for x in (years, 2 * years))
    square = (4 * share + 2 * rest) * rest / (freedom + terms)
    square += share**2 * (1.5 * sinc**4 + 0.5 * twice**2)
    unlike = 0.0
    if seen > 1:
        centred = fit - fit.mean()
        cut = [known.size * k // seen for k in range(seen + 1)]
        sizes = [
            float(centred[a:b] @ known[a:b]) / max(float(centred[a:b] @ centred[a:b]), 1e-9)
            for a, b in itertools.pairwise(cut)
        ]
        unlike = statistics.variance(sizes)
    square += share**2 * (yearly._UNLIKE**2 + 4 * (seen - 1) * unlike) / seen**2
    return sure, share, math.sqrt(square)


@pytest.mark.parametrize("kind", ["poisson", "regimes", "waves", "season", "rare", "even"])
@pytest.mark.parametrize(("seed", "days", "length"), [(1, 160, 7), (2, 133, 5), (4, 61, 4)])
def test_the_volatility_is_what_its_formulas_say(kind, seed, days, length):
    year = 60.0
    values, covered = series(kind, seed, days)
    expected = expected_moments(values, covered, length)
    found = moments(values, covered, length)
    for name, value in expected.items():
        got = getattr(found.signs, name[6:]) if name.startswith("signs.") else getattr(found, name)
        assert got == pytest.approx(value, rel=SAME, abs=SAME), name

    each = windows(values, covered, length)
    years = int(covered.sum()) / year
    sure, share, scale = expected_season(each, length, years, year)
    whole, off = (np.array([one is not None for one in each]), np.array([one or 0.0 for one in each]))
    assert yearly.season(off, whole, length, years, year) == pytest.approx(
        (sure, share, scale), rel=1e-7, abs=1e-9
    )

    lost = 1 - math.exp(-expected["signs.correction"])
    phi = expected["phi"] * (1 - lost) / (1 - lost * (1 - share * sure))
    shown = [
        min(max(expected[f"signs.{name}"], a), b)
        for name, a, b in zip(of.Signs._fields, LEAST, MOST, strict=True)
    ]
    reach = []
    for weights in (BELOW, ABOVE):
        parts = [math.exp(w[0] + sum(x * y for x, y in zip(w[1:], shown, strict=True))) for w in weights]
        reach.append(expected["scale"] * max(sum(parts), NEAREST))
    more = expected["phi"] * expected["freedom"] > stats.chi2.ppf(1 - of._POISSON, expected["freedom"])
    few = expected["spread"] * (1 - 1 / max(expected["phi"], 1.0))
    rare_tail = of._NORMAL_TAIL / max(expected["tail"], of._LEAST_TAIL)
    below = reach[0] * math.sqrt(1 + of._TWO_LEVELS * few * rare_tail**3)
    above = reach[1] * ((1 + of._STUDENT * few) if more else of._ONE_SIDED)
    below = below ** (1 - sure) * (of._SEASON * max(scale, expected["scale"] / of._NARROWEST)) ** sure
    sigma = math.sqrt(max(phi - 1, 0.0) / expected["mean"])
    low = math.sqrt(max(max(phi, 1.0) * math.exp(-below) - 1, 0.0) / expected["mean"])
    high = math.sqrt(max(max(expected["phi"], 1.0) * math.exp(above) - 1, 0.0) / expected["mean"])
    low = max(low, min(0.01, sigma)) if more else 0.0
    wanted = (sigma, low, high, expected["mean"], phi, expected["rho"], int(covered.sum()) // length)
    assert relative_deviation(values, covered, length, year) == pytest.approx(wanted, rel=1e-7, abs=1e-8)
