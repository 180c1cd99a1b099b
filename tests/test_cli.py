"""The command, end to end through ``main``: what it prints, what it writes, and how it refuses."""

from __future__ import annotations

import datetime as dt
import gc
import inspect
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from exact_csv import read_exactly
from rich.progress import Progress

import analytics.reporting.content.weekly as weekly
from analytics import __version__, count_incidents, evaluate, monitor, read_incidents, uptick_test
from analytics.bundled import bundled_path
from analytics.cli import inputs, main
from analytics.cli.parser import build_parser
from analytics.cli.show import records
from analytics.reporting.content.weekly import ReportRequest, WeeklyReport, request, weekly_counts
from analytics.reporting.notebook.document import Document

SAMPLE = bundled_path("data/iraq_simulated.csv")
DAY = "2020-04-19"
ROWS = "date,province,killed\n2020-04-13,Diyala,2\n2020-04-14,Kirkuk,0\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in an empty folder, so that messages show short paths."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture(scope="session")
def two_places(tmp_path_factory) -> Path:
    """Write 500 days of incidents in two places that no table knows, with an uptick in one of them."""
    days = pd.date_range("2018-12-07", periods=500)  # to 2020-04-19
    rng = np.random.default_rng(20200419)
    number = {"Eastmark": rng.poisson(1.0, 500), "Westmark": rng.poisson(1.0, 500)}
    number["Eastmark"][-14:] = 5
    frames = [pd.DataFrame({"date": days.repeat(n), "province": place}) for place, n in number.items()]
    path = tmp_path_factory.mktemp("places") / "two_places.csv"
    pd.concat(frames).to_csv(path, index=False, date_format="%Y-%m-%d")
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# -- what the command says about itself ------------------------------------------------------------------


def test_help_and_version_import_nothing_heavy():
    code = (
        "import sys; from analytics.cli import main\n"
        "for words in (['--help'], ['--version'], ['test', '--help']): assert main(words) == 0\n"
        "assert main(['tset']) == 2\n"
        "print(sorted({'pandas', 'numpy', 'matplotlib', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert f"uptick {__version__}" in done.stdout
    assert "did you mean test?" in done.stderr


def test_garbage_is_looked_for_as_before_in_a_process_of_others(run, monkeypatch):
    held, frozen = gc.get_threshold(), gc.get_freeze_count()
    run("count", "--sample")
    assert gc.isenabled()
    assert (gc.get_threshold(), gc.get_freeze_count()) == (held, frozen)
    monkeypatch.setattr(sys, "argv", ["uptick", "--version"])
    try:
        assert main() == 0
        assert gc.isenabled()
        assert gc.get_freeze_count() > frozen
    finally:
        gc.unfreeze()


def test_the_command_alone_prints_its_help(run):
    code, out, err = run()
    assert (code, err) == (0, "")
    assert out == run("--help")[1]


def test_every_command_reads_with_the_same_options():
    options = {}
    for name, parser in build_parser()[1].items():
        if name not in ("init", "country", "fetch", "sample"):
            group = next(g for g in parser._action_groups if g.title == "reading")
            options[name] = [action.dest for action in group._group_actions]
    assert len({tuple(found) for found in options.values()}) == 1
    assert {"sheet", "encoding", "delimiter", "date_style"} <= set(options["report"])


def test_every_command_and_option_has_help():
    parser, commands = build_parser()
    assert list(commands) == [
        "check",
        "count",
        "test",
        "monitor",
        "evaluate",
        "report",
        "duplicates",
        "compare",
        "store",
        "init",
        "country",
        "fetch",
        "sample",
    ]
    for command in (parser, *commands.values()):
        bare = [action.dest for action in command._actions if not action.help]
        assert bare == (["command"] if command is parser else []), command.prog
        assert "%" not in command.format_help()  # a format that was not filled in


def test_python_m_analytics_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "analytics", "count", "--sample", "--as-of", DAY, "--format", "csv"],
        capture_output=True,
        text=True,
        check=True,
    )
    table = pd.read_csv(io.StringIO(done.stdout))
    assert table["simulated"].all()
    assert done.stderr.startswith("SIMULATED data: ")


