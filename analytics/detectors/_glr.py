"""Generalised likelihood ratio: a change of the mean at any time since the start or the last alarm."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray
from analytics.counts import Counts
from analytics.detectors.grid import SHORT, Grid, grid_of, make_alarms, per_region
from analytics.errors import OptionError, unknown_option
from analytics.kernels.charts import glr as kernel
from analytics.kernels.charts.glr_chart import (
    Chart,
    InControl,
    chart_thresholds,
    one_incident,
    run_chart,
    window_alpha,
)
from analytics.kernels.charts.in_control import dispersion_ml, harmonic_design
from analytics.results import Alarms, DetectorRun

__all__ = ["glr"]

Family = Literal["poisson", "negative_binomial"]
Change = Literal["intercept", "epidemic"]

NO_INCIDENT = "no incident in the training periods"
THIN = "fewer than half of the training periods have coverage"
FLAT = "too few incidents for a season: flat mean"
_WINDOW_DAYS = 14  # dispersion is taken at the scale of a fortnight
_ABOVE = 1 + 1e-9  # puts a threshold just out of reach of one incident
_SEASON_DAYS = 730  # history that a season can be told from
_PER_TERM = 5  # incidents for each term of the mean, else the mean is flat
_REFERENCE_THRESHOLD, _REFERENCE_CYCLE = 5.0, {"week": 52.0, "day": 365.0}


def glr(
    counts: Counts,
    *,
    family: Family = "negative_binomial",
    window: int | None = None,
    min_window: int = 1,
    change: Change = "intercept",
    ratio: float | npt.ArrayLike | None = None,
    direction: Literal["greater", "less"] = "greater",
    arl: float | npt.ArrayLike | None = None,
    threshold: float | npt.ArrayLike | None = None,
    returns: Literal["value", "cases"] = "value",
    harmonics: int | None = None,
    trend: bool = False,
    refit: bool = False,
    alpha: float | npt.ArrayLike | Literal["ml"] | None = None,
    training: int | None = None,
    reset: bool = True,
    last: int | None = None,
    compat: Literal["surveillance"] | None = None,
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
    threshold : float or one per region, optional
        An alarm is a statistic at or above it. By default it follows from `arl`: by simulating a thousand
        copies of training and monitoring for each level of mean and dispersion among the regions, flat mean
        and independent counts, so that the cost of estimating both is part of it.
    returns : {"value", "cases"}
        "cases" also gives, as `upper_bound`, the smallest count that would have alarmed (direction greater).
    harmonics : int, optional
        Annual harmonics in the mean; by default 1 with at least 730 days of training, else none.
    trend : bool
        Whether the mean has a log-linear trend. It is extrapolated.
    refit : bool
        Whether each alarm makes the mean be fitted again, on everything up to it.
    alpha : float or one per region, or "ml", optional
        Dispersion of the negative binomial, variance ``mean + alpha mean**2``. By default variance over mean
        of fortnights in training stands for that of periods, which allows for clustering; "ml" is maximum
        likelihood on periods, which does not.
    training : int, optional
        Periods at the start that mean and dispersion come from, not tested; a year by default. In the
        reference's mode: everything before the `last` periods.
    reset : bool
        Whether the search starts afresh after an alarm.
    last : int, optional
        Report only the last so many periods over at `as_of`; the chart still runs from the end of training.
    compat : {"surveillance"}, optional
        Reproduce ``glrpois`` and ``glrnb`` of R's surveillance 1.20.3.

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

    The reference takes a threshold of 5 unless told, whatever run length that gives; fits one harmonic to any
    history; counts windows of two periods and more as soon as they are limited (Poisson levels); in its
    epidemic charts starts Newton steps where the last window's ended, so that some windows are lost
    (Poisson), or takes the ratio of the levels for the slope (negative binomial); and its weeks have a year
    of 52. All of this is reproduced by ``compat="surveillance"`` only.

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
    chart, poisson = _chart(
        family, window, min_window, change, ratio, direction, returns, reset, refit, compat
    )
    if threshold is not None and arl is not None:
        raise OptionError("the threshold is given twice", expected="threshold or arl", found="both")
    grid = grid_of(counts, last=last)
    periods, regions = grid.shape
    year = _REFERENCE_CYCLE[grid.freq] if compat else grid.periods_per_year
    if training is None:
        training = grid.first if compat and last is not None else round(grid.periods_per_year)
    if training < 2 or (compat and training > grid.first and last is not None):
        raise OptionError("training is not usable", expected="2 or more, before `last`", found=str(training))
    start = min(training, periods)
    if harmonics is None:
        harmonics = 1 if compat or start * grid.counts.period_days >= _SEASON_DAYS else 0
    if compat:
        chart = replace(chart, opens=start)

    known = grid.usable[:start]
    total = np.where(known, grid.values[:start], 0).sum(axis=0)
    nothing, thin = total == 0, known.sum(axis=0) * 2 < training
    design = harmonic_design(periods, harmonics=harmonics, trend=trend, cycle=year)
    flat = (total < _PER_TERM * (design.shape[1] - 1)) if not compat else np.zeros(regions, dtype=bool)
    testable = ~nothing & ~thin
    if poisson and alpha is not None:
        raise OptionError("Poisson counts have no dispersion", found=f"alpha={alpha}")
    model, mean = _in_control(grid, start, design, flat, poisson, alpha, bool(compat))
    mean = np.where(testable, mean, 1.0)

    ratios = np.ones(regions) if ratio is None else per_region(ratio, grid, "ratio")
    if (ratios <= 0).any() or (ratio is not None and (chart.sign * (ratios - 1) <= 0).any()):
        raise OptionError(
            "ratio does not fit the direction",
            expected="above 1 (greater), or in 0..1 (less)",
            found=str(ratio),
        )
    rate, basis, parameters = None, "", {}
    if threshold is not None or compat:
        level = per_region(_REFERENCE_THRESHOLD if threshold is None else threshold, grid, "threshold")
        if (level <= 0).any():
            raise OptionError("threshold must be above 0", found=str(threshold))
    else:
        wanted = per_region(grid.periods_per_year if arl is None else arl, grid, "arl")
        if (wanted <= 1).any():
            raise OptionError("arl must be above 1 period", found=str(arl))
        how = "ml" if isinstance(alpha, str) else "known" if poisson or alpha is not None else "window"
        own = model.mean(start) if design.shape[1] > 1 else mean
        usual = np.where(testable, own[: max(start, 1)].mean(axis=0), 1.0)
        level, error = chart_thresholds(
            chart,
            usual,
            np.where(testable, model.alpha, 0.0),
            ratios,
            wanted,
            training=training,
            length=_length(grid),
            how=how,
        )
        if direction == "greater" and change == "intercept":
            lowest = np.where(testable, mean[min(start, len(mean) - 1) :].min(axis=0), 1.0) * min_window
            level = np.maximum(level, one_incident(lowest, model.alpha, ratio is not None, ratios) * _ABOVE)
        rate = grid.periods_per_year / wanted
        basis = (
            f"threshold by simulation without a change, flat mean, independent counts; Monte Carlo standard "
            f"error {error:.0%}"
        )
        shown = float(grid.periods_per_year) if arl is None else arl
        parameters = {"arl": shown, "monte_carlo_error": round(error, 4)}

    statistic, alarm, needed, mean = run_chart(
        chart,
        grid.values,
        grid.usable,
        mean,
        model.alpha,
        ratios,
        level,
        np.where(testable, start, periods),
        model,
    )
    mean = np.broadcast_to(mean, (periods, regions))
    rows = slice(grid.first, None)
    early = np.broadcast_to((np.arange(periods) < start)[rows, None], alarm[rows].shape)
    name = "glr_poisson" if poisson else "glr_nb"
    run = DetectorRun(
        name=name,
        method=_method(poisson, chart, harmonics, trend, bool(compat)),
        kind="score",
        resets=reset,
        parameters={
            "family": family, "window": window, "min_window": min_window, "change": change, "ratio": ratio,
            "direction": direction, "returns": returns,
            "threshold": level if regions > 1 else float(level[0]),
            "harmonics": harmonics, "trend": trend, "refit": refit, "training": training, "reset": reset,
            "alpha": model.alpha if regions > 1 else float(model.alpha[0]), "compat": compat, **parameters,
        },
        rate=rate,
        rate_basis=basis,
    )  # fmt: skip
    return make_alarms(
        grid,
        run,
        alarm=alarm[rows],
        untested=[(early, SHORT), (_all(thin, early), THIN), (_all(nothing, early), NO_INCIDENT)],
        remarks=[(_all(flat & (harmonics > 0 or trend), early), FLAT)],
        expected=np.array(mean[rows]),
        upper_bound=needed[rows] if chart.cases else None,
        statistic=statistic[rows],
        notes=() if compat or harmonics else ("mean not adjusted for season",),
    )


def _all(region: BoolArray, like: BoolArray) -> BoolArray:
    return np.broadcast_to(region, like.shape)


def _chart(
    family: str,
    window: int | None,
    min_window: int,
    change: str,
    ratio: object,
    direction: str,
    returns: str,
    reset: bool,
    refit: bool,
    compat: str | None,
) -> tuple[Chart, bool]:
    for option, value, names in (
        ("family", family, ("negative_binomial", "poisson")),
        ("change", change, ("intercept", "epidemic")),
        ("direction", direction, ("greater", "less")),
        ("returns", returns, ("value", "cases")),
    ):
        if value not in names:
            raise unknown_option(option, value, names)
    if compat not in (None, "surveillance"):
        raise unknown_option("compat", str(compat), ("surveillance",))
    lengths = [min_window] if window is None else [min_window, window]
    if not all(isinstance(length, int | np.integer) for length in lengths) or (
        min_window < 1 or (window is not None and window < min_window)
    ):
        raise OptionError(
            "windows are not usable",
            expected="whole numbers, 1 <= min_window <= window",
            found=f"{min_window}, {window}",
        )
    if change == "epidemic" and (ratio is not None or direction == "less"):
        raise OptionError("an epidemic has no fixed ratio and only one direction")
    if returns == "cases" and direction == "less":
        raise OptionError('returns="cases" is for increases')
    poisson = family == "poisson"
    code = kernel.LEVEL if ratio is None else kernel.FIXED
    shortest, longest = min_window, window
    if change == "epidemic":
        code = kernel.EPIDEMIC
        if compat:
            code = kernel.EPIDEMIC_POISSON_CHAIN if poisson else kernel.EPIDEMIC_RATIO
    if compat and window is not None:
        shortest, longest = min_window + (poisson and change == "intercept"), window + 1
    sign = 1.0 if direction == "greater" else -1.0
    return Chart(code, sign, shortest, longest, returns == "cases", reset, refit, 0), poisson


def _length(grid: Grid) -> int:
    return max(1, _WINDOW_DAYS // grid.counts.period_days)


def _in_control(
    grid: Grid,
    start: int,
    design: FloatArray,
    flat: BoolArray,
    poisson: bool,
    alpha: object,
    compat: bool,
) -> tuple[InControl, FloatArray]:
    """Return the model and its mean, with the dispersion given, estimated or 0."""
    regions = grid.shape[1]
    known = grid.usable & (np.arange(grid.shape[0])[:, None] < start)
    model = InControl(grid.values, grid.usable, design, flat, np.zeros(regions))
    if poisson:
        return model, model.mean(start)
    if isinstance(alpha, str) and alpha != "ml":
        raise unknown_option("alpha", alpha, ("ml",))
    if isinstance(alpha, str) or (alpha is None and compat):
        spread, mean = dispersion_ml(design, grid.values, known)
        return replace(model, alpha=spread), np.array(mean[:1] if design.shape[1] == 1 else mean)
    if alpha is None:
        mean = model.mean(start)
        whole = np.broadcast_to(mean, grid.shape)[:start]
        spread = window_alpha(grid.values[:start], known[:start], whole, _length(grid), design.shape[1])
    else:
        spread = per_region(alpha, grid, "alpha")
        if (spread < 0).any():
            raise OptionError("alpha is a dispersion, 0 or more", found=str(alpha))
    model = replace(model, alpha=spread)
    return model, model.mean(start)


def _method(poisson: bool, chart: Chart, harmonics: int, trend: bool, compat: bool) -> str:
    what = {
        kernel.LEVEL: "mean multiplied by an unknown ratio",
        kernel.FIXED: "mean multiplied by a stated ratio",
    }.get(chart.change, "epidemic growth by an unknown share of the last count")
    over = "all change times" if chart.longest is None else f"windows up to {chart.longest} periods"
    season = f"{harmonics} harmonics" if harmonics else "flat"
    return (
        f"Generalised likelihood ratio over {over}, {'Poisson' if poisson else 'negative binomial'} counts; "
        f"null hypothesis: independent counts with the training periods' mean "
        f"({season}{', trend' if trend else ''}) and dispersion; alternative: {what} (Höhle and Paul 2008; "
        f"Ward et al. 2024){'; as R surveillance computes it' if compat else ''}."
    )
