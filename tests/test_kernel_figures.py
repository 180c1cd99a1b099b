"""What the kernels return for small arrays is what it was, to nine digits, with compilation or without."""

from __future__ import annotations

import sys
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np
import pytest
from kernel_figures import same_as_stored, stored, told

sys.path.insert(0, str(Path(__file__).resolve().parent / "golden"))

from kernel_cases import ROOMS

RTOL = 1e-9  # of the size of what is added up: the last digits are the libraries' and the machine's
HERE = ("common", "charts")  # the others are in test_kernel_figures_more.py
CASES = [(room, name) for room, module in ROOMS.items() for name in module.CASES]
STORED = {room: stored(room) for room in ROOMS}


@pytest.mark.parametrize("room", ROOMS)
def test_every_case_is_stored(room):
    assert list(STORED[room]) == list(ROOMS[room].CASES)


def test_a_fault_in_any_one_entry_shows():
    values = np.random.default_rng(0).normal(size=40)
    whole = told(values)
    same_as_stored(values, whole, rtol=RTOL)
    for at in range(40):
        for fault in (values[at] * (1 + 1e-6), np.nan, np.inf, -np.inf):
            other = values.copy()
            other[at] = fault
            with pytest.raises(AssertionError):
                same_as_stored(other, whole, rtol=RTOL)
        if at:
            other = values.copy()
            other[[0, at]] = other[[at, 0]]
            with pytest.raises(AssertionError):
                same_as_stored(other, whole, rtol=RTOL)


@pytest.mark.parametrize(("room", "name"), [case for case in CASES if case[0] in HERE])
def test_what_kernels_return_is_what_it_was(room, name):
    check(room, name)


def check(room: str, name: str) -> None:
    """What a case returns is what is stored, and the dataclasses of its room are as all are."""
    with np.errstate(all="ignore"):  # what loops do not warn of when compiled
        found = ROOMS[room].CASES[name]()
    for kind in _classes(room):  # nobody changes them; what holds arrays is not compared
        marks = kind.__dataclass_params__
        assert marks.frozen, kind
        assert "__slots__" in vars(kind), kind
        assert marks.eq != any("Array" in str(field.type) for field in fields(kind)), kind
    same_as_stored(found, STORED[room][name], rtol=RTOL)


def _classes(room: str) -> list[type]:
    return [
        kind
        for name, module in sys.modules.items()
        if name.startswith(f"analytics.kernels.{room}.")
        for kind in vars(module).values()
        if isinstance(kind, type) and kind.__module__ == name and is_dataclass(kind)
    ]
