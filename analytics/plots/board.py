"""A board of alarms: one row a region, one column a period."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from analytics._typing import BoolArray, IntArray
from analytics.errors import unknown_option
from analytics.options import check_whole
from analytics.plots.cells import draw_cells, month_ticks, plain_axes
from analytics.plots.fonts import drawable
from analytics.plots.style import ACCENT, GREY, WIDTH, as_written, empty, mark_simulated, marked, new_axes
from analytics.results import Alarms
from analytics.results.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["board_rows", "board_title", "plot_alarm_board"]

_QUIET, _UNTESTED = "#E9EBEE", "#C4C9D2"


@as_written
def plot_alarm_board(
    alarms: Alarms,
    *,
    regions: Sequence[str] | None = None,
    most: int = 20,
    periods: int = 26,
    title: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw which regions alarmed in which periods: one row a region, those with the latest alarm first.

    Parameters
    ----------
    alarms : Alarms
        Of one detector or several.
    regions : sequence of str, optional
        The rows, in this order; by the latest alarm unless given.
    most, periods : int
        Regions and periods shown, the last ones.
    title : bool
    ax : Axes, optional

    Returns
    -------
    Axes
        A dark square with a triangle for an alarm (with several detectors: how many of them alarmed), a pale
        square for none, a cross where no detector tested. At the right: the count of the last period over.

    Raises
    ------
    OptionError
        If a region is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from analytics import Counts
    >>> from analytics.detectors import ears
    >>> frame = pd.DataFrame({"Kirkuk": [1, 2] * 40 + [19], "Erbil": [1, 0] * 40 + [1]})
    >>> frame.index = pd.date_range("2018-10-01", periods=81, freq="7D")
    >>> counts = Counts.from_frame(frame, freq="week", as_of="2020-04-19")
    >>> ax = plot_alarm_board(ears(counts))
    >>> ax.get_title(loc="left")
    '2020-W16: alarm in 1 of 2 regions'
    """
    recent, names, raised, tested, rows = board_rows(alarms, regions, most=most, periods=periods)
    if ax is None:
        ax = new_axes((WIDTH, 1.0 + 0.19 * max(len(rows), 2)))
    _draw_board(ax, recent, raised[rows], tested[rows])
    ax.set_yticks(range(len(rows)), [drawable(names[i]) for i in rows], fontsize=7)
    now = recent.latest_index
    _write_counts(ax, recent, [names[i] for i in rows], now)
    if not tested.any():
        empty(ax, "nothing was tested in this time")
    elif not raised.any():
        ax.set_xlabel("no alarm in this time")
    if len(rows) < len(names):
        left = counted(len(names) - len(rows), "more region")
        ax.set_xlabel(
            f"{left} with older alarms or none, not shown" if regions is None else f"{left}, not shown"
        )
    if recent.simulated:
        mark_simulated(ax, small=True)
    if title:
        ax.set_title(board_title(recent, raised), loc="left", pad=16)
    return ax


def board_rows(
    alarms: Alarms, regions: Sequence[str] | None, *, most: int, periods: int
) -> tuple[Alarms, list[str], IntArray, BoolArray, IntArray]:
    """Return the last periods, the regions, how many detectors alarmed, whether any tested, and the rows.

    The rows say which regions are shown, in which order; the arrays have shape (regions, periods).

    Raises
    ------
    OptionError
        If a region is unknown.
    """
    check_whole(1, most=most, periods=periods)
    recent = alarms.last(periods)
    names = list(dict.fromkeys(recent.regions))
    raised, tested = _by_region(recent, names)
    if regions is None:
        rows = _latest_first(raised)[:most]
    else:
        for region in regions:
            if region not in names:
                raise unknown_option("region", region, names)
        rows = np.array([names.index(region) for region in regions][:most], dtype=np.int64)
    return recent, names, raised, tested, rows


