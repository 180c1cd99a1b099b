"""Which forms a weekly report can take, and the bytes of each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from analytics.errors import OptionError, OutputError, unknown_option
from analytics.options import check_installed, choices
from analytics.reporting.formats.summary import Markup, report_summary
from analytics.reporting.languages import find_language, spoken_html
from analytics.reporting.notebook.document import Document

__all__ = ["FORMATS", "RUN_FOR", "Format", "check_formats", "made_formats"]

Format = Literal["pdf", "html", "xlsx", "json", "atom", "md", "txt"]
FORMATS = choices(Format)
RUN_FOR = frozenset(("pdf", "html"))  # what a notebook has to be run for
FEED = "uptick-weekly-alarms.atom"  # one feed for the issues of a folder


def check_formats(formats: str | Iterable[str]) -> tuple[str, ...]:
    """Return the formats asked for, each once, in the order they are listed in.

    Parameters
    ----------
    formats : str or iterable of str
        Names, or one text with commas between them.

    Raises
    ------
    OptionError
        If one is unknown or none is given.

    Examples
    --------
    >>> check_formats("html, pdf"), check_formats(["xlsx"])
    (('pdf', 'html'), ('xlsx',))
    """
    names = formats.split(",") if isinstance(formats, str) else formats
    wanted = [str(name).strip().lower() for name in names]
    if not any(wanted):
        raise OptionError("no format is given", expected=", ".join(FORMATS))
    for name in wanted:
        if name not in FORMATS:
            raise unknown_option("format", name, FORMATS)
    if "xlsx" in wanted:
        check_installed("openpyxl", what="a workbook", extra="excel", instead="html or json")
    return tuple(name for name in FORMATS if name in wanted)


def made_formats(
    formats: Iterable[str],
    record: Mapping[str, Any],
    document: Document | None,
    target: Path,
    language: str = "en",
) -> dict[str, tuple[Path, bytes]]:
    """Return where each of some formats goes, and its content; the PDF is not among them.

    Parameters
    ----------
    formats : iterable of str
    record : mapping
        Of :func:`analytics.reporting.content.weekly.record.report_record`.
    document : Document or None
        The notebook that was run; needed for ``"html"``.
    target : Path
        The PDF's place: the others have its name with an ending of their own. The feed has one name for all
        issues of a folder, and keeps what it holds of earlier ones.
    language : str
        What the lines of text are in; the page is in its document's. Data stay English.

    Raises
    ------
    OutputError
        If the feed that lies there is of other reports.
    """
    made: dict[str, tuple[Path, bytes]] = {}
    for name in formats:
        if name == "pdf":
            continue
        path = target.parent / FEED if name == "atom" else target.with_suffix(f".{name}")
        made[name] = (path, _content(name, record, document, path, language))
    return made


def _content(
    name: str, record: Mapping[str, Any], document: Document | None, path: Path, language: str = "en"
) -> bytes:
    if name == "html":
        from analytics.reporting.formats.page import report_page

        if document is None:
            raise AssertionError("a page needs the notebook that was run")
        return spoken_html(report_page(record, document), find_language(document.language)).encode("utf-8")
    if name == "xlsx":
        from analytics.reporting.formats.workbook import report_workbook

        return report_workbook(record)
    if name == "atom":
        from analytics.reporting.formats.feed import alarm_feed

        return alarm_feed(record, before=_before(path))
    if name == "json":
        return json_text(record).encode("utf-8")
    markup: Markup = "markdown" if name == "md" else "text"
    return report_summary(record, markup=markup, language=language).encode("utf-8")


def json_text(record: Mapping[str, Any]) -> str:
    """Return a record as the text of a file."""
    return json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _before(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError as error:
        raise OutputError(
            "the feed that is there cannot be read", found=error.strerror or str(error), where=str(path)
        ) from error
