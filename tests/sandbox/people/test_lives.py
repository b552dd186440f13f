"""Visitors and a sales team over weeks: funnels with the shape of real ones, repeatable."""

import time
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from connector.sandbox.people.habits import HABITS, Outlook, Rep
from connector.sandbox.people.team import OPEN, REJECTED, WORKING, SalesTeam
from connector.sandbox.salesforce.errors import ApiRefusal
from connector.sandbox.salesforce.settings import SalesforceSettings
from connector.sandbox.serve import Sandbox
from connector.sandbox.story import begin, import_list, up
from connector.sandbox.world import World


@pytest.fixture(scope="module")
def world() -> World:
    return up(weeks=12, leads=600, seed=7)


def contacts(world: World) -> list[dict[str, Any]]:
    return [row["properties"] for row in world.hubspot.records("contacts")]


def test_the_same_seed_tells_the_same_tale(world: World) -> None:
    again = up(weeks=12, leads=600, seed=7)
    assert again.save() == world.save()
    assert contacts(up(weeks=12, leads=600, seed=8)) != contacts(world)


def test_as_many_come_as_were_asked_for() -> None:
    story = begin(weeks=2, leads=300, seed=1)
    story.pass_time(story.ends)
    once = contacts(story.world)
    assert 295 <= len(once) <= 315  # a few come twice under another address, some of them merged
    assert story.world.clock.now() == story.ends


def test_hubspot_knows_what_it_would_know(world: World) -> None:
    people = contacts(world)
    share = {
        name: sum(1 for person in people if person.get(name)) / len(people)
        for name in ("email", "company", "phone", "lr_timeframe", "recent_conversion_date")
    }
    assert share["email"] > 0.93
    assert 0.5 < share["company"] < 0.9
    assert 0.3 < share["phone"] < 0.8
    assert 0.1 < share["lr_timeframe"] < 0.6
    assert 0.6 < share["recent_conversion_date"] < 0.95
    sources = Counter(person["hs_analytics_source"] for person in people)
    assert len(sources) >= 7
    assert any(person.get("hs_email_optout") == "true" for person in people)
    assert any(person.get("hs_merged_object_ids") for person in people)
    assert any(int(person.get("num_notes") or 0) for person in people)
    countries = {person.get("country") for person in people}
    assert {"Germany", "Deutschland"} <= countries


def test_engagements_belong_to_contacts_and_contacts_to_companies(world: World) -> None:
    assert len(world.hubspot.records("emails")) > 20
    assert len(world.hubspot.records("meetings")) > 3
    companies = {row["id"] for row in world.hubspot.records("companies")}
    joined = [person.get("associatedcompanyid") for person in contacts(world)]
    assert companies >= {one for one in joined if one}
    assert sum(1 for one in joined if one) > 200


def test_leads_end_in_every_way_and_deals_are_won_and_lost(world: World) -> None:
    leads = world.salesforce.rows("Lead")
    statuses = Counter(lead["Status"] for lead in leads)
    assert set(statuses) == {OPEN, WORKING, REJECTED, "Closed - Converted"}
    assert 0.08 < statuses["Closed - Converted"] / len(leads) < 0.5
    rejected = [lead for lead in leads if lead["Status"] == REJECTED]
    reasons = Counter(lead.get("Disposition_Reason__c") for lead in rejected)
    assert len(reasons) >= 6
    stages = Counter(row["StageName"] for row in world.salesforce.rows("Opportunity"))
    assert stages["Closed Won"] > 2
    assert stages["Closed Lost"] > 2
    won = [row for row in world.salesforce.rows("Opportunity") if row.get("IsWon")]
    assert all(row["Amount"] > 0 for row in won)


def team_of(habit: str, outlook: Outlook, leads: int = 40) -> tuple[World, SalesTeam]:
    """One rep with one habit, and leads of which all will end alike."""
    world = World(seed=5)
    rep = Rep(
        first_name="Ann",
        last_name="Oak",
        email="ann.oak@northlight.example",
        habits=HABITS[habit],
        zone="Europe/Paris",
    )
    team = SalesTeam(world, world.dice("team"), [rep], judge=lambda lead, rng: outlook)
    for number in range(leads):
        world.salesforce.create(
            "Lead",
            {
                "LastName": f"L{number}",
                "Company": "Elm AG",
                "Phone": "+33 6 00 00 00 00",
                "OwnerId": team.reps[0].user_id,
            },
        )
    return world, team


