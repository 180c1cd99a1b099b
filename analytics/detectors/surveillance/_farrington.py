"""Farrington, the original, as R has it, and its options computed as they are meant."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics.counts import Counts
from analytics.detectors._farrington import farrington_bound
from analytics.detectors.farrington_weeks import FarringtonOptions, FittedWeeks, Power, as_meant
from analytics.detectors.grid import per_region
from analytics.former import renamed
from analytics.kernels.farrington.bounds import POWERS, power_bound, power_score
from analytics.kernels.farrington.reference import CLIPPED
from analytics.options import check_level
from analytics.results import Alarms

__all__ = ["farrington"]


@renamed(b="years", w="half_width", reference="calendar=True or calendar=False is how it is given now")
def farrington(
    counts: Counts,
    *,
    alpha: float | npt.ArrayLike = 0.01,
    years: int = 5,
    half_width: int = 3,
    trend: bool = True,
    reweight: bool = True,
    power_transform: Power = "2/3",
    limit54: tuple[int, int] | None = None,
    calendar: bool = True,
    faults: bool = True,
    last: int | None = None,
) -> Alarms:
    """Do as R's ``surveillance::farrington`` does.

    Weights are those of the last iteration but one. The reference's predictive distribution is there too:
    ``1 - pvalue`` and ``expected``.

    Parameters
    ----------
    counts, years, half_width, trend, reweight, last
        As in :func:`analytics.detectors.farrington` (R: ``b``, ``w``, ``trend``, ``reweight``).
    alpha : float or array, one for each region
        Two-sided: half of it is the probability of an alarm in a week without an uptick.
    power_transform : {"2/3", "1/2", "none"}
        What makes the count about normal (R: ``powertrans``).
    limit54 : (int, int), optional
        ``(5, 4)``: weeks with fewer than 5 incidents in the last 4 weeks have the bound 0 and no alarm (R:
        ``limit54``); without faults they are not tested.
    calendar : bool
        Corresponding weeks by date (moved to the nearest first day of a week), or every 52 weeks, which is
        what R does with series without dates.
    faults : bool
        With False the options are R's and the regression, its tests and its bounds are those of
        :func:`analytics.detectors.farrington`.

    Returns
    -------
    Alarms
        `statistic` is the score, the exceedance over that of the bound; without faults as there.

    Examples
    --------
    >>> counts = Counts.from_array(np.array([2, 1, 3] * 109 + [2, 1, 9]), start="2012-01-02")
    >>> farrington(counts, alpha=0.02, last=1).upper_bound.round(2).tolist()
    [[6.09]]
    """
    options = FarringtonOptions(years, half_width, trend, reweight, power_transform, limit54, calendar)
    check_level(alpha=alpha)
    if not faults:
        return as_meant(counts, options, np.asarray(alpha) / 2, last, farrington_bound)
    fitted = FittedWeeks.of(counts, options, last, reference=CLIPPED)
    level = per_region(alpha, fitted.grid, "alpha") / 2
    observed, fits, power = fitted.observed, fitted.fits, POWERS[power_transform]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = fits.phi * (1 + fits.leverage)
        upper = power_bound(fits.expected, ratio, level, power)
        statistic = (observed - fits.expected) / (upper - fits.expected)
    few, text = fitted.muted(unknown=True)
    pvalue = special.ndtr(-power_score(observed, fits.expected, ratio, power))
    parameters = {"alpha": 2 * level, "compat": "surveillance"}
    alarm = (statistic > 1) & (observed > 0) & ~few
    bound = np.where(few, 0.0, upper), statistic, pvalue
    return fitted.alarms(alarm, bound, parameters, remarks=[(few, text)])
