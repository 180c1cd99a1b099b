"""How good completeness and nowcasts are that are measured from the days of the reports.

    python benchmarks/delays.py            # about six minutes on one core
    python benchmarks/delays.py --quick    # a tenth of the repetitions; writes nothing

SIMULATED reports. Coverage: incidents come as a Poisson process, the delays are measured from what is known
on the last day, and the nowcast of the last 14 days is held against what came. Size and power of
`uptick_test` with the completeness measured, with the true one, and with everything taken as reported: of one
region, and of four regions of which two are reported later, each held against its own. Prints the tables and
writes benchmarks/results/delays.md. Exits with 1 if a bar fails beyond its Monte Carlo error, unless the cell
is named as a limit: coverage of the fortnight's 90 % interval 87 to 93 %, size at most 6.5 %, power at least
85 % of that with the true completeness.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from recording import quick_parser, record

from analytics import uptick_test
from analytics.counts import Counts
from analytics.counts.completeness import Completeness
from analytics.delays import DatedReports
from analytics.delays.dated import measure
from analytics.delays.measured import with_completeness
from analytics.delays.nowcasting import NowcastMethod, what_comes

DAYS, WINDOW = 480, 14
FIRST = np.datetime64("2019-01-01")
LAST = FIRST + np.timedelta64(DAYS - 1, "D")
METHODS: tuple[NowcastMethod, ...] = ("smoothed", "chain_ladder")
BAR, MONTE_CARLO = (0.87, 0.93), 2.58
Draw = Callable[[np.random.Generator, np.ndarray], np.ndarray]


def geometric(rng: np.random.Generator, day: np.ndarray) -> np.ndarray:
    return rng.geometric(0.15, len(day)) - 1


def days_of(
    rng: np.random.Generator, size: int, middle: float, factor: np.ndarray | float = 1.0
) -> np.ndarray:
    """Lognormal delays in days begun, times a factor."""
    return np.floor(factor * middle * np.exp(1.156 * rng.standard_normal(size))).astype(int)


def lognormal(rng: np.random.Generator, day: np.ndarray) -> np.ndarray:
    return days_of(rng, len(day), 2.5)


def two_speeds(rng: np.random.Generator, day: np.ndarray) -> np.ndarray:
    slow = rng.random(len(day)) < 0.3
    return np.where(slow, 7 + rng.geometric(0.08, len(day)), rng.geometric(0.6, len(day)) - 1)


def half_late(rng: np.random.Generator, day: np.ndarray) -> np.ndarray:
    """Half of the last 14 days' incidents are not in yet."""
    return np.floor(7.0 * np.exp(1.0 * rng.standard_normal(len(day)))).astype(int)


def no_weekends(known_on: int, held: float = 1.0) -> Draw:
    """Reports of two days of the week wait for the next; `known_on` 0 to 6, of which 5 and 6 are the two."""

    def draw(rng: np.random.Generator, day: np.ndarray) -> np.ndarray:
        delay = lognormal(rng, day)
        weekday = (day + delay - (DAYS - 1) + known_on) % 7
        waits = rng.random(len(day)) < held
        return delay + np.where(waits & (weekday == 5), 2, np.where(waits & (weekday == 6), 1, 0))

    return draw


def changed(since: int, factor: float) -> Draw:
    """So many times as slow for the incidents of the last `since` days."""

    def draw(rng: np.random.Generator, day: np.ndarray) -> np.ndarray:
        return days_of(rng, len(day), 2.5, np.where(day >= DAYS - since, factor, 1.0))

    return draw


def later(rng: np.random.Generator, day: np.ndarray) -> np.ndarray:
    """Every report six days later over the last eight weeks: no delay is multiplied."""
    return lognormal(rng, day) + np.where(day >= DAYS - 56, 6, 0)


@dataclass(frozen=True)
class Cell:
    """Delays of one kind; `limit` says why a cell is no bar."""

    name: str
    draw: Draw
    rates: Sequence[float] = (2.0,)
    limit: str = ""


