"""What an office brings to a weekly report: its template's words, and a notebook of its own."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

from analytics.errors import InputError, OptionError
from analytics.reporting.content.weekly.request import ReportRequest
from analytics.reporting.notebook.office import OfficeTemplate

__all__ = ["dressed_request", "own_parameters"]

_OUTSIDE = ("title", "subtitle", "paper", "language")  # what is set around a notebook


def dressed_request(request: ReportRequest, office: OfficeTemplate | None) -> ReportRequest:
    """Return the request with what a template states and the request does not.

    Examples
    --------
    >>> office = OfficeTemplate(title="Weekly incident report", handling="For internal use")
    >>> asked = dressed_request(ReportRequest(sample=True, as_of="2020-04-19", handling="Public"), office)
    >>> asked.title, asked.handling
    ('Weekly incident report', 'Public')
    """
    if office is None:
        return request
    missing = {name: value for name, value in office.stated().items() if getattr(request, name) is None}
    return replace(request, **missing)  # type: ignore[arg-type]


def own_parameters(notebook: Path, request: ReportRequest) -> list[str]:
    """Return which of the request's parameters an office's own notebook takes.

    Raises
    ------
    InputError
        If the file is no notebook, has not exactly one cell of parameters, or that cell has no `as_of`.
    OptionError
        If something was asked for that the notebook has no parameter for: it would be left out unseen.
    """
    from analytics.reporting.notebook.execute import parameter_names

    known = parameter_names(notebook)
    listed = [field.name for field in fields(ReportRequest)]
    if "as_of" not in known:
        raise InputError(
            "the notebook takes no day",
            expected="as_of among the names of its cell tagged 'parameters'",
            found=", ".join(known) or "no names",
            where=str(notebook),
            todo="notebooks/weekly_report.ipynb has all that a report can be asked",
        )
    usual = {field.name: field.default for field in fields(ReportRequest)}
    asked = [name for name in listed if name != "sha256" and getattr(request, name) != usual[name]]
    lost = [name for name in asked if name not in known and name not in _OUTSIDE]
    if lost:
        raise OptionError(
            f"the notebook has no parameter {', '.join(lost)}",
            expected="each option given is a name in its cell tagged 'parameters'",
            found=", ".join(known),
            where=str(notebook),
            todo="add the name to the cell and use it, or leave the option out",
        )
    return [name for name in listed if name in known]
