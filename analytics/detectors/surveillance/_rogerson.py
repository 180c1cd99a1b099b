"""Rogerson and Yamada's CUSUM as R has it: designs in tenths, and no new start."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray
from analytics.counts import Counts
from analytics.detectors._rogerson import HEAD, Increase, rogerson_alarms
from analytics.detectors.grid import grid_of
from analytics.detectors.training import ChartRows, in_control
from analytics.errors import OptionError
from analytics.kernels.charts.run_length import cusum_run_length
from analytics.results import Alarms

__all__ = ["design_tenths", "rogerson"]

_TOLERANCE = 0.02  # of the search: beyond it, another reference value is tried


def rogerson(
    counts: Counts,
    *,
    expected: float | npt.ArrayLike | None = None,
    shift: float = 1.0,
    ratio: float | None = None,
    arl: float | None = None,
    reference: float | npt.ArrayLike | None = None,
    threshold: float | npt.ArrayLike | None = None,
    limit: float | None = None,
    fir: bool = False,
    training: int | None = None,
    harmonics: int = 1,
    last: int | None = None,
) -> Alarms:
    """Do as R's ``surveillance::algo.rogerson`` does.

    k and h are in tenths, h the one whose run length is nearest to `arl`, not at least it; bounds are rounded
    up.
    Otherwise the alarms are those of :func:`analytics.detectors.rogerson`.

    Parameters
    ----------
    counts, expected, shift, ratio, arl, reference, threshold, training, harmonics, last
        As in :func:`analytics.detectors.rogerson` (R: ``theta0t``, ``s``, ``ARL0``, ``hValues``).
    limit : float, optional
        Where the statistic starts again after an alarm, as a share of the threshold, below 1; it goes on by
        default (R: ``limit``).
    fir : bool
        Start, and start again unless `limit` is given, at half the threshold (R: ``FIR``).

    Examples
    --------
    >>> counts = Counts.from_array(np.array([1, 0, 2, 1, 6, 7, 1, 0]), start="2020-01-06")
    >>> rogerson(counts, expected=1.0).alarm[:, 0].tolist()
    [False, False, False, False, True, True, True, True]
    """
    if limit is not None and not 0 <= limit < 1:
        raise OptionError("limit is a share of the threshold", expected="0 to below 1", found=str(limit))
    increase = Increase(shift, ratio, arl, reference, threshold)
    increase.check()
    grid = grid_of(counts, last=last, as_in_r=True)
    control = in_control(grid, family="poisson", mean=expected, training=training, harmonics=harmonics)
    k, h = increase.given(grid, control.start) or _designs(control.mean, increase, increase.length(grid))
    restart = limit if limit is not None else HEAD if fir else np.nan
    rows = ChartRows.of(grid, control.start)
    head = np.full(grid.shape[1], HEAD if fir else 0.0)
    values, usable = grid.values[control.start :], grid.usable[control.start :]
    found = _run(values, usable, control.mean, k, h, restart, head)
    for array, filled in zip(rows.run(), found, strict=True):
        array[:] = filled
    parameters = {
        "reference": k, "threshold": h, "limit": limit, "fir": fir, "harmonics": harmonics,
        "compat": "surveillance",
    }  # fmt: skip
    return rogerson_alarms(increase, control, rows, parameters, resets=not np.isnan(restart), as_in_r=True)


def _run(
    values: npt.NDArray[np.int32],
    usable: BoolArray,
    mean: FloatArray,
    reference: FloatArray,
    threshold: FloatArray,
    restart: float,
    head: FloatArray,
) -> tuple[FloatArray, BoolArray, FloatArray]:
    """Run the CUSUM in the units of the threshold of the average mean, in the reference's order.

    Sums of tenths tie with their thresholds: the order in which they are added decides what is rounded up.
    """
    k, h, m = (np.broadcast_to(array, values.shape) for array in (reference, threshold, mean))
    nearest = np.abs(m - m.mean(axis=0)).argmin(axis=0)
    common = h[nearest, np.arange(h.shape[1])]
    state = head * common
    statistic, bound = np.empty(values.shape), np.empty(values.shape)
    alarm = np.zeros(values.shape, dtype=bool)
    for t in range(len(values)):
        scale = common / h[t]
        bound[t] = np.maximum(np.ceil((common - state) / scale + k[t]), 0.0)
        state = np.where(usable[t], np.maximum(0.0, state + scale * (values[t] - k[t])), state)
        alarm[t] = (state >= common) & usable[t]
        statistic[t] = state / common
        if not np.isnan(restart):
            state = np.where(alarm[t], restart * common, state)
    return statistic, alarm, bound


def _designs(mean: FloatArray, increase: Increase, arl: float) -> tuple[FloatArray, FloatArray]:
    """Return k and h for every mean, in tenths of an incident; the same shape."""
    level, back = np.unique(mean, return_inverse=True)
    growth = increase.factor(level)
    reference = level * (growth - 1) / np.log(growth)
    pairs = np.array([design_tenths(m, k, arl)[:2] for m, k in zip(level, reference, strict=True)])
    back = back.reshape(mean.shape)
    return pairs[:, 0][back], pairs[:, 1][back]


def design_tenths(mean: float, reference: float, arl: float) -> tuple[float, float, float]:
    """Return k, h and the run length the reference takes: in tenths, nearest to `arl`.

    k is `reference` rounded; where no h comes within 2 % of `arl`, k + 0.1 is taken if it comes nearer.

    Examples
    --------
    >>> k, h, length = design_tenths(4.0, 4.9326, 500.0)
    >>> k, h, round(length, 1)
    (4.9, 10.7, 501.2)
    """
    best = (np.nan, np.nan, np.nan)
    miss = np.inf
    for down in (max(round(10 * reference), 1), max(round(10 * reference), 1) + 1):
        if miss <= _TOLERANCE:
            break
        low, high = 1, 2
        while cusum_run_length(mean, down=down, unit=10, levels=high) < arl:
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            if cusum_run_length(mean, down=down, unit=10, levels=middle) < arl:
                low = middle
            else:
                high = middle
        length = cusum_run_length(mean, down=down, unit=10, levels=high)
        # Thresholds between two values the sum can take are the same: the reference mostly has the last.
        while cusum_run_length(mean, down=down, unit=10, levels=high + 1) <= length * (1 + 1e-9):
            high += 1
        for levels in (low, high):
            length = cusum_run_length(mean, down=down, unit=10, levels=levels)
            if abs(length / arl - 1) < miss:
                best, miss = (down / 10, levels / 10, length), abs(length / arl - 1)
    return best