SPARSE = (4.0, 1.0, 0.3, 0.1, 0.05)
CELLS = (
    Cell("geometric", geometric),
    Cell("lognormal", lognormal),
    Cell("two speeds", two_speeds),
    Cell("half of the fortnight late", half_late),
    Cell("lognormal", lognormal, (0.5,)),
    Cell("lognormal, five regions", lognormal, SPARSE),
    Cell("none on two weekdays, known on the second of them", no_weekends(6)),
    Cell("none on two weekdays, known on the day after", no_weekends(0)),
    Cell("none on two weekdays, five regions", no_weekends(6), SPARSE),
    Cell("half as many on two weekdays", no_weekends(6, 0.5)),
    Cell("twice as slow for 8 weeks", changed(56, 2.0)),
    Cell("twice as slow for 8 weeks, five regions", changed(56, 2.0), SPARSE),
    Cell("half as slow for 8 weeks", changed(56, 0.5)),
    Cell("twice as slow for 16 weeks", changed(112, 2.0)),
    Cell("six days later for 8 weeks", later),
    Cell("twice as slow for 4 weeks", changed(28, 2.0), limit="56 incidents, most of them not in yet"),
)


def simulated(
    rng: np.random.Generator, draws: Sequence[Draw], rates: Sequence[float], ratio: float = 1.0
) -> tuple[Counts, np.ndarray, DatedReports]:
    """Return counts as known on the last day, what came, and the reports; a draw a region, or one for all."""
    mean = np.tile(np.asarray(rates, dtype=float), (DAYS, 1))
    mean[-WINDOW:] *= ratio
    came = rng.poisson(mean)
    day, group = np.divmod(np.repeat(np.arange(came.size), came.ravel()), len(rates))
    delay = draws[0](rng, day)
    for region, draw in enumerate(draws[1:], start=1):
        mine = group == region
        delay[mine] = draw(rng, day[mine])
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


def covered(cell: Cell, runs: int, seed: int) -> tuple[dict[str, np.ndarray], float]:
    """Return, by method, what each run says, and how often the true share lies in its interval.

    A run's row: coverage of the fortnight, the same with ties split at random, relative error, width.
    """
    rng = np.random.default_rng(seed)
    found: dict[str, list[list[float]]] = {method: [] for method in METHODS}
    true_share, share_hits = truth_of(cell.draw)[-WINDOW:].mean(), []
    for _ in range(runs):
        counts, came, dated = simulated(rng, [cell.draw], cell.rates)
        known = with_completeness(counts, measure(dated)).completeness
        assert known is not None
        share, deviation = known.share[-WINDOW:], known.deviation[-WINDOW:]
        past = counts.values[-WINDOW - 364 : -WINDOW] / known.share[-WINDOW - 364 : -WINDOW]
        seen, total = counts.values[-WINDOW:].astype(float), came[-WINDOW:].sum(axis=0)
        left = total - seen.sum(axis=0)
        for method in METHODS:
            late = what_comes(seen, share, deviation, past, method)
            low, high = late.interval(0.9)
            upper, lower = late.up_to(left), late.up_to(left - 1)
            inside = np.minimum(upper, 0.95) - np.maximum(lower, 0.05)
            split = np.clip(inside, 0, None) / np.maximum(upper - lower, 1e-12)
            plain = (low <= left) & (left <= high)
            error = (late.mean.sum() - left.sum()) / max(total.sum(), 1)
            found[method].append([plain.mean(), split.mean(), error, (high - low).mean()])
        off = np.abs(share.mean(axis=0) - true_share)
        share_hits.append((off <= 1.645 * deviation.mean(axis=0)).mean())
    return {method: np.array(rows) for method, rows in found.items()}, float(np.mean(share_hits))


def called(draws: Sequence[Draw], rate: float, ratio: float, runs: int, seed: int) -> dict[str, np.ndarray]:
    """Return how often each region alone is called with completeness measured, true, and taken as whole."""
    rng = np.random.default_rng(seed)
    true_share = np.stack([truth_of(draw) for draw in draws], axis=1)
    exact = Completeness(true_share, np.zeros_like(true_share), "given")
    hits = {name: np.zeros(len(draws)) for name in ("measured", "true", "taken as complete")}
    for _ in range(runs):
        counts, _, dated = simulated(rng, draws, [rate] * len(draws), ratio)
        tries = {
            "measured": with_completeness(counts, measure(dated)),
            "true": replace(counts, completeness=exact),
            "taken as complete": counts,
        }
        for name, known in tries.items():
            frame = uptick_test(known, nested=False, method="lrd_b").frame
            hits[name] += frame["pvalue"].to_numpy() <= 0.05
    return {name: number / runs for name, number in hits.items()}


