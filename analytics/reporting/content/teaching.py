"""What the notebooks that teach share: what a file is, pictures and tables with their mark, example files."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from analytics.bundled import bundled_path
from analytics.counts import Counts, count_incidents
from analytics.counts.places import DEPTHS, PLACE_LEVELS, read_places
from analytics.counts.questions import place_questions
from analytics.counts.reading import read_count_table
from analytics.incidents import Incidents, read_incidents
from analytics.reporting.elements.cards import ReportText
from analytics.reporting.elements.figures import ReportFigure, report_figure
from analytics.reporting.elements.tables import Column, ReportTable
from analytics.results.words import counted, mark, noun
from analytics.sources.columns import Columns
from analytics.sources.files import load
from analytics.sources.registry import find_source, layouts, recognise
from analytics.sources.wizard import propose_mapping

__all__ = [
    "EXAMPLES", "about", "examples_table", "level_words", "names_table", "picture", "proposed_mapping",
    "questions", "table", "what_is_installed",
]  # fmt: skip

SAMPLE, TWIN = "data/iraq_simulated.csv", "data/iraq_simulated_no_uptick.csv"
TRUTH = "data/iraq_simulated_truth.json"
EXAMPLES = ("ucdp.csv", "acled.csv", "gtd.csv", "sigact.csv", "hxl.csv", "office.xlsx", "weekly.csv")
_MOST = 20  # names of places in a table
EXTRAS = (
    ("reports as PDF and web page", "report", "typst"),
    ("Excel files", "excel", "openpyxl"),
    ("Parquet files", "parquet", "pyarrow"),
    ("several change points at once", "change", "ruptures"),
    ("pictures to point at", "interactive", "plotly"),
    ("dated deliveries in one file", "store", "duckdb"),
)
NOWHERE = "not placed: counted as unplaced"


class Marked(Protocol):
    """Whatever knows whether it is simulated."""

    @property
    def simulated(self) -> bool:
        """Whether it is."""


def picture(axes: Any, caption: str, alt: str, *, of: Marked, label: str = "") -> ReportFigure:
    """Return what a function of :mod:`analytics.plots` drew, with caption and description.

    Parameters
    ----------
    axes : Axes, several of them, or Figure
    caption, alt : str
        Both begin with the mark where the data are simulated.
    of : object with ``simulated``
        What is drawn.
    label : str
    """
    while not hasattr(axes, "savefig"):
        axes = axes.figure if hasattr(axes, "figure") else axes[0]
    tag = mark(of.simulated, "title")
    return report_figure(axes, caption=f"{tag}{caption}", alt=f"{tag}{alt}", label=label)


def table(frame: pd.DataFrame, caption: str, *, of: Marked, label: str = "") -> ReportTable:
    """Return a table with its caption, which begins with the mark where the data are simulated."""
    return ReportTable(frame, caption=f"{mark(of.simulated, 'title')}{caption}", label=label)


def about(incidents: Incidents) -> ReportText:
    """Say what a file is; of the bundled samples also what was put into them.

    Examples
    --------
    >>> print(about(read_incidents(bundled_path(TWIN), as_of="2020-04-19")))  # doctest: +ELLIPSIS
    5,097 SIMULATED incidents from SIMULATED incidents, Iraq by district, without the injected uptick ...
    No row of it is a real incident. Nothing was put in.
    """
    said = [f"{str(incidents).splitlines()[0]}."]
    if incidents.simulated:
        said.append(f"No row of it is a real incident.{_put_in(incidents.path)}")
    return ReportText(said)


def _put_in(path: Path | None) -> str:
    if path is None:
        return ""
    if path == bundled_path(TWIN):
        return " Nothing was put in."
    if path != bundled_path(SAMPLE):
        return ""
    truth = json.loads(bundled_path(TRUTH).read_text(encoding="utf-8"))["uptick"]
    places = sorted(truth["by_governorate"].items(), key=lambda place: -place[1]["injected"])
    most, here = places[0]
    return (
        f" {truth['injected']} incidents were put in, {truth['window']}, {here['injected']} of them in "
        f"{most}; {truth['injected_in_file']} had been reported by the file's last day."
    )


def level_words(counts: Counts, alpha: float = 0.05, weeks: int = 52) -> ReportText:
    """Say how often a test at a level would err, if every region were put to it every week.

    Examples
    --------
    >>> print(level_words(Counts.from_array([[1, 2]], start="2020-04-13", freq="week")))
    2 regions looked at every week are 104 looks a year. A test at 5 % that keeps its level may be wrong in
    5.2 of them: 0.10 false alarms a week.
    """
    regions = len(counts.regions)
    looks, tag = regions * weeks, mark(counts.simulated)
    head = f"{tag}{counted(regions, 'region')} looked at every week are {looks:,} looks a year."
    wrong = (
        f"A test at {100 * alpha:g} % that keeps its level may be wrong in {alpha * looks:.1f} of them: "
        f"{alpha * regions:.2f} false alarms a week."
    )
    return ReportText([f"{head} {wrong}"])


def proposed_mapping(path: str | Path) -> str:
    """Return the mapping that a file seems to want, as ``uptick check FILE --write-mapping`` writes it."""
    return propose_mapping(load(path, layouts=layouts())).text


def questions(incidents: Incidents) -> ReportText:
    """Return what the names of places leave to the reader, or that they leave nothing."""
    asked = place_questions(incidents)
    tag = mark(incidents.simulated, "title")
    return ReportText([f"{tag}{text}" for text in asked] or [f"{tag}the names of places leave no question."])


def names_table(incidents: Incidents, by: str = "admin1") -> ReportTable:
    """Return every spelling of a place in the file, with the region it is counted in.

    Parameters
    ----------
    incidents : Incidents
    by : {"country", "admin1", "admin2"}
    """
    found = incidents.distinct(*PLACE_LEVELS[: DEPTHS[by]])
    places = read_places(found.values, found.rows)
    frame = pd.DataFrame(
        {
            "written": [path[-1] or "(blank)" for path in found.values],
            "rows": found.rows,
            "counted": [NOWHERE if at < 0 else places.labels[at] for at in places.placed],
        }
    )
    frame = frame.groupby(["written", "counted"], sort=False)[["rows"]].sum().reset_index()
    frame = frame.sort_values(["counted", "rows"], ascending=[True, False], kind="stable")
    strange = frame["counted"] == NOWHERE
    frame = pd.concat([frame[strange], frame[~strange]])
    left = len(frame) - _MOST
    return ReportTable(
        frame.head(_MOST),
        columns=[
            Column("written", "Written in the file"),
            Column("rows", "Rows", format="integer"),
            Column("counted", "Counted in"),
        ],
        caption=f"{mark(incidents.simulated, 'title')}{noun(len(frame), 'spelling')} of {by}",
        notes=[f"{left} more are not shown."] if left > 0 else [],
        label="tbl-names",
    )


def examples_table(as_of: str) -> ReportTable:
    """Return what each bundled example becomes: rows read and kept, and the weekly series of its regions.

    Parameters
    ----------
    as_of : str
    """
    rows, simulated = [], False
    for name in EXAMPLES:
        path = bundled_path(f"data/examples/{name}")
        if name == "weekly.csv":
            told = read_count_table(path, as_of=as_of)
            counts, source, what = told.counts(()), "counts", "what its maker counted"
            account = told.accounting
        else:
            mapping = path.with_suffix(".toml")
            incidents = read_incidents(path, as_of=as_of, mapping=mapping if mapping.is_file() else None)
            counts = count_incidents(incidents, freq="week", by="admin1")
            source = recognise(Columns(load(path, layouts=layouts()))).name
            what, account = _counts(source), incidents.accounting
        simulated |= counts.simulated
        series = counts.to_frame()
        said = {
            region: " ".join(f"{n}" for n in series[region])
            for region in counts.regions
            if series[region].sum()
        }
        rows.append(
            {
                "file": name,
                "taken for": source,
                "counts": what,
                "read": account.rows_read,
                "kept": account.kept,
            }
            | said
        )
    frame = pd.DataFrame(rows)
    return ReportTable(
        frame,
        caption=f"{mark(simulated, 'title')}each kind of file as weekly series, {as_of} being the last day",
        label="tbl-kinds",
    )


def _counts(source: str) -> str:
    return "one row, one incident" if source == "table" else find_source(source).counts


def what_is_installed() -> ReportTable:
    """Return which extras are there, and what is left out without them."""
    rows = [
        {"for": what, "extra": extra, "there": "yes" if find_spec(package) else f"no: pip install {package}"}
        for what, extra, package in EXTRAS
    ]
    return ReportTable(pd.DataFrame(rows), caption="What is installed here", label="tbl-installed")
