"""Size, power and speed of the space-time scan, on panels of places without and with a cluster.

    python benchmarks/scan.py            # 1,000 quiet panels a cell; several minutes on one core
    python benchmarks/scan.py --quick    # 100 a cell; says so, writes nothing
    python benchmarks/scan.py --speed    # only times the scan, and renews that line of the results
    python benchmarks/scan.py --borders  # the same size and power where neighbours are given

A panel is 30 places at random in a box of Iraq's size x 364 days of independent series; the cluster is a
place and its three nearest neighbours at three times their rate over the last 14 days. Windows to 28 days.
Writes benchmarks/results/scan.csv and .md, exits with 1 if the bar fails: size of the rotation null at
nominal 5 % at most 7 % (99 % lower Monte Carlo limit). With --borders clusters grow over borders, those of
the Delaunay triangulation of the places; writes benchmarks/results/scan_borders.csv and .md, under the same
bar.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from recording import RESULTS, finish, quick_parser
from scipy import sparse, stats
from scipy.sparse import csgraph
from scipy.spatial import Delaunay

from analytics.kernels.space import scan as kernel
from analytics.simulation import PROCESSES, simulate_counts

PLACES, DAYS, LONGEST, REPLICATES = 30, 364, 28, 199
CLUSTER, RECENT, RATIO = 4, 14, 3.0
MEANS = (0.1, 0.5)
BARRED = ("poisson", "negative_binomial", "hawkes_0.3", "hawkes_0.6", "ingarch")
BAR = 0.07


def panels(process: str, mean: float, n: int, ratio: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts of shape (n, days, places) and coordinates of shape (n, places, 2)."""
    rng = np.random.default_rng(seed)
    values = simulate_counts(process, mean=mean, days=DAYS, series=PLACES * n, seed=seed).values
    values = values.reshape(DAYS, n, PLACES).transpose(1, 0, 2).copy()
    where = np.stack([rng.uniform(30, 37, (n, PLACES)), rng.uniform(39, 48, (n, PLACES))], axis=2)
    if ratio != 1.0:
        louder = simulate_counts(
            process,
            mean=mean,
            days=DAYS,
            series=CLUSTER * n,
            uptick_days=RECENT,
            uptick_ratio=ratio,
            seed=seed + 1,
        ).values.reshape(DAYS, n, CLUSTER)
        for i in range(n):
            near = np.argsort(kernel.great_circle(where[i, :, 0], where[i, :, 1])[0])[:CLUSTER]
            values[i][:, near] = louder[:, i]
    return values, where


def steps_over_borders(where: np.ndarray) -> np.ndarray:
    """How many borders lie between places, two that are joined in the Delaunay triangulation having one."""
    corners = Delaunay(where).simplices
    pairs = np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    borders = sparse.csr_array((np.ones(len(pairs)), pairs.T), shape=(len(where), len(where)))
    return csgraph.shortest_path(borders, directed=False, unweighted=True)


def pvalues(
    series: np.ndarray, where: np.ndarray, null: str, rng: np.random.Generator, borders: bool = False
) -> tuple[float, float]:
    """P-value of one panel, and what it would be without the correction."""
    total = int(series.sum())
    zones = kernel.neighbour_zones(
        kernel.great_circle(where[:, 0], where[:, 1]),
        series.sum(axis=0),
        max_share=0.5,
        steps=steps_over_borders(where) if borders else None,
    )
    windows = np.cumsum(series[::-1][:LONGEST], axis=0).T
    observed = kernel.scan_observed(zones, windows, total)[0].max()
    draw = (kernel.rotated_windows if null == "rotation" else kernel.permuted_windows)(series, LONGEST, rng)
    maxima = kernel.scan_maxima(zones, draw, LONGEST, REPLICATES, total)
    stretch = kernel.rotation_correction(series, LONGEST) if null == "rotation" else 1.0
    return tuple((1 + int((c * maxima >= observed - 1e-9).sum())) / (REPLICATES + 1) for c in (stretch, 1.0))


