"""Size and power of the recurrence test: bursts, period, weekday; bias of the branching ratio.

    python benchmarks/recurring.py            # about fifteen minutes on one core
    python benchmarks/recurring.py --quick    # a tenth of the series; writes nothing

Prints the tables and writes benchmarks/results/recurring.md. Exits with 1 if a bar fails: a cell fails when
the lower end of its 99 % Monte Carlo interval exceeds the bar. The bar holds where a null is the
process's own: the period on all seven processes, weekdays on all but the one with a weekday cycle, bursts
against independent days on Poisson and negative binomial days, bursts against self-excitation on the
stationary processes.
"""

from __future__ import annotations

import sys

import numpy as np
from recording import RESULTS, quick_parser
from scipy import stats

from analytics.kernels.common.dispersion import window_dispersion
from analytics.kernels.recurrence.bursts import burst_episodes, permute_within, successive_dispersion
from analytics.kernels.recurrence.hawkes import fit_hawkes, hawkes_residuals, simulate_hawkes
from analytics.kernels.recurrence.periodicity import periodicity_test, weekday_pvalues
from analytics.simulation import PROCESSES, simulate_counts
from analytics.upticks.recurring_tables import (
    MIN_INCIDENTS,
    SPELL,
    WINDOW,
    harmless_variation,
    variation_limit,
)

MEANS, DAYS = (0.1, 0.5, 2.0), (365, 1095)
BURST = {"ratio": 2.0, "cost": 0.5, "merge": WINDOW}
TRUTH = {"poisson": 0.0, "negative_binomial": 0.0, "hawkes_0.3": 0.3, "hawkes_0.6": 0.6, "ingarch": 0.75}
BAR = 0.07
EVERY, LENGTH, RATIOS = 45, 10, (2.0, 3.0, 5.0)
SHUFFLES = 99  # replicates of each burst p-value


