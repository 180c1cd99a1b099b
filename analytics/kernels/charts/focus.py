"""Generalised likelihood ratio over all change times at once, by keeping only times that can still win.

The mean of period t is ``mean[t]``, known; after a change it is ``ratio * mean[t]``. Which of two change
times explains the counts better does not depend on what comes after the later one, only on the ratio: the
earlier wins for ratios near 1, the later beyond a point. A time that wins for no ratio is dropped for
good [1]_.

Poisson counts, and negative binomial counts of a flat mean, need sums only: candidates are the corners of
the lower convex hull of (expected so far, counted so far), a handful. With a varying mean the negative
binomial points at which candidates change places are searched for, at a cost that grows with the run.

References
----------
.. [1] Ward, K., Dilillo, G., Eckley, I., Fearnhead, P. (2024). Poisson-FOCuS: an efficient online method for
       detecting count bursts with application to gamma ray burst detection. Journal of the American
       Statistical Association 119, 2327-2339.
.. [2] Romano, G., Eckley, I. A., Fearnhead, P., Rigaill, G. (2023). Fast online changepoint detection via
       functional pruning CUSUM statistics. Journal of Machine Learning Research 24, 1-36.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.common.compiled import compiled

__all__ = ["exact_glr"]


_TILE = 16  # series copied together: one cache line of counts
_WHOLE = 65_536  # logarithms of whole numbers kept
_ROUNDS, _SETTLED = 60, 1e-12
_LOG_RATIO_MAX = 40.0


@compiled
def _enter(
    new_y: float, new_m: float, unit: float, sign: float, size: int, hull_y: FloatArray, hull_m: FloatArray
) -> int:
    """Take a change time in, and turn out those it leaves no ratio for; return how many there are."""
    while (
        size > 1
        and sign
        * (
            (hull_y[size - 1] - hull_y[size - 2]) * (new_m - hull_m[size - 1])
            - (new_y - hull_y[size - 1]) * (hull_m[size - 1] - hull_m[size - 2])
        )
        >= 0.0
    ):
        size -= 1
    if size == 1 and sign * (new_y - hull_y[0] - (new_m - hull_m[0]) * unit) <= 0.0:
        size = 0
    hull_y[size], hull_m[size] = new_y, new_m
    return size + 1


@compiled
def _best(
    now_y: float,
    now_m: float,
    level: float,
    log_level: float,
    log_both: float,
    alpha: float,
    sign: float,
    size: int,
    winner: int,
    logs: FloatArray,
    hull_y: FloatArray,
    hull_m: FloatArray,
) -> tuple[float, int]:
    """Return the largest gain over the change times kept, and which has it."""
    flat = level > 0.0
    # A flat mean is counted in periods, so that every logarithm comes from the table of whole numbers.
    unit = level if flat else 1.0
    size_nb = 1.0 / alpha if alpha > 0.0 else 0.0
    # No gain exceeds this bound: log(1 + u) <= u (6 + u) / (6 + 4 u), over one plus alpha times the mean.
    costly = sign > 0.0 and (alpha > 0.0 or not flat)
    limit = 1.0 + alpha * level
    best = 0.0
    leader = winner if winner < size else size - 1  # weighed first: most others then need no logarithm
    for step in range(size):
        k = leader if step == 0 else (step - 1 if step <= leader else step)
        counted, spell = now_y - hull_y[k], now_m - hull_m[k]
        excess = counted - spell * unit
        if sign * excess <= 0.0:
            continue
        if costly and excess * excess * (3 * spell * unit + excess) <= best * limit * spell * unit * (
            6 * spell * unit + 4 * excess
        ):
            continue
        whole = int(counted)
        log_spell = logs[int(spell)] + log_level if flat else np.log(spell)
        log_counted = logs[whole] if whole < len(logs) else np.log(counted)
        if alpha == 0.0:
            value = counted * (log_counted - log_spell) - excess
        else:
            both = counted + spell * size_nb
            value = counted * (log_counted - log_spell) - both * (np.log(both) - logs[int(spell)] - log_both)
        if value > best:
            best, winner = value, k
    return best, winner


@compiled
def _sums(
    y: FloatArray,
    mean: FloatArray,
    level: float,
    alpha: float,
    threshold: float,
    sign: float,
    shortest: int,
    reset: bool,
    stop: bool,
    begin: int,
    statistic: FloatArray,
    logs: FloatArray,
    total: FloatArray,
    expected: FloatArray,
    hull_y: FloatArray,
    hull_m: FloatArray,
) -> int:
    """Poisson with any mean, or negative binomial with a flat one (`level`, 0 where it varies)."""
    periods = len(y)
    flat = level > 0.0
    unit = level if flat else 1.0
    log_level = np.log(level) if flat else 0.0
    log_both = np.log(level + (1.0 / alpha if alpha > 0.0 else 0.0)) if flat else 0.0
    first_alarm = periods
    n = entered = size = winner = begin * 0  # a plain 0 would have what takes it compiled for 0 alone
    total[0] = expected[0] = 0.0
    now_y, now_m = 0.0, 0.0
    for t in range(begin, periods):
        if y[t] < 0.0:
            continue
        now_y += y[t]
        now_m += 1.0 if flat else mean[t]
        n += 1
        total[n], expected[n] = now_y, now_m
        while entered <= n - shortest:  # a time enters once `shortest` periods lie behind it
            size = _enter(total[entered], expected[entered], unit, sign, size, hull_y, hull_m)
            entered += 1
        best, winner = _best(
            now_y, now_m, level, log_level, log_both, alpha, sign, size, winner, logs, hull_y, hull_m
        )
        statistic[t] = best
        if best >= threshold:
            if t < first_alarm:
                first_alarm = t
            if stop:
                break
            if reset:
                n, entered, size = 0, 0, 0
                now_y, now_m = 0.0, 0.0
    return first_alarm


@compiled
def _curve(
    y: FloatArray, mean: FloatArray, alpha: float, first: int, last: int, log_ratio: float
) -> tuple[float, float, float]:
    """Log-likelihood ratio of periods first..last-1 at a ratio, its slope and its curvature."""
    value, slope, curvature = 0.0, 0.0, 0.0
    ratio = np.exp(log_ratio)
    for i in range(first, last):
        m = ratio * mean[i]
        weight = 1.0 / (1.0 + alpha * m)
        value += y[i] * log_ratio - (y[i] + 1.0 / alpha) * np.log((1.0 + alpha * m) / (1.0 + alpha * mean[i]))
        slope += (y[i] - m) * weight
        curvature -= m * (1.0 + alpha * y[i]) * weight * weight
    return value, slope, curvature


@compiled
def _peak(
    y: FloatArray, mean: FloatArray, alpha: float, first: int, last: int, sign: float
) -> tuple[float, float]:
    """Largest value of the concave curve over ratios on the asked side of 1, and where."""
    total = 0.0
    for i in range(first, last):
        total += y[i]
    _, slope, _ = _curve(y, mean, alpha, first, last, 0.0)
    if sign * slope <= 0.0:
        return 0.0, 0.0
    if total == 0.0:
        value = 0.0
        for i in range(first, last):
            value += np.log1p(alpha * mean[i]) / alpha
        return value, -_LOG_RATIO_MAX
    low, high = (0.0, _LOG_RATIO_MAX) if sign > 0 else (-_LOG_RATIO_MAX, 0.0)
    at = 0.0
    value = 0.0
    for _ in range(_ROUNDS):
        value, slope, curvature = _curve(y, mean, alpha, first, last, at)
        if slope > 0:
            low = at
        else:
            high = at
        after = at - slope / curvature
        if after <= low or after >= high:
            after = (low + high) / 2
        if abs(after - at) < _SETTLED:
            break
        at = after
    return value, at


@compiled
def _change_over(y: FloatArray, mean: FloatArray, alpha: float, first: int, last: int, sign: float) -> float:
    """Distance from 1, on the log scale, up to which changing at `first` beats changing at `last`."""
    _, near = _peak(y, mean, alpha, first, last, sign)
    if near == 0.0:
        return 0.0
    low, high = abs(near), _LOG_RATIO_MAX
    value, _, _ = _curve(y, mean, alpha, first, last, sign * high)
    if value >= 0.0:
        return np.inf
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        value, _, _ = _curve(y, mean, alpha, first, last, sign * middle)
        if value > 0.0:
            low = middle
        else:
            high = middle
        if high - low < _SETTLED:
            break
    return (low + high) / 2


@compiled
def _curves(
    y: FloatArray,
    mean: FloatArray,
    alpha: float,
    threshold: float,
    sign: float,
    shortest: int,
    reset: bool,
    stop: bool,
    begin: int,
    statistic: FloatArray,
    seen: FloatArray,
    usual: FloatArray,
    times: IntArray,
    reach: FloatArray,
) -> int:
    """Negative binomial with a varying mean: candidate k beats k + 1 up to `reach[k]`, and reaches rise."""
    periods = len(y)
    first_alarm = periods
    n = entered = size = begin * 0  # as in `_sums`
    for t in range(begin, periods):
        if y[t] < 0.0:
            continue
        seen[n], usual[n] = y[t], mean[t]
        n += 1
        while entered <= n - shortest:
            while size > 0:
                over = _change_over(seen, usual, alpha, times[size - 1], entered, sign)
                if over <= (reach[size - 2] if size > 1 else 0.0):
                    size -= 1
                else:
                    reach[size - 1] = over
                    break
            times[size] = entered
            size += 1
            entered += 1
        best = 0.0
        for k in range(size):
            excess, variance = 0.0, 0.0
            for i in range(times[k], n):
                excess += (seen[i] - usual[i]) / (1.0 + alpha * usual[i])
                variance += usual[i] / (1.0 + alpha * usual[i])
            if sign * excess <= 0.0:
                continue
            value, _ = _peak(seen, usual, alpha, times[k], n, sign)
            if value > best:
                best = value
        statistic[t] = best
        if best >= threshold:
            if t < first_alarm:
                first_alarm = t
            if stop:
                break
            if reset:
                n, entered, size = 0, 0, 0
    return first_alarm


def exact_glr(
    counts: npt.NDArray[np.int32],
    usable: BoolArray,
    mean: FloatArray,
    alpha: FloatArray,
    threshold: FloatArray,
    begin: IntArray,
    sign: float,
    shortest: int,
    reset: bool,
    stop: bool,
    statistic: FloatArray,
    alarm: BoolArray,
) -> IntArray:
    """Run the chart on every series from its `begin` on and fill `statistic` and `alarm`.

    Parameters
    ----------
    counts : int array, shape (periods, series)
    usable : bool array, same shape
        Periods without data leave no mark: a change may lie on either side of them.
    mean : float array, shape (periods, series) or (1, series)
        One row: flat.
    alpha : float array, shape (series,)
        Negative binomial dispersion; 0 is Poisson.
    threshold : float array, shape (series,)
    begin : int array, shape (series,)
    sign : float
        1 for increases, -1 for decreases.
    shortest : int
        Periods a change must lie back.
    reset, stop : bool
        Start afresh after an alarm; stop a series at its first.
    statistic : float array, alarm : bool array, shape (periods, series)

    Returns
    -------
    int array, shape (series,)
        The first alarm; the number of periods where there is none.
    """
    periods, series = counts.shape
    found = np.full(series, periods)
    logs = np.log(np.maximum(np.arange(max(_WHOLE, periods + 1)), 1))
    _charts(
        np.ascontiguousarray(counts), usable, mean, alpha, threshold, begin, sign, shortest, reset, stop,
        statistic, alarm, found, logs, np.empty((3, _TILE, periods)), np.empty((4, periods + 1)),
        np.empty(periods + 1, dtype=np.int64),
    )  # fmt: skip
    return found


@compiled
def _charts(
    counts: npt.NDArray[np.int32],
    usable: BoolArray,
    mean: FloatArray,
    alpha: FloatArray,
    threshold: FloatArray,
    begin: IntArray,
    sign: float,
    shortest: int,
    reset: bool,
    stop: bool,
    statistic: FloatArray,
    alarm: BoolArray,
    found: IntArray,
    logs: FloatArray,
    tiles: FloatArray,
    work: FloatArray,
    times: IntArray,
) -> None:
    """Fill what `exact_glr` fills, and the first alarms; the last three arrays are work space."""
    periods, series = counts.shape
    flat = len(mean) == 1
    y, m, value = tiles[0], tiles[1], tiles[2]
    a, b, c, d = work[0], work[1], work[2], work[3]  # sums or the counts kept, and the candidates
    for tile in range(0, series, _TILE):
        wide = _TILE if series - tile > _TILE else series - tile
        start = periods
        for j in range(wide):
            if begin[tile + j] < start:
                start = begin[tile + j]
        for t in range(start, periods):
            for j in range(wide):
                y[j, t] = counts[t, tile + j] if usable[t, tile + j] else -1.0
        if not flat:
            for t in range(start, periods):
                for j in range(wide):
                    m[j, t] = mean[t, tile + j]
        for j in range(wide):
            s = tile + j
            level = mean[0, s] if flat else 0.0
            if flat or alpha[s] == 0.0:
                found[s] = _sums(
                    y[j], m[j], level, alpha[s], threshold[s], sign, shortest, reset, stop, begin[s],
                    value[j], logs, a, b, c, d,
                )  # fmt: skip
            else:
                found[s] = _curves(
                    y[j], m[j], alpha[s], threshold[s], sign, shortest, reset, stop, begin[s],
                    value[j], a, b, times, d,
                )  # fmt: skip
        for t in range(start, periods):
            for j in range(wide):
                s = tile + j
                if t >= begin[s] and y[j, t] >= 0.0 and not (stop and t > found[s]):
                    statistic[t, s] = value[j, t]
                    alarm[t, s] = value[j, t] >= threshold[s]
