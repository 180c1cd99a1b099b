"""``uptick sample``: where the simulated sample lies, or a copy of it."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from analytics.bundled import bundled_path
from analytics.cli.text import say
from analytics.errors import OutputError
from analytics.files import check_writable, write_together

__all__ = ["run"]

_FILES = (
    "iraq_simulated.csv",
    "iraq_simulated.meta.toml",
    "iraq_simulated_no_uptick.csv",
    "iraq_simulated_no_uptick.meta.toml",
    "iraq_simulated_places.csv",
    "iraq_simulated_truth.json",
)


def run(args: Namespace) -> None:
    """Print the sample's path, or copy sample, twin and truth to a folder."""
    sources = [bundled_path(f"data/{name}") for name in _FILES]
    if args.output is None:
        say(sys.stdout, [str(sources[0])])
        say(sys.stderr, ["SIMULATED incidents, Iraq by district; the truth behind them lies beside"])
        return
    folder = Path(args.output)
    contents = {folder / source.name: source.read_bytes() for source in sources}
    for path, content in contents.items():
        check_writable(path)
        if path.exists() and path.read_bytes() != content:
            raise OutputError(
                f"{path.name} is there already, with other content",
                where=str(folder),
                todo="choose another folder",
            )
    write_together(contents)
    say(sys.stdout, [str(folder / _FILES[0])])
    say(sys.stderr, [f"SIMULATED incidents, their twin without the uptick, and the truth: {folder}"])
