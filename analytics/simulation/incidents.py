"""An incident simulator that returns the truth with the table.

When and where incidents happen comes from :mod:`analytics.simulation.clusters`, what a file shows of them
(coarse dates, spellings, casualties) from :mod:`analytics.simulation.coding`. Everything is labelled
simulated.

References
----------
.. [1] Lawless, J. F. (1994). Adjustments for reporting delays and the prediction of occurred but not
   reported events. Canadian Journal of Statistics 22, 15-31.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import Days, FloatArray, IntArray
from analytics.errors import InputError, OptionError, nearest, unknown_option
from analytics.options import check_seed
from analytics.periods import Gap, Window, as_day, as_gap, as_window, day_range
from analytics.schema import ACTIVITIES, validate
from analytics.simulation import coding as dressing
from analytics.simulation.clusters import SelfExcitation, smooth_profile
from analytics.simulation.coding import Messiness
from analytics.simulation.happening import InjectedUptick, generators, what_happens
from analytics.simulation.places import check_places, sample_places

__all__ = [
    "InjectedUptick",
    "ReportingDelay",
    "SelfExcitation",
    "SimulatedIncidents",
    "sample_places",
    "simulate_incidents",
    "smooth_profile",
]


WEEKDAY = (1.10, 1.05, 1.00, 1.05, 0.75, 1.00, 1.05)


@dataclass(frozen=True, slots=True)
class ReportingDelay:
    """Whole days from incident to report: the integer part of a log-normal time [1]_.

    Examples
    --------
    >>> delay = ReportingDelay()
    >>> [round(float(p), 2) for p in delay.completeness(np.array([0, 2, 10]))]
    [0.21, 0.56, 0.9]
    """

    median: float = 2.5
    sigma: float = 1.156

    def __post_init__(self) -> None:
        if not (self.median > 0 and self.sigma > 0):
            raise OptionError(
                "a reporting delay needs a positive median and sigma",
                found=f"median {self.median}, sigma {self.sigma}",
            )

    def completeness(self, days_ago: npt.NDArray[np.number]) -> FloatArray:
        """Share of the incidents of a day that are reported `days_ago` days later, that day included."""
        from scipy.special import ndtr

        share: FloatArray = ndtr(np.log((np.asarray(days_ago, dtype=float) + 1) / self.median) / self.sigma)
        return share

    def draw(self, rng: np.random.Generator, size: int) -> IntArray:
        """Draw delays in days."""
        return np.floor(self.median * np.exp(self.sigma * rng.standard_normal(size))).astype(np.int64)


@dataclass(frozen=True, eq=False)
class SimulatedIncidents:
    """A simulated file and what lies behind it.

    Attributes
    ----------
    frame : DataFrame
        Canonical columns, one row an incident that reached the file: reported by the extraction day and not
        in a coverage gap.
    truth : DataFrame
        One row an incident that happened: `incident_id`, `true_day`, `reported_on`, `admin1`, `admin2`
        (canonical names), `activity`, `generation` (0 = not drawn by another, NA = injected), `injected`,
        `in_gap`, `reported`, `in_file`.
    parameters : dict
        Everything that made it, seed included, as plain values.
    """

    frame: pd.DataFrame
    truth: pd.DataFrame
    parameters: dict[str, Any] = field(repr=False)

    def __len__(self) -> int:
        return len(self.frame)

    def table(self) -> pd.DataFrame:
        """Return what a file holds: the canonical columns."""
        return self.frame

    def without_uptick(self) -> SimulatedIncidents:
        """Return the twin: the same incidents, the injected ones left out."""
        truth = self.truth[~self.truth["injected"]].reset_index(drop=True)
        kept = self.frame["incident_id"].isin(truth["incident_id"])
        return replace(
            self,
            frame=self.frame[kept].reset_index(drop=True),
            truth=truth,
            parameters={**self.parameters, "uptick": None},
        )


def simulate_incidents(
    *,
    seed: int,
    totals: Mapping[str, int],
    places: pd.DataFrame | None = None,
    spellings: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    country: str | None = None,
    weekday: Sequence[float] = WEEKDAY,
    excitation: SelfExcitation | None = None,
    activities: Mapping[str, float] | None = None,
    uptick: InjectedUptick | None = None,
    delay: ReportingDelay | None = None,
    extracted: object = None,
    gaps: Sequence[Gap | str] = (),
    messiness: Messiness | None = None,
) -> SimulatedIncidents:
    """Simulate a file of incidents by district, with everything that makes such files hard, and its truth.

    The national rate follows :func:`~analytics.simulation.clusters.smooth_profile`. In each district
    incidents that come of themselves draw further ones (:class:`SelfExcitation`). More are drawn than wanted,
    then thinned: first by weekday, then evenly within each window down to the exact total. Thinning weakens
    self-excitation; ``parameters["kept_by_thinning"]`` says which share of those drawn was kept.

    Parameters
    ----------
    seed : int
        Same seed and options, same table (PCG64; each part has its own stream).
    totals : mapping
        Window (``"2018-01-01..2018-12-31"``) to the number of attacks that happen in it, injected ones
        included. Windows adjoin.
    places, spellings : optional
        As :func:`sample_places` returns them, which is the default.
    country : str, optional
        What the `country` column says; default the places' own column `country`, and missing without one.
    weekday : sequence of 7 floats
        Relative rates, Monday first.
    excitation : SelfExcitation, optional
    activities : mapping, optional
        Other activity to its number per attack, injected ones left aside: operation 0.15, clash 0.08, arrest
        0.12 unless given. They are simulated apart from the attacks, with the same profile.
    uptick : InjectedUptick, optional
        Without it nothing is injected.
    delay : ReportingDelay, optional
    extracted : day, optional
        The day the file was made; incidents reported later are not in it. Default: the last day simulated.
    gaps : sequence of Gap or str
        Spells whose incidents are missing from the file; a region is an admin1 or an admin2.
    messiness : Messiness, optional
        Coarse dates, spellings, unknown places, doubtful estimates.

    Raises
    ------
    InputError, OptionError
        If windows do not adjoin, places lack columns, an uptick or gap names an unknown place or day, or the
        uptick is larger than a window's total.

    Examples
    --------
    >>> sim = simulate_incidents(seed=1, totals={"2019-01-01..2019-03-31": 300})
    >>> int((sim.truth["activity"] == "attack").sum()), int(sim.truth["reported"].sum()) == len(sim)
    (300, True)
    """
    excitation, delay = excitation or SelfExcitation(), delay or ReportingDelay()
    messiness = messiness or Messiness()
    activities = {"operation": 0.15, "clash": 0.08, "arrest": 0.12} if activities is None else activities
    if places is None:
        places, bundled_spellings = sample_places()
        spellings = bundled_spellings if spellings is None else spellings
    check_places(places)
    if country is not None or "country" not in places.columns:
        places = places.assign(country=pd.Series(country, places.index, dtype="str"))
    check_seed(seed)
    windows = [as_window(text, "totals") for text in totals]
    if not windows:
        raise InputError("no totals were given", expected="at least one window and its number of attacks")
    start, end = windows[0].start, windows[-1].end
    days = day_range(start, end)
    extraction = end if extracted is None else as_day(extracted, "extracted")
    holes = [as_gap(gap, "gaps") for gap in gaps]
    _check_regions(places, uptick, holes, Window(start, end))
    _check_activities(activities, uptick)
    ratios = {"attack": 1.0, **activities}
    rngs = generators(seed, ("uptick", "order", "delay", "file", *ratios))
    happened, kept_share = what_happens(
        rngs, windows, np.fromiter(totals.values(), dtype=np.int64), ratios,
        places=places, days=days, weekday=weekday, excitation=excitation, uptick=uptick,
    )  # fmt: skip
    truth = _truth(happened, places, days, delay.draw(rngs["delay"], len(happened)), extraction, holes)
    whole = dressing.dress(
        truth, places.iloc[happened["district"].to_numpy()], rngs["file"], messiness=messiness,
        spellings=spellings or {}, first_day=start, extracted=extraction,
    )  # fmt: skip
    shown = truth["in_file"].to_numpy()
    order = whole[shown].sort_values(["date_start", "incident_id"]).index
    injected = uptick and {
        "window": str(uptick.window),
        "shares": dict(uptick.shares),
        "extra": dict(uptick.extra),
    }
    return SimulatedIncidents(
        frame=validate(whole.loc[order].reset_index(drop=True)),
        truth=truth,
        parameters={
            "seed": seed,
            "totals": {str(w): int(n) for w, n in zip(windows, totals.values(), strict=True)},
            "weekday": [float(factor) for factor in weekday],
            "excitation": asdict(excitation),
            "activities_per_attack": dict(activities),
            "delay": {"model": "integer part of a log-normal, in days", **asdict(delay)},
            "extracted": str(extraction),
            "gaps": [str(gap) for gap in holes],
            "messiness": asdict(messiness),
            "uptick": injected,
            "kept_by_thinning": kept_share,
        },
    )


def _check_regions(
    places: pd.DataFrame, uptick: InjectedUptick | None, gaps: Sequence[Gap], span: Window
) -> None:
    districts, governorates = set(places["admin2"]), set(places["admin1"])
    asked = [(name, districts, "uptick") for name in (uptick.shares if uptick else ())]
    asked += [(gap.region, districts | governorates, "gaps") for gap in gaps if gap.region is not None]
    for name, known, where in asked:
        if name not in known:
            raise InputError(
                f"{name!r} is not among the places",
                where=where,
                todo=f"did you mean {' or '.join(nearest(name, known)) or 'one of the names in places'}?",
            )
    if uptick and not (span.start <= uptick.window.start and uptick.window.end <= span.end):
        raise InputError(
            "the uptick lies outside the days simulated", expected=str(span), found=str(uptick.window)
        )


def _check_activities(activities: Mapping[str, float], uptick: InjectedUptick | None) -> None:
    others = tuple(name for name in ACTIVITIES if name != "attack")
    for name, ratio in activities.items():
        if name not in others:
            raise unknown_option("activity", name, others)
        if not ratio >= 0:
            raise OptionError(f"there cannot be {ratio} incidents of {name} per attack")
    for name, number in (uptick.extra if uptick else {}).items():
        if name not in ACTIVITIES:
            raise unknown_option("activity", name, ACTIVITIES)
        if number < 0:
            raise OptionError(f"an uptick cannot take incidents away: {name} {number}")


def _truth(
    happened: pd.DataFrame,
    places: pd.DataFrame,
    days: Days,
    delays: IntArray,
    extraction: np.datetime64,
    gaps: Sequence[Gap],
) -> pd.DataFrame:
    true_day = days[happened["day"].to_numpy()]
    reported_on = true_day + delays.astype("timedelta64[D]")
    where = places.iloc[happened["district"].to_numpy()].reset_index(drop=True)
    in_gap = np.zeros(len(happened), dtype=bool)
    for gap in gaps:
        here = (
            True
            if gap.region is None
            else ((where["admin1"] == gap.region) | (where["admin2"] == gap.region)).to_numpy()
        )
        in_gap |= gap.window.contains(true_day) & here
    reported = reported_on <= extraction
    width = max(5, len(str(len(happened))))
    return pd.DataFrame(
        {
            "incident_id": [f"SIM-{number:0{width}d}" for number in range(1, len(happened) + 1)],
            "true_day": true_day.astype("datetime64[us]"),
            "reported_on": reported_on.astype("datetime64[us]"),
            "admin1": where["admin1"],
            "admin2": where["admin2"],
            "activity": happened["activity"],
            "generation": happened["generation"],
            "injected": happened["injected"].astype(bool),
            "in_gap": in_gap,
            "reported": reported,
            "in_file": reported & ~in_gap,
        }
    )
