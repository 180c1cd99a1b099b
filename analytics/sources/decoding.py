"""Bytes to text: UTF-8, -16 and -32 are known, other encodings are told by their letters, with a note."""

from __future__ import annotations

import re
import unicodedata
from functools import partial
from itertools import pairwise

from analytics.errors import InputError, OptionError

__all__ = ["MAGIC", "decode"]

# First bytes of files that are sometimes given, or renamed, as text.
MAGIC = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook", "unpack it, or give it its ending .xlsx"),
    (
        b"\xd0\xcf\x11\xe0",
        "an old Excel workbook (.xls), or one that a password locks",
        "save it as .xlsx or .csv",
    ),
    (b"PAR1", "a Parquet file", "give it its ending .parquet"),
    (b"%PDF", "a PDF", "export the table as CSV"),
    (b"\x1f\x8b", "a gzip archive", "unpack it"),
    (b"SQLite format 3", "an SQLite database", "export the table as CSV"),
    (b"\x89PNG", "a picture", "give the file of incidents"),
    (
        b"version https://git-lfs.github.com/spec/v1",
        "a pointer of Git LFS, which stands in for a large file",
        "get the file itself: git lfs pull, or download it where it is published",
    ),
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UTF32 = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")  # the first begins as UTF-16 does
# Arabic, Cyrillic (three), Greek, Hebrew, Thai
_ALPHABETS = ("cp1256", "cp1251", "koi8_r", "koi8_u", "cp1253", "cp1255", "cp874")
# Latin letters: western, central European, Turkish, Baltic; the first that has letters only within words.
_LATIN = ("cp1252", "cp1250", "cp1254", "cp1257")
_NAMED = {"cp1252": "Windows-1252 (Latin-1)"}
_ICELANDIC = frozenset("ðþýÐÞÝ")  # where cp1254 has Turkish letters
_NOT_TURKISH = frozenset("æÆáÁéÉíÍóÓúÚ")
_LOOKED_AT = 200_000  # bytes
_HIGH = re.compile(rb"[\x80-\xff]+")
_WORDS = re.compile(r"[A-Za-z\u0080-\uffff]+")
_AROUND = "¿¡«»„“”‘’‚…–—°\u00a0"  # signs that stand beside words in any of them
_SHOWN = 20
_WORD = 3  # bytes above 127 in a row that are no accident of accents


def decode(data: bytes, name: str, encoding: str | None) -> tuple[str, tuple[str, ...]]:
    """Return a file's text, and a note where its encoding was not stated and is not UTF-8.

    Raises
    ------
    InputError
        If it is no text, or UTF-8 with damaged bytes, or cannot be decoded as stated.
    """
    for magic, kind, todo in MAGIC:
        if data.startswith(magic):
            raise InputError(
                f"{name} is not a text file",
                expected="CSV or TSV text, an Excel workbook (.xlsx) or a Parquet file (.parquet)",
                found=kind,
                where=name,
                todo=todo,
            )
    if encoding is not None:
        return _decode_as(data, name, encoding), ()
    if data.startswith(_UTF32):
        return _decode_as(data, name, "utf-32", said=False), ("encoding: UTF-32",)
    if data.startswith(_UTF16):
        return _decode_as(data, name, "utf-16", said=False), ("encoding: UTF-16",)
    if b"\x00" in data:
        wide = ("utf-32-" if b"\x00\x00" in data[:4] else "utf-16-") + ("le" if data[0] else "be")
        raise InputError(
            f"{name} is not a text file",
            expected="CSV or TSV text",
            found=f"a zero byte at position {data.index(0):,}",
            where=name,
            todo=f"if it is {wide[:6].upper()} text, give encoding={wide!r}",
        )
    try:
        return data.decode("utf-8-sig").lstrip("\ufeff"), ()  # programs that join files leave several
    except UnicodeDecodeError as error:
        wrong = error
    # A file that is UTF-8 but for a few damaged bytes must not be read as Latin-1: every accent would break.
    loose = data.decode("utf-8", errors="surrogateescape")
    damaged = len(re.findall(r"[\udc80-\udcff]", loose))
    accented = len(re.findall(r"[^\x00-\x7f\udc80-\udcff]", loose))
    if accented > damaged:
        raise InputError(
            f"{name} is UTF-8 with damaged bytes",
            expected=f"UTF-8 throughout ({accented:,} accented characters are)",
            found=f"bytes that are not: {damaged:,}, the first 0x{data[wrong.start]:02x}",
            where=f"{name}, line {_line(data, wrong.start):,}, byte {wrong.start:,}",
            todo="repair the file, or give encoding='latin-1' to read it as it stands",
        )
    guessed = _other_alphabet(data)
    if guessed is not None:
        return _decode_as(data, name, guessed), (
            f"encoding: not UTF-8, read as {guessed}, as its letters suggest; if not, give the encoding",
        )
    chosen = _latin(data)
    text = data.decode(chosen)
    words = [w for found in _WORDS.findall(text[:_LOOKED_AT]) if not (w := found.strip(_AROUND)).isascii()]
    word = next((w for w in words if _told_apart(w, chosen)), words[0] if words else "")
    shown = f", as in {word[:_SHOWN]!r}" if word else ""
    read = f"encoding: not UTF-8, read as {_NAMED.get(chosen, chosen)}{shown}"
    return text, (f"{read}; if that is wrong, give the encoding",)


