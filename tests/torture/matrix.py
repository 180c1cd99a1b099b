"""Every Python found here, with the lowest, the pinned and the newest versions of what the library needs.

    python tests/torture/matrix.py                        # every combination, the whole suite
    python tests/torture/matrix.py --quick                # the files that would show it first
    python tests/torture/matrix.py --python 3.13 --versions newest lowest
    python tests/torture/matrix.py --one-process          # where others use the machine too
    python tests/torture/matrix.py --seconds 300          # a piece: the next goes on where this one ended
    python tests/torture/matrix.py --again                # what failed, with the project as it is now

Each combination gets an environment of its own in build/matrix, by uv (of the extra ``torture``). "lowest" is
every lower bound that pyproject.toml states, itself, or the first release after it that has a wheel for this
Python; "pinned" is constraints.txt; "newest" is what the index gives today. Files of tests are run some at a
time; those that were run of this commit in this environment are not run again. Pythons that are not here are
named. .github/workflows/matrix.yml runs each combination on a public host. The record goes to
tests/torture/results/matrix.json.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
BUILD = PROJECT / "build" / "matrix"
RESULT = Path(__file__).resolve().parent / "results" / "matrix.json"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
VERSIONS = ("lowest", "pinned", "newest")
SHOWN = ("numpy", "pandas", "scipy", "matplotlib", "numba", "mistune", "openpyxl", "statsmodels")
LOT = 8  # files of tests
QUICK = (
    "test_uptick.py",
    "test_decide.py",
    "test_incidents.py",
    "test_counts.py",
    "test_cli.py",
    "test_kernels.py",
    "test_sources_files.py",
    "test_reporting_render.py",
    "test_reporting_convert.py",
    "test_plots_interactive.py",
    "test_sources_swift.py",
    "test_weekly_front.py",
    "test_monitoring.py",
    "test_alias.py",
)


def interpreters() -> dict[str, str]:
    """The Pythons that this machine has, by version."""
    found = {}
    for version in PYTHONS:
        places = [
            shutil.which(f"python{version}"),
            *map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python")),
        ]
        for place in filter(None, places):
            asked = subprocess.run(
                [place, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
                capture_output=True,
                text=True,
                check=False,
            )
            if asked.stdout.strip() == version:
                found[version] = place
    return found


def pins(place: str, versions: str, folder: Path) -> Path:
    """Write which releases are installed, all of them, and return where."""
    made = folder / "pins.txt"
    asked = [place, "-c", "import platform; print(platform.python_version())"]
    whole = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    words = ["--python-version", whole, "--only-binary", ":all:", "--no-header", "--no-annotate"]
    if versions == "lowest":
        words += ["--resolution", "lowest-direct"]
    elif versions == "pinned":
        words += ["--constraints", str(PROJECT / "constraints.txt")]
    uv("pip", "compile", str(PROJECT / "pyproject.toml"), "--extra", "test", "-o", str(made), *words)
    return made


def uv(*words: str) -> None:
    """Run uv, and say what it said where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "uv", "-q", *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise LookupError(done.stderr.strip()[-1_000:])


def made(place: str, versions: str, folder: Path) -> str:
    """Make the environment, unless it is there with what would be installed; return its Python."""
    own = str(folder / "env" / "bin" / "python")
    before = (folder / "pins.txt").read_text() if (folder / "pins.txt").is_file() else ""
    wanted = pins(place, versions, folder).read_text()
    if wanted != before or not Path(own).is_file():
        uv("venv", "--clear", "--seed", "--python", place, str(folder / "env"))
        words = ["--only-binary", ":all:", "-r", str(folder / "pins.txt")]
        uv("pip", "install", "--python", own, *words)
    uv("pip", "install", "--python", own, "--no-deps", "-e", str(PROJECT))
    return own


