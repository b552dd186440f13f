"""Who is who: merges, deletions, conversions and doubles, and never two records of one person."""

from datetime import timedelta

from connector.core.events import EventKind
from connector.core.journeys import State
from connector.flows.audit import audit
from tests.stories.conftest import Story
from tests.stories.people import (
    NOT_YET,
    READY,
    arrive,
    contact_of,
    marketing_sets,
    record_of,
    sales_sets,
)

LOOP = ("pull-leads", "push-sqls", "pull-status")


def live(story: Story, *names: str, minutes: int = 45, times: int = 1) -> dict[str, str]:
    """Time passes and the jobs run; outcome by job, of the last time."""
    outcomes = {}
    for _ in range(times):
        story.world.clock.advance(timedelta(minutes=minutes))
        done = story.run(*(names or LOOP))
        outcomes = {name: run.outcome for name, run in done.items()}  # type: ignore[attr-defined]
        assert "bug" not in outcomes.values(), done
    return outcomes


def crm_rows(story: Story, kind: str = "Lead") -> list[dict[str, object]]:
    with story.world.lock:
        return [dict(row) for row in story.world.salesforce.rows(kind)]


def causes(story: Story) -> list[str]:
    return sorted(s.action.problem.code for s in story.bench.ledger.parked() if s.action.problem)


def exceptions(story: Story) -> dict[str, int]:
    """What the nightly audit finds, by code."""
    bench = story.new_bench()
    found = audit(
        bench.ledger,
        bench.ruleset,
        now=bench.clock.now(),
        marketing=bench.marketing,
        crm=bench.crm,
    )
    return dict(found.codes)


def kinds(story: Story, lead_id: str) -> list[EventKind]:
    with story.bench.ledger.transaction() as tx:
        return [stored.event.kind for stored in tx.events_of(lead_id)]


def test_a_new_address_is_an_update(story: Story) -> None:
    eva = arrive(story, "eva@alpenblick.example")
    live(story, times=2)
    marketing_sets(story, eva, email="eva.hofer@alpenblick.example")
    live(story, times=2)
    assert record_of(story, f"hs-{eva}")["Email"] == "eva.hofer@alpenblick.example"
    assert len(crm_rows(story)) == 1


def test_contacts_merged_in_marketing_stay_one_lead(story: Story) -> None:
    passed = arrive(story, "eva@alpenblick.example")
    live(story, times=2)
    record = record_of(story, f"hs-{passed}")
    double = arrive(story, "eva.hofer@alpenblick.example", **NOT_YET)
    live(story)
    with story.world.lock:
        survivor = str(story.world.hubspot.merge(double, passed)["id"])
    live(story, times=3)
    assert len(crm_rows(story)) == 1
    with story.bench.ledger.transaction() as tx:
        [row] = [r for r in tx.find_leads(survivor) if r.hubspot_id == survivor]
    assert row.state.lead_id == f"hs-{passed}"
    assert row.state.salesforce_id == record["Id"]
    assert EventKind.MERGED in kinds(story, f"hs-{passed}") + kinds(story, f"hs-{double}")
    marketing_sets(story, survivor, city="Wien")
    live(story, times=2)
    assert record_of(story, f"hs-{passed}")["City"] == "Wien"
    live(story, "closed-loop", "pull-leads", times=2)
    assert causes(story) == []
    [person] = [j for j in story.bench.ledger.journeys() if j.is_counted]
    assert (person.lead_id, person.state) == (f"hs-{passed}", State.WAITING)
    assert exceptions(story) == {}


def test_a_merge_of_two_passed_leads_asks_sales_with_both_ids(story: Story) -> None:
    one = arrive(story, "eva@alpenblick.example")
    two = arrive(story, "eva@hofer.example")
    live(story, times=2)
    ids = {str(row["Id"]) for row in crm_rows(story)}
    assert len(ids) == 2
    with story.world.lock:
        story.world.hubspot.merge(one, two)
    live(story, times=2)
    assert causes(story) == ["two-records"]
    told = story.bench.ledger.parked()[0].action.problem
    assert told is not None
    assert all(id_ in told.what for id_ in ids)
    keep = told.remedy.split("keep ")[1].rstrip(".")
    with story.world.lock:
        story.world.salesforce.merge("Lead", keep, sorted(ids - {keep}))
    live(story, times=3)
    assert len(crm_rows(story)) == 1
    assert EventKind.MERGED in kinds(story, f"hs-{one}") + kinds(story, f"hs-{two}")
    live(story, "closed-loop", "pull-leads", times=2)
    states = sorted(str(j.state) for j in story.bench.ledger.journeys())
    assert states == ["gone", "waiting"]  # handed over twice, answered once at most
    assert exceptions(story) == {}


