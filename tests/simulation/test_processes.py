"""Real processes, killed with SIGKILL at named boundaries of their writes and at random moments."""

import pytest

from tests.conftest import Databases
from tests.simulation.killed import POINTS
from tests.simulation.processes import survive, survive_at

NUMBERS = (1, 2, 3, 4, 6, 9, 13)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("point", POINTS)
def test_a_company_outlives_processes_killed_at_named_boundaries(point: str) -> None:
    ending = survive_at([f"{point}:{number}" for number in NUMBERS])
    assert not ending.faults
    assert ending.deaths >= 3


@pytest.mark.timeout(300)
@pytest.mark.postgres
def test_so_it_does_on_postgresql(databases: Databases) -> None:
    points = [f"{point}:{number}" for point, number in zip(POINTS, (2, 4, 1, 3), strict=True)]
    ending = survive_at(points, databases.ledger())
    assert not ending.faults
    assert ending.deaths >= 3


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", [3, 7])
def test_a_company_outlives_processes_killed_at_any_moment(number: int) -> None:
    assert not survive(number).faults
