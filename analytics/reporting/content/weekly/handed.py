"""What a report's command has read and counted, handed to the notebook it runs: a file is read once."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from analytics.files import scratch_folder
from analytics.reporting.content.weekly.numbers import WeeklyCounts
from analytics.reporting.content.weekly.request import ReportRequest

__all__ = ["handed_over", "handing_over"]

_VARIABLE = "UPTICK_COUNTED"


@contextmanager
def handing_over(scope: WeeklyCounts) -> Iterator[Mapping[str, str]]:
    """Yield what a notebook's kernel has to find in its environment, while it is to find these counts.

    They lie in a folder that only this user may read, and are gone when the run is over.
    """
    with scratch_folder() as folder:
        file = folder / "counted"
        file.write_bytes(pickle.dumps(scope, protocol=5))
        yield {_VARIABLE: str(file)}


def handed_over(request: ReportRequest) -> WeeklyCounts | None:
    """Return the counts that were handed over; None where there are none, or those of another request."""
    named = os.environ.get(_VARIABLE)
    if not named or not Path(named).is_file():
        return None
    scope = pickle.loads(Path(named).read_bytes())
    return scope if isinstance(scope, WeeklyCounts) and scope.request == request else None
