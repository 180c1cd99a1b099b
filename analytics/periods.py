"""Days, weeks and windows: all date arithmetic of the project.

A day is a ``numpy.datetime64[D]``. A week is named by its first day; weeks that start on Monday carry ISO
labels such as ``2020-W16``, weeks that start on another day are labelled by their first day
(``2020-04-11+7d``), because an ISO label would name other days.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analytics._typing import BoolArray, Days, IntArray
from analytics.errors import InputError, OptionError, unknown_option

__all__ = [
    "DAY",
    "FREQS",
    "MONTH",
    "WEEKDAYS",
    "YEAR_DAYS",
    "YEAR_OF_WEEKS",
    "Freq",
    "Gap",
    "Window",
    "as_day",
    "as_gap",
    "as_window",
    "check_freq",
    "check_week_start",
    "day_range",
    "label_periods",
    "parse_week",
    "period_days",
    "period_starts",
    "week_first_day",
    "week_label",
    "weekday_numbers",
]

Freq = Literal["day", "week"]
FREQS: tuple[Freq, ...] = ("day", "week")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY = np.timedelta64(1, "D")
MONTH = np.timedelta64(1, "M")
YEAR_DAYS = 365.25
YEAR_OF_WEEKS = 364  # whole weeks, so that weekdays fall together
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ISO_WEEK = re.compile(r"(\d{4})-?W(\d{2})")


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of days, both ends included.

    Examples
    --------
    >>> w = Window(np.datetime64("2020-03-30"), np.datetime64("2020-04-12"))
    >>> w.days, str(w)
    (14, '2020-03-30..2020-04-12')
    """

    start: np.datetime64
    end: np.datetime64

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise InputError(
                f"a window ends before it starts: {self.start}..{self.end}", todo="swap the two dates"
            )

    @property
    def days(self) -> int:
        """Number of days in the window."""
        return int((self.end - self.start) / DAY) + 1

    def contains(self, days: Days) -> BoolArray:
        """Whether each day lies in the window."""
        return (days >= self.start) & (days <= self.end)

    def __iter__(self) -> Iterator[np.datetime64]:
        return iter((self.start, self.end))

    def __str__(self) -> str:
        return f"{self.start}..{self.end}"


def as_day(value: object, name: str = "date") -> np.datetime64:
    """Read one day: an ISO date (``2020-04-12``), a ``date``, a ``Timestamp`` or a ``datetime64``.

    Parameters
    ----------
    value : object
        What the user gave.
    name : str
        The option's name, for the error.

    Raises
    ------
    InputError
        If it is not a day, is missing, or lies outside 1900..2200.

    Examples
    --------
    >>> as_day("2020-04-12")
    np.datetime64('2020-04-12')
    """
    day: np.datetime64 | None = None
    if isinstance(value, str):
        if _ISO_DAY.fullmatch(value.strip()):
            try:
                day = np.datetime64(dt.date.fromisoformat(value.strip()), "D")
            except ValueError:
                day = None
    elif isinstance(value, (dt.datetime, dt.date)) and value == value:  # NaT is a datetime and not itself
        day = np.datetime64(dt.date(value.year, value.month, value.day), "D")
    elif isinstance(value, np.datetime64) and not np.isnat(value):
        day = value.astype("datetime64[D]")
    if day is None:
        raise InputError(
            f"{name} is not a date", expected="a day such as 2020-04-12", found=repr(value), where=name
        )
    if not np.datetime64("1900-01-01") <= day <= np.datetime64("2200-12-31"):
        raise InputError(
            f"{name} is not a plausible date", expected="a year in 1900..2200", found=str(day), where=name
        )
    return day


def as_window(value: object, name: str = "window") -> Window:
    """Read a window: ``"2006-09-25..2007-02-22"``, one day, a pair, or a :class:`Window`.

    Examples
    --------
    >>> print(as_window("2006-09-25..2007-02-22"))
    2006-09-25..2007-02-22
    """
    if isinstance(value, Window):
        return value
    if isinstance(value, str):
        first, dots, last = value.partition("..")
        return Window(as_day(first, name), as_day(last if dots else first, name))
    if isinstance(value, (tuple, list)) and len(value) == 2:
        return Window(as_day(value[0], name), as_day(value[1], name))
    raise InputError(f"{name} is not a window of days", expected="START..END", found=repr(value), where=name)


@dataclass(frozen=True, slots=True)
class Gap:
    """A spell without coverage: no data, which is not the same as no incidents.

    `region` None means every region.
    """

    window: Window
    region: str | None = None

    def __str__(self) -> str:
        return f"{self.window}" + (f"@{self.region}" if self.region else "")


def as_gap(value: object, name: str = "no_coverage") -> Gap:
    """Read a spell without coverage: ``"START..END"``, ``"START..END@Region"``, a window or a :class:`Gap`.

    Examples
    --------
    >>> print(as_gap("2019-05-01..2019-05-20@Diyala"))
    2019-05-01..2019-05-20@Diyala
    """
    if isinstance(value, Gap):
        return value
    if isinstance(value, str):
        window, of_region, region = value.partition("@")
        if of_region and not region.strip():  # a script whose region is blank means no other region
            raise OptionError(
                f"{name} names no region", expected="START..END@REGION, or START..END", found=value
            )
        return Gap(as_window(window, name), region.strip() or None)
    return Gap(as_window(value, name))


