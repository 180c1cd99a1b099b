"""The library under the name of its distribution, and what the command ``uptick`` begins with.

``analytics`` is a common name: a package of that name is on the package index, and many people have a
file ``analytics.py``. Whichever Python finds first wins. ``uptick_analytics`` is this library or, on its
first use, one clear error, never another's code; its modules are the very modules of ``analytics``, under
a second name.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

__path__: list[str] = []  # a package: its modules are found by the finder below
_REAL, _OURS = "analytics", "uptick-analytics"


class _SecondName(MetaPathFinder, Loader):
    """Finds ``uptick_analytics.room`` as ``analytics.room``: one module, two names."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if not fullname.startswith(f"{__name__}."):
            return None
        _library()
        real = find_spec(_REAL + fullname.removeprefix(__name__))
        return real and ModuleSpec(fullname, self, is_package=real.submodule_search_locations is not None)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(_REAL + spec.name.removeprefix(__name__))
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module back the specification it had: it is made already."""
        assert module.__spec__ is not None
        module.__spec__ = module.__spec__.loader_state


def _library() -> ModuleType:
    try:
        found: ModuleType | None = import_module(_REAL)
        fault = ""
    except Exception as error:  # another's code may fail in any way
        found, fault = sys.modules.get(_REAL), f", which fails with {type(error).__name__}: {error}"
    if found is not None and getattr(found, "__distribution__", None) == _OURS and not fault:
        return found
    where = getattr(found, "__file__", None) or next(iter(getattr(found, "__path__", [])), None)
    raise ImportError(
        f"the name {_REAL} leads to another package\n"
        f"  expected: the package {_REAL} of {_OURS}\n"
        f"  found: {where or 'none'}{fault}\n"
        f"  what to do: if that is a file of your own, give it another name or work in another folder; if it "
        f"is an installed package, pip uninstall {_REAL}, then pip install --force-reinstall . in the folder "
        f"of {_OURS}"
    )


def main() -> int:
    """Run the command ``uptick``, and return its exit code."""
    try:
        _library()
    except ImportError as error:
        print(f"uptick: {error}", file=sys.stderr)
        return 2
    from analytics.cli import main as command

    return command()


def __getattr__(name: str) -> object:
    if name.startswith("__") and name not in ("__all__", "__version__", "__doc__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_library(), name)


def __dir__() -> list[str]:
    return dir(_library())


if not any(isinstance(finder, _SecondName) for finder in sys.meta_path):
    sys.meta_path.insert(0, _SecondName())
