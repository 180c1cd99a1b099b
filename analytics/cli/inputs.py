"""From options to incidents and counts, the same way for every command."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from analytics._text import one_line
from analytics.bundled import bundled_path
from analytics.cli.show import Read
from analytics.counts import Counts, count_incidents
from analytics.counts.count_table import CountTable
from analytics.counts.reading import read_count_table, whole_count_table
from analytics.counts.silences import GAP
from analytics.errors import CountsTableError, OptionError
from analytics.incidents import Incidents, ScannedIncidents, read_incidents
from analytics.incidents.asked import place_as_asked
from analytics.periods import DAY, Gap, as_day, as_gap, week_first_day, week_label
from analytics.sources.coverage import CoveredFrom
from analytics.sources.source import WARNING

__all__ = [
    "MEASURED",
    "READING",
    "SAMPLE",
    "between_commas",
    "by_an_engine",
    "column_mapping",
    "counting_options",
    "counts_of",
    "gap_warnings",
    "given",
    "last_date_hint",
    "last_whole_week",
    "no_reading_of_stores",
    "read",
    "read_and_count",
    "read_any",
    "read_as_of",
    "read_table",
    "settings",
    "spells",
    "stored",
    "table_to_check",
    "the_file",
]

_Rows = TypeVar("_Rows", Incidents, ScannedIncidents)
SAMPLE = "data/iraq_simulated.csv"
MEASURED = "measured"
READING = (
    "sheet", "encoding", "delimiter", "date_style", "header_row", "na", "country", "extracted", "report_days",
    "mapping", "actors", "accepted",
)  # fmt: skip
_OF_STORES = ("actors", "accepted")  # applied to what a store holds, not to how a file was read
_TABLE = ("by", "regions", "start", "covered_from", "where", "value", "week_start", "missing")
_COUNTING = ("freq", "week_start", "by", "regions", "start", "covered_from", "where", "value", "span")


def the_file(args: Namespace) -> Path:
    """Return the file the command is about.

    Raises
    ------
    OptionError
        If neither or both of FILE and ``--sample`` are given.
    """
    store = getattr(args, "store", None)
    if store and (args.file or args.sample):
        raise OptionError(
            "a store and a file are both given",
            expected="one of them",
            found=f"--store {store} and {args.file or '--sample'}",
        )
    if store:
        return Path(store)
    if args.file and args.sample:
        raise OptionError(
            "both a file and --sample are given", expected="one of them", found=f"{args.file} and --sample"
        )
    if args.sample:
        return bundled_path(SAMPLE)
    if not args.file:
        raise OptionError(
            f"uptick {args.command} needs incidents",
            expected="a FILE (UCDP GED, ACLED, or a plain table), or --sample for the simulated sample",
            found="neither",
        )
    return Path(args.file)


def column_mapping(pairs: list[str]) -> dict[str, str] | None:
    """Return ``--column NAME=COLUMN`` options as a mapping, or None if there is none.

    Examples
    --------
    >>> column_mapping(["date_start=Date of event", "admin1=Province"])
    {'date_start': 'Date of event', 'admin1': 'Province'}
    """
    mapping: dict[str, str] = {}
    for pair in pairs:
        name, equals, column = (part.strip() for part in pair.partition("="))
        if not (name and equals and column):
            raise OptionError(
                "--column is not NAME=COLUMN", expected="such as --column date_start=Date", found=repr(pair)
            )
        if name in mapping:
            raise OptionError(f"--column gives {name} twice", found=f"{mapping[name]} and {column}")
        mapping[name] = column
    return mapping or None


def spells(args: Namespace) -> tuple[Gap, ...]:
    """Return the spells without coverage that ``--no-coverage`` states."""
    return tuple(as_gap(text, "--no-coverage") for text in args.no_coverage)


def read(args: Namespace, *, as_of: np.datetime64 | None) -> Incidents:
    """Read the file, or the sample, with the reading options a command has."""
    if getattr(args, "store", None):
        incidents = stored(args, as_of)
    else:
        _only_of_stores(args)
        options = given(args, "source", *READING)
        incidents = read_incidents(
            the_file(args), as_of=as_of, columns=column_mapping(args.column), **options
        )
    if getattr(args, "covered_from", None) is not None:
        day = as_day(args.covered_from, "--covered-from")
        incidents = replace(incidents, covered_from=CoveredFrom(day, "as stated"))
    if getattr(args, "gap_is_quiet", False):
        incidents = replace(incidents, gap_is_quiet=True)
    placing = getattr(args, "placing", None)
    return incidents if placing is None else place_as_asked(incidents, placing)


def stored(args: Namespace, as_of: np.datetime64 | None) -> Incidents:
    """Read what a store knew, with the options of reading left to those its deliveries were added with.

    Raises
    ------
    OptionError
        If another one is given.
    """
    no_reading_of_stores(args)
    from analytics.store import Store  # loads the database

    asked = given(args, "known_on", "source", *_OF_STORES)
    if getattr(args, "completeness", None) == MEASURED:
        asked = {"reported_on": "auto", **asked}
    return Store(the_file(args)).as_of(as_of, **asked)


def no_reading_of_stores(args: Namespace) -> None:
    """Raise an error where an option of reading is given with a store."""
    kept = [name for name in READING if name not in _OF_STORES]
    names = [name for name in kept if getattr(args, name, None) is not None]
    names += ["column"] if args.column else []
    if names:
        raise OptionError(
            "a store's files are read as they were when they were added",
            expected="no option of reading with --store",
            found=", ".join(
                "--no-report-days" if n == "report_days" else f"--{n.replace('_', '-')}" for n in names
            ),
            todo="leave it out",
        )


def _only_of_stores(args: Namespace) -> None:
    if getattr(args, "known_on", None) is not None:
        raise OptionError(
            "--known-on is for a store",
            todo="give --store STORE; a file knows what it knew when it was drawn",
        )


def given(args: Namespace, *names: str) -> dict[str, Any]:
    """Return those of the options that were given."""
    values = {name: getattr(args, name) for name in names if hasattr(args, name)}
    if values.get("completeness") == MEASURED:  # the counts have it
        del values["completeness"]
    return {name: value for name, value in values.items() if value is not None}


def settings(args: Namespace, function: Callable[..., object], *names: str) -> dict[str, Any]:
    """Return options of a function: what was given, and the function's own defaults for the rest.

    Examples
    --------
    >>> def watch(counts, *, seed=0, share=None): ...
    >>> settings(Namespace(seed=None, share=0.9), watch, "seed", "share")
    {'seed': 0, 'share': 0.9}
    """
    own = signature(function).parameters
    return {name: own[name].default for name in names} | given(args, *names)


def between_commas(text: str, option: str) -> tuple[str, ...]:
    """Return what stands between the commas of an option.

    Raises
    ------
    OptionError
        If a place between commas is empty.

    Examples
    --------
    >>> between_commas("predictive, cusum_nb", "--detectors")
    ('predictive', 'cusum_nb')
    """
    words = tuple(word.strip() for word in text.split(","))
    if not all(words):
        raise OptionError(f"{option} has an empty place between commas", found=repr(text))
    return words


def by_an_engine(args: Namespace) -> bool:
    """Whether the rows are to stay where they lie."""
    asked = [name for name in ("engine", "memory", "table", "order") if getattr(args, name, None) is not None]
    address = "://" in str(getattr(args, "file", None) or "")
    if asked and asked[0] in ("table", "order") and not address:
        raise OptionError(f"--{asked[0]} is for the address of a database", found=str(args.file))
    return bool(asked) or ("engine" in args and address)


def read_as_of(args: Namespace) -> Incidents:
    """Read the file as of the day given; the sample's is the day on which its metadata say that it was drawn.

    Raises
    ------
    OptionError
        If ``--as-of`` is not given; the message names the file's last date.
    """
    return _as_of(args, lambda day: read(args, as_of=day))


def _as_of(args: Namespace, look: Callable[[np.datetime64 | None], _Rows]) -> _Rows:
    if args.as_of is not None:
        return look(as_day(args.as_of, "--as-of"))
    found = look(None)
    drawn = found.extracted if isinstance(found, Incidents) and args.sample else None
    if drawn is None:
        raise OptionError(
            "--as-of is not given",
            expected="the last day the data know about: quiet days up to it count as zero",
            todo=last_date_hint(found),
        )
    args.as_of = str(drawn)
    said = f"as of {drawn}, the day on which the sample was drawn, as none was given"
    return _with_note(look(drawn), said)


def _with_note(rows: _Rows, said: str) -> _Rows:
    return replace(rows, notes=(*rows.notes, said)) if isinstance(rows, Incidents) else rows


def read_and_count(args: Namespace) -> tuple[Read, Counts]:
    """Read and count with a command's options: incidents, or a table that holds counts already.

    Raises
    ------
    OptionError
        If ``--as-of`` is not given; the message names the file's last date.
    """
    found = read_any(args)
    return found, counts_of(args, found)


def read_any(args: Namespace) -> Read:
    """Read a file of incidents or of counts with a command's options."""
    spells(args)
    if by_an_engine(args):
        from analytics.cli.scanned import scanned  # loads ibis

        return _as_of(args, partial(scanned, args, column_mapping(args.column)))
    the_file(args)
    try:
        return read_as_of(args)
    except CountsTableError:
        return read_table(args)


