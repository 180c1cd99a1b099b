"""Equal rows of Parquet files are put together as grouping them would, or not at all."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from analytics.incidents.lazy import together
from analytics.incidents.lazy.together import put_together

ROWS = 6_000


def written(folder, *tables, row_group_size=1_000):
    paths = []
    for at, table in enumerate(tables):
        paths.append(folder / f"{at}.parquet")
        parquet.write_table(pa.table(table), paths[-1], row_group_size=row_group_size)
    return paths


def tables(seed, kind="int16", low=-40, high=40, missing=True):
    """Rows of a text, a number with some missing, and a number of a narrow kind."""
    rng = np.random.default_rng(seed)
    text = rng.choice([f"place {n}" for n in range(seed + 4)], ROWS)
    mask = rng.random(ROWS) < (0.1 if missing else 0.0)
    return {
        "text": pa.array(text, mask=mask),
        "number": pa.array(rng.integers(0, 9, ROWS), mask=mask),
        "narrow": pa.array(rng.integers(low, high, ROWS, endpoint=True).astype(kind)),
    }


def compared(paths, names):
    """Return whether rows were put together; they are those of the files, each with its number."""
    found = put_together(paths, names, "n")
    if found is None:
        return False
    rows = Counter(
        row
        for path in paths
        for row in zip(*(parquet.read_table(path)[n].to_pylist() for n in names), strict=True)
    )
    keys = zip(*(found[name].to_pylist() for name in names), strict=True)
    assert list(found["n"].to_pylist()) == [rows[key] for key in keys]
    assert len(found) == len(rows)
    return True


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        ("int8", -128, 127),
        ("int8", -100, 100),
        ("uint8", 0, 255),
        ("int16", -40, 40),
        ("int64", -(2**62), -(2**62) + 9),
    ],
)
def test_narrow_numbers_are_told_apart(kind, low, high, tmp_path):
    assert compared(written(tmp_path, tables(1, kind, low, high), tables(2, kind, low, high)), ["narrow"])
    assert compared(written(tmp_path, tables(1, kind, low, high)), ["number", "narrow"])


@pytest.mark.parametrize("limit", ["_PENDING", "_DENSE", "_WIDE"])
def test_however_pieces_are_added_the_sums_are_the_same(limit, tmp_path, monkeypatch):
    monkeypatch.setattr(together, limit, 1)
    monkeypatch.setattr(together, "_PIECE", 500)
    monkeypatch.setattr(together, "_RUN", 1)
    paths = written(tmp_path, *(tables(seed, low=-2, high=2) for seed in (1, 2, 3)))
    assert compared(paths, ["text", "number"])
    assert compared(paths, ["text", "narrow"])


LEFT = {
    "too many cells of a piece": {"_CELLS": 0, "_MOST_CELLS": 10},
    "too many groups": {"_PENDING": 0, "_MOST": 3},
    "too little put together": {"_SHARE": 0.0},
}


@pytest.mark.parametrize("case", LEFT)
def test_what_gains_nothing_is_left_to_the_engine(case, tmp_path, monkeypatch):
    paths = written(tmp_path, tables(1))
    assert put_together(paths, ["text", "number"], "n") is not None
    for name, value in LEFT[case].items():
        monkeypatch.setattr(together, name, value)
    assert put_together(paths, ["text", "number"], "n") is None


def test_a_piece_without_rows_adds_nothing():
    columns = [together._Text(), together._Numbers(pa.int64())]
    groups = together._Groups(columns)
    for rows, names in ((0, []), (3, ["x", "y", "x"])):
        text = pa.array(names, pa.string()).dictionary_encode()
        batch = pa.record_batch([text, pa.array([7] * rows, pa.int64())], names=["a", "b"])
        assert groups.add(*together._counted(batch, columns)) == (rows == 0)  # two groups of three rows
        made = groups.table(["a", "b"], "n").to_pydict()
        assert made == {"a": ["x", "y"][:rows], "b": [7, 7][:rows], "n": [2, 1][:rows]}


def test_more_combinations_than_have_a_number_are_left_to_the_engine(tmp_path):
    # Each column is at most 2^26 apart, all three together 2^78.
    wide = {name: pa.array(np.resize([0, 2**26 - 2], 100)) for name in ("a", "b", "c")}
    assert compared(written(tmp_path, wide), ["a", "b"])
    assert put_together(written(tmp_path, wide), ["a", "b", "c"], "n") is None


def test_pieces_that_are_waited_for_are_left_once_nothing_is_gained(tmp_path, monkeypatch):
    gone = []
    monkeypatch.setattr(together.Future, "cancel", lambda one: gone.append(one))
    monkeypatch.setattr(together, "_RUN", 1)
    monkeypatch.setattr(together, "_SHARE", 0.0)
    paths = written(tmp_path, tables(1), row_group_size=50)
    assert put_together(paths, ["text", "number"], "n") is None
    assert len(gone) >= 2 * min(together.os.cpu_count() or 1, 8)


def test_numbers_that_stand_for_what_is_missing_are_left_to_the_engine(tmp_path):
    lowest = {"narrow": pa.array(np.full(100, np.iinfo(np.int64).min))}
    assert put_together(written(tmp_path, lowest), ["narrow"], "n") is None


def test_files_without_rows_or_of_other_kinds_are_left_to_the_engine(tmp_path):
    empty = {"text": pa.array([], pa.string())}
    assert put_together(written(tmp_path, empty), ["text"], "n") is None
    assert put_together(written(tmp_path, tables(1), {"text": pa.array([1.5])}), ["text"], "n") is None
    assert put_together(written(tmp_path, tables(1)), ["nothing"], "n") is None
    assert compared(written(tmp_path, tables(1), empty), ["text"])
