"""Write docs/reliability.md from the records in tests/torture/results: what was tried, and what was found.

python tests/torture/page.py
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from why import REASONS

PROJECT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).resolve().parent / "results"
PAGE = PROJECT / "docs" / "reliability.md"
LOOKED_AT = Path(__file__).resolve().parent / "results" / "looked_at.json"
SURVIVORS = Path(__file__).resolve().parent / "survivors.toml"

UNASKED = "no test asks"  # of a survivor: it leads to another answer

WANTED = {"all": 1_000_000, "csv": 300_000, "workbooks and Parquet": 50_000}
PASSES = {
    "default": "the default suite",
    "slow": "the slow tests",
    "loops": "those of loops, compilation off, some seconds each at most, their ends not counted",
}
HEAD = """# What was tried against it

Reports on violence are read by people who act on them. This page says what was done to find faults, how much of it,
and what it found. It is written by `python tests/torture/page.py` from the records of the commands named; `make torture`
runs them all. Short forms are in `make test`: the inputs that are kept, kills of the store, two fetches at once, disks
that are full, and small faults put into the adjustment of p-values. Branches, other Pythons and two years of
reports have none. A number that falls short of what was meant is printed beside what was meant.
"""


def read(name: str) -> dict[str, Any]:
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def table(*rows: tuple[object, ...]) -> str:
    cells = [[f"{c:,}" if isinstance(c, int) else str(c) for c in row] for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    ruled = (
        "|" + "|".join("---:" if cells[1][at][:1].isdigit() else "---" for at in range(len(cells[0]))) + "|"
    )
    return "\n".join([lines[0], ruled, *lines[1:]])


def inputs() -> str:
    record = read("fuzz")
    if not record:
        return "No record: `python tests/torture/fuzz.py`."
    targets = record["targets"]
    total = sum(found["inputs"] for found in targets.values())
    books = sum(
        targets.get(name, {}).get("inputs", 0) for name in ("workbook", "workbook_cells", "workbook_bytes")
    )
    texts = [targets.get(name, {}).get("inputs", 0) for name in ("csv", "csv_cells")]
    parquet = targets.get("parquet", {}).get("inputs", 0)
    rows = [
        (found["says"], found["inputs"], f"{found['branches_at_start']:,} to {found['branches_at_end']:,}",
         found["corpus"], found["faults"])
        for found in targets.values()
    ]  # fmt: skip
    return (
        f"{total:,} inputs, led by the branches that they reach (atheris {record['atheris']}, Python {record['python']}, "
        f"seed {record['seed']}): `python tests/torture/fuzz.py`. Meant are at least {WANTED['all']:,}, of them "
        f"{WANTED['csv']:,} text tables (here {sum(texts):,}, of them {texts[1]:,} as far as their cells) and "
        f"{WANTED['workbooks and Parquet']:,} each of workbooks (here {books:,}) and Parquet (here {parquet:,}). An input ends in an "
        "account of rows that adds up, or in one error that says what was expected and found; anything else, a warning "
        "included, is a fault. Faults of earlier runs are kept in `tests/torture/kept`, and some of the inputs that reached "
        "something new in `tests/torture/corpus`; they are tried with every run of the tests.\n\n"
        + table(("what", "inputs", "branches reached", "inputs kept", "faults left"), *rows)
    )


def kills() -> str:
    record = read("kills")
    rows = [
        (f"`uptick {name}`", found.get("runs begun", 0), f"{found.get('killed', 0)} of 200", found.get("files of one run, whole", 0) + found.get("no file yet", 0),
         found.get("files whole, of two runs", 0), found.get("TORN", 0), found.get("files left after the next run", 0))
        for name, found in record.items() if found
    ]  # fmt: skip
    store = (PROJECT / "benchmarks" / "results" / "store_kills.md").read_text(encoding="utf-8")
    about = [line for line in store.splitlines() if line.startswith("`python benchmarks/store_kills.py`.")]
    if not rows:
        return "No record: `python tests/torture/kills.py`."
    return (
        "A run is ended with SIGKILL at a moment drawn uniformly over 1.1 times what it takes, over files that an earlier run "
        "wrote; some have ended before: `python tests/torture/kills.py`. Runs are forks of a process that has loaded the packages, "
        "so that no kill falls into imports, which write nothing; earlier ones were processes of their own (140 kills of `report`, "
        "29 of `monitor`, 30 of `count`, 18 of `fetch`). 200 kills of each are wanted.\n\n"
        + table(
            (
                "command",
                "runs begun",
                "killed",
                "old or new, whole",
                "whole, but of two runs",
                "torn",
                "left after the next",
            ),
            *rows,
        )
        + f"\n\n`uptick store add`: {about[0].strip() if about else 'no record'}"
    )


def mutated() -> str:
    record = read("mutants")
    if not record:
        return "No record: `python tests/torture/mutants.py`."
    says = {
        "full": "What gives verdicts and thresholds, every mutant",
        "sample": "Kernels, upticks, counts and monitoring, a random sample",
    }
    told, rows, missed = [], [], []
    groups = {name: of for name, of in record.items() if name != "code"}
    for group, of in groups.items():
        low, high = of["interval"]
        between = f" ({low} to {high})" if group == "sample" or of["tried"] < of["wanted"] else ""
        told.append(
            f"{says[group]}: {of['tried']:,} of {of['wanted']:,} tried, {of['per cent']} % seen{between}"
        )
        if early := of.get("at first"):
            told[-1] += (
                f", {early['per cent']} % ({early['interval'][0]} to {early['interval'][1]}) before {early['tried again']:,} "
                "of those left were tried again"
            )
        if "code" in of:
            told[-1] += (
                f" ({of['date']}, code of commit {of['code']}, tests of {of['tests']}, seed {of['seed']})"
            )
        told[-1] += f"; {of['note']}." if "note" in of else "."
        for path, found in _by_folder(of["files"]).items() if group == "sample" else of["files"].items():
            share = f"{100 * found['seen'] / found['tried']:.0f} %"
            tried = (
                f"{found['tried']:,}" if group == "sample" else f"{found['tried']:,} of {found['mutants']:,}"
            )
            which = f"{group}, before" if found.get("before") else group
            rows.append((f"`{path}`", which, tried, share, found["ran on"]))
            if group == "full" and found["not seen"]:
                missed.append(f"- `{path}`: {', '.join(found['not seen'])}")
    return (
        "Small faults put into the code one by one (cosmic-ray; with compilation off in compiled loops), each tried by the tests that "
        "run its line, the quickest first, up to some seconds of them, and those not seen once more by others that run it: "
        "`python tests/torture/mutants.py`. The share that is seen comes with its 95 % interval, "
        "and what makes a test run on is seen, and stands in a column of its own; what hangs before a test begins, or only keeps tests "
        "from being collected, is not (in the full group so counted by hand, since then by the command). In files that were not finished those tried are drawn at random, and the share is "
        "put together file by file. The sample is drawn in a random order, and counted as far as all were tried. What compiles to the "
        "same code is no fault; what changes the code and can change no answer counts as not seen. Files marked *before* were "
        "tried in an earlier run and may have changed since. At least 85 % are wanted. "
        + " ".join(told)
        + f" {same_in_effect():,} kinds of those that are not seen were looked at and found to be the same program in effect, each "
        "with its line and its reason in `tests/torture/survivors.toml`; they count as not seen."
        + looked_at()
        + "\n\n"
        + table(("file", "group", "tried", "seen", "of them by running on"), *rows)
        + (
            "\n\nNot seen, of the full group (of the sample: `tests/torture/results/mutants.json`):\n\n"
            + "\n".join(missed)
            if missed
            else ""
        )
    )


def looked_at() -> str:
    """Say what the survivors are, by one reading of each, and which are seen by tests written since."""
    told = []
    for record in json.loads(LOOKED_AT.read_text(encoding="utf-8")).values():
        kinds = Counter(one["is"] for one in record["survivors"])
        said = ", ".join(f"{number:,} {kind}" for kind, number in kinds.most_common())
        told.append(
            f" The {kinds.total():,} survivors of {record['of']}, were read one by one "
            f"(`tests/torture/results/looked_at.json`): {said}."
        )
        seen = sum(one["is"] == UNASKED and "seen by" in one for one in record["survivors"])
        if seen:
            told.append(
                f" Afterwards, having looked, {seen:,} of the {kinds[UNASKED]:,} that no test asked for are seen by tests "
                f"written since ({record['since']['date']}; {record['since']['how']}); the share above stays as it was."
            )
        again = Counter(one["read again"] for one in record["survivors"] if "read again" in one)
        if again:
            what = ", ".join(f"{number:,} {kind}" for kind, number in again.most_common())
            told.append(f" Read again, others of them are: {what}.")
    return "".join(told)


def same_in_effect() -> int:
    """How many kinds of mutants were found to change nothing: a line that still stands, and an operator."""
    number = 0
    for path, those in tomllib.loads(SURVIVORS.read_text(encoding="utf-8")).items():
        lines = {line.strip() for line in (PROJECT / path).read_text(encoding="utf-8").splitlines()}
        number += len({(one["line"], one["operator"]) for one in those if one["line"] in lines})
    return number


def _by_folder(files: dict[str, Any]) -> dict[str, Any]:
    """What was tried of the sample, by folder: of one file too few are drawn to say anything."""
    folders: dict[str, Counter[str]] = {}
    for path, found in files.items():
        numbers = {name: found[name] for name in ("tried", "seen", "ran on")}
        folders.setdefault(str(Path(path).parent), Counter()).update(numbers)
    return {name: folders[name] for name in sorted(folders)}


def branches() -> str:
    record = read("coverage")
    if not record:
        return "No record: `python tests/torture/covered.py`."
    rows = [
        (f"`{room}`", there, taken, f"{100 * taken / there:.1f} %")
        for room, (there, taken, _) in record["rooms"].items()
        if there
    ]
    tests = "; ".join(f"{ended or 'none'} ({PASSES[which]})" for which, ended in record["tests"].items())
    unrun = ", ".join(f"{number} of {which}" for which, number in record["files of tests left"].items())
    reasons: dict[str, dict[str, int]] = {}
    for path, left in record["left"].items():
        for reason, those in left.items():
            reasons.setdefault(reason, {})[path] = len(those)
    explained = [
        (REASONS[reason], sum(places.values()), len(places))
        for reason, places in sorted(reasons.items(), key=lambda one: -sum(one[1].values()))
    ]
    where = "\n".join(
        f"- {REASONS[reason]}: "
        + ", ".join(f"`{path.removeprefix('analytics/')}` {number}" for path, number in places.items())
        for reason, places in sorted(reasons.items(), key=lambda one: -sum(one[1].values()))
    )
    since, carried = record.get("changed since") or {}, record.get("carried") or {}
    lines = "" if carried else f", and {record['lines and branches']} % of lines and branches together"
    held = ""
    if carried:
        held = (
            f"That is the least it can be: {carried['branches']:,} of them are of lines that are the same as at {carried['from']}, of which an earlier record of this kind says so "
            f"({'; '.join(f'{ended} ({PASSES[which]})' for which, ended in carried['tests'].items())}; it carried some in the same way); the others were measured since, by the tests "
            f"named first, and a branch of a line that is new counts only where one of these takes it. "
        )
    return (
        f"The tests take {record['branches there'] - record['branches left']:,} of {record['branches there']:,} branches ({record['branches']} %){lines}: "
        f"`python tests/torture/covered.py` ({record['on']}, of the package at {record['commit']}; tests: {tests}). At least 95 % of branches are wanted. "
        + held
        + (f"Files of tests that were not run, or run in part: {unrun}. " if unrun else "")
        + (
            f"{len(since)} files of the package have changed since some of the tests were run; what those take there is not counted. "
            if since
            else ""
        )
        + "Compiled loops are measured with compilation off; notebooks' kernels and other processes that tests begin are measured too.\n\n"
        + table(("room", "branches", "taken", "share"), *rows)
        + f"\n\nWhy the {record['branches left']:,} are left; each stands with its line and its reason in `tests/torture/results/coverage.json`:\n\n"
        + table(("reason", "branches", "files"), *explained)
        + "\n\nWhere, and how many:\n\n"
        + where
    )


def combinations() -> str:
    record = read("matrix")
    if not record:
        return "No record: `make matrix`."
    rows = []
    for python, found in record.items():
        if isinstance(found, str):
            rows.append((python, "all", found, "", "", ""))
            continue
        for versions, one in found.items():
            about = ", ".join(
                f"{n} {v}" for n, v in one.get("versions", {}).items() if n in ("numpy", "pandas", "numba")
            )
            which = one.get("which", "")
            of = f"code of {one['commit']}" if one.get("commit") else ""
            said = [str(one.get("tests", one.get("said", ""))), of, one.get("afterwards", "")]
            rows.append((python, versions, one["outcome"], which, "; ".join(filter(None, said)), about))
    return (
        "Each Python that the machine has, with the lowest versions that are allowed, the pinned and the newest: "
        "`make matrix`. (`--quick` runs the files that would show it first.) `.github/workflows/matrix.yml` runs each combination on a public "
        "host, once a week; that was not tried here.\n\n"
        + table(("Python", "versions", "outcome", "which tests", "tests", "of them"), *rows)
    )


def years() -> str:
    record = read("long_haul")
    if not record:
        return "No record: `python tests/torture/long_haul.py`."
    grown = record["growth"]
    return (
        f"{record['weeks']} of {record['weeks wanted']} simulated weeks of an office: a delivery into the store and a report from it each "
        "week, late, changed and deleted incidents, another form of file from the middle on: `python tests/torture/long_haul.py`. "
        f"Made again afterwards: {record['reports made again']} reports, {record['byte for byte the same']} the same byte "
        f"for byte; {record['by processes of their own']} of them once more by processes of their own, {record['of them the same']} the same. "
        f"Files left: {len(record['files left'])}. From the first tenth of the weeks to the last the rows grew by "
        f"{100 * grown['rows']:.0f} %, the processor seconds of a report by {100 * grown['report seconds']:.0f} %, of adding a delivery "
        f"by {100 * grown['add seconds']:.0f} %, memory by {100 * grown['megabytes']:.0f} %, a report's files by "
        f"{100 * grown['report bytes']:.0f} %, the store by {100 * grown['store bytes']:.0f} % (it keeps every change)."
    )


def main() -> int:
    """Write the page."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    parts = {
        "Inputs made to hurt": inputs(),
        "Killed at any moment": kills(),
        "Faults put in on purpose": mutated(),
        "Branches": branches(),
        "Pythons and versions": combinations(),
        "Two years of weekly reports": years(),
    }
    text = HEAD + "".join(f"\n## {title}\n\n{said}\n" for title, said in parts.items())
    PAGE.write_text(text, encoding="utf-8")
    print(PAGE.relative_to(PROJECT))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
