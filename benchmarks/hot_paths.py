"""Processor time of the loops that monitor, evaluate and scan wait for, against another checkout, in one run.

    python benchmarks/hot_paths.py --against FOLDER     a checkout of an earlier commit; about two minutes
    python benchmarks/hot_paths.py --against FOLDER --cases short long    these again, the others as recorded
    python benchmarks/hot_paths.py --only CASE          one case of this checkout: seconds, and GB

Each case is run by both checkouts in turn, in a process of its own, three times; the least processor time of
each counts. Compiled loops are compiled before. Arithmetic is on one thread. SIMULATED counts.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
TURNS = 3


def weekly(regions: int, weeks: int) -> object:
    """Return weekly counts, negative binomial around means from a tenth to some tens."""
    from analytics.counts import Counts

    rng = np.random.default_rng(15)
    mean = np.exp(rng.normal(0.5, 1.2, regions))
    values = rng.poisson(mean * rng.gamma(2.0, 0.5, (weeks, regions))).astype(np.int32)
    starts = np.datetime64("1997-01-06") + 7 * np.arange(weeks)
    return Counts(
        starts=starts,
        freq="week",
        finest="week",
        week_start="monday",
        as_of=starts[-1] + 6,
        values=values,
        coverage=np.ones(values.shape, dtype=bool),
        regions=tuple(map(str, range(regions))),
        simulated=True,
    )


def monitored(regions: int, weeks: int) -> Callable[[], object]:
    """Return `monitor` with its default detector."""
    from analytics.monitoring import monitor

    counts = weekly(regions, weeks)
    return lambda: monitor(counts, last=52)


def predicted(weeks: int, history: int | None) -> Callable[[], object]:
    """Return `predictive` on 1,000 regions."""
    from analytics.detectors import predictive

    counts = weekly(1_000, weeks)
    return lambda: predictive(counts, last=52, history=history)


def farrington(compat: str | None) -> Callable[[], object]:
    """Return Farrington flexible on 500 regions."""
    from analytics.detectors import farrington_flexible

    counts = weekly(500, 330)
    more = {} if compat is None else {"compat": compat}
    return lambda: farrington_flexible(counts, last=26, **more)


def scanned() -> Callable[[], object]:
    """Return the scan of 200 places x 365 days, windows to 28 days, 999 replicates."""
    from analytics.kernels.space import scan

    rng = np.random.default_rng(1)
    series = rng.poisson(2_000 / 200 / 365, (365, 200))
    distance = scan.great_circle(rng.uniform(30, 37, 200), rng.uniform(40, 48, 200))
    zones = scan.neighbour_zones(distance, series.sum(axis=0), max_share=0.5)

    def run() -> object:
        draw = scan.rotated_windows(series, 28, np.random.default_rng(3))
        return scan.scan_maxima(zones, draw, 28, 999, int(series.sum()))

    return run


def calibrated() -> Callable[[], object]:
    """Return the calibration of GLR on resampled histories of 12 regions x 728 days, by day."""
    from analytics.counts import Counts
    from analytics.kernels.charts import glr_chart
    from analytics.monitoring import calibrate

    rng = np.random.default_rng(15)
    mean = np.exp(rng.normal(-0.5, 1.0, 12))
    values = rng.poisson(mean * rng.gamma(2.0, 0.5, (728, 12)))
    counts = Counts.from_array(values, freq="day", start="2018-01-01", simulated=True)

    def run() -> object:
        for kept in (getattr(glr_chart, name, None) for name in ("_threshold", "_run_lengths")):
            if kept is not None:
                kept.cache_clear()  # thresholds of the run before
        return calibrate(counts, "glr_nb", by="history", seed=1)

    return run


CASES: dict[str, tuple[str, Callable[[], Callable[[], object]]]] = {
    "monitor": ("`monitor`, 10,000 regions x 52 of 260 weeks", lambda: monitored(10_000, 260)),
    "short": ("`predictive`, 1,000 regions x 52 of 313 weeks", lambda: predicted(313, None)),
    "long": ("`predictive`, 1,000 regions x 52 of 1,500 weeks, all used", lambda: predicted(1_500, None)),
    "unused": ("`predictive`, the same with `history=260`", lambda: predicted(1_500, 260)),
    "farrington": ("`farrington_flexible`, 500 regions x 26 weeks", lambda: farrington(None)),
    "compat": ("the same with `compat='surveillance'`", lambda: farrington("surveillance")),
    "budget": ("budget on histories, `glr_nb`, 12 regions x 728 days", calibrated),
    "scan": ("scan of 200 places x 365 days, 999 replicates", scanned),
}


def history() -> list[str]:
    """Say how far the expectations of `predictive` rest on its oldest weeks."""
    from analytics.detectors import predictive

    counts = weekly(300, 1_500)
    whole = predictive(counts, last=52).expected
    told = []
    for left in (1_400, 313):
        off = np.abs(predictive(counts, last=52, history=left).expected / whole - 1)
        told.append(
            f"{left:,} instead: a median change of {np.nanmedian(off):.1%}, at most {np.nanmax(off):.0%}; "
            f"within 1e-9 {np.nanmean(off < 1e-9):.0%}"
        )
    return [
        "",
        "By default `predictive` uses every week before: its level, trend and season are of the whole",
        "history. Expectations of 300 regions x 52 of 1,500 weeks, with",
        f"{told[0]};",
        f"{told[1]}.",
    ]


def one(case: str) -> None:
    """Print the processor seconds of a case, run once before, and the most memory."""
    from timing import peak

    run = CASES[case][1]()
    run()
    began = time.process_time()
    run()
    print(time.process_time() - began, peak())


def measured(checkout: Path, case: str) -> tuple[float, float]:
    """Run a case in another process, on the code of a checkout."""
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(checkout), str(HERE)]),
        "OPENBLAS_NUM_THREADS": "1",
    }
    words = [sys.executable, "-P", str(HERE / "hot_paths.py"), "--only", case]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
    seconds, memory = map(float, done.stdout.split())
    return seconds, memory


def main() -> int:
    """Compare the checkouts and write the result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--against", type=Path, help="a checkout of an earlier commit")
    parser.add_argument("--cases", nargs="+", choices=tuple(CASES), default=list(CASES), metavar="CASE")
    parser.add_argument("--only", choices=tuple(CASES))
    args = parser.parse_args()
    if args.only:
        one(args.only)
        return 0
    if args.against is None:
        parser.error("--against FOLDER or --only CASE")
    commit = subprocess.run(
        ["git", "-C", str(args.against), "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    path = HERE / "results" / "hot_paths.md"
    held = path.read_text(encoding="utf-8").splitlines()
    if len(args.cases) < len(CASES) and not any(f"checkout of {commit}." in line for line in held):
        parser.error(f"the record is against another commit than {commit}: measure all cases")
    lines = [
        "# Hot paths, before and after (SIMULATED)",
        "",
        f"Processor seconds, the least of {TURNS} runs, this checkout and that of commit {commit} by turns;",
        f"`python benchmarks/hot_paths.py --against` a checkout of {commit}.",
        "",
        "| work | before, s | now, s | now / before | before, GB | now, GB |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for case, (what, _) in CASES.items():
        if case not in args.cases:
            lines += [line for line in held if line.startswith(f"| {what} |")]
            continue
        runs = [(measured(args.against, case), measured(HERE.parent, case)) for _ in range(TURNS)]
        before, now = (min(seconds for seconds, _ in side) for side in zip(*runs, strict=True))
        gb_before, gb_now = (max(memory for _, memory in side) for side in zip(*runs, strict=True))
        lines.append(
            f"| {what} | {before:.2f} | {now:.2f} | {now / before:.2f} | {gb_before:.2f} | {gb_now:.2f} |"
        )
        print(lines[-1], flush=True)
    lines += history()
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
