"""From a plan and its tally to counts with their account."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics.counts.accounting import CountAccounting
from analytics.counts.grid import Counts
from analytics.counts.placing import ChosenRegions
from analytics.counts.plan import CountPlan
from analytics.counts.silences import find_silences
from analytics.counts.tables import whole_counts
from analytics.counts.tally import Tally
from analytics.incidents.versions import LOADED
from analytics.periods import week_first_day
from analytics.sources.coverage import Splice

__all__ = ["assemble_counts"]


def assemble_counts(
    plan: CountPlan, tally: Tally, *, simulated: bool, splices: tuple[Splice, ...] = ()
) -> Counts:
    """Make the counts, and the account of where every incident went."""
    silences, said = find_silences(plan, tally)
    splices = tuple(one for one in splices if plan.days[0] < one.day <= plan.days[-1])
    notes = (*said, *(f"other rules of inclusion {splice}" for splice in splices), *plan.notes, *tally.notes)
    if tally.unknown_value:
        one = tally.unknown_value == 1
        unstated = f"incident{' does' if one else 's do'} not state {'its' if one else 'their'} fatalities"
        notes += (f"{tally.unknown_value:,} {unstated} and add{'s' if one else ''} nothing to the sums",)
    if late := tally.places["reported_later"]:
        what = "incident was reported" if late == 1 else "incidents were reported"
        advice = f". None is left: {LOADED}" if not tally.places["grid"] + tally.places["unplaced"] else ""
        notes += (
            f"{late:,} {what} after {plan.days[-1]} and not known then (reported_on): not counted{advice}",
        )
    counts = Counts(
        values=whole_counts(tally.values, plan.days, plan.chosen.names),
        coverage=plan.coverage,
        starts=plan.days,
        regions=plan.chosen.names,
        freq=plan.freq,
        finest="day",
        week_start=plan.week_start,
        as_of=plan.days[-1],
        by=plan.chosen.by,
        value=plan.value,
        coarse=whole_counts(tally.coarse, plan.days, plan.chosen.names),
        unplaced=whole_counts(tally.unplaced, plan.days, None),
        whole=not plan.chosen.selected,
        accounting=_account(plan, tally),
        completeness=plan.completeness,
        silences=silences,
        splices=splices,
        outlets=tally.outlets,
        simulated=simulated,
        countries=plan.chosen.countries,
        parents=_parents(plan.chosen),
        notes=notes,
    )
    if plan.freq == "day" or counts.accounting is None:
        return counts
    return replace(counts, accounting=replace(counts.accounting, partial=_in_partial_weeks(counts)))


def _parents(chosen: ChosenRegions) -> tuple[str, ...]:
    """Return the first-order unit of each second-order unit, where all lie in one that has a name."""
    if chosen.places is None or chosen.places.depth != 3 or len(chosen.at) != len(chosen.names):
        return ()
    paths = [chosen.places.paths[at] for at in chosen.at]
    several = len({path[0] for path in paths}) > 1
    names = [f"{path[1]}, {path[0]}" if several else path[1] for path in paths]
    return tuple(names) if all(path[1] for path in paths) else ()


def _in_partial_weeks(counts: Counts) -> int:
    """Return what lies in weeks that are not wholly covered, and so in no weekly count."""
    days = np.asarray(counts.coverage.any(axis=1))
    if (days == counts.coverage.all(axis=1)).all():  # covered on the same days: one series tells the weeks
        one = replace(
            counts, values=np.zeros((len(days), 1), dtype=np.int32), coverage=days[:, None],
            regions=("all",), parents=(), coarse=None, unplaced=None, completeness=None,
        ).resample("week")  # fmt: skip
        week = np.searchsorted(one.starts, week_first_day(counts.starts, counts.week_start))
        out = ~one.coverage[week, 0]
        lost = 0 if counts.unplaced is None else int(counts.unplaced[out].sum(dtype=np.int64))
        return int(counts.values[out].sum(dtype=np.int64)) + lost
    weekly = counts.resample("week")
    hidden = counts.values.sum(dtype=np.int64) - weekly.values.sum(dtype=np.int64)
    if weekly.unplaced is not None:
        hidden += weekly.unplaced[~weekly.coverage.any(axis=1)].sum(dtype=np.int64)
    return int(hidden)


def _account(plan: CountPlan, tally: Tally) -> CountAccounting:
    places = tally.places
    filtered = {}
    if plan.where is not None:
        filtered[f"where {plan.where}"] = places["where"]
        if places["unknown"]:
            filtered["where, on a missing value"] = places["unknown"]
    if plan.chosen.selected:
        filtered[f"region ({plan.chosen.label})"] = places["region"]
    return CountAccounting(
        kept=tally.kept,
        grid=places["grid"],
        filtered=filtered,
        set_apart=places["set_apart"],
        unplaced=places["unplaced"],
        outside=places["outside"],
        no_coverage=places["no_coverage"],
        reported_later=places["reported_later"],
        long_spans=tally.long_spans,
        unknown_value=tally.unknown_value,
    )
