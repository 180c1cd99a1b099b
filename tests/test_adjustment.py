"""Alarms that allow for how many regions, or periods, were looked at: levels, families, refusals, FDR."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from analytics.errors import InputError, OptionError
from analytics.kernels.common.multiplicity import benjamini_hochberg, e_benjamini_hochberg
from analytics.kernels.common.online_fdr import LORD_SUM, SAFFRON_SUM, lord, saffron
from analytics.results import Alarms, DetectorRun
from analytics.results.adjustment import BARRED, adjust_alarms

EXACT = 1e-12  # the same arithmetic in another order
ALPHA = 0.1
MC = 3.0  # a measured FDR may exceed its level by so many standard errors


def alarms(p=None, *, e=None, kind="pvalue", overlap=1, name="tester", resets=False) -> Alarms:
    shown = p if p is not None else e
    periods, regions = shown.shape
    starts = np.datetime64("2020-01-06") + 7 * np.arange(periods)
    tested = ~np.isnan(shown)
    return Alarms(
        detectors=(name,) * regions,
        regions=tuple(f"region {i}" for i in range(regions)),
        starts=starts,
        freq="week",
        week_start="monday",
        as_of=starts[-1] + 6,
        observed=np.zeros(shown.shape, np.int32),
        covered=tested,
        alarm=np.zeros(shown.shape, bool),
        tested=tested,
        note=(~tested).astype(np.uint8),
        reasons=("", "no coverage"),
        pvalue=p,
        statistic=e,
        runs=(DetectorRun(name, "for these tests", kind=kind, overlap=overlap, resets=resets),),
    )


# -- regions ---------------------------------------------------------------------------------------------


def test_bh_takes_every_period_as_a_family():
    p = np.random.default_rng(1).random((6, 30)) ** 3
    expected = np.array([stats.false_discovery_control(row) for row in p])
    np.testing.assert_allclose(benjamini_hochberg(p), expected, atol=EXACT)
    adjusted = alarms(p).adjust(alpha=ALPHA)
    np.testing.assert_allclose(adjusted.qvalue, expected, atol=EXACT)
    np.testing.assert_array_equal(adjusted.alarm, expected <= ALPHA)
    assert adjusted.how().parameters["adjusted"] == {"over": "regions", "method": "bh", "alpha": ALPHA}


def test_what_was_not_tested_is_in_no_family():
    p = np.array([[0.01, np.nan, 0.04, np.nan], [np.nan] * 4])
    adjusted = alarms(p).adjust()
    np.testing.assert_allclose(adjusted.qvalue, [[0.02, np.nan, 0.04, np.nan], [np.nan] * 4])
    assert adjusted.frame["alarm"].isna().tolist() == np.isnan(p).T.ravel().tolist()
    assert "of 2 of 4 regions (those not tested are not in it)" in adjusted.notes[-1]


def test_ebh_by_hand_and_its_level():
    e = np.array([[41.0, 19.0, 0.0, 3.0]])
    # K = 4: the largest needs 4 / alpha, the second 2 / alpha.
    np.testing.assert_allclose(e_benjamini_hochberg(e), [[4 / 41, 2 / 19, 1.0, 4 / 9]])
    adjusted = alarms(e=e, kind="evalue").adjust(method="ebh", alpha=0.11)
    assert adjusted.alarm.tolist() == [[True, True, False, False]]
    assert not alarms(e=e, kind="evalue").adjust(method="ebh", alpha=0.09).alarm.any()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("pvalue", {"method": "ebh"}),
        ("score", {"method": "ebh"}),
        ("evalue", {"method": "bh"}),
        ("score", {}),
        ("evalue", {"over": "time"}),
        ("score", {"over": "time", "method": "saffron"}),
    ],
)
def test_evidence_of_another_kind_is_refused(kind, options):
    numbers = np.full((3, 2), 0.5)
    with pytest.raises(OptionError, match="does not go with tester"):
        alarms(numbers, e=numbers, kind=kind).adjust(**options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"over": "places"}, "unknown over 'places'"),
        ({"method": "lord"}, "unknown method for over='regions': 'lord'"),
        ({"over": "time", "method": "bh"}, "unknown method for over='time': 'bh'"),
        ({"alpha": 0}, "alpha must lie between"),
        ({"alpha": "low"}, "alpha must lie between"),
        ({"conflict": 2}, "conflict is for over='time'"),
        ({"over": "time", "conflict": 1}, "share data over 3 periods"),
        ({"over": "time", "conflict": 3.5}, "share data over 3 periods"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, said):
    with pytest.raises(OptionError, match=said.replace("(", r"\(")):
        alarms(np.full((3, 2), 0.5), overlap=3).adjust(**options)


def test_a_pvalue_detector_without_pvalues_is_refused():
    with pytest.raises(InputError, match="hold no pvalue"):
        alarms(e=np.ones((2, 2)), kind="pvalue").adjust()


@pytest.mark.parametrize("method", ["bh", "ebh"])
def test_fdr_over_regions(method):
    # 2,000 families of 50 regions, a fifth with a shift; exact p-values, likelihood ratios as e-values.
    rng = np.random.default_rng(20)
    shift, truth = 2.5, rng.random((2_000, 50)) < 0.2
    z = rng.normal(size=truth.shape) + shift * truth
    if method == "bh":
        found = alarms(stats.norm.sf(z)).adjust(alpha=ALPHA).alarm
    else:
        e = np.exp(shift * z - shift**2 / 2)
        found = alarms(e=e, kind="evalue").adjust(method="ebh", alpha=ALPHA).alarm
    fdp = (found & ~truth).sum(axis=1) / np.maximum(found.sum(axis=1), 1)
    assert fdp.mean() <= ALPHA + MC * fdp.std() / np.sqrt(len(fdp))
    assert found[truth].mean() > 0.2  # it finds something, so the share above is of something


def test_ebh_holds_where_regions_move_together():
    # One common shock moves all regions: BH's guarantee ends there, e-BH's does not.
    rng = np.random.default_rng(21)
    shock = rng.normal(size=(4_000, 1))
    z = -0.9 * shock + np.sqrt(1 - 0.81) * rng.normal(size=(4_000, 20))
    e = np.exp(2.0 * z - 2.0)
    found = alarms(e=e, kind="evalue").adjust(method="ebh", alpha=ALPHA).alarm
    assert 0 < found.any(axis=1).mean() <= ALPHA


# -- time ------------------------------------------------------------------------------------------------


def _shares(method: str, n: int) -> np.ndarray:
    j = np.arange(1.0, n + 1)
    if method == "saffron":
        return j**-1.6 / SAFFRON_SUM
    return np.log(np.maximum(j, 2)) / (j * np.exp(np.sqrt(np.log(j)))) / LORD_SUM


def test_shares_add_up_to_one():
    assert 1 - 1e-5 < special.zeta(1.6) / SAFFRON_SUM <= 1
    n = 200_000
    u = np.log(n + 0.5)  # the rest is the integral of u exp(-sqrt(u)), by v = sqrt(u)
    rest = 2 * special.gamma(4) * special.gammaincc(4, np.sqrt(u)) / LORD_SUM
    assert 1 - 1e-4 < _shares("lord", n).sum() + rest <= 1


def _by_the_book(p: np.ndarray, alpha: float, method: str) -> tuple[np.ndarray, np.ndarray]:
    """One series without conflicts, written down as LORD++ and SAFFRON are published."""
    shares, w0, cut = _shares(method, len(p) + 1), alpha / 2, 0.5
    rejections, levels, rejected = [], [], []
    for t in range(1, len(p) + 1):

        def share(since, now=t):
            candidates = sum(x <= cut for x in p[since : now - 1]) if method == "saffron" else 0
            return shares[now - since - candidates - 1]

        level = w0 * share(0)
        for k, at in enumerate(rejections):
            level += (alpha - w0 if k == 0 else alpha) * share(at)
        if method == "saffron":
            level = min(cut, (1 - cut) * level)
        levels.append(level)
        rejected.append(p[t - 1] <= level)
        if rejected[-1]:
            rejections.append(t)
    return np.array(rejected), np.array(levels)


@pytest.mark.parametrize("method", ["lord", "saffron"])
def test_levels_are_those_published(method):
    rng = np.random.default_rng(3)
    p = np.where(rng.random((60, 4)) < 0.3, rng.random((60, 4)) * 1e-3, rng.random((60, 4)))
    rejected, level = {"lord": lord, "saffron": saffron}[method](p, ALPHA)
    for i in range(p.shape[1]):
        expected = _by_the_book(p[:, i], ALPHA, method)
        np.testing.assert_array_equal(rejected[:, i], expected[0])
        np.testing.assert_allclose(level[:, i], expected[1], atol=EXACT)
    assert rejected.sum() > 20


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), conflict=st.integers(1, 6), method=st.sampled_from(["lord", "saffron"]))
def test_levels_never_exceed_what_known_rejections_earn(seed, conflict, method):
    rng = np.random.default_rng(seed)
    p = np.where(rng.random((40, 3)) < 0.4, rng.random((40, 3)) * 1e-3, rng.random((40, 3)))
    p[rng.random(p.shape) < 0.1] = np.nan
    rejected, level = {"lord": lord, "saffron": saffron}[method](p, ALPHA, conflict=conflict)
    assert not rejected[np.isnan(p)].any()
    for t in range(len(p)):
        earned = ALPHA * np.maximum(rejected[: max(t - conflict + 1, 0)].sum(axis=0), 1)
        cost = np.nan_to_num(level[: t + 1])
        if method == "saffron":
            known = np.arange(t + 1) <= t - conflict
            cost = 2 * np.where(known[:, None] & (p[: t + 1] <= 0.5), 0.0, cost)
        assert (cost.sum(axis=0) <= earned + EXACT).all()


def test_a_gap_costs_nothing():
    p = np.random.default_rng(4).random((30, 1)) ** 4
    holed = np.insert(p, 7, np.nan, axis=0)
    for spend in (lord, saffron):
        np.testing.assert_allclose(
            np.delete(spend(holed, ALPHA)[1], 7, axis=0), spend(p, ALPHA)[1], atol=EXACT
        )


def test_a_rejection_is_used_only_once_windows_are_apart():
    p = np.full((8, 1), 0.9)
    p[1] = 0.0
    for spend in (lord, saffron):
        without = spend(np.full((8, 1), 0.9), ALPHA, conflict=3)[1]
        level = spend(p, ALPHA, conflict=3)[1]
        np.testing.assert_allclose(level[:4], without[:4], atol=EXACT)
        assert (level[4:] > without[4:]).all()


@pytest.mark.parametrize("conflict", [None, "disjoint"])
@pytest.mark.parametrize("method", ["lord", "saffron"])
def test_fdr_over_time_of_overlapping_windows(method, conflict):
    # 600 series of 150 weeks; windows of three weeks, so neighbours share data; shifts in 6-week spells.
    rng = np.random.default_rng(30)
    weeks, series, length = 150, 600, 3
    active = np.repeat(rng.random((weeks // 6, series)) < 0.15, 6, axis=0)
    noise = rng.normal(size=(weeks, series)) + 2.5 * active
    windows = np.stack([noise[i : weeks - length + 1 + i] for i in range(length)])
    truth = np.stack([active[i : weeks - length + 1 + i] for i in range(length)]).any(axis=0)
    p = stats.norm.sf(windows.sum(axis=0) / np.sqrt(length))
    adjusted = alarms(p, overlap=length).adjust(over="time", method=method, alpha=ALPHA, conflict=conflict)
    found = adjusted.alarm
    fdp = (found & ~truth).sum(axis=0) / np.maximum(found.sum(axis=0), 1)
    assert fdp.mean() <= ALPHA + MC * fdp.std() / np.sqrt(series)
    assert found[truth & adjusted.tested].mean() > 0.2


def test_overlap_is_stated_or_thinned():
    p = np.full((9, 2), 0.5)
    said = alarms(p, overlap=3).adjust(over="time").notes[-1]
    assert "conflict-set version" in said
    assert "2 before it" in said
    thinned = alarms(p, overlap=3).adjust(over="time", conflict="disjoint")
    assert thinned.tested[:, 0].tolist() == [i % 3 == 2 for i in range(9)]
    assert set(thinned.frame.loc[thinned.frame["alarm"].isna(), "note"]) == {
        "shares data with a period that was tested"
    }
    assert "of 3 weeks" in thinned.notes[-1]
    assert "conflict" not in alarms(p).adjust(over="time").notes[-1]


def test_each_detector_has_its_own_family_and_rates_do_not_survive():
    p = np.array([[0.02, 0.9]])
    first, second = alarms(p), alarms(np.array([[0.03, 0.04]]), name="other")
    first = replace(first, runs=(replace(first.how(), rate=np.ones(2), rate_basis="a budget"),))
    adjusted = Alarms.concat([first, second]).adjust()
    np.testing.assert_allclose(adjusted.qvalue, [[0.04, 0.9, 0.04, 0.04]])
    assert all(run.rate is None for run in adjusted.runs)


@pytest.mark.parametrize("over", ["regions", "time"])
def test_no_adjustment_raises_an_alarm_of_too_few_incidents(over):
    p = np.full((6, 3), 1e-6)
    barred = np.zeros(p.shape, bool)
    barred[:, 1] = True
    found = replace(alarms(p), barred=barred).adjust(over=over, alpha=0.2)
    assert found.alarm[:, [0, 2]].all()
    assert not found.alarm[:, 1].any()
    assert {found.reasons[code] for code in found.note[:, 1]} == {BARRED}
    assert not found.note[:, [0, 2]].any()
    # ... nor loses sight of it in a part, or beside another detector.
    both = Alarms.concat([found, alarms(p, name="other")]).select(regions=["region 1"]).last(2)
    assert both.barred.tolist() == [[True, False]] * 2


def test_an_alarm_the_detector_never_raises_is_refused():
    p = np.full((2, 1), 0.5)
    with pytest.raises(AssertionError, match="raises none"):
        replace(alarms(p), alarm=np.ones((2, 1), bool), barred=np.ones((2, 1), bool))


# -- what is said ------------------------------------------------------------------------------------------


def pair(kind="pvalue", **options) -> Alarms:
    p = np.array([[0.02, 0.9], [0.3, 0.04]])
    return Alarms.concat([alarms(p, e=p, kind=kind, name=name, **options) for name in ("b", "a")])


def refused(made, **options) -> tuple[str | None, ...]:
    with pytest.raises(OptionError) as error:
        made.adjust(**options)
    return error.value.expected, error.value.found, error.value.todo


def test_a_refusal_says_what_is_wanted_and_what_chooses_it():
    numbers = np.full((2, 2), 0.5)
    one = alarms(numbers, e=numbers)
    wanted = "a detector whose evidence is an evalue", "a pvalue, which no e-process stands behind"
    assert refused(one, method="ebh") == (*wanted, None)
    assert refused(pair(), method="ebh") == (*wanted, "select(detectors=...) chooses some")
    wanted = "a detector whose evidence is a pvalue"
    assert refused(alarms(e=numbers, kind="evalue")) == (wanted, "an evalue", None)
    assert refused(alarms(e=numbers, kind="score")) == (wanted, "a score", None)
    for method in ("lord", "saffron"):
        score = alarms(e=numbers, kind="score")
        assert refused(score, over="time", method=method) == (wanted, "a score", None)


def test_a_q_value_of_exactly_the_level_raises_an_alarm():
    p = np.array([[0.05], [np.nextafter(0.05, 1)]])
    assert adjust_alarms(alarms(p)).alarm.ravel().tolist() == [True, False]


@pytest.mark.parametrize(("method", "spend"), [("lord", lord), ("saffron", saffron)])
def test_each_method_spends_over_time_as_it_does_by_itself(method, spend):
    p = np.random.default_rng(5).random((40, 3)) ** 6
    alone = spend(p, ALPHA)[0]
    assert (alone != {"lord": saffron, "saffron": lord}[method](p, ALPHA)[0]).any()
    adjusted = alarms(p).adjust(over="time", method=method, alpha=ALPHA)
    np.testing.assert_array_equal(adjusted.alarm, alone)
    thinned = alarms(p, overlap=4).adjust(over="time", method=method, alpha=ALPHA, conflict="disjoint")
    kept = np.arange(40) % 4 == 3
    np.testing.assert_array_equal(thinned.alarm[kept], spend(p[kept], ALPHA)[0])
    assert not thinned.alarm[~kept].any()


def test_each_detector_spends_for_itself_over_time():
    p = np.random.default_rng(6).random((30, 2)) ** 6
    other = np.random.default_rng(7).random((30, 2)) ** 6
    both = Alarms.concat([alarms(p, name="b"), alarms(other, name="a")]).adjust(over="time", alpha=ALPHA)
    for name, numbers in (("b", p), ("a", other)):
        np.testing.assert_array_equal(
            both.select(detectors=[name]).alarm, alarms(numbers).adjust(over="time", alpha=ALPHA).alarm
        )


def test_what_is_said_of_each_detector_over_time_is_of_its_own_weeks():
    p = np.full((30, 2), 0.5)
    short = np.where(np.arange(30)[:, None] < 5, np.nan, p)
    for names in (("a", "b"), ("b", "a")):
        made = [alarms(p, name=names[0], overlap=3), alarms(short, name=names[1])]
        first, second = Alarms.concat(made).adjust(over="time").notes[-2:]
        assert first.startswith(f"{names[0]}: ")
        assert "of 30 weeks (those" in first
        assert second.startswith(f"{names[1]}: ")
        assert "of 25 weeks (those" in second
        thinned = Alarms.concat(made).adjust(over="time", conflict="disjoint")
        assert thinned.tested.sum(axis=0).tolist() == [10, 10, 25, 25]


@pytest.mark.parametrize("method", ["lord", "saffron"])
def test_windows_that_do_not_overlap_are_all_tested_whatever_is_said_of_conflicts(method):
    p = np.random.default_rng(5).random((40, 3)) ** 6
    usual = alarms(p).adjust(over="time", method=method, alpha=ALPHA)
    assert usual.alarm.any()
    apart = alarms(p).adjust(over="time", method=method, alpha=ALPHA, conflict="".join(("dis", "joint")))
    np.testing.assert_array_equal(apart.alarm, usual.alarm)
    assert apart.tested.all()


def test_alarms_that_another_process_made_are_adjusted_as_ones_own():
    p = np.full((300, 2), 0.5)
    sent = pickle.loads(pickle.dumps(alarms(p)))
    np.testing.assert_array_equal(sent.adjust().qvalue, p)
    assert "of 300 weeks (those" in sent.adjust(over="time").notes[-1]


@pytest.mark.parametrize(("conflict", "kept"), [(None, 3), (3, 3), (5, 5), ("disjoint", "disjoint")])
def test_how_long_periods_share_data_is_kept(conflict, kept):
    adjusted = alarms(np.full((9, 2), 0.5), overlap=3).adjust(over="time", conflict=conflict)
    assert adjusted.how().parameters["adjusted"]["conflict"] == kept


def test_families_over_time_are_counted_in_weeks():
    p = np.full((3, 2), 0.5)
    assert "of 1 week (those" in alarms(p[:1]).adjust(over="time").notes[-1]
    assert "of 3 weeks (those" in alarms(p).adjust(over="time").notes[-1]
    p[1:, 1] = np.nan
    assert "of 1 to 3 weeks (those" in alarms(p).adjust(over="time").notes[-1]
    assert "of none weeks (those" in alarms(np.full((2, 1), np.nan)).adjust(over="time").notes[-1]
    assert "only one" not in alarms(p).adjust(over="time", conflict="disjoint").notes[-1]
    assert "nothing from the 1 before it" in alarms(p, overlap=2).adjust(over="time").notes[-1]
    said = alarms(p, overlap=2).adjust(over="time", conflict="disjoint").notes[-1]
    assert "only one week in 2, so that windows do not overlap" in said


@pytest.mark.parametrize("noted", [True, False])
def test_notes_of_before_are_kept_beside_those_of_an_adjustment(noted):
    p = np.full((4, 2), 1e-6)
    p[0, 0] = np.nan if noted else p[0, 0]
    made = replace(alarms(p, overlap=2), barred=np.tile([False, True], (4, 1)))
    made = made if noted else replace(made, note=None)
    found = made.adjust(over="time", alpha=0.2, conflict="disjoint")
    words = [[found.reasons[code] for code in row] for row in found.note]
    left = "shares data with a period that was tested"
    before = "no coverage" if noted else left
    assert words == [[before, left], ["", BARRED], [left, left], ["", BARRED]]
    assert found.tested.tolist() == [[False, False], [True, True]] * 2
