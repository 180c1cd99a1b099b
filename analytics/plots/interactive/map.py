"""A map of regions to be pointed at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.geo.coordinates import region_coordinates
from analytics.geo.polygons import PolygonMatch, Polygons
from analytics.options import check_choice
from analytics.plots.interactive.figure import as_text, finished, load_plotly
from analytics.plots.look import ELSEWHERE, Look
from analytics.plots.maps import match_polygons
from analytics.plots.painted import Area, Show, areas_of, takeaway
from analytics.plots.shapes import extent, label_room, thinned
from analytics.plots.style import GREY, marked
from analytics.results import UptickResult

__all__ = ["interactive_map"]

_TILES = 9  # side by side below a map
_ROUNDED = 1  # decimals of a degree that a dot is placed to


def interactive_map(
    data: UptickResult | Counts,
    *,
    show: Show | None = None,
    polygons: Polygons | PolygonMatch | str | Path | None = None,
    places: pd.DataFrame | None = None,
    periods: int = 52,
    least: float = 5.0,
) -> Any:
    """Draw a map of regions by grade, level or change: :func:`~analytics.plots.plot_map` to be pointed at.

    Parameters
    ----------
    data, show, polygons, places, periods, least
        As for :func:`~analytics.plots.plot_map`.

    Returns
    -------
    plotly.graph_objects.Figure
        A trace for each region, with its name, sign and words. No map of anybody's server lies below it.

    Raises
    ------
    OptionError
        If plotly is not installed, or counts are asked for grades or changes.
    InputError
        If the polygons cannot be read.

    Examples
    --------
    >>> frame = pd.DataFrame({"Kirkuk": [3, 5], "Erbil": [0, 0]}, index=["2020-W15", "2020-W16"])
    >>> counts = Counts.from_frame(frame, freq="week", as_of="2020-04-19", by="admin1", countries=["Iraq"])
    >>> [trace.text for trace in interactive_map(counts).data if trace.meta]
    ['Kirkuk: 8 (above 0)', 'Erbil: 0 (none)']
    """
    go = load_plotly("plot_map")
    view: Show = show or ("level" if isinstance(data, Counts) else "grade")
    check_choice("show", view, Show)
    areas = areas_of(data, view, periods=periods, least=least)
    match = match_polygons(data, [area.region for area in areas], polygons)
    drawn = _Drawn(go.Figure())
    notes = [] if match is None else list(match.notes())
    if match is not None and match.rings:
        _add_areas(drawn, areas, match)
    elif places is not None:
        _add_dots(drawn, areas, places)
        notes.append("Dots stand at coordinates rounded to a tenth of a degree; boundaries are not known.")
    else:
        _add_tiles(drawn, areas, (0.0, 0.0), 1.0, 1.0, columns=int(np.ceil(np.sqrt(1.2 * len(areas)))))
        notes.append("No boundaries are known for these regions: tiles in the order of their names, no map.")
    figure = drawn.figure
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.update_layout(hovermode="closest")
    title = marked(takeaway(data, view, areas, periods), data.simulated)
    return finished(figure, title, data.simulated, height=620, notes=notes)


class _Drawn:
    """A figure of areas, and the words of its key that have been shown."""

    def __init__(self, figure: Any) -> None:
        self.figure = figure
        self.told: set[str] = set()

    def add(
        self, area: Area, x: Sequence[Any], y: Sequence[Any], at: tuple[float, float], **shape: Any
    ) -> None:
        """Add a region and its sign; the key shows the words of each look once."""
        words = area.words if area.sign in area.words else f"{area.sign} ({area.words})"
        said = as_text(f"{area.region}: {words}{f'; {area.numbers}' if area.numbers else ''}")
        first = area.words not in self.told
        self.told.add(area.words)
        self.figure.add_scatter(
            x=x, y=y, text=said, hoverinfo="text", name=as_text(area.words), legendgroup=area.words,
            showlegend=first, legendrank=area.order + 10, meta=area.region, **shape,
        )  # fmt: skip
        self.figure.add_annotation(
            x=at[0], y=at[1], text=area.sign, showarrow=False, font={"color": area.look.ink, "size": 11}
        )


def _filled(look: Look) -> dict[str, Any]:
    """Return a look as plotly's options of a filled shape."""
    out: dict[str, Any] = {
        "mode": "lines", "fill": "toself", "hoveron": "fills", "fillcolor": look.fill,
        "line": {"color": look.edge if look.edge != "white" else "#9CA3AF", "width": 0.8},
    }  # fmt: skip
    if look.hatch:
        out["fillpattern"] = {"shape": look.hatch[0], "fgcolor": look.edge, "bgcolor": look.fill, "size": 6}
    return out


