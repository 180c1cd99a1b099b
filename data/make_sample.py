"""Make the simulated sample and its twin without the uptick.

Run from the project: python data/make_sample.py [FOLDER]

The yearly and quarterly totals of attacks are the published ones of M. Knights and A. Almeida (CTC Sentinel,
2020), with the second quarter of 2020 cut to its first 19 of 91 days; everything else is made up.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pandas as pd

from analytics.periods import Window, as_gap, as_window
from analytics.schema import ACTIVITIES
from analytics.simulation.coding import Messiness
from analytics.simulation.incidents import (
    InjectedUptick,
    SimulatedIncidents,
    simulate_incidents,
)

SEED = 20200419
EXTRACTED = "2020-04-19"
TOTALS = {
    "2018-01-01..2018-12-31": 1470,
    "2019-01-01..2019-12-31": 1669,
    "2020-01-01..2020-03-31": 566,
    "2020-04-01..2020-04-19": round(808 * 19 / 91),
}
UPTICK = InjectedUptick(
    window=as_window("2020-03-30..2020-04-19"),
    shares={"Hawija": 22, "Daquq": 13, "Kirkuk": 7, "Dibis": 5, "Khanaqin": 7, "Tuz Khurmatu": 3},
    extra={"attack": 57, "clash": 15},
)
GAP = as_gap("2019-05-06..2019-05-26@Anbar")
GAP_REASON = "simulated: no reports were collected in this governorate"
TITLE = "SIMULATED incidents, Iraq by district"
UNKNOWN_PLACES = 8


def simulate() -> SimulatedIncidents:
    return simulate_incidents(
        seed=SEED,
        totals=TOTALS,
        uptick=UPTICK,
        extracted=EXTRACTED,
        gaps=[GAP],
        messiness=Messiness(unknown_places=UNKNOWN_PLACES),
    )


def lines_of(table: pd.DataFrame) -> tuple[str, dict[str, str]]:
    """Header line, and each row's line by identifier."""
    text = table.to_csv(index=False, date_format="%Y-%m-%d", lineterminator="\n")
    header, *lines = text.splitlines()
    return header, dict(zip(table["incident_id"], lines, strict=True))


def spoiled(header: str, lines: dict[str, str], injected: set[str]) -> dict[str, str]:
    """Rows that no reader should keep, each to stand after the row named; none of them is an incident."""
    names = header.split(",")
    sound = [name for name in lines if name not in injected]
    after = [sound[len(sound) * k // 7] for k in range(1, 7)]

    def changed(row: str, **values: str) -> str:
        cells = dict(zip(names, next(csv.reader([lines[row]])), strict=True)) | values
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow(cells.values())
        return text.getvalue()

    return {
        after[0]: header,
        after[1]: changed(after[1], incident_id="SIM-90001", date_start="0025-04-07", date_end="0025-04-07"),
        after[2]: changed(after[2], incident_id="SIM-90002", date_start="2019-08-20", date_end="2019-08-02"),
        after[3]: lines[after[3]],
        after[4]: changed(after[4], incident_id="SIM-90003", latitude="345.2"),
        after[5]: changed(after[5], incident_id="SIM-90004", date_start="2019-13-45", date_end="2019-13-45"),
    }


def text_of(header: str, lines: dict[str, str], extra: dict[str, str], leave_out: set[str]) -> str:
    shown = [header]
    for name, line in lines.items():
        if name not in leave_out:
            shown.append(line)
            if name in extra:
                shown.append(extra[name])
    return "\n".join(shown) + "\n"


def meta_text(twin: bool) -> str:
    return "\n".join(
        [
            "# Written by make_sample.py. The spell covers the governorate and all its districts.",
            f'title = "{TITLE}{", without the injected uptick" if twin else ""}"',
            'licence = "CC0-1.0"',
            "simulated = true",
            f"extracted = {EXTRACTED}",
            f"seed = {SEED}",
            "",
            "[[no_coverage]]",
            f"start = {GAP.window.start}",
            f"end = {GAP.window.end}",
            f'region = "{GAP.region}"',
            f'reason = "{GAP_REASON}"',
            "",
        ]
    )


def numbers(series: pd.Series) -> dict[str, int]:
    return {str(key): int(value) for key, value in series.items()}


def truth_of(sim: SimulatedIncidents, dirty: int) -> dict[str, object]:
    truth = sim.truth
    attacks = truth[truth["activity"] == "attack"]

    def inside(rows: pd.DataFrame, window: Window) -> pd.DataFrame:
        return rows[window.contains(rows["true_day"].to_numpy().astype("datetime64[D]"))]

    recent = inside(truth, UPTICK.window)
    by_place = pd.crosstab(recent["admin1"], recent["injected"])
    by_place = by_place[by_place[True] > 0]
    injected = truth[truth["injected"]]
    unplaced = int((sim.frame["place_precision"] == "unknown").sum())
    return {
        "title": TITLE,
        "note": "Simulated. Only the totals of attacks are published figures; no row is a real incident.",
        "parameters": sim.parameters,
        "happened": {
            "all": len(truth),
            "by_activity": {
                name: count for name in ACTIVITIES if (count := int((truth["activity"] == name).sum()))
            },
            "attacks_by_window": {text: len(inside(attacks, as_window(text))) for text in TOTALS},
            "attacks_injected_by_window": {
                text: int(inside(attacks, as_window(text))["injected"].sum()) for text in TOTALS
            },
        },
        "file": {
            "incidents": int(truth["in_file"].sum()),
            "attacks": int(attacks["in_file"].sum()),
            "not_yet_reported": int((~truth["reported"]).sum()),
            "in_coverage_gap": int((truth["in_gap"] & truth["reported"]).sum()),
            "rows_that_are_not_incidents": dirty,
            "incidents_without_a_known_governorate": unplaced,
        },
        "uptick": {
            "window": str(UPTICK.window),
            "injected": len(injected),
            "injected_in_file": int(injected["in_file"].sum()),
            "by_district": numbers(injected["admin2"].value_counts()),
            "by_governorate": {
                name: {
                    "background": int(row[False]),
                    "injected": int(row[True]),
                    "ratio": round((row[False] + row[True]) / row[False], 2),
                }
                for name, row in by_place.iterrows()
            },
            "incident_ids": injected["incident_id"].tolist(),
        },
    }


def main(folder: Path) -> None:
    sim = simulate()
    header, lines = lines_of(sim.table())
    injected = set(sim.truth.loc[sim.truth["injected"], "incident_id"])
    extra = spoiled(header, lines, injected)
    truth = json.dumps(truth_of(sim, len(extra)), indent=1, ensure_ascii=False)
    for name, text in {
        "iraq_simulated.csv": text_of(header, lines, extra, set()),
        "iraq_simulated_no_uptick.csv": text_of(header, lines, extra, injected),
        "iraq_simulated.meta.toml": meta_text(twin=False),
        "iraq_simulated_no_uptick.meta.toml": meta_text(twin=True),
        "iraq_simulated_truth.json": truth + "\n",
    }.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        print(f"{name}: {len(text.encode()):,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent)
