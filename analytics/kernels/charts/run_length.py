"""Average run lengths of CUSUMs on counts, and the thresholds that give a wanted one.

The CUSUM moves on a lattice: its reference value is rounded to a fraction, so the Markov chain is exact. The
run is cut into cycles at the returns to 0: run length = mean cycle / probability that a cycle ends in an
alarm, and both solve small sparse systems.

References
----------
.. [1] Brook, D., Evans, D. A. (1972). An approach to the probability distribution of CUSUM run length.
       Biometrika 59, 539-549.
.. [2] Hawkins, D. M., Olwell, D. H. (1998). Cumulative sum charts and charting for quality improvement.
       Springer.
.. [3] Siegmund, D. (1985). Sequential analysis. Springer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics._typing import FloatArray, IntArray
from analytics.kernels.charts.cusum import likelihood_ratio
from analytics.kernels.common.compiled import compiled

__all__ = [
    "CusumDesign",
    "cusum_design",
    "cusum_run_length",
    "lattice",
    "least_levels",
    "probabilities",
]


_MEAN_STEP = 0.04  # designs are shared by series whose mean and dispersion round to the same
_SPREAD_STEP = 0.1
_UNIT_MIN = 8  # steps of an eighth of an incident, at least, are there to choose a threshold from
_MISS = 1 / 80  # share by which a reference value may be rounded
_NEAR = 1.01  # a run length this little over the wanted one is not bettered
_LEVELS_MAX = 4000
_CONVERGED = 1e-5


@compiled
def probabilities(mean: float, dispersion: float, pmf: FloatArray, tail: FloatArray) -> None:
    """Fill P(Y = y) and P(Y >= y) of a Poisson or negative binomial count, y = 0, 1, ..."""
    poisson = dispersion < 1.005
    size = 0.0 if poisson else mean / (dispersion - 1)
    logp = -mean if poisson else -size * np.log(dispersion)
    log_mean, log_share = np.log(mean), np.log(1 - 1 / dispersion)
    below = 0.0
    for y in range(len(pmf)):
        pmf[y] = np.exp(logp)
        tail[y] = max(1 - below, 0.0)
        below += pmf[y]
        if poisson:
            logp += log_mean - np.log(y + 1.0)
        else:
            logp += np.log((size + y) / (y + 1.0)) + log_share
    # 1 - below loses its digits far out: there the tail is summed from the right.
    after = 0.0
    for y in range(len(pmf) - 1, -1, -1):
        after += pmf[y]
        if y == len(pmf) - 1 and pmf[y] > 0:
            share = mean / (y + 1.0) if poisson else (size + y) / (y + 1.0) * (1 - 1 / dispersion)
            after = pmf[y] / (1 - share) if share < 1 else tail[y]
        if after < 1e-6:
            tail[y] = after


@compiled
def _chain(down: int, unit: int, levels: int, pmf: FloatArray, tail: FloatArray) -> float:
    """Return the run length from 0 of ``S = max(0, S - down + unit y)``, alarm at ``S >= levels``."""
    steps, hits = np.zeros(levels), np.zeros(levels)
    cycle, alarm, before, length = np.zeros(3), np.zeros(3), 0.0, 0.0
    for turn in range(20_000):
        # Downwards moves dominate: a sweep upwards uses what it has just computed.
        for k in range(levels):
            i = k + 1 if k < levels - 1 else 0
            n, a = 1.0, 0.0
            y = (down - i) // unit + 1 if i <= down else 0
            at = i - down + unit * y
            while at < levels:
                n += pmf[y] * steps[at]
                a += pmf[y] * hits[at]
                at += unit
                y += 1
            steps[i], hits[i] = n, a + tail[y]
        # Returns to 0 end a cycle: what stands at 0 is the result, not part of the system.
        cycle[0], cycle[1], cycle[2] = cycle[1], cycle[2], steps[0]
        alarm[0], alarm[1], alarm[2] = alarm[1], alarm[2], hits[0]
        steps[0], hits[0] = 0.0, 0.0
        if alarm[2] <= 0:
            return np.inf
        before, length = length, _limit(cycle) / _limit(alarm)
        if turn > 2 and abs(length - before) < _CONVERGED * length:
            break
    return length


@compiled
def _limit(last: FloatArray) -> float:
    """Return where three terms that near a limit geometrically are going (Aitken)."""
    first, second = last[1] - last[0], last[2] - last[1]
    if first <= 0 or second <= 0 or second >= first:
        return float(last[2])
    return float(last[2] + second * second / (first - second))


@compiled
def _search(
    mean: FloatArray,
    dispersion: FloatArray,
    down: IntArray,
    unit: IntArray,
    floor: IntArray,
    start: FloatArray,
    wanted: FloatArray,
    levels: IntArray,
    length: FloatArray,
) -> None:
    """Fill the fewest levels whose run length reaches the wanted one, and that run length."""
    for d in range(len(mean)):
        p, q = down[d], unit[d]
        top = max(_LEVELS_MAX, floor[d])
        counts = (top + p) // q + 3
        pmf, tail = np.empty(counts), np.empty(counts)
        probabilities(mean[d], dispersion[d], pmf, tail)
        low, high = floor[d], floor[d]
        low_length = _chain(p, q, low, pmf, tail)
        if low_length < wanted[d]:
            high = max(int(start[d] * q), low + 1)
            high_length = _chain(p, q, high, pmf, tail)
            while high_length < wanted[d] and high < top:
                low, low_length = high, high_length
                high = min(high + max(high // 4, 1), top)
                high_length = _chain(p, q, high, pmf, tail)
            turn = 0
            while high - low > 1 and high_length > _NEAR * wanted[d]:
                turn += 1
                share = (np.log(wanted[d]) - np.log(low_length)) / (np.log(high_length) - np.log(low_length))
                middle = low + int(share * (high - low)) if turn % 4 else (low + high) // 2
                middle = min(max(middle, low + 1), high - 1)
                here = _chain(p, q, middle, pmf, tail)
                if here < wanted[d]:
                    low, low_length = middle, here
                else:
                    high, high_length = middle, here
            low_length = high_length
        levels[d], length[d] = high, low_length


def lattice(reference: FloatArray) -> tuple[IntArray, IntArray]:
    """Round reference values to fractions ``down / unit``, mostly to within one part in 80 [2]_.

    The smallest unit from 8 to 40 that does it, else the nearest (1/35); below 1/8 ``down`` is 1 (1/16).

    Examples
    --------
    >>> down, unit = lattice(np.array([0.03, 0.446, 7.21, 144.2]))
    >>> list(zip(down.tolist(), unit.tolist()))
    [(1, 33), (4, 9), (57, 8), (1153, 8)]
    """
    units = np.arange(_UNIT_MIN, 5 * _UNIT_MIN + 1)
    downs = np.maximum(np.round(reference[:, None] * units), 1.0)
    # A fraction that cancels would leave fewer thresholds to choose from.
    other = np.where(reference[:, None] * units < downs, -1.0, 1.0)
    downs += np.where(np.gcd(downs.astype(np.int64), units) > 1, other, 0.0)
    downs = np.maximum(downs, 1.0)
    miss = np.abs(downs / units / reference[:, None] - 1)
    miss[np.gcd(downs.astype(np.int64), units) > 1] = np.inf
    pick = np.where((miss <= _MISS).any(axis=1), (miss <= _MISS).argmax(axis=1), miss.argmin(axis=1))
    rows = np.arange(len(reference))
    rare = reference * _UNIT_MIN < 1
    unit = np.where(rare, np.round(1 / reference), units[pick])
    down = np.where(rare, 1.0, downs[rows, pick])
    return down.astype(np.int64), unit.astype(np.int64)


def cusum_run_length(mean: float, *, down: int, unit: int = 1, levels: int, dispersion: float = 1.0) -> float:
    """Average run length, from 0, of ``S = max(0, S + y - down/unit)`` with alarm at ``S >= levels/unit``.

    Parameters
    ----------
    mean, dispersion : float
        Of the counts: Poisson, or negative binomial with this variance over mean.
    down, unit, levels : int

    Examples
    --------
    >>> round(cusum_run_length(4.0, down=49, unit=10, levels=107), 3)
    501.213
    """
    counts = (levels + down) // unit + 3
    pmf, tail = np.empty(counts), np.empty(counts)
    probabilities(float(mean), float(dispersion), pmf, tail)
    return float(_chain(down, unit, levels, pmf, tail))


def least_levels(
    mean: FloatArray,
    dispersion: FloatArray,
    down: IntArray,
    unit: IntArray,
    run_length: FloatArray,
    *,
    start: FloatArray,
) -> tuple[IntArray, FloatArray]:
    """Return the fewest levels, at least one incident, whose run length reaches the wanted one, and it.

    Parameters
    ----------
    mean, dispersion, run_length : float arrays, shape (designs,)
    down, unit : int arrays, same shape
        The reference value ``down / unit``.
    start : float array, same shape
        Guess of the threshold, in incidents.

    Examples
    --------
    >>> one = np.ones(1, dtype=np.int64)
    >>> levels, length = least_levels(4 * np.ones(1), np.ones(1), 49 * one, 10 * one, np.array([500.0]),
    ...     start=np.array([9.0]))
    >>> int(levels[0]), round(float(length[0]))
    (107, 501)
    """
    levels, length = np.empty(len(mean), dtype=np.int64), np.empty(len(mean))
    wanted = np.ascontiguousarray(run_length, dtype=float)
    _search(mean, dispersion, down, unit, unit, start, wanted, levels, length)
    return levels, length


@dataclass(frozen=True, eq=False, slots=True)
class CusumDesign:
    """A likelihood-ratio CUSUM for each series; every array has shape (series,).

    Attributes
    ----------
    slope, drift : float arrays
        ``S = max(0, S + slope y - drift)``; drift / slope is the rounded reference value.
    threshold : float array
        In the units of S, half a step below the level that alarms, so that no rounding decides.
    run_length : float array
        Average periods to a false alarm; NaN where no threshold was asked for.
    """

    slope: FloatArray
    drift: FloatArray
    threshold: FloatArray
    run_length: FloatArray


def cusum_design(
    mean: FloatArray, dispersion: FloatArray, *, ratio: float, run_length: FloatArray | None
) -> CusumDesign:
    """Design a likelihood-ratio CUSUM for each series [1]_ [2]_.

    Means are rounded to 2 %, dispersions to 5 %, reference values to a fraction; the run length is exact for
    what results. A threshold is at least one incident: one incident alone, in whatever silence, is never
    an alarm. The search starts at Siegmund's approximation [3]_.

    Parameters
    ----------
    mean, dispersion : float arrays, shape (series,)
    ratio : float
        The increase to detect soonest.
    run_length : float array, shape (series,), or None
        Wanted average periods to a false alarm: the least threshold that reaches it. None: no threshold.

    Examples
    --------
    >>> design = cusum_design(np.array([4.0]), np.ones(1), ratio=2.0, run_length=np.array([52.0]))
    >>> round(float(design.run_length[0]), 1)
    62.1
    """
    keys = np.stack(
        [
            np.round(np.log(mean) / _MEAN_STEP),
            np.round(np.log(np.maximum(dispersion, 1.0)) / _SPREAD_STEP),
            np.zeros(len(mean)) if run_length is None else run_length,
        ]
    )
    unique, back = np.unique(keys, axis=1, return_inverse=True)
    back = back.ravel()
    level, spread, wanted = np.exp(unique[0] * _MEAN_STEP), np.exp(unique[1] * _SPREAD_STEP), unique[2]
    slope, drift = likelihood_ratio(level, spread, ratio)
    down, unit = lattice(drift / slope)
    drift = slope * down / unit
    if run_length is None:
        nothing = np.full(len(mean), np.nan)
        return CusumDesign(slope[back], drift[back], nothing, nothing)
    start = np.log1p(wanted * np.maximum(drift - slope * level, 1e-9)) / slope
    levels, length = least_levels(level, spread, down, unit, wanted, start=start)
    threshold = slope * (levels - 0.5) / unit
    return CusumDesign(slope[back], drift[back], threshold[back], length[back])
