"""Which region each incident is in: places as paths, a region set, a list, or a column's own values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics._typing import IntArray
from analytics.counts.mixtures import columns_of_mixture, read_mixture
from analytics.counts.places import DEPTHS, PLACE_LEVELS, Gazetteer, read_places
from analytics.errors import InputError, OptionError, nearest
from analytics.filters import Filter, parse_filter
from analytics.geo import BLANK, RegionSet, known_region_sets, region_set
from analytics.incidents import Incidents, ScannedIncidents
from analytics.incidents.distinct import Distinct
from analytics.periods import Gap
from analytics.results.words import counted

__all__ = [
    "ChosenRegions",
    "choose_regions",
    "columns_to_count_by",
    "gap_columns",
    "place_notes",
    "renamed_columns",
]

_MOST_LISTED = 20
_MOST_PARTS = 8  # between commas of one label


@dataclass(frozen=True, eq=False, slots=True)
class ChosenRegions:
    """The regions counted, and the rule that places an incident in one of them.

    `columns` are what is counted by (none: everything is one series), and `placed` the region of each of
    their distinct values as `Incidents.distinct` lists them: -1 could not be placed, -2 is not selected.
    `places` are all regions that could have been chosen, where they are places; `at` is where each chosen one
    stands among them. `by` is what is counted by, as one text.
    """

    names: tuple[str, ...]
    columns: tuple[str, ...]
    placed: IntArray
    label: str
    selected: bool
    by: str
    notes: tuple[str, ...] = ()
    places: Gazetteer | None = None
    at: tuple[int, ...] = ()

    @property
    def countries(self) -> tuple[str, ...]:
        """The countries the regions lie in, as far as known."""
        return () if self.places is None else self.places.countries

    def codes(self, incidents: Incidents) -> IntArray:
        """Return the region of each incident."""
        if not self.columns:
            return np.zeros(len(incidents), dtype=np.int64)
        return np.asarray(self.placed[incidents.distinct(*self.columns).codes])


def columns_to_count_by(
    incidents: Incidents | ScannedIncidents, by: str | Sequence[str] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the columns asked for, canonical where they have such a name, and notes on what they are called.

    Raises
    ------
    OptionError
        If there is no such column, or one is given twice.
    """
    if by is None:
        return (), ()
    if isinstance(by, str):
        wanted = [by] if incidents.has(by) else [part.strip() for part in by.split(",")]
    else:
        wanted = list(by)
    if not wanted or not all(wanted):
        raise OptionError("by is empty", expected="a column, or columns with commas between them")
    names = [incidents.called(name, " to count by") for name in wanted]
    if len(set(names)) < len(names):
        raise OptionError("a column to count by is given twice", found=", ".join(wanted))
    notes = [f"{own} is called {name} here" for own, name in zip(wanted, names, strict=True) if own != name]
    return tuple(names), tuple(notes)


def renamed_columns(incidents: Incidents | ScannedIncidents, where: str) -> tuple[str, ...]:
    """Return notes on columns of a filter that have other names here."""
    names = [name for name in parse_filter(where).columns if incidents.has(name)]
    return tuple(
        f"{name} is called {called} here" for name in names if (called := incidents.called(name)) != name
    )


