"""The page of references: every statistic has one, and each test named exists and compares what is said."""

from __future__ import annotations

import ast
import re
from collections import Counter

import pytest

from analytics import delays, duplicates, evaluation, upticks
from analytics.detectors import registry

# Tables of pairs and results, which are no statistics.
NO_STATISTIC = {"DatedReports", "DelayResult", "NowcastResult", "EvaluationResult", "PValueCalibration"}


@pytest.fixture(scope="module")
def rows(project):
    """Each row of the page: the statistics, what is compared, the reference, the test."""
    page = (project / "docs" / "references.md").read_text(encoding="utf-8")
    table = [line.strip("|").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row] for row in table]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_statistic_has_a_reference(rows):
    has = {name for row in rows for name in named(row[0])}
    wanted = {*upticks.__all__, *registry.DETECTORS, *delays.__all__, *evaluation.__all__, "stcd", "monitor"}
    wanted |= {"find_duplicates", "side_by_side"} & set(duplicates.__all__)
    assert wanted - NO_STATISTIC <= has
    assert has <= wanted | {"Alarms.adjust"}
    assert all(row[2] and row[3] for row in rows)


def test_each_test_exists_and_calls_what_it_compares(rows, project):
    for _, what, _, where in rows:
        file, _, name = named(where)[0].partition("::")
        tree = ast.parse((project / "tests" / file).read_text(encoding="utf-8"))
        functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name in functions, (file, name)
        said = words_of(functions[name])
        helpers = [functions[other] for other in said & set(functions)]  # of the file, which it calls
        assert said.union(*map(words_of, helpers)) >= {named(what)[0]}, (file, name, what)


def words_of(node: ast.AST) -> set[str]:
    """Return the names that stand in code, as names or as texts."""
    found = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    found |= {str(part.value) for part in ast.walk(node) if isinstance(part, ast.Constant)}
    return found | {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}


CASES = {
    "earsC": "ears",
    "glrpois": "glr",
    "glrnb": "glr",
    "farringtonFlexible": "farrington_flexible",
    "farringtonFlexible_patched": "farrington_flexible",
    "outbreakP": "outbreak_p",
}


def test_the_number_of_cases_is_that_of_the_files(rows, project):
    kept = [path.name.partition("__")[0] for path in (project / "tests" / "oracle").rglob("*__*.json")]
    found = Counter(CASES.get(name, name) for name in kept if name != "pieces")
    said = {named(row[1])[0]: int(n[1]) for row in rows if (n := re.match(r"R: (\d+) cases", row[2]))}
    assert said == found
