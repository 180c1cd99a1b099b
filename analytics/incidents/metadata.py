"""What a file ``NAME.meta.toml`` beside ``NAME.csv`` says of the data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analytics.errors import InputError, OptionError
from analytics.periods import Gap, as_day, as_gap

__all__ = ["Metadata", "read_metadata"]


@dataclass(frozen=True)
class Metadata:
    """What the file beside the data says: title, simulated or not, when drawn, spells without coverage."""

    title: str = ""
    simulated: bool = False
    no_coverage: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()
    extracted: np.datetime64 | None = None
    gap_is_quiet: bool = False


def read_metadata(path: Path | None) -> Metadata:
    """Read ``NAME.meta.toml`` beside the file, if there is one."""
    if path is None or not path.with_suffix(".meta.toml").is_file():
        return Metadata()
    beside = path.with_suffix(".meta.toml")
    try:
        stated = tomllib.loads(beside.read_text(encoding="utf-8"))
        gaps = tuple(
            as_gap(f"{gap['start']}..{gap['end']}" + (f"@{gap['region']}" if gap.get("region") else ""))
            for gap in stated.get("no_coverage", [])
        )
        extracted = None if "extracted" not in stated else as_day(stated["extracted"], "extracted")
    except (
        tomllib.TOMLDecodeError,
        UnicodeDecodeError,
        KeyError,
        TypeError,
        InputError,
        OptionError,
    ) as error:
        raise InputError(
            f"the metadata file {beside.name} cannot be read",
            expected='title = "...", simulated = true, extracted = 2020-05-01, [[no_coverage]] with start, '
            "end, region",
            found="; ".join(line.strip() for line in str(error).splitlines()),
            where=str(beside),
        ) from None
    notes = [f"metadata read from {beside.name}"]
    if "licence" in stated:
        notes.append(f"licence: {stated['licence']}")
    return Metadata(
        str(stated.get("title", "")),
        stated.get("simulated") is True,
        gaps,
        tuple(notes),
        extracted,
        stated.get("gap_is_quiet") is True,
    )
