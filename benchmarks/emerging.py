"""Size and power of the test for a name that is new on the scene.

    python benchmarks/emerging.py            # about five minutes on one core
    python benchmarks/emerging.py --quick    # a tenth of the panels; writes nothing

SIMULATED panels of incidents with a region and a name. A panel is a false call if any name in any region is
called at 5 %: that is the size over everything watched. Power: a name unknown so far with some incidents in
the recent window of one region, drawn at random. Prints the tables and writes
benchmarks/results/emerging.md. Exits with 1 if a bar fails: the lower end of the 99 % Monte Carlo interval of
a size exceeds 6 %.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from recording import quick_parser, record
from scipy import stats

from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.panels.debuts import Debuts, debut_scores, find_debuts, rank_pvalue

BAR, ALPHA = 0.06, 0.05
SIZES = (3, 5, 8, 12)
Events = tuple[np.ndarray, np.ndarray, np.ndarray]  # day (from 0), region, name


@dataclass(frozen=True)
class Setting:
    days: int = 1095
    recent: int = 14
    silence: int = 364
    regions: int = 18


def rates(rng: np.random.Generator, regions: int) -> np.ndarray:
    return 0.1 * np.exp(1.2 * rng.standard_normal(regions))


def shares(rng: np.random.Generator, names: int, regions: int) -> np.ndarray:
    """Shares of names in regions: Zipf with exponent 1.1, times a gamma of shape 1/2 for each region."""
    mass = (1 + np.arange(names))[:, None] ** -1.1 * rng.gamma(0.5, 2.0, (names, regions))
    return mass / mass.sum(axis=0)


def at_random(rng: np.random.Generator, rate: np.ndarray, days: float) -> Events:
    number = rng.poisson(rate * days)
    name, region = np.nonzero(number)
    times = number[name, region]
    return rng.random(times.sum()) * days, np.repeat(region, times), np.repeat(name, times)


def zipf(rng: np.random.Generator, s: Setting) -> Events:
    """Names of fixed rates, a long tail of them seldom."""
    return at_random(rng, shares(rng, 200, s.regions) * rates(rng, s.regions), s.days)


def bursty(rng: np.random.Generator, s: Setting) -> Events:
    """Each incident of a name sets off 0.6 others of it in the region, after seven days on average."""
    early = 400
    day, region, name = at_random(
        rng, 0.4 * shares(rng, 300, s.regions) * rates(rng, s.regions), s.days + early
    )
    parts = [(day, region, name)]
    while len(day):
        children = rng.poisson(0.6, len(day))
        day = np.repeat(day, children) + rng.exponential(7.0, children.sum())
        region, name = np.repeat(region, children), np.repeat(name, children)
        parts.append((day, region, name))
    day, region, name = (np.concatenate(part) for part in zip(*parts, strict=True))
    inside = (day >= early) & (day < s.days + early)
    return day[inside] - early, region[inside], name[inside]


def discovery(rng: np.random.Generator, s: Setting) -> Events:
    """New names for ever: a Pitman-Yor process in each region (discount 0.6, strength 3)."""
    parts, known = [], 0
    for region, rate in enumerate(rates(rng, s.regions)):
        number = rng.poisson(rate * s.days)
        times: list[int] = []
        name = np.empty(number, int)
        for i in range(number):
            if rng.random() * (i + 3.0) < 3.0 + 0.6 * len(times):
                name[i] = len(times)
                times.append(1)
            else:
                mass = np.cumsum(np.array(times) - 0.6)
                name[i] = np.searchsorted(mass, rng.random() * mass[-1])
                times[name[i]] += 1
        parts.append((np.sort(rng.random(number)) * s.days, np.full(number, region), known + name))
        known += len(times)
    day, region, name = (np.concatenate(part) for part in zip(*parts, strict=True))
    return day, region, name


def seasonal(rng: np.random.Generator, s: Setting, phase: float | None = None) -> Events:
    """A year's cycle of 0.2 to 1.8 times the mean; the recent window anywhere in it."""
    events = zipf(rng, s)
    turn = rng.random() if phase is None else phase
    level = 1 + 0.8 * np.cos(2 * np.pi * ((events[0] - s.days) / 365.25 + turn))
    kept = rng.random(len(level)) * 1.8 < level
    return events[0][kept], events[1][kept], events[2][kept]


def season_peak(rng: np.random.Generator, s: Setting) -> Events:
    """The same, the recent window always at the peak."""
    return seasonal(rng, s, 0.02)


def renamed(rng: np.random.Generator, s: Setting) -> Events:
    """Bursty; each name is replaced by a new one, in all regions at once, every three years on average."""
    day, region, name = bursty(rng, s)
    era = np.zeros(len(day), int)
    for one in np.unique(name):
        changes = np.cumsum(rng.exponential(1095.0, 40))
        own = name == one
        era[own] = np.searchsorted(changes, day[own])
    return day, region, name * 100 + era


