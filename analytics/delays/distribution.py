"""How late reports come, region by region."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.counts.completeness import SETTLED_DAYS
from analytics.counts.plan import stated_as_of
from analytics.delays.dated import DatedReports, measure
from analytics.delays.results import DelayResult
from analytics.incidents import Incidents

__all__ = ["delay_distribution"]

METHOD = (
    "reverse-time hazards of right-truncated delays (Kalbfleisch and Lawless 1991; Lawless 1994); a region's "
    "are drawn towards the whole's, later or earlier by one factor (DerSimonian and Laird 1986)"
)
_WEEK = 7
_NORMAL = 1.645


def delay_distribution(
    incidents: Incidents,
    *,
    by: str | Sequence[str] | None = "admin1",
    where: str | None = None,
    as_of: object = None,
    longest: int = SETTLED_DAYS,
    training: int = 364,
) -> DelayResult:
    """Return how late reports come, region by region, from the reports that have come so far.

    Parameters
    ----------
    incidents : Incidents
        With the day of each report (`reported_on`).
    by : str, sequence of str or None
        Column whose values are told apart, as for :func:`analytics.count_incidents`: places, or
        ``"event_type"``.
    where : str, optional
        Filter: of these incidents alone.
    as_of : date, optional
        The day whose knowledge it is; the incidents' own unless given.
    longest : int
        Days after which nothing more is expected.
    training : int
        Days of incidents that are used, the last ones.

    Returns
    -------
    DelayResult

    Raises
    ------
    InputError
        If the incidents do not state the day of their report.
    HistoryError
        If there are too few reports to say.

    Examples
    --------
    >>> from analytics import read_incidents
    >>> days = pd.date_range("2019-01-01", periods=400).repeat(2)
    >>> late = np.random.default_rng(1).geometric(0.2, 800)
    >>> table = pd.DataFrame({"date": days, "reported_on": days + pd.to_timedelta(late, "D")})
    >>> incidents = read_incidents(table, as_of="2020-01-31", columns={"date_start": "date"})
    >>> delay_distribution(incidents, by=None).frame[["region", "half", "most"]].to_numpy().tolist()
    [['all incidents', 3, 11], ['all', 3, 11]]
    """
    day = stated_as_of(incidents, as_of)
    found = measure(DatedReports.of(incidents, day, by=by, where=where), longest=longest, training=training)
    share, deviation = found.curves.share, found.curves.deviation
    names = [*found.groups, "all"]
    week = min(_WEEK, found.longest)
    middle, unsure = share[week], deviation[week]
    frame = pd.DataFrame(
        {
            "region": names,
            "observed": found.reports,
            "half": _reached(share, 0.5),
            "most": _reached(share, 0.9),
            "estimate": middle,
            "deviation": unsure,
            "low": np.clip(middle - _NORMAL * unsure, 0, 1),
            "high": np.clip(middle + _NORMAL * unsure, 0, 1),
            "factor": found.curves.factor,
        }
    )
    delays = np.arange(found.longest + 1)
    curve = pd.DataFrame(
        {
            "region": np.repeat(np.array(names, dtype=object), len(delays)),
            "days": np.tile(delays, len(names)),
            "share": share.T.ravel(),
            "deviation": deviation.T.ravel(),
        }
    )
    return DelayResult(
        frame=frame,
        method=METHOD,
        parameters={
            "by": by,
            "where": where,
            "as_of": str(day),
            "longest": found.longest,
            "training": training,
            "between": found.curves.between,
            "spread": found.curves.spread,
        },
        simulated=incidents.simulated,
        notes=found.notes,
        curve=curve,
    )


def _reached(share: np.ndarray, wanted: float) -> pd.Series:
    """Return the first delay at which each curve reaches a share."""
    return pd.Series((share >= wanted).argmax(axis=0), dtype="Int64")
