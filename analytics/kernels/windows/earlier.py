"""A rise just before the recent window: in the guard or, where that is short, in the baseline's last days.

What lies there is compared with nothing by the test of the recent window, and what is in the baseline raises
what counts as usual. So the fullest window as long as the recent one, within the periods before it, is held
against the baseline before those periods.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.common.dispersion import window_sums
from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.common.tails import binomial_tail
from analytics.kernels.windows.lrd import ALWAYS_TURNED, MIN_WINDOWS, RAISE_ABOVE, lrd_test, spared_pvalue

__all__ = ["EarlierWindow", "earlier_window"]

MOST = 0.05  # p-values above this are not worked out exactly


@dataclass(frozen=True, eq=False, slots=True)
class EarlierWindow:
    """Arrays of shape (series,): the fullest window, what is usual for it, and the p-value.

    `last` is the last period of the window, counted from the first of the series. `pvalue` is NaN where
    nothing was tested, and 1 where it would be above 0.05.
    """

    last: IntArray
    observed: FloatArray
    expected: FloatArray
    pvalue: FloatArray


def earlier_window(
    series: npt.NDArray[np.integer], covered: BoolArray, *, length: int, before: int
) -> EarlierWindow:
    """Test the fullest window in the `before` periods that lie before the recent window.

    The p-value is that of :func:`~analytics.kernels.windows.lrd.lrd_test`, times the windows that fit side by
    side, and one more for those between them. Up to twenty disjoint windows of baseline it is variant A's,
    with the rule for one day: a rotation of so short a series could never show a rise among several regions.
    On stationary series at most 6 % of regions have one at most 0.05 with a year of history, with 16 weeks up
    to 13 % where there are storms or the rate switches between regimes, and 9 % with a year where the spread
    grows (benchmarks/results/one_region.md).

    Parameters
    ----------
    series : int array, shape (periods, series)
        The baseline, the guard, and the recent window.
    covered : bool array, same shape
    length, before : int
        Periods in the recent window, and looked at before it.

    Examples
    --------
    >>> counts = np.random.default_rng(1).poisson(0.5, (406, 2))
    >>> counts[-35:-21, 1] += 2
    >>> found = earlier_window(counts, np.ones_like(counts, bool), length=14, before=28)
    >>> found.last[1].item(), found.pvalue.round(3)
    (384, array([1., 0.]))
    """
    stop = len(series) - length
    begin = stop - before
    none = np.full(series.shape[1], np.nan)
    inside = covered[: max(begin, 0)]
    base = np.where(inside, series[: max(begin, 0)], 0).sum(axis=0).astype(float)
    periods = inside.sum(axis=0).astype(float)
    if before < length or begin < MIN_WINDOWS * length:
        return EarlierWindow(np.zeros(series.shape[1], np.int64), none, none, none)
    whole = window_sums(covered[begin:stop], length) == length
    sums = np.where(whole, window_sums(np.where(covered, series, 0)[begin:stop], length), -1.0)
    at = sums.shape[0] - 1 - np.argmax(sums[::-1], axis=0)  # the latest of equals
    observed = sums.max(axis=0)
    expected = base / np.maximum(periods, 1) * length
    known = (observed >= 0) & (periods // length >= MIN_WINDOWS)
    known &= (window_sums(inside, length) == length).any(axis=0)
    pvalue = np.where(known, 1.0, np.nan)
    tries = before // length + 1
    # A Poisson tail is the smallest that any dispersion gives: only what is small by it can be small.
    asked = np.flatnonzero(known & (observed >= MIN_OBSERVED) & (observed > expected))
    least = binomial_tail(observed[asked], observed[asked] + base[asked], length / (length + periods[asked]))
    asked = asked[tries * least <= MOST]
    last = begin + at + length - 1
    if asked.size:
        rows = begin + at[asked] + np.arange(length)[:, None]
        joined = np.concatenate([series[:begin, asked], series[rows, asked]])
        inside = np.concatenate([covered[:begin, asked], covered[rows, asked]])
        # The days just before the window are guard, and not among these.
        test = lrd_test(joined, inside, length=length, carry=False)
        model = test.pvalue_a
        if length > 1:  # else there are no other days
            spared = spared_pvalue(
                series[rows, asked],
                test.baseline_total,
                test.recent_exposure,
                test.baseline_exposure,
                test.dispersion.phi,
                test.dispersion.edf,
            )
            model = np.where(model <= RAISE_ABOVE, np.maximum(model, spared), model)
        alone = np.where(test.dispersion.windows <= ALWAYS_TURNED, model, test.firm)
        pvalue[asked] = np.minimum(tries * alone, 1.0)
    return EarlierWindow(last, np.where(known, observed, np.nan), np.where(known, expected, np.nan), pvalue)
