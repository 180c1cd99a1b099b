"""What the notebook on false alarms shows; every number in it is about simulated series."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics.counts import Counts
from analytics.evaluation.false_alarms import USUAL, alarm_weeks, alarm_weeks_of, false_alarm_rates
from analytics.plots.false_alarms import plot_alarm_weeks, plot_false_alarms
from analytics.plots.style import ACCENT, GREY, INK, PALE, WIDTH, mark_simulated
from analytics.reporting.elements.cards import ReportText
from analytics.reporting.elements.figures import ReportFigure, report_figure
from analytics.reporting.elements.tables import Column, ReportTable
from analytics.results.words import counted, mark

__all__ = [
    "busier_figure", "busier_rates", "busier_words", "own_weeks_figure",
    "rates", "rates_figure", "rates_table", "rates_words", "weeks_figure",
]  # fmt: skip

_RATES = (0.1, 0.5, 2.0, 5.0)
_FEW = ("lrd_b", "nb_glm", "quasi_poisson", "c_test")


def rates(**options: Any) -> pd.DataFrame:
    """Return the false alarms of all usual tests on the seven processes."""
    return false_alarm_rates(**options)


def rates_figure(table: pd.DataFrame) -> ReportFigure:
    """Draw them."""
    ax: Any = plot_false_alarms(table, names=USUAL)
    return report_figure(
        ax.figure,
        caption="SIMULATED: false alarms of each test on each quiet process",
        alt="SIMULATED: one row a process, one mark a test with its error bar, and a line at the promised "
        f"share. {' '.join(rates_words(table).paragraphs)}",
        label="fig-alarms",
    )


def rates_words(table: pd.DataFrame) -> ReportText:
    """Say how many false alarms each test raised, and where more than promised beyond chance."""
    alpha = float(table["alpha"].iloc[0])
    said = []
    for method, rows in table.groupby("method", sort=False):
        over = rows.loc[rows["low"] > alpha, "process"]
        where = ", ".join(name.replace("_", " ") for name in over)
        beyond = (
            f"beyond chance more than promised on {len(over)}: {where}"
            if len(over)
            else "never beyond chance"
        )
        low, high = 100 * rows["rate"].min(), 100 * rows["rate"].max()
        said.append(f"SIMULATED: {USUAL[str(method)]}: {low:.1f} to {high:.1f} in 100, {beyond}.")
    quiet = counted(table["process"].nunique(), "quiet process", "quiet processes")
    return ReportText([f"SIMULATED: false alarms on {quiet}, {100 * alpha:g} in 100 promised:", *said])


def rates_table(table: pd.DataFrame) -> ReportTable:
    """Return them in percent, one row a test."""
    wide = 100 * table.set_index(["method", "process"])["rate"].unstack(sort=False)  # noqa: PD010
    n, alpha = int(table["n"].iloc[0]), float(table["alpha"].iloc[0])
    error = 100 * (alpha * (1 - alpha) / n) ** 0.5
    frame = wide.rename(index=USUAL).rename_axis("test").reset_index()
    return ReportTable(
        frame,
        columns=[
            Column("test", "Test"),
            *(Column(name, name.replace("_", " "), format=".1f") for name in wide.columns),
        ],
        caption=f"SIMULATED: false alarms in percent, {100 * alpha:g} promised",
        notes=[
            f"n = {n:,} quiet series for each process, the same for every test; standard error of "
            f"{100 * alpha:g} percent: {error:.1f}."
        ],
        label="tbl-alarms",
    )


def weeks_figure(**options: Any) -> ReportFigure:
    """Draw one quiet series with the weeks in which each test says "more active"."""
    table = alarm_weeks("ingarch", weeks=156, **options)
    methods = [name for name in table.columns if name in USUAL]
    said = ", ".join(f"{USUAL[name]} {int(table[name].sum())}" for name in methods)
    ax: Any = plot_alarm_weeks(table, names=USUAL)
    return report_figure(
        ax.figure,
        caption=f"SIMULATED: weeks called more active in {len(table)} quiet weeks: {said}",
        alt=f"SIMULATED: a line of incidents a week, and below it a row of strokes for each test: {said}",
        label="fig-weeks",
    )


def own_weeks_figure(counts: Counts, *, weeks: int = 104) -> ReportFigure:
    """Draw the weeks of one's own file in which each test says "more active", all regions together."""
    table = alarm_weeks_of(counts, weeks=weeks)
    methods = [name for name in table.columns if name in USUAL]
    said = ", ".join(f"{USUAL[name]} {int(table[name].sum())}" for name in methods)
    tag = mark(counts.simulated, "title")
    ax: Any = plot_alarm_weeks(table, names=USUAL, simulated=counts.simulated)
    return report_figure(
        ax.figure,
        caption=f"{tag}weeks called more active among the last {len(table)}: {said}",
        alt=f"{tag}a line of incidents a week, and below it a row of strokes for each test: {said}",
        label="fig-own-weeks",
    )


def busier_rates(*, n: int, seed: int, process: str = "hawkes_0.6") -> pd.DataFrame:
    """Return false alarms of a few tests by the rate of incidents, on one process."""
    parts = [
        false_alarm_rates(processes=[process], methods=_FEW, mean=mean, n=n, seed=seed).assign(mean=mean)
        for mean in _RATES
    ]
    return pd.concat(parts, ignore_index=True)


def busier_words(table: pd.DataFrame) -> ReportText:
    """Say how each test's false alarms change from the lowest rate of incidents to the highest."""
    said = []
    for method, rows in table.groupby("method", sort=False):
        rates = ", ".join(f"{100 * rate:.1f}" for rate in rows["rate"])
        said.append(f"{USUAL[str(method)]} {rates}")
    means = ", ".join(f"{mean:g}" for mean in table["mean"].unique())
    return ReportText([f"SIMULATED: false alarms in 100 at {means} incidents a day: {'; '.join(said)}."])


def busier_figure(table: pd.DataFrame) -> ReportFigure:
    """Draw false alarms against the rate of incidents, on one process."""
    import matplotlib.pyplot as plt

    n = int(table["n"].iloc[0])
    figure, ax = plt.subplots(figsize=(WIDTH, 2.4), layout="constrained")
    for number, method in enumerate(_FEW):
        rows = table[table["method"] == method]
        ours = method == "lrd_b"
        ax.errorbar(
            rows["mean"],
            100 * rows["rate"],
            yerr=100 * abs(rows[["low", "high"]].to_numpy().T - rows["rate"].to_numpy()),
            fmt="osD^"[number] + ("-" if ours else "--"),
            color=ACCENT if ours else INK if number % 2 else GREY,
            markersize=4,
            linewidth=1,
            label=USUAL[method],
        )
    ax.axhline(5, color=PALE, linewidth=1.5, zorder=0)
    ax.set_xscale("log")
    ax.set_xticks(_RATES, [f"{rate:g}" for rate in _RATES])
    ax.minorticks_off()
    ax.set_ylim(0, None)
    ax.set_xlabel("incidents a day")
    ax.set_ylabel("false alarms in 100")
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=7.5)
    mark_simulated(ax)
    return report_figure(
        figure,
        caption=f"SIMULATED: false alarms by rate, self-exciting series (n = {n:,} each; bars: 95 %)",
        alt=f"SIMULATED: a line for each test. {busier_words(table).paragraphs[0]}",
        label="fig-busier",
    )
