"""Districts within governorates: the governorates' own test, which their districts are tested within."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.counts import Counts
from analytics.kernels.panels.hierarchy import Nest
from analytics.kernels.windows.answer import Asked, History, answer, next_starts
from analytics.results import listed
from analytics.upticks.windows import Split

__all__ = ["NESTED", "Nested", "nested_in", "nested_words"]

_LEAST_WEIGHT = 1e-3  # of a region that holds none
NESTED = "; of a region within others, where the same null of what it lies in is rejected"


@dataclass(frozen=True, eq=False, slots=True)
class Nested:
    """What the regions lie in: their sums cut as the regions are, and what their own test says."""

    nest: Nest
    split: Split
    asked: Asked
    parents: tuple[str, ...]
    history: History

    def watch_from(
        self, split: Split, asked: Asked, history: History, periods: int
    ) -> tuple[FloatArray, FloatArray]:
        """Return next week's lines: where a region and what it lies in are called, the others as usual."""
        own = next_starts(split, asked, periods, self.nest, history)
        above = next_starts(self.split, self.asked, periods, history=self.history)
        mean = np.where(split.baseline_covered, split.baseline, 0).sum(axis=0) * (
            split.length / np.maximum(split.baseline_covered.sum(axis=0), 1)
        )
        others = np.bincount(self.nest.group, mean, len(self.parents))[self.nest.group] - mean
        first, three = (
            np.maximum(line, np.ceil(upper[self.nest.group] - others))
            for line, upper in zip(own, above, strict=True)
        )
        return first, three


def nested_in(counts: Counts, split: Split, asked: Asked, history: History) -> Nested | None:
    """Test what the regions lie in; None where that is not known, the same for all, or counted in part."""
    parents = tuple(dict.fromkeys(counts.parents))
    if len(parents) < 2 or len(parents) == len(counts.regions) or not counts.whole:
        return None
    place = {name: at for at, name in enumerate(parents)}
    group = np.array([place[name] for name in counts.parents])
    values, covered = _summed(split.values, split.covered, group)
    above = replace(split, values=values, covered=covered)
    weight = np.where(split.baseline_covered, split.baseline, 0).sum(axis=0) + _LEAST_WEIGHT
    asked = replace(
        asked,
        completeness=_weighted(asked.completeness, weight, group),
        deviation=_weighted(asked.deviation, weight, group),
    )
    values, covered = _summed(history.values, history.covered, group)
    summed = replace(history, values=values, covered=covered)
    found = answer(above, asked, summed)
    nest = Nest(
        group,
        found.qvalue,
        found.bounds.starts_at,
        found.bounds.starts_at_3,
        np.nan_to_num(found.observed),
    )
    return Nested(nest, above, asked, parents, summed)


def _summed(
    values: npt.NDArray[np.int32], covered: BoolArray, group: IntArray
) -> tuple[npt.NDArray[np.int32], BoolArray]:
    """Sum the regions of each group; covered where all of them are."""
    groups = int(group.max()) + 1
    total, inside = np.zeros((len(values), groups), np.int32), np.ones((len(values), groups), bool)
    for g in range(groups):
        mine = group == g
        inside[:, g] = covered[:, mine].all(axis=1)
        total[:, g] = np.where(inside[:, g], values[:, mine].sum(axis=1), 0)
    return total, inside


def _weighted(each: FloatArray | None, weight: FloatArray, group: IntArray) -> FloatArray | None:
    """Return what holds of the sums over the regions of each group, which count by what they hold."""
    if each is None:
        return None
    member = group[:, None] == np.arange(int(group.max()) + 1)
    return np.asarray((each * weight) @ member / (weight @ member))


def nested_words(nested: Nested, tested: int, alpha: float) -> str:
    """Say what the q-values of so many tested regions are adjusted over."""
    called = [name for name, q in zip(nested.parents, nested.nest.qvalue, strict=True) if q <= alpha]
    where = f"called there: {listed(called)}" if called else "none of which is called itself"
    return (
        f"q-values: {tested} of {len(nested.nest.group)} regions could be tested, each within the one of "
        f"{len(nested.parents)} that it lies in, {where}"
    )
