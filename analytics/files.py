"""Reading files whole, and writing them whole: beside their place first, then renamed.

Nobody ever sees half a file.
A run that is killed leaves what it had written beside its place, under a name that says whose it is. The
next run that writes into the folder finishes or removes it: where everything was written and only the
renaming was cut short, a list says which file goes where, and it is carried through; so files of one run
stay together.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
import re
import secrets
import select
import shutil
import stat
import tempfile
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from analytics.errors import OutputError

__all__ = [
    "check_writable",
    "is_regular",
    "read_whole",
    "real_path",
    "scratch_folder",
    "temporary_room",
    "write_together",
]

_HOST = f"{zlib.crc32(platform.node().encode()):08x}"
_TOKEN = secrets.token_hex(4)  # tells this process from an earlier one with its number
_OURS = re.compile(r"\.uptick-([0-9a-f]{8})-(\d+)-([0-9a-f]{8})-")
_LIST = ".together"
_PATIENCE = 5  # seconds for the first byte of a pipe
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORGOTTEN = 86_400  # seconds after which a file of another machine's run is nobody's


def read_whole(path: Path) -> bytes:
    """Return a file's bytes; a pipe is read to its end, and a device is refused.

    Raises
    ------
    OSError
        If there is no such file, it is a folder or a device, nobody writes into the pipe, or it cannot be
        read.

    Examples
    --------
    >>> read_whole(Path("/dev/zero"))
    Traceback (most recent call last):
    ...
    OSError: [Errno 22] it is a device, not a file: '/dev/zero'
    """
    try:
        kind = path.stat().st_mode
    except ValueError as error:  # a zero byte in the name
        raise FileNotFoundError(errno.ENOENT, str(error), str(path)) from None
    except RuntimeError:  # how Python before 3.13 speaks of links that lead to each other
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from None
    if stat.S_ISFIFO(kind):
        return _from_pipe(path)
    if stat.S_ISCHR(kind) or stat.S_ISBLK(kind) or stat.S_ISSOCK(kind):
        raise OSError(errno.EINVAL, "it is a device, not a file", str(path))
    return path.read_bytes()


def real_path(path: Path | str) -> str:
    """Return where a path leads, links followed as far as they lead; what is no path as it stands.

    Examples
    --------
    >>> real_path("/no/such/file")
    '/no/such/file'
    """
    try:
        return os.path.realpath(path)
    except ValueError:  # a zero byte
        return str(path)


def is_regular(path: Path) -> bool:
    """Whether this is a file like most: no folder, pipe or device, nor a name that leads nowhere.

    Examples
    --------
    >>> is_regular(Path.cwd())
    False
    """
    try:
        return path.is_file()
    except (OSError, ValueError, RuntimeError):
        return False


def _from_pipe(path: Path) -> bytes:
    """Read a pipe to its end; give up if its first byte does not come."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    pieces: list[bytes] = []
    until = time.monotonic() + _PATIENCE
    with os.fdopen(handle, "rb", buffering=0) as stream:
        while True:
            select.select([stream], [], [], 0.1)
            piece = stream.read(1 << 16)
            if piece:
                pieces.append(piece)
            elif piece is not None and pieces:
                return b"".join(pieces)
            elif not pieces and time.monotonic() > until:
                raise OSError(errno.ENODATA, "nobody writes into this pipe", str(path))
            elif piece is not None:  # nobody has opened it yet
                time.sleep(0.05)


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a folder that only this user may read, gone at the end; those of killed runs go first.

    Examples
    --------
    >>> with scratch_folder() as folder:
    ...     folder.is_dir()
    True
    >>> folder.exists()
    False
    """
    with temporary_room():
        for left in Path(tempfile.gettempdir()).glob(f".uptick-{_HOST}-*"):
            if left.is_dir() and _is_left(left):
                shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_prefix()) as folder:
            yield Path(folder)


@contextlib.contextmanager
def temporary_room() -> Iterator[None]:
    """Say so where there is no room for temporary files, which are written in this block.

    Raises
    ------
    OutputError
        If the disk is full.

    Examples
    --------
    >>> with temporary_room():  # doctest: +IGNORE_EXCEPTION_DETAIL
    ...     raise OSError(errno.ENOSPC, "No space left on device")
    Traceback (most recent call last):
    ...
    OutputError: there is no room for temporary files
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise OutputError(
            "there is no room for temporary files",
            found=os.strerror(error.errno),
            where=str(error.filename or tempfile.gettempdir()),
            todo="make room, or name another folder in TMPDIR",
        ) from error


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
    try:
        if target.is_dir():
            raise OutputError(
                "the output is a folder, not a file", where=str(target), todo="give a file name"
            )
        if _is_device(target):
            return
        if target.is_symlink() or "\0" in str(target):
            target.stat()
    except FileNotFoundError:  # a link to a file that is not there yet
        pass
    except OutputError:
        raise
    except (OSError, ValueError) as error:
        raise OutputError(
            "the output cannot be written",
            found=getattr(error, "strerror", None) or str(error),
            where=str(target)[:200],
            todo="choose another place",
        ) from None
    folder = target.absolute().parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    _settle(folder)
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=_prefix()):
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
    lists: list[Path] = []
    at: Path | None = None
    try:
        for path, content in contents.items():
            at = path
            if _is_device(path):
                path.write_bytes(content)
                continue
            final = Path(os.path.realpath(path))  # a link stays a link; what it points to is replaced
            final.parent.mkdir(parents=True, exist_ok=True)
            _settle(final.parent)
            written.append((_written_beside(final, content), final))
        at = None
        lists = _listed(written)
        _renamed(written)
    except OSError as error:
        raise OutputError(
            "the output cannot be written",
            found=error.strerror or str(error),
            where=str(at or error.filename or ""),
            todo="make room, or choose another place" if error.errno in _FULL else "choose another place",
        ) from error
    finally:
        for temporary in (*lists, *(temporary for temporary, _ in written)):
            temporary.unlink(missing_ok=True)


