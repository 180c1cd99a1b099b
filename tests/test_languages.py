"""Reports in another language: whole sentences, its plurals, numerals, direction; English stays as it is."""

from __future__ import annotations

import copy
import io
import re
import tomllib
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pikepdf
import pytest
from bs4 import BeautifulSoup
from pdfua import validate

mpl.use("Agg")

import matplotlib.pyplot as plt

from analytics.errors import InputError, OptionError
from analytics.plots import plot_trend
from analytics.reporting import pdf_of, report_figure, report_style, typst_of
from analytics.reporting.content.weekly import (
    front_page,
    report_record,
    show_front,
    show_scorecard,
    show_trust,
    weekly_content,
    weekly_counts,
    weekly_numbers,
)
from analytics.reporting.content.weekly.method import method_page
from analytics.reporting.content.weekly.names import report_name
from analytics.reporting.content.weekly.record import kept_record
from analytics.reporting.content.weekly.request import ReportRequest
from analytics.reporting.formats.page import report_page
from analytics.reporting.formats.summary import report_summary
from analytics.reporting.languages import find_language, language_names, spoken_html, spoken_typst
from analytics.reporting.languages.language import HERE
from analytics.reporting.languages.slots import Pattern, slots_of
from analytics.reporting.languages.spoken import speaking
from analytics.results.chance import CHANCE
from analytics.results.words_report import (
    chance_words,
    country_words,
    facts_words,
    means_words,
    quiet_words,
)
from analytics.results.words_status import falls_words, gone_words, since_words, status_words
from analytics.upticks import method as methods

FORMS = {"zero", "one", "two", "few", "many", "other"}  # of an Arabic plural, by CLDR
# English that stays: an English sentence has one of these words, names, files and hashes have none.
ENGLISH = re.compile(r"\b(the|is|are|was|in|with|no|to|from|for|and|by|that|not|than|week|usual)\b")
REFERENCES = ("J. Przyborowski", "Y. Benjamini", "D. G. Altman", "Society B", "Biometrika")


def sentences(language):
    """What was not recognised and is English, not a name."""
    return sorted(
        text
        for text in language.missed
        if ENGLISH.search(text) and not text.startswith(REFERENCES) and "Python 3" not in text
    )


@pytest.fixture
def arabic():
    language = find_language("ar")
    language.missed.clear()
    return language


@pytest.fixture(scope="module")
def document(sample_report):
    """The sample's report without its page on method: that is prose of its own in each language."""
    notebook = copy.deepcopy(sample_report.document.notebook)
    notebook.cells = [cell for cell in notebook.cells if "show_method" not in cell.source]
    return replace(sample_report.document, notebook=notebook, language="ar")


@pytest.fixture(scope="module")
def quiet_numbers():
    return weekly_numbers(weekly_counts(sample=True, as_of="2019-11-10"))


@pytest.fixture(scope="module")
def quiet(quiet_numbers):
    return report_record(quiet_numbers, front_page(quiet_numbers))


def table(name):
    return tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))


# -- the files --------------------------------------------------------------------------------------------


def test_english_and_arabic_have_the_same_sentences_with_the_same_slots():
    english, arabic = table("en")["sentences"], table("ar")["sentences"]
    assert list(english) == list(arabic)
    for key, said in arabic.items():
        own = english[key] if isinstance(english[key], str) else english[key][0]
        forms = [said] if isinstance(said, str) else [v for k, v in said.items() if k != "plural"]
        for form in forms:
            assert set(slots_of(form)) <= set(slots_of(own)), key
        if isinstance(said, str):  # nothing that English says is left out
            assert set(slots_of(said)) | {"same", "noun"} >= set(slots_of(own)) - {"noun", "same"}, key


def test_each_arabic_plural_has_all_six_forms():
    plural = {key: said for key, said in table("ar")["sentences"].items() if isinstance(said, dict)}
    assert len(plural) >= 10
    for key, said in plural.items():
        assert set(said) == FORMS | {"plural"}, key


def test_every_form_of_an_english_sentence_has_the_same_slots():
    for key, said in table("en")["sentences"].items():
        forms = [said] if isinstance(said, str) else said
        assert len({frozenset(slots_of(form)) for form in forms}) == 1, key


