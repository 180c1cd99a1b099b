"""50,000 simulated events with faults on every page, killed again and again: none lost, none twice.

python benchmarks/fetching.py [--quick]

A server on this machine plays the services of ACLED (ten pages of 5,000) and UCDP (fifty of 1,000). The
command `uptick fetch` runs as a process of its own, is ended with SIGKILL at random moments, and is run again
until it is done. Every page but the first has faults: 429 with Retry-After, 500, answers that are cut or not
to be read, a page that is repeated, a log-in that ends.
"""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from fetch_server import CANARY, EMAIL, PASSWORD, TOKEN, Server, World, acled_events, ucdp_events  # noqa: E402
from recording import finish, quick_parser  # noqa: E402

FAULTS = ("cut", "malformed", 500, "repeated", "cut packed", 429, "expired", "packed oddly", 503)
KILLS = 8  # at most: a kill that comes too late ends nothing
# The program itself, but for its waits: a hundredth of each is slept.
RUN = """
import sys, time
from functools import partial
import analytics.fetch.connection as connection
asleep = time.sleep
connection.Waiting = partial(connection.Waiting, pause=0.0, sleep=lambda seconds: asleep(seconds / 100))
from analytics.cli import main
sys.exit(main(sys.argv[1:]))
"""


def world(service: str, events: int, pages: int) -> World:
    """Events and, for every page, one to three faults."""
    rng = random.Random(20261128)
    kinds = [fault for fault in FAULTS if service == "acled" or fault != "expired"]
    faults = {page: rng.choices(kinds, k=1 + page % 3) for page in range(1, pages)}
    held = {"acled": acled_events(events)} if service == "acled" else {"ucdp": ucdp_events(events)}
    return World(**held, faults=faults, retry_after="3")


def one(service: str, events: int, pages: int, folder: Path) -> dict[str, object]:
    """Fetch with kills, and account for what came of it."""
    target = folder / f"{service}.csv"
    size = events // pages
    rng = random.Random(7)
    environment = {
        **os.environ, "UCDP_ACCESS_TOKEN": TOKEN, "ACLED_EMAIL": EMAIL, "ACLED_PASSWORD": PASSWORD,
        "PYTHONPATH": str(HERE.parent),
    }  # fmt: skip
    with Server(world(service, events, pages)) as server:
        served = server.world
        wrong = sum(map(len, served.faults.values()))
        words = [service, "--country", "Iraq", "--page-size", str(size), "-o", str(target)]
        words += ["--base-url", server.url + ("/api" if service == "ucdp" else "")]
        words += ["--release", "25.1"] if service == "ucdp" else []
        command = [sys.executable, "-c", RUN, "fetch", *words]
        said, killed, kept, began = "", 0, [], time.perf_counter()
        while True:
            running = subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            before = pages_of(target)
            if killed < KILLS:
                # Every other time as soon as a page has come, or else at any moment.
                while killed % 2 and pages_of(target) == before and running.poll() is None:
                    time.sleep(0.005)
                time.sleep(rng.uniform(0, 0.1) if killed % 2 else rng.uniform(0.5, 2.5))
                running.send_signal(signal.SIGKILL)
            said += running.communicate()[0]
            if running.returncode != -signal.SIGKILL:
                break
            killed += 1
            kept.append(pages_of(target))
            if target.exists():  # killed between the file's coming and the folder's going
                words.append("--replace")
                command = [sys.executable, "-c", RUN, "fetch", *words]
        seconds = time.perf_counter() - began
        assert running.returncode == 0, said
        expected = served.acled or served.ucdp
    with target.open(encoding="utf-8", newline="") as stream:
        got = list(csv.DictReader(stream))
    identifier = "event_id_cnty" if service == "acled" else "id"
    identifiers = [row[identifier] for row in got]
    whole = {str(row[identifier]): {name: cell(v) for name, v in row.items()} for row in expected}
    left = [
        path.read_text(encoding="utf-8", errors="replace") for path in folder.rglob("*.*") if path.is_file()
    ]
    return {
        "service": service,
        "events": events,
        "pages": pages,
        "faults": wrong,
        "kills": killed,
        "pages kept at the kills": " ".join(map(str, kept)),
        "requests": sum("/api/" in path for _, path in served.seen),
        "lost": len(set(whole) - set(identifiers)),
        "twice": len(identifiers) - len(set(identifiers)),
        "alike": sum(whole[row[identifier]] == row for row in got),
        "canary": sum(CANARY in text for text in [said, *left]),
        "seconds": round(seconds, 1),
    }


def cell(value: object) -> str:
    """A value as the file has it."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, bool) else str(value)


def pages_of(target: Path) -> int:
    """How many pages are kept."""
    return len(list(target.with_name(target.name + ".part").glob("part-*/page-*.jsonl")))


def main() -> int:
    quick = quick_parser(__doc__, "a tenth of the events").parse_args().quick
    events = 5_000 if quick else 50_000
    with tempfile.TemporaryDirectory() as name:
        table = pd.DataFrame(
            [one("acled", events, 10, Path(name)), one("ucdp", events, 10 if quick else 50, Path(name))]
        )
    failed = table[["lost", "twice", "canary"]].to_numpy().any() or (table["alike"] != events).any()
    lines = [
        f"{events:,} simulated events from a server of our own with faults on every page but the first.",
        "`uptick fetch` was ended with SIGKILL at random moments and run again until it was done.",
        "`alike`: rows equal to what the service holds, cell by cell; `canary`: files and output in which a",
        "credential was found. Waits are a hundredth of the real ones; seconds are of all runs together.",
        "",
        "| " + " | ".join(table.columns) + " |",
        "|" + "---|" * len(table.columns),
        *("| " + " | ".join(map(str, row)) + " |" for row in table.itertuples(index=False)),
        "",
        "FAILED" if failed else "None lost, none twice, no credential anywhere.",
    ]
    return finish("fetching", lines, table, quick=quick, failed=failed)


if __name__ == "__main__":
    sys.exit(main())
