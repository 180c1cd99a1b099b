"""`Pairs`: rows that may be one incident, as a table for a person, a sentence, and what made them."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from analytics._tables import csv_bytes, terms_among
from analytics._typing import FloatArray, IntArray
from analytics.counts import count_incidents
from analytics.duplicates.fields import FIELDS
from analytics.incidents import Incidents
from analytics.incidents.twice import row_checks, set_rows_aside
from analytics.kernels.pairs.agreement import Levels
from analytics.results.words import counted, format_number, listed, mark

__all__ = ["LIKELY", "Pairs", "pair_table"]

LIKELY = 0.9  # probability from which a pair is called likely
_SHOWN = (
    "incident_id",
    "date_start",
    "admin1",
    "admin2",
    "place",
    "event_type",
    "actor1",
    "actor2",
    "fatalities",
)
NULL = (
    "no two rows are one incident: pairs are as many, and as much alike, as of the same rows one and two "
    "weeks apart"
)


@dataclass(frozen=True, eq=False, repr=False)
class Pairs:
    """Rows that may be one incident, the likeliest first.

    Attributes
    ----------
    frame : DataFrame
        One row a pair: `accept` (empty: for a person to fill with yes or no), `likeness` (likely from a
        probability of 0.9, possible), `score` (sum of weights, in bits), `probability`, `by_chance` (share of
        the pairs with this score or more that chance alone would make; NaN where not measured), `best`
        (whether neither row has a likelier partner), a column for each field in words (`day`, `distance`,
        `name`, `type`, `actors`, `fatalities`), `days_apart`, `km_apart`, the two rows (`row_a`,
        `incident_id_a`, `date_a`, ...), `keep` (a or b: which stays), `kind` and the checks by which a
        changed row is known.
    weights : DataFrame
        For each level of each field its share among pairs that are one incident, its share by chance, and
        its weight.
    parameters : mapping
        `days`, `km`, `least`, `weights`.
    kind : {"one source", "two sources"}
    titles : tuple of str
        Of the sources.
    compared : tuple of int
        Rows that could be compared, of each source.
    candidates : int
        Pairs that lie close enough to be looked at.
    expected : float
        How many pairs chance alone would put that close; NaN where not measured.
    share : float
        Of the candidates, how many are taken to be one incident.
    incidents, other : Incidents
    simulated : bool
    method : str
    notes : tuple of str
    """

    frame: pd.DataFrame
    weights: pd.DataFrame
    kind: str
    titles: tuple[str, ...]
    compared: tuple[int, ...]
    candidates: int
    expected: float
    share: float
    incidents: Incidents = field(repr=False)
    other: Incidents | None = field(default=None, repr=False)
    parameters: Mapping[str, object] = field(default_factory=dict)
    simulated: bool = False
    method: str = ""
    notes: tuple[str, ...] = ()

    @property
    def null_hypothesis(self) -> str:
        """What is taken to hold until the pairs say otherwise."""
        return NULL

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def likely(self) -> pd.DataFrame:
        """The pairs called likely, of which neither row has a likelier partner."""
        return self.frame[(self.frame["likeness"] == "likely") & self.frame["best"]].reset_index(drop=True)

    def sentence(self) -> str:
        """Return what was found as a reader would say it."""
        rows = " and ".join(f"{n:,} of {t}" for n, t in zip(self.compared, self.titles, strict=True))
        many = int((self.frame["likeness"] == "likely").sum())
        close = f"{counted(self.candidates, 'pair')} at most {self._reach()} apart"
        if not np.isnan(self.expected):
            close += f" (about {self.expected:,.0f} by chance alone)"
        said = f"{rows} compared: {close}; {counted(many, 'pair')} likely one incident"
        more = len(self.frame) - many
        said += f", {more:,} more possible" if more else ""
        return f"{mark(self.simulated)}{said}. None is merged: accept them one by one."

    def _reach(self) -> str:
        days = counted(int(str(self.parameters["days"])), "day")
        return f"{days} and {self.parameters['km']:g} km"

    def counts(self, by: str | None = "admin1") -> pd.DataFrame:
        """Return the incidents of each region with every row, and without the second rows of likely pairs.

        Of two sources: of the first, of the second, and how many of the second the first has too.

        Parameters
        ----------
        by : str or None
            As for :func:`analytics.count_incidents`.
        """
        last = max(one.last_date for one in (self.incidents, self.other) if one is not None)

        def total(of: Incidents) -> pd.Series:
            made = count_incidents(of, by=by, as_of=of.as_of if of.as_of is not None else last)
            unplaced = 0 if made.unplaced is None else int(made.unplaced.sum())
            names = [*made.regions, *(["(unplaced)"] if unplaced else [])]
            return pd.Series([*made.values.sum(axis=0), *([unplaced] if unplaced else [])], index=names)

        columns: dict[str, pd.Series]
        if self.other is None:
            columns = {"incidents": total(self.incidents), "without": total(self._without(self.incidents))}
        else:
            columns = {"first": total(self.incidents), "second": total(self.other)}
            columns["in_both"] = columns["second"].sub(total(self._without(self.other)), fill_value=0)
        table = pd.DataFrame(columns).fillna(0).astype("int64")
        return table.rename_axis("region").reset_index()

    def _without(self, incidents: Incidents) -> Incidents:
        """Return the incidents without the second rows of the likely pairs."""
        rows = self.likely
        told = dict(zip(rows["incident_id_b"], "likely " + rows["incident_id_a"], strict=True))
        return set_rows_aside(incidents, told) if told else incidents

    def csv(self) -> bytes:
        """Return the table for a person, as CSV: fill the column `accept` with yes or no."""
        both = (self.incidents, self.other)
        terms = terms_among(note for one in both if one is not None for note in one.notes)
        return csv_bytes(self.frame, simulated=self.simulated, terms=terms)

    def tidy(self) -> pd.DataFrame:
        """Return one row a pair: the two identifiers, score, probability, share by chance, likeness."""
        names = ["incident_id_a", "incident_id_b", "score", "probability", "by_chance", "likeness", "best"]
        return self.frame[names].copy()

    def summary(self) -> pd.DataFrame:
        """Return the table a reader would want: one row a pair."""
        rows = self.frame
        two = [rows[f"incident_id_{side}"] for side in "ab"]
        return pd.DataFrame(
            {
                "rows": two[0] + " / " + two[1],
                "dates": _both(rows, "date"),
                "place": _both(rows, "admin1"),
                "fatalities": _both(rows, "fatalities"),
                "score": [format_number(v) for v in rows["score"]],
                "probability": [format_number(v, 2) for v in rows["probability"]],
                "by chance": [format_number(v, 2) for v in rows["by_chance"]],
                "likeness": rows["likeness"] + np.where(rows["best"], "", ", not the best"),
                "same": [
                    ", ".join(f.name for f in FIELDS if row[f.name].startswith(("same", "within 1 ", "none")))
                    for row in rows[[f.name for f in FIELDS]].to_dict("records")
                ],
            }
        ).reset_index(drop=True)

    def __repr__(self) -> str:
        names = listed(list(self.titles))
        return f"Pairs({mark(self.simulated, 'name')}{counted(len(self), 'pair')}, {self.kind}: {names})"

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{html.escape(note)}</li>" for note in (self.method, *self.notes))
        table = self.summary().head(50).to_html(index=False)
        return f"<p><b>{html.escape(self.sentence())}</b></p>{table}<ul>{items}</ul>"


def _both(rows: pd.DataFrame, name: str) -> pd.Series:
    """Return what two rows say, once where it is the same."""
    columns = (rows[f"{name}_{side}"] for side in "ab")
    a, b = (one.astype(object).map(str).mask(one.isna(), "–") for one in columns)
    return a.where(a == b, a + " / " + b)


def pair_table(
    frame: pd.DataFrame,
    at: tuple[IntArray, IntArray],
    kind: str,
    levels: Levels,
    away: FloatArray,
    *,
    score: FloatArray,
    probability: FloatArray,
    chance: FloatArray,
) -> pd.DataFrame:
    """Return the table of pairs, in their order; `at` are the rows of the two in the frame."""
    table = {
        "accept": pd.Series([""] * len(score), dtype="str"),
        "likeness": pd.Series(np.where(probability >= LIKELY, "likely", "possible"), dtype="str"),
        "score": np.round(score, 2),
        "probability": np.round(probability, 4),
        "by_chance": np.round(chance, 4),
        "best": ~pd.Series(np.column_stack(at).ravel()).duplicated().to_numpy().reshape(-1, 2).any(axis=1),
    }
    for position, one in enumerate(FIELDS):
        table[one.name] = one.words(levels[:, position])
    sides = [frame.iloc[rows].reset_index(drop=True) for rows in at]
    days = (sides[1]["date_start"] - sides[0]["date_start"]).dt.days
    table |= {"days_apart": days, "km_apart": np.round(away, 1)}
    for name in ("row", *_SHOWN):
        for side, rows in zip("ab", sides, strict=True):
            values = rows[name]
            if name == "date_start":
                values = values.dt.strftime("%Y-%m-%d")
            table[f"{'date' if name == 'date_start' else name}_{side}"] = values
    table |= {"keep": "a", "kind": kind}
    for side, rows in zip("ab", sides, strict=True):
        table[f"check_{side}"] = row_checks(rows)
    return pd.DataFrame(table)
