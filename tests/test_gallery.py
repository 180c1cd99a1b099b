"""The gallery's lines run, each makes a picture, and the pictures are there and described."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from analytics import plots

PROJECT = Path(__file__).resolve().parent.parent
KB = 1000


@pytest.fixture(scope="module")
def drawn():
    spec = importlib.util.spec_from_file_location("make_gallery", PROJECT / "docs" / "make_gallery.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(PROJECT)
        made = []
        with plots.plot_style():
            for image, alt, ax in module.pictures():
                said = [ax.get_title(loc="left"), *(text.get_text() for text in ax.texts)]
                made.append((image, alt, said))
                plt.close("all")
    return made


@pytest.mark.slow
def test_every_picture_is_simulated_described_and_there(drawn):
    for image, alt, said in drawn:
        assert any("SIMULATED" in text for text in said), image
        assert len(alt) > 25
        path = PROJECT / "docs" / image
        assert path.is_file()
        assert path.stat().st_size < 120 * KB
    assert len({image for image, _, _ in drawn}) == len(drawn)


def test_what_the_page_says_of_kirkuk_is_what_is_drawn(drawn):
    said = {image: texts for image, _, texts in drawn}
    assert "▲ Kirkuk\n45, usual 15" in said["images/gallery_map.png"]
    assert (
        said["images/gallery_delay.png"][0]
        == "SIMULATED: Half are reported within 2 days, nine in ten within 11"
    )
    assert "3 weeks without" in said["images/gallery_coverage.png"]


def test_every_plot_of_a_result_or_counts_is_in_the_gallery():
    page = (PROJECT / "docs" / "gallery.md").read_text(encoding="utf-8")
    elsewhere = {"plot_style", "plot_regions", "plot_result", "plot_alarms"}  # in the reports
    wanted = {name for name in plots.__all__ if name.startswith("plot_")} - elsewhere
    assert {name for name in wanted if f"{name}(" not in page} == set()
