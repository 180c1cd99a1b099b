"""Everything that each claim's test says of small simulated counts: to see when any of it changes.

    python -W ignore tests/golden/make_answers.py    # writes tests/golden/answers_*.json anew

Where figures.json holds the numbers of many methods, these hold whole answers: every column, parameter,
note, reason, sentence and table beside, on counts with gaps, silent regions, late reports and short
histories. They are not known to be right, only to be what they were: references are in the tests of each
method. A wanted change makes them anew, and CHANGELOG.md says why. The counts are SIMULATED.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import answers_of_claims
import answers_of_counts
import answers_of_monitoring
import answers_of_windows
from answers_said import Case, differences, told

__all__ = ["cases", "differences", "stored", "told"]

HERE = Path(__file__).resolve().parent
ROOMS: dict[str, tuple[Callable[[], dict[str, Case]], ...]] = {
    "recent": answers_of_windows.PARTS,
    "claims": answers_of_claims.PARTS,
    "counts": answers_of_counts.PARTS,
    "areas": (answers_of_counts.areas,),
    "monitoring": answers_of_monitoring.PARTS,
}


@cache
def cases(room: str) -> dict[str, Case]:
    """The cases of a room."""
    return {name: case for part in ROOMS[room] for name, case in part().items()}


def stored(room: str) -> Path:
    """Where the answers of a room are kept."""
    return HERE / f"answers_{room}.json"


if __name__ == "__main__":
    for room in ROOMS:
        made = {name: told(case()) for name, case in cases(room).items()}
        lines = [f" {json.dumps(name)}: {json.dumps(one, ensure_ascii=False)}" for name, one in made.items()]
        stored(room).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        print(room, len(made), "cases", stored(room).stat().st_size, "bytes")
