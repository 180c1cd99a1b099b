"""Eight processes of conflict data named nowhere before: one region at 5 %, and panels of 18.

    python benchmarks/named_nowhere.py                 # 5,000 series a cell, 2,000 panels; about ten minutes
    python benchmarks/named_nowhere.py --only truces   # one process; the others stay as recorded
    python benchmarks/named_nowhere.py --only more     # the cell that is drawn in larger numbers
    python benchmarks/named_nowhere.py --quick         # a tenth of it; says so, writes nothing

Written when the rule of one region and that of panels were as they are; nothing was changed for them. Sources
that come and go with a ramp, truces with a spike before and after, fighting seasons that differ from year to
year, anniversaries in clusters, log-normal days cut off, days of silence with a bulk entered at the month's
end, a pendulum of retaliation, incidents that are retold while attention lasts. Each has a steady mean and
spread over the years; season and anniversaries have a phase of their own in every series. One region: 0.1,
0.5 and 2 a day, baselines of 70, 364 and 1,095 days, as in one_region.py. Panels: 18 regions as in panels.py,
all of one process or each of one drawn at random, quiet, or one region at 0.5 a day that rises to five times;
uneven seasons with three years of baseline too, since one year cannot show how years differ.
Bars: one region at most 6 % (7.2 %) at 5 % and 0.5 % (0.6 %) at 0.1 %; panels at most 5 % false discoveries
(6 %); in brackets the upper 99 % limit. Writes benchmarks/results/named_nowhere.csv, named_nowhere_panels.csv
and named_nowhere.md; exits with 1 where a bar fails.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pandas as pd
from one_region import BARS, BASELINES, GUARD, MEANS, NOW, RECENT, pvalues, upper
from panels import DAYS, LEVEL, MEDIAN, SPREAD
from panels_further import alone, called
from recording import RESULTS, quick_parser, record

from analytics._typing import FloatArray, IntArray
from analytics.kernels.common.negative_binomial import nb_draws

SEED, BATCH, CHUNK, REGIONS = 20261501, 2_500, 200, 18
SERIES, PANELS, RATE, RATIO = 5_000, 2_000, 0.5, 5.0
MIXED = "each of one of them"
LONG = "uneven_seasons, three years"
LONG_DAYS, LONG_PANELS = 1_092 + GUARD + RECENT, 2_000
# Drawn anew, so many, after 46 of 10,000 series had been called at 0.1 %: the limit was 0.66 %.
MORE, MORE_SEED = {("uneven_seasons", 2.0, 1_095): 30_000}, 20261502

Maker = Callable[[np.random.Generator, FloatArray], IntArray]


def _gaps(rng: np.random.Generator, days: int, series: int, mean: float) -> IntArray:
    """Which spell holds on each day, counted from 0; each day a new one begins with chance 1 / mean."""
    return (rng.random((days, series)) < 1 / mean).cumsum(axis=0)


def _ar(rng: np.random.Generator, days: int, series: int, a: float, b: float = 0.0) -> FloatArray:
    """Autoregression of order two, of unit variance, settled."""
    burn = 400
    out = np.zeros((burn + days, series))
    for day in range(2, burn + days):
        out[day] = a * out[day - 1] + b * out[day - 2] + rng.standard_normal(series)
    variance = (1 - b) / ((1 + b) * ((1 - b) ** 2 - a**2))
    return out[burn:] / np.sqrt(variance)


def source_ramps(rng: np.random.Generator, mean: FloatArray) -> IntArray:
    """The share that sources report is 0.4 to 1.6, anew every 150 days on average, reached over 45 days."""
    days, series = mean.shape
    ramp = 45
    spell = _gaps(rng, days + ramp, series, 150.0)
    drawn = rng.uniform(0.4, 1.6, (int(spell.max()) + 1, series))
    level = np.take_along_axis(drawn, spell, axis=0).cumsum(axis=0)
    return nb_draws(rng, mean * (level[ramp:] - level[:-ramp]) / ramp, 1.0)


def truces(rng: np.random.Generator, mean: FloatArray) -> IntArray:
    """Forty days of truce at a tenth, about 150 apart; three times the rate in the week before and after."""
    days, series = mean.shape
    truce, week, most = 40, 7, 60
    begins = rng.random((days + truce + 2 * week + most, series)) < 1 / 150
    since = np.zeros(begins.shape, int)
    for day in range(len(begins)):
        since[day] = np.where(begins[day], 0, since[day - 1] + 1 if day else most + truce)
    # `since` counts from the week before the truce on.
    spike = (since < week) | ((since >= week + truce) & (since < 2 * week + truce))
    level = np.where(spike, 3.0, np.where(since < week + truce, 0.1, 1.0))
    at = level[-days:]
    return nb_draws(rng, mean * at / 0.96, 1.5)


def uneven_seasons(rng: np.random.Generator, mean: FloatArray) -> IntArray:
    """A fighting season of five months, none in some years and five times the winter in others."""
    days, series = mean.shape
    day = np.arange(days)[:, None] + rng.integers(0, 365, series)
    year, within = np.divmod(day, 365)
    height = rng.choice([0.0, 1.0, 2.0, 4.0], (int(year.max()) + 1, series))
    season = np.where(within < 150, np.sin(np.pi * within / 150) ** 2, 0.0)
    level = 1 + np.take_along_axis(height, year, axis=0) * season
    return nb_draws(rng, mean * level / (1 + 1.75 * 0.5 * 150 / 365), 2.0)


def anniversaries(rng: np.random.Generator, mean: FloatArray) -> IntArray:
    """Nine dates of the year within six weeks, kept to within two days, at twelve times the usual rate."""
    days, series = mean.shape
    first, out = rng.integers(0, 365, series), np.ones((days + 800, series))
    dates = first + rng.integers(0, 42, (9, series))
    one = np.arange(series)
    for year in range(len(out) // 365):
        for date in dates:
            at = 365 * year + date + rng.integers(-2, 3, series)
            keep = (at >= 0) & (at < len(out))
            out[at[keep], one[keep]] = 12.0
    return nb_draws(rng, mean * out[400 : 400 + days] / 1.24, 1.0)


def cut_lognormal_days(rng: np.random.Generator, mean: FloatArray) -> IntArray:
    """Every day has a log-normal effect (sd 2) cut at 25; weeks share some of it."""
    days, series = mean.shape
    week = np.repeat(rng.standard_normal((days // 7 + 2, series)), 7, axis=0)
    first = rng.integers(0, 7, series)
    shared = np.take_along_axis(week, np.arange(days)[:, None] + first, axis=0)
    effect = np.exp(2.0 * (0.5 * shared + np.sqrt(0.75) * rng.standard_normal((days, series))))
    return rng.poisson(mean * np.minimum(effect, 25.0) / 3.92)


def entered_monthly(rng: np.random.Generator, mean: FloatArray) -> IntArray:
    """Runs of silence and of activity, 8 days each on average; two in five entered at the month's end."""
    days, series = mean.shape
    burn = 40
    full = np.concatenate([np.broadcast_to(mean[:1], (burn, series)), mean])
    active = (_gaps(rng, burn + days, series, 8.0) + rng.integers(0, 2, series)) % 2
    happened = nb_draws(rng, 2 * full * active, 1.0)
    later = rng.binomial(happened, 0.4)
    out, held = happened - later, np.zeros(series, np.int64)
    first = rng.integers(0, 30, series)
    for day in range(burn + days):
        held = held + later[day]
        last = (day + first) % 30 == 0
        out[day] += np.where(last, held, 0)
        held = np.where(last, 0, held)
    return out[burn:]


