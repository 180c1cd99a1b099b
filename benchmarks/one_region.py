"""One region: how often the uptick test is wrong where nothing changes, with ten weeks, one year and three.

    python benchmarks/one_region.py                 # 10,000 null series a cell; about ten minutes of one core
    python benchmarks/one_region.py --series 4000   # fewer; the result says how many
    python benchmarks/one_region.py --only 70       # that baseline (or process, power, older); others
                                                    # stay as they were recorded
    python benchmarks/one_region.py --only 70 --again  # as many series a cell as are recorded
    python benchmarks/one_region.py --quick         # 500 a cell; says so, writes nothing

The stationary processes of size_power.py, slow_processes.py, unforeseen.py and afterwards.py, and three more:
stronger power-law self-excitation, weekly batches, whole years at other levels. At 0.1, 0.5 and 2 incidents a
day, 14 recent and 28 guard days, baselines of 70, 364 and 1,095 days. Called is what the verdict of a region
alone calls: variant B, or the bound on extremes where that is smaller. Beside it the rule of commit 92cd806,
under which the rotation counted only above 0.01 and a growing spread not at all, on the same series and with
the same bound. A bar is met where the point estimate is at or below it and the upper 99 % limit within a
fifth of it. Size-adjusted power is beside the best possible test's, the likelihood ratio with the process
known, on the same series; at a true size of exactly 5 %, ties at the critical value decided by chance (the
best test of Poisson and negative binomial counts is the window's sum, a whole number, and has nothing but
ties). Writes benchmarks/results/one_region.csv, one_region_power.csv, one_region_older.csv and one_region.md;
exits with 1 if a bar fails.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pandas as pd
from afterwards import AFTERWARDS
from recording import RESULTS, quick_parser, record
from scipy import stats
from self_exciting import best_possible
from slow_processes import SLOW, simulate_slow
from unforeseen import UNFORESEEN

from analytics.kernels.common.negative_binomial import nb_draws
from analytics.kernels.panels.evidence import LEAST
from analytics.kernels.panels.extremes import BEYOND, bounded_pvalue, dispersion_ceiling
from analytics.kernels.panels.year import EXTREME
from analytics.kernels.windows.earlier import earlier_window
from analytics.kernels.windows.lrd import FEW, RAISE_ABOVE, LRDTest, lrd_test, spared_pvalue, unseen_share
from analytics.kernels.windows.spread import spread_growth
from analytics.simulation import PROCESSES, simulate_counts
from analytics.simulation.further import MORE_STATIONARY, simulate_more

RECENT, GUARD, SEED, BATCH = 14, 28, 20261214, 2_500
MEANS, BASELINES = (0.1, 0.5, 2.0), (70, 364, 1095)
BARS = {0.05: (0.06, 0.072), 0.001: (0.005, 0.006)}  # point estimate, upper 99 % limit
GROWING_BAR = (0.08, 0.096)
POWERED = {"poisson": 0.97, "negative_binomial": 0.93, "hawkes_0.6": 0.82}  # share wanted of the best power
RATES = (2.0, 3.0)  # times the usual
OLDER, OLDER_SERIES = ("poisson", "negative_binomial", "hawkes_0.3", "hawkes_0.6", "lgcp", "ingarch"), 10_000
POWER_SERIES = {
    "poisson": 100_000,
    "negative_binomial": 30_000,
    "hawkes_0.6": 30_000,
}  # more where it is close
POWER_QUICK, POWER_BATCH, AGAIN = 3_000, 3_000, 100
NOW, BEFORE = "now", "92cd806"
BRANCHING, LONGEST, EXPONENT = 0.7, 120, 1.2
LEVELS = (0.4, 1.0, 1.6)  # of whole years
LATE = 0.2  # of the weekly batches


def strong_powerlaw(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Each incident draws 0.7 further ones, after k = 1..120 days with probability like k^-1.2."""
    kernel = np.arange(1, LONGEST + 1.0) ** -EXPONENT
    kernel = (BRANCHING * kernel / kernel.sum())[::-1]
    burn = 300
    past = np.full((LONGEST + burn + days, series), mean)
    for day in range(burn + days):
        past[day + LONGEST] = rng.poisson((1 - BRANCHING) * mean + kernel @ past[day : day + LONGEST])
    return past[-days:].astype(np.int64)


