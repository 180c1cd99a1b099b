"""Binomial tails averaged over a lognormal rate: many shares for one count, summed term by term."""

from __future__ import annotations

import math

import numpy as np

from analytics._typing import BoolArray, FloatArray
from analytics.kernels.common.compiled import compiled

__all__ = ["SUMMED", "spread_tails"]


SUMMED = 1_000.0  # up to this observed count, terms are summed; further out the incomplete beta is faster
_RATIOS = 512
_NEGLIGIBLE = 1e-15


@compiled
def spread_tails(
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
                        if term <= _NEGLIGIBLE * outer:
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
                        if term <= _NEGLIGIBLE * outer:
                            break
                        k += 1
                    tail = 1.0 - outer
                mean += weight[q] * min(max(tail, 0.0), 1.0)
            out[i, j] = mean
    return out
