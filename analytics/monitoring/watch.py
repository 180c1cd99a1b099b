"""Several detectors, one answer for each region, one budget of false alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.counts.stated import state_latest
from analytics.detectors import DetectorSpec, predictive
from analytics.detectors._predictive import SHORTEST
from analytics.detectors.registry import Detectors, detector_specs
from analytics.detectors.spec import BY_WEEK
from analytics.errors import OptionError
from analytics.kernels.common.episodes import episode_spans
from analytics.monitoring.budget import Budget, parse_budget
from analytics.monitoring.calibration import REPLICATES, Calibration, Thresholds, calibrate_together
from analytics.monitoring.histories import Resample, usable_history
from analytics.monitoring.result import MonitorResult
from analytics.options import Progress, check_whole, part_of
from analytics.periods import DAY, YEAR_DAYS, YEAR_OF_WEEKS, Freq
from analytics.results import Alarms

__all__ = ["DEFAULT_DETECTORS", "monitor", "recommended", "silence"]


DEFAULT_DETECTORS: Mapping[Freq, tuple[str, ...]] = MappingProxyType(
    {"week": ("predictive",), "day": ("recent_window",)}
)
SHORT_DETECTORS = ("recent_window",)  # where the recommended one cannot test the latest period yet
_YOUNG = 39  # weeks, from which on it surely can: 26 before its last refit, of which there is one in 13
SILENT_DAYS = 28  # without an incident anywhere: may be the end of the file


def monitor(
    counts: Counts,
    detectors: Detectors | None = None,
    budget: str | float | Budget = "1 per region-year",
    *,
    last: int | None = None,
    thresholds: Thresholds = "auto",
    resample: Resample = "parametric",
    share: float | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
    completeness: float | Sequence[float] | None = None,
    completeness_sd: float | Sequence[float] | None = None,
    progress: Progress | None = None,
) -> MonitorResult:
    """Watch every region with several detectors, and give one answer for each.

    Parameters
    ----------
    counts : Counts
        Taken at the frequency shown. The answer is about the last period over at `as_of`.
    detectors : str, DetectorSpec, callable, several of them, or a mapping from names to them, optional
        Names from the registry of detectors, detectors with options of their own, or functions
        ``f(counts, *, alpha, last) -> Alarms``: see :class:`~analytics.detectors.DetectorSpec`. By default
        those of ``DEFAULT_DETECTORS`` for days or weeks; while a history by week is too short for
        `predictive`, :func:`~analytics.detectors.recent_window`, which tests from 16 weeks on.
    budget : str, number or Budget
        False-alarm episodes allowed, of all detectors together: "1 per region-year",
        "12 per year over all regions", or a number per region-year.
    last : int, optional
        Test so many periods, to say since when and how often; a year (52 weeks or 364 days) by default, or
        what there is.
    thresholds : {"auto", "formula", "history"}
        Where thresholds come from: `by` of :func:`calibrate`.
    resample, share, replicates, seed
        As in :func:`calibrate`.
    completeness, completeness_sd : float, sequence of float, or None
        Share of the incidents that are already reported, and its standard deviation: one number for the last
        two weeks that are over, or one for each of the last so many periods. None: what the counts know
        (``counts.completeness``). Expected counts are of what would have been reported by now.
    progress : callable, optional
        ``progress(done, total, what)``, before each step.

    Returns
    -------
    MonitorResult

    Raises
    ------
    OptionError
        If a detector or option is unknown, or a detector has no answer for every region.
    HistoryError
        If no period is over.

    Notes
    -----
    A region has an alarm if any detector has one in the latest period, and is not tested if none could
    answer. Alarms of all detectors within two weeks of each other are one episode, and the budget is of such
    episodes: see :func:`calibrate_together` for how detectors share it.

    Thresholds that are calibrated are so on the history before the periods tested, where that is a year at
    least (two years for rotation), so that the alarms of the past year are what one would have seen.

    The default watch does not keep its budget where the spread of the counts grows over the years: 1.45
    episodes a region-year at half an incident a day and 2.25 at two for a budget of one, and 1.19 where the
    rate switches between regimes, at two a day (``benchmarks/results/monitor_limits.md``).

    Examples
    --------
    >>> days = pd.date_range("2018-01-01", periods=840)
    >>> daily = pd.DataFrame(np.random.default_rng(2).poisson(0.5, (840, 2)), days, ["Diyala", "Kirkuk"])
    >>> daily.loc[days[-10:], "Kirkuk"] += 2
    >>> result = monitor(Counts.from_frame(daily, freq="day", as_of=days[-1]).resample("week"))
    >>> result.sentence()
    '2020-W16: alarm in Kirkuk (predictive); no alarm in 1 of 2 regions.'
    """
    allowed = parse_budget(budget)
    history = usable_history(counts)
    chosen, instead = (detectors, ()) if detectors is not None else recommended(history)
    specs = detector_specs(chosen)
    counts = state_latest(counts, len(history.starts), completeness, completeness_sd)
    size = 7 if counts.freq == "week" else 1
    over = len(history.starts) * history.period_days // size
    check_whole(1, last=last)
    tested = min(over, YEAR_OF_WEEKS // size if last is None else int(last))
    for spec in specs:
        if counts.freq == "day" and not spec.daily:
            raise OptionError(f"{spec.name} tests week by week", todo=BY_WEEK)
    before, notes = _before(history, tested * size, YEAR_OF_WEEKS * (2 if resample == "rotation" else 1))
    steps = 0
    tell = part_of(progress, after=len(specs))

    def calibrating(done: int, total: int, what: str) -> None:
        nonlocal steps
        steps = total
        tell(done, total, what)

    found = calibrate_together(
        before,
        specs,
        allowed,
        by=thresholds,
        resample=resample,
        share=share,
        replicates=replicates,
        seed=seed,
        progress=calibrating,
    )
    simulated = not np.isnan(found[0].rate_error).all()
    parts = []
    tell = part_of(progress, before=steps)
    for i, (spec, own) in enumerate(zip(specs, found, strict=True)):
        tell(i, len(specs), f"running {spec.name}")
        parts.append(_run(spec, counts, own, tested))
    alarms = Alarms.concat(parts)
    return MonitorResult(
        frame=_frame(alarms, parts, found[0].together),
        alarms=alarms,
        calibrations=tuple(found),
        budget=allowed,
        parameters={
            "detectors": tuple(spec.name for spec in specs),
            **allowed.stated(len(counts.regions)),
            "last": tested,
            "thresholds": thresholds,
            "resample": resample,
            "share": share,
            "replicates": replicates,
            "seed": seed,
            "completeness": completeness,
            "completeness_sd": completeness_sd,
        },
        notes=(*alarms.notes, *instead, *(notes if simulated else ()), *silence(history)),
    )


def recommended(history: Counts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the detectors where none are named, and a note where the history is too short for the usual."""
    usual = DEFAULT_DETECTORS[history.freq]
    weeks = len(history.starts) * history.period_days // 7
    if history.freq != "week" or weeks >= _YOUNG:
        return usual, ()
    if predictive(history, last=1).tested.any():
        return usual, ()
    return SHORT_DETECTORS, (
        f"the history of {weeks} weeks is too short for predictive, which needs {SHORTEST} before its last "
        "refit: recent_window watches instead, from 16 weeks on",
    )


