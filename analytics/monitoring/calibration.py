"""From a budget of false alarms to a detector's threshold in every region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from analytics._typing import FloatArray, IndexArray
from analytics.counts import Counts
from analytics.detectors import DetectorSpec
from analytics.detectors.registry import Detector, Detectors, detector_specs
from analytics.errors import OptionError
from analytics.monitoring.budget import Budget, parse_budget
from analytics.monitoring.calibrator import Calibrator
from analytics.monitoring.histories import Histories, Resample, parametric, rotated
from analytics.monitoring.thresholds import episodes_per_year
from analytics.options import MOST_REPLICATES, Progress, check_choice, check_seed, check_whole, numbers_of
from analytics.results import format_number

__all__ = ["Calibration", "Thresholds", "calibrate", "calibrate_together"]

Thresholds = Literal["auto", "formula", "history"]

REPLICATES = 400
DRAWS, DRAWS_OF_A_SHARE = 40, 20  # models for each region; a share needs more years from each
LEVELS = 6  # shares of the budget tried for each of several detectors
# Calibration on average aims below the budget: where counts depend on each other over weeks, two years of
# history tell less than the models drawn from them say (up to 14 % more alarms, benchmarks/budget.py).
AIM = 0.87


@dataclass(frozen=True, eq=False)
class Calibration:
    """Thresholds that keep a budget.

    Attributes
    ----------
    detector : str
    parameter : str
        The detector's option they are for.
    regions : tuple of str
    threshold : float array, shape (regions,)
    rate : float array, shape (regions,)
        False-alarm episodes per region-year expected at them.
    rate_error : float array, shape (regions,)
        Monte Carlo standard error of `rate`; NaN where it is not simulated.
    together : float array, shape (regions,)
        The same for the alarms of all detectors that share the budget, taken as one.
    budget : Budget
    basis : str
        Where threshold and rate come from.
    rate_is : {"at most", "on average", "by the model"}
        What `rate` is: more than a formula should let pass, what resampled histories show, or what a formula
        says of counts that follow the detector's model, with other counts raising more.
    """

    detector: str
    parameter: str
    regions: tuple[str, ...]
    threshold: FloatArray
    rate: FloatArray
    rate_error: FloatArray
    together: FloatArray
    budget: Budget
    basis: str
    rate_is: Literal["at most", "on average", "by the model"] = "on average"

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row for each region: region, threshold, rate, rate_error."""
        return pd.DataFrame(
            {
                "region": pd.array(list(self.regions), dtype="str"),
                "threshold": self.threshold,
                "rate": self.rate,
                "rate_error": self.rate_error,
            }
        )

    def sentence(self) -> str:
        """Return what the thresholds keep, and why one should think so."""
        low, high = (f"{bound:.3g}" for bound in (self.threshold.min(), self.threshold.max()))
        span = low if low == high else f"{low} to {high}"
        return (
            f"{self.detector}: {self.parameter} {span} for a budget of {self.budget}; expected "
            f"{format_number(float(self.rate.mean()), 2)} episodes per region-year. {self.basis}"
        )

    def __str__(self) -> str:
        return self.sentence()

    def __repr__(self) -> str:
        return f"Calibration({self.sentence()})"


