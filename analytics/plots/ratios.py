"""The rate ratio of each region with its interval, and the margin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.plots.style import (
    ACCENT,
    GREY,
    INK,
    MARKERS,
    WIDTH,
    as_written,
    empty,
    mark_simulated,
    marked,
    new_axes,
    region_label,
)
from analytics.results import (
    NOT_SUPPORTED,
    SUPPORTED,
    UptickResult,
    format_number,
    interval_words,
    listed,
    shown,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_result"]

_LIMITS = (0.1, 20.0)  # rate ratios beyond these are drawn as arrows


@as_written
def plot_result(
    result: UptickResult, *, most: int | None = None, title: bool = True, ax: Axes | None = None
) -> Axes:
    """Draw the rate ratio of each tested region with its interval, and the margin.

    Parameters
    ----------
    result : UptickResult
    most : int, optional
        How many regions to show, upticks first; all of them by default. Regions that could not be tested
        have no ratio and are counted below the axis.
    title : bool
        Write the takeaway above the picture.
    ax : Axes, optional

    Returns
    -------
    Axes
        Rate ratio on a logarithmic axis from 0.1 to 20; what goes beyond ends in an arrow.
    """
    rows = result.ranked()
    tested = rows[rows["pvalue"].notna()]
    drawn = tested if most is None else tested.head(most)
    if ax is None:
        ax = new_axes((WIDTH, 0.9 + 0.155 * max(len(drawn), 3)))
    if drawn.empty:
        empty(ax, "no region could be tested")
        ax.set_axis_off()
        return ax
    _draw_ratios(ax, drawn, result)
    left = [f"{len(rows) - len(tested)} could not be tested"] if len(tested) < len(rows) else []
    left += [f"{len(tested) - len(drawn)} more not shown"] if len(drawn) < len(tested) else []
    ax.set_xlabel(
        f"rate ratio: observed / expected {result.value}"
        + (f", {100 * result.confidence:g} % interval" if drawn["low"].notna().any() else "")
        + (f" ({', '.join(left)})" if left else "")
    )
    if title:
        up = result.regions(SUPPORTED)
        word = shown(SUPPORTED, result.direction)
        article = "an" if word == "uptick" else "a"
        head = f"{word.capitalize()} in {listed(up)}" if up else f"No region shows {article} {word}"
        ax.set_title(marked(head, result.simulated), loc="left")
    elif result.simulated:
        mark_simulated(ax)
    return ax


def _draw_ratios(ax: Axes, rows: pd.DataFrame, result: UptickResult) -> None:
    y = np.arange(len(rows))[::-1]
    up = (rows["verdict"] == SUPPORTED).to_numpy()
    ax.set_xscale("log")
    ax.set_xlim(*_LIMITS)
    _draw_intervals(ax, rows, y, up)
    _draw_points(ax, rows, y, up, MARKERS[result.direction])
    _draw_margin(ax, result)
    _name_regions(ax, rows, y, up, result.direction)
    _write_ratios(ax, rows, y, up)
    _scale(ax)


def _columns(rows: pd.DataFrame, *names: str) -> list[FloatArray]:
    return [rows[name].to_numpy(dtype=float) for name in names]


def _draw_intervals(ax: Axes, rows: pd.DataFrame, y: IntArray, up: BoolArray) -> None:
    """Draw each interval as a line, with an arrow where it goes beyond the axis."""
    low_end, high_end = _LIMITS
    low, high = _columns(rows, "low", "high")
    ax.hlines(
        y,
        np.clip(low, low_end, high_end),
        np.clip(high, low_end, high_end),
        colors=list(np.where(up, ACCENT, GREY)),
        linewidth=1.2,
        zorder=3,
    )
    for beyond, marker, edge in ((low < low_end, "<", low_end), (high > high_end, ">", high_end)):
        ax.plot(
            np.full(int(beyond.sum()), edge),
            y[beyond],
            marker,
            color=GREY,
            markersize=4,
            linestyle="none",
            clip_on=False,
            zorder=4,
        )


def _draw_points(ax: Axes, rows: pd.DataFrame, y: IntArray, up: BoolArray, marker_up: str) -> None:
    """Draw each ratio that lies on the axis, with the sign of its verdict."""
    low_end, high_end = _LIMITS
    (ratio,) = _columns(rows, "rate_ratio")
    none = (rows["verdict"] == NOT_SUPPORTED).to_numpy()
    for chosen, marker, face in (
        (up, marker_up, ACCENT),
        (none, "s", GREY),
        (~up & ~none, "o", "white"),
    ):
        inside = chosen & (ratio >= low_end) & (ratio <= high_end)
        ax.plot(
            ratio[inside],
            y[inside],
            marker,
            markerfacecolor=face,
            linestyle="none",
            zorder=5,
            markeredgecolor=ACCENT if face == ACCENT else GREY,
            markersize=6 if face == ACCENT else 4.5,
        )


def _draw_margin(ax: Axes, result: UptickResult) -> None:
    """Draw where nothing has changed, and the margin of a change that matters."""
    ax.axvline(1.0, color=INK, linewidth=0.7, zorder=1)
    less = result.direction == "less"
    margin = 1 / result.margin if less else result.margin
    ax.axvline(margin, color=GREY, linewidth=0.8, linestyle=":", zorder=1)
    ax.annotate(
        f"margin {'1/' if less else ''}{result.margin:g}",
        (margin, 1.0),
        xycoords=("data", "axes fraction"),
        fontsize=7,
        color=GREY,
        xytext=(2, -1),
        textcoords="offset points",
        va="top",
    )


def _name_regions(ax: Axes, rows: pd.DataFrame, y: IntArray, up: BoolArray, direction: str) -> None:
    labels = [
        region_label(name, verdict, longest=30, direction=direction)
        for name, verdict in zip(rows["region"], rows["verdict"], strict=True)
    ]
    ax.set_yticks(y, labels)
    for tick, hot in zip(ax.get_yticklabels(), up, strict=True):
        tick.set_color(ACCENT if hot else INK)
        tick.set_fontweight("bold" if hot else "normal")
    ax.tick_params(axis="y", length=0, pad=7)
    ax.set_ylim(-0.7, len(rows) - 0.3 + 0.6)


def _write_ratios(ax: Axes, rows: pd.DataFrame, y: IntArray, up: BoolArray) -> None:
    """Write each ratio with its interval to the right of the axis."""
    columns = _columns(rows, "rate_ratio", "low", "high")
    for at, r, a, b, hot in zip(y, *columns, up, strict=True):
        ax.annotate(
            format_number(r, 2) + (f"  ({interval_words(a, b)})" if np.isfinite(a) else ""),
            (1.02, at),
            xycoords=("axes fraction", "data"),
            fontsize=7,
            va="center",
            color=ACCENT if hot else INK,
        )


def _scale(ax: Axes) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    ax.xaxis.set_major_locator(FixedLocator([0.1, 0.2, 0.5, 1, 2, 5, 10, 20]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
