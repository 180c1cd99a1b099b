"""Farrington flexible: each week against a regression on the same region's past years."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from scipy import special

from analytics._typing import BoolArray, FloatArray
from analytics.counts import Counts
from analytics.detectors.grid import SHORT, Grid, check_level, grid_of, make_alarms, per_region
from analytics.errors import OptionError, unknown_option
from analytics.kernels.farrington.baseline import check_whole, flexible_baselines
from analytics.kernels.farrington.bounds import (
    POWERS,
    cautious_dispersion,
    check_limit,
    fewer_than,
    nb_quantile,
    nb_tail,
    power_bound,
    power_score,
    score_surprise,
    surprise,
)
from analytics.kernels.farrington.fit import FarringtonFits, fit_weeks
from analytics.kernels.farrington.reference import OVERWRITTEN
from analytics.results import Alarms, DetectorRun

__all__ = ["farrington_flexible", "farrington_flexible_fits"]

Method = Literal["muan", "nb_plugin", "delta"]
Power = Literal["2/3", "1/2", "none"]
Reference = Literal["calendar", "index"]
Compat = Literal["surveillance"]

NO_SEASON = "too few covered weeks in the baseline"
NOT_CONVERGED = "the regression did not converge"
EXACT = "no incident in this season of the baseline: bound of the exact test"


def farrington_flexible(
    counts: Counts,
    *,
    alpha: Any = 0.01,
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
    reference: Reference = "calendar",
    last: int | None = None,
    compat: Compat | None = None,
) -> Alarms:
    """Compare each week with a regression on the past years, past outbreaks weighted down.

    Parameters
    ----------
    counts : Counts
        By week. Daily counts are refused: the seasons are cut in weeks.
    alpha : float or array, one for each region
        Probability of an alarm in a week without an uptick, one-sided (R: ``alpha``).
    years : int
        Past years in the baseline (R: ``b``).
    half_width : int
        Weeks on either side of the corresponding week of each year that form its season (R: ``w``).
    no_periods : int
        Seasons of the year (R: ``noPeriods``). With 1 only the windows around the corresponding weeks are
        used.
    past_weeks_not_included : int or None
        Weeks before the tested one that are left out, so that a slow start does not hide itself (R:
        ``pastWeeksNotIncluded``). None: as many as `half_width`.
    trend : bool
        Whether a linear trend may be kept (R: ``trend``); it needs three years, ``p < p_threshold_trend``,
        and an expectation no larger than the largest count of the baseline.
    p_threshold_trend : float
        R: ``pThresholdTrend``. 1 keeps every trend that the other two conditions allow.
    reweight : bool
        Weight past outbreaks down (R: ``reweight``).
    weights_threshold : float
        Standardised Anscombe residuals above it are weighted down (R: ``weightsThreshold``).
    threshold_method : {"muan", "nb_plugin", "delta"}
        Distribution of the coming count (R: ``thresholdMethod``). See Notes.
    power_transform : {"2/3", "1/2", "none"}
        For ``delta`` (R: ``powertrans``).
    limit54 : (int, int), optional
        ``(5, 4)``: weeks with fewer than 5 incidents in the last 4 weeks are not tested (R: ``limit54``).
        Off by default: it silences sparse regions, which ``muan`` can test.
    reference : {"calendar", "index"}
        Corresponding weeks: by date (the same date in an earlier year, moved to the nearest first day of a
        week, so that 53-week years need no rule), or every 52 weeks.
    last : int, optional
        Test only the last so many weeks over at `as_of`.
    compat : {"surveillance"}, optional
        Give what R's surveillance 1.20.3 gives, with its faults. `statistic` is then its score.

    Returns
    -------
    Alarms
        Alarm iff ``pvalue <= alpha``, which is iff ``observed > upper_bound``. `statistic` is
        ``-log10(pvalue)``.

    Raises
    ------
    OptionError
        If an option is unknown or out of range, or the counts are by day.

    See Also
    --------
    farrington_flexible_fits : the regressions themselves: dispersion, trend, variance.

    Notes
    -----
    Null hypothesis: the week's count is drawn from the regression's distribution. Estimator: quasi-Poisson
    regression on a season factor and, where kept, a trend; dispersion phi from Pearson residuals, at least
    1; one reweighting pass. The maximum of the likelihood is found exactly (the season factor has a closed
    form given the slope). Weeks without coverage are left out.

    ``delta`` takes the power-transformed count as normal; ``nb_plugin`` takes the count as negative binomial
    with the estimated mean and phi as if they were known. Neither holds its level in sparse regions.
    ``muan`` widens the negative binomial by the uncertainty of the mean: with leverage h (one over the
    number of weeks, in the plainest case), mean ``m + phi h`` and variance ``phi (1 + h)`` times that, the
    excess of phi over 1 taken two standard errors above its estimate. With one season, no trend and phi = 1
    this is the exact conditional test of two Poisson counts (Przyborowski and Wilenski 1940), zeros
    included. Where the season had no incident all three give that bound, and say so.

    Null weeks alarmed at nominal 1 %, means 0.02 to 20 (``benchmarks/results/farrington.md``): ``muan`` at
    most 0.7 % of Poisson weeks and 1.4 % of negative binomial ones (variance 2 and 5 times the mean),
    ``nb_plugin`` 0.8 and 2.6 %, ``delta`` 1.7 and 3.5 %. A trend that is not there is kept in 3.9 to 7.8 %
    of series at nominal 5 % and means 0.5 to 20, in fewer below; seasons without incidents do not count as
    evidence of a small dispersion when the trend is tested.

    With ``compat="surveillance"``, as there: weights of the last iteration but one; after reweighting, the
    test of the trend and the standard error use a dispersion computed with the wrong weights (it keeps 0 /
    20 / 67 % of absent trends at means 0.5 / 2 / 20, nominal 5 %); ``muan`` applies alpha twice, to the mean
    and again to the count; scores of ``muan`` and ``nb_plugin`` mix link and response scale; ``limit54``
    takes the bound away, never the p-value. Series without dates need ``reference="index"``.

    References
    ----------
    .. [1] Noufaily, A., Enki, D. G., Farrington, P., Garthwaite, P., Andrews, N., Charlett, A. (2013). An
           improved algorithm for outbreak detection in multiple surveillance systems. Statistics in
           Medicine 32, 1206-1222.
    .. [2] Farrington, C. P., Andrews, N. J., Beale, A. D., Catchpole, M. A. (1996). A statistical algorithm
           for the early detection of outbreaks of infectious disease. JRSS A 159, 547-563.
    .. [3] Przyborowski, J., Wilenski, H. (1940). Homogeneity of results in testing samples from Poisson
           series. Biometrika 31, 313-323.

    Examples
    --------
    >>> import pandas as pd
    >>> weeks = pd.date_range("2012-01-02", periods=330, freq="7D")
    >>> frame = pd.DataFrame({"Kirkuk": [2, 1, 3] * 110, "Diyala": [0] * 329 + [1]}, index=weeks)
    >>> counts = Counts.from_frame(frame, freq="week", as_of="2018-04-29")
    >>> found = farrington_flexible(counts, last=1)
    >>> found.latest()[["observed", "expected", "upper_bound", "alarm"]].round(2).to_numpy().tolist()
    [[3, 1.97, 6.0, False], [1, 0.0, 1.0, False]]
    """
    if threshold_method not in get_args(Method):
        raise unknown_option("threshold_method", threshold_method, get_args(Method))
    if power_transform not in POWERS:
        raise unknown_option("power_transform", power_transform, tuple(POWERS))
    check_limit(limit54)
    check_level(alpha=alpha)
    options: dict[str, Any] = {
        "years": years,
        "half_width": half_width,
        "no_periods": no_periods,
        "past_weeks_not_included": half_width if past_weeks_not_included is None else past_weeks_not_included,
        "trend": trend,
        "p_threshold_trend": p_threshold_trend,
        "reweight": reweight,
        "weights_threshold": weights_threshold,
        "reference": reference,
        "compat": compat,
    }
    grid, fits, enough = _fits(counts, last=last, **options)
    level = per_region(alpha, grid, "alpha")
    observed = grid.values[grid.first :].astype(float)
    power = POWERS[power_transform] if threshold_method == "delta" else None
    if compat is None:
        upper, statistic, pvalue, alarm = _bound(observed, fits, level, threshold_method, power)
        few = fewer_than(grid.values, grid.usable, grid.first, limit54)
        muted, remarks = [(few, _muted(limit54))], [(fits.expected == 0, EXACT)]
        expected = fits.expected
    else:
        upper, statistic, pvalue = _reference_bound(observed, fits, level, threshold_method, power)
        few = fewer_than(grid.values, grid.usable, grid.first, limit54, unknown=True)
        alarm = (statistic > 1) & (observed > 0) & ~few
        upper, expected = (np.where(few, np.nan, array) for array in (upper, fits.expected))
        muted, remarks = [], [(few, _muted(limit54))]
    run = DetectorRun(
        name="farrington_flexible",
        method=(
            f"Farrington flexible: each week against a quasi-Poisson regression on {years} past years in "
            f"{no_periods} seasons; null: the week follows it (Noufaily et al. 2013; {threshold_method})"
            + ("; as R's surveillance 1.20.3 gives it" if compat else "")
        ),
        kind="pvalue",
        parameters={
            "alpha": alpha,
            "threshold_method": threshold_method,
            "power_transform": power_transform,
            "limit54": limit54,
            **options,
        },
    )
    return make_alarms(
        grid,
        run,
        alarm=alarm,
        untested=[(~enough, SHORT), (~fits.enough, NO_SEASON), (~fits.converged, NOT_CONVERGED), *muted],
        remarks=remarks,
        expected=expected,
        upper_bound=upper,
        statistic=statistic,
        pvalue=pvalue,
    )


def farrington_flexible_fits(
    counts: Counts,
    *,
    years: int = 5,
    half_width: int = 3,
    no_periods: int = 10,
    past_weeks_not_included: int | None = 26,
    trend: bool = True,
    p_threshold_trend: float = 0.05,
    reweight: bool = True,
    weights_threshold: float = 2.58,
    reference: Reference = "calendar",
    last: int | None = None,
    compat: Compat | None = None,
) -> FarringtonFits:
    """Return the regressions behind :func:`farrington_flexible`: dispersion, trend and variance of each cell.

    Parameters
    ----------
    counts, years, half_width, no_periods, past_weeks_not_included, trend, p_threshold_trend, reweight, \
