"""What a command is declared with: its options, in groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Command", "Group", "Option"]


@dataclass(frozen=True, slots=True)
class Option:
    """One option: ``--name METAVAR``, or a switch where there is no metavar.

    `default` is for what only the command itself uses; `unsets` is the library's option that a switch makes
    False.
    """

    name: str
    metavar: str
    help: str
    kind: Callable[[str], object] | None = None
    default: object = None
    many: bool = False
    short: str = ""
    unsets: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Options under one heading of the help; without a title they stand among the first."""

    title: str
    options: tuple[Option, ...]

    def also(self, *more: Option) -> Group:
        """Return the group with more options at its end."""
        return Group(self.title, (*self.options, *more))


@dataclass(frozen=True, slots=True)
class Command:
    """A command: the module whose ``run`` carries it out, what it does, its options, and its actions."""

    module: str
    what: str
    groups: tuple[Group, ...]
    file: bool = True
    about: str = "incidents: UCDP GED, ACLED, or a plain table"
    after: str = ""
    folder: bool = False
    service: bool = False
    other: bool = False
    actions: tuple[str, ...] = ()
