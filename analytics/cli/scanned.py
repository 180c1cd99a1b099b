"""``--engine`` and addresses of databases: the rows stay where they lie, and are counted there."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from analytics.errors import OptionError
from analytics.incidents import ScannedIncidents
from analytics.incidents.lazy.scanning import scan_incidents
from analytics.periods import as_day
from analytics.sources.coverage import CoveredFrom

__all__ = ["scanned"]

_SCANNING = (
    "encoding", "delimiter", "date_style", "header_row", "na", "country", "extracted", "report_days",
    "mapping",
)  # fmt: skip
_ENGINE = ("source", "engine", "memory", "table", "order")
_ELSEWHERE = (
    "sheet", "actors", "accepted", "placing", "known_on", "store", "missing", "limit",
    "sample",
)  # fmt: skip


def scanned(
    args: Namespace, columns: Mapping[str, str] | None, as_of: np.datetime64 | None
) -> ScannedIncidents:
    """Return the incidents that FILE names, with the reading options that an engine has.

    Raises
    ------
    OptionError
        If an option is given that only reading the whole file has.
    """
    other = [name for name in _ELSEWHERE if getattr(args, name, None) not in (None, False, [])]
    other += ["near" if getattr(args, "near", None) else "along"] if _placed(args) else []
    if other:
        raise OptionError(
            "rows that stay where they lie are not read with these options",
            expected=f"of reading: {', '.join(map(_option, _SCANNING))}, --source, --column",
            found=", ".join(map(_option, other)),
            todo="leave them out, or leave --engine out",
        )
    if not args.file:
        raise OptionError(
            f"uptick {args.command} needs incidents",
            expected="a FILE, a pattern of files in quotes, or the address of a database with --table",
            found="none",
        )
    asked = {name: getattr(args, name, None) for name in (*_ENGINE, *_SCANNING)}
    options: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    found = scan_incidents(_named(args.file), as_of=as_of, columns=columns, **options)
    found = replace(found, tells_who=True)
    if getattr(args, "covered_from", None) is not None:
        day = as_day(args.covered_from, "--covered-from")
        found = replace(found, covered_from=CoveredFrom(day, "as stated"))
    return replace(found, gap_is_quiet=True) if getattr(args, "gap_is_quiet", False) else found


def _named(file: str) -> str | Path:
    return file if "://" in file else Path(file)


def _placed(args: Namespace) -> bool:
    return bool(getattr(args, "near", None) or getattr(args, "along", None))


def _option(name: str) -> str:
    return "--no-report-days" if name == "report_days" else "--" + name.replace("_", "-")
