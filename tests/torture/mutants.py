"""Mutants: small faults put into the code one by one; the tests that look after it should see each.

    python tests/torture/mutants.py map              # which tests run which lines, once: minutes
    python tests/torture/mutants.py full             # every mutant of what gives verdicts and thresholds
    python tests/torture/mutants.py sample           # 2,000 drawn of kernels, upticks, counts, monitoring
    python tests/torture/mutants.py full --seconds 480    # a piece: the next goes on where this one ended
    python tests/torture/mutants.py full again       # those not seen, with the tests as they are now

cosmic-ray makes the mutants (operators, numbers, comparisons, conditions, exceptions, loops). Each is tried
in a fork of its own (forked.py), with compilation off if it stands in a compiled loop, by the tests that
run its line, those first that are quick and saw others of that file, up to so many seconds of them (`again`
asks up to ten seconds of others); what makes a test run on for too long is seen, and counted by itself too;
what hangs before a test begins, or only keeps tests from being collected, is not. A mutant that compiles to
the same code is none. Each outcome is written at once to build/mutants/tried.jsonl. The order is random:
however many were tried, they are a random sample of those of their file. The share comes with its 95 %
interval (of the sample Wilson's, of the other group of what is left, file by file). The record goes to
tests/torture/results/mutants.json.
"""

from __future__ import annotations

import argparse
import ast
import datetime as dt
import functools
import hashlib
import json
import math
import os
import random
import subprocess
import sys
import time
import traceback
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import forked
from forked import BUILD, PROJECT

RESULT = Path(__file__).resolve().parent / "results" / "mutants.json"
TRIED = BUILD / "tried.jsonl"
MAPS = {True: BUILD / "map-compiled", False: BUILD / "map"}  # by whether loops are compiled
SEED = 20200413  # of the order in which the full group is tried
SAMPLE_SEED = 20201129  # of the draw; a new one when the last draw's survivors were looked at
SAMPLE = 2_000
LEAST = 85  # per cent that should be seen
TESTS_SECONDS = 10  # of tests for one mutant, as they took unharmed
FIRST_SECONDS = 3  # of them before all others were tried
WARM_SECONDS = 10  # of tests run before any mutant, so that no fork loads compiled loops
EACH = 3  # a test that takes longer while its lines are looked at is not asked
# For one file of tests unharmed, of the processor, by whether loops are compiled; its others are not asked.
FILE_SECONDS = {True: 20, False: 10}

FULL = (
    "analytics/upticks/decide.py",
    "analytics/results/adjustment.py",
    "analytics/kernels/common/multiplicity.py",
    "analytics/results/grades.py",
    "analytics/kernels/windows/answer.py",
    "analytics/kernels/windows/asked.py",
    "analytics/kernels/windows/called.py",
    "analytics/kernels/windows/starts.py",
    "analytics/kernels/windows/critical.py",
)
ROOMS = ("kernels", "upticks", "counts", "monitoring")
# Tests that run the package in other processes, or look at its files and not at what it does.
UNASKED = (
    *("architecture", "docs", "golden", "wheel", "notebooks", "system", "system_lab", "system_web"),
    *("fuzz", "alias", "dependencies", "first_run", "gallery", "benchmarks_page"),
)
# Those that make a whole report, which takes long without compilation: asked where loops are compiled.
REPORTS = (
    *("weekly_front", "weekly_pages", "weekly_report", "weekly_rare", "formats", "languages", "scripts"),
    *("reporting_standards", "report_once", "office", "data", "readme"),
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
    source = (PROJECT / path).read_text(encoding="utf-8")
    mark = hashlib.sha256(source.encode()).hexdigest()[:12]
    kept = BUILD / "listed" / f"{path.replace('/', '.')}.{mark}.json"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps([one[1:4] for one in _listed(path, source, mark)]), encoding="utf-8")
    return [Mutant(path, *one, mark) for one in json.loads(kept.read_text(encoding="utf-8"))]


def _listed(path: str, source: str, mark: str) -> list[Mutant]:
    from cosmic_ray.commands.init import _all_work_items

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


def sources() -> list[str]:
    """The files whose mutants are tried."""
    rooms = [p for room in ROOMS for p in (PROJECT / "analytics" / room).rglob("*.py")]
    return sorted({*FULL, *(p.relative_to(PROJECT).as_posix() for p in rooms)})


