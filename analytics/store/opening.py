"""Opening a store's file: made whole or not at all, one writer at a time, one error for each trouble."""

from __future__ import annotations

import contextlib
import os
import platform
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.errors import InputError, OptionError, OutputError, UptickError
from analytics.files import is_regular
from analytics.options import install_advice

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["DERIVED", "FORMAT", "KEY", "WAIT", "cell", "is_database", "made_if_absent", "reading", "writing"]

FORMAT = 1  # of the tables; a store of a later one is refused
WAIT = 10.0  # seconds that one process waits for another
_PAUSE = 0.1
_HALF = ".uptick-store-"  # begins the name of a folder in which a store is being made
_ABANDONED = 86_400  # seconds after which one is taken to be left behind, whoever made it
# Columns kept beside a row's own cells, so that counting and comparing need not read the cells again.
DERIVED = {
    "k_start": ("date_start", "date"),
    "k_end": ("date_end", "date"),
    "k_precision": ("date_precision", "integer"),
    "k_country": ("country", "varchar"),
    "k_admin1": ("admin1", "varchar"),
    "k_admin2": ("admin2", "varchar"),
    "k_fatalities": ("fatalities", "bigint"),
    "k_reported": ("reported_on", "date"),
}
_MAGIC = (8, b"DUCK")  # where a DuckDB file says what it is
# A store is data: nothing in it may read other files, nor load extensions.
_CONFIG: dict[str, Any] = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
}
_BLOCKS = 16384  # bytes, the smallest: a store of a few thousand rows is then small
KEY = "\x1e"  # stands in a row's cells for its key, which is not kept twice
_TABLES = """
create table about (key varchar primary key, value varchar not null);
create table sources (number integer primary key, name varchar not null unique);
create table file_columns (source integer not null, pos integer not null, name varchar not null);
create table deliveries (
    number integer primary key, source integer not null, day date not null, file varchar not null,
    sha256 varchar not null, covers varchar not null, reading varchar not null, rows_read bigint not null,
    kept bigint not null, set_aside varchar not null, before bigint not null, added bigint not null,
    changed bigint not null, unchanged bigint not null, deleted bigint not null,
    not_covered bigint not null, after bigint not null, simulated boolean not null, raw varchar not null
);
create table aside (
    delivery integer not null, pos bigint not null, line bigint not null, reason varchar not null,
    detail varchar not null, original varchar not null
);
"""


def cell(table: str, place: str) -> str:
    """Return a row's cell as it stood, as SQL.

    Examples
    --------
    >>> cell("t", "c0")
    "if(t.c0 = chr(30), t.key, coalesce(t.c0, ''))"
    """
    return f"if({table}.{place} = chr({ord(KEY)}), {table}.key, coalesce({table}.{place}, ''))"


def _duckdb() -> Any:
    """Return DuckDB, which is loaded only by a store."""
    try:
        import duckdb
    except ImportError:
        raise UptickError(
            "a store needs a package that is not installed",
            found="no duckdb",
            todo=install_advice("store"),
        ) from None
    return duckdb


def is_database(path: Path) -> bool:
    """Whether a file begins as a DuckDB file does."""
    if not is_regular(path):
        return False
    try:
        with path.open("rb") as stream:
            stream.seek(_MAGIC[0])
            return stream.read(len(_MAGIC[1])) == _MAGIC[1]
    except OSError:
        return False


@contextlib.contextmanager
def reading(path: Path, wait: float = WAIT) -> Iterator[DuckDBPyConnection]:
    """Open a store for reading; several processes may do so at once."""
    with _opened(path, wait, read_only=True) as connection:
        yield connection


@contextlib.contextmanager
def writing(path: Path, wait: float = WAIT) -> Iterator[DuckDBPyConnection]:
    """Open a store for writing, alone, in one transaction: all of it is kept, or nothing."""
    clear_abandoned(path.parent)
    with _opened(path, wait, read_only=False) as connection:
        connection.execute("begin")
        yield connection
        connection.execute("commit")


@contextlib.contextmanager
def _opened(path: Path, wait: float, *, read_only: bool) -> Iterator[DuckDBPyConnection]:
    duckdb = _duckdb()
    connection = _connected(duckdb, path, wait, read_only=read_only)
    try:
        _check_format(connection, path)
        yield connection
    except duckdb.Error as error:
        raise _failed(error, path) from error
    finally:
        with contextlib.suppress(duckdb.Error):  # what was begun and not committed is rolled back
            connection.close()


