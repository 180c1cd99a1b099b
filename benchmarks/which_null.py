"""Which null hypothesis a verdict should rest on: five rules on the same series.

    python benchmarks/which_null.py                 # without a file of events; twelve minutes of one core
    python benchmarks/which_null.py --events ucdp_ged_iraq.csv   # and the escalations in it
    python benchmarks/which_null.py --only steady   # or moved, power, panels, events; others stay
    python benchmarks/which_null.py --quick         # a tenth; writes nothing

The constant null is against the year before the guard, the expected one against trend and season of 730 or
1,095 days. The rules: *constant*, everywhere; *expected*, wherever it can be fitted (ten incidents a term);
*season*, the expected null where the history shows a season that comes again each year (1 in 100), else the
constant (`null="auto"`); *any*, the expected null where trend and season together exceed chance (1 in 100,
an F test by the dispersion of windows), else the constant; *both*, the larger p-value of the two.

steady: 46 processes in which nothing changes. moved: seasons by phase of the year, trends, drifts of
reporting, levels that rose or fell for good some time before. power: size-adjusted, beside the best possible
test. panels: those of panels.py, with three years of history. events: the escalations of escalations.py. The
bars are those of these benchmarks. Writes benchmarks/results/which_null*.csv and which_null.md; exits with 1
if the rule of `null="auto"` fails a bar.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import escalations
import numpy as np
import pandas as pd
import panels
from one_region import STEADY, adjusted, alone_bound, bounded, simulate, upper
from recording import RESULTS, quick_parser
from scipy import stats
from self_exciting import best_possible

from analytics import count_incidents, read_incidents
from analytics.kernels.common.dispersion import window_dispersion
from analytics.kernels.common.glm import poisson_fit
from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.kernels.panels.evidence import LEAST
from analytics.kernels.panels.pooled import panel_pvalues
from analytics.kernels.windows.expected import Terms, adjusted_test, history_before, regression_data
from analytics.kernels.windows.lrd import lrd_test
from analytics.kernels.windows.season import SEASON_LEVEL, season_pvalue
from analytics.simulation.further import simulate_more

YEAR, RECENT, GUARD, SEED = 364, 14, 28, 20261129
MEANS, HISTORIES = (0.1, 0.5, 2.0), (730, 1095)
RULES = ("constant", "expected", "season", "any", "both")
OURS = "season"
BARS = {0.05: (0.06, 0.072), 0.001: (0.005, 0.006)}  # steady: point estimate, upper 99 % limit
SHARES = {"poisson": 0.97, "negative_binomial": 0.93, "hawkes_0.6": 0.82}  # of the best possible power
RARE = 0.03  # of series that show a season: more is no chance
HIGH, AGAIN = 0.053, 10  # cells above that are drawn anew, with so many times the series
STEADY_SERIES, MOVED_SERIES, POWER_SERIES, POWER_BATCH = 2_000, 2_000, 24_000, 3_000
REGIONS, QUIET, RISEN, AT_ONCE = 18, 2_000, 500, 250
MORE = {"Hawkes": (3_000, 2_000)}  # where the limit was too wide for a bar
PHASES, RATIOS = 6, (2.0, 3.0)
STEPS = tuple((ago, factor) for ago in (450, 600, 800) for factor in (0.2, 0.5, 2.0, 5.0))
PARTS = ("steady", "moved", "power", "panels", "events")


def exceeds(values: np.ndarray, covered: np.ndarray, terms: Terms) -> np.ndarray:
    """P-values of trend and season together in a history: F test by the dispersion of its windows."""
    end, count = len(values), terms.design.shape[1]
    data = regression_data(values, covered, terms.design[:end], terms.block)
    fit = poisson_fit(data.design, data.counts, data.exposure)
    flat = poisson_fit(data.design[:, :1], data.counts, data.exposure)
    spread = window_dispersion(
        values, covered, RECENT, expected=fit.mean(terms.design[:end]), parameters=count
    )
    ratio = (flat.deviance - fit.deviance) / (count - 1) / spread.phi
    return stats.f.sf(ratio, count - 1, spread.edf)


def expected_of(day: np.ndarray, values: np.ndarray, covered: np.ndarray) -> dict[str, np.ndarray]:
    """P-values against trend and season (NaN where not fitted), and which histories show what."""
    found = adjusted_test(day, values, covered, length=RECENT, guard=GUARD, step=1)
    pvalue = np.full(values.shape[1], np.nan)
    out = {"p": pvalue, "season": np.zeros(pvalue.size, bool), "any": np.zeros(pvalue.size, bool)}
    if found.test is None:
        return out
    good = np.flatnonzero(found.test.converged)
    index, end = found.index[good], len(values) - RECENT - GUARD
    pvalue[index] = found.test.pvalue[good]
    part, inside = values[:end, index], covered[:end, index]
    chance = season_pvalue(part, inside, harmonics=found.terms.harmonics, step=1)
    out["season"][index] = chance <= SEASON_LEVEL
    out["any"][index] = exceeds(part, inside, found.terms) <= SEASON_LEVEL
    return out


def by_rule(constant: np.ndarray, expected: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What each rule takes, given the p-values against a constant mean."""
    other = np.where(np.isfinite(expected["p"]), expected["p"], constant)
    return {
        "constant": constant,
        "expected": other,
        "season": np.where(expected["season"], other, constant),
        "any": np.where(expected["any"], other, constant),
        "both": np.maximum(constant, other),
    }


