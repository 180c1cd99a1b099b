"""Which language figures are drawn in: that of the report they are for."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from analytics.plots.months import plot_months
from analytics.reporting.languages.language import ENGLISH, Language, find_language
from analytics.results.words_days import MONTHS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["in_language", "speak_figure", "speaking"]

P = ParamSpec("P")
R = TypeVar("R")
_language: ContextVar[str] = ContextVar("uptick_language", default=ENGLISH)
_MONTHS = tuple(name[:3] for name in MONTHS)
_MARKS = re.compile("\u200f\u200e|\u200e\u200f")
_FIGURES = re.compile(r"\d[\d,]*(?:\.\d+)?")


@contextmanager
def speaking(name: str | Path) -> Iterator[Language]:
    """Draw figures in a language inside a ``with`` block.

    Examples
    --------
    >>> from analytics.plots.months import month_names
    >>> with speaking("ar"):
    ...     month_names()[3]
    'أبريل'
    """
    language = find_language(name)
    held = _language.set(str(name))
    try:
        with plot_months(language.months):
            yield language
    finally:
        _language.reset(held)


def in_language(draw: Callable[P, R]) -> Callable[P, R]:
    """Let a function of a report's numbers draw in the language that was asked for."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        numbers: Any = args[0]
        with speaking(numbers.request.language):
            return draw(*args, **kwargs)

    return drawn


def speak_figure(figure: Figure) -> None:
    """Set a figure's texts and the numerals of its axes in the language that is spoken now."""
    language = find_language(_language.get())
    if language.english:
        return
    from matplotlib.text import Text
    from matplotlib.ticker import FixedLocator, FuncFormatter

    ticks: set[Any] = set()
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            labels = axis.get_majorticklabels()
            ticks |= {*labels, *axis.get_minorticklabels()}
            said = [_said(label.get_text(), language) for label in labels]
            if isinstance(axis.get_major_locator(), FixedLocator):
                axis.set_ticklabels(said)
            else:
                axis.set_major_formatter(FuncFormatter(_numerals(axis, language)))
    found: Any = figure.findobj(Text)
    for text in found:
        if text not in ticks and text.get_text().strip():
            text.set_text(_said(text.get_text(), language))


def _said(text: str, language: Language) -> str:
    month, _, year = text.partition("\n")
    if month in _MONTHS:
        named = language.months[_MONTHS.index(month)]
        return f"{named}\n{language.in_digits(year)}" if year else named
    made = language.partly(text)
    if made is None and "\n" in text and (joined := language.known(" ".join(text.split()))) is not None:
        made = textwrap.fill(joined, max(map(len, text.split("\n"))))
    if made is None:
        made = _FIGURES.sub(lambda found: _figure(found[0], language), text) if "-W" not in text else text
    return _MARKS.sub("", made)


def _figure(text: str, language: Language) -> str:
    """Return a number in the numerals of a language; one of a name, such as 04, keeps its zero."""
    return language.in_digits(text) if re.fullmatch(r"0\d+", text) else language.number(text)


def _numerals(axis: Any, language: Language) -> Callable[[float, int | None], str]:
    usual = axis.get_major_formatter()

    def label(value: float, at: int | None = None) -> str:
        usual.set_locs(axis.get_majorticklocs())
        return _FIGURES.sub(
            lambda found: language.in_digits(found[0]), str(usual(value, at)).replace("−", "-")
        )

    return label
