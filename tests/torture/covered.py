"""Which branches the suite takes, and which it leaves.

    python tests/torture/covered.py                 # the suite with its branches measured: an hour
    python tests/torture/covered.py --seconds 300   # a piece of it: the next goes on where this one ended
    python tests/torture/covered.py --kept          # lots that were measured of an earlier package are kept
    python tests/torture/covered.py --read          # from what was measured, without running anything
    python tests/torture/covered.py --read --onto RECORD   # and what an earlier record says of the same

Three passes: the default suite, the slow tests, and the tests of compiled loops with compilation off, since
machine code is out of this tool's sight. There each test has up to five seconds, and how it ended is not
counted, since what a loop answers is held by the first pass. Processes that tests begin are measured too.
Files of tests are run some at a time, each lot in a process of its own; a lot that was measured is not run
again until the package or the lot changes. With ``--kept`` and ``--read`` a change of the package does not
matter, but what a lot took is counted in those files alone that are the same as then. With ``--onto`` a
branch is taken too where an earlier record, of a commit that git still has, says so of the same two lines; so
no branch of a line that is new is taken unless it was measured. The record goes to
tests/torture/results/coverage.json.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any

from why import REASONS, why

PROJECT = Path(__file__).resolve().parents[2]
RESULT = Path(__file__).resolve().parent / "results" / "coverage.json"
BUILD = PROJECT / "build" / "coverage"
REPORT = BUILD / "report.json"
LOT = 4  # files of tests
SECONDS = 5  # of a test of loops that are not compiled
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
[paths]
source =
    analytics
    */analytics
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


@cache
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
        if path.stem.startswith("test_detector_")
        or path.stem == "test_scan"
        or any(name in path.read_text(encoding="utf-8") for name in loops)
    ]


@cache
def now() -> dict[str, str]:
    """The files of the package, and what changes when one of them does."""
    return {path.relative_to(PROJECT).as_posix(): digest(path) for path in package()}


def state_of(name: str) -> str:
    """What changes when a file of tests does, or the package, whose examples are tests too."""
    return digest(*package()) if name == "analytics" else digest(PROJECT / name)


def lots(which: str, *, kept: bool) -> dict[Path, dict[str, Any]]:
    """Return what was measured of a pass, of tests as they are now: of this package, or of earlier ones too.

    Of one lot the last one measured is kept.
    """
    found: dict[Path, dict[str, Any]] = {}
    for path in sorted(BUILD.glob(f"{which}-*.json"), key=lambda one: one.stat().st_mtime, reverse=True):
        told = json.loads(path.read_text(encoding="utf-8"))
        same = all(name in wanted(which) and state_of(name) == was for name, was in told["files"].items())
        seen = {name for other in found.values() for name in other["files"]}
        if same and (kept or told["package"] == now()) and not set(told["files"]) <= seen:
            found[path] = told
    return found


def left(which: str, *, kept: bool) -> list[str]:
    """Return the files of a pass that were not measured as they are now."""
    done = {name for told in lots(which, kept=kept).values() for name in told["files"]}
    return [name for name in wanted(which) if name not in done]


def measure(which: str, until: float, *, kept: bool) -> None:
    """Run the lots of a pass that were not measured, and say how many files are left."""
    chosen, compiled, size = PASSES[which]
    BUILD.mkdir(parents=True, exist_ok=True)
    settings = BUILD / "settings.ini"
    settings.write_text(SETTINGS, encoding="utf-8")
    todo = left(which, kept=kept)
    while todo and time.monotonic() < until:
        lot, todo = todo[:size], todo[size:]
        files = {name: state_of(name) for name in lot}
        data = BUILD / f"{which}-{hashlib.sha256(f'{files} {now()}'.encode()).hexdigest()[:12]}"
        words = ["-m", "coverage", "run", f"--rcfile={settings}", f"--data-file={data}.data"]
        words += ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", chosen, *lot]
        words += (
            []
            if compiled
            else [
                "--tb",
                "no",
                "--timeout",
                str(SECONDS),
                "-W",
                "ignore::RuntimeWarning",
                "-p",
                "no:hypothesispytest",
            ]
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
        told = {"files": files, "package": now(), "said": said}
        Path(f"{data}.json").write_text(json.dumps(told), encoding="utf-8")
        print(f"{which}: {' '.join(lot)}: {said}", flush=True)
    print(f"{which}: {len(todo)} files of tests are left", flush=True)


def joined(*, kept: bool) -> tuple[dict[str, str], dict[str, int]]:
    """Put together what was measured, and write the report.

    Returns
    -------
    tuple
        How the tests ended, by pass; and the files of the package that have changed since lots were
        measured, with how many lots.
    """
    together = BUILD / "together"
    shutil.rmtree(together, ignore_errors=True)
    together.mkdir()
    settings, whole = BUILD / "settings.ini", together / "whole"
    settings.write_text(SETTINGS, encoding="utf-8")
    coverage = [sys.executable, "-m", "coverage"]
    words = [f"--rcfile={settings}"]
    ended, changed = {}, Counter[str]()
    for which in PASSES:
        counted: Counter[str] = Counter()
        for path, told in lots(which, kept=kept).items():
            for number, what in re.findall(r"(\d+) (passed|failed|skipped|error)", told["said"]):
                counted[what] += int(number)
            other = [name for name, was in told["package"].items() if now().get(name) != was]
            changed.update(name for name in other if name in now())
            one = together / f"part.{path.stem}"
            parts = sorted(map(str, BUILD.glob(f"{path.stem}.data*")))
            if not parts:
                continue
            combine = [*coverage, "combine", "-q", "--keep", *words, f"--data-file={one}", *parts]
            subprocess.run(combine, cwd=PROJECT, check=True)
            from coverage import CoverageData  # of the extra torture

            held = CoverageData(str(one))
            held.read()
            gone = [
                name for name in held.measured_files() if Path(name).relative_to(PROJECT).as_posix() in other
            ]
            held.purge_files(gone)
        ended[which] = ", ".join(f"{number:,} {what}" for what, number in sorted(counted.items()))
    parts = sorted(map(str, together.glob("part.*")))
    subprocess.run(
        [*coverage, "combine", "-q", "--keep", *words, f"--data-file={whole}", *parts],
        cwd=PROJECT,
        check=True,
    )
    shown = [*coverage, "json", "-q", *words, f"--data-file={whole}", "-o", str(REPORT)]
    subprocess.run(shown, cwd=PROJECT, check=True)
    return ended, dict(changed)


def carried(files: dict[str, Any], record: dict[str, Any]) -> int:
    """Take off what is left the branches that an earlier record says were taken; return how many."""
    number = 0
    for path, of in files.items():
        was = subprocess.run(
            ["git", "show", f"{record['commit']}:{path}"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        if was.returncode or not of["missing_branches"]:
            continue
        lines = (PROJECT / path).read_text(encoding="utf-8").splitlines()
        blocks = SequenceMatcher(None, was.stdout.splitlines(), lines, autojunk=False).get_matching_blocks()
        then = {b + at + 1: a + at + 1 for a, b, size in blocks for at in range(size)}
        from coverage.parser import PythonParser

        parser = PythonParser(text=was.stdout, filename=path)
        parser.parse_source()
        several = {line for line, exits in parser.exit_counts().items() if exits > 1}
        taken = {(a, max(b, -1)) for a, b in parser.arcs() if a in several}
        for told in record["left"].get(path, {}).values():
            for branch in told:
                begin, _, end = branch.partition(":")[0].partition("-")
                taken.discard((int(begin), -1 if end == "end" else int(end)))
        left_now = [
            [a, b]
            for a, b in of["missing_branches"]
            if a not in then or (b > 0 and b not in then) or (then[a], then[b] if b > 0 else -1) not in taken
        ]
        more = len(of["missing_branches"]) - len(left_now)
        of["missing_branches"], number = left_now, number + more
        of["summary"]["covered_branches"] += more
    return number


def reasons_of(files: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    """Return each file's branches that were not taken, by the reason why; each with the line it begins at."""
    found: dict[str, dict[str, list[str]]] = {}
    for path, of in sorted(files.items()):
        lines = (PROJECT / path).read_text(encoding="utf-8").splitlines()
        for begin, end in of["missing_branches"]:
            branch = f"{begin}-{'end' if end < 0 else end}: {lines[begin - 1].strip()[:90]}"
            found.setdefault(path, {}).setdefault(why(path, lines, begin, end), []).append(branch)
    return found


