"""The calendar: known dates, lengths, order, and days that are not covered."""

from __future__ import annotations

import csv
import runpy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import UptickError
from analytics.geo.calendars import (
    calendar_days,
    calendar_names,
    calendar_windows,
    calendar_years,
    overlaps,
)
from analytics.periods import as_window, day_range

LENGTHS = {"ramadan": {29, 30}, "eid_al_fitr": {3}, "eid_al_adha": {4}, "arbaeen": {8}, "curfew": {30}}
# Published by the Saudi authorities in those years, which announce by this calendar nearly always.
KNOWN = {
    "ramadan": {"2011-08-01", "2019-05-06", "2020-04-24", "2021-04-13", "2024-03-11", "2025-03-01"},
    "eid_al_fitr": {"2020-05-24", "2023-04-21", "2024-04-10"},
    "eid_al_adha": {"2019-08-11", "2020-07-31", "2023-06-28", "2024-06-16"},
    "curfew": {"2020-03-22"},
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_first_days(name):
    assert {str(window.start) for window in calendar_windows(name)} >= KNOWN[name]


def test_ramadan_ends_the_day_before_the_eid_and_arbaeen_is_on_its_last_day():
    eids = {window.start for window in calendar_windows("eid_al_fitr")}
    for window in calendar_windows("ramadan")[:-1]:
        assert window.end + np.timedelta64(1, "D") in eids
    assert as_window("2019-10-12..2019-10-19") in calendar_windows("arbaeen")


@pytest.mark.parametrize("name", calendar_names())
def test_lengths_and_the_distance_of_a_lunar_year(name):
    windows = calendar_windows(name)
    assert {window.days for window in windows} <= LENGTHS[name]
    starts = np.array([window.start for window in windows])
    assert set(np.diff(starts).astype(int)) <= {353, 354, 355, 356}
    assert len(windows) in ({1} if name == "curfew" else {42, 43})  # 41 years hold 42.3 lunar ones
    assert all(calendar_years(name).contains(starts))


def test_days_agree_with_membership_one_by_one():
    days = day_range(np.datetime64("2018-01-01"), np.datetime64("2021-12-31"))[::-1]
    found = calendar_days(calendar_names(), days)
    for column, name in enumerate(calendar_names()):
        inside = np.any([window.contains(days) for window in calendar_windows(name)], axis=0)
        np.testing.assert_array_equal(found[:, column], inside)
    np.testing.assert_array_equal(calendar_days("ramadan", days), found[:, :1])


@given(st.integers(0, 14_000), st.integers(1, 40), st.integers(1, 400))
def test_overlaps_count_the_days_that_calendar_days_marks(first, recent_days, baseline_days):
    start = calendar_years("ramadan").start + np.timedelta64(first, "D")
    days = start + np.arange(baseline_days + recent_days)
    recent = as_window((days[baseline_days], days[-1]))
    baseline = as_window((days[0], days[baseline_days - 1]))
    marked = calendar_days(calendar_names(), days)
    found = {o.name: (o.recent_days, o.baseline_days) for o in overlaps(recent, baseline)}
    for name, column in zip(calendar_names(), marked.T, strict=True):
        late = int(column[baseline_days:].sum())
        assert found.get(name) == ((late, int(column[:baseline_days].sum())) if late else None)


def test_the_articles_fortnight_lies_in_the_curfew_and_the_next_one_in_ramadan_which_the_baseline_has():
    (found,) = overlaps(as_window("2020-03-30..2020-04-12"), as_window("2019-03-05..2020-03-02"))
    assert (found.name, found.recent_only, found.recent_days) == ("curfew", True, 14)
    later = overlaps(
        as_window("2020-04-27..2020-05-10"), as_window("2019-04-02..2020-03-30"), countries=["Iraq"]
    )
    assert [str(o) for o in later] == [
        "14 of 14 recent days lie in Ramadan, 29 of 364 days of the baseline",
    ]
    assert not later[0].recent_only


def test_each_line_has_its_source_and_the_file_is_in_order(project):
    with (project / "data" / "iraq" / "calendar.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["name"] for row in rows} == set(calendar_names())
    assert all(len(row["source"]) > 20 and row["start"] <= row["end"] for row in rows)
    assert [row["start"] for row in rows] == sorted(row["start"] for row in rows)


def test_the_script_makes_the_file(project, tmp_path):
    pytest.importorskip("hijridate", reason="hijridate not installed; only the script needs it")
    runpy.run_path(str(project / "data" / "iraq" / "make_calendar.py"))["write"](tmp_path / "calendar.csv")
    assert (tmp_path / "calendar.csv").read_bytes() == (
        project / "data" / "iraq" / "calendar.csv"
    ).read_bytes()


@pytest.mark.parametrize(
    ("names", "day"), [(["ramadhan"], "2020-04-24"), ("ramadan", "1989-12-31"), ("curfew", "2031-01-01")]
)
def test_what_the_calendar_does_not_hold_says_so(names, day, snapshot):
    with pytest.raises(UptickError) as caught:
        calendar_days(names, np.array([day], dtype="datetime64[D]"))
    assert str(caught.value) == snapshot
