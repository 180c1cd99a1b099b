"""Testing the regions that can be tested, and saying why the others cannot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.kernels.alternatives import METHODS
from analytics.kernels.dispersion import window_sums
from analytics.kernels.lrd import LRDTest, lrd_test
from analytics.upticks.windows import MIN_WINDOWS, Split

__all__ = ["Asked", "Findings", "find"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


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
        Which p-value; a name in ``analytics.kernels.alternatives.METHODS``.
    """

    completeness: FloatArray | None = None
    deviation: FloatArray | None = None
    upper: bool = True
    shrink: bool = False
    method: str = "lrd_b"

    @property
    def direction(self) -> str:
        """Return "greater" or "less"."""
        return "greater" if self.upper else "less"

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
class Findings:
    """What was found for the regions that could be tested; `index` says which those are."""

    index: npt.NDArray[np.intp]
    tests: list[tuple[npt.NDArray[np.intp], LRDTest, BoolArray]]
    pvalue: FloatArray
    reasons: list[str]


def find(split: Split, asked: Asked) -> Findings:
    """Test the regions that can be tested, batched by which recent periods are covered.

    A decrease is not tested where completeness is not known: late reports would look like one.
    """
    length, regions = split.recent.shape
    recent_days = split.recent_covered.sum(axis=0)
    windows = split.baseline_covered.sum(axis=0) // length
    any_window = (window_sums(split.baseline_covered, length) == length).any(axis=0)
    total = np.where(split.baseline_covered, split.baseline, 0).sum(axis=0) + np.where(
        split.recent_covered, split.recent, 0
    ).sum(axis=0)
    gap_recent = recent_days * 2 < length
    gap_baseline = ~gap_recent & ((windows < MIN_WINDOWS) | ~any_window)
    empty = ~gap_recent & ~gap_baseline & (total == 0)
    reasons = np.full(regions, "", dtype=object)
    reasons[gap_recent] = "more than half of the recent window has no coverage"
    reasons[gap_baseline] = f"the baseline has coverage for fewer than {MIN_WINDOWS} windows"
    reasons[empty] = "there is no incident in the baseline or the recent window"
    if not asked.upper and asked.completeness is None:
        reasons[reasons == ""] = "late reports would look like a decrease (completeness not known)"
    index = np.flatnonzero(reasons == "")
    pvalue = np.full(regions, np.nan)
    tests = []
    if index.size:
        patterns, which = np.unique(split.recent_covered[:, index], axis=1, return_inverse=True)
        for number, pattern in enumerate(patterns.T):
            group = index[np.ravel(which) == number]
            factor, variance = asked.exposure(pattern)
            kept = np.r_[np.ones(len(split.values) - length, bool), pattern]
            values, covered = split.values[np.ix_(kept, group)], split.covered[np.ix_(kept, group)]
            size = int(pattern.sum())
            test = lrd_test(
                values,
                covered,
                length=size,
                guard=split.guard,
                completeness=factor,
                exposure_variance=variance,
                upper=asked.upper,
                shrink=asked.shrink,
            )
            tests.append((group, test, pattern))
            pvalue[group] = (
                test.pvalue
                if asked.method == "lrd_b"
                else METHODS[asked.method](
                    values, covered, length=size, guard=split.guard, completeness=factor, upper=asked.upper
                )
            )
    return Findings(index, tests, pvalue, list(reasons))
