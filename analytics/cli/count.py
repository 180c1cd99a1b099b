"""``uptick count``: incidents by period and region."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from analytics.cli.count_shown import heading, recent_table
from analytics.cli.count_table import shown_table
from analytics.cli.inputs import counting_options, gap_warnings, read_and_count, spells
from analytics.cli.show import Shown, account_lines, emit, input_record, plan_output, records
from analytics.counts import Counts
from analytics.errors import CountsTableError, OptionError
from analytics.incidents import Incidents

__all__ = ["counting_record", "run"]


def run(args: Namespace) -> None:
    """Count, and show the latest periods or write all of them."""
    if args.last < 1:
        raise OptionError("--last must be 1 or more", found=str(args.last))
    plan = plan_output(args)
    try:
        incidents, counts = read_and_count(args)
    except CountsTableError:
        emit(shown_table(args), plan)
        return
    emit(_shown(args, incidents, counts), plan)


def counting_record(args: Namespace, counts: Counts) -> dict[str, Any]:
    """Return the parameters of the count, as used."""
    return {
        **counting_options(args),
        "start": str(counts.starts[0]),
        "as_of": str(counts.as_of),
    }


def _shown(args: Namespace, incidents: Incidents, counts: Counts) -> Shown:
    long = counts.to_frame("long").rename(columns={counts.freq: "start"})
    record = {
        "command": "count",
        "parameters": counting_record(args, counts),
        **input_record(incidents, counts, spells(args)),
        "notes": [*incidents.notes, *counts.notes],
        "counts": records(long),
    }
    return Shown(
        heading=(*gap_warnings(counts.notes), heading(counts)),
        tables=(recent_table(counts, args.last),),
        account=account_lines(incidents, counts, spells(args)),
        frame=long,
        record=record,
        simulated=counts.simulated,
    )
