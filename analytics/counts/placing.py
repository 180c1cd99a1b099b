"""Which region each incident is in: the named table, a region set, a list, or a column's own values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics._typing import IntArray
from analytics.errors import InputError, OptionError, nearest
from analytics.geo import LEVELS, RegionTable, fold, known_region_sets, region_set, region_table
from analytics.incidents import Incidents
from analytics.periods import Gap

__all__ = ["ChosenRegions", "choose_regions", "gap_columns"]


@dataclass(frozen=True, eq=False, slots=True)
class ChosenRegions:
    """The regions counted, and the rule that places an incident in one of them.

    `column` is what is counted by (None: everything is one series), and `placed` the region of each of its
    distinct values as `Incidents.distinct` lists them: -1 could not be placed, -2 lies outside the selection.
    """

    names: tuple[str, ...]
    column: str | None
    placed: IntArray
    label: str
    selected: bool
    table: RegionTable | None
    notes: tuple[str, ...]
    is_place: bool
    is_level: bool = True
    known: tuple[str, ...] = ()

    def codes(self, incidents: Incidents) -> IntArray:
        """Return the region of each incident."""
        if self.column is None:
            return np.zeros(len(incidents), dtype=np.int64)
        return np.asarray(self.placed[incidents.distinct(self.column).codes])


def choose_regions(
    incidents: Incidents,
    by: str | None,
    regions: str | Sequence[str] | None,
    countries: Sequence[str],
) -> ChosenRegions:
    """Find the regions to count and the rule that places incidents in them.

    `countries` are those of the incidents wanted: the named table serves where there is one country.
    """
    if by is None:
        if regions is not None:
            raise OptionError("regions are given, but nothing to count by", todo="give by, such as 'admin2'")
        nothing = np.zeros(0, dtype=np.int64)
        return ChosenRegions(
            ("all incidents",), None, nothing, "all incidents", False, None, (), is_place=True, is_level=False
        )
    found = incidents.distinct(by)
    # The named table serves where all that is wanted lies in one country.
    table = region_table(countries[0], by) if by in LEVELS and len(countries) == 1 else None
    wanted, label = _wanted(regions, by)
    if table is not None:
        return _from_table(by, [text for (text,) in found.values], found.rows, table, wanted, label)
    known = tuple(sorted(text for (text,) in found.values if text))
    place = {name: at for at, name in enumerate(known)}
    codes = np.array([place.get(text, -1) for (text,) in found.values], dtype=np.int64)
    is_place, is_level = by in ("admin1", "admin2", "country"), by in LEVELS
    if wanted is None:
        if not known:
            raise InputError(f"column {by} is empty", expected="a value to count by", where=f"column {by}")
        note = f"the regions are the {len(known)} values of {by} in the kept incidents; no list was given"
        return ChosenRegions(known, by, codes, label, False, None, (note,), is_place, is_level, known)
    missing = [name for name in wanted if name not in place]
    if missing:
        close = [*_near_sets(missing[0]), *nearest(missing[0], known)]
        raise _unknown_region(missing[0], close, known)
    recoded = _recode(codes, [place[name] for name in wanted], len(known))
    return ChosenRegions(tuple(wanted), by, recoded, label, True, None, (), is_place, is_level, known)


def _from_table(
    by: str,
    values: Sequence[str],
    rows: IntArray,
    table: RegionTable,
    wanted: list[str] | None,
    label: str,
) -> ChosenRegions:
    match = table.match(values, rows)
    codes = match.codes.astype(np.int64)
    notes = _unplaced_note(match.unknown)
    if wanted is None:
        return ChosenRegions(table.names, by, codes, label, False, table, notes, True)
    picked = [table.code(name) for name in wanted]
    if -1 in picked:
        name = wanted[picked.index(-1)]
        raise _unknown_region(name, [*_near_sets(name), *table.nearest(name)], table.names)
    if len(set(picked)) < len(picked):
        raise OptionError("a region is given twice, in two spellings", found=", ".join(wanted))
    names = tuple(table.names[i] for i in picked)
    recoded = _recode(codes, picked, len(table.names))
    return ChosenRegions(names, by, recoded, label, True, table, notes, True)


def _near_sets(name: str) -> list[str]:
    return nearest(name, known_region_sets(), most=1)


def _unknown_region(name: str, close: Sequence[str], known: Sequence[str]) -> OptionError:
    return OptionError(
        f"unknown region {name!r}",
        expected=", ".join(known[:20]) + (", ..." if len(known) > 20 else ""),
        todo=f"did you mean {' or '.join(close)}?" if close else None,
    )


def _wanted(regions: str | Sequence[str] | None, by: str) -> tuple[list[str] | None, str]:
    if regions is None:
        return None, "all"
    if isinstance(regions, str) and regions in known_region_sets():
        chosen = region_set(regions)
        if chosen.level != by:
            raise OptionError(
                f"{regions} is a set of {chosen.level}, but the count is by {by}",
                todo=f"give by={chosen.level!r}",
            )
        return list(chosen.members), chosen.label
    names = [part.strip() for part in regions.split(",")] if isinstance(regions, str) else list(regions)
    if not names or not all(names):
        raise OptionError(
            "regions is empty", expected=f"region names or one of {', '.join(known_region_sets())}"
        )
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise OptionError(f"region {repeated[0]!r} is given twice")
    return names, f"{len(names)} chosen"


def _recode(codes: IntArray, picked: list[int], size: int) -> IntArray:
    new = np.full(size + 1, -2, dtype=np.int64)
    new[-1] = -1  # code -1, not placed, indexes the last entry
    new[picked] = np.arange(len(picked))
    return new[codes]


def _unplaced_note(unknown: pd.DataFrame) -> tuple[str, ...]:
    if unknown.empty:
        return ()
    top = unknown.sort_values("rows", ascending=False, kind="stable").head(3)
    shown = "; ".join(
        f"{name!r} {rows:,}" + (f" (nearest: {close})" if close else "")
        for name, rows, close in zip(top["name"], top["rows"], top["nearest"], strict=True)
    )
    more = f"; {len(unknown) - 3} more names" if len(unknown) > 3 else ""
    return (
        f"{int(unknown['rows'].sum()):,} kept incidents name no known region and are unplaced: {shown}{more}",
    )


def gap_columns(gap: Gap, chosen: ChosenRegions) -> IntArray:
    """Return the columns a spell without coverage touches; a total is touched by any part of it."""
    everything = np.arange(len(chosen.names))
    if gap.region is None or not chosen.is_place or chosen.column is None:
        return everything
    names: tuple[str, ...] = (gap.region,)
    if chosen.table is not None:
        table = chosen.table
        here = table.match([gap.region]).codes[0]
        if here >= 0:
            names = (table.names[here],)
        elif table.level == "admin2":
            upper = region_table(table.country, "admin1")
            above = upper.match([gap.region]).codes[0] if upper is not None else -1
            names = table.children_of(upper.names[above]) if upper is not None and above >= 0 else ()
        else:
            lower = region_table(table.country, "admin2")
            below = lower.match([gap.region]).codes[0] if lower is not None else -1
            names = (lower.parent(lower.names[below]),) if lower is not None and below >= 0 else ()
        if not names:
            raise _unknown_region(gap.region, table.nearest(gap.region), table.names)
    else:
        key = fold(gap.region)
        here = [i for i, name in enumerate(chosen.names) if fold(name) == key]
        if here:
            return np.array(here, dtype=np.int64)
        if not chosen.is_level:
            return everything  # part of a country is not covered, so its sum is not
        if key not in {fold(name) for name in chosen.known}:
            raise _unknown_region(gap.region, nearest(gap.region, chosen.known), chosen.known)
        names = ()
    return np.array([i for i, name in enumerate(chosen.names) if name in names], dtype=np.int64)
