"""Farrington's regression against plain regressions by matrices, and its baselines against a calendar."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from kernel_figures import assert_kept, same_as_stored, stored
from scipy import special, stats

from analytics.kernels.farrington.baseline import (
    Baselines,
    flexible_baselines,
    reference_weeks,
    window_baselines,
)
from analytics.kernels.farrington.bounds import (
    POWERS,
    cautious_dispersion,
    fewer_than,
    power_bound,
    power_score,
    score_surprise,
    surprise,
)
from analytics.kernels.farrington.cells import _kept, fit_cells, sorted_by_level
from analytics.kernels.farrington.fit import FarringtonFits, fit_weeks
from analytics.kernels.farrington.reference import CLIPPED, OVERWRITTEN, fit_reference
from analytics.kernels.farrington.regression import powers

MAXIMUM = 1e-6  # relative: the slope ends where a step was 1e-4 over the span, the next is about its square
EXACT = 1e-10
STARTS = np.datetime64("2014-12-29") + np.timedelta64(7, "D") * np.arange(330)


def counts(seed: int, periods: int = 130, regions: int = 4):
    """Weeks of few and of many incidents, with outbreaks, a rise, an empty season, and gaps."""
    rng = np.random.default_rng(seed)
    rate = np.array([0.2, 1.5, 6.0, 25.0])[:regions] * np.exp(np.arange(periods)[:, None] / periods)
    values = rng.negative_binomial(3, 3 / (3 + rate)).astype(np.int32)
    values[rng.integers(0, periods - 6, 5), rng.integers(0, regions, 5)] += 40
    values[:, 0] *= (np.arange(periods) // 13) % 2  # seasons without incidents
    usable = rng.random(values.shape) > 0.06
    return np.where(usable, values, 0).astype(np.int32), usable


# -- which weeks -------------------------------------------------------------------------------------------


def weeks_back(row: int, year: int, calendar: bool) -> int:
    """The row so many years earlier: the same date, at the nearest day on which weeks start."""
    if not calendar:
        return row - 52 * year
    day = STARTS[row].astype(dt.date)
    try:
        then = day.replace(year=day.year - year)
    except ValueError:
        then = dt.date(day.year - year, 3, 1)
    gap = (then - STARTS[0].astype(dt.date)).days
    return min(range(gap // 7 - 1, gap // 7 + 3), key=lambda at: abs(7 * at - gap))


def seasons(row: int, years: int, half: int, levels: int, skipped: int, calendar: bool):
    """Weeks of the past years with their seasons, week by week."""
    back = [weeks_back(row, year, calendar) for year in range(years + 1)]
    found = {}
    for at in range(back[-1] - half, row + 1):
        level = 0 if any(abs(at - here) <= half for here in back) else None
        for earlier, later in zip(back[1:], back, strict=False):
            between = list(range(earlier + half + 1, later - half))
            if levels > 1 and at in between:
                level = 1 + [at in part for part in np.array_split(between, levels - 1)].index(True)
        if level is not None and 0 <= at < row - skipped:
            found[at] = level
    return found, back[-1] - half >= 0


@pytest.mark.parametrize("calendar", [True, False])
def test_reference_weeks_are_those_of_the_calendar(calendar):
    tested = np.array([61, 112, 217, 270, 329])  # 29 February 2016 is row 61
    found = reference_weeks(STARTS, tested, 4, calendar)
    assert found.tolist() == [[weeks_back(row, year, calendar) for year in range(5)] for row in tested]
    sunday = np.datetime64("2016-02-29") + np.timedelta64(7, "D") * np.arange(-120, 10)
    assert (
        reference_weeks(sunday, np.array([120]), 1, True)[0, 1] == 68
    )  # 1 March 2015, a Sunday: Monday after


@pytest.mark.parametrize(
    ("years", "half", "levels", "skipped", "calendar"),
    [(2, 3, 10, 26, True), (3, 0, 4, 0, False), (4, 2, 1, 3, True), (1, 5, 8, 7, False), (3, 24, 5, 2, True)],
)
def test_a_flexible_baseline_is_every_week_in_its_season(years, half, levels, skipped, calendar):
    tested = np.array([40, 106, 120, 159, 219, 329])
    found = flexible_baselines(
        STARTS, tested, years=years, half_width=half, levels=levels, skipped=skipped, calendar=calendar
    )
    assert found.levels == levels
    longest = 0
    for row, at, level, enough in zip(tested, found.at, found.level, found.enough, strict=True):
        wanted, reaches = seasons(int(row), years, half, levels, skipped, calendar)
        n = len(wanted)
        longest = max(longest, n)
        assert at[:n].tolist() == list(wanted)
        assert level[:n].tolist() == list(wanted.values())
        assert (at[n:] == -1).all()
        assert (level[n:] == -1).all()
        assert enough == reaches
    assert found.at.shape == found.level.shape == (6, longest)


@pytest.mark.parametrize(("half", "calendar"), [(3, True), (0, False), (60, False)])
def test_a_window_baseline_is_the_windows_of_past_years(half, calendar):
    tested = np.array([30, 119, 156, 159, 218, 300])
    found = window_baselines(STARTS, tested, years=3, half_width=half, calendar=calendar)
    assert found.levels == 1
    for row, at, level, enough in zip(tested, found.at, found.level, found.enough, strict=True):
        back = [weeks_back(int(row), year, calendar) for year in (3, 2, 1)]
        wanted = [w for here in back for w in range(here - half, here + half + 1) if 0 <= w < row]
        assert at[at >= 0].tolist() == wanted
        assert at[: len(wanted)].tolist() == wanted
        assert level.tolist() == [0] * len(wanted) + [-1] * (at.size - len(wanted))
        assert enough == (back[0] - half >= 0)


# -- the regression ----------------------------------------------------------------------------------------


def glm(y, design, w):
    """Weighted Poisson regression by Newton's steps; its means, and the covariance of its terms at phi 1."""
    beta = np.linalg.lstsq(design, np.log(y + 0.5), rcond=None)[0]
    for _ in range(300):
        mu = np.exp(np.clip(design @ beta, -60, 60))
        inverse = np.linalg.pinv(design.T @ (design * (w * mu)[:, None]), rcond=1e-14, hermitian=True)
        step = inverse @ (design.T @ (w * (y - mu)))
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-11:
            break
    mu = np.exp(design @ beta)
    return beta, mu, np.linalg.pinv(design.T @ (design * (w * mu)[:, None]), rcond=1e-14, hermitian=True)


