"""What the analyst says: paragraphs, some of them of one region."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from analytics.geo.folding import fold

__all__ = ["Comment", "read_comment"]


@dataclass(frozen=True)
class Comment:
    """An analyst's comment.

    Attributes
    ----------
    general : tuple of str
        Paragraphs on the whole.
    regions : mapping
        Region to what is said of it.
    """

    general: tuple[str, ...] = ()
    regions: Mapping[str, str] = field(default_factory=dict)

    def of(self, region: str) -> str:
        """Return what is said of a region, or ""."""
        return self.regions.get(region, "")


def read_comment(text: str | None, regions: Sequence[str]) -> Comment:
    r"""Return a comment: a paragraph that begins with a region's name and a colon is of that region.

    Parameters
    ----------
    text : str or None
        Paragraphs with empty lines between them, or lines that begin with a region's name.
    regions : sequence of str

    Examples
    --------
    >>> read_comment("A quiet week.\n\nkirkuk: Hawija carries half of it.", ["Kirkuk", "Erbil"])
    Comment(general=('A quiet week.',), regions={'Kirkuk': 'Hawija carries half of it.'})
    """
    known = {fold(name): name for name in regions}
    general: list[list[str]] = []
    of: dict[str, list[str]] = {}
    for paragraph in re.split(r"\n\s*\n", (text or "").strip()):
        said: list[str] = []
        for line in paragraph.splitlines():
            head, colon, rest = line.partition(":")
            if colon and fold(head) in known:
                said = of.setdefault(known[fold(head)], [])
                line = rest
            elif not said:
                general.append(said)
            said.append(line.strip())
    return Comment(tuple(map(" ".join, general)), {name: " ".join(parts) for name, parts in of.items()})