def counts_of(args: Namespace, found: Read) -> Counts:
    """Return the counts that a command's options ask for."""
    gaps = spells(args)
    asked = getattr(args, "completeness", None) == MEASURED
    holidays = [name for text in getattr(args, "holidays", ()) for name in between_commas(text, "--holidays")]
    if holidays and not asked:
        raise OptionError("--holidays is for --completeness measured", todo="give both, or leave it out")
    if isinstance(found, (Incidents, ScannedIncidents)):
        _only_of_tables(args)
        counts = count_incidents(found, **counting_options(args), no_coverage=gaps)
        if not asked:
            return counts
        if isinstance(found, ScannedIncidents):
            raise OptionError(
                "--completeness measured needs the rows, and these stay where they lie",
                todo="give a share, or leave --engine out",
            )
        from analytics.delays import with_measured_completeness

        return with_measured_completeness(counts, found, holidays=holidays or None)
    if asked:
        raise OptionError(
            "a table of counts has no days of report to measure completeness from",
            todo="give the share by hand: --completeness 0.9",
        )
    freq = args.freq or found.unit
    if freq != found.unit and (freq, found.unit) != ("week", "day"):
        raise OptionError(
            f"--freq {freq} cannot be made of {found.unit}s",
            expected=f"the {found.unit}s of {found.name} as they are",
            todo="leave --freq out",
        )
    counts = found.counts(gaps)
    return counts.resample(freq)


