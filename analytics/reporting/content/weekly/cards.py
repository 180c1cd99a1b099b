"""What the card of each region in ▲ or △ says: who, what and where within it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics.periods import as_window
from analytics.reporting.content.weekly.comment import read_comment
from analytics.reporting.content.weekly.front import Country, series_of
from analytics.reporting.content.weekly.numbers import WeeklyNumbers
from analytics.reporting.content.weekly.standouts import Standout, standout
from analytics.reporting.content.weekly.where import Part, inside_parts
from analytics.results import counted, p_words
from analytics.results.words_days import day_words, span_words

__all__ = ["CardsPage", "Check", "Notable", "RegionCard", "cards_page"]

_MOST = 6
_WEEKS = 52
_PARTS = 4
_NOTABLE = 4


@dataclass(frozen=True)
class Check:
    """One way in which an uptick was tested again: what was done, what was found, whether it stands."""

    what: str
    found: str
    stands: bool | None


@dataclass(frozen=True)
class Notable:
    """An incident of the window: day, district, type and the range of its dead; no names, no notes."""

    day: str
    district: str
    kind: str
    casualties: str


@dataclass(frozen=True)
class RegionCard:
    """One region: its weeks, its parts, its notable incidents and what its uptick stands.

    Attributes
    ----------
    standout : Standout
        Numbers and words of the front page.
    weeks : Country
        52 weeks over what each one's own past year leads one to expect.
    parts : tuple of (str, tuple of Part, float)
        Title, parts of the window's incidents, and how many are in none of them: districts, types, actors
        named first, attacks and operations apart.
    notable : tuple of Notable
    notable_left : str
        What is said where no incident is notable, or of the rest.
    checks : tuple of Check
    """

    standout: Standout
    weeks: Country
    parts: tuple[tuple[str, tuple[Part, ...], float], ...]
    notable: tuple[Notable, ...]
    notable_left: str
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class CardsPage:
    """The cards, six at most, and who has none for want of room."""

    cards: tuple[RegionCard, ...]
    left_out: str


def cards_page(numbers: WeeklyNumbers) -> CardsPage | None:
    """Return a card for each region in ▲ or △; None where there is none."""
    rows = numbers.rows[numbers.rows["grade"].isin(("uptick", "above_usual"))]
    if rows.empty:
        return None
    cards = tuple(_card(numbers, row) for _, row in rows.head(_MOST).iterrows())
    left = rows["region"].tolist()[_MOST:]
    more = (
        f"No card for want of room: {', '.join(left[:20])}" + (", ..." if len(left) > 20 else "")
        if left
        else ""
    )
    return CardsPage(cards, more)


def _card(numbers: WeeklyNumbers, row: pd.Series) -> RegionCard:
    name = str(row["region"])
    comment = read_comment(numbers.request.comment, numbers.counts.regions)
    rows = numbers.counted
    parts: tuple[tuple[str, tuple[Part, ...], float], ...] = ()
    notable: tuple[Notable, ...] = ()
    left = "Single incidents are not known: the file holds counts."
    if rows is not None:
        mine = rows[rows["region"] == name]
        parts = _parts(numbers, mine, name)
        notable, left = _notable(numbers, mine)
    return RegionCard(
        standout=standout(numbers, row, comment),
        weeks=replace(
            series_of(numbers, numbers.counts.select(name), name, _WEEKS), called=row["grade"] == "uptick"
        ),
        parts=parts,
        notable=notable,
        notable_left=left,
        checks=_checks(numbers, row),
    )


def _parts(
    numbers: WeeklyNumbers, rows: pd.DataFrame, name: str
) -> tuple[tuple[str, tuple[Part, ...], float], ...]:
    columns = {
        "Districts": "district", "Event types": "event_type", "Attacks and operations": "activity",
        "Actors named first": "actor1",
    }  # fmt: skip
    if numbers.counts.by == "admin2":
        columns["Districts"] = "place"
        columns = {("Places" if title == "Districts" else title): column for title, column in columns.items()}
    return tuple(
        (title, *inside_parts(rows, column, numbers, name, _PARTS))
        for title, column in columns.items()
        if rows[column].notna().any()
        and column != numbers.counts.by
        and not (column == "activity" and rows[column].eq("other").all())
    )


def _notable(numbers: WeeklyNumbers, rows: pd.DataFrame) -> tuple[tuple[Notable, ...], str]:
    inside = rows[numbers.result.recent.contains(rows["day"].to_numpy().astype("datetime64[D]"))]
    dead = inside[inside["fatalities"].fillna(0) > 0]
    top = dead.sort_values(["fatalities", "day"], ascending=[False, False], kind="stable").head(_NOTABLE)
    found = tuple(
        Notable(
            day_words(row["day"].to_datetime64(), year=False, short=True),
            _stated(row["district"]) or _stated(row["place"]),
            _stated(row["sub_event_type"]) or _stated(row["event_type"]) or "type not stated",
            _casualties(row),
        )
        for _, row in top.iterrows()
    )
    unknown = int(inside["fatalities"].isna().sum())
    silent = f"{counted(unknown, 'incident')} of {len(inside)} state no fatalities." if unknown else ""
    if not found:
        return (), f"No incident of the window states a fatality. {silent}".strip()
    return found, f"The deadliest of {counted(len(dead), 'fatal incident')}. {silent}".strip()


def _stated(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value).strip()


def _casualties(row: pd.Series) -> str:
    best, low, high = (row[name] for name in ("fatalities", "fatalities_low", "fatalities_high"))
    text = f"{best:,.0f} killed"
    if pd.notna(low) and pd.notna(high) and low <= best <= high and low != high:
        text += f" ({low:,.0f} to {high:,.0f})"
    return text


def _checks(numbers: WeeklyNumbers, row: pd.Series) -> tuple[Check, ...]:
    beside = numbers.result.sensitivity
    if row["grade"] != "uptick" or beside is None:
        return ()
    told = beside[beside["region"] == row["region"]].iloc[0]  # of each region in uptick there is one
    p = row["pvalue_expected"]
    alpha = numbers.result.alpha
    coarse, episode = told["coarse dates excluded"], told["largest past episode removed"]
    mean = row["pvalue_constant"]
    other = (Check("against the baseline's mean", p_words(mean), bool(mean <= alpha)),)
    return (
        Check("against trend and season", "not tested: too little history" if np.isnan(p) else p_words(p),
              None if np.isnan(p) else bool(p <= alpha)),
        *(other if row["null"] == "expected" else ()),
        Check("without dates coarser than a week", str(coarse), _stands(str(coarse))),
        Check(f"without its largest past episode "
              f"({span_words(as_window(told['episode']))})", str(episode), _stands(str(episode))),
    )  # fmt: skip


def _stands(found: str) -> bool | None:
    if found.startswith("uptick"):
        return True
    return False if found.startswith("cannot") else None
