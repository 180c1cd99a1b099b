"""The answer of a weekly report: the headline, how sure it is, and what is new."""

from __future__ import annotations

import pandas as pd

from analytics.geo.calendars import Overlap, overlaps
from analytics.periods import DAY
from analytics.reporting.content.weekly.numbers import RECENT, WeeklyNumbers
from analytics.results import SUPPORTED
from analytics.results.grades import NOT_JUDGED, half_or_less
from analytics.results.uptick_tables import answer_parts, unjudged_words
from analytics.results.words import NAMED, counted, noun
from analytics.results.words_days import length_words
from analytics.results.words_report import chance_words, quiet_words
from analytics.results.words_status import gone_words, since_words

__all__ = ["country_called", "front_answer", "together", "what_is_new"]

_HEADLINE = 90  # characters, beyond which it names fewer regions


def front_answer(numbers: WeeklyNumbers) -> tuple[str, str]:
    """Return the headline, and how sure it is."""
    rows = numbers.rows
    if not numbers.counts.values.any():
        where = numbers.request.where
        none = (
            f"No incident of the file fits {where}."
            if where
            else "No incident lies in these regions and days."
        )
        return "Nothing was counted.", f"{none} This says nothing about what happened."
    if len(rows) == 1:
        return _single(numbers)
    first, others = next(
        parts
        for most in range(NAMED, 0, -1)
        if len((parts := answer_parts(numbers.result, most))[0]) <= _HEADLINE or most == 1
    )
    if (rows["grade"] == "no_data").all():
        why = str(rows["words"].iloc[0]).partition(": ")[2]
        return first, f"{why[:1].upper()}{why[1:]}."
    if rows["grade"].isin(NOT_JUDGED).all() and not country_called(numbers):
        return first, f"Not at all: {unjudged_words(rows)}."
    called = rows[rows["grade"] == "uptick"]
    if len(called):
        sure = chance_words(float(called["qvalue"].max()), several=True)
        both = f", and in {_whole(numbers)}." if country_called(numbers) else "."
        return f"{first[:-1]}{both}", " ".join([sure, *calendar_words(numbers), others]).strip()
    few = "Not very." if 2 * rows["grade"].isin(NOT_JUDGED).sum() > len(rows) else ""
    sure = " ".join(filter(None, [few, _missed(numbers), others, *calendar_words(numbers)]))
    if country_called(numbers):
        chance = chance_words(float(numbers.national.frame["pvalue"].iloc[0]), several=False)
        return f"Uptick in {_whole(numbers)}, in no region alone.", f"{chance} {first} {sure}"
    return first, sure


def _single(numbers: WeeklyNumbers) -> tuple[str, str]:
    """Return the same of one series."""
    row = numbers.rows.iloc[0]
    name = "" if numbers.undivided else f" in {row['region']}"
    days = calendar_words(numbers)
    if row["grade"] == "uptick":
        return f"Uptick{name}.", " ".join([chance_words(float(row["pvalue"]), several=False), *days])
    head, _, rest = str(row["words"]).partition("; ")
    sure = f"{rest[:1].upper()}{rest[1:]}." if rest else ""
    return f"{head[:1].upper()}{head[1:]}{name}.", " ".join(filter(None, [sure, *days]))


def _whole(numbers: WeeklyNumbers) -> str:
    return "the country as a whole" if together(numbers) == "The country" else "the total of all regions"


def _missed(numbers: WeeklyNumbers) -> str:
    """Return how small a rise could have been missed in a week without an uptick."""
    of = dict(tuple(numbers.rows.groupby("grade")))
    none = numbers.rows.iloc[:0]
    quiet, out, out_if = (of.get(grade, none) for grade in ("no_sign", "no_large_rise", "no_large_rise_if"))
    if len(quiet) and len(out) + len(out_if):  # one sentence that holds for all of them
        quiet, out, out_if = pd.concat([quiet, out, out_if]), none, none
    return quiet_words(
        quiet["detectable"].dropna().to_list(),
        out["region"].tolist(),
        out_if["region"].tolist(),
        numbers.result.margin,
        quiet["region"].tolist(),
    )


