"""Which regions touch, and along how many kilometres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analytics._typing import FloatArray
from analytics.geo.boundaries import geo_extra
from analytics.geo.earth import to_km, to_space

__all__ = ["neighbour_table"]

_DEGREE = 110.5  # km, the shortest degree of latitude


def neighbour_table(
    names: Sequence[str], rings: Sequence[tuple[FloatArray, ...]], within_km: float
) -> pd.DataFrame:
    """Return each pair of regions that touch, in both directions; see :meth:`Regions.neighbours`."""
    with geo_extra("finding neighbours"):
        import shapely

    parts, owner = [], []
    for at, drawn in enumerate(rings):
        for ring in drawn:
            parts.append(
                shapely.linestrings(ring if (ring[0] == ring[-1]).all() else np.vstack([ring, ring[:1]]))
            )
            owner.append(at)
            # What touches the eastern edge of the map meets what touches the western one.
            if (ring[:, 0] >= 180 - within_km / _DEGREE).any():
                parts.append(shapely.linestrings(ring - np.array([360, 0])))
                owner.append(at)
    lines, whose = np.array(parts, dtype=object), np.array(owner, dtype=np.int64)
    tree = shapely.STRtree(lines)
    one, other = (
        tree.query(lines, predicate="intersects")
        if within_km == 0
        else tree.query(lines, predicate="dwithin", distance=_reach(lines, within_km))
    )
    pairs = whose[one] < whose[other]
    one, other = one[pairs], other[pairs]
    if within_km:
        close = _km_apart(shapely, lines[one], lines[other]) <= within_km
        one, other = one[close], other[close]
    shared = shapely.intersection(lines[one], lines[other])
    length = np.array([_length(shapely, line) for line in shared], dtype=float)
    table = pd.DataFrame({"a": whose[one], "b": whose[other], "km": length})
    # A ring and its copy beyond the antimeridian may meet the same neighbour twice.
    summed = table.groupby(["a", "b"])["km"].sum().reset_index()
    both = pd.concat(
        [summed, pd.DataFrame({"a": summed["b"], "b": summed["a"], "km": summed["km"]})], ignore_index=True
    ).sort_values(["a", "b"], kind="stable", ignore_index=True)
    label = np.array(names, dtype=object)
    return pd.DataFrame(
        {
            "region": pd.Series(label[both["a"].to_numpy()], dtype="str"),
            "neighbour": pd.Series(label[both["b"].to_numpy()], dtype="str"),
            "border_km": both["km"].astype(float),
        }
    )


def _reach(lines: Any, within_km: float) -> FloatArray:
    """Return the distance in degrees of the map within which a line must be looked for."""
    import shapely

    bounds = shapely.bounds(lines)
    north = np.minimum(np.abs(bounds[:, [1, 3]]).max(axis=1) + within_km / _DEGREE, 89.9)
    return np.asarray(within_km / _DEGREE / np.cos(np.radians(north)))


def _km_apart(shapely: Any, one: Any, other: Any) -> FloatArray:
    """Return the distance of lines in km, at the two points that are nearest on the map."""
    ends = shapely.get_coordinates(shapely.shortest_line(one, other)).reshape(-1, 2, 2)
    space = [to_space(ends[:, i, 1], ends[:, i, 0]) for i in (0, 1)]
    return to_km(np.sqrt(((space[0] - space[1]) ** 2).sum(-1)))


def _length(shapely: Any, shape: Any) -> float:
    total = 0.0
    for part in shapely.get_parts(shape):
        if "Line" in part.geom_type:
            at = shapely.get_coordinates(part)
            space = to_space(at[:, 1], at[:, 0])
            total += float(to_km(np.sqrt((np.diff(space, axis=0) ** 2).sum(-1))).sum())
    return total
