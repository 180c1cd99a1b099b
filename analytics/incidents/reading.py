"""Incidents: event rows in one canonical schema, every input row accounted for."""

from __future__ import annotations

import html
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from analytics._typing import BoolArray
from analytics.errors import InputError, OptionError, unknown_option
from analytics.incidents.quarantine import split, spread
from analytics.options import check_choice, check_whole
from analytics.periods import Gap, as_day, as_gap
from analytics.schema import BASES, possible_span, validate
from analytics.sources import acled, table, ucdp
from analytics.sources.checks import FLAGS, REASONS, Columns, Draft
from analytics.sources.files import Na, load

__all__ = ["SOURCES", "Incidents", "RowAccounting", "read_incidents"]

SOURCES = ("auto", "ucdp", "acled", "table")
# Text that is one number and nothing else; leading zeros (codes) stay text.
_NUMERIC: tuple[tuple[str, Literal["Int64", "Float64"]], ...] = (
    (r"-?(0|[1-9][0-9]{0,17})", "Int64"),
    (r"-?(0|[1-9][0-9]{0,14})(\.[0-9]*)?", "Float64"),
)
_COARSE = 7  # days an incident may have happened on, from which its date is coarse


@dataclass(frozen=True, eq=False)
class RowAccounting:
    """Where every row went: rows read = kept + set aside.

    Attributes
    ----------
    rows_read, kept : int
        Records after the header, and those that became incidents.
    set_aside : dict of str to int
        Reason to number of rows, in the order the reasons are tried.
    flags : dict of str to int
        Flag to number of kept rows that carry it; a row may carry several.

    Examples
    --------
    >>> print(RowAccounting(5, 4, {"impossible date": 1}, {"coarse date": 2}))
    rows read 5 = kept 4 + set aside 1
      set aside, impossible date: 1
      kept with a flag, coarse date: 2
    """

    rows_read: int
    kept: int
    set_aside: dict[str, int]
    flags: dict[str, int]

    def __post_init__(self) -> None:
        if self.rows_read != self.kept + sum(self.set_aside.values()):
            raise ValueError(
                f"{self.rows_read} rows read are not {self.kept} kept + {self.set_aside} set aside"
            )

    def __str__(self) -> str:
        total = sum(self.set_aside.values())
        lines = [f"rows read {self.rows_read:,} = kept {self.kept:,} + set aside {total:,}"]
        lines += [f"  set aside, {reason}: {n:,}" for reason, n in self.set_aside.items()]
        lines += [f"  kept with a flag, {flag}: {n:,}" for flag, n in self.flags.items()]
        return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class Incidents:
    """Incident rows and the account of where each row of the input went.

    Attributes
    ----------
    frame : DataFrame, shape (kept, 28)
        The canonical columns in the order of ``schema.COLUMNS``, then `row` (record number in the file, the
        header being 1) and `flags` (joined by ``"; "``, empty if none).
    extra : DataFrame, shape (kept, other columns)
        The source's other columns under their own names, same index. Columns that hold only whole numbers, or
        only numbers, are typed so; all others are text.
    quarantine : DataFrame
        Rows set aside: `row`, `reason`, `detail`, `original` (the row as JSON).
    accounting : RowAccounting
        Rows read = kept + set aside.
    source : str
        ``"ucdp"``, ``"acled"``, ``"table"`` or ``"simulated"``.
    path : Path or None
        The file read.
    digest : str
        SHA-256 of the file, empty for a DataFrame.
    as_of : datetime64[D] or None
        The last day that may be in the data, the whole day included.
    no_coverage : tuple of Gap
        Spells without coverage that the source's metadata states.
    simulated : bool
        Whether the rows are simulated; whatever is made from them says so.
    notes : tuple of str
        What was decided while reading.
    title : str
        The title the metadata states, or the file's name.
    """

    frame: pd.DataFrame
    extra: pd.DataFrame
    quarantine: pd.DataFrame
    accounting: RowAccounting
    source: str
    path: Path | None = None
    digest: str = ""
    as_of: np.datetime64 | None = None
    no_coverage: tuple[Gap, ...] = ()
    simulated: bool = False
    notes: tuple[str, ...] = ()
    title: str = ""

    def __post_init__(self) -> None:
        lengths = (len(self.frame), len(self.extra), self.accounting.kept)
        if len(set(lengths)) != 1 or not self.frame.index.equals(self.extra.index):
            raise ValueError(f"frame, extra and accounting disagree: {lengths}")
        if len(self.quarantine) != sum(self.accounting.set_aside.values()):
            raise ValueError("quarantine and accounting disagree")

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def first_date(self) -> np.datetime64:
        """The first day an incident is dated to."""
        return np.datetime64(self.frame["date_start"].min(), "D")

    @property
    def last_date(self) -> np.datetime64:
        """The last day an incident starts on."""
        return np.datetime64(self.frame["date_start"].max(), "D")

    def summary(self) -> pd.DataFrame:
        """Return the row accounting as a table: `what`, `name`, `rows`."""
        account = self.accounting
        rows = [("read", "", account.rows_read), ("kept", "", account.kept)]
        rows += [("set aside", reason, n) for reason, n in account.set_aside.items()]
        rows += [("flag", flag, n) for flag, n in account.flags.items()]
        return pd.DataFrame(rows, columns=["what", "name", "rows"])

    def __str__(self) -> str:
        kind = "SIMULATED incidents" if self.simulated else "incidents"
        as_of = f", as of {self.as_of}" if self.as_of is not None else ""
        lines = [
            f"{len(self):,} {kind} from {self.title or 'a DataFrame'} ({self.source}), "
            f"{self.first_date}..{self.last_date}{as_of}",
            str(self.accounting),
        ]
        lines += [f"no coverage: {gap}" for gap in self.no_coverage]
        lines += [f"note: {note}" for note in self.notes]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<{str(self).splitlines()[0]}>"

    def _repr_html_(self) -> str:
        first, *rest = str(self).splitlines()
        items = "".join(f"<li>{html.escape(line.strip())}</li>" for line in rest)
        return f"<p><strong>{html.escape(first)}</strong></p><ul>{items}</ul>"


