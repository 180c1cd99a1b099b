"""What the scan needs to be given: where each place is, and the days to study."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from analytics._typing import BoolArray, Days, FloatArray
from analytics.counts import Counts
from analytics.errors import HistoryError, InputError
from analytics.geo.coordinates import region_coordinates
from analytics.schema import require_columns

__all__ = ["completeness_of", "coordinates_of", "cut_history", "steps_of"]


def coordinates_of(counts: Counts, places: pd.DataFrame | npt.ArrayLike) -> FloatArray:
    """Return latitude and longitude of each region in the counts' order; shape (regions, 2)."""
    return region_coordinates(counts.regions, counts.by, places)


def steps_of(counts: Counts, neighbours: pd.DataFrame) -> FloatArray:
    """Return how many borders lie between regions, inf where there is no way; shape (regions, regions).

    Raises
    ------
    InputError
        If the table has no columns `region` and `neighbour`, or none of the regions counted is in it.
    """
    require_columns(neighbours, ("region", "neighbour"), "the table of neighbours lacks columns")
    at = {name: i for i, name in enumerate(counts.regions)}
    pairs = neighbours[["region", "neighbour"]].apply(lambda column: column.map(at)).dropna().astype(int)
    if pairs.empty:
        raise InputError(
            "no two of the regions counted are neighbours in the table",
            expected=f"names such as {', '.join(counts.regions[:3])}",
            found=", ".join(map(str, neighbours["region"].unique()[:3])) or "an empty table",
            todo="regions.neighbours() of the regions that the incidents are placed in",
        )
    size = len(counts.regions)
    one, other = pairs["region"].to_numpy(), pairs["neighbour"].to_numpy()
    borders = sparse.csr_array((np.ones(len(pairs)), (one, other)), shape=(size, size))
    return np.asarray(csgraph.shortest_path(borders, directed=False, unweighted=True))


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
