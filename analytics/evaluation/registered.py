"""Detectors at the thresholds a budget gives, or at their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.detectors import DETECTORS, DetectorSpec
from analytics.detectors.registry import Detectors, detector_specs
from analytics.monitoring.budget import Budget
from analytics.monitoring.calibration import Thresholds, calibrate
from analytics.options import Progress, check_choice, part_of
from analytics.results import Alarms

__all__ = ["RegisteredDetector", "as_stated", "registered", "specs_for"]


@dataclass(frozen=True, eq=False, slots=True)
class RegisteredDetector:
    """A detector with its thresholds.

    Attributes
    ----------
    spec : DetectorSpec
    threshold : float array, shape (regions,), or None
        For regions in the order of the history, and again for each replicate beside it; None for its own.
    """

    spec: DetectorSpec
    threshold: FloatArray | None

    @property
    def joint(self) -> bool:
        """Whether it looks at several regions together."""
        return not self.spec.by_region

    def __call__(self, counts: Counts, *, last: int | None = None) -> Alarms:
        """Run it."""
        if self.threshold is None:
            return self.spec.run(counts, last=last)
        if self.joint:
            return self.spec.run(counts, float(self.threshold[0]), last=last)
        return self.spec.run(
            counts, np.tile(self.threshold, len(counts.regions) // self.threshold.size), last=last
        )


def specs_for(detectors: Detectors | None, history: Counts) -> list[DetectorSpec]:
    """Return what is known about the detectors; of all that answer each region alone, if none is named."""
    if detectors is not None:
        return detector_specs(detectors)
    daily = history.freq == "day"
    return [spec for spec in DETECTORS.values() if spec.by_region and (spec.daily or not daily)]


def as_stated(specs: Sequence[DetectorSpec], thresholds: Thresholds | None) -> str:
    """Return where the thresholds come from, as the result states it."""
    if thresholds is not None:
        return thresholds
    own = [spec.as_given for spec in specs]
    return "as given" if all(own) else "formula, functions as given" if any(own) else "formula"


def registered(
    specs: Sequence[DetectorSpec],
    history: Counts,
    budget: Budget,
    *,
    thresholds: Thresholds | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, RegisteredDetector]:
    """Return the detectors with their thresholds, by name.

    Parameters
    ----------
    specs : sequence of DetectorSpec
    history : Counts
    budget : Budget
    thresholds : {"formula", "history", "auto"}, optional
        What the detector's formula gives for the budget, and its usual threshold where it has none; or what
        :func:`analytics.monitoring.calibrate` finds for the history. By default the formula, but for
        functions with a threshold of their own that one.
    seed : int
        Of the calibration.
    progress : callable, optional
        ``progress(done, total, what)``, before each detector is calibrated.
    """
    if thresholds is not None:
        check_choice("thresholds", thresholds, Thresholds)
    rate = budget.per_region(len(history.regions))
    tell = part_of(progress)
    found: dict[str, RegisteredDetector] = {}
    for i, spec in enumerate(specs):
        given: FloatArray | float | None
        if thresholds in ("history", "auto"):
            tell(i, len(specs), f"calibrating {spec.name}")
            given = calibrate(history, spec, budget, by=thresholds, seed=seed).threshold
        elif spec.threshold is None or (thresholds is None and spec.as_given):
            given = None
        else:
            given = spec.usual if spec.formula is None else spec.from_budget(rate, history.freq)
        level = None if given is None else np.array(np.broadcast_to(given, (len(history.regions),)), float)
        found[spec.name] = RegisteredDetector(spec, level)
    return found
