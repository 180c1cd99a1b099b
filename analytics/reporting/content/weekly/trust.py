"""What the page on trust says: how late reports come, where nothing is covered, where every row went."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analytics.counts.count_table import CountTable
from analytics.periods import as_day
from analytics.plots.fonts import drawable
from analytics.reporting.content.weekly.issue import Changes
from analytics.reporting.content.weekly.numbers import WeeklyNumbers
from analytics.reporting.content.weekly.request import MEASURED, ReportRequest
from analytics.reporting.elements.tables import Column, ReportTable
from analytics.results import counted
from analytics.results.words import noun

__all__ = ["TrustPage", "trust_page"]

LATE = "date after as_of"
_FAULTS = 6  # rows shown with what stood there
_WEEKS = 4


@dataclass(frozen=True)
class TrustPage:
    """How far the figures can be trusted.

    Attributes
    ----------
    completeness, delay, coverage, revisions, sources : str
        One paragraph each: what is known, or that it is not.
    completeness_known, delay_known, gaps : bool
        Whether there is something to be drawn.
    account : ReportTable
        Where every row went, faults apart from what lies after the cut-off.
    faults : ReportTable or None
        The first rows with a fault; None where there is none.
    notes : tuple of str
        Everything that reading, counting and testing noted, once each.
    """

    completeness: str
    delay: str
    coverage: str
    revisions: str
    sources: str
    completeness_known: bool
    delay_known: bool
    gaps: bool
    account: ReportTable
    faults: ReportTable | None
    notes: tuple[str, ...]


def trust_page(numbers: WeeklyNumbers, changes: Changes | None = None) -> TrustPage:
    """Return what is known of delay, coverage, revisions, sources and rows.

    Parameters
    ----------
    numbers : WeeklyNumbers
    changes : Changes, optional
        What has changed since an earlier issue.
    """
    reported = not isinstance(numbers.incidents, CountTable) and bool(
        numbers.incidents.frame["reported_on"].notna().any()
    )
    share = numbers.result.completeness
    how = (
        f"{100 * share:.0f} % of the window's incidents are taken to be reported{_basis(numbers)}."
        if share is not None
        else "How much of the recent days is reported is not known: late reports can only raise its "
        "counts, so an "
        "uptick stands, and “no large rise” is said only with how many reports could still change it."
    )
    lost = int((~numbers.counts.coverage).sum())
    days = numbers.counts.coverage.size
    covered = "Every region was covered on every day counted."
    if lost:
        gaps = [str(gap) for gap in (*numbers.incidents.no_coverage, *numbers.request.no_coverage)]
        named = f": {', '.join(gaps[:4])}" if gaps else ""
        covered = f"{lost:,} of {days:,} region-days have no coverage{named}. They are no data, not zeros."
    return TrustPage(
        completeness=how,
        delay=""
        if reported
        else "How late reports come is not known: no incident states the day of its report.",
        coverage=covered,
        revisions=_revisions(numbers, changes),
        sources=_sources(numbers),
        completeness_known=numbers.counts.completeness is not None and share is not None,
        delay_known=reported,
        gaps=bool(lost),
        account=_account(numbers),
        faults=_faults(numbers),
        notes=_notes(numbers),
    )


def _basis(numbers: WeeklyNumbers) -> str:
    """Return what a measured share rests on; a stated one says nothing of it."""
    known = numbers.counts.completeness
    return f", {known.basis}" if numbers.request.completeness == MEASURED and known is not None else ""


def _revisions(numbers: WeeklyNumbers, changes: Changes | None) -> str:
    if changes is not None:
        return " ".join(changes.revised)
    if numbers.request.store is not None:
        return _delivered(numbers.request)
    return "What has been revised since the last issue is not known: its notebook was not given (--previous)."


def _delivered(request: ReportRequest) -> str:
    """Return what the last delivery to the store changed, by the day whose knowledge is taken."""
    from analytics.store import Store  # loads the database

    day = as_day(request.as_of if request.known_on is None else request.known_on, "known_on")
    source = None if request.source == "auto" else request.source
    last = [made for made in Store(str(request.store)).deliveries(source) if made.day <= day][-1]
    return (
        f"The last delivery, known on {last.day}, added {last.added:,} incidents, changed "
        f"{last.changed:,} and deleted {last.deleted:,}."
    )


def _sources(numbers: WeeklyNumbers) -> str:
    rows = numbers.counted
    if rows is None or rows["source_name"].isna().all():
        return "Who reported the incidents is not stated, so the number of sources a week is not known."
    day = rows["day"].to_numpy().astype("datetime64[D]")
    ago = (numbers.week.end - day).astype(int) // 7
    names = rows["source_name"]
    a_week = [names[ago == week].nunique() for week in range(_WEEKS)]
    now = names[ago == 0].dropna()
    if now.empty:
        return f"No source is stated this week; {counted(names.nunique(), 'source')} in the whole file."
    top = now.value_counts().iloc[0] / len(now)
    before = ", ".join(str(n) for n in a_week[1:])
    return (
        f"{counted(a_week[0], 'source')} {noun(a_week[0], 'reports', 'report')} this week's incidents "
        f"({before} in the weeks before); the largest has {100 * top:.0f} % of them."
    )


def _account(numbers: WeeklyNumbers) -> ReportTable:
    read, placed = numbers.incidents.accounting, numbers.placed
    of_counts = isinstance(numbers.incidents, CountTable)  # rows that hold incidents, and are none
    faults = {reason: n for reason, n in read.set_aside.items() if reason != LATE}
    late = read.set_aside.get(LATE, 0)
    rows: list[tuple[str, str, int]] = [("Reading", "rows read", read.rows_read)]
    rows += [("", f"set aside for a fault: {reason}", n) for reason, n in faults.items()]
    rows += [] if faults else [("", "set aside for a fault", 0)]
    rows += [("", "after the cut-off, nothing wrong with them", late)] if late else []
    rows += [("", "superseded by a later version", read.superseded)] if read.superseded else []
    rows.append(("", "kept as counts" if of_counts else "kept as incidents", read.kept))
    parts = [(name, n) for name, n in placed.parts() if n or name == "in the grid"]
    rows += [("Counting" if i == 0 else "", _capped(name), n) for i, (name, n) in enumerate(parts)]
    rows += [] if of_counts else [("", "of the kept, dated to a span longer than a week", placed.long_spans)]
    rows += [("Flags" if i == 0 else "", name, n) for i, (name, n) in enumerate(read.flags.items())]
    more = f" + {read.superseded:,} superseded" if read.superseded else ""
    total = sum(read.set_aside.values())
    caption = f"{read.rows_read:,} rows read = {read.kept:,} kept + {total:,} set aside{more}"
    if not of_counts:
        caption += f"; kept = {placed.grid:,} counted + {placed.kept - placed.grid:,} elsewhere"
    return ReportTable(
        pd.DataFrame(rows, columns=["step", "what", "rows"]),
        columns=[Column("step", "Step"), Column("what", "Rows"), Column("rows", "Number", format="integer")],
        caption=caption,
        label="tbl-accounting",
    )


def _faults(numbers: WeeklyNumbers) -> ReportTable | None:
    aside = numbers.incidents.quarantine
    faults = aside[aside["reason"] != LATE]
    if faults.empty:
        return None
    shown = faults.head(_FAULTS)
    more = f"; the first {len(shown)} here" if len(shown) < len(faults) else ""
    return ReportTable(
        shown.assign(detail=shown["detail"].map(lambda text: _capped(text, 90))),
        columns=[
            Column("row", "Row", format="integer"),
            Column("reason", "Reason"),
            Column("detail", "What stood there", width="1fr"),
        ],
        caption=f"{counted(len(faults), 'row')} with a fault, none lost{more}",
        notes=("Row numbers count records of the file, the header as 1. uptick check FILE lists them all.",),
        label="tbl-quarantine",
    )


def _notes(numbers: WeeklyNumbers) -> tuple[str, ...]:
    gaps = [f"no coverage: {gap}" for gap in (*numbers.incidents.no_coverage, *numbers.request.no_coverage)]
    made = [*gaps, *numbers.incidents.notes, *numbers.result.notes, *_coded(numbers)]
    return tuple(f"{text[0].upper()}{text[1:]}." for text in dict.fromkeys(made))


def _coded(numbers: WeeklyNumbers) -> list[str]:
    """Return a note where names hold characters that no font of the report has."""
    coded = [name for name in numbers.counts.regions if drawable(name) != name]
    if not coded:
        return []
    return [f"characters that no font here holds are written as their codes: {drawable(coded[0])}"]


def _capped(text: str, most: int = 110) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
