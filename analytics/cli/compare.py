"""``uptick compare``: the weekly counts of two sources side by side, and where they disagree."""

from __future__ import annotations

from argparse import Namespace

from analytics.cli.duplicates import read_other
from analytics.cli.inputs import counting_options, gap_warnings, given, read_as_of, spells
from analytics.cli.pictures import picture_file
from analytics.cli.show import Shown, Table, account_lines, emit, input_record, plan_output, records
from analytics.counts import count_incidents
from analytics.duplicates import SideBySide, side_by_side
from analytics.errors import CountsTableError
from analytics.incidents import Incidents
from analytics.periods import as_day

__all__ = ["run"]


def run(args: Namespace) -> None:
    """Count both sources alike and show them side by side."""
    figure = None if args.figure is None else picture_file(args.figure)
    plan = plan_output(args, *([figure] if figure else []))
    try:
        incidents = read_as_of(args)
        other = read_other(args, as_day(args.as_of, "--as-of"), needed=True)
    except CountsTableError as error:
        raise CountsTableError(
            error.what,
            expected="two files of incidents",
            where=error.where,
            todo="uptick count takes the table",
        ) from None
    assert other is not None
    asked = {**counting_options(args), "freq": "week", "value": "incidents"}
    first, second = (count_incidents(one, **asked, no_coverage=spells(args)) for one in (incidents, other))
    titles = (incidents.title or "the first", other.title or "the second")
    made = side_by_side(first, second, titles=titles, **given(args, "recent", "usual"))
    shown, beside = _shown(args, made, (incidents, other), asked), {}
    if figure is not None:
        from analytics.reporting.content.evaluation import side_by_side_picture  # loads matplotlib

        kind = figure.suffix.lstrip(".").casefold()
        beside[figure] = side_by_side_picture(made, kind, terms=shown.terms)
    emit(shown, plan, beside)


def _shown(
    args: Namespace, made: SideBySide, sources: tuple[Incidents, Incidents], asked: dict[str, object]
) -> Shown:
    accounts = []
    for one, counts in zip(sources, made.counts, strict=True):
        accounts += [f"{one.title}:", *account_lines(one, counts, spells(args))]
    numbers = tuple(made.summary().columns[1:4])
    return Shown(
        heading=(*gap_warnings([note for one in sources for note in one.notes]), made.sentence()),
        tables=(Table(made.summary(), "", numbers, ("rank correlation",)),),
        account=(*accounts, made.method),
        frame=made.frame,
        record={
            "command": "compare",
            "parameters": {**asked, "as_of": args.as_of, **made.parameters},
            **{f"source_{at}": input_record(one) for at, one in enumerate(sources, 1)},
            "sentence": made.sentence(),
            "method": made.method,
            "regions": records(made.regions),
            "weeks": records(made.frame),
            "notes": list(made.notes),
        },
        simulated=made.simulated,
    )
