"""Days and stretches of days as a reader says them; the names of the months are not the machine's."""

from __future__ import annotations

import datetime as dt

import numpy as np

from analytics.periods import Window, check_week_start, week_label
from analytics.results.words import counted

__all__ = ["MONTHS", "baseline_words", "day_words", "length_words", "span_words", "week_words"]

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_LENGTHS = {7: "week", 14: "fortnight"}


def _date(day: np.datetime64) -> dt.date:
    date: dt.date = day.astype("datetime64[D]").item()
    return date


def day_words(day: np.datetime64, *, year: bool = True, short: bool = False) -> str:
    """Return a day as a reader says it.

    Examples
    --------
    >>> day_words(np.datetime64("2020-04-09")), day_words(np.datetime64("2020-04-09"), year=False, short=True)
    ('9 April 2020', '9 Apr')
    """
    date = _date(day)
    month = MONTHS[date.month - 1]
    return f"{date.day} {month[:3] if short else month}" + (f" {date.year}" if year else "")


def span_words(window: Window) -> str:
    """Return a stretch of days, the month and the year once where they are the same.

    Examples
    --------
    >>> span_words(Window(np.datetime64("2020-04-06"), np.datetime64("2020-04-19")))
    '6 to 19 April 2020'
    >>> span_words(Window(np.datetime64("2020-03-30"), np.datetime64("2020-04-12")))
    '30 March to 12 April 2020'
    """
    first, last = map(_date, window)
    if first == last:
        return day_words(window.end)
    if first.year != last.year:
        return f"{day_words(window.start)} to {day_words(window.end)}"
    start = day_words(window.start, year=False) if first.month != last.month else str(first.day)
    return f"{start} to {day_words(window.end)}"


def length_words(days: int) -> str:
    """Return what a stretch of so many days is called.

    Examples
    --------
    >>> length_words(14), length_words(7), length_words(10)
    ('fortnight', 'week', '10 days')
    """
    return _LENGTHS.get(days, counted(days, "day"))


def baseline_words(days: int) -> str:
    """Return what a baseline of so many days is called: a year, or its weeks.

    Examples
    --------
    >>> baseline_words(364), baseline_words(84), baseline_words(70)
    ('year', '12 weeks', '10 weeks')
    """
    return "year" if days in (364, 365, 366) else counted(round(days / 7), "week")


def week_words(week: Window, week_start: str = "monday") -> str:
    """Return the label of a week: ISO weeks by their label, others by their days.

    Examples
    --------
    >>> week_words(Window(np.datetime64("2020-04-13"), np.datetime64("2020-04-19")))
    '2020-W16'
    >>> week_words(Window(np.datetime64("2020-04-11"), np.datetime64("2020-04-17")), "saturday")
    '11 to 17 April 2020'
    """
    return week_label(week.start, week_start) if check_week_start(week_start) == 0 else span_words(week)
