"""Five lines of a weekly report, for mail or a chat: each can be quoted alone and says what it is of."""

from __future__ import annotations

from analytics.reporting.content.weekly.front import FrontPage, Standout
from analytics.reporting.content.weekly.numbers import RECENT, WeeklyNumbers
from analytics.results import mark
from analytics.results.words_days import day_words, length_words, span_words
from analytics.results.words_report import named_numbers, reported_words

__all__ = ["summary_lines"]

_MOST = 3  # regions told of in the second line


def summary_lines(numbers: WeeklyNumbers, page: FrontPage) -> tuple[str, str, str, str, str]:
    """Return five sentences or groups of them: the answer, who, what else, the country, how to read it.

    Parameters
    ----------
    numbers : WeeklyNumbers
    page : FrontPage
        What the front page of the same numbers says.
    """
    tag = mark(numbers.simulated)
    where = f"{numbers.place}, " if numbers.place else ""
    window = f"{length_words(RECENT)} {span_words(numbers.result.recent)}"
    answer = f"{where}{window}: {page.headline} {page.second}".strip()
    told = [_told(item) for item in page.standouts[:_MOST]]
    more = len(page.standouts) - _MOST
    told += [f"{more} more in the report."] if more > 0 else []
    told += [page.left_out] if page.left_out else []
    if not told:
        near = [f"{named_numbers(item.region, item.observed, item.usual)}" for item in page.closest]
        told = [f"Closest to an uptick: {' · '.join(near)}." if near else "No region stands out."]
    news = list(filter(None, (page.falls, *page.news))) or ["Nothing else is to be told."]
    country = page.country
    read = (
        f"Uptick means: {page.means} Data until {day_words(numbers.counts.as_of)}; reported so far: "
        f"{reported_words(numbers.result.completeness)}."
    )
    return (
        tag + answer,
        tag + " ".join(told),
        tag + " ".join(news),
        f"{tag}{country.name}: {country.lead} {country.aside}".strip(),
        tag + read,
    )


def _told(item: Standout) -> str:
    ends = [f"{part[0].upper()}{part[1:]}." for part in (item.status, item.facts) if part]
    return " ".join([f"{item.sign} {item.region}: {item.lead}", *ends])
