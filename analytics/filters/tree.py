"""The tree a filter is read into, its text, and what a back end is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal, NoReturn, Protocol, TypeVar

from analytics.errors import FilterError

__all__ = [
    "And",
    "Backend",
    "Column",
    "Compare",
    "Contains",
    "In",
    "Kind",
    "Missing",
    "Node",
    "Not",
    "Or",
    "Value",
    "columns_of",
    "compile_filter",
    "fail_at",
    "render",
    "with_names",
]

Kind = Literal["text", "number", "date", "truth"]
KEYWORDS = frozenset({"and", "or", "not", "in", "is", "missing", "contains", "true", "false"})
NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name, and where it stands in the text."""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Value:
    """A written value: text, number, date or truth."""

    kind: Kind
    value: str | int | float | date | bool
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """``column op value``, with op one of ``= != < <= > >=``."""

    column: Column
    op: str
    value: Value


@dataclass(frozen=True, slots=True)
class In:
    """``column in (value, ...)``, all values of one kind."""

    column: Column
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Contains:
    """``column contains text``, whatever the case."""

    column: Column
    value: Value


@dataclass(frozen=True, slots=True)
class Missing:
    """``column is missing``."""

    column: Column


@dataclass(frozen=True, slots=True)
class Not:
    """``not item``."""

    item: Node


@dataclass(frozen=True, slots=True)
class And:
    """``item and item ...``, two or more."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """``item or item ...``, two or more."""

    items: tuple[Node, ...]


Node = Compare | In | Contains | Missing | Not | And | Or
T = TypeVar("T")


class Backend(Protocol[T]):
    """What compiles a tree: one method for each kind of node, given its parts already compiled."""

    def compare(self, node: Compare) -> T: ...  # noqa: D102
    def isin(self, node: In) -> T: ...  # noqa: D102
    def contains(self, node: Contains) -> T: ...  # noqa: D102
    def missing(self, node: Missing) -> T: ...  # noqa: D102
    def negate(self, item: T) -> T: ...  # noqa: D102
    def every(self, items: Sequence[T]) -> T: ...  # noqa: D102
    def some(self, items: Sequence[T]) -> T: ...  # noqa: D102


def compile_filter(node: Node, backend: Backend[T]) -> T:
    """Compile a tree with a back end, the leaves first."""
    match node:
        case Compare():
            return backend.compare(node)
        case In():
            return backend.isin(node)
        case Contains():
            return backend.contains(node)
        case Missing():
            return backend.missing(node)
        case Not(item):
            return backend.negate(compile_filter(item, backend))
        case And(items):
            return backend.every([compile_filter(item, backend) for item in items])
        case Or(items):
            return backend.some([compile_filter(item, backend) for item in items])


def render(node: Node) -> str:
    """Return the text of a tree; parsing it gives the same tree.

    Examples
    --------
    >>> render(Not(Missing(Column("date"))))
    'not date is missing'
    """
    match node:
        case Compare(column, op, value):
            return f"{_render_column(column)} {op} {_render_value(value)}"
        case In(column, values):
            return f"{_render_column(column)} in ({', '.join(map(_render_value, values))})"
        case Contains(column, value):
            return f"{_render_column(column)} contains {_render_value(value)}"
        case Missing(column):
            return f"{_render_column(column)} is missing"
        case Not(item):
            return f"not {_render_within(item, And, Or)}"
        case And(items):
            return " and ".join(_render_within(item, And, Or) for item in items)
        case Or(items):
            return " or ".join(_render_within(item, Or) for item in items)


def _render_within(node: Node, *looser: type) -> str:
    return f"({render(node)})" if isinstance(node, looser) else render(node)


def _render_column(column: Column) -> str:
    bare = NAME.fullmatch(column.name) and column.name.casefold() not in KEYWORDS
    return column.name if bare else "`" + column.name.replace("`", "``") + "`"


def _render_value(value: Value) -> str:
    if value.kind == "text":
        return "'" + str(value.value).replace("'", "''") + "'"
    if isinstance(value.value, bool):
        return "true" if value.value else "false"
    return value.value.isoformat() if isinstance(value.value, date) else repr(value.value)


def columns_of(node: Node) -> Iterator[str]:
    """Yield the names of the columns in a tree, from left to right."""
    match node:
        case Not(item):
            yield from columns_of(item)
        case And(items) | Or(items):
            for item in items:
                yield from columns_of(item)
        case Compare(column) | In(column) | Contains(column) | Missing(column):
            yield column.name


def with_names(node: Node, names: Mapping[str, str]) -> Node:
    """Return a tree with columns under other names; those that `names` does not hold keep theirs.

    Examples
    --------
    >>> render(with_names(Missing(Column("Province")), {"Province": "admin1"}))
    'admin1 is missing'
    """
    match node:
        case Not(item):
            return Not(with_names(item, names))
        case And(items):
            return And(tuple(with_names(item, names) for item in items))
        case Or(items):
            return Or(tuple(with_names(item, names) for item in items))
        case Compare(column) | In(column) | Contains(column) | Missing(column):
            return replace(node, column=replace(column, name=names.get(column.name, column.name)))


def fail_at(text: str, at: int, what: str, **parts: str | None) -> NoReturn:
    """Raise a FilterError that shows the text with a caret under character `at`."""
    # Control characters would move the caret; only the neighbourhood of a long text is shown.
    line = "".join(c if c.isprintable() else " " for c in text)
    first = max(0, at - 60)
    excerpt = ("…" if first else "") + line[first : at + 40]
    caret = " " * (at - first + bool(first)) + "^"
    raise FilterError(what, where=f"character {at + 1}\n    {excerpt}\n    {caret}", **parts)
