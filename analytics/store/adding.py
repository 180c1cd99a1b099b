"""Adding a delivery: a file is read, held against what is known, and what differs becomes history."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import FloatArray
from analytics.errors import InputError, OptionError
from analytics.files import read_whole
from analytics.incidents import Incidents
from analytics.incidents.metadata import Metadata, beside_of, metadata_of
from analytics.incidents.reading import read_raw, source_of
from analytics.incidents.splices import inclusion_marks
from analytics.results.words import counted
from analytics.sources.files import RawTable, load
from analytics.sources.mapping import read_mapping
from analytics.sources.registry import layouts
from analytics.store.covers import Cover
from analytics.store.delivery import Delivery, deliveries_of, source_numbers
from analytics.store.opening import DERIVED, KEY, cell

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["Batch", "add_batch", "check_drawn", "places_of", "read_batch"]

MOST_DELETED = 0.1  # of what is held: more is asked about first
_LOADED = ("sheet", "encoding", "delimiter", "header_row", "na")  # said once, when the file is opened
_READ = ("columns", "date_style", "country", "report_days")
_BLANK = "blank id; by content "


class Batch:
    """A file read and ready to be added: its rows as they stood, and what they were read as.

    Attributes
    ----------
    rows : DataFrame
        The rows kept, in the order of the file: `key`, `nth`, the derived columns and the cells ``c0`` on.
    names : list of str
        What the file calls the columns ``c0`` on.
    aside : DataFrame
        The rows set aside: `pos` (their place in the file), `line`, `reason`, `detail`, `original`.
    incidents : Incidents
    reading, raw : dict
        As for `Delivery`.
    extracted : datetime64[D] or None
        The day the file was drawn, where that is stated.
    file : str
        Name of the file.
    """

    def __init__(
        self, raw: RawTable, incidents: Incidents, reading: dict[str, Any], kept_raw: dict[str, Any]
    ) -> None:
        self.incidents = incidents
        self.reading = reading
        self.raw = kept_raw
        self.names = [str(name) for name in raw.frame.columns]
        self.extracted = incidents.extracted
        self.file = raw.path.name if raw.path else "a DataFrame"
        self.digest = raw.digest
        self.rows = _kept_rows(raw, incidents)
        aside = incidents.quarantine
        self.aside = pd.DataFrame(
            {
                "pos": np.searchsorted(raw.rows, aside["row"].to_numpy(dtype=np.int64)),
                "line": aside["row"].to_numpy(dtype=np.int64),
                **{name: aside[name].astype("str") for name in ("reason", "detail", "original")},
            }
        )
        if len(self.rows) + len(self.aside) != len(raw.frame):
            raise ValueError("rows kept and set aside are not the rows of the file")


def read_batch(path_or_frame: str | Path | pd.DataFrame, source: str, options: dict[str, Any]) -> Batch:
    """Read a file as :func:`analytics.read_incidents` does, and keep its cells.

    Raises
    ------
    InputError
        If it cannot be read, or no row of it has an identifier.
    """
    extracted = options.pop("extracted", None)
    if (mapping := options.pop("mapping", None)) is not None:
        stated = read_mapping(mapping)
        options = stated.over({"source": source, "extracted": extracted, **options})
        source, extracted = options.pop("source"), options.pop("extracted")
    for name, what in (("actors", "actors"), ("accepted", "rows")):
        if options.pop(name, None) is not None:
            raise OptionError(
                f"a store keeps {what} as the file writes them",
                todo=f"leave {name} out here, and give it when the incidents are asked for",
            )
    loading = {name: options[name] for name in _LOADED if options.get(name) is not None}
    reading = {name: options[name] for name in _READ if options.get(name) not in (None, {}, True)}
    raw = load(path_or_frame, **loading, layouts=layouts())
    beside = None if raw.path is None else beside_of(raw.path)
    said = b"" if beside is None else read_whole(beside)
    metadata = metadata_of(said, beside) if beside is not None and said else Metadata()
    text = said.decode("utf-8")
    reading["source"] = source_of(raw, source, reading.get("columns")).name
    incidents = read_raw(raw, metadata, **reading, extracted=extracted)
    if not incidents.frame["incident_id"].ne("row-" + incidents.frame["row"].astype("str")).any():
        raise InputError(
            "a store needs an identifier of each incident, which stays the same from file to file",
            found=f"none in {raw.name}",
            todo="name its column: --column incident_id=COLUMN",
        )
    kept_raw = {
        "first_row": int(raw.rows[0]),
        "columns": [str(name) for name in raw.frame.columns],
        "notes": list(raw.notes),
        "holding_na": list(raw.holding_na),
        "metadata": text,
        "metadata_name": beside.name if text and beside is not None else "",
        "marks": inclusion_marks(incidents.frame),
        "extracted": None if incidents.extracted is None else str(incidents.extracted),
    }
    return Batch(raw, incidents, reading, kept_raw)


def _kept_rows(raw: RawTable, incidents: Incidents) -> pd.DataFrame:
    frames = [incidents.frame] if incidents.versions is None else [incidents.frame, incidents.versions]
    kept = pd.concat(frames, ignore_index=True).sort_values("row", kind="stable", ignore_index=True)
    at = np.searchsorted(raw.rows, kept["row"].to_numpy(dtype=np.int64))
    cells = raw.frame.iloc[at].reset_index(drop=True)
    key = kept["incident_id"].astype("str")
    blank = (key == "row-" + kept["row"].astype("str")).to_numpy(dtype=bool)
    if blank.any():
        joined = cells[blank].agg("\x1f".join, axis=1)
        made = [_BLANK + hashlib.sha256(text.encode()).hexdigest()[:24] for text in joined]
        key = key.mask(blank, pd.Series(made, index=key.index[blank], dtype="str").reindex(key.index))
    columns: dict[str, Any] = {"seq": np.arange(len(kept)), "key": key, "nth": key.groupby(key).cumcount()}
    for name, (canonical, kind) in DERIVED.items():
        values = kept[canonical]
        columns[name] = values.astype("datetime64[s]") if kind == "date" else values
    for i, name in enumerate(cells.columns):
        column = cells.iloc[:, i]
        if (column == KEY).any():
            raise InputError(f"column {name} holds the control character {KEY!r}", where=raw.name)
        columns[f"c{i}"] = column.mask(column == key, KEY) if column.iloc[0] == key.iloc[0] else column
    return pd.DataFrame(columns)


def add_batch(
    connection: DuckDBPyConnection,
    batch: Batch,
    source: str,
    day: np.datetime64,
    covers: tuple[Cover, ...] | None,
) -> Delivery:
    """Add a file that has been read, within a transaction; `covers` None: all, unless much would go."""
    known = deliveries_of(connection, source)
    stated = tuple(str(cover) for cover in ((Cover(),) if covers is None else covers))
    if known and _is_again(known[-1], batch, day, stated):
        return replace(known[-1], again=True)
    _check_fits(known, batch, source, day)
    table, columns = _table(connection, source, batch.names)
    connection.register("batch_rows", batch.rows)
    connection.execute("create temp table fresh as select * from batch_rows")
    connection.unregister("batch_rows")
    number = connection.execute("select coalesce(max(number), 0) + 1 from deliveries").fetchall()[0][0]
    before = _count(connection, f"select count(*) from {table} where until is null")
    _compare(connection, table, columns, batch.names)
    gone = _gone(connection, table, covers)
    if covers is None and known and gone > MOST_DELETED * before:
        raise _much_gone(source, gone, before, batch.file)
    _write(connection, table, columns, batch.names, number)
    counts = dict(connection.execute("select what, count(*) from seen group by what").fetchall())
    added, changed, same = (counts.get(what, 0) for what in ("added", "changed", "unchanged"))
    set_aside = {str(k): int(v) for k, v in batch.incidents.accounting.set_aside.items()}
    delivery = Delivery(
        number=number, source=source, day=day, file=batch.file, sha256=batch.digest, covers=stated,
        rows_read=batch.incidents.accounting.rows_read, kept=len(batch.rows), set_aside=set_aside,
        before=before, added=added, changed=changed, unchanged=same, deleted=gone,
        not_covered=before - changed - same - gone,
        after=_count(connection, f"select count(*) from {table} where until is null"),
        simulated=batch.incidents.simulated, reading=batch.reading, raw=batch.raw,
    )  # fmt: skip
    _record(connection, delivery, batch.aside)
    connection.execute("drop table fresh; drop table seen; drop table gone")
    return delivery


def _is_again(last: Delivery, batch: Batch, day: np.datetime64, covers: tuple[str, ...]) -> bool:
    same = (last.sha256, last.day, last.covers, last.reading, last.raw["metadata"])
    return bool(batch.digest) and same == (batch.digest, day, covers, batch.reading, batch.raw["metadata"])


def check_drawn(batch: Batch, day: np.datetime64) -> None:
    """Raise an error where a file was drawn after the day it is said to have been known on."""
    if batch.extracted is not None and batch.extracted > day:
        raise OptionError(
            "the file was drawn after the day it is said to have been known on",
            expected=f"a day from {batch.extracted} on",
            found=f"--on {day}",
        )


def _check_fits(known: list[Delivery], batch: Batch, source: str, day: np.datetime64) -> None:
    if not known:
        return
    last = known[-1]
    if day < last.day:
        raise OptionError(
            "deliveries are added in the order of their days",
            expected=f"a day from {last.day} on, that of delivery {last.number} of {source}",
            found=str(day),
            todo="make a new store of all files, the oldest first",
        )
    if batch.reading != last.reading:
        ways = [json.dumps(reading, ensure_ascii=False) for reading in (last.reading, batch.reading)]
        raise OptionError(
            f"this file is read in another way than {source} so far",
            expected=ways[0],
            found=ways[1],
            todo="give the same options, or another --name: two sources side by side",
        )
    if batch.incidents.simulated != last.simulated:
        raise OptionError(
            "simulated incidents and others do not go into one source",
            found=f"{source}, {'simulated' if last.simulated else 'not simulated'}",
            todo="give another --name",
        )


def _much_gone(source: str, gone: int, before: int, file: str) -> OptionError:
    return OptionError(
        f"{file} lacks {gone:,} of the {counted(before, 'incident')} of {source} that are held",
        expected=f"at most {MOST_DELETED:.0%} deleted at once, where it is not said what the file covers",
        todo="--covers all if they were deleted; --covers START..END[@PLACE] if it holds these days alone; "
        "--covers rows if nothing is to be deleted",
    )


def _table(connection: DuckDBPyConnection, source: str, names: list[str]) -> tuple[str, dict[str, str]]:
    """Return the source's table and its columns, name to place; made or widened where needed."""
    numbers = source_numbers(connection)
    number = numbers.get(source)
    if number is None:
        number = len(numbers) + 1
        connection.execute("insert into sources values (?, ?)", [number, source])
        derived = ", ".join(f"{name} {kind}" for name, (_, kind) in DERIVED.items())
        connection.execute(
            f"create table rows_{number} (since integer not null, until integer, place double not null, "
            f"key varchar not null, nth integer not null, {derived})"
        )
    rows = connection.execute("select name, pos from file_columns where source = ?", [number]).fetchall()
    columns = {name: f"c{at}" for name, at in rows}
    for name in names:
        if name not in columns:
            at = len(columns)
            connection.execute("insert into file_columns values (?, ?, ?)", [number, at, name])
            connection.execute(f"alter table rows_{number} add column c{at} varchar")
            columns[name] = f"c{at}"
    return f"rows_{number}", columns


