"""``uptick test``: whether a region has grown more active recently."""

from __future__ import annotations

from argparse import Namespace

from analytics.cli.count import counting_record
from analytics.cli.inputs import read_and_count, spells
from analytics.cli.show import (
    Shown,
    Table,
    account_lines,
    emit,
    input_record,
    plan_output,
    records,
    with_glyphs,
)
from analytics.counts import Counts
from analytics.incidents import Incidents
from analytics.results import UptickResult
from analytics.upticks import uptick_test

__all__ = ["run"]

_TEXT = ("region", "verdict", "why")
_SPARE = ("p", "detectable ratio", "95 % interval", "expected")  # the verdict, its reason and the ratio stay


def run(args: Namespace) -> None:
    """Test every region and show the verdicts."""
    plan = plan_output(args)
    incidents, counts = read_and_count(args)
    result = uptick_test(
        counts,
        recent=args.recent,
        guard=args.guard,
        baseline=args.baseline,
        alpha=args.alpha,
        margin=args.margin,
        completeness=args.completeness,
    )
    emit(_shown(args, incidents, counts, result), plan)


def _shown(args: Namespace, incidents: Incidents, counts: Counts, result: UptickResult) -> Shown:
    sensitivity = result.sensitivity
    record = {
        "command": "test",
        "parameters": {
            **counting_record(args, counts),
            "recent": args.recent,
            "guard": args.guard,
            "baseline": args.baseline,
            "alpha": args.alpha,
            "margin": args.margin,
            "confidence": result.confidence,
            "completeness": args.completeness,
        },
        **input_record(incidents, counts, spells(args)),
        "sentence": result.sentence(),
        "recent_window": str(result.recent),
        "baseline_window": str(result.baseline),
        "method": result.method,
        "family": result.family,
        "regions": records(result.frame),
        "sensitivity": [] if sensitivity is None else records(sensitivity),
        "notes": list(dict.fromkeys([*incidents.notes, *result.notes])),
    }
    lines = account_lines(incidents, counts, spells(args))
    own = [f"note: {note}" for note in result.notes if note not in counts.notes]
    return Shown(
        heading=(result.sentence(),),
        tables=_tables(result),
        account=(*lines, *own, result.method),
        frame=result.frame,
        record=record,
        simulated=result.simulated,
    )


def _tables(result: UptickResult) -> tuple[Table, ...]:
    summary = result.summary()
    summary["verdict"] = with_glyphs(summary["verdict"])
    summary = summary[[name for name in summary.columns if name != "why"] + ["why"]]
    numbers = tuple(name for name in summary.columns if name not in _TEXT)
    tables = [Table(summary, "", numbers, _SPARE)]
    if result.sensitivity is not None and len(result.sensitivity):
        beside = result.sensitivity.copy()
        beside["verdict"] = with_glyphs(beside["verdict"])
        tables.append(Table(beside, "beside each uptick"))
    return tuple(tables)
