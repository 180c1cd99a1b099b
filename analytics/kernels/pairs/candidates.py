"""Pairs that are close in time and place, found by blocks: no row is held against all others.

Places are cut into cubes as wide as the distance asked about (in space, so that neither a pole nor the
antimeridian is an edge), and the rows of each cube put in order of their day. What can be close to a row then
lies in 27 stretches of that order, each found by two binary searches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics._typing import FloatArray, IntArray

__all__ = ["Spans", "day_gap", "pairs_in_groups", "pairs_nearby"]


@dataclass(frozen=True, eq=False, slots=True)
class Spans:
    """First and last possible day of each row, as whole numbers; shape (n,)."""

    first: IntArray
    last: IntArray

    def take(self, rows: npt.NDArray[np.integer]) -> Spans:
        """Return those of some rows."""
        return Spans(self.first[rows], self.last[rows])


def day_gap(one: Spans, other: Spans) -> IntArray:
    """Return how many days lie between spans, 0 where they share a day.

    Examples
    --------
    >>> day_gap(Spans(np.array([3, 3]), np.array([4, 4])), Spans(np.array([4, 7]), np.array([9, 9]))).tolist()
    [0, 3]
    """
    return np.asarray(np.maximum(np.maximum(one.first - other.last, other.first - one.last), 0))


def pairs_in_groups(
    group: IntArray, spans: Spans, other_group: IntArray, other: Spans, days: int, most: int
) -> tuple[IntArray, IntArray]:
    """Return the pairs of rows in the same group that lie at most some days apart.

    Parameters
    ----------
    group, other_group : int array, shape (n,), (m,)
        Negative: in no group.
    spans, other : Spans
    days : int
    most : int
        Where there were more pairs, none is made.

    Returns
    -------
    int arrays, shape (pairs,)
        Rows of the one and of the other.

    Raises
    ------
    OverflowError
        With the number of pairs, if there were more than `most`.

    Examples
    --------
    >>> spans, other = (Spans(np.array(d), np.array(d)) for d in ([0, 5], [1, 9]))
    >>> one, two = pairs_in_groups(np.array([0, 0]), spans, np.array([0, 0]), other, 1, 100)
    >>> one.tolist(), two.tolist()
    ([0], [0])
    """
    if not len(group) or not len(other_group):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return _Blocks(other_group, other, days).pairs(group, spans, most)


def pairs_nearby(
    points: FloatArray,
    spans: Spans,
    other_points: FloatArray,
    other: Spans,
    reach: float,
    days: int,
    most: int,
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the pairs of points at most `reach` and some days apart, and how far apart they are.

    Parameters
    ----------
    points, other_points : float array, shape (n, 3), (m, 3)
        In space; a row with NaN is in no pair.
    spans, other : Spans
    reach : float
        In the unit of the points, along the straight line.
    days, most : int
        As for :func:`pairs_in_groups`.

    Raises
    ------
    OverflowError
        With the number of pairs to be looked at, if there were more than `most`.
    """
    here, there = (np.flatnonzero(np.isfinite(p).all(axis=1)) for p in (points, other_points))
    if not len(here) or not len(there):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    cubes, other_cubes = (np.floor(p / reach).astype(np.int64) for p in (points[here], other_points[there]))
    least = np.minimum(cubes.min(axis=0), other_cubes.min(axis=0)) - 1
    width = np.maximum(cubes.max(axis=0), other_cubes.max(axis=0)) - least + 2
    step = np.array([width[1] * width[2], width[2], 1])
    cell, other_cell = ((c - least) @ step for c in (cubes, other_cubes))
    blocks = _Blocks(other_cell, other.take(there), days)
    found: list[tuple[IntArray, IntArray, FloatArray]] = []
    own, left = spans.take(here), most
    for offset in np.ndindex(3, 3, 3):
        i, j = blocks.pairs(cell + (np.array(offset) - 1) @ step, own, left)
        left -= len(i)
        i, j = here[i], there[j]
        away = np.sqrt(((points[i] - other_points[j]) ** 2).sum(axis=1))
        close = away <= reach
        found.append((i[close], j[close], away[close]))
    one, two, away = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.lexsort((two, one))
    return one[order], two[order], away[order]


class _Blocks:
    """Rows by group and, within it, by first day."""

    def __init__(self, group: IntArray, spans: Spans, days: int) -> None:
        rows = np.flatnonzero(group >= 0)
        self.days, self.spans = days, spans
        self.groups, codes = np.unique(group[rows], return_inverse=True)
        first = spans.first[rows]
        self.zero = int(first.min()) if len(rows) else 0
        self.length = (int(first.max()) - self.zero if len(rows) else 0) + 1
        self.longest = int((spans.last - spans.first)[rows].max()) if len(rows) else 0
        keys = codes.astype(np.int64) * self.length + (first - self.zero)
        order = np.argsort(keys, kind="stable")
        self.keys, self.rows = keys[order], rows[order]

    def pairs(self, group: IntArray, spans: Spans, most: int) -> tuple[IntArray, IntArray]:
        if not len(self.groups):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        code = np.minimum(np.searchsorted(self.groups, group), len(self.groups) - 1)
        here = np.flatnonzero((self.groups[code] == group) & (group >= 0))
        own = spans.take(here)
        base = code[here].astype(np.int64) * self.length
        early = np.clip(own.first - self.days - self.longest - self.zero, 0, self.length)
        late = np.clip(own.last + self.days - self.zero, -1, self.length - 1)
        start = np.searchsorted(self.keys, base + early, side="left")
        size = np.maximum(np.searchsorted(self.keys, base + late, side="right") - start, 0)
        total = int(size.sum())
        if total > most:
            raise OverflowError(total)
        begins = np.cumsum(size) - size
        one = np.repeat(here, size)
        two = self.rows[np.arange(total) - np.repeat(begins - start, size)]
        close = day_gap(spans.take(one), self.spans.take(two)) <= self.days
        return one[close], two[close]
