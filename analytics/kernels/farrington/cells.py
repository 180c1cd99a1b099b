"""Farrington's regression on every region and week: which weeks, which trend, which weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics._typing import FloatArray
from analytics.kernels.common.compiled import compiled
from analytics.kernels.farrington.regression import flat_sums, pearson, trend_slope, weigh

__all__ = ["fit_cells", "sorted_by_level"]

_PERFECT = 1e-6  # least dispersion in the test of the trend: constant counts have none at all


def sorted_by_level(at: Any, level: Any, levels: int) -> tuple[Any, Any]:
    """Return the rows of each baseline sorted by level, and where each level begins.

    Parameters
    ----------
    at, level : int arrays, shape (tested, longest)
        -1 fills up.
    levels : int

    Returns
    -------
    int arrays, shapes (tested, longest) and (tested, levels + 1)

    Examples
    --------
    >>> rows, begin = sorted_by_level(np.array([[4, 5, 6, -1]]), np.array([[1, 0, 1, -1]]), 2)
    >>> rows.tolist(), begin.tolist()
    ([[5, 4, 6, -1]], [[0, 1, 3]])
    """
    order = np.argsort(np.where(level < 0, levels, level), axis=1, kind="stable")
    begin = np.zeros((len(level), levels + 1), dtype=np.int64)
    for j in range(levels):
        begin[:, j + 1] = begin[:, j] + (level == j).sum(axis=1)
    return np.take_along_axis(at, order, axis=1), begin


@compiled
def _solve(
    y: Any,
    at: Any,
    time: Any,
    w: Any,
    begin: Any,
    levels: int,
    span: int,
    trend: bool,
    slope: float,
    table: Any,
    sums: Any,
) -> Any:
    """Return slope, information and whether there is a solution; `sums` as the two leave them."""
    if trend:
        return trend_slope(y, at, time, w, begin, levels, span, slope, table, sums)
    flat_sums(y, w, begin, levels, sums)
    return 0.0, 0.0, True


@compiled
def _kept(
    begin: Any,
    levels: int,
    sums: Any,
    df: int,
    phi: float,
    slope: float,
    information: float,
    critical: float,
    largest: float,
) -> Any:
    """Return whether a trend is told from none, and does not lead above the largest count."""
    # Seasons without incidents fit perfectly; they tell nothing of the spread around a trend.
    told = df
    for j in range(levels):
        if not sums[0, j] > 0.0 and begin[j + 1] > begin[j]:
            told -= begin[j + 1] - begin[j] - 1
    spread = max(phi * df / max(told, 1), _PERFECT)
    height = sums[0, 0] / sums[1, 0]
    return abs(slope) * np.sqrt(information / spread) > critical and height <= largest


@compiled
def _gather(
    values: Any,
    roots: Any,
    usable: Any,
    now: int,
    at: Any,
    begin: Any,
    levels: int,
    y: Any,
    root: Any,
    place: Any,
    time: Any,
    start: Any,
) -> Any:
    """Bring the covered weeks of a baseline to the front; return levels present, largest count and span."""
    n, present, largest, span = 0, 0, 0.0, 8
    start[0] = 0
    for j in range(levels):
        for i in range(begin[j], begin[j + 1]):
            k = at[i]
            if usable[k]:
                y[n], root[n], place[n] = values[k], roots[k], k
                time[n] = k - now
                largest = max(largest, y[n])
                span = max(span, now - k)
                n += 1
        start[j + 1] = n
        present += 1 if n > start[j] else 0
    for i in range(n):
        place[i] += span - now
    return present, largest, span


@compiled
def _fit(
    y: Any,
    root: Any,
    place: Any,
    time: Any,
    w: Any,
    start: Any,
    levels: int,
    span: int,
    present: int,
    trend: bool,
    reweight: bool,
    threshold: float,
    critical: Any,
    largest: float,
    table: Any,
    sums: Any,
) -> Any:
    """Fit one cell; return expectation, leverage, phi, slope (NaN without trend) and degrees of freedom."""
    n = start[levels]
    while True:
        df = n - present - (1 if trend else 0)
        for i in range(n):
            w[i] = 1.0
        slope, information, found = _solve(y, place, time, w, start, levels, span, trend, 0.0, table, sums)
        if not found:
            trend = False
            continue
        phi = pearson(y, place, w, start, levels, trend, table, sums) / df
        if reweight and largest > 0.0:
            least = max(phi, 1.0)
            weigh(
                root, place, time, start, levels, span, slope, information, least, threshold, table, sums, w
            )
            slope, information, found = _solve(
                y, place, time, w, start, levels, span, trend, slope, table, sums
            )
            if not found:
                trend = False
                continue
            phi = pearson(y, place, w, start, levels, trend, table, sums) / df
        if trend and not _kept(start, levels, sums, df, phi, slope, information, critical[df], largest):
            trend = False
            continue
        height, lever = sums[0, 0] / sums[1, 0], 1.0 / sums[1, 0]
        if not trend:
            return height, lever, max(1.0, phi), np.nan, df
        lever += height * sums[2, 0] ** 2 / information
        return height, lever, max(1.0, phi), slope, df


def fit_cells(
    values: Any,
    roots: Any,
    usable: Any,
    tested: Any,
    at: Any,
    begin: Any,
    levels: int,
    trend: bool,
    reweight: bool,
    threshold: float,
    critical: Any,
) -> FloatArray:
    """Fit every region and week.

    Parameters
    ----------
    values : float array, shape (regions, periods)
    roots : float array, same shape
        ``values ** (2 / 3)``.
    usable : bool array, same shape
    tested : int array, shape (tested,)
    at, begin : int arrays
        From :func:`sorted_by_level`.
    levels : int
    trend, reweight : bool
    threshold : float
        Anscombe residuals above it are weighted down.
    critical : float array
        ``|t|`` above which a trend is kept, by degrees of freedom.

    Returns
    -------
    float array, shape (5, tested, regions)
        Expectation; leverage, the variance of the expectation over phi times the expectation (its limit where
        the season had no incident); phi; slope a week (NaN without trend); residual
        degrees of freedom. NaN where there is no baseline to fit.
    """
    regions, rows, longest = values.shape[0], tested.size, at.shape[1]
    found = np.full((5, rows, regions), np.nan)
    reach = max(8, int((tested[:, None] - at).max(where=at >= 0, initial=0)))
    _fit_all(
        values, roots, usable, tested, at, begin, levels, trend, reweight, threshold, critical, found,
        np.empty((4, longest)), np.empty((2, max(longest, levels + 1)), dtype=np.int64), np.empty(reach + 1),
        np.zeros((4, levels)),
    )  # fmt: skip
    return found


@compiled
def _fit_all(
    values: Any,
    roots: Any,
    usable: Any,
    tested: Any,
    at: Any,
    begin: Any,
    levels: int,
    trend: bool,
    reweight: bool,
    threshold: float,
    critical: Any,
    found: Any,
    floats: Any,
    whole: Any,
    table: Any,
    sums: Any,
) -> None:
    """Fill what `fit_cells` returns; the last four are work space."""
    regions, rows = values.shape[0], tested.size
    y, root, w, time = floats[0], floats[1], floats[2], floats[3]
    place, start = whole[0], whole[1]
    for c in range(regions):
        for r in range(rows):
            present, largest, span = _gather(
                values[c],
                roots[c],
                usable[c],
                tested[r],
                at[r],
                begin[r],
                levels,
                y,
                root,
                place,
                time,
                start,
            )
            if start[1] == 0 or start[levels] <= present + 1:
                continue
            found[0, r, c], found[1, r, c], found[2, r, c], found[3, r, c], found[4, r, c] = _fit(
                y, root, place, time, w, start, levels, span, present, trend and largest > 0.0, reweight,
                threshold, critical, largest, table, sums,
            )  # fmt: skip