def test_options_are_not_abbreviated(run):
    assert run("count", "--sample", "--as", DAY)[0] == 2


# -- check -----------------------------------------------------------------------------------------------


def test_check_accounts_for_every_row_of_the_sample(run, here, snapshot):
    code, out, err = run("check", "--sample", "--quarantine", "aside.csv")
    assert (code, err) == (0, "wrote aside.csv\n")
    assert out == snapshot
    aside = pd.read_csv(here / "aside.csv")
    incidents = read_incidents(SAMPLE)
    assert len(aside) == incidents.accounting.rows_read - incidents.accounting.kept
    assert aside["reason"].tolist() == incidents.quarantine["reason"].tolist()
    assert json.loads(aside["original"][0]) == json.loads(incidents.quarantine["original"][0])
    assert aside["simulated"].all()


def test_check_as_json(run, two_places):
    code, out, err = run("check", two_places, "--format", "json", "--as-of", "2020-04-12")
    found = json.loads(out)
    rows = found["row_accounting"]
    assert code == 0
    assert rows["rows_read"] == rows["kept"] + sum(rows["set_aside"].values())
    assert rows["set_aside"] == {"date after as_of": sum("2020-04-1" in r for r in _late(two_places))}
    assert found["simulated"] is False
    assert found["parameters"] == {"as_of": "2020-04-12"}
    assert found["input"]["last_date"] == "2020-04-12"
    assert f"kept {rows['kept']:,}" in err


def _late(path: Path) -> list[str]:
    days = pd.read_csv(path)["date"]
    return days[days > "2020-04-12"].tolist()


def test_columns_can_be_named(run, here):
    (here / "odd.csv").write_text("Wann;Wo\n2020-04-13;Diyala\n", encoding="utf-8")
    code, out, _ = run("check", "odd.csv", "--column", "date_start=Wann", "--column", "admin1=Wo")
    assert code == 0
    assert "rows read 1 = kept 1" in out


# -- count -----------------------------------------------------------------------------------------------


def test_count_table(run, snapshot):
    code, out, err = run("count", "--sample", "--as-of", "2020-04-16", "--last", 3)
    assert (code, err) == (0, "")
    assert out == snapshot


def test_weeks_that_no_region_covers_wholly_are_no_zeros(run, here):
    # The grid starts within a week, so that the first week is NA in every column.
    Path("late.csv").write_text("date,province\n2020-04-02,Diyala\n2020-04-14,Kirkuk\n")
    code, out, err = run("count", "late.csv", "--as-of", DAY)
    assert (code, err) == (0, "")
    kirkuk = next(line for line in out.splitlines() if line.startswith("Kirkuk"))
    assert kirkuk.split()[1:] == ["n/c", "0", "1", "1"]
    assert "n/c: not wholly covered" in out
    code, out, _ = run("count", "late.csv", "--as-of", "2020-04-05")
    diyala = next(line for line in out.splitlines() if line.startswith("Diyala"))
    assert (code, diyala.split()[1:]) == (0, ["n/c", "n/c"])  # a sum of nothing known is not 0


def test_count_csv_is_the_grid_and_stdout_holds_nothing_else(run):
    code, out, err = run("count", "--sample", "--as-of", DAY, "--format", "csv", "--by", "admin1")
    table = pd.read_csv(io.StringIO(out))
    counts = count_incidents(read_incidents(SAMPLE, as_of=DAY))
    long = counts.to_frame("long")
    assert code == 0
    assert list(table) == ["start", "label", "region", "count", "provisional", "simulated"]
    assert table["count"].astype("Int64").tolist() == long["count"].tolist()
    assert table["count"].isna().sum() == (~counts.resample("week").coverage).sum() == 3
    assert str(counts.accounting) in err


