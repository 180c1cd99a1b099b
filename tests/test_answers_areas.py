"""Whole answers of counting by regions on the map are what they were."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "golden"))

from make_answers import cases, differences, stored, told

pytest.importorskip("shapely")

CASES = cases("areas")
STORED = json.loads(stored("areas").read_text(encoding="utf-8"))


def test_every_case_is_stored():
    assert list(STORED) == list(CASES)


@pytest.mark.parametrize("name", CASES)
def test_the_whole_answer_is_what_it_was(name):
    other = differences(told(CASES[name]()), STORED[name])
    assert not other, "wanted? python -W ignore tests/golden/make_answers.py; say why in CHANGELOG.md"
