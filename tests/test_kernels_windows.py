"""Tests of a recent window against their definitions, by brute force, and to figures over their options."""

from __future__ import annotations

import datetime as dt
import inspect
import itertools
import math
from dataclasses import fields

import numpy as np
import pytest
from kernel_figures import assert_kept, same_as_stored, stored
from scipy import stats

from analytics.kernels.common.dispersion import Dispersion, window_dispersion
from analytics.kernels.common.tails import mixed_tail
from analytics.kernels.windows import concentration as concentration_module
from analytics.kernels.windows import recent as recent_module
from analytics.kernels.windows import recent_expected as recent_expected_module
from analytics.kernels.windows import turns as turns_module
from analytics.kernels.windows import two_means as two_means_module
from analytics.kernels.windows.alternatives import METHODS, fixed_b, studentised_rotation
from analytics.kernels.windows.concentration import (
    ConcentrationTest,
    concentration_limit,
    concentration_test_arrays,
    hypergeometric_tail,
    rotation_of_pairs,
)
from analytics.kernels.windows.critical import critical_count
from analytics.kernels.windows.earlier import EarlierWindow, earlier_window
from analytics.kernels.windows.expected import (
    Adjustment,
    ExpectedTest,
    RegressionData,
    Terms,
    adjusted_test,
    chosen_terms,
    expected_test,
    history_before,
    regression_data,
    seasonal_design,
)
from analytics.kernels.windows.lrd import (
    REASONS,
    LRDTest,
    by_pattern,
    effective_baseline,
    firm_below,
    lrd_test,
    raised_pvalue,
    shortened_baseline,
    spared_pvalue,
    turned_pvalue,
    unseen_share,
    untestable,
)
from analytics.kernels.windows.recent import (
    Lengths,
    Reported,
    RollingTest,
    RollingTotals,
    rolling_test,
    rolling_totals,
    stacked,
)
from analytics.kernels.windows.recent_expected import rolling_expected_test
from analytics.kernels.windows.rotation import Rotated, across_join, carried_over, rotated, rotation_pvalue
from analytics.kernels.windows.same_weeks import SameWeeks, same_weeks, years_back
from analytics.kernels.windows.season import season_pvalue, shows_season
from analytics.kernels.windows.self_exciting import (
    BRANCHING,
    LAGS,
    SIZES,
    _drawn_count,
    _one_draw,
    _pasts,
    _posterior,
    _predictive,
    _residuals,
    self_exciting,
)
from analytics.kernels.windows.spans import Spans, spans_of
from analytics.kernels.windows.spread import (
    Half,
    SpreadGrowth,
    grown_dispersion,
    halves,
    power_sums,
    spread_growth,
)
from analytics.kernels.windows.turns import Turns, _Wheel, turned
from analytics.kernels.windows.two_means import Parts, nb_glm, of_parts

EXACT = 1e-11
SAME = 1e-9  # by running totals, or added up in another order


def counts(seed, periods=70, series=5, gaps=0.06, length=7):
    """Few and many incidents, a rise and a fall in the window, gaps before it, bursts that go on."""
    rng = np.random.default_rng(seed)
    rate = np.array([0.15, 0.6, 1.5, 4.0, 9.0, 0.0, 2.0])[:series]
    values, e = np.zeros((periods, series), np.int32), rate.copy()
    for t in range(periods):
        values[t] = rng.poisson(0.5 * rate + 0.5 * e)
        e += (values[t] - e) / 4
    values[-length:, :2] += rng.poisson(1.0, (length, 2)).astype(np.int32)
    values[-length:, 3] //= 3
    covered = rng.random(values.shape) > gaps
    covered[-length:] = True
    covered[:, -1] = True
    return values, covered


# -- the rotation ------------------------------------------------------------------------------------------


def plain_over(row, known, baseline, length):
    """What windows hold beyond the usual, given the days before each; how many times the usual the last."""
    starts = len(row) - length + 1
    inside = [t for t in range(baseline) if known[t]]
    total = sum(row[t] for t in inside)
    if total <= 0 or len(inside) < 3:
        return np.zeros(starts), 1.0
    mean, leave = total / len(inside), min(2 / length, 1)
    past = [0.0]
    for t in range(starts - 1):
        past.append(past[-1] + leave * ((row[t] - mean if known[t] else 0.0) - past[-1]))
    e, y = (
        np.array([past[t] for t in inside if t < starts]),
        np.array([row[t] - mean for t in inside if t < starts]),
    )
    if (e * e).sum() <= 0 or (e * y).sum() <= 0:
        return np.zeros(starts), 1.0
    b = (e * y).sum() / (e * e).sum()
    chance = max((y * y).sum() - b * (e * y).sum(), 0) / (len(inside) - 1) / (e * e).sum()
    b = min(b * max(1 - chance / b**2, 0), 0.95)
    # The mean of a window's days, each drawn to the past with b, which a day without more forgets.
    pull = sum(b * (1 - (1 - b) * leave) ** k for k in range(length))
    over = np.clip(pull * np.array(past), -0.5 * mean * length, 0.25 * mean * length)
    return over, 1 + over[-1] / (mean * length)


def plain_rotation(row, known, baseline, length, share, upper, carry):
    """Share of the wheel's positions, rank among those of the baseline, and carried."""
    size, sign = len(row), 1 if upper else -1
    filled = np.where(known, row, 0).astype(float)
    over, carried = plain_over(filled, known, baseline, length) if carry else (np.zeros(size), 1.0)
    last = size - length
    observed = filled[last:].sum()
    if upper and not observed:
        return 1.0, 1.0, carried  # no window holds less
    beyond, own = [True], [True]
    for start in range(size):
        rows = np.arange(start, start + length) % size
        if start == last or not known[rows].all():
            continue
        more = over[last] - over[start] if start < last else 0.0
        beyond.append(sign * share * (filled[rows].sum() + more) >= sign * observed - 1e-9)
        if start + length <= baseline:
            own.append(beyond[-1])
    return np.mean(beyond), np.mean(own), carried


@pytest.mark.parametrize(("upper", "carry"), [(True, True), (True, False), (False, False), (False, True)])
@pytest.mark.parametrize(("length", "guard", "gaps"), [(7, 5, 0.06), (1, 0, 0.0), (2, 9, 0.1), (14, 0, 0.02)])
def test_the_rotation_looks_at_every_position_of_the_wheel(length, guard, gaps, upper, carry):
    values, covered = counts(length + guard, 50, 7, gaps, length)
    values[-length:, 0] = 0
    scale = np.linspace(1, 0.6, 7)
    found = rotated(values, covered, length, scale, upper=upper, guard=guard, carry=carry)
    wanted = [
        plain_rotation(values[:, i], covered[:, i], 50 - length - guard, length, scale[i], upper, carry)
        for i in range(7)
    ]
    for name, one in zip(("share", "rank", "carried"), zip(*wanted, strict=True), strict=True):
        assert getattr(found, name) == pytest.approx(one, rel=EXACT), name
    if not carry:
        assert rotation_pvalue(values, covered, length, scale, upper=upper).tolist() == found.share.tolist()
    over = carried_over(values, covered, length, guard=guard)
    for i in range(7):
        filled = np.where(covered[:, i], values[:, i], 0)
        plain, _ = plain_over(filled, covered[:, i], 50 - length - guard, length)
        assert over[:, i] == pytest.approx(plain, rel=1e-10, abs=1e-10)


def test_positions_across_the_join_are_left_out():
    assert across_join(np.array([10, 50, 2]), 4) == pytest.approx([10 / 7, 50 / 47, 2.0], rel=EXACT)
    assert across_join(9, 1) == 1


# -- LRD and its parts -------------------------------------------------------------------------------------


