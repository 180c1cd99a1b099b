"""How detectors would have done on one's own history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analytics.counts import Counts
from analytics.detectors.registry import Detectors
from analytics.errors import HistoryError, unknown_option
from analytics.evaluation.measures import (
    FEW_REGIONS,
    Scored,
    behind_the_best,
    by_cluster,
    by_region,
    measure,
)
from analytics.evaluation.registered import RegisteredDetector, as_stated, registered, specs_for
from analytics.evaluation.replicates import (
    Replicates,
    make_replicates,
    one_run,
    run_on,
    whole_periods,
)
from analytics.evaluation.results import EvaluationResult
from analytics.evaluation.scores import resampling_weights
from analytics.monitoring.budget import Budget, parse_budget
from analytics.monitoring.calibration import Thresholds
from analytics.options import MOST_REPLICATES, Progress, check_seed, check_whole, part_of
from analytics.simulation.injection import check_uptick

__all__ = ["evaluate"]

MOSTLY = 0.9  # a detector that tests less of the cells than this is named
METHOD = (
    "Each region's series is turned like a wheel by a random number of weeks, and the last {last} {freq}s "
    "are tested: episodes of alarms there are counted as false. An uptick is put into the same histories at "
    "a random place; it is caught by an episode that starts in it. At the budget, the threshold of a "
    "detector's statistic is moved to where its false alarms on the turned histories are those allowed, one "
    "threshold for all regions. Intervals are bootstrap ones over {clusters}."
)


def evaluate(
    counts: Counts,
    *,
    detectors: Detectors | None = None,
    budget: str | float | Budget = "1 per region-year",
    uptick: Mapping[str, Any] | None = None,
    replicates: int = 20,
    thresholds: Thresholds | None = None,
    last: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> EvaluationResult:
    """Say how detectors would have done on this history: false alarms, upticks caught, delay.

    Parameters
    ----------
    counts : Counts
        The history. The period still running is left out.
    detectors : str, DetectorSpec, callable, several of them, or a mapping from names to them, optional
        Names from the registry of detectors, detectors with options of their own, or functions
        ``f(counts, *, last) -> Alarms``: see :class:`~analytics.detectors.DetectorSpec`. One that looks at
        several regions together has a true attribute ``joint``. All of the registry that answer each region
        from its own counts unless given.
    budget : str, float or Budget
        False-alarm episodes, a number being per region-year; alarms within 14 days are one episode.
    uptick : mapping, optional
        ``ratio`` (rate over the region's mean) or ``size`` (incidents added), ``length`` in days and
        ``shape``, as for :func:`~analytics.simulation.injection.inject`; ratio 3 for 14 days as a block
        unless given.
    replicates : int
        Rotations of each region's series.
    thresholds : {"formula", "history", "auto"}, optional
        "formula": what the detectors' formulas give for the budget. "history": what
        :func:`analytics.monitoring.calibrate` finds for this history, which takes longer. "auto": the formula
        where it keeps the budget, otherwise the history. By default the formula, but for functions whose
        ``alpha`` has a default that one. A function without ``alpha`` is run as it is.
    last : int, optional
        Periods at the end of a rotated history that are tested; a year's unless given, at most half of the
        history.
    seed : int
    progress : callable, optional
        ``progress(done, total, what)``, before each step.

    Returns
    -------
    EvaluationResult

    Raises
    ------
    HistoryError
        If no period is over, fewer than eight are tested, or the uptick does not fit into them.
    OptionError
        If an option is out of range or a detector unknown.

    Notes
    -----
    Three things are measured. On the history as it is every period is tested and each episode counted; the
    history may hold true upticks, so this is an upper bound of false alarms. On rotated history an episode
    has no special place, so that many more windows are tested with the whole history before them; true
    upticks in the history are still in it, somewhere else, and a series with a trend has a jump where its
    end meets its start. Upticks are then put into the rotated histories, one a region and replicate. Their
    incidents are Poisson, on days with coverage, whatever the history's own dispersion.

    Examples
    --------
    >>> from analytics.simulation.panels import simulate_panel
    >>> from analytics.detectors import ears
    >>> counts = simulate_panel(regions=4, periods=156, seed=1).to_counts()
    >>> found = evaluate(counts, detectors={"C1": ears}, replicates=5)
    >>> found.frame["detector"].tolist(), found.simulated
    (['C1'], True)
    """
    allowed = parse_budget(budget)
    rate = allowed.per_region(len(counts.regions))
    stated = _uptick(uptick)
    check_seed(seed)
    check_whole(1, MOST_REPLICATES, replicates=replicates)
    history = whole_periods(counts)
    periods = len(history.starts) * history.period_days // (7 if history.freq == "week" else 1)
    tested = _last(last, periods, history.freq)
    specs = specs_for(detectors, history)
    calibrated = len(specs) if thresholds in ("history", "auto") else 0
    tell = part_of(progress, after=len(specs))
    chosen = registered(specs, history, allowed, thresholds=thresholds, seed=seed, progress=tell)
    drawn = make_replicates(history, int(replicates), tested, stated, seed)
    regions = len(history.regions)
    tell = part_of(progress, before=calibrated)
    rows, regional, curve = _measured(chosen, history, drawn, rate, tested, seed, tell)
    labels = history.labels()
    few = regions < FEW_REGIONS
    clusters = "regions and rotations (there are few regions)" if few else "regions"
    return EvaluationResult(
        frame=pd.DataFrame(rows),
        regions=regional,
        curve=curve,
        budget=rate,
        uptick=stated,
        replicates=int(replicates),
        upticks=int(drawn.placed.sum()),
        empty=drawn.empty,
        period=f"{labels[0]}..{labels[-1]}",
        freq=history.freq,
        value=history.value,
        method=METHOD.format(last=tested, freq=history.freq, clusters=clusters),
        parameters={
            "detectors": tuple(chosen),
            **allowed.stated(regions),
            "uptick": stated,
            "replicates": int(replicates),
            "thresholds": as_stated(specs, thresholds),
            "last": tested,
            "seed": seed,
        },
        simulated=history.simulated,
        notes=_notes(history, drawn, rows),
    )


def _measured(
    chosen: Mapping[str, RegisteredDetector],
    history: Counts,
    drawn: Replicates,
    rate: float,
    tested: int,
    seed: int,
    tell: Progress,
) -> tuple[list[dict[str, Any]], pd.DataFrame, pd.DataFrame]:
    """Run every detector; return a row for each, and the tables of regions and of curves."""
    regions, cluster = len(history.regions), np.arange(drawn.placed.size)
    cluster = cluster if regions < FEW_REGIONS else cluster % regions
    weights = resampling_weights(int(cluster.max()) + 1, seed=seed)
    rows, regional, curves, caught = [], [], [], []
    for i, (name, detector) in enumerate(chosen.items()):
        tell(i, len(chosen), f"evaluating {name}")
        as_it_is = one_run(detector(history))
        quiet, busy = (
            run_on(detector, history, values, drawn.covered, tested, joint=detector.joint)
            for values in (drawn.values, drawn.values + drawn.added)
        )
        row, curve, parts = measure(Scored(quiet, busy, drawn, cluster, weights), as_it_is, rate, seed)
        rows.append({"detector": name, **row})
        curves.append(curve.assign(detector=name))
        regional.append(by_region(history.regions, parts).assign(detector=name))
        caught.append([by_cluster(parts[each], cluster) for each in ("matched", "placed")])
    for row, behind in zip(rows, behind_the_best(pd.DataFrame(rows), caught, weights), strict=True):
        row |= behind
    of_regions = ["detector", "region", "per_year", "pod", "matched_pod", "delay_median"]
    of_curves = ["detector", "budget", "threshold", "per_year", "pod", "delay_median"]
    tables = (pd.concat(parts, ignore_index=True) for parts in (regional, curves))
    return rows, next(tables)[of_regions], next(tables)[of_curves]


def _uptick(given: Mapping[str, Any] | None) -> dict[str, Any]:
    stated = dict(given or {})
    unknown = [name for name in stated if name not in ("ratio", "size", "length", "shape")]
    if unknown:
        raise unknown_option("uptick", unknown[0], ("ratio", "size", "length", "shape"))
    ratio = None if stated.get("size") is not None else 3.0
    whole: dict[str, Any] = {"ratio": ratio, "size": None, "length": 14, "shape": "block"} | stated
    check_uptick(whole["ratio"], whole["size"], whole["length"], whole["shape"])
    return whole


def _last(last: int | None, periods: int, freq: str) -> int:
    check_whole(1, unit=f"{freq}s", last=last)
    tested = min(52 if freq == "week" else 365, periods // 2) if last is None else last
    if 8 <= tested <= periods:
        return int(tested)
    if last is not None and periods >= 8:
        raise HistoryError(
            f"last is no number of {freq}s to evaluate on",
            expected=f"from 8 to the {periods} there are",
            found=str(last),
        )
    raise HistoryError(
        f"too few {freq}s to evaluate on",
        expected="16 or more, of which the last half is tested" if last is None else "8 or more",
        found=f"{periods} {freq}s",
    )


def _notes(history: Counts, drawn: Replicates, rows: list[dict[str, Any]]) -> tuple[str, ...]:
    notes = [
        "the upticks are simulated",
        "the history may hold true upticks; alarms on them are counted as false",
    ]
    if drawn.empty:
        notes.append(
            f"{drawn.empty:,} further upticks, in quiet regions, added no incident and are left out; "
            f"{int(drawn.placed.sum()):,} remain"
        )
    gaps = drawn.placed.size - int(drawn.placed.sum()) - drawn.empty
    if gaps:
        notes.append(f"{gaps:,} turned histories had no covered stretch for an uptick")
    short = [f"{row['detector']} {100 * row['tested']:.0f} %" for row in rows if row["tested"] < MOSTLY]
    if short:
        notes.append(
            f"the history is too short, or has gaps, for some detectors to test every {history.freq}: "
            f"{', '.join(short)}; their figures are about what they tested"
        )
    resets = [row["detector"] for row in rows if row["resets"]]
    if resets:
        notes.append(
            f"{', '.join(resets)}: starts again after an alarm; at the budget its statistic is read along "
            "the path it took at its own threshold"
        )
    return tuple(dict.fromkeys((*history.notes, *notes)))