WILL_BUY = Outlook(reached=0.9, converts=True, wins=True, reason="Other", amount=Decimal(1000))
WILL_NOT = Outlook(reached=0.9, converts=False, wins=False, reason="No budget", amount=Decimal(1))


def first_touches(world: World) -> list[float]:
    """Hours from each lead's arrival to its first task."""
    first: dict[str, datetime] = {}
    for task in world.salesforce.rows("Task"):
        if task.get("WhoId"):
            at = datetime.fromisoformat(task["CreatedDate"])
            first[task["WhoId"]] = min(at, first.get(task["WhoId"], at))
    came = {row["Id"]: row["CreatedDate"] for row in world.salesforce.rows("Lead")}
    return [
        (at - datetime.fromisoformat(came[who])).total_seconds() / 3600
        for who, at in first.items()
        if who in came
    ]


@pytest.mark.parametrize(("habit", "least", "most"), [("fast", 0, 2), ("slow", 20, 400)])
def test_the_fast_and_the_slow(habit: str, least: float, most: float) -> None:
    world, team = team_of(habit, WILL_NOT)
    team.work(world.clock.now() + timedelta(weeks=3))
    hours = first_touches(world)
    assert len(hours) == 40
    assert least <= min(hours)
    assert max(hours) <= most


def test_nobody_works_at_night_or_on_sundays() -> None:
    world, team = team_of("honest", WILL_BUY)
    team.work(world.clock.now() + timedelta(weeks=10))
    hours = team.reps[0].hours()
    moments = [datetime.fromisoformat(row["CreatedDate"]) for row in world.salesforce.rows("Task")]
    assert len(moments) > 100
    assert all(hours.at_work(moment) for moment in moments)


def test_the_silent_rep_never_updates_the_status() -> None:
    world, team = team_of("silent", WILL_NOT)
    team.work(world.clock.now() + timedelta(weeks=8))
    assert {lead["Status"] for lead in world.salesforce.rows("Lead")} == {OPEN}
    assert len(world.salesforce.rows("Task")) > 80


def test_the_honest_rep_rejects_with_the_reason() -> None:
    world, team = team_of("honest", WILL_NOT)
    team.work(world.clock.now() + timedelta(weeks=8))
    leads = world.salesforce.rows("Lead")
    assert {lead["Status"] for lead in leads} == {REJECTED}
    reasons = Counter(lead.get("Disposition_Reason__c") for lead in leads)
    assert reasons["No budget"] > 25
    assert set(reasons) <= {"No budget", "Unreachable", None}


def test_the_exact_rep_does_what_the_outlook_says() -> None:
    world, team = team_of("exact", replace(WILL_BUY, reached=1.0))
    team.work(world.clock.now() + timedelta(weeks=4))
    statuses = Counter(lead["Status"] for lead in world.salesforce.rows("Lead"))
    assert statuses == {"Closed - Converted": 40}
    world, team = team_of("exact", replace(WILL_NOT, reached=1.0))
    team.work(world.clock.now() + timedelta(weeks=4))
    leads = world.salesforce.rows("Lead")
    assert {(row["Status"], row["Disposition_Reason__c"]) for row in leads} == {
        (REJECTED, "No budget")
    }


def test_the_picky_rep_turns_good_leads_away() -> None:
    world, team = team_of("picky", WILL_BUY)
    team.work(world.clock.now() + timedelta(weeks=8))
    statuses = Counter(lead["Status"] for lead in world.salesforce.rows("Lead"))
    assert 8 < statuses[REJECTED] < 32


def test_the_absent_rep_leaves_leads_lying() -> None:
    world, team = team_of("absent", WILL_NOT)
    team.work(world.clock.now() + timedelta(weeks=8))
    untouched = [lead for lead in world.salesforce.rows("Lead") if lead["Status"] == OPEN]
    assert 2 < len(untouched) < 22


