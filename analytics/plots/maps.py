"""A map of regions: their boundaries where there are any, dots or tiles otherwise."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from analytics.counts import Counts
from analytics.errors import InputError
from analytics.geo.polygons import PolygonMatch, Polygons, bundled_polygons, read_polygons
from analytics.options import check_choice
from analytics.plots.ground import called_out, draw_areas, draw_dots, draw_tiles
from analytics.plots.look import key_patch
from analytics.plots.painted import Area, Show, areas_of, key_of, takeaway
from analytics.plots.style import GREY, as_written, empty, mark_simulated, marked, new_axes
from analytics.results import UptickResult
from analytics.results.words import listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["match_polygons", "plot_map"]

Ground = Literal["polygons", "dots", "tiles"]


@as_written
def plot_map(
    data: UptickResult | Counts,
    *,
    show: Show | None = None,
    polygons: Polygons | PolygonMatch | str | Path | None = None,
    places: pd.DataFrame | None = None,
    ground: Ground | None = None,
    periods: int = 52,
    least: float = 5.0,
    links: Mapping[str, str] | None = None,
    callouts: int = 6,
    labels: Mapping[str, str] | None = None,
    key: bool = True,
    title: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw a map of regions by grade, level or change.

    Parameters
    ----------
    data : UptickResult or Counts
        Counts have levels alone.
    show : {"grade", "level", "change"}, optional
        ``"grade"`` (of a result, unless said otherwise): what each region is called, by sign and colour.
        ``"level"``: how many incidents, darker for more; of a result those of its recent window, of counts
        those of the last `periods`. ``"change"``: observed to expected, blue to red around 1, where at least
        `least` were expected; no test stands behind it.
    polygons : Polygons, PolygonMatch or path of a GeoJSON file, optional
        Boundaries; those bundled with the counts' country unless given. Regions without one are drawn as
        tiles below the map and named, never dropped.
    places : DataFrame, optional
        Latitude and longitude of each region (columns region, lat, lon), for dots where there are no
        boundaries. They are rounded to a tenth of a degree.
    ground : {"polygons", "dots", "tiles"}, optional
        What is drawn on; the first of these that there is unless given.
    periods : int
    least : float
    links : mapping, optional
        Region to the address that its area leads to, in an SVG.
    callouts : int
        How many upticks, regions above usual and falls are named beside the map with their numbers at most.
    labels : mapping, optional
        Region to what is written on its tile where tiles are too many to bear their names: its name unless
        given, of upticks, regions above usual and falls.
    key, title : bool
        Write the key below the map, and the takeaway above it.
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    Axes
        Every region carries a sign or its number, so that colour is never the only code.

    Raises
    ------
    OptionError
        If counts are asked for grades or changes.
    InputError
        If the polygons cannot be read.

    Examples
    --------
    >>> frame = pd.DataFrame({"Kirkuk": [3, 5], "Erbil": [0, 0]}, index=["2020-W15", "2020-W16"])
    >>> counts = Counts.from_frame(frame, freq="week", as_of="2020-04-19", by="admin1", countries=["Iraq"])
    >>> ax = plot_map(counts)
    >>> sorted(text.get_text() for text in ax.texts)
    ['0 Erbil', '8 Kirkuk']
    """
    shown: Show = show or ("level" if isinstance(data, Counts) else "grade")
    check_choice("show", shown, Show)
    if ground is not None:
        check_choice("ground", ground, Ground)
    areas = areas_of(data, shown, periods=periods, least=least)
    if ax is None:
        ax = new_axes((4.2, 4.4))
    regions = [area.region for area in areas]
    match = None if ground in ("dots", "tiles") else match_polygons(data, regions, polygons)
    if labels is None:
        labels = {name: name for name in called_out(areas, len(areas))}
    notes = _draw(ax, areas, match, places, ground, links or {}, callouts, labels)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_xticks([])
    ax.set_yticks([])
    inches = _inches(ax)
    lines = [line for note in notes for line in textwrap.wrap(note, int(inches * 72 / 3.4))]
    ax.set_xlabel("\n".join(lines), fontsize=6.5, color=GREY, loc="left")
    if key:
        _draw_key(ax, areas, shown, len(lines))
    if data.simulated:
        mark_simulated(ax)
    if title and areas:
        head = takeaway(data, shown, areas, periods)
        wrapped = textwrap.fill(marked(head, data.simulated), int(inches * 72 / 5.4))
        ax.set_title(wrapped, loc="left", fontsize=9)
    return ax


