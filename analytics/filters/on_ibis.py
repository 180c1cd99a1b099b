"""The ibis back end: a tree to one expression of an engine, missing where it is neither true nor false.

Comparisons of numbers, days and truths are the engine's. What is said of text is decided by the pandas back
end on the distinct texts that a column holds, so that letters, accents and cases count as they do there; it
stands in a column of its own, which the engine joins with the others.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from analytics.filters.tree import And, Compare, Contains, In, Missing, Node, Not, Or, Value, compile_filter

__all__ = ["Leaf", "compile_on_ibis", "leaves"]

Leaf = Compare | In | Contains | Missing
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge,
}  # fmt: skip
_FIRST_DAY = date(1970, 1, 1)


def leaves(node: Node) -> Iterator[Leaf]:
    """Yield the comparisons of a tree, from left to right."""
    match node:
        case Not(item):
            yield from leaves(item)
        case And(items) | Or(items):
            for item in items:
                yield from leaves(item)
        case _:
            yield node


def compile_on_ibis(node: Node, decided: Mapping[int, Any], direct: Mapping[str, Any]) -> Any:
    """Compile a tree.

    Parameters
    ----------
    node : Node
    decided : mapping
        By the `id` of a comparison, the column of truths that says what holds of each row.
    direct : mapping
        By the name of a column, its expression: numbers, truths, and days counted from 1970.
    """
    return compile_filter(node, _Ibis(decided, direct))


class _Ibis:
    def __init__(self, decided: Mapping[int, Any], direct: Mapping[str, Any]) -> None:
        self.decided, self.direct = decided, direct

    def compare(self, node: Compare) -> Any:
        if id(node) in self.decided:
            return self.decided[id(node)]
        return _OPERATORS[node.op](self.direct[node.column.name], _plain(node.value))

    def isin(self, node: In) -> Any:
        if id(node) in self.decided:
            return self.decided[id(node)]
        return self.some([self.direct[node.column.name] == _plain(value) for value in node.values])

    def contains(self, node: Contains) -> Any:
        if id(node) in self.decided:
            return self.decided[id(node)]
        return self.direct[node.column.name].lower().contains(str(node.value.value).casefold())

    def missing(self, node: Missing) -> Any:
        if id(node) in self.decided:
            return self.decided[id(node)]
        return self.direct[node.column.name].isnull()

    def negate(self, item: Any) -> Any:
        return ~item

    def every(self, items: Sequence[Any]) -> Any:
        out = items[0]
        for item in items[1:]:
            out = out & item
        return out

    def some(self, items: Sequence[Any]) -> Any:
        out = items[0]
        for item in items[1:]:
            out = out | item
        return out


def _plain(value: Value) -> Any:
    """Return a written value as the engine compares it: a day is a number."""
    return (value.value - _FIRST_DAY).days if isinstance(value.value, date) else value.value