def plain_fit(y, time, level, *, trend, reweight, threshold, trend_level):
    """The regression as it is said to be, on seasons with incidents; others have mean 0 and fit perfectly."""
    names = sorted(set(level.tolist()))
    told = [one for one in names if y[level == one].sum() > 0]
    while True:
        df = len(y) - len(names) - trend
        inside = np.isin(level, told)
        yy, tt, ll = y[inside], time[inside], level[inside]
        design = np.column_stack([*(ll == one for one in told), *([tt] if trend else [])]).astype(float)
        w, phi, mu, covariance = np.ones(len(yy)), 1.0, yy, np.zeros((0, 0))
        all_w = np.ones(len(y))
        for turn in range(1 + reweight):
            if turn:
                hat = mu * np.einsum("ij,jk,ik->i", design, covariance, design)
                s = (
                    1.5
                    * (np.cbrt(yy) ** 2 * mu ** (-1 / 6) - np.sqrt(mu))
                    / np.sqrt(max(phi, 1.0) * (1 - hat))
                )
                w = np.where(s > threshold, 1 / s**2, 1.0)
                all_w[inside] = w
                w, all_w = w * len(y) / all_w.sum(), all_w * len(y) / all_w.sum()
            beta, mu, covariance = glm(yy, design, w)
            phi = (w * (yy - mu) ** 2 / mu).sum() / df
        now = np.array([one == 0 for one in told] + [False] * trend, float)
        mean = np.exp(now @ beta)
        if trend:
            tells = df - sum((level == one).sum() - 1 for one in names if one not in told)
            spread = max(phi * df / max(tells, 1), 1e-6)
            t = abs(beta[-1]) / np.sqrt(covariance[-1, -1] * spread)
            if not (t > -stats.t.ppf(trend_level / 2, df) and mean <= y.max()):
                trend = False
                continue
        return mean, mean * (now @ covariance @ now), max(phi, 1.0), beta[-1] if trend else np.nan, df