def test_a_third_language_is_one_file(tmp_path, quiet):
    held = table("en")
    lines = ["[language]", 'title = "Français"', 'locale = "fr"', "[sentences]"]
    for key, said in held["sentences"].items():
        text = re.sub(r"\{(\w+):\w+\}", r"{\1}", said if isinstance(said, str) else said[0])
        text = "Seules {k} régions sur {n} : aucune hausse" if key == "only_judged" else text
        lines.append(f"{key} = {text!r}" if "'" not in text and "\n" not in text else f"{key} = '''{text}'''")
    path = tmp_path / "fr.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    said = report_summary(quiet, language=path)
    assert "Seules 5 régions sur 18 : aucune hausse." in said
    assert "10 novembre 2019" in said
    assert report_name(ReportRequest(sample=True, as_of="2020-04-19", language=str(path))).endswith("-fr.pdf")


def test_a_language_that_is_not_whole_is_refused(tmp_path):
    path = tmp_path / "xx.toml"
    path.write_text('[language]\ntitle = "X"\n[sentences]\nlead = "{nobody}"\nmore_of_it = "x"\n')
    with pytest.raises(InputError, match="does not fit") as error:
        find_language(path)
    assert "lacking" in error.value.found
    assert "wrong: more_of_it, lead" in error.value.found or "lead" in error.value.found
    path.write_text("nothing = 1")
    with pytest.raises(InputError, match="not whole"):
        find_language(path)


def test_an_unknown_language_names_the_known_ones():
    assert language_names() == ("en", "ar")
    with pytest.raises(OptionError, match="unknown language 'arr'"):
        ReportRequest(sample=True, as_of="2020-04-19", language="arr")


# -- words and numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("english", "said"),
    [
        ("0 incidents", "لا حوادث"),
        ("1 incident", "حادث واحد"),
        ("2 incidents", "حادثان"),
        ("3 incidents", "٣ حوادث"),
        ("10 incidents", "١٠ حوادث"),
        ("11 incidents", "١١ حادثًا"),
        ("99 incidents", "٩٩ حادثًا"),
        ("100 incidents", "١٠٠ حادث"),
        ("103 incidents", "١٠٣ حوادث"),
        ("1,234 incidents", "١٬٢٣٤ حادثًا"),
    ],
)
def test_arabic_plurals_follow_the_number(arabic, english, said):
    assert arabic.say(english) == said


@pytest.mark.parametrize(
    ("english", "said"),
    [
        ("1,234.5", "١٬٢٣٤٫٥"),
        ("<0.0001", "<٠٫٠٠٠١"),
        ("over 20", "أكثر من ٢٠"),
        ("9 April 2020", "٩ أبريل ٢٠٢٠"),
        ("13 Apr", "١٣ أبريل"),
        ("2020-04-13", "١٣ أبريل ٢٠٢٠"),
        (
            "Ninewa 15, usual 11 (an uptick from 27)",
            "\u200f\u200eNinewa\u200e\u200f ١٥، والمعتاد ١١ (تصاعد ابتداءً من ٢٧)",
        ),
        ("6 to 19 April 2020", "٦ أبريل إلى ١٩ أبريل ٢٠٢٠"),
        ("45 in the fortnight, usual 15.", "٤٥ خلال الأسبوعين، والمعتاد ١٥."),
        ("SIMULATED data: No region could be judged.", "بيانات محاكاة: تعذّر الحكم على أي منطقة."),
        ("▲ uptick: 45, usual 15", "▲ تصاعد: ٤٥، والمعتاد ١٥"),
    ],
)
def test_numbers_days_and_sentences(arabic, english, said):
    assert arabic.say(english) == said


def test_a_name_is_kept_and_marked(arabic):
    assert arabic.say("Uptick in Kirkuk, Al-Hasakah (east).") == (
        "تصاعد في \u200f\u200eKirkuk\u200e\u200f، \u200f\u200eAl-Hasakah (east)\u200e\u200f."
    )
    assert arabic.say("Uptick in كركوك.") == "تصاعد في كركوك."


