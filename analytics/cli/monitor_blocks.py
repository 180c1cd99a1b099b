"""``uptick monitor --blocks``: very many regions, block by block, into a folder."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from analytics.cli.count import counting_record
from analytics.cli.inputs import gap_warnings, given, spells
from analytics.cli.show import Read, Shown, Table, account_lines, input_record, records
from analytics.counts import Counts
from analytics.monitoring import ALARM, BlockedResult, monitor_blocks
from analytics.options import Progress
from analytics.results.words import counted

__all__ = ["in_blocks", "shown_blocks"]

_MOST = 40  # regions in the table; the folder and --format csv have all


def in_blocks(
    args: Namespace, counts: Counts, detectors: Sequence[str] | None, progress: Progress | None, *names: str
) -> BlockedResult:
    """Watch the regions block by block."""
    options: dict[str, Any] = given(args, "block", "workers", *names)
    return monitor_blocks(counts, detectors, out=args.blocks, progress=progress, **options)


def shown_blocks(
    args: Namespace, incidents: Read, counts: Counts, result: BlockedResult, glyphs: dict[str, str]
) -> Shown:
    """Return what the command shows of them: the regions with an alarm first, and where the rest is."""
    frame = result.frame.copy()
    frame.insert(1, "answer", result.answers())
    table = result.summary()
    more = len(table) - _MOST
    title = f"{counted(result.blocks, 'block')} in {result.folder}"
    title += f"; {more:,} more regions are in regions.parquet there" if more > 0 else ""
    table["answer"] = table["answer"].map(glyphs)
    table = table.head(_MOST)
    if not table["why"].any():
        table = table.drop(columns="why")
    record: dict[str, Any] = {
        "command": "monitor",
        "parameters": {**counting_record(args, counts), **result.parameters},
        **input_record(incidents, counts, spells(args)),
        "sentence": result.sentence(),
        "folder": str(result.folder),
        "blocks": result.blocks,
        "alarms": int((result.answers() == ALARM).sum()),
        "regions": records(frame),
        "notes": list(dict.fromkeys([*incidents.notes, *result.notes])),
    }
    lines = account_lines(incidents, counts, spells(args), brief=not args.verbose)
    own = [f"note: {note}" for note in result.notes if note not in counts.notes]
    return Shown(
        heading=(*gap_warnings((*incidents.notes, *counts.notes)), result.sentence()),
        tables=(Table(table, title, ("observed", "episodes", "expected false")),),
        account=(*lines, *own),
        frame=frame,
        record=record,
        simulated=result.simulated,
    )
