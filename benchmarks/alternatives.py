"""Size of every method that uptick_test can be asked for by name, on the processes of size_power.py.

    python benchmarks/alternatives.py            # 4,000 null series a cell; about five minutes on two cores
    python benchmarks/alternatives.py --quick    # 200 a cell; writes nothing

The docstrings in analytics/kernels/windows/alternatives.py say when each fails; this is the measurement. A
method that has no p-value for a series (an empty window) does not reject it.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent))
from recording import quick_parser, record
from size_power import BASELINES, DESIGNED, FURTHER, GROUPS, GUARD, MEANS, RECENT, markdown, simulate

from analytics.kernels.windows.alternatives import METHODS as ALL

METHODS = {name: method for name, method in ALL.items() if name != "self_exciting"}  # it has its own


def cell(job: tuple[str, str, float, int, int]) -> dict[str, object]:
    """Reject rates of one cell."""
    group, process, mean, baseline, series = job
    values = simulate(process, mean, baseline, 1.0, series, 424_243)
    covered = np.ones(values.shape, bool)
    out: dict[str, object] = {"group": group, "baseline": baseline}
    for name, method in METHODS.items():
        p = method(values, covered, length=RECENT, guard=GUARD)
        out[name], out[f"{name} tiny"] = float((p <= 0.05).mean()), float((p <= 0.001).mean())
    return out


def main() -> None:
    parser = quick_parser(__doc__, "200 null series a cell; writes nothing")
    given = parser.parse_args()
    series = 200 if given.quick else 4_000
    jobs = [
        (group, process, mean, baseline, series)
        for group in (DESIGNED, FURTHER)
        for process in GROUPS[group]
        for mean in MEANS
        for baseline in BASELINES
    ]
    with ProcessPoolExecutor(2) as pool:
        cells = pd.DataFrame(pool.map(cell, jobs))
    rows = []
    for name in METHODS:
        row: dict[str, object] = {"method": name, "mean": cells[name].mean()}
        for group in (DESIGNED, FURTHER):
            for baseline in BASELINES:
                part = cells[(cells["group"] == group) & (cells["baseline"] == baseline)]
                row[f"worst, {group}, {baseline} d"] = part[name].max()
        row["worst at 0.1 %"] = cells[f"{name} tiny"].max()
        rows.append(row)
    text = (
        f"SIMULATED series without an uptick, {series:,} a cell; percent rejected at nominal 5 %.\n\n"
        + markdown(pd.DataFrame(rows))
    )
    print(text)
    if not given.quick:
        record("alternatives", [text])


if __name__ == "__main__":
    main()
