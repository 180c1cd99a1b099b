"""The maps of the weekly report: by grade on the front page, by level and by change further on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import pandas as pd

from analytics.counts.count_table import CountTable
from analytics.geo.polygons import Polygons
from analytics.reporting.content.weekly.falls import halved
from analytics.reporting.content.weekly.names import region_anchors
from analytics.reporting.content.weekly.numbers import RECENT, WeeklyNumbers
from analytics.reporting.elements.figures import ReportFigure, report_figure
from analytics.reporting.languages.spoken import in_language
from analytics.results import counted, listed
from analytics.results.grades import SIGNS
from analytics.results.words_days import length_words, span_words
from analytics.results.words_report import GROUP_OF, GROUPS, named_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import LayoutEngine

__all__ = ["map_figure", "number_of", "tile_marks"]

_PAD, _LINE = 0.1, 0.15  # inches: around a map, and of a line of notes below it
_SIZES = {"grade": (3.55, 3.55), "level": (3.3, 2.95), "change": (3.3, 2.95)}


@in_language
def map_figure(
    numbers: WeeklyNumbers, show: Literal["grade", "level", "change"] = "grade"
) -> ReportFigure | None:
    """Return a map of the regions; None where there is only one series.

    Parameters
    ----------
    numbers : WeeklyNumbers
    show : {"grade", "level", "change"}
        What each region is called; how many incidents its window holds; that against its usual.
    """
    if numbers.single:
        return None
    import matplotlib.pyplot as plt

    from analytics.plots import plot_map

    figure, ax = plt.subplots(figsize=_SIZES[show], layout="constrained")
    if show == "grade":
        _laid_out(figure, ax)
    plot_map(
        numbers.result, show=show, polygons=_polygons(numbers), places=_places(numbers), title=False,
        links={name: f"#{anchor}" for name, anchor in region_anchors(numbers.counts.regions).items()},
        labels=tile_marks(numbers), key=show != "grade", ax=ax,
    )  # fmt: skip
    if show == "grade":
        _without_empty_room(figure, ax)
    return report_figure(
        figure,
        caption="" if show == "grade" else _caption(numbers, show),
        alt=numbers.marked(_alt(numbers, show)),
        label=f"map-{show}",
    )


def tile_marks(numbers: WeeklyNumbers) -> dict[str, str]:
    """Return what is written on tiles too many to bear their names, of the regions that stand out.

    Their names where all have room, or else the numbers that the list beside the map gives them.
    """
    from analytics.plots.ground import NAMED_TILES, tiles_take
    from analytics.plots.maps import match_polygons

    regions = list(numbers.counts.regions)
    if len(regions) <= NAMED_TILES or _places(numbers) is not None:
        return {}
    if match_polygons(numbers.counts, regions, _polygons(numbers)) is not None:
        return {}
    rows = numbers.rows
    low = rows["far_below"].astype(bool)
    up = rows["grade"].isin(("uptick", "above_usual"))
    called = [*rows.loc[up, "region"], *rows.loc[low & ~up, "region"]]
    if tiles_take(called, regions, _SIZES["grade"][0] - _PAD):
        return {name: name for name in [*called, *rows.loc[halved(rows) & ~low & ~up, "region"]]}
    return {name: str(number) for number, name in enumerate(called, 1)}


def number_of(mark: str) -> str:
    """Return a mark on a tile where it is a number, "" where it is a name."""
    return mark if mark.isdigit() else ""


def _laid_out(figure: Figure, ax: Axes) -> None:
    """Give a map without a key its place, so that labels know how much room they have."""
    ax.set_xticks([])
    ax.set_yticks([])
    cast("LayoutEngine", figure.get_layout_engine()).execute(figure)  # it was made with one


def _without_empty_room(figure: Figure, ax: Axes) -> None:
    """Make a figure no taller than its map is at this width, with the notes below it."""
    wide, high = figure.get_size_inches()
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    tall = float(ax.get_aspect()) * (north - south) / (east - west)
    lines = len([line for line in ax.get_xlabel().split("\n") if line])
    needed = (wide - _PAD) * tall + _PAD + lines * _LINE
    if needed < high:
        figure.set_size_inches(wide, needed)


def _polygons(numbers: WeeklyNumbers) -> Path | Polygons | None:
    """Return the boundaries asked for, or else the regions that the incidents were placed in."""
    given, incidents = numbers.request.polygons, numbers.incidents
    if given is not None or isinstance(incidents, CountTable) or incidents.placement is None:
        return None if given is None else Path(given)
    drawn = incidents.placement.regions.polygons()
    return drawn if len(drawn) else None


def _places(numbers: WeeklyNumbers) -> pd.DataFrame | None:
    """Return where each region's incidents lie in the middle, as far as all regions have coordinates."""
    if isinstance(numbers.incidents, CountTable):
        return None
    frame, by = numbers.incidents.frame, numbers.counts.by
    if by not in frame.columns:
        return None
    middle = frame.groupby(frame[by].astype("str"))[["latitude", "longitude"]].median()
    middle = middle.reindex(list(numbers.counts.regions))
    if middle.isna().any(axis=None):
        return None
    return middle.rename_axis("region").reset_index().rename(columns={"latitude": "lat", "longitude": "lon"})


def _caption(numbers: WeeklyNumbers, show: str) -> str:
    window = f"{length_words(RECENT)} {span_words(numbers.result.recent)}"
    rows = numbers.rows.dropna(subset=["observed"])
    if show == "level":
        top = rows["observed"].max()
        names = sorted(rows.loc[rows["observed"] == top, "region"])
        if not len(rows) or not top:
            return f"No incident in the {window}"
        verb = "has" if len(names) == 1 else "have"
        return f"{listed(names, 3)} {verb} most incidents of the {window}: {top:,.0f}"
    enough = rows[rows["expected"] >= 5]
    if enough.empty:
        return "No region has five incidents or more expected, so no change is drawn"
    top = enough.assign(ratio=enough["observed"] / enough["expected"]).sort_values("ratio").iloc[-1]
    if top["ratio"] <= 1:
        return "No region with five or more expected is above its usual"
    return f"{top['region']} is furthest above its usual: {top['ratio']:.1f} times"


def _alt(numbers: WeeklyNumbers, show: str) -> str:
    rows = numbers.rows
    window = f"{length_words(RECENT)} {span_words(numbers.result.recent)}"
    if show == "grade":
        group = rows["grade"].map(GROUP_OF)
        of = {title: rows.loc[group == key, "region"].tolist() for key, title in GROUPS.items()}
        said = ". ".join(f"{title}: {listed(names, 20)}" for title, names in of.items() if names)
        signs = " ".join(dict.fromkeys(SIGNS[grade] for grade in rows["grade"]))
        return f"Map of {counted(len(rows), 'region')} by grade, {window}, signs {signs}. {said}."
    top = rows.sort_values("observed", ascending=False, kind="stable").head(5)
    named = ", ".join(
        named_numbers(name, observed, usual)
        for name, observed, usual in top[["region", "observed", "expected"]].itertuples(index=False)
    )
    what = "how many incidents each has" if show == "level" else "incidents against what is usual"
    return f"Map of {counted(len(rows), 'region')}: {what}, {window}. First: {named}."
