"""Some weeks of a company: nothing is lost, both systems agree, and the reports tell it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from connector.core.journeys import State, journeys_from, stage_names
from connector.core.promises import PromiseState
from connector.flows.audit import Audit, audit
from connector.flows.standings import standings
from connector.sandbox.people.agenda import pass_time
from connector.sandbox.people.habits import by_truth
from connector.sandbox.people.life import Life
from connector.sandbox.people.team import SalesTeam
from tests.conftest import NewLedger
from tests.stories.conftest import ROOT, Story, story_on

JOBS = ("pull-leads", "push-sqls", "pull-status", "recycle-leads")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, new_ledger: NewLedger) -> Iterator[Story]:
    """Six weeks with sixty leads, worked by a simulated team."""
    folder = tmp_path_factory.mktemp("loop")
    with story_on(folder, ROOT / "mappings", new_ledger(folder)) as story:
        world = story.world
        ends = world.clock.now() + timedelta(weeks=6)
        with world.lock:
            life = Life(world, world.dice("life"), leads=60, ends=ends)
            team = SalesTeam(world, world.dice("team"), judge=by_truth(life))
        while world.clock.now() < ends:
            with world.lock:
                pass_time(world, [life, team], world.clock.now() + timedelta(days=1))
            story.run(*JOBS)
        story.run(*JOBS)
        story.run("closed-loop")
        yield story


def audited(story: Story) -> Audit:
    bench = story.new_bench()
    return audit(
        bench.ledger,
        bench.ruleset,
        now=bench.clock.now(),
        marketing=bench.marketing,
        crm=bench.crm,
    )


def test_nothing_is_lost_and_both_systems_agree(lived: Story) -> None:
    found = audited(lived)
    assert found.passed > 5
    assert sum(found.states.values()) == found.passed
    assert len([s for s in State if found.states.get(s)]) >= 3
    assert found.compared["hubspot"] >= 60
    assert found.compared["salesforce"] == found.passed or found.compared["salesforce"] > 5
    assert set(found.codes) <= {"frozen"}  # a slow rep is a true exception


def test_marketing_keeps_its_promise_to_take_leads_back(lived: Story) -> None:
    bench = lived.new_bench()
    found = [
        state.state
        for _, _, states in standings(bench.ledger, bench.ruleset, bench.clock.now())
        for state in states
        if state.clause.name == "take-back"
    ]
    taken = [j for j in bench.ledger.journeys() if j.recycled_at is not None]
    assert taken
    assert found.count(PromiseState.KEPT) == len(taken)


def test_what_goes_wrong_behind_our_back_is_found(lived: Story) -> None:
    world = lived.world
    bench = lived.new_bench()
    with bench.ledger.transaction() as tx:
        rows = bench.ledger.lead_rows()
        there = [r for r in rows if r.state.salesforce_kind == "Lead"]
        lost, moved = there[0].state, next(r for r in rows if not r.state.salesforce_id)
        tx.save_leads([replace(moved, state=replace(moved.state, stage="accepted"))])
        taken = next(r for r in there[1:] if r.state.owner and r.state.passed_at)
        other = next(p for p in bench.ruleset.people.persons if p != taken.state.owner)
        tx.save_leads([replace(taken, state=replace(taken.state, owner=other))])
        edited = next(r for r in there[1:] if r is not taken)
    with world.lock:  # somebody edits what is ours; it is heard of, and no lead of ours changes
        world.hubspot.update("contacts", edited.hubspot_id, {"lr_outcome_stage": "Elsewhere"})
    world.clock.advance(timedelta(minutes=5))
    lived.run("pull-leads")
    with world.lock:
        world.salesforce.delete("Lead", lost.salesforce_id or "")
        contact = moved.hubspot_id
        world.hubspot.archive("contacts", contact)
    found = audited(lived)
    named = {(f.code, f.lead_id) for f in found.findings}
    assert ("salesforce-lacks", lost.lead_id) in named
    assert ("stage-differs", moved.state.lead_id) in named
    assert ("hubspot-lacks", moved.state.lead_id) in named
    assert ("salesforce-differs", taken.state.lead_id) in named
    assert ("hubspot-differs", edited.state.lead_id) in named
    assert found.codes["sums-differ"] == 2  # one stage has one too many, one has one too few
    assert found.codes["counts-differ"] == 1
    assert not found.is_clean


def test_the_ledgers_journeys_are_those_of_its_events(lived: Story) -> None:
    bench = lived.new_bench()
    names = stage_names(bench.ruleset.vocabulary)
    bench.ledger.measure(names)
    events = [stored.event for stored in bench.ledger.events(limit=1_000_000)]
    assert list(bench.ledger.journeys()) == journeys_from(events, names)
