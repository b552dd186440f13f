"""Changes in the CRM as events: once each, in order, stage and disposition apart."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.deals import DealStages, asleep_since, deal_events, plain_amount
from connector.core.events import EventKind
from connector.core.owners import Directory
from connector.core.records import SourceRecord, System
from connector.core.rules.fields import FieldRule, FieldType
from connector.core.rules.recycling import Recycling, StatusRule
from connector.core.status import StatusReader, crm_moment, gone, known_of, restored
from connector.core.touches import touch_events

from .agreed import FIELDS, MONDAY_9, ruleset
from .test_promises import event

DAY = timedelta(days=1)
RULES = Recycling(
    statuses={
        rule.status: rule
        for rule in (
            StatusRule(status="Open", stage="sql"),
            StatusRule(status="Working", stage="accepted"),
            StatusRule(status="Deal", stage="opportunity", disposition="qualified"),
            StatusRule(status="Returned", disposition="recycle"),
        )
    },
    rules=(),
    programmes={},
    fallback_programme="general",
)
REASON = FieldRule(name="disposition_reason", type=FieldType.CHOICE, salesforce="Reason__c")
AGREED = replace(
    ruleset(recycling=RULES),
    fields=replace(FIELDS, rules={**FIELDS.rules, "disposition_reason": REASON}),
)
OWNERS = Directory(owners={"005ana" + "0" * 9: "ana", "005ben" + "0" * 9: "ben"})
ANA, BEN = "005ana" + "0" * 12, "005ben" + "0" * 12
READER = StatusReader(AGREED, OWNERS)


def moment(text):
    return text.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def record(kind="Lead", id_="00Q1", at=MONDAY_9, **values):
    values.setdefault("LastModifiedDate", moment(at))
    values.setdefault("LastModifiedById", ANA)
    return SourceRecord(
        system=System.SALESFORCE, kind=kind, id=id_, values=values, created_at=at, updated_at=at
    )


def history(id_, at, field, old, new):
    return record("LeadHistory", id_, at, Field=field, OldValue=old, NewValue=new, CreatedById=ANA)


def read(lead, known=(), cycle=1, rows=(), stage="sql"):
    return READER.lead(
        lead, known_of(known, cycle, stage), lead_id="hs-1", cycle=cycle, history=rows
    )


def kinds(events):
    return [e.kind.value for e in events]


def first(events, kind):
    return next(e for e in events if e.kind.value == kind)


OPENED = read(record(Status="Open", OwnerId=ANA))


# --- leads -----------------------------------------------------------------------------------


def test_the_first_status_is_ours_and_nobodys_answer():
    assert kinds(OPENED) == ["status_changed"]
    assert (OPENED[0].by, OPENED[0].data) == ("leadrelay", {"from": "", "to": "Open"})


def test_working_on_a_lead_accepts_it():
    events = read(record(Status="working", OwnerId=ANA, at=MONDAY_9 + DAY), OPENED)
    assert kinds(events) == ["status_changed", "stage_changed", "accepted"]
    assert {e.at for e in events} == {MONDAY_9 + DAY}
    assert {e.by for e in events} == {"ana"}


def test_stages_stepped_over_are_named_and_accept_the_lead_all_the_same():
    events = read(record(Status="Deal"), OPENED)
    assert kinds(events) == ["status_changed", "stage_changed", "accepted"]
    assert first(events, "stage_changed").data == {
        "from": "sql",
        "to": "opportunity",
        "direction": "forward",
        "stepped_over": ["accepted"],
    }


def test_a_step_back_is_told_as_one():
    worked = [*OPENED, *read(record(Status="Deal"), OPENED)]
    back = read(record(Status="Open", at=MONDAY_9 + DAY), worked)
    assert kinds(back) == ["status_changed", "stage_changed"]
    assert first(back, "stage_changed").data["direction"] == "back"


def test_a_returned_lead_has_disposition_and_reason_and_keeps_its_stage():
    events = read(record(Status="Returned", Reason__c="No budget"), OPENED)
    assert kinds(events) == ["status_changed", "rejected"]
    assert first(events, "rejected").data == {"disposition": "recycle", "reason": "no_budget"}


def test_a_reason_may_say_more_than_the_status():
    vocabulary = AGREED.vocabulary
    reasons = dict(vocabulary.reasons)
    reasons["no_answer"] = replace(reasons["no_answer"], disposition="unreachable")
    reader = StatusReader(replace(AGREED, vocabulary=replace(vocabulary, reasons=reasons)), OWNERS)
    lead = record(Status="Returned", Reason__c="NO ANSWER")
    events = reader.lead(lead, known_of(OPENED, 1, "sql"), lead_id="hs-1", cycle=1)
    assert first(events, "rejected").data["disposition"] == "unreachable"


def test_a_reason_given_in_a_later_save_is_told_once():
    returned = [*OPENED, *read(record(Status="Returned"), OPENED)]
    assert first(returned, "rejected").data["reason"] == ""
    later = record(Status="Returned", Reason__c="Not now", at=MONDAY_9 + DAY)
    added = read(later, returned)
    assert [(e.kind.value, e.data["reason"]) for e in added] == [("rejected", "not_now")]
    assert read(later, [*returned, *added]) == ()


def test_a_status_the_files_do_not_know_is_told_and_means_nothing():
    events = read(record(Status="Parked"), OPENED)
    assert kinds(events) == ["status_changed"]
    assert READER.rule_of("Parked") is None


def test_the_same_reading_twice_says_nothing_new():
    lead = record(Status="Working", OwnerId=BEN)
    once = read(lead, OPENED)
    assert read(lead, [*OPENED, *once]) == ()
    assert {e.key for e in read(lead, OPENED)} == {e.key for e in once}


def test_history_tells_every_step_at_its_own_moment():
    rows = [
        history("017C", MONDAY_9 + 3 * DAY, "Status", "Working", "Returned"),
        history("017A", MONDAY_9 + DAY, "Status", "Open", "Working"),
        history("017D", MONDAY_9 + 3 * DAY, "Reason__c", None, "Not now"),
    ]
    lead = record(Status="Open", at=MONDAY_9 + 9 * DAY)
    rows.append(history("017E", MONDAY_9 + 9 * DAY, "Status", "Returned", "Open"))
    events = read(lead, OPENED, rows=rows)
    assert [(e.kind.value, (e.at - MONDAY_9).days) for e in events] == [
        ("status_changed", 1),
        ("stage_changed", 1),
        ("accepted", 1),
        ("status_changed", 3),
        ("rejected", 3),
        ("status_changed", 9),
        ("stage_changed", 9),
    ]
    assert first(events, "rejected").data["reason"] == "not_now"
    assert read(lead, [*OPENED, *events], rows=rows) == ()


def test_an_owner_changed_by_hand_is_told_in_the_words_of_the_roster():
    routed = [*OPENED, event("routed", -DAY, owner="ana")]
    events = read(record(Status="Open", OwnerId=BEN), routed)
    assert [(e.kind.value, e.data) for e in events] == [
        ("owner_changed", {"from": "ana", "to": "ben"})
    ]
    assert read(record(Status="Open", OwnerId=ANA), routed) == ()


def test_owner_history_has_names_and_ids_and_only_ids_are_believed():
    rows = [
        history("017A", MONDAY_9 + DAY, "Owner", "Ana", "Ben"),
        history("017B", MONDAY_9 + DAY, "Owner", ANA, BEN),
    ]
    events = read(record(Status="Open", OwnerId=BEN), OPENED, rows=rows)
    assert [e.data for e in events] == [{"from": "ana", "to": "ben"}]


def test_a_conversion_accepts_and_is_told_once():
    lead = record(
        Status="Deal", IsConverted="true", ConvertedContactId="0031", ConvertedAccountId="0011",
        ConvertedOpportunityId="0061",
    )  # fmt: skip
    events = read(lead, OPENED)
    assert kinds(events) == ["status_changed", "stage_changed", "accepted", "converted"]
    assert first(events, "converted").data == {
        "contact": "0031",
        "account": "0011",
        "opportunity": "0061",
    }
    assert read(lead, [*OPENED, *events]) == ()


def test_a_new_cycle_is_accepted_anew():
    worked = [*OPENED, *read(record(Status="Working"), OPENED)]
    reopened = [*worked, *read(record(Status="Open", at=MONDAY_9 + DAY), worked, cycle=2)]
    again = read(record(Status="Working", at=MONDAY_9 + 2 * DAY), reopened, cycle=2)
    assert "accepted" in kinds(again)
    assert first(again, "accepted").key != first(worked, "accepted").key


def test_deletion_merge_and_return():
    where = {"lead_id": "hs-1", "cycle": 1}
    assert gone("Lead", "00Q1", None, MONDAY_9, **where).kind is EventKind.DELETED
    merged = gone("Lead", "00Q1", "00Q2", MONDAY_9, **where)
    assert (merged.kind, merged.data["survivor"]) == (EventKind.MERGED, "00Q2")
    assert restored("Lead", "00Q1", MONDAY_9, **where).kind is EventKind.RESTORED
    assert gone("Lead", "00Q1", None, MONDAY_9, **where) == gone(
        "Lead", "00Q1", None, MONDAY_9, **where
    )


statuses = st.sampled_from(["Open", "Working", "Deal", "Returned", "Parked"])


@settings(max_examples=150, deadline=None)
@given(st.lists(statuses, min_size=1, max_size=8), st.lists(st.integers(0, 8), max_size=5))
def test_however_the_readings_overlap_the_ledger_ends_up_the_same(course, cuts):
    """Rows of history read in one piece or in overlapping windows: the same events."""
    rows, old = [], "Open"
    for number, new in enumerate(course, 1):
        rows.append(history(f"017{number}", MONDAY_9 + number * DAY, "Status", old, new))
        old = new

    def ledger(readings):
        found = {e.key: e for e in OPENED}
        for upto in readings:
            seen = rows[: max(upto, 1)]
            lead = record(Status=seen[-1].values["NewValue"], at=seen[-1].created_at)
            for one in read(lead, tuple(found.values()), rows=seen):
                found.setdefault(one.key, one)
        return found

    whole = ledger([len(rows)])
    pieces = ledger([*sorted(min(cut, len(rows)) for cut in cuts), len(rows)])
    assert pieces == whole


# --- opportunities ---------------------------------------------------------------------------


def deal(stage="Prospecting", at=MONDAY_9, won="false", closed="false", **values):
    values.setdefault("Amount", "50000.0")
    values.setdefault("CurrencyIsoCode", "EUR")
    values.setdefault("CreatedDate", moment(MONDAY_9))
    return record("Opportunity", "0061", at, StageName=stage, IsWon=won, IsClosed=closed, **values)


def told(states, **more):
    known = []
    for state in states:
        known += deal_events(state, known, lead_id="hs-1", cycle=1, **more)
    return known


def test_a_deal_is_created_changed_and_won():
    events = told([
        deal(),
        deal("Negotiation", MONDAY_9 + DAY, Amount="60000"),
        deal("Closed Won", MONDAY_9 + 9 * DAY, "true", "true", Amount="60000",
             CloseDate="2026-03-10"),
    ])  # fmt: skip
    assert kinds(events) == [
        "opportunity_created", "opportunity_changed", "opportunity_changed", "won",
    ]  # fmt: skip
    assert events[0].data["amount"] == "50000"
    assert (
        events[1].data | {"from": "Prospecting", "to": "Negotiation", "amount": "60000"}
        == events[1].data
    )
    assert events[3].data["close_date"] == "2026-03-10"


def test_a_deal_first_seen_when_it_is_won_was_created_before():
    events = told([deal("Closed Won", MONDAY_9 + DAY, "true", "true")])
    assert [(e.kind.value, e.at) for e in events] == [
        ("opportunity_created", MONDAY_9),
        ("won", MONDAY_9 + DAY),
    ]


def test_lost_reopened_won_and_worth_more_afterwards():
    events = told([
        deal(),
        deal("Closed Lost", MONDAY_9 + DAY, "false", "true"),
        deal("Negotiation", MONDAY_9 + 2 * DAY),
        deal("Closed Won", MONDAY_9 + 3 * DAY, "true", "true"),
        deal("Closed Won", MONDAY_9 + 4 * DAY, "true", "true", Amount="70000"),
        deal("Closed Won", MONDAY_9 + 5 * DAY, "true", "true", Amount="70000.00"),
    ])  # fmt: skip
    outcome = [
        (e.kind.value, e.data["amount"]) for e in events if not e.kind.value.startswith("opp")
    ]
    assert outcome == [
        ("lost", "50000"), ("reopened", "50000"), ("won", "50000"), ("won", "70000"),
    ]  # fmt: skip


def row(id_, days, stage, amount="50000"):
    return record("OpportunityHistory", id_, MONDAY_9 + days * DAY, StageName=stage, Amount=amount)


def test_the_history_of_a_deal_tells_what_polling_missed():
    rows = [
        row("0081", 0, "Prospecting"),
        row("0082", 2, "Closed Lost"),
        row("0083", 5, "Negotiation"),
    ]
    stages = DealStages(lost=frozenset({"Closed Lost"}))
    now = deal("Negotiation", MONDAY_9 + 5 * DAY)
    events = told([now, now], history=rows, stages=stages)
    unique = {e.key: e for e in events}.values()
    assert [(e.kind.value, (e.at - MONDAY_9).days) for e in unique] == [
        ("opportunity_created", 0),
        ("opportunity_changed", 2),
        ("lost", 2),
        ("opportunity_changed", 5),
        ("reopened", 5),
    ]


def test_the_same_deal_twice_says_nothing_new():
    assert len(told([deal(), deal(), deal(at=MONDAY_9 + DAY)])) == 1


@pytest.mark.parametrize(
    ("text", "amount"),
    [("50000.0", "50000"), ("5E4", "50000"), ("0.50", "0.5"), ("", None), (None, None)],
)
def test_an_amount_has_one_spelling(text, amount):
    assert plain_amount(text) == amount


def test_a_deal_sleeps_since_its_latest_change_or_contact():
    events = told([deal(), deal("Negotiation", MONDAY_9 + DAY)])
    assert asleep_since(events, "0061") == MONDAY_9 + DAY
    assert asleep_since([*events, event("touched", 3 * DAY)], "0061") == MONDAY_9 + 3 * DAY
    over = told([deal(), deal("Closed Won", MONDAY_9 + DAY, "true", "true")])
    assert asleep_since(over, "0061") is None


# --- touches ---------------------------------------------------------------------------------


def touched(lead, ours=False, now=MONDAY_9 + DAY):
    found = touch_events(lead, OWNERS, lead_id="hs-1", cycle=1, now=now, ours=ours)
    return [(e.kind.value, e.data.get("channel"), e.by) for e in found]


@pytest.mark.parametrize(
    ("values", "channel"),
    [
        ({"TaskSubtype": "Call"}, "phone"),
        ({"TaskSubtype": "Email"}, "email"),
        ({"TaskSubtype": "Task", "Type": "Meeting"}, "meeting"),
        ({"TaskSubtype": "Task", "Type": "WhatsApp"}, "whatsapp"),
        ({}, "other"),
    ],
)
def test_a_closed_task_is_a_touch_by_its_channel(values, channel):
    task = record("Task", "00T1", IsClosed="true", OwnerId=ANA, **values)
    assert touched(task) == [("touched", channel, "ana")]


def test_open_tasks_and_mass_mails_are_no_touch():
    assert touched(record("Task", "00T1", IsClosed="false", TaskSubtype="Call")) == []
    assert touched(record("Task", "00T1", IsClosed="true", TaskSubtype="ListEmail")) == []


def test_text_in_a_completed_task_is_a_note_unless_it_is_our_brief():
    task = record(
        "Task", "00T1", IsClosed="true", TaskSubtype="Call", OwnerId=ANA, Description="Yes!"
    )
    assert touched(task) == [("touched", "phone", "ana"), ("note_written", None, "ana")]
    assert touched(task, ours=True) == [("touched", "phone", "ana")]


def test_a_meeting_counts_when_it_is_over_and_a_mail_when_it_went_out():
    meeting = record("Event", "00U1", EndDateTime=moment(MONDAY_9 + DAY), OwnerId=BEN)
    assert touched(meeting) == [("touched", "meeting", "ben")]
    assert touched(meeting, now=MONDAY_9) == []
    assert touched(record("EmailMessage", "02s1", Incoming="false", OwnerId=ANA))[0][1] == "email"
    assert touched(record("EmailMessage", "02s1", Incoming="true")) == []
    assert touched(record("Note", "0021", Body="Called", OwnerId=ANA)) == [
        ("note_written", None, "ana")
    ]
    assert touched(record("Campaign", "7011")) == []


def test_moments_of_the_crm():
    assert crm_moment("2026-03-02T09:00:00.000+0000") == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert crm_moment("2026-03-02T09:00:00.000Z") == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert crm_moment("2026-03-02") == datetime(2026, 3, 2, tzinfo=UTC)
    assert crm_moment("") is None