def drifting(rng: np.random.Generator, s: Setting) -> Events:
    """Bursty; ever more incidents are coded under finer names, three times as many at the end."""
    day, region, name = bursty(rng, s)
    fine = rng.random(len(day)) < 0.15 * (1 + 2 * day / s.days) / 3
    block = (day // 20).astype(int)
    finer = 1_000_000 + (name * 50_021 + region * 1_009 + block * 7_919) % 1_000_003
    return day, region, np.where(fine, finer, name)


def spells(rng: np.random.Generator, s: Setting) -> Events:
    """Names come and go, in all their regions at once; stays and absences have Pareto tails (1.5)."""
    on, off = 120.0, 500.0
    mass = shares(rng, 120, s.regions) * rates(rng, s.regions) * (on + off) / on
    parts = []
    for name, rate in enumerate(mass):
        begin = -rng.random() * 2 * off
        while begin < s.days:
            end = begin + on * (0.5 * rng.pareto(1.5) + 0.17)
            low, high = max(begin, 0.0), min(end, s.days)
            if high > low:
                region = np.repeat(np.arange(s.regions), rng.poisson(rate * (high - low)))
                day = low + (high - low) * rng.random(len(region))
                parts.append((day, region, np.full(len(region), name)))
            begin = end + off * (0.5 * rng.pareto(1.5) + 0.17)
    day, region, name = (np.concatenate(part) for part in zip(*parts, strict=True))
    return day, region, name


def escalating(rng: np.random.Generator, s: Setting) -> Events:
    """Bursty; three times as many incidents at the end as at the beginning."""
    events = bursty(rng, s)
    kept = rng.random(len(events[0])) * 3 < 1 + 2 * events[0] / s.days
    return events[0][kept], events[1][kept], events[2][kept]


PROCESSES: dict[str, Callable[[np.random.Generator, Setting], Events]] = {
    f.__name__: f
    for f in (zipf, bursty, discovery, seasonal, season_peak, renamed, drifting, spells, escalating)
}


def windows(events: Events, s: Setting) -> tuple[np.ndarray, np.ndarray]:
    """Counts of each pair of region and name by window, and the region of each pair."""
    day, region, name = events
    many = s.days // s.recent
    at = np.floor((day - (s.days - many * s.recent)) / s.recent).astype(int)
    inside = at >= 0
    pairs, which = np.unique(np.column_stack([region, name])[inside], axis=0, return_inverse=True)
    counts = np.zeros((many, len(pairs)), np.int64)
    np.add.at(counts, (at[inside], which.ravel()), 1)
    return counts, pairs[:, 0]


def least_of(debuts: Debuts, scores: np.ndarray) -> np.ndarray:
    out = np.full(len(debuts.usable), np.inf)
    np.minimum.at(out, debuts.window, scores)
    return out[:-1]


def called(counts: np.ndarray, region: np.ndarray, s: Setting) -> tuple[np.ndarray, Debuts]:
    """Pairs that are called in the last window, as emerging_test calls them."""
    covered = np.ones((len(counts), s.regions), bool)
    debuts = find_debuts(counts, covered, region, s.silence // s.recent)
    scores = debut_scores(debuts)
    now = debuts.window == len(debuts.usable) - 1
    q = rank_pvalue(scores[now], least_of(debuts, scores))
    return debuts.pair[now][(q <= ALPHA) & (debuts.size[now] >= MIN_OBSERVED)], debuts


def cell(name: str, s: Setting, panels: int, seed: int) -> tuple[int, int, dict[int, int], float]:
    """Number of panels with a false call, of power panels, found by size, and debuts in a window."""
    rng = np.random.default_rng(seed)
    false, tried, found, number = 0, 0, dict.fromkeys(SIZES, 0), 0.0
    for i in range(panels):
        counts, region = windows(PROCESSES[name](rng, s), s)
        pairs, debuts = called(counts, region, s)
        false += len(pairs) > 0
        number += len(debuts.size) / len(debuts.usable)
        if i % 3 == 0:
            tried += 1
            new = np.zeros((len(counts), 1), np.int64)
            where = np.append(region, rng.integers(s.regions))
            for size in SIZES:
                new[-1] = size
                found[size] += counts.shape[1] in called(np.hstack([counts, new]), where, s)[0]
    return false, tried, found, number / panels


def main() -> int:
    cut = 10 if quick_parser(__doc__, "a tenth of the panels; writes nothing").parse_args().quick else 1
    settings = [(name, Setting(days), 600) for days in (728, 1095) for name in PROCESSES]
    settings += [(name, Setting(2190), 400) for name in PROCESSES]
    settings += [("bursty", Setting(regions=1), 1_000), ("bursty", Setting(regions=57), 200)]
    settings += [("bursty", Setting(silence=182), 600), ("renamed", Setting(silence=182), 600)]
    settings += [("bursty", Setting(2190, recent=28), 400), ("spells", Setting(2190, recent=28), 400)]
    head = "| process | days | recent | silence | regions | debuts a window | false calls, % | "
    lines = [
        "# A name that is new on the scene, measured",
        "",
        "SIMULATED panels (rates log-normal, median 0.1 a day, sd of the log 1.2). False calls: percent of "
        "panels in which any name in any region is called at 5 %, ± one standard error. Found: percent of "
        "names unknown so far with 3, 5, 8 and 12 incidents in the recent window of a region at random.",
        "",
        head + "found, % |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    failed: list[str] = []
    for at, (name, s, panels) in enumerate(settings):
        panels = panels // (cut * (4 if name == "discovery" else 1))
        false, tried, found, number = cell(name, s, panels, 1_000 + at)
        share = false / panels
        error = 100 * np.sqrt(share * (1 - share) / panels)
        power = " / ".join(f"{100 * n / tried:.0f}" for n in found.values())
        lines.append(
            f"| {name} | {s.days:,} | {s.recent} | {s.silence} | {s.regions} | {number:.1f} | "
            f"{100 * share:.1f} ± {error:.1f} | {power} |"
        )
        print(lines[-1], file=sys.stderr, flush=True)
        if false and stats.beta.ppf(0.005, false, panels - false + 1) > BAR:
            failed.append(f"{name}, {s.days} days")
    told = "held" if not failed else "FAILED in " + "; ".join(failed)
    lines += [
        "",
        f"Bar: {BAR:.0%} (99 % lower Monte Carlo limit) in every row: {told}.",
        "",
        "Processes:",
        "",
    ]
    lines += [f"- {name}: {function.__doc__}" for name, function in PROCESSES.items()]
    print(*lines, sep="\n")
    if cut == 1:
        record("emerging", lines)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
