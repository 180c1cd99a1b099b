"""The page of speeds: every record that compares time or memory, and where we are behind.

python -m benchmarks            # writes benchmarks/README.md from what is recorded
python -m benchmarks --run      # measures all of it again first, about an hour; says what failed at the end
python -m benchmarks --run growth counting
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
PAGE = HERE / "README.md"
RESULTS = HERE / "results"
# name: what follows `python`, and what it is about
PARTS: dict[str, tuple[str, str]] = {
    "growth": ("benchmarks/growth.py", "Cost by size"),
    "reading_peers": ("benchmarks/reading.py --peer", "Reading files"),
    "text_in_pieces": ("benchmarks/text_in_pieces.py", "Ten million rows of text"),
    "counting": ("benchmarks/counting.py", "Counting in memory"),
    "speed": ("benchmarks/speed.py", "uptick_test on 10,000 regions"),
    "detector_speed_weekly": ("benchmarks/detector_speed_weekly.py", "Weekly detectors"),
    "detector_speed_ears": ("benchmarks/detector_speed_ears.py", "EARS"),
    "detector_speed_cusum": ("benchmarks/detector_speed_cusum.py", "CUSUM and EWMA"),
    "detector_speed_glr": ("benchmarks/detector_speed_glr.py", "GLR and e-detector"),
    "blocks": ("benchmarks/blocks.py", "65,000 series in blocks"),
    "placing": ("benchmarks/placing.py", "Points in polygons"),
    "maps": ("benchmarks/maps.py", "Maps"),
    "scanning": ("benchmarks/scanning.py", "Incidents that stay in an engine"),
    "spilling": ("benchmarks/spilling.py", "Repeats that do not fit in memory"),
    "small": ("benchmarks/small.py --record", "Small pieces, watched"),
    "hot_paths": ("benchmarks/hot_paths.py --against CHECKOUT", "Hot paths beside an earlier commit"),
    "speed_against": ("benchmarks/speed.py --against CHECKOUT", "The test beside an earlier commit"),
    "commands": ("benchmarks/commands.py --against CHECKOUT", "Warm commands beside an earlier commit"),
    "report_time": (
        "benchmarks/report_time.py --against CHECKOUT",
        "The report beside an earlier commit",
    ),
}
INTRODUCTION = """\
# How fast it is

Every claim of speed this project makes, as it was measured: beside a named peer, in one run, in processor
seconds, each side in a process of its own where memory is given. Written by `python -m benchmarks` from the
records in [results](results); `make benchmark` measures them again first. Data are SIMULATED throughout.
Versions and machine stand below each table.

![Processor seconds by rows and by series, ours and peers', on logarithmic axes](../docs/images/growth.png)

## Where we are behind

Ratios of our processor time to the peer's that are over 1, from all tables below. A peer that reads text and
groups it checks nothing and keeps no account of rows.

| part | what | ours / peer |
|---|---|---:|"""
_ROW = re.compile(r"^\|(.*)\|\s*$")


def recorded(name: str) -> str | None:
    """The record of a part as Markdown, its heading left out; None where there is none."""
    for path in (RESULTS / f"{name}.md", RESULTS / f"{name}.txt"):
        if path.exists():
            text = path.read_text(encoding="utf-8").strip()
            if path.suffix == ".txt":
                return f"```\n{text}\n```"
            return re.sub(r"\A# .*\n+", "", re.sub(r"^##+ ", "#### ", text, flags=re.M))
    path = RESULTS / f"{name}.csv"
    return _markdown(pd.read_csv(path)) if path.exists() else None


def _markdown(frame: pd.DataFrame) -> str:
    rows = [list(frame.columns), ["---"] * frame.shape[1], *frame.astype(str).to_numpy().tolist()]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def behind(text: str) -> list[tuple[str, float]]:
    """Rows of a record whose column "ours / ..." is over 1: what was compared, and the ratio."""
    found, heads, column = [], [], None
    for line in text.splitlines():
        if not (row := _ROW.match(line)):
            column = None
            continue
        cells = [cell.strip() for cell in row[1].split("|")]
        if column is None:
            heads = cells
            column = next((at for at, head in enumerate(heads) if head.startswith(("ours / ", "ratio"))), -1)
        elif column >= 0 and (number := re.fullmatch(r"[\d.,]+", cells[column])):
            ratio = float(number[0].replace(",", ""))
            if ratio > 1:
                named = [c for c, head in zip(cells, heads, strict=True) if _names(head, c)]
                found.append((", ".join(named), ratio))
    return found


def _names(head: str, cell: str) -> bool:
    """Whether a cell says what was compared rather than what was measured."""
    size = head in ("size", "rows", "incidents")
    return (
        bool(cell) and (size or not re.fullmatch(r"[\d.,e+-]+", cell)) and head not in ("text, MB", "rounds")
    )


def page() -> str:
    """The whole page."""
    parts = {name: text for name in PARTS if (text := recorded(name)) is not None}
    lines = [INTRODUCTION]
    for name, text in parts.items():
        own = () if name == "small" else behind(text)
        lines += [f"| [{PARTS[name][1]}](#{_anchor(name)}) | {what} | {ratio:,.2f} |" for what, ratio in own]
    for name, text in parts.items():
        command, title = PARTS[name]
        lines += ["", f"## {title}", "", f"`python {command}`", "", text]
    return "\n".join(lines) + "\n"


def _anchor(name: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", PARTS[name][1].lower()).replace(" ", "-")


def run(names: list[str]) -> list[str]:
    """Measure again what needs no other checkout; return what failed."""
    failed = []
    for name in names or [n for n, (command, _) in PARTS.items() if "CHECKOUT" not in command]:
        command = PARTS[name][0].split()
        if not (HERE.parent / command[0]).exists():
            continue
        print(f"== {name}", flush=True)
        if subprocess.run(
            [sys.executable, "-W", "ignore", *command], cwd=HERE.parent, check=False
        ).returncode:
            failed.append(name)
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--run", nargs="*", metavar="PART", choices=PARTS, help="measure first; all, or these"
    )
    given = parser.parse_args()
    failed = [] if given.run is None else run(given.run)
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.name}: {sum(recorded(n) is not None for n in PARTS)} of {len(PARTS)} parts are recorded")
    if failed:
        print("a bar failed, or the command did: " + ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