weights_threshold, reference, last, compat
        As there.

    Returns
    -------
    FarringtonFits
        Arrays of shape (periods tested, regions), as those of the Alarms.

    Examples
    --------
    >>> import pandas as pd
    >>> weeks = pd.date_range("2012-01-02", periods=330, freq="7D")
    >>> frame = pd.DataFrame({"Kirkuk": [0, 1, 6] * 110}, index=weeks)
    >>> fits = farrington_flexible_fits(Counts.from_frame(frame, freq="week", as_of="2018-04-29"), last=1)
    >>> fits.phi.round(2).tolist(), fits.trend.tolist()
    ([[3.07]], [[False]])
    """
    skipped = half_width if past_weeks_not_included is None else past_weeks_not_included
    return _fits(
        counts,
        years=years,
        half_width=half_width,
        no_periods=no_periods,
        past_weeks_not_included=skipped,
        trend=trend,
        p_threshold_trend=p_threshold_trend,
        reweight=reweight,
        weights_threshold=weights_threshold,
        reference=reference,
        last=last,
        compat=compat,
    )[1]


def _fits(
    counts: Counts,
    *,
    years: int,
    half_width: int,
    no_periods: int,
    past_weeks_not_included: int,
    trend: bool,
    p_threshold_trend: float,
    reweight: bool,
    weights_threshold: float,
    reference: str,
    last: int | None,
    compat: str | None,
) -> tuple[Grid, FarringtonFits, BoolArray]:
    """Return the grid, the fits, and which tested weeks have history enough; shape (tested, 1)."""
    check_whole("years", years, 1, 50)
    check_whole("half_width", half_width, 0, 25)
    check_whole("no_periods", no_periods, 1, 52 - 2 * half_width)
    check_whole("past_weeks_not_included", past_weeks_not_included, 0, 520)
    if not 0 < p_threshold_trend <= 1:
        raise OptionError("p_threshold_trend is not a level", expected="0 to 1", found=str(p_threshold_trend))
    if not weights_threshold > 0:
        raise OptionError("weights_threshold must be positive", found=str(weights_threshold))
    if reference not in get_args(Reference):
        raise unknown_option("reference", reference, get_args(Reference))
    if compat not in (None, *get_args(Compat)):
        raise unknown_option("compat", compat, get_args(Compat))
    grid = grid_of(counts, last=last)
    if grid.freq != "week":
        raise OptionError(
            "farrington_flexible works on weekly counts",
            expected="counts shown by week",
            found="counts by day",
            todo='counts.resample("week")',
        )
    tested = np.arange(grid.first, len(grid.starts))
    baselines = flexible_baselines(
        grid.starts,
        tested,
        years=years,
        half_width=half_width,
        levels=no_periods,
        skipped=past_weeks_not_included,
        calendar=reference == "calendar",
    )
    fits = fit_weeks(
        grid.values,
        grid.usable,
        tested,
        baselines,
        trend=trend and years >= 3,
        trend_level=p_threshold_trend,
        reweight=reweight,
        threshold=weights_threshold,
        reference=None if compat is None else OVERWRITTEN,
    )
    return grid, fits, baselines.enough[:, None]


def _bound(
    observed: FloatArray, fits: FarringtonFits, alpha: FloatArray, method: str, power: float | None
) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray]:
    """Return bound, statistic, p-value and alarm; alpha enters once."""
    ratio = fits.phi * (1 + fits.leverage)
    mean = fits.expected + fits.phi * fits.leverage
    spread = cautious_dispersion(fits.phi, mean, fits.freedom) * (1 + fits.leverage)
    silent = fits.expected == 0
    if method == "nb_plugin":
        mean, spread = np.where(silent, mean, fits.expected), np.where(silent, spread, fits.phi)
    pvalue, upper = nb_tail(observed, mean, spread), nb_quantile(alpha, mean, spread)
    statistic = surprise(pvalue)
    if power is not None:
        z = power_score(observed, fits.expected, ratio, power)
        pvalue = np.where(silent, pvalue, special.ndtr(-z))
        upper = np.where(silent, upper, power_bound(fits.expected, ratio, alpha, power))
        statistic = np.where(silent, statistic, score_surprise(z))
    return upper, statistic, pvalue, pvalue <= alpha


def _reference_bound(
    observed: FloatArray, fits: FarringtonFits, alpha: FloatArray, method: str, power: float | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return bound, score and p-value as the reference computes them, link scale for response and all."""
    mean, centre = fits.expected, fits.expected
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if power is not None:
            ratio = fits.phi + mean * fits.variance
            upper = power_bound(mean, ratio, alpha, power)
            pvalue = special.ndtr(-power_score(observed, mean, ratio, power))
        else:
            centre = np.log(mean)
            if method == "muan":
                mean = np.exp(centre - special.ndtri(alpha) * np.sqrt(fits.variance))
            upper, pvalue = nb_quantile(alpha, mean, fits.phi), nb_tail(observed, mean, fits.phi)
        score = (observed - centre) / (upper - centre)
    return upper, np.asarray(score), np.asarray(pvalue)


def _muted(limit54: tuple[int, int] | None) -> str:
    return "" if limit54 is None else f"fewer than {limit54[0]} in the last {limit54[1]} weeks"
