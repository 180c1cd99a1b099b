"""Many regions at once: false discoveries and rises found, by the pooled rank, today's test and its peers.

    python benchmarks/panels.py                    # all of it; about forty minutes of processor time
    python benchmarks/panels.py --only "waves 18"  # one piece of it, kept beside the others recorded
    python benchmarks/panels.py --quick            # a tenth of it; says so, writes nothing

Panels of 18 and 100 regions whose daily rates are log-normal (median 0.1, standard deviation of the logarithm
1.2), negative binomial of size 0.5, self-exciting (branching 0.6, 7 days on average), in same-day waves of
Pareto size (index 1.6, cut at 60), or each of a kind drawn at random: 364 baseline days, 28 guard days, 14
recent ones: files of little more than a year, and longer records make no difference, for no test here looks
further back. A panel is quiet, or one region, at 0.1, 0.5 or 2 a day, rises to 3, 5 or 10 times. Called is
what has q at most 0.05 (Benjamini and Hochberg) and at least three incidents. Peers are also held to the
largest level at which their false discovery rate was 5 %. Writes benchmarks/results/panels.csv and .md; exits
with 1 if a bar fails.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pandas as pd
from recording import RESULTS, quick_parser, record
from scipy import stats

from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.kernels.panels.caps import capped_windows
from analytics.kernels.panels.evidence import LEAST, evidence_of
from analytics.kernels.panels.extremes import bounded_pvalue, dispersion_ceiling
from analytics.kernels.panels.pooled import pooled_pvalue
from analytics.kernels.panels.reference import Reference, turned_evidence
from analytics.kernels.panels.year import EXTREME
from analytics.kernels.windows.alternatives import METHODS
from analytics.kernels.windows.lrd import lrd_test

BASELINE, GUARD, RECENT, BURN = 364, 28, 14, 200
DAYS = BASELINE + GUARD + RECENT
KINDS, MIXED = ("negative binomial", "Hawkes", "waves"), "mixed"
RATES, RATIOS = (0.1, 0.5, 2.0), (3, 5, 10)
MEDIAN, SPREAD, LEVEL = 0.1, 1.2, 0.05
SIZE, BRANCHING, LAG, INDEX, LARGEST = 0.5, 0.6, 7.0, 1.6, 60
CHUNK = 3_600  # regions at a time
SIZES = ((18, 4_000, 1_000), (100, 1_000, 300))  # regions, quiet panels, those with a rise
MORE = {("Hawkes", 100): (1_500, 1_000)}  # where it was close
SEED = 20261211
LEVELS = np.r_[np.geomspace(1e-9, LEVEL, 60)]  # that peers are held to
POOLED, DEFAULT = "pooled rank", "each alone (LRD, B)"
FORMER = "each alone, days before not given"  # the default until 2026-11, which gains are measured by
PEERS = ("C-test", "negative binomial GLM", "Farrington", "EARS C2")
GAIN_BARS = {"negative binomial": 1.5, "Hawkes": 1.05, "waves": 2.0, MIXED: 1.3}  # at ratio 5, 18 regions


def wave_sizes() -> tuple[np.ndarray, np.ndarray]:
    """Sizes of waves and their probabilities: a Pareto variable rounded down, cut at the largest."""
    size = np.arange(1, LARGEST + 1)
    chance = size**-INDEX - (size + 1.0) ** -INDEX
    chance[-1] = float(LARGEST) ** -INDEX
    return size, chance / chance.sum()


def draw(kind: str, mean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Daily counts with the given means, shape (days, series); the first days are the process settling."""
    if kind == "negative binomial":
        return rng.poisson(rng.gamma(SIZE, mean / SIZE)).astype(np.int32)
    if kind == "waves":
        size, chance = wave_sizes()
        waves = rng.poisson(mean / (size @ chance))
        drawn = rng.choice(size, int(waves.sum()), p=chance)
        cell = np.repeat(np.arange(waves.size), waves.ravel())
        return np.bincount(cell, weights=drawn, minlength=waves.size).reshape(mean.shape).astype(np.int32)
    stay, excite = 1 - 1 / LAG, mean[0].astype(float)
    out = np.empty(mean.shape, np.int32)
    for day in range(mean.shape[0]):
        out[day] = rng.poisson((1 - BRANCHING) * mean[day] + BRANCHING * excite)
        excite = stay * excite + (1 - stay) * out[day]
    return out


