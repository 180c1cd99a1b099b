"""What chance alone makes of weekly reports: measured on quiet panels, for readers of many of them.

SIMULATED panels of 18 quiet regions of three kinds (negative binomial, self-exciting, same-day waves), tested
at the end of every week of a year; the figures are those of benchmarks/results/grades.csv, by test.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CHANCE", "Chance"]


@dataclass(frozen=True, slots=True)
class Chance:
    """What quiet panels are graded.

    Attributes
    ----------
    regions, weeks, years : int
        Of a panel, of a year, and panel-years simulated.
    above : float
        Share of rows graded △ above usual.
    above_reports : float
        Share of reports with at least one △.
    uptick_reports : float
        Share of reports with at least one ▲.
    new : float
        Reports of a year that newly name a region in uptick.
    repeated : float
        Reports of a year that only name one again from the week before: windows overlap.
    none : float
        Share of years in which no report names one.
    source : str
        Where the figures are recorded.
    """

    regions: int
    weeks: int
    years: int
    above: float
    above_reports: float
    uptick_reports: float
    new: float
    repeated: float
    none: float
    source: str = "benchmarks/results/grades.md"

    def short(self) -> str:
        """Say how often a report names a region where nothing rises.

        Examples
        --------
        >>> Chance(18, 52, 400, 0.03, 0.42, 0.04, 1.6, 0.5, 0.3).short()
        'Where nothing rises, about 2.1 weekly reports a year still name a region (measured with 18 regions).'
        """
        return (
            f"Where nothing rises, about {self.new + self.repeated:.1f} weekly reports a year still "
            f"name a region (measured with {self.regions} regions)."
        )


CHANCE = Chance(
    regions=18,
    weeks=52,
    years=200,
    above=0.0272,
    above_reports=0.387,
    uptick_reports=0.0413,
    new=1.48,
    repeated=0.675,
    none=0.215,
)
