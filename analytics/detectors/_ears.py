"""EARS C1, C2 and C3: today against the mean and standard deviation of a few periods before."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.detectors.grid import SHORT, check_level, grid_of, make_alarms, per_region
from analytics.errors import InputError, OptionError, unknown_option
from analytics.kernels.charts.ears import (
    cumulated_tail,
    ears_reference,
    ears_scan,
    empty_answers,
    floor_bounds,
    floor_scores,
    largest_count,
)
from analytics.results import Alarms, DetectorRun

__all__ = ["GAP", "UNDEFINED", "ears"]

Method = Literal["C1", "C2", "C3"]

GAP = "a period without coverage in the baseline"
UNDEFINED = "a constant baseline leaves the statistic undefined"
_ALPHA = {"C1": 0.001, "C2": 0.001, "C3": 0.025}
_LAG = {"C1": 1, "C2": 3, "C3": 3}  # the baseline ends so many periods before the one tested
_LONGEST = 366


def ears(
    counts: Counts,
    *,
    method: Method = "C1",
    baseline: int = 7,
    alpha: float | npt.ArrayLike | None = None,
    min_sigma: float = 0.0,
    pvalues: bool = False,
    last: int | None = None,
    compat: Literal["surveillance"] | None = None,
) -> Alarms:
    """Raise an alarm where a count exceeds the prediction bound of the few periods before it.

    Parameters
    ----------
    counts : Counts
        By day or by week, as shown.
    method : {"C1", "C2", "C3"}
        C1: the baseline ends one period before. C2: three periods before, so that a slow start does not hide
        itself. C3: the excess of C2 over 1, added over three periods.
    baseline : int
        Periods in the baseline, 2 to 366.
    alpha : float or array, one for each region, optional
        Probability of an alarm in a period where nothing changed; by default 0.001, for C3 0.025. Below 0.5.
    min_sigma : float
        Smallest standard deviation, in counts.
    pvalues : bool
        Whether to fill `pvalue` as well (it costs more than everything else).
    last : int, optional
        Test only the last so many periods over at `as_of`.
    compat : {"surveillance"}, optional
        Give what R's surveillance 1.20.3 gives.

    Returns
    -------
    Alarms
        Alarm iff ``statistic`` is above the threshold in ``run().parameters["threshold"]``, which is iff
        ``observed`` is above ``upper_bound`` (for C3 in compat, only the latter).

    Raises
    ------
    OptionError
        If an option is unknown or out of range.
    InputError
        If a count is too large for exact sums.

    Notes
    -----
    Null hypothesis: today's count comes from the distribution of the baseline's n counts, independently.

    C1 and C2 are ``(y - mean) / (sd * sqrt(1 + 1/n))``: the baseline mean is itself an estimate, and so is
    the sd, hence Student's t on n - 1 degrees of freedom, exact for normal counts. The usual rule takes sd
    and a normal quantile, and at n = 7 and alpha = 0.001 alarms in 1.4 % of normal periods, not 0.1 %.

    A baseline of few events has a tiny or zero sd by accident. No count series is steadier than Poisson, so
    an alarm must also exceed the bound a Poisson series with that baseline total would have: negative
    binomial with shape ``total + 1/2`` and odds 1/n, the exact posterior predictive under Jeffreys' prior
    (above a baseline mean of 16 a square-root normal score). The statistic is the smaller of the two, both
    on the scale of t. One event after a silent week is no alarm; a constant series is never one.

    C3 is the sum over three periods of ``max(0, C2 - 1)``; its threshold comes from its distribution for
    normal counts, integrated numerically (0.07 % measured at 0.1 %, 2.4 % at 2.5 %). A period with no
    events raises no alarm, whatever came before it.

    With ``compat="surveillance"``: bound ``mean + z * sd``, no correction for the estimates, an alarm on
    every event above a constant baseline; C3 there sums the two periods *before* and leaves today's count
    out, and is not tested where that is 0/0.

    References
    ----------
    .. [1] Hutwagner, L., Thompson, W., Seeman, G. M., Treadwell, T. (2003). The bioterrorism preparedness and
           response Early Aberration Reporting System (EARS). Journal of Urban Health 80, i89-i96.
    .. [2] Fricker, R. D., Hegler, B. L., Dunfee, D. A. (2008). Comparing syndromic surveillance detection
           methods: EARS' versus a CUSUM-based methodology. Statistics in Medicine 27, 3407-3429.

    Examples
    --------
    >>> import pandas as pd
    >>> week = [2, 1, 0, 3, 1, 2, 1, 9]
    >>> frame = pd.DataFrame({"Kirkuk": week}, index=pd.date_range("2020-04-06", periods=8))
    >>> found = ears(Counts.from_frame(frame, freq="day", as_of="2020-04-13"))
    >>> found.latest()[["observed", "upper_bound", "alarm"]].round(2).to_numpy().tolist()
    [[9, 7.0, True]]
    """
    if method not in _LAG:
        raise unknown_option("method", method, tuple(_LAG))
    if compat not in (None, "surveillance"):
        raise unknown_option("compat", compat, ("surveillance",))
    if (
        isinstance(baseline, bool)
        or not isinstance(baseline, int | np.integer)
        or not 2 <= baseline <= _LONGEST
    ):
        raise OptionError(
            "baseline is not a number of periods", expected=f"2 to {_LONGEST}", found=str(baseline)
        )
    if not (isinstance(min_sigma, int | float | np.number) and 0 <= float(min_sigma) < np.inf):
        raise OptionError("min_sigma is not a standard deviation", expected="0 or more", found=str(min_sigma))
    if pvalues and compat is not None:
        raise OptionError("pvalues are not part of compat", todo="leave one of the two out")
    grid = grid_of(counts, last=last)
    levels = per_region(_ALPHA[method] if alpha is None else alpha, grid, "alpha")
    check_level(alpha=levels)
    if (levels >= 0.5).any():
        raise OptionError("alpha must be below 0.5", expected="such as 0.001", found=str(levels.max()))
    most = int(grid.values.max())
    if most > largest_count(int(baseline)):
        raise InputError(
            "a count is too large", expected=f"at most {largest_count(int(baseline)):,}", found=f"{most:,}"
        )
    n, lag, cumulated, gaps = int(baseline), _LAG[method], method == "C3", not bool(grid.usable.all())
    several, which = np.unique(levels, return_inverse=True)
    threshold = (-special.ndtri(several) if compat else _thresholds(several, n, cumulated))[which]
    common = (grid.values, grid.usable, gaps, grid.first, n, lag, float(min_sigma))
    arrays = empty_answers(grid.shape[0] - grid.first, grid.shape[1], gaps)
    if compat:
        ears_reference(*common, threshold, cumulated, *arrays)
    else:
        scores = floor_scores(n, n * most)
        bounds = floor_bounds(scores, _thresholds(several, n, cumulated) + cumulated)
        dense = n * most >= len(scores)
        ears_scan(*common, scores, bounds, which.astype(np.int64), threshold, cumulated, dense, *arrays)
    expected, upper, statistic, alarm, missing = arrays
    periods = np.arange(grid.first, grid.shape[0])[:, None]
    untested = [(periods < n + lag - 1 + 2 * cumulated, SHORT)]
    if gaps:
        untested.append((missing, GAP))
    if compat and cumulated:
        untested.append((np.isnan(upper), UNDEFINED))
    run = DetectorRun(
        name=f"ears_{method.lower()}",
        method=f"EARS {method}: against the mean and sd of {n} {grid.freq}s ending {lag} before; null: the "
        "count comes from their distribution (Hutwagner et al. 2003; Fricker et al. 2008)",
        kind="pvalue" if pvalues else "score",
        overlap=n + lag + 2 * cumulated,
        parameters={
            "method": method,
            "baseline": n,
            "alpha": levels if several.size > 1 else float(several[0]),
            "min_sigma": float(min_sigma),
            "threshold": threshold if several.size > 1 else float(threshold[0]),
            "compat": compat,
        },
    )
    return make_alarms(
        grid,
        run,
        alarm=alarm,
        untested=untested,
        expected=expected,
        upper_bound=upper,
        statistic=statistic,
        pvalue=_pvalues(statistic, n, cumulated) if pvalues else None,
    )


def _thresholds(alpha: FloatArray, baseline: int, cumulated: bool) -> FloatArray:
    if not cumulated:
        return np.asarray(-special.stdtrit(baseline - 1.0, alpha))
    value, tail = cumulated_tail(baseline)
    known = tail > 1e-9
    if (alpha < tail[known][-1]).any():
        raise OptionError(
            "alpha is too small for C3 with this baseline",
            expected=f"at least {tail[known][-1]:.1g}",
            found=str(alpha.min()),
            todo="use a longer baseline, or C2",
        )
    return np.asarray(np.interp(-np.log(alpha), -np.log(tail[known]), value[known]))


def _pvalues(statistic: FloatArray, baseline: int, cumulated: bool) -> FloatArray:
    if not cumulated:
        return np.asarray(special.stdtr(baseline - 1.0, -statistic))
    value, tail = cumulated_tail(baseline)
    p = np.exp(np.interp(statistic, value, np.log(tail)))
    return np.asarray(np.where(statistic > 0, p, np.where(np.isnan(statistic), np.nan, 1.0)))
