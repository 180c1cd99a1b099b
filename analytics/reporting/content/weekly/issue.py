"""What an issue keeps of itself, and what has changed since an earlier one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analytics._limits import parsed
from analytics.errors import HistoryError, InputError
from analytics.files import read_whole
from analytics.periods import DAY
from analytics.reporting.content.weekly.kept import MIME
from analytics.reporting.content.weekly.numbers import RECENT, WeeklyCounts, WeeklyNumbers
from analytics.results import SUPPORTED, counted, listed
from analytics.results.uptick import UptickResult
from analytics.results.words_days import length_words

__all__ = ["Changes", "Issue", "changes_since", "check_issue", "issue_of", "read_issue"]


@dataclass(frozen=True)
class Issue:
    """What an earlier issue said.

    Attributes
    ----------
    label, issue, as_of, week_end : str
    sha256 : str
        Of the file it was made from.
    observed, usual : mapping
        Region to its window's incidents, and to what was usual.
    grades : mapping
    simulated : bool
    """

    label: str
    issue: str
    as_of: str
    week_end: str
    sha256: str
    observed: Mapping[str, float]
    usual: Mapping[str, float]
    grades: Mapping[str, str]
    simulated: bool = False

    @property
    def called(self) -> tuple[str, ...]:
        """The regions it called in uptick."""
        return tuple(name for name, grade in self.grades.items() if grade == "uptick")

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return f"issue {self.issue}" if self.issue else f"the report of {self.label}"


@dataclass(frozen=True)
class Changes:
    """What today's file says of an earlier issue's window.

    Attributes
    ----------
    corrections : tuple of str
        Upticks that would not be called now, and those that would have been.
    revised : tuple of str
        How many incidents were added and taken away since.
    now : UptickResult or None
        The same test of that window, on today's file; None where it lies outside the counts.
    """

    corrections: tuple[str, ...]
    revised: tuple[str, ...]
    now: UptickResult | None


def issue_of(record: Mapping[str, Any]) -> Issue:
    """Return what an issue said, from the record its notebook keeps."""
    regions = record["regions"]
    return Issue(
        label=record["week"]["label"],
        issue=record["issue"] or "",
        as_of=record["as_of"],
        week_end=record["week"]["end"],
        sha256=record["input"]["sha256"] or "",
        observed={row["region"]: row["observed"] for row in regions if row["observed"] is not None},
        usual={row["region"]: row["expected"] for row in regions if row["expected"] is not None},
        grades={row["region"]: row["grade"] for row in regions},
        simulated=bool(record.get("simulated", False)),
    )


def read_issue(path: str | Path | None) -> Issue | None:
    """Return what an earlier issue said, from the notebook or the JSON file kept beside its PDF.

    Raises
    ------
    InputError
        If the file cannot be read, or holds no issue.
    """
    if path is None:
        return None
    try:
        held = parsed(json.loads, read_whole(Path(path)).decode("utf-8"))
        if "cells" in held:
            outputs = [output for cell in held["cells"] for output in cell.get("outputs", ())]
            held = next(output["data"][MIME] for output in outputs if MIME in output.get("data", {}))
        return issue_of(held)
    except OSError as error:
        found = error.strerror or "an error"
    except (ValueError, KeyError, TypeError, StopIteration, AttributeError, RecursionError):
        found = "no weekly report, or one of an earlier version"
    raise InputError(
        "the earlier issue cannot be read",
        expected="the notebook kept beside its PDF, or its JSON",
        found=found,
        where=str(path),
    )


def check_issue(path: str | Path | None, scope: WeeklyCounts) -> None:
    """Raise an error if an earlier issue cannot be one of the report on these counts.

    Raises
    ------
    InputError
        If the file cannot be read, holds no issue, or one of other regions or of the other kind of data.
    """
    before = read_issue(path)
    if before is None:
        return
    named = list(before.grades)
    regions = scope.counts.regions
    if not set(named) & set(regions):
        raise InputError(
            "the earlier issue is about other regions",
            expected=f"an issue of {listed(list(regions), 3)}",
            found=listed(named, 3) or "no region",
            where=str(path),
            todo="give the issue before this one, or leave previous (--previous) out",
        )
    if before.simulated != scope.simulated:
        kinds = {True: "simulated data", False: "data that are not simulated"}
        raise InputError(
            "the earlier issue is of another kind of data",
            expected=kinds[scope.simulated],
            found=kinds[before.simulated],
            where=str(path),
        )


def changes_since(numbers: WeeklyNumbers, before: Issue) -> Changes:
    """Return what today's file says of an earlier issue's window."""
    from analytics.upticks import uptick_test

    window = length_words(RECENT)
    day = np.datetime64(before.week_end)
    outside = f"The window of {before.name} lies outside these counts, so nothing is said of it."
    if not numbers.counts.starts[0] + RECENT * DAY <= day <= numbers.counts.as_of:
        return Changes((), (outside,), None)
    try:
        now = uptick_test(numbers.counts.until(day), recent=RECENT)
    except HistoryError:
        return Changes((), (outside,), None)
    rows = now.frame.set_index("region")
    observed = rows["observed"].to_dict()
    shared = [name for name in before.observed if name in observed and observed[name] == observed[name]]
    moved = {name: int(observed[name] - before.observed[name]) for name in shared}
    up = {name for name in rows.index if rows.loc[name, "verdict"] == SUPPORTED}
    said = [
        f"{name}'s uptick of {before.name} is withdrawn: {_moved(moved[name], window)}."
        for name in before.called
        if name in moved and name not in up
    ]
    said += [
        f"{name} would have been in uptick in {before.name}: {_moved(moved[name], window)}."
        for name in sorted(up - set(before.called))
        if name in moved
    ]
    more, fewer = (sum(abs(n) for n in moved.values() if (n > 0) == up_) for up_ in (True, False))
    revised = f"Since {before.name} {counted(more, 'incident')} came to its {window} and {fewer:,} went."
    if before.sha256 and before.sha256 == numbers.incidents.digest:
        revised += " The file is the same."
    return Changes(tuple(said), (revised,), now)


def _moved(change: int, window: str) -> str:
    if not change:
        return f"its {window} is unchanged, its past or other regions are not"
    return f"{counted(abs(change), 'incident')} {'more' if change > 0 else 'fewer'} in its {window} now"
