"""A store of a million events and 104 weekly deliveries: seconds to count as of any day, and its size.

python benchmarks/vintages.py [--events 1000000] [--weeks 104]  about five minutes; writes results/vintages.md

SIMULATED events. The first delivery holds half of them; each later one covers the last eight weeks, adds a
week of new events, changes one in twenty of the others and deletes one in two hundred. Bars: counts by region
and week as of any day under 2 s; the store, all changes included, under twice the snappy Parquet file of its
last state.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.store import Store

RESULT = Path(__file__).parent / "results" / "vintages.md"
WEEKS_COVERED, CHANGED, DELETED = 8, 0.05, 0.005
FIRST = np.datetime64("2016-01-04")
TEXT = """armed men attacked a checkpoint near the village killing two soldiers and wounding others while
police said that an explosive device went off beside the road market district security forces shot dead
several people"""
NAMES = """Anbar,Babil,Baghdad,Basra,Dhi Qar,Diyala,Dohuk,Erbil,Karbala,Kirkuk,Maysan,Muthanna,Najaf,Ninewa,
Qadisiyah,Salah al-Din,Sulaymaniyah,Wasit"""
WORDS = np.array(TEXT.split())
PROVINCES = np.array(NAMES.replace("\n", "").split(","))
TYPES = np.array(["attack", "clash", "operation", "explosion"])
ACTORS = np.array([f"Group {i}" for i in range(30)])


def events(rng: np.random.Generator, numbers: np.ndarray, days: np.ndarray) -> pd.DataFrame:
    size = len(numbers)
    place = rng.integers(0, 120, size)
    words = rng.integers(0, len(WORDS), (size, 12))
    return pd.DataFrame(
        {
            "id": np.char.add("SIM", numbers.astype(str)),
            "date": days.astype(str),
            "country": "Iraq",
            "province": PROVINCES[place % 18],
            "district": np.char.add("District ", place.astype(str)),
            "latitude": np.round(30 + place / 20, 4),
            "longitude": np.round(42 + place / 30, 4),
            "event_type": TYPES[rng.integers(0, 4, size)],
            "actor1": ACTORS[rng.integers(0, 30, size)],
            "actor2": ACTORS[rng.integers(0, 30, size)],
            "killed": rng.poisson(1.2, size),
            "notes": [" ".join(row) for row in WORDS[words]],
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--weeks", type=int, default=104)
    asked = parser.parse_args()
    rng = np.random.default_rng(20200419)
    start = FIRST + 7 * 208
    begin = time.perf_counter()
    half = asked.events // 2
    days = np.sort(FIRST + rng.integers(0, 7 * 208, half))
    state = events(rng, np.arange(half), days)
    number = half
    changed = deleted = 0
    adding = []
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "vintages.store")
        store.add(state, on=str(start - 1), covers="all")
        first_seconds = time.perf_counter() - begin
        print(f"first delivery {first_seconds:.0f} s", flush=True)
        for week in range(asked.weeks - 1):
            end = start + 7 * (week + 1)
            new = (asked.events - half) // (asked.weeks - 1) + int(DELETED * 8 * half / asked.weeks)
            came = np.sort(end - 7 + rng.integers(0, 7, new))
            since = str(end - 7 * WEEKS_COVERED)
            recent = state["date"] >= since
            past, near = state[~recent], state[recent].copy()
            draw = rng.random(len(near))
            gone, other = draw < DELETED, (draw >= DELETED) & (draw < DELETED + CHANGED)
            near.loc[other, "killed"] = near.loc[other, "killed"].to_numpy() + 1
            near = pd.concat(
                [near[~gone], events(rng, np.arange(number, number + new), came)], ignore_index=True
            )
            number += new
            at = time.perf_counter()
            made = store.add(near, on=str(end - 1), covers=f"{since}..{end - 1}")
            adding.append(time.perf_counter() - at)
            assert (made.added, made.changed, made.deleted) == (new, other.sum(), gone.sum())
            changed, deleted = changed + made.changed, deleted + made.deleted
            state = pd.concat([past, near], ignore_index=True)
            if week % 10 == 0:
                print(f"week {week + 1}: {adding[-1]:.2f} s, {made.after:,} held", flush=True)
        size = store.path.stat().st_size
        parquet = Path(folder) / "last.parquet"
        state.to_parquet(parquet, compression="snappy", index=False)
        plain = parquet.stat().st_size
        rows = []
        for back in (0, 1, 13, 52, 103):
            day = start + 7 * (asked.weeks - 1) - 1 - 7 * min(back, asked.weeks - 1)
            took = []
            for _ in range(3):
                at, used = time.perf_counter(), time.process_time()
                counts = store.counts(str(day), by="admin1")
                took.append((time.perf_counter() - at, time.process_time() - used))
            rows.append((str(day), int(counts.values.sum()), *min(took)))
        assert rows[0][1] == len(state)
        at = time.perf_counter()
        weekly = counts.to_frame()
        shown = time.perf_counter() - at
        at = time.perf_counter()
        found = store.diff()
        diffed = time.perf_counter() - at
    worst = max(row[2] for row in rows)
    ratio = size / plain
    kept = worst < 2 and ratio < 2
    lines = [
        "# A store of a million events and 104 deliveries",
        "",
        "`python benchmarks/vintages.py`, SIMULATED events, on two cores shared with others. "
        f"{len(state):,} events held, {asked.weeks} deliveries, {changed:,} changes "
        f"and {deleted:,} deletions kept.",
        "",
        "| as of | incidents | seconds to the grid by day and region, best of three | of processor |",
        "|---|---:|---:|---:|",
        *(f"| {day} | {total:,} | {seconds:.2f} | {used:.2f} |" for day, total, seconds, used in rows),
        "",
        f"Bar: under 2 s; worst {worst:.2f} s (its table by week, {len(weekly)} rows: {shown:.2f} s more). "
        f"The store has {size / 1e6:.1f} MB, the snappy Parquet file of the last state {plain / 1e6:.1f} MB: "
        f"{ratio:.2f} times; bar: under 2. {'Both bars are kept.' if kept else 'A BAR IS NOT KEPT.'}",
        "",
        f"Adding: the first delivery ({half:,} rows) {first_seconds:.0f} s with making its rows, a weekly "
        f"one (about {len(near):,} rows) {np.median(adding):.2f} s, at most {max(adding):.2f} s. "
        f"The difference of the last delivery ({len(found.events):,} incidents): {diffed:.2f} s.",
    ]
    print("\n".join(lines))
    if asked.events >= 1_000_000 and asked.weeks >= 104:
        RESULT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
