"""``uptick test --claims``: every claim of a file put to one file of incidents."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from analytics.claims import VerdictTable, read_claims, verdicts
from analytics.cli.inputs import MEASURED, gap_warnings, read_as_of, settings, spells, the_file
from analytics.cli.show import Plan, Shown, Table, account_lines, emit, input_record, records
from analytics.errors import CountsTableError, OptionError
from analytics.incidents import Incidents

__all__ = ["run_claims"]

# What the file of claims states itself, or what belongs to one test only.
_NOT_HERE = (
    "recent", "lengths", "direction", "null", "calendar", "method", "shrink", "completeness_sd", "holidays",
    "start", "by", "regions", "week_start", "freq", "value", "span", "allow_splice",
)  # fmt: skip
_OPTIONS = ("guard", "baseline", "alpha", "margin", "completeness", "where")
_GLYPHS = (("not supported", "–"), ("cannot", "?"), ("", "▲"))


def run_claims(args: Namespace, plan: Plan) -> None:
    """Put every claim to the data and show the verdicts.

    Raises
    ------
    OptionError
        If an option is given that the file of claims states itself, or ``--as-of`` is missing.
    """
    for name in (*_NOT_HERE, "one_family"):
        given = args.nested is False if name == "one_family" else getattr(args, name) not in (None, False, [])
        if given:
            raise OptionError(
                f"--{name.replace('_', '-')} does not go with --claims",
                expected="what is asked, where and when, as the file of claims states it",
                todo="write it into the file of claims; docs/claims.md has the keys",
            )
    the_file(args)
    if args.completeness == MEASURED:
        raise OptionError(
            "--completeness measured does not go with --claims", expected="a share, such as 0.9"
        )
    if args.baseline == "same_weeks":
        raise OptionError("--baseline same_weeks does not go with --claims", expected="a number of days")
    claims = read_claims(None if args.claims == "article" else Path(args.claims))
    gaps = spells(args)
    try:
        incidents = read_as_of(args)
    except CountsTableError as error:
        raise CountsTableError(
            error.what,
            expected="incidents with their days: a file of claims asks about days and kinds of incident",
            where=error.where,
            todo="uptick test without --claims takes the table as it is",
        ) from None
    options = settings(args, verdicts, *_OPTIONS)
    table = verdicts(claims, incidents, article_date=args.article_date, no_coverage=gaps, **options)
    emit(_shown(args, incidents, table, options), plan)


def _shown(args: Namespace, incidents: Incidents, table: VerdictTable, options: Mapping[str, Any]) -> Shown:
    article = table.claims.article
    record = {
        "command": "test",
        "parameters": {
            "claims": table.claims.path.name if table.claims.path else None,
            "as_of": str(table.as_of),
            "article_date": str(table.article_date),
            **options,
        },
        **input_record(incidents, gaps=spells(args)),
        "article": {"title": article.title, "publisher": article.publisher, "date": str(article.date)},
        "sentence": table.sentence(),
        "family": table.family,
        "lethal_only": table.lethal_only,
        "claims": records(table.frame),
        "contrasts": [
            {"claim": claim, "counted": counted, **row}
            for (claim, counted), answer in table.answers.items()
            if "contrast" in answer.details
            for row in records(answer.details["contrast"])
        ],
        "notes": list(dict.fromkeys([*incidents.notes, *table.notes])),
    }
    lines = account_lines(incidents, gaps=spells(args))
    return Shown(
        heading=(*gap_warnings((*incidents.notes, *table.notes)), table.sentence()),
        tables=_tables(table),
        account=(*lines, table.family, *(f"note: {note}" for note in table.notes)),
        frame=table.frame,
        record=record,
        simulated=table.simulated,
    )


def _tables(table: VerdictTable) -> tuple[Table, ...]:
    summary = table.summary()
    summary["verdict"] = [
        f"{next(glyph for start, glyph in _GLYPHS if word.startswith(start))} {word}"
        for word in summary["verdict"]
    ]
    words = table.frame.drop_duplicates("claim")
    asked = pd.DataFrame({"claim": words["claim"], "where": words["regions"], "words": words["words"]})
    numbers = summary[
        ["claim", "counted", "window", "estimate", "95 % interval", "p", "verdict", "could be seen"]
    ]
    return (
        Table(asked, "what is claimed"),
        Table(numbers, "what the data say", ("95 % interval", "p"), ("could be seen", "window")),
        Table(summary[["claim", "counted", "why"]], "why"),
    )
