"""Clusters in space and time."""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics.kernels.space import scan
from analytics.kernels.space.prospective import disjoint_clusters, scan_places
from analytics.kernels.space.scan_loop import _may_exceed, _statistic, best_cylinders
from analytics.kernels.space.stcd import disc_areas, running_clusters


def places(seed: int, many: int = 7, periods: int = 25) -> tuple[np.ndarray, np.ndarray]:
    """Counts of places, a cluster at the end, and distances with ties."""
    rng = np.random.default_rng(seed)
    at = rng.integers(0, 4, (many, 2)).astype(float)
    distance = np.sqrt(((at[:, None] - at) ** 2).sum(axis=2))
    series = rng.poisson(0.5, (periods, many))
    series[-3:, :2] += rng.poisson(1.5, (3, 2))
    series[:, -1] = 0
    series[4, -1] = 1
    return series, distance


def zones() -> Any:
    found: dict[str, Any] = {
        "circle": scan.great_circle(np.array([10.0, 10.0, -45.0, 89.0]), np.array([0.0, 1.0, 179.0, -90.0]))
    }
    for seed, share, radius, bordered in (
        (1, 0.5, None, False),
        (2, 0.9, 2.0, False),
        (3, 0.4, None, True),
        (4, 1.0, 1.0, True),
    ):
        series, distance = places(seed)
        totals = series.sum(axis=0)
        totals[3] = 0
        steps = None
        if bordered:
            steps = np.floor(distance)
            steps[0, 5] = steps[5, 0] = np.inf
        of = scan.neighbour_zones(distance, totals, max_share=share, radius=radius, steps=steps)
        windows = np.cumsum(series[::-1][:4], axis=0).T
        best = np.random.default_rng(seed).random(of.total.size) - 0.1
        found[f"{seed}"] = of, [of.members(zone) for zone in range(0, of.total.size, 3)]
        found[f"{seed} disjoint"] = (
            np.array(disjoint_clusters(of, best)),
            np.array(disjoint_clusters(of, 0 * best)),
        )
        relative = totals[:, None] * np.linspace(0.8, 1.2, 4)
        found[f"{seed} seen"] = [
            scan.scan_observed(of, windows, int(series.sum()), r) for r in (None, relative)
        ]
    return found


def draws() -> Any:
    found: dict[str, Any] = {}
    for name, draw in (("dealt", scan.permuted_windows), ("turned", scan.rotated_windows)):
        for seed, longest in ((5, 25), (6, 3)):
            series, distance = places(seed)
            of = scan.neighbour_zones(distance, series.sum(axis=0), max_share=0.6)
            drawn = draw(series, longest, np.random.default_rng(seed))
            found[f"{name} {longest}"] = drawn(4)
            found[f"{name} {longest} best"] = scan.scan_maxima(of, drawn, longest, 6, int(series.sum()))
    found["70"] = scan.scan_maxima(of, drawn, longest, 70, int(series.sum()))  # in one tile
    found["none"] = scan.scan_maxima(of, drawn, longest, 0, 1)
    many = np.full((12, 3), 2_000)
    found["many"] = [
        draw(many, 2, np.random.default_rng(1))(2) for draw in (scan.rotated_windows, scan.permuted_windows)
    ]
    found["types"] = np.array([np.dtype(scan._sum_type(n)).itemsize for n in (5, 32_766, 32_767, 32_768)])
    slow = np.repeat(np.random.default_rng(2).poisson(2.0, (12, 3)), 4, axis=0)
    found["correction"] = np.array(
        [scan.rotation_correction(s, n) for s in (slow, places(7)[0]) for n in (1, 4, 7)]
    )
    found["still"] = scan.rotation_correction(np.ones((20, 2), dtype=np.int64), 3)
    maxima = np.random.default_rng(3).gumbel(5.0, 1.0, 40)
    found["gumbel"] = np.array(
        [scan.gumbel_pvalue(s, maxima) for s in (2.0, 8.0, 30.0)] + [scan.gumbel_pvalue(2.0, np.ones(5))]
    )
    counts = np.array([0.0, 3.0, 9.0, 10.0])
    found["ratio"] = (
        scan.log_likelihood_ratio(counts, np.array([1.0, 2.5, 3.0, 4.0]), 10),
        scan.log_likelihood_ratio(counts, 3.0, 10),
    )
    return found


def loop() -> Any:
    rng = np.random.default_rng(8)
    windows = np.cumsum(rng.poisson(1.0, (5, 3, 8)), axis=1).astype(np.int32)
    steps = np.array([0, 1, 2, 3, 1, 0, 4]), np.array([0, -1, 2, 3, 0, 1, 2]), np.array([0, 4, 7])
    totals = np.array([20, 25, 40, 60])
    best, found = np.zeros(8), np.zeros((3, 8), dtype=np.int64)
    for bundle in (np.array([0, 4]), np.array([0, 2, 4]), np.array([0, 1, 2, 3, 4])):
        best_cylinders(
            windows,
            steps,
            (totals, np.log(totals), bundle),
            100,
            np.log(np.maximum(np.arange(101), 1)),
            np.empty((4, 8), dtype=np.int32),
            np.empty((3, 8), dtype=np.int32),
            best,
            found,
        )
    may = [
        _may_exceed(b, c, np.log(c), m, np.log(m), 50)
        for b in (0.3, 1.0, 2.0)
        for c, m in ((9, 5.0), (12, 6.0), (50, 40.0))
    ]
    return (
        best,
        found,
        np.array(may),
        np.array([_statistic(c, m, 50) for c, m in ((9, 5.0), (50, 40.0), (3, 7.0))]),
    )


def scans() -> Any:
    found = {}
    for seed, null, longest in ((9, "rotation", 4), (10, "permutation", 3), (11, "rotation", 6)):
        series, distance = places(seed)
        series[-2:, 4] += 9 * (seed == 11)
        found[f"{seed}"] = scan_places(
            series,
            distance,
            longest,
            max_share=0.5,
            radius=None,
            null=null,
            replicates=9,
            rng=np.random.default_rng(seed),
        )
    return found


def running() -> Any:
    rng = np.random.default_rng(12)
    points, moment = rng.random((14, 2)), np.sort(rng.integers(0, 9, 14))
    square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.4, 0.7], [0.0, 1.0]])
    shares = rng.random(14)
    return {
        "running": [
            running_clusters(points, moment, 0.4, epsilon, share, largest)
            for epsilon in (0.5, 2.0)
            for share in (np.zeros(0), shares)
            for largest in (True, False)
        ],
        "on a line": running_clusters(
            np.array([[0.0], [3.0], [3.0], [1.5]]), np.arange(4), 1.5, 1.0, np.zeros(0), True
        ),
        "areas": [
            disc_areas(np.vstack([points, [[0.5, 0.0], [0.0, 0.0], [3.0, 3.0]]]), r, square)
            for r in (0.1, 0.5, 2.0)
        ],
        "the other way": disc_areas(points, 0.3, square[::-1]),
    }


CASES = {
    "zones": zones,
    "draws": draws,
    "the loop": loop,
    "scans": scans,
    "running clusters": running,
}