def choose_regions(
    incidents: Incidents | ScannedIncidents,
    by: str | Sequence[str] | None,
    regions: str | Sequence[str] | None,
    where: Filter | None = None,
) -> ChosenRegions:
    """Find the regions to count and the rule that places incidents in them.

    `where` matters for countries alone: of one that it rules out no region stands in the grid.
    """
    columns, notes = columns_to_count_by(incidents, by)
    if not columns:
        if regions is not None:
            raise OptionError("regions are given, but nothing to count by", todo="give by, such as 'admin2'")
        return _everything(incidents, where)
    places = [name for name in columns if name in DEPTHS]
    chosen_set = _set_of(regions)
    if len(places) == len(columns):
        level = max(places, key=DEPTHS.__getitem__)
        if chosen_set is not None and chosen_set.level != level:
            raise OptionError(
                f"{chosen_set.name} is a set of {chosen_set.level}, but the count is by {by}",
                todo=f"give by={chosen_set.level!r}",
            )
        chosen = _by_place(incidents, level, regions, chosen_set, where)
    elif chosen_set is not None:
        raise OptionError(
            f"{chosen_set.name} is a set of {chosen_set.level}, but the count is by {by}",
            todo=f"give by={chosen_set.level!r}",
        )
    else:
        chosen = _by_values(incidents, columns, regions, where)
    return replace(chosen, by=",".join(columns), notes=(*notes, *chosen.notes))


def _everything(incidents: Incidents | ScannedIncidents, where: Filter | None) -> ChosenRegions:
    found = incidents.distinct("country")
    places = read_places(found.values, found.rows, wanted=_countries(incidents, where))
    nothing = np.zeros(0, dtype=np.int64)
    return ChosenRegions(("all incidents",), (), nothing, "all incidents", False, "total", places=places)


def _countries(incidents: Incidents | ScannedIncidents, where: Filter | None) -> list[str] | None:
    """Return the countries that a filter does not rule out, as spelt; None where it says nothing of them."""
    if where is None or "country" not in where.columns:
        return None
    names = [name for (name,) in incidents.distinct("country").values if name]
    known = pd.DataFrame({"country": pd.Series(names, dtype="str")})
    kept = known["country"][where.possible(known)].str.strip().tolist()
    return kept or None


def _by_place(
    incidents: Incidents | ScannedIncidents,
    level: str,
    regions: str | Sequence[str] | None,
    chosen_set: RegionSet | None,
    where: Filter | None,
) -> ChosenRegions:
    columns = PLACE_LEVELS[: DEPTHS[level]]
    found = incidents.distinct(*columns)
    country = None if chosen_set is None else chosen_set.country
    if country is not None and any(name for (name,) in incidents.distinct("country").values):
        country = None
    places = read_places(found.values, found.rows, wanted=_countries(incidents, where), country=country)
    if not places.labels:
        raise _empty(incidents, level)
    notes = place_notes(places, found.values, found.rows, level)
    if regions is None:
        listed = _listed_note(places, level)
        everything = tuple(range(len(places.labels)))
        return ChosenRegions(
            places.labels, columns, places.placed, "all", False, level, (*listed, *notes), places, everything
        )
    if chosen_set is None:
        wanted = _names(regions, places.labels)
        at = [_one_region(name, places, level) for name in wanted]
        label = f"{len(wanted)} chosen"
    else:
        at = [_one_region(name, places, level) for name in chosen_set.members]
        wanted, label = list(chosen_set.members), chosen_set.label
    if len(set(at)) < len(at):
        raise OptionError("a region is given twice, in two spellings", found=", ".join(wanted))
    names = tuple(places.labels[one] for one in at)
    recoded = _recode(places.placed, at, len(places.labels))
    return ChosenRegions(names, columns, recoded, label, True, level, notes, places, tuple(at))


