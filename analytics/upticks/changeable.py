"""How changeable is a region? The spread of its fortnights around the usual, beyond the noise of counting."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.counts import Counts
from analytics.counts.sure import sure_coverage
from analytics.kernels.recurrence.volatility import relative_deviation
from analytics.options.windows import check_periods
from analytics.periods import YEAR_DAYS
from analytics.results import format_number
from analytics.results.changeable import VolatilityResult
from analytics.upticks.incomplete import without_incomplete

__all__ = ["volatility"]

FEWEST_WINDOWS = 26
LEAST_MEAN = 3.0  # incidents a window; below, the noise of counting alone is more than half of the mean
METHOD = (
    "moments of overlapping windows of a mixed Poisson process (Cox and Isham 1980); interval of the log "
    "dispersion whose width follows what the series shows of slow change (Lazarus et al. 2018), heavy tails "
    "(Bonett 2006) and single large days, calibrated on simulated processes (Loh 1987)"
)
NULL = "windows vary as those of a Poisson process with a constant rate do: the volatility is 0"


def volatility(counts: Counts, *, window: int = 14, baseline: int = 1092) -> VolatilityResult:
    """Return how far windows deviate from what is usual, relative to it, beyond the noise of counting.

    Parameters
    ----------
    counts : Counts
    window : int
        Days in a window; whole weeks of weekly counts.
    baseline : int
        The last days used, or what there is.

    Returns
    -------
    VolatilityResult
        One row a region. NaN and a `reason` where there are fewer than 26 windows with coverage, or fewer
        than 3 incidents in one on average.

    Raises
    ------
    OptionError
        If a length is not a whole number of periods.

    Notes
    -----
    A mean of 20 incidents and a volatility of 0.5 say that the rate of a fortnight lies typically 10 above or
    below. "Usual" is the mean over the days used: season, trend and past offensives are part of the
    volatility. Days known to be less than 90 % reported are left out.

    The interval is to cover 90 to 97 %, nominal 95. Measured on 31 simulated processes, 1 to 3 years of 3.5
    to 28 incidents a window, it does in 278 of 279 cases (``benchmarks/results/volatility.md``). It covers
    87 % after one year of truces of very uneven length, and far less where a season wanes or grows over
    years.

    References
    ----------
    .. [1] Cox, D. R., Isham, V. (1980). Point Processes. Chapman and Hall.
    .. [2] Lazarus, E., Lewis, D. J., Stock, J. H., Watson, M. W. (2018). HAR inference: recommendations for
           practice. Journal of Business and Economic Statistics 36, 541-559.
    .. [3] Bonett, D. G. (2006). Approximate confidence interval for standard deviation of nonnormal
           distributions. Computational Statistics and Data Analysis 50, 775-782.
    .. [4] Loh, W.-Y. (1987). Calibrating confidence coefficients. Journal of the American Statistical
           Association 82, 155-162.

    Examples
    --------
    >>> from analytics.simulation import simulate_counts
    >>> days = simulate_counts("hawkes_0.6", mean=2, days=1092, seed=3).values
    >>> found = volatility(Counts.from_array(days, freq="day", start="2018-01-01", regions=["Kirkuk"]))
    >>> found.sentence()
    'Kirkuk: windows deviate by 0.23 (95 % interval 0.16 to 0.42) of the usual 25.3 in 14 days.'
    """
    step = counts.period_days
    check_periods(step, window=window, baseline=baseline)
    counts, notes = without_incomplete(counts)
    end = counts.complete
    begin = max(end - baseline // step, 0)
    values, covered = counts.values[begin:end], sure_coverage(counts)[begin:end]
    asked = (window // step, YEAR_DAYS / step)
    rows = [_row(values[:, i], covered[:, i], *asked, name) for i, name in enumerate(counts.regions)]
    return VolatilityResult(
        frame=pd.DataFrame(rows),
        null_hypothesis=NULL,
        method=METHOD,
        parameters={
            "window": window,
            "baseline": f"{counts.starts[begin]}..{counts.last_complete_day}",
            "value": counts.value,
        },
        simulated=counts.simulated,
        notes=(*counts.notes, *notes),
    )


def _row(values: np.ndarray, covered: np.ndarray, length: int, year: float, region: str) -> dict[str, object]:
    windows = int(covered.sum() // length)
    observed = int(values[covered].sum())
    mean = observed / covered.sum() * length if covered.any() else np.nan
    row: dict[str, object] = {"region": region, "estimate": np.nan, "low": np.nan, "high": np.nan}
    row |= {"windows": windows, "observed": observed, "expected": mean, "dispersion": np.nan}
    row |= {"correlation": np.nan, "reason": ""}
    whole = (
        np.convolve(covered, np.ones(length), "valid") == length if len(covered) >= length else covered[:0]
    )
    if windows < FEWEST_WINDOWS or whole.sum() < FEWEST_WINDOWS:
        few = f"{windows} windows" if windows < FEWEST_WINDOWS else f"{int(whole.sum())} whole windows"
        return row | {"reason": f"{few} with coverage are too few; {FEWEST_WINDOWS} are needed"}
    if mean < LEAST_MEAN:
        few = format_number(mean)
        return row | {"reason": f"too sparse: {few} in a window on average; {LEAST_MEAN:g} are needed"}
    found = relative_deviation(values, covered, length, year)
    row |= {"estimate": found.sigma, "low": found.low, "high": found.high}
    return row | {"dispersion": found.phi, "correlation": found.rho}
