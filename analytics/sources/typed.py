"""Tables that come with types (Excel, Parquet, a DataFrame), turned into text like all others."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pandas as pd

from analytics.errors import InputError, nearest

__all__ = ["as_text", "read_excel", "read_parquet"]


def read_excel(data: bytes, name: str, sheet: str | int | None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read one sheet of a workbook as text; the note says which, where there are several."""
    try:
        import openpyxl  # noqa: F401
    except ImportError:
        raise InputError(
            f"{name} is an Excel workbook and openpyxl is not installed",
            todo="install uptick-analytics[excel], or save the sheet as CSV",
        ) from None
    with warnings.catch_warnings():
        # openpyxl warns about workbook features (styles, validation) that have no bearing on the cells.
        warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
        try:
            book = pd.ExcelFile(io.BytesIO(data), engine="openpyxl")
        except Exception as error:  # openpyxl raises a dozen kinds
            raise InputError(
                f"{name} is not an Excel workbook", found=type(error).__name__, where=name
            ) from None
        with book:
            names = [str(s) for s in book.sheet_names]
            chosen = _sheet(names, sheet, name)
            frame = pd.read_excel(book, sheet_name=chosen, dtype=object, na_filter=False)
    notes: tuple[str, ...] = ()
    if sheet is None and len(names) > 1:
        others = ", ".join(n for n in names if n != chosen)
        notes = (f"sheet: {chosen!r}, the first (others: {others})",)
    if frame.empty and not len(frame.columns):
        raise InputError(
            f"sheet {chosen!r} of {name} is empty", where=name, todo=f"sheets: {', '.join(names)}"
        )
    return as_text(frame), notes


def _sheet(names: list[str], sheet: str | int | None, name: str) -> str:
    if sheet is None:
        return names[0]
    if isinstance(sheet, int) and 0 <= sheet < len(names):
        return names[sheet]
    if isinstance(sheet, str) and sheet in names:
        return sheet
    close = nearest(str(sheet), names)
    raise InputError(
        f"{name} has no sheet {sheet!r}",
        expected=f"one of {', '.join(names)}",
        where=name,
        todo=f"did you mean {' or '.join(close)}?" if close else None,
    )


def read_parquet(data: bytes, name: str) -> pd.DataFrame:
    """Read a Parquet file as text."""
    try:
        import pyarrow as pa  # type: ignore[import-untyped]
    except ImportError:
        raise InputError(
            f"{name} is a Parquet file and pyarrow is not installed",
            todo="install uptick-analytics[parquet], or save the table as CSV",
        ) from None
    try:
        frame = pd.read_parquet(io.BytesIO(data), engine="pyarrow")
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{name} is not a Parquet file", found=type(error).__name__, where=name) from None
    return as_text(frame)


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return typed columns as text, missing values as ``""``."""
    columns = {i: _column_as_text(frame.iloc[:, i]) for i in range(frame.shape[1])}
    out = pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))
    out.columns = pd.Index([str(c) for c in frame.columns])
    return out


def _column_as_text(column: pd.Series) -> pd.Series:
    column = column.reset_index(drop=True)
    missing = column.isna()
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "M":
        midnight = (column.dropna() == column.dropna().dt.normalize()).all()
        text = column.dt.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M:%S")
    elif isinstance(column.dtype, (pd.CategoricalDtype, pd.PeriodDtype)) or column.dtype == object:
        text = pd.Series([str(v) for v in column.to_numpy(dtype=object)], dtype="str")
    else:
        text = column.astype("str")
    filled: pd.Series = text.astype("str").mask(missing, "")
    return filled
