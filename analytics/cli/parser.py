"""Commands and options. Nothing heavy is imported here: ``uptick --help`` answers at once."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NoReturn

from analytics import __version__
from analytics.cli.options import COMMANDS, Command
from analytics.errors import OptionError, nearest, unknown_option

__all__ = ["build_parser", "parse_arguments"]

_EPILOG = """\
Try it on the simulated sample that comes along:
  uptick test --sample --as-of 2020-04-19
  uptick report --sample --week 2020-W16
"""
_AFTER = "Exit code: 0 done, 2 something given cannot be used (one message says what)."


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
        After ``--help`` and ``--version`` have printed; nothing at all asks for the help too.

    Examples
    --------
    >>> parse_arguments(["count", "events.csv", "--as-of", "2020-04-19"]).as_of
    '2020-04-19'
    >>> parse_arguments(["cuont"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    analytics.errors.OptionError: unknown command 'cuont'
      expected: one of check, count, test, monitor, evaluate, report, duplicates, ...
      what to do: did you mean count or country?
    """
    command = next((word for word in argv if not word.startswith("-")), None)
    if command is not None and command not in COMMANDS:
        raise unknown_option("command", command, tuple(COMMANDS))
    parser, commands = build_parser()
    args, rest = parser.parse_known_args(argv)
    if args.command is None:
        if rest:
            raise _unknown(rest[0], parser)
        parser.print_help()
        raise SystemExit(0)
    if COMMANDS[args.command].actions and args.file is None and rest and not rest[0].startswith("-"):
        args.file, *rest = rest  # argparse leaves behind a FILE that follows options
    if COMMANDS[args.command].other and args.other is None and rest and not rest[0].startswith("-"):
        args.other, *rest = rest
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
    for name, command in COMMANDS.items():
        commands[name] = family.add_parser(
            name,
            help=command.what,
            description=command.what[0].upper() + command.what[1:] + ".",
            epilog=_AFTER + command.after,
            allow_abbrev=False,
        )
        commands[name].set_defaults(module=command.module)
        _add_options(commands[name], command)
    return parser, commands


def _add_options(parser: argparse.ArgumentParser, command: Command) -> None:
    if command.actions:
        parser.add_argument("action", metavar="ACTION", nargs="?", help=", ".join(command.actions))
    if command.file:
        parser.add_argument("file", metavar="FILE", nargs="?", help=command.about)
    if command.other:
        parser.add_argument("other", metavar="OTHER", nargs="?", help="incidents of another source")
    if command.folder:
        parser.add_argument("folder", metavar="DIR", nargs="?", help="folder to lay; made if it is not there")
    if command.service:
        parser.add_argument("service", metavar="SERVICE", nargs="?", help="ucdp or acled")
    for group in command.groups:
        place = parser.add_argument_group(group.title) if group.title else parser
        for option in group.options:
            names = [*([option.short] if option.short else []), f"--{option.name}"]
            if option.unsets:
                place.add_argument(
                    *names, action="store_const", const=False, dest=option.unsets, help=option.help
                )
            elif not option.metavar:
                place.add_argument(*names, action="store_true", help=option.help)
            elif option.many:
                place.add_argument(
                    *names, metavar=option.metavar, action="append", default=[], help=option.help
                )
            else:
                place.add_argument(
                    *names,
                    metavar=option.metavar,
                    type=option.kind or str,
                    default=option.default,
                    help=option.help,
                )
