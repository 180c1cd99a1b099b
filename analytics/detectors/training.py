"""What "in control" means for a region, by training or given, and the chart that runs after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from analytics._typing import BoolArray, FloatArray
from analytics.detectors.grid import SHORT, Grid, make_alarms
from analytics.errors import OptionError
from analytics.kernels.charts.cusum import cusum_run, train
from analytics.kernels.common.glm import poisson_fit
from analytics.options import check_choice, check_whole, numbers_of
from analytics.periods import DAY, YEAR_DAYS
from analytics.results import Alarms, DetectorRun

__all__ = ["TRAINING", "ChartRows", "Family", "InControl", "given_mean", "in_control", "positive", "seasonal"]

Family = Literal["poisson", "negative_binomial"]

TRAINING = "in the training history"
_TRAINING_MIN = 8  # periods with data, and half of those asked for
_OF_A_YEAR = 0.9  # waves of a year are not fitted to less of one


@dataclass(frozen=True, eq=False, slots=True)
class InControl:
    """Counts in control: what a chart holds the periods after its training against.

    Attributes
    ----------
    start : int
        First period that can be tested: training ends before it.
    mean : float array, shape (1 or periods from `start`, regions)
    dispersion : float array, shape (regions,)
        Variance over mean, at least 1.
    bars : sequence of (bool array, str)
        Regions that cannot be tested, and why.
    said : str
        Where the numbers come from.
    """

    start: int
    mean: FloatArray
    dispersion: FloatArray
    bars: Sequence[tuple[BoolArray, str]]
    said: str

    def rows(self, grid: Grid) -> FloatArray:
        """Return the mean of every period shown; NaN in training."""
        low = min(self.start, grid.first)
        expected = np.empty((grid.shape[0] - low, grid.shape[1]))
        expected[: self.start - low] = np.nan
        expected[self.start - low :] = self.mean
        return expected[grid.first - low :]

    def thinned(self, grid: Grid) -> tuple[InControl, FloatArray]:
        """Return what is in control of what is reported by now, and the dispersion of each period."""
        mean, dispersion = grid.thin(self.mean, self.dispersion, self.start)
        return replace(self, mean=mean), dispersion

    def untested(self, grid: Grid) -> list[tuple[BoolArray, str]]:
        """Return which cells of the result cannot be tested, and why."""
        before = np.arange(grid.first, grid.shape[0])[:, None] < self.start
        return [*((where[None], why) for where, why in self.bars), (before, TRAINING)]


@dataclass(frozen=True, eq=False, slots=True)
class ChartRows:
    """What a chart answers, from the end of its training on, whatever part of it is shown.

    Attributes
    ----------
    grid : Grid
    start : int
        First period of the chart.
    low : int
        Period of the first row of the arrays: `start`, or the first shown if that is earlier.
    statistic, bound : float arrays, shape (periods from `low`, regions)
        NaN before `start`.
    alarm : bool array, same shape
    """

    grid: Grid
    start: int
    low: int
    statistic: FloatArray
    alarm: BoolArray
    bound: FloatArray

    @classmethod
    def of(cls, grid: Grid, start: int) -> ChartRows:
        """Return empty rows."""
        low = min(start, grid.first)
        shape = (grid.shape[0] - low, grid.shape[1])
        statistic, bound = np.empty(shape), np.empty(shape)
        statistic[: start - low] = bound[: start - low] = np.nan
        return cls(grid, start, low, statistic, np.zeros(shape, dtype=bool), bound)

    def run(self) -> tuple[FloatArray, BoolArray, FloatArray]:
        """Return statistic, alarm and bound from `start` on, to be filled."""
        rows = slice(self.start - self.low, None)
        return self.statistic[rows], self.alarm[rows], self.bound[rows]

    def usable(self) -> BoolArray | None:
        """Return where there are data from `start` on; None: everywhere."""
        usable = self.grid.usable[self.start :]
        return None if usable.all() else usable

    def cusum(
        self,
        slope: FloatArray,
        drift: FloatArray,
        threshold: FloatArray,
        *,
        restart: float,
        head: FloatArray | None = None,
    ) -> None:
        """Run a CUSUM of the counts: see :func:`analytics.kernels.charts.cusum.cusum_run`."""
        state = np.zeros(self.grid.shape[1]) if head is None else head
        values = self.grid.values[self.start :]
        cusum_run(values, self.usable(), slope, drift, threshold, restart, state, *self.run())

    def alarms(self, run: DetectorRun, control: InControl) -> Alarms:
        """Return the alarms of the periods that are shown."""
        rows = slice(self.grid.first - self.low, None)
        return make_alarms(
            self.grid,
            run,
            alarm=self.alarm[rows],
            untested=control.untested(self.grid),
            expected=control.rows(self.grid),
            upper_bound=self.bound[rows],
            statistic=self.statistic[rows],
            thinned=self.grid.reported is not None,
            notes=(control.said,),
        )


def positive(value: object, shape: tuple[int, int], name: str) -> FloatArray:
    """Return numbers over 0 as (1 or periods, regions), from one, one a region or one a cell.

    Raises
    ------
    OptionError
        If they do not fit or are not over 0.
    """
    numbers = numbers_of(value)
    fits = numbers.size == 1 or numbers.shape in ((shape[1],), shape)
    if not fits or not (np.isfinite(numbers) & (numbers > 0)).all():
        raise OptionError(
            f"{name} is not usable",
            expected=f"numbers over 0: one, {shape[1]} (one for each region) or one for each cell, {shape}",
            found=f"shape {numbers.shape}, least {numbers.min() if numbers.size else 'none'}",
        )
    wide = numbers.reshape(1, -1) if numbers.ndim < 2 else numbers
    return np.array(np.broadcast_to(wide, (len(wide), shape[1])))


def given_mean(mean: object, grid: Grid, start: int, name: str = "mean") -> FloatArray:
    """Return given numbers over 0, one row or one for each period from `start` on."""
    level = positive(mean, grid.shape, name)
    return level[start:] if len(level) == grid.shape[0] else level


def in_control(
    grid: Grid,
    *,
    family: Family,
    mean: object = None,
    dispersion: object = None,
    training: int | None = None,
    harmonics: int = 0,
) -> InControl:
    """Return mean and dispersion in control, estimated from a training history where not given.

    Parameters
    ----------
    grid : Grid
    family : {"negative_binomial", "poisson"}
    mean, dispersion : float or array, optional
        Given ones.
    training : int, optional
        Periods at the start that are training; a year by default, none where nothing is estimated.
    harmonics : int
        Yearly waves in the mean.

    Raises
    ------
    OptionError
        If an option does not fit.
    """
    check_choice("family", family, Family)
    check_whole(0, harmonics=harmonics)
    check_whole(1, training=training)
    given = mean is not None
    spread = family == "negative_binomial" and dispersion is None
    asked = training or (0 if given and not spread else 365 if grid.freq == "day" else 52)
    start = min(asked, grid.shape[0])
    past = slice(0, start)
    values, usable = grid.values[past], grid.usable[past]
    trained = train(values, usable, fortnight=14 // grid.counts.period_days, spread=spread)
    least = max(_TRAINING_MIN, asked / 2)
    if harmonics and not given:
        least = max(least, _OF_A_YEAR * grid.periods_per_year)
    short = (trained.periods < least) & (not given or spread)
    level = trained.mean[None]
    if grid.reported is not None and start:
        level = level * start / grid.reported.rows(0, start).share.sum(axis=0)
    said = f"in control: the {start} {grid.freq}s of training before the tested ones"
    if given:
        level, said = given_mean(mean, grid, start), "in control: the mean given"
    elif harmonics and start < grid.shape[0]:
        turn = (grid.starts - np.datetime64("2000-01-01")) / DAY / YEAR_DAYS
        level = seasonal(grid, level, start, trained.periods >= least, harmonics, turn)
    phi = trained.dispersion
    if dispersion is not None and family == "negative_binomial":
        phi = np.maximum(positive(dispersion, (1, grid.shape[1]), "dispersion")[0], 1.0)
    return InControl(start, level, phi, [(short, SHORT)], said)


def seasonal(
    grid: Grid, level: FloatArray, start: int, regions: BoolArray, harmonics: int, turn: FloatArray
) -> FloatArray:
    """Return the mean of each period from `start` on, with waves of a year in the regions told.

    Parameters
    ----------
    level : float array, shape (1, regions)
        The mean of the others.
    turn : float array, shape (periods,)
        Time in years.
    """
    mean = np.repeat(level, grid.shape[0] - start, axis=0)
    if regions.any():
        waves = 2 * np.pi * np.outer(turn, np.arange(1, harmonics + 1))
        design = np.column_stack([np.ones(len(turn)), np.sin(waves), np.cos(waves)])
        fit = poisson_fit(design[:start], grid.values[:start, regions], grid.usable[:start, regions])
        mean[:, regions] = np.maximum(fit.mean(design[start:]), 1e-6)
    return mean
