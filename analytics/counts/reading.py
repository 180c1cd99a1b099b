"""Reading tables of counts: one row for each period and place, such as ACLED's weekly file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analytics._typing import BoolArray, Days, FloatArray, IntArray
from analytics.counts.accounting import CountAccounting
from analytics.counts.grid import Counts
from analytics.counts.plan import Value
from analytics.counts.reading_columns import Unit, period_of, places_of, wanted_rows
from analytics.counts.tables import whole_counts
from analytics.errors import InputError, OptionError, nearest
from analytics.options import check_choice
from analytics.periods import DAY, as_day, week_first_day
from analytics.sources.columns import Columns, fold
from analytics.sources.count_tables import find_count_columns
from analytics.sources.files import load
from analytics.sources.table import ALIASES

__all__ = ["CountTable", "read_count_table", "read_counts"]


@dataclass(frozen=True, eq=False)
class CountTable:
    """A table of counts as it was read: periods down, regions across.

    Attributes
    ----------
    name, digest : str
        The file, and its SHA-256.
    rows : int
        Rows read.
    unit : {"day", "week", "month"}
        What a period is.
    starts : datetime64[D] array, shape (periods,)
    numbers : float array, shape (periods, regions)
        NaN where there is no coverage.
    unplaced : int array, shape (periods,)
        What rows without a region hold.
    regions : tuple of str
    by, value, week_start : str
    as_of : datetime64[D]
    accounting : CountAccounting
        Where every event of the table went.
    notes : tuple of str
    countries : tuple of str
        Countries the regions lie in, as far as known.
    """

    name: str
    digest: str
    rows: int
    unit: Unit
    starts: Days
    numbers: FloatArray
    unplaced: IntArray
    regions: tuple[str, ...]
    by: str
    value: str
    week_start: str
    as_of: np.datetime64
    accounting: CountAccounting
    notes: tuple[str, ...]
    countries: tuple[str, ...] = ()

    @property
    def ends(self) -> Days:
        """Last day of each period."""
        return _ends(self.starts, self.unit)

    def counts(self, no_coverage: Iterable[object] = ()) -> Counts:
        """Return the table as counts.

        Raises
        ------
        InputError
            If it holds months: they are no whole number of weeks.
        """
        if self.unit == "month":
            raise InputError(
                f"{self.name} holds counts by month, and no weeks can be made of months",
                expected="counts by day or by week",
                found=f"months, {self.starts[0].astype('datetime64[M]')} to "
                f"{self.starts[-1].astype('datetime64[M]')}",
                where=self.name,
                todo="uptick count shows the months as they are",
            )
        made = Counts.from_frame(
            pd.DataFrame(self.numbers, index=pd.DatetimeIndex(self.starts), columns=list(self.regions)),
            freq=self.unit,
            as_of=self.as_of,
            week_start=self.week_start,
            no_coverage=no_coverage,
            value=self.value,
            by=self.by,
            countries=self.countries,
        )
        held: dict[str, Any] = {name: getattr(made, name) for name in made.__dataclass_fields__}
        unplaced = self.unplaced.astype(np.int32)
        return Counts(**{**held, "unplaced": unplaced, "accounting": self.accounting, "notes": self.notes})


def read_counts(
    path_or_frame: str | Path | pd.DataFrame, *, no_coverage: Iterable[object] = (), **options: Any
) -> Counts:
    """Read a table of counts by day or by week: one row for each period and place, with its events.

    Parameters
    ----------
    path_or_frame : str, Path or DataFrame
        Such as ACLED's weekly aggregated file: a column ``week`` (or a day), one ``events`` (or
        ``incidents``), and places.
    no_coverage : iterable
        Spells without coverage.
    **options
        As for :func:`read_count_table`: ``as_of`` (needed), ``value``, ``by``, ``regions``, ``where``,
        ``start``, ``week_start``, ``columns``, ``country`` (of rows that state none), and what says how a
        file is read.

    Returns
    -------
    Counts
        Weeks start on the day of the table's dates. A period and place without a row counts 0 where the table
        writes no zeros itself, and is without coverage where it does; a note says which.

    Raises
    ------
    InputError
        If it is no table of counts, a number cannot be read or is no whole number, or it holds months.
    OptionError
        If an option cannot be used.

    Examples
    --------
    >>> table = pd.DataFrame({"week": ["2021-01-02", "2021-01-16"], "admin1": "North", "events": [12, 3]})
    >>> counts = read_counts(table, as_of="2021-01-22")
    >>> counts.week_start, counts.to_frame()["North"].tolist()
    ('saturday', [12, 0, 3])
    """
    return read_count_table(path_or_frame, **options).counts(no_coverage)


def read_count_table(
    path_or_frame: str | Path | pd.DataFrame,
    *,
    as_of: object,
    value: Value = "incidents",
    by: str | Sequence[str] | None = "admin1",
    regions: str | Sequence[str] | None = None,
    where: str | None = None,
    start: object = None,
    week_start: str | None = None,
    columns: Mapping[str, str] | None = None,
    date_style: str | None = None,
    country: str | None = None,
    **reading: Any,
) -> CountTable:
    """Read a table of counts by day, week or month; see :func:`read_counts`."""
    check_choice("value", value, Value)
    raw = load(path_or_frame, **reading)
    table = Columns(raw)
    found = find_count_columns(table)
    if found is None:
        raise InputError(
            f"{raw.name} is no table of counts",
            expected="a column of periods, such as week, and one of events",
            found=", ".join(map(str, raw.frame.columns[:30])),
            where=raw.name,
        )
    period = period_of(table, found.period, date_style, week_start)
    last = period.last_day if as_of is None else as_day(as_of, "as_of")
    if as_of is None:
        raise OptionError(
            "as_of is not stated",
            expected="the last day the counts should know about",
            todo=f"give as_of={last}, the last day of {raw.name}",
        )
    kept, filtered, notes = wanted_rows(table, where, columns or {}, found.events)
    places = places_of(table, by, columns or {}, country)
    codes, names, selected = _selected(places.codes, places.names, regions)
    events = _whole(table, found.events)
    amount = events if value == "incidents" else _whole(table, _fatalities(table, columns or {}))
    first = period.starts.min() if start is None else as_day(start, "start")
    starts = _grid(first, last, period.unit, period.week_start)
    if not len(starts):
        raise InputError("as_of lies before the table", found=f"as_of {last}", expected=f"{first} or later")
    row = np.searchsorted(starts, period.starts)
    inside = (period.starts >= starts[0]) & (period.starts <= starts[-1])
    row = np.where(inside, row, 0)
    numbers, absent = _numbers(row, codes, amount, inside, kept, (len(starts), len(names)))
    lost = inside & kept & (codes == -1)
    unplaced = np.bincount(row[lost], np.nan_to_num(amount[lost]), len(starts)).astype(np.int64)
    _too_large(numbers, starts, names)

    return CountTable(
        name=raw.path.name if raw.path else raw.name,
        digest=raw.digest,
        rows=len(table),
        unit=period.unit,
        starts=starts,
        numbers=numbers,
        unplaced=unplaced,
        regions=names,
        by=places.by,
        value=value,
        week_start=period.week_start,
        as_of=last,
        accounting=_account(events, kept, inside, codes, where, len(names) if selected else 0),
        notes=(*raw.notes, *period.notes, *filtered, *notes, *places.notes, *absent),
        countries=places.countries,
    )


def _account(
    events: FloatArray, kept: BoolArray, inside: BoolArray, codes: IntArray, where: str | None, chosen: int
) -> CountAccounting:
    """Say where every event of the table went."""

    def total(rows: BoolArray | slice) -> int:
        return int(np.nansum(events[rows]))

    filtered = {} if where is None else {f"where {where}": total(~kept)}
    if chosen:
        filtered[f"region ({chosen} chosen)"] = total(kept & inside & (codes == -2))
    return CountAccounting(
        kept=total(slice(None)),
        grid=total(kept & inside & (codes >= 0)),
        filtered=filtered,
        set_apart=0,
        unplaced=total(kept & inside & (codes == -1)),
        outside=total(kept & ~inside),
        no_coverage=0,
    )


def _numbers(
    row: IntArray,
    codes: IntArray,
    amount: FloatArray,
    inside: BoolArray,
    kept: BoolArray,
    shape: tuple[int, int],
) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the sums, and a note on what cells without a row are."""
    here = inside & (codes >= 0)
    at = row[here] * shape[1] + codes[here]
    cells = shape[0] * shape[1]
    used = np.where(kept[here], amount[here], 0.0)
    sums = np.bincount(at, np.nan_to_num(used), cells).astype(np.float64)
    present = np.bincount(at, minlength=cells) > 0
    blank = np.bincount(at, np.isnan(used), cells) > 0
    zeros = bool((amount == 0).any())
    notes = []
    gone = int((~present).sum())
    if gone:
        said = (
            "have no coverage, because the table writes its zeros"
            if zeros
            else "count 0, because the table writes no zeros"
        )
        notes.append(f"{gone:,} of {cells:,} periods and places have no row and {said}")
    if blank.any():
        notes.append(f"{int(blank.sum()):,} periods and places have a blank number and no coverage")
    sums[blank | (~present & zeros)] = np.nan
    return sums.reshape(shape), tuple(notes)


