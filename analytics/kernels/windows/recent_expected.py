"""The rolling test of a recent window against what trend and season lead one to expect."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, IntArray
from analytics.kernels.windows.expected import NEEDED_DAYS, adjusted_test, history_before
from analytics.kernels.windows.lrd import REASONS
from analytics.kernels.windows.recent import Lengths, Reported, RollingTest, joined, rolling_totals

__all__ = ["ADJUSTED_REASONS", "rolling_expected_test"]


_FEW, _SHORT = len(REASONS), len(REASONS) + 1
ADJUSTED_REASONS = (
    *REASONS,
    "not adjusted: too few incidents or gaps",
    f"not adjusted: fewer than {NEEDED_DAYS} days of history before the guard",
)
_BLOCK = 2**20  # counts at a time


def rolling_expected_test(
    day: IntArray,
    values: npt.NDArray[np.integer],
    covered: BoolArray,
    ends: IntArray,
    lengths: Lengths,
    *,
    step: int,
    reported: Reported | None = None,
    seasonal: bool = False,
) -> RollingTest:
    """Test the window that ends at each of `ends` against its expectation, fitted to all before its guard.

    Parameters
    ----------
    day : int array, shape (periods,)
        First day of each period, in days since 1970-01-01.
    values, covered, ends, lengths
        As in :func:`analytics.kernels.windows.recent.rolling_test`; the baseline must be testable there.
    step : int
        Days in a period.
    reported
        As there.
    seasonal : bool
        Test only the windows whose history shows a season.

    Returns
    -------
    RollingTest
        `code` is an index into `ADJUSTED_REASONS`.
    """
    periods, regions = values.shape
    block = max(_BLOCK // max(periods, 1), 1)
    parts = []
    for begin in range(0, regions, block):
        part = slice(begin, begin + block)
        own, inside = values[:, part], covered[:, part]
        known = None if reported is None else reported.cut(slice(None), part)
        totals = rolling_totals(own, inside, ends, lengths)
        code = totals.code.copy()
        pvalue, expected = np.full(code.shape, np.nan), np.full(code.shape, np.nan)
        for row, end in enumerate(ends.tolist()):
            first, days = history_before(end, lengths.length, lengths.guard, step)
            if days < NEEDED_DAYS:
                code[row, code[row] == 0] = _SHORT
                continue
            stretch = slice(first, end)
            asked = np.flatnonzero(code[row] == 0)
            whole = np.ones(lengths.length, dtype=bool)
            share, variance = np.ones(asked.size), np.zeros(asked.size)
            if known is not None:
                share, variance = known.exposure(np.full(asked.size, end), asked, lengths.length, whole)
            fit = adjusted_test(
                day[stretch],
                own[stretch, asked],
                inside[stretch, asked],
                length=lengths.length,
                guard=lengths.guard,
                step=step,
                completeness=share,
                exposure_variance=variance,
                seasonal=seasonal,
            )
            found = np.zeros(asked.size, dtype=bool)
            if fit.test is not None:
                good = np.flatnonzero(fit.test.converged)
                at = asked[fit.index[good]]
                pvalue[row, at], expected[row, at] = (
                    fit.test.pvalue[good],
                    fit.test.expected[good] / share[fit.index[good]],
                )
                found[fit.index[good]] = True
            code[row, asked[~found]] = _FEW
        observed = np.where(code == 0, totals.observed, np.nan)
        parts.append(RollingTest(code, totals.recent, observed, expected, pvalue, None))
    return joined(parts)
