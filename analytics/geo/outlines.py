"""Which polygon each point lies in: on arrays, one step a polygon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.geo.earth import wrapped
from analytics.geo.mending import rings_of

__all__ = ["Outlines"]


@dataclass(frozen=True, eq=False)
class Outlines:
    """Polygons, one or several parts a region.

    Attributes
    ----------
    shapes : object array of shapely geometries, shape (regions,)
        Polygons and MultiPolygons within -180..180, valid.
    """

    shapes: npt.NDArray[np.object_]

    def codes(self, latitude: FloatArray, longitude: FloatArray) -> tuple[IntArray, BoolArray]:
        """Return the region of each point, -1 in none, and whether it is in more than one.

        A border belongs to both sides: a point on it, or where polygons overlap, goes to the first of them.
        """
        import shapely

        east = wrapped(longitude)
        code = np.full(len(east), -1, dtype=np.int64)
        several = np.zeros(len(east), dtype=bool)
        known = np.flatnonzero(np.isfinite(latitude) & np.isfinite(east))
        known = known[np.argsort(east[known], kind="stable")]
        parts, owner = shapely.get_parts(self.shapes, return_index=True)
        shapely.prepare(parts)
        bounds = shapely.bounds(parts)
        # The antimeridian is one line: a point on it is looked for on both edges of the map.
        edge = np.flatnonzero(np.abs(east[known]) == 180)
        at = np.concatenate([known, known[edge]])
        x = np.concatenate([east[known], -east[known[edge]]])
        y = latitude[at]
        west = np.searchsorted(x[: len(known)], bounds[:, 0], "left")
        until = np.searchsorted(x[: len(known)], bounds[:, 2], "right")
        mirrored = np.arange(len(known), len(at))
        for part in range(len(parts)):
            near = np.arange(west[part], until[part])
            if len(mirrored) and (bounds[part, 0] == -180 or bounds[part, 2] == 180):
                near = np.concatenate([near, mirrored])
            near = near[(y[near] >= bounds[part, 1]) & (y[near] <= bounds[part, 3])]
            if not len(near):
                continue
            inside = at[near[shapely.intersects_xy(parts[part], x[near], y[near])]]
            before = code[inside]
            several[inside] |= (before >= 0) & (before != owner[part])
            code[inside] = np.where(before < 0, owner[part], np.minimum(before, owner[part]))
        return code, several

    def rings(self, at: int) -> tuple[FloatArray, ...]:
        """Return the rings of a region."""
        return rings_of(self.shapes[at])
