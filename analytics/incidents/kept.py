"""From a draft to the tables of the rows that are kept: canonical columns, flags, and the other columns."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np
import pandas as pd

from analytics._coded import coded, repeated
from analytics._typing import BoolArray
from analytics.incidents.quarantine import spread
from analytics.schema import COARSE_DAYS, possible_span, span_days, validate
from analytics.sources.checks import FLAGS, Draft
from analytics.sources.columns import fold

__all__ = ["kept_tables", "typed_column"]

_LOOKED_AT = 10_000  # rows
# Text that is one number and nothing else; leading zeros (codes) stay text.
_NUMERIC: tuple[tuple[re.Pattern[str], Literal["Int64", "Float64"]], ...] = (
    (re.compile(r"-?(0|[1-9][0-9]{0,17})"), "Int64"),
    (re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]*)?"), "Float64"),
)


_WIDE = 300  # columns; taking one out of more costs more than the room it leaves


def kept_tables(draft: Draft, kept: BoolArray, *, spend: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the canonical columns of the kept rows, with their row and flags, and the other columns.

    With `spend` the columns of the table as it stood are let go as they are done with.
    """
    raw = draft.columns.raw
    others = [c for c in raw.frame.columns if _is_extra(draft, c, kept)]
    spend = spend and len(raw.frame.columns) <= _WIDE
    for done in raw.frame.columns.difference(others) if spend else ():
        del raw.frame[done]
    data = {name: _take(draft.data.pop(name), kept) for name in list(draft.data)}
    frame = validate(pd.DataFrame(data, copy=False))
    if frame["reported_on"].notna().any():
        first, _ = possible_span(frame)
        early = frame["reported_on"].to_numpy().astype("datetime64[D]") < first
        draft.flag("reported before its date", spread(kept, early))
    draft.flag("coarse date", spread(kept, span_days(frame) >= COARSE_DAYS))
    flags = {name: draft.flagged[name][kept] for name in FLAGS if name in draft.flagged}
    flags = {name: rows for name, rows in flags.items() if rows.any()}
    frame["row"] = raw.rows[kept]
    frame["flags"] = _joined(flags, len(frame))
    plain = {c for c in others if fold(c) in draft.codes}
    typed = {}
    for c in others:
        column = raw.frame.pop(c) if spend else raw.frame[c]
        typed[c] = typed_column(_take(column, kept), code=c in plain)
        del column
    return frame, pd.DataFrame(typed, index=frame.index, copy=False)


def _is_extra(draft: Draft, column: str, kept: BoolArray) -> bool:
    if column not in draft.carried:
        return True
    lost = draft.carried[column]
    return lost is not None and bool(lost[kept].any())


def _take(values: object, kept: BoolArray) -> pd.Series:
    series = values if isinstance(values, pd.Series) else pd.Series(np.asarray(values))
    return series if kept.all() else series[kept].reset_index(drop=True)


def _joined(flags: dict[str, BoolArray], size: int) -> pd.Series:
    """Return each row's flags joined; one text for each distinct combination."""
    if not flags:
        return repeated("", pd.RangeIndex(size))
    matrix = np.column_stack(list(flags.values()))
    packed = matrix @ (1 << np.arange(len(flags), dtype=np.int64))
    codes, combinations = pd.factorize(packed)
    names = list(flags)
    texts = ["; ".join(n for i, n in enumerate(names) if int(c) >> i & 1) for c in combinations]
    return pd.Series(pd.array(texts, dtype="str").take(codes))


def typed_column(values: pd.Series, *, code: bool = False) -> pd.Series:
    """Return a column of the source with blank as missing; numbers only if every value is one and no code."""
    blank = _blank(values)
    # A first look at a few values spares most text columns the whole search.
    first = values.iloc[:_LOOKED_AT]  # taking a few of all would copy the whole column
    some = first.iloc[np.flatnonzero(~blank[:_LOOKED_AT])[:20]].tolist()
    may_be = [(form, dtype) for form, dtype in _NUMERIC if all(map(form.fullmatch, some))]
    if not may_be or code or blank.all():
        return values.mask(blank) if blank.any() else values
    codes, texts = coded(values)
    empty = (texts.str.strip() == "").to_numpy(dtype=bool)
    filled = texts[~empty]
    for form, dtype in may_be:
        if filled.str.fullmatch(form.pattern).all():
            numbers = pd.to_numeric(filled).astype(dtype).reindex(texts.index)
            return pd.Series(numbers.array.take(codes), index=values.index)
    return values.mask(blank) if blank.any() else values


def _blank(values: pd.Series) -> BoolArray:
    """Return which texts are blank; only those that begin with a blank are looked at whole."""
    begin = values.str.slice(0, 1)
    blank = np.array(begin.str.strip() == "", dtype=bool)
    asked = np.flatnonzero(blank & (begin != "").to_numpy(dtype=bool))
    if asked.size:
        blank[asked] = (values.iloc[asked].str.strip() == "").to_numpy(dtype=bool)
    return blank
