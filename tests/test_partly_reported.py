"""Detectors and the monitor on counts that are known to be reported in part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analytics import Counts, monitor, uptick_test
from analytics.counts.completeness import Completeness
from analytics.detectors import ears, ewma, recent_window, surveillance
from analytics.detectors.grid import INCOMPLETE, THINNED
from analytics.detectors.registry import DETECTORS
from analytics.errors import OptionError

SAME = 1e-9  # one test, by two ways
ROUNDED = 1e-6  # two ways to write one recursion, or a share of 1 that is not known to the last 1e-9
NAMES = [name for name, spec in DETECTORS.items() if not spec.needs]
# A chart in control for a year alarms at once; a rule that asks for ten times the usual, or for one in a
# thousand, takes more incidents than this region has.
SLOW = {"recent_window", "ears_c1", "ears_c2", "ears_c3"}


def with_share(counts: Counts, share, deviation=0.0) -> Counts:
    """The same counts, their last periods known to be reported so far and no farther."""
    known = np.ones(counts.values.shape)
    known[-len(share) :] = np.asarray(share)[:, None]
    spread = np.where(known < 1, deviation, 0.0)
    return replace(counts, completeness=Completeness(known, spread, "given"))


def weekly(mean: float = 40.0, weeks: int = 330, last=()) -> Counts:
    """One region whose weeks are near `mean`, and end with `last`; simulated."""
    values = np.random.default_rng(3).poisson(mean, (weeks, 1)).astype(np.int32)
    values[len(values) - len(last) :, 0] = last
    return Counts.from_array(values, start="2014-01-06", regions=["north"])


@pytest.mark.parametrize("name", NAMES)
def test_two_weeks_that_are_half_reported_and_doubled_alarm(name):
    """The counts look as usual: what is in of twice the usual."""
    counts = weekly(last=(42, 44))
    spec = DETECTORS[name]
    plain, known = spec.run(counts, last=4), spec.run(with_share(counts, [0.5, 0.5]), last=4)
    assert not plain.alarm[-2:].any()
    assert known.alarm[-2:].any() or name in SLOW
    assert known.statistic[-2:].max() > plain.statistic[-2:].max()  # a chart may have begun anew
    if known.expected is not None and plain.expected is not None:
        assert known.expected[-2, 0] == pytest.approx(plain.expected[-2, 0] / 2, rel=0.1)
    if known.upper_bound is not None:
        assert known.upper_bound[-2, 0] < plain.upper_bound[-2, 0]


@pytest.mark.parametrize("name", NAMES)
def test_two_weeks_that_are_half_reported_and_as_usual_do_not(name):
    counts = with_share(weekly(last=(20, 21)), [0.5, 0.5])
    found = DETECTORS[name].run(counts, last=4)
    assert not found.alarm[-2:].any()
    assert found.tested[-2:].all()
    assert found.reasons[found.note[-1, 0]] == THINNED


@pytest.mark.parametrize("name", NAMES)
def test_counts_known_to_be_complete_give_the_same_figures(name):
    counts = weekly(mean=3.0, last=(6, 9))
    spec = DETECTORS[name]
    plain, known = spec.run(counts, last=8), spec.run(with_share(counts, [1.0]), last=8)
    for array in ("alarm", "tested", "expected", "upper_bound", "statistic", "pvalue"):
        one, other = getattr(plain, array), getattr(known, array)
        assert (one is None) == (other is None)
        if one is not None:
            np.testing.assert_array_equal(one, other)
    assert plain.reasons == known.reasons


@pytest.mark.parametrize("name", [n for n in NAMES if n not in SLOW])
def test_a_share_that_is_not_known_for_sure_says_less(name):
    counts = weekly(last=(42, 44))
    spec = DETECTORS[name]
    sure, unsure = (
        spec.run(with_share(counts, [0.5, 0.5], deviation), last=4).statistic[
            -2, 0
        ]  # an alarm then may begin it anew
        for deviation in (0.0, 0.1)
    )
    assert unsure < sure


def test_a_history_that_is_reported_alike_changes_nothing():
    """Nine in ten of every week: usual for this region, and no reason for an alarm."""
    counts = weekly(last=(42, 44))
    alike = with_share(counts, [0.9] * len(counts.values))
    for name in NAMES:
        if name != "recent_window":  # as uptick_test: its baseline is taken as complete
            one, other = (DETECTORS[name].run(c, last=4).statistic for c in (counts, alike))
            np.testing.assert_array_equal(one, other)


def test_an_average_is_the_same_by_periods_and_as_a_whole():
    counts = weekly(mean=5.0, last=(9, 12))
    almost = replace(counts, completeness=Completeness(np.ones((330, 1)), np.full((330, 1), 1e-9), "given"))
    whole, parts = ewma(counts), ewma(almost)
    np.testing.assert_allclose(whole.statistic, parts.statistic, rtol=ROUNDED)
    np.testing.assert_allclose(whole.upper_bound, parts.upper_bound, rtol=ROUNDED)
    np.testing.assert_array_equal(whole.alarm, parts.alarm)


def test_ears_holds_a_baseline_in_part_against_what_it_would_have_been():
    """Days at half: the rate of the baseline is that of its exposure."""
    values = np.array([4, 5, 3, 4, 6, 4, 2, 2, 2])[:, None].astype(np.int32)
    counts = Counts.from_array(values, start="2020-04-06", freq="day")
    found = ears(with_share(counts, [0.5, 0.5, 0.5]), last=1)
    past, exposure = values[1:8, 0], np.array([1, 1, 1, 1, 1, 0.5, 0.5])
    assert found.expected[-1, 0] == pytest.approx(past.sum() / exposure.sum() / 2, abs=SAME)


def test_twins_of_r_take_every_week_as_complete():
    counts = weekly(last=(42, 44))
    known = with_share(counts, [0.5, 0.5])
    for twin in (surveillance.bayes, surveillance.ears, surveillance.rki, surveillance.farrington):
        one, other = twin(counts, last=2), twin(known, last=2)
        np.testing.assert_array_equal(one.statistic, other.statistic)
        np.testing.assert_array_equal(one.upper_bound, other.upper_bound)
        assert INCOMPLETE in other.reasons


# -- the rolling test is uptick_test -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def daily() -> Counts:
    values = np.random.default_rng(8).negative_binomial(0.8, 0.5, (1200, 3)).astype(np.int32)
    values[-14:, 1] += 2
    coverage = np.ones(values.shape, dtype=bool)
    coverage[-3:, 2] = False
    values[~coverage] = 0
    return Counts.from_array(
        values, start="2017-01-01", freq="day", regions=["east", "north", "west"], coverage=coverage
    )


@pytest.mark.parametrize("null", ["constant", "expected"])
@pytest.mark.parametrize("deviation", [0.0, 0.08])
@pytest.mark.parametrize("share", [[0.5] * 14, [1.0] * 7 + [0.9, 0.8, 0.8, 0.7, 0.6, 0.5, 0.4], [0.7], [1.0]])
def test_the_last_row_is_uptick_test_at_any_completeness(daily, share, deviation, null):
    known = with_share(daily, share, deviation)
    test = uptick_test(known, null=null, method="lrd_b").frame
    rolling = recent_window(known, null=null, last=3)
    np.testing.assert_allclose(rolling.pvalue[-1], test["pvalue"], rtol=SAME)


def test_a_bound_at_half_is_lower_than_at_all(daily):
    whole, half = (recent_window(c, last=1, bound=True) for c in (daily, with_share(daily, [0.5] * 14)))
    assert half.upper_bound[-1, 0] < whole.upper_bound[-1, 0]


# -- the monitor -------------------------------------------------------------------------------------------


def test_the_monitor_alarms_on_half_of_twice_the_usual():
    counts = weekly(last=(42, 44))
    assert monitor(counts).answers().tolist() == ["no alarm"]
    stated = monitor(counts, completeness=0.5)
    assert stated.answers().tolist() == ["alarm"]
    assert stated.parameters["completeness"] == 0.5
    known = monitor(with_share(counts, [0.5, 0.5]))
    np.testing.assert_array_equal(known.alarms.statistic, stated.alarms.statistic)
    two = monitor(counts, completeness=[0.5, 0.5], completeness_sd=[0.0, 0.1])
    assert two.alarms.statistic[-1, 0] < stated.alarms.statistic[-1, 0]
    assert monitor(counts, completeness=1.0).answers().tolist() == ["no alarm"]


def test_the_monitors_option_speaks_of_the_periods_shown(daily):
    week = daily.resample("week")
    shown = replace(daily, freq="week")
    names = ["cusum_poisson"]
    one, other = (monitor(c, names, completeness=[0.9, 0.5], last=4) for c in (week, shown))
    np.testing.assert_allclose(one.alarms.expected, other.alarms.expected, rtol=SAME)
    latest = one.alarms.latest_index
    covered = [0, 1]
    assert (one.alarms.expected[latest] < 0.6 * one.alarms.expected[latest - 2])[covered].all()


@pytest.mark.parametrize(
    "options", [{"completeness": 1.2}, {"completeness": [0.5, 0.0]}, {"completeness_sd": 0.1}]
)
def test_what_is_no_completeness_is_refused(options):
    with pytest.raises(OptionError):
        monitor(weekly(weeks=120), **options)


def test_the_command_takes_it(run, tmp_path):
    counts = weekly(weeks=120, last=(42, 44))
    days = np.repeat(counts.starts, counts.values[:, 0]).astype(str)
    rows = "\n".join(f"{number},{day},Kirkuk" for number, day in enumerate(days))
    (tmp_path / "incidents.csv").write_text(f"id,date,admin1\n{rows}\n", encoding="utf-8")
    command = ("monitor", tmp_path / "incidents.csv", "--as-of", counts.as_of, "--fail-on-alarm")
    assert run(*command)[0] == 0
    code, shown, _ = run(*command, "--completeness", "0.5", "--completeness-sd", "0.02")
    assert code == 3
    assert "alarm in Kirkuk" in shown
