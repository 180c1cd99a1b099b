"""Dates: one style a column, no guess between day and month, no impossible day."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics.errors import InputError
from analytics.sources.dates import DATE_STYLES, DMY, MDY, _days, _parts, parse_dates

DAY = np.datetime64("2020-04-13")
WRITTEN = {
    "year-month-day": "%Y-%m-%d",
    "day monthname year": "%d %B %Y",
    "day-monthname-yy": "%d-%b-%y",
    "monthname day year": "%B %d, %Y",
    "year-monthname-day": "%Y-%b-%d",
    "yyyymmdd": "%Y%m%d",
    DMY: "%d/%m/%Y",
    MDY: "%m/%d/%Y",
}


def parse(*texts: str, **options):
    return parse_dates(pd.Series(list(texts), dtype="str"), name="event_date", **options)


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("2020-04-13", "year-month-day"),
        ("2020/04/13", "year-month-day"),
        ("2020-04-13 00:00:00.000", "year-month-day"),
        ("2020-04-13T00:00:00Z", "year-month-day"),
        ("13 April 2020", "day monthname year"),
        ("13 Apr 2020", "day monthname year"),
        ("13-apr-2020", "day monthname year"),
        ("13-Apr-20", "day-monthname-yy"),
        ("April 13, 2020", "monthname day year"),
        ("13/04/2020", DMY),
        ("13.4.2020", DMY),
        ("04/13/2020", MDY),
        ("2020-Apr-13", "year-monthname-day"),
        ("20200413", "yyyymmdd"),
        ("13/04/20", DMY),
        ("4/13/20", MDY),
        ("43934", "serial"),
        ("43934.5", "serial"),
    ],
)
def test_each_style_is_found(text, style):
    dates = parse(text, "")
    assert (dates.days[0], dates.style, dates.notes) == (DAY, style, ())
    assert dates.blank.tolist() == [False, True]


@pytest.mark.parametrize("text", ["2020-04-13 23:59:00", "2020-04-13T23:59:59.5+03:00"])
def test_a_time_of_day_is_dropped_and_noted(text):
    dates = parse(text)
    assert dates.days[0] == DAY
    assert dates.notes == ("event_date: times of day are dropped, the date is taken as written",)


def test_us_dates_with_a_time_are_read():
    dates = parse("12/25/2007 0:20", "1/2/2008 13:05")
    assert dates.days.astype(str).tolist() == ["2007-12-25", "2008-01-02"]


@pytest.mark.parametrize(
    "text", ["0025-04-13", "1899-12-31", "2201-01-01", "2020-02-30", "2020-13-01", "2020-00-10"]
)
def test_impossible_is_told_from_unparsable(text):
    dates = parse("2020-04-13", text, "some day")
    assert dates.impossible.tolist() == [False, True, False]
    assert dates.unparsable.tolist() == [False, False, True]
    assert np.isnat(dates.days).tolist() == [False, True, True]


def test_two_digit_years():
    dates = parse("01-Jan-68", "01-Jan-69", "01-Jan-07")
    assert dates.days.astype(str).tolist() == ["2068-01-01", "1969-01-01", "2007-01-01"]


def test_rows_in_another_style_are_read_where_it_is_unambiguous_and_counted():
    dates = parse("2020-04-13", "2020-04-14", "15 April 2020", "43936", "soon")
    assert dates.style == "year-month-day"
    assert dates.days[2:4].astype(str).tolist() == ["2020-04-15", "2020-04-15"]
    assert dates.unparsable.tolist() == [False, False, False, False, True]
    assert dates.notes == (
        "event_date: 1 row read as day monthname year (13 April 2020)",
        "event_date: 1 row read as serial (43934)",
    )


def test_a_stated_style_holds_for_every_row():
    assert parse("2020-04-13", "15 April 2020", style="year-month-day").unparsable.tolist() == [False, True]


def test_slashes_among_other_styles_are_not_guessed_either():
    with pytest.raises(InputError, match="can be read as day/month/year and as month/day/year"):
        parse("2020-04-13", "2020-04-14", "03/04/2020")
    dates = parse("2020-04-13", "2020-04-14", "03/04/2020", "14/04/2020")
    assert dates.days.astype(str).tolist() == ["2020-04-13", "2020-04-14", "2020-04-03", "2020-04-14"]


def test_a_month_or_a_year_alone_is_coarse():
    dates = parse("2021-01-02", "2021-01-03", "2019-05", "2019", "February 2020")
    assert dates.precision.tolist() == [0, 0, 30, 365, 30]
    assert dates.days[2:].astype(str).tolist() == ["2019-05-01", "2019-01-01", "2020-02-01"]
    assert dates.ends[2:].astype(str).tolist() == ["2019-05-31", "2019-12-31", "2020-02-29"]
    assert dates.notes[-1] == "event_date: a month or a year without a day in 3 rows, kept as coarse"


def test_arabic_digits_are_digits():
    dates = parse("٢٠٢٠-٠٤-١٣", "۲۰۲۰-۰۴-۱۳")
    assert (dates.days == DAY).all()
    assert dates.notes == ("event_date: Arabic digits are read as digits",)


def test_where_nothing_fits_the_styles_are_listed(snapshot):
    with pytest.raises(InputError) as caught:
        parse("soon", "later", "")
    assert str(caught.value) == snapshot


def test_day_and_month_are_never_guessed():
    with pytest.raises(InputError, match="can be read as day/month/year and as month/day/year"):
        parse("03/04/2020", "05/06/2020")
    assert str(parse("03/04/2020", style=DMY).days[0]) == "2020-04-03"
    assert str(parse("03/04/2020", style=MDY).days[0]) == "2020-03-04"


def test_one_day_above_twelve_decides_the_column():
    assert parse("03/04/2020", "13/04/2020").days.astype(str).tolist() == ["2020-04-03", "2020-04-13"]
    assert parse("03/04/2020", "04/13/2020").days.astype(str).tolist() == ["2020-03-04", "2020-04-13"]


def test_a_source_that_prescribes_the_order_is_followed_with_a_note():
    dates = parse("03/04/2020", slashes=DMY)
    assert str(dates.days[0]) == "2020-04-03"
    assert dates.notes == ("event_date: no day above 12, read as day/month/year as the source writes dates",)
    turned = parse("04/13/2020", slashes=DMY)
    assert str(turned.days[0]) == "2020-04-13"
    assert "though the source writes day/month/year" in turned.notes[0]
    mixed = parse("13/04/2020", "04/13/2020", slashes=DMY)
    assert mixed.impossible.tolist() == [False, True]


@pytest.mark.parametrize("style", WRITTEN)
@settings(max_examples=40, deadline=None)
@given(day=st.dates(dt.date(1970, 1, 1), dt.date(2060, 12, 31)))
def test_every_day_survives_every_style(style, day):
    dates = parse(day.strftime(WRITTEN[style]), style=style)
    assert dates.days[0] == np.datetime64(day, "D")
    assert not dates.notes


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=8))
def test_any_text_is_a_day_or_has_one_fault(texts):
    try:
        dates = parse(*texts)
    except InputError:
        return
    faults = dates.unparsable.astype(int) + dates.impossible + dates.blank
    np.testing.assert_array_equal(faults, np.isnat(dates.days).astype(int))


@given(
    st.text(alphabet="0123456789-/. ,AprMay:TZ", min_size=4, max_size=20)
    | st.builds(
        lambda day, shape, time: day.strftime(shape) + time,
        st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2199, 12, 31)),
        st.sampled_from(
            [
                "%Y-%m-%d",
                "%Y.%m.%d",
                "%d %B %Y",
                "%d-%b-%Y",
                "%d-%b-%y",
                "%B %d, %Y",
                "%Y-%b-%d",
                "%Y%m%d",
                "%d/%m/%y",
                "%d.%m.%Y",
                "%Y-%m",
                "%B %Y",
                "%Y",
                "%Y.0",
                "%Y%m%d1200",
                "%Y%m%d.0",
            ]
        ),
        st.sampled_from(["", " 00:00:00", "T12:30Z", " 1:05 PM"]),
    )
)
@example("20200.0")
@example("2020 Apr 13")
def test_no_text_has_the_shape_of_two_styles(text: str) -> None:
    column = pd.Series([text.strip()], dtype="str")
    fit = [style for style in DATE_STYLES if style != MDY and _days(_parts(column, style), style)[1].any()]
    assert len(fit) <= 1, fit
