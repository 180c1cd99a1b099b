"""Why a branch of the package is taken by no test: one of few reasons, by what the branch says.

Most reasons show in the code itself; what does not is told here by hand, file by file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["REASONS", "why"]

REASONS = {
    "own word": "a check of the library's own word: an AssertionError or ValueError that no input leads to",
    "every kind": "the end of a match, or of a chain of choices, that names every kind there is",
    "always leaves": "a loop that always ends the other way: before it is through, or only when it is",
    "engine": "an engine, or a version of one, that is not on the tests' machine",
    "system": "another system, a person at the keyboard, or a moment that only a second process makes",
    "alone": "run as a program of its own, or read by a type checker alone",
    "cannot be": "a guard for what the callers of today rule out",
    "refusal": "a refusal that no test asks for",
    "answer": "a rare answer that no test asks for",
}
# By hand: the file, how the line begins, and the reason. What is not here shows in the code.
TOLD: tuple[tuple[str, str, str], ...] = (
    ("analytics/_alias/uptick_analytics.py", "if not any(isinstance(finder", "system"),
    ("analytics/bundled.py", "for base in", "own word"),
    ("analytics/fetch/credentials.py", "if not sys.stdin.isatty()", "system"),
    ("analytics/fetch/pages.py", "if folder.exists()", "system"),
    ("analytics/files.py", "elif piece is not None", "system"),
    ("analytics/files.py", "if named is None or named[1]", "system"),
    ("analytics/geo/sets.py", "if item.name in found", "own word"),
    ("analytics/incidents/lazy/engines.py", "if connection.name", "engine"),
    ("analytics/incidents/lazy/engines.py", "if (own := getattr", "engine"),
    ("analytics/incidents/lazy/engines.py", "if find_spec", "engine"),
    ("analytics/monitoring/watch.py", "if alarms.note is None", "cannot be"),  # put together, they have notes
    ("analytics/reporting/content/weekly/where.py", "if parts", "cannot be"),  # what was counted has a part
    ("analytics/sources/header.py", "for at, row in enumerate", "always leaves"),
    ("analytics/store/opening.py", "if folder is not None", "system"),
)


def why(path: str, lines: Sequence[str], begin: int, end: int) -> str:
    """Return the reason why a branch from one line to another was not taken; `end` is below 0 at an exit."""
    first = lines[begin - 1].strip()
    block = " ".join(line.strip() for line in lines[end - 1 : end + 2]) if end > 0 else ""
    for place, text, reason in TOLD:
        if path == place and first.startswith(text):
            return reason
    if re.match(r"raise (AssertionError|ValueError|NotImplementedError)\b", block):
        return "own word"
    if "TYPE_CHECKING" in first or "__name__" in first:
        return "alone"
    if first.startswith("case "):
        return "every kind"
    inside = end > begin and _indent(lines[end - 1]) > _indent(lines[begin - 1])
    if first.startswith(("for ", "while ")) and not inside:
        return "always leaves"
    if re.match(r"raise\b|.{0,60}?\.fail\(", block):
        return "refusal"
    return "answer"


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
