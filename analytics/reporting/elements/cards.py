"""`ReportCards` and `ReportText`: the cards, key sentences and notices of a report's front page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape as html_escape
from typing import Literal, get_args

from analytics.errors import unknown_option
from analytics.reporting.notebook.escape import PROSE, array, inline, soft

__all__ = ["Card", "ReportCards", "ReportText"]

TextKind = Literal["paragraphs", "key", "notice", "provisional"]


@dataclass(frozen=True)
class Card:
    """One figure of the front page.

    Parameters
    ----------
    label : str
        What is counted.
    value : str
        The figure, as text, ready to print.
    note : str
        The context: denominator, comparison, interval.
    accent : bool
        Whether the card is set in the accent colour.
    """

    label: str
    value: str
    note: str = ""
    accent: bool = False


@dataclass(frozen=True)
class ReportCards:
    """A row of cards.

    Parameters
    ----------
    cards : sequence of Card
        Up to four stand in a row.

    Examples
    --------
    >>> print(ReportCards([Card("incidents this week", "42", "mean of four weeks: 31")]))
    incidents this week: 42 (mean of four weeks: 31)
    """

    cards: Sequence[Card]

    def __str__(self) -> str:
        """Return one line a card."""
        return "\n".join(f"{c.label}: {c.value}" + (f" ({c.note})" if c.note else "") for c in self.cards)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Return the cards as HTML."""
        parts = []
        for card in self.cards:
            colour = "#C2410C" if card.accent else "#374151"
            parts.append(
                f'<div style="border-top:3px solid {colour};background:#F3F4F6;padding:8px 12px">'
                f"<div><small>{html_escape(card.label)}</small></div>"
                f'<div style="font-size:1.8em;color:{colour}"><b>{html_escape(card.value)}</b></div>'
                f"<div><small>{html_escape(card.note)}</small></div></div>"
            )
        return f'<div style="display:flex;flex-wrap:wrap;gap:10px">{"".join(parts)}</div>'

    def typst(self) -> str:
        """Return the cards as Typst."""
        items = (
            f"(label: {soft(c.label)}, value: {soft(c.value)}, note: {soft(c.note)}, "
            f"accent: {'true' if c.accent else 'false'})"
            for c in self.cards
        )
        return f"#uptick-cards({array(items)});"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        """Return plain text, HTML and Typst."""
        return {"text/plain": str(self), "text/html": self._repr_html_(), "text/x-typst": self.typst()}


@dataclass(frozen=True)
class ReportText:
    """Sentences written from results: printed as they are, whatever characters the names in them hold.

    Parameters
    ----------
    paragraphs : sequence of str
        One paragraph or sentence each.
    kind : {"paragraphs", "key", "notice", "provisional"}
        Running text; key sentences (a list, larger); a notice in a grey box; a notice that figures are
        provisional.

    Examples
    --------
    >>> print(ReportText(["There is an uptick in Kirkuk."], kind="key"))
    There is an uptick in Kirkuk.
    """

    paragraphs: Sequence[str]
    kind: TextKind = "paragraphs"

    def __post_init__(self) -> None:
        if isinstance(self.paragraphs, str):
            object.__setattr__(self, "paragraphs", (self.paragraphs,))
        if self.kind not in get_args(TextKind):
            raise unknown_option("kind", self.kind, get_args(TextKind))

    def __str__(self) -> str:
        """Return one line a paragraph."""
        return "\n".join(self.paragraphs)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Return the text as HTML."""
        if self.kind == "key":
            return "<ul>" + "".join(f"<li>{html_escape(p)}</li>" for p in self.paragraphs) + "</ul>"
        inner = "".join(f"<p>{html_escape(p)}</p>" for p in self.paragraphs)
        if self.kind == "paragraphs":
            return inner
        return f'<div style="border-left:3px solid #C2410C;background:#F3F4F6;padding:2px 12px">{inner}</div>'

    def typst(self) -> str:
        """Return the text as Typst."""
        if self.kind == "paragraphs":
            return "\n\n".join(inline(p) for p in self.paragraphs)
        items = array(soft(p, PROSE) for p in self.paragraphs)
        if self.kind == "key":
            return f"#uptick-key({items});"
        return f"#uptick-notice({items}, provisional: {'true' if self.kind == 'provisional' else 'false'});"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        """Return plain text, HTML and Typst."""
        return {"text/plain": str(self), "text/html": self._repr_html_(), "text/x-typst": self.typst()}
