"""How long EARS takes on 10,000 series of ten years of days, as a ratio to rolling windows in pandas.

python benchmarks/detector_speed_ears.py            # records the result
python benchmarks/detector_speed_ears.py --regions 500

Times are processor time of the one thread used, best and median of five calls after a first one; peak
memory is that of a fresh process which holds nothing but the panel and makes one call.
"""

from __future__ import annotations

import argparse
import platform
import resource
import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.counts import Counts
from analytics.detectors._ears import ears
from analytics.detectors.grid import grid_of
from analytics.kernels.charts.ears import ears_scan, empty_answers, floor_bounds, floor_scores
from analytics.kernels.charts.ears_reference import ears_reference

DAYS, CALLS, PEER_REGIONS = 3_650, 5, 500
R_MILLISECONDS = {
    "C1": 0.020,
    "C2": 0.020,
    "C3": 0.032,
}  # surveillance 1.20.3, a cell, measured on another day
RESULT = Path(__file__).resolve().parent / "results" / "detector_speed_ears.md"
LAG = {"C1": 1, "C2": 3, "C3": 3}


def panel(regions: int, kind: str) -> Counts:
    """SIMULATED Poisson counts: "sparse" (gamma means, 0.5 a day on average), "busy" (5 to 60), "gaps"."""
    rng = np.random.default_rng(0)
    mean = rng.uniform(5, 60, regions) if kind == "busy" else rng.gamma(0.5, 1.0, regions)
    values = np.empty((DAYS, regions), dtype=np.int32)
    for day in range(DAYS):
        values[day] = rng.poisson(mean)
    covered = np.ones(values.shape, bool)
    if kind == "gaps":
        covered = rng.random(values.shape) > 0.001
        values[~covered] = 0
    return Counts.from_array(values, freq="day", as_of="2020-04-12", coverage=covered, simulated=True)


def kernel(counts: Counts, method: str, compat: str | None):
    """A call of the kernel alone, on arrays made beforehand."""
    grid = grid_of(counts)
    arrays = empty_answers(*grid.shape, False)
    common = (grid.values, grid.usable, False, 0, 7, LAG[method], 0.0)
    threshold = np.full(grid.shape[1], 3.0)
    cumulated = method == "C3"
    if compat:
        return lambda: ears_reference(*common, threshold, cumulated, *arrays)
    most = int(grid.values.max())
    scores = floor_scores(7, 7 * most)
    bounds = floor_bounds(scores, np.array([3.0 + cumulated]))
    which = np.zeros(grid.shape[1], dtype=np.int64)
    dense = 7 * most >= len(scores)
    return lambda: ears_scan(*common, scores, bounds, which, threshold, cumulated, dense, *arrays)


def seconds(call) -> tuple[float, float]:
    call()
    times = []
    for _ in range(CALLS):
        start = time.thread_time()
        call()
        times.append(time.thread_time() - start)
    return min(times), statistics.median(times)


def shown(call) -> str:
    return "{:.2f} / {:.2f}".format(*seconds(call))


def peer(counts: Counts) -> float:
    """Seconds a cell for C1 as mean + 3.09 sd from rolling windows in pandas."""
    frame = pd.DataFrame(counts.values[:, :PEER_REGIONS])

    def c1() -> None:
        past = frame.shift(1).rolling(7)
        _ = frame > past.mean() + 3.0902 * past.std()

    return seconds(c1)[0] / frame.size


def peak(regions: int, method: str, compat: str | None) -> tuple[float, float]:
    """Peak memory in GB of a fresh process before and after one call."""
    code = (
        "import re, sys; sys.path.insert(0, sys.argv[1]); import detector_speed_ears as b\n"
        "counts = b.panel(int(sys.argv[2]), 'sparse'); b.ears(counts.until(counts.starts[40]))\n"
        "use = lambda: int(re.search('VmHWM: *\\t*(.*) kB', open('/proc/self/status').read())[1]) / 1e6\n"
        "before = use(); b.ears(counts, method=sys.argv[3], compat=sys.argv[4] or None); print(before, use())"
    )
    given = [sys.executable, "-c", code, str(Path(__file__).parent), str(regions), method, compat or ""]
    found = subprocess.run(given, capture_output=True, text=True, check=True).stdout.split()
    return float(found[0]), float(found[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--regions", type=int, default=10_000)
    given = parser.parse_args()
    lines = [
        f"# EARS on {given.regions:,} SIMULATED series x {DAYS:,} days",
        "",
        "Processor seconds on one core, best / median of "
        f"{CALLS} after a first call. Kernel: arrays made beforehand. Public: `ears`, Alarms included.",
        "",
        "| panel | method | mode | kernel | public | pandas rolling C1 / public | R / public |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind in ("sparse", "busy", "gaps"):
        counts = panel(given.regions, kind)
        cells = counts.values.size
        each = peer(counts)
        for method in ("C1", "C2", "C3"):
            for compat in (None, "surveillance"):
                best, middle = seconds(partial(ears, counts, method=method, compat=compat))
                inner = "-" if kind == "gaps" else shown(kernel(counts, method, compat))
                ratio_r = R_MILLISECONDS[method] / 1e3 * cells / best
                lines.append(
                    f"| {kind} | {method} | {compat or 'default'} | {inner} | {best:.2f} / {middle:.2f} | "
                    f"{each * cells / best:.0f} | {ratio_r:,.0f} |"
                )
                print(lines[-1], flush=True)
        del counts
    memory = [
        (m, c, *peak(given.regions, m, c)) for m, c in (("C1", None), ("C3", None), ("C1", "surveillance"))
    ]
    lines += ["", "| | peak memory, counts only | with one call |", "|---|---|---|"]
    lines += [f"| {m} {c or 'default'} | {a:.2f} GB | {b:.2f} GB |" for m, c, a, b in memory]
    lines += [
        "",
        "The output is three float arrays, the alarms, tested cells and notes: "
        f"{given.regions * DAYS * 27 / 1e9:.2f} GB.",
        f"pandas: mean + 3.09 sd from `rolling(7)`, on {PEER_REGIONS} series of the same panel. R: earsC of",
        "surveillance 1.20.3, 0.020 ms a cell (C3 0.032), measured on another machine. Sparse: gamma means,",
        "0.5 a day on average; busy: means of 5 to 60; gaps: sparse with 0.1 % of days without coverage. The",
        "first call in a process takes up to 3 s more where the machine has yet to find the memory.",
        "",
        f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}, a shared one.",
    ]
    if given.regions == 10_000:
        RESULT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    print(f"peak of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
