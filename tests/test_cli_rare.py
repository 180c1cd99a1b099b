"""The command in cases that are rarely asked for: what it says, and what it takes."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics import read_incidents
from analytics.cli.parameters import fill_from_file
from analytics.cli.parser import parse_arguments
from analytics.cli.report import _reading, _runs_notebook

DAY = ("--as-of", "2020-02-09")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in an empty folder, so that messages show short paths."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture
def table(here):
    """Counts of 110 weeks, 35 of which have no row."""
    weeks = pd.date_range("2018-01-01", periods=110, freq="7D").delete(range(60, 95))
    pd.DataFrame({"week": weeks, "events": 4}).to_csv("counts.csv", index=False)
    return "counts.csv"


def test_a_gap_in_a_table_of_counts_may_be_said_to_be_quiet(run, table):
    told = {}
    for option in ((), ("--gap-is-quiet",)):
        code, out, err = run("count", table, *DAY, "--by", "none", *option)
        assert code == 0, err
        assert "300 incidents, one series, 2018-01-01..2020-02-09 by week" in out
        told[option] = out
    assert "suspected gap" in told[()]
    assert "suspected gap" not in told["--gap-is-quiet",]
    assert (
        "(245 days), where about 140 incidents were to be expected; taken as quiet" in told["--gap-is-quiet",]
    )


COLUMNS = {
    "a column that is not there": ("check", "events=evnts"),
    "a column that nobody knows, to be checked": ("check", "evnts=events"),
    "a column of incidents": ("count", "date_start=week"),
    "a column that nobody knows": ("count", "evnts=events"),
    "a column of places that is not there": ("count", "admin2=District"),
}


@pytest.mark.parametrize("case", COLUMNS)
def test_columns_of_a_table_of_counts_are_those_it_may_have(case, run, table, snapshot):
    command, column = COLUMNS[case]
    more = ("--by", "none") if command == "count" else ()
    code, out, err = run(command, table, *DAY, *more, "--column", column)
    assert (code, out) == (2, "")
    assert err == snapshot


@pytest.mark.parametrize("value", ["true", '"two"', "1.5", "nan", "inf"])
def test_a_number_is_a_number_in_a_file_of_parameters_too(here, value, snapshot, run):
    (here / "p.toml").write_text(f"header-row = {value}\n")
    code, out, err = run("report", "rows.csv", *DAY, "--parameters", "p.toml", "--summary")
    assert (code, out) == (2, "")
    assert err == snapshot


def test_options_may_stand_before_both_files_and_between_them():
    for words in (("--recent", "3", "a.csv", "b.csv"), ("a.csv", "--recent", "3", "b.csv")):
        args = parse_arguments(["compare", *words])
        assert (args.file, args.other, args.recent) == ("a.csv", "b.csv", 3)


@pytest.mark.parametrize(
    ("words", "runs"),
    [
        (["--notebook", "own.ipynb", "--format", "json"], True),
        (["--format", "json,xlsx"], False),
        (["--format", "html"], True),
        ([], True),
        (["--notebook", "own.ipynb", "--summary"], False),
    ],
)
def test_what_runs_a_notebook_is_known_beforehand(words, runs):
    assert _runs_notebook(parse_arguments(["report", "a.csv", *words])) == runs


def test_a_number_in_a_file_of_parameters_is_taken_as_on_the_command_line(here):
    (here / "p.toml").write_text("header-row = 2.0\n")
    args = parse_arguments(["report", "rows.csv", *DAY, "--parameters", "p.toml"])
    fill_from_file(args)
    assert repr(args.header_row) == "2"


def test_what_a_report_is_read_by_holds_wherever_its_notebook_runs(here, monkeypatch):
    pd.DataFrame({"when": ["2020-02-03"], "where": "Eastmark", "who": "Unit-9"}).to_csv(
        "own.csv", index=False
    )
    (here / "m.toml").write_text('[columns]\ndate_start = "when"\nadmin1 = "where"\nactor1 = "who"\n')
    (here / "actors.csv").write_text("name,normalised\nUnit 9,Ninth\n")
    words = ["report", "own.csv", *DAY, "--mapping", "m.toml", "--actors", "actors.csv"]
    options = _reading(parse_arguments(words))
    (here / "m.toml").unlink()
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    found = read_incidents(here / "own.csv", as_of=DAY[1], **options)
    assert found.frame[["admin1", "actor1"]].to_numpy().tolist() == [["Eastmark", "Ninth"]]
