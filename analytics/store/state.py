"""What was known on a day: the rows of a source as its deliveries up to then left them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analytics.errors import InputError, unknown_option
from analytics.incidents import Incidents
from analytics.incidents.metadata import Metadata, metadata_of
from analytics.incidents.reading import read_raw
from analytics.sources.files import RawTable
from analytics.sources.registry import find_source
from analytics.store.bare import bare_incidents
from analytics.store.delivery import Delivery, deliveries_of, source_numbers
from analytics.store.opening import DERIVED, cell

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["Known", "first_seen", "known_deliveries", "slim_incidents", "state_incidents"]

_HELD = "since <= ? and (until is null or until > ?)"


@dataclass(frozen=True, eq=False)
class Known:
    """The deliveries of one source that were in by a day.

    Attributes
    ----------
    source : str
    table : str
        Where its rows lie.
    deliveries : tuple of Delivery
        All of them.
    """

    source: str
    table: str
    deliveries: tuple[Delivery, ...]

    @property
    def last(self) -> Delivery:
        """The latest."""
        return self.deliveries[-1]

    @property
    def in_force(self) -> tuple[Delivery, ...]:
        """The last one that held everything, and those after it."""
        whole = [at for at, made in enumerate(self.deliveries) if made.whole]
        return self.deliveries[whole[-1] if whole else 0 :]

    @property
    def digest(self) -> str:
        """Hash of what is known: of one whole file its own, else of all files it is made of."""
        made = self.deliveries if not self.last.whole else self.in_force
        if len(made) == 1 and made[0].sha256:
            return made[0].sha256
        text = "\n".join(f"{m.number} {m.day} {m.sha256} {json.dumps(m.covers)}" for m in self.deliveries)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def extracted(self) -> np.datetime64:
        """The day up to which something is known."""
        stated = self.last.raw["extracted"]
        return self.last.day if stated is None else np.datetime64(stated)

    def metadata(self) -> Metadata:
        """Return what the metadata beside the latest file that had some say."""
        for made in reversed(self.in_force):
            if made.raw["metadata"]:
                text = made.raw["metadata"].encode("utf-8")
                return replace(metadata_of(text, Path(made.raw["metadata_name"])), extracted=self.extracted)
        return Metadata(extracted=self.extracted)


def known_deliveries(
    connection: DuckDBPyConnection, path: Path, source: str | None, day: np.datetime64 | None
) -> Known:
    """Return the deliveries of a source that were in by a day (None: all).

    Raises
    ------
    InputError
        If there was none yet.
    OptionError
        If the source is unknown, or there are several and none is named.
    """
    numbers = source_numbers(connection)
    if not numbers:
        raise InputError("the store is empty", where=str(path), todo="uptick store add FILE --store FILE")
    if source is None or source == "auto":
        if len(numbers) > 1:
            raise InputError(
                "the store holds several sources, which are never summed",
                expected="--source, one of them",
                found=", ".join(numbers),
                where=str(path),
            )
        source = next(iter(numbers))
    if source not in numbers:
        raise unknown_option("source of the store", source, list(numbers))
    made = deliveries_of(connection, source, day)
    if not made:
        held = deliveries_of(connection, source)
        if not held:
            raise _apart(path, f"no delivery of {source}")
        first = held[0]
        raise InputError(
            f"nothing of {source} was in the store by {day}",
            expected=f"a day from {first.day} on, that of its first delivery",
            found=str(day),
            where=str(path),
        )
    return Known(source, f"rows_{numbers[source]}", tuple(made))


def state_incidents(
    connection: DuckDBPyConnection, path: Path, known: Known, as_of: np.datetime64 | None
) -> Incidents:
    """Return the incidents known, read from their cells as from a file."""
    raw = _raw_table(connection, path, known)
    if raw.frame.empty:
        raise _apart(path, f"no row of {known.source}")
    reading = dict(known.last.reading)
    return read_raw(raw, known.metadata(), as_of=as_of, **reading)


def _raw_table(connection: DuckDBPyConnection, path: Path, known: Known) -> RawTable:
    """Return the cells as they would stand in one file."""
    try:
        names = _column_names(connection, known)
    except KeyError as error:
        raise _apart(path, f"no place of column {error.args[0]}") from None
    number = known.last.number
    places = ", ".join(f"{cell('t', at)} as {at}" for _, at in names)
    kept = connection.execute(
        f"select {places} from {known.table} t where {_HELD} order by place, since, key, nth",
        [number, number],
    ).df()
    kept.columns = pd.Index([name for name, _ in names], dtype="str")
    kept = kept.astype("str")
    aside, at = _aside(connection, known, list(kept.columns))
    frame = kept
    if len(aside):
        size = len(kept) + len(aside)
        taken = np.zeros(size, dtype=bool)
        inside = at < size
        taken[at[inside]] = True
        left = np.flatnonzero(~taken)
        where = np.r_[left[: len(kept)], at[inside], left[len(kept) :]]
        frame = pd.concat([kept, aside], ignore_index=True).iloc[np.argsort(where, kind="stable")]
        frame = frame.reset_index(drop=True)
    first = known.in_force[0].raw
    return RawTable(
        frame=frame,
        name=str(path),
        rows=np.arange(len(frame), dtype=np.int64) + int(first["first_row"]),
        path=path,
        digest=known.digest,
        notes=tuple(known.last.raw["notes"]),
        holding_na=tuple(dict.fromkeys(n for made in known.in_force for n in made.raw["holding_na"])),
    )


def _apart(path: Path, found: str) -> InputError:
    return InputError(
        "the store does not fit together",
        expected="a file that only uptick store has written",
        found=found,
        where=str(path),
        todo="take the copy from before, or make it again of the files delivered",
    )


def _column_names(connection: DuckDBPyConnection, known: Known) -> list[tuple[str, str]]:
    """Return the columns of the deliveries in force, the latest one's order first, and where they lie."""
    number = int(known.table.removeprefix("rows_"))
    found = connection.execute("select name, pos from file_columns where source = ?", [number]).fetchall()
    at = {name: f"c{place}" for name, place in found}
    contributing = known.in_force if known.last.whole is False else (known.last,)
    listed = [name for made in reversed(contributing) for name in made.raw["columns"]]
    return [(name, at[name]) for name in dict.fromkeys(listed)]


