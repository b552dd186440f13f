"""Routing: every way to an owner, every reason against one, and always an owner in the end."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.errors import StopTheRun
from connector.core.owners import (
    Candidate,
    Directory,
    Known,
    candidates,
    directory,
    directory_problems,
    person_named,
)
from connector.core.records import SourceRecord, System
from connector.core.routing import Router
from connector.core.rules.people import People
from connector.core.rules.routing import ExistingOwner, Mode
from connector.core.turns import TurnHistory, fairness
from connector.ports import CrmPerson, Member

from .agreed import CALENDARS, MONDAY_9, away, is_, line, people, person, rule, ruleset, state

EMEA = rule("emea", "team:emea", place=line(14))
OWNERS = Directory(
    owners={f"005{key:0<12}": key for key in ("ana", "ben", "cho", "dan")}
    | {"00G" + "0" * 12: "queue:inbox"}
)


def routed(rules, values=None, lead=None, now=MONDAY_9, **more):
    settings_ = {name: more.pop(name) for name in tuple(more) if name in RULE_SETTINGS}
    return Router(ruleset(*rules, **settings_)).route(
        values or {}, lead or state(), now=now, **more
    )


RULE_SETTINGS = {
    "mode", "roster", "fallback", "existing_owner", "single_contact", "tele_team",
    "working_hours_only", "return_to_refuser",
}  # fmt: skip


def owned_by(key, known=Known.CONTACT, record="003A", **more):
    return Candidate(known=known, record_id=record, owner_id=f"005{key:0<12}", **more)


def reasons(decision):
    return {step.subject: step.why for step in decision.steps}


# --- rules -----------------------------------------------------------------------------------


def test_the_first_rule_that_holds_decides_and_says_where_it_stands():
    us = rule("us", "person:dan", is_("country", "US"), kind="territory", place=line(9))
    decision = routed([us, EMEA], {"country": "US"})
    assert (decision.owner, decision.rule, decision.kind) == ("dan", "us", "territory")
    assert str(decision.place) == "routing.yaml:9:1"
    assert decision.turn is None


def test_a_rule_that_does_not_hold_is_explained_by_its_failing_clause():
    us = rule("us", "person:dan", is_("country", "US"))
    decision = routed([us, EMEA], {"country": "FR"})
    assert reasons(decision)["us"] == "does not hold: not country is US"
    assert decision.owner == "ana"


def test_the_one_who_captured_the_lead_gets_it():
    captured = rule("captured by", "field:captured_by", is_("captured_by", True, "present"))
    assert routed([captured, EMEA], {"captured_by": "CHO@seller.example"}).owner == "cho"


def test_a_field_that_names_nobody_passes_on_to_the_next_rule():
    captured = rule("captured by", "field:captured_by")
    decision = routed([captured, EMEA], {"captured_by": "someone else"})
    assert decision.owner == "ana"
    assert "names nobody" in reasons(decision)["captured by"]


def test_a_queue_can_own_a_lead():
    decision = routed([rule("centre", "queue:inbox")])
    assert (decision.owner, decision.queue) == ("queue:inbox", "inbox")


def test_without_a_rule_the_fallback_owns_the_lead():
    decision = routed([])
    assert (decision.owner, decision.kind) == ("queue:inbox", "fallback")


# --- people ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ana", "more", "why"),
    [
        (away("ana", "2026-03-02", "2026-03-06"), {}, "absent until 2026-03-06"),
        (person("ana", on_hold=True), {}, "on hold"),
        (person("ana", cap_per_day=2), {"today": {"ana": 2}}, "cap of 2 a day reached"),
        (person("ana", cap_open=5), {"open_leads": {"ana": 7}}, "cap of 5 open leads reached"),
        (person("ana"), {"unavailable": {"ana"}}, "no active user in the CRM"),
        (person("ana"), {"lead": state(refused_by=("ana",))}, "gave this lead back before"),
        (person("ana", weight=0), {}, "weight 0"),
    ],
)
def test_who_is_passed_over_in_a_rotation_and_why(ana, more, why):
    decision = routed([EMEA], roster=people(ana), **more)
    assert decision.owner == "ben"
    assert decision.turn.skipped == (("ana", why),)
    assert reasons(decision)["emea/ana"] == why


def test_an_absence_ends_in_the_persons_own_calendar():
    roster = people(away("dan", "2026-03-02", "2026-03-02"))
    to_dan = [rule("us", "person:dan")]
    midnight_in_new_york = datetime(2026, 3, 3, 5, 0, tzinfo=UTC)
    assert routed(to_dan, roster=roster, now=midnight_in_new_york).owner == "dan"
    before = midnight_in_new_york - timedelta(minutes=1)
    assert routed(to_dan, roster=roster, now=before).owner == "queue:inbox"


def test_a_deputy_stands_in_for_a_named_person():
    roster = people(away("ben", "2026-03-01", "2026-03-31", deputy="ana"))
    decision = routed([rule("key accounts", "person:ben")], roster=roster)
    assert decision.owner == "ana"
    assert "deputy of ben" in decision.because


def test_deputies_in_a_circle_end_at_the_fallback():
    roster = people(
        person("ana", on_hold=True, deputy="ben"), person("ben", on_hold=True, deputy="ana")
    )
    assert routed([rule("key accounts", "person:ben")], roster=roster).owner == "queue:inbox"


def test_a_refuser_gets_the_lead_again_only_where_the_file_says_so():
    lead = state(refused_by=("dan",))
    us = [rule("us", "person:dan")]
    assert routed(us, lead=lead).owner == "queue:inbox"
    assert routed(us, lead=lead, return_to_refuser=True).owner == "dan"


def test_only_people_at_work_share_a_turn_where_the_file_says_so():
    roster = people(person("ana", calendar="east"))
    decision = routed([EMEA], roster=roster, working_hours_only=True)
    assert decision.owner == "ben"
    assert ("ana", "not at work now") in decision.turn.skipped


def test_on_a_sunday_hours_are_left_aside():
    sunday = datetime(2026, 3, 1, 10, tzinfo=UTC)
    decision = routed([EMEA], working_hours_only=True, now=sunday)
    assert decision.owner == "ana"
    assert "nobody is at work" in reasons(decision)["emea/ana"]


# --- existing owners -------------------------------------------------------------------------


def test_the_owner_of_a_known_contact_comes_before_the_rules():
    decision = routed([EMEA], candidates=(owned_by("cho"),), directory=OWNERS)
    assert (decision.owner, decision.kind, decision.turn) == ("cho", "contact", None)


def test_an_existing_owner_may_be_over_the_cap_but_not_away():
    capped = people(person("cho", cap_per_day=0))
    known = {"candidates": (owned_by("cho"),), "directory": OWNERS}
    assert routed([EMEA], roster=capped, **known).owner == "cho"
    gone = people(away("cho", "2026-03-01", "2026-03-09"))
    assert routed([EMEA], roster=gone, **known).owner == "ana"


def test_a_leaver_who_owns_the_contact_gets_nothing():
    left = replace(OWNERS, inactive=frozenset({"cho"}))
    decision = routed([EMEA], candidates=(owned_by("cho"),), directory=left)
    assert decision.owner == "ana"
    assert reasons(decision)["contact 003A"] == "cho cannot take it"
    assert ("cho", "no active user in the CRM") in decision.turn.skipped


def test_records_of_queues_and_strangers_are_no_claim():
    by_queue = Candidate(known=Known.OPEN_LEAD, record_id="00Q1", owner_id="00G" + "0" * 15)
    stranger = Candidate(known=Known.CONTACT, record_id="0031", owner_id="005Z")
    decision = routed([EMEA], candidates=(by_queue, stranger), directory=OWNERS)
    assert decision.owner == "ana"
    assert reasons(decision)["open_lead 00Q1"] == "owned by a queue"
    assert reasons(decision)["contact 0031"] == "its owner is not on the roster"


def account(id_, name, website="", owner="ana", last=None):
    moment, owner = datetime(2026, 1, 1, tzinfo=UTC), f"005{owner:0<12}"
    return SourceRecord(
        system=System.SALESFORCE, kind="Account", id=id_, created_at=moment, updated_at=moment,
        values={"Name": name, "Website": website, "OwnerId": owner, "LastActivityDate": last},
    )  # fmt: skip


def found_person(kind, id_, owner, converted=False):
    return CrmPerson(
        kind=kind, id=id_, email="x@acme.example", owner_id=f"005{owner:0<12}", converted=converted
    )


VALUES = {"company": "Acme GmbH", "website": "https://www.acme.example", "email": "jo@gmail.com"}


def test_claims_are_ranked_and_ties_are_broken_the_same_way_each_time():
    claims = candidates(
        VALUES,
        [found_person("Contact", "003B", "ben"), found_person("Lead", "00QC", "ana", True),
         found_person("Lead", "00QD", "dan")],
        [account("001A", "ACME Inc", owner="cho", last="2026-02-01"),
         account("001B", "Acme", owner="ben", last="2026-02-20"),
         account("001C", "Acme", owner="ana"),
         account("001D", "Other", "acme.example/de", owner="dan"),
         account("001E", "Somebody Else")],
        ExistingOwner(),
        with_open_opportunity=frozenset({"001C"}),
    )  # fmt: skip
    assert [(c.known, c.record_id) for c in claims] == [
        (Known.OPEN_LEAD, "00QD"),
        (Known.CONTACT, "003B"),
        (Known.ACCOUNT_DOMAIN, "001D"),
        (Known.ACCOUNT_NAME, "001C"),
        (Known.ACCOUNT_NAME, "001B"),
        (Known.ACCOUNT_NAME, "001A"),
    ]


def test_only_the_claims_that_the_file_recognises_count():
    nobody = ExistingOwner(open_lead=False, contact=False, account_domain=False, account_name=False)
    persons = [found_person("Lead", "00QD", "dan"), found_person("Contact", "003B", "ben")]
    assert candidates(VALUES, persons, [account("001A", "Acme")], nobody) == ()


def test_a_free_mail_address_claims_no_account():
    claims = candidates(
        {"email": "jo@gmail.com"}, [], [account("001A", "Google", "gmail.com")], ExistingOwner()
    )
    assert claims == ()


# --- modes -----------------------------------------------------------------------------------


def test_tele_qualification_comes_first_and_the_rep_after_the_appointment():
    tele = {"mode": Mode.TELE_QUALIFICATION, "tele_team": "tele"}
    first = routed([EMEA], **tele)
    assert (first.owner, first.turn.team) == ("tia", "tele")
    assert [(h.name, h.target, h.owner) for h in first.hops] == [
        ("tele_qualification", "team:tele", "tia"),
        ("sales", "team:emea", None),
    ]
    then = routed([EMEA], appointment_made=True, **tele)
    assert (then.owner, then.mode, then.turn.team) == ("ana", Mode.DIRECT, "emea")


def test_one_contact_distributes_where_the_file_says_so():
    decision = routed([EMEA], mode=Mode.SINGLE_CONTACT, single_contact="sam")
    assert decision.owner == "sam"
    assert decision.hops[1].target == "team:emea"


def test_a_rule_may_have_its_own_mode():
    told = rule("partners", "person:cho", mode=Mode.NOTIFY_ONLY)
    assert routed([told]).mode is Mode.NOTIFY_ONLY


# --- never ownerless -------------------------------------------------------------------------


def test_when_nobody_of_the_fallback_can_take_it_a_queue_does():
    roster = people(*(person(key, on_hold=True) for key in ("ana", "ben", "cho")))
    assert routed([EMEA], roster=roster, fallback="team:emea").owner == "queue:inbox"


def test_without_a_queue_the_lead_manager_answers():
    roster = people(*(person(key, on_hold=True) for key in ("ana", "ben", "cho")), queues={})
    assert routed([EMEA], roster=roster, fallback="team:emea").owner == "max"


def test_a_roster_without_anybody_stops_the_run():
    roster = People(persons={}, teams={}, queues={}, calendars=CALENDARS)
    with pytest.raises(StopTheRun):
        routed([], roster=roster, fallback="person:ghost")


KEYS = ("ana", "ben", "cho", "dan", "tia", "max", "sam", "mia")
some_keys = st.frozensets(st.sampled_from(KEYS))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([*Mode]), some_keys.filter(lambda keys: len(keys) < len(KEYS)), some_keys,
    some_keys, st.sampled_from(["team:emea", "person:ana", "queue:inbox", "field:captured_by"]),
    st.booleans(), st.booleans(),
)  # fmt: skip
def test_every_lead_has_an_owner_and_leavers_get_nothing(
    mode, gone, held, refused, fallback, with_queue, at_work_only
):
    base = people(
        queues={"inbox": people().queues["inbox"]}
        if with_queue or fallback.startswith("queue")
        else {}
    )
    roster = replace(
        base, persons={k: replace(p, on_hold=k in held) for k, p in base.persons.items()}
    )
    lead = state(refused_by=tuple(refused))
    inputs = {
        "mode": mode, "roster": roster, "fallback": fallback, "single_contact": "sam",
        "tele_team": "tele", "working_hours_only": at_work_only, "lead": lead, "unavailable": gone,
        "candidates": (owned_by("cho"), owned_by("dan", record="003B")), "directory": OWNERS,
    }  # fmt: skip
    rules = [rule("us", "team:us", is_("country", "US")), EMEA]
    decision = routed(rules, **inputs)
    assert decision.owner == f"queue:{decision.queue}" or decision.owner in roster.persons
    assert decision.owner not in gone
    assert decision == routed(rules, **inputs)


# --- rotation over many leads ----------------------------------------------------------------


def test_a_day_of_leads_is_even_and_the_ledger_explains_it():
    history, turns = TurnHistory(), []
    router = Router(
        ruleset(EMEA, roster=people(person("ana", weight=2), person("cho", cap_per_day=3)))
    )
    today = Counter()
    for number in range(20):
        decision = router.route({}, state(f"hs-{number}"), now=MONDAY_9, turns=history, today=today)
        today[decision.owner] += 1
        history.add(decision.turn)
        turns.append(decision.turn)
    assert today == {"ana": 11, "ben": 6, "cho": 3}
    figures = {p.person: p for p in fairness("emea", turns).persons}
    capped = sum("cho" not in dict(turn.draw) for turn in turns)
    assert figures["cho"].skips == {"cap of 3 a day reached": capped}
    assert all(abs(p.deviation) < 1 for p in figures.values())


# --- roster and CRM --------------------------------------------------------------------------


def test_the_roster_is_joined_with_the_users_of_the_crm():
    roster = people(person("ana", salesforce_user="ana@seller.example"))
    members = [
        Member(id="005A00000000001AAA", name="A", email="ANA@seller.example"),
        Member(id="005A00000000009AAA", name="A", email="ana@seller.example", active=False),
        Member(id="005ben000000000AAA", name="B", active=False),
        Member(id="00G000000000001AAA", name="In", kind="queue", developer_name="Inbox"),
    ]
    found = directory(roster, members)
    assert found.owner("005A00000000001") == "ana"
    assert found.owner("00G000000000001AAA") == "queue:inbox"
    assert found.inactive == {"ben"}
    assert "cho" in found.unmatched
    codes = Counter(problem.code for problem in directory_problems(roster, found))
    assert codes == {"inactive-user": 1, "unknown-owner": 6}


def test_somebody_is_named_by_key_mail_owner_id_or_full_name():
    roster = people(person("ana", hubspot_owner="4711"), person("eve"), person("ev2"))
    twins = replace(roster.persons["ev2"], name="Eve")
    roster = replace(roster, persons={**roster.persons, "ev2": twins})
    for text in ("ana", "ANA@seller.example", "4711", "Ana"):
        assert person_named(roster, text).key == "ana"
    assert person_named(roster, "eve").key == "eve"
    assert person_named(roster, None) is None
    assert person_named(replace(roster, persons={"a": twins, "b": twins}), "Eve") is None
