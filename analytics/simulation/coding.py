"""What a file shows of simulated incidents: dates as coded, names as spelled, casualties as estimated.

References
----------
.. [1] Sundberg, R. and Melander, E. (2013). Introducing the UCDP Georeferenced Event Dataset. Journal of
   Peace Research 50, 523-532.
.. [2] Clauset, A., Young, M. and Gleditsch, K. S. (2007). On the frequency of severe terrorist events.
   Journal of Conflict Resolution 51, 58-87.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analytics._typing import BoolArray, Days, IntArray
from analytics.errors import OptionError
from analytics.periods import weekday_numbers

__all__ = ["MADE_UP_PLACE", "Messiness", "dress"]

Spellings = Mapping[str, Mapping[str, Sequence[str]]]

MADE_UP_PLACE = "Qaryat al-Mithal"  # "village of the example"
LARGEST = 80
JITTER_DEGREES = 0.05
TAIL_EXPONENT = 2.5

# Activity -> initiator and its probability; share without deaths; share where deaths are not stated.
_INITIATOR = {
    "attack": (("insurgent", "unknown"), (0.95, 0.05)),
    "operation": (("state",), (1.0,)),
    "clash": (("insurgent", "state", "unknown"), (0.45, 0.35, 0.20)),
    "arrest": (("state",), (1.0,)),
}
_NO_DEATHS = {"attack": 0.50, "operation": 0.40, "clash": 0.30, "arrest": 0.98}
_NOT_STATED = {"attack": 0.03, "operation": 0.25, "clash": 0.15, "arrest": 0.0}
_KINDS = {
    "attack": ("explosive device", "small-arms fire", "raid", "mortar fire", "kidnapping"),
    "operation": ("search operation", "air strike", "hideout destroyed"),
    "clash": ("exchange of fire",),
    "arrest": ("arrest",),
}
_ACTORS = {"attack": ("insurgents", "security forces"), "clash": ("insurgents", "security forces")}


@dataclass(frozen=True, slots=True)
class Messiness:
    """How far a file blurs what happened.

    Parameters
    ----------
    coarse_days, coarse_week, coarse_month : float
        Shares of incidents dated to a span of 2 to 6 days, a week, or about a month, half of the last two as
        a span (as UCDP codes them [1]_), half as a single mid-period day with a precision (as ACLED does).
    misspelt : float
        Share of names in another spelling; the k-th spelling is used 1/k as often as the first.
    spaced : float
        Share of names with a doubled or trailing space.
    district_unknown : float
        Share of incidents known only to their governorate.
    unknown_places : int
        Incidents without a known governorate: every other one blank, the rest with a made-up name.
    crossed_estimates : float
        Share of incidents whose low estimate exceeds the best one.
    """

    coarse_days: float = 0.04
    coarse_week: float = 0.03
    coarse_month: float = 0.01
    misspelt: float = 0.30
    spaced: float = 0.03
    district_unknown: float = 0.01
    unknown_places: int = 0
    crossed_estimates: float = 0.003

    def __post_init__(self) -> None:
        shares = {name: getattr(self, name) for name in self.__slots__ if name != "unknown_places"}
        wrong = [name for name, share in shares.items() if not 0 <= share <= 1]
        if self.coarse_days + self.coarse_week + self.coarse_month > 1:
            wrong.append("coarse_days + coarse_week + coarse_month")
        if wrong or self.unknown_places < 0:
            raise OptionError(
                "messiness is given as shares of 0 to 1", where=", ".join(wrong) or "unknown_places"
            )


def dress(
    truth: pd.DataFrame,
    places: pd.DataFrame,
    rng: np.random.Generator,
    *,
    messiness: Messiness,
    spellings: Spellings,
    first_day: np.datetime64,
    extracted: np.datetime64,
) -> pd.DataFrame:
    """Return the canonical columns for every incident of `truth`.

    `places` has one row an incident (`country`, `admin1`, `admin2`, `latitude`, `longitude`), in the same
    order.
    """
    size = len(truth)
    true_day = truth["true_day"].to_numpy().astype("datetime64[D]")
    start, end, precision = _coded_dates(rng, true_day, messiness, first_day, extracted)
    frame = pd.DataFrame(
        {
            "incident_id": truth["incident_id"],
            "source": "simulated",
            "date_start": start.astype("datetime64[us]"),
            "date_end": end.astype("datetime64[us]"),
            "date_precision": precision,
            "country": places["country"].to_numpy(),
        }
    )
    columns = _place_columns(rng, places, messiness, spellings)
    columns |= _what_columns(rng, truth["activity"])
    columns |= _casualties(rng, truth["activity"], messiness)
    frame = frame.assign(**columns, source_name="simulated")
    edited = rng.random(size) < 0.15
    later = np.where(edited, rng.integers(7, 61, size), 0).astype("timedelta64[D]")
    reported = truth["reported_on"].to_numpy().astype("datetime64[D]")
    updated = np.maximum(np.minimum(reported + later, extracted), reported)
    frame["updated_at"] = updated.astype("datetime64[us]")
    frame["reported_on"] = reported.astype("datetime64[us]")
    return frame


def _coded_dates(
    rng: np.random.Generator,
    true_day: Days,
    messiness: Messiness,
    first_day: np.datetime64,
    extracted: np.datetime64,
) -> tuple[Days, Days, IntArray]:
    """Spans that hold the true day, or a mid-week or mid-month day with its precision."""
    size = len(true_day)
    edges = np.cumsum([messiness.coarse_days, messiness.coarse_week, messiness.coarse_month])
    kind = np.digitize(rng.random(size), edges)  # 0 days, 1 week, 2 month, 3 the day itself
    width = np.select(
        [kind == 0, kind == 1, kind == 2],
        [rng.integers(1, 6, size), np.full(size, 6), rng.integers(7, 31, size)],
        0,
    )
    back = np.floor(rng.random(size) * (width + 1)).astype(np.int64)
    start = true_day - back.astype("timedelta64[D]")
    end = start + width.astype("timedelta64[D]")
    single = (rng.random(size) < 0.5) & ((kind == 1) | (kind == 2))
    into_week = weekday_numbers(true_day, "saturday")
    mid_week = true_day + (3 - into_week).astype("timedelta64[D]")
    mid_month = true_day.astype("datetime64[M]").astype("datetime64[D]") + np.timedelta64(14, "D")
    coded = np.where(kind == 1, mid_week, mid_month)
    start, end = np.where(single, coded, start), np.where(single, coded, end)
    latest = np.maximum(true_day, extracted)
    start, end = (np.clip(day, first_day, latest) for day in (start, end))
    span = (end - start).astype(np.int64)
    return start, end, np.where(single, np.where(kind == 1, 3, 30), span)


def _respell(
    rng: np.random.Generator, names: pd.Series, spellings: Mapping[str, Sequence[str]], messiness: Messiness
) -> pd.Series:
    """Replace some names by other spellings, and double or trail a space in some."""
    size = len(names)
    known, code = np.unique(names.to_numpy(dtype=object), return_inverse=True)
    variants = [tuple(spellings.get(name, ())) or (name,) for name in known]
    most = max(map(len, variants), default=1)
    table = np.array([(*v, *[""] * (most - len(v))) for v in variants], dtype=object).reshape(-1, most)
    weights = np.array([[1 / (k + 1) if k < len(v) else 0.0 for k in range(most)] for v in variants])
    upper = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)[code]
    choice = np.minimum((rng.random((size, 1)) >= upper).sum(axis=1), most - 1)
    other = table[code, choice]
    spelled = pd.Series(
        np.where(rng.random(size) < messiness.misspelt, other, names.to_numpy(dtype=object)), dtype="str"
    )
    spaced = rng.random(size) < messiness.spaced
    doubled = spelled.str.replace(" ", "  ", n=1, regex=False) + " "
    return spelled.where(~spaced, doubled)


def _place_columns(
    rng: np.random.Generator, places: pd.DataFrame, messiness: Messiness, spellings: Spellings
) -> dict[str, Any]:
    size = len(places)
    admin1 = _respell(rng, places["admin1"], spellings.get("admin1", {}), messiness)
    admin2 = _respell(rng, places["admin2"], spellings.get("admin2", {}), messiness)
    vague = rng.random(size) < messiness.district_unknown
    lost = rng.choice(size, min(messiness.unknown_places, size), replace=False)
    admin1.iloc[lost[::2]] = np.nan
    admin1.iloc[lost[1::2]] = MADE_UP_PLACE
    vague[lost] = True
    admin2[vague] = np.nan
    precision = rng.choice(["exact", "near", "admin2"], size, p=[0.35, 0.5, 0.15]).astype(object)
    jitter = rng.normal(0, JITTER_DEGREES, (2, size)) * (precision != "admin2")
    precision[vague] = "admin1"
    precision[lost] = "unknown"
    coordinates = places[["latitude", "longitude"]].to_numpy(dtype=float).T + jitter
    coordinates[:, lost] = np.nan
    latitude, longitude = np.round(coordinates, 3)
    return {
        "admin1": admin1,
        "admin2": admin2,
        "latitude": latitude,
        "longitude": longitude,
        "place_precision": pd.array(precision, dtype="str"),
    }


def _what_columns(rng: np.random.Generator, activity: pd.Series) -> dict[str, Any]:
    size = len(activity)
    names = activity.to_numpy(dtype=object)
    one, two = rng.random(size), rng.random(size)
    initiator = np.full(size, "unknown", dtype=object)
    kind = names.copy()
    first, second = (np.full(size, who, dtype=object) for who in ("security forces", "insurgents"))
    for name in pd.unique(activity):
        here = names == name
        words, chances = _INITIATOR.get(name, (("unknown",), (1.0,)))
        initiator[here] = np.array(words, dtype=object)[
            np.minimum(np.searchsorted(np.cumsum(chances), one[here], side="right"), len(words) - 1)
        ]
        kinds = np.array(_KINDS.get(name, (name,)), dtype=object)
        kind[here] = kinds[np.floor(two[here] * len(kinds)).astype(np.int64)]
        first[here], second[here] = _ACTORS.get(name, ("security forces", "insurgents"))
    basis = np.where(initiator == "unknown", "unknown", "coded")
    civilian = (names == "attack") & (rng.random(size) < 0.35)
    second[civilian] = "civilians"
    text = {"event_type": names, "sub_event_type": kind, "actor1": first, "actor2": second}
    text |= {"initiator": initiator, "initiator_basis": basis, "activity": names}
    columns: dict[str, Any] = {name: pd.array(values, dtype="str") for name, values in text.items()}
    return {**columns, "civilian_targeting": pd.array(civilian, dtype="boolean")}


def _casualties(rng: np.random.Generator, activity: pd.Series, messiness: Messiness) -> dict[str, Any]:
    """Deaths with many zeros and a power-law tail [2]_; "a number of" is missing with a low estimate of 1."""
    size = len(activity)
    no_deaths, not_stated = (activity.map(table).fillna(0.5) for table in (_NO_DEATHS, _NOT_STATED))
    tail = np.floor((1 - rng.random(size)) ** (-1 / (TAIL_EXPONENT - 1)))
    best = np.where(rng.random(size) < no_deaths, 0, np.minimum(tail, LARGEST)).astype(np.int64)
    low = best - rng.binomial(best, 0.1)
    high = best + rng.poisson(0.1 + 0.15 * best)
    unstated: BoolArray = rng.random(size) < not_stated
    crossed = (rng.random(size) < messiness.crossed_estimates) & ~unstated
    low = np.where(crossed, best + 1, low)
    low = np.where(unstated, 1, low)
    wounded = rng.poisson(0.3 + best)
    unknown_wounded = rng.random(size) < 0.3
    arrest = (activity == "arrest").to_numpy()
    values = {"fatalities": best, "fatalities_low": low, "fatalities_high": high, "wounded": wounded}
    missing = {"fatalities": unstated, "fatalities_high": unstated, "wounded": unknown_wounded & ~arrest}
    columns = {}
    for name, numbers in values.items():
        array = pd.array(numbers, dtype="Int64")
        array[missing.get(name, np.zeros(size, bool))] = pd.NA
        columns[name] = array
    return columns
