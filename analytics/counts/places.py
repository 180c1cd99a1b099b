"""Places as paths: country, first-order unit, second-order unit.

A name alone is no place: Uganda, Zambia and Ghana each have a Central. Names that are equal after folding,
under the same parent, are one region. A country with bundled data has its own table of names and spellings;
any other country's regions are those its source names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analytics._typing import IntArray
from analytics.geo import BLANK, Country, RegionTable, find_country, fold, region_table

__all__ = ["DEPTHS", "PLACE_LEVELS", "Gazetteer", "Key", "Land", "read_places"]

PLACE_LEVELS = ("country", "admin1", "admin2")
DEPTHS = {level: depth for depth, level in enumerate(PLACE_LEVELS, 1)}
Key = tuple[str, ...]  # folded or canonical names, widest first
_MOST_SHOWN = 3


@dataclass(frozen=True, eq=False)
class Land:
    """One country of the incidents: its key, its bundled data and tables where it has them."""

    key: str
    country: Country | None = None

    def table(self, depth: int) -> RegionTable | None:
        """Return the table of its names at a level, None where there is none."""
        if self.country is None or depth < 2:
            return None
        return region_table(self.country.name, PLACE_LEVELS[depth - 1])

    def fold(self, name: str) -> str:
        """Return the key of a name, folded as the country folds its names."""
        return fold(name) if self.country is None else self.country.fold(name)


class _Names:
    """The spellings met of each key, and how many rows have each."""

    def __init__(self) -> None:
        self.rows: dict[Key, dict[str, int]] = defaultdict(lambda: defaultdict(int))

    def add(self, key: Key, text: str, rows: int) -> None:
        self.rows[key][text] += rows

    def shown(self, key: Key) -> str:
        """Return the spelling with most rows; of several the first in the alphabet."""
        spelt = self.rows[key]
        if len(spelt) == 1:
            return next(iter(spelt))
        return min(spelt.items(), key=lambda item: (-item[1], item[0]))[0]


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """The regions of one level, in the order of their labels.

    Attributes
    ----------
    depth : int
        1 for countries, 2 for first-order units, 3 for second-order ones.
    keys : tuple of Key
        One path a region, of `depth` parts.
    paths : tuple of tuple of str
        The same paths in names.
    labels : tuple of str
        The name, lengthened by what it lies in only where names collide.
    placed : int array
        The region of each distinct path that was read, -1 where it cannot be placed.
    lands : tuple
        The countries.
    merged : tuple of str
        Which spellings are one region, in words.
    unknown : tuple of (RegionTable, str, int)
        Names that a country's table does not hold, and their rows.
    """

    depth: int
    keys: tuple[Key, ...]
    paths: tuple[tuple[str, ...], ...]
    labels: tuple[str, ...]
    placed: IntArray
    lands: tuple[Land, ...]
    merged: tuple[str, ...]
    unknown: tuple[tuple[RegionTable, str, int], ...]

    @property
    def countries(self) -> tuple[str, ...]:
        """Names of the countries, as far as they are stated."""
        return tuple(dict.fromkeys(path[0] for path in self.paths if path[0]))

    @property
    def tables(self) -> tuple[RegionTable, ...]:
        """The countries' tables of this level."""
        return tuple(t for land in self.lands if (t := land.table(self.depth)) is not None)

    @cached_property
    def at(self) -> dict[str, int]:
        """Where each label stands."""
        return {label: at for at, label in enumerate(self.labels)}

    @cached_property
    def folded(self) -> dict[str, list[int]]:
        """Where the labels stand that are equal after folding."""
        found: dict[str, list[int]] = defaultdict(list)
        for at, label in enumerate(self.labels):
            found[fold(label)].append(at)
        return dict(found)

    def find(self, name: str) -> list[int]:
        """Return the regions a text names: a label, a name in any spelling, a path ("Central, Uganda")."""
        if name in self.at:
            return [self.at[name]]
        return self.folded.get(fold(name), []) or self._named(name) or self._path(name)

    def _named(self, name: str) -> list[int]:
        found = []
        for land in self.lands:
            table = land.table(self.depth)
            if table is None:
                known = find_country(name) if self.depth == 1 else None
                last = land.fold(name) if known is None else known.name
                found += [at for at, key in enumerate(self.keys) if key[0] == land.key and key[-1] == last]
            elif (code := table.code(name)) >= 0:
                found += [
                    at
                    for at, key in enumerate(self.keys)
                    if key[0] == land.key and key[-1] == table.names[code]
                ]
        return found

    def _path(self, text: str) -> list[int]:
        """Return the regions whose last part is the first of several, and which lie in all the others."""
        name, *above = (part.strip() for part in text.split(","))
        if not above:
            return []
        return [at for at in self._named(name) if all(self._lies_in(at, part) for part in above)]

    def _lies_in(self, at: int, name: str) -> bool:
        return any(fold(part) == fold(name) for part in self.paths[at][:-1])

    def within(self, name: str) -> list[int]:
        """Return the regions that lie in a wider unit, given by its name; none if there is no such unit."""
        country = find_country(name)
        wide = fold(name) if country is None else country.name
        found = [at for at, key in enumerate(self.keys) if key[0] == wide]
        if found or self.depth < 3:
            return found
        for land in self.lands:
            upper = land.table(2)
            code = -1 if upper is None else upper.code(name)
            parent = land.fold(name) if upper is None or code < 0 else upper.names[code]
            found += [at for at, key in enumerate(self.keys) if key[0] == land.key and key[1] == parent]
        return found

    def around(self, name: str) -> list[int]:
        """Return the regions that a narrower unit lies in, as far as a country's table knows."""
        found = []
        for land in self.lands:
            lower = land.table(3) if self.depth == 2 else None
            if lower is not None and (code := lower.code(name)) >= 0:
                found += [at for at, path in enumerate(self.paths) if path[-1] == lower.parents[code]]
        return found

    def elsewhere(self, name: str) -> tuple[str, str]:
        """Say as what a name is known at another level ("a district of Ninewa"), and at which."""
        for land in self.lands:
            for depth in (2, 3):
                table = land.table(depth)
                if depth == self.depth or table is None or land.country is None:
                    continue
                if (code := table.code(name)) >= 0:
                    unit = land.country.units[PLACE_LEVELS[depth - 1]].one
                    article = "an" if unit[0] in "aeiou" else "a"
                    return f"{article} {unit} of {table.parents[code]}", PLACE_LEVELS[depth - 1]
        return "", ""


