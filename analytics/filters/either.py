"""``actor``: a name for two columns at once, true where it is true of either."""

from __future__ import annotations

from dataclasses import replace

from analytics.filters.tree import And, Column, Compare, Missing, Node, Not, Or

__all__ = ["of_either"]


def of_either(node: Node, name: str, columns: tuple[str, str]) -> Node:
    """Return a tree in which a name stands for two columns.

    A comparison is true where it is true of one of them, whatever the other is, and unknown where both are
    missing. ``!=`` is the opposite of ``=``: true where neither is.

    Examples
    --------
    >>> from analytics.filters.grammar import read_tree
    >>> from analytics.filters.tree import render
    >>> render(of_either(read_tree("actor is missing"), "actor", ("actor1", "actor2")))
    'actor1 is missing and actor2 is missing'
    """
    match node:
        case Not(item):
            return Not(of_either(item, name, columns))
        case And(items):
            return And(tuple(of_either(item, name, columns) for item in items))
        case Or(items):
            return Or(tuple(of_either(item, name, columns) for item in items))
    if node.column.name != name:
        return node
    if isinstance(node, Compare) and node.op == "!=":
        return Not(of_either(replace(node, op="="), name, columns))
    first, second = (replace(node, column=Column(column, node.column.at)) for column in columns)
    if isinstance(node, Missing):
        return And((first, second))
    gone = [Missing(Column(column, node.column.at)) for column in columns]
    return Or((And((Not(gone[0]), first)), And((Not(gone[1]), second)), And((*gone, first))))
