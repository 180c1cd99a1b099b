"""The noun Counts: its invariants, its other shapes, and counts that other code has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.counts import UNPLACED, Counts
from analytics.counts.accounting import CountAccounting
from analytics.counts.axis import PeriodAxis
from analytics.errors import UptickError


def daily(values, *, start="2020-03-30", as_of=None, freq="day", covered=None, unplaced=None, regions=None):
    values = np.atleast_2d(np.asarray(values, dtype=np.int32))
    if values.shape[0] == 1:
        values = values.T
    starts = np.datetime64(start) + np.arange(len(values))
    return Counts(
        values=values,
        coverage=np.ones(values.shape, bool) if covered is None else np.asarray(covered),
        starts=starts,
        regions=regions or tuple("ABCDEFG"[: values.shape[1]]),
        freq=freq,
        finest="day",
        week_start="monday",
        as_of=np.datetime64(as_of) if as_of else starts[-1],
        unplaced=None if unplaced is None else np.asarray(unplaced, dtype=np.int32),
    )


def test_weeks_add_up_their_days():
    weekly = daily(np.arange(14), freq="week").resample("week")
    assert weekly.values.ravel().tolist() == [sum(range(7)), sum(range(7, 14))]
    assert weekly.labels() == ["2020-W14", "2020-W15"]
    assert weekly.coverage.all()
    assert not weekly.provisional.any()


def test_a_week_only_partly_in_the_grid_is_not_a_quiet_week():
    weekly = daily(np.ones(12, int), start="2020-04-01").resample("week")
    assert weekly.labels()[0] == "2020-W14"
    assert weekly.coverage.ravel().tolist() == [False, True]
    assert weekly.to_frame()["A"].isna().tolist() == [True, False]


def test_a_running_week_is_provisional_and_shown_so_far():
    counts = daily(np.ones(10, int), freq="week")
    weekly = counts.resample("week")
    assert weekly.provisional.tolist() == [False, True]
    assert weekly.values.ravel().tolist() == [7, 3]
    assert weekly.coverage.all()
    assert counts.last_complete_day == np.datetime64("2020-04-05")
    assert daily(np.ones(10, int), freq="day").last_complete_day == np.datetime64("2020-04-08")
    long = counts.to_frame("long")
    assert long["provisional"].tolist() == [False, True]


def test_spells_without_coverage_are_missing_in_the_table_and_in_the_week():
    covered = np.ones((14, 2), bool)
    covered[3, 0] = False
    counts = daily(np.ones((14, 2), int), covered=covered)
    assert counts.to_frame()["A"].isna().sum() == 1
    weekly = counts.resample("week").to_frame()
    assert weekly["A"].isna().tolist() == [True, False]
    assert weekly["B"].tolist() == [7, 7]


def test_the_unplaced_are_a_column_of_their_own_and_part_of_the_total():
    counts = daily(np.ones((7, 2), int), unplaced=[0, 0, 3, 0, 0, 0, 0])
    assert counts.to_frame()[UNPLACED].sum() == 3
    assert counts.total().values.sum() == 17
    selected = counts.select(["A"])
    assert selected.total().values.sum() == 7, "the unplaced belong to no selection"


def test_a_total_has_no_coverage_where_a_region_has_none():
    covered = np.ones((3, 2), bool)
    covered[1, 1] = False
    total = daily(np.ones((3, 2), int), covered=covered).total()
    assert total.coverage.ravel().tolist() == [True, False, True]
    assert total.values.ravel().tolist() == [2, 0, 2]


def test_until_drops_what_came_later():
    counts = daily(np.arange(14))
    earlier = counts.until("2020-04-05")
    assert earlier.as_of == np.datetime64("2020-04-05")
    assert earlier.values.ravel().tolist() == list(range(7))


@given(
    st.lists(
        st.lists(st.one_of(st.none(), st.integers(0, 50)), min_size=3, max_size=3), min_size=1, max_size=30
    )
)
@settings(max_examples=50, deadline=None)
def test_from_frame_gives_back_what_it_took(rows):
    index = pd.date_range("2020-01-06", periods=len(rows), freq="7D")
    frame = pd.DataFrame(rows, index=index, columns=list("XYZ"), dtype="Int64")
    counts = Counts.from_frame(frame, freq="week", as_of=index[-1] + pd.Timedelta(days=6))
    back = counts.to_frame()
    pd.testing.assert_frame_equal(
        back.reset_index(drop=True), frame.reset_index(drop=True), check_dtype=False, check_column_type=False
    )


def frame_of(values, index):
    return pd.DataFrame({"A": values}, index=index)


def test_from_frame_says_what_missing_periods_mean_only_when_told():
    frame = frame_of([1, 2], ["2020-W14", "2020-W16"])
    gap = Counts.from_frame(frame, freq="week", as_of="2020-04-19", missing="uncovered")
    assert gap.to_frame()["A"].isna().tolist() == [False, True, False]
    zero = Counts.from_frame(frame, freq="week", as_of="2020-04-19", missing="zero")
    assert zero.to_frame()["A"].tolist() == [1, 0, 2]


def test_a_period_that_stands_twice_is_named():
    weeks = ["2020-W14", "2020-W15", "2020-W15", "2020-W16", "2020-W16"]
    with pytest.raises(UptickError) as error:
        Counts.from_frame(frame_of(range(5), weeks), freq="week", as_of="2020-04-19")
    assert "a period stands twice" in str(error.value)
    assert error.value.found == "2020-04-06"


@pytest.mark.parametrize("order", [[0, 1, 1], [0, 2, 1], [0, 1, 3]])
def test_periods_that_are_missing_twice_there_or_out_of_order_are_refused(order):
    starts = Counts.from_array(np.ones((4, 1), int), start="2020-03-30").starts
    with pytest.raises(UptickError, match="periods are missing or out of order"):
        PeriodAxis(starts[order], "week", "week", "monday", starts[-1] + 6)


def test_from_frame_takes_coverage_as_spells_or_as_a_table():
    days = pd.date_range("2020-03-30", periods=7)
    frame = pd.DataFrame({"A": 1, "B": 1}, index=days)
    spells = Counts.from_frame(
        frame, freq="day", as_of="2020-04-05", no_coverage=["2020-04-01..2020-04-02@B"]
    )
    table = pd.DataFrame({"A": True, "B": [True, True, False, False, True, True, True]}, index=days)
    as_table = Counts.from_frame(frame, freq="day", as_of="2020-04-05", coverage=table)
    np.testing.assert_array_equal(spells.coverage, as_table.coverage)
    assert spells.coverage.sum() == 12


WEEKS = ["2020-W14", "2020-W15"]


@pytest.mark.parametrize(
    "call",
    [
        lambda: Counts.from_frame(
            frame_of([1, 2], ["2020-W14", "2020-W16"]), freq="week", as_of="2020-04-19"
        ),
        lambda: Counts.from_frame(
            frame_of([1, 2], ["2020-W14", "2020-W14"]), freq="week", as_of="2020-04-05"
        ),
        lambda: Counts.from_frame(
            frame_of([1, 2], ["2020-04-01", "2020-04-08"]), freq="week", as_of="2020-04-12"
        ),
        lambda: Counts.from_frame(frame_of([1, 2.5], WEEKS), freq="week", as_of="2020-04-12"),
        lambda: Counts.from_frame(frame_of([1, -1], WEEKS), freq="week", as_of="2020-04-12"),
        lambda: Counts.from_frame(frame_of([1, "two"], WEEKS), freq="week", as_of="2020-04-12"),
        lambda: Counts.from_frame(frame_of([1, 2], WEEKS), freq="week", as_of="2020-04-02"),
        lambda: Counts.from_frame(frame_of([1, 2], WEEKS), freq="W-MON", as_of="2020-04-12"),
        lambda: Counts.from_frame(frame_of([1, 2], WEEKS), freq="week", as_of="2020-04-12", missing="guess"),
        lambda: Counts.from_frame(frame_of([], []), freq="week", as_of="2020-04-12"),
        lambda: Counts.from_frame(
            frame_of([1, 2], WEEKS), freq="week", as_of="2020-04-12", no_coverage=["2020-04-01..2020-04-02@B"]
        ),
        lambda: daily([1, 2, 3]).select(["Z"]),
        lambda: daily([1, 2, 3]).to_frame("broad"),
        lambda: daily([1, 2, 3]).until("2021-01-01"),
        lambda: Counts.from_frame(frame_of([1, 2], WEEKS), freq="week", as_of="2020-04-12").resample("day"),
        lambda: daily([1, 2, 3], covered=[[True]]),
        lambda: daily([1, -2, 3]),
        lambda: daily([[1, 2], [3, 4]], regions=("A", "A")),
        lambda: Counts.from_frame(
            frame_of([1, 2], WEEKS), freq="week", as_of="2020-04-12", coverage=["2020-04-01..2020-04-02@A"]
        ),
        lambda: daily([1, 2, 3], regions=("Kirkuk",)).select("Kirkuq"),
    ],
)
def test_what_cannot_be_counts_says_so(call, snapshot):
    with pytest.raises(UptickError) as caught:
        call()
    assert str(caught.value) == snapshot


def test_an_accounting_that_does_not_add_up_cannot_exist():
    CountAccounting(10, 5, {"where x": 2}, 1, 1, 1, 0)
    with pytest.raises(AssertionError, match="9 of 10"):
        CountAccounting(10, 5, {"where x": 1}, 1, 1, 1, 0)


def test_the_printed_forms_say_what_they_hold():
    counts = daily(np.ones(7, int))
    assert "7 incidents, 1 region by region, 2020-03-30..2020-04-05" in repr(counts)
    assert "2 regions by region" in repr(daily(np.ones((7, 2), int)))
    assert "<table" in counts._repr_html_()
    many = daily(np.ones((7, 120), int), regions=tuple(f"region {i}" for i in range(120)))
    assert len(repr(many).splitlines()) == 1


def test_names_and_notes_of_the_data_are_text_in_html():
    mark = "<script>alert(1)</script>"
    counts = replace(daily(np.ones(7, int), regions=(mark,)), by=mark, notes=(mark,))
    assert counts._repr_html_().count("&lt;script&gt;alert(1)&lt;/script&gt;") == 3
    assert "<script" not in counts._repr_html_()


def test_length_labels_and_table_speak_of_the_periods_shown():
    values = np.arange(24)
    for freq, first, periods in (("day", "2020-03-27", 24), ("week", "2020-W13", 4)):
        counts = daily(values, start="2020-03-27", freq=freq)
        assert len(counts) == len(counts.labels()) == len(counts.to_frame()) == periods
        assert counts.labels()[0] == counts.to_frame("long")["label"].iloc[0] == first
        assert len(counts.starts) == len(counts.values) == 24
    assert (
        counts.labels()
        == counts.resample("week").labels()
        == ["2020-W13", "2020-W14", "2020-W15", "2020-W16"]
    )


@pytest.mark.parametrize(("as_of", "complete"), [("2020-04-05", 7), ("2020-04-06", 7), ("2020-04-12", 14)])
def test_complete_counts_the_periods_that_were_over(as_of, complete):
    days = int((np.datetime64(as_of) - np.datetime64("2020-03-30")).astype(int)) + 1
    counts = daily(np.ones(days, int), freq="week")
    assert counts.complete == complete
    assert counts.resample("week").complete == complete // 7
    assert replace(counts, freq="day").complete == days
    # The grid's own last period may still be running: weeks held, as_of within the last of them.
    weeks = Counts.from_array([3, 1, 4], start="2020-03-30", as_of="2020-04-15")
    assert (weeks.complete, len(weeks)) == (2, 3)


def test_one_region_is_selected_by_its_name():
    counts = daily([[1, 2], [3, 4]], regions=("Kirkuk", "Diyala"))
    assert counts.select("Diyala").regions == ("Diyala",)
    assert counts.select("Diyala").values.ravel().tolist() == [2, 4]
    assert counts.select(["Diyala", "Kirkuk"]).values.tolist() == [[2, 1], [4, 3]]


def test_arrays_become_counts_with_their_dates():
    weeks = Counts.from_array([[1, 0], [2, np.nan], [0, 4]], start="2020-03-30", regions=["Kirkuk", "Diyala"])
    assert weeks.labels() == ["2020-W14", "2020-W15", "2020-W16"]
    assert (str(weeks.as_of), weeks.freq, weeks.finest) == ("2020-04-19", "week", "week")
    assert weeks.values.tolist() == [[1, 0], [2, 0], [0, 4]]
    assert weeks.coverage.tolist() == [[True, True], [True, False], [True, True]]
    frame = weeks.to_frame()
    again = Counts.from_frame(frame.set_axis(weeks.labels()), freq="week", as_of="2020-04-19")
    pd.testing.assert_frame_equal(again.to_frame(), frame)
    # One series, from its end; and a week still running.
    days = Counts.from_array(np.arange(5), freq="day", as_of="2020-04-12")
    assert (str(days.starts[0]), days.regions) == ("2020-04-08", ("region 1",))
    running = Counts.from_array([3, 1], start="2020-04-06", as_of="2020-04-15")
    assert running.provisional.tolist() == [False, True]


def test_an_array_that_is_given_is_left_alone():
    values, covered = np.array([[1.0], [np.nan]]), np.ones((2, 1), bool)
    counts = Counts.from_array(values, start="2020-04-06", coverage=covered)
    assert covered.all()
    assert np.isnan(values[1, 0])
    assert not counts.coverage[1, 0]


@pytest.mark.parametrize(
    ("values", "options", "said"),
    [
        ([[1]], {}, "counts need a date"),
        ([[1]], {"start": "2020-04-07"}, "not one on which a week starts"),
        ([[1]], {"as_of": "2020-04-11"}, "not one on which a week starts"),
        ([[1], [1.5]], {"start": "2020-04-06"}, r"not a whole number[\s\S]*period 1, region 0"),
        ([[1], [-1]], {"start": "2020-04-06"}, "not a whole number"),
        ([[2**40]], {"start": "2020-04-06"}, "not a whole number"),
        ([["1"]], {"start": "2020-04-06"}, "these are not counts"),
        ([[[1]]], {"start": "2020-04-06"}, "these are not counts"),
        ([[1]], {"start": "2020-04-06", "coverage": [[True, True]]}, "coverage has another shape"),
        ([[1]], {"start": "2020-04-06", "regions": ["A", "B"]}, "wrong shape"),
        ([], {"start": "2020-04-06"}, "at least one period"),
    ],
)
def test_arrays_that_are_no_counts_are_refused(values, options, said):
    with pytest.raises(UptickError, match=said):
        Counts.from_array(values, **options)
