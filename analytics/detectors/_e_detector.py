"""Betting against a mean that never exceeds m: evidence that needs no distribution."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray
from analytics.counts import Counts
from analytics.detectors.grid import SHORT, Grid, grid_of, make_alarms, per_region
from analytics.errors import OptionError
from analytics.kernels.charts.e_process import Form, bet_on_counts, mean_limit
from analytics.options import check_above, check_choice, check_level, check_one, check_whole
from analytics.results import Alarms, DetectorRun

__all__ = ["e_detector"]


THIN = "fewer than half of the training periods have coverage"
CONDITION = "anytime-valid only if the conditional mean never exceeds the stated m"
_BETS = (0.05, 0.1, 0.2, 0.4, 0.8)
_WINDOW_DAYS = 14
_SUMS = {
    "shiryaev_roberts": "sum over all starts",
    "cusum": "largest product over all starts",
    "process": "product since a stated start",
}


def e_detector(
    counts: Counts,
    *,
    m: float | npt.ArrayLike | None = None,
    confidence: float = 0.95,
    training: int | None = None,
    form: Form = "shiryaev_roberts",
    bets: Sequence[float] = _BETS,
    arl: float | npt.ArrayLike | None = None,
    alpha: float | npt.ArrayLike | None = None,
    threshold: float | npt.ArrayLike | None = None,
    restart: int | Sequence[str | np.datetime64] | None = None,
    reset: bool = True,
    last: int | None = None,
) -> Alarms:
    """Bet, period after period, that the mean exceeds m; alarm when the bets have won enough.

    Null hypothesis: the mean of each count, given all before it, is at most m. Nothing else is assumed about
    the distribution. The result is anytime-valid only if the conditional mean never exceeds the stated m: in
    a self-exciting process it does exceed the long-run mean after every burst.

    Parameters
    ----------
    counts : Counts
    m : float or one per region, optional
        The largest mean of a period that counts as nothing new. By default an upper confidence limit of the
        mean over training, not the estimate: with the estimate half of all regions would break the null.
    confidence : float
        Of that limit, one-sided. It takes the dispersion of fortnights into account.
    training : int, optional
        Periods at the start that the limit comes from, not tested; a year by default, none where `m` is
        given.
    form : {"shiryaev_roberts", "cusum", "process"}
        What is made of the bets ``1 + bet (y / m - 1)``. The first two are e-detectors: sum, or largest
        product, over all starts. They are not e-values (under the null their mean grows), so their `kind` is
        "score"; an alarm at `arl` or more, in a period with a count above `m`, has an average run length of
        at least `arl`. "process" is the
        product since a stated start: an e-value whenever one looks, so `kind` is "evalue" where `m` is stated
        ("score" where it is a limit estimated from data, which may miss); it reaches 1 / `alpha` with
        probability at most `alpha`, between one restart and the next.
    bets : sequence of float
        Shares staked, each strictly between 0 and 1. Evidence is averaged over them, with equal weights.
    arl : float or one per region, optional
        Average number of periods to a false alarm that a detector keeps at least; a year by default.
    alpha : float or one per region, optional
        Level of a process; 0.05 by default.
    threshold : float or one per region, optional
        Instead of `arl` or `alpha`: alarm where the evidence is at or above it.
    restart : int or sequence of dates, optional
        A process starts again every so many periods, or in the periods that hold these days; never by
        default.
    reset : bool
        Whether a detector starts again after an alarm. A process never does.
    last : int, optional
        Report only the last so many periods over at `as_of`.

    Returns
    -------
    Alarms
        `statistic` is the evidence.

    Raises
    ------
    OptionError
        If an option is unknown or out of range, or two disagree.

    References
    ----------
    .. [1] Shin, J., Ramdas, A., Rinaldo, A. (2024). E-detectors: a nonparametric framework for sequential
           change detection. New England Journal of Statistics in Data Science 2, 229-260.
    .. [2] Wang, R., Ramdas, A. (2022). False discovery rate control with e-values. Journal of the Royal
           Statistical Society B 84, 822-852.

    Examples
    --------
    >>> import pandas as pd
    >>> weeks = pd.date_range("2019-01-07", periods=12, freq="7D")
    >>> counts = Counts.from_frame(
    ...     pd.DataFrame({"north": [1, 0, 2, 1, 0, 1, 2, 0, 7, 9, 8, 9]}, index=weeks),
    ...     freq="week",
    ...     as_of="2019-03-31",
    ... )
    >>> alarms = e_detector(counts, m=2.0, arl=52)
    >>> alarms.frame.loc[alarms.frame["alarm"], "label"].tolist()
    ['2019-W13']
    """
    process = form == "process"
    stakes = _checked(form, bets, confidence, arl, alpha, threshold, restart)
    grid = grid_of(counts, last=last)
    periods, regions = grid.shape
    if training is None:
        training = 0 if m is not None else round(grid.periods_per_year)
    check_whole(0 if m is not None else 2, training=training)
    start = min(training, periods)
    limit, thin = _mean_limit(grid, m, training, confidence)
    level, rate, basis = _level(grid, process, arl, alpha, threshold)
    resets = bool(reset) and not process
    evidence, alarm = bet_on_counts(
        grid.values,
        grid.usable,
        limit if grid.reported is None else limit * grid.reported.cautious,
        stakes,
        level,
        form=form,
        begin=start,
        restarts=_restarts(grid, restart, start),
        reset=resets,
    )
    run = DetectorRun(
        name="e_detector",
        null_hypothesis="the mean of each count, given all before it, is at most m",
        method=(
            f"Betting e-{'process' if process else 'detector'}, {_SUMS[form]}; null hypothesis: the mean of "
            f"a period, given the past, is at most m; {CONDITION} (Shin, Ramdas, Rinaldo 2024)."
        ),
        kind="evalue" if process and m is not None else "score",
        resets=resets,
        parameters={
            "m": limit,
            "confidence": None if m is not None else confidence,
            "training": training,
            "form": form,
            "bets": tuple(float(b) for b in stakes),
            "threshold": level,
            "restart": restart,
            "reset": resets,
        },
        rate=rate,
        rate_basis=basis,
    )
    rows = slice(grid.first, None)
    early = np.broadcast_to((np.arange(periods) < start)[rows, None], (periods - grid.first, regions))
    return make_alarms(
        grid,
        run,
        alarm=alarm[rows],
        untested=[(early, SHORT), (np.broadcast_to(thin, early.shape), THIN)],
        statistic=evidence[rows],
        thinned=grid.reported is not None,
    )


def _checked(
    form: Form,
    bets: Sequence[float],
    confidence: float,
    arl: object,
    alpha: object,
    threshold: object,
    restart: object,
) -> FloatArray:
    """Return the stakes, all options that need no counts checked."""
    check_choice("form", form, Form)
    stakes = np.asarray(bets, dtype=float)
    if stakes.ndim != 1 or not stakes.size or not ((stakes > 0) & (stakes < 1)).all():
        raise OptionError("bets are not usable", expected="numbers between 0 and 1", found=str(bets))
    check_level(confidence=confidence)
    check_one(arl=arl, alpha=alpha, threshold=threshold)
    process = form == "process"
    if (process and arl is not None) or (not process and alpha is not None):
        raise OptionError("that threshold is for another form", expected="arl (detectors), alpha (process)")
    if restart is not None and not process:
        raise OptionError("only a process restarts", expected='form="process"', found=form)
    return stakes


def _mean_limit(grid: Grid, m: object, training: int, confidence: float) -> tuple[FloatArray, BoolArray]:
    """Return the largest mean that is nothing new, and where too little is known to say."""
    if m is not None:
        limit = per_region(m, grid, "m")
        check_above(0, m=limit)
        return limit, np.zeros(grid.shape[1], dtype=bool)
    start = min(training, grid.shape[0])
    known = grid.usable[:start]
    length = max(1, _WINDOW_DAYS // grid.counts.period_days)
    thin = known.sum(axis=0) * 2 < training
    return mean_limit(grid.values[:start], known, length, confidence), np.asarray(thin)


def _level(
    grid: Grid, process: bool, arl: object, alpha: object, threshold: object
) -> tuple[FloatArray, FloatArray | None, str]:
    """Return the threshold and, for a detector, the largest rate of false alarms it stands for."""
    if process:
        if alpha is not None:
            check_level(alpha=alpha)
        if threshold is None:
            return 1 / per_region(0.05 if alpha is None else alpha, grid, "alpha"), None, ""
        level = per_region(threshold, grid, "threshold")
    else:
        wanted = grid.periods_per_year if arl is None else arl
        level = per_region(wanted if threshold is None else threshold, grid, "arl")
    check_above(1, threshold=level)
    if process:
        return level, None, ""
    return level, grid.periods_per_year / level, f"at most; {CONDITION}"


def _restarts(grid: Grid, restart: int | Sequence[str | np.datetime64] | None, start: int) -> BoolArray:
    """Return the periods in which a process starts again."""
    periods = grid.shape[0]
    at = np.zeros(periods, dtype=bool)
    if restart is None:
        return at
    if isinstance(restart, int | np.integer) and not isinstance(restart, bool):
        check_whole(1, restart=restart)
        at[start::restart] = True
        return at
    try:
        days = np.array(restart, dtype="datetime64[D]").ravel()
    except (TypeError, ValueError) as error:
        raise OptionError(
            "restart is not usable", expected="a number of periods, or dates", found=str(restart)
        ) from error
    row = np.searchsorted(grid.starts, days, side="right") - 1
    inside = (row >= 0) & (days < grid.starts[-1] + np.timedelta64(grid.counts.period_days, "D"))
    at[row[inside]] = True
    return at
