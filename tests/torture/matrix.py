"""Every Python found here, with the lowest, the pinned and the newest versions of what the library needs.

    python tests/torture/matrix.py                        # every combination, the whole suite
    python tests/torture/matrix.py --quick                # the files that would show it first
    python tests/torture/matrix.py --python 3.13 --versions newest lowest

Each combination gets an environment of its own in build/matrix. "lowest" is every lower bound that
pyproject.toml states, itself; "pinned" is constraints.txt; "newest" is what the index gives today.
Pythons that are not here are named. The record goes to tests/torture/results/matrix.json.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import time
import tomllib
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
BUILD = PROJECT / "build" / "matrix"
RESULT = Path(__file__).resolve().parent / "results" / "matrix.json"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
VERSIONS = ("lowest", "pinned", "newest")
QUICK = (
    "test_uptick.py",
    "test_decide.py",
    "test_incidents.py",
    "test_counts.py",
    "test_cli.py",
    "test_kernels.py",
    "test_sources_files.py",
    "test_reporting_render.py",
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


def lowest(python: str) -> str:
    """The lower bounds that pyproject.toml states, as pins."""
    about = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = [
        *about["dependencies"],
        *(one for group in about["optional-dependencies"].values() for one in group),
    ]
    pins = {}
    for one in listed:
        name, bound = re.match(r"([\w.-]+)(?:\[[\w,-]+\])?(?:>=([\w.]+))?", one).groups()  # type: ignore[union-attr]
        if bound and name != "uptick-analytics":
            pins[name] = bound
    return "".join(f"{name}=={bound}\n" for name, bound in sorted(pins.items()))


def tried(python: str, place: str, versions: str, quick: bool) -> dict[str, Any]:
    """Make one environment and run the tests in it."""
    folder = BUILD / f"{python}-{versions}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    began = time.perf_counter()
    constraints = folder / "constraints.txt"
    pinned = (PROJECT / "constraints.txt").read_text(encoding="utf-8")
    constraints.write_text(
        {"lowest": lowest(python), "pinned": pinned, "newest": ""}[versions], encoding="utf-8"
    )
    subprocess.run([place, "-m", "venv", folder / "env"], check=True)
    own = str(folder / "env" / "bin" / "python")
    pip = [own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", str(constraints)]
    installed = subprocess.run([*pip, "-e", f"{PROJECT}[test]"], capture_output=True, text=True, check=False)
    if installed.returncode:
        return {"outcome": "cannot be installed", "said": installed.stderr.strip().splitlines()[-3:]}
    listed = subprocess.run(
        [own, "-m", "pip", "list", "--format=json"], capture_output=True, text=True, check=True
    )
    have = {one["name"].lower(): one["version"] for one in json.loads(listed.stdout)}
    command = [own, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not system and not slow"]
    command += (
        [str(PROJECT / "tests" / name) for name in QUICK] if quick else ["-n", "auto", "--dist", "loadgroup"]
    )
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    lines = done.stdout.strip().splitlines() or done.stderr.strip().splitlines()
    return {
        "outcome": "passed" if done.returncode == 0 else "failed",
        "tests": lines[-1].strip("= "),
        "which": "quick" if quick else "all",
        "failed": [line[7:] for line in lines if line.startswith(("FAILED", "ERROR"))][:20],
        "seconds": round(time.perf_counter() - began),
        "versions": {
            name: have.get(name, "-")
            for name in ("numpy", "pandas", "scipy", "matplotlib", "numba", "mistune")
        },
    }


def main() -> int:
    """Try every combination asked for, and record what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", nargs="*", choices=PYTHONS, default=PYTHONS)
    parser.add_argument("--versions", nargs="*", choices=VERSIONS, default=VERSIONS)
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args()
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
            found = tried(python, have[python], versions, args.quick)
            record[python][versions] = found
            wrong += found["outcome"] != "passed"
            print(f"Python {python}, {versions}: {found}", flush=True)
            RESULT.parent.mkdir(exist_ok=True)
            RESULT.write_text(json.dumps(record, indent=1) + "\n")
    RESULT.write_text(json.dumps(record, indent=1) + "\n")
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
