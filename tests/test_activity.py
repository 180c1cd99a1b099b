"""Attacks and operations apart; what follows operations, where regression to the mean lies in wait."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.counts import Counts, count_incidents
from analytics.errors import UptickError
from analytics.incidents import read_incidents
from analytics.kernels.claims.response import _limits, matched_response, past_scales
from analytics.kernels.common.dispersion import window_sums
from analytics.periods import as_window
from analytics.results import CANNOT_BE_TOLD, NOT_SUPPORTED, SUPPORTED
from analytics.simulation import simulate_counts
from analytics.upticks import uptick_test
from analytics.upticks.activity import activity_test
from analytics.upticks.response import response_test

SAME = 1e-10  # the same sums in another order
END = np.datetime64("2020-04-12")
DAYS = 406
QUIET = {"attack": 0.8, "operation": 0.5, "clash": 0.2, "arrest": 0.3}


def incidents_of(recent, *, seed=1, usual=QUIET, regions=("Kirkuk",)):
    """Incidents at usual rates, and exactly `recent` of each activity in the last 14 days of each region."""
    rng = np.random.default_rng(seed)
    rows = []
    for region in regions:
        for activity, mean in usual.items():
            daily = rng.poisson(mean, DAYS)
            daily[-14:] = 0
            day = np.repeat(np.arange(DAYS), daily)
            here = recent.get((region, activity), recent.get(activity, round(14 * mean)))
            day = np.concatenate([day, DAYS - 14 + np.arange(here) % 14])
            rows.append(pd.DataFrame({"day": day, "activity": activity, "admin1": region}))
    table = pd.concat(rows, ignore_index=True)
    table = table.assign(
        incident_id=[f"T{i}" for i in range(len(table))],
        date=(END - DAYS + 1 + table["day"].to_numpy()).astype("datetime64[us]"),
        country="Iraq",
        fatalities=0,
    ).drop(columns="day")
    return read_incidents(table, source="table", as_of=END)


WHERE = (
    *(f"activity = '{name}'" for name in ("attack", "operation", "clash", "arrest")),
    "activity in ('attack', 'clash')",
)


def test_each_row_is_uptick_test_on_that_activity():
    incidents = incidents_of({"attack": 30})
    frame = activity_test(incidents).frame.set_index("activity")
    assert frame.index.tolist() == ["attacks", "operations", "clashes", "arrests", "engagements"]
    for kind, where in (
        ("attacks", "activity = 'attack'"),
        ("engagements", "activity in ('attack', 'clash')"),
    ):
        counts = count_incidents(incidents, "day", by=None, where=where)
        row = uptick_test(counts).frame.iloc[0]
        assert frame.loc[kind, "pvalue"] == row["pvalue"]
        assert frame.loc[kind, "estimate"] == row["rate_ratio"]
        assert frame.loc[kind, "detectable"] == row["detectable"]
    each = [uptick_test(count_incidents(incidents, "day", by=None, where=w)) for w in WHERE]
    firm = np.concatenate([result.evidence.firm() for result in each])
    np.testing.assert_allclose(frame["qvalue"], stats.false_discovery_control(firm), atol=SAME)
    assert (firm <= frame["pvalue"]).all()


def test_a_short_file_is_tested_with_what_it_holds():
    incidents = incidents_of({"attack": 30})
    recent = incidents.frame["date_start"] > END - 140
    table = incidents.frame[recent].rename(columns={"date_start": "date"}).astype({"date": "datetime64[us]"})
    table = table[["incident_id", "date", "country", "admin1", "activity", "fatalities"]]
    found = activity_test(read_incidents(table, source="table", as_of=END), kinds=("attacks",))
    assert found.frame["verdict"].tolist() == [SUPPORTED]
    assert found.parameters["guard"] == 28
    assert found.parameters["baseline"].startswith("2019-")
    assert any(note.startswith("short history") for note in found.notes)


def test_a_rise_of_operations_alone_is_not_more_attacks(snapshot):
    # Enough attacks to rule a rise out: the bare sentence. Few attacks: what they still allow is said.
    usual = {**QUIET, "attack": 12.0}
    plain = activity_test(incidents_of({"operation": 40}, usual=usual), completeness=1.0)
    assert plain.words == ("more operations, not more attacks",)
    assert plain.frame.set_index("activity")["verdict"].to_dict() == {
        "attacks": NOT_SUPPORTED,
        "operations": SUPPORTED,
        "clashes": CANNOT_BE_TOLD,
        "arrests": CANNOT_BE_TOLD,
        "engagements": NOT_SUPPORTED,
    }
    few = activity_test(incidents_of({"operation": 40}), completeness=1.0)
    assert few.words[0].startswith("more operations, not more attacks (as far as the data can tell")
    assert few.sentence() == snapshot


def test_more_attacks_and_nothing_at_all_are_worded():
    assert activity_test(incidents_of({"attack": 60, "operation": 50})).words == (
        "more attacks and more operations",
    )
    assert activity_test(incidents_of({})).words == ("no kind of activity can be said to have risen",)
    wide = activity_test(incidents_of({"clash": 40}), kinds=("engagements", "operations"))
    assert wide.words == (
        "more engagements, of which neither attacks nor clashes alone can be said to have risen",
    )


def test_regions_apart_share_one_family():
    incidents = incidents_of({("Diyala", "attack"): 60}, regions=("Kirkuk", "Diyala"))
    result = activity_test(incidents, by="admin1", regions=["Kirkuk", "Diyala"], each=True)
    assert len(result.frame) == 10
    assert "10 of 10 rows" in result.notes[-1]
    words = result.details["words"].set_index("place")["words"]
    assert words["Diyala"] == "more attacks"
    assert words["Kirkuk"].startswith("no kind")
    assert "more attacks in 1 of 2 regions" in result.sentence()


def test_it_is_said_how_many_were_not_coded_but_derived_by_rule():
    incidents = incidents_of({"attack": 30})
    basis = incidents.frame["initiator_basis"].copy()
    basis.iloc[:7] = "rule"
    derived = replace(incidents, frame=incidents.frame.assign(initiator_basis=basis))
    note = f"who started it is derived by rule, not coded, in 7 of {len(incidents):,} incidents"
    assert note in activity_test(derived, kinds=("attacks", "operations")).notes
    assert not any(
        "by rule" in said for said in activity_test(incidents, kinds=("attacks", "operations")).notes
    )


def test_a_file_without_operations_says_so():
    result = activity_test(incidents_of({}, usual={"attack": 1.0}))
    row = result.frame.set_index("activity").loc["operations"]
    assert np.isnan(row["pvalue"])
    assert row["verdict"] == CANNOT_BE_TOLD
    assert any("no incident whose activity is 'operation'" in note for note in result.notes)


# -- after operations --------------------------------------------------------------------------------


def started_by_the_past(rng, attacks):
    level = window_sums(np.concatenate([np.zeros((13, attacks.shape[1])), attacks]), 14)
    score = np.where(level >= np.quantile(level, 0.85, axis=0), 0.12, 0.004)
    return rng.random(attacks.shape) < score


def daily(values, **more):
    names = [f"R{i}" for i in range(np.shape(values)[1] if np.ndim(values) > 1 else 1)]
    return replace(
        Counts.from_array(np.asarray(values, dtype=int), freq="day", as_of=END, regions=names), **more
    )


@pytest.fixture(scope="module")
def trap():
    """Operations that follow a high level and change nothing."""
    attacks = simulate_counts("hawkes_0.6", mean=0.5, days=1095, series=4, seed=11).values
    return started_by_the_past(np.random.default_rng(2), attacks), attacks


def test_in_the_trap_the_naive_ratio_falls_and_ours_does_not(trap, snapshot):
    events, attacks = trap
    result = response_test(daily(events), daily(attacks))
    row = result.frame.iloc[0]
    assert row["naive_ratio"] < 0.75
    assert row["low"] < 1 < row["high"]
    assert row["verdict"] == NOT_SUPPORTED
    usual = 14 * attacks.mean()
    assert usual * 1.1 < row["before_matched"] < row["before_events"], "matched times were active, too"
    profile = result.details["profile"].set_index("day")
    assert profile.loc[-13:0, "events"].mean() > 1.3 * profile.loc[1:14, "events"].mean()
    assert row["observed"] == pytest.approx(14 * row["used"] * profile.loc[1:14, "events"].mean(), rel=SAME)
    assert result.details["regions"]["used"].sum() == row["used"]
    assert result.sentence() == snapshot


def test_the_trap_is_held_on_many_data_sets():
    # A small honest version of benchmarks/response.py: fails when the lower 99 % limit exceeds the bar.
    n = 120
    values = simulate_counts("lgcp", mean=0.5, days=900, series=2 * n, seed=5).values
    rng = np.random.default_rng(6)
    called, naive, ratios = 0, 0, []
    for i in range(n):
        attacks = values[:, 2 * i : 2 * i + 2]
        events = started_by_the_past(rng, attacks)
        found = matched_response(
            events, attacks, np.ones(attacks.shape, bool), window=14, clear=14, matched=60
        )
        called += found.less <= 0.05
        ratios.append(found.ratio)
        naive += stats.ttest_1samp(found.observed - found.before[:, 0], 0, alternative="less").pvalue <= 0.05
    assert stats.beta.ppf(0.005, max(called, 1), n - called + 1) <= 0.06
    assert np.median(ratios) == pytest.approx(1, abs=0.06)
    assert naive > 0.5 * n, "before and after says that operations work, more often than not"


def test_an_operation_that_works_is_seen(trap):
    _, attacks = trap
    events = np.random.default_rng(3).random(attacks.shape) < 0.015
    after = window_sums(np.concatenate([np.zeros((14, 4)), events]), 14)[:1095] > 0
    thinned = np.where(after, np.random.default_rng(4).binomial(attacks, 0.4), attacks)
    row = response_test(daily(events), daily(thinned)).frame.iloc[0]
    assert row["verdict"] == SUPPORTED
    assert row["estimate"] < 0.6
    more = response_test(daily(events), daily(thinned), direction="greater").frame.iloc[0]
    assert more["verdict"] == NOT_SUPPORTED
    assert more["estimate"] == row["estimate"]


def test_a_day_followed_by_an_operation_stays_a_matched_time(trap):
    events, attacks = trap
    found = matched_response(events, attacks, np.ones(attacks.shape, bool), window=14, clear=14, matched=60)
    day, region = found.treated.T
    before = found.weights[day[day > 80] - 1, region[day > 80]]
    assert (before > 0).any(), "the day before an operation may serve: its future is not looked at"
    assert found.weights.sum() == pytest.approx(len(day))
    assert (found.weights[events] == 0).all()
    assert (np.diff(day[region == 0]) > 14).all(), "windows after two operations of a region do not overlap"


def test_the_past_is_an_exponential_mean():
    values = np.zeros((200, 1))
    values[150] = 1.0
    past = past_scales(values, (4.0,))[:, 0, 0]
    assert (past[:150] == 0).all()
    np.testing.assert_allclose(past[150:], 0.2 * 0.8 ** np.arange(50), atol=SAME)


def test_the_interval_is_fiellers():
    rng = np.random.default_rng(0)
    a, c = rng.gamma(3.0, 2.0, 40), rng.gamma(4.0, 2.0, 40)
    found = _limits(a, c, 40, 1.0)
    quantile = stats.t(39).ppf(0.975)
    for edge in (found["low"], found["high"]):
        z = (a.sum() - edge * c.sum()) / np.sqrt(((a - edge * c) ** 2).sum() * 40 / 39)
        assert abs(z) == pytest.approx(quantile, rel=1e-6)


def test_order_of_regions_and_time_do_not_matter(trap):
    events, attacks = trap
    order = np.array([2, 0, 3, 1])
    straight = response_test(daily(events), daily(attacks)).frame.iloc[0]
    turned = response_test(daily(events[:, order]), daily(attacks[:, order])).frame.iloc[0]
    for name in ("estimate", "low", "high", "pvalue", "detectable"):
        assert turned[name] == pytest.approx(straight[name], rel=1e-6)


def test_too_few_operations_are_not_tested(trap):
    _, attacks = trap
    events = np.zeros(attacks.shape, bool)
    events[[200, 400], 0] = True
    row = response_test(daily(events), daily(attacks)).frame.iloc[0]
    assert np.isnan(row["pvalue"])
    assert row["verdict"] == CANNOT_BE_TOLD
    assert "2 operations in 2 stretches" in row["reason"]
    none = response_test(daily(np.zeros_like(events)), daily(attacks)).frame.iloc[0]
    assert none["used"] == 0


def test_operations_that_always_follow_a_level_have_no_match():
    attacks = simulate_counts("hawkes_0.6", mean=0.5, days=1095, series=4, seed=12).values
    level = window_sums(np.concatenate([np.zeros((6, 4)), attacks]), 7)
    row = response_test(daily(level >= 9), daily(attacks)).frame.iloc[0]
    assert row["beyond"] > 0.1 * row["used"]
    assert row["verdict"] == CANNOT_BE_TOLD
    assert "than at any time that could be matched" in row["reason"]


def test_no_response_is_read_from_days_that_may_be_a_gap_or_from_hardly_any_attack(trap):
    events, attacks = trap
    gap = (as_window("2019-06-01..2019-07-30"),)
    silent = response_test(daily(events), replace(daily(attacks), silences=gap)).frame.iloc[0]
    assert silent["verdict"] == CANNOT_BE_TOLD
    assert silent["reason"].startswith("nothing at all is recorded 2019-06-01..2019-07-30")
    assert np.isnan(silent["pvalue"])
    few = np.zeros_like(attacks)
    few[::365] = 1
    rare = response_test(daily(events), daily(few)).frame.iloc[0]
    assert rare["expected"] < 5
    assert (rare["verdict"], rare["reason"]) == (
        CANNOT_BE_TOLD,
        "there are too few incidents after the matched times",
    )


def test_incidents_are_counted_apart():
    incidents = incidents_of({}, usual={"attack": 1.0, "operation": 0.03})
    result = response_test(incidents, by="admin1", regions=["Kirkuk"])
    counts = [
        count_incidents(incidents, "day", by="admin1", regions=["Kirkuk"], where=f"activity = '{name}'")
        for name in ("operation", "attack")
    ]
    pd.testing.assert_frame_equal(result.frame, response_test(*counts).frame)


@pytest.mark.parametrize(
    "call",
    [
        lambda a: response_test(daily(a)),
        lambda a: response_test(daily(a), daily(a[:, :1])),
        lambda a: response_test(daily(a[:300]), daily(a[:300])),
        lambda a: response_test(daily(a), daily(a), clear=7),
        lambda a: response_test(daily(a), daily(a), direction="fewer"),
        lambda a: response_test(daily(a), daily(a), event="raid"),
        lambda a: response_test(daily(a), daily(a), margin=1),
        lambda a: activity_test(incidents_of({}), kinds=("attack",)),
        lambda a: activity_test(incidents_of({}), kinds=()),
        lambda a: response_test(incidents_of({}), daily(a)),
    ],
)
def test_what_cannot_be_asked_says_so(call, snapshot, trap):
    with pytest.raises(UptickError) as caught:
        call(trap[1])
    assert str(caught.value) == snapshot
