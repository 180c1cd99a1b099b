"""``uptick evaluate``: how detectors would have done on this history."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from analytics.cli.count import counting_record
from analytics.cli.inputs import between_commas, gap_warnings, given, read_and_count, spells
from analytics.cli.pictures import picture_file
from analytics.cli.progress import progress_bar
from analytics.cli.show import Read, Shown, Table, account_lines, emit, input_record, plan_output, records
from analytics.counts import Counts, allow_splices
from analytics.errors import OptionError
from analytics.evaluation import EvaluationResult, evaluate

__all__ = ["run"]

_OPTIONS = ("budget", "replicates", "thresholds", "last", "seed")
_GLYPHS = {"kept": "– kept", "exceeded": "▲ exceeded", "cannot be told": "? cannot be told"}
_SPARE = ("tested %", "regions above two a year %", "F1 at budget", "on the history as it is")


def run(args: Namespace) -> None:
    """Evaluate the detectors and show the table."""
    figure = None if args.figure is None else picture_file(args.figure)
    plan = plan_output(args, *([figure] if figure else []))
    uptick = _uptick(args)
    detectors = None if args.detectors is None else between_commas(args.detectors, "--detectors")
    incidents, counts = read_and_count(args)
    counts = allow_splices(counts) if args.allow_splice else counts
    with progress_bar("turning the history") as progress:
        result = evaluate(
            counts, detectors=detectors, uptick=uptick, progress=progress, **given(args, *_OPTIONS)
        )
    shown, beside = _shown(args, incidents, counts, result), {}
    if figure is not None:
        from analytics.reporting.content.evaluation import evaluation_picture  # loads matplotlib

        kind = figure.suffix.lstrip(".").casefold()
        beside[figure] = evaluation_picture(result, kind, terms=shown.terms)
    emit(shown, plan, beside)


def _uptick(args: Namespace) -> dict[str, Any]:
    if args.ratio is not None and args.size is not None:
        raise OptionError(
            "both --ratio and --size are given",
            expected="one of them",
            found=f"--ratio {args.ratio:g} and --size {args.size}",
        )
    return given(args, "ratio", "size", "length", "shape")


def _shown(args: Namespace, incidents: Read, counts: Counts, result: EvaluationResult) -> Shown:
    summary = result.summary()
    summary["budget"] = summary["budget"].map(_GLYPHS)
    numbers = tuple(name for name in summary.columns if name not in ("detector", "budget"))
    record = {
        "command": "evaluate",
        "parameters": {
            **counting_record(args, counts),
            **result.parameters,
        },
        **input_record(incidents, counts, spells(args)),
        "sentence": result.sentence(),
        "method": result.method,
        "upticks": result.upticks,
        "upticks_without_an_incident": result.empty,
        "detectors": records(result.frame),
        "regions": records(result.regions),
        "curve": records(result.curve),
        "notes": list(dict.fromkeys([*incidents.notes, *result.notes])),
    }
    lines = account_lines(incidents, counts, spells(args))
    own = [f"note: {note}" for note in result.notes if note not in counts.notes]
    return Shown(
        heading=(*gap_warnings((*incidents.notes, *counts.notes)), result.sentence()),
        tables=(Table(summary, "", numbers, _SPARE),),
        account=(*lines, *own, result.method),
        frame=result.frame,
        record=record,
        simulated=result.simulated,
    )
