"""Where the recommended watch does not keep its budget of one false-alarm episode a region-year.

    python benchmarks/monitor_limits.py            # 2,000 region-years a cell; about five minutes
    python benchmarks/monitor_limits.py --quick    # 200 a cell; says so, writes nothing

Two years of simulated history and one year watched by `predictive` at its default threshold, at 0.5 and 2
incidents a day: negative binomial counts (size 1) as they are, a rate that switches between regimes, a spread
that grows from size 5 to 0.3 over the three years, and a level that tripled 19 weeks before the watch began
and has not changed since. Writes benchmarks/results/monitor_limits.md. There is no bar: it says what README
and docstrings say. Tried: dispersions of forecast errors raised where those of a history's later half are
larger beyond chance. Growing spread came to 1.24 and 1.19, regimes to 0.93 and 1.02; caught at the default
threshold were 2.5 points fewer of negative binomial two-week threefold upticks (68 %), 1.5 of self-exciting
ones. Not taken, for nothing else was measured again.
"""

from __future__ import annotations

import sys

import numpy as np
from recording import quick_parser, record

from analytics.counts import Counts
from analytics.detectors import predictive
from analytics.kernels.common.episodes import episode_onsets
from analytics.kernels.common.negative_binomial import nb_draws
from analytics.simulation.further import simulate_more

WEEKS, WATCHED, ROSE = 3 * 52, 52, 19
MEANS, SEED, BATCH = (0.5, 2.0), 20261130, 200


def steady(rng: np.random.Generator, mean: float, series: int) -> np.ndarray:
    return nb_draws(rng, np.full((7 * WEEKS, series), mean), 1.0)


def regimes(rng: np.random.Generator, mean: float, series: int) -> np.ndarray:
    seed = int(rng.integers(2**31))
    return simulate_more("regime_switch", mean=mean, days=7 * WEEKS, series=series, seed=seed).values


def growing(rng: np.random.Generator, mean: float, series: int) -> np.ndarray:
    size = np.exp(np.linspace(np.log(5.0), np.log(0.3), 7 * WEEKS))[:, None]
    return rng.poisson(rng.gamma(np.broadcast_to(size, (7 * WEEKS, series)), mean / size))


def risen(rng: np.random.Generator, mean: float, series: int) -> np.ndarray:
    rate = np.full((7 * WEEKS, series), mean)
    rate[: 7 * (WEEKS - WATCHED - ROSE)] /= 3
    return nb_draws(rng, rate, 1.0)


CASES = {
    "steady spread and level": steady,
    "regimes": regimes,
    "growing spread": growing,
    "tripled 19 weeks before": risen,
}


def episodes(values: np.ndarray) -> np.ndarray:
    """Episodes in the watched year, one number a region."""
    weekly = values.reshape(WEEKS, 7, -1).sum(axis=1)
    counts = Counts.from_array(weekly, freq="week", start="2017-01-02", as_of=None, simulated=True)
    return episode_onsets(predictive(counts, last=WATCHED).alarm, 7).sum(axis=0)


def main() -> int:
    given = quick_parser(__doc__, "200 region-years a cell; writes nothing").parse_args()
    series = 200 if given.quick else 2_000
    lines = ["| history | 0.5 a day | 2 a day |", "|---|---:|---:|"]
    for number, (name, draw) in enumerate(CASES.items()):
        found = []
        for mean in MEANS:
            parts = [
                episodes(draw(np.random.default_rng([SEED, number, int(10 * mean), batch]), mean, BATCH))
                for batch in range(series // BATCH)
            ]
            each = np.concatenate(parts)
            error = each.std(ddof=1) / np.sqrt(each.size)
            found.append(f"{each.mean() * 365.25 / 364:.2f} ± {error:.2f}")
        lines.append(f"| {name} | " + " | ".join(found) + " |")
        print(lines[-1], file=sys.stderr, flush=True)
    text = [
        f"SIMULATED series; false-alarm episodes a region-year of `predictive` at its default threshold, for "
        f"a budget of one; {series:,} region-years a cell, one standard error.",
        "\n".join(lines),
    ]
    print("\n\n".join(text))
    if not given.quick:
        record("monitor_limits", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
