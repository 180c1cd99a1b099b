"""Cells of a grid as regions: PRIO-GRID (half a degree) and H3 (hexagons).

PRIO-GRID (Tollefsen, Strand and Buhaug 2012, Journal of Peace Research 49(2)) divides the earth into 360 rows
of 720 cells: ``gid = (row - 1) * 720 + col``, with ``row = floor((latitude + 90) / 0.5) + 1`` from the south
and ``col = floor((longitude + 180) / 0.5) + 1`` from the west.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.errors import InputError, OptionError
from analytics.geo.boundaries import geo_extra
from analytics.geo.earth import wrapped
from analytics.geo.regions import Regions
from analytics.options import check_choice
from analytics.results.words import counted

__all__ = ["Grid", "cells", "h3_cell", "parse_grid", "prio_grid", "prio_grid_centre"]

Grid = Literal["priogrid", "h3"]
_ROWS, _COLUMNS = 360, 720
_FINEST = 15
_USUAL = 5  # a hexagon of about 250 km2


def prio_grid(latitude: npt.ArrayLike, longitude: npt.ArrayLike) -> IntArray:
    """Return the PRIO-GRID cell of each point, 0 where it has no coordinates.

    A point on an edge lies in the cell to its north and east, the north pole in the last row; 180 degrees
    east is 180 degrees west.

    Examples
    --------
    >>> prio_grid([33.34, -90.0, 90.0, 0.0], [44.40, -180.0, 179.9, 180.0]).tolist()
    [177569, 1, 259200, 129601]
    """
    north, east = np.asarray(latitude, dtype=float), wrapped(longitude)
    known = np.isfinite(north) & np.isfinite(east) & (np.abs(north) <= 90)
    row = np.minimum(np.floor((np.where(known, north, 0) + 90) * 2), _ROWS - 1)
    column = np.floor((np.where(known, east, 0) + 180) * 2) % _COLUMNS
    return np.where(known, row * _COLUMNS + column + 1, 0).astype(np.int64)


def prio_grid_centre(gid: npt.ArrayLike) -> FloatArray:
    """Return latitude and longitude of the centre of each cell; shape (n, 2).

    Raises
    ------
    OptionError
        If a number is none of a cell.

    Examples
    --------
    >>> prio_grid_centre([177569]).tolist()
    [[33.25, 44.25]]
    """
    number = np.atleast_1d(np.asarray(gid, dtype=np.int64))
    if ((number < 1) | (number > _ROWS * _COLUMNS)).any():
        raise OptionError("a number is no PRIO-GRID cell", expected=f"1 to {_ROWS * _COLUMNS}")
    row, column = np.divmod(number - 1, _COLUMNS)
    return np.column_stack([row * 0.5 - 89.75, column * 0.5 - 179.75])


def h3_cell(latitude: npt.ArrayLike, longitude: npt.ArrayLike, resolution: int = _USUAL) -> IntArray:
    """Return the H3 cell of each point as a number, 0 where it has no coordinates.

    Raises
    ------
    OptionError
        If the resolution is none.
    UptickError
        If h3 is not installed.

    Examples
    --------
    >>> [format(cell, "x") for cell in h3_cell([33.34], [44.40], 5)]
    ['852ca2b7fffffff']
    """
    if not (isinstance(resolution, int) and 0 <= resolution <= _FINEST):
        raise OptionError("resolution is none of H3", expected=f"0 to {_FINEST}", found=repr(resolution))
    with geo_extra("H3 cells"):
        from h3.api import basic_int as h3

    north, east = np.asarray(latitude, dtype=float), wrapped(longitude)
    known = np.isfinite(north) & np.isfinite(east) & (np.abs(north) <= 90)
    # The package takes one point at a time: each distinct one once.
    points, which = np.unique(np.column_stack([north[known], east[known]]), axis=0, return_inverse=True)
    found = [h3.latlng_to_cell(a, b, resolution) for a, b in points.tolist()]
    out = np.zeros(len(north), dtype=np.int64)
    out[known] = np.array(found, dtype=np.int64)[which.ravel()]
    return out


@dataclass(frozen=True, eq=False)
class _Cells:
    grid: Grid
    resolution: int
    ids: IntArray  # ascending

    def codes(self, latitude: FloatArray, longitude: FloatArray) -> tuple[IntArray, BoolArray]:
        found = _cell_of(self.grid, self.resolution, latitude, longitude)
        at = np.searchsorted(self.ids, found).clip(0, len(self.ids) - 1)
        code = np.where((found > 0) & (self.ids[at] == found), at, -1).astype(np.int64)
        return code, np.zeros(len(code), dtype=bool)

    def rings(self, at: int) -> tuple[FloatArray, ...]:
        """Return the cell's edge; none for a hexagon across the antimeridian or over a pole."""
        if self.grid == "priogrid":
            north, east = prio_grid_centre(self.ids[at])[0]
            corner = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * 0.25
            return (corner + np.array([east, north]),)
        from h3.api import basic_int as h3

        edge = h3.cell_to_boundary(int(self.ids[at]))
        ring = np.array([[b, a] for a, b in edge])
        return () if np.ptp(ring[:, 0]) > 180 else (np.vstack([ring, ring[:1]]),)


