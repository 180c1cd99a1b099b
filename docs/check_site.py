"""Check a built site: links lead somewhere, nothing is fetched. ``python docs/check_site.py build/site``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_FETCHED = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("video", "src")}
_FETCHING_LINKS = {"stylesheet", "preload", "prefetch", "preconnect", "icon", "modulepreload"}
_CSS_URL = re.compile(r"url\(\s*['\"]?(?P<url>[^)'\"\s]+)|@import\s+['\"](?P<imported>[^'\"]+)")


class _Page(HTMLParser):
    """What a page links to, what it fetches, and the places in it."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep ids, links and what is fetched."""
        given = {name: value for name, value in attrs if value is not None}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        for name in ("href", "src"):
            if name in given:
                fetching = (tag, name) in _FETCHED
                fetching |= tag == "link" and bool(_FETCHING_LINKS & set(given.get("rel", "").split()))
                self.links.append(given[name])
                self.fetched += [given[name]] if fetching else []


def _pages(site: Path) -> dict[Path, _Page]:
    found = {}
    for path in sorted(site.rglob("*.html")):
        if "_static" in path.relative_to(site).parts:
            continue  # a template of the theme, which no page leads to
        page = _Page()
        page.feed(path.read_text(encoding="utf-8"))
        found[path.resolve()] = page
    return found


def faults(site: Path) -> Iterator[str]:
    """Yield every dead link, and everything that would be fetched from elsewhere."""
    pages = _pages(site)
    for path, page in pages.items():
        here = path.relative_to(site.resolve())
        for link in page.fetched:
            if urlsplit(link).scheme not in ("", "data") or link.startswith("//"):
                yield f"{here}: fetches {link}"
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
            if not target.exists():
                yield f"{here}: no file for {link}"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
                yield f"{here}: no place for {link}"
    for sheet in sorted(site.rglob("*.css")):
        for found in _CSS_URL.finditer(sheet.read_text(encoding="utf-8")):
            link = found["url"] or found["imported"]
            if link.startswith(("http:", "https:", "//")):
                yield f"{sheet.relative_to(site)}: fetches {link}"


def main() -> int:
    """Print what is wrong with the site named."""
    site = Path(sys.argv[1])
    if not any(site.rglob("*.html")):
        print(f"no pages in {site}", file=sys.stderr)
        return 2
    wrong = list(faults(site))
    print(
        "\n".join(wrong)
        or f"{len(list(site.rglob('*.html')))} pages: every link leads somewhere, nothing is fetched"
    )
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
