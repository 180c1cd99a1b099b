"""What a file ``NAME.meta.toml`` beside ``NAME.csv`` says of the data."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from analytics._tables import LICENCE, TERMS
from analytics._text import read_toml, toml_fault
from analytics.errors import InputError, nearest
from analytics.files import is_regular, read_whole
from analytics.options import check_choice
from analytics.periods import Gap, as_day, as_gap
from analytics.sources.coverage import CoveredFrom, Splice

__all__ = ["Absent", "Metadata", "beside_of", "fingerprint", "metadata_of", "read_metadata"]

_READ = (
    "title",
    "licence",
    "simulated",
    "extracted",
    "covered_from",
    "gap_is_quiet",
    "no_coverage",
    "splice",
    "missing",
    "account",
    "notes",
)
Absent = Literal["auto", "zero", "uncovered"]  # what a row that is not in a table of counts means


@dataclass(frozen=True)
class Metadata:
    """What the file beside the data says: title, simulated or not, when drawn, coverage, and its hash."""

    title: str = ""
    simulated: bool = False
    no_coverage: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()
    extracted: np.datetime64 | None = None
    gap_is_quiet: bool = False
    splices: tuple[Splice, ...] = ()
    covered_from: CoveredFrom | None = None
    missing: Absent | None = None
    digest: str = ""

    def terms(self, title: str, terms: str) -> tuple[str, ...]:
        """Say on what terms a source may be used, where it has any and the metadata do not say."""
        stated = not terms or any(note.startswith(LICENCE) for note in self.notes)
        return () if stated else (f"{TERMS}{title}: {terms}",)


def read_metadata(path: Path | None) -> Metadata:
    """Read ``NAME.meta.toml`` beside the file, if there is one.

    Raises
    ------
    InputError
        If it is not TOML, or one of the keys it is read for holds something else (keys it is not read for
        are noted); if something of that name is no file that can be read.
    """
    beside = None if path is None else beside_of(path)
    return Metadata() if beside is None else metadata_of(read_whole(beside), beside)


def beside_of(path: Path) -> Path | None:
    """Return the file of metadata beside a file, None where nothing has its name.

    Raises
    ------
    InputError
        If a folder, a pipe, a device or a link that leads nowhere has its name.
    """
    beside = path.with_suffix(".meta.toml")
    if is_regular(beside):
        return beside
    if not os.path.lexists(beside):
        return None
    raise InputError(
        "the metadata beside the file cannot be read",
        expected="a file, or nothing of that name",
        found="a folder" if beside.is_dir() else "a pipe, a device, or a link that leads nowhere",
        where=str(beside),
        todo="write it as a file, or take it away",
    )


def metadata_of(data: bytes, beside: Path) -> Metadata:
    """Return what the content of a metadata file says; see `read_metadata`."""
    try:
        stated = read_toml(data.decode("utf-8"))
        _check_types(stated)
        gaps = tuple(
            as_gap(f"{gap['start']}..{gap['end']}" + (f"@{gap['region']}" if gap.get("region") else ""))
            for gap in stated.get("no_coverage", [])
        )
        splices = tuple(
            Splice(as_day(one["day"], "splice"), str(one["reason"])) for one in stated.get("splice", [])
        )
        extracted, began = (
            None if name not in stated else as_day(stated[name], name)
            for name in ("extracted", "covered_from")
        )
    except (
        ValueError,  # no TOML, no text, numbers without end, and what InputError and OptionError say
        RecursionError,
        KeyError,
        TypeError,
    ) as error:
        raise InputError(
            f"the metadata file {beside.name} cannot be read",
            expected='title = "...", simulated = true, extracted = 2020-05-01, covered_from = 2018-01-01, '
            "[[no_coverage]] with start, end, region, [[splice]] with day, reason",
            found="; ".join(line.strip() for line in toml_fault(error).splitlines()),
            where=str(beside),
        ) from None
    notes = [f"metadata read from {beside.name}"]
    if "licence" in stated:
        notes.append(f"{LICENCE}{stated['licence']}")
    if "account" in stated:
        notes.append(f"as fetched: {stated['account']}")
    notes += stated.get("notes", [])
    covered = None if began is None else CoveredFrom(began, f"as {beside.name} states")
    if covered is not None:
        notes.append(f"covered from {covered.day}, {covered.told}")
    notes += _misspelt(stated, beside.name)
    return Metadata(
        title=str(stated.get("title", "")),
        simulated=stated.get("simulated", False),
        no_coverage=gaps,
        notes=tuple(notes),
        extracted=extracted,
        gap_is_quiet=stated.get("gap_is_quiet", False),
        splices=splices,
        covered_from=covered,
        missing=stated.get("missing"),
        digest=hashlib.sha256(data).hexdigest(),
    )


def fingerprint(digest: str, *beside: str) -> str:
    """Return what a file and those given with it stand for together: the file's hash, or that of all.

    Examples
    --------
    >>> fingerprint("ab", ""), len(fingerprint("ab", "cd"))
    ('ab', 64)
    """
    others = [one for one in beside if one]
    if not others:
        return digest
    return hashlib.sha256(" ".join([digest, *others]).encode()).hexdigest()


def _check_types(stated: dict[str, Any]) -> None:
    for name in ("simulated", "gap_is_quiet"):
        if not isinstance(stated.get(name, False), bool):
            raise InputError(f"{name} is neither true nor false", found=repr(stated[name]))
    if "missing" in stated:
        check_choice("missing", stated["missing"], Absent)
    said = stated.get("notes", [])
    if not isinstance(said, list) or not all(isinstance(one, str) for one in said):
        raise InputError("notes is no list of texts", expected='notes = ["..."]')
    for name, parts in (("no_coverage", "start and end"), ("splice", "day and reason")):
        listed = stated.get(name, [])
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise InputError(f"{name} is no list of tables", expected=f"[[{name}]] with {parts}")


def _misspelt(stated: dict[str, Any], name: str) -> list[str]:
    """Say which keys are nearly ones that would be read; others are the file's own affair."""
    said = []
    for key in stated:
        close = [] if key in _READ else nearest(key, _READ, most=1)
        if close:
            said.append(f"{key} in {name} is not read; did you mean {close[0]}?")
    return said
