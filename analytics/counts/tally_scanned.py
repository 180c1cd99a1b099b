"""The same step where the incidents lie in an engine, which brings back counts alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from analytics._typing import IntArray
from analytics.counts.outlets import Outlets, read_outlets
from analytics.counts.places import DEPTHS, PLACE_LEVELS
from analytics.counts.placing import columns_to_count_by
from analytics.counts.plan import CountPlan, Value
from analytics.counts.tally import PLACES, Sums, Tally, no_fatalities, sums_of
from analytics.errors import OptionError
from analytics.incidents import ScannedIncidents
from analytics.incidents.lazy.canonical import width_of
from analytics.incidents.lazy.engines import the_ibis
from analytics.incidents.lazy.judging import judge_rows
from analytics.incidents.lazy.narrowing import narrow
from analytics.incidents.lazy.raw import attach, changed
from analytics.incidents.lazy.scanned import MOST_WITH_OUTLETS
from analytics.schema import COARSE_DAYS, COLUMNS

__all__ = ["narrowed", "tally_scanned"]

_GRID, _WHERE, _UNKNOWN, _APART, _OUTSIDE, _UNPLACED, _REGION, _NO_COVERAGE, _LATER = range(len(PLACES))
_NO_REGION, _LEFT_OUT = -1, -2


def tally_scanned(incidents: ScannedIncidents, plan: CountPlan) -> Tally:
    """Send every incident to one place in its engine, and add up what comes back.

    Raises
    ------
    OptionError
        If spans are to be spread by chance, which is drawn row by row.
    """
    if plan.span == "spread":
        raise OptionError(
            "span='spread' is drawn row by row, and these rows stay where they are",
            expected="'start' or 'exclude'",
            todo="read the file with read_incidents",
        )
    rows, notes = _placed(incidents, plan)
    days, regions = plan.shape
    cells = _Cells(rows, plan, together=incidents.canonical.raw.few)
    if plan.value == "fatalities" and not cells.stated.sum():
        raise no_fatalities(incidents.title)
    if plan.where is not None and np.isin(cells.place, [_WHERE, _UNKNOWN]).all():
        notes = (f"no incident fits where {plan.where}: every count is 0", *notes)
    inside, lost = cells.of(_GRID), cells.of(_UNPLACED)
    known = cells.known

    def add(at: IntArray, amounts: IntArray) -> Sums:
        where = cells.row[at] * regions + cells.region[at]
        return sums_of(where, amounts[at], days * regions).reshape(days, regions)

    def everything() -> IntArray:
        region = np.where(cells.region < 0, regions, cells.region)[known]
        where = cells.row[known] * (regions + 1) + region
        return _added(where, cells.n[known], days * (regions + 1)).reshape(days, regions + 1)

    placed = _added(cells.place, cells.n, len(PLACES)).tolist()
    unknown = int((cells.n - cells.stated)[np.r_[inside, lost]].sum())
    return Tally(
        values=add(inside, cells.amount),
        coarse=add(inside, cells.coarse_amount),
        unplaced=sums_of(cells.row[lost], cells.amount[lost], days),
        places=dict(zip(PLACES, placed, strict=True)),
        kept=int(cells.n.sum()),
        long_spans=int(cells.long.sum()),
        unknown_value=unknown if plan.value == "fatalities" else 0,
        daily=_added(cells.row[known], cells.n[known], days),
        everything=everything,
        notes=notes,
        outlets=_outlets(incidents, rows, plan),
    )


def _placed(incidents: ScannedIncidents, plan: CountPlan) -> tuple[Any, tuple[str, ...]]:
    """Return the kept rows with the cell and the place of each, coverage apart, and what it adds."""
    ibis, canonical = the_ibis(), incidents.canonical
    own = [name for name in plan.chosen.columns if name not in COLUMNS]
    own += [name for name in (plan.where.columns if plan.where else ()) if name not in COLUMNS]
    keys = [incidents.own_key(name) for name in own]
    keys += [canonical.text_key(name) for name in (plan.where.columns if plan.where else ())]
    rows = incidents.rows([key for key in keys if key is not None])
    notes: tuple[str, ...] = ()
    if plan.where is not None:
        rows, notes = judge_rows(incidents, plan.where, rows)
    asked = ["date_precision", *(["fatalities"] if plan.value == "fatalities" else [])]
    dated = incidents.may_be_late(plan.days[-1])
    rows = canonical.add(rows, [*asked, "reported_on"] if dated else asked)
    rows = _with_regions(incidents, rows, plan)
    first, last = (int(day.astype("datetime64[D]").astype(np.int64)) for day in plan.days[[0, -1]])
    rows = rows.mutate(
        t_row=(rows.u_start - first).cast("int64"),
        t_width=width_of(rows),
        t_out=(rows.u_start < first) | (rows.u_start > last),
        t_late=(rows.u_reported > last).fill_null(False) if dated else ibis.literal(False),
    )
    cases = [] if plan.where is None else [(rows.w_unknown, _UNKNOWN), (~rows.w_true, _WHERE)]
    if plan.span == "exclude":
        cases.append((rows.t_width > plan.longest, _APART))
    cases += [(rows.t_out, _OUTSIDE), (rows.t_late, _LATER)]
    cases += [(rows.t_region == _NO_REGION, _UNPLACED), (rows.t_region == _LEFT_OUT, _REGION)]
    known = ~(rows.t_out | rows.t_late)
    named, key = {}, canonical.text_key("source_name")
    if key is not None and len(incidents) <= MOST_WITH_OUTLETS:
        rows = canonical.raw.with_keys(rows, [key])
        named = {"t_named": rows[key]}
    n = rows.u_n if canonical.raw.weighted else ibis.literal(1)
    coarse = rows.t_width >= COARSE_DAYS
    added = {"t_n": n, "t_long": ibis.ifelse(rows.t_width > plan.longest, n, 0)}
    added["t_coarse"] = ibis.ifelse(coarse, n, 0)
    if plan.value == "fatalities":
        amount = rows.c_fatalities.fill_null(0) * n
        added |= {"t_stated": ibis.ifelse(rows.c_fatalities.isnull(), 0, n), "t_amount": amount}
        added["t_coarse_amount"] = ibis.ifelse(coarse, amount, 0)
    placed = rows.mutate(
        t_place=ibis.cases(*cases, else_=_GRID).cast("int64"),
        t_known=known,
        t_row=ibis.ifelse(known, rows.t_row, -1),
        **added,
        **named,
    )
    return placed.select("t_place", "t_known", "t_row", "t_region", *added, *named), notes


def _with_regions(incidents: ScannedIncidents, rows: Any, plan: CountPlan) -> Any:
    """Return the rows with the region of each: -1 where it could not be placed, -2 where it is not chosen."""
    columns = plan.chosen.columns
    if not columns:
        return rows.mutate(t_region=the_ibis().literal(0))
    found, piece = incidents.combinations(columns)
    frame = piece.frame.assign(t_region=plan.chosen.placed[found.codes])
    for name in columns:
        if name in COLUMNS:
            rows, _ = incidents.canonical.looked_up_by(rows, name)
    rows = incidents.canonical.raw.with_keys(rows, piece.keys)
    return attach(rows, replace(piece, frame=frame), ["t_region"])


class _Cells:
    """What came back: entries with a place, day and region; one for each, unless few rows are left anyway."""

    def __init__(self, rows: Any, plan: CountPlan, *, together: bool) -> None:
        keys = ["t_place", "t_known", "t_row", "t_region"]
        sums = {"n": rows.t_n.sum(), "long": rows.t_long.sum(), "coarse": rows.t_coarse.sum()}
        if plan.value == "fatalities":
            sums |= {name: rows[f"t_{name}"].sum() for name in ("stated", "amount", "coarse_amount")}
        if together:
            table = rows.select(*keys, **{name: rows[f"t_{name}"] for name in sums})
        else:
            table = rows.group_by(keys).aggregate(**sums)
        found = table.to_pyarrow()  # to pandas, DuckDB's sums are objects
        if any(found[key].null_count for key in keys):
            raise changed()
        whole = {name: _numbers(found[name]) for name in found.column_names}
        self.place, self.row, self.region = (whole[f"t_{name}"] for name in ("place", "row", "region"))
        self.n, self.long, self.coarse = whole["n"], whole["long"], whole["coarse"]
        stated = whole if plan.value == "fatalities" else {}
        self.stated, self.amount = stated.get("stated", self.n), stated.get("amount", self.n)
        self.coarse_amount = stated.get("coarse_amount", self.coarse)
        self.known = np.flatnonzero(whole["t_known"])
        if not plan.coverage.all():
            inside = self.of(_GRID)
            self.place[inside[~plan.coverage[self.row[inside], self.region[inside]]]] = _NO_COVERAGE

    def of(self, place: int) -> IntArray:
        """Return the entries of a place."""
        return np.flatnonzero(self.place == place)


def _numbers(column: Any) -> IntArray:
    return np.array(column.to_numpy(), dtype=np.int64)  # one that may be written to


def _added(at: IntArray, amounts: IntArray, size: int) -> IntArray:
    out = np.zeros(size, dtype=np.int64)
    np.add.at(out, at, amounts)
    return out


def _outlets(incidents: ScannedIncidents, rows: Any, plan: CountPlan) -> Outlets | None:
    """Return who reported what is in the grid, where the incidents are not too many."""
    if "t_named" not in rows.columns:
        return None
    inside = rows.filter(rows.t_place == _GRID)
    found = inside.group_by(["t_row", "t_region", "t_named"]).aggregate(n=inside.t_n.sum()).to_pandas()
    row, region = (found[name].to_numpy(dtype=np.int64) for name in ("t_row", "t_region"))
    covered = plan.coverage[row, region]
    found, row, region = found[covered].reset_index(drop=True), row[covered], region[covered]
    key = incidents.canonical.text_key("source_name")
    named = incidents.canonical.values("source_name", found.rename(columns={"t_named": key}))
    if named.isna().all():
        return None
    times = found["n"].to_numpy(dtype=np.int64)
    at = np.repeat(np.arange(len(found)), times)
    return read_outlets(named.iloc[at], plan.days[row[at]], region[at], plan.chosen.names)


def narrowed(
    incidents: ScannedIncidents,
    by: str | Sequence[str] | None,
    where: str | None,
    value: Value,
    last: np.datetime64,
) -> ScannedIncidents:
    """Return the incidents with the columns that a count asks of them; see `narrow`."""
    columns, _ = columns_to_count_by(incidents, by)
    depth = max((DEPTHS.get(name, 0) for name in columns), default=1)
    names = [*columns, *PLACE_LEVELS[:depth]]
    if where is not None:
        asked = incidents.filter(where).columns
        names += [name for name in asked if incidents.has(name)]
    names += ["fatalities"] if value == "fatalities" else []
    return narrow(incidents, names, last)
