"""An answer in the language asked for: what a reader sees of it; CSV and JSON are data and stay English."""

from __future__ import annotations

from dataclasses import replace

from analytics.cli.show import Shown, Table

__all__ = ["check_spoken", "spoken"]


def check_spoken(name: str | None) -> None:
    """Raise an error where there is no such language, before any work is done."""
    if name is not None:
        from analytics.reporting.languages import find_language

        find_language(name)


def spoken(answer: Shown, name: str | None) -> Shown:
    """Return an answer whose words and tables are in a language; as it is where none was asked for."""
    if name is None or name == "en":
        return answer
    from analytics.reporting.languages import find_language

    say = find_language(name).say

    def table(of: Table) -> Table:
        frame = of.frame.map(lambda cell: say(str(cell)))
        frame.columns = frame.columns.map(lambda column: say(str(column)))
        return Table(frame, say(of.title), tuple(map(say, of.right)), tuple(map(say, of.spare)))

    return replace(
        answer,
        heading=tuple(map(say, answer.heading)),
        tables=tuple(map(table, answer.tables)),
        below=tuple(map(say, answer.below)),
        account=tuple(map(say, answer.account)),
    )
