"""What the kernels return for small arrays is what it was, to nine digits, with compilation or without."""

from __future__ import annotations

import json
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "golden"))

from make_kernel_figures import FIGURES, cases, classes, digest, flat

RTOL = 1e-9  # of the size of what is added up: the last digits are the libraries' and the machine's
HERE = ("common", "charts")  # the others are in test_kernel_figures_more.py
CASES = cases()
STORED = json.loads(FIGURES.read_text(encoding="utf-8"))


def test_every_case_is_stored():
    assert list(STORED) == list(CASES)


def test_a_digest_shows_a_fault_in_any_one_entry():
    values = np.random.default_rng(0).normal(size=40)
    whole = digest(values)
    for at in range(40):
        for fault in (values[at] * (1 + 1e-6), np.nan, np.inf, -np.inf):
            other = values.copy()
            other[at] = fault
            assert not _same(digest(other), whole)
        if at:
            other = values.copy()
            other[[0, at]] = other[[at, 0]]
            assert not _same(digest(other), whole)


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith(HERE)])
def test_what_kernels_return_is_what_it_was(name):
    check(name)


def check(name: str) -> None:
    """What a case returns is what is stored, and the dataclasses of its room are as all are."""
    with np.errstate(all="ignore"):  # what loops do not warn of when compiled
        found, stored = flat(CASES[name]()), STORED[name]
    assert list(found) == list(stored)
    wrong = [key for key, one in stored.items() if not _same(found[key], one)]
    for kind in classes(name.partition(":")[0]):  # nobody changes them; what holds arrays is not compared
        marks = kind.__dataclass_params__
        assert marks.frozen, kind
        assert "__slots__" in vars(kind), kind
        assert marks.eq != any("Array" in str(field.type) for field in fields(kind)), kind
    assert not wrong, "wanted? python -W ignore tests/golden/make_kernel_figures.py; say why in CHANGELOG.md"


def _same(found: list[float], stored: list[float]) -> bool:
    size = RTOL * max(stored[3], found[3]) + 1e-15
    return found[:3] == pytest.approx(stored[:3], abs=1e-9) and found[3:] == pytest.approx(
        stored[3:], rel=0, abs=size
    )
