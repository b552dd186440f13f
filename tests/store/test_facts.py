"""Facts for measuring: in order, with dimensions, from where the last reading ended."""

from connector.core.events import EventKind
from connector.store import SqlLedger, facts
from tests.store.people import NOW, event, full_lead, lead


def test_facts_carry_the_dimensions_of_their_leads(ledger: SqlLedger) -> None:
    won = event(1, kind=EventKind.WON, data={"amount": "5.0"}, by="ada", cycle=2)
    with ledger.transaction() as tx:
        tx.save_leads([full_lead(1), lead(2)])
        tx.record([event(2), won, event(9)], now=NOW)
    (batch,) = facts.facts(ledger)
    assert [fact.lead_id for fact in batch] == ["hs-2", "hs-1", "hs-9"]
    fact = batch[1]
    assert fact[:5] == (fact.number, "hs-1", 2, "won", fact.micros)
    assert (fact.at, fact.data, fact.by) == (NOW, {"amount": "5.0"}, "ada")
    dimensions = ("fair", "spring", "enterprise", "press", "dach")
    assert fact[-5:] == dimensions
    assert batch[0][-5:] == batch[2][-5:] == ("",) * 5


def last_event(ledger: SqlLedger) -> int:
    with ledger.transaction() as tx:
        return tx.last_event()


def test_facts_go_on_behind_a_number(ledger: SqlLedger) -> None:
    assert last_event(ledger) == 0
    assert list(facts.facts(ledger)) == []
    with ledger.transaction() as tx:
        tx.record((event(n) for n in range(5)), now=NOW)
    last = last_event(ledger)
    with ledger.transaction() as tx:
        tx.record((event(n, kind=EventKind.LOST) for n in range(3)), now=NOW)
        tx.record([event(0, kind=EventKind.WON)], now=NOW)
    assert [len(batch) for batch in facts.facts(ledger, after=last)] == [4]
    (batch,) = facts.facts(ledger, after=last, kinds=["won", "captured"])
    assert [(fact.kind, fact.lead_id) for fact in batch] == [("won", "hs-0")]


def test_a_reading_sees_one_moment(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.record((event(n) for n in range(25_000)), now=NOW)
    reading = facts.facts(ledger)
    first = next(reading)
    assert len(first) < 25_000
    with ledger.transaction() as tx:
        tx.record([event(1, kind=EventKind.WON)], now=NOW)
    rest = [fact for batch in reading for fact in batch]
    assert len(first) + len(rest) == 25_000
    assert rest[-1].number == last_event(ledger) - 1
