"""Run a notebook with parameters, in a kernel of this very interpreter, quietly."""

from __future__ import annotations

import ast
import copy
import datetime as dt
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from threading import Event, Thread
from typing import Any

import nbformat
import numpy as np
import pandas as pd
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from traitlets.config import Config

from analytics.errors import InputError, OptionError, UptickError, nearest
from analytics.files import scratch_folder
from analytics.kernels.common.first_run import TOLD_BY, compiling
from analytics.options import Progress

__all__ = ["parameter_names", "read_notebook", "run_notebook"]

_INJECTED = "injected-parameters"
_LOOK = 0.1  # seconds between looks at whether the kernel compiles
_START = 300  # seconds for a kernel to start, on a machine that has much else to do
_SHOWN = 300  # seconds for what a cell shows to come after it has ended; then nothing is written
_LONGEST_SOCKET = (
    100  # bytes of a socket's path, its number not counted: 104 are the least that systems allow
)
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{6,}")


class _Kernel(AsyncKernelManager):
    """A kernel of the interpreter that runs now, whatever kernels are installed on the machine."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """Return the specification, made here and looked up nowhere."""
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
        )


def _talks_by(scratch: Path) -> Config:
    """Return how a kernel is spoken to: by sockets that are files, where there are such.

    Two that begin at one moment may pick the same free port, and then neither answers.
    """
    place = scratch / "kernel"
    if os.name == "nt" or len(os.fsencode(place)) > _LONGEST_SOCKET:
        return Config()
    return Config({"KernelManager": {"transport": "ipc", "ip": str(place)}})


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Return a notebook file.

    Raises
    ------
    InputError
        If the file is missing or no notebook.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # nbformat warns about notebooks without cell ids, and repairs them
            nb: nbformat.NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
            return nb
    except FileNotFoundError:
        raise InputError("there is no such notebook", where=str(path)) from None
    except (OSError, UnicodeDecodeError, nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise InputError(
            "this file cannot be read as a notebook", found=str(error).splitlines()[0], where=str(path)
        ) from error


def parameter_names(path: Path) -> list[str]:
    """Return the names that a notebook's cell of parameters assigns.

    Raises
    ------
    InputError
        If the file is no notebook, or has no such cell, or several.
    """
    nb = read_notebook(path)
    return _assigned(nb.cells[_tagged(nb, path)].source)


def run_notebook(
    notebook: Path,
    parameters: Mapping[str, Any],
    *,
    progress: Progress | None = None,
    folder: Path | None = None,
    steps_after: int = 0,
    environment: Mapping[str, str] | None = None,
) -> nbformat.NotebookNode:
    """Return the notebook after a run with `parameters`.

    Parameters
    ----------
    notebook : Path
        A notebook with one cell tagged ``parameters`` that assigns every parameter its default.
    parameters : mapping
        Names and values: text, numbers, booleans, None, dates (given as ISO text), lists and dicts of these.
    progress : callable, optional
        ``progress(done, total, what)``, called before each code cell.
    folder : Path, optional
        Working directory of the run; the current one by default.
    steps_after : int
        How many steps the caller adds to the total.
    environment : mapping, optional
        Variables that the kernel finds set.

    Raises
    ------
    OptionError
        If a parameter is not one of the notebook's, or its value cannot be passed on.
    UptickError
        If a cell fails; nothing of the run is kept.
    """
    nb = _with_parameters(read_notebook(notebook), parameters, notebook)
    code = [i for i, cell in enumerate(nb.cells) if cell.cell_type == "code"]
    total = len(code) + steps_after
    at = [0]

    def starts(cell: Any, cell_index: int) -> None:
        at[0] = cell_index
        if progress is not None and cell_index in code:
            progress(code.index(cell_index), total, _cell_name(nb, cell_index))

    with scratch_folder() as scratch, _quiet(), _telling(scratch / "compiling") as flag:
        log = scratch / "kernel.log"
        client = NotebookClient(
            nb,
            kernel_manager_class=_Kernel,
            config=_talks_by(scratch),
            timeout=None,
            startup_timeout=_START,
            iopub_timeout=_SHOWN,
            raise_on_iopub_timeout=True,
            record_timing=False,
            on_cell_start=starts,
            resources={"metadata": {"path": str(folder or Path.cwd())}},
        )
        with log.open("wb") as stream:
            variables = {
                **os.environ,
                **_environment(str(scratch)),
                TOLD_BY: str(flag),
                **(environment or {}),
            }
            try:
                client.execute(env=variables, stdout=subprocess.DEVNULL, stderr=stream)
            except CellExecutionError as error:
                raise _failed(_cell_name(nb, at[0]), notebook, error.ename, error.evalue) from None
            except CellTimeoutError as error:
                raise UptickError(
                    f"what {_cell_name(nb, at[0])} shows did not come from the kernel",
                    found=f"nothing for {_SHOWN} seconds after it had ended",
                    where=str(notebook),
                    todo="run it again when the machine has less to do",
                ) from error
            except (DeadKernelError, RuntimeError) as error:
                stream.flush()
                raise _stopped(_cell_name(nb, at[0]), notebook, log, error) from error
    return _settled(nb)


@contextmanager
def _telling(flag: Path) -> Iterator[Path]:
    """Say here that loops are compiled in the kernel, which makes the file `flag` when it begins to."""
    done = Event()

    def watch() -> None:
        while not (done.wait(_LOOK) or flag.exists()):
            pass
        if flag.exists():
            compiling()

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield flag
    finally:
        done.set()
        watcher.join()


def _environment(scratch: str) -> dict[str, str]:
    """Return the settings that keep a run quiet and the same everywhere."""
    return {
        "IPYTHONDIR": str(Path(scratch) / "ipython"),  # no start-up files of the user
        "JUPYTER_PLATFORM_DIRS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "TQDM_DISABLE": "1",
    }


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep warnings of the Jupyter machinery (event loops, platform folders) away from the user."""
    with warnings.catch_warnings():
        for module in (
            "jupyter_client",
            "jupyter_core",
            "nbclient",
            "zmq",
            "asyncio",
            "traitlets",
            "nbformat",
        ):
            warnings.filterwarnings("ignore", module=rf"{module}(\..*)?")
        yield


