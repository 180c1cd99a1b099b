"""Spells in which nothing at all is recorded, for far longer than the series makes plausible.

A region's number of incidents in a spell is taken as negative binomial with the rate of the other periods
and with their dispersion: the largest variance over mean of sums of 1, 2, 4 ... periods, up to the length
of the spell or an eighth of the other periods. The probability of a silence is the product over the regions
in which at least one incident is expected and the sum of the others, or that of the sum over all regions
where that is larger: regions that go quiet together are no coincidence. The spell must also be more than
three times as long as the longest other one: a series that falls silent now and then may do so again.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IntArray

__all__ = [
    "IMPLAUSIBLE",
    "Silence",
    "collapses",
    "implausible_silences",
    "longest_silences",
    "may_hold_silence",
    "zero_probability",
]

IMPLAUSIBLE = 1e-6  # a silence is suspected below this probability
FAR_LONGER = 3  # and where it is more than so many times as long as the longest other one
_LEAST = 1.0  # incidents expected in a region that is asked
_MANY = 100  # series from which on it pays to look at all longest spells at once
_NEARLY = 1 - 1e-9  # against the rounding of a quotient
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
    whole = bool(covered.all())
    known = covered.sum(axis=0)
    mean = (values if whole else np.where(covered, values, 0)).sum(axis=0) / np.maximum(known, 1) * periods
    phi = np.ones(values.shape[1])
    longest = int(min(periods.max(initial=1), len(values) // _WINDOWS))
    held, days = _running(values), None if whole else _running(covered)
    size = 1
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # windows that are not covered in any series
        while size <= longest:
            sums = held[size:] - held[:-size]
            if days is None:
                ratio = sums.var(axis=0, ddof=1) / sums.mean(axis=0)
            else:
                sums = np.where(days[size:] - days[:-size] == size, sums, np.nan)
                ratio = np.nanvar(sums, axis=0, ddof=1) / np.nanmean(sums, axis=0)
            phi = np.fmax(phi, ratio)
            size = min(2 * size, longest) if size < longest else longest + 1
    beyond = np.maximum(phi - 1, 1e-9)
    return mean, -mean * np.log1p(beyond) / beyond


def _running(values: npt.NDArray[np.integer] | BoolArray) -> FloatArray:
    """Return running sums of rows from 0 on: the difference of two is the sum of a window."""
    return np.asarray(np.cumsum(np.r_[np.zeros((1, values.shape[1])), values], axis=0))


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
    left = sorted(_runs(silent), key=lambda run: run[0] - run[1])  # the longest first
    suspected: list[Silence] = []
    outside = np.ones(len(values), dtype=bool)
    for (first, end), (other, its_end) in zip(left, [*left[1:], (0, 0)], strict=False):
        if end - first <= FAR_LONGER * (its_end - other):
            break
        outside[first:end] = False
        found = _judged(values, covered, outside, first, end)
        if found is None:
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
    if covered.all():
        total, days = values.sum(axis=0, dtype=np.int64), np.full(values.shape[1], len(values))
    else:
        total, days = np.where(covered, values, 0).sum(axis=0, dtype=np.int64), covered.sum(axis=0)
    # Fewer expected than this cannot be too unlikely, however regular the series.
    asked = total / np.maximum(days, 1) * len(values) >= -np.log(IMPLAUSIBLE)
    if values.shape[1] >= _MANY:
        asked &= _may_be_implausible(total, days, longest_silences(values, covered))
    for at in np.flatnonzero(asked):
        own = slice(at, at + 1)
        found += [(int(at), silence) for silence in implausible_silences(values[:, own], covered[:, own])]
    return found


def may_hold_silence(daily: IntArray, covered: BoolArray) -> bool:
    """Whether `implausible_silences` can find any in series with these sums over all of them.

    Parameters
    ----------
    daily : int array, shape (periods,)
        All series added up, what is not covered included.
    covered : bool array, shape (periods,)
        Whether any series is.

    Examples
    --------
    >>> may_hold_silence(np.array([3] * 20 + [0] * 10), np.ones(30, bool))
    True
    >>> may_hold_silence(np.array([3, 0] * 15), np.ones(30, bool))
    False
    """
    longest = longest_silences(daily[:, None], covered[:, None])
    return bool(_may_be_implausible(daily.sum()[None], covered.sum()[None], longest)[0])


def _may_be_implausible(total: IntArray, known: IntArray, longest: IntArray) -> BoolArray:
    """Whether so long a silence is too unlikely for the most regular series: the first test of a spell."""
    expected = total / np.maximum(known - longest, 1) * longest
    return np.asarray(expected >= _NEARLY * -np.log(IMPLAUSIBLE))


def longest_silences(values: npt.NDArray[np.integer], covered: BoolArray) -> IntArray:
    """Return how many covered periods in a row without an incident each series has, once it has begun.

    Examples
    --------
    >>> longest_silences(np.array([[0], [0], [0], [2], [0], [0], [1]]), np.ones((7, 1), bool)).tolist()
    [2]
    """
    if values.shape[1] == 1 and covered.all():
        some = np.flatnonzero(values[:, 0])
        return np.array([np.diff(some, append=len(values)).max(initial=1) - 1], dtype=np.int64)
    kind = np.dtype(np.int16 if len(values) < np.iinfo(np.int16).max // 2 else np.int32)
    best: npt.NDArray[np.integer] = np.zeros(values.shape[1], dtype=kind)
    # Below zero until the series begins.
    run: npt.NDArray[np.integer] = np.full(values.shape[1], -len(values) - 1, dtype=kind)
    none = np.empty(values.shape[1], dtype=bool)
    for at, every in enumerate(np.asarray(covered.all(axis=1)).tolist()):
        run += 1
        np.equal(values[at], 0, out=none)
        np.multiply(run, none, out=run)
        if not every:
            np.copyto(run, 0, where=~covered[at] & (run > 0))
        np.maximum(best, run, out=best)
    return best.astype(np.int64)


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
    total = float(logp[asked].sum())
    rare = ~asked & (inside == end - first)
    if rare.any():
        total += _together(base[:, rare], known[:, rare], end - first) or 0.0
    whole = None if values.shape[1] == 1 else _together(base, known, end - first)
    total = total if whole is None else max(total, whole)
    if total >= np.log(IMPLAUSIBLE):
        return None
    return Silence(first, end, float(mean.sum()), total)


def _together(base: npt.NDArray[np.integer], known: BoolArray, periods: int) -> float | None:
    """Return the log probability that the sum of some series is nothing; None where too little is known."""
    whole = known.all(axis=1)
    if whole.sum() < _WINDOWS:
        return None
    sums = base[whole].sum(axis=1, dtype=np.int64)[:, None]
    mean, logp = zero_probability(sums, np.ones(sums.shape, dtype=bool), np.array([periods]))
    return float(logp[0]) if mean[0] >= _LEAST else None
