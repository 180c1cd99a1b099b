"""What a source is: how its tables are recognised, and how they are translated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from analytics.sources.checks import Draft
from analytics.sources.columns import Columns

__all__ = ["Source", "SourceOptions"]


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What the reader of a file may state.

    That is the style of its dates, for a plain table its columns, and whether a column holds days of report.
    """

    date_style: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    report_days: bool = True


@dataclass(frozen=True, slots=True)
class Source:
    """One source, as its file declares it.

    Attributes
    ----------
    name : str
        How it is asked for, and what canonical rows carry as their `source`; the name of its file.
    title : str
        How a reader knows it.
    marks : tuple of str
        Columns (folded names) by which a table of it is recognised; all must be there. Empty: any table.
    translate : callable
        From a table's columns and the options to a draft of canonical columns.
    mapped : bool
        Whether ``columns=`` may say which column is which; else the source's columns are known by name.
    """

    name: str
    title: str
    marks: tuple[str, ...]
    translate: Callable[[Columns, SourceOptions], Draft]
    mapped: bool = False

    def recognise(self, columns: Columns) -> bool:
        """Whether the columns are those of this source."""
        return all(name in columns for name in self.marks)
