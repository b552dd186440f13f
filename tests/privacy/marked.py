"""People whose every value bears a mark, and a time in which everything happens to them."""

from datetime import timedelta

from connector.cli.run import jobs
from tests.stories.conftest import Story
from tests.stories.people import arrive, marketing_sets, record_of, sales_sets

MARK = "Zarathustra"
PHONE = "7777777"
LOOP = ("pull-leads", "push-sqls", "pull-status")


def is_told(text: str) -> bool:
    """Whether a text says who somebody is."""
    return MARK.casefold() in text.casefold() or PHONE in text


def live(story: Story, *names: str, minutes: int = 45, times: int = 1) -> None:
    for _ in range(times):
        story.world.clock.advance(timedelta(minutes=minutes))
        done = story.run(*names)
        assert "bug" not in {run.outcome for run in done.values()}, done  # type: ignore[attr-defined]


def come(story: Story) -> str:
    """Five people arrive: good ones, one whose values are bad, one with two matches. The first."""
    marked = arrive(
        story,
        f"{MARK}@alpenblick.example",
        lastname=MARK,
        firstname=MARK,
        message=f"call {MARK}",
        phone=f"+43 1 {PHONE}",
    )
    arrive(story, f"two.{MARK}@alpenblick.example", lastname=MARK, phone=f"{MARK} 1")
    with story.world.lock:
        for name in (MARK, f"{MARK} jr"):
            story.world.salesforce.create(
                "Lead",
                {"LastName": name, "Company": "A", "Email": f"three.{MARK}@alpenblick.example"},
            )
    arrive(story, f"three.{MARK}@alpenblick.example", lastname=MARK)
    for number in (4, 5):
        arrive(story, f"{number}.{MARK}@oakfield.example", lastname=MARK, company=f"{MARK} Ltd")
    return marked


def go_through_everything(story: Story) -> str:
    """All jobs, with edits on both sides, a conflict, calls, a no, a merge, a deal and a deletion;
    returns the id of the first person's contact."""
    marked = come(story)
    live(story, *LOOP, times=2)
    marketing_sets(story, marked, jobtitle=f"{MARK}'s CIO")
    story.world.clock.advance(timedelta(minutes=5))
    sales_sets(story, record_of(story, f"hs-{marked}")["Id"], Title=f"{MARK}'s CTO")
    live(story, *LOOP)
    lead = record_of(story, f"hs-{marked}")
    crm = story.world.salesforce
    with story.world.lock:
        by, note = lead["OwnerId"], f"{MARK} says no, call +43 1 {PHONE}"
        task = {"Status": "Completed", "Description": note, "Subject": f"Call {MARK}"}
        crm.create("Task", {**task, "WhoId": lead["Id"], "OwnerId": by}, by=by)
        no = {"Status": "Closed - Not Converted", "Disposition_Reason__c": "No budget"}
        crm.update("Lead", lead["Id"], {**no, "Description": note}, by=by)
        ours = [r for r in crm.rows("Lead") if r.get("Leadrelay_Id__c") and r["Id"] != lead["Id"]]
        crm.convert(ours[0]["Id"], opportunity_name=f"{MARK} deal")
        crm.delete("Lead", ours[-1]["Id"])
    every = tuple(jobs())
    assert len(every) >= 9
    live(story, *LOOP, *every, times=2)
    with story.world.lock:
        double = story.world.hubspot.create(
            "contacts", {"email": f"six.{MARK}@oakfield.example", "lastname": MARK}, source="FORM"
        )
    live(story, *LOOP)
    with story.world.lock:
        story.world.hubspot.merge(marked, double["id"])
    live(story, *every, minutes=60 * 24 * 3)  # promises are broken meanwhile, and told of
    assert story.bench.ledger.parked()
    return marked
