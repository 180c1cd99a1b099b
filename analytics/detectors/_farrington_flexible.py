"""Farrington flexible: each week against a regression on the same region's past years."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.detectors.compat import Compat, has_reference, only_as_in_r
from analytics.detectors.farrington_weeks import Bound, FittedWeeks, FlexibleOptions, Method, as_meant
from analytics.former import renamed
from analytics.kernels.common.negative_binomial import nb_quantile, nb_tail
from analytics.kernels.farrington.bounds import (
    POWERS,
    cautious_dispersion,
    power_bound,
    power_score,
    score_surprise,
    surprise,
)
from analytics.kernels.farrington.fit import FarringtonFits
from analytics.kernels.farrington.reference import OVERWRITTEN
from analytics.results import Alarms

__all__ = ["farrington_flexible", "farrington_flexible_fits", "flexible_bound"]


@renamed(
    b="years",
    w="half_width",
    **only_as_in_r(
        "farrington_flexible", "p_threshold_trend weights_threshold power_transform limit54 reference"
    ),
)
@has_reference
def farrington_flexible(
    counts: Counts,
    *,
    alpha: float | npt.ArrayLike = 0.01,
    years: int = 5,
    half_width: int = 3,
    no_periods: int = 10,
    past_weeks_not_included: int | None = 26,
    trend: bool = True,
    reweight: bool = True,
    threshold_method: Method = "muan",
    last: int | None = None,
    compat: Compat | None = None,
) -> Alarms:
    """Compare each week with a regression on the past years, past outbreaks weighted down.

    Null hypothesis: the week's count is drawn from the regression's distribution. Estimator: quasi-Poisson
    regression on a season factor and, where kept, a trend; dispersion phi from Pearson residuals, at least
    1; one reweighting pass. The maximum of the likelihood is found exactly (the season factor has a closed
    form given the slope). Weeks without coverage are left out. The corresponding week is that of the same
    date, moved to the nearest first day of a week, so that 53-week years need no rule.

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
        Whether a linear trend may be kept (R: ``trend``); it needs three years, ``p < 0.05``, and an
        expectation no larger than the largest count of the baseline.
    reweight : bool
        Weight past outbreaks down: weeks with a standardised Anscombe residual above 2.58 (R: ``reweight``).
    threshold_method : {"muan", "nb_plugin", "delta"}
        Distribution of the coming count (R: ``thresholdMethod``). See Notes.
    last : int, optional
        Test only the last so many weeks over at `as_of`.
    compat : {"surveillance"}, optional
        Give what R's surveillance 1.20.3 gives, with its faults:
        :func:`analytics.detectors.surveillance.farrington_flexible`, which has the rest of R's options.

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
    ``delta`` takes the count to the power 2/3 as normal; ``nb_plugin`` takes the count as negative binomial
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
    options = FlexibleOptions(
        years=years,
        half_width=half_width,
        no_periods=no_periods,
        past_weeks_not_included=past_weeks_not_included,
        trend=trend,
        reweight=reweight,
        threshold_method=threshold_method,
    )
    return as_meant(counts, options, alpha, last, flexible_bound)


def farrington_flexible_fits(
    counts: Counts,
    options: FlexibleOptions | None = None,
    *,
    last: int | None = None,
    faults: bool = False,
) -> FarringtonFits:
    """Return the regressions behind :func:`farrington_flexible`: dispersion, trend and variance of each cell.

    Parameters
    ----------
    counts : Counts
    options : FlexibleOptions, optional
        The detector's defaults unless given.
    last : int, optional
        As there.
    faults : bool
        Fit as the reference does.

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
    chosen = FlexibleOptions() if options is None else options
    return FittedWeeks.of(counts, chosen, last, reference=OVERWRITTEN if faults else None).fits


def flexible_bound(
    observed: FloatArray, fits: FarringtonFits, alpha: FloatArray, options: FlexibleOptions
) -> Bound:
    """Return bound, statistic and p-value; alpha enters once."""
    ratio = fits.phi * (1 + fits.leverage)
    mean = fits.expected + fits.phi * fits.leverage
    spread = cautious_dispersion(fits.phi, mean, fits.freedom) * (1 + fits.leverage)
    silent = fits.expected == 0
    if options.threshold_method == "nb_plugin":
        mean, spread = np.where(silent, mean, fits.expected), np.where(silent, spread, fits.phi)
    pvalue, upper = nb_tail(observed, mean, spread), nb_quantile(alpha, mean, spread)
    statistic = surprise(pvalue)
    if options.threshold_method == "delta":
        power = POWERS[options.power_transform]
        z = power_score(observed, fits.expected, ratio, power)
        pvalue = np.where(silent, pvalue, special.ndtr(-z))
        upper = np.where(silent, upper, power_bound(fits.expected, ratio, alpha, power))
        statistic = np.where(silent, statistic, score_surprise(z))
    return upper, statistic, pvalue
