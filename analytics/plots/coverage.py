"""Where there was coverage, and how much of what happened has been reported, as far as either is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analytics._typing import BoolArray, Days, FloatArray
from analytics.counts import Counts
from analytics.options import check_whole
from analytics.periods import DAY
from analytics.plots.cells import month_ticks, plain_axes
from analytics.plots.fonts import drawable
from analytics.plots.look import HATCH, LINE
from analytics.plots.style import (
    GREY,
    INK,
    PALE,
    WIDTH,
    as_written,
    empty,
    mark_simulated,
    marked,
    new_axes,
    runs,
)
from analytics.results.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_completeness", "plot_coverage"]

_HALF = 0.3  # half the height of a strip, in rows


@as_written
def plot_coverage(
    counts: Counts, *, periods: int = 104, most: int = 20, title: bool = True, ax: Axes | None = None
) -> Axes:
    """Draw a strip a region: grey where there was coverage, hatched where there was none.

    Parameters
    ----------
    counts : Counts
    periods, most : int
        Periods shown, the last ones, and regions with gaps shown; regions covered throughout share one strip.
    title : bool
    ax : Axes, optional

    Returns
    -------
    Axes
        Suspected gaps that nobody has answered for are framed and carry a question mark.

    Examples
    --------
    >>> counts = Counts.from_array([[3, 0], [1, np.nan]], start="2020-04-06", regions=["Kirkuk", "Anbar"])
    >>> ax = plot_coverage(counts)
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['Anbar', 'the other region']
    >>> ax.get_title(loc="left")
    '1 of 2 regions without coverage in some weeks'
    """
    check_whole(1, periods=periods, most=most)
    shown = counts if counts.freq == counts.finest else counts.resample(counts.freq)
    keep = np.flatnonzero(shown.starts >= counts.starts[0])[-periods:]
    starts, covered = shown.starts[keep], shown.coverage[keep]
    holes = np.flatnonzero(~covered.all(axis=0))
    holes = holes[np.argsort((covered[:, holes]).sum(axis=0), kind="stable")]
    rows = [(drawable(counts.regions[i]), covered[:, i]) for i in holes[:most]]
    whole = len(counts.regions) - len(holes)
    if whole:
        name = "the other region" if whole == 1 else f"the other {whole} regions"
        rows.append((name if len(holes) else "every region", np.ones(len(starts), dtype=np.bool_)))
    if ax is None:
        ax = new_axes((WIDTH, 0.85 + 0.24 * max(len(rows), 2)))
    plain_axes(ax)
    for y, (_, strip) in enumerate(rows):
        _draw_strip(ax, y, strip, counts.freq)
    gaps = _draw_suspected(ax, counts, starts, shown.period_days, len(rows))
    ax.set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=7.5)
    ax.set_xlim(-0.6, len(starts) - 0.4)
    ax.set_ylim(len(rows) - 0.4, -0.6 - 0.5 * counts.simulated)
    ticks, words = month_ticks(starts)
    ax.set_xticks(ticks, words, fontsize=7)
    said = []
    if len(holes) > most:
        said.append(f"{counted(len(holes) - most, 'more region')} with gaps not shown")
    if not len(holes) and not gaps:
        said.append(
            f"No {counts.freq} is marked as without coverage; "
            "nothing here shows that every source reported in all of them."
        )
    if gaps:
        said.append("?: no incident at all is dated there; a gap in the data, unless it is said to be quiet")
    ax.set_xlabel("\n".join(said), fontsize=7, color=GREY, loc="left")
    if counts.simulated:
        mark_simulated(ax, small=True)
    if title:
        of = f"{len(holes)} of {counted(len(counts.regions), 'region')}"
        head = (
            f"{of} without coverage in some {counts.freq}s"
            if len(holes)
            else f"Every {counts.freq} counts as covered"
        )
        ax.set_title(marked(head, counts.simulated), loc="left")
    return ax


def _draw_strip(ax: Axes, y: int, covered: BoolArray, freq: str) -> None:
    """Draw one region's spells, and how much of it is without coverage."""
    from matplotlib.patches import Rectangle

    there: dict[str, Any] = {"facecolor": "#CFD8E3", "linewidth": 0, "label": "covered"}
    none: dict[str, Any] = {"facecolor": "white", "edgecolor": LINE, "hatch": "//////", "linewidth": 0.6}
    for flags, style in ((covered, there), (~covered, none | {"label": "no coverage"})):
        for begin, end in runs(flags):
            ax.add_artist(Rectangle((begin - 0.5, y - _HALF), end - begin, 2 * _HALF, **style))
    lost = int((~covered).sum())
    if lost:
        ax.annotate(
            f"{counted(lost, freq)} without", (1.01, y), xycoords=("axes fraction", "data"), fontsize=7,
            va="center", color=INK,
        )  # fmt: skip


