"""A budget of false alarms, in words and as a number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from numbers import Real
from typing import Literal

from analytics.errors import OptionError

__all__ = ["Budget", "parse_budget"]

_WRITTEN = re.compile(
    r"(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:e-?\d+)?)"
    r"(?:\s*(?:false alarms?|alarms?|episodes?))?"
    r"(?:\s*(?:per|a|/)\s*(?:(?P<each>region[- ]?years?|regions? (?:per|and) year|region a year)"
    r"|(?P<all>years?\s*(?:over|in|for)\s*all\s*regions?)))?"
)
_EXPECTED = (
    '"1 per region-year", "0.5 per region-year", "12 per year over all regions", or a number per region-year'
)


@dataclass(frozen=True, slots=True)
class Budget:
    """False-alarm episodes one is ready to look into.

    Attributes
    ----------
    rate : float
        Episodes a year.
    over : {"region", "all"}
        In each region, or in all regions together.
    """

    rate: float
    over: Literal["region", "all"] = "region"

    def per_region(self, regions: int) -> float:
        """Return episodes per region-year where so many regions are watched."""
        return self.rate if self.over == "region" else self.rate / regions

    def stated(self, regions: int) -> dict[str, str | float]:
        """Return the budget as results state it: in words, and as episodes per region-year.

        Examples
        --------
        >>> Budget(12, "all").stated(18)
        {'budget': '12 per year over all regions', 'budget_per_region_year': 0.6666666666666666}
        """
        return {"budget": str(self), "budget_per_region_year": self.per_region(regions)}

    def __str__(self) -> str:
        where = "per region-year" if self.over == "region" else "per year over all regions"
        return f"{self.rate:g} {where}"


def parse_budget(budget: str | float | Budget) -> Budget:
    """Read a budget.

    Parameters
    ----------
    budget : str, number or Budget
        A number is per region-year.

    Raises
    ------
    OptionError
        If it cannot be read, or is not above zero and finite.

    Examples
    --------
    >>> parse_budget("2 per region-year")
    Budget(rate=2.0, over='region')
    >>> parse_budget("12 per year over all regions").per_region(18)
    0.6666666666666666
    >>> str(parse_budget(0.5))
    '0.5 per region-year'
    """
    if isinstance(budget, Budget):
        return budget
    over: Literal["region", "all"] = "region"
    if isinstance(budget, str):
        found = _WRITTEN.fullmatch(budget.strip().casefold())
        rate = None if found is None else float(found["number"])
        over = "all" if found is not None and found["all"] else "region"
    else:
        rate = _number(budget)
    if rate is None:
        raise OptionError("the budget cannot be read", expected=_EXPECTED, found=repr(budget))
    if not 0 < rate < float("inf"):
        raise OptionError("a budget must be above zero and finite", expected=_EXPECTED, found=repr(budget))
    return Budget(rate, over)


def _number(given: object) -> float | None:
    if isinstance(given, bool) or not isinstance(given, Real):
        return None
    return float(given)
