"""The numbers of an evaluation, from what a detector said with and without upticks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.evaluation.replicates import Replicates, Run
from analytics.evaluation.scores import (
    Estimate,
    Kind,
    confusion,
    detections,
    estimate_ratio,
    filled,
    match_episodes,
    resampling_weights,
)
from analytics.kernels.common.episodes import episode_onsets
from analytics.periods import YEAR_DAYS

__all__ = [
    "ABOVE", "FEW_REGIONS", "HALF", "Scored",
    "behind_the_best", "by_cluster", "by_region", "measure", "ranking",
]  # fmt: skip


ABOVE = 2.0  # false-alarm episodes a year a region should not have more of
CURVE = np.geomspace(0.1, 12.0, 25)  # budgets of the curve
FEW_REGIONS = 5
HALF = 0.5  # of the cells others test: detectors that test fewer are ranked after them


class Scored:
    """Quiet and busy runs of one detector, and where the upticks lie on its periods."""

    def __init__(
        self, quiet: Run, busy: Run, drawn: Replicates, cluster: IntArray, weights: IntArray
    ) -> None:
        self.quiet, self.busy = quiet, busy
        self.cluster, self.weights = cluster, weights
        self.days = quiet.period_days
        self.first = np.searchsorted(quiet.starts, drawn.begin, side="right") - 1
        self.last = np.searchsorted(quiet.starts, drawn.end, side="right") - 1
        row = np.arange(len(quiet.starts))[:, None]
        lies = (row >= self.first) & (row <= self.last)
        # An uptick the detector could not answer on tells nothing about it, nor do its untested years.
        self.placed: BoolArray = drawn.placed & ~(lies & ~(quiet.tested & busy.tested)).any(axis=0)
        self.truth: BoolArray = lies & self.placed

    def ratio(self, over: npt.NDArray[Any], under: npt.NDArray[Any], kind: Kind = "share") -> Estimate:
        """Return the ratio of two sums over series, with its interval."""
        clusters = self.weights.shape[1]
        sums = [np.bincount(self.cluster, weights=part, minlength=clusters) for part in (over, under)]
        return estimate_ratio(sums[0], sums[1], self.weights, kind=kind)

    def caught(self, busy: BoolArray) -> tuple[BoolArray, FloatArray]:
        """Return which upticks an episode starts in, and after how many periods."""
        found, delay = detections(busy, self.first, self.last, self.days)
        return found & self.placed, delay

    def scores(self, quiet: BoolArray, busy: BoolArray) -> tuple[dict[str, float], dict[str, FloatArray]]:
        """Return the measures, and per series the numbers they are made of."""
        placed = self.placed
        episodes = episode_onsets(quiet, self.days).sum(axis=0).astype(float)
        years = self.quiet.tested.sum(axis=0) * self.days / YEAR_DAYS
        found, delay = self.caught(busy)
        chance, _ = self.caught(quiet)
        rate = self.ratio(episodes, years, "rate")
        pod = self.ratio(found, placed)
        cells = confusion(busy, self.truth, self.busy.tested).ratios()
        each = {"episodes": episodes, "years": years, "found": found.astype(float), "delay": delay}
        return {
            "per_year": rate.value,
            "per_year_low": rate.low,
            "per_year_high": rate.high,
            "pod": pod.value,
            "pod_low": pod.low,
            "pod_high": pod.high,
            "pod_by_chance": self.ratio(chance, placed).value,
            "delay_median": _median(delay[found]),
            "delay_mean": float(delay[found].mean()) if found.any() else np.nan,
            **{name: self.ratio(*cells[name]).value for name in ("sensitivity", "ppv", "f1")},
        }, each


def _median(values: FloatArray) -> float:
    return float(np.median(values)) if values.size else np.nan


def measure(
    score: Scored, as_it_is: Run, budget: float, seed: int
) -> tuple[dict[str, Any], pd.DataFrame, dict[str, FloatArray]]:
    """Return a detector's row, its curve, and what its regions' rows are made of.

    Parameters
    ----------
    score : Scored
    as_it_is : Run
        On the history as it is.
    budget : float
    seed : int
        Of the bootstrap.
    """
    quiet, busy = score.quiet, score.busy
    own, each = score.scores(quiet.alarm, busy.alarm)
    regions = as_it_is.alarm.shape[1]
    episodes = episode_onsets(as_it_is.alarm, as_it_is.period_days).sum(axis=0)
    years = as_it_is.tested.sum(axis=0) * as_it_is.period_days / YEAR_DAYS
    history = estimate_ratio(episodes, years, resampling_weights(regions, seed=seed), kind="rate")
    row: dict[str, Any] = {
        "history_episodes": int(episodes.sum()),
        "history_years": float(years.sum()),
        "history_per_year": history.value,
        "history_per_year_low": history.low if regions >= FEW_REGIONS else np.nan,
        "history_per_year_high": history.high if regions >= FEW_REGIONS else np.nan,
        "history_above_two": _above(episodes, years),
        **own,
        "above_two": _above(*(each[name].reshape(-1, regions).sum(axis=0) for name in ("episodes", "years"))),
        "tested": float(quiet.tested.mean()),
        "upticks": int(score.placed.sum()),
        "resets": quiet.resets,
    }
    sure = not np.isnan(own["per_year_low"])
    row["budget_kept"] = (
        "exceeded"
        if sure and own["per_year_low"] > budget
        else "kept"
        if sure and own["per_year_high"] <= budget
        else "cannot be told"
    )
    matched, threshold, curve = _swept(score, budget)
    row |= {f"matched_{name}": value for name, value in matched[0].items()}
    row["matched_threshold"] = threshold
    shape = (-1, regions)
    parts = {name: array.reshape(shape) for name, array in each.items()}
    parts["placed"] = score.placed.reshape(shape).astype(float)
    parts["matched"] = matched[1]["found"].reshape(shape)
    return row, curve, parts


def _swept(
    score: Scored, budget: float
) -> tuple[tuple[dict[str, float], dict[str, FloatArray]], float, pd.DataFrame]:
    """Return the measures at the budget, the threshold there, and the curve over budgets."""
    none = np.zeros(score.quiet.alarm.shape, dtype=bool)
    quiet, busy = (_reachable(run) for run in (score.quiet, score.busy))
    limits = np.full(CURVE.size + 1, np.inf)
    if quiet is not None:
        wanted = np.append(budget, CURVE)
        limits = match_episodes(quiet, score.quiet.tested, wanted, score.days)
    rows = []
    if quiet is not None and busy is not None:
        years = score.quiet.tested.sum() * score.days / YEAR_DAYS
        for wish, limit in zip(CURVE, limits[1:], strict=True):
            if np.isfinite(limit):
                found, delay = score.caught(busy >= limit)
                per_year = episode_onsets(quiet >= limit, score.days).sum() / years
                pod = found.sum() / max(score.placed.sum(), 1)
                rows.append((wish, limit, per_year, pod, _median(delay[found])))
    curve = pd.DataFrame(
        rows, columns=["budget", "threshold", "per_year", "pod", "delay_median"], dtype=float
    )
    threshold = float(limits[0])
    if quiet is None or busy is None or not np.isfinite(threshold):
        scores, each = score.scores(none, none)
        return (dict.fromkeys(scores, np.nan), {**each, "found": each["found"] * np.nan}), np.nan, curve
    return score.scores(quiet >= threshold, busy >= threshold), threshold, curve


def _reachable(run: Run) -> FloatArray | None:
    """Return the statistic, minus infinity where nothing was tested; None where there is none."""
    if run.statistic is None or not np.isfinite(run.statistic[run.tested]).any():
        return None
    return filled(run.statistic, run.tested)


def _above(episodes: npt.NDArray[Any], years: npt.NDArray[Any]) -> float:
    known = years > 0
    return float((episodes[known] / years[known] > ABOVE).mean()) if known.any() else np.nan


def by_region(regions: tuple[str, ...], parts: dict[str, FloatArray]) -> pd.DataFrame:
    """Return one row a region from arrays of shape (replicates, regions)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        placed = parts["placed"].sum(axis=0)
        delay = [
            _median(column[caught > 0])
            for column, caught in zip(parts["delay"].T, parts["found"].T, strict=True)
        ]
        return pd.DataFrame(
            {
                "region": regions,
                "per_year": parts["episodes"].sum(axis=0) / parts["years"].sum(axis=0),
                "pod": parts["found"].sum(axis=0) / placed,
                "matched_pod": parts["matched"].sum(axis=0) / placed,
                "delay_median": delay,
            }
        )


