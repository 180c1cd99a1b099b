"""What every source shares: finding columns by name, cleaning text, reading numbers, setting rows aside.

A row is set aside for one reason, the first that applies in the order of ``REASONS``. Everything odd that can
still be used is kept and flagged, in the order of ``FLAGS``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.errors import InputError
from analytics.sources.columns import NULLS, Columns
from analytics.sources.coverage import CoveredFrom
from analytics.sources.dates import DMY, FIRST_YEAR, LAST_YEAR, MDY, ParsedDates, parse_dates

__all__ = ["FLAGS", "REASONS", "ROUNDED", "Draft", "Problem", "whole"]


REASONS = (
    "not a record (blank row)",
    "not a record (HXL tag row)",
    "not a record (repeated header)",
    "unparsable date",
    "impossible date",
    "end before start",
    "date after as_of",
    "coordinates outside the globe",
    "duplicate id",
)
FLAGS = (
    "coarse date",
    "unknown date precision",
    "year differs from date",
    "code_status not clear",
    "blank id",
    "blank admin1",
    "coordinates 0, 0",
    "unreadable coordinates",
    "low > best",
    "best > high",
    "negative fatalities",
    "unreadable fatalities",
    "negative wounded",
    "unreadable wounded",
    "unreadable initiator",
    "unreadable initiator_basis",
    "unreadable activity",
    "unreadable place_precision",
    "unreadable civilian_targeting",
    "unreadable updated_at",
    "unreadable reported_on",
    "reported before its date",
    "reported long after its date",
)
_SECONDS_2200 = 7_258_118_400  # Unix time of 2200-01-01
ROUNDED = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]+")
_THOUSANDS = re.compile(r"[0-9]{1,3}(\.[0-9]{3})+")
_STANDS = 3  # texts named that stand for nothing
_MOST = 1e9  # no count of people above this can be meant


@dataclass(frozen=True, eq=False)
class Problem:
    """Rows that cannot be kept, why, the column of the file to quote (or None), and what is wrong with it."""

    reason: str
    rows: BoolArray
    column: str | None
    explanation: str


@dataclass(eq=False)
class Draft:
    """Canonical columns in the making: what a source has read, and what is wrong with it.

    Attributes
    ----------
    columns : Columns
        The raw table.
    data : dict
        Canonical columns so far. At the end it must hold `incident_id`, `source`, `date_start`, `date_end`,
        `initiator`, `initiator_basis` and `activity`; `date_precision` is the source's to set.
    carried : dict
        Columns of the file that stand in `data` unchanged in meaning, with the rows (or None) whose text was
        lost; the others, and those with such a row among the kept ones, become ``extra``.
    notes : list of str
        What was decided for the whole file.
    problems : list of Problem
        Rows that cannot be kept.
    flagged : dict
        Rows kept with a flag.
    start_column : str or None
        The file's column of the first day.
    called : dict
        The file's name of a column, and the canonical name it stands under.
    added : tuple of str
        Columns of the file whose numbers were added to one.
    covered_from : CoveredFrom or None
        From which day on the source holds all incidents, by a rule of its own.
    codes : frozenset of str
        Columns (folded names) of codes, which stay text in ``extra``.
    repeats : bool
        Whether an identifier may stand in several of the rows that are kept.
    weight : int array or None
        How many rows of the file each row stands for, where these are distinct values; None: one.
    """

    columns: Columns
    data: dict[str, object] = field(default_factory=dict)
    carried: dict[str, BoolArray | None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    flagged: dict[str, BoolArray] = field(default_factory=dict)
    start_column: str | None = None
    called: dict[str, str] = field(default_factory=dict)
    added: tuple[str, ...] = ()
    covered_from: CoveredFrom | None = None
    codes: frozenset[str] = frozenset()
    repeats: bool = True
    weight: IntArray | None = None

    def take(self, canonical: str, name: str, lost: BoolArray | None = None) -> None:
        """Record that a column of the file is a canonical one, and the rows (or None) whose text was lost."""
        actual = self.columns.actual(name)
        self.carried[actual] = lost
        self.called[actual] = canonical

    def set_aside(self, reason: str, rows: BoolArray, column: str | None, explanation: str) -> None:
        """Set rows aside for a reason out of ``REASONS``."""
        if reason not in REASONS:
            raise ValueError(f"{reason!r} is not in REASONS")
        if rows.any():
            self.problems.append(Problem(reason, rows, column, explanation))

    def flag(self, name: str, rows: BoolArray) -> None:
        """Keep rows and flag them with a word out of ``FLAGS``."""
        if name not in FLAGS:
            raise ValueError(f"{name!r} is not in FLAGS")
        if rows.any():
            self.flagged[name] = self.flagged[name] | rows if name in self.flagged else rows

    def carry(self, canonical: str, name: str, *, missing: Iterable[str] = ()) -> None:
        """Take a text column over, cleaned; leave the canonical column missing where the file has none."""
        if name in self.columns:
            self.data[canonical] = self.columns.text(name, missing=missing)
            self.take(canonical, name)
            if stands := sorted(self.columns.read_as_missing[name]):
                more = f" and {len(stands) - _STANDS} more" if len(stands) > _STANDS else ""
                said = ", ".join(map(repr, stands[:_STANDS]))
                self.notes.append(f"{self.columns.actual(name)}: {said}{more} read as missing")

    def ids(self, name: str | None, *, beside: str = "") -> None:
        """Take the identifiers over and set repeats aside later; make ``row-N`` where the file has none.

        Where most identifiers end in ``.0`` (a table that once held a missing value) the ending is dropped.
        A spreadsheet that wrote them as ``2.01701E+11`` has rounded them: they tell nothing apart and are not
        used. Where the source gives one identifier to several events, the text of the column `beside` is
        added to those.
        """
        if name is None:
            self.data["incident_id"] = self._made_ids()
            return
        text = self.columns.strings(name).str.strip()
        if text.iloc[:20].str.fullmatch(ROUNDED).any() and 2 * text.str.fullmatch(ROUNDED).sum() > len(text):
            self.data["incident_id"] = self._made_ids()
            self.notes.append(
                f"incident_id: {self.columns.actual(name)} holds rounded numbers such as {text.iloc[0]}, as "
                "a spreadsheet writes long ones: they tell nothing apart and are not used, nor are "
                "repeats looked for"
            )
            return
        blank = (text == "").to_numpy(dtype=bool)
        if 2 * text.str.endswith(".0").sum() > (~blank).sum():
            floats = text.str.fullmatch(r"[0-9]+\.0").to_numpy(dtype=bool)
            if 2 * floats.sum() > (~blank).sum():
                text = text.where(~floats, text.str.removesuffix(".0"))
        if beside in self.columns:
            again = text.duplicated(keep=False) & ~blank
            text = text.mask(again, text + "@" + self.columns.strings(beside).str.strip())
        self.data["incident_id"] = text.mask(blank, self._made_ids()) if blank.any() else text
        self.take("incident_id", name)
        self.flag("blank id", blank)

    def _made_ids(self) -> pd.Series:
        rows = pd.Series(self.columns.raw.rows, index=self.columns.frame.index)
        return "row-" + rows.astype("str")

    def dates(
        self, name: str, *, style: str | None, slashes: str | None, blank_is: ParsedDates | None = None
    ) -> ParsedDates:
        """Read a column of dates and set aside the rows whose text is no day.

        A blank one is unparsable too, unless `blank_is` says which column's day then holds.
        """
        actual = self.columns.actual(name)
        parsed = parse_dates(self.columns.strings(name), name=actual, style=style, slashes=slashes)
        return self._take_dates(parsed, actual, blank_is)

    def dates_in_parts(self, year: str, month: str | None = None, day: str | None = None) -> ParsedDates:
        """Read dates whose year, month and day stand in columns of their own.

        A month or day that is blank, 0 or negative is not known: the date is then coarse.
        """
        names = [self.columns.actual(name) for name in (year, month, day) if name is not None]
        cells = [
            self.columns.strings(name).str.strip().str.removesuffix(".0")
            for name in (year, month, day)
            if name
        ]
        codes = pd.MultiIndex.from_arrays([pd.factorize(c)[0] for c in cells])
        at, _ = pd.factorize(codes)
        distinct = [cell.iloc[np.unique(at, return_index=True)[1]].to_numpy() for cell in cells]
        text = pd.Series([_written(*row) for row in zip(*distinct, strict=True)], dtype="str")
        text = text.take(at).reset_index(drop=True)
        parsed = parse_dates(text, name=" and ".join(names), weight=self.weight)
        self.notes.append(f"date: read from the columns {', '.join(names)}")
        for name in names[1:]:
            self.carried[name] = None
        return self._take_dates(parsed, names[0], None)

    def _take_dates(self, parsed: ParsedDates, actual: str, blank_is: ParsedDates | None) -> ParsedDates:
        self.set_aside("unparsable date", parsed.unparsable, actual, f"does not fit the style {parsed.style}")
        self.set_aside(
            "impossible date", parsed.impossible, actual, f"names no day in {FIRST_YEAR}..{LAST_YEAR}"
        )
        if blank_is is None:
            self.set_aside("unparsable date", parsed.blank, actual, "is blank")
        else:
            parsed.days[parsed.blank] = blank_is.days[parsed.blank]
            parsed.ends[parsed.blank] = blank_is.ends[parsed.blank]
        self.notes.extend(parsed.notes)
        self.carried[actual] = None
        return parsed

    def span(self, start: ParsedDates, end: ParsedDates, names: tuple[str, str]) -> None:
        """Take the first and last day over; set aside rows that end before they start."""
        self.data["date_start"], self.data["date_end"] = start.days, end.ends
        self.start_column = names[0]
        self.called.update({names[1]: "date_end", names[0]: "date_start"})
        self.set_aside("end before start", end.ends < start.days, names[1], f"is before {names[0]}")

    def coordinates(self, latitude: str | None, longitude: str | None) -> None:
        """Read degrees; outside the globe is set aside, text that is no number is missing and flagged.

        Where most of the numbers are outside the globe, the columns hold something else (metres of a grid):
        then none is used, every row is flagged and none is set aside.
        """
        read = {
            canonical: (name, most, *self.columns.numbers(name))
            for canonical, name, most in (("latitude", latitude, 90.0), ("longitude", longitude, 180.0))
            if name is not None
        }
        other = any(
            2 * (np.abs(values) > most).sum() > (~np.isnan(values)).sum()
            for _, most, values, _ in read.values()
        )
        zero = np.full(len(self.columns), latitude is not None and longitude is not None)
        for canonical, (name, most, values, unreadable) in read.items():
            actual = self.columns.actual(name)
            if other:
                unreadable, values = unreadable | ~np.isnan(values), np.full(len(values), np.nan)
            self.flag("unreadable coordinates", unreadable)
            self.set_aside(
                "coordinates outside the globe",
                np.abs(values) > most,
                actual,
                f"is not in -{most:g}..{most:g}",
            )
            self.data[canonical] = values
            self.take(canonical, name, unreadable)
            zero &= values == 0
        if other:
            names = " and ".join(self.columns.actual(name) for name, *_ in read.values())
            are = "are" if len(read) > 1 else "is"
            self.notes.append(f"coordinates: {names} {are} not degrees, so they are left out")
        self.flag("coordinates 0, 0", zero)

    def people(self, canonical: str, name: str, *, not_stated: Sequence[float] = ()) -> None:
        """Read a number of people; not stated is missing, text that is no whole number is flagged too."""
        word = "wounded" if canonical == "wounded" else "fatalities"
        values, unreadable = self.columns.numbers(name)
        if not_stated:
            values[np.isin(values, not_stated)] = np.nan
        negative = values < 0
        odd = unreadable | (~np.isnan(values) & ((values != np.round(values)) | (values > _MOST)))
        odd |= self._maybe_thousands(name)
        self.flag(f"negative {word}", negative)
        self.flag(f"unreadable {word}", odd & ~negative)
        self.data[canonical] = whole(np.where(odd | negative, np.nan, values))
        self.take(canonical, name, odd | negative)

    def _maybe_thousands(self, name: str) -> BoolArray:
        """Return where a point may part thousands: 1.000 beside 2, in a column that has no other points."""
        written = [text.strip() for text in self.columns.coded(name)[1] if "." in text or text.isdecimal()]
        points = [text for text in written if "." in text]
        grouped = [text for text in points if _THOUSANDS.fullmatch(text)]
        if not grouped or len(grouped) < len(points) or not any(map(str.isdecimal, written)):
            return np.zeros(len(self.columns), dtype=bool)
        return self.columns.holds(name, lambda text: text.strip() in grouped)

    def people_added(self, canonical: str, names: Sequence[str], *, not_stated: Sequence[float] = ()) -> None:
        """Read numbers of people from several columns and add them; missing where none states one."""
        total = np.zeros(len(self.columns))
        stated = np.zeros(len(self.columns), dtype=bool)
        for name in names:
            self.people(canonical, name, not_stated=not_stated)
            one = pd.Series(self.data[canonical]).to_numpy(dtype=np.float64, na_value=np.nan)
            stated |= ~np.isnan(one)
            total += np.nan_to_num(one)
            actual = self.columns.actual(name)
            del self.carried[actual], self.called[actual]
            self.added += (actual,)
        self.data[canonical] = whole(np.where(stated, total, np.nan))
        self.notes.append(f"{canonical}: the sum of {', '.join(map(self.columns.actual, names))}")

    def updated_at(self, name: str) -> None:
        """Read the time of the last change: seconds since 1970, or ISO text; other text is flagged."""
        seconds, other = self.columns.numbers(name)
        sound = (seconds > 0) & (seconds < _SECONDS_2200)
        times = pd.Series(np.where(sound, seconds, 0).astype("datetime64[s]").astype("datetime64[us]"))
        times = times.where(sound)
        if other.any():
            text = self.columns.strings(name)[other]
            iso = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True).dt.tz_localize(None)
            times[other] = iso.where(iso.dt.year.between(1970, 2199)).astype("datetime64[us]")
        codes, texts = self.columns.coded(name)
        written = ~texts.str.strip().isin(["", *NULLS]).to_numpy(dtype=bool)
        odd = written[codes] & times.isna().to_numpy(dtype=bool)
        self.flag("unreadable updated_at", odd)
        self.data["updated_at"] = times
        self.take("updated_at", name, odd)

    def reported_on(self, name: str, style: str | None) -> None:
        """Read the day of the first report; a blank one is not known, and text that is no day is flagged.

        `style` is that of the dates of the incidents: it decides where the column itself does not.
        """
        actual = self.columns.actual(name)
        text = self.columns.strings(name)
        text = text.mask(text.str.strip().isin(NULLS), "")
        try:
            slashes = style if style in (DMY, MDY) else None
            parsed = parse_dates(text, name=actual, slashes=slashes, weight=self.weight)
        except InputError as error:
            self.notes.append(f"reported_on: {error.what}, so the day of report is not known")
            self.flag("unreadable reported_on", (text.str.strip() != "").to_numpy(dtype=bool))
            return
        odd = parsed.unparsable | parsed.impossible
        self.flag("unreadable reported_on", odd)
        self.data["reported_on"] = pd.Series(parsed.ends.astype("datetime64[us]"))
        self.notes.extend(parsed.notes)
        self.take("reported_on", name, odd)

    def order_of_estimates(self) -> None:
        """Flag estimates of deaths that are out of order."""
        low, best, high = (self.data.get(c) for c in ("fatalities_low", "fatalities", "fatalities_high"))
        if isinstance(best, pd.Series):
            if isinstance(low, pd.Series):
                self.flag("low > best", (low > best).fillna(False).to_numpy(dtype=bool))
            if isinstance(high, pd.Series):
                self.flag("best > high", (best > high).fillna(False).to_numpy(dtype=bool))

    def blank_admin1(self) -> None:
        """Flag rows without a first-order unit, where the file has that column."""
        admin1 = self.data.get("admin1")
        if isinstance(admin1, pd.Series):
            self.flag("blank admin1", admin1.isna().to_numpy(dtype=bool))


def _written(year: str, month: str = "", day: str = "") -> str:
    """Write a date from its parts, coarser where a month or a day is not known."""
    unknown = ("", "0", "00", "-9", "-99", *NULLS)
    if month in unknown:
        return year
    if day in unknown:
        return f"{year}-{month}" if month.isdigit() else f"{month} {year}"
    return f"{year}-{month}-{day}"


def whole(values: FloatArray) -> pd.Series:
    """Return floats that are whole or NaN as ``Int64``.

    Examples
    --------
    >>> whole(np.array([3.0, np.nan])).tolist()
    [3, <NA>]
    """
    missing = np.isnan(values)
    return pd.Series(pd.arrays.IntegerArray(np.where(missing, 0, values).astype(np.int64), missing))
