"""What the front page of a weekly report says, before it is set: words and numbers, no layout."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analytics.counts import Counts
from analytics.counts.silences import GAP, QUIET
from analytics.counts.spliced import SPLICE
from analytics.filters.said import filter_words
from analytics.reporting.content.weekly.ahead import next_lines
from analytics.reporting.content.weekly.answer import country_called, front_answer, together, what_is_new
from analytics.reporting.content.weekly.comment import read_comment
from analytics.reporting.content.weekly.falls import falls_line, halved
from analytics.reporting.content.weekly.groups import Group, front_groups
from analytics.reporting.content.weekly.issue import Changes
from analytics.reporting.content.weekly.maps import number_of, tile_marks
from analytics.reporting.content.weekly.numbers import RECENT, WeeklyNumbers, with_status
from analytics.reporting.content.weekly.series import WeekSeries, weeks_on
from analytics.reporting.content.weekly.standouts import WEEKS, Standout, closest, standouts
from analytics.results import SUPPORTED, format_number
from analytics.results.chance import CHANCE
from analytics.results.grades import GRADES, NOT_JUDGED, short_words
from analytics.results.words import counted, noun
from analytics.results.words_days import baseline_words, day_words, length_words, span_words
from analytics.results.words_report import (
    country_words,
    means_words,
    reported_words,
    running_words,
)
from analytics.sources.registry import TABLE, find_source, source_names
from analytics.sources.source import WARNING
from analytics.upticks.before import RISE
from analytics.upticks.history import SHORT
from analytics.upticks.outlets import OUTLETS

__all__ = ["NOT_KNOWN", "REPORTED", "Country", "FrontPage", "Standout", "front_page", "series_of"]

_ALL_IN = 0.995  # a share of reports from which on all are said to be in
REPORTED = "reported so far: "
OTHERWISE = "By the other yardstick: "
NOT_KNOWN = "How many reports are still to come is not known"
_MOST_WORDS = 110  # characters of a filter in words; a longer one stands on the page on method alone


@dataclass(frozen=True)
class Country:
    """All regions together, against their usual.

    Attributes
    ----------
    name : str
        What they are called together.
    lead, aside : str
        What is said of it; the last two weeks and what was to be expected, in small print.
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
    headline : str
        The answer.
    sure, new : str
        How sure that is, with what limits it; what has changed since the week before.
    alarm : bool
        Whether the answer is that there is an uptick.
    limits, strip : tuple of str
        What limits the page: a filter, days without data, reports still to come. What is counted, source,
        windows, data until, reported so far, who answers for it.
    standouts : tuple of Standout
        The regions in ▲ and △, smallest p-value first; then those in ▼.
    closest : tuple of Standout
        Where nothing stands out: the judged regions that are above their usual.
    left_out : str
        Who stands out beyond those, or "".
    falls : str
        Who is far below the usual, and who at half of it without a call; "" for one series.
    news : tuple of str
        Suspected gaps, silence taken as quiet, where the two null hypotheses disagree, corrections, a week
        still running.
    comment : tuple of str
        What the analyst says of the whole.
    nothing : tuple of str
        Where nothing stands out: a title, and why that is said; empty otherwise.
    key : str
        What the signs on the map mean, those that are there, with the number of regions of each grade.
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
    sure: str
    new: str
    alarm: bool
    limits: tuple[str, ...]
    strip: tuple[str, ...]
    standouts: tuple[Standout, ...]
    closest: tuple[Standout, ...]
    left_out: str
    falls: str
    news: tuple[str, ...]
    comment: tuple[str, ...]
    nothing: tuple[str, ...]
    key: str
    groups: tuple[Group, ...]
    country: Country
    means: str
    next_lines: str
    asked_weeks: int
    simulated: bool

    @property
    def second(self) -> str:
        """What stands below the headline, in one line."""
        said = (("How sure", self.sure), ("New", self.new))
        return " ".join(f"{name}: {text}" for name, text in said if text)

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
    >>> page.headline, page.new.partition(". ")[0]
    ('Uptick in Kirkuk.', 'Kirkuk is in its third week')
    """
    comment = read_comment(numbers.request.comment, numbers.counts.regions)
    headline, sure = front_answer(numbers)
    shown, left_out = standouts(numbers, comment)
    marks = tile_marks(numbers)
    shown = tuple(replace(item, tile=number_of(marks.get(item.region, ""))) for item in shown)
    result = numbers.result
    limits, strip = _strip(numbers)
    return FrontPage(
        headline=headline,
        sure=sure,
        new=what_is_new(numbers),
        alarm=bool(result.regions(SUPPORTED)) or country_called(numbers),
        limits=limits,
        strip=strip,
        standouts=shown,
        closest=() if shown else closest(numbers),
        left_out=left_out,
        falls=falls_line(numbers, together(numbers), [s.region for s in shown if s.sign == "▼"]),
        news=_news(numbers, changes),
        comment=comment.general,
        nothing=() if shown or numbers.single else _nothing(numbers),
        key="   ".join(map_key(numbers)),
        groups=() if numbers.single else front_groups(numbers),
        country=_country(numbers),
        means=means_words(
            length_words(RECENT),
            result.alpha,
            len(numbers.rows),
            late=result.completeness != 1.0,
            by_chance="" if numbers.single else CHANCE.short(),
        ),
        next_lines=next_lines(numbers),
        asked_weeks=RECENT // 7,
        simulated=numbers.simulated,
    )


def _judged(numbers: WeeklyNumbers) -> bool:
    return not numbers.rows["grade"].isin(NOT_JUDGED).all()


def _nothing(numbers: WeeklyNumbers) -> tuple[str, ...]:
    """Return a title and a sentence for where no region stands out."""
    if not _judged(numbers):
        return "No region could be judged", "This is no sign of quiet."
    low = halved(numbers.rows).any() or halved(numbers.national.frame).any()
    title = "No rise stands out" if low or country_called(numbers) else "Nothing stands out"
    return title, "No region that could be judged is above its usual beyond chance."


def _strip(numbers: WeeklyNumbers) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what limits the page, and what else it is made from."""
    asked, result = numbers.request, numbers.result
    source = numbers.incidents.source
    title = f", {find_source(source).title}" if source in source_names() and source != TABLE else ""
    simulated = ", simulated" if numbers.simulated else ""
    what = f"Incidents of all types{title}{simulated}"
    if asked.where:
        words = filter_words(asked.where)
        chosen = f"incidents whose {words}" if len(words) <= _MOST_WORDS else "incidents chosen by a filter"
        what = f"Only {asked.subtitle or chosen}{title}{simulated}"
    known = result.completeness is not None
    limits = (
        what if asked.where else "",
        _without_data(numbers),
        "" if known else NOT_KNOWN,
    )
    usual = baseline_words(result.baseline.days)
    window = f"the {length_words(RECENT)} {span_words(result.recent)} against the {usual} to "
    others = (
        "" if asked.where else asked.subtitle or "",
        "" if asked.where else what,
        window + day_words(result.baseline.end, year=False),
        f"data until {day_words(numbers.counts.as_of, year=False)}",
        f"{REPORTED}{reported_words(result.completeness)}" if known else "",
        asked.author or "",
        asked.handling or "",
    )
    return tuple(filter(None, limits)), tuple(filter(None, others))


