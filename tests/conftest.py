"""What every test may ask for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from analytics.reporting import RenderedReport

PROJECT = Path(__file__).resolve().parent.parent

# How long an example takes tells of the machine and of what else it does. What was set before holds else.
settings.register_profile(
    "tests", parent=settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tests")

# Files whose tests share something slow to make stay on one worker; the longest begin first.
LONGEST = ("test_golden.py", "test_wheel.py", "test_notebooks.py", "test_weekly_report.py", "test_budget.py")
SHARED = dict.fromkeys(
    (
        "test_weekly_report.py",
        "test_weekly_pages.py",
        "test_weekly_front.py",
        "test_formats.py",
        "test_languages.py",
        "test_scripts.py",
        "test_reporting_standards.py",
    ),
    "report",
)


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of a file together, so that no worker makes again what another has made."""
    rank = {name: at for at, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.name, len(rank)))
    if getattr(config.option, "loadgroup", False):  # set on the workers of --dist loadgroup
        for item in items:
            group = SHARED.get(item.path.name, item.path.relative_to(PROJECT).as_posix())
            item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files that are not part of the project; skips where it is absent."""
    folder = PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real files in ../shared/data are not on this machine")
    return folder


@pytest.fixture(scope="session")
def project() -> Path:
    """The top of the checkout."""
    return PROJECT


@pytest.fixture(scope="session")
def sample_report(tmp_path_factory: pytest.TempPathFactory) -> RenderedReport:
    """The weekly report on the simulated sample as of 2020-04-19, made once for all tests."""
    from analytics.reporting.content.weekly import weekly_report

    return weekly_report(
        None, sample=True, as_of=np.datetime64("2020-04-19"), output=tmp_path_factory.mktemp("report")
    )


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command with these words; return exit code, standard output and standard error."""
    from analytics.cli import main

    def call(*argv: object) -> tuple[int, str, str]:
        code = main([str(word) for word in argv])
        return code, *capsys.readouterr()

    return call