def _compare(connection: DuckDBPyConnection, table: str, columns: dict[str, str], names: list[str]) -> None:
    """Make the table `seen`: what became of each row of the file, and where its former version stands."""
    at = {name: cell("f", f"c{i}") for i, name in enumerate(names)}
    differs = [f"{cell('t', place)} <> {at.get(name, chr(39) * 2)}" for name, place in columns.items()]
    connection.execute(
        "create temp table seen as select f.seq, t.rowid as held, t.place, case when t.rowid is null then "
        f"'added' when {' or '.join(differs)} then 'changed' else 'unchanged' end as what "
        f"from fresh f left join {table} t on t.key = f.key and t.nth = f.nth and t.until is null"
    )


def _gone(connection: DuckDBPyConnection, table: str, covers: tuple[Cover, ...] | None) -> int:
    """Make the table `gone`: the rows held that the file covers and lacks."""
    conditions, values = [], []
    for cover in (Cover(),) if covers is None else covers:
        condition, given = cover.condition()
        conditions.append(f"({condition})")
        values += given
    connection.execute(
        f"create temp table gone as select t.rowid as held from {table} t "
        "anti join seen s on s.held = t.rowid where t.until is null "
        f"and ({' or '.join(conditions) or 'false'})",
        values,
    )
    return _count(connection, "select count(*) from gone")


