"""What a command shows: tables for readers, CSV and JSON for machines, the accounts always.

Results go to standard output. With CSV and JSON the accounts and notes go to standard error, so that a pipe
carries data and nothing else.
"""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from analytics import __version__
from analytics._tables import csv_bytes, records, terms_among
from analytics._text import one_line
from analytics.cli.text import escaped, hand_over, printable, say
from analytics.counts import Counts
from analytics.counts.count_table import CountTable
from analytics.counts.input_record import input_record
from analytics.errors import OptionError, unknown_option
from analytics.files import check_writable, is_regular, real_path, write_together
from analytics.incidents import Incidents, ScannedIncidents
from analytics.periods import Gap
from analytics.results import CANNOT_BE_TOLD, NOT_SUPPORTED, SUPPORTED, shown

__all__ = [
    "Plan",
    "Read",
    "Shown",
    "Table",
    "account_lines",
    "csv_bytes",
    "emit",
    "input_record",
    "plan_output",
    "records",
    "with_glyphs",
]

Read = Incidents | ScannedIncidents | CountTable  # what a command reads
_FORMATS = ("table", "csv", "json")
# Endings that promise another kind of file than a command writes.
_NONE_OF_OURS = {
    *(".pdf", ".html", ".htm", ".doc", ".docx", ".odt", ".rtf", ".tex", ".typ", ".pptx", ".zip", ".gz"),
    *(".png", ".svg", ".jpg", ".jpeg", ".gif", ".eps", ".xls", ".xlsx", ".ods", ".parquet", ".ipynb", ".py"),
}
_GLYPHS = {
    shown(verdict, direction): glyph
    for direction, up in (("greater", "▲"), ("less", "▼"))
    for verdict, glyph in ((SUPPORTED, up), (NOT_SUPPORTED, "–"), (CANNOT_BE_TOLD, "?"))
}
# Options that are always a file to be read; some others may be one.
_READ = ("file", "other", "store", "mapping", "other_mapping", "actors", "accepted", "claims")
_STYLES = {
    "▲ ": "bold red",
    "▼ ": "bold red",
    "– ": "green",
    "? ": "yellow",
    "▬ ": "green",
    "△ ": "yellow",
}  # beside glyph and word, never alone
_NOTE = "note: "
_GAP = 3  # between columns on a terminal
_TEXT_WIDTH = 16  # a column of longer text may be folded down to this


