"""What a delivery added, changed and deleted, by region and week."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analytics._typing import Days, IntArray
from analytics.counts.grid import UNPLACED
from analytics.counts.placing import choose_regions
from analytics.errors import OptionError, unknown_option
from analytics.periods import check_week_start, week_first_day, week_label
from analytics.store.bare import bare_incidents
from analytics.store.delivery import Delivery
from analytics.store.opening import DERIVED, cell
from analytics.store.state import known_deliveries

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["WHAT", "Difference", "difference"]

WHAT = ("added", "changed", "deleted")
BY = ("admin1", "admin2", "country")


@dataclass(frozen=True, eq=False)
class Difference:
    """What a delivery changed.

    Attributes
    ----------
    delivery : Delivery
    frame : DataFrame
        One row for each region and week touched: `region`, `week`, `start`, `added`, `changed`, `deleted`,
        `moved_in`, `moved_out`, `net`. A changed incident is counted where it is now; one that was elsewhere
        before is moved in here and out there. ``net = added - deleted + moved_in - moved_out``.
    events : DataFrame
        One row for each incident touched: `incident_id`, `what`, `region`, `date`, `region_before`,
        `date_before`, `columns` (those that differ, with commas).
    by : str
        What the regions are.
    """

    delivery: Delivery
    frame: pd.DataFrame
    events: pd.DataFrame
    by: str

    def sentence(self) -> str:
        """Return what it changed, in one sentence."""
        return self.delivery.sentence()

    def summary(self) -> pd.DataFrame:
        """Return the table without zeros, as readers see it."""
        shown = self.frame.drop(columns="start").astype(object)
        return shown.where(shown != 0, "")

    def __repr__(self) -> str:
        return f"<{self.sentence()}>"


def difference(
    connection: DuckDBPyConnection,
    path: Path,
    number: int | None,
    source: str | None,
    *,
    by: str,
    week_start: str,
) -> Difference:
    """Return what a delivery (None: the last one) changed."""
    check_week_start(week_start)
    if by not in BY:
        raise unknown_option("by", by, BY)
    if number is not None and source is None:
        found = connection.execute(
            "select s.name from deliveries d join sources s on s.number = d.source where d.number = ?",
            [number],
        ).fetchall()
        source = found[0][0] if found else None
    known = known_deliveries(connection, path, source, None)
    made = {delivery.number: delivery for delivery in known.deliveries}
    if number is not None and number not in made:
        raise OptionError(
            f"there is no delivery {number}" + (f" of {source}" if source else ""),
            expected=f"one of {', '.join(map(str, list(made)[-12:]))}",
        )
    delivery = known.last if number is None else made[number]
    events, old, new = _events(connection, known.table, delivery.number)
    region_before, region = _regions(old, new, by)
    before, day = (part["k_start"].to_numpy().astype("datetime64[D]") for part in (old, new))
    shown = {
        "incident_id": events["key"],
        "what": events["what"],
        "region": region,
        "date": day,
        "region_before": region_before,
        "date_before": before,
        "columns": events["columns"],
    }
    cells = _cells(events["what"].to_numpy(dtype=object), (region_before, before), (region, day), week_start)
    return Difference(delivery, cells, pd.DataFrame(shown), by)


def _events(
    connection: DuckDBPyConnection, table: str, number: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the incidents touched, and their rows before and after; missing where there was none."""
    source = int(table.removeprefix("rows_"))
    names = connection.execute(
        "select pos, name from file_columns where source = ? order by pos", [source]
    ).fetchall()
    places = [*DERIVED, *(f"c{at}" for at, _ in names)]
    parts = {p: p if p in DERIVED else "" for p in places}
    listed = ", ".join(
        f"{f'{side}.{p}' if own else cell(side, p)} as {side}_{p}"
        for side in ("o", "n")
        for p, own in parts.items()
    )
    found = connection.execute(
        "select coalesce(n.key, o.key) as key, coalesce(n.nth, o.nth) as nth, case when o.key is null then "
        f"'added' when n.key is null then 'deleted' else 'changed' end as what, {listed} "
        f"from (select * from {table} where until = ?) o full join (select * from {table} where since = ?) n "
        "on o.key = n.key and o.nth = n.nth order by 1, 2",
        [number, number],
    ).df()
    differ = np.full(len(found), "", dtype=object)
    changed = (found["what"] == "changed").to_numpy(dtype=bool)
    for at, name in names:
        one, other = (found[f"{side}_c{at}"].fillna("").astype("str") for side in ("o", "n"))
        where = changed & (one != other).to_numpy(dtype=bool)
        differ[where] = [f"{so_far},{name}" if so_far else name for so_far in differ[where]]
    events = found[["key", "nth", "what"]].assign(columns=differ)
    old, new = (
        found[[f"{side}_{name}" for name in DERIVED]].set_axis(list(DERIVED), axis=1) for side in ("o", "n")
    )
    return events, old, new


def _regions(old: pd.DataFrame, new: pd.DataFrame, by: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the region of each incident before and after; None where it was not there."""
    both = pd.concat([old, new], ignore_index=True)
    there = both["k_start"].notna().to_numpy(dtype=bool)
    out = np.full(len(both), None, dtype=object)
    if there.any():
        rows = both[there].reset_index(drop=True)
        chosen_of = bare_incidents({DERIVED[name][0]: rows[name] for name in DERIVED})
        if rows[f"k_{by}"].notna().any():
            chosen = choose_regions(chosen_of, by, None)
            names = np.array([*chosen.names, UNPLACED], dtype=object)
            out[there] = names[np.maximum(chosen.codes(chosen_of), -1)]
        else:
            out[there] = UNPLACED
    return out[: len(old)], out[len(old) :]


def _cells(
    what: np.ndarray, before: tuple[np.ndarray, Days], after: tuple[np.ndarray, Days], week_start: str
) -> pd.DataFrame:
    """Return how many were added, changed, deleted and moved in each region and week."""
    parts = []

    def put(column: str, rows: Any, place: tuple[np.ndarray, Days]) -> None:
        at = np.flatnonzero(rows)
        weeks = week_first_day(place[1][at], week_start) if len(at) else place[1][at]
        parts.append(pd.DataFrame({"region": place[0][at], "start": weeks, "what": column}))

    moved = what == "changed"
    if moved.any():
        at = np.flatnonzero(moved)
        same = (before[0][at] == after[0][at]) & (
            week_first_day(before[1][at], week_start) == week_first_day(after[1][at], week_start)
        )
        moved = moved.copy()
        moved[at[same]] = False
    for name in WHAT:
        put(name, what == name, before if name == "deleted" else after)
    put("moved_in", moved, after)
    put("moved_out", moved, before)
    long = pd.concat(parts, ignore_index=True)
    columns = [*WHAT, "moved_in", "moved_out"]
    if long.empty:
        return pd.DataFrame(columns=["region", "week", "start", *columns, "net"])
    wide = pd.crosstab([long["region"], long["start"]], long["what"])
    wide = wide.reindex(columns=columns, fill_value=0).astype("int64").reset_index()
    wide.columns.name = None
    days: IntArray | Days = wide["start"].to_numpy().astype("datetime64[D]")
    wide.insert(1, "week", [week_label(day, week_start) for day in days])
    wide["start"] = [str(day) for day in days]
    wide["net"] = wide["added"] - wide["deleted"] + wide["moved_in"] - wide["moved_out"]
    return wide