def test_count_json_has_null_where_there_is_no_coverage(run):
    code, out, _ = run(
        "count",
        "--sample",
        "--as-of",
        DAY,
        "--format",
        "json",
        "--no-coverage",
        "2020-04-06..2020-04-12@Kirkuk",
    )
    found = json.loads(out)
    cells = {(c["region"], c["label"]): c["count"] for c in found["counts"]}
    assert code == 0
    assert cells["Kirkuk", "2020-W15"] is None
    assert cells["Kirkuk", "2020-W14"] == 33
    assert cells["Dhi Qar", "2020-W15"] == 0
    assert found["no_coverage"] == ["2019-05-06..2019-05-26@Anbar", "2020-04-06..2020-04-12@Kirkuk"]
    account = found["count_accounting"]
    parts = ("grid", "set_apart", "unplaced", "outside", "no_coverage")
    assert account["kept"] == sum(account[p] for p in parts) + sum(account["filtered"].values())


def test_by_none_is_a_single_series(run):
    _, out, _ = run("count", "--sample", "--as-of", DAY, "--by", "none", "--freq", "day", "--format", "csv")
    table = pd.read_csv(io.StringIO(out))
    assert table["region"].unique().tolist() == ["all incidents"]
    assert len(table) == 840
    assert table["start"].iloc[[0, -1]].tolist() == ["2018-01-01", DAY]


def test_the_ending_of_the_output_says_its_format(run, here):
    for name in ("counts.csv", "counts.json", "counts.txt"):
        code, out, err = run("count", "--sample", "--as-of", DAY, "-o", f"new/{name}")
        assert (code, out) == (0, "")
        assert err.endswith(f"wrote new/{name}\n".replace("/", os.sep))
    assert json.loads((here / "new" / "counts.json").read_text(encoding="utf-8"))["command"] == "count"
    assert (here / "new" / "counts.csv").read_text(encoding="utf-8").startswith("start,label,region")
    assert (here / "new" / "counts.txt").read_text(encoding="utf-8").startswith("SIMULATED data: ")


def test_region_sets_filters_and_fatalities(run):
    code, out, _ = run(
        "count", "--sample", "--as-of", DAY, "--by", "admin2", "--regions", "disputed_territories",
        "--where", "fatalities >= 1", "--value", "fatalities", "--format", "json",
    )  # fmt: skip
    found = json.loads(out)
    assert code == 0
    assert len({c["region"] for c in found["counts"]} - {"(unplaced)"}) == 14
    assert found["parameters"]["where"] == "fatalities >= 1"
    assert any("UNAMI" in rule for rule in found["count_accounting"]["filtered"])


# -- test ------------------------------------------------------------------------------------------------


def test_the_test_agrees_with_the_library_to_the_last_digit(run):
    result = uptick_test(count_incidents(read_incidents(SAMPLE, as_of=DAY)), completeness=0.9)
    argv = ("test", "--sample", "--as-of", DAY, "--completeness", 0.9, "--format")
    code, out, err = run(*argv, "csv")
    table = read_exactly(out)
    words = ["reason", "words", "why", "level", "starts_note", "day"]
    assert code == 0
    pd.testing.assert_frame_equal(
        table[list(result.frame)].astype(dict.fromkeys(words, "str")).fillna(dict.fromkeys(words, "")),
        result.frame,
        check_dtype=False,
        check_exact=True,
    )
    assert result.sentence() in err
    found = json.loads(run(*argv, "json")[1])
    assert [r["pvalue"] for r in found["regions"]] == [
        None if np.isnan(p) else p for p in result.frame["pvalue"]
    ]
    assert found["parameters"]["completeness"] == 0.9
    assert found["sentence"] == result.sentence()
    assert (found["headline"], found["reasons"]) == (result.headline(), result.reasons())
    assert [r["status"] for r in found["regions"]] == result.status.tolist()
    assert [r["watch_from"] for r in found["regions"]] == result.watch()["watch_from"].tolist()
    assert found["sensitivity"][0]["region"] == "Kirkuk"
    assert found["recent_window"] == "2020-04-06..2020-04-19"


