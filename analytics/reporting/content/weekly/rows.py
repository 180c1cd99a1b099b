"""The incidents behind a weekly report's counts, each with its region."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.counts import Counts
from analytics.counts.placing import choose_regions
from analytics.incidents import Incidents

__all__ = ["counted_rows"]


def counted_rows(
    incidents: Incidents, counts: Counts, *, by: str | None, regions: str | None, where: str | None
) -> pd.DataFrame:
    """Return the incidents that are counted, with `region`, `district` and `day`.

    Those that could not be placed have no region; where regions were selected they are left out.

    Parameters
    ----------
    incidents : Incidents
    counts : Counts
        What was counted of them.
    by, regions, where : str or None
        How it was counted, as for :func:`analytics.count_incidents`.

    Examples
    --------
    >>> from analytics.reporting.content.weekly import weekly_counts
    >>> scope = weekly_counts(sample=True, as_of="2020-04-19")
    >>> rows = counted_rows(scope.incidents, scope.counts, by="admin1", regions=None, where=None)
    >>> bool(rows["region"].notna().sum() == scope.counts.values.sum()), int(rows["region"].isna().sum())
    (True, 8)
    """
    incidents = incidents.known_on(counts.as_of)
    rule = None if where is None else incidents.filter(where)
    code = choose_regions(incidents, by, regions, rule).codes(incidents)
    day = incidents.frame["date_start"].to_numpy().astype("datetime64[D]")
    row = (day - counts.starts[0]).astype(int)
    kept = (
        (code >= (-1 if counts.whole else 0))
        & (row >= 0)
        & (row < len(counts.starts))
        & ~incidents.reported_after(counts.as_of)
    )
    if rule is not None:
        kept &= rule.mask(incidents.frame, incidents.extra)
    placed = np.flatnonzero(kept & (code >= 0))
    kept[placed] = counts.coverage[row[placed], code[placed]]
    names = np.array([*counts.regions, None], dtype=object)
    inner = (
        choose_regions(incidents, "admin2", None, rule) if incidents.frame["admin2"].notna().any() else None
    )
    within = np.full(len(code), None, dtype=object)
    if inner is not None:
        within = np.array([*inner.names, None], dtype=object)[np.maximum(inner.codes(incidents), -1)]
    made: pd.DataFrame = incidents.frame[kept].assign(
        region=names[code[kept]], district=within[kept], day=day[kept].astype("datetime64[us]")
    )
    return made
