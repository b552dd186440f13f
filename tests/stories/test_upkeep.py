"""Looking after it: rollback, reconcile, the right to be forgotten, and catching up."""

import gc
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connector.adapters.hubspot import reading as hubspot_reading
from connector.core.errors import StopTheRun
from connector.core.events import EventKind
from connector.core.records import SourceRecord
from connector.flows import reconcile
from connector.flows.reconcile import Reconciled, totals_of
from connector.flows.rollback import look_back, put_back
from connector.ports import LeadRow
from connector.runner import ExitCode, Task
from connector.store import privacy
from jobs import pull_leads
from tests.stories.conftest import Story
from tests.stories.people import NOT_YET, arrive, contact_of, marketing_sets, record_of, sales_sets

LOOP = ("pull-leads", "push-sqls", "pull-status")


def live(story: Story, *names: str, minutes: int = 45, times: int = 1) -> dict[str, object]:
    done: dict[str, object] = {}
    for _ in range(times):
        story.world.clock.advance(timedelta(minutes=minutes))
        done = story.run(*(names or LOOP))
        assert "bug" not in {run.outcome for run in done.values()}, done  # type: ignore[attr-defined]
    return done


def reconciled(story: Story) -> Reconciled:
    return story.bench.reconciling.run(run_id="reconcile-1", progress=lambda _w, _c: None)


def test_a_run_is_put_back_but_not_what_people_changed(story: Story) -> None:
    eva = arrive(story, "eva@alpenblick.example", city="Wien", state="Wien")
    live(story, times=2)
    marketing_sets(story, eva, city="Graz", state="Steiermark")
    live(story, "pull-leads")
    run = live(story, "push-sqls")["push-sqls"].id  # type: ignore[attr-defined]
    record = record_of(story, f"hs-{eva}")
    assert (record["City"], record["State"]) == ("Graz", "Steiermark")
    sales_sets(story, record["Id"], State="Kärnten")

    tools, agreed = (story.bench.marketing, story.bench.crm), story.bench.ruleset.fields
    undoing = look_back(story.bench.ledger, *tools, run, agreed)
    assert [change.field for change in undoing.ours] == ["City"]
    assert [change.field for change in undoing.changed_since] == ["State"]
    assert record_of(story, f"hs-{eva}")["City"] == "Graz"  # looking changes nothing
    assert not put_back(undoing, *tools).refused
    record = record_of(story, f"hs-{eva}")
    assert (record["City"], record["State"]) == ("Wien", "Kärnten")


def test_a_rollback_takes_back_no_opt_out_on_either_side(story: Story) -> None:
    eva, tom = arrive(story, "eva@alpenblick.example"), arrive(story, "tom@bergwerk.example")
    live(story, times=2)
    sales_sets(story, record_of(story, f"hs-{eva}")["Id"], HasOptedOutOfEmail=True, City="Graz")
    with story.world.lock:
        story.world.hubspot.unsubscribe("tom@bergwerk.example")
    marketing_sets(story, tom, city="Linz")
    runs = [run.id for run in live(story).values()]  # type: ignore[attr-defined]
    runs += [run.id for run in live(story).values()]  # type: ignore[attr-defined]
    tools, agreed = (story.bench.marketing, story.bench.crm), story.bench.ruleset.fields
    back = []
    for run in runs:
        undoing = look_back(story.bench.ledger, *tools, run, agreed)
        assert not put_back(undoing, *tools).refused
        back += [change.field for change in undoing.ours]
    assert "City" in back
    assert contact_of(story, eva)["hs_email_optout"] == "true"
    assert record_of(story, f"hs-{tom}")["HasOptedOutOfEmail"] is True
    assert not {"hs_email_optout", "HasOptedOutOfEmail"} & set(back)


def test_reconcile_counts_both_sides_names_drift_and_follows_deletions(story: Story) -> None:
    eva = arrive(story, "eva@alpenblick.example")
    tom = arrive(story, "tom@bergwerk.example", **NOT_YET)
    live(story, times=2)
    found = reconciled(story)
    assert (found.contacts, found.known, found.leads, found.linked) == (2, 2, 2, 1)
    assert found.crm == {"Lead": 1, "Contact": 0}
    assert found.drift == {}

    sales_sets(story, record_of(story, f"hs-{eva}")["Id"], Phone="+43 1 5555555")
    late = arrive(story, "late@bergwerk.example", **NOT_YET)
    with story.world.lock:
        story.world.hubspot.archive("contacts", tom)
    found = reconciled(story)
    assert found.listed["fields differ"] == [(f"hs-{eva}", "phone")]
    assert found.listed["not in the ledger"] == [(f"hubspot:contact/{late}", "")]
    assert found.archived == 1
    assert totals_of(found).notes["deleted in HubSpot"] == 1
    assert totals_of(replace(found, drift={})).notes == {"deleted in HubSpot": 1}
    assert reconciled(story).archived == 0
    with story.world.lock:
        story.world.hubspot.restore("contacts", tom)
        story.world.hubspot.update("contacts", tom, {"city": "Graz"})
    live(story)
    with story.bench.ledger.transaction() as tx:
        kinds = [stored.event.kind for stored in tx.events_of(f"hs-{tom}")]
    assert [k for k in kinds if k in (EventKind.DELETED, EventKind.RESTORED)] == [
        EventKind.DELETED,
        EventKind.RESTORED,
    ]


