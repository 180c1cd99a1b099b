"""Ten million rows of text, counted piece by piece, beside pandas in chunks and DuckDB.

    python benchmarks/text_in_pieces.py            # 10^7 rows, about 3 GB in the temporary folder; records
    python benchmarks/text_in_pieces.py --quick    # 3 x 10^5; records nothing

The rows are invented in the shape of an ACLED export, with 19 of its 31 columns (those that say twice what
others say, and the names of groups beside the actors, are left out). Each side counts by week and admin1, in
a process of its own, in turn. pandas reads half a million rows at a time as text, turns the dates to weeks
and adds the groups up; DuckDB does the same in one query. Neither checks anything or looks for repeated
identifiers. Ours is `scan_incidents` and `count_incidents`: every row accounted for, with the search for
repeats.
"""

from __future__ import annotations

import platform
import tempfile
from pathlib import Path

import pandas as pd
import recording
from peers import in_turn, versions

SIDES = {
    "ours": """
from analytics import count_incidents, scan_incidents
import ibis.backends.duckdb
begin()
scanned = scan_incidents(sys.argv[1], "acled", as_of="2021-01-31", memory="2GB")
counts = count_incidents(scanned, by="admin1")
scanned.accounting
end()
assert counts.values.sum() == int(sys.argv[2])
""",
    "pandas in chunks": """
import pandas as pd
begin()
total = None
for part in pd.read_csv(sys.argv[1], dtype=str, chunksize=500_000):
    week = pd.to_datetime(part["event_date"]).dt.to_period("W-SUN")
    one = part.groupby([week, "admin1"]).size()
    total = one if total is None else total.add(one, fill_value=0)
end()
assert total.sum() == int(sys.argv[2])
""",
    "duckdb": """
import duckdb
connection = duckdb.connect()
connection.execute("set threads=2; set memory_limit='2GB'")
begin()
found = connection.execute(
    "select date_trunc('week', event_date::date), admin1, count(*) from read_csv(?, all_varchar = true) "
    "group by all", [sys.argv[1]]).fetchall()
end()
assert sum(row[2] for row in found) == int(sys.argv[2])
""",
}


def write(path: Path, rows: int) -> None:
    """Write invented rows as text."""
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"""
    set threads=2; set memory_limit='2GB';
    copy (
      select 'XYZ' || i as event_id_cnty,
        strftime(date '2018-01-01' + (i * 1095 // {rows})::int, '%Y-%m-%d') as event_date,
        2018 + (i * 3 // {rows}) as year, 1 + hash(i) % 2 as time_precision,
        ['Battles', 'Protests', 'Violence against civilians'][(1 + hash(i + 1) % 3)::int] as event_type,
        ['Armed clash', 'Peaceful protest', 'Attack'][(1 + hash(i + 1) % 3)::int] as sub_event_type,
        'Invented Group ' || hash(i + 2) % 60 as actor1, 'Invented Group ' || hash(i + 3) % 60 as actor2,
        ['State forces', 'Rebel group', 'Political militia'][(1 + hash(i + 4) % 3)::int] as inter1,
        'Inventia' as country, 'Province ' || (hash(i + 5) % 2000) % 40 as admin1,
        'Village ' || hash(i + 5) % 2000 as location, 30 + (hash(i + 5) % 2000) * 0.0035 as latitude,
        40 + (hash(i + 5) % 2000) * 0.004 as longitude, 1 + hash(i + 6) % 3 as geo_precision,
        'Invented Gazette ' || hash(i + 7) % 300 as source,
        'An invented note, number ' || i || ', as long as notes in such files often are: "who" is said to '
          || 'have done what to whom, where, with which arms, and how many were hurt' as notes,
        hash(i + 8) % 5 as fatalities, 1600000000 + i // 100 * 60 as timestamp
      from range({rows}) t(i)
    ) to '{path}' (format csv, header)""")


def main() -> int:
    parser = recording.quick_parser(__doc__, "3 x 10^5 rows; records nothing")
    options = parser.parse_args()
    rows = 300_000 if options.quick else 10_000_000
    with tempfile.TemporaryDirectory(prefix="uptick-text-") as folder:
        path = Path(folder) / "acled.csv"
        write(path, rows)
        size = path.stat().st_size / 1e6
        found = in_turn(SIDES, [str(path), str(rows)], 1)
    table = pd.DataFrame(
        [{"program": name, "cpu": cpu, "megabytes": most} for name, (cpu, _, most) in found.items()]
    )
    ours = table["cpu"].iloc[0]
    lines = [
        "# Ten million rows of text",
        "",
        f"{rows:,} invented rows in the shape of an ACLED export, 19 columns, {size:,.0f} MB of text, "
        "counted by week and admin1. Ours checks and accounts for every row and looks for repeated "
        "identifiers, the others do not. Processor seconds and the most memory of the process.",
        "",
        "| program | seconds | ours / it | MB | times the text |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {row.program} | {row.cpu:.1f} | {ours / row.cpu:.2f} | {row.megabytes:,.0f} | "
            f"{row.megabytes / size:.2f} |"
            for row in table.itertuples()
        ),
        "",
        f"{versions(SIDES)}; Python {platform.python_version()}. `python benchmarks/text_in_pieces.py`",
    ]
    return recording.finish("text_in_pieces", lines, table, quick=options.quick, failed=[])


if __name__ == "__main__":
    raise SystemExit(main())