def _without_data(numbers: WeeklyNumbers) -> str:
    """Say how much of the baseline has no coverage anywhere, or ""."""
    counts = numbers.counts
    inside = numbers.result.baseline.contains(counts.starts)
    lost = int((inside & ~counts.coverage.any(axis=1)).sum()) * (7 if counts.finest == "week" else 1)
    usual = baseline_words(numbers.result.baseline.days)
    have = noun(lost, "is", "are")
    return f"{counted(lost, 'day')} of the {usual} compared with {have} without data" if lost else ""


def _news(numbers: WeeklyNumbers, changes: Changes | None) -> tuple[str, ...]:
    told = (*numbers.incidents.notes, *numbers.counts.notes, *numbers.result.notes)
    first = (GAP, WARNING, SPLICE, RISE, SHORT, OUTLETS)
    notes = [note for note in dict.fromkeys(told) if note.startswith(first) or note.endswith(QUIET)]
    said = [f"{note[0].upper()}{note[1:]}." for note in notes]
    apart = numbers.result.disagreement.partition(": ")[2]
    said += [f"{OTHERWISE}{apart}"] if apart else []
    if changes is not None:
        said += changes.corrections or [f"Nothing withdrawn or corrected. {changes.revised[0]}"]
    if numbers.running is not None:
        inside = numbers.running.contains(numbers.total.starts)
        said.append(running_words(numbers.running.days, int(numbers.total.values[inside, 0].sum())))
    return tuple(said)


def _country(numbers: WeeklyNumbers) -> Country:
    name = together(numbers)
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
    whole = with_status(numbers.national, numbers.national.frame).iloc[0]
    lead = country_words(row["observed"], row["expected"], length_words(RECENT), str(row["words"]))
    if not numbers.single:
        new = "" if str(whole["status"]).startswith("no longer") else str(whole["status_words"])
        new = f"{new[:1].upper()}{new[1:]}." if new else ""
        lead = f"{lead} {new}".rstrip()
    return replace(
        made,
        called=row["verdict"] == SUPPORTED,
        lead=lead,
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


def map_key(numbers: WeeklyNumbers) -> list[str]:
    """Return what the signs on the map mean: the grades that are there, with their numbers, then falls."""
    rows = numbers.rows
    tally = rows["grade"].value_counts()
    key = [f"{short_words(grade)} ({tally[grade]})" for grade in GRADES if grade in tally]
    down = rows["far_below"].astype(bool)
    low = halved(rows) & ~down
    for number, words in ((down.sum(), "▼ far below usual"), (low.sum(), "▽ half the usual or less")):
        key += [f"{words} ({number})"] if number else []
    return key
