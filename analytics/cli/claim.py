"""``uptick test``: whether a region has grown more active recently."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from analytics.cli.count import counting_record
from analytics.cli.inputs import MEASURED, between_commas, gap_warnings, read_and_count, settings, spells
from analytics.cli.language import check_spoken, spoken
from analytics.cli.show import (
    Read,
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
from analytics.errors import OptionError
from analytics.results import SUPPORTED, UptickResult, shown
from analytics.upticks import uptick_test

__all__ = ["run"]

_OPTIONS = (
    "recent", "guard", "baseline", "alpha", "margin", "confidence", "sought", "completeness",
    "completeness_sd", "direction", "null", "method", "shrink", "nested",
    "allow_splice",
)  # fmt: skip
_NOT_OF_A_SCAN = ("null", "method", "shrink", "completeness_sd")
_TEXT = ("region", "grade", "verdict")
_SPARE = ("p", "q", "would show", "starts at")  # then the interval: region, numbers, ratio and grade stay


def run(args: Namespace) -> None:
    """Test every region and show the verdicts."""
    plan = plan_output(args)
    if args.emerging is not None:
        from analytics.cli.emerging import run_emerging

        run_emerging(args, plan)
        return
    if args.silence is not None:
        raise OptionError("--silence is for --emerging", todo="give --emerging COLUMN, or leave it out")
    if args.claims is not None:
        from analytics.cli.claims import run_claims  # loads every test there is

        run_claims(args, plan)
        return
    if args.article_date is not None:
        raise OptionError("--article-date is for --claims", todo="give --claims FILE, or leave it out")
    check_spoken(args.language)
    if args.completeness == MEASURED and args.completeness_sd is not None:
        raise OptionError("a completeness that is measured has its own deviation", found="--completeness-sd")
    options = _options(args)
    incidents, counts = read_and_count(args)
    answer = _shown(args, incidents, counts, uptick_test(counts, **options))
    emit(spoken(answer, args.language), plan)


def _options(args: Namespace) -> dict[str, Any]:
    """Return the options of ``uptick_test``: those given, and its own for the rest."""
    options = settings(args, uptick_test, *_OPTIONS)
    options["calendar"] = tuple(term for text in args.calendar for term in between_commas(text, "--calendar"))
    if args.recent == "scan":
        unused = [name for name in _NOT_OF_A_SCAN if getattr(args, name) not in (None, False)]
        unused += ["one_family"] if args.nested is False else []
        if unused:
            raise OptionError(
                "--recent scan has a test of its own",
                found=", ".join(f"--{name.replace('_', '-')}" for name in unused),
                todo="leave it out, or give --recent in days",
            )
    if args.lengths is not None:
        if args.recent != "scan":
            raise OptionError("--lengths is for --recent scan", found=f"--recent {options['recent']}")
        lengths = between_commas(args.lengths, "--lengths")
        if not all(days.isdecimal() for days in lengths):
            raise OptionError(
                "--lengths is no list of days", expected="such as 7,14,28", found=repr(args.lengths)
            )
        options["lengths"] = tuple(map(int, lengths))
    return options


def _shown(args: Namespace, incidents: Read, counts: Counts, result: UptickResult) -> Shown:
    sensitivity = result.sensitivity
    lines_next = result.watch()[["watch_from", "watch_from_3"]]
    result_names = ["guard", "baseline", "confidence"]
    if args.completeness == MEASURED:
        result_names += ["completeness", "completeness_sd"]
    frame = result.frame.assign(status=result.status.to_numpy(), **lines_next)
    record = {
        "command": "test",
        "parameters": {
            **counting_record(args, counts),
            **_options(args),
            **{name: result.parameters[name] for name in result_names},
        },
        **input_record(incidents, counts, spells(args)),
        "headline": result.headline(),
        "sentence": result.sentence(),
        "reasons": result.reasons(),
        "recent_window": str(result.recent),
        "baseline_window": str(result.baseline),
        "method": result.method,
        "direction": result.direction,
        "null": result.null,
        "nulls": list(result.nulls),
        "family": result.family,
        "regions": records(frame),
        "sensitivity": [] if sensitivity is None else records(sensitivity),
        "notes": list(dict.fromkeys([*incidents.notes, *result.notes])),
    }
    lines = account_lines(incidents, counts, spells(args), brief=not args.verbose)
    own = [f"note: {note}" for note in result.notes if note not in counts.notes]
    said = (*result.reasons(), *_statuses(result))
    return Shown(
        heading=(*gap_warnings((*incidents.notes, *counts.notes)), result.headline()),
        tables=_tables(result),
        below=said,
        account=(result.sentence(), *lines, *own, result.method, *result.nulls),
        frame=frame,
        record=record,
        simulated=result.simulated,
    )


def _statuses(result: UptickResult) -> list[str]:
    """Return what is new since the week before, one line a region."""
    return [f"{name}: {words}" for name, words in result.status.items() if words]


def _tables(result: UptickResult) -> tuple[Table, ...]:
    summary = result.summary()
    numbers = tuple(name for name in summary.columns if name not in _TEXT)
    interval = next(name for name in numbers if name.endswith("interval"))
    tables = [Table(summary, "", numbers, (*_SPARE, interval))]
    if result.sensitivity is not None and len(result.sensitivity):
        beside = result.sensitivity.copy()
        beside["verdict"] = with_glyphs(beside["verdict"])
        tables.append(Table(beside, f"beside each {shown(SUPPORTED, result.direction)}"))
    return tuple(tables)
