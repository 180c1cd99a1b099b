"""Which regions a test of the recent window calls, under either null hypothesis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IndexArray
from analytics.kernels.common.multiplicity import benjamini_hochberg, call_levels
from analytics.kernels.panels.hierarchy import Nest
from analytics.kernels.windows.asked import Asked, History, Stretch, Tested, tested
from analytics.kernels.windows.expected import Adjustment, Terms, adjusted_test
from analytics.kernels.windows.lrd import REASONS, LRDTest
from analytics.kernels.windows.season import shows_season

__all__ = ["NOT_ADJUSTED", "Called", "Expected", "called_in", "fitted"]

NOT_ADJUSTED = "not adjusted: too few incidents or gaps"


@dataclass(frozen=True, eq=False, slots=True)
class Expected:
    """The test against an expectation: arrays of shape (regions,), NaN where not adjusted.

    `terms` is None where the history is too short; `test` is that of the regions `index`. `season` says which
    histories show a season, and is asked only where the answer depends on it.
    """

    pvalue: FloatArray
    expected: FloatArray
    ratio: FloatArray
    terms: Terms | None
    index: IndexArray
    test: LRDTest | None
    season: BoolArray


@dataclass(frozen=True, eq=False, slots=True)
class Called:
    """Which regions are called, as :class:`Answer` has it; arrays of shape (regions,), `least` (2, regions).

    `quiet` are the regions that had nothing to test, and `least` the counts without which none is called.
    """

    found: Tested
    expected: Expected
    rests: BoolArray
    reasons: list[str]
    observed: FloatArray
    pvalue: FloatArray
    family: FloatArray
    quiet: BoolArray
    level: FloatArray
    qvalue: FloatArray
    called: BoolArray
    least: FloatArray


def called_in(stretch: Stretch, asked: Asked, history: History, nest: Nest | None = None) -> Called:
    """Say which regions are called; the beginning of :func:`answer`, which goes on to limits and starts."""
    found = tested(stretch, asked)
    expected = _expected(stretch, asked, history)
    observed = np.where(stretch.recent_covered, stretch.recent, 0).sum(axis=0).astype(float)
    observed[~stretch.recent_covered.any(axis=0)] = np.nan
    reasons, rests = found.reasons, _rests(found, expected, asked)
    if asked.expected:
        told = np.isfinite(expected.pvalue)
        reasons = [why or ("" if t else NOT_ADJUSTED) for why, t in zip(reasons, told, strict=True)]
    untold = np.array([bool(why) for why in reasons])
    pvalue = np.where(rests, np.where(untold, np.nan, expected.pvalue), found.pvalue)
    family = np.where(rests, pvalue, found.family)
    quiet = np.array([why == REASONS[3] for why in reasons]) & stretch.recent_covered.all(axis=0)
    level, qvalue, called, least = _multiplicity(family, observed, quiet, asked, nest)
    return Called(
        found, expected, rests, reasons, observed, pvalue, family, quiet, level, qvalue, called, least
    )


def _multiplicity(
    family: FloatArray, observed: FloatArray, quiet: BoolArray, asked: Asked, nest: Nest | None
) -> tuple[FloatArray, FloatArray, BoolArray, FloatArray]:
    """Return levels, q-values, which are called, and least counts (2, regions) for what they lie in."""
    if nest is None:
        level, least = call_levels(family, asked.alpha, quiet), np.full((2, family.size), -np.inf)
        return level, benjamini_hochberg(family), family <= level, least
    level, least = nest.levels(family, asked.alpha, quiet), np.stack(nest.floors(observed))
    called = (family <= level) & ~nest.closed(asked.alpha)
    return level, nest.child_q(family), called, least if asked.upper else np.full(least.shape, -np.inf)


def _rests(found: Tested, expected: Expected, asked: Asked) -> BoolArray:
    """Return which regions' answers rest on the expectation."""
    if asked.null == "auto":
        return np.isfinite(found.pvalue) & np.isfinite(expected.pvalue) & expected.season
    return np.full(found.pvalue.shape, asked.expected)


def _expected(stretch: Stretch, asked: Asked, history: History) -> Expected:
    """Test every region that can carry the terms against its expectation."""
    regions = stretch.values.shape[1]
    pvalue, expected, ratio = (np.full(regions, np.nan) for _ in range(3))
    season = np.zeros(regions, dtype=bool)
    if not history.enough:
        return Expected(pvalue, expected, ratio, None, np.zeros(0, dtype=np.intp), None, season)
    fit = fitted(stretch, asked, history, history.values, history.covered, np.arange(regions))
    index, test = fit.index, None
    if fit.test is not None:
        good = np.flatnonzero(fit.test.converged & (not asked.late))
        index, test = fit.index[good], fit.test.as_lrd(good)
        pvalue[index] = test.pvalue
        expected[index] = fit.test.expected[good]
        ratio[index] = test.observed / fit.test.expected[good]
        if asked.null == "auto" and index.size:
            before = slice(len(history.values) - stretch.length - stretch.guard)
            values, covered = history.values[before, index], history.covered[before, index]
            season[index] = shows_season(values, covered, harmonics=fit.terms.harmonics, step=history.step)
    return Expected(pvalue, expected, ratio, fit.terms, index, test, season)


def fitted(
    stretch: Stretch,
    asked: Asked,
    history: History,
    values: npt.NDArray[np.int32],
    covered: BoolArray,
    group: IndexArray,
    *,
    seasonal: bool = False,
) -> Adjustment:
    """Test counts of the history's periods, of the regions `group`, against their expectation.

    `seasonal`: only those whose history shows a season.
    """
    factor, variance = asked.exposure(np.ones(stretch.length, dtype=bool), group)
    return adjusted_test(
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
        seasonal=seasonal,
    )
