"""`Store`: dated deliveries of incidents in one file; what was known on any day, what each changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from analytics import __version__
from analytics.counts import Counts, count_incidents
from analytics.errors import OptionError
from analytics.incidents import Incidents
from analytics.incidents.actors import ActorTable, normalise_actors
from analytics.incidents.twice import AcceptedPairs, set_aside_accepted
from analytics.incidents.versions import reported_after
from analytics.options import check_at_least, check_choice
from analytics.periods import DAY, as_day
from analytics.store.adding import add_batch, check_drawn, read_batch
from analytics.store.covers import read_covers
from analytics.store.delivery import Delivery, deliveries_of
from analytics.store.difference import Difference, difference
from analytics.store.opening import WAIT, made_if_absent, reading, writing
from analytics.store.state import first_seen, known_deliveries, slim_incidents, state_incidents

__all__ = ["Reported", "Store"]

Reported = Literal["stated", "first_seen", "auto"]
_SPAN = 56  # days of deliveries from which on first days are taken unasked: a delay can then be measured


class Store:
    """Dated deliveries of incidents in one file.

    A delivery is a file, known from a day on. An incident is known by its source and its identifier: what a
    later delivery says otherwise is a change, what it covers and lacks is deleted, and both stay as history.
    Nothing is open between calls; several processes may read at once, one writes alone.

    Parameters
    ----------
    path : path
        The store's file; :meth:`add` makes it.
    wait : float
        Seconds to wait for a process that is writing; 0 or more.

    Raises
    ------
    OptionError
        If `wait` is no such number.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> store = Store(Path(folder.name) / "incidents.store")
    >>> week = pd.DataFrame({"id": ["a", "b"], "date": ["2020-04-06", "2020-04-09"], "province": "Diyala"})
    >>> store.add(week, on="2020-04-12").after
    2
    >>> later = pd.DataFrame({"id": ["a", "c"], "date": ["2020-04-06", "2020-04-10"], "province": "Diyala"})
    >>> print(store.add(later, on="2020-04-19", covers="all").sentence())
    Delivery 2 of table, known on 2020-04-19: 1 added, 0 changed, 1 deleted; 2 incidents held.
    >>> store.as_of("2020-04-12").frame["incident_id"].tolist()
    ['a', 'b']
    >>> store.as_of("2020-04-12", known_on="2020-04-19").frame["incident_id"].tolist()
    ['a', 'c']
    >>> folder.cleanup()
    """

    def __init__(self, path: str | Path, *, wait: float = WAIT) -> None:
        check_at_least(0, wait=wait)
        self.path = Path(path)
        self.wait = float(wait)

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    def add(
        self,
        path_or_frame: str | Path | pd.DataFrame,
        source: str = "auto",
        *,
        on: object = None,
        covers: str | Iterable[object] | None = None,
        name: str | None = None,
        columns: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Delivery:
        """Add a file as what was known from a day on: all of it, or nothing.

        Parameters
        ----------
        path_or_frame : str, Path or DataFrame
            What :func:`analytics.read_incidents` takes, with an identifier of each incident.
        source, columns
            As for :func:`analytics.read_incidents`, and all its other options but `as_of`. They are kept with
            the delivery, and every later one of the source is read in the same way.
        on : date-like, optional
            The day from which on it was known; default the day its metadata say it was drawn, never the
            clock.
        covers : str or iterable, optional
            What it holds completely: ``"all"``, spells such as ``"2020-04-01..2020-04-30"`` or
            ``"2020-04-01..2020-04-30@Iraq"``, or ``"rows"``: nothing but the rows it has. Only what is
            covered and missing is deleted. None: all, and an error where more than a tenth would go.
        name : str, optional
            Name of the source within the store, for two tables side by side; default that of the source.

        Returns
        -------
        Delivery
            With the account of its rows and of what it changed. The same file added again on the same day
            does nothing.

        Raises
        ------
        UptickError
            If the file cannot be read, the day lies before the last delivery's, much would be deleted, the
            store is in use, is none, or cannot be written. It is then as it was before.
        """
        cover = None if covers is None else read_covers(covers)
        given = None if on is None else as_day(on, "on")
        batch = read_batch(path_or_frame, source, {"columns": columns, **options})
        day = batch.extracted if given is None else given
        if day is None:
            raise OptionError(
                "it is not said from which day on the delivery was known",
                expected="--on DATE, or extracted = DATE in the metadata beside the file",
                found="neither",
            )
        check_drawn(batch, day)
        made_if_absent(self.path, __version__)
        with writing(self.path, self.wait) as connection:
            return add_batch(connection, batch, name or batch.incidents.source, day, cover)

    def deliveries(self, source: str | None = None) -> list[Delivery]:
        """Return the deliveries in order, of one source or of all."""
        with reading(self.path, self.wait) as connection:
            return deliveries_of(connection, source)

    def as_of(
        self,
        as_of: object = None,
        *,
        known_on: object = None,
        source: str | None = None,
        reported_on: Reported = "stated",
        actors: str | Path | pd.DataFrame | ActorTable | None = None,
        accepted: str | Path | pd.DataFrame | AcceptedPairs | None = None,
    ) -> Incidents:
        """Return the incidents up to a day, as they were known on a day.

        Parameters
        ----------
        as_of : date-like, optional
            The last day that may be in the data, as for :func:`analytics.read_incidents`. None: all.
        known_on : date-like, optional
            The day whose knowledge is taken: that of the last delivery by then. Default `as_of`; None with
            it: all deliveries.
        source : str, optional
            Needed where the store holds several: they are never summed.
        reported_on : {"stated", "first_seen", "auto"}
            The day of an incident's report: as the source states it, or the day of the first delivery it was
            in; missing for those of the first delivery, which were known before. ``"auto"``: as stated; where
            no incident states one, and the deliveries up to `as_of` span eight weeks, the first delivery of
            what happened since the first of them.
        actors, accepted : path or DataFrame, optional
            A table of actors, and of accepted pairs, as for :func:`analytics.read_incidents`.

        Returns
        -------
        Incidents
            As :func:`analytics.read_incidents` returns them of a file with these rows. Its hash is that of
            the file where one whole delivery is all that is known, else of all that it is made of.
        """
        check_choice("reported_on", reported_on, Reported)
        last = None if as_of is None else as_day(as_of, "as_of")
        day = last if known_on is None else as_day(known_on, "known_on")
        with reading(self.path, self.wait) as connection:
            known = known_deliveries(connection, self.path, source, day)
            found = state_incidents(connection, self.path, known, last)
            days = [made.day for made in known.deliveries]
            if reported_on == "first_seen":
                found = _with_days(found, first_seen(connection, known))
            elif reported_on == "auto" and _is_undated(found, days):
                found = _with_days(found, first_seen(connection, known), since=days[0])
        return normalise_actors(set_aside_accepted(found, accepted), actors)

    def first_seen(self, *, known_on: object = None, source: str | None = None) -> pd.DataFrame:
        """Return the delivery in which each incident was first seen: `incident_id`, `delivery`, `first_seen`.

        The day is missing for what the first delivery held: it was known before.
        """
        day = None if known_on is None else as_day(known_on, "known_on")
        with reading(self.path, self.wait) as connection:
            return first_seen(connection, known_deliveries(connection, self.path, source, day))

    def counts(
        self,
        as_of: object,
        *,
        known_on: object = None,
        source: str | None = None,
        **options: Any,
    ) -> Counts:
        """Count the incidents up to a day, as they were known on a day.

        Parameters
        ----------
        as_of, known_on, source
            As for :meth:`as_of`.
        **options
            Those of :func:`analytics.count_incidents`. Counts of incidents by place without a filter are made
            without reading each incident's cells again.

        Returns
        -------
        Counts
        """
        last = as_day(as_of, "as_of")
        day = last if known_on is None else as_day(known_on, "known_on")
        found = None
        with reading(self.path, self.wait) as connection:
            known = known_deliveries(connection, self.path, source, day)
            places = _places(options)
            if places:
                found = slim_incidents(connection, self.path, known, last, places)
            if found is None:
                found = state_incidents(connection, self.path, known, last)
        return count_incidents(found, **options)

    def diff(
        self,
        number: int | None = None,
        *,
        source: str | None = None,
        by: str = "admin1",
        week_start: str = "monday",
    ) -> Difference:
        """Return what a delivery added, changed and deleted, by region and week.

        Parameters
        ----------
        number : int, optional
            Of the delivery; default the last one (of `source`).
        source : str, optional
        by : {"admin1", "admin2", "country"}
        week_start : str
        """
        with reading(self.path, self.wait) as connection:
            return difference(connection, self.path, number, source, by=by, week_start=week_start)


def _places(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return which places a count needs, where it needs nothing else of an incident but its day; else ()."""
    by = options.get("by", "admin1")
    plain = {"by", "freq", "week_start", "start", "covered_from", "no_coverage", "gap_is_quiet"}
    needed = {"admin1": 2, "admin2": 3, "country": 1, "country,admin1": 2, None: 1}
    if not set(options) <= plain or not isinstance(by, str | None) or by not in needed:
        return ()
    return ("country", "admin1", "admin2")[: needed[by]]


