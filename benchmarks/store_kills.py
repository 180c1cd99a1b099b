"""Kill -9 while a delivery is added: the store opens, and holds the old state or the new one.

python benchmarks/store_kills.py            200 kills, half a minute; writes results/store_kills.md
python benchmarks/store_kills.py --kills 8  fewer, and writes nothing

Each kill: a process that has read its file begins to write it, as the second delivery of a store or as the
first of a new one, and is killed after a time drawn uniformly between 0 and 1.2 times what writing takes.
Another process opens what is left. Simulated rows.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.errors import InputError
from analytics.store import Cover, Store
from analytics.store.adding import Batch, add_batch, read_batch
from analytics.store.opening import made_if_absent, writing

RESULT = Path(__file__).parent / "results" / "store_kills.md"
ROWS = 3_000
OLD, NEW, NONE = 10, 11, 12  # exit codes: what was found


def table(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    days = np.datetime64("2019-01-01") + rng.integers(0, 400, ROWS)
    frame = pd.DataFrame({"id": [f"SIM-{i}" for i in range(ROWS)], "date": days.astype(str)})
    frame["province"] = rng.choice(["Diyala", "Kirkuk", "Erbil"], ROWS)
    frame["killed"] = (
        np.random.default_rng(seed).integers(0, 9, ROWS).astype(str)
    )  # another seed: other numbers
    return frame.iloc[seed % 100 :]


def forked(work: Callable[[], int], patience: float | None = None) -> tuple[int | None, float]:
    """Run in a process of its own, kill it when patience ends; return exit code (None: killed), seconds."""
    begun = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            code = work()
        finally:
            os._exit(code)
    if patience is not None:
        time.sleep(patience)
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    took = time.perf_counter() - begun
    return (None if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)), took


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    kills = parser.parse_args().kills
    first, second = (read_batch(table(seed), "auto", {}) for seed in (1, 57))
    known = {
        code: batch.incidents.frame["fatalities"].tolist() for code, batch in ((OLD, first), (NEW, second))
    }
    rng = np.random.default_rng(20200419)
    found: Counter[tuple[str, str]] = Counter()
    words = {OLD: "old", NEW: "new", NONE: "none yet", None: "killed"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = folder / "base.store"

        def add(path: Path, batch: Batch, on: str) -> Callable[[], int]:
            def work() -> int:
                made_if_absent(path, "benchmark")
                with writing(path) as connection:
                    add_batch(connection, batch, "table", np.datetime64(on), (Cover(),))
                return 0

            return work

        def look(path: Path) -> Callable[[], int]:
            def work() -> int:
                store = Store(path)
                try:
                    held = store.as_of().frame["fatalities"].tolist()
                except InputError as error:
                    empty = "there is no store" in str(error) or "the store is empty" in str(error)
                    return NONE if empty else 98
                last = store.deliveries()[-1]
                add(path, second, "2020-04-26")()  # and it can be written again
                same = [code for code, values in known.items() if values == held]
                return same[0] if same and last.after == len(held) else 97

            return work

        assert forked(add(base, first, "2020-04-12"))[0] == 0
        for kind in ("a second delivery", "a new store"):
            work = folder / "work.store"

            def fresh(kind: str = kind, work: Path = work) -> None:
                for left in folder.glob("work.store*"):
                    left.unlink()
                if kind == "a second delivery":
                    shutil.copy(base, work)

            fresh()
            frame, on = (second, "2020-04-19") if kind == "a second delivery" else (first, "2020-04-12")
            code, takes = forked(add(work, frame, on))
            assert code == 0
            for _ in range(kills // 2):
                fresh()
                killed, _ = forked(add(work, frame, on), float(rng.uniform(0, 1.2 * takes)))
                code, _ = forked(look(work))
                if code not in words:
                    sys.exit(f"after a kill the store is neither old nor new (exit {code})")
                found[kind, f"{'killed' if killed is None else 'ended first'}, {words[code]}"] += 1
    lines = ["| killed while adding | what happened, what was found | times |", "|---|---|---:|"]
    lines += [f"| {kind} | {what} | {times} |" for (kind, what), times in sorted(found.items())]
    text = "\n".join(lines)
    print(text)
    if kills >= 200:
        RESULT.write_text(
            f"# A store and {kills} kills\n\n`python benchmarks/store_kills.py`. {ROWS:,} simulated rows, "
            "killed while they were written; each store was then opened by another process, its "
            "rows compared with those of the old and of the new state, and a further delivery added. "
            f"Neither old nor new: 0 of {kills}.\n\n{text}\n",
            encoding="utf-8",
        )


if __name__ == "__main__":
    main()