def silence(history: Counts) -> tuple[str, ...]:
    """Return a note where nothing happened anywhere for longer than ever before, up to `as_of`."""
    # Row by row: of very many regions, no second array over all of them.
    rows = zip(history.values, history.coverage, strict=True)
    busy = np.flatnonzero([bool((counts[known] != 0).any()) for counts, known in rows])
    if not busy.size:
        return ()
    ends = len(history.starts) - 1 - busy[-1]
    longest = int(np.diff(busy).max(initial=1)) - 1
    covered = history.coverage[busy[-1] + 1 :].any()
    if not covered or ends <= longest or ends * history.period_days < SILENT_DAYS:
        return ()
    from_day = history.starts[busy[-1] + 1]
    return (
        f"no incident in any region since {from_day}, longer than ever before in these counts: if the file "
        "ends there, what follows is not quiet but missing; as_of says until when it is complete",
    )


def _before(history: Counts, tested_days: int, least: int) -> tuple[Counts, tuple[str, ...]]:
    """Return the history that thresholds are calibrated on, and a note where it holds what is tested."""
    periods = len(history.starts) - tested_days // history.period_days
    if periods * history.period_days < least:
        span = "a year" if least == YEAR_OF_WEEKS else "two years"
        return history, (
            f"less than {span} lies before the periods tested, so thresholds are calibrated on these too: "
            "the alarms of the past are not quite what one would have seen",
        )
    return history.until(history.starts[periods] - DAY), ()


