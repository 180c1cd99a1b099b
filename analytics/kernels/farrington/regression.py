"""Farrington's regression, every region and week: season and trend profiled down to one Newton step.

In a Poisson regression on a season factor and a trend the season's levels have a closed form once the slope
is known, so only the slope is iterated, and only sums of ``w exp(slope t)`` by level are needed for it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics.kernels.common.compiled import compiled

__all__ = ["fit_cells", "sorted_by_level"]

_STEEPEST = 30.0  # of slope times span; beyond it the likelihood has no maximum to speak of
_NEWTON = 30
_PERFECT = 1e-6  # least dispersion in the test of the trend: constant counts have none at all
_CLOSE = 1e-4  # of slope times span; what remains after such a step is about its square


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
def _powers(slope: float, span: int, table: Any) -> None:
    """Write exp(slope (j - span)) into table[j], eight running products side by side."""
    for j in range(8):
        table[j] = np.exp(slope * (j - span))
    factor = np.exp(8.0 * slope)
    for j in range(8, span + 1):
        table[j] = table[j - 8] * factor


@compiled
def _trend(
    y: Any,
    at: Any,
    time: Any,
    w: Any,
    begin: Any,
    levels: int,
    span: int,
    slope: float,
    table: Any,
    sums: Any,
) -> Any:
    """Return the slope, its information (Poisson) and whether there is one.

    `sums` is left holding, by level: w y, w exp, mean time and variance of time under the fit.
    """
    span_f = float(span)
    first = 0.0
    for j in range(levels):
        total = 0.0
        for i in range(begin[j], begin[j + 1]):
            wy = w[i] * y[i]
            total += wy
            first += wy * time[i]
        sums[0, j] = total
    found, information = False, 0.0
    for _ in range(_NEWTON):
        _powers(slope, span, table)
        gradient, information = first, 0.0
        for j in range(levels):
            s0, s1, s2 = 0.0, 0.0, 0.0
            r0, r1, r2 = 0.0, 0.0, 0.0
            end = begin[j + 1]
            for i in range(begin[j], end - 1, 2):  # two running sums hide the latency of adding
                x, z = w[i] * table[at[i]], w[i + 1] * table[at[i + 1]]
                xt, zt = x * time[i], z * time[i + 1]
                s0 += x
                r0 += z
                s1 += xt
                r1 += zt
                s2 += xt * time[i]
                r2 += zt * time[i + 1]
            if (end - begin[j]) % 2:
                x = w[end - 1] * table[at[end - 1]]
                s0 += x
                s1 += x * time[end - 1]
                s2 += x * time[end - 1] * time[end - 1]
            s0, s1, s2 = s0 + r0, s1 + r1, s2 + r2
            sums[1, j] = s0
            if s0 > 0.0:
                mean = s1 / s0
                sums[2, j] = mean
                sums[3, j] = s2 / s0 - mean * mean
                gradient -= sums[0, j] * mean
                information += sums[0, j] * sums[3, j]
        if found:
            break
        if not information > 0.0:
            return 0.0, 0.0, False
        step = gradient / information
        limit = 2.0 / span_f
        step = min(max(step, -limit), limit)
        slope += step
        if abs(slope) * span_f > _STEEPEST:
            return 0.0, 0.0, False
        found = abs(step) * span_f < _CLOSE
    return slope, information, found


@compiled
def _flat(y: Any, w: Any, begin: Any, levels: int, sums: Any) -> None:
    """Leave `sums` as `_trend` does, at slope 0."""
    for j in range(levels):
        total, weight = 0.0, 0.0
        for i in range(begin[j], begin[j + 1]):
            total += w[i] * y[i]
            weight += w[i]
        sums[0, j] = total
        sums[1, j] = weight
        sums[2, j] = 0.0


@compiled
def _pearson(y: Any, at: Any, w: Any, begin: Any, levels: int, trend: bool, table: Any, sums: Any) -> float:
    """Return the weighted Pearson statistic; levels without incidents fit perfectly."""
    whole = 0.0
    for j in range(levels):
        if sums[0, j] > 0.0:
            height = sums[0, j] / sums[1, j]
            if trend:
                for i in range(begin[j], begin[j + 1]):
                    mu = height * table[at[i]]
                    whole += w[i] * (y[i] - mu) * (y[i] - mu) / mu
            else:
                squares = 0.0
                for i in range(begin[j], begin[j + 1]):
                    squares += w[i] * y[i] * y[i]
                whole += squares / height - sums[0, j]
    return whole


@compiled
def _weigh(
    root: Any,
    at: Any,
    time: Any,
    begin: Any,
    levels: int,
    span: int,
    slope: float,
    information: float,
    phi: float,
    threshold: float,
    table: Any,
    sums: Any,
    w: Any,
) -> None:
    """Write the weights of standardised Anscombe residuals into `w`, all 1 before; `table` is lost."""
    n = begin[levels]
    trend = information > 0.0
    if trend:
        _powers(slope / 6.0, span, table)
    total = float(n)
    for j in range(levels):
        if not sums[0, j] > 0.0:
            continue
        first, end = begin[j], begin[j + 1]
        sixth = (sums[0, j] / sums[1, j]) ** (1.0 / 6.0)
        # No hat value exceeds this one: mean and distance in time are largest at either end of the level.
        ends = max(table[at[first]], table[at[end - 1]]) if trend else 1.0
        highest = (sixth * ends) ** 6 / sums[0, j]
        if trend:
            gap = max(abs(time[first] - sums[2, j]), abs(time[end - 1] - sums[2, j]))
            highest += (sixth * ends) ** 6 * gap * gap / information
        least = threshold / 1.5 * np.sqrt(phi * max(1.0 - highest, 0.0))
        for i in range(first, end):
            m = sixth * table[at[i]] if trend else sixth
            half = m * m * m
            if root[i] > m * (half + least):
                mu = half * half
                hat = mu / sums[0, j]
                if trend:
                    gap = time[i] - sums[2, j]
                    hat += mu * gap * gap / information
                s = 1.5 * (root[i] / m - half)
                square = s * s / (phi * max(1.0 - hat, 1e-9))
                if square > threshold * threshold:
                    w[i] = 1.0 / square
                    total += w[i] - 1.0
    scale = n / total
    for i in range(n):
        w[i] *= scale


@compiled
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
) -> Any:
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
    tuple of float arrays, shape (tested, regions)
        Expectation; leverage, the variance of the expectation over phi times the expectation (its limit where
        the season had no incident); phi; slope a week (NaN without trend); residual
        degrees of freedom. NaN where there is no baseline to fit.
    """
    regions, rows, longest = values.shape[0], tested.size, at.shape[1]
    expected = np.full((rows, regions), np.nan)
    leverage = np.full((rows, regions), np.nan)
    phis = np.full((rows, regions), np.nan)
    slopes = np.full((rows, regions), np.nan)
    freedom = np.full((rows, regions), np.nan)
    y, root, w = np.empty(longest), np.empty(longest), np.empty(longest)
    time, place = np.empty(longest), np.empty(longest, dtype=np.int64)
    start = np.empty(levels + 1, dtype=np.int64)
    sums = np.zeros((4, levels))
    reach = 8
    for r in range(rows):
        for i in range(longest):
            if at[r, i] >= 0:
                reach = max(reach, tested[r] - at[r, i])
    table = np.empty(reach + 1)
    for c in range(regions):
        for r in range(rows):
            n, present, largest, span = 0, 0, 0.0, 8
            start[0] = 0
            for j in range(levels):
                for i in range(begin[r, j], begin[r, j + 1]):
                    k = at[r, i]
                    if usable[c, k]:
                        y[n], root[n], place[n] = values[c, k], roots[c, k], k
                        time[n] = k - tested[r]
                        largest = max(largest, y[n])
                        span = max(span, tested[r] - k)
                        n += 1
                start[j + 1] = n
                present += 1 if n > start[j] else 0
            for i in range(n):
                place[i] += span - tested[r]
            if start[1] == 0 or n <= present + 1:
                continue
            with_trend = trend and largest > 0.0
            while True:
                df = n - present - (1 if with_trend else 0)
                w[:n] = 1.0
                slope, information = 0.0, 0.0
                if with_trend:
                    slope, information, with_trend = _trend(
                        y, place, time, w, start, levels, span, 0.0, table, sums
                    )
                    if not with_trend:
                        continue
                else:
                    _flat(y, w, start, levels, sums)
                phi = _pearson(y, place, w, start, levels, with_trend, table, sums) / df
                if reweight and largest > 0.0:
                    _weigh(
                        root,
                        place,
                        time,
                        start,
                        levels,
                        span,
                        slope,
                        information,
                        max(phi, 1.0),
                        threshold,
                        table,
                        sums,
                        w,
                    )
                    if with_trend:
                        slope, information, with_trend = _trend(
                            y, place, time, w, start, levels, span, slope, table, sums
                        )
                        if not with_trend:
                            continue
                    else:
                        _flat(y, w, start, levels, sums)
                    phi = _pearson(y, place, w, start, levels, with_trend, table, sums) / df
                height = sums[0, 0] / sums[1, 0]
                lever = 1.0 / sums[1, 0]
                if with_trend:
                    # Seasons without incidents fit perfectly; they tell nothing of the spread around a trend.
                    told = df
                    for j in range(levels):
                        if not sums[0, j] > 0.0 and start[j + 1] > start[j]:
                            told -= start[j + 1] - start[j] - 1
                    spread = max(phi * df / max(told, 1), _PERFECT)
                    if not (abs(slope) * np.sqrt(information / spread) > critical[df] and height <= largest):
                        with_trend = False
                        continue
                    lever += height * sums[2, 0] ** 2 / information
                    slopes[r, c] = slope
                expected[r, c] = height
                leverage[r, c] = lever
                phis[r, c] = max(1.0, phi)
                freedom[r, c] = df
                break
    return expected, leverage, phis, slopes, freedom
