"""What happens, before anyone reports it: incidents by day and district, and an uptick put on top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics._typing import Days, FloatArray, IntArray
from analytics.errors import InputError
from analytics.periods import Window
from analytics.simulation.clusters import SelfExcitation, self_exciting, smooth_profile, weekday_factors

__all__ = ["InjectedUptick", "generators", "what_happens"]


@dataclass(frozen=True, slots=True)
class InjectedUptick:
    """Extra incidents added to districts in a window, marked in the truth.

    Parameters
    ----------
    window : Window
        First and last day of the uptick.
    shares : mapping
        District (admin2) to its share of the extra incidents; any positive weights.
    extra : mapping
        Activity to the number of extra incidents.
    """

    window: Window
    shares: Mapping[str, float]
    extra: Mapping[str, int]


def generators(seed: int, names: Sequence[str]) -> dict[str, np.random.Generator]:
    """Return a stream of its own for each part, so that one part's options do not change the others."""
    streams = np.random.SeedSequence(seed).spawn(len(names))
    return {
        name: np.random.Generator(np.random.PCG64(stream))
        for name, stream in zip(names, streams, strict=True)
    }


def what_happens(
    rngs: Mapping[str, np.random.Generator],
    windows: Sequence[Window],
    totals: IntArray,
    ratios: Mapping[str, float],
    *,
    places: pd.DataFrame,
    days: Days,
    weekday: Sequence[float],
    excitation: SelfExcitation,
    uptick: InjectedUptick | None,
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Draw what happens, day by day, and the share kept of each activity; `ratios` are per attack."""
    by_day = weekday_factors(weekday, days)
    window_of = np.repeat(np.arange(len(windows)), [w.days for w in windows])
    none = InjectedUptick(Window(days[0], days[-1]), {places["admin2"].iloc[0]: 1.0}, {})
    added = _inject(rngs["uptick"], uptick or none, places, days, by_day)
    attacks = window_of[added.loc[added["activity"] == "attack", "day"]]
    injected = np.bincount(attacks, minlength=len(windows))
    wanted = totals - injected
    if (wanted < 0).any():
        at = int(wanted.argmin())
        raise InputError(
            "the uptick is larger than the total of a window",
            expected=f"at most {totals[at]} attacks in {windows[at]}",
            found=f"{injected[at]} injected",
        )
    profile = smooth_profile(windows, wanted.tolist())
    parts, kept_share = [added], {}
    for name, ratio in ratios.items():
        drawn, kept_share[name] = self_exciting(
            rngs[name],
            profile * ratio,
            places["share"].to_numpy(dtype=float),
            by_day,
            excitation,
            window_of,
            np.rint(wanted * ratio).astype(np.int64),
        )
        parts.append(drawn.assign(activity=name, injected=False))
    happened = pd.concat(parts, ignore_index=True)
    shuffled = happened.iloc[rngs["order"].permutation(len(happened))]
    return shuffled.sort_values("day", kind="stable", ignore_index=True), kept_share


def _inject(
    rng: np.random.Generator,
    uptick: InjectedUptick,
    places: pd.DataFrame,
    days: Days,
    by_day: FloatArray,
) -> pd.DataFrame:
    """Draw the extra incidents: independent days (weekday cycle kept) and districts."""
    numbers = np.fromiter(uptick.extra.values(), dtype=np.int64)
    activity = np.repeat(np.array(list(uptick.extra), dtype=object), numbers)
    inside = np.flatnonzero(uptick.window.contains(days))
    weights = np.array(list(uptick.shares.values()), dtype=float)
    row_of = pd.Index(places["admin2"]).get_indexer(pd.Index(list(uptick.shares)))
    return pd.DataFrame(
        {
            "district": rng.choice(row_of, len(activity), p=weights / weights.sum()),
            "day": rng.choice(inside, len(activity), p=by_day[inside] / by_day[inside].sum()),
            "generation": pd.array([pd.NA] * len(activity), dtype="Int64"),
            "activity": pd.array(activity, dtype="str"),
            "injected": True,
        }
    )
