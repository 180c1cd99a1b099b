"""How an answer shows itself: the sentence, the table, what was tested and how, and the notes."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod

import pandas as pd

__all__ = ["Answer"]


class Answer(ABC):
    """Shown as text and as HTML by whatever has a sentence, a summary, a null, a method and notes."""

    null_hypothesis: str
    method: str
    notes: tuple[str, ...]

    @abstractmethod
    def sentence(self) -> str:
        """Return the answer as a reader would say it."""

    @abstractmethod
    def summary(self) -> pd.DataFrame:
        """Return the table a reader would want: numbers written out."""

    def text(self) -> str:
        """Return sentence, table, method and notes for a terminal."""
        parts = [self.sentence(), "", self.summary().to_string(index=False), "", *self._tested()]
        return "\n".join([*parts, *(f"note: {note}" for note in self.notes)])

    def _tested(self) -> tuple[str, ...]:
        return (f"Null hypothesis: {self.null_hypothesis}", f"Method: {self.method}")

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.sentence()})"

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{html.escape(line)}</li>" for line in (*self._tested(), *self.notes))
        table = self.summary().to_html(index=False)
        return f"<p><b>{html.escape(self.sentence())}</b></p>{table}<ul>{items}</ul>"
