"""Regions on the map as a command or a report asks for them: in words and numbers, all in one mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analytics.errors import OptionError, unknown_option
from analytics.geo.boundaries import is_boundary_file
from analytics.geo.grids import cells, parse_grid
from analytics.geo.nearby import along, near
from analytics.geo.region_files import read_regions
from analytics.geo.regions import Regions
from analytics.incidents.incidents import Incidents

__all__ = ["PLACING", "is_on_the_map", "place_as_asked"]

_WHERE = ("regions", "near", "along")
_READING = ("name", "parent", "population", "spellings", "crs", "layer", "encoding")
_PLACING = ("coarsest", "decides", "own")
PLACING = (*_WHERE, *_READING, *_PLACING)


def is_on_the_map(regions: str) -> bool:
    """Whether a text names regions on the map: a file of boundaries, or a grid of cells.

    Examples
    --------
    >>> [is_on_the_map(text) for text in ("districts.shp", "h3:6", "priogrid", "Kirkuk, Erbil")]
    [True, True, True, False]
    """
    return is_boundary_file(regions) or parse_grid(regions) is not None


def place_as_asked(incidents: Incidents, asked: Mapping[str, Any]) -> Incidents:
    """Place incidents in regions on the map.

    Parameters
    ----------
    incidents : Incidents
    asked : mapping
        One of `regions` (a file of boundaries, ``"priogrid"`` or ``"h3:5"``), `near` (``"35.47,44.39,20"`` or
        ``"Kirkuk=35.47,44.39,20"``, one or several) and `along` (``"road.geojson,20"``); and what goes with
        them: `name`, `parent`, `population`, `spellings`, `crs`, `layer`, `encoding` as for
        :func:`analytics.geo.read_regions`, `coarsest`, `decides`, `own` as for :meth:`Incidents.place`.

    Raises
    ------
    OptionError
        If none or several ways are asked for, or an option does not go with the one asked for.
    InputError
        If a file cannot be used, or no incident lies in any region.

    Examples
    --------
    >>> from analytics import read_incidents
    >>> from analytics.bundled import bundled_path
    >>> sample = read_incidents(bundled_path("data/iraq_simulated.csv"), as_of="2020-04-19")
    >>> print(place_as_asked(sample, {"near": ["Kirkuk=35.47,44.39,20"]}).placement.regions)
    Regions(1 from points: Kirkuk)
    """
    for name in asked:
        if name not in PLACING:
            raise unknown_option("option of places", name, PLACING)
    ways = [name for name in _WHERE if asked.get(name)]
    if len(ways) != 1:
        raise OptionError(
            "places on the map are asked for in several ways" if ways else "no place on the map is asked for",
            expected="one of regions (--regions FILE), near (--near) and along (--along)",
            found=", ".join(ways) or "none",
        )
    regions = _regions(incidents, ways[0], asked)
    return incidents.place(regions, **{n: asked[n] for n in _PLACING if asked.get(n) is not None})


def _regions(incidents: Incidents, way: str, asked: Mapping[str, Any]) -> Regions:
    reading = {name: asked[name] for name in _READING if asked.get(name) is not None}
    if way == "near":
        _only(reading, (), "--near")
        return _near([asked["near"]] if isinstance(asked["near"], str) else asked["near"])
    if way == "along":
        _only(reading, ("name", "crs", "layer"), "--along")
        file, _, km = str(asked["along"]).rpartition(",")
        return along(file.strip(), _number(km, "--along", "such as road.geojson,20"), **reading)
    grid = parse_grid(str(asked["regions"]))
    if grid is None:
        return read_regions(Path(asked["regions"]), **reading)
    _only(reading, (), "a grid of cells")
    frame = incidents.frame
    return cells(grid[0], frame["latitude"], frame["longitude"], resolution=grid[1])


def _only(given: Mapping[str, Any], allowed: Sequence[str], what: str) -> None:
    extra = [name for name in given if name not in allowed]
    if extra:
        raise OptionError(
            f"{what} does not go with {extra[0]} (--region-{extra[0]})",
            expected=", ".join(allowed) or "no option of a file of regions",
            todo="leave it out",
        )


def _near(points: Sequence[str]) -> Regions:
    names, numbers = [], []
    for text in points:
        name, equals, rest = text.rpartition("=")
        parts = rest.split(",")
        expected = "LATITUDE,LONGITUDE,KM such as 35.47,44.39,20, or NAME=LATITUDE,LONGITUDE,KM"
        if len(parts) != 3 or (equals and not name.strip()):
            raise OptionError("--near is no point with a distance", expected=expected, found=repr(text))
        row = tuple(_number(part, "--near", expected) for part in parts)
        names.append(name.strip() or f"within {row[2]:g} km of {row[0]:g}, {row[1]:g}")
        numbers.append(row)
    north, east, km = zip(*numbers, strict=True)
    return near(north, east, km, name=names)


def _number(text: str, option: str, expected: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise OptionError(f"{option} holds no number", expected=expected, found=repr(text)) from None
