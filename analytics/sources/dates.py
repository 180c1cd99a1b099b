"""Dates: one style for a whole column, found on the whole column; what does not fit is said, never guessed.

========================  =======================================  ==========================
style                     shape                                    seen in
========================  =======================================  ==========================
year-month-day            2020-04-13, 2020/04/13, with a time      UCDP, ACLED since 2023
day monthname year        13 April 2020, 13 Apr 2020, 13-Apr-2020  ACLED export tool
day-monthname-yy          13-Apr-20                                spreadsheets
monthname day year        April 13, 2020                           plain tables
day/month/year            13/04/2020, 13.04.2020                   ACLED before 2019
month/day/year            04/13/2020                               plain tables from the USA
========================  =======================================  ==========================

A time of day is dropped and noted; an offset from UTC is not applied: the date is the one written. Two-digit
years: 69-99 are 1969-1999, 00-68 are 2000-2068. The last two styles have the same shape: a column is read as
one of them only if its days decide it (some day above 12), if the source's format says so, or if the user
says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics._typing import BoolArray, Days, IntArray
from analytics.errors import InputError, unknown_option

__all__ = ["DATE_STYLES", "FIRST_YEAR", "LAST_YEAR", "ParsedDates", "parse_dates"]

FIRST_YEAR, LAST_YEAR = 1900, 2200
DMY, MDY = "day/month/year", "month/day/year"
_TIME = (
    r"(?P<time>[T ]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?( ?[AaPp][Mm])?"
    r"( ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?)?"
)
_MONTHS = {
    name: i
    for i, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sep sept", "october oct", "november nov", "december dec"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_SHAPES = {
    "year-month-day": r"(?P<y>[0-9]{4})[-/.](?P<m>[0-9]{1,2})[-/.](?P<d>[0-9]{1,2})",
    "day monthname year": r"(?P<d>[0-9]{1,2})[ -](?P<m>[A-Za-z]{3,9})\.?[ -](?P<y>[0-9]{4})",
    "day-monthname-yy": r"(?P<d>[0-9]{1,2})[ -](?P<m>[A-Za-z]{3,9})\.?[ -](?P<y>[0-9]{2})",
    "monthname day year": r"(?P<m>[A-Za-z]{3,9})\.? (?P<d>[0-9]{1,2}),? (?P<y>[0-9]{4})",
    DMY: r"(?P<d>[0-9]{1,2})[/.-](?P<m>[0-9]{1,2})[/.-](?P<y>[0-9]{4})",
    MDY: r"(?P<m>[0-9]{1,2})[/.-](?P<d>[0-9]{1,2})[/.-](?P<y>[0-9]{4})",
}
DATE_STYLES = tuple(_SHAPES)
_OK, _UNPARSABLE, _IMPOSSIBLE, _BLANK = 0, 1, 2, 3


@dataclass(frozen=True, eq=False)
class ParsedDates:
    """Days read from a column of text.

    Attributes
    ----------
    days : ndarray of datetime64[D], shape (n,)
        NaT where the text is no day.
    unparsable, impossible, blank : ndarray of bool, shape (n,)
        Text that does not fit the style; that fits it and names no day in 1900..2200; no text.
    style : str
        The column's style.
    notes : tuple of str
        A time of day dropped, an order of day and month decided.
    """

    days: Days
    unparsable: BoolArray
    impossible: BoolArray
    blank: BoolArray
    style: str
    notes: tuple[str, ...]


def parse_dates(
    values: pd.Series, *, name: str, style: str | None = None, slashes: str | None = None
) -> ParsedDates:
    """Read a column of dates in one style.

    Parameters
    ----------
    values : Series of str
        The text as it stood, ``""`` where blank.
    name : str
        The column's name, for notes and errors.
    style : str, optional
        One of ``DATE_STYLES``, to say rather than find it.
    slashes : str, optional
        The order a source's format prescribes where the days do not decide between day/month/year and
        month/day/year. None: such a column is an error.

    Examples
    --------
    >>> dates = parse_dates(pd.Series(["13 April 2020", "soon"]), name="event_date")
    >>> print(dates.days[0], dates.unparsable, dates.style)
    2020-04-13 [False  True] day monthname year
    """
    if style is not None and style not in DATE_STYLES:
        raise unknown_option("date_style", style, DATE_STYLES)
    codes, uniques = pd.factorize(values)
    text = pd.Series(uniques, dtype="str").str.strip()
    weight = np.bincount(codes, minlength=len(text))
    blank = (text == "").to_numpy(dtype=bool)
    notes: list[str] = []
    if style is None:
        style = _find_style(text, weight, name, slashes, notes)
    parts = _parts(text, style)
    days, fits = _days(parts)
    state = np.where(blank, _BLANK, np.where(~fits, _UNPARSABLE, np.where(np.isnat(days), _IMPOSSIBLE, _OK)))
    timed = parts["time"].notna() & ~parts["time"].fillna("").str.fullmatch(
        r"[T ]+0{1,2}:00(:00)?([.,]0+)?Z?"
    )
    if timed.any():
        notes.append(f"{name}: times of day are dropped, the date is taken as written")
    state = state[codes]
    return ParsedDates(
        days[codes], state == _UNPARSABLE, state == _IMPOSSIBLE, state == _BLANK, style, tuple(notes)
    )


def _parts(text: pd.Series, style: str) -> pd.DataFrame:
    return text.str.extract(re.compile(f"^(?:{_SHAPES[style]}){_TIME}$"), expand=True)[
        ["y", "m", "d", "time"]
    ]


def _days(parts: pd.DataFrame) -> tuple[Days, BoolArray]:
    """Return days, NaT where there is no such day in 1900..2200, and whether the text has the shape."""
    month = parts["m"].str.lower().map(_MONTHS).fillna(pd.to_numeric(parts["m"], errors="coerce"))
    fits = (parts["y"].notna() & month.notna()).to_numpy(dtype=bool)
    days = np.full(len(parts), np.datetime64("NaT"), dtype="datetime64[D]")
    y = parts["y"][fits].astype(np.int64).to_numpy()
    two = parts["y"][fits].str.len().to_numpy(dtype=np.int64) == 2
    y = np.where(two, np.where(y >= 69, 1900, 2000) + y, y)
    m = month[fits].astype(np.int64).to_numpy()
    d = parts["d"][fits].astype(np.int64).to_numpy()
    sound = (y >= FIRST_YEAR) & (y <= LAST_YEAR) & (m >= 1) & (m <= 12) & (d >= 1) & (d <= 31)
    months = ((np.where(sound, y, 1970) - 1970) * 12 + np.where(sound, m, 1) - 1).astype("datetime64[M]")
    made = months.astype("datetime64[D]") + (d - 1)
    sound &= made.astype("datetime64[M]") == months
    made[~sound] = np.datetime64("NaT")
    days[fits] = made
    return days, fits


def _find_style(text: pd.Series, weight: IntArray, name: str, slashes: str | None, notes: list[str]) -> str:
    fitting = {}
    for style in DATE_STYLES:
        if style == MDY:  # the same shape as day/month/year
            continue
        fitting[style] = int(weight[_days(_parts(text, style))[1]].sum())
        if fitting[style] == weight.sum():
            break
    best = max(fitting, key=lambda s: fitting[s])
    if best != DMY or not fitting[DMY]:
        return best
    parts = _parts(text, DMY)
    first, second = (pd.to_numeric(parts[c], errors="coerce") for c in ("d", "m"))
    day_first = int(weight[(first > 12).to_numpy(dtype=bool)].sum())
    month_first = int(weight[(second > 12).to_numpy(dtype=bool)].sum())
    if day_first and not month_first:
        return DMY
    if month_first and not day_first:
        if slashes == DMY:
            notes.append(
                f"{name}: read as {MDY}, as {month_first:,} rows decide, though the source writes {DMY}"
            )
        return MDY
    if slashes is not None:
        if not day_first:
            notes.append(f"{name}: no day above 12, read as {slashes} as the source writes dates")
        return slashes
    example = text[parts["y"].notna()].iloc[0]
    raise InputError(
        f"the dates in column {name} can be read as {DMY} and as {MDY}",
        expected="a column in one style, with some day above 12 to tell which",
        found=(
            f"rows that can only be {DMY}: {day_first:,}; only {MDY}: {month_first:,}"
            if day_first
            else f"dates such as {example} and no day above 12"
        ),
        where=name,
        todo=f"give date_style={DMY!r} or date_style={MDY!r}",
    )
