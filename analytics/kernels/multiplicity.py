"""Adjustment of many p-values.

References
----------
.. [1] Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate. JRSS B 57, 289-300.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["benjamini_hochberg"]


def benjamini_hochberg(pvalues: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Benjamini-Hochberg q-values; NaN (not tested) stays NaN and is not counted in the family.

    Parameters
    ----------
    pvalues : float array, shape (tests,)

    Returns
    -------
    float array, shape (tests,)

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, np.nan, 0.03])).round(3)
    array([0.03, 0.04,  nan, 0.04])
    """
    q = np.full(pvalues.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(pvalues))
    if tested.size == 0:
        return q
    order = tested[np.argsort(pvalues[tested], kind="stable")]
    scaled = pvalues[order] * tested.size / np.arange(1, tested.size + 1)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q
