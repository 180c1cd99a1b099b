"""What the bundled SIMULATED samples say is what the stored golden files say, word for word."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

GOLDEN = Path(__file__).resolve().parent / "golden"
RTOL = 1e-9  # floats of CSV and JSON: another order of a sum moves the last digits
ATOL = 1e-12  # zero written as 1e-17
VERSION = re.compile(r"\b\d+\.\d+\.\d+\b")  # of Python and packages, which the answers state
NUMBER = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?")


# What the plain test command compares; the others are compared by make test-slow, before a change lands.
SOME = ("check.txt", "test.txt", "test.json", "claims.txt", "monitor.txt", "report_2020-W16.typ")


def make(folder, *names):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(GOLDEN / "make_golden.py"), str(folder), *names],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


@pytest.fixture(scope="module")
def some(tmp_path_factory):
    return make(tmp_path_factory.mktemp("some"), *SOME)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("golden"))


def compare(made, path):
    then, now = (
        VERSION.sub("V", one.read_text(encoding="utf-8")).splitlines() for one in (path, made / path.name)
    )
    again = "wanted? python -W ignore tests/golden/make_golden.py writes it anew; say why in CHANGELOG.md"
    assert len(now) == len(then), again
    for old, new in zip(then, now, strict=True):
        assert NUMBER.sub("#", new) == NUMBER.sub("#", old), again
        for a, b in zip(NUMBER.findall(old), NUMBER.findall(new), strict=True):
            assert float(b) == pytest.approx(float(a), rel=RTOL, abs=ATOL), (old, new)


@pytest.mark.parametrize("name", [*SOME, "report_2020-W16.html"])
def test_the_main_answers_are_the_same(some, name):
    compare(some, GOLDEN / "sample" / name)


@pytest.mark.slow
def test_no_file_is_missing_or_new(made):
    assert sorted(p.name for p in made.iterdir()) == sorted(p.name for p in (GOLDEN / "sample").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted((GOLDEN / "sample").iterdir()), ids=lambda p: p.name)
def test_words_are_the_same_and_floats_agree(made, path):
    compare(made, path)
