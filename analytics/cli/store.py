"""``uptick store``: add a dated delivery, list them, say what one changed, and what was known on a day."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import Any

import pandas as pd

from analytics._tables import records
from analytics._text import one_line
from analytics.cli.inputs import READING, column_mapping, given, no_reading_of_stores, the_file
from analytics.cli.options import STORE_ACTIONS
from analytics.cli.show import Shown, Table, account_lines, emit, plan_output
from analytics.errors import OptionError, unknown_option
from analytics.results.words import counted, mark
from analytics.store import Delivery, Store

__all__ = ["run"]

_OWN = {
    "add": ("on", "covers", "name"),
    "list": (),
    "diff": ("delivery", "by", "week_start", "events"),
    "as-of": ("as_of", "known_on", "reported_on"),
}
_NUMBERS = ("rows read", "kept", "set aside", "added", "changed", "deleted", "not covered", "held")
_MOST = 30  # rows of a table for readers


def run(args: Namespace) -> None:
    """Carry out the action and show what it did."""
    if args.action is None:
        raise OptionError(
            "uptick store needs an action",
            expected=", ".join(STORE_ACTIONS),
            todo="uptick store add FILE --store STORE --on DATE",
        )
    if args.action not in STORE_ACTIONS:
        raise unknown_option("action of uptick store", args.action, STORE_ACTIONS)
    if args.store is None:
        raise OptionError("uptick store needs the store's file", expected="--store STORE")
    _check_own(args)
    plan = plan_output(args)
    wait = {} if args.wait is None else {"wait": args.wait}
    actions: dict[str, Callable[[Namespace, Store], Shown]] = {
        "add": _add, "list": _list, "diff": _diff, "as-of": _as_of,
    }  # fmt: skip
    emit(actions[args.action](args, Store(args.store, **wait)), plan)


def _check_own(args: Namespace) -> None:
    """Raise an error for an option of another action."""
    others = [name for action, names in _OWN.items() if action != args.action for name in names]
    there = [name for name in others if getattr(args, name) not in (None, False, [])]
    if there:
        raise OptionError(
            f"uptick store {args.action} has no use for --{there[0].replace('_', '-')}", todo="leave it out"
        )
    if args.action != "add":
        no_reading_of_stores(args)
        if args.file or args.sample:
            raise OptionError(f"uptick store {args.action} takes no FILE", found=args.file or "--sample")


def _add(args: Namespace, store: Store) -> Shown:
    args.store, at = None, args.store
    file = the_file(args)
    args.store = at
    made = store.add(
        file,
        on=args.on,
        covers=args.covers or None,
        name=args.name,
        columns=column_mapping(args.column),
        **given(args, "source", *READING),
    )
    return Shown(
        heading=(f"{mark(made.simulated)}{made.sentence()}",),
        tables=(),
        account=tuple(made.lines()),
        frame=_table([made]),
        record={"command": "store add", "again": made.again, "delivery": made.record()},
        simulated=made.simulated,
    )


def _list(args: Namespace, store: Store) -> Shown:
    made = store.deliveries(args.source)
    if args.source is not None and not made:
        raise unknown_option("source of the store", args.source, _names(store))
    simulated = any(delivery.simulated for delivery in made)
    sources = list(dict.fromkeys(delivery.source for delivery in made))
    frame = _table(made)
    last = {delivery.source: delivery for delivery in made}
    said = [f"{name}: {last[name].after:,} incidents held, known to {last[name].day}" for name in sources]
    return Shown(
        heading=(
            f"{mark(simulated)}{counted(len(made), 'delivery', 'deliveries')} "
            f"of {counted(len(sources), 'source')}: {store.path.name}",
        ),
        tables=(Table(frame.drop(columns="sha256").astype(str), "", _NUMBERS, ("covers", "kept")),),
        account=tuple(said),
        frame=frame,
        record={"command": "store list", "deliveries": [delivery.record() for delivery in made]},
        simulated=simulated,
    )


def _names(store: Store) -> list[str]:
    return list(dict.fromkeys(delivery.source for delivery in store.deliveries()))


def _table(made: list[Delivery]) -> pd.DataFrame:
    rows = [
        (
            d.number, str(d.day), d.source, d.file, ", ".join(d.covers) or "rows", d.rows_read, d.kept,
            sum(d.set_aside.values()), d.added, d.changed, d.deleted, d.not_covered, d.after, d.sha256,
        )
        for d in made
    ]  # fmt: skip
    columns = ["delivery", "day", "source", "file", "covers", *_NUMBERS, "sha256"]
    return pd.DataFrame(rows, columns=columns)


def _diff(args: Namespace, store: Store) -> Shown:
    found = store.diff(args.delivery, source=args.source, **given(args, "by", "week_start"))
    shown = found.summary()
    more = len(shown) - _MOST
    title = f"by {found.by} and week; a moved incident left one place and came to another"
    if more > 0:
        title += f" (the first {_MOST} of {len(shown):,}: -o FILE has all)"
    numbers = tuple(name for name in shown.columns if name not in ("region", "week"))
    frame = found.events if args.events else found.frame
    return Shown(
        heading=(f"{mark(found.delivery.simulated)}{found.sentence()}",),
        tables=(Table(shown.head(_MOST).astype(str), title, numbers),) if len(shown) else (),
        account=tuple(found.delivery.lines()),
        frame=frame,
        record={
            "command": "store diff",
            "by": found.by,
            "delivery": found.delivery.record(),
            "cells": records(found.frame),
            **({"events": records(found.events)} if args.events else {}),
        },
        simulated=found.delivery.simulated,
    )


def _as_of(args: Namespace, store: Store) -> Shown:
    options: dict[str, Any] = given(args, "as_of", "known_on", "source", "reported_on")
    found = store.as_of(**options)
    other = list(map(str, found.extra.columns))
    frame = pd.concat([found.frame, found.extra], axis=1) if args.other_columns else found.frame
    left = f"note: columns of the source left out: {', '.join(other)}; --other-columns writes them"
    known = args.known_on or args.as_of
    heading = f"{found!r}".strip("<>") + (f"; as known on {known}" if known else "; as known now")
    by_place = found.frame["admin1"].value_counts().sort_index().head(_MOST)
    table = pd.DataFrame({"admin1": by_place.index, "incidents": by_place.to_numpy()}).astype(str)
    return Shown(
        heading=(heading,),
        tables=(Table(table, "", ("incidents",)),),
        account=(*account_lines(found), *([one_line(left)] if other and not args.other_columns else [])),
        frame=frame,
        record={
            "command": "store as-of",
            "parameters": {name: str(value) for name, value in options.items()},
            "sha256": found.digest,
            "incidents": records(frame),
        },
        simulated=found.simulated,
    )
