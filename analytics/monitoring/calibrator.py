"""One detector on a batch of histories: the threshold of each region, and its alarms at any threshold."""

from __future__ import annotations

import numpy as np

from analytics._typing import BoolArray, FloatArray
from analytics.detectors import DetectorSpec
from analytics.kernels.common.episodes import EPISODE_DAYS
from analytics.monitoring.histories import Histories
from analytics.monitoring.thresholds import bisect, sweep
from analytics.periods import YEAR_DAYS

__all__ = ["Calibrator"]


class Calibrator:
    """One detector on one batch of histories."""

    def __init__(self, spec: DetectorSpec, batch: Histories) -> None:
        self.spec, self.batch = spec, batch
        self.regions = batch.at.size
        self.sweeps = spec.sweep is not None and not spec.resets
        first = spec.run(batch.counts, spec.bounds[0], last=batch.last)
        per_year = YEAR_DAYS / first.period_days
        tested = self._split(first.tested)
        self.years: FloatArray = np.asarray(tested.sum(axis=(0, 2)) / per_year)
        self.draw_years: FloatArray = (
            tested.reshape(len(tested), -1, batch.futures).sum(axis=(0, 2)) / per_year
        )
        if self.sweeps:
            given = first.pvalue if spec.sweep == "pvalue" else first.statistic
            if given is None:
                raise AssertionError(f"{spec.name} gives no {spec.sweep}")
            value = -given if spec.sweep == "pvalue" else given
            self.evidence: FloatArray = np.where(first.alarm, value, -np.inf)

    def _split(self, array: BoolArray) -> BoolArray:
        """Return an array by period, region, and replicate."""
        return array.reshape(len(array), self.regions, -1)

    def alarms(self, threshold: FloatArray) -> BoolArray:
        """Return the alarms at one threshold for each region; shape (periods, regions, replicates)."""
        each = np.repeat(threshold, self.batch.draws * self.batch.futures)
        if not self.sweeps:
            return self._split(self.spec.run(self.batch.counts, each, last=self.batch.last).alarm)
        least = -each if self.spec.sweep == "pvalue" else each
        return self._split(self.evidence >= least)

    def find(self, rate: float, share: float | None) -> FloatArray:
        """Return the threshold of each region at which episodes come `rate` times a year."""
        groups = self.regions if share is None else self.regions * self.batch.draws
        years = self.years if share is None else self.draw_years
        allowed = np.full(groups, rate)
        found = self._sweep(groups, years, allowed) if self.sweeps else self._bisect(groups, years, allowed)
        loose, strict = self.spec.bounds
        found = np.clip(np.where(np.isnan(found), strict, found), min(loose, strict), max(loose, strict))
        if not years.all():  # nothing was tested: what the detector would have without a history
            freq = self.batch.counts.freq
            plain = self.spec.usual if self.spec.formula is None else self.spec.from_budget(rate, freq)
            found = np.where(years == 0, plain, found)
        if share is None:
            return np.asarray(found)
        strictness = -found if self.spec.stricter == "lower" else found
        by_draw = strictness.reshape(self.regions, self.batch.draws)
        chosen = np.quantile(by_draw, share, axis=1, method="higher")
        return np.asarray(-chosen if self.spec.stricter == "lower" else chosen)

    def _sweep(self, groups: int, years: FloatArray, allowed: FloatArray) -> FloatArray:
        periods = len(self.evidence)
        evidence = np.ascontiguousarray(self.evidence.T).reshape(groups, -1, periods)
        kept = sweep(evidence, years, allowed, EPISODE_DAYS // self.batch.counts_days)
        loose, strict = self.spec.bounds
        value = -kept if self.spec.sweep == "pvalue" else kept * (1 - 1e-9)
        return np.where(np.isneginf(kept), loose, np.where(np.isposinf(kept), strict, value))

    def _bisect(self, groups: int, years: FloatArray, allowed: FloatArray) -> FloatArray:
        series = self.regions * self.batch.draws * self.batch.futures

        def run(threshold: FloatArray) -> tuple[BoolArray, FloatArray]:
            each = np.repeat(threshold, series // groups)
            alarm = self.spec.run(self.batch.counts, each, last=self.batch.last).alarm
            return alarm.reshape(len(alarm), groups, -1), years

        return bisect(run, *self.spec.bounds, allowed, self.batch.counts_days)
