"""Make the static fonts in this folder: run once by hand, the result is kept.

Sources, as published in the Python packages ``fontpkg-noto-sans`` 2.15 and ``fontpkg-noto-sans-arabic`` 2.12
(variable Noto Sans and Noto Sans Arabic, SIL Open Font License 1.1, no reserved name), and the DejaVu Sans
that comes with matplotlib 3.11 (its own free licence, ``LICENSE_DEJAVU.txt``). matplotlib registers only the
regular weight of a variable font, so each weight is cut out as a font of its own. Noto Sans has no arrows, no
relations such as "less than or equal" and no geometric glyphs: those come from DejaVu Sans.

Run: ``python -m analytics.reporting.notebook.fonts.make_fonts`` with both packages installed.
"""

from __future__ import annotations

import shutil
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import matplotlib as mpl
from fontTools import subset  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fontTools.varLib import instancer  # type: ignore[import-untyped]

VERSIONS = {"fontpkg-noto-sans": "2.15", "fontpkg-noto-sans-arabic": "2.12"}
HERE = Path(__file__).resolve().parent

LATIN = (
    (0x0020, 0x02FF),  # Latin with its extensions, spacing modifiers (the ayn and hamza of transliteration)
    (0x0300, 0x03FF),  # combining marks, Greek
    (0x0400, 0x04FF),  # Cyrillic
    (0x1E00, 0x1EFF),  # Latin with dots and lines below
    (0x2000, 0x206F),  # punctuation and spaces
    (0x2070, 0x209F),  # superscripts and subscripts
    (0x20A0, 0x20BF),  # currency
    (0x2100, 0x218F),  # letter-like symbols, fractions
    (0x2212, 0x2219),
    (0x25CC, 0x25CC),
    (0xA720, 0xA7FF),
    (0xFB00, 0xFB06),
    (0xFFFD, 0xFFFD),
)
ARABIC = (
    (0x0020, 0x00FF),
    (0x0600, 0x06FF),
    (0x0750, 0x077F),
    (0x08A0, 0x08FF),
    (0x2000, 0x206F),
    (0x25CC, 0x25CC),
    (0xFB50, 0xFDFF),
    (0xFE70, 0xFEFF),
)
SYMBOLS = (
    (0x2190, 0x21FF),  # arrows
    (0x2200, 0x22FF),  # mathematical operators
    (0x2300, 0x23FF),
    (0x2500, 0x25FF),  # boxes, blocks, geometric shapes
    (0x2600, 0x26FF),
    (0x2713, 0x2718),
    (0x27E6, 0x27EF),
    (0x2900, 0x29FF),
    (0x2A00, 0x2AFF),
)
LATIN_FEATURES = [
    "kern",
    "mark",
    "mkmk",
    "ccmp",
    "locl",
    "tnum",
    "lnum",
    "pnum",
    "sups",
    "subs",
    "case",
    "liga",
]
ARABIC_FEATURES = [
    "kern",
    "mark",
    "mkmk",
    "ccmp",
    "locl",
    "init",
    "medi",
    "fina",
    "isol",
    "rlig",
    "liga",
    "calt",
]


def source(package: str, file: str) -> Path:
    """Return a font file of an installed font package of the stated version."""
    found = [int(part) for part in version(package).split(".")]
    if found != [int(part) for part in VERSIONS[package].split(".")]:
        raise SystemExit(f"{package} {VERSIONS[package]} is required, {version(package)} is installed")
    return Path(str(import_module(package.replace("-", "_")).__file__)).parent / file


def cut(path: Path, weight: int | None) -> TTFont:
    """Return the font at one weight and normal width, with its names set to match."""
    font = TTFont(path, recalcTimestamp=False)
    if weight is None:
        return font
    return instancer.instantiateVariableFont(font, {"wght": weight, "wdth": 100}, updateFontNames=True)


def keep(font: TTFont, ranges: tuple[tuple[int, int], ...], features: list[str]) -> TTFont:
    """Return the font with only the characters of `ranges` and the layout `features`."""
    options = subset.Options(
        layout_features=features, name_IDs=["*"], hinting=False, notdef_outline=True, recalc_timestamp=False
    )
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[c for first, last in ranges for c in range(first, last + 1)])
    subsetter.subset(font)
    return font


def main() -> None:
    """Write every font and both licences."""
    noto, arabic = "fontpkg-noto-sans", "fontpkg-noto-sans-arabic"
    upright = source(noto, "files/NotoSans[wdth,wght].ttf")
    italic = source(noto, "files/NotoSans-Italic[wdth,wght].ttf")
    script = source(arabic, "files/NotoSansArabic[wdth,wght].ttf")
    dejavu = Path(mpl.get_data_path()) / "fonts" / "ttf"
    for name, path, weight, ranges, features in (
        ("NotoSans-Regular", upright, 400, LATIN, LATIN_FEATURES),
        ("NotoSans-Bold", upright, 700, LATIN, LATIN_FEATURES),
        ("NotoSans-Italic", italic, 400, LATIN, LATIN_FEATURES),
        ("NotoSansArabic-Regular", script, 400, ARABIC, ARABIC_FEATURES),
        ("NotoSansArabic-Bold", script, 700, ARABIC, ARABIC_FEATURES),
        ("DejaVuSans-Symbols-Regular", dejavu / "DejaVuSans.ttf", None, SYMBOLS, []),
        ("DejaVuSans-Symbols-Bold", dejavu / "DejaVuSans-Bold.ttf", None, SYMBOLS, []),
    ):
        target = HERE / f"{name}.ttf"
        keep(cut(path, weight), ranges, features).save(target)
        print(f"{target.name}: {target.stat().st_size / 1000:,.0f} kB")
    notices = [source(p, "LICENSE").read_text(encoding="utf-8").splitlines() for p in (noto, arabic)]
    (HERE / "OFL.txt").write_text("\n".join([notices[0][0], *notices[1]]) + "\n", encoding="utf-8")
    shutil.copyfile(dejavu / "LICENSE_DEJAVU", HERE / "LICENSE_DEJAVU.txt")


if __name__ == "__main__":
    main()
