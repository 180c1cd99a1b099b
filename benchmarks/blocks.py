"""Many SIMULATED series in blocks: a grid of 65,000 cells x 1,500 weeks, two detectors, the last 52 weeks.

    python benchmarks/blocks.py            about five minutes of processor time, on two processes
    python benchmarks/blocks.py --quick    4,000 cells; nothing is written

Time is that of the processors, of this process and its workers together, because a machine that does other
work too has no wall time of its own: on two quiet processors the wall time is about half of it, and the bar
of 2.5 minutes is 300 s. Memory is the most this process ever had, plus twice the most a worker ever had
(VmHWM of Linux; pages of libraries that the processes share are counted in each).
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from joblib.externals.loky import get_reusable_executor
from recording import quick_parser, record

from analytics.counts import Counts
from analytics.monitoring import monitor_blocks

WEEKS, LAST, WORKERS = 1_500, 52, 2
DETECTORS = ("predictive", "farrington_flexible")
SECONDS, GIGABYTES = 300.0, 2.0


def grid(cells: int) -> Counts:
    """Return cells of which half never have an incident, and the others from one in years to many a week."""
    values = np.zeros((WEEKS, cells), dtype=np.int32)
    rng = np.random.default_rng(65)
    for low in range(0, cells, 1_000):
        width = min(1_000, cells - low)
        mean = np.exp(rng.normal(-2.0, 1.5, width)) * (rng.random(width) < 0.5)
        values[:, low : low + width] = rng.poisson(mean * rng.gamma(2.0, 0.5, (WEEKS, width)))
    starts = np.datetime64("1997-01-06") + 7 * np.arange(WEEKS)
    return Counts(
        starts=starts,
        freq="week",
        finest="week",
        week_start="monday",
        as_of=starts[-1] + 6,
        values=values,
        coverage=np.ones(values.shape, dtype=bool),
        regions=tuple(f"cell {i}" for i in range(cells)),
        simulated=True,
    )


def most(process: str = "self") -> float:
    """Return the most memory that a process ever had, in GB; 0 where it is over."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0) / 1e6


def workers() -> list[str]:
    """Return the numbers of the processes that this one began."""
    found: list[str] = []
    for path in Path("/proc/self/task").glob("*/children"):
        found += path.read_text(encoding="ascii").split()
    return found


def busy() -> float:
    """Seconds of processor time, of this process and of its workers that are over."""
    whole = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        used = resource.getrusage(who)
        whole += used.ru_utime + used.ru_stime
    return whole


def main() -> int:
    """Run the blocks on two processes; return 1 where a bar is missed."""
    quick = quick_parser(__doc__, "4,000 cells").parse_args().quick
    cells = 4_000 if quick else 65_000
    counts = grid(cells)
    rows, worker = [], 0.0

    def seen(done: int, total: int, what: str) -> None:
        nonlocal worker
        worker = max(worker, *map(most, workers()))
        print(f"{done} of {total}", end="\r", file=sys.stderr)

    with tempfile.TemporaryDirectory() as folder:
        before, began = busy(), time.perf_counter()
        result = monitor_blocks(
            counts,
            DETECTORS,
            out=folder,
            last=LAST,
            thresholds="formula",
            workers=WORKERS,
            progress=seen,
        )
        wall = time.perf_counter() - began
        get_reusable_executor().shutdown(wait=True)  # so that the workers' time is counted
        used = busy() - before
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.parquet")) / 1e6
        before = time.process_time()
        monitor_blocks(
            counts, DETECTORS, out=folder, last=LAST, thresholds="formula"
        )  # all there: what it costs to see that
        again = time.process_time() - before
    own = most()
    memory = own + WORKERS * worker
    rows.append((cells, result.blocks, used, used / WORKERS, wall, own, worker, memory, size, again))
    names = [
        "cells",
        "blocks",
        "processor, s",
        "half of it, s",
        "wall here, s",
        "GB",
        "GB a worker",
        "GB in all",
    ]
    table = pd.DataFrame(rows, columns=[*names, "MB written", "seen again, s"]).round(2)
    lines = [
        "# Many series in blocks (SIMULATED)",
        "",
        f"{cells:,} cells x {WEEKS:,} weeks, the last {LAST} weeks, {' and '.join(DETECTORS)} together, by",
        f"`monitor_blocks` on {WORKERS} processes. `python benchmarks/blocks.py`. Bars, for 65,000 cells:",
        f"{SECONDS / WORKERS:.0f} s on {WORKERS} quiet processors: {SECONDS:.0f} s of processor time,",
        f"and {GIGABYTES:g} GB in all.",
        "The counts themselves take 5 bytes a cell and week of the first figure of memory.",
        "",
        "| " + " | ".join(table.columns) + " |",
        "|" + "---:|" * len(table.columns),
        *(
            "| " + " | ".join(f"{value:,.6g}" for value in row) + " |"
            for row in table.itertuples(index=False)
        ),
    ]
    print(*lines, sep="\n")
    if not quick:
        record("blocks", lines)
    return int(not quick and (used > SECONDS or memory > GIGABYTES))


if __name__ == "__main__":
    sys.exit(main())
