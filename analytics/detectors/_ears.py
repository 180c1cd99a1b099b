"""EARS C1, C2 and C3: today against the mean and standard deviation of a few periods before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics._typing import BoolArray, FloatArray
from analytics.counts import Counts
from analytics.detectors.compat import Compat, has_reference
from analytics.detectors.grid import SHORT, Grid, grid_of, make_alarms, per_region
from analytics.errors import InputError, OptionError
from analytics.kernels.charts.ears import (
    cumulated_tail,
    ears_scan,
    empty_answers,
    floor_bounds,
    floor_scores,
    largest_count,
)
from analytics.kernels.charts.ears_thinned import ears_thinned
from analytics.options import check_at_least, check_choice, check_level, check_whole
from analytics.results import Alarms, DetectorRun

__all__ = ["GAP", "EarsRule", "Method", "ears", "ears_alarms", "ears_grid"]

Method = Literal["C1", "C2", "C3"]

GAP = "a period without coverage in the baseline"
_ALPHA = {"C1": 0.001, "C2": 0.001, "C3": 0.025}
_LAG = {"C1": 1, "C2": 3, "C3": 3}  # the baseline ends so many periods before the one tested
_LONGEST = 366


@has_reference
def ears(
    counts: Counts,
    *,
    method: Method = "C1",
    baseline: int = 7,
    alpha: float | npt.ArrayLike | None = None,
    min_sigma: float = 0.0,
    pvalues: bool = False,
    last: int | None = None,
    compat: Compat | None = None,
) -> Alarms:
    """Raise an alarm where a count exceeds the prediction bound of the few periods before it.

    Null hypothesis: today's count comes from the distribution of the baseline's n counts, independently.

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
        Give what R's surveillance 1.20.3 gives: :func:`analytics.detectors.surveillance.ears`.

    Returns
    -------
    Alarms
        Alarm iff ``statistic`` is above the threshold in ``how().parameters["threshold"]``, which is iff
        ``observed`` is above ``upper_bound``.

    Raises
    ------
    OptionError
        If an option is unknown or out of range.
    InputError
        If a count is too large for exact sums.

    Notes
    -----
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
    rule = EarsRule(method, baseline, min_sigma)
    grid, levels = ears_grid(counts, rule, alpha, last)
    n, most = int(baseline), int(grid.values.max())
    several, which = np.unique(levels, return_inverse=True)
    limits = _thresholds(several, n, rule.cumulated)
    scores = floor_scores(n, n * most)
    bounds = floor_bounds(scores, limits + rule.cumulated)
    arrays = empty_answers(grid.shape[0] - grid.first, grid.shape[1], rule.gaps(grid))
    ears_scan(
        *rule.common(grid),
        scores,
        bounds,
        which.astype(np.int64),
        limits[which],
        rule.cumulated,
        n * most >= len(scores),
        *arrays,
    )
    if grid.reported is not None:
        seen = (grid.reported.share, grid.reported.doubt, grid.first, n, rule.lag, float(min_sigma))
        ears_thinned(grid.values, *seen, limits[which], rule.cumulated, *arrays[:4])
    pvalue = _pvalues(arrays[2], n, rule.cumulated) if pvalues else None
    parameters = {"alpha": levels, "threshold": limits[which]}
    return ears_alarms(grid, rule, arrays, parameters, pvalue=pvalue)


@dataclass(frozen=True, slots=True)
class EarsRule:
    """Which of the three rules, on which baseline.

    Attributes
    ----------
    method : {"C1", "C2", "C3"}
    baseline : int
        Periods in it.
    min_sigma : float
        Smallest standard deviation, in counts.
    """

    method: Method
    baseline: int
    min_sigma: float

    @property
    def lag(self) -> int:
        """Periods between the last of the baseline and the one tested, that one counted."""
        return _LAG[self.method]

    @property
    def cumulated(self) -> bool:
        """Whether the excess of three periods is added."""
        return self.method == "C3"

    def gaps(self, grid: Grid) -> bool:
        """Whether any period lacks coverage."""
        return not bool(grid.usable.all())

    def common(self, grid: Grid) -> tuple[npt.NDArray[np.int32], BoolArray, bool, int, int, int, float]:
        """Return what the kernels of either mode begin with."""
        return (
            grid.values, grid.usable, self.gaps(grid), grid.first, int(self.baseline), self.lag,
            float(self.min_sigma),
        )  # fmt: skip


def ears_grid(
    counts: Counts,
    rule: EarsRule,
    alpha: float | npt.ArrayLike | None,
    last: int | None,
    *,
    as_in_r: bool = False,
) -> tuple[Grid, FloatArray]:
    """Return the grid and the level of each region, all options checked."""
    check_choice("method", rule.method, Method)
    check_whole(2, _LONGEST, unit="periods", baseline=rule.baseline)
    check_at_least(0, min_sigma=rule.min_sigma)
    grid = grid_of(counts, last=last, as_in_r=as_in_r)
    levels = per_region(_ALPHA[rule.method] if alpha is None else alpha, grid, "alpha")
    check_level(alpha=levels)
    if (levels >= 0.5).any():
        raise OptionError("alpha must be below 0.5", expected="such as 0.001", found=str(levels.max()))
    most, largest = int(grid.values.max()), largest_count(int(rule.baseline))
    if most > largest:
        raise InputError("a count is too large", expected=f"at most {largest:,}", found=f"{most:,}")
    return grid, levels


def ears_alarms(
    grid: Grid,
    rule: EarsRule,
    arrays: tuple[Any, ...],
    parameters: Mapping[str, object],
    *,
    pvalue: FloatArray | None = None,
    undefined: tuple[tuple[BoolArray, str], ...] = (),
) -> Alarms:
    """Return the alarms from the arrays that a scan has filled."""
    expected, upper, statistic, alarm, missing = arrays
    n, lag, more = int(rule.baseline), rule.lag, 2 * rule.cumulated
    periods = np.arange(grid.first, grid.shape[0])[:, None]
    untested = [(periods < n + lag - 1 + more, SHORT)]
    if rule.gaps(grid):
        untested.append((missing, GAP))
    run = DetectorRun(
        name=f"ears_{rule.method.lower()}",
        null_hypothesis="the count comes from the distribution of its baseline's counts",
        method=f"EARS {rule.method}: against the mean and sd of {n} {grid.freq}s ending {lag} before; null: "
        "the count comes from their distribution (Hutwagner et al. 2003; Fricker et al. 2008)",
        kind="score" if pvalue is None else "pvalue",
        overlap=n + lag + more,
        parameters={**asdict(rule), **parameters},
    )
    return make_alarms(
        grid,
        run,
        alarm=alarm,
        untested=[*untested, *undefined],
        expected=expected,
        upper_bound=upper,
        statistic=statistic,
        pvalue=pvalue,
        thinned=grid.reported is not None,
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
