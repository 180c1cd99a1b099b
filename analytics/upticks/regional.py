"""Testing the regions that can be tested, and saying why the others cannot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics._typing import BoolArray, FloatArray, IndexArray
from analytics.kernels.common.dispersion import window_sums
from analytics.kernels.windows.alternatives import METHODS
from analytics.kernels.windows.lrd import LRDTest, lrd_test
from analytics.kernels.windows.recent import REASONS, by_pattern, untestable
from analytics.upticks.windows import Split

__all__ = ["Asked", "Findings", "find"]


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
        Which p-value; a name in ``analytics.kernels.windows.alternatives.METHODS``.
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

    index: IndexArray
    tests: list[tuple[IndexArray, LRDTest, BoolArray]]
    pvalue: FloatArray
    reasons: list[str]


def find(split: Split, asked: Asked) -> Findings:
    """Test the regions that can be tested, batched by which recent periods are covered.

    A decrease is not tested where completeness is not known: late reports would look like one.
    """
    length, regions = split.recent.shape
    code = untestable(
        split.recent_covered.sum(axis=0),
        split.baseline_covered.sum(axis=0),
        (window_sums(split.baseline_covered, length) == length).any(axis=0),
        np.where(split.baseline_covered, split.baseline, 0).sum(axis=0)
        + np.where(split.recent_covered, split.recent, 0).sum(axis=0),
        length,
    )
    reasons = np.array(REASONS, dtype=object)[code]
    if not asked.upper and asked.completeness is None:
        reasons[reasons == ""] = "late reports would look like a decrease (completeness not known)"
    index = np.flatnonzero(reasons == "")
    pvalue = np.full(regions, np.nan)
    tests = []
    if index.size:
        for pattern, at in by_pattern(split.recent_covered[:, index]):
            group = index[at]
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
