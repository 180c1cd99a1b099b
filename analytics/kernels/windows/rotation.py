"""The rotation p-value: where the last window of a series stands among all the windows there are.

A stationary series may be turned like a wheel without changing its law, so that the recent window is one of
equally likely ones. Where incidents draw further ones, part of what a window holds is known before it begins:
after busy days more is to be expected, after quiet days less. With that *carry-over* taken out of every
window alike, a rise stands out more clearly [1]_. The mean of a day given the past is taken as
``mean (1 - b) + b e``, where ``e`` is the past discounted exponentially over half a window; ``b`` is the
regression of the baseline's days on it, shrunk towards 0 as far as chance alone explains it [2]_, and 0 where
it is negative. So a series without such a pull is compared as it stands. The days before the recent window
may themselves be the beginning of the rise that is asked about: they add at most a quarter to what is
expected, and take off at most half.

References
----------
.. [1] Fokianos, K., Rahbek, A., Tjøstheim, D. (2009). Poisson autoregression. JASA 104, 1430-1439.
.. [2] James, W., Stein, C. (1961). Estimation with quadratic loss. Proceedings of the Fourth Berkeley
       Symposium 1, 361-379.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray
from analytics.kernels.common.compiled import compiled

__all__ = ["Rotated", "across_join", "carried_over", "rotated", "rotated_at", "rotation_pvalue"]

LESS, MORE = 0.5, 1.25  # times what is usual: bounds of what is expected after the days before
_STRONGEST = 0.95  # pull of the past
_TIED = 1e-9


@dataclass(frozen=True, eq=False, slots=True)
class Rotated:
    """Arrays of shape ``(series,)``: where each recent window stands.

    Attributes
    ----------
    share : float array
        Share of all positions of the wheel that hold at least as much, the recent window among them.
    rank : float array
        Rank of the recent window among itself and those of the baseline alone. Windows across the join hold
        a rise that is a few days old, those that touch the guard one that began in it: the rank leaves them
        out.
    carried : float array
        How many times the usual count is expected of the recent window, given the days before it.
    """

    share: FloatArray
    rank: FloatArray
    carried: FloatArray


@compiled
def _fill(
    row: FloatArray, known: BoolArray, baseline: int, length: int, carry: bool, over: FloatArray
) -> float:
    """Put in `over` what windows from each start hold beyond the usual, given the days before.

    Returns how many times the usual count is expected of the last of them.
    """
    starts = row.size - length + 1
    n, total = 0, 0.0
    for t in range(baseline):
        if known[t]:
            n += 1
            total += row[t]
    for t in range(starts):
        over[t] = 0.0
    if not carry or total <= 0.0 or n < 3:
        return 1.0
    mean, leave = total / n, min(2.0 / length, 1.0)
    e, xx, xy, yy = 0.0, 0.0, 0.0, 0.0  # the discounted past, less the mean
    for t in range(starts):
        over[t] = e
        if known[t]:
            y = row[t] - mean
            if t < baseline:
                xx += e * e
                xy += e * y
                yy += y * y
            e += leave * (y - e)
        else:
            e -= leave * e
    if xx <= 0.0 or xy <= 0.0:
        for t in range(starts):
            over[t] = 0.0
        return 1.0
    b = xy / xx
    chance = max(yy - b * xy, 0.0) / (n - 1) / xx
    b = min(b * max(1.0 - chance / (b * b), 0.0), _STRONGEST)
    lasting = (1.0 - b) * leave
    pull = b * (1.0 - (1.0 - lasting) ** length) / lasting
    usual = mean * length
    for t in range(starts):
        over[t] = min(max(pull * over[t], (LESS - 1.0) * usual), (MORE - 1.0) * usual)
    return float(1.0 + over[starts - 1] / usual)


@compiled
def rotated_at(
    row: FloatArray,
    known: BoolArray,
    baseline: int,
    length: int,
    share: float,
    sign: float,
    carry: bool,
    over: FloatArray,
) -> tuple[float, float, float]:
    """Return share, rank and carried of one series, as :class:`Rotated` has them.

    `row` holds 0 where not `known`; the recent window is known. `over` is room for as many numbers as there
    are periods.
    """
    size = row.size
    carried = _fill(row, known, baseline, length, carry, over)
    last = size - length
    observed = 0.0
    for t in range(last, size):
        observed += row[t]
    if sign > 0 and observed == 0:  # no window holds less
        return 1.0, 1.0, carried
    held, days = 0.0, 0
    valid, beyond, own, own_beyond = 1, 1, 1, 1  # the recent window itself
    for t in range(length - 1):
        held += row[t]
        days += known[t]
    for start in range(last):
        held += row[start + length - 1]
        days += known[start + length - 1]
        if days == length:
            found = sign * share * (held + (over[last] - over[start])) >= sign * observed - _TIED
            valid += 1
            beyond += found
            if start + length <= baseline:
                own += 1
                own_beyond += found
        held -= row[start]
        days -= known[start]
    held, days = observed, length
    for j in range(length - 1):  # across the join: what the recent window's first days give up, taken anew
        held += row[j] - row[last + j]
        days = days + known[j] - known[last + j]
        if days == length:
            valid += 1
            beyond += sign * share * held >= sign * observed - _TIED
    return beyond / valid, own_beyond / own, carried


@compiled
def _rotated(
    rows: FloatArray,
    known: BoolArray,
    baseline: int,
    length: int,
    share: FloatArray,
    sign: float,
    carry: bool,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    size = rows.shape[0]
    out, rank, carried = np.empty(size), np.empty(size), np.empty(size)
    over = np.empty(rows.shape[1])
    for i in range(size):
        out[i], rank[i], carried[i] = rotated_at(
            rows[i], known[i], baseline, length, share[i], sign, carry, over
        )
    return out, rank, carried


@compiled
def _filled(rows: FloatArray, known: BoolArray, baseline: int, length: int) -> FloatArray:
    out = np.empty((rows.shape[0], rows.shape[1]))
    for i in range(rows.shape[0]):
        _fill(rows[i], known[i], baseline, length, True, out[i])
    return out


def _rows(series: npt.NDArray[np.number], covered: BoolArray) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    filled = np.where(covered, series, 0).astype(float)
    return np.ascontiguousarray(filled.T), np.ascontiguousarray(covered.T)


def rotated(
    series: npt.NDArray[np.number],
    covered: BoolArray,
    length: int,
    scale: FloatArray | float = 1.0,
    *,
    upper: bool = True,
    guard: int = 0,
    carry: bool = False,
) -> Rotated:
    """Say where the recent window stands among those of the turned series.

    Parameters
    ----------
    series : array, shape (periods, series)
        Counts without a break; the last `length` periods are the recent window.
    covered : bool array, same shape
        Which entries are data. Every recent period must be; windows that touch an uncovered one are left out.
    length, guard : int
        Periods in the recent window, and between the baseline and it.
    scale : float or array, shape (series,)
        Expected share of a window's incidents that are reported in the recent window (completeness).
    upper : bool
        Count windows with at least as many; otherwise with at most as many.
    carry : bool
        Take out of every window what the days before it lead one to expect. Windows across the join begin in
        the recent one and are compared as it is.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> steady, pulled, e = rng.poisson(2.0, 406), np.zeros(406, int), 2.0
    >>> for day in range(406):
    ...     pulled[day] = rng.poisson(0.8 + 0.6 * e)
    ...     e += (pulled[day] - e) / 7
    >>> both = np.stack([steady, pulled], axis=1)
    >>> rotated(both, np.ones_like(both, bool), 14, guard=28, carry=True).carried.round(2)
    array([1.  , 1.07])
    """
    factor = np.broadcast_to(np.asarray(scale, dtype=float), series.shape[1:])
    end = series.shape[0] - length - guard
    rows, known = _rows(series, covered)
    share = np.ascontiguousarray(factor)
    return Rotated(*_rotated(rows, known, end, length, share, 1.0 if upper else -1.0, carry))


def carried_over(
    series: npt.NDArray[np.number], covered: BoolArray, length: int, *, guard: int = 0
) -> FloatArray:
    """Return what windows hold beyond the usual given the days before; shape (periods - length + 1, series).

    Row by row for the windows that begin with each period; the last is the recent one.
    """
    end = series.shape[0] - length - guard
    return np.ascontiguousarray(_filled(*_rows(series, covered), end, length).T[: end + guard + 1])


def rotation_pvalue(
    series: npt.NDArray[np.number],
    covered: BoolArray,
    length: int,
    scale: FloatArray | float = 1.0,
    *,
    upper: bool = True,
) -> FloatArray:
    """Share of rotations of the series whose last window holds at least as many incidents.

    A stationary series may be turned like a wheel without changing its law, so the observed position is one
    of equally likely ones; the observed rotation is among them, so the value is never zero.

    Parameters
    ----------
    series : array, shape (periods, series)
        Counts without a break; the last `length` periods are the recent window.
    covered : bool array, same shape
        Which entries are data. Every recent period must be; windows that touch an uncovered one are left out.
    length : int
    scale : float or array, shape (series,)
        Expected share of a window's incidents that are reported in the recent window (completeness).
    upper : bool
        Count rotations with at least as many; otherwise with at most as many.

    Returns
    -------
    float array, shape (series,)

    Examples
    --------
    >>> series = np.zeros((20, 1))
    >>> series[-2:] = 1
    >>> rotation_pvalue(series, np.ones((20, 1), bool), 2)
    array([0.05])
    """
    return rotated(series, covered, length, scale, upper=upper).share


def across_join(positions: npt.NDArray[np.integer] | int, length: int) -> FloatArray:
    """Return what a rotation p-value is multiplied with.

    Of the windows on a wheel, one at each of its `positions`, ``length - 1`` lie across the join of its end
    and its start. They are no windows of the series: where the level moves slowly they mix a high end with a
    low start, and seldom hold as many as either. So the share is taken of the others.

    Examples
    --------
    >>> across_join(np.array([112, 406]), 14).round(3)
    array([1.131, 1.033])
    """
    return np.asarray(positions / np.maximum(np.asarray(positions) - length + 1, 1))
