"""What fuzzing found once stays mended, and a few random inputs are tried with every run of the tests.

The long form is `make torture`; tests/torture/targets.py says what is tried and what a fault is.
"""

from __future__ import annotations

import random
import sys
import zipfile
from pathlib import Path

import pytest

TORTURE = Path(__file__).resolve().parent / "torture"
sys.path.insert(0, str(TORTURE))

from targets import TARGETS, tried  # noqa: E402

KEPT = sorted((TORTURE / "kept").glob("*/*"))
REPLAYED = 8  # every eighth of the kept inputs with each run of the tests, all of them in the long form
TRIALS = 3  # of each target; each costs some hundredths of a second
SEED = 20200413


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.name[:8]}")
def test_what_was_found_stays_mended(path):
    fault = tried(TARGETS[path.parent.name].run, path.read_bytes())
    assert fault is None, repr(fault)


def corpus(name):
    path = TORTURE / "corpus" / f"{name}.zip"
    if not path.is_file():
        return []
    with zipfile.ZipFile(path) as kept:
        return [kept.read(one) for one in kept.namelist()]


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_some_of_what_reached_something_end_in_an_account_or_in_one_error(name):
    for data in corpus(name)[::REPLAYED]:
        fault = tried(TARGETS[name].run, data)
        assert fault is None, (data, repr(fault))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(TARGETS))
def test_what_reached_something_ends_in_an_account_or_in_one_error(name):
    for data in corpus(name):
        fault = tried(TARGETS[name].run, data)
        assert fault is None, (data, repr(fault))


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_damaged_inputs_end_in_an_account_or_in_one_error(name):
    rng = random.Random(SEED)
    seeds = sorted(TARGETS[name].seeds())
    assert seeds
    for trial in range(TRIALS):
        data = bytearray(rng.choice(seeds))
        for _ in range(trial + 1):
            at = rng.randrange(len(data) + 1)
            data[at : at + rng.randrange(9)] = rng.randbytes(rng.randrange(9))
        fault = tried(TARGETS[name].run, bytes(data))
        assert fault is None, (bytes(data), repr(fault))


def test_a_fault_is_seen():
    def broken(data: bytes) -> None:
        raise KeyError(data)

    assert isinstance(tried(broken, b"x"), KeyError)
