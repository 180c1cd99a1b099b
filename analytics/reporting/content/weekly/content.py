"""Everything that a weekly report says, page by page: words and numbers, from which each format is set."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.reporting.content.weekly.cards import CardsPage, cards_page
from analytics.reporting.content.weekly.country import CountryPage, country_page
from analytics.reporting.content.weekly.front import FrontPage, front_page
from analytics.reporting.content.weekly.issue import changes_since, read_issue
from analytics.reporting.content.weekly.kinds import KindsPage, kinds_page
from analytics.reporting.content.weekly.method import MethodPage, method_page
from analytics.reporting.content.weekly.numbers import WeeklyNumbers
from analytics.reporting.content.weekly.regions import RegionsPage, regions_page
from analytics.reporting.content.weekly.scorecard import ScorecardPage, scorecard_page
from analytics.reporting.content.weekly.trust import TrustPage, trust_page
from analytics.reporting.content.weekly.where import WherePage, where_page

__all__ = ["WeeklyContent", "weekly_content"]


@dataclass(frozen=True)
class WeeklyContent:
    """What a weekly report says; a page that was not asked for, or has nothing to say, is None.

    Attributes
    ----------
    front : FrontPage
    country : CountryPage or None
    where : WherePage or None
    cards : CardsPage or None
    regions : RegionsPage or None
    kinds : KindsPage or None
    trust : TrustPage or None
    scorecard : ScorecardPage or None
    method : MethodPage or None
    """

    front: FrontPage
    country: CountryPage | None
    where: WherePage | None
    cards: CardsPage | None
    regions: RegionsPage | None
    kinds: KindsPage | None
    trust: TrustPage | None
    scorecard: ScorecardPage | None
    method: MethodPage | None


def weekly_content(numbers: WeeklyNumbers) -> WeeklyContent:
    """Return what the pages that were asked for say.

    Examples
    --------
    >>> from analytics.reporting.content.weekly import weekly_counts, weekly_numbers
    >>> asked = weekly_counts(sample=True, as_of="2020-04-19", sections="country")
    >>> content = weekly_content(weekly_numbers(asked))
    >>> content.front.headline, content.country is None, content.where is None
    ('Uptick in Kirkuk.', False, True)
    """
    wanted = set(numbers.request.sections)
    if numbers.single:
        wanted -= {"where", "regions"}  # one series has no places beside each other
    before = read_issue(numbers.request.previous)
    changes = None if before is None else changes_since(numbers, before)
    return WeeklyContent(
        front=front_page(numbers, changes),
        country=country_page(numbers) if "country" in wanted else None,
        where=where_page(numbers) if "where" in wanted else None,
        cards=cards_page(numbers) if "cards" in wanted else None,
        regions=regions_page(numbers) if "regions" in wanted else None,
        kinds=kinds_page(numbers) if "kinds" in wanted else None,
        trust=trust_page(numbers, changes) if "trust" in wanted else None,
        scorecard=scorecard_page(numbers, before, changes) if "scorecard" in wanted else None,
        method=method_page(numbers) if "method" in wanted else None,
    )
