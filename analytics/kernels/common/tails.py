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

import math

import numpy as np
from scipy import special

from analytics._typing import BoolArray, FloatArray
from analytics.kernels.common.compiled import compiled
from analytics.kernels.common.dispersion import dispersion_at
from analytics.kernels.common.quadrature import normal_nodes, uniform_nodes

__all__ = ["betabinomial_tail", "binomial_tail", "dispersion_nodes", "log_choose", "mixed_tail"]


NODES = 16  # Gauss-Hermite nodes over the dispersion
SPREAD_NODES = 12  # ... and over the lognormal rate, given the dispersion
_POISSON = 1e-4  # a dispersion this close to 1 is treated as 1
_CHUNK = 2_000  # series at a time, so that work arrays stay near 5 MB
_NEGLIGIBLE = 1e-10
_SMOOTH = 30.0  # from this standard deviation on a tail is integrated, below it is summed
_PANEL = 24
_CLOSED = 4.0  # below this second parameter the mass piles up at the far end
_EDGE = 60  # ... where so many terms are summed one by one
_SUMMED = 1_000.0  # up to this observed count, terms are summed; further out the incomplete beta is faster
_RATIOS = 512
_SPENT = 1e-15


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
    smooth = (spread > _SMOOTH) & (s >= _SMOOTH / 3) & ((b >= _CLOSED) | (n - s > 2 * _EDGE)) & (s < n)
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


def _integrated_tail(
    s: FloatArray, n: FloatArray, a: FloatArray, b: FloatArray, spread: FloatArray
) -> FloatArray:
    """Integrate the mass from `s` on by Gauss-Legendre, with the first Euler-Maclaurin term.

    The variable is the logit of the share, in which the mass is smooth at both ends. Where it piles up at the
    far end, the last terms there are summed one by one.
    """
    open_end = b < _CLOSED
    scale = n / (a + b)  # the tail falls no more slowly than exp(-x / scale)
    last = np.where(open_end, n - _EDGE, np.minimum(s + 12 * spread + 30 * np.maximum(scale, 1.0), n - 0.5))
    first = np.log(s / (n - s))
    width = np.log(last / (n - last)) - first
    u, weight = uniform_nodes(_PANEL)
    total = np.zeros(s.shape)
    for left, right in ((0.0, 0.15), (0.15, 0.4), (0.4, 1.0)):
        x = n[:, None] * special.expit(first[:, None] + width[:, None] * (left + (right - left) * u))
        mass = np.exp(_log_mass(x, n[:, None], a[:, None], b[:, None]))
        total += (mass * x * (1 - x / n[:, None])) @ weight * (width * (right - left))
    slope = np.exp(_log_mass(s, n, a, b)) * (
        special.digamma(n - s + 1)
        - special.digamma(s + 1)
        + special.digamma(s + a)
        - special.digamma(n - s + b)
    )
    total -= slope / 12
    edge = np.flatnonzero(open_end)
    if edge.size:
        k = n[edge, None] - np.arange(_EDGE + 1)
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
) -> FloatArray:
    s, n = observed[:, None], total[:, None]
    excess = np.maximum(dispersion - 1.0, _POISSON)
    rate = np.maximum(total / (recent + baseline), 1e-12)[:, None]
    mean_recent, mean_baseline = rate * recent[:, None], rate * baseline[:, None]
    share = recent / (recent + baseline)

    poisson = binomial_tail(observed, total, share, upper=upper)[:, None]
    overdispersed = dispersion - 1.0 > _POISSON
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
    summed = (observed <= _SUMMED) & (observed % 1 == 0) & (total % 1 == 0)
    at = np.flatnonzero(summed)
    spread = np.zeros(dispersion.shape)
    if at.size:
        spread[at] = _spread_tails(
            observed[at], total[at], centre[at], scale[at], z, spread_weight, overdispersed[at]
        )
        if not upper:
            spread[at] = 1.0 - spread[at]
    at = np.flatnonzero(~summed)
    if at.size:
        shares = special.expit(centre[at, :, None] + scale[at, :, None] * z)
        tails = binomial_tail(s[at, :, None], n[at, :, None], shares, upper=upper)
        spread[at] = tails @ spread_weight
    lognormal = np.where(overdispersed, spread, poisson)
    tail = np.maximum(gamma @ weight, lognormal @ weight)
    return np.where(total > 0, tail, 1.0)


@compiled
def _spread_tails(
    observed: FloatArray,
    total: FloatArray,
    centre: FloatArray,
    scale: FloatArray,
    z: FloatArray,
    weight: FloatArray,
    wanted: BoolArray,
) -> FloatArray:
    """Upper mid-p tails of binomials whose logit share is normal, by quadrature; (series, nodes).

    Parameters
    ----------
    observed, total : float arrays, shape (series,)
        Whole numbers.
    centre, scale : float arrays, shape (series, nodes)
        Mean and standard deviation of the logit.
    z, weight : float arrays
        Nodes and weights for a standard normal variable.
    wanted : bool array, shape (series, nodes)
        Which to compute; the others are left 0.
    """
    series, nodes = centre.shape
    out = np.zeros((series, nodes))
    up, down = np.empty(_RATIOS), np.empty(_RATIOS)
    for i in range(series):
        s, n = observed[i], total[i]
        constant = math.lgamma(n + 1) - math.lgamma(s + 1) - math.lgamma(n - s + 1)
        known_up, known_down = 0, 0
        for j in range(nodes):
            if not wanted[i, j]:
                continue
            mean = 0.0
            for q in range(z.size):
                logit = centre[i, j] + scale[i, j] * z[q]
                if logit > 0:
                    log_share = -math.log1p(math.exp(-logit))
                    log_other = log_share - logit
                else:
                    log_other = -math.log1p(math.exp(logit))
                    log_share = log_other + logit
                odds = math.exp(logit)
                term = math.exp(constant + s * log_share + (n - s) * log_other)
                outer = 0.5 * term
                # Sum on the side away from the mean, where each term is smaller than the one before.
                k = 0
                if s * (1 + odds) > n * odds:
                    left = int(n - s)
                    while k < left:
                        if k < _RATIOS:
                            if k >= known_up:
                                up[k] = (n - s - k) / (s + k + 1)
                                known_up = k + 1
                            term *= up[k] * odds
                        else:
                            term *= (n - s - k) / (s + k + 1) * odds
                        outer += term
                        if term <= _SPENT * outer:
                            break
                        k += 1
                    tail = outer
                else:
                    inverse = math.exp(-logit)
                    left = int(s)
                    while k < left:
                        if k < _RATIOS:
                            if k >= known_down:
                                down[k] = (s - k) / (n - s + k + 1)
                                known_down = k + 1
                            term *= down[k] * inverse
                        else:
                            term *= (s - k) / (n - s + k + 1) * inverse
                        outer += term
                        if term <= _SPENT * outer:
                            break
                        k += 1
                    tail = 1.0 - outer
                mean += weight[q] * min(max(tail, 0.0), 1.0)
            out[i, j] = mean
    return out
