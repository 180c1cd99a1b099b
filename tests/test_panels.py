"""Panels: capped counts, evidence, its pooled rank, bounds over dispersions, families within families."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics import uptick_test
from analytics.counts import Counts
from analytics.kernels.common.dispersion import window_dispersion
from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.kernels.common.tails import mixed_tail
from analytics.kernels.panels.caps import CAPS, KEPT, NO_CAP, capped_windows, daily_cap
from analytics.kernels.panels.evidence import UNTOLD, evidence, evidence_of
from analytics.kernels.panels.extremes import bounded_pvalue, dispersion_ceiling
from analytics.kernels.panels.hierarchy import hierarchical_bh, simes
from analytics.kernels.panels.pooled import panel_pvalues, pooled_pvalue, pooled_test
from analytics.kernels.panels.reference import BODY, UNEXPECTED, Reference, set_aside, turned_evidence
from analytics.kernels.panels.year import PanelYear
from analytics.kernels.windows.lrd import lrd_test

EXACT = 1e-9  # the same sums in another order
NODES = 0.02  # of a tail, on 8 quadrature nodes instead of 16: third digit
LENGTHS = {"length": 14, "guard": 28}
DAYS = 406


def counts_of_kind(kind: str, rate: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Negative binomial of size 0.5, or same-day waves of Pareto size."""
    if kind == "negative binomial":
        return rng.poisson(rng.gamma(0.5, rate / 0.5, (DAYS, rate.size)))
    waves = rng.poisson(rate / 2.1, (DAYS, rate.size))
    sizes = np.minimum(np.floor(rng.random(int(waves.sum())) ** (-1 / 1.6)), 60)
    cell = np.repeat(np.arange(waves.size), waves.ravel())
    return np.bincount(cell, weights=sizes, minlength=waves.size).reshape(waves.shape).astype(int)


def slow_cap(days: np.ndarray) -> int:
    """Choose the cap by the definition, one series, with the whole distributions."""
    share = np.bincount(days) / len(days)
    double = np.convolve(share, share)
    one, two = np.arange(share.size), np.arange(double.size)

    def efficiency(cap: int) -> float:
        capped = np.minimum(one, cap)
        variance = share @ capped**2 - (share @ capped) ** 2
        return float((double @ np.minimum(two, cap) - share @ capped) ** 2 / variance)

    if days.max() < 2:
        return NO_CAP
    found = {int(c): efficiency(int(c)) for c in CAPS if c < days.max()} | {NO_CAP: efficiency(10**6)}
    return max(cap for cap, e in found.items() if e >= KEPT * max(found.values()))


@pytest.fixture(scope="module")
def mixture() -> np.ndarray:
    rng = np.random.default_rng(20261128)
    rate = 0.1 * np.exp(1.2 * rng.standard_normal(60))
    halves = [counts_of_kind(kind, rate, rng) for kind in ("negative binomial", "waves")]
    return np.concatenate(halves, axis=1)


def test_cap_is_the_largest_that_keeps_the_efficiency(mixture: np.ndarray) -> None:
    base = mixture[:364]
    held = base.sum(axis=0) > 0
    expected = [slow_cap(column) for column in base[:, held].T]
    assert daily_cap(base[:, held]).tolist() == expected
    assert len(set(expected)) >= 4


def test_waves_are_capped_and_other_days_mostly_not(mixture: np.ndarray) -> None:
    busy = mixture[:364].sum(axis=0) >= 30
    cap = daily_cap(mixture[:364])
    assert (cap[:60][busy[:60]] == NO_CAP).mean() > 0.6
    assert (cap[60:][busy[60:]] < NO_CAP).mean() > 0.8


