"""What the test of a recent window says about every region, under both null hypotheses: asked once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IndexArray
from analytics.kernels.common.dispersion import window_sums
from analytics.kernels.common.multiplicity import call_levels
from analytics.kernels.panels.at import PanelYear, PooledWindow
from analytics.kernels.panels.pooled import panel_pvalues
from analytics.kernels.windows.alternatives import METHODS
from analytics.kernels.windows.asked import Asked, History, Method, Stretch, Tested, kept
from analytics.kernels.windows.beside import far_below, start_quiet
from analytics.kernels.windows.bounds import Bounds
from analytics.kernels.windows.called import called_bounds
from analytics.kernels.windows.expected import Terms, adjusted_test
from analytics.kernels.windows.lrd import REASONS, LRDTest, by_pattern, lrd_test, untestable
from analytics.kernels.windows.starts import PvalueAt, RerunWindow, SpreadWindow

__all__ = ["Answer", "Asked", "Expected", "History", "Method", "Stretch", "Tested", "answer", "tested"]

LATE = "late reports would look like a decrease (completeness not known)"
NOT_ADJUSTED = "not adjusted: too few incidents or gaps"


@dataclass(frozen=True, eq=False, slots=True)
class Expected:
    """The test against an expectation: arrays of shape (regions,), NaN where not adjusted.

    `terms` is None where the history is too short; `test` is that of the regions `index`.
    """

    pvalue: FloatArray
    expected: FloatArray
    ratio: FloatArray
    terms: Terms | None
    index: IndexArray
    test: LRDTest | None


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
    bounds : Bounds
        Limits, the count and the ratio that would be called, dispersion, and the model-based mark.
    level : float array
        What the p-value must reach to be called, given the other regions.
    far_below : bool array
        Whether a test for fewer incidents, in its own family, would be called.
    """

    reasons: list[str]
    observed: FloatArray
    pvalue: FloatArray
    family: FloatArray
    constant: FloatArray
    expected: Expected
    bounds: Bounds
    level: FloatArray
    far_below: BoolArray


def answer(stretch: Stretch, asked: Asked, history: History) -> Answer:
    """Put one question to every region.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(0.5, (406, 2))
    >>> counts[-14:, 1] += 2
    >>> covered, day = np.ones_like(counts, bool), np.arange(406)
    >>> found = answer(Stretch(counts, covered, 14, 28), Asked(), History(day, counts, covered, 1, 364))
    >>> found.pvalue.round(3), found.bounds.starts_at
    (array([0.904, 0.   ]), array([14., 14.]))
    """
    found = tested(stretch, asked)
    expected = _expected(stretch, asked, history)
    observed = np.where(stretch.recent_covered, stretch.recent, 0).sum(axis=0).astype(float)
    observed[~stretch.recent_covered.any(axis=0)] = np.nan
    reasons, pvalue, family = found.reasons, found.pvalue, found.family
    if asked.expected:
        told = np.isfinite(expected.pvalue)
        reasons = [why or ("" if t else NOT_ADJUSTED) for why, t in zip(reasons, told, strict=True)]
        pvalue = family = np.where([bool(why) for why in reasons], np.nan, expected.pvalue)
    quiet = np.array([why == REASONS[3] for why in reasons]) & stretch.recent_covered.all(axis=0)
    level = call_levels(family, asked.alpha, quiet)
    parts = []
    if not asked.expected:
        tested_ = np.flatnonzero(np.isfinite(pvalue))
        year = _year(stretch, tested_) if asked.pooled and tested_.size else None
        for group, test, pattern in found.groups:
            at, size = _at(stretch, asked, group, test, pattern, year), int(pattern.sum())
            own = pvalue[group], family[group], level[group]
            parts.append((group, called_bounds(test, at, *own, size, asked)))
    elif expected.test is not None:
        group = expected.index
        at = RerunWindow(
            history.values[:, group],
            history.covered[:, group],
            stretch.length,
            lambda values, covered: _expected_pvalue(stretch, asked, history, values, covered),
        )
        bound = called_bounds(
            expected.test, at, pvalue[group], family[group], level[group], stretch.length, asked
        )
        parts.append((group, bound))
    bounds = _spread(observed.size, parts)
    start_quiet(stretch, asked, quiet, np.isfinite(pvalue), level, bounds)
    below = far_below(stretch, asked, found)
    return Answer(reasons, observed, pvalue, family, found.pvalue, expected, bounds, level, below)


def _year(stretch: Stretch, tested: IndexArray) -> PanelYear:
    return PanelYear.of(stretch.values, stretch.covered, tested, stretch.length, stretch.guard)


