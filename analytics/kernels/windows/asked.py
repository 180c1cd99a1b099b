"""The stretch of counts that a test of a recent window looks at, what is asked of it, and its p-values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IndexArray, IntArray
from analytics.kernels.common.dispersion import window_sums
from analytics.kernels.panels.pooled import panel_pvalues
from analytics.kernels.panels.year import PanelYear
from analytics.kernels.windows.alternatives import METHODS, MethodName
from analytics.kernels.windows.expected import MOST_DAYS, NEEDED_DAYS
from analytics.kernels.windows.lrd import REASONS, LRDTest, by_pattern, lrd_test, untestable

__all__ = ["Asked", "History", "Method", "Stretch", "Tested", "kept", "other_pvalue", "tested", "window_test"]

Method = Literal["pooled", MethodName]
LATE = "late reports would look like a decrease (completeness not known)"


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
    def several(self) -> bool:
        """Whether more regions than one are asked about, so that their p-values are adjusted."""
        return bool(self.values.shape[1] > 1)

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

    def later(self, periods: int, stretch: Stretch) -> History:
        """Return the history of the window that ends so many periods later, without calendar terms.

        The days to come hold nothing yet.
        """
        most = MOST_DAYS // self.step + stretch.guard + stretch.length
        rows = slice(max(len(self.day) + periods - most, 0), None)
        more = np.zeros((periods, self.values.shape[1]), self.values.dtype)
        covered = np.concatenate([self.covered, more == 0])[rows]
        covered[-stretch.length :] = True
        day = np.concatenate([self.day, self.day[-1] + self.step * np.arange(1, periods + 1)])[rows]
        days = min(self.days + periods * self.step, MOST_DAYS)
        return History(day, np.concatenate([self.values, more])[rows], covered, self.step, days)


@dataclass(frozen=True, eq=False, slots=True)
class Asked:
    """What is asked of every region.

    Attributes
    ----------
    completeness : float array, shape (recent periods, regions), or None
        Share already reported, and `deviation`, its standard deviation; None where not known.
    upper : bool
        Whether more is asked about, or less.
    shrink : bool
        Whether the dispersions are drawn together.
    method : str
        Which p-value; a name in ``analytics.kernels.windows.alternatives.METHODS``. ``"pooled"``: that of
        ``"lrd_b"``, and for the adjustment that of the panel, where more is asked about
        (:func:`analytics.kernels.panels.pooled.panel_pvalues`).
    null : {"constant", "expected", "auto"}
        What the answer rests on: a constant mean, the expectation, or that where there is one.
    alpha, confidence : float
        Level of the call, and coverage of the interval.
    margin : float
        Ratio below which a rise does not matter.
    sought : float
        Ratio that must be detectable for "no sign" to be said.
    """

    completeness: FloatArray | None = None
    deviation: FloatArray | None = None
    upper: bool = True
    shrink: bool = False
    method: Method = "lrd_b"
    null: Literal["constant", "expected", "auto"] = "constant"
    alpha: float = 0.05
    confidence: float = 0.9
    margin: float = 1.5
    sought: float = 4.0

    @property
    def expected(self) -> bool:
        """Whether every region's answer rests on the expectation."""
        return self.null == "expected"

    @property
    def pooled(self) -> bool:
        """Whether the adjustment starts from the panel's p-values."""
        return self.method == "pooled" and self.upper and not self.expected

    @property
    def lrd(self) -> bool:
        """Whether the p-value is a region's own by LRD; otherwise it is that of a method for comparison."""
        return self.method in ("pooled", "lrd_b")

    @property
    def direction(self) -> str:
        """Return "greater" or "less"."""
        return "greater" if self.upper else "less"

    @property
    def late(self) -> bool:
        """Whether late reports would look like what is asked about."""
        return not self.upper and self.completeness is None

    def exposure(self, pattern: BoolArray, group: IndexArray) -> tuple[FloatArray, FloatArray]:
        """Return mean completeness of regions' covered recent periods, and the variance of its logarithm."""
        if self.completeness is None:
            return np.ones(len(group)), np.zeros(len(group))
        mean = self.completeness[pattern][:, group].mean(axis=0)
        if self.deviation is None:
            return mean, np.zeros(len(group))
        # One estimate of the delay serves all the days, so their errors go together.
        return mean, (self.deviation[pattern][:, group].mean(axis=0) / mean) ** 2


