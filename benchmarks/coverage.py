"""How often the 95 % interval of the rate ratio holds the truth, where it is known to hold it less often.

    python benchmarks/coverage.py           # 8,000 series a cell; half a minute
    python benchmarks/coverage.py --quick   # 800; writes nothing

SIMULATED series of a year of baseline, 28 guard and 14 recent days in which nothing changes, so that the true
ratio is 1: a spread that grows through the baseline, weeks entered on one day, cease-fires and campaigns of
weeks; beside them Poisson and negative binomial counts. The intervals of all processes of size_power.py, at
ratios 1 and 2, are recorded there. No bar. Writes benchmarks/results/coverage.md and .csv.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from one_region import GUARD, MEANS, RECENT, simulate
from recording import finish, quick_parser
from size_power import coverage

SEED, BASELINE, SERIES = 20261601, 364, 8_000
PROCESSES = (
    "poisson",
    "negative_binomial",
    "growing_spread",
    "weekly_batches",
    "ceasefires",
    "campaigns",
)


def main() -> int:
    given = quick_parser(__doc__, "a tenth of the series; writes nothing").parse_args()
    series, rows = SERIES // (10 if given.quick else 1), []
    for number, process in enumerate(PROCESSES):
        for mean in MEANS:
            seed = int(np.random.SeedSequence((SEED, number, int(10 * mean))).generate_state(1)[0])
            held, has = coverage(simulate(process, mean, BASELINE + GUARD + RECENT, series, seed), 1.0)
            rows.append({"process": process, "mean": mean, "intervals": has, "held": held})
    table = pd.DataFrame(rows)
    lines = [
        f"SIMULATED series, {series:,} a cell; percent of 95 % intervals that hold the true ratio of 1; a "
        "year of baseline (`python benchmarks/coverage.py`); one standard error at most "
        f"{100 * np.sqrt(0.1 * 0.9 / series):.1f}.",
        "",
        "| process | " + " | ".join(f"{m:g} a day" for m in MEANS) + " |",
        "|---|" + "---:|" * len(MEANS),
    ]
    for process, part in table.groupby("process", sort=False):
        told = [f"{100 * row['held'] / row['intervals']:.1f}" for _, row in part.iterrows()]
        lines.append(f"| {process} | " + " | ".join(told) + " |")
    return finish("coverage", lines, table, quick=given.quick, failed=False)


if __name__ == "__main__":
    sys.exit(main())
