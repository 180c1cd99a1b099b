"""What every picture shares: colours, signs, the series drawn, axes, and the mark of simulated data."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import numpy as np
import pandas as pd

from analytics._typing import BoolArray, Days, FloatArray
from analytics.counts import Counts
from analytics.errors import OptionError
from analytics.periods import DAY, Window
from analytics.plots.fonts import drawable, with_fonts
from analytics.plots.months import day_labels
from analytics.results import (
    CANNOT_BE_TOLD,
    NOT_SUPPORTED,
    SUPPORTED,
    UptickResult,
    mark,
    shown,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "ACCENT",
    "DECREASE",
    "GLYPHS",
    "GREY",
    "INK",
    "MARKERS",
    "PALE",
    "WIDTH",
    "Series",
    "as_written",
    "draw_series",
    "empty",
    "finish",
    "mark_simulated",
    "marked",
    "new_axes",
    "recent_window",
    "region_label",
    "runs",
    "shade_recent",
]

ACCENT = "#C2410C"
INK = "#1F2937"
GREY = "#6B7280"
PALE = "#D1D5DB"
WASH = "#FFEDD5"
GLYPHS: dict[str, str] = {SUPPORTED: "▲", NOT_SUPPORTED: "–", CANNOT_BE_TOLD: "?"}
DECREASE = "▼"
MARKERS = {"greater": "^", "less": "v"}
WIDTH = 6.69  # inches: the text width of a report

P = ParamSpec("P")
R = TypeVar("R")


def as_written(draw: Callable[P, R]) -> Callable[P, R]:
    """Let a function's axes show every text as it stands in the data.

    matplotlib reads what stands between dollar signs as mathematics, and a control character spoils an SVG:
    nothing is read so, and characters that no font of ours holds are shown by their codes.
    """

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        made = draw(*args, **kwargs)
        for ax in np.ravel(np.array(made, dtype=object)):
            for text in _texts(ax):
                text.set_parse_math(False)
                if (shown := drawable(text.get_text())) != text.get_text():
                    text.set_text(shown)
                with_fonts(text)
        return made

    return drawn


def _texts(ax: Axes) -> list[Any]:
    """Return the texts of axes; labels of ticks only where they do not come from matplotlib's own powers."""
    from matplotlib.text import Text
    from matplotlib.ticker import LogFormatterMathtext

    ticks, own = set(), []
    for axis in (ax.xaxis, ax.yaxis):
        labels = axis.get_majorticklabels()
        ticks |= {*labels, *axis.get_minorticklabels()}
        if not isinstance(axis.get_major_formatter(), LogFormatterMathtext):
            own += labels
    others: Any = ax.findobj(Text)
    return [*own, *(text for text in others if text not in ticks)]


def region_label(name: str, verdict: str, *, longest: int = 24, direction: str = "greater") -> str:
    """Return a region's name with the glyph of its verdict, shortened where it is too long for a panel.

    Examples
    --------
    >>> region_label("Kirkuk", "supported")
    '▲ Kirkuk'
    >>> region_label("Kirkuk", "supported", direction="less")
    '▼ Kirkuk'
    """
    name = drawable(name)
    short = name if len(name) <= longest else name[: longest - 1].rstrip() + "…"
    if not verdict:
        return short
    return f"{DECREASE if (verdict, direction) == (SUPPORTED, 'less') else GLYPHS[verdict]} {short}"


class Series:
    """The last periods of one region at the shown frequency, NaN where there is no coverage."""

    def __init__(self, counts: Counts, periods: int) -> None:
        if periods < 1:
            raise OptionError("periods must be 1 or more", found=str(periods))
        shown = counts if counts.freq == counts.finest else counts.resample(counts.freq)
        # A first week cut by the start of the counts is no week without coverage.
        first = int(shown.starts[0] < counts.starts[0])
        at = slice(max(first, len(shown) - periods), None)
        self.name = counts.regions[0]
        self.value = counts.value
        self.simulated = counts.simulated
        self.step = shown.period_days
        self.starts: Days = shown.starts[at]
        self.covered: BoolArray = shown.coverage[at, 0]
        self.values: FloatArray = np.where(self.covered, shown.values[at, 0], np.nan).astype(float)
        self.provisional: BoolArray = shown.provisional[at]

    @property
    def middle(self) -> Any:
        """Where a period is drawn: its middle."""
        return self.starts.astype("datetime64[h]") + np.timedelta64(12 * self.step, "h")

    @property
    def end(self) -> np.datetime64:
        """The day after the last period."""
        return np.datetime64(self.starts[-1] + self.step * DAY, "D")


