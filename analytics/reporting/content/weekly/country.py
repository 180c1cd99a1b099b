"""What the page on the country says: its weeks against others, in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.periods import DAY, Window
from analytics.reporting.content.weekly.numbers import RECENT, WeeklyNumbers
from analytics.reporting.content.weekly.series import weeks_on
from analytics.results import format_number
from analytics.results.grades import ratio_interval_words
from analytics.results.words_days import length_words, span_words
from analytics.results.words_report import change_words

__all__ = ["Comparison", "CountryPage", "country_page"]


@dataclass(frozen=True)
class Comparison:
    """One stretch of weeks beside another.

    Attributes
    ----------
    what, beside : str
        The two stretches in words.
    days : str
        The days of the second.
    now, then : float
        Incidents in each; NaN where not covered throughout.
    words : str
        How the first compares with the second.
    interval : str
        Of their ratio, where a test gives one.
    """

    what: str
    beside: str
    days: str
    now: float
    then: float
    words: str
    interval: str = ""


@dataclass(frozen=True)
class CountryPage:
    """All regions together.

    Attributes
    ----------
    title, takeaway : str
    comparisons : tuple of Comparison
    note : str
    """

    title: str
    takeaway: str
    comparisons: tuple[Comparison, ...]
    note: str


def country_page(numbers: WeeklyNumbers) -> CountryPage:
    """Return this week, four weeks and the fortnight beside others.

    Examples
    --------
    >>> from analytics.reporting.content.weekly import weekly_counts, weekly_numbers
    >>> page = country_page(weekly_numbers(weekly_counts(sample=True, as_of="2020-04-19")))
    >>> page.comparisons[0].words
    '24 % fewer'
    """
    weeks, start, year_ago = numbers.weeks, numbers.week.start, numbers.last_year()
    now, four = weeks.at(start), weeks.mean(weeks_on(start, -3), 4)

    def beside(what: str, value: float, name: str, first: np.datetime64, length: int) -> Comparison:
        then = weeks.mean(first, length)
        span = span_words(Window(first, first + (7 * length - 1) * DAY))
        return Comparison(what, name, span, value, then, _words(value, then))

    last_year = numbers.last_year_words
    found = [
        beside("This week", now, "last week", weeks_on(start, -1), 1),
        beside("This week", now, "mean of the 4 weeks before", weeks_on(start, -4), 4),
        beside("This week", now, last_year, year_ago, 1),
        beside("Mean of these 4 weeks", four, "same 4 weeks last year", weeks_on(year_ago, -3), 4),
    ]
    for name, test in (("This week", numbers.week_test), (f"This {length_words(RECENT)}", numbers.national)):
        row = test.frame.iloc[0]
        found.append(
            Comparison(
                name, f"usual, from {test.baseline.days // 7} weeks", span_words(test.baseline),
                row["observed"], row["expected"], _words(row["observed"], row["expected"]),
                ratio_interval_words(row["low"], row["high"], row["observed"]),
            )
        )  # fmt: skip
    return CountryPage(
        title="The country"
        if len(numbers.counts.countries) == 1 and numbers.counts.whole
        else "All regions together",
        takeaway=f"This week: {found[0].words}{_than(found[0].words)} last week",
        comparisons=tuple(found),
        note=(
            f"Interval of the ratio, {100 * numbers.national.confidence:g} %, from the uptick test: the "
            "baseline shows how much sums of that length vary. One or four weeks do not show it, so those "
            "comparisons carry none. Nothing here is adjusted for season or trend."
        ),
    )


def _than(words: str) -> str:
    if words.endswith(("more", "fewer")):
        return " than"
    return " as" if words.startswith("as many") else ""


def _words(now: float, then: float) -> str:
    if np.isnan(now) or np.isnan(then):
        return "not compared: no full coverage"
    words = change_words(now, then)
    return words.removesuffix(" than") if words != "as many as" else f"as many ({format_number(now, 0)})"
