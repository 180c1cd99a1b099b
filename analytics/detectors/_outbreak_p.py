"""OutbreakP: whether the level is rising, in whatever shape, rather than constant."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.detectors.compat import Compat, has_reference, only_as_in_r
from analytics.detectors.grid import SHORT, grid_of, make_alarms, per_region
from analytics.former import renamed
from analytics.kernels.charts.onset import onset_scan
from analytics.options import check_above
from analytics.results import Alarms, DetectorRun

__all__ = ["outbreak_p", "outbreak_p_run"]

_MOST = 2**31  # counts looked at for the bound
_FEWEST = 2.0  # incidents since the start before anything can rise


@renamed(**only_as_in_r("outbreak_p", "ret returns"))
@has_reference
def outbreak_p(
    counts: Counts,
    *,
    threshold: float | npt.ArrayLike = 100.0,
    reset: bool = True,
    last: int | None = None,
    compat: Compat | None = None,
) -> Alarms:
    """Raise an alarm where the counts so far speak for a rising level rather than a constant one.

    Null hypothesis: all counts since the start are Poisson with one mean. Alternative: Poisson with means
    that never fall. Both are estimated by maximum likelihood; no baseline and no shape are needed. The
    ratio is at least 1 and has no p-value: its threshold is chosen for the false alarms it gives.

    Parameters
    ----------
    counts : Counts
        By day or by week, as shown.
    threshold : float or array, one for each region
        Likelihood ratio above which an alarm is raised; above 1.
    reset : bool
        Whether the series starts anew with the period after an alarm.
    last : int, optional
        Test only the last so many periods over at `as_of`; all before them still count.
    compat : {"surveillance"}, optional
        Give what R's surveillance 1.20.3 gives: :func:`analytics.detectors.surveillance.outbreak_p`.

    Returns
    -------
    Alarms
        `statistic` is the logarithm of the likelihood ratio, `expected` the mean of the periods before,
        `upper_bound` the largest count that would not raise an alarm: none where an alarm would stand even at
        a count of 0.

    Raises
    ------
    OptionError
        If an option is unknown or out of range.

    Notes
    -----
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
    grid = grid_of(counts, last=last)
    levels = per_region(threshold, grid, "threshold")
    check_above(1, threshold=levels)
    statistic, alarm, level, smallest = onset_scan(
        grid.values,
        grid.usable,
        grid.first,
        np.log(levels),
        bool(reset),
        True,
        _MOST,
        _FEWEST,
        np.zeros((0, 0)) if grid.reported is None else grid.reported.cautious,
    )
    before = np.cumsum(grid.usable, axis=0, dtype=np.int32)[grid.first :] - grid.usable[grid.first :]
    run = outbreak_p_run(levels, resets=bool(reset))
    return make_alarms(
        grid,
        run,
        alarm=alarm,
        untested=[(before == 0, SHORT)],
        expected=level,
        upper_bound=smallest - 1,
        statistic=statistic,
        thinned=grid.reported is not None,
    )


def outbreak_p_run(levels: FloatArray, *, resets: bool, **parameters: object) -> DetectorRun:
    """Return what a run of the method says of itself."""
    return DetectorRun(
        name="outbreak_p",
        null_hypothesis="all counts since the start are Poisson with one mean",
        method="likelihood ratio of a never-falling against a constant Poisson level; null: one Poisson "
        "mean since the start (Frisén, Andersson and Schiöler 2009)",
        resets=resets,
        parameters={"threshold": levels, "reset": resets, **parameters},
    )