def draw_series(
    ax: Axes,
    series: Series,
    *,
    recent: Window | None,
    verdict: str,
    direction: str = "greater",
    gap: str = "",
    labels: bool = True,
) -> None:
    """Draw whole periods as a line and a running one hollow, hatch gaps, mark the recent window."""
    hide = "" if labels else "_"  # matplotlib leaves out of a legend what starts with _
    x = series.middle
    whole = np.where(series.provisional, np.nan, series.values)
    ax.plot(x, whole, color=INK, linewidth=0.9, zorder=3, label="_counts")
    alone = ~np.isnan(whole) & np.isnan(np.r_[np.nan, whole[:-1]]) & np.isnan(np.r_[whole[1:], np.nan])
    ax.plot(x[alone], whole[alone], ".", color=INK, markersize=3, zorder=3, label="_alone")
    if recent is not None:
        inside = recent.contains(series.starts) & ~np.isnan(whole)
        up = verdict == SUPPORTED
        ax.plot(
            x[inside],
            whole[inside],
            MARKERS[direction] if up else "o",
            color=ACCENT if up else INK,
            linestyle="none",
            markersize=5 if up else 3,
            zorder=5,
            label=hide + (f"recent: {shown(SUPPORTED, direction)}" if up else "recent window"),
        )
    running = series.provisional & ~np.isnan(series.values)
    if running.any():
        at = np.flatnonzero(running)
        joined = np.unique(np.r_[at, np.maximum(at - 1, 0)])
        ax.plot(x[joined], series.values[joined], ":", color=GREY, linewidth=0.9, zorder=3, label="_running")
        ax.plot(
            x[at],
            series.values[at],
            "o",
            markerfacecolor="white",
            markeredgecolor=INK,
            linestyle="none",
            markersize=4.5,
            zorder=6,
            label=hide + ("still running"),
        )
    for number, (begin, end) in enumerate(runs(~series.covered)):
        ax.axvspan(
            cast(Any, series.starts[begin]),
            cast(Any, series.starts[end - 1] + series.step * DAY),
            facecolor="#F3F4F6",
            edgecolor="#9CA3AF",
            hatch="////",
            linewidth=0,
            zorder=1,
            label=hide + gap if number == 0 else "_gap",
        )


def recent_window(result: UptickResult, row: pd.Series) -> Window:
    """Return the days asked about: for a picked length, those of the region's own."""
    if "recent_days" not in row.index:
        return result.recent
    return Window(result.recent.end - (max(int(row["recent_days"]), 1) - 1) * DAY, result.recent.end)


def shade_recent(ax: Axes, recent: Window, verdict: str) -> None:
    """Shade the recent window, in the accent's wash where there is an uptick."""
    colour = WASH if verdict == SUPPORTED else "#F3F4F6"
    ax.axvspan(
        cast(Any, recent.start),
        cast(Any, recent.end + DAY),
        color=colour,
        linewidth=0,
        zorder=0.2,
        label="_recent",
    )


def finish(ax: Axes, series: Series, *, small: bool = False) -> None:
    """Set limits and ticks, say where there is nothing to see, mark simulated data."""
    from matplotlib import dates
    from matplotlib.ticker import MaxNLocator

    mdates: Any = dates  # matplotlib leaves these without types

    known = series.values[~np.isnan(series.values)]
    if not known.size:
        empty(ax, "no coverage in this time", small=small)
    elif not known.any():
        empty(ax, f"no {series.value} in this time", small=small)
    ax.set_xlim(cast(Any, series.starts[0]), cast(Any, series.end + series.step // 2 * DAY))
    room = 1.12 if series.simulated else 1.0  # for the mark
    ax.set_ylim(0, max(ax.get_ylim()[1], 1.0) * room)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=3 if small else 5, integer=True, min_n_ticks=2))
    days = len(series.starts) * series.step
    months = [1, 4, 7, 10] if 200 < days <= 900 and not small else [1, 7] if days > 200 else range(1, 13)
    if days > 1500:
        months = [1]
    if days >= 60:
        ax.xaxis.set_major_locator(mdates.MonthLocator(bymonth=months))
        ax.xaxis.set_major_formatter(day_labels("{month} {year}" if small else "{month}\n{year}"))
    else:
        ax.xaxis.set_major_locator(mdates.AutoDateLocator(minticks=2, maxticks=3 if small else 6))
        ax.xaxis.set_major_formatter(
            day_labels("{day:02d} {month}" if small else "{day:02d} {month}\n{year}")
        )
    if small:
        ax.tick_params(labelsize=7, length=2)
    if series.simulated:
        mark_simulated(ax, small=small)


def new_axes(size: tuple[float, float]) -> Axes:
    """Return the axes of a new figure of this size in inches."""
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=size, layout="constrained")[1]


def runs(flags: BoolArray) -> list[tuple[int, int]]:
    """Return begin and end (excluded) of each run of True."""
    edges = np.flatnonzero(np.diff(np.r_[False, flags, False].astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def empty(ax: Axes, text: str, *, small: bool = False) -> None:
    """Write in the middle of axes that hold nothing."""
    ax.text(
        0.5,
        0.5,
        text,
        transform=ax.transAxes,
        ha="center",
        va="center",
        color=GREY,
        fontsize=7 if small else 9,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 2.0, "alpha": 0.85},
        zorder=6,
    )


def marked(text: str, simulated: bool) -> str:
    """Return a text that says so where the data are simulated."""
    return f"{mark(simulated, 'title')}{text}"


def mark_simulated(ax: Axes, *, small: bool = False) -> None:
    """Write SIMULATED inside the axes."""
    ax.text(
        0.012,
        0.97,
        "SIMULATED",
        transform=ax.transAxes,
        ha="left",
        va="top",
        color=ACCENT,
        alpha=0.75,
        fontsize=5.5 if small else 7.5,
        fontweight="bold",
        zorder=7,
    )
