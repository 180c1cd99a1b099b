"""Small systems of equations of many regions at once."""

from __future__ import annotations

import math

from analytics._typing import FloatArray
from analytics.kernels.common.compiled import compiled

__all__ = ["solve_positive"]


@compiled
def solve_positive(packed: FloatArray, right: FloatArray) -> None:
    """Solve symmetric positive definite systems by Cholesky's decomposition, in place.

    Parameters
    ----------
    packed : float array, shape (systems, terms * (terms + 1) / 2)
        Lower triangles, row by row; holds the factors afterwards.
    right : float array, shape (systems, columns, terms)
        Holds the solutions afterwards.

    Examples
    --------
    >>> import numpy as np
    >>> right = np.array([[[8.0, 7.0]]])
    >>> solve_positive(np.array([[4.0, 2.0, 3.0]]), right)
    >>> right.round(9)
    array([[[1.25, 1.5 ]]])
    """
    systems, columns, terms = right.shape
    for i in range(systems):
        for p in range(terms):
            row = p * (p + 1) // 2
            for q in range(p + 1):
                other = q * (q + 1) // 2
                total = packed[i, row + q]
                for k in range(q):
                    total -= packed[i, row + k] * packed[i, other + k]
                packed[i, row + q] = math.sqrt(total) if p == q else total / packed[i, other + q]
        for c in range(columns):
            for p in range(terms):
                row = p * (p + 1) // 2
                total = right[i, c, p]
                for k in range(p):
                    total -= packed[i, row + k] * right[i, c, k]
                right[i, c, p] = total / packed[i, row + p]
            for p in range(terms - 1, -1, -1):
                total = right[i, c, p]
                for k in range(p + 1, terms):
                    total -= packed[i, k * (k + 1) // 2 + p] * right[i, c, k]
                right[i, c, p] = total / packed[i, p * (p + 1) // 2 + p]
