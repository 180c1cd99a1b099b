"""Small multiples: one region a panel, the regions in uptick first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.counts import Counts
from analytics.errors import OptionError
from analytics.periods import DAY
from analytics.plots.style import (
    ACCENT,
    GREY,
    INK,
    WIDTH,
    Series,
    as_written,
    draw_series,
    finish,
    recent_window,
    region_label,
    shade_recent,
)
from analytics.results import SUPPORTED, UptickResult, format_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_regions"]

_LONGEST = 19  # characters of a name that leave room for the numbers beside it


@as_written
def plot_regions(
    counts: Counts,
    result: UptickResult | None = None,
    *,
    periods: int = 52,
    most: int = 12,
    columns: int = 3,
    share_y: bool = False,
    axes: Sequence[Axes] | None = None,
) -> npt.NDArray[np.object_]:
    """Draw small multiples, one region each, the regions in uptick first.

    Parameters
    ----------
    counts : Counts
    result : UptickResult, optional
        The test of these regions: gives the order, the expected level (dashed, over baseline and recent
        window) and the mark of an uptick. Without it the regions with most incidents come first.
    periods, most, columns : int
        Periods shown, regions shown, panels side by side.
    share_y : bool
        One scale for all panels; else each has its own, and the picture says so.
    axes : sequence of Axes, optional
        Where to draw, one for each region; a new figure if not given.

    Returns
    -------
    ndarray of Axes, shape (regions shown,)

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"Diyala": [1, 0], "Kirkuk": [3, 5]}, index=["2020-W15", "2020-W16"])
    >>> counts = Counts.from_frame(frame, freq="week", as_of="2020-04-19")
    >>> [ax.get_title(loc="left") for ax in plot_regions(counts)]
    ['Kirkuk', 'Diyala']
    """
    names = _order(counts, result)[:most]
    panels = np.asarray(list(axes) if axes is not None else _grid(len(names), columns, share_y), dtype=object)
    if len(panels) < len(names):
        raise OptionError("there are too few axes", expected=str(len(names)), found=str(len(panels)))
    rows = None if result is None else result.frame
    for ax, name in zip(panels, names, strict=False):
        series = Series(counts.select([name]), periods)
        verdict, recent, direction = "", None, "greater"
        if rows is not None and result is not None:
            row = rows[rows["region"] == name].iloc[0]
            verdict, recent, direction = str(row["verdict"]), recent_window(result, row), result.direction
            shade_recent(ax, recent, verdict)
            if not np.isnan(row["expected"]):
                _draw_expected(ax, _daily(result, row, counts) * series.step, result, series)
                text = f"{format_number(row['observed'], 0)} / {format_number(row['expected'])}"
                ax.set_title(text, loc="right", fontsize=7, color=GREY, fontweight="normal")
        draw_series(ax, series, recent=recent, verdict=verdict, direction=direction, labels=False)
        finish(ax, series, small=True)
        colour = ACCENT if verdict == SUPPORTED else INK
        label = region_label(name, verdict, longest=_LONGEST, direction=direction)
        ax.set_title(label, loc="left", fontsize=8, color=colour)
    if axes is None and len(names):
        figure = panels[0].figure
        scale = "one scale for all panels" if share_y else "each panel has its own scale"
        low = len(names) <= columns  # one row of panels: too low for one line
        figure.supylabel(
            f"{counts.value} per {counts.freq}{chr(10) if low else ' '}({scale})",
            fontsize=7 if low else 8,
            color=GREY,
            parse_math=False,
        )
    return panels[: len(names)]


def _daily(result: UptickResult, row: pd.Series, counts: Counts) -> float:
    """Return the level of the baseline, a day."""
    if "baseline_total" not in row.index:
        share = row["completeness"]
        return float(row["expected"] / (row["recent_days"] * (1.0 if np.isnan(share) else share)))
    return float(row["baseline_total"] / (row["baseline_periods"] * counts.period_days))


def _draw_expected(ax: Axes, level: float, result: UptickResult, series: Series) -> None:
    x = cast(Any, [max(result.baseline.start, series.starts[0]), result.recent.end + DAY])
    ax.plot(x, [level, level], "--", color=GREY, linewidth=0.8, zorder=2, label="_expected")


def _order(counts: Counts, result: UptickResult | None) -> list[str]:
    if result is not None:
        names = [str(name) for name in result.ranked()["region"]]
        unknown = [name for name in names if name not in counts.regions]
        if unknown:
            raise OptionError("the result is not of these counts", found=f"a region {unknown[0]!r}")
        return names
    totals = np.where(counts.coverage, counts.values, 0).sum(axis=0)
    return [counts.regions[i] for i in np.argsort(-totals, kind="stable")]


def _grid(panels: int, columns: int, share_y: bool) -> list[Axes]:
    import matplotlib.pyplot as plt

    rows = max(-(-panels // columns), 1)
    _, axes = plt.subplots(
        rows,
        columns,
        figsize=(WIDTH, 0.35 + 1.3 * rows),
        sharex=True,
        sharey=share_y,
        layout="constrained",
        squeeze=False,
    )
    flat = list(axes.ravel())
    for ax in flat[panels:]:
        ax.set_visible(False)
    for ax in flat[max(panels - columns, 0) : panels]:
        ax.tick_params(labelbottom=True)
    return flat
