"""From incidents to counts in three steps: plan, tally, assemble."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analytics.counts.assembly import assemble_counts
from analytics.counts.grid import Counts
from analytics.counts.plan import Span, Value, plan_count, stated_as_of
from analytics.counts.tally import tally_incidents
from analytics.counts.tally_scanned import narrowed, tally_scanned
from analytics.incidents import Incidents, ScannedIncidents

__all__ = ["count_incidents"]


def count_incidents(
    incidents: Incidents | ScannedIncidents,
    freq: str = "week",
    *,
    week_start: str = "monday",
    by: str | Sequence[str] | None = "admin1",
    regions: str | Sequence[str] | None = None,
    start: object = None,
    covered_from: object = None,
    as_of: object = None,
    where: str | None = None,
    value: Value = "incidents",
    span: Span = "start",
    no_coverage: Iterable[object] = (),
    seed: int = 0,
    gap_is_quiet: bool | None = None,
) -> Counts:
    """Count incidents into a complete period x region grid.

    Parameters
    ----------
    incidents : Incidents or ScannedIncidents
        Those that were scanned stay where they are: the engine counts.
    freq : {"week", "day"}
        Period shown. Days are held either way, because tests work on days.
    week_start : str
        Day weeks start on (ACLED: ``"saturday"``). pandas' ``W-MON`` is refused.
    by : str, sequence of str or None
        Column to count by: canonical, or one of the source's own, also as the file calls it; or several
        (``"country,admin1"``). None counts everything as one series. Places are told apart by what they lie
        in: Central of Uganda and Central of Ghana are two regions.
    regions : str, list of str or None
        Name of a region set, or regions. None takes the table of names of each country that has one (such as
        Iraq's governorates), else the values of all kept incidents before `where`, and notes it. Of a country
        that `where` rules out no region is counted.
    start : date or None
        First day of the grid. None takes the first day of the kept incidents before `where`, and notes it.
    covered_from : date or None
        Day from which on all incidents are in the file, where that is before its first one: quiet days from
        then on count zero. None takes what the file's metadata state, else a rule of its source (which holds
        for a stated `start` alone), else the first incident's. Days before it have no coverage.
    as_of : date or None
        Last day the counts know about, its whole day included. None takes the incidents' own. Incidents
        reported later (`reported_on`) are not counted, and of several versions of one the last known then is.
    where : str or None
        Filter expression, such as ``"fatalities >= 1 and actor1 contains 'IS'"``.
    value : {"incidents", "fatalities"}
        What is summed. Incidents whose fatalities are not stated add nothing; the accounting says how many.
    span : {"start", "exclude", "spread"}
        What to do with incidents dated to a span longer than the period: count them on their first coded day,
        set them apart, or put each whole incident on one day of its span by chance.
    no_coverage : iterable
        Spells without coverage (``"2019-05-01..2019-05-20"``, ``"...@Region"``), beside the source's own.
    seed : int
        Seed of the allocation by ``span="spread"``.
    gap_is_quiet : bool, optional
        A spell without any incident that looks like a gap in the data was quiet: its zeros stand. None takes
        what the incidents say. If it was a gap, give it as `no_coverage`.

    Returns
    -------
    Counts
        ``kept = grid + filtered + set apart + unplaced + outside the window + without coverage
        + reported later``.

    Raises
    ------
    OptionError, InputError, FilterError
        If an option is unknown, a region or column is not there, or no `as_of` is stated.
    """
    last = stated_as_of(incidents, as_of)
    incidents = incidents.known_on(last)
    if isinstance(incidents, ScannedIncidents):
        incidents = narrowed(incidents, by, where, value, last)
    plan = plan_count(
        incidents, freq, week_start=week_start, by=by, regions=regions, start=start,
        covered_from=covered_from, as_of=as_of, where=where, value=value, span=span,
        no_coverage=no_coverage, seed=seed, gap_is_quiet=gap_is_quiet,
    )  # fmt: skip
    if isinstance(incidents, ScannedIncidents):
        tally = tally_scanned(incidents, plan)
    else:
        tally = tally_incidents(incidents, plan)
    return assemble_counts(plan, tally, simulated=incidents.simulated, splices=incidents.splices)