def pendulum(rng: np.random.Generator, mean: FloatArray) -> IntArray:
    """The log rate swings (sd 0.6) about every 50 days, never quite alike: two sides that take turns."""
    days, series = mean.shape
    keep, turn = 0.985, 2 * np.pi / 50
    path = _ar(rng, days, series, 2 * keep * np.cos(turn), -(keep**2))
    return rng.poisson(mean * np.exp(0.6 * path - 0.18))


def retold(rng: np.random.Generator, mean: FloatArray) -> IntArray:
    """An incident is told again within the week as often as attention (a slow log-normal level) has it."""
    days, series = mean.shape
    burn = 8
    full = np.concatenate([np.broadcast_to(mean[:1], (burn, series)), mean])
    attention = np.exp(0.7 * _ar(rng, burn + days, series, 0.97) - 0.245)
    once = rng.poisson(full / 2.2)
    again = rng.poisson(1.2 * once * attention)
    out, left = once.copy(), again
    for back in range(1, 8):
        some = rng.binomial(left, 1 / (8 - back))
        out[back:] += some[:-back]
        left = left - some
    return out[burn:]


PROCESSES: dict[str, Maker] = {
    f.__name__: f
    for f in (
        source_ramps,
        truces,
        uneven_seasons,
        anniversaries,
        cut_lognormal_days,
        entered_monthly,
        pendulum,
        retold,
    )
}


