"""Burst episodes in counts: Kleinberg's automaton, many series at once.

A series is taken to be in a quiet state (its own mean rate) or in one of several busy ones (`ratio` times the
mean, squared for the next, ...). Entering a higher state costs; the cheapest path through the states says
when there were bursts. Counts may be overdispersed from period to period: the emission is negative binomial
with the dispersion of successive differences, so that one bad day alone is not much of a burst.

References
----------
.. [1] Kleinberg, J. (2003). Bursty and hierarchical structure in streams. Data Mining and Knowledge
       Discovery 7, 373-397.
.. [2] von Neumann, J. (1941). Distribution of the ratio of the mean square successive difference to the
       variance. Annals of Mathematical Statistics 12, 367-395.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IntArray

__all__ = [
    "Episodes",
    "burst_episodes",
    "burst_gains",
    "burst_states",
    "detectable_ratio",
    "merge_episodes",
    "permute_within",
    "successive_dispersion",
]


_NEARLY_POISSON = 1.0 + 1e-6
_RATIOS = (1.5, 2.0, 3.0, 5.0, 8.0, 12.0)  # tried for the smallest burst that would be seen
_TRIALS = 60


@dataclass(frozen=True, eq=False, slots=True)
class Episodes:
    """What the episodes of each series add up to; every array has shape ``(series,)``.

    Attributes
    ----------
    number : int array
        Episodes after merging.
    total : float array
        Sum of the episodes' weights, in nats.
    largest : float array
        Weight of the heaviest episode.
    active : bool array, shape ``(periods, series)``
        Periods in an episode, with the quiet ones between two merged parts.
    """

    number: IntArray
    total: FloatArray
    largest: FloatArray
    active: BoolArray

    @property
    def recurrent(self) -> FloatArray:
        """Weight of all episodes but the heaviest: 0 unless bursts came at least twice."""
        return np.maximum(self.total - self.largest, 0.0)


def successive_dispersion(values: npt.NDArray[np.number], covered: BoolArray) -> FloatArray:
    """Dispersion from period to period: half the mean square successive difference over the mean, at least 1.

    Slow changes and long bursts hardly enter it [2]_. Pairs that touch an uncovered period are left out.

    Examples
    --------
    >>> steps = np.repeat([[1.0], [9.0]], 50, axis=0)
    >>> successive_dispersion(steps, np.ones((100, 1), bool))
    array([1.])
    """
    pair = covered[1:] & covered[:-1]
    step = np.where(pair, np.diff(values.astype(float), axis=0), 0.0)
    mean = np.where(covered, values, 0).sum(axis=0) / np.maximum(covered.sum(axis=0), 1)
    square = (step**2).sum(axis=0) / np.maximum(2 * pair.sum(axis=0), 1)
    return np.asarray(np.maximum(np.divide(square, mean, out=np.ones_like(mean), where=mean > 0), 1.0))


def burst_gains(
    values: npt.NDArray[np.number], covered: BoolArray, *, ratio: float = 2.0, states: int = 2
) -> FloatArray:
    """Log-likelihood gained in each period by each busy state over the quiet one.

    Negative binomial counts with the same size in both states, so the gain is linear in the count. Periods
    without coverage gain nothing and lose nothing.

    Parameters
    ----------
    values, covered : array, shape (periods, series)
    ratio : float
        Rate of each state over that of the state below; the quiet state has the mean rate.
    states : int

    Returns
    -------
    float array, shape (states - 1, periods, series)

    Examples
    --------
    >>> counts = np.array([[1.0], [2.0]] * 4)
    >>> burst_gains(counts, np.ones((8, 1), bool))[0, :2].round(3).ravel()
    array([-0.807, -0.114])
    """
    n = np.maximum(covered.sum(axis=0), 1)
    mean = np.where(covered, values, 0).sum(axis=0) / n
    excess = successive_dispersion(values, covered)
    size = np.where(excess > _NEARLY_POISSON, mean / np.maximum(excess - 1, 1e-9), np.inf)
    counts = np.where(covered, values, 0).astype(float)
    out = np.empty((states - 1, *counts.shape))
    for state in range(1, states):
        factor = ratio**state
        with np.errstate(invalid="ignore", divide="ignore"):
            slope = np.log(factor * (mean + size) / (factor * mean + size))
            loss = size * np.log((factor * mean + size) / (mean + size))
        poisson = ~np.isfinite(size)
        slope = np.where(poisson, np.log(factor), slope)
        loss = np.where(poisson, (factor - 1) * mean, loss)
        gain = np.where(mean > 0, slope, 0.0) * counts - np.where(mean > 0, loss, 0.0)
        out[state - 1] = np.where(covered, gain, 0.0)
    return out


def burst_states(gains: FloatArray, cost: float | FloatArray) -> npt.NDArray[np.int8]:
    """Cheapest path through the states (Viterbi), all series at once.

    Parameters
    ----------
    gains : float array, shape (states - 1, periods, series)
        From :func:`burst_gains`.
    cost : float or array, shape (series,)
        Cost of going up one state; going down is free [1]_. Every series starts quiet.

    Returns
    -------
    int8 array, shape (periods, series)
        The state in each period, 0 for quiet.

    Examples
    --------
    >>> gains = np.array([-1.0, -1, 3, -1, 3, -1, -1])[None, :, None]
    >>> burst_states(gains, 2.0).ravel()
    array([0, 0, 1, 1, 1, 0, 0], dtype=int8)
    """
    busy, periods, series = gains.shape
    states = busy + 1
    cost = np.broadcast_to(np.asarray(cost, dtype=float), (series,))
    if states == 2:
        return _two_states(gains[0], cost)
    back = np.empty((periods, states, series), dtype=np.int8)
    value = np.full((states, series), -np.inf)
    value[0] = 0.0
    for period in range(periods):
        new = np.empty_like(value)
        for state in range(states):
            best, came = value[states - 1], np.full(series, states - 1, dtype=np.int8)
            for origin in range(states - 2, -1, -1):
                reached = value[origin] - max(state - origin, 0) * cost
                better = reached > best
                best = np.where(better, reached, best)
                came[better] = origin
            new[state] = best + (gains[state - 1, period] if state else 0.0)
            back[period, state] = came
        value = new
    path = np.empty((periods, series), dtype=np.int8)
    at = np.zeros(series, dtype=np.intp)
    for state in range(1, states):  # of equals, the quieter
        at = np.where(value[state] > np.take_along_axis(value, at[None], axis=0)[0], state, at)
    columns = np.arange(series)
    for period in range(periods - 1, -1, -1):
        path[period] = at
        at = back[period, at, columns]
    return path


def _two_states(gains: FloatArray, cost: FloatArray) -> npt.NDArray[np.int8]:
    """Viterbi for two states: only the lead of the busy over the quiet path matters."""
    lead = np.empty_like(gains)
    now = np.full(gains.shape[1], -np.inf)
    for period, gain in enumerate(gains):
        now = gain + np.minimum(np.maximum(now, -cost), 0.0)
        lead[period] = now
    path = np.empty(gains.shape, dtype=np.int8)
    busy = lead[-1] > 0
    for period in range(len(gains) - 1, 0, -1):
        path[period] = busy
        busy = lead[period - 1] >= np.where(busy, -cost, 0.0)
    path[0] = busy
    return path


def merge_episodes(
    path: npt.NDArray[np.int8], gains: FloatArray, cost: float | FloatArray, merge: int
) -> Episodes:
    """Add up the episodes of each path; those fewer than `merge` quiet periods apart are one.

    An episode's weight is what the busy states gained in it less the cost of entering them.

    Parameters
    ----------
    path : int8 array, shape (periods, series)
    gains : float array, shape (states - 1, periods, series)
    cost : float or array, shape (series,)
    merge : int

    Returns
    -------
    Episodes

    Examples
    --------
    >>> path = np.array([0, 1, 0, 0, 1, 1, 0], dtype=np.int8)[:, None]
    >>> merge_episodes(path, np.full((1, 7, 1), 3.0), 2.0, 2).number, merge_episodes(
    ...     path, np.full((1, 7, 1), 3.0), 2.0, 3).number
    (array([2]), array([1]))
    """
    periods, series = path.shape
    cost = np.broadcast_to(np.asarray(cost, dtype=float), (series,))
    busy = path > 0
    ups = np.maximum(np.diff(path, axis=0, prepend=np.zeros((1, series), np.int8)), 0)
    gained = np.take_along_axis(gains, np.maximum(path, 1)[None].astype(np.intp) - 1, axis=0)[0]
    weight = np.where(busy, gained, 0.0) - ups * cost
    index = np.arange(periods)[:, None]
    last = np.maximum.accumulate(np.where(busy, index, -periods), axis=0)
    before = np.concatenate([np.full((1, series), -periods), last[:-1]])
    onset = busy & (index - before - 1 >= merge)
    number = onset.sum(axis=0)
    # Episode numbers run over all series, so that one bincount adds up every episode's weight.
    first = np.concatenate([[0], np.cumsum(number)[:-1]])
    label = np.cumsum(onset, axis=0) - 1 + first
    largest = np.zeros(series)
    if number.sum():
        weights = np.bincount(label[busy], weights=weight[busy], minlength=int(number.sum()))
        some = number > 0
        largest[some] = np.maximum.reduceat(weights, first[some])
    after = np.minimum.accumulate(np.where(busy, index, 2 * periods)[::-1], axis=0)[::-1]
    active = busy | (after - last - 1 < merge) & (last >= 0) & (after < periods)
    return Episodes(number, weight.sum(axis=0), largest, active)


def burst_episodes(
    values: npt.NDArray[np.number],
    covered: BoolArray,
    *,
    ratio: float,
    cost: float,
    merge: int,
    states: int = 2,
) -> Episodes:
    """Find the episodes of each series: gains, cheapest path, merging.

    `cost` is in units of the log of the number of periods, as Kleinberg has it; the rest is as in
    :func:`burst_gains` and :func:`merge_episodes`.
    """
    gains = burst_gains(values, covered, ratio=ratio, states=states)
    step = cost * np.log(len(values))
    return merge_episodes(burst_states(gains, step), gains, step, merge)


def permute_within(values: IntArray, strata: IntArray, replicates: int, rng: np.random.Generator) -> IntArray:
    """Shuffle a series within strata, again and again; shape ``(periods, replicates)``.

    Parameters
    ----------
    values, strata : int array, shape (periods,)
        Periods of the same stratum change places; those of a negative one stay where they are.

    Examples
    --------
    >>> shuffled = permute_within(np.arange(4), np.array([0, 0, -1, 1]), 5, np.random.default_rng(0))
    >>> shuffled[2:, 0], np.sort(shuffled[:2, 0])
    (array([2, 3]), array([0, 1]))
    """
    out = np.repeat(values[:, None], replicates, axis=1)
    at = np.flatnonzero(strata >= 0)
    at = at[np.argsort(strata[at], kind="stable")]
    keys = strata[at][:, None] + rng.random((len(at), replicates))
    out[at] = values[at][np.argsort(keys, axis=0)]
    return out


def detectable_ratio(
    mean: float,
    size: float,
    covered: BoolArray,
    rng: np.random.Generator,
    *,
    strata: IntArray,
    length: int,
    every: int,
    alpha: float,
    ratio: float,
    cost: float,
    merge: int,
    states: int = 2,
    power: float = 0.8,
) -> float:
    """Smallest ratio of bursts of `length` periods, one `every` so many, that would mostly be called.

    From the mean, the size of the period-to-period negative binomial and the coverage alone, by simulation:
    independent periods whose rate is multiplied in the bursts, against the same series shuffled. Infinite
    where no ratio tried is called with the stated power. Interpolated between few ratios and simulations:
    good to about a fifth.
    """
    periods = len(covered)
    in_burst = (np.arange(periods) % every) >= every - length
    mask = np.repeat(covered[:, None], _TRIALS, axis=1)
    options = {"ratio": ratio, "cost": cost, "merge": merge, "states": states}
    # All series shuffled alike: a shuffle is as good as any other, whichever series it is put to.
    order = permute_within(np.arange(periods), strata, 1, rng)[:, 0]
    before, found_before = 1.0, alpha
    for tried in _RATIOS:
        rate = np.repeat((mean * np.where(in_burst, tried, 1.0))[:, None], _TRIALS, axis=1)
        if np.isfinite(size):
            rate = rate * rng.standard_gamma(size, rate.shape) / size
        drawn = np.where(mask, rng.poisson(rate), 0)
        shuffled = burst_episodes(drawn[order], mask, **options).recurrent  # type: ignore[arg-type]
        seen = burst_episodes(drawn, mask, **options).recurrent  # type: ignore[arg-type]
        found = float((seen > np.quantile(shuffled, 1 - alpha)).mean())
        if found >= power:
            part = (power - found_before) / max(found - found_before, 1e-9)
            return float(np.exp(np.log(before) + part * np.log(tried / before)))
        before, found_before = tried, found
    return float("inf")
