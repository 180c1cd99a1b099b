"""Roots of many functions of one variable at once, by SciPy's brackets that double and Chandrupatla's method.

References
----------
.. [1] Chandrupatla, T. R. (1997). A new hybrid quadratic/bisection algorithm for finding the zero of a
       nonlinear function without using derivatives. Advances in Engineering Software 28, 145-149.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analytics._typing import FloatArray, IndexArray

__all__ = ["roots"]

_TINY, _EPS = float(np.finfo(float).smallest_normal), float(np.finfo(float).eps)


def roots(
    function: Callable[[FloatArray, IndexArray], FloatArray],
    low: FloatArray,
    high: FloatArray,
    *,
    xatol: float = 4 * _TINY,
    xrtol: float = 4 * _EPS,
    fatol: float = _TINY,
) -> FloatArray:
    """Return where monotone functions are 0, starting from brackets that need not hold the root.

    Parameters
    ----------
    function : callable
        Takes points and which function each is for, two arrays of one shape; returns the values.
    low, high : float arrays, shape (functions,)
        Ends of the first brackets.
    xatol, xrtol, fatol : float
        As `scipy.optimize.elementwise.find_root` has them, with its defaults.

    Returns
    -------
    float array, shape (functions,)
        NaN where no change of sign was found.

    Examples
    --------
    >>> goal = np.array([2.0, 9.0])
    >>> roots(lambda x, i: x**3 - goal[i], np.zeros(2), np.ones(2)).round(6)
    array([1.259921, 2.080084])
    """
    if not low.size:
        return np.empty(0)
    from scipy.optimize import elementwise  # a tenth of a second to load

    index = np.arange(low.size)
    with np.errstate(invalid="ignore"):
        bracket = elementwise.bracket_root(function, low, high, args=(index,))
        root = elementwise.find_root(
            function,
            bracket.bracket,
            args=(index,),
            tolerances={"xatol": xatol, "xrtol": xrtol, "fatol": fatol},
        )
    return np.where(bracket.success & root.success, root.x, np.nan)