@pytest.mark.parametrize(
    ("seed", "levels", "trend", "reweight", "threshold", "trend_level"),
    [
        (0, 5, True, True, 2.58, 0.05),
        (1, 1, True, True, 1.0, 1.0),
        (2, 4, False, True, 1.5, 1.0),
        (3, 3, True, False, 1.0, 0.3),
        (4, 1, False, False, 1.0, 1.0),
        (5, 2, True, True, 0.5, 0.9),
    ],
)
def test_the_fit_is_that_of_a_regression_by_matrices(seed, levels, trend, reweight, threshold, trend_level):
    values, usable = counts(seed)
    tested = np.array([106, 129])  # the first baseline begins with the first week
    baselines = flexible_baselines(
        STARTS, tested, years=2, half_width=2, levels=levels, skipped=4, calendar=False
    )
    options = {"trend": trend, "reweight": reweight, "threshold": threshold, "trend_level": trend_level}
    found = fit_weeks(values, usable, tested, baselines, **options)
    for r, row in enumerate(tested):
        for c in range(values.shape[1]):
            at = baselines.at[r]
            kept = (at >= 0) & usable[np.maximum(at, 0), c]
            y, level = values[at[kept], c].astype(float), baselines.level[r][kept]
            if y[level == 0].sum() == 0:
                assert found.expected[r, c] == 0
                assert np.isinf(found.variance[r, c])
                continue
            wanted = plain_fit(y, (at[kept] - row).astype(float), level, **options)
            one = [getattr(found, name)[r, c] for name in ("expected", "leverage", "phi", "slope", "freedom")]
            assert one == pytest.approx(wanted, rel=MAXIMUM, abs=MAXIMUM * 1e-3, nan_ok=True)
            assert found.variance[r, c] == pytest.approx(one[2] * one[1] / one[0], rel=EXACT)
    assert found.trend.tolist() == (~np.isnan(found.slope)).tolist()
    assert found.converged.all()
    assert found.enough.all()


def loop(y, t, level, prior, trend, tolerance, iterations=25):
    """R's glm.fit: its coefficients, means, and the weights of the step before."""
    design = np.column_stack([*(level == one for one in sorted(set(level))), *([t] if trend else [])]).astype(
        float
    )
    mu = y + 0.1
    eta = np.log(mu)

    def deviance():
        return 2 * (prior * (special.xlogy(y, y) - y * eta - (y - mu))).sum()

    last, small = deviance(), np.finfo(float).eps
    for _ in range(iterations):
        work = prior * mu
        z = eta + (y - mu) / mu
        inverse = np.linalg.inv(design.T @ (design * work[:, None]))
        beta = inverse @ (design.T @ (work * z))
        eta = design @ beta
        eta = np.maximum(eta, np.log(small))
        mu = np.maximum(np.exp(eta), small)
        now = deviance()
        if abs(now - last) / (abs(now) + 0.1) < tolerance:
            return beta, mu, work, inverse, design, True
        last = now
    return beta, mu, work, inverse, design, False


def plain_reference(y, t, level, *, trend, reweight, threshold, trend_level, rule, tolerance):
    names = sorted(set(level))
    while True:
        df = len(y) - len(names) - trend
        prior = np.ones(len(y))
        beta, mu, work, inverse, design, good = loop(y, t, level, prior, trend, tolerance)
        if not good and trend:
            trend = False
            continue
        if not good:
            return [np.nan] * 5 + [0.0]

        def pearson(weights, mu, df=df):
            return (weights * ((y - mu) / mu) ** 2).sum() / df

        phi, spread = max(1.0, pearson(work, mu)), pearson(work, mu)
        if reweight:
            hat = work * np.einsum("ij,jk,ik->i", design, inverse, design)
            s = 1.5 * (y ** (2 / 3) * mu ** (-1 / 6) - np.sqrt(mu)) / np.sqrt(phi * (1 - hat))
            prior = np.where(s > threshold, 1 / np.maximum(s, 1e-9) ** 2, 1.0)
            prior *= len(y) / prior.sum()
            beta, mu, work, inverse, design, _ = loop(y, t, level, prior, trend, tolerance)
            phi, spread = max(1.0, pearson(work, mu)), pearson(prior, mu)
        raw = spread if rule == OVERWRITTEN else pearson(work, mu)
        spread = phi if rule == CLIPPED else spread
        mean, variance = np.exp(beta[0]), inverse[0, 0]
        if not trend:
            return mean, spread * variance, phi, np.nan, df, 1.0
        slope = beta[-1]
        if (
            abs(slope) / np.sqrt(inverse[-1, -1] * raw) > -stats.t.ppf(trend_level / 2, df)
            and mean <= y.max()
        ):
            return mean, spread * variance, phi, slope, df, 1.0
        trend = False


