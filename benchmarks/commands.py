"""Processor time of warm commands on the sample, beside another checkout of this project.

    python benchmarks/commands.py [--runs 7] [--against CHECKOUT]

Each run is a process of its own, byte code and compiled loops at hand, and counts what it and its children
took of the processor; checkouts take turns, so that what else the machine does meets both alike.
`import pandas` is what no command can be without. Writes benchmarks/results/commands.md.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "commands.md"
QUIET = 1.5  # load up to which a machine counts as quiet
AS_OF = ["--sample", "--as-of", "2020-04-19"]
# name: what follows `python`, and the bar in seconds on a quiet core
COMMANDS: dict[str, tuple[list[str], float | None]] = {
    "uptick test": (["-m", "analytics", "test", *AS_OF], 1.5),
    "uptick monitor": (["-m", "analytics", "monitor", *AS_OF], None),
    "uptick count": (["-m", "analytics", "count", *AS_OF], None),
    "import analytics, its tests": (["-c", "from analytics import uptick_test"], None),
    "import analytics": (["-c", "import analytics"], None),
    "import pandas": (["-c", "import pandas"], None),
}


def used(words: list[str], checkout: Path) -> float:
    """Return the seconds of processor of one run."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, *words],
            cwd=folder,
            env={**env, "PYTHONPATH": str(checkout)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def commit(checkout: Path) -> str:
    done = subprocess.run(
        ["git", "-C", str(checkout), "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def _held(least: float, bar: float, load: float) -> str:
    """Whether a bar of a quiet core is held; beside other work a command that is over it is not judged."""
    if least <= bar:
        return "held"
    return "FAILED" if load < QUIET else "not judged: the machine was busy"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--runs", type=int, default=7)
    asked.add_argument("--against", type=Path, help="another checkout, alternated with this one")
    args = asked.parse_args()
    of = {"now": ROOT} | ({} if args.against is None else {"before": args.against.resolve()})
    heads = ["now, s (least)", *(["before, s (least)", "now / before"] if len(of) > 1 else []), "bar, s"]
    load = os.getloadavg()[0]
    beside = "" if len(of) == 1 else f", beside commit {commit(of['before'])}"
    lines = [
        "# Warm commands on the sample",
        "",
        f"Processor seconds, the median (and the least) of {args.runs} runs in processes of their own, by",
        f"turns{beside}; load of the machine when it began {load:.1f}. A bar is held against the",
        "least, which other work disturbs least. `python benchmarks/commands.py --against CHECKOUT`",
        "",
        f"| command | {' | '.join(heads)} |",
        f"|---|{'---:|' * len(heads)}",
    ]
    for name, (words, bar) in COMMANDS.items():
        found: dict[str, list[float]] = {side: [] for side in of}
        for run in range(args.runs + 1):
            for side, checkout in of.items():
                took = used(words, checkout)
                if run:  # the first writes byte code, and compiles
                    found[side].append(took)
        middle = {side: statistics.median(took) for side, took in found.items()}
        cells = [f"{middle[side]:.2f} ({min(found[side]):.2f})" for side in of]
        if len(of) > 1:
            cells.append(f"{middle['now'] / middle['before']:.2f}")
        held = "" if bar is None else f"{bar} {_held(min(found['now']), bar, load)}"
        lines.append(f"| `{name}` | {' | '.join([*cells, held])} |")
        print(lines[-1], flush=True)
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
