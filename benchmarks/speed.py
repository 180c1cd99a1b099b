"""How long the uptick test takes on many regions, as a ratio to statsmodels' GLM in a loop over regions.

    python benchmarks/speed.py                       # 10,000 regions x 3 years of days; records the result
    python benchmarks/speed.py --regions 500
    python benchmarks/speed.py --against CHECKOUT    # processor time beside another commit's, in turn

With --against the same panel is tested by this checkout and by another, each time in a process of its own, in
turn; the ratio is that of the medians, and is recorded, as is what 18 of the regions take. The bar is 1.3
times the processor time of the last commit before panels were ranked (137cd1c).
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import statsmodels.api as sm

from analytics.counts import Counts
from analytics.kernels.windows.lrd import lrd_test
from analytics.simulation import simulate_counts
from analytics.upticks import uptick_test

DAYS, BAR, PEER_REGIONS = 1096, 5.0, 50
RESULT = Path(__file__).resolve().parent / "results" / "speed.txt"
RATIO_BAR, ROUNDS, BESIDE = 1.3, 5, RESULT.with_name("speed_against.txt")


def panel(regions: int) -> Counts:
    """Self-exciting regions from nearly silent to two incidents a day, as a gamma mixture has them."""
    means = np.quantile(np.random.default_rng(0).gamma(0.5, 1.0, 10_000), np.linspace(0.05, 0.95, 10))
    values = np.concatenate(
        [
            simulate_counts("hawkes_0.3", mean=float(m), days=DAYS, series=regions // 10, seed=i).values
            for i, m in enumerate(means)
        ],
        axis=1,
    )
    return Counts.from_array(values, freq="day", as_of="2020-04-12", simulated=True)


def peer(counts: Counts) -> float:
    """Seconds a region for statsmodels' quasi-Poisson GLM with one indicator for the recent window."""
    recent = np.r_[np.zeros(364), np.ones(14)]
    design = sm.add_constant(recent)
    start = time.process_time()
    for i in range(-PEER_REGIONS, 0):
        y = np.r_[counts.values[-406:-42, i], counts.values[-14:, i]]
        sm.GLM(y, design, family=sm.families.Poisson()).fit(scale="X2")
    return (time.process_time() - start) / PEER_REGIONS


_ONE = """
import resource, sys, time
import numpy as np
from analytics.counts import Counts
from analytics.upticks import uptick_test
counts = Counts.from_array(np.load(sys.argv[1]), freq="day", as_of="2020-04-12", simulated=True)
uptick_test(counts.select(counts.regions[:50]))  # what is compiled or loaded once is not timed
few, spent = counts.select(counts.regions[:: len(counts.regions) // 18][:18]), []
for _ in range(9):
    start = time.process_time()
    uptick_test(few)
    spent.append(time.process_time() - start)
start = time.process_time()
uptick_test(counts)
seconds, peak = time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(seconds, peak, sorted(spent)[4])
"""


def against(other: Path, regions: int) -> tuple[list[str], bool]:
    """Say how much processor time and memory the test takes here and in another checkout, alternated."""
    here = Path(__file__).resolve().parents[1]
    spent: dict[Path, list[float]] = {other: [], here: []}
    few: dict[Path, list[float]] = {other: [], here: []}
    memory: dict[Path, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "panel.npy"
        np.save(path, panel(regions).values)
        for _ in range(ROUNDS):
            for checkout, times in spent.items():
                done = subprocess.run(
                    [sys.executable, "-W", "ignore", "-c", _ONE, str(path)],
                    env=os.environ | {"PYTHONPATH": str(checkout)},
                    cwd=folder, check=True, capture_output=True, text=True,
                )  # fmt: skip
                seconds, peak, small = map(float, done.stdout.split())
                times.append(seconds)
                few[checkout].append(small)
                memory[checkout] = max(peak, memory.get(checkout, 0.0))
    before, now = (statistics.median(spent[checkout]) for checkout in (other, here))
    pairs = [b / a for a, b in zip(spent[other], spent[here], strict=True)]
    name = subprocess.run(
        ["git", "-C", str(other), "rev-parse", "--short", "HEAD"], check=True, capture_output=True, text=True
    )
    held = now / before <= RATIO_BAR
    lines = [
        f"SIMULATED: {regions:,} regions x {DAYS:,} days, uptick_test, {ROUNDS} rounds in turn",
        f"commit {name.stdout.strip()}: {before:.2f} s of processor time, "
        f"peak memory {memory[other]:.2f} GB; 18 regions {statistics.median(few[other]):.3f} s",
        f"here: {now:.2f} s, peak memory {memory[here]:.2f} GB; "
        f"18 regions {statistics.median(few[here]):.3f} s",
        f"ratio {now / before:.2f} (pairs {min(pairs):.2f} to {max(pairs):.2f}); bar {RATIO_BAR}: "
        + ("held" if held else "FAILED"),
    ]
    return lines, held


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--regions", type=int, default=10_000)
    parser.add_argument("--against", type=Path, help="another checkout, to be compared with")
    given = parser.parse_args()
    if given.against is not None:
        if not (given.against / "analytics" / "__init__.py").is_file():
            parser.error(f"{given.against} is no checkout of this project")  # or it would be itself, compared
        beside, held = against(given.against.resolve(), given.regions)
        print("\n".join(beside))
        if given.regions == 10_000:
            BESIDE.write_text("\n".join(beside) + "\n", encoding="utf-8")
        sys.exit(0 if held else 1)
    counts = panel(given.regions)
    seconds = []
    for _ in range(3):
        start = time.process_time()
        uptick_test(counts)
        seconds.append(time.process_time() - start)
    values = counts.values[-406:]
    covered = np.ones(values.shape, bool)
    start = time.process_time()
    lrd_test(values, covered, length=14, guard=28)
    kernel = time.process_time() - start
    each = peer(counts)
    best, size = min(seconds), counts.values.shape[1]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    lines = [
        f"SIMULATED: {size:,} regions x {DAYS:,} days, one core",
        f"uptick_test, both null hypotheses, intervals, detectable ratios: best of three {best:.2f} s "
        f"({', '.join(f'{s:.2f}' for s in seconds)}); bar {BAR:.0f} s: {'met' if best < BAR else 'NOT MET'}",
        f"kernel, p-values alone: {kernel:.2f} s; statsmodels quasi-Poisson GLM, p-values alone: "
        f"{each * size:.1f} s (from {PEER_REGIONS} regions); ratio {each * size / kernel:.0f}",
        f"peak memory {memory:.1f} GB; Python {platform.python_version()}, NumPy {np.__version__}",
    ]
    print("\n".join(lines))
    if given.regions == 10_000:
        RESULT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
