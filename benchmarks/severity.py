"""Size, power and interval coverage of severity_test's parts on heavy-tailed deaths.

    python benchmarks/severity.py            # 1,000 data sets a cell; about fifteen minutes
    python benchmarks/severity.py --quick    # 60 a cell; writes nothing

Deaths are zero-inflated lognormal or Pareto (exponent 1.5: no variance), each incident's own, with a severity
shared by the incidents of a day, or with one that stays for weeks. Beside the test: permutation of incidents.
Writes benchmarks/results/severity.csv and .md; exits with 1 if a bar fails.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import signal

sys.path.insert(0, str(Path(__file__).resolve().parent))
from recording import finish, quick_parser
from size_power import lower_limit

from analytics.kernels.claims.severity import block_permutation, mean_ratio
from analytics.kernels.windows.lrd import lrd_test
from analytics.simulation import PROCESSES, simulate_counts
from analytics.simulation.further import MORE_STATIONARY, simulate_more

RECENT, GUARD, MASS = 14, 28, 5
MEANS, BASELINES, RATIO = (0.5, 2.0), (364, 1092), 2.5
MARKS = (
    "lognormal",
    "Pareto",
    "lognormal, by day",
    "Pareto, by day",
    "lognormal, lasting",
    "Pareto, lasting",
)
TESTS = ("deaths per incident", "share deadly", "share mass", "deaths in all")
BAR = 0.06
NAIVE = "permutation of incidents"


def deaths(rng: np.random.Generator, kind: str, day: np.ndarray, days: int) -> np.ndarray:
    """Draw the deaths of each incident."""
    shared = np.zeros(days)
    if kind.endswith("by day"):
        shared = rng.normal(0, 1, days)
    elif kind.endswith("lasting"):
        shared = 0.7 * signal.lfilter([np.sqrt(1 - 0.9**2)], [1, -0.9], rng.normal(0, 1, days + 60))[60:]
    n = len(day)
    base = np.exp(rng.normal(0.3, 1.2, n)) if kind.startswith("lognormal") else 0.5 * (1 + rng.pareto(1.5, n))
    return np.where(rng.random(n) < 0.35, 0.0, np.minimum(np.floor(base * np.exp(shared[day])), 1000))


def naive(x: np.ndarray, now: np.ndarray, rng: np.random.Generator, draws: int = 199) -> float:
    """P-value of the mean of log(1 + deaths), incidents permuted one by one."""
    observed, size = x[now].sum(), int(now.sum())
    drawn = np.array([x[rng.permutation(len(x))[:size]].sum() for _ in range(draws)])
    return ((drawn >= observed - 1e-9).sum() + 1) / (draws + 1)


def cell(process: str, mean: float, baseline: int, kind: str, ratio: float, n: int) -> dict[str, object]:
    known = (*PROCESSES, *MORE_STATIONARY)
    simulate = simulate_counts if process in PROCESSES else simulate_more
    seed = np.random.SeedSequence(
        (13, known.index(process), int(10 * mean), baseline, MARKS.index(kind), int(10 * ratio))
    ).generate_state(2)
    days = baseline + GUARD + RECENT
    values = simulate(process, mean=mean, days=days, series=n, seed=int(seed[0])).values
    rng = np.random.default_rng(int(seed[1]))
    late = days - RECENT
    block = np.where(np.arange(days) < baseline, (baseline - 1 - np.arange(days)) // 7, 0)
    block[late:] = 10_000 + np.arange(RECENT) // 7
    total = np.zeros((days, n), dtype=np.int64)
    called = dict.fromkeys((*TESTS, NAIVE, "permutation alone"), 0)
    tested = covered = limits_given = naive_n = 0
    for i in range(n):
        day = np.repeat(np.arange(days), values[:, i])
        x = deaths(rng, kind, day, days)
        if ratio != 1.0:
            x = np.where(day >= late, np.rint(x * ratio), x)
        total[:, i] = np.bincount(day, x, days)
        use = (day < baseline) | (day >= late)
        day, x = day[use], x[use]
        now = day >= late
        if now.sum() < 5 or (~now).sum() < 20:
            continue
        tested += 1
        marks = np.stack([np.log1p(x), x >= 1, x >= MASS], axis=1).astype(float)
        test = block_permutation(marks, day, now, block[day], length=RECENT, seed=i)
        for name, p in zip(TESTS, test.greater, strict=False):
            called[name] += int(p <= 0.05)
        called["permutation alone"] += int(test.permutation[0] <= 0.05)
        if i % 4 == 0:
            naive_n += 1
            called[NAIVE] += int(naive(marks[:, 0], now, rng) <= 0.05)
        _, (low, high), _ = mean_ratio(x, day, now, (0.025, 0.975))
        if np.isfinite(low):
            limits_given += 1
            covered += int(low <= ratio <= high)
    p = lrd_test(total, np.ones(total.shape, bool), length=RECENT, guard=GUARD).pvalue
    called["deaths in all"] = int((p <= 0.05).sum())
    return {
        "process": process, "mean": mean, "baseline": baseline, "marks": kind, "ratio": ratio, "n": tested,
        "n all": n, "n naive": naive_n, "n interval": limits_given, "covered": covered, **called,
    }  # fmt: skip


def main() -> int:
    parser = quick_parser(__doc__, "60 data sets a cell; writes nothing")
    quick = parser.parse_args().quick
    n = 60 if quick else 1_000
    rows = []
    for process in (*PROCESSES, *MORE_STATIONARY):
        new = process in MORE_STATIONARY
        for mean in (2.0,) if new else MEANS:
            for baseline in BASELINES[:1] if new else BASELINES:
                for kind in MARKS:
                    # Three years are measured on half the marks, to save time.
                    wanted = baseline == BASELINES[0] or kind.startswith("Pareto")
                    rows += [cell(process, mean, baseline, kind, 1.0, n)] if wanted else []
    for process in ("poisson", "hawkes_0.6"):
        rows.extend(cell(process, 2.0, BASELINES[0], kind, RATIO, n // 2) for kind in MARKS)
    cells = pd.DataFrame(rows)
    null, other = cells[cells["ratio"] == 1.0], cells[cells["ratio"] != 1.0]
    lines = [
        f"| deaths | {NAIVE} | worst | blocks, not raised: worst | "
        + " | ".join(f"{name} | worst" for name in TESTS)
        + " | coverage |",
        "|---|" + "---:|" * (2 * len(TESTS) + 4),
    ]
    failed = []
    size = {
        name: "n all" if name == "deaths in all" else "n naive" if name == NAIVE else "n" for name in TESTS
    }
    size |= {NAIVE: "n naive", "permutation alone": "n"}
    for kind, part in null.groupby("marks", sort=False):
        rate = {name: 100 * part[name] / part[size[name]] for name in size}
        numbers = [rate[NAIVE].mean(), rate[NAIVE].max(), rate["permutation alone"].max()]
        for name in TESTS:
            numbers += [rate[name].mean(), rate[name].max()]
        numbers.append(100 * part["covered"].sum() / part["n interval"].sum())
        lines.append(f"| {kind} | " + " | ".join(f"{v:.1f}" for v in numbers) + " |")
    for name in TESTS:
        lower = lower_limit(null[name].to_numpy(), null[size[name]].to_numpy())
        failed += [
            f"{name}: {row['process']}, {row['mean']:g} a day, {row['baseline']} days, {row['marks']}"
            for _, row in null[lower > BAR].iterrows()
        ]
    held = "held" if not failed else "FAILED in " + "; ".join(failed)
    power = ", ".join(f"{name} {100 * (other[name] / other[size[name]]).mean():.0f}" for name in TESTS)
    lines += [
        "",
        f"SIMULATED data, {n} sets a cell ({n // 4} for the permutation of incidents): {len(PROCESSES)} "
        "processes at "
        f"0.5 and 2 incidents a day with {BASELINES[0]} and {BASELINES[1]} baseline days, and "
        f"{len(MORE_STATIONARY)} not "
        f"used in designing at 2 a day; {RECENT} recent days; percent called at nominal 5 %, one-sided.",
        f"Bar: every cell at most 6 % (99 % lower Monte Carlo limit): {held}",
        f"Deaths {RATIO:g} times as many in each recent incident, 2 a day, percent called: {power}.",
        "Coverage is that of the 95 % interval of the ratio of mean deaths. It is too wide for a Pareto "
        "tail, and too "
        "narrow where severity lasts for weeks.",
    ]
    return finish("severity", lines, cells, quick=quick, failed=failed)


if __name__ == "__main__":
    sys.exit(main())
