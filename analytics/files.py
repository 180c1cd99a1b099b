"""Writing files whole: beside their place first, then renamed, so that nobody ever sees half a file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from analytics.errors import OutputError

__all__ = ["check_writable", "write_together"]


def check_writable(target: Path) -> None:
    """Raise an :class:`OutputError` unless a file can be written at `target`.

    Parameters
    ----------
    target : Path
        A file that need not be there yet; missing folders above it count as writable when they can be made.

    Raises
    ------
    OutputError
        If `target` is a folder, or its folder is not writable or cannot be made.

    Examples
    --------
    >>> check_writable(Path.cwd())  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ...
    OutputError: the output is a folder, not a file
    """
    if target.is_dir():
        raise OutputError("the output is a folder, not a file", where=str(target), todo="give a file name")
    if _is_device(target):
        return
    folder = target.absolute().parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".uptick-"):
            pass
    except OSError as error:
        raise OutputError(
            "the output folder is not writable",
            found=error.strerror or str(error),
            where=str(folder),
            todo="choose another folder",
        ) from error


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write several files so that they appear together, or none does.

    Parameters
    ----------
    contents : mapping of Path to bytes
        Each file's content. Missing folders are made. A device or pipe is written to as it stands, never
        replaced.

    Raises
    ------
    OutputError
        If one cannot be written; then none is, and files that were there before are as they were.
    """
    written: list[tuple[Path, Path]] = []
    try:
        for path, content in contents.items():
            if _is_device(path):
                path.write_bytes(content)
                continue
            final = path.resolve()  # a link stays a link; what it points to is replaced
            final.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=final.parent, prefix=".uptick-", suffix=final.suffix)
            written.append((Path(name), final))
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            Path(name).chmod(0o666 & ~_umask())
        for temporary, final in written:
            temporary.replace(final)
    except OSError as error:
        raise OutputError(
            "the output cannot be written",
            found=error.strerror or str(error),
            where=str(error.filename or ""),
            todo="choose another place",
        ) from error
    finally:
        for temporary, _ in written:
            temporary.unlink(missing_ok=True)


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