def _write(
    connection: DuckDBPyConnection, table: str, columns: dict[str, str], names: list[str], number: int
) -> None:
    """Close the rows that were changed or deleted, and add those that are new."""
    old = connection.execute("select place from seen order by seq").fetchnumpy()["place"]
    top = connection.execute(f"select coalesce(max(place), 0) from {table} where until is null").fetchall()
    place = places_of(np.ma.filled(np.ma.asarray(old, dtype=np.float64), np.nan), float(top[0][0]))
    connection.register("fresh_places", pd.DataFrame({"seq": np.arange(len(place)), "place": place}))
    closed = "select held from gone union all select held from seen where what = 'changed'"
    connection.execute(f"update {table} set until = ? where rowid in ({closed})", [number])
    derived = ", ".join(f"f.{name}" for name in DERIVED)
    cells = ", ".join(f"f.c{i}" for i in range(len(names)))
    targets = ", ".join(columns[name] for name in names)
    connection.execute(
        f"insert into {table} (since, place, key, nth, {', '.join(DERIVED)}, {targets}) "
        f"select {number}, p.place, f.key, f.nth, {derived}, {cells} from fresh f join seen s using (seq) "
        "join fresh_places p using (seq) where s.what <> 'unchanged' order by f.seq"
    )
    connection.unregister("fresh_places")


