"""Power of ``method="self_exciting"`` beside the best possible test, and its size where nothing changes.

    python benchmarks/self_exciting.py                 # 12,000 series for power, 2,000 a cell for size
    python benchmarks/self_exciting.py --only power    # or a process, its size; others stay as recorded
    python benchmarks/self_exciting.py --quick         # 300 and 100; writes nothing

Self-exciting counts (branching 0.6, mean lag 7 days) at 0.5 a day, 364 baseline days, 28 guard days, 14
recent ones. The best possible test is the likelihood ratio with the process known (Neyman and Pearson).
Bars: at true size 5 % at least 88 % of the power of the best possible test; at nominal 5 % at most 6 % of
quiet series rejected in the worst cell, its upper 99 % limit at most 7.2 %. Exits with 1 if a bar fails.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from expected_steady import STEADY
from recording import RESULTS, quick_parser, record
from scipy import stats
from slow_processes import SLOW, simulate_slow

from analytics.kernels.windows.lrd import lrd_test
from analytics.kernels.windows.self_exciting import self_exciting
from analytics.simulation import PROCESSES, simulate_counts
from analytics.simulation.counts import HAWKES
from analytics.simulation.further import simulate_more

BASELINE, GUARD, RECENT = 364, 28, 14
DAYS = BASELINE + GUARD + RECENT
HARD = ("hawkes_0.6", "ingarch", "lgcp", "regime_switch", "waves", "frailty", "slow_cox", "pareto_days")
MEANS, MEAN, RATIOS = (0.5, 2.0), 0.5, (2.0, 3.0)
BAR, LIMIT, SHARE = 0.06, 0.072, 0.88
BATCH, SEED, AGAIN = 2_000, 91_000_000, 100
POWERED = 12_000  # series a ratio


def simulate(process: str, mean: float, series: int, seed: int, ratio: float = 1.0) -> np.ndarray:
    """Counts that end with a window of `ratio` times the rate of new incidents."""
    if process in SLOW:
        return simulate_slow(process, mean=mean, days=DAYS, series=series, seed=seed, ratio=ratio)
    maker = simulate_counts if process in PROCESSES else simulate_more
    options = {"mean": mean, "days": DAYS, "series": series, "seed": seed}
    return maker(process, uptick_days=RECENT, uptick_ratio=ratio, **options).values


def best_possible(values: np.ndarray, ratio: float) -> np.ndarray:
    """Log-likelihood ratio of the window, process known; negated, so that small is against the null."""
    branching, lag = HAWKES["hawkes_0.6"]
    e, log_ratio = np.full(values.shape[1], MEAN), np.zeros(values.shape[1])
    for day, count in enumerate(values):
        rate, more = MEAN * (1 - branching) + branching * e, (ratio - 1) * MEAN * (1 - branching)
        if day >= BASELINE + GUARD:
            log_ratio += count * np.log1p(more / rate) - more
        e += (count - e) / lag
    return -log_ratio


def tests(values: np.ndarray) -> dict[str, np.ndarray]:
    covered = np.ones(values.shape, bool)
    return {
        "self_exciting": self_exciting(values, covered, length=RECENT, guard=GUARD),
        "default": lrd_test(values, covered, length=RECENT, guard=GUARD).pvalue,
    }


def power_cell(ratio: float, series: int) -> dict[str, list[float]]:
    """P-values and likelihood ratios of self-exciting series; ratio 1 has both likelihood ratios."""
    out: dict[str, list[float]] = {}
    for start in range(0, series, BATCH):
        size = min(BATCH, series - start)
        values = simulate("hawkes_0.6", MEAN, size, SEED + start + int(1_000_000 * ratio), ratio)
        found = tests(values)
        for r in RATIOS if ratio == 1 else (ratio,):
            found[f"best {r:g}"] = best_possible(values, r)
        for name, p in found.items():
            out.setdefault(name, []).extend(np.round(p, 6).tolist())
    return out


def size_cell(process: str, mean: float, series: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, series, BATCH):
        seed = SEED + 31 * STEADY.index(process) + int(10 * mean) + 10_000 * start
        for name, p in tests(simulate(process, mean, min(BATCH, series - start), seed)).items():
            for level in (0.05, 0.001):
                key = f"{name} {level:g}"
                found[key] = found.get(key, 0) + int((p <= level).sum())
    return found


def share(null: dict[str, np.ndarray], other: dict[str, np.ndarray], name: str, ratio: float) -> float:
    """Power at true size 5 % as a share of the best possible."""
    found = []
    for key in (name, f"best {ratio:g}"):
        at = np.sort(null[key])[int(0.05 * len(null[key])) - 1]  # true size at most 5 %, ties aside
        found.append((other[key] <= at).mean())
    return float(found[0] / found[1])


def share_error(null: dict[str, np.ndarray], other: dict[str, np.ndarray], name: str, ratio: float) -> float:
    """Bootstrap standard error of that share: the tests are compared on the same series."""
    rng, sizes = np.random.default_rng(SEED), (len(null[name]), len(other[name]))
    again = []
    for _ in range(AGAIN):
        i, j = (rng.integers(0, size, size) for size in sizes)
        again.append(
            share({k: v[i] for k, v in null.items()}, {k: v[j] for k, v in other.items()}, name, ratio)
        )
    return float(np.std(again))


def power_rows(cells: dict[float, dict[str, list[float]]]) -> pd.DataFrame:
    """One row a test: size at nominal 5 %, power at true size 5 %, its share of the best with an error."""
    arrays = {ratio: {k: np.asarray(v) for k, v in cell.items()} for ratio, cell in cells.items()}
    null, rows = arrays[1.0], []
    for name in ("best", "self_exciting", "default"):
        row: dict[str, object] = {"test": name, "n": len(null["default"])}
        row["size"] = np.nan if name == "best" else float(np.mean(null[name] <= 0.05))
        for ratio in RATIOS:
            key = f"best {ratio:g}" if name == "best" else name
            at = np.sort(null[key])[int(0.05 * len(null[key])) - 1]
            row[f"{ratio:g}x"] = float((arrays[ratio][key] <= at).mean())
            row[f"share {ratio:g}x"] = 1.0 if name == "best" else share(null, arrays[ratio], name, ratio)
            row[f"se {ratio:g}x"] = 0.0 if name == "best" else share_error(null, arrays[ratio], name, ratio)
        rows.append(row)
    return pd.DataFrame(rows)


def power_table(rows: pd.DataFrame) -> tuple[list[str], bool]:
    """Write the power as Markdown, and say whether the bar holds."""
    n = int(rows["n"].iloc[0])
    lines = [
        f"SIMULATED self-exciting series (branching 0.6, mean lag 7 days), 0.5 a day, {n:,} a ratio; percent "
        "found at true size 5 %, and its share of what the best possible test finds on the same series, with "
        "one standard error.\n",
        "| test | size at 5 % | 2x | 3x | 2x, share of best | 3x, share of best |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for _, row in rows.iterrows():
        size = "" if np.isnan(row["size"]) else f"{100 * row['size']:.1f}"
        found = [f"{100 * row[f'{r:g}x']:.1f}" for r in RATIOS]
        found += [f"{100 * row[f'share {r:g}x']:.1f} ± {100 * row[f'se {r:g}x']:.1f}" for r in RATIOS]
        lines.append(f"| {row['test']} | {size} | " + " | ".join(found) + " |")
    ours = rows[rows["test"] == "self_exciting"].iloc[0]
    enough = min(ours[f"share {r:g}x"] for r in RATIOS) >= SHARE
    lines.append(f"\nBar: at least {SHARE:.0%} of the best possible: {'held' if enough else 'FAILED'}.\n")
    return lines, enough


def size_lines(cells: pd.DataFrame) -> tuple[list[str], bool]:
    """Write the sizes as Markdown, and say whether the bars hold."""
    rate = cells["self_exciting 0.05"] / cells["n"]
    limit = stats.beta.ppf(0.995, cells["self_exciting 0.05"] + 1, cells["n"] - cells["self_exciting 0.05"])
    tiny = (cells["self_exciting 0.001"] / cells["n"]).max()
    held = bool((rate <= BAR).all() and (limit <= LIMIT).all() and tiny <= 0.005)
    numbers = [f"{n:,}" for n in sorted({int(cells["n"].min()), int(cells["n"].max())})]
    lines = [
        f"Percent of quiet SIMULATED series rejected at nominal 5 %, {' to '.join(numbers)} a cell; one "
        f"standard error at most {100 * np.sqrt(0.05 * 0.95 / cells['n'].min()):.1f}:\n",
        "| process | self_exciting, 0.5 a day | 2 a day | default, 0.5 a day | 2 a day |",
        "|---|" + "---:|" * 4,
    ]
    for process in HARD:
        part = cells[cells["process"] == process].set_index("mean")
        shares = [
            part.loc[m, f"{name} 0.05"] / part.loc[m, "n"]
            for name in ("self_exciting", "default")
            for m in MEANS
        ]
        lines.append(f"| {process} | " + " | ".join(f"{100 * s:.1f}" for s in shares) + " |")
    worst = cells.loc[rate.idxmax()]
    lines.append(
        f"\nWorst cell: {100 * rate.max():.1f} % (largest 99 % limit {100 * limit.max():.1f} %), "
        f"{worst['process']}, {worst['mean']:g} a day; at nominal 0.1 % at most {100 * tiny:.2f} %. "
        f"Bar {100 * BAR:g} % ({100 * LIMIT:g} %): {'held' if held else 'FAILED'}."
    )
    return lines, held


def main() -> int:
    parser = quick_parser(__doc__, "300 and 100 series; writes nothing")
    parser.add_argument("--only", choices=("power", *HARD), help="the others stay as they were recorded")
    parser.add_argument("--series", type=int, default=2_000, help="quiet series a cell")
    given = parser.parse_args()
    powered, series = (300, 100) if given.quick else (POWERED, given.series)
    before = RESULTS / "self_exciting_power.csv"
    if given.only in (None, "power"):
        power = power_rows({ratio: power_cell(ratio, powered) for ratio in (1.0, *RATIOS)})
    else:
        power = pd.read_csv(before)
    cells = pd.DataFrame(
        {"process": process, "mean": mean, "n": series, **size_cell(process, mean, series)}
        for mean in MEANS
        for process in HARD
        if given.only in (None, process)
    )
    if given.only is not None:
        key, recorded = ["process", "mean"], pd.read_csv(RESULTS / "self_exciting.csv")
        recorded = recorded.set_index(key)
        if len(cells):
            recorded.loc[pd.MultiIndex.from_frame(cells[key])] = cells.set_index(key)
        cells = recorded.reset_index()
    lines, enough = power_table(power)
    sizes, held = size_lines(cells)
    text = "\n".join([*lines, *sizes])
    print(text)
    if not given.quick:
        record("self_exciting", [text], cells)
        power.to_csv(before, index=False, float_format="%.5g")
    return 0 if held and enough else 1


if __name__ == "__main__":
    sys.exit(main())
