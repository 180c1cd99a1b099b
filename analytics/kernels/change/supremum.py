"""A change of level at an unknown time: the largest studentised likelihood ratio, and its simulated null.

Statistics are of two-segment (and, for the dispersion of several changes, three-segment) Poisson means. The
null distribution is that of Gaussian white noise of the same length put through the same studentisation, so
the estimation of both date and dispersion is in it.

References
----------
.. [1] Andrews, D. W. K. (1993). Tests for parameter instability and structural change with unknown change
       point. Econometrica 61, 821-856.
.. [2] Eo, Y., Morley, J. (2015). Likelihood-ratio-based confidence sets for the timing of structural breaks.
       Quantitative Economics 6, 463-497.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.change.stated import cosine_count, cosines, effective_freedom
from analytics.kernels.common.dispersion import dispersion_at

__all__ = [
    "Supremum",
    "change_penalty",
    "critical_value",
    "date_set",
    "largest_change",
    "ratio_limits",
    "several_dispersion",
]


REPLICATES = 4_999
PAIR_REPLICATES = 1_999  # of the penalty, which needs a quantile only
_LEAST = 4  # cosines: fewer have no mean to speak of
_SEED = 1993
_LOG_RATIO_MAX = 12.0


@dataclass(frozen=True, eq=False, slots=True)
class Supremum:
    """The largest change of each series.

    Attributes
    ----------
    dates : int array, shape (candidates,)
        Numbers of the first week after each candidate change.
    best : int array, shape (series,)
        Index into `dates`.
    roots : float array, shape (candidates, series)
        Signed roots of the deviance, positive for a rise.
    phi, edf : float array, shape (series,)
        Slow dispersion beside the best change (at least 1), and its degrees of freedom.
    phis : float array, shape (candidates, series)
        The same dispersion beside each candidate.
    statistic, pvalue : float array, shape (series,)
    rung : int array, shape (series,)
        Number of cosines whose null distribution is used: fewer where tails are heavy.
    """

    dates: IntArray
    best: IntArray
    roots: FloatArray
    phi: FloatArray
    edf: FloatArray
    phis: FloatArray
    statistic: FloatArray
    pvalue: FloatArray
    rung: IntArray


def _candidates(periods: int, trim: float) -> IntArray:
    first = max(int(np.ceil(trim * periods)), 1)
    return np.arange(first, periods - first + 1)


def _step(periods: int, date: int) -> FloatArray:
    step = np.where(np.arange(periods) >= date, date, date - periods).astype(float)
    return np.asarray(step / np.sqrt(step @ step))


def _studentised(
    residual: FloatArray, dates: IntArray, count: int
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yield, for each date, projections on its step (series,) and dispersions (cosines used, series)."""
    periods = residual.shape[0]
    basis = cosines(periods, count)
    projected = basis.T @ residual
    used = np.arange(1, count + 1)
    for date in dates:
        step = _step(periods, int(date))
        along, shared = step @ residual, step @ basis
        cleared = np.cumsum((projected - shared[:, None] * along) ** 2, axis=0)
        yield along, cleared / np.maximum(used - np.cumsum(shared**2), 1e-9)[:, None]


@lru_cache(maxsize=64)
def _null(periods: int, trim: float, count: int, sign: int) -> FloatArray:
    """Sorted null statistics for 1..`count` cosines; shape (count, replicates)."""
    noise = np.random.default_rng(_SEED).standard_normal((periods, REPLICATES))
    noise -= noise.mean(axis=0)
    largest = np.zeros((count, REPLICATES))
    for along, phi in _studentised(noise, _candidates(periods, trim), count):
        np.maximum(largest, _one_side(along, sign) ** 2 / phi, out=largest)
    return np.sort(largest, axis=1)


def _one_side(roots: FloatArray, sign: int) -> FloatArray:
    return roots if sign == 0 else np.maximum(sign * roots, 0.0)


def _rung(phi: FloatArray, count: int, mean: FloatArray, periods: int) -> tuple[FloatArray, IntArray]:
    """Degrees of freedom lowered for heavy tails, and the number of cosines whose null is that wide."""
    edf = effective_freedom(phi, float(count), mean, float(periods))
    return edf, np.clip(np.round(edf), _LEAST, count).astype(np.int64)


