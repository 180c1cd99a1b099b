"""Run tests in forks of one process, with one module's code changed: nothing on the disk is.

The fork is one of a process that has collected the tests, and gives functions their other code, defaults,
constants and classes (:class:`Collected`); where that cannot be done to what is loaded, as with slots, it is
one of a process that has the large packages loaded and this project not yet, and imports the module from the
other text (:func:`try_mutant`). Compilation is off where what is mutated would be compiled. A fork ends at
the first test that fails, and Hypothesis does not look for a simpler example. It tells which test it runs:
one that is not over in its time ran on; where none had begun, or all that could be collected passed, nothing
saw the mutant (:func:`outcome`).
"""

from __future__ import annotations

import functools
import gc
import hashlib
import importlib
import importlib.machinery
import importlib.util
import json
import math
import mmap
import os
import pickle
import resource
import select
import signal
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, NamedTuple

import pytest

PROJECT = Path(__file__).resolve().parents[2]
BUILD = PROJECT / "build" / "mutants"
HEAVY = (
    *("numpy", "scipy.stats", "scipy.special", "scipy.optimize", "pandas", "statsmodels.api", "matplotlib"),
    *("matplotlib.pyplot", "numba", "rich.console", "pytest", "hypothesis", "coverage"),
)
PLUGINS = ("-p", "_hypothesis_pytestplugin", "-p", "syrupy", "-p", "pytest_timeout")
MEMORY = 4 << 30
HARD = 60  # seconds of the processor for anything
WAITS = 2  # a test may take so many times as long by the clock as of the processor
RAN_ON, CANNOT, ERROR = 97, 98, 99  # exit codes of forks
NO_TEST = "no test: it ended before any, or kept some from being collected"


def get_ready(*, compiled: bool) -> None:
    """Load what every fork needs and set what it inherits."""
    os.environ["NUMBA_DISABLE_JIT"] = "0" if compiled else "1"
    os.environ |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "MPLBACKEND": "agg"}
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.pycache_prefix = str(BUILD / "pyc")
    sys.path.insert(0, str(PROJECT))
    os.chdir(PROJECT)
    for name in HEAVY:
        importlib.import_module(name)
    import hypothesis

    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile(
        "mutants", deadline=None, derandomize=True, database=None, phases=phases, report_multiple_bugs=False
    )
    hypothesis.settings.load_profile("mutants")
    assert not any(name.partition(".")[0] == "analytics" for name in sys.modules)


class _Loader(importlib.machinery.SourceFileLoader):
    """A module from its file's place and another text."""

    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self.text = text

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.text, self.path, "exec", dont_inherit=True)


class _Finder:
    """Finds the one module that is taken from a text."""

    def __init__(self, name: str, path: Path, text: str) -> None:
        self.name, self.path, self.text = name, path, text

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> Any:
        if name != self.name:
            return None
        where = [str(self.path.parent)] if self.path.name == "__init__.py" else None
        loader = _Loader(name, str(self.path), self.text)
        return importlib.util.spec_from_file_location(
            name, self.path, loader=loader, submodule_search_locations=where
        )


