"""What a tested window amounts to: interval, limit, where a call would start, what it would have shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np

from analytics._typing import FloatArray, IndexArray
from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.windows.bounds import Bounds, critical_count, detectable_ratio, ratio_limit
from analytics.kernels.windows.lrd import LRDTest
from analytics.kernels.windows.seen import seen_ratio
from analytics.kernels.windows.starts import PvalueAt, starting_count

__all__ = ["Question", "break_even", "called_bounds", "starts"]

THREE = 3  # days
ENOUGH = 10.0  # incidents expected, from which it is worth saying why a window cannot be judged
LIMIT = 0.05  # one-sided error of the limit
_SHARES = np.arange(0.05, 0.96, 0.05)
_EDGE = 1e-9


class Question(Protocol):
    """What is asked of every region, as far as limits need it."""

    @property
    def alpha(self) -> float:
        """Level of the call, for a region alone."""
        ...

    @property
    def confidence(self) -> float:
        """Coverage of the interval."""
        ...

    @property
    def margin(self) -> float:
        """Ratio below which a rise does not matter."""
        ...

    @property
    def sought(self) -> float:
        """Ratio that must be detectable for "no sign" to be said."""
        ...

    @property
    def upper(self) -> bool:
        """Whether more is asked about, or less."""
        ...


def called_bounds(
    test: LRDTest,
    at: PvalueAt,
    pvalue: FloatArray,
    family: FloatArray,
    level: FloatArray,
    length: int,
    asked: Question,
) -> Bounds:
    """Return what tested windows amount to; all arrays have shape (series,).

    Parameters
    ----------
    test : LRDTest
        What limits are computed from.
    at : PvalueAt
        The p-value that is called, at hypothetical windows.
    pvalue, family, level : float arrays
        The p-value found, what the adjustment starts from, and the level at which that is called, given the
        other regions.
    length : int
        Covered periods of the window.
    asked : Question

    Returns
    -------
    Bounds
        The interval has the stated coverage; where the region is called among several, it is adjusted for the
        selection (Benjamini and Yekutieli 2005). It lies on one side of 1 where the region is called, or
        would be alone.
    """
    upper, error = asked.upper, (1 - asked.confidence) / 2
    called = family <= level
    errors = np.where(called, error * level / asked.alpha, error)
    limit = ratio_limit(test, LIMIT, upper=upper)
    low, high = ratio_limit(test, errors, upper=False), ratio_limit(test, errors, upper=True)
    agrees = called | (pvalue <= error)
    if upper:
        low = np.where(agrees, np.fmax(low, 1 + _EDGE), np.minimum(low, 1.0))
    else:
        high = np.where(agrees, np.fmin(high, 1 - _EDGE), np.maximum(high, 1.0))
    first, three = starts(test, at, level, length, upper=upper)
    seen = _seen(test, first, three, length, upper)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = test.observed / test.expected
    return Bounds(
        expected=test.expected,
        ratio=ratio,
        low=low,
        high=high,
        limit=limit,
        starts_at=first,
        starts_at_3=three,
        detectable=seen,
        detectable_alone=_alone(test, at, seen, length, asked) if upper else seen,
        break_even=break_even(test, limit, asked.margin) if upper else np.full(limit.shape, np.nan),
        dispersion=test.dispersion.phi,
        model_based=test.pvalue < 1 / np.maximum(test.dispersion.windows, 1),
    )


def starts(
    test: LRDTest, at: PvalueAt, level: FloatArray, length: int, *, upper: bool
) -> tuple[FloatArray, FloatArray]:
    """Return the smallest counts called, spread evenly and on three days (of decreases: the largest)."""
    guess = critical_count(
        test.baseline_total,
        test.recent_exposure,
        test.baseline_exposure,
        test.dispersion,
        np.where(np.isfinite(level), level, 0.5),
        upper=upper,
    )
    least = MIN_OBSERVED if upper else 0
    first = starting_count(at, level, guess, least=least, upper=upper)
    if length <= THREE or not upper:
        return first, np.full(first.shape, np.nan)
    wanted = np.where(np.isfinite(first), level, np.nan)
    return first, starting_count(at, wanted, np.round(1.1 * first), least=least, days=THREE)


def _seen(test: LRDTest, first: FloatArray, three: FloatArray, length: int, upper: bool) -> FloatArray:
    if not upper:
        return detectable_ratio(test, np.where(np.isfinite(first), first, -1.0), upper=False)
    return seen_ratio(test.expected, test.baseline_total, test.dispersion, first, three, length)


def _alone(test: LRDTest, at: PvalueAt, seen: FloatArray, length: int, asked: Question) -> FloatArray:
    """Return the detectable ratio of a region alone, where it is needed to say why it cannot be judged."""
    out = np.full(seen.shape, np.nan)
    rows = np.flatnonzero(~(seen <= asked.sought) & (test.expected >= ENOUGH))
    if rows.size:
        part = test.take(rows)

        def own(count: FloatArray, index: IndexArray, days: int | None) -> FloatArray:
            return at(count, rows[index], days)

        first, three = starts(part, own, np.full(rows.size, asked.alpha), length, upper=True)
        out[rows] = _seen(part, first, three, length, True)
    return out


def break_even(test: LRDTest, limit: FloatArray, margin: float) -> FloatArray:
    """Return the share of reports that must be in for the upper limit to lie below the margin.

    At share c the exposure is c times as long and the dispersion thinned, 1 + c (phi - 1); baseline and guard
    are taken as complete. Rounded up to 5 %; NaN where the limit is not below the margin with all reports in.
    """
    share = np.full(limit.shape, np.nan)
    index = np.flatnonzero(limit < margin)
    share[index] = 1.0
    for c in _SHARES[::-1]:
        if not index.size:
            break
        part = test.take(index)
        thinned = replace(part.dispersion, phi=1 + c * (part.dispersion.phi - 1))
        part = replace(part, recent_exposure=c * part.recent_exposure, dispersion=thinned)
        index = index[ratio_limit(part, LIMIT, upper=True) < margin]
        share[index] = c
    return np.round(share, 2)
