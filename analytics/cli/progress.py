"""What is being done, told on a terminal's standard error; nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Bar

from analytics.cli.text import printable
from analytics.options import Progress

__all__ = ["progress_bar"]


@contextmanager
def progress_bar(first: str) -> Iterator[Progress | None]:
    """Show a bar on standard error where that is a terminal; None where it is not.

    Parameters
    ----------
    first : str
        What is said until the first step begins.
    """
    if not sys.stderr.isatty():
        yield None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(first, total=None)

        def step(done: int, total: int, what: str) -> None:
            bar.update(task, description=printable(what), completed=done, total=total)

        yield step
