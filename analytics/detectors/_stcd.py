"""Clusters of single events in space and time, event by event, as they arrive."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.counts import Counts
from analytics.detectors.compat import Compat, has_reference
from analytics.detectors.events import area_shares, events_of_arrays, events_of_incidents
from analytics.detectors.grid import grid_of, make_alarms
from analytics.errors import OptionError
from analytics.former import renamed
from analytics.incidents import Incidents
from analytics.kernels.space.scan import EARTH_KM
from analytics.kernels.space.stcd import running_clusters
from analytics.options import check_above, check_choice
from analytics.periods import DAY
from analytics.results import Alarms, DetectorRun, format_number, mark

__all__ = ["EventClusters", "stcd"]


Expected = Literal["separable", "uniform"]


@dataclass(frozen=True, eq=False)
class EventClusters:
    """What the surveillance of single events found; arrays of shape (events,), in order of time.

    Attributes
    ----------
    order : int array
        Position of each event in the input.
    x, y, t : float arrays
        Longitude, latitude and days since 1970-01-01 where incidents were given.
    statistic : float array
        When the event had arrived; larger is more alarming.
    strongest : int array
        The event (a position in order of time) whose cylinder had the largest likelihood ratio then: where
        and since when a cluster is most likely.
    threshold : float
    dated : bool
        Whether `t` is days since 1970-01-01.
    parameters : dict
    simulated : bool
    notes : tuple of str
    """

    order: IntArray
    x: FloatArray
    y: FloatArray
    t: FloatArray
    statistic: FloatArray
    strongest: IntArray
    threshold: float
    dated: bool = False
    parameters: dict[str, Any] = field(default_factory=dict)
    simulated: bool = False
    notes: tuple[str, ...] = ()

    @property
    def alarm(self) -> BoolArray:
        """Where the statistic exceeds the threshold."""
        return np.asarray(self.statistic > self.threshold)

    @property
    def first_alarm(self) -> int | None:
        """The first event with an alarm, counted from 0 in order of time, or None."""
        return int(self.alarm.argmax()) if self.alarm.any() else None

    @property
    def cluster_start(self) -> int | None:
        """The event at which the cluster of the first alarm most likely started, or None."""
        return None if self.first_alarm is None else int(self.strongest[self.first_alarm])

    @property
    def frame(self) -> pd.DataFrame:
        """One row an event, in order of time: input position, x, y, t, statistic, alarm, cluster_start."""
        return pd.DataFrame(
            {
                "event": self.order,
                "x": self.x,
                "y": self.y,
                "t": self.t,
                "statistic": self.statistic,
                "alarm": self.alarm,
                "cluster_start": self.strongest,
            }
        )

    def summary(self) -> pd.DataFrame:
        """Return the table a reader would want: events, threshold, largest statistic, first alarm."""
        at, start = self.first_alarm, self.cluster_start
        rows = [
            ("events", f"{self.t.size:,}"),
            ("threshold", format_number(self.threshold)),
            ("largest statistic", format_number(float(self.statistic.max()))),
            ("first alarm", "none" if at is None else self._when(at)),
        ]
        if start is not None:
            where = f"{self.x[start]:g}, {self.y[start]:g}"
            rows += [("cluster since", self._when(start)), ("around", where)]
        return pd.DataFrame(rows, columns=["what", "value"])

    def _when(self, event: int) -> str:
        if self.dated:
            return str(np.datetime64("1970-01-01") + int(np.floor(self.t[event])) * DAY)
        return f"event {event + 1}, t = {self.t[event]:g}"

    def sentence(self) -> str:
        """Return the answer as a reader would say it."""
        tag = mark(self.simulated)
        at, start = self.first_alarm, self.cluster_start
        if at is None or start is None:
            return f"{tag}no cluster of events in {self.t.size:,} events."
        since, when = self._when(start), self._when(at)
        return f"{tag}a cluster of events, first seen at {when}, most likely since {since}."

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        said = html.escape(self.sentence())
        return f"<p><b>{said}</b></p>{self.summary().to_html(index=False)}<ul>{notes}</ul>"

    def alarms(self, counts: Counts) -> Alarms:
        """Return the alarms period by period, of all regions together.

        Parameters
        ----------
        counts : Counts
            The same incidents, counted; they say which periods there are.

        Returns
        -------
        Alarms
            One series. A period's statistic is the largest of its events, and it has an alarm where that
            exceeds the threshold; a period without an event moves nothing: no statistic, no alarm.

        Raises
        ------
        OptionError
            If the times are not days.
        """
        if not self.dated:
            raise OptionError(
                "these events have no dates", expected="incidents, or t as datetime64", found="numbers"
            )
        grid = grid_of(counts.total())
        at = np.floor((self.t - float(grid.starts[0].astype(np.int64))) / grid.counts.period_days)
        inside = (at >= 0) & (at < grid.shape[0])
        statistic = np.full(grid.shape, -np.inf)
        np.maximum.at(statistic[:, 0], at[inside].astype(np.intp), self.statistic[inside])
        statistic[np.isinf(statistic) & (statistic < 0)] = np.nan
        run = DetectorRun(name="stcd", method=_METHOD, parameters=self.parameters, null_hypothesis=_NULL)
        alarm = statistic > self.threshold
        return make_alarms(grid, run, alarm=alarm, statistic=statistic, notes=self.notes)


_NULL = "places and times of the events are independent of each other"
_METHOD = (
    "surveillance of single events (Assunção and Correa 2009): likelihood ratios of all cylinders that start "
    "at an event. Null hypothesis: places and times of the events are independent of each other"
)


_REGION = "region is what says how large the region is; R takes it and uses it for nothing"


@renamed(area=_REGION, areas_within=_REGION)
@has_reference
def stcd(
    x: Incidents | npt.ArrayLike,
    y: npt.ArrayLike | None = None,
    t: npt.ArrayLike | None = None,
    *,
    radius: float,
    epsilon: float,
    threshold: float,
    cusum: bool = False,
    expected: Expected = "separable",
    region: npt.ArrayLike | None = None,
    compat: Compat | None = None,
) -> EventClusters:
    """Watch single events for a cluster that emerges in space and time.

    Null hypothesis: places and times of events are independent of each other. The alternative is a disc of
    `radius` in which the rate has risen by the factor ``1 + epsilon`` at some event, and not gone back [1]_.

    Parameters
    ----------
    x : array, shape (events,), or Incidents
        First coordinate. Incidents bring places and days; distances are then great-circle distances in km.
        Left out are incidents without coordinates, and those placed at a governorate or country only.
    y, t : arrays, shape (events,)
        Second coordinate, and time: numbers or datetime64. In any order; events of the same time arrive
        together, and all of them lie in the cylinders that start then.
    radius : float
        Of the clusters looked for, in the unit of `x` and `y`; km for incidents.
    epsilon : float
        Relative increase of the rate looked for.
    threshold : float
        Alarm where the statistic exceeds it. Under the null hypothesis with known expectations the sum of
        likelihood ratios does so no sooner than after that many events on average.
    cusum : bool
        Watch the largest likelihood ratio instead of their sum.
    expected : {"separable", "uniform"}
        Expected events of a cylinder: the share of the disc among the events so far, or, for events that
        spread evenly, its share of the region's area.
    region : array, shape (4,) or (corners, 2), optional
        For ``"uniform"``: a rectangle (x from, x to, y from, y to) or a polygon's corners. For incidents
        corners are longitude, latitude, and the default is the convex hull; areas are then those of Lambert's
        equal-area projection. Areas of discs within the region are exact.
    compat : "surveillance", optional
        As the R package of that name: :func:`analytics.detectors.surveillance.stcd`.

    Returns
    -------
    EventClusters
        One value an event. ``alarms(counts)`` gives them period by period, as one series for all regions: a
        cluster has a place of its own, which regions do not describe.

    Raises
    ------
    InputError
        If there are no events, or they lack a coordinate or time.
    OptionError
        If an option is out of range.

    Notes
    -----
    The statistic does not start again after an alarm. Incidents are often located to a town's centre: several
    in one town on one day are a cluster to this method, and events that lead to others are one too, because
    the null hypothesis has them independent. The expectation of a cylinder counts its own events, so that a
    cluster is found later the more of the disc's events belong to it. Quadratic in the number of events.

    References
    ----------
    .. [1] Assunção, R., Correa, T. (2009). Surveillance to detect emerging space-time clusters.
           Computational Statistics and Data Analysis 53, 2817-2830.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x, y, t = rng.random(200), rng.random(200), np.sort(rng.uniform(0, 100, 200))
    >>> x[-30:], y[-30:] = rng.normal(0.5, 0.03, (2, 30))
    >>> found = stcd(x, y, t, radius=0.1, epsilon=1.0, threshold=2_000)
    >>> found.first_alarm > 170, found.cluster_start >= 165
    (True, True)
    """
    check_above(0, radius=radius, epsilon=epsilon, threshold=threshold)
    check_choice("expected", expected, Expected)
    events = events_of_incidents(x) if isinstance(x, Incidents) else events_of_arrays(x, y, t)
    order = np.argsort(events.t, kind="stable")
    time = events.t[order]
    moment = np.cumsum(np.diff(time, prepend=time[0]) > 0)
    share = np.zeros(0)
    if expected == "uniform":
        share = area_shares(events, radius, region)[order]
    statistic, strongest = running_clusters(
        np.ascontiguousarray(events.points[order]),
        moment.astype(np.int64),
        2 * np.sin(radius / (2 * EARTH_KM)) if events.globe else float(radius),
        float(epsilon),
        share,
        bool(cusum),
    )
    return EventClusters(
        order=order,
        x=events.x[order],
        y=events.y[order],
        t=time,
        statistic=statistic,
        strongest=strongest,
        threshold=float(threshold),
        dated=events.dated,
        parameters={
            "radius": radius,
            "epsilon": epsilon,
            "threshold": threshold,
            "cusum": cusum,
            "expected": expected,
        },
        simulated=events.simulated,
        notes=events.notes,
    )
