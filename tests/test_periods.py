"""Days, weeks and windows."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import OptionError, UptickError
from analytics.periods import (
    WEEKDAYS,
    Window,
    as_day,
    as_gap,
    as_window,
    check_freq,
    check_week_start,
    label_periods,
    parse_week,
    period_starts,
    week_first_day,
    week_label,
)

DATES = st.dates(dt.date(1950, 1, 1), dt.date(2100, 12, 31))


@given(DATES)
def test_a_label_names_the_week_its_day_lies_in(date):
    monday = week_first_day(np.datetime64(date))
    label = week_label(monday)
    year, week, _ = date.isocalendar()
    assert label == f"{year}-W{week:02d}"
    window = parse_week(label)
    assert window.start <= np.datetime64(date) <= window.end
    assert window.days == 7


@given(DATES, st.sampled_from(WEEKDAYS))
def test_weeks_start_on_the_day_they_are_told_to(date, week_start):
    first = week_first_day(np.datetime64(date), week_start).item()
    assert first.weekday() == check_week_start(week_start)
    assert 0 <= (date - first).days <= 6


def test_years_of_53_weeks():
    starts = period_starts(np.datetime64("2020-12-20"), np.datetime64("2021-01-10"), "week")
    assert label_periods(starts, "week") == ["2020-W51", "2020-W52", "2020-W53", "2021-W01"]
    assert str(parse_week("2015-W53")) == "2015-12-28..2016-01-03"


def test_weeks_that_start_on_another_day_carry_no_iso_label():
    starts = period_starts(np.datetime64("2020-04-13"), np.datetime64("2020-04-13"), "week", "saturday")
    assert label_periods(starts, "week", "saturday") == ["2020-04-11+7d"]


@pytest.mark.parametrize(
    "given_day",
    ["2020-04-12", " 2020-04-12 ", dt.date(2020, 4, 12), dt.datetime(2020, 4, 12, 23, 59),
     pd.Timestamp("2020-04-12 12:00"), np.datetime64("2020-04-12T05")],
)  # fmt: skip
def test_days_are_read_from_what_people_hold(given_day):
    assert as_day(given_day) == np.datetime64("2020-04-12")


@pytest.mark.parametrize(
    "call",
    [
        lambda: as_day("12/04/2020", "as_of"),
        lambda: as_day("2020-02-30", "as_of"),
        lambda: as_day("0025-09-01", "as_of"),
        lambda: as_day(pd.NaT, "as_of"),
        lambda: as_day(20200412, "as_of"),
        lambda: as_window("2020-05-02..2020-05-01"),
        lambda: as_window(7),
        lambda: parse_week("2021-W53"),
        lambda: parse_week("week 15"),
        lambda: check_freq("W-MON"),
        lambda: check_freq("month"),
        lambda: check_week_start("mon"),
    ],
)
def test_what_cannot_be_a_day_or_week_says_so(call, snapshot):
    with pytest.raises(UptickError) as caught:
        call()
    assert str(caught.value) == snapshot


def test_windows_and_gaps():
    window = as_window("2006-09-25..2007-02-22")
    assert window.days == 151
    assert as_window(("2020-01-01", "2020-01-02")) == Window(
        np.datetime64("2020-01-01"), np.datetime64("2020-01-02")
    )
    assert as_window("2020-01-01").days == 1
    assert list(window) == [window.start, window.end]
    gap = as_gap("2019-05-06..2019-05-26@Al Anbar")
    assert (gap.region, str(gap)) == ("Al Anbar", "2019-05-06..2019-05-26@Al Anbar")
    assert as_gap(gap) is gap
    with pytest.raises(OptionError, match="names no region"):
        as_gap("2019-05-06..2019-05-26@ ")
    assert as_gap(window).region is None
