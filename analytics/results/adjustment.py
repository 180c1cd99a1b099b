"""Adjusting alarms for how many regions, or how many periods, were looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, TypeVar

import numpy as np

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.errors import InputError, OptionError, unknown_option
from analytics.kernels.common.multiplicity import benjamini_hochberg, e_benjamini_hochberg
from analytics.kernels.common.online_fdr import lord, saffron
from analytics.options import check_choice, check_level
from analytics.results.alarm_arrays import AlarmArrays, DetectorRun
from analytics.results.words import counted

__all__ = ["CONFLICTS", "Method", "Over", "adjust_alarms"]

A = TypeVar("A", bound=AlarmArrays)
Over = Literal["regions", "time"]
Method = Literal["bh", "ebh", "lord", "saffron"]

_METHODS: dict[Over, tuple[Method, ...]] = {"regions": ("bh", "ebh"), "time": ("lord", "saffron")}
_NAMES: dict[Method, str] = {
    "bh": "Benjamini-Hochberg",
    "ebh": "e-BH (Wang and Ramdas 2022)",
    "lord": "LORD++ (Ramdas et al. 2017)",
    "saffron": "SAFFRON (Ramdas et al. 2018)",
}
CONFLICTS = "disjoint"
BARRED = "below the threshold, but too few incidents for an alarm"
LEFT_OUT = "shares data with a period that was tested"


def adjust_alarms(
    alarms: A,
    *,
    over: Over = "regions",
    method: Method | None = None,
    alpha: float = 0.05,
    conflict: int | Literal["disjoint"] | None = None,
) -> A:
    """Return alarms that allow for how many were looked at; see :meth:`Alarms.adjust`."""
    check_choice("over", over, Over)
    known = _METHODS[over]
    chosen = known[0] if method is None else method
    if chosen not in known:
        raise unknown_option(
            f"method for over={over!r}:",
            chosen,
            known,
            todo="bh and ebh go over regions, lord and saffron over time",
        )
    check_level(alpha=alpha)
    _check_kind(alarms, chosen)
    if over == "time":
        return _over_time(alarms, chosen, alpha, conflict)
    if conflict is not None:
        raise OptionError("conflict is for over='time'", found=str(conflict), todo="leave it out")
    return _over_regions(alarms, chosen, alpha)


def _check_kind(alarms: AlarmArrays, method: Method) -> None:
    kind, held = ("evalue", "statistic") if method == "ebh" else ("pvalue", "pvalue")
    for run in alarms.runs:
        if run.kind != kind:
            article = "an" if kind == "evalue" else "a"
            raise OptionError(
                f"{_NAMES[method]} does not go with {run.name}",
                expected=f"a detector whose evidence is {article} {kind}",
                found=f"{'an' if run.kind == 'evalue' else 'a'} {run.kind}"
                + ("" if method != "ebh" else ", which no e-process stands behind"),
                todo="select(detectors=...) chooses some" if len(alarms.runs) > 1 else None,
            )
    if getattr(alarms, held) is None:
        raise InputError(f"these alarms hold no {held}", expected="one for each cell tested")


def _where_tested(alarms: AlarmArrays, name: str) -> FloatArray:
    return np.where(alarms.tested, getattr(alarms, name), np.nan)


def _rerun(run: DetectorRun, **stated: object) -> DetectorRun:
    """Return the run of an adjusted detector: a false-alarm rate set before no longer holds."""
    return replace(run, parameters={**run.parameters, "adjusted": stated}, rate=None, rate_basis="")


def _span(numbers: IntArray) -> str:
    numbers = numbers[numbers > 0]
    if not numbers.size:
        return "none"
    low, high = int(numbers.min()), int(numbers.max())
    return str(low) if low == high else f"{low} to {high}"


def _over_regions(alarms: A, method: Method, alpha: float) -> A:
    evidence = _where_tested(alarms, "statistic" if method == "ebh" else "pvalue")
    adjust = e_benjamini_hochberg if method == "ebh" else benjamini_hochberg
    names = np.array(alarms.detectors, dtype=object)
    qvalue = np.full(evidence.shape, np.nan)
    notes = []
    for run in alarms.runs:
        own = np.flatnonzero(names == run.name)
        qvalue[:, own] = adjust(evidence[:, own])
        family = _span((~np.isnan(evidence[:, own])).sum(axis=1))
        notes.append(
            f"{run.name}: {_NAMES[method]} over regions; each {alarms.freq} is a family of its own, of "
            f"{family} of {counted(own.size, 'region')} (those not tested are not in it); "
            f"alarm where q is at most {alpha:g}; nothing is adjusted for the number of {alarms.freq}s"
        )
    return replace(
        alarms,
        qvalue=qvalue,
        **_raised(alarms, qvalue <= alpha),
        runs=tuple(_rerun(run, over="regions", method=method, alpha=alpha) for run in alarms.runs),
        notes=(*alarms.notes, *notes),
    )


def _over_time(alarms: A, method: Method, alpha: float, conflict: int | Literal["disjoint"] | None) -> A:
    spend = lord if method == "lord" else saffron
    pvalue = _where_tested(alarms, "pvalue")
    names = np.array(alarms.detectors, dtype=object)
    alarm = np.zeros(pvalue.shape, dtype=bool)
    left_out = np.zeros(pvalue.shape, dtype=bool)
    notes, runs = [], []
    for run in alarms.runs:
        own = np.flatnonzero(names == run.name)
        family, apart, how = pvalue[:, own], 1, ""
        if conflict == CONFLICTS:
            # Counted back from the last period over, so that the latest answer is among those tested.
            keep = (np.arange(len(pvalue)) - alarms.latest_index) % run.overlap == 0
            left_out[np.ix_(~keep, own)] = alarms.tested[np.ix_(~keep, own)]
            family = np.where(keep[:, None], family, np.nan)
            how = (
                f"only one {alarms.freq} in {run.overlap}, so that windows do not overlap"
                if run.overlap > 1
                else ""
            )
        else:
            apart = _conflict(run, conflict)
            if apart > 1:
                how = (
                    f"in its conflict-set version (Zrnic et al. 2021): a {alarms.freq} earns nothing from "
                    f"the {apart - 1} before it, with which its window shares data"
                )
        alarm[:, own] = spend(family, alpha, conflict=apart)[0]
        tests = _span((~np.isnan(family)).sum(axis=0))
        unit = alarms.freq if tests == "1" else f"{alarms.freq}s"
        notes.append(
            f"{run.name}: {_NAMES[method]} over time{', ' + how if how else ''}; each region is a family of "
            f"its own, of {tests} {unit} (those not tested are not in it); expected share of false "
            f"ones among a region's alarms at most {alpha:g}, provided that p-values of windows apart are "
            f"independent; nothing is adjusted for the number of regions"
        )
        runs.append(_rerun(run, over="time", method=method, alpha=alpha, conflict=conflict or apart))
    raised = replace(alarms, **_raised(alarms, alarm))
    changed: dict[str, Any] = {} if not left_out.any() else _without(raised, left_out)
    return replace(raised, qvalue=None, runs=tuple(runs), notes=(*alarms.notes, *notes), **changed)


def _conflict(run: DetectorRun, conflict: object) -> int:
    if conflict is None:
        return run.overlap
    if not isinstance(conflict, int | np.integer) or isinstance(conflict, bool) or conflict < run.overlap:
        raise OptionError(
            f"p-values of {run.name} share data over {run.overlap} periods",
            expected=f"conflict {run.overlap} or more, or {CONFLICTS!r}: one period in {run.overlap} only",
            found=str(conflict),
            todo="leave conflict out",
        )
    return int(conflict)


def _raised(alarms: AlarmArrays, found: BoolArray) -> dict[str, Any]:
    """Return the alarms found, but where the detector asks for more incidents; the note there says so."""
    if alarms.barred is None or not (held := found & alarms.barred).any():
        return {"alarm": found}
    reasons = alarms.reasons if BARRED in alarms.reasons else (*alarms.reasons, BARRED)
    note = np.zeros(found.shape, dtype=np.uint8) if alarms.note is None else alarms.note.copy()
    note[held] = reasons.index(BARRED)
    return {"alarm": found & ~alarms.barred, "note": note, "reasons": reasons}


def _without(alarms: AlarmArrays, left_out: BoolArray) -> dict[str, Any]:
    """Return what changes in the alarms when some cells are not tested after all."""
    reasons = alarms.reasons if LEFT_OUT in alarms.reasons else (*alarms.reasons, LEFT_OUT)
    note = np.zeros(left_out.shape, dtype=np.uint8) if alarms.note is None else alarms.note.copy()
    note[left_out] = reasons.index(LEFT_OUT)
    return {"tested": alarms.tested & ~left_out, "note": note, "reasons": reasons}