def _by_values(
    incidents: Incidents | ScannedIncidents,
    columns: tuple[str, ...],
    regions: str | Sequence[str] | None,
    where: Filter | None,
) -> ChosenRegions:
    """Count by columns of which one or more are no places: each combination that occurs is a region."""
    levels, others = columns_of_mixture(columns)
    read = (*levels, *others)
    found = incidents.distinct(*read)
    mixed = read_mixture(found.values, found.rows, columns, wanted=_countries(incidents, where))
    known = mixed.labels
    if not known:
        raise _empty(incidents, " and ".join(columns))
    by = ",".join(columns)
    notes = (
        ()
        if mixed.places is None
        else place_notes(mixed.places, _paths(found, levels), found.rows, levels[-1])
    )
    if regions is None:
        are = "region is the" if len(known) == 1 else "regions are the"
        note = f"the {are} {counted(len(known), 'value')} of {by} in the kept incidents; no list was given"
        return ChosenRegions(
            known, read, mixed.placed, "all", False, by, (note, *notes), mixed.places, mixed.which
        )
    wanted = _names(regions, known)
    place = {name: at for at, name in enumerate(known)}
    missing = [name for name in wanted if name not in place]
    if missing:
        raise _unknown_region(missing[0], [*_near_sets(missing[0]), *nearest(missing[0], known)], known)
    picked = [place[name] for name in wanted]
    codes = _recode(mixed.placed, picked, len(known))
    at = tuple(mixed.which[one] for one in picked) if mixed.which else ()
    label = f"{len(wanted)} chosen"
    return ChosenRegions(tuple(wanted), read, codes, label, True, by, notes, mixed.places, at)


