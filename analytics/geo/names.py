"""Place names and their spellings: one table for each country with bundled data, and level.

Names are matched after folding (case, accents, apostrophes, a country's articles), never by likeness: a name
that is not in the table is reported with the nearest known ones and is not placed.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Literal

import numpy as np
import pandas as pd

from analytics._typing import IntArray
from analytics.errors import InputError, OptionError
from analytics.geo.countries import Country, find_country
from analytics.geo.folding import PLAIN, Folding, fold
from analytics.options import check_choice, choices

__all__ = [
    "BLANK",
    "LEVELS",
    "Level",
    "RegionMatch",
    "RegionTable",
    "region_table",
]

BLANK = "(blank)"
Level = Literal["admin1", "admin2"]
LEVELS = choices(Level)

_MOST_NEAREST = 100


@dataclass(frozen=True, eq=False)
class RegionMatch:
    """Which region each value names.

    Attributes
    ----------
    codes : ndarray of int64, shape (n,)
        Position in ``RegionTable.names``; -1 where the value is not placed.
    unknown : DataFrame
        One row for each distinct value not placed, most rows first: ``name`` (``"(blank)"`` for missing and
        empty values), ``rows`` (how many) and ``nearest`` (up to three known names, ``", "`` between them;
        looked up for the 100 names with most rows).
    """

    codes: np.ndarray
    _table: RegionTable = field(repr=False)
    _unknown: tuple[tuple[str, int], ...] = field(repr=False)

    @cached_property
    def unknown(self) -> pd.DataFrame:
        """Values not placed; built when first asked for, since likeness is slow to measure."""
        close = [
            ", ".join(self._table.nearest(name)) if name != BLANK and position < _MOST_NEAREST else ""
            for position, (name, _) in enumerate(self._unknown)
        ]
        return pd.DataFrame(
            {
                "name": pd.Series([name for name, _ in self._unknown], dtype="str"),
                "rows": pd.Series([rows for _, rows in self._unknown], dtype="int64"),
                "nearest": pd.Series(close, dtype="str"),
            }
        )


@dataclass(frozen=True, eq=False)
class RegionTable:
    """The regions of one country at one level, in alphabetical order.

    Attributes
    ----------
    country, level : str
        Such as ``"Iraq"`` and ``"admin1"``.
    names, pcodes, arabic, parents, notes : tuple of str, all of the same length
        Canonical name, code (OCHA's P-code, or ISO 3166-2), Arabic name where it has one, unit one level up,
        and what is peculiar about the unit (``""`` if nothing).
    spellings : tuple of tuple of str
        Every spelling known for each unit, the canonical name first.
    folding : Folding
        How names are folded before they are compared.
    """

    country: str
    level: str
    names: tuple[str, ...]
    pcodes: tuple[str, ...]
    arabic: tuple[str, ...]
    parents: tuple[str, ...]
    notes: tuple[str, ...]
    spellings: tuple[tuple[str, ...], ...] = field(repr=False)
    folding: Folding = field(default=PLAIN, repr=False)
    _keys: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        keys: dict[str, int] = {}
        for position, spellings in enumerate(self.spellings):
            for spelling in (*spellings, self.pcodes[position], self.arabic[position]):
                other = keys.setdefault(fold(spelling, self.folding), position) if spelling else position
                if other != position:
                    raise InputError(
                        f"the spelling {spelling!r} stands for two regions",
                        expected="one region for each spelling",
                        found=f"{self.names[other]} and {self.names[position]}",
                        where=f"{self.country}, {self.level}",
                    )
        object.__setattr__(self, "_keys", keys)

    def __len__(self) -> int:
        return len(self.names)

    def code(self, name: str) -> int:
        """Return the position of a name in any known spelling, -1 if it is not known.

        Examples
        --------
        >>> table = region_table("Iraq", "admin1")
        >>> table.names[table.code("Nīnawá province")], table.code("Aleppo")
        ('Ninewa', -1)
        """
        return self._keys.get(fold(name, self.folding), -1)

    def match(self, values: Iterable[object], rows: IntArray | None = None) -> RegionMatch:
        """Find the region each value names.

        Parameters
        ----------
        values : Series, array or other iterable of str, length n
            Names as sources spell them. Missing and blank values are not placed.
        rows : int array, shape (n,), optional
            How many rows each value stands for; one each unless given.

        Returns
        -------
        RegionMatch
            Codes of length n, and a table of the values that are not placed.

        Examples
        --------
        >>> table = region_table("Iraq", "admin2")
        >>> found = table.match(["Qaḑā’ al Ḩawījah", "Tooz", "Hawijja North", None])
        >>> [table.names[code] if code >= 0 else "-" for code in found.codes]
        ['Hawija', 'Tuz Khurmatu', '-', '-']
        >>> found.unknown["name"].to_list()
        ['(blank)', 'Hawijja North']
        """
        series = values if isinstance(values, pd.Series) else pd.Series(list(values), dtype="object")
        positions, distinct = pd.factorize(series)
        texts = [str(value).strip() for value in distinct]
        # The last entry serves the missing values, whose position is -1.
        lookup = np.array([*(self.code(text) if text else -1 for text in texts), -1], dtype=np.int64)
        many = np.bincount(positions + 1, rows, minlength=len(texts) + 1).astype(np.int64)
        unplaced: dict[str, int] = {BLANK: int(many[0])} if many[0] else {}
        for position in np.flatnonzero(lookup[:-1] < 0):
            name = " ".join(texts[position].split()) or BLANK
            unplaced[name] = unplaced.get(name, 0) + int(many[position + 1])
        ordered = sorted(unplaced.items(), key=lambda item: (-item[1], item[0]))
        return RegionMatch(lookup[positions], self, tuple(ordered))

    def parent(self, name: str) -> str:
        """Return the unit one level up: a district's governorate, a governorate's country.

        Raises
        ------
        OptionError
            If the name is not known; the message lists the nearest known ones.

        Examples
        --------
        >>> region_table("Iraq", "admin2").parent("Makhmur")
        'Erbil'
        """
        code = self.code(name)
        if code < 0:
            raise OptionError(f"unknown region {name!r}", **self.advice(name))
        return self.parents[code]

    def advice(self, name: str) -> dict[str, str | None]:
        """Return what an error about an unknown name says was expected, and what to do."""
        close = self.nearest(name)
        return {
            "expected": f"one of the {len(self)} {self.level} units of {self.country}",
            "todo": f"did you mean {' or '.join(close)}?" if close else None,
        }

    def children_of(self, parent: str) -> tuple[str, ...]:
        """Return the canonical names of the units that lie in a parent, given by its canonical name.

        Examples
        --------
        >>> region_table("Iraq", "admin2").children_of("Kirkuk")
        ('Daquq', 'Dibis', 'Hawija', 'Kirkuk')
        """
        return tuple(name for name, above in zip(self.names, self.parents, strict=True) if above == parent)

    def nearest(self, name: str, *, most: int = 3) -> list[str]:
        """Return the canonical names whose spellings are most like `name`, best first.

        Examples
        --------
        >>> region_table("Iraq", "admin1").nearest("Nineweh")
        ['Ninewa']
        """
        close = difflib.get_close_matches(fold(name, self.folding), list(self._keys), n=4 * most, cutoff=0.6)
        return list(dict.fromkeys(self.names[self._keys[key]] for key in close))[:most]


def region_table(country: str, level: str) -> RegionTable | None:
    """Return the table of names for a country, or None where there is none.

    Parameters
    ----------
    country : str
        The country's name, in any of its names and in any case.
    level : {"admin1", "admin2"}
        First-order units (Iraq: 18 governorates; Nigeria: 36 states and the capital's territory), or
        second-order ones (Iraq: 101 districts).

    Raises
    ------
    OptionError
        If `level` is neither ``"admin1"`` nor ``"admin2"``.

    Examples
    --------
    >>> [len(region_table(*of)) for of in (("Iraq", "admin1"), ("iraq", "admin2"), ("NGA", "admin1"))]
    [18, 101, 37]
    >>> region_table("Syria", "admin1") is None
    True
    """
    check_choice("level", level, Level)
    found = find_country(country)
    return None if found is None else _table(found, level)


@cache
def _table(country: Country, level: str) -> RegionTable | None:
    with (country.folder / "place_names.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["level"] == level]
    if not rows:
        return None
    return RegionTable(
        country=country.name,
        level=level,
        names=tuple(row["name"] for row in rows),
        pcodes=tuple(row["pcode"] for row in rows),
        arabic=tuple(row.get("arabic", "") for row in rows),
        parents=tuple(row["parent"] for row in rows),
        notes=tuple(row["note"] for row in rows),
        spellings=tuple((row["name"], *filter(None, row["spellings"].split("|"))) for row in rows),
        folding=country.folding,
    )