def yearly_levels(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Negative binomial of size 1 at 0.4, 1 or 1.6 of the rate, drawn for each year, from a random day on."""
    year = (np.arange(days)[:, None] + rng.integers(0, 365, series)) // 365
    level = np.asarray(LEVELS)[rng.integers(0, 3, (year.max() + 1, series))]
    return nb_draws(rng, mean * np.take_along_axis(level, year, axis=0), 1.0)


def weekly_batches(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """A week's incidents all on one day; two batches in ten come with the next one."""
    weeks = days // 7 + 3
    batch = nb_draws(rng, np.full((weeks, series), 7 * mean), 1.0)
    late = rng.random((weeks, series)) < LATE
    daily, held = np.zeros((7 * weeks, series), np.int64), np.zeros(series, np.int64)
    for week in range(weeks):
        held = held + batch[week]
        daily[7 * week] = np.where(late[week], 0, held)
        held = np.where(late[week], held, 0)
    first = rng.integers(7, 14, series)
    return np.take_along_axis(daily, np.arange(days)[:, None] + first, axis=0)


def growing_spread(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Negative binomial whose size falls from 5 to 0.3 over the whole series."""
    size = np.exp(np.linspace(np.log(5.0), np.log(0.3), days))[:, None]
    return rng.poisson(rng.gamma(np.broadcast_to(size, (days, series)), mean / size))


OWN = {f.__name__: f for f in (strong_powerlaw, yearly_levels, weekly_batches, growing_spread)}
OWN |= UNFORESEEN | AFTERWARDS
STEADY = (*PROCESSES, *MORE_STATIONARY, *SLOW, *(name for name in OWN if name != "growing_spread"))


def simulate(process: str, mean: float, days: int, series: int, seed: int, ratio: float = 1.0) -> np.ndarray:
    """Counts that end with a window of `ratio` times the rate."""
    if process in OWN:
        return OWN[process](np.random.default_rng(seed), mean, days, series)
    if process in SLOW:
        return simulate_slow(process, mean=mean, days=days, series=series, seed=seed, ratio=ratio)
    maker = simulate_counts if process in PROCESSES else simulate_more
    options = {"mean": mean, "days": days, "series": series, "seed": seed}
    return maker(process, uptick_days=RECENT, uptick_ratio=ratio, **options).values


def bounded(values: np.ndarray, test: LRDTest) -> np.ndarray:
    """The bound on extremes of a region alone, as panel_pvalues has it; 1 where it is not asked."""
    out = np.ones(values.shape[1])
    at = np.flatnonzero((test.observed >= LEAST) & (test.observed > EXTREME * test.expected))
    if at.size:
        phi, base = test.dispersion.phi[at], test.baseline_total[at]
        least = dispersion_ceiling(np.ones(0), np.ones(0), int(test.dispersion.windows[0]))
        ceiling = np.maximum(np.where(base >= FEW, BEYOND * phi, 0.0), least)
        out[at] = bounded_pvalue(
            values[-RECENT:, at].astype(float),
            base,
            test.recent_exposure[at],
            test.baseline_exposure[at],
            phi,
            ceiling,
        )
    return out


def alone_bound(most: np.ndarray, test: LRDTest) -> np.ndarray:
    """The bound of a region alone, which a level that the baseline has not seen raises."""
    asked = test.baseline_total, test.recent_exposure, test.baseline_exposure, test.dispersion.windows
    return np.maximum(most, unseen_share(test.observed, *asked) / test.baseline_exposure)


def before(values: np.ndarray, test: LRDTest) -> np.ndarray:
    """The rule of commit 92cd806: the rotation counts above 0.01, or with fewer than five incidents."""
    a, base = test.pvalue_a, test.baseline_total
    p = np.where((a > RAISE_ABOVE) | (base < FEW), np.maximum(a, test.rotation), a)
    small = np.flatnonzero(a <= RAISE_ABOVE)
    if small.size:
        dispersion = test.dispersion
        spared = spared_pvalue(
            values[-RECENT:, small], base[small], test.recent_exposure[small],
            test.baseline_exposure[small], dispersion.phi[small], dispersion.edf[small],
        )  # fmt: skip
        p[small] = np.maximum(p[small], spared)
    return p


def pvalues(values: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """P-values that the verdict of a region alone rests on, by either rule, and which spreads grow."""
    covered, end = np.ones(values.shape, bool), len(values) - GUARD - RECENT
    grows = spread_growth(values[:end], covered[:end]).grows
    test = lrd_test(values, covered, length=RECENT, guard=GUARD)
    former = before(values, lrd_test(values, covered, length=RECENT, guard=GUARD, steady=True, carry=False))
    most = bounded(values, test)
    alone = alone_bound(most, test)
    return {NOW: np.minimum(test.pvalue, alone), BEFORE: np.minimum(former, most)}, grows


def cell(job: tuple[int, str, float, int, int]) -> dict[str, object]:
    """How many of the null series are called."""
    number, process, mean, baseline, series = job
    row: dict[str, object] = {"process": process, "mean": mean, "baseline": baseline, "n": series}
    called = {f"{rule} {level:g}": 0 for rule in (NOW, BEFORE) for level in BARS} | {
        "earlier": 0,
        "warned": 0,
    }
    days = baseline + GUARD + RECENT
    for batch in range(0, series, BATCH):
        key = (SEED, number, int(10 * mean), baseline, batch)
        seed = int(np.random.SeedSequence(key).generate_state(1)[0])
        values = simulate(process, mean, days, min(BATCH, series - batch), seed)
        found, grows = pvalues(values)
        for rule, p in found.items():
            for level in BARS:
                called[f"{rule} {level:g}"] += int((p <= level).sum())
        earlier = earlier_window(values, np.ones(values.shape, bool), length=RECENT, before=GUARD)
        called["earlier"] += int((earlier.pvalue <= 0.05).sum())
        called["warned"] += int(grows.sum())
    return row | called


def upper(called: float, n: float) -> float:
    """Upper end of the 99 % Clopper-Pearson interval."""
    return float(stats.beta.ppf(0.995, called + 1, n - called)) if called < n else 1.0


def bars(cells: pd.DataFrame) -> tuple[list[str], bool]:
    """Say which bars hold, and where the worst cell is, for each baseline."""
    lines, held = [], True
    steady = cells[cells["process"] != "growing_spread"]
    parts = [(f"{b:,} days", steady[steady["baseline"] == b], BARS) for b in BASELINES]
    growing = cells[cells["process"] == "growing_spread"]
    parts.append(("growing spread", growing, {0.05: GROWING_BAR}))
    for name, part, limits in parts:
        for level, (most, limit) in limits.items():
            column = f"{NOW} {level:g}"
            failed = part[
                [c / n > most or upper(c, n) > limit for c, n in zip(part[column], part["n"], strict=True)]
            ]
            worst = part.loc[(part[column] / part["n"]).idxmax()]
            held &= failed.empty
            lines.append(
                f"{name}, at nominal {100 * level:g} %: worst cell {100 * worst[column] / worst['n']:.2f} % "
                f"(upper 99 % limit {100 * upper(worst[column], worst['n']):.2f} %; 92cd806 there "
                f"{100 * worst[f'{BEFORE} {level:g}'] / worst['n']:.2f} %), {worst['process']}, "
                f"{worst['mean']:g} a day; bar {100 * most:g} % ({100 * limit:.2g} %): "
                + ("held" if failed.empty else f"FAILED in {len(failed)} of {len(part)} cells: "
                   + ", ".join(f"{r['process']} {r['mean']:g}" for _, r in failed.iterrows()))
            )  # fmt: skip
    return lines, held


def size_table(cells: pd.DataFrame) -> str:
    """Write the worst rate of every process as Markdown, in percent."""
    head = [f"{rule}, {b:,} d" for b in BASELINES for rule in (NOW, BEFORE)]
    more = ["at 0.1 %", "92cd806 at 0.1 %", "earlier rise told", "growing spread warned"]
    lines = ["| process | " + " | ".join([*head, *more]) + " |", "|---|" + "---:|" * (len(head) + len(more))]
    for process, part in cells.groupby("process", sort=False):
        share = {
            c: part[c] / part["n"] for c in part.columns if c not in ("process", "mean", "baseline", "n")
        }
        found = [
            share[f"{rule} 0.05"][part["baseline"] == b].max() for b in BASELINES for rule in (NOW, BEFORE)
        ]
        tiny = [share[f"{rule} 0.001"].max() for rule in (NOW, BEFORE)]
        rest = [share["earlier"].max(), share["warned"].max()]
        lines.append(
            f"| {process} | " + " | ".join(f"{100 * v:.1f}" for v in found) + " | "
            + " | ".join(f"{100 * v:.2f}" for v in tiny) + " | "
            + " | ".join(f"{100 * v:.1f}" for v in rest) + " |"
        )  # fmt: skip
    return "\n".join(lines)


def adjusted(null: np.ndarray, other: np.ndarray, level: float = 0.05) -> float:
    """Power at a true size of `level`, small statistics being against the null; ties decided by chance."""
    edge = np.partition(null, int(level * null.size))[int(level * null.size)]
    below, tied = (null < edge).mean(), (null == edge).mean()
    return float((other < edge).mean() + (level - below) / tied * (other == edge).mean())


def older(quick: bool) -> pd.DataFrame:
    """Threefold rises that began 0, 14 and 28 days before the window: found at 5 %, by days before given."""
    rows, series = [], POWER_QUICK if quick else OLDER_SERIES
    for number, process in enumerate(OLDER):
        row: dict[str, object] = {"process": process, "n": series}
        for began in (0, 14, GUARD):
            seed = int(np.random.SeedSequence((SEED, 2_000 + number, began)).generate_state(1)[0])
            options = {"mean": 0.5, "days": 364 + GUARD + RECENT, "series": series, "seed": seed}
            found = simulate_counts(process, uptick_days=RECENT + began, uptick_ratio=3.0, **options).values
            for name, carry in (("given", True), ("not given", False)):
                p = lrd_test(
                    found, np.ones(found.shape, bool), length=RECENT, guard=GUARD, carry=carry
                ).pvalue
                row[f"{name} {began}"] = float((p <= 0.05).mean())
        rows.append(row)
    return pd.DataFrame(rows)


def older_table(rows: pd.DataFrame) -> list[str]:
    """Write it as Markdown, in percent."""
    head = [f"began {d} days before, {n}" for d in (0, 14, GUARD) for n in ("given", "not given")]
    lines = ["| process | " + " | ".join(head) + " |", "|---|" + "---:|" * len(head)]
    for _, row in rows.iterrows():
        told = [f"{100 * row[f'{n} {d}']:.1f}" for d in (0, 14, GUARD) for n in ("given", "not given")]
        lines.append(f"| {row['process']} | " + " | ".join(told) + " |")
    return lines


def powered(process: str, number: int, series: int) -> dict[float, dict[str, np.ndarray]]:
    """Statistics of series without a rise and with each, small against the null: the rules', the best."""
    out = {}
    for ratio in (1.0, *RATES):
        parts: list[dict[str, np.ndarray]] = []
        for start in range(0, series, POWER_BATCH):
            key = (SEED, 1_000 + number, int(ratio), start)
            seed = int(np.random.SeedSequence(key).generate_state(1)[0])
            size = min(POWER_BATCH, series - start)
            values = simulate(process, 0.5, 364 + GUARD + RECENT, size, seed, ratio)
            found = pvalues(values)[0]
            for r in RATES:
                summed = -values[-RECENT:].sum(axis=0).astype(float)
                found[f"best {r:g}"] = best_possible(values, r) if process.startswith("hawkes") else summed
            parts.append(found)
        out[ratio] = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return out


def shares(found: dict[float, dict[str, np.ndarray]], rows: dict[float, np.ndarray]) -> list[float]:
    """Power of the rule as it is now, as a share of the best, at each ratio; of some of the series."""
    null, out = found[1.0], []
    for ratio in RATES:
        ours, best = (
            adjusted(null[name][rows[1.0]], found[ratio][name][rows[ratio]])
            for name in (NOW, f"best {ratio:g}")
        )
        out.append(ours / best)
    return out


def power(quick: bool) -> pd.DataFrame:
    """Size-adjusted power beside the best possible, and its share of that with a standard error."""
    rows = []
    for number, process in enumerate(POWERED):
        rng, series = np.random.default_rng(SEED), POWER_QUICK if quick else POWER_SERIES[process]
        found = powered(process, number, series)
        row: dict[str, object] = {"process": process, "n": series}
        for rule in (NOW, BEFORE, "best"):
            for r in RATES:
                name = f"best {r:g}" if rule == "best" else rule
                row[f"{rule} {r:g}x"] = adjusted(found[1.0][name], found[r][name])
        share = shares(found, dict.fromkeys(found, np.arange(series)))
        again = [shares(found, {r: rng.integers(0, series, series) for r in found}) for _ in range(AGAIN)]
        for r, s, e in zip(RATES, share, np.std(again, axis=0), strict=True):
            row[f"share {r:g}x"], row[f"se {r:g}x"] = s, e
        rows.append(row)
    return pd.DataFrame(rows)


def power_table(rows: pd.DataFrame) -> tuple[list[str], bool]:
    """Write the power as Markdown, and say whether the bars hold."""
    names = [f"{rule} {r:g}x" for rule in (NOW, BEFORE, "best") for r in RATES]
    head = [*names, *(f"share, {r:g}x" for r in RATES)]
    lines = ["| process | " + " | ".join(head) + " | bar |", "|---|" + "---:|" * (len(head) + 1)]
    held = True
    for _, row in rows.iterrows():
        wanted = POWERED[str(row["process"])]
        enough = min(row[f"share {r:g}x"] for r in RATES) >= wanted
        held &= enough
        told = [f"{100 * row[name]:.1f}" for name in names]
        told += [f"{100 * row[f'share {r:g}x']:.1f} ± {100 * row[f'se {r:g}x']:.1f} %" for r in RATES]
        state = "held" if enough else "FAILED"
        lines.append(f"| {row['process']} | " + " | ".join(told) + f" | {100 * wanted:g} %: {state} |")
    return lines, held


def series_of(again: bool, series: int) -> Callable[[str, float, int], int]:
    """How many series a cell has: so many, or as many as are recorded."""
    if not again:
        return lambda *_: series
    recorded = pd.read_csv(RESULTS / "one_region.csv").set_index(["process", "mean", "baseline"])["n"]
    return lambda process, mean, baseline: int(recorded[(process, mean, baseline)])


def main() -> int:
    parser = quick_parser(__doc__, "500 null series a cell; writes nothing")
    parser.add_argument("--series", type=int, default=10_000, help="null series a cell")
    parser.add_argument("--only", help="a baseline, a process, power, or older; others stay as recorded")
    parser.add_argument("--again", action="store_true", help="as many series a cell as are recorded")
    given = parser.parse_args()
    number_of = series_of(given.again, 500 if given.quick else given.series)
    jobs = [
        (number, process, mean, baseline, number_of(process, mean, baseline))
        for number, process in enumerate((*STEADY, "growing_spread"))
        for mean in MEANS
        for baseline in BASELINES
        if given.only in (None, process, str(baseline))
    ]
    rows = []
    for done, job in enumerate(jobs, start=1):
        rows.append(cell(job))
        if done % len(MEANS) == 0:
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    cells, key = pd.DataFrame(rows), ["process", "mean", "baseline"]
    strength = RESULTS / "one_region_power.csv"
    if given.only is not None:
        recorded = pd.read_csv(RESULTS / "one_region.csv").set_index(key)
        every = pd.MultiIndex.from_product([(*STEADY, "growing_spread"), MEANS, BASELINES], names=key)
        if rows:
            cells = cells.set_index(key)
            recorded = pd.concat([recorded.drop(cells.index, errors="ignore"), cells])
        cells = recorded.reindex(every.intersection(recorded.index, sort=False)).reset_index()
    if given.only in (None, "power") or not strength.exists():
        most = power(given.quick)
    else:
        most = pd.read_csv(strength)
    begun = RESULTS / "one_region_older.csv"
    if given.only in (None, "older") or not begun.exists():
        earlier = older(given.quick)
    else:
        earlier = pd.read_csv(begun)
    lines, held = bars(cells)
    table, strong = power_table(most)
    numbers = [f"{n:,}" for n in sorted({int(cells["n"].min()), int(cells["n"].max())})]
    drawn = [f"{n:,}" for n in sorted({int(most["n"].min()), int(most["n"].max())})]
    errors = [f"{100 * float(np.sqrt(0.05 * 0.95 / int(n.replace(',', '')))):.2f}" for n in numbers]
    text = [
        f"SIMULATED series; {' to '.join(numbers)} without an uptick a cell, so a standard error of "
        f"{' to '.join(errors)} at 5 %; "
        f"{RECENT} recent and {GUARD} guard days; percent called of a region alone, one-sided; the worst of "
        f"{', '.join(f'{m:g}' for m in MEANS)} incidents a day. Now: the rule of these lines; 92cd806: the "
        "rotation counts above 0.01 only, with the same bound on extremes. Told and warned: series with an "
        "earlier rise told, or said to have a growing spread.",
        size_table(cells),
        "\n".join(lines),
        f"Size-adjusted power at 0.5 a day, 364 days of baseline ({' to '.join(drawn)} series), beside the "
        "best possible test's (likelihood ratio, process known) on the same series; shares of it with one "
        "standard error:",
        "\n".join(table),
        f"Percent found at nominal 5 % of rises to three times at 0.5 a day, {int(earlier['n'].min()):,} "
        "series, that began with the window or so many days before, by whether the test is given the days "
        "before the window:",
        "\n".join(older_table(earlier)),
    ]
    print("\n\n".join(text))
    if not given.quick:
        record("one_region", text, cells)
        most.to_csv(strength, index=False, float_format="%.5g")
        earlier.to_csv(begun, index=False, float_format="%.5g")
    return 0 if held and strong else 1


if __name__ == "__main__":
    sys.exit(main())
