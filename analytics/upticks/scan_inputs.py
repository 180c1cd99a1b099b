"""What the scan needs to be given: where each place is, and the days to study."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import BoolArray, Days, FloatArray
from analytics.counts import Counts
from analytics.errors import HistoryError
from analytics.geo.coordinates import region_coordinates

__all__ = ["completeness_of", "coordinates_of", "cut_history"]


def coordinates_of(counts: Counts, places: pd.DataFrame | npt.ArrayLike) -> FloatArray:
    """Return latitude and longitude of each region in the counts' order; shape (regions, 2)."""
    return region_coordinates(counts.regions, counts.by, places)


def completeness_of(counts: Counts, longest: int, tested: BoolArray) -> FloatArray | None:
    """Return the completeness of the last periods over, shape (longest, regions); None where not known.

    Regions that are not tested read as complete.
    """
    if counts.completeness is None:
        return None
    share = counts.completeness.rows(slice(counts.complete - longest, counts.complete)).share
    share = np.where(tested, share, 1.0)
    return None if np.isnan(share).any() else share


def cut_history(counts: Counts, history: int) -> tuple[npt.NDArray[np.int32], BoolArray, Days]:
    """Return values, coverage and first days of the last `history` days that were over at `as_of`."""
    step = counts.period_days
    complete = counts.complete
    first = complete - history // step
    if first < 0:
        raise HistoryError(
            f"scan_test needs {history // step} {'weeks' if step == 7 else 'days'} (history)",
            found=f"{complete} complete ones, from {counts.starts[0]}",
            todo="count from an earlier start (if the data begin before), or ask for a shorter history",
        )
    part = slice(first, complete)
    return counts.values[part], counts.coverage[part], counts.starts[part]
