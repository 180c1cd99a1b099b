"""The country of incidents that state none: the one given, or the one whose names all of theirs are."""

from __future__ import annotations

import pandas as pd

from analytics._typing import BoolArray, IntArray
from analytics.errors import OptionError
from analytics.geo import LEVELS, bundled_countries, find_country, region_table
from analytics.results.words import counted

__all__ = ["in_country"]


def in_country(
    frame: pd.DataFrame, country: str | None, current: BoolArray | IntArray | None = None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return canonical incidents with a country where they state none, and notes on it.

    Only `current` rows count, and have a say where the names decide: a version that was superseded has none.
    Where a country is given, `current` may be how many incidents each row stands for.

    Raises
    ------
    OptionError
        If the country given is blank.
    """
    blank = frame["country"].isna()
    if country is not None:
        if not country.strip():
            raise OptionError("country is empty", expected="a name, such as Kenya")
        known = find_country(country)
        name = country.strip() if known is None else known.name
        stated = int((blank if current is None else current[blank.to_numpy()]).sum())
        note = f"country: {name} for {counted(stated, 'incident')} without one" if stated else ""
        return frame.assign(country=frame["country"].mask(blank, name)), (note,) if note else ()
    deciding = frame if current is None else frame[current]
    if not deciding["country"].isna().all():
        return frame, ()
    for level in LEVELS:
        names = [name for name in deciding[level].dropna().unique() if name.strip()]
        if not names:
            continue
        fitting = [
            one
            for one in bundled_countries()
            if (table := region_table(one.name, level)) is not None
            and all(table.code(name) >= 0 for name in names)
        ]
        if len(fitting) != 1:
            return frame, ()
        unit, many = fitting[0].units[level], len(names)
        what = f"all {many} names of {level} are {unit.many}" if many > 1 else f"{names[0]} is a {unit.one}"
        note = (
            f"country: not in this table; {what} of {fitting[0].name}, whose names are used "
            "(country= states another)"
        )
        return frame.assign(country=frame["country"].mask(blank, fitting[0].name)), (note,)
    return frame, ()
