"""From the pages to one file that the readers read, and what it is beside it; both appear whole."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from analytics.errors import OutputError
from analytics.fetch.asked import Part, Service
from analytics.fetch.pages import Folder, digest, write_whole, written
from analytics.results.words import counted, listed

__all__ = ["Account", "check_target", "write_file"]

_YOURS = "# What stands below this line is yours: it is kept when the file is fetched again."


@dataclass(frozen=True, slots=True)
class Account:
    """Where every row received went: received = written + repeated + revised.

    Attributes
    ----------
    received, written : int
        Rows on all pages, and those in the file.
    repeated : int
        Rows that came twice, alike.
    revised : int
        Rows in whose place a later state of the same event, received in the same pass, is written.
    notes : tuple of str
        What was met on the way.
    """

    received: int
    written: int
    repeated: int = 0
    revised: int = 0
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.received != self.written + self.repeated + self.revised:
            raise ValueError(f"rows are lost: {self}")

    def __str__(self) -> str:
        text = f"rows received {self.received:,} = written {self.written:,} + repeated {self.repeated:,}"
        return text + (f" + revised while fetching {self.revised:,}" if self.revised else "")


def check_target(target: Path, *, replace: bool) -> None:
    """Refuse a file that may not be written, before anything is asked for.

    Raises
    ------
    OutputError
        If it is no CSV, is there already, or what is beside it was written by others.
    """
    if target.suffix.casefold() != ".csv":
        raise OutputError(
            f"{target.name} is no CSV file", expected="a name that ends in .csv", where=str(target)
        )
    if target.exists() and not replace:
        raise OutputError(
            f"{target.name} is there already", where=str(target), todo="replace=True fetches it anew"
        )
    meta = target.with_suffix(".meta.toml")
    if meta.exists() and _YOURS not in meta.read_text(encoding="utf-8", errors="replace"):
        raise OutputError(
            f"{meta.name} is there, and not from fetching",
            expected="no such file, or one with the line that says what is yours",
            where=str(meta),
            todo="move it away, and put what you stated below that line afterwards",
        )


def write_file(
    target: Path, service: Service, parts: Sequence[Part], folder: Folder, notes: Iterable[str]
) -> Account:
    """Write the rows of all pages as CSV, each once, and the metadata beside it, before it.

    Rows of one part that have the same identifier are one event: the last state received is written. Of two
    parts (two releases) each may hold the event; what differs is written twice, the later release below.
    """
    found = _survey(service, parts, folder)
    beside = folder.path / "whole.csv"
    emitted: set[bytes] = set()
    outside = 0
    with (
        written(folder.path),
        beside.open("w", encoding="utf-8", errors="backslashreplace", newline="") as to,
    ):
        out = csv.writer(to, lineterminator="\n")
        out.writerow(found.columns)
        for number, part in enumerate(parts):
            for at, (_, row) in enumerate(folder.rows(number)):
                if found.last[number][str(row[service.identifier])] != at or (mark := digest(row)) in emitted:
                    continue
                emitted.add(mark)
                outside += service.outside(part, row)
                out.writerow([_cell(row.get(name)) for name in found.columns])
    days = sorted({head.on for number in range(len(parts)) for head in folder.kept(number)})
    account = Account(
        found.received,
        len(emitted),
        found.received - len(emitted) - found.revised,
        found.revised,
        (*notes, *_notes(service, found, outside, days)),
    )
    with written(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        meta = target.with_suffix(".meta.toml")
        write_whole(meta, _metadata(service, parts, account, days[0]) + _kept_below(meta))
        beside.replace(target)
    return account


@dataclass(frozen=True, slots=True)
class _Survey:
    """Where each event's last row is, how many rows there are and are outdated, and the columns."""

    last: list[dict[str, int]]
    received: int
    revised: int
    columns: list[str]
    not_everywhere: list[str]


def _survey(service: Service, parts: Sequence[Part], folder: Folder) -> _Survey:
    last: list[dict[str, int]] = []
    columns: dict[str, None] = {}
    by_page: dict[tuple[int, int], set[str]] = {}
    received = revised = 0
    for number in range(len(parts)):
        at_last: dict[str, int] = {}
        state: dict[str, bytes] = {}
        for at, (page, row) in enumerate(folder.rows(number)):
            event, mark = str(row[service.identifier]), digest(row)
            revised += state.get(event, mark) != mark
            at_last[event], state[event] = at, mark
            columns |= dict.fromkeys(row)
            by_page.setdefault((number, page), set()).update(row)
            received += 1
        last.append(at_last)
    everywhere = set.intersection(*by_page.values()) if by_page else set()
    names = list(columns or dict.fromkeys(service.required))
    return _Survey(last, received, revised, names, [n for n in columns if n not in everywhere])


def _notes(service: Service, found: _Survey, outside: int, days: Sequence[str]) -> list[str]:
    notes = []
    if found.not_everywhere:
        notes.append(f"columns that only some pages have: {listed(found.not_everywhere)}; blank elsewhere")
    if outside:
        notes.append(
            f"{counted(outside, 'row')} outside the days or countries asked for, as {service.title} gave them"
        )
    if len(days) > 1:
        notes.append(f"fetched on several days, {days[0]} to {days[-1]}; extracted is the first")
    return notes


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.replace("\x00", "[U+0000]")  # a file that holds it is taken for no text


def _metadata(service: Service, parts: Sequence[Part], account: Account, extracted: str) -> str:
    queries = [
        f"{service.address}/{part.path}?" + "&".join(f"{n}={v}" for n, v in part.filters.items())
        for part in parts
    ]
    names = list(dict.fromkeys(part.name for part in parts))
    lines = [
        f"title = {_toml(f'{service.title}, ' + listed(names))}",
        f"licence = {_toml(service.licence)}",
        f"extracted = {extracted}",
        f"origin = {_toml(service.name)}",
        f"query = [{', '.join(map(_toml, queries))}]",
        f"account = {_toml(str(account))}",
        "notes = [",
        *(f"    {_toml(note)}," for note in account.notes),
        "]",
        "",
        _YOURS,
    ]
    return "\n".join(lines) + "\n"


def _kept_below(meta: Path) -> str:
    """Return what the analyst wrote below the line, of an earlier fetch."""
    if not meta.exists():
        return ""
    return meta.read_text(encoding="utf-8").partition(_YOURS + "\n")[2]


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
