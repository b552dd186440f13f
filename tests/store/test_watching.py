"""Promises under watch, on both databases: what is due, who is on hold, and who waits."""

from datetime import timedelta

from connector.core.events import EventKind
from connector.core.owners import Directory
from connector.core.turns import Turn, TurnHistory
from connector.flows.office import Standings
from connector.ports import Standing, Watched
from connector.store import SqlLedger
from tests.core.agreed import people, person
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
        news = tx.standing(behind=standing.number)
        assert tx.standing(behind=number) == Standing(number=number)
    assert news == Standing(counts=(("uk", "ada", draw, 1),), number=number)
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


def test_open_leads_and_todays_leads_follow_the_news(ledger: SqlLedger) -> None:
    roster = people(person("ada"), person("bob"))
    nobody, passed = Directory(), {"passed_at": NOW, "owner": "ada"}
    with ledger.transaction() as tx:
        tx.save_leads([lead(1, state=passed)])
        tx.record([event(1, data={"owner": "ada"}, kind=EventKind.HANDED_OFF)], now=NOW)
        standings = Standings(tx, roster, NOW)
        assert standings.office(tx, nobody, NOW).open_leads == {"ada": 1}

    with ledger.transaction() as tx:
        tx.save_leads([lead(n, state=passed) for n in (2, 3)])
        given = [event(n, data={"owner": "ada"}, kind=EventKind.HANDED_OFF) for n in (2, 3)]
        tx.record([*given, event(2, kind=EventKind.TOUCHED)], now=NOW)
        office = standings.office(tx, nobody, NOW)
        assert (office.open_leads, office.today) == ({"ada": 3}, {"ada": 3})

    with ledger.transaction() as tx:
        tx.save_leads([lead(3, state={**passed, "owner": "bob"})])
        moved = event(3, data={"from": "ada", "to": "bob"}, kind=EventKind.REASSIGNED)
        tx.record([moved, event(2, kind=EventKind.REJECTED)], now=NOW)
        office = standings.office(tx, nobody, NOW)
        fresh = Standings(tx, roster, NOW).office(tx, nobody, NOW)
        assert (office.open_leads, office.today) == ({"ada": 1, "bob": 1}, {"ada": 3, "bob": 1})
        assert (fresh.open_leads, fresh.today) == (office.open_leads, office.today)
        assert standings.office(tx, nobody, NOW + timedelta(days=1)).today == {}


def test_events_of_many_leads_come_sorted_by_lead(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads([lead(1), lead(2)])
        tx.record([event(1), event(2), event(1, kind=EventKind.WON)], now=NOW)
        many = tx.events_of_many(["hs-1", "hs-2", "hs-9"])
        assert many == {name: tx.events_of(name) for name in ("hs-1", "hs-2")}


def test_leads_with_an_event_of_a_kind_are_listed_once_page_by_page(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads([lead(n) for n in (1, 2, 3, 4)])
        tx.record([event(n, kind=EventKind.HANDED_OFF) for n in (1, 2, 4)], now=NOW)
        tx.record([event(1, kind=EventKind.WON), event(3, kind=EventKind.LOST)], now=NOW)
    kinds = [EventKind.HANDED_OFF.value, EventKind.WON.value]
    first = ledger.leads_with(kinds, limit=2)
    assert first == ["hs-1", "hs-2"]
    assert ledger.leads_with(kinds, after=first[-1], limit=2) == ["hs-4"]


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
