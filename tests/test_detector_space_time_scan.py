"""The weekly space-time scan: scan_test's cluster, region by region, and what it must not say."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.counts import Counts
from analytics.detectors._space_time_scan import FEW, FITTED, GAP, space_time_scan
from analytics.detectors.grid import RUNNING, SHORT
from analytics.errors import HistoryError, InputError, OptionError
from analytics.kernels.space import scan
from analytics.kernels.space.prospective import disjoint_clusters
from analytics.upticks import scan_test

SAME = 1e-9  # the same sums in another order
SUNDAY = np.datetime64("2020-04-12")
QUICK = {"replicates": 99}
SHORTER = {"window_max": 14, "history": 140, **QUICK}


def counts_of(values, *, covered=None, end=SUNDAY, freq="week", finest="day"):
    names = [f"P{i:02d}" for i in range(np.shape(values)[1] if np.ndim(values) > 1 else 1)]
    counts = Counts.from_array(values, freq=finest, as_of=end, regions=names, coverage=covered)
    return replace(counts, freq=freq)


def with_cluster(days=378, places=15, seed=3, extra=2.0):
    """Quiet places with a cluster: the three nearest to place 4, itself included, over the last ten days."""
    rng = np.random.default_rng(seed)
    where = np.column_stack([rng.uniform(30, 37, places), rng.uniform(39, 48, places)])
    values = rng.poisson(0.2, (days, places))
    near = np.argsort(scan.great_circle(where[:, 0], where[:, 1])[4])[:3]
    values[-10:, near] += rng.poisson(extra, (10, 3))
    return values, where, sorted(near.tolist())


def test_last_row_is_the_cluster_of_scan_test():
    values, where, near = with_cluster()
    counts = counts_of(values)
    alarms = space_time_scan(counts, places=where, **QUICK)
    found = scan_test(counts, places=where, **QUICK)
    row = found.frame.iloc[0]
    assert np.flatnonzero(alarms.alarm[-1]).tolist() == near
    np.testing.assert_allclose(alarms.statistic[-1, near], row["statistic"], rtol=SAME)
    assert row["pvalue"] == 1 / 100
    np.testing.assert_allclose(alarms.pvalue[-1, near], row["p_gumbel"], rtol=SAME)
    frame = alarms.latest()
    assert (frame["note"] == FITTED).to_numpy().nonzero()[0].tolist() == near
    # Further clusters too, by the same replicates.
    for cluster in found.details["clusters"].itertuples():
        members = [counts.regions.index(name) for name in cluster.places.split(", ")]
        np.testing.assert_allclose(alarms.statistic[-1, members], cluster.statistic, rtol=SAME)
        if cluster.pvalue > 1 / 100:
            np.testing.assert_allclose(alarms.pvalue[-1, members], cluster.pvalue, rtol=SAME)
    none = alarms.statistic[-1] == 0
    assert (alarms.pvalue[-1, none] == 1).all()


def test_every_row_is_the_scan_of_its_week_and_last_changes_nothing():
    values, where, _ = with_cluster(days=175)
    counts = counts_of(values)
    alarms = space_time_scan(counts, places=where, **SHORTER)
    tested = np.flatnonzero(alarms.tested.any(axis=1))
    assert tested.size == 6
    for row in tested:
        then = counts.until(alarms.starts[row] + 6)
        frame = scan_test(then, places=where, **SHORTER).frame
        assert alarms.statistic[row].max() == pytest.approx(frame["statistic"].iloc[0], rel=SAME)
    two = space_time_scan(counts, places=where, last=2, **SHORTER)
    np.testing.assert_array_equal(two.pvalue, alarms.pvalue[-2:])
    assert alarms.how().overlap == 2


def test_expected_shares_out_the_weeks_incidents():
    values, where, _ = with_cluster(days=175)
    alarms = space_time_scan(counts_of(values), places=where, last=1, **SHORTER)
    studied = values[-140:]
    week = values[-7:].sum()
    np.testing.assert_allclose(alarms.expected[-1], studied.sum(axis=0) * week / studied.sum(), rtol=SAME)
    assert alarms.expected[-1].sum() == pytest.approx(alarms.observed[-1].sum())


def test_an_uptick_everywhere_is_no_cluster():
    rng = np.random.default_rng(8)
    where = rng.uniform(30, 40, (10, 2))
    values = rng.poisson(0.5, (140, 10))
    values[-7:] *= 4
    assert not space_time_scan(counts_of(values), places=where, last=1, **SHORTER).alarm.any()


def test_weekly_counts_days_shown_and_a_running_week():
    values, where, near = with_cluster(days=182, extra=4.0)
    weekly = counts_of(values.reshape(26, 7, -1).sum(axis=1), finest="week")
    alarms = space_time_scan(weekly, places=where, last=1, **SHORTER)
    row = scan_test(weekly, places=where, **SHORTER).frame.iloc[0]
    np.testing.assert_allclose(alarms.statistic[-1, near], row["statistic"], rtol=SAME)
    np.testing.assert_allclose(alarms.pvalue[-1, near], row["pvalue"], rtol=SAME)
    with pytest.raises(OptionError, match="whole number of weeks"):
        space_time_scan(weekly, places=where, window_max=10, **QUICK)
    daily = space_time_scan(counts_of(values, freq="day"), places=where, last=2, **SHORTER)
    assert daily.freq == "day"
    assert daily.how().overlap == 14
    running = space_time_scan(counts_of(values, end=SUNDAY + 2), places=where, last=1, **SHORTER)
    assert running.frame["note"].iloc[-1] == RUNNING
    assert running.tested[0].all()
    assert not running.tested[1].any()


def test_a_year_of_53_weeks_is_a_year_of_weeks():
    values, where, _ = with_cluster(days=161, extra=1.0)
    counts = counts_of(values, end=np.datetime64("2021-01-10"))
    alarms = space_time_scan(counts, places=where, last=3, **SHORTER)
    assert alarms.labels() == ["2020-W52", "2020-W53", "2021-W01"]
    assert alarms.tested.all()
    same = space_time_scan(counts_of(values), places=where, last=3, **SHORTER)
    np.testing.assert_array_equal(alarms.pvalue, same.pvalue)


def test_what_cannot_be_tested_is_said():
    values, where, _ = with_cluster(days=161)
    alarms = space_time_scan(counts_of(values), places=where, **SHORTER)
    assert set(alarms.frame.groupby("period")["note"].first().iloc[:19]) == {SHORT}
    covered = np.ones(values.shape, bool)
    covered[-60, 2] = covered[-1, 3] = False
    gaps = space_time_scan(counts_of(values, covered=covered), places=where, last=1, **SHORTER)
    assert np.flatnonzero(~gaps.tested[-1]).tolist() == [2, 3]
    notes = gaps.latest()["note"]
    assert notes.iloc[2] == GAP
    assert notes.iloc[3] == "no coverage in this period"

    def note(changed, covered=None, **options):
        counts = counts_of(changed, covered=covered)
        found = space_time_scan(counts, places=where, last=1, **{**SHORTER, **options})
        assert not found.alarm.any()
        return set(found.latest()["note"])

    assert note(np.zeros_like(values)) == {"there is no incident in the time studied"}
    single = np.zeros_like(values)
    single[-1, 0] = 1
    (said,) = note(single)
    assert said.startswith("all incidents are at one place")
    single[-1, 1] = 1
    assert note(single) == {""}  # tested: all places went up together
    assert note(single, max_share=0.2) == {"every place alone holds more than 20 % of the incidents"}
    alone = np.ones(values.shape, bool)
    alone[-50, 1:] = False
    assert "there is one place only" in " ".join(note(values, alone))
    nobody = np.ones(values.shape, bool)
    nobody[-50] = False
    assert note(values, nobody) == {GAP}


def test_constant_counts_and_few_incidents_raise_nothing():
    where = np.random.default_rng(1).uniform(30, 40, (12, 2))
    flat = space_time_scan(counts_of(np.ones((140, 12), int)), places=where, last=1, **SHORTER)
    assert flat.tested.all()
    assert not flat.alarm.any()
    rare = np.zeros((140, 12), int)
    rare[np.arange(10, 130, 12), np.arange(10)] = 1
    rare[-1, 10] = 2
    found = space_time_scan(counts_of(rare), places=where, last=1, alpha=0.5, **SHORTER)
    assert not found.alarm.any()
    assert found.latest()["note"].iloc[10] == FEW


def test_quiet_places_change_nothing():
    values, where, near = with_cluster(days=140)
    more = np.column_stack([values, np.zeros((140, 3), int)])
    places = np.vstack([where, where[near] + 0.01])
    a = space_time_scan(counts_of(values), places=where, last=1, **SHORTER)
    b = space_time_scan(counts_of(more), places=places, last=1, **SHORTER)
    np.testing.assert_array_equal(a.pvalue, b.pvalue[:, :15])
    assert (b.pvalue[:, 15:] == 1).all()


def test_the_nulls_differ_and_the_seed_is_kept():
    values, where, _ = with_cluster(days=140, extra=0.6)
    counts = counts_of(values)
    first = space_time_scan(counts, places=where, last=1, seed=1, **SHORTER)
    again = space_time_scan(counts, places=where, last=1, seed=1, **SHORTER)
    dealt = space_time_scan(counts, places=where, last=1, null="permutation", **SHORTER)
    np.testing.assert_array_equal(first.pvalue, again.pvalue)
    np.testing.assert_array_equal(first.statistic, dealt.statistic)
    assert (first.pvalue != dealt.pvalue).any()


def test_options():
    values, where, _ = with_cluster(days=140)
    counts = counts_of(values)
    for bad in (
        {"null": "shuffle"},
        {"max_share": 0.7},
        {"radius": 0},
        {"replicates": 9},
        {"alpha": 0},
        {"alpha": [0.1, 0.2]},
        {"window_max": 28},
        {"seed": -1},
    ):
        with pytest.raises(OptionError):
            space_time_scan(counts, places=where, **{**SHORTER, **bad})
    with pytest.raises(InputError, match="wrong shape"):
        space_time_scan(counts, places=where[:3], **SHORTER)
    with pytest.raises(HistoryError):
        space_time_scan(counts, places=where, last=500, **SHORTER)
    table = pd.DataFrame(where, columns=["lat", "lon"], index=counts.regions).iloc[::-1]
    named = space_time_scan(counts, places=table, last=1, **SHORTER)
    np.testing.assert_array_equal(
        named.pvalue, space_time_scan(counts, places=where, last=1, **SHORTER).pvalue
    )
    levels = np.full(15, 0.5)
    levels[:5] = 0.02
    some = space_time_scan(counts, places=where, last=1, alpha=levels, **SHORTER)
    np.testing.assert_array_equal(some.alarm, some.pvalue <= levels)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_disjoint_clusters_by_plain_search(seed):
    rng = np.random.default_rng(seed)
    where = rng.uniform(0, 10, (9, 2))
    zones = scan.neighbour_zones(scan.great_circle(*where.T), rng.integers(1, 5, 9), max_share=0.5)
    best = rng.exponential(1.0, zones.total.size) * (rng.random(zones.total.size) < 0.7)
    taken: set[int] = set()
    expected = []
    for zone in np.argsort(-best):
        members = set(zones.members(zone).tolist())
        if best[zone] > 0 and not members & taken:
            expected.append(int(zone))
            taken |= members
    chosen = disjoint_clusters(zones, best)
    assert chosen == expected
    for a, b in itertools.combinations(chosen, 2):
        assert not set(zones.members(a).tolist()) & set(zones.members(b).tolist())


def test_size_of_a_quiet_panel():
    """Simulated Poisson places: any alarm on the map in about the stated share of weeks."""
    rng = np.random.default_rng(20)
    where = rng.uniform(30, 40, (6, 2))
    alarms = space_time_scan(
        counts_of(rng.poisson(0.3, (7 * 220, 6))), places=where, alpha=0.1, null="rotation", **SHORTER
    )
    weeks = alarms.tested.any(axis=1)
    assert weeks.sum() == 201
    share = alarms.alarm[weeks].any(axis=1).mean()
    # 201 overlapping weeks are worth about 100 independent ones: three standard errors of 10 % are 9 points.
    assert 0.02 < share < 0.19
