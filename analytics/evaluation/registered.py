"""Detectors by name, at the thresholds a budget gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.detectors.registry import DETECTORS, Spec, detector_specs
from analytics.errors import OptionError, unknown_option
from analytics.evaluation.replicates import Detector
from analytics.monitoring.budget import Budget
from analytics.monitoring.calibration import calibrate
from analytics.results import Alarms

__all__ = ["RegisteredDetector", "Thresholds", "registered"]

Thresholds = Literal["formula", "history"]


@dataclass(frozen=True, eq=False, slots=True)
class RegisteredDetector:
    """A detector of the registry with its thresholds.

    Attributes
    ----------
    spec : Spec
    threshold : float array, shape (regions,)
        For regions in the order of the history, and again for each replicate beside it.
    """

    spec: Spec
    threshold: FloatArray

    @property
    def joint(self) -> bool:
        """Whether it looks at several regions together."""
        return not self.spec.by_region

    def __call__(self, counts: Counts, *, last: int | None = None) -> Alarms:
        """Run it."""
        if self.joint:
            return self.spec.run(counts, float(self.threshold[0]), last=last)
        return self.spec.run(
            counts, np.tile(self.threshold, len(counts.regions) // self.threshold.size), last=last
        )


def registered(
    names: str | Spec | Sequence[str | Spec] | None,
    history: Counts,
    budget: Budget,
    *,
    thresholds: Thresholds = "formula",
    seed: int = 0,
) -> dict[str, Detector]:
    """Return the detectors of these names; without names, all that answer each region from its own counts.

    Parameters
    ----------
    names : str, Spec, or sequence of them, optional
    history : Counts
    budget : Budget
    thresholds : {"formula", "history"}
        What the detector's formula gives for the budget, and its usual threshold where it has none; or what
        :func:`analytics.monitoring.calibrate` finds for the history.
    seed : int
        Of the calibration.

    Raises
    ------
    OptionError
        If a name is unknown or stands twice, or none is given.
    """
    if thresholds not in get_args(Thresholds):
        raise unknown_option("thresholds", thresholds, get_args(Thresholds))
    daily = history.freq == "day"
    usual = [name for name, spec in DETECTORS.items() if spec.by_region and (spec.daily or not daily)]
    specs = detector_specs(usual if names is None else names)
    found_names = [spec.name for spec in specs]
    if not specs:
        raise OptionError("no detector is given", expected=", ".join(DETECTORS))
    if len(set(found_names)) < len(specs):
        raise OptionError("each detector must be named once", found=", ".join(found_names))
    rate = budget.per_region(len(history.regions))
    found: dict[str, Detector] = {}
    for spec in specs:
        if thresholds == "history":
            given = calibrate(history, spec, budget, seed=seed).threshold
        else:
            given = np.asarray(
                spec.usual if spec.formula is None else spec.from_budget(rate, history.freq), dtype=float
            )
        found[spec.name] = RegisteredDetector(spec, np.broadcast_to(given, (len(history.regions),)).copy())
    return found
