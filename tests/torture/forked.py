"""Run tests in forks of one process that has the large packages loaded and this project not yet.

A fork takes one module from a text instead of its file (a mutant), runs the tests named, and ends; the next
fork begins as clean as the first. Nothing on the disk is changed. Compilation is off, so that loops are
mutated as everything else is.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
BUILD = PROJECT / "build" / "mutants"
HEAVY = (
    *("numpy", "scipy.stats", "scipy.special", "scipy.optimize", "pandas", "statsmodels.api", "matplotlib"),
    *("matplotlib.pyplot", "numba", "rich.console", "pytest", "hypothesis", "coverage"),
)
PLUGINS = ("-p", "_hypothesis_pytestplugin", "-p", "syrupy", "-p", "pytest_timeout")
MEMORY = 4 << 30


def get_ready() -> None:
    """Load what every fork needs and set what it inherits."""
    os.environ |= {"NUMBA_DISABLE_JIT": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "MPLBACKEND": "agg"}
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.pycache_prefix = str(BUILD / "pyc")
    sys.path.insert(0, str(PROJECT))
    os.chdir(PROJECT)
    for name in HEAVY:
        importlib.import_module(name)
    import hypothesis

    hypothesis.settings.register_profile("mutants", deadline=None, derandomize=True, database=None)
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
    import pytest

    doctests = ["--doctest-modules"] if any(test.startswith("analytics/") for test in tests) else []
    words = ["-q", "-x", "-o", "addopts=", "--strict-markers", "-p", "no:cacheprovider", *PLUGINS, *doctests]
    return int(pytest.main([*words, *more, *tests], plugins=list(plugins)))


def forked(work: Callable[[int], int], seconds: float) -> tuple[int | None, str]:
    """Do the work in a fork; its exit code (None where it ran on) and what it wrote to its pipe.

    ``seconds`` are of the processor; of the clock ten times as many are allowed, since the machine is shared.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(reading)
            os.setsid()
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nothing, stream)
            limit = int(seconds) + 1
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            code = work(writing)
        except BaseException as error:
            os.write(writing, f"{type(error).__name__}: {error}".encode()[:2_000])
            code = 99
        os._exit(code)
    os.close(writing)
    until, status = time.monotonic() + 10 * seconds + 10, None
    said = b""
    os.set_blocking(reading, False)
    while time.monotonic() < until:
        said += _waiting(reading)
        done, state = os.waitpid(child, os.WNOHANG)
        if done:
            status = os.waitstatus_to_exitcode(state)
            break
        time.sleep(0.005)
    else:
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
    said += _waiting(reading)
    os.close(reading)
    return (None if status in (-signal.SIGXCPU, -signal.SIGKILL) else status), said.decode()


def _waiting(stream: int) -> bytes:
    try:
        return os.read(stream, 1 << 16)
    except BlockingIOError:
        return b""


class _Tells:
    """Writes the first test that fails to the pipe."""

    def __init__(self, writing: int) -> None:
        self.writing = writing

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            os.write(self.writing, report.nodeid.encode()[:2_000])


def try_mutant(path: str, text: str, tests: Sequence[str], seconds: float) -> tuple[str, str]:
    """Run tests on a file's other text: "seen", "ran on" or "not seen", and the test that saw it."""

    def work(writing: int) -> int:
        sys.meta_path.insert(0, _Finder(module_of(path), PROJECT / path, text))  # type: ignore[arg-type]
        return pytest_run(tests, [_Tells(writing)])

    code, said = forked(work, seconds)
    if code is None:
        return "ran on", ""
    if code == 99:
        raise RuntimeError(f"the fork failed: {said}")
    return ("not seen", "") if code == 0 else ("seen", said or "at import")


class _Contexts:
    """Counts lines by test, and keeps what each took."""

    def __init__(self, coverage: Any) -> None:
        self.coverage = coverage
        self.seconds: dict[str, float] = {}

    def pytest_runtest_logstart(self, nodeid: str, location: object) -> None:
        self.coverage.switch_context(nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:
        good = not report.failed and not report.skipped
        took = self.seconds.get(report.nodeid, 0.0) + report.duration
        self.seconds[report.nodeid] = took if good else float("inf")


def look_at(test_file: str, out: Path, *, each: int, seconds: float) -> str:
    """Run a file of tests unharmed and write which of its tests run which lines; say how it ended."""

    def work(_: int) -> int:
        from coverage import Coverage

        coverage = Coverage(
            data_file=None, source=[str(PROJECT / "analytics")], branch=False, config_file=False
        )
        coverage.start()
        contexts = _Contexts(coverage)
        code = pytest_run(
            [test_file], [contexts], "--maxfail=1000", "-m", "not system and not slow", f"--timeout={each}"
        )
        coverage.switch_context("")
        coverage.stop()
        data = coverage.get_data()
        names = [name for name, took in contexts.seconds.items() if took < each]
        place = {name: at for at, name in enumerate(names)}
        lines: dict[str, dict[str, list[int]]] = {}
        for measured in data.measured_files():
            found = data.contexts_by_lineno(measured)
            kept = {line: sorted(place[c] for c in which if c in place) for line, which in found.items()}
            kept = {line: which for line, which in kept.items() if which}
            if kept:
                lines[Path(measured).relative_to(PROJECT).as_posix()] = {str(k): v for k, v in kept.items()}
        tests = [[name, round(contexts.seconds[name], 3)] for name in names]
        out.write_text(json.dumps({"tests": tests, "lines": lines}), encoding="utf-8")
        return code

    code, said = forked(work, seconds)
    return "ran on" if code is None else f"exit code {code} {said}".strip()
