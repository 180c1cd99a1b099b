"""What every detector shares: the grid it reads, the periods it tests, the Alarms it returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, Days, FloatArray, IntArray
from analytics.counts import Counts
from analytics.errors import HistoryError, OptionError
from analytics.options import check_each, check_whole
from analytics.periods import DAY, YEAR_DAYS, Freq
from analytics.results import Alarms, DetectorRun

__all__ = [
    "NO_COVERAGE",
    "RUNNING",
    "SHORT",
    "SILENT",
    "Grid",
    "finest_ends",
    "grid_of",
    "make_alarms",
    "per_region",
    "weekly_grid",
]


INCOMPLETE = "not all reported yet: no alarm may be for want of reports"
THINNED = "not all reported yet: held against what would have been reported by now"
SPLICED = "other rules of inclusion than in what it is held against (see notes)"
SILENT = "a suspected gap in the data is not answered for (see notes)"
NO_COVERAGE = "no coverage in this period"
RUNNING = "period still running at as_of"
SHORT = "history shorter than the baseline"
_CACHED = 200_000  # cells of a mask


@dataclass(frozen=True, eq=False, slots=True)
class Reported:
    """How much of each period had been reported, beside what had been of most; shape (periods, regions).

    Attributes
    ----------
    share : float array
        Completeness over the region's median completeness; 1 where it is not known.
    doubt : float array
        Variance of its logarithm, from the standard deviation of the completeness.
    """

    share: FloatArray
    doubt: FloatArray

    @classmethod
    def of(cls, counts: Counts) -> Reported | None:
        """Take that of counts; None where all periods are alike."""
        known = counts.completeness
        if known is None:
            return None
        share = np.nan_to_num(known.share, nan=1.0)
        doubt = (np.nan_to_num(known.deviation) / share) ** 2
        share = share / np.median(share, axis=0)
        return cls(share, doubt) if (share != 1).any() or doubt.any() else None

    def rows(self, begin: int, end: int | None = None) -> Reported:
        """Return that of some periods."""
        return Reported(self.share[begin:end], self.doubt[begin:end])

    @property
    def cautious(self) -> FloatArray:
        """The share one standard deviation higher, for methods that know of no spread but Poisson's."""
        return np.asarray(self.share * np.exp(np.sqrt(self.doubt)))

    def thin(self, mean: FloatArray, dispersion: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and dispersion of what is reported so far.

        Each incident is reported by now with a probability `share`: the mean is that share of it, the excess
        of the dispersion over 1 as well; what is not known of the share widens it.
        """
        thinned = mean * self.share
        return thinned, 1 + self.share * (dispersion - 1) + self.doubt * thinned


@dataclass(frozen=True, eq=False, slots=True)
class Grid:
    """Counts at the frequency they are shown at, and which periods are to be tested.

    Attributes
    ----------
    counts : Counts
        At the shown frequency.
    values : int32 array, shape (periods, regions)
        0 where not usable.
    usable : bool array, shape (periods, regions)
        Covered and over at `as_of`.
    first : int
        First period to test; those before it are history only.
    reported : Reported or None
        How much of each period had been reported; None where all are alike, and for R's detectors.
    """

    counts: Counts
    values: npt.NDArray[np.int32]
    usable: BoolArray
    first: int
    reported: Reported | None = None

    @property
    def starts(self) -> Days:
        """First day of each period; shape (periods,)."""
        return self.counts.starts

    @property
    def freq(self) -> Freq:
        """Return "day" or "week"."""
        return self.counts.freq

    @property
    def shape(self) -> tuple[int, int]:
        """Periods and regions."""
        return self.values.shape[0], self.values.shape[1]

    @property
    def periods_per_year(self) -> float:
        """Periods in a year: 365.25 days or 52.18 weeks."""
        return YEAR_DAYS / self.counts.period_days

    @property
    def settled(self) -> BoolArray:
        """Where there are counts of periods as complete as most: what others are compared with."""
        if self.reported is None:
            return self.usable
        return self.usable & (self.reported.share >= 1)

    def thin(
        self, mean: FloatArray, dispersion: FloatArray, begin: int | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return mean and dispersion of what is reported of the periods from `begin` (`first`) on.

        Given as (1 or periods, regions); unchanged where all periods are alike.
        """
        if self.reported is None:
            return mean, dispersion
        return self.reported.rows(self.first if begin is None else begin).thin(mean, dispersion)

    def floats(self) -> FloatArray:
        """Return the counts as floats, NaN where not usable."""
        return np.where(self.usable, self.values, np.nan)


def grid_of(counts: Counts, *, last: int | None = None, as_in_r: bool = False) -> Grid:
    """Return the grid a detector works on.

    Parameters
    ----------
    counts : Counts
        Taken at the frequency shown: daily counts shown by week are added up.
    last : int, optional
        Test only the last so many periods over at `as_of`; all by default. A period still running stays in
        the result, not tested.
    as_in_r : bool
        Take every period as complete, which is what R's detectors do.

    Raises
    ------
    OptionError
        If `last` is not a number of periods.
    HistoryError
        If there are fewer.
    """
    shown = counts if counts.freq == counts.finest else counts.resample(counts.freq)
    running = shown.provisional
    usable = shown.coverage & ~running[:, None] if running.any() else shown.coverage
    over = int((~running).sum())
    check_whole(1, last=last)
    if last is not None and last > over:
        raise HistoryError(
            f"there are fewer than {last} {shown.freq}s",
            expected=f"at least {last} over at {shown.as_of}",
            found=f"{over}, from {shown.starts[0]}",
            todo="count from an earlier start (if the data begin before), or ask for fewer",
        )
    first = 0 if last is None else over - int(last)
    values = shown.values if usable.all() else np.where(usable, shown.values, 0).astype(np.int32)
    return Grid(shown, values, usable, first, None if as_in_r else Reported.of(shown))


def finest_ends(counts: Counts, grid: Grid) -> IntArray:
    """Return, for each tested period, one past the last of the finest periods that it ends with."""
    days = (grid.starts[grid.first :] - counts.starts[0]) / DAY
    return np.asarray((days.astype(np.int64) + grid.counts.period_days) // counts.period_days)


def weekly_grid(counts: Counts, name: str, *, last: int | None = None, as_in_r: bool = False) -> Grid:
    """Return the grid of a detector that works on weeks only.

    Raises
    ------
    OptionError
        If periods are days.
    """
    if counts.freq != "week":
        raise OptionError(
            f"{name} works on weekly counts",
            expected="counts shown by week",
            found="counts by day",
            todo='counts.resample("week")',
        )
    return grid_of(counts, last=last, as_in_r=as_in_r)


def per_region(value: object, grid: Grid, name: str) -> FloatArray:
    """Return a threshold for each region, from one number or one for each; shape (regions,)."""
    return check_each(name, value, grid.shape[1])


def _row_blocks(shape: tuple[int, ...]) -> list[slice]:
    """Return spans of periods small enough that masks over them stay in the processor's cache."""
    step = max(1, _CACHED // max(1, shape[1]))
    return [slice(low, low + step) for low in range(0, shape[0], step)]


def _tested(usable: BoolArray, masks: Sequence[BoolArray]) -> tuple[BoolArray, npt.NDArray[np.uint8] | None]:
    """Return which cells are tested, and the place of the first mask that bars each of the others, from 1."""
    if not masks:
        return usable, None
    shape = usable.shape
    tested, note = np.ones(shape, dtype=bool), np.zeros(shape, dtype=np.uint8)
    wide = [np.broadcast_to(mask, shape) for mask in masks]
    for part in _row_blocks(shape):
        for code, mask in enumerate(wide, start=1):
            here = mask[part] & tested[part]
            if here.any():
                note[part] += here.view(np.uint8) * np.uint8(code)
                tested[part] &= ~here
    return tested, note


def _remarked(
    tested: BoolArray,
    note: npt.NDArray[np.uint8] | None,
    reasons: list[str],
    remarks: Sequence[tuple[BoolArray, str]],
) -> tuple[npt.NDArray[np.uint8] | None, tuple[str, ...]]:
    """Return notes and reasons with the remarks on cells that are tested; the first remark stands."""
    for mask, text in remarks:
        here = mask & tested
        if here.any():
            note = np.zeros(tested.shape, dtype=np.uint8) if note is None else note
            reasons.append(text)
            note[here & (note == 0)] = len(reasons) - 1
    return note, tuple(reasons)


def _blank(tested: BoolArray, arrays: Sequence[FloatArray]) -> None:
    """Write NaN where not tested, in place."""
    for part in _row_blocks(tested.shape):
        if not tested[part].all():
            with np.errstate(invalid="ignore"):
                blank = 0.0 / tested[part]  # NaN where not tested: to add is faster than a masked copy
            for array in arrays:
                array[part] += blank


def _silent(grid: Grid, shape: tuple[int, ...]) -> list[tuple[BoolArray, str]]:
    """Return that nothing is tested from the first suspected gap on: later baselines hold its zeros."""
    if not grid.counts.silences:
        return []
    since = min(window.start for window in grid.counts.silences)
    return [(np.broadcast_to(grid.counts.ends[grid.first :, None] >= since, shape), SILENT)]


def _spliced(grid: Grid, shape: tuple[int, ...], reach: IntArray | None) -> list[tuple[BoolArray, str]]:
    """Return that nothing is held against a history under other rules of inclusion, `reach` days long."""
    starts, ends = grid.counts.starts, grid.counts.ends[grid.first :]
    days = [splice.day for splice in grid.counts.splices if starts[0] < splice.day]
    if not days:
        return []
    first = np.full(ends.shape, starts[0]) if reach is None else ends - (reach - 1) * DAY
    across = np.any([(first < day) & (ends >= day) for day in days], axis=0)
    return [(np.broadcast_to(across[:, None], shape), SPLICED)]


def _splice_notes(grid: Grid) -> list[str]:
    days = [str(splice.day) for splice in grid.counts.splices if grid.counts.starts[0] < splice.day]
    if not days:
        return []
    return [
        "nothing is held against a history under other rules of inclusion (new ones from "
        f"{', '.join(days)}): count from there on, or allow it (--allow-splice, counts.allow_splices)"
    ]


def make_alarms(
    grid: Grid,
    run: DetectorRun,
    *,
    alarm: BoolArray,
    untested: Sequence[tuple[BoolArray, str]] = (),
    recorded: Sequence[tuple[BoolArray, str]] = (),
    remarks: Sequence[tuple[BoolArray, str]] = (),
    expected: FloatArray | None = None,
    upper_bound: FloatArray | None = None,
    statistic: FloatArray | None = None,
    pvalue: FloatArray | None = None,
    barred: BoolArray | None = None,
    thinned: bool = False,
    reach: IntArray | None = None,
    notes: Sequence[str] = (),
) -> Alarms:
    """Return the Alarms of one detector on the tested periods.

    Parameters
    ----------
    grid : Grid
    run : DetectorRun
    alarm : bool array, shape (periods tested, regions)
        Anything where not tested: it is masked here. So are the numbers, except where they are `recorded`.
    untested : sequence of (bool array, str)
        Where the detector cannot answer, and why; the first that holds is noted. Running periods and those
        without coverage are added here, before them.
    recorded : sequence of (bool array, str)
        Where nothing is concluded from the numbers, and why: they stay, for the record.
    remarks : sequence of (bool array, str)
        Notes on cells that are tested.
    expected, upper_bound, statistic, pvalue : float arrays, same shape, optional
    barred : bool array, same shape, optional
        Where no evidence raises an alarm; masked like `alarm`.
    thinned : bool
        Whether the detector allows for what is not reported yet; the note on such periods says so.
    reach : int array, shape (periods tested,), optional
        Days, up to the end of the period, that its answer rests on; all before it unless given.
    """
    rows = slice(grid.first, None)
    usable = grid.usable[rows]
    blocks: list[tuple[BoolArray, str]] = []
    if not usable.all():
        running = np.broadcast_to(grid.counts.provisional[rows, None], usable.shape)
        blocks += [(running, RUNNING), (~usable, NO_COVERAGE)]
    blocks += [*_silent(grid, usable.shape), *_spliced(grid, usable.shape, reach)]
    blocks = [(mask, text) for mask, text in [*blocks, *untested] if mask.any()]
    kept = blocks
    if held := [(mask, text) for mask, text in recorded if mask.any()]:
        kept, blocks = blocks, [*blocks, *held]
    tested, note = _tested(usable, [mask for mask, _ in blocks])
    known = grid.counts.completeness
    if known is not None:
        partly = np.nan_to_num(known.share[rows], nan=1.0) < 1
        remarks = [*remarks, (partly & ~alarm, THINNED if thinned else INCOMPLETE)]
    note, reasons = _remarked(tested, note, ["", *(text for _, text in blocks)], remarks)
    numbers: dict[str, Any] = {
        "expected": expected,
        "upper_bound": upper_bound,
        "statistic": statistic,
        "pvalue": pvalue,
    }
    if blocks:
        alarm = alarm & tested
        told = tested if kept is blocks else _tested(usable, [mask for mask, _ in kept])[0]
        _blank(told, [array for array in numbers.values() if array is not None])
    counts = grid.counts
    return Alarms(
        detectors=(run.name,) * grid.shape[1],
        regions=counts.regions,
        starts=counts.starts[rows],
        freq=counts.freq,
        week_start=counts.week_start,
        as_of=counts.as_of,
        observed=grid.values[rows],
        covered=usable,
        alarm=alarm,
        tested=tested,
        barred=None if barred is None else barred & tested,
        note=note,
        reasons=reasons,
        runs=(run,),
        value=counts.value,
        simulated=counts.simulated,
        notes=(*counts.notes, *notes, *_splice_notes(grid)),
        **numbers,
    )
