"""How long CUSUM and EWMA take on many series of days, as a ratio to a plain NumPy loop over series.

python benchmarks/detector_speed_cusum.py        # 10,000 series x 3,650 days, one core; records the result
python benchmarks/detector_speed_cusum.py --series 500
"""

from __future__ import annotations

import argparse
import platform
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from timing import best, peak

from analytics.counts import Counts
from analytics.detectors._cusum import cusum
from analytics.detectors._ewma import ewma
from analytics.kernels.charts.cusum import cusum_run
from analytics.kernels.charts.run_length import cusum_design

DAYS, PEER_SERIES = 3650, 20
KERNEL_BAR, CALL_BAR = 0.1, 1.5
RESULT = Path(__file__).resolve().parent / "results" / "detector_speed_cusum.md"


def panel(series: int) -> Counts:
    """Negative binomial days, means from a gamma distribution around 0.5, dispersion 1 to 4."""
    rng = np.random.default_rng(0)
    mean = 0.01 + rng.gamma(0.5, 1.0, series)
    spread = rng.uniform(1.05, 4.0, series)
    values = np.empty((DAYS, series), dtype=np.int32)
    for day in range(DAYS):
        values[day] = rng.poisson(rng.gamma(mean / (spread - 1), spread - 1))
    return Counts.from_array(values, freq="day", as_of="2020-04-12", simulated=True)


def peer(
    y: npt.NDArray[np.int32], slope: float, drift: float, threshold: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """One series by a plain loop over days."""
    statistic, alarm, state = np.zeros(len(y)), np.zeros(len(y), bool), 0.0
    for t in range(len(y)):
        state = max(0.0, state + slope * y[t] - drift)
        statistic[t] = state
        if state >= threshold:
            alarm[t], state = True, 0.0
    return statistic, alarm


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=10_000)
    given = parser.parse_args()
    counts = panel(given.series)
    shape = counts.values.shape
    cusum(counts.select(counts.regions[:5]))  # loads the compiled code
    ewma(counts.select(counts.regions[:5]))
    before = peak()
    call = best(lambda: cusum(counts), 7)
    after = peak()
    known = cusum(counts)
    threshold = np.asarray(known.runs[0].parameters["threshold"])
    means, spreads = (np.asarray(known.runs[0].parameters[name]) for name in ("mean", "dispersion"))
    del known
    fixed = best(lambda: cusum(counts, threshold=threshold), 5)
    average = best(lambda: ewma(counts), 3)

    run_length = np.full(shape[1], 365.25)
    design = cusum_design(means, spreads, ratio=2.0, run_length=run_length)
    designing = best(lambda: cusum_design(means, spreads, ratio=2.0, run_length=run_length), 3)
    statistic, alarm = np.empty(shape), np.empty(shape, dtype=bool)
    slope, drift, state = design.slope[None], design.drift[None], np.empty(shape[1])

    def kernel() -> None:
        state[:] = 0.0
        cusum_run(counts.values, None, slope, drift, design.threshold, 0.0, state, statistic, alarm, None)

    run = best(kernel, 20)
    picked = np.linspace(0, shape[1] - 1, min(PEER_SERIES, shape[1])).astype(int)
    start = time.process_time()
    loops = [peer(counts.values[:, j], design.slope[j], design.drift[j], design.threshold[j]) for j in picked]
    loop = (time.process_time() - start) / len(picked) * shape[1]
    for j, (values, raised) in zip(picked, loops, strict=True):
        np.testing.assert_allclose(statistic[:, j], values, atol=1e-9)
        assert (alarm[:, j] == raised).all()

    def met(seconds: float, bar: float) -> str:
        return f"{bar:g} s: {'met' if seconds < bar else 'NOT met'}"

    lines = [
        "# CUSUM and EWMA on many series",
        "",
        f"SIMULATED negative binomial counts, {shape[1]:,} series x {shape[0]:,} days, one core; "
        "best of several runs. Wall time depends on what else the machine does; "
        "processor time, system calls included, is what the bars are held against.",
        f"Peer: a plain Python loop over days and series, {len(picked)} series measured in the same run and "
        "scaled up; same statistic and alarms.",
        "",
        "| work | wall (s) | processor (s) | bar, processor |",
        "|---|---|---|---|",
        f"| NB CUSUM kernel, into given arrays | {run[0]:.4f} | {run[1]:.4f} | {met(run[1], KERNEL_BAR)} |",
        f"| thresholds for run length 365, Markov chain | {designing[0]:.2f} | {designing[1]:.2f} | |",
        f"| `cusum(counts)`: training, thresholds, bounds, result | {call[0]:.2f} | {call[1]:.2f} | "
        f"{met(call[1], CALL_BAR)} |",
        f"| `cusum(counts, threshold=...)`, to calibrate | {fixed[0]:.2f} | {fixed[1]:.2f} | |",
        f"| `ewma(counts)` | {average[0]:.2f} | {average[1]:.2f} | |",
        f"| peer loop | | {loop:.1f} | kernel / peer = 1 / {loop / run[1]:.0f} |",
        "",
        f"Peak memory {after:.1f} GB, of which {before:.1f} GB before the first full call "
        f"(the counts are {counts.values.nbytes / 1e9:.2f} GB). Python {platform.python_version()}, "
        f"NumPy {np.__version__}.",
    ]
    text = "\n".join(lines)
    print(text)
    if given.series == 10_000:
        RESULT.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
