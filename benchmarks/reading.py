"""How long it takes to read 100,000 incidents: invented rows in the shape of an ACLED export (31 columns).

    python benchmarks/reading.py [--rows 100000] [--repeats 5] [--write]
    python benchmarks/reading.py --against CHECKOUT     # processor time beside another commit's, in turn
    python benchmarks/reading.py --peer                 # beside pandas, Polars and DuckDB; records the result

The bar is 2 seconds on two cores. With --write the result is recorded in benchmarks/results/reading.txt.
With --against the same rows, as an export of ACLED and as a plain table, are read by this checkout and by
another in processes of their own, in turn; the ratio is that of the medians of each process's best reading.
With --peer the file is read and counted by day and admin1, each time in a process of its own, in turn; the
others read it as text, check nothing and keep no account. The bars are pandas' time and, for a million rows,
1.5 GB.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import recording
from peers import in_turn, versions

from analytics import count_incidents, read_incidents

SEED = 20200413
BAR = 2.0
PART = 250_000  # rows invented at a time
PEER_ROUNDS = ((100_000, 3), (1_000_000, 2))
COUNT_BAR = 0.1  # seconds, for counting them
RESULT = Path(__file__).parent / "results" / "reading.txt"
EVENTS = (
    ("Political violence", "Battles", "Armed clash"),
    ("Political violence", "Explosions/Remote violence", "Remote explosive/landmine/IED"),
    ("Political violence", "Explosions/Remote violence", "Air/drone strike"),
    ("Political violence", "Violence against civilians", "Attack"),
    ("Strategic developments", "Strategic developments", "Arrests"),
    ("Demonstrations", "Protests", "Peaceful protest"),
)


PEERS = {
    "ours": """
from analytics import count_incidents, read_incidents
begin()
incidents = read_incidents(sys.argv[1])
count_incidents(incidents, freq="day", by="admin1", as_of=incidents.last_date)
end()
""",
    "ours without pyarrow": """
sys.modules["pyarrow"] = None
from analytics import count_incidents, read_incidents
begin()
incidents = read_incidents(sys.argv[1])
count_incidents(incidents, freq="day", by="admin1", as_of=incidents.last_date)
end()
""",
    "pandas": """
import pandas as pd
begin()
frame = pd.read_csv(sys.argv[1], dtype=str)
frame["event_date"] = pd.to_datetime(frame["event_date"])
days = pd.date_range(frame["event_date"].min(), frame["event_date"].max())
frame.groupby(["event_date", "admin1"]).size().unstack(fill_value=0).reindex(days, fill_value=0)
end()
""",
    "polars": """
import polars as pl
begin()
frame = pl.read_csv(sys.argv[1], infer_schema=False).with_columns(pl.col("event_date").str.to_date())
frame.group_by("event_date", "admin1").len().pivot("admin1", index="event_date", values="len")
end()
""",
    "duckdb": """
