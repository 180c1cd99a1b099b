"""Several changes of level: the segmentation of least negative binomial cost, searched by ruptures.

References
----------
.. [1] Killick, R., Fearnhead, P., Eckley, I. A. (2012). Optimal detection of changepoints with a linear
       computational cost. JASA 107, 1590-1598.
.. [2] Truong, C., Oudre, L., Vayatis, N. (2020). Selective review of offline change point detection methods.
       Signal Processing 167, 107299.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics._typing import FloatArray

__all__ = ["NegativeBinomialCost", "pelt_changes"]


class NegativeBinomialCost:
    """Cost of a segment: minus twice its log-likelihood at its own mean, the size being the same everywhere.

    Terms that do not depend on the segmentation are left out. It has the interface of a ruptures cost and is
    registered as one where it is used, so ruptures is needed for the search only.

    Parameters
    ----------
    size : float
        Negative binomial size; ``inf`` is Poisson.
    min_size : int
        Fewest weeks in a segment.

    Examples
    --------
    >>> cost = NegativeBinomialCost(size=math.inf).fit(np.array([1.0, 1.0, 4.0, 4.0]))
    >>> cost.error(0, 2) + cost.error(2, 4) < cost.error(0, 4)
    True
    """

    model = "negative binomial"

    def __init__(self, size: float, min_size: int = 1) -> None:
        self.size = float(size)
        self.min_size = int(min_size)
        self.signal: FloatArray = np.zeros(0)
        self._total: list[float] = [0.0]

    def fit(self, signal: npt.NDArray[np.number]) -> NegativeBinomialCost:
        """Take the counts of one series."""
        self.signal = np.asarray(signal, dtype=float).ravel()
        self._total = [0.0, *np.cumsum(self.signal).tolist()]
        return self

    def error(self, start: int, end: int) -> float:
        """Return the cost of the weeks ``start`` to ``end - 1``."""
        length = end - start
        total = self._total[end] - self._total[start]
        if total <= 0:
            return 0.0
        mean, size = total / length, self.size
        if math.isinf(size):
            return -2 * total * (math.log(mean) - 1)
        return -2 * (total * math.log(mean / (mean + size)) - length * size * math.log1p(mean / size))

    def sum_of_costs(self, bkps: list[int]) -> float:
        """Return the cost of a segmentation given by the ends of its segments."""
        return sum(self.error(a, b) for a, b in zip([0, *bkps[:-1]], bkps, strict=True))


def _ruptures() -> Any:
    import ruptures
    from ruptures.base import BaseCost

    BaseCost.register(NegativeBinomialCost)
    return ruptures


def pelt_changes(counts: FloatArray, *, size: float, penalty: float, min_size: int) -> list[int]:
    """Return the first weeks of the new levels in the segmentation of least penalised cost.

    Parameters
    ----------
    counts : float array, shape (weeks,)
    size : float
        Negative binomial size; ``inf`` is Poisson.
    penalty : float
        Cost of each change.
    min_size : int
        Fewest weeks between changes.

    Raises
    ------
    ImportError
        If ruptures is not installed.

    Notes
    -----
    Every week is a candidate (``jump=1``). With `min_size` above 1 the pruning of PELT as ruptures does it is
    not proven to keep the least cost; it did in every series it was compared on with the exact search.
    """
    cost = NegativeBinomialCost(size, min_size)
    search = _ruptures().Pelt(custom_cost=cost, min_size=min_size, jump=1)
    ends: list[int] = search.fit(np.asarray(counts, dtype=float)).predict(pen=penalty)
    return [int(end) for end in ends[:-1]]
