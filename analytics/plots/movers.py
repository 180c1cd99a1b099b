"""Movers: what changed most, each with its interval drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analytics.options import check_whole
from analytics.plots.cells import plain_axes
from analytics.plots.style import (
    ACCENT,
    DECREASE,
    GREY,
    INK,
    PALE,
    WIDTH,
    as_written,
    empty,
    mark_simulated,
    marked,
    new_axes,
)
from analytics.results import UptickResult
from analytics.results.grades import SIGNS, ratio_interval_words
from analytics.results.words import format_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_movers"]

_AXIS = (0.2, 8.0)  # ratios drawn; an interval that goes on ends open, and its numbers are written
_TICKS = (0.25, 0.5, 1, 2, 4, 8)
_JUDGED = ("uptick", "above_usual", "no_sign", "no_large_rise_if", "no_large_rise")
_FIRST = ("uptick", "above_usual")


@as_written
def plot_movers(result: UptickResult, *, most: int = 12, title: bool = True, ax: Axes | None = None) -> Axes:
    """Draw the regions that could be judged, largest rise first, each ratio with its interval.

    Parameters
    ----------
    result : UptickResult
        Of a recent window against its baseline.
    most : int
        Regions drawn: upticks, regions above usual and far below it, then those with the smallest p-values.
        How many are not drawn, and why, is said below.
    title : bool
    ax : Axes, optional

    Returns
    -------
    Axes
        Observed to usual on a logarithmic axis from 0.2 to 8, the margin dotted. Beside each name its
        grade's sign (▼ beside it: far below usual); to the right the counts, the ratio and its interval.

    Examples
    --------
    >>> from analytics import Counts, uptick_test
    >>> days = pd.date_range("2019-01-01", periods=470)
    >>> daily = pd.DataFrame({"Kirkuk": [1, 0] * 235, "Erbil": 0, "Ninewa": [0, 1] * 235}, index=days)
    >>> daily.iloc[-14:, 0] = 4
    >>> ax = plot_movers(uptick_test(Counts.from_frame(daily, freq="day", as_of="2020-04-14")))
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['▲ Kirkuk', '– Ninewa']
    """
    check_whole(1, most=most)
    frame = result.frame
    fall = frame["far_below"].astype(bool) if "far_below" in frame else pd.Series(False, index=frame.index)
    able = (frame["grade"].isin(_JUDGED) | fall) & frame["rate_ratio"].notna()
    rows = frame.assign(_fall=fall, _first=frame["grade"].isin(_FIRST) | fall)[able]
    rows = rows.sort_values(["_first", "pvalue"], ascending=[False, True], kind="stable").head(most)
    rows = rows.sort_values("rate_ratio", ascending=False, kind="stable")
    if ax is None:
        ax = new_axes((WIDTH, 0.95 + 0.2 * max(len(rows), 2)))
    plain_axes(ax)
    left = _left_out(frame["grade"][~able], int(able.sum()) - len(rows))
    if rows.empty:
        empty(ax, "no region could be judged")
        ax.set_xticks([])
        ax.set_yticks([])
    else:
        _draw_rows(ax, rows, result)
        interval = f"{100 * result.confidence:g} % interval" if rows["low"].notna().any() else "no interval"
        said = f"observed to usual, {interval}, {result.recent}"
        ax.set_xlabel("\n".join([said, left]) if left else said, fontsize=7, color=GREY)
    if result.simulated:
        mark_simulated(ax, small=True)
    if title:
        ax.set_title(marked(result.headline(marked=False), result.simulated), loc="left")
    return ax


def _left_out(grades: pd.Series, more: int) -> str:
    """Say how many regions are not drawn, and why."""
    none = int((grades == "none_recorded").sum())
    said = [f"{len(grades) - none} could not be judged"] if len(grades) > none else []
    said += [f"{none} with none recorded"] if none else []
    said += [f"{more} more that could be judged"] if more else []
    return f"not drawn: {', '.join(said)}" if said else ""


def _draw_rows(ax: Axes, rows: pd.DataFrame, result: UptickResult) -> None:
    from matplotlib.ticker import NullLocator

    ax.set_xscale("log")
    ax.set_xlim(*_AXIS)
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticks(_TICKS, [f"{tick:g}" for tick in _TICKS], fontsize=7)
    ax.axvline(1.0, color=INK, linewidth=0.7, zorder=1, label="_one")
    margin = result.margin if result.direction == "greater" else 1 / result.margin
    ax.axvline(margin, color=GREY, linewidth=0.8, linestyle=":", zorder=1, label="_margin")
    labels = []
    columns = ["region", "grade", "_fall", "observed", "expected", "rate_ratio", "low", "high"]
    for y, (region, grade, fall, observed, expected, ratio, low, high) in enumerate(
        rows[columns].itertuples(index=False, name=None)
    ):
        up = grade == "uptick"
        colour = ACCENT if up else INK if grade in _FIRST or fall else GREY
        if not np.isnan(high):
            ends = np.clip([0.0 if np.isnan(low) else low, high], *_AXIS)
            ax.plot(
                ends, [y, y], color=colour, linewidth=2.2, solid_capstyle="butt", zorder=3, label="_interval"
            )
        inside = _AXIS[0] <= ratio <= _AXIS[1]
        if inside:
            ax.plot(
                ratio, y, "o", color=colour, markeredgecolor="white", markersize=6, zorder=4, label="_ratio"
            )
        down = (grade, result.direction) == ("uptick", "less")
        sign = (DECREASE if down else SIGNS[grade]) + (DECREASE if fall and not down else "")
        labels.append(f"{sign} {region}")
        words = ratio_interval_words(low, high, observed)
        text = f"{format_number(observed, 0)}, usual {format_number(expected)}"
        text += "" if observed == 0 else f" · {format_number(ratio, 1)}"
        text += "" if np.isnan(high) else f" ({words})" if observed else f" · {words}"
        ax.annotate(
            text, (1.02, y), xycoords=("axes fraction", "data"), fontsize=7, va="center", color=colour,
            fontweight="bold" if up else "normal",
        )  # fmt: skip
    ax.set_yticks(range(len(labels)), labels, fontsize=7.5)
    for tick, grade in zip(ax.get_yticklabels(), rows["grade"], strict=True):
        tick.set_color(ACCENT if grade == "uptick" else INK)
        tick.set_fontweight("bold" if grade == "uptick" else "normal")
    for y in range(len(labels)):
        ax.axhline(y + 0.5, color=PALE, linewidth=0.4, zorder=0, label="_row")
    ax.set_ylim(len(rows) - 0.4, -0.6 - 0.5 * result.simulated)
