"""What one transaction promises, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.core.errors import ConnectorError, Refused, StopTheRun
from connector.core.events import EventKind
from connector.core.journeys import StageNames
from connector.core.owners import Candidate, Known
from connector.core.plan import ActionKind, ActionState, Destination
from connector.core.problems import Place
from connector.core.records import LeadState
from connector.core.surroundings import Surroundings
from connector.ports import ActionOutcome, Budget, Cursor, Transaction, Turn, Window
from connector.store import SqlLedger, spending
from tests.store.people import (
    MINUTE,
    NOW,
    action,
    event,
    full_lead,
    lead,
    pair,
    problem,
    snapshot,
)

CRM = Destination.SALESFORCE


def plan(ledger: SqlLedger, *actions: object) -> int:
    with ledger.transaction() as tx:
        return tx.plan(actions, now=NOW, run_id="r1")  # type: ignore[arg-type]


def take(ledger: SqlLedger, *, now=NOW, limit=100, destination=CRM, run_id="r2"):  # type: ignore[no-untyped-def]
    with ledger.transaction() as tx:
        return tx.take(destination, limit=limit, now=now, run_id=run_id)


def finish(ledger: SqlLedger, key: str, state: ActionState, **more: object) -> None:
    with ledger.transaction() as tx:
        tx.finish([ActionOutcome(key=key, state=state, **more)], now=NOW)  # type: ignore[arg-type]


def test_a_transaction_keeps_to_the_port(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        port: Transaction = tx
        assert port.cursor("contacts") == Cursor(stream="contacts")


def test_a_lead_comes_back_as_it_was_saved(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads([full_lead(1), lead(2)])
    with ledger.transaction() as tx:
        assert tx.leads(["hs-1", "hs-2", "hs-3"]) == {"hs-1": full_lead(1), "hs-2": lead(2)}
    assert ledger.lead_rows() == [full_lead(1), lead(2)]
    assert ledger.lead_rows(after="hs-1") == [lead(2)]


def test_a_lead_saved_again_is_one_lead(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads([lead(1), full_lead(1)])
        tx.save_leads([replace(full_lead(1), goal="another")])
        assert tx.leads(["hs-1"])["hs-1"].goal == "another"
    assert ledger.counts()["lead"] == 1


def test_nothing_of_a_failed_transaction_remains(ledger: SqlLedger) -> None:
    def fail() -> None:
        with ledger.transaction() as tx:
            tx.save_leads([lead(1)])
            tx.plan([action(1)], now=NOW, run_id="r1")
            tx.record([event(1)], now=NOW)
            tx.move_cursor(Cursor(stream="contacts", after="7"))
            raise RuntimeError("lights out")

    with pytest.raises(RuntimeError):
        fail()
    counts = ledger.counts()
    assert {counts[name] for name in ("lead", "action", "event", "cursor")} == {0}


def test_a_cursor_moves_with_its_window(ledger: SqlLedger) -> None:
    window = Window(since=NOW, until=NOW + MINUTE)
    moved = Cursor(stream="contacts", covered=NOW, window=window, after="512")
    with ledger.transaction() as tx:
        tx.move_cursor(Cursor(stream="contacts", after="7"))
        tx.move_cursor(moved)
    with ledger.transaction() as tx:
        assert tx.cursor("contacts") == moved


@pytest.mark.parametrize("count", [3, 60])
def test_a_page_is_found_by_hubspot_id_at_once(ledger: SqlLedger, count: int) -> None:
    with ledger.transaction() as tx:
        tx.save_leads(lead(n) for n in range(count))
        tx.save_snapshots(snapshot(n) for n in range(count))
        assert tx.plan((action(n) for n in range(count)), now=NOW, run_id="r1") == count
        assert tx.plan((action(n) for n in range(count)), now=NOW, run_id="r1") == 0
        assert tx.record((event(n) for n in range(count)), now=NOW) == count
        assert tx.record((event(n) for n in range(count + 1)), now=NOW) == 1
        found = tx.leads_by_hubspot([str(n) for n in range(count + 1)])
    assert set(found) == {str(n) for n in range(count)}
    assert [stored.number for stored in ledger.events()] == sorted(
        stored.number for stored in ledger.events()
    )
    assert [stored.event for stored in ledger.events(limit=count)] == [
        event(n) for n in range(count)
    ]


def test_an_earlier_hubspot_id_still_finds_the_lead(ledger: SqlLedger) -> None:
    for id_ in ("1", "77", "99"):
        with ledger.transaction() as tx:
            tx.save_leads([lead(1, hubspot_id=id_)])
    with ledger.transaction() as tx:
        found = tx.leads_by_hubspot(["1", "77", "99", "5"])
        assert {id_: row.state.lead_id for id_, row in found.items()} == dict.fromkeys(
            ("1", "77", "99"), "hs-1"
        )
        tx.save_leads([lead(77)])
        assert tx.leads_by_hubspot(["77"])["77"].state.lead_id == "hs-77"


def test_a_snapshot_comes_back_and_is_kept_once(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads([lead(1)])
        tx.save_snapshots([snapshot(1), snapshot(1)])
        tx.save_snapshots([snapshot(1, taken_at=NOW + MINUTE), snapshot(1, ruleset="rules-2")])
        assert tx.snapshots_of("hs-1") == [snapshot(1), snapshot(1, ruleset="rules-2")]


def test_an_action_comes_back_as_it_was_planned(ledger: SqlLedger) -> None:
    planned = action(
        1,
        kind=ActionKind.UPDATE,
        record_id="00Q1",
        fields={"Company": "Łódź", "Score": 3.5, "Tags": ["a"], "Blank": None},
        before={"Company": ""},
        rule="enterprise",
        place=Place(file="mappings/routing.yaml", line=14, column=9),
        ruleset="rules-1",
        cycle=2,
        express=True,
        problem=problem(),
        not_before=NOW - MINUTE,
    )
    assert plan(ledger, planned, action(2, kind=ActionKind.SKIP)) == 1
    with ledger.transaction() as tx:
        (stored,) = tx.actions_of("hs-1")
        assert tx.actions_of("hs-2") == []
    assert stored.action == planned
    assert (stored.state, stored.attempts, stored.run_id) == (ActionState.PLANNED, 0, "r1")
    assert stored.planned_at == NOW


def test_the_same_key_is_the_same_action(ledger: SqlLedger) -> None:
    assert plan(ledger, action(1), action(1)) == 1
    take(ledger)
    assert plan(ledger, replace(action(1), because="again")) == 0
    with ledger.transaction() as tx:
        (stored,) = tx.actions_of("hs-1")
    assert (stored.state, stored.action.because) == (ActionState.STARTED, "it is new")


def test_express_goes_first_then_the_oldest(ledger: SqlLedger) -> None:
    plan(ledger, action(1), action(2), action(3, express=True), action(4))
    first = take(ledger, limit=2)
    assert [stored.action.lead_id for stored in first] == ["hs-3", "hs-1"]
    assert {(s.state, s.attempts, s.started_at, s.run_id) for s in first} == {
        (ActionState.STARTED, 1, NOW, "r2")
    }
    assert [stored.action.lead_id for stored in take(ledger)] == ["hs-2", "hs-4"]
    assert take(ledger) == []


def test_what_is_not_due_or_not_ours_is_left(ledger: SqlLedger) -> None:
    plan(
        ledger,
        action(1, not_before=NOW + MINUTE),
        action(2, destination=Destination.HUBSPOT),
        action(3, kind=ActionKind.PARK, problem=problem()),
    )
    assert take(ledger) == []
    assert [stored.action.lead_id for stored in take(ledger, now=NOW + MINUTE)] == ["hs-1"]


def test_an_action_waits_for_the_one_before_it(ledger: SqlLedger) -> None:
    first = action(1)
    then = action(1, "task", record_kind="Task", after_key=first.key)
    plan(ledger, then, first)
    assert [stored.action for stored in take(ledger)] == [first]
    assert take(ledger) == []
    finish(ledger, first.key, ActionState.DONE, record_id="00Q1")
    assert [stored.action for stored in take(ledger)] == [then]


def test_writes_to_one_record_do_not_overtake_each_other(ledger: SqlLedger) -> None:
    old, new, other = action(1, "a"), action(1, "b"), action(1, "c", record_kind="Task")
    plan(ledger, old, new, other)
    assert [stored.action for stored in take(ledger)] == [old, other]
    finish(ledger, old.key, ActionState.WAITING, not_before=NOW + MINUTE)
    assert take(ledger) == []
    assert [stored.action.key for stored in take(ledger, now=NOW + MINUTE)] == [old.key]
    assert take(ledger, now=NOW + MINUTE) == []  # its outcome is not known yet
    finish(ledger, old.key, ActionState.PARKED, problem=problem())
    assert [stored.action for stored in take(ledger)] == [new]


def test_an_express_action_pulls_along_what_must_go_first(ledger: SqlLedger) -> None:
    plan(ledger, action(9), action(1, "a"), action(8))
    plan(ledger, action(1, "b", express=True))
    assert [stored.action.lead_id for stored in take(ledger, limit=1)] == ["hs-1"]


def test_messages_about_one_lead_may_overtake(ledger: SqlLedger) -> None:
    plan(ledger, *(action(1, change, destination=Destination.NOTIFY) for change in "ab"))
    assert len(take(ledger, destination=Destination.NOTIFY)) == 2


def test_a_waiting_action_is_taken_again_when_it_is_due(ledger: SqlLedger) -> None:
    plan(ledger, action(1))
    take(ledger)
    finish(ledger, action(1).key, ActionState.WAITING, not_before=NOW + MINUTE)
    assert take(ledger) == []
    (again,) = take(ledger, now=NOW + MINUTE)
    assert again.attempts == 2


def test_done_keeps_the_record_id_and_the_moment(ledger: SqlLedger) -> None:
    plan(ledger, action(1), action(2, record_id="00Q2"))
    take(ledger)
    finish(ledger, action(1).key, ActionState.DONE, record_id="00Q1")
    finish(ledger, action(2).key, ActionState.DONE)
    with ledger.transaction() as tx:
        stored = [*tx.actions_of("hs-1"), *tx.actions_of("hs-2")]
    assert [s.action.record_id for s in stored] == ["00Q1", "00Q2"]
    assert {(s.state, s.done_at) for s in stored} == {(ActionState.DONE, NOW)}


@pytest.mark.parametrize(
    "state", [ActionState.DISMISSED, ActionState.PLANNED, ActionState.WAITING, ActionState.STARTED]
)
def test_an_illegal_transition_raises_and_writes_nothing(
    ledger: SqlLedger, state: ActionState
) -> None:
    plan(ledger, action(1), action(2))
    take(ledger)
    finish(ledger, action(1).key, ActionState.DONE)
    with pytest.raises(StopTheRun, match="cannot go from done"), ledger.transaction() as tx:
        tx.finish(
            [
                ActionOutcome(key=action(2).key, state=ActionState.DONE),
                ActionOutcome(key=action(1).key, state=state),
            ],
            now=NOW,
        )
    assert ledger.counts()["action.started"] == 1


def test_an_unknown_key_raises(ledger: SqlLedger) -> None:
    with pytest.raises(ValueError, match="no action nonsense"):
        finish(ledger, "nonsense", ActionState.DONE)


def test_a_parked_action_keeps_its_problem_and_its_input(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.plan([action(1, kind=ActionKind.PARK, problem=problem("a"))], now=NOW, run_id="r1")
        tx.save_leads([lead(1), lead(2)])
    plan(ledger, action(2))
    take(ledger)
    finish(ledger, action(2).key, ActionState.PARKED, problem=problem("b"))
    one, two = ledger.parked()
    assert (one.action.problem, one.input_hash) == (problem("a"), "snap-1")
    assert (two.action.problem, two.input_hash) == (problem("b"), "snap-2")


def test_what_waits_to_leave_is_counted_by_kind(ledger: SqlLedger) -> None:
    given = {"OwnerId": "005", "Title": 'says "OwnerId":'}
    plan(
        ledger,
        action(1, fields=given),
        action(2, fields=given),
        action(3, fields={"Title": 'says "OwnerId":'}, kind=ActionKind.UPDATE),
        action(4, destination=Destination.HUBSPOT),
        action(5, kind=ActionKind.PARK, problem=problem()),
        action(6),
    )
    (taken,) = take(ledger, limit=1)
    finish(ledger, taken.action.key, ActionState.DONE)
    left = {(o.kind, o.record_kind, o.gives_owner): o.count for o in ledger.outgoing(CRM)}
    assert left == {
        (ActionKind.CREATE, "Lead", True): 1,
        (ActionKind.CREATE, "Lead", False): 1,
        (ActionKind.UPDATE, "Lead", False): 1,
    }


def test_idle_is_where_nothing_is_due_and_nothing_was_left_started(ledger: SqlLedger) -> None:
    assert ledger.is_idle(CRM, now=NOW)
    plan(ledger, action(1, not_before=NOW + MINUTE), action(2, kind=ActionKind.PARK))
    assert ledger.is_idle(CRM, now=NOW)
    assert not ledger.is_idle(CRM, now=NOW + MINUTE)
    (taken,) = take(ledger, now=NOW + MINUTE)
    assert not ledger.is_idle(CRM, now=NOW)
    assert ledger.is_idle(Destination.HUBSPOT, now=NOW + MINUTE)
    finish(ledger, taken.action.key, ActionState.DONE)
    assert ledger.is_idle(CRM, now=NOW + MINUTE)


def test_what_is_left_of_a_day_is_told_unless_little_is(ledger: SqlLedger) -> None:
    assert spending.known(ledger, "salesforce", "2026-03-02") is None
    told = Budget(limit=5_000, remaining=4_000)
    spending.spent(ledger, "salesforce", "2026-03-02", 7, told)
    spending.spent(ledger, "salesforce", "2026-03-02", 2, Budget())
    assert ledger.counted("salesforce calls", "2026-03-02") == 9
    assert spending.known(ledger, "salesforce", "2026-03-02") == told
    assert spending.known(ledger, "hubspot", "2026-03-02") is None
    spending.spent(ledger, "salesforce", "2026-03-02", 1, Budget(limit=5_000, remaining=500))
    assert spending.known(ledger, "salesforce", "2026-03-02") is None


def test_unfinished_are_those_whose_run_holds_no_lease(ledger: SqlLedger) -> None:
    plan(ledger, action(1), action(2))
    ledger.lease("deliver", holder="host:7:alive", now=NOW, seconds=60)
    take(ledger, limit=1, run_id="dead")
    take(ledger, limit=1, run_id="alive")
    with ledger.transaction() as tx:
        assert [s.action.lead_id for s in tx.unfinished(CRM)] == ["hs-1"]
        assert tx.unfinished(Destination.HUBSPOT) == []
        late = tx.unfinished(CRM, NOW + 2 * MINUTE)
    assert [s.action.lead_id for s in late] == ["hs-1", "hs-2"]


def test_of_two_that_put_back_what_was_left_one_gets_it(ledger: SqlLedger) -> None:
    """Two runs that begin together; on SQLite the second waits until the first has committed."""
    if ledger.engine.dialect.name == "sqlite":
        return
    plan(ledger, action(1), action(2))
    take(ledger, limit=2, run_id="dead")
    with ledger.transaction() as one, ledger.transaction() as other:
        assert len(one.unfinished(CRM)) == 2
        assert other.unfinished(CRM) == []


def test_a_link_follows_conversion_and_keeps_the_earlier_pair(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads([lead(1)])
        tx.link([pair(1, "00Q1")])
        tx.link([pair(1, "00Q1")])
        tx.link([pair(1, "0031", salesforce_kind="Contact", since=NOW + MINUTE, why="converted")])
    with ledger.transaction() as tx:
        tx.save_leads([lead(1)])  # decided before the link was known: does not undo it
        found = tx.leads_by_salesforce(["00Q1", "0031", "00Q9"])
        history = tx.links_of("hs-1")
    assert {id_: row.state.salesforce_id for id_, row in found.items()} == {
        "00Q1": "0031",
        "0031": "0031",
    }
    assert found["0031"].state.salesforce_kind == "Contact"
    assert [(p.salesforce_id, p.until) for p in history] == [
        ("00Q1", NOW + MINUTE),
        ("0031", None),
    ]


def test_a_linked_salesforce_id_is_refused_to_another_lead(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads([lead(1), lead(2), lead(3)])
        tx.link([pair(1, "00Q1")])
        with pytest.raises(Refused) as refused:
            tx.link([pair(3, "00Q3"), pair(2, "00Q1")])
        assert refused.value.problem.code == "link-taken"
        assert tx.links_of("hs-3") == []
        tx.link([pair(1, "00Q1", until=NOW + MINUTE, why="merged"), pair(2, "00Q1")])
        assert tx.leads_by_salesforce(["00Q1"])["00Q1"].state.lead_id == "hs-2"
        assert tx.leads(["hs-1"])["hs-1"].state.salesforce_id is None


def test_a_pair_that_clashes_is_found_before_it_holds_up_the_others(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads(lead(n) for n in range(1, 6))
        tx.link([pair(1, "00Q1"), pair(2, "00Q2")])
        wanted = [
            pair(2, "00Q1"),  # lead 1 keeps it
            pair(3, "00Q2"),  # which is free only if lead 2 moves
            pair(4, "00Q4"),
            pair(5, "00Q4"),  # twice in one page: the first has it
            pair(1, "00Q1"),
        ]
        clashes = tx.link_clashes(wanted)
        assert {id_: problem.code for id_, problem in clashes.items()} == dict.fromkeys(
            ("hs-2", "hs-3", "hs-5"), "link-taken"
        )
        tx.link([one for one in wanted if one.lead_id not in clashes])
        assert [p.salesforce_id for p in tx.links_of("hs-4")] == ["00Q4"]


def test_a_hubspot_id_belongs_to_one_linked_lead(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads([lead(1), lead(2)])
        tx.link([pair(1, "00Q1")])
        with pytest.raises(Refused):
            tx.link([pair(2, "00Q2", hubspot_id="1")])
        tx.link([pair(1, "00Q9", hubspot_id="1"), pair(2, "00Q1", hubspot_id="2")])
        found = tx.leads_by_salesforce(["00Q9", "00Q1"])
    assert {id_: row.state.lead_id for id_, row in found.items()} == {
        "00Q9": "hs-1",
        "00Q1": "hs-2",
    }


def test_two_leads_may_swap_their_records(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads([lead(1), lead(2)])
        tx.link([pair(1, "00Q1"), pair(2, "00Q2")])
        tx.link([pair(1, "00Q2"), pair(2, "00Q1")])
        found = tx.leads_by_salesforce(["00Q1", "00Q2"])
    assert {id_: row.state.lead_id for id_, row in found.items()} == {
        "00Q1": "hs-2",
        "00Q2": "hs-1",
    }


def test_agreed_values_are_merged(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads([lead(1)])
        tx.agree({"hs-1": {"email": "a@example.com", "phone": "1"}}, now=NOW)
        tx.agree({"hs-1": {"phone": None, "city": ""}}, now=NOW)
    with ledger.transaction() as tx:
        agreed = tx.leads(["hs-1"])["hs-1"].state.agreed
    assert agreed == {"email": "a@example.com", "phone": None, "city": ""}


def test_an_unknown_lead_has_no_link(ledger: SqlLedger) -> None:
    with pytest.raises(ConnectorError), ledger.transaction() as tx:
        tx.agree({"hs-1": {"email": "secret@example.com"}}, now=NOW)


def test_turns_are_read_by_team_newest_last(ledger: SqlLedger) -> None:
    turns = [
        Turn(
            lead_id=f"hs-{n}",
            cycle=1,
            team="dach" if n else "uk",
            person="ada",
            at=NOW + n * MINUTE,
            skipped=(("bob", "on leave"),),
            draw=(("ada", 2), ("eve", 1)),
            rule="enterprise",
            ruleset="rules-1",
        )
        for n in (2, 1, 0)
    ]
    with ledger.transaction() as tx:
        tx.save_turns(turns)
        tx.save_turns(turns)
        assert tx.turns() == sorted(turns, key=lambda turn: turn.at)
        assert tx.turns("dach", NOW + 2 * MINUTE) == [turns[0]]


def test_open_leads_are_counted_by_owner(ledger: SqlLedger) -> None:
    passed = {"owner": "ada", "passed_at": NOW}
    with ledger.transaction() as tx:
        tx.save_leads(
            [
                lead(1, state=passed),
                lead(2, state=passed),
                lead(3, state={**passed, "disposition": "junk"}),
                lead(4, state={"owner": "ada"}),
                lead(5, state={**passed, "owner": "bob", "cycle": 2}),
                lead(6, state={**passed, "owner": None}),
            ]
        )
        tx.record(
            [
                event(2, kind=EventKind.ACCEPTED),
                event(5, kind=EventKind.REJECTED),  # in the cycle before
                event(1, kind=EventKind.TOUCHED),
            ],
            now=NOW,
        )
        assert tx.open_leads_by_owner() == {"ada": 1, "bob": 1}


def test_leads_to_hand_over_come_hottest_first(ledger: SqlLedger) -> None:
    ready = {"stage": "sales_qualified"}
    with ledger.transaction() as tx:
        tx.save_leads(
            [
                lead(1, state=ready, score=10.0),
                lead(2, state=ready, score=90.0),
                lead(3, state={**ready, "passed_at": NOW}, score=95.0),
                lead(4, score=99.0),
            ]
        )
        wanted = ["sales_qualified"]
        found = tx.leads_to_hand_over(wanted, behind=None, limit=9)
        assert found == [(90.0, "hs-2"), (10.0, "hs-1")]


def test_leads_to_hand_over_go_on_behind_the_last_one(ledger: SqlLedger) -> None:
    ready = {"stage": "sales_qualified"}
    scores = [70.1, 50.0, 70.1, 50.0, 99.9]
    with ledger.transaction() as tx:
        tx.save_leads(lead(n, state=ready, score=score) for n, score in enumerate(scores))
        whole = tx.leads_to_hand_over(["sales_qualified"], behind=None, limit=9)
        assert [id_ for _, id_ in whole] == ["hs-4", "hs-0", "hs-2", "hs-1", "hs-3"]
        found, behind = [], None
        while part := tx.leads_to_hand_over(["sales_qualified"], behind=behind, limit=2):
            found, behind = found + part, part[-1]
        assert found == whole


def test_leads_to_recycle_are_answered_and_not_recycled_yet(ledger: SqlLedger) -> None:
    back = {"passed_at": NOW, "disposition": "not_now"}
    with ledger.transaction() as tx:
        tx.save_leads(
            [
                lead(1, state=back),
                lead(2, state=back),
                lead(3, state={**back, "disposition": "junk"}),
                lead(4, state={**back, "cycle": 2}),
                lead(5, state={"disposition": "not_now"}),
            ]
        )
        tx.record([event(n, kind=EventKind.RECYCLED) for n in (2, 4)], now=NOW)
        found = tx.leads_to_recycle(["not_now", "unreachable"], limit=9)
    assert [row.state.lead_id for row in found] == ["hs-1", "hs-4"]


def test_leads_are_due_when_their_moment_has_come(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads(lead(n, look_again_at=NOW - n * MINUTE if n else None) for n in range(3))
        tx.save_leads([lead(7, look_again_at=NOW + MINUTE)])
        found = tx.leads_due(now=NOW, limit=9)
        assert [row.state.lead_id for row in found] == ["hs-2", "hs-1"]
        assert len(tx.leads_due(now=NOW + MINUTE, limit=9)) == 3


def test_leads_are_found_by_any_id_and_by_email_in_any_case(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads([lead(1), lead(2, hubspot_id="33")])
        tx.link([pair(1, "00Q000000000001AAA")])
        for text in ("hs-1", "1", "PERSON1@EXAMPLE.COM ", "00Q000000000001AAA", "00Q000000000001"):
            assert [row.state.lead_id for row in tx.find_leads(text)] == ["hs-1"], text
        assert [row.state.lead_id for row in tx.find_leads("33")] == ["hs-2"]
        assert tx.find_leads("nobody@example.com") == []
        assert tx.find_leads("") == []


def test_an_event_comes_back_and_is_recorded_once(ledger: SqlLedger) -> None:
    told = event(
        1,
        kind=EventKind.WON,
        data={"amount": "12.5", "opportunity": "006", "open": False},
        by="ada",
        rule="r",
        place=Place(file="mappings/promises.yaml", line=2, column=3),
        ruleset="rules-1",
        cycle=3,
    )
    with ledger.transaction() as tx:
        assert tx.record([told, told], now=NOW + MINUTE, run_id="r1") == 1
        assert tx.record([told], now=NOW + 2 * MINUTE) == 0
        (stored,) = tx.events_of("hs-1")
    assert (stored.event, stored.recorded_at) == (told, NOW + MINUTE)
    assert [s.event for s in ledger.events(kinds=["won"])] == [told]
    assert ledger.events(kinds=["lost"]) == []
    assert ledger.events(after=stored.number) == []


def test_strange_characters_are_kept_in_values_and_replaced_beside_them(
    ledger: SqlLedger,
) -> None:
    strange = "a\x00b\ud800c"
    odd = lead(1, values={"email": strange, "company": strange}, campaign=strange)
    with ledger.transaction() as tx:
        tx.save_leads([odd])
    with ledger.transaction() as tx:
        kept = tx.leads(["hs-1"])["hs-1"]
    assert kept.values == odd.values
    assert kept.campaign in ("a\x00b\ufffdc", "a\ufffdb\ufffdc")


def test_cursor_and_totals_of_time_zones(ledger: SqlLedger) -> None:
    plan(ledger, action(1, not_before=NOW + timedelta(microseconds=1)))
    assert take(ledger) == []
    assert len(take(ledger, now=NOW + timedelta(microseconds=1))) == 1


def test_decisions_are_found_by_their_leads_and_by_their_run(ledger: SqlLedger) -> None:
    state = LeadState(lead_id="hs-1", stage="captured", cycle=2, refused_by=("bob",), reason="x")
    around = Surroundings(
        candidates=(Candidate(known=Known.CONTACT, record_id="003", owner_id="005A"),),
        owners={"005A": "ada"},
        open_leads={"ada": 3},
        unavailable=frozenset({"eve"}),
    )
    first = snapshot(1, state=state, surroundings=around)
    with ledger.transaction() as tx:
        tx.save_leads(lead(n) for n in range(1, 4))
        tx.save_snapshots([first, snapshot(2)], run_id="r1")
        tx.save_snapshots([snapshot(1, taken_at=NOW + MINUTE)], run_id="r2")
        tx.record([event(1, by="leadrelay")], now=NOW, run_id="r1")
        found = tx.snapshots_of_many(["hs-1", "hs-2", "hs-3"])
    assert found.keys() == {"hs-1", "hs-2"}
    assert found["hs-1"][0] == replace(first, run_id="r1")
    assert [one.run_id for one in found["hs-1"]] == ["r1", "r2"]
    page, after = ledger.decided_by("r1", limit=1)
    assert [one.lead_id for one in page] == ["hs-1"]
    page, after = ledger.decided_by("r1", after=after)
    assert [one.lead_id for one in page] == ["hs-2"]
    assert ledger.decided_by("r1", after=after) == ([], after)
    told = ledger.told_by("r1", ["captured"], by="leadrelay")
    assert [(one.event.lead_id, one.event.kind) for one in told] == [("hs-1", "captured")]
    assert ledger.told_by("r2", ["captured"], by="leadrelay") == []
    ledger.measure(StageNames(marketing_qualified=frozenset(), sales_qualified=frozenset()))
    assert [j.lead_id for j in ledger.journeys_of(["hs-1", "hs-2"])] == ["hs-1"]
    assert list(ledger.journeys_of([])) == []
