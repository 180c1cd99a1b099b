"""What a source is, as data: how its tables are recognised, which column is which, what it counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from analytics.periods import Gap
from analytics.sources.checks import Draft
from analytics.sources.columns import Columns
from analytics.sources.coverage import Splice
from analytics.sources.dates import WARNING
from analytics.sources.header import Layout

__all__ = ["WARNING", "Dates", "Decides", "Names", "People", "Source", "SourceOptions", "several"]

Names = str | tuple[str, ...]  # a column's folded name, or several: the first that is there


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What the reader of a file may state.

    That is the style of its dates, for a plain table its columns, and whether a column holds days of report.
    """

    date_style: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    report_days: bool = True


@dataclass(frozen=True, slots=True)
class Dates:
    """How a source dates its rows.

    Attributes
    ----------
    start : str or tuple of str
        Column of the day, or of the first day.
    end : str
        Column of the last day; empty: the same day.
    parts : tuple of str
        Columns of year, month and day, where no column holds the date; 0 and negative are not known.
    slashes : str or None
        The order of day and month in which the source writes dates with slashes; None: it writes none.
    precision : tuple of (str, mapping), optional
        Column of a code and how many days each code may be off. None: the span is the precision.
    closer : tuple of (str, callable), optional
        A column that may tell the span more closely, and what takes it from there, on a draft that has the
        span of the other columns.
    reported, updated : str or tuple of str
        Columns of the day of the first report and of the last change.
    """

    start: Names = ""
    end: str = ""
    parts: tuple[str, ...] = ()
    slashes: str | None = None
    precision: tuple[str, Mapping[str, float]] | None = None
    closer: tuple[str, Callable[[Draft], None]] | None = None
    reported: Names = ""
    updated: Names = ""


@dataclass(frozen=True, slots=True)
class People:
    """Columns of numbers of people; several are added, and numbers that mean *not stated* are missing."""

    columns: tuple[str, ...]
    not_stated: tuple[float, ...] = ()
    ending: str = ""  # all columns whose folded name ends so, beside `columns`
    parts: tuple[str, ...] = ()  # how those begin that divide the same people again: added only on their own


@dataclass(frozen=True, slots=True)
class Decides:
    """A part of a source's rules: the columns it looks at, and what it decides on them.

    So that the rules can be asked once for each combination of their values, wherever the rows are
    (:func:`analytics.incidents.scan_incidents`). `days` are canonical: ``date_start``, ``reported_on``.
    """

    columns: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    days: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source, as its file declares it.

    Attributes
    ----------
    name : str
        How it is asked for, and what canonical rows carry as their `source`; the name of its file.
    title : str
        How a reader knows it.
    counts, leaves_out : str
        What one row is, and what never becomes a row.
    warning : str
        What stands above every answer made from it; empty for most.
    terms : str
        What has to be said of it, and what may not be passed on; stands among the notes of every answer.
    marks : tuple of tuple of str
        Sets of columns (folded names) by which a table of it is recognised: all of one set must be there.
    looks_like : callable, optional
        In place of marks: whether a table is one of it.
    required : tuple of str
        Columns without which it cannot be read.
    identifier : str or tuple of str
        Column of the identifier.
    beside : str
        Column that tells rows apart where the source gives one identifier to several of them.
    text : mapping
        Canonical column to the column of its text.
    missing : mapping
        Canonical column to words (in any case) that stand for *not known* there.
    dates : Dates
    coordinates : tuple of str or of tuples of str
        Columns of latitude and longitude.
    place_precision : tuple of (str, mapping), optional
        Column of a code, and what each code means.
    people : mapping
        Canonical column to the columns of its number.
    fixed : mapping
        Canonical column to the word that holds for every row.
    rules : callable, optional
        Derives words (initiator, activity) and flags, on the draft.
    decides : tuple of Decides
        The parts of the rules, each with the columns it looks at.
    notes : tuple of (str, str)
        Column that must be there (or empty), and what is to be said then.
    codes : tuple of str
        Columns of codes that stay text, such as ``0231``.
    layouts : tuple of Layout
        The columns of files that come without a header.
    splices : tuple of Splice
        Days from which on it codes or collects in another way.
    no_coverage : tuple of Gap
        Spells that the source itself does not cover.
    reads : callable, optional
        A reader of its own, where columns are not known by name.
    maps : callable, optional
        What such a reader finds, in place of columns that are known: which column each canonical one is, and
        which are added to one.
    mapped : bool
        Whether ``columns=`` may say which column is which; else the source's columns are known by name.
    may_be_counts : bool
        Whether such a table may hold counts in place of incidents.
    """

    name: str
    title: str
    counts: str = ""
    leaves_out: str = ""
    warning: str = ""
    terms: str = ""
    marks: tuple[tuple[str, ...], ...] = ()
    looks_like: Callable[[Columns], bool] | None = None
    required: tuple[str, ...] = ()
    identifier: Names = ()
    beside: str = ""
    text: Mapping[str, Names] = field(default_factory=dict)
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dates: Dates = field(default_factory=Dates)
    coordinates: tuple[Names, Names] = ("latitude", "longitude")
    place_precision: tuple[str, Mapping[str, str]] | None = None
    people: Mapping[str, People] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    rules: Callable[[Draft], None] | None = None
    decides: tuple[Decides, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    codes: tuple[str, ...] = ()
    layouts: tuple[Layout, ...] = ()
    no_coverage: tuple[Gap, ...] = ()
    splices: tuple[Splice, ...] = ()
    reads: Callable[[Columns, SourceOptions], Draft] | None = None
    maps: Callable[[Columns], tuple[dict[str, str], dict[str, tuple[str, ...]]]] | None = None
    mapped: bool = False
    may_be_counts: bool = False

    @property
    def scannable(self) -> bool:
        """Whether all of it is declared, so that rows in an engine can be told what it says of them."""
        own_reader = self.reads is not None and not self.mapped and self.maps is None
        return not own_reader and (self.rules is None or bool(self.decides))

    def recognise(self, columns: Columns) -> bool:
        """Whether the columns are those of this source."""
        if self.looks_like is not None:
            return self.looks_like(columns)
        return any(all(name in columns for name in names) for names in self.marks)


def several(names: Names) -> Sequence[str]:
    """Return names as a sequence."""
    return (names,) if isinstance(names, str) else names
