"""One series with what was expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from analytics.counts import Counts
from analytics.errors import OptionError
from analytics.plots.style import (
    GREY,
    INK,
    PALE,
    WIDTH,
    Series,
    as_written,
    draw_series,
    finish,
    marked,
    new_axes,
    recent_window,
    shade_recent,
)
from analytics.results import UptickResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["band_rows", "plot_trend", "trend_series", "trend_title"]


@as_written
def plot_trend(
    counts: Counts,
    *,
    band: pd.DataFrame | None = None,
    result: UptickResult | None = None,
    periods: int = 104,
    gap: str = "no coverage",
    title: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw one series with what was expected.

    Parameters
    ----------
    counts : Counts
        Several regions are summed. Drawn at the frequency shown; a period still running is hollow, spells
        without coverage are hatched.
    band : DataFrame, optional
        What :func:`analytics.upticks.expected_band` returns. Periods above it get a diamond.
    result : UptickResult, optional
        The test of this one series: its recent window is shaded, in the accent colour if there is an uptick.
    periods : int
        How many periods to show, the last ones.
    gap : str
        What the legend calls periods without coverage.
    title : bool
        Write the takeaway above the picture.
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    Axes

    Raises
    ------
    OptionError
        If `result` has several regions.

    Examples
    --------
    >>> frame = pd.DataFrame({"Kirkuk": [3, 0, 5]}, index=["2020-W14", "2020-W15", "2020-W16"])
    >>> counts = Counts.from_frame(frame, freq="week", as_of="2020-04-19")
    >>> plot_trend(counts).get_ylabel()
    'incidents per week'
    """
    series = trend_series(counts, result, periods)
    if ax is None:
        ax = new_axes((WIDTH, 2.7))
    if band is not None:
        _draw_band(ax, band, series)
    verdict, recent, direction = "", None, "greater"
    if result is not None:
        row = result.frame.iloc[0]
        verdict, recent, direction = str(row["verdict"]), recent_window(result, row), result.direction
        shade_recent(ax, recent, verdict)
    draw_series(
        ax,
        series,
        recent=recent,
        verdict=verdict,
        direction=direction,
        gap=gap,
    )
    finish(ax, series)
    ax.set_ylabel(f"{counts.value} per {counts.freq}")
    if ax.get_legend_handles_labels()[1]:
        ax.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1.0),
            ncols=6,
            borderaxespad=0.2,
            handlelength=1.5,
            handletextpad=0.5,
            columnspacing=1.1,
            fontsize=7,
        )
    if title:
        ax.set_title(trend_title(counts, series, result), loc="left", pad=20)
    return ax


def trend_series(counts: Counts, result: UptickResult | None, periods: int) -> Series:
    """Return the one series that a trend shows.

    Raises
    ------
    OptionError
        If the result has several regions.
    """
    if result is not None and len(result.frame) != 1:
        raise OptionError(
            "plot_trend draws one series", expected="a result for one region", found=f"{len(result.frame)}"
        )
    return Series(counts if len(counts.regions) == 1 else counts.total(), periods)


def trend_title(counts: Counts, series: Series, result: UptickResult | None) -> str:
    """Return what a trend says, with the mark."""
    head = f"{series.name}: {counts.value} per {counts.freq}"
    if result is not None:
        head = result.describe(series.name).split(";")[0].split(", because")[0]
    return marked(head, counts.simulated)


def band_rows(band: pd.DataFrame, series: Series) -> pd.DataFrame:
    """Return the rows of a band that lie in the time shown; none where it has no bounds there."""
    starts = band["start"].to_numpy().astype("datetime64[D]")
    rows: pd.DataFrame = band[starts >= series.starts[0]]
    return rows if rows["low"].notna().any() else rows.iloc[:0]


def _draw_band(ax: Axes, band: pd.DataFrame, series: Series) -> None:
    rows = band_rows(band, series)
    if rows.empty:
        return
    starts = rows["start"].to_numpy().astype("datetime64[D]")
    x = cast(Any, starts.astype("datetime64[h]") + np.timedelta64(84, "h"))
    low, high, expected, observed = (
        rows[name].to_numpy(dtype=float) for name in ("low", "high", "expected", "observed")
    )
    ax.fill_between(x, low, high, color=PALE, alpha=0.6, linewidth=0, zorder=0.5, label="expected range")
    ax.plot(x, expected, "--", color=GREY, linewidth=0.9, zorder=2, label="expected")
    above = observed > high
    if above.any():
        ax.plot(
            x[above],
            observed[above],
            "D",
            color=INK,
            markersize=3.2,
            linestyle="none",
            zorder=4,
            label="above range",
        )
