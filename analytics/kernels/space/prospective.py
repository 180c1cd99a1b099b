"""The space-time scan at one point in time: its clusters, and what each place is found to be part of.

The clusters are the strongest cylinders no two of which share a place. Each is held against the largest
statistic of the null distribution, so that further clusters are judged conservatively.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray
from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.space import scan

__all__ = [
    "Null",
    "PlacesFound",
    "disjoint_clusters",
    "scan_places",
    "untestable_scan",
]


Null = Literal["rotation", "permutation"]
_TIE = 1e-9


def untestable_scan(series: npt.NDArray[np.integer], tested: BoolArray) -> str:
    """Return why a scan of these places would mean nothing, or "".

    Parameters
    ----------
    series : int array, shape (periods, places)
        0 at places not tested.
    tested : bool array, shape (places,)
        Places with coverage throughout.
    """
    if not tested.any():
        return "no place has coverage over the whole time studied"
    if tested.sum() == 1:
        return "there is one place only, and a cluster is a matter of there against elsewhere"
    total = series.sum(axis=0)
    if not total.any():
        return "there is no incident in the time studied"
    if (total > 0).sum() == 1:
        return "all incidents are at one place, and a cluster is a matter of there against elsewhere"
    return ""


def disjoint_clusters(zones: scan.Zones, best: FloatArray) -> list[int]:
    """Return the zones with the largest values above 0, no two of which share a place, strongest first."""
    places = zones.order.shape[0]
    rank = np.argsort(zones.order, axis=1)
    reach = np.full(places, places)  # how many of its neighbours a centre may take in
    chosen: list[int] = []
    while True:
        open_to = np.where(zones.size <= reach[zones.centre], best, 0.0)
        zone = int(open_to.argmax())
        if not open_to[zone] > 0:
            return chosen
        chosen.append(zone)
        reach = np.minimum(reach, rank[:, zones.members(zone)].min(axis=1))


@dataclass(frozen=True, eq=False, slots=True)
class PlacesFound:
    """What each place is part of; arrays of shape (places,).

    Attributes
    ----------
    statistic, pvalue : float arrays
        Of the cluster the place belongs to; 0 and 1 where it belongs to none.
    fitted : bool array
        The p-value is from the fitted Gumbel distribution, being below what the replicates can show.
    few : bool array
        The cluster has too few incidents to be called one.
    """

    statistic: FloatArray
    pvalue: FloatArray
    fitted: BoolArray
    few: BoolArray


def scan_places(
    series: npt.NDArray[np.integer],
    distance: FloatArray,
    longest: int,
    *,
    max_share: float,
    radius: float | None,
    null: Null,
    replicates: int,
    rng: np.random.Generator,
) -> PlacesFound | None:
    """Scan the last 1..`longest` periods; None where no zone is small enough.

    Parameters
    ----------
    series : int array, shape (periods, places)
        Each place with at least one event.
    distance : float array, shape (places, places)
    longest : int
    max_share, radius
        As in :func:`analytics.kernels.space.scan.neighbour_zones`.
    null : {"rotation", "permutation"}
    replicates : int
    rng : Generator

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> series = rng.poisson(0.3, (200, 6))
    >>> series[-5:, 0] += 3
    >>> line = np.arange(6.0)
    >>> options = {"max_share": 0.5, "radius": None, "null": "rotation", "replicates": 99, "rng": rng}
    >>> found = scan_places(series, np.abs(line[:, None] - line), 7, **options)
    >>> (found.pvalue < 0.05).tolist()
    [True, False, False, False, False, False]
    """
    total = int(series.sum())
    zones = scan.neighbour_zones(distance, series.sum(axis=0), max_share=max_share, radius=radius)
    if not zones.total.size:
        return None
    statistic, inside, _ = scan.scan_observed(zones, np.cumsum(series[::-1][:longest], axis=0).T, total)
    draw = (scan.rotated_windows if null == "rotation" else scan.permuted_windows)(series, longest, rng)
    stretch = scan.rotation_correction(series, longest) if null == "rotation" else 1.0
    maxima = stretch * scan.scan_maxima(zones, draw, longest, replicates, total)
    places = series.shape[1]
    found = PlacesFound(np.zeros(places), np.ones(places), np.zeros(places, bool), np.zeros(places, bool))
    for zone in disjoint_clusters(zones, statistic.max(axis=1)):
        window = int(statistic[zone].argmax())
        value, members = float(statistic[zone, window]), zones.members(zone)
        beyond = int((maxima >= value - _TIE).sum())
        p = (1 + beyond) / (1 + replicates)
        fitted = scan.gumbel_pvalue(value, maxima) if not beyond else np.nan
        found.statistic[members] = value
        found.pvalue[members] = np.fmin(p, fitted)
        found.fitted[members] = fitted < p
        found.few[members] = inside[zone, window] < MIN_OBSERVED
    return found
