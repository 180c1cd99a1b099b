"""The search for repeats among a hundred million identifiers that lie far apart, in little memory.

    python benchmarks/spilling.py            # 10^8 rows, 1.5 GB of Parquet in the temporary folder; records
    python benchmarks/spilling.py --quick    # 4 x 10^6; records nothing

The rows are invented: identifiers of 62 bits, which cannot be ticked off one by one, so that DuckDB groups
them, days, codes and 300 regions; one row in a million is there twice. DuckDB has `MEMORY`, two threads and a
folder of its own to spill to. `bare` is DuckDB's own question, which identifiers stand in several rows; ours
is `scan_incidents` with the search and a count by region and week. Each in a process of its own; what lies in
the folders is looked at every 50 ms, the memory is the most the process ever had.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import recording
from scanning import BEGIN

MEMORY = "1.5GB"
MOST = 3.0  # GB that a process may ever have
_WATCH = (
    BEGIN
    + """
import os, tempfile, threading
os.environ["TMPDIR"] = tempfile.tempdir = sys.argv[2]
spilled, over = 0, threading.Event()
def size():
    found = 0
    for at, _, names in os.walk(sys.argv[2]):
        for name in names:
            try:
                found += os.stat(os.path.join(at, name)).st_blocks * 512
            except OSError:
                pass
    return found
def watch():
    global spilled
    while not over.wait(0.05):
        spilled = max(spilled, size())
threading.Thread(target=watch, daemon=True).start()
"""
)
SIDES = {
    "bare": _WATCH
    + """
import duckdb
connection = duckdb.connect()
connection.execute(f"set threads=2; set memory_limit='{sys.argv[3]}'")
connection.execute(f"set temp_directory='{sys.argv[2]}/bare'")
begin, at = spent(), time.time()
found = connection.execute(f"select GLOBALEVENTID from '{sys.argv[1]}' group by 1 having count(*) > 1")
found = found.fetchall()
told(repeated=len(found), spilled=spilled / 1e9)
""",
    "ours": _WATCH
    + """
from analytics import count_incidents, scan_incidents
import ibis.backends.duckdb
begin, at = spent(), time.time()
scanned = scan_incidents(sys.argv[1], "gdelt", as_of="2021-01-31", memory=sys.argv[3])
scanned.accounting
counts = count_incidents(scanned, by="ActionGeo_ADM1Code")
lost = len(scanned) - int(counts.values.sum())
told(repeated=scanned.repeats.copies, spilled=spilled / 1e9, lost=lost)
""",
}


def write(path: Path, rows: int) -> None:
    """Write invented rows as Parquet, one in a million twice."""
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"""
    set preserve_insertion_order=false; set threads=2; set memory_limit='2GB';
    copy (
      with r as (select case when i % 1000000 = 999999 then i - 1 else i end as i from range({rows}) t(i))
      select (hash(i) >> 2)::bigint as GLOBALEVENTID,
        cast(strftime(date '2018-01-01' + (i * 1095 // {rows})::int, '%Y%m%d') as int) as SQLDATE,
        '19' || (hash(i + 2) % 6) as EventCode, '19' as EventRootCode,
        'C' || lpad((hash(i + 3) % 300)::varchar, 3, '0') as ActionGeo_ADM1Code
      from r
    ) to '{path}' (format parquet, compression zstd)""")


def run(side: str, path: Path, folder: str) -> dict[str, object]:
    with tempfile.TemporaryDirectory(dir=folder) as spill:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", SIDES[side], str(path), spill, MEMORY],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    return json.loads(done.stdout[done.stdout.index('{"cpu"') :].splitlines()[0])  # after a bar of progress


def main() -> int:
    parser = recording.quick_parser(__doc__, "4 x 10^6 rows; records nothing")
    options = parser.parse_args()
    rows = 4_000_000 if options.quick else 100_000_000
    found = []
    with tempfile.TemporaryDirectory(prefix="uptick-spilling-") as folder:
        path = Path(folder) / "rows.parquet"
        write(path, rows)
        size = path.stat().st_size / 1e9
        for side in SIDES:
            found.append({"side": side, **run(side, path, folder)})
            print(found[-1], flush=True)
    table = pd.DataFrame(found)
    if set(table["repeated"]) != {rows // 1_000_000} or table["lost"].iloc[-1]:
        raise SystemExit(f"the sides do not find the same: {found}")
    ratio = table["cpu"] / table["cpu"].iloc[0]
    lines = [
        "# Repeats among identifiers that do not fit in memory",
        "",
        f"{rows:,} invented rows with identifiers of 62 bits, {size:.2f} GB of Parquet, "
        f"{rows // 1_000_000} of them there twice; {MEMORY} for the engine, two threads. "
        "`bare` is the question alone, which identifiers stand in several rows; ours "
        "the whole account, and a count by region and week.",
        "",
        "| side | processor time, s | ratio | wall, s | spilled at once, GB | memory, GB |",
        "|---|---:|---:|---:|---:|---:|",
        *(
            f"| {row.side} | {row.cpu:.1f} | {times:.2f} | {row.wall:.0f} | {row.spilled:.2f} | "
            f"{row.gigabytes:.2f} |"
            for row, times in zip(table.itertuples(), ratio, strict=True)
        ),
        "",
        f"At most {MOST:g} GB for ours, and something spilled. Python {platform.python_version()}, duckdb "
        f"{version('duckdb')}, ibis {version('ibis-framework')}, {platform.machine()}. "
        "`python benchmarks/spilling.py`",
    ]
    ours = table.iloc[-1]
    failed = [] if ours["gigabytes"] <= MOST and (options.quick or ours["spilled"] > 0.1) else ["ours"]
    lines += [f"Not met: {', '.join(failed)}."] if failed else []
    return recording.finish("spilling", lines, table, quick=options.quick, failed=failed)


if __name__ == "__main__":
    raise SystemExit(main())
