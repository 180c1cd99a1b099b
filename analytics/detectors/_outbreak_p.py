"""OutbreakP: whether the level is rising, in whatever shape, rather than constant."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from analytics.counts import Counts
from analytics.detectors.grid import SHORT, grid_of, make_alarms, per_region
from analytics.errors import OptionError, unknown_option
from analytics.kernels.charts.onset import onset_scan
from analytics.results import Alarms, DetectorRun

__all__ = ["outbreak_p"]

_MOST, _REFERENCE_MOST = 2**31, 200  # counts looked at for the bound
_FEWEST = 2.0  # incidents since the start before anything can rise


def outbreak_p(
    counts: Counts,
    *,
    threshold: float | npt.ArrayLike = 100.0,
    reset: bool = True,
    ret: Literal["cases", "value"] = "cases",
    last: int | None = None,
    compat: Literal["surveillance"] | None = None,
) -> Alarms:
    """Raise an alarm where the counts so far speak for a rising level rather than a constant one.

    Parameters
    ----------
    counts : Counts
        By day or by week, as shown.
    threshold : float or array, one for each region
        Likelihood ratio above which an alarm is raised; above 1.
    reset : bool
        Whether the series starts anew with the period after an alarm.
    ret : {"cases", "value"}
        What `upper_bound` holds: the largest count that would not raise an alarm, or the likelihood ratio.
    last : int, optional
        Test only the last so many periods over at `as_of`; all before them still count.
    compat : {"surveillance"}, optional
        Give what R's surveillance 1.20.3 gives: never reset, and with ``ret="cases"`` the smallest count
        that raises an alarm, up to 200.

    Returns
    -------
    Alarms
        `statistic` is the logarithm of the likelihood ratio, `expected` the mean of the periods before.
        Where an alarm would stand even at a count of 0, there is no bound.

    Raises
    ------
    OptionError
        If an option is unknown or out of range.

    Notes
    -----
    Null hypothesis: all counts since the start are Poisson with one mean. Alternative: Poisson with means
    that never fall. Both are estimated by maximum likelihood; no baseline and no shape are needed. The
    ratio is at least 1 and has no p-value: its threshold is chosen for the false alarms it gives.

    Counts that vary more than Poisson look like a rise sooner or later, and so does a season. Periods
    without coverage are skipped. The reference multiplies ratios until they overflow; here they are added
    as logarithms. It also keeps every past period for good, so that one rise raises alarms from then on: by
    default an alarm starts the series anew, and the first period after it has nothing to rise from. And one
    incident after any number of quiet periods is as improbable as there were such periods, which says nothing
    of a rise: by default an alarm takes two incidents since the start.

    References
    ----------
    .. [1] Frisén, M., Andersson, E., Schiöler, L. (2009). Robust outbreak surveillance of epidemics in
           Sweden. Statistics in Medicine 28, 476-493.

    Examples
    --------
    >>> import pandas as pd
    >>> weeks = [f"2020-W{i}" for i in range(11, 17)]
    >>> frame = pd.DataFrame({"Kirkuk": [1, 2, 0, 1, 1, 9]}, index=weeks)
    >>> found = outbreak_p(Counts.from_frame(frame, freq="week", as_of="2020-04-19"))
    >>> found.latest()[["observed", "upper_bound", "alarm"]].to_numpy().tolist()
    [[9, 6.0, True]]
    """
    if compat not in (None, "surveillance"):
        raise unknown_option("compat", compat, ("surveillance",))
    if ret not in ("cases", "value"):
        raise unknown_option("ret", ret, ("cases", "value"))
    grid = grid_of(counts, last=last)
    levels = per_region(threshold, grid, "threshold")
    if (levels <= 1).any():
        raise OptionError("threshold is a likelihood ratio", expected="above 1", found=str(levels.min()))
    statistic, alarm, level, smallest = onset_scan(
        grid.values,
        grid.usable,
        grid.first,
        np.log(levels),
        bool(reset) and compat is None,
        ret == "cases",
        _REFERENCE_MOST if compat else _MOST,
        0.0 if compat else _FEWEST,
    )
    if ret == "value":
        with np.errstate(over="ignore"):
            bound = np.exp(statistic)
    else:
        bound = smallest if compat else smallest - 1
    before = np.cumsum(grid.usable, axis=0, dtype=np.int32)[grid.first :] - grid.usable[grid.first :]
    return make_alarms(
        grid,
        DetectorRun(
            name="outbreak_p",
            method="likelihood ratio of a never-falling against a constant Poisson level; null: one Poisson "
            "mean since the start (Frisén, Andersson and Schiöler 2009)",
            resets=bool(reset) and compat is None,
            parameters={
                "threshold": float(levels[0]) if (levels == levels[0]).all() else levels,
                "reset": bool(reset),
                "ret": ret,
                "compat": compat,
            },
        ),
        alarm=alarm,
        untested=[] if compat else [(before == 0, SHORT)],
        expected=level,
        upper_bound=bound,
        statistic=statistic,
    )
