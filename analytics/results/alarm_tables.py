"""Alarms as tables and words."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import FloatArray
from analytics.kernels.common.episodes import EPISODE_DAYS, episode_spans
from analytics.results.words import format_number, format_p

if TYPE_CHECKING:
    from analytics.results.alarms import Alarms

__all__ = [
    "NUMBERS",
    "alarms_episodes",
    "alarms_frame",
    "alarms_html",
    "alarms_sentence",
    "alarms_summary",
    "alarms_text",
    "counted",
]


NUMBERS = ("expected", "upper_bound", "statistic", "pvalue", "qvalue")
_NAMED = 4  # regions named in a sentence before it counts the rest


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "alarm"), counted(2, "alarm")
    ('1 alarm', '2 alarms')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def alarms_frame(alarms: Alarms, rows: slice) -> pd.DataFrame:
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


def alarms_episodes(alarms: Alarms) -> pd.DataFrame:
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


def alarms_summary(alarms: Alarms) -> pd.DataFrame:
    """Return the latest period, alarms first; see `Alarms.summary`."""
    now = alarms.latest()
    count = alarms.onsets.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.where(alarms.years > 0, count / alarms.years, np.nan)
    word = now["alarm"].map({True: "alarm", False: "no alarm"}).astype(object)
    table = pd.DataFrame(
        {
            "detector": now["detector"],
            "region": now["region"],
            "period": now["label"],
            "observed": [format_number(float(v), 0) if v is not pd.NA else "–" for v in now["observed"]],
            "expected": [format_number(v) for v in now["expected"]],
            "upper bound": [format_number(v) for v in now["upper_bound"]],
            "p": now["pvalue"].map(format_p),
            "answer": word.where(now["alarm"].notna(), "not tested"),
            "why": now["note"],
            "episodes": count,
            "per year": [format_number(v, 2) for v in rate],
        }
    )
    order = now["alarm"].map({True: 0, False: 1}).astype(float).fillna(2).to_numpy()
    return table.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def alarms_sentence(alarms: Alarms) -> str:
    """Return the latest answer in words; see `Alarms.sentence`."""
    tag = "SIMULATED data: " if alarms.simulated else ""
    now = alarms.latest()
    said = []
    for run in alarms.runs:
        rows = now[now["detector"] == run.name]
        raised = rows.loc[rows["alarm"].fillna(False).astype(bool), "region"].tolist()
        named = ", ".join(raised[:_NAMED]) + (
            f" and {len(raised) - _NAMED} more" if len(raised) > _NAMED else ""
        )
        untested = int(rows["alarm"].isna().sum())
        quiet = len(rows) - len(raised) - untested
        parts = [f"alarm in {named}"] if raised else []
        parts += [f"{word} in {n}" for word, n in (("no alarm", quiet), ("not tested", untested)) if n]
        of = "" if len(raised) == len(rows) else f" of {counted(len(rows), 'region')}"
        said.append(f"{run.name}: {'; '.join(parts)}{of}")
    return f"{tag}{now['label'].iloc[0]}: {'. '.join(said)}."


def alarms_text(alarms: Alarms) -> str:
    """Return the alarms for a terminal."""
    parts = [alarms.sentence(), "", alarms.summary().to_string(index=False), ""]
    for run in alarms.runs:
        parts.append(f"{run.name}: {run.method}")
        if run.rate is not None:
            parts.append(
                f"{run.name}: {format_number(float(np.nanmean(run.rate)), 2)} false-alarm episodes per "
                f"region-year expected ({run.rate_basis})"
            )
    return "\n".join([*parts, *(f"note: {note}" for note in alarms.notes)])


def alarms_html(alarms: Alarms) -> str:
    """Return the alarms for a notebook."""
    items = "".join(f"<li>{html.escape(f'{run.name}: {run.method}')}</li>" for run in alarms.runs)
    items += "".join(f"<li>{html.escape(note)}</li>" for note in alarms.notes)
    said, table = html.escape(alarms.sentence()), alarms.summary().to_html(index=False)
    return f"<p><b>{said}</b></p>{table}<ul>{items}</ul>"
