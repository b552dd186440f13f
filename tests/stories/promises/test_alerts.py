"""Alerts as people get them, by mail and in chat: few, grouped, once, and not at night."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from connector.sandbox.load import load_rows
from jobs.pull_leads import JOB as PULL_LEADS
from jobs.pull_status import JOB as PULL_STATUS
from jobs.push_sqls import JOB as PUSH_SQLS
from jobs.watch_promises import JOB as WATCH
from tests.stories.conftest import Story
from tests.stories.promises.people import Town, person, town_on

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def town(story: Story) -> Iterator[Town]:
    with town_on(story) as made:
        yield made


def hand_over(town: Town, *people: dict[str, str]) -> None:
    load_rows(town.world, people)
    town.world.clock.advance(timedelta(minutes=5))
    town.run(PULL_LEADS, PUSH_SQLS)


def test_several_new_leads_of_one_owner_are_one_message(town: Town) -> None:
    hand_over(town, person("Ahorn"), person("Birke"), person("Claas"))
    assert {row["OwnerId"] for row in town.crm.rows("Lead")} == {
        town.user("lena"),
        town.user("marco"),
    }
    assert [len(town.inbox.subjects(who)) for who in ("lena.vogt", "marco.steiner")] == [1, 1]
    [subject] = town.inbox.subjects("lena.vogt")
    assert subject.startswith("New lead(s) for you (2): A hot lead is called within one working")
    text = town.inbox.text("lena.vogt")
    assert sum(line.startswith("- New hot lead for you: ") for line in text.splitlines()) == 2
    [alone] = town.inbox.subjects("marco.steiner")
    assert alone.startswith("New hot lead for you: ")
    assert len(town.posts()) == 2
    town.run(PULL_LEADS, PUSH_SQLS, WATCH)
    assert len([s for s in town.inbox.subjects("@") if s.startswith("New")]) == 2


def test_a_fault_of_the_systems_that_holds_many_leads_is_told_once(town: Town) -> None:
    with town.world.lock:
        town.crm.withhold("Task", "c")
    hand_over(town, *(person(f"Fall{letter}") for letter in "abcdefgh"))
    waiting = [s.action for s in town.bench.ledger.parked() if s.action.problem]
    assert [action.record_kind for action in waiting] == ["Task"] * 8
    town.run(WATCH)
    [told] = [s for s in town.inbox.subjects("rosa.weiss") if s.startswith("A fault holds up 8")]
    assert len([post for post in town.posts() if post.startswith("A fault holds up")]) == 1
    for _ in range(3):
        town.world.clock.advance(HOUR)
        town.run(WATCH)
    hand_over(town, person("Neunter"))
    town.run(WATCH)
    faults = [s for s in town.inbox.subjects("rosa.weiss") if s.startswith("A fault holds up")]
    assert faults == [told]


def test_many_matters_at_one_moment_are_one_digest(town: Town) -> None:
    """The boss of sales, who comes back to: late hot leads, leads nobody decides, touches owed."""
    hand_over(town, *(person(f"Tag{letter}") for letter in "abc"))
    town.world.clock.advance(22 * DAY)
    town.run(PULL_STATUS, WATCH)
    subjects = town.inbox.subjects("nadia.benali")
    [digest] = [s for s in subjects if s.endswith("matters for you")]
    assert not [s for s in subjects if s.startswith("Needs your help")]
    text = town.inbox.text("nadia.benali")
    asked = text.count("To give back with a reason, or to say what comes next (")
    assert asked == 1
    assert int(digest.split()[0]) == text.count("Needs your help (") + asked >= 4
    assert text.index("Needs your help (3): A hot lead is called") > 0


def test_what_is_urgent_goes_out_at_night_and_the_rest_in_the_morning(town: Town) -> None:
    town.world.clock.advance(12 * HOUR)  # nine in the evening in Berlin
    warm = person("Warm", lr_timeframe="", lr_lead_interest="Trial")
    hand_over(town, person("Heiss"), warm)
    assert [s.split(":")[0] for s in town.inbox.subjects("@")] == ["New hot lead for you"]
    town.world.clock.advance(13 * HOUR)
    town.run(PUSH_SQLS)
    assert len(town.inbox.subjects("@")) == 2


def test_a_volume_that_was_not_reached_is_told_once_a_week_and_not_before_its_time(
    town: Town,
) -> None:
    hand_over(town, person("Hofer"))
    said: list[int] = []
    for days in (28, 2, 1, 5, 1, 5, 1):  # from Monday 30 March on; Monday 6 April is a holiday
        town.world.clock.advance(days * DAY)
        town.run(WATCH)
        subjects = town.inbox.subjects("claire.moreau")
        said.append(sum("au moins 100 leads qualifiés en 30 jours" in s for s in subjects))
    assert said == [0, 1, 1, 2, 2, 3, 3]  # the first period is over on Wednesday 1 April
    assert len([s for s in town.inbox.subjects("jonas.brandt") if "of 100)" in s]) == 3


def test_one_run_gives_away_no_more_leads_than_the_cap(story: Story) -> None:
    caps = {"creates": 1_000, "updates": 1_000, "owner_changes": 1}
    with town_on(story, caps=caps) as town:
        hand_over(town, person("Ahorn"), person("Birke"))
        before = {row["Id"]: row["OwnerId"] for row in town.crm.rows("Lead")}

        def moved() -> int:
            return sum(row["OwnerId"] != before[row["Id"]] for row in town.crm.rows("Lead"))

        town.world.clock.advance(4 * HOUR)
        town.run(WATCH)
        assert moved() == 1
        town.world.clock.advance(timedelta(minutes=15))
        town.run(WATCH)
        assert moved() == 2


def test_nobody_is_told_anything_in_a_rehearsal(story: Story) -> None:
    with town_on(story, mode="rehearse") as town:
        with town.world.lock:
            town.crm.withhold("Task", "c")
        hand_over(town, *(person(f"Probe{letter}") for letter in "abcd"))
        for _ in range(3):
            town.world.clock.advance(8 * DAY)
            town.run()
        assert town.inbox.letters == []
        assert town.chat.calls == []
