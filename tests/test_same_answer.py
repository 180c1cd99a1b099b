"""The same answer everywhere: whatever the order of rows and columns, or the machine's settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics import count_incidents, read_incidents, severity_test, uptick_test
from analytics.bundled import bundled_path

PROJECT = Path(__file__).resolve().parent.parent
AS_OF = "2020-04-19"
ENVIRONMENTS = (
    {},
    {
        "TZ": "Asia/Kathmandu",
        "LC_ALL": "tr_TR.UTF-8",
        "PYTHONHASHSEED": "1",
        "OMP_NUM_THREADS": "1",
        "NUMBA_NUM_THREADS": "1",
        "PYTHONOPTIMIZE": "2",
    },
    {
        "TZ": "America/St_Johns",
        "LC_ALL": "C",
        "PYTHONHASHSEED": "2",
        "OMP_NUM_THREADS": "2",
        "PYTHONUTF8": "0",
    },
)


@pytest.fixture(scope="module")
def sample():
    return pd.read_csv(bundled_path("data/iraq_simulated.csv"), dtype="str", keep_default_na=False)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_and_columns_changes_nothing(sample, seed):
    rng = np.random.default_rng(seed)
    turned = sample.iloc[rng.permutation(len(sample)), rng.permutation(sample.shape[1])].reset_index(
        drop=True
    )
    made = []
    for frame in (sample, turned):
        incidents = read_incidents(frame, as_of=AS_OF)
        counts = count_incidents(incidents, as_of=AS_OF, start="2016-01-04", value="fatalities")
        events = count_incidents(incidents, as_of=AS_OF, start="2016-01-04")
        spread = count_incidents(incidents, "day", as_of=AS_OF, span="spread")
        tested = uptick_test(events).frame, severity_test(incidents, as_of=AS_OF).frame
        made.append((incidents.accounting, counts, events, spread, tested))
    (account, deaths, events, drawn, tested), (other_account, other_deaths, other_events, *others) = made
    assert str(account) == str(other_account)
    assert deaths.regions == other_deaths.regions
    np.testing.assert_array_equal(deaths.values, other_deaths.values)
    np.testing.assert_array_equal(events.values, other_events.values)
    np.testing.assert_array_equal(drawn.values, others[0].values)
    for frame, other in zip(tested, others[1], strict=True):
        pd.testing.assert_frame_equal(frame, other, check_exact=True)


def answer(environment: dict[str, str], folder: Path, *words: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "analytics", *words],
        capture_output=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.slow
def test_the_settings_of_the_machine_change_nothing(tmp_path):
    words = ("test", "--sample", "--as-of", AS_OF, "--format", "json")
    first, *others = (answer(environment, tmp_path, *words) for environment in ENVIRONMENTS)
    assert json.loads(first)["simulated"] is True
    assert all(other == first for other in others)


HOOK = """
import os, sys
LOCAL = ("127.", "::1", "localhost", "0.0.0.0")
def watch(event, args):
    if event == "socket.connect" and isinstance(args[1], tuple) and not str(args[1][0]).startswith(LOCAL):
        said = f"connect {args[1]}"
    elif event == "socket.getaddrinfo" and args[0] and not str(args[0]).startswith(LOCAL):
        said = f"look up {args[0]}"
    else:
        return
    with open(os.environ["SEEN"], "a") as stream:
        stream.write(said + chr(10))
    raise OSError("no network here")
sys.addaudithook(watch)
open(os.environ["SEEN"] + ".hooked", "a").write(str(os.getpid()) + chr(10))
"""


@pytest.mark.slow
def test_a_report_has_no_network_beyond_this_machine(tmp_path):
    hooks, seen = tmp_path / "hooks", tmp_path / "seen"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(HOOK, encoding="utf-8")
    environment = {"PYTHONPATH": f"{hooks}{os.pathsep}{PROJECT}", "SEEN": str(seen)}
    reached = subprocess.run(
        [sys.executable, "-c", "import socket; socket.create_connection(('192.0.2.1', 80), 1)"],
        env={**os.environ, **environment}, capture_output=True, check=False,
    )  # fmt: skip
    assert b"no network here" in reached.stderr  # the hook works
    seen.unlink()
    answer(
        environment, tmp_path, "report", "--sample", "--week", "2020-W16", "--format", "pdf,html", "-o", "out"
    )
    hooked = (tmp_path / "seen.hooked").read_text().split()
    assert len(set(hooked)) >= 3  # the probe, the command and the notebook's kernel
    assert not seen.exists(), seen.read_text()