def _is_undated(incidents: Incidents, days: list[np.datetime64]) -> bool:
    """Whether no incident states the day of its report, and the deliveries of these days can tell it."""
    if incidents.frame["reported_on"].notna().any() or len(days) < 2:
        return False
    late = incidents.as_of is not None and days[-1] > incidents.as_of
    return not late and bool((days[-1] - days[0]) / DAY >= _SPAN)


def _with_days(incidents: Incidents, seen: pd.DataFrame, *, since: np.datetime64 | None = None) -> Incidents:
    """Return the incidents with the day each was first seen as the day of its report.

    Of what happened before the day `since` it is left out: only what came late was seen for the first time.
    """
    days = seen.set_index("incident_id")["first_seen"]

    def put(frame: pd.DataFrame) -> pd.DataFrame:
        first = frame["incident_id"].map(days).astype("datetime64[us]")
        if since is not None:
            first = first.where(frame["date_start"] >= pd.Timestamp(str(since)))
        return frame.assign(reported_on=first)

    frame = put(incidents.frame)
    late = 0 if incidents.as_of is None else int(reported_after(frame, incidents.as_of).sum())
    return replace(
        incidents,
        frame=frame,
        versions=None if incidents.versions is None else put(incidents.versions),
        accounting=replace(incidents.accounting, reported_later=late),
        notes=(*incidents.notes, "reported_on: the first delivery that an incident was in"),
    )
