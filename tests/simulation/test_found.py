"""Small histories in which something broke once, as they were shrunk."""

import pytest

from connector.adapters.hubspot import client as hubspot_client
from connector.adapters.salesforce import client as salesforce_client
from connector.flows.delivered import ARRIVES
from connector.runner import LEASE_SECONDS
from tests.simulation.company import Trouble
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


def made_and(trouble: Trouble, *after: Step) -> tuple[Step, ...]:
    """One person whom sales has, and another whose hand-off meets trouble; then the rest."""
    return (
        Step(deed="arrive", who="p0", dice=35),
        Step(deed="engage", who="p0", dice=2),
        *JOBS,
        Step(deed="arrive", who="p1", dice=35),
        Step(deed="engage", who="p1", dice=2),
        Step(deed="minutes", dice=20),
        JOBS[0],
        Step(deed="push-sqls", trouble=trouble),
        *after,
    )


MERGED = Step(deed="merge_contacts", who="p1", dice=1)
DELETED = (Step(deed="archive", who="p1"), Step(deed="reconcile"))
RESTORED = Step(deed="restore", who="p1")


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(Trouble(kill_write=1), id="killed with the answer"),
        pytest.param(Trouble(lose=1), id="answer lost"),
        pytest.param(Trouble(lose=-1), id="never arrived"),
    ],
)
@pytest.mark.parametrize(
    "after",
    [
        pytest.param((MERGED,), id="merged"),
        pytest.param(DELETED, id="deleted"),
        pytest.param((*DELETED, RESTORED), id="restored"),
    ],
)
def test_a_record_on_its_way_is_found_whatever_becomes_of_the_contact(
    trouble: Trouble, after: tuple[Step, ...]
) -> None:
    """The contact was merged or deleted before anybody knew whether the Lead is there: it was
    linked with a lead at rest and nobody heard of two, or never linked, or made for nobody."""
    assert not play(made_and(trouble, *after)).faults


def test_who_was_restored_unchanged_before_the_hand_off_is_passed() -> None:
    """Nothing of the contact had changed, so that nobody looked at it again."""
    history = (
        Step(deed="arrive", who="p1", dice=35),
        Step(deed="engage", who="p1", dice=2),
        JOBS[0],
        *DELETED,
        RESTORED,
    )
    assert not play(history).faults


def test_two_records_that_left_in_one_call_are_both_told_of_after_a_merge() -> None:
    """Killed at a random moment, with the answer for both on its way; then they were merged."""
    history = (
        Step(deed="arrive", who="p0", dice=35),
        Step(deed="engage", who="p0", dice=2),
        Step(deed="arrive", who="p1", dice=35),
        Step(deed="engage", who="p1", dice=2),
        JOBS[0],
        Step(deed="push-sqls", trouble=Trouble(kill_write=1)),
        MERGED,
    )
    assert not play(history).faults


@pytest.mark.parametrize("deed", ["work", "reassign", "delete_lead"])
@pytest.mark.parametrize("killed", [0, 1], ids=["reset", "killed"])
def test_a_call_that_arrives_late_changes_nothing_that_people_did_meanwhile(
    deed: str, killed: int
) -> None:
    """Carried out 100 seconds after its sender was cut off or killed: by then the next run had
    looked, found nothing and written itself, and a rep had gone on from there."""
    history = (
        Step(deed="arrive", who="p0", dice=35),
        Step(deed="engage", who="p0", dice=2),
        JOBS[0],
        Step(deed="push-sqls", trouble=Trouble(lose=1, fault="late", kill_write=killed)),
        Step(deed="seconds", dice=5),
        Step(deed="seconds", dice=7),
        *JOBS[1:],
        Step(deed=deed, who="p0", dice=3),
    )
    assert not play(history).faults


def test_a_lease_outlives_every_call_of_its_holder() -> None:
    """A killed holder's last renewal may be a sixth of the lease old."""
    longest = max(sum(hubspot_client.TIMEOUTS), sum(salesforce_client.TIMEOUTS))
    assert longest <= LEASE_SECONDS * 5 / 6
    assert ARRIVES.total_seconds() >= max(salesforce_client.TIMEOUTS)


def test_contacts_behind_an_empty_page_of_a_search_are_read() -> None:
    """Both contacts of the first page were merged away since they were indexed."""
    history = (
        *(Step(deed="arrive", who=who, dice=5710) for who in ("p0", "p1", "p2")),
        JOBS[0],
        Step(deed="cool", who="p2", dice=3340),
        Step(deed="hours", who="p0", dice=9488),
        Step(deed="merge_contacts", who="p1", dice=8777),
        JOBS[0],
    )
    assert not play(history).faults


