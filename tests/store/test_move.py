"""A ledger moved to the other database and back is the same ledger."""

from pathlib import Path

import orjson
import pytest
from sqlalchemy import select

from connector.core.decisions import Decision
from connector.core.errors import StopTheRun
from connector.core.events import EventKind
from connector.core.journeys import StageNames
from connector.core.plan import Destination
from connector.core.records import System
from connector.ports import Cursor, ObjectSchema, Run, Turn, Watched
from connector.store import SqlLedger, open_ledger
from connector.store.move import move
from connector.store.privacy import erase, look_at
from connector.store.tables import metadata
from connector.store.types import Document
from tests.conftest import Databases
from tests.store.people import MINUTE, NOW, action, event, full_lead, lead, pair, snapshot

pytestmark = pytest.mark.postgres
MANY = 2_100  # more than one batch


@pytest.fixture
def filled(tmp_path: Path) -> SqlLedger:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'from.db'}")
    with ledger.transaction() as tx:
        tx.save_leads(lead(n) for n in range(2, MANY))
        tx.save_leads([full_lead(1), lead(2, hubspot_id="22")])
        tx.save_snapshots(snapshot(n) for n in range(1, 40))
        tx.plan((action(n, express=n % 2 == 0) for n in range(1, 40)), now=NOW, run_id="r1")
        tx.take(Destination.SALESFORCE, limit=3, now=NOW, run_id="r1")
        tx.link([pair(1, "00Q1"), pair(2, "00Q2")])
        tx.agree({"hs-1": full_lead(1).values}, now=NOW)
        tx.record((event(n, data={"n": n, "x": [1.5, None]}) for n in range(MANY)), now=NOW)
        tx.save_turns([Turn(lead_id="hs-1", cycle=1, team="uk", person="ada", at=NOW)])
        tx.know_opportunities([("006", "hs-1", 1)])
        tx.move_cursor(Cursor(stream="contacts", covered=NOW, after="7"))
    ledger.decide(Decision(what="ask for a budget", decided_at=NOW, review_at=NOW))
    ledger.start_run(Run(id="r1", job="pull", started_at=NOW))
    ledger.save_ruleset("rules-1", {"routing.yaml": "é"}, now=NOW)
    ledger.count_up("calls", "today", 2**40)
    with ledger.transaction() as tx:
        tx.watch([Watched(lead_id="hs-1", look_at=NOW, hold=("ada",))])
    ledger.saw_schema(
        ObjectSchema(system=System.HUBSPOT, name="contact", fields={}, hash="a"), now=NOW
    )
    won = event(1, kind=EventKind.WON, data={"opportunity": "006", "amount": "5.10"})
    with ledger.transaction() as tx:
        tx.record([won], now=NOW)
    ledger.measure(StageNames(marketing_qualified=frozenset(), sales_qualified=frozenset()))
    erase(ledger, look_at(ledger, "hs-3", now=NOW), salt=b"salt", now=NOW)
    return ledger


def everything(ledger: SqlLedger) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, documents parsed by PostgreSQL's or SQLite's text alike."""
    found = {}
    with ledger.reading() as connection:
        for table in metadata.sorted_tables:
            documents = [isinstance(column.type, Document) for column in table.c]
            rows = connection.execute(select(table).order_by(*table.primary_key)).all()
            found[table.name] = [
                tuple(
                    orjson.loads(cell) if is_document and cell is not None else cell
                    for cell, is_document in zip(row, documents, strict=True)
                )
                for row in rows
            ]
    return found


def test_a_ledger_moves_to_postgresql_and_back(
    filled: SqlLedger, databases: Databases, tmp_path: Path
) -> None:
    postgres = open_ledger(databases.fresh())
    back = open_ledger(f"sqlite:///{tmp_path / 'back.db'}")
    before = everything(filled)
    assert all(before[name] for name in before if name not in {"meta", "lease"})
    counts = move(filled, postgres, now=NOW)
    assert counts == {name: len(rows) for name, rows in before.items()}
    assert everything(postgres) == before
    assert move(postgres, back, now=NOW) == counts
    assert everything(back) == before
    for ledger in (postgres, back):  # and it goes on
        with ledger.transaction() as tx:
            tx.record([event(1, "later")], now=NOW)
            tx.plan([action(5_000)], now=NOW, run_id="r2")
            assert len(tx.take(Destination.SALESFORCE, limit=99, now=NOW, run_id="r2")) == 36
        with ledger.transaction() as tx:
            assert tx.last_event() == len(before["event"]) + 1
        ledger.close()
    filled.close()


def test_a_ledger_moves_only_to_an_empty_one_and_not_under_a_running_job(
    filled: SqlLedger, databases: Databases
) -> None:
    postgres = open_ledger(databases.fresh())
    filled.lease("job:pull", holder="h", now=NOW, seconds=60)
    with pytest.raises(StopTheRun, match="job:pull"):
        move(filled, postgres, now=NOW)
    assert set(postgres.counts().values()) == {0}
    with postgres.transaction() as tx:
        tx.move_cursor(Cursor(stream="contacts"))
    with pytest.raises(StopTheRun, match="not empty"):
        move(filled, postgres, now=NOW + 2 * MINUTE)
    postgres.close()
    filled.close()