def _at(
    stretch: Stretch,
    asked: Asked,
    group: IndexArray,
    test: LRDTest,
    pattern: BoolArray,
    year: PanelYear | None,
) -> PvalueAt:
    """Return the p-value of the regions `group` as a function of what their windows hold."""
    length = int(pattern.sum())
    factor, variance = asked.exposure(pattern)
    values, covered = kept(stretch, group, pattern)
    if asked.method in ("lrd_b", "pooled"):
        own = SpreadWindow.of(test, values, covered, length, exposure_variance=variance, upper=asked.upper)
        whole = year is not None and pattern.all()  # nothing is concluded from a window covered in part
        return PooledWindow(own, year, group, factor, variance) if year is not None and whole else own
    return RerunWindow(
        values, covered, length, lambda v, c: _other(v, c, length, stretch.guard, factor, asked)
    )


def tested(stretch: Stretch, asked: Asked) -> Tested:
    """Test the regions that can be tested against a constant mean.

    They are batched by which recent periods are covered. A decrease is not tested where completeness is not
    known: late reports would look like one.
    """
    length, regions = stretch.recent.shape
    code = untestable(
        stretch.recent_covered.sum(axis=0),
        stretch.baseline_covered.sum(axis=0),
        (window_sums(stretch.baseline_covered, length) == length).any(axis=0),
        np.where(stretch.baseline_covered, stretch.baseline, 0).sum(axis=0)
        + np.where(stretch.recent_covered, stretch.recent, 0).sum(axis=0),
        length,
    )
    reasons = np.array(REASONS, dtype=object)[code]
    if asked.late:
        reasons[reasons == ""] = LATE
    index = np.flatnonzero(reasons == "")
    pvalue, share, unsure = np.full(regions, np.nan), np.ones(regions), np.zeros(regions)
    groups = []
    for pattern, at in by_pattern(stretch.recent_covered[:, index]) if index.size else ():
        group = index[at]
        factor, variance = asked.exposure(pattern)
        values, covered = kept(stretch, group, pattern)
        test = lrd_test(
            values,
            covered,
            length=int(pattern.sum()),
            guard=stretch.guard,
            completeness=factor,
            exposure_variance=variance,
            upper=asked.upper,
            shrink=asked.shrink,
        )
        groups.append((group, test, pattern))
        pvalue[group], share[group], unsure[group] = test.pvalue, factor, variance
        if asked.method not in ("pooled", "lrd_b"):
            pvalue[group] = _other(values, covered, int(pattern.sum()), stretch.guard, factor, asked)
    family = pvalue
    if asked.method == "pooled" and asked.upper:
        family = panel_pvalues(
            stretch.values,
            stretch.covered,
            pvalue,
            length=length,
            guard=stretch.guard,
            completeness=share,
            exposure_variance=unsure,
        )
    return Tested(list(reasons), pvalue, family, groups)


def _other(
    values: npt.NDArray[np.int32], covered: BoolArray, length: int, guard: int, factor: float, asked: Asked
) -> FloatArray:
    """Return the p-value of a method asked for by name."""
    method = METHODS["lrd_b" if asked.method == "pooled" else asked.method]
    return method(values, covered, length=length, guard=guard, completeness=factor, upper=asked.upper)


def _expected(stretch: Stretch, asked: Asked, history: History) -> Expected:
    """Test every region that can carry the terms against its expectation."""
    regions = stretch.values.shape[1]
    pvalue, expected, ratio = (np.full(regions, np.nan) for _ in range(3))
    if not history.enough:
        return Expected(pvalue, expected, ratio, None, np.zeros(0, dtype=np.intp), None)
    factor, variance = asked.exposure(np.ones(stretch.length, dtype=bool))
    fit = adjusted_test(
        history.day,
        history.values,
        history.covered,
        length=stretch.length,
        guard=stretch.guard,
        step=history.step,
        extra=history.extra,
        completeness=factor,
        exposure_variance=variance,
        upper=asked.upper,
    )
    index, test = fit.index, None
    if fit.test is not None:
        good = np.flatnonzero(fit.test.converged & (not asked.late))
        index, test = fit.index[good], fit.test.as_lrd(good)
        pvalue[index] = test.pvalue
        expected[index] = fit.test.expected[good]
        ratio[index] = test.observed / fit.test.expected[good]
    return Expected(pvalue, expected, ratio, fit.terms, index, test)


def _expected_pvalue(
    stretch: Stretch, asked: Asked, history: History, values: npt.NDArray[np.int32], covered: BoolArray
) -> FloatArray:
    """Return the p-values against the expectation of regions that can carry it."""
    factor, variance = asked.exposure(np.ones(stretch.length, dtype=bool))
    fit = adjusted_test(
        history.day,
        values,
        covered,
        length=stretch.length,
        guard=stretch.guard,
        step=history.step,
        extra=history.extra,
        completeness=factor,
        exposure_variance=variance,
        upper=asked.upper,
    )
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
