"""The options of the likelihood ratio chart, and what it learns from its training periods."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray
from analytics.detectors.grid import SHORT, Grid, per_region
from analytics.detectors.training import Family, InControl
from analytics.errors import OptionError
from analytics.kernels.charts.glr_chart import Chart, MeanModel, window_alpha
from analytics.kernels.charts.in_control import dispersion_ml, harmonic_design
from analytics.options import check_choice, check_whole

__all__ = [
    "NO_INCIDENT",
    "THIN",
    "WINDOW_DAYS",
    "Change",
    "Direction",
    "GlrOptions",
    "Trained",
    "fortnight",
    "train_chart",
]

Change = Literal["intercept", "epidemic"]
Direction = Literal["greater", "less"]

NO_INCIDENT = "no incident in the training periods"
THIN = "fewer than half of the training periods have coverage"
WINDOW_DAYS = 14  # dispersion is taken at the scale of a fortnight


@dataclass(frozen=True, eq=False, slots=True)
class GlrOptions:
    """What :func:`analytics.detectors.glr` and its reference look for; see there.

    Attributes
    ----------
    family, window, min_window, change, ratio, direction, trend, refit, reset
        As there.
    bound : bool
        Whether the smallest count that would alarm is wanted.
    """

    family: Family
    window: int | None
    min_window: int
    change: Change
    ratio: float | npt.ArrayLike | None
    direction: Direction
    bound: bool
    trend: bool
    refit: bool
    reset: bool

    def check(self) -> None:
        """Raise an OptionError where one is unknown or out of range, or two disagree."""
        check_choice("family", self.family, Family)
        check_choice("change", self.change, Change)
        check_choice("direction", self.direction, Direction)
        check_whole(1, min_window=self.min_window)
        check_whole(self.min_window, window=self.window)
        if self.change == "epidemic" and (self.ratio is not None or self.direction == "less"):
            raise OptionError("an epidemic has no fixed ratio and only one direction")
        if self.bound and self.direction == "less":
            raise OptionError("a bound is for increases", todo="leave out bound, or direction='less'")

    @property
    def poisson(self) -> bool:
        """Whether counts are taken as Poisson."""
        return self.family == "poisson"

    @property
    def sign(self) -> float:
        """1 for increases, -1 for decreases."""
        return 1.0 if self.direction == "greater" else -1.0

    def chart(self, code: int, *, shortest: int, longest: int | None, opens: int = 0) -> Chart:
        """Return what the kernel looks for."""
        return Chart(code, self.sign, shortest, longest, self.bound, self.reset, self.refit, opens)

    def ratios(self, grid: Grid) -> FloatArray:
        """Return the ratio after the change for each region; 1 where it is not fixed."""
        if self.ratio is None:
            return np.ones(grid.shape[1])
        ratios = per_region(self.ratio, grid, "ratio")
        if (ratios <= 0).any() or (self.sign * (ratios - 1) <= 0).any():
            raise OptionError(
                "ratio does not fit the direction",
                expected="above 1 (greater), or in 0..1 (less)",
                found=str(self.ratio),
            )
        return ratios


@dataclass(frozen=True, eq=False, slots=True)
class Trained:
    """What the training periods say.

    Attributes
    ----------
    start : int
        First period after them.
    model : MeanModel
        How the mean is fitted, with the dispersion.
    mean : float array, shape (1 or periods, regions)
        1 where a region cannot be tested.
    usual : float array, shape (regions,)
        Its average over training.
    harmonics : int
    short, thin, nothing : bool arrays, shape (regions,)
        Where there is too little history, coverage, or no incident in it.
    """

    start: int
    model: MeanModel
    mean: FloatArray
    usual: FloatArray
    harmonics: int
    short: BoolArray
    thin: BoolArray
    nothing: BoolArray

    @property
    def testable(self) -> BoolArray:
        """Regions that can be tested."""
        return ~self.nothing & ~self.thin

    def begin(self, periods: int) -> npt.NDArray[np.int64]:
        """Return the first period of each region's chart; as many as there are: none."""
        return np.where(self.testable, self.start, periods)

    def control(self, mean: FloatArray) -> InControl:
        """Return the state in control, with the mean as the chart left it; shape (periods, regions)."""
        bars = [(self.short, SHORT), (self.thin, THIN), (self.nothing, NO_INCIDENT)]
        spread = 1 + self.model.alpha * self.usual
        return InControl(self.start, mean[self.start :], spread, bars, "")


