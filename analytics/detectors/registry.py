"""What is known about each detector by name: how to call it, and how a budget sets its threshold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.errors import OptionError, unknown_option
from analytics.periods import Freq
from analytics.results import Alarms

__all__ = ["BY_WEEK", "DETECTORS", "Spec", "detector_spec", "detector_specs"]

Kind = Literal["pvalue", "evalue", "score"]

BY_WEEK = "counts.resample('week'), or freq='week' where incidents are counted"
_EDGE_WEEKS = 4  # a past year's window reaches so far back beyond the whole years


@dataclass(frozen=True, slots=True)
class Spec:
    """One detector, with its options.

    Attributes
    ----------
    name : str
        As in :class:`DetectorRun`.
    function : str
        ``module:function``, imported when it is first run.
    options : mapping
        What it is called with.
    threshold : str
        The option that carries the threshold.
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
    weeks : int
        Weeks of history before the first period tested.
    years : int
        Past years it looks at, or as many whole ones as there are; 0 where this is no option.
    daily : bool
        Whether it can test day by day.
    by_region : bool
        Whether every region is answered from its own counts.
    single : bool
        Whether it takes one threshold only, the same for all regions.
    needs : tuple of str
        Options it cannot be run without; ``dataclasses.replace(spec, options={...})`` gives them.
    """

    name: str
    function: str
    options: Mapping[str, Any] = field(default_factory=dict)
    threshold: str = "alpha"
    usual: float = 0.01
    stricter: Literal["lower", "higher"] = "lower"
    bounds: tuple[float, float] = (0.1, 1e-6)
    kind: Kind = "pvalue"
    resets: bool = False
    formula: Literal["pvalue", "arl"] | None = "pvalue"
    keeps: bool = False
    spends: float = 1.0
    sweep: Literal["pvalue", "statistic"] | None = "pvalue"
    weeks: int = 52
    years: int = 0
    daily: bool = True
    by_region: bool = True
    single: bool = False
    needs: tuple[str, ...] = ()

    def load(self) -> Callable[..., Alarms]:
        """Return the function."""
        module, name = self.function.split(":")
        function: Callable[..., Alarms] = getattr(import_module(module), name)
        return function

    def options_for(self, counts: Counts) -> dict[str, Any]:
        """Return the options for this history: past years are as many as it has."""
        options = dict(self.options)
        if self.years:
            weeks = len(counts) * counts.period_days // 7
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
        level = self.usual if threshold is None else threshold
        if self.single and np.ndim(level):
            several = np.unique(level)
            if several.size > 1:
                raise OptionError(
                    f"{self.name} takes one {self.threshold} for all regions", found=f"{several.size} of them"
                )
            level = float(several[0])
        return self.load()(counts, last=last, **{**options, self.threshold: level})

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
    return 365.25 / (7 if freq == "week" else 1)


def _ears(method: str, usual: float, weeks: int, strictest: float) -> Spec:
    return Spec(
        f"ears_{method.lower()}",
        "analytics.detectors._ears:ears",
        {"method": method, "pvalues": True},
        usual=usual,
        bounds=(0.1, strictest),
        weeks=weeks,
    )


def _control_chart(name: str, module: str, options: Mapping[str, Any]) -> Spec:
    # Designed by its average run length, which holds for independent counts only.
    return Spec(
        name,
        f"analytics.detectors._{module}:{module}",
        options,
        threshold="arl",
        usual=52.0,
        stricter="higher",
        bounds=(13.0, 1e5),
        kind="score",
        resets=True,
        formula="arl",
        sweep=None,
        weeks=9,
    )


_POISSON, _NB = {"family": "poisson"}, {"family": "negative_binomial"}
_LIST: tuple[Spec, ...] = (
    Spec(
        "recent_window",
        "analytics.detectors._recent_window:recent_window",
        usual=1 / 52,
        keeps=True,
        weeks=58,
    ),
    Spec(
        "predictive",
        "analytics.detectors._predictive:predictive",
        usual=0.9 * 7 / 365.25,
        keeps=True,
        spends=0.9,
        weeks=26,
        daily=False,
    ),
    Spec(
        "farrington_flexible",
        "analytics.detectors._farrington_flexible:farrington_flexible",
        usual=1 / 52,
        weeks=108,
        years=5,
        daily=False,
    ),
    Spec(
        "farrington",
        "analytics.detectors._farrington:farrington",
        usual=1 / 52,
        weeks=108,
        years=5,
        daily=False,
    ),
    _ears("C1", 0.001, 8, 1e-6),
    _ears("C2", 0.001, 10, 1e-6),
    _ears("C3", 0.025, 12, 1e-5),
    _control_chart("cusum_nb", "cusum", _NB),
    _control_chart("cusum_poisson", "cusum", _POISSON),
    _control_chart("ewma", "ewma", {}),
    _control_chart("glr_nb", "glr", _NB),
    _control_chart("glr_poisson", "glr", _POISSON),
    replace(_control_chart("rogerson", "rogerson", {}), single=True),
    _control_chart("e_detector", "e_detector", {}),
    Spec(
        "space_time_scan",
        "analytics.detectors._space_time_scan:space_time_scan",
        usual=1 / 52,
        weeks=57,
        by_region=False,
        single=True,
        needs=("places",),
    ),
    Spec("bayes", "analytics.detectors._bayes:bayes", usual=0.05, weeks=7),
    Spec(
        "rki",
        "analytics.detectors._rki:rki",
        threshold="threshold",
        usual=1.0,
        stricter="higher",
        bounds=(0.05, 100.0),
        kind="score",
        formula=None,
        sweep="statistic",
        weeks=109,
    ),
    Spec(
        "outbreak_p",
        "analytics.detectors._outbreak_p:outbreak_p",
        threshold="threshold",
        usual=100.0,
        stricter="higher",
        bounds=(1.5, 1e12),
        kind="score",
        resets=True,
        formula=None,
        sweep=None,
        weeks=2,
    ),
)
DETECTORS: Mapping[str, Spec] = MappingProxyType({spec.name: spec for spec in _LIST})


def detector_spec(name: str | Spec) -> Spec:
    """Return what is known about a detector.

    Raises
    ------
    OptionError
        If the name is unknown.
    """
    if isinstance(name, Spec):
        return name
    if not isinstance(name, str) or name not in DETECTORS:
        raise unknown_option("detector", name, tuple(DETECTORS))
    return DETECTORS[name]


def detector_specs(names: str | Spec | Iterable[str | Spec]) -> list[Spec]:
    """Return what is known about one detector or several.

    Raises
    ------
    OptionError
        If a name is unknown.
    """
    if isinstance(names, str | Spec) or not isinstance(names, Iterable):
        return [detector_spec(names)]
    return [detector_spec(name) for name in names]
