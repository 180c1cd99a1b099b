"""Mutants: small faults put into the code one by one; the tests that look after it should see each.

    python tests/torture/mutants.py map              # which tests run which lines, once: minutes
    python tests/torture/mutants.py full             # every mutant of what gives verdicts and thresholds
    python tests/torture/mutants.py sample           # 2,000 drawn of kernels, upticks, counts, monitoring
    python tests/torture/mutants.py full --seconds 480    # a piece: the next goes on where this one ended
    python tests/torture/mutants.py again            # those not seen, with the tests as they are now

cosmic-ray makes the mutants (operators, numbers, comparisons, conditions, exceptions, loops). Each is
tried in a fork of its own (forked.py) with compilation off, by the tests that run its line, the quickest
first, up to so many seconds of them; what makes them run on for too long is seen. Each outcome is written at
once to build/mutants/tried.jsonl. The sample is a random order: however many of it were tried, they are a
random sample. The share comes with its 95 % interval (Wilson). The record goes to
tests/torture/results/mutants.json.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import math
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import forked
from forked import BUILD, PROJECT

RESULT = Path(__file__).resolve().parent / "results" / "mutants.json"
TRIED = BUILD / "tried.jsonl"
MAP = BUILD / "map"
SEED = 20200413
SAMPLE = 2_000
LEAST = 85  # per cent that should be seen
TESTS_SECONDS = 10  # of tests for one mutant, as they took unharmed
EACH = 10  # a test that takes longer with compilation off is not asked
FILE_SECONDS = 240  # for one file of tests unharmed, of the processor

FULL = (
    "analytics/upticks/decide.py",
    "analytics/results/adjustment.py",
    "analytics/kernels/common/multiplicity.py",
    "analytics/results/grades.py",
    "analytics/kernels/windows/answer.py",
    "analytics/kernels/windows/asked.py",
    "analytics/kernels/windows/starts.py",
)
ROOMS = ("kernels", "upticks", "counts", "monitoring")
# Tests that run the package in other processes, or look at its files and not at what it does.
UNASKED = (
    *("architecture", "docs", "readme", "golden", "wheel", "notebooks", "system", "system_lab", "system_web"),
    *("weekly_front", "weekly_pages", "weekly_report", "formats", "languages", "scripts", "fuzz", "alias"),
    *("reporting_standards", "report_once", "dependencies", "first_run", "data", "gallery", "office"),
)


class Mutant(NamedTuple):
    """One fault: in which file, by which operator, its how-many-eth place, and where that is."""

    path: str
    operator: str
    occurrence: int
    line: int
    text: str

    @property
    def key(self) -> str:
        return f"{self.path} {self.operator} {self.occurrence} {self.text}"


def mutants(path: str) -> list[Mutant]:
    """Every mutant that cosmic-ray makes of a file, but for those of annotations and docstrings."""
    from cosmic_ray.commands.init import _all_work_items

    source = (PROJECT / path).read_text(encoding="utf-8")
    mark = hashlib.sha256(source.encode()).hexdigest()[:12]
    typed = [where for node in ast.walk(ast.parse(source)) for where in _annotations(node)]
    found = []
    for item in _all_work_items([PROJECT / path], {}):
        (one,) = item.mutations
        if not any(first <= one.start_pos and one.end_pos <= last for first, last in typed):
            found.append(Mutant(path, one.operator_name, one.occurrence, one.start_pos[0], mark))
    return found


def _annotations(node: ast.AST) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where annotations stand, and heads of functions but for their defaults: their star is no product."""
    found = [
        one for name in ("annotation", "returns") if isinstance(one := getattr(node, name, None), ast.expr)
    ]
    spans = [((one.lineno, one.col_offset), (one.end_lineno or 0, one.end_col_offset or 0)) for one in found]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        at = (node.lineno, node.col_offset)
        given = [*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None)]
        for one in sorted(given, key=lambda one: (one.lineno, one.col_offset)):
            spans.append((at, (one.lineno, one.col_offset)))
            at = (one.end_lineno or 0, one.end_col_offset or 0)
        spans.append((at, (node.body[0].lineno, 0)))
    return spans


def mutated(mutant: Mutant) -> str | None:
    """The file's text with the fault in it; None where the operator makes none."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    source = (PROJECT / mutant.path).read_text(encoding="utf-8")
    text: str | None = mutate_code(source, get_operator(mutant.operator)(), mutant.occurrence)
    try:  # cosmic-ray takes the star before options that are given by name for a product
        compile(text or "", mutant.path, "exec", dont_inherit=True)
    except SyntaxError:
        return None
    return None if text == source else text


def interval(seen: int, tried: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share, in per cent."""
    z = 1.959964
    share, extra = seen / tried, z * z / tried
    middle = (share + extra / 2) / (1 + extra)
    half = z / (1 + extra) * math.sqrt(share * (1 - share) / tried + extra / (4 * tried))
    return round(100 * (middle - half), 1), round(100 * (middle + half), 1)


