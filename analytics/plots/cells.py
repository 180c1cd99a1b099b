"""Squares in a grid: one row a region or year, one column a period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analytics._typing import BoolArray, Days

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["MONTHS", "draw_cells", "month_ticks", "plain_axes"]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def draw_cells(
    ax: Axes,
    chosen: BoolArray,
    *,
    left: float = 0.0,
    top: float = -0.43,
    wide: float = 0.86,
    high: float = 0.86,
    **style: Any,
) -> None:
    """Draw a square where `chosen` (rows, columns) is True; nothing where it never is.

    Row 0 is at height 0, further rows below it, and the first column's middle at `left`; `top` is where a
    square begins above its row's height.
    """
    from matplotlib.collections import PolyCollection

    rows, columns = np.nonzero(chosen)
    if not rows.size:
        return
    west, east, south = left - wide / 2, left + wide / 2, top + high
    square = np.array([[west, top], [east, top], [east, south], [west, south]])
    squares = square[None, :, :] + np.stack([columns, rows], axis=1)[:, None, :]
    ax.add_collection(PolyCollection(list(squares), **style), autolim=False)


def month_ticks(starts: Days, most: int = 9) -> tuple[list[int], list[str]]:
    r"""Return the columns in which months begin and their names, with the year where it is first named.

    Examples
    --------
    >>> month_ticks(np.arange("2019-12-02", "2020-02-10", 7, dtype="datetime64[D]"))
    ([0, 4, 9], ['Dec\n2019', 'Jan\n2020', 'Feb'])
    """
    months = (starts + np.timedelta64(3, "D")).astype("datetime64[M]")
    first = np.flatnonzero(np.r_[True, months[1:] != months[:-1]])
    step = -(-len(first) // most)
    at = [int(i) for i in first[::step]]
    words, named = [], 0
    for i in at:
        day = months[i].item()
        month = MONTHS[day.month - 1]
        words.append(month if day.year == named else f"{month}\n{day.year}")
        named = day.year
    return at, words


def plain_axes(ax: Axes) -> None:
    """Leave out the frame and the ticks' marks of a grid."""
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0)
