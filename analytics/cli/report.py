"""``uptick report``: the weekly report as a PDF, the executed notebook beside it."""

from __future__ import annotations

from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from analytics.cli.inputs import (
    READING,
    column_mapping,
    gap_warnings,
    given,
    last_date_hint,
    read,
    spells,
    the_file,
)
from analytics.cli.progress import progress_bar
from analytics.cli.show import account_lines
from analytics.cli.text import printable
from analytics.errors import InputError, OptionError, UptickError
from analytics.periods import as_day, check_week_start, parse_week

__all__ = ["report_day", "run"]

_NEEDED = ("ipykernel", "nbclient", "nbconvert", "nbformat", "typst")


def run(args: Namespace) -> None:
    """Check the options, write the report and say where it is."""
    source = the_file(args)
    columns = column_mapping(args.column)
    gaps = spells(args)
    as_of = report_day(args.as_of, args.week, **given(args, "week_start"))
    if as_of is None:
        raise OptionError(
            "neither --as-of nor --week is given",
            expected="--as-of DATE, the last day the data know about, or --week such as 2020-W15",
            todo=last_date_hint(read(args, as_of=None), week=True),
        )
    _check_installed()
    from analytics.reporting.content.weekly import ReportRequest, weekly_report

    of_ours = {
        "incidents_path": None if args.sample else source,
        "as_of": as_of,
        "columns": columns,
        "reading": given(args, *READING),
        **({} if args.comment is None else {"comment": _comment(args.comment)}),
    }
    request = ReportRequest.from_parameters({**given(args, *vars(args)), **of_ours})
    with progress_bar("starting") as progress:
        report = weekly_report(request, output=args.output, progress=progress)
    tag = ", SIMULATED data" if report.scope.simulated else ""
    lines = [
        *gap_warnings(report.scope.counts.notes),
        f"report: {report.pdf} ({report.pages} pages{tag})",
        f"notebook: {report.notebook}",
        "",
        *account_lines(report.scope.incidents, report.scope.counts, gaps),
    ]
    print(printable("\n".join(lines)))


def report_day(as_of: str | None, week: str | None, week_start: str = "monday") -> np.datetime64 | None:
    """Return the day ``--as-of`` or ``--week`` names, None where neither is given.

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
        return path.read_text(encoding="utf-8-sig")
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
            todo='pip install "uptick-analytics[report]"',
        )