def _add_areas(drawn: _Drawn, areas: Sequence[Area], match: PolygonMatch) -> None:
    spare = thinned(match.spare_rings) if match.spare_rings else {}
    rings = thinned(match.rings)
    west, south, east, north = extent(ring for parts in (*rings.values(), *spare.values()) for ring in parts)
    stretch = 1 / max(np.cos(np.radians((south + north) / 2)), 0.1)
    for parts in spare.values():
        x, y = _outline(parts)
        drawn.figure.add_scatter(
            x=x, y=y, showlegend=False, hoverinfo="skip", name="not in these counts", **_filled(ELSEWHERE)
        )
    for area in areas:
        if area.region in rings:
            _, room = label_room(rings[area.region], [(0.0, 0.0)])
            drawn.add(area, *_outline(rings[area.region]), (room.x, room.y), **_filled(area.look))
    left = [area for area in areas if area.region not in rings]
    side = (east - west) / _TILES
    _add_tiles(drawn, left, (west, south - 0.03 * (east - west)), side, stretch, columns=_TILES)
    drawn.figure.update_yaxes(scaleanchor="x", scaleratio=stretch)


def _outline(rings: Sequence[FloatArray]) -> tuple[list[float | None], list[float | None]]:
    """Return rings one after the other, with a gap between them."""
    x: list[float | None] = []
    y: list[float | None] = []
    for number, ring in enumerate(rings):
        gap: list[float | None] = [None] if number else []
        x += [*gap, *ring[:, 0].tolist(), float(ring[0, 0])]
        y += [*gap, *ring[:, 1].tolist(), float(ring[0, 1])]
    return x, y


def _add_tiles(
    drawn: _Drawn,
    areas: Sequence[Area],
    corner: tuple[float, float],
    side: float,
    stretch: float,
    *,
    columns: int,
) -> None:
    high = side / stretch
    for at, area in enumerate(areas):
        west, north = corner[0] + at % columns * side, corner[1] - at // columns * high
        east, south = west + 0.94 * side, north - 0.94 * high
        x, y = [west, east, east, west, west], [north, north, south, south, north]
        drawn.add(area, x, y, ((west + east) / 2, (north + south) / 2), **_filled(area.look))
    if stretch == 1.0:
        drawn.figure.update_yaxes(scaleanchor="x", scaleratio=1)


def _add_dots(drawn: _Drawn, areas: Sequence[Area], places: pd.DataFrame) -> None:
    at = np.round(region_coordinates([area.region for area in areas], "region", places), _ROUNDED)
    top = max((area.weight for area in areas), default=0.0) or 1.0
    for area, (latitude, longitude) in zip(areas, at.tolist(), strict=True):
        size = 14 + 26 * np.sqrt(area.weight / top)
        marker = {"color": area.look.fill, "size": size, "line": {"color": GREY, "width": 1}}
        drawn.add(area, [longitude], [latitude], (longitude, latitude), mode="markers", marker=marker)
    drawn.figure.update_yaxes(scaleanchor="x", scaleratio=1 / max(np.cos(np.radians(at[:, 0].mean())), 0.1))
