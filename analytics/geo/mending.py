"""Polygons made fit for placing: cut at the antimeridian, closed over a pole, made valid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from analytics._typing import FloatArray

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["Mended", "mend_polygon", "rings_of"]

Mended = tuple["BaseGeometry | None", str]


def mend_polygon(shape: Any) -> Mended:
    """Return a polygon as it is used, and what was done: "", "valid", "antimeridian", or why it is unusable.

    Parameters
    ----------
    shape : shapely geometry or None
        Longitude and latitude. Of a collection the polygons are taken.

    Returns
    -------
    geometry or None
        Polygon or MultiPolygon within -180..180; None where there is none to use.
    str
        Where there is one, what was done to it (``"mended"``, ``"cut"``, both with a space, or nothing); else
        the reason it is set aside.
    """
    import shapely

    if shape is None:
        return None, "no shape, or one that cannot be read"
    parts = [part for part in shapely.get_parts(shape, return_index=False) if not part.is_empty]
    while any(part.geom_type in ("MultiPolygon", "GeometryCollection") for part in parts):
        parts = [one for part in parts for one in shapely.get_parts(part) if not one.is_empty]
    polygons = [shapely.force_2d(part) for part in parts if part.geom_type == "Polygon"]
    if not polygons:
        return None, f"no polygon but a {shape.geom_type}" if parts else "an empty shape"
    points = shapely.get_coordinates(polygons)
    good = (np.abs(points[:, 0]) <= 720) & (np.abs(points[:, 1]) <= 90)
    if not good.all():
        x, y = points[int(np.argmin(good))]
        return None, f"coordinates that are no longitude and latitude, such as {x:g}, {y:g}"
    done = []
    wide = [_is_over_the_edge(polygon) for polygon in polygons]
    if any(wide):
        polygons = [
            piece
            for polygon, over in zip(polygons, wide, strict=True)
            for piece in (_cut(polygon) if over else [polygon])
        ]
        done.append("cut")
    if not shapely.is_valid(polygons).all():
        polygons = [piece for polygon in polygons for piece in _valid(polygon)]
        done.append("mended")
    whole = _polygons_in(polygons[0] if len(polygons) == 1 else shapely.union_all(polygons))
    if not whole:
        return None, "a polygon without area"
    return (whole[0] if len(whole) == 1 else shapely.multipolygons(whole)), " ".join(done)


def _valid(polygon: Any) -> list[Any]:
    import shapely

    if polygon.is_valid:
        return [polygon]
    return _polygons_in(shapely.make_valid(polygon, method="structure", keep_collapsed=False))


def _polygons_in(shape: Any) -> list[Any]:
    import shapely

    parts = list(shapely.get_parts(shape))
    nested = [one for p in parts if p.geom_type.startswith("Multi") for one in shapely.get_parts(p)]
    return [p for p in (*parts, *nested) if p.geom_type == "Polygon" and p.area > 0]


def _is_over_the_edge(polygon: Any) -> bool:
    """Whether a polygon lies beyond 180 degrees, or has an edge that must cross the antimeridian."""
    import shapely

    west, _, east, _ = polygon.bounds
    if west < -180 or east > 180:
        return True
    if east - west <= 180:
        return False
    ring = shapely.get_coordinates(polygon.exterior)[:, 0]
    jumps = np.abs(np.diff(ring))
    if ((jumps > 180) & (jumps < 360)).any():
        return True
    # From 180 straight to -180 is along a parallel in a map of the whole earth, and no way at all in a ring
    # that crosses; drawn flat the latter runs over itself.
    return bool((jumps == 360).any()) and not polygon.is_valid


def _cut(polygon: Any) -> list[Any]:
    """Return the pieces of a polygon, its edges taken the short way round the earth, within -180..180."""
    import shapely

    shell = _unwrapped(np.asarray(polygon.exterior.coords))
    middle = (shell[:, 0].min() + shell[:, 0].max()) / 2
    holes = []
    for inner in polygon.interiors:
        ring = _unwrapped(np.asarray(inner.coords))
        turns = np.round((middle - (ring[:, 0].min() + ring[:, 0].max()) / 2) / 360)
        holes.append(ring + np.array([360 * turns, 0]))
    whole = _valid(shapely.Polygon(shell, holes))
    west, east = shell[:, 0].min(), shell[:, 0].max()
    pieces = []
    for turn in range(int(np.floor((west + 180) / 360)), int(np.ceil((east - 180) / 360)) + 1):
        window = shapely.box(-180 + 360 * turn, -90, 180 + 360 * turn, 90)
        for polygon_part in whole:
            inside = shapely.intersection(polygon_part, window)
            moved = shapely.transform(inside, lambda points, by=360.0 * turn: points - [by, 0])
            pieces += _polygons_in(moved)
    return pieces


def _unwrapped(ring: FloatArray) -> FloatArray:
    """Return a ring without jumps in longitude; one that runs round a pole is closed over it."""
    steps = np.diff(ring[:, 0])
    turned = ring.copy()
    turned[1:, 0] = ring[0, 0] + np.cumsum(steps - 360 * np.round(steps / 360))
    if abs(turned[-1, 0] - turned[0, 0]) < 180:
        return turned
    pole = 90.0 if turned[:, 1].mean() > 0 else -90.0
    over = np.array([[turned[-1, 0], pole], [turned[0, 0], pole], turned[0]])
    return np.vstack([turned, over])


def rings_of(shape: Any) -> tuple[FloatArray, ...]:
    """Return the rings of a polygon, as they are drawn: outer ones against the clock, holes with it."""
    import shapely

    return tuple(_rings(shapely.get_parts(shape)))


def _rings(polygons: npt.NDArray[np.object_]) -> Iterator[FloatArray]:
    import shapely

    for polygon in shapely.orient_polygons(polygons):
        for ring in (polygon.exterior, *polygon.interiors):
            yield shapely.get_coordinates(ring)
