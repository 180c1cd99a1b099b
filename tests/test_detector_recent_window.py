"""The rolling recent-window test: its last row is uptick_test's, whatever the coverage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.counts import Counts
from analytics.detectors._recent_window import PARTLY, recent_window
from analytics.detectors.grid import NO_COVERAGE, RUNNING, SHORT
from analytics.errors import HistoryError, OptionError
from analytics.kernels.windows import recent as kernel
from analytics.kernels.windows.lrd import lrd_test
from analytics.upticks import uptick_test

SAME = 1e-9  # the same whole-number sums, with moments from running totals instead of from each baseline
SUNDAY = np.datetime64("2020-04-12")
DAYS = 7 * 64  # 406 of them in the test: six weeks to spare


def counts_of(values, *, covered=None, end=SUNDAY, freq="week", finest="day"):
    names = [f"R{i}" for i in range(np.shape(values)[1] if np.ndim(values) > 1 else 1)]
    counts = Counts.from_array(values, freq=finest, as_of=end, regions=names, coverage=covered)
    return replace(counts, freq=freq)


def bursty(rng, shape, mean):
    size = 0.5
    return rng.negative_binomial(size, size / (size + mean), shape)


def check_last_row(counts, **options):
    """The latest row of the detector against uptick_test on the same counts."""
    alarms = recent_window(counts, **options)
    lengths = {k: v for k, v in options.items() if k in ("recent", "guard", "baseline", "null")}
    frame = uptick_test(counts, **lengths).frame
    latest = alarms.latest()
    tested = frame["pvalue"].notna().to_numpy()
    # Nothing is concluded from a window covered in part: no alarm, and no verdict either.
    concluded = tested & (frame["grade"] != "no_data").to_numpy()
    np.testing.assert_array_equal(latest["alarm"].notna(), concluded)
    assert (latest["note"][tested & ~concluded] == PARTLY).all()
    np.testing.assert_allclose(latest["pvalue"], frame["pvalue"], rtol=SAME, atol=SAME)
    in_window = frame["recent_periods"].to_numpy() * counts.period_days / alarms.period_days
    expected = latest["expected"].to_numpy() * in_window
    np.testing.assert_allclose(expected[tested], frame["expected"][tested], rtol=SAME)
    for note, reason, is_tested in zip(latest["note"], frame["reason"], tested, strict=True):
        if not is_tested:
            assert note == reason
    return alarms


def test_last_row_is_uptick_test():
    rng = np.random.default_rng(1)
    values = np.hstack([bursty(rng, (DAYS, 6), mean) for mean in (0.01, 0.1, 0.5, 3.0)])
    values[-14:, ::3] += rng.poisson(2.0, (14, 8))
    alarms = check_last_row(counts_of(values))
    assert alarms.alarm[-1].sum() >= 6
    window = values[-14:].sum(axis=0)
    np.testing.assert_array_equal(alarms.observed[-1] + alarms.observed[-2], window)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    end=st.integers(0, 6),
    freq=st.sampled_from(["day", "week"]),
    lengths=st.sampled_from([(14, 28, 364), (7, 0, 56), (21, 7, 200), (5, 3, 100)]),
)
def test_last_row_is_uptick_test_with_gaps_and_sparse_regions(seed, end, freq, lengths):
    rng = np.random.default_rng(seed)
    regions = 8
    values = bursty(rng, (DAYS, regions), rng.choice([0.002, 0.02, 0.2, 2.0], regions))
    covered = np.ones(values.shape, bool)
    for region in range(regions):
        for _ in range(rng.integers(0, 4)):
            at = int(rng.choice([rng.integers(0, DAYS), DAYS - rng.integers(1, 30)]))
            covered[at : at + rng.integers(1, 40), region] = False
    if rng.random() < 0.5:
        covered[: rng.integers(0, DAYS), 0] = False
    recent, guard, baseline = lengths
    if freq == "week" and recent == 5:
        recent = 7
    counts = counts_of(values, covered=covered, end=SUNDAY + end, freq=freq)
    check_last_row(counts, recent=recent, guard=guard, baseline=baseline, last=3)


@pytest.mark.slow
def test_every_row_is_the_uptick_test_of_its_day():
    rng = np.random.default_rng(4)
    values = bursty(rng, (DAYS, 5), 0.3)
    covered = np.ones(values.shape, bool)
    covered[-20:-10, 1] = False
    counts = counts_of(values, covered=covered)
    alarms = recent_window(counts)
    tested = np.flatnonzero(alarms.tested.any(axis=1))
    assert tested.size == 49  # from the sixteenth week on
    for row in tested:
        frame = uptick_test(counts.until(alarms.starts[row] + 6)).frame
        np.testing.assert_allclose(alarms.pvalue[row], frame["pvalue"], rtol=SAME)


def test_weekly_counts():
    rng = np.random.default_rng(5)
    values = bursty(rng, (66, 10), 2.0)
    covered = np.ones(values.shape, bool)
    covered[-2, 0] = covered[-1, 1] = False
    covered[10:40, 2] = False
    alarms = check_last_row(counts_of(values, covered=covered, finest="week"))
    assert alarms.how().overlap == 2
    with pytest.raises(OptionError, match="weekly counts cannot be tested day by day"):
        recent_window(counts_of(values, finest="week"), every="day")
    with pytest.raises(OptionError, match="whole number of weeks"):
        recent_window(counts_of(values, finest="week"), recent=10)


def test_daily_rows_on_request_and_where_days_are_shown():
    rng = np.random.default_rng(6)
    values = bursty(rng, (420, 3), 0.4)
    by_day = recent_window(counts_of(values, freq="day"))
    assert by_day.freq == "day"
    assert by_day.how().overlap == 14
    asked = recent_window(counts_of(values), every="day")
    np.testing.assert_array_equal(asked.pvalue, by_day.pvalue)
    weekly = recent_window(counts_of(values, freq="day"), every="week")
    np.testing.assert_allclose(weekly.pvalue[-2:], by_day.pvalue[[-8, -1]], rtol=SAME)


def test_a_running_week_is_not_tested_and_the_window_ends_before_it():
    rng = np.random.default_rng(7)
    values = bursty(rng, (DAYS, 2), 0.5)
    counts = counts_of(values, end=SUNDAY + 3)
    alarms = check_last_row(counts)
    assert not alarms.tested[-1].any()
    assert alarms.frame["note"].iloc[-1] == RUNNING
    assert alarms.latest()["period"].iloc[0] == np.datetime64("2020-04-06")


def test_short_history_is_said_not_raised():
    values = np.random.default_rng(8).poisson(1.0, (DAYS, 1))
    alarms = recent_window(counts_of(values))
    assert set(alarms.frame["note"].iloc[:15]) == {SHORT}
    assert alarms.tested[15:].all()
    stated = recent_window(counts_of(values), baseline=364)
    assert set(stated.frame["note"].iloc[:57]) == {SHORT}
    assert stated.tested[57:].all()
    short = recent_window(counts_of(values[-100:]))
    assert not short.tested.any()
    assert set(short.frame["note"]) <= {SHORT, NO_COVERAGE}
    with pytest.raises(HistoryError, match="fewer than 70"):
        recent_window(counts_of(values), last=70)


def test_zeros_constants_and_single_incidents():
    values = np.zeros((DAYS, 5), int)
    values[:, 1] = 1
    values[-3, 2] = 1  # one incident ever, in the recent window
    values[100, 3] = 1  # one incident ever, long ago
    values[-5:, 4] = 4  # nothing before, twenty now
    alarms = check_last_row(counts_of(values))
    latest = alarms.latest()
    assert latest["note"].iloc[0] == "there is no incident in the baseline or the recent window"
    assert latest["alarm"].iloc[1:4].tolist() == [False, False, False]
    assert latest["pvalue"].iloc[3] == 1.0
    # With nothing to judge by, the rotation decides: 10 of the 393 windows hold all five days.
    assert latest["pvalue"].iloc[4] == pytest.approx(10 / 393)
    # A region that was never covered has a reason of its own, and no number.
    covered = np.ones(values.shape, bool)
    covered[:, 0] = False
    never = check_last_row(counts_of(values, covered=covered)).latest()
    assert never["note"].iloc[0] == "more than half of the recent window has no coverage"
    assert np.isnan(never["expected"].iloc[0])


def test_nothing_is_concluded_from_a_partly_covered_window():
    values = bursty(np.random.default_rng(9), (DAYS, 2), 1.0)
    covered = np.ones(values.shape, bool)
    covered[-2, 0] = False
    values[-14:] += 9  # an alarm, were the window covered
    alarms = check_last_row(counts_of(values, covered=covered))
    frame = alarms.latest()
    assert frame["observed"].isna().tolist() == [True, False]
    assert frame["alarm"].isna().tolist() == [True, False]
    assert frame["alarm"].iloc[1]
    assert (frame["pvalue"] < 0.003).all()
    assert frame["note"].tolist() == [PARTLY, ""]


def test_alpha_for_each_region_and_its_bounds():
    values = bursty(np.random.default_rng(10), (DAYS, 4), 1.0)
    counts = counts_of(values)
    alarms = recent_window(counts, alpha=[0.9, 0.5, 0.2, 1e-6])
    level = np.array([0.9, 0.5, 0.2, 1e-6])
    np.testing.assert_array_equal(alarms.alarm, alarms.tested & (alarms.pvalue <= level))
    for bad in (0, 1, [0.1, 0.2], np.nan):
        with pytest.raises(OptionError):
            recent_window(counts, alpha=bad)
    with pytest.raises(OptionError, match="too short to judge"):
        recent_window(counts, baseline=69)


def test_upper_bound_is_where_the_alarm_starts():
    rng = np.random.default_rng(11)
    values = bursty(rng, (DAYS, 30), 1.0)
    values[-5:, :15] += 3
    counts = counts_of(values)
    alarms = recent_window(counts, bound=True, alpha=0.0027, last=1)
    assert (alarms.observed >= alarms.upper_bound)[alarms.alarm].all()
    raised = values.copy()
    lacking = np.maximum(alarms.upper_bound[-1] - alarms.observed[-1], 0).astype(int)
    raised[-7:] += -(-lacking // 7)
    # That is where the model's tail reaches alpha; the rotation may still hold the alarm back.
    test = lrd_test(raised[-406:], np.ones((406, 30), bool), length=14, guard=28)
    assert (test.pvalue_a <= 0.0028).all()
    assert recent_window(counts_of(raised), alpha=0.02, last=1).alarm.mean() > 0.8


def test_blocks_do_not_matter(monkeypatch):
    rng = np.random.default_rng(12)
    values = bursty(rng, (DAYS, 7), 0.5)
    covered = rng.random(values.shape) > 0.002
    counts = counts_of(values, covered=covered)
    whole = recent_window(counts, bound=True)
    monkeypatch.setattr(kernel, "_BLOCK", 2 * DAYS)
    monkeypatch.setattr(kernel, "_COLUMNS", 3)
    parts = recent_window(counts, bound=True)
    for name in ("pvalue", "expected", "upper_bound", "tested"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=SAME)


def test_rolling_kernel_is_lrd_test_at_each_end():
    rng = np.random.default_rng(13)
    values = bursty(rng, (200, 4), 0.3)
    covered = np.ones(values.shape, bool)
    covered[20:30, 1] = False
    ends = np.array([150, 171, 200])
    rolled = kernel.rolling_test(values, covered, ends, kernel.Lengths(7, 3, 100))
    for row, end in enumerate(ends):
        part = slice(end - 110, end)
        alone = lrd_test(values[part], covered[part], length=7, guard=3)
        np.testing.assert_allclose(rolled.pvalue[row], alone.pvalue, rtol=SAME)
        np.testing.assert_allclose(rolled.expected[row], alone.expected, rtol=SAME)


def test_order_of_regions_does_not_matter():
    values = bursty(np.random.default_rng(14), (DAYS, 6), 0.5)
    there = recent_window(counts_of(values)).pvalue
    back = recent_window(counts_of(values[:, ::-1])).pvalue[:, ::-1]
    np.testing.assert_allclose(there, back, rtol=SAME)


def test_simulated_data_and_notes_are_carried():
    counts = replace(counts_of(np.ones((DAYS, 1), int)), simulated=True, notes=("a note",))
    alarms = recent_window(counts, last=1)
    assert alarms.simulated
    assert "a note" in alarms.notes
    assert any("14 days" in note for note in alarms.notes)


@pytest.mark.parametrize("finest", ["day", "week"])
def test_last_row_under_the_expected_null(finest):
    rng = np.random.default_rng(15)
    season = np.exp(0.8 * np.cos(2 * np.pi * np.arange(1_200) / 365.25))[:, None]
    values = rng.poisson(season * np.array([1.0, 0.3, 0.002, 1.0, 1.0, 0.0]))
    values[-100, 2] = 3
    covered = np.ones(values.shape, bool)
    covered[-10, 3] = False
    covered[-200:, 4] = False
    counts = counts_of(values, covered=covered)
    if finest == "week":
        counts = counts.resample("week")
    alarms = check_last_row(counts, null="expected", last=3)
    assert alarms.latest()["note"].tolist()[2:] == [
        "not adjusted: too few incidents or gaps",
        "not adjusted: too few incidents or gaps",
        "more than half of the recent window has no coverage",
        "there is no incident in the baseline or the recent window",
    ]
    for row in range(3):
        frame = uptick_test(counts.until(alarms.starts[row] + 6), null="expected").frame
        np.testing.assert_allclose(alarms.pvalue[row], frame["pvalue"], rtol=SAME)


def test_the_expected_null_says_where_history_is_too_short():
    values = np.random.default_rng(16).poisson(1.0, (7 * 112, 2))
    alarms = recent_window(counts_of(values), null="expected")
    notes = alarms.frame["note"].iloc[:112].tolist()
    # 730 days, a guard of 28 and a window of 14 are 772 days: the 111th week is the first.
    assert notes[57:110] == ["not adjusted: fewer than 730 days of history before the guard"] * 53
    assert notes[110:] == ["", ""]
    with pytest.raises(OptionError, match="bound is for the constant null only"):
        recent_window(counts_of(values), null="expected", bound=True)
    with pytest.raises(OptionError, match="unknown null"):
        recent_window(counts_of(values), null="flat")


def test_a_year_of_53_weeks_is_a_year_of_weeks():
    values = bursty(np.random.default_rng(17), (DAYS, 3), 0.5)
    alarms = check_last_row(counts_of(values, end=np.datetime64("2021-01-10")))
    assert alarms.labels()[-3:] == ["2020-W52", "2020-W53", "2021-W01"]
    assert alarms.tested[-3:].all()
