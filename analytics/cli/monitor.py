"""``uptick monitor``: one answer for each region, at a budget of false alarms."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analytics.cli.count import counting_record
from analytics.cli.inputs import between_commas, gap_warnings, given, read_and_count, spells
from analytics.cli.progress import progress_bar
from analytics.cli.show import (
    Plan,
    Read,
    Shown,
    Table,
    account_lines,
    emit,
    input_record,
    plan_output,
    records,
)
from analytics.counts import Counts, allow_splices
from analytics.errors import OptionError
from analytics.monitoring import ALARM, NO_ALARM, NOT_TESTED, BlockedResult, MonitorResult, monitor
from analytics.results.words import counted

__all__ = ["ALARMED", "run"]

_OPTIONS = (
    "budget", "last", "thresholds", "resample", "share", "replicates", "seed", "completeness",
    "completeness_sd",
)  # fmt: skip
ALARMED = 3  # exit code of --fail-on-alarm
_GLYPHS = {ALARM: "▲ alarm", NO_ALARM: "– no alarm", NOT_TESTED: "? not tested"}
_NUMBERS = ("observed", "episodes", "expected false")
_SPARE = ("expected false", "observed", "episodes")


def run(args: Namespace) -> int:
    """Watch every region and show the answers; return the exit code."""
    plan = plan_output(args)
    detectors = None if args.detectors is None else between_commas(args.detectors, "--detectors")
    incidents, counts = read_and_count(args)
    counts = allow_splices(counts) if args.allow_splice else counts
    if args.blocks is not None:
        return _blocks(args, incidents, counts, detectors, plan)
    if args.block is not None or args.workers is not None:
        raise OptionError("--block and --workers are for --blocks DIR", todo="give it, or leave them out")
    with progress_bar("monitoring") as progress:
        result = monitor(counts, detectors, progress=progress, **given(args, *_OPTIONS))
    emit(_shown(args, incidents, counts, result), plan)
    return _code(args, result)


def _code(args: Namespace, result: MonitorResult | BlockedResult) -> int:
    return ALARMED if args.fail_on_alarm and (result.answers() == ALARM).any() else 0


def _blocks(
    args: Namespace, incidents: Read, counts: Counts, detectors: Sequence[str] | None, plan: Plan
) -> int:
    from analytics.cli.monitor_blocks import in_blocks, shown_blocks

    with progress_bar("monitoring") as progress:
        result = in_blocks(args, counts, detectors, progress, *_OPTIONS)
    emit(shown_blocks(args, incidents, counts, result, _GLYPHS), plan)
    return _code(args, result)


def _shown(args: Namespace, incidents: Read, counts: Counts, result: MonitorResult) -> Shown:
    frame = result.frame.copy()
    frame.insert(1, "answer", result.answers())
    record: dict[str, Any] = {
        "command": "monitor",
        "parameters": {
            **counting_record(args, counts),
            **result.parameters,
        },
        **input_record(incidents, counts, spells(args)),
        "sentence": result.sentence(),
        "expectation": result.expectation(),
        "regions": records(frame),
        "detectors": [
            {
                "detector": found.detector,
                "method": result.alarms.how(found.detector).method,
                "parameter": found.parameter,
                "basis": found.basis,
                "thresholds": records(found.frame),
            }
            for found in result.calibrations
        ],
        "episodes": records(result.alarms.episodes()),
        "notes": list(dict.fromkeys([*incidents.notes, *result.notes])),
    }
    lines = account_lines(incidents, counts, spells(args), brief=not args.verbose)
    own = [f"note: {note}" for note in result.notes if note not in counts.notes]
    quiet = _none_recorded(counts, result)
    return Shown(
        heading=(*gap_warnings((*incidents.notes, *counts.notes)), result.sentence(), result.expectation()),
        tables=(_table(result, quiet),),
        below=(f"○ none recorded: {', '.join(quiet)}",) if quiet else (),
        account=(*lines, *own, *(found.sentence() for found in result.calibrations)),
        frame=frame,
        record=record,
        simulated=result.simulated,
    )


def _none_recorded(counts: Counts, result: MonitorResult) -> list[str]:
    """Return the regions without an incident in the whole grid, where they can share a line of the table."""
    seen = np.where(counts.coverage, counts.values, 0).max(axis=0, initial=0)
    empty = {name for name, some in zip(counts.regions, seen, strict=True) if not some}
    unalarmed = result.frame.loc[result.answers() == NO_ALARM, "region"]
    quiet = [region for region in unalarmed if region in empty]
    return quiet if len(quiet) > 1 else []


def _table(result: MonitorResult, quiet: Sequence[str]) -> Table:
    """Return the answers, the regions that never had an incident in one line at the end."""
    summary: pd.DataFrame = result.summary()
    summary["answer"] = summary["answer"].map(_GLYPHS)
    if quiet:
        line = dict.fromkeys(summary.columns, "")
        line |= {"region": counted(len(quiet), "region"), "answer": _GLYPHS[NO_ALARM]}
        line |= {"observed": "0", "episodes": "0", "expected false": "–"}
        summary = pd.concat([summary[~summary["region"].isin(quiet)], pd.DataFrame([line])])
    if not summary["why"].any():
        summary = summary.drop(columns="why")
    title = "episodes: of alarms within two weeks of each other, over the periods tested"
    return Table(summary, title, _NUMBERS, _SPARE)
