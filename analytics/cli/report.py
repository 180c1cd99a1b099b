"""``uptick report``: the weekly report as a PDF, the executed notebook beside it, and in other forms."""

from __future__ import annotations

import datetime as dt
import os
import sys
from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analytics.cli.inputs import (
    READING,
    column_mapping,
    gap_warnings,
    given,
    last_date_hint,
    last_whole_week,
    read,
    spells,
    the_file,
)
from analytics.cli.parameters import fill_from_file
from analytics.cli.places import settle_places
from analytics.cli.progress import progress_bar
from analytics.cli.show import account_lines
from analytics.cli.text import escaped, hand_over, say
from analytics.errors import InputError, OptionError, UptickError
from analytics.files import read_whole
from analytics.options import install_advice
from analytics.periods import DAY, as_day, check_week_start, parse_week
from analytics.sources.mapping import read_mapping

if TYPE_CHECKING:
    from analytics.reporting.content.weekly import ReportRequest

__all__ = ["report_day", "run"]

_NEEDED = ("ipykernel", "nbclient", "nbconvert", "nbformat", "typst")


def run(args: Namespace) -> None:
    """Check the options, write the report and say where it is; or print it in short."""
    fill_from_file(args)
    settle_places(args)
    _check_shown(args)
    source = the_file(args)
    columns = column_mapping(args.column)
    gaps = spells(args)
    as_of = report_day(args.as_of, args.week, **given(args, "week_start"))
    if as_of is None:
        found = read(args, as_of=None)
        as_of = found.extracted if args.sample else None
    if as_of is None:
        raise OptionError(
            "neither --as-of nor --week is given",
            expected="--as-of DATE, the last day the data know about, or --week such as 2020-W15",
            todo=last_date_hint(found, week=True),
        )
    if _runs_notebook(args):
        _check_installed()
        # Beside Jupyter's server there is a checker of addresses that compiles its grammar, for over a second
        # of the processor, when the check of a notebook is loaded; no notebook has what it checks.
        sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    from analytics.reporting.content.weekly import ReportRequest, weekly_report

    of_ours = {
        "incidents_path": None if args.sample or args.store else source,
        "as_of": as_of,
        "columns": columns,
        "reading": _reading(args) or None,
        **({} if args.completeness is None else {"completeness": args.completeness}),
        **({} if args.comment is None else {"comment": _comment(args.comment)}),
    }
    request = ReportRequest.from_parameters({**given(args, *vars(args)), **of_ours})
    if args.summary or args.json:
        said = _printed(args, request)
        hand_over(escaped(said)) if args.json else say(sys.stdout, [said.removesuffix("\n")])
        return
    with progress_bar("starting") as progress:
        report = weekly_report(
            request, output=args.output or "reports", progress=progress, **_formats(args), **_office(args)
        )
    tag = ", SIMULATED data" if report.scope.simulated else ""
    lines = [*gap_warnings((*report.scope.incidents.notes, *report.scope.counts.notes))]
    lines += [f"note: {note}" for note in report.notes]
    lines += [f"report: {report.pdf} ({report.pages} pages{tag})"] if report.pdf else []
    lines += [f"{name}: {path}{tag}" for name, path in report.files.items()]
    lines += [f"notebook: {report.notebook}"] if report.notebook else []
    lines += ["", *account_lines(report.scope.incidents, report.scope.counts, gaps)]
    say(sys.stdout, lines)


def _runs_notebook(args: Namespace) -> bool:
    """Return whether a notebook is run, for which packages of an extra are needed."""
    if args.summary or args.json:
        return False
    if args.notebook is not None:
        return True
    from analytics.reporting.formats.write import RUN_FOR, check_formats

    return args.format is None or bool(RUN_FOR & set(check_formats(args.format)))


def _formats(args: Namespace) -> dict[str, str]:
    return {} if args.format is None else {"formats": args.format}


def _office(args: Namespace) -> dict[str, object]:
    """Return what an office brings of its own."""
    return given(args, "template", "notebook") | ({"with_guide": True} if args.with_guide else {})


def _check_shown(args: Namespace) -> None:
    """Raise an error where options of printing do not go together."""
    printing = [name for name in ("summary", "json") if getattr(args, name)]
    if len(printing) == 2:
        raise OptionError("--summary and --json are both given", todo="give one of the two")
    if printing and args.format is not None:
        raise OptionError(
            f"--{printing[0]} prints and writes nothing, --format writes files",
            todo="leave one out: --format md, txt or json writes what --summary or --json print",
        )
    if printing and args.notebook is not None:
        raise OptionError(
            f"--{printing[0]} runs no notebook, and --notebook gives one",
            todo="leave one out: --format md, txt or json writes what an own notebook says",
        )
    if args.markdown and not args.summary:
        raise OptionError("--markdown goes with --summary", todo="give --summary too, or --format md")


def _printed(args: Namespace, request: ReportRequest) -> str:
    """Return the report in five lines, or as JSON; no notebook is run."""
    from analytics.reporting.content.weekly import weekly_counts
    from analytics.reporting.content.weekly.run import report_record_of
    from analytics.reporting.formats.summary import report_summary
    from analytics.reporting.formats.write import json_text

    record = report_record_of(weekly_counts(request))
    if args.json:
        return json_text(record)
    return report_summary(record, markup="markdown" if args.markdown else "text", language=request.language)


def _reading(args: Namespace) -> dict[str, object]:
    """Return the options of reading; a mapping as what it states, so that no other file is needed."""
    options = given(args, *READING)
    if "mapping" in options:
        options["mapping"] = read_mapping(options["mapping"]).plain()
    for name in {"actors", "accepted"} & set(options):
        options[name] = os.path.realpath(str(options[name]))
    return options


def report_day(as_of: str | None, week: str | None, week_start: str = "monday") -> np.datetime64 | None:
    """Return the day ``--as-of`` or ``--week`` names, None where neither is given.

    ``--week last`` asks for the machine's clock: the last week that was over before today.

    Raises
    ------
    OptionError
        If the two disagree, or a week is named though weeks do not start on Monday.

    Examples
    --------
    >>> report_day(None, "2020-W15"), report_day("2020-04-12", "2020-W15")
    (np.datetime64('2020-04-12'), np.datetime64('2020-04-12'))
    """
    check_week_start(week_start)
    day = None if as_of is None else as_day(as_of, "--as-of")
    if week is None:
        return day
    if week == "last" and day is None:
        yesterday = np.datetime64(dt.date.today()) - DAY
        return last_whole_week(yesterday, week_start) + 6 * DAY
    if check_week_start(week_start) != 0:
        raise OptionError(
            f"--week names weeks that start on Monday, but --week-start is {week_start}",
            todo="give --as-of, the last day of the week",
        )
    window = parse_week(week)
    if day is not None and day != window.end:
        raise OptionError(
            "--as-of and --week disagree",
            expected=f"--as-of {window.end}, the last day of {week}",
            found=f"--as-of {day}",
            todo="give one of the two",
        )
    return window.end


def _comment(name: str) -> str:
    """Return the text of an analyst's comment."""
    path = Path(name)
    try:
        return read_whole(path).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except (OSError, UnicodeDecodeError) as error:
        found = error.strerror if isinstance(error, OSError) else "text that is not UTF-8"
        raise InputError(
            "the analyst's comment cannot be read", expected="a text file in UTF-8", found=found, where=name
        ) from None


def _check_installed() -> None:
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UptickError(
            "the report needs packages that are not installed",
            found=f"no {', '.join(missing)}",
            todo=install_advice("report"),
        )
