"""What is asked of a service, in parts that are fetched one after the other, and what one page of it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from analytics.errors import FetchError

__all__ = ["Faulty", "Options", "Page", "Part", "RepeatedPage", "Service"]

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Options:
    """How it is fetched: what the services have in common.

    Attributes
    ----------
    page_size : int
        Rows asked for at a time.
    base_url : str
        Where the service is; https, or this machine.
    proxy : str or None
        The proxy to go through; the environment's are not used.
    replace, restart : bool
        Whether a file that is there may be replaced, and whether pages of an earlier attempt are forgotten.
    incomplete : bool
        Whether fewer events than the service tells of are taken, where two passes agree on them.
    """

    page_size: int
    base_url: str
    proxy: str | None = field(default=None, repr=False)
    replace: bool = False
    restart: bool = False
    incomplete: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One query, fetched page by page: what it is called, and the filters sent with it."""

    name: str
    path: str
    filters: Mapping[str, str]
    release: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows as they came, where the next ones are ("" : nowhere), and how many there are in all, if told."""

    rows: Sequence[Row]
    following: str
    total: int | None


class Service(Protocol):
    """A service: what its rows must have, and how one page is got and read.

    Where it does not say whether there is a next page, the pages end at the total (`ends_at_total`).
    """

    @property
    def name(self) -> str:
        """How it is asked for."""

    @property
    def title(self) -> str:
        """How readers know it."""

    @property
    def identifier(self) -> str:
        """The column by which an event is known."""

    @property
    def required(self) -> tuple[str, ...]:
        """Columns without which the file could not be read."""

    @property
    def licence(self) -> str:
        """What may be done with the rows."""

    @property
    def address(self) -> str:
        """Where it is."""

    @property
    def ends_at_total(self) -> bool:
        """Whether only the total says that there are no more pages."""

    def first(self, part: Part) -> str:
        """Return where the first page of a part is."""

    def page(self, part: Part, at: str) -> Page:
        """Return one page. Raises ``Faulty`` if asking again may help, FetchError if not."""

    def outside(self, part: Part, row: Row) -> bool:
        """Whether a row is not what the part asked for."""

    def nothing(self, parts: Sequence[Part]) -> FetchError:
        """Return the error for an answer without any row, after finding out why."""


class Faulty(Exception):
    """An answer that may be better when asked for again, after `after` seconds if the service says so."""

    def __init__(self, what: str, *, after: float | None = None, todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.after = after
        self.todo = todo


class RepeatedPage(Faulty):
    """A page whose rows all came before."""