def largest_change(counts: FloatArray, *, trim: float = 0.15, sign: int = 1) -> Supremum:
    """Find the largest change of level of each series and its p-value.

    Parameters
    ----------
    counts : float array, shape (weeks, series)
        Weeks without a break.
    trim : float
        Share of the weeks at either end in which no change is looked for.
    sign : {1, -1, 0}
        Rises, falls, or both.

    Returns
    -------
    Supremum
        The p-value is (1 + null statistics at least as large) / (1 + replicates).

    Examples
    --------
    >>> y = np.repeat([[2.0], [8.0]], 60, axis=0) + np.tile([[0.0], [1.0]], (60, 1))
    >>> found = largest_change(y)
    >>> int(found.dates[found.best[0]]), bool(found.pvalue[0] < 0.01)
    (60, True)
    """
    periods, series = counts.shape
    dates = _candidates(periods, trim)
    count = cosine_count(periods)
    mean = np.maximum(counts.mean(axis=0), 1e-12)
    beside_each = list(_studentised((counts - mean) / np.sqrt(mean), dates, count))
    phis = np.maximum(np.stack([phi[-1] for _, phi in beside_each]), 1.0)
    along = np.stack([projection for projection, _ in beside_each])
    roots = np.sign(along) * np.sqrt(_gain(counts, dates))
    square = _one_side(roots, sign) ** 2 / phis
    best = square.argmax(axis=0)
    every = np.arange(series)
    statistic, beside = square[best, every], phis[best, every]
    edf, rung = _rung(beside, count, mean, periods)
    null = _null(periods, trim, count, sign)
    larger = np.array(
        [REPLICATES - np.searchsorted(null[j - 1], s) for j, s in zip(rung, statistic, strict=True)]
    )
    return Supremum(
        dates,
        best.astype(np.int64),
        roots,
        beside,
        edf,
        phis,
        statistic,
        (1.0 + larger) / (1.0 + REPLICATES),
        rung,
    )


def critical_value(periods: int, rung: IntArray, *, trim: float, sign: int, level: float) -> FloatArray:
    """Value of the statistic that white noise exceeds with probability `level`; shape of `rung`."""
    null = _null(periods, trim, cosine_count(periods), sign)
    return np.asarray(np.quantile(null, 1 - level, axis=1)[rung - 1])


def _gain(counts: FloatArray, dates: IntArray) -> FloatArray:
    """Deviance explained by two means instead of one; shape (dates, series)."""
    before = np.cumsum(counts, axis=0)[dates - 1]
    total = counts.sum(axis=0)
    after = total - before
    n, k = counts.shape[0], dates[:, None]
    gain = special.xlogy(before, before / k) + special.xlogy(after, after / (n - k))
    return np.asarray(np.maximum(2 * (gain - special.xlogy(total, total / n)), 0.0))


def date_set(found: Supremum, level: float = 0.05) -> BoolArray:
    """Dates that the likelihood ratio does not exclude; shape (candidates, series).

    A date is kept if the best one gains no more than the ``1 - level`` quantile of the larger of two
    independent exponentials, which is the limit law of that ratio for a step [2]_, averaged over the
    dispersion's uncertainty.
    """
    every = np.arange(found.best.size)
    direction = np.sign(found.roots[found.best, every])
    square = np.where(found.roots * direction > 0, found.roots, 0.0) ** 2
    lost = square[found.best, every] - square
    return np.stack([_date_tail(lost[:, i], found.phi[i], found.edf[i]) > level for i in every], axis=1)


def _date_tail(lost: FloatArray, phi: float, edf: float) -> FloatArray:
    # P(2 max(E1, E2) <= c) = (1 - exp(-c/2))^2 for independent exponentials E1, E2
    chance = (np.arange(64) + 0.5) / 64
    spread = dispersion_at(np.array([phi]), np.array([edf]), chance)[0]
    below = (1 - np.exp(-np.maximum(lost, 0.0)[:, None] / spread / 2)) ** 2
    return np.asarray(1 - below.mean(axis=1))


