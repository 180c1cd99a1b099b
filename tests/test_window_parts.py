"""What a test is asked and what it answers stays as it was made; its parts by hand."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import pytest

from analytics.kernels.windows.answer import Answer, Expected
from analytics.kernels.windows.asked import Asked, History, Stretch
from analytics.kernels.windows.asked import Tested as Constant
from analytics.results.grades import Rules, Seen

HOLD_ARRAYS = (Answer, Expected, Asked, History, Stretch, Constant)


@pytest.mark.parametrize("kind", [*HOLD_ARRAYS, Rules, Seen])
def test_what_is_asked_and_answered_cannot_be_changed(kind):
    made = object.__new__(kind)
    with pytest.raises(FrozenInstanceError):
        setattr(made, fields(kind)[0].name, 0)
    assert not hasattr(made, "__dict__")


@pytest.mark.parametrize("kind", HOLD_ARRAYS)
def test_what_holds_arrays_is_the_same_as_itself_alone(kind):
    one, other = object.__new__(kind), object.__new__(kind)
    assert one == one
    assert one != other
