"""Pictures of an evaluation: upticks caught against false alarms, and how late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from analytics.evaluation.measures import HALF
from analytics.evaluation.results import EvaluationResult
from analytics.plots.style import ACCENT, GREY, INK, PALE, WIDTH, as_written, empty, mark_simulated, new_axes
from analytics.results.words import counted, noun

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["evaluation_figure", "plot_caught", "plot_delay"]

_MARKERS = "osD^vPX*<>phd8H"
_TICKS = (0, 0.25, 0.5, 1, 2, 4, 8, 16, 32)


def _signs(result: EvaluationResult) -> dict[str, tuple[str, str]]:
    """Return marker and colour of each detector, the best at the budget in the accent colour."""
    names = result.ranked()["detector"].tolist()
    return {
        name: (_MARKERS[i % len(_MARKERS)], ACCENT if i == 0 else INK if i % 2 else GREY)
        for i, name in enumerate(names)
    }


@as_written
def plot_caught(result: EvaluationResult, *, ax: Axes | None = None) -> Axes:
    """Draw the share of upticks caught against false alarms, with intervals and the budget.

    A line is a detector whose threshold moves; a sign, with 95 % intervals, the threshold it was run at.

    Parameters
    ----------
    result : EvaluationResult
    ax : Axes, optional
    """
    if ax is None:
        ax = new_axes((WIDTH * 0.6, 3.4))
    rows = result.frame.set_index("detector")
    signs = _signs(result)
    highest = rows["per_year_high"].fillna(rows["per_year"]).fillna(0).max()
    most = 1.25 * max(float(highest), 2 * result.budget)
    ax.axvline(result.budget, color=PALE, linewidth=1.5, zorder=0)
    for number, (name, (marker, colour)) in enumerate(signs.items()):
        curve = result.curve[result.curve["detector"] == name]
        ax.plot(
            curve["per_year"],
            100 * curve["pod"],
            color=colour if number == 0 else PALE,
            linewidth=1.4 if number == 0 else 0.9,
            zorder=2 if number == 0 else 1,
        )
        row = rows.loc[name].to_dict()
        spread = {
            axis: None
            if np.isnan(row[f"{what}_low"])
            else scale * np.array([[row[what] - row[f"{what}_low"]], [row[f"{what}_high"] - row[what]]])
            for axis, what, scale in (("xerr", "per_year", 1), ("yerr", "pod", 100))
        }
        ax.errorbar(
            row["per_year"],
            100 * row["pod"],
            fmt=marker,
            color=colour,
            markerfacecolor=colour if number == 0 else "white",
            markersize=5,
            elinewidth=0.8,
            zorder=4 if number == 0 else 3,
            label=name,
            **cast(Any, spread),
        )
    # A square-root scale has a place for no false alarms at all.
    ax.set_xscale("function", functions=(lambda x: np.sqrt(np.maximum(x, 0)), np.square))
    ax.set_xlim(0, most)
    ax.set_xticks(ticks := [tick for tick in _TICKS if tick <= most], [f"{tick:g}" for tick in ticks])
    ax.set_ylim(0, 100)
    ax.set_xlabel("false-alarm episodes per region-year\n(vertical line: the budget)")
    ax.set_ylabel("upticks caught, %")
    if result.simulated:
        mark_simulated(ax)
    return ax


@as_written
def plot_delay(result: EvaluationResult, *, ax: Axes | None = None) -> Axes:
    """Draw each detector's delay at the budget, the best first: median as a sign, mean as a bar.

    Parameters
    ----------
    result : EvaluationResult
    ax : Axes, optional
    """
    if ax is None:
        ax = new_axes((WIDTH * 0.4, 3.4))
    rows = result.ranked()
    median = rows["matched_delay_median"].to_numpy(dtype=float)
    mean = rows["matched_delay_mean"].to_numpy(dtype=float)
    for y, (marker, colour) in enumerate(_signs(result).values()):
        ax.plot([0, mean[y]], [y, y], color=PALE, linewidth=4, solid_capstyle="butt", zorder=1)
        ax.plot(
            median[y],
            y,
            marker,
            color=colour,
            markerfacecolor=colour if y == 0 else "white",
            markersize=5,
            clip_on=False,
            zorder=3,
        )
        if np.isnan(median[y]):
            ax.text(0, y, " threshold cannot be moved there", va="center", color=GREY, fontsize=7)
    if np.isnan(median).all():
        empty(ax, "")
    numbers = rows[["matched_pod", "tested"]].to_numpy(dtype=float)
    most = float(numbers[:, 1].max())
    labels = [
        name
        + ("" if np.isnan(pod) else f": {100 * pod:.0f} %")
        + (f"\n(tested {100 * tested:.0f} %)" if tested < HALF * most else "")
        for name, (pod, tested) in zip(rows["detector"], numbers, strict=True)
    ]
    ax.set_yticks(range(len(rows)), labels)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    known = np.r_[median, mean][~np.isnan(np.r_[median, mean])]
    ax.set_xlim(0, 1.15 * max(1.0, float(known.max()) if known.size else 1.0))
    ax.set_xlabel(f"delay at the budget, {result.freq}s\n(sign: median, bar: mean)")
    ax.tick_params(axis="y", length=0)
    return ax


def evaluation_figure(result: EvaluationResult) -> Figure:
    """Return both pictures side by side, with what they show as the title."""
    import matplotlib.pyplot as plt

    height = max(3.2, 1.4 + 0.27 * len(result.frame))
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(WIDTH, height), layout="constrained", width_ratios=(1.25, 1)
    )
    plot_caught(result, ax=left)
    plot_delay(result, ax=right)
    figure.suptitle(_takeaway(result), x=0.01, ha="left", fontsize=9, fontweight="bold", parse_math=False)
    figure.supxlabel(
        f"{result.upticks:,} simulated upticks: {result.uptick_words}, on {result.period} turned "
        f"{result.replicates} times",
        x=0.01,
        ha="left",
        fontsize=7,
        color=GREY,
    )
    return figure


def _takeaway(result: EvaluationResult) -> str:
    best = result.ranked().iloc[0]
    episodes = f"{result.budget:g} {noun(result.budget, 'false alarm')} a region-year"
    if np.isnan(best["matched_pod"]):
        return f"No detector's threshold can be moved to {episodes}"
    low, high = 100 * best["matched_pod_low"], 100 * best["matched_pod_high"]
    near = len(result.not_told_apart())
    alike = f"; {counted(near, 'other')} may be as good" if near else ""
    return (
        f"At {episodes}, {best['detector']} catches {100 * best['matched_pod']:.0f} % of upticks "
        f"(95 % interval {low:.0f} to {high:.0f}){alike}"
    )