def of_kind(kind: str, rng: np.random.Generator, mean: FloatArray) -> IntArray:
    """Counts with the given daily means, all of a process or each series of one drawn at random."""
    if kind != MIXED:
        return PROCESSES[kind](rng, mean)
    out, which = np.empty(mean.shape, np.int64), rng.integers(0, len(PROCESSES), mean.shape[1])
    for number, maker in enumerate(PROCESSES.values()):
        if (which == number).any():
            out[:, which == number] = maker(rng, mean[:, which == number])
    return out


def region_cell(process: str, mean: float, baseline: int, series: int) -> dict[str, object]:
    """How many series of a region alone are called where nothing changes."""
    row: dict[str, object] = {"process": process, "mean": mean, "baseline": baseline, "n": series}
    called_, counted, warned = dict.fromkeys(BARS, 0), 0.0, 0
    days = baseline + GUARD + RECENT
    for first in range(0, series, BATCH):
        key = [list(PROCESSES).index(process), int(10 * mean), baseline, first]
        rng = np.random.default_rng([MORE_SEED if (process, mean, baseline) in MORE else SEED, *key])
        values = of_kind(process, rng, np.full((days, min(BATCH, series - first)), mean))
        found, grows = pvalues(values)
        counted += float(values.sum()) / days
        warned += int(grows.sum())
        for level in BARS:
            called_[level] += int((found[NOW] <= level).sum())
    return (
        row | {f"{level:g}": n for level, n in called_.items()} | {"rate": counted / series, "warned": warned}
    )


def panel_cell(kind: str, panels: int) -> dict[str, object]:
    """False discovery rates of panels without a rise and with one, and how often it is found."""
    number, parts = [*PROCESSES, MIXED, LONG].index(kind), []
    days, process = (LONG_DAYS, kind.split(",")[0]) if kind == LONG else (DAYS, kind)
    for first in range(0, panels, CHUNK):
        rng, some = np.random.default_rng([SEED, 100 + number, first]), min(CHUNK, panels - first)
        rate = MEDIAN * np.exp(SPREAD * rng.standard_normal((some, REGIONS)))
        values = of_kind(process, rng, np.broadcast_to(rate.ravel(), (days, rate.size)))
        up = np.full((days, some), RATE)
        up[-RECENT:] *= RATIO
        risen = of_kind(process, rng, up)
        own, own_risen = alone(values, "").reshape(some, REGIONS), alone(risen, "")
        values, out = values.reshape(days, some, REGIONS), np.empty((3, some))
        for i in range(some):
            now = values[:, i].copy()
            out[0, i] = called(now, own[i], "").any()
            now[:, 0], p = risen[:, i], np.r_[own_risen[i], own[i, 1:]]
            which = called(now, p, "")
            out[1, i], out[2, i] = which[1:].sum() / max(which.sum(), 1), which[0]
        parts.append(out)
    row: dict[str, object] = {"process": kind, "panels": panels}
    for name, shares in zip(("FDR quiet", "FDR rise", "found"), np.concatenate(parts, axis=1), strict=True):
        row[name], row[f"se {name}"] = 100 * shares.mean(), 100 * shares.std() / np.sqrt(panels)
    return row


def region_lines(cells: pd.DataFrame) -> tuple[list[str], bool]:
    """Write one row a process, and say for every baseline whether the bars hold."""
    lines = [
        "| process | " + " | ".join(f"{b:,} d" for b in BASELINES) + " | at 0.1 % | growing spread warned |",
        "|---|" + "---:|" * (len(BASELINES) + 2),
    ]
    for process, part in cells.groupby("process", sort=False):
        share = part["0.05"] / part["n"]
        told = [f"{100 * share[part['baseline'] == b].max():.1f}" for b in BASELINES]
        told += [
            f"{100 * (part['0.001'] / part['n']).max():.2f}",
            f"{100 * (part['warned'] / part['n']).max():.1f}",
        ]
        lines.append(f"| {process} | " + " | ".join(told) + " |")
    lines.append("")
    held = True
    for baseline, part in cells.groupby("baseline"):
        for level, (most, limit) in BARS.items():
            column = f"{level:g}"
            over = [c / n > most or upper(c, n) > limit for c, n in zip(part[column], part["n"], strict=True)]
            worst, failed = part.loc[(part[column] / part["n"]).idxmax()], part[over]
            held &= failed.empty
            names = ", ".join(f"{r['process']} {r['mean']:g}" for _, r in failed.iterrows())
            lines.append(
                f"{baseline:,} days, at nominal {100 * level:g} %: worst cell "
                f"{100 * worst[column] / worst['n']:.2f} % (upper 99 % limit "
                f"{100 * upper(worst[column], worst['n']):.2f} %), {worst['process']}, "
                f"{worst['mean']:g} a day; bar {100 * most:g} % ({100 * limit:.2g} %): "
                + ("held" if failed.empty else f"FAILED in {len(failed)} of {len(part)} cells: {names}")
            )
    return lines, held


