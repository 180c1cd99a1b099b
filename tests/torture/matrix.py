"""Every Python found here, with the lowest, the pinned and the newest versions of what the library needs.

    python tests/torture/matrix.py                        # every combination, the whole suite
    python tests/torture/matrix.py --quick                # the files that would show it first
    python tests/torture/matrix.py --python 3.13 --versions newest lowest
    python tests/torture/matrix.py --one-process          # where others use the machine too

Each combination gets an environment of its own in build/matrix, by uv (of the extra ``torture``). "lowest" is
every lower bound that pyproject.toml states, itself, or the first release after it that has a wheel for this
Python; "pinned" is constraints.txt; "newest" is what the index gives today. Pythons that are not here are
named. The record goes to tests/torture/results/matrix.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
BUILD = PROJECT / "build" / "matrix"
RESULT = Path(__file__).resolve().parent / "results" / "matrix.json"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
VERSIONS = ("lowest", "pinned", "newest")
SHOWN = ("numpy", "pandas", "scipy", "matplotlib", "numba", "mistune", "openpyxl", "statsmodels")
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


def pins(python: str, versions: str, folder: Path) -> Path:
    """Write which releases are installed, all of them, and return where."""
    made = folder / "pins.txt"
    words = ["--python-version", python, "--only-binary", ":all:", "--no-header", "--no-annotate"]
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


def tried(python: str, place: str, versions: str, *, quick: bool, processes: str) -> dict[str, Any]:
    """Make one environment and run the tests in it."""
    folder = BUILD / f"{python}-{versions}"
    folder.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    own = str(folder / "env" / "bin" / "python")
    try:
        uv("venv", "--clear", "--seed", "--python", place, str(folder / "env"))
        uv(
            "pip",
            "install",
            "--python",
            own,
            "--only-binary",
            ":all:",
            "-r",
            str(pins(python, versions, folder)),
        )
        uv("pip", "install", "--python", own, "--no-deps", "-e", str(PROJECT))
    except LookupError as error:
        return {"outcome": "cannot be installed", "said": str(error).splitlines()[-3:]}
    listed = subprocess.run(
        [own, "-m", "pip", "list", "--format=json"], capture_output=True, text=True, check=True
    )
    have = {one["name"].lower(): one["version"] for one in json.loads(listed.stdout)}
    command = [own, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not system and not slow"]
    command += ["-n", processes, "--dist", "loadgroup"] if processes != "0" else []
    command += [str(PROJECT / "tests" / name) for name in QUICK] if quick else []
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    (folder / "tests.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    lines = done.stdout.strip().splitlines() or done.stderr.strip().splitlines()
    return {
        "outcome": "passed" if done.returncode == 0 else "failed",
        "tests": lines[-1].strip("= "),
        "which": "quick" if quick else "all",
        "failed": [line.split(" - ")[0][:200] for line in lines if line.startswith(("FAILED", "ERROR"))][:20],
        "seconds": round(time.perf_counter() - began),
        "on": time.strftime("%Y-%m-%d"),
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
    parser.add_argument("--one-process", action="store_true")
    args = parser.parse_args()
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
            found = tried(python, have[python], versions, quick=args.quick, processes=processes)
            record[python][versions] = found
            wrong += found["outcome"] != "passed"
            print(f"Python {python}, {versions}: {found}", flush=True)
            RESULT.parent.mkdir(exist_ok=True)
            RESULT.write_text(json.dumps(record, indent=1) + "\n")
    RESULT.write_text(json.dumps(record, indent=1) + "\n")
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
