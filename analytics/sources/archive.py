"""Packed files: the one table in a .zip, or the file in a .gz; never more than fits."""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import zipfile
import zlib
from pathlib import PurePosixPath

from analytics.errors import InputError
from analytics.sources.limits import check_unpacked, most_unpacked

__all__ = ["PACKED", "unpacked"]

PACKED = (".zip", ".gz")
_TABLES = (".csv", ".tsv", ".txt", ".tab", ".xlsx", ".xlsm", ".parquet", ".pq", ".json", ".jsonl", ".ndjson",
           ".geojson")  # fmt: skip
_MANY = 12  # members named
# What zipfile raises on archives that are damaged or made to hurt.
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, RuntimeError, OSError,
            NotImplementedError, ValueError, IndexError, OverflowError)  # fmt: skip


def unpacked(data: bytes, file: str, name: str) -> tuple[bytes, str, tuple[str, ...]]:
    """Return a file's bytes unpacked, the name of what was packed, and a note.

    Parameters
    ----------
    data : bytes
    file, name : str
        The file's own name, and how to speak of it.

    Raises
    ------
    InputError
        If a packed file is damaged, is locked, holds no table or several, or unpacks to more than may be
        (:mod:`analytics.sources.limits`).
    """
    ending = PurePosixPath(file).suffix.casefold()
    if ending == ".zip":
        inner, member = _from_zip(data, name)
        return inner, member, (f"unpacked: {member}",)
    if ending == ".gz":
        plain = PurePosixPath(file).stem
        return _from_gzip(data, name), plain, (f"unpacked: {plain}",)
    return data, file, ()


def _from_zip(data: bytes, name: str) -> tuple[bytes, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and _wanted(m.filename)]
            if len(members) != 1:
                all_ = [m.filename for m in archive.infolist() if not m.is_dir()]
                raise InputError(
                    f"{name} holds {'several tables' if members else 'no table'}",
                    expected=f"one file that ends in {', '.join(_TABLES)}",
                    found=", ".join([m.filename for m in members] or all_[:_MANY]) or "nothing",
                    where=name,
                    todo="unpack it and give one of the files",
                )
            member = members[0]
            check_unpacked(member.file_size, len(data), name)
            with archive.open(member) as stream:
                inner = stream.read(most_unpacked(len(data)) + 1)
    except InputError:
        raise
    except _DAMAGED as error:
        locked = "password" in str(error) or "encrypted" in str(error)
        raise InputError(
            f"{name} cannot be unpacked",
            found="it is locked with a password" if locked else f"{type(error).__name__}: {str(error)[:80]}",
            where=name,
            todo="unpack it with its password and give the file" if locked else "fetch it again",
        ) from None
    check_unpacked(len(inner), len(data), name)
    return inner, member.filename


def _from_gzip(data: bytes, name: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            inner = stream.read(most_unpacked(len(data)) + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{name} cannot be unpacked",
            found=f"{type(error).__name__}: {str(error)[:80]}",
            where=name,
            todo="fetch it again",
        ) from None
    check_unpacked(len(inner), len(data), name)
    return inner


def _wanted(member: str) -> bool:
    path = PurePosixPath(member)
    hidden = path.name.startswith(".") or "__MACOSX" in path.parts
    return path.suffix.casefold() in _TABLES and not hidden and not path.name.casefold().startswith("readme")
