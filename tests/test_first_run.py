"""What is compiled on a fresh machine: little, once, and not without a word."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import numpy as np
import pytest

from analytics.kernels.common.compiled import _Named, compiled
from analytics.kernels.common.first_run import COMPILING, tell_compiling
from analytics.reporting.notebook.execute import _talks_by, run_notebook

# Functions compiled, our own and those of numba that they need, by the first run of a command on the sample.
# Each is a fifth of a second to a second; monitor was at 86, evaluate at 86 more. Evaluate's take 14 to 16 s
# of processor time, where 16 more than monitor's are allowed; eight of them came with the curves of glr.
MOST = {"monitor": 4, "evaluate": 66, "test": 26}
COUNT = """
import json, sys
from numba.core import event
seen = []
class Seen(event.Listener):
    def on_start(self, event):
        seen.append(event.data["dispatcher"].py_func.__qualname__)
    def on_end(self, event):
        pass
event.register("numba:compile", Seen())
from analytics.cli import main
assert main([sys.argv[1], "--sample", "--as-of", "2020-04-19", "-o", sys.argv[2]]) == 0
print(json.dumps(seen))
"""


def loops(project):
    for path in sorted((project / "analytics").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(
                isinstance(mark, ast.Name) and mark.id == "compiled" for mark in node.decorator_list
            ):
                yield path, node


def dear(node: ast.AST) -> bool:
    """Whether it takes whole chains of numba's own functions, compiled for it alone."""
    if isinstance(node, ast.Attribute):
        return node.attr in {"linalg", "searchsorted", "sort", "argsort", "unique", "quantile"}
    return isinstance(node, ast.Assign) and any(
        isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Slice) for part in node.targets
    )


# Loops of tests that neither monitor nor evaluate runs, and that one command pays for.
PAID = {"_predictive"}


def test_no_loop_asks_for_more_than_arithmetic(project):
    found = [
        f"{path.relative_to(project)}: {loop.name}, line {node.lineno}"
        for path, loop in loops(project)
        for node in ast.walk(loop)
        if loop.name not in PAID and dear(node)
    ]
    assert not found, "write the loop out, or make the array outside"


def test_compiling_is_said_once():
    said = []
    tell_compiling(said.append)
    namespace = {"compiled": compiled, "__name__": "analytics.example"}
    exec("@compiled\ndef twice(x):\n    return x * 2\n", namespace)
    assert namespace["twice"](2.0) == 4.0
    assert namespace["twice"](np.int64(2)) == 4
    assert said == [COMPILING]


NOTEBOOK = """
from analytics.kernels.common.compiled import compiled
namespace = {"compiled": compiled, "__name__": "analytics.example"}
exec("@compiled\\ndef twice(x):\\n    return x * 2\\n", namespace)
"""


@pytest.mark.parametrize("compiles", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_what_a_notebook_compiles_is_said_where_it_was_run(compiles, tmp_path):
    made = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("compiles = False", metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell(NOTEBOOK + "_ = namespace['twice'](2.0) if compiles else None"),
        ]
    )
    nbformat.write(made, tmp_path / "one.ipynb")
    said = []
    tell_compiling(said.append)
    ran = run_notebook(tmp_path / "one.ipynb", {"compiles": compiles}, folder=tmp_path)
    assert said == [COMPILING] * compiles, [cell.get("outputs") for cell in ran.cells]


@pytest.mark.system
def test_a_report_on_a_fresh_machine_says_that_it_compiles_and_never_again(tmp_path):
    pty = pytest.importorskip("pty")

    def told() -> str:
        ours, theirs = pty.openpty()
        words = [sys.executable, "-m", "analytics", "report", "--sample", "--week", "2020-W16"]
        with subprocess.Popen(
            [*words, "-o", str(tmp_path / "out")],
            env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")},
            stdout=subprocess.DEVNULL,
            stderr=theirs,
        ) as running:
            os.close(theirs)
            text = b""
            with contextlib.suppress(OSError):  # the terminal is gone with the process
                while piece := os.read(ours, 4096):
                    text += piece
        os.close(ours)
        assert running.returncode == 0, text
        return " ".join(text.decode().split())

    first = told()
    assert first.count("compiling once on this machine") == 1
    assert "compiling" not in told()


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("monitor", marks=pytest.mark.slow),
        pytest.param("test", marks=pytest.mark.slow),
        pytest.param("evaluate", marks=pytest.mark.system),  # compiles for a quarter of a minute
    ],
)
def test_a_fresh_machine_compiles_little_and_never_again(command, tmp_path):
    def run() -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", COUNT, command, str(tmp_path / "out.txt")],
            env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        found: list[str] = json.loads(done.stdout.splitlines()[-1])
        return found

    assert 0 < len(run()) <= MOST[command]
    if command == "monitor":
        assert run() == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no sockets that are files")
def test_a_kernel_is_spoken_to_by_files_where_their_paths_are_short_enough(tmp_path):
    found = _talks_by(Path("run"))["KernelManager"]
    assert (found["transport"], found["ip"]) == ("ipc", "run/kernel")
    assert "KernelManager" not in _talks_by(Path("a" * 100))
    made = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("", metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell(
                "from ipykernel.kernelapp import IPKernelApp; IPKernelApp.instance().transport"
            ),
        ]
    )
    nbformat.write(made, tmp_path / "one.ipynb")
    ran = run_notebook(tmp_path / "one.ipynb", {}, folder=tmp_path)
    short = len(tempfile.gettempdir()) < 50
    assert ran.cells[-1].outputs[0]["data"]["text/plain"] == repr("ipc" if short else "tcp")


def test_two_that_compile_a_loop_at_one_moment_do_not_get_each_others_code(tmp_path, monkeypatch):
    @compiled
    def twice(values):
        return values * 2

    kept = twice._cache._cache_file
    assert type(kept) is _Named
    one, other, later = (_Named(str(tmp_path), "twice", kept._source_stamp) for _ in range(3))
    with monkeypatch.context() as both:  # neither sees what the other has written
        both.setattr(_Named, "_load_index", lambda self: {})
        one.save("for whole numbers", "code of one")
        other.save("for fractions", "code of the other")
    assert later.load("for fractions") == "code of the other"
    assert later.load("for whole numbers") in (None, "code of one")
    later.save("for whole numbers", "code of one")
    assert (later.load("for whole numbers"), later.load("for fractions")) == (
        "code of one",
        "code of the other",
    )
