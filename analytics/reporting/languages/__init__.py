"""The languages a report can be set in: one file each, whole sentences with slots.

English is what the library says; ``en.toml`` lists its sentences with their slots, and every other file holds
the same keys. A sentence is recognised as a whole, its slots are taken out (a number, a day, a name, another
sentence) and put where the other language wants them, in the plural and the numerals it has for them. What no
template recognises stays English and is marked as such.
"""

from __future__ import annotations

from analytics.reporting.languages.language import Language, find_language, language_names
from analytics.reporting.languages.pages import spoken_html, spoken_typst, spoken_words

__all__ = ["Language", "find_language", "language_names", "spoken_html", "spoken_typst", "spoken_words"]
