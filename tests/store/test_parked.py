"""What waits for a person: causes, alerts, retries and dismissals; and what waits for its turn."""

from datetime import timedelta

import pytest

from connector.core.plan import ActionKind, ActionState, Destination
from connector.core.problems import Mender
from connector.core.records import System
from connector.ports import ActionOutcome, ObjectSchema
from connector.store import SqlLedger, overview, parked
from tests.store.people import MINUTE, NOW, action, lead, problem

CRM = Destination.SALESFORCE


def park(ledger: SqlLedger, numbers: range, code: str = "too-long", *, rule: str = "") -> list[str]:
    """Parks one action for each of the leads, as a delivery does."""
    planned = [action(number, code, ruleset="rules-1", rule=rule) for number in numbers]
    with ledger.transaction() as tx:
        tx.save_leads(lead(number) for number in numbers)
        tx.plan(planned, now=NOW, run_id="r1")
        tx.take(CRM, limit=1_000, now=NOW, run_id="r1")
        tx.finish(
            [
                ActionOutcome(key=one.key, state=ActionState.PARKED, problem=problem(code))
                for one in planned
            ],
            now=NOW,
        )
    return [one.key for one in planned]


def states(ledger: SqlLedger) -> dict[str, ActionState]:
    with ledger.transaction() as tx:
        rows = ledger.lead_rows()
        stored = [s for row in rows for s in tx.actions_of(row.state.lead_id)]
    return {s.action.key: s.state for s in stored}


def test_parked_actions_are_grouped_by_cause_with_remedy_and_mender(ledger: SqlLedger) -> None:
    park(ledger, range(3))
    keys = park(ledger, range(3, 8), "no-owner")
    first, second = parked.causes(ledger)
    assert (first.code, first.count, first.mender) == ("no-owner", 5, Mender.MARKETING)
    assert first.keys == tuple(keys)
    assert first.lead_ids == tuple(f"hs-{n}" for n in range(3, 8))
    assert first.example.remedy == "Shorten it."
    assert (first.oldest, first.newest) == (NOW, NOW)
    assert (second.code, second.count, second.name) == ("too-long", 3, "salesforce:too-long")


def test_one_cause_is_one_whichever_rule_sent_the_records_there(ledger: SqlLedger) -> None:
    park(ledger, range(2), rule="France")
    assert [cause.count for cause in parked.to_tell(ledger)] == [2]
    park(ledger, range(2, 3), rule="fallback")
    assert [cause.count for cause in parked.causes(ledger)] == [3]
    assert parked.to_tell(ledger) == []


def test_a_cause_is_told_once_and_again_when_it_grows_or_comes_back(ledger: SqlLedger) -> None:
    keys = park(ledger, range(2))
    assert [cause.count for cause in parked.to_tell(ledger)] == [2]
    assert parked.to_tell(ledger) == []
    keys += park(ledger, range(2, 3))
    assert parked.to_tell(ledger) == []
    keys += park(ledger, range(3, 4))
    assert [cause.count for cause in parked.to_tell(ledger)] == [4]
    assert parked.dismiss(ledger, keys, now=NOW) == 4
    assert parked.to_tell(ledger) == []
    park(ledger, range(9, 10))
    assert [cause.count for cause in parked.to_tell(ledger)] == [1]


def test_the_same_failure_with_the_same_input_is_not_tried_again(ledger: SqlLedger) -> None:
    park(ledger, range(2))
    assert parked.changed(ledger, "rules-1") == []
    assert parked.retry_changed(ledger, ruleset="rules-1", now=NOW) == 0


def test_a_changed_input_is_tried_again(ledger: SqlLedger) -> None:
    keys = park(ledger, range(2))
    with ledger.transaction() as tx:
        tx.save_leads([lead(1, state={"snapshot_hash": "another"})])
    assert parked.retry_changed(ledger, ruleset="rules-1", now=NOW) == 1
    assert states(ledger) == {keys[0]: ActionState.PARKED, keys[1]: ActionState.PLANNED}


def test_a_changed_ruleset_is_tried_once(ledger: SqlLedger) -> None:
    (key,) = park(ledger, range(1))
    assert parked.retry_changed(ledger, ruleset="rules-2", now=NOW) == 1
    with ledger.transaction() as tx:
        assert len(tx.take(CRM, limit=9, now=NOW, run_id="r2")) == 1
        outcome = ActionOutcome(key=key, state=ActionState.PARKED, problem=problem())
        tx.finish([outcome], now=NOW)
    assert parked.changed(ledger, "rules-2") == []
    assert parked.changed(ledger, "rules-3") == [key]


def test_a_changed_remote_schema_is_tried_again(ledger: SqlLedger) -> None:
    def schema(system: System, hash_: str) -> ObjectSchema:
        return ObjectSchema(system=system, name="Lead", fields={}, hash=hash_)

    ledger.saw_schema(schema(System.SALESFORCE, "a"), now=NOW)
    keys = park(ledger, range(1))
    ledger.saw_schema(schema(System.HUBSPOT, "b"), now=NOW)
    assert parked.changed(ledger, "rules-1") == []
    ledger.saw_schema(schema(System.SALESFORCE, "b"), now=NOW)
    assert parked.changed(ledger, "rules-1") == keys


