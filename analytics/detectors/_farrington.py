"""Farrington, the original: each week against the same weeks of past years."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.detectors.compat import Compat, has_reference, only_as_in_r
from analytics.detectors.farrington_weeks import Bound, FarringtonOptions, as_meant
from analytics.former import renamed
from analytics.kernels.common.negative_binomial import nb_quantile, nb_tail
from analytics.kernels.farrington.bounds import (
    POWERS,
    power_bound,
    power_score,
    score_surprise,
    surprise,
)
from analytics.kernels.farrington.fit import FarringtonFits
from analytics.results import Alarms

__all__ = ["farrington", "farrington_bound"]


@renamed(b="years", w="half_width", **only_as_in_r("farrington", "power_transform limit54 reference"))
@has_reference
def farrington(
    counts: Counts,
    *,
    alpha: float | npt.ArrayLike = 0.01,
    years: int = 5,
    half_width: int = 3,
    trend: bool = True,
    reweight: bool = True,
    last: int | None = None,
    compat: Compat | None = None,
) -> Alarms:
    """Compare each week with a regression on the same weeks of past years.

    Null hypothesis: the week's count is drawn from the regression's distribution. Estimator: quasi-Poisson
    regression, with a trend where it is kept, on the weeks around the corresponding one of each past year;
    dispersion phi from Pearson residuals, at least 1; past outbreaks weighted down once; the count to the
    power 2/3 is taken as normal, with the variance of the mean in it. The corresponding week is that of the
    same date, moved to the nearest first day of a week.

    Parameters
    ----------
    counts : Counts
        By week. Daily counts are refused.
    alpha : float or array, one for each region
        Probability of an alarm in a week without an uptick, one-sided (R: ``alpha``, there
        two-sided, twice this).
    years : int
        Past years in the baseline (R: ``b``).
    half_width : int
        Weeks on either side of the corresponding week of each year (R: ``w``).
    trend : bool
        Whether a linear trend may be kept (R: ``trend``): three years, p < 0.05 and an expectation no larger
        than the largest count of the baseline.
    reweight : bool
        Weight past outbreaks down (R: ``reweight``).
    last : int, optional
        Test only the last so many weeks over at `as_of`.
    compat : {"surveillance"}, optional
        Give what R's surveillance 1.20.3 gives: :func:`analytics.detectors.surveillance.farrington`, which
        has the rest of R's options.

    Returns
    -------
    Alarms
        Alarm iff ``pvalue <= alpha``, which is iff ``observed > upper_bound``. `statistic` is
        ``-log10(pvalue)``.

    Raises
    ------
    OptionError
        If an option is unknown or out of range, or the counts are by day.

    Notes
    -----
    Null weeks alarmed at nominal 1 % (``benchmarks/results/farrington.md``): 1.1 to 5.1 % of Poisson weeks,
    up to 5.8 % of negative binomial ones, because the published threshold of 1 weights down a sixth of
    ordinary weeks and the normal approximation is poor for sparse regions:
    :func:`analytics.detectors.farrington_flexible` mends both. A baseline without any
    incident is answered by the exact conditional test of two Poisson counts (Przyborowski and Wilenski 1940).

    References
    ----------
    .. [1] Farrington, C. P., Andrews, N. J., Beale, A. D., Catchpole, M. A. (1996). A statistical algorithm
           for the early detection of outbreaks of infectious disease. JRSS A 159, 547-563.
    .. [2] Przyborowski, J., Wilenski, H. (1940). Homogeneity of results in testing samples from Poisson
           series. Biometrika 31, 313-323.

    Examples
    --------
    >>> import pandas as pd
    >>> weeks = pd.date_range("2012-01-02", periods=330, freq="7D")
    >>> frame = pd.DataFrame({"Kirkuk": [2, 1, 3] * 109 + [2, 1, 9]}, index=weeks)
    >>> found = farrington(Counts.from_frame(frame, freq="week", as_of="2018-04-29"), last=1)
    >>> found.latest()[["observed", "expected", "upper_bound", "alarm"]].round(2).to_numpy().tolist()
    [[9, 1.97, 6.09, True]]
    """
    options = FarringtonOptions(years=years, half_width=half_width, trend=trend, reweight=reweight)
    return as_meant(counts, options, alpha, last, farrington_bound)


def farrington_bound(
    observed: FloatArray, fits: FarringtonFits, level: FloatArray, options: FarringtonOptions
) -> Bound:
    """Return bound, statistic and p-value; of the exact test where the baseline has no incident."""
    power = POWERS[options.power_transform]
    with np.errstate(invalid="ignore"):
        ratio = fits.phi * (1 + fits.leverage)
    score = power_score(observed, fits.expected, ratio, power)
    silent, exact = fits.expected == 0, fits.phi * fits.leverage
    pvalue = np.where(silent, nb_tail(observed, exact, ratio), special.ndtr(-score))
    known = nb_quantile(level, np.where(silent, exact, np.nan), ratio)
    upper = np.where(silent, known, power_bound(fits.expected, ratio, level, power))
    return upper, np.where(silent, surprise(pvalue), score_surprise(score)), pvalue
