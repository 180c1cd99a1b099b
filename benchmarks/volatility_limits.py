"""Set the weights of the limits of the volatility, on random processes of ten families.

    python benchmarks/volatility_limits.py               # about fifteen minutes on one core
    python benchmarks/volatility_limits.py --keep DIR    # keeps what is drawn there, and goes on from it
    python benchmarks/volatility_limits.py --quick       # a tenth of the processes; writes nothing

Draws 800 processes (benchmarks/volatility_families.py: none of those of benchmarks/volatility.py) with 0.22
to 10 incidents a day, windows of 7, 14 and 28 days in counts of days and of weeks, 26 to 130 windows, and a
volatility of at most 2.5. The weights make the least of: squared shares missed beyond 5.5 to 7.5 % of a
process, and beyond 5 % on one side; plus 0.05 times the mean width of the interval of log phi. Writes
benchmarks/results/volatility_limits.md; the numbers go into
analytics/kernels/recurrence/volatility_weights.py.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from recording import quick_parser, record
from scipy.optimize import minimize
from volatility_families import FAMILIES

from analytics.kernels.recurrence.volatility import Signs, moments
from analytics.kernels.recurrence.volatility_weights import NEAREST
from analytics.upticks.changeable import FEWEST_WINDOWS, LEAST_MEAN

PROCESSES, SERIES, FEWEST = 800, 300, 90
LAYOUTS = ((1, 14), (7, 2), (1, 7), (1, 28), (7, 4), (7, 1))  # days in a period, periods in a window
LAYOUT_SHARES = (0.62, 0.14, 0.07, 0.07, 0.06, 0.04)
SPANS = (182, 273, 364, 364, 448, 546, 728, 728, 896, 1_092, 1_092, 1_820)
MISSED, ONE_SIDE = (0.055, 0.075), 0.05
MOST_CHANGEABLE = 2.5
WIDTH, RIDGE = 0.05, 2e-4
SOFTNESS = (0.4, 0.2, 0.1, 0.07)  # of the step from covered to missed, in log distance
RANGE = (0.005, 0.995)


class Drawn(NamedTuple):
    """Of each series: its process, log phi over the truth, log of the scale, and the signs after a 1."""

    process: np.ndarray
    error: np.ndarray
    scale: np.ndarray
    signs: np.ndarray


def one_process(number: int) -> np.ndarray | None:
    """Draw a process and its series: rows of error, log of the scale, signs; None where few get a figure."""
    rng = np.random.default_rng([13, number])
    family = FAMILIES[number % len(FAMILIES)]
    draw = family(rng)
    mean = float(np.exp(rng.uniform(np.log(0.22), np.log(10))))
    period, length = LAYOUTS[rng.choice(len(LAYOUTS), p=LAYOUT_SHARES)]
    days = int(rng.choice([span for span in SPANS if span >= FEWEST_WINDOWS * period * length]))
    true = 0.0
    if family is not FAMILIES[0]:
        sums = (
            draw(rng, mean, 1_400, 2_000).reshape(1_400 // (period * length), period * length, -1).sum(axis=1)
        )
        true = float(np.sqrt(max(sums.var() - sums.mean(), 0.0)) / sums.mean())
    if true > MOST_CHANGEABLE:
        return None
    values = draw(rng, mean, days, SERIES).reshape(days // period, period, -1).sum(axis=1)
    values = values[:, values.mean(axis=0) * length >= LEAST_MEAN]
    if values.shape[1] < FEWEST:
        return None
    covered = np.ones(len(values), bool)
    found = [moments(one, covered, length) for one in values.T]
    return np.array(
        [
            [np.log(max(one.phi, 1.0) / (1 + true**2 * one.mean)), np.log(one.scale), *one.signs]
            for one in found
        ]
    )


def drawn(number: int, keep: Path | None) -> Drawn:
    tables = []
    for process in range(number):
        kept = None if keep is None else keep / f"{process}.npy"
        if kept is not None and kept.exists():
            table = np.load(kept)
        else:
            made = one_process(process)
            table = np.empty((0, 2 + len(Signs._fields))) if made is None else made
            if kept is not None:
                np.save(kept, table)
        if process % 20 == 0:
            print(process, file=sys.stderr, flush=True)
        if len(table):
            tables.append(table)
    rows = np.vstack(tables)
    process = np.repeat(np.arange(len(tables)), [len(table) for table in tables])
    return Drawn(process, rows[:, 0], rows[:, 1], rows[:, 2:])


def fitted(data: Drawn, signs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights below and above; the first is the constant."""
    centre, spread = signs.mean(axis=0), signs.std(axis=0)
    x = np.column_stack([np.ones(len(signs)), (signs - centre) / spread])
    number, size = x.shape[1], np.bincount(data.process)
    gone = [np.log(np.maximum(sign * data.error, 1e-13)) - data.scale for sign in (1, -1)]
    each = 1 / (size[data.process] * len(size))

    def loss(weights: np.ndarray, softness: float) -> tuple[float, np.ndarray]:
        free = [x @ weights[:number], x @ weights[number:]]
        logs = [np.maximum(log, np.log(NEAREST)) for log in free]
        missed = [
            1 / (1 + np.exp(-np.clip((far - log) / softness, -30, 30)))
            for far, log in zip(gone, logs, strict=True)
        ]
        width = [np.exp(np.clip(data.scale + log, -9, 4)) for log in logs]
        share = [np.bincount(data.process, one) / size for one in missed]
        both = share[0] + share[1]
        beyond = np.maximum(both - MISSED[1], 0) - np.maximum(MISSED[0] - both, 0)
        sides = [np.maximum(one - ONE_SIDE, 0) for one in share]
        total = 170 * (beyond**2).mean() + 50 * sum((one**2).mean() for one in sides)
        total += WIDTH * sum((one * each).sum() for one in width)
        total += RIDGE * ((weights[1:number] ** 2).sum() + (weights[number + 1 :] ** 2).sum())
        slopes = []
        for one, side, wide, log in zip(missed, sides, width, free, strict=True):
            by_process = (340 * beyond + 100 * side) / len(size)
            pull = -(by_process / size)[data.process] * one * (1 - one) / softness + WIDTH * wide * each
            slopes.append((pull * (log > np.log(NEAREST))) @ x)
        slope = np.concatenate(slopes)
        slope[1:number] += 2 * RIDGE * weights[1:number]
        slope[number + 1 :] += 2 * RIDGE * weights[number + 1 :]
        return float(total), slope

    weights = np.concatenate([[np.log(2.0), *np.zeros(number - 1)]] * 2)
    for softness in SOFTNESS:
        weights = minimize(
            loss, weights, (softness,), jac=True, method="L-BFGS-B", options={"maxiter": 300}
        ).x
    made = []
    for one in (weights[:number], weights[number:]):
        slope = one[1:] / spread
        made.append(np.concatenate([[one[0] - slope @ centre], slope]))
    return made[0], made[1]


