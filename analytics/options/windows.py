"""Checks of options that are lengths of time or of space, and of how complete recent periods are."""

from __future__ import annotations

import numpy as np

from analytics._typing import FloatArray
from analytics.errors import OptionError
from analytics.options import check_flag, check_whole, numbers_of

__all__ = [
    "check_completeness",
    "check_completeness_sd",
    "check_past_windows",
    "check_periods",
    "check_windows",
    "check_zones",
    "days_of",
]

_WIDEST = 0.5  # of what lies between 0 and 1: at either end half the time


def check_periods(step: int, *, least: int | None = None, **lengths: int) -> None:
    """Raise an :class:`OptionError` unless each length in days is whole periods of `step` days.

    Parameters
    ----------
    step : int
        Days in a period.
    least : int, optional
        Fewest days; one period unless given.
    **lengths : int
        Days, by the option's name.

    Examples
    --------
    >>> check_periods(7, recent=10)
    Traceback (most recent call last):
    ...
    analytics.errors.OptionError: recent must be a whole number of weeks
      expected: a multiple of 7 days
      found: 10
    """
    for name, days in lengths.items():
        number = numbers_of(days)
        whole = number.ndim == 0 and number % step == 0 and number >= (step if least is None else least)
        if not whole:
            unit = "weeks" if step == 7 else "days"
            short = number.ndim == 0 and number % step == 0
            more = f", {step if least is None else least} or more" if short else ""
            raise OptionError(
                f"{name} is too short" if short else f"{name} must be a whole number of {unit}",
                expected=("a multiple of 7 days" if step == 7 else "a number of days") + more,
                found=str(days),
            )


def days_of(name: str, value: object) -> int:
    """Return a number of days.

    Raises
    ------
    OptionError
        If it is no whole number.

    Examples
    --------
    >>> days_of("recent", np.int8(14))
    14
    >>> days_of("recent", 14.0)
    Traceback (most recent call last):
    ...
    analytics.errors.OptionError: recent is no number of days
      expected: a whole number, such as 14
      found: 14.0
    """
    if isinstance(value, int | np.integer) and not isinstance(value, bool | np.bool_):
        return int(value)
    raise OptionError(
        f"{name} is no number of days", expected="a whole number, such as 14", found=repr(value)[:80]
    )


def check_windows(recent: int, guard: int, baseline: int, step: int, windows: int) -> None:
    """Raise an :class:`OptionError` unless lengths in days are whole periods and the baseline is long enough.

    It must hold `windows` recent windows; `step` is the days in a period.
    """
    check_periods(step, recent=recent)
    check_periods(step, least=0, guard=guard)
    check_periods(step, baseline=baseline)
    if baseline < windows * recent:
        raise OptionError(
            f"the baseline is too short to judge how much {recent}-day sums vary",
            expected=f"at least {windows} times the recent window, {windows * recent} days",
            found=f"{baseline} days",
        )


def check_completeness(given: object, periods: int, step: int) -> tuple[FloatArray | None, float | None]:
    """Return the completeness of each recent period and its mean, or None twice where it is not known.

    Parameters
    ----------
    given : float, sequence of float, or None
        Share already reported: one number, or one for each period.
    periods, step : int
        Recent periods, and days in each.

    Examples
    --------
    >>> check_completeness(0.9, 2, 1)
    (array([0.9, 0.9]), 0.9)
    """
    if given is None:
        return None, None
    stated = numbers_of(given)
    share = np.full(periods, float(stated)) if stated.ndim == 0 else stated
    if share.shape != (periods,) or not ((share > 0) & (share <= 1)).all():
        unit = "week" if step == 7 else "day"
        raise OptionError(
            "completeness is not usable",
            expected=f"one number, or one for each of the {periods} recent {unit}s, above 0 and at most 1",
            found=str(given),
        )
    return share, float(stated.mean())


def check_completeness_sd(given: object, share: FloatArray | None) -> FloatArray | None:
    """Return the standard deviation of each recent period's completeness, or None where it is not given."""
    if given is None:
        return None
    if share is None:
        raise OptionError("completeness_sd is given without completeness", todo="give both")
    deviation = numbers_of(given)
    if deviation.ndim == 0:
        deviation = np.broadcast_to(deviation, share.shape)
    if deviation.shape != share.shape or not ((deviation >= 0) & (deviation <= _WIDEST)).all():
        raise OptionError(
            "completeness_sd is not usable",
            expected=f"from 0 to {_WIDEST:g}, more than which no share deviates; one number or {share.size}",
            found=str(given),
        )
    return deviation


def check_zones(max_share: float, radius: float | None, *, window_max: int, history: int, least: int) -> None:
    """Raise an :class:`OptionError` unless clusters so large and so long can be looked for.

    Parameters
    ----------
    max_share : float
        Largest share of the incidents in a cluster, at most a half.
    radius : float, optional
        Largest distance from its centre in kilometres.
    window_max, history : int
        Days in the longest cluster, and studied.
    least : int
        How often the longest cluster has to fit into the history.
    """
    if not 0 < max_share <= 0.5:
        raise OptionError(
            "max_share is out of range", expected="above 0 and at most 0.5", found=str(max_share)
        )
    if radius is not None and not radius > 0:
        raise OptionError("radius must be above 0", expected="kilometres, or None", found=str(radius))
    if history < least * window_max:
        raise OptionError(
            "the history is too short for clusters this long",
            expected=f"at least {least} times window_max, {least * window_max} days",
            found=f"{history} days",
        )


def check_past_windows(years: object, half_width: object, include_current_year: object, year: float) -> None:
    """Raise an :class:`OptionError` unless windows around the same period of past years can be laid.

    Parameters
    ----------
    years, half_width, include_current_year : object
        The options: past years, periods on either side, whether the periods just before count.
    year : float
        Periods in a year.
    """
    check_whole(0, years=years, half_width=half_width)
    check_flag(include_current_year=include_current_year)
    if not years and not (include_current_year and half_width):
        raise OptionError(
            "nothing to compare with",
            expected="years of 1 or more, or include_current_year with half_width of 1 or more",
            found=f"years={years}, half_width={half_width}, include_current_year={include_current_year}",
        )
    if years:
        check_whole(0, (int(year) - 1) // 2, half_width=half_width)
