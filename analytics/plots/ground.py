"""What a map is drawn on: areas inside their boundaries, dots at rounded coordinates, or tiles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analytics._typing import FloatArray
from analytics.geo.coordinates import region_coordinates
from analytics.geo.polygons import PolygonMatch
from analytics.plots.fonts import drawable
from analytics.plots.look import ELSEWHERE, filled
from analytics.plots.painted import Area
from analytics.plots.shapes import LETTER as _LETTER
from analytics.plots.shapes import (
    Frame,
    Room,
    boxes_meet,
    extent,
    frame_of,
    free_spot,
    label_room,
    ring_path,
    thinned,
)
from analytics.plots.style import ACCENT, GREY, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path

__all__ = ["GUIDES", "NAMED_TILES", "called_out", "draw_areas", "draw_dots", "draw_tiles", "tiles_take"]

_SIGN, _NAMES, _CALLOUT = 7.0, (6.6, 5.8, 5.2), 7.0  # points
_ROUNDED = 1  # decimals of a degree that a dot is placed to
_TILES = 9  # side by side below a map
NAMED_TILES = 48  # tiles that each bear a name; with more of them a row bears its first one
_GUIDE, _GUIDE_LETTERS = 5.5, 16  # points and letters of such a name
_FEWEST = 3  # columns that tiles have room for, so that two regions are no posters
_READABLE, _SMALLEST = 5.0, 4.0  # points: of a name, and of a number in a tile
GUIDES = "The name at the left is that of a row's first tile."
_SIGN_WIDE = 0.8  # width of a sign as a share of its size
_HEAD = 15.0  # points above tiles, for the mark of simulated data


def draw_areas(
    ax: Axes, areas: Sequence[Area], match: PolygonMatch, links: Mapping[str, str], callouts: int
) -> None:
    """Draw regions inside their boundaries; those without one as tiles below."""
    from matplotlib.patches import PathPatch

    spare = thinned(match.spare_rings) if match.spare_rings else {}
    rings = thinned(match.rings)
    west, south, east, north = extent(ring for parts in (*rings.values(), *spare.values()) for ring in parts)
    left = [area for area in areas if area.region not in rings]
    margin = 0.03 * (east - west)
    tile = (east - west + 2 * margin) / _TILES
    rows = -(-len(left) // _TILES)
    stretch = frame_of(ax, (west, south, east, north)).stretch
    floor = south - margin / stretch - rows * tile / stretch
    box = (west - margin, floor, east + margin, north + margin / stretch)
    frame = frame_of(ax, box)
    ax.set_xlim(box[0], box[2])
    ax.set_ylim(box[1], box[3])
    ax.set_aspect(frame.stretch)
    for parts in spare.values():
        ax.add_artist(PathPatch(ring_path(parts), zorder=0.8, gid="no region", **filled(ELSEWHERE)))
    land: list[Path] = []
    for area in areas:
        if area.region not in rings:
            continue
        path = ring_path(rings[area.region])
        land.append(path)
        pale = area.look.fill == "white"
        shape = PathPatch(path, zorder=1 if pale else 1.5, gid=drawable(area.region), **filled(area.look))
        _link(shape, area, links)
        ax.add_artist(shape)
    _label(ax, [area for area in areas if area.region in rings], rings, frame, land, links, callouts)
    for at, area in enumerate(left):
        x, y = box[0] + at % _TILES * tile, south - margin / frame.stretch - at // _TILES * tile / stretch
        _tile(ax, area, (x, y), tile, frame, links)


def called_out(areas: Sequence[Area], most: int) -> list[str]:
    """Return the regions that are named beside a map with their numbers, the most important first."""
    return [area.region for area in sorted(areas, key=lambda area: area.call) if area.numbers][:most]


def _label(
    ax: Axes,
    areas: Sequence[Area],
    rings: Mapping[str, Sequence[FloatArray]],
    frame: Frame,
    land: Sequence[Path],
    links: Mapping[str, str],
    callouts: int,
) -> None:
    """Write each region's sign, its name where it has room, and the loud ones beside the map."""
    loud = called_out(areas, callouts)
    rooms: dict[str, Room] = {}
    taken: list[tuple[float, float, float, float]] = []
    for area in areas:
        texts = [(area.sign, _SIGN)] if area.region in loud else _texts(area)
        at, room = label_room(rings[area.region], [frame.size(*written) for written in texts])
        text, size = texts[at]
        rooms[area.region] = room
        _write(ax, area, text, size, room, links, spills=not room.holds(frame.size(text, 0.7 * size)))
        wide, high = frame.size(text, size)
        taken.append((room.x - wide / 2, room.y - high / 2, room.x + wide / 2, room.y + high / 2))
    for area in sorted(areas, key=lambda area: area.call):
        if area.region in loud:
            text = f"{area.sign} {drawable(area.region)}\n{area.numbers}"
            spot = free_spot(rooms[area.region], frame.size(text, _CALLOUT), frame, land, taken)
            taken.append(spot)
            _call_out(ax, area, text, rooms[area.region], spot, links)