def _with_parameters(
    nb: nbformat.NotebookNode, parameters: Mapping[str, Any], path: Path
) -> nbformat.NotebookNode:
    """Return the notebook with a cell of assignments after its parameters cell, and without old outputs."""
    tagged = _tagged(nb, path)
    known = _assigned(nb.cells[tagged].source)
    for name in parameters:
        if name not in known:
            close = nearest(name, known)
            raise OptionError(
                f"the notebook has no parameter {name!r}",
                expected=", ".join(known),
                where=str(path),
                todo=f"did you mean {close[0]}?" if close else None,
            )
    lines = [f"{name} = {_literal(value, name)}" for name, value in parameters.items()]
    nb = copy.deepcopy(nb)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    if lines:
        source = "\n".join(lines)
        injected = nbformat.v4.new_code_cell(source, id=_INJECTED)  # type: ignore[no-untyped-call]
        injected.metadata["tags"] = [_INJECTED]
        nb.cells = [c for c in nb.cells if _INJECTED not in c.metadata.get("tags", ())]
        nb.cells.insert(tagged + 1, injected)
    return nb


def _tagged(nb: nbformat.NotebookNode, path: Path) -> int:
    """Return which cell is the one of parameters."""
    tagged = [
        i
        for i, cell in enumerate(nb.cells)
        if cell.cell_type == "code" and "parameters" in cell.metadata.get("tags", ())
    ]
    if len(tagged) != 1:
        raise InputError(
            "a report's notebook needs exactly one cell tagged 'parameters'",
            found=f"{len(tagged)}",
            where=str(path),
        )
    return tagged[0]


