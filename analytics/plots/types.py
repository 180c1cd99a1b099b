"""Kinds of incident by time: one row a type, one column a period, the numbers written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analytics._text import visible
from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.options import check_whole
from analytics.plots.cells import draw_cells, month_ticks, plain_axes
from analytics.plots.look import HATCH, level_breaks, level_look
from analytics.plots.style import GREY, INK, WIDTH, as_written, empty, mark_simulated, marked, new_axes
from analytics.results.words import counted, listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_types"]

_LONGEST = 30  # letters of a name


@as_written
def plot_types(
    counts: Counts, *, periods: int = 12, most: int = 8, title: bool = True, ax: Axes | None = None
) -> Axes:
    """Draw counts by type and period, the most frequent types first.

    Parameters
    ----------
    counts : Counts
        Counted by type, such as ``count_incidents(incidents, by="event_type")``; regions do as well.
    periods, most : int
        Periods shown, the last ones, and types shown; the others are one row, so that columns add up.
    title : bool
    ax : Axes, optional

    Returns
    -------
    Axes
        A number in each square, darker for more, the row's sum at the right. A period still running is
        framed; without coverage there is a cross.

    Examples
    --------
    >>> types = ["Bomb", "Raid", "Other"]
    >>> counts = Counts.from_array([[5, 1, 0], [7, 0, 1]], start="2020-04-06", regions=types)
    >>> ax = plot_types(counts, most=2)
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['Bomb', '2 other types']
    """
    check_whole(1, periods=periods, most=most)
    shown = counts if counts.freq == counts.finest else counts.resample(counts.freq)
    starts = shown.starts[-periods:]
    values = np.where(shown.coverage[-periods:], shown.values[-periods:], np.nan).T
    names, rows = _rows(counts.regions, values, most)
    if ax is None:
        ax = new_axes((WIDTH, 0.75 + 0.24 * max(len(names), 2)))
    plain_axes(ax)
    _draw(ax, rows, shown.provisional[-periods:])
    total = np.nansum(rows, axis=1)
    for y, number in enumerate(total):
        ax.text(
            len(starts) + 0.6,
            y,
            f"{number:,.0f}",
            ha="right",
            va="center",
            fontsize=7.5,
            color=INK,
            fontweight="bold",
        )
    ax.set_yticks(range(len(names)), names, fontsize=7.5)
    ax.set_xlim(-0.55, len(starts) + 0.75)
    ax.set_ylim(len(names) - 0.4, -0.6 - 0.6 * counts.simulated)
    if counts.freq == "week" and len(starts) <= 16 and counts.week_start == "monday":
        ax.set_xticks(range(len(starts)), [label[5:] for label in shown.labels()[-periods:]], fontsize=7)
    else:
        ticks, words = month_ticks(starts)
        ax.set_xticks(ticks, words, fontsize=7)
    ax.set_xlabel(
        f"{counts.value} a {counts.freq}; at the right: all {counted(len(starts), counts.freq)}",
        fontsize=7,
        color=GREY,
    )
    if not (total > 0).any():
        empty(
            ax, f"no {counts.value} in this time" if (~np.isnan(rows)).any() else "no coverage in this time"
        )
    if counts.simulated:
        mark_simulated(ax, small=True)
    if title:
        ax.set_title(marked(_takeaway(names, total, len(starts), counts), counts.simulated), loc="left")
    return ax


def _rows(types: tuple[str, ...], values: FloatArray, most: int) -> tuple[list[str], FloatArray]:
    """Return the names and counts of the rows: the most frequent types, the others as one."""
    order = np.argsort(-np.nansum(values, axis=1), kind="stable")
    if len(order) > most:
        top, rest = order[: most - 1], order[most - 1 :]
        other = np.where(np.isnan(values[rest]).all(axis=0), np.nan, np.nansum(values[rest], axis=0))
        names = [_short(types[i]) for i in top] + [counted(len(rest), "other type")]
        return names, np.vstack([values[top], other[None, :]])
    return [_short(types[i]) for i in order], values[order]


def _short(name: str) -> str:
    name = visible(name)
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1].rstrip() + "…"


def _draw(ax: Axes, rows: FloatArray, running: np.ndarray) -> None:
    known = rows[~np.isnan(rows)]
    breaks = level_breaks(known) if known.size else ()
    shade = np.where(rows > 0, np.searchsorted(breaks, rows, side="left") + 1, 0)
    inks = {}
    for at in range(len(breaks) + 2):
        chosen = (shade == at) & ~np.isnan(rows)
        if not chosen.any():
            continue
        look = level_look(float(rows[chosen][0]), breaks)
        inks[at] = GREY if at == 0 else look.ink
        draw_cells(
            ax, chosen, wide=0.94, facecolor=look.fill, edgecolor="#F3F4F6", linewidth=0.4, label=look.words
        )
    frame = ~np.isnan(rows) & running[None, :]
    draw_cells(
        ax, frame, wide=0.94, facecolor="none", edgecolor=INK, linewidth=0.8, linestyle="--", label="running"
    )
    for y, x in zip(*np.nonzero(~np.isnan(rows)), strict=True):
        ax.text(
            float(x), float(y), f"{rows[y, x]:,.0f}", ha="center", va="center", fontsize=7,
            color=inks[int(shade[y, x])], zorder=4,
        )  # fmt: skip
    y, x = np.nonzero(np.isnan(rows))
    ax.plot(x, y, "x", color=HATCH, markersize=4, linestyle="none", label="no coverage")


def _takeaway(names: list[str], total: FloatArray, periods: int, counts: Counts) -> str:
    whole = total.sum()
    if whole <= 0:
        return f"No {counts.value} in the last {counted(periods, counts.freq)}"
    first = [
        f"{name} {100 * number / whole:.0f} %" for name, number in zip(names[:3], total[:3], strict=True)
    ]
    return f"Last {counted(periods, counts.freq)}: {listed(first)}"
