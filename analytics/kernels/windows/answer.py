"""What the test of a recent window says about every region, under both null hypotheses: asked once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IndexArray, IntArray
from analytics.kernels.common.dispersion import window_sums
from analytics.kernels.panels.pooled import panel_pvalues
from analytics.kernels.windows.alternatives import METHODS, MethodName
from analytics.kernels.windows.bounds import Bounds, Windows, bounds
from analytics.kernels.windows.expected import NEEDED_DAYS, Terms, adjusted_test
from analytics.kernels.windows.lrd import REASONS, LRDTest, by_pattern, lrd_test, untestable

__all__ = ["Answer", "Asked", "Expected", "History", "Method", "Stretch", "Tested", "answer", "tested"]

Method = Literal["pooled", MethodName]

LATE = "late reports would look like a decrease (completeness not known)"
NOT_ADJUSTED = "not adjusted: too few incidents or gaps"


@dataclass(frozen=True, eq=False, slots=True)
class Stretch:
    """Counts cut out as one stretch: baseline, guard, recent; arrays of shape (periods, regions).

    `length` and `guard` are numbers of periods.
    """

    values: npt.NDArray[np.int32]
    covered: BoolArray
    length: int
    guard: int

    @property
    def baseline(self) -> npt.NDArray[np.int32]:
        """Counts of the baseline."""
        return self.values[: -self.length - self.guard]

    @property
    def baseline_covered(self) -> BoolArray:
        """Coverage of the baseline."""
        return self.covered[: -self.length - self.guard]

    @property
    def recent(self) -> npt.NDArray[np.int32]:
        """Counts of the recent window."""
        return self.values[-self.length :]

    @property
    def recent_covered(self) -> BoolArray:
        """Coverage of the recent window."""
        return self.covered[-self.length :]


@dataclass(frozen=True, eq=False, slots=True)
class History:
    """What an expectation is fitted to: up to five years before the guard; guard and recent window follow.

    Attributes
    ----------
    day : int array, shape (periods,)
        First day of each period, in days since 1970-01-01.
    values, covered : arrays, shape (periods, regions)
    step : int
        Days in a period.
    days : int
        Days before the guard.
    extra : float array, shape (periods, columns), or None
        Calendar terms, and `names`, what they are called.
    """

    day: IntArray
    values: npt.NDArray[np.int32]
    covered: BoolArray
    step: int
    days: int
    extra: FloatArray | None = None
    names: tuple[str, ...] = ()

    @property
    def enough(self) -> bool:
        """Whether an expectation can be fitted to so much."""
        return self.days >= NEEDED_DAYS


@dataclass(frozen=True, eq=False, slots=True)
class Asked:
    """What is asked of every region.

    Attributes
    ----------
    completeness : float array, shape (recent periods,), or None
        Share already reported, and `deviation`, its standard deviation; None where not known.
    upper : bool
        Whether more is asked about, or less.
    shrink : bool
        Whether the dispersions are drawn together.
    method : str
        Which p-value; a name in ``analytics.kernels.windows.alternatives.METHODS``. ``"pooled"``: that of
        ``"lrd_b"``, and for the adjustment that of the panel, where more is asked about
        (:func:`analytics.kernels.panels.pooled.panel_pvalues`).
    expected : bool
        Whether the answer rests on the expectation, not on a constant mean.
    alpha, confidence : float
        Level of the call, and coverage of the interval.
    """

    completeness: FloatArray | None = None
    deviation: FloatArray | None = None
    upper: bool = True
    shrink: bool = False
    method: Method = "lrd_b"
    expected: bool = False
    alpha: float = 0.05
    confidence: float = 0.95

    @property
    def direction(self) -> str:
        """Return "greater" or "less"."""
        return "greater" if self.upper else "less"

    @property
    def late(self) -> bool:
        """Whether late reports would look like what is asked about."""
        return not self.upper and self.completeness is None

    def exposure(self, pattern: BoolArray) -> tuple[float, float]:
        """Return the mean completeness of the covered recent periods and the variance of its logarithm."""
        if self.completeness is None:
            return 1.0, 0.0
        mean = float(self.completeness[pattern].mean())
        if self.deviation is None:
            return mean, 0.0
        # One estimate of the delay serves all the days, so their errors go together.
        return mean, float((self.deviation[pattern].mean() / mean) ** 2)


@dataclass(frozen=True, eq=False, slots=True)
class Tested:
    """The test against a constant mean.

    Attributes
    ----------
    reasons : list of str
        Why each region was not tested, "" where it was.
    pvalue : float array, shape (regions,)
    family : float array, shape (regions,)
        What goes into the adjustment for many regions: the p-values, or those of the panel.
    groups : list of (index array, LRDTest, bool array)
        Regions with the same covered recent periods, their tests, and those periods.
    """

    reasons: list[str]
    pvalue: FloatArray
    family: FloatArray
    groups: list[tuple[IndexArray, LRDTest, BoolArray]]


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
    """

    reasons: list[str]
    observed: FloatArray
    pvalue: FloatArray
    family: FloatArray
    constant: FloatArray
    expected: Expected
    bounds: Bounds


def answer(stretch: Stretch, asked: Asked, history: History) -> Answer:
    """Put one question to every region.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(0.5, (406, 2))
    >>> counts[-14:, 1] += 2
    >>> covered, day = np.ones_like(counts, bool), np.arange(406)
    >>> found = answer(Stretch(counts, covered, 14, 28), Asked(), History(day, counts, covered, 1, 364))
    >>> found.pvalue.round(3), found.bounds.starts_at
    (array([0.904, 0.   ]), array([14., 13.]))
    """
    found = tested(stretch, asked)
    expected = _expected(stretch, asked, history)
    observed = np.where(stretch.recent_covered, stretch.recent, 0).sum(axis=0).astype(float)
    observed[~stretch.recent_covered.any(axis=0)] = np.nan
    if not asked.expected:
        parts = []
        for group, test, pattern in found.groups:
            windows = (stretch.baseline[:, group], stretch.baseline_covered[:, group], int(pattern.sum()))
            parts.append((group, _bounds(test, asked, windows)))
        return Answer(
            found.reasons,
            observed,
            found.pvalue,
            found.family,
            found.pvalue,
            expected,
            _spread(observed.size, parts),
        )
    reasons = [
        why or ("" if told else NOT_ADJUSTED)
        for why, told in zip(found.reasons, np.isfinite(expected.pvalue), strict=True)
    ]
    parts = []
    if expected.test is not None:
        parts.append((expected.index, _bounds(expected.test, asked)))
    pvalue = np.where([bool(why) for why in reasons], np.nan, expected.pvalue)
    return Answer(
        reasons,
        observed,
        pvalue,
        pvalue,
        found.pvalue,
        expected,
        _spread(observed.size, parts),
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
        kept = np.r_[np.ones(len(stretch.values) - length, bool), pattern]
        values, covered = stretch.values[np.ix_(kept, group)], stretch.covered[np.ix_(kept, group)]
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
            pvalue[group] = METHODS[asked.method](
                values,
                covered,
                length=int(pattern.sum()),
                guard=stretch.guard,
                completeness=factor,
                upper=asked.upper,
            )
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


def _bounds(test: LRDTest, asked: Asked, windows: Windows | None = None) -> Bounds:
    return bounds(test, alpha=asked.alpha, confidence=asked.confidence, windows=windows, upper=asked.upper)


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
