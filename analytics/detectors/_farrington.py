"""Farrington, the original: each week against the same weeks of past years."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from scipy import special

from analytics.counts import Counts
from analytics.detectors.grid import SHORT, check_level, grid_of, make_alarms, per_region
from analytics.errors import OptionError, unknown_option
from analytics.kernels.farrington.baseline import check_whole, window_baselines
from analytics.kernels.farrington.bounds import (
    POWERS,
    check_limit,
    fewer_than,
    nb_quantile,
    nb_tail,
    power_bound,
    power_score,
    score_surprise,
    surprise,
)
from analytics.kernels.farrington.fit import fit_weeks
from analytics.kernels.farrington.reference import CLIPPED
from analytics.results import Alarms, DetectorRun

__all__ = ["farrington"]

Power = Literal["2/3", "1/2", "none"]
Reference = Literal["calendar", "index"]
Compat = Literal["surveillance"]

NO_WEEKS = "too few covered weeks in the baseline"
NOT_CONVERGED = "the regression did not converge"
EXACT = "no incident in the baseline: bound of the exact test"
_TREND_LEVEL = 0.05
_RESIDUAL = 1.0  # standardised Anscombe residuals above it are weighted down


def farrington(
    counts: Counts,
    *,
    alpha: Any = 0.01,
    years: int = 5,
    half_width: int = 3,
    trend: bool = True,
    reweight: bool = True,
    power_transform: Power = "2/3",
    limit54: tuple[int, int] | None = None,
    reference: Reference = "calendar",
    last: int | None = None,
    compat: Compat | None = None,
) -> Alarms:
    """Compare each week with a regression on the same weeks of past years.

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
    power_transform : {"2/3", "1/2", "none"}
        What makes the count about normal (R: ``powertrans``).
    limit54 : (int, int), optional
        ``(5, 4)``: weeks with fewer than 5 incidents in the last 4 weeks are not tested (R: ``limit54``).
        Off by default.
    reference : {"calendar", "index"}
        Corresponding weeks: by date (moved to the nearest first day of a week), or every 52 weeks.
    last : int, optional
        Test only the last so many weeks over at `as_of`.
    compat : {"surveillance"}, optional
        Give what R's surveillance 1.20.3 gives.

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
    Null hypothesis: the week's count is drawn from the regression's distribution. Estimator: quasi-Poisson
    regression, with a trend where it is kept, on the weeks around the corresponding one of each past year;
    dispersion phi from Pearson residuals, at least 1; past outbreaks weighted down once; the
    power-transformed count is taken as normal, with the variance of the mean in it.

    Null weeks alarmed at nominal 1 % (``benchmarks/results/farrington.md``): 1.1 to 5.1 % of Poisson weeks,
    up to 5.8 % of negative binomial ones, because the published threshold of 1 weights down a sixth of
    ordinary weeks and the normal approximation is poor for sparse regions:
    :func:`analytics.detectors.farrington_flexible` mends both. A baseline without any
    incident is answered by the exact conditional test of two Poisson counts (Przyborowski and Wilenski 1940).

    With ``compat="surveillance"``: `alpha` is two-sided, weights are those of the last iteration but one, a
    week below `limit54` has the bound 0 and no alarm, and `statistic` is the score, the exceedance over that
    of the bound. The reference's predictive distribution is there too: ``1 - pvalue`` and ``expected``.

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
    check_whole("years", years, 1, 50)
    check_whole("half_width", half_width, 0, 25)
    check_level(alpha=alpha)
    check_limit(limit54)
    for name, value, known in (
        ("power_transform", power_transform, tuple(POWERS)),
        ("reference", reference, get_args(Reference)),
        ("compat", compat, (None, *get_args(Compat))),
    ):
        if value not in known:
            raise unknown_option(name, value, [k for k in known if k is not None])
    grid = grid_of(counts, last=last)
    if grid.freq != "week":
        raise OptionError(
            "farrington works on weekly counts",
            expected="counts shown by week",
            found="counts by day",
            todo='counts.resample("week")',
        )
    level = per_region(alpha, grid, "alpha") / (1 if compat is None else 2)
    tested = np.arange(grid.first, len(grid.starts))
    calendar = reference == "calendar"
    baselines = window_baselines(grid.starts, tested, years=years, half_width=half_width, calendar=calendar)
    fits = fit_weeks(
        grid.values,
        grid.usable,
        tested,
        baselines,
        trend=trend and years >= 3,
        trend_level=_TREND_LEVEL,
        reweight=reweight,
        threshold=_RESIDUAL,
        reference=None if compat is None else CLIPPED,
    )
    observed, power = grid.values[grid.first :].astype(float), POWERS[power_transform]
    with np.errstate(invalid="ignore"):
        ratio = fits.phi * (1 + fits.leverage)
    upper = power_bound(fits.expected, ratio, level, power)
    score = power_score(observed, fits.expected, ratio, power)
    pvalue = special.ndtr(-score)
    few = fewer_than(grid.values, grid.usable, grid.first, limit54, unknown=compat is not None)
    few_text = "" if limit54 is None else f"fewer than {limit54[0]} in the last {limit54[1]} weeks"
    untested = [
        (~baselines.enough[:, None], SHORT),
        (~fits.enough, NO_WEEKS),
        (~fits.converged, NOT_CONVERGED),
    ]
    if compat is None:
        silent = fits.expected == 0
        exact = fits.phi * fits.leverage
        pvalue = np.where(silent, nb_tail(observed, exact, ratio), pvalue)
        upper = np.where(silent, nb_quantile(level, np.where(silent, exact, np.nan), ratio), upper)
        statistic = np.where(silent, surprise(pvalue), score_surprise(score))
        alarm = pvalue <= level
        untested.append((few, few_text))
        remarks = [(silent, EXACT)]
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            statistic = (observed - fits.expected) / (upper - fits.expected)
        alarm = (statistic > 1) & (observed > 0) & ~few
        upper = np.where(few, 0.0, upper)
        remarks = [(few, few_text)]
    run = DetectorRun(
        name="farrington",
        method=(
            "Farrington: each week against a quasi-Poisson regression on the same weeks of "
            f"{years} past years; null: the week follows it (Farrington et al. 1996)"
            + ("; as R's surveillance 1.20.3 gives it" if compat else "")
        ),
        kind="pvalue",
        parameters={
            "alpha": alpha,
            "years": years,
            "half_width": half_width,
            "trend": trend,
            "reweight": reweight,
            "power_transform": power_transform,
            "limit54": limit54,
            "reference": reference,
            "compat": compat,
        },
    )
    return make_alarms(
        grid,
        run,
        alarm=alarm,
        untested=untested,
        remarks=remarks,
        expected=fits.expected,
        upper_bound=upper,
        statistic=statistic,
        pvalue=pvalue,
    )