def test_capped_windows_are_those_of_capped_counts(mixture: np.ndarray) -> None:
    rng = np.random.default_rng(4)
    covered = rng.random(mixture.shape) > 0.03
    covered[-14:] = True
    cells = np.arange(mixture.shape[1])
    held = capped_windows(mixture.T, covered.T, cells, np.full(cells.size, DAYS), baseline=364, **LENGTHS)
    capped = np.minimum(mixture, held.cap)
    dispersion = window_dispersion(capped[:364], covered[:364], 14)
    np.testing.assert_allclose(held.dispersion.phi, dispersion.phi, rtol=EXACT)
    np.testing.assert_allclose(held.dispersion.edf, dispersion.edf, rtol=EXACT)
    assert (held.observed == capped[-14:].sum(axis=0)).all()
    ordered = np.sort(capped[-14:], axis=0)
    assert (held.largest == ordered[-1]).all()
    assert (held.second == ordered[-2]).all()
    assert (held.base == np.where(covered, capped, 0)[:364].sum(axis=0)).all()
    assert (held.periods == covered[:364].sum(axis=0)).all()


def test_windows_wrap_around(mixture: np.ndarray) -> None:
    """A window of the turned series is the last window of the series turned by as much."""
    wheel = np.ascontiguousarray(mixture[:364].T)
    cells = np.arange(len(wheel))
    inside = np.ones(wheel.shape, bool)
    at = capped_windows(wheel, inside, cells, np.full(cells.size, 100), baseline=294, **LENGTHS)
    rolled = np.ascontiguousarray(np.roll(wheel, 264, axis=1))
    last = capped_windows(rolled, inside, cells, np.full(cells.size, 364), baseline=294, **LENGTHS)
    assert (at.cap == last.cap).all()
    assert (at.observed == last.observed).all()
    np.testing.assert_allclose(at.dispersion.phi, last.dispersion.phi, rtol=EXACT)


def test_evidence_is_variant_a_to_which_a_day_adds_at_most_tenfold(mixture: np.ndarray) -> None:
    rng = np.random.default_rng(8)
    steady = rng.poisson(0.4, (DAYS, 30))
    steady[-14:, ::2] += rng.poisson(0.6, (14, 15))
    steady[-3, ::5] += 9
    inside = np.ones(steady.shape, bool)
    cells = np.arange(30)
    found = evidence(steady.T, inside.T, cells, np.full(30, DAYS), baseline=364, **LENGTHS)
    test = lrd_test(steady, inside, **LENGTHS, carry=False)
    free = daily_cap(steady[:364]) == NO_CAP
    assert free.sum() > 15
    others = np.floor((test.observed - steady[-14:].max(axis=0)) * 14 / 13)
    spared = mixed_tail(
        others,
        others + test.baseline_total,
        test.recent_exposure,
        test.baseline_exposure,
        test.dispersion.phi,
        test.dispersion.edf,
    )
    both = np.maximum(np.sqrt(test.pvalue_a * spared), spared / 10)
    assert (both > np.sqrt(test.pvalue_a * spared) + EXACT).any()  # where one day is nearly all there is
    expected = np.where(test.observed >= 3, both, 1.0)
    np.testing.assert_allclose(found[free], expected[free], rtol=NODES, atol=1e-6)


@pytest.mark.parametrize(("before", "taken"), [(2, True), (4, True), (5, False)])
def test_fewer_than_five_in_the_baseline_tell_no_dispersion(before: int, taken: bool) -> None:
    counts = np.zeros((DAYS, 1), int)
    counts[5 : 5 + 60 * before : 60] = 1
    counts[-14::2] = 1
    inside = np.ones(counts.shape, bool)
    test = lrd_test(counts, inside, **LENGTHS)
    assert test.dispersion.phi[0] < UNTOLD
    phi = np.full(1, UNTOLD) if taken else test.dispersion.phi

    def tail(count: float) -> np.ndarray:
        n = np.full(1, count)
        return mixed_tail(
            n, n + before, test.recent_exposure, test.baseline_exposure, phi, test.dispersion.edf
        )

    found = evidence(counts.T, inside.T, np.zeros(1, int), np.array([DAYS]), baseline=364, **LENGTHS)
    both = np.sqrt(tail(7.0) * tail(np.floor(6 * 14 / 13)))
    np.testing.assert_allclose(found, both, rtol=NODES)


