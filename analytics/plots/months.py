"""Names of months on axes: the report's, never the machine's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from analytics.errors import OptionError
from analytics.results.words_days import MONTHS

__all__ = ["day_labels", "month_names", "plot_months"]

_SHORT = tuple(name[:3] for name in MONTHS)
_names: ContextVar[tuple[str, ...]] = ContextVar("uptick_months", default=_SHORT)


def month_names() -> tuple[str, ...]:
    """Return what the months are called on an axis, January first."""
    return _names.get()


@contextmanager
def plot_months(names: Sequence[str]) -> Iterator[None]:
    """Draw with other names of months inside a ``with`` block.

    Parameters
    ----------
    names : sequence of str
        Twelve, January first.

    Examples
    --------
    >>> with plot_months(["janv.", "févr.", "mars", *["…"] * 9]):
    ...     month_names()[0]
    'janv.'
    >>> month_names()[0]
    'Jan'
    """
    if len(names) != 12:
        raise OptionError("a year has twelve months", found=f"{len(names)} names")
    held = _names.set(tuple(names))
    try:
        yield
    finally:
        _names.reset(held)


def day_labels(form: str) -> Any:
    r"""Return a formatter of matplotlib for days, such as ``"{month}\n{year}"`` or ``"{day:02d} {month}"``.

    The names are those in use now, whatever the locale of the machine is now or later.
    """
    from matplotlib import dates
    from matplotlib.ticker import FuncFormatter

    names, moment = month_names(), dates.num2date

    def label(value: float, _: int | None = None) -> str:
        day = moment(value)  # type: ignore[no-untyped-call]
        return form.format(day=day.day, month=names[day.month - 1], year=day.year)

    return FuncFormatter(label)
