"""Scanning incidents: the rows stay where they are, the account of them is exact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analytics.errors import InputError, OptionError, unknown_option
from analytics.incidents.lazy.canonical import Canonical
from analytics.incidents.lazy.dated import Dated, read_dates
from analytics.incidents.lazy.degrees import Degrees
from analytics.incidents.lazy.engines import Engine, Opened, open_table, settled
from analytics.incidents.lazy.kept import Repeats, dated_rows, find_repeats, identity
from analytics.incidents.lazy.raw import Raw
from analytics.incidents.lazy.scanned import ScannedIncidents
from analytics.incidents.metadata import read_metadata
from analytics.incidents.reading import SOURCES, source_of
from analytics.incidents.splices import find_splices
from analytics.incidents.versions import version_note
from analytics.options import check_flag
from analytics.periods import as_day
from analytics.sources.checks import REASONS
from analytics.sources.count_tables import counts_error, find_count_columns
from analytics.sources.files import Na
from analytics.sources.mapping import FileMapping, read_mapping
from analytics.sources.registry import find_source, source_names
from analytics.sources.source import People, Source, SourceOptions
from analytics.sources.table import column_notes, is_canonical

__all__ = ["scan_incidents"]

_WHOLE = ("sheet", "actors")  # what a mapping may state, and an engine does not do


def scan_incidents(
    where: object,
    source: str = "auto",
    *,
    table: str | None = None,
    order: str | None = None,
    engine: Engine = "duckdb",
    memory: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_row: int | None = None,
    as_of: object = None,
    columns: Mapping[str, str] | None = None,
    date_style: str | None = None,
    na: Na = "auto",
    country: str | None = None,
    extracted: object = None,
    report_days: bool = True,
    mapping: str | Path | Mapping[str, Any] | None = None,
    repeats: bool = True,
) -> ScannedIncidents:
    """Read incidents where they lie: in files larger than memory, a database, a warehouse, a cluster.

    An engine works on the rows, by the rules by which :func:`read_incidents` reads a file: each distinct text
    of a date, a place, a number is brought here once, and what is said of it is joined to the rows there. The
    account of the rows and what is counted of them are equal to those of the same rows read whole.

    Parameters
    ----------
    where : str, Path or ibis table
        A file or a pattern of files (``"gdelt/*.parquet"``), which DuckDB reads: Parquet as it is, text
        once it was split piece by piece into Parquet in the temporary folder; the address of a database
        (``"postgres://host/db"``) with its `table`; or a table of any engine that ibis knows.
    source : str
        As for `read_incidents`: ``"acled"``, ``"ucdp"``, ``"gdelt"``, ``"table"``, ``"auto"`` and the others.
    table : str, optional
        The table of a database.
    order : str, optional
        For a table of an engine: the column of whole numbers that says which row is the later one, where two
        versions of an incident tell no time of change. Without it the larger text counts.
    engine : {"duckdb", "polars"}
        For files: what reads them.
    memory : str, optional
        For files and DuckDB: the most memory it takes, such as ``"2GB"``; what does not fit is spilled to
        disk.
    encoding, delimiter, header_row, as_of, columns, date_style, na, country, extracted, report_days, mapping
        As for `read_incidents`.
    repeats : bool
        False leaves out the search for identifiers that stand in several rows, which is most of the work on
        hundreds of millions of rows: every row then is an incident.

    Returns
    -------
    ScannedIncidents

    Raises
    ------
    InputError
        If ibis is not installed, there is no such file or table, it lacks columns, or no row can be kept.
    OptionError
        If an option is unknown or does not apply, or the source is one that is only read whole.

    Examples
    --------
    >>> import ibis
    >>> rows = ibis.memtable({"date": ["2020-04-13", "0025-04-13"], "province": ["Diyala", "Diyala"]})
    >>> print(scan_incidents(rows).accounting)
    rows read 2 = kept 1 + set aside 1
      set aside, impossible date: 1
    """
    if mapping is not None:
        return _as_mapped(
            where, read_mapping(mapping), source=source, table=table, order=order, engine=engine,
            memory=memory, encoding=encoding, delimiter=delimiter, header_row=header_row, as_of=as_of,
            columns=columns, date_style=date_style, na=na, country=country, extracted=extracted,
            report_days=report_days, repeats=repeats,
        )  # fmt: skip
    if source not in SOURCES:
        raise unknown_option("source", source, SOURCES)
    last = None if as_of is None else as_day(as_of, "as_of")
    check_flag(report_days=report_days, repeats=repeats)
    opened = open_table(
        where, table=table, order=order, memory=memory, encoding=encoding, delimiter=delimiter,
        header_row=header_row, engine=engine,
    )  # fmt: skip
    raw = Raw(opened.table, opened.name, row=opened.row, na=na, files=opened.files)
    found = _source(raw, source, columns)
    options = SourceOptions(date_style, columns or {}, report_days)
    if found.maps is not None:
        found, options = _mapped(found, raw, options)
    metadata = read_metadata(opened.path)
    if extracted is not None:
        metadata = replace(metadata, extracted=as_day(extracted, "extracted"))
    dates = read_dates(found, raw, options)
    canonical = Canonical(found, raw, options, dates)
    degrees = Degrees(canonical)
    name_rows, tells = identity(canonical)
    date_rows = cache(lambda: settled(name_rows(dated_rows(canonical, degrees, last))))
    canonical.date_rows = date_rows
    reasons, rows, span = _account(raw, date_rows, dates, degrees, last)
    kept = rows - sum(reasons.values())
    if not kept:
        raise _nothing_left(opened, reasons)
    again = None
    if tells and repeats:
        kept_rows = date_rows().filter(date_rows().u_reason.isnull())
        again = find_repeats(canonical, kept_rows, name_rows(raw.table))
    made = ScannedIncidents(
        source=found.name,
        name_rows=name_rows,
        canonical=canonical,
        date_rows=date_rows,
        degrees=degrees,
        repeats=again,
        rows_read=rows,
        span=None if again is not None and again.versions else span,
        reasons=reasons,
        as_of=last,
        known=last,
        title=metadata.title or (opened.path.name if opened.path else opened.name),
        path=opened.path,
        digest=opened.digest,
        metadata_digest=metadata.digest,
        extracted=metadata.extracted,
        gap_is_quiet=metadata.gap_is_quiet,
        simulated=metadata.simulated,
    )
    told = (*opened.notes, *dates.notes, *_of_columns(found, canonical, columns or {}))
    notes = _notes(found, canonical, again, tells, repeats, *told)
    return _settled(made, found, metadata, country, notes)


def _as_mapped(where: object, stated: FileMapping, **options: Any) -> ScannedIncidents:
    """Scan with what a mapping states, for what was not given."""
    for key in _WHOLE:
        if key in stated.reading:
            raise OptionError(
                f"rows that stay where they lie are not read with {key}",
                where=stated.where("file", key),
                todo="leave it out, or read the file with read_incidents",
            )
    with stated.blamed():
        made = scan_incidents(where, **stated.over(options))
    return replace(made, said=(f"columns and ways of reading stated by {stated.name}", *made.said))


def _source(raw: Raw, source: str, columns: Mapping[str, str] | None) -> Source:
    found = source_of(raw.sample, source, columns)
    if columns and not found.mapped:
        raise OptionError(
            f"columns= does not apply to source {source!r}",
            expected="a plain table",
            todo="give source='table' to scan it as a plain table",
        )
    if not found.scannable:
        raise OptionError(
            f"{found.title} is read whole, and not scanned",
            expected=", ".join(name for name in source_names() if find_source(name).scannable),
            found=found.name,
            todo="read it with read_incidents, or give source='table' and columns=",
        )
    if found.may_be_counts and find_count_columns(raw.columns, columns) is not None:
        raise counts_error(raw.columns)
    raw.without_na(known=not found.may_be_counts)
    return found


def _mapped(found: Source, raw: Raw, options: SourceOptions) -> tuple[Source, SourceOptions]:
    """Return a source that finds its columns itself as one whose columns are stated."""
    assert found.maps is not None
    mapping, added = found.maps(raw.columns)
    said = ", ".join(f"{name} = {column}" for name, column in mapping.items())
    made = replace(
        found,
        mapped=True,
        people={name: People(columns) for name, columns in added.items()},
        notes=(*found.notes, ("", f"columns found by their tags: {said}")),
    )
    return made, replace(options, columns=mapping)


def _account(
    raw: Raw, date_rows: Callable[[], Any], dates: Dated, degrees: Degrees, as_of: np.datetime64 | None
) -> tuple[dict[str, int], int, tuple[int, int] | None]:
    """Return how many rows are set aside for each reason, how many there are, and the span of the others.

    Where nothing but the day decides, that is known from the distinct days; else the engine counts.
    """
    if not (dates.apart or dates.unreadable or degrees.decide):
        last = np.iinfo(np.int64).max if as_of is None else int(as_of.astype(np.int64))
        every = dates.start.frame["s_day"]
        if dates.sound and len(every) and (every <= last).all():
            return {}, int(raw.count(raw.table).to_pandas()), (int(every.min()), int(every.max()))
        days, weight = dates.kept_days
        rows, late = int(dates.start.weight.sum()), days > last
        reasons = {"impossible date": rows - int(weight.sum()), "date after as_of": int(weight[late].sum())}
        span = (int(days[~late].min()), int(days[~late].max())) if (~late).any() else None
        return {why: n for why, n in reasons.items() if n}, rows, span
    table = date_rows()
    found = table.group_by("u_reason").aggregate(n=table.count()).to_pandas()
    reasons = {REASONS[int(at)]: int(n) for at, n in found.values.tolist() if not pd.isna(at)}
    return reasons, int(found["n"].sum()), None


def _nothing_left(opened: Opened, reasons: dict[str, int]) -> InputError:
    if not reasons:
        return InputError(f"{opened.name} has no rows", expected="one row per incident", where=opened.name)
    most = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return InputError(
        f"no row of {opened.name} can be kept: all {sum(reasons.values()):,} are set aside",
        expected="at least one incident",
        found=", ".join(f"{reason} ({n:,})" for reason, n in most[:3]),
        where=opened.name,
        todo="check the table and its date column",
    )


def _settled(
    made: ScannedIncidents, source: Source, metadata: Any, country: str | None, notes: tuple[str, ...]
) -> ScannedIncidents:
    """Return the incidents with what depends on the kept ones: their country, spells, splices, coverage."""
    canonical = made.canonical
    canonical.coverage()
    gaps = tuple(gap for gap in source.no_coverage if made.first_date <= gap.window.end)
    frame, weight = made.by_source_and_day()
    simulated = made.simulated or bool((frame["source"] == "simulated").any())
    return replace(
        made,
        said=notes,
        stated=(*metadata.notes, *metadata.terms(source.title, source.terms)),
        country=country,
        no_coverage=(*gaps, *metadata.no_coverage),
        splices=find_splices(frame, (*source.splices, *metadata.splices), weight),
        simulated=simulated,
        source="simulated" if simulated else source.name,
        covered_from=metadata.covered_from or canonical.covered_from,
    )


def _of_columns(source: Source, canonical: Canonical, columns: Mapping[str, str]) -> tuple[str, ...]:
    """Return what is said of a plain table's columns."""
    if not source.mapped:
        return ()
    names = canonical.raw.columns
    return column_notes(names, canonical.found, columns, canonical=is_canonical(names))


def _notes(
    source: Source, canonical: Canonical, again: Repeats | None, tells: bool, repeats: bool, *told: str
) -> tuple[str, ...]:
    raw = canonical.raw
    said = [source.warning] if source.warning else []
    said += told
    said += [words for column, words in source.notes if not column or column in raw.columns]
    if not tells:
        said.append("incident_id: not in this table; repeats are not looked for")
    elif not repeats:
        said.append("repeats are not looked for, as stated: every row is an incident")
    elif again is not None and again.versions:
        said.append(version_note(again.versions, again.undecided(canonical), ordered=raw.ordered))
    return tuple(said)
