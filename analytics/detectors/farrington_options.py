"""The options of the two Farrington detectors, and the weeks they leave out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analytics._typing import BoolArray
from analytics.detectors.grid import Grid
from analytics.kernels.farrington.bounds import fewer_than
from analytics.options import check_above, check_choice, check_few, check_share, check_whole

__all__ = ["NOT_CONVERGED", "FarringtonOptions", "FlexibleOptions", "Method", "Power", "muted_weeks"]

Method = Literal["muan", "nb_plugin", "delta"]
Power = Literal["2/3", "1/2", "none"]
Limit = tuple[int, int] | None

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

    def check(self) -> None:
        """Raise an OptionError where one is unknown or out of range."""
        check_whole(1, 50, years=self.years)
        check_whole(0, 25, half_width=self.half_width)
        check_choice("power_transform", self.power_transform, Power)
        check_few(self.limit54)


@dataclass(frozen=True, slots=True)
class FlexibleOptions:
    """What :func:`analytics.detectors.farrington_flexible` and its reference are run with.

    Attributes
    ----------
    years, half_width, trend, reweight, power_transform, limit54, calendar
        As in :class:`FarringtonOptions`.
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

    years: int = 5
    half_width: int = 3
    no_periods: int = 10
    past_weeks_not_included: int | None = 26
    trend: bool = True
    p_threshold_trend: float = 0.05
    reweight: bool = True
    weights_threshold: float = 2.58
    threshold_method: Method = "muan"
    power_transform: Power = "2/3"
    limit54: Limit = None
    calendar: bool = True

    @property
    def skipped(self) -> int:
        """Weeks before the tested one that are left out."""
        return self.half_width if self.past_weeks_not_included is None else self.past_weeks_not_included

    def check(self) -> None:
        """Raise an OptionError where one is unknown or out of range."""
        check_whole(1, 50, years=self.years)
        check_whole(0, 25, half_width=self.half_width)
        check_whole(1, 52 - 2 * self.half_width, no_periods=self.no_periods)
        check_whole(0, 520, past_weeks_not_included=self.skipped)
        check_share(p_threshold_trend=self.p_threshold_trend)
        check_above(0, weights_threshold=self.weights_threshold)
        check_choice("threshold_method", self.threshold_method, Method)
        check_choice("power_transform", self.power_transform, Power)
        check_few(self.limit54)


def muted_weeks(grid: Grid, limit: Limit, *, unknown: bool = False) -> tuple[BoolArray, str]:
    """Return where the last weeks hold fewer incidents than `limit` asks for, and the words for it.

    With `unknown` a week without coverage among them makes too few of any.
    """
    text = "" if limit is None else f"fewer than {limit[0]} in the last {limit[1]} weeks"
    return fewer_than(grid.values, grid.usable, grid.first, limit, unknown=unknown), text
