"""The second null hypothesis: the recent mean is what trend, season and calendar lead one to expect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from analytics._typing import Days, FloatArray, IndexArray
from analytics.counts import Counts
from analytics.geo.calendars import calendar_days, calendar_windows, overlaps
from analytics.kernels.windows.expected import NEEDED_DAYS, PER_TERM, adjusted_test, history_before
from analytics.kernels.windows.lrd import LRDTest
from analytics.upticks.regional import Asked
from analytics.upticks.windows import Split

__all__ = ["Adjusted", "calendar_notes", "expected_null"]


_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, eq=False, slots=True)
class Adjusted:
    """Arrays of shape (regions,), NaN where not adjusted; `terms` says what was fitted, or why not."""

    pvalue: FloatArray
    expected: FloatArray
    ratio: FloatArray
    terms: str
    fitted: bool
    index: IndexArray = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    test: LRDTest | None = None


def expected_null(counts: Counts, split: Split, asked: Asked, calendar: Sequence[str]) -> Adjusted:
    """Test every region against its expectation, by a rule that never looks at the recent window.

    The history is everything before the guard, up to five years. With less than 730 days there is no
    adjustment; from 730 days a trend and two annual harmonics, from 1,095 three; weekdays where the recent
    window is not whole weeks (in whole weeks they cancel); calendar terms where asked for and known to the
    history. A region needs ten incidents a term.
    """
    for name in calendar:
        calendar_windows(name)  # an unknown term is an error however long the history
    step = counts.period_days
    nothing = np.full(len(counts.regions), np.nan)
    last = int((split.recent_window.end - counts.starts[0]) / _DAY + 1) // step
    first, days = history_before(last, split.length, split.guard, step)
    if days < NEEDED_DAYS:
        words = f"not adjusted: {days} days of history before the guard, {NEEDED_DAYS} needed"
        return Adjusted(nothing, nothing, nothing, words, fitted=False)
    part = slice(first, last)
    starts, values, covered = counts.starts[part], counts.values[part], counts.coverage[part]
    term, known = _calendar(calendar, starts, step, days // step)
    factor, variance = asked.exposure(np.ones(split.length, dtype=bool))
    fit = adjusted_test(
        starts.astype("datetime64[D]").astype(np.int64),
        values,
        covered,
        length=split.length,
        guard=split.guard,
        step=step,
        extra=term,
        completeness=factor,
        exposure_variance=variance,
        upper=asked.upper,
    )
    index, test = fit.index, fit.test
    pvalue, expected, ratio = nothing.copy(), nothing.copy(), nothing.copy()
    tested = None
    if test is not None:
        good = test.converged
        if not asked.upper and asked.completeness is None:
            good = np.zeros_like(good)
        tested = test.as_lrd(np.flatnonzero(good))
        pvalue[index[good]] = test.pvalue[good]
        expected[index[good]] = test.expected[good]
        ratio[index[good]] = (test.observed / test.expected)[good]
        index = index[good]
    terms = ["trend", f"{fit.harmonics} annual harmonics"]
    terms += ["weekday"] * fit.weekday + list(known)
    left_out = len(counts.regions) - int(np.isfinite(pvalue).sum())
    words = f"{', '.join(terms)}, fitted to {days} days before the guard"
    if left_out:
        words += f"; {left_out} of {len(counts.regions)} regions not adjusted"
        words += f" (under {PER_TERM} incidents a term, or gaps)"
    return Adjusted(pvalue, expected, ratio, words, True, index, tested)


def _calendar(
    names: Sequence[str], starts: Days, step: int, history: int
) -> tuple[FloatArray | None, tuple[str, ...]]:
    """Return indicator columns (share of each period's days) for the terms the history has seen."""
    if not names:
        return None, ()
    day = starts[:, None] + np.arange(step) * _DAY
    share = calendar_days(tuple(names), day.ravel()).reshape(len(starts), step, len(names)).mean(axis=1)
    seen = share[:history].any(axis=0)
    return (share[:, seen] if seen.any() else None), tuple(n for n, s in zip(names, seen, strict=True) if s)


def calendar_notes(split: Split, calendar: Sequence[str]) -> list[str]:
    """Say which calendar terms the recent window overlaps and nothing else accounts for."""
    found = overlaps(split.recent_window, split.baseline_window)
    mostly = [o for o in found if o.recent_only or 2 * o.recent_days > o.recent_length]
    return [str(o) for o in mostly if o.recent_only or o.name not in calendar]
