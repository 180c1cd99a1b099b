"""Dates: one style for a whole column, found on the whole column; what does not fit is said, never guessed.

========================  =======================================  ==========================
style                     shape                                    seen in
========================  =======================================  ==========================
year-month-day            2020-04-13, 2020/04/13, with a time      UCDP, ACLED since 2023
day monthname year        13 April 2020, 13 Apr 2020, 13-Apr-2020  ACLED export tool
day-monthname-yy          13-Apr-20                                spreadsheets
monthname day year        April 13, 2020                           plain tables
year-monthname-day        2020-Apr-13                              plain tables
yyyymmdd                  20200413, 20200413121500                 GDELT, databases
day/month/year            13/04/2020, 13.04.2020, 13/04/20         ACLED before 2019
month/day/year            04/13/2020, 4/13/20                      plain tables from the USA
serial                    43934                                    Excel cells without a format
year-month                2020-04, April 2020                      coarse: 30 days
year                      2020                                     coarse: 365 days
========================  =======================================  ==========================

A time of day is dropped and noted; an offset from UTC is not applied: the date is the one written. Two-digit
years: 69-99 are 1969-1999, 00-68 are 2000-2068. The two styles with slashes have the same shape: a column is
read as one of them only if its days decide it (some day above 12), if the source's format says so, or if the
user says so. Rows in another style than most of their column are read where that style cannot be taken for
another one, and counted in a note. Arabic digits are digits.

Where a spreadsheet took the dates it could for its own, in its own order of day and month, and left the rest
as text, the text has only days above 12 and the others none: such a column is read as it stands, with a
warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analytics._typing import BoolArray, Days, IntArray
from analytics.errors import InputError, unknown_option
from analytics.periods import DAY

__all__ = [
    "DATE_STYLES",
    "DIGITS",
    "DMY",
    "FIRST_YEAR",
    "LAST_YEAR",
    "MDY",
    "WARNING",
    "ParsedDates",
    "parse_dates",
]

WARNING = "warning: "  # how a note begins that stands above every answer
FIRST_YEAR, LAST_YEAR = 1900, 2200
DMY, MDY = "day/month/year", "month/day/year"
SERIAL, YEAR_MONTH, YEAR = "serial", "year-month", "year"
COARSE = {YEAR_MONTH: 30, YEAR: 365}  # days an incident may have happened on, less one
DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
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
_NAME = r"(?P<m>[A-Za-z]{3,9})\.?"
_SHAPES = {
    "year-month-day": r"(?P<y>[0-9]{4})[-/.](?P<m>[0-9]{1,2})[-/.](?P<d>[0-9]{1,2})",
    "day monthname year": rf"(?P<d>[0-9]{{1,2}})[ -]{_NAME}[ -](?P<y>[0-9]{{4}})",
    "day-monthname-yy": rf"(?P<d>[0-9]{{1,2}})[ -]{_NAME}[ -](?P<y>[0-9]{{2}})",
    "monthname day year": rf"{_NAME} (?P<d>[0-9]{{1,2}}),? (?P<y>[0-9]{{4}})",
    "year-monthname-day": rf"(?P<y>[0-9]{{4}})[ -]{_NAME}[ -](?P<d>[0-9]{{1,2}})",
    "yyyymmdd": (
        r"(?P<y>(?:19|20|21)[0-9]{2})(?P<m>[0-9]{2})(?P<d>[0-9]{2})"
        r"(?:[0-2][0-9](?:[0-5][0-9]){2})?(?:\.0)?"
    ),
    DMY: r"(?P<d>[0-9]{1,2})[/.-](?P<m>[0-9]{1,2})[/.-](?P<y>[0-9]{4}|[0-9]{2})",
    MDY: r"(?P<m>[0-9]{1,2})[/.-](?P<d>[0-9]{1,2})[/.-](?P<y>[0-9]{4}|[0-9]{2})",
    SERIAL: r"(?P<d>[2-7][0-9]{4})(?:\.[0-9]+)?",
    YEAR_MONTH: r"(?:(?P<y>[0-9]{4})[-/](?P<m>[0-9]{1,2})|(?P<m2>[A-Za-z]{3,9})\.?[ -](?P<y2>[0-9]{4}))",
    YEAR: r"(?P<y>(?:19|20|21)[0-9]{2})(?:\.0)?",
}
_EXAMPLES = {
    "year-month-day": "2020-04-13", "day monthname year": "13 April 2020", "day-monthname-yy": "13-Apr-20",
    "monthname day year": "April 13, 2020", "year-monthname-day": "2020-Apr-13", "yyyymmdd": "20200413",
    DMY: "13/04/2020", MDY: "04/13/2020", SERIAL: "43934", YEAR_MONTH: "2020-04", YEAR: "2020",
}  # fmt: skip
DATE_STYLES = tuple(_SHAPES)
_EXCEL_ZERO = np.datetime64("1899-12-30")
_TELLING = 6  # dates of each kind: by chance all lie on one side of the 12th once in some 5,000 columns
_OK, _UNPARSABLE, _IMPOSSIBLE, _BLANK = 0, 1, 2, 3


@dataclass(frozen=True, eq=False)
class ParsedDates:
    """Days read from a column of text.

    Attributes
    ----------
    days, ends : ndarray of datetime64[D], shape (n,)
        First and last day that the text names: the same, but for a month or a year alone. NaT where the text
        is no day.
    unparsable, impossible, blank : ndarray of bool, shape (n,)
        Text that does not fit the style; that fits it and names no day in 1900..2200; no text.
    style : str
        The column's style.
    notes : tuple of str
        A time of day dropped, an order of day and month decided, rows in another style.
    precision : ndarray of int64, shape (n,)
        0 for a day, 30 for a month alone, 365 for a year alone.
    """

    days: Days
    ends: Days
    unparsable: BoolArray
    impossible: BoolArray
    blank: BoolArray
    style: str
    notes: tuple[str, ...]
    precision: IntArray


def parse_dates(
    values: pd.Series,
    *,
    name: str,
    style: str | None = None,
    slashes: str | None = None,
    weight: IntArray | None = None,
) -> ParsedDates:
    """Read a column of dates.

    Parameters
    ----------
    values : Series of str
        The text as it stood, ``""`` where blank.
    name : str
        The column's name, for notes and errors.
    style : str, optional
        One of ``DATE_STYLES``, to say rather than find it; then no row is read in another.
    slashes : str, optional
        The order a source's format prescribes where the days do not decide between day/month/year and
        month/day/year. None: such a column is an error.
    weight : int array, optional
        How many rows of the file each text stands for, where they are distinct ones; else one.

    Raises
    ------
    InputError
        If the order of day and month cannot be told, or no row is in a style that is read.

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
    weight = np.bincount(codes, weight, minlength=len(text)).astype(np.int64)
    notes: list[str] = []
    western = text.str.translate(DIGITS)
    if (western != text).any():
        notes.append(f"{name}: Arabic digits are read as digits")
        text = western
    blank = (text == "").to_numpy(dtype=bool)
    given = style is not None
    read = _Column(text)
    if style is None:
        style = _find_style(read, weight, name, slashes, notes)
    read.read(style)
    if not given:
        _read_the_rest(read, weight, blank, name, slashes, notes)
        if not read.fits.any() and not blank.all():
            raise _none_fits(text[~blank].tolist(), name)
    state = np.where(
        blank, _BLANK, np.where(~read.fits, _UNPARSABLE, np.where(np.isnat(read.days), _IMPOSSIBLE, _OK))
    )
    timed = read.time.notna() & ~read.time.fillna("").str.fullmatch(r"[T ]+0{1,2}:00(:00)?([.,]0+)?Z?")
    if timed.any():
        notes.append(f"{name}: times of day are dropped, the date is taken as written")
    if read.precision.any():
        rows = int(weight[(read.precision > 0) & ~np.isnat(read.days)].sum())
        notes.append(f"{name}: a month or a year without a day in {rows:,} rows, kept as coarse")
    notes.extend(_exchanged(read, weight, name))
    state = state[codes]
    return ParsedDates(
        read.days[codes],
        read.ends[codes],
        state == _UNPARSABLE,
        state == _IMPOSSIBLE,
        state == _BLANK,
        style,
        tuple(notes),
        read.precision[codes],
    )


