"""One owner on both sides, by the roster: whoever gives the lead away, the other side follows."""

from datetime import timedelta

from connector.core.events import EventKind
from connector.store.parked import retry
from tests.stories.conftest import Story
from tests.stories.people import arrive, contact_of, marketing_sets, record_of, sales_sets

LOOP = ("pull-leads", "push-sqls", "pull-status")


def live(story: Story, *, times: int = 1, minutes: int = 45) -> None:
    for _ in range(times):
        story.world.clock.advance(timedelta(minutes=minutes))
        done = story.run(*LOOP)
        assert {run.outcome for run in done.values()} <= {"done"}, done  # type: ignore[attr-defined]


def user(story: Story, key: str) -> str:
    """The Salesforce user of a person of the roster."""
    email = story.bench.ruleset.people.persons[key].email
    return next(m.id for m in story.bench.crm.members() if m.email == email)


def seat(story: Story, key: str) -> str:
    """The HubSpot owner of a person of the roster."""
    wanted = story.bench.ruleset.people.persons[key].hubspot_owner
    return next(m.id for m in story.bench.marketing.owners() if m.email == wanted)


def passed(story: Story) -> tuple[str, str, str]:
    """A contact, its Lead and the person who owns it, once both sides have come to rest."""
    eva = arrive(story, "eva@alpenblick.example")
    live(story, times=3)
    with story.bench.ledger.transaction() as tx:
        owner = tx.leads([f"hs-{eva}"])[f"hs-{eva}"].state.owner or ""
    return eva, str(record_of(story, f"hs-{eva}")["Id"]), owner


def another(owner: str) -> str:
    return "camille" if owner != "camille" else "hugo"


def kinds(story: Story, kind: EventKind) -> int:
    return len(story.bench.ledger.events(kinds=[kind]))


def test_the_contact_belongs_to_whom_the_lead_was_passed_to(story: Story) -> None:
    eva, _, owner = passed(story)
    assert contact_of(story, eva)["hubspot_owner_id"] == seat(story, owner)
    assert not kinds(story, EventKind.CONTACT_OWNER_CHANGED)  # our own write is no news


def test_the_contact_follows_a_new_owner_of_the_lead(story: Story) -> None:
    eva, lead, owner = passed(story)
    sales_sets(story, lead, OwnerId=user(story, another(owner)))
    live(story, times=2)
    assert contact_of(story, eva)["hubspot_owner_id"] == seat(story, another(owner))
    assert not kinds(story, EventKind.CONTACT_OWNER_CHANGED)


def test_a_new_owner_of_the_contact_reaches_the_lead_and_comes_to_rest(story: Story) -> None:
    eva, _, owner = passed(story)
    marketing_sets(story, eva, hubspot_owner_id=seat(story, another(owner)))
    live(story, times=3)
    assert record_of(story, f"hs-{eva}")["OwnerId"] == user(story, another(owner))
    assert kinds(story, EventKind.CONTACT_OWNER_CHANGED) == 1
    story.world.clear_calls()
    live(story, times=2)
    written = [row for row in story.world.calls() if row["method"] == "PATCH"]
    assert not written
    marketing_sets(story, eva, hubspot_owner_id=seat(story, owner))  # and back again
    live(story, times=3)
    assert record_of(story, f"hs-{eva}")["OwnerId"] == user(story, owner)


def test_given_away_on_both_sides_the_winner_is_believed_and_both_names_are_listed(
    story: Story,
) -> None:
    from connector.cli.conflicts import listed

    eva, lead, owner = passed(story)
    sales, marketing = another(owner), "sofia"
    marketing_sets(story, eva, hubspot_owner_id=seat(story, marketing))
    story.world.clock.advance(timedelta(minutes=1))
    sales_sets(story, lead, OwnerId=user(story, sales))
    live(story, times=3)
    assert contact_of(story, eva)["hubspot_owner_id"] == seat(story, sales)
    assert record_of(story, f"hs-{eva}")["OwnerId"] == user(story, sales)
    found = listed(story.bench, story.world.clock.now() - timedelta(days=1))
    assert [(c["field"], c["marketing"], c["crm"], c["winner"], c["open"]) for c in found] == [
        ("owner", marketing, sales, "salesforce", False)
    ]
    assert all(found[0][name] for name in ("marketing_at", "crm_at", "marketing_by", "crm_by"))