@functools.cache
def loops_of(path: str) -> tuple[tuple[int, int], ...]:
    """The lines of a file whose mutants are tried with compilation off: loops, and what is in no function."""
    text = (PROJECT / path).read_text(encoding="utf-8")
    if "@compiled" not in text:
        return ()
    found, at = [], 1
    for node in ast.parse(text).body:
        marks = getattr(node, "decorator_list", None)  # functions and classes have them, or could
        if marks is not None and not any("compiled" in ast.unparse(one) for one in marks):
            found.append((at, _begins(node) - 1))
            at = (node.end_lineno or 0) + 1
    return (*found, (at, 10**6))


def compiled(path: str, line: int) -> bool:
    """Whether a mutant is tried with loops compiled: where it is in none of them."""
    return not any(first <= line <= last for first, last in loops_of(path))


def wanting(loops: bool) -> dict[str, Path]:
    """Files of tests that were not looked at as they and what they run now are, and where that is written."""
    folder = MAPS[loops]
    folder.mkdir(parents=True, exist_ok=True)
    unasked = UNASKED if loops else (*UNASKED, *REPORTS)
    files = [p for p in sorted((PROJECT / "tests").glob("test_*.py")) if p.stem[5:] not in unasked]
    files += [PROJECT / one for one in sources() if ">>>" in (PROJECT / one).read_text(encoding="utf-8")]
    found = {}
    for path in files:
        name = path.relative_to(PROJECT).as_posix()
        out = folder / f"{name.replace('/', '.')}.{forked.marked(name)}.json"
        if out.is_file():
            read = json.loads(out.read_text(encoding="utf-8"))
            if "sources" in read and all(forked.marked(one) == mark for one, mark in read["sources"].items()):
                continue
        for old in folder.glob(name.replace("/", ".") + ".*"):
            old.unlink()
        found[name] = out
    return found


def by_file(files: dict[str, dict[str, Any]]) -> tuple[float, tuple[float, float]]:
    """The share of all mutants that would be seen, file by file put together, and its 95 % interval."""
    total = sum(of["mutants"] for of in files.values())
    share = variance = 0.0
    for of in files.values():
        weight, tried = of["mutants"] / total, of["tried"]
        share += weight * (of["seen"] / tried if tried else 0.5)
        likely = (of["seen"] + 1) / (tried + 2)
        left = 1 - tried / of["mutants"] if of["mutants"] else 0.0
        variance += weight**2 * likely * (1 - likely) / max(tried, 1) * left
    half = 1.959964 * math.sqrt(variance)
    return round(100 * share, 1), (round(100 * (share - half), 1), round(100 * (share + half), 1))


def draw_map(loops: bool, until: float, only: list[str]) -> None:
    """Find out which tests run which lines, file of tests by file of tests, those not looked at yet."""
    todo = {
        name: out for name, out in wanting(loops).items() if not only or {name, Path(name).stem[5:]} & {*only}
    }
    print(f"{len(todo)} files of tests to look at", flush=True)

    def each(collected: forked.Collected) -> None:
        for name, out in todo.items():
            if time.monotonic() > until:
                return
            began, left = time.monotonic(), 1
            for _ in range(1 + loops):  # a second time, with every loop it needs compiled, if some were left
                if left:
                    left = collected.look_at(name, out, sources(), each=EACH, seconds=FILE_SECONDS[loops])
            print(f"{name}: {left} left, {time.monotonic() - began:.0f} s", flush=True)

    if todo:
        words = ("--continue-on-collection-errors", "--maxfail=1000")
        forked.pytest_run(list(todo), [forked.Collected(each)], *words)


