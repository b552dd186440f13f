"""Promises under watch, on both databases: what is due, who is on hold, and who waits."""

from datetime import timedelta

from connector.core.events import EventKind
from connector.core.turns import Turn, TurnHistory
from connector.ports import Watched
from connector.store import SqlLedger
from tests.store.people import MINUTE, NOW, event, lead


def test_a_moment_that_has_come_is_told_once_moved_on(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads([lead(1), lead(2), lead(3)])
        tx.watch(
            [
                Watched(lead_id="hs-1", look_at=NOW + MINUTE),
                Watched(lead_id="hs-2", look_at=NOW, hold=("ada", "bob")),
                Watched(lead_id="hs-3", look_at=None, hold=("ada",)),
            ]
        )
        assert tx.leads_to_watch(now=NOW, limit=9) == ["hs-2"]
        assert tx.leads_to_watch(now=NOW + MINUTE, limit=9) == ["hs-2", "hs-1"]
        assert tx.on_hold() == {"ada", "bob"}
        tx.watch([Watched(lead_id="hs-2", look_at=None)])
        assert tx.leads_to_watch(now=NOW, limit=9) == []
        assert tx.on_hold() == {"ada"}


def test_all_turns_are_counted_and_later_ones_follow(ledger: SqlLedger) -> None:
    draw = (("ada", 2), ("bob", 1))
    turns = [
        Turn(lead_id=f"hs-{n}", cycle=1, team="uk", person=person, at=NOW, draw=draw)
        for n, person in enumerate(("ada", "bob", "ada", "ada"))
    ]
    with ledger.transaction() as tx:
        tx.save_turns(turns[:3])
        standing = tx.standing()
        tx.save_turns(turns[3:])
        later, number = tx.turns_behind(standing.number)
        assert tx.turns_behind(number) == ([], number)
    history = TurnHistory.counted(standing.counts)
    assert later == turns[3:]
    whole = TurnHistory(turns).of("uk")
    history.add(later[0])
    assert [history.of("uk").owed(p) for p in ("ada", "bob")] == [
        whole.owed(p) for p in ("ada", "bob")
    ]


def test_what_people_were_given_is_counted_from_the_facts(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads([lead(1)])
        tx.record(
            [
                event(1, data={"owner": "ada"}, kind=EventKind.HANDED_OFF),
                event(2, data={"to": "bob"}, kind=EventKind.REASSIGNED),
                event(3, data={"to": "eve"}, kind=EventKind.OWNER_CHANGED),
            ],
            now=NOW,
        )
        moments = dict(tx.given_since(NOW - timedelta(days=9)))
        assert set(moments) == {"ada", "bob"}
        assert tx.given_since(max(moments.values()) + MINUTE) == []


def test_events_of_many_leads_come_sorted_by_lead(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads([lead(1), lead(2)])
        tx.record([event(1), event(2), event(1, kind=EventKind.WON)], now=NOW)
        many = tx.events_of_many(["hs-1", "hs-2", "hs-9"])
        assert many == {name: tx.events_of(name) for name in ("hs-1", "hs-2")}


def test_a_lead_waits_for_the_centre_until_it_is_decided(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads([lead(1), lead(2)])
        tx.record([event(n, kind=EventKind.QUEUED_FOR_CENTRE) for n in (1, 2)], now=NOW)
        assert [row.state.lead_id for row in tx.leads_queued(limit=9)] == ["hs-1", "hs-2"]
        tx.record([event(1, kind=EventKind.STAGE_CHANGED)], now=NOW)
        assert [row.state.lead_id for row in tx.leads_queued(limit=9)] == ["hs-2"]


def test_open_leads_are_those_sales_still_works(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads(
            [lead(n, state={"passed_at": NOW, "owner": "ada"}) for n in (1, 2, 3)] + [lead(4)]
        )
        tx.record([event(1, kind=EventKind.ACCEPTED), event(2, kind=EventKind.CONVERTED)], now=NOW)
        assert {row.state.lead_id for row in tx.open_leads()} == {"hs-1", "hs-3"}