def draw_map(until: float) -> None:
    """Find out which tests run which lines, file of tests by file of tests, those not looked at yet."""
    MAP.mkdir(parents=True, exist_ok=True)
    files = [p for p in sorted((PROJECT / "tests").glob("test_*.py")) if p.stem[5:] not in UNASKED]
    files += [PROJECT / "analytics" / room for room in ROOMS]  # their examples
    files += [PROJECT / path for path in FULL if path.split("/")[1] not in ROOMS]
    for path in files:
        name = path.relative_to(PROJECT).as_posix()
        out = MAP / (name.replace("/", ".") + ".json")
        if path.is_file():
            mark = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
            out = out.with_suffix(f".{mark}.json")
        if out.is_file() or time.monotonic() > until:
            continue
        for old in MAP.glob(name.replace("/", ".") + ".*"):
            old.unlink()
        began = time.process_time()
        ended = forked.look_at(name, out, each=EACH, seconds=FILE_SECONDS)
        if not out.is_file():
            out.write_text('{"tests": [], "lines": {}}')
        print(f"{name}: {ended}, {time.process_time() - began:.0f} s", flush=True)


class Map:
    """Which tests run which lines of a file."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.lines: dict[str, dict[int, set[str]]] = {}
        for path in MAP.glob("*.json"):
            read = json.loads(path.read_text(encoding="utf-8"))
            names = [name for name, _ in read["tests"]]
            self.seconds |= dict(read["tests"])
            for source, lines in read["lines"].items():
                of = self.lines.setdefault(source, {})
                for line, which in lines.items():
                    of.setdefault(int(line), set()).update(names[at] for at in which)

    def tests(self, mutant: Mutant, tree: ast.Module) -> list[str]:
        """The tests that run the statement of a mutant; those of the whole file where that runs at import."""
        lines = self.lines.get(mutant.path, {})
        first, last = span(tree, mutant.line)
        found = set().union(*(which for line, which in lines.items() if first <= line <= last))
        return sorted(found, key=lambda name: self.seconds[name])


def span(tree: ast.Module, line: int) -> tuple[int, int]:
    """The lines by which a mutant's tests are found: its statement; of a head its function; or all."""
    innermost: ast.stmt | None = None
    function: ast.AST | None = None
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and _begins(node) <= line <= (node.end_lineno or 0):
            if isinstance(node, ast.FunctionDef):
                function = node if function is None or _begins(node) >= _begins(function) else function
            if innermost is None or _begins(node) >= _begins(innermost):
                innermost = node
    if function is None or innermost is None:
        return 1, 10**6
    if innermost is function:
        return function.lineno + 1, function.end_lineno or 0
    body = getattr(innermost, "body", None)
    end = body[0].lineno - 1 if body else innermost.end_lineno
    return innermost.lineno, max(end or 0, innermost.lineno)


def _begins(node: Any) -> int:
    return min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])


class Trial(NamedTuple):
    """The two ways in which a mutant is tried."""

    collected: forked.Collected
    afresh: forked.Afresh

    def run(self, mutant: Mutant, text: str, tests: list[str], seconds: float) -> tuple[str, str]:
        codes = forked.changed(mutant.path, text)
        if codes:
            found = self.collected.try_mutant(mutant.path, codes, tests, seconds)
            if found is not None:
                return found
        return self.afresh.try_mutant(path=mutant.path, text=text, tests=tests, seconds=seconds)


def outcome(
    trial: Trial, mutant: Mutant, tests: list[str], seconds: dict[str, float], first: list[str]
) -> tuple[str, str]:
    """Try a mutant: by the tests that saw the last ones, then by all that run its line."""
    text = mutated(mutant)
    if text is None:
        return "no mutant", ""
    asked, total = [], 0.0
    for test in tests:
        total += seconds[test]
        if total > TESTS_SECONDS:
            break
        asked.append(test)
    if not asked:
        return "not run", ""
    hopeful = [test for test in first if test in tests][:4]
    for some in (hopeful, [test for test in asked if test not in hopeful]):
        if not some:
            continue
        limit = 15 + 4 * sum(seconds[test] for test in some)
        end, by = trial.run(mutant, text, some, limit)
        if end != "not seen":
            return end, by
    return "not seen", ""


