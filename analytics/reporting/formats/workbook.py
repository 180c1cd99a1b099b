"""The tables of a weekly report as a workbook: values only, nothing in it runs."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analytics._text import inert
from analytics.options import check_installed
from analytics.results import mark

__all__ = ["report_tables", "report_workbook"]

_WIDEST = 60  # letters of a column
_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_CLOCK = (1980, 1, 1, 0, 0, 0)  # of the parts of the archive: the same bytes from run to run


def report_tables(record: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Return the tables of a weekly report, by the name of their sheet.

    Parameters
    ----------
    record : mapping
        Of :func:`analytics.reporting.content.weekly.record.report_record`.

    Returns
    -------
    dict of str to DataFrame
        summary, regions, weeks (all together, what was expected, and one column a region), types, account,
        parameters, notes. What is not known is missing.
    """
    weeks = record["weeks"]
    expected = {name: weeks[name] for name in ("expected", "low", "high")}
    tables = {
        "summary": pd.DataFrame({"line": record["summary"]}, dtype=object),
        "regions": pd.DataFrame(record["regions"], dtype=object),
        "weeks": pd.DataFrame(
            {"week from": weeks["start"], "all": weeks["all"], **expected, **weeks["regions"]}, dtype=object
        ),
    }
    if record["types"] is not None:
        tables["types"] = pd.DataFrame(record["types"], dtype=object).rename(columns={"start": "week from"})
    tables["account"] = pd.DataFrame(record["row_account"], dtype=object)
    about = {"title": record["title"], "data until": record["as_of"], "sha256": record["input"]["sha256"]}
    about |= {f"test: {name}": value for name, value in record["test"].items()} | record["parameters"]
    named = {"name": list(about), "value": [_one(value) for value in about.values()]}
    tables["parameters"] = pd.DataFrame(named, dtype=object)
    tables["notes"] = pd.DataFrame({"note": record["notes"]}, dtype=object)
    return tables


def _one(value: Any) -> Any:
    """Return what goes into one cell."""
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {part}" for name, part in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def report_workbook(record: Mapping[str, Any]) -> bytes:
    """Return the tables as an Excel workbook.

    Text that a spreadsheet would run has an apostrophe before it and is stored as text; there is no formula,
    no link and no macro. Where the data are simulated, each sheet's first line and name say so. Two runs
    give the same bytes.

    Parameters
    ----------
    record : mapping
        Of :func:`analytics.reporting.content.weekly.record.report_record`.

    Raises
    ------
    UptickError
        If openpyxl is not installed.
    """
    check_installed("openpyxl", what="a workbook", extra="excel", instead="--format html or json")
    from openpyxl import Workbook

    book: Any = Workbook()
    book.remove(book.active)
    book.properties.creator = "uptick"
    book.properties.title = inert(record["title"])
    for name, table in report_tables(record).items():
        sheet = book.create_sheet(f"{name} SIMULATED" if record["simulated"] else name)
        _fill(sheet, table, record["simulated"])
    raw = io.BytesIO()
    book.save(raw)
    return _repeatable(raw.getvalue(), f"{record['as_of']}T00:00:00Z")


def _fill(sheet: Any, table: pd.DataFrame, simulated: bool) -> None:
    from openpyxl.styles import Font

    start = 1
    if simulated:
        _cell(sheet, 1, 1, f"{mark(True, 'title')}no row of this is a real incident.")
        sheet.cell(1, 1).font = Font(bold=True, color="C2410C")
        start = 2
    for column, name in enumerate(table.columns, 1):
        _cell(sheet, start, column, str(name))
        sheet.cell(start, column).font = Font(bold=True)
    for row, values in enumerate(table.itertuples(index=False, name=None), start + 1):
        for column, value in enumerate(values, 1):
            _cell(sheet, row, column, value)
    for column, name in enumerate(table.columns, 1):
        texts = [str(name), *(str(value) for value in table.iloc[:, column - 1])]
        letter = sheet.cell(start, column).column_letter
        sheet.column_dimensions[letter].width = min(max(map(len, texts)) + 2, _WIDEST)
    sheet.freeze_panes = sheet.cell(start + 1, 2)
    if len(table):
        sheet.auto_filter.ref = f"A{start}:{sheet.cell(start + len(table), len(table.columns)).coordinate}"


def _cell(sheet: Any, row: int, column: int, value: Any) -> None:
    """Write one value: numbers as numbers, what is missing as an empty cell, all else as inert text."""
    missing = value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))
    if missing:
        return
    cell = sheet.cell(row, column)
    if isinstance(value, bool | np.bool_):
        cell.value = "yes" if value else "no"
    elif isinstance(value, int | float | np.integer | np.floating):
        cell.value = value.item() if isinstance(value, np.generic) else value
    else:
        cell.value = inert(str(value))
        cell.data_type = "s"


def _repeatable(raw: bytes, day: str) -> bytes:
    """Return an archive with the same clock in each part, made and changed on the data's day."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _STAMP.sub(rb"\g<1>" + day.encode(), content)
            new.writestr(zipfile.ZipInfo(name, _CLOCK), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
