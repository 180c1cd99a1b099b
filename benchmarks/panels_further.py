"""Panels that panels.py leaves out: four and five regions, by week, short files, regions that move together.

    python benchmarks/panels_further.py                # about twenty minutes of processor time
    python benchmarks/panels_further.py --only weekly  # one part of it; the others stay as recorded
    python benchmarks/panels_further.py --only "26 weeks Hawkes"  # one panel and kind of it
    python benchmarks/panels_further.py --quick        # a tenth of it; says so, writes nothing

SIMULATED panels of the kinds of panels.py, 364 baseline days (52 weeks), 28 guard days, 14 recent ones;
called is what has q at most 0.05 and at least three incidents. Few: four and five regions, which are not
ranked among the panel's year. Weekly: 18 regions counted by week. Short: 18 regions in files of 16, of 26
and of 39 weeks, with the guard that these have. Together: 18 regions that all rise to
three times for one fortnight of the baseline; or whose rates follow one level (log-normal, sd 0.4, 60 days),
in the recent window too. Quiet, or one region, at 0.5 a day, at five times the rate. Writes
benchmarks/results/panels_further.csv and .md; exits with 1 where a false discovery rate is above 5 %, or its
upper 99 % limit above 6 %.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from panels import BASELINE, DAYS, GUARD, KINDS, LEAST, LEVEL, MEDIAN, MIXED, RECENT, SPREAD, regions_of
from recording import RESULTS, quick_parser, record

from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.kernels.panels.pooled import panel_pvalues
from analytics.kernels.windows.lrd import lrd_test
from analytics.kernels.windows.spans import spans_of

SEED, RATE, RATIO, SHOCK, SD, STAY, CHUNK = 20261401, 0.5, 5.0, 3.0, 0.4, 60.0, 200
PARTS: dict[str, tuple[tuple[str, int, int], ...]] = {  # name of the panel, regions, panels
    "few": (("few", 4, 10_000), ("few", 5, 10_000)),
    "weekly": (("weekly", 18, 8_000),),
    "short": (("16 weeks", 18, 4_000), ("26 weeks", 18, 4_000), ("39 weeks", 18, 2_000)),
    "together": (("a fortnight together", 18, 4_000), ("one level", 18, 4_000)),
}

# For the seeds.
NAMES = ("a fortnight together", "few", "one level", "weekly", "16 weeks", "26 weeks", "39 weeks")
SHORT_SEED = 20261402  # of those of so many weeks, drawn anew when their rule was mended


def means_of(panel: str, rate: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Daily means of shape (days, regions) where nothing happens to one region alone."""
    means = np.broadcast_to(rate, (DAYS, rate.size)).copy()
    if panel == "a fortnight together":
        first = int(rng.integers(0, BASELINE - RECENT + 1))
        means[first : first + RECENT] *= SHOCK
    if panel == "one level":
        stay = np.exp(-1 / STAY)
        level, path = rng.normal(0.0, SD), np.empty(DAYS)
        for day in range(DAYS):
            path[day] = level
            level = stay * level + rng.normal(0.0, SD * np.sqrt(1 - stay**2))
        means *= np.exp(path - SD**2 / 2)[:, None]
    return means


def counted(values: np.ndarray, panel: str) -> tuple[np.ndarray, int, int]:
    """The counts by the periods of the panel, and how many of them a window and the guard have."""
    if panel == "weekly":
        return values.reshape(-1, 7, values.shape[1]).sum(axis=1), RECENT // 7, GUARD // 7
    if panel.endswith("weeks"):
        days = 7 * int(panel.split()[0])
        return values[-days:], RECENT, spans_of(days, RECENT, None, None).guard
    return values, RECENT, GUARD


def alone(values: np.ndarray, panel: str) -> np.ndarray:
    """P-values of each region by its own test; NaN where nothing was ever counted."""
    values, length, guard = counted(values, panel)
    total = values[: -length - guard].sum(axis=0) + values[-length:].sum(axis=0)
    own = lrd_test(values, np.ones(values.shape, bool), length=length, guard=guard).firm
    return np.where(total > 0, own, np.nan)


def called(values: np.ndarray, own: np.ndarray, panel: str) -> np.ndarray:
    """Which regions of a panel are called."""
    values, length, guard = counted(values, panel)
    p = panel_pvalues(values, np.ones(values.shape, bool), own, length=length, guard=guard)
    return (benjamini_hochberg(p) <= LEVEL) & (values[-length:].sum(axis=0) >= LEAST)


