"""Several rows of one incident: which version counts, as known on a day."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics._typing import BoolArray

__all__ = ["LOADED", "current_versions", "loaded_at_once", "reported_after", "version_note", "version_notes"]

LOADED = "if that is when the rows were loaded, --no-report-days (report_days=False)"
_SEVERAL = 3  # rows, and days of incidents, from which one day of report for all is asked about


def current_versions(frame: pd.DataFrame, day: np.datetime64 | None) -> BoolArray:
    """Return which rows are the version of their incident that was current on a day.

    A version is known from its `updated_at` on, without it from its `reported_on` on, and without either
    always. Of those known on the day the one with the largest `updated_at` is current; where a version of the
    incident has none, or two are equal, the later row. Where none was known yet, the first one stands.

    Parameters
    ----------
    frame : DataFrame
        Canonical incidents with their `row`.
    day : datetime64[D] or None
        None: everything in the file is known.

    Examples
    --------
    >>> rows = pd.DataFrame({"incident_id": ["a", "b", "a"], "row": [2, 3, 4]})
    >>> rows["updated_at"] = pd.to_datetime(["2020-04-14", None, "2020-04-26"])
    >>> rows["reported_on"] = pd.NaT
    >>> current_versions(rows, None).tolist()
    [False, True, True]
    >>> current_versions(rows, np.datetime64("2020-04-19")).tolist()
    [True, True, False]
    """
    current = np.ones(len(frame), dtype=bool)
    at = _repeated(frame)
    if not len(at):
        return current
    some = frame[["incident_id", "updated_at", "reported_on", "row"]].iloc[at].reset_index(drop=True)
    since = some["updated_at"].fillna(some["reported_on"]).to_numpy().astype("datetime64[D]")
    known = np.ones(len(at), dtype=bool) if day is None else np.isnat(since) | (since <= day)
    updated = some["updated_at"].where(_all_dated(some)).fillna(pd.Timestamp(0))
    order = some.assign(updated=updated, known=known).sort_values(["updated", "row"], kind="stable")
    known_at_all = order["known"].groupby(order["incident_id"]).transform("any")
    last = order[order["known"]].drop_duplicates("incident_id", keep="last").index
    first = order[~known_at_all].drop_duplicates("incident_id", keep="first").index
    current[at] = False
    current[at[last.append(first)]] = True
    return current


def version_notes(frame: pd.DataFrame) -> tuple[str, ...]:
    """Say how many rows were replaced, and what decided."""
    at = _repeated(frame)
    if not len(at):
        return ()
    some = frame.iloc[at]
    replaced = len(at) - some["incident_id"].nunique()
    tied = some.duplicated(["incident_id", "updated_at"], keep=False) | ~_all_dated(some)
    undecided = int(tied.sum()) - some["incident_id"][tied].nunique()
    return (version_note(replaced, undecided),)


def version_note(replaced: int, undecided: int, *, ordered: bool = True) -> str:
    """Say how many rows were replaced, and of how many no time of change told which is the later one."""
    what = "row is another version" if replaced == 1 else "rows are other versions"
    note = f"{replaced:,} {what} of an incident that is kept: the largest updated_at counts"
    if not undecided:
        return note
    return (
        f"{note}; in {undecided:,}, where updated_at does not tell, "
        f"{'the later row' if ordered else 'the one whose text is larger'}"
    )


def reported_after(frame: pd.DataFrame, day: np.datetime64) -> BoolArray:
    """Return which incidents were reported after a day; a day of report that is not known is none."""
    reported = frame["reported_on"].to_numpy()
    if np.isnat(reported).all():
        return np.zeros(len(frame), dtype=bool)
    return np.asarray(reported.astype("datetime64[D]") > day)


def _repeated(frame: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.flatnonzero(frame["incident_id"].duplicated(keep=False).to_numpy(dtype=bool))


def _all_dated(frame: pd.DataFrame) -> pd.Series:
    """Whether every version of a row's incident has a time of change."""
    dated: pd.Series = frame["updated_at"].notna().groupby(frame["incident_id"]).transform("all")
    return dated


def loaded_at_once(frame: pd.DataFrame, extracted: np.datetime64 | None) -> list[str]:
    """Ask whether the days of report are the day the rows were loaded.

    They may be where all are one day, or none is before the day the file was drawn.
    """
    reported = frame["reported_on"].dropna().to_numpy().astype("datetime64[D]")
    if reported.size < _SEVERAL or frame["date_start"].dt.normalize().nunique() < _SEVERAL:
        return []
    first = reported.min()
    if first == reported.max():
        found = str(first)
    elif extracted is not None and first >= extracted:
        found = f"{first} or later, and the file was drawn on {extracted}"
    else:
        return []
    return [f"all {reported.size:,} days of report are {found}: {LOADED}"]
