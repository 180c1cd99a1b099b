"""Tables as others read them: JSON that holds what is missing as such, CSV that no spreadsheet runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from analytics._text import inert_table, one_line

__all__ = ["LICENCE", "TERMS", "csv_bytes", "records", "terms_among"]

TERMS, LICENCE = "terms of ", "licence: "  # how notes begin that say what may be done with the data


def terms_among(notes: Iterable[str]) -> str:
    """Return what notes say may be done with the data: their sources' terms and licences, "" without any.

    Examples
    --------
    >>> terms_among(["weeks start on monday", "terms of ACLED: attribution", "licence: CC BY 4.0"])
    'terms of ACLED: attribution; licence: CC BY 4.0'
    """
    return "; ".join(dict.fromkeys(one_line(note) for note in notes if note.startswith((TERMS, LICENCE))))


def csv_bytes(frame: pd.DataFrame, *, simulated: bool, terms: str = "") -> bytes:
    """Return a table as CSV: full precision, NA empty, a column `simulated` where the data are.

    Others have a column `terms` (`terms of use` where the table has one of that name) where it is known what
    may be done with them, so that a row that is passed on says it. Text that a spreadsheet would run as a
    formula gets an apostrophe; docs/command.md has the rule.
    """
    more: dict[str, Any] = {"simulated": True} if simulated else {}
    if terms and not simulated:
        more["terms of use" if "terms" in frame else "terms"] = terms
    marked = frame.assign(**more)
    return inert_table(marked).to_csv(index=False, lineterminator="\n").encode("utf-8")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as JSON can hold it: NA is None, an infinite number the text ``"Infinity"``.

    Examples
    --------
    >>> records(pd.DataFrame({"day": pd.to_datetime(["2020-04-13"]), "ratio": [float("inf")], "q": [None]}))
    [{'day': '2020-04-13', 'ratio': 'Infinity', 'q': None}]
    """
    columns = {}
    for name, column in frame.items():
        if pd.api.types.is_datetime64_any_dtype(column):
            column = column.dt.strftime("%Y-%m-%d")
        plain = column.astype(object)
        if pd.api.types.is_float_dtype(column):
            plain = plain.mask(column == float("inf"), "Infinity")
        columns[name] = plain.where(column.notna(), None)
    return [{str(k): v for k, v in row.items()} for row in pd.DataFrame(columns).to_dict("records")]
