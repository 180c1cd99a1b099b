"""Incidents: event rows in one canonical schema, every input row accounted for."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from analytics._text import one_line
from analytics._typing import BoolArray
from analytics.errors import OptionError, nearest
from analytics.filters import Filter, parse_filter
from analytics.geo.regions import Regions
from analytics.incidents.accounting import RowAccounting
from analytics.incidents.distinct import Distinct, distinct_values
from analytics.incidents.metadata import fingerprint
from analytics.incidents.own_names import OwnNames
from analytics.incidents.placement import Coarsest, Decides, Placement, place, placed_rows, with_area
from analytics.incidents.versions import current_versions, reported_after
from analytics.periods import Gap
from analytics.results.words import mark, noun
from analytics.sources.coverage import CoveredFrom, Splice

__all__ = ["Incidents"]


@dataclass(frozen=True, eq=False)
class Incidents:
    """Incident rows and the account of where each row of the input went.

    Attributes
    ----------
    frame : DataFrame, shape (kept, 29)
        The canonical columns in the order of ``schema.COLUMNS``, then `row` (record number in the file, the
        header being 1) and `flags` (joined by ``"; "``, empty if none).
    extra : DataFrame, shape (kept, other columns)
        The source's other columns under their own names, same index. Columns that hold only whole numbers, or
        only numbers, are typed so; all others are text.
    quarantine : DataFrame
        Rows set aside: `row`, `reason`, `detail`, `original` (the row as JSON).
    accounting : RowAccounting
        Rows read = kept + set aside + superseded.
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
    extracted : datetime64[D] or None
        The day the file was drawn from its source.
    covered_from : CoveredFrom or None
        From which day on the file holds all incidents, as its metadata or a rule of its source say.
    metadata_digest : str
        SHA-256 of the metadata beside the file, empty without.
    gap_is_quiet : bool
        Whether a spell without any incident that looks like a gap in the data was quiet.
    splices : tuple of Splice
        Days from which on incidents are in the file by other rules than before.
    simulated : bool
        Whether the rows are simulated; whatever is made from them says so.
    notes : tuple of str
        What was decided while reading.
    title : str
        The title the metadata states, or the file's name.
    versions, versions_extra : DataFrame or None
        Rows in whose place another version of the same incident is kept, as `frame` and `extra`.
    own_names : mapping
        What the file calls a column that is a canonical one here, and the canonical name.
    added_columns : tuple of str
        What the file calls columns whose numbers were added to make one; they stand in `extra` too.
    placement : Placement or None
        The regions on the map that the incidents are placed in, with the account of it; see :meth:`place`.
    also : tuple of (str, str)
        What else was given that the figures rest on, and its SHA-256: tables of actors, of accepted pairs.
    actors : DataFrame or None
        With a table of actors: `normalised`, `written`, `listed` ("yes", "no", "not for its day") and
        `incidents` (how often the name stands in `actor1` or `actor2`), most first.
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
    extracted: np.datetime64 | None = None
    covered_from: CoveredFrom | None = None
    metadata_digest: str = ""
    gap_is_quiet: bool = False
    splices: tuple[Splice, ...] = ()
    versions: pd.DataFrame | None = None
    versions_extra: pd.DataFrame | None = None
    own_names: Mapping[str, str] = field(default_factory=dict)
    added_columns: tuple[str, ...] = ()
    placement: Placement | None = None
    actors: pd.DataFrame | None = None
    also: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        lengths = (len(self.frame), len(self.extra), self.accounting.kept)
        if len(set(lengths)) != 1 or not self.frame.index.equals(self.extra.index):
            raise ValueError(f"frame, extra and accounting disagree: {lengths}")
        if len(self.quarantine) != sum(self.accounting.set_aside.values()):
            raise ValueError("quarantine and accounting disagree")
        if (0 if self.versions is None else len(self.versions)) != self.accounting.superseded:
            raise ValueError("versions and accounting disagree")

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def first_date(self) -> np.datetime64:
        """The first day an incident is dated to."""
        return np.datetime64(self.frame["date_start"].min(), "D")

    @property
    def first_covered(self) -> np.datetime64:
        """The first day known about: the first incident's, or from which on the file is stated to hold all.

        A rule of the source does not count: the file may be an extract that begins later.
        """
        told = self.covered_from
        return self.first_date if told is None or told.rule else min(told.day, self.first_date)

    @property
    def last_date(self) -> np.datetime64:
        """The last day an incident starts on."""
        return np.datetime64(self.frame["date_start"].max(), "D")

    @property
    def reports_dated(self) -> bool:
        """Whether some incident has a day of report."""
        return bool(self.frame["reported_on"].notna().any())

    @property
    def fingerprint(self) -> str:
        """What the figures rest on: the file's SHA-256, with others given beside it that of all."""
        regions = () if self.placement is None else self.placement.regions.digests
        return fingerprint(self.digest, self.metadata_digest, *(mark for _, mark in (*self.also, *regions)))

    def known_on(self, day: np.datetime64) -> Incidents:
        """Return the incidents in the versions that were current on an earlier day."""
        if self.versions is None or self.versions_extra is None:
            return self
        frame = pd.concat([self.frame, self.versions], ignore_index=True)
        extra = pd.concat([self.extra, self.versions_extra], ignore_index=True)
        order = np.argsort(frame["row"].to_numpy(), kind="stable")
        frame, extra = (t.iloc[order].reset_index(drop=True) for t in (frame, extra))
        current = current_versions(frame, day)
        parts = [(t[mask].reset_index(drop=True)) for t in (frame, extra) for mask in (current, ~current)]
        return replace(self, frame=parts[0], versions=parts[1], extra=parts[2], versions_extra=parts[3])

    def reported_after(self, day: np.datetime64) -> BoolArray:
        """Return which incidents were reported after a day: it is not known then that they happened."""
        return reported_after(self.frame, day)

    def has(self, name: str) -> bool:
        """Whether there is a column of that name, canonical, the source's own, or as the file called it."""
        return name in self.frame.columns or name in self.extra.columns or name in self.own_names

    def called(self, name: str, purpose: str = "") -> str:
        """Return what a column is called here: its name, or the canonical one for what the file called it.

        Raises
        ------
        OptionError
            If there is none of that name; the message names the nearest.

        Examples
        --------
        >>> from analytics import read_incidents
        >>> table = pd.DataFrame({"date": ["2020-04-13"], "Province": ["Diyala"]})
        >>> read_incidents(table).called("Province")
        'admin1'
        """
        if name in self.frame.columns or name in self.extra.columns:
            return name
        if name in self.own_names:
            return self.own_names[name]
        known = [*self.frame.columns, *self.extra.columns]
        close = nearest(name, [*self.own_names, *known])
        raise OptionError(
            f"there is no column {name!r}{purpose}",
            expected=", ".join(known[:30]) + (", ..." if len(known) > 30 else ""),
            todo=f"did you mean {' or '.join(close)}?" if close else None,
        )

    def filter(self, where: str) -> Filter:
        """Read a filter on these incidents: what the file calls a column may stand in it.

        ``actor`` stands for `actor1` and `actor2`, unless a column is called so.

        Raises
        ------
        FilterError
            If the text is not a filter; the message marks the place.
        """
        rule = parse_filter(where)
        if "actor" in rule.columns and not self.has("actor"):
            rule = rule.of_either("actor", ("actor1", "actor2"))
        names = {name: self.called(name) for name in rule.columns if self.has(name)}
        return rule.with_names(names)

    def distinct(self, *names: str) -> Distinct:
        """Return the distinct combinations of the values of some columns; looked up once and kept."""
        if names not in self._distinct:
            tables = [self.frame if name in self.frame.columns else self.extra for name in names]
            columns = [table[name] for table, name in zip(tables, names, strict=True)]
            self._distinct[names] = distinct_values(columns)
        return self._distinct[names]

    @cached_property
    def _distinct(self) -> dict[tuple[str, ...], Distinct]:
        return {}

    def place(
        self,
        regions: Regions,
        *,
        coarsest: Coarsest = "near",
        decides: Decides = "point",
        own: str | None = None,
    ) -> Incidents:
        """Return the incidents placed in regions on the map, to be counted by ``"area"``.

        Parameters
        ----------
        regions : Regions
            Such as :func:`analytics.geo.read_regions`, ``near``, ``along`` or ``cells`` return.
        coarsest : {"exact", "near", "admin2", "admin1", "country"}
            The coarsest ``place_precision`` whose coordinates are used. A place coded to a unit has the
            unit's middle for coordinates: right in regions as wide as the unit, wrong in smaller ones. What
            does not state its precision is used.
        decides : {"point", "name", "both"}
            What places an incident: its coordinates; the source's own name where a region bears it, else its
            coordinates; or both, and those where the two disagree are unplaced. Where they disagree,
            `placement.disagreements` says so either way.
        own : str, optional
            Column of the source's own names; of ``admin2``, ``admin1``, ``place`` and ``country`` that which
            holds most names of regions unless given.

        Returns
        -------
        Incidents
            The same incidents, with `placement` and the columns ``area``, ``area_reason`` (why it is in none)
            and, where known, ``area_parent``.

        Raises
        ------
        InputError
            If no incident lies in any of the regions.
        OptionError
            If an option cannot be used.
        """
        named = OwnNames(self.frame, self.extra, regions, own and self.called(own, " of names"))
        found = place(self.frame, self.extra, regions, named, coarsest, decides)
        extra, moved = with_area(self.extra, found)
        earlier = self.versions_extra
        if self.versions is not None and earlier is not None and len(earlier):
            then = placed_rows(self.versions, earlier, regions, coarsest, decides, named)
            earlier, _ = with_area(earlier, then)
        notes = (*self.notes, *found.notes, *moved)
        return replace(self, extra=extra, versions_extra=earlier, notes=notes, placement=found)

    def summary(self) -> pd.DataFrame:
        """Return the row accounting as a table: `what`, `name`, `rows`."""
        account = self.accounting
        rows = [("read", "", account.rows_read), ("kept", "", account.kept)]
        rows += [("set aside", reason, n) for reason, n in account.set_aside.items()]
        rows += [("superseded", "", account.superseded)] * bool(account.superseded)
        rows += [("reported later", "", account.reported_later)] * bool(account.reported_later)
        rows += [("flag", flag, n) for flag, n in account.flags.items()]
        return pd.DataFrame(rows, columns=["what", "name", "rows"])

    def __str__(self) -> str:
        kind = f"{mark(self.simulated, 'name')}{noun(len(self), 'incident')}"
        as_of = f", as of {self.as_of}" if self.as_of is not None else ""
        lines = [
            f"{len(self):,} {kind} from {one_line(self.title) or 'a DataFrame'} ({self.source}), "
            f"{self.first_date}..{self.last_date}{as_of}",
            str(self.accounting),
        ]
        lines += [one_line(f"no coverage: {gap}") for gap in self.no_coverage]
        lines += [one_line(f"note: {note}") for note in self.notes]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<{str(self).splitlines()[0]}>"

    def _repr_html_(self) -> str:
        first, *rest = str(self).splitlines()
        items = "".join(f"<li>{html.escape(line.strip())}</li>" for line in rest)
        return f"<p><strong>{html.escape(first)}</strong></p><ul>{items}</ul>"
