"""The few columns that one question needs, with equal rows put together: the rows are gone through once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from analytics.incidents.lazy.canonical import DEGREES
from analytics.incidents.lazy.engines import is_duckdb, settled, the_ibis
from analytics.incidents.lazy.kept import dated_rows
from analytics.incidents.lazy.scanned import MOST_WITH_OUTLETS, PLACE_NAMES, ScannedIncidents
from analytics.schema import COLUMNS

__all__ = ["narrow"]

EQUAL = 0.5  # share of different rows in a sample up to which equal ones are put together


def narrow(incidents: ScannedIncidents, names: Sequence[str], last: np.datetime64) -> ScannedIncidents:
    """Return incidents with what a count up to a day asks of some columns, equal rows put together.

    DuckDB goes through the rows once for it. Those of other engines, and rows of which few are equal, stay as
    they are.
    """
    raw, canonical = incidents.canonical.raw, incidents.canonical
    if "incident_id" in names:  # no two rows are equal then
        return incidents
    wanted = [*dict.fromkeys([*names, "date_precision"])]
    asks_places = not set(wanted).isdisjoint(PLACE_NAMES)
    wanted += ["reported_on"] if incidents.may_be_late(last) else []
    wanted += ["source_name"] if len(incidents) <= MOST_WITH_OUTLETS else []
    wanted += list(DEGREES) if incidents.degrees.decide else []
    at = {int(key[1:]) for key in (*canonical.dated.start.keys, *canonical.dated.end.keys)}
    for name in wanted:
        at |= canonical.positions(name) if name in COLUMNS else {raw.names.index(name)}
    sample = raw.sample.frame.iloc[:, sorted(at)]
    if not is_duckdb(raw.table) or len(sample.drop_duplicates()) > EQUAL * len(sample):
        return incidents
    columns = [f"r{one}" for one in sorted(at)]
    if incidents.repeats is None:
        rows = raw.table
    else:
        rest = incidents.repeats.rest(incidents.name_rows(raw.table)).select(*columns)
        current = incidents.repeats.current(canonical, incidents.known).select(*columns)
        rows = rest.union(current, distinct=False)
    told = incidents.located if asks_places else ()  # before the canonical columns are copied
    small = canonical.on(raw.condensed(rows, sorted(at)))
    degrees = incidents.degrees.on(small)
    dated = dated_rows(small, degrees, incidents.as_of).mutate(u_id=the_ibis().literal(""))
    return replace(
        incidents,
        canonical=small,
        degrees=degrees,
        date_rows=cache(lambda: settled(dated)),
        repeats=None,
        span=(incidents.first_date.astype(np.int64).item(), incidents.last_date.astype(np.int64).item()),
        told_of_places=told,
    )
