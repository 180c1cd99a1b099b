"""Fuzz what takes files and text from others, led by the branches that are reached (atheris, libFuzzer).

    python tests/torture/fuzz.py                          # every target, its share of a million inputs
    python tests/torture/fuzz.py csv where --runs 20000   # these, so many inputs each
    python tests/torture/fuzz.py --seconds 60             # each at most so long
    python tests/torture/fuzz.py csv --anew               # forget what was recorded of it

A run goes on where the last one ended, with another seed, until the share of each target is tried.
Every input must end in an exact account of rows or in one clear error; any other exception, a warning,
more than ten seconds or more than a gigabyte is a fault, kept in build/fuzz/TARGET/faults. Inputs that
reached something new are kept in build/fuzz/TARGET/corpus and are where the next run begins; some of each
target are packed into tests/torture/corpus and tried with every run of the tests. The record goes to
tests/torture/results/fuzz.json. Needs the packages of the extra ``torture``.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.metadata
import json
import os
import platform
import re
import sys
import time
import traceback
import zipfile
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).resolve().parent))
BUILD = PROJECT / "build" / "fuzz"
CORPUS = Path(__file__).resolve().parent / "corpus"
PACKED = 40  # inputs of each target, the smallest, a middle one, the largest and what lies between
RESULT = Path(__file__).resolve().parent / "results" / "fuzz.json"
SECONDS_EACH = 10  # for one input
MEGABYTES = 1_400  # of the whole process: the packages alone take 300
SHARES = {
    "csv": 20_000,
    "csv_cells": 291_500,  # what is done with cells then costs thirty times as much
    "workbook": 5_000,
    "workbook_cells": 20_000,
    "workbook_bytes": 25_000,
    "parquet": 50_000,
    "packed": 20_000,
    "counts": 30_000,
    "json": 30_000,
    "geojson": 20_000,
    "template": 20_000,
    "claims": 40_000,
    "tagged": 5_000,
}
USUAL = 40_000  # of each other target
LED = (
    *(
        f"sources.{name}"
        for name in ("acled", "gdelt", "gtd", "hxl", "icews", "insecurity_insight", "sigact")
    ),
    *("sources.decoding", "sources.files", "sources.header", "sources.swift", "sources.text"),
    *("sources.workbook", "sources.typed", "sources.archive", "sources.tags", "sources.json_tables"),
    *("sources.checks", "sources.columns", "sources.dates", "sources.translation", "sources.count_tables"),
    *("sources.table", "sources.ucdp", "incidents", "incidents.actors", "counts", "counts.rates", "claims"),
    *(
        "filters",
        "cli.parameters",
        "cli.text",
        "geo.region_files",
        "geo.polygons",
        "reporting.notebook.escape",
    ),
    *("reporting.notebook.html_tables", "reporting.notebook.markdown", "reporting.notebook.office"),
)
WORDS = (
    "date",
    "region",
    "admin1",
    "fatalities",
    "2020-01-01",
    "NA",
    '"',
    ";",
    "\\x09",
    "sep=",
    "-99",
    "#date",
    "1e309",
    "0x41",
    "nan",
    "inf",
    "9999-12-31",
    "0001-01-01",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    "true",
    "1970",
)


def get_ready() -> dict[str, Any]:
    """Import what counts its branches, once for all targets, and return these."""
    import atheris

    with atheris.instrument_imports(include=["analytics"]):
        for module in LED:
            importlib.import_module(f"analytics.{module}")
        from targets import TARGETS
    return TARGETS


def one(name: str, target: Any, runs: int, seconds: int, seed: int) -> None:
    """Fuzz one target in this process, which libFuzzer ends."""
    import atheris
    from targets import tried

    corpus, faults = BUILD / name / "corpus", BUILD / name / "faults"
    for folder in (corpus, faults):
        folder.mkdir(parents=True, exist_ok=True)
    for data in (*target.seeds(), *packed(name)):
        (corpus / f"seed-{hashlib.sha256(data).hexdigest()[:16]}").write_bytes(data)
    seen: set[str] = set()

    def run(data: bytes) -> None:
        began = time.process_time()
        fault = tried(target.run, data)
        took = time.process_time() - began
        if fault is None and took < SECONDS_EACH:
            return
        said = "".join(traceback.format_exception(fault)[-3:]) if fault else f"{took:.1f} seconds"
        place = re.sub(r"\d+", "0", said.splitlines()[-1])[:120] if fault else "slow"
        frames = traceback.extract_tb(fault.__traceback__) if fault else []
        mark = f"{place} {frames[-1].filename}:{frames[-1].lineno}" if frames else place
        if mark not in seen:
            seen.add(mark)
            path = faults / hashlib.sha256(data).hexdigest()[:16]
            path.write_bytes(data)
            path.with_suffix(".txt").write_text("".join(traceback.format_exception(fault)) if fault else said)

    words = BUILD / name / "words"
    words.write_text("\n".join('"' + w.replace('"', '\\"') + '"' for w in WORDS) + "\n")
    atheris.Setup(
        [
            sys.argv[0],
            str(corpus),
            f"-runs={runs}",
            f"-max_total_time={seconds}",
            f"-seed={seed}",
            "-max_len=8192",
            f"-dict={words}",
            f"-rss_limit_mb={MEGABYTES}",
            f"-timeout={3 * SECONDS_EACH}",
            "-print_final_stats=1",
            f"-artifact_prefix={faults}/",
        ],
        run,
    )
    atheris.Fuzz()


def packed(name: str) -> list[bytes]:
    """Return the inputs of a target that are kept in the project."""
    path = CORPUS / f"{name}.zip"
    if not path.is_file():
        return []
    with zipfile.ZipFile(path) as kept:
        return [kept.read(one) for one in kept.namelist()]


def pack(name: str) -> None:
    """Keep some of the inputs that reached something, evenly by their size; the same bytes each time."""
    found = {one.read_bytes() for one in (BUILD / name / "corpus").iterdir()}
    inputs = sorted(found | set(packed(name)), key=lambda data: (len(data), data))
    step = max(1, -(-len(inputs) // PACKED))
    CORPUS.mkdir(exist_ok=True)
    with zipfile.ZipFile(CORPUS / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as kept:
        for data in inputs[::step]:
            kept.writestr(zipfile.ZipInfo(hashlib.sha256(data).hexdigest()[:16]), data)


def fuzz(name: str, target: Any, runs: int, seconds: int, seed: int) -> dict[str, Any]:
    """Fuzz one target in a fork of its own and return what was seen."""
    began = time.perf_counter()
    (BUILD / name).mkdir(parents=True, exist_ok=True)
    log = BUILD / name / "said.txt"
    child = os.fork()
    if not child:
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(out, stream)
        one(name, target, runs, seconds, seed)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    said = log.read_text(encoding="utf-8", errors="replace")
    covered = [int(n) for n in re.findall(r"\bcov: (\d+)", said)]
    inputs = re.findall(r"stat::number_of_executed_units: (\d+)", said)
    if not inputs:
        print(said[-3_000:], file=sys.stderr)
    faults = BUILD / name / "faults"
    return {
        "inputs": int(inputs[-1]) if inputs else 0,
        "seconds": round(time.perf_counter() - began),
        "branches_at_start": covered[0] if covered else 0,
        "branches_at_end": covered[-1] if covered else 0,
        "corpus": len(list((BUILD / name / "corpus").iterdir())),
        "faults": len([path for path in faults.iterdir() if path.suffix != ".txt"]),
        "ended": "as asked" if inputs and code == 0 else f"exit code {code}",
    }


def main() -> int:
    """Run the targets asked for and record what was seen."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--seconds", type=int, default=36_000)
    parser.add_argument("--seed", type=int, default=20200413)
    parser.add_argument("--anew", action="store_true")
    args = parser.parse_args()
    targets = get_ready()
    record = json.loads(RESULT.read_text()) if RESULT.is_file() else {"targets": {}}
    for name in args.targets or targets:
        before = {} if args.anew else record["targets"].get(name, {})
        left = args.runs or SHARES.get(name, USUAL) - before.get("inputs", 0)
        if left <= 0:
            continue
        pieces = before.get("pieces", int(bool(before)))
        found = fuzz(name, targets[name], left, args.seconds, args.seed + pieces)
        found["inputs"] += before.get("inputs", 0)
        found["seconds"] += before.get("seconds", 0)
        found["branches_at_start"] = before.get("branches_at_start", found["branches_at_start"])
        found["branches_at_end"] = max(found["branches_at_end"], before.get("branches_at_end", 0))
        found["corpus"] = max(found["corpus"], before.get("corpus", 0))
        found["pieces"] = pieces + 1
        pack(name)
        record["targets"][name] = {"group": targets[name].group, "says": targets[name].says, **found}
        record["atheris"] = importlib.metadata.version("atheris")
        record["python"] = platform.python_version()
        record["seed"] = args.seed
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
        print(f"{name}: {found}", flush=True)
    return int(any(record["targets"].get(name, {}).get("faults") for name in args.targets or targets))


if __name__ == "__main__":
    raise SystemExit(main())
