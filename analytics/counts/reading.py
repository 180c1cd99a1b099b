"""Reading tables of counts: one row for each period and place, such as ACLED's weekly file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analytics._typing import BoolArray, Days, FloatArray, IntArray
from analytics.counts.absent import Absent, Rule
from analytics.counts.accounting import CountAccounting
from analytics.counts.completeness import settled_completeness
from analytics.counts.count_table import CountTable
from analytics.counts.grid import Counts
from analytics.counts.plan import Value
from analytics.counts.reading_columns import (
    Period,
    Unit,
    period_ends,
    period_of,
    places_of,
    wanted_rows,
)
from analytics.counts.silences import table_silences
from analytics.counts.tables import whole_counts
from analytics.errors import InputError, OptionError, nearest
from analytics.incidents.accounting import RowAccounting
from analytics.incidents.metadata import Metadata, read_metadata
from analytics.incidents.quarantine import records_of
from analytics.options import check_choice
from analytics.periods import DAY, MONTH, as_day, week_first_day
from analytics.sources.columns import Columns, fold
from analytics.sources.count_tables import check_count_mapping, find_count_columns, terms_of
from analytics.sources.coverage import CoveredFrom
from analytics.sources.files import load
from analytics.sources.mapping import read_mapping
from analytics.sources.table import ALIASES

__all__ = ["CountTable", "read_count_table", "read_counts", "whole_count_table"]

_MOST = 2**53  # above it floats do not tell whole numbers apart


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
        ``start``, ``covered_from``, ``week_start``, ``columns``, ``country`` (of rows that state none),
        ``missing``, and what says how a file is read. ``missing="zero"``: a period and place without a row,
        or with an empty number, counts 0; ``"uncovered"``: it has no coverage; ``"auto"``, or None where the
        metadata say nothing: an empty number has no coverage, and a row that is not there counts 0 where the
        table writes no zeros itself (as ACLED's weekly file) and has no coverage where it does.

    Returns
    -------
    Counts
        Weeks start on the day of the table's dates. Notes say what rows that are not there were taken for.

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
    >>> read_counts(table, as_of="2021-01-22", missing="uncovered").to_frame()["North"].tolist()
    [12, <NA>, 3]
    """
    return read_count_table(path_or_frame, **options).counts(no_coverage)


def read_count_table(
    path_or_frame: str | Path | pd.DataFrame, *, as_of: object, **options: Any
) -> CountTable:
    """Read a table of counts by day, week or month; see :func:`read_counts`."""
    table = whole_count_table(path_or_frame, as_of=as_of, **options)
    if as_of is None:
        raise OptionError(
            "as_of is not stated",
            expected="the last day the counts should know about",
            todo=f"give as_of={table.last_date}, the last day of {table.name}",
        )
    return table


def whole_count_table(
    path_or_frame: str | Path | pd.DataFrame,
    *,
    mapping: str | Path | Mapping[str, Any] | None = None,
    **options: Any,
) -> CountTable:
    """Read a table of counts; without `as_of` as far as it goes, to be looked at and not to be tested."""
    if mapping is None:
        return _read_table(path_or_frame, **options)
    stated = read_mapping(mapping)
    with stated.blamed():
        given = stated.over(options)
        given.pop("source", None)
        made = _read_table(path_or_frame, **given)
    return replace(made, notes=(f"columns and ways of reading stated by {stated.name}", *made.notes))