def test_late_reports_leave_more_evidence() -> None:
    counts = np.random.default_rng(2).poisson(0.5, (DAYS, 5))
    sizes = {"baseline": 364, **LENGTHS}
    args = (counts.T, np.ones((5, DAYS), bool), np.arange(5), np.full(5, DAYS))
    assert (evidence(*args, completeness=0.5, **sizes) <= evidence(*args, **sizes)).all()


def slow_rank(value: float, turned: np.ndarray, apart: int, length: float) -> tuple[float, float]:
    """Bounds of the rank: by episodes counted one by one at the value, and at the next window's."""

    def counted(at: float) -> int:
        episodes = 0
        for row in turned:
            extreme = row <= at
            for i in np.flatnonzero(extreme):
                episodes += not any(extreme[i - k] for k in range(1, apart + 1))
        return episodes

    seen = np.sort(turned[turned <= value])
    below = max((counted(v) for v in seen), default=0)
    whole = length + turned.size
    return length * (1.1 + below) / whole, (length * (1.1 + below) + 1) / whole


def test_rank_counts_episodes_and_never_falls() -> None:
    rng = np.random.default_rng(8)
    noise = rng.random((12, 91))
    near = [np.roll(noise, k, axis=1) * (1 + 0.2 * k) for k in range(3)]
    turned = np.minimum.reduce([np.minimum(part, 1.0) for part in near])  # in runs
    reference = Reference.of(turned, periods=364, length=14)
    assert not set_aside(turned, 3).any()
    assert reference.length > 1.2
    values = np.r_[rng.choice(turned[turned < 0.2], 20), rng.random(20) * 0.2]
    for value, found in zip(values, reference.rank(values), strict=True):
        low, high = slow_rank(value, turned, 3, reference.length)
        assert low - EXACT <= found <= high + EXACT
    grown = reference.rank(np.geomspace(1e-4, 1, 2_000))
    assert (np.diff(grown) >= 0).all()
    assert Reference.of(np.empty((0, 91)), periods=364, length=14).rank(values).tolist() == [1.0] * 40


def test_a_past_offensive_does_not_hide_the_next_one() -> None:
    """Were they not set aside, nine weeks of one region would be twenty windows beyond any rise."""
    rng = np.random.default_rng(6)
    turned = rng.random((18, 91))
    before = Reference.of(turned, periods=364, length=14)
    turned[4, 30:50] = rng.random(20) * 1e-7
    after = Reference.of(turned, periods=364, length=14)
    assert after.rank(np.array([1e-4]))[0] == pytest.approx(before.rank(np.array([1e-4]))[0], rel=0.05)
    assert after.rank(np.array([1e-4]))[0] < 0.05 / 18


def test_a_quiet_year_is_seldom_set_aside() -> None:
    """By chance alone an episode is set aside in about so many years as are expected to hold one."""
    rng = np.random.default_rng(7)
    gone = [set_aside(rng.random((18, 91)), 3).any() for _ in range(300)]
    assert np.mean(gone) <= 1.3 * UNEXPECTED
    few = np.ones((18, 91))
    few[0, :10] = 1e-9
    assert not set_aside(few, 3).any()
    assert BODY[0] < BODY[1] < 0.5


def test_less_is_set_aside_in_windows_that_spare_no_day() -> None:
    turned = np.random.default_rng(0).random((18, 52))
    turned[3, 40] = 1e-4  # fewer than 0.1 so extreme are expected in such a year, but more than 0.03
    whole, spared = (Reference.of(turned, periods=52, length=length) for length in (7, 6))
    assert whole.windows[0] > np.log(1e-4) + 1
    assert np.isclose(spared.windows[0], np.log(1e-4))
    assert spared.rank(np.array([2e-4])) > 1.5 * whole.rank(np.array([2e-4]))


