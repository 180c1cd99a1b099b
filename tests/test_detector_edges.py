"""The same hard histories for every registered detector: each answer stated, none an exception."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.counts import Counts
from analytics.detectors.grid import NO_COVERAGE, SHORT
from analytics.detectors.registry import DETECTORS

WEEKS = 290  # from January 2015: two years of 53 weeks, 2015 and 2020, are in it
LAST = 52
NAMES = sorted(name for name, spec in DETECTORS.items() if spec.by_region)

# What each detector says of a region in which nothing ever happened: "quiet" answers no alarm in every week,
# "not tested" gives none, because a rate of exactly nothing cannot be learned from so little.
NOTHING_EVER = dict.fromkeys(NAMES, "quiet") | {
    "glr_nb": "not tested",
    "glr_poisson": "not tested",
    "recent_window": "not tested",
}


def weekly(values, start="2015-01-05") -> Counts:
    weeks = pd.date_range(start, periods=len(values), freq="7D")
    frame = pd.DataFrame({"A": np.asarray(values, dtype=float)}, index=weeks)
    return Counts.from_frame(frame, freq="week", as_of=weeks[-1] + pd.Timedelta(days=6))


def run(name, values, **options):
    return DETECTORS[name].run(weekly(values), last=min(LAST, len(values)), **options)


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(3).poisson(3, WEEKS).astype(float)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_ever(name):
    alarms = run(name, np.zeros(WEEKS))
    assert not alarms.alarm.any()
    if NOTHING_EVER[name] == "quiet":
        assert alarms.tested[-1, 0]
    else:
        assert not alarms.tested.any()
        assert "no incident" in alarms.frame["note"].iloc[-1]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("week", [10, WEEKS - 20, WEEKS - 1])
def test_one_incident_ever_is_no_alarm(name, week):
    values = np.zeros(WEEKS)
    values[week] = 1
    assert not run(name, values).alarm.any()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level", [1, 3, 40])
def test_the_same_count_every_week_is_no_alarm(name, level):
    alarms = run(name, np.full(WEEKS, level))
    assert not alarms.alarm.any()
    assert alarms.tested[-1, 0]


@pytest.mark.parametrize("name", NAMES)
def test_one_more_than_always_is_no_alarm(name):
    values = np.full(WEEKS, 3.0)
    values[-1] = 4
    alarms = run(name, values)
    if name == "e_detector":
        # Its sum over starts nears the threshold in a year of ordinary weeks, then a count above m alarms:
        # once in so many weeks is what it promises. Before that year is over, it does not.
        assert alarms.alarm[:, 0].tolist() == [False] * (LAST - 1) + [True]
        alarms = run(name, values[-2 * LAST :])
    assert not alarms.alarm.any()


@pytest.mark.parametrize("name", NAMES)
def test_weeks_without_coverage_are_not_tested_and_no_zeros(name, noise):
    values = noise.copy()
    values[250:262] = np.nan
    values[262:265] = 3.0  # the usual count: had the twelve weeks before been zeros, it would stand out
    values[280] = np.nan
    alarms = run(name, values)
    gone = np.isnan(values[-LAST:])
    if name == "recent_window":  # its window may be covered in part, as in uptick_test
        assert not alarms.covered[gone].any()
        assert not alarms.tested[13:20].any()
    else:
        assert not alarms.tested[gone].any()
        assert set(alarms.frame.loc[gone, "note"]) == {NO_COVERAGE}
    assert alarms.frame.loc[gone, "observed"].isna().all()
    assert not alarms.alarm[24:27].any()


@pytest.mark.parametrize("name", NAMES)
def test_a_history_shorter_than_the_baseline_says_so(name, noise):
    alarms = run(name, noise[:6])
    if name == "outbreak_p":  # needs no baseline: the second week can be held against the first
        assert alarms.tested[:, 0].tolist() == [False] + [True] * 5
    else:
        assert not alarms.tested.any()
    assert alarms.frame["note"].iloc[0] == SHORT


@pytest.mark.parametrize("name", NAMES)
def test_years_of_53_weeks_have_all_their_weeks(name, noise):
    alarms = run(name, noise[: WEEKS - 11])  # ends in 2020-W18: 2020-W53 has not come, 2015-W53 has gone
    assert alarms.labels()[0] == "2019-W20"
    later = DETECTORS[name].run(weekly(np.tile(noise, 2)[: WEEKS + 40]), last=30)
    assert "2020-W53" in later.labels()
    assert later.tested.all()


@pytest.mark.parametrize("name", NAMES)
def test_a_flood_is_seen(name, noise):
    values = noise.copy()
    values[-2:] += 40
    assert run(name, values).alarm[-2:].any()


@pytest.mark.parametrize("name", NAMES)
def test_regions_do_not_touch_each_other(name, noise):
    # The answer for a region is the same alone and beside others.
    weeks = pd.date_range("2015-01-05", periods=WEEKS, freq="7D")
    others = np.random.default_rng(4).poisson([0.2, 8.0], (WEEKS, 2))
    frame = pd.DataFrame(
        np.column_stack([others[:, 0], noise, others[:, 1]]), index=weeks, columns=list("BAC")
    )
    together = Counts.from_frame(frame, freq="week", as_of=weeks[-1] + pd.Timedelta(days=6))
    alone = run(name, noise)
    beside = DETECTORS[name].run(together, last=LAST).select(regions=["A"])
    np.testing.assert_array_equal(beside.alarm, alone.alarm)
    for array in ("statistic", "pvalue", "upper_bound", "expected"):
        ours, theirs = getattr(alone, array), getattr(beside, array)
        if ours is not None:
            np.testing.assert_allclose(ours, theirs, rtol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_what_comes_later_changes_nothing_said_before(name):
    values = np.random.default_rng(0).negative_binomial(1, 0.25, WEEKS).astype(float)
    flooded = values.copy()
    flooded[-LAST // 2 :] += 50
    spec = DETECTORS[name]
    before = spec.run(weekly(values), last=LAST)
    after = spec.run(weekly(flooded), last=LAST)
    cut = spec.run(weekly(values[: -LAST // 2]), last=LAST // 2)
    for other in (after, cut):
        np.testing.assert_array_equal(other.alarm[: LAST // 2], before.alarm[: LAST // 2])
        for array in ("statistic", "pvalue", "expected"):
            ours, theirs = getattr(before, array), getattr(other, array)
            if ours is not None:
                np.testing.assert_allclose(theirs[: LAST // 2], ours[: LAST // 2], rtol=1e-9)
