"""Draw the gallery's pictures by the lines above them, from the project: ``python docs/make_gallery.py``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
PAGE = DOCS / "gallery.md"
_PART = re.compile(r"```python\n(?P<code>.*?)```|!\[(?P<alt>[^\]]*)\]\((?P<image>[^)]*)\)", flags=re.DOTALL)
DPI = 100


def pictures(page: Path = PAGE) -> Iterator[tuple[str, str, Any]]:
    """Run a page's lines one block after the other; yield each picture's path, description and axes."""
    names: dict[str, Any] = {}
    for part in _PART.finditer(page.read_text(encoding="utf-8")):
        if part["code"] is not None:
            exec(compile(part["code"], page.name, "exec"), names)  # the page's own lines
        else:
            yield part["image"], part["alt"], names.pop("ax")


def main() -> None:
    """Draw every picture."""
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    from analytics.plots import plot_style

    mpl.use("Agg")
    with plot_style():
        for image, _, ax in pictures():
            ax.figure.savefig(DOCS / image, dpi=DPI, metadata={"Software": None})
            plt.close("all")


if __name__ == "__main__":
    main()
