"""The six reports of the ten-second test, and a simulated country of any number of regions.

python benchmarks/ten_seconds.py OUT [--regions 60 200]

Writes each report below OUT, as PDF and as a web page. Those of real files need ../shared/data and are
left out without it. With --regions it writes only simulated countries of so many regions.
docs/ten_seconds.md says what a reader found on the front pages.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.cli import main as uptick

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
UCDP, SIGACT = SHARED / "ucdp_ged_iraq_hdx.csv", SHARED / "sigacts_iraq_2006_2008.csv"
IS = ["--where", "side_a_new_id = 234 or side_b_new_id = 234", "--subtitle", "events of Islamic State"]
ATTACKS, GAP = "event_type in ('IED', 'SAF')", "2006-09-25..2007-02-22"
COUNTRY = "country-60"
REPORTS: dict[str, list[str]] = {
    "sample-W16": ["--sample", "--week", "2020-W16"],
    "sample-W45": ["--sample", "--week", "2019-W45"],
    "ucdp-2012": [str(UCDP), "--as-of", "2012-07-01", *IS],
    "ucdp-2017": [str(UCDP), "--as-of", "2017-12-31", *IS],
    "sigact-2007": [str(SIGACT), "--as-of", "2007-12-30", "--where", ATTACKS, "--no-coverage", GAP],
    COUNTRY: ["--as-of", "2020-04-19"],
}
RAISED = (3, 7)  # of the simulated regions, in the last fortnight


def simulated_country(regions: int, path: Path, *, seed: int = 1) -> None:
    """Write a table of SIMULATED incidents: very different rates, two regions raised at the end."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2018-01-01", "2020-04-19")
    parts = []
    for number in range(regions):
        mean = np.full(len(days), 0.15 * rng.gamma(1.0, 1.0) + 0.005)
        if number in RAISED:
            mean[-14:] = 5 * mean[-14:] + 1.2
        happened = days.repeat(rng.poisson(mean))
        parts.append(
            pd.DataFrame({"date": happened.strftime("%Y-%m-%d"), "admin1": f"Area {number + 1:02d}"})
        )
    table = pd.concat(parts, ignore_index=True)
    table["event_type"] = rng.choice(["attack", "clash", "explosion"], len(table))
    table["fatalities"] = rng.choice([0, 0, 0, 1, 2, 5], len(table))
    table.to_csv(path, index=False)
    title = f"SIMULATED incidents, {regions} regions"
    path.with_suffix(".meta.toml").write_text(f'title = "{title}"\nsimulated = true\n', encoding="utf-8")


def report(name: str, argv: list[str], out: Path) -> None:
    """Write one report, or say why it is left out."""
    file = Path(argv[0])
    if file.parent == SHARED and not file.is_file():
        print(f"{name}: {file.name} is not on this machine")
        return
    code = uptick(["report", *argv, "--format", "pdf,html", "-o", str(out / name)])
    if code:
        raise SystemExit(code)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("out", type=Path)
    asked.add_argument("--regions", type=int, nargs="+", help="only simulated countries of so many regions")
    asked.add_argument("--only", choices=REPORTS, nargs="+", help="only these of the six")
    args = asked.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for number in args.regions or (60,):
        file = args.out / f"country-{number}.csv"
        simulated_country(number, file)
        if args.regions:
            report(f"country-{number}", [str(file), *REPORTS[COUNTRY]], args.out)
    if args.regions:
        return
    for name in args.only or REPORTS:
        argv = REPORTS[name]
        report(name, [str(args.out / "country-60.csv"), *argv] if name == COUNTRY else argv, args.out)


if __name__ == "__main__":
    main()
