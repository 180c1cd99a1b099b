"""What every test may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent


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
