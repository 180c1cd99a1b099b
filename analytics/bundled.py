"""Where notebooks, data and seeds lie: inside an installed wheel, or in a checkout beside the package."""

from __future__ import annotations

from pathlib import Path

from analytics.errors import InputError

__all__ = ["bundled_path"]

_PACKAGE = Path(__file__).resolve().parent


def bundled_path(relative: str) -> Path:
    """Return the path of a bundled file, the same call for wheel and checkout.

    Parameters
    ----------
    relative : str
        Path from the top of the project, such as ``"notebooks/weekly_report.ipynb"``.

    Raises
    ------
    InputError
        If the installation does not hold the file.

    Examples
    --------
    >>> bundled_path("data/README.md").name
    'README.md'
    """
    for base in (_PACKAGE / "_bundled", _PACKAGE.parent):
        path = base / relative
        if path.exists():
            return path
    raise InputError(
        "a bundled file is missing from this installation",
        expected=relative,
        where=str(_PACKAGE),
        todo="install uptick-analytics again",
    )