@dataclass(frozen=True, eq=False, slots=True)
class Tested:
    """The test against a constant mean.

    Attributes
    ----------
    reasons : list of str
        Why each region was not tested, "" where it was.
    pvalue : float array, shape (regions,)
    family : float array, shape (regions,)
        What goes into the adjustment for many regions: the firm p-values, or those of the panel; of one
        region alone its p-value, or the bound on extremes.
    firm : float array, shape (regions,)
        The firm p-values (:mod:`analytics.kernels.windows.lrd`).
    groups : list of (index array, LRDTest, bool array)
        Regions with the same covered recent periods, their tests, and those periods.
    year : PanelYear, or None
        What the p-values of the panel were taken from.
    """

    reasons: list[str]
    pvalue: FloatArray
    family: FloatArray
    firm: FloatArray
    groups: list[tuple[IndexArray, LRDTest, BoolArray]]
    year: PanelYear | None = None


def kept(stretch: Stretch, group: IndexArray, pattern: BoolArray) -> tuple[npt.NDArray[np.int32], BoolArray]:
    """Return counts and coverage of some regions, without the recent periods that are not covered."""
    kept = np.r_[np.ones(len(stretch.values) - stretch.length, bool), pattern]
    return stretch.values[np.ix_(kept, group)], stretch.covered[np.ix_(kept, group)]


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
    firm = pvalue.copy()
    groups = []
    for pattern, at in by_pattern(stretch.recent_covered[:, index]) if index.size else ():
        group = index[at]
        test = window_test(stretch, asked, group, pattern)
        groups.append((group, test, pattern))
        pvalue[group] = test.pvalue
        firm[group] = test.firm
        share[group], unsure[group] = asked.exposure(pattern, group)
        if not asked.lrd:
            pvalue[group] = other_pvalue(*kept(stretch, group, pattern), stretch, asked, pattern, group)
            firm[group] = pvalue[group]
    family, year = firm if stretch.several else pvalue, None
    if asked.method == "pooled" and asked.upper and np.isfinite(family).any():
        year = PanelYear.of(
            stretch.values, stretch.covered, np.flatnonzero(np.isfinite(family)), length, stretch.guard
        )
        family = panel_pvalues(
            stretch.values,
            stretch.covered,
            family,
            length=length,
            guard=stretch.guard,
            completeness=share,
            exposure_variance=unsure,
            year=year,
            alpha=asked.alpha,
        )
    return Tested(list(reasons), pvalue, family, firm, groups, year)


def window_test(stretch: Stretch, asked: Asked, group: IndexArray, pattern: BoolArray) -> LRDTest:
    """Test some regions on the covered periods of their window, which are the same for all of them."""
    values, covered = kept(stretch, group, pattern)
    factor, variance = asked.exposure(pattern, group)
    return lrd_test(
        values,
        covered,
        length=int(pattern.sum()),
        guard=stretch.guard,
        completeness=factor,
        exposure_variance=variance,
        upper=asked.upper,
        shrink=asked.shrink,
    )


def other_pvalue(
    values: npt.NDArray[np.int32],
    covered: BoolArray,
    stretch: Stretch,
    asked: Asked,
    pattern: BoolArray,
    group: IndexArray,
) -> FloatArray:
    """Return the p-values of the method asked for by name, of series cut out by :func:`kept`."""
    return METHODS["lrd_b" if asked.method == "pooled" else asked.method](
        values,
        covered,
        length=int(pattern.sum()),
        guard=stretch.guard,
        completeness=asked.exposure(pattern, group)[0],
        upper=asked.upper,
    )
