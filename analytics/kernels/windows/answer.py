"""What the test of a recent window says about every region, under both null hypotheses: asked once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IndexArray
from analytics.kernels.common.dispersion import window_sums
from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.kernels.common.tails import mixed_tail
from analytics.kernels.panels.at import PooledWindow
from analytics.kernels.panels.hierarchy import Nest
from analytics.kernels.panels.year import PanelYear
from analytics.kernels.windows.asked import (
    Asked,
    History,
    Method,
    Stretch,
    Tested,
    kept,
    other_pvalue,
    tested,
    window_test,
)
from analytics.kernels.windows.bounds import Bounds, called_bounds
from analytics.kernels.windows.called import NOT_ADJUSTED, Called, Expected, called_in, fitted
from analytics.kernels.windows.hypothetical import CalledAt, RerunWindow, SpreadWindow
from analytics.kernels.windows.lrd import (
    MIN_WINDOWS,
    LRDTest,
    effective_baseline,
    raised_pvalue,
)
from analytics.kernels.windows.rotation import across_join, rotation_pvalue
from analytics.kernels.windows.starts import starts

__all__ = [
    "NOT_ADJUSTED",
    "Answer",
    "Asked",
    "Called",
    "Expected",
    "History",
    "Method",
    "Stretch",
    "Tested",
    "answer",
    "called_in",
    "next_starts",
    "tested",
]


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """What was found, for every region; arrays of shape (regions,).

    Attributes
    ----------
    reasons : list of str
        Why a region has no p-value, "" where it has one.
    observed : float array
        Incidents in the covered part of the recent window; NaN where none of it is.
    pvalue : float array
        Under the null hypothesis asked about; NaN where not tested.
    family : float array
        What the adjustment for many regions starts from.
    constant : float array
        P-value under the constant null.
    expected : Expected
    rests : bool array
        Whether a region's answer rests on the expectation.
    bounds : Bounds
        Limits, the count and the ratio that would be called, dispersion, and the model-based mark.
    level : float array
        What the p-value must reach to be called, given the other regions.
    qvalue : float array
        Smallest level at which a region is called, among all or within what it lies in.
    far_below : bool array
        Whether a test for fewer incidents, in its own family, would be called.
    """

    reasons: list[str]
    observed: FloatArray
    pvalue: FloatArray
    family: FloatArray
    constant: FloatArray
    expected: Expected
    rests: BoolArray
    bounds: Bounds
    level: FloatArray
    qvalue: FloatArray
    far_below: BoolArray


def answer(stretch: Stretch, asked: Asked, history: History, nest: Nest | None = None) -> Answer:
    """Put one question to every region; each within what it lies in, where `nest` knows about that.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(0.5, (406, 2))
    >>> counts[-14:, 1] += 2
    >>> covered, day = np.ones_like(counts, bool), np.arange(406)
    >>> found = answer(Stretch(counts, covered, 14, 28), Asked(), History(day, counts, covered, 1, 364))
    >>> found.pvalue.round(3), found.bounds.starts_at
    (array([0.934, 0.003]), array([14., 15.]))
    """
    asked_of = called_in(stretch, asked, history, nest)
    found, expected, rests, pvalue = asked_of.found, asked_of.expected, asked_of.rests, asked_of.pvalue
    level, called, least = asked_of.level, asked_of.called, asked_of.least
    parts = []
    year = found.year if asked.pooled else None
    for everyone, whole, pattern in found.groups:
        kept_ = np.flatnonzero(~rests[everyone])
        if kept_.size:
            group, test = everyone[kept_], whole.take(kept_)
            at, size = _at(stretch, asked, group, test, pattern, year), int(pattern.sum())
            own = pvalue[group], called[group], level[group]
            parts.append((group, called_bounds(test, at, *own, size, asked, least[:, group])))
    if rests.any() and expected.test is not None:
        answered = (pvalue, called, level, least)
        parts.append(_expected_bounds(stretch, asked, history, expected, rests, answered))
    bounds = _spread(pvalue.size, parts)
    _start_quiet(stretch, asked, asked_of.quiet, np.isfinite(pvalue), (level, least), bounds)
    below = _far_below(stretch, asked, found)
    return Answer(
        asked_of.reasons,
        asked_of.observed,
        pvalue,
        asked_of.family,
        found.pvalue,
        expected,
        rests,
        bounds,
        level,
        asked_of.qvalue,
        below,
    )


def _expected_bounds(
    stretch: Stretch,
    asked: Asked,
    history: History,
    expected: Expected,
    rests: BoolArray,
    answered: tuple[FloatArray, BoolArray, FloatArray, FloatArray],
) -> tuple[IndexArray, Bounds]:
    """Return what windows tested against an expectation amount to, of the regions that have one.

    `rests` says which do; `answered` is the p-value, whether it is called, the level, and the least counts,
    for every region.
    """
    assert expected.test is not None
    kept_ = np.flatnonzero(rests[expected.index])
    group, test = expected.index[kept_], expected.test.take(kept_)
    at = _expected_at(stretch, asked, history, group)
    pvalue, called, level, least = answered
    own = pvalue[group], called[group], level[group]
    return group, called_bounds(test, at, *own, stretch.length, asked, least[:, group])


def _expected_at(stretch: Stretch, asked: Asked, history: History, group: IndexArray) -> RerunWindow:
    """Return whether regions are called against their expectation, as a function of what windows hold."""
    return RerunWindow(
        history.values[:, group],
        history.covered[:, group],
        stretch.length,
        lambda values, covered, index: _expected_pvalue(
            stretch, asked, history, values, covered, group[index]
        ),
    )


def _year(stretch: Stretch, tested: IndexArray) -> PanelYear:
    return PanelYear.of(stretch.values, stretch.covered, tested, stretch.length, stretch.guard)


def _at(
    stretch: Stretch,
    asked: Asked,
    group: IndexArray,
    test: LRDTest,
    pattern: BoolArray,
    year: PanelYear | None,
) -> CalledAt:
    """Return whether regions of the `group` are called, as a function of what their windows hold."""
    length = int(pattern.sum())
    factor, variance = asked.exposure(pattern, group)
    if asked.lrd:
        own = SpreadWindow.of(
            test,
            *kept(stretch, group, pattern),
            length,
            guard=stretch.guard,
            exposure_variance=variance,
            upper=asked.upper,
            several=stretch.several,
        )
        whole = year if pattern.all() else None  # nothing is concluded from a window covered in part
        return PooledWindow(own, whole, group, factor, variance, asked.alpha) if whole else own
    return RerunWindow(
        *kept(stretch, group, pattern),
        length,
        lambda v, c, i: other_pvalue(v, c, stretch, asked, pattern, group[i]),
    )


def _expected_pvalue(
    stretch: Stretch,
    asked: Asked,
    history: History,
    values: npt.NDArray[np.int32],
    covered: BoolArray,
    group: IndexArray,
) -> FloatArray:
    """Return the p-values against the expectation of the regions `group`; NaN where one cannot carry it."""
    fit = fitted(stretch, asked, history, values, covered, group)
    pvalue = np.full(values.shape[1], np.nan)
    if fit.test is not None:
        pvalue[fit.index] = fit.test.pvalue
    return pvalue


def _spread(regions: int, parts: Iterable[tuple[IndexArray, Bounds]]) -> Bounds:
    """Put the bounds of groups of regions in their places; NaN (or False) where there are none."""
    names = [field.name for field in fields(Bounds)]
    out = {
        name: np.zeros(regions, bool) if name == "model_based" else np.full(regions, np.nan) for name in names
    }
    for index, part in parts:
        for name in names:
            out[name][index] = getattr(part, name)
    return Bounds(**out)


def _start_quiet(
    stretch: Stretch,
    asked: Asked,
    quiet: BoolArray,
    panel: BoolArray,
    levels: tuple[FloatArray, FloatArray],
    bounds: Bounds,
) -> None:
    """Put in where an uptick would start in regions that had nothing to test."""
    group = np.flatnonzero(quiet)
    if not group.size or not asked.upper or asked.expected or not asked.lrd:
        return
    pattern = np.ones(stretch.length, dtype=bool)
    test = window_test(stretch, replace(asked, shrink=False), group, pattern)
    joined = panel.copy()
    joined[group[0]] = True  # a region in which something happened would belong to the panel
    year = _year(stretch, np.flatnonzero(joined)) if asked.pooled else None
    at = _at(stretch, asked, group, test, pattern, year)
    bounds.expected[group] = 0.0
    level, least = levels[0][group], levels[1][:, group]
    bounds.starts_at[group], bounds.starts_at_3[group] = starts(
        test, at, level, stretch.length, upper=True, least=least
    )


def next_starts(
    stretch: Stretch,
    asked: Asked,
    periods: int,
    nest: Nest | None = None,
    history: History | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return from which counts the window that ends `periods` later would be called, at the first step.

    Baseline, guard and history of that window are known; nothing of the window itself is used. NaN where none
    would be, and where the method is another than the default.
    """
    regions = stretch.values.shape[1]
    first, three = np.full(regions, np.nan), np.full(regions, np.nan)
    if not asked.lrd or not asked.upper:
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
    any_ = np.where(later.covered, later.values, 0)[:, group].any(axis=0)
    level = np.full(regions, np.nan)
    level[group] = asked.alpha / (any_.sum() + ~any_)
    if nest is not None:
        active = np.zeros(regions, bool)
        active[group[any_]] = True
        level[group] = nest.first_levels(asked.alpha, active)[group]
    rests = np.full(regions, asked.expected)
    if asked.null != "constant" and history is not None:
        upcoming = history.later(periods, later)
        lines = (first, three) if history.extra is None else ()  # next week's calendar is not known
        rests |= _next_expected(later, asked, upcoming, level, lines)
    year = _year(later, group[any_]) if asked.pooled else None
    group = group[~rests[group]]
    if group.size:
        test = window_test(later, asked, group, pattern)
        at = _at(later, asked, group, test, pattern, year)
        first[group], three[group] = starts(test, at, level[group], later.length, upper=True)
    return first, three


