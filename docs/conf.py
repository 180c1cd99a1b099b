"""How the documentation site is built: ``make docs``. Its sources are read in the project as well."""

from __future__ import annotations

import re
import sys
from typing import Any

from analytics import __version__

project = "uptick-analytics"
author = "the contributors of uptick-analytics"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
source_suffix = {".md": "markdown"}
root_doc = "docs/index"
# The source folder is the whole project, so that a link is the same here as in the repository.
include_patterns = [
    "docs/*.md",
    "docs/api/*.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "data/README.md",
    "seeds/README.md",
    "benchmarks/README.md",
    "benchmarks/results/*.md",
]
exclude_patterns = [
    ".*",
    "analytics",
    "build",
    "tests",
    "notebooks",
    "reports",
    "docs/office",
    "docs/recipes",
]

myst_enable_extensions = ["deflist", "attrs_inline"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
suppress_warnings = ["myst.header", "toc.not_included"]  # pages of one table; benchmark results are linked to

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the parameters' tables say it in words
autodoc_default_options = {"members": True, "show-inheritance": False}
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
numpydoc_xref_param_type = False
autosummary_generate = False

html_theme = "pydata_sphinx_theme"
html_title = "Is there an uptick?"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path = ["_extra"]
html_copy_source = False
html_show_sourcelink = False
html_last_updated_fmt = None  # the same input gives the same pages
html_sidebars = {"**": ["globaltoc.html"]}
html_theme_options = {
    "navbar_center": [],
    "navigation_with_keys": False,
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "navbar_end": ["theme-switcher"],
    "back_to_top_button": False,
}
project_copyright = "MIT licence; bundled data under their own"
copyright = project_copyright


def _with_references(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Give a docstring that cites its module's references those references."""
    text = "\n".join(lines)
    cited = set(re.findall(r"\[(\d+)\]_", text))
    if not cited or ".. [" in text:
        return
    about = getattr(sys.modules.get(getattr(obj, "__module__", "")), "__doc__", None) or ""
    listed = re.findall(r"^\.\. \[(\d+)\] (.*(?:\n +.*)*)", about, flags=re.M)
    found = [f".. [{number}] {' '.join(said.split())}" for number, said in listed if number in cited]
    lines += ["", "References", "----------", *found] if found else []


def setup(app: Any) -> None:
    """Connect before numpydoc, which gives references names of their own."""
    app.connect("autodoc-process-docstring", _with_references, priority=400)