def places_of(old: FloatArray, top: float = 0.0) -> FloatArray:
    """Return where each row of a file stands in the order of all rows.

    A row that was there keeps its place; new ones go between the neighbours they have in the file, or after
    `top` where all are new. So the order is that of the file, as long as files keep theirs.

    Examples
    --------
    >>> places_of(np.array([1.0, np.nan, 2.0, np.nan])).tolist()
    [1.0, 1.5, 2.0, 3.0]
    >>> places_of(np.array([np.nan, np.nan]), 7.0).tolist()
    [8.0, 9.0]
    """
    new = np.isnan(old)
    if new.all():
        return top + 1.0 + np.arange(len(old), dtype=np.float64)
    highest = np.fmax.accumulate(old)
    anchor = np.flatnonzero(~new & (old >= highest))
    position = np.flatnonzero(new)
    after = np.searchsorted(anchor, position)  # anchors before each new row
    before_at = np.r_[-1, anchor][after]
    next_at = np.r_[anchor, len(old)][after]
    low = np.r_[np.nan, old[anchor]][after]
    high = np.r_[old[anchor], np.nan][after]
    # The how-manieth new row of its stretch it is, and of how many.
    rank = np.cumsum(new)[position] - np.r_[0, np.cumsum(new)][before_at + 1]
    many = np.r_[0, np.cumsum(new)][next_at] - np.r_[0, np.cumsum(new)][before_at + 1]
    out: npt.NDArray[np.float64] = old.copy()
    between = low + (high - low) * rank / (many + 1)
    out[position] = np.where(
        np.isnan(low), high - (many - rank + 1), np.where(np.isnan(high), low + rank, between)
    )
    return out


def _count(connection: DuckDBPyConnection, query: str) -> int:
    found: int = connection.execute(query).fetchall()[0][0]
    return found


def _record(connection: DuckDBPyConnection, made: Delivery, aside: pd.DataFrame) -> None:
    number = source_numbers(connection)[made.source]
    connection.execute(
        f"insert into deliveries values ({', '.join('?' * 19)})",
        [
            made.number, number, str(made.day), made.file, made.sha256, json.dumps(made.covers),
            json.dumps(made.reading, ensure_ascii=False), made.rows_read, made.kept,
            json.dumps(made.set_aside, ensure_ascii=False), made.before, made.added, made.changed,
            made.unchanged, made.deleted, made.not_covered, made.after, made.simulated,
            json.dumps(made.raw, ensure_ascii=False),
        ],
    )  # fmt: skip
    if len(aside):
        connection.register("batch_aside", aside)
        connection.execute(
            f"insert into aside select {made.number}, pos, line, reason, detail, original from batch_aside"
        )
        connection.unregister("batch_aside")
