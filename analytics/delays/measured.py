"""Completeness of the recent days, measured from the days of the reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analytics._typing import Days, FloatArray
from analytics.counts import Counts
from analytics.counts.completeness import SETTLED_DAYS, Completeness
from analytics.delays.dated import DatedReports, Measured, measure
from analytics.incidents import Incidents
from analytics.periods import DAY

__all__ = ["completeness_at", "with_completeness", "with_measured_completeness"]

_RECENT = 14
_DIFFER = 0.1  # between the shares of regions, from which it is said


def with_measured_completeness(
    counts: Counts,
    incidents: Incidents,
    *,
    where: str | None = None,
    longest: int = SETTLED_DAYS,
    training: int = 364,
    holidays: Sequence[object] | None = None,
) -> Counts:
    """Return the counts with the completeness of each day, measured from the days of the reports.

    Parameters
    ----------
    counts : Counts
        Counted from `incidents`, by whatever column.
    incidents : Incidents
        With the day of each report (`reported_on`). What was reported after ``counts.as_of`` is not used.
    where : str, optional
        Measure the delays of these incidents alone; of all unless given.
    longest : int
        Days after which nothing more is expected; older days are complete.
    training : int
        Days of incidents that the delays are measured from, the last ones.
    holidays : sequence of str or date, optional
        Days on which reports may come otherwise: terms of a country's calendar
        (:func:`analytics.geo.calendar_names`) such as ``"eid_al_fitr"``, or single days.

    Returns
    -------
    Counts
        The same counts with their `completeness`, which tests, detectors and ``monitor`` read; and a note.

    Raises
    ------
    InputError
        If the incidents do not state the day of their report. ACLED's ``timestamp`` is the last change.
    HistoryError
        If there are too few reports to say.
    OptionError
        If a holiday is neither a term of a calendar nor a day.

    Notes
    -----
    Reverse-time hazards of right-truncated delays (Kalbfleisch and Lawless 1991; Lawless 1994), a region's
    drawn towards the whole's (:func:`analytics.kernels.delays.reverse_time.pooled_curves`). The variance is
    Greenwood's, times how much the reports of one week's incidents go together.

    Where reports depend on the weekday on which they are made (an F test at 0.001 says so), or on `holidays`,
    each kind of day has its hazards (:mod:`analytics.kernels.delays.report_days`). Delays of the last weeks
    may be those before, multiplied by one factor (:mod:`analytics.kernels.delays.stretch`): the share is the
    mean over what the reports leave possible, so it has a wider deviation when they point to a change.

    Examples
    --------
    >>> import pandas as pd
    >>> from analytics import count_incidents, read_incidents
    >>> days = pd.date_range("2019-01-01", periods=400).repeat(2)
    >>> late = np.random.default_rng(1).geometric(0.2, 800)
    >>> table = pd.DataFrame({"date": days, "reported_on": days + pd.to_timedelta(late, "D")})
    >>> incidents = read_incidents(table, as_of="2020-01-31", columns={"date_start": "date"})
    >>> counts = with_measured_completeness(count_incidents(incidents, by=None), incidents)
    >>> counts.completeness.share[-8:, 0].round(1).tolist()
    [0.8, 0.7, 0.7, 0.6, 0.5, 0.4, 0.2, 0.0]
    """
    by = None if counts.by == "total" else counts.by
    dated = DatedReports.of(incidents, counts.as_of, by=by, where=where)
    return with_completeness(counts, measure(dated, longest=longest, training=training, holidays=holidays))


def with_completeness(counts: Counts, found: Measured) -> Counts:
    """Return the counts with the completeness that delays give; a region without its own has the whole's."""
    at = {name: i for i, name in enumerate(found.groups)} if counts.by != "total" else {}
    group = np.array([at.get(name, len(found.groups)) for name in counts.regions])
    share, deviation = completeness_at(found, counts.starts, group)
    for more in range(1, counts.period_days):
        also = completeness_at(found, counts.starts + more * DAY, group)
        share, deviation = share + also[0], deviation + also[1]
    if counts.period_days > 1:
        share, deviation = share / counts.period_days, deviation / counts.period_days
    basis = found.basis
    note = f"completeness {basis}, delays of up to {found.longest} days"
    return replace(
        counts,
        completeness=Completeness(np.minimum(share, 1.0), deviation, basis),
        notes=(*counts.notes, note, *found.notes, *_differing(counts, share)),
    )


def _differing(counts: Counts, share: FloatArray) -> list[str]:
    """Say where regions differ."""
    recent = share[max(counts.complete - _RECENT // counts.period_days, 0) : counts.complete].mean(axis=0)
    if not len(recent) or not np.ptp(recent) > _DIFFER:
        return []
    low, high = int(np.argmin(recent)), int(np.argmax(recent))
    return [
        f"completeness of the last {_RECENT} days differs between regions, from {100 * recent[low]:.0f} % "
        f"({counts.regions[low]}) to {100 * recent[high]:.0f} % ({counts.regions[high]}): each is held "
        "against its own"
    ]


def completeness_at(found: Measured, days: Days, group: np.ndarray) -> tuple[FloatArray, FloatArray]:
    """Return share and deviation of each day and group; NaN after the day whose knowledge it is."""
    age = ((found.known_on - days) / DAY).astype(np.int64)
    at = np.clip(age, 0, found.longest)[:, None]
    share, deviation = found.now.share[at, group], found.now.deviation[at, group]
    future = (age < 0)[:, None]
    return np.where(future, np.nan, share), np.where(future, np.nan, deviation)
