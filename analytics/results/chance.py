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

    def short(self, regions: int) -> str:
        """Say how often a report names a region, beside a page of so many regions.

        Examples
        --------
        >>> measured = Chance(18, 52, 400, 0.03, 0.42, 0.04, 1.6, 0.5, 0.3)
        >>> measured.short(18)
        'By chance alone, 18 quiet regions tested every week show an uptick in about 2.1 of 52 reports.'
        >>> measured.short(60).partition(" about ")[2]
        '2.1 of 52 reports (measured with 18; this report tests 60).'
        """
        here = (
            "" if regions == self.regions else f" (measured with {self.regions}; this report tests {regions})"
        )
        return (
            f"By chance alone, {self.regions} quiet regions tested every week show an uptick in about "
            f"{self.new + self.repeated:.1f} of {self.weeks} reports{here}."
        )

    def sentence(self) -> str:
        """Say it in one sentence, for a report.

        Examples
        --------
        >>> Chance(18, 52, 400, 0.03, 0.42, 0.04, 1.6, 0.5, 0.3).sentence()
        'By chance alone, 18 quiet regions tested every week show an uptick in about 2.1 of 52 reports (1.6 \
new, 0.5 repeated from the week before), and 3 in 100 rows are above usual.'
        """
        return (
            f"{self.short(self.regions)[:-1]} ({self.new:.1f} new, {self.repeated:.1f} repeated from the "
            f"week before), and {100 * self.above:.0f} in 100 rows are above usual."
        )


CHANCE = Chance(
    regions=18,
    weeks=52,
    years=200,
    above=0.0267,
    above_reports=0.382,
    uptick_reports=0.0422,
    new=1.5,
    repeated=0.69,
    none=0.215,
)