def test_what_is_in_its_script_already_stands_and_lists_may_be_cut(arabic):
    mixed = "محافظة كركوك abc"
    assert arabic.known(mixed) == mixed
    assert not arabic.missed
    named = f"{arabic.foreign('Kirkuk')}، {arabic.foreign('Anbar')}"
    assert arabic._names("Kirkuk, Anbar and 1,234 more") == f"{named} و{arabic.number('1,234')} أخرى"


def test_a_slot_that_stands_twice_holds_the_same_twice():
    pattern = Pattern.of("moved", "{name} lies in {other}, and {name} stays")
    assert pattern.match("Kirkuk lies in Iraq, and Kirkuk stays") == {"name": "Kirkuk", "other": "Iraq"}
    assert pattern.match("Kirkuk lies in Iraq, and Anbar stays") is None


def test_what_has_no_words_stays_english_marked_and_counted(arabic):
    made = arabic.say("No region could be judged. The moon is made of cheese.")
    assert made == "تعذّر الحكم على أي منطقة. \u200f\u200eThe moon is made of cheese.\u200e\u200f"
    assert arabic.missed == {"The moon is made of cheese."}
    assert spoken_html("<p>The moon is made of cheese.</p>", arabic) == (
        '<p><span dir="ltr" lang="en">The moon is made of cheese.</span></p>'
    )


def test_english_is_what_it_was(sample_report):
    source, _ = typst_of(sample_report.document)
    assert spoken_typst(source, find_language("en")) is source


def test_what_only_the_template_reads_is_left():
    source = '(grade: "uptick", region: "Uptick", file: "fig-trend.svg", title: "Uptick")'
    made = spoken_typst(source, find_language("ar"))
    assert made.startswith('(grade: "uptick", region: "Uptick", file: "fig-trend.svg", title: "')
    assert "التصاعد" in made or "تصاعد" in made


# -- whole reports ----------------------------------------------------------------------------------------


def test_every_sentence_of_the_pdf_is_arabic(document, arabic):
    _, files = typst_of(document)
    assert sentences(arabic) == []
    words = next(content for name, content in files.items() if name.endswith("words.typ")).decode()
    assert '#let way = "rtl"' in words
    assert "ما يلفت النظر" in words


def test_method_is_told_in_arabic_where_its_file_has_it(quiet_numbers, arabic):
    asked = replace(quiet_numbers.request, language="ar")
    page = method_page(replace(quiet_numbers, request=asked))
    assert page.reading.strip().startswith("**كيف يُقرأ هذا التقرير.**")
    assert "$$\\hat\\phi = \\max" in page.method
    assert "(14 يومًا)" in page.method
    for null in page.nulls:
        assert not ENGLISH.search(arabic.say(null)), null


@pytest.mark.slow
def test_the_arabic_pdf_keeps_the_standards(document, tmp_path):
    made = pdf_of(document)
    assert made.pages <= 8
    path = tmp_path / "report.pdf"
    path.write_bytes(made.pdf)
    assert not validate(str(path)).findings
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        assert str(pdf.Root.Lang) == "ar"
        assert "تقرير" in str(pdf.docinfo.Title)


@pytest.mark.slow
def test_every_sentence_of_the_page_is_arabic(document, arabic):
    page = spoken_html(report_page(kept_record(document.notebook), document), arabic)
    assert sentences(arabic) == []
    soup = BeautifulSoup(page, "html.parser")
    assert (soup.html["lang"], soup.html["dir"]) == ("ar", "rtl")
    assert "تصاعد في" in soup.h1.get_text()
    assert soup.find("span", attrs={"dir": "ltr"}) is not None  # names
    assert not any("<" in title.get_text() for title in soup.find_all("title"))
    alts = [svg["aria-label"] for svg in soup.find_all("svg", attrs={"aria-label": True})]
    assert alts
    assert not any(ENGLISH.search(alt) for alt in alts)


def test_five_lines_in_arabic(quiet, sample_report, arabic):
    for record in (quiet, kept_record(sample_report.document.notebook)):
        lines = report_summary(record, language="ar").splitlines()
        assert len(lines) == 5
        assert all(line.startswith("بيانات محاكاة: ") for line in lines)
    assert sentences(arabic) == []


