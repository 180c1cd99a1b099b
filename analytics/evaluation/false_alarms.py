"""How often tests of "more active recently" cry wolf on simulated series in which nothing has changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analytics._typing import BoolArray
from analytics.counts import Counts
from analytics.errors import HistoryError, unknown_option
from analytics.kernels.windows.alternatives import METHODS
from analytics.options import check_level, check_whole
from analytics.simulation.counts import PROCESSES, simulate_counts

__all__ = ["USUAL", "alarm_weeks", "alarm_weeks_of", "false_alarm_rates"]

USUAL: dict[str, str] = {
    "lrd_b": "uptick test (ours)",
    "rotation": "rotation",
    "nb_glm": "negative binomial GLM",
    "quasi_poisson": "daily quasi-Poisson",
    "e_test": "E-test",
    "c_test": "C-test",
    "poisson_wald": "Poisson rate ratio (Wald)",
}
GUARD = 28


def false_alarm_rates(
    *,
    processes: Sequence[str] = PROCESSES,
    methods: Sequence[str] = tuple(USUAL),
    mean: float = 0.5,
    baseline: int = 365,
    length: int = 14,
    n: int = 1000,
    alpha: float = 0.05,
    seed: int = 0,
) -> pd.DataFrame:
    """Test quiet simulated series, and count how often each method says "more active".

    Parameters
    ----------
    processes, methods : sequence of str
        Names in :data:`~analytics.simulation.counts.PROCESSES` and
        :data:`~analytics.kernels.windows.alternatives.METHODS`.
    mean : float
        Incidents a day.
    baseline, length : int
        Days compared with and days asked about; 28 days lie between.
    n : int
        Series for each process.
    alpha : float
        Nominal level: the share of false alarms a method promises at most.
    seed : int

    Returns
    -------
    DataFrame
        process, method, n, alarms, rate, low, high (95 %, Clopper and Pearson), alpha. Every row is about
        simulated series. A series without a p-value is no alarm.

    Examples
    --------
    >>> table = false_alarm_rates(processes=["lgcp"], methods=["lrd_b", "c_test"], n=500)
    >>> [bool(low > 0.05) for low in table["low"]]  # more than promised, beyond chance?
    [False, True]
    """
    for name in methods:
        if name not in METHODS:
            raise unknown_option("method", name, tuple(METHODS))
    check_whole(1, n=n)
    check_level(alpha=alpha)
    rows = []
    for number, process in enumerate(processes):
        days = baseline + GUARD + length
        values = simulate_counts(process, mean=mean, days=days, series=n, seed=seed + number).values
        for method in methods:
            pvalue = METHODS[method](values, np.ones(values.shape, bool), length=length, guard=GUARD)
            alarms = int((pvalue <= alpha).sum())
            low, high = stats.binomtest(alarms, n).proportion_ci(0.95, method="exact")
            rows.append((process, method, n, alarms, alarms / n, low, high, alpha))
    names = ["process", "method", "n", "alarms", "rate", "low", "high", "alpha"]
    return pd.DataFrame(rows, columns=names)


def alarm_weeks(
    process: str = "lgcp",
    *,
    methods: Sequence[str] = ("lrd_b", "nb_glm", "c_test"),
    mean: float = 0.5,
    weeks: int = 104,
    baseline: int = 365,
    length: int = 14,
    alpha: float = 0.05,
    seed: int = 0,
) -> pd.DataFrame:
    """Watch one quiet simulated series for years, testing every week, as somebody who reads the news would.

    Returns
    -------
    DataFrame
        week (1, 2, ...), incidents (in the last 7 days), and one column a method: whether it says "more
        active".

    Examples
    --------
    >>> table = alarm_weeks(weeks=52, seed=1)
    >>> bool(table["c_test"].sum() > table["lrd_b"].sum())
    True
    """
    history = baseline + GUARD + length
    series = simulate_counts(process, mean=mean, days=history + 7 * (weeks - 1), seed=seed).values[:, 0]
    return _watched(series, np.ones(series.shape, bool), methods, history, length, alpha)


def alarm_weeks_of(
    counts: Counts,
    *,
    methods: Sequence[str] = ("lrd_b", "nb_glm", "c_test"),
    weeks: int = 104,
    baseline: int = 365,
    length: int = 14,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Watch all regions of counts together, testing every week, with what was counted up to then.

    Parameters
    ----------
    counts : Counts
        Held by day.
    weeks : int
        The last ones; fewer where the history is shorter.

    Returns
    -------
    DataFrame
        As :func:`alarm_weeks`. Whether more happened in a week that is called, nothing here says.

    Raises
    ------
    HistoryError
        If there is no week with the whole baseline before it, or counts are not held by day.
    """
    check_whole(1, weeks=weeks)
    total = counts.total()
    history = baseline + GUARD + length
    days = len(total.starts)
    if total.finest != "day" or days < history:
        raise HistoryError(
            f"too short a history to test every week against the {baseline} days before",
            expected=f"{history} days or more, counted by day",
            found=f"{days} {total.finest}s",
        )
    begin = days - history - 7 * (min(weeks, 1 + (days - history) // 7) - 1)
    series, covered = total.values[begin:, 0], total.coverage[begin:, 0]
    return _watched(series, covered, methods, history, length, alpha)


def _watched(
    series: npt.NDArray[np.number[Any]],
    covered: BoolArray,
    methods: Sequence[str],
    history: int,
    length: int,
    alpha: float,
) -> pd.DataFrame:
    """Test one daily series every seventh day, as long as the history before it is whole."""
    windows = np.lib.stride_tricks.sliding_window_view(series, history)[::7].T
    known = np.lib.stride_tricks.sliding_window_view(covered, history)[::7].T
    weeks = np.arange(1, windows.shape[1] + 1)
    table = pd.DataFrame({"week": weeks, "incidents": windows[-7:].sum(axis=0)})
    for method in methods:
        table[method] = METHODS[method](windows, known, length=length, guard=GUARD) <= alpha
    return table
