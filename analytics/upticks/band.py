"""What past weeks were expected to hold: the band behind a trend."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.counts import Counts
from analytics.errors import OptionError
from analytics.kernels.common.dispersion import window_dispersion
from analytics.kernels.windows.bounds import predictive_limits
from analytics.options import check_level
from analytics.periods import DAY
from analytics.upticks.windows import too_short

__all__ = ["expected_band"]


def expected_band(
    counts: Counts, *, window: int = 7, guard: int = 28, baseline: int = 364, level: float = 0.05
) -> pd.DataFrame:
    """Return what each past week was expected to hold, from its own baseline before it.

    Parameters
    ----------
    counts : Counts
        One region, held by day or by week.
    window, guard, baseline : int
        Days in the window, left out before it, and compared with.
    level : float
        Two-sided level of the band: the counts the test would not reject.

    Returns
    -------
    DataFrame
        Columns start, end, observed, expected, low, high; windows end on the last complete day and step by
        their own length. Numbers are missing where the window or more than half of its baseline has no
        coverage.
    """
    check_level(level=level)
    if len(counts.regions) != 1:
        raise OptionError("expected_band needs one region", todo="give counts.total()")
    days = counts.period_days
    if any(length % days for length in (window, guard, baseline)):
        raise OptionError(
            "expected_band of weekly counts needs whole weeks",
            found=f"window {window}, guard {guard}, baseline {baseline} days",
        )
    last = int((counts.last_complete_day - counts.starts[0]) / DAY + 1) // days
    window, guard, baseline = window // days, guard // days, baseline // days
    ends = np.arange(last, window + guard + baseline - 1, -window)[::-1]
    if not ends.size:
        raise too_short("expected_band", counts, window * days, guard * days, baseline * days)
    at = (ends - window - guard - baseline)[None, :] + np.arange(baseline)[:, None]
    values, covered = counts.values[:, 0], counts.coverage[:, 0]
    base, base_covered = values[at], covered[at]
    inside = (ends - window)[None, :] + np.arange(window)[:, None]
    whole = covered[inside].all(axis=0) & (base_covered.sum(axis=0) >= baseline / 2)
    dispersion = window_dispersion(base, base_covered, window)
    total = np.where(base_covered, base, 0).sum(axis=0).astype(float)
    periods = np.maximum(base_covered.sum(axis=0), 1).astype(float)
    exposure = np.full(ends.shape, float(window))
    low, high = predictive_limits(total, exposure, periods, dispersion, level)
    numbers = {
        "observed": values[inside].sum(axis=0).astype(float),
        "expected": total / periods * window,
        "low": low,
        "high": high,
    }
    starts = counts.starts[ends - window]
    return pd.DataFrame(
        {
            "start": starts.astype("datetime64[us]"),
            "end": (counts.starts[ends - 1] + (days - 1) * DAY).astype("datetime64[us]"),
            **{name: np.where(whole, column, np.nan) for name, column in numbers.items()},
        }
    )
