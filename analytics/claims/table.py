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
from analytics.errors import unknown_option
from analytics.results import (
    CANNOT_BE_TOLD,
    NOT_SUPPORTED,
    SUPPORTED,
    counted,
    format_number,
    format_p,
    interval_words,
    mark,
    p_words,
)

__all__ = ["VerdictTable"]

_TIDY = (
    "claim", "counted", "regions", "test", "estimate", "low", "high", "pvalue", "verdict", "reason",
    "detectable",
)  # fmt: skip
_DIGITS = {"day_test": 0, "longest spell": 0, "recurrence_test": 1}


@dataclass(frozen=True, eq=False, repr=False)
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
    parameters : mapping
        The options that made it, alpha and margin among them.
    data : str
        Title of the data.
    lethal_only : bool
        Whether the data hold deadly events only.
    simulated : bool
        The verdicts keep their words; whatever is shown says beside them that the data are simulated.
    notes : tuple of str
    answers : mapping of (claim, counted) to Answer
        The whole result of each test (``.result``) and further tables (``.details``), such as the contrast
        and placebo dates beside a causal claim.
    """

    frame: pd.DataFrame
    claims: Claims
    article_date: np.datetime64
    as_of: np.datetime64
    parameters: Mapping[str, object]
    data: str
    lethal_only: bool = False
    simulated: bool = False
    notes: tuple[str, ...] = ()
    answers: Mapping[tuple[str, str], Answer] = field(default_factory=dict, repr=False)

    def __getitem__(self, claim: str) -> pd.DataFrame:
        rows = self.frame[self.frame["claim"] == claim]
        if rows.empty:
            raise unknown_option("claim", claim, [each.id for each in self.claims])
        return rows

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        return f"VerdictTable({self.sentence()})"

    def details(self, claim: str, name: str, counted: str | None = None) -> pd.DataFrame:
        """Return a further table of a claim's answer, such as ``details("exploiting", "contrast")``.

        Raises
        ------
        OptionError
            If there is no such claim, definition or table.
        """
        definitions = self[claim]["counted"].tolist()
        chosen = definitions[0] if counted is None else counted
        if chosen not in definitions:
            raise unknown_option("definition", chosen, definitions)
        found = self.answers[claim, chosen].details
        if name not in found:
            raise unknown_option("table", name, list(found) or ["none"])
        return found[name]

    @property
    def alpha(self) -> float:
        """Level of each verdict."""
        return float(str(self.parameters["alpha"]))

    @property
    def margin(self) -> float:
        """Ratio below which "not supported" is said."""
        return float(str(self.parameters["margin"]))

    @property
    def null_hypothesis(self) -> str:
        """What is tested, claim by claim."""
        stated = {
            claim: answer.result.null_hypothesis
            for (claim, _), answer in self.answers.items()
            if answer.result is not None
        }
        return "; ".join(f"{claim}: {said}" for claim, said in stated.items()) or "no claim was tested"

    @property
    def family(self) -> str:
        """How many were tested."""
        tested = int(self.frame["pvalue"].notna().sum())
        return (
            f"{counted(len(self.claims), 'claim')}, {counted(len(self.frame), 'row')} (a claim under each "
            f"definition of what counts), {tested} with a p-value; each is taken as stated beforehand and "
            f"tested at {100 * self.alpha:g} % alone, without adjustment for their number"
        )

    def sentence(self) -> str:
        """Return how many claims came out how, under all their definitions."""
        rows = zip(self.frame["claim"], self.frame["verdict"], strict=True)
        words: dict[str, tuple[str, ...]] = {}
        for claim, verdict in rows:
            words[claim] = tuple(dict.fromkeys((*words.get(claim, ()), verdict)))
        parts, beside = [], mark(self.simulated, "beside")
        for each in (SUPPORTED, NOT_SUPPORTED, CANNOT_BE_TOLD):
            names = [name for name, found in words.items() if found == (each,)]
            if names:
                parts.append(f"{len(names)} {each}{beside}: {', '.join(names)}")
        mixed = [name for name, found in words.items() if len(found) > 1]
        if mixed:
            parts.append(f"{len(mixed)} differing with what is counted{beside}: {', '.join(mixed)}")
        asked = f"{mark(self.simulated)}{counted(len(self.claims), 'claim')} put to {self.data}"
        return f"{asked} as of {self.as_of}: {'; '.join(parts)}."

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
                "verdict": rows["verdict"] + mark(self.simulated, "beside"),
                "why": rows["reason"],
                "could be seen": rows["could_be_seen"],
            }
        )

    def tidy(self) -> pd.DataFrame:
        """Return one row for each claim and definition, with the columns that every result has."""
        return self.frame[list(_TIDY)].reset_index(drop=True)

    def describe(self, claim: str) -> list[str]:
        """Return one sentence for each definition of a claim.

        Raises
        ------
        OptionError
            If there is no such claim; the message names the nearest.
        """
        tag = mark(self.simulated)
        return [f"{tag}{claim}: {self._line(row)}." for row in self[claim].to_dict("records")]

    def _line(self, row: Mapping[Hashable, Any]) -> str:
        """One row in words."""
        frame = pd.DataFrame([row])
        parts = [f"{row['verdict']}{mark(self.simulated, 'beside')}"]
        if not np.isnan(row["estimate"]):
            interval = _intervals(frame)[0]
            value = f"{row['estimate_name']} {_number(row['estimate'], row['test'])}"
            parts.append(value + (f" (95 % {interval})" if interval != "–" else ""))
        if not np.isnan(row["pvalue"]):
            parts.append(p_words(row["pvalue"]))
        if row["reason"]:
            parts.append(str(row["reason"]).removeprefix("simulated: ").rstrip("."))
        if row["could_be_seen"] != "–":
            parts.append(f"could be seen: {row['could_be_seen']}")
        return f"{row['counted']}, {_windows(frame)[0]}: {'; '.join(parts)}"

    def text(self) -> str:
        """Return sentence, claims one by one, and notes for a terminal."""
        lines = [self.sentence()]
        for claim in self.claims:
            rows = self[claim.id]
            lines += ["", f"{claim.id} ({claim.kind}, {claim.place}): {rows['words'].iloc[0]}"]
            lines += [f"  {self._line(row)}" for row in rows.to_dict("records")]
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
        interval_words(low, high, _DIGITS.get(test, 2))
        for low, high, test in zip(rows["low"], rows["high"], rows["test"], strict=True)
    ]
