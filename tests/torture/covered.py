"""Which branches the suite takes, and which it leaves.

    python tests/torture/covered.py                 # the suite with its branches measured: an hour
    python tests/torture/covered.py --seconds 300   # a piece of it: the next goes on where this one ended
    python tests/torture/covered.py --read          # from what was measured, without running anything

Three passes: the default suite, the slow tests, and the tests of compiled loops with compilation off, since
machine code is out of this tool's sight. There each test has up to ten seconds, and how it ended is not
counted, since what a loop answers is held by the first pass. Processes that tests begin are measured too.
Files of tests are run some at a time, each lot in a process of its own; a lot that was measured is not run
again until the package or the lot changes. The record goes to tests/torture/results/coverage.json.
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
LOT = 4  # files of tests
LEAST = 95  # per cent
PASSES = {  # what is run, with compilation or without, and the most files of a lot
    "default": ("not system and not slow", True, LOT),
    "slow": ("slow and not system", True, LOT),
    "loops": ("not system and not slow", False, LOT),
}
SETTINGS = """[run]
branch = true
source = analytics
parallel = true
patch = subprocess
omit =
    analytics/_bundled/*
    */make_fonts.py
[report]
exclude_also =
    if TYPE_CHECKING:
"""


def share(numbers: dict[str, int]) -> float:
    """Lines run and branches taken, of all, in per cent."""
    there = numbers["num_statements"] + numbers["num_branches"]
    return round(100 * (numbers["covered_lines"] + numbers["covered_branches"]) / max(there, 1), 1)


def digest(*paths: Path) -> str:
    """What changes when one of the files does."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:12]


def package() -> list[Path]:
    """The files of the package."""
    return sorted((PROJECT / "analytics").rglob("*.py"))


def wanted(which: str) -> list[str]:
    """The files of tests of a pass: for loops, those that name a module of them, detectors, the scan."""
    tests = sorted((PROJECT / "tests").glob("test_*.py"))
    if which == "default":
        return ["analytics", *(f"tests/{path.name}" for path in tests)]
    if which == "slow":
        return [f"tests/{path.name}" for path in tests if "mark.slow" in path.read_text(encoding="utf-8")]
    loops = [
        path.relative_to(PROJECT).with_suffix("").as_posix().replace("/", ".")
        for path in package()
        if "@compiled" in path.read_text(encoding="utf-8")
    ]
    return [
        f"tests/{path.name}"
        for path in tests
        if path.stem.startswith(("test_detector_", "test_scan"))
        or any(name in path.read_text(encoding="utf-8") for name in loops)
    ]


def left(which: str) -> int:
    """How many files of a pass were not measured of this package, as they are now."""
    done = set()
    for kept in BUILD.glob(f"{digest(*package())}.{which}-*.json"):
        told = json.loads(kept.read_text(encoding="utf-8"))
        if all(name == "analytics" or digest(PROJECT / name) == was for name, was in told["files"].items()):
            done |= set(told["files"])
    return len(set(wanted(which)) - done)


def measure(which: str, until: float) -> None:
    """Run the lots of a pass that were not measured of this package, and return how many files are left."""
    chosen, compiled, size = PASSES[which]
    BUILD.mkdir(parents=True, exist_ok=True)
    now = digest(*package())
    settings = BUILD / "settings.ini"
    settings.write_text(SETTINGS, encoding="utf-8")
    for old in BUILD.glob("*.*.*"):
        if not old.name.startswith(now):
            old.unlink()
    done = set()
    for kept in BUILD.glob(f"{now}.{which}-*.json"):
        told = json.loads(kept.read_text(encoding="utf-8"))
        if all(name == "analytics" or digest(PROJECT / name) == was for name, was in told["files"].items()):
            done |= set(told["files"])
        else:
            for stale in BUILD.glob(f"{kept.name.removesuffix('.json')}.*"):
                stale.unlink()
    todo = [name for name in wanted(which) if name not in done]
    while todo and time.monotonic() < until:
        lot, todo = todo[:size], todo[size:]
        files = {name: "" if name == "analytics" else digest(PROJECT / name) for name in lot}
        data = BUILD / f"{now}.{which}-{hashlib.sha256(str(files).encode()).hexdigest()[:8]}"
        words = ["-m", "coverage", "run", f"--rcfile={settings}", f"--data-file={data}.data"]
        words += ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", chosen, *lot]
        words += (
            []
            if compiled
            else ["--timeout", "10", "-W", "ignore::RuntimeWarning", "-p", "no:hypothesispytest"]
        )
        ran = subprocess.run(
            [sys.executable, *words],
            cwd=PROJECT,
            env={**os.environ, "NUMBA_DISABLE_JIT": str(int(not compiled))},
            capture_output=True,
            text=True,
            check=False,
        )
        said = (ran.stdout.strip().splitlines() or ["no tests"])[-1].strip("= ")
        Path(f"{data}.log").write_text(ran.stdout + ran.stderr, encoding="utf-8")
        Path(f"{data}.json").write_text(json.dumps({"files": files, "said": said}), encoding="utf-8")
        print(f"{which}: {' '.join(lot)}: {said}", flush=True)
    print(f"{which}: {len(todo)} files of tests are left", flush=True)