@dataclass(frozen=True, slots=True)
class Table:
    """A table for readers: every cell is text.

    `right` names the columns set to the right, `spare` those a narrow terminal may leave out, in that order.
    """

    frame: pd.DataFrame
    title: str = ""
    right: tuple[str, ...] = ()
    spare: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """One answer in all its shapes.

    Attributes
    ----------
    heading : tuple of str
        What was found, in words.
    tables : tuple of Table
    below : tuple of str
        What stands below the tables.
    account : tuple of str
        Row accounting, count accounting and notes; shown with every format.
    frame : DataFrame
        The answer at full precision, for CSV.
    record : mapping
        The answer with parameters and accounts, for JSON.
    simulated : bool
    """

    heading: tuple[str, ...]
    tables: tuple[Table, ...]
    account: tuple[str, ...]
    frame: pd.DataFrame
    record: Mapping[str, Any]
    simulated: bool
    below: tuple[str, ...] = ()

    @property
    def terms(self) -> str:
        """What may be done with the data, as the account says; "" for simulated ones or if it does not."""
        said = (line.removeprefix(_NOTE) for line in self.account if line.startswith(_NOTE))
        return "" if self.simulated else terms_among(said)


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the answer goes and how: checked before any work is done."""

    kind: str
    output: Path | None


def plan_output(args: Namespace, *beside: Path) -> Plan:
    """Return format and place of the output, checked before anything is read.

    Parameters
    ----------
    args : Namespace
    *beside : Path
        Other files the command writes.

    Raises
    ------
    OptionError
        If the format is unknown, the output would replace the input or another output, or its ending is that
        of another kind of file.
    OutputError
        If a file cannot be written.
    """
    output = None if args.output == "-" else Path(args.output)
    if output is not None and output.suffix.casefold() in _NONE_OF_OURS:
        raise OptionError(
            f"--output ends in {output.suffix}, and what is written is text",
            expected="a name that ends in .csv, .json or .txt",
            found=str(output),
            todo="--figure FILE draws a picture, where there is one; uptick report makes a PDF and a page",
        )
    kind = args.format
    if kind is None:
        ending = output.suffix.lstrip(".").casefold() if output else ""
        kind = ending if ending in _FORMATS else "table"
    if kind not in _FORMATS:
        raise unknown_option("--format", kind, _FORMATS)
    taken = {real_path(path) for path in files_read(args)}
    for path in (*([output] if output else []), *beside):
        if real_path(path) in taken:
            raise OptionError(
                f"{path} would be written over", expected="a file that is neither read nor written twice"
            )
        taken.add(real_path(path))
        check_writable(path)
    return Plan(kind, output)


def files_read(args: Namespace) -> list[str]:
    """Return the files that the options name to be read, and what lies beside FILE and OTHER."""
    found = [str(value) for name in _READ if (value := getattr(args, name, None))]
    tables = [str(value) for name in ("file", "other") if (value := getattr(args, name, None))]
    beside = [str(Path(text).with_suffix(".meta.toml")) for text in tables if Path(text).name]
    placing = getattr(args, "placing", None) or {}
    maybe = [getattr(args, "population", None), getattr(args, "language", None), placing.get("regions")]
    maybe += [str(placing.get("along", "")).rpartition(",")[0], placing.get("spellings")]
    return [*found, *beside, *(str(name) for name in maybe if name and is_regular(Path(str(name))))]


def emit(answer: Shown, plan: Plan, beside: Mapping[Path, bytes] | None = None) -> None:
    """Write the answer, and the files beside it: all of them, or none."""
    files = dict(beside or {})
    if plan.output is not None:
        files[plan.output] = _rendered(answer, plan.kind).encode("utf-8")
    write_together(files)
    written = [f"wrote {path}" for path in files]
    if plan.kind == "table" and plan.output is None:
        _print_tables(answer)
        say(sys.stderr, written)
        return
    if plan.output is None:
        hand_over(_rendered(answer, plan.kind))
    say(sys.stderr, [*answer.heading, *answer.account, *written])


def with_glyphs(words: pd.Series) -> pd.Series:
    """Put each verdict's glyph before its word.

    Examples
    --------
    >>> with_glyphs(pd.Series(["uptick", "cannot be told", "decrease"])).tolist()
    ['▲ uptick', '? cannot be told', '▼ decrease']
    """
    return words.map(_GLYPHS) + " " + words


def account_lines(
    incidents: Read, counts: Counts | None = None, gaps: Sequence[Gap] = (), *, brief: bool = False
) -> tuple[str, ...]:
    """Return the accounts and notes that every format shows; `gaps` are the user's own.

    The account of rows is one line where it is to be `brief`.
    """
    lines = str(incidents.accounting).splitlines()[: 1 if brief else None]
    notes = list(incidents.notes)
    if counts is not None and counts.accounting is not None:
        account = counts.accounting
        lines = [f"{lines[0]}; {account}"] if brief else [*lines, str(account)]
        if account.long_spans and not brief:
            lines.append(f"  dated to more than one {counts.freq}: {account.long_spans:,}")
        if account.partial and brief:
            lines = [f"{lines[0]}; in no whole week {account.partial:,}"]
        elif account.partial:
            lines.append(f"  in weeks not wholly covered, and so in no week's count: {account.partial:,}")
        notes += counts.notes
    lines += [one_line(f"no coverage: {gap}") for gap in (*incidents.no_coverage, *gaps)]
    return (*lines, *(one_line(f"{_NOTE}{note}") for note in dict.fromkeys(notes)))


def _rendered(answer: Shown, kind: str) -> str:
    if kind == "csv":
        return csv_bytes(answer.frame, simulated=answer.simulated, terms=answer.terms).decode("utf-8")
    if kind == "json":
        terms = {"terms": answer.terms} if answer.terms else {}
        whole = {"version": __version__, "simulated": answer.simulated, **terms, **answer.record}
        return escaped(json.dumps(whole, ensure_ascii=False, indent=2, allow_nan=False)) + "\n"
    blocks = [*answer.heading]
    for table in answer.tables:
        blocks += ["", *([table.title] if table.title else []), *_aligned(table)]
    blocks += ["", *answer.below] if answer.below else []
    return "\n".join([*blocks, "", *answer.account]) + "\n"


def _aligned(table: Table) -> list[str]:
    """Return the table's lines, columns two spaces apart; nothing is cut."""
    columns = []
    for name, values in table.frame.items():
        cells = [printable(str(cell)) for cell in (name, *values)]
        width = max(map(cell_len, cells))
        pads = [" " * (width - cell_len(cell)) for cell in cells]
        at_right = name in table.right
        columns.append([p + c if at_right else c + p for p, c in zip(pads, cells, strict=True)])
    return ["  ".join(row).rstrip() for row in zip(*columns, strict=True)]


