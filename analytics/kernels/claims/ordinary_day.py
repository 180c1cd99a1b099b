"""What an ordinary day holds: the predictive distribution of one daily count, from a baseline of days.

The count is gamma- or lognormal-mixed Poisson with the baseline's mean, weekday factor and daily dispersion,
all three uncertain; tails are averaged over that uncertainty and the larger of the two mixtures is taken
[1]_. The law meant is the marginal one: how counts are spread over all days of a baseline, quiet spells and
bursts alike.

References
----------
.. [1] Bulmer, M. G. (1974). On fitting the Poisson lognormal distribution to species-abundance data.
       Biometrics 30, 101-110.
.. [2] Efron, B., Morris, C. (1975). Data analysis using Stein's estimator and its generalizations. JASA 70,
       311-319.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.common.dispersion import dispersion_at, window_dispersion, window_sums
from analytics.kernels.common.negative_binomial import nb_above, nb_kurtosis
from analytics.kernels.common.quadrature import normal_nodes

__all__ = [
    "FEW",
    "OrdinaryDay",
    "day_pvalue",
    "exceedance",
    "exceedance_limits",
    "ordinary_day",
    "rank_pvalue",
    "smallest_count",
]


SLOW = 28  # days over which the level of a series may wander; the mean's uncertainty is taken at this scale
FEW = 5  # with fewer incidents in the baseline its dispersion says nothing: the rank always counts
NODES, MEAN_NODES, SPREAD_NODES = 12, 5, 20
TAIL = 3  # exponent of the Pareto tail that a p-value keeps to beyond the baseline's largest day
_POISSON = 1e-6
_CHUNK = 500
_EDF_MIN = 2.0


@dataclass(frozen=True, eq=False, slots=True)
class OrdinaryDay:
    """Estimates from the baseline, one for each series.

    Attributes
    ----------
    mean : float array, shape (series,)
        Incidents a day.
    total, days : float array, shape (series,)
        Incidents and covered days of the baseline.
    factor : float array, shape (7, series)
        Weekday factors, shrunk towards 1, mean 1.
    spread : float array, shape (7, series)
        Squared coefficient of variation of ``mean * factor`` as estimates.
    phi, edf : float array, shape (series,)
        Variance over mean of daily counts given the weekday, and its effective degrees of freedom.
    """

    mean: FloatArray
    total: FloatArray
    days: FloatArray
    factor: FloatArray
    spread: FloatArray
    phi: FloatArray
    edf: FloatArray


def ordinary_day(
    baseline: npt.NDArray[np.number], covered: BoolArray, weekday: IntArray, *, adjust: bool = True
) -> OrdinaryDay:
    """Estimate mean, weekday factors and daily dispersion with their uncertainty.

    Parameters
    ----------
    baseline, covered : array, shape (days, series)
    weekday : int array, shape (days,)
        0..6.
    adjust : bool
        Estimate weekday factors, shrunk by empirical Bayes [2]_; otherwise all are 1.

    Returns
    -------
    OrdinaryDay
        The uncertainty of the mean is taken from 28-day sums, so that it allows for autocorrelation; the
        uncertainty of the dispersion is the larger of the negative binomial one and that of 28-day sums of
        squared residuals.
    """
    y = np.where(covered, baseline, 0).astype(float)
    n = covered.sum(axis=0).astype(float)
    total = y.sum(axis=0)
    mean = total / np.maximum(n, 1)
    safe = np.where(mean > 0, mean, 1.0)
    slow = window_dispersion(y, covered, min(SLOW, max(len(y) // 8, 1)))
    wander = slow.phi / np.maximum(total, 1.0)

    factor = np.ones((7, y.shape[1]))
    loose = np.zeros_like(factor)
    if adjust:
        plain = np.maximum((np.where(covered, y - mean, 0) ** 2).sum(axis=0) / np.maximum(n, 1) / safe, 1.0)
        by = np.stack([y[weekday == d].sum(axis=0) for d in range(7)])
        expected = np.stack([covered[weekday == d].sum(axis=0) for d in range(7)]) * safe
        ratio = np.where(expected > 0, by / np.maximum(expected, 1e-12), 1.0)
        noise = plain / np.maximum(expected, 1e-12)
        # The seven ratios average to one, so pure noise leaves 6/7 of its variance among them.
        between = np.maximum(((ratio - 1) ** 2).sum(axis=0) / 6 - noise.mean(axis=0), 0.0)
        keep = between / (between + noise)
        factor = 1 + keep * (ratio - 1)
        factor = np.maximum(factor / factor.mean(axis=0), 1e-3)
        loose = keep * noise / factor**2

    mu = safe * factor[weekday]
    squares = np.where(covered, (y - mu) ** 2, 0.0)
    # Residuals are taken from the baseline's own mean, which wanders with the level: add what that hides.
    relative = (squares - np.where(covered, mu, 0)).sum(axis=0) / np.maximum(
        (np.where(covered, mu, 0) ** 2).sum(axis=0), 1e-12
    ) + wander
    phi = np.where(mean > 0, np.maximum(1 + safe * relative, 1.0), 1.0)
    edf = np.maximum(n - 1, 1) / (1 + nb_kurtosis(safe, phi) / 2)
    width = min(SLOW, max(len(y) // 8, 1))
    sums = window_sums(squares, width)
    varying = sums.var(axis=0) * (n / width) / np.maximum(squares.sum(axis=0), 1e-12) ** 2
    edf = np.clip(np.minimum(edf, 2 / np.maximum(varying, 1e-9)), _EDF_MIN, 1e6)
    return OrdinaryDay(mean, total, n, factor, wander + loose, phi, edf)


def _tails(
    count: FloatArray, mean: FloatArray, excess: FloatArray, spread_nodes: int
) -> tuple[FloatArray, FloatArray]:
    """P(Y >= count) of the gamma- and the lognormal-mixed Poisson; arrays broadcast.

    `excess` is the relative variance of the rate.
    """
    k = np.maximum(count, 1.0)
    size = 1 / np.maximum(excess, _POISSON)
    gamma = nb_above(count, mean, size)
    z, weight = normal_nodes(spread_nodes)
    log_var = np.log1p(np.maximum(excess, 0.0))
    rate = np.exp(np.log(mean) - log_var / 2)[..., None] * np.exp(np.sqrt(log_var)[..., None] * z)
    lognormal = special.gammainc(k[..., None], rate) @ weight
    sure = count <= 0
    return gamma, np.where(sure, 1.0, lognormal)


def exceedance(
    day: OrdinaryDay, count: FloatArray, often: FloatArray, *, completeness: FloatArray | float = 1.0
) -> FloatArray:
    """Probability that the largest of some days reaches `count`, averaged over the estimates' uncertainty.

    Parameters
    ----------
    day : OrdinaryDay
    count : float array, shape (series,)
    often : float array, shape (7, series)
        How many of the days fall on each weekday. The days count as independent given the parameters: under
        positive dependence the true probability is smaller (the Sidak bound).
    completeness : float or array
        Share of that day's incidents already reported.

    Returns
    -------
    float array, shape (series,)
    """
    out = np.empty(count.shape)
    share = np.broadcast_to(np.asarray(completeness, dtype=float), count.shape)
    for first in range(0, count.size, _CHUNK):
        part = slice(first, first + _CHUNK)
        u, phi_weight = normal_nodes(NODES)
        phi = dispersion_at(day.phi[part], day.edf[part], special.ndtr(u))
        z, mean_weight = normal_nodes(MEAN_NODES)
        safe = np.where(day.mean > 0, day.mean, 1e-12)[part]
        excess = ((phi - 1) / safe[:, None])[:, :, None]
        none = [np.zeros((safe.size, NODES, MEAN_NODES)) for _ in range(2)]
        for d in range(7):
            if not often[d, part].any():
                continue
            log_var = np.log1p(day.spread[d, part])[:, None]
            mean = (safe * day.factor[d, part] * share[part])[:, None] * np.exp(
                np.sqrt(log_var) * z - log_var / 2
            )
            tails = _tails(
                np.broadcast_to(count[part, None, None], none[0].shape),
                np.broadcast_to(mean[:, None, :], none[0].shape),
                np.broadcast_to(excess, none[0].shape),
                SPREAD_NODES,
            )
            for sum_, tail in zip(none, tails, strict=True):
                sum_ += often[d, part, None, None] * np.log1p(-np.minimum(tail, 1 - 1e-15))
        weight = phi_weight[:, None] * mean_weight
        reached = [-(np.expm1(sum_) * weight).sum(axis=(1, 2)) for sum_ in none]
        out[part] = np.maximum(*reached)
    return np.where(count <= 0, 1.0, np.where(day.total > 0, out, 0.0))


def exceedance_limits(day: OrdinaryDay, count: FloatArray, levels: tuple[float, ...]) -> FloatArray:
    """Quantiles of the probability that a day of the week at random reaches `count`; shape (levels, series).

    They express how well the baseline fixes mean and dispersion, given the two mixtures.
    """
    q = (np.arange(15) + 0.5) / 15
    phi = dispersion_at(day.phi, day.edf, q)
    safe = np.where(day.mean > 0, day.mean, 1e-12)
    shape = (count.size, q.size, q.size)
    excess = np.broadcast_to(((phi - 1) / safe[:, None])[:, :, None], shape)
    total = np.zeros(shape)
    for d in range(7):
        log_var = np.log1p(day.spread[d])[:, None]
        mean = (safe * day.factor[d])[:, None] * np.exp(np.sqrt(log_var) * special.ndtri(q) - log_var / 2)
        tails = _tails(
            np.broadcast_to(count[:, None, None], shape),
            np.broadcast_to(mean[:, None, :], shape),
            excess,
            SPREAD_NODES,
        )
        total += np.maximum(*tails) / 7
    found = np.quantile(total.reshape(count.size, -1), levels, axis=1)
    return np.asarray(np.where((day.total > 0)[None, :], found, np.nan))


def rank_pvalue(
    baseline: npt.NDArray[np.number], covered: BoolArray, scale: FloatArray, level: FloatArray, picked: int
) -> tuple[FloatArray, BoolArray]:
    """Rank of the day among the baseline's: the share of stretches of `picked` days that reach it.

    Parameters
    ----------
    baseline, covered : array, shape (days, series)
    scale : float array, shape (days, series)
        What counts are divided by before they are compared (weekday factors, or 1).
    level : float array, shape (series,)
        The day's count, divided likewise.
    picked : int
        Days the day is the largest of; the maximum of that many days is what is ranked.

    Returns
    -------
    pvalue : float array, shape (series,)
        ``(reached + picked) / (stretches + picked)``: the day's own stretches are among those ranked, so the
        value is never zero.
    reached : bool array, shape (series,)
        Whether any day of the baseline reached it; otherwise the rank says only that it is at most `pvalue`.
    """
    hit = (baseline >= level * scale - 1e-9) & covered
    whole = window_sums(covered, picked) == picked
    any_hit = (window_sums(hit, picked) > 0) & whole
    pvalue = (any_hit.sum(axis=0) + picked) / (whole.sum(axis=0) + picked)
    return np.asarray(pvalue), np.asarray(hit.any(axis=0))


def day_pvalue(
    day: OrdinaryDay,
    baseline: npt.NDArray[np.number],
    covered: BoolArray,
    weekday: IntArray,
    count: FloatArray,
    at: IntArray,
    often: FloatArray,
    *,
    completeness: float = 1.0,
) -> tuple[FloatArray, FloatArray]:
    """P-value that the day's count (or the largest of the days picked from) is ordinary, and its model part.

    Parameters
    ----------
    day : OrdinaryDay
    baseline, covered : array, shape (days, series)
    weekday : int array, shape (days,)
    count : float array, shape (series,)
    at : int array, shape (series,)
        Weekday of the day.
    often : float array, shape (7, series)
        Weekdays of the days picked from.
    completeness : float
        Share of the day's incidents already reported.

    Returns
    -------
    pvalue, model : float array, shape (series,)
        The model's predictive tail, raised to the rank among the baseline's days where one of those reached
        the count (or where the baseline holds fewer than five incidents). Above the baseline's largest day
        the rank is lowered as a Pareto tail of exponent 3 would be, and no faster: a wave unlike any before
        it is rare, and how rare the baseline cannot say. So a rejection below one in the
        number of baseline days needs a day higher than all of them.
    """
    model = exceedance(day, count, often, completeness=completeness)
    picked = int(often.sum(axis=0).max())
    series = np.arange(count.size)
    if picked == 1:
        scale, level = day.factor[weekday], count / completeness / day.factor[at, series]
    else:
        scale, level = np.ones(baseline.shape), count / completeness
    rank, reached = rank_pvalue(baseline, covered, scale, level, picked)
    top = (np.where(covered, baseline, 0) / scale).max(axis=0)
    beyond = np.minimum((top + 1) / (level + 1), 1.0) ** TAIL
    raised = np.where(reached | (day.total < FEW), rank, rank * beyond)
    pvalue = np.maximum(model, raised)
    return np.where(count > 0, pvalue, 1.0), model


def smallest_count(
    day: OrdinaryDay,
    baseline: npt.NDArray[np.number],
    covered: BoolArray,
    weekday: IntArray,
    at: IntArray,
    often: FloatArray,
    alpha: float,
) -> FloatArray:
    """Smallest count that would get a p-value of at most `alpha`; infinite where no count would."""

    def small(count: FloatArray) -> BoolArray:
        p, _ = day_pvalue(day, baseline, covered, weekday, count, at, often)
        return np.asarray(p <= alpha)

    low, high = np.zeros(day.mean.shape), np.maximum(np.ceil(4 * day.mean), 2.0)
    for _ in range(16):
        short = ~small(high)
        if not short.any():
            break
        low, high = np.where(short, high, low), np.where(short, 2 * high, high)
    never = ~small(high)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        open_ = high - low > 1
        yes = small(np.where(open_, middle, high))
        high, low = np.where(open_ & yes, middle, high), np.where(open_ & ~yes, middle, low)
    return np.where(never, np.inf, high)
