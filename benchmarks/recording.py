"""What every benchmark's command shares: its --quick option, and where its result is written."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

RESULTS = Path(__file__).resolve().parent / "results"


def quick_parser(description: str | None, quick: str) -> argparse.ArgumentParser:
    """A command with ``--quick``; `quick` says what that leaves out."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help=quick)
    return parser


def record(
    name: str, lines: Iterable[str], table: pd.DataFrame | None = None, float_format: str | None = None
) -> None:
    """Write ``results/NAME.md`` and, with a table, ``results/NAME.csv``."""
    RESULTS.mkdir(exist_ok=True)
    if table is not None:
        table.to_csv(RESULTS / f"{name}.csv", index=False, float_format=float_format)
    (RESULTS / f"{name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def finish(name: str, lines: list[str], table: pd.DataFrame, *, quick: bool, failed: object) -> int:
    """Print a result, write it unless it was a quick run, and return the command's exit code."""
    print(*lines, sep="\n")
    if not quick:
        record(name, lines, table)
    return 1 if failed else 0