def test_figures_speak_the_language(quiet_numbers):
    with speaking("ar"):
        ax = plot_trend(quiet_numbers.total, periods=60, title=False)
        report_figure(ax.figure, caption="x", alt="A line")
        assert ax.get_ylabel() == "حوادث في الأسبوع"
        labels = [label.get_text() for label in ax.get_xticklabels()]
    assert any(label.startswith("أبريل\n٢٠") for label in labels), labels
    assert all(re.fullmatch("[٠-٩]+", label.get_text()) for label in ax.get_yticklabels())
    plt.close("all")


def test_the_command_answers_in_arabic(run):
    code, out, err = run("test", "--sample", "--as-of", "2020-04-19", "--language", "ar")
    assert code == 0, err
    assert "تصاعد في" in out
    assert "المنطقة" in out
    rows = [line for line in out.splitlines() if "٥٬١٦٢" in line or "LRD" in line]
    assert len(rows) == 2, "the account of rows and the method"
    assert not [line for line in rows if ENGLISH.search(line.replace("LRD", ""))]
    code, _, err = run("test", "--sample", "--as-of", "2020-04-19", "--language", "klingon")
    assert code == 2
    assert "en, ar" in err


# -- reports of other kinds -------------------------------------------------------------------------------

SELDOM = (
    falls_words(["Baghdad 3, usual 10"], ["Anbar 21, usual 100", "Babil 9, usual 40"], late=True),
    falls_words([], [f"Area {at}: 4, usual 12" for at in range(7)], late=False),
    falls_words([], ["The country 21, usual 100"], late=False, told=True),
    "Of the 17 other regions 8 show no uptick, 1 is above usual, which may be chance, 8 cannot be judged.",
    "The other region shows no uptick.",
    "The 3 other regions cannot be judged.",
    "The 3 other regions show no uptick.",
    "The 3 other regions are above usual, which may be chance.",
    "The other region is above usual, which may be chance.",
    "The other region cannot be judged.",
    "No uptick in any of 18 regions; all could be judged.",
    "No uptick in the 12 of 18 regions that could be judged.",
    "Only 1 of 18 regions could be judged, Anbar: no uptick there.",
    "How sure: In Anbar, a rise to 1.5 times usual is ruled out if few reports are late. 17 of 18 cannot be "
    "judged: 11 with too few incidents, 4 with none recorded, 1 with counts that swing too much, 1 without "
    "data.",
    "No answer: not one of 2 regions could be judged. Why: 2 with too few incidents.",
    "Not at all: 2 with too few incidents.",
    "Uptick in the country as a whole, in no region alone.",
    "Uptick in the total of all regions, in no region alone.",
    since_words(["All regions together"], "new"),
    since_words(["The country"], "new"),
    since_words(["Kirkuk", "Erbil"], "new"),
    since_words(["Kirkuk"], "called; too little history to say since when"),
    "All regions together have fallen to half their usual or less, which may be chance.",
    "The country is still at half its usual or less.",
    "How sure: Not very. In these 5, a rise to 1.5 times usual is ruled out.",
    "Uptick in Area 08 and Area 04, and in the total of all regions.",
    "Uptick in Kirkuk, and in the country as a whole.",
    since_words(["Kirkuk", "Erbil"], "second week, easing"),
    since_words(["The country"], "fifth week or later, still rising"),
    gone_words("All regions together", "no longer called: fell from 154 to 116", "fortnight"),
    gone_words("Diyala", "no longer called: the rise has become part of its baseline"),
    "New: Not known: no region could be judged this week.",
    "New: No uptick last week, and none now.",
    "New: Not known: too little history for a look at the week before.",
    status_words("fifth week or later, still rising", 3, 21, 7.5),
    status_words("second week, easing", 3, 7, 7.4),
    "▲ uptick (2)   ▭ no large rise if few reports are late (3)   ▽ half the usual or less",
    "swing too much for so short a history: 3",
    "too few to say: 11",
    "no rise to 1.5 times if no more than 1 in 7 reports is still to come",
    facts_words(np.inf, 2.5, np.inf),
    facts_words(3.0, np.nan, np.nan),
    chance_words(0.004, several=True),
    chance_words(0.004, several=False),
    chance_words(0.03, several=False),
    *(
        quiet_words(quiet, out, out_if, 1.5, ["Ninewa", "Erbil"][: len(quiet)])
        for quiet, out, out_if in (
            ([2.6, 3.6], [], []),
            ([2.6], ["A", "B"], ["C"]),
            ([], ["A"], ["B", "C"]),
            ([2.6, 3.0], ["A"], []),
        )
    ),
    "3 on the map",
    "95 days of the year compared with are without data",
    "Area 46: 7, usual 8.2",
    "But Ramadan may be the cause of a rise or fall: 14 days of 21 lie in it, and none of those they are "
    "compared with.",
    "But all 14 days lie in Ramadan, 30 of the 364 they are compared with: that may explain part of a "
    "rise or fall.",
    country_words(3, 24.0, "fortnight", "swings too much to judge: short history; an uptick from 243"),
    "This week 1, last week 2; the year before leads one to expect 1 to 36 a week (band, of what is reported "
    "by now).",
    "Next week an uptick starts at: Anbar 11 · Basra 18. 5 more regions would need over twice their largest "
    "fortnight so far, so no number is given.",
    CHANCE.short(),
    means_words("fortnight", 0.05, 18, late=True),
    means_words("fortnight", 0.05, 1, late=False),
    "Short history: a baseline of 18 weeks where 52 are usual, and a guard of 14 days where 28 are; no "
    "p-value is below 0.006; only a rise to 2 times, in Anbar alone, would very likely (4 in 5) be told.",
    "73 % of the window's incidents are taken to be reported, measured from 2,532 reports up to 2020-04-19.",
    "Since the report of 2020-W15 24 incidents came to its fortnight and 0 went. The file is the same.",
    "Since issue 15 1 incident came to its fortnight and 0 went.",
    "Nothing at all is recorded 2006-09-25..2007-02-22: a gap in the data, or quiet? (see notes).",
    "The two null hypotheses disagree: against trend and season an uptick in Kirkuk.",
    "By the other yardstick: against trend and season no uptick in Kirkuk.",
    "Still an uptick against trend and season. No uptick against the baseline's mean.",
    "adjusted for season and trend in 2 of 8 regions",
    "trend and season where a season shows in two years of history or more (2 of 8), else the constant mean; "
    "the other is shown beside it",
    "Over 20 times usual, plausibly 4.7 to over 20.",
    "Last 3 weeks: 0, no coverage, 7",
    "▭ no large rise if few reports are late ▼",
    "filtered by region (1 chosen)",
)
"""What the sample's two reports never say."""


