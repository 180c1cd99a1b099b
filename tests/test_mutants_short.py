"""The short form of the mutants: small faults put into the adjustment of p-values are seen by its tests."""

from __future__ import annotations

import ast
import copy
import importlib.util
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

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


@pytest.fixture(scope="module")
def asked() -> ModuleType:
    """The tests, as a module of their own."""
    path = Path(__file__).with_name("test_kernel_references.py")
    spec = importlib.util.spec_from_file_location("asked_of_mutants", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
