"""The fonts of figures and reports: which characters they hold, and what stands for those they do not."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from analytics._text import visible

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

__all__ = [
    "FAMILIES", "FONTS", "drawable", "known_characters", "mend_texts", "narrow_fonts", "register_fonts",
    "with_fonts",
]  # fmt: skip

FONTS = Path(__file__).resolve().parents[1] / "reporting" / "notebook" / "fonts"
FAMILIES = (
    "Noto Sans", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Bengali",
    "Noto Sans Tamil", "Noto Sans Telugu", "Noto Sans Thai", "Noto Sans Lao", "Noto Sans Khmer",
    "Noto Sans Myanmar", "Noto Sans Ethiopic", "Noto Sans SC", "Noto Sans KR", "DejaVu Sans",
)  # fmt: skip
"""Families in the order in which a character is looked for."""
_NO_GLYPHS = frozenset("\n\u200b\u200c\u200d\u200e\u200f\u061c\u2060\ufe0e\ufe0f")
_BOLD = 700


@lru_cache(maxsize=1)
def known_characters() -> frozenset[int]:
    """Return the code points that a bundled font can show."""
    from matplotlib.ft2font import FT2Font

    known: set[int] = set()
    for path in sorted(FONTS.glob("*-Regular.ttf")):
        known.update(FT2Font(str(path)).get_charmap())
    return frozenset(known)


def drawable(text: str) -> str:
    r"""Return text in which every character that no font of ours holds is written as its code.

    Examples
    --------
    >>> drawable("北京 กรุงเทพ x\x01"), drawable("\U00020000")
    ('北京 กรุงเทพ x[U+0001]', '[U+20000]')
    """
    shown = visible(text)
    if shown.isascii():
        return shown
    known = known_characters()
    return "".join(c if ord(c) in known or c in _NO_GLYPHS else f"[U+{ord(c):04X}]" for c in shown)


def register_fonts() -> None:
    """Let matplotlib know the fonts of the reports."""
    from matplotlib.font_manager import fontManager

    listed = fontManager.ttflist
    known = {entry.fname for entry in listed}
    for path in sorted(FONTS.glob("Noto*.ttf")):
        if str(path) in known:
            continue
        fontManager.addfont(path)
        if not path.with_stem(path.stem.replace("Regular", "Bold")).exists():
            # It serves for bold too: matplotlib would say at every title that it has no other.
            listed.append(replace(listed[-1], weight=_BOLD))


@lru_cache(maxsize=1)
def _usual_characters() -> frozenset[int]:
    """Return the code points of the font that matplotlib draws with where nothing is set."""
    from matplotlib.font_manager import findfont
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(findfont("DejaVu Sans")).get_charmap())


def with_fonts(text: Text) -> None:
    """Let a text be drawn whatever script it is in: our families follow those it has."""
    said = text.get_text()
    if said.isascii() or all(ord(character) in _usual_characters() for character in said):
        return
    own = text.get_fontfamily()
    more = [family for family in FAMILIES if family not in own]
    if more:
        register_fonts()
        text.set_fontfamily([*own, *more])


@lru_cache(maxsize=1)
def _first_characters() -> frozenset[int]:
    """Return the code points of the first family."""
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(FONTS / "NotoSans-Regular.ttf")).get_charmap())


def narrow_fonts(figure: Figure) -> None:
    """Let texts that the first of our families holds be drawn in it alone: each is looked up, every time.

    The picture is the same; a page of them takes a quarter less.
    """
    from matplotlib.text import Text

    first, wide = FAMILIES[0], [*FAMILIES]

    def held(said: str) -> bool:
        return said.isascii() or all(c == "\n" or ord(c) in _first_characters() for c in said)

    for ax in figure.axes:
        sides: tuple[tuple[Literal["x", "y"], Any], ...] = (("x", ax.xaxis), ("y", ax.yaxis))
        for name, axis in sides:
            labels = axis.get_majorticklabels()
            if all(held(label.get_text()) and label.get_fontfamily() == wide for label in labels):
                ax.tick_params(axis=name, which="both", labelfontfamily=first)
    found: Any = figure.findobj(Text)
    for text in found:
        if text.get_fontfamily() == wide and held(text.get_text()):
            text.set_fontfamily(first)


def mend_texts(figure: Figure) -> None:
    """Let every text of a figure be drawn: unknown characters by their code, other scripts by our fonts."""
    from matplotlib.text import Text
    from matplotlib.ticker import FixedLocator

    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            if not isinstance(axis.get_major_locator(), FixedLocator):
                continue
            labels = [label.get_text() for label in axis.get_majorticklabels()]
            if (shown := [drawable(label) for label in labels]) != labels:
                axis.set_ticklabels(shown)
    found: Any = figure.findobj(Text)
    for text in found:
        if (said := drawable(text.get_text())) != text.get_text():
            text.set_text(said)
        with_fonts(text)
