"""Seconds and memory of the weekly detectors on 10,000 regions x 52 weeks, against a GLM in a loop.

    python benchmarks/detector_speed_weekly.py    # about a minute and a half on one core

Peer: statsmodels' Poisson GLM with level, trend and one harmonic, fitted once for each (series x week), on a
few of them, in the same run. What R took elsewhere is quoted in benchmarks/results/farrington.md.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import statsmodels.api as sm

from analytics.counts import Counts
from analytics.detectors import farrington_flexible, predictive, recent_window
from analytics.simulation import simulate_counts

REGIONS, WEEKS, LAST = 10_000, 313, 52
PEER = 150  # regressions of the peer
RESULT = Path(__file__).resolve().parent / "results" / "detector_speed_weekly.md"


def many(weekly: np.ndarray) -> Counts:
    return Counts.from_array(weekly, start="2014-01-06", simulated=True)


def peer(weekly: np.ndarray) -> float:
    t = np.arange(len(weekly) - 1)
    design = np.column_stack(
        [np.ones(t.size), t / t.size, np.cos(2 * np.pi * t / 52.18), np.sin(2 * np.pi * t / 52.18)]
    )
    began = time.process_time()
    for column in weekly[:-1, :PEER].T:
        sm.GLM(column, design, family=sm.families.Poisson()).fit()
    return (time.process_time() - began) / PEER


def timed(call: Callable[[], object], runs: int = 2) -> tuple[float, float]:
    found = []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        found.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(w for w, _ in found), min(c for _, c in found)


def main() -> None:
    daily = simulate_counts("negative_binomial", mean=0.5, days=7 * WEEKS, series=REGIONS, seed=1).values
    weekly = daily.reshape(WEEKS, 7, REGIONS).sum(axis=1).astype(np.int32)
    del daily
    counts = many(weekly)
    small = counts.select(counts.regions[:50])
    calls: dict[str, Callable[[Counts], object]] = {
        "predictive(counts, last=52)": lambda c: predictive(c, last=LAST),
        "predictive(counts, last=52, bound=True)": lambda c: predictive(c, last=LAST, bound=True),
        "farrington_flexible(counts, last=52)": lambda c: farrington_flexible(c, last=LAST, years=4),
        "recent_window(counts, last=52, null='constant')": lambda c: recent_window(
            c, last=LAST, null="constant"
        ),
    }
    one = peer(weekly)
    lines = [
        "# The weekly detectors on 10,000 SIMULATED regions x 52 weeks",
        "",
        f"Negative binomial counts, {WEEKS} weeks; one process, best of two, compilation not counted. Peer: "
        f"statsmodels' Poisson GLM with four terms, {1000 * one:.2f} ms of processor time a (series x week) "
        f"in the same run ({PEER} of them), so {one * REGIONS * LAST / 60:.0f} minutes for all.",
        "",
        "| public call | wall, s | processor, s | µs a (series x week) | peer / ours | peak GB so far |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, call in calls.items():
        call(small)
        wall, cpu = timed(lambda call=call: call(counts))
        each = cpu / (REGIONS * LAST)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        lines.append(
            f"| `{name}` | {wall:.1f} | {cpu:.1f} | {1e6 * each:.1f} | {one / each:.0f} | {peak:.2f} |"
        )
        print(lines[-1], flush=True)
    RESULT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
