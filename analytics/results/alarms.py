"""What detectors raise, period by period and region by region."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from analytics._typing import IndexArray
from analytics.errors import InputError, OptionError, nearest
from analytics.former import refuse_former
from analytics.options import check_whole
from analytics.results.adjustment import Method, Over, adjust_alarms
from analytics.results.alarm_arrays import ARRAYS, NUMBERS, AlarmArrays, DetectorRun
from analytics.results.alarm_tables import (
    alarms_episodes,
    alarms_frame,
    alarms_html,
    alarms_latest,
    alarms_sentence,
    alarms_summary,
    alarms_text,
    alarms_tidy,
)
from analytics.results.words import (
    counted,
    mark,
)

__all__ = ["Alarms", "DetectorRun"]

NOT_RUN = "not run on this period"


@dataclass(frozen=True, eq=False)
class Alarms(AlarmArrays):
    """Alarms of one or more detectors, for every period and region.

    A series is one detector on one region; `detectors` and `regions` name each. Arrays have shape
    (periods, series).

    Attributes
    ----------
    detectors, regions : tuple of str, length series
    starts : datetime64[D] array, shape (periods,)
        First day of each period.
    freq : {"day", "week"}
    week_start : str
    as_of : datetime64[D]
    observed : int32 array
    covered : bool array
        Where `observed` is a count; elsewhere there was no coverage.
    alarm : bool array
        False where not tested; see `tested`.
    tested : bool array
        Where the detector could answer. Elsewhere `note` says why, and the frame shows NA.
    barred : bool array or None
        Where tested, but no evidence would raise an alarm: fewer incidents than the detector asks for. No
        adjustment and no other threshold raises one there either.
    expected, upper_bound, statistic, pvalue, qvalue : float arrays or None
        NaN where the method gives none, None where it never does. A larger statistic is more alarming. The
        bound is the largest count without an alarm, or, of CUSUM, GLR and Rogerson, the count from which on.
    note : uint8 array or None
        Index into `reasons`.
    reasons : tuple of str
        The first is "".
    runs : tuple of DetectorRun
        One for each detector.
    value : str
        What was counted.
    simulated : bool
    notes : tuple of str

    Raises
    ------
    AssertionError
        If arrays do not fit, something is alarmed that was not tested, or a reason is missing.
    """

    # -- what it holds ---------------------------------------------------------------------------------

    def how(self, detector: str | None = None) -> DetectorRun:
        """Return how a detector was run; without a name, the only one."""
        name = self.runs[0].name if detector is None and len(self.runs) == 1 else detector
        for run in self.runs:
            if run.name == name:
                return run
        raise OptionError(
            f"no detector {name!r} in these alarms", expected=", ".join(run.name for run in self.runs)
        )

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            refuse_former("Alarms", name, run="how()")
            raise AttributeError(f"'Alarms' object has no attribute {name!r}")

    # -- choosing --------------------------------------------------------------------------------------

    def _columns(self, at: IndexArray) -> Alarms:
        arrays = {name: getattr(self, name) for name in ARRAYS}
        cut: dict[str, Any] = {
            name: None if array is None else array[:, at] for name, array in arrays.items()
        }
        names = np.array(self.detectors, dtype=object)
        runs = []
        for run in self.runs:
            own = np.flatnonzero(names == run.name)
            if (kept := np.isin(own, at)).any():
                runs.append(run.take(np.flatnonzero(kept), own.size))
        return replace(
            self,
            **cut,
            detectors=tuple(self.detectors[i] for i in at),
            regions=tuple(self.regions[i] for i in at),
            runs=tuple(runs),
        )

    def select(
        self, *, detectors: Iterable[str] | None = None, regions: Iterable[str] | None = None
    ) -> Alarms:
        """Return the alarms of some detectors and regions, in the order they have here.

        Raises
        ------
        OptionError
            If a name is unknown.
        """
        keep = np.ones(len(self.regions), dtype=bool)
        for wanted, names, what in (
            (detectors, self.detectors, "detector"),
            (regions, self.regions, "region"),
        ):
            if wanted is None:
                continue
            if not isinstance(wanted, Iterable):
                raise OptionError(
                    f"{what}s are chosen by name", expected=", ".join(dict.fromkeys(names)), found=str(wanted)
                )
            listed = [wanted] if isinstance(wanted, str) else list(wanted)
            for name in listed:
                if name not in names:
                    close = nearest(name, set(names))
                    raise OptionError(
                        f"unknown {what} {name!r}",
                        expected=", ".join(dict.fromkeys(names)),
                        todo=f"did you mean {' or '.join(close)}?" if close else None,
                    )
            keep &= np.isin(np.array(names, dtype=object), np.array(listed, dtype=object))
        if not keep.any():
            raise OptionError("no series has that detector and region")
        return self._columns(np.flatnonzero(keep))

    def last(self, periods: int) -> Alarms:
        """Return the last periods only, one still running among them.

        Raises
        ------
        OptionError
            If `periods` is not a number of them.
        """
        check_whole(1, periods=periods)
        arrays = {name: getattr(self, name) for name in ARRAYS}
        cut: dict[str, Any] = {
            name: None if array is None else array[-periods:] for name, array in arrays.items()
        }
        return replace(self, **cut, starts=self.starts[-periods:])

    # -- tables ----------------------------------------------------------------------------------------

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row for each detector, region and period, in that order.

        Columns: detector, region, period (first day), label, observed (NA without coverage), expected,
        upper_bound, statistic, pvalue, qvalue, alarm (NA: not tested), note.
        """
        return alarms_frame(self, slice(None))

    def latest(self) -> pd.DataFrame:
        """Return the last period over at `as_of`: one row for each detector and region, as in `frame`."""
        return alarms_latest(self)

    def tidy(self) -> pd.DataFrame:
        """Return the last period over at `as_of` as one row a region, for each detector.

        Returns
        -------
        DataFrame
            region, observed (NA without coverage), expected, pvalue, qvalue, verdict ("alarm", "no alarm" or
            "not tested") and reason, as other results have them; then detector, period (its label),
            upper_bound, statistic.
        """
        return alarms_tidy(self)

    def episodes(self) -> pd.DataFrame:
        """Return the episodes: alarms of one detector and region with at most two weeks between them.

        Returns
        -------
        DataFrame
            detector, region, start and end (first days of the first and last period with an alarm), label,
            periods (from start to end), alarms, observed and expected (sums from start to end; expected is
            NaN where one of them has none), statistic (the largest), ongoing (the last alarm lies within
            two weeks of the end).
        """
        return alarms_episodes(self)

    def summary(self) -> pd.DataFrame:
        """Return the table a reader would want: the latest period, alarms first, and the past episodes."""
        return alarms_summary(self)

    # -- words -----------------------------------------------------------------------------------------

    def sentence(self) -> str:
        """Return the latest answer as a reader would say it, detector by detector."""
        return alarms_sentence(self)

    def text(self) -> str:
        """Return sentence, table, episodes and methods for a terminal."""
        return alarms_text(self)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        tag = mark(self.simulated, "name")
        names = ", ".join(run.name for run in self.runs)
        return (
            f"Alarms({tag}{counted(int(self.alarm.sum()), 'alarm')} of {names} in "
            f"{counted(len(set(self.regions)), 'region')}, "
            f"{self.labels()[0]}..{self.labels()[-1]}, as of {self.as_of})"
        )

    def _repr_html_(self) -> str:
        return alarms_html(self)

    # -- many looks ------------------------------------------------------------------------------------

    def adjust(
        self,
        *,
        over: Over = "regions",
        method: Method | None = None,
        alpha: float = 0.05,
        conflict: int | Literal["disjoint"] | None = None,
    ) -> Alarms:
        """Return alarms that allow for how many regions, or how many periods, were looked at.

        Parameters
        ----------
        over : {"regions", "time"}
            What the false discovery rate is held over: the regions of one period, or the periods of one
            region, decided one after the other.
        method : {"bh", "ebh"} over regions, {"lord", "saffron"} over time
            The first by default. "ebh" is for e-values (kept in `statistic`), the others for p-values.
        alpha : float
            The false discovery rate. `alarm` is set anew by it; over regions, `qvalue` too.
        conflict : int or "disjoint", optional
            Over time: how many periods p-values share data over. By default what the detector states, in
            the version for such p-values [3]_; "disjoint" tests every so many periods only.

        Returns
        -------
        Alarms
            Cells that were not tested are in no family; `notes` states the family.

        Raises
        ------
        OptionError
            If the detector's evidence is not of the kind the method takes, or `conflict` is below what the
            detector states.

        References
        ----------
        .. [1] Wang, R., Ramdas, A. (2022). False discovery rate control with e-values. JRSS B 84, 822-852.
        .. [2] Ramdas, A. et al. (2018). SAFFRON. ICML 35.
        .. [3] Zrnic, T., Ramdas, A., Jordan, M. I. (2021). Asynchronous online testing of multiple
               hypotheses. JMLR 22 (33), 1-39.
        """
        return adjust_alarms(self, over=over, method=method, alpha=alpha, conflict=conflict)

    # -- several detectors -----------------------------------------------------------------------------

    @staticmethod
    def concat(parts: Iterable[Alarms]) -> Alarms:
        """Put the alarms of several detectors side by side.

        Periods are those of any part; where a detector was not run its cells are not tested, and say so.

        Raises
        ------
        InputError
            If the parts differ in period, week start or `as_of`, or a detector stands twice.
        """
        parts = list(parts)
        if not parts:
            raise InputError("nothing to put together", expected="at least one Alarms")
        first = parts[0]
        for name in ("freq", "week_start", "as_of", "value"):
            found = {str(getattr(part, name)) for part in parts}
            if len(found) > 1:
                raise InputError(f"alarms differ in {name}", found=", ".join(sorted(found)))
        names = [run.name for part in parts for run in part.runs]
        if len(set(names)) != len(names):
            raise InputError("a detector stands twice", found=", ".join(names))
        starts = np.unique(np.concatenate([part.starts for part in parts]))
        reasons = list(dict.fromkeys(["", *(r for part in parts for r in part.reasons), NOT_RUN]))
        shape = (len(starts), sum(len(part.regions) for part in parts))
        arrays: dict[str, Any] = {
            "observed": np.zeros(shape, dtype=np.int32),
            "covered": np.zeros(shape, dtype=bool),
            "alarm": np.zeros(shape, dtype=bool),
            "tested": np.zeros(shape, dtype=bool),
            "note": np.full(shape, reasons.index(NOT_RUN), dtype=np.uint8),
        }
        for name in NUMBERS:
            given = [part for part in parts if getattr(part, name) is not None]
            arrays[name] = np.full(shape, np.nan) if given else None
        barred = any(part.barred is not None for part in parts)
        arrays["barred"] = np.zeros(shape, dtype=bool) if barred else None
        at = 0
        for part in parts:
            rows = np.searchsorted(starts, part.starts)
            block = np.ix_(rows, np.arange(at, at + len(part.regions)))
            for name in ("observed", "covered", "alarm", "tested"):
                arrays[name][block] = getattr(part, name)
            code = np.array([reasons.index(r) for r in part.reasons], dtype=np.uint8)
            arrays["note"][block] = 0 if part.note is None else code[part.note]
            for name in ("barred", *NUMBERS):
                if getattr(part, name) is not None:
                    arrays[name][block] = getattr(part, name)
            at += len(part.regions)
        return replace(
            first,
            **arrays,
            starts=starts,
            detectors=tuple(d for part in parts for d in part.detectors),
            regions=tuple(r for part in parts for r in part.regions),
            reasons=tuple(reasons),
            runs=tuple(run for part in parts for run in part.runs),
            simulated=any(part.simulated for part in parts),
            notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
        )