def _run(spec: DetectorSpec, counts: Counts, found: Calibration, last: int) -> Alarms:
    level = found.threshold
    # What was found for each region is run as it was looked for, whether or not it is the same for all.
    own = found.rate_is == "on average" or bool((level != level[0]).any())
    alarms = spec.run(counts, level if own else float(level[0]), last=last)
    run = replace(alarms.how(), name=spec.name, rate=found.rate, rate_basis=found.basis)
    return replace(alarms, detectors=(spec.name,) * len(alarms.regions), runs=(run,))


def _frame(alarms: Alarms, parts: Sequence[Alarms], rate: FloatArray) -> pd.DataFrame:
    regions = parts[0].regions
    width, now = len(regions), alarms.latest_index
    shape = (len(alarms.starts), len(parts), width)
    alarm, tested = alarms.alarm.reshape(shape), alarms.tested.reshape(shape)
    union, any_tested = np.asarray(alarm.any(axis=1)), np.asarray(tested.any(axis=1))
    series, first, final, _ = episode_spans(union, alarms.period_days)
    starts = alarms.starts.astype("datetime64[us]")
    since = np.full(width, np.datetime64("NaT", "us"), dtype="datetime64[us]")
    running = final == now  # an alarm now: the episode that reaches the latest period
    since[series[running]] = starts[first[running]]
    latest = since.copy()
    latest[series] = starts[final]  # episodes are in order of time, so the last one stays
    covered = alarms.covered.reshape(shape)[now].any(axis=0)
    observed = pd.array(alarms.observed.reshape(shape)[now].max(axis=0).astype(np.int64), dtype="Int64")
    observed[~covered] = pd.NA
    answer = pd.array(union[now], dtype="boolean")
    answer[~any_tested[now]] = pd.NA
    names = np.array([part.detectors[0] for part in parts], dtype=object)
    return pd.DataFrame(
        {
            "region": pd.array(list(regions), dtype="str"),
            "period": np.broadcast_to(starts[now], width),
            "label": pd.array([alarms.labels()[now]] * width, dtype="str"),
            "observed": observed,
            "alarm": answer,
            "by": pd.array([", ".join(names[own]) for own in alarm[now].T], dtype="str"),
            "since": since,
            "episodes": np.bincount(series, minlength=width),
            "years": any_tested.sum(axis=0) * alarms.period_days / YEAR_DAYS,
            "rate": rate,
            "last_alarm": latest,
            "note": pd.array(_notes(alarms, names, shape, now), dtype="str"),
        }
    )


def _notes(alarms: Alarms, names: npt.NDArray[np.object_], shape: tuple[int, ...], now: int) -> list[str]:
    """Return what each region's detectors say about the latest period, once where they say the same."""
    if alarms.note is None:
        return [""] * shape[2]
    codes = alarms.note.reshape(shape)[now]
    out = []
    for column in codes.T:
        said = [alarms.reasons[code] for code in column]
        if len(set(said)) == 1:
            out.append(said[0])
        else:
            out.append("; ".join(f"{name}: {text}" for name, text in zip(names, said, strict=True) if text))
    return out
