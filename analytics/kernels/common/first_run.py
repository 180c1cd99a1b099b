"""What is said when loops are compiled: once on a machine, and not without a word."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

__all__ = ["COMPILING", "TOLD_BY", "compiling", "tell_compiling"]

COMPILING = "compiling once on this machine, which takes some seconds; later runs start at once"

TOLD_BY = "UPTICK_COMPILING"  # names a file that is made when a process compiles whose parent speaks for it

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
    if flag := os.environ.pop(TOLD_BY, ""):
        Path(flag).touch()