def test_verdicts_have_glyph_and_word_and_a_pipe_gets_no_colour(run, two_places):
    code, out, _ = run("test", two_places, "--as-of", DAY)
    lines = out.splitlines()
    assert code == 0
    assert "\x1b" not in out
    assert next(line for line in lines if line.startswith("Eastmark") and "▲ uptick" in line)
    assert next(line for line in lines if line.startswith("Westmark") and "– no sign" in line)
    assert "beside each uptick" in out
    assert lines[0].startswith("Uptick in Eastmark. The other region shows no uptick.")
    assert "not adjusted for season or trend" in out
    assert "rows read" in out
    assert "kept" in out


OPTIONS_OF_THE_TEST = {
    "picked": (["--recent", "scan", "--lengths", "7,14,28"], {"recent": "scan", "lengths": (7, 14, 28)}),
    "same weeks": (["--baseline", "same_weeks"], {"baseline": "same_weeks"}),
    "decreases": (
        ["--direction", "less", "--completeness", 0.9, "--completeness-sd", 0.05],
        {"direction": "less", "completeness": 0.9, "completeness_sd": 0.05},
    ),
    "expected": (
        ["--null", "expected", "--calendar", "ramadan,eid_al_fitr", "--calendar", "arbaeen"],
        {"null": "expected", "calendar": ("ramadan", "eid_al_fitr", "arbaeen")},
    ),
    "another method": (["--method", "quasi_poisson"], {"method": "quasi_poisson"}),
    "shrunk": (["--shrink"], {"shrink": True}),
}


@pytest.fixture(scope="module")
def sample_counts():
    return count_incidents(read_incidents(SAMPLE, as_of=DAY))


@pytest.mark.parametrize(("argv", "options"), OPTIONS_OF_THE_TEST.values(), ids=list(OPTIONS_OF_THE_TEST))
def test_every_option_of_the_test_reaches_it(argv, options, run, sample_counts):
    result = uptick_test(sample_counts, **options)
    code, out, err = run("test", "--sample", "--as-of", DAY, "--format", "json", *argv)
    found = json.loads(out)
    assert code == 0
    assert [{name: r[name] for name in result.frame} for r in found["regions"]] == records(result.frame)
    assert (found["direction"], found["null"], found["nulls"]) == (
        result.direction,
        result.null,
        list(result.nulls),
    )
    assert (found["method"], found["baseline_window"]) == (result.method, str(result.baseline))
    assert {
        name: tuple(v) if isinstance(v, list) else v for name, v in found["parameters"].items()
    }.items() >= (options.items())
    assert all(null in err for null in result.nulls)


def test_every_option_of_the_library_is_one_of_the_command():
    known = set(inspect.signature(uptick_test).parameters) - {"counts"}
    options = {action.dest for action in build_parser()[1]["test"]._actions}
    assert known <= options


def test_every_reading_option_of_the_library_is_one_of_the_command_and_of_the_report():
    known = set(inspect.signature(read_incidents).parameters) - {
        "path_or_frame",
        "source",
        "as_of",
        "columns",
    }
    assert known == set(inputs.READING) == set(request.READING)
    options = {action.dest for action in build_parser()[1]["report"]._actions}
    assert known < options


LIBRARY = {
    "count": (count_incidents, read_incidents),
    "test": (uptick_test, count_incidents, read_incidents),
    "monitor": (monitor, count_incidents, read_incidents),
    "evaluate": (evaluate, count_incidents, read_incidents),
    "report": (ReportRequest, read_incidents),
}


@pytest.mark.parametrize("command", LIBRARY)
def test_the_help_names_the_defaults_of_the_library_and_the_command_has_none_of_its_own(command):
    told = 0
    for action in build_parser()[1][command]._actions:
        signatures = [inspect.signature(function).parameters for function in LIBRARY[command]]
        own = next((s[action.dest].default for s in signatures if action.dest in s), None)
        if own is None or own is False or own == () or own is inspect.Parameter.empty:
            continue
        if own is True and action.const is False:
            continue  # a switch that unsets it
        said = ",".join(map(str, own)) if isinstance(own, tuple) else str(own)
        assert action.default is None, action.dest
        assert re.search(rf"(\(default '?{re.escape(said)}\b|\b{said} \(default\))", action.help), action.help
        told += 1
    assert told >= 3