class _Column:
    """Distinct texts read in one style, and then, where they did not fit, in others."""

    def __init__(self, text: pd.Series) -> None:
        self.text = text
        self.tried: dict[str, tuple[pd.DataFrame, Days, BoolArray]] = {}  # of all texts
        size = len(text)
        self.days = np.full(size, np.datetime64("NaT", "D"), dtype="datetime64[D]")
        self.ends = self.days.copy()
        self.fits = np.zeros(size, dtype=bool)
        self.precision = np.zeros(size, dtype=np.int64)
        self.time = pd.Series(pd.NA, index=text.index, dtype="str")
        self.at: dict[str, IntArray] = {}

    def whole(self, style: str) -> tuple[pd.DataFrame, Days, BoolArray]:
        """Return parts, days and fits of all texts in a style."""
        if style not in self.tried:
            self.tried[style] = (parts := _parts(self.text, style), *_days(parts, style))
        return self.tried[style]

    def read(self, style: str) -> IntArray:
        """Read what has not been read yet; return the places that `style` fits."""
        open_ = np.flatnonzero(~self.fits)
        if len(open_) == len(self.text):
            parts, days, fits = self.whole(style)
        else:
            left = self.text.iloc[open_]
            if not _any_fits(left, style):
                return open_[:0]
            days, fits = _days(parts := _parts(left, style), style)
        at = open_[fits]
        if at.size:
            self.at[style] = at
        self.fits[at] = True
        self.days[at] = days[fits]
        self.ends[at] = _last_day(days[fits], style)
        self.precision[at] = COARSE.get(style, 0)
        self.time.iloc[at] = parts["time"].iloc[np.flatnonzero(fits)].to_numpy()
        return at


