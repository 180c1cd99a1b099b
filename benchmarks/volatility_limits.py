"""Set the weights of the limits of the volatility, on random processes of twelve families and their sums.

    python benchmarks/volatility_limits.py               # about fifteen minutes on one core
    python benchmarks/volatility_limits.py --keep DIR    # keeps what is drawn there, and goes on from it
    python benchmarks/volatility_limits.py --quick       # a tenth of the processes; writes nothing

Draws 2,000 processes (benchmarks/volatility_families.py: none of those of benchmarks/volatility.py), a family
alone or two or three together, with 0.2 to 8 incidents a day. Of each up to four cells: windows of 7, 14 and
28 days in counts of days and of weeks, 26 to 156 windows, one of them a year of fortnights, and a volatility
of at most 2.5. The weights make the least of: squared shares missed beyond 5.5 to 7.5 % of a cell, and beyond
5 % on one side; plus 0.03 times the mean width of the interval of log phi.

Judges the rule where it was not set: on three of ten processes after fitting on the others, and on three
families at a time, alone and in sums, after fitting on what holds none of them. Writes
benchmarks/results/volatility_limits.md; the numbers go into
analytics/kernels/recurrence/volatility_weights.py.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from recording import quick_parser, record
from volatility_families import FAMILIES, composed

from analytics.kernels.recurrence.volatility import Signs, moments
from analytics.kernels.recurrence.volatility_weights import NEAREST
from analytics.upticks.changeable import FEWEST_WINDOWS, LEAST_MEAN

PROCESSES, DRAWN, DRAWN_DAYS, SERIES, FEWEST = 2_000, 600, 1_820, 250, 90
LAYOUTS = ((1, 14), (7, 2), (1, 7), (1, 28), (7, 4), (7, 1))  # days in a period, periods in a window
LAYOUT_SHARES, CELLS = (0.66, 0.14, 0.06, 0.06, 0.05, 0.03), 4
SHORT = 364  # days of the last cell, where most is at stake
SPANS = (182, 273, 364, 364, 448, 546, 728, 728, 896, 1_092, 1_092, 1_820)
MISSED, ONE_SIDE = (0.055, 0.075), 0.05
MOST_CHANGEABLE = 2.5
WIDTH, RIDGE = 0.03, 2e-4
PARTS = 3  # a limit's distance is the sum of so many, each log-linear in the signs
PASSES, BATCH, STEP = 40, 40, 0.03
SOFTNESS = (0.3, 0.08)  # of the step from covered to missed, in log distance: at first and in the end
RANGE = (0.005, 0.995)
LEFT_OUT = (  # families at a time
    ("same_day", "pauses", "feedback"),
    ("shots", "states", "cycle"),
    ("slow_rate", "campaigns", "days_apart"),
    ("offspring", "blocks", "poisson"),
)


class Drawn(NamedTuple):
    """Of each series: its cell, log phi over the truth, log of the scale, and the signs.

    Of each cell: its process, the families in it, and where its series begin.
    """

    cell: np.ndarray
    error: np.ndarray
    scale: np.ndarray
    signs: np.ndarray
    process: np.ndarray
    families: list[tuple[str, ...]]
    start: np.ndarray

    @property
    def size(self) -> np.ndarray:
        return np.diff(np.append(self.start, len(self.cell)))

    def only(self, cells: np.ndarray) -> Drawn:
        """Keep the cells marked."""
        rows = cells[self.cell]
        kept = [names for names, keep in zip(self.families, cells, strict=True) if keep]
        number = np.cumsum(cells) - 1
        cell = number[self.cell[rows]]
        start = np.flatnonzero(np.diff(cell, prepend=-1))
        return Drawn(
            cell, self.error[rows], self.scale[rows], self.signs[rows], self.process[cells], kept, start
        )

    def shares(self, missed: np.ndarray) -> np.ndarray:
        return np.add.reduceat(missed.astype(float), self.start) / self.size


def one_process(number: int) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the families of a random process, and long series of it."""
    rng = np.random.default_rng([5, number])
    names, draw = composed(rng)
    mean = float(np.exp(rng.uniform(np.log(0.2), np.log(8))))
    return names, draw(rng, mean, DRAWN_DAYS, DRAWN)


