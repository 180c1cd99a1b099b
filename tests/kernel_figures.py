"""Figures of kernels on small arrays, held to those that were written down, to ten digits.

They are not known to be right, only to be what they were: each line of a kernel is so held to its figure
where no independent reference can be had. `python -W ignore tests/golden/make_kernels.py` writes them anew.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parent / "golden" / "kernels"
MOST = 16  # numbers of an array that are written down; of a longer one weighted sums, which see each of them
DIGITS = 12
RTOL = 1e-8  # roots and fits end within their own tolerances, on other versions at another last digit
ATOL = 1e-11  # zero written as 1e-17
Cases = Mapping[str, Callable[[], Any]]


def told(value: Any, name: str = "") -> dict[str, list[Any]]:
    """Everything that was found, by name: the numbers of arrays, of long ones weighted sums."""
    if is_dataclass(value) and not isinstance(value, type):
        parts = [(field.name, getattr(value, field.name)) for field in fields(value)]
    elif isinstance(value, Mapping):
        parts = list(value.items())
    elif isinstance(value, tuple | list) and not all(isinstance(one, str) for one in value):
        parts = list(enumerate(value))
    else:
        return {name: _written(value)}
    return {key: kept for part, one in parts for key, kept in told(one, f"{name}.{part}".lstrip(".")).items()}


def _written(value: Any) -> list[Any]:
    if value is None or isinstance(value, str | tuple | list):
        return [value] if value is None or isinstance(value, str) else list(value)
    array = np.asarray(value)
    flat = array.ravel().astype(float)
    if flat.size <= MOST:
        return [[*array.shape], *map(_number, flat)]
    known = np.isfinite(flat)
    some = flat[known]
    sums = [(some * (0.5 + np.arange(some.size) * root % 1.0)).sum() for root in (math.sqrt(5), math.pi)]
    where = [float((np.flatnonzero(kind(flat)) + 1.0).sum()) for kind in (np.isnan, np.isposinf, np.isneginf)]
    return [[*array.shape], *map(_number, (*sums, np.abs(some).sum(), *where))]


def _number(value: float) -> float | str:
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else str(float(value))


def stored(module: str) -> dict[str, Any]:
    """The figures of a module of tests."""
    path = FOLDER / f"{module}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def same_as_stored(found: Any, figures: Mapping[str, list[Any]], *, rtol: float = RTOL) -> None:
    """Assert that all that was found is what it was."""
    now = told(found)
    assert list(now) == list(figures)
    for name, was in figures.items():
        assert len(now[name]) == len(was), name
        scale = max((abs(one) for one in was if isinstance(one, float)), default=0.0)
        long = math.prod(was[0]) > MOST if was and isinstance(was[0], list) else False
        for one, other in zip(now[name], was, strict=True):
            if not (isinstance(one, float) and isinstance(other, float)):
                assert one == other, f"{name}: {one}, was {other}"
                continue
            allowed = ATOL + rtol * (scale if long else abs(other))
            assert abs(one - other) <= allowed, f"{name}: {one}, was {other}"


def assert_kept(kind: type, *, equal: bool = False, slots: bool = True) -> None:
    """Assert that what holds arrays stays as it was made, has no room for more, and equals itself alone."""
    one, other = object.__new__(kind), object.__new__(kind)
    with pytest.raises(FrozenInstanceError):
        setattr(one, fields(kind)[0].name, 0)  # type: ignore[arg-type]
    assert hasattr(one, "__dict__") == (not slots)
    if not equal:
        assert one == one
        assert one != other


def write(module: str, cases: Cases) -> None:
    """Write the figures of a module of tests anew."""
    found = {name: told(case()) for name, case in cases.items()}
    lines = [
        f"{json.dumps(name)}: {{\n"
        + ",\n".join(f"  {json.dumps(key)}: {json.dumps(kept)}" for key, kept in of.items())
        + "\n}"
        for name, of in found.items()
    ]
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{module}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
