"""The stretch of counts that a test of a recent window looks at, and what is asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IndexArray, IntArray
from analytics.kernels.windows.alternatives import MethodName
from analytics.kernels.windows.expected import NEEDED_DAYS
from analytics.kernels.windows.lrd import LRDTest

__all__ = ["Asked", "History", "Method", "Stretch", "Tested", "kept"]

Method = Literal["pooled", MethodName]


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
    expected: bool = False
    alpha: float = 0.05
    confidence: float = 0.9
    margin: float = 1.5
    sought: float = 4.0

    @property
    def pooled(self) -> bool:
        """Whether the adjustment starts from the panel's p-values."""
        return self.method == "pooled" and self.upper and not self.expected

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


def kept(stretch: Stretch, group: IndexArray, pattern: BoolArray) -> tuple[npt.NDArray[np.int32], BoolArray]:
    """Return counts and coverage of some regions, without the recent periods that are not covered."""
    kept = np.r_[np.ones(len(stretch.values) - stretch.length, bool), pattern]
    return stretch.values[np.ix_(kept, group)], stretch.covered[np.ix_(kept, group)]
