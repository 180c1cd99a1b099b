"""Size, power and coverage of the concentration test, inside and outside being independent series.

    python benchmarks/concentration.py            # 2,000 quiet pairs a cell; some minutes on one core
    python benchmarks/concentration.py --quick    # 400 a cell; says so, writes nothing

Writes benchmarks/results/concentration.csv and .md, exits with 1 if a bar fails: size at most 6 % at nominal
5 % (99 % lower Monte Carlo limit), beside Fisher's exact test with mid-p on the same counts.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from recording import finish, quick_parser
from scipy import stats

from analytics.kernels.windows.concentration import concentration_test_arrays, hypergeometric_tail
from analytics.simulation import PROCESSES, simulate_counts

RECENT, GUARD = 14, 28
RATES = ((0.1, 0.1), (0.1, 2.0), (0.5, 0.5), (2.0, 0.5), (2.0, 2.0), (0.5, 20.0))
BASELINES = (364, 1092)
BAR, BAR_TINY = 0.06, 0.006


def cell(process: str, rates: tuple[float, float], baseline: int, ratio: float, n: int) -> dict[str, float]:
    """Reject rates at nominal 5 % and 0.1 %, of the test, its model alone and Fisher's."""
    key = (PROCESSES.index(process), int(10 * rates[0]), int(10 * rates[1]), baseline, int(10 * ratio))
    seeds = np.random.SeedSequence(key).generate_state(2)
    days = baseline + GUARD + RECENT
    inside = simulate_counts(
        process, mean=rates[0], days=days, series=n, uptick_ratio=ratio, seed=int(seeds[0])
    ).values
    outside = simulate_counts(process, mean=rates[1], days=days, series=n, seed=int(seeds[1])).values
    test = concentration_test_arrays(inside, outside, np.ones(inside.shape, bool), length=RECENT, guard=GUARD)
    s1, s0 = test.recent_inside, test.recent_outside
    fisher = hypergeometric_tail(s1, s1 + test.baseline_inside, s0 + test.baseline_outside, s1 + s0)
    out = {
        "size": float((test.pvalue <= 0.05).mean()),
        "at 0.1 %": float((test.pvalue <= 0.001).mean()),
        "model alone": float((test.pvalue_a <= 0.05).mean()),
        "rotation alone": float((test.rotation <= 0.05).mean()),
        "Fisher mid-p": float((fisher <= 0.05).mean()),
    }
    if ratio == 1.0 and rates[0] >= 0.5:
        # The interval inverts the model's test: it covers 1 where neither tail at ratio 1 is below 2.5 %.
        out["coverage"] = float(((test.pvalue_a > 0.025) & (test.pvalue_a < 0.975)).mean())
    return out


def lower_limit(rate: float, n: int) -> float:
    """Lower end of the 99 % Clopper-Pearson interval."""
    hits = round(rate * n)
    return float(stats.beta.ppf(0.005, hits, n - hits + 1)) if hits else 0.0


def main() -> int:
    parser = quick_parser(__doc__, "400 quiet pairs a cell; writes nothing")
    quick = parser.parse_args().quick
    nulls, others = (400, 200) if quick else (2_000, 500)
    rows = []
    for process in PROCESSES:
        for rates in RATES:
            for baseline in BASELINES:
                row: dict[str, object] = {
                    "process": process,
                    "inside a day": rates[0],
                    "outside a day": rates[1],
                    "baseline": baseline,
                }
                row |= {"coverage": np.nan} | cell(process, rates, baseline, 1.0, nulls)
                row |= {
                    f"power at {r:g}x": cell(process, rates, baseline, r, others)["size"]
                    if baseline == BASELINES[0]
                    else np.nan
                    for r in (2.0, 3.0)
                }
                rows.append(row)
    table = pd.DataFrame(rows)
    short = ["process", "baseline", "size", "at 0.1 %", "model alone", "rotation alone", "Fisher mid-p"]
    worst = table[short].groupby(["process", "baseline"], sort=False).max().reset_index()
    rest = (
        table.groupby(["process", "baseline"], sort=False)
        .agg(low=("coverage", "min"), power2=("power at 2x", "mean"), power3=("power at 3x", "mean"))
        .reset_index(drop=True)
        .set_axis(["lowest coverage", "mean power 2x", "mean power 3x"], axis=1)
    )
    worst = pd.concat([worst, rest], axis=1)
    failed = [r for r in table["size"] if lower_limit(r, nulls) > BAR]
    failed += [r for r in table["at 0.1 %"] if lower_limit(r, nulls) > BAR_TINY]
    head = "| " + " | ".join(worst.columns) + " |\n|---|" + "---:|" * (len(worst.columns) - 1)
    lines = [
        f"| {row.iloc[0]} | {row.iloc[1]} | "
        + " | ".join("–" if np.isnan(v) else f"{100 * v:.2f}" for v in row.iloc[2:])
        + " |"
        for _, row in worst.iterrows()
    ]
    text = [
        head,
        *lines,
        "",
        f"SIMULATED pairs of independent series; the worst of {len(RATES)} pairs of rates "
        f"({', '.join(f'{a:g}/{b:g}' for a, b in RATES)} a day inside/outside); percent rejected, "
        f"one-sided; {nulls:,} without and {others:,} with an uptick inside a cell; {RECENT} recent "
        f"and {GUARD} guard days.",
        "Coverage: nominal 95 %, rates of 0.5 a day and more inside.",
        f"Bars: size at most {BAR:.0%} at nominal 5 %, {BAR_TINY:.1%} at 0.1 % (99 % lower Monte Carlo "
        "limit): "
        + ("FAILED" if failed else "held")
        + f"; worst {100 * table['size'].max():.2f} and {100 * table['at 0.1 %'].max():.2f} %.",
    ]
    return finish("concentration", text, table, quick=quick, failed=failed)


if __name__ == "__main__":
    sys.exit(main())