def strata(days: int) -> np.ndarray:
    day = np.arange(days)
    spells = max(days // SPELL, 1)
    return 7 * (day * spells // days) + day % 7


def burst_pvalues(values: np.ndarray, null: str, rng: np.random.Generator) -> np.ndarray:
    """P-values of the burst test, as recurrence_test computes them, with fewer replicates."""
    days, series = values.shape
    observed = burst_episodes(values, np.ones(values.shape, bool), **BURST).recurrent
    fit = fit_hawkes(values, np.ones(values.shape, bool)) if null == "self_exciting" else None
    out = np.empty(series)
    for first in range(0, series, 40):
        part = range(first, min(first + 40, series))
        drawn = []
        for i in part:
            if fit is None:
                drawn.append(permute_within(values[:, i], strata(days), SHUFFLES, rng))
            else:
                shape = (fit.mean[i], min(fit.branching[i], 0.95), fit.lag[i], fit.size[i])
                drawn.append(simulate_hawkes(*map(float, shape), periods=days, series=SHUFFLES, rng=rng))
        stacked = np.concatenate(drawn, axis=1)
        chance = burst_episodes(stacked, np.ones(stacked.shape, bool), **BURST).recurrent
        as_much = chance.reshape(len(drawn), SHUFFLES) >= observed[part.start : part.stop, None] - 1e-9
        out[part.start : part.stop] = (1 + as_much.sum(axis=1)) / (1 + SHUFFLES)
    return out


def weekdays(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    weeks = len(values) // 7
    whole = values[: 7 * weeks].reshape(weeks, 7, -1)
    return weekday_pvalues(whole, np.ones((weeks, values.shape[1]), bool), replicates=199, rng=rng)[0]


def periods(values: np.ndarray, rng: np.random.Generator, replicates: int = 999):
    return periodicity_test(
        values, np.ones(len(values), bool), shortest=14, longest=120, replicates=replicates, rng=rng
    )


def with_bursts(kind: str, ratio: float, mean: float, days: int, series: int, rng: np.random.Generator):
    """Negative binomial days (k = 2) with bursts: every 45 days, at random (as many), or one of 40 days."""
    day = np.arange(days)[:, None]
    if kind == "every 45 days":
        on = (day + rng.integers(0, EVERY, series)) % EVERY < LENGTH
    elif kind == "at random":
        begun = rng.random((days, series)) < 1 / EVERY
        on = np.zeros((days, series), bool)
        for lag in range(LENGTH):
            on[lag:] |= begun[: days - lag]
    else:
        begin = rng.integers(0, days - 40, series)
        on = (day >= begin) & (day < begin + 40)
    rate = np.where(on, ratio, 1.0)
    rate *= mean / rate.mean(axis=0)
    return rng.poisson(rate * rng.gamma(2.0, 0.5, rate.shape))


def cells(rejected: list[np.ndarray]) -> str:
    return " | ".join(f"{100 * (p <= 0.05).mean():.1f}" for p in rejected)


def lower_limit(p: np.ndarray) -> float:
    hits = int((p <= 0.05).sum())
    return float(stats.beta.ppf(0.005, hits, len(p) - hits + 1)) if hits else 0.0


def enough(values: np.ndarray) -> np.ndarray:
    return values[:, values.sum(axis=0) >= MIN_INCIDENTS]


def below_margin(values: np.ndarray) -> np.ndarray:
    """Whether the limit of the variation of fortnights lies below the default margin, 1.5."""
    covered = np.ones(values.shape, bool)
    spread = window_dispersion(values, covered, WINDOW)
    by_day = successive_dispersion(values, covered)
    limit = variation_limit(spread.phi, spread.edf, by_day, WINDOW * values.mean(axis=0))
    return limit < harmless_variation(1.5)


def margin_table(series: int) -> list[str]:
    """How often "not supported" would be said, by the ratio of fortnight bursts, one in eight weeks."""
    rng = np.random.default_rng(21)
    ratios = (1.0, 1.5, 2.0)
    lines = [
        "",
        f"## The limit lies below the margin of 1.5 ({series:,} series a cell, percent)",
        "",
        "A fortnight in eight weeks has `ratio` times the usual rate; at 1.5 at most 5 % should be below.",
        "",
        "| size of the days | days | a day | " + " | ".join(f"ratio {r:g}" for r in ratios) + " |",
        "|---:|---:|---:|" + "---:|" * len(ratios),
    ]
    for size in (0.5, 2.0, np.inf):
        for days in DAYS:
            for mean in (0.5, 2.0, 8.0):
                row = []
                for ratio in ratios:
                    day = np.arange(days)[:, None]
                    rate = mean * np.where((day + rng.integers(0, 56, series)) % 56 < 14, ratio, 1.0)
                    if np.isfinite(size):
                        rate = rate * rng.gamma(size, 1 / size, rate.shape)
                    row.append(f"{100 * below_margin(rng.poisson(rate)).mean():.1f}")
                lines.append(f"| {size:g} | {days:,} | {mean:g} | " + " | ".join(row) + " |")
    return lines


def main() -> int:
    parser = quick_parser(__doc__, "a tenth of the series; writes nothing")
    cut = 10 if parser.parse_args().quick else 1
    many, some = 2_000 // cut, {365: 500 // cut, 1095: 250 // cut}
    rng = np.random.default_rng(20)
    head = "| process | " + " | ".join(f"{d} d, {m:g}" for d in DAYS for m in MEANS) + " |"
    rule = "|---|" + "---:|" * (len(DAYS) * len(MEANS))
    tests = {
        "period, 14 to 120 days": (lambda y: periods(y, rng).pvalue, many),
        "weekday": (lambda y: weekdays(y, rng), many // 2),
        "bursts against independent days": (lambda y: burst_pvalues(y, "independent", rng), some),
        "bursts against self-excitation": (lambda y: burst_pvalues(y, "self_exciting", rng), some),
    }
    own = {
        "period, 14 to 120 days": PROCESSES,
        "weekday": PROCESSES[:-1],
        "bursts against independent days": PROCESSES[:2],
        "bursts against self-excitation": PROCESSES[:-1],
    }
    lines = [
        "# The recurrence test, measured",
        "",
        "SIMULATED series. Percent rejected at nominal 5 %, by length in days and incidents a day; series "
        f"with fewer than {MIN_INCIDENTS} incidents are not tested. Series a cell: period {many:,}, weekday "
        f"{many // 2:,}, bursts {some[365]:,} (365 d) and {some[1095]:,} (1,095 d); {SHUFFLES} replicates.",
    ]
    failed = []
    for name, (test, number) in tests.items():
        lines += ["", f"## No bursts added: {name}", "", head, rule]
        for process in PROCESSES:
            row = []
            for days in DAYS:
                for mean in MEANS:
                    n = number if isinstance(number, int) else number[days]
                    seed = 1000 * PROCESSES.index(process) + 10 * days + int(10 * mean)
                    simulated = simulate_counts(
                        process, mean=mean, days=days, series=n, uptick_days=0, seed=seed
                    )
                    row.append(test(enough(simulated.values)))
                    if process in own[name] and lower_limit(row[-1]) > BAR:
                        failed.append(f"{name}: {process}, {mean:g} a day, {days} days")
            mark = "" if process in own[name] else " (not this null)"
            lines.append(f"| {process}{mark} | {cells(row)} |")
            print(lines[-1], file=sys.stderr, flush=True)
    lines += ["", f"Bar: {BAR:.0%} (99 % lower Monte Carlo limit) in every row without a mark: "]
    lines[-1] += "held" if not failed else "FAILED in " + "; ".join(failed)

    head = "| bursts | ratio | test | " + " | ".join(f"{d} d, {m:g}" for d in DAYS for m in MEANS) + " |"
    lines += [
        "",
        f"## Bursts added (of {LENGTH} days; {200 // cut} series a cell)",
        "",
        head,
        "|---|---:" + rule[4:],
    ]
    lines[-1] = "|---|---:|---|" + "---:|" * (len(DAYS) * len(MEANS))
    kinds = [("every 45 days", r) for r in RATIOS] + [("at random", 3.0), ("one of 40 days", 5.0)]
    for kind, ratio in kinds:
        found: dict[str, list[np.ndarray]] = {"independent": [], "self_exciting": [], "period": []}
        for days in DAYS:
            for mean in MEANS:
                values = enough(with_bursts(kind, ratio, mean, days, 200 // cut, rng))
                found["period"].append(periods(values, rng, 499).pvalue)
                found["independent"].append(burst_pvalues(values, "independent", rng))
                few = values[:, : 100 // cut]
                found["self_exciting"].append(burst_pvalues(few, "self_exciting", rng))
        for name, row in found.items():
            lines.append(f"| {kind} | {ratio:g} | {name.replace('_', '-')} | {cells(row)} |")
            print(lines[-1], file=sys.stderr, flush=True)

    lines += [
        "",
        "## Branching ratio (200 series a cell, 100 with 1,095 days)" if cut == 1 else "## Branching ratio",
        "",
        "| process | truth | days | a day | mean | median | sd | interval covers, % | "
        "misfit: uniformity, % | misfit: independence, % |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for process, truth in TRUTH.items():
        for days in DAYS:
            for mean in MEANS:
                n = (200 if days == 365 else 100) // cut
                values = enough(
                    simulate_counts(process, mean=mean, days=days, series=n, uptick_days=0, seed=5).values
                )
                covered = np.ones(values.shape, bool)
                fit = fit_hawkes(values, covered)
                _, uniform, independent = hawkes_residuals(values, covered, fit, rng.random(values.shape))
                covers = (fit.low <= truth + 1e-9) & (truth <= fit.high)
                lines.append(
                    f"| {process} | {truth:g} | {days:,} | {mean:g} | {fit.branching.mean():.2f} | "
                    f"{np.median(fit.branching):.2f} | {fit.branching.std():.2f} | "
                    f"{100 * covers.mean():.0f} | "
                    f"{100 * (uniform <= 0.05).mean():.1f} | {100 * (independent <= 0.05).mean():.1f} |"
                )
    lines += margin_table(1_000 // cut)
    text = "\n".join(lines) + "\n"
    print(text)
    if cut == 1:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "recurring.md").write_text(text, encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