def _next_expected(
    later: Stretch, asked: Asked, history: History, level: FloatArray, lines: tuple[FloatArray, ...]
) -> BoolArray:
    """Put in the lines of the regions whose answer will rest on an expectation; say which those are."""
    rests = np.zeros(level.size, dtype=bool)
    if not history.enough:
        return rests
    everyone = np.arange(level.size)
    own = history.values, history.covered
    fit = fitted(later, asked, history, *own, everyone, seasonal=asked.null == "auto")
    if fit.test is None:
        return rests
    kept_ = np.flatnonzero(fit.test.converged & np.isfinite(level[fit.index]))
    group = fit.index[kept_]
    rests[group] = True
    if not group.size or not lines:
        return rests
    at = _expected_at(later, asked, history, group)
    found = starts(fit.test.as_lrd(kept_), at, level[group], later.length, upper=True)
    for line, counts in zip(lines, found, strict=True):
        line[group] = counts
    return rests


def _far_below(stretch: Stretch, asked: Asked, found: Tested) -> BoolArray:
    """Return which regions hold so little that a test for less, in its own family, would be called."""
    pvalue = np.where(np.isfinite(found.pvalue), 1.0, np.nan)
    for group, test, pattern in found.groups if asked.upper else ():
        low = np.flatnonzero(test.observed < test.expected)
        factor, variance = asked.exposure(pattern, group[low])
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
            length, windows = int(pattern.sum()), part.dispersion.windows[small]
            turned = rotation_pvalue(values, covered, length, factor[small], upper=False)
            pvalue[group[low[small]]] = raised_pvalue(
                a[small],
                turned * across_join(len(values), length),
                part.baseline_total[small],
                windows,
                part.baseline_exposure[small],
            )
    return benjamini_hochberg(pvalue) <= asked.alpha
