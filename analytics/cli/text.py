"""Text as the command prints it; imports nothing heavy."""

from __future__ import annotations

import re

from analytics.cli.options import COMMANDS
from analytics.errors import UptickError

__all__ = ["error_text", "escaped", "printable"]

# Advice is written for Python; on the command line the same options have other spellings.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
_COLUMNS = re.compile(r"columns=\{'(\w+)': ('[^']*')\}")
_NAMES = {o.name.replace("-", "_") for c in COMMANDS.values() for group in c.groups for o in group.options}
_SWITCHES = {o.name.replace("-", "_") for c in COMMANDS.values() for g in c.groups for o in g.options
             if not o.metavar}  # fmt: skip
_SWITCH = re.compile(rf"\b({'|'.join(sorted(_SWITCHES))})=True\b")
_QUOTED = re.compile(r"(--[a-z-]+) '([\w.]+)'")  # one word needs no quotes in a shell
_OPTION = re.compile(rf"(?<!--column )(?<![-\w])({'|'.join(sorted(_NAMES))})=")


def printable(text: str) -> str:
    """Return text without control characters, so that a name from a file cannot steer the terminal.

    Those that turn the direction of the text around them are among them.

    Examples
    --------
    >>> printable("Kirkuk" + chr(27) + "[2J")
    'Kirkuk�[2J'
    """
    return _STEERING.sub("\ufffd", text)


def escaped(data: str) -> str:
    r"""Return JSON whose characters that would steer a terminal are escaped: the same data.

    Examples
    --------
    >>> print(escaped('"a' + chr(0x202E) + '"'))
    "a\u202e"
    """
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", data)


def error_text(error: UptickError) -> str:
    """Return the error's message, its advice in the spelling of the command's options.

    Examples
    --------
    >>> print(error_text(UptickError("no date was found", todo="give columns={'date_start': 'when'}")))
    uptick: no date was found
      what to do: give --column date_start='when'
    >>> print(error_text(UptickError("no day of report", todo="give --column reported_on=NAME")))
    uptick: no day of report
      what to do: give --column reported_on=NAME
    """
    said = UptickError(
        f"uptick: {error.what}",
        expected=_as_options(error.expected),
        found=error.found,
        where=error.where,
        todo=_as_options(error.todo),
    )
    return printable(str(said))


def _as_options(advice: str | None) -> str | None:
    if advice is None:
        return None
    switched = _SWITCH.sub(lambda found: f"--{found[1].replace('_', '-')}", advice)
    columns = _COLUMNS.sub(r"--column \1=\2", switched)
    spelled = _OPTION.sub(lambda found: f"--{found[1].replace('_', '-')} ", columns)
    return _QUOTED.sub(r"\1 \2", spelled)