METHODS = (methods._METHOD, methods._POOLED, methods._TURNS, methods._SELF_EXCITING)
ACCOUNTS = (
    "rows read 9 = kept 5 + set aside 3 + superseded 1; kept 5 = in the grid 5",
    "rows read 9 = kept 9 + set aside 0; kept 9 = in the grid 1 + filtered by where a + 1 = 'b' 1 "
    "+ filtered by where, on a missing value 1 + filtered by region (2 chosen) 1 "
    "+ set apart by the date policy 1 + unplaced 1 + outside the time window 1 "
    "+ in spells without coverage 1 + reported later 1",
    "rows read 9 = kept 9 + set aside 0; kept 9 = in the grid 9; in no whole week 4",
)


@pytest.mark.parametrize("said", [*SELDOM, *METHODS, methods._OTHER.format(name="naive"), *ACCOUNTS])
def test_what_is_seldom_said_is_said_in_arabic_too(said, arabic):
    made = arabic.known(said)
    assert made is not None
    assert not ENGLISH.search(made)
    assert re.search("[\u0621-\u064a]{3}", made)


@pytest.mark.slow
@pytest.mark.parametrize(
    "asked", [{"completeness": "measured"}, {"no_coverage": ("2020-04-10..2020-04-12@Erbil",)}]
)
def test_reports_of_other_kinds_are_arabic(asked, arabic):
    numbers = weekly_numbers(weekly_counts(sample=True, as_of="2020-04-19", language="ar", **asked))
    content = weekly_content(numbers)
    with report_style():
        shown = [show_front(content, numbers), show_trust(content, numbers), show_scorecard(content)]
    for page in shown:
        spoken_html(page._repr_html_(), arabic)
    report_summary(report_record(numbers, content.front), language="ar")
    assert sentences(arabic) == []
