"""Sets of regions that go together under one name: those a country's data state, and each unit's parts."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache

from analytics.errors import InputError, OptionError, nearest
from analytics.geo.countries import Country, bundled_countries
from analytics.geo.names import region_table

__all__ = ["RegionSet", "known_region_sets", "region_set"]

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class RegionSet:
    """Regions that go together under one name.

    Attributes
    ----------
    name, label, level : str
        How it is asked for, how it is shown to readers, and ``"admin1"`` or ``"admin2"``.
    members : tuple of str
        Canonical names.
    short : str
        A shorter label for lines of tables and figures; the label itself unless stated.
    note : str
        What a reader has to know about the choice of members.
    country : str
        The country they lie in.
    """

    name: str
    label: str
    level: str
    members: tuple[str, ...]
    short: str = ""
    note: str = ""
    country: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "short", self.short or self.label)


def known_region_sets() -> tuple[str, ...]:
    """Return the names of all region sets.

    Examples
    --------
    >>> known_region_sets()[:3]
    ('disputed_territories', 'districts_of_anbar', 'districts_of_babil')
    """
    return tuple(_region_sets())


def region_set(name: str) -> RegionSet:
    """Return a region set by its name.

    Parameters
    ----------
    name : str
        Such as ``"disputed_territories"``, ``"nigeria_north_east_three"``, or the parts of a unit:
        ``"districts_of_kirkuk"``.
        Case, spaces and hyphens do not matter.

    Raises
    ------
    OptionError
        If there is no such set; the message lists the known ones.

    Examples
    --------
    >>> region_set("disputed_territories").members[:3]
    ('Sinjar', 'Tal Afar', 'Tilkaef')
    >>> region_set("districts_of_kirkuk").members
    ('Daquq', 'Dibis', 'Hawija', 'Kirkuk')
    """
    sets = _region_sets()
    wanted = _slug(name)
    if wanted not in sets:
        close = nearest(wanted, sets)
        raise OptionError(
            f"unknown region set {name!r}",
            expected=f"one of {', '.join(sets)}",
            todo=f"did you mean {' or '.join(close)}?" if close else None,
        )
    return sets[wanted]


def _slug(name: str) -> str:
    return "_".join(_WORD.findall(name.casefold()))


@cache
def _region_sets() -> dict[str, RegionSet]:
    found: dict[str, RegionSet] = {}
    for country in bundled_countries():
        for item in (*_stated(country), *_parts(country)):
            if item.name in found:
                raise InputError(
                    f"two sets of regions are named {item.name!r}",
                    found=f"{found[item.name].country} and {item.country}",
                    where=str(country.folder),
                )
            found[item.name] = item
    return found


def _stated(country: Country) -> list[RegionSet]:
    path = country.folder / "sets.toml"
    if not path.is_file():
        return []
    stated = tomllib.loads(path.read_text(encoding="utf-8"))
    return [
        RegionSet(
            name=item["name"],
            label=item["label"],
            level=item["level"],
            members=tuple(item["members"]),
            short=item.get("short", ""),
            note=item.get("note", ""),
            country=country.name,
        )
        for item in stated["set"]
    ]


def _parts(country: Country) -> list[RegionSet]:
    """Return a set for each first-order unit whose second-order units have names."""
    upper, lower = region_table(country.name, "admin1"), region_table(country.name, "admin2")
    if upper is None or lower is None:
        return []
    many = country.units["admin2"].many
    return [
        RegionSet(
            name=f"{_slug(many)}_of_{_slug(name)}",
            label=f"{many} of {name}",
            level="admin2",
            members=lower.children_of(name),
            country=country.name,
        )
        for name in upper.names
    ]
