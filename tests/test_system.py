"""What needs programs beyond Python: the PDF as another reader sees it. Run by make test-system."""

from __future__ import annotations

import shutil
import subprocess

import pytest

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def poppler():
    missing = [name for name in ("pdfinfo", "pdftotext", "pdffonts") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not on this machine; install poppler-utils")

    def call(*arguments):
        return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout

    return call


def test_the_pdf_is_tagged_and_its_text_can_be_read(poppler, sample_report):
    info = poppler("pdfinfo", str(sample_report.pdf))
    assert "Tagged:          yes" in info
    text = poppler("pdftotext", "-layout", str(sample_report.pdf), "-")
    assert "Uptick in Kirkuk" in text
    pages = text.split("\f")[:-1]
    assert all("SIMULATED DATA" in page for page in pages)
    assert f"1/{len(pages)}" in pages[0].replace(" ", "")


def test_every_font_is_embedded_and_from_the_bundle(poppler, sample_report):
    rows = poppler("pdffonts", str(sample_report.pdf)).splitlines()[2:]
    assert rows
    for row in rows:
        assert "NotoSans" in row or "DejaVu" in row or "NewCM" in row or "NewComputerModern" in row, row
        assert " yes " in row, row
