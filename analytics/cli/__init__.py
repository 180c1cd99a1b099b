"""The command ``uptick``: incidents in; accounts, counts, tests and weekly reports out."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

from analytics._rooms import names_shown
from analytics.cli.parser import parse_arguments
from analytics.cli.text import error_text
from analytics.errors import OutputError, UptickError
from analytics.kernels.common.first_run import tell_compiling

__all__ = ["main"]
__dir__ = names_shown(__name__)

_PIPE_CLOSED = 141  # 128 + SIGPIPE: what a shell reports for a program that a closed pipe ended


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments after the command's name; those of the process if not given.

    Returns
    -------
    int
        0: done. 2: something the user gave cannot be used; one message says what, and nothing is written.
        3: done, and there is an alarm (``uptick monitor --fail-on-alarm``). 130: interrupted. 141: the reader
        of the output went away. Any other failure is a fault of the program and shows its traceback.

    Examples
    --------
    >>> main(["--version"])  # doctest: +ELLIPSIS
    uptick ...
    0
    """
    _open_outputs()
    own = argv is None  # a process that ends with the command
    try:
        with _no_collection(own):
            args = parse_arguments(sys.argv[1:] if argv is None else argv)
            if "near" in args and "parameters" not in args:
                from analytics.cli.places import settle_places  # loads numpy, which --help does without

                settle_places(args)
            run = import_module(args.module).run
        if sys.stderr.isatty():
            tell_compiling(lambda said: print(f"uptick: {said}", file=sys.stderr))
        with _limits(args):
            code: int | None = run(args)
        _flush()
    except UptickError as error:
        with contextlib.suppress(OSError):
            print(error_text(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _drop_output()
        return _PIPE_CLOSED
    except SystemExit as stop:  # --help and --version
        return stop.code if isinstance(stop.code, int) else 0
    finally:
        if own:
            gc.freeze()  # else Python looks through all there is as it ends
    return code or 0


@contextlib.contextmanager
def _no_collection(own: bool) -> Iterator[None]:
    """While modules load, look for no garbage, nor later in what they hold: a fifth of a short command.

    In a process that is not the command's own, nothing changes.
    """
    if not own:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _limits(args: Namespace) -> contextlib.AbstractContextManager[None]:
    """Return the block in which the limits that are asked for are raised."""
    if not getattr(args, "limit", None):
        return contextlib.nullcontext()
    from analytics._limits import raised

    return raised(args.limit)


def _open_outputs() -> None:
    """Let what a job was begun without (``>&-``) take what is printed: the files are written as ever."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _drop_output()
        raise OutputError(
            "standard output cannot be written", found=error.strerror or str(error), todo="give -o FILE"
        ) from error


def _drop_output() -> None:
    """Send what is still buffered nowhere, so that the interpreter does not fail on it at exit."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