def test_a_record_deleted_by_sales_is_never_made_again_until_restored(story: Story) -> None:
    eva = arrive(story, "eva@alpenblick.example")
    live(story, times=2)
    record = record_of(story, f"hs-{eva}")
    with story.world.lock:
        story.world.salesforce.delete("Lead", record["Id"])
    live(story, times=2)
    marketing_sets(story, eva, city="Wien")
    live(story, times=2)
    assert crm_rows(story) == []
    assert causes(story) == []
    with story.world.lock:
        story.world.salesforce.undelete("Lead", record["Id"])
    live(story, times=2)
    assert kinds(story, f"hs-{eva}").count(EventKind.RESTORED) == 1
    marketing_sets(story, eva, city="Graz")
    live(story, times=2)
    assert record_of(story, f"hs-{eva}")["City"] == "Graz"


def test_who_is_converted_goes_on_as_a_contact(story: Story) -> None:
    eva = arrive(story, "eva@alpenblick.example")
    live(story, times=2)
    record = record_of(story, f"hs-{eva}")
    with story.world.lock:
        done = story.world.salesforce.convert(record["Id"], opportunity_name="Alpenblick")
    live(story, times=2)
    marketing_sets(story, eva, jobtitle="CIO")
    live(story, times=2)
    with story.world.lock:
        contact = story.world.salesforce.get("Contact", done["contactId"])
    assert contact["Title"] == "CIO"
    story.world.clock.advance(timedelta(minutes=5))
    sales_sets(story, done["contactId"], "Contact", Title="CEO")
    live(story, times=2)
    assert contact_of(story, eva)["jobtitle"] == "CEO"
    assert causes(story) == []


def test_somebody_sales_knows_already_is_attached_not_doubled(story: Story) -> None:
    with story.world.lock:
        known = story.world.salesforce.create(
            "Lead",
            {
                "LastName": "Hofer",
                "FirstName": "Eva",
                "Company": "Alpenblick Holding",
                "Email": "eva@alpenblick.example",
            },
        )
    eva = arrive(story, "Eva@alpenblick.example")
    live(story, times=2)
    record = record_of(story, f"hs-{eva}")
    assert record["Id"] == known
    assert record["Company"] == "Alpenblick Holding"
    assert record["Title"] == "Head of IT"


def two_of_one_address(story: Story) -> list[str]:
    """Two Leads that reps made; their ids."""
    with story.world.lock:
        return [
            story.world.salesforce.create(
                "Lead", {"LastName": name, "Company": "A", "Email": "eva@alpenblick.example"}
            )
            for name in ("Hofer", "Hofer-Berg")
        ]


def test_two_matches_wait_and_go_on_once_they_are_merged(story: Story) -> None:
    crm, ids = story.world.salesforce, two_of_one_address(story)
    eva = arrive(story, "eva@alpenblick.example")
    assert live(story)["push-sqls"] == "attention"
    assert causes(story) == ["two-matches"]
    told = story.bench.ledger.parked()[0].action.problem
    assert told is not None
    assert all(id_ in told.what for id_ in ids)
    live(story)
    assert causes(story) == ["two-matches"]
    with story.world.lock:
        crm.merge("Lead", ids[0], [ids[1]])
    live(story, times=2)
    assert causes(story) == []
    assert record_of(story, f"hs-{eva}")["Id"] == ids[0]


def test_two_matches_go_on_with_the_one_that_is_given_the_external_id(story: Story) -> None:
    crm, both = story.world.salesforce, two_of_one_address(story)
    eva = arrive(story, "eva@alpenblick.example")
    live(story)
    problem = story.bench.ledger.parked()[0].action.problem
    assert problem is not None
    assert f"write 'hs-{eva}' into the external id" in problem.remedy
    with story.world.lock:
        crm.update("Lead", both[1], {"Leadrelay_Id__c": f"hs-{eva}"})
    live(story, times=2)
    assert causes(story) == []
    assert record_of(story, f"hs-{eva}")["Id"] == both[1]
    assert len(crm_rows(story)) == 2


def test_a_shared_mailbox_proposes_nobody(story: Story) -> None:
    with story.world.lock:
        story.world.salesforce.create(
            "Lead", {"LastName": "Berg", "Company": "A", "Email": "info@alpenblick.example"}
        )
    eva = arrive(story, "info@alpenblick.example")
    live(story, times=2)
    assert record_of(story, f"hs-{eva}")["LastName"] == READY["lastname"]
    assert len(crm_rows(story)) == 2
