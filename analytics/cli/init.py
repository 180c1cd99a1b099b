"""``uptick init``: a folder with everything a weekly office needs."""

from __future__ import annotations

import shlex
import sys
from argparse import Namespace
from pathlib import Path
from xml.sax.saxutils import escape

from analytics.bundled import bundled_path
from analytics.cli.text import say
from analytics.errors import OptionError, OutputError
from analytics.files import check_writable, write_together

__all__ = ["LAID", "run"]

LAID = (
    "README.md",
    "report.toml",
    "mapping.toml",
    "template/template.toml",
    "template/logo.svg",
    "schedule/cron.txt",
    "schedule/windows_task.xml",
    "schedule/ci_job.yml",
)


def run(args: Namespace) -> None:
    """Lay the folder and say what to do next."""
    if not args.folder:
        raise OptionError(
            "uptick init needs a folder",
            expected="DIR, which is made if it is not there",
            todo="uptick init office",
        )
    folder = Path(args.folder)
    _check_free(folder)
    filled = _filled(folder.absolute(), Path(sys.executable))
    contents = {}
    for name in LAID:
        text = bundled_path(f"docs/office/{name}").read_text(encoding="utf-8")
        for key, value in filled.items():
            text = text.replace(f"{{{key}}}", value)
        contents[folder / name] = text.encode("utf-8")
        check_writable(folder / name)
    write_together(contents)
    say(sys.stdout, [str(folder / name) for name in LAID])
    told = shlex.quote(str(folder / "report.toml"))
    say(
        sys.stderr,
        [
            f"laid, on SIMULATED data until you name your file: {folder / 'README.md'} says how",
            f"try it: uptick report --parameters {told} --week 2020-W16",
        ],
    )


def _check_free(folder: Path) -> None:
    """Raise an error if anything that would be laid is there already, or stands in the way."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(
            "a file stands where the folder is to be laid", where=str(folder), todo="choose another"
        )
    there = [name for name in LAID if (folder / name).exists() or (folder / name).is_symlink()]
    if there:
        raise OutputError(
            "the folder holds files of these names already",
            expected="a new folder, or one without them",
            found=", ".join(there),
            where=str(folder),
            todo="choose another folder, or move them away",
        )


def _filled(folder: Path, python: Path) -> dict[str, str]:
    r"""Return what the laid files say of this machine: where the folder lies, and what runs the command.

    Examples
    --------
    >>> _filled(Path("/srv/100% ours"), Path("/usr/bin/python3"))["cron_parameters"]
    "'/srv/100\\% ours/report.toml'"
    """
    command = f"{shlex.quote(str(python))} -m analytics"

    def of_cron(text: str) -> str:
        return text.replace("%", "\\%")  # cron reads % as the end of the line

    return {
        "command": command,
        "cron_command": of_cron(command),
        "cron_parameters": of_cron(shlex.quote(str(folder / "report.toml"))),
        "cron_log": of_cron(shlex.quote(str(folder / "schedule" / "log.txt"))),
        "xml_python": escape(str(python)),
        "xml_folder": escape(str(folder)),
    }
