"""``uptick count --population``: beside the counts what they are for so many people or km2."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pandas as pd

from analytics.cli.show import Read, Table
from analytics.counts import Counts
from analytics.counts.rates import rate_table, read_denominators
from analytics.errors import OptionError
from analytics.incidents import Incidents

__all__ = ["rates_asked", "shown_rates"]

_AREA = "km2"
_PEOPLE, _SQUARE = 100_000.0, 1_000.0  # what a rate is for, unless told


def rates_asked(args: Namespace, incidents: Read, counts: Counts) -> pd.DataFrame | None:
    """Return the rates that the options ask for, None where they ask for none.

    Raises
    ------
    OptionError
        If ``--per`` stands alone, or the regions have neither people nor an area.
    InputError
        If a region counted has none.
    """
    if args.population is None:
        if args.per is not None:
            raise OptionError(
                "--per needs to know of what", expected="--population CSV, COLUMN or km2", todo="give it, too"
            )
        return None
    given = str(args.population)
    per = args.per or (_SQUARE if given == _AREA else _PEOPLE)
    placed = incidents.placement if isinstance(incidents, Incidents) else None
    if given != _AREA and Path(given).is_file():
        return rate_table(counts, read_denominators(given), per=per)
    if placed is None or (given != _AREA and placed.regions.population is None):
        raise OptionError(
            f"--population {given} cannot be used",
            expected="a CSV file with region and population; or, with --regions FILE, a column of it or km2",
            found="no such file, and no regions on the map" if placed is None else "no such file",
        )
    return rate_table(counts, placed.regions.area() if given == _AREA else placed.regions.people(), per=per)


def shown_rates(args: Namespace, rates: pd.DataFrame) -> Table:
    """Return the rates as a table for readers."""
    square = args.population == _AREA
    per = args.per or (_SQUARE if square else _PEOPLE)
    cells = pd.DataFrame(
        {
            "region": rates["region"],
            "count": rates["count"].map("{:,}".format),
            "km2" if square else "people": rates["of"].map("{:,.0f}".format),
            "rate": _written(rates["rate"]),
            "a year": _written(rates["yearly_rate"]),
        }
    )
    what = "km2" if square else "people"
    title = f"incidents for {per:,g} {what}, in all and a year; shown only: no test uses rates"
    return Table(cells, title, tuple(cells.columns[1:]))


def _written(numbers: pd.Series) -> pd.Series:
    return numbers.astype(object).map("{:,.3g}".format, na_action="ignore").fillna("n/c")
