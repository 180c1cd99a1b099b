"""Countries: folders of data, ``data/<country>/``; no country stands in the logic.

A country with a folder has names and spellings of its units, and may have sets of regions, a calendar and
boundaries. They serve that country's incidents alone; any other country's regions are what its source names.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from analytics.bundled import bundled_path
from analytics.geo.folding import Folding, fold

__all__ = ["Country", "Unit", "bundled_countries", "find_country"]


@dataclass(frozen=True, slots=True)
class Unit:
    """What a country calls a unit of one level: one of them, and many."""

    one: str
    many: str


@dataclass(frozen=True, eq=False)
class Country:
    """A country with bundled data.

    Attributes
    ----------
    name : str
        The name shown.
    names : tuple of str
        All names and codes it goes by, the shown one first.
    units : mapping
        Level (``"admin1"``, ``"admin2"``) to what a unit of it is called.
    folding : Folding
        How its place names are folded.
    folder : Path
        Where its data lie.
    calendar_years : str
        The stretch of days its calendar covers; "" without a calendar.
    calendar_labels : mapping
        The calendar's terms, and how a reader knows them.
    gleditsch_ward : int
        Its number in Gleditsch and Ward's list of states, by which UCDP knows it; 0 where not stated.
    """

    name: str
    names: tuple[str, ...]
    units: Mapping[str, Unit]
    folding: Folding
    folder: Path
    calendar_years: str = ""
    calendar_labels: Mapping[str, str] = field(default_factory=dict)
    gleditsch_ward: int = 0

    def fold(self, name: str) -> str:
        """Return the key under which one of its place names is compared."""
        return fold(name, self.folding)


@cache
def bundled_countries() -> tuple[Country, ...]:
    """Return the countries with bundled data, in alphabetical order.

    Examples
    --------
    >>> [country.name for country in bundled_countries()]
    ['Iraq', 'Nigeria']
    """
    return tuple(_read(path) for path in sorted(bundled_path("data").glob("*/country.toml")))


def find_country(name: str) -> Country | None:
    """Return the country of a name, in any of its names and in any case; None where no data are bundled.

    Examples
    --------
    >>> find_country("republic of iraq").units["admin1"].one
    'governorate'
    >>> find_country("Syria") is None
    True
    """
    return _by_name().get(fold(name))


@cache
def _by_name() -> dict[str, Country]:
    return {fold(name): country for country in bundled_countries() for name in country.names}


def _read(path: Path) -> Country:
    stated: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    folding = stated.get("folding", {})
    calendar = stated.get("calendar", {})
    return Country(
        name=stated["name"],
        names=(stated["name"], *stated["names"]),
        units={level: Unit(**stated[level]) for level in ("admin1", "admin2")},
        folding=Folding(
            generic=frozenset(folding.get("generic", ())),
            articles=frozenset(folding.get("articles", ())),
            prefixes=tuple(folding.get("prefixes", ())),
            endings=folding.get("endings", {}),
            doubled_letters=folding.get("doubled_letters", False),
            joined=folding.get("joined", False),
        ),
        folder=path.parent,
        calendar_years=calendar.get("years", ""),
        calendar_labels=calendar.get("labels", {}),
        gleditsch_ward=stated.get("gleditsch_ward", 0),
    )
