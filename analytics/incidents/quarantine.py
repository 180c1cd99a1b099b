"""The rows that cannot be kept: one reason each, the first that applies, and the row as it stood."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd

from analytics._typing import BoolArray, IntArray
from analytics.sources.checks import REASONS, Draft
from analytics.sources.columns import Columns
from analytics.sources.files import RawTable

__all__ = ["NUMBERING", "records_of", "split", "spread"]

# A column that numbers the rows of the table it was saved from: without a name, or as pandas and R call it.
NUMBERING = re.compile(r"column 1|Unnamed: [0-9.]+|\.\.\.1|rownames|row\.names")


def spread(kept: BoolArray, rows: BoolArray) -> BoolArray:
    """Return a mask over all rows from a mask over the kept ones."""
    out = np.zeros(len(kept), dtype=bool)
    out[kept] = rows
    return out


def split(draft: Draft) -> tuple[pd.DataFrame, BoolArray]:
    """Give each unusable row its first reason; return those rows and which rows are kept."""
    raw = draft.columns.raw
    _not_records(draft)
    parts = []
    kept = np.ones(len(raw.frame), dtype=bool)
    for problem in sorted(draft.problems, key=lambda p: REASONS.index(p.reason)):
        parts.append((problem.reason, problem.rows & kept, problem.column, problem.explanation))
        kept &= ~problem.rows
    ids = pd.Series(draft.data["incident_id"])
    repeated = _copies(draft, ids, kept)
    parts.append(("duplicate id", repeated, None, ""))
    kept &= ~repeated
    tables = []
    for reason, rows, column, explanation in parts:
        where = np.flatnonzero(rows)
        if reason == "duplicate id":
            details = _duplicate_details(ids, where, kept, raw.rows) if len(where) else []
        elif column is None:
            details = [explanation] * len(where)
        else:
            quoted = raw.frame[column].iloc[where] if len(where) else ()
            details = [f"{column} {text!r} {explanation}" for text in quoted]
        tables.append(pd.DataFrame({"at": where, "reason": reason, "detail": details}))
    return _quarantine(raw, pd.concat(tables, ignore_index=True)), kept


def records_of(raw: RawTable) -> tuple[Columns, pd.DataFrame]:
    """Return a table's columns without the rows that are no records, and those rows with their reasons."""
    first = raw.frame.iloc[:, 0].str.strip()
    asked = (
        (first == "") | first.str.startswith("#") | (first.str.casefold() == raw.frame.columns[0].casefold())
    )
    where = np.flatnonzero(asked.to_numpy(dtype=bool))
    aside = np.zeros(len(raw.frame), dtype=bool)
    tables = [pd.DataFrame({"at": [], "reason": [], "detail": []})]
    for reason, rows, explanation in _no_records(raw.frame, where) if len(where) else ():
        at = where[rows & ~aside[where]]
        aside[at] = True
        tables.append(pd.DataFrame({"at": at, "reason": reason, "detail": explanation}))
    quarantine = _quarantine(raw, pd.concat(tables, ignore_index=True))
    if not aside.any():
        return Columns(raw), quarantine
    frame = raw.frame[~aside].reset_index(drop=True)
    return Columns(replace(raw, frame=frame, rows=raw.rows[~aside])), quarantine


def _quarantine(raw: RawTable, found: pd.DataFrame) -> pd.DataFrame:
    found = found.sort_values("at", kind="stable", ignore_index=True)
    at = found["at"].to_numpy(dtype=np.int64)
    return pd.DataFrame(
        {
            "row": raw.rows[at],
            "reason": found["reason"].astype("str"),
            "detail": found["detail"].astype("str"),
            "original": pd.Series(_as_json(raw.frame.iloc[at]) if len(at) else [], dtype="str"),
        }
    )


def _as_json(rows: pd.DataFrame) -> list[str]:
    """Return each row as JSON; what stands in a column several times is written once."""
    cells = []
    for name in rows.columns:
        codes, distinct = pd.factorize(rows[name])
        key = json.dumps(name, ensure_ascii=False)
        texts = np.array(
            [f"{key}: {json.dumps(text, ensure_ascii=False)}" for text in distinct], dtype=object
        )
        cells.append(texts[codes])
    return [f"{{{', '.join(row)}}}" for row in zip(*cells, strict=True)]


def _copies(draft: Draft, ids: pd.Series, kept: BoolArray) -> BoolArray:
    """Return which kept rows repeat an earlier one cell by cell; versions of one incident differ.

    A column that only numbers the rows is not looked at. What the draft says of repeats is settled here.
    """
    frame = draft.columns.raw.frame
    copies = np.zeros(len(kept), dtype=bool)
    again = spread(kept, (ids if kept.all() else ids[kept]).duplicated(keep=False).to_numpy(dtype=bool))
    draft.repeats = bool(again.any())
    if draft.repeats:
        own = [name for name in frame.columns if not NUMBERING.fullmatch(str(name))]
        copies[again] = frame.loc[again, own].duplicated(keep="first").to_numpy(dtype=bool)
    return copies


def _duplicate_details(ids: pd.Series, where: IntArray, kept: BoolArray, rows: IntArray) -> list[str]:
    own = ids.isin(ids.iloc[where]).to_numpy(dtype=bool) & kept
    first = pd.Series(rows[own], index=ids[own].to_numpy()).groupby(level=0).first()
    return [f"{name!r} is already in row {first[name]}" for name in ids.iloc[where]]


def _not_records(draft: Draft) -> None:
    """Find blank rows, tag rows and repeated headers among the rows without a readable date."""
    undated = np.zeros(len(draft.columns), dtype=bool)
    for problem in draft.problems:
        if problem.reason == "unparsable date":
            undated |= problem.rows
    where = np.flatnonzero(undated)
    if not len(where):
        return
    for reason, rows, explanation in _no_records(draft.columns.frame, where):
        draft.set_aside(reason, spread(undated, rows), None, explanation)


def _no_records(frame: pd.DataFrame, where: IntArray) -> list[tuple[str, BoolArray, str]]:
    """Return, for some rows of a table, which are blank, HXL tags, or the header again."""
    shape = len(where), len(frame.columns)
    cells = pd.Series(frame.iloc[where].to_numpy(dtype=object).ravel(), dtype="str").str.strip()
    names = np.tile(pd.Series(frame.columns, dtype="str").str.casefold().to_numpy(), len(where))
    blank, header, tags = (
        one.to_numpy(dtype=bool).reshape(shape)
        for one in (cells == "", cells.str.casefold() == names, cells.str.startswith("#"))
    )
    found = (
        ("not a record (blank row)", blank.all(axis=1), "every cell is blank"),
        ("not a record (HXL tag row)", (tags | blank).all(axis=1) & tags.any(axis=1), "HXL tags, not values"),
        (
            "not a record (repeated header)",
            (header | blank).all(axis=1) & header.any(axis=1),
            "the header again",
        ),
    )
    return [(reason, np.asarray(rows), explanation) for reason, rows, explanation in found]
