"""Tail probabilities of the recent share, given the total, for overdispersed counts.

The conditional distribution of the recent count given the total of recent and baseline is binomial for
Poisson counts and beta-binomial for gamma-mixed ones. The dispersion is itself an estimate, so tails are
averaged over its uncertainty, and the larger of the gamma- and the lognormal-mixed tail is taken.

References
----------
.. [1] Przyborowski, J., Wilenski, H. (1940). Homogeneity of results in testing samples from Poisson series.
       Biometrika 31, 313-323.
.. [2] Bulmer, M. G. (1974). On fitting the Poisson lognormal distribution to species-abundance data.
       Biometrics 30, 101-110.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import special

from analytics._typing import FloatArray
from analytics.kernels.common.compiled import compiled
from analytics.kernels.common.dispersion import dispersion_at
from analytics.kernels.common.mixed_loop import CLOSED, EDGE, FLAT, SMOOTH, average_tails
from analytics.kernels.common.quadrature import normal_nodes, uniform_nodes

__all__ = ["betabinomial_tail", "binomial_tail", "dispersion_nodes", "log_choose", "mixed_tail"]


NODES = 16  # Gauss-Hermite nodes over the dispersion
SPREAD_NODES = 12  # ... and over the lognormal rate, given the dispersion
_CHUNK = 2_000  # series at a time, so that work arrays stay near 5 MB
_NEGLIGIBLE = 1e-10
_PANEL = 24
_RATIOS = 64
_SUMMED = 1_000.0  # up to this observed count, terms are summed; further out the incomplete beta is faster


def log_choose(total: FloatArray, some: FloatArray) -> FloatArray:
    """Return the logarithm of the number of ways to choose `some` of `total`.

    Examples
    --------
    >>> float(np.exp(log_choose(np.array(5.0), np.array(2.0))).round(6))
    10.0
    """
    return np.asarray(
        special.gammaln(total + 1) - special.gammaln(some + 1) - special.gammaln(total - some + 1)
    )


def binomial_tail(
    observed: FloatArray, total: FloatArray, share: FloatArray, *, upper: bool = True
) -> FloatArray:
    """Tail of a binomial with half the mass at the observed count (mid-p); arrays broadcast.

    Examples
    --------
    >>> round(float(binomial_tail(np.array(3.0), np.array(4.0), np.array(0.5))), 6)
    0.1875
    """
    k = np.maximum(observed, 1.0)
    at_least = np.where(observed > 0, special.betainc(k, total - k + 1, share), 1.0)
    log_mass = (
        log_choose(total, observed)
        + special.xlogy(observed, share)
        + special.xlog1py(total - observed, -share)
    )
    tail = np.clip(at_least - 0.5 * np.exp(log_mass), 0.0, 1.0)
    return np.asarray(tail if upper else 1.0 - tail)


def betabinomial_tail(
    observed: FloatArray, total: FloatArray, a: FloatArray, b: FloatArray, *, upper: bool = True
) -> FloatArray:
    """Tail of a beta-binomial with half the mass at the observed count (mid-p); arrays broadcast.

    The mass is summed term by term from the observed count outwards, on the side away from the mean.

    Examples
    --------
    >>> one = np.ones(1)  # a = b = 1: uniform on 0..4
    >>> float(betabinomial_tail(3 * one, 4 * one, one, one)[0].round(6))
    0.3
    """
    s, n, a, b = (np.array(v, dtype=float) for v in np.broadcast_arrays(observed, total, a, b))
    shape = s.shape
    s, n, a, b = (v.ravel() for v in (s, n, a, b))
    # Mirror where the observed count is at or below the mean, so that the summed side is always the thin one.
    mirrored = s * (a + b) < n * a
    s = np.where(mirrored, n - s, s)
    a, b = np.where(mirrored, b, a), np.where(mirrored, a, b)
    term = np.exp(_log_mass(s, n, a, b))
    outer = 0.5 * term
    # Long tails are integrated: half the mass at the count makes the sum a trapezoid rule.
    spread = np.sqrt(n * a * b * (a + b + n) / ((a + b) ** 2 * (a + b + 1)))
    smooth = (spread > SMOOTH) & (s >= SMOOTH / 3) & ((b >= CLOSED) | (n - s > 2 * EDGE)) & (s < n)
    if smooth.any():
        outer[smooth] = _integrated_tail(*(v[smooth] for v in (s, n, a, b, spread)))
    index = np.flatnonzero((s < n) & ~smooth)
    outer[index] += _beyond(s[index], n[index], a[index], b[index], term[index], _NEGLIGIBLE)
    outer = np.clip(outer, 0.0, 1.0)
    tail = np.where(mirrored, 1.0 - outer, outer).reshape(shape)
    return np.asarray(tail if upper else 1.0 - tail)


@compiled
def _beyond(
    s: FloatArray, n: FloatArray, a: FloatArray, b: FloatArray, term: FloatArray, negligible: float
) -> FloatArray:
    """Sum the mass beyond `s`, from the mass there outwards; all arrays have shape (series,)."""
    out = np.zeros(s.size)
    for i in range(s.size):
        k, mass, total = s[i], term[i], 0.0
        while k < n[i]:
            ratio = (n[i] - k) * (k + a[i]) / ((k + 1) * (n[i] - k - 1 + b[i]))
            mass *= ratio
            k += 1
            total += mass
            # Beyond the mode the terms shrink at least geometrically once the ratio is below one.
            if ratio < 1.0 and mass <= negligible * (1 - ratio):
                break
        out[i] = total
    return out


def _log_mass(x: FloatArray, n: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray(log_choose(n, x) + special.betaln(x + a, n - x + b) - special.betaln(a, b))


@lru_cache(maxsize=1)
def _panels() -> FloatArray:
    """Return nodes on the line from 0 to 1, more of them near 0, and their weights; shape (2, nodes)."""
    u, weight = uniform_nodes(_PANEL)
    ends = ((0.0, 0.15), (0.15, 0.4), (0.4, 1.0))
    return np.hstack([(left + (right - left) * u, weight * (right - left)) for left, right in ends])


def _integrated_tail(
    s: FloatArray, n: FloatArray, a: FloatArray, b: FloatArray, spread: FloatArray
) -> FloatArray:
    """Integrate the mass from `s` on by Gauss-Legendre, with the first Euler-Maclaurin term.

    The variable is the logit of the share, in which the mass is smooth at both ends. Where it piles up at the
    far end, the last terms there are summed one by one.
    """
    open_end = b < CLOSED
    scale = n / (a + b)  # the tail falls no more slowly than exp(-x / scale)
    last = np.where(open_end, n - EDGE, np.minimum(s + 12 * spread + 30 * np.maximum(scale, 1.0), n - 0.5))
    first = np.log(s / (n - s))
    width = np.log(last / (n - last)) - first
    u, weight = _panels()
    x = n[:, None] * special.expit(first[:, None] + width[:, None] * u)
    mass = np.exp(_log_mass(x, n[:, None], a[:, None], b[:, None]))
    total = (mass * x * (1 - x / n[:, None])) @ weight * width
    slope = np.exp(_log_mass(s, n, a, b)) * (
        special.digamma(n - s + 1)
        - special.digamma(s + 1)
        + special.digamma(s + a)
        - special.digamma(n - s + b)
    )
    total -= slope / 12
    edge = np.flatnonzero(open_end)
    if edge.size:
        k = n[edge, None] - np.arange(EDGE + 1)
        mass = np.exp(_log_mass(k, n[edge, None], a[edge, None], b[edge, None]))
        total[edge] += mass[:, :-1].sum(axis=1) + mass[:, -1] / 2
    return np.asarray(total)


def dispersion_nodes(phi: FloatArray, edf: FloatArray, nodes: int = NODES) -> FloatArray:
    """Return ``phi * edf / chi2(edf)`` at the Gauss-Hermite nodes; shape ``(series, nodes)``."""
    z, _ = normal_nodes(nodes)
    return dispersion_at(phi, edf, special.ndtr(z))


def mixed_tail(
    observed: FloatArray,
    total: FloatArray,
    recent: FloatArray,
    baseline: FloatArray,
    phi: FloatArray,
    edf: FloatArray,
    *,
    upper: bool = True,
    nodes: int = NODES,
    spread_nodes: int = SPREAD_NODES,
    drawn: FloatArray | None = None,
    level: FloatArray | None = None,
) -> FloatArray:
    """Tail probability of the recent count given the total, averaged over the dispersion's uncertainty.

    Parameters
    ----------
    observed, total : float array, shape (series,)
        Recent count, and recent plus baseline count.
    recent, baseline : float array, shape (series,)
        Exposures: periods times the rate ratio under the hypothesis, and periods.
    phi, edf : float array, shape (series,)
        Window-scale dispersion and its effective degrees of freedom.
    upper : bool
        Tail at or above the observed count; otherwise at or below.
    nodes, spread_nodes : int
        Gauss-Hermite nodes over the dispersion and, given it, over the lognormal rate.
    drawn : float array, shape (series, nodes), optional
        The dispersion at its nodes (:func:`dispersion_nodes`), where the caller has it already.
    level : float array, shape (series,), optional
        Where the tail is above it, only that is asked: what is returned is above it, and no more than the
        tail.

    Returns
    -------
    float array, shape (series,)
        Mid-p tail; the larger of the gamma- and lognormal-mixed one. 1 where the total is 0.

    Examples
    --------
    >>> one = np.ones(1)
    >>> p = mixed_tail(9 * one, 21 * one, 14 * one, 364 * one, one, 1e9 * one)  # 9 against 12: Poisson
    >>> bool(p[0] < 1e-6)
    True
    """
    values = dispersion_nodes(phi, edf, nodes) if drawn is None else drawn
    weight = normal_nodes(nodes)[1]
    out = np.empty(observed.shape)
    most = np.full(observed.shape, np.inf) if level is None else level
    for first in range(0, observed.size, _CHUNK):
        part = slice(first, first + _CHUNK)
        out[part] = _mixed_tail(
            observed[part],
            total[part],
            recent[part],
            baseline[part],
            values[part],
            weight,
            upper,
            spread_nodes,
            most[part],
        )
    return out


def _mixed_tail(
    observed: FloatArray,
    total: FloatArray,
    recent: FloatArray,
    baseline: FloatArray,
    dispersion: FloatArray,
    weight: FloatArray,
    upper: bool,
    spread_nodes: int,
    level: FloatArray,
) -> FloatArray:
    out = np.ones(observed.shape)
    near = (observed <= _SUMMED) & (observed % 1 == 0) & (total % 1 == 0)
    at = np.flatnonzero(near & (total > 0))
    if at.size:
        nodes, found = np.stack(normal_nodes(spread_nodes)), np.empty(at.size)
        average_tails(
            np.stack([each[at] for each in (observed, total, recent, baseline, level)]),
            dispersion[at],
            weight,
            nodes,
            _panels(),
            _NEGLIGIBLE,
            upper,
            np.empty((2, _RATIOS)),
            np.empty(nodes.shape),
            found,
        )
        out[at] = found
    at = np.flatnonzero(~near & (total > 0))
    if at.size:
        series = (observed[at], total[at], recent[at], baseline[at], dispersion[at])
        gamma, lognormal = _far_tails(*series, upper, spread_nodes)
        out[at] = np.maximum(gamma @ weight, lognormal @ weight)
    return out


def _far_tails(
    observed: FloatArray,
    total: FloatArray,
    recent: FloatArray,
    baseline: FloatArray,
    dispersion: FloatArray,
    upper: bool,
    spread_nodes: int,
) -> tuple[FloatArray, FloatArray]:
    """Return both tails at every node, by the incomplete beta; shape (series, nodes)."""
    s, n = observed[:, None], total[:, None]
    excess = np.maximum(dispersion - 1.0, FLAT)
    rate = np.maximum(total / (recent + baseline), 1e-12)[:, None]
    mean_recent, mean_baseline = rate * recent[:, None], rate * baseline[:, None]
    share = recent / (recent + baseline)

    poisson = binomial_tail(observed, total, share, upper=upper)[:, None]
    overdispersed = dispersion - 1.0 > FLAT
    gamma = np.broadcast_to(poisson, dispersion.shape).copy()
    rows, columns = np.nonzero(overdispersed)
    if rows.size:
        gamma[rows, columns] = betabinomial_tail(
            observed[rows],
            total[rows],
            (mean_recent / excess)[rows, columns],
            (mean_baseline / excess)[rows, columns],
            upper=upper,
        )

    z, spread_weight = normal_nodes(spread_nodes)
    var_recent, var_baseline = np.log1p(excess / mean_recent), np.log1p(excess / mean_baseline)
    centre = special.logit(share)[:, None] - var_recent / 2 + var_baseline / 2
    scale = np.sqrt(var_recent + var_baseline)
    shares = special.expit(centre[:, :, None] + scale[:, :, None] * z)
    tails = binomial_tail(s[:, :, None], n[:, :, None], shares, upper=upper)
    return gamma, np.where(overdispersed, tails @ spread_weight, poisson)
