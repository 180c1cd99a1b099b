"""Kernels of panels against their definitions by brute force, and to figures where there is no other word."""

from __future__ import annotations

import inspect
from dataclasses import fields, replace

import numpy as np
import pytest
from kernel_figures import assert_kept, same_as_stored, stored

from analytics.kernels.common.dispersion import window_dispersion
from analytics.kernels.common.multiplicity import benjamini_hochberg, call_levels
from analytics.kernels.common.tails import dispersion_nodes, mixed_tail
from analytics.kernels.panels.at import PooledWindow
from analytics.kernels.panels.caps import CAPS, KEPT, NO_CAP, CappedWindows, capped_windows, daily_cap
from analytics.kernels.panels.debuts import Debuts, debut_scores, expected_log, find_debuts, rank_pvalue
from analytics.kernels.panels.evidence import drawn_dispersion, evidence, evidence_of
from analytics.kernels.panels.extremes import (
    CEILING,
    DOUBT,
    bounded_pvalue,
    dispersion_ceiling,
    least_doubted,
)
from analytics.kernels.panels.hierarchy import HierarchicalTest, Nest, hierarchical_bh, simes
from analytics.kernels.panels.pooled import PooledTest, panel_pvalues, pooled_pvalue, pooled_test
from analytics.kernels.panels.reference import (
    Reference,
    _joined,
    _mean_length,
    _runs,
    compared_with,
    least_rank,
    most_windows,
    set_aside,
    turned_evidence,
)
from analytics.kernels.panels.year import PanelYear
from analytics.kernels.windows.hypothetical import before_sparing, spread_counts
from analytics.kernels.windows.lrd import DAYS_TO_SPARE

EXACT = 1e-11


# -- caps --------------------------------------------------------------------------------------------------


def plain_cap(days) -> int:
    """The largest cap that keeps 95 % of the best efficiency, for a doubled rate, of a day counted so far."""
    days = np.asarray(days, float)
    both = days[:, None] + days  # two days put together

    def efficiency(cap):
        one = np.minimum(days, cap)
        return (np.minimum(both, cap).mean() - one.mean()) ** 2 / one.var() if one.var() > 1e-12 else 0.0

    if days.max() < 2 or days.var() <= 0:
        return NO_CAP
    found = {int(cap): efficiency(cap) for cap in CAPS if cap < days.max()} | {NO_CAP: efficiency(np.inf)}
    best = max(found.values())
    return max(cap for cap, kept in found.items() if kept >= KEPT * best)


def waves(seed, shape, most):
    rng = np.random.default_rng(seed)
    return (rng.poisson(rng.choice([0.05, 0.3, 1.0], shape[1]), shape) * rng.integers(1, most, shape)).astype(
        np.int32
    )


def test_the_cap_is_the_largest_that_keeps_what_tells_of_a_rise():
    days = np.hstack([waves(seed, (60, 6), most) for seed, most in enumerate((2, 4, 9, 20, 33, 60, 200))])
    days[:, :4] = np.array([[0, 1, 5, 0]]) * np.ones((60, 1), int)
    days[3, 3] = 1
    days[:, [10, 20, 30]] += 1  # a cap of one tells nothing
    found = daily_cap(days)
    assert found.tolist() == [plain_cap(one) for one in days.T]
    assert len({*found.tolist()}) >= 6


@pytest.mark.parametrize(("length", "guard", "baseline"), [(5, 3, 60), (1, 0, 40), (9, 8, 71)])
def test_capped_windows_are_counted_day_by_day(length, guard, baseline):
    rng = np.random.default_rng(length)
    values = waves(length, (88, 5), 30).T.copy()
    values[4] = 0
    covered = rng.random(values.shape) > 0.08
    region = np.array([0, 1, 2, 3, 4, 0, 1, 2, 3, 1])
    end = np.array([88, 88, 88, 88, 88, 40, 1, 75, 12, 60])  # the wheel closes for some
    covered[3, 1:25] = False
    values[0, 0] = 500
    found = capped_windows(values, covered, region, end, length=length, guard=guard, baseline=baseline)
    for i, (row, stop) in enumerate(zip(region, end, strict=True)):
        late, begin = stop - length, stop - length - guard - baseline
        before, now = np.arange(begin, begin + baseline) % 88, np.arange(late, stop) % 88
        inside, known = covered[row, before], covered[row, now]
        cap = plain_cap(values[row, before][inside])
        day = np.where(known, np.minimum(values[row, now], cap), 0)
        base = np.minimum(values[row, before], cap)
        second = sorted([0, 0, *day])[-2]
        wanted = [cap, day.sum(), day.max(), second, values[row, now][known].sum(), known.sum()]
        wanted += [base[inside].sum(), inside.sum()]
        names = ("cap", "observed", "largest", "second", "raw", "days", "base", "periods")
        assert [int(getattr(found, name)[i]) for name in names] == wanted
        spread = window_dispersion(base[:, None], inside[:, None], length)
        for name in ("phi", "edf", "rho", "windows"):
            assert getattr(found.dispersion, name)[i] == pytest.approx(getattr(spread, name)[0], rel=1e-9), (
                name
            )
    some = found.take(np.array([7, 2]))
    for field in fields(some):
        if field.name != "dispersion":
            assert getattr(some, field.name).tolist() == getattr(found, field.name)[[7, 2]].tolist()
    assert some.dispersion.phi.tolist() == found.dispersion.phi[[7, 2]].tolist()


