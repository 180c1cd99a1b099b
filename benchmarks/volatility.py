"""Coverage of the interval of the volatility of fortnights.

    python benchmarks/volatility.py            # about four minutes on one core
    python benchmarks/volatility.py --quick    # a tenth of the series; writes nothing

The truth is the standard deviation of the relative deviation of 14-day sums beyond Poisson noise, from 3,000
series of 1,400 days of the same process. Prints the table and writes benchmarks/results/volatility.md. Exits
with 1 if a bar fails: a cell's coverage lies below 90 % beyond its 99 % Monte Carlo interval. Cells above
97 % are listed.
"""

from __future__ import annotations

import sys

import numpy as np
from recording import quick_parser, record
from scipy import stats

from analytics.kernels.recurrence.volatility import relative_deviation
from analytics.simulation import PROCESSES, simulate_counts, simulate_more
from analytics.simulation.further import MORE_STATIONARY
from analytics.upticks.changeable import FEWEST_WINDOWS, LEAST_MEAN

LENGTH, DAYS, MEANS = 14, (364, 728, 1092), (0.25, 0.5, 2.0)
LOW, HIGH = 0.90, 0.97
STATIONARY = (*(name for name in PROCESSES if name != "seasonal"), *MORE_STATIONARY)


def drawn(process: str, mean: float, days: int, series: int, seed: int) -> np.ndarray:
    draw = simulate_counts if process in PROCESSES else simulate_more
    return draw(process, mean=mean, days=days, series=series, uptick_days=0, seed=seed).values


def truth(process: str, mean: float, series: int) -> float:
    if process == "poisson":
        return 0.0
    sums = drawn(process, mean, 1_400, series, 99).reshape(100, LENGTH, -1).sum(axis=1)
    return float(np.sqrt(max(sums.var() - sums.mean(), 0.0)) / sums.mean())


def limits(share: float, number: int) -> tuple[float, float]:
    hits = round(share * number)
    low = stats.beta.ppf(0.005, hits, number - hits + 1) if hits else 0.0
    high = stats.beta.ppf(0.995, hits + 1, number - hits) if hits < number else 1.0
    return float(low), float(high)


def main() -> int:
    cut = 10 if quick_parser(__doc__, "a tenth of the series; writes nothing").parse_args().quick else 1
    series = 500 // cut
    lines = [
        "# The volatility of fortnights, measured",
        "",
        f"SIMULATED series, {series:,} a cell. Coverage of the 95 % interval in percent, ± one standard "
        "error; beside it how often the truth lies below and above it. Series with fewer than "
        f"{LEAST_MEAN:g} incidents in a fortnight on average get no figure (share in the last column); "
        f"{FEWEST_WINDOWS} fortnights are the least.",
        "",
        "| process | days | a day | truth | median | coverage | below, above | median width | no figure |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    narrow, wide, all_shares = [], [], []
    for process in STATIONARY:
        for mean in MEANS:
            true = truth(process, mean, 3_000 // cut)
            for days in DAYS:
                values = drawn(process, mean, days, series, 7 * days + int(100 * mean))
                enough = values.mean(axis=0) * LENGTH >= LEAST_MEAN
                covered = np.ones(days, bool)
                found = np.array(
                    [relative_deviation(one, covered, LENGTH)[:3] for one in values[:, enough].T]
                )
                sigma, low, high = found.T
                share = float(((low <= true) & (true <= high)).mean())
                all_shares.append(share)
                error = 100 * np.sqrt(share * (1 - share) / len(sigma))
                lines.append(
                    f"| {process} | {days:,} | {mean:g} | {true:.2f} | {np.median(sigma):.2f} | "
                    f"{100 * share:.1f} ± {error:.1f} | {100 * (true < low).mean():.1f}, "
                    f"{100 * (true > high).mean():.1f} | {np.median(high - low):.2f} | "
                    f"{100 * (1 - enough.mean()):.0f} % |"
                )
                print(lines[-1], file=sys.stderr, flush=True)
                least, most = limits(share, len(sigma))
                where = f"{process} {days:,} d, {mean:g} a day ({100 * share:.0f})"
                narrow += [where] if most < LOW else []
                wide += [where] if least > HIGH else []
    inside = np.mean([s >= LOW and s <= HIGH for s in all_shares])
    lines += [
        "",
        f"Mean coverage {100 * np.mean(all_shares):.1f} %; {100 * inside:.0f} % of {len(all_shares)} cells "
        f"lie within {LOW:.0%} to {HIGH:.0%}.",
        "",
        f"Below {LOW:.0%} beyond Monte Carlo error: {'; '.join(narrow) or 'none'}.",
        "",
        f"Above {HIGH:.0%} beyond Monte Carlo error (wider than need be): {'; '.join(wide) or 'none'}.",
    ]
    print(*lines, sep="\n")
    if cut == 1:
        record("volatility", lines)
    return 1 if narrow else 0


if __name__ == "__main__":
    sys.exit(main())
