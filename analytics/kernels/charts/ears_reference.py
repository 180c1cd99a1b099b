"""The EARS charts as R's surveillance gives them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray
from analytics.kernels.charts.ears import drop, moments, slide
from analytics.kernels.common.compiled import compiled

__all__ = ["ears_reference"]


@compiled
def ears_reference(
    values: npt.NDArray[np.int32],
    usable: BoolArray,
    gaps: bool,
    first: int,
    baseline: int,
    lag: int,
    min_sigma: float,
    threshold: FloatArray,
    cumulated: bool,
    expected: FloatArray,
    upper: FloatArray,
    statistic: FloatArray,
    alarm: BoolArray,
    missing: BoolArray,
) -> None:
    """C1, C2 or C3 as R's surveillance gives them; arguments as in `ears_scan`.

    Bounds are mean + z * sd. For C3 the bound is today's count + sd * (z - C3 of the two periods before), so
    that today's count does not enter its own test; where a baseline was constant it may be NaN.
    """
    periods, regions = values.shape
    back = 2 if cumulated else 0
    begin = max(0, first - back - lag - baseline)
    full = max(begin + lag + baseline - 1, first - back)
    total, squares, lost = np.zeros(regions), np.zeros(regions), np.zeros(regions)
    before, earlier = np.full(regions, np.nan), np.full(regions, np.nan)
    mean, sigma = np.empty(regions), np.empty(regions)
    for t in range(begin + lag, periods):
        row, old = t - first, t - lag - baseline
        slide(values, usable, gaps, t - lag, old if old >= begin else -1, total, squares, lost)
        if t < full:
            continue
        moments(total, squares, float(baseline), 1.0, min_sigma, mean, sigma)
        if not cumulated:
            for r in range(regions):
                over = values[t, r] - mean[r]
                still = np.inf if over > 0.0 else (-np.inf if over < 0.0 else 0.0)
                statistic[row, r] = over / sigma[r] if sigma[r] > 0.0 else still
                upper[row, r] = mean[r] + threshold[r] * sigma[r]
        else:
            for r in range(regions):
                excess = (values[t, r] - mean[r]) / sigma[r] - 1.0
                excess = 0.0 if excess < 0.0 else excess
                if gaps and (lost[r] > 0 or not usable[t, r]):
                    excess = np.nan
                carried = before[r] + earlier[r]
                earlier[r], before[r] = before[r], excess
                if row >= 0:
                    bound = values[t, r] + sigma[r] * (threshold[r] - carried)
                    upper[row, r] = 0.0 if bound < 0.0 else bound
                    statistic[row, r] = carried
        if row < 0:
            continue
        for r in range(regions):
            expected[row, r] = mean[r]
            alarm[row, r] = values[t, r] > upper[row, r]
        if gaps:
            drop(lost, expected[row], upper[row], statistic[row], alarm[row], missing[row])
    start = min(periods - first, max(0, lag + baseline - 1 + back - first))
    for row in range(start):
        expected[row], upper[row], statistic[row], alarm[row] = np.nan, np.nan, np.nan, False
