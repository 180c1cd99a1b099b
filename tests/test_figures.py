"""What every detector and test says of small simulated counts is what it said before."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "golden"))

from make_figures import CASES, FIGURES, QUICK, figures

from analytics.detectors.registry import DETECTORS

RTOL = 1e-6  # roots and fits end within their own tolerances, on other versions at another last digit
ATOL = 1e-9  # zero written as 1e-17
STORED = json.loads(FIGURES.read_text(encoding="utf-8"))


def test_every_case_is_stored_and_every_detector_is_one():
    assert list(STORED) == list(CASES)
    assert {name for name, spec in DETECTORS.items() if spec.by_region} <= CASES.keys()


@pytest.mark.parametrize("name", CASES)
def test_figures_are_what_they_were(name):
    if os.environ.get("NUMBA_DISABLE_JIT") == "1" and name not in QUICK:
        pytest.skip("takes minutes without compilation")
    found, stored = figures(name), STORED[name]
    assert list(found) == list(stored)
    for column, values in stored.items():
        again = f"{column}; wanted? python -W ignore tests/golden/make_figures.py; say why in CHANGELOG.md"
        if any(isinstance(one, str) for one in values):
            assert found[column] == values, again
            continue
        assert [one is None for one in found[column]] == [one is None for one in values], again
        known = [(a, b) for a, b in zip(found[column], values, strict=True) if b is not None]
        assert [a for a, _ in known] == pytest.approx([b for _, b in known], rel=RTOL, abs=ATOL), again
