"""Geometry of a drawn map: rings thinned to what can be seen, room for labels, spots for callouts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analytics._typing import BoolArray, FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path

__all__ = [
    "LETTER",
    "Frame",
    "Room",
    "boxes_meet",
    "extent",
    "frame_of",
    "free_spot",
    "label_room",
    "ring_path",
    "thinned",
]

_STEPS = 900  # places across the longer side of a map: finer than a printed line is wide
_POINTS = 120  # of a ring, when room for a label is looked for
_LATTICE = 17  # trial points along each side of a region's box
LETTER = 0.56  # width of a letter as a share of its size, on average


@dataclass(frozen=True, slots=True)
class Frame:
    """How degrees become inches: the box drawn, and inches to one degree of latitude."""

    west: float
    south: float
    east: float
    north: float
    stretch: float  # length of a degree of latitude in degrees of longitude
    inches: float  # to a degree of longitude

    def size(self, text: str, points: float) -> tuple[float, float]:
        """Return about how wide and high a text is, in degrees."""
        lines = text.split("\n")
        wide = max(map(len, lines)) * LETTER * points / 72 / self.inches
        return wide, 1.25 * len(lines) * points / 72 / (self.inches * self.stretch)


@dataclass(frozen=True, slots=True)
class Room:
    """Where a region's label stands, and how wide and high the region is there."""

    x: float
    y: float
    width: float
    height: float

    def holds(self, size: tuple[float, float]) -> bool:
        """Return whether a text of this width and height has room."""
        return size[0] <= self.width and size[1] <= self.height


