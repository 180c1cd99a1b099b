"""Kill -9 at random moments: every file is the old one or the new one, whole; those of a run stay together.

    python tests/torture/kills.py                    # until 200 of each command are killed: an hour
    python tests/torture/kills.py report --kills 20
    python tests/torture/kills.py --seconds 480      # a piece of it: the next begins where this one ended
    python tests/torture/kills.py report --anew      # forget what was recorded of it

A run is known by what it writes: two runs of each command that differ in one option are made first, in
peace. Then they are begun in turn over each other's files and killed after a time drawn uniformly between
nothing and 1.1 times what a run takes; after every kill each file must be byte for byte that of one of
the two runs, all of them of the same one, and after a last run in peace no other file may be left. `store
add` has its own: benchmarks/store_kills.py. Runs are forks of a process that has loaded the packages
(warm.py), so that no kill is spent on imports, which write nothing; with --cold they are processes of their
own. The record goes to tests/torture/results/kills.json. The rows are simulated.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

PROJECT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(PROJECT / "tests"), str(Path(__file__).resolve().parent)]
RESULT = Path(__file__).resolve().parent / "results" / "kills.json"
SEED = 20200413
FETCHED = 1_000  # incidents, ten pages

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


class Run(Protocol):
    """A run that was begun, in a process group of its own."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self) -> int: ...


Start = Callable[[list[str], Path], Run]


def cold(words: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """Begin a run in a process of its own."""
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


def moment(name: str, at: int, seconds: float) -> float:
    """When a run is killed: its own draw, so that a run continued later draws what it would have drawn."""
    return random.Random(f"{SEED} {name} {at}").uniform(0, 1.1 * seconds)


def kill_after(start: Start, words: list[str], folder: Path, wait: float) -> str:
    """Begin a run and kill it after a time; say whether it was still running."""
    running = start(words, folder)
    time.sleep(wait)
    over = running.poll() is not None
    if not over:
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    return "ended before the kill" if over else "killed"


def kill_command(start: Start, name: str, kills: int, until: float, found: Counter[str]) -> None:
    """Kill a command's runs and count what was found after each."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        states: list[dict[str, bytes]] = []
        for words in COMMANDS[name]:
            for _ in range(2):  # the first run of a fork is no measure
                began = time.perf_counter()
                assert start(words, folder).wait() == 0, words
                seconds = time.perf_counter() - began
            states.append(held(folder))
        assert states[0] != states[1]
        assert states[0].keys() == states[1].keys()
        while found["killed"] < kills and time.monotonic() < until:
            at = found["runs begun"]
            found[kill_after(start, COMMANDS[name][at % 2], folder, moment(name, at, seconds))] += 1
            found["runs begun"] += 1
            files = {path: data for path, data in held(folder).items() if "/.uptick-" not in path}
            if files in states:
                found["files of one run, whole"] += 1
            elif files.keys() == states[0].keys() and all(
                data in (states[0][path], states[1][path]) for path, data in files.items()
            ):
                found["files whole, of two runs"] += 1
            else:
                found["TORN"] += 1
        assert start(COMMANDS[name][0], folder).wait() == 0
        found["files left after the next run"] += len(held(folder).keys() - states[0].keys())
        found["last run not as the first"] += int(held(folder) != states[0])
    found["milliseconds of a run"] = round(1_000 * seconds)


@contextmanager
def serving() -> Iterator[str]:
    """A server of our own, in a process of its own: none of its threads is forked with a run."""
    from fetch_server import Server, World, acled_events

    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        with Server(World(acled=acled_events(FETCHED))) as server:
            os.write(writing, server.url.encode())
            while os.getppid() != 1:
                time.sleep(1)
        os._exit(0)
    try:
        yield os.read(reading, 1_000).decode()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def kill_fetch(start: Start, kills: int, until: float, found: Counter[str]) -> None:
    """Kill fetches from a server of our own: the file is not there, or it is whole; none lost, none twice."""
    import csv

    from fetch_server import EMAIL, PASSWORD, acled_events

    wanted = sorted(row["event_id_cnty"] for row in acled_events(FETCHED))
    with tempfile.TemporaryDirectory() as temporary, serving() as address:
        folder = Path(temporary)
        os.environ |= {"ACLED_EMAIL": EMAIL, "ACLED_PASSWORD": PASSWORD}
        words = ["fetch", "acled", "--country", "Iraq", "--page-size", "100", "--replace"]
        words += ["-o", "out/acled.csv", "--base-url", address]
        (folder / "out").mkdir()
        began = time.perf_counter()
        assert start(words, folder).wait() == 0
        seconds = time.perf_counter() - began
        usual = held(folder).keys()
        target = folder / "out" / "acled.csv"
        target.unlink()
        while found["killed"] < kills and time.monotonic() < until:
            at = found["runs begun"]
            found[kill_after(start, words, folder, moment("fetch", at, seconds))] += 1
            found["runs begun"] += 1
            if not target.exists():
                found["no file yet"] += 1
                continue
            with target.open(encoding="utf-8", newline="") as stream:
                whole = sorted(row["event_id_cnty"] for row in csv.DictReader(stream)) == wanted
            found["files of one run, whole" if whole else "TORN"] += 1
            if at % 2:
                target.unlink()
        assert start(words, folder).wait() == 0
        found["files left after the next run"] += len(held(folder).keys() - usual)
    found["milliseconds of a run"] = round(1_000 * seconds)


def without_pauses() -> None:
    """Forks of this process ask for page after page at once: a kill while nothing happens finds nothing."""
    import functools

    from analytics.fetch import connection

    connection.Waiting = functools.partial(connection.Waiting, pause=0.0)  # type: ignore[misc,assignment]


def main() -> int:
    """Kill what is asked for, and record what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("commands", nargs="*")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=math.inf, help="stop after so many")
    parser.add_argument("--anew", action="store_true")
    parser.add_argument("--cold", action="store_true", help="each run in a process of its own")
    args = parser.parse_args()
    record = json.loads(RESULT.read_text()) if RESULT.is_file() else {}
    until = time.monotonic() + args.seconds
    wrong = 0
    start: Start = cold
    if not args.cold:
        from warm import Warm

        warm = Warm(Path(tempfile.mkdtemp()))
        start = warm.begin
        without_pauses()
    for name in args.commands or [*COMMANDS, "fetch"]:
        found: Counter[str] = Counter({} if args.anew else record.get(name, {}))
        if found["killed"] < args.kills and time.monotonic() < until:
            if name == "fetch":
                kill_fetch(start, args.kills, until, found)
            else:
                kill_command(start, name, args.kills, until, found)
        record[name] = dict(found)
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(record, indent=1) + "\n")
        print(f"{name}: {dict(found)}", flush=True)
        wrong += found["TORN"] + found["files left after the next run"] + found["last run not as the first"]
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
