"""The kernels of recurrence, forecasts, delays, claims, pairs, change and space: small arrays again."""

from __future__ import annotations

import pytest
from test_kernel_figures import CASES, HERE, check


@pytest.mark.parametrize(("room", "name"), [case for case in CASES if case[0] not in HERE])
def test_what_kernels_return_is_what_it_was(room, name):
    check(room, name)
