"""Likelihood ratio of a rising against a constant Poisson level, after every period.

The best nondecreasing level is found by pooling adjacent violators; a new period only pools from the end, so
the whole series costs a constant number of steps a period.

References
----------
.. [1] Frisén, M., Andersson, E., Schiöler, L. (2009). Robust outbreak surveillance of epidemics in Sweden.
       Statistics in Medicine 28, 476-493.
.. [2] Ayer, M., Brunk, H. D., Ewing, G. M., Reid, W. T., Silverman, E. (1955). An empirical distribution
       function for sampling with incomplete information. Annals of Mathematical Statistics 26, 641-647.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.common.compiled import compiled

__all__ = ["onset_scan"]

_TOGETHER = 32  # regions whose stacks are worked on together


@compiled
def _term(total: float, periods: float) -> float:
    return total * math.log(total / periods) if total > 0.0 else 0.0


@compiled
def _with_next(
    y: float, size: float, sums: Any, sizes: Any, gained: Any, top: int, total: float, periods: float
) -> float:
    """Log likelihood ratio if the next count were y."""
    s, n, j = y, size, top
    while j >= 0 and sums[j] * n >= s * sizes[j]:
        s += sums[j]
        n += sizes[j]
        j -= 1
    best = _term(s, n) + (gained[j] if j >= 0 else 0.0)
    return best - _term(total + y, periods + size)


def onset_scan(
    values: npt.NDArray[np.int32],
    usable: BoolArray,
    first: int,
    threshold: FloatArray,
    reset: bool,
    bounds: bool,
    most: int,
    fewest: float,
    share: FloatArray,
) -> tuple[FloatArray, BoolArray, FloatArray, FloatArray]:
    """Log likelihood ratio of every period from `first` on, its alarms, and what count would raise one.

    Parameters
    ----------
    values, usable : arrays, shape (periods, regions)
        Periods not usable are skipped.
    first : int
    threshold : float array, shape (regions,)
        Of the log likelihood ratio.
    reset : bool
        Whether an alarm starts the series anew with the period after it.
    bounds : bool
        Whether to look for the smallest count that raises an alarm.
    most : int
        Counts above this are not looked at.
    fewest : float
        With fewer incidents since the start, nothing rises: the statistic is 0.
    share : float array, shape (periods, regions) or (0, 0)
        How much of each period is reported; (0, 0): all of it.

    Returns
    -------
    statistic : float array, shape (periods from `first`, regions)
    alarm : bool array
    level : float array
        Mean of the periods before, since the start; NaN in the first.
    smallest : float array
        Smallest count that raises an alarm; NaN where even 0 would, or none up to `most`.
    """
    periods, regions = values.shape
    found = np.full((3, periods - first, regions), np.nan)
    alarm = np.zeros(found.shape[1:], dtype=bool)
    width = min(_TOGETHER, regions)
    _scan(
        values, usable, first, threshold, reset, bounds, most, fewest, share, width, found, alarm,
        np.zeros((3, width, periods)), np.zeros((2, width)), np.zeros(width, dtype=np.int64),
    )  # fmt: skip
    return found[0], alarm, found[1], found[2]


@compiled
def _scan(
    values: npt.NDArray[np.int32],
    usable: BoolArray,
    first: int,
    threshold: FloatArray,
    reset: bool,
    bounds: bool,
    most: int,
    fewest: float,
    share: FloatArray,
    width: int,
    found: FloatArray,
    alarm: BoolArray,
    stacks: FloatArray,
    totals: FloatArray,
    top: IntArray,
) -> None:
    """Fill statistic, level and smallest count, and the alarms; the last three are work space."""
    periods, regions = values.shape
    statistic, level, smallest = found[0], found[1], found[2]
    sums, sizes, gained = stacks[0], stacks[1], stacks[2]
    total, seen = totals[0], totals[1]
    for block in range(0, regions, width):
        for i in range(width):
            top[i], total[i], seen[i] = -1, 0.0, 0.0
        for t in range(periods):
            row = t - first
            for i in range(min(width, regions - block)):
                r = block + i
                if not usable[t, r]:
                    continue
                y, limit = float(values[t, r]), threshold[r]
                size = share[t, r] if len(share) else 1.0
                if row >= 0 and seen[i] > 0:
                    level[row, r] = total[i] / seen[i] * size
                if row >= 0 and bounds:
                    args = (size, sums[i], sizes[i], gained[i], top[i], total[i], seen[i])
                    if _with_next(0.0, *args) <= limit:
                        high = 1
                        while high < most and _with_next(float(high), *args) <= limit:
                            high *= 2
                        high = min(high, most)
                        if _with_next(float(high), *args) > limit:
                            low = high // 2
                            while high - low > 1:
                                middle = (low + high) // 2
                                if _with_next(float(middle), *args) > limit:
                                    high = middle
                                else:
                                    low = middle
                            smallest[row, r] = max(high, fewest - total[i])
                s, n, j = y, size, top[i]
                while j >= 0 and sums[i, j] * n >= s * sizes[i, j]:
                    s += sums[i, j]
                    n += sizes[i, j]
                    j -= 1
                gained[i, j + 1] = _term(s, n) + (gained[i, j] if j >= 0 else 0.0)
                sums[i, j + 1], sizes[i, j + 1], top[i] = s, n, j + 1
                total[i] += y
                seen[i] += size
                score = 0.0
                if j >= 0 and total[i] >= fewest:
                    score = max(gained[i, j + 1] - _term(total[i], seen[i]), 0.0)
                raised = score > limit
                if row >= 0:
                    statistic[row, r] = score
                    alarm[row, r] = raised
                if raised and reset:
                    top[i], total[i], seen[i] = -1, 0.0, 0.0