class Map:
    """Which tests run which lines of a file."""

    def __init__(self, folder: Path) -> None:
        self.seconds: dict[str, float] = {}
        self.before: dict[str, float] = {}  # what the fixtures of a file of tests take
        self.lines: dict[str, dict[int, set[str]]] = {}
        for path in folder.glob("*.json"):
            read = json.loads(path.read_text(encoding="utf-8"))
            if "sources" not in read:
                continue
            names = [name for name, *_ in read["tests"]]
            for name, took, before in read["tests"]:
                file = name.split("::")[0]
                self.seconds[name] = took
                self.before[file] = max(before, self.before.get(file, 0.0))
            for source, lines in read["lines"].items():
                if read["sources"][source] != forked.marked(source):
                    continue
                of = self.lines.setdefault(source, {})
                for line, which in lines.items():
                    of.setdefault(int(line), set()).update(names[at] for at in which)

        self.cost = {name: took + self.before[name.split("::")[0]] for name, took in self.seconds.items()}

    def tests(self, mutant: Mutant, tree: ast.Module) -> list[str]:
        """The tests that run the statement of a mutant.

        Where that runs at import, those of the whole file, and those of files of tests that name its module.
        """
        lines = self.lines.get(mutant.path, {})
        first, last = span(tree, mutant.line)
        found = set().union(*(which for line, which in lines.items() if first <= line <= last))
        if (first, last) == EVERYWHERE:
            found |= {name for name in self.seconds if name.split("::")[0] in naming(mutant.path)}
        return sorted(found, key=lambda name: self.seconds[name])


@functools.cache
def naming(path: str) -> frozenset[str]:
    """The files of tests that import from a file's module."""
    words = f"from {forked.module_of(path)} import"
    return frozenset({path}) | frozenset(
        one.relative_to(PROJECT).as_posix()
        for one in (PROJECT / "tests").glob("test_*.py")
        if words in one.read_text(encoding="utf-8")
    )


EVERYWHERE = (1, 10**6)


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
        return EVERYWHERE
    if innermost is function:
        return function.lineno + 1, function.end_lineno or 0
    body = getattr(innermost, "body", None)
    end = body[0].lineno - 1 if body else innermost.end_lineno
    return innermost.lineno, max(end or 0, innermost.lineno)


def _begins(node: Any) -> int:
    return min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])


class Trials:
    """Tries mutants by the tests that run their lines, and remembers which tests saw some."""

    def __init__(self, collected: forked.Collected, afresh: forked.Afresh, chart: Map, most: float) -> None:
        self.collected, self.afresh, self.chart, self.most = collected, afresh, chart, most
        self.killers: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.looked_at: set[str] = set()
        self.unfit: set[str] = set()

    def asked(self, mutant: Mutant, tests: list[str]) -> tuple[list[str], float]:
        """Which tests are asked, file of tests by file of tests, and how long they take unharmed."""
        seconds, before, killers = self.chart.seconds, self.chart.before, self.killers[mutant.path]

        def price(test: str) -> float:
            file = test.split("::")[0]
            near = 5 if file in naming(mutant.path) else 1
            return (seconds[test] + before[file] + 0.01) / near / (killers[test] + 0.3)

        best = sorted(tests, key=price)
        files: dict[str, list[str]] = {}
        total = 0.0
        for test in best:
            file = test.split("::")[0]
            total += seconds[test] + (0.0 if file in files else before[file])
            if total > self.most and files:
                break
            files.setdefault(file, []).append(test)
        return [test for some in files.values() for test in some], total

    def outcome(self, mutant: Mutant, tests: list[str]) -> tuple[str, str, list[str]]:
        """How it ended, which test saw it, and which were asked."""
        text = mutated(mutant)
        if text is None:
            return "no mutant", "", []
        if not tests:
            return "not run", "", []
        try:
            changed = forked.changes(mutant.path, text)
        except Exception as error:
            return "seen", f"at import: {type(error).__name__}", []
        if changed == []:
            return "no mutant", "the same code", []
        while True:
            asked, total = self.asked(mutant, [test for test in tests if test not in self.unfit])
            if not asked:
                return "not run", "", []
            found = None
            if changed is not None:
                found = self.collected.try_mutant(changed, asked, self.chart.cost)
            if found is None:
                found = self.afresh.try_mutant(
                    path=mutant.path, text=text, tests=asked, seconds=15 + 4 * total
                )
            end, by = found
            if by not in self.chart.seconds or self.fit(by, asked):
                break
        self.killers[mutant.path][by] += 1
        return end, by, asked

    def fit(self, test: str, asked: list[str]) -> bool:
        """Whether a test passes unharmed after those that were asked before it; looked at once."""
        if test not in self.looked_at:
            self.looked_at.add(test)
            unharmed = self.collected.try_mutant([], asked[: asked.index(test) + 1], self.chart.cost)
            if unharmed != ("not seen", ""):
                print(f"not asked, fails unharmed: {test} {unharmed}", flush=True)
                self.unfit.add(test)
        return test not in self.unfit


