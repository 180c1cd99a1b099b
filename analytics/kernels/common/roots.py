"""Roots of many functions of one variable at once: brackets that double, then Chandrupatla's method.

Step for step as `scipy.optimize.elementwise` has them, whose results these are to the last digit. The ends
of a bracket are not looked at twice, and `scipy.optimize`, a tenth of a second, is not loaded.

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

Three = tuple[FloatArray, FloatArray, FloatArray]
Each = Callable[[FloatArray, IndexArray], FloatArray]

_TINY, _EPS = float(np.finfo(float).smallest_normal), float(np.finfo(float).eps)
_DOUBLINGS = 1000
_STEPS = 2046  # a bisection of all numbers there are takes no more


def roots(
    function: Each,
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
        A root is found once its bracket is shorter than ``xatol + xrtol |x|``, or the value at most `fatol`.

    Returns
    -------
    float array, shape (functions,)
        NaN where no change of sign was found.

    Examples
    --------
    >>> goal = np.array([2.0, 9.0])
    >>> roots(lambda x, i: x**2 - goal[i], np.zeros(2), np.ones(2)).round(6)
    array([1.414214, 3.      ])
    """
    out = np.full(low.shape, np.nan)
    every = np.arange(low.size)
    ends = np.stack([low, high])
    values = np.stack([function(low, every), function(high, every)])
    with np.errstate(invalid="ignore"):
        index, ends, values = _bracketed(function, ends, values)
        out[index] = _between(function, index, ends, values, (xatol, xrtol, fatol))
    return out


def _change(f: FloatArray, g: FloatArray) -> np.ndarray:
    return np.asarray((np.sign(f) == -np.sign(g)) | (f == 0) | (g == 0))


def _bracketed(
    function: Each, ends: FloatArray, values: FloatArray
) -> tuple[IndexArray, FloatArray, FloatArray]:
    """Return which functions change their sign somewhere, between which ends, and the values there.

    Either end moves away from the other, twice as far each time, until the last step holds a change.
    """
    found = _change(values[0], values[1]) & (ends[0] < ends[1])
    left_out = np.flatnonzero(~found & (ends[0] < ends[1]) & np.isfinite(ends + values).all(axis=0))
    ends, values = ends.copy(), values.copy()
    # Two searches a function: side 0 goes left of the upper end, side 1 right of the lower.
    which = np.concatenate([left_out, left_out])
    side = np.repeat([0, 1], left_out.size)
    fixed, moved = ends[1 - side, which], ends[side, which]
    value, far = values[side, which], ends[side, which] - ends[1 - side, which]
    for _ in range(_DOUBLINGS):
        if not which.size:
            break
        far = 2.0 * far
        point = fixed + far
        there = function(point, which)
        hit = _change(there, value)
        for at in np.flatnonzero(hit & ~found[which]):
            i, inner = which[at], 1 - side[at]
            found[i] = True
            ends[side[at], i], values[side[at], i] = point[at], there[at]
            ends[inner, i], values[inner, i] = moved[at], value[at]
        on = ~found[which] & np.isfinite(point) & np.isfinite(there)
        which, side, fixed, far = which[on], side[on], fixed[on], far[on]
        moved, value = point[on], there[on]
    index = np.flatnonzero(found)
    return index, ends[:, index], values[:, index]


def _between(
    function: Each,
    index: IndexArray,
    ends: FloatArray,
    values: FloatArray,
    tolerance: tuple[float, float, float],
) -> FloatArray:
    """Return the roots of some functions between two ends; NaN where the values come to an end."""
    out, (xatol, xrtol, fatol) = np.full(index.size, np.nan), tolerance
    (x1, x2), (f1, f2) = ends, values
    x3, f3, t = x2, f2, np.full(index.size, 0.5)
    left = np.arange(index.size)
    for step in range(_STEPS + 1):
        if step:
            x = x1 + t * (x2 - x1)
            f = function(x, index[left])
            same = np.sign(f) == np.sign(f1)
            x3, f3 = np.where(same, x1, x2), np.where(same, f1, f2)
            x2, f2 = np.where(same, x2, x1), np.where(same, f2, f1)
            x1, f1 = x, f
        near = np.abs(f1) < np.abs(f2)
        best, value = np.where(near, x1, x2), np.where(near, f1, f2)
        dx, tol = np.abs(x2 - x1), np.abs(best) * xrtol + xatol
        hit = np.abs(value) <= fatol
        lost = ~hit & ((np.sign(f1) == np.sign(f2)) | ~np.isfinite(x1 + x2) | (np.isnan(f1) & np.isnan(f2)))
        hit |= ~lost & (dx < tol)
        out[left[hit]] = best[hit]
        on = ~(hit | lost)
        if not on.any():
            break
        left = left[on]
        x1, x2, x3, f1, f2, f3 = x1[on], x2[on], x3[on], f1[on], f2[on], f3[on]
        t = _weight((x1, x2, x3), (f1, f2, f3), tol[on] / dx[on] / 2) if step else np.full(left.size, 0.5)
    return out


def _weight(
    x: tuple[FloatArray, FloatArray, FloatArray],
    f: tuple[FloatArray, FloatArray, FloatArray],
    least: FloatArray,
) -> FloatArray:
    """Return how far between the ends to look next: by a parabola where that is safe, else half way."""
    (x1, x2, x3), (f1, f2, f3) = x, f
    with np.errstate(divide="ignore", invalid="ignore"):
        xi, phi = (x1 - x2) / (x3 - x2), (f1 - f2) / (f3 - f2)
        alpha = (x3 - x1) / (x2 - x1)
        safe = ((1 - np.sqrt(1 - xi)) < phi) & (phi < np.sqrt(xi))
        curved = f1 / (f1 - f2) * f3 / (f3 - f2) - alpha * f1 / (f3 - f1) * f2 / (f2 - f3)
    return np.asarray(np.clip(np.where(safe, curved, 0.5), least, 1 - least))
