"""Counting by the regions on the map that incidents were placed in: every region, quiet ones too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analytics._typing import IntArray
from analytics.counts.places import Gazetteer, Key, Land
from analytics.counts.placing import ChosenRegions, choose_regions, gap_columns
from analytics.errors import OptionError, nearest
from analytics.filters import Filter
from analytics.geo import (
    LEVELS,
    Regions,
    find_country,
    fold,
    known_region_sets,
    region_set,
    region_table,
)
from analytics.incidents import Incidents, ScannedIncidents
from analytics.incidents.placement import AREA, AREA_REASON, ELSEWHERE
from analytics.periods import Gap
from analytics.results.words import counted

__all__ = ["choose_areas_or_regions", "columns_of_gap"]

_CIRCLES = ("near", "along")


def choose_areas_or_regions(
    incidents: Incidents | ScannedIncidents,
    by: str | Sequence[str] | None,
    regions: str | Sequence[str] | None,
    where: Filter | None = None,
) -> ChosenRegions:
    """Find the regions to count: those that the incidents were placed in, if counted by area, or others.

    What lies in no polygon of a file is unplaced; what lies in no circle is left out by choice.
    """
    asked = by if by is None or isinstance(by, str) else ",".join(by)
    if isinstance(incidents, ScannedIncidents) or incidents.placement is None or asked != AREA:
        return choose_regions(incidents, by, regions, where)
    of = incidents.placement.regions
    places = _places(of, incidents)
    found = incidents.distinct(AREA, AREA_REASON)
    at = {name: i for i, name in enumerate(of.names)}
    left = -2 if of.kind in _CIRCLES else -1
    codes = [at.get(name, left if reason == ELSEWHERE else -1) for name, reason in found.values]
    one = "region is that" if len(of) == 1 else f"regions are the {len(of)}"
    chosen = ChosenRegions(
        names=of.names,
        columns=(AREA, AREA_REASON),
        placed=np.array(codes, dtype=np.int64),
        label=of.names[0] if len(of) == 1 else f"{len(of)} {of.kind}",
        selected=of.kind in _CIRCLES,
        by=AREA,
        notes=(f"the {one} of {of.source}; an incident counts where its coordinates lie",),
        places=places,
        at=tuple(range(len(of))),
    )
    return chosen if regions is None else _some(chosen, regions, places)


def columns_of_gap(gap: Gap, chosen: ChosenRegions) -> IntArray:
    """Return the columns a spell without coverage touches: none if it is elsewhere than the regions."""
    if isinstance(chosen.places, _Areas) and gap.region and chosen.places.touches_none(gap.region):
        return np.zeros(0, dtype=np.int64)
    return gap_columns(gap, chosen)


def _some(chosen: ChosenRegions, regions: str | Sequence[str], places: Gazetteer) -> ChosenRegions:
    names = [part.strip() for part in regions.split(",")] if isinstance(regions, str) else list(regions)
    label = ""
    if isinstance(regions, str) and regions in chosen.names:
        names = [regions]
    elif isinstance(regions, str) and regions in known_region_sets():
        found = region_set(regions)
        names, label = list(found.members), found.label
    at: list[int] = []
    for name in names:
        here = places.find(name)
        if len(here) != 1 or here[0] in at:
            close = nearest(name, chosen.names)
            why = "given twice:" if here and here[0] in at else "several regions are called"
            raise OptionError(
                f"{why if here else 'unknown region'} {name!r}",
                expected=", ".join(chosen.names[:20]),
                todo=f"did you mean {' or '.join(close)}?" if close and not here else None,
            )
        at.append(here[0])
    new: IntArray = np.full(len(chosen.names) + 2, -2, dtype=np.int64)
    new[-1] = -1  # code -1, in no region, indexes the last entry, and -2, left out, the one before
    new[at] = np.arange(len(at))
    return replace(
        chosen,
        names=tuple(chosen.names[one] for one in at),
        placed=new[chosen.placed],
        label=label or f"{counted(len(at), 'region')} chosen",
        selected=True,
        notes=(),
        at=tuple(at),
    )


@dataclass(frozen=True, eq=False)
class _Areas(Gazetteer):
    """Regions on the map as places: found by their names, and by what the source calls the places in them.

    `keys_of` gives the keys of a name in all spellings known; `named` the regions that hold incidents whose
    own name is one of some keys, None where no incident's is.
    """

    keys_of: Callable[[str], frozenset[str]]
    named: Callable[[frozenset[str]], list[int] | None]

    def find(self, name: str) -> list[int]:
        """Return the regions of a name."""
        if name in self.at:
            return [self.at[name]]
        keys = self.keys_of(name)
        return self.folded.get(fold(name), []) or [
            at for at, path in enumerate(self.paths) if keys & self.keys_of(path[-1])
        ]

    def within(self, name: str) -> list[int]:
        """Return the regions that lie in a wider unit."""
        keys = self.keys_of(name)
        return [
            at for at, path in enumerate(self.paths) if any(keys & self.keys_of(p) for p in path[:-1] if p)
        ]

    def around(self, name: str) -> list[int]:
        """Return the regions that hold incidents which the source places in a unit of that name."""
        return self.named(self.keys_of(name)) or []

    def touches_none(self, name: str) -> bool:
        """Whether the source places incidents in a unit of that name, and none of them in a region."""
        return not (self.find(name) or self.within(name)) and self.named(self.keys_of(name)) == []

    def elsewhere(self, name: str) -> tuple[str, str]:
        """Say nothing: regions on the map have no other levels."""
        return "", ""


def _places(regions: Regions, incidents: Incidents) -> Gazetteer:
    stated = [str(name) for name in incidents.frame["country"].dropna().unique()]
    country = stated[0] if len(stated) == 1 else ""
    known = find_country(country) if country else None
    tables = (
        [] if known is None else [table for level in LEVELS if (table := region_table(known.name, level))]
    )

    def keys_of(name: str) -> frozenset[str]:
        codes = {f"#{table.level}{code}" for table in tables if (code := table.code(name)) >= 0}
        return frozenset({fold(name), *codes})

    at = {name: i for i, name in enumerate(regions.names)}

    def named(keys: frozenset[str]) -> list[int] | None:
        pairs = [pair for level in LEVELS for pair in incidents.distinct(level, AREA).values]
        areas = {area for own, area in pairs if own and keys & keys_of(own)}
        return sorted(at[area] for area in areas if area in at) if areas else None

    deep = bool(regions.parents)
    land = Land(fold(country) if known is None else known.name)
    keys: list[Key] = []
    paths: list[tuple[str, ...]] = []
    for at_, name in enumerate(regions.own_names):
        above = (regions.parents[at_],) if deep else ()
        keys.append((land.key, *map(fold, above), fold(name)))
        paths.append((country, *above, name))
    return _Areas(
        depth=3 if deep else 2,
        keys=tuple(keys),
        paths=tuple(paths),
        labels=regions.names,
        placed=np.arange(len(regions)),
        lands=(land,),
        merged=(),
        unknown=(),
        keys_of=keys_of,
        named=named,
    )