@dataclass(frozen=True)
class _Metadata:
    title: str = ""
    simulated: bool = False
    no_coverage: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = field(default=())


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
) -> Incidents:
    """Read incidents from a file or a DataFrame, accounting for every row.

    Parameters
    ----------
    path_or_frame : str, Path or DataFrame
        UCDP GED (yearly, candidate, HDX), an ACLED export, or a plain table: CSV, TSV, Excel or Parquet.
        A file ``NAME.meta.toml`` beside ``NAME.csv`` may state title, licence, ``simulated`` and spells
        without coverage.
    source : {"auto", "ucdp", "acled", "table"}
        ``"auto"`` recognises UCDP and ACLED by the names of their columns; all else is a plain table.
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
    if source not in SOURCES:
        raise unknown_option("source", source, SOURCES)
    last = None if as_of is None else as_day(as_of, "as_of")
    check_choice("na", na, Na)
    check_whole(1, header_row=header_row)
    raw = load(
        path_or_frame, sheet=sheet, encoding=encoding, delimiter=delimiter, header_row=header_row, na=na
    )
    table_columns = Columns(raw)
    if source == "auto":
        source = "table" if columns else _recognise(table_columns)
    if columns and source != "table":
        raise OptionError(
            f"columns= does not apply to source {source!r}",
            expected="a plain table; UCDP and ACLED columns are known by name",
            todo="give source='table' to read the file as a plain table",
        )
    if source == "ucdp":
        draft = ucdp.translate(table_columns, date_style=date_style)
    elif source == "acled":
        draft = acled.translate(table_columns, date_style=date_style)
    else:
        draft = table.translate(table_columns, mapping=columns, date_style=date_style)
    if last is not None:
        draft.set_aside(
            "date after as_of",
            np.asarray(draft.data["date_start"], dtype="datetime64[D]") > last,
            draft.start_column,
            f"is after as_of {last}",
        )
    return _assemble(draft, source, last, _metadata(raw.path))


def _recognise(columns: Columns) -> str:
    if ucdp.recognise(columns):
        return "ucdp"
    return "acled" if acled.recognise(columns) else "table"


def _assemble(draft: Draft, source: str, as_of: np.datetime64 | None, metadata: _Metadata) -> Incidents:
    raw = draft.columns.raw
    quarantine, kept = split(draft)
    if not kept.any():
        raise _nothing_left(draft, quarantine)
    data = {name: _take(values, kept) for name, values in draft.data.items()}
    frame = validate(pd.DataFrame(data))
    first, end = possible_span(frame)
    draft.flag("coarse date", spread(kept, (end - first).astype(np.int64) + 1 >= _COARSE))
    flags = {name: draft.flagged[name][kept] for name in FLAGS if name in draft.flagged}
    flags = {name: rows for name, rows in flags.items() if rows.any()}
    frame["row"] = raw.rows[kept]
    frame["flags"] = _joined(flags, len(frame))
    others = [c for c in raw.frame.columns if _is_extra(draft, c, kept)]
    extra = pd.DataFrame({c: _typed(raw.frame[c][kept]) for c in others}, index=raw.frame.index[kept])
    extra = extra.reset_index(drop=True)
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
            flags={name: int(rows.sum()) for name, rows in flags.items()},
        ),
        source="simulated" if simulated else source,
        path=raw.path,
        digest=raw.digest,
        as_of=as_of,
        no_coverage=metadata.no_coverage,
        simulated=simulated,
        notes=(*raw.notes, *draft.notes, _who_began(frame), *metadata.notes),
        title=metadata.title or (raw.path.name if raw.path else ""),
    )


def _who_began(frame: pd.DataFrame) -> str:
    counts = frame["initiator_basis"].value_counts()
    stated = ", ".join(f"{basis} in {counts.get(basis, 0):,}" for basis in BASES)
    return f"initiator of {len(frame):,} incidents: {stated}"


def _is_extra(draft: Draft, column: str, kept: BoolArray) -> bool:
    if column not in draft.carried:
        return True
    lost = draft.carried[column]
    return lost is not None and bool(lost[kept].any())


def _take(values: object, kept: BoolArray) -> pd.Series:
    series = values if isinstance(values, pd.Series) else pd.Series(np.asarray(values))
    return series[kept].reset_index(drop=True)


def _joined(flags: dict[str, BoolArray], size: int) -> pd.Series:
    """Return each row's flags joined; one text for each distinct combination."""
    if not flags:
        return pd.Series("", index=pd.RangeIndex(size), dtype="str")
    matrix = np.column_stack(list(flags.values()))
    packed = matrix @ (1 << np.arange(len(flags), dtype=np.int64))
    combinations, codes = np.unique(packed, return_inverse=True)
    names = list(flags)
    texts = ["; ".join(n for i, n in enumerate(names) if int(c) >> i & 1) for c in combinations]
    return pd.Series(pd.array(texts, dtype="str").take(codes))


