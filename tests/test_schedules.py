"""The schedules that are laid: the build server's job is run, Windows' task held against its schema."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).resolve().parents[1]
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
# From Microsoft's documentation of the Task Scheduler schema (MS-TSCH 2.5): what each element may hold.
MAY_HOLD = {
    "Task": {"RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"},
    "RegistrationInfo": {"Description", "Author", "Date", "URI"},
    "Triggers": {"CalendarTrigger"},
    "CalendarTrigger": {"StartBoundary", "Enabled", "ScheduleByWeek"},
    "ScheduleByWeek": {"WeeksInterval", "DaysOfWeek"},
    "DaysOfWeek": {"Monday"},
    "Principals": {"Principal"},
    "Principal": {"LogonType", "RunLevel"},
    "Settings": {"StartWhenAvailable", "DisallowStartIfOnBatteries", "ExecutionTimeLimit"},
    "Actions": {"Exec"},
    "Exec": {"Command", "Arguments", "WorkingDirectory"},
}


@pytest.fixture
def office(tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    assert run("init", "office")[0] == 0
    return tmp_path / "office"


def test_the_task_for_windows_is_what_its_schema_allows(office):
    raw = (office / "schedule" / "windows_task.xml").read_bytes()
    assert raw.startswith(
        b'<?xml version="1.0" encoding="UTF-8"?>'
    )  # schtasks reads what the file says it is
    task = ET.fromstring(raw)
    for element in task.iter():
        assert element.tag.startswith(TASK)
        held = [child.tag.removeprefix(TASK) for child in element]
        assert set(held) <= MAY_HOLD.get(element.tag.removeprefix(TASK), set())
        assert len(held) == len(set(held))

    def said(path: str) -> str:
        found = task.find("/".join(f"{TASK}{name}" for name in path.split("/")))
        assert found is not None, path
        return found.text or ""

    trigger = task.find(f"{TASK}Triggers/{TASK}CalendarTrigger")
    # A sequence in this order; the start is required, and its day need not be a Monday.
    assert [child.tag.removeprefix(TASK) for child in trigger] == [
        "StartBoundary",
        "Enabled",
        "ScheduleByWeek",
    ]
    assert dt.datetime.fromisoformat(said("Triggers/CalendarTrigger/StartBoundary")).hour == 6
    assert said("Triggers/CalendarTrigger/ScheduleByWeek/WeeksInterval") == "1"
    # Actions name the principal that they run as: the schema holds the two together by a key.
    principal = task.find(f"{TASK}Principals/{TASK}Principal").get("id")
    assert task.find(f"{TASK}Actions").get("Context") == principal
    assert said("Principals/Principal/LogonType") in ("InteractiveToken", "S4U", "Password")
    assert said("Principals/Principal/RunLevel") == "LeastPrivilege"
    assert re.fullmatch(r"P(T\d+[HM])+", said("Settings/ExecutionTimeLimit"))
    assert said("Actions/Exec/WorkingDirectory") == str(office)


@pytest.mark.system
def test_the_build_server_s_job_runs_in_an_empty_environment(office, tmp_path):
    """Its shell steps, one after the other, in a new environment that holds Python and pip alone."""
    yaml = pytest.importorskip("yaml", reason="no reader of YAML is installed")
    job = yaml.safe_load((office / "schedule" / "ci_job.yml").read_text(encoding="utf-8"))["jobs"]["report"]
    # What its steps of others do: take the folder out of the repository, set up Python.
    assert [step["uses"].partition("@")[0] for step in job["steps"] if "uses" in step] == [
        "actions/checkout", "actions/setup-python", "actions/upload-artifact",
    ]  # fmt: skip
    repository = tmp_path / "repository"
    shutil.copytree(office, repository)
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "-q",
            "--no-deps",
            "-w",
            str(repository / "wheels"),
            str(ROOT),
        ],
        check=True,
    )
    venv.create(tmp_path / "python", with_pip=True)
    kept = {name: value for name, value in os.environ.items() if re.match(r"(?i)pip_|https?_|no_|ssl_", name)}
    bare = {
        "PATH": f"{tmp_path / 'python' / 'bin'}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "LANG": "C",
        **kept,
    }
    for step in (step["run"] for step in job["steps"] if "run" in step):
        done = subprocess.run(
            ["bash", "-e", "-c", step], cwd=repository, env=bare, capture_output=True, text=True, check=False
        )
        if step.startswith("pip") and re.search("No matching distribution|Connection", done.stderr):
            pytest.skip("the packages a report needs cannot be had here")
        assert done.returncode == 0, f"{step}\n{done.stderr[-2000:]}"
    given = [step.get("with", {}) for step in job["steps"]]
    uploaded = repository / next(options["path"] for options in given if "path" in options)
    made = {path.suffix for path in uploaded.iterdir()}
    assert {".pdf", ".ipynb"} <= made
    assert next(uploaded.glob("*.pdf")).read_bytes().startswith(b"%PDF-")
