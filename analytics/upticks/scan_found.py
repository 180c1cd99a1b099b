"""The scan's numbers: its cylinders, the clusters among them, and what could be seen at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from analytics._typing import Days, FloatArray, IndexArray, IntArray
from analytics.counts import Counts
from analytics.kernels.space import scan as kernel
from analytics.periods import DAY

__all__ = ["Scan", "cluster_rows", "detectable_risk", "relative_totals", "scan_series"]

_SHARE_SEEN = 0.1  # the detectable ratio is for a zone with this share of all incidents
_MOST_CLUSTERS = 5


@dataclass(frozen=True, eq=False, slots=True)
class Scan:
    """The scan of the places that can be tested: cylinders, best first, and the null's maxima."""

    zones: kernel.Zones
    statistic: FloatArray
    observed: IntArray
    expected: FloatArray
    clusters: list[tuple[int, int]]
    maxima: FloatArray
    correction: float
    total: int

    def pvalue(self, statistic: float) -> float:
        """Monte Carlo p-value; the data are one of the replicates."""
        return (1 + int((self.maxima >= statistic - 1e-9).sum())) / (1 + self.maxima.size)


def scan_series(
    series: IntArray,
    coordinates: FloatArray,
    longest: int,
    *,
    max_share: float,
    radius: float | None,
    null: str,
    replicates: int,
    seed: int,
    share: FloatArray | None = None,
    steps: FloatArray | None = None,
) -> Scan | None:
    """Scan the last 1..`longest` periods; None where no zone is small enough.

    `share` is the completeness of the last `longest` periods, shape (longest, places), where it is known;
    `steps` the borders between places, where zones grow by these.
    """
    total = int(series.sum())
    distance = kernel.great_circle(coordinates[:, 0], coordinates[:, 1])
    zones = kernel.neighbour_zones(
        distance, series.sum(axis=0), max_share=max_share, radius=radius, steps=steps
    )
    if not zones.total.size:
        return None
    windows = np.cumsum(series[::-1][:longest], axis=0).T
    relative = None if share is None else relative_totals(series, share)
    statistic, observed, expected = kernel.scan_observed(zones, windows, total, relative)
    rng = np.random.Generator(np.random.PCG64(seed))
    draw = (kernel.rotated_windows if null == "rotation" else kernel.permuted_windows)(series, longest, rng)
    correction = kernel.rotation_correction(series, longest) if null == "rotation" else 1.0
    maxima = correction * kernel.scan_maxima(zones, draw, longest, replicates, total)
    return Scan(zones, statistic, observed, expected, _strongest(zones, statistic), maxima, correction, total)


def relative_totals(series: IntArray, share: FloatArray) -> FloatArray | None:
    """Return what each place's total counts for in the last 1, 2, ... periods, given their completeness.

    Shape (places, periods of `share`). None where all places are as complete, which cancels.

    Examples
    --------
    >>> series = np.array([[2, 2], [1, 1]])
    >>> relative_totals(series, np.array([[0.4, 0.8]])).ravel().tolist()
    [2.0, 4.0]
    >>> relative_totals(series, np.array([[0.4, 0.4]])) is None
    True
    """
    if (share == share[:, :1]).all():
        return None
    totals, late = series.sum(axis=0), share[::-1]
    favour = late / (late @ totals / totals.sum())[:, None]
    days = series[::-1][: len(share)].sum(axis=1)[:, None]
    number = np.cumsum(days, axis=0)
    mean = np.where(number > 0, np.cumsum(favour * days, axis=0) / np.maximum(number, 1), 1.0)
    return np.asarray(totals * mean).T


def _strongest(zones: kernel.Zones, statistic: FloatArray) -> list[tuple[int, int]]:
    """Return the strongest cylinders, (zone, window - 1), no two of which share a place."""
    taken = np.zeros(zones.order.shape[0], bool)
    best = statistic.max(axis=1)
    chosen: list[tuple[int, int]] = []
    for zone in np.argsort(-best, kind="stable"):
        if best[zone] <= 0 or len(chosen) == _MOST_CLUSTERS:
            break
        members = zones.members(zone)
        if not taken[members].any():
            taken[members] = True
            chosen.append((int(zone), int(statistic[zone].argmax())))
    return chosen


def cluster_rows(counts: Counts, found: Scan, alive: IndexArray, starts: Days) -> list[dict[str, object]]:
    """Return one row a cluster, strongest first; `index` holds the places."""
    listed: list[dict[str, object]] = []
    for zone, window in found.clusters:
        members = alive[found.zones.members(zone)]
        observed, expected = int(found.observed[zone, window]), float(found.expected[zone, window])
        with np.errstate(divide="ignore"):
            risk = np.float64(observed / expected) / ((found.total - observed) / (found.total - expected))
        statistic = float(found.statistic[zone, window])
        names = [counts.regions[i] for i in members]
        end = starts[-1] + (counts.period_days - 1) * DAY
        listed.append(
            {
                "index": members,
                "places": ", ".join(sorted(names)),
                "centre": names[0],
                "radius_km": float(found.zones.radius[zone]),
                "start": pd.Timestamp(starts[-1 - window]),
                "end": pd.Timestamp(end),
                "periods": window + 1,
                "observed": observed,
                "expected": expected,
                "relative_risk": float(risk),
                "statistic": statistic,
                "pvalue": found.pvalue(statistic),
                "p_gumbel": kernel.gumbel_pvalue(statistic, found.maxima),
            }
        )
    return listed


def detectable_risk(found: Scan, periods: int, longest: int, alpha: float) -> float:
    """Relative risk seen with 80 % power in a zone with a tenth of the incidents over the longest window."""
    critical = float(np.quantile(found.maxima, 1 - alpha, method="higher"))
    expected = _SHARE_SEEN * found.total * longest / periods
    counts = np.arange(1, found.total + 1)
    called = kernel.log_likelihood_ratio(counts, expected, found.total) > critical
    if not called.any():
        return np.nan
    # The mean of a Poisson count that reaches the first called one with 80 % probability.
    return float(special.gammaincinv(counts[called.argmax()], 0.8) / expected)
