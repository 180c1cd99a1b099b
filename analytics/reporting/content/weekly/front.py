"""What the front page of a weekly report says, before it is set: words and numbers, no layout."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from analytics.counts import Counts
from analytics.counts.silences import GAP, QUIET
from analytics.counts.spliced import SPLICE
from analytics.geo.calendars import overlaps
from analytics.reporting.content.weekly.ahead import next_lines
from analytics.reporting.content.weekly.comment import read_comment
from analytics.reporting.content.weekly.falls import country_fall, falls_line, second_line
from analytics.reporting.content.weekly.groups import Group, front_groups
from analytics.reporting.content.weekly.issue import Changes
from analytics.reporting.content.weekly.numbers import RECENT, WeeklyNumbers
from analytics.reporting.content.weekly.series import WeekSeries, weeks_on
from analytics.reporting.content.weekly.standouts import WEEKS, Standout, closest, standouts
from analytics.results import SUPPORTED, format_number
from analytics.results.chance import CHANCE
from analytics.results.grades import GRADES, short_words
from analytics.results.uptick_tables import answer_parts
from analytics.results.words import NAMED, counted
from analytics.results.words_days import baseline_words, day_words, length_words, span_words
from analytics.results.words_report import (
    country_words,
    gone_words,
    means_words,
    quiet_words,
    reported_words,
    running_words,
)
from analytics.sources.registry import TABLE, find_source, source_names
from analytics.sources.source import WARNING
from analytics.upticks.before import RISE
from analytics.upticks.history import SHORT
from analytics.upticks.outlets import OUTLETS

__all__ = ["REPORTED", "Country", "FrontPage", "Standout", "front_page", "series_of"]

_HEADLINE = 90  # characters, beyond which it names fewer regions
_ALL_IN = 0.995  # a share of reports from which on all are said to be in
REPORTED = "reported so far: "
_UNJUDGED = {
    "too_few": "too few incidents",
    "unsteady": "counts that swing too much",
    "none_recorded": "none recorded",
    "no_data": "no data",
}


@dataclass(frozen=True)
class Country:
    """All regions together, against their usual.

    Attributes
    ----------
    name : str
        What they are called together.
    lead, aside : str
    starts : tuple of str
        First day of each week, as a reader says it.
    weeks, low, high, usual : tuple of float
        The weeks, and what each one's own past year leads one to expect; NaN where not known.
    """

    name: str
    called: bool
    lead: str
    aside: str
    starts: tuple[str, ...]
    weeks: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    usual: tuple[float, ...]


@dataclass(frozen=True)
class FrontPage:
    """The first page of a weekly report.

    Attributes
    ----------
    headline, second : str
        The answer, and what is to be said of the other regions.
    alarm : bool
        Whether the answer is that there is an uptick.
    strip : tuple of str
        What is counted, source, windows, data until, reported so far, who answers for it.
    standouts : tuple of Standout
        The regions in ▲ and △, smallest p-value first; then those in ▼.
    closest : tuple of Standout
        Where nothing stands out: the regions closest to it.
    left_out : str
        Who stands out beyond those, or "".
    falls : str
        Who is far below the usual, and who at half of it without a call; "" for one series.
    news : tuple of str
        Suspected gaps, silence taken as quiet, regions no longer called, corrections, days of the calendar, a
        week still running.
    comment : tuple of str
        What the analyst says of the whole.
    key : str
        What the signs on the map mean, those that are there.
    groups : tuple of Group
        Every region, in five lines; empty for one series.
    country : Country
    means : str
        What "uptick" means.
    next_lines : str
        From how many on an uptick would be called next week, or "".
    asked_weeks : int
        How many of the last weeks the window covers.
    simulated : bool
    """

    headline: str
    second: str
    alarm: bool
    strip: tuple[str, ...]
    standouts: tuple[Standout, ...]
    closest: tuple[Standout, ...]
    left_out: str
    falls: str
    news: tuple[str, ...]
    comment: tuple[str, ...]
    key: str
    groups: tuple[Group, ...]
    country: Country
    means: str
    next_lines: str
    asked_weeks: int
    simulated: bool

    def sentences(self) -> tuple[str, ...]:
        """Return what the page says, sentence by sentence, for a terminal or for mail."""
        country = f"{self.country.name}: {self.country.lead} {self.country.aside}"
        said = [f"{s.sign} {s.region}: {s.lead} {s.facts}".strip() for s in self.standouts]
        lines = (self.headline, self.second, *said, self.left_out, self.falls, *self.news, country)
        return tuple(filter(None, lines))


def front_page(numbers: WeeklyNumbers, changes: Changes | None = None) -> FrontPage:
    """Return what the front page says; `changes` since an earlier issue, where one is given.

    Examples
    --------
    >>> from analytics.reporting.content.weekly import weekly_counts, weekly_numbers
    >>> page = front_page(weekly_numbers(weekly_counts(sample=True, as_of="2020-04-19")))
    >>> page.headline, page.second
    ('Uptick in Kirkuk.', 'Third week, still rising. No other region shows one; 8 of 18 could not be judged.')
    """
    comment = read_comment(numbers.request.comment, numbers.counts.regions)
    headline, second = _answer(numbers)
    shown, left_out = standouts(numbers, comment)
    result = numbers.result
    return FrontPage(
        headline=headline,
        second=second,
        alarm=bool(result.regions(SUPPORTED)),
        strip=_strip(numbers),
        standouts=shown,
        closest=() if shown else closest(numbers),
        left_out=left_out,
        falls="" if numbers.single else falls_line(numbers, [s.region for s in shown if s.sign == "▼"]),
        news=_news(numbers, changes),
        comment=comment.general,
        key="   ".join(
            [*_signs(numbers), *(["▼ far below usual"] if numbers.rows["far_below"].any() else [])]
        ),
        groups=() if numbers.single else front_groups(numbers),
        country=_country(numbers),
        means=means_words(
            length_words(RECENT),
            result.alpha,
            len(numbers.rows),
            late=result.completeness != 1.0,
            by_chance="" if numbers.single else CHANCE.short(len(numbers.rows)),
            facts=_facts(numbers, shown),
        ),
        next_lines=next_lines(numbers),
        asked_weeks=RECENT // 7,
        simulated=numbers.simulated,
    )


def _answer(numbers: WeeklyNumbers) -> tuple[str, str]:
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
        row = rows.iloc[0]
        name = "" if numbers.undivided else f" in {row['region']}"
        words = str(row["words"])
        if row["grade"] == "uptick":
            return f"Uptick{name}.", _status(row)
        head, _, rest = words.partition("; ")
        return f"{head[:1].upper()}{head[1:]}{name}.", f"{rest[:1].upper()}{rest[1:]}." if rest else ""
    first, others = next(
        parts
        for most in range(NAMED, 0, -1)
        if len((parts := answer_parts(numbers.result, most))[0]) <= _HEADLINE or most == 1
    )
    if (rows["grade"] == "no_data").all():
        why = str(rows["words"].iloc[0]).partition(": ")[2]
        return "No region can be judged.", f"{why[:1].upper()}{why[1:]}."
    low = second_line(numbers)
    if rows["grade"].isin(list(_UNJUDGED)).all():
        tally = rows["grade"].value_counts()
        why = ", ".join(f"{words} in {tally[grade]}" for grade, words in _UNJUDGED.items() if grade in tally)
        why = why.rpartition(" in ")[0] if len(tally) == 1 else why
        return first, f"Not one of {len(rows)} could be judged: {why}.{low}"
    if not numbers.result.regions(SUPPORTED):
        quiet, ruled_out = (rows[rows["grade"] == grade] for grade in ("no_sign", "no_large_rise"))
        told = ruled_out if quiet.empty else quiet
        only = str(told["region"].iloc[0]) if len(told) == 1 else ""
        missed = quiet_words(quiet["detectable"].to_list(), len(ruled_out), numbers.result.margin, only)
        return first, f"{others} {missed}".strip() + low
    new = _status(rows.iloc[0])
    only_one = len(numbers.result.regions(SUPPORTED)) == 1
    return first, (f"{new} {others}".strip() if only_one else others) + low


def _status(row: pd.Series) -> str:
    status = str(row["status"])
    return f"{status[0].upper()}{status[1:]}." if status else ""


def _strip(numbers: WeeklyNumbers) -> tuple[str, ...]:
    asked, result = numbers.request, numbers.result
    what = f"Incidents where {asked.where}" if asked.where else "Incidents of all types"
    source = numbers.incidents.source
    if source in source_names() and source != TABLE:
        what += f", {find_source(source).title}"
    if numbers.simulated:
        what += ", simulated"
    usual = baseline_words(result.baseline.days)
    window = f"the {length_words(RECENT)} {span_words(result.recent)} against the {usual} to "
    reported = reported_words(result.completeness)
    return tuple(
        filter(
            None,
            (
                asked.subtitle or "",
                what,
                window + day_words(result.baseline.end, year=False) + _without_data(numbers),
                f"data until {day_words(numbers.counts.as_of, year=False)}",
                f"{REPORTED}{reported}",
                asked.author or "",
                asked.handling or "",
            ),
        )
    )


def _without_data(numbers: WeeklyNumbers) -> str:
    """Say how much of the baseline has no coverage anywhere."""
    counts = numbers.counts
    inside = numbers.result.baseline.contains(counts.starts)
    lost = int((inside & ~counts.coverage.any(axis=1)).sum()) * (7 if counts.finest == "week" else 1)
    return f", {counted(lost, 'day')} of it without data" if lost else ""


def _news(numbers: WeeklyNumbers, changes: Changes | None) -> tuple[str, ...]:
    told = (*numbers.incidents.notes, *numbers.counts.notes, *numbers.result.notes)
    first = (GAP, WARNING, SPLICE, RISE, SHORT, OUTLETS)
    notes = [note for note in dict.fromkeys(told) if note.startswith(first) or note.endswith(QUIET)]
    said = [f"{note[0].upper()}{note[1:]}." for note in notes]
    gone = numbers.rows[numbers.rows["status"].str.startswith("no longer")]
    said += [gone_words(row["region"], row["status"]) for _, row in gone.iterrows()]
    days = len(numbers.counts.starts) * numbers.counts.period_days
    looked_back = days >= RECENT + numbers.result.guard + numbers.result.baseline.days + 7
    if gone.empty and looked_back and not numbers.result.regions(SUPPORTED) and not said:
        said.append("Nothing was in uptick last week either.")
    if changes is not None:
        said += changes.corrections or [f"Nothing withdrawn or corrected. {changes.revised[0]}"]
    said += calendar_words(numbers)
    if numbers.running is not None:
        inside = numbers.running.contains(numbers.total.starts)
        said.append(running_words(numbers.running.days, int(numbers.total.values[inside, 0].sum())))
    return tuple(said)


def calendar_words(numbers: WeeklyNumbers) -> list[str]:
    """Return a sentence on each calendar term that the result has noted."""
    found = overlaps(numbers.result.recent, numbers.result.baseline, countries=numbers.counts.countries)
    return [
        f"{term}: "
        + (
            "its effect cannot be told from an uptick."
            if term.recent_only
            else "part of a difference may be its effect."
        )
        for term in found
        if str(term) in numbers.result.notes
    ]


def _country(numbers: WeeklyNumbers) -> Country:
    one = len(numbers.counts.countries) == 1 and numbers.counts.whole
    name = "All incidents" if numbers.undivided else "The country" if one else "All regions together"
    if numbers.single and not numbers.undivided:
        name = numbers.counts.regions[0]
    row = numbers.national.frame.iloc[0]
    made = series_of(numbers, numbers.total, name, WEEKS)
    now, before = (numbers.weeks.at(day) for day in (numbers.week.start, weeks_on(numbers.week.start, -1)))
    aside = f"This week {format_number(now, 0)}, last week {format_number(before, 0)}"
    low, high = made.low[-1], made.high[-1]
    if np.isfinite(low):
        span = baseline_words(numbers.week_test.baseline.days)
        leads = "leads" if span == "year" else "lead"
        scaled = ", of what is reported by now" if (numbers.result.completeness or 1.0) < _ALL_IN else ""
        aside += f"; the {span} before {leads} one to expect {low:,.0f} to {high:,.0f} a week (band{scaled})"
    status = str(numbers.national.status.iloc[0])
    if status.startswith("no longer"):
        aside += f". Last week it was in uptick; {status.partition(': ')[2]}"
    elif status:
        aside += f". {status[0].upper()}{status[1:]}"
    aside += "" if numbers.single else country_fall(numbers)
    return replace(
        made,
        called=row["verdict"] == SUPPORTED,
        lead=country_words(row["observed"], row["expected"], length_words(RECENT), str(row["words"])),
        aside=f"{aside}.",
    )


def series_of(numbers: WeeklyNumbers, counts: Counts, name: str, weeks: int) -> Country:
    """Return the last weeks of one series over what each one's own past year leads one to expect."""
    series = WeekSeries.of(counts)
    kept = series.starts <= numbers.week.start
    starts, values = series.starts[kept][-weeks:], series.values[kept][-weeks:]
    band = numbers.band if counts is numbers.total else numbers.band_of(counts)
    band = (
        band.assign(start=band["start"].to_numpy().astype("datetime64[D]")).set_index("start").reindex(starts)
    )
    low, high, usual = (tuple(band[column].to_list()) for column in ("low", "high", "expected"))
    named = tuple(day_words(day, year=False, short=True) for day in starts)
    return Country(name, False, "", "", named, tuple(values.tolist()), low, high, usual)


def _signs(numbers: WeeklyNumbers) -> list[str]:
    return [short_words(grade) for grade in GRADES if (numbers.rows["grade"] == grade).any()]


def _facts(numbers: WeeklyNumbers, shown: tuple[Standout, ...]) -> Literal["", "p", "q"]:
    """Return which small print the page has to explain."""
    if not any(item.facts for item in shown):
        return ""
    return "p" if numbers.single else "q"