def _read_table(
    path_or_frame: str | Path | pd.DataFrame,
    *,
    as_of: object = None,
    value: Value = "incidents",
    by: str | Sequence[str] | None = "admin1",
    regions: str | Sequence[str] | None = None,
    where: str | None = None,
    start: object = None,
    covered_from: object = None,
    week_start: str | None = None,
    columns: Mapping[str, str] | None = None,
    date_style: str | None = None,
    country: str | None = None,
    extracted: object = None,
    gap_is_quiet: bool | None = None,
    missing: Absent | None = None,
    report_days: bool = True,
    actors: object = None,
    accepted: object = None,
    **reading: Any,
) -> CountTable:
    check_choice("value", value, Value)
    if missing is not None:
        check_choice("missing", missing, Absent)
    for asked, option, lacking in (
        (not report_days, "report_days=False (--no-report-days)", "days of report"),
        (actors is not None, "actors", "actors"),
        (accepted is not None, "accepted", "rows of single incidents"),
    ):
        if asked:
            raise OptionError(
                f"{option} is for incidents",
                found=f"a table of counts, which has no {lacking}",
                todo="leave it out",
            )
    mapping = dict(columns or {})
    raw = load(path_or_frame, **reading)
    table, quarantine = records_of(raw)
    found = find_count_columns(table, mapping)
    if found is None:
        raise InputError(
            f"{raw.name} is no table of counts",
            expected="a column of periods, such as week, and one of events",
            found=", ".join(map(str, raw.frame.columns[:30])),
            where=raw.name,
        )
    check_count_mapping(table, mapping)
    period = period_of(table, found.period, date_style, week_start)
    last = period.last_day if as_of is None else as_day(as_of, "as_of")
    stated = read_metadata(raw.path)
    if extracted is not None:
        stated = replace(stated, extracted=as_day(extracted, "extracted"))
    kept, filtered, notes = wanted_rows(table, where, mapping, found.events)
    places = places_of(table, by, mapping, country, where)
    codes, names, selected = _selected(places.codes, places.names, regions)
    events = _whole(table, found.events)
    deaths = _fatalities(table, mapping)
    amount = events if value == "incidents" else _whole(table, _needed(deaths, table))
    first = period.starts.min() if start is None else as_day(start, "start")
    starts = _grid(first, last, period.unit, period.week_start)
    if not len(starts):
        raise InputError("as_of lies before the table", found=f"as_of {last}", expected=f"{first} or later")
    row = np.searchsorted(starts, period.starts)
    inside = (period.starts >= starts[0]) & (period.starts <= starts[-1])
    row = np.where(inside, row, 0)
    rule = Rule(missing or stated.missing, writes_zeros=bool((events == 0).any()))
    numbers, absent = _numbers(row, codes, amount, inside, kept, (len(starts), len(names)), rule)
    outside, said = _uncovered(starts, period, covered_from, stated)
    numbers[outside] = np.nan
    lost = inside & kept & (codes == -1)
    unplaced = np.bincount(row[lost], np.nan_to_num(amount[lost]), len(starts)).astype(np.int64)
    _too_large(numbers, starts, names)
    quiet = stated.gap_is_quiet if gap_is_quiet is None else bool(gap_is_quiet)
    everything = np.bincount(row[inside], np.nan_to_num(events[inside]), len(starts)).astype(np.int64)
    covered: BoolArray = np.asarray(~np.isnan(numbers).all(axis=1))
    silences, gaps = table_silences(everything, covered, starts, period.unit, quiet)
    reasons = quarantine["reason"].value_counts()
    return CountTable(
        name=raw.path.name if raw.path else raw.name,
        title=stated.title or (raw.path.name if raw.path else ""),
        digest=raw.digest,
        metadata_digest=stated.digest,
        path=raw.path,
        accounting=RowAccounting(
            len(raw.frame), len(table), {str(why): int(n) for why, n in reasons.items()}, {}
        ),
        quarantine=quarantine,
        unit=period.unit,
        first_date=period.starts.min(),
        last_date=period.last_day,
        starts=starts,
        numbers=numbers,
        unplaced=unplaced,
        regions=names,
        by=places.by,
        value=value,
        week_start=period.week_start,
        as_of=last,
        placed=_account(events, kept, inside, codes, where, len(names) if selected else 0),
        notes=(
            *gaps,
            *raw.notes,
            f"each row holds the events of one {period.unit} and place",
            *(*period.notes, *filtered, *notes, *places.notes, *absent, *said, *stated.notes),
            *stated.terms(*terms_of(table)),
        ),
        countries=places.countries,
        has=(*(("fatalities",) if deaths else ()), *(("event_type",) if "event_type" in table else ())),
        no_coverage=stated.no_coverage,
        silences=silences,
        completeness=settled_completeness(
            period_ends(starts, period.unit), len(names), stated.extracted, last, reports_dated=False
        ),
        simulated=stated.simulated,
    )  # fmt: skip