def _cell_of(grid: Grid, resolution: int, latitude: FloatArray, longitude: FloatArray) -> IntArray:
    return prio_grid(latitude, longitude) if grid == "priogrid" else h3_cell(latitude, longitude, resolution)


def parse_grid(text: str) -> tuple[Grid, int] | None:
    """Return the grid a text names and its resolution, None where it names none.

    Raises
    ------
    OptionError
        If the resolution is no number.

    Examples
    --------
    >>> parse_grid("h3:6"), parse_grid("PRIO-GRID"), parse_grid("Kirkuk")
    (('h3', 6), ('priogrid', 5), None)
    """
    word, colon, rest = text.strip().casefold().partition(":")
    word = word.replace("-", "")
    if word == "priogrid" and not colon:
        return "priogrid", _USUAL
    if word != "h3":
        return None
    if colon and not (rest.isdecimal() and int(rest) <= _FINEST):
        raise OptionError("no resolution of H3", expected="such as h3:5, from 0 to 15", found=repr(text))
    return "h3", int(rest) if colon else _USUAL


def cells(
    grid: Grid,
    latitude: npt.ArrayLike | None = None,
    longitude: npt.ArrayLike | None = None,
    *,
    resolution: int = _USUAL,
    within: Regions | None = None,
) -> Regions:
    """Return cells of a grid as regions: those that hold a point, or all whose centre is in a region.

    Parameters
    ----------
    grid : {"priogrid", "h3"}
        PRIO-GRID's squares of half a degree, or H3's hexagons.
    latitude, longitude : array of float, optional
        Such as those of the incidents. A cell without a point is then no region, and the quiet cells are not
        in the grid: give `within` for all.
    resolution : int
        Of H3, 0 (coarsest) to 15.
    within : Regions, optional
        Regions with polygons. Every cell whose centre lies in one is a region, with that as its parent.

    Returns
    -------
    Regions
        Named by their number (PRIO-GRID's gid) or by their index (H3's).

    Raises
    ------
    OptionError
        If neither or both of points and `within` are given, or the grid is unknown.
    InputError
        If there is no cell.

    Examples
    --------
    >>> cells("priogrid", [33.34, 35.47], [44.40, 44.39]).names
    ('177569', '180449')
    """
    check_choice("grid", grid, Grid)
    if (within is None) == (latitude is None or longitude is None):
        raise OptionError("cells needs points or within", expected="one of the two")
    parents: tuple[str, ...] = ()
    if within is None:
        found = np.unique(
            _cell_of(grid, resolution, np.asarray(latitude, float), np.asarray(longitude, float))
        )
        ids = found[found > 0]
    else:
        ids, parents = _all_within(grid, resolution, within)
    if not len(ids):
        raise InputError(
            "there is no cell", expected="points with coordinates, or regions that hold a centre"
        )
    names = tuple(str(one) if grid == "priogrid" else format(one, "x") for one in ids.tolist())
    title = "PRIO-GRID" if grid == "priogrid" else f"H3, resolution {resolution}"
    note = (
        f"the regions are the {counted(len(ids), 'cell')} of {title} that hold an incident"
        if within is None
        else f"the regions are the {counted(len(ids), 'cell')} of {title} with a centre in {within.source}"
    )
    rule = _Cells(grid, resolution, ids)
    return Regions(names=names, rule=rule, source=title, kind="cells", parents=parents, notes=(note,))


def _all_within(grid: Grid, resolution: int, within: Regions) -> tuple[IntArray, tuple[str, ...]]:
    if grid == "priogrid":
        candidates = np.arange(1, _ROWS * _COLUMNS + 1)
        centres = prio_grid_centre(candidates)
    else:
        candidates, centres = _hexagons(resolution, within)
    at = within.locate(centres[:, 0], centres[:, 1])
    return candidates[at >= 0], tuple(within.names[i] for i in at[at >= 0])


def _hexagons(resolution: int, within: Regions) -> tuple[IntArray, FloatArray]:
    with geo_extra("H3 cells"):
        from h3.api import basic_int as h3

    found: set[int] = set()
    for rings in within.rings():
        for ring in rings:
            found |= set(h3.polygon_to_cells(h3.LatLngPoly(ring[:, ::-1].tolist()), resolution))
    ids = np.array(sorted(found), dtype=np.int64)
    centres = np.array([h3.cell_to_latlng(one) for one in ids.tolist()], dtype=float).reshape(-1, 2)
    return ids, centres