def calibrate(
    counts: Counts,
    detector: Detector,
    budget: str | float | Budget = "1 per region-year",
    *,
    by: Thresholds = "auto",
    resample: Resample = "parametric",
    share: float | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Calibration:
    """Find the threshold of each region at which false alarms keep a budget.

    Parameters
    ----------
    counts : Counts
        The history to calibrate on; periods still running are left out.
    detector : str, DetectorSpec or callable
        A name of the registry of detectors, one with options of its own, or a function: see
        :class:`~analytics.detectors.DetectorSpec` for what a function must do.
    budget : str, number or Budget
        False-alarm episodes per region-year; alarms within two weeks are one episode.
    by : {"auto", "formula", "history"}
        "formula": from the definition of the detector's threshold. "history": by running the detector on
        histories resampled from the region's own. "auto": the formula where it keeps the budget on
        overdispersed and dependent counts too, otherwise the history; the history, too, where `share` or
        rotation is asked for.
    resample : {"parametric", "rotation"}
        "parametric": years drawn from a model of the region (mean, season, weekday, and the dispersion of
        window sums of several lengths) follow its real history; the model is drawn anew each time from what
        the history leaves open. "rotation": the history itself, joined end to start, cut open elsewhere;
        a few years hold few alarms, so the threshold errs on the strict side (half the budget, measured).
    share : float, optional
        Keep the budget in at least this share of regions rather than on average over them: the threshold is
        that quantile of the thresholds the models ask for [1]_.
    replicates : int
        Years drawn for each region.
    seed : int

    Returns
    -------
    Calibration

    Raises
    ------
    OptionError
        If the detector or an option is unknown, or options do not go together.
    HistoryError
        If no period is over, or rotation has less than two years.

    References
    ----------
    .. [1] Gandy, A., Kvaløy, J. T. (2013). Guaranteed conditional performance of control charts via bootstrap
           methods. Scandinavian Journal of Statistics 40, 647-668.

    Examples
    --------
    >>> days = pd.date_range("2018-01-01", periods=728)
    >>> daily = pd.DataFrame({"Kirkuk": np.random.default_rng(1).poisson(0.5, 728)}, index=days)
    >>> counts = Counts.from_frame(daily, freq="day", as_of=days[-1]).resample("day")
    >>> found = calibrate(counts, "recent_window", 2, by="formula")
    >>> found.parameter, found.threshold.round(4)
    ('alpha', array([0.0055]))
    """
    return calibrate_together(
        counts,
        [detector],
        budget,
        by=by,
        resample=resample,
        share=share,
        replicates=replicates,
        seed=seed,
    )[0]


def calibrate_together(
    counts: Counts,
    detectors: Detectors,
    budget: str | float | Budget = "1 per region-year",
    *,
    by: Thresholds = "auto",
    resample: Resample = "parametric",
    share: float | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[Calibration]:
    """Find thresholds of several detectors whose alarms, taken together, keep one budget.

    With formulas each detector has the budget divided by their number: an episode of all is at least one of
    some detector, so together they have no more. On histories they share an equal part of the budget too,
    but the largest one at which the episodes of all together keep it.

    Parameters
    ----------
    detectors : one detector, several, or a mapping from names to them
        See :func:`calibrate` for what one may be, and for the other parameters.
    progress : callable, optional
        ``progress(done, total, what)``, before each step; `total` grows where there are many regions.

    Returns
    -------
    list of Calibration
        One for each detector: `rate` is its own, `together` that of all.
    """
    specs = detector_specs(detectors)
    allowed = parse_budget(budget)
    _check(specs, by, resample, share, replicates)
    check_seed(seed)
    rate = allowed.per_region(len(counts.regions))
    formulas = all(spec.keeps for spec in specs) or any(spec.single for spec in specs)
    if by == "formula" or (by == "auto" and not _asks_for_history(resample, share) and formulas):
        own = [_formula(counts, spec, rate, len(specs), allowed) for spec in specs]
        together = np.sum([one.rate for one in own], axis=0)
        return [replace(one, together=together) for one in own]
    aim = rate * AIM if share is None else rate
    say = progress or (lambda done, total, what: None)
    say(0, 1 + len(specs), "drawing histories")
    if resample == "rotation":
        batches = rotated(counts, replicates, seed)
    else:
        batches = parametric(counts, replicates, seed, draws=DRAWS if share is None else DRAWS_OF_A_SHARE)
    parts = [_on_histories(specs, batch, aim, share, say) for batch in batches]
    words = _words(resample, share, replicates, len(specs))
    numbers = np.full((len(specs), 3, len(counts.regions)), np.nan)
    for at, found, _ in parts:
        numbers[:, :, at] = found
    together = np.concatenate([union for *_, union in parts])
    return [
        Calibration(
            spec.name, str(spec.threshold), counts.regions, level, mean, error, together, allowed, words
        )
        for spec, (level, mean, error) in zip(specs, numbers, strict=True)
    ]


def _asks_for_history(resample: str, share: float | None) -> bool:
    return share is not None or resample != "parametric"


def _check(
    specs: Sequence[DetectorSpec], by: str, resample: str, share: float | None, replicates: int
) -> None:
    check_choice("source of thresholds", by, Thresholds)
    check_choice("resample", resample, Resample)
    check_whole(DRAWS, MOST_REPLICATES, replicates=replicates)
    for spec in specs:
        if spec.threshold is None:
            raise OptionError(
                f"{spec.name} has no threshold that a budget could set",
                expected="an option alpha: the probability of an alarm where nothing has happened",
                todo="add it, or name another: DetectorSpec(name, function, threshold=...)",
            )
        if spec.single and (by == "history" or (by == "auto" and _asks_for_history(resample, share))):
            raise OptionError(
                f"{spec.name} takes one {spec.threshold} for all regions",
                expected="a detector whose threshold may differ from region to region",
                todo="take the threshold by formula",
            )
        if not spec.by_region:
            raise OptionError(
                f"{spec.name} answers for all regions at once",
                expected="a detector that tests every region on its own counts",
            )
    if by == "formula" and resample == "rotation" and share is None:
        raise OptionError(
            "a formula takes no histories, rotated or not",
            found="the formula",
            todo="leave out rotation, or take the thresholds from the history",
        )
    if share is not None:
        if not (0.5 <= numbers_of(share) < 1):
            raise OptionError("share is not usable", expected="from 0.5 to below 1", found=str(share))
        if by == "formula" or resample == "rotation":
            raise OptionError(
                "share needs models drawn from what the history leaves open",
                expected="thresholds calibrated on the history, by parametric resampling",
                found="the formula" if by == "formula" else "rotation",
            )


def _formula(counts: Counts, spec: DetectorSpec, rate: float, detectors: int, budget: Budget) -> Calibration:
    own = rate / detectors
    level = float(spec.from_budget(own, counts.freq))
    kept = float(spec.to_budget(level, counts.freq))
    threshold = np.full(len(counts.regions), level)
    spent = "the budget" if spec.spends == 1 else f"{100 * spec.spends:g} % of the budget"
    said = {
        "pvalue": f"the probability of an alarm in a period is {spent} divided by the periods of a year",
        "arl": "the mean number of periods between alarms is that of the budget",
    }[spec.formula or "pvalue"]
    if not np.isclose(kept, own):
        edge = "loosest" if kept < own else "strictest"
        said = f"{spec.threshold} {level:g} is the {edge} considered, so the budget is not what is spent"
    parts = f", 1/{detectors} of the budget each" if detectors > 1 else ""
    holds = (
        "the rate is at most that, as near alarms are one episode"
        if spec.keeps
        else "that holds if the counts follow the detector's model, and overdispersed or dependent counts "
        "raise more false alarms"
    )
    return Calibration(
        spec.name,
        str(spec.threshold),
        counts.regions,
        threshold,
        np.full(threshold.shape, kept),
        np.full(threshold.shape, np.nan),
        np.full(threshold.shape, rate),
        budget,
        f"By formula{parts}: {said}; {holds}",
        "at most" if spec.keeps else "by the model",
    )


def _words(resample: str, share: float | None, replicates: int, detectors: int) -> str:
    how = (
        "on years drawn from a model of each region (mean, season, dispersion of window sums), varied by "
        "what its history leaves open"
        if resample == "parametric"
        else "on each region's own history, turned round"
    )
    kept = (
        f"kept in {100 * share:g} % of regions"
        if share is not None
        else f"kept on average, with {100 * (1 - AIM):.0f} % to spare"
    )
    split = f", shared by {detectors} detectors" if detectors > 1 else ""
    return f"Calibrated {how}, {replicates} for each region; the budget is {kept}{split}"


def _on_histories(
    specs: Sequence[DetectorSpec], batch: Histories, rate: float, share: float | None, say: Progress
) -> tuple[IndexArray, FloatArray, FloatArray]:
    """Return a batch's regions, (threshold, rate, error) by detector and region, and the rate of all."""
    runs = []
    done, total = 1 + batch.number * len(specs), 1 + batch.batches * len(specs)
    for i, spec in enumerate(specs):
        say(done + i, total, f"calibrating {spec.name}")
        runs.append(Calibrator(spec, batch))
    regions = batch.at.size
    if len(runs) == 1:
        levels = [1.0]
    elif share is not None:
        levels = [1 / len(runs)]
    else:
        levels = list(np.geomspace(1 / len(runs), 1.0, LEVELS))
    kept = np.full((len(runs), 3, regions), np.nan)
    union = np.zeros(regions)
    for level in levels:
        found = [run.find(rate * level, share) for run in runs]
        alarms = [run.alarms(threshold) for run, threshold in zip(runs, found, strict=True)]
        years = np.max([run.years for run in runs], axis=0)
        together = np.logical_or.reduce(alarms) if len(alarms) > 1 else alarms[0]
        all_rate = episodes_per_year(together, years, batch.counts_days)[0]
        own = [
            np.stack((threshold, *episodes_per_year(alarm, run.years, batch.counts_days)))
            for run, threshold, alarm in zip(runs, found, alarms, strict=True)
        ]
        # A larger share of the budget is taken where all together still keep it.
        better = (all_rate <= rate + 1e-9) | (level == levels[0])
        union = np.where(better, all_rate, union)
        kept = np.where(better, np.array(own), kept)
    return batch.at, kept, union
