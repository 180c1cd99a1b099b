"""``uptick country``: a country's folder of data, made from a file of boundaries."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from analytics.bundled import bundled_path
from analytics.cli.inputs import between_commas
from analytics.cli.text import say
from analytics.errors import OptionError, OutputError
from analytics.files import check_writable, write_together
from analytics.geo.countries import find_country
from analytics.geo.folding import fold
from analytics.geo.new_country import country_folder

__all__ = ["run"]


def run(args: Namespace) -> None:
    """Make the folder, and say what is in it and how it is used.

    Raises
    ------
    OptionError
        If the file, the country or the column of names is not given.
    OutputError
        If the folder holds such files already: somebody may have edited them.
    """
    for value, what in ((args.file, "FILE"), (args.country, "--country"), (args.name, "--name")):
        if not value:
            raise OptionError(
                f"uptick country needs {what}",
                expected="uptick country BOUNDARIES --country NAME --name COLUMN",
            )
    made = country_folder(
        args.file, args.country, name=args.name, parent=args.parent, code=args.code,
        spellings=_columns(args.spellings, "--spellings"), parent_code=args.parent_code,
        parent_spellings=_columns(args.parent_spellings, "--parent-spellings"),
        names=_columns(args.names, "--names"), crs=args.crs, layer=args.layer, encoding=args.encoding,
    )  # fmt: skip
    named = fold(args.country).replace(" ", "_")
    if not named.strip("."):  # a folder above
        raise OptionError(
            "country is no name of a folder", expected="its name, such as Kenya", found=args.country
        )
    folder = Path(args.output or "countries") / named
    targets = {folder / name: text.encode("utf-8") for name, text in made.files.items()}
    there = [path.name for path in targets if path.exists()]
    if there:
        raise OutputError(
            "the folder holds files of these names already",
            expected="a folder without them: somebody may have edited them",
            found=", ".join(there),
            where=str(folder),
            todo="give another with -o, or move them away",
        )
    for path in targets:
        check_writable(path)
    write_together(targets)
    lines = [str(path) for path in targets]
    lines += [f"{args.country}: {len(made.admin1)} first-order and {len(made.admin2)} second-order units"]
    lines += [f"note: {note}" for note in (*_known(args.country, folder), *made.notes)]
    lines += [
        "look them over: what the units are called and which words do not count (country.toml), spellings",
        f"to use them: UPTICK_COUNTRIES={folder.parent}",
    ]
    say(sys.stdout, lines)


def _known(country: str, made: Path) -> list[str]:
    """Say so where the country has data already, other than the folder just made."""
    known = find_country(country)
    if known is None or known.folder.resolve() == made.resolve():
        return []
    if known.folder.parent != bundled_path("data"):
        return [f"{known.name} has a folder of your own already, {known.folder}: two are an error"]
    return [
        f"{known.name} has bundled data; with UPTICK_COUNTRIES this folder takes their place whole: their "
        "spellings, sets of regions and calendar are then not used, unless you copy them into it"
    ]


def _columns(text: str | None, option: str) -> tuple[str, ...]:
    return () if text is None else between_commas(text, option)
