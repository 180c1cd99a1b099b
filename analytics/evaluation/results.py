"""What an evaluation on one's own history returns."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analytics.evaluation.measures import ranking
from analytics.results.words import counted, format_number, mark, noun

__all__ = ["EvaluationResult"]

_NAMED = 3


def _delay(value: float) -> str:
    return format_number(value, 0 if value == np.floor(value) else 1)


@dataclass(frozen=True, eq=False)
class EvaluationResult:
    """How detectors would have done on a history of counts.

    Attributes
    ----------
    frame : DataFrame
        One row a detector. Of the history as it is: history_episodes, history_years, history_per_year with
        ``_low`` and ``_high`` (95 %), history_above_two (share of regions with more than two episodes a
        year). Of rotated history: per_year with its bounds, above_two, tested (share of cells). Of the
        upticks put in: pod with its bounds, pod_by_chance (the same windows without an uptick), delay_median
        and delay_mean in periods, sensitivity, ppv, f1. At the budget, the threshold of the statistic moved:
        the same names with ``matched_`` before, and matched_threshold; behind with its bounds: how much
        larger the best detector's share is (both on the same resamples). `budget_kept`: "kept" or "exceeded"
        where the whole interval of per_year says so, else "cannot be told". Rates are per year tested, and
        shares are of upticks whose every period was tested (their number: upticks).
    regions : DataFrame
        detector, region, per_year, pod, matched_pod, delay_median.
    curve : DataFrame
        detector, budget, threshold, per_year, pod, delay_median: as the threshold moves.
    budget : float
        False-alarm episodes per region-year.
    uptick : dict
        ratio or size, length (days), shape.
    replicates : int
        Rotations of each region.
    upticks : int
        Upticks put in.
    empty : int
        Further ones, in quiet regions, to which not one incident was added: left out.
    period : str
        What was looked at: labels of the first and last period.
    freq : str
    value : str
    method : str
    parameters : mapping
        The options that made it: detectors, budget (in words) and budget_per_region_year, uptick, replicates,
        thresholds, last, seed.
    simulated : bool
        Whether the history itself is simulated. The upticks always are.
    notes : tuple of str
    """

    frame: pd.DataFrame
    regions: pd.DataFrame
    curve: pd.DataFrame
    budget: float
    uptick: dict[str, Any]
    replicates: int
    upticks: int
    empty: int
    period: str
    freq: str
    value: str
    method: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    simulated: bool = False
    notes: tuple[str, ...] = ()

    @property
    def uptick_words(self) -> str:
        """Return the simulated uptick in words."""
        ratio, size = self.uptick.get("ratio"), self.uptick.get("size")
        much = f"{ratio:g} times the usual" if ratio is not None else f"{size} more {self.value}"
        shape = self.uptick["shape"]
        return f"{much} for {self.uptick['length']} days" + ("" if shape == "block" else f", shape {shape}")

    def ranked(self) -> pd.DataFrame:
        """Return the frame, most upticks caught at the budget first.

        Detectors that could test less than half of what others could come after them, and those whose
        threshold cannot be moved to the budget after both.
        """
        return self.frame.iloc[ranking(self.frame)]

    def summary(self) -> pd.DataFrame:
        """Return the table a reader would want: numbers written out."""
        rows = self.ranked()
        unit = f"{self.freq}s"

        def bounds(name: str, scale: float, digits: int) -> list[str]:
            numbers = rows[[name, f"{name}_low", f"{name}_high"]].to_numpy(dtype=float) * scale
            written = [[format_number(number, digits) for number in row] for row in numbers]
            return [value if low == "–" else f"{value} ({low} to {high})" for value, low, high in written]

        return pd.DataFrame(
            {
                "detector": rows["detector"],
                "false alarms a year": bounds("per_year", 1, 2),
                "budget": rows["budget_kept"],
                "caught %": bounds("pod", 100, 0),
                f"delay ({unit})": [_delay(v) for v in rows["delay_median"]],
                "caught % at budget": bounds("matched_pod", 100, 0),
                f"delay at budget ({unit})": [_delay(v) for v in rows["matched_delay_median"]],
                "F1 at budget": [format_number(v, 2) for v in rows["matched_f1"]],
                "regions above two a year %": [format_number(100 * v, 0) for v in rows["above_two"]],
                "on the history as it is": bounds("history_per_year", 1, 2),
                "tested %": [format_number(100 * v, 0) for v in rows["tested"]],
            }
        ).reset_index(drop=True)

    def sentence(self) -> str:
        """Return the finding as a reader would say it."""
        tag = mark(self.simulated)
        rows = self.ranked()
        known = rows[rows["matched_pod"].notna()]
        said = []
        if len(known):
            best = known.iloc[0]
            percent = [100 * best[name] for name in ("matched_pod", "matched_pod_low", "matched_pod_high")]
            value, low, high = (format_number(v, 0) for v in percent)
            others = known.iloc[1 : 1 + _NAMED]
            rest = [
                f"{name} {format_number(100 * pod, 0)} %"
                for name, pod in zip(others["detector"], others["matched_pod"].to_numpy(float), strict=True)
            ]
            text = (
                f"at {self._budget}, {best['detector']} catches {value} % of simulated upticks "
                f"({self.uptick_words}; 95 % interval {low} to {high})"
            )
            if not np.isnan(best["matched_delay_median"]):
                delay = best["matched_delay_median"]
                text += f", with a median delay of {_delay(delay)} {noun(delay, self.freq)}"
            said.append(text + (f"; {', '.join(rest)}" if rest else ""))
            said += self._lead(known)
        over = rows.loc[rows["budget_kept"] == "exceeded", "detector"].tolist()
        if over:
            said.append(f"more false alarms than that at the thresholds given: {', '.join(over)}")
        if not said and not self.upticks:
            said.append("no uptick could be put in: the regions are too quiet, or without coverage")
        elif not len(known):
            said.append(f"no detector's threshold can be moved to {self._budget}")
        text = ". ".join(part[0].upper() + part[1:] for part in said)
        regions = self.regions["region"].nunique()
        return f"{tag}{text} ({self.period}, {counted(regions, 'region')})."

    def _lead(self, known: pd.DataFrame) -> list[str]:
        """Say from which others the best cannot be told apart, if there are others."""
        if len(known) < 2:
            return []
        best = known.iloc[0]["detector"]
        near = self.not_told_apart()
        if not near:
            return [f"beyond chance, {best} catches more than each of the others"]
        more = f" and {len(near) - _NAMED} more" if len(near) > _NAMED else ""
        return [f"whether {best} catches more than {' or '.join(near[:_NAMED])}{more} cannot be told"]

    def not_told_apart(self) -> tuple[str, ...]:
        """Return the detectors that the best one may be ahead of by chance alone (95 % intervals)."""
        rows = self.ranked().iloc[1:]
        rows = rows[rows["matched_pod"].notna() & ~(rows["behind_low"].astype(float) > 0)]
        return tuple(rows["detector"])

    @property
    def null_hypothesis(self) -> str:
        """What `budget_kept` is about: exceeded where the data speak against it."""
        return (
            f"on histories in which nothing has happened, turned like a wheel, a detector raises at most "
            f"{self._budget} on average"
        )

    @property
    def _budget(self) -> str:
        return f"{self.budget:g} {noun(self.budget, 'false-alarm episode')} a region-year"

    def tidy(self) -> pd.DataFrame:
        """Return one row a region for each detector.

        Returns
        -------
        DataFrame
            region, detector, per_year (false-alarm episodes a year on turned histories), pod (share of the
            upticks put in that were caught), matched_pod (the same at the budget), delay_median (periods).
        """
        first = ["region", "detector"]
        return self.regions[first + [name for name in self.regions.columns if name not in first]]

    def text(self) -> str:
        """Return sentence, table and notes for a terminal."""
        parts = [self.sentence(), "", self.summary().to_string(index=False), "", self.method]
        return "\n".join([*parts, *(f"note: {note}" for note in self.notes)])

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        tag = mark(self.simulated, "name")
        names = ", ".join(self.frame["detector"])
        return (
            f"EvaluationResult({tag}{self.period}, {names}; budget {self.budget:g} per region-year, "
            f"{self.upticks:,} upticks put in: {self.uptick_words})"
        )

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{html.escape(line)}</li>" for line in (self.method, *self.notes))
        table = self.summary().to_html(index=False)
        return f"<p><b>{html.escape(self.sentence())}</b></p>{table}<ul>{items}</ul>"
