"""Make the static fonts in this folder: run once by hand, the result is kept.

Sources, as published in the Python packages ``fontpkg-noto-sans`` 2.15 and ``fontpkg-noto-sans-arabic`` 2.12
(variable Noto Sans and Noto Sans Arabic, SIL Open Font License 1.1, no reserved name), and the DejaVu Sans
that comes with matplotlib 3.11 (its own free licence, ``LICENSE_DEJAVU.txt``). matplotlib registers only the
regular weight of a variable font, so each weight is cut out as a font of its own. Noto Sans has no arrows, no
relations such as "less than or equal" and no geometric glyphs: those come from DejaVu Sans, with Armenian,
Georgian and Tifinagh.

Names of places in other scripts come from ``justmytype-intl-rtl`` (Hebrew), ``-sea`` (Thai, Lao, Khmer,
Myanmar), ``-south-asia`` (Devanagari, Bengali, Tamil, Telugu), ``-africa`` (Ethiopic) and ``-cjk`` 0.1.0, all
Noto Sans under the same licence, at one weight. Of Chinese, Japanese and Korean only what the first levels of
GB 2312, Big5, JIS X 0208 and KS X 1001 list is kept, 9,600 characters of 44,000.

Run: ``python -m analytics.reporting.notebook.fonts.make_fonts`` with these packages installed.
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

VERSIONS = {
    "fontpkg-noto-sans": "2.15",
    "fontpkg-noto-sans-arabic": "2.12",
    **{f"justmytype-intl-{area}": "0.1.0" for area in ("rtl", "sea", "south-asia", "africa", "cjk")},
}
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
BLOCKS: dict[str, tuple[str, tuple[tuple[int, int], ...]]] = {  # script: package, characters
    "Hebrew": ("rtl", ((0x0590, 0x05FF), (0xFB1D, 0xFB4F))),
    "Thai": ("sea", ((0x0E00, 0x0E7F),)),
    "Lao": ("sea", ((0x0E80, 0x0EFF),)),
    "Khmer": ("sea", ((0x1780, 0x17FF),)),
    "Myanmar": ("sea", ((0x1000, 0x109F),)),
    "Devanagari": ("south-asia", ((0x0900, 0x097F), (0xA8E0, 0xA8FF))),
    "Bengali": ("south-asia", ((0x0980, 0x09FF),)),
    "Tamil": ("south-asia", ((0x0B80, 0x0BFF),)),
    "Telugu": ("south-asia", ((0x0C00, 0x0C7F),)),
    "Ethiopic": ("africa", ((0x1200, 0x137F), (0x1380, 0x139F))),
}
COMMON = ((0x00A0, 0x00A0), (0x200B, 0x200F), (0x25CC, 0x25CC))
KANA = ((0x3000, 0x30FF), (0xFF00, 0xFFEF))
LEVELS = {  # coded character set: first bytes of its first level
    "SC": (("gb2312", (0xB0, 0xD8)), ("big5", (0xA4, 0xC7)), ("euc_jp", (0xB0, 0xD0))),
    "KR": (("euc_kr", (0xB0, 0xC9)),),
}
SYMBOLS = (
    (0x0530, 0x058F),  # Armenian
    (0x10A0, 0x10FF),  # Georgian
    (0x2D30, 0x2D7F),  # Tifinagh
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


SCRIPT_FEATURES = [
    *("kern", "mark", "mkmk", "ccmp", "locl", "rlig", "liga", "calt", "clig"),
    *("nukt", "akhn", "rphf", "rkrf", "pref", "blwf", "abvf", "half", "pstf", "cjct", "vatu", "cfar"),
    *("pres", "abvs", "blws", "psts", "haln", "abvm", "blwm", "dist"),
]


def source(package: str, file: str) -> Path:
    """Return a font file of an installed font package of the stated version."""
    found = [int(part) for part in version(package).split(".")]
    if found != [int(part) for part in VERSIONS[package].split(".")]:
        raise SystemExit(f"{package} {VERSIONS[package]} is required, {version(package)} is installed")
    return Path(str(import_module(package.replace("-", "_")).__file__)).parent / file


def level(codec: str, first: tuple[int, int]) -> set[int]:
    """Return the characters of a two-byte code whose first byte lies in a range."""
    found = set()
    for lead in range(*first):
        for trail in range(0x40, 0xFF):
            character = bytes([lead, trail]).decode(codec, errors="ignore")
            found |= {ord(character)} if len(character) == 1 and ord(character) > 0x2E7F else set()
    return found


def ranges_of(codes: set[int]) -> tuple[tuple[int, int], ...]:
    """Return characters as ranges of one each."""
    return tuple((code, code) for code in sorted(codes))


def cut(path: Path, weight: int | None) -> TTFont:
    """Return the font at one weight and normal width, with its names set to match."""
    return at_weight(TTFont(path, recalcTimestamp=False), weight)


def at_weight(font: TTFont, weight: int | None) -> TTFont:
    """Return a variable font at one weight and normal width."""
    if weight is None:
        return font
    axes = {axis.axisTag for axis in font["fvar"].axes}
    where = {"wght": weight, **({"wdth": 100} if "wdth" in axes else {})}
    return instancer.instantiateVariableFont(font, where, updateFontNames=True)


def keep(font: TTFont, ranges: tuple[tuple[int, int], ...], features: list[str]) -> TTFont:
    """Return the font with only the characters of `ranges` and the layout `features`."""
    options = subset.Options(
        layout_features=features, name_IDs=["*"], hinting=False, notdef_outline=True, recalc_timestamp=False
    )
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[c for first, last in ranges for c in range(first, last + 1)])
    subsetter.subset(font)
    return font


def first_line(package: str, script: str) -> str:
    """Return who holds the rights in a font, as its licence says."""
    path = source(package, f"fonts/ofl/notosans{script.lower()}/OFL.txt")
    return path.read_text(encoding="utf-8").splitlines()[0].strip()


def others() -> None:
    """Write the fonts of other scripts; cut to their characters first, for the large ones are slow to cut."""
    made = []
    for script, (area, block) in BLOCKS.items():
        name = f"NotoSans{script}"
        folder = f"fonts/ofl/{name.lower()}"
        path = source(f"justmytype-intl-{area}", f"{folder}/{name}[wdth,wght].ttf")
        made.append((name, path, (*block, *COMMON), SCRIPT_FEATURES))
    for country, sets in LEVELS.items():
        name = f"NotoSans{country}"
        path = source("justmytype-intl-cjk", f"fonts/ofl/{name.lower()}/{name}[wght].ttf")
        codes = set().union(*(level(codec, first) for codec, first in sets))
        made.append((name, path, (*ranges_of(codes), *(KANA if country == "SC" else ())), ["ccmp", "locl"]))
    for name, path, ranges, features in made:
        target = HERE / f"{name}-Regular.ttf"
        at_weight(keep(TTFont(path, recalcTimestamp=False), ranges, features), 400).save(target)
        print(f"{target.name}: {target.stat().st_size / 1000:,.0f} kB")


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
    others()
    notices = [source(p, "LICENSE").read_text(encoding="utf-8").splitlines() for p in (noto, arabic)]
    more = [first_line(f"justmytype-intl-{area}", script) for script, (area, _) in BLOCKS.items()]
    more += [first_line("justmytype-intl-cjk", name) for name in LEVELS]
    heads = list(dict.fromkeys([notices[0][0], *more, notices[1][0]]))
    (HERE / "OFL.txt").write_text("\n".join([*heads, *notices[1][1:]]) + "\n", encoding="utf-8")
    shutil.copyfile(dejavu / "LICENSE_DEJAVU", HERE / "LICENSE_DEJAVU.txt")


if __name__ == "__main__":
    main()
