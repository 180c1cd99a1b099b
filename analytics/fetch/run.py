"""Fetching: every part page by page, checked against the total, then one file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from analytics.errors import FetchError
from analytics.fetch.asked import Faulty, Options, Page, Part, RepeatedPage, Service
from analytics.fetch.connection import Connection
from analytics.fetch.pages import Folder, digest
from analytics.fetch.whole import Account, check_target, write_file
from analytics.options import Progress
from analytics.results.words import counted

__all__ = ["fetch_whole"]

PASSES = 3  # over all pages of a part, where what is at the service changes meanwhile
Open = Callable[[Callable[[str], None]], tuple[Service, Connection]]


def fetch_whole(
    output: str | Path,
    parts: Sequence[Part],
    options: Options,
    open_service: Open,
    progress: Progress | None = None,
    *,
    may_be_empty: bool = False,
) -> Account:
    """Fetch all parts into one file, going on where an earlier attempt ended.

    Parameters
    ----------
    output : str or Path
        The CSV to come.
    parts : sequence of Part
    options : Options
    open_service : callable
        Given what tells of waiting, returns the service and its connection; credentials are looked for then.
    progress : callable, optional
    may_be_empty : bool
        Whether no row at all is an answer.

    Raises
    ------
    FetchError
        If the service does not give what was asked for; pages fetched so far stay.
    OutputError
        If something cannot be written.
    """
    target = Path(output)
    check_target(target, replace=options.replace)
    query = {
        "address": options.base_url,
        "page_size": options.page_size,
        "parts": [[part.path, dict(part.filters)] for part in parts],
    }
    folder = Folder(target, query, restart=options.restart)
    told = _Told(progress)
    try:
        service, connection = open_service(told.waiting)
        try:
            notes = [
                note
                for number, part in enumerate(parts)
                for note in _Collecting(service, connection, folder, number, part, told).run(
                    incomplete=options.incomplete
                )
            ]
            if not may_be_empty and not any(True for n in range(len(parts)) for _ in folder.rows(n)):
                error = service.nothing(parts)
                folder.remove()
                raise error
        finally:
            connection.close()
        if folder.forgotten:
            notes.append(f"pages of an attempt of {folder.forgotten} were too old and fetched again")
        account = write_file(target, service, parts, folder, notes)
    except BaseException:
        if folder.holds_pages:
            folder.close()
        else:
            folder.remove()
        raise
    folder.remove()
    return account


class _Told:
    """Tells how far it is, and what is waited for."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._at = (0, 1)

    def step(self, done: int, total: int, what: str) -> None:
        self._at = (done, max(total, 1))
        if self._progress is not None:
            self._progress(*self._at, what)

    def waiting(self, what: str) -> None:
        if self._progress is not None:
            self._progress(*self._at, what)


class _Collecting:
    """One part: its pages from the first to the last, again where they do not add up."""

    def __init__(
        self,
        service: Service,
        connection: Connection,
        folder: Folder,
        number: int,
        part: Part,
        told: _Told,
    ) -> None:
        self.service, self.connection, self.folder = service, connection, folder
        self.number, self.part, self.told = number, part, told

    def run(self, *, incomplete: bool) -> list[str]:
        """Collect until the pages add up, and return what is to be noted."""
        before = ""
        for passed in range(1, PASSES + 1):
            self._pass()
            totals = [head.total for head in self.folder.kept(self.number)]
            if not self.events:
                return [f"{self.part.name}: no event"]
            if totals[-1] is None:
                return [f"{self.part.name}: {self.service.title} told no total to compare with"]
            notes = []
            if len(set(totals)) > 1:
                notes.append(
                    f"{self.part.name}: the total changed while fetching, from {totals[0]:,} to "
                    f"{totals[-1]:,}"
                )
            if passed > 1:
                notes.append(f"{self.part.name}: fetched {passed} times over, until it added up")
            if len(self.events) == totals[-1]:
                return notes
            now = hashlib.sha256(b"".join(sorted(self.events.values()))).hexdigest()
            if now == before:
                return [self._disagreeing(totals[-1], incomplete=incomplete)]
            before = now
            if passed < PASSES:
                self.folder.forget(self.number)
        found = (
            f"{len(self.events):,} of {totals[-1]:,} events, and not the same in any two of {PASSES} passes"
        )
        self.folder.forget(self.number)
        raise FetchError(
            f"{self.part.name}: what {self.service.title} holds changes faster than it can be fetched",
            found=found,
            where=self.connection.host,
            todo="run it again later, or fetch fewer days at a time",
        )

    def _disagreeing(self, total: int, *, incomplete: bool) -> str:
        """Return the note for a total that two passes do not come to; raise where events are missing."""
        tells = (
            f"{self.service.title} tells of {counted(total, 'event')} and gives {len(self.events):,}, "
            "the same in two passes"
        )
        if len(self.events) > total or incomplete:
            return f"{self.part.name}: {tells}"
        raise FetchError(
            f"{self.part.name}: {tells}",
            where=self.connection.host,
            todo="incomplete=True takes what there is, with a note; or fetch fewer days at a time",
        )

    def _pass(self) -> None:
        """Fetch the pages that are not kept yet."""
        heads = self.folder.kept(self.number)
        self.visited = {head.at for head in heads}
        self.events: dict[str, bytes] = {}
        for _, row in self.folder.rows(self.number):
            self.events[str(row[self.service.identifier])] = digest(row)
        at = heads[-1].following if heads else self.service.first(self.part)
        total = heads[-1].total if heads else None
        while at and not (self.service.ends_at_total and total is not None and len(self.events) >= total):
            done = len(self.events)
            self.told.step(done, total or 0, f"{self.service.title}, {self.part.name}: {done:,} events")
            page = self._page(at, total)
            page = replace(page, total=total if page.total is None else page.total)
            self.folder.keep(self.number, at, page)
            self.visited.add(at)
            self.events.update({str(row[self.service.identifier]): digest(row) for row in page.rows})
            at, total = page.following, page.total

    def _page(self, at: str, total: int | None) -> Page:
        """Return one page, asked for until it can be read and is a new one."""
        got: list[Page] = []

        def ask() -> Page:
            page = self.service.page(self.part, at)
            self._check_columns(page)
            if page.following in {*self.visited, at}:
                raise Faulty("the next page is one that was there before")
            got[:] = [page]
            if page.rows and all(str(row[self.service.identifier]) in self.events for row in page.rows):
                raise RepeatedPage("the same rows came again in place of the next ones")
            return page

        try:
            return self.connection.patiently(ask)
        except RepeatedPage:
            # Rows moved on by new ones look the same; whether all are there is told by the total.
            ends = total is None or self.service.ends_at_total
            return replace(got[0], following="" if ends else got[0].following)
        except Faulty as fault:
            last = fault
        raise FetchError(
            f"{self.service.title} did not give the next page, asked for again and again",
            found=last.what,
            where=self.connection.host,
            todo=last.todo or "run the same command again later: the pages fetched so far are kept",
        )

    def _check_columns(self, page: Page) -> None:
        for row in page.rows:
            absent = [name for name in self.service.required if name not in row]
            if not absent and row[self.service.identifier] not in (None, ""):
                continue
            what = (
                f"{self.service.title} has changed its columns: {', '.join(absent)} is not there"
                if absent
                else f"{self.service.title} gives a row without {self.service.identifier}"
            )
            raise FetchError(
                what,
                expected=", ".join(self.service.required),
                found=", ".join(map(str, list(row)[:40])),
                where=f"{self.connection.host}, {self.part.name}",
                todo="nothing is written; an export from its website may still have what is missing",
            )
