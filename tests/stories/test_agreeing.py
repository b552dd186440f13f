"""Fields that both systems hold: who changed what, who wins, and that it ends."""

from datetime import timedelta

from connector.cli.conflicts import listed
from connector.core.events import EventKind
from connector.sandbox.faults import Fault
from tests.stories.conftest import Story
from tests.stories.people import arrive, contact_of, marketing_sets, record_of, sales_sets

DAY = timedelta(days=1)
LOOP = ("pull-leads", "push-sqls", "pull-status")


def live(story: Story, *names: str, minutes: int = 45) -> None:
    """Time passes and the jobs run; nothing may end otherwise than done."""
    story.world.clock.advance(timedelta(minutes=minutes))
    done = story.run(*(names or LOOP))
    assert {run.outcome for run in done.values()} == {"done"}, done  # type: ignore[attr-defined]


def writes(story: Story) -> list[str]:
    """Calls since the last look that changed a person in either system."""
    changed = [
        f"{row['system']} {row['method']} {row['path']}"
        for row in story.world.calls()
        if row["method"] in ("PATCH", "PUT") or row["path"].endswith("batch/update")
    ]
    story.world.clear_calls()
    return changed


def test_a_change_travels_each_way_and_comes_to_rest(story: Story) -> None:
    eva = arrive(story, "eva@alpenblick.example")
    live(story)
    record = record_of(story, f"hs-{eva}")
    live(story)

    marketing_sets(story, eva, city="Wien")
    live(story)
    live(story)
    assert record_of(story, f"hs-{eva}")["City"] == "Wien"

    sales_sets(story, record["Id"], Phone="+43 1 9018299")
    live(story)
    live(story)
    assert contact_of(story, eva)["phone"] == "+4319018299"

    writes(story)
    for _ in range(3):
        live(story)
    assert writes(story) == []


def test_a_value_that_returns_is_written_each_time(story: Story) -> None:
    eva = arrive(story, "eva@alpenblick.example", city="Wien")
    live(story)
    for city in ("Graz", "Wien", "Graz", "Wien"):
        marketing_sets(story, eva, city=city)
        live(story, minutes=600)
        live(story, minutes=5)
        assert record_of(story, f"hs-{eva}")["City"] == city


def test_a_conflict_goes_to_the_winner_and_on_the_list(story: Story) -> None:
    eva = arrive(story, "eva@alpenblick.example")
    live(story)
    live(story)
    record = record_of(story, f"hs-{eva}")

    marketing_sets(story, eva, phone="+43 1 1111111", jobtitle="CIO")
    story.world.clock.advance(timedelta(minutes=5))
    sales_sets(story, record["Id"], Phone="+43 1 2222222", Title="CTO")
    for _ in range(3):
        live(story)

    held, shown = record_of(story, f"hs-{eva}"), contact_of(story, eva)
    assert held["Phone"].replace(" ", "") == "+4312222222"  # the CRM wins a phone number
    assert shown["phone"] == "+4312222222"
    assert (held["Title"], shown["jobtitle"]) == ("CTO", "CTO")  # the newest wins a title
    events = [e.event for e in story.bench.ledger.events(kinds=[EventKind.CONFLICT])]
    assert sorted(str(e.data["field"]) for e in events) == ["job_title", "phone"]
    assert all("1111111" not in repr(e) and "CTO" not in repr(e) for e in events)
    found = {c["field"]: c for c in listed(story.bench, story.world.clock.now() - DAY)}
    title, phone = found["job_title"], found["phone"]
    assert (title["marketing"], title["crm"], title["winner"]) == ("CIO", "CTO", "salesforce")
    assert (phone["marketing"], phone["crm"]) == ("+4311111111", "+4312222222")
    for one in (title, phone):
        assert one["marketing_at"] < one["crm_at"]
        assert one["marketing_by"]
        assert one["crm_by"] == record["OwnerId"]
        assert not one["open"]


def test_what_somebody_changes_while_a_write_waits_is_not_overwritten(story: Story) -> None:
    """The write was planned over another value; the newest wins, and that is known only later."""
    eva = arrive(story, "eva@alpenblick.example")
    live(story)
    live(story)
    record = str(record_of(story, f"hs-{eva}")["Id"])

    def cut_off(system: str, job: str) -> None:
        story.world.faults.add(
            Fault(kind="maintenance", system=system, path="batch/update|composite/sobjects")  # type: ignore[arg-type]
        )
        story.world.clock.advance(timedelta(minutes=45))
        story.run("pull-leads", job)
        story.world.faults.clear()

    def goes_on(job: str) -> None:
        story.world.clock.advance(timedelta(minutes=5))
        story.run(job)

    sales_sets(story, record, Title="CTO")
    cut_off("hubspot", "pull-status")
    marketing_sets(story, eva, jobtitle="CIO")
    goes_on("pull-status")
    assert contact_of(story, eva)["jobtitle"] == "CIO"
    live(story)
    live(story)
    assert record_of(story, f"hs-{eva}")["Title"] == "CIO"

    marketing_sets(story, eva, jobtitle="CEO")
    cut_off("salesforce", "push-sqls")
    sales_sets(story, record, Title="COO")
    goes_on("push-sqls")
    assert record_of(story, f"hs-{eva}")["Title"] == "COO"
    live(story)
    live(story)
    assert contact_of(story, eva)["jobtitle"] == "COO"
    told = [e.event.data["winner"] for e in story.bench.ledger.events(kinds=[EventKind.CONFLICT])]
    assert told == ["hubspot", "salesforce"]


