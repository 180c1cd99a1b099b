"""Alarms as tables and words."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import FloatArray
from analytics.kernels.common.episodes import EPISODE_DAYS, episode_spans
from analytics.results.alarm_arrays import NUMBERS, AlarmArrays
from analytics.results.words import (
    NAMED,
    counted,
    format_number,
    format_p,
    listed,
    mark,
)

__all__ = [
    "ALARM",
    "NOT_TESTED",
    "NO_ALARM",
    "alarms_episodes",
    "alarms_first",
    "alarms_frame",
    "alarms_html",
    "alarms_latest",
    "alarms_sentence",
    "alarms_summary",
    "alarms_text",
    "alarms_tidy",
    "answer_words",
    "said_where",
    "written_counts",
]

ALARM, NO_ALARM, NOT_TESTED = "alarm", "no alarm", "not tested"


def answer_words(alarm: pd.Series) -> pd.Series:
    """Return "alarm", "no alarm" or "not tested" for each row of a nullable column."""
    words = alarm.map({True: ALARM, False: NO_ALARM}).astype(object)
    return words.where(alarm.notna(), NOT_TESTED).astype("str")


def alarms_first(table: pd.DataFrame, answers: pd.Series) -> pd.DataFrame:
    """Return the rows with an alarm first and those not tested last, each in the order they had."""
    order = answers.map({ALARM: 0, NO_ALARM: 1, NOT_TESTED: 2}).to_numpy()
    return table.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def written_counts(observed: pd.Series) -> list[str]:
    """Write counts for readers, a dash where there was no coverage."""
    return [format_number(float(v), 0) if v is not pd.NA else "–" for v in observed]


def said_where(answers: pd.Series, raised: Sequence[str], most: int = NAMED) -> str:
    """Say where there is an alarm, and in how many regions not.

    Parameters
    ----------
    answers : Series
        From :func:`answer_words`.
    raised : sequence of str
        Names of those with an alarm.
    most : int
        So many are named.

    Examples
    --------
    >>> said_where(pd.Series(["alarm", "no alarm", "not tested"]), ["Kirkuk"])
    'alarm in Kirkuk; no alarm in 1; not tested in 1 of 3 regions'
    """
    named = listed(raised, most)
    parts = [f"{ALARM} in {named}"] if raised else []
    numbers = {word: int((answers == word).sum()) for word in (NO_ALARM, NOT_TESTED)}
    parts += [f"{word} in {number}" for word, number in numbers.items() if number]
    of = "" if len(raised) == len(answers) else f" of {counted(len(answers), 'region')}"
    return "; ".join(parts) + of


def alarms_frame(alarms: AlarmArrays, rows: slice) -> pd.DataFrame:
    """Return one row for each detector, region and period; see `Alarms.frame`."""
    periods, series = alarms.starts[rows].size, len(alarms.regions)
    names = np.array(alarms.detectors, dtype=object), np.array(alarms.regions, dtype=object)
    observed = pd.array(alarms.observed[rows].T.ravel().astype(np.int64), dtype="Int64")
    observed[~alarms.covered[rows].T.ravel()] = pd.NA
    alarm = pd.array(alarms.alarm[rows].T.ravel(), dtype="boolean")
    alarm[~alarms.tested[rows].T.ravel()] = pd.NA
    numbers = {
        name: np.full(periods * series, np.nan)
        if getattr(alarms, name) is None
        else getattr(alarms, name)[rows].T.ravel().astype(float)
        for name in NUMBERS
    }
    reasons = np.array(alarms.reasons, dtype=object)
    note = "" if alarms.note is None else reasons[alarms.note[rows].T.ravel()]
    return pd.DataFrame(
        {
            "detector": np.repeat(names[0], periods),
            "region": np.repeat(names[1], periods),
            "period": np.tile(alarms.starts[rows].astype("datetime64[us]"), series),
            "label": np.tile(np.array(alarms.labels()[rows], dtype=object), series),
            "observed": observed,
            **numbers,
            "alarm": alarm,
            "note": pd.array(np.broadcast_to(note, periods * series), dtype="str"),
        }
    )


def alarms_latest(alarms: AlarmArrays) -> pd.DataFrame:
    """Return the rows of the last period over at `as_of`; see `Alarms.latest`."""
    return alarms_frame(alarms, slice(alarms.latest_index, alarms.latest_index + 1)).reset_index(drop=True)


def alarms_tidy(alarms: AlarmArrays) -> pd.DataFrame:
    """Return one row a region for each detector; see `Alarms.tidy`."""
    now = alarms_latest(alarms)
    named = {"note": "reason", "label": "period"}
    table = now.drop(columns="period").assign(verdict=answer_words(now["alarm"])).rename(columns=named)
    shared = ["region", "observed", "expected", "pvalue", "qvalue", "verdict", "reason"]
    return table[[*shared, "detector", "period", "upper_bound", "statistic"]]


def alarms_episodes(alarms: AlarmArrays) -> pd.DataFrame:
    """Return one row for each episode; see `Alarms.episodes`."""
    series, first, last, raised = episode_spans(alarms.alarm, alarms.period_days)
    labels = np.array(alarms.labels(), dtype=object)
    step = np.timedelta64(EPISODE_DAYS, "D")

    def total(array: npt.NDArray[Any] | None) -> FloatArray:
        if array is None:
            return np.full(series.size, np.nan)
        known = ~np.isnan(array) if array.dtype.kind == "f" else np.ones(array.shape, dtype=bool)
        zero = np.zeros((1, array.shape[1]))
        running = np.vstack([zero, np.cumsum(np.where(known, array, 0), axis=0, dtype=float)])
        missing = np.vstack([zero, np.cumsum(~known, axis=0)])
        absent = missing[last + 1, series] > missing[first, series]
        return np.where(absent, np.nan, running[last + 1, series] - running[first, series])

    largest = np.full(series.size, np.nan)
    if alarms.statistic is not None and series.size:
        flat = np.where(np.isnan(alarms.statistic), -np.inf, alarms.statistic).T.ravel()
        periods = len(alarms.starts)
        edges = np.column_stack([series * periods + first, series * periods + last + 1]).ravel()
        found = np.maximum.reduceat(np.append(flat, -np.inf), edges)[::2]
        largest = np.where(np.isinf(found) & (found < 0), np.nan, found)
    names = np.array(alarms.detectors, dtype=object), np.array(alarms.regions, dtype=object)
    return pd.DataFrame(
        {
            "detector": pd.array(names[0][series], dtype="str"),
            "region": pd.array(names[1][series], dtype="str"),
            "start": alarms.starts[first].astype("datetime64[us]"),
            "end": alarms.starts[last].astype("datetime64[us]"),
            "label": pd.array(labels[first], dtype="str"),
            "periods": last - first + 1,
            "alarms": raised,
            "observed": total(np.where(alarms.covered, alarms.observed, 0)).astype(np.int64),
            "expected": total(alarms.expected),
            "statistic": largest,
            "ongoing": alarms.starts[alarms.latest_index] - alarms.starts[last] <= step,
        }
    )


def alarms_summary(alarms: AlarmArrays) -> pd.DataFrame:
    """Return the latest period, alarms first; see `Alarms.summary`."""
    now = alarms_latest(alarms)
    count = alarms.onsets.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.where(alarms.years > 0, count / alarms.years, np.nan)
    answers = answer_words(now["alarm"])
    table = pd.DataFrame(
        {
            "detector": now["detector"],
            "region": now["region"],
            "period": now["label"],
            "observed": written_counts(now["observed"]),
            "expected": [format_number(v) for v in now["expected"]],
            "upper bound": [format_number(v) for v in now["upper_bound"]],
            "p": now["pvalue"].map(format_p),
            "answer": answers,
            "why": now["note"],
            "episodes": count,
            "per year": [format_number(v, 2) for v in rate],
        }
    )
    return alarms_first(table, answers)


def alarms_sentence(alarms: AlarmArrays) -> str:
    """Return the latest answer in words; see `Alarms.sentence`."""
    tag = mark(alarms.simulated)
    now = alarms_latest(alarms)
    now["answer"] = answer_words(now["alarm"])
    said = []
    for run in alarms.runs:
        rows = now[now["detector"] == run.name]
        raised = rows.loc[rows["answer"] == ALARM, "region"].tolist()
        said.append(f"{run.name}: {said_where(rows['answer'], raised)}")
    return f"{tag}{now['label'].iloc[0]}: {'. '.join(said)}."


def alarms_text(alarms: AlarmArrays) -> str:
    """Return the alarms for a terminal."""
    parts = [alarms_sentence(alarms), "", alarms_summary(alarms).to_string(index=False), ""]
    for run in alarms.runs:
        parts.append(f"{run.name}: {run.method}")
        if run.rate is not None:
            parts.append(
                f"{run.name}: {format_number(float(np.nanmean(run.rate)), 2)} false-alarm episodes per "
                f"region-year expected ({run.rate_basis})"
            )
    return "\n".join([*parts, *(f"note: {note}" for note in alarms.notes)])


def alarms_html(alarms: AlarmArrays) -> str:
    """Return the alarms for a notebook."""
    items = "".join(f"<li>{html.escape(f'{run.name}: {run.method}')}</li>" for run in alarms.runs)
    items += "".join(f"<li>{html.escape(note)}</li>" for note in alarms.notes)
    said, table = html.escape(alarms_sentence(alarms)), alarms_summary(alarms).to_html(index=False)
    return f"<p><b>{said}</b></p>{table}<ul>{items}</ul>"
