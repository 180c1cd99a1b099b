"""A table of counts as it was read: what stands in it, where every row and event went, and the counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analytics._text import one_line
from analytics._typing import Days, FloatArray, IntArray
from analytics.counts.accounting import CountAccounting
from analytics.counts.completeness import Completeness
from analytics.counts.grid import Counts
from analytics.counts.reading_columns import Unit, period_ends
from analytics.errors import InputError
from analytics.incidents import RowAccounting
from analytics.incidents.metadata import fingerprint
from analytics.periods import Gap, Window
from analytics.results.words import counted, mark

__all__ = ["CountTable"]


@dataclass(frozen=True, eq=False, kw_only=True)
class CountTable:
    """A table of counts as it was read: periods down, regions across.

    Attributes
    ----------
    name, title, digest : str
        The file, its title, and its SHA-256.
    path : Path or None
        The file, None for a DataFrame.
    accounting : RowAccounting
        Where every row went.
    quarantine : DataFrame
        Rows set aside: `row`, `reason`, `detail`, `original`.
    unit : {"day", "week", "month"}
        What a period is.
    first_date, last_date : datetime64[D]
        First and last day that the table's periods cover.
    starts : datetime64[D] array, shape (periods,)
    numbers : float array, shape (periods, regions)
        NaN where there is no coverage.
    unplaced : int array, shape (periods,)
        What rows without a region hold.
    regions : tuple of str
    by, value, week_start : str
    as_of : datetime64[D]
    placed : CountAccounting
        Where every event of the table went.
    notes : tuple of str
    countries : tuple of str
        Countries the regions lie in, as far as known.
    has : tuple of str
        Which of ``"fatalities"`` and ``"event_type"`` the table states.
    no_coverage : tuple of Gap
        Spells without coverage that the table's metadata state.
    silences : tuple of Window
        Suspected gaps in the data that nobody has answered for.
    completeness : Completeness or None
        What the day the file was drawn says.
    simulated : bool
    metadata_digest : str
        SHA-256 of the metadata beside the file, empty without.
    """

    name: str
    title: str
    digest: str
    path: Path | None
    accounting: RowAccounting
    quarantine: pd.DataFrame
    unit: Unit
    first_date: np.datetime64
    last_date: np.datetime64
    starts: Days
    numbers: FloatArray
    unplaced: IntArray
    regions: tuple[str, ...]
    by: str
    value: str
    week_start: str
    as_of: np.datetime64
    placed: CountAccounting
    notes: tuple[str, ...]
    countries: tuple[str, ...] = ()
    has: tuple[str, ...] = ()
    no_coverage: tuple[Gap, ...] = ()
    silences: tuple[Window, ...] = ()
    completeness: Completeness | None = None
    simulated: bool = False
    source: str = "table of counts"
    metadata_digest: str = ""

    @property
    def fingerprint(self) -> str:
        """What the figures rest on: the file's SHA-256, with metadata beside it that of both; "" without."""
        return fingerprint(self.digest, self.metadata_digest)

    def __str__(self) -> str:
        tag = mark(self.simulated, "name")
        where = "one series" if self.by == "total" else f"{counted(len(self.regions), 'region')} by {self.by}"
        lines = [
            f"{tag}{one_line(self.name)}: a table of counts by {self.unit}, {where}, "
            f"{self.first_date}..{self.last_date}",
            str(self.accounting),
            str(self.placed),
        ]
        lines += [one_line(f"no coverage: {gap}") for gap in self.no_coverage]
        return "\n".join([*lines, *(one_line(f"note: {note}") for note in self.notes)])

    @property
    def ends(self) -> Days:
        """Last day of each period."""
        return period_ends(self.starts, self.unit)

    def counts(self, no_coverage: Iterable[object] = ()) -> Counts:
        """Return the table as counts.

        Raises
        ------
        InputError
            If it holds months: they are no whole number of weeks.
        """
        if self.unit == "month":
            raise InputError(
                f"{self.name} holds counts by month, and no weeks can be made of months",
                expected="counts by day or by week: a month's number does not say on which of its days the "
                "events fell, so it cannot answer what the past two weeks were like",
                found=f"months, {self.starts[0].astype('datetime64[M]')} to "
                f"{self.starts[-1].astype('datetime64[M]')}",
                where=self.name,
                todo="uptick count shows the months as they are; for a test give the weekly table, or the "
                "incidents themselves",
            )
        made = Counts.from_frame(
            pd.DataFrame(self.numbers, index=pd.DatetimeIndex(self.starts), columns=list(self.regions)),
            freq=self.unit,
            as_of=self.as_of,
            week_start=self.week_start,
            no_coverage=(*self.no_coverage, *no_coverage),
            value=self.value,
            by=self.by,
            simulated=self.simulated,
            countries=self.countries,
        )
        held: dict[str, Any] = {name: getattr(made, name) for name in made.__dataclass_fields__}
        more = {
            "unplaced": self.unplaced.astype(np.int32),
            "accounting": self.placed,
            "notes": self.notes,
            "silences": self.silences,
            "completeness": self.completeness,
        }
        return Counts(**{**held, **more})
