"""Sets of regions that go together under one name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from analytics.errors import OptionError, nearest
from analytics.geo.names import RegionTable, region_table

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
    note : str
        What a reader has to know about the choice of members.
    """

    name: str
    label: str
    level: str
    members: tuple[str, ...]
    note: str = ""


_DISPUTED = RegionSet(
    name="disputed_territories",
    label="disputed territories as listed by UNAMI in 2009; no position on status",
    level="admin2",
    members=(
        "Sinjar",
        "Tal Afar",
        "Tilkaef",
        "Sheikhan",
        "Akre",
        "Hamdaniya",
        "Makhmour",
        "Hawija",
        "Dibis",
        "Daquq",
        "Kirkuk",
        "Tuz Khurmatu",
        "Kifri",
        "Khanaqin",
    ),
    note=(
        "The list of 22 April 2009 also names Mandali, a sub-district of Baladruz. Sources that name "
        "districts cannot tell it from the rest of Baladruz, most of which is not on the list, so Baladruz "
        "is left out: incidents in Mandali are not counted. To count them, and the rest of Baladruz with "
        "them, add Baladruz."
    ),
)


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
        ``"disputed_territories"``, or ``"districts_of_"`` and a governorate: ``"districts_of_kirkuk"``.
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


@lru_cache(maxsize=1)
def _region_sets() -> dict[str, RegionSet]:
    districts = _table("admin2")
    sets = [_DISPUTED]
    sets += [
        RegionSet(
            name=f"districts_of_{_slug(governorate)}",
            label=f"districts of {governorate}",
            level="admin2",
            members=districts.children_of(governorate),
        )
        for governorate in _table("admin1").names
    ]
    return {item.name: item for item in sets}


def _table(level: str) -> RegionTable:
    table = region_table("Iraq", level)
    assert table is not None
    return table
