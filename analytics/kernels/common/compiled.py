"""Compiled loops: the one place that knows the compiler."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba.core import caching, event

from analytics.kernels.common.first_run import compiling

__all__ = ["compiled"]

F = TypeVar("F", bound=Callable[..., Any])


class _Watch(event.Listener):
    """Says so when one of our loops is compiled, rather than loaded."""

    def on_start(self, event: Any) -> None:
        if event.data["dispatcher"].py_func.__module__.startswith(__name__.partition(".")[0] + "."):
            compiling()

    def on_end(self, event: Any) -> None:
        pass


event.register("numba:compile", _Watch())  # type: ignore[no-untyped-call]


class _Named(caching.IndexDataCacheFile):
    """Names what is kept by what it was compiled for.

    Numba numbers it: two processes that compile a loop for unlike types at one moment both take the next
    number, and from then on one of the two is given the other's code.
    """

    def save(self, key: Any, data: Any) -> None:
        number = int(hashlib.sha256(repr(key).encode()).hexdigest()[:15], 16)
        held: Any = self
        name = held._data_name(number)
        held._save_data(name, data)
        held._save_index(held._load_index() | {key: name})  # an entry that is lost here is compiled again


def compiled(function: F) -> F:
    """Compile a loop over arrays, once; later runs load it from the cache beside its file.

    For true loops only: what NumPy does within about three times of this stays NumPy. Floating-point
    arithmetic keeps its order, so results do not depend on the machine's vector width.

    Parameters
    ----------
    function : callable
        Takes and returns arrays and numbers; no Python objects.

    Returns
    -------
    callable
        The same signature; ``py_func`` is the function itself.

    Examples
    --------
    >>> import numpy as np
    >>> @compiled
    ... def add(values):
    ...     total = 0.0
    ...     for value in values:
    ...         total += value
    ...     return total
    >>> float(add.py_func(np.array([1.0, 2.0])))
    3.0
    """
    # A function typed in at a prompt has no file to cache beside.
    cache = not function.__code__.co_filename.startswith("<")
    made: Any = numba.njit(cache=cache, nogil=True, error_model="numpy")(function)
    if cache and hasattr(made, "_cache"):  # compilation may be off
        made._cache._cache_file.__class__ = _Named
    return cast(F, made)
