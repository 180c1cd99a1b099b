"""A weekly report in five lines, as text or as markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from analytics._tables import terms_among
from analytics._text import visible
from analytics.options import check_choice
from analytics.reporting.languages import find_language

__all__ = ["Markup", "report_summary"]

Markup = Literal["text", "markdown"]
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")


def report_summary(record: Mapping[str, Any], *, markup: Markup = "text", language: str | Path = "en") -> str:
    r"""Return the report in five lines; each names what it is of, and says so where data are simulated.

    A sixth says what may be done with the data, where their source or their metadata say it.

    Parameters
    ----------
    record : mapping
        Of :func:`analytics.reporting.content.weekly.record.report_record`.
    markup : {"text", "markdown"}
        Markdown: the answer bold, the others a list; signs that data bring along do not format anything.
    language : str or Path
        What the lines are in.

    Examples
    --------
    >>> print(report_summary({"summary": ["Uptick in K*rkuk.", "45, usual 15."]}, markup="markdown"))
    **Uptick in K\*rkuk.**
    <BLANKLINE>
    - 45, usual 15.
    <BLANKLINE>
    """
    check_choice("markup", markup, Markup)
    say = find_language(language).say
    terms = "" if record.get("simulated") else terms_among(record.get("notes", ()))
    told = [*record["summary"], *([f"{terms[0].upper()}{terms[1:]}."] if terms else [])]
    lines = [visible(say(" ".join(str(line).split()))) for line in told]
    if markup == "text":
        return "\n".join(lines) + "\n"
    first, *others = (_SPECIAL.sub(r"\\\1", line) for line in lines)
    return "\n".join([f"**{first}**", "", *(f"- {line}" for line in others)]) + "\n"
