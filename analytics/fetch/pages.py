"""The pages fetched so far, in a folder beside the file to come: each is whole, and says what is next.

A page is written beside its place and renamed, so that a kill leaves it there or not. There is no other
state: where to go on is what the last page says. No credential is ever written here.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from analytics.errors import OutputError
from analytics.fetch.asked import Page

__all__ = ["Folder", "Kept", "digest", "write_whole", "written"]

KEEPS = 7  # days for which pages of an earlier attempt are gone on with: later they are another state


@dataclass(frozen=True, slots=True)
class Kept:
    """What a kept page says of itself: where it was, where the next is, the total told, the day."""

    at: str
    following: str
    total: int | None
    on: str


class Folder:
    """The folder ``FILE.part`` of one fetch.

    Parameters
    ----------
    target : Path
        The file to come.
    query : mapping
        All that is asked; pages of another query are not mixed in.
    restart : bool
        Forget what is there.

    Raises
    ------
    OutputError
        If it holds another query's pages, another process is at it, or it cannot be written.
    """

    def __init__(self, target: Path, query: Mapping[str, Any], *, restart: bool) -> None:
        self.path = target.with_name(target.name + ".part")
        self.forgotten = ""
        self._made = [above for above in self.path.parents if not above.exists()]  # the innermost first
        with written(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(self.path)
        try:
            self._begin(json.dumps(query, sort_keys=True), restart=restart)
        except BaseException:
            self.close()
            raise

    @property
    def holds_pages(self) -> bool:
        """Whether there is a page to go on from."""
        return any(self.path.glob("part-*/page-*.jsonl"))

    def kept(self, part: int) -> list[Kept]:
        """Return what the pages of a part say, in their order."""
        return [_head(path) for path in self._files(part)]

    def keep(self, part: int, at: str, page: Page) -> None:
        """Write a page behind those of its part."""
        number = len(self._files(part)) + 1
        head = Kept(at, page.following, page.total, dt.datetime.now(dt.UTC).date().isoformat())
        lines = [json.dumps(asdict(head)), *(json.dumps(row) for row in page.rows)]
        with written(self.path):
            folder = self.path / f"part-{part:04d}"
            folder.mkdir(exist_ok=True)
            write_whole(folder / f"page-{number:06d}.jsonl", "\n".join(lines) + "\n")

    def rows(self, part: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """Return the rows of a part with the number of their page, in the order received."""
        for number, path in enumerate(self._files(part)):
            with path.open(encoding="ascii") as stream:
                next(stream)
                for line in stream:
                    yield number, json.loads(line)

    def forget(self, part: int) -> None:
        """Drop the pages of a part, all of them at once."""
        folder = self.path / f"part-{part:04d}"
        with written(self.path):
            if folder.exists():
                folder.replace(self.path / "forgotten")
                shutil.rmtree(self.path / "forgotten")

    def close(self) -> None:
        """Let others at it."""
        self._lock.close()

    def remove(self) -> None:
        """Take it away: the file is there, or nothing came, and then nothing is left of the way to it."""
        self.close()
        shutil.rmtree(self.path, ignore_errors=True)
        for above in self._made:
            with contextlib.suppress(OSError):  # not empty: the file is there
                above.rmdir()

    def _files(self, part: int) -> list[Path]:
        return sorted((self.path / f"part-{part:04d}").glob("page-*.jsonl"))

    def _begin(self, query: str, *, restart: bool) -> None:
        mark = self.path / "query.json"
        if restart:
            self._clear()
        elif self.holds_pages and mark.exists() and mark.read_text(encoding="utf-8") != query:
            raise OutputError(
                f"{self.path.name} holds pages of another query",
                where=str(self.path),
                todo="restart=True forgets them; or give another file name",
            )
        with written(self.path):
            write_whole(mark, query)
        self._too_old()

    def _clear(self) -> None:
        with written(self.path):
            for path in [*self.path.glob("part-*"), self.path / "forgotten"]:
                shutil.rmtree(path, ignore_errors=True)

    def _too_old(self) -> None:
        with contextlib.suppress(OSError):
            shutil.rmtree(self.path / "forgotten", ignore_errors=True)
        heads = [_head(path) for path in self.path.glob("part-*/page-*.jsonl")]
        first = min((head.on for head in heads), default="")
        today = dt.datetime.now(dt.UTC).date()
        if first and (today - dt.date.fromisoformat(first)).days > KEEPS:
            self._clear()
            self.forgotten = first


def write_whole(path: Path, text: str) -> None:
    """Write a file beside its place, down to the disk, then rename it."""
    beside = path.with_suffix(path.suffix + ".new")
    with beside.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(path)


@contextlib.contextmanager
def written(where: Path) -> Iterator[None]:
    """Turn what the disk says into the error a reader is shown."""
    try:
        yield
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(
            "what is fetched cannot be written",
            found=error.strerror or str(error),
            where=str(where),
            todo="make room or choose another place; the pages written so far are kept",
        ) from error


def digest(row: Mapping[str, Any]) -> bytes:
    """Return what a row is known by: two rows with the same are the same."""
    return hashlib.blake2b(json.dumps(row, sort_keys=True).encode(), digest_size=16).digest()


def _head(path: Path) -> Kept:
    with path.open(encoding="ascii") as stream:
        return Kept(**json.loads(next(stream)))


def _locked(folder: Path) -> IO[str]:
    """Hold the folder for this process alone, for as long as it lives."""
    stream = (folder / "lock").open("w", encoding="ascii")
    try:
        import fcntl
    except ImportError:  # no such locks on Windows
        return stream
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        stream.close()
    if stream.closed:
        raise OutputError(
            f"another process is fetching into {folder.name}", where=str(folder), todo="wait until it is done"
        )
    return stream
