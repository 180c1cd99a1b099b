"""Mutants: small faults put into the code one by one; the tests that look after it should see each.

    python tests/torture/mutants.py                            # the verdict kernels, in full
    python tests/torture/mutants.py decide --sample 50         # a random sample of a file's mutants
    python tests/torture/mutants.py elsewhere --sample 200     # of other files

cosmic-ray makes the mutants (operators, numbers, comparisons, conditions, exceptions, loops). Each is
tried in a copy of the project with compilation off (NUMBA_DISABLE_JIT=1) by the test files named below;
what is not seen is listed. The share comes with its 95 % interval (Wilson). The record goes to
tests/torture/results/mutants.json.
"""

from __future__ import annotations

import argparse
import ast
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
RESULT = Path(__file__).resolve().parent / "results" / "mutants.json"
SEED = 20200413
SECONDS_EACH = 300  # a mutant that runs longer is seen
LEAST = 85  # per cent that should be seen

# What is mutated, and the test files that look after it.
GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    "decide": {
        "analytics/upticks/decide.py": ("test_decide.py", "test_grades.py"),
        "analytics/results/adjustment.py": ("test_adjustment.py",),
    },
    "counts": {
        "analytics/periods.py": ("test_periods.py",),
        "analytics/incidents/accounting.py": ("test_incidents.py",),
        "analytics/incidents/quarantine.py": ("test_incidents.py",),
    },
    "elsewhere": {
        "analytics/_text.py": ("test_cases_outputs.py",),
        "analytics/files.py": ("test_files.py",),
        "analytics/filters/grammar.py": ("test_filters.py",),
        "analytics/filters/on_pandas.py": ("test_filters.py",),
        "analytics/geo/folding.py": ("test_places.py",),
        "analytics/incidents/actors.py": ("test_actors.py",),
        "analytics/sources/dates.py": ("test_sources_dates.py",),
    },
}


def mutants(path: str, folder: Path) -> list[Any]:
    """Every mutant that cosmic-ray makes of a file."""
    from cosmic_ray.commands.init import _all_work_items

    tree = ast.parse((folder / path).read_text(encoding="utf-8"))
    typed = [where for node in ast.walk(tree) for where in _annotations(node)]

    def means_something(item: Any) -> bool:  # annotations are never run
        begins, ends = item.mutations[0].start_pos, item.mutations[0].end_pos
        return not any(first <= begins and ends <= last for first, last in typed)

    return [item for item in _all_work_items([folder / path], {}) if means_something(item)]


def _annotations(node: ast.AST) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    found = [getattr(node, name, None) for name in ("annotation", "returns")]
    return [
        ((one.lineno, one.col_offset), (one.end_lineno or 0, one.end_col_offset or 0))
        for one in found
        if isinstance(one, ast.expr)
    ]


def interval(seen: int, tried: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share, in per cent."""
    z = 1.959964
    share, extra = seen / tried, z * z / tried
    middle = (share + extra / 2) / (1 + extra)
    half = z / (1 + extra) * math.sqrt(share * (1 - share) / tried + extra / (4 * tried))
    return round(100 * (middle - half), 1), round(100 * (middle + half), 1)


def is_seen(item: Any, tests: tuple[str, ...], folder: Path) -> bool:
    """Put one mutant into the copy, and say whether a test fails."""
    from cosmic_ray.mutating import apply_mutation
    from cosmic_ray.plugins import get_operator

    (mutation,) = item.mutations
    operator = get_operator(mutation.operator_name)(**mutation.operator_args)
    before, after = apply_mutation(mutation.module_path, operator, mutation.occurrence)
    if after is None:
        return True
    try:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-x",
                "-p",
                "no:cacheprovider",
                "-m",
                "not system and not slow",
            ]
            + [str(folder / "tests" / name) for name in tests],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder), "NUMBA_DISABLE_JIT": "1"},
            capture_output=True,
            timeout=SECONDS_EACH,
            check=False,
        )
        return done.returncode != 0
    except subprocess.TimeoutExpired:
        return True
    finally:
        mutation.module_path.write_text(before, encoding="utf-8")


def mutate(group: str, most: int | None) -> dict[str, Any]:
    """Try a group's mutants, all or a random sample of each file's, and count those that a test sees."""
    rng = random.Random(SEED)
    files: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "project"
        shutil.copytree(
            PROJECT, folder, ignore=shutil.ignore_patterns(".git", ".venv", "build", "*_cache", "__pycache__")
        )
        share = len(GROUPS[group])
        for path, tests in GROUPS[group].items():
            found = mutants(path, folder)
            tried = found if most is None else rng.sample(found, min(len(found), math.ceil(most / share)))
            began, missed = time.perf_counter(), []
            for item in tried:
                if not is_seen(item, tests, folder):
                    (mutation,) = item.mutations
                    missed.append(f"line {mutation.start_pos[0]}: {mutation.operator_name}")
            seen = len(tried) - len(missed)
            files[path] = {
                "mutants": len(found),
                "tried": len(tried),
                "seen": seen,
                "per cent": round(100 * seen / len(tried), 1),
                "interval": interval(seen, len(tried)),
                "seconds": round(time.perf_counter() - began),
                "not seen": missed,
            }
            print(path, {key: value for key, value in files[path].items() if key != "not seen"}, flush=True)
    return files


def main() -> int:
    """Mutate the groups asked for, and record what was seen."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("groups", nargs="*", choices=[*GROUPS, []])
    parser.add_argument("--sample", type=int, help="so many mutants of a group, in equal shares of its files")
    args = parser.parse_args()
    record = json.loads(RESULT.read_text()) if RESULT.is_file() else {}
    low = []
    for group in args.groups or ["decide", "counts"]:
        record[group] = {"seed": SEED, "files": mutate(group, args.sample)}
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(record, indent=1) + "\n")
        low += [path for path, found in record[group]["files"].items() if found["per cent"] < LEAST]
    return int(bool(low))


if __name__ == "__main__":
    raise SystemExit(main())
