"""A filter in words, for a page whose readers know no columns."""

from __future__ import annotations

from analytics.filters.grammar import read_tree
from analytics.filters.tree import And, Compare, Contains, In, Missing, Node, Not, Or, Value

__all__ = ["filter_words"]

_OPS = {"=": "is", "!=": "is not", "<": "is below", "<=": "is at most", ">": "is above", ">=": "is at least"}


def filter_words(where: str) -> str:
    """Return a filter in words, to follow "incidents whose".

    Examples
    --------
    >>> filter_words("event_type in ('IED', 'SAF') and fatalities >= 1")
    'event type is IED or SAF and fatalities is at least 1'
    >>> filter_words("not (actor1 contains 'police' or actor2 is missing)")
    "not (actor1 contains 'police' or actor2 is not stated)"
    """
    return _said(read_tree(where))


def _said(node: Node) -> str:
    match node:
        case Compare(column, op, value):
            return f"{_plain(column.name)} {_OPS[op]} {_value(value)}"
        case In(column, values):
            *first, last = map(_value, values)
            return f"{_plain(column.name)} is {', '.join(first)}{' or ' if first else ''}{last}"
        case Contains(column, value):
            return f"{_plain(column.name)} contains '{value.value}'"
        case Missing(column):
            return f"{_plain(column.name)} is not stated"
        case Not(Missing(column)):
            return f"{_plain(column.name)} is stated"
        case Not(item):
            return f"not ({_said(item)})"
        case And(items):
            return " and ".join(f"({_said(item)})" if isinstance(item, Or) else _said(item) for item in items)
        case Or(items):
            return " or ".join(_said(item) for item in items)


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _value(value: Value) -> str:
    if isinstance(value.value, bool):
        return "true" if value.value else "false"
    return str(value.value)