def test_pooled_test_knows_no_order_of_regions(mixture: np.ndarray) -> None:
    panel = mixture[:, 50:70].copy()
    panel[-14:, 1] += 4
    inside = np.ones(panel.shape, bool)
    alone = lrd_test(panel, inside, **LENGTHS).pvalue
    alone[3] = np.nan
    test = pooled_test(panel, inside, alone, **LENGTHS)
    order = np.random.default_rng(1).permutation(20)
    again = pooled_test(panel[:, order], inside, alone[order], **LENGTHS)
    np.testing.assert_allclose(again.pvalue, test.pvalue[order], rtol=EXACT)
    assert np.isnan(test.pvalue[3])
    assert np.isfinite(np.delete(test.pvalue, 3)).all()
    smaller = np.where(alone > 0.1, alone, np.minimum(test.rank, alone))
    np.testing.assert_array_equal(test.pvalue, smaller)
    assert (alone < test.rank).any()
    assert (alone > test.rank).any()
    assert test.reference.windows.size == 19 * 91


def test_turned_baselines_leave_out_what_is_not_covered() -> None:
    counts = np.random.default_rng(6).poisson(0.5, (3, 364))
    inside = np.ones(counts.shape, bool)
    inside[1, 100:120] = False
    inside[2, :200] = False
    found = turned_evidence(counts, inside, **LENGTHS)
    assert np.isfinite(found[0]).all()
    lost = np.isnan(found[1])
    assert 2 <= lost.sum() <= 6
    assert np.isnan(found[2]).sum() > 40


def test_in_a_short_file_a_window_is_judged_alike_wherever_it_lies() -> None:
    """The recent window gives the evidence that it would as a turned window with the same days before it."""
    rng = np.random.default_rng(12)
    baseline, length, guard = 140, 14, 11  # 11 days are left out before a turned window of such a baseline
    wheel = rng.negative_binomial(0.5, 0.4, (9, baseline))
    turned = turned_evidence(wheel, np.ones(wheel.shape, bool), length=length, guard=guard)
    assert turned.shape == (9, baseline)
    for turn in (
        0,
        37,
        101,
    ):  # the window that ends so many days before the wheel's end is now the recent one
        days = np.roll(wheel, turn, axis=1)[:, -105 - guard - length :].T
        oldest = rng.poisson(5.0, (35, 9))
        series = np.concatenate([oldest, days])
        inside = np.ones(series.shape, bool)
        found = pooled_test(series, inside, np.full(9, 0.05), length=length, guard=guard)
        np.testing.assert_allclose(found.evidence, turned[:, turn], rtol=EXACT)
        year = PanelYear.of(series, inside, np.arange(9), length, guard)
        np.testing.assert_allclose(evidence_of(year.held, length), turned[:, turn], rtol=EXACT)


@pytest.mark.parametrize(("baseline", "whole"), [(363, False), (364, True), (728, True)])
def test_from_26_windows_of_baseline_on_evidence_is_taken_from_all_of_it(baseline: int, whole: bool) -> None:
    panel = np.random.default_rng(13).negative_binomial(0.5, 0.4, (baseline + 42, 7))
    panel[-14:, 0] += 3
    inside, alone = np.ones(panel.shape, bool), np.full(7, 0.04)
    rows, every = np.ascontiguousarray(panel.T, np.int32), np.arange(7)
    seen = np.ascontiguousarray(inside.T)
    held = capped_windows(rows, seen, every, np.full(7, len(panel)), **LENGTHS, baseline=baseline)
    turned = turned_evidence(rows[:, :baseline], seen[:, :baseline], **LENGTHS)
    rank = Reference.of(turned, periods=baseline, length=14).rank(evidence_of(held, 14))
    few = panel[-14:].sum(axis=0) < 3
    expected = np.where(few, 1.0, pooled_pvalue(rank, alone))
    assert np.array_equal(panel_pvalues(panel, inside, alone, **LENGTHS), expected) == whole


