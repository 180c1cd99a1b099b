"""Nodes and weights for averages over a normal and a uniform variable."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from analytics._typing import FloatArray

__all__ = ["normal_nodes", "uniform_nodes"]


@lru_cache(maxsize=16)
def normal_nodes(nodes: int) -> tuple[FloatArray, FloatArray]:
    """Return Gauss-Hermite nodes and weights of a standard normal variable.

    Examples
    --------
    >>> z, weight = normal_nodes(5)
    >>> float((z**4 @ weight).round(6))
    3.0
    """
    z, weight = np.polynomial.hermite_e.hermegauss(nodes)
    return z, weight / weight.sum()


@lru_cache(maxsize=4)
def uniform_nodes(nodes: int) -> tuple[FloatArray, FloatArray]:
    """Return Gauss-Legendre nodes and weights of a variable uniform on 0 to 1."""
    x, weight = np.polynomial.legendre.leggauss(nodes)
    return (x + 1) / 2, weight / 2
