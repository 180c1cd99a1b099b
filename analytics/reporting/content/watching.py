"""What the notebook about many watched regions shows: budgets side by side, and a history that is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.bundled import bundled_path
from analytics.counts import Counts
from analytics.detectors.registry import detector_spec
from analytics.monitoring import monitor
from analytics.periods import parse_week
from analytics.reporting.elements.cards import ReportText
from analytics.results import Alarms
from analytics.results.words import counted

__all__ = ["budgets_table", "islamic_state_by_week", "said_by_each", "said_table", "said_words"]


def budgets_table(counts: Counts, budgets: Sequence[str]) -> pd.DataFrame:
    """Return the past year's alarms at several budgets of false alarms, one row each.

    Parameters
    ----------
    counts : Counts
    budgets : sequence of str
        Such as ``"1 per region-year"``.

    Returns
    -------
    DataFrame
        budget, regions in alarm now, episodes in the year, and how many false ones to expect at most.
    """
    rows = []
    for budget in budgets:
        frame = monitor(counts, budget=budget).frame
        rows.append(
            {
                "budget": budget,
                "in alarm now": int(frame["alarm"].fillna(False).sum()),
                "episodes in the year": int(frame["episodes"].sum()),
                "false ones expected, at most": round(float((frame["rate"] * frame["years"]).sum()), 1),
            }
        )
    return pd.DataFrame(rows)


def islamic_state_by_week() -> Counts:
    """Return the bundled weekly events of Islamic State in Iraq by governorate, 2004 to 2018: real counts.

    Computed from UCDP GED 19.1 (Uppsala Conflict Data Program, CC BY 4.0); see data/README.md.

    Examples
    --------
    >>> counts = islamic_state_by_week()
    >>> int(counts.values.sum()), len(counts.regions), counts.simulated
    (5982, 18, False)
    """
    table = pd.read_csv(bundled_path("data/ucdp_is_iraq_weekly.csv"), index_col="week")
    return Counts.from_frame(
        table.drop(columns=["first_day", "unplaced"]),
        freq="week",
        as_of="2018-12-30",
        by="admin1",
        value="events",
    )


def said_by_each(counts: Counts, detectors: Sequence[str], *, last: int) -> Alarms:
    """Run detectors at their customary thresholds over the last periods, each with what lies before."""
    return Alarms.concat([detector_spec(name).run(counts, last=last) for name in detectors])


def said_table(alarms: Alarms, week: str) -> pd.DataFrame:
    """Return when each detector first alarmed from a week on, and how often it had before.

    Parameters
    ----------
    alarms : Alarms
        Of one region.
    week : str
        Label such as ``2014-W22``.
    """
    first = parse_week(week).start
    labels = np.array(alarms.labels(), dtype=object)
    at = int(np.searchsorted(alarms.starts, first))
    rows = []
    for i, name in enumerate(alarms.detectors):
        raised, onsets = alarms.alarm[:, i], alarms.onsets[:, i]
        rows.append(
            {
                "detector": name,
                "first alarm": labels[at:][raised[at:]][0] if raised[at:].any() else "none",
                "weeks in alarm before": int(raised[:at].sum()),
                "episodes before": int(onsets[:at].sum()),
                "weeks tested before": int(alarms.tested[:at, i].sum()),
            }
        )
    return pd.DataFrame(rows)


def said_words(alarms: Alarms, week: str) -> ReportText:
    """Say in which week the detectors first alarmed, and how often they had alarmed before.

    Parameters
    ----------
    alarms, week
        As for :func:`said_table`.
    """
    rows = said_table(alarms, week)
    first = rows["first alarm"].value_counts(sort=False).sort_index()
    when = ", ".join(f"{number} in {label}" for label, number in first.items() if label != "none")
    missed = int((rows["first alarm"] == "none").sum())
    ordered = rows.sort_values("episodes before", kind="stable")
    fewest, most = ordered.iloc[0], ordered.iloc[-1]
    tested = rows["weeks tested before"].unique()
    weeks = f"{tested.min()}" if len(tested) == 1 else f"{tested.min()} to {tested.max()}"
    never = f"; {missed} never" if missed else ""
    head = f"From {week} on, first alarms of {counted(len(rows), 'detector')}: {when or 'none'}{never}."
    low, high = (int(row["episodes before"]) for row in (fewest, most))
    before = (
        f"In the {weeks} weeks before that they tested, they had raised from {counted(low, 'episode')} "
        f"({fewest['detector']}) to {high} ({most['detector']})."
    )
    return ReportText([f"{head} {before}"])