def its_cells(number: int, names: tuple[str, ...], values: np.ndarray) -> np.ndarray:
    """Return rows of the cell, the error, the log of the scale and the signs, of parts of the series."""
    rng, known, rows = np.random.default_rng([77, number]), set(), []
    for k in range(CELLS):
        by_chance = 0 < k < CELLS - 1
        period, length = LAYOUTS[rng.choice(len(LAYOUTS), p=LAYOUT_SHARES)] if by_chance else LAYOUTS[0]
        window = period * length
        fit = [span for span in SPANS if span >= FEWEST_WINDOWS * window and span % window == 0]
        days = SHORT if k == CELLS - 1 else int(rng.choice(fit))
        if (period, length, days) in known:
            continue
        known.add((period, length, days))
        true = 0.0
        if set(names) != {"poisson"}:
            sums = np.concatenate([_apart(values[begin:], window) for begin in (0, window // 2)])
            true = float(np.sqrt(max(sums.var() - sums.mean(), 0.0)) / sums.mean())
        if true > MOST_CHANGEABLE:
            continue
        chosen = rng.permutation(values.shape[1])[:SERIES]
        begins = rng.integers(0, len(values) - days + 1, len(chosen))
        parts = np.stack(
            [values[at : at + days, one] for at, one in zip(begins, chosen, strict=True)], axis=1
        )
        parts = _apart(parts, period)
        parts = parts[:, parts.mean(axis=0) * length >= LEAST_MEAN]
        if parts.shape[1] < FEWEST:
            continue
        covered = np.ones(len(parts), bool)
        for one in (moments(series, covered, length) for series in parts.T):
            error = np.log(max(one.phi, 1.0) / (1 + true**2 * one.mean))
            rows.append([k, error, np.log(one.scale), *one.signs])
    return np.array(rows, np.float32).reshape(-1, 3 + len(Signs._fields))


def _apart(values: np.ndarray, length: int) -> np.ndarray:
    whole = len(values) // length * length
    return np.asarray(values[:whole].reshape(-1, length, values.shape[1]).sum(axis=1))


def drawn(number: int, keep: Path | None) -> Drawn:
    tables, families, processes = [], [], []
    for process in range(number):
        kept = None if keep is None else keep / f"{process}.npy"
        if kept is not None and kept.exists():
            table, names = np.load(kept), composed(np.random.default_rng([5, process]))[0]
        else:
            names, values = one_process(process)
            table = its_cells(process, names, values)
            if kept is not None:
                np.save(kept, table)
        if process % 100 == 0:
            print(process, file=sys.stderr, flush=True)
        for cell in np.unique(table[:, 0]):
            tables.append(table[table[:, 0] == cell])
            families.append(names)
            processes.append(process)
    rows, size = np.vstack(tables), np.array([len(table) for table in tables])
    cell = np.repeat(np.arange(len(tables)), size)
    start = np.append(0, np.cumsum(size)[:-1])
    return Drawn(cell, rows[:, 1], rows[:, 2], rows[:, 3:], np.array(processes), families, start)


class Rule(NamedTuple):
    """The range of each sign; the weights below and above, one row a part, the constant first."""

    least: np.ndarray
    most: np.ndarray
    below: np.ndarray
    above: np.ndarray

    def missed(self, data: Drawn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return each cell's shares missed below and above, and the median width of log phi's interval."""
        x = np.column_stack([np.ones(len(data.cell)), data.signs.clip(self.least, self.most)])
        far = [
            np.exp(data.scale) * np.maximum(np.exp(x @ weights.T).sum(axis=1), NEAREST)
            for weights in (self.below, self.above)
        ]
        wide = np.array(
            [
                np.median(far[0][a : a + n] + far[1][a : a + n])
                for a, n in zip(data.start, data.size, strict=True)
            ]
        )
        return data.shares(data.error > far[0]), data.shares(-data.error > far[1]), wide


def fitted(data: Drawn) -> Rule:
    """Fit the weights by stochastic descent (Adam) on batches of cells.

    The step from covered to missed is soft at first, then ever harder.
    """
    least, most = np.quantile(data.signs, RANGE, axis=0).round(3)
    signs = data.signs.clip(least, most)
    centre, spread = signs.mean(axis=0), signs.std(axis=0)
    x = np.column_stack([np.ones(len(signs)), (signs - centre) / spread]).astype(np.float32)
    gone = [(np.log(np.maximum(sign * data.error, 1e-13)) - data.scale) for sign in (1, -1)]
    rng, size = np.random.default_rng(1), data.size
    weights = np.zeros((2, PARTS, x.shape[1]))
    weights[:, :, 0] = np.log(2 / PARTS)
    weights += rng.normal(0, 0.15, weights.shape)
    speed, square, mean = np.zeros_like(weights), np.zeros_like(weights), np.zeros_like(weights)
    batches = len(size) // BATCH
    steps, averaged = PASSES * batches, 0
    for step in range(steps):
        if step % batches == 0:
            order = rng.permutation(len(size))
        cells = np.sort(order[step % batches * BATCH :][:BATCH])
        rows = np.concatenate([np.arange(data.start[one], data.start[one] + size[one]) for one in cells])
        done = step / steps
        soft = SOFTNESS[0] * (SOFTNESS[1] / SOFTNESS[0]) ** min(1.4 * done, 1)
        slope = _slope(weights, x[rows], [side[rows] for side in gone], data.scale[rows], size[cells], soft)
        slope /= max(np.linalg.norm(slope), 1.0)
        speed, square = 0.9 * speed + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        rate = STEP * (1 + np.cos(np.pi * done)) / 2 + 1e-4
        step_size = np.sqrt(square / (1 - 0.99 ** (step + 1))) + 1e-6
        weights = weights - rate * speed / (1 - 0.9 ** (step + 1)) / step_size
        if done > 0.8:  # the mean of the last fifth
            averaged += 1
            mean += (weights - mean) / averaged
    slopes = mean[:, :, 1:] / spread
    constants = mean[:, :, :1] - (slopes * centre).sum(axis=2, keepdims=True)
    below, above = np.concatenate([constants, slopes], axis=2).round(3)
    return Rule(least, most, below, above)


def _slope(
    weights: np.ndarray,
    x: np.ndarray,
    gone: list[np.ndarray],
    scale: np.ndarray,
    size: np.ndarray,
    soft: float,
) -> np.ndarray:
    """Return the derivative of the loss of some cells by the weights."""
    start, number = np.append(0, np.cumsum(size)[:-1]), len(size)
    parts = [np.exp(np.clip(x @ side.T.astype(np.float32), -30, 30)) for side in weights]
    free = [np.log(one.sum(axis=1)) for one in parts]
    logs = [np.maximum(one, np.log(NEAREST)) for one in free]
    missed = [
        1 / (1 + np.exp(-np.clip((far - log) / soft, -30, 30))) for far, log in zip(gone, logs, strict=True)
    ]
    share = [np.add.reduceat(one, start) / size for one in missed]
    both = share[0] + share[1]
    beyond = np.maximum(both - MISSED[1], 0) - np.maximum(MISSED[0] - both, 0)
    slopes = []
    for part, log, one, mine in zip(parts, free, missed, share, strict=True):
        by_cell = (340 * beyond + 100 * np.maximum(mine - ONE_SIDE, 0)) / number / size
        wide = np.exp(np.clip(scale + np.maximum(log, np.log(NEAREST)), -9, 4))
        pull = -np.repeat(by_cell, size) * one * (1 - one) / soft + WIDTH * wide / np.repeat(
            size * number, size
        )
        pull = pull * (log > np.log(NEAREST))
        slopes.append((part / part.sum(axis=1, keepdims=True) * pull[:, None]).T @ x)
    slope = np.array(slopes, float)
    slope[:, :, 1:] += 2 * RIDGE * weights[:, :, 1:]
    return slope


def judged(name: str, rule: Rule, data: Drawn) -> list[str]:
    """Return rows of the table: what a rule covers, of families alone and of sums."""
    below, above, wide = rule.missed(data)
    cover = 1 - below - above
    several = np.array([len(names) > 1 for names in data.families])
    rows = []
    for which, some in (("alone", ~several), ("together", several)):
        share = cover[some]
        error = np.sqrt(share * (1 - share) / data.size[some]).mean()
        rows.append(
            f"| {name}, {which} | {some.sum():,} | {100 * share.mean():.1f} | "
            f"{100 * below[some].mean():.1f}, {100 * above[some].mean():.1f} | "
            f"{100 * ((share >= 0.9) & (share <= 0.97)).mean():.0f} | {100 * (share < 0.9).mean():.1f} | "
            f"{100 * (share < 0.85).mean():.1f} | {100 * share.min():.0f} | {wide[some].mean():.2f} | "
            f"{100 * error:.1f} |"
        )
    return rows


def main() -> int:
    parser = quick_parser(__doc__, "a tenth of the processes; writes nothing")
    parser.add_argument("--keep", type=Path, help="folder for what is drawn, to go on from")
    asked = parser.parse_args()
    if asked.keep is not None:
        asked.keep.mkdir(parents=True, exist_ok=True)
    number = PROCESSES // (10 if asked.quick else 1)
    data = drawn(number, asked.keep)
    rule = fitted(data)
    rows = judged("all, where it was set", rule, data)
    third = data.process % 10 < 3
    rows += judged("three of ten processes", fitted(data.only(~third)), data.only(third))
    for names in LEFT_OUT:
        with_them = np.array([bool(set(names) & set(one)) for one in data.families])
        rows += judged(f"without {', '.join(names)}", fitted(data.only(~with_them)), data.only(with_them))
    held = zip(Signs._fields, rule.least, rule.most, rule.below.T[1:], rule.above.T[1:], strict=True)
    lines = [
        "# The weights of the limits of the volatility",
        "",
        f"SIMULATED: {number:,} random processes of {len(FAMILIES)} families, alone and together, "
        f"{len(data.start):,} cells, {len(data.cell):,} series. Each sign is held to the range that "
        f"{RANGE[0]:.1%} to {RANGE[1]:.1%} of the series have. A limit's distance is the sum of {PARTS} "
        "parts.",
        "",
        "| sign | least | most | below | above |",
        "|---|---:|---:|---:|---:|",
        f"| constant |  |  | {_listed(rule.below.T[0])} | {_listed(rule.above.T[0])} |",
        *(
            f"| {name} | {low} | {high} | {_listed(down)} | {_listed(up)} |"
            for name, low, high, down, up in held
        ),
        "",
        "What the interval covers, percent of the series of a cell. The first two rows are of the weights "
        "above, on what set them; the others of weights set anew without the processes, or without the "
        "families, that they are judged on. The width is that of log phi. The last column is the Monte Carlo "
        "error of a cell, which alone puts some of the cells outside.",
        "",
        "| judged on | cells | mean | below, above | 90 to 97 | below 90 | below 85 | least | width | ± |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
        *rows,
    ]
    print(*lines, sep="\n")
    if not asked.quick:
        record("volatility_limits", lines)
    return 0


def _listed(numbers: np.ndarray) -> str:
    return ", ".join(f"{number:.3f}" for number in numbers)


if __name__ == "__main__":
    sys.exit(main())
