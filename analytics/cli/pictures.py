"""A picture that a command draws beside its answer."""

from __future__ import annotations

from pathlib import Path

from analytics.errors import OptionError

__all__ = ["picture_file"]

_PICTURES = (".png", ".pdf", ".svg")


def picture_file(name: str) -> Path:
    """Return the path of a picture to be drawn.

    Raises
    ------
    OptionError
        If its ending is none of a picture.
    """
    path = Path(name)
    if path.suffix.casefold() not in _PICTURES:
        raise OptionError(
            "--figure is no picture", expected=f"a file that ends in {', '.join(_PICTURES)}", found=name
        )
    return path