def module_of(path: str) -> str:
    """The module's name of a file of the package."""
    parts = Path(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def pytest_run(tests: Sequence[str], plugins: Sequence[object], *more: str) -> int:
    """Run tests here, quietly."""
    doctests = ["--doctest-modules"] if any(test.startswith("analytics/") for test in tests) else []
    words = ["-q", "-x", "-o", "addopts=", "--strict-markers", "-p", "no:cacheprovider", *PLUGINS, *doctests]
    words += ["-W", "ignore::pytest.PytestCollectionWarning"]  # modules have classes that are named Test...
    return int(pytest.main([*words, *more, *tests], plugins=list(plugins)))


class Line:
    """What a fork tells the process that made it: which test it runs, and what it found."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        self.running = mmap.mmap(-1, 2_048)  # of both

    def runs(self, test: str) -> None:
        self.running[:] = test.encode()[:2_048].ljust(2_048, b"\0")

    def says(self, text: str) -> None:
        os.write(self.writing, text.encode()[:2_000])


class End(NamedTuple):
    """How a fork ended: its exit code (None where it was ended), what it said, the test that was running."""

    code: int | None
    said: str
    running: str


def forked(work: Callable[[Line], int], seconds: float) -> End:
    """Do the work in a fork, and return how that ended.

    ``seconds`` are of the processor; of the clock ten times as many are allowed, since the machine is shared.
    """
    line = Line()
    child = os.fork()
    if not child:
        code = ERROR
        try:
            os.close(line.reading)
            os.setsid()
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nothing, stream)
            limit = int(seconds) + 1
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            code = work(line)
        except BaseException as error:
            line.says(f"{type(error).__name__}: {error}")
        finally:
            os._exit(code)
    os.close(line.writing)
    ended = os.pidfd_open(child)
    done, _, _ = select.select([ended], [], [], 10 * seconds + 10)
    os.close(ended)
    if not done:
        os.killpg(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.set_blocking(line.reading, False)
    said = _waiting(line.reading)
    os.close(line.reading)
    running = line.running[:].rstrip(b"\0").decode(errors="replace")
    line.running.close()
    return End(None if status in (-signal.SIGXCPU, -signal.SIGKILL) else status, said.decode(), running)


def outcome(end: End) -> tuple[str, str]:
    """Return what an end says of a mutant, "seen", "ran on" or "not seen", and the test that it is by."""
    if end.code == 0:
        return "not seen", ""
    if not end.running:
        return "not seen", NO_TEST
    if end.code in (None, RAN_ON):
        return "ran on", end.running
    if end.code == ERROR:
        return "seen", f"by an error outside the tests: {end.said}"[:200]
    return "seen", end.said or "by the process that ended"


def _waiting(stream: int) -> bytes:
    try:
        return os.read(stream, 1 << 16)
    except BlockingIOError:
        return b""


def try_mutant(path: str, text: str, tests: Sequence[str], seconds: float) -> tuple[str, str]:
    """Run tests on a file's other text: "seen", "ran on" or "not seen", and the test that saw it."""

    def work(line: Line) -> int:
        sys.meta_path.insert(0, _Finder(module_of(path), PROJECT / path, text))  # type: ignore[arg-type]
        words = ("--continue-on-collection-errors", "--maxfail=1000")
        code = pytest_run(tests, [_Ends(line)], *words)
        line.runs("")
        return code

    return outcome(forked(work, seconds))


class Afresh:
    """A process that has not loaded the project, and tries in its forks what must be imported anew."""

    def __init__(self) -> None:
        (ask, self._ask), (self._told, told) = os.pipe(), os.pipe()
        self.process = os.fork()
        if self.process:
            os.close(ask)
            os.close(told)
            return
        os.close(self._ask)
        os.close(self._told)
        with os.fdopen(ask, encoding="utf-8") as asked:
            for line in asked:
                os.write(told, json.dumps(try_mutant(**json.loads(line))).encode() + b"\n")
        os._exit(0)

    def try_mutant(self, **asked: Any) -> tuple[str, str]:
        line = json.dumps(asked).encode() + b"\n"
        while line:
            line = line[os.write(self._ask, line) :]
        said = b""
        while not said.endswith(b"\n"):
            said += os.read(self._told, 1 << 16)
        end, by = json.loads(said)
        return end, by

    def close(self) -> None:
        os.close(self._ask)
        os.waitpid(self.process, 0)


def functions(code: CodeType, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], CodeType]:
    """The code of a module's functions and methods, by where they are found; not of those within them."""
    found = {}
    for one in code.co_consts:
        if isinstance(one, CodeType) and not one.co_name.startswith("<"):
            is_class = "__module__" in one.co_names and "__qualname__" in one.co_names
            place = (*path, one.co_name)
            found |= functions(one, place) if is_class else {(*place, str(one.co_firstlineno)): one}
    return found