def test_quiet_panels_are_rarely_called_and_rises_more_often_than_alone() -> None:
    """False discoveries within what 80 panels can show; more found than by each region's own test."""
    rng = np.random.default_rng(77)
    false, found, alone_found = 0, 0, 0
    panels = 80
    for _ in range(panels):
        rate = 0.1 * np.exp(1.2 * rng.standard_normal(18))
        panel = np.concatenate(
            [
                counts_of_kind("negative binomial", rate[:9], rng),
                counts_of_kind("waves", rate[9:], rng),
            ],
            axis=1,
        )
        inside = np.ones(panel.shape, bool)
        risen = panel.copy()
        up = counts_of_kind("negative binomial", np.array([0.5]), rng)[:, 0]
        up[-14:] = counts_of_kind("negative binomial", np.array([2.5]), rng)[:14, 0]
        risen[:, 0] = up
        for values in (panel, risen):
            alone = lrd_test(values, inside, **LENGTHS).pvalue
            few = values[-14:].sum(axis=0) < 3
            q = benjamini_hochberg(np.where(few, 1.0, pooled_test(values, inside, alone, **LENGTHS).pvalue))
            if values is panel:
                false += int((q <= 0.05).any())
            else:
                found += int(q[0] <= 0.05)
                alone_found += int(benjamini_hochberg(np.where(few, 1.0, alone))[0] <= 0.05)
    assert false <= 10  # 4 expected at most; 11 or more has a chance of 1 in 500
    assert found >= 1.2 * alone_found
    assert found >= 0.6 * panels


def test_bound_is_the_largest_tail_up_to_the_ceiling() -> None:
    window = np.tile([[5], [4], [1], [0], [3], [0], [0]], (2, 1))
    one = np.ones(1)
    found = bounded_pvalue(window, 4 * one, 14 * one, 364 * one, one, 30.0)[0]
    total = float(window.sum())
    spared = np.floor((total - 5) * 14 / 13)
    slow = max(
        mixed_tail(
            count * one,
            (count + 4) * one,
            14 * one,
            364 * one,
            phi * one,
            1e9 * one,
            drawn=phi * one[:, None],
            nodes=1,
        )[0]
        for phi in np.linspace(1, 30, 300)
        for count in (total, spared)
    )
    assert found == pytest.approx(slow, rel=0.01)
    assert bounded_pvalue(window, 4 * one, 14 * one, 364 * one, one, 33.0)[0] > found
    window[1::7] = 2  # what is not beyond doubt is no extreme
    assert bounded_pvalue(window, 4 * one, 14 * one, 364 * one, one, 30.0)[0] == 1.0


def test_a_thousandfold_rise_is_called_and_a_single_day_is_not() -> None:
    one = np.ones(1)
    spread = np.full((14, 1), 11.0)
    day = np.zeros((14, 1))
    day[3] = 154
    assert bounded_pvalue(spread, 4 * one, 14 * one, 364 * one, one, 20.0)[0] < 0.05 / 57
    assert bounded_pvalue(spread, 0 * one, 14 * one, 364 * one, one, 20.0)[0] < 0.05 / 57
    assert bounded_pvalue(day, 4 * one, 14 * one, 364 * one, one, 20.0)[0] > 0.5
    assert dispersion_ceiling(np.array([1.0, 3.0]), np.array([9.0, 9.0])) == 20.0
    assert dispersion_ceiling(np.array([1.0, 3.0]), np.array([9.0, 9.0]), windows=78) == 20.0
    assert dispersion_ceiling(np.array([1.0, 3.0]), np.array([9.0, 9.0]), windows=5) == 104.0


def test_bound_holds_its_size_where_the_truth_is_below_the_ceiling() -> None:
    rng = np.random.default_rng(12)
    for rate in (0.02, 0.1, 0.5):
        counts = counts_of_kind("waves", np.full(4_000, rate), rng)
        base = counts[:364]
        phi = window_dispersion(base, np.ones(base.shape, bool), 14).phi
        ones = np.ones(counts.shape[1])
        p = bounded_pvalue(counts[-14:], base.sum(axis=0), 14 * ones, 364 * ones, phi, 20.0)
        assert (p <= 0.05).mean() <= 0.05
        assert (p <= 0.01).mean() <= 0.01


