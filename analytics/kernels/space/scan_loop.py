"""The loop behind :func:`analytics.kernels.space.scan.scan_maxima`: the best cylinder of each replicate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics._typing import FloatArray, IntArray
from analytics.kernels.common.compiled import compiled

__all__ = ["best_cylinders"]

_SURE = 1e-9  # a bound so close to the best is looked at


@compiled
def _may_exceed(best: float, count: int, log_count: float, mean: float, log_mean: float, total: int) -> bool:
    """Whether the statistic may be above `best`, by ``log x <= x - 1`` of what lies outside."""
    bound = count * (log_count - log_mean) - (total - count) * (count - mean) / (total - mean)
    return bound * (1.0 + _SURE) + _SURE > best


@compiled
def _statistic(count: int, mean: float, total: int) -> float:
    outside = total - count
    value = count * math.log(count / mean)
    return value + outside * math.log(outside / (total - mean)) if outside > 0 else value


@compiled
def best_cylinders(
    windows: npt.NDArray[np.signedinteger[Any]],
    steps: tuple[IntArray, IntArray, IntArray],
    sets: tuple[IntArray, FloatArray, IntArray],
    total: int,
    log: FloatArray,
    largest: npt.NDArray[np.signedinteger[Any]],
    work: npt.NDArray[np.signedinteger[Any]],
    best: FloatArray,
    found: IntArray,
) -> None:
    """Put into `best` the largest statistic of each replicate, and into `found` where it is.

    Parameters
    ----------
    windows : int array, shape (places, windows, replicates)
        Sums of each window at each place.
    steps : three int arrays
        Places in the order in which they join the sets around each centre, one centre after the other; the
        total that the set has then, by its number, -1 where the set is not looked at; and where each centre
        begins, the end included.
    sets : int, float and int array
        Totals that sets have, rising; their logarithms; and where each bundle of them begins, the end
        included.
    total : int
        Events in all.
    log : float array, shape (total + 1,)
        Logarithms of whole numbers; anything at 0.
    largest : int array, shape (totals, replicates)
        Written over: the largest count of all sets with a total.
    work : int array, shape (3, replicates)
        Written over.
    best : float array, shape (replicates,)
        Zeros.
    found : int array, shape (3, replicates)
        Count inside, number of the set's total, and count of the window.
    """
    (order, member, start), (set_total, set_log, bundle) = steps, sets
    inside, period, top = work[0], work[1], work[2]
    places, lengths, size = windows.shape
    for w in range(lengths):
        for g in range(largest.shape[0]):
            for k in range(size):
                largest[g, k] = 0
        for k in range(size):
            period[k] = 0
        for p in range(places):
            for k in range(size):
                period[k] += windows[p, w, k]
        for s in range(start.size - 1):
            for k in range(size):
                inside[k] = 0
            for i in range(start[s], start[s + 1]):
                p, g = order[i], member[i]
                if g < 0:
                    for k in range(size):
                        inside[k] += windows[p, w, k]
                else:
                    for k in range(size):
                        inside[k] += windows[p, w, k]
                        largest[g, k] = max(largest[g, k], inside[k])
        for b in range(bundle.size - 1):
            first = bundle[b]
            for k in range(size):
                top[k] = largest[first, k]
            for g in range(first + 1, bundle[b + 1]):
                for k in range(size):
                    top[k] = max(top[k], largest[g, k])
            for k in range(size):
                # No set of the bundle has more inside, or a smaller total.
                share = period[k] / total
                mean = set_total[first] * share
                if top[k] <= mean:
                    continue
                log_share = log[period[k]] - log[total]
                if not _may_exceed(best[k], top[k], log[top[k]], mean, set_log[first] + log_share, total):
                    continue
                for g in range(first, bundle[b + 1]):
                    count, mean = largest[g, k], set_total[g] * share
                    if count > mean and _may_exceed(
                        best[k], count, log[count], mean, set_log[g] + log_share, total
                    ):
                        value = _statistic(count, mean, total)
                        if value > best[k]:
                            best[k] = value
                            found[0, k], found[1, k], found[2, k] = count, g, period[k]
