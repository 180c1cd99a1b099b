"""What the detectors that look at the same weeks of past years share."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.detectors.grid import Grid
from analytics.kernels.windows.same_weeks import SameWeeks, same_weeks
from analytics.options.windows import check_past_windows
from analytics.periods import YEAR_DAYS

__all__ = ["NOTHING", "Windows"]

NOTHING = "no reference period with coverage"


@dataclass(frozen=True, slots=True)
class Windows:
    """Which periods a period is held against; ``Windows(0, n, True)`` is the n periods just before it.

    Attributes
    ----------
    years : int
        Past years.
    half_width : int
        Periods on either side of the same one in each past year, and periods just before this one.
    include_current_year : bool
        Whether those just before count too.
    calendar : bool
        Whether the same one is found by its date, not 52 weeks or 365 days back.
    """

    years: int
    half_width: int
    include_current_year: bool
    calendar: bool = True

    def look_back(self, grid: Grid, *, squares: bool = False) -> SameWeeks:
        """Return the sums over the reference periods of every tested period.

        Raises
        ------
        OptionError
            If the numbers are not whole, leave nothing to compare with, or windows overlap.
        """
        check_past_windows(self.years, self.half_width, self.include_current_year, grid.periods_per_year)
        return same_weeks(
            grid.values,
            grid.usable,
            grid.starts,
            first=grid.first,
            period_days=grid.counts.period_days,
            years=int(self.years),
            half=int(self.half_width),
            current=self.include_current_year,
            calendar=self.calendar,
            squares=squares,
            share=None if grid.reported is None else grid.reported.share,
        )

    def parameters(self) -> dict[str, object]:
        """Return the options as a run records them."""
        return {
            "years": self.years,
            "half_width": self.half_width,
            "include_current_year": self.include_current_year,
            "compat": None if self.calendar else "surveillance",
        }

    def reach(self, period_days: int) -> int:
        """Return over how many periods what one is held against reaches back, itself included."""
        return 1 + self.half_width + round(self.years * YEAR_DAYS / period_days)
