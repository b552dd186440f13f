"""The other half of the seeds of test_seeds.py: files are shared out among the cores."""

import pytest

from tests.simulation.test_seeds import PART, SEEDS, broken


@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", range(SEEDS // 2, SEEDS, PART))
def test_no_later_seed_breaks_a_promise(first: int) -> None:
    assert not broken(first)
