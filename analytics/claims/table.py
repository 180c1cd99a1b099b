"""The table of verdicts: one row for each claim and definition, with its sentence."""

from __future__ import annotations

import html
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analytics.claims.dispatch import Answer
from analytics.claims.read import Claims
from analytics.results import (
    CANNOT_BE_TOLD,
    NOT_SUPPORTED,
    SUPPORTED,
    Verdict,
    format_number,
    format_p,
)

__all__ = ["VerdictTable", "said"]

_DIGITS = {"day_test": 0, "longest spell": 0, "recurrence_test": 1}
_SIMULATED: dict[str, str] = {
    SUPPORTED: "would be supported (simulated)",
    NOT_SUPPORTED: "would not be supported (simulated)",
    CANNOT_BE_TOLD: "cannot be told (simulated)",
}


def said(verdict: Verdict, simulated: bool) -> str:
    """Return the verdict as it is shown: on simulated data it is none on the world.

    Examples
    --------
    >>> said("supported", True), said("supported", False)
    ('would be supported (simulated)', 'supported')
    """
    return _SIMULATED[verdict] if simulated else verdict


@dataclass(frozen=True, eq=False)
class VerdictTable:
    """What the data can tell about each claim.

    Attributes
    ----------
    frame : DataFrame
        One row for each claim and definition: claim, words, kind, counted, regions, test, window_start,
        window_end, estimate_name, estimate, low, high (95 %), pvalue (NaN where there is none), verdict,
        reason, detectable (smallest effect seen in four cases out of five; NaN where there is none),
        could_be_seen (the same in words).
    claims : Claims
    article_date, as_of : datetime64[D]
    alpha, margin : float
    data : str
        Title of the data.
    lethal_only : bool
        Whether the data hold deadly events only.
    simulated : bool
        Then every verdict says so.
    notes : tuple of str
    answers : mapping of (claim, counted) to Answer
        The whole result of each test (``.result``) and further tables (``.details``), such as the contrast
        and placebo dates beside a causal claim.
    """

    frame: pd.DataFrame
    claims: Claims
    article_date: np.datetime64
    as_of: np.datetime64
    alpha: float
    margin: float
    data: str
    lethal_only: bool = False
    simulated: bool = False
    notes: tuple[str, ...] = ()
    answers: Mapping[tuple[str, str], Answer] = field(default_factory=dict, repr=False)

    def __getitem__(self, claim: str) -> pd.DataFrame:
        rows = self.frame[self.frame["claim"] == claim]
        if rows.empty:
            raise KeyError(claim)
        return rows

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        return f"VerdictTable({self.sentence()})"

    def details(self, claim: str, name: str, counted: str | None = None) -> pd.DataFrame:
        """Return a further table of a claim's answer, such as ``details("exploiting", "contrast")``.

        Raises
        ------
        KeyError
            If there is no such claim, definition or table.
        """
        first = self[claim]["counted"].iloc[0]
        return self.answers[claim, counted or str(first)].details[name]

    @property
    def family(self) -> str:
        """How many were tested."""
        tested = int(self.frame["pvalue"].notna().sum())
        return (
            f"{len(self.claims)} claims, {len(self.frame)} rows (a claim under each definition of what "
            f"counts), {tested} with a p-value; each is taken as stated beforehand and tested at "
            f"{100 * self.alpha:g} % alone, without adjustment for their number"
        )

    def sentence(self) -> str:
        """Return how many claims came out how, under all their definitions."""
        rows = zip(self.frame["claim"], self.frame["verdict"], strict=True)
        words: dict[str, tuple[str, ...]] = {}
        for claim, verdict in rows:
            words[claim] = tuple(dict.fromkeys((*words.get(claim, ()), verdict)))
        parts = []
        for each in (SUPPORTED, NOT_SUPPORTED, CANNOT_BE_TOLD):
            word = said(each, self.simulated)
            names = [name for name, found in words.items() if found == (word,)]
            if names:
                parts.append(f"{len(names)} {word}: {', '.join(names)}")
        mixed = [name for name, found in words.items() if len(found) > 1]
        if mixed:
            differ = "differing with what is counted" + (" (simulated)" if self.simulated else "")
            parts.append(f"{len(mixed)} {differ}: {', '.join(mixed)}")
        tag = "SIMULATED data: " if self.simulated else ""
        return f"{tag}{len(self.claims)} claims put to {self.data} as of {self.as_of}: {'; '.join(parts)}."

    def summary(self) -> pd.DataFrame:
        """Return the table a reader would want: numbers written out."""
        rows = self.frame
        return pd.DataFrame(
            {
                "claim": rows["claim"],
                "counted": rows["counted"],
                "test": rows["test"],
                "window": _windows(rows),
                "estimate": [
                    f"{name} {_number(value, test)}" if not np.isnan(value) else "–"
                    for name, value, test in zip(
                        rows["estimate_name"], rows["estimate"], rows["test"], strict=True
                    )
                ],
                "95 % interval": _intervals(rows),
                "p": rows["pvalue"].map(format_p),
                "verdict": rows["verdict"],
                "why": rows["reason"],
                "could be seen": rows["could_be_seen"],
            }
        )

    def describe(self, claim: str) -> list[str]:
        """Return one sentence for each definition of a claim.

        Raises
        ------
        KeyError
            If there is no such claim.
        """
        tag = "SIMULATED data: " if self.simulated else ""
        return [f"{tag}{claim}: {_line(row)}." for row in self[claim].to_dict("records")]

    def text(self) -> str:
        """Return sentence, claims one by one, and notes for a terminal."""
        lines = [self.sentence()]
        for claim in self.claims:
            rows = self[claim.id]
            lines += ["", f"{claim.id} ({claim.kind}, {claim.place}): {rows['words'].iloc[0]}"]
            lines += [f"  {_line(row)}" for row in rows.to_dict("records")]
        return "\n".join([*lines, "", self.family, *(f"note: {note}" for note in self.notes)])

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        words = self.frame.drop_duplicates("claim")[["claim", "words"]]
        items = "".join(f"<li>{html.escape(line)}</li>" for line in (self.family, *self.notes))
        return (
            f"<p><b>{html.escape(self.sentence())}</b></p>{words.to_html(index=False)}"
            f"{self.summary().to_html(index=False)}<ul>{items}</ul>"
        )


