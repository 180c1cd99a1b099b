"""Two simulated years of weekly reports from a store: no drift, and every past report again, byte for byte.

    python tests/torture/long_haul.py                 # 104 reports, each made twice: half an hour
    python tests/torture/long_haul.py --seconds 480   # a piece of it: the next goes on where this one ended
    python tests/torture/long_haul.py --weeks 6 --anew

Every week: a delivery of everything known so far is added to a store, and the report of the week is made
from it, as an office would, by the command. Incidents come late, a few change, a few are deleted; in the
middle of the time the file's form changes (semicolons, another order of columns, a column more). At the
end every report is made again from the store as of its day, and compared. Seconds, memory and disk are
kept for each week; what they grow by is set beside what the data grow by. Commands and kernels are forks of
a process that has loaded the packages (warm.py); the first, the middle and the last report are made by
processes of their own too, and compared. The rows are simulated. The record goes to
tests/torture/results/long_haul.json.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).resolve().parent))
RESULT = Path(__file__).resolve().parent / "results" / "long_haul.json"
WORK = PROJECT / "build" / "long_haul"
SEED = 20200413
Run = Callable[[list[str], Path, dict[str, str]], tuple[float, float]]
REGIONS = ("Anbar", "Baghdad", "Diyala", "Kirkuk")
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


def report(run: Run, day: str, out: Path) -> tuple[float, float, str]:
    """Make a report from the store; return its cost, and the digest of everything that it wrote."""
    shutil.rmtree(out, ignore_errors=True)
    seconds, megabytes = run(
        ["report", "--store", "iraq.store", "--as-of", day, "-o", out.name], out.parent, {}
    )
    digest = hashlib.sha256()
    for path in sorted(out.iterdir()):
        digest.update(path.name.encode() + path.read_bytes())
    return seconds, megabytes, digest.hexdigest()


def live(run: Run, state: dict[str, Any], events: pd.DataFrame, weeks: int) -> None:
    """Live through the next week."""
    week = len(state["kept"])
    on = 7 * (HISTORY + week + 1) - 1
    day = str(FIRST + np.timedelta64(on, "D"))
    file = WORK / "events.csv"
    delivery(events, on, file, later_form=week >= weeks // 2)
    added = run(["store", "add", file.name, "--store", "iraq.store", "--on", day], WORK, {})
    made = report(run, day, WORK / "now")
    state["kept"].append(
        {
            "day": day,
            "add": added[0],
            "report": made[0],
            "megabytes": max(added[1], made[1]),
            "digest": made[2],
            "rows": sum(1 for _ in file.open()) - 1,
            "store": (WORK / "iraq.store").stat().st_size,
            "report bytes": sum(path.stat().st_size for path in (WORK / "now").iterdir()),
        }
    )


def main() -> int:
    """Live through the weeks, make everything again, and record what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weeks", type=int, default=104)
    parser.add_argument("--seconds", type=float, default=math.inf, help="stop after so many")
    parser.add_argument("--anew", action="store_true")
    args = parser.parse_args()
    until = time.monotonic() + args.seconds
    if args.anew:
        shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True, exist_ok=True)
    kept = WORK / "state.json"
    state: dict[str, Any] = {"kept": [], "again": [], "cold": {}}
    if kept.is_file():
        state = json.loads(kept.read_text())
    from warm import Warm, cold

    events = world(args.weeks)
    warm = Warm(WORK)
    while time.monotonic() < until and len(state["again"]) < args.weeks:
        if len(state["kept"]) < args.weeks:
            live(warm.run, state, events, args.weeks)
        else:
            one = state["kept"][len(state["again"])]
            state["again"].append(report(warm.run, one["day"], WORK / "again")[2] == one["digest"])
        beside = kept.with_suffix(".new")
        beside.write_text(json.dumps(state))
        beside.replace(kept)
    warm.close()
    for at in (0, args.weeks // 2, args.weeks - 1):
        if len(state["kept"]) == args.weeks and str(at) not in state["cold"] and time.monotonic() < until:
            one = state["kept"][at]
            state["cold"][str(at)] = report(cold, one["day"], WORK / "cold")[2] == one["digest"]
            kept.write_text(json.dumps(state))
    ours = {"events.csv", "events.meta.toml", "iraq.store", "now", "again", "cold", "state.json"}
    left = sorted({p.name for p in WORK.iterdir()} - ours - {"kernels", "kernels.json"})
    if not state["kept"]:
        return 0
    record = summary(state["kept"], state["again"], left)
    record["weeks wanted"] = args.weeks
    record["by processes of their own"] = len(state["cold"])
    record["of them the same"] = sum(state["cold"].values())
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record), flush=True)
    good = all(state["again"]) and all(state["cold"].values()) and not left
    # Nothing may drift beyond the data: neither time nor memory nor disk, which a store takes by blocks.
    judged = record["growth"] if record["weeks"] >= 52 else ("report seconds",)
    beyond = [name for name in judged if record["growth"][name] > record["growth"]["rows"] + 0.1]
    if beyond:
        print(f"grew by more than the rows: {', '.join(beyond)}", flush=True)
    return int(not good or bool(beyond))


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
            "report bytes": growth("report bytes"),
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