def lots(own: str, folder: Path, commit: str, names: list[str], processes: str, until: float) -> list[str]:
    """Run files of tests some at a time, and return those that are left; write how each lot ended."""
    kept = folder / "done.json"
    done = json.loads(kept.read_text()) if kept.is_file() else {}
    if done.get("commit") != commit:
        done = {"commit": commit, "lots": {}, "failed": []}
    ran = {name for lot in done["lots"] for name in lot.split()}
    todo = [name for name in names if name not in ran]
    kept.write_text(json.dumps(done, indent=1))
    while todo and time.monotonic() < until:
        lot, todo = todo[:LOT], todo[LOT:]
        command = [own, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not system and not slow", *lot]
        command += ["-n", processes, "--dist", "loadgroup"] if processes != "0" else []
        ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
        (folder / f"{lot[0].replace('/', '.')}.log").write_text(ended.stdout + ended.stderr, encoding="utf-8")
        lines = ended.stdout.strip().splitlines() or ended.stderr.strip().splitlines() or ["no tests"]
        done["lots"][" ".join(lot)] = lines[-1].strip("= ")
        done["failed"] += [
            line.split(" - ")[0][:200] for line in lines if line.startswith(("FAILED", "ERROR"))
        ]
        kept.write_text(json.dumps(done, indent=1))
        print(f"{' '.join(lot)}: {lines[-1]}", flush=True)
    return todo


def again(python: str, place: str, versions: str, was: dict[str, Any]) -> dict[str, Any]:
    """Run what failed in an environment, with the project and its bounds as they are now."""
    folder = BUILD / f"{python}-{versions}"
    names = [line.split(maxsplit=1)[1] for line in was.get("failed", [])]
    if not names or not (folder / "done.json").is_file():
        return was
    own = made(place, versions, folder)
    command = [own, "-m", "pytest", "-q", "-p", "no:cacheprovider", *names]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    (folder / "again.log").write_text(ended.stdout + ended.stderr, encoding="utf-8")
    said = (ended.stdout.strip().splitlines() or ["no tests"])[-1].strip("= ")
    return was | {"afterwards": f"what failed was run again on {time.strftime('%Y-%m-%d')}: {said}"}


def tried(
    python: str, place: str, versions: str, *, quick: bool, processes: str, until: float
) -> dict[str, Any]:
    """Make one environment and run the tests in it."""
    folder = BUILD / f"{python}-{versions}"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        own = made(place, versions, folder)
    except LookupError as error:
        return {"outcome": "cannot be installed", "said": str(error).splitlines()[-3:]}
    listed = subprocess.run(
        [own, "-m", "pip", "list", "--format=json"], capture_output=True, text=True, check=True
    )
    have = {one["name"].lower(): one["version"] for one in json.loads(listed.stdout)}
    told = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    files = [f"tests/{name}" for name in QUICK]
    if not quick:
        files = ["analytics", *(f"tests/{p.name}" for p in sorted((PROJECT / "tests").glob("test_*.py")))]
    left = lots(own, folder, told.stdout.strip(), files, processes, until)
    done = json.loads((folder / "done.json").read_text())
    ended: Counter[str] = Counter()
    for lot, said in done["lots"].items():
        if set(lot.split()) <= set(files):
            for number, what in re.findall(r"(\d+) (passed|failed|skipped|error)", said):
                ended[what] += int(number)
    outcome = "failed" if ended["failed"] or ended["error"] else "passed"
    return {
        "outcome": f"{outcome} so far" if left else outcome,
        "tests": ", ".join(f"{number:,} {what}" for what, number in sorted(ended.items()))
        + (f"; {len(left)} of {len(files)} files were not run" if left else ""),
        "which": "quick" if quick else "all",
        "failed": done["failed"][:20],
        "on": time.strftime("%Y-%m-%d"),
        "commit": told.stdout.strip()[:7],
        "versions": {name: have.get(name, "-") for name in SHOWN},
    }


def main() -> int:
    """Try every combination asked for, and record what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", nargs="*", choices=PYTHONS, default=PYTHONS)
    parser.add_argument("--versions", nargs="*", choices=VERSIONS, default=VERSIONS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--one-process", action="store_true")
    parser.add_argument("--seconds", type=float, default=math.inf, help="begin no lot after so many")
    args = parser.parse_args()
    until = time.monotonic() + args.seconds
    processes = "0" if args.one_process else "auto"
    have = interpreters()
    record = json.loads(RESULT.read_text()) if RESULT.is_file() else {}
    wrong = 0
    for python in args.python:
        if python not in have:
            print(f"Python {python}: not on this machine", flush=True)
            record[python] = "not on this machine"
            continue
        if not isinstance(record.get(python), dict):
            record[python] = {}
        for versions in args.versions:
            if args.again:
                found = again(python, have[python], versions, record[python].get(versions, {}))
            else:
                found = tried(
                    python, have[python], versions, quick=args.quick, processes=processes, until=until
                )
            if not found:
                continue
            record[python][versions] = found
            wrong += not found["outcome"].startswith("passed")
            print(f"Python {python}, {versions}: {found}", flush=True)
            RESULT.parent.mkdir(exist_ok=True)
            RESULT.write_text(json.dumps(record, indent=1) + "\n")
    RESULT.write_text(json.dumps(record, indent=1) + "\n")
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