def test_reconcile_takes_one_word_of_sales_for_several_of_marketing_for_no_drift(
    story: Story,
) -> None:
    """`LeadSource` knows one word, Web, for organic and for paid search."""
    eva = arrive(story, "eva@alpenblick.example", hs_analytics_source="PAID_SEARCH")
    live(story, times=2)
    record = record_of(story, f"hs-{eva}")
    assert record["LeadSource"] == "Web"
    assert reconciled(story).drift == {}
    sales_sets(story, record["Id"], LeadSource="Partner Referral", Title="CIO")
    drifted = [(f"hs-{eva}", "job_title"), (f"hs-{eva}", "source")]
    assert sorted(reconciled(story).listed["fields differ"]) == drifted


def test_reconcile_never_holds_more_than_a_page_of_either_side(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is alive when a page is done: that page and, while it is replaced, the next one."""
    page, many = 4, 24
    monkeypatch.setattr(hubspot_reading, "PAGE", page)
    monkeypatch.setattr(reconcile, "PAGE", page)
    for number in range(many):
        arrive(story, f"p{number}@alpenblick.example")
    live(story, times=2)
    alive: list[int] = []

    def count(_what: str, _count: int) -> None:
        held = [type(one) for one in gc.get_objects() if type(one) in (SourceRecord, LeadRow)]
        alive.append(max(Counter(held).values(), default=0))

    gc.collect()
    found = story.bench.reconciling.run(run_id="reconcile-1", progress=count)
    assert (found.contacts, found.crm["Lead"]) == (many, many)
    assert len(alive) >= many // page
    assert max(alive) <= 4 * page  # a contact and a lead each, of two pages


def test_a_side_that_is_suddenly_empty_is_not_believed(story: Story) -> None:
    ids = [arrive(story, f"p{n}@alpenblick.example", **NOT_YET) for n in range(24)]
    live(story)
    with story.world.lock:
        for id_ in ids[:20]:
            story.world.hubspot.archive("contacts", id_)
    with pytest.raises(StopTheRun, match="not believed"):
        reconciled(story)
    assert not story.bench.ledger.events(kinds=[EventKind.DELETED.value])


def test_a_crm_that_is_suddenly_empty_is_neither_audited_nor_followed(story: Story) -> None:
    for n in range(24):
        arrive(story, f"p{n}@alpenblick.example")
    live(story, times=2)
    with story.world.lock:
        leads = [row["Id"] for row in story.world.salesforce.rows("Lead")]
        for id_ in leads[:20]:
            story.world.salesforce.delete("Lead", id_)
    done = live(story, "pull-status", "audit")
    for run in done.values():
        assert run.exit_code == ExitCode.CONFIGURATION, run  # type: ignore[attr-defined]
        assert "shows 4 of 24 records: it is not believed" in run.message  # type: ignore[attr-defined]
    assert not story.bench.ledger.events(kinds=[EventKind.DELETED.value])
    story.bench = story.new_bench(caps={"gone_percent": 100})  # it is meant
    done = live(story, "pull-status")
    assert done["pull-status"].outcome == "done"  # type: ignore[attr-defined]
    assert len(story.bench.ledger.events(kinds=[EventKind.DELETED.value])) == 20


def test_who_is_forgotten_stays_forgotten(story: Story, tmp_path: Path) -> None:
    private = {"privacy": {"salt_file": tmp_path / "leadrelay.salt"}}
    story.bench = story.new_bench(**private)
    eva = arrive(story, "eva@alpenblick.example")
    live(story, times=2)
    record = record_of(story, f"hs-{eva}")
    with story.world.lock:
        done = story.world.salesforce.convert(record["Id"], opportunity_name="Alpenblick")
    live(story, times=2)
    bench = story.bench
    with bench.ledger.transaction() as tx:
        row = tx.leads([f"hs-{eva}"])[f"hs-{eva}"]
    with story.world.lock:  # archived, not blocked: HubSpot itself would take them back
        story.world.hubspot.archive("contacts", eva)
    assert all(r.confirmed for r in bench.crm.erase("Contact", [row.state.salesforce_id or ""]))
    now = story.world.clock.now()
    person = privacy.look_at(bench.ledger, f"hs-{eva}", now=now)
    erased = privacy.erase(bench.ledger, person, salt=bench.salt.make(), now=now)
    assert erased is not None
    assert (tmp_path / "leadrelay.salt").stat().st_mode & 0o077 == 0

    arrive(story, "eva@alpenblick.example")  # an old list is imported again
    with story.world.lock:
        story.world.salesforce.update(
            "Opportunity", done["opportunityId"], {"StageName": "Closed Won", "Amount": 9000}
        )
    live(story, times=2)
    rows = bench.ledger.lead_rows()
    assert [r.state.lead_id for r in rows] == [erased.lead_id]
    events = [stored.event for stored in bench.ledger.events()]
    assert [e.lead_id for e in events if e.kind is EventKind.WON] == [erased.lead_id]
    assert done["opportunityId"] not in repr(events)


def test_the_first_who_is_forgotten_while_a_run_reads_stays_forgotten(
    story: Story, tmp_path: Path
) -> None:
    """There was no salt when the run began."""
    story.bench = bench = story.new_bench(privacy={"salt_file": tmp_path / "leadrelay.salt"})
    with story.world.lock:
        others = [{"email": f"person{n}@bergwerk.example"} for n in range(200)]  # a whole page
        assert story.world.hubspot.load_contacts(others) == 200
    eva = arrive(story, "eva@alpenblick.example")
    live(story, "pull-leads")
    with story.world.lock:
        story.world.hubspot.touch("contacts")
    story.world.clock.advance(timedelta(minutes=45))
    now = story.world.clock.now()

    def forget(what: str, count: int) -> None:
        if what == "contacts read" and not bench.salt.read():
            person = privacy.look_at(bench.ledger, f"hs-{eva}", now=now)
            assert privacy.erase(bench.ledger, person, salt=bench.salt.make(), now=now) is not None

    totals = pull_leads.read(bench, Task(run_id="run-1", progress=forget))
    assert (totals.picked_up, totals.skipped, bool(bench.salt.read())) == (201, 201, True)
    rows = bench.ledger.lead_rows()
    assert len(rows) == 201
    assert not [row for row in rows if row.hubspot_id == eva]


def test_ten_days_of_downtime_are_caught_up_by_the_next_run_of_each_job(story: Story) -> None:
    eva = arrive(story, "eva@alpenblick.example")
    live(story, times=2)
    lead = str(record_of(story, f"hs-{eva}")["Id"])
    late = []
    for day in range(10):  # nothing of ours runs, and both sides go on
        story.world.clock.advance(timedelta(days=1))
        late.append(arrive(story, f"late{day}@bergwerk.example", company=f"Bergwerk {day}"))
        marketing_sets(story, eva, city=f"Graz {day}")
        sales_sets(story, lead, Phone=f"+43 1 90182{day:02d}")
    sales_sets(story, lead, Status="Working - Contacted")
    done = live(story, minutes=30)
    assert {run.outcome for run in done.values()} == {"done"}  # type: ignore[attr-defined]
    assert [record_of(story, f"hs-{one}")["Company"] for one in late] == [
        f"Bergwerk {day}" for day in range(10)
    ]
    assert record_of(story, f"hs-{eva}")["City"] == "Graz 9"
    shown = contact_of(story, eva)
    assert (shown["phone"], shown["hs_lead_status"]) == ("+4319018209", "IN_PROGRESS")


def test_a_full_disk_of_reports_stops_the_run_in_words_until_there_is_room(story: Story) -> None:
    arrive(story, "eva@alpenblick.example")
    live(story, times=2)
    page = story.folder / "reports" / "funnel.html"
    page.parent.mkdir()
    page.symlink_to("/dev/full")
    run = live(story, "closed-loop")["closed-loop"]
    assert (run.outcome, run.exit_code) == ("away", ExitCode.AWAY)  # type: ignore[attr-defined]
    assert run.message == "a file cannot be used: No space left on device"  # type: ignore[attr-defined]
    page.unlink()
    assert live(story, "closed-loop")["closed-loop"].outcome == "done"  # type: ignore[attr-defined]
    assert page.stat().st_size > 1_000