def read_places(
    paths: Sequence[tuple[str, ...]],
    rows: IntArray,
    *,
    wanted: Iterable[str] | None = None,
    country: str | None = None,
) -> Gazetteer:
    """Find the region of each path.

    Parameters
    ----------
    paths : sequence of tuples of str
        Distinct paths as sources spell them, country first, "" where a part is blank; all of one length.
    rows : int array
        How many rows have each.
    wanted : iterable of str, optional
        Countries (as spelt in the paths) whose regions are wanted; all unless given.
    country : str, optional
        The country of paths that state none.
    """
    return _Reader(paths, rows, wanted, country).gazetteer()


class _Reader:
    def __init__(
        self,
        paths: Sequence[tuple[str, ...]],
        rows: IntArray,
        wanted: Iterable[str] | None,
        country: str | None,
    ) -> None:
        self.depth = len(paths[0]) if paths else 1
        self.names = _Names()
        self.merged: list[Key] = []
        self.unknown: dict[tuple[RegionTable, str], int] = defaultdict(int)
        self.lands: dict[str, Land] = {}
        self.paths, self.rows = paths, rows.tolist()
        if country is not None:
            self.land(country, 0)
        texts: dict[str, int] = defaultdict(int)
        for path, n in zip(paths, self.rows, strict=True):
            texts[path[0]] += n
        stated = {text: self.land(text, n) for text, n in texts.items() if text}
        # Where all that is stated is one country, rows that state none lie in it.
        self.sole = next(iter(self.lands.values())) if len(self.lands) == 1 else None
        if wanted is not None:
            keep = {stated[text].key for text in wanted if text in stated}
            self.lands = {key: land for key, land in self.lands.items() if key in keep}
        if not self.lands:
            self.lands = {"": Land("")}
            self.sole = self.lands[""]
        self.land_of = {text: self._land_of(text) for text in texts}

    def land(self, text: str, rows: int) -> Land:
        known = find_country(text)
        key = fold(text) if known is None else known.name
        self.names.add((key,), text if known is None else known.name, rows)
        if known is None and len(self.names.rows[key,]) > 1:
            self.merged.append((key,))
        return self.lands.setdefault(key, Land(key, known))

    def gazetteer(self) -> Gazetteer:
        found: list[Key | None] = [self.key(path, n) for path, n in zip(self.paths, self.rows, strict=True)]
        keys = {key for key in found if key is not None} | set(self.table_keys())
        for at, (path, key) in enumerate(zip(self.paths, found, strict=True)):
            if key is None and path[-1]:
                found[at] = self.by_name(path, keys)
            elif key is not None and "" in key[1:]:
                found[at] = self.under_parent(key, keys)
        keys = {key for key in found if key is not None} | set(self.table_keys())
        paths = {key: self.path(key) for key in keys}
        labels = _labels(paths)
        order = sorted(keys, key=lambda key: (labels[key], key))
        place = {key: at for at, key in enumerate(order)}
        used = {key[:depth] for key in order if self.merged for depth in range(1, self.depth + 1)}
        return Gazetteer(
            depth=self.depth,
            keys=tuple(order),
            paths=tuple(paths[key] for key in order),
            labels=tuple(labels[key] for key in order),
            placed=np.array([-1 if key is None else place[key] for key in found], dtype=np.int64),
            lands=tuple(self.lands.values()),
            merged=tuple(self.words(key) for key in sorted(set(self.merged)) if key in used),
            unknown=tuple((table, name, n) for (table, name), n in self.unknown.items()),
        )

    def table_keys(self) -> Iterable[Key]:
        for land in self.lands.values():
            table = land.table(self.depth)
            if table is not None:
                yield from (self.table_key(land, table, code) for code in range(len(table)))

    def table_key(self, land: Land, table: RegionTable, code: int) -> Key:
        return (
            (land.key, table.names[code])
            if self.depth == 2
            else (land.key, table.parents[code], table.names[code])
        )

    def key(self, path: tuple[str, ...], rows: int) -> Key | None:
        """Return the region's key; None where it cannot be told, or lies in a country that is not wanted."""
        land = self.land_of[path[0]]
        if land is None:
            return None
        if self.depth == 1:
            return (land.key,) if land.key else None
        table = land.table(self.depth)
        if table is not None:
            code = table.code(path[-1]) if path[-1] else -1
            if code < 0:
                self.unknown[table, " ".join(path[-1].split()) or BLANK] += rows
                return None
            return self.table_key(land, table, code)
        if not path[-1]:
            return None
        key: Key = (land.key,)
        for depth, name in enumerate(path[1:], 2):
            if land.country is None:  # no table of any level
                key = (*key, fold(name))
                self.spell(key, name, rows)
                continue
            upper = land.table(depth)
            code = -1 if upper is None or not name else upper.code(name)
            key = (*key, land.fold(name) if upper is None or code < 0 else upper.names[code])
            if upper is None or code < 0:
                self.spell(key, name, rows)
        return key

    def _land_of(self, text: str) -> Land | None:
        if not text:
            return self.sole if self.sole is not None and self.sole.key in self.lands else None
        known = find_country(text)
        return self.lands.get(fold(text) if known is None else known.name)

    def spell(self, key: Key, name: str, rows: int) -> None:
        self.names.add(key, name, rows)
        if len(self.names.rows[key]) > 1:
            self.merged.append(key)

    def by_name(self, path: tuple[str, ...], keys: set[Key]) -> Key | None:
        """Return the one region of a name without a country; None where there are several or none."""
        if path[0] or self.depth == 1:
            return None
        found = []
        for land in self.lands.values():
            table = land.table(self.depth)
            code = -1 if table is None else table.code(path[-1])
            last = land.fold(path[-1]) if table is None or code < 0 else table.names[code]
            found += [key for key in keys if key[0] == land.key and key[-1] == last]
        return found[0] if len(found) == 1 else None

    def under_parent(self, key: Key, keys: set[Key]) -> Key | None:
        """Return the region of a name without a parent, where its country has only one of that name."""
        found = [k for k in keys if k[0] == key[0] and k[-1] == key[-1] and "" not in k[1:]]
        if len(found) > 1:
            return None
        return found[0] if found else key

    def path(self, key: Key) -> tuple[str, ...]:
        land = self.lands[key[0]]
        names = [self.names.shown(key[:1]) if key[0] else ""]
        if land.country is None:
            spelt = (key[:depth] for depth in range(2, len(key) + 1))
            return (
                *names,
                *(self.names.shown(part) if part in self.names.rows else part[-1] for part in spelt),
            )
        for depth in range(2, len(key) + 1):
            part = key[:depth]
            known = land.table(depth)
            canonical = known is not None and part[-1] in known.names
            names.append(part[-1] if canonical or part not in self.names.rows else self.names.shown(part))
        return tuple(names)

    def words(self, key: Key) -> str:
        shown = self.names.shown(key)
        others = [
            f"{text} ({rows:,})" for text, rows in sorted(self.names.rows[key].items()) if text != shown
        ]
        more = f" and {len(others) - _MOST_SHOWN} more" if len(others) > _MOST_SHOWN else ""
        return f"{shown} = {', '.join(others[:_MOST_SHOWN])}{more}"


def _labels(paths: dict[Key, tuple[str, ...]]) -> dict[Key, str]:
    """Return the shortest label of each path that no other has: the name, then what it lies in."""
    labels = {key: path[-1] for key, path in paths.items()}
    for parts in range(2, 4):
        folded = {key: fold(label) for key, label in labels.items()}
        if len(set(folded.values())) == len(folded):
            break
        alike = defaultdict(list)
        for key, label in folded.items():
            alike[label].append(key)
        for keys in alike.values():
            for key in keys if len(keys) > 1 else ():
                above = [name or "not stated" for name in paths[key][-parts:]]
                labels[key] = ", ".join(reversed(above))
    if len(set(labels.values())) == len(labels):
        return labels
    seen: dict[str, int] = defaultdict(int)
    for key in sorted(labels):
        seen[labels[key]] += 1
        if seen[labels[key]] > 1:
            labels[key] += f" ({seen[labels[key]]})"
    return labels
