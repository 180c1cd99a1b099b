"""The way in to the detectors as R's surveillance has them: ``compat="surveillance"``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from inspect import signature
from typing import Literal, ParamSpec, TypeVar

from analytics.errors import OptionError
from analytics.options import check_choice

__all__ = ["Compat", "has_reference", "only_as_in_r"]

Compat = Literal["surveillance"]

P = ParamSpec("P")
R = TypeVar("R")


def has_reference(function: Callable[P, R]) -> Callable[P, R]:
    """Let a detector be answered by the function of its name in :mod:`analytics.detectors.surveillance`.

    With ``compat="surveillance"`` the options that are given go to that function, and those that are not
    have its defaults. One that it does not have is refused.
    """
    name = function.__name__

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        compat = kwargs.get("compat")
        if compat is None:
            return function(*args, **kwargs)
        check_choice("compat", compat, Compat)
        theirs: Callable[..., R] = getattr(import_module("analytics.detectors.surveillance"), name)
        options = {option: value for option, value in kwargs.items() if option != "compat"}
        known = signature(theirs).parameters
        for option in options:
            if option not in known:
                raise OptionError(
                    f"{option} is not part of compat",
                    expected=", ".join(k for k, p in known.items() if p.kind is p.KEYWORD_ONLY),
                    todo="leave one of the two out",
                )
        return theirs(*args, **options)

    return call


def only_as_in_r(name: str, options: str) -> dict[str, str]:
    """Return, for :func:`analytics.former.renamed`, where options have gone that only R's function has."""
    advice = f"it is an option of analytics.detectors.surveillance.{name}"
    return dict.fromkeys(options.split(), advice)
