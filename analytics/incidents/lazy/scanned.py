"""Incidents that stay in their engine: the account of every row, and what counting asks of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analytics._typing import IntArray
from analytics.errors import OptionError, nearest
from analytics.filters import Filter, parse_filter
from analytics.incidents.accounting import RowAccounting
from analytics.incidents.countries import in_country
from analytics.incidents.distinct import Distinct, distinct_values
from analytics.incidents.kept import typed_column
from analytics.incidents.lazy.aspects import flag_column
from analytics.incidents.lazy.canonical import DEGREES, Canonical
from analytics.incidents.lazy.degrees import Degrees
from analytics.incidents.lazy.engines import settled, the_ibis
from analytics.incidents.lazy.kept import Repeats
from analytics.incidents.lazy.raw import ROW, Piece
from analytics.incidents.reading import who_began
from analytics.incidents.splices import UNCLEAR
from analytics.periods import Gap
from analytics.results.words import mark, noun
from analytics.schema import COLUMNS
from analytics.sources.checks import FLAGS, REASONS
from analytics.sources.columns import fold
from analytics.sources.coverage import CoveredFrom, Splice

__all__ = ["MOST_WITH_OUTLETS", "PLACE_NAMES", "ScannedIncidents"]

MOST_WITH_OUTLETS = 1_000_000  # incidents whose reporting outlets are brought back
PLACE_NAMES = ("country", "admin1", "admin2")
_BUT_ID = [name for name in COLUMNS if name != "incident_id"]


@dataclass(frozen=True, eq=False)
class ScannedIncidents:
    """Incidents in a file, a database or a cluster, read where they lie; made by `scan_incidents`.

    They are counted like others: :func:`analytics.count_incidents` sends its questions to the engine and
    brings back counts alone.

    Attributes
    ----------
    source : str
    as_of : datetime64[D] or None
    rows_read : int
        Rows of the table.
    reasons : dict of str to int
        Rows set aside and why, copies of other rows not among them.
    said : tuple of str
        What was decided while scanning; `notes` are these and what is known of countries.
    country : str or None
        The country stated for incidents without one.
    stated : tuple of str
        What the file's metadata state, which stands last among the notes.
    tells_who : bool
        Whether the notes say how it is known who began them, for which the engine is asked.
    told_of_places : tuple of str or None
        What is known of countries, once that was settled.
    span : tuple of int or None
        The first and the last day, as numbers, where they are known already.
    title : str
    path : Path or None
    digest, metadata_digest : str
        SHA-256 of a file of text, and of its metadata.
    no_coverage, extracted, covered_from, gap_is_quiet, splices, simulated
        As of :class:`Incidents`.
    """

    source: str
    name_rows: Callable[[Any], Any]
    canonical: Canonical
    date_rows: Callable[[], Any]
    degrees: Degrees
    repeats: Repeats | None
    rows_read: int
    reasons: dict[str, int]
    as_of: np.datetime64 | None = None
    known: np.datetime64 | None = None
    said: tuple[str, ...] = ()
    stated: tuple[str, ...] = ()
    tells_who: bool = False
    country: str | None = None
    span: tuple[int, int] | None = None
    told_of_places: tuple[str, ...] | None = None
    title: str = ""
    path: Path | None = None
    digest: str = ""
    metadata_digest: str = ""
    no_coverage: tuple[Gap, ...] = ()
    extracted: np.datetime64 | None = None
    covered_from: CoveredFrom | None = None
    gap_is_quiet: bool = False
    splices: tuple[Splice, ...] = ()
    simulated: bool = False

    def __len__(self) -> int:
        repeats = self.repeats
        lost = 0 if repeats is None else repeats.copies + repeats.versions
        return self.rows_read - sum(self.reasons.values()) - lost

    @property
    def dated(self) -> Any:
        """All rows with their days and why each is set aside; the engine is told when it is first asked."""
        return self.date_rows()

    @cached_property
    def kept(self) -> Any:
        """The rows that are kept, an ibis table under the names of the engine's columns."""
        kept = self.dated.filter(self.dated.u_reason.isnull())
        if self.repeats is None:
            return kept
        current = self.repeats.current(self.canonical, self.known)
        rest = self.repeats.rest(kept).select(*kept.columns)
        return settled(rest.union(current.select(*kept.columns), distinct=False))

    def rows(self, keys: Sequence[str] = ()) -> Any:
        """Return the kept rows with what they are looked up by, and without the columns as they stand."""
        canonical = self.canonical
        direct = [canonical.degrees_column(name) for name in DEGREES]
        table = canonical.raw.with_keys(self.kept, keys)
        return table.select(*(c for c in table.columns if c[0] != "r" or c == ROW or c in direct))

    @cached_property
    def table(self) -> Any:
        """The canonical incidents, an ibis table: the columns of ``schema.COLUMNS``."""
        _ = self.located
        rows = self.canonical.add(self.kept, _BUT_ID)
        named = {name: rows[f"c_{name}"] for name in _BUT_ID}
        return rows.select(incident_id=self.identifiers(rows), **named)

    def identifiers(self, rows: Any) -> Any:
        """Return the expression of the identifiers; a row that states none is named by its number."""
        identifier = rows.u_id.cast("string")
        if not self.canonical.raw.ordered:
            return identifier
        made = "row-" + rows[ROW].cast("string")
        return the_ibis().ifelse(identifier.isnull() | (identifier == ""), made, identifier)

    @cached_property
    def quarantine(self) -> Any:
        """The rows set aside, an ibis table: `reason`, then the columns as they stand; no copies."""
        ibis, raw = the_ibis(), self.canonical.raw
        aside = self.dated.filter(self.dated.u_reason.notnull())
        reason = ibis.cases(*((aside.u_reason == at, why) for at, why in enumerate(REASONS)), else_="")
        own = {name: aside[f"r{at}"] for at, name in enumerate(raw.names)}
        numbered = {ROW: aside[ROW]} if raw.ordered and ROW not in own else {}
        return aside.select(**numbered, reason=reason, **{n: c for n, c in own.items() if n != "reason"})

    @cached_property
    def accounting(self) -> RowAccounting:
        """The account of every row; the flags are counted by the engine when it is first asked for."""
        aside = {reason: self.reasons[reason] for reason in REASONS if self.reasons.get(reason)}
        copies = 0 if self.repeats is None else self.repeats.copies
        if copies:
            aside["duplicate id"] = copies
        table, names = self.degrees.flags(self.rows())
        if self.canonical.identifier is not None:
            blank = table.u_id.isnull() if table.u_id.type().is_integer() else table.u_id == ""
            table = table.mutate(**{flag_column("blank id"): blank})
            names.append("blank id")
        table, more = self.canonical.flags(table)
        names = [name for name in FLAGS if name in (*names, *more)]
        later = 0
        sums = {f"s{at}": table[column].sum() for at, column in enumerate(map(flag_column, names))}
        if self.as_of is not None and self.canonical.has("reported_on"):
            table = self.canonical.add(table, ["reported_on"])
            day = int(self.as_of.astype(np.int64))
            sums["later"] = (table.u_reported > day).fill_null(False).sum()
        found = table.aggregate(**sums).to_pandas().iloc[0].fillna(0) if sums else {}
        later = int(found["later"]) if "later" in sums else 0
        flags = {name: int(found[f"s{at}"]) for at, name in enumerate(names)}
        return RowAccounting(
            rows_read=self.rows_read,
            kept=len(self),
            set_aside=aside,
            flags={name: n for name, n in flags.items() if n},
            superseded=0 if self.repeats is None else self.repeats.versions,
            reported_later=later,
        )

    @cached_property
    def _span(self) -> tuple[int, int]:
        """The first and the last day of the incidents."""
        if self.span is not None:
            return self.span
        rows = self.kept
        found = rows.aggregate(first=rows.u_start.min(), last=rows.u_start.max()).to_pandas().iloc[0]
        return int(found["first"]), int(found["last"])

    @property
    def first_date(self) -> np.datetime64:
        """The first day an incident is dated to."""
        return np.datetime64(self._span[0], "D")

    @property
    def last_date(self) -> np.datetime64:
        """The last day an incident starts on."""
        return np.datetime64(self._span[1], "D")

    @cached_property
    def reports_dated(self) -> bool:
        """Whether some incident has a day of report."""
        missing = self.canonical.missing("reported_on")
        if not self.canonical.has("reported_on") or missing == self.rows_read:
            return False
        if missing is not None and missing < len(self):
            return True
        rows = self.canonical.add(self.rows(), ["reported_on"])
        return bool(rows.aggregate(n=rows.u_reported.count()).to_pandas().iloc[0, 0])

    def may_be_late(self, day: np.datetime64) -> bool:
        """Whether some row was reported after a day."""
        if not self.canonical.has("reported_on"):
            return False
        latest = self.canonical.latest("reported_on")
        return latest is not None and latest > int(day.astype("datetime64[D]").astype(np.int64))

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What was decided while scanning."""
        located = self.located
        who: tuple[str, ...] = ()
        if self.tells_who:
            found = self.distinct("initiator_basis")
            rows = {str(basis): int(n) for (basis,), n in zip(found.values, found.rows, strict=True)}
            who = (who_began(rows),)
        return (*self.said, *located, *who, *self.stated)

    @cached_property
    def located(self) -> tuple[str, ...]:
        """Settle the country of incidents that state none, as `read_incidents` does, and say so."""
        if self.told_of_places is not None:
            return self.told_of_places
        canonical = self.canonical
        names = [name for name in PLACE_NAMES if canonical.has(name)]
        missing = canonical.missing("country")
        if (not names or (missing is not None and missing < len(self))) and self.country is None:
            return ()  # some incident states one
        none = Distinct(((),), np.zeros(1, dtype=np.int64), np.array([len(self)]))
        found = self._combined(tuple(names))[0] if names else none
        frame = pd.DataFrame(list(found.values), columns=names, dtype="str").replace("", np.nan)
        for name in PLACE_NAMES:
            if name not in frame:
                frame[name] = pd.Series(np.nan, index=frame.index, dtype="str")
        before = frame["country"].isna()
        after, notes = in_country(
            frame.astype("str"), self.country, None if self.country is None else found.rows
        )
        new = after["country"][before].dropna().unique()
        if len(new):
            canonical.country = str(new[0])
        return notes

    def by_source_and_day(self) -> tuple[pd.DataFrame, IntArray]:
        """Return the days of incidents with their source and whether they are clear, and how many there are.

        Where neither differs from row to row, their first and last day.
        """
        canonical = self.canonical
        asked = [name for name in (UNCLEAR,) if canonical.raises(name)]
        if not canonical.has("source") and not asked:
            days = np.array([self.first_date, self.last_date]).astype("datetime64[us]")
            frame = pd.DataFrame({"date_start": days, "source": canonical.source.name, "flags": ""})
            return frame, np.array([1, 1])
        rows = canonical.add(self.rows(), ["source"])
        rows = canonical.add_flags(rows, asked)
        found = rows.group_by(["u_start", "c_source", *map(flag_column, asked)]).aggregate(n=rows.count())
        brought = found.to_pandas().sort_values("u_start", ignore_index=True)
        unclear = brought[flag_column(UNCLEAR)] if asked else pd.Series(False, index=brought.index)
        frame = pd.DataFrame(
            {
                "date_start": brought["u_start"].to_numpy(dtype="datetime64[D]").astype("datetime64[us]"),
                "source": brought["c_source"],
                "flags": np.where(unclear.to_numpy(dtype=bool), UNCLEAR, ""),
            }
        )
        return frame, brought["n"].to_numpy(dtype=np.int64)

    def known_on(self, day: np.datetime64) -> ScannedIncidents:
        """Return the incidents in the versions that were current on an earlier day."""
        if self.repeats is None or not self.repeats.versions or day == self.known:
            return self
        return replace(self, known=day, span=None)

    def has(self, name: str) -> bool:
        """Whether there is a column of that name, canonical, the source's own, or as the file called it."""
        return name in COLUMNS or name in self.canonical.raw.names

    def called(self, name: str, purpose: str = "") -> str:
        """Return what a column is called here: its name, or the canonical one for what the file called it."""
        if name in COLUMNS:
            return name
        raw = self.canonical.raw
        if name in raw.names:
            return self.own_names.get(name, name)
        close = nearest(name, [*COLUMNS, *raw.names])
        raise OptionError(
            f"there is no column {name!r}{purpose}",
            expected=", ".join([*COLUMNS, *raw.names][:30]),
            todo=f"did you mean {' or '.join(close)}?" if close else None,
        )

    @cached_property
    def own_names(self) -> dict[str, str]:
        """What the table calls a column that is a canonical one here, and the canonical name."""
        return self.canonical.own_names()

    def filter(self, where: str) -> Filter:
        """Read a filter on these incidents: what the file calls a column may stand in it."""
        rule = parse_filter(where)
        if "actor" in rule.columns and not self.has("actor"):
            rule = rule.of_either("actor", ("actor1", "actor2"))
        return rule.with_names({name: self.called(name) for name in rule.columns if self.has(name)})

    def distinct(self, *names: str) -> Distinct:
        """Return the distinct combinations of the values of columns; codes are those of `combinations`."""
        return self.combinations(names)[0]

    def combinations(self, names: Sequence[str]) -> tuple[Distinct, Piece]:
        """Return distinct values of columns, and the combinations of keys in the engine that have them."""
        if not set(names).isdisjoint(PLACE_NAMES):
            _ = self.located
        if tuple(names) not in self._combinations:
            self._combinations[tuple(names)] = self._combined(tuple(names))
        return self._combinations[tuple(names)]

    @cached_property
    def _combinations(self) -> dict[tuple[str, ...], tuple[Distinct, Piece]]:
        return {}

    def _combined(self, names: tuple[str, ...]) -> tuple[Distinct, Piece]:
        raw = self.canonical.raw
        keys, rows = self._keys(names)
        found = raw.distinct(rows, keys)
        if found is None:
            raise raw.too_many(list(names))
        weight: IntArray = found["n"].to_numpy(dtype=np.int64)
        columns = [self.values(name, found) for name in names]
        one = distinct_values(columns)
        counts = np.bincount(one.codes, weight, minlength=len(one.values)).astype(np.int64)
        piece = Piece(tuple(keys), found.drop(columns="n"), lambda: weight)
        return replace(one, rows=counts), piece

    def _keys(self, names: Sequence[str]) -> tuple[list[str], Any]:
        """Return what columns are looked up by, and the kept rows that have it."""
        own = [f"k{self.canonical.raw.names.index(name)}" for name in names if name not in COLUMNS]
        keys, rows = list(own), self.rows(own)
        for name in names:
            if name in COLUMNS:
                rows, more = self.canonical.looked_up_by(rows, name)
                keys += more
        return list(dict.fromkeys(keys)), rows

    def own_key(self, name: str) -> str | None:
        """Return the key of one of the source's own columns, None where there is none."""
        names = self.canonical.raw.names
        return f"k{names.index(name)}" if name in names else None

    def values(self, name: str, found: pd.DataFrame) -> pd.Series:
        """Return a column, canonical or the source's own, for combinations of keys."""
        if name in COLUMNS:
            return self.canonical.values(name, found)
        raw = self.canonical.raw
        folded = fold(raw.sample.frame.columns[raw.names.index(name)])
        texts = raw.mini(found, [folded]).strings(folded)
        return typed_column(texts, code=folded in self.canonical.source.codes)

    def __str__(self) -> str:
        kind = f"{mark(self.simulated, 'name')}{noun(len(self), 'incident')}"
        as_of = f", as of {self.as_of}" if self.as_of is not None else ""
        lines = [
            f"{len(self):,} {kind} from {self.title} ({self.source}), "
            f"{self.first_date}..{self.last_date}{as_of}, where they lie",
            f"rows read {self.rows_read:,} = kept {len(self):,} + set aside "
            f"{self.rows_read - len(self) - self._superseded:,}"
            + (f" + superseded {self._superseded:,}" if self._superseded else ""),
        ]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])

    @property
    def _superseded(self) -> int:
        return 0 if self.repeats is None else self.repeats.versions

    def __repr__(self) -> str:
        return f"<{str(self).splitlines()[0]}>"