def _whole(table: Columns, name: str) -> FloatArray:
    numbers, unreadable = table.numbers(name)
    bad = unreadable | (numbers < 0) | (~np.isnan(numbers) & (numbers != np.round(numbers)))
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        raise InputError(
            f"{table.actual(name)} holds something that is no whole number of 0 or more",
            found=repr(table.strings(name).iloc[at]),
            where=f"{table.raw.name}, row {table.raw.rows[at]}, column {table.actual(name)}",
        )
    return numbers


def _fatalities(table: Columns, mapping: Mapping[str, str]) -> str:
    names = [fold(mapping["fatalities"])] if "fatalities" in mapping else [*ALIASES["fatalities"]]
    found = next((name for name in names if name in table), None)
    if found is None:
        raise InputError(
            f"{table.raw.name} has no column of fatalities",
            expected="such as fatalities, killed or deaths",
            found=", ".join(map(str, table.frame.columns[:30])),
            where=table.raw.name,
            todo="name it: columns={'fatalities': 'the column of fatalities'}",
        )
    return found


def _selected(
    codes: IntArray, names: tuple[str, ...], regions: str | Sequence[str] | None
) -> tuple[IntArray, tuple[str, ...], bool]:
    if regions is None:
        return codes, names, False
    wanted = [part.strip() for part in regions.split(",")] if isinstance(regions, str) else list(regions)
    for name in wanted:
        if name not in names:
            close = nearest(name, names)
            raise OptionError(
                f"unknown region {name!r}",
                expected=", ".join(names[:20]),
                todo=f"did you mean {' or '.join(close)}?" if close else None,
            )
    place = np.full(len(names) + 1, -2, dtype=np.int64)
    place[-1] = -1
    place[[names.index(name) for name in wanted]] = np.arange(len(wanted))
    return np.asarray(place[codes]), tuple(wanted), True


def _grid(first: np.datetime64, last: np.datetime64, unit: Unit, week_start: str) -> Days:
    """Return the periods from the one that starts on or after `first` to the one that holds `last`."""
    if unit == "month":
        months = np.arange(first.astype("datetime64[M]"), last.astype("datetime64[M]") + 1)
        days = months.astype("datetime64[D]")
        return np.asarray(days[days >= first])
    if unit == "day":
        return np.arange(first, last + DAY)
    whole: np.datetime64 = week_first_day(np.array([first + 6 * DAY]), week_start)[0]
    return np.asarray(np.arange(whole, last + DAY, 7 * DAY), dtype="datetime64[D]")


def _ends(starts: Days, unit: Unit) -> Days:
    if unit == "month":
        return np.asarray((starts.astype("datetime64[M]") + 1).astype("datetime64[D]") - DAY)
    return np.asarray(starts + (6 if unit == "week" else 0) * DAY)


def _too_large(numbers: FloatArray, starts: Days, names: Sequence[str]) -> None:
    whole_counts(np.nan_to_num(numbers).astype(np.int64), starts, names)
