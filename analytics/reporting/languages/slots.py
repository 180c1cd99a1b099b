"""English sentences with slots: how they are written down, and recognised."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analytics._text import read_toml, toml_fault
from analytics.errors import InputError
from analytics.files import read_whole
from analytics.results.words_days import MONTHS

__all__ = ["DAY", "NUMBER", "SPAN", "Pattern", "read_language", "share_left", "slots_of"]

_SLOT = re.compile(r"\{(\w+)(?::(\w+))?\}")
_MONTH = "|".join((*MONTHS, *(name[:3] for name in MONTHS)))
NUMBER = r"(?:over |<)?\d[\d,]*(?:\.\d+)?|–|∞"
DAY = rf"\d{{4}}-\d\d-\d\d|\d{{1,2}} (?:{_MONTH})(?: \d{{4}})?"
SPAN = rf"(?:(?:{DAY}|\d{{1,2}}) to )?(?:{DAY})"
KINDS = {
    "number": NUMBER,
    "range": rf"(?:{NUMBER})(?: to (?:{NUMBER}))?",
    "day": DAY,
    "span": SPAN,
    # A name: what stands in data. No sentence ends inside one. A term is one that may have a translation.
    "name": r"(?:(?!\. | · ).)+?",
    "names": r"(?:(?!\. | · ).)+?",
    "term": r"(?:(?!\. | · |: ).)+?",
    "items": r".+?",
    "sum": r".+?",
    "who": r"(?:(?!\. | · |: ).)+?",
    "region": r"(?:(?!\. | · |: ).)+?",
    "code": r"\S+",
    "label": r"\d{4}-(?:W\d\d|\d\d-\d\d)",
    "phrase": r".+?",
    "clause": r"(?:(?!\. ).)+?",
}
"""What may stand in a slot, by its kind."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One English form of a sentence: its key, the expression that recognises it, the kind of each slot."""

    key: str
    expression: re.Pattern[str]
    kinds: tuple[tuple[str, str], ...]
    literal: int
    begins: str

    @classmethod
    def of(cls, key: str, text: str) -> Pattern:
        """Return the pattern of a template such as ``"{observed:number} in the {window:phrase}"``.

        Examples
        --------
        >>> Pattern.of("lead", "{n:number} incidents, first").expression.fullmatch("45 incidents, first")["n"]
        '45'
        """
        parts: list[str] = []
        kinds: dict[str, str] = {}
        at = 0
        for found in _SLOT.finditer(text):
            parts.append(_literal(text[at : found.start()], first=at == 0))
            name, kind = found[1], found[2] or "name"
            if name in kinds:
                parts.append(f"(?P={name})")
            else:
                kinds[name] = kind
                parts.append(f"(?P<{name}>{KINDS[kind]})")
            at = found.end()
        parts.append(_literal(text[at:], first=at == 0))
        literal = len(_SLOT.sub("", text))
        begins = "" if text.startswith("{") else text[1 : (text + "{").index("{")]
        return cls(key, re.compile("".join(parts)), tuple(kinds.items()), literal, begins)

    def match(self, text: str) -> dict[str, str] | None:
        """Return what stands in each slot of a text, None where it is another sentence."""
        if not text.startswith(self.begins, 1) and self.begins:
            return None
        found = self.expression.fullmatch(text)
        return None if found is None else found.groupdict()


def _literal(text: str, *, first: bool) -> str:
    """Return text as an expression; a sentence may begin with a small letter where it follows another."""
    if first and text[:1].isalpha():
        return f"[{text[0].upper()}{text[0].lower()}]{re.escape(text[1:])}"
    return re.escape(text)


def slots_of(text: str) -> Iterator[str]:
    """Yield the slots of a template, of either kind.

    Examples
    --------
    >>> list(slots_of("{observed:number} in {names}"))
    ['observed', 'names']
    """
    for found in _SLOT.finditer(text):
        yield found[1]


def read_language(file: Path) -> dict[str, Any]:
    """Return what a language's file holds: its tables `language` and `sentences`, and `pages`."""
    try:
        held = read_toml(read_whole(file).decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        found = toml_fault(error)
        raise InputError("the language file cannot be read", found=found, where=str(file)) from None
    if "language" not in held or "sentences" not in held:
        wanted, found = "the tables [language] and [sentences]", ", ".join(held)
        raise InputError("the language file is not whole", expected=wanted, found=found, where=str(file))
    return held


def share_left(way: tuple[str, Sequence[tuple[str, str | None]]]) -> float:
    """Return which share of the parts of a text, each with its translation, is not known.

    Examples
    --------
    >>> share_left((" ", [("a", "x"), ("b", None)]))
    0.5
    """
    return sum(made is None for _, made in way[1]) / len(way[1])
