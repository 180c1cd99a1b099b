"""Alarms as arrays: what tables, words and adjustments are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, Days, FloatArray, IndexArray
from analytics.kernels.common.episodes import episode_onsets
from analytics.periods import YEAR_DAYS, Freq, label_periods

__all__ = ["ARRAYS", "NUMBERS", "AlarmArrays", "DetectorRun", "Kind"]

Kind = Literal["pvalue", "evalue", "score"]

NUMBERS = ("expected", "upper_bound", "statistic", "pvalue", "qvalue")
ARRAYS = ("observed", "covered", "alarm", "tested", "barred", "note", *NUMBERS)
NO_CHANGE = "the counts are what the detector takes for usual"


@dataclass(frozen=True, eq=False, slots=True)
class DetectorRun:
    """How a detector was run.

    Attributes
    ----------
    name : str
    method : str
        What it does, its null hypothesis and the paper, in a sentence or two.
    kind : {"pvalue", "evalue", "score"}
        What its evidence is. Only p-values take Benjamini-Hochberg, only e-values (of e-processes) e-BH.
    overlap : int
        Periods over which successive p-values share data; 1 where each stands on its own period.
    resets : bool
        Whether an alarm changes what comes after it (a CUSUM that starts again).
    parameters : dict
        The options that made it. What may differ from region to region, such as a threshold, is an array
        with one value a region along its last axis, also where all are the same or there is one region; no
        other parameter is an array.
    rate : float array, shape (regions,), or None
        False-alarm episodes per region-year it is expected to raise, where its threshold came from a budget.
    rate_basis : str
        Where that number comes from.
    null_hypothesis : str
        What holds where nothing has happened.
    """

    name: str
    method: str
    kind: Kind = "score"
    overlap: int = 1
    resets: bool = False
    parameters: dict[str, Any] = field(default_factory=dict)
    rate: FloatArray | None = None
    rate_basis: str = ""
    null_hypothesis: str = NO_CHANGE

    def take(self, at: IndexArray, regions: int) -> DetectorRun:
        """Return how it was run on some of its `regions`."""

        def cut(value: Any) -> Any:
            each = isinstance(value, np.ndarray) and value.ndim and value.shape[-1] == regions
            return value[..., at] if each else value

        parameters = {name: cut(value) for name, value in self.parameters.items()}
        return replace(self, parameters=parameters, rate=cut(self.rate))


@dataclass(frozen=True, eq=False)
class AlarmArrays:
    """The arrays of :class:`~analytics.results.Alarms`, which says what each one holds."""

    detectors: tuple[str, ...]
    regions: tuple[str, ...]
    starts: Days
    freq: Freq
    week_start: str
    as_of: np.datetime64
    observed: npt.NDArray[np.int32]
    covered: BoolArray
    alarm: BoolArray
    tested: BoolArray
    expected: FloatArray | None = None
    upper_bound: FloatArray | None = None
    statistic: FloatArray | None = None
    pvalue: FloatArray | None = None
    qvalue: FloatArray | None = None
    barred: BoolArray | None = None
    note: npt.NDArray[np.uint8] | None = None
    reasons: tuple[str, ...] = ("",)
    runs: tuple[DetectorRun, ...] = ()
    value: str = "incidents"
    simulated: bool = False
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = (len(self.starts), len(self.regions))
        for name in ARRAYS:
            array = getattr(self, name)
            if array is not None and array.shape != shape:
                raise AssertionError(f"{name} has shape {array.shape}, expected {shape}")
        if len(self.detectors) != len(self.regions):
            raise AssertionError("each series needs a detector and a region")
        if {run.name for run in self.runs} != set(self.detectors):
            raise AssertionError("each detector needs its run")
        if self.barred is not None and (self.alarm & self.barred).any():
            raise AssertionError("an alarm where the detector raises none")
        if not self.tested.all():
            if (self.alarm > self.tested).any():
                raise AssertionError("an alarm where nothing was tested")
            if self.note is None or ((self.note == 0) > self.tested).any():
                raise AssertionError("a cell was not tested and no note says why")

    @property
    def period_days(self) -> int:
        """Days in one period."""
        return 7 if self.freq == "week" else 1

    def labels(self) -> list[str]:
        """Return the period labels, such as ``2020-W16`` or ``2020-04-13``."""
        return label_periods(self.starts, self.freq, self.week_start)

    @property
    def years(self) -> FloatArray:
        """Years tested of each series; shape (series,)."""
        return np.asarray(self.tested.sum(axis=0) * self.period_days / YEAR_DAYS)

    @property
    def onsets(self) -> BoolArray:
        """Where an episode starts: an alarm with none in the two weeks before; shape (periods, series)."""
        return episode_onsets(self.alarm, self.period_days)

    @property
    def latest_index(self) -> int:
        """Index of the last period over at `as_of`."""
        over = self.starts + np.timedelta64(self.period_days - 1, "D") <= self.as_of
        return int(np.flatnonzero(over)[-1]) if over.any() else 0

    @property
    def parameters(self) -> Mapping[str, Mapping[str, Any]]:
        """The options that made the alarms: one mapping for each detector, by its name.

        Also where there is only one. See :class:`DetectorRun` for what is an array.
        """
        return MappingProxyType({run.name: MappingProxyType(run.parameters) for run in self.runs})

    @property
    def null_hypothesis(self) -> str:
        """What holds where nothing has happened, detector by detector."""
        if len(self.runs) == 1:
            return self.runs[0].null_hypothesis
        return "; ".join(f"{run.name}: {run.null_hypothesis}" for run in self.runs)
