"""Whatever stands in a name must print as that name: never run, never vanish."""

from __future__ import annotations

import re
import unicodedata

import pytest
import typst
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.reporting.notebook.compile import compile_typst, fonts
from analytics.reporting.notebook.escape import inline, label_name, lines_string, printable, soft, string

MALICIOUS = [
    '#image("x")',
    '#read("/etc/passwd")',
    "$x$",
    "]",
    "[",
    "]; #panic()",
    "*bold*",
    "_em_",
    "@ref",
    "<label>",
    "// comment",
    "/* open",
    "\\",
    "\\\\",
    '\\"',
    '"); #panic("',
    "\\u{41}",
    "= heading",
    "- item",
    "1. item",
    "/ term: x",
    "`raw`",
    "a -- b ... c ~ d",
    "https://example.org/a",
    'it\'s "quoted"',
    "  two  spaces  ",
]
TITLE = '#set document(title: "x")\n#set text(font: ("Noto Sans", "Noto Sans Arabic", "DejaVu Sans"))\n'


def printed(texts: list[str]) -> list[str]:
    """Return what a compiled document says for each text, read back from Typst's HTML."""
    body = "\n".join(f'#html.elem("section", attrs: (id: "s{i}"))[{inline(t)}]' for i, t in enumerate(texts))
    compiler = typst.Compiler((TITLE + body).encode(), font_paths=fonts(), ignore_system_fonts=True)
    soup = BeautifulSoup(compiler.compile(format="html"), "html.parser")
    found = [soup.find(id=f"s{i}") for i in range(len(texts))]
    return [normal(s.get_text()) for s in found]


def normal(text: str) -> str:
    """Leave out the isolates and soft breaks that the escaping adds and the breaks that HTML adds."""
    return re.sub(r"\s+", " ", re.sub("[\u2068\u2069\u200b]", "", text)).strip()


@pytest.fixture(autouse=True)
def html_in_memory(monkeypatch, tmp_path):
    """Typst exports HTML from files only."""
    made = typst.Compiler

    def from_file(source, **options):
        path = tmp_path / "main.typ"
        path.write_bytes(source)
        return made(str(path), **options)

    monkeypatch.setattr(
        typst, "Compiler", lambda s, **o: from_file(s, **o) if isinstance(s, bytes) else made(s, **o)
    )


def test_malicious_names_print_as_text():
    assert printed(MALICIOUS) == [normal(t) for t in MALICIOUS]


def test_malicious_names_compile_within_the_archival_standards():
    assert compile_typst(TITLE + "\n\n".join(inline(t) for t in MALICIOUS)).warnings == ()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=40))
def test_any_text_prints_as_itself(texts):
    assert printed(texts) == [normal(printable(t)) for t in texts]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=30))
def test_any_text_is_accepted_by_pdf_a(texts):
    source = TITLE + "\n\n".join(f"{inline(t)} #raw({lines_string(t)});" for t in texts)
    assert compile_typst(source).pdf.startswith(b"%PDF-")


@given(st.text())
def test_nothing_is_lost(text):
    """Every character is kept, or its code stands in its place."""
    back = re.sub(r"\[U\+([0-9A-F]{4,6})\]", lambda m: chr(int(m[1], 16)), printable(text))
    literal = re.sub(r"\[U\+([0-9A-F]{4,6})\]", lambda m: chr(int(m[1], 16)), text)
    assert "".join(back.split()) == "".join(re.sub(r"[\x1c-\x1e]", "", literal).split())


def test_a_text_that_looks_like_a_call_after_an_inline_call_stays_text():
    assert printed([")(x"]) == [")(x"]
    assert inline("a").endswith(";")


def test_what_no_font_shows_is_written_as_its_code():
    assert printable("中\U0001f600\x07\u202e\ufeff") == "中[U+1F600][U+0007][U+202E][U+FEFF]"


@pytest.mark.parametrize(
    "name", ["كركوك", "هەولێر", "دیالە", "صلاح الدين", "Ṣalāḥ ad-Dīn", "ʿAnbār", "▲ ▼ ● ○ → ≤ ≥ −"]
)
def test_names_and_glyphs_of_the_region_are_in_the_fonts(name):
    assert printable(name) == name


def test_arabic_is_isolated_so_that_signs_after_it_keep_their_side():
    assert string("كركوك ≤ 5") == '"\u2068كركوك\u2069 ≤ 5"'
    assert string("في صلاح الدين (5) كركوك x") == '"\u2068في صلاح الدين (5) كركوك\u2069 x"'


def test_arabic_letters_are_joined():
    """Joined letters are narrower than the same letters kept apart by non-joiners."""
    apart = "\u200c".join("كركوك")
    source = (
        '#set page(width: auto)\n#set text(font: "Noto Sans Arabic", size: 10pt)\n'
        f"#context [#metadata(measure({string('كركوك')}).width.pt()) <joined>"
        f"#metadata(measure({string(apart)}).width.pt()) <apart>]"
    )
    options = {"font_paths": fonts(), "ignore_system_fonts": True, "field": "value", "one": True}
    joined = float(typst.query(source.encode(), "<joined>", **options))
    assert joined < 0.95 * float(typst.query(source.encode(), "<apart>", **options))


def test_labels_hold_nothing_typst_could_read_otherwise():
    assert label_name('fig: "Kirkuk"> #x') == "fig-Kirkuk-x"


# Words too long for a cell ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Tuz Khurmatu", 1),
        ("Bangsamoro-Autonomous-Region-in-Muslim-Mindanao", 1),  # a line breaks after its hyphens
        ("a" * 24, 1),
        ("0123456789abcdef" * 4, 1),  # a hash is copied whole
        ("x" * 120, 15),
        ("e\u0301" * 60, 8),
        ("\u4e2d" * 30, 4),
        ("\U00020bb7" * 30, 30),
        ("\\" * 40, 5),
    ],
)
def test_long_words_may_be_broken_and_others_are_left(text, parts):
    shown = soft(text)
    assert len(shown.split("\u200b")) == parts
    assert shown.replace("\u200b", "") == string(text)


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\u200b"), max_size=120)
    | st.text(
        st.sampled_from("ab\u0301\u0628\u0627\u0644\u0631\u064b\u200d\u0915\u094d\u0937"),
        min_size=25,
        max_size=90,
    )
)
def test_soft_breaks_lose_nothing_and_stand_at_the_edges_of_letters(text):
    shown = soft(text)
    assert shown.replace("\u200b", "") == string(text)
    for before, after in zip(shown.split("\u200b"), shown.split("\u200b")[1:], strict=False):
        assert not unicodedata.category(after[0]).startswith("M")
        assert after[0] not in "\u200c\u200d\u200e\u200f\u2069"
        assert before[-1] not in "\u200d\u2068"
        assert len(before) - len(before.rstrip("\\")) in (0, 2, 4, 6, 8, 10, 12, 14, 16)


def test_joined_letters_of_arabic_are_not_taken_apart():
    joined = soft("\u0628" * 60)  # each joined to the next
    assert "\u200b" not in joined
    word = "\u0645\u062d\u0627\u0641\u0638\u0629" * 10
    assert set(re.findall("(.)\u200b", soft(word))) <= {"\u0627", "\u0629"}


def test_soft_breaks_compile_within_the_archival_standards():
    words = ["x" * 120, "\u0645\u062d\u0627\u0641\u0638\u0629" * 10, "e\u0301" * 60]
    assert compile_typst(TITLE + "\n\n".join(f"#{soft(w)};" for w in words)).warnings == ()