def changed(path: str, text: str) -> list[tuple[tuple[str, ...], CodeType]] | None:
    """The functions whose code a text changes; None where the module must be imported anew."""
    before = compile(
        (PROJECT / path).read_text(encoding="utf-8"), str(PROJECT / path), "exec", dont_inherit=True
    )
    after = compile(text, str(PROJECT / path), "exec", dont_inherit=True)
    old, new = functions(before), functions(after)
    if old.keys() != new.keys() or _outside(before) != _outside(after):
        return None
    return [(place[:-1], new[place]) for place in old if old[place] != new[place]]


def _outside(code: CodeType) -> Any:
    """What a module or a class does when it is imported, but for the bodies of its functions."""
    inner = []
    for one in code.co_consts:
        if not isinstance(one, CodeType):
            inner.append((type(one).__name__, one))
        elif one.co_name.startswith("<") or ("__module__" in one.co_names and "__qualname__" in one.co_names):
            inner.append(("class", _outside(one)))
        else:
            inner.append(("function", one.co_name))
    return code.co_code, code.co_names, inner


def _live(place: Any, path: tuple[str, ...]) -> Any:
    """The function that stands there, without what was put around it; None where it is not found."""
    found: Any = place
    for name in path:
        found = vars(found).get(name) if hasattr(found, "__dict__") else None
        if found is None:
            return None
    for name in ("__func__", "fget", "func"):
        found = getattr(found, name, None) or found
    while hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    return found if hasattr(found, "__code__") else None


PLAIN = (int, float, complex, str, bytes, bool, type(None))
TABLES = ("ndarray", "list", "dict", "set", "tuple", "frozenset")
Change = Callable[[], None]


def _plain(value: Any) -> bool:
    if isinstance(value, tuple | frozenset):
        return all(map(_plain, value))
    return isinstance(value, PLAIN)


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and repr(one) == repr(other)


def changes(path: str, text: str) -> list[Change] | None:
    """How what is loaded becomes what the text would have made; None where it must be imported anew."""
    codes = changed(path, text)
    module = sys.modules.get(module_of(path)) or importlib.import_module(module_of(path))
    if codes is not None:
        pairs = [(_live(module, place), code) for place, code in codes]
        if any(live is None or live.__code__.co_name != code.co_name for live, code in pairs):
            return None
        return [lambda live=live, code=code: setattr(live, "__code__", code) for live, code in pairs]
    other = ModuleType(module.__name__)
    other.__file__, other.__package__ = module.__file__, module.__package__
    exec(compile(text, str(PROJECT / path), "exec", dont_inherit=True), vars(other))
    found: list[Change] = []
    for name, value in vars(other).items():
        if name.startswith("__"):
            continue
        old = vars(module).get(name)
        if _plain(value):
            if not _same(value, old):
                found += _named_elsewhere(name, old, value)
        elif isinstance(value, type) and value.__module__ == module.__name__:
            of_class = _class(old, value)
            if of_class is None:
                return None
            found += of_class
        elif getattr(value, "__module__", "") == module.__name__ and callable(value):
            found += _function(_live(module, (name,)), _live(other, (name,)))
        elif type(value).__name__ in TABLES and pickle.dumps(value) != pickle.dumps(old):
            return None  # a table: it may be held, or have been used, anywhere
    return found


def _named_elsewhere(name: str, old: Any, value: Any) -> list[Change]:
    """Give a constant its other value wherever it was imported."""
    holders = [
        one
        for one in list(sys.modules.values())
        if isinstance(one, ModuleType)
        and (one.__name__.startswith("analytics") or "/tests/" in (getattr(one, "__file__", "") or ""))
        and name in vars(one)
        and _same(vars(one)[name], old)
    ]
    return [lambda one=one: setattr(one, name, value) for one in holders]