def test_nobody_is_told_of_a_hand_off_that_was_given_up() -> None:
    """The record that the lead was to come back with is deleted while it is handed over again."""
    history = (
        Step(deed="arrive", who="p0", dice=7403),
        Step(deed="engage", who="p0", dice=2626),
        *JOBS[:2],
        Step(deed="reject", who="p0", dice=845),
        JOBS[2],
        Step(deed="reopen", who="p0", dice=1058),
        Step(deed="recycle-leads"),
        JOBS[2],
        Step(deed="delete_lead", who="p0", dice=8820),
    )
    assert not play(history).faults


def test_sales_is_asked_about_two_records_also_when_their_contact_is_deleted() -> None:
    history = (
        *(Step(deed="arrive", who=who, dice=5710) for who in ("p0", "p1")),
        *(Step(deed="engage", who=who, dice=2626) for who in ("p0", "p1")),
        *JOBS,
        Step(deed="merge_contacts", who="p1", dice=7468),
        Step(deed="hours", who="p0", dice=9488),
        *JOBS,
        Step(deed="archive", who="p1", dice=6284),
        Step(deed="reconcile"),
    )
    assert not play(history).faults


def test_what_was_done_to_a_record_of_which_we_learn_late_is_heard_behind_a_write_of_ours() -> None:
    """The create was never answered, the rep called, and our next write brought the Lead, but not
    the call, into the window that pull-status reads."""
    history = (
        Step(deed="arrive", who="p0", dice=35),
        Step(deed="engage", who="p0", dice=2),
        JOBS[0],
        Step(deed="push-sqls", trouble=Trouble(lose=1)),
        Step(deed="edit_contact", who="p0", dice=4625),
        Step(deed="call", who="p0", dice=2453),
        Step(deed="hours", dice=80),
        JOBS[2],
    )
    assert not play(history).faults


def test_two_leads_that_a_rep_merged_go_on_with_one_task() -> None:
    """Each brought its own along; the one of the other lead became the next touch, and the lead's
    own stayed open beside it."""
    history = (
        Step(deed="arrive", who="p2", dice=1340),
        Step(deed="arrive", who="p3", dice=2594),
        *JOBS[:2],
        Step(deed="call", who="p2", dice=1311),
        Step(deed="call", who="p2", dice=6000),
        Step(deed="merge_leads", who="p2", dice=6582),
    )
    assert not play(history).faults


def test_two_records_of_three_are_still_asked_about_once_a_rep_merged_one() -> None:
    """What asked about all three was over as soon as the first of them was heard to be merged."""
    history = (
        Step(deed="arrive", who="p0", dice=9775),
        Step(deed="arrive", who="p1", dice=5817),
        Step(deed="arrive", who="p2", dice=7310),
        Step(deed="engage", who="p0", dice=1147),
        *JOBS,
        Step(deed="merge_leads", who="p0", dice=5150),
        Step(deed="merge_contacts", who="p1", dice=988),
        Step(deed="merge_contacts", who="p1", dice=1242),
    )
    assert not play(history).faults


def test_what_was_broken_to_somebody_who_is_erased_is_not_judged_again() -> None:
    """Erased events lose their keys; each judgement came again, with its message to a manager."""
    history = (
        Step(deed="arrive", who="p0", dice=6146),
        *JOBS,
        Step(deed="hours", dice=80),
        Step(deed="watch-promises"),
        Step(deed="forget", who="p0", dice=1),
    )
    assert not play(history).faults


def test_a_contact_that_was_away_at_its_hand_off_has_the_owner_of_its_lead_once_it_is_back() -> (
    None
):
    """Deleted and restored before anybody heard of it: the owner was looked for in between."""
    history = (
        Step(deed="arrive", who="p0", dice=9875),
        JOBS[0],
        Step(deed="adopt", who="p0", dice=8703),
        Step(deed="archive", who="p0"),
        Step(deed="minutes", dice=1),
        *JOBS[1:],
        Step(deed="restore", who="p0"),
    )
    assert not play(history).faults


def test_who_is_held_stands_in_nobodys_way_who_has_the_same_address() -> None:
    """A contact without a phone was deleted and made anew with one, before anybody heard of it:
    the first waited for a phone, and the second for the first, in each run anew and unlisted."""
    history = (
        Step(deed="arrive", who="p4", dice=1605),
        JOBS[0],
        Step(deed="archive", who="p4"),
        Step(deed="come_back", who="p4", dice=7275),
    )
    assert not play(history).faults
