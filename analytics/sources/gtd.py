"""The Global Terrorism Database, whole or cut: columns found by name.

``RULES`` states how words are derived. The GTD holds acts of non-state actors only, by its own definition of
terrorism, so a named group is an insurgent one; *Unknown* stays unknown.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from analytics.periods import DAY, as_gap
from analytics.sources.checks import Draft, whole
from analytics.sources.columns import clean_text
from analytics.sources.coverage import Splice
from analytics.sources.dates import MDY, parse_dates
from analytics.sources.source import Dates, Decides, People, Source

__all__ = ["RULES", "SOURCE"]

RULES = pd.DataFrame(
    [
        ("gname Unknown or blank", "unknown", "unknown", "attack"),
        ("any other gname", "insurgent", "rule", "attack"),
    ],
    columns=["where", "initiator", "initiator_basis", "activity"],
)
_LONGEST = 366  # days of an approximate date: a longer one says nothing
_DAY = r"(?:[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[A-Za-z]{3,9}\.? [0-9]{1,2},? [0-9]{4})"
_RANGE = re.compile(rf"(?:between |from )?({_DAY}) ?(?:-|–|to|and|through) ?({_DAY})", re.IGNORECASE)
_IN_ONE_MONTH = re.compile(r"([A-Za-z]{3,9})\.? ([0-9]{1,2}) ?(?:-|–|to|and) ?([0-9]{1,2}),? ([0-9]{4})")
_TWO_MONTHS = re.compile(
    r"([A-Za-z]{3,9}\.? [0-9]{1,2}) ?(?:-|–|to|and) ?([A-Za-z]{3,9}\.? [0-9]{1,2}),? ([0-9]{4})"
)


def _ends_of(text: str) -> tuple[str, str]:
    """Return the first and the last day that an approximate date names, as text; blank where none.

    Examples
    --------
    >>> _ends_of("January 19-20, 1970"), _ends_of("12/30/2014 - 01/02/2015"), _ends_of("early June")
    (('January 19, 1970', 'January 20, 1970'), ('12/30/2014', '01/02/2015'), ('', ''))
    """
    text = clean_text(text)
    if found := _RANGE.fullmatch(text):
        return found[1], found[2]
    if found := _IN_ONE_MONTH.fullmatch(text):
        return f"{found[1]} {found[2]}, {found[4]}", f"{found[1]} {found[3]}, {found[4]}"
    if found := _TWO_MONTHS.fullmatch(text):
        return f"{found[1]}, {found[3]}", f"{found[2]}, {found[3]}"
    return "", ""


def _approximate(draft: Draft) -> None:
    """Take the span that ``approxdate`` states, where it holds the date that is coded."""
    codes, uniques = pd.factorize(draft.columns.strings("approxdate"))
    stated = pd.Series(uniques, dtype="str").str.strip() != ""
    ends = pd.DataFrame([_ends_of(text) for text in uniques], columns=[0, 1], dtype="str")
    first, last = (
        parse_dates(ends[at], name="approxdate", slashes=MDY).days[codes]
        if (ends[at] != "").any()
        else np.full(len(codes), np.datetime64("NaT", "D"))
        for at in (0, 1)
    )
    start, end = (np.asarray(draft.data[name], dtype="datetime64[D]") for name in ("date_start", "date_end"))
    fits = (first >= start) & (first <= end) | (start >= first) & (start <= last)
    fits &= (last >= first) & (last - first <= _LONGEST * DAY)
    draft.data["date_start"], draft.data["date_end"] = np.where(fits, first, start), np.where(fits, last, end)
    coded = pd.Series(draft.data["date_precision"])
    draft.data["date_precision"] = coded.mask(fits, whole(np.where(fits, (last - first) / DAY, 0.0)))
    asked = stated.to_numpy(dtype=bool)[codes]
    if asked.any():
        weight = np.ones(len(fits), dtype=np.int64) if draft.weight is None else draft.weight
        taken, left = int(weight[fits].sum()), int(weight[asked & ~fits].sum())
        draft.notes.append(
            f"approxdate: the span it states is taken in {taken:,} rows; in {left:,} it states none that "
            "holds the coded date, which stands"
        )


def _rules(draft: Draft) -> None:
    unknown = draft.columns.words("gname").isin(["", "unknown"]).to_numpy(dtype=bool)
    draft.data["initiator"] = np.where(unknown, "unknown", "insurgent")
    draft.data["initiator_basis"] = np.where(unknown, "unknown", "rule")


SOURCE = Source(
    name="gtd",
    title="GTD",
    terms="attribution to START, University of Maryland; for research; rows must not be passed on",
    counts="acts of terrorism by non-state actors, with or without deaths",
    leaves_out="acts of states; 1993, whose records were lost; comparable only within 1970-1997, 1998-2007, "
    "2008-2011 and from November 2011 on, as the way of collecting changed",
    marks=(("eventid", "iyear"), ("iyear", "imonth", "iday")),
    identifier="eventid",
    text={
        "country": "country_txt",
        "admin1": "provstate",
        "place": "city",
        "event_type": "attacktype1_txt",
        "sub_event_type": "weaptype1_txt",
        "actor1": "gname",
    },
    missing={"admin1": ("Unknown", "unknown"), "place": ("Unknown", "unknown")},
    dates=Dates(parts=("iyear", "imonth", "iday"), closer=("approxdate", _approximate)),
    place_precision=(
        "specificity",
        {"1": "exact", "2": "admin2", "3": "admin2", "4": "admin1", "5": "country"},
    ),
    people={
        "fatalities": People(("nkill",), not_stated=(-9.0, -99.0)),
        "wounded": People(("nwound",), not_stated=(-9.0, -99.0)),
    },
    fixed={"activity": "attack"},
    rules=_rules,
    decides=(Decides(("gname",), gives=("initiator", "initiator_basis")),),
    notes=(
        ("", "initiator: a named group, as the GTD holds acts of non-state actors only; else unknown"),
        (
            "",
            "an incident counts on the day it began; resolution, the end of a long one, is in extra",
        ),
        ("nkill", "nkill: a fraction, by which the GTD divides deaths among incidents, is read as missing"),
        ("", "no coverage of 1993, whose records the GTD lost"),
    ),
    no_coverage=(as_gap("1993-01-01..1993-12-31"),),
    splices=tuple(
        Splice(np.datetime64(day), "the GTD is collected in another way")
        for day in ("1998-01-01", "2008-01-01", "2011-11-01")
    ),
)