def _texts(area: Area) -> list[tuple[str, float]]:
    """Return what may be written in a region, with its size: the first that has room is."""
    name = drawable(area.region)
    first, _, rest = name.partition(" ")
    forms = [f"{area.sign} {name}", *([f"{area.sign} {first}\n{rest}"] if rest else [])]
    return [*((form, size) for size in _NAMES for form in forms), (area.sign, _SIGN)]


def _write(
    ax: Axes, area: Area, text: str, size: float, room: Room, links: Mapping[str, str], *, spills: bool
) -> None:
    """Write inside a region; where the text is wider than that, in ink that reads on its neighbours too."""
    white = spills and area.look.ink == "white"
    veil = white or bool(area.look.hatch) or (spills and len(text) > 1)
    drawn = ax.text(
        room.x, room.y, text, ha="center", va="center", fontsize=size, zorder=4,
        color=INK if white else area.look.ink, fontweight="bold" if area.look.bold else "normal",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4, "alpha": 0.8} if veil else None,
    )  # fmt: skip
    _link(drawn, area, links)


def _call_out(
    ax: Axes,
    area: Area,
    text: str,
    room: Room,
    spot: tuple[float, float, float, float],
    links: Mapping[str, str],
) -> None:
    """Write a loud region's name and numbers beside the map, with a line to it."""
    west, south, east, north = spot
    x = west if west > room.x else east if east < room.x else min(max(room.x, west), east)
    y = min(max(room.y, south), north)
    colour = ACCENT if area.look.bold else INK
    ax.plot([room.x, x], [room.y, y], color=colour, linewidth=0.8, zorder=3, label="_callout")
    drawn = ax.text(
        west, (south + north) / 2, text, ha="left", va="center", fontsize=_CALLOUT, color=colour, zorder=5,
        fontweight="bold" if area.look.bold else "normal", linespacing=1.15,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85},
    )  # fmt: skip
    _link(drawn, area, links)


def _link(artist: Any, area: Area, links: Mapping[str, str]) -> None:
    if area.region in links:
        artist.set_url(links[area.region])


