"""Two simulated years of weekly reports from a store: no drift, and every past report again, byte for byte.

    python tests/torture/long_haul.py                 # 104 reports, each made twice: about an hour
    python tests/torture/long_haul.py --weeks 6

Every week: a delivery of everything known so far is added to a store, and the report of the week is made
from it, as an office would, by the command. Incidents come late, a few change, a few are deleted; in the
middle of the time the file's form changes (semicolons, another order of columns, a column more). At the
end every report is made again from the store as of its day, and compared. Seconds, memory and disk are
kept for each week; what they grow by is set beside what the data grow by. The rows are simulated. The
record goes to tests/torture/results/long_haul.json.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

PROJECT = Path(__file__).resolve().parents[2]
RESULT = Path(__file__).resolve().parent / "results" / "long_haul.json"
SEED = 20200413
REGIONS = ("Anbar", "Baghdad", "Basra", "Diyala", "Erbil", "Kirkuk", "Ninewa", "Salah al-Din")
FIRST, HISTORY = np.datetime64("2018-01-01"), 140  # weeks before the first report


def world(weeks: int) -> pd.DataFrame:
    """Incidents with the day each was first known, its day of change and its day of deletion (simulated)."""
    rng = np.random.default_rng(SEED)
    days = 7 * (HISTORY + weeks)
    rate = rng.gamma(2.0, 0.25, len(REGIONS))[:, None] * np.exp(
        0.3 * rng.standard_normal((len(REGIONS), days // 7))
    )
    counts = rng.poisson(np.repeat(rate, 7, axis=1))
    region, day = (np.repeat(at, counts.ravel()) for at in np.indices(counts.shape).reshape(2, -1))
    size = len(day)
    known = day + rng.negative_binomial(1, 0.25, size)
    return pd.DataFrame(
        {
            "id": [f"SIM-{at}" for at in range(size)],
            "day": day,
            "region": np.array(REGIONS)[region],
            "deaths": rng.poisson(0.8, size),
            "known": known,
            "changed": np.where(rng.random(size) < 0.03, known + rng.integers(7, 120, size), 10**6),
            "deleted": np.where(rng.random(size) < 0.01, known + rng.integers(7, 200, size), 10**6),
        }
    )


def delivery(events: pd.DataFrame, on: int, path: Path, *, later_form: bool) -> None:
    """What is known on a day, in the form that files have by then."""
    now = events[(events["known"] <= on) & (events["deleted"] > on)]
    table = pd.DataFrame(
        {
            "event_id": now["id"],
            "event_date": (FIRST + now["day"].to_numpy().astype("timedelta64[D]"))
            .astype("datetime64[D]")
            .astype(str),
            "country": "Iraq",
            "admin1": now["region"],
            "fatalities": now["deaths"] + (now["changed"] <= on),
        }
    )
    if later_form:
        table["remark"] = ""
        table = table[["admin1", "country", "remark", "event_id", "fatalities", "event_date"]]
    table.to_csv(path, index=False, sep=";" if later_form else ",")
    path.with_suffix(".meta.toml").write_text('title = "Simulated incidents"\nsimulated = true\n')


def run(words: list[str], folder: Path) -> tuple[float, float]:
    """Run the command; return processor seconds and megabytes, its kernel's included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, float(done.stdout.splitlines()[-1])


_MEASURED = """
import resource, sys
from analytics.cli import main
code = main(sys.argv[1:])
used = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(max(used) / 1024)
sys.exit(code)
"""


def report(day: str, out: str, folder: Path) -> tuple[float, float, str]:
    """Make a report from the store; return its cost, and the digest of everything that it wrote."""
    seconds, megabytes = run(["report", "--store", "iraq.store", "--as-of", day, "-o", out], folder)
    digest = hashlib.sha256()
    for path in sorted((folder / out).iterdir()):
        digest.update(path.name.encode() + path.read_bytes())
    return seconds, megabytes, digest.hexdigest()


def main() -> int:
    """Live through the weeks, make everything again, and record what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weeks", type=int, default=104)
    args = parser.parse_args()
    events = world(args.weeks)
    kept: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for week in range(args.weeks):
            on = 7 * (HISTORY + week + 1) - 1
            day = str(FIRST + np.timedelta64(on, "D"))
            delivery(events, on, folder / "events.csv", later_form=week >= args.weeks // 2)
            added = run(["store", "add", "events.csv", "--store", "iraq.store", "--on", day], folder)
            made = report(day, f"w{week}", folder)
            kept.append(
                {
                    "day": day,
                    "add": added[0],
                    "report": made[0],
                    "megabytes": max(added[1], made[1]),
                    "digest": made[2],
                    "rows": sum(1 for _ in (folder / "events.csv").open()) - 1,
                    "store": (folder / "iraq.store").stat().st_size,
                }
            )
            print(f"{day}: {kept[-1]}", flush=True)
        began = time.perf_counter()
        again = [report(one["day"], f"again{at}", folder)[2] == one["digest"] for at, one in enumerate(kept)]
        left = [p.name for p in folder.iterdir() if p.name.startswith(".")]
    record = summary(kept, again, left)
    record["seconds to make all again"] = round(time.perf_counter() - began)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record, indent=1))
    return int(
        not all(again) or bool(left) or record["growth"]["report seconds"] > record["growth"]["rows"] + 0.1
    )


def summary(kept: list[dict[str, Any]], again: list[bool], left: list[str]) -> dict[str, Any]:
    """What grew by how much, from the first tenth of the weeks to the last."""
    tenth = max(1, len(kept) // 10)

    def growth(name: str) -> float:
        first, last = (np.median([one[name] for one in part]) for part in (kept[:tenth], kept[-tenth:]))
        return round(float(last / first - 1), 3)

    return {
        "weeks": len(kept),
        "reports made again": len(again),
        "byte for byte the same": sum(again),
        "files left": left,
        "growth": {
            "rows": growth("rows"),
            "store bytes": growth("store"),
            "add seconds": growth("add"),
            "report seconds": growth("report"),
            "megabytes": growth("megabytes"),
        },
        "first week": {
            name: round(value, 1) for name, value in kept[0].items() if isinstance(value, float | int)
        },
        "last week": {
            name: round(value, 1) for name, value in kept[-1].items() if isinstance(value, float | int)
        },
    }


if __name__ == "__main__":
    raise SystemExit(main())
