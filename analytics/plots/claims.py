"""Pictures of claims: ratios with intervals, the contrast beside a causal claim, published totals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from analytics.claims import VerdictTable
from analytics.periods import DAY
from analytics.plots.fonts import drawable
from analytics.plots.style import ACCENT, GREY, INK, PALE, WIDTH, as_written, empty, mark_simulated, new_axes
from analytics.results import SUPPORTED, mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_claims", "plot_contrast", "plot_published"]

_LIMITS = (0.2, 8.0)
_LOOKS = (("o", INK, INK), ("s", GREY, "white"))


@as_written
def plot_claims(tables: Mapping[str, VerdictTable], *, ax: Axes | None = None) -> Axes:
    """Draw the claims whose estimate is a ratio with an interval, for one or two data sets.

    Parameters
    ----------
    tables : mapping of str to VerdictTable
        Label (such as "with the uptick") to verdicts on the same claims; at most two.
    ax : Axes, optional

    Returns
    -------
    Axes
        Ratios on a logarithmic axis; filled: the first data set, hollow: the second. A triangle marks what is
        supported.
    """
    shown = {
        label: table.frame[
            table.frame["low"].notna() & table.frame["estimate_name"].str.contains("ratio|relative")
        ]
        for label, table in tables.items()
    }
    keys = list(
        dict.fromkeys(
            key for rows in shown.values() for key in zip(rows["claim"], rows["counted"], strict=True)
        )
    )
    if ax is None:
        ax = new_axes((WIDTH, 0.9 + 0.36 * max(len(keys), 2)))
    if not keys:
        empty(ax, "no claim with a ratio could be tested")
    ax.axvline(1.0, color=PALE, linewidth=1, zorder=0)
    for number, (label, rows) in enumerate(shown.items()):
        marker, edge, face = _LOOKS[number % 2]
        rows = rows.set_index(["claim", "counted"])
        for y, key in enumerate(keys):
            if key not in rows.index:
                continue
            row = rows.loc[key]
            at = y + (0.17 if number else -0.17)
            up = row["verdict"] == SUPPORTED
            low, high = np.clip([row["low"], row["high"]], *_LIMITS)
            ax.plot([low, high], [at, at], color=edge, linewidth=1.2, zorder=2)
            ax.plot(
                np.clip(row["estimate"], *_LIMITS),
                at,
                "^" if up else marker,
                markerfacecolor=ACCENT if up else face,
                markeredgecolor=ACCENT if up else edge,
                markersize=6 if up else 5,
                zorder=3,
            )
        ax.plot([], [], marker, markerfacecolor=face, markeredgecolor=edge, color=edge, label=label)
    simulated = any(table.simulated for table in tables.values())
    ax.plot([], [], "^", color=ACCENT, linestyle="none", label=f"{SUPPORTED}{mark(simulated, 'beside')}")
    ax.set_xscale("log")
    ax.set_xlim(*_LIMITS)
    ticks = [0.25, 0.5, 1, 2, 4, 8]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.set_yticks(range(len(keys)), [drawable(f"{claim}: {counted}") for claim, counted in keys])
    ax.set_ylim(len(keys) - 0.4, -0.9)
    ax.set_xlabel("ratio, with 95 % interval")
    ax.legend(loc="upper center", bbox_to_anchor=(0.45, 1.12), ncols=3, frameon=False, fontsize=7.5)
    if simulated:
        mark_simulated(ax)
    return ax


@as_written
def plot_contrast(table: pd.DataFrame, *, simulated: bool, ax: Axes | None = None) -> Axes:
    """Draw the contrast beside a causal claim at the claimed date and at its placebo dates.

    Parameters
    ----------
    table : DataFrame
        ``verdict_table.details(claim, "contrast")``.
    simulated : bool
    ax : Axes, optional
    """
    if ax is None:
        ax = new_axes((WIDTH, 2.3))
    placebo, claimed = table[~table["claimed"]], table[table["claimed"]]
    ax.axhline(1.0, color=PALE, linewidth=1, zorder=0)
    ax.plot(
        cast(Any, placebo["date"].to_numpy()),
        placebo["ratio"].to_numpy(),
        "o",
        markerfacecolor="white",
        markeredgecolor=GREY,
        markersize=4,
        label="earlier dates, for which nothing is claimed",
    )
    ax.plot(
        cast(Any, claimed["date"].to_numpy()),
        claimed["ratio"].to_numpy(),
        "D",
        color=INK,
        markersize=6,
        label="date of the claim",
    )
    known = table["ratio"].dropna()
    if known.empty:
        empty(ax, "no ratio can be computed")
    else:
        ax.set_ylim(0, 1.25 * max(float(known.max()), 1.2))
    ax.set_ylabel("ratio")
    ax.legend(loc="upper right", frameon=False, fontsize=7.5, ncols=2)
    if simulated:
        mark_simulated(ax)
    return ax


@as_written
def plot_published(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw published totals per quarter; totals of a year are spread over its quarters, and pale.

    Parameters
    ----------
    table : DataFrame
        From :func:`analytics.claims.published.published_quarters`.
    ax : Axes, optional
    """
    if ax is None:
        ax = new_axes((WIDTH, 2.5))
    top = float(table["attacks_a_quarter"].max())
    for row in table.to_dict("records"):
        start, end = (np.datetime64(row[name], "D") for name in ("start", "end"))
        width = (end - start) / DAY + 1
        value = float(row["attacks_a_quarter"])
        middle: Any = start + np.timedelta64(int(width) // 2, "D")
        if pd.isna(row["attacks"]):
            ax.plot(cast(Any, [start, end]), [value, value], "--", color=INK, linewidth=1.3, zorder=3)
            ax.text(middle, value + 0.02 * top, f"about {value:g}, other rules", ha="center", fontsize=7)
            continue
        year = width > 100
        ax.bar(
            cast(Any, start),
            value,
            width=width - 4,
            align="edge",
            color=PALE if year else GREY,
            linewidth=0,
        )
        number = f"{row['attacks']:,}" + (" in the year" if year else "")
        ax.text(middle, value + 0.02 * top, number, ha="center", fontsize=7)
    ax.set_ylim(0, 1.15 * top)
    ax.set_ylabel("attacks per quarter")
    ax.text(
        0.012, 0.97, "PUBLISHED, not simulated", transform=ax.transAxes, va="top", fontsize=7.5, color=INK
    )
    return ax