def _connected(duckdb: Any, path: Path, wait: float, *, read_only: bool) -> DuckDBPyConnection:
    if path.is_dir():
        raise InputError("the store is a folder", expected="a file", where=str(path))
    if not path.exists():
        raise InputError(
            f"there is no store {path}", where=str(path), todo="uptick store add makes one; or check the path"
        )
    if not is_database(path):
        raise InputError(
            "the file is no store", expected="a file that uptick store add made", where=str(path),
            todo="give incidents as FILE, and a store with --store",
        )  # fmt: skip
    until = time.monotonic() + wait
    while True:
        try:
            opened: DuckDBPyConnection = duckdb.connect(str(path), read_only=read_only, config=_CONFIG)
            return opened
        except duckdb.Error as error:
            locked = "lock" in str(error) or "different configuration" in str(
                error
            )  # here or in this process
            if not locked or time.monotonic() >= until:
                raise (_locked(path, wait) if locked else _failed(error, path)) from error
        time.sleep(_PAUSE)


def _locked(path: Path, wait: float) -> OutputError:
    return OutputError(
        "the store is in use by another process",
        expected="one that writes, or several that read",
        found=f"still in use after {wait:g} s",
        where=str(path),
        todo="try again when it is done; nothing was changed",
    )


def _failed(error: Exception, path: Path) -> UptickError:
    """Return the one error for what the database says."""
    said = str(error).split("\n", 1)[0]
    low = said.lower()
    if "write" in low or "space" in low or "permission" in low or "read-only" in low:
        return OutputError(
            "the store cannot be written",
            found=said,
            where=str(path),
            todo="make room, or write where you may; the store is as it was before",
        )
    return InputError(
        "the store cannot be read",
        expected=f"a store of DuckDB {_duckdb().__version__} or earlier, whole",
        found=said,
        where=str(path),
        todo="pip install -U duckdb if a later one made it; if it is damaged, take your copy",
    )


def _check_format(connection: DuckDBPyConnection, path: Path) -> None:
    tables = {name for (name,) in connection.execute("show tables").fetchall()}
    if "about" not in tables:
        raise InputError(
            "the file is a database, but no store",
            expected="a file that uptick store add made",
            found=f"tables {', '.join(sorted(tables)[:6])}" if tables else "no table",
            where=str(path),
        )
    found = dict(connection.execute("select key, value from about").fetchall())
    if not found.get("format", "").isdecimal() or int(found["format"]) > FORMAT:
        raise InputError(
            "the store was made by a later version of this package",
            expected=f"format {FORMAT} or earlier",
            found=f"format {found.get('format', 'not stated')}, made with {found.get('made_with', '?')}",
            where=str(path),
            todo="install the later version: pip install . in its folder",
        )


def made_if_absent(path: Path, made_with: str) -> None:
    """Make an empty store at `path` unless a file is there; nobody ever sees half of one.

    Raises
    ------
    OutputError
        If it cannot be made.
    """
    if path.exists():
        return
    duckdb = _duckdb()
    if not path.parent.is_dir():
        raise OptionError(
            f"there is no folder {path.parent}", where=str(path), todo="make it, or name another place"
        )
    folder = None
    try:
        clear_abandoned(path.parent)
        folder = Path(tempfile.mkdtemp(dir=path.parent, prefix=f"{_HALF}{_maker()}-"))
        fresh = folder / "store"
        with duckdb.connect() as connection:
            place = str(fresh).replace("'", "''")
            connection.execute(f"attach '{place}' as made (block_size {_BLOCKS}); use made")
            connection.execute(_TABLES)
            rows = [("format", str(FORMAT)), ("made_with", made_with)]
            connection.executemany("insert into about values (?, ?)", rows)
            connection.execute("use memory; detach made")
        _placed(fresh, path)
    except (OSError, duckdb.Error) as error:
        raise OutputError(
            "the store cannot be made", found=str(error).split("\n", 1)[0], where=str(path),
            todo="choose another place",
        ) from error  # fmt: skip
    finally:
        if folder is not None:
            _remove(folder)


def clear_abandoned(folder: Path) -> None:
    """Remove what a killed process left behind while it made a store; what another is making stays."""
    with contextlib.suppress(OSError):
        for left in folder.glob(f"{_HALF}*"):
            maker = left.name.removeprefix(_HALF).rsplit("-", 1)[0]
            old = time.time() - left.stat().st_mtime > _ABANDONED
            if old or (maker != _maker() and _is_gone(maker)):
                _remove(left)


def _maker() -> str:
    """Return this process's name in those of its folders: of which machine, and its number."""
    return f"{platform.node()}-{os.getpid()}"


def _is_gone(maker: str) -> bool:
    """Whether the process was one of this machine, and has ended; False where that cannot be told."""
    machine, _, number = maker.rpartition("-")
    if machine != platform.node() or not number.isdecimal() or os.name != "posix":
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _remove(folder: Path) -> None:
    for left in (*folder.iterdir(),):
        left.unlink(missing_ok=True)
    folder.rmdir()


def _placed(fresh: Path, path: Path) -> None:
    """Give a whole file its name; where another process was faster, that one's is taken."""
    try:
        os.link(fresh, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        if not path.exists():
            fresh.replace(path)