def joined() -> dict[str, str]:
    """Put together what was measured, write the report and return how the tests ended, by pass."""
    now = digest(*package())
    kept = sorted(map(str, BUILD.glob(f"{now}.*.data*")))
    words = [f"--rcfile={BUILD / 'settings.ini'}", f"--data-file={BUILD / f'{now}.all.whole'}"]
    coverage = [sys.executable, "-m", "coverage"]
    subprocess.run([*coverage, "combine", "-q", "--keep", *words, *kept], cwd=PROJECT, check=True)
    subprocess.run([*coverage, "json", "-q", *words, "-o", str(REPORT)], cwd=PROJECT, check=True)
    ended = {}
    for which in PASSES:
        counted: Counter[str] = Counter()
        for path in BUILD.glob(f"{now}.{which}-*.json"):
            said = json.loads(path.read_text(encoding="utf-8"))["said"]
            for number, what in re.findall(r"(\d+) (passed|failed|skipped|error)", said):
                counted[what] += int(number)
        ended[which] = ", ".join(f"{number:,} {what}" for what, number in sorted(counted.items()))
    return ended


def kind(path: str, begin: int, end: int) -> str:
    """Say what a branch that was not taken leads to."""
    lines = (PROJECT / path).read_text(encoding="utf-8").splitlines()
    first = lines[begin - 1].strip()
    if end < 0 or first.startswith(("for ", "while ", "case ")):
        return "a loop or a choice that always ends another way"
    block = " ".join(line.strip() for line in lines[end - 1 : end + 2])
    if re.match(r"(raise|return None$|assert)|.{0,60}?\.fail\(", block):
        return "an error that no test asks for"
    return "an answer that no test asks for"


def main() -> int:
    """Run the suite with its branches measured, and record what was left."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--read", action="store_true")
    parser.add_argument("--passes", nargs="*", choices=list(PASSES), default=list(PASSES))
    parser.add_argument("--seconds", type=float, default=math.inf, help="begin no lot after so many")
    args = parser.parse_args()
    until = time.monotonic() + args.seconds
    for which in () if args.read else args.passes:
        measure(which, until)
    ended = joined()
    found: dict[str, Any] = json.loads(REPORT.read_text(encoding="utf-8"))
    rooms: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for path, of in found["files"].items():
        for name in ("num_statements", "covered_lines", "num_branches", "covered_branches"):
            rooms[Path(path).parts[1].removesuffix(".py")][name] += of["summary"][name]
    totals = found["totals"]
    kinds = Counter(
        kind(path, begin, end) for path, of in found["files"].items() for begin, end in of["missing_branches"]
    )
    told = subprocess.run(
        ["git", "log", "-1", "--format=%h", "--", "analytics"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    record = {
        "on": time.strftime("%Y-%m-%d"),
        "commit": told.stdout.strip(),
        "tests": ended,
        "files of tests left": {which: number for which in PASSES if (number := left(which))},
        "lines and branches": share(totals),
        "branches": round(100 * totals["covered_branches"] / totals["num_branches"], 1),
        "branches there": totals["num_branches"],
        "branches left": totals["num_branches"] - totals["covered_branches"],
        "kinds": dict(kinds.most_common()),
        "rooms": {
            room: [of["num_branches"], of["covered_branches"], share(of)]
            for room, of in sorted(rooms.items())
        },
        "left": {
            path: [f"{a}-{'end' if b < 0 else b}" for a, b in of["missing_branches"]]
            for path, of in sorted(found["files"].items())
            if of["missing_branches"]
        },
    }
    RESULT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({name: one for name, one in record.items() if name != "left"}, indent=1))
    return int(record["branches"] < LEAST)


if __name__ == "__main__":
    raise SystemExit(main())
