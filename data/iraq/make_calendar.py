"""Write the days that move through the year, and Iraq's curfew of 2020: data/iraq/calendar.csv.

Run from the project: python data/iraq/make_calendar.py (needs hijridate, which nothing else needs)

Hijri dates are turned into Gregorian ones by the Umm al-Qura calendar. The sighting of the moon shifts a day
by one either way from place to place, and Iraq's Shia authorities often start a month one day later.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

OUTPUT = Path(__file__).resolve().parent / "calendar.csv"
FIELDS = ("name", "start", "end", "source")
FIRST_YEAR, LAST_YEAR = 1990, 2030
HIJRI_YEARS = range(1410, 1454)
MONTHS = {2: "Safar", 9: "Ramadan", 10: "Shawwal", 12: "Dhu al-Hijja"}
# name: (month, day, days before it, days after it); Ramadan ends where Shawwal starts
FEASTS = {"eid_al_fitr": (10, 1, 0, 2), "eid_al_adha": (12, 10, 0, 3), "arbaeen": (2, 20, 7, 0)}
CURFEW = (
    "curfew",
    date(2020, 3, 22),
    date(2020, 4, 20),
    "round-the-clock curfew in the whole of Iraq from 22 March (AFP in Al Arabiya English 2020-03-22, "
    "https://english.alarabiya.net/News/middle-east/2020/03/22/"
    "Iraq-imposes-nation-wide-lockdown-to-contain-coronavirus-), eased to nights and weekends on 21 April "
    "(The New Arab 2020-04-21, https://www.newarab.com/news/iraq-eases-coronavirus-curfew-days-start-ramadan)",
)


def events() -> list[tuple[str, date, date, str]]:
    """Every event that starts in the years covered, in order of its start."""
    from hijridate import Hijri

    def day(year: int, month: int, number: int) -> date:
        return date.fromisoformat(Hijri(year, month, number).to_gregorian().isoformat())

    found = [CURFEW]
    for year in HIJRI_YEARS:
        last = day(year, 10, 1) - timedelta(days=1)
        source = f"Umm al-Qura calendar: 1 to {(last - day(year, 9, 1)).days + 1} Ramadan {year}"
        found.append(("ramadan", day(year, 9, 1), last, source))
        for name, (month, number, before, after) in FEASTS.items():
            middle = day(year, month, number)
            start, end = middle - timedelta(days=before), middle + timedelta(days=after)
            source = f"Umm al-Qura calendar: {number - before} to {number + after} {MONTHS[month]} {year}"
            found.append((name, start, end, source))
    return sorted((e for e in found if FIRST_YEAR <= e[1].year <= LAST_YEAR), key=lambda e: (e[1], e[0]))


def write(path: Path = OUTPUT) -> None:
    """Write the table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FIELDS)
        writer.writerows(events())


if __name__ == "__main__":
    write()
