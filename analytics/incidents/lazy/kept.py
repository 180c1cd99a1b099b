"""Which rows of a table in an engine are kept: one reason each, the first that applies; copies; versions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from analytics.incidents.lazy.canonical import Canonical
from analytics.incidents.lazy.degrees import Degrees
from analytics.incidents.lazy.engines import batches_of, is_duckdb, kept_in_engine, the_ibis
from analytics.incidents.lazy.raw import ROW, Raw, memory_table
from analytics.incidents.quarantine import NUMBERING
from analytics.sources.checks import REASONS, ROUNDED

__all__ = ["Repeats", "dated_rows", "find_repeats", "identity"]

_MOST_BROUGHT = 1_000_000  # repeated identifiers that are brought back, so that they are found but once
_TICKS, _MOST_TICKS = 1 << 26, 1 << 28  # places where identifiers that are numbers are ticked off
_OUTSIDE = "coordinates outside the globe"


def dated_rows(canonical: Canonical, degrees: Degrees, as_of: np.datetime64 | None) -> Any:
    """Return the rows with their days and ``u_reason``, why each is set aside, missing where it is kept."""
    ibis, raw, dated = the_ibis(), canonical.raw, canonical.dated
    table = raw.with_keys(raw.table, [*dated.start.keys, *dated.end.keys, *canonical.keys()])
    table = canonical.based(dated.days(table))
    cases = []
    if dated.unreadable and not raw.weighted:  # of rows put together the reason does not matter
        none = _no_records(raw, table)
        cases += [(table.u_unparsable & rows, reason) for reason, rows in zip(REASONS[:3], none, strict=True)]
    cases += [(table.u_unparsable, "unparsable date"), (table.u_impossible, "impossible date")]
    if dated.apart:
        cases.append(((table.u_end < table.u_start).fill_null(False), "end before start"))
    if as_of is not None:
        cases.append(((table.u_start > int(as_of.astype(np.int64))).fill_null(False), "date after as_of"))
    table, outside = degrees.outside(table)
    if outside is not None:
        cases.append((outside, _OUTSIDE))
    branches = [(rows, REASONS.index(reason)) for rows, reason in cases]
    reason = ibis.cases(*branches, else_=ibis.null("int64"))
    return table.mutate(u_reason=reason.cast("int64"))


def _no_records(raw: Raw, table: Any) -> list[Any]:
    """Return expressions of the rows that are blank, HXL tags, or the header again."""
    cells = {at: raw.text_of(table, at).strip() for at in range(len(raw.names))}
    blank = {at: cell == "" for at, cell in cells.items()}
    names = [str(name).casefold() for name in raw.sample.frame.columns]
    header = {at: cell.lower() == names[at] for at, cell in cells.items()}
    tag = {at: cell.startswith("#") for at, cell in cells.items()}
    every, some = _joined(True), _joined(False)
    return [
        every(list(blank.values())),
        every([tag[at] | blank[at] for at in cells]) & some(list(tag.values())),
        every([header[at] | blank[at] for at in cells]) & some(list(header.values())),
    ]


def _joined(every: bool) -> Any:
    def join(parts: list[Any]) -> Any:
        out = parts[0]
        for part in parts[1:]:
            out = out & part if every else out | part
        return out

    return join


def identity(canonical: Canonical) -> tuple[Callable[[Any], Any], bool]:
    """Return what adds ``u_id`` (``""``: blank) to a table, and whether it tells incidents apart."""
    ibis, raw, name = the_ibis(), canonical.raw, canonical.identifier
    if name is None:
        return lambda table: table.mutate(u_id=ibis.literal("")), False
    at, beside = raw.position(name), canonical.source.beside
    if raw.dtypes[at].is_integer() and beside in raw:
        return _with_beside(raw, lambda table: table.mutate(u_id=raw.text_of(table, at)), beside), True
    if raw.dtypes[at].is_integer():
        return lambda table: table.mutate(u_id=table[f"r{at}"]), True
    made = raw.table.mutate(u_id=raw.text_of(raw.table, at).strip())
    looks = made.aggregate(
        n=made.count(),
        filled=(made.u_id != "").sum(),
        ends=made.u_id.endswith(".0").sum(),
        floats=made.u_id.re_search(r"^[0-9]+\.0$").sum(),
        rounded=made.u_id.re_search(rf"^{ROUNDED.pattern}$").sum(),
    )
    found = looks.to_pandas().fillna(0).iloc[0]
    first = raw.sample.frame.iloc[:20, at].str.strip().str.fullmatch(ROUNDED)
    if first.any() and 2 * found["rounded"] > found["n"]:
        return lambda table: table.mutate(u_id=ibis.literal("")), False
    floats = 2 * found["ends"] > found["filled"] and 2 * found["floats"] > found["filled"]

    def add(table: Any) -> Any:
        text = raw.text_of(table, at).strip()
        if floats:
            text = ibis.ifelse(text.re_search(r"^[0-9]+\.0$"), text.re_replace(r"\.0$", ""), text)
        return table.mutate(u_id=text)

    return (_with_beside(raw, add, beside) if beside in raw else add), True


def _with_beside(raw: Raw, add: Callable[[Any], Any], beside: str) -> Callable[[Any], Any]:
    """Return what adds the text of a column beside identifiers that stand in several rows."""
    ibis, at = the_ibis(), raw.position(beside)

    @cache
    def again() -> Any:
        found = _again(_named(add(raw.table)))
        return kept_in_engine(found.select("u_id", u_again=ibis.literal(True)))

    def added(table: Any) -> Any:
        named = add(table)
        joined = named.left_join(again(), "u_id").select(*named.columns, "u_again")
        both = joined.u_id + "@" + raw.text_of(joined, at).strip()
        text = ibis.ifelse(joined.u_again.fill_null(False), both, joined.u_id)
        return joined.mutate(u_id=text).drop("u_again")

    return added


@dataclass(frozen=True, eq=False, slots=True)
class Repeats:
    """Rows whose identifier stands in several of the rows that are kept.

    Attributes
    ----------
    ids : ibis table
        Those identifiers.
    distinct : ibis table
        Their rows without the copies, which are equal cell by cell.
    copies : int
    versions : int
        Rows of `distinct` in whose place another one is kept.
    """

    ids: Any
    distinct: Any
    copies: int
    versions: int

    def rest(self, kept: Any) -> Any:
        """Return the rows whose identifier stands once."""
        return kept.anti_join(self.ids, "u_id")

    def undecided(self, canonical: Canonical) -> int:
        """Return how many rows another one is kept for though no time of change tells which is later."""
        if not canonical.has("updated_at"):
            return self.versions
        rows = canonical.add(self.distinct, ["updated_at"])
        dated = rows.group_by("u_id").aggregate(v_dated=rows.u_updated.notnull().all())
        times = rows.group_by(["u_id", "u_updated"]).aggregate(v_n=rows.count())
        joined = times.left_join(dated, "u_id").select(*times.columns, "v_dated")
        tied = joined.filter((joined.v_n > 1) | ~joined.v_dated)
        found = tied.aggregate(rows=tied.v_n.sum(), ids=tied.u_id.nunique()).to_pandas().fillna(0).iloc[0]
        return int(found["rows"] - found["ids"])

    def current(self, canonical: Canonical, day: np.datetime64 | None) -> Any:
        """Return of each incident the version that was current on a day.

        As :func:`analytics.incidents.versions.current_versions` has it.
        """
        ibis, rows = the_ibis(), self.distinct
        named = [name for name in ("updated_at", "reported_on") if canonical.has(name)]
        columns = list(rows.columns)
        rows = canonical.add(rows, named)
        updated = rows.u_updated if "updated_at" in named else ibis.null("int64")
        reported = rows.u_reported if "reported_on" in named else ibis.null("int64")
        since = (updated // 86_400_000_000).coalesce(reported) if "updated_at" in named else reported
        known = ibis.literal(True)
        if day is not None:
            known = since.isnull() | (since <= int(day.astype(np.int64)))
        rows = rows.mutate(
            v_updated=updated.cast("int64"), v_dated=ibis.ifelse(updated.isnull(), 0, 1),
            v_known=ibis.ifelse(known, 1, 0),
        )  # fmt: skip
        each = rows.group_by("u_id").aggregate(v_all=rows.v_dated.min(), v_any=rows.v_known.max())
        rows = rows.left_join(each, "u_id").select(*rows.columns, "v_all", "v_any")
        rows = rows.mutate(
            v_time=ibis.ifelse(rows.v_all == 1, rows.v_updated, 0), v_tie=self._tie(canonical.raw, rows)
        )
        rows = rows.filter((rows.v_any == 0) | (rows.v_known == 1))
        for column in ("v_time", "v_tie"):
            rows = _extreme(rows, column)
        return rows.select(*columns)

    def _tie(self, raw: Raw, rows: Any) -> Any:
        """Return what decides between versions that are equally new: the later row, else the larger text."""
        if raw.ordered:
            return rows[ROW]
        text = the_ibis().literal("")
        for at in range(len(raw.names)):
            text = text + "\x1f" + raw.text_of(rows, at)
        return text


def _extreme(rows: Any, column: str) -> Any:
    """Return of each incident the rows with the largest value; the smallest of one that was not known yet."""
    ibis = the_ibis()
    ends = rows.group_by("u_id").aggregate(
        v_most=rows[column].max(), v_least=rows[column].min(), v_when=rows.v_any.max()
    )
    ends = ends.mutate(v_end=ibis.ifelse(ends.v_when == 1, ends.v_most, ends.v_least)).select("u_id", "v_end")
    joined = rows.left_join(ends, "u_id").select(*rows.columns, "v_end")
    return joined.filter(joined[column] == joined.v_end).drop("v_end")


def find_repeats(canonical: Canonical, kept: Any, everything: Any) -> Repeats | None:
    """Return the rows whose identifier repeats among those kept; None where none does.

    It is looked for in `everything`, the rows with their identifiers alone, and then among the few found.
    """
    asked = _named(everything)
    brought = numbers_again(asked) if asked.u_id.type().is_integer() and is_duckdb(asked) else None
    if brought is None:
        brought = _again(asked).limit(_MOST_BROUGHT + 1).to_pandas()
    if not len(brought):
        return None
    if len(brought) <= _MOST_BROUGHT:
        some = _named(kept).semi_join(memory_table(brought[["u_id"]]), "u_id")
        found = _again(some).to_pandas()
        if not len(found):
            return None
        ids = memory_table(found[["u_id"]])
    else:
        ids = _again(_named(kept)).select("u_id")
    rows = kept.semi_join(ids, "u_id")
    raw = canonical.raw
    numbering = [f"r{at}" for at, name in enumerate(raw.sample.frame.columns) if NUMBERING.fullmatch(name)]
    own = [c for c in rows.columns if c not in (*numbering, ROW)]
    first = {c: rows[c].min() for c in (*numbering, ROW) if c in rows.columns}
    distinct = rows.group_by(own).aggregate(**first, u_copies=rows.count())
    distinct = kept_in_engine(distinct)
    n = distinct.aggregate(rows=distinct.count(), all=distinct.u_copies.sum(), ids=distinct.u_id.nunique())
    found = n.to_pandas().iloc[0].fillna(0).astype("int64")
    return Repeats(
        ids,
        distinct.select(*kept.columns),
        copies=int(found["all"] - found["rows"]),
        versions=int(found["rows"] - found["ids"]),
    )


def _named(rows: Any) -> Any:
    """Return the rows that have an identifier."""
    return rows.filter(~(rows.u_id.isnull() if rows.u_id.type().is_integer() else rows.u_id == ""))


def _again(rows: Any) -> Any:
    """Return the identifiers that stand in several rows."""
    often = rows.group_by("u_id").aggregate(u_often=rows.count())
    return often.filter(often.u_often > 1)


def numbers_again(named: Any) -> pd.DataFrame | None:
    """Return the whole numbers that stand in several rows, by ticking each off; None if they lie far apart.

    A table of groups takes some hundred bytes a row, a tick one.
    """
    ends = named.aggregate(low=named.u_id.min(), high=named.u_id.max(), n=named.count()).to_pandas().iloc[0]
    low, size = int(ends["low"]), int(ends["high"]) - int(ends["low"]) + 1
    if size > max(_TICKS, 4 * int(ends["n"])) or size > _MOST_TICKS:
        return None
    seen = np.zeros(size, dtype=bool)
    for batch in batches_of(named.select("u_id")):
        seen[batch.column(0).to_numpy(zero_copy_only=False) - low] = True
    if np.count_nonzero(seen) == int(ends["n"]):
        return pd.DataFrame({"u_id": []})
    times = np.zeros(size, dtype=np.uint32)
    for batch in batches_of(named.select("u_id")):
        np.add.at(times, batch.column(0).to_numpy(zero_copy_only=False) - low, np.uint32(1))
    return pd.DataFrame({"u_id": np.flatnonzero(times > 1) + low})
