"""Spells in which nothing at all is recorded, for far longer than the series makes plausible.

A region's number of incidents in a spell is taken as negative binomial with the rate of the other periods and
with their dispersion: the largest variance over mean of sums of 1, 2, 4 ... periods, up to the length of the
spell or an eighth of the other periods. The probability of a silence is the product over the regions in which
at least one incident is expected, or that of the sum over all regions where that is larger: regions that go
quiet together are no coincidence. The spell must also be more than three times as long as the longest other
one: a series that falls silent now and then may do so again.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IntArray

__all__ = ["IMPLAUSIBLE", "Silence", "collapses", "implausible_silences", "zero_probability"]

IMPLAUSIBLE = 1e-6  # a silence is suspected below this probability
FAR_LONGER = 3  # and where it is more than so many times as long as the longest other one
_LEAST = 1.0  # incidents expected in a region that is asked
_WINDOWS = 8  # disjoint windows that the other periods hold at least


@dataclass(frozen=True, slots=True)
class Silence:
    """Periods `first` to before `end` without an incident, how many were expected, and how likely that is."""

    first: int
    end: int
    expected: float
    logp: float


def zero_probability(
    values: npt.NDArray[np.integer], covered: BoolArray, periods: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return what each series is expected to hold in so many periods, and the log probability of nothing.

    Parameters
    ----------
    values, covered : arrays, shape (periods, series)
        The other periods.
    periods : int array, shape (series,)
        Covered periods of the spell.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(2.0, (300, 1))
    >>> mean, logp = zero_probability(counts, np.ones_like(counts, bool), np.array([10]))
    >>> bool(abs(mean[0] - 20) < 2), bool(-22 < logp[0] < -8)
    (True, True)
    """
    known = covered.sum(axis=0)
    mean = np.where(covered, values, 0).sum(axis=0) / np.maximum(known, 1) * periods
    phi = np.ones(values.shape[1])
    longest = int(min(periods.max(initial=1), len(values) // _WINDOWS))
    size = 1
    while size <= longest:
        sums = np.where(_window_sums(covered, size) == size, _window_sums(values, size), np.nan)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            ratio = np.nanvar(sums, axis=0, ddof=1) / np.nanmean(sums, axis=0)
        phi = np.fmax(phi, ratio)
        size = min(2 * size, longest) if size < longest else longest + 1
    beyond = np.maximum(phi - 1, 1e-9)
    return mean, -mean * np.log1p(beyond) / beyond


def _window_sums(values: npt.NDArray[np.integer] | BoolArray, length: int) -> FloatArray:
    """Sum `length` consecutive rows from each start, without the scipy that dispersions load."""
    running = np.cumsum(np.r_[np.zeros((1, values.shape[1])), values], axis=0)
    return np.asarray(running[length:] - running[:-length])


def _runs(mask: BoolArray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def implausible_silences(values: npt.NDArray[np.integer], covered: BoolArray) -> list[Silence]:
    """Return the spells in which every series is silent and that is too unlikely, in order.

    Parameters
    ----------
    values : int array, shape (periods, series)
    covered : bool array, same shape

    Periods before the first incident are no spell: the series has not begun.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(0.5, (400, 3))
    >>> counts[200:230] = 0
    >>> [(s.first, s.end) for s in implausible_silences(counts, np.ones_like(counts, bool))]
    [(200, 230)]
    """
    silent: BoolArray = np.asarray(~values.any(axis=1) & covered.any(axis=1))
    active = np.flatnonzero(values.any(axis=1))
    if not active.size:
        return []
    silent[: active[0]] = False
    left = sorted(_runs(silent), key=lambda run: run[0] - run[1])
    suspected: list[Silence] = []
    outside = np.ones(len(values), dtype=bool)
    for at, (first, end) in enumerate(left):
        other = max((b - a for a, b in left[at + 1 :]), default=0)
        outside[first:end] = False
        found = _judged(values, covered, outside, first, end)
        if end - first <= FAR_LONGER * other or found is None:
            outside[first:end] = True
            break
        suspected.append(found)
    return sorted(suspected, key=lambda silence: silence.first)


def collapses(values: npt.NDArray[np.integer], covered: BoolArray) -> list[tuple[int, Silence]]:
    """Return the spells of single series that are too unlikely for them, with the series' place.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(0.5, (400, 3))
    >>> counts[339:, 1], counts[338, 1] = 0, 1
    >>> [(at, s.first, s.end) for at, s in collapses(counts, np.ones_like(counts, bool))]
    [(1, 339, 400)]
    """
    found = []
    rate = np.where(covered, values, 0).sum(axis=0) / np.maximum(covered.sum(axis=0), 1)
    # Fewer expected than this cannot be too unlikely, however regular the series.
    for at in np.flatnonzero(rate * len(values) >= -np.log(IMPLAUSIBLE)):
        own = slice(at, at + 1)
        found += [(int(at), silence) for silence in implausible_silences(values[:, own], covered[:, own])]
    return found


def _judged(
    values: npt.NDArray[np.integer], covered: BoolArray, outside: BoolArray, first: int, end: int
) -> Silence | None:
    inside = covered[first:end].sum(axis=0)
    base, known = values[outside], covered[outside]
    if len(base) < _WINDOWS:
        return None
    whole_rate = np.where(known, base, 0).sum() / max(int(known.any(axis=1).sum()), 1)
    if whole_rate * (end - first) < -np.log(IMPLAUSIBLE):
        return None  # likely enough even for the most regular series
    mean, logp = zero_probability(base, known, inside)
    asked = mean >= _LEAST
    if not asked.any():
        return None
    together = known.all(axis=1)
    total = float(logp[asked].sum())
    if values.shape[1] > 1 and together.sum() >= _WINDOWS:
        sums = base[together].sum(axis=1, dtype=np.int64)[:, None]
        _, whole = zero_probability(sums, np.ones(sums.shape, dtype=bool), np.array([end - first]))
        total = max(total, float(whole[0]))
    if total >= np.log(IMPLAUSIBLE):
        return None
    return Silence(first, end, float(mean.sum()), total)