def test_where_no_window_of_the_baseline_is_covered_there_is_no_spread_to_tell():
    values, covered = np.array([[1, 2] * 20]), np.array([[True, False] * 20])
    found = capped_windows(values, covered, np.array([0]), np.array([40]), length=2, guard=2, baseline=30)
    assert (found.base[0], found.periods[0], found.days[0]) == (15, 15, 1)
    assert found.dispersion.phi.tolist() == [1.0]


def test_a_region_without_coverage_is_counted_as_nothing():
    found = capped_windows(
        np.ones((1, 20), int),
        np.zeros((1, 20), bool),
        np.zeros(1, int),
        np.array([20]),
        length=3,
        guard=1,
        baseline=12,
    )
    assert (int(found.cap[0]), int(found.base[0]), int(found.periods[0]), int(found.days[0])) == (
        NO_CAP,
        0,
        0,
        0,
    )
    assert int(found.observed[0]) == 0


# -- debuts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seed", "silence"), [(0, 1), (1, 3), (2, 10), (3, 5)])
def test_debuts_are_found_window_by_window(seed, silence):
    rng = np.random.default_rng(seed)
    region = np.array([0, 0, 1, 2, 2, 1])
    counts, covered = rng.poisson(0.25, (40, 6)), rng.random((40, 3)) > 0.06
    found = find_debuts(counts, covered, region, silence)
    wanted = []
    for t in range(silence, 40):
        for r in range(3):
            known = covered[t - silence : t, r].sum() >= 0.9 * silence
            assert found.usable[t - silence, r] == (known and covered[t, r])
        for pair in range(6):
            silent = counts[t - silence : t, pair].sum() == 0
            if counts[t, pair] > 0 and silent and found.usable[t - silence, region[pair]]:
                wanted.append((t - silence, pair, counts[t, pair], region[pair]))
    ours = zip(found.window, found.pair, found.size, found.region, strict=True)
    assert [tuple(map(int, one)) for one in ours] == [tuple(map(int, one)) for one in wanted]
    assert found.usable.shape == (40 - silence, 3)


def plain_log(debuts, window, region, size):
    """The log of the expected number of debuts as large, by sums over the other windows."""
    windows = len(debuts.usable)
    every = list(zip(debuts.window, debuts.region, debuts.size, strict=True))
    others = [one for one in every if one[0] != window]
    n, own = len(others), [one for one in others if one[1] == region]
    w = sum(debuts.usable[t, region] for t in range(windows) if t != window)
    common = (n + 0.5) / max(sum(debuts.usable[t].sum() for t in range(windows) if t != window), 1)
    rate = (len(own) + 10 * common) / (w + 10)
    mean_log = (sum(np.log(2 * s) for *_, s in others) + np.log(2)) / (n + 1)
    tail = (len(own) + 5) / (sum(np.log(2 * s) for *_, s in own) + 5 * mean_log)
    # A log-linear trend with a normal prior of variance 1 on its slope, by its own slow steps.
    t, room = np.linspace(-1, 1, windows), debuts.usable.mean(axis=1)
    number = np.array([sum(one[0] == at for one in every) for at in range(windows)], float)
    slope = 0.0
    for _ in range(40):
        level = number.sum() / (room * np.exp(slope * t)).sum()
        mean = level * room * np.exp(slope * t)
        centre = (mean * t).sum() / mean.sum()
        gradient, curve = ((number - mean) * t).sum() - slope, (mean * (t - centre) ** 2).sum() + 1
        slope += gradient / curve
    return np.log(rate) + slope * t[window] - tail * np.log(2 * size - 1)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_scores_of_debuts_leave_their_own_window_out(seed):
    rng = np.random.default_rng(seed)
    counts, covered = rng.geometric(0.5, (45, 5)) * rng.poisson(0.2, (45, 5)), rng.random((45, 3)) > 0.04
    counts[25:] += counts[25:] * 2
    debuts = find_debuts(counts, covered, np.array([0, 1, 1, 2, 2]), 2)
    assert len(debuts.size) > 5
    wanted = [plain_log(debuts, *one) for one in zip(debuts.window, debuts.region, debuts.size, strict=True)]
    assert debut_scores(debuts) == pytest.approx(wanted, rel=1e-9)
    asked = np.array([0, 42, 7]), np.array([2, 0, 1]), np.array([1, 30, 4])
    wanted = [plain_log(debuts, *one) for one in zip(*asked, strict=True)]
    assert expected_log(debuts, *asked) == pytest.approx(wanted, rel=1e-9)


