"""``uptick test --emerging``: which names are new on the scene, or back after a long silence."""

from __future__ import annotations

from argparse import Namespace

import pandas as pd

from analytics.cli.inputs import gap_warnings, given, read_as_of, spells
from analytics.cli.show import Plan, Shown, Table, account_lines, emit, input_record, records
from analytics.errors import CountsTableError, OptionError
from analytics.incidents import Incidents
from analytics.results import CANNOT_BE_TOLD, NOT_SUPPORTED, SUPPORTED, ClaimResult, format_number, format_p
from analytics.upticks import emerging_test

__all__ = ["run_emerging"]

_NOT_HERE = (
    "claims", "article_date", "lengths", "guard", "baseline", "direction", "null", "calendar", "method",
    "shrink", "margin", "confidence", "sought", "completeness", "completeness_sd", "holidays", "freq",
    "value", "span", "week_start", "covered_from", "missing",
)  # fmt: skip
_SHOWN = {SUPPORTED: "▲ new", NOT_SUPPORTED: "– not supported", CANNOT_BE_TOLD: "? cannot be told"}
_COUNTING = ("regions", "start", "where", "recent", "silence", "alpha")


def run_emerging(args: Namespace, plan: Plan) -> None:
    """Test the names of a column and show those that appeared.

    Raises
    ------
    OptionError
        If an option is given that this test does not have, or ``--as-of`` is missing.
    """
    unused = [name for name in _NOT_HERE if getattr(args, name) not in (None, False, [])]
    unused += ["one_family"] if args.nested is False else []
    unused += ["recent"] if args.recent == "scan" else []
    unused += ["language"] if args.language not in (None, "en") else []
    if unused:
        raise OptionError(
            "--emerging is a test of its own",
            expected="besides the counting only --recent in days, --silence and --alpha",
            found=", ".join(f"--{name.replace('_', '-')}" for name in unused),
            todo="leave it out",
        )
    try:
        incidents = read_as_of(args)
    except CountsTableError as error:
        raise CountsTableError(
            error.what,
            expected="incidents with their names: a table of counts has none",
            where=error.where,
            todo="uptick test without --emerging takes the table as it is",
        ) from None
    by = args.by or "admin1"
    result = emerging_test(
        incidents,
        of=args.emerging,
        by=None if by.casefold() == "none" else by,
        no_coverage=spells(args),
        **given(args, *_COUNTING),
    )
    emit(_shown(args, incidents, result), plan)


def _shown(args: Namespace, incidents: Incidents, result: ClaimResult) -> Shown:
    record = {
        "command": "test",
        "parameters": dict(result.parameters),
        **input_record(incidents, gaps=spells(args)),
        "sentence": result.sentence(),
        "null_hypothesis": result.null_hypothesis,
        "method": result.method,
        "names": records(result.frame),
        "regions": records(result.details["regions"]),
        "notes": list(dict.fromkeys([*incidents.notes, *result.notes])),
    }
    own = [f"note: {note}" for note in result.notes if note not in incidents.notes]
    account = account_lines(incidents, gaps=spells(args), brief=not args.verbose)
    return Shown(
        heading=(*gap_warnings((*incidents.notes, *result.notes)), result.sentence()),
        tables=_tables(result),
        account=(*account, *own, f"null hypothesis: {result.null_hypothesis}", result.method),
        frame=result.frame,
        record=record,
        simulated=result.simulated,
    )


def _tables(result: ClaimResult) -> tuple[Table, ...]:
    rows = result.frame
    if rows.empty:
        return ()
    shown = pd.DataFrame(
        {
            **{name: rows[name] for name in result.named_by},
            "incidents": rows["observed"].map("{:,}".format),
            "last seen": rows["last_seen"].dt.strftime("%Y-%m-%d").fillna("never"),
            "called from": [format_number(value, 0) for value in rows["detectable"]],
            "p": rows["pvalue"].map(format_p),
            "q": rows["qvalue"].map(format_p),
            "verdict": rows["verdict"].map(_SHOWN),
            "why": rows["reason"],
        }
    )
    return (Table(shown, "", ("incidents", "called from", "p", "q"), ("why", "p", "called from")),)