def _function(old: Any, new: Any) -> list[Change]:
    """Give a function the other's code and defaults, where they differ."""
    if old is None or new is None:
        return []
    found: list[Change] = []
    for name in ("__code__", "__defaults__", "__kwdefaults__"):
        one, other = getattr(old, name), getattr(new, name)
        differs = one != other if name == "__code__" else not _same(one, other)
        if differs:
            found.append(lambda name=name, other=other: setattr(old, name, other))
    return found


def _class(old: Any, new: Any) -> list[Change] | None:
    """Give a class what the other has; None where it cannot be given."""
    if not isinstance(old, type) or vars(old).get("__slots__") != vars(new).get("__slots__"):
        return None
    if ("__dataclass_fields__" in vars(old)) != ("__dataclass_fields__" in vars(new)):
        return None
    if repr(vars(old).get("__dataclass_params__")) != repr(vars(new).get("__dataclass_params__")):
        return None  # what may be done to its objects: tests ask for that
    found: list[Change] = []
    left = {"__dict__", "__weakref__", "__doc__", "__module__", "__slots__", "__dataclass_fields__"}
    for name in (vars(old).keys() | vars(new).keys()) - left:
        one, other = vars(old).get(name), vars(new).get(name)
        if name not in vars(new):
            found.append(lambda name=name: delattr(old, name))
        elif type(one) is not type(other) or (_plain(other) and not _same(one, other)):
            found.append(lambda name=name, other=other: setattr(old, name, other))
        elif (function := _live(old, (name,))) is not None:
            found += _function(function, _live(new, (name,)))
    return found


