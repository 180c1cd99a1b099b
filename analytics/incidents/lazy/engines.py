"""Where the rows are: an ibis table as given, a table of a database by its address, or files by DuckDB."""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from analytics.errors import InputError, OptionError, nearest
from analytics.files import is_regular, temporary_room
from analytics.incidents.lazy.pieces import FILE_ROW, in_pieces
from analytics.options import check_choice, install_advice

__all__ = [
    "Engine",
    "Opened",
    "batches_of",
    "brought_in",
    "duckdb_connection",
    "is_duckdb",
    "kept_in_engine",
    "open_table",
    "parquet_table",
    "settled",
    "the_ibis",
]

Engine = Literal["duckdb", "polars"]  # that files may be read by
_PARQUET = (".parquet", ".pq")
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?) ?([KMGT]?)i?B", re.IGNORECASE)
_SHARE = re.compile(r"[1-9]\d?%")  # of the machine's
_LEAST_MEMORY = 64e6  # below, DuckDB has no room for its blocks
_APART = 10**12  # between the numbers of the rows of one file and those of the next


@dataclass(frozen=True, eq=False, slots=True)
class Opened:
    """A table in its engine.

    Attributes
    ----------
    table : ibis table
    row : str or None
        Its column that numbers the rows.
    name : str
        How to speak of it.
    path : Path or None
        The file, where it is one.
    notes : tuple of str
        How it was read.
    digest : str
        SHA-256 of the file, where it is one of text.
    files : tuple of Path
        The Parquet files that are read, where they are some.
    """

    table: Any
    row: str | None
    name: str
    path: Path | None = None
    notes: tuple[str, ...] = ()
    digest: str = ""
    files: tuple[Path, ...] = ()


def the_ibis() -> Any:
    """Return ibis.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        import ibis
    except ImportError:
        raise InputError(
            "incidents are scanned with ibis, which is not installed",
            expected="the extra lazy",
            found="no ibis",
            todo=f"{install_advice('lazy')}, or read the file with read_incidents",
        ) from None
    return ibis


def open_table(
    given: object,
    *,
    table: str | None = None,
    order: str | None = None,
    memory: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_row: int | None = None,
    engine: Engine = "duckdb",
) -> Opened:
    """Return the table that is given or named; see `scan_incidents` for the options and errors."""
    check_choice("engine", engine, Engine)
    ibis, asked = the_ibis(), None if engine == "duckdb" else engine
    of_text = {"encoding": encoding, "delimiter": delimiter, "header_row": header_row}
    if isinstance(given, ibis.Table):
        _refuse("an ibis table", table=table, memory=memory, **of_text, engine=asked)
        return Opened(given, _column(given, order), "the table")
    if not isinstance(given, (str, Path)):
        raise InputError(
            "incidents are scanned in files, a database or an ibis table",
            expected="a path, a pattern of paths, the address of a database, or an ibis table",
            found=type(given).__name__,
        )
    text = str(given)
    if "://" in text:
        _refuse("a database", memory=memory, **of_text, engine=asked)
        return _of_database(ibis, text, table, order)
    _refuse("files", table=table, order=order)
    if engine == "polars":
        _refuse("Polars, which takes what it needs", memory=memory)
    return _of_files(ibis, text, memory, of_text, engine)


def settled(table: Any) -> Any:
    """Return the same table under a name of its own in the engine, a view that ends with the session.

    Nothing is run. An expression of many steps takes a second each time it is turned into SQL; this one is
    turned once. Spark, which takes far longer to plan such a view than to run it, keeps the rows of it once
    they were made; what a lost worker held is made again.
    """
    ibis = the_ibis()
    connection = _engine_of(table)
    connection._run_pre_execute_hooks(table)  # the tables in memory that it looks values up in
    compiled = connection.compile(table)
    name = ibis.util.gen_name("uptick")
    if not isinstance(compiled, str):  # Polars
        return connection.create_table(name, compiled)
    if connection.name == "pyspark":  # its views are the session's
        view = connection.create_view(name, table)
        connection._session.catalog.cacheTable(name)
        return view
    if connection.name not in ("duckdb", "postgres"):
        return connection.sql(compiled, schema=table.schema())
    connection.raw_sql(f'CREATE TEMPORARY VIEW "{name}" AS {compiled}')
    return connection.table(name)


def _engine_of(table: Any) -> Any:
    ibis = the_ibis()
    try:
        return table.get_backend()
    except ibis.common.exceptions.IbisError:  # a table in memory, of no engine yet
        return ibis.get_backend()


def kept_in_engine(table: Any) -> Any:
    """Return a table as DuckDB or Postgres hold it once made, until the connection ends; else as settled."""
    ibis = the_ibis()
    connection = _engine_of(table)
    if connection.name not in ("duckdb", "postgres"):
        return settled(table)
    connection._run_pre_execute_hooks(table)
    name = ibis.util.gen_name("uptick")
    connection.raw_sql(f'CREATE TEMPORARY TABLE "{name}" AS {connection.compile(table)}')
    return connection.table(name)


def brought_in(table: Any, given: Any) -> Any:
    """Return an Arrow table as DuckDB, which has another one, holds it."""
    connection, name = _engine_of(table), the_ibis().util.gen_name("uptick")
    connection.con.register(f"{name}_given", given)
    connection.raw_sql(f'CREATE TEMPORARY TABLE "{name}" AS SELECT * FROM "{name}_given"')
    connection.con.unregister(f"{name}_given")
    return connection.table(name)


def batches_of(table: Any) -> Any:
    """Return what DuckDB reads of a table, a million rows at a time, as Arrow has them."""
    connection = table.get_backend()
    connection._run_pre_execute_hooks(table)
    return connection.con.sql(connection.compile(table)).to_arrow_reader(1_000_000)


def is_duckdb(table: Any) -> bool:
    """Whether a table is one of DuckDB's."""
    return bool(_engine_of(table).name == "duckdb")