@pytest.mark.slow
def test_no_place_of_the_work_space_is_read_before_it_is_written(monkeypatch):
    values, usable = counts(4)
    values[:, 0] += 1
    values = np.where(usable, values, 0).astype(np.int32)
    tested = np.array([107, 128])
    baselines = flexible_baselines(STARTS, tested, years=2, half_width=2, levels=1, skipped=4, calendar=True)
    options = {"trend": False, "reweight": True, "threshold": 1.5, "trend_level": 1.0, "tolerance": 1e-8}
    asked = {"reference": CLIPPED, **options}
    clean = fit_weeks(values, usable, tested, baselines, **asked)  # loops are compiled from here on
    empty = np.empty

    def filled(shape, dtype=float, **more):
        made = empty(shape, dtype, **more)
        if made.dtype.kind == "f":
            made[...] = np.nan
        return made

    monkeypatch.setattr(np, "empty", filled)
    dirty = fit_weeks(values, usable, tested, baselines, **asked)
    for name in ("expected", "variance", "phi", "slope", "freedom", "converged"):
        np.testing.assert_array_equal(getattr(dirty, name), getattr(clean, name))
    assert np.isfinite(dirty.expected).all()


@pytest.mark.parametrize("rule", [OVERWRITTEN, CLIPPED])
@pytest.mark.parametrize(
    ("seed", "levels", "trend", "reweight", "threshold", "trend_level", "tolerance"),
    [
        (0, 3, True, True, 2.58, 0.05, 1e-8),
        (1, 1, True, True, 1.0, 1.0, 1e-8),
        (2, 2, False, True, 1.5, 1.0, 1e-4),
        (3, 4, True, False, 1.0, 0.4, 1e-10),
        (4, 1, False, False, 1.0, 1.0, 1e-8),
        (5, 1, False, True, 1.0, 1.0, 0.9),  # the first step is compared with where it began
        (6, 2, False, False, 1.0, 1.0, 0.7),
        (7, 1, True, True, 1.0, 1.0, 0.8),
        (8, 1, True, False, 1.0, 1.0, 0.5),
    ],
)
def test_the_reference_is_its_loop_by_matrices(
    rule, seed, levels, trend, reweight, threshold, trend_level, tolerance
):
    values, usable = counts(seed)
    values[:, 0] += 1  # a season without incidents is not solved by the matrices
    values = np.where(usable, values, 0).astype(np.int32)
    tested = np.array([107, 128])
    baselines = flexible_baselines(
        STARTS, tested, years=2, half_width=2, levels=levels, skipped=4, calendar=True
    )
    options = {"trend": trend, "reweight": reweight, "threshold": threshold, "trend_level": trend_level}
    found = fit_weeks(values, usable, tested, baselines, reference=rule, tolerance=tolerance, **options)
    for r, row in enumerate(tested):
        for c in range(values.shape[1]):
            at = baselines.at[r]
            kept = (at >= 0) & usable[np.maximum(at, 0), c]
            y, level = values[at[kept], c].astype(float), baselines.level[r][kept]
            wanted = plain_reference(
                y, (at[kept] - row).astype(float), level, rule=rule, tolerance=tolerance, **options
            )
            names = ("expected", "variance", "phi", "slope", "freedom", "converged")
            one = [float(getattr(found, name)[r, c]) for name in names]
            assert one == pytest.approx(wanted, rel=1e-7, abs=1e-9, nan_ok=True)
            assert found.leverage[r, c] == pytest.approx(one[0] * one[1] / one[2], rel=EXACT)