def coverage_table(runs: int, bad: list[str]) -> list[str]:
    lines = [
        f"## The fortnight's nowcast, {runs:,} repetitions a cell",
        "",
        "Coverage of the 90 % interval in percent ± one standard error. Split: a count on which the 5th or "
        "95th percentile lies counts in part, as if ties were broken at random; the bar is held against it. "
        "Plain: of the interval in whole numbers, which is wider than need be where a window holds few. Then "
        "the estimate's mean error over what came, the interval's mean width, and how often the true mean "
        "share of the fortnight lies within 1.645 standard deviations.",
        "",
        "| delays | incidents a day | method | split | plain | error | width | share |",
        "|---|---|---|---:|---:|---:|---:|---:|",
    ]
    for cell in CELLS:
        found, share = covered(cell, runs, 17)
        for method, rows in found.items():
            plain, split, bias, width = rows.mean(axis=0)
            error = rows[:, 1].std() / np.sqrt(runs)
            rate = "4 to 0.05" if cell.rates is SPARSE else f"{cell.rates[0]:g}"
            lines.append(
                f"| {cell.name} | {rate} | {method} | {100 * split:.1f} ± {100 * error:.1f} | "
                f"{100 * plain:.1f} | {100 * bias:+.1f} % | {width:.1f} | {100 * share:.0f} |"
            )
            print(lines[-1], file=sys.stderr, flush=True)
            inside = BAR[0] - MONTE_CARLO * error <= split <= BAR[1] + MONTE_CARLO * error
            if not inside and not cell.limit:
                bad.append(f"{cell.name}, {method}: coverage {100 * split:.1f} %")
    limits = [f"{cell.name} ({cell.limit})" for cell in CELLS if cell.limit]
    return [*lines, "", f"Limits, not bars: {'; '.join(limits)}.", ""]


def size_table(tries: int, bad: list[str]) -> list[str]:
    slow = lognormal, lognormal, half_late, half_late
    rows = (
        ("half of the fortnight late", (half_late,), 1.0),
        ("lognormal", (lognormal,), 0.5),
        ("none on two weekdays", (no_weekends(6),), 1.0),
        ("twice as slow for 8 weeks", (changed(56, 2.0),), 1.0),
        ("four regions, two of them half late", slow, 1.0),
    )
    lines = [
        f"## `uptick_test` at 5 %, {tries:,} repetitions a cell",
        "",
        "Share called in percent, of one region (Monte Carlo error at most 3.5), or the mean of four (at "
        "most 1.8; in brackets the regions by themselves), each held against its own completeness.",
        "",
        "| delays | incidents a day | true ratio | measured | true completeness | taken as complete |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, draws, rate in rows:
        for ratio in (1.0, 2.0):
            found = called(draws, rate, ratio, tries, 23)
            cells = []
            for each in found.values():
                alone = f" ({', '.join(f'{100 * one:.0f}' for one in each)})" if len(each) > 1 else ""
                cells.append(f"{100 * each.mean():.1f}{alone}")
            lines.append(f"| {name} | {rate:g} | {ratio:g} | {' | '.join(cells)} |")
            print(lines[-1], file=sys.stderr, flush=True)
            mean = {key: float(each.mean()) for key, each in found.items()}
            error = np.sqrt(mean["measured"] * (1 - mean["measured"]) / tries / len(draws))
            if ratio == 1 and mean["measured"] - MONTE_CARLO * error > 0.065:
                bad.append(f"{name}: size {100 * mean['measured']:.1f} %")
            if ratio > 1 and mean["measured"] + error < 0.85 * mean["true"]:
                bad.append(f"{name}: power {100 * mean['measured']:.0f} of {100 * mean['true']:.0f} %")
    return lines


def main() -> int:
    quick = quick_parser(__doc__, "a tenth of the repetitions; writes nothing").parse_args().quick
    cut = 10 if quick else 1
    begun, bad = time.perf_counter(), list[str]()
    lines = [
        "# Measured completeness and nowcasts",
        "",
        f"`python benchmarks/delays.py`. SIMULATED reports on Poisson incidents of {DAYS} days, known on the "
        "last of them.",
        "",
        *coverage_table(300 // cut, bad),
        *size_table(200 // cut, bad),
        "",
        f"Outside their bars beyond Monte Carlo error: {'; '.join(bad) or 'none'}.",
    ]
    print(*lines, sep="\n")
    print(f"{time.perf_counter() - begun:.0f} seconds", file=sys.stderr)
    if not quick:
        record("delays", lines)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