def test_parts_of_the_test_are_what_they_say():
    base, periods, phi = np.array([0.0, 3, 40]), np.array([100.0, 90, 364]), np.array([1.0, 2, 3])
    total, shorter = shortened_baseline(base, periods, phi, np.array([0.1, 0, 0.05]))
    assert total == pytest.approx([1, 3, round(1 / (1 / 40 + 0.05 / 3))], rel=EXACT)
    assert shorter == pytest.approx([100 * 1 / 0.5, 90, 364 * total[2] / 40], rel=EXACT)
    assert shortened_baseline(base, periods, phi, 0.0)[0] is base
    known = np.array([78, 26, 23, 21, 20, 5, 26]), np.array([1095, 364, 322, 0, 90, 70, 52])
    assert firm_below(*known) == pytest.approx(
        [1 / 1095, 1 / 364, 0.5 / 322, 0.01 / 6, 0, 0, 0.01], rel=EXACT
    )
    for upper in (True, False):
        usual = np.array([0.5 / 100, 3 / 90, 40 / 364]) * 14
        observed = np.array([3.0, 0, 200])
        ratio = observed / usual if upper else usual / np.maximum(observed, 0.5)
        beyond = periods * stats.f(1, 1).sf(ratio) / (2 * (np.array([26, 5, 9]) + 1))  # Jeffreys' two scales
        found = unseen_share(observed, base, np.full(3, 14.0), periods, np.array([26, 5, 9]), upper=upper)
        assert found == pytest.approx(np.minimum(beyond, 1), rel=1e-9)


def test_when_a_window_is_raised_to_the_rotation():
    year = 364.0
    rows = [
        # a, rotation, rank, base, windows, unseen, the answer of one region, that of a family
        (1e-6, 0.03, 0.01, 50, 26, 0.3, 1e-6**0.1 * 0.01**0.9, 1e-6),
        (1e-6, 0.03, 0.01, 50, 26, 1.0, 0.01, 1e-6),
        (1e-6, 0.03, 0.03, 50, 26, 1.0, 0.03, 1e-6),
        (1e-6, 0.03, 0.02, 50, 26, 0.9, 0.018, 1e-6),
        (1e-6, 0.03, 0.01, 4, 26, 1.0, 0.03, 0.03),
        (1e-6, 0.03, 0.01, 5, 26, 1.0, 0.01, 1e-6),
        (1e-6, 0.03, 0.01, 50, 20, 1.0, 0.03, 0.03),
        (0.003, 0.001, 0.01, 50, 26, 1.0, 0.003, 0.003),
        (1 / year, 2.0, 0.01, 50, 26, 1.0, 0.01, 1 / year),
        (0.002, 0.5, 1e-4, 50, 40, 0.1, 0.002, 0.002),
        (0.9, 2.0, 0.5, 50, 26, 1.0, 1.0, 1.0),
    ]
    a, rotation, rank, base, windows, unseen, one, family = (
        np.array(each, float) for each in zip(*rows, strict=True)
    )
    periods = np.full(a.shape, year)
    assert turned_pvalue(a, rotation, rank, base, windows, periods, unseen) == pytest.approx(one, rel=EXACT)
    assert raised_pvalue(a, rotation, base, windows, periods) == pytest.approx(family, rel=EXACT)


def test_why_a_cell_cannot_be_tested_comes_in_order():
    cases = list(itertools.product((3, 4, 7), (34, 35, 60), (True, False), (0, 1)))
    recent, baseline, window, total = (np.array(each) for each in zip(*cases, strict=True))
    wanted = [1 if r < 3.5 else 2 if b < 35 or not w else 3 if not n else 0 for r, b, w, n in cases]
    found = untestable(recent, baseline, window, total, 7)
    assert found.tolist() == wanted
    assert found.dtype == np.uint8
    assert untestable(np.array([3]), np.array([30]), np.ones(1, bool), np.ones(1), 6).tolist() == [0]
    assert len(REASONS) == 4


def test_patterns_are_each_given_once():
    covered = np.random.default_rng(1).random((3, 40)) > 0.4
    found = list(by_pattern(covered))
    assert sorted(i for _, at in found for i in at) == list(range(40))
    assert len({tuple(pattern) for pattern, _ in found}) == len(found) > 4
    assert all((covered[:, at] == pattern[:, None]).all() for pattern, at in found)


def lrd(length=7, guard=4, seed=3, periods=120, **options):
    values, covered = counts(seed, periods, 7, length=length)
    values[-1, 2] += 25  # one day
    values[-length:, 4] = values[-length:, 4] * 4 + 9
    if options.get("shrink"):
        values, covered = np.tile(values, 3), np.tile(covered, 3)
        values[:40, 7:] += 1
    share = options.pop("share", 1.0)
    found = lrd_test(values, covered, length=length, guard=guard, completeness=share, **options)
    return found, found.expected, effective_baseline(found, 0.02), found.take(np.array([3, 1])).expected


# -- the spread and the halves of a baseline ---------------------------------------------------------------


def plain_growth(early, late):
    """The score and the factor of two halves' counts."""

    def told(days):
        mean, n = days.mean(), len(days)
        variance = days.var()
        shown = ((days - mean) ** 4).mean() / variance**2 - 3 if variance > 0 else 0.0
        phi = max(days.var(ddof=1) / mean, 1) if mean > 0 else 1.0
        size = mean / (phi - 1) if phi > 1 else np.inf
        binomial = (
            6 / size + (1 - (1 - 1 / phi)) ** 2 / ((1 - 1 / phi) * size) if phi > 1 else 1 / max(mean, 1e-9)
        )
        return phi, max((n - 1) / (1 + max(binomial, shown) / 2), 1.0)

    (one, free), (two, free_2) = told(early), told(late)
    score = np.log(two / one) / np.sqrt(2 / free + 2 / free_2)
    whole = told(np.r_[early, late])[0]
    return score, np.clip((two - 1) / max(whole - 1, 1e-3) * two / one, 1, 6)


@pytest.mark.parametrize("periods", [100, 101])
def test_a_spread_that_grows_is_told_from_its_halves(periods):
    rng = np.random.default_rng(periods)
    values = rng.poisson(2.0, (periods, 6))
    half = periods // 2
    values[-half:, 1] = 8 * (np.arange(half) % 2)
    values[-half:, 2] = rng.negative_binomial(1.0, 1 / 3, half)
    values[:half, 3] = 0
    values[5, 4] = 60
    covered = rng.random(values.shape) > 0.1
    covered[5:half, 5] = False
    found = spread_growth(values, covered)
    for i in range(6):
        early, late = values[:half, i][covered[:half, i]], values[-half:, i][covered[-half:, i]]
        if min(len(early), len(late)) < 14 or not early.sum() or not late.sum():
            assert found.score[i] == 0
            continue
        assert (found.score[i], found.factor[i]) == pytest.approx(plain_growth(early, late), rel=1e-9)
    assert found.grows.tolist() == (found.score > 2).tolist()
    assert found.grows[1]
    before = window_dispersion(values, covered, 3)
    after = grown_dispersion(before, found)
    for i in range(6):
        wanted = (
            (1 + (before.phi[i] - 1) * found.factor[i], max(before.edf[i] / 2, 1))
            if found.grows[i]
            else (before.phi[i], before.edf[i])
        )
        assert (after.phi[i], after.edf[i]) == pytest.approx(wanted, rel=EXACT)
    first, last = halves(values, covered)
    for power, name in enumerate(("periods", "total", "squares", "cubes", "fourths")):
        for half_of, part in ((first, slice(0, half)), (last, slice(periods - half, periods))):
            wanted = [(values[part, i][covered[part, i]].astype(float) ** power).sum() for i in range(6)]
            assert getattr(half_of, name).tolist() == wanted


def test_growth_at_the_edges():
    few = (np.arange(28) % 2 * np.array([3, 6]).repeat(14))[:, None]
    covered = np.ones(few.shape, bool)
    assert spread_growth(few, covered).score[0] != 0  # 14 periods are enough
    covered[20] = False
    assert spread_growth(few, covered).score[0] == 0
    steady = Dispersion(np.full(2, 1.5), np.full(2, 9.0), np.zeros(2), np.full(2, 9))
    assert grown_dispersion(steady, spread_growth(np.ones((40, 2), int), np.ones((40, 2), bool))) is steady


