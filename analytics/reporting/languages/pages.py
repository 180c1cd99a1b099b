"""Finished pages in another language: each text of a Typst source, or of a web page, said anew."""

from __future__ import annotations

import re
from html import escape, unescape

from analytics.reporting.languages.language import Language
from analytics.reporting.notebook.escape import PROSE, soft

__all__ = ["spoken_html", "spoken_typst", "spoken_words"]

_STRING = re.compile(r'(\b(?:grade|key|region|path|map|paper): )?"((?:[^"\\\n]|\\.)*)"')
# What only the template reads: a grade, a file, a label, a colour; and names of regions.
_KEPT = re.compile(r"(?:grade|key): [a-z_]+|(?:region|path|map|paper): .*", re.DOTALL)
_FILE = re.compile(r"[\w/-]+\.(?:svg|png|typ)|#[0-9A-Fa-f]{6}|(?:[a-z]+-)+[\w-]*")
_MIXED = re.compile(r".* .*|\d{4}-W\d\d|.*@.*", re.DOTALL)
_TAG = re.compile(r"(<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>)")
_TEXTS = re.compile(r'\b(aria-label|alt|title|content)="([^"]*)"')
_LEFT = ("script", "style", "pre", "code", "math")
_MARKED = re.compile("\u200f\u200e(.*?)\u200e\u200f", re.DOTALL)
_INVISIBLE = re.compile("[\u200b\u2068\u2069]")
_SENTENCE = re.compile(r"\w+ \w+ \w+ .*[.:?]", re.DOTALL)
_WORDS = re.compile("[A-Za-z]{2}")


def spoken_typst(source: str, language: Language) -> str:
    """Return a Typst source whose texts are in a language: string literals that are its sentences.

    What is not recognised is left as it stands, for it may be a name, a file or a label; where it has several
    words it gets marks of its direction.
    """
    if language.english:
        return source

    def said(found: re.Match[str]) -> str:
        named = found[1] or ""
        text = _INVISIBLE.sub("", found[2].replace('\\"', '"').replace("\\\\", "\\"))
        if _FILE.fullmatch(text) or _KEPT.fullmatch(f"{named}{text}"):
            return found[0]
        made = language.partly(text)
        if made is None:
            if not _WORDS.search(text) or not _MIXED.fullmatch(text):
                return found[0]
            language.missed.add(text)
            made = language.foreign(text)
        return f"{named}{soft(made, PROSE)}"

    return _STRING.sub(said, source)


def spoken_words(source: str, language: Language) -> str:
    """Return the template's own words, with the direction and the numerals of a language.

    `source` is ``words.typ``: English words by name, and what is to be said of the language.
    """
    head, between, words = source.partition("#let words")
    about = {"code": language.code[:2], "way": language.direction, "one": language.numerals[1]}
    for name, value in about.items():
        head = re.sub(rf'#let {name} = "[^"]*"', f'#let {name} = "{value}"', head)
    words, after, rest = words.partition("#let direction")
    return f"{head}{between}{spoken_typst(words, language)}{after}{rest}"


def spoken_html(page: str, language: Language) -> str:
    """Return a web page whose texts are in a language, what stays English in an element of its own."""
    if language.english:
        return page
    out: list[str] = []
    inside = ""  # an element whose text is left as it is
    title = False  # which holds no elements
    for part in _TAG.split(page):
        tag = re.match(r"</?(\w+)", part)
        if tag is not None and part.startswith("<"):
            inside = _entered(inside, tag[1].lower(), part)
            title = tag[1].lower() == "title" and not part.startswith("</")
            out.append(_TEXTS.sub(lambda found: _attribute(found, language), part))
        else:
            left = inside or part.startswith("<") or not part.strip()
            out.append(part if left else _node(part, language, plain=title))
    filtering = escape(language.say("Show only rows with"), quote=True)
    about = f'<html lang="{language.code[:2]}" dir="{language.direction}" data-filter="{filtering}"'
    return "".join(out).replace('<html lang="en"', about, 1)


def _entered(inside: str, name: str, tag: str) -> str:
    """Return which element is left as it is, after a tag."""
    if inside:
        return "" if tag == f"</{inside}>" else inside
    if tag.startswith("</"):
        return ""
    return name if name in _LEFT or (name == "section" and 'lang="en"' in tag) else ""


def _attribute(found: re.Match[str], language: Language) -> str:
    text = unescape(found[2])
    if not _WORDS.search(text) or text.startswith("width="):
        return found[0]
    return f'{found[1]}="{escape(language.say(text), quote=True)}"'


def _node(text: str, language: Language, *, plain: bool) -> str:
    bare = unescape(text).strip()
    made = language.say(bare)
    lead, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    shown = escape(made) if plain else _MARKED.sub(_element, escape(made))
    return f"{lead}{shown}{tail}"


def _element(found: re.Match[str]) -> str:
    english = ' lang="en"' if _SENTENCE.fullmatch(found[1]) else ""
    return f'<span dir="ltr"{english}>{found[1]}</span>'
