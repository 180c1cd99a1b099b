"""HXL tags, such as ``#adm1 +name``, and the row that holds them below the names of columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["Tag", "are_tags", "tag_of"]

_TAG = re.compile(
    r"#\s*([a-z_][a-z0-9_]*)((?:\s*\+\s*[a-z0-9_]+)*)\s*(?:\.[0-9]+|\([0-9]+\))?", re.IGNORECASE
)

Tag = tuple[str, frozenset[str]]


def tag_of(text: str) -> Tag | None:
    """Return the hashtag and the attributes of a tag, None where a text is none.

    Examples
    --------
    >>> tag, attributes = tag_of("#adm1 +name+en")
    >>> tag, sorted(attributes)
    ('adm1', ['en', 'name'])
    """
    found = _TAG.fullmatch(text.strip())
    if found is None:
        return None
    return found[1].casefold(), frozenset(
        word.strip().casefold() for word in found[2].split("+") if word.strip()
    )


def are_tags(cells: Sequence[str]) -> bool:
    """Whether a row is one of tags: at least two, and half of what is filled.

    Examples
    --------
    >>> are_tags(["#date", "", "#adm1 +name"]), are_tags(["#1 of May", "Kirkuk", "", ""])
    (True, False)
    """
    filled = [cell for cell in cells if cell and not cell.startswith("column ")]
    return bool(filled) and sum(tag_of(cell) is not None for cell in filled) >= max(2, len(filled) / 2)