def _aside(
    connection: DuckDBPyConnection, known: Known, names: Sequence[str]
) -> tuple[pd.DataFrame, np.ndarray[Any, np.dtype[np.int64]]]:
    """Return the cells of the rows set aside, and their places: those of later, partial files at the end."""
    first = known.in_force[0].number
    covers = {made.covers: made.number for made in known.in_force}  # the last of each
    numbers = [first, *(n for n in covers.values() if n != first)]
    rows = connection.execute(
        f"select delivery, pos, original from aside where delivery in ({', '.join('?' * len(numbers))}) "
        "order by delivery, pos",
        numbers,
    ).fetchall()
    cells = [json.loads(original) for _, _, original in rows]
    frame = pd.DataFrame(
        {name: pd.Series([row.get(name, "") for row in cells], dtype="str") for name in names}
    )
    far = np.iinfo(np.int64).max
    at = np.array([place if number == first else far for number, place, _ in rows], dtype=np.int64)
    return frame, at


def first_seen(connection: DuckDBPyConnection, known: Known) -> pd.DataFrame:
    """Return the delivery in which each incident held was first seen; NaT for those of the first delivery.

    What the first delivery holds was known by then, and nobody knows since when.
    """
    number = known.last.number
    days = {made.number: made.day for made in known.deliveries}
    found = connection.execute(
        f"select key, min(since) as delivery from {known.table} where since <= ? and key in "
        f"(select key from {known.table} where {_HELD}) group by key order by key",
        [number, number, number],
    ).df()
    opening = known.deliveries[0].number
    seen = [None if n == opening else days[n] for n in found["delivery"].tolist()]
    return pd.DataFrame(
        {
            "incident_id": found["key"].astype("str"),
            "delivery": found["delivery"].astype("int64"),
            "first_seen": pd.Series(np.array(seen, dtype="datetime64[D]").astype("datetime64[us]")),
        }
    )


def slim_incidents(
    connection: DuckDBPyConnection, path: Path, known: Known, as_of: np.datetime64, places: Sequence[str]
) -> Incidents | None:
    """Return the incidents known with what counting by day and some places needs, and nothing else.

    None where that is not enough: several versions of an incident in one file, or several rules of inclusion.
    """
    if len({mark for made in known.in_force for mark in made.raw.get("marks", ())}) > 1:
        return None
    number = known.last.number
    days = ("k_start", "k_end", "k_precision", "k_reported")
    names = [*days, *(f"k_{place}" for place in ("country", "admin1", "admin2") if place in places)]
    grouped = connection.execute(
        f"select {', '.join(names)}, count(*)::bigint as n, max(nth)::integer as versions from {known.table} "
        f"where {_HELD} group by all order by all",
        [number, number],
    ).df()
    if (grouped["versions"] > 0).any():
        return None
    late = (grouped["k_start"] > pd.Timestamp(str(as_of))).to_numpy(dtype=bool)
    kept = grouped[~late]
    if kept.empty:
        return None
    rows = kept.loc[kept.index.repeat(kept["n"])].reset_index(drop=True)
    metadata = known.metadata()
    reported = rows["k_reported"].to_numpy().astype("datetime64[D]")
    return bare_incidents(
        {DERIVED[name][0]: rows[name] for name in names},
        int((reported > as_of).sum()),
        source=known.source,
        path=path,
        digest=known.digest,
        as_of=as_of,
        no_coverage=metadata.no_coverage,
        simulated=known.last.simulated,
        title=metadata.title or path.name,
        extracted=metadata.extracted,
        covered_from=metadata.covered_from,
        metadata_digest=metadata.digest,
        gap_is_quiet=metadata.gap_is_quiet,
        splices=tuple(
            splice
            for splice in (*find_source(known.last.reading["source"]).splices, *metadata.splices)
            if kept["k_start"].min() < pd.Timestamp(str(splice.day)) <= kept["k_start"].max()
        ),
    )
