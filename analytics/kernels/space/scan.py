"""The prospective space-time permutation scan, its statistic and its null distributions, on arrays.

A cylinder is a set of neighbouring places over the last `w` periods. Its statistic compares the count inside
with what the places' totals and the periods' totals would give if neither knew of the other.

The maximum over all cylinders is exact for every replicate and needs few logarithms: for one window length
and one replicate, the statistic grows with the count inside and falls with the places' total, so of all sets
with the same total only the largest count matters, and of those only what may exceed the best so far.

Papers: Kulldorff et al. 2005; Abrams, Kleinman and Kulldorff 2010 (:func:`analytics.upticks.scan_test`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics._typing import FloatArray, IntArray
from analytics.kernels.common.dispersion import window_sums
from analytics.kernels.space.scan_loop import best_cylinders

__all__ = [
    "DRAWN",
    "Zones",
    "great_circle",
    "gumbel_pvalue",
    "log_likelihood_ratio",
    "neighbour_zones",
    "permuted_windows",
    "rotated_windows",
    "rotation_correction",
    "scan_maxima",
    "scan_observed",
]

DRAWN = {
    "rotation": "turning each place's series independently",
    "permutation": "dealing the dates anew over all incidents",
}
WindowArray = npt.NDArray[np.signedinteger[Any]]

EARTH_KM = 6371.0088
_SAME_PLACE_KM = 1e-6
_TILE_BYTES = 2**24  # of work arrays in one tile of replicates, so that they stay in the cache
_TILE_MIN = 32
_LANES = 64  # replicates are gone through so many at once, without a rest
_BUNDLE = 16  # totals whose sets are passed over together where none of them can be the best
_RHO_MAX = 0.9
_CORRECTION_MAX = 2.0


@dataclass(frozen=True, eq=False, slots=True)
class Zones:
    """Sets of neighbouring places, nested around each centre.

    Attributes
    ----------
    order : int array, shape (places, places)
        Row i: the places by distance from place i, itself first.
    centre, size, total : int arrays, shape (zones,)
        A zone is the first `size` places of ``order[centre]``; `total` is their count over all periods.
    radius : float array, shape (zones,)
        Distance in km from the centre to the farthest member.
    """

    order: IntArray
    centre: IntArray
    size: IntArray
    total: IntArray
    radius: FloatArray

    def members(self, zone: int) -> IntArray:
        """Return the places of one zone, nearest first."""
        return self.order[self.centre[zone], : self.size[zone]]


def great_circle(latitude: FloatArray, longitude: FloatArray) -> FloatArray:
    """Great-circle distances in km between all pairs of points given in degrees; shape (points, points).

    Examples
    --------
    >>> great_circle(np.array([0.0, 0.0]), np.array([0.0, 180.0]))[0, 1].round()
    np.float64(20015.0)
    """
    phi, theta = np.radians(latitude), np.radians(longitude)
    half = (
        np.sin((phi[:, None] - phi) / 2) ** 2
        + np.cos(phi)[:, None] * np.cos(phi) * np.sin((theta[:, None] - theta) / 2) ** 2
    )
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0))))


def neighbour_zones(
    distance: FloatArray,
    totals: npt.NDArray[np.integer],
    *,
    max_share: float,
    radius: float | None = None,
    steps: FloatArray | None = None,
) -> Zones:
    """List the sets of nearest neighbours of each place, growing to a share of all events or a radius.

    Places equally far from a centre enter together, so that the zones do not depend on the places' order. Of
    zones with the same members one is kept.

    Parameters
    ----------
    distance : float array, shape (places, places)
    totals : int array, shape (places,)
        Events at each place over all periods.
    max_share : float
        Largest share of all events a zone may hold.
    radius : float, optional
        Largest distance from the centre, in the distance's unit.
    steps : float array, shape (places, places), optional
        How many borders have to be crossed from one to the other, inf where there is no way: places then
        enter by that first, and by distance among equals.
    """
    key = distance
    if steps is not None:  # as long as the farthest distance, a step outweighs it
        key = np.where(np.isfinite(steps), steps * (1.0 + distance.max()) + distance, np.inf)
    order = np.argsort(key, axis=1, kind="stable")
    sorted_distance = np.take_along_axis(distance, order, axis=1)
    sorted_key = np.take_along_axis(key, order, axis=1)
    if steps is not None:
        sorted_distance = np.maximum.accumulate(sorted_distance, axis=1)
    total = np.cumsum(totals[order], axis=1)
    last_of_equals = np.ones(order.shape, bool)
    with np.errstate(invalid="ignore"):  # of two that cannot be reached
        last_of_equals[:, :-1] = np.diff(sorted_key, axis=1) > _SAME_PLACE_KM
    fits = last_of_equals & np.isfinite(sorted_key) & (total <= max_share * totals.sum()) & (total > 0)
    if radius is not None:
        fits &= sorted_distance <= radius
    centre, position = np.nonzero(fits)
    # A random key for each place: two sets are equal if and (but for a chance of 2^-64) only if their keys'
    # exclusive or is.
    keys = np.random.default_rng(20050215).integers(0, 2**63, totals.size, dtype=np.int64)
    keys[totals == 0] = 0
    signature = np.bitwise_xor.accumulate(keys[order], axis=1)[centre, position]
    _, first = np.unique(signature, return_index=True)
    kept = np.sort(first)
    centre, position = centre[kept], position[kept]
    return Zones(order, centre, position + 1, total[centre, position], sorted_distance[centre, position])


def log_likelihood_ratio(
    inside: npt.NDArray[np.integer] | FloatArray, expected: FloatArray | float, total: float
) -> FloatArray:
    """Poisson generalised log likelihood ratio of more than expected inside; 0 where there is not more.

    Examples
    --------
    >>> log_likelihood_ratio(np.array([10.0, 1.0]), np.array([5.0, 5.0]), 100).round(3)
    array([2.065, 0.   ])
    """
    count: FloatArray = np.asarray(inside, dtype=np.float64)
    mean: FloatArray = np.asarray(expected, dtype=np.float64)
    outside: FloatArray = total - count
    with np.errstate(divide="ignore", invalid="ignore"):
        value = special.xlogy(count, count / mean) + special.xlogy(outside, outside / (total - mean))
    return np.asarray(np.where(count > mean, value, 0.0))


def _sum_type(largest: int) -> type[np.int16] | type[np.int32]:
    return np.int16 if largest < np.iinfo(np.int16).max else np.int32


def rotated_windows(
    series: npt.NDArray[np.integer], longest: int, rng: np.random.Generator
) -> Callable[[int], WindowArray]:
    """Return a function that draws sums of the last 1..longest periods after turning each place's series.

    Parameters
    ----------
    series : int array, shape (periods, places)
    longest : int
        Length of the longest window.
    rng : Generator

    Returns
    -------
    callable
        ``draw(n)`` gives an array of shape (places, longest, n), contiguous in the replicates.
    """
    periods, places = series.shape
    wheel = np.concatenate([series[periods - longest :], series]).T.astype(np.int64)
    dtype = _sum_type(2 * int(series.sum()))  # of the wheel, whose end is there twice
    cumulative = np.zeros((places, periods + longest + 1), dtype)
    np.cumsum(wheel, axis=1, out=cumulative[:, 1:])
    ends = cumulative[:, longest + 1 :]
    # sums[p, w - 1, t]: sum of the w periods that end with period t, the series joined end to start.
    sums = np.empty((places, longest, periods), dtype)
    for w in range(1, longest + 1):
        before = cumulative[:, longest + 1 - w : longest + 1 - w + periods]
        np.subtract(ends, before, out=sums[:, w - 1])

    def draw(n: int) -> WindowArray:
        turned = rng.integers(0, periods, (places, n))
        out = np.empty((places, longest, n), dtype)
        for place in range(places):
            np.take(sums[place], turned[place], axis=1, out=out[place], mode="clip")  # "raise" copies
        return out

    return draw


def rotation_correction(series: npt.NDArray[np.integer], length: int) -> float:
    """Factor by which the last window of a finite record varies more than the windows of its rotations.

    Sums W of `length` periods vary about their record's own mean. Averaged over all positions, that variance
    falls short of var(W) by the share ``a = (L/n)(1 + rho)/(1 - rho)``, because a window is correlated with
    the mean of the record it is part of, on both sides; the last window has neighbours on one side only and
    falls short by ``L/n``. The ratio of the two, ``(1 - L/n) / (1 - a)``, is 1 without autocorrelation. A log
    likelihood ratio grows with the square of the deviation, so its null distribution scales by the same
    factor.

    Parameters
    ----------
    series : int array, shape (periods, places)
    length : int
        Length of the longest window; the larger of its factor and that of half its length is taken. ``rho``
        is the correlation of sums one length apart, pooled over places, corrected for its bias, and taken one
        standard error higher.

    Returns
    -------
    float
        At least 1, at most 2.
    """
    factors = [_window_correction(series, size) for size in {length, max(length // 2, 1)}]
    return float(np.clip(max(factors), 1.0, _CORRECTION_MAX))


def _window_correction(series: npt.NDArray[np.integer], length: int) -> float:
    n = series.shape[0]
    sums = window_sums(series, length)
    centred = sums - sums.mean(axis=0)
    mean = np.maximum(series.mean(axis=0), 1e-12)
    variance_of = (centred**2).mean(axis=0)
    variance = float((variance_of / mean).sum())
    lagged = float(((centred[length:] * centred[:-length]).mean(axis=0) / mean).sum())
    if not variance > 0:
        return 1.0
    windows = n / length
    # E[estimate] is about rho - (1 + 3 rho)/windows (Marriott and Pope 1954).
    rho = (lagged / variance + 1 / windows) / (1 - 3 / windows)
    rho += 1 / np.sqrt(windows * (variance_of > 0).sum())
    rho = min(max(rho, 0.0), _RHO_MAX)
    short = length / n * (1 + rho) / (1 - rho)
    return float((1 - length / n) / max(1 - short, 1e-12))


def permuted_windows(
    series: npt.NDArray[np.integer], longest: int, rng: np.random.Generator
) -> Callable[[int], WindowArray]:
    """Return a function like that of :func:`rotated_windows` that deals the dates anew over all events.

    The totals of places and of periods stay as they are.
    """
    places = series.shape[1]
    place_of = np.repeat(np.arange(places), series.sum(axis=0))
    by_age = series[::-1][:longest].sum(axis=1)
    age_of = np.repeat(np.arange(longest), by_age)
    dtype = _sum_type(int(series.sum()))

    def draw(n: int) -> WindowArray:
        cells = longest * places
        out = np.zeros((places, longest, n), dtype)
        for replicate in range(n):
            dealt = place_of[rng.choice(place_of.size, age_of.size, replace=False)]
            counted = np.bincount(dealt * longest + age_of, minlength=cells)
            out[:, :, replicate] = counted.reshape(places, longest)
        return np.asarray(np.cumsum(out, axis=1, dtype=dtype))

    return draw


def _tiles(replicates: int, size: int) -> Iterator[int]:
    for first in range(0, replicates, size):
        yield min(size, replicates - first)


def scan_maxima(
    zones: Zones, draw: Callable[[int], WindowArray], longest: int, replicates: int, total: int
) -> FloatArray:
    """Largest statistic over all cylinders in each of `replicates` draws; shape (replicates,).

    Parameters
    ----------
    zones : Zones
    draw : callable
        ``draw(n)`` gives window sums of shape (places, longest, n).
    longest, replicates : int
    total : int
        Events in all.
    """
    group_total, group = np.unique(zones.total, return_inverse=True)
    row_bytes = 2 * longest * (len(group_total) + zones.order.shape[0])
    tile = int(np.clip(_TILE_BYTES // max(row_bytes, 1), _TILE_MIN, max(replicates, 1)))
    steps, log = _steps(zones, group), np.log(np.maximum(np.arange(total + 1), 1))
    bundles = np.append(np.arange(0, len(group_total), _BUNDLE), len(group_total))
    sets = group_total, np.log(np.maximum(group_total, 1)), bundles
    parts = []
    for n in _tiles(replicates, tile):
        drawn, padded = draw(n), -(-n // _LANES) * _LANES
        windows = np.zeros((*drawn.shape[:2], padded), drawn.dtype)
        windows[:, :, :n] = drawn
        largest, work = (np.empty((rows, padded), drawn.dtype) for rows in (len(group_total), 3))
        best, found = np.zeros(padded), np.zeros((3, padded), np.int64)
        best_cylinders(windows, steps, sets, total, log, largest, work, best, found)
        count, at, period = found[:, :n]
        parts.append(log_likelihood_ratio(count, group_total[at] * (period / total), total))
    return np.concatenate(parts) if parts else np.zeros(0)


def _steps(zones: Zones, group: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return the places in the order in which they join zones, the zones' groups, and where centres begin."""
    # Zones stand in the order of their centres, smallest first.
    centres, first = np.unique(zones.centre, return_index=True)
    members = zones.size[np.append(first[1:], zones.size.size) - 1]
    start = np.append(0, np.cumsum(members))
    order = np.concatenate([zones.order[c, :n] for c, n in zip(centres, members, strict=True)])
    at = np.full(order.size, -1)
    at[np.repeat(start[:-1], np.diff(np.append(first, zones.size.size))) + zones.size - 1] = group
    return order, at, start


