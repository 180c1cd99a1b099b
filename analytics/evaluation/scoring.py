"""Alarms against a known truth: what a simulated scenario says about a detector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import BoolArray
from analytics.errors import InputError
from analytics.evaluation.replicates import reachable
from analytics.evaluation.scores import (
    Estimate,
    confusion,
    detections,
    estimate_ratio,
    filled,
    match_episodes,
    match_share,
    realised_fdr,
    resampling_weights,
)
from analytics.kernels.common.episodes import episode_onsets
from analytics.periods import YEAR_DAYS
from analytics.results import Alarms

__all__ = ["MEASURES", "score_alarms", "score_fdr", "score_matched"]


MEASURES = ("fpr", "pod", "sensitivity", "specificity", "ppv", "f1", "delay")


def score_alarms(
    alarms: Alarms, truth: npt.NDArray[Any], *, start: bool = False, seed: int = 0
) -> pd.DataFrame:
    """Score alarms against the truth, one row a detector.

    Parameters
    ----------
    alarms : Alarms
        Of one or more detectors on the same regions; only these periods count.
    truth : bool or int array, shape (periods, regions)
        Where there is an outbreak (its incidents), on the same periods and regions as the alarms of each
        detector. All of a series' outbreak periods here are taken as one uptick.
    start : bool
        Whether an uptick is detected only by an episode that starts in it; by any alarm in it otherwise, as
        in the published comparisons.
    seed : int
        Of the bootstrap.

    Returns
    -------
    DataFrame
        detector, series, upticks, tested (share of cells), then for each of fpr, pod, sensitivity,
        specificity, ppv, f1 and delay (mean, in periods, of the detected) the value and its Monte Carlo
        standard error ``<name>_se`` (bootstrap over series); delay_median, and per_year (episodes that start
        outside the uptick, per tested region-year) with its error.

    Raises
    ------
    InputError
        If the truth has another shape.
    """
    rows = []
    for part, flags in _each(alarms, truth):
        rows.append(
            {
                "detector": part.runs[0].name,
                "series": flags.shape[1],
                "upticks": int(flags.any(axis=0).sum()),
                "tested": float(part.tested.mean()),
                **_scores(part.alarm, part.tested, flags, part.period_days, start, seed),
            }
        )
    return pd.DataFrame(rows)


def score_matched(
    alarms: Alarms,
    truth: npt.NDArray[Any],
    *,
    fpr: Sequence[float] = (0.005, 0.01, 0.02, 0.05),
    per_year: Sequence[float] = (1.0,),
    start: bool = False,
    seed: int = 0,
) -> pd.DataFrame:
    """Score detectors at the same rate of false alarms, by moving the threshold of their statistic.

    Parameters
    ----------
    alarms : Alarms
        With a statistic; detectors without one are left out.
    truth : bool or int array, shape (periods, regions)
        As in :func:`score_alarms`.
    fpr : sequence of float
        Shares of cells outside upticks with an alarm.
    per_year : sequence of float
        Episodes per region-year in the cells outside upticks, alarms within 14 days being one.
    start, seed
        As in :func:`score_alarms`.

    Returns
    -------
    DataFrame
        One row a detector and rate: detector, matched ("fpr" or "per_year"), rate (asked for), threshold, and
        the columns of :func:`score_alarms` at that threshold. The threshold is the lowest that keeps the
        rate, so a statistic that takes few values may stay below it.

    Notes
    -----
    The threshold is one for all series and chosen on the same cells the scores are counted on; with thousands
    of cells the difference this makes is small beside the standard errors. A detector that starts again after
    an alarm is swept along the path it took.
    """
    rows = []
    for part, flags in _each(alarms, truth):
        statistic = reachable(part)
        if statistic is None:
            continue
        quiet = part.tested & ~flags
        wanted = [("fpr", rate) for rate in fpr] + [("per_year", rate) for rate in per_year]
        for kind, rate in wanted:
            if kind == "fpr":
                threshold = match_share(statistic, quiet, rate)
            else:
                threshold = float(match_episodes(statistic, quiet, rate, part.period_days))
            alarm = part.tested & (filled(statistic, part.tested) >= threshold)
            rows.append(
                {
                    "detector": part.runs[0].name,
                    "matched": kind,
                    "rate": rate,
                    "threshold": threshold,
                    "series": flags.shape[1],
                    "upticks": int(flags.any(axis=0).sum()),
                    "tested": float(part.tested.mean()),
                    **_scores(alarm, part.tested, flags, part.period_days, start, seed),
                }
            )
    return pd.DataFrame(rows)


def score_fdr(alarms: Alarms, truth: npt.NDArray[Any], *, block: int = 13) -> pd.DataFrame:
    """Return the share of false alarms among the regions alarmed in a period, averaged over periods.

    Parameters
    ----------
    alarms : Alarms
        Such as those adjusted over regions, ``alarms.adjust(over="regions", alpha=0.05)``.
    truth : bool or int array, shape (periods, regions)
        As in :func:`score_alarms`.
    block : int
        Successive periods depend on each other: the standard error is that of means of so many.

    Returns
    -------
    DataFrame
        detector, periods, alarms, fdr (mean over periods of false alarms / alarms, 0 where there is none),
        fdr_se (NaN with fewer than two blocks), power (share of the cells with an uptick that were alarmed).
        Periods in which nothing was tested are left out.
    """
    rows = []
    for part, flags in _each(alarms, truth):
        seen = part.tested.any(axis=1)
        alarm, true = part.alarm[seen], (flags & part.tested)[seen]
        shares = [
            realised_fdr(alarm[i : i + block], true[i : i + block])[0] for i in range(0, len(alarm), block)
        ]
        fdr, _, power = realised_fdr(alarm, true) if len(alarm) else (np.nan, np.nan, np.nan)
        rows.append(
            {
                "detector": part.runs[0].name,
                "periods": len(alarm),
                "alarms": int(alarm.sum()),
                "fdr": fdr,
                "fdr_se": float(np.std(shares, ddof=1) / np.sqrt(len(shares))) if len(shares) > 1 else np.nan,
                "power": power,
            }
        )
    return pd.DataFrame(rows)


def _each(alarms: Alarms, truth: npt.NDArray[Any]) -> list[tuple[Alarms, BoolArray]]:
    parts = [alarms.select(detectors=[run.name]) for run in alarms.runs]
    for part in parts:
        if part.alarm.shape != truth.shape:
            raise InputError(
                "the truth does not fit the alarms",
                expected=f"shape {part.alarm.shape}, periods by regions",
                found=str(truth.shape),
            )
    return [(part, np.asarray(truth > 0)) for part in parts]


def _scores(
    alarm: BoolArray, tested: BoolArray, flags: BoolArray, period_days: int, start: bool, seed: int
) -> dict[str, float]:
    weights = resampling_weights(flags.shape[1], seed=seed)
    found: dict[str, Estimate] = {}
    for name, (over, under) in confusion(alarm, flags, tested).ratios().items():
        found[name] = estimate_ratio(over, under, weights)
    has = flags.any(axis=0)
    first = flags.argmax(axis=0)
    last = len(flags) - 1 - flags[::-1].argmax(axis=0)
    detected, delay = detections(alarm, first, last, period_days, start=start)
    detected &= has
    found["pod"] = estimate_ratio(detected, has, weights)
    found["delay"] = estimate_ratio(np.where(detected, delay, 0), detected, weights, kind="mean")
    false = (episode_onsets(alarm, period_days) & ~flags).sum(axis=0)
    years = (tested & ~flags).sum(axis=0) * period_days / YEAR_DAYS
    found["per_year"] = estimate_ratio(false, years, weights, kind="rate")
    scores: dict[str, float] = {}
    for name in (*MEASURES, "per_year"):
        scores[name], scores[f"{name}_se"] = found[name].value, found[name].se
    scores["delay_median"] = float(np.median(delay[detected])) if detected.any() else np.nan
    return scores