def _only_of_tables(args: Namespace) -> None:
    if getattr(args, "missing", None) is not None:
        raise OptionError("--missing is for tables of counts", found="incidents", todo="leave it out")


def read_table(args: Namespace) -> CountTable:
    """Read a table of counts with a command's options."""
    if getattr(args, "placing", None) is not None:
        raise OptionError(
            "a table of counts cannot be placed on the map",
            expected="incidents with coordinates",
            found="counts by place",
            todo="leave the regions on the map out; regions are the places it names",
        )
    if getattr(args, "span", None) is not None:
        raise OptionError("--span is for incidents", found="a table of counts", todo="leave it out")
    return read_count_table(the_file(args), **_table_options(args))


def table_to_check(args: Namespace) -> CountTable:
    """Read a table of counts to be looked at: as far as it goes, by the places it has."""
    options = _table_options(args)
    for by in ("admin1", "admin2", "country"):
        try:
            return whole_count_table(the_file(args), **options, by=by)
        except OptionError as error:
            if "to count by" not in error.what:
                raise
    return whole_count_table(the_file(args), **options, by=None)


def _table_options(args: Namespace) -> dict[str, Any]:
    options = given(args, *_TABLE, *READING)
    if str(options.get("by", "")).casefold() == "none":
        options["by"] = None
    if getattr(args, "gap_is_quiet", False):
        options["gap_is_quiet"] = True
    as_of = None if args.as_of is None else as_day(args.as_of, "--as-of")
    return {"as_of": as_of, "columns": column_mapping(args.column), **options}


def counting_options(args: Namespace) -> dict[str, Any]:
    """Return the options of ``count_incidents`` that a command has, ``--by none`` as None."""
    options = settings(args, count_incidents, *_COUNTING)
    if options["by"].casefold() == "none":
        options["by"] = None
    return options


def gap_warnings(notes: Iterable[str]) -> tuple[str, ...]:
    """Return what is said of suspected gaps and of what rows are, which stands above everything else."""
    return tuple(one_line(note) for note in dict.fromkeys(notes) if note.startswith((GAP, WARNING)))


def last_date_hint(incidents: Incidents | ScannedIncidents, *, week: bool = False) -> str:
    """Return advice that names the file's last date and, for reports, the last week it completes."""
    last = incidents.last_date
    name = "the sample" if incidents.path == bundled_path(SAMPLE) else (incidents.path or Path("FILE")).name
    hint = f"the last date in {name} is {last}: --as-of {last}"
    if not week:
        return hint
    return f"{hint}, or --week {week_label(last_whole_week(last))} for its last whole week"


def last_whole_week(day: np.datetime64, week_start: str = "monday") -> np.datetime64:
    """Return the first day of the last week that was over at the end of `day`.

    Examples
    --------
    >>> last_whole_week(np.datetime64("2020-04-12")), last_whole_week(np.datetime64("2020-04-11"))
    (np.datetime64('2020-04-06'), np.datetime64('2020-03-30'))
    """
    first: np.datetime64 = week_first_day(np.array([day - 6 * DAY]), week_start)[0]
    return first