class _Ends:
    """Ends the process at the first failure, before anybody writes how it came about."""

    def __init__(self, line: Line) -> None:
        self.line = line

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.line.runs(nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> None:
        failed = call.excinfo is not None and not call.excinfo.errisinstance(
            (pytest.skip.Exception, pytest.xfail.Exception)
        )
        if failed and "from pytest-timeout" in str(call.excinfo.value):
            os._exit(RAN_ON)
        if failed and item.get_closest_marker("xfail") is None:
            self.line.says(item.nodeid)
            os._exit(1)


class Collected:
    """Some tests, collected in this process; forks run some of them with functions changed."""

    def __init__(self, work: Callable[[Collected], None]) -> None:
        self.work = work
        self.items: dict[str, Any] = {}
        self.session: Any = None

    def pytest_runtestloop(self, session: Any) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        self.session = session
        self.work(self)
        return True

    def warm(self, tests: Sequence[str]) -> None:
        """Run some tests here, so that no fork loads compiled loops; then forget what was remembered."""
        run([self.items[test] for test in tests if test in self.items])
        for one in gc.get_objects():
            if isinstance(one, functools._lru_cache_wrapper) and one.__module__.startswith("analytics"):
                one.cache_clear()
        gc.collect()
        gc.freeze()

    def try_mutant(
        self, changed: list[Change], tests: Sequence[str], seconds: Mapping[str, float]
    ) -> tuple[str, str] | None:
        """Run tests in a fork with what is loaded changed: "seen", "ran on" or "not seen", and by what.

        None where it cannot be changed so. A test may take two seconds and four times as long as unharmed,
        and as its fixtures take (`seconds`, by test).
        """
        items = [self.items[test] for test in tests if test in self.items]

        def work(line: Line) -> int:
            try:
                for change in changed:
                    change()
            except (ValueError, TypeError, AttributeError):
                return CANNOT
            self.session.config.pluginmanager.register(_Ends(line))
            for item, following in zip(items, [*items[1:], None][: len(items)], strict=True):
                most = math.ceil(time.process_time() + 2 + 4 * seconds[item.nodeid])
                resource.setrlimit(resource.RLIMIT_CPU, (min(most, HARD), HARD))
                line.runs(item.nodeid)
                run_one(item, following)
            line.runs("")
            return 0

        end = forked(work, HARD)
        return None if end.code == CANNOT else outcome(end)

    def look_at(self, test_file: str, out: Path, sources: Sequence[str], *, each: int, seconds: float) -> int:
        """Run a file of tests unharmed and write which of them run which lines; how many are not to be asked.

        After so many seconds the file's other tests are left, and so is a test that takes `each` or longer;
        of those that were run everything is kept. Those marked slow come last and are not among the
        number. -1 where the fork ran on.
        """
        items = [item for name, item in self.items.items() if name.split("::")[0] == test_file]
        items = [item for item in items if not list(item.iter_markers("system"))]
        slow = [item for item in items if list(item.iter_markers("slow"))]
        items = [*(item for item in items if item not in slow), *slow]

        def work(line: Line) -> int:
            from coverage import Coverage

            coverage = Coverage(
                data_file=None, include=[str(PROJECT / one) for one in sources], config_file=False
            )
            contexts = _Contexts(coverage)
            for item in items:
                item.add_marker(pytest.mark.timeout(each if item in slow else WAITS * each))
            coverage.start()
            began = time.process_time()
            for item, following in zip(items, [*items[1:], None][: len(items)], strict=True):
                coverage.switch_context(item.nodeid)
                contexts.add(item, following)
                if time.process_time() - began > seconds:
                    break
            coverage.switch_context("")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                coverage.stop()
            found = {*contexts.write(out, each), *contexts.skipped}
            line.says(str(len({item.nodeid for item in items if item not in slow} - found)))
            return 0

        end = forked(work, 3 * seconds + 30)
        if end.code == 0:
            return int(end.said)
        print(f"{test_file}: exit code {end.code} {end.said}".strip(), flush=True)
        return -1


def run(items: Sequence[Any]) -> None:
    """Run collected tests one after the other."""
    for item, following in zip(items, [*items[1:], None][: len(items)], strict=True):
        run_one(item, following)


def run_one(item: Any, following: Any) -> list[Any]:
    from _pytest.runner import runtestprotocol

    return runtestprotocol(item, log=False, nextitem=following)


class _Contexts:
    """Counts lines by test, and keeps what each took of the processor, which the machine's others share."""

    def __init__(self, coverage: Any) -> None:
        self.coverage = coverage
        self.skipped: list[str] = []
        self.seconds: dict[str, float] = {}
        self.before: dict[str, float] = {}  # what its fixtures took

    def add(self, item: Any, following: Any) -> None:
        began, clock = time.process_time(), time.monotonic()
        reports = run_one(item, following)
        share = min(1.0, (time.process_time() - began) / (time.monotonic() - clock))
        good = not any(report.failed or report.skipped for report in reports)
        if any(report.skipped for report in reports):
            self.skipped.append(item.nodeid)
        took = sum(report.duration for report in reports if report.when == "call")
        self.seconds[item.nodeid] = share * took if good else float("inf")
        self.before[item.nodeid] = share * sum(r.duration for r in reports if r.when == "setup")

    def write(self, out: Path, each: float) -> list[str]:
        """Write what was found of the tests that take less, and say which these are."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that nothing was run of what is looked at
            data = self.coverage.get_data()
        names = [name for name, took in self.seconds.items() if took < each]
        place = {name: at for at, name in enumerate(names)}
        lines: dict[str, dict[str, list[int]]] = {}
        for measured in data.measured_files():
            found = data.contexts_by_lineno(measured)
            kept = {line: sorted(place[c] for c in which if c in place) for line, which in found.items()}
            kept = {line: which for line, which in kept.items() if which}
            if kept:
                lines[Path(measured).relative_to(PROJECT).as_posix()] = {str(k): v for k, v in kept.items()}
        tests = [[name, round(self.seconds[name], 3), round(self.before[name], 3)] for name in names]
        marks = {path: marked(path) for path in lines}
        out.write_text(json.dumps({"tests": tests, "lines": lines, "sources": marks}), encoding="utf-8")
        return names


def marked(path: str) -> str:
    """A file's mark, which changes with its text."""
    return hashlib.sha256((PROJECT / path).read_bytes()).hexdigest()[:12]