def _shape(style: str) -> str:
    time = "(?P<time>a^)?" if style in (SERIAL, YEAR_MONTH, YEAR) else _TIME
    return f"(?:{_SHAPES[style]}){time}"


def _any_fits(text: pd.Series, style: str) -> bool:
    return bool(text.str.fullmatch(_shape(style)).any())


def _parts(text: pd.Series, style: str) -> pd.DataFrame:
    # Whether any text has the shape is asked in compiled code; taking it apart goes text by text.
    if not _any_fits(text, style):
        return pd.DataFrame(index=text.index, columns=["y", "m", "d", "time"], dtype="str")
    parts = text.str.extract(re.compile(f"^{_shape(style)}$"), expand=True)
    if style == YEAR_MONTH:
        parts["y"], parts["m"] = parts["y"].fillna(parts["y2"]), parts["m"].fillna(parts["m2"])
    for absent in {"y", "m", "d"} - set(parts.columns):
        parts[absent] = parts[next(c for c in ("y", "d") if c in parts.columns)].where(
            lambda s: s.isna(), "1"
        )
    return parts[["y", "m", "d", "time"]]


def _days(parts: pd.DataFrame, style: str) -> tuple[Days, BoolArray]:
    """Return days, NaT where there is no such day in 1900..2200, and whether the text has the shape."""
    days = np.full(len(parts), np.datetime64("NaT", "D"), dtype="datetime64[D]")
    if parts["y"].isna().all() and parts["d"].isna().all():
        return days, np.zeros(len(parts), dtype=bool)
    if style == SERIAL:
        fits = parts["d"].notna().to_numpy(dtype=bool)
        days[fits] = _EXCEL_ZERO + parts["d"][fits].astype(np.int64).to_numpy() * DAY
        return days, fits
    month = parts["m"].str.lower().map(_MONTHS).fillna(pd.to_numeric(parts["m"], errors="coerce"))
    fits = (parts["y"].notna() & month.notna()).to_numpy(dtype=bool)
    y = parts["y"][fits].astype(np.int64).to_numpy()
    two = parts["y"][fits].str.len().to_numpy(dtype=np.int64) == 2
    y = np.where(two, np.where(y >= 69, 1900, 2000) + y, y)
    m = month[fits].astype(np.int64).to_numpy()
    d = parts["d"][fits].astype(np.int64).to_numpy()
    sound = (y >= FIRST_YEAR) & (y <= LAST_YEAR) & (m >= 1) & (m <= 12) & (d >= 1) & (d <= 31)
    months = ((np.where(sound, y, 1970) - 1970) * 12 + np.where(sound, m, 1) - 1).astype("datetime64[M]")
    made = months.astype("datetime64[D]") + (d - 1) * DAY
    sound &= made.astype("datetime64[M]") == months
    made[~sound] = np.datetime64("NaT", "D")
    days[fits] = made
    return days, fits


