"""What marketing is told of a decision: written without a second look, unless one is needed."""

from datetime import timedelta

import pytest

from connector.core.plan import ActionState, Destination
from connector.flows.traces import TRACES
from connector.ports import LeadRow, StoredAction
from connector.runner import Task
from jobs.pull_leads import read
from tests.stories.conftest import Story
from tests.stories.people import NOT_YET, READY, arrive, contact_of, marketing_sets, record_of

TASK = Task(run_id="told", progress=lambda _what, _count: None)


def told(story: Story, contact: str) -> StoredAction:
    """The one write to the contact."""
    with story.bench.ledger.transaction() as tx:
        [found] = [
            stored
            for stored in tx.actions_of(f"hs-{contact}")
            if stored.action.destination is Destination.HUBSPOT
        ]
    return found


def deliver(story: Story) -> int:
    """How many calls it took."""
    before = story.bench._hubspot.calls
    story.bench.deliver(Destination.HUBSPOT, run_id=TASK.run_id, progress=TASK.progress)
    return story.bench._hubspot.calls - before


@pytest.mark.parametrize(("minutes", "calls"), [(1, 1), (16, 2)])
def test_a_stage_is_told_in_one_call_where_the_contact_was_just_read(
    story: Story, minutes: int, calls: int
) -> None:
    eva = arrive(story, "eva@alpenblick.example")
    stage = contact_of(story, eva)["lifecyclestage"]
    read(story.bench, TASK)
    story.world.clock.advance(timedelta(minutes=minutes))
    assert deliver(story) == calls
    done = told(story, eva)
    assert done.state is ActionState.DONE
    assert done.action.before["lifecyclestage"] == stage  # what a rollback puts back
    assert contact_of(story, eva)["lifecyclestage"] == done.action.fields["lifecyclestage"]


def test_a_contact_that_is_gone_meanwhile_is_looked_for(story: Story) -> None:
    eva = arrive(story, "eva@alpenblick.example")
    read(story.bench, TASK)
    with story.world.lock:
        story.world.hubspot.archive("contacts", eva)
    deliver(story)
    problem = told(story, eva).action.problem
    assert problem is not None
    assert problem.code == "record-gone"


def test_a_contact_that_is_merged_meanwhile_is_followed(story: Story) -> None:
    eva, other = (arrive(story, f"{name}@alpenblick.example") for name in ("eva", "eva.hofer"))
    read(story.bench, TASK)
    with story.world.lock:
        story.world.hubspot.merge(other, eva)
    deliver(story)
    story.world.clock.advance(timedelta(minutes=3))  # what got no answer waits until all arrived
    deliver(story)
    assert {told(story, id_).state for id_ in (eva, other)} == {ActionState.DONE}


def test_what_we_wrote_a_moment_ago_is_looked_at(story: Story) -> None:
    """It may have arrived after the contact was read."""
    eva = arrive(story, "eva@alpenblick.example", **NOT_YET)
    read(story.bench, TASK)
    assert deliver(story) == 1
    marketing_sets(story, eva, **{name: READY[name] for name in NOT_YET})
    story.world.clock.advance(timedelta(minutes=5))
    read(story.bench, TASK)
    assert deliver(story) == 2


def test_what_stood_there_already_is_not_put_back(story: Story) -> None:
    eva = arrive(story, "eva@alpenblick.example")
    read(story.bench, TASK)
    wanted = {name: str(value) for name, value in told(story, eva).action.fields.items()}
    marketing_sets(story, eva, **wanted)
    story.world.clock.advance(timedelta(minutes=16))
    deliver(story)
    left = told(story, eva)
    assert left.state is ActionState.DONE
    assert not left.action.before


@pytest.mark.parametrize(("minutes", "calls"), [(1, 0), (16, 1)])
def test_a_hand_off_tells_what_the_pull_read_a_moment_ago(
    story: Story, minutes: int, calls: int
) -> None:
    eva = arrive(story, "eva@alpenblick.example", hs_email_last_open_date="2026-03-01T09:30:00Z")
    read(story.bench, TASK)
    assert TRACES in lead_of(story, eva).crm
    story.world.clock.advance(timedelta(minutes=minutes))
    before = story.bench._hubspot.calls
    story.run("push-sqls")
    assert story.bench._hubspot.calls - before == calls
    assert TRACES not in lead_of(story, eva).crm  # told, and kept no longer
    assert "Demo request" in str(record_of(story, f"hs-{eva}"))


def test_who_is_not_handed_over_leaves_no_traces(story: Story) -> None:
    kim = arrive(story, "kim@alpenblick.example", **NOT_YET)
    read(story.bench, TASK)
    assert TRACES not in lead_of(story, kim).crm


def lead_of(story: Story, contact: str) -> LeadRow:
    with story.bench.ledger.transaction() as tx:
        return tx.leads([f"hs-{contact}"])[f"hs-{contact}"]
