"""Kill -9 at random moments: every file is the old one or the new one, whole; those of a run stay together.

    python tests/torture/kills.py                    # 200 kills of each command, about an hour
    python tests/torture/kills.py report --kills 20

A run is known by what it writes: two runs of each command that differ in one option are made first, in
peace. Then they are begun in turn over each other's files and killed after a time drawn uniformly between
nothing and 1.1 times what a run takes; after every kill each file must be byte for byte that of one of
the two runs, all of them of the same one, and after a last run in peace no other file may be left. `store
add` has its own: benchmarks/store_kills.py. The record goes to tests/torture/results/kills.json. The rows
are simulated.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tests"))
RESULT = Path(__file__).resolve().parent / "results" / "kills.json"
SEED = 20200413

# Two runs each, which differ in what they write.
COMMANDS = {
    "report": (
        ["report", "--sample", "--week", "2020-W16", "--format", "pdf,html", "--title", "Old", "-o", "out"],
        ["report", "--sample", "--week", "2020-W16", "--format", "pdf,html", "--title", "New", "-o", "out"],
    ),
    "monitor": (
        ["monitor", "--sample", "--as-of", "2020-04-19", "-o", "out/alarms.csv"],
        ["monitor", "--sample", "--as-of", "2020-04-12", "-o", "out/alarms.csv"],
    ),
    "count": (
        ["count", "--sample", "--as-of", "2020-04-19", "-o", "out/counts.csv"],
        ["count", "--sample", "--as-of", "2020-04-12", "-o", "out/counts.csv"],
    ),
}


def started(words: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """Begin a run in a process group of its own, so that its kernel dies with it."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "analytics", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def held(folder: Path) -> dict[str, bytes]:
    """What lies in the output folder, by name."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in (folder / "out").rglob("*") if p.is_file()
    }


def kill_command(name: str, kills: int) -> dict[str, Any]:
    """Kill a command's runs and say what was found after each."""
    rng = random.Random(SEED)
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        states: list[dict[str, bytes]] = []
        for words in COMMANDS[name]:
            began = time.perf_counter()
            assert started(words, folder).wait() == 0, words
            seconds = time.perf_counter() - began
            states.append(held(folder))
        assert states[0] != states[1]
        assert states[0].keys() == states[1].keys()
        for at in range(kills):
            running = started(COMMANDS[name][at % 2], folder)
            time.sleep(rng.uniform(0, 1.1 * seconds))
            over = running.poll() is not None
            if not over:
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()
            files = {path: data for path, data in held(folder).items() if "/.uptick-" not in path}
            found["ended before the kill" if over else "killed"] += 1
            if files in states:
                found["files of one run, whole"] += 1
            elif files.keys() == states[0].keys() and all(
                data in (states[0][path], states[1][path]) for path, data in files.items()
            ):
                found["files whole, of two runs"] += 1
            else:
                found["TORN"] += 1
        assert started(COMMANDS[name][0], folder).wait() == 0
        found["files left after the next run"] = len(held(folder).keys() - states[0].keys())
        found["last run as the first"] = int(held(folder) == states[0])
    return {"kills": kills, "seconds of a run": round(seconds, 1), **found}


def kill_fetch(kills: int) -> dict[str, Any]:
    """Kill fetches from a server of our own: the file is not there, or it is whole; none lost, none twice."""
    import csv

    from fetch_server import EMAIL, PASSWORD, Server, World, acled_events

    rng = random.Random(SEED)
    events = acled_events(1_000)
    wanted = sorted(row["event_id_cnty"] for row in events)
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as temporary, Server(World(acled=events)) as server:
        folder = Path(temporary)
        os.environ |= {"ACLED_EMAIL": EMAIL, "ACLED_PASSWORD": PASSWORD}
        words = [
            "fetch",
            "acled",
            "--country",
            "Iraq",
            "--page-size",
            "100",
            "-o",
            "out/acled.csv",
            "--replace",
        ]
        words += ["--base-url", server.url]
        (folder / "out").mkdir()
        began = time.perf_counter()
        assert started(words, folder).wait() == 0
        seconds = time.perf_counter() - began
        usual = held(folder).keys()
        (folder / "out" / "acled.csv").unlink()
        for _ in range(kills):
            running = started(words, folder)
            time.sleep(rng.uniform(0, 1.1 * seconds))
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
                found["killed"] += 1
            else:
                found["ended before the kill"] += 1
            running.wait()
            target = folder / "out" / "acled.csv"
            if not target.exists():
                found["no file yet"] += 1
                continue
            with target.open(encoding="utf-8", newline="") as stream:
                whole = sorted(row["event_id_cnty"] for row in csv.DictReader(stream)) == wanted
            found["files of one run, whole" if whole else "TORN"] += 1
            if rng.random() < 0.5:
                target.unlink()
        assert started(words, folder).wait() == 0
        found["files left after the next run"] = len(held(folder).keys() - usual)
    return {"kills": kills, "seconds of a run": round(seconds, 1), **found}


def main() -> int:
    """Kill what is asked for, and record what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("commands", nargs="*")
    parser.add_argument("--kills", type=int, default=200)
    args = parser.parse_args()
    record = json.loads(RESULT.read_text()) if RESULT.is_file() else {}
    wrong = 0
    for name in args.commands or [*COMMANDS, "fetch"]:
        found = kill_fetch(args.kills) if name == "fetch" else kill_command(name, args.kills)
        record[name] = found
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(record, indent=1) + "\n")
        print(f"{name}: {found}", flush=True)
        wrong += found.get("TORN", 0) + found["files left after the next run"]
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
