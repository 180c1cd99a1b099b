"""Histories a region could have had with no uptick: drawn from a model of it, or its own, turned round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, IndexArray
from analytics.counts import Counts
from analytics.errors import HistoryError
from analytics.monitoring.null import draw_counts, moments
from analytics.periods import DAY, YEAR_OF_WEEKS

__all__ = ["Histories", "Resample", "parametric", "rotated", "rows_of", "usable_history"]

Resample = Literal["parametric", "rotation"]
CELLS = 3e7  # counts drawn at a time
_WEEK = 7


@dataclass(frozen=True, eq=False, slots=True)
class Histories:
    """Histories of some regions, side by side in one grid of counts.

    Attributes
    ----------
    counts : Counts
        Series in the order region, draw, future.
    at : int array, shape (regions,)
        Which regions of the watched counts these are.
    draws, futures : int
        Models for each region, and histories from each.
    last : int
        Periods to test, at the shown frequency: those at the end.
    number, batches : int
        Which of how many such batches this is, from 0.
    """

    counts: Counts
    at: IndexArray
    draws: int
    futures: int
    last: int
    number: int = 0
    batches: int = 1

    @property
    def counts_days(self) -> int:
        """Days in one period, as shown."""
        return _WEEK if self.counts.freq == "week" else 1


def usable_history(counts: Counts) -> Counts:
    """Return the counts up to the last period over at `as_of`, at the shown frequency.

    Raises
    ------
    HistoryError
        If no period is over.
    """
    if not (~counts.provisional).any() or counts.last_complete_day < counts.starts[0]:
        raise HistoryError(
            f"no whole {counts.freq} is over, so there is no history to watch",
            expected=f"at least one {counts.freq} that was over at {counts.as_of}",
            found=f"{counts.starts[0]}..{counts.as_of}",
            todo="give an as_of that lies later, once there are more data",
        )
    cut = counts if counts.last_complete_day == counts.as_of else counts.until(counts.last_complete_day)
    keep = ~cut.provisional
    return cut if keep.all() else rows_of(cut, keep)


def rows_of(counts: Counts, at: slice | BoolArray) -> Counts:
    """Return some periods of the finest grid, next to each other."""
    arrays: dict[str, Any] = {
        name: None if getattr(counts, name) is None else getattr(counts, name)[at]
        for name in ("values", "coverage", "coarse", "unplaced")
    }
    known = counts.completeness and counts.completeness.rows(at)
    return replace(counts, **arrays, starts=counts.starts[at], completeness=known, accounting=None)


class _Unchanged(Counts):
    """Counts whose weeks are added up once, however often a detector asks: nobody else holds their arrays."""

    @cached_property
    def _weeks(self) -> Counts:
        return Counts.resample(self, "week")

    def resample(self, freq: str) -> Counts:
        return self._weeks if freq == "week" else Counts.resample(self, freq)


def _side_by_side(counts: Counts, values: npt.NDArray[np.int32], coverage: BoolArray, more: int) -> Counts:
    step = counts.period_days
    ahead = counts.starts[-1] + step * DAY * np.arange(1, more + 1)
    starts = np.concatenate([counts.starts, ahead])
    whole = replace(
        counts,
        values=values,
        coverage=coverage,
        starts=starts,
        as_of=starts[-1] + (step - 1) * DAY,
        regions=tuple(map(str, range(values.shape[1]))),
        coarse=None,
        unplaced=None,
        completeness=None,
        silences=(),
        splices=(),
        whole=False,
        accounting=None,
        simulated=True,
        notes=(),
    )
    return _Unchanged(**{field.name: getattr(whole, field.name) for field in fields(whole)})


def _batches(regions: int, cells: float) -> list[IndexArray]:
    size = max(1, int(CELLS // cells))
    return [np.arange(start, min(start + size, regions)) for start in range(0, regions, size)]


def parametric(counts: Counts, replicates: int, seed: int, *, draws: int) -> Iterator[Histories]:
    """Yield each region's own history, followed by years drawn from models of it.

    A model is fitted to the history; histories as long are drawn from it and a model is fitted to each. How
    those models differ is what the history leaves open about the region. From each, years are drawn that
    follow the real history, so that a detector's baseline is the one it will really have.

    Parameters
    ----------
    counts : Counts
    replicates : int
        Years for each region.
    seed : int
    draws : int
        Models for each region that they come from.
    """
    history = usable_history(counts)
    step, periods = history.period_days, len(history.starts)
    futures = -(-replicates // draws)
    more = YEAR_OF_WEEKS // step
    days = history.starts.astype(np.int64)
    ahead = days[-1] + step * np.arange(1, more + 1)
    rng = np.random.Generator(np.random.PCG64(seed))
    shown = YEAR_OF_WEEKS // (7 if history.freq == "week" else 1)
    batches = _batches(len(history.regions), (periods + more) * draws * futures)
    for number, at in enumerate(batches):
        own, covered = history.values[:, at], history.coverage[:, at]
        found = moments(own, covered, days, step)
        seen = np.repeat(covered, draws, axis=1)
        alike = draw_counts(found.model().take(np.repeat(np.arange(at.size), draws)), days, rng)
        again = moments(np.where(seen, alike, 0), seen, days, step)
        possible = found.reflected(again, draws).model()
        drawn = draw_counts(possible.take(np.repeat(np.arange(at.size * draws), futures)), ahead, rng)
        past = np.repeat(own, draws * futures, axis=1)
        known = np.repeat(covered, draws * futures, axis=1)
        whole = _side_by_side(
            history, np.vstack([past, drawn]), np.vstack([known, np.ones(drawn.shape, dtype=bool)]), more
        )
        yield Histories(whole, at, draws, futures, shown, number, len(batches))


def rotated(counts: Counts, replicates: int, seed: int) -> Iterator[Histories]:
    """Yield each region's own history, joined end to start and cut open at other weeks.

    The weekday of every count stays; the season does not, and neither does what spans the joint.

    Raises
    ------
    HistoryError
        If the history is shorter than two years.
    """
    history = usable_history(counts)
    per_week = 1 if history.period_days == _WEEK else _WEEK
    weeks = len(history.starts) // per_week
    if weeks < 104:
        raise HistoryError(
            "rotation needs two years of history",
            expected="104 weeks: one to test and one before it",
            found=f"{weeks} weeks",
            todo="resample='parametric'",
        )
    skip = len(history.starts) - weeks * per_week
    rng = np.random.Generator(np.random.PCG64(seed))
    cuts = rng.permutation(weeks)[: min(replicates, weeks)] * per_week
    index = (np.arange(weeks * per_week)[:, None] + cuts) % (weeks * per_week) + skip
    shown = YEAR_OF_WEEKS // (_WEEK if history.freq == "week" else 1)
    trimmed = rows_of(history, slice(skip, None))
    batches = _batches(len(history.regions), index.size)
    for number, at in enumerate(batches):
        columns = np.repeat(at, cuts.size)
        rows = np.tile(index, at.size)
        whole = _side_by_side(trimmed, history.values[rows, columns], history.coverage[rows, columns], 0)
        yield Histories(whole, at, 1, cuts.size, shown, number, len(batches))
