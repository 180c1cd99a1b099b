"""The usual tests of two windows, batched over series, to race against.

Each takes daily counts `values` of shape (days, series) whose last `length` days are the recent window and
returns one-sided p-values of "the recent mean is higher", shape (series,). A series for which a test has no
p-value, such as one without incidents, gets 1. Most come from
analytics.kernels.windows.alternatives, which says when each one fails; here they get a baseline without a
guard.
"""

from __future__ import annotations

import numpy as np

from analytics.kernels.common.dispersion import window_sums
from analytics.kernels.windows import alternatives


def of_two_windows(test):
    """Turn a test of the library into one of `values` and `length`."""

    def pvalues(values, length):
        p = test(values, np.ones(values.shape, bool), length=length)
        return np.where(np.isnan(p), 1.0, p)

    pvalues.__doc__ = test.__doc__
    return pvalues


poisson_wald = of_two_windows(alternatives.poisson_wald)
c_test_midp = of_two_windows(alternatives.c_test)
quasi_poisson = of_two_windows(alternatives.quasi_poisson)
nb_glm_alpha_1 = of_two_windows(alternatives.nb_glm)
rotation = of_two_windows(alternatives.rotation)


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
