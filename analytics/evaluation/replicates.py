"""Histories turned like a wheel, alone and with an uptick put in, and detectors run on both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, Days, FloatArray, IntArray
from analytics.counts import Counts
from analytics.errors import HistoryError
from analytics.monitoring.histories import rows_of, usable_history
from analytics.periods import DAY, week_first_day
from analytics.results import Alarms
from analytics.simulation.injection import add_upticks

__all__ = ["Replicates", "Run", "columns_at_once", "make_replicates", "run_on", "whole_periods"]

COLUMNS = 2000  # series given to a detector at once


@dataclass(frozen=True, eq=False, slots=True)
class Replicates:
    """Rotated histories, region by region within each replicate.

    Attributes
    ----------
    values, covered : arrays, shape (periods, series)
        On the finest grid.
    added : int array, shape (periods, series)
        Incidents of the uptick, where there is coverage.
    begin, end : datetime64[D] arrays, shape (series,)
        First and last day of each uptick.
    placed : bool array, shape (series,)
        Whether there is an uptick: a covered stretch to put it in, and an incident or more.
    empty : int
        Upticks without an incident.
    """

    values: npt.NDArray[np.int32]
    covered: BoolArray
    added: IntArray
    begin: Days
    end: Days
    placed: BoolArray
    empty: int


@dataclass(frozen=True, eq=False, slots=True)
class Run:
    """What a detector said: arrays of shape (periods, series), and the first day of each period."""

    alarm: BoolArray
    tested: BoolArray
    statistic: FloatArray | None
    starts: Days
    period_days: int
    resets: bool


def whole_periods(counts: Counts) -> Counts:
    """Return the counts without the period still running, from the first whole week on.

    Raises
    ------
    HistoryError
        If no period is over.
    """
    cut = usable_history(counts)
    if cut.finest == "week" or cut.freq == "day":
        return cut
    first = week_first_day(cut.starts[:7], cut.week_start)
    lead = int(np.flatnonzero(first == cut.starts[:7])[0])
    return rows_of(cut, slice(lead, None)) if lead else cut


def make_replicates(
    counts: Counts, replicates: int, last: int, uptick: dict[str, Any], seed: int
) -> Replicates:
    """Turn each region's series by a random number of weeks, and put an uptick into each.

    Parameters
    ----------
    counts : Counts
        From :func:`whole_periods`.
    replicates : int
    last : int
        Periods, at the shown frequency, within which upticks lie.
    uptick : dict
        ratio or size, length (days), shape.
    seed : int

    Raises
    ------
    HistoryError
        If the uptick is longer than that.
    """
    rows, regions = counts.values.shape
    step = counts.period_days
    length = -(-int(uptick["length"]) // step)
    shown_days = 7 if counts.freq == "week" else 1
    room = last * shown_days // step
    if length > room or room > rows:
        raise HistoryError(
            f"an uptick of {uptick['length']} days does not fit",
            expected=f"at most {min(room, rows) * step} days, the periods tested",
            found=f"{uptick['length']} days",
        )
    rng = np.random.Generator(np.random.PCG64(seed))
    block = 7 // step if step == 1 else 1
    offset = block * rng.integers(0, max(rows // block, 1), (replicates, regions))
    column = np.broadcast_to(np.arange(regions), (replicates, regions)).ravel()
    at = (np.arange(rows)[:, None] + offset.ravel()) % rows
    values, covered = counts.values[at, column], counts.coverage[at, column]
    start, placed = _starts(covered, length, room, rng)
    mean = values.sum(axis=0, where=covered) / np.maximum(covered.sum(axis=0), 1)
    added = add_upticks(
        mean, start, length, uptick["shape"], rows, rng, ratio=uptick.get("ratio"), size=uptick.get("size")
    )
    some = added.any(axis=0)
    begin = counts.starts[start]
    return Replicates(
        values=values,
        covered=covered,
        added=np.where(covered, added, 0),
        begin=begin,
        end=begin + (length * step - 1) * DAY,
        placed=placed & some,
        empty=int((placed & ~some).sum()),
    )


def _starts(
    covered: BoolArray, length: int, room: int, rng: np.random.Generator
) -> tuple[IntArray, BoolArray]:
    """Return a random start for each series among those with coverage throughout."""
    rows = len(covered)
    running = np.vstack([np.zeros((1, covered.shape[1]), dtype=np.int64), covered.cumsum(axis=0)])
    first = rows - room
    free = running[first + length :] - running[first : rows - length + 1] == length
    chosen = np.where(free, rng.random(free.shape), -1.0).argmax(axis=0)
    return first + chosen, free.any(axis=0)


def columns_at_once(counts: Counts, replicates: int, *, joint: bool) -> Iterator[slice]:
    """Yield the columns given to a detector at once: whole replicates, one where regions are joined."""
    regions = counts.values.shape[1]
    group = 1 if joint else max(COLUMNS // regions, 1)
    for begin in range(0, replicates, group):
        yield slice(begin * regions, min(begin + group, replicates) * regions)


def run_on(
    detector: Callable[..., Alarms],
    counts: Counts,
    values: npt.NDArray[np.integer[Any]],
    covered: BoolArray,
    last: int,
    *,
    joint: bool = False,
) -> Run:
    """Run a detector on the columns of an array, on the grid of `counts`."""
    regions = counts.values.shape[1]
    parts = []
    for at in columns_at_once(counts, values.shape[1] // regions, joint=joint):
        size = at.stop - at.start
        names = tuple(
            f"{name} ({number + 1})" for number in range(size // regions) for name in counts.regions
        )
        given = replace(
            counts,
            values=np.ascontiguousarray(values[:, at], dtype=np.int32),
            coverage=np.ascontiguousarray(covered[:, at]),
            regions=counts.regions if size == regions else names,
            coarse=None,
            unplaced=None,
            completeness=None,
            silences=(),
            splices=(),
            accounting=None,
            notes=(),
        )
        parts.append(one_run(detector(given, last=last)))
    statistics = [part.statistic for part in parts]
    return Run(
        alarm=np.hstack([part.alarm for part in parts]),
        tested=np.hstack([part.tested for part in parts]),
        statistic=None
        if any(s is None for s in statistics)
        else np.hstack([s for s in statistics if s is not None]),
        starts=parts[0].starts,
        period_days=parts[0].period_days,
        resets=parts[0].resets,
    )


def reachable(alarms: Alarms) -> FloatArray | None:
    """Return the statistic, minus infinity where no threshold would raise an alarm."""
    if alarms.statistic is None or alarms.barred is None:
        return alarms.statistic
    return np.where(alarms.barred, -np.inf, alarms.statistic)


def one_run(alarms: Alarms) -> Run:
    """Return what the one detector of these alarms said."""
    return Run(
        alarms.alarm,
        alarms.tested,
        reachable(alarms),
        alarms.starts,
        alarms.period_days,
        alarms.runs[0].resets,
    )
