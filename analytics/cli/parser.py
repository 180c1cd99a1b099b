"""Commands and options. Nothing heavy is imported here: ``uptick --help`` answers at once."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import NoReturn

from analytics import __version__
from analytics.errors import OptionError, nearest, unknown_option

__all__ = ["build_parser", "parse_arguments"]

_COMMANDS = {
    "check": ("analytics.cli.check", "read a file and say where every row went"),
    "count": ("analytics.cli.count", "count incidents by period and region"),
    "test": ("analytics.cli.claim", "test for an uptick in every region"),
    "monitor": ("analytics.cli.monitor", "watch every region at a budget of false alarms"),
    "evaluate": ("analytics.cli.evaluate", "say how detectors would have done on this history"),
    "report": ("analytics.cli.report", "write the weekly report as a PDF"),
    "sample": ("analytics.cli.sample", "say where the simulated sample lies, or copy it"),
}
_EPILOG = """\
Try it on the simulated sample that comes along:
  uptick test --sample --as-of 2020-04-19
  uptick report --sample --week 2020-W16
"""
_AFTER = "Exit code: 0 done, 2 something given cannot be used (one message says what)."
_ALARMED = " 3 done, and a region has an alarm (with --fail-on-alarm)."


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are of the project's own family."""

    def error(self, message: str) -> NoReturn:
        raise OptionError(message, todo=f"{self.prog} --help lists the options")


def parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Return the options; `module` names the module whose ``run`` carries the command out.

    Raises
    ------
    OptionError
        If a command or option is unknown (with the nearest known one), or a value is missing.
    SystemExit
        After ``--help`` and ``--version`` have printed.

    Examples
    --------
    >>> parse_arguments(["count", "events.csv", "--as-of", "2020-04-19"]).as_of
    '2020-04-19'
    >>> parse_arguments(["cuont"])
    Traceback (most recent call last):
    ...
    analytics.errors.OptionError: unknown command 'cuont'
      expected: one of check, count, test, monitor, evaluate, report, sample
      what to do: did you mean count?
    """
    command = next((word for word in argv if not word.startswith("-")), None)
    if command is not None and command not in _COMMANDS:
        raise unknown_option("command", command, tuple(_COMMANDS))
    parser, commands = build_parser()
    args, rest = parser.parse_known_args(argv)
    if args.command is None:
        if rest:
            raise _unknown(rest[0], parser)
        raise OptionError(
            "no command is given", expected=", ".join(_COMMANDS), todo="uptick --help says more"
        )
    if rest:
        raise _unknown(rest[0], commands[args.command])
    return args


def _unknown(word: str, parser: argparse.ArgumentParser) -> OptionError:
    if not word.startswith("-"):
        return OptionError(
            f"one argument too many: {word!r}",
            todo=f"put names that hold spaces in quotes; {parser.prog} --help",
        )
    known = [option for action in parser._actions for option in action.option_strings]
    close = nearest(word.partition("=")[0], known)
    advice = f"did you mean {' or '.join(close)}?" if close else f"{parser.prog} --help lists the options"
    return OptionError(f"{parser.prog} has no option {word.partition('=')[0]}", todo=advice)


def build_parser() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """Return the parser, and that of each command by name."""
    parser = _Parser(
        prog="uptick",
        description="Is there an uptick? Counts, tests and weekly reports from incident data.",
        epilog=_EPILOG + "\n" + _AFTER,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"uptick {__version__}")
    family = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    commands: dict[str, argparse.ArgumentParser] = {}
    for name, (module, what) in _COMMANDS.items():
        commands[name] = family.add_parser(
            name,
            help=what,
            description=what[0].upper() + what[1:] + ".",
            epilog=_AFTER + (_ALARMED if name == "monitor" else ""),
            allow_abbrev=False,
        )
        commands[name].set_defaults(module=module)
    _check(commands["check"])
    _count(commands["count"])
    _test(commands["test"])
    _monitor(commands["monitor"])
    _evaluate(commands["evaluate"])
    _report(commands["report"])
    _sample(commands["sample"])
    return parser, commands


def _check(parser: argparse.ArgumentParser) -> None:
    _reading(parser)
    parser.add_argument("--as-of", metavar="DATE", help="set aside incidents after this day")
    parser.add_argument("--quarantine", metavar="CSV", help="write the rows set aside, with their reasons")
    _output(parser)


def _count(parser: argparse.ArgumentParser) -> None:
    _reading(parser)
    _counting(parser, full=True)
    parser.add_argument("--last", metavar="N", type=int, default=8, help="periods in the table (default 8)")
    _output(parser)


def _test(parser: argparse.ArgumentParser) -> None:
    _reading(parser)
    _counting(parser, full=True)
    claims = parser.add_argument_group("claims")
    claims.add_argument(
        "--claims",
        metavar="TOML",
        help="put every claim of this file to the data (article: the bundled ones); see docs/claims.md",
    )
    claims.add_argument(
        "--article-date", metavar="DATE", help="count the claims' windows from this day (default: the file's)"
    )
    test = parser.add_argument_group("test")
    test.add_argument(
        "--recent",
        metavar="DAYS",
        type=_days_or("scan"),
        default=14,
        help="days asked about (default 14), or scan: the best of several lengths, tested as such",
    )
    test.add_argument(
        "--lengths", metavar="DAYS", help="for --recent scan, such as 7,14,28 (default 7,14,21,28,42,56)"
    )
    test.add_argument(
        "--guard", metavar="DAYS", type=int, default=28, help="days left out before it (default 28)"
    )
    test.add_argument(
        "--baseline",
        metavar="DAYS",
        type=_days_or("same_weeks"),
        default=364,
        help="days compared with (default 364), or same_weeks: those of all earlier years",
    )
    test.add_argument(
        "--direction",
        metavar="SIDE",
        default="greater",
        help="greater (default): an uptick, or less: a decrease",
    )
    test.add_argument(
        "--null",
        metavar="NULL",
        default="constant",
        help="what verdicts rest on: constant (default), or expected from trend and season; both are shown",
    )
    test.add_argument(
        "--calendar",
        metavar="TERMS",
        action="append",
        default=[],
        help="what else to expect: ramadan, eid_al_fitr, eid_al_adha, arbaeen, curfew; commas between",
    )
    test.add_argument(
        "--method", metavar="NAME", default="lrd_b", help="p-value for comparison (default lrd_b: our own)"
    )
    test.add_argument(
        "--shrink", action="store_true", help="draw the dispersions of the regions together (default: not)"
    )
    test.add_argument(
        "--alpha", metavar="P", type=float, default=0.05, help="level of the verdict (default 0.05)"
    )
    test.add_argument(
        "--margin",
        metavar="RATIO",
        type=float,
        default=1.5,
        help="'no uptick' means below this (default 1.5)",
    )
    _completeness(test)
    test.add_argument(
        "--completeness-sd", metavar="SD", type=float, help="its standard deviation (default: none)"
    )
    _output(parser)


def _monitor(parser: argparse.ArgumentParser) -> None:
    _reading(parser)
    _counting(parser, full=True)
    group = parser.add_argument_group("monitoring")
    group.add_argument(
        "--detectors", metavar="NAMES", help="with commas between (default: the recommended one)"
    )
    group.add_argument(
        "--budget",
        metavar="RATE",
        default="1 per region-year",
        help="false-alarm episodes allowed, of all detectors together (default '1 per region-year')",
    )
    group.add_argument(
        "--last", metavar="N", type=int, help="periods tested, for past episodes (default a year's)"
    )
    group.add_argument(
        "--thresholds",
        metavar="FROM",
        default="auto",
        help="formula, history (each region's own), or auto (default): the formula where it holds",
    )
    group.add_argument(
        "--resample",
        metavar="HOW",
        default="parametric",
        help="parametric (default): years drawn from a model of each region; rotation: its history turned",
    )
    group.add_argument(
        "--share", metavar="SHARE", type=float, help="keep the budget in this share of regions, such as 0.9"
    )
    group.add_argument(
        "--replicates", metavar="N", type=int, default=400, help="years drawn for each region (default 400)"
    )
    group.add_argument("--seed", metavar="N", type=int, default=0, help="of the draws (default 0)")
    group.add_argument(
        "--fail-on-alarm", action="store_true", help="exit with 3 if a region has an alarm, for schedulers"
    )
    _output(parser)


def _evaluate(parser: argparse.ArgumentParser) -> None:
    _reading(parser)
    _counting(parser, full=True)
    group = parser.add_argument_group("evaluation")
    group.add_argument(
        "--detectors", metavar="NAMES", help="with commas between (default: all that test each region)"
    )
    group.add_argument(
        "--budget",
        metavar="RATE",
        default="1 per region-year",
        help="false-alarm episodes allowed (default '1 per region-year')",
    )
    group.add_argument(
        "--ratio", metavar="RATIO", type=float, help="the uptick's rate (default 3 times the usual)"
    )
    group.add_argument("--size", metavar="N", type=int, help="or the incidents it adds")
    group.add_argument("--length", metavar="DAYS", type=int, default=14, help="its length (default 14)")
    group.add_argument(
        "--shape", metavar="SHAPE", default="block", help="block (default), ramp, decay or lognormal"
    )
    group.add_argument(
        "--replicates", metavar="N", type=int, default=20, help="turns of each region's history (default 20)"
    )
    group.add_argument(
        "--thresholds",
        metavar="FROM",
        default="formula",
        help="formula (default): what each detector's own gives for the budget; history: calibrated on it; "
        "auto: the formula where it holds",
    )
    group.add_argument(
        "--last", metavar="N", type=int, help="periods tested of each turned history (default a year's)"
    )
    group.add_argument("--seed", metavar="N", type=int, default=0, help="of the simulation (default 0)")
    group.add_argument("--figure", metavar="FILE", help="draw it: a file that ends in .png, .pdf or .svg")
    _output(parser)


def _report(parser: argparse.ArgumentParser) -> None:
    _reading(parser)
    counting = _counting(parser, full=False)
    counting.add_argument(
        "--week", metavar="WEEK", help="the week reported, such as 2020-W15, in place of --as-of"
    )
    _completeness(counting)
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        default="reports",
        help="folder for PDF and notebook (default reports)",
    )


def _sample(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", metavar="DIR", help="copy the sample, its twin and its truth there")


def _days_or(word: str) -> Callable[[str], int | str]:
    def read(text: str) -> int | str:
        if text == word or text.isdecimal():
            return word if text == word else int(text)
        raise argparse.ArgumentTypeError(f"expected a number of days or {word}, found {text!r}")

    return read


def _reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", nargs="?", help="incidents: UCDP GED, ACLED, or a plain table"
    )
    reading = parser.add_argument_group("reading")
    reading.add_argument("--sample", action="store_true", help="use the SIMULATED sample in place of FILE")
    reading.add_argument(
        "--source", metavar="SOURCE", default="auto", help="auto (default), ucdp, acled or table"
    )
    reading.add_argument(
        "--column",
        metavar="NAME=COLUMN",
        action="append",
        default=[],
        help="which column of the file holds a canonical one, such as date_start=Date; may be repeated",
    )
    reading.add_argument(
        "--sheet", metavar="SHEET", help="sheet of a workbook, or all (default the first with a table)"
    )
    reading.add_argument(
        "--header-row", metavar="N", type=int, help="row of the column names (default: found)"
    )
    reading.add_argument("--na", metavar="HOW", help="cells NA: auto (default), missing, or text")
    reading.add_argument("--encoding", metavar="NAME", help="of a text file (default: found)")
    reading.add_argument("--delimiter", metavar="CHAR", help="of a text file (default: found)")
    reading.add_argument(
        "--date-style", metavar="STYLE", help="such as day/month/year, where both can be read"
    )


def _counting(parser: argparse.ArgumentParser, *, full: bool) -> argparse._ArgumentGroup:
    group = parser.add_argument_group("counting")
    group.add_argument("--as-of", metavar="DATE", help="last day known about, its whole day included")
    group.add_argument("--start", metavar="DATE", help="first day counted (default: the first incident's)")
    group.add_argument(
        "--by", metavar="COLUMN", default="admin1", help="admin1 (default), admin2, ..., or none"
    )
    group.add_argument("--regions", metavar="NAMES", help="a region set, or names with commas between")
    group.add_argument("--where", metavar="FILTER", help='which incidents, such as "fatalities >= 1"')
    group.add_argument(
        "--week-start", metavar="DAY", default="monday", help="day weeks start on (default monday)"
    )
    group.add_argument(
        "--no-coverage",
        metavar="START..END[@REGION]",
        action="append",
        default=[],
        help="a spell without data, which is not zero incidents; may be repeated",
    )
    if full:
        group.add_argument("--freq", metavar="FREQ", default="week", help="week (default) or day")
        group.add_argument(
            "--value", metavar="WHAT", default="incidents", help="incidents (default) or fatalities"
        )
        group.add_argument(
            "--span",
            metavar="POLICY",
            default="start",
            help="incidents dated to more than a period: start (default), exclude, or spread by chance",
        )
    return group


def _completeness(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--completeness",
        metavar="SHARE",
        type=float,
        help="share of the recent incidents already reported, such as 0.9 (default: not known)",
    )


def _output(parser: argparse.ArgumentParser) -> None:
    output = parser.add_argument_group("output")
    output.add_argument(
        "--format",
        metavar="FORMAT",
        help="table, csv or json (default: by the ending of -o FILE, else table)",
    )
    output.add_argument(
        "-o", "--output", metavar="FILE", default="-", help="file to write (default -, the terminal)"
    )