def board_title(recent: Alarms, raised: IntArray) -> str:
    """Return what a board says of its last period over."""
    now = recent.latest_index
    up = int((raised[:, now] > 0).sum())
    head = f"{recent.labels()[now]}: alarm in {up} of {counted(len(raised), 'region')}"
    return marked(head, recent.simulated)


def _by_region(alarms: Alarms, names: Sequence[str]) -> tuple[IntArray, BoolArray]:
    """Return how many detectors alarmed and whether any tested; shape (regions, periods)."""
    at = {name: i for i, name in enumerate(names)}
    row = np.array([at[name] for name in alarms.regions])
    shape = (len(names), len(alarms.starts))
    raised, tested = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.bool_)
    np.add.at(raised, row, alarms.alarm.T)
    np.logical_or.at(tested, row, alarms.tested.T)
    return raised, tested


def _latest_first(raised: IntArray) -> IntArray:
    periods = raised.shape[1]
    up = raised > 0
    age = np.where(up.any(axis=1), np.argmax(up[:, ::-1], axis=1), periods)
    return np.lexsort((-up.sum(axis=1), age))


def _draw_board(ax: Axes, alarms: Alarms, raised: IntArray, tested: BoolArray) -> None:
    """Draw the squares, the signs on them, and the key."""
    up = raised > 0
    rows, periods = raised.shape
    draw_cells(ax, tested & ~up, facecolor=_QUIET, linewidth=0, label="no alarm")
    draw_cells(ax, up, facecolor=ACCENT, linewidth=0, label="alarm")
    row, column = np.nonzero(up)
    several = len(alarms.runs) > 1
    at = row + 0.12 if several else row
    ax.plot(
        column, row - 0.16 if several else row, "^", color="white", markersize=3.4 if several else 4.5,
        linestyle="none", zorder=4, label="_alarm",
    )  # fmt: skip
    if several:
        for x, y, number in zip(column, at, raised[up], strict=True):
            ax.text(
                float(x),
                float(y) + 0.1,
                f"{number}",
                ha="center",
                va="center",
                color="white",
                fontsize=5.5,
                zorder=5,
            )
    row, column = np.nonzero(~tested)
    ax.plot(
        column, row, "x", color=_UNTESTED, markersize=3, markeredgewidth=0.7, linestyle="none",
        label="not tested" if row.size else "_none",
    )  # fmt: skip
    plain_axes(ax)
    ax.set_xlim(-0.6, periods - 0.4 + 2.2)
    ax.set_ylim(rows - 0.4, -1.5 if alarms.simulated else -0.6)
    ticks, words = month_ticks(alarms.starts)
    ax.set_xticks(ticks, words, fontsize=7)
    key = "▲ alarm (number: detectors that alarm)" if several else "▲ alarm"
    _key(ax, key, untested=bool(row.size))


def _key(ax: Axes, alarm: str, *, untested: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Patch | Line2D] = [
        Patch(facecolor=ACCENT, label=alarm),
        Patch(facecolor=_QUIET, label="no alarm"),
    ]
    if untested:
        cross = Line2D(
            [], [], marker="x", color=_UNTESTED, linestyle="none", markersize=4, label="not tested"
        )
        handles.append(cross)
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, fontsize=6.5, frameon=False,
        borderaxespad=0.0, handlelength=1.1, handleheight=0.9, columnspacing=1.4,
    )  # fmt: skip


def _write_counts(ax: Axes, alarms: Alarms, names: Sequence[str], now: int) -> None:
    """Write each region's count of the last period over, a dash without coverage."""
    first = {name: i for i, name in reversed(list(enumerate(alarms.regions)))}
    edge = len(alarms.starts) + 1.4
    for row, name in enumerate(names):
        known = alarms.covered[now, first[name]]
        up = bool(alarms.alarm[now, [i for i, r in enumerate(alarms.regions) if r == name]].any())
        ax.text(
            edge, row, f"{alarms.observed[now, first[name]]:,}" if known else "–", ha="right", va="center",
            fontsize=7, color=ACCENT if up else GREY, fontweight="bold" if up else "normal",
        )  # fmt: skip