def main() -> int:
    parser = quick_parser(__doc__, "a tenth of the processes; writes nothing")
    parser.add_argument("--keep", type=Path, help="folder for what is drawn, to go on from")
    asked = parser.parse_args()
    if asked.keep is not None:
        asked.keep.mkdir(parents=True, exist_ok=True)
    data = drawn(PROCESSES // (10 if asked.quick else 1), asked.keep)
    least, most = np.quantile(data.signs, RANGE, axis=0).round(3)
    signs = data.signs.clip(least, most)
    below, above = (weights.round(3) for weights in fitted(data, signs))
    far = [
        np.exp(data.scale) * np.maximum(np.exp(weights[0] + signs @ weights[1:]), NEAREST)
        for weights in (below, above)
    ]
    size = np.bincount(data.process)
    under = np.bincount(data.process, data.error > far[0]) / size
    over = np.bincount(data.process, -data.error > far[1]) / size
    cover = 1 - under - over
    inside = ((cover >= 0.9) & (cover <= 0.97)).mean()
    names = ("constant", *Signs._fields)
    held = [("", ""), *zip(least, most, strict=True)]
    lines = [
        "# The weights of the limits of the volatility",
        "",
        f"SIMULATED: {len(size):,} random processes of ten families, {len(data.error):,} series. Each sign "
        f"is held to the range that {RANGE[0]:.1%} to {RANGE[1]:.1%} of the series have.",
        "",
        "| sign | least | most | weight below | weight above |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {name} | {low} | {high} | {down:.3f} | {up:.3f} |"
            for name, (low, high), down, up in zip(names, held, below, above, strict=True)
        ),
        "",
        f"On these processes the interval covers {cover.mean():.1%} on average, {inside:.0%} of them within "
        f"90 to 97 % (of about {int(np.median(size))} series each: one standard error is 1.3 points); missed "
        f"below {under.mean():.1%}, above {over.mean():.1%}.",
    ]
    print(*lines, sep="\n")
    if not asked.quick:
        record("volatility_limits", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
