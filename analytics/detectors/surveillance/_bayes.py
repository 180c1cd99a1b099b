"""The Bayes method as R has it: the same week a year ago is 52 weeks back."""

from __future__ import annotations

import numpy.typing as npt

from analytics.counts import Counts
from analytics.detectors._bayes import bayes_alarms
from analytics.detectors.windows import Windows
from analytics.former import renamed
from analytics.results import Alarms

__all__ = ["bayes"]


@renamed(b="years", w="half_width")
def bayes(
    counts: Counts,
    *,
    years: int = 0,
    half_width: int = 6,
    include_current_year: bool = True,
    alpha: float | npt.ArrayLike = 0.05,
    last: int | None = None,
) -> Alarms:
    """Do as R's ``surveillance::algo.bayes`` does.

    The same week a year ago is 52 periods back (365 days), which drifts by a week every five years or so.
    Otherwise the alarms are those of :func:`analytics.detectors.bayes`.

    Parameters
    ----------
    counts, years, half_width, include_current_year, alpha, last
        As in :func:`analytics.detectors.bayes` (R: ``b``, ``w``, ``actY``, ``alpha``).

    Examples
    --------
    >>> import numpy as np
    >>> counts = Counts.from_array(np.array([2, 1, 0, 3, 1, 2, 6]), start="2020-03-02")
    >>> float(bayes(counts, last=1).pvalue[0, 0].round(4))
    0.0111
    """
    windows = Windows(years, half_width, include_current_year, calendar=False)
    return bayes_alarms(counts, windows, alpha, last)