def _other_alphabet(data: bytes) -> str | None:
    """Return the encoding of text in an alphabet that is not Latin, None where the text is Latin.

    In Latin text the bytes above 127 are single accented letters; in Arabic, Greek or Russian they make
    words.
    """
    part = data[:_LOOKED_AT]
    runs = _HIGH.findall(part)
    if 2 * sum(len(run) for run in runs if len(run) >= _WORD) <= sum(map(len, runs)):
        return None
    from charset_normalizer import from_bytes

    odd = {encoding: _odd_signs(part, encoding) for encoding in _ALPHABETS}
    likely = [encoding for encoding in _ALPHABETS if odd[encoding] == min(odd.values())]
    likely = [encoding for encoding in likely if encoding != "cp874"] or likely  # marks excuse too much
    best = from_bytes(part, cp_isolation=likely).best()
    return best.encoding if best is not None else None


def _odd_signs(part: bytes, encoding: str) -> int:
    """Count what words do not have: signs and marks (Thai has marks), and capitals after small letters."""
    number = 0
    for word in _WORDS.findall(part.decode(encoding, "replace")):
        kinds = [unicodedata.category(c) for c in word.strip(_AROUND) if c > "\x7f"]
        number += sum(not kind.startswith(("L", "M") if encoding == "cp874" else "L") for kind in kinds)
        number += sum(pair == ("Ll", "Lu") for pair in pairwise(kinds))
    return number


def _latin(data: bytes) -> str:
    """Return the encoding of Latin letters in which fewest words have signs among their letters.

    Of those that are alike the first; Icelandic letters beside none of the accents that go with them are
    Turkish.
    """
    part = data[:_LOOKED_AT]
    best, least = "latin-1", None
    for encoding in filter(partial(_decodes, data), _LATIN):
        found = (word.strip(_AROUND) for word in _WORDS.findall(part.decode(encoding, "replace")))
        words = [word for word in found if not word.isascii()]
        odd = sum(any(not unicodedata.category(c).startswith(("L", "M")) for c in word) for word in words)
        if least is None or odd < least:
            best, least = encoding, odd
    letters = set(part.decode("cp1252", "replace"))
    if best == "cp1252" and letters & _ICELANDIC and not letters & _NOT_TURKISH and _decodes(data, "cp1254"):
        return "cp1254"
    return best


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _told_apart(word: str, encoding: str) -> bool:
    """Whether a word reads otherwise in another encoding of Latin letters: it shows a wrong one best."""
    data = word.encode(encoding)
    return any(data.decode(other, "replace") != word for other in _LATIN[:3])


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1


def _decode_as(data: bytes, name: str, encoding: str, *, said: bool = True) -> str:
    if encoding.casefold().replace("_", "-") in ("utf-8", "utf8"):
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeError as error:
        at = error.start if isinstance(error, UnicodeDecodeError) else 0
        raise InputError(
            f"{name} cannot be decoded as {encoding}",
            found=f"byte 0x{data[at]:02x} at position {at:,}",
            where=f"{name}, line {_line(data, at):,}",
            todo="leave encoding out to have it found, or give the right one"
            if said
            else f"its first bytes say {encoding.upper()}, but it was cut off or damaged: get it again",
        ) from None
    except (LookupError, ValueError):  # no such name, or a zero byte in it
        raise OptionError(
            f"unknown encoding {encoding!r}", expected="such as utf-8, latin-1, cp1256"
        ) from None
