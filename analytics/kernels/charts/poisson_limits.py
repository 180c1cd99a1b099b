"""Confidence limits of a Poisson mean after Crow and Gardner, from shortest acceptance regions.

References
----------
.. [1] Crow, E. L., Gardner, R. S. (1959). Confidence intervals for the expectation of a Poisson variable.
       Biometrika 46, 441-453.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import special

from analytics._typing import FloatArray, IntArray

__all__ = ["crow_gardner_upper"]


_GRID = 0.01
_HALVINGS = 45


def _accepted_from(mean: FloatArray, level: float, most: int) -> IntArray:
    """First count of the acceptance region of each mean."""
    below = np.zeros((mean.size, most + 1))
    below[:, 1:] = special.pdtr(np.arange(most), mean[:, None])
    first = np.full(mean.size, -1)
    for length in range(1, most + 1):
        open_ = np.flatnonzero(first < 0)
        if not open_.size:
            break
        enough = below[open_, length:] - below[open_, :-length] >= level
        last = enough.shape[1] - 1 - np.argmax(enough[:, ::-1], axis=1)
        first[open_] = np.where(enough.any(axis=1), last, -1)
    return first


@lru_cache(maxsize=8)
def crow_gardner_upper(most: int, level: float = 0.95) -> FloatArray:
    """Upper limit of the mean, for each count from 0 to `most`; shape (most + 1,).

    The acceptance region of a mean is the shortest run of counts with probability `level` or more, the
    highest of those equally short; a count's upper limit is where regions stop holding it.

    Examples
    --------
    >>> crow_gardner_upper(3).round(3).tolist()
    [3.285, 5.323, 6.686, 8.102]
    """
    reach = most + 10 + 4 * np.sqrt(most + 1)
    counts = int(2 * reach + 20)
    mean = np.arange(_GRID, reach, _GRID)
    first = np.maximum.accumulate(_accepted_from(mean, level, counts))
    high = mean[np.searchsorted(first, np.arange(most + 1), side="right")]
    low = high - _GRID
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        beyond = _accepted_from(middle, level, counts) > np.arange(most + 1)
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    return high
