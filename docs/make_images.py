"""Draw the README's picture from the bundled simulated sample: ``python docs/make_images.py``."""

from __future__ import annotations

from pathlib import Path

from analytics import count_incidents, read_incidents, uptick_test
from analytics.bundled import bundled_path
from analytics.plots import plot_regions
from analytics.reporting import report_style

IMAGES = Path(__file__).resolve().parent / "images"


def quickstart(path: Path) -> None:
    """Draw the picture that the README's lines make."""
    incidents = read_incidents(bundled_path("data/iraq_simulated.csv"), as_of="2020-04-19")
    counts = count_incidents(incidents, freq="week", by="admin1")
    result = uptick_test(counts)
    with report_style():
        figure = plot_regions(counts, result, most=6)[0].figure
        figure.savefig(path, dpi=160, metadata={"Software": None})


def main() -> None:
    """Draw every picture."""
    IMAGES.mkdir(exist_ok=True)
    quickstart(IMAGES / "quickstart.png")


if __name__ == "__main__":
    main()
