"""The one real line beside the simulated ones: what has been published about the same insurgency."""

from __future__ import annotations

import pandas as pd

from analytics.bundled import bundled_path

__all__ = ["CAVEAT", "published_quarters"]

CAVEAT = (
    "Published totals follow rules of their own about what counts as an attack and whose it was, and the "
    "rules differ between publications: two figures for the third quarter of 2020 do not agree. They are "
    "never joined into one series, nor with the counts tested here"
)


def published_quarters() -> pd.DataFrame:
    """Return published totals of attacks by the Islamic State in Iraq, 2018 to 2021.

    Returns
    -------
    DataFrame
        start, end, attacks (missing where only a rate is stated), attacks_a_quarter, stated, source.

    Examples
    --------
    >>> published_quarters()["attacks"].dropna().astype(int).tolist()
    [1470, 1669, 566, 808, 510]
    """
    file = bundled_path("data/published_quarters.csv")
    return pd.read_csv(file, parse_dates=["start", "end"], dtype={"attacks": "Int64"})