@pytest.mark.parametrize("rule", [None, OVERWRITTEN])
def test_what_cannot_be_fitted_says_so(rule):
    values, usable = counts(11)
    usable[:, 1] = False
    usable[[90, 91, 92], 2] = False
    tested = np.array([60, 129, 70, 128])  # two without enough history
    baselines = flexible_baselines(STARTS, tested, years=2, half_width=2, levels=3, skipped=4, calendar=False)
    found = fit_weeks(
        values,
        usable,
        tested,
        baselines,
        trend=True,
        reweight=True,
        threshold=1.0,
        trend_level=1.0,
        reference=rule,
    )
    wanted = np.outer([False, True, False, True], [True, False, True, True])
    for name in ("enough", "converged"):
        assert getattr(found, name).tolist() == wanted.tolist(), name
    for name in ("expected", "phi", "leverage", "freedom"):
        assert np.isfinite(getattr(found, name)).tolist() == wanted.tolist(), name
    assert not found.trend[~wanted].any()
    again = fit_weeks(
        values,
        usable,
        tested[1:2],
        flexible_baselines(STARTS, tested[1:2], years=2, half_width=2, levels=3, skipped=4, calendar=False),
        trend=True,
        reweight=True,
        threshold=1.0,
        trend_level=1.0,
        reference=rule,
    )
    assert again.expected[0] == pytest.approx(found.expected[1], rel=EXACT, nan_ok=True)


def test_a_trend_is_told_without_the_seasons_that_fit_perfectly():
    begin, sums = np.array([0, 4, 9, 9, 16, 20]), np.ones((4, 5))
    for empty in ([], [1], [1, 3], [3, 2], [1, 2, 3, 4]):
        sums[0] = np.where(np.isin(np.arange(5), empty), 0.0, 12.0)
        sums[1] = 3.0
        told = max(14 - sum(begin[j + 1] - begin[j] - 1 for j in empty if j != 2), 1)
        t = 0.07 * np.sqrt(50 / (1.9 * 14 / told))
        for slope in (0.07, -0.07):
            given = begin, 5, sums, 14, 1.9, slope, 50.0
            assert _kept(*given, t * (1 - 1e-9), 4.0)
            assert not _kept(*given, t * (1 + 1e-9), 4.0)
            assert not _kept(*given, t * (1 - 1e-9), 3.999)  # the expectation is 4
    t = 0.07 * np.sqrt(50 / 1e-6)  # constant counts
    assert _kept(begin, 5, sums, 14, 0.0, 0.07, 50.0, t * (1 - 1e-9), 4.0)
    assert not _kept(begin, 5, sums, 14, 0.0, 0.07, 50.0, t * (1 + 1e-9), 4.0)


# -- bounds ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("power", [2 / 3, 1 / 2, 1.0])
def test_bound_and_score_undo_each_other(power):
    mean, ratio = np.array([0.3, 4.0, 90.0]), np.array([1.0, 2.5, 1.2])
    bound = power_bound(mean, ratio, np.array([0.2, 0.01, 1e-5]), power)
    spread = power * mean ** (power - 0.5) * ratio**0.5
    assert bound == pytest.approx(
        (mean**power + stats.norm.isf([0.2, 0.01, 1e-5]) * spread) ** (1 / power), rel=EXACT
    )
    assert power_score(bound, mean, ratio, power) == pytest.approx(
        stats.norm.isf([0.2, 0.01, 1e-5]), rel=EXACT
    )
    assert power_score(np.array([0, 9, 80]), mean, ratio, power) == pytest.approx(
        (np.array([0, 9, 80.0]) ** power - mean**power) / spread, rel=EXACT
    )
    assert power_bound(np.array([0.01]), np.array([9.0]), 0.9999, power) == 0  # never below nothing


def test_a_cautious_dispersion_lies_two_errors_above():
    phi, mean, freedom = np.array([1.0, 2.0, 7.0]), np.array([3.0, 5.0, 0.5]), np.array([10.0, 40.0, 7.0])
    size = mean / np.maximum(phi - 1, 1e-300)
    kurtosis = [
        float(stats.nbinom(k, k / (k + m)).stats("k")) if p > 1 else 1 / m
        for k, m, p in zip(size, mean, phi, strict=True)
    ]
    wanted = 1 + (phi - 1) * (1 + 2 * np.sqrt((2 + np.array(kurtosis)) / freedom))
    assert cautious_dispersion(phi, mean, freedom) == pytest.approx(wanted, rel=1e-9)


def test_surprises_are_logarithms_of_tails():
    assert surprise(np.array([1.0, 0.1, 1e-20])) == pytest.approx([0, 1, 20], abs=1e-12)
    assert surprise(np.zeros(1)) == pytest.approx([-np.log10(np.finfo(float).tiny)], rel=EXACT)
    assert not np.signbit(surprise(np.ones(1))).any()
    assert score_surprise(np.array([-1.0, 0.0, 3.0])) == pytest.approx(-np.log10(stats.norm.sf([-1, 0, 3])))


