"""Text as the command prints it; imports nothing heavy."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any

from analytics.cli.options import COMMANDS
from analytics.errors import OutputError, UptickError

__all__ = ["error_text", "escaped", "hand_over", "printable", "say"]

# Advice is written for Python; on the command line the same options have other spellings.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_ASCII = str.maketrans(
    {
        "▲": "^",
        "▼": "v",
        "–": "-",
        "∞": "inf",
        "✕": "x",
        "○": "o",
        "▬": "=",
        "△": "'",
        "▭": "_",
        "≈": "~",
        "·": ".",
    }
)
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


def hand_over(text: str) -> None:
    """Write CSV or JSON to standard output: in UTF-8 whatever the machine's settings, for it is data."""
    try:
        sys.stdout.flush()
        if hasattr(sys.stdout, "buffer"):
            sys.stdout.buffer.write(text.encode("utf-8"))
        else:  # held as text, such as by contextlib.redirect_stdout
            sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(
            "the output cannot be written", found=error.strerror or str(error), todo="give -o FILE"
        ) from error


def say(stream: Any, lines: Sequence[str]) -> None:
    """Print lines; where the stream's encoding lacks a sign, its plain stand-in."""
    text = "\n".join(map(printable, lines))
    if not text:
        return
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(_ASCII).encode(encoding, errors="backslashreplace").decode(encoding)
    try:
        print(text, file=stream)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(
            "the output cannot be written", found=error.strerror or str(error), todo="give -o FILE"
        ) from error
