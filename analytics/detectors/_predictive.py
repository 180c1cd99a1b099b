"""The recommended detector: the last week and the last fortnight against a forecast from all weeks before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray
from analytics.counts import Counts
from analytics.detectors.grid import SHORT, Grid, Reported, make_alarms, per_region, weekly_grid
from analytics.kernels.forecast.means import Forecast, forecast
from analytics.kernels.forecast.tails import mean_tail, mixed_upper_tail
from analytics.options import check_level, check_whole
from analytics.periods import YEAR_DAYS
from analytics.results import Alarms, DetectorRun

__all__ = ["predictive"]


SHORTEST = 26  # covered weeks a region needs before it is tested
HALF_WINDOW = "no coverage in the week before: tested on one week"
SINGLE = "below the threshold, but too few incidents for an alarm"
_BISECTIONS = 60
SPENT = (
    0.9  # of a budget: of the processes measured, switching regimes raised 1.06 episodes where 1 was allowed
)
USUAL = SPENT * 7 / YEAR_DAYS


def predictive(
    counts: Counts,
    *,
    alpha: float | npt.ArrayLike = USUAL,
    least: int = 2,
    refit: int = 13,
    history: int | None = None,
    bound: bool = False,
    last: int | None = None,
) -> Alarms:
    """Compare each week, and the fortnight it ends, with a forecast from all weeks before.

    Null hypothesis: given the past, the count of the week, and that of the fortnight, have the mean that
    level, trend, season and self-excitation give, and a negative binomial distribution around it, as
    dispersed as forecast errors of that length have been.

    Parameters
    ----------
    counts : Counts
        By week; daily counts are added up only where weeks are shown.
    alpha : float or array, one for each region
        Alarm where the p-value is at most this. Were p-values uniform, alarms would number
        ``alpha * 365.25 / 7`` a region-year, and episodes, which merge alarms, fewer. The default is for a
        budget of one false alarm a region-year, of which it spends nine tenths.
    least : int
        No alarm with fewer incidents in the fortnight: in a region where nothing ever happens one incident is
        unlikely, and no uptick.
    refit : int
        The regression and the dispersions are estimated anew every so many calendar weeks, from all weeks
        before; what happened since still excites.
    history : int, optional
        Use the last so many weeks only; all unless given.
    bound : bool
        Compute `upper_bound`, which takes about four times as long.
    last : int, optional
        Test only the last so many periods.

    Returns
    -------
    Alarms
        `expected` and `upper_bound` are of the week: what it should bring, and the largest count without an
        alarm, the week before being what it is. `pvalue` is of week and fortnight together, `statistic`
        -log10 of it. A region is tested once 26 covered weeks lie before the last refit.

    Raises
    ------
    OptionError
        If periods are days, or a number is out of range.
    HistoryError
        If `last` exceeds the periods there are.

    Notes
    -----
    Estimation. A Poisson regression on all weeks before, with level, trend and two annual harmonics; weeks
    far above it weigh less, by their Anscombe residuals [1]_ [2]_; a trend or harmonic stays where its
    quasi-likelihood Wald statistic pays the price of the BIC [3]_ and there are two years (three for the
    second harmonic). The expectation then follows the past weeks, as in an INGARCH model [4]_: the share and
    the speed are estimated from how weeks followed their predecessors, the share shrunk towards none by its
    standard error. The fortnight is forecast from two weeks ago, so that an uptick in its first week does not
    raise what its second is held against. Dispersions are variance over mean of one-week and of two-week
    forecast errors, never below 1, past upticks included; the regression's uncertainty is added, and tails
    are averaged over that of the dispersions.

    Evidence. The p-value is the weighted harmonic mean [5]_ of the two mid-p tails, with weights 0.05 (week)
    and 0.95 (fortnight): an uptick of one week needs a tail of a twentieth of `alpha`. It is not exact:
    mid-p, estimated dispersions and the mean of dependent tails are approximations, and where bursts last,
    small p-values are too small; ``benchmarks/results/detectors.md`` says by how much. What is held, by
    measurement there, is the number of episodes. Successive p-values share a week.

    Measured on simulated series (``benchmarks/results/detectors.md``). At the default `alpha`, with six
    years of history at half an incident a day: 0.54 to 0.79 episodes a region-year on the seven processes it
    was designed on, 0.26 to 0.98 on eight others (most where the rate itself switches between regimes); with
    one to three years of history at most 0.95. More where the spread of the counts grows over the years, 1.45
    at half an incident a day and 2.25 at two, and 1.19 with switching regimes at two a day
    (``benchmarks/results/monitor_limits.md``). On Noufaily's scenarios ahead of every other detector at
    false-positive rates of 0.5, 1, 2 and 5 %: F1 44 / 49 / 51 / 48 % against at most 32 / 37 / 40 / 39,
    probability of detection 51 / 59 / 66 / 77 % against 43 / 52 / 62 / 75. At exactly one episode a
    region-year, two-week threefold upticks are caught, within Monte Carlo error, as often as by the best
    other detector of each process or more often, but for one cell on one of two seeds: incidents put on top
    of a negative binomial process, 82.9 % against 83.8 of the C-test. An uptick that builds up in a strongly
    self-exciting process is hardly seen by any (12 %).

    References
    ----------
    .. [1] Farrington, C. P., Andrews, N. J., Beale, A. D., Catchpole, M. A. (1996). A statistical algorithm
           for the early detection of outbreaks of infectious disease. Journal of the Royal Statistical
           Society A 159, 547-563.
    .. [2] Noufaily, A., Enki, D. G., Farrington, P., Garthwaite, P., Andrews, N., Charlett, A. (2013). An
           improved algorithm for outbreak detection in multiple surveillance systems. Statistics in Medicine
           32, 1206-1222.
    .. [3] Schwarz, G. (1978). Estimating the dimension of a model. Annals of Statistics 6, 461-464.
    .. [4] Ferland, R., Latour, A., Oraichi, D. (2006). Integer-valued GARCH process. Journal of Time Series
           Analysis 27, 923-942.
    .. [5] Wilson, D. J. (2019). The harmonic mean p-value for combining dependent tests. Proceedings of the
           National Academy of Sciences 116, 1195-1200.

    Examples
    --------
    >>> import pandas as pd
    >>> weeks = pd.date_range("2017-01-02", periods=170, freq="7D")
    >>> rng = np.random.default_rng(3)
    >>> frame = pd.DataFrame({"Kirkuk": rng.poisson(4, 170), "Mosul": rng.poisson(4, 170)}, index=weeks)
    >>> frame.iloc[-2:, 1] += 10
    >>> counts = Counts.from_frame(frame, freq="week", as_of="2020-04-05")
    >>> predictive(counts, last=3).alarm.tolist()
    [[False, False], [False, True], [False, True]]
    """
    check_whole(1, least=least, refit=refit)
    check_whole(SHORTEST, history=history)
    grid = weekly_grid(counts, "predictive", last=last)
    level = per_region(alpha, grid, "alpha")
    check_level(alpha=level)
    day = grid.starts.astype("datetime64[D]").astype(np.int64)
    made = _thinned(forecast(grid.values, grid.settled, day, grid.first, refit=refit, history=history), grid)
    now = grid.values[grid.first :].astype(float)
    before, known = _week_before(grid)
    weeks = made.weeks.astype(float)
    ready = weeks >= SHORTEST

    def tail(count: FloatArray) -> FloatArray:
        one = mixed_upper_tail(count, made.one, made.phi_one, made.level, weeks, 1)
        two = mixed_upper_tail(count + before, made.two, made.phi_two, 2 * made.level, weeks, 2)
        return mean_tail(one, np.where(known, two, np.nan))

    pvalue = np.where(ready, tail(now), np.nan)
    few = now + before < least
    below = pvalue <= level
    upper = None
    if bound:
        upper = np.where(ready, _largest(tail, made.one, made.phi_one, level, least - 1 - before), np.nan)
    run = DetectorRun(
        name="predictive",
        null_hypothesis="given the past, the counts of the week and of its fortnight have the forecast mean",
        method="A week and the fortnight it ends against a negative binomial forecast from level, trend, "
        "season and self-excitation, estimated from all weeks before. Null: the forecast holds.",
        kind="pvalue",
        overlap=2,
        parameters={
            "alpha": level,
            "least": least,
            "refit": refit,
            "history": history,
        },
    )
    return make_alarms(
        grid,
        run,
        alarm=below & ~few,
        untested=[(~ready, SHORT)],
        remarks=[(below & few, SINGLE), (~known & ready, HALF_WINDOW)],
        expected=made.one.copy(),
        upper_bound=upper,
        statistic=-np.log10(np.maximum(pvalue, 1e-300)),
        pvalue=pvalue,
        barred=few,
        thinned=True,
    )


def _thinned(made: Forecast, grid: Grid) -> Forecast:
    """Return what the forecast expects to be reported by now."""
    if grid.reported is None:
        return made
    now = grid.reported.rows(grid.first)
    one, phi_one = now.thin(made.one, made.phi_one)
    before = np.ones((2, *one.shape))
    begin = max(grid.first, 1)
    earlier = grid.reported.rows(begin - 1, -1)
    before[0, begin - grid.first :], before[1, begin - grid.first :] = earlier.share, earlier.doubt
    # The fortnight is forecast as a whole: its weeks bring half of it each.
    both = Reported((now.share + before[0]) / 2, np.maximum(now.doubt, before[1]))
    two, phi_two = both.thin(made.two, made.phi_two)
    return replace(made, one=one, two=two, phi_one=phi_one, phi_two=phi_two)


def _week_before(grid: Grid) -> tuple[FloatArray, BoolArray]:
    """Return the count of the week before each tested one, and where there is one."""
    shape = (grid.shape[0] - grid.first, grid.shape[1])
    before, known = np.zeros(shape), np.zeros(shape, dtype=bool)
    begin = max(grid.first, 1)
    before[begin - grid.first :] = grid.values[begin - 1 : -1]
    known[begin - grid.first :] = grid.usable[begin - 1 : -1]
    return before, known


def _largest(
    tail: Callable[[FloatArray], FloatArray],
    mean: FloatArray,
    phi: FloatArray,
    level: FloatArray,
    allowed: FloatArray,
) -> FloatArray:
    """Largest count whose tail is above `level`, and not below `allowed`; -1 where even none alarms."""
    low = np.full(mean.shape, -1.0)
    high = np.ceil(mean + 4 * np.sqrt(phi * mean) + 4)
    for _ in range(_BISECTIONS):
        beyond = tail(high) > level
        if not beyond.any():
            break
        low, high = np.where(beyond, high, low), np.where(beyond, 2 * high, high)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        beyond = tail(np.maximum(middle, 0.0)) > level
        low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
    return np.asarray(np.maximum(low, allowed))