def main() -> int:
    """Run the suite with its branches measured, and record what was left."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--read", action="store_true")
    parser.add_argument("--kept", action="store_true")
    parser.add_argument("--onto", type=Path, help="an earlier record, whose lines that are the same count")
    parser.add_argument("--passes", nargs="*", choices=list(PASSES), default=list(PASSES))
    parser.add_argument("--seconds", type=float, default=math.inf, help="begin no lot after so many")
    args = parser.parse_args()
    until = time.monotonic() + args.seconds
    for which in () if args.read else args.passes:
        measure(which, until, kept=args.kept)
    ended, changed = joined(kept=args.kept or args.read)
    found: dict[str, Any] = json.loads(REPORT.read_text(encoding="utf-8"))
    onto: dict[str, Any] = json.loads(args.onto.read_text(encoding="utf-8")) if args.onto else {}
    more = carried(found["files"], onto) if onto else 0
    found["totals"]["covered_branches"] += more
    rooms: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for path, of in found["files"].items():
        for name in ("num_statements", "covered_lines", "num_branches", "covered_branches"):
            rooms[Path(path).parts[1].removesuffix(".py")][name] += of["summary"][name]
    totals = found["totals"]
    reasons = reasons_of(found["files"])
    kinds = Counter(dict.fromkeys(REASONS, 0))
    for told_of in reasons.values():
        kinds.update({kind: len(branches) for kind, branches in told_of.items()})
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
        "files of tests left": {
            which: len(files) for which in PASSES if (files := left(which, kept=args.kept or args.read))
        },
        "changed since": changed,
        "carried": {"from": onto["commit"], "tests": onto["tests"], "branches": more} if onto else {},
        "lines and branches": None if onto else share(totals),
        "branches": round(100 * totals["covered_branches"] / totals["num_branches"], 1),
        "branches there": totals["num_branches"],
        "branches left": totals["num_branches"] - totals["covered_branches"],
        "kinds": {REASONS[kind]: number for kind, number in kinds.most_common() if number},
        "rooms": {
            room: [of["num_branches"], of["covered_branches"], None if onto else share(of)]
            for room, of in sorted(rooms.items())
        },
        "left": reasons,
    }
    RESULT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({name: one for name, one in record.items() if name != "left"}, indent=1))
    return int(record["branches"] < LEAST)


if __name__ == "__main__":
    raise SystemExit(main())
