"""Draw the pictures of README and tutorial from simulated data: ``python docs/make_images.py``."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import matplotlib.image
import numpy as np
import typst

from analytics.reporting.content.weekly import weekly_report
from analytics.reporting.notebook.compile import fonts
from analytics.reporting.notebook.document import Document
from analytics.reporting.notebook.pdf import typst_of

DOCS = Path(__file__).resolve().parent
IMAGES = DOCS / "images"
PPI = 96


def first_page(document: Document) -> bytes:
    """Return the first page of a report as PNG."""
    source, files = typst_of(document)
    with tempfile.TemporaryDirectory(prefix="uptick-") as folder:
        root = Path(folder)
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        (root / "main.typ").write_text(source, encoding="utf-8")
        compiler = typst.Compiler(str(root / "main.typ"), root=str(root), font_paths=fonts())
        pages = compiler.compile(format="png", ppi=PPI)
    page: bytes = pages[0] if isinstance(pages, list) else pages
    return page


def write_small(png: bytes, path: Path) -> None:
    """Write a picture with fewer colours, and no note of the program that wrote it."""
    from PIL import Image  # comes with matplotlib

    picture = Image.fromarray((matplotlib.image.imread(io.BytesIO(png))[..., :3] * 255).astype(np.uint8))
    picture.quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> None:
    """Draw both first pages, out of whole reports."""
    IMAGES.mkdir(exist_ok=True)
    workbook = DOCS / "tutorial" / "incidents.xlsx"
    asked = {
        "front_page": {"sample": True, "as_of": "2020-04-19"},
        "tutorial_page": {
            "incidents_path": workbook,
            "as_of": "2024-06-16",
            "columns": {"event_type": "Kind"},
        },
    }
    for name, options in asked.items():
        with tempfile.TemporaryDirectory(prefix="uptick-") as folder:
            made = weekly_report(**options, output=folder)
        assert made.document is not None
        write_small(first_page(made.document), IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
