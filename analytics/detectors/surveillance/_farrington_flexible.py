"""Farrington flexible as R has it, and its options computed as they are meant."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.detectors._farrington_flexible import flexible_bound
from analytics.detectors.farrington_weeks import (
    Bound,
    FittedWeeks,
    FlexibleOptions,
    Method,
    Power,
    as_meant,
)
from analytics.detectors.grid import per_region
from analytics.former import renamed
from analytics.kernels.common.negative_binomial import nb_quantile, nb_tail
from analytics.kernels.farrington.bounds import POWERS, power_bound, power_score
from analytics.kernels.farrington.fit import FarringtonFits
from analytics.kernels.farrington.reference import OVERWRITTEN
from analytics.options import check_level
from analytics.results import Alarms

__all__ = ["farrington_flexible"]


@renamed(b="years", w="half_width", reference="calendar=True or calendar=False is how it is given now")
def farrington_flexible(
    counts: Counts,
    *,
    alpha: float | npt.ArrayLike = 0.01,
    years: int = 5,
    half_width: int = 3,
    no_periods: int = 10,
    past_weeks_not_included: int | None = 26,
    trend: bool = True,
    p_threshold_trend: float = 0.05,
    reweight: bool = True,
    weights_threshold: float = 2.58,
    threshold_method: Method = "muan",
    power_transform: Power = "2/3",
    limit54: tuple[int, int] | None = None,
    calendar: bool = True,
    faults: bool = True,
    last: int | None = None,
) -> Alarms:
    """Do as R's ``surveillance::farringtonFlexible`` does.

    Weights are those of the last iteration but one. After reweighting, the test of the trend and the standard
    error use a dispersion computed with the wrong weights (it keeps 0 / 20 / 67 % of absent trends at means
    0.5 / 2 / 20, nominal 5 %). ``muan`` applies alpha twice, to the mean and again to the count; scores of
    ``muan`` and ``nb_plugin`` mix link and response scale.

    Parameters
    ----------
    counts, alpha, years, half_width, no_periods, past_weeks_not_included, trend, reweight, threshold_method
        As in :func:`analytics.detectors.farrington_flexible` (R: ``alpha``, ``b``, ``w``, ``noPeriods``,
        ``pastWeeksNotIncluded``, ``trend``, ``reweight``, ``thresholdMethod``).
    p_threshold_trend : float
        R: ``pThresholdTrend``. 1 keeps every trend that the other two conditions allow.
    weights_threshold : float
        Standardised Anscombe residuals above it are weighted down (R: ``weightsThreshold``).
    power_transform : {"2/3", "1/2", "none"}
        For ``delta`` (R: ``powertrans``).
    limit54 : (int, int), optional
        ``(5, 4)``: weeks with fewer than 5 incidents in the last 4 weeks have no bound and no alarm, but keep
        their p-value (R: ``limit54``); without faults they are not tested.
    calendar : bool
        Corresponding weeks by date (moved to the nearest first day of a week), or every 52 weeks, which is
        what R does with series without dates.
    faults : bool
        With False the options are R's and the regression, its tests and its bounds are those of
        :func:`analytics.detectors.farrington_flexible`.
    last : int, optional
        Test only the last so many weeks over at `as_of`.

    Returns
    -------
    Alarms
        `statistic` is R's score; without faults as there.

    Examples
    --------
    >>> counts = Counts.from_array(np.array([2, 1, 3] * 110), start="2012-01-02")
    >>> farrington_flexible(counts, threshold_method="delta", last=1).upper_bound.round(2).tolist()
    [[6.03]]
    """
    options = FlexibleOptions(
        years=years,
        half_width=half_width,
        trend=trend,
        reweight=reweight,
        power_transform=power_transform,
        limit54=limit54,
        calendar=calendar,
        no_periods=no_periods,
        past_weeks_not_included=past_weeks_not_included,
        p_threshold_trend=p_threshold_trend,
        weights_threshold=weights_threshold,
        threshold_method=threshold_method,
    )
    if not faults:
        return as_meant(counts, options, alpha, last, flexible_bound)
    fitted = FittedWeeks.of(counts, options, last, reference=OVERWRITTEN)
    level = per_region(alpha, fitted.grid, "alpha")
    check_level(alpha=level)
    upper, statistic, pvalue = _bound(fitted.observed, fitted.fits, level, options)
    few, text = fitted.muted(unknown=True)
    return fitted.alarms(
        (statistic > 1) & (fitted.observed > 0) & ~few,
        (np.where(few, np.nan, upper), statistic, pvalue),
        {"alpha": level, "compat": "surveillance"},
        remarks=[(few, text)],
        expected=np.where(few, np.nan, fitted.fits.expected),
    )


def _bound(observed: FloatArray, fits: FarringtonFits, alpha: FloatArray, options: FlexibleOptions) -> Bound:
    """Return bound, score and p-value as the reference computes them, link scale for response and all."""
    mean, centre = fits.expected, fits.expected
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if options.threshold_method == "delta":
            power = POWERS[options.power_transform]
            ratio = fits.phi + mean * fits.variance
            upper = power_bound(mean, ratio, alpha, power)
            pvalue = special.ndtr(-power_score(observed, mean, ratio, power))
        else:
            centre = np.log(mean)
            if options.threshold_method == "muan":
                mean = np.exp(centre - special.ndtri(alpha) * np.sqrt(fits.variance))
            upper, pvalue = nb_quantile(alpha, mean, fits.phi), nb_tail(observed, mean, fits.phi)
        score = (observed - centre) / (upper - centre)
    return upper, np.asarray(score), np.asarray(pvalue)