def test_a_decrease_has_its_own_sign(run, two_places):
    code, out, _ = run(
        "test", two_places, "--as-of", "2020-03-29", "--direction", "less", "--completeness", 1,
        "--where", "date_start < 2020-03-16",
    )  # fmt: skip
    assert code == 0
    assert next(line for line in out.splitlines() if line.startswith("Eastmark") and "▼ decrease" in line)
    assert "beside each decrease" in out
    assert "Expected null" in out


def test_no_uptick_is_said_with_completeness(run, two_places):
    _, out, _ = run("test", two_places, "--as-of", DAY, "--completeness", 1, "--margin", 3)
    assert "▬ no large rise" in next(line for line in out.splitlines() if line.startswith("Westmark"))


def test_one_region_works(run, two_places):
    code, out, _ = run("test", two_places, "--as-of", DAY, "--regions", "Eastmark", "--format", "json")
    found = json.loads(out)
    assert code == 0
    assert [r["verdict"] for r in found["regions"]] == ["supported"]
    assert found["family"] == "one region, no adjustment"


def test_a_narrow_terminal_keeps_numbers_and_grade(run, two_places, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    for columns, left_out in ((80, True), (160, False)):
        monkeypatch.setenv("COLUMNS", str(columns))
        _, out, _ = run("test", two_places, "--as-of", DAY)
        assert ("left out, the terminal is narrow: p" in out) is left_out
        assert "▲ uptick" in out
        head = _bare(out).split("────")[0]
        assert all(word in head for word in ("region", "observed", "usual", "ratio", "grade"))
        assert max(map(len, _bare(out).splitlines())) <= columns


def _bare(text: str) -> str:
    """Return the text without colour codes."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_an_ascii_stream_gets_words_and_plain_signs(two_places, monkeypatch):
    held = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(held, encoding="ascii"))
    assert main(["test", str(two_places), "--as-of", DAY]) == 0
    assert "^ uptick" in held.getvalue().decode("ascii")


def test_a_name_from_a_file_cannot_steer_the_terminal(run, here):
    (here / "odd.csv").write_text("date,province\n2020-04-13,Diy\x1b[2Jala\n", encoding="utf-8")
    code, out, err = run("count", "odd.csv", "--as-of", "2020-04-14")
    assert code == 0
    assert "\x1b" not in out + err
    assert "Diy�[2Jala" in out


# -- sample ----------------------------------------------------------------------------------------------


def test_sample_says_where_it_lies(run):
    code, out, err = run("sample")
    assert (code, Path(out.strip())) == (0, SAMPLE)
    assert "SIMULATED" in err


def test_sample_is_copied_and_never_written_over(run, here):
    code, out, _ = run("sample", "-o", "data")
    assert code == 0
    assert (here / out.strip()).read_bytes() == SAMPLE.read_bytes()
    assert (here / "data" / "iraq_simulated_truth.json").is_file()
    assert run("check", out.strip())[1].startswith("5,156 SIMULATED incidents")
    assert run("sample", "-o", "data")[0] == 0
    (here / "data" / "iraq_simulated.csv").write_text("mine", encoding="utf-8")
    before = contents(here)
    code, out, err = run("sample", "-o", "data")
    assert (code, out) == (2, "")
    assert "is there already" in err
    assert contents(here) == before


# -- report: options; the report itself is tested where it is made ----------------------------------------


@pytest.fixture(scope="module")
def scope():
    return weekly_counts(sample=True, as_of="2020-04-12")


@pytest.fixture
def written(monkeypatch, here, scope):
    """Stand in for the report; keep what it was asked for."""
    asked = []

    def stand_in(request, *, output, progress):
        asked.append((request, output, progress))
        if progress is not None:
            progress(0, 2, "cell 1")
        made = here / "reports" / "a.pdf"
        document = Document(None, scope.title, dt.date(2020, 4, 12), simulated=True)
        return WeeklyReport(made, made.with_suffix(".ipynb"), 6, 1.0, 1.0, document, scope)

    monkeypatch.setattr(weekly, "weekly_report", stand_in)
    return asked


def test_report_of_the_sample(run, written, here, scope):
    code, out, err = run("report", "--sample", "--week", "2020-W15")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[:3] == [
        f"report: {here / 'reports' / 'a.pdf'} (6 pages, SIMULATED data)",
        f"notebook: {here / 'reports' / 'a.ipynb'}",
        "",
    ]
    assert lines[3] == str(scope.incidents.accounting).splitlines()[0]
    assert str(scope.counts.accounting) in lines
    counted = run("count", "--sample", "--as-of", "2020-04-12")[1]
    assert counted.endswith(out.split("\n\n")[1])  # the same account as of the same day
    # The last is no bar, because standard error is no terminal.
    assert written == [(ReportRequest(sample=True, as_of="2020-04-12"), "reports", None)]


def test_report_passes_every_option_on(run, written, two_places):
    code, _, _ = run(
        "report", two_places, "--as-of", "2020-04-12", "--week", "2020-W15", "--source", "table",
        "--by", "admin2", "--where", "fatalities > 0", "--regions", "disputed_territories",
        "--no-coverage", "2019-05-01..2019-05-20", "--no-coverage", "2019-07-01..2019-07-02@Kirkuk",
        "--completeness", "0.8", "--start", "2019-01-01",
        "--column", "date_start=date", "--sheet", "2", "--encoding", "utf-8", "--delimiter", ";",
        "--date-style", "day/month/year", "-o", "elsewhere",
    )  # fmt: skip
    assert code == 0
    request = ReportRequest(
        two_places,
        as_of="2020-04-12",
        source="table",
        by="admin2",
        where="fatalities > 0",
        regions="disputed_territories",
        no_coverage=("2019-05-01..2019-05-20", "2019-07-01..2019-07-02@Kirkuk"),
        completeness=0.8,
        start="2019-01-01",
        columns={"date_start": "date"},
        reading={"sheet": "2", "encoding": "utf-8", "delimiter": ";", "date_style": "day/month/year"},
    )
    assert written == [(request, "elsewhere", None)]


def test_report_shows_progress_on_a_terminal(run, written, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    steps = []
    monkeypatch.setattr(Progress, "update", lambda self, task, **step: steps.append(step))
    assert run("report", "--sample", "--week", "2020-W15")[0] == 0
    assert {"description": "cell 1", "completed": 0, "total": 2} in steps


def test_report_without_its_packages(run, written, monkeypatch, snapshot):
    monkeypatch.setattr("analytics.cli.report.find_spec", lambda name: None if name == "typst" else object())
    code, _, err = run("report", "--sample", "--week", "2020-W15")
    assert (code, written) == (2, [])
    assert err == snapshot


REPORT_OPTIONS = {
    "nothing given": [],
    "no week, a file": ["two_places.csv"],
    "a file and the sample": ["two_places.csv", "--sample", "--week", "2020-W15"],
    "week and day disagree": ["--sample", "--as-of", "2020-04-11", "--week", "2020-W15"],
    "a week that year does not have": ["--sample", "--week", "2021-W53"],
    "not a week": ["--sample", "--week", "15"],
    "not a day": ["--sample", "--as-of", "19/04/2020"],
    "a week of other days": ["--sample", "--week", "2020-W15", "--week-start", "saturday"],
    "an unknown option": ["--sample", "--weak", "2020-W15"],
}


@pytest.mark.parametrize("argv", REPORT_OPTIONS.values(), ids=REPORT_OPTIONS)
def test_report_says_what_to_give(argv, run, written, here, two_places, snapshot):
    (here / "two_places.csv").write_bytes(two_places.read_bytes())
    code, out, err = run("report", *argv)
    assert (code, out, written) == (2, "", [])
    assert sorted(contents(here)) == ["two_places.csv"]
    assert err == snapshot


# -- bad input: one clear error, exit code 2, nothing written ----------------------------------------------

BAD_FILES = {
    "empty": b"",
    "header only": b"date,province\n",
    "wrong delimiter": b"date^province\n2020-04-13^Diyala\n",
    "wrong encoding": "date,province\n2020-04-13,Diyālá\n".encode() + b"2020-04-15,Anb\xe2r\n",
    "binary": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "no date column": b"when,province,killed\n2020-04-13,Diyala,2\n",
    "all rows set aside": b"date,province\nsoon,Diyala\n0025-04-13,Kirkuk\n",
    "dates read two ways": b"date,province\n03/04/2020,Diyala\n05/06/2020,Kirkuk\n",
    "as_of before the data": b"date,province\n2021-04-13,Diyala\n",
}


@pytest.mark.parametrize("content", BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_one_clear_error(content, run, here, snapshot):
    (here / "bad.csv").write_bytes(content)
    before = contents(here)
    said = set()
    for argv in (
        ("check", "bad.csv", "--as-of", DAY, "--quarantine", "aside.csv", "-o", "out.json"),
        ("count", "bad.csv", "--as-of", DAY, "-o", "out.csv"),
        ("test", "bad.csv", "--as-of", DAY, "-o", "new/out.txt"),
        ("report", "bad.csv", "--as-of", DAY, "-o", "reports"),
    ):
        code, out, err = run(*argv)
        assert (code, out) == (2, "")
        assert contents(here) == before
        assert not (here / "reports").exists()
        said.add(err)
    assert len(said) == 1
    assert said.pop() == snapshot


BAD_OPTIONS = {
    "no such file": ["test", "missing.csv", "--as-of", DAY],
    "no as_of": ["count", "rows.csv"],
    "an unknown region": ["count", "--sample", "--as-of", DAY, "--regions", "Kirkuk,Diyalaa Nord"],
    "a misspelt region set": [
        "count", "--sample", "--as-of", DAY, "--by", "admin2", "--regions", "disputed_teritories",
    ],
    "a set of another level": ["count", "--sample", "--as-of", DAY, "--regions", "disputed_territories"],
    "an unknown column to count by": ["count", "--sample", "--as-of", DAY, "--by", "admin11"],
    "an unknown column in the filter": ["count", "--sample", "--as-of", DAY, "--where", "fatalitys > 1"],
    "an unreadable filter": ["test", "--sample", "--as-of", DAY, "--where", "fatalities >> 1"],
    "an unknown source": ["check", "rows.csv", "--source", "acledd"],
    "an unknown canonical column": ["check", "rows.csv", "--column", "date_begin=date"],
    "a column the file lacks": ["check", "rows.csv", "--column", "date_start=datum"],
    "a column that is not a pair": ["check", "rows.csv", "--column", "date"],
    "a column given twice": ["check", "rows.csv", "--column", "admin1=province", "--column", "admin1=killed"],
    "a spell that ends before it starts": [
        "count", "rows.csv", "--as-of", DAY, "--no-coverage", "2020-05-02..2020-05-01",
    ],
    "an unknown format": ["check", "rows.csv", "--format", "xml"],
    "an unknown frequency": ["count", "rows.csv", "--as-of", DAY, "--freq", "W-MON"],
    "an unknown policy": ["count", "rows.csv", "--as-of", DAY, "--span", "starts"],
    "a value that is not counted": ["count", "rows.csv", "--as-of", DAY, "--value", "wounded"],
    "not a number": ["test", "rows.csv", "--as-of", DAY, "--recent", "two weeks"],
    "not a word for days": ["test", "rows.csv", "--as-of", DAY, "--baseline", "same_week"],
    "an unknown direction": ["test", "--sample", "--as-of", DAY, "--direction", "lesser"],
    "an unknown null hypothesis": ["test", "--sample", "--as-of", DAY, "--null", "expectd"],
    "an unknown calendar term": ["test", "--sample", "--as-of", DAY, "--calendar", "ramadam"],
    "an empty calendar term": ["test", "--sample", "--as-of", DAY, "--calendar", "ramadan,"],
    "an unknown method": ["test", "--sample", "--as-of", DAY, "--method", "poisson"],
    "lengths without a scan": ["test", "--sample", "--as-of", DAY, "--lengths", "7"],
    "lengths that are no days": ["test", "--sample", "--as-of", DAY, "--recent", "scan", "--lengths", "7,x"],
    "a scan against trend and season": [
        "test", "--sample", "--as-of", DAY, "--recent", "scan", "--null", "expected", "--shrink",
    ],
    "trend and season without history": [
        "test", "--sample", "--as-of", DAY, "--start", "2019-01-01", "--null", "expected",
    ],
    "a deviation of what is not known": ["test", "--sample", "--as-of", DAY, "--completeness-sd", "0.1"],
    "a share above 1": ["test", "--sample", "--as-of", DAY, "--completeness", "90"],
    "no periods": ["count", "rows.csv", "--as-of", DAY, "--last", "0"],
    "an option without its value": ["count", "rows.csv", "--as-of"],
    "an unknown option": ["count", "rows.csv", "--asof", DAY],
    "an unknown command": ["raport", "rows.csv"],
    "one file too many": ["check", "rows.csv", "more.csv"],
    "the output is the input": ["check", "rows.csv", "-o", "./rows.csv"],
    "two outputs in one": ["check", "rows.csv", "-o", "a.csv", "--quarantine", "a.csv"],
    "the output is a folder": ["check", "rows.csv", "-o", "."],
    "a file where a folder is needed": ["check", "rows.csv", "-o", "rows.csv/out.csv"],
    "a report where a file stands": ["report", "--sample", "--week", "2020-W16", "-o", "rows.csv"],
}  # fmt: skip


@pytest.mark.parametrize("argv", BAD_OPTIONS.values(), ids=BAD_OPTIONS)
def test_a_bad_option_is_one_clear_error(argv, run, here, snapshot):
    (here / "rows.csv").write_text(ROWS, encoding="utf-8")
    before = contents(here)
    code, out, err = run(*argv)
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert contents(here) == before
    assert err.replace(str(SAMPLE), "SAMPLE").replace(str(here), "HERE") == snapshot


@pytest.mark.parametrize("command", ["check", "count", "test", "report"])
def test_a_folder_without_permission(command, run, here, monkeypatch, two_places):
    def refused(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refused)
    code, out, err = run(command, two_places, "--as-of", DAY, "-o", "out/a.csv")
    assert (code, out) == (2, "")
    assert "the output folder is not writable" in err
    assert "Permission denied" in err
    assert contents(here) == {}


def test_when_one_of_two_files_cannot_be_written_neither_is(run, here, monkeypatch, two_places):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", full)
    code, _, err = run("check", two_places, "-o", "a.json", "--quarantine", "q.csv")
    assert code == 2
    assert "No space left on device" in err
    assert contents(here) == {}


# -- interruptions -----------------------------------------------------------------------------------------


def test_an_interrupt_is_quiet(run, monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("analytics.cli.count.read_any", interrupted)
    assert run("count", "--sample", "--as-of", DAY) == (130, "", "")


def test_a_fault_of_ours_is_not_hidden(monkeypatch):
    def broken(*args, **kwargs):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("analytics.cli.count.read_any", broken)
    with pytest.raises(ZeroDivisionError):
        main(["count", "--sample", "--as-of", DAY])


@pytest.mark.skipif(sys.platform == "win32", reason="pipes close another way there")
def test_a_closed_pipe_and_a_full_disk():
    command = [sys.executable, "-m", "analytics", "count", "--sample", "--as-of", DAY, "--format", "csv"]
    reading, writing = os.pipe()
    os.close(reading)
    closed = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert closed.returncode == 141
    assert "rror" not in closed.stderr
    if not Path("/dev/full").exists():
        return
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["answer.pdf", "answer.XLSX", "answer.html"])
def test_text_is_not_written_under_the_name_of_another_kind(name, run, tmp_path):
    for form in ((), ("--format", "csv")):
        code, out, err = run("test", "--sample", "--as-of", DAY, "-o", tmp_path / name, *form)
        assert (code, out) == (2, "")
        assert f"--output ends in {Path(name).suffix}, and what is written is text" in err
    assert not (tmp_path / name).exists()


def test_a_length_that_is_too_short_says_how_long_it_must_be(run):
    code, _, err = run("test", "--sample", "--as-of", DAY, "--emerging", "initiator", "--silence", 0)
    assert code == 2
    assert "silence is too short" in err
    assert "a number of days, 1 or more" in err