def test_an_opt_out_travels_both_ways_and_never_back(story: Story) -> None:
    eva = arrive(story, "eva@alpenblick.example")
    tom = arrive(story, "tom@bergwerk.example", lastname="Berg", company="Bergwerk AG")
    live(story)
    live(story)
    sales_sets(story, record_of(story, f"hs-{eva}")["Id"], HasOptedOutOfEmail=True)
    with story.world.lock:
        story.world.hubspot.unsubscribe("tom@bergwerk.example")
    for _ in range(3):
        live(story)
    assert contact_of(story, eva)["hs_email_optout"] == "true"
    assert record_of(story, f"hs-{tom}")["HasOptedOutOfEmail"] is True
    sales_sets(story, record_of(story, f"hs-{tom}")["Id"], HasOptedOutOfEmail=False)
    for _ in range(2):
        live(story)
    assert record_of(story, f"hs-{tom}")["HasOptedOutOfEmail"] is True
    assert record_of(story, f"hs-{tom}")["DoNotCall"] is False
    assert not contact_of(story, tom).get("lr_do_not_call")  # a no is told to nobody


def test_at_the_reserve_who_is_new_and_who_opts_out_goes_and_the_rest_stays(story: Story) -> None:
    eva = arrive(story, "eva@alpenblick.example")
    tom = arrive(story, "tom@bergwerk.example", lastname="Berg", company="Bergwerk AG")
    live(story)
    live(story)
    quota = story.world.salesforce.api.quota
    usual, quota.maximum = quota.maximum, quota.used(story.world.clock.now())
    marketing_sets(story, eva, city="Wien")
    marketing_sets(story, tom, lr_do_not_call="true")
    new = arrive(story, "kim@seehof.example", lastname="See", company="Seehof GmbH")
    live(story)
    assert record_of(story, f"hs-{tom}")["DoNotCall"] is True
    assert record_of(story, f"hs-{new}")["LastName"] == "See"
    assert record_of(story, f"hs-{eva}").get("City") is None
    quota.maximum = usual
    live(story)  # the next answer tells it
    live(story)
    assert record_of(story, f"hs-{eva}")["City"] == "Wien"


def test_two_robots_that_fight_over_a_field_are_parked(story: Story) -> None:
    """One sets the number back in marketing, the other in the CRM, as long as each is overruled."""
    eva = arrive(story, "eva@alpenblick.example")
    live(story)
    live(story)
    record = record_of(story, f"hs-{eva}")["Id"]
    ours, theirs = "+4311111111", "+4312222222"
    for _ in range(12):
        story.world.clock.advance(timedelta(minutes=10))
        if contact_of(story, eva)["phone"] != ours:
            marketing_sets(story, eva, phone=ours)
        if record_of(story, f"hs-{eva}")["Phone"] != theirs:
            sales_sets(story, record, Phone=theirs)
        story.world.clock.advance(timedelta(minutes=10))
        story.run(*LOOP)
    parked = [s.action for s in story.bench.ledger.parked()]
    assert [a.because for a in parked] == ["flapping"]
    assert "phone changed" in str(parked[0].problem)
    story.world.clear_calls()
    story.world.clock.advance(timedelta(minutes=45))
    story.run(*LOOP)
    assert writes(story) == []
    rules = story.bench.ruleset.fields.rules["phone"]
    with story.bench.ledger.transaction() as tx:
        done = [s for s in tx.actions_of(f"hs-{eva}") if set(s.action.fields) & {"phone", "Phone"}]
    assert len([s for s in done if s.action.kind == "update"]) <= rules.max_flips


def test_the_newest_wins_where_our_own_write_is_the_records_last_change(story: Story) -> None:
    """Salesforce tells of most fields only when their record was changed, be it by us."""
    crm = story.world.salesforce
    known = {"LastName": "Hofer", "FirstName": "Eva", "Company": "Alpenblick AG"}
    with story.world.lock:
        lead = crm.create("Lead", {**known, "Email": "eva@alpenblick.example", "Title": "Clerk"})
    story.world.clock.advance(2 * DAY)
    eva = arrive(story, "eva@alpenblick.example", jobtitle="Head of IT")
    for _ in range(3):
        live(story)
    assert record_of(story, f"hs-{eva}")["Id"] == lead
    held, shown = record_of(story, f"hs-{eva}")["Title"], contact_of(story, eva)["jobtitle"]
    assert (held, shown) == ("Head of IT", "Head of IT")
