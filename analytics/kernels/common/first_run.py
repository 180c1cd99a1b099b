"""What is said when loops are compiled: once on a machine, and not without a word."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["COMPILING", "compiling", "tell_compiling"]

COMPILING = "compiling once on this machine, which takes some seconds; later runs start at once"

_told: list[Callable[[str], object]] = []


def tell_compiling(tell: Callable[[str], object]) -> None:
    """Call `tell` with a sentence when, and if, the first loop of this process is compiled.

    Examples
    --------
    >>> tell_compiling(print)
    >>> compiling()
    compiling once on this machine, which takes some seconds; later runs start at once
    >>> compiling()
    """
    _told[:] = [tell]


def compiling() -> None:
    """Say that a loop is being compiled, if somebody wants to know and has not been told."""
    while _told:
        _told.pop()(COMPILING)
