"""Retention, export and erasure of one person."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from connector.core.errors import StopTheRun, TryLater
from connector.core.events import EventKind
from connector.core.frozen import replace
from connector.core.journeys import stage_names
from connector.core.plan import ActionState, Destination
from connector.core.problems import Place
from connector.ports import ActionOutcome, Run, Turn, Watched
from connector.store import SqlLedger, open_ledger, parked, privacy, tombstones
from connector.store.kept import BULK_JOBS, Kept
from connector.store.tables import metadata
from tests.reports.material import rules
from tests.store.people import MINUTE, NOW, action, event, lead, pair, problem, snapshot

SALT = b"salt of this ledger"
MARK = "Zarathustra"
ADDRESS = f"{MARK}@example.com"
DAY = timedelta(days=1)


def fill(ledger: SqlLedger) -> None:
    """A marked person in every table, and somebody else beside them."""
    marked = {"email": ADDRESS, "last_name": MARK, "company": f"{MARK} & Sons " * 400}
    with ledger.transaction() as tx:
        tx.save_leads([lead(512, values={**marked, "email": f"Old.{ADDRESS}"}), lead(7)])
        tx.save_leads([lead(512, hubspot_id="513", values=marked, goal=f"ask {MARK}")])
        tx.save_leads([lead(512, hubspot_id="513", values=marked, crm={"name": MARK})])
        tx.save_snapshots([snapshot(512), snapshot(7)])
        tx.plan(
            [
                action(512, "a", fields=marked, before=marked, because=f"{MARK} is hot"),
                action(512, "b", fields=marked, record_kind="Task"),
                action(7),
            ],
            now=NOW,
            run_id="r1",
        )
        tx.take(Destination.SALESFORCE, limit=1, now=NOW, run_id="r1")
        tx.finish(
            [
                ActionOutcome(
                    key=action(512, "a").key, state=ActionState.PARKED, problem=problem(MARK)
                )
            ],
            now=NOW,
        )
        tx.link([pair(512, "00Q512", hubspot_id="513"), pair(7, "00Q7")])
        tx.agree({"hs-512": marked}, now=NOW)
        tx.record(
            [
                event(512, data={"source": "fair", "note": MARK}),
                event(512, kind=EventKind.WON, data={"opportunity": "006512", "amount": "5.0"}),
                event(512, kind=EventKind.LOST, data={"opportunity": "006512"}),
                event(512, kind=EventKind.TOUCHED, place=Place(file=f"hubspot:contact/{MARK}")),
                event(7),
            ],
            now=NOW,
        )
        tx.know_opportunities([("006512", "hs-512", 1), ("006007", "hs-7", 1)])
        tx.save_turns([Turn(lead_id="hs-512", cycle=1, team="uk", person="ada", at=NOW)])
        tx.watch([Watched(lead_id="hs-512", look_at=NOW)])


def erase(
    ledger: SqlLedger, lead_id: str, *, salt: bytes = SALT, now: datetime = NOW
) -> privacy.Erased | None:
    return privacy.erase(ledger, privacy.look_at(ledger, lead_id, now=now), salt=salt, now=now)


def everything(ledger: SqlLedger) -> str:
    with ledger.transaction() as tx:
        leads = ledger.lead_rows()
        held = [
            [tx.events_of(id_), tx.actions_of(id_), tx.snapshots_of(id_), tx.links_of(id_)]
            for id_ in (row.state.lead_id for row in leads)
        ]
        return repr([leads, held, tx.turns(), ledger.parked()])


def test_an_erased_person_is_nowhere_and_the_figures_still_add_up(ledger: SqlLedger) -> None:
    fill(ledger)
    before = ledger.counts()
    done = erase(ledger, "hs-512", now=NOW + MINUTE)
    assert done is not None
    held = everything(ledger)
    for trace in (MARK.lower(), "person512", "hs-512", "'512'", "'513'", "00q512", "006512"):
        assert trace not in held.lower(), trace
    with ledger.reading() as connection:
        for table in metadata.sorted_tables:
            if "lead_id" in table.c:  # a table that is new must be erased from, too
                query = select(table).where(table.c.lead_id == "hs-512")
                assert connection.execute(query).all() == [], table.name
    counts = ledger.counts()
    assert counts["event"] == before["event"] + 1
    assert (counts["lead"], counts["turn"], counts["action"]) == (2, 1, 3)
    assert (counts["snapshot"], counts["link"], counts["agreed"]) == (1, 1, 0)
    assert parked.causes(ledger) == []
    with ledger.transaction() as tx:
        events = [stored.event for stored in tx.events_of(done.lead_id)]
        assert {s.state for s in tx.actions_of(done.lead_id)} == {ActionState.DISMISSED}
        assert [turn.lead_id for turn in tx.turns()] == [done.lead_id]
    assert [one.kind for one in events][-1] is EventKind.ERASED
    assert events[0].data == {"source": "fair"}
    assert events[1].data["amount"] == "5.0"
    assert events[1].data["opportunity"] == events[2].data["opportunity"] != "006512"
    assert [row.values for row in ledger.lead_rows(after="hs-")] == [lead(7).values]


def test_a_merged_double_is_erased_with_its_person_whichever_is_named(ledger: SqlLedger) -> None:
    marked = {"email": f"double.{ADDRESS}", "last_name": MARK}
    fill(ledger)
    with ledger.transaction() as tx:  # 8 was merged into 9, and 9 into 512
        tx.save_leads([lead(8, values=marked, crm={"merged_into": "hs-9"})])
        tx.save_leads([lead(9, values=marked, crm={"merged_into": "hs-512"})])
        merged = {"loser": "9", "survivor": "513", "lead": "hs-512", "system": "hubspot"}
        tx.record([event(8), event(9, kind=EventKind.MERGED, data=merged)], now=NOW)
    ledger.measure(stage_names(rules().vocabulary))
    for one in ("hs-512", "hs-9", "hs-8"):
        assert privacy.leads_of(ledger, one) == ("hs-512", "hs-9", "hs-8")
    assert privacy.leads_of(ledger, "hs-7") == ("hs-7",)
    done = erase(ledger, "hs-8")
    assert done is not None
    assert done.rows["lead"] == 3
    ledger.measure(stage_names(rules().vocabulary))
    with ledger.reading() as connection:
        held = repr([connection.execute(select(table)).all() for table in metadata.sorted_tables])
    for trace in (MARK, "hs-512", "hs-9", "hs-8", "'513'"):
        assert trace.lower() not in held.lower(), trace
    into = {journey.lead_id: journey.merged_into for journey in ledger.journeys()}
    assert sorted(into.values()) == ["", "", "", done.lead_id]
    with ledger.transaction() as tx:
        assert tx.erased(SALT, emails=[f"double.{ADDRESS}"], hubspot_ids=["8", "9", "7"]) == {
            *(f"double.{ADDRESS}", "8", "9")
        }


def test_an_erased_person_is_recognised_by_every_earlier_name(ledger: SqlLedger) -> None:
    fill(ledger)
    with ledger.transaction() as tx:
        row = tx.leads(["hs-512"])["hs-512"]
        tx.save_leads(
            [replace(row, values={**row.values, "other_emails": "I@x.example; me@y.example"})]
        )
    others = ["i@x.example", "me@y.example"]
    asked = {
        "emails": [ADDRESS.upper(), "person512@example.com", "person7@example.com", *others],
        "hubspot_ids": ["512", "513", "7"],
        "salesforce_ids": ["00Q512", "00Q7"],
    }
    with ledger.transaction() as tx:
        assert tx.erased(SALT, **asked) == set()
    erase(ledger, "hs-512")
    with ledger.transaction() as tx:
        assert tx.erased(SALT, **asked) == {
            *(ADDRESS.upper(), "person512@example.com", "512", "513", "00Q512", *others)
        }


@pytest.mark.parametrize("salt", [b"another salt", b""])
def test_who_was_erased_by_another_salt_is_not_taken_for_a_stranger(
    ledger: SqlLedger, salt: bytes
) -> None:
    """As on a second machine that never got the file: everybody would come back."""
    fill(ledger)
    with ledger.transaction() as tx:
        assert tx.erased(salt, hubspot_ids=["512"]) == set()  # nobody was erased yet
    erase(ledger, "hs-512")
    with ledger.transaction() as tx, pytest.raises(StopTheRun, match="salt here does not tell"):
        tx.erased(salt, hubspot_ids=["512"])
    with pytest.raises(StopTheRun, match="salt here does not tell"):
        erase(ledger, "hs-7", salt=salt)
    assert privacy.leads_of(ledger, "hs-7") == ("hs-7",)
    assert [row.state.lead_id for row in ledger.lead_rows(after="hs-")] == ["hs-7"]
    with ledger.writing() as connection:
        tombstones.drop(connection)
    assert erase(ledger, "hs-7", salt=b"the next salt") is not None


def test_nobody_is_erased_while_a_call_about_them_may_arrive(ledger: SqlLedger) -> None:
    fill(ledger)
    person = privacy.look_at(ledger, "hs-512", now=NOW)
    with ledger.transaction() as tx:
        (taken,) = tx.take(Destination.SALESFORCE, limit=1, now=NOW, run_id="r2")
        assert taken.action.lead_id == "hs-512"
    with pytest.raises(TryLater, match="may still arrive"):
        privacy.look_at(ledger, "hs-512", now=NOW + MINUTE)
    with pytest.raises(TryLater, match="may still arrive"):
        privacy.erase(ledger, person, salt=SALT, now=NOW + MINUTE)
    with ledger.transaction() as tx:  # it is answered, and nobody asked for what it made
        made = ActionOutcome(key=taken.action.key, state=ActionState.DONE, record_id="00T512")
        tx.finish([made], now=NOW + MINUTE)
    with pytest.raises(TryLater, match="meanwhile"):
        privacy.erase(ledger, person, salt=SALT, now=NOW + MINUTE)
    assert MARK in everything(ledger)
    assert erase(ledger, "hs-512", now=NOW + MINUTE) is not None


def test_a_bulk_job_that_is_under_way_may_arrive_much_later(ledger: SqlLedger) -> None:
    fill(ledger)
    jobs = Kept(ledger, BULK_JOBS)
    jobs["of these writes"] = "750000000000001"
    privacy.look_at(ledger, "hs-7", now=NOW)  # nothing of theirs has left
    with ledger.transaction() as tx:
        tx.take(Destination.SALESFORCE, limit=1, now=NOW, run_id="r2")
    with pytest.raises(TryLater, match="bulk job"):
        privacy.look_at(ledger, "hs-512", now=NOW + DAY)
    del jobs["of these writes"]
    assert privacy.look_at(ledger, "hs-512", now=NOW + DAY).calls == 2


@pytest.mark.parametrize("learnt", ["merged", "linked"])
def test_who_is_not_the_same_any_more_is_looked_at_again(ledger: SqlLedger, learnt: str) -> None:
    fill(ledger)
    person = privacy.look_at(ledger, "hs-512", now=NOW)
    with ledger.transaction() as tx:
        if learnt == "merged":
            tx.save_leads([lead(8, crm={"merged_into": "hs-512"})])
        else:
            tx.link([pair(512, "00Q513", hubspot_id="513", since=NOW + MINUTE)])
    with pytest.raises(TryLater, match="meanwhile"):
        privacy.erase(ledger, person, salt=SALT, now=NOW)
    assert erase(ledger, "hs-512") is not None


def test_a_page_that_was_looked_through_lands_before_anybody_is_erased(ledger: SqlLedger) -> None:
    """It found nobody erased, and stores the person: the erasure waits, and takes that too."""
    fill(ledger)
    person = privacy.look_at(ledger, "hs-512", now=NOW)
    with ThreadPoolExecutor(1) as pool:
        with ledger.transaction() as tx:
            assert not tx.erased(SALT, hubspot_ids=["513"])
            erasing = pool.submit(privacy.erase, ledger, person, salt=SALT, now=NOW)
            with pytest.raises(TimeoutError):
                erasing.result(timeout=0.5)
            row = tx.leads_by_hubspot(["513"])["513"]
            tx.save_leads([replace(row, goal=f"{MARK} again")])
        assert erasing.result(timeout=30) is not None
    assert MARK.lower() not in everything(ledger).lower()


def test_no_table_knows_an_erased_person_by_id(ledger: SqlLedger) -> None:
    fill(ledger)
    ledger.measure(stage_names(rules().vocabulary))
    with_leads = [t for t in metadata.tables.values() if "lead_id" in t.c and t.name != "tombstone"]
    assert {t.name for t in with_leads} | {"lead"} == set(privacy.export(ledger, "hs-512"))
    erase(ledger, "hs-512")
    ledger.measure(stage_names(rules().vocabulary))
    with ledger.reading() as connection:
        for table in with_leads:
            left = select(table).where(table.c.lead_id == "hs-512")
            assert connection.execute(left).all() == [], table.name


def test_erasing_again_or_nobody_does_nothing(ledger: SqlLedger) -> None:
    fill(ledger)
    assert erase(ledger, "hs-1") is None
    done = erase(ledger, "hs-512")
    assert done is not None
    assert erase(ledger, "hs-512") is None
    assert erase(ledger, done.lead_id) is None


def test_the_salesforce_id_of_an_erased_person_is_free(ledger: SqlLedger) -> None:
    fill(ledger)
    erase(ledger, "hs-512")
    with ledger.transaction() as tx:
        tx.link([pair(7, "00Q512", since=NOW + MINUTE)])
        assert tx.leads(["hs-7"])["hs-7"].state.salesforce_id == "00Q512"


def test_no_byte_of_an_erased_person_stays_in_the_file(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    fill(ledger)
    mark = MARK.encode()
    assert any(mark in file.read_bytes() for file in tmp_path.iterdir())
    erase(ledger, "hs-512")
    assert not any(mark in file.read_bytes() for file in tmp_path.iterdir())
    ledger.close()


def test_the_export_holds_everything_on_one_person(ledger: SqlLedger) -> None:
    fill(ledger)
    ledger.measure(stage_names(rules().vocabulary))
    export = privacy.export(ledger, "hs-512")
    text = json.dumps(export)
    assert {name: len(rows) for name, rows in export.items()} == {  # type: ignore[arg-type]
        **dict.fromkeys(("lead", "alias", "snapshot", "link", "agreed", "turn", "opportunity"), 1),
        "watched": 1,
        "journey": 1,
        "deal": 1,
        "action": 2,
        "event": 4,
    }
    assert text.count(MARK) > 5
    assert "person7@" not in text.lower()
    assert '"captured_at": "2026-03-02T09:00:00+00:00"' in text


def test_old_snapshots_payloads_and_runs_expire(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads([lead(1)])
        old = [snapshot(1, hash=str(n), taken_at=NOW - (n + 1) * DAY) for n in range(5)]
        tx.save_snapshots([*old, snapshot(1)])
        tx.plan(
            [action(n, fields={"a": 1}, before={"a": 0}) for n in range(3)], now=NOW, run_id="r"
        )
        for stored in tx.take(Destination.SALESFORCE, limit=2, now=NOW, run_id="r"):
            tx.finish(
                [ActionOutcome(key=stored.action.key, state=ActionState.DONE)],
                now=NOW - stored.action.lead_id.endswith("1") * DAY,
            )
        tx.record([event(1)], now=NOW - 9 * DAY)
    ledger.start_run(Run(id="r1", job="pull", started_at=NOW - 9 * DAY, ended_at=NOW))
    ledger.start_run(Run(id="r2", job="pull", started_at=NOW - 9 * DAY))
    before = dict.fromkeys(("snapshot", "action", "run"), NOW - DAY / 2)
    assert privacy.expire(ledger, before) == {"snapshot": 5, "action": 1, "run": 1}
    assert privacy.expire(ledger, before) == {"snapshot": 0, "action": 0, "run": 0}
    with ledger.transaction() as tx:
        assert [one.hash for one in tx.snapshots_of("hs-1")] == ["snap-1"]
        fields = [tx.actions_of(f"hs-{n}")[0].action.fields for n in range(3)]
    assert fields == [{"a": 1}, {}, {"a": 1}]
    assert (ledger.counts()["event"], [run.id for run in ledger.runs()]) == (1, ["r2"])


def test_events_have_no_retention(ledger: SqlLedger) -> None:
    with pytest.raises(ValueError, match="no retention is known for event"):
        privacy.expire(ledger, {"event": NOW})


def test_an_address_that_was_somebodys_once_still_finds_them(ledger: SqlLedger) -> None:
    fill(ledger)
    assert privacy.leads_by_former_address(ledger, " PERSON7@example.com") == ("hs-7",)
    assert privacy.leads_by_former_address(ledger, "son7@example.com") == ()
    assert privacy.leads_by_former_address(ledger, "%@example.com") == ()
