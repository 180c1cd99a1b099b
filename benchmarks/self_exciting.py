"""Power of ``method="self_exciting"`` beside the best possible test, and its size where nothing changes.

    python benchmarks/self_exciting.py             # 12,000 series for power, 2,000 a cell for size
    python benchmarks/self_exciting.py --quick     # 300 and 100; writes nothing
    python benchmarks/self_exciting.py --keep FILE # cells are kept in FILE and not computed again

Self-exciting counts (branching 0.6, mean lag 7 days) at 0.5 a day, 364 baseline days, 28 guard days, 14
recent ones. The best possible test is the likelihood ratio with the process known (Neyman and Pearson).
Bars: at true size 5 % at least 88 % of the power of the best possible test; at nominal 5 % at most 6 % of
quiet series rejected in the worst cell, its upper 99 % limit at most 7.2 %. Exits with 1 if a bar fails.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from expected_steady import STEADY
from recording import quick_parser, record
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
BATCH, SEED = 2_000, 77_000


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
        values = simulate("hawkes_0.6", MEAN, size, SEED + start + int(10_000 * ratio), ratio)
        found = tests(values)
        for r in RATIOS if ratio == 1 else (ratio,):
            found[f"best {r:g}"] = best_possible(values, r)
        for name, p in found.items():
            out.setdefault(name, []).extend(np.round(p, 6).tolist())
    return out


def size_cell(process: str, mean: float, series: int) -> dict[str, int]:
    values = simulate(process, mean, series, SEED + 31 * STEADY.index(process) + int(10 * mean))
    return {
        f"{name} {level:g}": int((p <= level).sum())
        for name, p in tests(values).items()
        for level in (0.05, 0.001)
    }


def power_table(cells: dict[float, dict[str, list[float]]]) -> tuple[list[str], bool]:
    lines, held = ["| test | size at 5 % | 2x | 3x | 2x, share of best | 3x, share of best |"], True
    lines.append("|---|---:|---:|---:|---:|---:|")
    null, best = cells[1.0], {}
    for name in ("best", "self_exciting", "default"):
        found = []
        for ratio in RATIOS:
            key = f"best {ratio:g}" if name == "best" else name
            at = np.sort(null[key])[int(0.05 * len(null[key])) - 1]  # true size at most 5 %, ties aside
            found.append(float((np.asarray(cells[ratio][key]) <= at).mean()))
        best = best or dict(zip(RATIOS, found, strict=True))
        shares = [f / best[r] for f, r in zip(found, RATIOS, strict=True)]
        if name == "self_exciting":
            held = min(shares) >= SHARE
        size = "" if name == "best" else f"{100 * np.mean(np.asarray(null[name]) <= 0.05):.1f}"
        figures = [f"{100 * f:.1f}" for f in found] + [f"{100 * s:.1f}" for s in shares]
        lines.append(f"| {name} | {size} | " + " | ".join(figures) + " |")
    return lines, held


def kept(path: Path | None) -> Callable[[str, Callable[[], dict]], dict]:
    """Return a function that computes a named cell, or takes it from the file."""
    known = {}
    if path is not None and path.exists():
        known = dict(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())

    def cell(name: str, compute: Callable[[], dict]) -> dict:
        if name not in known:
            known[name] = compute()
            if path is not None:
                with path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([name, known[name]]) + "\n")
        return known[name]

    return cell


def main() -> int:
    parser = quick_parser(__doc__, "300 and 100 series; writes nothing")
    parser.add_argument("--keep", type=Path, help="file of cells")
    parser.add_argument("--part", choices=("power", *map(str, MEANS)), help="with --keep: only these cells")
    given = parser.parse_args()
    powered, series = (300, 100) if given.quick else (12_000, 2_000)
    cell, rows, power = kept(given.keep), [], {}
    if given.part in (None, "power"):
        for ratio in (1.0, *RATIOS):
            power[ratio] = cell(f"power {ratio:g}", lambda ratio=ratio: power_cell(ratio, powered))
    for mean in MEANS:
        for process in HARD if given.part in (None, str(mean)) else ():
            found = cell(f"{process} {mean:g}", lambda p=process, m=mean: size_cell(p, m, series))
            rows.append({"process": process, "mean": mean, "n": series, **found})
    if given.part is not None:
        return 0
    lines, enough = power_table(power)
    cells = pd.DataFrame(rows)
    worst = cells.loc[cells["self_exciting 0.05"].idxmax()]
    called = worst["self_exciting 0.05"]
    limit = float(stats.beta.ppf(0.995, called + 1, series - called))
    tiny = cells["self_exciting 0.001"].max() / series
    held = called / series <= BAR and limit <= LIMIT and tiny <= 0.005
    table = [
        "| process | self_exciting, 0.5 a day | 2 a day | default, 0.5 a day | 2 a day |",
        "|---|" + "---:|" * 4,
    ]
    for process in HARD:
        part = cells[cells["process"] == process].set_index("mean")
        shares = [
            part.loc[m, f"{name} 0.05"] / series for name in ("self_exciting", "default") for m in MEANS
        ]
        table.append(f"| {process} | " + " | ".join(f"{100 * s:.1f}" for s in shares) + " |")
    text = "\n".join(
        [
            f"SIMULATED self-exciting series (branching 0.6, mean lag 7 days), 0.5 a day, {powered:,} a "
            f"ratio; percent found at true size 5 %; one standard error at most "
            f"{100 * np.sqrt(0.25 / powered):.1f}, beside that of the critical value.\n",
            *lines,
            f"\nBar: at least {SHARE:.0%} of the best possible: {'held' if enough else 'FAILED'}.\n",
            f"Percent of quiet SIMULATED series rejected at nominal 5 %, {series:,} a cell; one standard "
            f"error {100 * np.sqrt(0.05 * 0.95 / series):.1f}:\n",
            *table,
            f"\nWorst cell: {100 * called / series:.1f} % (99 % limit {100 * limit:.1f} %), "
            f"{worst['process']}, {worst['mean']:g} a day; at nominal 0.1 % at most {100 * tiny:.2f} %. "
            f"Bar {100 * BAR:g} % ({100 * LIMIT:g} %): {'held' if held else 'FAILED'}.",
        ]
    )
    print(text)
    if not given.quick:
        record("self_exciting", [text], cells)
    return 0 if held and enough else 1


if __name__ == "__main__":
    sys.exit(main())
