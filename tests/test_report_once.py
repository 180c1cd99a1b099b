"""A report reads its file once: what the command has counted is handed to the notebook it runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analytics.reporting.content.weekly import ReportRequest, reading, weekly_counts
from analytics.reporting.content.weekly.handed import handed_over, handing_over


@pytest.fixture
def scope():
    return weekly_counts(sample=True, as_of="2020-04-19", sections="none")


def test_the_counts_handed_over_are_those_that_were_read(scope, monkeypatch):
    with handing_over(scope) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(reading, "read_incidents", None)  # nothing is read
        again = weekly_counts(scope.request)
        assert again.request == scope.request
        assert (again.counts.values == scope.counts.values).all()
        assert again.incidents.fingerprint == scope.incidents.fingerprint
        read, before = again.incidents.accounting, scope.incidents.accounting
        assert (read.rows_read, read.kept, read.set_aside) == (
            before.rows_read,
            before.kept,
            before.set_aside,
        )
        assert handed_over(replace(scope.request, where="fatalities >= 1")) is None
    assert handed_over(scope.request) is None  # gone with the run


def test_without_a_command_a_notebook_reads_itself(monkeypatch):
    monkeypatch.delenv("UPTICK_COUNTED", raising=False)
    assert handed_over(ReportRequest(sample=True, as_of="2020-04-19")) is None