def alone(values: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """P-values of regions alone by each rule, and what was expected of them."""
    covered, year = np.ones(values.shape, bool), values[-YEAR - GUARD - RECENT :]
    test = lrd_test(year, np.ones(year.shape, bool), length=RECENT, guard=GUARD)
    constant = np.minimum(test.pvalue, alone_bound(bounded(year, test), test))
    expected = expected_of(np.arange(len(values)), values, covered)
    return by_rule(constant, expected), expected


def seed_of(*key: int) -> int:
    return int(np.random.SeedSequence((SEED, *key)).generate_state(1)[0])


def rates(values: np.ndarray) -> dict[str, object]:
    """How many series each rule calls, at both levels, and how many show a season."""
    found, expected = alone(values)
    season = expected["season"]
    row: dict[str, object] = {"n": values.shape[1], "shown": season.sum(), "any shown": expected["any"].sum()}
    row |= {f"{rule} {level:g}": (p <= level).sum() for rule, p in found.items() for level in BARS}
    return row | {"shown and called": (season & (found[OURS] <= 0.05)).sum()}


def again(cells: pd.DataFrame, part: int, say: Callable[[str], None]) -> pd.DataFrame:
    """Draw the cells that came out highest anew, with ten times the series; the first ones do not count."""
    rows = []
    for _, row in cells.iterrows():
        if row[f"{OURS} 0.05"] / row["n"] > HIGH:
            process, mean, history = row["process"], float(row["mean"]), int(row["history"])
            counted: dict[str, object] = {}
            for batch in range(1, AGAIN + 1):
                seed = seed_of(1, STEADY.index(process), int(10 * mean), history, batch)
                series = STEADY_SERIES // part
                found = rates(simulate(process, mean, history + GUARD + RECENT, series, seed))
                counted = {name: counted.get(name, 0) + number for name, number in found.items()}
            row = pd.Series({"process": process, "mean": mean, "history": history} | counted)
            say(f"{process} again")
        rows.append(row)
    return pd.DataFrame(rows)


def steady(part: int, say: Callable[[str], None]) -> pd.DataFrame:
    rows = []
    for number, process in enumerate(STEADY):
        for mean in MEANS:
            for history in HISTORIES:
                seed = seed_of(1, number, int(10 * mean), history)
                days = history + GUARD + RECENT
                values = simulate(process, mean, days, STEADY_SERIES // part, seed)
                rows.append({"process": process, "mean": mean, "history": history} | rates(values))
        say(process)
    return again(pd.DataFrame(rows), part, say)


def moved(part: int, say: Callable[[str], None]) -> pd.DataFrame:
    rows, series = [], MOVED_SERIES // part
    named = [(name, phase) for name in ("season_trend", "yearly_offensive") for phase in range(PHASES)]
    named += [("reporting_drift", None), ("random_walk_rate", None)]
    for mean in MEANS:
        for history in HISTORIES:
            days = history + GUARD + RECENT
            for number, (name, phase) in enumerate(named):
                for ratio in (1.0, 2.0):
                    seed = seed_of(2, number, int(10 * mean), history, int(ratio))
                    at = None if phase is None else phase / PHASES
                    options = {"mean": mean, "days": days, "series": series, "seed": seed, "phase": at}
                    values = simulate_more(name, uptick_days=RECENT, uptick_ratio=ratio, **options).values
                    row = {"process": name, "detail": phase, "mean": mean, "history": history}
                    rows.append(row | {"ratio": ratio} | rates(values.astype(np.int32)))
            for number, (ago, factor) in enumerate(STEPS):
                if ago > history:  # before the first day
                    continue
                rng = np.random.default_rng(seed_of(3, number, int(10 * mean), history))
                level = np.full((days, series), mean)
                level[: days - ago] *= factor
                values = rng.poisson(rng.gamma(0.5, level / 0.5)).astype(np.int32)
                row = {"process": f"{factor:g} times the level until", "detail": ago, "mean": mean}
                rows.append(row | {"history": history, "ratio": 1.0} | rates(values))
            say(f"moved, {mean:g} a day, {history} days")
    return pd.DataFrame(rows)


def power(part: int, say: Callable[[str], None]) -> pd.DataFrame:
    rows, history, mean = [], 1095, 0.5
    for number, process in enumerate(SHARES):
        found: dict[float, dict[str, np.ndarray]] = {}
        for ratio in (1.0, *RATIOS):
            pieces = []
            for first in range(0, POWER_SERIES // part, POWER_BATCH):
                seed = seed_of(4, number, int(ratio), first)
                size = min(POWER_BATCH, POWER_SERIES // part)
                values = simulate(process, mean, history + GUARD + RECENT, size, seed, ratio)
                piece, year = alone(values)[0], values[-YEAR - GUARD - RECENT :]
                for r in RATIOS:
                    summed = -values[-RECENT:].sum(axis=0).astype(float)
                    best = best_possible(year, r) if process.startswith("hawkes") else summed
                    piece[f"best {r:g}"] = best
                pieces.append(piece)
            found[ratio] = {name: np.concatenate([p[name] for p in pieces]) for name in pieces[0]}
            say(f"{process}, {ratio:g} times")
        row: dict[str, object] = {"process": process, "n": POWER_SERIES // part}
        for r in RATIOS:
            best = adjusted(found[1.0][f"best {r:g}"], found[r][f"best {r:g}"])
            row[f"best {r:g}"] = best
            row |= {f"{rule} {r:g}": adjusted(found[1.0][rule], found[r][rule]) / best for rule in RULES}
        rows.append(row)
    return pd.DataFrame(rows)


def panel_rates(kind: str, some: int, seed: int, risen: int) -> dict[tuple[str, str], list[np.ndarray]]:
    """For each rule and cell, the share of false calls of each panel, and whether its rise is found."""
    rng, days = np.random.default_rng(seed), 1095 + GUARD + RECENT
    rate = panels.MEDIAN * np.exp(panels.SPREAD * rng.standard_normal(some * REGIONS))
    values = panels.regions_of(kind, np.broadcast_to(rate, (days, rate.size)), rng)
    shape = (some, REGIONS)

    def known(values: np.ndarray) -> dict[str, np.ndarray]:
        expected = expected_of(np.arange(days), values, np.ones(values.shape, bool))
        return panels.measured(values[-panels.DAYS :], False) | {
            f"expected {k}": v for k, v in expected.items()
        }

    quiet = {name: found.reshape(shape) for name, found in known(values).items()}
    reference = panels.turned(values[-panels.DAYS :]).reshape(*shape, -1)
    window = values[-RECENT:].reshape(RECENT, *shape)
    out: dict[tuple[str, str], list[np.ndarray]] = {}

    def judge(now: dict[str, np.ndarray], cell: str, number: int) -> None:
        tested = np.isfinite(now[panels.DEFAULT][:number])
        pooled = np.stack([panels.pooled(now, reference[i], window[:, i], i) for i in range(number)])
        expected = {name[9:]: each[:number] for name, each in now.items() if name.startswith("expected ")}
        each = by_rule(pooled, expected) | {
            "each alone": now[panels.DEFAULT][:number],
            "former": now[panels.FORMER][:number],
        }
        for rule, p in each.items():
            enough = np.where(now["count"][:number] >= LEAST, p, 1.0)
            called = benjamini_hochberg(np.where(tested, enough, np.nan)) <= panels.LEVEL
            right = called[:, 0] if cell != "quiet" else np.zeros(number, bool)
            false = (called.sum(axis=1) - right) / np.maximum(called.sum(axis=1), 1)
            out[rule, cell] = [false, right]

    judge(quiet, "quiet", some)
    for rate_ in panels.RATES if risen else ():
        for ratio in panels.RATIOS:
            means = np.full((days, risen), rate_)
            means[-RECENT:] *= ratio
            up = panels.regions_of(kind, means, rng)
            reference[:risen, 0], window[:, :risen, 0] = panels.turned(up[-panels.DAYS :]), up[-RECENT:]
            own = known(up)
            now = {n: np.concatenate([own[n][:, None], q[:risen, 1:]], axis=1) for n, q in quiet.items()}
            judge(now, f"{ratio}x {rate_:g}", risen)
    return out


def in_panels(part: int, say: Callable[[str], None]) -> pd.DataFrame:
    rows = []
    for number, kind in enumerate((*panels.KINDS, panels.MIXED)):
        pieces = []
        quiet, up = (n // part for n in MORE.get(kind, (QUIET, RISEN)))
        for first in range(0, quiet, AT_ONCE):
            some = min(AT_ONCE, quiet - first)
            risen = min(max(up - first, 0), some)
            pieces.append(panel_rates(kind, some, seed_of(5, number, first), risen))
            say(f"{kind}: {first + some} panels")
        for rule in ("former", "each alone", *RULES):
            row: dict[str, object] = {"kind": kind, "rule": rule}
            cells = [cell for name, cell in pieces[0] if name == rule and cell != "quiet"]
            false = {
                "quiet": [np.concatenate([p[rule, "quiet"][0] for p in pieces])],
                "rise": [np.concatenate([p[rule, c][0] for p in pieces if (rule, c) in p]) for c in cells],
            }
            for cell in cells:
                found = np.concatenate([p[rule, cell][1] for p in pieces if (rule, cell) in p])
                row[cell] = 100 * found.mean()
            for name, each in false.items():
                mean = 100 * np.mean(each, axis=0)
                row[f"FDR {name}"], row[f"se {name}"] = mean.mean(), mean.std(ddof=1) / np.sqrt(mean.size)
            rows.append(row)
    return pd.DataFrame(rows)


def events(file: Path, part: int) -> pd.DataFrame:
    """Which escalations each rule calls, as a smallest q-value, and what share of fortnights."""
    incidents = read_incidents(file, source="ucdp", as_of=str(escalations.YEARS[1]))
    counts = count_incidents(incidents, freq="day", by="admin1")
    days = counts.starts.astype("datetime64[D]")
    known: dict[int, dict[str, np.ndarray]] = {}

    def at(day: np.datetime64) -> dict[str, np.ndarray]:
        end = int(np.searchsorted(days, day)) + 1
        if end not in known:
            span, long = (
                slice(end - escalations.SPAN, end),
                slice(history_before(end, RECENT, GUARD, 1)[0], end),
            )
            values, covered = counts.values[span], counts.coverage[span]
            total = values[:YEAR].sum(axis=0) + values[-RECENT:].sum(axis=0)
            p = np.where(total > 0, lrd_test(values, covered, length=RECENT, guard=GUARD).firm, np.nan)
            p = panel_pvalues(values, covered, p, length=RECENT, guard=GUARD)
            number = days[long].astype(np.int64)
            expected = expected_of(number, counts.values[long], counts.coverage[long])
            few = values[-RECENT:].sum(axis=0) < LEAST
            known[end] = {
                rule: benjamini_hochberg(np.where(total > 0, np.where(few, 1.0, each), np.nan))
                for rule, each in by_rule(p, expected).items()
            }
        return known[end]

    rows = []
    for name, listed in escalations.ESCALATIONS:
        place = list(counts.regions).index(name)
        first, last = (np.datetime64(day) for day in (listed[0], listed[-1]))
        span = np.arange(first - escalations.BEFORE, last + escalations.AFTER + 1)
        smallest = {rule: min(float(at(day)[rule][place]) for day in span) for rule in RULES}
        rows.append({"governorate": name, "as of": " and ".join(listed)} | smallest)
    ends = np.arange(escalations.YEARS[0] + RECENT - 1, escalations.YEARS[1] + 1, RECENT * part)
    share = {rule: float(np.mean([at(day)[rule] <= 0.05 for day in ends])) for rule in RULES}
    return pd.DataFrame([*rows, {"governorate": "share of region-fortnights called"} | share])


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def worst(cells: pd.DataFrame, column: str) -> tuple[float, float, pd.Series]:
    """Largest share of the series called among cells, its upper 99 % limit, and which cell."""
    row = cells.loc[(cells[column] / cells["n"]).idxmax()]
    return 100 * row[column] / row["n"], 100 * upper(row[column], row["n"]), row


class Lines:
    """What the record says, and whether every bar held."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.held = True

    def bar(self, words: str, holds: bool) -> None:
        self.held &= bool(holds)
        self.text.append(f"{words}: {'held' if holds else 'FAILED'}")


def told_steady(cells: pd.DataFrame, out: Lines) -> None:
    rows = []
    for history in HISTORIES:
        part = cells[cells["history"] == history]
        for level in BARS:
            found = [f"{worst(part, f'{rule} {level:g}')[0]:.2f}" for rule in RULES]
            rows.append([f"{history:,} days, {100 * level:g} %", *found])
    each = cells.groupby("process")[["shown", "any shown", "shown and called", "n"]].sum()
    share = each["shown"] / each["n"]
    rest = each[share <= RARE]
    more = ", ".join(f"{name} {100 * share[name]:.1f} %" for name in each.index[share > RARE])
    out.text += [
        f"Nothing changes: {len(each)} processes at {', '.join(map(str, MEANS))} a day, "
        f"{STEADY_SERIES:,} series a cell; percent called of a region alone in the worst cell. The "
        f"{(cells['n'] > cells['n'].min()).sum()} cells in which the rule season called more than "
        f"{100 * HIGH:g} % are drawn anew, {AGAIN * STEADY_SERIES:,} each, and stand with these alone.",
        table(["history, level", *RULES], rows),
        f"A season shows in {100 * rest['shown'].sum() / rest['n'].sum():.2f} % of the series of "
        f"{len(rest)} processes, by chance, and of these {rest['shown'].sum():,} series "
        f"{100 * rest['shown and called'].sum() / rest['shown'].sum():.1f} % are called at 5 %; in others "
        f"more often ({more}). Trend or season exceed chance in "
        f"{100 * each['any shown'].sum() / each['n'].sum():.1f} %.",
    ]
    for history in HISTORIES:
        for level, (most, limit) in BARS.items():
            rate, high, row = worst(cells[cells["history"] == history], f"{OURS} {level:g}")
            out.bar(
                f"{history:,} days at {100 * level:g} %, rule season: worst cell {rate:.2f} % (99 % limit "
                f"{high:.2f} %), {row['process']}, {row['mean']:g} a day; bar {100 * most:g} %",
                rate <= 100 * most and high <= 100 * limit,
            )


def told_moved(cells: pd.DataFrame, out: Lines) -> None:
    size, found = cells[cells["ratio"] == 1], cells[cells["ratio"] == 2]
    rows = []
    for (process, history), part in size.groupby(["process", "history"], sort=False):
        rows.append([f"{process}, {history:,} days", *(f"{worst(part, f'{r} 0.05')[0]:.1f}" for r in RULES)])
    out.text += [
        f"Something changed before the window, {cells['n'].iloc[0]:,} series a cell; percent called at 5 % "
        f"in the worst cell (0.1, 0.5, 2 a day; {PHASES} phases of the year; levels that moved 450, 600 or "
        "800 days before the end).",
        table(["process", *RULES], rows),
    ]
    rows = []
    for (process, mean), part in found.groupby(["process", "mean"], sort=False):
        called = [f"{100 * (part[f'{r} 0.05'] / part['n']).mean():.0f}" for r in RULES]
        rows.append(
            [f"{process}, {mean:g} a day", f"{100 * (part['shown'] / part['n']).mean():.0f}", *called]
        )
    out.text += [
        "Rises to twice the rate found at 5 %, mean over phases and histories, and in how many histories a "
        "season shows, in percent.",
        table(["process", "season shown", *RULES], rows),
    ]


def told_power(cells: pd.DataFrame, out: Lines) -> None:
    rows = []
    for _, row in cells.iterrows():
        for r in RATIOS:
            told = [f"{100 * row[f'{rule} {r:g}']:.1f}" for rule in RULES]
            rows.append([f"{row['process']}, {r:g} times", *told])
    out.text += [
        f"Size-adjusted power at 0.5 a day, 1,095 days of history, {cells['n'].iloc[0]:,} series, in percent "
        "of the best possible test's.",
        table(["process", *RULES], rows),
    ]
    for _, row in cells.iterrows():
        least, bar = min(row[f"{OURS} {r:g}"] for r in RATIOS), SHARES[row["process"]]
        out.bar(f"{row['process']}, rule season: {100 * least:.1f} %; bar {100 * bar:g} %", least >= bar)


def told_panels(cells: pd.DataFrame, out: Lines) -> None:
    found = [name for name in cells.columns if name[0].isdigit()]
    five = [name for name in found if name.startswith("5x")]
    rows = []
    for _, row in cells.iterrows():
        by_ratio = [" / ".join(f"{row[f'{r}x {m:g}']:.0f}" for m in panels.RATES) for r in panels.RATIOS]
        false = [f"{row[f'FDR {n}']:.1f} ± {row[f'se {n}']:.1f}" for n in ("quiet", "rise")]
        rows.append([f"{row['kind']}, {row['rule']}", *by_ratio, *false])
    out.text += [
        f"Panels of {REGIONS} with three years of history, {QUIET:,} quiet and {RISEN:,} with a rise (Hawkes "
        "3,000 and 2,000, after a look at 2,000 and 500, which left a limit of 6.3); percent of rises found "
        "at 0.1 / 0.5 / 2 a day, false discovery rates in percent.",
        table(["panel, rule", *(f"{r}x" for r in panels.RATIOS), "FDR quiet", "FDR with a rise"], rows),
    ]
    for kind, part in cells.groupby("kind", sort=False):
        by = part.set_index("rule")
        gains = {rule: by.loc[rule, five].mean() / by.loc["former", five].mean() for rule in RULES}
        bar = panels.GAIN_BARS[str(kind)]
        out.text.append(
            f"{kind}: at ratio 5 times what each alone finds, days before not given: "
            + ", ".join(f"{rule} {gain:.2f}" for rule, gain in gains.items())
        )
        out.bar(f"{kind}, rule season: {gains[OURS]:.2f} times; bar {bar:g}", gains[OURS] >= bar)
        for name in ("quiet", "rise"):
            rate, se = by.loc[OURS, f"FDR {name}"], by.loc[OURS, f"se {name}"]
            limit = rate + 2.326 * se
            words = f"{kind}, rule season, {name}: false discovery rate {rate:.1f}, 99 % limit {limit:.1f}"
            out.bar(words, rate <= 5 and limit <= 6)
        lost = (by.loc[OURS, found].to_numpy(float) - by.loc["each alone", found].to_numpy(float)).min()
        out.bar(f"{kind}, rule season: nowhere below each alone (least difference {lost:.1f})", lost >= 0)
        if kind in ("negative binomial", "waves"):
            least = min(by.loc[OURS, "10x 0.5"], by.loc[OURS, "10x 2"])
            out.bar(f"{kind}, rule season: at least {least:.0f} % at ratio 10", least >= 90)


def told_events(cells: pd.DataFrame, out: Lines) -> None:
    seven, share = cells.iloc[:-1], cells.iloc[-1]
    rows = [
        [f"{r['governorate']}, {r['as of']}", *(f"{r[n]:.2g}" for n in RULES)] for _, r in seven.iterrows()
    ]
    rows.append(
        ["called", *(f"{(seven[rule].astype(float) <= 0.05).sum()} of {len(seven)}" for rule in RULES)]
    )
    rows.append(["region-fortnights called, %", *(f"{100 * float(share[rule]):.2f}" for rule in RULES)])
    out.text += [
        "Real events: UCDP GED 19.1, Iraq (CC BY 4.0, Uppsala Conflict Data Program; Sundberg and Melander "
        "2013), as in escalations.md: smallest q-value from 7 days before to 14 after.",
        table(["governorate, as of", *RULES], rows),
    ]
    called = int((seven[OURS].astype(float) <= 0.05).sum())
    quiet = float(share[OURS])
    out.bar(
        f"rule season: {called} of {len(seven)}, {100 * quiet:.2f} % of region-fortnights; bars 6 and 2 %",
        called >= escalations.CALLED_BAR and quiet <= escalations.SHARE_BAR,
    )


TOLD = dict(zip(PARTS, (told_steady, told_moved, told_power, told_panels, told_events), strict=True))


def main() -> int:
    parser = quick_parser(__doc__, "a tenth of the series; writes nothing")
    parser.add_argument("--only", choices=PARTS, help="that part; the others stay as they were recorded")
    parser.add_argument("--events", type=Path, help="UCDP GED events of Iraq to the end of 2018")
    given = parser.parse_args()
    part = 10 if given.quick else 1

    def say(text: str) -> None:
        print(f"  {text}", file=sys.stderr, flush=True)

    makers = {"steady": steady, "moved": moved, "power": power, "panels": in_panels}
    out = Lines()
    out.text.append(
        "SIMULATED series, except the last table. Rules: *constant* everywhere; *expected* wherever it "
        "can be fitted; *season*, expected where a season shows that comes again each year "
        '(`null="auto"`); '
        "*any*, expected where trend and season together exceed chance; *both*, the larger p-value. "
        "Measured by "
        "`python benchmarks/which_null.py --events FILE`."
    )
    for name in PARTS:
        path, found = RESULTS / f"which_null_{name}.csv", None
        if given.only in (None, name):
            if name != "events":
                found = makers[name](part, say)
            elif given.events:
                found = events(given.events, part)
            if found is not None and not given.quick:
                found.to_csv(path, index=False, float_format="%.5g")
        if found is None and path.exists():
            found = pd.read_csv(path)
        if found is not None and len(found):
            TOLD[name](found, out)
    print("\n\n".join(out.text))
    if not given.quick:
        (RESULTS / "which_null.md").write_text("\n\n".join(out.text) + "\n", encoding="utf-8")
    return 0 if out.held else 1


if __name__ == "__main__":
    sys.exit(main())
