"""Make the workbook of the tutorial, SIMULATED incidents of no country: ``python docs/make_tutorial.py``."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
from openpyxl import Workbook

FOLDER = Path(__file__).resolve().parent / "tutorial"
FIRST, LAST = date(2022, 1, 3), date(2024, 6, 16)
USUAL = {"Alderland": 0.90, "Brennick": 0.55, "Corvane": 0.35, "Dunmoor": 0.12, "Eastry": 0.02}  # a day
KINDS = ["Armed clash", "Explosion", "Raid", "Shelling"]
RISE, WINDOW = 3.0, 14  # Brennick's last two weeks


def incidents(rng: np.random.Generator) -> list[list[object]]:
    """Return one row an incident, in the order of days: day, province, kind, killed."""
    days = np.arange(np.datetime64(FIRST), np.datetime64(LAST) + np.timedelta64(1, "D"))
    found: list[tuple[date, str]] = []
    for province, usual in USUAL.items():
        mean = np.full(len(days), usual)
        if province == "Brennick":
            mean[-WINDOW:] *= RISE
        size = 1.5  # counts vary more than Poisson's
        number = rng.negative_binomial(size, size / (size + mean))
        found += [(day.item(), province) for day, n in zip(days, number, strict=True) for _ in range(n)]
    rows: list[list[object]] = []
    for day, province in sorted(found):
        kind = KINDS[rng.choice(4, p=[0.5, 0.25, 0.15, 0.1])]
        killed = None if rng.random() < 0.08 else int(rng.poisson(0.6))
        rows.append([day.strftime("%d/%m/%Y"), province, kind, killed])
    return rows


def with_faults(rows: list[list[object]]) -> list[list[object]]:
    """Return the rows with what files of an office hold: other spellings, blanks, a day that never was."""
    rows[40][1] = "BRENNICK"
    rows[41][1] = " Alderland "
    rows[200][1] = None
    rows.insert(300, ["31/02/2023", "Corvane", "Raid", 0])
    rows.insert(400, [None, "Dunmoor", "Armed clash", 1])
    rows.append(["Total", None, None, sum(row[3] or 0 for row in rows)])
    return rows


def main() -> None:
    """Write the workbook and what is known about it."""
    book = Workbook()
    about = book.active
    about.title = "About"
    about["A1"] = "SIMULATED incidents of no country, made by docs/make_tutorial.py"
    sheet = book.create_sheet("Incidents")
    sheet["A1"] = "Incident log (SIMULATED)"
    sheet.append([])
    sheet.append(["Date of incident", "Province", "Kind", "Killed"])
    for row in with_faults(incidents(np.random.default_rng(20240616))):
        sheet.append(row)
    FOLDER.mkdir(exist_ok=True)
    book.save(FOLDER / "incidents.xlsx")
    (FOLDER / "incidents.meta.toml").write_text(
        'title = "Incident log of the tutorial"\nsimulated = true\nextracted = 2024-06-16\n', encoding="utf-8"
    )


if __name__ == "__main__":
    main()