def _typed(values: pd.Series) -> pd.Series:
    """Return a column of the source with blank as missing; numbers only if every value is one."""
    codes, uniques = pd.factorize(values)
    text = pd.Series(uniques, dtype="str")
    blank = text.str.strip() == ""
    text, filled = text.mask(blank), text[~blank]
    for pattern, dtype in _NUMERIC if len(filled) else ():
        # A first look at a few values spares most text columns the whole search.
        if filled.iloc[:20].str.fullmatch(pattern).all() and filled.str.fullmatch(pattern).all():
            text = pd.to_numeric(filled).astype(dtype).reindex(text.index)
            break
    return pd.Series(text.array.take(codes), index=values.index)


def _nothing_left(draft: Draft, quarantine: pd.DataFrame) -> InputError:
    name = draft.columns.raw.name
    counts = quarantine["reason"].value_counts()
    top = ", ".join(f"{reason} ({n:,})" for reason, n in counts.head(3).items())
    worst = quarantine[quarantine["reason"] == counts.index[0]].iloc[0]
    days = np.asarray(draft.data["date_start"], dtype="datetime64[D]")
    late = worst["reason"] == "date after as_of"
    return InputError(
        f"no row of {name} can be kept: all {len(quarantine):,} are set aside",
        expected="at least one incident",
        found=top,
        where=f"{name}, row {worst['row']}: {worst['detail']}",
        todo=(
            f"give an as_of of {days[~np.isnat(days)].min()} or later: the first incident is then"
            if late
            else "check the file and its date column"
        ),
    )


def _metadata(path: Path | None) -> _Metadata:
    """Read ``NAME.meta.toml`` beside the file, if there is one."""
    if path is None or not path.with_suffix(".meta.toml").is_file():
        return _Metadata()
    beside = path.with_suffix(".meta.toml")
    try:
        stated = tomllib.loads(beside.read_text(encoding="utf-8"))
        gaps = tuple(
            as_gap(f"{gap['start']}..{gap['end']}" + (f"@{gap['region']}" if gap.get("region") else ""))
            for gap in stated.get("no_coverage", [])
        )
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, InputError) as error:
        raise InputError(
            f"the metadata file {beside.name} cannot be read",
            expected='title = "...", simulated = true, [[no_coverage]] with start, end, region',
            found="; ".join(line.strip() for line in str(error).splitlines()),
            where=str(beside),
        ) from None
    notes = [f"metadata read from {beside.name}"]
    if "licence" in stated:
        notes.append(f"licence: {stated['licence']}")
    return _Metadata(str(stated.get("title", "")), stated.get("simulated") is True, gaps, tuple(notes))
