"""What "in control" means for a region: mean and dispersion from a training history, or given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analytics._typing import BoolArray, FloatArray
from analytics.detectors.grid import SHORT, Grid
from analytics.errors import OptionError, unknown_option
from analytics.kernels.charts.cusum import train
from analytics.kernels.common.glm import poisson_fit

__all__ = ["TRAINING", "Family", "InControl", "in_control", "positive"]

Family = Literal["poisson", "negative_binomial"]

TRAINING = "in the training history"
_FAMILIES = ("poisson", "negative_binomial")
_TRAINING_MIN = 8  # periods with data, and half of those asked for
_OF_A_YEAR = 0.9  # waves of a year are not fitted to less of one
_YEAR_DAYS = 365.25


@dataclass(frozen=True, eq=False, slots=True)
class InControl:
    """Counts in control.

    Attributes
    ----------
    start : int
        First period that can be tested.
    mean : float array, shape (1 or periods from `start`, regions)
    dispersion : float array, shape (regions,)
        Variance over mean, at least 1.
    short : bool array, shape (regions,)
        Where the training history is too short.
    said : str
        Where the numbers come from.
    """

    start: int
    mean: FloatArray
    dispersion: FloatArray
    short: BoolArray
    said: str

    def rows(self, grid: Grid) -> FloatArray:
        """Return the mean of every period of the result; NaN before `start`."""
        expected = np.empty((grid.shape[0] - grid.first, grid.shape[1]))
        expected[: self.start - grid.first] = np.nan
        expected[self.start - grid.first :] = self.mean
        return expected

    def untested(self, grid: Grid) -> Sequence[tuple[BoolArray, str]]:
        """Return which cells of the result cannot be tested, and why."""
        before = np.arange(grid.first, grid.shape[0])[:, None] < self.start
        return [(before, TRAINING), (self.short[None], SHORT)]


def positive(value: object, shape: tuple[int, int], name: str) -> FloatArray:
    """Return numbers over 0 as (1 or periods, regions), from one, one a region or one a cell.

    Raises
    ------
    OptionError
        If they do not fit or are not over 0.
    """
    numbers = np.asarray(value, dtype=float)
    fits = numbers.size == 1 or numbers.shape in ((shape[1],), shape)
    if not fits or not (np.isfinite(numbers) & (numbers > 0)).all():
        raise OptionError(
            f"{name} is not usable",
            expected=f"numbers over 0: one, {shape[1]} (one for each region) or one for each cell, {shape}",
            found=f"shape {numbers.shape}, least {numbers.min() if numbers.size else 'none'}",
        )
    wide = numbers.reshape(1, -1) if numbers.ndim < 2 else numbers
    return np.array(np.broadcast_to(wide, (len(wide), shape[1])))


def in_control(
    grid: Grid,
    *,
    family: Family,
    mean: object = None,
    dispersion: object = None,
    training: int | None = None,
    harmonics: int = 0,
    last: int | None = None,
    reference: bool = False,
) -> InControl:
    """Return mean and dispersion in control, estimated from a training history where not given.

    Parameters
    ----------
    grid : Grid
    family : {"negative_binomial", "poisson"}
    mean, dispersion : float or array, optional
        Given ones; ``"glm"`` for `mean` is ``harmonics=1``.
    training : int, optional
        Periods of it: those right before the `last` ones, or the first ones. All before `last`, or the first
        year, by default.
    harmonics : int
        Yearly waves in the mean.
    last : int, optional
    reference : bool
        Plain mean, dispersion 1, waves by week number over 52.

    Raises
    ------
    OptionError
        If an option does not fit.
    """
    if family not in _FAMILIES:
        raise unknown_option("family", family, _FAMILIES)
    if isinstance(mean, str) and mean != "glm":
        raise unknown_option("mean", mean, ("glm",))
    if harmonics < 0:
        raise OptionError("harmonics must be 0 or more", found=str(harmonics))
    if training is not None and training < 1:
        raise OptionError("training is not a number of periods", expected="1 or more", found=str(training))
    given = mean is not None and not isinstance(mean, str)
    spread = family == "negative_binomial" and dispersion is None and not reference
    asked = training or (365 if grid.freq == "day" else 52)
    if last is not None:
        start, asked = grid.first, training or max(grid.first, 1)
    elif given and not spread:
        start = 0
    else:
        start = min(asked, grid.shape[0])
    past = slice(max(start - asked, 0), start)
    values, usable = grid.values[past], grid.usable[past]
    trained = train(values, usable, fortnight=14 // grid.counts.period_days, spread=spread)
    waves = max(harmonics, 1) if not given and (harmonics or mean == "glm") else 0
    least = 1.0 if reference else max(_TRAINING_MIN, asked / 2)
    if waves and not reference:
        least = max(least, _OF_A_YEAR * grid.periods_per_year)
    short = (trained.periods < least) & (not given or spread)
    level = trained.mean[None]
    said = f"in control: the {past.stop - past.start} {grid.freq}s of training before the tested ones"
    if given:
        level, said = positive(mean, grid.shape, "mean"), "in control: the mean given"
        level = level[start:] if len(level) == grid.shape[0] else level
    elif waves and start < grid.shape[0]:
        level = np.repeat(level, grid.shape[0] - start, axis=0)
        fit = trained.periods >= least
        if fit.any():
            level[:, fit] = _seasonal(grid, past, start, fit, waves, reference)
    elif reference:
        level = level - 0.5 / np.maximum(trained.periods, 1)
    phi = trained.dispersion
    if dispersion is not None and family == "negative_binomial":
        phi = np.maximum(positive(dispersion, (1, grid.shape[1]), "dispersion")[0], 1.0)
    return InControl(start, level, phi, short, said)


def _seasonal(
    grid: Grid, past: slice, start: int, regions: BoolArray, harmonics: int, by_number: bool
) -> FloatArray:
    """Mean of each tested period from waves of a year; by week number over 52 as the reference has it."""
    if by_number:
        year = 52 if grid.freq == "week" else 365
        label = grid.counts.labels()[0]
        first = int(label.rpartition("W")[2]) if grid.freq == "week" else 1
        turn = (first + np.arange(grid.shape[0])) / year
    else:
        turn = (grid.starts - np.datetime64("2000-01-01")) / np.timedelta64(1, "D") / _YEAR_DAYS
    waves = 2 * np.pi * np.outer(turn, np.arange(1, harmonics + 1))
    design = np.column_stack([np.ones(len(turn)), np.sin(waves), np.cos(waves)])
    fit = poisson_fit(design[past], grid.values[past][:, regions], grid.usable[past][:, regions])
    return np.maximum(fit.mean(design[start:]), 1e-6)
