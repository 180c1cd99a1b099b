"""Generalised likelihood ratio: a change of the mean at any time since the start or the last alarm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray
from analytics.counts import Counts
from analytics.detectors.compat import Compat, has_reference
from analytics.detectors.glr_training import (
    Change,
    Direction,
    GlrOptions,
    Trained,
    fortnight,
    train_chart,
)
from analytics.detectors.grid import Grid, grid_of, make_alarms, per_region
from analytics.detectors.training import Family
from analytics.former import renamed
from analytics.kernels.charts import glr as kernel
from analytics.kernels.charts.glr_chart import Chart, chart_thresholds, one_incident, run_chart
from analytics.options import check_above, check_one
from analytics.results import Alarms, DetectorRun

__all__ = ["glr", "glr_alarms", "glr_method"]

FLAT = "too few incidents for a season: flat mean"
_ABOVE = 1 + 1e-9  # puts a threshold just out of reach of one incident
_SEASON_DAYS = 730  # history that a season can be told from
_PER_TERM = 5  # incidents for each term of the mean, else the mean is flat


@renamed(
    alpha="dispersion is its name now, and is variance over mean: 1 + alpha times the mean",
    returns="bound=True is what returns='cases' was",
)
@has_reference
def glr(
    counts: Counts,
    *,
    family: Family = "negative_binomial",
    window: int | None = None,
    min_window: int = 1,
    change: Change = "intercept",
    ratio: float | npt.ArrayLike | None = None,
    direction: Direction = "greater",
    arl: float | npt.ArrayLike | None = None,
    threshold: float | npt.ArrayLike | None = None,
    bound: bool = False,
    harmonics: int | None = None,
    trend: bool = False,
    refit: bool = False,
    dispersion: float | npt.ArrayLike | Literal["ml"] | None = None,
    training: int | None = None,
    reset: bool = True,
    last: int | None = None,
    compat: Compat | None = None,
) -> Alarms:
    """Compare the likelihood of a change at the best time, of the best size, with that of no change.

    Null hypothesis: counts are independent, Poisson or negative binomial, about the mean and with the
    dispersion of the training periods. The statistic of a period is the logarithm of the likelihood ratio,
    maximised over the time of the change and over its size; 0 where no change of the asked direction helps.
    After an alarm the search starts afresh.

    Parameters
    ----------
    counts : Counts
    family : {"negative_binomial", "poisson"}
    window : int, optional
        Look back over at most this many periods; by default over all since the start or the last alarm,
        exactly, by pruning the times that cannot win (Ward et al. 2024). Pruning costs next to nothing, save
        for negative binomial counts with a season or trend, where it grows with the time since.
    min_window : int
        Periods a change must have lasted.
    change : {"intercept", "epidemic"}
        A mean multiplied by an unknown ratio, or one that grows by a share of the last count.
    ratio : float or one per region, optional
        The ratio after the change, where it is fixed: the chart is then the likelihood ratio CUSUM.
    direction : {"greater", "less"}
    arl : float or one per region, optional
        Average number of periods to a false alarm that the threshold is set for; a year by default.
        With one for each region, thresholds come from one simulation for all run lengths.
    threshold : float or one per region, optional
        An alarm is a statistic at or above it. By default it follows from `arl`: by simulating a thousand
        copies of training and monitoring for each level of mean and dispersion among the regions, flat mean
        and independent counts, so that the cost of estimating both is part of it.
    bound : bool
        Compute `upper_bound`, the smallest count that would have alarmed (direction greater).
    harmonics : int, optional
        Annual harmonics in the mean; by default 1 with at least 730 days of training, else none.
    trend : bool
        Whether the mean has a log-linear trend. It is extrapolated.
    refit : bool
        Whether each alarm makes the mean be fitted again, on everything up to it.
    dispersion : float or one per region, or "ml", optional
        Variance over mean of the negative binomial, at the mean of training; at least 1. By default that of
        fortnights in training stands for that of periods, which allows for clustering; "ml" is maximum
        likelihood on periods, which does not. Where the mean changes, the variance is ``mean + a mean**2``.
    training : int, optional
        Periods at the start that mean and dispersion come from, not tested; a year by default.
    reset : bool
        Whether the search starts afresh after an alarm.
    last : int, optional
        Report only the last so many periods over at `as_of`; the chart still runs from the end of training.
    compat : {"surveillance"}, optional
        Reproduce ``glrpois`` and ``glrnb`` of R's surveillance 1.20.3:
        :func:`analytics.detectors.surveillance.glr`.

    Returns
    -------
    Alarms
        `statistic` the log-likelihood ratio, `expected` the mean without a change.

    Raises
    ------
    OptionError
        If an option is unknown or out of range, or two disagree.

    Notes
    -----
    A chart that looks back without limit finds out, in the end, that its mean was only estimated. The
    threshold allows for it over one run length (1,500 periods at most), so a long `arl` after a short
    `training` costs much power: lengthen the one or set `window`. It is set for the first alarm; as the
    search starts afresh after each, alarms come somewhat more often than once an `arl`. On simulated weeks
    with one false alarm a year wanted, the negative binomial family gave 1.1 to 1.3 episodes a region-year
    after one year of training and 0.95 to 1.07 after two, on five processes
    (``benchmarks/results/detector_speed_glr.md``). A threshold that is not given is never so low that one
    incident alone, however silent the region, would be an alarm (of an epidemic it can be).

    References
    ----------
    .. [1] Höhle, M., Paul, M. (2008). Count data regression charts for the monitoring of surveillance time
           series. Computational Statistics and Data Analysis 52, 4357-4368.
    .. [2] Ward, K., Dilillo, G., Eckley, I., Fearnhead, P. (2024). Poisson-FOCuS: an efficient online method
           for detecting count bursts with application to gamma ray burst detection. Journal of the American
           Statistical Association 119, 2327-2339.

    Examples
    --------
    >>> import pandas as pd
    >>> weeks = pd.date_range("2018-01-01", periods=80, freq="7D")
    >>> counts = Counts.from_frame(
    ...     pd.DataFrame({"north": [2, 1, 3, 2] * 19 + [6, 7, 8, 7]}, index=weeks),
    ...     freq="week",
    ...     as_of="2019-07-14",
    ... )
    >>> alarms = glr(counts, family="poisson", threshold=5.0)
    >>> alarms.frame.loc[alarms.frame["alarm"].fillna(False), "label"].tolist()
    ['2019-W26', '2019-W27']
    """
    options = GlrOptions(family, window, min_window, change, ratio, direction, bound, trend, refit, reset)
    options.check()
    check_one(threshold=threshold, arl=arl)
    check_above(0, threshold=threshold)
    check_above(1, arl=arl)
    grid = grid_of(counts, last=last)
    if training is None:
        training = round(grid.periods_per_year)
    if harmonics is None:
        days = min(training, grid.shape[0]) * grid.counts.period_days
        harmonics = 1 if days >= _SEASON_DAYS else 0
    trained = train_chart(
        grid,
        options,
        training=training,
        harmonics=harmonics,
        cycle=grid.periods_per_year,
        fewest=_PER_TERM,
        dispersion=dispersion,
    )
    code = kernel.EPIDEMIC if change == "epidemic" else kernel.LEVEL if ratio is None else kernel.FIXED
    chart = options.chart(code, shortest=min_window, longest=window)
    said: dict[str, Any] = {}
    if threshold is not None:
        level = per_region(threshold, grid, "threshold")
    else:
        wanted = per_region(grid.periods_per_year if arl is None else arl, grid, "arl")
        how = "ml" if isinstance(dispersion, str) else "known" if dispersion is not None else "window"
        how = "known" if options.poisson else how
        several = arl is not None and np.ndim(arl) > 0
        level, error = _thresholds(grid, chart, options, trained, wanted, training, how, several)
        said["rate"] = grid.periods_per_year / wanted
        said["rate_basis"] = (
            "threshold by simulation without a change, flat mean, independent counts; Monte Carlo standard "
            f"error {error:.0%}"
        )
        said["parameters"] = {"arl": wanted, "monte_carlo_error": round(error, 4)}
    flat = trained.model.flat & (harmonics > 0 or trend)
    notes = () if harmonics else ("mean not adjusted for season",)
    method = glr_method(options, chart, harmonics) + "."
    return glr_alarms(grid, options, chart, trained, level, method, said, remarks=[(flat, FLAT)], notes=notes)


def _thresholds(
    grid: Grid,
    chart: Chart,
    options: GlrOptions,
    trained: Trained,
    wanted: FloatArray,
    training: int,
    how: str,
    several: bool,
) -> tuple[FloatArray, float]:
    """Return thresholds for average run lengths, and their Monte Carlo error; one incident reaches none."""
    model, ratios, testable = trained.model, options.ratios(grid), trained.testable
    level, error = chart_thresholds(
        chart,
        trained.usual,
        np.where(testable, model.alpha, 0.0),
        ratios,
        wanted,
        training=training,
        length=fortnight(grid),
        how=how,
        several=several,
    )
    if options.direction == "greater" and options.change == "intercept":
        monitored = trained.mean[min(trained.start, len(trained.mean) - 1) :]
        lowest = np.where(testable, monitored.min(axis=0), 1.0) * options.min_window
        alone = one_incident(lowest, model.alpha, options.ratio is not None, ratios)
        level = np.maximum(level, alone * _ABOVE)
    return level, error


def glr_alarms(
    grid: Grid,
    options: GlrOptions,
    chart: Chart,
    trained: Trained,
    level: FloatArray,
    method: str,
    said: dict[str, Any],
    *,
    remarks: Sequence[tuple[BoolArray, str]] = (),
    notes: tuple[str, ...] = (),
) -> Alarms:
    """Run the chart and return its alarms; `said` adds to what the run says of itself."""
    statistic, alarm, needed, mean = run_chart(
        chart,
        grid.values,
        grid.usable,
        trained.mean,
        trained.model.alpha,
        options.ratios(grid),
        level,
        trained.begin(grid.shape[0]),
        trained.model,
    )
    control = trained.control(np.broadcast_to(mean, grid.shape))
    names = ("family", "window", "min_window", "change", "ratio", "direction", "trend", "refit", "reset")
    parameters = {
        **{name: getattr(options, name) for name in names},
        "harmonics": trained.harmonics,
        "threshold": level,
        "training": trained.start,
        "dispersion": control.dispersion,
        **said.pop("parameters", {}),
    }
    run = DetectorRun(
        name="glr_poisson" if options.poisson else "glr_nb",
        null_hypothesis="counts are independent around the mean of training, with its dispersion",
        method=method,
        kind="score",
        resets=options.reset,
        parameters=parameters,
        **said,
    )
    rows = slice(grid.first, None)
    shape = alarm[rows].shape
    return make_alarms(
        grid,
        run,
        alarm=alarm[rows],
        untested=control.untested(grid),
        remarks=[(np.broadcast_to(where, shape), why) for where, why in remarks],
        expected=control.rows(grid),
        upper_bound=needed[rows] if chart.cases else None,
        statistic=statistic[rows],
        thinned=grid.reported is not None,
        notes=notes,
    )


def glr_method(options: GlrOptions, chart: Chart, harmonics: int) -> str:
    """Return the method in words."""
    what = {
        kernel.LEVEL: "mean multiplied by an unknown ratio",
        kernel.FIXED: "mean multiplied by a stated ratio",
    }.get(chart.change, "epidemic growth by an unknown share of the last count")
    over = "all change times" if chart.longest is None else f"windows up to {chart.longest} periods"
    season = f"{harmonics} harmonics" if harmonics else "flat"
    return (
        f"Generalised likelihood ratio over {over}, {'Poisson' if options.poisson else 'negative binomial'} "
        "counts; null hypothesis: independent counts with the training periods' mean "
        f"({season}{', trend' if options.trend else ''}) and dispersion; alternative: {what} (Höhle and Paul "
        "2008; Ward et al. 2024)"
    )
