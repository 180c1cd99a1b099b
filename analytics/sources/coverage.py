"""From which day on a file holds all incidents, and from which by other rules, where something says so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["CoveredFrom", "Splice"]


@dataclass(frozen=True, slots=True)
class CoveredFrom:
    """The day from which on a file holds all incidents, and what says so.

    Attributes
    ----------
    day : datetime64[D]
    told : str
        What says so, as the end of a sentence: "as events.meta.toml states".
    rule : bool
        Whether it is a rule of the source for all its files. Such a rule covers days that are asked for and
        never opens the grid by itself: a file may be an extract that begins later.
    """

    day: np.datetime64
    told: str
    rule: bool = False


@dataclass(frozen=True, slots=True)
class Splice:
    """A day from which on incidents are in a file by other rules than before.

    Attributes
    ----------
    day : datetime64[D]
        The first day under the later rules.
    why : str
        What changed, as the end of a sentence.
    """

    day: np.datetime64
    why: str

    def __str__(self) -> str:
        return f"from {self.day} on {self.why}"
