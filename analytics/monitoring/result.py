"""One answer for each watched region."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analytics.monitoring.budget import Budget
from analytics.monitoring.calibration import Calibration
from analytics.results import (
    Alarms,
    counted,
    format_number,
    mark,
)
from analytics.results.alarm_tables import (
    ALARM,
    NO_ALARM,
    NOT_TESTED,
    alarms_first,
    answer_words,
    said_where,
    written_counts,
)

__all__ = ["ALARM", "NOT_TESTED", "NO_ALARM", "MonitorResult", "regions_summary", "regions_tidy"]

_NAMED = 6  # regions named in a sentence before it counts the rest


@dataclass(frozen=True, eq=False, slots=True)
class MonitorResult:
    """What several detectors together say about each region, at one budget of false alarms.

    Attributes
    ----------
    frame : DataFrame
        One row for each region: region, period (first day of the latest one over at `as_of`), label,
        observed, alarm (NA: not tested), by (detectors that alarm, with commas between), since (first day
        of the running episode, within the periods tested), episodes (of any detector, over those periods),
        years (tested), rate (false-alarm episodes a year expected of all detectors together), last_alarm
        (first day of the last period with an alarm), note.
    alarms : Alarms
        Of every detector, period by period.
    calibrations : tuple of Calibration
    budget : Budget
    parameters : mapping
        The options that made it: detectors, budget (in words) and budget_per_region_year, last, thresholds,
        resample, share, replicates, seed. Each detector's own are in ``alarms.parameters``.
    notes : tuple of str
    """

    frame: pd.DataFrame
    alarms: Alarms
    calibrations: tuple[Calibration, ...]
    budget: Budget
    parameters: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def simulated(self) -> bool:
        """Whether the counts are simulated."""
        return self.alarms.simulated

    @property
    def label(self) -> str:
        """Label of the period answered about."""
        return str(self.frame["label"].iloc[0])

    def answers(self) -> pd.Series:
        """Return "alarm", "no alarm" or "not tested" for each region."""
        return answer_words(self.frame["alarm"])

    @property
    def null_hypothesis(self) -> str:
        """What holds where nothing has happened, detector by detector."""
        return self.alarms.null_hypothesis

    def tidy(self) -> pd.DataFrame:
        """Return one row a region.

        Returns
        -------
        DataFrame
            region, observed, verdict ("alarm", "no alarm" or "not tested") and reason, as other results have
            them; then period (its label), by, since, episodes, expected_false (episodes expected over the
            periods tested if nothing had happened).
        """
        return regions_tidy(self.frame)

    def summary(self) -> pd.DataFrame:
        """Return the table a reader would want: regions with an alarm first, those not tested last."""
        return regions_summary(self.frame)

    def sentence(self) -> str:
        """Return the answer as a reader would say it."""
        tag = mark(self.simulated)
        answers = self.answers()
        raised = self.frame.loc[answers == ALARM, ["region", "by"]].to_numpy()
        named = [f"{region} ({by})" for region, by in raised]
        return f"{tag}{self.label}: {said_where(answers, named, _NAMED)}."

    def expectation(self) -> str:
        """Return how many false alarms this configuration should raise, and how many alarms it raised."""
        years = self.frame["years"].to_numpy()
        expected = float((self.frame["rate"] * years).sum())
        first = self.alarms.labels()[0]
        span = self.label if first == self.label else f"{first}..{self.label}"
        if not years.any():
            return f"Budget {self.budget}. Nothing could be tested in {span}, so no false alarm is expected."
        raised = int(self.frame["episodes"].sum())
        kinds = {found.rate_is for found in self.calibrations}
        fewer = " or fewer" if kinds == {"at most"} else ""
        more = ", and more if counts do not follow the model" if "by the model" in kinds else ""
        return (
            f"Budget {self.budget}. Over the periods tested ({span}, {format_number(float(years.sum()))} "
            f"region-years) this configuration raised {counted(raised, 'episode')}; "
            f"about {format_number(expected)} false ones{fewer} would be expected if nothing had "
            f"happened{more}."
        )

    def text(self) -> str:
        """Return sentence, expectation, table, thresholds and notes for a terminal."""
        return "\n".join(
            [
                self.sentence(),
                self.expectation(),
                "",
                self.summary().to_string(index=False),
                "",
                *(found.sentence() for found in self.calibrations),
                *(f"note: {note}" for note in self.notes),
            ]
        )

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        tag = mark(self.simulated, "name")
        names = ", ".join(found.detector for found in self.calibrations)
        raised = int((self.answers() == ALARM).sum())
        return (
            f"MonitorResult({tag}{self.label}: alarm in {raised} of {counted(len(self.frame), 'region')}, "
            f"by {names}, budget {self.budget})"
        )

    def _repr_html_(self) -> str:
        said = f"<p><b>{html.escape(self.sentence())}</b></p><p>{html.escape(self.expectation())}</p>"
        items = [found.sentence() for found in self.calibrations] + list(self.notes)
        listed = "".join(f"<li>{html.escape(item)}</li>" for item in items)
        return f"{said}{self.summary().to_html(index=False)}<ul>{listed}</ul>"


def regions_tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row a region; see `MonitorResult.tidy`."""
    return pd.DataFrame(
        {
            "region": frame["region"],
            "observed": frame["observed"],
            "verdict": answer_words(frame["alarm"]),
            "reason": frame["note"],
            "period": frame["label"],
            "by": frame["by"],
            "since": frame["since"],
            "episodes": frame["episodes"],
            "expected_false": frame["rate"] * frame["years"],
        }
    )


def regions_summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table a reader would want; see `MonitorResult.summary`."""
    since = frame["since"].dt.strftime("%Y-%m-%d").astype(object)
    table = pd.DataFrame(
        {
            "region": frame["region"],
            "answer": answer_words(frame["alarm"]),
            "by": frame["by"],
            "since": since.where(frame["since"].notna(), ""),
            "observed": written_counts(frame["observed"]),
            "episodes": frame["episodes"].astype(str),
            "expected false": [
                format_number(float(v), 2) for v in (frame["rate"] * frame["years"]).to_numpy()
            ],
            "why": frame["note"],
        }
    )
    return alarms_first(table, table["answer"])