def drawn(group: str) -> list[Mutant]:
    """The mutants of a group, in the order in which they are tried."""
    if group == "full":
        found = [one for path in FULL for one in mutants(path)]
        return random.Random(SEED).sample(found, len(found))
    paths = sorted(
        path.relative_to(PROJECT).as_posix()
        for room in ROOMS
        for path in (PROJECT / "analytics" / room).rglob("*.py")
    )
    everything = [one for path in paths if path not in FULL for one in mutants(path)]
    order = random.Random(SAMPLE_SEED).sample(everything, min(SAMPLE, len(everything)))
    print(f"{len(everything):,} mutants in {len(paths)} files; {len(order):,} drawn", flush=True)
    return order


def rows() -> list[dict[str, Any]]:
    """Every trial so far."""
    if not TRIED.is_file():
        return []
    return [json.loads(line) for line in TRIED.read_text(encoding="utf-8").splitlines()]


def known(*, first: bool = False) -> dict[str, dict[str, Any]]:
    """What was tried before, by mutant; the last outcome counts, or the first."""
    return {one["key"]: one for one in (reversed(rows()) if first else rows())}


@functools.cache
def as_it_is(test: str) -> str:
    """A test's name with the mark of its file's text."""
    return f"{forked.marked(test.split('::')[0])} {test}"


def work(group: str, until: float, *, again: bool, loops: bool, args: argparse.Namespace) -> None:
    """Try what was not tried yet (or was not seen), with loops compiled or not, until the time is over."""
    before, chart = known(), Map(MAPS[loops])
    if again:
        todo = [one for one in drawn(group) if before.get(one.key, {}).get("end") in ("not seen", "not run")]
    else:
        todo = [one for one in drawn(group) if one.key not in before]
    if args.first:
        first = {*drawn(group)[: args.first]}
        todo = [one for one in todo if one in first]
    todo = [one for one in todo if compiled(one.path, one.line) == loops]
    todo = [one for one in todo if not args.files or any(part in one.path for part in args.files)]
    if not todo or time.monotonic() > until:
        return
    print(f"{group}, loops compiled: {loops}: {len(todo):,} to try", flush=True)
    trees = {path: ast.parse((PROJECT / path).read_text(encoding="utf-8")) for path in {m.path for m in todo}}
    tests = {one.key: chart.tests(one, trees[one.path]) for one in todo}
    if again:  # of those that were asked before the answer is known
        asked_before = defaultdict[str, set[str]](set)
        for row in rows():
            asked_before[row["key"]] |= {*row.get("asked", ())}
        tests = {
            key: [test for test in some if as_it_is(test) not in asked_before[key]]
            for key, some in tests.items()
        }
        todo = [one for one in todo if tests[one.key]]
    afresh = forked.Afresh()

    def each(collected: forked.Collected) -> None:
        most = args.each or (TESTS_SECONDS if again else FIRST_SECONDS)
        trials = Trials(collected, afresh, chart, most)
        for one in before.values():
            trials.killers[one["path"]][one["by"]] += 1
        needed = {test for some in tests.values() for test in some if test.startswith("tests/")}
        collected.warm(enough(needed, chart))  # examples can be run but once in a process
        with TRIED.open("a", encoding="utf-8") as stream:
            for mutant in todo:
                if time.monotonic() > until:
                    return
                began = time.monotonic()
                end, by, asked = trials.outcome(mutant, tests[mutant.key])
                kept = {"key": mutant.key, "path": mutant.path, "line": mutant.line, "end": end, "by": by}
                took = round(time.monotonic() - began, 2)
                kept |= {"group": group, "tests": len(tests[mutant.key]), "took": took}
                if end == "not seen":
                    kept["asked"] = [as_it_is(test) for test in asked]
                stream.write(json.dumps(kept) + "\n")
                stream.flush()

    names = sorted({test.split("::")[0] for some in tests.values() for test in some})
    if todo:
        words = ("--continue-on-collection-errors", "--maxfail=1000")
        forked.pytest_run(names, [forked.Collected(each)], *words)
    afresh.close()


