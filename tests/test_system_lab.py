"""Every notebook in JupyterLab, run from the menu in a browser: no error cell, nothing asked of the network.

Needs JupyterLab, Playwright's package and a Chromium: ``pip install jupyterlab playwright``; the browser on
the machine is used.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.system
PROJECT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted(path.stem for path in (PROJECT / "notebooks").glob("*.ipynb"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 240  # for one notebook; measured 5 to 60 on a busy machine
QUIET = [
    "--no-browser", "--allow-root", "--ServerApp.token=", "--ServerApp.password=", "--LabApp.news_url=",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
]  # fmt: skip


def answer(address):
    with urllib.request.urlopen(address, timeout=5) as told:
        return json.load(told)


def wait_for(done, what):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if found := done():
            return found
        time.sleep(0.5)
    raise AssertionError(f"not within {SECONDS} s: {what}")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A JupyterLab of copies of the notebooks, with settings of nobody."""
    if find_spec("jupyterlab") is None:
        pytest.skip("JupyterLab is not installed")
    root = tmp_path_factory.mktemp("lab")
    shutil.copytree(PROJECT / "notebooks", root / "notebooks")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ, "PYTHONPATH": str(PROJECT), "JUPYTER_PLATFORM_DIRS": "1",
        "JUPYTER_CONFIG_DIR": str(root / "config"), "JUPYTER_DATA_DIR": str(root / "data"),
        "IPYTHONDIR": str(root / "ipython"),
    }  # fmt: skip
    command = [sys.executable, "-m", "jupyterlab", *QUIET, f"--port={port}", "--ServerApp.port_retries=0"]
    with (root / "log").open("wb") as log:
        server = subprocess.Popen(
            [*command, f"--ServerApp.root_dir={root / 'notebooks'}"], env=environment, stdout=log, stderr=log
        )
        try:
            address = f"http://127.0.0.1:{port}"

            def up():
                try:
                    return answer(f"{address}/api")
                except (urllib.error.URLError, OSError):
                    return None

            wait_for(up, "JupyterLab answers")
            yield address, root / "notebooks"
        finally:
            server.terminate()
            server.wait(30)


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("no Chromium on this machine")
    with api.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_runs_from_the_menu_without_an_error(browser, lab, name):
    address, folder = lab
    page = browser.new_page(viewport={"width": 1200, "height": 1600})
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/lab/workspaces/{name}/tree/{name}.ipynb?reset")

    def idle():
        return [
            one for one in answer(f"{address}/api/sessions")
            if one["path"].startswith(f"{name}.") and one["kernel"]["execution_state"] == "idle"
        ]  # fmt: skip

    page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell", timeout=1000 * SECONDS)
    wait_for(idle, f"the kernel of {name} is ready")
    page.wait_for_timeout(1000)  # until the page knows it too
    page.get_by_text("Run", exact=True).first.click()
    page.locator('[data-command="runmenu:run-all"]').first.click()

    def ran():
        prompts = page.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()
        return (
            idle() and any(re.search(r"\d", text) for text in prompts) and not any("*" in t for t in prompts)
        )

    wait_for(ran, f"{name} has run")
    page.keyboard.press("Control+s")
    path = folder / f"{name}.ipynb"

    def saved():
        code = [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
        return code if any(cell["execution_count"] for cell in code) else None

    code = wait_for(saved, f"{name} is saved")
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert [output["evalue"] for output in outputs if output["output_type"] == "error"] == []
    assert [output["text"] for output in outputs if output.get("name") == "stderr"] == []
    inside = (address, address.replace("http", "ws"), "data:", "blob:")
    assert [url for url in asked if not url.startswith(inside)] == []
    if name == "look_closer":
        assert page.locator(".js-plotly-plot").count() == 3
    page.close()
