"""Pictures of false alarms on quiet simulated series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analytics.plots.style import ACCENT, GREY, INK, PALE, WIDTH, as_written, mark_simulated, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_alarm_weeks", "plot_false_alarms"]

_MARKERS = "osD^vPX*"


@as_written
def plot_false_alarms(
    rates: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    first: str = "lrd_b",
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of false alarms of each method on each process, with error bars and the promised level.

    Parameters
    ----------
    rates : DataFrame
        From :func:`analytics.evaluation.false_alarms.false_alarm_rates`.
    names : mapping, optional
        Method to the name shown.
    first : str
        The method drawn in the accent colour.
    ax : Axes, optional
    """
    processes = list(dict.fromkeys(rates["process"]))
    methods = list(dict.fromkeys(rates["method"]))
    if ax is None:
        ax = new_axes((WIDTH, 1.2 + 0.42 * len(processes)))
    alpha = float(rates["alpha"].iloc[0])
    ax.axvline(100 * alpha, color=PALE, linewidth=1.5, zorder=0)
    for number, method in enumerate(methods):
        rows = rates[rates["method"] == method].set_index("process").loc[processes]
        y = np.arange(len(processes)) + (number - (len(methods) - 1) / 2) * 0.8 / len(methods)
        rate, low, high = (100 * rows[name].to_numpy(dtype=float) for name in ("rate", "low", "high"))
        colour = ACCENT if method == first else INK if number % 2 else GREY
        ax.errorbar(
            rate,
            y,
            xerr=np.vstack([rate - low, high - rate]),
            fmt=_MARKERS[number % len(_MARKERS)],
            color=colour,
            markerfacecolor=colour if method == first else "white",
            markersize=4,
            elinewidth=0.8,
            label=(names or {}).get(method, method),
        )
    for edge in range(1, len(processes)):
        ax.axhline(edge - 0.5, color=PALE, linewidth=0.5)
    ax.set_yticks(range(len(processes)), [name.replace("_", " ") for name in processes])
    ax.set_ylim(len(processes) - 0.5, -0.95)
    ax.set_xlim(0, None)
    n = int(rates["n"].iloc[0])
    ax.set_xlabel(
        f"false alarms in 100 quiet series (n = {n:,} each; bars: 95 %; line: the {100 * alpha:g} promised)"
    )
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=7.5)
    mark_simulated(ax)
    return ax


@as_written
def plot_alarm_weeks(
    table: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    first: str = "lrd_b",
    simulated: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw one quiet series week by week, with the weeks in which each method cries wolf.

    Parameters
    ----------
    table : DataFrame
        From :func:`analytics.evaluation.false_alarms.alarm_weeks`.
    names, first, ax
        As in :func:`plot_false_alarms`.
    simulated : bool
        Whether the series is, which the picture then says.
    """
    if ax is None:
        ax = new_axes((WIDTH, 2.6))
    methods = [name for name in table.columns if name not in ("week", "incidents")]
    ax.step(table["week"], table["incidents"], where="mid", color=INK, linewidth=0.9)
    top = max(float(table["incidents"].max()), 4.0)
    for number, method in enumerate(methods):
        y = -0.12 * top * (number + 1)
        weeks = table.loc[table[method], "week"]
        colour = ACCENT if method == first else INK
        ax.plot(weeks, np.full(len(weeks), y), "|", color=colour, markersize=7, markeredgewidth=1.6)
        name = (names or {}).get(method, method)
        ax.text(
            len(table) + 2, y, f"{name}: {len(weeks)}", va="center", fontsize=7.5, color=colour, clip_on=False
        )
    ax.axhline(-0.05 * top, color=PALE, linewidth=0.8)
    ax.set_xlim(0, len(table) + 1)
    ax.set_ylim(-0.12 * top * (len(methods) + 0.7), 1.2 * top)
    ax.set_yticks([tick for tick in ax.get_yticks() if 0 <= tick <= top])
    ax.set_xlabel("week")
    ax.set_ylabel("incidents a week")
    if simulated:
        mark_simulated(ax)
    return ax
