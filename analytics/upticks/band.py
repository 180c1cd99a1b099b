"""What past weeks were expected to hold: the band behind a trend."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics._typing import FloatArray, IndexArray
from analytics.counts import Counts
from analytics.counts.sure import sure_coverage
from analytics.errors import OptionError
from analytics.kernels.common.dispersion import window_dispersion
from analytics.kernels.windows.bounds import predictive_limits
from analytics.kernels.windows.lrd import shortened_baseline
from analytics.kernels.windows.spans import GUARD, spans_of
from analytics.options import check_level
from analytics.periods import DAY
from analytics.upticks.windows import too_short

__all__ = ["expected_band"]

_EDGE = 1e-9


def expected_band(
    counts: Counts,
    *,
    window: int = 7,
    guard: int | None = None,
    baseline: int | None = None,
    level: float = 0.05,
) -> pd.DataFrame:
    """Return what each past week was expected to hold, from its own baseline before it.

    Parameters
    ----------
    counts : Counts
        One region, held by day or by week.
    window : int
        Days in a window.
    guard, baseline : int, optional
        Days left out before it, and compared with; unless given 28 and 364, or what the history before each
        window allows, as in :func:`analytics.upticks.uptick_test`.
    level : float
        Two-sided level of the band: the counts the test would not reject.

    Returns
    -------
    DataFrame
        Columns start, end, observed, expected, low, high; windows end on the last complete day and step by
        their own length. Where the counts say how complete a window is, expected and band are those of what
        had been reported, as in the test; elsewhere it is taken as complete. Numbers are missing where the
        window or more than half of its baseline has no coverage, and, where no baseline is stated, in the
        first weeks, before which there is too little.
    """
    check_level(level=level)
    if len(counts.regions) != 1:
        raise OptionError("expected_band needs one region", todo="give counts.total()")
    step = counts.period_days
    if any(length % step for length in (window, guard or 0, baseline or 0)):
        raise OptionError(
            "expected_band of weekly counts needs whole weeks",
            found=f"window {window}, guard {guard}, baseline {baseline} days",
        )
    last = counts.complete
    first = np.flatnonzero(counts.coverage[:last].any(axis=1))
    begin = int(first[0]) if first.size and baseline is None else 0
    every = np.arange(last, begin + window // step - 1, -window // step)[::-1]
    spans = [spans_of(int(end - begin) * step, window, guard, baseline, step=step) for end in every]
    enough = np.array(
        [(end - begin) * step >= one.needed for end, one in zip(every, spans, strict=True)], bool
    )
    if baseline is not None:
        if not enough.any():
            raise too_short("expected_band", counts, window, GUARD if guard is None else guard, baseline)
        spans = [one for one, keep in zip(spans, enough, strict=True) if keep]
        every, enough = every[enough], enough[enough]
    ends = every
    before = np.array([one.guard + window for one in spans], dtype=np.int64) // step
    lengths = np.array([one.baseline for one in spans], dtype=np.int64) // step
    window, longest = window // step, int(lengths.max(initial=0))
    at = (ends - before - longest)[None, :] + np.arange(longest)[:, None]
    own = np.arange(longest)[:, None] >= longest - lengths
    own &= enough & (at >= 0)
    at = np.where(own, at, 0)
    values, covered = counts.values[:, 0], sure_coverage(counts)[:, 0]
    base, base_covered = values[at], covered[at] & own
    inside = (ends - window)[None, :] + np.arange(window)[:, None]
    whole = covered[inside].all(axis=0) & (base_covered.sum(axis=0) >= lengths / 2)
    dispersion = window_dispersion(base, base_covered, window)
    total = np.where(base_covered, base, 0).sum(axis=0).astype(float)
    periods = np.maximum(base_covered.sum(axis=0), 1).astype(float)
    share, unsure = _reported(counts, inside)
    exposure = window * share
    held = shortened_baseline(total, periods, dispersion.phi, unsure)
    low, high = predictive_limits(held[0], exposure, held[1], dispersion, level)
    numbers = {
        "observed": values[inside].sum(axis=0).astype(float),
        "expected": total / periods * exposure,
        "low": low,
        "high": high,
    }
    starts = counts.starts[ends - window]
    return pd.DataFrame(
        {
            "start": starts.astype("datetime64[us]"),
            "end": (counts.starts[ends - 1] + (step - 1) * DAY).astype("datetime64[us]"),
            **{name: np.where(whole, column, np.nan) for name, column in numbers.items()},
        }
    )


def _reported(counts: Counts, inside: IndexArray) -> tuple[FloatArray, FloatArray]:
    """Return each window's mean completeness, and the variance of its logarithm; 1 and 0 where not known."""
    windows = inside.shape[1]
    known = counts.completeness
    if known is None or not inside.size:
        return np.ones(windows), np.zeros(windows)
    share = known.share[inside, 0].mean(axis=0)
    share = np.where(share > 1 - _EDGE, 1.0, share)  # a mean over regions may round below 1
    unsure = (known.deviation[inside, 0].mean(axis=0) / share) ** 2
    told = np.isfinite(share)
    return np.where(told, share, 1.0), np.where(told & np.isfinite(unsure), unsure, 0.0)
