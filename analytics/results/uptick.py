"""The answer to "more active recently?": a table, a sentence, and the parameters that made them."""

from __future__ import annotations

import html
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analytics.periods import Window
from analytics.results.words import (
    CANNOT_BE_TOLD,
    NAMED,
    NOT_SUPPORTED,
    ORDER,
    SUPPORTED,
    Verdict,
    format_number,
    format_p,
    shown,
)

__all__ = ["UptickResult"]


@dataclass(frozen=True, eq=False)
class UptickResult:
    """Answer to "has it grown more active recently?" for each region.

    Attributes
    ----------
    frame : DataFrame
        One row a region, in the counts' order: region, observed, expected, rate_ratio, low, high (two-sided
        interval), limit (one-sided 95 % limit), pvalue, qvalue, verdict, reason, minimum_detectable_ratio,
        dispersion, pvalue_constant, pvalue_expected, expected_adjusted, ratio_adjusted, baseline_total,
        baseline_periods, recent_periods, model_based.
    recent, baseline : Window
        The days compared; `guard` days lie between them.
    guard : int
    alpha, margin, confidence : float
        Level of the verdict, ratio below which "no uptick" is said, coverage of the interval.
    completeness : float or None
        Mean share of the recent window's incidents already reported; None where not known.
    family : str
        What the q-values are adjusted over.
    method : str
        The test and its null hypothesis.
    value : str
        What was counted.
    simulated : bool
    notes : tuple of str
    sensitivity : DataFrame or None
        For each region in uptick, the verdict with coarse dates excluded and with the largest past episode
        removed from the baseline.
    direction : {"greater", "less"}
    null : {"constant", "expected"}
        Which null hypothesis the verdicts rest on. Both are in `nulls` and, for each region, in the columns
        `pvalue_constant` and `pvalue_expected` of the frame.
    nulls : tuple of str
        The two null hypotheses in words, and whether there was an adjustment.
    """

    frame: pd.DataFrame
    recent: Window
    baseline: Window
    guard: int
    alpha: float
    margin: float
    confidence: float
    completeness: float | None
    family: str
    method: str
    value: str = "incidents"
    simulated: bool = False
    notes: tuple[str, ...] = ()
    sensitivity: pd.DataFrame | None = field(default=None)
    direction: str = "greater"
    null: str = "constant"
    nulls: tuple[str, ...] = ()

    @property
    def adjusted(self) -> str:
        """Return what the verdicts are adjusted for, in the words of the sentence."""
        return (
            "adjusted for season and trend" if self.null == "expected" else "not adjusted for season or trend"
        )

    def regions(self, verdict: Verdict) -> list[str]:
        """Return the regions with a verdict, smallest p-value first."""
        rows = self.frame[self.frame["verdict"] == verdict]
        return rows.sort_values("pvalue", kind="stable")["region"].tolist()

    def ranked(self) -> pd.DataFrame:
        """Return the frame with upticks first, then by p-value and region."""
        order = self.frame["verdict"].map(ORDER)
        return (
            self.frame.assign(_order=order)
            .sort_values(["_order", "pvalue", "region"], kind="stable", na_position="last")
            .drop(columns="_order")
        )

    def summary(self) -> pd.DataFrame:
        """Return the table a reader would want: numbers written out, upticks first."""
        rows = self.ranked()
        percent = f"{100 * self.confidence:g} % interval"
        return pd.DataFrame(
            {
                "region": rows["region"],
                "observed": [format_number(v, 0) for v in rows["observed"].to_numpy(dtype=float)],
                "expected": [format_number(v) for v in rows["expected"].to_numpy(dtype=float)],
                "rate ratio": [format_number(v, 2) for v in rows["rate_ratio"].to_numpy(dtype=float)],
                percent: [
                    f"{format_number(low, 2)} to {format_number(high, 2)}" if not np.isnan(low) else "–"
                    for low, high in rows[["low", "high"]].to_numpy(dtype=float)
                ],
                "p": rows["pvalue"].map(format_p),
                "q": rows["qvalue"].map(format_p),
                "verdict": [shown(v, self.direction) for v in rows["verdict"]],
                "why": rows["reason"],
                "detectable ratio": rows["minimum_detectable_ratio"].map(format_number),
            }
        ).reset_index(drop=True)

    def describe(self, region: str) -> str:
        """Return one region's finding in words.

        Raises
        ------
        KeyError
            If the region is not in the result.
        """
        found = self.frame[self.frame["region"] == region]
        if found.empty:
            raise KeyError(region)
        row = found.iloc[0]
        if np.isnan(row["pvalue"]):
            return f"{region}: cannot be told, because {row['reason']}"
        adjusted = "" if len(self.frame) == 1 else f", q = {format_p(row['qvalue'])}"
        ratio = format_number(row["rate_ratio"], 2)
        if not np.isnan(row["low"]):  # the best of several windows has no interval
            interval = f"{format_number(row['low'], 2)} to {format_number(row['high'], 2)}"
            ratio += f" ({100 * self.confidence:g} % interval {interval})"
        text = (
            f"{region}: {shown(row['verdict'], self.direction)}; "
            f"{format_number(row['observed'], 0)} {self.value} where "
            f"{format_number(row['expected'])} were expected, rate ratio {ratio}, "
            f"p = {format_p(row['pvalue'])}{adjusted}"
        ).replace("= <", "< ")
        return f"{text}; {row['reason']}" if row["reason"] else text

    def sentence(self) -> str:
        """Return the answer as a reader would say it, with its limits."""
        tag = "SIMULATED data: " if self.simulated else ""
        window = f"{self.recent} against {self.baseline}"
        if len(self.frame) == 1:
            only = self.describe(self.frame["region"].iloc[0])
            return f"{tag}{only} ({window}; {self.adjusted})."
        up, none, open_ = (self.regions(v) for v in (SUPPORTED, NOT_SUPPORTED, CANNOT_BE_TOLD))
        numbers = (
            self.frame.set_index("region")[["observed", "expected"]].loc[up[:NAMED]].to_numpy(dtype=float)
        )
        named = [
            f"{name} ({format_number(observed, 0)} {self.value}, {format_number(expected)} expected)"
            for name, (observed, expected) in zip(up, numbers, strict=False)
        ]
        more = f" and {len(up) - NAMED} more" if len(up) > NAMED else ""
        word = shown(SUPPORTED, self.direction)
        article = "an" if word == "uptick" else "a"
        found = f"{word} in {', '.join(named)}{more}" if up else f"no region shows {article} {word}"
        others = ((shown(NOT_SUPPORTED, self.direction), none), ("cannot be told", open_))
        rest = [f"{said} in {len(names)}" for said, names in others if names]
        of_all = f"; {', '.join(rest)} of {len(self.frame)} regions" if rest else ""
        return f"{tag}{found}{of_all} ({window}; {self.family}; {self.adjusted})."

    def text(self) -> str:
        """Return sentence, table and notes for a terminal."""
        parts = [self.sentence(), "", self.summary().to_string(index=False), "", self.method, *self.nulls]
        if self.sensitivity is not None and len(self.sensitivity):
            parts += [
                "",
                f"Beside each {shown(SUPPORTED, self.direction)}:",
                self.sensitivity.to_string(index=False),
            ]
        return "\n".join([*parts, *(f"note: {note}" for note in self.notes)])

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in (self.method, *self.nulls, *self.notes))
        beside = ""
        if self.sensitivity is not None and len(self.sensitivity):
            beside = f"<p>Beside each {shown(SUPPORTED, self.direction)}:</p>" + self.sensitivity.to_html(
                index=False
            )
        return (
            f"<p><b>{html.escape(self.sentence())}</b></p>{self.summary().to_html(index=False)}{beside}"
            f"<ul>{notes}</ul>"
        )
