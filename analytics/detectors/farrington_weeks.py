"""What the two Farrington detectors share: their options, their fits, and the alarms from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import ClassVar, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray
from analytics.counts import Counts
from analytics.detectors.grid import SHORT, Grid, make_alarms, per_region, weekly_grid
from analytics.kernels.farrington.baseline import Baselines, flexible_baselines, window_baselines
from analytics.kernels.farrington.bounds import fewer_than
from analytics.kernels.farrington.fit import FarringtonFits, fit_weeks
from analytics.options import check_above, check_choice, check_few, check_level, check_share, check_whole
from analytics.results import Alarms, DetectorRun

__all__ = [
    "NOT_CONVERGED",
    "NO_WEEKS",
    "Bound",
    "FarringtonOptions",
    "FittedWeeks",
    "FlexibleOptions",
    "Method",
    "Power",
    "as_meant",
]

Method = Literal["muan", "nb_plugin", "delta"]
Power = Literal["2/3", "1/2", "none"]
Limit = tuple[int, int] | None
Bound = tuple[FloatArray, FloatArray, FloatArray]  # upper bound, statistic and p-value

NO_WEEKS = "too few covered weeks in the baseline"
NOT_CONVERGED = "the regression did not converge"


@dataclass(frozen=True, slots=True)
class FarringtonOptions:
    """What :func:`analytics.detectors.farrington` and its reference are run with.

    Attributes
    ----------
    years : int
        Past years in the baseline.
    half_width : int
        Weeks on either side of the corresponding week of each year.
    trend, reweight : bool
        Whether a trend may be kept; whether past outbreaks are weighted down.
    power_transform : {"2/3", "1/2", "none"}
        What makes the count about normal.
    limit54 : (int, int), optional
        Weeks with fewer incidents than the first in the last so many weeks raise no alarm.
    calendar : bool
        Corresponding weeks by date (moved to the nearest first day of a week), not every 52 weeks.
    """

    years: int = 5
    half_width: int = 3
    trend: bool = True
    reweight: bool = True
    power_transform: Power = "2/3"
    limit54: Limit = None
    calendar: bool = True

    name: ClassVar[str] = "farrington"
    silent: ClassVar[str] = "no incident in the baseline: bound of the exact test"

    @property
    def trend_level(self) -> float:
        """Level of the test that a trend must pass."""
        return 0.05

    @property
    def residual(self) -> float:
        """Standardised Anscombe residual from which on a week is weighted down."""
        return 1.0

    @property
    def method(self) -> str:
        """What is done, in words, with the paper."""
        return (
            "Farrington: each week against a quasi-Poisson regression on the same weeks of "
            f"{self.years} past years; null: the week follows it (Farrington et al. 1996)"
        )

    def baselines(self, grid: Grid) -> Baselines:
        """Return the past weeks that each tested one is compared with."""
        tested = np.arange(grid.first, grid.shape[0])
        return window_baselines(
            grid.starts, tested, years=self.years, half_width=self.half_width, calendar=self.calendar
        )

    def check(self) -> None:
        """Raise an OptionError where one is unknown or out of range."""
        check_whole(1, 50, years=self.years)
        check_whole(0, 25, half_width=self.half_width)
        check_choice("power_transform", self.power_transform, Power)
        check_few(self.limit54)


@dataclass(frozen=True, slots=True)
class FlexibleOptions(FarringtonOptions):
    """What :func:`analytics.detectors.farrington_flexible` and its reference are run with.

    Attributes
    ----------
    no_periods : int
        Seasons of the year.
    past_weeks_not_included : int or None
        Weeks before the tested one that are left out; None: as many as `half_width`.
    p_threshold_trend : float
        A trend is kept where its test has a smaller p-value; 1 keeps every one the other conditions allow.
    weights_threshold : float
        Standardised Anscombe residuals above it are weighted down.
    threshold_method : {"muan", "nb_plugin", "delta"}
        Distribution of the coming count.
    """

    no_periods: int = 10
    past_weeks_not_included: int | None = 26
    p_threshold_trend: float = 0.05
    weights_threshold: float = 2.58
    threshold_method: Method = "muan"

    name: ClassVar[str] = "farrington_flexible"
    silent: ClassVar[str] = "no incident in this season of the baseline: bound of the exact test"

    @property
    def trend_level(self) -> float:
        """Level of the test that a trend must pass."""
        return self.p_threshold_trend

    @property
    def residual(self) -> float:
        """Standardised Anscombe residual from which on a week is weighted down."""
        return self.weights_threshold

    @property
    def method(self) -> str:
        """What is done, in words, with the paper."""
        return (
            f"Farrington flexible: each week against a quasi-Poisson regression on {self.years} past "
            f"years in {self.no_periods} seasons; null: the week follows it (Noufaily et al. 2013; "
            f"{self.threshold_method})"
        )

    def baselines(self, grid: Grid) -> Baselines:
        """Return the past weeks that each tested one is compared with, each in its season."""
        return flexible_baselines(
            grid.starts,
            np.arange(grid.first, grid.shape[0]),
            years=self.years,
            half_width=self.half_width,
            levels=self.no_periods,
            skipped=self.skipped,
            calendar=self.calendar,
        )

    @property
    def skipped(self) -> int:
        """Weeks before the tested one that are left out."""
        return self.half_width if self.past_weeks_not_included is None else self.past_weeks_not_included

    def check(self) -> None:
        """Raise an OptionError where one is unknown or out of range."""
        FarringtonOptions.check(self)
        check_whole(1, 52 - 2 * self.half_width, no_periods=self.no_periods)
        check_whole(0, 520, past_weeks_not_included=self.skipped)
        check_share(p_threshold_trend=self.p_threshold_trend)
        check_above(0, weights_threshold=self.weights_threshold)
        check_choice("threshold_method", self.threshold_method, Method)


Options = TypeVar("Options", bound=FarringtonOptions)


@dataclass(frozen=True, eq=False, slots=True)
class FittedWeeks:
    """The regressions of every tested week, and which weeks have history enough.

    Attributes
    ----------
    grid : Grid
    fits : FarringtonFits
    enough : bool array, shape (tested, 1)
    options : FarringtonOptions
    """

    grid: Grid
    fits: FarringtonFits
    enough: BoolArray
    options: FarringtonOptions

    @classmethod
    def of(
        cls, counts: Counts, options: FarringtonOptions, last: int | None, *, reference: int | None = None
    ) -> FittedWeeks:
        """Fit every region and tested week on its own baseline: see `fit_weeks`."""
        options.check()
        grid = weekly_grid(counts, options.name, last=last, as_in_r=reference is not None)
        baselines = options.baselines(grid)
        fits = fit_weeks(
            grid.values,
            grid.settled,
            np.arange(grid.first, grid.shape[0]),
            baselines,
            trend=options.trend and options.years >= 3,
            trend_level=options.trend_level,
            reweight=options.reweight,
            threshold=options.residual,
            reference=reference,
        )
        return cls(grid, _thinned(fits, grid), baselines.enough[:, None], options)

    @property
    def observed(self) -> FloatArray:
        """The counts of the tested weeks."""
        return self.grid.values[self.grid.first :].astype(float)

    def muted(self, *, unknown: bool = False) -> tuple[BoolArray, str]:
        """Return where the last weeks hold fewer incidents than `limit54` asks for, and the words for it.

        With `unknown` a week without coverage among them makes too few of any.
        """
        limit, grid = self.options.limit54, self.grid
        text = "" if limit is None else f"fewer than {limit[0]} in the last {limit[1]} weeks"
        return fewer_than(grid.values, grid.usable, grid.first, limit, unknown=unknown), text

    def alarms(
        self,
        alarm: BoolArray,
        bound: Bound,
        parameters: dict[str, object],
        *,
        muted: Sequence[tuple[BoolArray, str]] = (),
        remarks: Sequence[tuple[BoolArray, str]] = (),
        expected: FloatArray | None = None,
    ) -> Alarms:
        """Return the alarms.

        Parameters
        ----------
        alarm : bool array, shape (tested, regions)
        bound : three float arrays, same shape
            Upper bound, statistic and p-value.
        parameters : dict
            What the run records beside the options.
        muted, remarks : sequence of (bool array, str)
            Weeks not tested besides, and notes on those that are.
        expected : float array, same shape, optional
            What the fits expect unless given.
        """
        upper, statistic, pvalue = bound
        fits, options = self.fits, self.options
        as_in_r = "; as R's surveillance 1.20.3 gives it" if parameters.get("compat") else ""
        run = DetectorRun(
            name=options.name,
            null_hypothesis="the week's count is drawn from the regression's distribution",
            method=options.method + as_in_r,
            kind="pvalue",
            parameters={**asdict(options), **parameters},
        )
        return make_alarms(
            self.grid,
            run,
            alarm=alarm,
            untested=[
                (~self.enough, SHORT),
                (~fits.enough, NO_WEEKS),
                (~fits.converged, NOT_CONVERGED),
                *muted,
            ],
            remarks=remarks,
            expected=fits.expected if expected is None else expected,
            upper_bound=upper,
            statistic=statistic,
            pvalue=pvalue,
            thinned=self.grid.reported is not None,
        )


def _thinned(fits: FarringtonFits, grid: Grid) -> FarringtonFits:
    """Return what the regressions expect to be reported by now, with the variance of that."""
    if grid.reported is None:
        return fits
    now = grid.reported.rows(grid.first)
    phi = 1 + now.share * (fits.phi - 1)
    mean = now.share * fits.expected
    return replace(
        fits, expected=mean, phi=phi, leverage=(now.share * fits.phi * fits.leverage + now.doubt * mean) / phi
    )


def as_meant(
    counts: Counts,
    options: Options,
    alpha: float | npt.ArrayLike,
    last: int | None,
    bound: Callable[[FloatArray, FarringtonFits, FloatArray, Options], Bound],
) -> Alarms:
    """Return the alarms with these options, each computed as it is meant.

    `bound` takes the observed counts, the fits, the levels and the options.
    """
    fitted = FittedWeeks.of(counts, options, last)
    level = per_region(alpha, fitted.grid, "alpha")
    check_level(alpha=level)
    found = bound(fitted.observed, fitted.fits, level, options)
    silent = [(fitted.fits.expected == 0, options.silent)]
    return fitted.alarms(found[2] <= level, found, {"alpha": level}, muted=[fitted.muted()], remarks=silent)
