"""Surveillance of events in space and time: the running statistic, and the area of discs in a region.

For every event k there is a cylinder: the disc of a radius around it, from its time on. When the n-th event
has arrived, its likelihood ratio of a rate 1 + epsilon times as high inside is
``(1 + epsilon)^N exp(-epsilon mu)``, N the events inside and mu their expectation [1]_.

References
----------
.. [1] Assunção, R., Correa, T. (2009). Surveillance to detect emerging space-time clusters. Computational
       Statistics and Data Analysis 53, 2817-2830.
"""

from __future__ import annotations

import math

import numpy as np

from analytics._typing import FloatArray, IntArray
from analytics.kernels.common.compiled import compiled

__all__ = ["disc_areas", "running_clusters"]


@compiled
def running_clusters(
    points: FloatArray, moment: IntArray, reach: float, epsilon: float, share: FloatArray, largest: bool
) -> tuple[FloatArray, IntArray]:
    """Return the statistic when each event has arrived, and the event whose cylinder is the strongest then.

    Quadratic in the number of events: counts inside each cylinder are kept, and a new event is compared once
    with every earlier one.

    Parameters
    ----------
    points : float array, shape (events, dimensions)
        In order of time.
    moment : int array, shape (events,)
        Number of the moment an event happened at: 0, 0, 1, ... Events of one moment arrive together, and all
        of them lie in the cylinders that start then.
    reach : float
        Radius, in the points' unit.
    epsilon : float
        Relative increase of the rate inside a cluster.
    share : float array, shape (events,) or (0,)
        Expected share of all events in each event's disc; where empty it is the share of those seen so far.
    largest : bool
        The statistic is the largest likelihood ratio (CUSUM); otherwise their sum (Shiryaev-Roberts).
    """
    events, dimensions = points.shape
    statistic, strongest = np.empty(events), np.empty(events, np.int64)
    near, inside = np.zeros(events), np.zeros(events)
    start = np.empty(events)
    rise, square = math.log1p(epsilon), reach * reach
    begin = 0
    while begin < events:
        end = begin
        while end < events and moment[end] == moment[begin]:
            start[end] = begin
            end += 1
        for new in range(begin, end):
            near[new] += 1.0
            inside[new] += 1.0
            for k in range(new):
                apart = 0.0
                for d in range(dimensions):
                    apart += (points[k, d] - points[new, d]) ** 2
                if apart <= square:
                    near[k] += 1.0
                    near[new] += 1.0
                    inside[k] += 1.0
                    if k >= begin:
                        inside[new] += 1.0
        total, best, at = 0.0, -math.inf, 0
        for k in range(end):
            part = share[k] if share.size else near[k] / end
            log_ratio = inside[k] * rise - epsilon * part * (end - start[k])
            if log_ratio > best:
                best, at = log_ratio, k
            if not largest:
                total += math.exp(log_ratio)
        for new in range(begin, end):
            statistic[new] = math.exp(best) if largest else total
            strongest[new] = at
        begin = end
    return statistic, strongest


def disc_areas(centres: FloatArray, radius: float, polygon: FloatArray) -> FloatArray:
    """Area of the part of each disc that lies inside a polygon, exactly; shape (discs,).

    Every edge adds the signed area between it and the centre, cut off at the circle: a triangle where it runs
    inside, sectors where it runs outside.

    Parameters
    ----------
    centres : float array, shape (discs, 2)
    radius : float
    polygon : float array, shape (corners, 2)
        Corners in order, either way round, without crossings; the last is joined to the first.

    Examples
    --------
    >>> square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    >>> (disc_areas(np.array([[0.5, 0.5], [0.0, 0.5], [0.0, 0.0]]), 0.1, square) / (np.pi * 0.01)).round(6)
    array([1.  , 0.5 , 0.25])
    """
    first = polygon[None] - centres[:, None]
    edge = np.roll(first, -1, axis=1) - first

    def cross(u: FloatArray, v: FloatArray) -> FloatArray:
        return np.asarray(u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0])

    def dot(u: FloatArray, v: FloatArray) -> FloatArray:
        return np.asarray((u * v).sum(axis=-1))

    def sector(u: FloatArray, v: FloatArray) -> FloatArray:
        return np.asarray(radius**2 * np.arctan2(cross(u, v), dot(u, v)))

    # Where the edge first + s * edge crosses the circle: s between 0 and 1, equal where it does not.
    squared = np.maximum(dot(edge, edge), 1e-300)
    middle = -dot(first, edge) / squared
    half = np.sqrt(np.maximum(middle**2 - (dot(first, first) - radius**2) / squared, 0.0))
    enters, leaves = np.clip(middle - half, 0.0, 1.0), np.clip(middle + half, 0.0, 1.0)
    a, b = first + enters[..., None] * edge, first + leaves[..., None] * edge
    area = (sector(first, a) + cross(a, b) + sector(b, first + edge)).sum(axis=1) / 2
    return np.asarray(np.abs(area))
