"""What stands beside a test of a recent window: where upticks start, next week's lines, far below usual."""

from __future__ import annotations

import numpy as np

from analytics._typing import BoolArray, FloatArray
from analytics.kernels.common.dispersion import window_sums
from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.kernels.common.tails import mixed_tail
from analytics.kernels.panels.at import PanelYear, PooledWindow
from analytics.kernels.windows.asked import Asked, Stretch, Tested, kept
from analytics.kernels.windows.bounds import Bounds
from analytics.kernels.windows.called import starts
from analytics.kernels.windows.lrd import (
    MIN_WINDOWS,
    effective_baseline,
    lrd_test,
    raised_pvalue,
    rotation_pvalue,
)
from analytics.kernels.windows.starts import PvalueAt, SpreadWindow

__all__ = ["far_below", "next_starts", "start_quiet"]

_DEFAULT = ("pooled", "lrd_b")


def start_quiet(
    stretch: Stretch,
    asked: Asked,
    quiet: BoolArray,
    tested: BoolArray,
    level: FloatArray,
    bounds: Bounds,
) -> None:
    """Put in where an uptick would start in regions that had nothing to test."""
    group = np.flatnonzero(quiet)
    if not group.size or not asked.upper or asked.expected or asked.method not in _DEFAULT:
        return
    pattern = np.ones(stretch.length, dtype=bool)
    factor, variance = asked.exposure(pattern)
    values, covered = kept(stretch, group, pattern)
    test = lrd_test(
        values,
        covered,
        length=stretch.length,
        guard=stretch.guard,
        completeness=factor,
        exposure_variance=variance,
    )
    at: PvalueAt = SpreadWindow.of(test, values, covered, stretch.length, exposure_variance=variance)
    if asked.pooled:
        joined = tested.copy()
        joined[group[0]] = True  # a region in which something happened would belong to the panel
        year = PanelYear.of(
            stretch.values, stretch.covered, np.flatnonzero(joined), stretch.length, stretch.guard
        )
        at = PooledWindow(at, year, group, factor, variance)
    bounds.expected[group] = 0.0
    bounds.starts_at[group], bounds.starts_at_3[group] = starts(
        test, at, level[group], stretch.length, upper=True
    )


def next_starts(stretch: Stretch, asked: Asked, periods: int) -> tuple[FloatArray, FloatArray]:
    """Return from which counts the window that ends `periods` later would be called, at the first step.

    Baseline and guard of that window are known; nothing of the window itself is used. NaN where none
    would be, and where the null hypothesis or the method is another than the default.
    """
    regions = stretch.values.shape[1]
    first, three = np.full(regions, np.nan), np.full(regions, np.nan)
    if asked.expected or asked.method not in _DEFAULT or not asked.upper:
        return first, three
    later = Stretch(
        np.concatenate([stretch.values[periods:], np.zeros_like(stretch.values[:periods])]),
        np.concatenate([stretch.covered[periods:], np.ones_like(stretch.covered[:periods])]),
        stretch.length,
        stretch.guard,
    )
    later.covered[-stretch.length :] = True
    known = (window_sums(later.baseline_covered, later.length) == later.length).any(axis=0)
    known &= later.baseline_covered.sum(axis=0) // later.length >= MIN_WINDOWS
    group = np.flatnonzero(known)
    if not group.size:
        return first, three
    pattern = np.ones(stretch.length, dtype=bool)
    factor, variance = asked.exposure(pattern)
    values, covered = kept(later, group, pattern)
    values = np.where(covered, values, 0)
    test = lrd_test(
        values,
        covered,
        length=later.length,
        guard=later.guard,
        completeness=factor,
        exposure_variance=variance,
        shrink=asked.shrink,
    )
    at: PvalueAt = SpreadWindow.of(test, values, covered, later.length, exposure_variance=variance)
    any_ = (test.baseline_total > 0) | (np.where(covered, values, 0).sum(axis=0) > 0)
    level = asked.alpha / (any_.sum() + ~any_)
    if asked.pooled:
        year = PanelYear.of(later.values, later.covered, group[any_], later.length, later.guard)
        at = PooledWindow(at, year, group, factor, variance)
    first[group], three[group] = starts(test, at, level, later.length, upper=True)
    return first, three


def far_below(stretch: Stretch, asked: Asked, found: Tested) -> BoolArray:
    """Return which regions hold so little that a test for less, in its own family, would be called."""
    pvalue = np.where(np.isfinite(found.pvalue), 1.0, np.nan)
    for group, test, pattern in found.groups if asked.upper else ():
        factor, variance = asked.exposure(pattern)
        low = np.flatnonzero(test.observed < test.expected)
        part = test.take(low)
        total, periods = effective_baseline(part, variance)
        a = mixed_tail(
            part.observed,
            part.observed + total,
            part.recent_exposure,
            periods,
            part.dispersion.phi,
            part.dispersion.edf,
            upper=False,
        )
        small = a <= asked.alpha  # the rotation only raises it
        if small.any():
            values, covered = kept(stretch, group[low[small]], pattern)
            scale = np.broadcast_to(np.asarray(factor), int(small.sum()))
            turned = rotation_pvalue(values, covered, int(pattern.sum()), scale, upper=False)
            pvalue[group[low[small]]] = raised_pvalue(a[small], turned, part.baseline_total[small])
    return benjamini_hochberg(pvalue) <= asked.alpha