@pytest.mark.parametrize("power", [1, 2, 4])
def test_power_sums_are_whole_as_long_as_they_fit(power):
    count = np.random.default_rng(power).integers(0, 9, (11, 3))
    found = power_sums(count, power)
    assert found.dtype == np.int64
    assert found.tolist() == [
        [sum(int(x) ** power for x in count[:t, i]) for i in range(3)] for t in range(12)
    ]
    count[3] = 10**5
    wide = power_sums(np.tile(count, (20, 1)), 4)
    assert wide.dtype == float
    assert wide[-1] == pytest.approx(
        [20 * sum(float(x) ** 4 for x in count[:, i]) for i in range(3)], rel=EXACT
    )
    assert power_sums(np.zeros((0, 2), int), power).tolist() == [[0, 0]]
    edge = np.full((4, 1), 2**15)
    assert power_sums(edge, 4).dtype == float  # 4 times 2^60 is 2^62
    assert power_sums(edge[:3], 4).dtype == np.int64


# -- spans, and the same weeks -----------------------------------------------------------------------------


def plain_spans(history, recent, guard, baseline, step, windows):
    if baseline is not None:
        guard = 28 if guard is None else guard
        return guard, baseline, recent + guard + baseline, True
    least = windows * recent
    if guard is None:
        least = max(84, least)
    least = math.ceil(least / step) * step
    guards = [guard] if guard is not None else [28, 21, 14]
    for one in guards:
        room = history - recent - one
        if room >= least or one == guards[-1]:
            found = max(min(364, room // 7 * 7), least)
            break
    return one, found, recent + one + found, history >= recent + one + found


def test_spans_are_the_longest_that_fit():
    asked = itertools.product(
        (50, 98, 111, 112, 118, 119, 126, 133, 200, 405, 406, 2000),
        (1, 14, 28),
        (None, 0, 28),
        (None, 70),
        (1, 7),
        (5, 8),
    )
    for history, recent, guard, baseline, step, windows in asked:
        found = spans_of(history, recent, guard, baseline, step=step, windows=windows)
        wanted = plain_spans(history, recent, guard, baseline, step, windows)
        got = found.guard, found.baseline, found.needed, found.enough
        assert got == wanted, (history, recent, guard, baseline, step, windows)


def back_by_hand(day, years, calendar, period):
    if not calendar:
        return (52 if period == 7 else 365) * years
    try:
        then = day.replace(year=day.year - years)
    except ValueError:
        then = dt.date(day.year - years, 3, 1)
    return round((day - then).days / period)


@pytest.mark.parametrize(("period", "calendar"), [(7, True), (7, False), (1, True), (1, False)])
def test_the_same_weeks_are_added_up_one_by_one(period, calendar):
    rng = np.random.default_rng(period)
    size = 170 if period == 7 else 760
    starts = np.datetime64("2014-03-03") + np.timedelta64(period, "D") * np.arange(size)
    usable = rng.random((size, 2)) > 0.05
    values = np.where(usable, rng.poisson(3.0, (size, 2)), 0).astype(np.int32)
    share = rng.random((size, 2))
    first = size - 25
    for half, current, years, squares, part in (
        (2, True, 2, True, share),
        (0, True, 1, False, None),
        (1, False, 4, True, None),
    ):
        for known in (usable, np.ones_like(usable)):
            found = same_weeks(
                values,
                known,
                starts,
                first=first,
                period_days=period,
                years=years,
                half=half,
                current=current,
                calendar=calendar,
                squares=squares,
                share=part,
            )
            assert found.due == half * current + years * (2 * half + 1)
            for row in range(first, size, 3):
                day = starts[row].astype(dt.date)
                middles = [row - back_by_hand(day, year, calendar, period) for year in range(1, years + 1)]
                assert middles[0] == years_back(starts, np.array([row]), 1, period, calendar=calendar)[0]
                rows = [at for one in middles for at in range(one - half, one + half + 1)]
                rows += list(range(row - half, row)) if current else []
                assert found.short[row - first, 0] == (min(rows) < 0)
                rows = [at for at in rows if at >= 0]
                for i in range(2):
                    assert found.total[row - first, i] == sum(values[at, i] for at in rows)
                    wanted = sum(values[at, i] ** 2 for at in rows) if squares else 0
                    assert found.squares[row - first, i] == wanted
                    if not found.short[row - first, 0]:
                        number = np.broadcast_to(found.number, found.total.shape)[row - first, i]
                        exposure = np.broadcast_to(found.exposure, found.total.shape)[row - first, i]
                        assert number == sum(known[at, i] for at in rows)
                        worth = (
                            sum(share[at, i] * known[at, i] for at in rows) if part is not None else number
                        )
                        assert exposure == pytest.approx(worth, rel=SAME)


# -- rolling -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("length", "guard", "baseline"), [(7, 3, 40), (3, 0, 29), (1, 2, 30)])
@pytest.mark.parametrize("late", [False, True])
def test_the_rolling_test_is_the_test_of_each_end(length, guard, baseline, late):
    values, covered = counts(length, 66, 5, 0.05, length)
    covered[59:61, 2] = False
    covered[50:58, 3] = False
    values[:, 1] = 0
    values[30, 1] = 1
    values[46:50, 0] += 6
    lengths = Lengths(length, guard, baseline)
    assert lengths.span == length + guard + baseline
    ends = np.array([66, 58, 61, lengths.span])
    rng = np.random.default_rng(2)
    share, lost = np.where(rng.random((66, 5)) < 0.5, 1.0, 0.8), np.zeros(66, bool)
    share[:, 4], lost[57] = 1.0, True
    reported = Reported(share, np.where(share < 1, 0.05, 0.0), lost) if late else None
    level = np.array([0.05, 0.01, 0.2, 0.05, 1e-3])
    found = rolling_test(values, covered, ends, lengths, levels=level, reported=reported)
    alone = rolling_test(values, covered, ends, lengths, reported=reported)
    assert alone.bound is None
    codes = set()
    for row, end in enumerate(ends):
        for i in range(5):
            part, inside = values[end - lengths.span : end, [i]], covered[end - lengths.span : end, [i]]
            recent = inside[-length:, 0]
            assert found.days[row, i] == recent.sum()
            code, got = (
                int(found.code[row, i]),
                [found.observed[row, i], found.expected[row, i], found.pvalue[row, i]],
            )
            codes.add(code)
            whole = [inside[t : t + length, 0].all() for t in range(baseline - length + 1)]
            base = np.where(inside[:baseline], part[:baseline], 0).sum()
            observed = part[-length:, 0][recent].sum()
            n = inside[:baseline].sum()
            reason = 1 if recent.sum() * 2 < length else 2 if n // length < 5 or not any(whole) else 0
            reason = reason or (3 if base + observed == 0 else 0)
            assert code == reason
            if code:
                assert np.isnan([*got, found.bound[row, i]]).all()
                continue
            kept = np.r_[np.ones(baseline + guard, bool), recent]
            known, unsure = 1.0, 0.0
            days = np.arange(end - length, end)[recent]
            if late and not lost[end - length : end].any():
                known = share[days, i].mean()
                unsure = (reported.deviation[days, i].mean() / known) ** 2
            test = lrd_test(
                part[kept],
                inside[kept],
                length=int(recent.sum()),
                guard=guard,
                completeness=known,
                exposure_variance=unsure,
            )
            wanted = [observed, base / n * recent.sum(), test.pvalue[0]]
            assert got == pytest.approx(wanted, rel=SAME)
            assert alone.pvalue[row, i] == pytest.approx(wanted[2], rel=SAME)
            bound = critical_count(
                test.baseline_total,
                test.recent_exposure * test.carried,
                test.baseline_exposure,
                test.dispersion,
                level[[i]],
            )
            assert found.bound[row, i] == bound[0]
    assert 0 in codes
    assert len(codes) > 1
    back = stacked(
        [rolling_test(values, covered, ends[:1], lengths), rolling_test(values, covered, ends[1:], lengths)],
        np.array([1, 0, 3, 2]),
    )
    again = rolling_test(values, covered, ends[[1, 0, 3, 2]], lengths)
    for field in fields(back):
        if field.name != "bound":
            assert np.array_equal(getattr(back, field.name), getattr(again, field.name), equal_nan=True)


def rolling():
    values, covered = counts(5, 66, 5)
    covered[60, 1] = covered[63, 4] = False
    ends, level = np.array([66, 61, 57]), np.array([0.05, 0.01, 0.2, 0.05, 1e-3])
    reported = Reported(np.full((66, 5), 0.9), np.full((66, 5), 0.05), np.arange(66) == 55)
    lengths = Lengths(7, 2, 44)
    return (
        rolling_test(values, covered, ends, lengths, levels=level),
        rolling_test(values, covered, ends, lengths, levels=level, reported=reported),
    )


def test_a_window_is_as_complete_as_its_periods_or_taken_as_complete():
    rng = np.random.default_rng(3)
    share = np.where(rng.random((20, 3)) < 0.7, 1.0, 0.6)
    deviation = np.where(rng.random((20, 3)) < 0.2, 0.1, 0.0)
    lost = np.isin(np.arange(20), [4, 11])
    reported, pattern = Reported(share, deviation, lost), np.array([True, True, False, True])
    ends = np.arange(4, 21)
    for region in range(3):
        mean, unsure = reported.exposure(ends, np.full(ends.shape, region), 4, pattern)
        part = reported.part(ends, 4)[:, region]
        for at, end in enumerate(ends):
            rows = np.arange(end - 4, end)
            known = not lost[rows].any()
            some = share[rows[pattern], region].mean()
            error = (deviation[rows[pattern], region].mean() / some) ** 2
            assert (mean[at], unsure[at]) == pytest.approx((some, error) if known else (1.0, 0.0), rel=EXACT)
            late = (share[rows, region] < 1).any() or (deviation[rows, region] > 0).any()
            assert part[at] == (late and known)
    some = reported.cut(slice(3, 9), slice(1, 3))
    assert some.share.tolist() == share[3:9, 1:].tolist()
    assert some.deviation.tolist() == deviation[3:9, 1:].tolist()
    assert some.lost.tolist() == lost[3:9].tolist()


def test_nothing_is_tested_where_no_end_is_asked():
    values, covered = counts(1)
    found = rolling_test(values, covered, np.zeros(0, int), Lengths(7, 0, 40))
    assert found.pvalue.shape == (0, 5)


# -- season, expectation, turns ----------------------------------------------------------------------------


def test_a_season_is_the_lines_of_whole_years_over_what_stands_between():
    rng = np.random.default_rng(5)
    day = np.arange(2 * 365 + 40)
    rate = np.exp(np.array([0.0, 0.6, 1.0])[:, None] * np.sin(2 * np.pi * day / 365.25) - 0.3 + day / 900).T
    values, covered = rng.poisson(rate), rng.random(rate.shape) > 0.05
    weeks = round(2 * 365.2425 / 7)
    for harmonics in (1, 3):
        found = season_pvalue(values, covered, harmonics=harmonics, step=1)
        for i in range(3):
            y = np.array(
                [
                    values[-7 * weeks :, i][t : t + 7][covered[-7 * weeks :, i][t : t + 7]].sum()
                    for t in range(0, 7 * weeks, 7)
                ]
            )
            n = np.array([covered[-7 * weeks :, i][t : t + 7].sum() for t in range(0, 7 * weeks, 7)])
            design = np.column_stack([np.ones(weeks), np.linspace(-0.5, 0.5, weeks)])
            beta = np.zeros(2)
            for _ in range(50):
                mu = n * np.exp(design @ beta)
                beta += np.linalg.solve(design.T @ (design * mu[:, None]), design.T @ (y - mu))
            left = np.where(mu > 0, (y - mu) / np.sqrt(np.maximum(mu, 1e-300)), 0)
            power = np.array(
                [
                    abs((left * np.exp(-2j * np.pi * k * np.arange(weeks) / weeks)).sum()) ** 2
                    for k in range(1, 2 * (harmonics + 1))
                ]
            )
            lines = np.arange(1, len(power) + 1) % 2 == 0
            ratio = power[lines].mean() / power[~lines].mean()
            assert found[i] == pytest.approx(stats.f(2 * lines.sum(), 2 * (~lines).sum()).sf(ratio), rel=1e-6)
        assert shows_season(values, covered, harmonics=harmonics, step=1).tolist() == (found <= 0.01).tolist()


def history(seed=4, days=800, step=1, series=4):
    rng = np.random.default_rng(seed)
    periods = days // step
    day = 16_000 + step * np.arange(periods)
    rate = np.exp(0.8 * np.sin(2 * np.pi * day / 365.25) + 0.3 * (day % 7 == 2)) * step / 4
    values = rng.poisson(rate[:, None] * np.array([0.02, 0.6, 2.0, 5.0])[:series]).astype(np.int32)
    values[-14 // step :, 1] += rng.poisson(1.5, (14 // step)).astype(np.int32)
    covered = np.ones(values.shape, bool)
    covered[periods // 3 : periods // 3 + 9, 2] = False
    return day, values, covered


def adjusted(step=1, days=800, length=14, guard=28, seed=4, gap=None, **options):
    day, values, covered = history(seed, days, step)
    if gap:
        covered[gap] = False
    extra = options.pop("extra", False)
    columns = ((day % 29) == 0).astype(float)[:, None] if extra else None
    return adjusted_test(
        day, values, covered, length=length, guard=guard, step=step, extra=columns, **options
    )


def turns(length, guard, step=1, whole=True, upper=True, periods=800, seasonal=False):
    rng = np.random.default_rng(length)
    rate = np.exp(np.linspace(-1, 1, periods)[:, None] * np.array([0.1, 1.2, 0.0])) * 1.5
    if seasonal:  # next to nothing, or less, is expected at some turns
        rate = rate * np.exp(3 * np.sin(2 * np.pi * step * np.arange(periods)[:, None] / 365.25))
    values = rng.poisson(rate)
    values[-length:, 2] += 2
    covered = np.ones(values.shape, bool) if whole else rng.random(values.shape) > 0.01
    covered[-length:] = True
    design = seasonal_design(step * np.arange(periods), trend=True, harmonics=2, weekday=False)
    mean = np.full(values.shape, 1.5) * (1 + 0.2 * np.sin(np.arange(periods) / 58)[:, None])
    factor = np.array([1.0, 0.7, 0.9])
    return turned(
        values, covered, mean, design, length=length, guard=guard, step=step, factor=factor, upper=upper
    )


def test_blocks_are_added_up_and_the_history_is_five_years():
    rng = np.random.default_rng(0)
    values, covered, design = rng.poisson(2, (23, 2)), rng.random((23, 2)) > 0.2, rng.random((23, 3))
    for block in (1, 7, 5):
        found = regression_data(values, covered, design, block)
        first = [0, *range(23 % block, 23, block)] if 23 % block else list(range(0, 23, block))
        assert found.first.tolist() == first
        for at, (begin, end) in enumerate(itertools.pairwise([*first, 23])):
            assert found.design[at] == pytest.approx(design[begin:end].mean(axis=0), rel=EXACT)
            assert found.counts[at].tolist() == np.where(covered, values, 0)[begin:end].sum(axis=0).tolist()
            assert found.exposure[at].tolist() == covered[begin:end].sum(axis=0).tolist()
    assert history_before(2000, 14, 28, 1) == (131, 1827)
    assert history_before(900, 14, 28, 1) == (0, 858)
    assert history_before(400, 2, 4, 7) == (394 - 261, 261 * 7)


def test_terms_are_those_of_the_calendar():
    day = 17_000 + np.arange(1140)
    design = seasonal_design(day, trend=True, harmonics=2, weekday=True, extra=np.arange(1140.0)[:, None])
    year = 365.2425
    wanted = [np.ones(1140), (day - day.mean()) / year]
    wanted += [wave(2 * np.pi * k * day / year) for k in (1, 2) for wave in (np.cos, np.sin)]
    weekday = [(dt.date(1970, 1, 1) + dt.timedelta(days=int(one))).weekday() for one in day]
    wanted += [(np.array(weekday) == d) - 1 / 7 for d in range(1, 7)]
    wanted += [np.arange(1140.0)]
    assert design == pytest.approx(np.column_stack(wanted), rel=EXACT, abs=1e-12)
    assert seasonal_design(day, trend=False, harmonics=1, weekday=False).shape == (1140, 3)
    for periods, length, guard, step, extra, harmonics, weekday, block in (
        (1140, 14, 28, 1, None, 3, False, 7),
        (1137, 14, 28, 1, None, 3, False, 7),
        (1136, 14, 28, 1, None, 2, False, 7),
        (1140, 10, 28, 1, None, 3, True, 1),
        (160, 3, 4, 7, None, 2, False, 1),
        (1140, 14, 28, 1, 1.0, 3, False, 1),
    ):
        more = None if extra is None else np.ones((periods, 1))
        found = chosen_terms(step * np.arange(periods), length=length, guard=guard, step=step, extra=more)
        assert (found.harmonics, found.weekday, found.block) == (harmonics, weekday, block)
        assert len(found.names) == 2 + 2 * harmonics + 6 * weekday
        assert found.design.shape == (periods, len(found.names) + (extra is not None))
    assert found.names[:4] == ("const", "trend", "cos 1", "sin 1")


@pytest.mark.parametrize("incidents", [59, 60, 61])
@pytest.mark.parametrize("gap", [377, 378, 379])
def test_a_region_needs_ten_incidents_a_term_and_half_the_history(incidents, gap):
    values, covered = np.zeros((800, 1), int), np.ones((800, 1), bool)  # 758 days of history, six terms
    values[np.linspace(gap + 1, 756, incidents).astype(int), 0] = 1
    covered[:gap], values[:9] = False, 5
    found = adjusted_test(16_000 + np.arange(800), values, covered, length=14, guard=28, step=1)
    assert found.index.tolist() == ([0] if incidents >= 60 and gap >= 0 and 758 - gap >= 379 else [])


def one_day(length, upper=True):
    """A window whose incidents came on one day, or hardly any did."""
    day, values, covered = history(3, 800)
    values[-length:, 1:] = 0 if not upper else 1
    values[-1, 2:] += 60 if upper else 0
    return adjusted_test(day, values, covered, length=length, guard=9, step=1, upper=upper)


def expectations(**options):
    day, values, covered = history(9, 760)
    design = seasonal_design(day, trend=True, harmonics=1, weekday=False)
    return expected_test(values[:, 1:], covered[:, 1:], design, length=10, guard=5, **options)


def rolling_expected(**options):
    day, values, covered = history(6, 800)
    covered[-2:, 3] = False
    values[:, 0] = 0
    share = np.full(values.shape, 0.9)
    late = Reported(share, 0.1 * share, np.zeros(len(values), bool)) if options.pop("late", False) else None
    ends = np.array([700, 800, 790])
    return rolling_expected_test(
        day, values, covered, ends, Lengths(7, 7, 100), step=1, reported=late, **options
    )


# -- other tests -------------------------------------------------------------------------------------------


def plain_studentised(values, known, length, share, upper):
    """The rank of each position's studentised count among all, window by window."""
    size = len(values)
    rows = [np.arange(start, start + length) % size for start in range(size)]
    filled = np.where(known, values, 0).astype(float)
    filled[-length:] /= share
    ok = [known[at].all() for at in rows]
    score = {}
    for start in range(size):
        if not ok[start]:
            continue
        apart = [
            filled[rows[t]].sum()
            for t in range(size)
            if ok[t] and min((t - start) % size, (start - t) % size) >= length
        ]
        excess = (filled[rows[start]].sum() - (np.mean(apart) if apart else 0)) * (1 if upper else -1)
        excess = 0 if abs(excess) < 1e-9 else excess
        variance = np.var(apart) if apart else 0
        score[start] = (
            np.sign(excess) * np.inf
            if excess and variance < 1e-9
            else excess / np.sqrt(variance)
            if variance >= 1e-9
            else 0.0
        )
    now = score[size - length]
    return np.mean([one >= now - 1e-9 for one in score.values()])


@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize(("length", "gaps"), [(5, 0.05), (1, 0.1), (8, 0.0)])
def test_the_studentised_rotation_ranks_window_by_window(length, gaps, upper):
    values, covered = counts(length, 31, 7, gaps, length)
    values[:-3, 0] = 0
    share = np.linspace(1, 0.7, 7)
    found = studentised_rotation(values, covered, length=length, completeness=share, upper=upper)
    wanted = [plain_studentised(values[:, i], covered[:, i], length, share[i], upper) for i in range(7)]
    assert found == pytest.approx(wanted, rel=EXACT)


@pytest.mark.parametrize("upper", [True, False])
def test_fixed_b_is_a_difference_over_its_long_run_error(upper):
    values, covered = counts(4, 90, 6)
    share = np.linspace(1, 0.7, 6)
    found = fixed_b(values, covered, length=7, guard=3, completeness=share, upper=upper)
    for i in range(6):
        base, known = values[:80, i].astype(float), covered[:80, i]
        nu = round(0.4 * 80 ** (2 / 3))
        mean = base[known].mean()
        left = np.where(known, base - mean, 0)
        long_run = (
            np.mean(
                [
                    (np.sqrt(2) * sum(left[t] * np.cos(np.pi * k * (t + 0.5) / 80) for t in range(80))) ** 2
                    for k in range(1, nu + 1)
                ]
            )
            / known.sum()
        )
        if long_run == 0:
            assert np.isnan(found[i])
            continue
        error = np.sqrt(long_run * (share[i] / 7 + share[i] ** 2 / known.sum()))
        t = (values[-7:, i].sum() / 7 - share[i] * mean) / error
        assert found[i] == pytest.approx(stats.t(nu).sf(t if upper else -t), rel=1e-9)


def others(name, *, upper=True, share=1.0, length=7, guard=3, periods=90):
    values, covered = counts(8, periods, 7, length=length)
    values[-length:, 2] = 0
    return METHODS[name](values, covered, length=length, guard=guard, completeness=share, upper=upper)


def earlier(length=7, before=14, periods=120, seed=1):
    values, covered = counts(seed, periods, 7, length=length)
    begin = periods - length - before
    values[begin + 2 : begin + 2 + length, 2] += 6
    values[begin : begin + length, 0] += 3
    values[begin + 3, 3] += 60
    covered[begin:, 4] = False
    covered[2:begin, 6] = False
    return earlier_window(values, covered, length=length, before=before)


def test_the_fullest_window_before_is_the_latest_of_equals():
    values, covered = counts(3, 90, 5, 0.05)
    found = earlier_window(values, covered, length=7, before=20)
    begin = 90 - 7 - 20
    for i in range(5):
        starts = [t for t in range(begin, begin + 14) if covered[t : t + 7, i].all()]
        sums = {t: values[t : t + 7, i].sum() for t in starts}
        best = max(starts, key=lambda t: (sums[t], t))
        inside = covered[:begin, i]
        assert (found.last[i], found.observed[i]) == (best + 6, sums[best])
        assert found.expected[i] == pytest.approx(
            values[:begin, i][inside].sum() / inside.sum() * 7, rel=EXACT
        )
    for before, periods in ((6, 90), (7, 48), (7, 49)):
        tested = earlier_window(values[-periods:], np.ones((periods, 5), bool), length=7, before=before)
        assert (tested.last == 0).all() == (periods < 49 or before < 7)
        assert np.isnan(tested.pvalue).all() == (before < 7 or periods - 7 - before < 35)


def plain_earlier(values, covered, length, before):
    """The p-value of one series: the fullest window's, times the windows that fit; 1 where not small."""
    begin = len(values) - length - before
    inside = covered[:begin]
    base, periods = values[:begin][inside].sum(), inside.sum()
    if periods // length < 5 or not any(inside[t : t + length].all() for t in range(begin - length + 1)):
        return np.nan
    whole = [t for t in range(begin, begin + before - length + 1) if covered[t : t + length].all()]
    if not whole:
        return np.nan
    at = max(whole, key=lambda t: (values[t : t + length].sum(), t))
    observed, tries = values[at : at + length].sum(), before // length + 1
    law = stats.binom(observed + base, length / (length + periods))
    least = law.sf(observed) + law.pmf(observed) / 2
    if observed < 3 or observed <= base / periods * length or tries * least > 0.05:
        return 1.0
    rows = [*range(begin), *range(at, at + length)]
    test = lrd_test(values[rows, None], covered[rows, None], length=length, carry=False)
    alone = test.firm[0]
    if test.dispersion.windows[0] <= 20:
        alone = test.pvalue_a[0]
        if alone <= 0.01 and length > 1:
            others = values[at : at + length].sum() - values[at : at + length].max()
            count = np.floor(others * length / (length - 1))
            given = test.recent_exposure, test.baseline_exposure, test.dispersion.phi, test.dispersion.edf
            alone = max(alone, min(mixed_tail(np.array([count]), np.array([count + base]), *given)[0], 0.01))
    return min(tries * alone, 1.0)


@pytest.mark.parametrize(
    ("length", "before", "periods"), [(2, 5, 47), (2, 4, 50), (7, 14, 120), (1, 3, 30), (3, 9, 90)]
)
def test_a_rise_before_the_window_is_tested_as_one_series_after_the_other(length, before, periods):
    rng = np.random.default_rng(before)
    rate = np.repeat([0.03, 0.2, 0.6, 2.0, 5.0], 10)
    values = rng.poisson(rate, (periods, 50))
    covered = rng.random(values.shape) > np.tile([0.0, 0.05], 25)
    begin = periods - length - before
    for i in range(50):
        values[begin + i % (before - length + 1) :, i][:length] += rng.poisson(1 + i % 7, length)
    values[begin + 1, ::9] += 12  # one day
    covered[: begin - 5 * length + (length > 1), 3] = False
    covered[: begin - 5 * length, 13] = False
    covered[begin - 5 * length :, [3, 13]] = True
    covered[:begin, 23] = np.arange(begin) % 7 > 0
    covered[begin : begin + before : length, 33] = False
    found = earlier_window(values, covered, length=length, before=before)
    wanted = [plain_earlier(values[:, i], covered[:, i], length, before) for i in range(50)]
    assert found.pvalue == pytest.approx(wanted, rel=1e-9, nan_ok=True)
    assert (found.pvalue < 1).sum() > 5
    assert np.isfinite(found.expected).tolist() == np.isfinite(wanted).tolist()


# -- concentration -----------------------------------------------------------------------------------------


def pairs(seed=2, periods=90, sets=5, length=7):
    inside, covered = counts(seed, periods, sets, 0.03, length)
    outside, _ = counts(seed + 50, periods, sets, 0.0, length)
    inside[-length:, 2], outside[-length:, 3] = 0, 0
    inside[:-length, 1] = 0
    outside[:-length, 4] = 0
    return inside, outside, covered


def plain_pairs(inside, outside, covered, length, correction, upper, favour):
    size = len(inside)
    step = max(length // 2, math.ceil(size / 64), 1)
    at = [(size - length - k) % size for k in range(0, size, step)]
    rows = [np.arange(t, t + length) % size for t in at]
    ok = [covered[one].all() for one in rows]
    n1, n0 = inside[covered].sum(), outside[covered].sum()

    def z(s1, s0, odds=1.0):
        share = odds * n1 / max(odds * n1 + n0, 1)
        s = s1 + s0
        return (s1 - s * share) / np.sqrt(max(s * share * (1 - share), 1e-12)) * (1 if upper else -1)

    now = z(inside[rows[0]].sum(), outside[rows[0]].sum(), favour)
    beyond = []
    for i, one in enumerate(rows):
        for j, other in enumerate(rows):
            if ok[i] and ok[j]:
                s1, s0 = inside[one][covered[one]].sum(), outside[other][covered[other]].sum()
                turned_z = now if i == j == 0 else z(s1, s0) * np.sqrt(correction)
                beyond.append(turned_z >= now - 1e-9)
    return np.mean(beyond)


@pytest.mark.parametrize(("upper", "favour"), [(True, 1.0), (False, 1.3), (True, 0.8)])
@pytest.mark.parametrize("length", [7, 1])
def test_pairs_of_rotations_are_each_compared(length, upper, favour):
    periods = 40 if length == 7 else 130
    inside, outside, covered = pairs(periods=periods, length=length)
    correction = np.array([1.0, 0.8, 1.2, 0.5, 0.9])
    found = rotation_of_pairs(
        inside, outside, covered, length, correction=correction, upper=upper, favour=favour
    )
    for i in range(5):
        wanted = plain_pairs(inside[:, i], outside[:, i], covered[:, i], length, correction[i], upper, favour)
        assert found[i] == pytest.approx(wanted, rel=EXACT)


@pytest.mark.parametrize("upper", [True, False])
def test_a_window_covered_in_part_is_compared_by_what_was_seen_of_it(upper):
    inside, outside, covered = pairs(periods=40)
    covered[-3:] = False
    inside[-3:], outside[-3:] = 0, 0
    found = rotation_of_pairs(inside, outside, covered, 7, upper=upper)
    for i in range(5):
        wanted = plain_pairs(inside[:, i], outside[:, i], covered[:, i], 7, 1.0, upper, 1.0)
        assert found[i] == pytest.approx(wanted, rel=EXACT)


@pytest.mark.parametrize("upper", [True, False])
def test_the_exact_tail_is_that_of_fisher_with_half_the_mass(upper):
    rng = np.random.default_rng(1)
    inside, outside = rng.integers(0, 12, 9).astype(float), rng.integers(1, 12, 9).astype(float)
    recent = np.minimum(rng.integers(0, 9, 9).astype(float), inside + outside)
    low = np.maximum(recent - outside, 0)
    observed = np.minimum(low + rng.integers(0, 3, 9), np.minimum(inside, recent))
    law = stats.hypergeom(inside + outside, inside, recent)
    beyond = law.sf(observed) if upper else law.cdf(observed - 1)
    found = hypergeometric_tail(observed, inside, outside, recent, upper=upper)
    assert found == pytest.approx(beyond + law.pmf(observed) / 2, rel=1e-9, abs=1e-12)


def concentrated(**options):
    found = concentration_test_arrays(*pairs(), length=7, guard=4, **options)
    limits = [
        concentration_limit(found, level, upper=upper) for level in (0.05, 0.2) for upper in (True, False)
    ]
    return found, found.ratio, found.favour, limits


def few_pairs():
    """One incident, or none, inside or outside, before or in the window."""
    held = np.array(list(itertools.product((0, 1, 3), repeat=4)))  # recent and baseline, inside and outside
    inside, outside = np.zeros((60, len(held)), np.int32), np.zeros((60, len(held)), np.int32)
    for rows, series, column in ((55, inside, 0), (55, outside, 1), (9, inside, 2), (9, outside, 3)):
        for at in range(3):
            series[rows + at] = held[:, column] > at
    found = concentration_test_arrays(inside, outside, np.ones(inside.shape, bool), length=7, guard=4)
    limits = [concentration_limit(found, 0.1, upper=upper) for upper in (True, False)]
    ends = [
        [
            (kind(limit).astype(int) * np.arange(len(held))).tolist()
            for kind in (np.isnan, np.isinf, np.isfinite)
        ]
        for limit in limits
    ]
    return found.pvalue_a, found.rotation, found.pvalue, limits, np.array(ends)


# -- self-exciting counts ----------------------------------------------------------------------------------


def plain_posterior(y, known, mean, lag, b, size):
    """Log weight, shift and spread of one cell, by the likelihood's own second-order step."""
    rate, e = [], mean
    for t in range(len(y)):
        rate.append(mean * (1 - b) + b * e)
        e += ((y[t] if known[t] else mean) - e) / lag
    x, yy = np.array(rate)[known], y[known]
    log_likelihood = sum(
        math.lgamma(k + size)
        - math.lgamma(size)
        - k * math.log(size)
        + k * math.log(m)
        - (k + size) * math.log1p(m / size)
        for k, m in zip(yy, x, strict=True)
    )
    precision = 1 / (x * (1 + x / size))
    score = ((yy - x) * precision).sum() * mean * (1 - b)
    information = precision.sum() * (mean * (1 - b)) ** 2 + 4
    step = min(max(score / information, -0.4), 0.4)
    weight = log_likelihood + score * step - information * step**2 / 2 - math.log(information) / 2
    return weight + (math.log(7) if b == 0 else 0), step, 1 / math.sqrt(information)


def exciting(seed=3, periods=24, size=2):
    rng = np.random.default_rng(seed)
    y = np.ascontiguousarray(rng.negative_binomial(1, 0.4, (size, periods)).astype(float))
    known = rng.random(y.shape) > 0.1
    return np.where(known, y, 0.0), known, rng


def test_each_cell_has_the_weight_of_its_likelihood():
    series, covered, _ = exciting()
    y, known = series[0], covered[0]
    cells = len(LAGS) * len(BRANCHING) * len(SIZES)
    weight, shift, spread = (np.empty(cells) for _ in range(3))
    mean = 1.1
    _posterior(y, known, 20, mean, weight, shift, spread)
    for cell in range(0, cells, 13):
        lag, b, size = (
            LAGS[cell // (len(SIZES) * len(BRANCHING))],
            BRANCHING[cell // len(SIZES) % len(BRANCHING)],
            SIZES[cell % len(SIZES)],
        )
        if b == 0 and cell >= len(SIZES):
            assert (weight[cell], shift[cell], spread[cell]) == (-1e300, 0, 1)
            continue
        wanted = plain_posterior(y[:20], known[:20], mean, lag, b, size)
        assert (weight[cell], shift[cell], spread[cell]) == pytest.approx(wanted, rel=1e-9)
    assert _pasts(y, known, 22, mean) == pytest.approx(
        [past_of(y[:22], known[:22], mean, lag) for lag in LAGS], rel=EXACT
    )
    for cell in (5, 200, 629):
        within = np.linspace(0.1, 0.9, 20)
        found = _residuals(y, known, 20, mean, cell, 0.2, within)
        b, size, lag = BRANCHING[cell // len(SIZES) % 10], SIZES[cell % len(SIZES)], LAGS[cell // 90]
        e, wanted = mean, []
        for t in range(20):
            x = mean * math.exp(0.2) * (1 - b) + b * e
            law = stats.nbinom(size, size / (size + x))
            if known[t]:
                wanted.append(law.cdf(y[t] - 1) + within[t] * law.pmf(y[t]))
            e += ((y[t] if known[t] else mean) - e) / lag
        assert found == pytest.approx(np.r_[wanted, np.full(20 - len(wanted), 0.5)], rel=1e-7)


def past_of(y, known, mean, lag):
    e = mean
    for one, told in zip(y, known, strict=True):
        e += ((one if told else mean) - e) / lag
    return e


def test_counts_are_drawn_by_their_residuals():
    residual = np.array([0.02, 0.3, 0.55, 0.8, 0.999])
    for x, k in ((0.4, 0.5), (3.0, 2.0), (8.0, 1e4)):
        law = stats.nbinom(k, k / (k + x))
        for u in (0.0, 0.25, 0.5, 0.7, 0.99):
            assert _drawn_count(x, k, residual, u, 1.5) == law.ppf(residual[int(u * 5)])
    assert _drawn_count(700.0, 1e4, residual, 0.5, 1.5) == round(700 + math.sqrt(700 + 49) * 1.5)
    assert _drawn_count(700.0, 1e4, residual, 0.5, -30.0) == 0
    assert _drawn_count(590.0, 1e4, residual, 0.5, 1.5) == stats.nbinom(1e4, 1e4 / (1e4 + 590)).ppf(0.55)


def statistic(window, mean, b, size, lag, past, share, ratio):
    """The log likelihood ratio of new incidents that come so many times as often."""
    total, e = 0.0, past
    for count in window:
        x = share * (mean * (1 - b) + b * e)
        more = (ratio - 1) * mean * (1 - b) * share
        laws = [stats.nbinom(size, size / (size + at)) for at in (x + more, x)]
        total += laws[0].logpmf(count) - laws[1].logpmf(count)
        e += (count / share - e) / lag
    return total


def test_a_draw_is_compared_by_its_likelihood_ratio():
    rng = np.random.default_rng(0)
    past = np.linspace(0.8, 2.0, len(LAGS))
    residual = rng.random(30)
    seen = []
    for cell in (3, 37, 111, 250, 404, 628):
        size, b, lag = SIZES[cell % 9], BRANCHING[cell // 9 % 10], LAGS[cell // 90]
        for ratio, share in ((2.5, 0.8), (0.4, 1.0)):
            window, uniform = rng.poisson(1.5, 5).astype(float), rng.random(6)
            found = _one_draw(window, past, residual, cell, 1.2, share, ratio, uniform, np.zeros(6))
            drawn, e = [], past[cell // 90]
            for t in range(5):
                x = share * (1.2 * (1 - b) + b * e)
                drawn.append(stats.nbinom(size, size / (size + x)).ppf(residual[int(uniform[t] * 30)]))
                e += (drawn[-1] / share - e) / lag
            given = 1.2, b, size, lag, past[cell // 90], share, ratio
            one, other = statistic(drawn, *given), statistic(window, *given)
            assert found == (1.0 if one > other + 1e-9 else 0.5 if one > other - 1e-9 else 0.0)
            seen.append(found)
    assert {0.0, 1.0} <= {*seen}


def predictive(ratio=2.5):
    series, covered, rng = exciting(5, 30, 3)
    series[2, -5:] += 3
    draws = rng.random((11, 6)), rng.standard_normal((11, 6)), rng.random(30)
    return _predictive(series, covered, 22, 5, np.array([1.0, 0.8, 1.0]), ratio, *draws)


def exciting_pvalues(**options):
    values, covered = counts(6, 60, 4)
    values[:, 2] = 0
    values[-7:, 3] += 8
    return self_exciting(values, covered, length=7, guard=5, **options)


HOLD = (ConcentrationTest, EarlierWindow, Adjustment, ExpectedTest, RegressionData, Terms, LRDTest, Reported)
HOLD += (RollingTest, RollingTotals, Rotated, SameWeeks, Half, SpreadGrowth, Turns, _Wheel, Parts)


@pytest.mark.parametrize("kind", HOLD)
def test_what_was_found_stays_so(kind):
    assert_kept(kind)


@pytest.mark.parametrize("kind", [Spans, Lengths])
def test_lengths_are_equal_where_their_numbers_are(kind):
    assert_kept(kind, equal=True)
    assert kind(*range(len(fields(kind)))) == kind(*range(len(fields(kind))))


# -- figures -----------------------------------------------------------------------------------------------

LATE = np.linspace(1.0, 0.6, 7)
CASES = {
    "predictive": predictive,
    "predictive, less": lambda: predictive(0.4),
    "exciting": exciting_pvalues,
    "exciting, less": lambda: exciting_pvalues(upper=False, completeness=np.array([1, 0.9, 1, 0.7])),
    "rolling": rolling,
    "totals": lambda: rolling_totals(*counts(3, 66, 4), np.array([60, 66]), Lengths(7, 2, 40)),
    "lrd": lrd,
    "lrd, weeks": lambda: lrd(length=2, guard=4, periods=60),
    "lrd, A": lambda: lrd(variant="A"),
    "lrd, less": lambda: lrd(upper=False, share=LATE),
    "lrd, late": lambda: lrd(share=LATE, exposure_variance=np.linspace(0, 0.1, 7)),
    "lrd, shrunk": lambda: lrd(shrink=True, steady=True),
    "lrd, nothing carried": lambda: lrd(carry=False, length=14, guard=28, periods=250),
    "lrd, long": lambda: lrd(length=7, guard=7, periods=230, seed=12),
    "lrd, fortnight": lambda: lrd(length=14, guard=7, periods=440, seed=5),
    "spared": lambda: spared_pvalue(
        np.arange(28).reshape(7, 4) % 5,
        np.arange(4.0) * 9,
        np.full(4, 7.0),
        np.full(4, 90.0),
        np.linspace(1, 3, 4),
        np.full(4, 20.0),
    ),
    **{
        f"{name}, {'more' if upper else 'less'}": lambda name=name, upper=upper: [
            others(name, upper=upper, share=share) for share in (1.0, LATE)
        ]
        for name in METHODS
        if name != "self_exciting"
        for upper in (True, False)
    },
    "nb_glm, alpha": lambda: nb_glm(*counts(8, 90, 7), length=7, guard=2, alpha=np.linspace(0, 2, 7)),
    "e_test, many": lambda: others("e_test", length=1, periods=60),
    "earlier": earlier,
    "earlier, a year": lambda: earlier(periods=300, before=28),
    "earlier, long": lambda: earlier(length=14, before=20, periods=250, seed=2),
    "earlier, short": lambda: earlier(length=3, before=6, periods=70),
    "earlier, weeks": lambda: earlier(length=2, before=4, periods=60, seed=5),
    "season, weeks": lambda: season_pvalue(*history(2, 2500, 7)[1:], harmonics=2, step=7),
    "season, six years": lambda: season_pvalue(*history(2, 2300)[1:], harmonics=3, step=1),
    "adjusted": adjusted,
    "adjusted, weekday": lambda: adjusted(length=10, guard=9),
    "adjusted, three years": lambda: adjusted(days=1140, seed=5),
    "adjusted, weeks": lambda: adjusted(step=7, days=1100, length=2, guard=4),
    "adjusted, less": lambda: adjusted(upper=False, completeness=0.8, exposure_variance=0.02),
    "adjusted, late": lambda: adjusted(completeness=LATE[:4], exposure_variance=np.linspace(0, 0.1, 4)),
    "adjusted, calendar": lambda: adjusted(extra=True, guard=5),
    "adjusted, seasonal": lambda: adjusted(seasonal=True),
    "adjusted, gap": lambda: adjusted(gap=np.s_[:400, 3]),
    "adjusted, no window": lambda: adjusted(gap=np.s_[-3:, 1:]),
    "adjusted, one day": lambda: one_day(14),
    "adjusted, one day of few": lambda: one_day(6),
    "adjusted, hardly any": lambda: one_day(14, upper=False),
    "expected": expectations,
    "expected, blocks": lambda: expectations(block=7, step=1, smooth=2),
    "expected, less": lambda: expectations(upper=False, completeness=0.7, exposure_variance=0.05),
    "rolling expected": rolling_expected,
    "rolling expected, late": lambda: rolling_expected(late=True),
    "rolling expected, seasonal": lambda: rolling_expected(seasonal=True),
    "turns": lambda: turns(14, 28),
    "turns, gaps": lambda: turns(10, 5, whole=False),
    "turns, less": lambda: turns(9, 3, upper=False),
    "turns, weeks": lambda: turns(2, 4, step=7, periods=120),
    "turns, weeks with gaps": lambda: turns(3, 1, step=7, periods=170, whole=False),
    "turns, whole weeks": lambda: turns(14, 5),
    "turns, guard of a week": lambda: turns(10, 7),
    "turns, guard of days": lambda: turns(10, 4, upper=False),
    "turns, seasonal": lambda: turns(14, 28, seasonal=True),
    "turns, seasonal weeks": lambda: turns(2, 2, step=7, periods=120, seasonal=True),
    "turns, short": lambda: turns(7, 14, periods=200),
    "concentration": concentrated,
    "concentration, less": lambda: concentrated(upper=False),
    "concentration, few": few_pairs,
    "concentration, late": lambda: concentrated(complete=(0.8, 0.6), doubt=0.04),
}
STORED = stored("test_kernels_windows")


@pytest.mark.parametrize("name", CASES)
def test_figures_are_what_they_were(name):
    same_as_stored(CASES[name](), STORED[name])


PIECES = [
    (concentration_module, "_CHUNK", 2, "concentration"),
    (turns_module, "_SERIES", 2, "turns, gaps"),
    (recent_module, "_COLUMNS", 2, "rolling"),
    (recent_module, "_BLOCK", 2 * 66, "rolling"),
    (recent_module, "_BLOCK", 1, "rolling"),
    (recent_expected_module, "_BLOCK", 3 * 800, "rolling expected, late"),
    (recent_expected_module, "_BLOCK", 1, "rolling expected"),
    (two_means_module, "_E_TEST_CELLS", 400, "e_test, more"),
    (two_means_module, "_E_TEST_CELLS", 1, "e_test, less"),
]


@pytest.mark.parametrize(("module", "name", "size", "case"), PIECES)
def test_figures_do_not_depend_on_how_many_are_looked_at_together(module, name, size, case, monkeypatch):
    monkeypatch.setattr(module, name, size)
    same_as_stored(CASES[case](), STORED[case])


DEFAULTS = {
    lrd_test: {
        "guard": 0,
        "completeness": 1.0,
        "exposure_variance": 0.0,
        "variant": "B",
        "upper": True,
        "shrink": False,
        "steady": False,
        "carry": True,
    },
    effective_baseline: {"exposure_variance": 0.0},
    unseen_share: {"upper": True},
    rotated: {"scale": 1.0, "upper": True, "guard": 0, "carry": False},
    carried_over: {"guard": 0},
    rotation_pvalue: {"scale": 1.0, "upper": True},
    concentration_test_arrays: {"guard": 0, "upper": True, "complete": (1.0, 1.0), "doubt": 0.0},
    hypergeometric_tail: {"upper": True},
    rotation_of_pairs: {"correction": 1.0, "upper": True, "favour": 1.0},
    adjusted_test: {
        "extra": None,
        "completeness": 1.0,
        "exposure_variance": 0.0,
        "upper": True,
        "seasonal": False,
    },
    expected_test: {
        "guard": 0,
        "block": 1,
        "step": 1,
        "smooth": None,
        "completeness": 1.0,
        "exposure_variance": 0.0,
        "upper": True,
    },
    chosen_terms: {"extra": None},
    seasonal_design: {"extra": None},
    turned: {"step": 1, "upper": True},
    same_weeks: {"squares": False, "share": None},
    spans_of: {"guard": None, "baseline": None, "step": 1, "windows": 5},
    rolling_test: {"levels": None, "reported": None},
    rolling_expected_test: {"reported": None, "seasonal": False},
    self_exciting: {"guard": 0, "completeness": 1.0, "upper": True},
    nb_glm: {"guard": 0, "completeness": 1.0, "upper": True, "alpha": 1.0},
    fixed_b: {"guard": 0, "completeness": 1.0, "upper": True},
}


@pytest.mark.parametrize("function", DEFAULTS, ids=lambda one: one.__name__)
def test_what_is_taken_where_nothing_is_said(function):
    parameters = inspect.signature(function).parameters
    found = {name: one.default for name, one in parameters.items() if one.default is not one.empty}
    assert found == DEFAULTS[function]


def test_a_test_of_parts_takes_what_all_tests_take():
    values, covered = counts(2, 60)
    seen = []

    def keeps(parts):
        seen.append(parts)
        return parts.observed

    of_parts(keeps)(values, covered, length=7)
    of_parts(keeps)(values, covered, length=7, guard=5, completeness=0.5, upper=False)
    for parts, guard, share, upper in zip(seen, (0, 5), (1.0, 0.5), (True, False), strict=True):
        end = 60 - 7 - guard
        inside = covered[:end]
        assert parts.baseline.tolist() == np.where(inside, values[:end], 0).tolist()
        assert parts.covered.tolist() == inside.tolist()
        assert parts.recent.tolist() == values[-7:].tolist()
        assert parts.observed.tolist() == values[-7:].sum(axis=0).tolist()
        assert parts.base.tolist() == np.where(inside, values[:end], 0).sum(axis=0).tolist()
        assert parts.periods.tolist() == inside.sum(axis=0).tolist()
        assert parts.exposure == pytest.approx(np.full(5, 7 * share), rel=EXACT)
        assert parts.completeness.tolist() == [share] * 5
        assert (parts.length, parts.upper) == (7, upper)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.log((parts.observed / parts.exposure) / (parts.base / parts.periods))
        assert parts.log_ratio == pytest.approx(ratio, rel=1e-9, nan_ok=True)
        assert parts.means[0] == pytest.approx(parts.observed / 7, rel=EXACT)
        assert parts.means[1] == pytest.approx(parts.base / parts.periods, rel=EXACT)
