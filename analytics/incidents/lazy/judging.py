"""A filter on incidents in an engine: which rows it is true of, and of which it cannot be told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics.errors import FilterError, InputError
from analytics.filters import Filter
from analytics.filters.on_ibis import Leaf, compile_on_ibis, leaves
from analytics.filters.on_pandas import evaluate
from analytics.filters.tree import And, Column, Compare, Contains, In, Missing, Node, Not, Or, Value
from analytics.incidents.lazy.raw import attach
from analytics.schema import COLUMNS, empty_frame

if TYPE_CHECKING:
    from analytics.incidents.lazy.scanned import ScannedIncidents

__all__ = ["judge_rows"]

# Canonical columns that the engine compares: days by their number.
_DAYS = {"date_start": "u_start", "date_end": "u_end", "reported_on": "u_reported"}
_NUMBERS = ("date_precision", "latitude", "longitude", "fatalities", "fatalities_low", "fatalities_high",
            "wounded", "civilian_targeting")  # fmt: skip


def judge_rows(incidents: ScannedIncidents, rule: Filter, rows: Any) -> tuple[Any, tuple[str, ...]]:
    """Return rows with ``w_true`` and ``w_unknown``, and notes on texts that no row holds.

    Raises
    ------
    FilterError
        As :meth:`Filter.evaluate` does.
    """
    node = _with_days(rule.node)
    decided: dict[int, str] = {}
    direct: dict[str, str] = {}
    notes: list[str] = []
    for at, leaf in enumerate(leaves(node)):
        name = leaf.column.name
        column = _direct(incidents, name)
        if column is None:
            rows, said = _decided(incidents, rule, leaf, rows, f"w{at}")
            if said is None:
                column = _too_many(incidents, rule, name)
            else:
                decided[id(leaf)] = f"w{at}"
                notes += said
        if column is not None:
            evaluate(rule.text, leaf, *_empty(incidents))  # raises for what cannot be compared
            made = name in COLUMNS and name not in ("incident_id", "date_start", "date_end")
            rows = incidents.canonical.add(rows, [name] if made else [])
            direct[name] = column
    if "updated_at" in direct:
        rows = rows.mutate(w_updated=rows.u_updated // 86_400_000_000)
    if "incident_id" in direct:
        rows = rows.mutate(w_id=incidents.identifiers(rows))
    truth = compile_on_ibis(
        node,
        {leaf: rows[column] for leaf, column in decided.items()},
        {name: rows[column] for name, column in direct.items()},
    )
    rows = rows.mutate(w_truth=truth)
    # Not by isnull(): ibis 12 writes NOT (a) IS NULL for (NOT a) IS NULL, which is read as NOT (a IS NULL).
    rows = rows.mutate(w_true=rows.w_truth.fill_null(False), w_other=rows.w_truth.fill_null(True))
    rows = rows.mutate(w_unknown=rows.w_other & ~rows.w_true)
    return rows, tuple(dict.fromkeys(notes))


def _direct(incidents: ScannedIncidents, name: str) -> str | None:
    if name in _DAYS and (name != "reported_on" or incidents.canonical.has(name)):
        return _DAYS[name]
    if name == "updated_at" and incidents.canonical.has(name):
        return "w_updated"
    if name == "incident_id":
        return "w_id"
    return f"c_{name}" if name in _NUMBERS else None


def _decided(
    incidents: ScannedIncidents, rule: Filter, leaf: Leaf, rows: Any, column: str
) -> tuple[Any, tuple[str, ...] | None]:
    """Return the rows with what a comparison says of each; None for notes where it cannot be looked up."""
    name = leaf.column.name
    if not incidents.has(name):
        return rows, None
    try:
        _, piece = incidents.combinations([name])
    except InputError:  # more values than are looked up
        return rows, None
    values = incidents.values(name, piece.frame)
    own = {name: values} if name in COLUMNS else {}
    frame = pd.DataFrame(own, index=piece.frame.index)
    extra = pd.DataFrame({} if own else {name: values}, index=piece.frame.index)
    outcome = evaluate(rule.text, leaf, frame, extra)
    truth = pd.Series(pd.arrays.BooleanArray(outcome.mask.copy(), outcome.unknown.copy()))
    said = replace(piece, frame=piece.frame.assign(**{column: truth.array}))
    if name in COLUMNS:
        rows, _ = incidents.canonical.looked_up_by(rows, name)
    return attach(incidents.canonical.raw.with_keys(rows, piece.keys), said, [column]), outcome.notes


def _too_many(incidents: ScannedIncidents, rule: Filter, name: str) -> str:
    """Return the column that the engine compares where there are too many values to look each up."""
    if name in COLUMNS:
        return f"c_{name}"
    if not incidents.has(name):
        parse_error = _empty(incidents)
        rule.evaluate(*parse_error)  # says which columns there are
    raw = incidents.canonical.raw
    at = raw.names.index(name)
    if raw.dtypes[at].is_integer():
        return f"k{at}"
    raise FilterError(
        f"column {name!r} holds too many different texts to be asked about here",
        expected="a column of numbers, or of at most a million texts",
        where=rule.text,
    )


def _empty(incidents: ScannedIncidents) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return empty tables with the columns there are."""
    own = {name: pd.Series(dtype="float64") for name in incidents.canonical.raw.names if name not in COLUMNS}
    return empty_frame(), pd.DataFrame(own)


def _with_days(node: Node) -> Node:
    """Return a tree in which a quoted day that is compared with a column of days is a day."""
    match node:
        case Not(item):
            return Not(_with_days(item))
        case And(items):
            return And(tuple(map(_with_days, items)))
        case Or(items):
            return Or(tuple(map(_with_days, items)))
        case Compare(column, op, value):
            return Compare(column, op, _day(column, value))
        case In(column, values):
            return In(column, tuple(_day(column, value) for value in values))
        case Contains() | Missing():
            return replace(node)  # each comparison is an object of its own


def _day(column: Column, value: Value) -> Value:
    if column.name not in (*_DAYS, "updated_at") or value.kind != "text":
        return value
    try:
        return Value("date", date.fromisoformat(str(value.value)), value.at)
    except ValueError:
        return value
