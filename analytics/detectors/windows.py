"""Options of the detectors that look at the same weeks of past years."""

from __future__ import annotations

import numpy as np

from analytics.detectors.grid import Grid
from analytics.errors import OptionError

__all__ = ["NOTHING", "check_windows"]

NOTHING = "no reference period with coverage"


def check_windows(b: object, w: object, include_current_year: bool, grid: Grid) -> tuple[int, int]:
    """Return years back and half-width, checked.

    Raises
    ------
    OptionError
        If they are not whole numbers, leave nothing to compare with, or windows overlap.
    """
    for name, value in (("b", b), ("w", w)):
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 0:
            raise OptionError(f"{name} is not a whole number", expected="0 or more", found=str(value))
    years, half = int(b), int(w)  # type: ignore[call-overload]
    if not isinstance(include_current_year, bool | np.bool_):
        raise OptionError(
            "include_current_year is not a yes or no",
            expected="True or False",
            found=str(include_current_year),
        )
    if not years and not (include_current_year and half):
        raise OptionError(
            "nothing to compare with",
            expected="b of 1 or more, or include_current_year with w of 1 or more",
            found=f"b={years}, w={half}, include_current_year={include_current_year}",
        )
    if years and 2 * half + 1 > int(grid.periods_per_year):
        raise OptionError(
            "windows of successive years overlap",
            expected=f"w of at most {(int(grid.periods_per_year) - 1) // 2}",
            found=str(half),
        )
    return years, half
