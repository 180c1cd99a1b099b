"""Size and power of the change test: stated date, unknown date, several changes, run length.

    python benchmarks/change.py            # about five minutes on one idle core
    python benchmarks/change.py --quick    # a tenth of the series; writes nothing

Weekly sums of the seven simulated processes at 0.1, 0.5 and 2 incidents a day, 156, 104 and 52 weeks. Prints
the tables, writes benchmarks/results/change.csv and .md, exits with 1 if a bar fails. A cell fails when the
lower end of its 99 % Monte Carlo interval exceeds the bar.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special, stats

sys.path.insert(0, str(Path(__file__).resolve().parent))
from recording import quick_parser, record
from size_power import lower_limit

from analytics.kernels.change.online import run_length_posterior
from analytics.kernels.change.pelt import pelt_changes
from analytics.kernels.change.stated import (
    fit_loglinear,
    segmented_design,
    signed_root,
    slow_dispersion,
    spread_quantile,
    spread_tail,
)
from analytics.kernels.change.supremum import (
    change_penalty,
    critical_value,
    date_set,
    largest_change,
    ratio_limits,
    several_dispersion,
)
from analytics.simulation import PROCESSES, simulate_counts
from analytics.upticks.change import PLACEBO_ALLOWANCE
from analytics.upticks.change_stated import Model, placebo_dates, placebo_rank, stated_change
from analytics.upticks.weeks import Weeks

MEANS, RATIOS = (0.1, 0.5, 2.0), (1.5, 2.0, 3.0)
STATIONARY = tuple(name for name in PROCESSES if name != "seasonal")
BAR = 0.07  # worst stationary cell at nominal 5 %, 156 weeks


def weekly(
    process: str, mean: float, weeks: int, series: int, after: int = 0, ratio: float = 1.0
) -> np.ndarray:
    """Weekly sums, the last `after` weeks at `ratio` times the rate; series silent before are dropped."""
    key = (PROCESSES.index(process), int(10 * mean), weeks, after, int(10 * ratio))
    seed = int(np.random.SeedSequence(key).generate_state(1)[0])
    daily = simulate_counts(
        process,
        mean=mean,
        days=7 * weeks,
        series=series,
        uptick_days=7 * after,
        uptick_ratio=ratio,
        seed=seed,
    ).values
    sums = daily.reshape(weeks, 7, series).sum(axis=1).astype(float)
    return sums[:, sums[: weeks - after].sum(axis=0) > 0]


def stated(y: np.ndarray, after: int, trend: bool, slope: bool, truth: float) -> dict[str, np.ndarray]:
    """P-values for a rise and a fall at a stated date, naive ones beside them, and interval coverage."""
    weeks = np.arange(len(y), dtype=float) - (len(y) - after)
    design, seen = segmented_design(weeks, trend=trend, slope=slope), np.ones(y.shape, bool)
    column = design.shape[1] - 1
    full = fit_loglinear(y, design, seen)
    phi, edf = slow_dispersion(y, full.fitted, design, seen)
    root = signed_root(y, design, seen, full, column=column, value=0.0)
    at_truth = signed_root(y, design, seen, full, column=column, value=float(np.log(truth)))
    pearson = ((y - full.fitted) ** 2 / full.fitted).sum(axis=0) / (len(y) - column - 1)
    return {
        "rise": spread_tail(root, phi, edf),
        "fall": spread_tail(-root, phi, edf),
        "Poisson": special.ndtr(-root),
        "quasi-Poisson": stats.t.sf(root / np.sqrt(np.maximum(pearson, 1e-9)), len(y) - column - 1),
        "covered": np.abs(at_truth) <= spread_quantile(0.025, phi, edf),
    }


def stated_cells(nulls: int) -> pd.DataFrame:
    rows = []
    models = {"trend and slope": (True, True), "trend": (True, False), "level only": (False, False)}
    for weeks, after in ((156, 26), (156, 8), (104, 26), (52, 12)):
        for process in PROCESSES:
            for mean in MEANS:
                for ratio in (1.0, *RATIOS):
                    n = nulls if ratio == 1.0 else nulls // 8
                    y = weekly(process, mean, weeks, n, after, ratio)
                    for name, terms in models.items():
                        if name != "trend and slope" and (weeks, after) != (156, 26):
                            continue
                        found = stated(y, after, *terms, ratio)
                        rows.append(
                            {"part": "stated", "model": name, "process": process, "mean": mean,
                             "weeks": weeks, "after": after, "ratio": ratio, "n": n}
                            | {k: int((p <= 0.05).sum()) for k, p in found.items() if k != "covered"}
                            | {"rise at 0.1 %": int((found["rise"] <= 0.001).sum())}
                            | {"covered": float(found["covered"].mean())}
                        )  # fmt: skip
    return pd.DataFrame(rows)


def unknown_cells(nulls: int) -> pd.DataFrame:
    rows = []
    for weeks in (156, 104, 52):
        after = weeks // 3
        for process in PROCESSES:
            for mean in MEANS:
                for ratio in (1.0, *RATIOS):
                    n = nulls if ratio == 1.0 else nulls // 5
                    y = weekly(process, mean, weeks, n, after, ratio)
                    found = largest_change(y)
                    fall = largest_change(y, sign=-1)
                    hit = found.pvalue <= 0.05
                    row: dict[str, object] = {
                        "part": "unknown", "process": process, "mean": mean, "weeks": weeks, "after": after,
                        "ratio": ratio, "n": n, "rise": int(hit.sum()),
                        "fall": int((fall.pvalue <= 0.05).sum()),
                        "rise at 0.1 %": int((found.pvalue <= 0.001).sum()),
                    }  # fmt: skip
                    if ratio > 1:
                        kept = date_set(found)
                        truth = np.flatnonzero(found.dates == weeks - after)[0]
                        first, last = kept.argmax(axis=0), len(kept) - 1 - kept[::-1].argmax(axis=0)
                        inside = (first <= truth) & (truth <= last)
                        every = np.arange(y.shape[1])
                        limit = critical_value(weeks, found.rung, trim=0.15, sign=0, level=0.05) * found.phis
                        low, high = (
                            ratio_limits(y, found.dates, limit, upper=u)[found.best, every]
                            for u in (False, True)
                        )
                        row["date covered"] = float(inside.mean())
                        row["date covered, rejected"] = float(inside[hit].mean()) if hit.any() else np.nan
                        row["weeks in the set"] = (
                            float(np.median((last - first + 1)[hit])) if hit.any() else np.nan
                        )
                        row["ratio covered"] = float(((low <= ratio) & (ratio <= high)).mean())
                    rows.append(row)
    return pd.DataFrame(rows)


def several_cells(nulls: int) -> pd.DataFrame:
    import ruptures

    rows = []
    for weeks in (156, 104):
        for process in PROCESSES:
            for mean in MEANS:
                for scene in ("no change", "3x, last third", "3x, middle third"):
                    n = nulls if scene == "no change" else nulls // 5
                    third = weeks // 3
                    y = weekly(
                        process,
                        mean,
                        weeks,
                        n,
                        0 if scene == "no change" else third,
                        3.0 if "3x" in scene else 1.0,
                    )
                    if "middle" in scene:
                        y = np.concatenate([y[:third], y[-third:], y[third:-third]])
                    size_mean = y.mean(axis=0)
                    phi, rung = several_dispersion(y, 13)
                    penalty = change_penalty(weeks, 13, rung)
                    with np.errstate(divide="ignore"):
                        size = np.where(phi > 1, size_mean / (phi - 1), np.inf)
                    changes = [
                        len(pelt_changes(y[:, i], size=size[i], penalty=penalty[i], min_size=13))
                        for i in range(y.shape[1])
                    ]
                    row: dict[str, object] = {
                        "part": "several", "process": process, "mean": mean, "weeks": weeks, "scene": scene,
                        "n": n, "any": int(np.sum(np.array(changes) > 0)),
                    }  # fmt: skip
                    if scene == "no change":
                        few = range(min(y.shape[1], n // 3))
                        row["l2, n"] = len(few)
                        row["l2"] = sum(
                            len(
                                ruptures.Pelt(model="l2", jump=1, min_size=2)
                                .fit(y[:, i])
                                .predict(pen=2 * np.log(weeks) * max(y[:, i].var(), 1e-9))
                            )
                            > 1
                            for i in few
                        )
                    rows.append(row)
    return pd.DataFrame(rows)


def online_cells(nulls: int) -> pd.DataFrame:
    rows = []
    for process in PROCESSES:
        for mean in MEANS:
            for ratio in (1.0, 3.0):
                y = weekly(process, mean, 156, nulls, 8, ratio)
                phi, _ = several_dispersion(y, 13)
                with np.errstate(divide="ignore"):
                    sizes = {
                        "negative binomial": np.where(phi > 1, y.mean(axis=0) / (phi - 1), np.inf),
                        "gamma-Poisson": np.full(y.shape[1], np.inf),
                    }
                for name, size in sizes.items():
                    given = {"hazard": 1 / 104, "prior_mean": y.mean(axis=0)}
                    posterior = run_length_posterior(y, size=size, **given)
                    last = posterior[1:14].sum(axis=0)
                    rows.append(
                        {"part": "online", "model": name, "process": process, "mean": mean, "weeks": 156,
                         "ratio": ratio, "n": nulls, "above 0.5": int((last > 0.5).sum()),
                         "above 0.9": int((last > 0.9).sum())}
                    )  # fmt: skip
    return pd.DataFrame(rows)


def placebo_cells(nulls: int) -> pd.DataFrame:
    """Verdicts, with the rule that placebo dates must not show as much."""
    rows = []
    for process in PROCESSES:
        for mean in MEANS:
            for ratio in (1.0, 2.0):
                y = weekly(process, mean, 156, nulls, 26, ratio)
                starts = np.datetime64("2017-04-17") + 7 * np.arange(156)
                weeks = Weeks(y, np.ones(y.shape, bool), starts, 130)
                model = Model(trend=True, slope=True, sign=1)
                p = np.asarray(stated_change(weeks, model, alpha=0.05)["pvalue"], dtype=float)
                names = tuple(map(str, range(y.shape[1])))
                table = placebo_dates(weeks, model, names)
                _, rank = placebo_rank(table, names)
                rows.append(
                    {"part": "placebo", "process": process, "mean": mean, "weeks": 156, "after": 26,
                     "ratio": ratio, "n": nulls, "p": int((p <= 0.05).sum()),
                     "rank": int((rank <= 0.05).sum()),
                     "verdict": int(((rank <= 0.05 * PLACEBO_ALLOWANCE) & (p <= 0.05)).sum())}
                )  # fmt: skip
    return pd.DataFrame(rows)


def markdown(table: pd.DataFrame) -> str:
    words = table.map(lambda v: f"{v:.1f}" if isinstance(v, float) else str(v))
    lines = ["| " + " | ".join(table.columns) + " |", "|" + "---|" * len(table.columns)]
    return "\n".join(
        [*lines, *("| " + " | ".join(row) + " |" for row in words.itertuples(index=False, name=None))]
    )


def rates(cells: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    return cells.assign(**{name: 100 * cells[name] / cells["n"] for name in names})


def tables(parts: dict[str, pd.DataFrame]) -> list[str]:
    out = []
    keys = {"stated": ["weeks", "after", "model"], "unknown": ["weeks", "after"]}
    for part, by in keys.items():
        tests = ["rise", "fall", "rise at 0.1 %"] + (["Poisson", "quasi-Poisson"] if part == "stated" else [])
        cells = rates(parts[part], tests)
        rows = []
        for key, group in cells.groupby(by, sort=False):
            null = group[group["ratio"] == 1.0]
            calm, season = null[null["process"] != "seasonal"], null[null["process"] == "seasonal"]
            row = dict(zip(by, key, strict=True))
            for name in tests:
                row[f"{name}, mean"] = float(calm[name].mean())
                row[f"{name}, worst"] = float(calm[name].max())
            row["rise, worst seasonal"] = float(season["rise"].max())
            for ratio in RATIOS:
                here = group[(group["ratio"] == ratio) & (group["process"] != "seasonal")]
                row[f"power {ratio:g}x"] = float(here["rise"].mean())
            here = group[(group["ratio"] > 1) & (group["process"] != "seasonal")]
            for name in ("covered", "date covered", "date covered, rejected", "ratio covered"):
                if name in here and here[name].notna().any():
                    row[name] = float(100 * here[name].mean())
                    row[f"{name}, least"] = float(100 * here[name].min())
            rows.append(row)
        title = "A change at a stated date" if part == "stated" else "A change at an unknown date (sup-F)"
        out += ["", f"## {title}", "", markdown(pd.DataFrame(rows))]
        null = cells[(cells["ratio"] == 1.0) & (cells["weeks"] == 156)]
        default = (
            null[(null["model"] == "trend and slope") & (null["after"] == 26)] if part == "stated" else null
        )
        wide = default.pivot_table(index="process", columns="mean", values="rise", sort=False).reset_index()
        wide.columns = ["process, rise, 156 weeks", *(f"{m:g} a day" for m in MEANS)]
        out += ["", markdown(wide)]
    several = rates(parts["several"], ["any"])
    several["l2"] = 100 * several["l2"] / several["l2, n"]
    rows = []
    for (weeks, process), group in several.groupby(["weeks", "process"], sort=False):
        null = group[group["scene"] == "no change"]
        row = {"weeks": weeks, "process": process}
        row |= {f"false, {m:g} a day": float(null.loc[null["mean"] == m, "any"].iloc[0]) for m in MEANS}
        row["l2 cost, mean"] = float(null["l2"].mean())
        for scene in ("3x, last third", "3x, middle third"):
            row[scene] = float(group.loc[group["scene"] == scene, "any"].mean())
        rows.append(row)
    out += ["", "## Several changes (PELT): series with any change", "", markdown(pd.DataFrame(rows))]
    online = rates(parts["online"], ["above 0.5", "above 0.9"])
    flat = online.pivot_table(
        index=["model", "process"], columns="ratio", values=["above 0.5", "above 0.9"], sort=False
    )
    flat.columns = [f"{name}, {'no change' if r == 1 else '3x for 8 weeks'}" for name, r in flat.columns]
    text = "## Run length: series with the probability of a change in the last 13 weeks above 0.5 or 0.9"
    out += ["", text, "", markdown(flat.reset_index())]
    placebo = rates(parts["placebo"], ["p", "rank", "verdict"])
    rows = []
    for process, group in placebo.groupby("process", sort=False):
        row = {"process": process}
        for ratio in (1.0, 2.0):
            here = group[group["ratio"] == ratio]
            row |= {f"{k}, {ratio:g}x": float(here[k].mean()) for k in ("p", "rank", "verdict")}
        rows.append(row)
    text = (
        "## Placebo dates: p at most 5 %; rank among placebo dates at most 5 %; p at most 5 % and rank at "
        "most 10 %, which a verdict needs"
    )
    return [*out, "", text, "", markdown(pd.DataFrame(rows))]


def main() -> int:
    parser = quick_parser(__doc__, "a tenth of the series; writes nothing")
    share = 10 if parser.parse_args().quick else 1
    sizes = {"stated": 2_500, "unknown": 1_500, "several": 120, "online": 120, "placebo": 60}
    runs = {
        "stated": stated_cells,
        "unknown": unknown_cells,
        "several": several_cells,
        "online": online_cells,
        "placebo": placebo_cells,
    }
    parts = {}
    for name, run in runs.items():
        parts[name] = run(sizes[name] // share)
        print(f"{name} done", file=sys.stderr, flush=True)
    failed = []
    for name in ("stated", "unknown"):
        cells = parts[name]
        held = cells[(cells["ratio"] == 1.0) & (cells["weeks"] == 156) & cells["process"].isin(STATIONARY)]
        if name == "stated":
            held = held[held["model"] == "trend and slope"]
        low = lower_limit(held["rise"].to_numpy(), held["n"].to_numpy())
        failed += [f"{name}: {row.process}, {row.mean} a day" for row in held[low > BAR].itertuples()]
    head = [
        "SIMULATED weekly series, percent at nominal 5 % unless said; null series a cell: "
        + ", ".join(f"{name} {n // share:,}" for name, n in sizes.items())
        + " (fewer with a change). 'mean' and 'worst' are over the stationary processes.",
        f"Bar: p for a rise, 156 weeks, stationary processes, default model: worst cell at most {BAR:.0%} "
        "(99 % lower Monte Carlo limit): " + ("held" if not failed else "FAILED: " + "; ".join(failed)),
    ]
    text = "\n".join([*head, *tables(parts)])
    print(text)
    if share == 1:
        record("change", [text], pd.concat(parts.values(), ignore_index=True), "%.4g")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