def enough(tests: set[str], chart: Map) -> list[str]:
    """Some tests of every file of tests, in the order in which they stand there."""
    files: defaultdict[str, list[str]] = defaultdict(list)
    for test in sorted(tests, key=lambda test: chart.seconds[test]):
        files[test.split("::")[0]].append(test)
    most = WARM_SECONDS / max(len(files), 1)
    found = []
    for some in files.values():
        total = 0.0
        for test in some[:: max(1, len(some) // 12)]:
            total += chart.seconds[test]
            if total > most:
                break
            found.append(test)
    return found


def described() -> dict[str, str]:
    """The day, and the commits that last changed the code and its tests."""
    said = {"date": f"{dt.date.today():%-d %B %Y}"}
    for what, where in (("code", "analytics"), ("tests", "tests/test_*.py")):
        words = ["git", "log", "-1", "--format=%h", "--", where]
        said[what] = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True).stdout.strip()
    return said


def recorded(group: str, earlier: dict[str, Any]) -> dict[str, Any]:
    """What is known of a group, by file; of a file not finished here, what the earlier record says."""
    before, files = known(), dict[str, dict[str, Any]]()
    order = drawn(group)
    drawn_first = len(order)
    if group == "sample":  # up to the first that was not tried: what was tried of one kind alone is no sample
        drawn_first = next((at for at, one in enumerate(order) if one.key not in before), len(order))
    for one in order[:drawn_first]:
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
    if group == "full":
        for path, of in files.items():
            if of["tried"] < of["mutants"] and path in earlier.get("files", {}):
                files[path] = earlier["files"][path] | {"before": True}  # its text may have been another
    tried, seen = (sum(of[name] for of in files.values()) for name in ("tried", "seen"))
    share, ends = by_file(files)
    at_first: dict[str, Any] = {}
    if group == "sample":
        share, ends = round(100 * seen / max(tried, 1), 1), interval(seen, max(tried, 1))
        begun = known(first=True)
        early = sum(begun[one.key]["end"] in ("seen", "ran on") for one in order[:drawn_first])
        at_first = {"seen": early, "per cent": round(100 * early / max(tried, 1), 1)}
        at_first["interval"] = interval(early, max(tried, 1))
        times = Counter(row["key"] for row in rows())
        at_first["tried again"] = sum(times[one.key] > 1 for one in order[:drawn_first])
    return {
        "seed": SAMPLE_SEED if group == "sample" else SEED,
        **described(),
        "wanted": sum(of["mutants"] for of in files.values()) + len(order) - drawn_first,
        "tried": tried,
        "seen": seen,
        "per cent": share,
        "interval": ends,
        **({"at first": at_first} if at_first else {}),
        "files": {path: of for path, of in files.items() if of["tried"]},
    }


def main() -> int:
    """Try the mutants asked for, and record what was seen."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", choices=["map", "full", "sample", "again", []])
    parser.add_argument("--seconds", type=float, default=math.inf, help="stop after so many")
    parser.add_argument(
        "--each", type=float, help="seconds of tests for one mutant, instead of 3, or 10 again"
    )
    parser.add_argument("--files", nargs="*", default=[], help="only of files whose paths hold one of these")
    parser.add_argument("--first", type=int, help="so many of those drawn, in their order")
    parser.add_argument("--tests", nargs="*", default=[], help="of a map: these, as adjustment decide")
    parser.add_argument("--loops", choices=["compiled", "off"], help="only of files tried in this way")
    args = parser.parse_args()
    until = time.monotonic() + args.seconds
    what = args.what or ["map", "full", "sample"]
    groups = [group for group in ("full", "sample") if group in what]
    kinds = {not loops_of(path) for path in (FULL if groups == ["full"] else sources())}
    for loops in sorted(kinds, reverse=True):
        if args.loops not in (None, "compiled" if loops else "off"):
            continue
        if os.fork():  # a process of its own, which has loaded everything
            os.wait()
            continue
        try:
            forked.get_ready(compiled=loops)
            if "map" in what and not os.fork():
                draw_map(loops, until, args.tests)
                os._exit(0)
            elif "map" in what:
                os.wait()
            for group in groups:
                work(group, until, again="again" in what, loops=loops, args=args)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(0)
    record = json.loads(RESULT.read_text()) if RESULT.is_file() else {}
    for group in groups:
        record[group] = recorded(group, record.get(group, {}))
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(record, indent=1) + "\n")
        print(group, {key: value for key, value in record[group].items() if key != "files"}, flush=True)
    return int(any(record[group]["per cent"] < LEAST for group in groups))


if __name__ == "__main__":
    raise SystemExit(main())
