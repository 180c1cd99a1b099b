"""``uptick check``: where every row of a file went."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

import pandas as pd

from analytics._tables import terms_among
from analytics._text import one_line
from analytics.cli.inputs import gap_warnings, given, read, table_to_check, the_file
from analytics.cli.show import (
    Read,
    Shown,
    Table,
    account_lines,
    csv_bytes,
    emit,
    input_record,
    plan_output,
    records,
)
from analytics.cli.text import say
from analytics.counts.count_table import CountTable
from analytics.counts.questions import place_questions
from analytics.errors import CountsTableError, OutputError
from analytics.files import check_writable, write_together
from analytics.incidents import Incidents
from analytics.incidents.actors import columns_beside
from analytics.periods import as_day
from analytics.results.words import noun
from analytics.sources.files import load
from analytics.sources.registry import layouts
from analytics.sources.table import ALIASES
from analytics.sources.wizard import propose_mapping

__all__ = ["run"]

_EXAMPLES = 5  # rows set aside that the table shows
_CELL = 60
_COLUMNS, _NAMES = 30, 8  # most listed
_LOOKED_FOR = ("country", "admin1", "admin2", "latitude", "event_type", "fatalities")


def run(args: Namespace) -> None:
    """Read the file, show its account, write the quarantine if asked to."""
    quarantine = Path(args.quarantine) if args.quarantine else None
    the_file(args)
    if args.write_mapping:
        _propose(args)
        return
    plan = plan_output(args, *([quarantine] if quarantine else []))
    as_of = None if args.as_of is None else as_day(args.as_of, "--as-of")
    incidents: Read
    try:
        incidents = read(args, as_of=as_of)
    except CountsTableError:
        incidents = table_to_check(args)
    beside = {}
    if quarantine is not None:
        beside[quarantine] = csv_bytes(
            incidents.quarantine, simulated=incidents.simulated, terms=terms_among(incidents.notes)
        )
    shown = _shown(incidents) if isinstance(incidents, Incidents) else _shown_table(incidents)
    emit(shown, plan, beside)


def _propose(args: Namespace) -> None:
    """Write the mapping that the file seems to want, and show it.

    Raises
    ------
    OutputError
        If there is a file already: somebody may have edited it.
    """
    target = Path(args.write_mapping)
    if target.exists():
        raise OutputError(
            f"{target} is there already, and may have been edited",
            expected="a file that is not there yet",
            todo="give another name, or move it away",
        )
    check_writable(target)
    options = given(args, "sheet", "encoding", "delimiter", "header_row", "na")
    proposed = propose_mapping(load(the_file(args), layouts=layouts(), **options))
    write_together({target: proposed.text.encode("utf-8")})
    way_on = f"look it over, then: uptick check {args.file or '--sample'} --mapping {target}"
    say(sys.stdout, [proposed.text, f"wrote {target}; {way_on}"])


def _shown(incidents: Incidents) -> Shown:
    summary = incidents.summary()
    questions = place_questions(incidents)
    record = {
        "command": "check",
        "parameters": {"as_of": None if incidents.as_of is None else str(incidents.as_of)},
        **input_record(incidents),
        "notes": list(incidents.notes),
        "questions": list(questions),
        "columns_not_used": _not_used(incidents),
        "not_found": list(_not_found(incidents)),
        **({} if incidents.actors is None else {"actors": records(incidents.actors)}),
    }
    return Shown(
        heading=(*gap_warnings(incidents.notes), str(incidents).splitlines()[0]),
        tables=(*_tables(incidents), *_actors(incidents)),
        account=(
            *account_lines(incidents),
            *_columns(incidents),
            *(one_line(f"question: {question}") for question in questions),
        ),
        frame=summary,
        record=record,
        simulated=incidents.simulated,
    )


def _shown_table(table: CountTable) -> Shown:
    """Return what is shown of a table of counts: its periods, regions and sums, and every note."""
    rows = table.accounting
    sums = [
        ("read", "", rows.rows_read),
        ("kept", "", rows.kept),
        *(("set aside", reason, n) for reason, n in rows.set_aside.items()),
        *(("events", name, n) for name, n in table.placed.parts() if n),
    ]
    record = {
        "command": "check",
        "parameters": {"as_of": str(table.as_of)},
        **input_record(table),
        "count_accounting": dict(table.placed.parts()),
        "notes": list(table.notes),
    }
    return Shown(
        heading=(*gap_warnings(table.notes), str(table).splitlines()[0]),
        tables=_tables(table),
        account=(*account_lines(table), str(table.placed)),
        frame=pd.DataFrame(sums, columns=["what", "name", "rows"]),
        record=record,
        simulated=table.simulated,
    )


def _actors(incidents: Incidents) -> tuple[Table, ...]:
    """Return the names of actors that the table of actors does not have, every one with its number."""
    if incidents.actors is None or (incidents.actors["listed"] == "yes").all():
        return ()
    rest = incidents.actors[incidents.actors["listed"] != "yes"]
    shown = pd.DataFrame(
        {
            "actor as written": rest["written"],
            "incidents": [f"{n:,}" for n in rest["incidents"]],
            "in the table": rest["listed"],
        }
    )
    return (Table(shown, "names that the table of actors does not have", ("incidents",)),)


def _not_used(incidents: Incidents) -> list[str]:
    """Return the file's columns that no canonical one was made of."""
    made = set() if incidents.actors is None else set(columns_beside())
    made |= {*incidents.own_names, *incidents.added_columns}
    return [str(name) for name in incidents.extra.columns if name not in made]


def _not_found(incidents: Incidents) -> dict[str, tuple[str, ...]]:
    """Return the canonical columns a plain table lacks, with the names they were looked for under."""
    if incidents.source != "table":
        return {}
    missing = incidents.frame[list(_LOOKED_FOR)].isna().all()
    return {name: ALIASES[name] for name in _LOOKED_FOR if missing[name]}


def _columns(incidents: Incidents) -> list[str]:
    lines = []
    unused = _not_used(incidents)
    if unused:
        more = f" and {len(unused) - _COLUMNS} more" if len(unused) > _COLUMNS else ""
        lines.append(f"{noun(len(unused), 'column')} not used: {', '.join(unused[:_COLUMNS])}{more}")
    for name, names in _not_found(incidents).items():
        more = ", ..." if len(names) > _NAMES else ""
        lines.append(f"nothing found for {name} (looked for as {', '.join(names[:_NAMES])}{more})")
    return list(map(one_line, lines))


def _tables(incidents: Read) -> tuple[Table, ...]:
    aside = incidents.quarantine.drop_duplicates("reason")[["row", "reason", "detail"]].head(_EXAMPLES)
    if aside.empty:
        return ()
    shown = pd.DataFrame(
        {
            "row": aside["row"].astype(str),
            "reason": aside["reason"],
            "detail": aside["detail"]
            .str.slice(0, _CELL)
            .mask(aside["detail"].str.len() > _CELL, aside["detail"].str.slice(0, _CELL - 1) + "…"),
        }
    )
    return (Table(shown, "rows set aside, the first for each reason (--quarantine FILE has all)", ("row",)),)