def check_freq(freq: str) -> Freq:
    """Return `freq` if it is ``"day"`` or ``"week"``.

    pandas' ``W-MON`` is refused: it means weeks that *end* on Monday.
    """
    if freq == "day":
        return "day"
    if freq == "week":
        return "week"
    if re.fullmatch(r"W(-\w{3})?", str(freq).upper()):
        raise OptionError(
            f"freq {freq!r} is a pandas alias and is refused",
            expected="freq='week' with week_start='monday' (or another day)",
            found=f"{freq!r}, which in pandas means weeks that END on that day",
            todo="give freq='week' and the day weeks start on",
        )
    raise unknown_option("freq", freq, FREQS)


def check_week_start(week_start: str) -> int:
    """Return the weekday's number, Monday = 0.

    Examples
    --------
    >>> check_week_start("saturday")
    5
    """
    folded = str(week_start).casefold()
    if folded not in WEEKDAYS:
        raise unknown_option("week_start", week_start, WEEKDAYS)
    return WEEKDAYS.index(folded)


def day_range(start: np.datetime64, end: np.datetime64) -> Days:
    """Every day from `start` to `end`, both included."""
    return np.arange(start, end + DAY, dtype="datetime64[D]")


def weekday_numbers(days: Days | np.datetime64 | IntArray, week_start: str = "monday") -> IntArray:
    """Return the place of each day in its week, the day weeks start on being 0.

    Parameters
    ----------
    days : datetime64 array, or int array of days since 1970-01-01
    week_start : str

    Examples
    --------
    >>> weekday_numbers(np.array(["2020-04-13", "2020-04-19"], dtype="datetime64[D]"))
    array([0, 6])
    """
    day = np.asarray(days)
    number = day.astype("datetime64[D]").astype(np.int64) if day.dtype.kind == "M" else day
    return np.asarray((number + 3 - check_week_start(week_start)) % 7)  # 1970-01-01 was a Thursday


def week_first_day(days: Days | np.datetime64, week_start: str = "monday") -> Days:
    """Return the first day of the week each day lies in.

    Examples
    --------
    >>> week_first_day(np.datetime64("2020-04-13"), "saturday")
    np.datetime64('2020-04-11')
    """
    number = np.asarray(days, dtype="datetime64[D]").astype(np.int64)
    return (number - weekday_numbers(number, week_start)).astype("datetime64[D]")


def period_days(freq: Freq) -> int:
    """Return how many days a period has."""
    return 7 if freq == "week" else 1


def period_starts(start: np.datetime64, end: np.datetime64, freq: Freq, week_start: str = "monday") -> Days:
    """Return the first day of every period that touches ``start..end``."""
    if freq == "day":
        return day_range(start, end)
    days = day_range(start, end)
    return np.unique(week_first_day(days, week_start))


def week_label(first_day: np.datetime64, week_start: str = "monday") -> str:
    """Label one week: the ISO label for weeks that start on Monday, else first day and length.

    Examples
    --------
    >>> week_label(np.datetime64("2020-12-28")), week_label(np.datetime64("2021-01-04"))
    ('2020-W53', '2021-W01')
    >>> week_label(np.datetime64("2020-04-11"), "saturday")
    '2020-04-11+7d'
    """
    if check_week_start(week_start) != 0:
        return f"{first_day}+7d"
    year, week, _ = first_day.astype("datetime64[D]").item().isocalendar()
    return f"{year}-W{week:02d}"


def label_periods(starts: Days, freq: Freq, week_start: str = "monday") -> list[str]:
    """Label periods by their first days: ISO weeks, or ISO dates."""
    if freq == "day":
        return [str(day) for day in starts.astype("datetime64[D]")]
    return [week_label(day, week_start) for day in starts]


def parse_week(label: str) -> Window:
    """Return the seven days an ISO week label names.

    Raises
    ------
    InputError
        If the label is not an ISO week, or that year has no such week.

    Examples
    --------
    >>> print(parse_week("2020-W15"))
    2020-04-06..2020-04-12
    """
    match = _ISO_WEEK.fullmatch(str(label).strip().upper())
    if match is None:
        raise InputError(
            "the week is not an ISO week label", expected="a label such as 2020-W15", found=repr(label)
        )
    year, week = int(match[1]), int(match[2])
    try:
        monday = np.datetime64(dt.date.fromisocalendar(year, week, 1), "D")
    except ValueError:
        last = dt.date(year, 12, 28).isocalendar().week if 1 <= year <= 9999 else 0
        raise InputError(
            f"there is no week {label}",
            expected=f"a week from {year}-W01 to {year}-W{last}",
            found=repr(label),
        ) from None
    return Window(monday, monday + np.timedelta64(6, "D"))
