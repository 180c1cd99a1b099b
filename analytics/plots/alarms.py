"""What detectors said of one region, period by period, with their bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from analytics.errors import OptionError
from analytics.periods import DAY
from analytics.plots.months import day_labels
from analytics.plots.style import (
    ACCENT,
    GREY,
    INK,
    PALE,
    WIDTH,
    as_written,
    mark_simulated,
    marked,
    new_axes,
)
from analytics.results import Alarms
from analytics.results.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_alarms"]

_MOST_STYLED = 1  # with more detectors than this, bounds would cross: only the alarms are drawn


@as_written
def plot_alarms(
    alarms: Alarms, region: str | None = None, *, title: bool = True, ax: Axes | None = None
) -> Axes:
    """Draw one region's counts with what each detector said of every period.

    Parameters
    ----------
    alarms : Alarms
    region : str, optional
        Needed where there are several.
    title : bool
    ax : Axes, optional

    Returns
    -------
    Axes
        Counts as a stepped line; below it one row of signs for each detector: a triangle for an alarm, a
        small cross where nothing was tested. With one detector, its expectation and upper bound as well.

    Raises
    ------
    OptionError
        If the region is unknown or not given.
    """
    names = list(dict.fromkeys(alarms.regions))
    if region is None and len(names) > 1:
        raise OptionError("plot_alarms draws one region", expected=", ".join(names[:30]), todo="name it")
    mine = alarms.select(regions=[region or names[0]])
    if ax is None:
        ax = new_axes((WIDTH, 2.3 + 0.18 * len(mine.runs)))
    top = _draw_counts(ax, mine)
    row = top * 0.13 if top > 0 else 0.5
    _draw_signs(ax, mine, row)
    ax.set_ylim(-(len(mine.runs) + 0.7) * row, top * 1.12)
    ax.set_yticks([tick for tick in ax.get_yticks() if 0 <= tick <= top * 1.12])
    ax.axhline(0, color=PALE, linewidth=0.6, zorder=1)
    _time_axis(ax, mine)
    ax.set_ylabel(f"{mine.value} per {mine.freq}")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=6, fontsize=7, borderaxespad=0.2)
    if mine.simulated:
        mark_simulated(ax)
    if title:
        one = len(mine.runs) == 1
        said = counted(int(mine.onsets.sum()), "alarm episode") if one else "what each detector said"
        ax.set_title(marked(f"{mine.regions[0]}: {said}", mine.simulated), loc="left", pad=20)
    return ax


def _draw_counts(ax: Axes, mine: Alarms) -> float:
    """Draw one region's counts, with one detector its expectation and bound too; return the highest count."""
    middle = _middles(mine)
    shown = np.where(mine.covered.any(axis=1), mine.observed[:, 0], np.nan)
    ax.plot(middle, shown, color=INK, linewidth=0.9, drawstyle="steps-mid", zorder=3, label="observed")
    if len(mine.runs) <= _MOST_STYLED:
        for array, style, label in (
            (mine.expected, {"linestyle": "--", "color": GREY}, "expected"),
            (mine.upper_bound, {"linestyle": "-", "color": PALE}, "upper bound"),
        ):
            if array is not None and np.isfinite(array).any():
                ax.plot(middle, array[:, 0], linewidth=1.1, zorder=2, label=label, **cast(Any, style))
    return float(np.nanmax(np.append(shown, 1.0)))


def _draw_signs(ax: Axes, mine: Alarms, row: float) -> None:
    """Draw what each detector said, one row of signs a detector, `row` apart below zero."""
    middle = _middles(mine)
    alarm: dict[str, Any] = {"marker": "^", "color": ACCENT, "markersize": 4.5, "zorder": 5}
    cross: dict[str, Any] = {"marker": "x", "color": GREY, "markersize": 2.5}
    skipped = ~mine.tested
    first = int(skipped.any(axis=0).argmax())  # the one whose crosses the legend names
    for i in range(len(mine.runs)):
        at = -(i + 1) * row
        alarm["label"] = "alarm" if i == 0 else "_alarm"
        cross["label"] = "not tested" if i == first and skipped.any() else "_skipped"
        for where, style in ((mine.alarm[:, i], alarm), (skipped[:, i], cross)):
            ax.plot(middle[where], np.full(where.sum(), at), linestyle="none", **style)
        ax.annotate(
            mine.detectors[i],
            (1.0, at),
            xycoords=("axes fraction", "data"),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=6.5,
            color=GREY,
        )


def _middles(alarms: Alarms) -> Any:
    """Return the middle of each period, as matplotlib takes it."""
    return alarms.starts.astype("datetime64[h]") + np.timedelta64(12 * alarms.period_days, "h")


def _time_axis(ax: Axes, alarms: Alarms) -> None:
    """Set the axis from the first period's start to the last one's end."""
    from matplotlib import dates

    mdates: Any = dates  # matplotlib leaves these without types
    step = alarms.period_days
    ax.set_xlim(cast(Any, alarms.starts[0]), cast(Any, alarms.starts[-1] + step * DAY))
    days = len(alarms.starts) * step
    months = range(1, 13) if days <= 200 else [1, 4, 7, 10] if days <= 1000 else [1]
    ax.xaxis.set_major_locator(mdates.MonthLocator(bymonth=months))
    ax.xaxis.set_major_formatter(day_labels("{month}\n{year}"))
