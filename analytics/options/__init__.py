"""One check for each kind of option; every error says what was expected and what was found.

Choices are taken from the ``Literal`` type of the option, so that signature, check and message cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import get_args

import numpy as np
import numpy.typing as npt

from analytics._rooms import names_shown
from analytics._typing import FloatArray
from analytics.errors import OptionError, unknown_option

__all__ = [
    "MOST_REPLICATES",
    "Progress",
    "check_above",
    "check_at_least",
    "check_choice",
    "check_each",
    "check_few",
    "check_flag",
    "check_installed",
    "check_level",
    "check_margin",
    "check_one",
    "check_replicates",
    "check_seed",
    "check_share",
    "check_single",
    "check_whole",
    "choices",
    "install_advice",
    "numbers_of",
    "part_of",
]
__dir__ = names_shown(__name__)

MOST_REPLICATES = 1_000_000  # data sets drawn: more are a slip, and no memory holds them
Progress = Callable[[int, int, str], None]  # progress(done, total, what), before each step


def part_of(progress: Progress | None, *, before: int = 0, after: int = 0) -> Progress:
    """Return what to tell about one part of the work, with so many steps before it and after it.

    Examples
    --------
    >>> part_of(lambda done, total, what: print(done, total, what), before=2, after=1)(0, 3, "first of three")
    2 6 first of three
    """

    def tell(done: int, total: int, what: str) -> None:
        if progress is not None:
            progress(before + done, before + total + after, what)

    return tell


def choices(kind: object) -> tuple[str, ...]:
    """Return the values of a ``Literal`` type, those of nested ones included.

    Examples
    --------
    >>> from typing import Literal
    >>> choices(Literal["greater", "less"])
    ('greater', 'less')
    """
    return tuple(value for value in get_args(kind) if isinstance(value, str))


def check_choice(name: str, value: object, kind: object) -> None:
    """Raise an :class:`OptionError` unless `value` is one of a ``Literal`` type's values.

    Examples
    --------
    >>> from typing import Literal
    >>> check_choice("direction", "greatr", Literal["greater", "less"])
    Traceback (most recent call last):
    ...
    analytics.errors.OptionError: unknown direction 'greatr'
      expected: one of greater, less
      what to do: did you mean greater?
    """
    known = get_args(kind)
    if not any(value is k or (isinstance(value, str) and value == k) for k in known):
        raise unknown_option(name, value, choices(kind))


def numbers_of(value: object) -> FloatArray:
    """Return a number or numbers as floats; what is no number is NaN, which no check lets through.

    Examples
    --------
    >>> numbers_of([0.9, 1]).tolist(), numbers_of("0.9").tolist(), numbers_of(True).tolist()
    ([0.9, 1.0], nan, nan)
    """
    try:
        given = np.asarray(value)
        if given.dtype.kind not in "iufO" or any(isinstance(one, str | bytes | bool) for one in _flat(given)):
            return np.array(np.nan)
        return given.astype(float)
    except (TypeError, ValueError, OverflowError):
        return np.array(np.nan)


def _flat(given: npt.NDArray[np.generic]) -> list[object]:
    """Return what stands in an array of objects; numbers need no look."""
    return given.ravel().tolist() if given.dtype.kind == "O" else []


def check_single(**numbers: object) -> None:
    """Raise an :class:`OptionError` unless each is one number, neither a list of them nor None.

    Examples
    --------
    >>> check_single(alpha=[0.05])
    Traceback (most recent call last):
    ...
    analytics.errors.OptionError: alpha is not one number
      expected: such as 0.05
      found: [0.05]
    """
    for name, value in numbers.items():
        if value is None or numbers_of(value).ndim > 0:
            such = {"alpha": "0.05", "confidence": "0.95"}.get(name, "1.5")
            raise OptionError(f"{name} is not one number", expected=f"such as {such}", found=str(value))


def check_level(**levels: object) -> None:
    """Raise an :class:`OptionError` for a level (one or many) that does not lie between 0 and 1; None passes.

    Examples
    --------
    >>> check_level(alpha=5)
    Traceback (most recent call last):
    ...
    analytics.errors.OptionError: alpha must lie between 0 and 1
      expected: such as 0.05
      found: 5
    """
    for name, value in levels.items():
        number = numbers_of(value)
        if value is not None and not ((number > 0) & (number < 1)).all():
            such = "0.95" if name == "confidence" else "0.05"
            raise OptionError(
                f"{name} must lie between 0 and 1", expected=f"such as {such}", found=str(value)
            )


def check_share(**shares: object) -> None:
    """Raise an :class:`OptionError` for a share that is not above 0 and at most 1; None passes."""
    for name, value in shares.items():
        number = numbers_of(value)
        if value is not None and not ((number > 0) & (number <= 1)).all():
            raise OptionError(f"{name} is not usable", expected="above 0 and at most 1", found=str(value))


def check_margin(margin: object, name: str = "margin") -> None:
    """Raise an :class:`OptionError` unless the margin, a ratio, is above 1."""
    if not (numbers_of(margin) > 1).all():
        raise OptionError(f"{name} must be above 1", expected="such as 1.5", found=str(margin))


def check_above(least: float, **limits: object) -> None:
    """Raise an :class:`OptionError` unless every number that is given lies above `least`; None passes."""
    for name, value in limits.items():
        if value is not None and not (numbers_of(value) > least).all():
            raise OptionError(f"{name} must be above {least:g}", found=str(value))


def check_at_least(least: float, **limits: object) -> None:
    """Raise an :class:`OptionError` unless every number that is given is `least` or more; None passes."""
    for name, value in limits.items():
        if value is not None and not (numbers_of(value) >= least).all():
            raise OptionError(f"{name} must be at least {least:g}", found=str(value))


def check_whole(least: int, most: int | None = None, /, *, unit: str = "", **numbers: object) -> None:
    """Raise an :class:`OptionError` unless every number that is given is whole and in range; None passes.

    Examples
    --------
    >>> check_whole(1, last=0)
    Traceback (most recent call last):
    ...
    analytics.errors.OptionError: last is not usable
      expected: a whole number from 1
      found: 0
    """
    for name, value in numbers.items():
        if value is None:
            continue
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool | np.bool_)
        if not whole or value < least or (most is not None and value > most):  # type: ignore[operator]
            upto = "" if most is None else f" to {most}"
            of = f" of {unit}" if unit else ""
            raise OptionError(
                f"{name} is not usable", expected=f"a whole number{of} from {least}{upto}", found=str(value)
            )


def check_seed(seed: object) -> None:
    """Raise an :class:`OptionError` unless a random generator can start from this seed."""
    if seed is None:
        raise OptionError("seed is not usable", expected="a whole number from 0", found="None")
    check_whole(0, seed=seed)


def check_one(**given: object) -> None:
    """Raise an :class:`OptionError` if more than one of these is given: they say the same in two ways.

    Examples
    --------
    >>> check_one(arl=52, threshold=4.0)
    Traceback (most recent call last):
    ...
    analytics.errors.OptionError: arl and threshold say the same in two ways
      what to do: give arl or threshold
    """
    names = [name for name, value in given.items() if value is not None]
    if len(names) > 1:
        raise OptionError(
            f"{' and '.join(names)} say the same in two ways", todo=f"give {' or '.join(names)}"
        )


def check_replicates(replicates: object, alpha: float) -> None:
    """Raise an :class:`OptionError` unless so many random data sets can give a p-value of `alpha`.

    Examples
    --------
    >>> check_replicates(18, 0.05)
    Traceback (most recent call last):
    ...
    analytics.errors.OptionError: 18 replicates cannot give a p-value of 0.05
      expected: at least 19
      found: 18
    """
    check_whole(1, MOST_REPLICATES, replicates=replicates)
    least = int(np.ceil(1 / alpha - 1))
    if replicates < least:  # type: ignore[operator]
        raise OptionError(
            f"{replicates} replicates cannot give a p-value of {alpha:g}",
            expected=f"at least {least}",
            found=str(replicates),
        )


def check_flag(**flags: object) -> None:
    """Raise an :class:`OptionError` unless every one is True or False."""
    for name, value in flags.items():
        if not isinstance(value, bool | np.bool_):
            raise OptionError(f"{name} is not a yes or no", expected="True or False", found=str(value))


def check_each(name: str, value: object, series: int) -> FloatArray:
    """Return one finite number for each region, from one for all or one for each; shape (series,).

    Raises
    ------
    OptionError
        If there are neither one nor as many as regions, or one is not a finite number.

    Examples
    --------
    >>> check_each("alpha", 0.05, 2).tolist()
    [0.05, 0.05]
    """
    numbers = numbers_of(value)
    if numbers.ndim > 1 or numbers.size not in (1, series) or not np.isfinite(numbers).all():
        raise OptionError(
            f"{name} is not usable",
            expected=f"one number, or {series}, one for each region",
            found=str(value),
        )
    return np.broadcast_to(numbers.ravel(), (series,)).astype(float)


def check_few(limit: object, name: str = "limit54") -> None:
    """Raise an :class:`OptionError` unless `limit` is None or incidents and weeks, such as (5, 4)."""
    if limit is None:
        return
    if not isinstance(limit, tuple | list) or len(limit) != 2:
        raise OptionError(
            f"{name} is not usable", expected="(incidents, weeks), such as (5, 4)", found=str(limit)
        )
    incidents, weeks = limit
    check_whole(0, 10**6, **{f"{name} incidents": incidents})
    check_whole(1, 52, **{f"{name} weeks": weeks})


def check_installed(package: str, *, what: str, extra: str, instead: str) -> None:
    """Raise an :class:`OptionError` unless a package that an option needs is there.

    Parameters
    ----------
    package : str
        As it is imported.
    what : str
        What it does for the option.
    extra : str
        The extra it is installed with.
    instead : str
        What to do without it.
    """
    if find_spec(package) is None:
        raise OptionError(
            f"{what} with {package}, which is not installed",
            todo=f"{install_advice(extra)}, or {instead}",
        )


def install_advice(extra: str) -> str:
    """Return how an extra is installed: from the project's own folder, since no index has it.

    Examples
    --------
    >>> install_advice("report")
    "in the folder of uptick-analytics: pip install '.[report]'"
    """
    return f"in the folder of uptick-analytics: pip install '.[{extra}]'"