def _print_tables(answer: Shown) -> None:
    if not sys.stdout.isatty():
        say(sys.stdout, [_rendered(answer, "table").removesuffix("\n")])
        return
    console = Console(file=sys.stdout, highlight=False)
    for line in answer.heading:
        console.print(Text(printable(line), style="bold"))
    for table in answer.tables:
        drawn, left_out = _rich_table(table, console.width)
        console.print()
        console.print(drawn)
        if left_out:
            console.print(
                f"left out, the terminal is narrow: {', '.join(left_out)} (-o FILE has all)", markup=False
            )
    for line in (*([""] if answer.below else []), *answer.below):
        console.print(Text(printable(line)))
    console.print()
    for line in answer.account:
        console.print(Text(printable(line), style="dim"))


def _fitting(table: Table, width: int) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return the width of each column that fits, and the columns left out.

    Numbers stand on one line; longer text is folded, and headings are broken between words.
    """
    least, full = {}, {}
    for name, values in table.frame.items():
        key = str(name)
        widest = max((cell_len(printable(str(cell))) for cell in values), default=0)
        word = max(map(cell_len, key.split()), default=0)
        least[key] = max(widest if key in table.right else min(widest, _TEXT_WIDTH), word)
        full[key] = max(widest, cell_len(key))
    left_out = []
    for name in table.spare:
        if sum(least.values()) + _GAP * (len(least) - 1) <= width:
            break
        del least[name]
        left_out.append(name)
    room = width - sum(least.values()) - _GAP * (len(least) - 1)
    for name, size in least.items():
        more = max(0, min(room, full[name] - size))
        least[name] += more
        room -= more
    return least, tuple(left_out)


def _rich_table(table: Table, width: int) -> tuple[RichTable, tuple[str, ...]]:
    widths, left_out = _fitting(table, width)
    title = Text(printable(table.title)) if table.title else None
    drawn = RichTable(title=title, title_justify="left", box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name, size in widths.items():
        heading = Text(printable(name))
        if name in table.right:
            drawn.add_column(heading, justify="right", width=size, overflow="fold")
        else:
            drawn.add_column(heading, width=size, overflow="fold")
    for row in table.frame[list(widths)].itertuples(index=False):
        cells = [printable(str(cell)) for cell in row]
        drawn.add_row(*(Text(cell, style=_STYLES.get(cell[:2], "")) for cell in cells))
    return drawn, left_out