def _assigned(source: str) -> list[str]:
    """Return the names that a parameters cell assigns."""
    names: list[str] = []
    for statement in ast.parse(source).body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        names += [t.id for t in targets if isinstance(t, ast.Name)]
    return names


def _literal(value: Any, name: str) -> str:
    """Return a value as Python source.

    Examples
    --------
    >>> _literal({"as_of": dt.date(2020, 4, 12), "weeks": [1, 2]}, "x")
    "{'as_of': '2020-04-12', 'weeks': [1, 2]}"
    """
    return repr(_plain(value, name))


def _plain(value: Any, name: str) -> Any:
    """Return a value as Python's own types; NumPy's scalars and members of an enum become what they hold."""
    if isinstance(value, Enum):
        return _plain(value.value, name)
    if value is pd.NaT or value is pd.NA or (isinstance(value, np.datetime64) and np.isnat(value)):
        return None  # a missing value has one spelling in a notebook
    if isinstance(value, np.generic) and not isinstance(value, (np.datetime64, np.str_)):
        return _plain(value.item(), name)
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, str):  # a subclass would be written by its own repr
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise OptionError(f"the parameter {name!r} is not a finite number", found=repr(value))
        return float(value)
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    if isinstance(value, (np.datetime64, Path)):
        return str(value)
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(v, name) for v in value]
    if isinstance(value, Mapping):
        return {_plain(k, name): _plain(v, name) for k, v in value.items()}
    raise OptionError(
        f"the parameter {name!r} cannot be passed to a notebook",
        expected="text, a number, a boolean, None, a date, or lists and dicts of these",
        found=type(value).__name__,
    )


def _cell_name(nb: nbformat.NotebookNode, index: int) -> str:
    """Return the number of a cell in the notebook as stored (the injected cell is not), and its label."""
    if nb.cells[index].get("id") == _INJECTED:
        return "the cell of parameters"
    number = sum(cell.get("id") != _INJECTED for cell in nb.cells[: index + 1])
    match = re.search(r"^#\|\s*label\s*:\s*(\S+)", nb.cells[index].source, re.MULTILINE)
    return f"cell {number}" + (f" ({match.group(1)})" if match else "")


def _failed(name: str, notebook: Path, ename: str, evalue: str) -> UptickError:
    """Return the error for a failed cell: a message of ours in full, of any other only the last line."""
    ours = ename in {"UptickError", *(c.__name__ for c in UptickError.__subclasses__())}
    lines = [line for line in evalue.splitlines() if line.strip()] or [""]
    text = "\n    ".join(lines) if ours else lines[-1].strip()
    return UptickError(
        f"the report stopped: {name} failed",
        found=f"{ename}: {text}",
        where=str(notebook),
        todo=None if ours else "open the notebook, run it with the same parameters and repair the cell",
    )


def _stopped(name: str, notebook: Path, log: Path, error: Exception) -> UptickError:
    """Return the error for a kernel that ended: the last that it said of itself, warnings left out."""
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    tail = [line for line in said if "[IPKernelApp] WARNING" not in line]
    return UptickError(
        f"the kernel stopped while it ran {name}",
        found=tail[-1] if tail else str(error).strip().splitlines()[-1],
        where=str(notebook),
        todo="is there enough memory?",
    )


def _settled(nb: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the executed notebook without what differs from run to run: times, addresses, versions."""
    nb.metadata = nbformat.from_dict(  # type: ignore[no-untyped-call]
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
        }
    )
    for cell in nb.cells:
        for key in ("execution", "papermill", "collapsed", "scrolled"):
            cell.metadata.pop(key, None)
        for output in cell.get("outputs", ()):
            if "text/plain" in output.get("data", {}):
                output.data["text/plain"] = _ADDRESS.sub("", output.data["text/plain"])
    return nb