def some(panel: str, kind: str, regions: int, number: int, rng: np.random.Generator) -> np.ndarray:
    """Simulate panels; rows of whether any is called without a rise, its false share with one, and found."""
    rate = MEDIAN * np.exp(SPREAD * rng.standard_normal((number, regions)))
    means = [means_of(panel, row, rng) for row in rate]
    values = regions_of(kind, np.concatenate(means, axis=1), rng).reshape(DAYS, number, regions)
    up = np.stack([mean[:, 0] / row[0] * RATE for mean, row in zip(means, rate, strict=True)], axis=1)
    up[-RECENT:] *= RATIO
    risen = regions_of(kind, up, rng)
    own = alone(values.reshape(DAYS, -1), panel).reshape(number, regions)
    own_risen, out = alone(risen, panel), np.empty((3, number))
    for i in range(number):
        now = values[:, i].copy()
        out[0, i] = called(now, own[i], panel).any()
        now[:, 0], p = risen[:, i], np.r_[own_risen[i], own[i, 1:]]
        which = called(now, p, panel)
        out[1, i], out[2, i] = which[1:].sum() / max(which.sum(), 1), which[0]
    return out


def cell(panel: str, kind: str, regions: int, number: int) -> dict[str, object]:
    """False discovery rates of quiet panels and of panels with a rise, and how often it is found."""
    key = [SHORT_SEED if panel.endswith("weeks") else SEED, NAMES.index(panel), regions]
    parts = []
    for first in range(0, number, CHUNK):
        rng = np.random.default_rng([*key, [*KINDS, MIXED].index(kind), first])
        parts.append(some(panel, kind, regions, min(CHUNK, number - first), rng))
    quiet, risen, found = np.concatenate(parts, axis=1)
    row: dict[str, object] = {"panel": panel, "kind": kind, "regions": regions, "panels": number}
    for name, shares in (("FDR quiet", quiet), ("FDR rise", risen), ("found", found)):
        row[name], row[f"se {name}"] = 100 * shares.mean(), 100 * shares.std() / np.sqrt(number)
    return row


def main() -> int:
    parser = quick_parser(__doc__, "a tenth of the panels; writes nothing")
    help_ = f"{', '.join(PARTS)}, or a panel and a kind; the others stay as they were recorded"
    parser.add_argument("--only", help=help_)
    given = parser.parse_args()
    rows = []
    for name, part in PARTS.items():
        for panel, regions, number in part:
            for kind in (*KINDS, MIXED):
                if given.only not in (None, name, f"{panel} {kind}"):
                    continue
                rows.append(cell(panel, kind, regions, number // 10 if given.quick else number))
                print(rows[-1], file=sys.stderr, flush=True)
    table, before, key = pd.DataFrame(rows), RESULTS / "panels_further.csv", ["panel", "kind", "regions"]
    if given.only is not None and before.exists():
        table = pd.concat([pd.read_csv(before), table]).drop_duplicates(key, keep="last")
        order = [(p, kind, n) for part in PARTS.values() for p, n, _ in part for kind in (*KINDS, MIXED)]
        recorded = table.set_index(key)
        table = recorded.loc[[name for name in order if name in recorded.index]].reset_index()
    lines = [
        "SIMULATED panels (`python benchmarks/panels_further.py`); percent ± one standard error; false "
        "discovery rate in quiet panels and in those where one region at 0.5 a day rises to 5 times, and how "
        "often that is found.",
        "",
        "| panel | kind | panels | FDR quiet | FDR with a rise | found | bar 5 % (6 %) |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    held = True
    for _, row in table.iterrows():
        told = [f"{row[n]:.1f} ± {row[f'se {n}']:.1f}" for n in ("FDR quiet", "FDR rise", "found")]
        over = max(row[n] for n in ("FDR quiet", "FDR rise")) > 100 * LEVEL
        limit = max(row[n] + 2.326 * row[f"se {n}"] for n in ("FDR quiet", "FDR rise"))
        state = "FAILED" if over else "held" if limit <= 120 * LEVEL else "held, but too few panels"
        held &= state == "held"
        name = f"{row['panel']}, {row['regions']} regions"
        lines.append(f"| {name} | {row['kind']} | {row['panels']:,} | " + " | ".join(told) + f" | {state} |")
    print("\n".join(lines))
    if not given.quick:
        record("panels_further", ["\n".join(lines)], table, float_format="%.4g")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
