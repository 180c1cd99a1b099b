"""Countries: folders of data, ``data/<country>/``; no country stands in the logic.

A country with a folder has names and spellings of its units, and may have sets of regions, a calendar and
boundaries. They serve that country's incidents alone; any other country's regions are what its source names.
Folders of one's own lie in the folder that the environment variable ``UPTICK_COUNTRIES`` names.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from analytics._text import read_toml, toml_fault
from analytics.bundled import bundled_path
from analytics.errors import InputError
from analytics.geo.folding import Folding, fold

__all__ = ["Country", "Unit", "bundled_countries", "find_country"]

_VARIABLE = "UPTICK_COUNTRIES"


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
    """Return the countries with a folder of data, in alphabetical order.

    Those bundled, and those in the folders that ``UPTICK_COUNTRIES`` names (several as in ``PATH``). Of a
    country with a folder of one's own the bundled one is not used.

    Raises
    ------
    InputError
        If ``UPTICK_COUNTRIES`` names a folder that is not there, or two of one's own are of one country.

    Examples
    --------
    >>> [country.name for country in bundled_countries()]
    ['Iraq', 'Nigeria']
    """
    own: dict[str, Country] = {}
    for text in filter(None, os.environ.get(_VARIABLE, "").split(os.pathsep)):
        if not Path(text).is_dir():
            raise InputError(f"{_VARIABLE} names no folder", expected="a folder of folders", found=text)
        for path in sorted(Path(text).glob("*/country.toml")):
            country = _read(path)
            other = own.setdefault(fold(country.name), country)
            if other is not country:
                raise InputError(
                    f"two folders are of {country.name}", found=f"{other.folder} and {country.folder}"
                )
    bundled = [_read(path) for path in sorted(bundled_path("data").glob("*/country.toml"))]
    found = own.values(), (one for one in bundled if fold(one.name) not in own)
    return tuple(sorted((country for some in found for country in some), key=lambda c: c.name))


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
    try:
        stated: dict[str, Any] = read_toml(path.read_text(encoding="utf-8"))
        units = {level: Unit(**stated[level]) for level in ("admin1", "admin2")}
        name, names = str(stated["name"]), tuple(map(str, stated["names"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        known = isinstance(error, ValueError | RecursionError)
        raise InputError(
            "a country's folder cannot be used",
            expected="country.toml with name, names, admin1 and admin2 (one, many)",
            found=toml_fault(error) if known else f"{type(error).__name__}: {error}",
            where=str(path),
            todo="uptick country FILE makes one from a file of boundaries",
        ) from error
    folding = stated.get("folding", {})
    calendar = stated.get("calendar", {})
    return Country(
        name=name,
        names=(name, *names),
        units=units,
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
