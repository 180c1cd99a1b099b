"""Size and power of tests in one picture: how often each calls, where nothing happened and where much did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analytics.errors import InputError
from analytics.options import check_level
from analytics.plots.style import ACCENT, GREY, INK, PALE, WIDTH, as_written, empty, mark_simulated, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_power"]

_MARKERS = "osD^vPX*<>"
_LINES = ("-", "--", "-.", ":")
_NEEDED = ("test", "ratio", "share")


@as_written
def plot_power(
    table: pd.DataFrame,
    *,
    alpha: float = 0.05,
    first: str | None = None,
    simulated: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw how often tests call an uptick against how large it is; at 1 nothing happened.

    Parameters
    ----------
    table : DataFrame
        Columns `test`, `ratio` (of the rate to its usual; 1 is no uptick) and `share` of the series called;
        `low` and `high` of it where they are known.
    alpha : float
        The level that the tests promise, drawn across.
    first : str, optional
        The test in the accent colour; the first of the table unless given.
    simulated : bool
        Whether the series are simulated.
    ax : Axes, optional

    Returns
    -------
    Axes
        One line a test, each with its own sign and dashes, named at its end. Left of 1 to 1.2 a test should
        stay at or below the level; one that does not has no power to speak of, only false alarms.

    Raises
    ------
    InputError
        If a column is missing or a share is no share.

    Examples
    --------
    >>> table = pd.DataFrame({"test": ["A"] * 3, "ratio": [1, 2, 3], "share": [0.04, 0.5, 0.9]})
    >>> plot_power(table).get_xlabel()
    'rate to its usual (1: nothing happened)'
    """
    check_level(alpha=alpha)
    absent = [name for name in _NEEDED if name not in table]
    if absent:
        raise InputError(
            "the table of size and power lacks columns",
            expected=", ".join(_NEEDED),
            found=", ".join(map(str, table.columns)),
        )
    share = table["share"].to_numpy(dtype=float)
    if not ((share >= 0) & (share <= 1) | np.isnan(share)).all():
        raise InputError(
            "a share of series called is out of range", expected="0 to 1", found=f"{np.nanmax(share):g}"
        )
    if ax is None:
        ax = new_axes((WIDTH, 2.9))
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.axhline(100 * alpha, color=PALE, linewidth=1.4, zorder=0, label="_level")
    ax.annotate(
        f"promised: {100 * alpha:g} %", (1.0, 100 * alpha), xycoords=("axes fraction", "data"), xytext=(0, 2),
        textcoords="offset points", ha="right", fontsize=7, color=GREY,
    )  # fmt: skip
    names = list(dict.fromkeys(table["test"]))
    loud = first if first is not None else (names[0] if names else None)
    for number, name in enumerate(names):
        rows = table[table["test"] == name].sort_values("ratio")
        _draw_test(ax, rows, str(name), number, loud=name == loud)
    if not names:
        empty(ax, "nothing was measured")
    ax.set_ylim(0, 104)
    ticks = sorted(set(table["ratio"].astype(float)))
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.set_xlabel("rate to its usual (1: nothing happened)")
    ax.set_ylabel("series called, %")
    if names:
        ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=7, frameon=False)
    if simulated:
        mark_simulated(ax)
    return ax


def _draw_test(ax: Axes, rows: pd.DataFrame, name: str, number: int, *, loud: bool) -> None:
    colour = ACCENT if loud else INK if number % 2 else GREY
    x, share = (rows[column].to_numpy(dtype=float) for column in ("ratio", "share"))
    spread: Any = None
    if {"low", "high"} <= set(rows.columns):
        low, high = (rows[column].to_numpy(dtype=float) for column in ("low", "high"))
        spread = 100 * np.vstack([share - low, high - share])
    ax.errorbar(
        x, 100 * share, yerr=spread, color=colour, linewidth=1.6 if loud else 0.9, elinewidth=0.7,
        linestyle=_LINES[number % len(_LINES)], marker=_MARKERS[number % len(_MARKERS)],
        markerfacecolor=colour if loud else "white", markersize=4.5, zorder=4 if loud else 3, label=name,
    )  # fmt: skip