def test_what_a_decision_parked_is_decided_again(ledger: SqlLedger) -> None:
    park_it = action(1, kind=ActionKind.PARK, problem=problem("two-matches"))
    with ledger.transaction() as tx:
        tx.save_leads([lead(1)])
        tx.plan([park_it], now=NOW, run_id="r1")
    assert parked.retry(ledger, [park_it.key, "nonsense"], ruleset="rules-1", now=NOW) == 1
    with ledger.transaction() as tx:
        assert [row.state.lead_id for row in tx.leads_due(now=NOW, limit=9)] == ["hs-1"]
        assert tx.plan([park_it], now=NOW, run_id="r2") == 0  # decided as before
    assert states(ledger) == {park_it.key: ActionState.PARKED}
    assert ledger.parked()[0].input_hash == "snap-1"
    parked.retry(ledger, [park_it.key], ruleset="rules-1", now=NOW)
    with ledger.transaction() as tx:
        assert tx.take(CRM, limit=9, now=NOW, run_id="r2") == []
        (taken,) = tx.take(Destination.NOWHERE, limit=9, now=NOW, run_id="r2")
        tx.finish([ActionOutcome(key=taken.action.key, state=ActionState.DONE)], now=NOW)
    assert parked.causes(ledger) == []


def test_what_waits_for_a_dismissed_action_is_dismissed_too(ledger: SqlLedger) -> None:
    (key,) = park(ledger, range(1))
    task = action(0, "task", record_kind="Task", after_key=key)
    mail = action(0, "mail", record_kind="e-mail", after_key=task.key)
    other = action(0, "other", record_kind="Case")
    with ledger.transaction() as tx:
        tx.plan([task, mail, other], now=NOW, run_id="r1")
    assert parked.dismiss(ledger, [key, other.key], now=NOW) == 3
    assert states(ledger) == {
        **dict.fromkeys([key, task.key, mail.key], ActionState.DISMISSED),
        other.key: ActionState.PLANNED,
    }


def test_the_overview_counts_what_waits_by_destination(ledger: SqlLedger) -> None:
    (stuck,) = park(ledger, range(100, 101))
    with ledger.transaction() as tx:
        tx.plan((action(n, express=n == 1) for n in range(6)), now=NOW, run_id="r1")
        tx.plan([action(9, destination=Destination.NOTIFY)], now=NOW + MINUTE, run_id="r1")
        tx.plan(
            [action(100, "t", record_kind="Task", after_key=stuck)], now=NOW + MINUTE, run_id="r1"
        )
        taken = tx.take(CRM, limit=4, now=NOW, run_id="r1")
        ends = [ActionState.DONE, ActionState.DONE, ActionState.WAITING]
        outcomes = [
            ActionOutcome(key=stored.action.key, state=state)
            for stored, state in zip(taken, ends, strict=False)
        ]
        tx.finish(outcomes, now=NOW + MINUTE)
    notify, crm = overview.waiting(ledger, now=NOW + 30 * MINUTE)
    assert crm == overview.Waiting(
        destination=CRM,
        planned=3,
        waiting=1,
        started=1,
        parked=1,
        blocked=1,
        oldest=NOW,
        done_last_hour=2,
    )
    assert (crm.backlog, crm.empty_in()) == (4, timedelta(hours=2))
    assert (notify.backlog, notify.oldest, notify.empty_in()) == (1, NOW + MINUTE, None)
    later = overview.waiting(ledger, now=NOW + timedelta(hours=2))
    assert [line.done_last_hour for line in later] == [0, 0]


@pytest.mark.parametrize("restored", [False, True], ids=["retried", "restored"])
def test_what_a_newer_write_has_settled_is_not_sent_again(
    ledger: SqlLedger, restored: bool
) -> None:
    """A, parked, then B, done: A tried again brings only what B says nothing about."""
    hubspot = Destination.HUBSPOT
    older, newer = (
        action(
            *(1, name),
            destination=hubspot,
            kind=ActionKind.UPDATE,
            record_kind="contact",
            fields=fields,
        )
        for name, fields in (
            ("older", {"hs_lead_status": "OPEN", "city": "Pune"}),
            ("newer", {"hs_lead_status": "IN_PROGRESS"}),
        )
    )
    with ledger.transaction() as tx:
        tx.save_leads([lead(1)])
        for one, state in ((older, ActionState.PARKED), (newer, ActionState.DONE)):
            tx.plan([one], now=NOW, run_id="r1")
            tx.take(hubspot, limit=9, now=NOW, run_id="r1")
            cause = problem("too-long") if state is ActionState.PARKED else None
            tx.finish([ActionOutcome(key=one.key, state=state, problem=cause)], now=NOW)
    if restored:
        with ledger.transaction() as tx:
            assert tx.take_up("hs-1", since=NOW, now=NOW) == 1
    else:
        assert parked.retry(ledger, [older.key], ruleset="rules-1", now=NOW) == 1
    with ledger.transaction() as tx:
        (again,) = tx.take(hubspot, limit=9, now=NOW, run_id="r2")
    assert (again.action.key, again.action.fields) == (older.key, {"city": "Pune"})
