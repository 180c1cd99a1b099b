"""Processor time of a warm `uptick report` of the sample, its kernel included.

python benchmarks/report_time.py [--runs 5] [--against CHECKOUT]

Runs the command in processes of its own, one after the other, and counts what they and their children took
of the processor. With --against it alternates with another checkout of this project (the same interpreter),
so that what else the machine does meets both alike. Writes benchmarks/results/report_time.csv.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "report_time.csv"
# Byte code is written and read, whatever the shell says: that is how the command runs elsewhere.
_WARM = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
COMMAND = ["-m", "analytics", "report", "--sample", "--week", "2020-W16"]


def used(checkout: Path) -> tuple[float, float]:
    """Return seconds of processor and of the clock that one report takes."""
    with tempfile.TemporaryDirectory() as folder:
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            [sys.executable, *COMMAND, "-o", folder],
            cwd=folder,
            env={**_WARM, "PYTHONPATH": str(checkout)},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, time.perf_counter() - began


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--runs", type=int, default=5)
    asked.add_argument("--against", type=Path, help="another checkout, alternated with this one")
    args = asked.parse_args()
    of = {"here": ROOT} | ({} if args.against is None else {"against": args.against.resolve()})
    for checkout in of.values():
        used(checkout)  # warm: byte code and compiled kernels are there
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in of}
    for run in range(args.runs):
        for name, checkout in of.items():
            found[name].append(used(checkout))
            print(f"{run + 1} {name}: {found[name][-1][0]:.2f} s of processor", flush=True)
    lines = ["checkout,runs,processor_median,processor_least,processor_most,clock_median"]
    for name, runs in found.items():
        spent = sorted(took for took, _ in runs)
        clock = statistics.median(clock for _, clock in runs)
        middle = statistics.median(spent)
        lines.append(f"{name},{len(runs)},{middle:.2f},{spent[0]:.2f},{spent[-1]:.2f},{clock:.1f}")
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