def match_polygons(
    data: UptickResult | Counts,
    regions: Sequence[str] | None = None,
    polygons: Polygons | PolygonMatch | str | Path | None = None,
) -> PolygonMatch | None:
    """Return the polygons that draw each region, None where there are none for any.

    Parameters
    ----------
    data : UptickResult or Counts
    regions : sequence of str, optional
        All regions of `data` unless given.
    polygons : Polygons, PolygonMatch or path of a GeoJSON file, optional
        Those bundled with the counts' country unless given.

    Returns
    -------
    PolygonMatch or None

    Raises
    ------
    InputError
        If a file is given and cannot be read, or none of its names is one of the regions.

    Examples
    --------
    >>> counts = Counts.from_array([[3, 1]], start="2020-04-13", regions=["Kirkuk", "Erbil"])
    >>> match_polygons(counts) is None  # the country is not stated
    True
    >>> match_polygons(counts, polygons=bundled_polygons("Iraq")).missing
    ()
    """
    if isinstance(polygons, PolygonMatch):
        return polygons
    counts = data if isinstance(data, Counts) else getattr(data.evidence, "counts", None)
    if regions is None:
        regions = counts.regions if counts is not None else list(data.frame["region"])  # type: ignore[union-attr]
    countries = () if counts is None else counts.countries
    country = countries[0] if len(countries) == 1 else None
    level = "admin1" if counts is None else counts.by
    if isinstance(polygons, str | Path):
        polygons = read_polygons(polygons)
        found = polygons.match(regions, country=country, level=level)
        if not found.rings:
            raise InputError(
                f"no polygon is named after any of the {len(regions)} regions",
                expected=f"one property with names such as {listed(list(regions), 3)}",
                found="; ".join(
                    f"{field}: {listed(polygons.names(field), 3)}" for field in polygons.fields()[:4]
                ),
                where=polygons.source,
                todo="check that the file is of this country and of this level",
            )
        return found
    if polygons is None:
        polygons = bundled_polygons(country) if country is not None and level == "admin1" else None
    if polygons is None:
        return None
    found = polygons.match(regions, country=country, level=level)
    return found if found.rings else None


def _draw(
    ax: Axes,
    areas: Sequence[Area],
    match: PolygonMatch | None,
    places: pd.DataFrame | None,
    ground: Ground | None,
    links: Mapping[str, str],
    callouts: int,
    labels: Mapping[str, str],
) -> list[str]:
    """Draw the regions on what there is; return what a reader has to know of the ground."""
    if not areas:
        empty(ax, "there is no region to draw")
        return []
    if match is not None and match.rings:
        draw_areas(ax, areas, match, links, callouts)
        return list(match.notes())
    notes = [] if match is None else list(match.notes())
    if places is not None and ground != "tiles":
        return notes + draw_dots(ax, areas, places, links, callouts)
    notes += draw_tiles(ax, areas, links, labels)
    return [*notes, "No boundaries are known for these regions: tiles in the order of their names, no map."]


def _inches(ax: Axes) -> float:
    """Return about how wide the axes are."""
    figure: Any = ax.get_figure(root=True)
    return max(float(figure.get_size_inches()[0] * ax.get_position().width), 1.0)


def _draw_key(ax: Axes, areas: Sequence[Area], shown: Show, lines: int) -> None:
    from matplotlib.transforms import ScaledTranslation

    handles: list[Any] = [key_patch(look, words) for look, words in key_of(areas, shown)]
    figure: Any = ax.get_figure(root=True)
    below = ScaledTranslation(0, -(2 + 9.5 * lines) / 72, figure.dpi_scale_trans)
    ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.0, 0.0),
        bbox_transform=ax.transAxes + below,
        ncols=2 if len(handles) > 3 else max(len(handles), 1),
        fontsize=6.5,
        handlelength=1.3,
        handleheight=0.9,
        columnspacing=1.2,
        handletextpad=0.5,
        borderaxespad=0.0,
        frameon=False,
    )