def draw_tiles(
    ax: Axes, areas: Sequence[Area], links: Mapping[str, str], labels: Mapping[str, str] | None = None
) -> list[str]:
    """Draw one square a region, in rows, in their order; return what has to be known.

    Names that would be too small to read are left out: each row then begins with that of its first region,
    and only regions in `labels` are written on.
    """
    columns = _columns(len(areas))
    rows = -(-len(areas) // columns)
    named = len(areas) <= NAMED_TILES
    guides = [] if named else _guides([area.region for area in areas])
    inches = frame_of(ax, (0.0, -1.0, 1.0, 0.0)).inches
    gutter = _gutter(guides)
    left = gutter / max(inches - gutter, 0.1) * columns
    wide = float(max(columns, _FEWEST))
    frame = frame_of(ax, (-left, -float(rows), wide, 0.0))
    frame = Frame(-left, -float(rows), wide, 0.0, 1.0, frame.inches)
    ax.set_xlim(-0.02 - left, wide + 0.02)
    ax.set_ylim(-rows - 0.02, 0.02 + _HEAD / 72 / frame.inches)
    ax.set_aspect(1.0)
    for at, area in enumerate(areas):
        written = area.region if named else (labels or {}).get(area.region, "")
        _tile(ax, area, (at % columns, -(at // columns)), 1.0, frame, links, written=written)
    for row, guide in enumerate(guides):
        ax.text(-0.12, -row - 0.5, guide, ha="right", va="center", fontsize=_GUIDE, color=GREY)
    return [] if named else [GUIDES]


def tiles_take(names: Sequence[str], regions: Sequence[str], inches: float) -> bool:
    """Return whether tiles that bear no names have room for those of some regions, on a map so wide."""
    gutter = _gutter(_guides(regions))
    letters = int(0.92 * (inches - gutter) / _columns(len(regions)) * 72 / (_LETTER * _READABLE))
    return all("…" not in _wrapped(name, max(letters, 2)) for name in names)


def _columns(regions: int) -> int:
    return int(np.ceil(np.sqrt(1.2 * regions)))


def _guides(regions: Sequence[str]) -> list[str]:
    """Return the name of the first tile of each row."""
    return [_cut(drawable(name)) for name in regions[:: _columns(len(regions))]]


def _gutter(guides: Sequence[str]) -> float:
    """Return how wide the names at the left of tiles are, in inches."""
    return max(map(len, guides), default=0) * _LETTER * _GUIDE / 72


def _cut(name: str) -> str:
    return name if len(name) <= _GUIDE_LETTERS else f"{name[: _GUIDE_LETTERS - 1]}…"


def _tile(
    ax: Axes,
    area: Area,
    corner: tuple[float, float],
    side: float,
    frame: Frame,
    links: Mapping[str, str],
    *,
    written: str | None = None,
) -> None:
    """Draw one tile below and to the right of its corner: the sign, and the name or what is `written`."""
    from matplotlib.patches import Rectangle

    x, y = corner
    high = side / frame.stretch
    gap = 0.06 * side
    shape = Rectangle(
        (x + gap / 2, y - high + gap / 2 / frame.stretch),
        side - gap,
        high - gap / frame.stretch,
        zorder=1.5,
        gid=drawable(area.region),
        **filled(area.look),
    )
    _link(shape, area, links)
    ax.add_artist(shape)
    text = drawable(area.region if written is None else written)
    inches = side * frame.inches
    bold = "bold" if area.look.bold else "normal"
    style: dict[str, Any] = {
        "ha": "center",
        "va": "center",
        "color": area.look.ink,
        "fontweight": bold,
        "zorder": 4,
    }
    sign, size = area.sign, _tile_size(text, inches)
    letters = max(int(0.92 * inches * 72 / (_LETTER * size) + 1e-9), 2)
    if text.isdigit():  # a number stands beside its sign
        sign, text = f"{sign}{text}", ""
    wide = _LETTER * len(sign) if sign[:1].isdigit() else _SIGN_WIDE + _LETTER * (len(sign) - 1)
    points = min(size * 1.25, 0.92 * inches * 72 / wide)
    middle = x + side / 2
    if points >= _SMALLEST:  # in a smaller tile the colour and the key say it
        at = y - (0.34 if text else 0.5) * high
        _link(ax.text(middle, at, sign, fontsize=points, **style), area, links)
    if text:
        said = _wrapped(text, letters)
        name = ax.text(middle, y - 0.7 * high, said, fontsize=size, linespacing=1.0, **style)
        _link(name, area, links)


def _tile_size(text: str, inches: float) -> float:
    """Return how large a name stands in a tile: in one line where that can be read, or else by its words."""
    room = 0.92 * inches * 72 / _LETTER
    whole = room / max(len(text), 1)
    if whole >= _READABLE:
        return min(whole, _SIGN)
    longest = max(map(len, text.split()), default=1)
    return max(min(float(np.clip(inches * 16, _READABLE, _SIGN)), room / longest), _READABLE)


def _wrapped(name: str, letters: int) -> str:
    """Return a name in at most two lines, cut where it is longer."""
    name = drawable(name)
    if len(name) <= letters:
        return name
    head, _, rest = (
        name.partition(" ") if 0 < name.find(" ") <= letters else (name[:letters], "", name[letters:])
    )
    return f"{head}\n{rest if len(rest) <= letters else rest[: letters - 1] + '…'}"


def draw_dots(
    ax: Axes, areas: Sequence[Area], places: pd.DataFrame, links: Mapping[str, str], callouts: int
) -> list[str]:
    """Draw a dot a region at its rounded coordinates, larger for more; return what has to be known."""
    at = np.round(region_coordinates([area.region for area in areas], "region", places), _ROUNDED)
    notes = ["Dots stand at coordinates rounded to a tenth of a degree; boundaries are not known."]
    moved = _apart(at)
    if moved:
        notes.append(f"{moved} regions share their rounded coordinates and are drawn side by side.")
    margin = 0.06 * max(np.ptp(at[:, 0]), np.ptp(at[:, 1]), 0.5)
    (south, west), (north, east) = at.min(axis=0) - margin, at.max(axis=0) + margin
    frame = frame_of(ax, (west, south, east, north))
    ax.set_xlim(west, east)
    ax.set_ylim(south, north)
    ax.set_aspect(frame.stretch)
    top = max((area.weight for area in areas), default=0.0) or 1.0
    loud = set(called_out(areas, callouts))
    for area, (latitude, longitude) in zip(areas, at, strict=True):
        size = _dot_size(area, top)
        look = filled(area.look)
        dot = ax.scatter(
            [longitude], [latitude], s=size, zorder=3 if area.look.bold else 2, gid=drawable(area.region),
            facecolor=look["facecolor"], edgecolor=GREY, hatch=look["hatch"], linewidth=0.6,
        )  # fmt: skip
        _link(dot, area, links)
        ax.text(
            longitude,
            latitude,
            area.sign,
            ha="center",
            va="center",
            fontsize=_SIGN,
            color=area.look.ink,
            zorder=4,
        )
    _name_dots(ax, areas, at, frame, loud, top)
    return notes


def _name_dots(
    ax: Axes, areas: Sequence[Area], at: FloatArray, frame: Frame, loud: set[str], top: float
) -> None:
    """Write names below the dots, the loud and the large first, as far as they do not meet others."""
    taken: list[tuple[float, float, float, float]] = []
    rank = {area.region: (area.region not in loud, -area.weight) for area in areas}
    for area, (latitude, longitude) in sorted(
        zip(areas, at, strict=True), key=lambda item: rank[item[0].region]
    ):
        called = area.region in loud
        text = drawable(area.region) + (f"\n{area.numbers}" if called else "")
        points = _CALLOUT if called else _NAMES[1]
        reach = np.sqrt(_dot_size(area, top)) / 2 + 1
        wide, high = frame.size(text, points)
        north = latitude - reach / 72 / (frame.inches * frame.stretch)
        box = (longitude - wide / 2, north - high, longitude + wide / 2, north)
        if not called and any(boxes_meet(box, other) for other in taken):
            continue
        taken.append(box)
        ax.annotate(
            text, (longitude, latitude), xytext=(0, -reach), textcoords="offset points", ha="center",
            va="top", fontsize=points, color=ACCENT if area.look.bold else GREY, zorder=4,
            fontweight="bold" if area.look.bold else "normal",
        )  # fmt: skip


def _dot_size(area: Area, top: float) -> float:
    return 60 + 240 * area.weight / top


def _apart(at: Any) -> int:
    """Move points that coincide a little apart, in place; return how many there are."""
    together = defaultdict(list)
    for i, point in enumerate(map(tuple, at)):
        together[point].append(i)
    moved = 0
    for same in together.values():
        if len(same) > 1:
            moved += len(same)
            for number, i in enumerate(same):
                turn = 2 * np.pi * number / len(same)
                at[i] += 0.04 * np.array([np.sin(turn), np.cos(turn)])
    return moved
