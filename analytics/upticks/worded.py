"""A claim's result whose answer is a sentence of its own, because its rows are not regions."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.results import ClaimResult

__all__ = ["WordedResult"]


@dataclass(frozen=True, eq=False)
class WordedResult(ClaimResult):
    """A claim's result with its answer in words.

    Attributes
    ----------
    words : tuple of str
        What was found, one sentence each, without a full stop.
    """

    words: tuple[str, ...] = ()

    def sentence(self) -> str:
        """Return the answer as a reader would say it."""
        tag = "SIMULATED data: " if self.simulated else ""
        return f"{tag}{'; '.join(self.words)}."
