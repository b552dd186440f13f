"""Ledgers of earlier versions open in this one, with everything they held.

A sample is never made anew once its version was released; `python -m tests.store.test_samples`
made the one of the newest schema.
"""

import gzip
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Boolean, MetaData

from connector.core.decisions import Decision
from connector.core.events import EventKind
from connector.core.journeys import StageNames
from connector.core.plan import ActionState, Destination
from connector.ports import ActionOutcome, Cursor, Run, Turn
from connector.store import SqlLedger, database, migrate, open_ledger
from tests.conftest import NewLedger
from tests.store.people import MINUTE, NOW, action, event, full_lead, lead, pair, problem, snapshot

SAMPLES = sorted((Path(__file__).parent / "samples").glob("ledger-*.db.gz"))
CRM = Destination.SALESFORCE


def fill(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads([full_lead(1), lead(2), lead(3)])
        tx.save_leads([lead(3, hubspot_id="33")])
        tx.save_snapshots([snapshot(1), snapshot(2)])
        tx.plan([action(n, fields={"Company": "Söhne"}) for n in (1, 2, 3)], now=NOW, run_id="r1")
        tx.plan([action(2, destination=Destination.NOTIFY)], now=NOW, run_id="r1")
        one, two = tx.take(CRM, limit=2, now=NOW, run_id="r1")
        tx.finish(
            [
                ActionOutcome(key=one.action.key, state=ActionState.DONE, record_id="00Q1"),
                ActionOutcome(key=two.action.key, state=ActionState.PARKED, problem=problem()),
            ],
            now=NOW + MINUTE,
        )
        tx.link([pair(1, "00Q1")])
        tx.agree({"hs-1": full_lead(1).values}, now=NOW)
        tx.record([event(1, data={"source": "fair"}), event(2, kind=EventKind.WON)], now=NOW)
        tx.save_turns([Turn(lead_id="hs-1", cycle=1, team="uk", person="ada", at=NOW)])
        tx.know_opportunities([("006", "hs-1", 2)])
        tx.move_cursor(Cursor(stream="contacts", covered=NOW, after="3"))
    ledger.measure(StageNames(marketing_qualified=frozenset(), sales_qualified=frozenset()))
    ledger.decide(Decision(what="ask for a budget", decided_at=NOW, review_at=NOW))
    ledger.start_run(Run(id="r1", job="pull", started_at=NOW, ended_at=NOW, outcome="done"))
    ledger.save_ruleset("rules-1", {"routing.yaml": "rules: []\n"}, now=NOW)


def test_the_newest_schema_has_a_sample() -> None:
    assert SAMPLES[-1].name == f"ledger-{database.HEAD}.db.gz"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_an_old_ledger_opens_with_all_it_held(
    sample: Path, tmp_path: Path, new_ledger: NewLedger, request: pytest.FixtureRequest
) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(gzip.decompress(sample.read_bytes()))
    url = new_ledger(tmp_path)
    if not url.startswith("sqlite:"):
        url = request.getfixturevalue("databases").fresh()
        pour(path, url, sample.name.removeprefix("ledger-").removesuffix(".db.gz"))
    ledger = open_ledger(url)
    with ledger.transaction() as tx:
        leads = tx.leads(["hs-1", "hs-2", "hs-3"])
        assert leads["hs-1"].values == full_lead(1).values == leads["hs-1"].state.agreed
        assert leads["hs-1"].state.salesforce_id == "00Q1"
        assert tx.leads_by_hubspot(["3"])["3"] == leads["hs-3"]
        assert tx.snapshots_of("hs-1") == [snapshot(1)]
        assert [s.event.kind for s in tx.events_of("hs-2")] == [EventKind.WON]
        assert tx.cursor("contacts") == Cursor(stream="contacts", covered=NOW, after="3")
        assert [turn.person for turn in tx.turns()] == ["ada"]
        if sample.name > "ledger-0002":
            assert tx.opportunities(["006"]) == {"006": [("hs-1", 2)]}
        (taken,) = tx.take(CRM, limit=9, now=NOW, run_id="r2")
    assert taken.action == action(3, fields={"Company": "Söhne"})
    (held,) = ledger.parked()
    assert (held.action.problem, held.input_hash) == (problem(), "snap-2")
    assert [run.outcome for run in ledger.runs()] == ["done"]
    assert ledger.rulesets() == [("rules-1", NOW, {"routing.yaml": "rules: []\n"})]
    ledger.close()


def _same(cell: object) -> object:
    return cell


def pour(path: Path, url: str, version: str) -> None:
    """A PostgreSQL ledger of an earlier version, with the rows of that version's sample."""
    engine = database.connect(url)
    migrate.upgrade(engine, version)
    there = MetaData()
    there.reflect(engine)
    old = sqlite3.connect(path)
    with engine.begin() as connection:
        for table in (one for one in there.sorted_tables if one.name != "alembic_version"):
            columns = [f'"{column.name}"' for column in table.c]
            as_kept = [bool if isinstance(c.type, Boolean) else _same for c in table.c]
            rows = [
                tuple(kept(cell) for kept, cell in zip(as_kept, row, strict=True))
                for row in old.execute(f'SELECT {", ".join(columns)} FROM "{table.name}"')
            ]
            values = ", ".join(["%s"] * len(columns))
            statement = f'INSERT INTO "{table.name}" ({", ".join(columns)}) VALUES ({values})'
            for row in rows:
                connection.exec_driver_sql(statement, row)
    old.close()
    engine.dispose()


def make(path: Path) -> None:
    """Writes a sample of the newest schema."""
    ledger = open_ledger(f"sqlite:///{path}")
    fill(ledger)
    with ledger.engine.connect() as connection:
        connection.connection.driver_connection.execute(  # type: ignore[union-attr]
            "PRAGMA wal_checkpoint(TRUNCATE)"
        )
    ledger.close()
    target = Path(__file__).parent / "samples" / f"ledger-{database.HEAD}.db.gz"
    target.write_bytes(gzip.compress(path.read_bytes(), mtime=0))


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder) / "ledger.db")