def by_cluster(values: FloatArray, cluster: IntArray) -> FloatArray:
    """Return the sums of an array of shape (replicates, regions) over the clusters that are resampled."""
    return np.asarray(np.bincount(cluster, weights=np.ravel(values)), dtype=float)


def ranking(frame: pd.DataFrame) -> IntArray:
    """Return the order of an evaluation's rows, most upticks caught at the budget first.

    Detectors that could test less than half of what others could come after them, and those whose threshold
    cannot be moved to the budget after both.
    """
    pod = frame["matched_pod"].to_numpy(dtype=float)
    tested = frame["tested"].to_numpy(dtype=float)
    tier = np.where(np.isnan(pod), 2, tested < HALF * tested.max())
    return np.lexsort((-np.nan_to_num(pod), tier))


def behind_the_best(
    frame: pd.DataFrame, caught: Sequence[Sequence[FloatArray]], weights: IntArray
) -> list[dict[str, float]]:
    """Return how much larger the best detector's share of upticks caught is than each one's, with bounds.

    Parameters
    ----------
    frame : DataFrame
        One row a detector.
    caught : sequence
        Of each detector: upticks caught at the budget, and upticks it could answer on, by cluster.
    weights : int array, shape (samples, clusters)
        The same resamples for both, so that what is common to both cancels.
    """
    drawn = []
    for found, placed in caught:
        under = weights @ placed
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn.append(np.where(under > 0, weights @ found / under, np.nan))
    best = int(ranking(frame)[0])
    pod = frame["matched_pod"].to_numpy(dtype=float)
    out = []
    for number, share in enumerate(drawn):
        apart = drawn[best] - share
        known = apart[~np.isnan(apart)]
        low, high = np.quantile(known, [0.025, 0.975]) if known.size > 1 else (np.nan, np.nan)
        value = float(pod[best] - pod[number])
        out.append({"behind": value, "behind_low": float(low), "behind_high": float(high)})
    return out