def test_ranks_count_this_window_and_ties():
    rng = np.random.default_rng(0)
    score, reference = rng.integers(-3, 4, 9).astype(float), rng.integers(-3, 4, 21).astype(float)
    wanted = [(1 + sum(r <= s for r in reference)) / 22 for s in score]
    assert rank_pvalue(score, reference).tolist() == wanted


# -- evidence and the bound --------------------------------------------------------------------------------


def held_of(seed, length, regions=7, periods=90):
    values = waves(seed, (periods, regions), 9).T.copy()
    values[0, :-length] = 0
    values[0, -length:] = 4
    values[1, -length:] = 0
    values[2, -1] += 30
    covered = np.random.default_rng(seed).random(values.shape) > 0.05
    covered[6, :-length] = False
    values[6, -3:] = 2
    values[5, -length:] = 0
    values[5, -1] = 2
    return capped_windows(
        values,
        covered,
        np.arange(regions),
        np.full(regions, periods),
        length=length,
        guard=4,
        baseline=periods - length - 4,
    )


@pytest.mark.parametrize("unsure", [0.0, 0.04])
@pytest.mark.parametrize("length", [6, 7, 14])
def test_evidence_is_a_tail_and_the_tail_without_the_largest_day(length, unsure):
    held = held_of(length, length)
    share, variance = np.linspace(1.0, 0.6, 7), np.where(np.arange(7) == 3, 0.0, unsure)
    found = evidence_of(held, length, share, variance)
    drawn = drawn_dispersion(held)
    assert evidence_of(held, length, share, variance, drawn=drawn).tolist() == found.tolist()
    for i in range(7):
        if held.raw[i] < 3 or not held.periods[i] or not held.days[i]:
            assert found[i] == 1
            continue
        phi, edf = held.dispersion.phi[i], held.dispersion.edf[i]
        phi = max(phi, 3.0) if held.base[i] < 5 else phi
        assert drawn[i] == pytest.approx(dispersion_nodes(np.array([phi]), np.array([edf]), 8)[0], rel=EXACT)
        base, periods = float(held.base[i]), float(held.periods[i])
        if variance[i]:
            known = max(base, 0.5)
            base = max(round(1 / (1 / known + variance[i] / phi)), 1)
            periods *= base / known
        days = int(held.days[i])

        def tail(count, base=base, periods=periods, phi=phi, edf=edf, days=days, i=i):
            given = (count, count + base, days * share[i], periods, phi, edf)
            return mixed_tail(*(np.array([float(one)]) for one in given), nodes=8, spread_nodes=8)[0]

        wanted = tail(held.observed[i])
        if length >= DAYS_TO_SPARE:
            spared = tail((held.observed[i] - held.largest[i]) * days // max(days - 1, 1))
            wanted = max(np.sqrt(wanted * spared), 0.1 * spared)
        assert found[i] == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("length", [1, 3, 14])
def test_the_bound_is_the_largest_tail_between_the_dispersions(length):
    rng = np.random.default_rng(length)
    window = rng.poisson(np.array([30.0, 12.0, 3.0, 60.0, 9.0, 20.0]) / length * 2, (length, 6)).astype(float)
    window[0, 5] += 50
    base, exposure, periods = np.array([0, 4, 2, 30, 0, 1.0]), np.full(6, 0.9 * length), np.full(6, 364.0)
    phi, ceiling = np.array([1.0, 2.0, 0.5, 9.0, 50.0, 3.0]), np.array([20, 28, 20, 40, 30, 2.5])

    def tail(count, i, at):
        given = count, count + base[i], exposure[i], periods[i], at, 1e9
        return mixed_tail(*(np.array([float(one)]) for one in given), nodes=1, drawn=np.array([[at]]))[0]

    worst = []
    for i in range(6):
        low = min(max(phi[i], 1.0), ceiling[i])
        grid = [low * (ceiling[i] / low) ** (step / 5) for step in range(6)]
        total = window[:, i].sum()
        without = (total - window[:, i].max()) * length // (length - 1) if length > 1 else total
        worst.append(max(tail(count, i, at) for count in (total, without) for at in grid))
    wanted = np.where(np.array(worst) <= 0.01, worst, 1.0)
    given = window, base, exposure, periods, phi, ceiling
    assert bounded_pvalue(*given) == pytest.approx(wanted, rel=1e-9)
    assert (wanted < 1).any()
    level = np.array([1e-4, 0.5, 1e-9, *worst[3:5], 1e-3])
    assert bounded_pvalue(*given, level=level) == pytest.approx(
        np.where(worst <= np.minimum(level * (1 + 1e-12), 0.01), worst, 1.0), rel=1e-9
    )
    least = least_doubted(base, exposure, periods, 20.0, np.full(6, 0.01))
    for i in range(6):
        assert tail(least[i], i, 20.0) <= 0.01 < tail(least[i] - 1, i, 20.0)


def test_the_ceiling_is_twice_the_largest_dispersion_that_is_told():
    phi, base = np.array([1.2, 14.0, 90.0, np.nan, 11.0]), np.array([30.0, 5.0, 4.9, 60.0, 80.0])
    for windows, wanted in ((26, 28.0), (40, 28.0), (13, 40.0), (1, 520.0), (0, 520.0), (0.5, 520.0)):
        assert dispersion_ceiling(phi, base, windows) == wanted
    assert dispersion_ceiling(phi[:1], base[:1]) == CEILING
    assert dispersion_ceiling(np.zeros(0), np.zeros(0), 20) == 26.0
    assert dispersion_ceiling(np.zeros(0), np.zeros(0), 40) == 20.0


# -- families within families ------------------------------------------------------------------------------


def called_by_bh(pvalues, level):
    """Which are called at a level, by the procedure itself."""
    tested = ~np.isnan(pvalues)
    order = np.sort(pvalues[tested])
    met = [k for k in range(1, order.size + 1) if order[k - 1] <= level * k / order.size * (1 + 1e-12)]
    return tested & (pvalues <= order[met[-1] - 1]) if met else np.zeros(pvalues.shape, bool)


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_children_are_called_at_the_least_level_at_which_their_parent_is(seed, own):
    rng = np.random.default_rng(seed)
    group = np.array([0, 0, 0, 1, 1, 2, 4, 4, 4, 4])
    pvalues = np.round(1e-4 + rng.random(10) ** 4, 4)
    pvalues[[5, 9]] = np.nan
    parents = np.array([0.02, np.nan, np.nan, 0.3, 0.001]) if own else None
    found = hierarchical_bh(pvalues, group, parents, groups=None if seed % 2 else 6 if not own else 5)
    number = 5 if seed % 2 or own else 6
    wanted = np.full(number, np.nan)
    for g in range(number):
        mine = np.sort(pvalues[group == g])
        mine = mine[~np.isnan(mine)]
        least = min((p * mine.size / k for k, p in enumerate(mine, 1)), default=np.nan)
        wanted[g] = min(least, 1.0)
        if own and not (np.isnan(parents[g]) and np.isnan(least)):
            wanted[g] = min(2 * np.nanmin([parents[g], least]), 1.0)
    assert found.parent == pytest.approx(wanted, rel=EXACT, nan_ok=True)
    if not own:
        assert simes(pvalues, group, number) == pytest.approx(wanted, rel=EXACT, nan_ok=True)
    assert found.parent_q == pytest.approx(benjamini_hochberg(wanted), rel=EXACT, nan_ok=True)

    def called_at(level, child):
        parents_called = called_by_bh(wanted, level)
        inner = np.where(group == group[child], pvalues, np.nan)
        share = parents_called.sum() / (~np.isnan(wanted)).sum()
        return parents_called[group[child]] and called_by_bh(inner, level * share)[child]

    for child in range(10):
        level = found.child_q[child]
        if np.isnan(pvalues[child]):
            assert np.isnan(level)
        elif level < 1:
            assert called_at(level, child)
            assert not called_at(level * (1 - 1e-6), child)
        else:
            assert not called_at(1 - 1e-6, child)


def test_a_nest_asks_each_family_at_half_the_level():
    group = np.array([0, 1, 0, 2, 1, 0, 3])
    qvalue = np.array([0.05, 0.2, np.nan, 0.0001])
    nest = Nest(group, qvalue, np.array([9.0, 4, 7, 5]), np.array([12.0, 6, 9, 8]), np.array([6.0, 10, 2, 3]))
    family = np.array([0.01, 0.04, 0.3, 0.002, np.nan, 0.012, 0.5])
    joins = np.array([False, False, False, True, True, False, False])
    level, q = nest.levels(family, 0.08, joins), nest.child_q(family)
    for parent in range(4):
        mine = group == parent
        assert level[mine] == pytest.approx(
            call_levels(family[mine], 0.04, joins[mine]), rel=EXACT, nan_ok=True
        )
        own = qvalue[parent] if parent != 2 else 1.0
        wanted = np.maximum(np.minimum(2 * benjamini_hochberg(family[mine]), 1.0), own)
        assert q[mine] == pytest.approx(wanted, rel=EXACT, nan_ok=True)
    assert nest.closed(0.05).tolist() == [False, True, False, True, True, False, False]
    tested = np.array([True, True, False, False, True, True, True])
    # Of a family of two or one that are tested; one that is not would join.
    assert nest.first_levels(0.08, tested).tolist() == pytest.approx(
        [0.02, 0.02, 0.04 / 3, 0.04, 0.02, 0.02, 0.04]
    )
    observed = np.array([1.0, 4, 2, np.nan, 6, 3, 3])
    rest = np.array([5.0, 6, 4, 2, 4, 3, 0])
    even, three = nest.floors(observed)
    assert even.tolist() == (nest.starts_at[group] - rest).tolist()
    assert three.tolist() == (nest.starts_at_3[group] - rest).tolist()


# -- the panel's year --------------------------------------------------------------------------------------


def episodes(seed):
    rng = np.random.default_rng(seed)
    turned = rng.random((5, 60)) ** 2
    turned[1, 20:27] *= 1e-5
    turned[3, [0, 1, 58]] = 1e-7
    turned[4, 5] = 1e-250
    turned[rng.random(turned.shape) < 0.05] = np.nan
    turned[rng.random(turned.shape) < 0.2] = 1.0
    return turned


@pytest.mark.parametrize("apart", [0, 1, 3, 70])
def test_episodes_begin_where_none_was_as_extreme_shortly_before(apart):
    extreme = np.random.default_rng(apart).random((6, 30)) < 0.2
    begins = np.zeros_like(extreme)
    for i, j in np.argwhere(extreme):
        begins[i, j] = not any(extreme[i, (j - back) % 30] for back in range(1, min(apart, 29) + 1))
    assert _runs(extreme, apart).tolist() == begins.tolist()
    first = begins.sum()
    assert _mean_length(extreme, apart) == (extreme.sum() / first if first else 1.0)
    assert _mean_length(np.zeros((2, 9), bool), apart) == 1.0
    seeds, members = extreme & (np.arange(30) % 4 == 0), np.random.default_rng(9).random((6, 30)) < 0.3
    found = seeds.copy()
    reach = min(apart + 1, 29)
    while True:
        more = found.copy()
        for i, j in np.argwhere(members & ~found):
            more[i, j] = any(found[i, (j + back) % 30] for back in range(-reach, reach + 1))
        if (more == found).all():
            break
        found = more
    assert _joined(seeds, members, apart).tolist() == found.tolist()


def test_how_much_of_a_baseline_is_turned_and_compared_with():
    for periods in (20, 84, 140, 182, 363, 364, 1095):
        for length, guard in ((14, 28), (7, 3), (1, 0), (14, 0)):
            left = min(2 * guard, int(periods * 2 / 13))
            rest = periods - length - left
            whole = periods // length >= 26 or rest < length
            assert compared_with(periods, length, guard) == (periods if whole else rest)
    assert [
        most_windows(r, p) for r, p in ((7, 60), (18, 364), (1, 182), (600, 364), (1200, 91), (3, 200))
    ] == [7 * 60, 18 * 91, 91, 27300, 36400, 300]
    assert least_rank(1.5, 200) == pytest.approx(1.65 / 201.5, rel=EXACT)
    assert least_rank(30.0, 2) == 1.0


def turned(length, guard, periods, regions=2):
    values = waves(periods + length, (periods, regions), 7).T.copy()
    covered = np.random.default_rng(periods).random(values.shape) > 0.05
    covered[1, :18] = False
    return values, covered, turned_evidence(values, covered, length=length, guard=guard)


@pytest.mark.parametrize(("length", "guard", "periods"), [(7, 5, 78), (3, 0, 40), (14, 28, 186)])
def test_turned_windows_are_held_against_the_rest_of_their_wheel(length, guard, periods):
    values, covered, found = turned(length, guard, periods)
    step = max(periods // 91, 1)
    ends = list(range(periods, 0, -step))
    assert found.shape == (2, len(ends))
    left = min(2 * guard, int(periods * 2 / 13))
    rest = periods - length - left
    for turn in range(0, len(ends), 7):
        for region in range(2):
            row = np.roll(values[region], -ends[turn]), np.roll(covered[region], -ends[turn])
            stop = periods - length - (left - left // 2)
            inside, known = row[1][stop - rest : stop], row[1][-length:]
            if known.sum() * 2 < length or inside.sum() * 2 < rest:
                assert np.isnan(found[region, turn])
                continue
            one = evidence(
                row[0][None],
                row[1][None],
                np.zeros(1, int),
                np.array([periods]),
                length=length,
                guard=left - left // 2,
                baseline=rest,
            )
            assert found[region, turn] == pytest.approx(one[0], rel=1e-9)
    short = turned_evidence(values[:, :9], covered[:, :9], length=5, guard=1)
    assert short.shape == (2, 9)
    assert np.isnan(short).all()
    assert turned_evidence(values[:0], covered[:0], length=5, guard=1).shape == (0, len(ends))


def year_of(regions, *, length=7, guard=5, seed=3, uncovered=True, tested=None, gone=False):
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.7, 1.2, regions)
    values = rng.negative_binomial(0.8, 0.8 / (0.8 + rate), (100, regions)).astype(np.int32)
    values[40:49, -1] += 5
    values[:-length, 0] = 0
    values[12, 0] = 2
    values[-length:, 0] = 6
    covered = np.ones(values.shape, bool)
    if uncovered:
        covered[50:60, 2 % regions] = False
        covered[-2:, 3 % regions] = False
    if gone:
        covered[:-length, 0] = False
    of = PanelYear.of(values, covered, np.arange(regions) if tested is None else tested, length, guard)
    return values, covered, of


ASKED = np.array([0.5, 0.1, 0.02, 1e-3, 1e-6, 1e-250, 1e-320])


def reference(seed, apart):
    made = Reference.of(episodes(seed), periods=91 * 2, length=2 * apart + 1)
    tight = Reference.of(episodes(seed + 10) ** 0.3, periods=60, length=apart)
    return made, made.rank(ASKED), tight, tight.rank(ASKED), set_aside(episodes(seed), apart)


def at_counts(regions, days, *, alpha=0.05, unsure=0.0, ranked=True, own=0.04):
    """Which regions of a panel would be called, count by count, and level by level."""
    _, _, year = year_of(regions)
    group = np.arange(regions) if ranked else np.array([2, 0])

    class Own:
        """Called alone where the count is large beside the level."""

        def __call__(self, count, index, days, level):
            return (own / (1 + count * (1 + index) * (1.0 if days is None else 0.5)) ** 2) <= level

        def guesses(self, level):
            return (10 + np.log(1 / level), 12 + np.log(1 / level)) if own else None

    share, variance = np.linspace(1.0, 0.4, group.size), np.where(np.arange(group.size) % 3 == 1, unsure, 0.0)
    window = PooledWindow(Own(), year, group, share, variance, alpha)
    index = np.arange(group.size)[::2]
    grid = {
        f"{level}": [
            window(np.full(index.size, float(count)), index, days, np.full(index.size, level)).astype(int)
            for count in (0, 2, 3, 5, 9, 16, 40)
        ]
        for level in (0.12, 0.03, 0.004, 1e-5)
    }
    return grid, window.guesses(np.linspace(0.001, 0.05, group.size))


@pytest.mark.parametrize("own", [(4.0, 6.0), (60.0, 70.0), (1e6, 1e6), (1e6, None), None])
def test_a_search_begins_where_the_region_alone_or_the_bound_would_call(own):
    _, _, year = year_of(7)
    year = replace(year, base=year.base * np.array([1, 1, 1, 1, 1, 9, 90.0]))

    class Own:
        def guesses(self, level):
            return None if own is None else tuple(None if one is None else np.full(7, one) for one in own)

    group, share = np.array([3, 0, 1, 6, 5, 4, 2]), np.linspace(1.0, 0.6, 7)
    unsure, level = np.where(np.arange(7) == 2, 0.1, 0.0), np.geomspace(0.05, 1e-4, 7)
    found = PooledWindow(Own(), year, group, share, unsure).guesses(level)
    if own is None:
        assert found is None
        return
    bound = least_doubted(
        year.base[group], 7 * share, year.periods[group], year.ceiling, np.minimum(level, 0.01)
    )
    bound[2] = np.inf
    beyond = np.floor(5 * year.base[group] / year.periods[group] * 7 * share) + 1
    for ours, alone, by_bound in zip(found, own, before_sparing(bound, 7), strict=True):
        if alone is None:
            assert ours is None
        else:
            assert ours.tolist() == np.minimum(alone, np.maximum(by_bound, beyond)).tolist()
    assert (beyond > bound).any()


def test_the_reference_is_made_only_where_it_could_reach_the_level():
    least = 1.1 / (1 + 7 * 88)  # single windows, of 88 turns of seven regions
    _, _, year = year_of(7, uncovered=False)
    assert not year.reached(np.full(3, least * (1 - 1e-9))).any()
    assert "reference" not in vars(year)
    assert not year.reached(np.full(3, least)).any()  # episodes are longer
    assert "reference" in vars(year)
    reachable = 1.1 * year.reference.length / (year.reference.length + 616)
    assert year.reached(reachable * np.array([1 - 1e-9, 1, 1 + 1e-9, 2])).tolist() == [
        False,
        True,
        True,
        True,
    ]
    few = year_of(5)[2]
    assert not few.reached(np.ones(2)).any()
    assert "reference" not in vars(few)


def test_one_region_alone_is_no_surer_than_that_a_level_was_never_seen():
    _, _, year = year_of(1, uncovered=False)
    for count in (400, 3000):
        found = year.bounded(np.full((7, 1), count), np.zeros(1, int), np.array([6.0]), np.zeros(1))
        ratio = 7 * count / (2 / 88 * 6)
        unseen = 88 * (1 - 2 / np.pi * np.arctan(np.sqrt(ratio))) / (2 * (88 // 7 + 1))
        assert found[0] == pytest.approx(min(unseen, 1) / 88, rel=1e-9)


def year_figures(regions, **more):
    _, _, year = year_of(regions, **more)
    every = np.arange(regions)
    window = spread_counts(np.linspace(60.0, 0.0, regions), 7, 3)
    exposure, unsure = np.linspace(7.0, 5.0, regions), np.where(every == 4, 0.1, 0.0)
    level = np.geomspace(0.05, 1e-6, regions)
    return (
        [year.base, year.periods, year.phi, year.ceiling, year.ranked],
        year.usual(every, exposure),
        year.least_bounded(every, exposure, unsure, level),
        year.bounded(window, every, exposure, unsure),
        year.bounded(window, every, exposure, unsure, level),
        year.reached(level),
        year.reached(np.full(2, 1e-9)),
        year.held,
        year.drawn,
        year.reference,
    )


def test_the_rank_counts_up_to_twice_the_level():
    alone = np.array([0.08, 0.0800001, 0.02, np.nan, 0.0001])
    found = pooled_pvalue(np.array([0.001, 0.001, 0.03, 0.001, 0.001]), alone, 0.04)
    assert found.tolist()[:3] == [0.001, 0.0800001, 0.02]
    assert np.isnan(found[3])
    assert found[4] == 0.0001


def pooled(regions, **more):
    values, covered, _ = year_of(regions)
    values[-2:, 3 % regions] = 7  # not covered
    alone = np.geomspace(0.3, 1e-3, regions)
    alone[[1, -1]] = np.nan, 0.09
    alone[alone < 0.02] = 0.055
    share, unsure = np.linspace(0.6, 1, regions), np.linspace(0, 0.02, regions)
    given = {"length": 7, "guard": 5, "completeness": share, "exposure_variance": unsure}
    one = (values, covered, alone)
    plain = {"length": 7, "guard": 5}
    return (
        pooled_test(*one, **given, alpha=0.03),
        panel_pvalues(*one, **plain),
        panel_pvalues(*one, **given, **more),
        panel_pvalues(values, covered, np.full(regions, np.nan), **plain),
        pooled_pvalue(np.linspace(0, 1, regions), alone, 0.04),
    )


@pytest.mark.parametrize(
    "kind", [CappedWindows, Debuts, HierarchicalTest, Nest, PooledTest, PooledWindow, Reference]
)
def test_what_was_found_stays_so(kind):
    assert_kept(kind)


def test_a_year_stays_so():
    assert_kept(PanelYear, slots=False)


CASES = {
    "evidence 14": lambda: evidence_of(held_of(1, 14), 14, 0.8, np.linspace(0, 0.1, 7)),
    "evidence 5": lambda: evidence_of(held_of(2, 5), 5),
    "held": lambda: held_of(5, 8),
    "caps": lambda: daily_cap(waves(77, (80, 12), 50)),
    "bounds": lambda: [
        bounded_pvalue(
            np.full((7, 5), 3.0 + np.arange(5)),
            np.arange(5.0),
            np.full(5, 7.0),
            np.full(5, 200.0),
            np.full(5, phi),
            25.0,
        )
        for phi in (1.0, 4.0)
    ],
    "least": lambda: least_doubted(
        np.array([0, 1, 5, 60, 900.0]),
        np.full(5, 14.0),
        np.full(5, 364.0),
        25.0,
        np.array([DOUBT, 0.01, 1e-3, 1e-6, 0.02]),
    ),
    **{
        f"reference {seed} {apart}": lambda s=seed, a=apart: reference(s, a)
        for seed in (1, 2, 3, 4)
        for apart in (1, 3, 8)
    },
    "reference, few turns": lambda: [
        Reference.of(episodes(seed)[:, :6], periods=6, length=20).rank(ASKED) for seed in (5, 6, 7)
    ],
    "reference of nothing": lambda: Reference.of(np.full((2, 5), np.nan), periods=5, length=2).rank(ASKED),
    "year of 7": lambda: year_figures(7),
    "year of 7, one without a past": lambda: year_figures(7, gone=True),
    "year of 5": lambda: year_figures(5),
    "year of 1": lambda: year_figures(1, uncovered=False, length=7),
    "year of some": lambda: year_figures(8, tested=np.array([0, 2, 5, 6, 7, 1])),
    "at 7": lambda: at_counts(7, None),
    "at 7, three days": lambda: at_counts(7, 3, unsure=0.05),
    "at 7, another level": lambda: at_counts(7, None, alpha=0.01, own=0.4),
    "at 7, alone never": lambda: at_counts(7, 3, own=1e3),
    "at 4": lambda: at_counts(4, None, own=0.0),
    "at two of 7": lambda: at_counts(7, None, ranked=False, own=2.0),
    "pooled 7": lambda: pooled(7, alpha=0.02),
    "pooled 6": lambda: pooled(6),
    "pooled 4": lambda: pooled(4, alpha=0.1),
    "turned": lambda: turned(7, 5, 78)[2],
}
STORED = stored("test_kernels_panels")


@pytest.mark.parametrize("name", CASES)
def test_figures_are_what_they_were(name):
    same_as_stored(CASES[name](), STORED[name])


DEFAULTS = {
    pooled_pvalue: {"alpha": 0.05},
    pooled_test: {"guard": 0, "completeness": 1.0, "exposure_variance": 0.0, "alpha": 0.05},
    panel_pvalues: {"guard": 0, "completeness": 1.0, "exposure_variance": 0.0, "year": None, "alpha": 0.05},
    evidence: {"completeness": 1.0},
    evidence_of: {"completeness": 1.0, "exposure_variance": 0.0, "drawn": None},
    dispersion_ceiling: {"windows": 26},
    bounded_pvalue: {"level": None},
    set_aside: {"unexpected": 0.1},
    hierarchical_bh: {"parents": None, "groups": None},
    PooledWindow: {"alpha": 0.05},
    PanelYear.bounded: {"level": None},
}


@pytest.mark.parametrize("function", DEFAULTS, ids=lambda one: one.__qualname__)
def test_what_is_taken_where_nothing_is_said(function):
    parameters = inspect.signature(function).parameters
    found = {name: one.default for name, one in parameters.items() if one.default is not one.empty}
    assert found == DEFAULTS[function]