def extent(rings: Iterable[FloatArray]) -> tuple[float, float, float, float]:
    """Return west, south, east and north of rings."""
    corners = np.array([[*ring.min(axis=0), *ring.max(axis=0)] for ring in rings])
    low, high = corners[:, :2].min(axis=0), corners[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def frame_of(ax: Axes, box: tuple[float, float, float, float]) -> Frame:
    """Return the frame of a box drawn as large as the axes allow."""
    west, south, east, north = box
    stretch = 1 / max(np.cos(np.radians((south + north) / 2)), 0.1)
    figure: Any = ax.get_figure(root=True)
    position = ax.get_position()
    wide, high = figure.get_size_inches() * (position.width, position.height)
    inches = min(wide / max(east - west, 1e-6), high / (max(north - south, 1e-6) * stretch))
    return Frame(west, south, east, north, float(stretch), float(inches))


def thinned(rings: Mapping[str, Sequence[FloatArray]], steps: int = _STEPS) -> dict[str, list[FloatArray]]:
    """Return rings on a lattice of about what can be seen, without points that fall together.

    Neighbours share their points, so that they still meet. A ring that falls together altogether is kept as
    it is: no region is lost.
    """
    west, south, east, north = extent(ring for parts in rings.values() for ring in parts)
    cell = max(east - west, north - south, 1e-9) / steps
    out: dict[str, list[FloatArray]] = {}
    for name, parts in rings.items():
        kept = []
        for ring in parts:
            places = np.round(ring / cell)
            moved = np.r_[True, (np.diff(places, axis=0) != 0).any(axis=1)]
            fewer = places[moved] * cell
            if len(fewer) >= 4:
                kept.append(fewer)
        out[name] = kept or [np.asarray(max(parts, key=len))]
    return out


def ring_path(rings: Sequence[FloatArray]) -> Path:
    """Return rings as one path."""
    from matplotlib.path import Path

    points, codes = [], []
    for ring in rings:
        closed = ring if (ring[0] == ring[-1]).all() else np.vstack([ring, ring[:1]])
        code = np.full(len(closed), Path.LINETO, dtype=np.uint8)
        code[0], code[-1] = Path.MOVETO, Path.CLOSEPOLY
        points.append(closed)
        codes.append(code)
    return Path(np.concatenate(points), np.concatenate(codes))


def label_room(rings: Sequence[FloatArray], sizes: Sequence[tuple[float, float]]) -> tuple[int, Room]:
    """Return which of some texts (their widths and heights, longest first) a region's largest part holds.

    Of the rows that are wide enough the one nearest to the point farthest from the border; where no text has
    room, the last one at that point.
    """
    ring = max(rings, key=lambda r: float(np.ptp(r[:, 0]) * np.ptp(r[:, 1])))
    low, high = ring.min(axis=0), ring.max(axis=0)
    coarse = ring[:: max(len(ring) // _POINTS, 1)]
    deepest = _deepest(coarse, low, high)
    rows = low[1] + (np.arange(_LATTICE) + 0.5) / _LATTICE * (high[1] - low[1])
    near = rows[np.argsort(np.abs(rows - deepest[1]), kind="stable")]
    for number, (wide, tall) in enumerate(sizes):
        if wide > high[0] - low[0] or tall > high[1] - low[1]:
            continue
        for y in near:
            left, right = _widest(coarse, [y - tall / 2, y, y + tall / 2])
            if right - left >= wide:
                x = min(max(float(deepest[0]), left + wide / 2), right - wide / 2)
                return number, Room(x, float(y), right - left, tall)
    reach = [_chord(coarse, deepest, along=along) for along in (0, 1)]
    return len(sizes) - 1, Room(float(deepest[0]), float(deepest[1]), *reach)


def _deepest(ring: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Return the point of a lattice that lies farthest inside."""
    steps = (np.arange(_LATTICE) + 0.5) / _LATTICE
    x, y = np.meshgrid(low[0] + steps * (high[0] - low[0]), low[1] + steps * (high[1] - low[1]))
    points = np.column_stack([x.ravel(), y.ravel()])
    points = points[ring_path([ring]).contains_points(points)]
    if not len(points):
        return np.asarray((low + high) / 2)
    gaps = ((points[:, None, :] - ring[None, :, :]) ** 2).sum(axis=2).min(axis=1)
    return np.asarray(points[int(np.argmax(gaps))])


def _crossings(ring: FloatArray, at: float, *, along: int) -> FloatArray:
    """Return where a line along one axis crosses a ring, in order."""
    across = 1 - along
    a, b = ring, np.roll(ring, -1, axis=0)
    crosses = (a[:, across] > at) != (b[:, across] > at)
    a, b = a[crosses], b[crosses]
    share = (at - a[:, across]) / (b[:, across] - a[:, across])
    return np.asarray(np.sort(a[:, along] + share * (b[:, along] - a[:, along])))


def _widest(ring: FloatArray, rows: Sequence[float]) -> tuple[float, float]:
    """Return the widest stretch that lies inside at all of some heights."""
    inside = [(-np.inf, np.inf)]
    for y in rows:
        met = _crossings(ring, y, along=0)
        spans = zip(met[::2], met[1::2], strict=True)
        inside = [(max(a, c), min(b, d)) for c, d in spans for a, b in inside if min(b, d) > max(a, c)]
        if not inside:
            return 0.0, 0.0
    left, right = max(inside, key=lambda span: span[1] - span[0])
    return float(left), float(right)


def _chord(ring: FloatArray, point: FloatArray, *, along: int) -> float:
    """Return how far a region reaches on both sides of a point, twice the nearer side."""
    met = _crossings(ring, float(point[1 - along]), along=along) - point[along]
    if not len(met):
        return 0.0
    left, right = -met[met <= 0], met[met > 0]
    return 2 * float(min(left.min(initial=np.inf), right.min(initial=np.inf)))


def boxes_meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    """Return whether two boxes (west, south, east, north) have a part in common."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def free_spot(
    room: Room,
    size: tuple[float, float],
    frame: Frame,
    land: Sequence[Path],
    taken: Sequence[tuple[float, float, float, float]],
) -> tuple[float, float, float, float]:
    """Return a box near a region where a text covers least of the map: west, south, east, north."""
    wide, high = size
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    reach = max(frame.east - frame.west, (frame.north - frame.south) * frame.stretch)
    steps = np.arange(1, 9) * 0.07 * reach
    x = room.x + np.outer(steps, np.cos(angles)).ravel()
    y = room.y + np.outer(steps, np.sin(angles)).ravel() / frame.stretch
    far = np.repeat(steps, len(angles)) / reach
    x = np.clip(x, frame.west + wide / 2, max(frame.east - wide / 2, frame.west + wide / 2))
    y = np.clip(y, frame.south + high / 2, max(frame.north - high / 2, frame.south + high / 2))
    grid = np.linspace(-0.5, 0.5, 4)
    spots = np.stack(
        [
            (x[:, None, None] + grid[None, :, None] * wide + 0 * grid[None, None, :]).reshape(len(x), -1),
            (y[:, None, None] + 0 * grid[None, :, None] + grid[None, None, :] * high).reshape(len(x), -1),
        ],
        axis=2,
    )
    covered: BoolArray = np.zeros(spots.shape[:2], dtype=bool)
    points, hit = spots.reshape(-1, 2), covered.reshape(-1)
    for path in land:
        corners = np.asarray(path.vertices, dtype=float)
        low, high_end = corners.min(axis=0), corners.max(axis=0)
        near = np.flatnonzero(((points >= low) & (points <= high_end)).all(axis=1) & ~hit)
        hit[near[path.contains_points(points[near])]] = True
    cost = covered.mean(axis=1) + far
    for west, south, east, north in taken:
        meets = (
            (x + wide / 2 > west) & (x - wide / 2 < east) & (y + high / 2 > south) & (y - high / 2 < north)
        )
        cost = cost + 5.0 * meets
    at = int(np.argmin(cost))
    return (
        float(x[at] - wide / 2),
        float(y[at] - high / 2),
        float(x[at] + wide / 2),
        float(y[at] + high / 2),
    )
