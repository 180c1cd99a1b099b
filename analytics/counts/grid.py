"""Counts: a complete period x region grid of integers, with coverage beside it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import BoolArray
from analytics.counts import tables
from analytics.counts.accounting import CountAccounting
from analytics.counts.axis import PeriodAxis
from analytics.counts.completeness import Completeness
from analytics.counts.outlets import Outlets
from analytics.counts.tables import Missing
from analytics.errors import InputError, OptionError, nearest
from analytics.options import check_choice
from analytics.periods import DAY, Window, as_day, check_freq, check_week_start, week_first_day
from analytics.results.words import counted, mark
from analytics.sources.coverage import Splice

__all__ = ["UNPLACED", "CountAccounting", "Counts"]

UNPLACED = "(unplaced)"
Layout = Literal["wide", "long"]


@dataclass(frozen=True, eq=False)
class Counts(PeriodAxis):
    """A complete grid of counts: every period, every region, zero where nothing happened.

    The arrays hold the finest grid, ``len(counts.starts)`` periods; ``len(counts)``, ``labels()`` and
    ``to_frame()`` speak of the periods shown.

    Attributes
    ----------
    starts : datetime64[D] array, shape (periods,)
        First day of each period of the finest grid, without holes.
    freq, finest : {"day", "week"}
        Period shown, and period held.
    week_start, as_of : str, datetime64[D]
        Last day the counts know about, its whole day included.
    values : int32 array, shape (periods, regions)
        Counts at the finest period counted; 0 where not covered.
    coverage : bool array, same shape
        False in spells without coverage: no data, which is not the same as no incidents.
    regions : tuple of str
    by, value : str
        What was counted by, and what ("incidents", "fatalities").
    coarse : int32 array, shape (periods, regions)
        How many of `values` come from incidents dated to seven days or more.
    unplaced : int32 array, shape (periods,)
        Incidents whose region is blank or unknown.
    whole, simulated : bool
        Whether regions and unplaced together are everything (none was selected); whether simulated.
    accounting, completeness : CountAccounting, Completeness or None
    silences : tuple of Window
        Suspected gaps in the data that nobody has answered for; windows that touch one get no verdict.
    splices, outlets : tuple of Splice, Outlets or None
    notes, countries, parents : tuple of str
        Countries the regions lie in, as far as known; of districts, their governorates.

    Raises
    ------
    InputError
        If the arrays do not fit together, are negative, or periods are missing.
    """

    values: npt.NDArray[np.int32]
    coverage: BoolArray
    regions: tuple[str, ...]
    by: str = "region"
    value: str = "incidents"
    coarse: npt.NDArray[np.int32] | None = None
    unplaced: npt.NDArray[np.int32] | None = None
    whole: bool = True
    accounting: CountAccounting | None = None
    completeness: Completeness | None = None
    silences: tuple[Window, ...] = ()
    splices: tuple[Splice, ...] = ()
    outlets: Outlets | None = None
    simulated: bool = False
    notes: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = (len(self.starts), len(self.regions))
        known = None if self.completeness is None else self.completeness.share
        arrays = {"values": self.values, "coverage": self.coverage, "coarse": self.coarse}
        for name, array in (arrays | {"completeness": known}).items():
            if array is not None and array.shape != shape:
                raise InputError(f"{name} has the wrong shape", expected=str(shape), found=str(array.shape))
        if 0 in shape:
            raise InputError("counts need at least one period and one region", found=str(shape))
        if self.values.min() < 0:
            raise InputError("counts are negative", expected="0 or more", found=str(self.values.min()))
        super().__post_init__()
        if len(self.parents) not in (0, len(self.regions)):
            raise InputError("parents and regions differ in number", found=str(len(self.parents)))
        if len(set(self.regions)) != len(self.regions):
            raise InputError("a region stands twice", found=", ".join(self.regions))

    def __repr__(self) -> str:
        tag = mark(self.simulated, "name")
        last = str(self.ends[-1])
        regions = counted(len(self.regions), "region")
        return (
            f"Counts({tag}{int(self.values.sum()):,} {self.value}, {regions} by {self.by}, "
            f"{self.starts[0]}..{min(last, str(self.as_of))}, shown by {self.freq}, as of {self.as_of})"
        )

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        table = self.to_frame().tail(6).to_html(na_rep="no coverage", max_cols=20)
        return f"<p><b>{html.escape(repr(self))}</b></p>{table}<ul>{notes}</ul>"

    # -- other shapes ----------------------------------------------------------------------------------

    def to_frame(self, layout: Layout = "wide") -> pd.DataFrame:
        """Return the counts at the shown frequency as a table.

        Parameters
        ----------
        layout : {"wide", "long"}
            ``wide``: one row a period, one column a region, NA where there is no coverage. ``long``: one row
            for each period and region, with `label`, `count`, `provisional`.

        Returns
        -------
        DataFrame
            Incidents that could not be placed are a column (or rows) of their own, named ``(unplaced)``.
        """
        check_choice("layout", layout, Layout)
        shown = self if self.freq == self.finest else self.resample("week")
        data = pd.array(shown.values.astype(np.int64).ravel(order="F"), dtype="Int64")
        data[~shown.coverage.ravel(order="F")] = pd.NA
        periods = len(shown)
        columns = {name: data[i * periods : (i + 1) * periods] for i, name in enumerate(shown.regions)}
        if shown.unplaced is not None and shown.unplaced.any():
            lost = pd.array(shown.unplaced.astype(np.int64), dtype="Int64")
            lost[np.asarray(~shown.coverage.any(axis=1))] = pd.NA
            columns[UNPLACED] = lost
        index = pd.DatetimeIndex(shown.starts.astype("datetime64[us]"), name=shown.freq)
        wide = pd.DataFrame(columns, index=index)
        if layout == "wide":
            return wide
        long = wide.melt(var_name="region", value_name="count", ignore_index=False).reset_index()
        repeats = len(wide.columns)
        long.insert(1, "label", np.tile(np.array(shown.labels(), dtype=object), repeats))
        long["provisional"] = np.tile(shown.provisional, repeats)
        return long

    def resample(self, freq: str) -> Counts:
        """Return the counts at `freq`; days can become weeks, never the other way.

        A week is covered if all its days are in the grid and covered; the week still running at `as_of` is
        covered if its days so far are.
        """
        freq = check_freq(freq)
        if freq == self.finest:
            return replace(self, freq=freq)
        if freq == "day":
            raise OptionError("weekly counts cannot become daily ones", todo="count the incidents by day")
        weeks = week_first_day(self.starts, self.week_start)
        first, boundary = np.unique(weeks, return_index=True)
        add = partial(tables.summed_counts, boundary=boundary, starts=first, regions=self.regions)
        days_due = np.minimum((self.as_of - first) / DAY + 1, 7).astype(int)
        covered_days = add(self.coverage)
        covered = np.asarray(covered_days == days_due[:, None])
        # An incident in a week that is not wholly covered is not a count of that week.
        return replace(
            self,
            values=np.where(covered, add(self.values), 0).astype(np.int32),
            coverage=covered,
            starts=first,
            freq="week",
            finest="week",
            coarse=None if self.coarse is None else np.where(covered, add(self.coarse), 0).astype(np.int32),
            unplaced=None if self.unplaced is None else add(self.unplaced),
            completeness=self.completeness and self.completeness.joined(boundary),
        )

    def select(self, regions: str | Iterable[str]) -> Counts:
        """Return the counts of one region, or of some in the given order."""
        wanted = (regions,) if isinstance(regions, str) else tuple(regions)
        place = {name: at for at, name in enumerate(self.regions)}
        unknown = [name for name in wanted if name not in place]
        if unknown or not wanted:
            close = nearest(unknown[0], self.regions) if unknown else []
            raise OptionError(
                f"unknown region {unknown[0]!r}" if unknown else "no region given",
                expected=", ".join(self.regions[:30]),
                todo=f"did you mean {' or '.join(close)}?" if close else None,
            )
        at = [place[name] for name in wanted]
        return replace(
            self,
            values=self.values[:, at],
            coverage=self.coverage[:, at],
            coarse=None if self.coarse is None else self.coarse[:, at],
            completeness=self.completeness and self.completeness.columns(at),
            regions=wanted,
            parents=tuple(self.parents[i] for i in at) if self.parents else (),
            unplaced=None,
            whole=False,
        )

    def total(self, name: str = "all regions") -> Counts:
        """Return one series: the sum over regions, with the unplaced where no region was selected.

        A period without coverage in any region is without coverage in the sum.
        """
        covered = np.asarray(self.coverage.all(axis=1, keepdims=True))
        extra = self.unplaced[:, None].astype(np.int64) if self.whole and self.unplaced is not None else 0

        def add(array: npt.NDArray[np.int32], more: npt.NDArray[np.int64] | int = 0) -> npt.NDArray[np.int32]:
            sums = np.where(covered, array.sum(axis=1, keepdims=True, dtype=np.int64) + more, 0)
            return tables.whole_counts(sums, self.starts, (name,))

        return replace(
            self,
            values=add(self.values, extra),
            coverage=covered,
            coarse=None if self.coarse is None else add(self.coarse),
            completeness=self.completeness and self.completeness.summed(self.values),
            regions=(name,),
            parents=(),
            by="total",
            unplaced=None,
        )

    def until(self, as_of: object) -> Counts:
        """Return the counts as of an earlier day: later periods are dropped.

        For weekly counts the day must end a week. This is not what was known then: reports that came later
        are still in the counts.
        """
        day = as_day(as_of, "as_of")
        if day > self.as_of or day < self.starts[0]:
            raise OptionError(
                "as_of is outside the counts", expected=f"{self.starts[0]}..{self.as_of}", found=str(day)
            )
        if self.finest == "week" and not (self.ends == day).any():
            raise OptionError("weekly counts can only be cut at the end of a week", found=str(day))
        keep = self.ends <= day
        return replace(
            self,
            values=self.values[keep],
            coverage=self.coverage[keep],
            starts=self.starts[keep],
            coarse=None if self.coarse is None else self.coarse[keep],
            unplaced=None if self.unplaced is None else self.unplaced[keep],
            completeness=self.completeness and self.completeness.rows(keep),
            silences=tuple(Window(w.start, min(w.end, day)) for w in self.silences if w.start <= day),
            splices=tuple(splice for splice in self.splices if splice.day <= day),
            accounting=None,
            as_of=day,
        )

    # -- from counts that other code has -----------------------------------------------------------------

    @classmethod
    def from_array(
        cls,
        values: npt.ArrayLike,
        *,
        freq: str = "week",
        start: object = None,
        as_of: object = None,
        regions: Sequence[str] | None = None,
        coverage: npt.ArrayLike | None = None,
        week_start: str = "monday",
        simulated: bool = False,
    ) -> Counts:
        """Take an array of counts, its periods in order and without holes.

        Parameters
        ----------
        values : array, shape (periods, regions) or (periods,)
            Whole numbers of 0 or more; NaN is no coverage.
        freq : {"day", "week"}
        start, as_of : date
            First day of the first period, and last day the counts know about; one of them is enough, and the
            last period is then over.
        regions : sequence of str, optional
            Their names; "region 1", "region 2" and so on unless given.
        coverage : bool array, shaped like `values`, optional
            False where there was no coverage.
        week_start, simulated : str, bool

        Raises
        ------
        InputError
            If the arrays do not fit together, or a count is not a whole number of 0 or more.
        OptionError
            If neither `start` nor `as_of` is given, or no week starts on `start`.

        Examples
        --------
        >>> counts = Counts.from_array([[3, 0], [1, 2]], start="2020-04-06", regions=["Kirkuk", "Diyala"])
        >>> counts.labels(), str(counts.as_of)
        (['2020-W15', '2020-W16'], '2020-04-19')
        """
        freq = check_freq(freq)
        check_week_start(week_start)
        numbers, covered = tables.array_counts(values, coverage)
        starts, last_day = tables.array_dates(len(numbers), freq, week_start, start, as_of)
        return cls(
            values=numbers,
            coverage=covered,
            starts=starts,
            regions=tuple(f"region {i + 1}" for i in range(numbers.shape[1]))
            if regions is None
            else tuple(map(str, regions)),
            freq=freq,
            finest=freq,
            week_start=week_start,
            as_of=last_day,
            simulated=simulated,
        )

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        freq: str,
        as_of: object,
        week_start: str = "monday",
        no_coverage: Iterable[object] = (),
        coverage: pd.DataFrame | npt.ArrayLike | None = None,
        missing: Missing = "error",
        value: str = "incidents",
        by: str = "region",
        simulated: bool = False,
        countries: Sequence[str] = (),
    ) -> Counts:
        """Take counts that other code already has.

        Parameters
        ----------
        frame : DataFrame
            One row a period, one column a region. The index holds days, first days of weeks, or ISO week
            labels. Missing values are periods without coverage, not zeros.
        freq : {"day", "week"}
        as_of : date
            Last day the counts know about; a week still running then is provisional.
        week_start : str
        no_coverage : iterable
            Spells without coverage (``"2019-05-01..2019-05-20"``, ``"...@Region"``).
        coverage : DataFrame or array of bool, shaped like `frame`, optional
            False where there was no coverage.
        missing : {"error", "uncovered", "zero"}
            What a period absent from the index means: refuse (the default), no coverage, or no incidents.
        value, by : str
            What was counted, and by what.
        simulated : bool
            Whether the counts are simulated.
        countries : sequence of str
            Countries the regions lie in: their calendars are looked at.

        Raises
        ------
        InputError
            If an index entry is not such a period, stands twice, or a count is not a whole number >= 0.

        Examples
        --------
        >>> frame = pd.DataFrame({"Kirkuk": [3, 0, None]}, index=["2020-W14", "2020-W15", "2020-W16"])
        >>> Counts.from_frame(frame, freq="week", as_of="2020-04-19").to_frame()["Kirkuk"].tolist()
        [3, 0, <NA>]
        """
        freq = check_freq(freq)
        check_week_start(week_start)
        last_day = as_day(as_of, "as_of")
        numbers, covered, starts = tables.table_counts(
            frame, freq, last_day, week_start, tuple(no_coverage), coverage, missing
        )
        return cls(
            values=numbers,
            coverage=covered,
            starts=starts,
            regions=tuple(map(str, frame.columns)),
            freq=freq,
            finest=freq,
            week_start=week_start,
            as_of=last_day,
            value=value,
            by=by,
            simulated=simulated,
            notes=tables.week_notes(frame.index, freq, week_start),
            countries=tuple(countries),
        )
