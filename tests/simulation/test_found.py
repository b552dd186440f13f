"""Small histories in which something broke once, as they were shrunk."""

from tests.simulation.play import play
from tests.simulation.steps import Step

JOBS = tuple(Step(deed=name) for name in ("pull-leads", "push-sqls", "pull-status"))


def test_a_merged_contact_shows_the_status_of_the_lead_that_goes_on() -> None:
    """HubSpot kept the rejection of the other one, and nobody told it otherwise."""
    history = (
        Step(deed="arrive", who="p0", dice=35),
        Step(deed="arrive", who="p1", dice=85),
        Step(deed="arrive", who="p5", dice=19),
        Step(deed="engage", who="p0", dice=2),
        Step(deed="engage", who="p5", dice=59),
        *JOBS[:2],
        Step(deed="reject", who="p1", dice=8),
        JOBS[2],
        Step(deed="merge_contacts", who="p1", dice=15),
        Step(deed="merge_leads", who="p5", dice=80),
    )
    assert not play(history).faults