def ratio_limits(counts: FloatArray, dates: IntArray, threshold: FloatArray, *, upper: bool) -> FloatArray:
    """Limit of the level ratio at each date: where its deviance exceeds `threshold`.

    Parameters
    ----------
    counts : float array, shape (weeks, series)
    dates : int array, shape (candidates,)
    threshold : float array, shape (candidates, series)

    Returns
    -------
    float array, shape (candidates, series)
    """
    n, k = counts.shape[0], dates[:, None].astype(float)
    before = np.cumsum(counts, axis=0)[dates - 1]
    total = counts.sum(axis=0)
    after = total - before
    best = special.xlogy(before, before / k) + special.xlogy(after, after / (n - k))

    def lost(log_ratio: FloatArray) -> FloatArray:
        ratio = np.exp(log_ratio)
        rate = total / (k + (n - k) * ratio)
        held = special.xlogy(before, rate) + special.xlogy(after, rate * ratio)
        return np.asarray(2 * (best - held))

    with np.errstate(divide="ignore", invalid="ignore"):
        near = np.clip(
            np.nan_to_num(np.log((after / (n - k)) / (before / k))), -_LOG_RATIO_MAX, _LOG_RATIO_MAX
        )
    far = np.full(near.shape, _LOG_RATIO_MAX if upper else -_LOG_RATIO_MAX)
    open_ = lost(far) < threshold
    for _ in range(50):
        middle = (near + far) / 2
        out = lost(middle) >= threshold
        near, far = np.where(out, near, middle), np.where(out, middle, far)
    edge = np.inf if upper else 0.0
    return np.where(open_, edge, np.exp(far))


# -- several changes -----------------------------------------------------------------------------------


def _best_pair(residual: FloatArray, least: int) -> tuple[FloatArray, FloatArray, IntArray, IntArray]:
    """Largest gains of one and of two changes of mean, and where the two are."""
    n, series = residual.shape
    total = np.vstack([np.zeros(series), np.cumsum(residual, axis=0)])
    k = np.arange(least, n - least + 1)
    single = (total[k] ** 2 * (1 / k + 1 / (n - k))[:, None]).max(axis=0)
    every = np.arange(series)
    best, first, second = np.full(series, -1.0), np.zeros(series, np.int64), np.zeros(series, np.int64)
    for i in range(least, n - 2 * least + 1):
        j = np.arange(i + least, n - least + 1)
        gain = (
            total[i] ** 2 / i
            + (total[j] - total[i]) ** 2 / (j - i)[:, None]
            + total[j] ** 2 / (n - j)[:, None]
        )
        at = gain.argmax(axis=0)
        better = gain[at, every] > best
        best = np.where(better, gain[at, every], best)
        first, second = np.where(better, i, first), np.where(better, j[at], second)
    return single, best, first, second


def _beside_pair(residual: FloatArray, least: int, count: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Dispersion beside the best two changes for 1..`count` cosines, and the gains of one and two."""
    periods = residual.shape[0]
    single, double, first, second = _best_pair(residual, least)
    at = np.arange(periods)[:, None]
    segment = (at >= first).astype(int) + (at >= second)
    basis = cosines(periods, count)
    cleared = residual.copy()
    size = np.ones((count, residual.shape[1]))
    for number in range(3):
        inside = (segment == number).astype(float)
        length = inside.sum(axis=0)
        cleared -= inside * ((residual * inside).sum(axis=0) / length)
        size -= (basis.T @ inside) ** 2 / length
    phi = np.cumsum((basis.T @ cleared) ** 2, axis=0) / np.maximum(np.cumsum(size, axis=0), 1e-9)
    return phi, single, double


@lru_cache(maxsize=32)
def _pair_null(periods: int, least: int, count: int) -> FloatArray:
    noise = np.random.default_rng(_SEED).standard_normal((periods, PAIR_REPLICATES))
    noise -= noise.mean(axis=0)
    phi, single, double = _beside_pair(noise, least, count)
    return np.sort(np.maximum(single, double / 2) / phi, axis=1)


def several_dispersion(counts: FloatArray, least: int) -> tuple[FloatArray, IntArray]:
    """Slow dispersion beside the best two changes (at least 1), and the rung of its penalty.

    Parameters
    ----------
    counts : float array, shape (weeks, series)
    least : int
        Fewest weeks between changes.
    """
    mean = np.maximum(counts.mean(axis=0), 1e-12)
    count = cosine_count(counts.shape[0])
    phi, _, _ = _beside_pair((counts - mean) / np.sqrt(mean), least, count)
    bounded = np.maximum(phi[-1], 1.0)
    _, rung = _rung(bounded, count, mean, counts.shape[0])
    return bounded, rung


def change_penalty(periods: int, least: int, rung: IntArray, level: float = 0.05) -> FloatArray:
    """Penalty a change must gain, so that white noise shows one with probability `level`.

    Parameters
    ----------
    periods, least : int
    rung : int array, shape (series,)
        From :func:`several_dispersion`.
    level : float

    Returns
    -------
    float array, shape (series,)
        In units of twice the log-likelihood.
    """
    null = _pair_null(periods, least, cosine_count(periods))
    return np.asarray(np.quantile(null, 1 - level, axis=1)[rung - 1])
