"""What the notebook on an article's claims shows: its data, a table for each claim, its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analytics.bundled import bundled_path
from analytics.claims import Claims, VerdictTable, read_claims, sensitivity_to_date, verdicts
from analytics.claims.published import CAVEAT, published_quarters
from analytics.counts import count_incidents
from analytics.incidents import Incidents, read_incidents
from analytics.periods import as_day
from analytics.plots.claims import plot_claims, plot_contrast, plot_published
from analytics.plots.style import WIDTH
from analytics.plots.trend import plot_trend
from analytics.reporting.content.teaching import about
from analytics.reporting.elements.cards import ReportText
from analytics.reporting.elements.figures import ReportFigure, report_figure
from analytics.reporting.elements.tables import Column, ReportTable
from analytics.results import (
    SUPPORTED,
    UptickResult,
    mark,
)
from analytics.results.words import counted

__all__ = [
    "Answers",
    "answers",
    "claim_table",
    "contrast_figure",
    "data_words",
    "dates_table",
    "overview",
    "published_figure",
    "published_source",
    "ratio_figure",
    "trend_figure",
]

SAMPLE, TWIN = "with the uptick", "its twin, without"
_FILES = {SAMPLE: "data/iraq_simulated.csv", TWIN: "data/iraq_simulated_no_uptick.csv"}


class Answers:
    """The claims, the data they are put to, and the verdicts on each."""

    def __init__(self, claims: Claims, data: dict[str, Incidents], as_of: object, **options: Any) -> None:
        self.claims = claims
        self.data = data
        self.options = options
        self.as_of = as_day(as_of, "as_of")
        self.tables: dict[str, VerdictTable] = {
            label: verdicts(claims, incidents, as_of=as_of, **options) for label, incidents in data.items()
        }

    @property
    def simulated(self) -> bool:
        """Whether any of the data are simulated."""
        return any(incidents.simulated for incidents in self.data.values())

    @property
    def tag(self) -> str:
        """What captions begin with."""
        return mark(self.simulated, "title")


def answers(
    incidents_path: str | Path | None = None,
    claims_path: str | Path | None = None,
    *,
    as_of: object,
    data_as_of: object = None,
    source: str = "auto",
    **options: Any,
) -> Answers:
    """Read data and claims and put the one to the other.

    Parameters
    ----------
    incidents_path : path or None
        None: the bundled simulated sample and its twin without the injected uptick.
    claims_path : path or None
        None: the article's.
    as_of : date
        Last day taken to be known: that of the article.
    data_as_of : date or None
        Last day the file knows about; default `as_of`.
    source : str
    **options
        As of :func:`analytics.claims.verdicts`.
    """
    last = as_of if data_as_of is None else data_as_of
    if incidents_path is None:
        data = {label: read_incidents(bundled_path(name), as_of=last) for label, name in _FILES.items()}
    else:
        data = {Path(incidents_path).name: read_incidents(incidents_path, source, as_of=last)}
    return Answers(read_claims(claims_path), data, as_of, **options)


def overview(found: Answers) -> ReportText:
    """Return one sentence a data set: how many claims came out how."""
    lines = [f"{label[0].upper()}{label[1:]}. {table.sentence()}" for label, table in found.tables.items()]
    return ReportText([*lines, next(iter(found.tables.values())).family + "."])


def data_words(found: Answers) -> ReportText:
    """Say what each data set is, and on which claims two of them lead to different verdicts."""
    said = [f"{label[0].upper()}{label[1:]}: {text}" for label, text in _told(found)]
    tables = list(found.tables.values())
    if len(tables) == 2:
        apart = [
            claim.id
            for claim in found.claims
            if _verdicts(tables[0], claim.id) != _verdicts(tables[1], claim.id)
        ]
        named = f": {', '.join(apart)}" if apart else ""
        said.append(
            f"{found.tag}the two lead to different verdicts on {len(apart)} of "
            f"{counted(len(list(found.claims)), 'claim')}{named}."
        )
    return ReportText(said)


def _told(found: Answers) -> list[tuple[str, str]]:
    return [(label, str(about(incidents)).replace("\n", " ")) for label, incidents in found.data.items()]


def _verdicts(table: VerdictTable, claim: str) -> list[str]:
    return [str(verdict) for verdict in table[claim]["verdict"]]


def claim_table(found: Answers, claim: str) -> ReportTable:
    """Return what each data set says to one claim; the reasons stand below."""
    parts, notes = [], []
    for label, table in found.tables.items():
        rows = table.summary()
        rows = rows[rows["claim"] == claim].assign(data=label)
        parts.append(rows)
        for row in rows.to_dict("records"):
            if row["why"]:
                why = str(row["why"]).removeprefix("simulated: ").rstrip(".")
                notes.append(f"{found.tag}{label}, {row['counted']}: {why}.")
    asked = next(iter(found.tables.values()))[claim]
    name = next((n for n in asked["estimate_name"] if n), "estimate")
    frame = pd.concat(parts, ignore_index=True)
    frame["estimate"] = [
        text.removeprefix(name).strip() for text in frame["estimate"]
    ]  # the name stands in the header
    window = frame["window"].iloc[0]
    return ReportTable(
        frame,
        columns=[
            Column("data", "Data"),
            Column("counted", "Counted"),
            Column("estimate", name[0].upper() + name[1:], align="right"),
            Column("95 % interval", "95 % interval", align="right"),
            Column("p", "p", align="right"),
            Column("verdict", "Verdict"),
            Column("could be seen", "Could be seen"),
        ],
        caption=asked["words"].iloc[0],
        notes=[
            f"{found.tag}{asked['regions'].iloc[0]}, {window}; {asked['test'].iloc[0]}.",
            *([f"What would support it: {told}"] if (told := found.claims[claim].supported_if) else []),
            *notes,
        ],
        label=f"tbl-{claim}",
        emphasise=[verdict.startswith(SUPPORTED) for verdict in frame["verdict"]],
    )


def dates_table(found: Answers, dates: Sequence[object]) -> ReportTable:
    """Return the verdicts if the article were of other dates."""
    parts = []
    for label, incidents in found.data.items():
        table = sensitivity_to_date(found.claims, incidents, dates=dates, **found.options)
        parts.append(_joined(table).assign(data=label))
    frame = pd.concat(parts, ignore_index=True)
    named = [name for name in frame.columns if name not in ("asked", "data")]
    last = max(str(incidents.as_of) for incidents in found.data.values())
    cut = [day for day in named if day > last]
    notes = [f"The data end on {last}: for {day} they are taken as of that day." for day in cut]
    return ReportTable(
        frame,
        columns=[
            Column("asked", "Claim"),
            Column("data", "Data"),
            *(Column(day, day) for day in named),
        ],
        caption=f"{found.tag}the verdicts if the article were of another date",
        notes=notes,
        label="tbl-dates",
    )


def _joined(table: pd.DataFrame) -> pd.DataFrame:
    """Put definitions of a claim whose verdicts are the same at every date into one row."""
    days = list(table.columns[2:])
    counted: dict[tuple[str, ...], list[str]] = {}
    for claim, name, *words in table.itertuples(index=False):
        counted.setdefault((claim, *words), []).append(name)
    rows = [(f"{claim}: {', '.join(names)}", *words) for (claim, *words), names in counted.items()]
    return pd.DataFrame(rows, columns=["asked", *days])


def trend_figure(found: Answers) -> ReportFigure:
    """Return the weekly counts of each data set."""
    import matplotlib.pyplot as plt

    number = len(found.data)
    figure, axes = plt.subplots(
        number, 1, figsize=(WIDTH, 0.6 + 1.7 * number), layout="constrained", sharex=True, squeeze=False
    )
    only = found.options.get("where")
    engaged = "activity in ('attack', 'clash')"
    for ax, (label, incidents) in zip(axes[:, 0], found.data.items(), strict=True):
        counts = count_incidents(
            incidents, "week", by=None, as_of=found.as_of, start=incidents.first_date,
            where=f"({only}) and {engaged}" if only else engaged,
        )  # fmt: skip
        recent = next(
            (a.result for a in found.tables[label].answers.values() if isinstance(a.result, UptickResult)),
            None,
        )
        plot_trend(counts, result=recent, periods=78, title=False, ax=ax)
        ax.set_title(label, loc="right", fontsize=8)
    tag = found.tag
    return report_figure(
        figure,
        caption=f"{tag}attacks and clashes per week, all regions",
        alt=f"{tag}one chart a data set of weekly attacks and clashes up to {found.as_of}",
        label="fig-trend",
    )


def ratio_figure(found: Answers) -> ReportFigure:
    """Return the ratios of all claims that have one."""
    tables: Mapping[str, VerdictTable] = found.tables
    ax = plot_claims(tables)
    return report_figure(
        _figure(ax),
        caption=f"{found.tag}the claims whose estimate is a ratio, with 95 % intervals",
        alt=f"{found.tag}points with intervals on a logarithmic axis, one row a claim, one mark a data set",
        label="fig-ratios",
    )


def contrast_figure(found: Answers, claim: str) -> ReportFigure | ReportText:
    """Return the contrast beside a causal claim, on the first data set; a sentence where there is none."""
    label, table = next(iter(found.tables.items()))
    if not any("contrast" in a.details for (name, _), a in table.answers.items() if name == claim):
        return ReportText([f"{found.tag}there is no contrast to show: {table[claim]['reason'].iloc[0]}."])
    ax = plot_contrast(table.details(claim, "contrast"), simulated=table.simulated)
    return report_figure(
        _figure(ax),
        caption=f"{found.tag}rate after over before, there over elsewhere, at each date ({label})",
        alt=f"{found.tag}the ratio at the date of the claim beside those at earlier dates",
        label=f"fig-{claim}",
    )


def published_figure() -> ReportFigure:
    """Return the published totals, the only real figures of the notebook, with their source and caveat."""
    table = published_quarters()
    return report_figure(
        _figure(plot_published(table)),
        caption="Published, not simulated: attacks by the Islamic State in Iraq per quarter",
        alt="Bars of published attacks per quarter: "
        + "; ".join(table["stated"])
        + ". Pale bars are totals of a year, spread over its quarters.",
        label="fig-published",
    )


def published_source() -> ReportText:
    """Return where the published totals come from, and their caveat."""
    table = published_quarters()
    stated = "; ".join(table["stated"])
    return ReportText([f"Source: {table['source'].iloc[0]}: {stated}.", f"{CAVEAT}."], kind="notice")


def _figure(ax: Any) -> Any:
    return ax.figure
