"""Write the published figures on Iraq around April 2020: data/published_figures.csv.

Run from the project: python data/make_published_figures.py

Takes from ../shared/data/iraq_2020_published.csv the series that bear on the article's weeks, one figure a
row, with what each counts and who published it. Of the weekly press counts only the totals are taken.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
PUBLISHED = HERE.parent.parent / "shared" / "data" / "iraq_2020_published.csv"
OUTPUT = HERE / "published_figures.csv"
UCDP = "UCDP GED, Uppsala Conflict Data Program, CC BY 4.0; summed by month of the event's first day"
ACLED = "ACLED, acleddata.com, country-month table; three figures quoted"
SERIES = {
    "ucdp_deaths_month": ("deaths, best estimate, of all armed groups", UCDP),
    "acled_events_month": ("events of political violence, of all actors", ACLED),
    "is_claimed_attacks": ("attacks that the Islamic State claimed, in Iraq and Syria together", None),
    "press_incidents_week": (
        "security incidents in the press, of all armed groups, counted by J. Wing",
        None,
    ),
    "is_operations": (
        "attacks by the Islamic State, more than so many, in a press report that names no source",
        None,
    ),
}


def figures(published: Path = PUBLISHED) -> pd.DataFrame:
    """Return one row a figure: `series`, `start`, `end`, `area`, `value`, `counts`, `source`."""
    table = pd.read_csv(published)
    table = table[table["series"].isin(SERIES) & table["region"].isna()].reset_index(drop=True)
    table["counts"] = table["series"].map({name: counts for name, (counts, _) in SERIES.items()})
    known = table["series"].map({name: source for name, (_, source) in SERIES.items()})
    table["source"] = known.where(known.notna(), table["source"])
    order = table["series"].map({name: at for at, name in enumerate(SERIES)})
    table = table.loc[order.sort_values(kind="stable").index]
    return table[["series", "start", "end", "area", "value", "counts", "source"]]


def main(output: Path = OUTPUT) -> None:
    table = figures()
    table.to_csv(output, index=False, lineterminator="\n")
    print(f"{output.name}: {len(table)} figures of {table['series'].nunique()} series")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT)
