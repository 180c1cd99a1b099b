"""``uptick duplicates``: rows that may be one incident, in a file or across two, for a person to accept."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.cli.inputs import gap_warnings, given, read
from analytics.cli.show import Plan, Shown, Table, account_lines, emit, input_record, plan_output, records
from analytics.duplicates import Pairs, find_duplicates
from analytics.errors import CountsTableError, OptionError
from analytics.incidents import Incidents, read_incidents
from analytics.periods import as_day

__all__ = ["read_other", "run"]

_MOST = 30  # pairs of a table for readers
_RIGHT = ("score", "probability", "by chance")


def run(args: Namespace) -> None:
    """Find the pairs and write them, with the counts that accepting the likely ones would give."""
    plan = plan_output(args)
    as_of = None if args.as_of is None else as_day(args.as_of, "--as-of")
    try:
        incidents = read(args, as_of=as_of)
        other = read_other(args, as_of)
    except CountsTableError as error:
        raise CountsTableError(
            error.what,
            expected="incidents, one a row: a table of counts cannot tell which are one",
            where=error.where,
        ) from None
    pairs = find_duplicates(incidents, other, **given(args, "days", "km", "least", "weights"))
    by = args.by or "admin1"
    emit(_shown(pairs, None if by.casefold() == "none" else by, plan), plan)


def read_other(args: Namespace, as_of: np.datetime64 | None, *, needed: bool = False) -> Incidents | None:
    """Read the second source of a command; None where there is none.

    Raises
    ------
    OptionError
        If options of it are given without it, or it is needed.
    """
    names = ("other_source", "other_mapping", "other_country")
    options = given(args, *names)
    if args.other is None:
        if needed or options:
            found = ", ".join(f"--{name.replace('_', '-')}" for name in options)
            raise OptionError(
                f"uptick {args.command} needs two sources" if needed else "there is no other source",
                expected="FILE and OTHER, two files of incidents",
                found=found or "one file",
            )
        return None
    if args.file is not None and Path(args.file).resolve() == Path(args.other).resolve():
        raise OptionError(
            "the two sources are one file", found=str(args.other), todo="give another file as OTHER"
        )
    own = {name.removeprefix("other_"): value for name, value in options.items()}
    return read_incidents(Path(args.other), as_of=as_of, **own)


def _shown(pairs: Pairs, by: str | None, plan: Plan) -> Shown:
    counts = pairs.counts(by)
    changed = counts[counts.iloc[:, 1] != counts.iloc[:, -1]] if pairs.other is None else counts
    sources = [one for one in (pairs.incidents, pairs.other) if one is not None]
    record: dict[str, object] = {
        "command": "duplicates",
        "parameters": {**pairs.parameters, "by": by},
        **{f"source_{at}": input_record(one) for at, one in enumerate(sources, 1)},
        "sentence": pairs.sentence(),
        "null_hypothesis": pairs.null_hypothesis,
        "method": pairs.method,
        "weights": records(pairs.weights),
        "pairs": records(pairs.frame),
        "counts": records(counts),
        "notes": list(pairs.notes),
    }
    more = len(pairs) - _MOST
    title = f"the first {_MOST} of {len(pairs):,} pairs; -o pairs.csv has all" if more > 0 else ""
    tables = [Table(pairs.summary().head(_MOST), title, _RIGHT, ("same", "by chance", "fatalities"))]
    if len(pairs) and len(changed):
        tables.append(_count_table(pairs, changed))
    how = "fill the column accept with yes or no; --accepted pairs.csv then sets one row of each aside"
    return Shown(
        heading=(
            *gap_warnings([note for one in sources for note in one.notes]),
            pairs.sentence(),
            *([how] if len(pairs) and plan.kind == "csv" else []),
        ),
        tables=tuple(tables) if len(pairs) else (),
        account=(
            *(line for one in sources for line in (f"{one.title}:", *account_lines(one))),
            *(f"note: {note}" for note in pairs.notes),
            f"null hypothesis: {pairs.null_hypothesis}",
            pairs.method,
        ),
        frame=pairs.frame,
        record=record,
        simulated=pairs.simulated,
    )


def _count_table(pairs: Pairs, counts: pd.DataFrame) -> Table:
    names = {
        "incidents": "incidents",
        "without": "without the likely second rows",
        "first": pairs.titles[0],
        "second": pairs.titles[-1] + (" " if pairs.titles[0] == pairs.titles[-1] else ""),
        "in_both": "likely in both",
    }
    shown = counts.rename(columns=names)
    numbers = tuple(shown.columns[1:])
    cells = {name: shown[name].map("{:,}".format) for name in numbers}
    title = "counts with and without" if pairs.other is None else "the two are never summed"
    return Table(shown.assign(**cells), title, numbers)