import duckdb
begin()
base = duckdb.connect()
base.execute("CREATE TABLE given AS SELECT * FROM read_csv(?, all_varchar = true)", [sys.argv[1]])
base.execute("SELECT event_date::DATE AS d, admin1, count(*) FROM given GROUP BY ALL").fetchnumpy()
end()
""",
}


def invented_rows(size: int, seed: int = SEED, first: int = 0) -> pd.DataFrame:
    """Invented incidents under the column names of an ACLED export since 2023; none of them happened."""
    rng = np.random.default_rng(seed)
    number = pd.Series(np.arange(first, first + size)).astype("str")
    days = np.datetime64("2018-01-01") + np.sort(rng.integers(0, 830, size))
    event = rng.integers(0, len(EVENTS), size)
    disorder, kind, sub = (np.array(words)[event] for words in zip(*EVENTS, strict=True))
    place = rng.integers(0, 2000, size)
    latitude, longitude = rng.uniform(30, 37, 2000).round(4), rng.uniform(40, 48, 2000).round(4)

    def named(stem: str, many: int, of: np.ndarray | None = None) -> pd.Series:
        return stem + pd.Series(rng.integers(0, many, size) if of is None else of % many).astype("str")

    return pd.DataFrame(
        {
            "event_id_cnty": "XYZ" + number,
            "event_date": pd.Series(days).dt.strftime("%Y-%m-%d"),
            "year": days.astype("datetime64[Y]").astype(str),
            "time_precision": rng.choice(["1", "2", "3"], size, p=[0.945, 0.053, 0.002]),
            "disorder_type": disorder,
            "event_type": kind,
            "sub_event_type": sub,
            "actor1": named("Invented Group ", 60),
            "assoc_actor_1": named("Invented Ally ", 40),
            "inter1": rng.choice(["State forces", "Rebel group", "Political militia"], size),
            "actor2": named("Invented Group ", 60),
            "assoc_actor_2": "",
            "inter2": rng.choice(["State forces", "Rebel group", "Civilians"], size),
            "interaction": rng.choice(["State forces-Rebel group", "Rebel group-Civilians"], size),
            "civilian_targeting": np.where(kind == "Violence against civilians", "Civilian targeting", ""),
            "iso": "999",
            "region": "Invented Region",
            "country": "Inventia",
            "admin1": named("Province ", 18, place),
            "admin2": named("District ", 101, place),
            "admin3": "",
            "location": named("Village ", 2000, place),
            "latitude": latitude[place].astype(str),
            "longitude": longitude[place].astype(str),
            "geo_precision": rng.choice(["1", "2", "3"], size),
            "source": named("Invented Gazette ", 300),
            "source_scale": rng.choice(["National", "Subnational"], size),
            "notes": "An invented note, number "
            + number
            + ", as long as notes in such files often are: who is said "
            "to have done what to whom, where, with which arms, and how many were hurt, by whose account. "
            * 2,
            "fatalities": rng.poisson(0.8, size).astype(str),
            "tags": "",
            "timestamp": (1_600_000_000 + np.arange(size) * 60).astype(str),
        }
    )


def measure(path: Path, repeats: int) -> tuple[list[float], list[float], list[float], int]:
    """Seconds of each reading, each count by admin1, each of pandas' group-by; and the incidents kept."""
    reading, counting, peer, kept = [], [], [], 0
    for _ in range(repeats):
        start = time.perf_counter()
        incidents = read_incidents(path)
        reading.append(time.perf_counter() - start)
        kept = len(incidents)
        start = time.perf_counter()
        count_incidents(incidents, by="admin1", as_of=incidents.last_date)
        counting.append(time.perf_counter() - start)
        # The same days x regions by a group-by, unstacked and filled: neither coverage nor accounting.
        frame = incidents.frame
        start = time.perf_counter()
        days = pd.date_range(frame["date_start"].min(), frame["date_start"].max())
        table = frame.groupby(["date_start", "admin1"]).size()
        table.unstack(fill_value=0).reindex(days, fill_value=0)  # noqa: PD010
        peer.append(time.perf_counter() - start)
    return reading, counting, peer, kept


_ONE = """
import sys, time
from analytics import read_incidents
spent = []
for _ in range(3):
    start = time.process_time()
    read_incidents(sys.argv[1])
    spent.append(time.process_time() - start)
print(min(spent))
"""


