"""What a status asks of the weeks before: that which the full test says of them, without the rest of it."""

import numpy as np
import pytest

from analytics import Counts, uptick_test
from analytics.results.words import SUPPORTED

REGIONS = 8
DAYS = 850  # over 730 before the guard, so that an expectation can be fitted in every week asked about


@pytest.fixture(scope="module")
def panel():
    """Eight regions: four rise, one of them where days lack coverage; one falls, one or two are empty."""
    values = np.random.default_rng(3).negative_binomial(1, 0.5, (DAYS, REGIONS))
    values[-28:, 0] += 6
    values[-21:-7, 1] += 6
    values[-14:, 2] += 6
    values[-30:, 3] = 0
    values[-28:, 4] += 6
    values[:, 5] = 0
    values[:, 6] = 0
    values[-20:-18, 6] = 1
    covered = np.ones_like(values, bool)
    covered[-10:-6, 4] = False
    names = [f"R{at}" for at in range(REGIONS)]
    return Counts.from_array(values, freq="day", start="2018-01-01", regions=names, coverage=covered)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"method": "lrd_b"},
        {"null": "expected"},
        {"null": "auto"},
        {"direction": "less", "completeness": 1},
    ],
    ids=lambda options: " ".join(map(str, options.values())) or "default",
)
def test_those_called_some_weeks_before_are_those_that_the_whole_test_calls(panel, options):
    evidence = uptick_test(panel, **options).evidence
    called = []
    for weeks in range(4):
        whole = evidence.before(weeks).frame["verdict"] == SUPPORTED
        assert evidence.called(weeks).tolist() == whole.tolist(), weeks
        called.append(whole.tolist())
    assert any(map(any, called))
    assert not all(map(all, called))
