"""Reading incidents: a file or a DataFrame, through the source that knows its columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analytics.errors import InputError, OptionError, unknown_option
from analytics.incidents.accounting import RowAccounting
from analytics.incidents.actors import ActorTable, normalise_actors
from analytics.incidents.countries import in_country
from analytics.incidents.incidents import Incidents
from analytics.incidents.kept import kept_tables
from analytics.incidents.metadata import Metadata, read_metadata
from analytics.incidents.quarantine import split
from analytics.incidents.splices import find_splices
from analytics.incidents.twice import AcceptedPairs, set_aside_accepted
from analytics.incidents.versions import current_versions, loaded_at_once, reported_after, version_notes
from analytics.options import check_choice, check_flag, check_whole
from analytics.periods import Gap, as_day
from analytics.results.words import counted
from analytics.schema import BASES
from analytics.sources.checks import FLAGS, REASONS, Draft
from analytics.sources.columns import Columns
from analytics.sources.count_tables import counts_error, find_count_columns
from analytics.sources.files import Na, RawTable, load, without_na
from analytics.sources.mapping import read_mapping
from analytics.sources.registry import (
    TABLE,
    find_source,
    known_by_name,
    layouts,
    recognise,
    source_names,
)
from analytics.sources.source import Source, SourceOptions
from analytics.sources.translation import translate

__all__ = ["SOURCES", "read_incidents", "read_raw", "source_of", "who_began"]

SOURCES = ("auto", *source_names())


def read_incidents(
    path_or_frame: str | Path | pd.DataFrame,
    source: str = "auto",
    *,
    as_of: object = None,
    columns: Mapping[str, str] | None = None,
    sheet: str | int | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    date_style: str | None = None,
    header_row: int | None = None,
    na: Na = "auto",
    country: str | None = None,
    extracted: object = None,
    report_days: bool = True,
    mapping: str | Path | Mapping[str, Any] | None = None,
    actors: str | Path | pd.DataFrame | ActorTable | None = None,
    accepted: str | Path | pd.DataFrame | AcceptedPairs | None = None,
) -> Incidents:
    """Read incidents from a file or a DataFrame, accounting for every row.

    Parameters
    ----------
    path_or_frame : str, Path or DataFrame
        UCDP GED (yearly, candidate, HDX), an ACLED export, the GTD, GDELT, ICEWS, SIGACTs, Insecurity
        Insight, a table with HXL tags, or a plain one: text, Excel, Parquet, JSON, GeoJSON, also packed
        (.zip, .gz).
        A file ``NAME.meta.toml`` beside ``NAME.csv`` may state title, licence, ``simulated``,
        ``extracted``, ``covered_from``, ``gap_is_quiet`` and spells without coverage.
    source : str
        ``"ucdp"``, ``"acled"``, ``"gtd"``, ``"gdelt"``, ``"icews"``, ``"sigact"``, ``"insecurity_insight"``,
        ``"hxl"`` or ``"table"``; ``"auto"`` recognises a source by the names of its columns, or by HXL tags,
        and takes all else as a plain table.
    as_of : date-like, optional
        The last day that may be in the data, such as ``"2020-04-12"``; later incidents are set aside.
    columns : mapping, optional
        For a plain table: canonical column to the file's column. What it leaves out is found by name.
    sheet : str or int, optional
        Sheet of a workbook, ``"all"`` for all of them, one below the other; default the first with a table.
    encoding : str, optional
        Default UTF-8; another one is told by its letters and noted.
    delimiter : str, optional
        Default: found among comma, semicolon, tab and vertical bar.
    date_style : str, optional
        Needed only where dates such as 03/04/2020 can be read two ways: ``"day/month/year"`` or
        ``"month/day/year"``; see ``analytics.sources.dates.DATE_STYLES`` for the others.
    header_row : int, optional
        Row of the column names, the first being 1; default: found, with a note where rows above it are left
        out.
    na : {"auto", "missing", "text"}
        Whether cells ``NA`` are missing values, as R writes them; ``"auto"``: where they stand in several
        columns.
    extracted : date-like, optional
        The day the file was drawn; default: what its metadata say. Nothing is known of later days, and days
        180 or more before it read as complete.
    report_days : bool
        False takes no column as the day of the report (`reported_on`), for one that holds the day the rows
        were loaded: as of an earlier day none would be known yet.
    mapping : path or mapping, optional
        A mapping file (``uptick check FILE --write-mapping my.toml`` proposes one), or its tables ``file``
        and ``columns``: what is not given here is taken from it.
    actors : path or DataFrame, optional
        A table of actors (CSV with the columns ``name`` and ``normalised``): `actor1` and `actor2` get the
        normalised names, what was written is kept beside. Names not in it stay, and are listed in `actors`.
    accepted : path or DataFrame, optional
        Pairs of rows accepted as one incident (:func:`analytics.find_duplicates`): one of each is set aside.
    country : str, optional
        The country of incidents that state none. Where the whole table states none, and all its names are
        those of one country with bundled names, that country is taken and noted.

    Returns
    -------
    Incidents

    Raises
    ------
    InputError
        If the file cannot be read, lacks required columns, or no row can be kept.
    OptionError
        If an option is unknown or does not apply.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"date": ["2020-04-13", "0025-04-13"], "province": ["Diyala", "Diyala"]})
    >>> incidents = read_incidents(table)
    >>> print(incidents.accounting)
    rows read 2 = kept 1 + set aside 1
      set aside, impossible date: 1
    >>> incidents.quarantine[["row", "reason"]].values.tolist()
    [[3, 'impossible date']]
    """
    if mapping is not None:
        stated = read_mapping(mapping)
        with stated.blamed():
            given = stated.over(
                {
                    "source": source, "columns": columns, "sheet": sheet, "encoding": encoding,
                    "delimiter": delimiter, "date_style": date_style, "header_row": header_row, "na": na,
                    "country": country, "extracted": extracted, "report_days": report_days, "actors": actors,
                    "accepted": accepted,
                }
            )  # fmt: skip
            made = read_incidents(path_or_frame, as_of=as_of, **given)
        return replace(made, notes=(f"columns and ways of reading stated by {stated.name}", *made.notes))
    if source not in SOURCES:
        raise unknown_option("source", source, SOURCES)
    last = None if as_of is None else as_day(as_of, "as_of")
    check_choice("na", na, Na)
    check_flag(report_days=report_days)
    if not report_days and "reported_on" in (columns or {}):
        raise OptionError(
            "a column of report days is named, and none is to be used", todo="leave out one of the two"
        )
    check_whole(1, header_row=header_row)
    raw = load(
        path_or_frame, sheet=sheet, encoding=encoding, delimiter=delimiter, header_row=header_row, na=na,
        layouts=layouts(),
    )  # fmt: skip
    made = read_raw(
        raw, read_metadata(raw.path), source, as_of=last, columns=columns, date_style=date_style,
        country=country, extracted=extracted, report_days=report_days, spend=True,
    )  # fmt: skip
    return normalise_actors(set_aside_accepted(made, accepted), actors)


def source_of(raw: RawTable, source: str, columns: Mapping[str, str] | None) -> Source:
    """Return the source that reads a table: the one named, or the one recognised by its columns."""
    if source != "auto":
        return find_source(source)
    return find_source(TABLE) if columns else recognise(Columns(raw))


def read_raw(
    raw: RawTable,
    metadata: Metadata,
    source: str = "auto",
    *,
    as_of: np.datetime64 | None = None,
    columns: Mapping[str, str] | None = None,
    date_style: str | None = None,
    country: str | None = None,
    extracted: object = None,
    report_days: bool = True,
    spend: bool = False,
) -> Incidents:
    """Read incidents from a table of text as it stood in a file; for the options see `read_incidents`.

    With `spend` the table is used up: its columns are let go as they are done with.
    """
    found = source_of(raw, source, columns)
    table_columns = Columns(raw)
    if columns and not found.mapped:
        raise OptionError(
            f"columns= does not apply to source {source!r}",
            expected=f"a plain table; {known_by_name()} columns are known by name",
            todo="give source='table' to read the file as a plain table",
        )
    if found.may_be_counts and find_count_columns(table_columns, columns) is not None:
        raise counts_error(table_columns)
    if raw.holding_na and not found.may_be_counts:
        raw = without_na(raw)
        table_columns = Columns(raw)
    draft = translate(found, table_columns, SourceOptions(date_style, columns or {}, report_days))
    if as_of is not None:
        draft.set_aside(
            "date after as_of",
            np.asarray(draft.data["date_start"], dtype="datetime64[D]") > as_of,
            draft.start_column,
            f"is after as_of {as_of}",
        )
    if extracted is not None:
        metadata = replace(metadata, extracted=as_day(extracted, "extracted"))
    table_columns.forget()
    return _assemble(draft, found, as_of, metadata, country, spend)


def _assemble(
    draft: Draft,
    source: Source,
    as_of: np.datetime64 | None,
    metadata: Metadata,
    country: str | None,
    spend: bool,
) -> Incidents:
    raw = draft.columns.raw
    quarantine, kept = split(draft)
    if not kept.any():
        raise _nothing_left(draft, quarantine)
    frame, extra = kept_tables(draft, kept, spend=spend)
    current = current_versions(frame, as_of) if draft.repeats else np.ones(len(frame), dtype=bool)
    frame, located = in_country(frame, country, current)
    notes = version_notes(frame) if draft.repeats else ()
    others = [None, None] if current.all() else [t[~current].reset_index(drop=True) for t in (frame, extra)]
    if not current.all():
        frame, extra = (t[current].reset_index(drop=True) for t in (frame, extra))
    counts = quarantine["reason"].value_counts()
    simulated = metadata.simulated or bool((frame["source"] == "simulated").any())
    return Incidents(
        frame=frame,
        extra=extra,
        quarantine=quarantine,
        accounting=RowAccounting(
            rows_read=len(raw.frame),
            kept=len(frame),
            set_aside={reason: int(counts[reason]) for reason in REASONS if reason in counts.index},
            flags=_flag_counts(frame["flags"]),
            superseded=int((~current).sum()),
            reported_later=0 if as_of is None else int(reported_after(frame, as_of).sum()),
        ),
        source="simulated" if simulated else source.name,
        path=raw.path,
        digest=raw.digest,
        as_of=as_of,
        no_coverage=(*_own_gaps(source, frame), *metadata.no_coverage),
        simulated=simulated,
        notes=(
            *((source.warning,) if source.warning else ()),
            *raw.notes,
            *draft.notes,
            *loaded_at_once(frame, metadata.extracted),
            *notes,
            *located,
            who_began({str(k): int(n) for k, n in frame["initiator_basis"].value_counts().items()}),
            *metadata.notes,
            *metadata.terms(source.title, source.terms),
        ),
        title=metadata.title or (raw.path.name if raw.path else ""),
        extracted=metadata.extracted,
        covered_from=metadata.covered_from or draft.covered_from,
        metadata_digest=metadata.digest,
        gap_is_quiet=metadata.gap_is_quiet,
        splices=find_splices(frame, (*source.splices, *metadata.splices)),
        versions=others[0],
        versions_extra=others[1],
        own_names=draft.called,
        added_columns=draft.added,
    )


def _own_gaps(source: Source, frame: pd.DataFrame) -> tuple[Gap, ...]:
    """Return the spells without coverage of the source itself that the file reaches over."""
    first = frame["date_start"].min()
    return tuple(gap for gap in source.no_coverage if first <= pd.Timestamp(gap.window.end))


def _flag_counts(flags: pd.Series) -> dict[str, int]:
    """Return how many rows carry each flag, in the order of ``FLAGS``."""
    found: dict[str, int] = {}
    for text, rows in flags.value_counts().items():
        for name in str(text).split("; ") if text else ():
            found[name] = found.get(name, 0) + int(rows)
    return {name: found[name] for name in FLAGS if name in found}


def who_began(rows: Mapping[str, int]) -> str:
    """Say how it is known who began the incidents; `rows` has how many there are of each basis."""
    stated = ", ".join(f"{basis} in {rows.get(basis, 0):,}" for basis in BASES)
    return f"initiator of {counted(sum(rows.values()), 'incident')}: {stated}"


def _nothing_left(draft: Draft, quarantine: pd.DataFrame) -> InputError:
    name = draft.columns.raw.name
    counts = quarantine["reason"].value_counts()
    top = ", ".join(f"{reason} ({n:,})" for reason, n in counts.head(3).items())
    worst = quarantine[quarantine["reason"] == counts.index[0]].iloc[0]
    todo = "check the file and its date column"
    if worst["reason"] == "date after as_of":
        first = np.nanmin(np.asarray(draft.data["date_start"], dtype="datetime64[D]"))
        todo = f"give an as_of of {first} or later: the first incident is then"
    return InputError(
        f"no row of {name} can be kept: all {len(quarantine):,} are set aside",
        expected="at least one incident",
        found=top,
        where=f"{name}, row {worst['row']}: {worst['detail']}",
        todo=todo,
    )