def _draw_suspected(ax: Axes, counts: Counts, starts: Days, step: int, rows: int) -> int:
    """Frame the suspected gaps; return how many lie in the periods shown."""
    from matplotlib.patches import Rectangle

    found = 0
    for window in counts.silences:
        touched = np.flatnonzero((starts + (step - 1) * DAY >= window.start) & (starts <= window.end))
        if not touched.size:
            continue
        found += 1
        left, right = touched[0] - 0.5, touched[-1] + 0.5
        frame = Rectangle(
            (left, -0.5), right - left, rows, facecolor="none", edgecolor=INK, linewidth=0.9, linestyle="--",
            zorder=4, label="suspected gap",
        )  # fmt: skip
        ax.add_artist(frame)
        ax.text((left + right) / 2, -0.5, "?", ha="center", va="bottom", fontsize=8, color=INK)
    return found


@as_written
def plot_completeness(
    counts: Counts, *, periods: int = 26, title: bool = True, ax: Axes | None = None
) -> Axes:
    """Draw what share of each period's incidents had been reported, where that is known.

    Parameters
    ----------
    counts : Counts
        Several regions are taken together, each by what it holds.
    periods : int
        Periods shown, the last ones.
    title : bool
    ax : Axes, optional

    Returns
    -------
    Axes
        The share with two standard deviations either way; periods for which it is not known are hatched and
        say so. It is never taken for complete.

    Examples
    --------
    >>> counts = Counts.from_array([[3], [1]], start="2020-04-06", regions=["Kirkuk"])
    >>> ax = plot_completeness(counts)
    >>> ax.get_title(loc="left")
    'How many reports are still to come is not known'
    """
    check_whole(1, periods=periods)
    single = counts if len(counts.regions) == 1 else counts.total()
    shown = single if single.freq == single.finest else single.resample(single.freq)
    starts = shown.starts[-periods:]
    share, spread = _shares(shown, len(starts))
    if ax is None:
        ax = new_axes((WIDTH, 1.9))
    plain_axes(ax)
    known = ~np.isnan(share)
    x = np.arange(len(starts))
    for begin, end in runs(~known):
        ax.axvspan(
            begin - 0.5,
            end - 0.5,
            facecolor="white",
            edgecolor=HATCH,
            hatch="////",
            linewidth=0,
            label="not known",
        )
    low, high = np.clip(share - 2 * spread, 0, 1), np.clip(share + 2 * spread, 0, 1)
    ax.vlines(x[known], 100 * low[known], 100 * high[known], color=GREY, linewidth=1.4, zorder=3)
    ax.plot(x[known], 100 * share[known], "o", color=INK, markersize=4, zorder=4, label="reported")
    ax.axhline(100, color=PALE, linewidth=0.8, zorder=1)
    ax.set_xlim(-0.6, len(starts) - 0.4)
    ax.set_ylim(0, 118 if counts.simulated else 108)
    ax.set_yticks([0, 50, 100], ["0 %", "50 %", "100 %"], fontsize=7)
    ticks, words = month_ticks(starts)
    ax.set_xticks(ticks, words, fontsize=7)
    if not known.any():
        empty(
            ax,
            "not known: neither the day the file was drawn nor completeness= says it,\n"
            "and counts of the last weeks may still rise",
        )
    else:
        basis = counts.completeness.basis if counts.completeness is not None else ""
        ax.set_xlabel(
            f"share reported ({drawable(basis)})" + ("" if known.all() else "; hatched: not known"),
            fontsize=7,
            color=GREY,
        )
    if counts.simulated:
        mark_simulated(ax, small=True)
    if title:
        ax.set_title(marked(_completeness_words(share, counts.freq), counts.simulated), loc="left")
    return ax


def _shares(shown: Counts, periods: int) -> tuple[FloatArray, FloatArray]:
    if shown.completeness is None:
        return np.full(periods, np.nan), np.full(periods, np.nan)
    share, spread = shown.completeness.share[-periods:, 0], shown.completeness.deviation[-periods:, 0]
    return share, np.where(np.isnan(spread), 0.0, spread)


def _completeness_words(share: FloatArray, freq: str) -> str:
    known = ~np.isnan(share)
    if not known.any():
        return "How many reports are still to come is not known"
    if not known[-1]:
        since = len(share) - int(np.flatnonzero(known)[-1]) - 1
        return f"Complete as far as known; of the last {counted(since, freq)} it is not known"
    return f"About {100 * share[-1]:.0f} % of the last {freq}'s incidents are reported"
