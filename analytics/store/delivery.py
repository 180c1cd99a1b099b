"""A delivery: one dated snapshot in a store, with the account of its rows and of what it changed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from analytics._tables import LICENCE
from analytics.errors import InputError
from analytics.incidents.metadata import Metadata, metadata_of
from analytics.results.words import counted
from analytics.sources.registry import find_source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["Delivery", "deliveries_of", "source_numbers"]

_COLUMNS = (
    "d.number, s.name, d.day, d.file, d.sha256, d.covers, d.reading, d.rows_read, d.kept, d.set_aside, "
    "d.before, d.added, d.changed, d.unchanged, d.deleted, d.not_covered, d.after, d.simulated, d.raw"
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Delivery:
    """One dated snapshot of one source.

    ``rows_read = kept + set aside``, ``kept = added + changed + unchanged``,
    ``before = changed + unchanged + deleted + not_covered`` and ``after = before + added - deleted``.

    Attributes
    ----------
    number : int
        Counts up over the whole store.
    source : str
        Name of the source within the store.
    day : datetime64[D]
        The day from which on its content was known.
    file, sha256 : str
        Name and hash of the file; the hash is "" of a DataFrame.
    covers : tuple of str
        What it holds completely: only there is a missing incident a deleted one.
    rows_read, kept : int
        Rows of the file, and those that are incidents (other versions of an incident among them).
    set_aside : mapping of str to int
        Reason to number of rows.
    before, added, changed, unchanged, deleted, not_covered, after : int
        Incident rows held before, what became of them, and held after.
    simulated : bool
    again : bool
        Whether it was in the store already and nothing was done.
    reading, raw : mapping
        How it was read, and what of the file's table is needed to read it again.
    """

    number: int
    source: str
    day: np.datetime64
    file: str
    sha256: str
    covers: tuple[str, ...]
    rows_read: int
    kept: int
    set_aside: dict[str, int]
    before: int
    added: int
    changed: int
    unchanged: int
    deleted: int
    not_covered: int
    after: int
    simulated: bool = False
    again: bool = False
    reading: dict[str, Any] = field(default_factory=dict, repr=False)
    raw: dict[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        aside = sum(self.set_aside.values())
        sums = (
            self.rows_read == self.kept + aside,
            self.kept == self.added + self.changed + self.unchanged,
            self.before == self.changed + self.unchanged + self.deleted + self.not_covered,
            self.after == self.before + self.added - self.deleted,
        )
        if not all(sums):
            raise ValueError(f"the accounts of delivery {self.number} do not add up: {self}")

    @property
    def whole(self) -> bool:
        """Whether it holds everything its source knew."""
        return "all" in self.covers

    def lines(self) -> list[str]:
        """Return the account of its rows and of what it changed, as text."""
        aside = sum(self.set_aside.values())
        covers = ", ".join(self.covers) or "only the rows it has"
        return [
            f"delivery {self.number} of {self.source}, known on {self.day}: {self.file} (covers {covers})",
            f"rows read {self.rows_read:,} = kept {self.kept:,} + set aside {aside:,}",
            *(f"  set aside, {reason}: {n:,}" for reason, n in self.set_aside.items()),
            f"kept {self.kept:,} = added {self.added:,} + changed {self.changed:,} "
            f"+ unchanged {self.unchanged:,}",
            f"held before {self.before:,} = changed {self.changed:,} + unchanged {self.unchanged:,} "
            f"+ deleted {self.deleted:,} + not covered {self.not_covered:,}",
            f"held after {self.after:,} = before {self.before:,} + added {self.added:,} "
            f"- deleted {self.deleted:,}",
            *(f"note: {note}" for note in self.terms()),
        ]

    def terms(self) -> tuple[str, ...]:
        """Return what may be done with its rows, as its metadata or its source say."""
        text = self.raw.get("metadata", "")
        beside = metadata_of(text.encode("utf-8"), Path(self.raw["metadata_name"])) if text else Metadata()
        source = find_source(self.reading["source"])
        licences = tuple(note for note in beside.notes if note.startswith(LICENCE))
        return (*licences, *beside.terms(source.title, source.terms))

    def sentence(self) -> str:
        """Return what it changed, in one sentence."""
        if self.again:
            return f"Nothing done: {self.file} is delivery {self.number} of {self.source} already."
        return (
            f"Delivery {self.number} of {self.source}, known on {self.day}: {self.added:,} added, "
            f"{self.changed:,} changed, {self.deleted:,} deleted; {counted(self.after, 'incident')} held."
        )

    def record(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        names = (
            "number", "source", "file", "sha256", "rows_read", "kept", "set_aside", "before", "added",
            "changed", "unchanged", "deleted", "not_covered", "after", "simulated",
        )  # fmt: skip
        return {"day": str(self.day), "covers": list(self.covers), **{n: getattr(self, n) for n in names}}


def source_numbers(connection: DuckDBPyConnection) -> dict[str, int]:
    """Return the sources of a store, and their numbers."""
    return dict(connection.execute("select name, number from sources order by number").fetchall())


def deliveries_of(
    connection: DuckDBPyConnection, source: str | None = None, until: np.datetime64 | None = None
) -> list[Delivery]:
    """Return the deliveries in order, of one source and up to a day where these are given."""
    where, values = ["true"], []
    if source is not None:
        where.append("s.name = ?")
        values.append(source)
    if until is not None:
        where.append("d.day <= ?")
        values.append(str(until))
    rows = connection.execute(
        f"select {_COLUMNS} from deliveries d join sources s on s.number = d.source "
        f"where {' and '.join(where)} order by d.number",
        values,
    ).fetchall()
    return [_delivery(row) for row in rows]


def _delivery(row: tuple[Any, ...]) -> Delivery:
    try:
        return Delivery(
            number=row[0], source=row[1], day=np.datetime64(row[2], "D"), file=row[3], sha256=row[4],
            covers=tuple(json.loads(row[5])), reading=json.loads(row[6]), rows_read=row[7], kept=row[8],
            set_aside=json.loads(row[9]), before=row[10], added=row[11], changed=row[12],
            unchanged=row[13], deleted=row[14], not_covered=row[15], after=row[16], simulated=row[17],
            raw=json.loads(row[18]),
        )  # fmt: skip
    except (TypeError, ValueError) as error:
        raise InputError("a delivery of the store cannot be read", found=str(error)[:200]) from error