def drawn(group: str) -> list[Mutant]:
    """The mutants of a group, in the order in which they are tried."""
    if group == "full":
        return [one for path in FULL for one in mutants(path)]
    paths = sorted(
        path.relative_to(PROJECT).as_posix()
        for room in ROOMS
        for path in (PROJECT / "analytics" / room).rglob("*.py")
    )
    everything = [one for path in paths if path not in FULL for one in mutants(path)]
    order = random.Random(SEED).sample(everything, min(SAMPLE, len(everything)))
    print(f"{len(everything):,} mutants in {len(paths)} files; {len(order):,} drawn", flush=True)
    return order


def known() -> dict[str, dict[str, Any]]:
    """What was tried before, by mutant; the last outcome counts."""
    if not TRIED.is_file():
        return {}
    return {one["key"]: one for one in map(json.loads, TRIED.read_text(encoding="utf-8").splitlines())}


def work(group: str, until: float, *, again: bool) -> None:
    """Try what was not tried yet (or was not seen), until the time is over."""
    before, chart, killers = known(), Map(), Counter[str]()
    if again:
        todo = [one for one in drawn(group) if before.get(one.key, {}).get("end") in ("not seen", "not run")]
    else:
        todo = [one for one in drawn(group) if one.key not in before]
    for one in before.values():
        killers[one["by"]] += 1
    print(f"{group}: {len(todo):,} to try", flush=True)
    trees = {path: ast.parse((PROJECT / path).read_text(encoding="utf-8")) for path in {m.path for m in todo}}
    tests = {one.key: chart.tests(one, trees[one.path]) for one in todo}
    afresh = forked.Afresh()

    def each(collected: forked.Collected) -> None:
        trial = Trial(collected, afresh)
        with TRIED.open("a", encoding="utf-8") as stream:
            for mutant in todo:
                if time.monotonic() > until:
                    return
                asked = tests[mutant.key]
                first = sorted((test for test in asked if killers[test]), key=lambda test: -killers[test])
                end, by = outcome(trial, mutant, asked, chart.seconds, first)
                killers[by] += 1
                kept = {"key": mutant.key, "path": mutant.path, "line": mutant.line, "end": end, "by": by}
                stream.write(json.dumps({**kept, "group": group, "tests": len(asked)}) + "\n")
                stream.flush()

    files = sorted({test.split("::")[0] for some in tests.values() for test in some})
    forked.pytest_run(files, [forked.Collected(each)], "--continue-on-collection-errors", "--maxfail=1000")
    afresh.close()


def recorded(group: str) -> dict[str, Any]:
    """What is known of a group, by file."""
    before, files = known(), dict[str, dict[str, Any]]()
    order = drawn(group)
    for one in order:
        of = files.setdefault(one.path, {"mutants": 0, "tried": 0, "seen": 0, "ran on": 0, "not seen": []})
        of["mutants"] += 1
        end = before.get(one.key, {}).get("end")
        if end is None or end == "no mutant":
            of["mutants"] -= end == "no mutant"
            continue
        of["tried"] += 1
        of["seen"] += end in ("seen", "ran on")
        of["ran on"] += end == "ran on"
        if end in ("not seen", "not run"):
            name = one.operator.removeprefix("core/")
            of["not seen"].append(
                f"line {one.line}: {name}" + (", run by no test" if end == "not run" else "")
            )
    tried, seen = (sum(of[name] for of in files.values()) for name in ("tried", "seen"))
    return {
        "seed": SEED,
        "wanted": sum(of["mutants"] for of in files.values()),
        "tried": tried,
        "seen": seen,
        "per cent": round(100 * seen / max(tried, 1), 1),
        "interval": interval(seen, tried) if tried else (0.0, 100.0),
        "files": {path: of for path, of in files.items() if of["tried"]},
    }


def main() -> int:
    """Try the mutants asked for, and record what was seen."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", choices=["map", "full", "sample", "again", []])
    parser.add_argument("--seconds", type=float, default=math.inf, help="stop after so many")
    args = parser.parse_args()
    until = time.monotonic() + args.seconds
    what = args.what or ["map", "full", "sample"]
    forked.get_ready()
    record = json.loads(RESULT.read_text()) if RESULT.is_file() else {}
    if "map" in what:
        draw_map(until)
    groups = [group for group in ("full", "sample") if group in what or "again" in what]
    for group in groups:
        work(group, until, again="again" in what)
        record[group] = recorded(group)
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(record, indent=1) + "\n")
        print(group, {key: value for key, value in record[group].items() if key != "files"}, flush=True)
    return int(any(record[group]["per cent"] < LEAST for group in groups))


if __name__ == "__main__":
    raise SystemExit(main())
