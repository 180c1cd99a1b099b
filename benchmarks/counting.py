"""Counting incidents in memory to days x 10,000 regions, beside pandas, Polars, DuckDB and bare NumPy.

    python benchmarks/counting.py            # 10^6 and 10^7 incidents; records the result
    python benchmarks/counting.py --quick    # 10^5

Each program has the same invented rows in its own memory (a day, a region as text, fatalities), and makes the
dense grid of 3,650 days and 10,000 regions from them: of incidents, and of fatalities. `numpy` is what is
left if nothing is checked: pandas' factorize and one bincount. Ours gives the coverage, the account of every
row, what is dated coarsely, what could not be placed, and looks for silences beside. Polars is a peer if it
is installed.
"""

from __future__ import annotations

import platform
import sys

import numpy as np
import pandas as pd
import recording
from peers import in_turn, versions

SEED, DAYS, REGIONS = 20200413, 3650, 10_000
FIRST = np.datetime64("2010-01-01")

_ROWS = """
from counting import rows
days, regions, names, dead = rows(int(float(sys.argv[1])))
"""
WORKS = {
    "ours": """
from counting import incidents
from analytics import count_incidents
given, value = incidents(int(float(sys.argv[1]))), sys.argv[2]
begin()
grid = count_incidents(given, freq="day", as_of=given.last_date, value=value)
end()
assert grid.values.shape == (3650, 10000)
""",
    "numpy": _ROWS
    + """
import numpy as np, pandas as pd
text = pd.Series(pd.array(names, dtype="str").take(regions))
days = days.astype("datetime64[us]")
begin()
codes, found = pd.factorize(text)
row = (days.astype("datetime64[D]") - days[0].astype("datetime64[D]")).astype("int64")
weights = dead if sys.argv[2] == "fatalities" else None
grid = np.bincount(row * len(found) + codes, weights, 3650 * len(found)).reshape(3650, -1)
end()
""",
    "pandas": _ROWS
    + """
import pandas as pd
frame = pd.DataFrame({"day": days.astype("datetime64[us]"),
                      "region": pd.array(names, dtype="str").take(regions), "dead": dead})
del days, regions, dead
begin()
groups = frame.groupby(["day", "region"])["dead"]
grid = (groups.sum() if sys.argv[2] == "fatalities" else groups.size()).unstack(fill_value=0)
end()
assert grid.shape == (3650, 10000)
""",
    "polars": _ROWS
    + """
import numpy as np, polars as pl
days_first = days[0].item()
frame = pl.DataFrame({"day": days, "region": pl.Series(names)[regions], "dead": dead})
del days, regions, dead
begin()
value = pl.col("dead").sum() if sys.argv[2] == "fatalities" else pl.len()
counts = frame.lazy().group_by("day", "region").agg(value.alias("n")).with_columns(
    pl.col("region").rank("dense") - 1, (pl.col("day") - pl.lit(days_first)).dt.total_days()).collect()
grid = np.zeros((3650, 10000), dtype=np.int64)
grid[counts["day"].to_numpy(), counts["region"].to_numpy()] = counts["n"].to_numpy()
end()
""",
    "duckdb": _ROWS
    + """
import duckdb, numpy as np, pyarrow as pa
inputs = pa.table({"day": pa.array(days), "region": pa.array(names).take(pa.array(regions)), "dead": dead})
base = duckdb.connect()
base.execute("CREATE TABLE given AS SELECT * FROM inputs")
del days, regions, dead, inputs
begin()
value = "sum(dead)" if sys.argv[2] == "fatalities" else "count(*)"
found = base.execute(f'''
    WITH code AS (SELECT region, row_number() OVER () - 1 AS c
        FROM (SELECT DISTINCT region FROM given))
    SELECT day - DATE '2010-01-01' AS d, c, {value}::BIGINT AS n
    FROM given JOIN code USING (region) GROUP BY ALL
''').fetchnumpy()
grid = np.zeros((3650, 10000), dtype=np.int64)
grid[found["d"], found["c"]] = found["n"]
end()
""",
}


def rows(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Invented days (in order, all of them), places of regions, their names, and fatalities."""
    rng = np.random.default_rng(SEED)
    day = np.sort(np.r_[np.arange(DAYS), rng.integers(0, DAYS, size - DAYS)])
    region = np.r_[np.arange(REGIONS), rng.integers(0, REGIONS, size - REGIONS)]
    names = np.array([f"District {at:05d}" for at in range(REGIONS)])
    return FIRST + day, region, names, rng.poisson(0.8, size)


def incidents(size: int):
    """The same rows as incidents."""
    from analytics._coded import repeated
    from analytics.incidents import Incidents, RowAccounting
    from analytics.schema import validate

    days, regions, names, dead = rows(size)
    index = pd.RangeIndex(size)
    day = pd.Series(days.astype("datetime64[us]"))
    words = {"source": "simulated", "initiator": "unknown", "initiator_basis": "unknown", "activity": "other"}
    frame = validate(
        pd.DataFrame(
            {
                "incident_id": pd.Series(np.arange(size)).astype("str"),
                "date_start": day,
                "date_end": day,
                "date_precision": pd.array(np.zeros(size, int), dtype="Int64"),
                "country": repeated("Inventia", index),
                "admin1": pd.Series(pd.array(names, dtype="str").take(regions)),
                "fatalities": pd.array(dead, dtype="Int64"),
            }
            | {name: repeated(word, index) for name, word in words.items()},
            copy=False,
        )
    )  # fmt: skip
    frame["row"], frame["flags"] = np.arange(2, size + 2), repeated("", index)
    return Incidents(
        frame, pd.DataFrame(index=index), pd.DataFrame(), RowAccounting(size, size, {}, {}), "simulated",
        simulated=True,
    )  # fmt: skip


def main() -> int:
    given = recording.quick_parser(__doc__, "10^5 incidents, one round, nothing recorded").parse_args()
    lines = [
        "# Counting incidents in memory", "",
        f"Invented rows, {DAYS:,} days x {REGIONS:,} regions with names; processor seconds and MB over what",
        "was held: medians of three rounds (a million) or one (ten million), each in a new process, in turn.",
        "`python benchmarks/counting.py`", "",
        "| incidents | what is summed | program | seconds | ours / it | MB |", "|---|---|---|---:|---:|---:|",
    ]  # fmt: skip
    for size, rounds in ((100_000, 1),) if given.quick else ((1_000_000, 3), (10_000_000, 1)):
        for value in ("incidents", "fatalities"):
            found = in_turn(WORKS, [str(size), value], rounds)
            for name, (seconds, more, _) in found.items():
                ratio = found["ours"][0] / seconds
                lines.append(f"| {size:,} | {value} | {name} | {seconds:.2f} | {ratio:.2f} | {more:,.0f} |")
    lines += ["", f"{versions(WORKS)}; Python {platform.python_version()}; seed {SEED}"]
    print("\n".join(lines))
    if not given.quick:
        recording.record("counting", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
