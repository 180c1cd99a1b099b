"""A hundred million rows in the shape of GDELT, counted where they lie, beside DuckDB alone.

    python benchmarks/scanning.py            # 10^8 rows, 2 GB of Parquet in the temporary folder; records
    python benchmarks/scanning.py --quick    # 4 x 10^6

The rows are invented: fourteen of GDELT's columns, 4,000 places in 300 regions, three years, one row in 25
dated some days before its article. `bare` is one query of DuckDB's own: rows by region and week, nothing
checked. Ours is `scan_incidents` and `count_incidents`: days, coordinates and reports checked, every row
accounted for, by day and region, once without and once with the search for identifiers that stand in several
rows. All are counted in one process each, in turn, twice; the least processor time of each is shown. Two
threads, and 2 GB for the engine, which spills the rest.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import recording

DAYS = 1_095
BEGIN = """
import json, resource, sys, time
def spent():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
def told(**more):
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps(dict(cpu=spent() - begin, wall=time.time() - at, gigabytes=most, **more)))
"""
_BARE = (
    BEGIN
    + """
import duckdb
connection = duckdb.connect()
connection.execute(f"set threads=2; set memory_limit='2GB'; set temp_directory='{sys.argv[2]}'")
begin, at = spent(), time.time()
found = connection.execute(f'''
    select ActionGeo_ADM1Code, date_trunc('week', try_strptime(cast(SQLDATE as varchar), '%Y%m%d')) as week,
    count(*) as n from '{sys.argv[1]}' group by 1, 2''').fetchall()
told(rows=sum(row[2] for row in found))
"""
)
_OURS = (
    BEGIN
    + """
from analytics import count_incidents, scan_incidents
import ibis.backends.duckdb
begin, at = spent(), time.time()
scanned = scan_incidents(sys.argv[1], "gdelt", as_of="2021-01-31", memory="2GB", repeats=REPEATS)
counts = count_incidents(scanned, by="ActionGeo_ADM1Code")
told(rows=int(counts.values.sum()), account=str(counts.accounting), kept=len(scanned))
"""
)
SIDES = {
    "bare": _BARE,
    "ours, no search for repeats": _OURS.replace("REPEATS", "False"),
    "ours": _OURS.replace("REPEATS", "True"),
}


def write(path: Path, rows: int) -> None:
    """Write invented rows as Parquet."""
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"""
    set preserve_insertion_order=false; set threads=2; set memory_limit='2GB';
    create table places as select i as place, (i * 7919) % 300 as region,
      case when i % 10 < 6 then 4 when i % 10 < 8 then 5 else 1 end as kind,
      'C' || (((i * 7919) % 300) % 12) as country,
      round(-60 + (hash(i) % 120000) / 1000.0, 3) as north,
      round(-170 + (hash(i + 1) % 340000) / 1000.0, 3) as east from range(4000) t(i);
    create table days as select i as day,
      cast(strftime(date '2018-01-01' + i::int, '%Y%m%d') as int) as written from range({DAYS} + 5) t(i);
    create table codes as select i as code, lpad((i % 20 + 1)::varchar, 2, '0') as root from range(140) t(i);
    copy (
      select 700000000 + i as GLOBALEVENTID, d.written as SQLDATE, e.root || (e.code % 7) as EventCode,
        e.root as EventRootCode, (hash(i + 5) % 20 + 1)::int as NumMentions,
        (hash(i + 6) % 1000000007) / 50000000.35 - 10 as AvgTone, p.kind as ActionGeo_Type,
        'Place ' || p.place || ', Province ' || p.region || ', Country ' || p.region % 12
          as ActionGeo_FullName,
        p.country as ActionGeo_CountryCode, p.country || lpad(p.region::varchar, 3, '0')
          as ActionGeo_ADM1Code,
        p.north as ActionGeo_Lat, p.east as ActionGeo_Long, a.written as DATEADDED
      from (select i, (i * {DAYS} // {rows}) + 3 as added from range({rows}) t(i)) r
      join places p on p.place = ((hash(i) % 2000) * (hash(i + 1) % 2000)) // 1000
      join codes e on e.code = hash(i + 2) % 140
      join days a on a.day = added
      join days d on d.day = added - case when hash(i + 3) % 25 = 0 then hash(i + 4) % 4 else 0 end
    ) to '{path}' (format parquet, compression zstd)""")


def run(side: str, path: Path, spill: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SIDES[side], str(path), spill],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout[done.stdout.index('{"cpu"') :].splitlines()[0])  # after a bar of progress


def main() -> int:
    parser = recording.quick_parser(__doc__, "4 x 10^6 rows; records nothing")
    parser.add_argument("--file", type=Path, help="where the rows are, or are to be kept")
    options = parser.parse_args()
    rows = 4_000_000 if options.quick else 100_000_000
    with tempfile.TemporaryDirectory(prefix="uptick-scanning-") as folder:
        path = options.file or Path(folder) / "rows.parquet"
        if not path.exists():
            begin = time.time()
            write(path, rows)
            print(f"written in {time.time() - begin:.0f} s, {path.stat().st_size / 1e9:.2f} GB", flush=True)
        found = []
        for turn in range(2):
            for side in SIDES:
                found.append({"side": side, "turn": turn + 1, **run(side, path, folder)})
                print(found[-1], flush=True)
        size = path.stat().st_size / 1e9
    table = pd.DataFrame(found)
    if set(table["rows"]) != {rows}:
        raise SystemExit(f"the sides do not count the same: {table['rows'].tolist()}")
    best = table.groupby("side", sort=False)[["cpu", "gigabytes"]].agg({"cpu": "min", "gigabytes": "max"})
    best["ratio"] = best["cpu"] / best.loc["bare", "cpu"]
    bars = {"ours, no search for repeats": 1.5, "ours": 4.0}
    lines = [
        "# Rows counted where they lie",
        "",
        f"{rows:,} invented rows in the shape of GDELT, {size:.2f} GB of Parquet, by region and week, two "
        "threads.",
        "",
        "| side | processor time, s | ratio to the bare query | at most | memory, GB |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {side} | {row.cpu:.1f} | {row.ratio:.2f} | {bars.get(str(side), '')} | {row.gigabytes:.2f} |"
            for side, row in best.iterrows()
        ),
        "",
        f"Python {platform.python_version()}, duckdb {version('duckdb')}, ibis {version('ibis-framework')}, "
        f"{platform.machine()}. `python benchmarks/scanning.py`",
    ]
    failed = [side for side, bar in bars.items() if best.loc[side, "ratio"] > bar]
    failed += [str(side) for side in best.index if best.loc[side, "gigabytes"] > 3]
    lines += [f"Not met: {', '.join(failed)}."] if failed else []
    return recording.finish("scanning", lines, table, quick=options.quick, failed=failed)


if __name__ == "__main__":
    raise SystemExit(main())
