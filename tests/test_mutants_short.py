"""The short form of the mutants: small faults put into the adjustment of p-values are seen by its tests.

And how the long form tells a fault that is seen from one whose tests never end, or never began.
"""

from __future__ import annotations

import ast
import copy
import importlib.util
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from analytics.kernels.common import multiplicity

LEAST = 85  # per cent, as of the long form (tests/torture/mutants.py)
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.LtE: ast.Lt, ast.Eq: ast.NotEq, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div,
    ast.Div: ast.Mult, ast.BitAnd: ast.BitOr, ast.Invert: ast.UAdd, ast.And: ast.Or,
}  # fmt: skip
TESTS = (
    "test_q_values_and_levels_are_those_of_the_definition",
    "test_no_p_values_at_all",
    "test_q_values_are_scipys",
)


def mutants(source: str) -> Iterator[tuple[str, ast.Module]]:
    """One fault each: an operator turned into its opposite, or a number made one more."""
    tree = ast.parse(source)
    places = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inside = [node for function in places for part in function.body for node in ast.walk(part)]
    for at, node in enumerate(inside):
        changed = copy.deepcopy(tree)
        functions = [one for one in ast.walk(changed) if isinstance(one, ast.FunctionDef)]
        twin = [one for function in functions for part in function.body for one in ast.walk(part)][at]
        if isinstance(twin, ast.Constant) and type(twin.value) in (int, float):
            twin.value += 1
        elif isinstance(twin, ast.Compare) and type(twin.ops[0]) in SWAPS:
            twin.ops[0] = SWAPS[type(twin.ops[0])]()
        elif isinstance(twin, ast.BinOp | ast.UnaryOp | ast.BoolOp) and type(twin.op) in SWAPS:
            twin.op = SWAPS[type(twin.op)]()
        else:
            continue
        yield f"line {node.lineno}: {ast.unparse(twin)}", ast.fix_missing_locations(changed)


def seen(module: ModuleType, asked: ModuleType) -> bool:
    """Whether one of the tests fails with this module in the place of the package's."""
    for name in multiplicity.__all__:
        setattr(asked, name, getattr(module, name))
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in TESTS:
                for seed in range(3):
                    getattr(asked, name)(*[seed] if "no_p_values" not in name else [])
    except Exception:
        return True
    return False


def module_at(path: Path, name: str) -> ModuleType:
    """What stands in a file, as a module of its own."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def asked() -> ModuleType:
    """The tests, as a module of their own."""
    return module_at(Path(__file__).with_name("test_kernel_references.py"), "asked_of_mutants")


@pytest.fixture(scope="module")
def forked() -> ModuleType:
    """How the long form runs tests in forks."""
    return module_at(Path(__file__).with_name("torture") / "forked.py", "forked_of_mutants")


def ends(test: str, how: str) -> Callable[[Any], int]:
    """What a fork does that runs a test, or none yet, and ends so."""

    def work(line: Any) -> int:
        line.runs(test)
        while how == "never":
            pass
        if how == "an error":
            raise MemoryError("too much")
        if how == "fails":
            line.says(test)
            os._exit(1)
        if how == "ends the process":
            os._exit(3)
        if how == "beyond its clock":
            os._exit(97)
        line.runs("")
        return 0 if how == "passes" else 2

    return work


TEST = "tests/test_a.py::test_b"


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="forks are waited for as Linux alone can")
@pytest.mark.parametrize(
    ("test", "how", "end", "by"),
    [
        (TEST, "passes", "not seen", ""),
        (TEST, "fails", "seen", TEST),
        pytest.param(TEST, "never", "ran on", TEST, marks=pytest.mark.slow),
        (TEST, "beyond its clock", "ran on", TEST),
        (TEST, "an error", "seen", "by an error outside the tests: MemoryError: too much"),
        (TEST, "ends the process", "seen", "by the process that ended"),
        pytest.param("", "never", "not seen", None, marks=pytest.mark.slow),
        ("", "an error", "not seen", None),
        ("", "ends the process", "not seen", None),
        ("", "some are not collected", "not seen", None),
    ],
)
def test_a_fault_is_seen_by_a_test_that_fails_and_told_apart_where_one_never_ends(forked, test, how, end, by):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads
        found = forked.outcome(forked.forked(ends(test, how), 0))
    assert found == (end, forked.NO_TEST if by is None else by)


def test_faults_in_the_adjustment_are_seen(asked):
    source = Path(multiplicity.__file__).read_text(encoding="utf-8")
    assert not seen(multiplicity, asked)
    missed, tried = [], 0
    for told, tree in mutants(source):
        module = ModuleType("mutant")
        exec(compile(tree, multiplicity.__file__, "exec"), module.__dict__)
        tried += 1
        if not seen(module, asked):
            missed.append(told)
    assert tried > 40
    assert 100 * (1 - len(missed) / tried) >= LEAST, missed