def _last_day(days: Days, style: str) -> Days:
    if style not in COARSE:
        return days
    unit: Literal["M", "Y"] = "M" if style == YEAR_MONTH else "Y"
    begin = days.astype(f"datetime64[{unit}]")
    return np.asarray((begin + np.timedelta64(1, unit)).astype("datetime64[D]") - DAY)


def _read_the_rest(
    read: _Column, weight: IntArray, blank: BoolArray, name: str, slashes: str | None, notes: list[str]
) -> None:
    """Read what is not in the column's style in the others, where they cannot be taken for one another."""
    for style in DATE_STYLES:
        if (read.fits | blank).all():
            return
        if style == MDY:  # decided with day/month/year
            continue
        if style == DMY:
            left = ~read.fits & ~blank
            if not _days(_parts(read.text[left], DMY), DMY)[1].any():
                continue
            style = _slashed(read.text[left], weight[left], name, slashes, notes)
        at = read.read(style)
        if at.size:
            rows = int(weight[at].sum())
            notes.append(
                f"{name}: {rows:,} {'row' if rows == 1 else 'rows'} read as {style} ({_EXAMPLES[style]})"
            )


def _exchanged(read: _Column, weight: IntArray, name: str) -> Iterator[str]:
    """Say where a spreadsheet seems to have exchanged day and month in the dates that it could read."""
    of_month = (read.days - read.days.astype("datetime64[M]")) / DAY + 1
    kinds = {style: at[~np.isnat(read.days[at])] for style, at in read.at.items() if style not in COARSE}
    slashed = next((style for style in (DMY, MDY) if len(kinds.get(style, ())) >= _TELLING), None)
    if slashed is None or (of_month[kinds[slashed]] <= 12).any():
        return
    for style, at in kinds.items():
        days = of_month[at]
        if style != slashed and len(at) >= _TELLING and (days <= 12).all() and np.ptp(days):
            yield (
                f"{WARNING}{name}: day and month are likely exchanged in {int(weight[at].sum()):,} rows. "
                f"Those read as {style}, such as {read.text.iloc[at[0]]}, have no day above 12, those read "
                f"as {slashed} have no other: a spreadsheet that reads dates in another order leaves such a "
                "column. Compare some with the source; they are read as they stand"
            )


def _none_fits(texts: list[str], name: str) -> InputError:
    return InputError(
        f"no date in column {name} is in a style that is read",
        expected="; ".join(f"{style} ({_EXAMPLES[style]})" for style in DATE_STYLES),
        found=", ".join(repr(text[:40]) for text in texts[:3]),
        where=name,
        todo="write the dates in one of these styles, or name another column as the date",
    )


def _find_style(read: _Column, weight: IntArray, name: str, slashes: str | None, notes: list[str]) -> str:
    fitting = {}
    for style in DATE_STYLES:
        if style == MDY:  # the same shape as day/month/year
            continue
        fitting[style] = int(weight[read.whole(style)[2]].sum())
        if 2 * fitting[style] > weight.sum():  # no text has two of these shapes: no other style can fit more
            break
    best = max(fitting, key=lambda s: fitting[s])
    if best != DMY or not fitting[DMY]:
        return best
    return _slashed(read.text, weight, name, slashes, notes)


def _slashed(text: pd.Series, weight: IntArray, name: str, slashes: str | None, notes: list[str]) -> str:
    """Tell day/month/year from month/day/year."""
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