def what_is_new(numbers: WeeklyNumbers) -> str:
    """Return what has changed since the week before: who is called newly, longer, or no more."""
    rows, window = numbers.rows, length_words(RECENT)
    if not numbers.counts.values.any():
        return ""
    called = rows[rows["grade"] == "uptick"]
    said = [
        since_words(of["region"].tolist(), str(status))
        for status, of in called.groupby("status", sort=False)
        if status
    ]
    gone = rows[rows["status"].str.startswith("no longer")]
    said += [
        gone_words(name, status, window) for name, status in zip(gone["region"], gone["status"], strict=True)
    ]
    status = "" if numbers.single else str(numbers.national.status.iloc[0])
    if status.startswith("no longer"):
        said.append(gone_words(together(numbers), status, window))
    elif status:
        said.append(since_words([together(numbers)], status))
    return " ".join([*(said or [_unchanged(numbers)]), *_half(numbers)])


def _unchanged(numbers: WeeklyNumbers) -> str:
    """Return the sentence where nobody is called newly, longer or no more."""
    rows = numbers.rows
    days = len(numbers.counts.starts) * numbers.counts.period_days
    if days < RECENT + numbers.result.guard + numbers.result.baseline.days + 7:
        return "Not known: too little history for a look at the week before."
    if rows["grade"].isin(NOT_JUDGED).all():
        return "Not known: no region could be judged this week."
    return "No uptick last week, and none now."


def _half(numbers: WeeklyNumbers) -> list[str]:
    """Return that all regions together are at half their usual, and whether they were a week before."""
    row, name = numbers.national.frame.iloc[0], together(numbers)
    usual = float(row["expected"])
    if numbers.single or not half_or_less(float(row["observed"]), usual, str(row["grade"])):
        return []
    inside = numbers.result.recent.contains(numbers.total.starts + 7 * DAY)
    covered = numbers.total.coverage[inside, 0]
    before = float(numbers.total.values[inside, 0].sum())
    many = name.startswith("All ")
    still, has = (" are still", " have") if many else (" is still", " has")
    half = f"half {'their' if many else 'its'} usual or less"
    if not covered.all():
        return [f"{name}{still.removesuffix(' still')} at {half}."]
    if half_or_less(before, usual):
        return [f"{name}{still} at {half}."]
    return [f"{name}{has} fallen to {half}, which may be chance."]


def calendar_words(numbers: WeeklyNumbers) -> list[str]:
    """Return a sentence on each calendar term that the result has noted."""
    found = overlaps(numbers.result.recent, numbers.result.baseline, countries=numbers.counts.countries)
    return [_term(term) for term in found if str(term) in numbers.result.notes]


def _term(term: Overlap) -> str:
    days, of = term.recent_days, term.recent_length
    who = (
        f"All {of} days lie" if days == of else f"{counted(days, 'day')} of {of} {noun(days, 'lies', 'lie')}"
    )
    low = f"{who[:1].lower()}{who[1:]}"
    if term.recent_only:
        cause = f"But {term.label} may be the cause of a rise or fall"
        return f"{cause}: {low} in it, and none of those they are compared with."
    share = f"{term.baseline_days:,} of the {term.baseline_length:,} they are compared with"
    return f"But {low} in {term.label}, {share}: that may explain part of a rise or fall."


def country_called(numbers: WeeklyNumbers) -> bool:
    """Return whether all regions together are in uptick."""
    return bool(numbers.national.frame["verdict"].iloc[0] == SUPPORTED)


def together(numbers: WeeklyNumbers) -> str:
    """Return what all regions together are called."""
    if numbers.single and not numbers.undivided:
        return str(numbers.counts.regions[0])
    one = len(numbers.counts.countries) == 1 and numbers.counts.whole
    return "All incidents" if numbers.undivided else "The country" if one else "All regions together"
