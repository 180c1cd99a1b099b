"""Equal rows of Parquet files put together are those that a table of all rows gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from analytics.incidents.lazy import together
from analytics.incidents.lazy.together import put_together

SCHEMA = pa.schema([("name", pa.string()), ("day", pa.int32()), ("code", pa.int64())])


def rows(seed: int, size: int, blank: float, wide: bool) -> pa.Table:
    rng = np.random.default_rng(seed)
    day = rng.choice([20191231, 20200101, -5] if wide else [3, 4, 5, 9], size)
    code = rng.choice([2**53 + 1, 2**53, -(2**62)] if wide else [0, 1], size)
    return pa.table(
        {
            "name": pa.array(
                rng.choice(["Kirkuk", "", "kirkuk ", "Erbīl"], size), mask=rng.random(size) < blank
            ),
            "day": pa.array(day, mask=rng.random(size) < blank, type=pa.int32()),
            "code": pa.array(code, mask=rng.random(size) < blank / 2),
        },
        schema=SCHEMA,
    )


def counted(table: pa.Table, names: list[str]) -> list[dict[str, object]]:
    grouped = table.select(names).append_column("n", pa.array(np.ones(len(table), dtype=np.int64)))
    return in_order(grouped.group_by(names).aggregate([("n", "sum")]).rename_columns([*names, "n"]))


def in_order(table: pa.Table) -> list[dict[str, object]]:
    return sorted(table.to_pylist(), key=lambda row: [str(value) for value in row.values()])


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    sizes=st.lists(st.integers(20, 400), min_size=1, max_size=3),
    blank=st.sampled_from([0.0, 0.2]),
    wide=st.booleans(),
    names=st.sampled_from([["name", "day"], ["day"], ["name", "day", "code"], ["code", "name"]]),
    piece=st.sampled_from([64, 1 << 18]),
    pending=st.sampled_from([1, 1 << 22]),
    dense=st.sampled_from([1, 1 << 26]),
)
def test_groups_are_those_of_all_rows(
    tmp_path_factory, seed, sizes, blank, wide, names, piece, pending, dense
):
    folder = tmp_path_factory.mktemp("rows")
    whole = [rows(seed + at, size, blank, wide) for at, size in enumerate(sizes)]
    files = [folder / f"{at}.parquet" for at in range(len(whole))]
    for one, path in zip(whole, files, strict=True):
        parquet.write_table(one, path, row_group_size=150)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(together, "_PIECE", piece)
        patch.setattr(together, "_PENDING", pending)
        patch.setattr(together, "_DENSE", dense)
        patch.setattr(together, "_SHARE", 1.0)
        found = put_together(files, names, "n")
    assert found.schema.field("n").type == pa.int64()
    assert [found.schema.field(name).type for name in names] == [SCHEMA.field(name).type for name in names]
    assert in_order(found) == counted(pa.concat_tables(whole), names)


def test_what_gains_nothing_is_left_to_the_engine(tmp_path):
    one, other = tmp_path / "one.parquet", tmp_path / "other.parquet"
    frame = pd.DataFrame({"id": range(1000), "share": np.linspace(0, 1, 1000), "n": [1] * 1000})
    frame.to_parquet(one, index=False)
    frame.astype({"n": "int32"}).to_parquet(other, index=False)
    assert put_together([one], ["id"], "u_n") is None  # as many values as rows
    assert put_together([one], ["share"], "u_n") is None  # not whole
    assert put_together([one], ["nowhere"], "u_n") is None
    assert put_together([one, other], ["n"], "u_n") is None  # of two types
    assert put_together([one], [], "u_n") is None
    assert put_together([one], ["n"], "u_n").to_pylist() == [{"n": 1, "u_n": 1000}]
