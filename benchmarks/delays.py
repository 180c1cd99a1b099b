"""How good completeness and nowcasts are that are measured from the days of the reports.

    python benchmarks/delays.py            # about four minutes on one core
    python benchmarks/delays.py --quick    # a tenth of the repetitions; writes nothing

SIMULATED reports. Coverage: incidents come as a Poisson process, the delays are measured from what is known
on the last day, and the nowcast of the last 14 days is held against what came. Size and power of
`uptick_test`, one region, with the completeness measured, with the true one, and with everything taken as
reported. Prints the tables and writes benchmarks/results/delays.md. Exits with 1 if a bar fails beyond its
Monte Carlo error, unless the cell is named as a limit: coverage of the fortnight's 90 % interval 87 to 93 %,
size at most 6.5 %, power at least 85 % of that with the true completeness.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from recording import quick_parser, record

from analytics import uptick_test
from analytics.counts import Counts
from analytics.counts.completeness import Completeness
from analytics.delays import DatedReports, nowcast
from analytics.delays.dated import measure
from analytics.delays.measured import with_completeness

DAYS, WINDOW = 480, 14
FIRST = np.datetime64("2019-01-01")
LAST = FIRST + np.timedelta64(DAYS - 1, "D")
Draw = Callable[[np.random.Generator, np.ndarray], np.ndarray]


def geometric(rng: np.random.Generator, day: np.ndarray) -> np.ndarray:
    return rng.geometric(0.15, len(day)) - 1


def lognormal(rng: np.random.Generator, day: np.ndarray) -> np.ndarray:
    return np.floor(2.5 * np.exp(1.156 * rng.standard_normal(len(day)))).astype(int)


def two_speeds(rng: np.random.Generator, day: np.ndarray) -> np.ndarray:
    slow = rng.random(len(day)) < 0.3
    return np.where(slow, 7 + rng.geometric(0.08, len(day)), rng.geometric(0.6, len(day)) - 1)


def half_late(rng: np.random.Generator, day: np.ndarray) -> np.ndarray:
    """Half of the last 14 days' incidents are not in yet."""
    return np.floor(7.0 * np.exp(1.0 * rng.standard_normal(len(day)))).astype(int)


def no_weekends(rng: np.random.Generator, day: np.ndarray) -> np.ndarray:
    delay = lognormal(rng, day)
    weekday = (day + delay) % 7
    return delay + np.where(weekday == 5, 2, np.where(weekday == 6, 1, 0))


def changed(rng: np.random.Generator, day: np.ndarray) -> np.ndarray:
    """Twice as slow over the last eight weeks."""
    return np.where(day >= DAYS - 56, 2, 1) * lognormal(rng, day)


LIMITS = (no_weekends, changed)


def simulated(
    rng: np.random.Generator, draw: Draw, rates: np.ndarray, ratio: float = 1.0
) -> tuple[Counts, np.ndarray, DatedReports]:
    """Return counts as known on the last day, what came, and the reports."""
    mean = np.tile(rates, (DAYS, 1))
    mean[-WINDOW:] *= ratio
    came = rng.poisson(mean)
    day, group = np.divmod(np.repeat(np.arange(came.size), came.ravel()), len(rates))
    delay = draw(rng, day)
    known = day + delay < DAYS
    seen = np.bincount(day[known] * len(rates) + group[known], minlength=came.size).reshape(came.shape)
    counts = Counts.from_array(seen, freq="day", start=FIRST)
    one = np.timedelta64(1, "D")
    happened = FIRST + day * one
    dated = DatedReports(happened, happened + delay * one, group, counts.regions, LAST)
    return counts, came, dated


def truth_of(draw: Draw) -> np.ndarray:
    """Return the true share reported of each day, oldest first."""
    rng = np.random.default_rng(99)
    many = np.repeat(np.arange(DAYS), 2_000)
    return np.maximum((many + draw(rng, many) < DAYS).reshape(DAYS, -1).mean(axis=1), 1e-4)


def covered(
    draw: Draw, rates: np.ndarray, runs: int, method: str, seed: int
) -> tuple[float, float, float, float, float]:
    """Return coverage of the fortnight and its error, its mean relative bias, coverage of a day, of 2 sd."""
    rng = np.random.default_rng(seed)
    hits, day_hits, bias, share_hits = [], [], [], []
    true_share = truth_of(draw)[-WINDOW:].mean()
    for _ in range(runs):
        counts, came, dated = simulated(rng, draw, rates)
        known = with_completeness(counts, measure(dated))
        found = nowcast(known, method=method)
        frame, days = found.frame, found.days
        total = came[-WINDOW:].sum(axis=0)
        hits.append(((frame["low"] <= total) & (total <= frame["high"])).mean())
        each = came[-WINDOW:].ravel()
        day_hits.append(((days["low"] <= each) & (each <= days["high"])).mean())
        bias.append((frame["estimate"].sum() - total.sum()) / max(total.sum(), 1))
        off = np.abs(known.completeness.share[-WINDOW:].mean(axis=0) - true_share)
        share_hits.append((off <= 1.645 * known.completeness.deviation[-WINDOW:].mean(axis=0)).mean())
    return (
        float(np.mean(hits)),
        float(np.std(hits) / np.sqrt(runs)),
        float(np.mean(bias)),
        float(np.mean(day_hits)),
        float(np.mean(share_hits)),
    )