def rate(
    process: str, mean: float, n: int, ratio: float, null: str, borders: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """P-values of n panels, corrected and not."""
    seed = int(np.random.SeedSequence((PROCESSES.index(process), int(10 * mean), n)).generate_state(1)[0])
    values, where = panels(process, mean, n, ratio, seed)
    rng = np.random.default_rng(seed + 2)
    found = [pvalues(v, w, null, rng, borders) for v, w in zip(values, where, strict=True)]
    return np.array(found)[:, 0], np.array(found)[:, 1]


def lower_limit(rejected: int, n: int) -> float:
    """Lower end of the 99 % Clopper-Pearson interval."""
    return float(stats.beta.ppf(0.005, rejected, n - rejected + 1)) if rejected else 0.0


def seconds() -> dict[str, float]:
    """One core's time for 200 places x 365 days, 2,000 events, 999 replicates; the best of seven."""
    rng = np.random.default_rng(0)
    weight = rng.gamma(1.0, 1.0, 200)
    series = np.zeros((365, 200), int)
    np.add.at(series, (rng.integers(0, 365, 2000), rng.choice(200, 2000, p=weight / weight.sum())), 1)
    where = np.column_stack([rng.uniform(30, 37, 200), rng.uniform(39, 48, 200)])
    out = {}
    for name, drawing in (("rotation", kernel.rotated_windows), ("permutation", kernel.permuted_windows)):
        taken = []
        for _ in range(7):
            begin = time.process_time()
            distance = kernel.great_circle(where[:, 0], where[:, 1])
            zones = kernel.neighbour_zones(distance, series.sum(axis=0), max_share=0.5)
            kernel.scan_observed(zones, np.cumsum(series[::-1][:28], axis=0).T, 2000)
            kernel.scan_maxima(zones, drawing(series, 28, np.random.default_rng(1)), 28, 999, 2000)
            taken.append(time.process_time() - begin)
        out[name] = min(taken)
    return out


def speed_line() -> str:
    """Return the line of the results about speed."""
    taken = ", ".join(f"{name} {value:.2f} s" for name, value in seconds().items())
    return (
        "200 places x 365 days, 2,000 events, 999 replicates, windows to 28 days, NumPy, one core, best "
        f"of seven: {taken}."
    )


def over_borders(keep: Path | None, *, quick: bool) -> int:
    """Measure size and power where neighbours are given; return the exit code."""
    nulls, others = (100, 50) if quick else (2000, 200)
    kept = None if keep is None else keep / "scan_borders.jsonl"
    rows = [json.loads(line) for line in kept.read_text().splitlines()] if kept and kept.exists() else []
    known = {(row["process"], row["mean"]) for row in rows}
    for process in PROCESSES:
        for mean in MEANS:
            if (process, mean) in known:
                continue
            size = rate(process, mean, nulls, 1.0, "rotation", borders=True)[0]
            power = rate(process, mean, others, RATIO, "rotation", borders=True)[0]
            cell = {"process": process, "mean": mean, "size": (size <= 0.05).mean()}
            rows.append(cell | {"size at 1 %": (size <= 0.01).mean(), "power": (power <= 0.05).mean()})
            print(rows[-1], file=sys.stderr, flush=True)
            if kept is not None:
                with kept.open("a") as file:
                    file.write(json.dumps(rows[-1]) + "\n")
    table = pd.DataFrame(rows)
    held = table[table["process"].isin(BARRED)]
    failed = [r for r in held["size"] if lower_limit(round(r * nulls), nulls) > BAR]
    text = [
        "| process | mean | size | size at 1 % | power |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {row.iloc[0]} | {row.iloc[1]:g} | "
            + " | ".join(f"{100 * v:.1f}" for v in row.iloc[2:])
            + " |"
            for _, row in table.iterrows()
        ),
        "",
        f"SIMULATED panels of {PLACES} places x {DAYS} days (mean: incidents a day and place), clusters "
        "growing over the borders of the places' Delaunay triangulation; percent of panels called at nominal "
        f"5 % by the rotation null; {nulls:,} quiet panels a cell, {others} with {CLUSTER} places at "
        f"{RATIO:g} times their rate over {RECENT} days; {REPLICATES} replicates; windows to {LONGEST} days.",
        f"Bar: at most {BAR:.0%} on {', '.join(BARRED)} (99 % lower Monte Carlo limit): "
        + ("FAILED" if failed else "held")
        + f"; worst {100 * held['size'].max():.1f} %.",
    ]
    return finish("scan_borders", text, table, quick=quick, failed=failed)


def main() -> int:
    parser = quick_parser(__doc__, "100 quiet panels a cell; writes nothing")
    parser.add_argument("--speed", action="store_true", help="time the scan and renew that line")
    parser.add_argument("--borders", action="store_true", help="size and power where neighbours are given")
    parser.add_argument("--keep", type=Path, help="with --borders: folder for each cell, to go on from")
    given = parser.parse_args()
    if given.borders:
        return over_borders(given.keep, quick=given.quick)
    if given.speed:
        done = (RESULTS / "scan.md").read_text(encoding="utf-8").splitlines()
        (RESULTS / "scan.md").write_text("\n".join([*done[:-1], speed_line()]) + "\n", encoding="utf-8")
        return 0
    quick = given.quick
    nulls, others = (100, 50) if quick else (1_000, 200)
    rows = []
    for process in PROCESSES:
        for mean in MEANS:
            size, plain = rate(process, mean, nulls, 1.0, "rotation")
            rows.append(
                {
                    "process": process,
                    "mean": mean,
                    "rotation": (size <= 0.05).mean(),
                    "rotation at 1 %": (size <= 0.01).mean(),
                    "without the correction": (plain <= 0.05).mean(),
                    "permutation": (rate(process, mean, others, 1.0, "permutation")[0] <= 0.05).mean(),
                    "power, rotation": (rate(process, mean, others, RATIO, "rotation")[0] <= 0.05).mean(),
                }
            )
            print(rows[-1], file=sys.stderr, flush=True)
    table = pd.DataFrame(rows)
    held = table[table["process"].isin(BARRED)]
    failed = [r for r in held["rotation"] if lower_limit(round(r * nulls), nulls) > BAR]
    head = "| " + " | ".join(table.columns) + " |\n|---|" + "---:|" * (len(table.columns) - 1)
    lines = [
        f"| {row.iloc[0]} | {row.iloc[1]:g} | " + " | ".join(f"{100 * v:.1f}" for v in row.iloc[2:]) + " |"
        for _, row in table.iterrows()
    ]
    text = [
        head,
        *lines,
        "",
        f"SIMULATED panels of {PLACES} places x {DAYS} days (mean: incidents a day and place); percent "
        f"of panels called at nominal 5 %; {nulls:,} quiet panels a cell for the rotation null, {others} "
        f"for the permutation null and for power ({CLUSTER} places at {RATIO:g} times their rate over "
        f"{RECENT} days); {REPLICATES} replicates; windows to {LONGEST} days.",
        f"Bar: rotation null at most {BAR:.0%} on {', '.join(BARRED)} (99 % lower Monte Carlo limit): "
        + ("FAILED" if failed else "held")
        + f"; worst {100 * held['rotation'].max():.1f} %.",
        speed_line(),
    ]
    return finish("scan", text, table, quick=quick, failed=failed)


if __name__ == "__main__":
    sys.exit(main())
