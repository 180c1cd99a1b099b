"""Nowcasts scored beside R's `surveillance::nowcast` and beside the plain last complete fraction.

    python benchmarks/nowcasts.py            # about five minutes, most of them in R
    python benchmarks/nowcasts.py --quick    # a tenth of the triangles; writes nothing

SIMULATED reporting triangles, the same for all, written as CSV. Every method gives the quantiles of what each
of the last 14 days will hold once all is reported; the weighted interval score (Bracher et al. 2021; 23
levels) is their mean pinball loss times two, and lower is better. R is run by benchmarks/nowcasts.R; without
R, or without its package surveillance, its column is left out, and the result says so. Writes
benchmarks/results/nowcasts.md, and exits with 1 if the smoothed nowcast's score is worse than R's or the
plain method's beyond twice the Monte Carlo error of their difference.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from delays import DAYS, LAST, WINDOW, Draw, half_late, lognormal, no_weekends, simulated
from recording import quick_parser, record

from analytics.delays.dated import DatedReports, measure
from analytics.delays.measured import with_completeness
from analytics.delays.nowcasting import what_comes
from analytics.kernels.delays.late import Late, chain_ladder

LEVELS = np.r_[0.01, 0.025, np.arange(1, 20) / 20, 0.975, 0.99]
SCRIPT = Path(__file__).with_suffix(".R")
COMPLETE = 60  # days after which the plain method takes a day as complete
CELLS: tuple[tuple[str, Draw, float], ...] = (
    ("lognormal", lognormal, 2.0),
    ("half of the fortnight late", half_late, 2.0),
    ("lognormal", lognormal, 0.5),
    ("none on two weekdays", no_weekends(6), 2.0),
)
OURS, PLAIN, R = ("smoothed", "chain ladder"), "last complete fraction", "surveillance::nowcast"


def quantiles(late: Late, seen: np.ndarray) -> np.ndarray:
    """Return the quantiles of what there will be, shape (levels, series)."""
    low, high = np.full((len(LEVELS), len(seen)), -1.0), np.ones((len(LEVELS), len(seen)))

    def reached(count: np.ndarray) -> np.ndarray:
        return np.stack([late.up_to(row) for row in count]) >= LEVELS[:, None] - 1e-9

    while not (there := reached(high)).all():
        low, high = np.where(there, low, high), np.where(there, high, 2 * high)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        there = reached(middle)
        low, high = np.where(there, low, middle), np.where(there, middle, high)
    return np.asarray(high + seen)


def score(found: np.ndarray, came: np.ndarray) -> np.ndarray:
    """Return the weighted interval score of quantiles, shape (levels, series)."""
    off = came - found
    return np.asarray(2 * np.where(off >= 0, LEVELS[:, None] * off, (LEVELS[:, None] - 1) * off).mean(axis=0))


def plain(dated: DatedReports, seen: np.ndarray) -> Late:
    """Divide by the share that was in so soon of the days that are complete by now, as if it were known."""
    age = ((LAST - dated.happened) / np.timedelta64(1, "D")).astype(int)
    delay = ((dated.first_known - dated.happened) / np.timedelta64(1, "D")).astype(int)
    delay = delay[(age >= COMPLETE) & (age < 364) & (delay <= age)]
    soon = (delay[:, None] <= np.arange(WINDOW - 1, -1, -1)).sum(axis=0)
    share = (soon + 0.5) / (len(delay) + 1)
    return chain_ladder(seen[None], share[None], np.zeros((1, WINDOW)))


def write_triangle(folder: Path, name: str, dated: DatedReports) -> None:
    known = dated.first_known <= LAST
    days = pd.DataFrame({"event": dated.happened[known], "report": dated.first_known[known]})
    counted = days.astype(str).value_counts().rename("count").reset_index().sort_values(["event", "report"])
    counted.to_csv(folder / f"{name}.csv", index=False)


def have_r() -> bool:
    """Whether Rscript is here, and its package."""
    if shutil.which("Rscript") is None:
        return False
    asked = ["Rscript", "-e", 'quit(status = !requireNamespace("surveillance", quietly = TRUE))']
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def by_r(folder: Path) -> dict[str, np.ndarray]:
    """Return the quantiles that R finds of the triangles of a folder, each of shape (levels, days)."""
    subprocess.run(["Rscript", str(SCRIPT), str(folder)], check=True, capture_output=True)
    table = pd.read_csv(folder / "quantiles_r.csv")
    return {
        str(name).removesuffix(".csv"): rows.iloc[:, 2:].to_numpy(dtype=float).T
        for name, rows in table.groupby("triangle")
    }


def scored(
    draw: Draw, rate: float, runs: int, seed: int, r: Callable[[Path], dict[str, np.ndarray]] | None = None
) -> dict[str, np.ndarray]:
    """Return each method's mean score of a day, one number a triangle."""
    rng, came = np.random.default_rng(seed), []
    found: dict[str, list[np.ndarray]] = {name: [] for name in (*OURS, PLAIN)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "now.txt").write_text(f"{LAST}\n", encoding="utf-8")
        for i in range(runs):
            counts, truth, dated = simulated(rng, [draw], [rate])
            came.append(truth[-WINDOW:, 0])
            write_triangle(folder, f"triangle_{i:03}", dated)
            known = with_completeness(counts, measure(dated)).completeness
            assert known is not None
            share, deviation = known.share[-WINDOW:].T, known.deviation[-WINDOW:].T
            seen = counts.values[-WINDOW:].astype(float).T
            past = np.tile(
                counts.values[-WINDOW - 364 : -WINDOW] / known.share[-WINDOW - 364 : -WINDOW], WINDOW
            )
            for ours in OURS:
                method = "smoothed" if ours == "smoothed" else "chain_ladder"
                found[ours].append(quantiles(what_comes(seen, share, deviation, past, method), seen[0]))
            found[PLAIN].append(quantiles(plain(dated, seen[0]), seen[0]))
        if r is not None:
            there = r(folder)
            found[R] = [there[f"triangle_{i:03}"] for i in range(runs)]
    return {
        name: np.array([score(one, truth).mean() for one, truth in zip(each, came, strict=True)])
        for name, each in found.items()
    }