def panel_lines(panels: pd.DataFrame) -> tuple[list[str], bool]:
    """Write one row a process, with whether the bar holds."""
    lines = [
        "| panels of 18 | panels | FDR quiet | FDR with a rise | found | bar 5 % (6 %) |",
        "|---|---:|---:|---:|---:|---|",
    ]
    held = True
    for _, row in panels.iterrows():
        rates = [(row[n], row[n] + 2.326 * row[f"se {n}"]) for n in ("FDR quiet", "FDR rise")]
        holds = all(r <= 100 * LEVEL and limit <= 120 * LEVEL for r, limit in rates)
        held &= holds
        told = [f"{row[n]:.1f} ± {row[f'se {n}']:.1f}" for n in ("FDR quiet", "FDR rise", "found")]
        state = "held" if holds else "FAILED"
        lines.append(f"| {row['process']} | {row['panels']:,} | " + " | ".join(told) + f" | {state} |")
    return lines, held


def _beside(name: str, found: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Put what was found in its place among what is recorded."""
    table = pd.concat([pd.read_csv(RESULTS / f"{name}.csv"), found]).drop_duplicates(key, keep="last")
    order = {process: at for at, process in enumerate((*PROCESSES, MIXED, LONG))}

    def place(column: pd.Series) -> pd.Series:
        return column.map(order) if column.name == "process" else column

    return table.sort_values(key, key=place, ignore_index=True)


def main() -> int:
    parser = quick_parser(__doc__, "a tenth of it; writes nothing")
    parser.add_argument("--only", choices=(*PROCESSES, MIXED, LONG, "more"), help="others stay as recorded")
    parser.add_argument("--series", type=int, default=SERIES, help="series a cell of one region")
    parser.add_argument("--panels", type=int, default=PANELS)
    given = parser.parse_args()
    part, more = 10 if given.quick else 1, given.only == "more"
    asked = [
        (kind, mean, baseline)
        for kind in PROCESSES
        for mean in MEANS
        for baseline in BASELINES
        if given.only in (None, kind) or (more and (kind, mean, baseline) in MORE)
    ]
    cells = pd.DataFrame(region_cell(*key, MORE.get(key, given.series) // part) for key in asked)
    panels = pd.DataFrame(
        panel_cell(kind, (LONG_PANELS if kind == LONG else given.panels) // part)
        for kind in (*PROCESSES, MIXED, LONG)
        if given.only in (None, kind)
    )
    if given.only is not None and (RESULTS / "named_nowhere.csv").exists():
        cells = _beside("named_nowhere", cells, ["process", "mean", "baseline"])
        panels = _beside("named_nowhere_panels", panels, ["process"])
    regions, one_held = region_lines(cells)
    many, many_held = panel_lines(panels)
    numbers = " to ".join(f"{n:,}" for n in sorted({int(cells["n"].min()), int(cells["n"].max())}))
    text = [
        f"SIMULATED series (`python benchmarks/named_nowhere.py`), {numbers} a cell; percent called of a "
        f"region alone at 5 % where nothing changes, the worst of {', '.join(f'{m:g}' for m in MEANS)} "
        f"incidents a day; {RECENT} recent and {GUARD} guard days.",
        "\n".join(regions),
        "SIMULATED panels; percent ± one standard error; false discovery rate in quiet panels and in those "
        "where one region at 0.5 a day rises to 5 times, and how often that is found.",
        "\n".join(many),
    ]
    print("\n\n".join(text))
    if not given.quick:
        record("named_nowhere", ["\n\n".join(text)], cells, float_format="%.5g")
        panels.to_csv(RESULTS / "named_nowhere_panels.csv", index=False, float_format="%.4g")
    return 0 if one_held and many_held else 1


if __name__ == "__main__":
    sys.exit(main())
