"""Pairs of rows that a person has accepted as one incident: one of the two is set aside, with the reason.

The table is what ``uptick duplicates FILE -o pairs.csv`` writes, with *yes* or *no* in the column ``accept``.
Nothing is set aside that nobody has accepted, and of each incident one row stays.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from analytics._text import inert
from analytics._typing import BoolArray, IntArray
from analytics.errors import InputError
from analytics.incidents.incidents import Incidents
from analytics.incidents.versions import reported_after
from analytics.results.words import counted
from analytics.sources.files import load

__all__ = [
    "ACROSS",
    "REASON",
    "WITHIN",
    "AcceptedPairs",
    "read_accepted",
    "row_checks",
    "set_aside_accepted",
    "set_rows_aside",
]

REASON = "the same incident as another row, accepted"
WITHIN, ACROSS = "one source", "two sources"
_NEEDED = ("accept", "kind", "keep", "incident_id_a", "incident_id_b", "check_a", "check_b")
_CHECKED = (
    "date_start", "date_end", "date_precision", "country", "admin1", "admin2", "place", "latitude",
    "longitude", "fatalities",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class AcceptedPairs:
    """What a person has said of pairs of rows.

    Attributes
    ----------
    frame : DataFrame
        The pairs accepted: `kind`, `keep` (a or b), `incident_id_a`, `incident_id_b`, `check_a`, `check_b`,
        `row` (in the file).
    refused, open : int
        Pairs with no, and without an answer.
    title, digest : str
        The file's name and SHA-256.
    """

    frame: pd.DataFrame
    refused: int
    open: int
    title: str
    digest: str


def row_checks(frame: pd.DataFrame) -> pd.Series:
    """Return a mark of each incident's day, place and fatalities: another one, once these have changed.

    Examples
    --------
    >>> from analytics import read_incidents
    >>> rows = read_incidents(pd.DataFrame({"date": ["2020-04-13"] * 2, "province": ["Diyala"] * 2}))
    >>> marks = row_checks(rows.frame)
    >>> marks.str.len().tolist(), marks[0] == marks[1]
    ([11, 11], True)
    """
    cells = frame[list(_CHECKED)].astype(object)
    texts = cells.where(frame[list(_CHECKED)].notna(), None).to_numpy()
    marks = [hashlib.sha256(repr([str(c) for c in row]).encode()).hexdigest()[:10] for row in texts]
    return pd.Series([f"k{mark}" for mark in marks], index=frame.index, dtype="str")  # k: never a number


def read_accepted(pairs: str | Path | pd.DataFrame | AcceptedPairs) -> AcceptedPairs:
    """Read the pairs that a person has accepted, from CSV or a workbook.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, or an answer is neither yes nor no.

    Examples
    --------
    >>> columns = ("accept", "kind", "keep", "incident_id_a", "incident_id_b", "check_a", "check_b")
    >>> table = pd.DataFrame([("yes", "one source", "a", "1", "2", "k1", "k2")], columns=columns)
    >>> len(read_accepted(table).frame), read_accepted(table).refused
    (1, 0)
    """
    if isinstance(pairs, AcceptedPairs):
        return pairs
    if isinstance(pairs, pd.DataFrame):
        pairs = pairs[[name for name in _NEEDED if name in pairs.columns]]
    raw = load(pairs, na="text")
    title = raw.path.name if raw.path else "the table of pairs"
    frame = raw.frame.apply(lambda column: column.str.strip())
    absent = [name for name in _NEEDED if name not in frame.columns]
    if absent:
        raise InputError(
            f"{title} is no table of pairs",
            expected=f"the columns {', '.join(_NEEDED)}, as uptick duplicates writes them",
            found=f"no {', '.join(absent)}",
            where=raw.name,
        )
    answer, keep = frame["accept"].str.casefold(), frame["keep"].str.casefold().replace("", "a")
    for name, given, known in (
        ("accept", answer, ("yes", "no", "")),
        ("keep", keep, ("a", "b")),
        ("kind", frame["kind"], (WITHIN, ACROSS)),
    ):
        wrong = np.flatnonzero(~given.isin(known))
        if len(wrong):
            raise InputError(
                f"{name} of a pair cannot be used",
                expected=", ".join(word or "nothing (not decided)" for word in known),
                found=repr(frame[name].iloc[wrong[0]])[:80],
                where=f"{title}, row {raw.rows[wrong[0]]}",
            )
    table = frame[list(_NEEDED)].assign(accept=answer, keep=keep, row=raw.rows)
    yes = table[answer == "yes"].drop(columns="accept").reset_index(drop=True)
    return AcceptedPairs(
        yes, int((answer == "no").sum()), int((answer == "").sum()), title, raw.digest or _digest(table)
    )


def _digest(table: pd.DataFrame) -> str:
    return hashlib.sha256(table.to_csv(index=False).encode()).hexdigest()


def set_aside_accepted(
    incidents: Incidents, pairs: str | Path | pd.DataFrame | AcceptedPairs | None
) -> Incidents:
    """Return the incidents without those that are accepted as another row's incident; None leaves them all.

    Of a pair ``keep`` stays (the first unless stated) and the other row goes to the quarantine with its
    earlier versions. A pair of two sources leaves both: neither source's own count is changed by what another
    one holds. A pair of which a row has changed since it was looked at, or is not in the file, is not used,
    and a note says how many.

    Raises
    ------
    InputError
        If the table cannot be used, or no row of an incident would stay.

    Examples
    --------
    >>> from analytics import read_incidents
    >>> rows = {"id": ["1", "2"], "date": ["2020-04-13"] * 2, "province": ["Diyala"] * 2}
    >>> incidents = read_incidents(pd.DataFrame(rows))
    >>> one, two = row_checks(incidents.frame)
    >>> columns = ("accept", "kind", "keep", "incident_id_a", "incident_id_b", "check_a", "check_b")
    >>> table = pd.DataFrame([("yes", "one source", "a", "1", "2", one, two)], columns=columns)
    >>> print(set_aside_accepted(incidents, table).accounting)
    rows read 2 = kept 1 + set aside 1
      set aside, the same incident as another row, accepted: 1
    """
    if pairs is None:
        return incidents
    accepted = read_accepted(pairs)
    within = accepted.frame[accepted.frame["kind"] == WITHIN]
    gone, stays, absent, changed = _decided(incidents, within)
    notes = _notes(accepted, len(set(gone)), absent, changed, len(accepted.frame) - len(within))
    frame = incidents.frame
    told: dict[str, str] = {}
    for row, other in zip(gone, stays, strict=True):
        one = f"the same incident as {frame['incident_id'].iloc[other]!r} (row {frame['row'].iloc[other]})"
        told.setdefault(str(frame["incident_id"].iloc[row]), f"{one}, accepted in {accepted.title}")
    made = set_rows_aside(incidents, told) if told else incidents
    also = (*incidents.also, (accepted.title, accepted.digest))
    return replace(made, also=also, notes=(*incidents.notes, *notes))


def _decided(incidents: Incidents, within: pd.DataFrame) -> tuple[list[int], list[int], int, int]:
    """Return positions of the rows that go and of those they are one with; pairs absent, pairs changed.

    A row that was reported only after ``as_of`` takes the place of none that was known by then.
    """
    frame, day = incidents.frame, incidents.as_of
    late = np.zeros(len(frame), dtype=bool) if day is None else reported_after(frame, day)
    ids = pd.Series(np.arange(len(frame)), index=frame["incident_id"].map(inert).to_numpy())
    first = within["keep"] == "a"
    keep = within["incident_id_a"].where(first, within["incident_id_b"])
    drop = within["incident_id_b"].where(first, within["incident_id_a"])
    at_keep, at_drop = (ids.reindex(names).to_numpy(dtype=float, na_value=np.nan) for names in (keep, drop))
    there = np.isfinite(at_keep) & np.isfinite(at_drop)
    there[there] = ~(late[at_keep[there].astype(int)] & ~late[at_drop[there].astype(int)])
    rows = within[there].reset_index(drop=True)
    stays, gone = at_keep[there].astype(int), at_drop[there].astype(int)
    used = np.unique(np.concatenate([stays, gone]))
    marks = pd.Series(row_checks(frame.iloc[used]).to_numpy(), index=used)
    a, b = (np.where(first[there], *two) for two in ((stays, gone), (gone, stays)))
    same = (marks.reindex(a).to_numpy() == rows["check_a"]) & (marks.reindex(b).to_numpy() == rows["check_b"])
    same = same.to_numpy(dtype=bool)
    gone, stays = gone[same], stays[same]
    _check_one_stays(frame, gone, stays)
    return list(map(int, gone)), list(map(int, stays)), int((~there).sum()), int((~same).sum())


def _check_one_stays(frame: pd.DataFrame, gone: IntArray, stays: IntArray) -> None:
    """Raise an error where every row of an incident would go: each one because of another."""
    kept_by = dict(zip(gone.tolist(), stays.tolist(), strict=True))
    several: dict[int, set[int]] = {}
    for row, other in zip(gone.tolist(), stays.tolist(), strict=True):
        several.setdefault(row, set()).add(other)
    safe: set[int] = set(stays.tolist()) - set(kept_by)
    while True:
        more = {row for row, others in several.items() if row not in safe and others & safe}
        if not more:
            break
        safe |= more
    lost = sorted(set(several) - safe)
    if lost:
        names = frame["incident_id"].iloc[lost].tolist()
        raise InputError(
            "no row of an incident would stay",
            expected="of the rows that are accepted as one incident one that is kept",
            found=f"each of {', '.join(map(repr, names[:4]))} gives way to another",
            todo="look at the column keep of these pairs",
        )


def set_rows_aside(incidents: Incidents, told: Mapping[str, str]) -> Incidents:
    """Return the incidents without some, which go to the quarantine with their earlier versions.

    Parameters
    ----------
    incidents : Incidents
    told : mapping
        Identifier to what the quarantine says of it.
    """
    frame, extra = incidents.frame, incidents.extra
    aside = frame["incident_id"].isin(told).to_numpy(dtype=bool)
    parts = [_quarantined(frame, extra, aside, told)]
    versions, beside = incidents.versions, incidents.versions_extra
    if versions is not None and beside is not None:
        earlier = versions["incident_id"].isin(told).to_numpy(dtype=bool)
        parts.append(_quarantined(versions, beside, earlier, told))
        versions, beside = (t[~earlier].reset_index(drop=True) for t in (versions, beside))
    rows = pd.concat([incidents.quarantine, *parts], ignore_index=True)
    frame, extra = (t[~aside].reset_index(drop=True) for t in (frame, extra))
    account = incidents.accounting
    number = sum(map(len, parts))
    flags = frame["flags"].str.split("; ").explode().value_counts()
    late = 0 if incidents.as_of is None else int(reported_after(frame, incidents.as_of).sum())
    made = replace(
        account,
        kept=len(frame),
        set_aside={**account.set_aside, REASON: number},
        flags={name: int(flags[name]) for name in account.flags if name in flags.index},
        superseded=0 if versions is None else len(versions),
        reported_later=late,
    )
    return replace(
        incidents,
        frame=frame,
        extra=extra,
        quarantine=rows,
        accounting=made,
        versions=versions,
        versions_extra=beside,
    )


def _quarantined(
    frame: pd.DataFrame, extra: pd.DataFrame, rows: BoolArray, told: Mapping[str, str]
) -> pd.DataFrame:
    some = pd.concat([frame[rows].drop(columns=["row", "flags"]), extra[rows]], axis=1)
    originals = [
        json.dumps({str(k): str(v) for k, v in row.items() if pd.notna(v)}, ensure_ascii=False)
        for row in some.to_dict(orient="records")
    ]
    return pd.DataFrame(
        {
            "row": frame["row"][rows].to_numpy(),
            "reason": pd.Series([REASON] * len(some), dtype="str"),
            "detail": pd.Series([told[str(name)] for name in frame["incident_id"][rows]], dtype="str"),
            "original": pd.Series(originals, dtype="str"),
        }
    )


def _notes(accepted: AcceptedPairs, gone: int, absent: int, changed: int, across: int) -> tuple[str, ...]:
    own = f"{accepted.title} (SHA-256 {accepted.digest[:12]})"
    notes = [
        f"{counted(gone, 'incident')} set aside as told twice, by {own}; with them the counts were higher"
    ]
    if absent:
        notes.append(
            f"{counted(absent, 'accepted pair')} of {own} not used: not both rows are in these data, or are "
            "known yet"
        )
    if changed:
        what = "day, place or fatalities of a row have changed since"
        notes.append(f"{counted(changed, 'accepted pair')} of {own} not used: {what}; look at them again")
    if across:
        what = "neither source's count is changed by what the other holds"
        notes.append(f"{counted(across, 'accepted pair')} of {own} of two sources: {what}")
    if accepted.open:
        notes.append(f"{counted(accepted.open, 'pair')} of {own} not decided, and so not used")
    return tuple(notes)