def _paths(found: Distinct, levels: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [value[: len(levels)] for value in found.values]


def _empty(incidents: Incidents | ScannedIncidents, named: str) -> InputError:
    filled = [level for level in PLACE_LEVELS[::-1] if incidents.distinct(level).values != (("",),)]
    return InputError(
        f"column {named} is empty",
        expected="a value to count by",
        where=f"column {named}",
        todo=f"give by={filled[0]!r}" if filled else "give by=None to count everything as one series",
    )


def _set_of(regions: str | Sequence[str] | None) -> RegionSet | None:
    return region_set(regions) if isinstance(regions, str) and regions in known_region_sets() else None


def _names(regions: str | Sequence[str], known: Sequence[str]) -> list[str]:
    """Return the names asked for; in a text they stand between commas, which a known label may hold too."""
    if not isinstance(regions, str):
        names = list(regions)
    else:
        parts, labels = [part.strip() for part in regions.split(",")], frozenset(known)
        names = []
        while parts:
            joined = (
                size
                for size in range(min(_MOST_PARTS, len(parts)), 1, -1)
                if ", ".join(parts[:size]) in labels
            )
            size = next(joined, 1)
            names.append(", ".join(parts[:size]))
            parts = parts[size:]
    if not names or not all(names):
        raise OptionError(
            "regions is empty", expected=f"region names or one of {', '.join(known_region_sets())}"
        )
    repeated = sorted(name for name, times in Counter(names).items() if times > 1)
    if repeated:
        raise OptionError(f"region {repeated[0]!r} is given twice")
    return names


def _one_region(name: str, places: Gazetteer, level: str) -> int:
    found = places.find(name)
    if len(found) == 1:
        return found[0]
    if found:
        labels = [places.labels[at] for at in found]
        raise OptionError(
            f"{name!r} names {len(found)} regions", expected="one of them", found="; ".join(labels)
        )
    what, other = places.elsewhere(name)
    if what and other in ("admin1", "admin2"):
        raise OptionError(
            f"unknown region {name!r}",
            expected=f"a name of {level}",
            todo=f"{name} is {what}: give by={other!r}",
        )
    raise _unknown_region(name, [*_near_sets(name), *_near(name, places)], places.labels)


def _near(name: str, places: Gazetteer) -> list[str]:
    close = [one for table in places.tables for one in table.nearest(name)]
    return close or nearest(name, places.labels)


def _near_sets(name: str) -> list[str]:
    return nearest(name, known_region_sets(), most=1)


def _unknown_region(name: str, close: Sequence[str], known: Sequence[str]) -> OptionError:
    return OptionError(
        f"unknown region {name!r}",
        expected=", ".join(known[:_MOST_LISTED]) + (", ..." if len(known) > _MOST_LISTED else ""),
        todo=f"did you mean {' or '.join(close)}?" if close else None,
    )


def _recode(codes: IntArray, picked: list[int], size: int) -> IntArray:
    new = np.full(size + 1, -2, dtype=np.int64)
    new[-1] = -1  # code -1, not placed, indexes the last entry
    new[picked] = np.arange(len(picked))
    return new[codes]


# Notes ------------------------------------------------------------------------------------------------------


def _listed_note(places: Gazetteer, level: str) -> tuple[str, ...]:
    """Say that regions without a table are those the incidents name."""
    named = {table.country for table in places.tables}
    own = [path for path in places.paths if path[0] not in named]
    if not own:
        return ()
    of = f" of {_listed(sorted({path[0] or 'no country' for path in own}))}" if named else ""
    regions, are = ("region", "is") if len(own) == 1 else ("regions", "are")
    values = counted(len(own), "value")
    return (f"the {regions}{of} {are} the {values} of {level} in the kept incidents; no list was given",)


def place_notes(
    places: Gazetteer,
    values: Sequence[tuple[str, ...]],
    rows: IntArray,
    level: str,
    noun: str = "kept incident",
) -> tuple[str, ...]:
    """Return what was decided about names: not placed, without a country, joined, told apart."""
    notes = list(_unplaced_note(places, noun))
    lost = [
        n
        for v, p, n in zip(values, places.placed, rows.tolist(), strict=True)
        if p < 0 and v[-1] and not v[0]
    ]
    if lost and len(places.countries) > 1:
        said = ("states", "its") if sum(lost) == 1 else ("state", "their")
        notes.append(
            f"{counted(sum(lost), noun)} {said[0]} no country, and {said[1]} {level} is the name of several "
            "regions or of none: unplaced"
        )
    if places.merged:
        notes.append(f"equal but for case, accents or hyphens, so one region: {_listed(places.merged)}")
    alike = sorted(
        {path[-1] for path, label in zip(places.paths, places.labels, strict=True) if path[-1] != label}
    )
    if alike:
        notes.append(f"one name in several places, told apart by what it lies in: {_listed(alike)}")
    return tuple(notes)


def _listed(names: Sequence[str], most: int = 5) -> str:
    return "; ".join(names[:most]) + (f"; and {len(names) - most} more" if len(names) > most else "")


def _unplaced_note(places: Gazetteer, noun: str) -> tuple[str, ...]:
    if not places.unknown:
        return ()
    ordered = sorted(places.unknown, key=lambda item: (-item[2], item[1]))
    shown = []
    for table, name, rows in ordered[:3]:
        what, other = ("", "") if name == BLANK else places.elsewhere(name)
        close = "" if name == BLANK else ", ".join(table.nearest(name))
        hint = f" ({what}: count by {other})" if what else f" (nearest: {close})" if close else ""
        shown.append(f"{name!r} {rows:,}{hint}")
    more = f"; {counted(len(ordered) - 3, 'more name')}" if len(ordered) > 3 else ""
    total = sum(rows for _, _, rows in ordered)
    said = "names no known region and is unplaced" if total == 1 else "name no known region and are unplaced"
    return (f"{counted(total, noun)} {said}: {'; '.join(shown)}{more}",)


# Coverage ---------------------------------------------------------------------------------------------------


def gap_columns(gap: Gap, chosen: ChosenRegions) -> IntArray:
    """Return the columns a spell without coverage touches; a sum is touched by any part of it."""
    everything = np.arange(len(chosen.names))
    if gap.region is None or chosen.places is None or not chosen.columns:
        return everything
    places = chosen.places
    found = places.find(gap.region)
    if len(found) > 1:
        labels = "; ".join(places.labels[at] for at in found)
        raise OptionError(
            f"a spell without coverage names {len(found)} regions", expected="one of them", found=labels,
            where=str(gap),
        )  # fmt: skip
    found = found or places.within(gap.region) or places.around(gap.region)
    if not found:
        if places.depth == 1:
            return everything  # part of a country is not covered, so its sum is not
        raise _unknown_region(gap.region, _near(gap.region, places), places.labels)
    return np.array([column for column, at in enumerate(chosen.at) if at in found], dtype=np.int64)
