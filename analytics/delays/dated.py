"""What delays are measured from: for each incident its day, and the day from which on it was known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics._typing import Days, IntArray
from analytics.counts.areas import choose_areas_or_regions
from analytics.counts.completeness import SETTLED_DAYS
from analytics.delays.now import Now, Seen, holiday_days, known_now
from analytics.errors import HistoryError, InputError
from analytics.incidents import Incidents
from analytics.incidents.versions import loaded_at_once
from analytics.kernels.delays.reverse_time import Curves, pooled_curves, report_spread, triangle_of
from analytics.options import check_whole
from analytics.periods import DAY
from analytics.results.words import counted

__all__ = ["FEWEST", "DatedReports", "Measured", "measure"]

FEWEST = 50  # incidents with a day of report, from which delays are measured
_SHORTEST = 56  # days of incidents, likewise
_STATED = 0.5  # share of the incidents that must state a day of report


@dataclass(frozen=True, eq=False)
class DatedReports:
    """When incidents happened, and when each was first known.

    Attributes
    ----------
    happened, first_known : datetime64[D] array, shape (incidents,)
        NaT where the day of the report is not stated.
    group : int array, same shape
        Region of each incident, an index into `groups`; -1 for none of them, which counts for the whole.
    groups : tuple of str
    known_on : datetime64[D]
        The day whose knowledge it is; what was first known later is not used.

    Raises
    ------
    InputError
        If the arrays differ in length.
    """

    happened: Days
    first_known: Days
    group: IntArray
    groups: tuple[str, ...]
    known_on: np.datetime64

    def __post_init__(self) -> None:
        lengths = {len(self.happened), len(self.first_known), len(self.group)}
        if len(lengths) != 1:
            raise InputError("days and groups differ in number", found=", ".join(map(str, sorted(lengths))))

    @classmethod
    def of(
        cls,
        incidents: Incidents,
        known_on: np.datetime64,
        *,
        by: str | Sequence[str] | None = "admin1",
        where: str | None = None,
    ) -> DatedReports:
        """Take them from incidents that state the day of their report.

        Raises
        ------
        InputError
            If they do not: no column of days, only the last change of a row (ACLED), or the day on which all
            rows were loaded.
        """
        incidents = incidents.known_on(known_on)
        frame = incidents.frame
        if frame["reported_on"].isna().all():
            raise _not_dated(incidents)
        if at_once := loaded_at_once(frame, incidents.extracted):
            raise InputError(
                "how late reports come cannot be measured", found=at_once[0], expected="days of report"
            )
        rule = None if where is None else incidents.filter(where)
        chosen = choose_areas_or_regions(incidents, by, None, rule)
        kept = np.ones(len(frame), dtype=bool)
        if rule is not None:
            kept = np.asarray(rule.mask(frame, incidents.extra))
        drawn = incidents.extracted
        return cls(
            happened=frame["date_start"].to_numpy().astype("datetime64[D]")[kept],
            first_known=frame["reported_on"].to_numpy().astype("datetime64[D]")[kept],
            group=np.maximum(chosen.codes(incidents), -1)[kept],
            groups=chosen.names,
            known_on=known_on if drawn is None else min(known_on, drawn),
        )


@dataclass(frozen=True, eq=False, slots=True)
class Measured:
    """Delays that were measured.

    Attributes
    ----------
    groups : tuple of str
    curves : Curves
        One for each group, and the whole's last, of all the days that they are measured from.
    now : Now
        The same shares as they are on `known_on`: with the latest delays, and given the days that its reports
        could come on.
    reports : int array, shape (groups + 1,)
        Incidents that each rests on.
    longest : int
        Days within which a report comes; shares are of those.
    known_on : datetime64[D]
    notes : tuple of str
    """

    groups: tuple[str, ...]
    curves: Curves
    now: Now
    reports: IntArray
    longest: int
    known_on: np.datetime64
    notes: tuple[str, ...]

    @property
    def basis(self) -> str:
        """Where it comes from, in a few words."""
        return f"measured from {counted(int(self.reports[-1]), 'report')} up to {self.known_on}"


def measure(
    dated: DatedReports,
    *,
    longest: int = SETTLED_DAYS,
    training: int = 364,
    holidays: Sequence[object] | None = None,
) -> Measured:
    """Measure the delays of the incidents of the last `training` days.

    Parameters
    ----------
    dated : DatedReports
    longest, training, holidays
        As for :func:`analytics.delays.with_measured_completeness`.

    Raises
    ------
    HistoryError
        If they are too few to say.
    OptionError
        If an option is out of range.
    """
    check_whole(1, longest=longest)
    check_whole(_SHORTEST, training=training)
    stated = ~np.isnat(dated.first_known)
    known = stated & (dated.first_known <= dated.known_on)
    began = dated.known_on - (training - 1) * DAY
    if known.any():  # of incidents before the first report only late reports show
        began = max(began, np.datetime64(dated.first_known[known].min(), "D"))
    inside = (dated.happened >= began) & (dated.happened <= dated.known_on)
    history = int((dated.known_on - began) / DAY) + 1
    longest = min(longest, history - 1)
    delay = ((dated.first_known - dated.happened) / DAY)[inside & known].astype(np.int64)
    age = ((dated.known_on - dated.happened) / DAY)[inside & known].astype(np.int64)
    group = dated.group[inside & known]
    used = (delay >= 0) & (delay <= longest)
    _check_enough(int(used.sum()), history, inside, stated)
    notes = _left_out(delay, longest, inside, stated)
    delay, age, group = delay[used], age[used], group[used]
    regions = len(dated.groups)
    triangle = triangle_of(delay, age, np.where(group < 0, regions, group), regions + 1, longest)
    weeks = triangle_of(delay, age, age // 7, history // 7 + 1, longest)
    spread = report_spread(weeks)
    found = pooled_curves(triangle, spread)
    whole = pooled_curves(triangle.whole(), spread)
    curves = Curves(
        np.c_[found.share[:, :-1], whole.share],
        np.c_[found.deviation[:, :-1], whole.deviation],
        np.r_[found.factor[:-1], 1.0],
        np.r_[found.factor_variance[:-1], 0.0],
        found.between,
        spread,
    )
    off = None
    if holidays is not None:
        off = holiday_days(holidays, dated.known_on - history * DAY, dated.known_on + longest * DAY)
    now = known_now(Seen(delay, age, longest, history, dated.known_on), curves, off)
    return Measured(
        groups=dated.groups,
        curves=curves,
        now=now,
        reports=np.r_[triangle.reports[:, :-1].sum(axis=0), len(delay)],
        longest=longest,
        known_on=dated.known_on,
        notes=(*notes, *now.notes),
    )


def _not_dated(incidents: Incidents) -> InputError:
    if incidents.source == "acled":
        return InputError(
            "ACLED's timestamp is the last change of a row, not its first report: how late reports come "
            "cannot be measured from it",
            expected="the day of each report, or several files of different days",
            todo="keep each file (uptick store add), and measure from the days they first show an incident",
        )
    changed = incidents.frame["updated_at"].notna().any()
    return InputError(
        "how late reports come cannot be measured: no incident states the day of its report",
        expected="a column of the day of report (reported_on)",
        found="updated_at alone, the last change of a row" if changed else "none",
        where=incidents.title or None,
        todo="name the column: --column reported_on=NAME; or give the share by hand: --completeness 0.9",
    )


def _check_enough(used: int, history: int, inside: np.ndarray, stated: np.ndarray) -> None:
    what = "too little to measure how late reports come"
    share = stated[inside].mean() if inside.any() else 0.0
    if history < _SHORTEST:
        raise HistoryError(what, expected=f"{_SHORTEST} days of incidents with days of report",
                           found=f"{history}")  # fmt: skip
    if share < _STATED:
        raise HistoryError(
            what,
            expected="a day of report for at least half of the incidents",
            found=f"for {int(stated[inside].sum()):,} of {int(inside.sum()):,}",
        )
    if used < FEWEST:
        raise HistoryError(what, expected=f"at least {FEWEST} incidents with a day of report",
                           found=f"{used:,} in the last {history} days")  # fmt: skip


def _left_out(delay: IntArray, longest: int, inside: np.ndarray, stated: np.ndarray) -> list[str]:
    notes = []
    if early := int((delay < 0).sum()):
        notes.append(f"delays: {counted(early, 'report')} dated before the incident left out")
    if late := int((delay > longest).sum()):
        notes.append(f"delays: {counted(late, 'report')} after more than {longest} days left out")
    if missing := int((inside & ~stated).sum()):
        of = counted(missing, "incident")
        notes.append(f"delays: {of} without a day of report taken to be reported like the others")
    return notes
