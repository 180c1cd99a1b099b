"""Twins found, twins missed and pairs called wrongly; and how long 100,000 rows against 100,000 take.

    python benchmarks/duplicates.py            # about two minutes on one core
    python benchmarks/duplicates.py --quick    # one seed, 10,000 rows; writes nothing

SIMULATED incidents of three years (analytics.simulation), of which some are told a second time with other
days, places, spellings and deaths. *Hard* doubles the jitter of all four. Within a source the twins stand in
the same file; across two, the first source has 70 % of what happened and the second 40 %, each told anew, and
the two overlap in 28 %. Called is every best pair with a probability of the level or more. Where
../shared/data is there, UCDP's events of Iraq are looked through too. Prints the tables
and writes benchmarks/results/duplicates.md. Exits with 1 if a bar fails: at probability 0.5, of twins told
with the usual jitter, precision below 75 % or recall below 75 %, or without any twin more than 1 pair called
of 100 incidents; or 100,000 rows against 100,000 in more than 20 s of processor time.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from recording import quick_parser, record

from analytics.duplicates import Pairs, find_duplicates
from analytics.incidents import Incidents, read_incidents
from analytics.simulation import simulate_incidents, simulate_twins

LEVELS = (0.9, 0.5)
PERIOD = "2018-01-01..2020-12-31"
USUAL: dict[str, float] = {}
HARD = {"day_off": 0.3, "km": 3.0, "misspelt": 0.6, "other_deaths": 0.5}
UCDP = Path(__file__).resolve().parents[2] / "shared" / "data" / "ucdp_ged_iraq_hdx.csv"
LEAST, MOST_FALSE, MOST_SECONDS = 0.75, 0.01, 20.0


def called(pairs: Pairs, truth: set[frozenset[str]], level: float) -> tuple[int, int]:
    """How many best pairs have this probability, and how many of them are true."""
    rows = pairs.frame[(pairs.frame["probability"] >= level) & pairs.frame["best"]]
    both = zip(rows["incident_id_a"], rows["incident_id_b"], strict=True)
    return len(rows), sum(frozenset(pair) in truth for pair in both)


def within(
    rows: int, share: float, seed: int, how: dict[str, float]
) -> tuple[Pairs, set[frozenset[str]], int]:
    happened = simulate_incidents(seed=seed, totals={PERIOD: rows}).frame
    if not share:
        return find_duplicates(read_incidents(happened)), set(), len(happened)
    twins = simulate_twins(happened, share=share, seed=seed + 1, **how)
    both = pd.concat([happened, twins.frame], ignore_index=True)
    truth = {frozenset(pair) for pair in twins.truth.itertuples(index=False, name=None)}
    return find_duplicates(read_incidents(both)), truth, len(both)


def across(rows: int, seed: int, how: dict[str, float]) -> tuple[Pairs, set[frozenset[str]], int]:
    happened = simulate_incidents(seed=seed, totals={PERIOD: rows}).frame
    one = simulate_twins(happened, share=0.7, seed=seed + 1, **how)
    two = simulate_twins(happened, share=0.4, seed=seed + 2, **how)
    told = two.frame.assign(incident_id=two.frame["incident_id"] + " there")
    in_both = set(one.truth["twin_id"]) & set(two.truth["twin_id"])
    truth = {frozenset((name, f"{name} there")) for name in in_both}
    return find_duplicates(read_incidents(one.frame), read_incidents(told)), truth, len(told)


def line(name: str, made: list[tuple[Pairs, set[frozenset[str]], int]]) -> tuple[str, list[float]]:
    twins = sum(len(truth) for _, truth, _ in made)
    rows = sum(size for _, _, size in made)
    cells, figures = [f"{rows:,}", f"{twins:,}"], []
    for level in LEVELS:
        counts = np.array([called(pairs, truth, level) for pairs, truth, _ in made]).sum(axis=0)
        precision, recall = counts[1] / max(counts[0], 1), counts[1] / max(twins, 1)
        shown = [f"{100 * precision:.0f} %", f"{100 * recall:.0f} %"] if twins else ["–", "–"]
        cells += [f"{counts[0]:,}", *shown]
        figures = [precision, recall, counts[0] / rows]
    return f"| {name} | {' | '.join(cells)} |", figures


def large(rows: int, seed: int) -> Incidents:
    """A source as large, on the map of the simulation but all at random: only for the time it takes."""
    rng = np.random.default_rng(seed)
    places = simulate_incidents(seed=1, totals={PERIOD: 2_000}).frame
    some = places.iloc[rng.integers(0, len(places), rows)].reset_index(drop=True)
    days = pd.Timestamp("2014-01-01") + pd.to_timedelta(rng.integers(0, 7 * 365, rows), unit="D")
    some = some.assign(
        incident_id=[f"{seed}-{at}" for at in range(rows)], date_start=days, date_end=days, date_precision=0,
        latitude=some["latitude"] + rng.normal(0, 0.05, rows), reported_on=pd.NaT, updated_at=pd.NaT,
    )  # fmt: skip
    return read_incidents(some)


def main() -> int:
    quick = quick_parser(__doc__, "one seed, 10,000 rows; writes nothing").parse_args().quick
    seeds = range(1, 2 if quick else 6)
    lines = [
        "# Rows that are one incident, measured",
        "",
        f"SIMULATED incidents of {PERIOD}, {len(seeds)} seeds together. Precision: of the pairs called, how "
        "many are one incident. Recall: of the twins, how many are called; those dated to more than 7 days "
        "are not compared and count as missed.",
        "",
        "| case | rows | twins | called at 0.9 | precision | recall | called at 0.5 | precision | recall |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    failed = []
    for name, how in (("usual jitter", USUAL), ("hard", HARD)):
        for rows in (400, 4_000):
            for share in (0.02, 0.1, 0.3):
                made = [within(rows, share, 10 * seed, how) for seed in seeds]
                text, (precision, recall, _) = line(f"one source, {rows:,}, {share:.0%} twins, {name}", made)
                lines.append(text)
                barred = name == "usual jitter" and rows == 4_000 and share >= 0.1
                failed += [text] * bool(barred and min(precision, recall) < LEAST)
        text, (precision, recall, _) = line(
            f"two sources, 4,000, {name}", [across(4_000, 10 * seed, how) for seed in seeds]
        )
        lines.append(text)
        failed += [text] * bool(name == "usual jitter" and min(precision, recall) < LEAST)
    for rows in (400, 4_000):
        text, (_, _, false) = line(
            f"one source, {rows:,}, no twin at all", [within(rows, 0, 10 * s, USUAL) for s in seeds]
        )
        lines.append(text)
        failed += [text] * bool(false > MOST_FALSE)
    if UCDP.is_file():
        pairs = find_duplicates(read_incidents(UCDP))
        best = pairs.frame[pairs.frame["best"]]
        likely = int((best["likeness"] == "likely").sum())
        lines += [
            "",
            f"UCDP GED 19.1, Iraq (Uppsala Conflict Data Program, CC BY 4.0; not simulated), "
            f"{pairs.compared[0]:,} rows compared: {pairs.candidates:,} pairs that close, "
            f"{pairs.expected:,.0f} by chance; of best pairs {likely} are called likely, "
            f"{len(best) - likely} possible. Coders have checked these rows.",
        ]
    size = 10_000 if quick else 100_000
    one, two = large(size, 1), large(size, 2)
    began, clock = time.process_time(), time.perf_counter()
    pairs = find_duplicates(one, two)
    used, took = time.process_time() - began, time.perf_counter() - clock
    lines += [
        "",
        f"{size:,} rows against {size:,}, seven years: {pairs.candidates:,} pairs looked at, {used:.1f} s of "
        f"processor time ({took:.1f} s on the clock, other work beside it).",
    ]
    failed += ["time"] * (used > MOST_SECONDS)
    lines += ["", f"Bars: {'all kept' if not failed else f'{len(failed)} failed'}."]
    print(*lines, sep="\n")
    if not quick:
        record("duplicates", lines)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