def _refuse(kind: str, **options: object) -> None:
    for option, value in options.items():
        if value is not None:
            raise OptionError(f"{option} does not apply to {kind}", found=f"{option}={value!r}")


def _column(table: Any, order: str | None) -> str | None:
    if order is None:
        return None
    if order not in table.columns or not table[order].type().is_integer():
        raise OptionError(
            f"order={order!r} is no column of whole numbers",
            expected="the column that says which row is the later one",
            found=", ".join(table.columns[:30]),
        )
    return order


def _of_database(ibis: Any, address: str, table: str | None, order: str | None) -> Opened:
    shown = address.split("@")[-1]  # without a password
    if table is None:
        raise OptionError("no table of the database is named", todo="give table='...'")
    path = Path(address.removeprefix("duckdb://").partition("?")[0])
    if address.startswith("duckdb://") and not is_regular(path):  # DuckDB would make one
        raise InputError(f"the database {shown} cannot be opened", found="no such file", where=shown)
    try:
        connection = ibis.connect(address)
    except ImportError as error:
        raise InputError(
            f"the engine of {shown} is not installed", found=str(error), todo="install ibis with that engine"
        ) from None
    except Exception as error:  # each engine has errors of its own
        raise InputError(
            f"the database {shown} cannot be opened", found=str(error).splitlines()[0][:200], where=shown
        ) from None
    if (own := getattr(connection, "con", None)) is not None and hasattr(own, "close"):
        weakref.finalize(connection, own.close)  # with the last table, or at exit
    if connection.name == "postgres":  # it would compile long expressions for few rows
        connection.raw_sql("SET jit = off")
    names = _tables(connection)
    if table not in names:
        close = nearest(table, names)
        raise InputError(
            f"the database has no table {table!r}",
            expected=", ".join(names[:20]) or "a table",
            where=shown,
            todo=f"did you mean {' or '.join(close)}?" if close else None,
        )
    found = connection.table(table)
    return Opened(found, _column(found, order), f"the table {table}")


def _tables(connection: Any) -> list[str]:
    if connection.name != "duckdb":
        return list(connection.list_tables())
    # ibis 12 asks DuckDB 2 for its list by a name that it no longer has.
    asked = "select table_name from information_schema.tables where table_schema = current_schema()"
    return [name for (name,) in connection.raw_sql(asked).fetchall()]


def _check_amount(memory: str) -> None:
    """Raise an error where DuckDB would have no room for a single block, or more than an amount is said."""
    said = _AMOUNT.fullmatch(str(memory).strip())
    size = float(said[1]) * 1000 ** " KMGT".index(said[2].upper() or " ") if said else 0.0
    if not size >= _LEAST_MEMORY and not (said is None and _SHARE.fullmatch(str(memory).strip())):
        raise OptionError(
            f"memory={memory!r} is no amount of memory", expected="such as '2GB', at least 64MB", found=memory
        )


