"""Every planted mistake is found; `make mistakes` plants them all, `--blind` by seeds alone."""

import pytest

from tests.simulation.mistakes import MISTAKES, Mistake, search


def test_there_are_enough_and_each_is_explained() -> None:
    assert len(MISTAKES) >= 20
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES)
    assert all(mistake.plant.__doc__ for mistake in MISTAKES)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "mistake", [m for m in MISTAKES if m.scenes], ids=lambda mistake: mistake.name
)
def test_a_planted_mistake_is_found(mistake: Mistake) -> None:
    assert search(mistake, 0) is not None
