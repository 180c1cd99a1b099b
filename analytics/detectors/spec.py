"""What is known about a detector: how to call it, and how a budget sets its threshold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

import numpy as np

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.detectors.grid import grid_of
from analytics.errors import OptionError
from analytics.periods import YEAR_DAYS, Freq
from analytics.results import Alarms
from analytics.results.alarm_arrays import Kind
from analytics.results.words import listed

__all__ = ["BY_WEEK", "DetectorSpec"]

BY_WEEK = "counts.resample('week'), or freq='week' where incidents are counted"
_EDGE_WEEKS = 4  # a past year's window reaches so far back beyond the whole years


@dataclass(frozen=True, slots=True)
class DetectorSpec:
    """One detector, with its options: of the registry, or a function of one's own.

    A function is called as ``function(counts, last=..., **options)`` with its threshold among the options.
    It returns the :class:`~analytics.results.Alarms` of one detector on the regions of `counts`, in their
    order, for the last so many periods over (all, where `last` is None). For
    :func:`~analytics.evaluation.evaluate` that is enough.

    A budget sets the threshold, so for :func:`~analytics.monitoring.monitor` and
    :func:`~analytics.monitoring.calibrate` there has to be one. A function with an option ``alpha``, the
    probability of an alarm in a period in which nothing has happened, needs no spec. By formula ``alpha`` is
    one number. On histories it is an array with one value a region, and a smaller one must give fewer
    alarms: ``pvalue <= alpha`` does both. A threshold of another name or kind is described here.

    Attributes
    ----------
    name : str
        As in :class:`DetectorRun`.
    function : str or callable
        ``module:function``, imported when it is first run; or the function.
    options : mapping
        What it is called with.
    threshold : str or None
        The option that carries the threshold; None if there is none, so that no budget can set it.
    usual : float
        Its value where nothing else is said.
    stricter : {"lower", "higher"}
        Which way fewer alarms lie.
    bounds : (float, float)
        The loosest and the strictest threshold a calibration considers.
    kind : {"pvalue", "evalue", "score"}
    resets : bool
        Whether an alarm changes what comes after it.
    formula : {"pvalue", "arl"} or None
        How a budget gives the threshold: as the probability of an alarm in a period, or as the mean number
        of periods between alarms; None if only calibration does.
    keeps : bool
        Whether the formula keeps the budget also where counts are overdispersed and dependent.
    spends : float
        Part of the budget that the formula spends.
    sweep : {"pvalue", "statistic"} or None
        What is compared with the threshold, where one run tells the alarms at every threshold.
    years : int
        Past years it looks at, or as many whole ones as there are; 0 where this is no option.
    daily : bool
        Whether it can test day by day.
    by_region : bool
        Whether every region is answered from its own counts.
    single : bool
        Whether it takes one threshold only, the same for all regions.
    trains : bool
        Whether all that lies before the last periods is its training, where only the last are tested.
    needs : tuple of str
        Options it cannot be run without; ``dataclasses.replace(spec, options={...})`` gives them.
    as_given : bool
        Whether it is run at the function's own threshold, rather than at `usual`, where nothing else is said.

    Examples
    --------
    >>> from analytics.detectors import ears
    >>> DetectorSpec("mine", ears, {"baseline": 14}, usual=0.001).load() is ears
    True
    """

    name: str
    function: str | Callable[..., Alarms]
    options: Mapping[str, Any] = field(default_factory=dict)
    threshold: str | None = "alpha"
    usual: float = 0.01
    stricter: Literal["lower", "higher"] = "lower"
    bounds: tuple[float, float] = (0.1, 1e-6)
    kind: Kind = "pvalue"
    resets: bool = False
    formula: Literal["pvalue", "arl"] | None = "pvalue"
    keeps: bool = False
    spends: float = 1.0
    sweep: Literal["pvalue", "statistic"] | None = "pvalue"
    years: int = 0
    daily: bool = True
    by_region: bool = True
    single: bool = False
    trains: bool = False
    needs: tuple[str, ...] = ()
    as_given: bool = False

    def load(self) -> Callable[..., Alarms]:
        """Return the function."""
        if not isinstance(self.function, str):
            return self.function
        module, name = self.function.split(":")
        function: Callable[..., Alarms] = getattr(import_module(module), name)
        return function

    def options_for(self, counts: Counts) -> dict[str, Any]:
        """Return the options for this history: past years are as many as it has."""
        options = dict(self.options)
        if self.years:
            weeks = len(counts.starts) * counts.period_days // 7
            options["years"] = int(np.clip((weeks - _EDGE_WEEKS) // 52, 1, self.years))
        return options

    def run(
        self, counts: Counts, threshold: float | FloatArray | None = None, *, last: int | None = None
    ) -> Alarms:
        """Run the detector; without a threshold, at its usual one."""
        if counts.freq == "day" and not self.daily:
            raise OptionError(f"{self.name} tests week by week", todo=BY_WEEK)
        options = self.options_for(counts)
        missing = [name for name in self.needs if name not in options]
        if missing:
            raise OptionError(
                f"{self.name} needs {', '.join(missing)}",
                todo="leave it out; from Python: "
                f"dataclasses.replace(detector_spec({self.name!r}), options={{{missing[0]!r}: ...}})",
            )
        if self.trains and last is not None:
            options["training"] = max(grid_of(counts, last=last).first, 1)
        if self.threshold is not None and not (threshold is None and self.as_given):
            options[self.threshold] = self._level(self.usual if threshold is None else threshold)
        return self._checked(self.load()(counts, last=last, **options), counts, last)

    def _level(self, threshold: float | FloatArray) -> float | FloatArray:
        """Return the threshold as the function takes it."""
        if not self.single or not np.ndim(threshold):
            return threshold
        several = np.unique(threshold)
        if several.size > 1:
            raise OptionError(
                f"{self.name} takes one {self.threshold} for all regions", found=f"{several.size} of them"
            )
        return float(several[0])

    def _checked(self, found: object, counts: Counts, last: int | None) -> Alarms:
        """Return what the function returned, if it is what was asked for."""
        if not isinstance(found, Alarms):
            raise OptionError(f"{self.name} is no detector", expected="Alarms", found=type(found).__name__)
        if len(found.runs) != 1:
            names = ", ".join(run.name for run in found.runs)
            raise OptionError(f"{self.name} is several", expected="alarms of one detector", found=names)
        if found.regions != counts.regions:
            raise OptionError(
                f"{self.name} answers for other regions than it was given",
                expected="those of the counts, in their order",
                found=listed(found.regions),
            )
        if last is not None and found.latest_index >= last:
            raise OptionError(
                f"{self.name} does not keep to last",
                expected=f"the last {last} {found.freq}s over at {found.as_of}",
                found=f"{found.latest_index + 1} of them",
            )
        return found

    def from_budget(self, rate: float | FloatArray, freq: Freq) -> FloatArray:
        """Return the threshold the formula gives for so many episodes per region-year.

        Alarms at most as frequent as the budget: episodes, which merge alarms, are then no more.

        Raises
        ------
        OptionError
            If there is no formula.
        """
        if self.formula is None:
            raise OptionError(
                f"{self.name} has no formula from a budget to a threshold",
                todo="take the thresholds from the history",
            )
        gap = _per_year(freq) / (self.spends * np.asarray(rate, dtype=float))
        loose, strict = self.bounds
        found = 1 / gap if self.formula == "pvalue" else gap
        return np.asarray(np.clip(found, min(loose, strict), max(loose, strict)))

    def to_budget(self, threshold: float | FloatArray, freq: Freq) -> FloatArray:
        """Return the budget a threshold is for: the inverse of :meth:`from_budget`, within the bounds."""
        level = np.asarray(threshold, dtype=float)
        chance = level if self.formula == "pvalue" else 1 / level
        return np.asarray(chance * _per_year(freq) / self.spends)


def _per_year(freq: Freq) -> float:
    return YEAR_DAYS / (7 if freq == "week" else 1)