def called(draw: Draw, rate: float, ratio: float, runs: int, seed: int) -> dict[str, float]:
    """Return how often a region alone is called with completeness measured, true, and taken as whole."""
    rng = np.random.default_rng(seed)
    true_share = truth_of(draw)[:, None]
    hits = {"measured": 0, "true": 0, "taken as complete": 0}
    for _ in range(runs):
        counts, _, dated = simulated(rng, draw, np.array([rate]), ratio)
        exact = Completeness(true_share, np.zeros_like(true_share), "given")
        tries = {
            "measured": with_completeness(counts, measure(dated)),
            "true": replace(counts, completeness=exact),
            "taken as complete": counts,
        }
        for name, known in tries.items():
            hits[name] += int(uptick_test(known, nested=False).frame["pvalue"].iloc[0] <= 0.05)
    return {name: number / runs for name, number in hits.items()}


def main() -> int:
    quick = quick_parser(__doc__, "a tenth of the repetitions; writes nothing").parse_args().quick
    cut = 10 if quick else 1
    runs = 300 // cut
    lines = [
        "# Measured completeness and nowcasts",
        "",
        f"SIMULATED reports on Poisson incidents of {DAYS} days, known on the last of them.",
        "",
        f"## The fortnight's nowcast, {runs:,} repetitions a cell",
        "",
        "Coverage of the 90 % interval in percent ± one standard error, the estimate's mean relative "
        "error, the coverage of a single day's interval (whole numbers: wider than need be where days hold "
        "few), and how often the true mean share of the fortnight lies within 1.645 standard "
        "deviations (nominal 90 %).",
        "",
        "| delays | incidents a day | method | coverage | relative error | a day | share |",
        "|---|---|---|---:|---:|---:|---:|",
    ]
    bad = []
    sparse = np.array([4.0, 1.0, 0.3, 0.1, 0.05])
    cells = [(draw, np.array([2.0]), "2") for draw in (geometric, lognormal, two_speeds, half_late)]
    cells += [(lognormal, np.array([0.5]), "0.5"), (lognormal, sparse, "4 to 0.05, five regions")]
    cells += [(no_weekends, np.array([2.0]), "2"), (changed, np.array([2.0]), "2")]
    for draw, rates, words in cells:
        for method in ("smoothed", "chain_ladder"):
            share, error, bias, day, sd = covered(draw, rates, runs, method, 17)
            lines.append(
                f"| {draw.__name__} | {words} | {method} | {100 * share:.1f} ± {100 * error:.1f} | "
                f"{100 * bias:+.1f} % | {100 * day:.1f} | {100 * sd:.1f} |"
            )
            print(lines[-1], file=sys.stderr, flush=True)
            inside = 0.87 - 2.58 * error <= share <= 0.93 + 2.58 * error
            if not inside and draw not in LIMITS:
                bad.append(f"{draw.__name__}, {words}, {method}: coverage {100 * share:.1f} %")
    lines += [
        "",
        "`no_weekends`: nothing is reported on two days of the week, known on the same weekday. `changed`: "
        "twice as slow over the last eight weeks; a note says so where it shows, the figures rest on both. "
        "These two are limits, not bars.",
        "",
    ]
    tries = 200 // cut
    lines += [
        f"## `uptick_test` at 5 %, one region, {tries:,} repetitions a cell",
        "",
        "Share called in percent (Monte Carlo error at most 3.5).",
        "",
        "| delays | incidents a day | true ratio | measured | true completeness | taken as complete |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for draw, rate, ratio in (
        (half_late, 1.0, 1.0), (half_late, 1.0, 2.0), (lognormal, 0.5, 1.0), (lognormal, 0.5, 2.0),
    ):  # fmt: skip
        found = called(draw, rate, ratio, tries, 23)
        numbers = " | ".join(f"{100 * found[name]:.1f}" for name in found)
        lines.append(f"| {draw.__name__} | {rate:g} | {ratio:g} | {numbers} |")
        print(lines[-1], file=sys.stderr, flush=True)
        error = np.sqrt(found["measured"] * (1 - found["measured"]) / tries)
        if ratio == 1 and draw not in LIMITS and found["measured"] - 2.58 * error > 0.065:
            bad.append(f"{draw.__name__}: size {100 * found['measured']:.1f} %")
        if ratio > 1 and found["measured"] < 0.85 * found["true"]:
            bad.append(f"{draw.__name__}: power {100 * found['measured']:.0f} of {100 * found['true']:.0f} %")
    lines += ["", f"Outside their bars beyond Monte Carlo error: {'; '.join(bad) or 'none'}."]
    print(*lines, sep="\n")
    if not quick:
        record("delays", lines)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
