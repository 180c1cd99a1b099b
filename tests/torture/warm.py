"""Commands and their kernels in forks of a process that has loaded everything: no report waits for imports.

What is measured and compared is the same as with processes of their own (long_haul.py makes some reports that
way too, and compares); only the seconds of loading packages are saved.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
LOADED = (
    *(
        "numpy",
        "pandas",
        "scipy.stats",
        "scipy.optimize",
        "matplotlib.pyplot",
        "nbclient",
        "nbconvert",
        "typst",
    ),
    *("ipykernel.kernelapp", "IPython", "analytics.cli", "analytics.reporting", "analytics.upticks"),
    *("analytics.reporting.content.weekly", "analytics.plots", "analytics.store", "analytics.monitoring"),
    *("analytics.reporting.notebook.execute", "analytics.detectors", "matplotlib_inline.backend_inline"),
)
_CLIENT = """
import json, os, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect(sys.argv[1])
line.sendall(json.dumps([sys.argv[2], os.getcwd(), dict(os.environ)]).encode() + b"\\n")
line.settimeout(0.2)
asked_by = os.getppid()
while os.getppid() == asked_by:
    try:
        line.recv(1)
        break
    except TimeoutError:
        pass
"""


class Begun:
    """A command that runs in a fork."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None:
            done, state = os.waitpid(self.pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(state) if done else None
        return self._code

    def wait(self) -> int:
        if self._code is None:
            self._code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._code


class Warm:
    """Forks commands, and the kernels that they ask for."""

    def __init__(self, folder: Path) -> None:
        sys.path.insert(0, str(PROJECT))
        for name in LOADED:
            importlib.import_module(name)
        self.address = str(folder / "kernels")
        Path(self.address).unlink(missing_ok=True)
        self.used = folder / "kernels.json"
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(self.address)
        listening.listen()
        self.kernels = os.fork()
        if not self.kernels:
            _serve(listening, self.used)
        listening.close()
        _ask_here_for_kernels(self.address)

    def run(self, words: list[str], folder: Path, environment: Mapping[str, str]) -> tuple[float, float]:
        """Run the command; return processor seconds and megabytes, its kernel's included."""
        self.used.unlink(missing_ok=True)
        said = folder / ".said"
        child = os.fork()
        if not child:
            _command(words, folder, environment, said)
        _, status, used = os.wait4(child, 0)
        assert status == 0, said.read_text(encoding="utf-8")[-3_000:]
        said.unlink()
        seconds, kilobytes = used.ru_utime + used.ru_stime, used.ru_maxrss
        if words[0] == "report":
            while not self.used.is_file():
                select.select([], [], [], 0.01)
            kernel = json.loads(self.used.read_text())
            seconds, kilobytes = seconds + kernel[0], max(kilobytes, kernel[1])
        return seconds, kilobytes / 1024

    def begin(self, words: list[str], folder: Path) -> Begun:
        """Begin the command in a process group of its own, and return at once."""
        child = os.fork()
        if not child:
            os.setpgid(0, 0)
            _command(words, folder, {}, Path(os.devnull))
        with suppress(ProcessLookupError, PermissionError):  # it may have done so before, and be gone
            os.setpgid(child, child)
        return Begun(child)

    def close(self) -> None:
        os.kill(self.kernels, signal.SIGTERM)
        os.waitpid(self.kernels, 0)


def _ask_here_for_kernels(address: str) -> None:
    from jupyter_client.kernelspec import KernelSpec

    from analytics.reporting.notebook import execute

    words = [sys.executable, "-S", "-E", "-c", _CLIENT, address, "{connection_file}"]
    spec = KernelSpec(argv=words, display_name="Python 3", language="python")
    execute._Kernel.kernel_spec = property(lambda self: spec)  # type: ignore[assignment,method-assign]


def _command(words: list[str], folder: Path, environment: Mapping[str, str], said: Path) -> None:
    from analytics.cli import main

    code = 98
    try:
        os.chdir(folder)
        os.environ.update(environment)
        out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(out, stream)
        code = main(words)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _serve(listening: socket.socket, used: Path) -> None:
    """Fork a kernel for each that asks; hang up when it has ended; end it when the other side hangs up."""
    running: dict[socket.socket, int] = {}
    asked_by = os.getppid()
    while os.getppid() == asked_by:
        ready, _, _ = select.select([listening, *running], [], [], 0.02)
        for line in ready:
            if line is listening:
                asked, _ = listening.accept()
                running[asked] = _kernel(asked)
            elif not line.recv(1):
                os.kill(running[line], signal.SIGKILL)
        for line, child in list(running.items()):
            done, _, spent = os.wait4(child, os.WNOHANG)
            if done:
                beside = used.with_suffix(".new")
                beside.write_text(json.dumps([spent.ru_utime + spent.ru_stime, spent.ru_maxrss]))
                beside.replace(used)
                line.close()
                del running[line]
    for child in running.values():
        os.kill(child, signal.SIGKILL)
    os._exit(0)


def _kernel(asked: socket.socket) -> int:
    with asked.makefile("r", encoding="utf-8") as stream:
        file, where, environment = json.loads(stream.readline())
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        os.chdir(where)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["ipykernel_launcher", "-f", file]
        from ipykernel.kernelapp import IPKernelApp

        IPKernelApp.launch_instance()
    finally:
        os._exit(0)


def cold(words: list[str], folder: Path, environment: Mapping[str, str]) -> tuple[float, float]:
    """Run the command in a process of its own, with a kernel of its own."""
    import subprocess

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done: Any = subprocess.run(
        [sys.executable, "-c", _MEASURED, *words],
        cwd=folder,
        env={**os.environ, **environment, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, float(done.stdout.splitlines()[-1])


_MEASURED = """
import resource, sys
from analytics.cli import main
code = main(sys.argv[1:])
used = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(max(used) / 1024)
sys.exit(code)
"""