def against(other: Path, rows: int, rounds: int) -> list[str]:
    """Lines with the processor time of reading here and by another checkout, alternated."""
    here = Path(__file__).resolve().parents[1]
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        acled, table = Path(folder) / "acled.csv", Path(folder) / "table.csv"
        frame = invented_rows(rows)
        frame.to_csv(acled, index=False)
        names = {"event_id_cnty": "id", "event_date": "date", "location": "place"}
        frame.rename(columns=names).drop(columns=["time_precision", "timestamp"]).to_csv(table, index=False)
        for kind, path in (("ACLED export", acled), ("plain table", table)):
            spent: dict[Path, list[float]] = {other: [], here: []}
            for _ in range(rounds):
                for checkout, times in spent.items():
                    done = subprocess.run(
                        [sys.executable, "-c", _ONE, str(path)],
                        env=os.environ | {"PYTHONPATH": str(checkout)},
                        cwd=folder, check=True, capture_output=True, text=True,
                    )  # fmt: skip
                    times.append(float(done.stdout))
            before, now = (statistics.median(spent[checkout]) for checkout in (other, here))
            pairs = [b / a for a, b in zip(spent[other], spent[here], strict=True)]
            lines.append(
                f"{kind}, {rows:,} rows: {before:.2f} s of processor time there, {now:.2f} s here, ratio "
                f"{now / before:.2f} ({rounds} rounds, pairs {min(pairs):.2f} to {max(pairs):.2f})"
            )
    return lines


def beside_peers() -> list[str]:
    """Lines of a page: processor time and memory of reading and counting, ours and the others'."""
    lines = [
        "# Reading and counting a file", "",
        "Invented rows in the shape of an ACLED export, 31 columns. Processor seconds and the most memory of",
        "the process, medians, each time a new process, in turn. `python benchmarks/reading.py --peer`", "",
        "| rows | text, MB | rounds | program | seconds | ours / it | MB | times the text |",
        "|---:|---:|---:|---|---:|---:|---:|---:|",
    ]  # fmt: skip
    for rows, rounds in PEER_ROUNDS:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "invented.csv"
            for at in range(0, rows, PART):
                part = invented_rows(min(PART, rows - at), SEED + at, at)
                part.to_csv(path, index=False, header=not at, mode="a")
            text = path.stat().st_size / 1e6
            works = {name: work for name, work in PEERS.items() if rows <= PART or "without" not in name}
            found = in_turn(works, [str(path)], rounds)
        for name, (seconds, _, most) in found.items():
            lines.append(
                f"| {rows:,} | {text:,.0f} | {rounds} | {name} | {seconds:.2f} "
                f"| {found['ours'][0] / seconds:.2f} | {most:,.0f} | {most / text:.2f} |"
            )
    return [*lines, "", f"{versions(PEERS)}; Python {platform.python_version()}; seed {SEED}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="record the result")
    parser.add_argument("--against", type=Path, help="another checkout, to be compared with")
    parser.add_argument("--peer", action="store_true", help="beside pandas, Polars and DuckDB")
    given = parser.parse_args()
    if given.peer:
        lines = beside_peers()
        print("\n".join(lines))
        recording.record("reading_peers", lines)
        return
    if given.against is not None:
        if not (given.against / "analytics" / "__init__.py").is_file():
            parser.error(f"{given.against} is no checkout of this project")  # or it would be itself, compared
        print("\n".join(against(given.against.resolve(), given.rows, given.repeats)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "invented.csv"
        invented_rows(given.rows).to_csv(path, index=False)
        size = path.stat().st_size / 1e6
        seconds, counting, peer, kept = measure(path, given.repeats)
    median, counted = statistics.median(seconds), statistics.median(counting)
    lines = [
        f"reading {given.rows:,} invented rows, 31 columns, {size:.0f} MB, {kept:,} kept",
        f"median {median:.2f} s of {given.repeats} (best {min(seconds):.2f}, worst {max(seconds):.2f}); "
        f"bar {BAR:.0f} s: {'met' if median < BAR else 'NOT MET'}",
        f"counting them by day and admin1: median {counted:.3f} s; bar {COUNT_BAR} s: "
        f"{'met' if counted < COUNT_BAR else 'NOT MET'}; pandas group-by {statistics.median(peer):.3f} s",
        f"seed {SEED}; Python {platform.python_version()}, pandas {pd.__version__}, NumPy {np.__version__}",
    ]
    print("\n".join(lines))
    if given.write:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
