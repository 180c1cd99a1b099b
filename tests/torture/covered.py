"""Which branches the default suite takes, and which files it leaves most of.

    python tests/torture/covered.py                 # the suite once, with its branches measured: half an hour
    python tests/torture/covered.py --seconds 300   # a piece of it: the next goes on where this one ended
    python tests/torture/covered.py --read          # from what was measured, without running anything

Files of tests are run some at a time, each lot in a process of its own; a lot that was measured is not run
again until the package changes. Compiled loops run as machine code, out of this tool's sight (their figures
are held against plain NumPy), and so do kernels of notebooks and other processes that tests begin. The record
goes to tests/torture/results/coverage.json.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
RESULT = Path(__file__).resolve().parent / "results" / "coverage.json"
BUILD = PROJECT / "build" / "coverage"
REPORT = BUILD / "report.json"
LOT = 6  # files of tests
LEAST = 95  # per cent


def share(numbers: dict[str, int]) -> float:
    """Lines run and branches taken, of all, in per cent."""
    there = numbers["num_statements"] + numbers["num_branches"]
    return round(100 * (numbers["covered_lines"] + numbers["covered_branches"]) / max(there, 1), 1)


def mark() -> str:
    """What changes when the package does."""
    package = sorted((PROJECT / "analytics").rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in package)).hexdigest()[:12]


def measure(until: float) -> None:
    """Run the lots of the suite that were not measured of this package."""
    BUILD.mkdir(parents=True, exist_ok=True)
    now = mark()
    for old in BUILD.iterdir():
        if not old.name.startswith(now):
            old.unlink()
    done = {name for kept in BUILD.glob("*.json") for name in json.loads(kept.read_text()).get("files", [])}
    todo = [f"tests/{path.name}" for path in sorted((PROJECT / "tests").glob("test_*.py"))]
    todo = [name for name in ["analytics", *todo] if name not in done]
    while todo and time.monotonic() < until:
        lot, todo = todo[:LOT], todo[LOT:]
        data = BUILD / f"{now}.{hashlib.sha256(' '.join(lot).encode()).hexdigest()[:8]}.data"
        words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not system and not slow", "--cov"]
        words += ["--cov-branch", "--cov-report=", "--cov-fail-under=0", *lot]
        ran = subprocess.run(
            [sys.executable, *words],
            cwd=PROJECT,
            env={**os.environ, "COVERAGE_FILE": str(data)},
            capture_output=True,
            text=True,
            check=False,
        )
        said = (ran.stdout.strip().splitlines() or ["no tests"])[-1].strip("= ")
        data.with_suffix(".log").write_text(ran.stdout + ran.stderr, encoding="utf-8")
        data.with_suffix(".json").write_text(json.dumps({"files": lot, "said": said}), encoding="utf-8")
        print(f"{' '.join(lot)}: {said}", flush=True)
    print(f"{len(todo)} files of tests are left", flush=True)


def joined() -> dict[str, int]:
    """Put together what was measured, write the report and return how the tests ended."""
    kept = sorted(BUILD.glob("*.data"))
    env = {**os.environ, "COVERAGE_FILE": str(BUILD / f"{mark()}.all")}
    coverage = [sys.executable, "-m", "coverage"]
    subprocess.run([*coverage, "combine", "-q", "--keep", *map(str, kept)], cwd=PROJECT, env=env, check=True)
    subprocess.run(
        [*coverage, "json", "-q", "--fail-under=0", "-o", str(REPORT)], cwd=PROJECT, env=env, check=True
    )
    ended: Counter[str] = Counter()
    for path in BUILD.glob(f"{mark()}.????????.json"):
        for number, what in re.findall(r"(\d+) (passed|failed|skipped|errors?)", path.read_text()):
            ended[what] += int(number)
    return dict(ended)


def main() -> int:
    """Run the suite with its branches measured, and record what was left."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--read", action="store_true")
    parser.add_argument("--seconds", type=float, default=math.inf, help="begin no lot after so many")
    args = parser.parse_args()
    if not args.read:
        measure(time.monotonic() + args.seconds)
    ended = joined()
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
        "tests": ", ".join(f"{number:,} {what}" for what, number in sorted(ended.items())),
        "lines and branches": share(totals),
        "branches": round(100 * totals["covered_branches"] / totals["num_branches"], 1),
        "branches there": totals["num_branches"],
        "rooms": {room: [share(of), of["num_branches"]] for room, of in sorted(rooms.items())},
        "files": len(files),
        "lines left": {
            path: [of["missing_lines"], of["missing_branches"]]
            for path, of in found["files"].items()
            if share(of["summary"]) < 90
        },
        "files under 90": {path: per for path, per in sorted(files.items()) if per < 90},
    }
    RESULT.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record, indent=1))
    return int(record["branches"] < LEAST)


if __name__ == "__main__":
    raise SystemExit(main())