def _prefix() -> str:
    return f".uptick-{_HOST}-{os.getpid()}-{_TOKEN}-"


def _written_beside(final: Path, content: bytes) -> Path:
    handle, name = tempfile.mkstemp(dir=final.parent, prefix=_prefix(), suffix=final.suffix)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(handle)
        Path(name).chmod(0o666 & ~_umask())
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _listed(written: Iterable[tuple[Path, Path]]) -> list[Path]:
    """Write, in each folder that gets several files, which goes where: the next run can finish it."""
    groups: dict[Path, dict[str, str]] = {}
    for temporary, final in written:
        groups.setdefault(final.parent, {})[temporary.name] = final.name
    return [
        _written_beside(folder / f"list{_LIST}", json.dumps(names).encode())
        for folder, names in groups.items()
        if len(names) > 1
    ]


def _renamed(written: Iterable[tuple[Path, Path]]) -> None:
    """Give every file its place; where one cannot have it, the others get back what was there."""
    done: list[tuple[Path, bytes | None]] = []
    try:
        for temporary, final in written:
            before = final.read_bytes() if final.is_file() else None
            temporary.replace(final)
            done.append((final, before))
    except OSError:
        for final, before in done:
            with contextlib.suppress(OSError):
                final.unlink() if before is None else _written_beside(final, before).replace(final)
        raise


def _settle(folder: Path) -> None:
    """Finish or remove what killed runs have left in a folder."""
    with contextlib.suppress(OSError):  # what cannot be settled is in nobody's way
        left = [path for path in folder.glob(".uptick-*") if path.is_file() and _is_left(path)]
        for path in (path for path in left if path.suffix == _LIST):
            for temporary, final in _names(path).items():
                with contextlib.suppress(FileNotFoundError):
                    (folder / temporary).replace(folder / final)
        for path in left:
            path.unlink(missing_ok=True)


def _names(path: Path) -> dict[str, str]:
    """Return which file goes where; nothing where the list was not written by this module."""
    try:
        names = json.loads(path.read_bytes())
        good = all(
            _OURS.match(temporary)
            and final
            and Path(final).name == final
            and not final.startswith(".uptick-")
            for temporary, final in names.items()
        )
    except (ValueError, AttributeError, TypeError, RecursionError):
        return {}
    return names if good else {}


def _is_left(path: Path) -> bool:
    """Whether the run that wrote a file is over."""
    named = _OURS.match(path.name)
    if named is None or named[1] != _HOST or os.name != "posix":
        return time.time() - path.stat().st_mtime > _FORGOTTEN
    if int(named[2]) == os.getpid():
        return named[3] != _TOKEN
    try:
        os.kill(int(named[2]), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        pass
    return False


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