@pytest.mark.parametrize("unknown", [True, False])
@pytest.mark.parametrize("limit", [(5, 4), (1, 1), (3, 50), (0, 2)])
@pytest.mark.parametrize("first", [0, 2, 9])
def test_too_few_are_counted_week_by_week(unknown, limit, first):
    rng = np.random.default_rng(first)
    values, usable = rng.poisson(1.0, (14, 3)), rng.random((14, 3)) > 0.2
    found = fewer_than(values, usable, first, limit, unknown=unknown)
    assert found.shape == (14 - first, 3)
    for row in range(first, 14):
        for c in range(3):
            part = slice(max(row - limit[1] + 1, 0), row + 1)
            few = values[part, c][usable[part, c]].sum() < limit[0]
            assert found[row - first, c] == (few or (unknown and not usable[part, c].all()))
    assert not fewer_than(values, usable, first, None).any()


@pytest.mark.parametrize("kind", [Baselines, FarringtonFits])
def test_what_was_found_stays_so(kind):
    assert_kept(kind)


def cell(by_level, *, reference=None, trend=True, tolerance=1e-8, threshold=1.0):
    """Fit one week from (weeks ago, count) by level, any trend kept; return what there is of it."""
    now = 200
    values, at, level = np.zeros((1, now + 1)), [], []
    for j, pairs in enumerate(by_level):
        for ago, count in pairs:
            values[0, now - ago] = count
            at.append(now - ago)
            level.append(j)
    at, level = np.array([at]), np.array([level])
    usable, tested, critical = np.ones(values.shape, bool), np.array([now]), np.zeros(50)
    options = len(by_level), trend, True, threshold, critical
    if reference is None:
        rows, begin = sorted_by_level(at, level, len(by_level))
        found = fit_cells(values, np.cbrt(values) ** 2, usable, tested, rows, begin, *options)
    else:
        found = fit_reference(values, usable, tested, at, level, *options, reference, tolerance)
    return np.asarray(found)[:, 0, 0]


@pytest.mark.parametrize(
    ("by_level", "threshold"),
    [
        ([[(8, 5)], [(16, 0), (24, 0), (40, 0)]], 1.0),  # one week alone with incidents has no trend
        # Here the trend of the weighted weeks is steeper than any that is looked for.
        ([[(69, 0), (32, 7), (59, 0), (38, 0), (93, 0), (43, 1), (87, 0), (76, 0)]], 0.05),
    ],
    ids=["one week", "steep"],
)
def test_without_a_trend_to_be_found_the_fit_is_that_without_one(by_level, threshold):
    np.testing.assert_array_equal(
        cell(by_level, threshold=threshold), cell(by_level, threshold=threshold, trend=False)
    )


def test_a_trend_that_overflows_in_rs_loop_is_left_out_there():
    huge = [[(110, 1e8), (4, 0), (107, 100)], [(58, 0), (25, 0), (77, 0), (20, 0)]]
    with np.errstate(all="ignore"):  # not compiled, the loop would warn
        with_trend, without = (cell(huge, reference=CLIPPED, trend=trend) for trend in (True, False))
    np.testing.assert_array_equal(with_trend, without)
    assert without[5] == 1.0
    assert np.isnan(without[3])


def test_where_rs_loop_does_not_end_there_is_no_answer_and_that_is_told():
    weeks = [[(5, 3), (57, 4), (109, 2)], [(10, 1), (62, 5), (114, 0)]]
    found = cell(weeks, reference=CLIPPED, tolerance=0.0)
    assert np.isnan(found[:5]).all()
    assert found[5] == 0.0
    assert cell(weeks, reference=CLIPPED)[5] == 1.0


def test_of_counts_alike_and_large_rs_loop_needs_one_step():
    # It begins a tenth above each count, which at a tolerance of a millionth is near enough to end at once.
    weeks = [[(5, 1e6), (57, 1e6), (109, 1e6)]]
    expected, variance, phi, slope, df, solved = cell(weeks, reference=CLIPPED, trend=False, tolerance=1e-6)
    assert expected == pytest.approx(1e6, rel=1e-12)
    assert (phi, df, solved) == (1.0, 2.0, 1.0)
    assert 1 / variance == pytest.approx(3 * (1e6 + 0.1), rel=1e-12)  # the weights of where it began
    assert np.isnan(slope)


# -- figures -----------------------------------------------------------------------------------------------