def scan_observed(
    zones: Zones, windows: npt.NDArray[np.integer], total: int, relative: FloatArray | None = None
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Statistic, count and expectation of every cylinder; each of shape (zones, longest).

    Parameters
    ----------
    zones : Zones
    windows : int array, shape (places, longest)
        Sums of the last 1..longest periods at each place.
    total : int
    relative : float array, shape (places, longest), optional
        What each place's total counts for in each window: its total times how many times as complete its
        reports are there as those of all places. Unless given the totals count as they are.
    """
    cumulative = np.cumsum(windows[zones.order], axis=1)
    inside = cumulative[zones.centre, zones.size - 1]
    share: npt.NDArray[np.number[Any]] = zones.total[:, None]
    if relative is not None:
        share = np.cumsum(relative[zones.order], axis=1)[zones.centre, zones.size - 1]
    expected = share * (windows.sum(axis=0) / total)
    return log_likelihood_ratio(inside, expected, total), inside, expected


def gumbel_pvalue(statistic: float, maxima: FloatArray) -> float:
    """Tail beyond the statistic of the Gumbel distribution with the maxima's mean and variance.

    Examples
    --------
    >>> maxima = np.random.default_rng(1).gumbel(5.0, 1.0, 999)
    >>> round(gumbel_pvalue(8.0, maxima), 2)
    0.04
    """
    spread = float(np.std(maxima, ddof=1))
    if not spread > 0:
        return float("nan")
    scale = spread * np.sqrt(6) / np.pi
    place = float(maxima.mean()) - np.euler_gamma * scale
    return float(-np.expm1(-np.exp(-(statistic - place) / scale)))