def main() -> int:
    quick = quick_parser(__doc__, "a tenth of the triangles; writes nothing").parse_args().quick
    runs = 3 if quick else 20
    r = by_r if have_r() else None
    names = [*OURS, PLAIN, *([R] if r else [])]
    lines = [
        "# Nowcasts, scored",
        "",
        f"`python benchmarks/nowcasts.py`. SIMULATED reporting triangles of {DAYS} days, known on the last; "
        f"{runs} a cell, the same for all methods. Mean weighted interval score of a day of the last "
        f"{WINDOW} (lower is better) ± one standard error, and in brackets the difference to the smoothed "
        "nowcast ± its own, triangle by triangle. The plain method divides by the share that was in so soon "
        f"of the days {COMPLETE} and more ago.",
        "",
        f"| delays | incidents a day | {' | '.join(names)} |",
        f"|---|---:|{'---:|' * len(names)}",
    ]
    bad = []
    for words, draw, rate in CELLS:
        found = scored(draw, rate, runs, 29, r)
        cells = []
        for name in names:
            cell = f"{found[name].mean():.3f} ± {found[name].std() / runs**0.5:.3f}"
            if name != OURS[0]:
                off = found[name] - found[OURS[0]]
                error = off.std() / runs**0.5
                cell += f" ({off.mean():+.3f} ± {error:.3f})"
                if name in (PLAIN, R) and off.mean() < -2 * error:
                    bad.append(f"{words}, {rate:g}: {name} is better by {-off.mean():.3f}")
            cells.append(cell)
        lines.append(f"| {words} | {rate:g} | {' | '.join(cells)} |")
        print(lines[-1], file=sys.stderr, flush=True)
    lines += ["", f"Worse than another beyond twice the Monte Carlo error: {'; '.join(bad) or 'none'}."]
    if r is None:
        lines += ["", "R, or its package surveillance, was not here: not compared with it."]
    print(*lines, sep="\n")
    if not quick:
        record("nowcasts", lines)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
