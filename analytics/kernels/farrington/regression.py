"""The steps of Farrington's regression: season and trend profiled down to one Newton step.

In a Poisson regression on a season factor and a trend the season's levels have a closed form once the slope
is known, so only the slope is iterated, and only sums of ``w exp(slope t)`` by level are needed for it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics.kernels.common.compiled import compiled

__all__ = ["flat_sums", "pearson", "powers", "trend_slope", "weigh"]

_STEEPEST = 30.0  # of slope times span; beyond it the likelihood has no maximum to speak of
_NEWTON = 30
_CLOSE = 1e-4  # of slope times span; what remains after such a step is about its square


@compiled
def powers(slope: float, span: int, table: Any) -> None:
    """Write exp(slope (j - span)) into table[j], eight running products side by side."""
    for j in range(8):
        table[j] = np.exp(slope * (j - span))
    factor = np.exp(8.0 * slope)
    for j in range(8, span + 1):
        table[j] = table[j - 8] * factor


@compiled
def trend_slope(
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
        powers(slope, span, table)
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
def flat_sums(y: Any, w: Any, begin: Any, levels: int, sums: Any) -> None:
    """Leave `sums` as `trend_slope` does, at slope 0."""
    for j in range(levels):
        total, weight = 0.0, 0.0
        for i in range(begin[j], begin[j + 1]):
            total += w[i] * y[i]
            weight += w[i]
        sums[0, j] = total
        sums[1, j] = weight
        sums[2, j] = 0.0


@compiled
def pearson(y: Any, at: Any, w: Any, begin: Any, levels: int, trend: bool, table: Any, sums: Any) -> float:
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
def weigh(
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
        powers(slope / 6.0, span, table)
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
