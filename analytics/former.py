"""Former spellings: an error names the new one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from analytics.errors import OptionError

__all__ = ["refuse_former", "renamed"]

P = ParamSpec("P")
R = TypeVar("R")


def renamed(**names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function refuse the former spelling of an option with an error that names the new one.

    Parameters
    ----------
    **names : str
        ``former="now"``; a text with a space is advice, used as it stands.

    Examples
    --------
    >>> @renamed(w="half_width")
    ... def chart(*, half_width=3):
    ...     return half_width
    >>> chart(w=2)
    Traceback (most recent call last):
    ...
    analytics.errors.OptionError: chart has no option 'w' any more
      what to do: half_width is its name now
    """

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            for former in names.keys() & kwargs.keys():
                now = names[former]
                raise OptionError(
                    f"{function.__name__} has no option {former!r} any more",
                    todo=now if " " in now else f"{now} is its name now",
                )
            return function(*args, **kwargs)

        return call

    return wrap


def refuse_former(owner: str, name: str, **names: str) -> None:
    """Raise an :class:`OptionError` that names the new spelling, where `name` is the former one of a part.

    For ``__getattr__`` of a module or class, before its AttributeError.

    Parameters
    ----------
    owner : str
        The module or class.
    name : str
        What was asked for.
    **names : str
        ``former="now"``; a text with a space is advice, used as it stands.

    Examples
    --------
    >>> refuse_former("Alarms", "run", run="how()")
    Traceback (most recent call last):
    ...
    analytics.errors.OptionError: Alarms has no 'run' any more
      what to do: how() is its name now
    """
    if name in names:
        now = names[name]
        raise OptionError(
            f"{owner} has no {name!r} any more", todo=now if " " in now else f"{now} is its name now"
        )
