"""How a room shows its public names to ``dir``, ``help`` and tab completion, and loads them on first use."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module

__all__ = ["lazy_room", "names_shown"]


def names_shown(room: str, within: tuple[str, ...] = ()) -> Callable[[], list[str]]:
    """Return a room's ``__dir__``: its public names, the rooms within it, and names with two underscores.

    Examples
    --------
    >>> [name for name in names_shown("analytics._rooms")() if not name.startswith("__")]
    ['lazy_room', 'names_shown']
    """

    def shown() -> list[str]:
        module = sys.modules[room]
        return sorted({*module.__all__, *within, *(name for name in vars(module) if name.startswith("__"))})

    return shown


def lazy_room(
    room: str, where: Mapping[str, str], *, rooms: str = "", **former: str
) -> tuple[list[str], Callable[[str], object], Callable[[], list[str]]]:
    """Return ``__all__``, ``__getattr__`` and ``__dir__`` of a room whose names are loaded on first use.

    Parameters
    ----------
    room : str
        The room's own name, ``__name__``.
    where : mapping of str to str
        Module within the room to the public names it holds, with spaces between.
    rooms : str
        Rooms within it that can be named without importing them first, with spaces between.
    **former : str
        ``former="now"``: names that are refused with an error that says what they are called now.
    """
    module_of = {name: f"{room}.{module}" for module, names in where.items() for name in names.split()}

    within = tuple(rooms.split())

    def load(name: str) -> object:
        if name in within:
            return import_module(f"{room}.{name}")
        if name not in module_of:
            if name in former:
                from analytics.former import refuse_former  # loads numpy

                refuse_former(room, name, **former)
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        value = getattr(import_module(module_of[name]), name)
        setattr(sys.modules[room], name, value)
        return value

    return sorted(module_of), load, names_shown(room, within)
