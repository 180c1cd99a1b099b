"""Names in any script: drawn in figures, set in the PDF, never a box; months are the report's."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from analytics import Counts, UptickError, uptick_test
from analytics.detectors import recent_window
from analytics.plots import plot_alarm_board, plot_map, plot_regions, plot_trend
from analytics.plots.fonts import FAMILIES, FONTS, drawable, known_characters
from analytics.plots.months import plot_months
from analytics.reporting import report_figure, report_style
from analytics.reporting.notebook.compile import compile_typst
from analytics.reporting.notebook.escape import inline, printable
from analytics.reporting.notebook.exporter import template_files

# One name a script that a bundled font holds; what each is made of beside blanks.
NAMES = {
    "SC": "北京市",
    "KR": "서울특별시",
    "Thai": "กรุงเทพมหานคร",
    "Lao": "ວຽງຈັນ",
    "Khmer": "ភ្នំពេញ",
    "Myanmar": "မန္တလေး",
    "Devanagari": "काठमाडौं",
    "Bengali": "ঢাকা",
    "Tamil": "யாழ்ப்பாணம்",
    "Telugu": "హైదరాబాద్",
    "Ethiopic": "አዲስ አበባ",
    "Hebrew": "ירושלים",
    "Arabic": "كركوك",
    "DejaVu": "Երևան",
}
UNKNOWN = "𠮷野 😀"  # in no font of ours


@pytest.fixture(autouse=True)
def no_figure_left():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def counts():
    days = pd.date_range("2018-07-02", "2020-04-12")
    names = [*NAMES.values(), UNKNOWN]
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({name: rng.poisson(0.6, len(days)) for name in names}, index=days)
    frame.iloc[-14:, 0] += 3
    daily = Counts.from_frame(frame, freq="day", as_of="2020-04-12")
    return Counts(**{**{f: getattr(daily, f) for f in daily.__dataclass_fields__}, "freq": "week"})


@pytest.fixture(scope="module")
def result(counts):
    return uptick_test(counts)


def test_a_name_in_each_script_is_drawn_as_it_is():
    assert [drawable(name) for name in NAMES.values()] == list(NAMES.values())
    assert [printable(name) for name in NAMES.values()] == list(NAMES.values())


def test_what_no_font_holds_is_its_code_in_figures_and_in_text():
    assert drawable(UNKNOWN) == printable(UNKNOWN) == "[U+20BB7]野 [U+1F600]"
    assert ord("😀") not in known_characters()


@pytest.mark.parametrize("styled", [True, False])
@pytest.mark.parametrize("draw", [plot_regions, plot_map, plot_alarm_board])
def test_no_glyph_is_missing_in_a_figure(counts, result, draw, styled, tmp_path):
    """With and without the look of the reports: matplotlib warns of each glyph it has to leave out."""
    given = {plot_regions: (counts, result), plot_map: (result,), plot_alarm_board: (recent_window(counts),)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if styled:
            with report_style():
                axes = draw(*given[draw])
                _saved(axes, tmp_path)
        else:
            _saved(draw(*given[draw]), tmp_path)


def _saved(axes, folder):
    figure = np.ravel(np.array(axes, dtype=object))[0].get_figure()
    figure.savefig(folder / "figure.svg")


def test_a_figure_of_an_office_is_mended_too():
    fig, ax = plt.subplots()
    ax.set_title(f"{UNKNOWN} 北京市")
    ax.set_yticks([0, 1], ["กรุงเทพ", UNKNOWN])
    ax.text(0, 0, "서울")
    made = report_figure(fig, caption="Names", alt="Names in several scripts")
    assert ax.get_title() == "[U+20BB7]野 [U+1F600] 北京市"
    assert [label.get_text() for label in ax.get_yticklabels()][1] == "[U+20BB7]野 [U+1F600]"
    assert made.svg.startswith("<?xml")


def test_bold_text_of_one_weight_says_nothing_in_the_log(caplog):
    with report_style(), caplog.at_level("INFO", "matplotlib.font_manager"):
        plt.subplots()[1].set_title("北京市", weight="bold").figure.canvas.draw()
    assert "font weight" not in caplog.text


def test_the_fonts_of_the_pdf_hold_its_text():
    source = '#import "files/template.typ": *\n#show: report.with(title: "Names")\n'
    source += "\n\n".join(inline(name) for name in [*NAMES.values(), UNKNOWN])
    compiled = compile_typst(source, template_files("files"))
    assert compiled.warnings == ()  # Typst warns of a family it does not find
    found = set(re.findall(rb"/BaseFont\s*/[A-Z]{6}\+([A-Za-z]+)", _inflated(compiled.pdf)))
    for script in NAMES:
        name = f"NotoSans{script}" if script != "DejaVu" else "DejaVuSans"
        assert name.encode() in found, script


def _inflated(pdf):
    """Return a PDF with its compressed objects laid open."""
    import zlib

    parts = [pdf]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            parts.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return b"\n".join(parts)


def test_the_compiler_refuses_a_box():
    """A character without a glyph is an error under these standards: a PDF that was made has none."""
    with pytest.raises(UptickError, match="could not be displayed"):
        compile_typst('#set document(title: "x")\n#set text(font: "Noto Sans")\n\U0001f600')


def test_the_template_names_the_families_that_figures_use():
    source = (FONTS.parent / "look.typ").read_text(encoding="utf-8")
    listed = re.search(r"#let families = \((.*?)\)", source, re.DOTALL)[1]
    assert tuple(re.findall(r'"([^"]+)"', listed)) == FAMILIES


def test_each_font_may_be_passed_on():
    licence = (FONTS / "OFL.txt").read_text(encoding="utf-8")
    for name in ("hebrew", "thai", "lao", "khmer", "myanmar", "devanagari", "bengali", "tamil", "telugu"):
        assert f"github.com/notofonts/{name})" in licence
    assert "Adobe" in licence  # the Chinese and Korean ones
    assert sum(path.stat().st_size for path in FONTS.glob("*.ttf")) < 5.2e6


def test_months_are_those_of_the_report(counts):
    with plot_months([f"m{number}" for number in range(1, 13)]):
        ax = plot_trend(counts, periods=30)
    ax.figure.canvas.draw()  # later: the names stay
    assert [label.get_text().split("\n")[0] for label in ax.get_xticklabels()][:2] == ["m10", "m1"]
    with pytest.raises(UptickError, match="twelve"), plot_months(["Jan"]):
        pass


def test_no_axis_asks_the_machine_for_names_of_months():
    """`%b` of strftime follows LC_TIME, which a test machine may have only one of."""
    for path in Path(FONTS).parents[2].joinpath("plots").glob("*.py"):
        assert not re.search(r"DateFormatter|ConciseDate|%[bBaA]\b|calendar\.month", path.read_text("utf-8"))
