"""A file that states the options of a weekly report by name, kept beside an office's data."""

from __future__ import annotations

import datetime as dt
import math
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from analytics._text import read_toml, toml_fault
from analytics.cli.options import COMMANDS, Option
from analytics.errors import InputError, OptionError, nearest
from analytics.files import read_whole
from analytics.geo.boundaries import is_boundary_file

__all__ = ["fill_from_file"]

_NOT_STATED = ("parameters", "summary", "markdown", "json")  # what is asked of one run
# Paths are those of the file's own folder, so that it does not matter where the command is started.
_PATHS = (
    "file", "mapping", "comment", "previous", "polygons", "template", "notebook", "output", "along",
    "region_spellings", "store", "actors", "accepted",
)  # fmt: skip
# Each answers the others.
_INSTEAD = {name: group for group in ({"file", "sample", "store"}, {"as_of", "week"}) for name in group}


def fill_from_file(args: Namespace) -> None:
    """Set what ``--parameters TOML`` states, where the command line does not say otherwise.

    Raises
    ------
    InputError
        If the file cannot be read, or a value is of another kind than its option takes.
    OptionError
        If it states an option that a report does not have.
    """
    if args.parameters is None:
        return
    path = Path(args.parameters)
    known = {option.name.replace("-", "_"): option for option in _options()}
    typed = {name for name, value in vars(args).items() if value not in (None, False, [])}
    for key, value in _stated(path).items():
        name = key.replace("-", "_")
        if name != "file" and name not in known:
            close = nearest(name, ("file", *known))
            raise OptionError(
                f"{path} states {key!r}, which is no option of a report",
                expected="file, and the names that uptick report --help lists",
                todo=f"did you mean {' or '.join(close)}?" if close else None,
            )
        found = _value(known.get(name), name, value, path)
        if name == "format" and (args.summary or args.json):
            continue  # what is printed is not written
        target = name if name == "file" else known[name].unsets or name
        if found is not None and not {name, target, *_INSTEAD.get(name, ())} & typed:
            setattr(args, target, found)


def _options() -> list[Option]:
    listed = [option for group in COMMANDS["report"].groups for option in group.options]
    return [option for option in listed if option.name not in _NOT_STATED]


def _stated(path: Path) -> dict[str, Any]:
    try:
        return read_toml(read_whole(path).decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        found = error.strerror if isinstance(error, OSError) else toml_fault(error)[:200]
        raise InputError(
            "the file of parameters cannot be read",
            expected='TOML: lines such as file = "incidents.xlsx"',
            found=found,
            where=str(path),
        ) from None


def _value(option: Option | None, name: str, value: object, path: Path) -> object:
    """Return a stated value as the command line would have it."""
    if option is not None and not option.metavar:
        if not isinstance(value, bool):
            raise _wrong(name, path, "true or false", value)
        return (not value if option.unsets else True) if value else None
    if option is not None and option.kind in (int, float):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _wrong(name, path, "a number", value)
        if not math.isfinite(value) or option.kind(value) != value:
            raise _wrong(name, path, "a whole number" if option.kind is int else "a number", value)
        return option.kind(value)
    if option is not None and option.kind is not None:
        return _number_or_word(option.kind, name, value, path)
    if option is not None and option.many:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise _wrong(name, path, "a list of texts in quotes", value)
        return value
    if isinstance(value, list) and name in ("format", "sections", "regions"):
        return ",".join(map(str, value))
    if isinstance(value, dt.date) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    if not isinstance(value, str):
        raise _wrong(name, path, "text in quotes", value)
    is_path = name in _PATHS or (name == "regions" and is_boundary_file(value))
    return str(path.parent / value) if is_path and value else value or None


def _number_or_word(kind: Callable[[str], object], name: str, value: object, path: Path) -> object:
    """Return a number, or one of the words that an option takes in its place, such as measured."""
    try:
        found = kind(str(value))
    except ArgumentTypeError:
        found = None
    if found is None or isinstance(value, bool) or isinstance(found, str) != isinstance(value, str):
        raise _wrong(name, path, "a number", value)
    return found


def _wrong(name: str, path: Path, expected: str, value: object) -> OptionError:
    return OptionError(
        f"{name} of the file of parameters cannot be used",
        expected=expected,
        found=repr(value)[:80],
        where=str(path),
    )