def _windows(rows: pd.DataFrame) -> list[str]:
    return [
        f"{start:%Y-%m-%d}..{end:%Y-%m-%d}" if start != end else f"{start:%Y-%m-%d}"
        for start, end in zip(rows["window_start"], rows["window_end"], strict=True)
    ]


def _number(value: float, test: str) -> str:
    return format_number(value, _DIGITS.get(test, 2))


def _intervals(rows: pd.DataFrame) -> list[str]:
    return [
        f"{_number(low, test)} to {_number(high, test)}" if not np.isnan(low) else "–"
        for low, high, test in zip(rows["low"], rows["high"], rows["test"], strict=True)
    ]


def _line(row: Mapping[Hashable, Any]) -> str:
    """One row in words."""
    frame = pd.DataFrame([row])
    parts = [str(row["verdict"])]
    if not np.isnan(row["estimate"]):
        interval = _intervals(frame)[0]
        value = f"{row['estimate_name']} {_number(row['estimate'], row['test'])}"
        parts.append(value + (f" (95 % {interval})" if interval != "–" else ""))
    if not np.isnan(row["pvalue"]):
        parts.append(f"p = {format_p(row['pvalue'])}".replace("= <", "< "))
    if row["reason"]:
        parts.append(str(row["reason"]).removeprefix("simulated: ").rstrip("."))
    if row["could_be_seen"] != "–":
        parts.append(f"could be seen: {row['could_be_seen']}")
    return f"{row['counted']}, {_windows(frame)[0]}: {'; '.join(parts)}"
