"""Size and power of the uptick test and of the usual ones, on processes without and with an uptick.

    python benchmarks/size_power.py            # 20,000 null series a cell; about ten minutes on two cores
    python benchmarks/size_power.py --quick    # 1,000 a cell; says so, writes nothing

Prints the table, writes benchmarks/results/size_power.csv and .md, exits with 1 if a bar fails. A cell fails
when the lower end of its 99 % Monte Carlo interval exceeds the bar.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

sys.path.insert(0, str(Path(__file__).resolve().parent))
from naive import NAIVE

from analytics.kernels.lrd import lrd_test
from analytics.simulation import PROCESSES, simulate_counts

RECENT, GUARD = 14, 28
MEANS, BASELINES, RATIOS = (0.1, 0.5, 2.0), (365, 1095), (1.5, 2.0, 3.0)
BAR = 0.06  # worst cell at nominal 5 %
BATCH = 2_000
RESULTS = Path(__file__).resolve().parent / "results"
A, B = "uptick test, variant A", "uptick test (variant B)"


def pvalues(values: np.ndarray, baseline: int) -> dict[str, np.ndarray]:
    """P-values of every test; all leave the guard days out of the baseline."""
    test = lrd_test(values, np.ones(values.shape, bool), length=RECENT, guard=GUARD)
    joined = np.concatenate([values[:baseline], values[-RECENT:]])
    return {name: f(joined, RECENT) for name, f in NAIVE.items()} | {A: test.pvalue_a, B: test.pvalue}


def cell(job: tuple[str, float, int, float, int]) -> dict[str, object]:
    """Reject rates of one cell at nominal 5 % and 0.1 %."""
    process, mean, baseline, ratio, series = job
    found: dict[str, list[np.ndarray]] = {}
    for batch in range(0, series, BATCH):
        seed = int(
            np.random.SeedSequence(
                (PROCESSES.index(process), int(10 * mean), baseline, int(10 * ratio), batch)
            ).generate_state(1)[0]
        )
        simulated = simulate_counts(
            process,
            mean=mean,
            days=baseline + GUARD + RECENT,
            series=min(BATCH, series - batch),
            uptick_days=RECENT,
            uptick_ratio=ratio,
            seed=seed,
        )
        for name, p in pvalues(simulated.values, baseline).items():
            found.setdefault(name, []).append(p)
    out: dict[str, object] = {
        "process": process,
        "mean": mean,
        "baseline": baseline,
        "ratio": ratio,
        "n": series,
    }
    for name, parts in found.items():
        p = np.concatenate(parts)
        out[name] = int((p <= 0.05).sum())
        out[f"{name} at 0.1 %"] = int((p <= 0.001).sum())
    return out


def lower_limit(rejected: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Lower end of the 99 % Clopper-Pearson interval."""
    return np.where(rejected > 0, stats.beta.ppf(0.005, np.maximum(rejected, 1), n - rejected + 1), 0.0)


def summarise(cells: pd.DataFrame) -> pd.DataFrame:
    """One row a test: mean and worst size, and power."""
    null = cells[cells["ratio"] == 1.0]
    rows = []
    for name in (*NAIVE, A, B):
        size = null[name] / null["n"]
        tiny = null[f"{name} at 0.1 %"] / null["n"]
        row: dict[str, object] = {"test": name, "mean size": size.mean()}
        for baseline in BASELINES:
            row[f"worst, {baseline} d"] = size[null["baseline"] == baseline].max()
        for baseline in BASELINES:
            row[f"worst at 0.1 %, {baseline} d"] = tiny[null["baseline"] == baseline].max()
        for ratio in RATIOS:
            here = cells[(cells["ratio"] == ratio) & (cells["baseline"] == BASELINES[0])]
            row[f"power at {ratio:g}x"] = (here[name] / here["n"]).mean()
        rows.append(row)
    return pd.DataFrame(rows)


def markdown(table: pd.DataFrame) -> str:
    """Write the summary in percent as a Markdown table."""
    head = "| " + " | ".join(table.columns) + " |\n|---|" + "---:|" * (len(table.columns) - 1)
    lines = [
        "| " + " | ".join([str(row.iloc[0]), *(f"{100 * v:.1f}" for v in row.iloc[1:])]) + " |"
        for _, row in table.iterrows()
    ]
    return "\n".join([head, *lines])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="1,000 null series a cell; writes nothing")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    nulls, alternatives = (1_000, 400) if given.quick else (20_000, 4_000)
    jobs = [
        (process, mean, baseline, ratio, nulls if ratio == 1.0 else alternatives)
        for process in PROCESSES
        for mean in MEANS
        for baseline in BASELINES
        for ratio in (1.0, *RATIOS)
    ]
    rows = []
    with ProcessPoolExecutor(given.workers) as pool:
        for done, row in enumerate(pool.map(cell, jobs), start=1):
            rows.append(row)
            if sys.stderr.isatty():
                print(f"\r{done}/{len(jobs)} cells", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    cells = pd.DataFrame(rows)
    table = markdown(summarise(cells))
    null = cells[cells["ratio"] == 1.0]
    worst = null.assign(size=null[B] / null["n"], lower=lower_limit(null[B].to_numpy(), null["n"].to_numpy()))
    failed = worst[worst["lower"] > BAR]
    verdict = [
        f"SIMULATED series; {nulls:,} without and {alternatives:,} with an uptick a cell; {RECENT} recent "
        f"days, {GUARD} guard days; percent rejected, one-sided.",
        f"Bar: {B}, worst cell at nominal 5 % at most {BAR:.0%} (99 % lower Monte Carlo limit): "
        + ("held" if failed.empty else "FAILED"),
    ]
    for _, row in worst.sort_values("size").tail(3).iloc[::-1].iterrows():
        where = f"{row['process']}, {row['mean']:g} a day, {row['baseline']} days"
        verdict.append(f"  worst: {where}: {100 * row['size']:.2f} %")
    print(table, "", *verdict, sep="\n")
    if not given.quick:
        RESULTS.mkdir(exist_ok=True)
        cells.to_csv(RESULTS / "size_power.csv", index=False)
        (RESULTS / "size_power.md").write_text("\n".join([table, "", *verdict]) + "\n", encoding="utf-8")
    return 0 if failed.empty else 1


if __name__ == "__main__":
    sys.exit(main())
