"""Bayesian online change point: how long ago the present level began, week by week.

References
----------
.. [1] Adams, R. P., MacKay, D. J. C. (2007). Bayesian online changepoint detection. arXiv:0710.3742.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from analytics._typing import FloatArray
from analytics.kernels.common.negative_binomial import log_rising

__all__ = ["run_length_posterior"]


def run_length_posterior(
    counts: FloatArray, *, hazard: float, prior_mean: FloatArray, size: FloatArray
) -> FloatArray:
    """Posterior of the run length after the last week.

    Parameters
    ----------
    counts : float array, shape (weeks, series)
    hazard : float
        Prior probability of a change before each week.
    prior_mean : float array, shape (series,)
        Prior mean of a level.
    size : float array, shape (series,)
        Negative binomial size (variance = mean + mean^2 / size) within a run. ``inf``: Poisson counts with
        a gamma prior of shape 1. Otherwise the success probability has a beta prior with the same mean level
        and the same limit; predictive probabilities are beta negative binomial.

    Returns
    -------
    float array, shape (weeks + 1, series)
        Entry r: probability that the last r weeks share one level, and the week before them another. A run
        of all weeks stands for "no change in the series"; entry 0 is always 0 after the last week is seen.

    Examples
    --------
    >>> y = np.repeat([[1.0], [20.0]], [20, 5], axis=0)
    >>> posterior = run_length_posterior(y, hazard=0.01, prior_mean=np.ones(1), size=np.full(1, np.inf))
    >>> int(posterior[:, 0].argmax()), float(posterior.sum().round(6))
    (5, 1.0)
    """
    weeks, series = counts.shape
    poisson = np.isinf(size)
    r = np.where(poisson, 1.0, size)
    mean = np.maximum(prior_mean, 1e-9)
    # Sums over the present run, one row a run length; predictive parameters follow from them.
    total = np.zeros((1, series))
    length = np.zeros((1, 1))
    log_joint = np.zeros((1, series))
    for week in range(weeks):
        y = counts[week]
        shape, rate = 1.0 + total, 1.0 / mean + length
        gamma_poisson = (
            log_rising(shape, y)
            - special.gammaln(y + 1)
            + shape * np.log(rate / (rate + 1))
            - y * np.log(rate + 1)
        )
        a, b = 1.0 + r / mean + r * length, 1.0 + total
        beta_nb = (
            log_rising(r, y) - special.gammaln(y + 1) + special.betaln(a + r, b + y) - special.betaln(a, b)
        )
        seen = log_joint + np.where(poisson, gamma_poisson, beta_nb)
        if week + 1 < weeks:
            change = special.logsumexp(seen, axis=0, keepdims=True) + np.log(hazard)
            log_joint = np.concatenate([change, seen + np.log1p(-hazard)])
            total = np.concatenate([np.zeros((1, series)), total + y])
            length = np.concatenate([np.zeros((1, 1)), length + 1])
            log_joint = log_joint - special.logsumexp(log_joint, axis=0)
        else:
            log_joint = np.concatenate([np.full((1, series), -np.inf), seen])
    return np.asarray(np.exp(log_joint - special.logsumexp(log_joint, axis=0)))