def fortnight(grid: Grid) -> int:
    """Return the periods in two weeks."""
    return max(1, WINDOW_DAYS // grid.counts.period_days)


def train_chart(
    grid: Grid,
    options: GlrOptions,
    *,
    training: int,
    harmonics: int,
    cycle: float,
    fewest: int,
    dispersion: float | npt.ArrayLike | None,
    nb_alpha: float | npt.ArrayLike | None = None,
) -> Trained:
    """Fit mean and dispersion to the training periods.

    Parameters
    ----------
    training : int
        Periods at the start.
    harmonics : int
    cycle : float
        Periods in a year.
    fewest : int
        Incidents for each term of the mean; the mean is flat where there are fewer.
    dispersion : float, array or "ml", optional
        Variance over mean; "ml" fits it together with the mean; by default that of fortnights.
    nb_alpha : float or array, optional
        The same as variance ``mean + nb_alpha mean**2``.
    """
    check_whole(2, training=training)
    check_whole(0, harmonics=harmonics)
    if options.poisson and (dispersion is not None or nb_alpha is not None):
        raise OptionError("Poisson counts have no dispersion", todo="leave it out, or family")
    if isinstance(dispersion, str):
        check_choice("dispersion", dispersion, Literal["ml"])
    periods, regions = grid.shape
    start = min(int(training), periods)
    known = grid.usable[:start]
    total = np.where(known, grid.values[:start], 0).sum(axis=0)
    nothing, thin = total == 0, known.sum(axis=0) * 2 < training
    design = harmonic_design(periods, harmonics=harmonics, trend=options.trend, cycle=cycle)
    flat = total < fewest * (design.shape[1] - 1)
    share = None if grid.reported is None else grid.reported.cautious
    model = MeanModel(grid.values, grid.usable, design, flat, np.zeros(regions), share)
    model, mean = _spread(grid, model, start, options.poisson, dispersion, nb_alpha)
    testable = ~nothing & ~thin
    mean = np.where(testable, mean, 1.0)
    own = model.mean(start) if design.shape[1] > 1 or share is not None else mean
    usual = np.where(testable, own[: max(start, 1)].mean(axis=0), 1.0)
    short = np.full(regions, periods < training)
    return Trained(start, model, mean, usual, harmonics, short, thin, nothing)


def _spread(
    grid: Grid,
    model: MeanModel,
    start: int,
    poisson: bool,
    dispersion: float | npt.ArrayLike | None,
    nb_alpha: float | npt.ArrayLike | None,
) -> tuple[MeanModel, FloatArray]:
    """Return the model with its dispersion given, estimated or 0, and its mean."""
    terms = model.design.shape[1]
    if poisson:
        return model, model.mean(start)
    known = grid.usable & (np.arange(grid.shape[0])[:, None] < start)
    if isinstance(dispersion, str):
        alpha, mean = dispersion_ml(model.design, grid.values, known)
        model = replace(model, alpha=alpha)
        fitted = np.array(mean[:1] if terms == 1 else mean)
        return model, fitted if model.share is None else fitted * model.share
    if nb_alpha is not None:
        alpha = per_region(nb_alpha, grid, "nb_alpha")
        if (alpha < 0).any():
            raise OptionError("nb_alpha must be at least 0", found=str(nb_alpha))
    else:
        whole = np.broadcast_to(model.mean(start), grid.shape)[:start]
        given = None if dispersion is None else per_region(dispersion, grid, "dispersion")
        if given is not None and (given < 1).any():
            raise OptionError("dispersion must be at least 1", found=str(dispersion))
        alpha = window_alpha(
            grid.values[:start], known[:start], whole, fortnight(grid), terms, dispersion=given
        )
    model = replace(model, alpha=alpha)
    return model, model.mean(start)