def test_who_is_not_on_the_roster_moves_no_lead(story: Story) -> None:
    eva, _, owner = passed(story)
    with story.world.lock:
        stranger = story.world.hubspot.portal.owners.add(
            email="someone@northlight.example",
            first_name="Some",
            last_name="One",
            now=0,
        )
    marketing_sets(story, eva, hubspot_owner_id=str(stranger.id))
    live(story, times=2)
    assert record_of(story, f"hs-{eva}")["OwnerId"] == user(story, owner)
    assert contact_of(story, eva)["hubspot_owner_id"] == str(stranger.id)


def test_an_owner_that_keeps_flipping_is_parked(story: Story) -> None:
    eva, lead, owner = passed(story)
    for turn in range(8):
        who = another(owner) if turn % 2 == 0 else owner
        sales_sets(story, lead, OwnerId=user(story, who))
        story.world.clock.advance(timedelta(minutes=20))
        story.run(*LOOP)
    assert [s.action.because for s in story.bench.ledger.parked()] == ["flapping"]
    sales_sets(story, lead, OwnerId=user(story, "sofia"))
    story.world.clock.advance(timedelta(minutes=20))
    story.run(*LOOP)
    assert contact_of(story, eva)["hubspot_owner_id"] != seat(story, "sofia")
    assert [s.action.because for s in story.bench.ledger.parked()] == ["flapping"]

    story.world.clock.advance(timedelta(days=2))  # somebody found the robot, and tries again
    keys = [s.action.key for s in story.bench.ledger.parked()]
    version, now = story.bench.ruleset.version, story.world.clock.now()
    assert retry(story.bench.ledger, keys, ruleset=version, now=now) == 1
    live(story)
    assert contact_of(story, eva)["hubspot_owner_id"] == seat(story, "sofia")
    assert not story.bench.ledger.parked()  # it waits for nobody any more


def test_reconcile_names_a_lead_with_two_owners(story: Story) -> None:
    eva, lead, owner = passed(story)

    def drift() -> list[tuple[str, str]]:
        found = story.bench.reconciling.run(run_id="r", progress=lambda _w, _c: None)
        return found.listed.get("fields differ", [])

    assert drift() == []
    sales_sets(story, lead, OwnerId=user(story, another(owner)))
    assert drift() == [(f"hs-{eva}", "owner")]
    live(story, times=2)
    assert drift() == []


def test_an_owner_of_the_contact_from_before_takes_no_lead_from_a_queue(story: Story) -> None:
    """The hand-off decides; only what marketing changes afterwards travels."""
    eva = arrive(story, "eva@alpenblick.example")
    live(story, times=1)
    marketing_sets(story, eva, hubspot_owner_id=seat(story, "sofia"))
    lead = str(record_of(story, f"hs-{eva}")["Id"])
    with story.world.lock:
        queue = next(g["Id"] for g in story.world.salesforce.rows("Group") if g["Type"] == "Queue")
    sales_sets(story, lead, OwnerId=queue)
    live(story, times=3)
    assert record_of(story, f"hs-{eva}")["OwnerId"] == queue
    assert contact_of(story, eva)["hubspot_owner_id"] == seat(story, "sofia")


def test_a_contact_whom_nobody_owned_is_given_to_somebody(story: Story) -> None:
    eva, lead, _ = passed(story)
    with story.world.lock:
        queue = next(g["Id"] for g in story.world.salesforce.rows("Group") if g["Type"] == "Queue")
    sales_sets(story, lead, OwnerId=queue)
    marketing_sets(story, eva, hubspot_owner_id="")
    live(story, times=2)
    marketing_sets(story, eva, hubspot_owner_id=seat(story, "hugo"))
    live(story, times=3)
    assert record_of(story, f"hs-{eva}")["OwnerId"] == user(story, "hugo")