def cells(**more):
    values, usable = counts(8, regions=3)
    usable[:, 2] = False
    usable[24:27, 2] = usable[76:79, 2] = True  # nothing near the first tested week a year before
    tested = np.array([106, 129])
    found = flexible_baselines(STARTS, tested, years=2, half_width=1, levels=6, skipped=3, calendar=False)
    rows, begin = sorted_by_level(found.at, found.level, 6)
    counted, critical = np.ascontiguousarray(values.T, float), np.full(200, 0.01)
    given = {"levels": 6, "trend": True, "reweight": True, "threshold": 1.2} | more
    return fit_cells(
        counted,
        np.cbrt(counted) ** 2,
        np.ascontiguousarray(usable.T),
        tested,
        rows,
        begin,
        critical=critical,
        **given,
    )


def few_weeks(reference):
    """From one week of baseline to six, in one season and in two."""
    values, usable = np.arange(1, 13) * np.ones((110, 1), int), np.zeros((110, 12), bool)
    values[50:55] += 3
    for region in range(12):
        usable[[54, 2, 53, 1, 52, 0][: region // 2 + 1], region] = True
        usable[[20, 33], region] = region % 2
    found = flexible_baselines(
        STARTS, np.array([106]), years=2, half_width=2, levels=2, skipped=2, calendar=False
    )
    return [
        fit_weeks(
            values.astype(np.int32),
            usable,
            np.array([106]),
            found,
            trend=trend,
            trend_level=1.0,
            reweight=True,
            threshold=1.0,
            reference=reference,
        )
        for trend in (True, False)
    ]


def loops(rule, **more):
    """Cells that R's loop does not solve, or with a mean of almost nothing, among those it does."""
    values, usable = counts(9, regions=3)
    values[:, 1] = 0
    values[125, 2] = 10**6
    tested = np.array([107, 129])
    found = flexible_baselines(STARTS, tested, years=2, half_width=1, levels=3, skipped=1, calendar=False)
    given = {"trend": True, "reweight": True, "threshold": 1.2, "tolerance": 1e-8} | more
    return fit_reference(
        np.ascontiguousarray(values.T, float),
        np.ascontiguousarray(usable.T),
        tested,
        found.at,
        found.level,
        3,
        given["trend"],
        given["reweight"],
        given["threshold"],
        np.full(200, 0.01),
        rule,
        given["tolerance"],
    )


def tables():
    found = {}
    for slope, span in ((0.02, 8), (-0.3, 21), (0.0, 11), (0.11, 40)):
        table = np.full(span + 2, -1.0)
        powers(slope, span, table)
        assert table[: span + 1] == pytest.approx(np.exp(slope * (np.arange(span + 1) - span)), rel=EXACT)
        found[f"{slope} {span}"] = table
    return found


CASES = {
    "cells": cells,
    "cells, flat": lambda: cells(trend=False),
    "cells, unweighted": lambda: cells(reweight=False),
    "cells, weighted hard": lambda: cells(threshold=0.1),
    "loop, clipped": lambda: loops(CLIPPED),
    "loop, overwritten": lambda: loops(OVERWRITTEN),
    "loop, flat": lambda: loops(CLIPPED, trend=False),
    "loop, loose": lambda: loops(OVERWRITTEN, tolerance=1e-2, reweight=False),
    "powers": tables,
    "few weeks": lambda: few_weeks(None),
    "few weeks, loop": lambda: few_weeks(CLIPPED),
}
STORED = stored("test_kernels_farrington")


@pytest.mark.parametrize("name", CASES)
def test_figures_are_what_they_were(name):
    same_as_stored(CASES[name](), STORED[name])


@pytest.mark.parametrize(
    ("name", "bound"),
    [("2/3", (4 + 2 * 2 / 3 * 8 ** (1 / 6)) ** 1.5), ("1/2", (8**0.5 + 1) ** 2), ("none", 8 + 2 * 8**0.5)],
)
def test_a_transformation_is_the_power_that_it_is_called(name, bound):
    # Of a mean of 8, two standard deviations up; a power p of it has the standard deviation p 8^(p - 1/2).
    power = POWERS[name]
    found = power_bound(np.array([8.0]), np.ones(1), stats.norm.sf(2), power)
    assert found == pytest.approx([bound])
    assert power_score(bound, np.array([8.0]), np.ones(1), power) == pytest.approx([2.0])