def test_simes_by_hand() -> None:
    assert simes(np.array([0.04, 0.03, 0.5]), np.zeros(3, int), 1)[0] == pytest.approx(0.06)


@pytest.mark.parametrize("own", [False, True])
def test_hierarchy_is_the_procedure_at_every_level(own: bool) -> None:
    """A child's level is the smallest at which testing parents, then children, calls it."""
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(6), [5, 3, 1, 4, 2, 6])
    p = rng.random(group.size) ** 3
    p[4] = np.nan
    parents = rng.random(6) ** 2 if own else None
    found = hierarchical_bh(p, group, parents)
    combined = found.parent
    for level in (0.01, 0.03, 0.05, 0.1, 0.2, 0.35, 0.6, 0.9):
        called = benjamini_hochberg(combined) <= level
        share = level * called.sum() / called.size
        expected = np.zeros(p.size, bool)
        for parent in np.flatnonzero(called):
            mine = group == parent
            expected[mine] = benjamini_hochberg(p[mine]) <= share
        assert ((found.child_q <= level) == expected).all()
    assert np.isnan(found.child_q[4])


def test_a_district_is_found_in_its_governorate() -> None:
    """A hundred districts, one of three in a governorate with p = 0.002: lost alone, found within."""
    rng = np.random.default_rng(9)
    group = np.repeat(np.arange(18), 6)
    p = rng.uniform(0.1, 1, group.size)
    p[0], p[1] = 0.0015, 0.3
    parents = rng.uniform(0.1, 1, 18)
    parents[0] = 0.0004
    assert benjamini_hochberg(p)[0] > 0.05
    found = hierarchical_bh(p, group, parents)
    assert found.parent_q[0] <= 0.05
    assert found.child_q[0] <= 0.2


def test_hierarchy_keeps_the_mean_share_of_false_children() -> None:
    """Four risen governorates of eighteen: the mean share of false districts in those called is at most q."""
    rng = np.random.default_rng(13)
    group = np.repeat(np.arange(18), 6)
    truth = (group < 4) & (np.arange(group.size) % 6 < 2)
    means = []
    for _ in range(400):
        p = np.where(truth, rng.random(group.size) ** 8, rng.random(group.size))
        found = hierarchical_bh(p, group)
        parents = np.flatnonzero(found.parent_q <= 0.05)
        called = found.child_q <= 0.05
        shares = [(called & ~truth)[group == g].sum() / max(called[group == g].sum(), 1) for g in parents]
        means.append(np.mean(shares) if shares else 0.0)
    assert np.mean(means) <= 0.05


def test_steady_regions_are_not_called_with_empty_ones_that_rise() -> None:
    """A small version of benchmarks/steady.py: without the gate more than a third of them were called."""
    rng = np.random.default_rng(11)
    called, below, panels = 0, 0, 20
    for _ in range(panels):
        mean = np.tile(np.r_[5.0, 4.0, np.zeros(22)], (420, 1))
        mean[-14:, 2:20] = 5.0
        values = rng.poisson(np.where(mean > 0, rng.gamma(0.5, np.maximum(mean, 1e-9) / 0.5), 0.0))
        frame = pd.DataFrame(values, index=pd.date_range("2020-01-01", periods=420)).add_prefix("R")
        answer = uptick_test(Counts.from_frame(frame, freq="day", as_of=frame.index[-1])).frame
        assert (answer["grade"][2:20] == "uptick").sum() >= 15
        called += int((answer["grade"][:2] == "uptick").sum())
        below += int((answer["starts_at"][:2] < answer["expected"][:2]).sum())
    assert below == 0
    assert called <= 9  # of 40; at 10 % more than 9 are seen once in a hundred times
