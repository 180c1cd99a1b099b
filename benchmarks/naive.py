"""The usual tests of two windows, in closed form and batched over series, to race against.

Each takes daily counts `values` of shape (days, series) whose last `length` days are the recent window and
returns one-sided p-values of "the recent mean is higher", shape (series,). A series without incidents gets 1.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from analytics.kernels.dispersion import window_sums
from analytics.kernels.rotation import rotation_pvalue
from analytics.kernels.tails import binomial_tail


def _parts(values, length):
    recent, base = values[-length:], values[:-length]
    return recent.sum(axis=0).astype(float), base.sum(axis=0).astype(float), len(base)


def _wald(log_ratio, variance):
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(np.isfinite(log_ratio) & (variance > 0), log_ratio / np.sqrt(variance), -np.inf)
    return special.ndtr(-z)


def poisson_wald(values, length):
    """Poisson GLM with one indicator for the recent window, Wald test."""
    s, b, n = _parts(values, length)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _wald(np.log(s / length) - np.log(b / n), 1 / s + 1 / b)


def c_test_midp(values, length):
    """Conditional test of two Poisson means (Przyborowski and Wilenski 1940), mid-p."""
    s, b, n = _parts(values, length)
    return np.where(s + b > 0, binomial_tail(s, s + b, np.full(s.shape, length / (length + n))), 1.0)


def quasi_poisson(values, length):
    """Daily quasi-Poisson GLM: the Wald test with Pearson's dispersion of daily residuals."""
    s, b, n = _parts(values, length)
    m1, m0 = s / length, b / n
    with np.errstate(divide="ignore", invalid="ignore"):
        chi2 = ((values[-length:] - m1) ** 2).sum(axis=0) / m1 + ((values[:-length] - m0) ** 2).sum(
            axis=0
        ) / m0
        phi = chi2 / (length + n - 2)
        return _wald(np.log(m1) - np.log(m0), phi * (1 / s + 1 / b))


def nb_glm_alpha_1(values, length):
    """Negative binomial GLM with alpha = 1, the default of statsmodels' family, Wald test."""
    s, b, n = _parts(values, length)
    with np.errstate(divide="ignore", invalid="ignore"):
        m1, m0 = s / length, b / n
        return _wald(np.log(m1) - np.log(m0), (1 / m1 + 1) / length + (1 / m0 + 1) / n)


def block_permutation(values, length, block=7):
    """Exact permutation of whole blocks: the recent window is one choice of blocks among all pairs."""
    if length != 2 * block:
        raise ValueError("written for a window of two blocks")
    keep = (values.shape[0] // block) * block
    blocks = values[-keep:].reshape(-1, block, values.shape[1]).sum(axis=1)
    observed = blocks[-1] + blocks[-2]
    first, second = np.triu_indices(len(blocks), 1)
    out = np.empty(values.shape[1])
    for start in range(0, values.shape[1], 500):
        part = slice(start, start + 500)
        out[part] = (blocks[first, part] + blocks[second, part] >= observed[part]).mean(axis=0)
    return out


def rotation(values, length):
    """Rotation of the series."""
    return rotation_pvalue(values, np.ones(values.shape, bool), length)


def window_rank(values, length):
    """Rank of the recent window among all windows of the series that end no later."""
    sums = window_sums(values, length)
    return (sums >= sums[-1]).mean(axis=0)


NAIVE = {
    "Poisson Wald": poisson_wald,
    "C-test, mid-p": c_test_midp,
    "daily quasi-Poisson": quasi_poisson,
    "NB GLM, alpha = 1": nb_glm_alpha_1,
    "permutation of 7-day blocks": block_permutation,
    "rank among 14-day windows": window_rank,
    "rotation of the series": rotation,
}
