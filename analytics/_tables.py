"""Tables as others read them: JSON that holds what is missing as such, CSV that no spreadsheet runs."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics._text import inert_table

__all__ = ["csv_bytes", "records"]


def csv_bytes(frame: pd.DataFrame, *, simulated: bool) -> bytes:
    """Return a table as CSV: full precision, NA empty, a column `simulated` where the data are.

    Text that a spreadsheet would run as a formula gets an apostrophe; docs/command.md has the rule.
    """
    marked = frame.assign(simulated=True) if simulated else frame
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
