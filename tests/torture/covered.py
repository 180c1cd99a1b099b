"""Which branches the default suite takes, and which files it leaves most of.

    python tests/torture/covered.py            # the suite once, with its branches measured: half an hour
    python tests/torture/covered.py --read     # from the last run's data, without running the suite

Compiled loops run as machine code, out of this tool's sight (their figures are held against plain NumPy), and
so do kernels of notebooks and other processes that tests begin. The record goes to
tests/torture/results/coverage.json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
RESULT = Path(__file__).resolve().parent / "results" / "coverage.json"
REPORT = PROJECT / "build" / "coverage.json"
LEAST = 95  # per cent


def share(numbers: dict[str, int]) -> float:
    """Lines run and branches taken, of all, in per cent."""
    there = numbers["num_statements"] + numbers["num_branches"]
    return round(100 * (numbers["covered_lines"] + numbers["covered_branches"]) / max(there, 1), 1)


def main() -> int:
    """Run the suite with its branches measured, and record what was left."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--read", action="store_true")
    args = parser.parse_args()
    REPORT.parent.mkdir(exist_ok=True)
    said = ["not run"]
    if not args.read:
        words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not system and not slow", "--cov"]
        words += ["--cov-branch", f"--cov-report=json:{REPORT}", "--cov-fail-under=0"]
        done = subprocess.run(
            [sys.executable, *words], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        (PROJECT / "build" / "coverage.log").write_text(done.stdout + done.stderr, encoding="utf-8")
        said = done.stdout.strip().splitlines()[-1:] or ["no tests"]
    found: dict[str, Any] = json.loads(REPORT.read_text(encoding="utf-8"))
    rooms: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    files = {}
    names = ("num_statements", "covered_lines", "num_branches", "covered_branches")
    for path, of in found["files"].items():
        room = Path(path).parts[1].removesuffix(".py")
        for name in names:
            rooms[room][name] += of["summary"][name]
        files[path] = share(of["summary"])
    totals = found["totals"]
    record = {
        "tests": said[0].strip("= "),
        "lines and branches": share(totals),
        "branches": round(100 * totals["covered_branches"] / totals["num_branches"], 1),
        "branches there": totals["num_branches"],
        "rooms": {room: [share(of), of["num_branches"]] for room, of in sorted(rooms.items())},
        "files under 90": {path: per for path, per in sorted(files.items()) if per < 90},
    }
    RESULT.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record, indent=1))
    return int(record["branches"] < LEAST)


if __name__ == "__main__":
    raise SystemExit(main())
