"""Everything within some kilometres of a point or of a road, as a region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.errors import InputError, OptionError
from analytics.geo.boundaries import read_boundaries
from analytics.geo.earth import check_degrees, distance_km, to_chord, to_space, wrapped
from analytics.geo.regions import Regions
from analytics.results.words import counted

__all__ = ["along", "near"]

_FARTHEST = 10_000  # km: a quarter of the earth, up to where distances are within 0.15 %
_MOST_POINTS = 5_000_000  # that stand for roads: half a gigabyte
_LONGEST_STEP = 10.0  # km between the points that stand for a road; straight between them
_CIRCLE = 72  # corners of a circle as it is drawn


@dataclass(frozen=True, eq=False)
class _Discs:
    latitude: FloatArray
    longitude: FloatArray
    km: FloatArray

    def codes(self, latitude: FloatArray, longitude: FloatArray) -> tuple[IntArray, BoolArray]:
        code = np.full(len(latitude), -1, dtype=np.int64)
        several = np.zeros(len(latitude), dtype=bool)
        for at, (north, east, km) in enumerate(zip(self.latitude, self.longitude, self.km, strict=True)):
            inside = distance_km(latitude, longitude, float(north), float(east)) <= km  # NaN: no
            several |= inside & (code >= 0)
            code[inside & (code < 0)] = at
        return code, several

    def rings(self, at: int) -> tuple[FloatArray, ...]:
        """Return a circle to be drawn; none where it holds a pole or crosses the antimeridian."""
        turn = np.linspace(0, 2 * np.pi, _CIRCLE + 1)
        arc, north = self.km[at] / 6371.0088, np.radians(self.latitude[at])
        sine = np.sin(north) * np.cos(arc) + np.cos(north) * np.sin(arc) * np.cos(turn)
        over = np.arctan2(np.sin(turn) * np.sin(arc) * np.cos(north), np.cos(arc) - np.sin(north) * sine)
        ring = np.column_stack([self.longitude[at] - np.degrees(over), np.degrees(np.arcsin(sine))])
        fits = arc < np.pi / 2 - abs(north) and (np.abs(ring[:, 0]) <= 180).all()
        return (ring,) if fits else ()


@dataclass(frozen=True, eq=False)
class _Corridors:
    lines: tuple[tuple[FloatArray, ...], ...]  # of each region its lines: x, y, z in km
    km: float

    def codes(self, latitude: FloatArray, longitude: FloatArray) -> tuple[IntArray, BoolArray]:
        code = np.full(len(latitude), -1, dtype=np.int64)
        several = np.zeros(len(latitude), dtype=bool)
        known = np.flatnonzero(np.isfinite(latitude) & np.isfinite(longitude))
        points = to_space(latitude[known], longitude[known])
        for at, lines in enumerate(self.lines):
            inside = known[_within(points, lines, to_chord(self.km))]
            several[inside] |= code[inside] >= 0
            code[inside] = np.where(code[inside] < 0, at, code[inside])
        return code, several

    def rings(self, at: int) -> tuple[FloatArray, ...]:
        return ()


def _within(points: FloatArray, lines: tuple[FloatArray, ...], reach: float) -> BoolArray:
    """Return which points lie within reach of a line: of the piece before or after its nearest corner."""
    from scipy.spatial import cKDTree  # slow to load, and for roads alone

    corners = np.vstack(lines)
    first = np.cumsum([0, *(len(line) for line in lines)])
    starts = np.zeros(len(corners), dtype=bool)
    starts[first[:-1]] = True
    ends = np.roll(starts, -1)
    found: BoolArray = np.zeros(len(points), dtype=bool)
    steps = np.sqrt(((corners[1:] - corners[:-1]) ** 2).sum(-1))[~starts[1:]]
    tree = cKDTree(corners)
    away, nearest = map(np.asarray, tree.query(points, distance_upper_bound=reach + steps.max(initial=0.0)))
    close = np.flatnonzero(np.isfinite(away))
    corner, at = corners[nearest[close]], points[close]
    least = away[close]
    for other, is_last in ((1, ends), (-1, starts)):
        neighbour = corners[np.clip(nearest[close] + other, 0, len(corners) - 1)]
        way = np.where(is_last[nearest[close]][:, None], 0.0, neighbour - corner)
        length = np.maximum((way**2).sum(-1), 1e-30)
        share = np.clip(((at - corner) * way).sum(-1) / length, 0, 1)
        least = np.minimum(least, np.sqrt(((at - corner - share[:, None] * way) ** 2).sum(-1)))
    found[close] = least <= reach
    return found


def near(
    latitude: npt.ArrayLike,
    longitude: npt.ArrayLike,
    km: npt.ArrayLike,
    *,
    name: str | Sequence[str] | None = None,
) -> Regions:
    """Return everything within some kilometres of a point as a region; of several points several regions.

    Parameters
    ----------
    latitude, longitude : float or sequence of float
        Degrees on WGS 84.
    km : float or sequence of float
        Distance along the ground, more than 0 and at most 10,000.
    name : str or sequence of str, optional
        What the regions are called; "within 20 km of 35.47, 44.39" unless given.

    Returns
    -------
    Regions
        In the order given: an incident near several points belongs to the first.

    Raises
    ------
    OptionError
        If a point is no latitude and longitude, or a distance cannot be used.

    Examples
    --------
    >>> kirkuk = near(35.47, 44.39, 20)
    >>> kirkuk.names, kirkuk.locate([35.55, 36.0], [44.39, 44.39]).tolist()
    (('within 20 km of 35.47, 44.39',), [0, -1])
    """
    north, east, far = (
        np.array(one, dtype=float)
        for one in np.broadcast_arrays(
            *(np.atleast_1d(np.asarray(v, float)) for v in (latitude, longitude, km))
        )
    )
    check_degrees(north, east, "the point")
    _check_km(far)
    if name is None:
        names = [
            f"within {k:g} km of {a:g}, {b:g}"
            for k, a, b in zip(far.tolist(), north.tolist(), east.tolist(), strict=True)
        ]
    else:
        names = [name] if isinstance(name, str) else list(name)
    if len(names) != len(north):
        raise OptionError(
            "names and points differ in number", expected=f"{len(north)} names", found=str(len(names))
        )
    return Regions(names=tuple(names), rule=_Discs(north, wrapped(east), far), source="points", kind="near")


def _check_km(km: FloatArray) -> None:
    if not ((km > 0) & (km <= _FARTHEST)).all():
        raise OptionError(
            "km is no distance that can be used",
            expected=f"more than 0 and at most {_FARTHEST:,} km",
            found=", ".join(f"{k:g}" for k in km),
        )


def along(
    source: str | Path | Mapping[str, Any],
    km: float,
    *,
    name: str | None = None,
    crs: str | None = None,
    layer: str | None = None,
) -> Regions:
    """Return everything within some kilometres of a road, or of any other line, as a region.

    Parameters
    ----------
    source : path or mapping
        File or GeoJSON of lines. All its lines are one region unless `name` is given.
    km : float
        Distance along the ground, more than 0 and at most 10,000.
    name : str, optional
        Column that names the lines: each name is a region.
    crs, layer : str, optional
        As for :func:`read_regions`.

    Returns
    -------
    Regions

    Raises
    ------
    InputError, OptionError
        If the file cannot be read, holds no line, or has no such column.

    Examples
    --------
    >>> road = {"type": "LineString", "coordinates": [[44.39, 35.47], [44.40, 33.34]]}
    >>> along(road, 5).locate([34.5, 34.5], [44.41, 44.6]).tolist()
    [0, -1]
    """
    import shapely

    _check_km(np.array([km], dtype=float))
    found = read_boundaries(source, crs=crs, layer=layer)
    is_line = np.array(
        [s is not None and not s.is_empty and "Line" in s.geom_type for s in found.shapes], dtype=bool
    )
    if not is_line.any():
        raise InputError("the file holds no line", expected="LineString or MultiLineString", where=found.name)
    stem = Path(found.name).stem if isinstance(source, str | Path) else "the line"
    if name is None:
        owner = np.full(len(is_line), f"within {km:g} km of {stem}", dtype=object)
    elif name not in found.properties:
        raise OptionError(
            f"the lines have no column {name!r}",
            expected=", ".join(map(str, found.properties.columns)),
            where=found.name,
        )
    else:
        owner = found.properties[name].astype("str").fillna("").to_numpy(dtype=object)
    names = tuple(dict.fromkeys(str(text).strip() for text in owner[is_line]))
    lines = []
    for one in names:
        mine = [s for s, n, yes in zip(found.shapes, owner, is_line, strict=True) if yes and n.strip() == one]
        lines.append([shapely.get_coordinates(part) for part in shapely.get_parts(mine)])
    for points in (shapely.get_coordinates(found.shapes[is_line]),):
        check_degrees(points[:, 1], points[:, 0], f"a line of {found.name}")
    _check_points(sum(float(_parts(part, km).sum()) for parts in lines for part in parts), km, found.name)
    spare = int((~is_line).sum())
    left = (f"{found.name}: {counted(spare, 'shape')} that are no lines left out",) if spare else ()
    return Regions(
        names=names,
        rule=_Corridors(tuple(tuple(_dense(part, km) for part in parts) for parts in lines), float(km)),
        source=found.name,
        kind="along",
        notes=(*found.notes, *left),
        digest=found.digest,
    )


def _steps(line: FloatArray) -> FloatArray:
    """Return the way from each corner of a line to the next; it goes the short way round the earth."""
    step: FloatArray = np.diff(line, axis=0)
    step[:, 0] -= 360 * np.round(step[:, 0] / 360)
    return step


def _parts(line: FloatArray, km: float) -> FloatArray:
    """Return into how many parts each piece of a line is taken."""
    ends = to_space(line[:, 1], line[:, 0])
    lengths = np.sqrt((np.diff(ends, axis=0) ** 2).sum(-1))
    # A piece round a pole is longer than its ends are apart.
    wide = np.abs(_steps(line)).max(axis=1) * 111.0 * 0.5
    parts: FloatArray = np.maximum(np.ceil(np.maximum(lengths, wide) / min(_LONGEST_STEP, km / 8)), 1.0)
    return parts


def _check_points(points: float, km: float, name: str) -> None:
    """Raise an error where more points would have to stand for the lines than there is memory for."""
    if not points <= _MOST_POINTS:
        raise OptionError(
            "the lines are too long for so small a distance",
            expected=f"at most {_MOST_POINTS:,} points an eighth of the distance apart",
            found=f"{points:,.0f} within {km:g} km",
            where=name,
            todo="give a larger distance, or cut the lines to where incidents lie",
        )


def _dense(line: FloatArray, km: float) -> FloatArray:
    """Return the corners of a line in space, with more of them where they are far apart.

    A piece is straight in longitude and latitude.
    """
    step, parts = _steps(line), _parts(line, km).astype(int)
    pieces = [
        line[at] + step[at] * np.linspace(0, 1, n, endpoint=False)[:, None] for at, n in enumerate(parts)
    ]
    points = np.vstack([*pieces, line[-1:]])
    return to_space(points[:, 1], points[:, 0])
