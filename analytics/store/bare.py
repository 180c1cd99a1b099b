"""Incidents with the columns that counting by day and place needs, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analytics.incidents import Incidents, RowAccounting
from analytics.schema import COLUMNS

__all__ = ["bare_incidents"]

_FIXED = {
    "source": "",
    "incident_id": "",
    "initiator": "unknown",
    "initiator_basis": "unknown",
    "activity": "other",
}


def bare_incidents(data: dict[str, pd.Series], reported_later: int = 0, **about: Any) -> Incidents:
    """Return incidents of some canonical columns; `about` are attributes of `Incidents`.

    Examples
    --------
    >>> days = pd.Series(pd.to_datetime(["2020-04-13"]))
    >>> len(bare_incidents({"date_start": days, "date_end": days}))
    1
    """
    index = next(iter(data.values())).index
    columns = {}
    for name, column in COLUMNS.items():
        values = data.get(name)
        if values is None:
            values = pd.Series(_FIXED.get(name), index=index, dtype=column.dtype)
        columns[name] = values.astype(column.dtype)  # type: ignore[call-overload]
    frame = pd.DataFrame(columns, copy=False)
    frame["row"] = np.arange(2, len(frame) + 2)
    frame["flags"] = pd.Series("", index=index, dtype="str")
    empty = pd.DataFrame({"row": [], "reason": [], "detail": [], "original": []})
    return Incidents(
        frame=frame,
        extra=pd.DataFrame(index=index),
        quarantine=empty,
        accounting=RowAccounting(len(frame), len(frame), {}, {}, reported_later=reported_later),
        **{"source": "table", **about},
    )