def duckdb_connection(ibis: Any, folder: str, memory: str | None) -> Any:
    """Return a DuckDB of our own that spills to a folder."""
    connection = ibis.duckdb.connect(temp_directory=folder, preserve_insertion_order=False)
    connection.raw_sql("SET enable_progress_bar = false")  # it goes to standard output
    if memory is not None:
        _check_amount(memory)
        try:
            connection.raw_sql(f"SET memory_limit = '{memory}'")
        except Exception as error:
            raise OptionError(
                f"memory={memory!r} is no amount of memory", expected="such as '2GB'", found=str(error)[:100]
            ) from None
    return connection


def _of_files(ibis: Any, text: str, memory: str | None, of_text: dict[str, Any], engine: Engine) -> Opened:
    found = sorted(Path().glob(text)) if not Path(text).is_absolute() else _absolute(text)
    paths = [Path(text)] if Path(text).is_file() else [path for path in found if path.is_file()]
    if not paths:
        raise InputError(f"there is no file {text}", where=text, todo="check the path or the pattern")
    kinds = {path.suffix.casefold() in _PARQUET for path in paths}
    if len(kinds) > 1:
        raise InputError(
            f"{text} names Parquet files and others",
            expected="files of one kind",
            found=f"{len(paths)} files",
        )
    with temporary_room():
        folder = Path(tempfile.mkdtemp(prefix="uptick-scan-"))
    duck = engine == "duckdb"
    connection = duckdb_connection(ibis, str(folder), memory) if duck else _polars_connection(ibis)
    weakref.finalize(connection, shutil.rmtree, folder, ignore_errors=True)  # with the last table, or at exit
    name = str(paths[0]) if len(paths) == 1 else f"{len(paths)} files {text}"
    only = paths[0] if len(paths) == 1 else None
    as_table = parquet_table if duck else _polars_table
    if kinds.pop():
        _refuse("Parquet files", **of_text)
        table = as_table(connection, paths, name, "file_row_number + 2")
        return Opened(table, FILE_ROW, name, only, files=tuple(paths))
    into = [folder / f"{at}.parquet" for at in range(len(paths))]
    with temporary_room():
        read = [in_pieces(path, made, **of_text) for path, made in zip(paths, into, strict=True)]
    notes = tuple(dict.fromkeys(note for _, one in read for note in one))
    table = as_table(connection, into, name, FILE_ROW)
    return Opened(table, FILE_ROW, name, only, notes, read[0][0] if only else "", tuple(into))


def _polars_connection(ibis: Any) -> Any:
    if find_spec("polars") is None:
        raise OptionError(
            "engine='polars' needs Polars, which is not installed",
            expected="duckdb, which comes with the extra lazy, or the extra polars beside it",
            todo=f"{install_advice('polars')}, or leave the engine out",
        )
    return ibis.polars.connect()


def _polars_table(connection: Any, paths: list[Path], name: str, row: str) -> Any:
    """Return Parquet files as one table of Polars', numbered as `parquet_table` does."""
    import polars as pl

    parts = []
    for at, path in enumerate(paths):
        part = pl.scan_parquet(path)
        if row != FILE_ROW:
            part = part.with_row_index(FILE_ROW, offset=2)
        part = part.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))  # which joins texts
        parts.append(part.with_columns(pl.col(FILE_ROW).cast(pl.Int64) + at * _APART))
    try:
        whole = pl.concat(parts, how="diagonal_relaxed")
        whole.collect_schema()
    except Exception as error:  # broken files, files of other columns
        raise InputError(
            f"{name} cannot be read as Parquet", found=str(error).splitlines()[0][:200], where=name
        ) from None
    return connection.create_table("incidents", whole)


def parquet_table(connection: Any, paths: list[Path], name: str, row: str) -> Any:
    """Return Parquet files as one table; `row` says what numbers the rows of each, the first being row 2."""
    own = f"EXCLUDE ({FILE_ROW})" if row == FILE_ROW else ""
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    try:
        connection.raw_sql(
            f"CREATE VIEW incidents AS SELECT * {own}, CAST(file_index AS BIGINT) * {_APART} + {row} "
            f"AS {FILE_ROW} FROM read_parquet([{listed}], union_by_name = true)"
        )
    except Exception as error:  # broken files, files of other columns
        raise InputError(
            f"{name} cannot be read as Parquet", found=str(error).splitlines()[0][:200], where=name
        ) from None
    return connection.table("incidents")


def _absolute(text: str) -> list[Path]:
    path = Path(text)
    return sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