def test_won_deals_pass_through_their_stages_to_the_true_amount() -> None:
    world, team = team_of("honest", WILL_BUY, leads=15)
    team.work(world.clock.now() + timedelta(weeks=40))
    deals = world.salesforce.rows("Opportunity")
    assert deals
    assert {(row["StageName"], row["Amount"]) for row in deals} == {("Closed Won", 1000)}
    trail = world.salesforce.query("SELECT StageName FROM OpportunityHistory")
    assert {"Needs Analysis", "Negotiation/Review"} <= {row["StageName"] for row in trail}


def test_deals_are_in_the_currency_of_the_country() -> None:
    settings = SalesforceSettings(currencies=("EUR", "USD", "GBP", "CAD", "JPY"))
    story = begin(weeks=10, leads=400, seed=3, salesforce=settings)
    seen: set[str] = set()
    while story.world.clock.now() < story.ends:
        story.pass_time(story.world.clock.now() + timedelta(weeks=1))
        import_list(story, seen)
    rows = story.world.salesforce.query("SELECT CurrencyIsoCode, Amount FROM Opportunity")
    assert {row["CurrencyIsoCode"] for row in rows} >= {"EUR", "GBP"}


def test_a_lead_in_a_queue_is_taken_by_somebody() -> None:
    world, team = team_of("honest", WILL_NOT, leads=0)
    queue = next(row["Id"] for row in world.salesforce.rows("Group") if "Inbound" in row["Name"])
    lead = world.salesforce.create("Lead", {"LastName": "Q", "Company": "Elm AG", "OwnerId": queue})
    team.work(world.clock.now() + timedelta(days=4))
    assert world.salesforce.get("Lead", lead)["OwnerId"] == team.reps[0].user_id


def test_a_lead_that_comes_back_in_a_new_cycle_is_worked_again() -> None:
    world, team = team_of("honest", WILL_NOT, leads=1)
    team.work(world.clock.now() + timedelta(weeks=6))
    lead = world.salesforce.rows("Lead")[0]["Id"]
    touches = len(world.salesforce.rows("Task"))
    world.salesforce.update("Lead", lead, {"Status": OPEN, "Lead_Cycle__c": 2})
    team.work(world.clock.now() + timedelta(weeks=6))
    assert len(world.salesforce.rows("Task")) > touches
    assert world.salesforce.get("Lead", lead)["Status"] == REJECTED


def test_what_others_do_meanwhile_does_no_harm() -> None:
    story = begin(weeks=6, leads=150, seed=2)
    world = story.world
    story.pass_time(world.clock.now() + timedelta(weeks=1))
    ids = [row["id"] for row in world.hubspot.records("contacts")]
    world.hubspot.archive("contacts", ids[0])
    world.hubspot.gdpr_delete(ids[1])
    world.hubspot.merge(ids[2], ids[3])
    owner = story.team.reps[0].user_id
    leads = [
        world.salesforce.create(
            "Lead", {"LastName": f"L{n}", "Company": "Elm AG", "OwnerId": owner}
        )
        for n in range(6)
    ]
    story.pass_time(world.clock.now() + timedelta(minutes=5))
    world.salesforce.delete("Lead", leads[0])
    world.salesforce.merge("Lead", leads[1], [leads[2]])
    world.salesforce.convert(leads[3])
    story.pass_time(story.ends)
    with pytest.raises(ApiRefusal):
        world.salesforce.update("Lead", leads[0], {"Status": WORKING})


def test_with_a_running_clock_people_live_while_it_is_served() -> None:
    story = begin(weeks=1, leads=200, seed=2, running=True)
    with Sandbox(story.world) as sandbox:
        before = len(story.world.hubspot.records("contacts"))
        requests.post(f"{sandbox.control_url}/clock/advance", json={"days": 1}, timeout=30)
        came = len(story.world.hubspot.records("contacts"))
        with story.world.lock:
            story.world.clock.set(story.ends)
        deadline = time.monotonic() + 10
        while len(story.world.hubspot.records("contacts")) < 190 and time.monotonic() < deadline:
            time.sleep(0.05)
    assert before < came < 190 <= len(story.world.hubspot.records("contacts"))