def _uncovered(
    starts: Days, period: Period, covered_from: object, stated: Metadata
) -> tuple[BoolArray, tuple[str, ...]]:
    """Return the periods that the table knows nothing of: before it begins, and after it was drawn."""
    opens = period.starts.min()
    told = stated.covered_from
    if covered_from is not None:
        told = CoveredFrom(as_day(covered_from, "covered_from"), "as stated")
    began = opens if told is None else told.day
    if told is not None and began > opens:
        raise OptionError(
            "covered_from lies after the first period",
            expected=f"a day up to {opens}, the table's first",
            found=str(began) if covered_from is not None else f"{began}, {told.told}",
        )
    before: BoolArray = np.asarray(starts < began)
    notes: list[str] = []
    if before.any():
        why = f"the table begins on {opens}" if told is None else f"it is covered from {began}, {told.told}"
        notes.append(f"no coverage from {starts[0]} to {began - DAY}: {why}")
    drawn = stated.extracted
    late = np.zeros(len(starts), dtype=bool) if drawn is None else period_ends(starts, period.unit) > drawn
    if late.any():
        notes.append(f"the file was drawn on {drawn}: periods that end later have no coverage")
    return before | late, tuple(notes)


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
    rule: Rule,
) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the sums, and notes on what cells without a row or a number are."""
    here = inside & (codes >= 0)
    at = row[here] * shape[1] + codes[here]
    cells = shape[0] * shape[1]
    used = np.where(kept[here], amount[here], 0.0)
    sums = np.bincount(at, np.nan_to_num(used), cells).astype(np.float64)
    present = np.bincount(at, minlength=cells) > 0
    blank = np.bincount(at, np.isnan(used), cells) > 0
    sums[(blank & rule.blank_is_uncovered) | (~present & rule.absent_is_uncovered)] = np.nan
    return sums.reshape(shape), rule.notes(int((~present).sum()), int(blank.sum()), cells)


def _whole(table: Columns, name: str) -> FloatArray:
    numbers, unreadable = table.numbers(name)
    bad = unreadable | (numbers < 0) | (~np.isnan(numbers) & (numbers != np.round(numbers)))
    bad |= numbers > _MOST
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        raise InputError(
            f"{table.actual(name)} holds something that is no whole number of 0 or more",
            expected=f"at most {_MOST:,}" if numbers[at] > _MOST else None,
            found=repr(table.strings(name).iloc[at]),
            where=f"{table.raw.name}, row {table.raw.rows[at]}, column {table.actual(name)}",
        )
    return numbers


def _fatalities(table: Columns, mapping: Mapping[str, str]) -> str | None:
    names = [fold(mapping["fatalities"])] if "fatalities" in mapping else [*ALIASES["fatalities"]]
    return next((name for name in names if name in table), None)


def _needed(found: str | None, table: Columns) -> str:
    """Return the column of fatalities, or raise the error for there being none."""
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
    at = {name: i for i, name in enumerate(names)}
    for name in wanted:
        if name not in at:
            close = nearest(name, names)
            raise OptionError(
                f"unknown region {name!r}",
                expected=", ".join(names[:20]),
                todo=f"did you mean {' or '.join(close)}?" if close else None,
            )
    place = np.full(len(names) + 1, -2, dtype=np.int64)
    place[-1] = -1
    place[[at[name] for name in wanted]] = np.arange(len(wanted))
    return np.asarray(place[codes]), tuple(wanted), True


def _grid(first: np.datetime64, last: np.datetime64, unit: Unit, week_start: str) -> Days:
    """Return the periods from the one that starts on or after `first` to the one that holds `last`."""
    if unit == "month":
        months = np.arange(first.astype("datetime64[M]"), last.astype("datetime64[M]") + MONTH)
        days = months.astype("datetime64[D]")
        return np.asarray(days[days >= first])
    if unit == "day":
        return np.arange(first, last + DAY)
    whole: np.datetime64 = week_first_day(np.array([first + 6 * DAY]), week_start)[0]
    return np.asarray(np.arange(whole, last + DAY, 7 * DAY), dtype="datetime64[D]")


def _too_large(numbers: FloatArray, starts: Days, names: Sequence[str]) -> None:
    whole_counts(np.nan_to_num(numbers).astype(np.int64), starts, names)
