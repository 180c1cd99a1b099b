"""Run the commands of a page and hold their output against what the page shows.

``python docs/run_commands.py docs/tutorial.md`` says where a page differs; with ``--show`` it prints what
each command really says. A page's commands stand in blocks marked ``console``, each after ``$``, what is said
below. A line ``...`` stands for lines left out. They run one after the other in a copy of the folder that has
the page's name.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parent
_BLOCK = re.compile(r"^```console\n(.*?)^```", flags=re.M | re.DOTALL)
WIDTH = "110"


@dataclass(frozen=True)
class Step:
    """A command, and what the page says that it prints."""

    command: str
    shown: str

    @property
    def words(self) -> list[str]:
        """The words of the command, as a shell would take them."""
        return shlex.split(self.command)


def steps(page: Path) -> Iterator[Step]:
    """Yield a page's commands in order."""
    for block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, shown = re.sub(r"\\\n\s*", "", part, count=0).partition("\n")
            yield Step(command, shown)


def said(step: Step) -> str:
    """Run a command here and return what it prints on both streams."""
    from analytics.cli import main

    if step.words[0] != "uptick":
        raise ValueError(f"only uptick is run here: {step.command}")
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = main(step.words[1:])
    text = out.getvalue()
    return text if code in (0, None) else f"{text}exit code {code}\n"


def differs(step: Step, text: str) -> bool:
    """Return whether what is shown is not what is said; trailing blanks do not count."""

    def plain(lines: str) -> str:
        return "\n".join(line.rstrip() for line in lines.strip("\n").splitlines()) + "\n"

    return not doctest.OutputChecker().check_output(plain(step.shown), plain(text), doctest.ELLIPSIS)


@contextlib.contextmanager
def folder_of(page: Path) -> Iterator[Path]:
    """Work in a copy of the folder that has the page's name, with a terminal of a fixed width."""
    before, columns = Path.cwd(), os.environ.get("COLUMNS")
    with tempfile.TemporaryDirectory(prefix="uptick-docs-") as scratch:
        work = Path(scratch).resolve() / page.stem
        if (DOCS / page.stem).is_dir():
            shutil.copytree(DOCS / page.stem, work)
        else:
            work.mkdir()
        os.chdir(work)
        os.environ["COLUMNS"] = WIDTH
        try:
            yield work
        finally:
            os.chdir(before)
            if columns is None:
                del os.environ["COLUMNS"]
            else:
                os.environ["COLUMNS"] = columns


def faults(page: Path, *, show: bool = False) -> list[str]:
    """Return where a page's commands say something else than the page shows."""
    found = []
    with folder_of(page):
        for step in steps(page):
            text = said(step)
            if show:
                print(f"$ {step.command}\n{text}")
            if differs(step, text):
                found.append(f"{page.name}: $ {step.command}\n{text}")
    return found


def main() -> int:
    """Check the pages named, or those that hold commands."""
    show = "--show" in sys.argv
    named = [Path(word).resolve() for word in sys.argv[1:] if word != "--show"]
    pages = named or [page for page in sorted(DOCS.glob("*.md")) if _BLOCK.search(page.read_text("utf-8"))]
    wrong = [fault for page in pages for fault in faults(page, show=show)]
    if not show:
        print(
            "\n".join(wrong)
            or f"every command of {', '.join(page.name for page in pages)} says what is shown"
        )
    return bool(wrong) and not show


if __name__ == "__main__":
    sys.exit(main())
