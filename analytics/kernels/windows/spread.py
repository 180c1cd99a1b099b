"""The dispersion at the end of a baseline whose spread grows.

A dispersion estimated over a whole baseline is too small where counts vary more at its end than at its
beginning. The dispersions of single periods in the two halves are compared; where the later is larger beyond
chance (a score of 2), the window's dispersion is raised to what a spread that went on growing as it did
would be at the end, with half the degrees of freedom. benchmarks/results/one_region.md has how often that
happens on stationary series, what it costs there, and what it is worth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.common.dispersion import Dispersion
from analytics.kernels.common.negative_binomial import nb_kurtosis

__all__ = ["Half", "SpreadGrowth", "grown_dispersion", "growth_of", "halves", "power_sums", "spread_growth"]


CRITICAL = 2.0  # of a normal score: 2.3 %
MOST = 6.0  # times the excess dispersion
_WHOLE = 2.0**62
_PERIODS_MIN = 14  # covered periods in either half, below which nothing is said


@dataclass(frozen=True, eq=False, slots=True)
class Half:
    """Sums over half a baseline: covered periods, and counts to the powers 1 to 4; all of one shape."""

    periods: npt.NDArray[np.number]
    total: npt.NDArray[np.number]
    squares: npt.NDArray[np.number]
    cubes: npt.NDArray[np.number]
    fourths: npt.NDArray[np.number]


@dataclass(frozen=True, eq=False, slots=True)
class SpreadGrowth:
    """Arrays of one shape: the score of a growing spread, and how many times the excess dispersion is.

    `score` is standard normal, about, where the spread is steady, and 0 where nothing can be said.
    """

    score: FloatArray
    factor: FloatArray

    @property
    def grows(self) -> BoolArray:
        """Whether the spread grows beyond chance."""
        return np.asarray(self.score > CRITICAL)


def _moments(half: Half) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return mean, dispersion and degrees of freedom of single periods.

    The excess kurtosis is the larger of a negative binomial's and of what the counts show, so that a few days
    with very much do not make a spread that grows.
    """
    n = np.maximum(half.periods, 1).astype(float)
    mean = half.total / n
    second, third, fourth = half.squares / n, half.cubes / n, half.fourths / n
    variance = np.maximum(second - mean**2, 0.0)
    central = fourth - 4 * mean * third + 6 * mean**2 * second - 3 * mean**4
    shown = np.divide(central, variance**2, out=np.full(mean.shape, 3.0), where=variance > 0) - 3
    safe = np.where(mean > 0, mean, 1.0)
    phi = np.where(mean > 0, np.maximum(variance / safe * n / np.maximum(n - 1, 1), 1.0), 1.0)
    kurtosis = np.maximum(nb_kurtosis(safe, phi), shown)
    return mean, phi, np.maximum((n - 1) / (1 + kurtosis / 2), 1.0)


def growth_of(first: Half, last: Half) -> SpreadGrowth:
    """Compare the dispersions of two halves."""
    mean, early, early_edf = _moments(first)
    later_mean, late, late_edf = _moments(last)
    names = ("periods", "total", "squares", "cubes", "fourths")
    whole = _moments(Half(*(getattr(first, name) + getattr(last, name) for name in names)))[1]
    score = np.log(late / early) / np.sqrt(2 / early_edf + 2 / late_edf)
    known = (np.minimum(first.periods, last.periods) >= _PERIODS_MIN) & (mean > 0) & (later_mean > 0)
    factor = np.clip((late - 1) / np.maximum(whole - 1, 1e-3) * late / early, 1.0, MOST)
    return SpreadGrowth(np.where(known, score, 0.0), factor)


def halves(baseline: npt.NDArray[np.number], covered: BoolArray) -> tuple[Half, Half]:
    """Add up the two halves of a baseline of shape (periods, series)."""
    half = len(baseline) // 2
    count = np.where(covered, baseline, 0).astype(float)
    parts = [slice(0, half), slice(len(baseline) - half, len(baseline))]
    first, last = (
        Half(covered[part].sum(axis=0), *((count[part] ** power).sum(axis=0) for power in (1, 2, 3, 4)))
        for part in parts
    )
    return first, last


def spread_growth(baseline: npt.NDArray[np.number], covered: BoolArray) -> SpreadGrowth:
    """Compare the halves of a baseline; arrays of shape (periods, series).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> steady, early = rng.poisson(2.0, (364, 1)), rng.poisson(2.0, (182, 1))
    >>> late = rng.negative_binomial(0.3, 0.3 / 2.3, (182, 1))
    >>> spread = np.hstack([steady, np.concatenate([early, late])])
    >>> spread_growth(spread, np.ones(spread.shape, bool)).grows
    array([False,  True])
    """
    return growth_of(*halves(baseline, covered))


def grown_dispersion(dispersion: Dispersion, growth: SpreadGrowth) -> Dispersion:
    """Return the dispersion at the end of the baseline, where its spread grows; all arrays of one shape."""
    grows = growth.grows
    if not grows.any():
        return dispersion
    phi = np.where(grows, 1 + (dispersion.phi - 1) * growth.factor, dispersion.phi)
    edf = np.where(grows, np.maximum(dispersion.edf / 2, 1.0), dispersion.edf)
    return replace(dispersion, phi=phi, edf=edf)


def power_sums(count: IntArray, power: int) -> IntArray | FloatArray:
    """Return running totals of powers of counts: whole numbers, or floats where these would not fit."""
    if float(count.max(initial=0)) ** power * max(len(count), 1) < _WHOLE:
        whole = np.zeros((count.shape[0] + 1, count.shape[1]), np.int64)
        np.cumsum(count**power, axis=0, out=whole[1:])
        return whole
    total = np.zeros((count.shape[0] + 1, count.shape[1]))
    np.cumsum(count.astype(float) ** power, axis=0, out=total[1:])
    return total