def regions_of(kind: str, means: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Regions with the daily means of shape (days, series), each of the kind or of one drawn at random."""
    full = np.concatenate([np.broadcast_to(means[:1], (BURN, means.shape[1])), means])
    if kind != MIXED:
        return draw(kind, full, rng)[BURN:]
    which = rng.integers(0, len(KINDS), means.shape[1])
    out = np.empty(means.shape, np.int32)
    for number, name in enumerate(KINDS):
        out[:, which == number] = draw(name, full[:, which == number], rng)[BURN:]
    return out


def fortnights(values: np.ndarray) -> np.ndarray:
    """Sums of the baseline's fortnights, the latest last."""
    base = values[:BASELINE]
    return base.reshape(BASELINE // RECENT, RECENT, -1).sum(axis=1).astype(float)


def farrington(values: np.ndarray) -> np.ndarray:
    """Farrington and others (1996) on fortnights, without trend: the tail of the two-thirds power."""
    past, now = fortnights(values), values[-RECENT:].sum(axis=0)
    mean = past.mean(axis=0)
    phi = np.maximum(past.var(axis=0, ddof=1) / np.maximum(mean, 1e-9), 1.0)
    safe = np.maximum(mean, 1e-3)
    sd = 2 / 3 * safe ** (-1 / 3) * np.sqrt(phi * safe * (1 + 1 / len(past)))
    return stats.norm.sf((now ** (2 / 3) - safe ** (2 / 3)) / sd)


def ears(values: np.ndarray) -> np.ndarray:
    """EARS C2 on fortnights: mean and standard deviation of the seven before the guard."""
    past, now = fortnights(values)[-7:], values[-RECENT:].sum(axis=0)
    sd = np.maximum(past.std(axis=0, ddof=1), 0.5)
    return stats.norm.sf((now - past.mean(axis=0)) / sd)


def peers(values: np.ndarray) -> dict[str, np.ndarray]:
    inside = np.ones(values.shape, bool)
    found = {
        "C-test": METHODS["c_test"](values, inside, length=RECENT, guard=GUARD),
        "negative binomial GLM": METHODS["nb_glm"](values, inside, length=RECENT, guard=GUARD),
        "Farrington": farrington(values),
        "EARS C2": ears(values),
    }
    return {name: np.where(np.isnan(p), 1.0, p) for name, p in found.items()}


def measured(values: np.ndarray, with_peers: bool) -> dict[str, np.ndarray]:
    """What the rules need of every region: counts, evidence, p-values alone; arrays of shape (series,)."""
    inside = np.ones(values.shape, bool)
    series = values.shape[1]
    rows = np.ascontiguousarray(values.T)
    held = capped_windows(
        rows,
        np.ones(rows.shape, bool),
        np.arange(series),
        np.full(series, DAYS),
        length=RECENT,
        guard=GUARD,
        baseline=BASELINE,
    )
    out = {"count": held.raw.astype(float), "evidence": evidence_of(held, RECENT)}
    test = lrd_test(values, inside, length=RECENT, guard=GUARD)
    former = lrd_test(values, inside, length=RECENT, guard=GUARD, carry=False)
    for name, found in ((DEFAULT, test), (FORMER, former)):
        out[name] = np.where(test.baseline_total + test.observed > 0, found.firm, np.nan)
    out |= {"base": test.baseline_total, "phi": test.dispersion.phi}
    # The bound depends on the panel through its ceiling alone, and is asked of few.
    out["extreme"] = (out["count"] >= LEAST) & (out["count"] > EXTREME * test.expected)
    return out | (peers(values) if with_peers else {})


def turned(values: np.ndarray) -> np.ndarray:
    """Evidence of the turned windows; shape (series, turns)."""
    rows = np.ascontiguousarray(values[:BASELINE].T)
    step = 500  # rows at a time, below the size from which windows are left out
    return np.concatenate(
        [
            turned_evidence(part, np.ones(part.shape, bool), length=RECENT, guard=GUARD)
            for part in np.split(rows, range(step, len(rows), step))
        ]
    )


def pooled(
    now: dict[str, np.ndarray], reference: np.ndarray, window: np.ndarray, panel: int | slice
) -> np.ndarray:
    """P-values of one panel as ``panel_pvalues`` has them, from what is known of its regions already."""
    mine = {name: now[name][panel] for name in ("count", "evidence", DEFAULT, "base", "phi", "extreme")}
    alone, tested = mine[DEFAULT].copy(), np.isfinite(mine[DEFAULT])
    at = np.flatnonzero(mine["extreme"] & tested)
    if at.size:
        ceiling = dispersion_ceiling(mine["phi"][tested], mine["base"][tested])
        size = np.full(at.size, float(RECENT)), np.full(at.size, float(BASELINE))
        bound = bounded_pvalue(window[:, at], mine["base"][at], *size, mine["phi"][at], ceiling)
        alone[at] = np.minimum(alone[at], bound)
    rank = Reference.of(reference[tested], periods=BASELINE, length=RECENT).rank(mine["evidence"])
    found = pooled_pvalue(rank, alone)
    return np.where(tested & (mine["count"] < LEAST), 1.0, found)


def called_at(pvalues: np.ndarray, count: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Which regions are called at each level; pvalues of shape (panels, regions), result (levels, ...)."""
    q = benjamini_hochberg(np.where(np.isnan(pvalues), np.nan, np.where(count >= LEAST, pvalues, 1.0)))
    return q <= np.reshape(levels, (-1, 1, 1))


def chunk(kind: str, regions: int, panels: int, risen: int, seed: list[int]) -> list[pd.DataFrame]:
    """Simulate some panels and say for each, rule and rise how many regions are called, and which rightly."""
    rng = np.random.default_rng(seed)
    rate = MEDIAN * np.exp(SPREAD * rng.standard_normal(panels * regions))
    values = regions_of(kind, np.broadcast_to(rate, (DAYS, rate.size)), rng)
    shape = (panels, regions)
    quiet = {name: found.reshape(shape) for name, found in measured(values, True).items()}
    reference = turned(values).reshape(panels, regions, -1)
    window = values[-RECENT:].reshape(RECENT, panels, regions)
    rows = []

    def judge(now: dict[str, np.ndarray], rate: float, ratio: float, some: int) -> None:
        now = now | {POOLED: np.stack([pooled(now, reference[i], window[:, i], i) for i in range(some)])}
        for rule in (POOLED, DEFAULT, FORMER, *PEERS):
            levels = LEVELS if rule in PEERS else LEVELS[-1:]
            called = called_at(now[rule], now["count"], levels)
            right = called[:, :, 0] if ratio > 1 else np.zeros(called.shape[:2], bool)
            number, panel = np.indices(right.shape)
            found = {
                "level": levels[number].ravel(),
                "panel": seed[-1] + panel.ravel(),
                "called": called.sum(axis=2).ravel(),
                "found": right.ravel(),
            }
            rows.append(pd.DataFrame(found).assign(rule=rule, rate=rate, ratio=ratio))

    judge(quiet, 0.0, 1.0, panels)
    for rate_ in RATES if risen else ():
        for ratio in RATIOS:
            means = np.full((DAYS, risen), rate_)
            means[-RECENT:] *= ratio
            up = regions_of(kind, means, rng)
            reference[:risen, 0], window[:, :risen, 0] = turned(up), up[-RECENT:]
            own = measured(up, True)
            some = {n: np.concatenate([own[n][:, None], q[:risen, 1:]], axis=1) for n, q in quiet.items()}
            judge(some, rate_, float(ratio), risen)
    return rows


def panels_of(kind: str, regions: int, quiet: int, risen: int, say: Callable[[str], None]) -> pd.DataFrame:
    """All panels of a kind and size; the quiet panels behind the risen ones count among the quiet."""
    number = [*KINDS, MIXED].index(kind)
    size = max(CHUNK // regions, 1)
    rows: list[pd.DataFrame] = []
    for first in range(0, quiet, size):
        some = min(size, quiet - first)
        seed = [SEED, number, regions, first]
        rows += chunk(kind, regions, some, min(max(risen - first, 0), some), seed)
        say(f"{kind}, {regions} regions: {first + some} of {quiet}")
    return pd.concat(rows, ignore_index=True)


def summarise(panels: pd.DataFrame, kind: str, regions: int) -> pd.DataFrame:
    """One row a rule, and peers again at the largest level at which their false discovery rate is 5 %."""
    false = (panels["called"] - panels["found"]) / panels["called"].clip(lower=1)
    panels = panels.assign(false=100 * false, found=100.0 * panels["found"], risen=panels["ratio"] > 1)
    out = []
    for rule, part in panels.groupby("rule", sort=False):
        out.append(_row(part[part["level"] == LEVEL], kind, regions, str(rule)))
        if rule not in PEERS:
            continue
        rates = part.groupby(["level", "risen"])["false"].mean().groupby("level").max()
        held = rates[rates <= 100 * LEVEL].index
        if len(held):
            level = held.max()
            row = _row(part[part["level"] == level], kind, regions, f"{rule} at {level:.1g}")
            out.append(row)
    return pd.DataFrame(out)


def _row(part: pd.DataFrame, kind: str, regions: int, rule: str) -> dict[str, object]:
    row: dict[str, object] = {"kind": kind, "regions": regions, "rule": rule}
    quiet, risen = part[~part["risen"]], part[part["risen"]]
    for ratio in RATIOS:
        for rate in RATES:
            cell = risen[(risen["ratio"] == ratio) & (risen["rate"] == rate)]
            row[f"{ratio:g}x {rate:g}"] = cell["found"].mean()
    for name, some in (("quiet", quiet), ("rise", risen)):
        each = some.groupby("panel")["false"].mean()
        row[f"FDR {name}"], row[f"se {name}"] = each.mean(), each.std() / np.sqrt(len(each))
        row[f"panels {name}"] = len(each)
    return row


def bars(table: pd.DataFrame) -> tuple[list[str], bool]:
    """Say which bars hold."""
    lines, held = [], True

    def check(words: str, holds: bool, sure: bool = True) -> None:
        nonlocal held
        held &= holds and sure
        state = "held" if sure else "held, but too few panels for the limit"
        lines.append(f"{words}: {state if holds else 'FAILED'}")

    cells = [c for c in table.columns if "x " in c and c[0].isdigit()]
    five = [c for c in cells if c.startswith("5x")]
    for (kind, regions), part in table.groupby(["kind", "regions"], sort=False):
        ours, default = (part[part["rule"] == rule].iloc[0] for rule in (POOLED, DEFAULT))
        former = part[part["rule"] == FORMER]
        former = default if former.empty else former.iloc[0]  # recorded before there was another
        for name in ("quiet", "rise"):
            rate, limit = ours[f"FDR {name}"], ours[f"FDR {name}"] + 2.326 * ours[f"se {name}"]
            check(
                f"{kind}, {regions} regions, {name}: false discovery rate {rate:.1f}, 99 % limit {limit:.1f}",
                bool(rate <= 100 * LEVEL),
                bool(limit <= 120 * LEVEL),
            )
        check(
            f"{kind}, {regions} regions: nowhere below each alone",
            bool((ours[cells].to_numpy(float) >= default[cells].to_numpy(float)).all()),
        )
        if regions != min(table["regions"]):
            continue
        gain = ours[five].mean() / former[five].mean()
        check(f"{kind}, {regions} regions: {gain:.2f} times at ratio 5", bool(gain >= GAIN_BARS[str(kind)]))
        if kind in ("negative binomial", "waves"):
            least = min(ours["10x 0.5"], ours["10x 2"])
            check(f"{kind}, {regions} regions: at least {least:.0f} % at ratio 10", bool(least >= 90))
    return lines, held


def markdown(table: pd.DataFrame) -> str:
    """Write the summary as a Markdown table."""
    head = ["panel", "rule", *(f"{r}x" for r in RATIOS), "FDR quiet", "FDR with a rise"]
    lines = ["| " + " | ".join(head) + " |", "|---|---|" + "---:|" * (len(head) - 2)]
    for _, row in table.iterrows():
        found = [" / ".join(f"{row[f'{r:g}x {m:g}']:.0f}" for m in RATES) for r in RATIOS]
        rates = [f"{row[f'FDR {n}']:.1f} ± {row[f'se {n}']:.1f}" for n in ("quiet", "rise")]
        names = [f"{row['kind']} {row['regions']}", row["rule"]]
        lines.append("| " + " | ".join([*names, *found, *rates]) + " |")
    return "\n".join(lines)


def main() -> int:
    parser = quick_parser(__doc__, "a tenth of the panels; writes nothing")
    parser.add_argument("--only", help='kind and size, as "waves 18"; the others stay as they were recorded')
    given = parser.parse_args()
    part = 10 if given.quick else 1

    def say(text: str) -> None:
        if sys.stderr.isatty():
            print(f"\r{text:60s}", end="", file=sys.stderr, flush=True)

    before = RESULTS / "panels.csv"
    kept = pd.read_csv(before) if given.only and before.exists() else None
    pieces = []
    for regions, quiet, risen in SIZES:
        for kind in (*KINDS, MIXED):
            if given.only in (None, f"{kind} {regions}"):
                some = MORE.get((kind, regions), (quiet, risen))
                found = panels_of(kind, regions, some[0] // part, some[1] // part, say)
                pieces.append(summarise(found, kind, regions))
            elif kept is not None:
                pieces.append(kept[(kept["kind"] == kind) & (kept["regions"] == regions)])
    table = pd.concat(pieces, ignore_index=True)
    lines, held = bars(table)
    counts = "; ".join(f"{q // part:,} quiet and {r // part:,} with a rise of {n}" for n, q, r in SIZES)
    more = "; ".join(f"{q // part:,} and {r // part:,} of {k} {n}" for (k, n), (q, r) in MORE.items())
    text = "\n\n".join(
        [
            f"SIMULATED panels: {counts} regions, a kind ({more}). Percent of rises found at 0.1 / 0.5 / 2 a "
            "day; false discovery rate (mean share of false among called) in percent, with its standard "
            "error; on panels with a rise over its nine sizes. A peer stands twice: at a level of 0.05, and "
            "at the largest at which its false discovery rate was 5 % here, which nobody knows beforehand.",
            markdown(table),
            "\n".join(lines),
        ]
    )
    print(text)
    if not given.quick:
        record("panels", [text], table, float_format="%.4g")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
