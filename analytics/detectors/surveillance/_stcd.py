"""The surveillance of single events as R has it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from analytics.detectors._stcd import EventClusters
from analytics.detectors._stcd import stcd as watch
from analytics.errors import OptionError
from analytics.incidents import Incidents

__all__ = ["stcd"]


def stcd(
    x: Incidents | npt.ArrayLike,
    y: npt.ArrayLike | None = None,
    t: npt.ArrayLike | None = None,
    *,
    radius: float,
    epsilon: float,
    threshold: float,
    cusum: bool = False,
) -> EventClusters:
    """Do as R's ``surveillance::stcd`` does.

    The CUSUM statistic is the largest so far rather than the present one. Alarms are the same.

    Parameters
    ----------
    x, y, t, radius, epsilon, threshold, cusum
        As in :func:`analytics.detectors.stcd`. R also asks for the area of the region and of its part within
        each event's disc, and uses them for nothing.

    Returns
    -------
    EventClusters
        As there.

    Raises
    ------
    OptionError
        If several events have the same time.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x, y, t = rng.random(200), rng.random(200), np.sort(rng.uniform(0, 100, 200))
    >>> x[-30:], y[-30:] = rng.normal(0.5, 0.03, (2, 30))
    >>> found = stcd(x, y, t, radius=0.1, epsilon=1.0, threshold=2_000, cusum=True)
    >>> bool((np.diff(found.statistic) >= 0).all())
    True
    """
    found = watch(x, y, t, radius=radius, epsilon=epsilon, threshold=threshold, cusum=cusum)
    if (np.diff(found.t) == 0).any():
        raise OptionError("the reference refuses events of the same time", todo="leave out compat")
    statistic = np.maximum.accumulate(found.statistic) if cusum else found.statistic
    return replace(found, statistic=statistic, parameters={**found.parameters, "compat": "surveillance"})
