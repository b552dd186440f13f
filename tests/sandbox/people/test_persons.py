"""Made-up people: varied, valid, and the same for the same seed."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from email_validator import validate_email

from connector.sandbox.people import dirt
from connector.sandbox.people.names import Culture, cultures
from connector.sandbox.people.persons import Population
from connector.sandbox.people.seasons import WorkingHours, arrivals, day_weight

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_the_same_seed_draws_the_same_people() -> None:
    def drawn(seed: int) -> list[str]:
        population = Population(random.Random(seed), companies=20)
        return [population.person().email for _ in range(50)]

    assert drawn(1) == drawn(1) != drawn(2)


def test_people_differ_in_script_rank_and_kind_but_never_in_address() -> None:
    population = Population(random.Random(3), companies=200)
    people = [population.person() for _ in range(2_000)]
    assert len({person.email for person in people}) == 2_000
    scripts = {
        name
        for name, first, last in (
            ("latin", "A", "ɏ"),
            ("greek", "Ͱ", "Ͽ"),
            ("cyrillic", "Ѐ", "ӿ"),
            ("arabic", "؀", "ۿ"),
            ("devanagari", "ऀ", "ॿ"),
            ("han", "一", "鿿"),
            ("hangul", "가", "힣"),
        )
        if any(first <= person.last[0] <= last for person in people)
    }
    assert scripts == {"latin", "greek", "cyrillic", "arabic", "devanagari", "han", "hangul"}
    kinds = Counter(person.kind for person in people)
    assert kinds["buyer"] > 1_600
    assert set(kinds) == {"buyer", "student", "competitor", "job_seeker", "junk"}
    assert all(0 <= person.fit <= 1 and 0 <= person.intent <= 1 for person in people)


def test_every_address_is_valid_and_belongs_to_nobody() -> None:
    rng = random.Random(4)
    population = Population(rng, companies=100)
    for _ in range(500):
        email = population.person().email
        for address in (email, dirt.second_address(email, rng)):
            assert validate_email(address, check_deliverability=False).domain.endswith(
                (".example", "example.com", "example.net", "example.org")
            )


@pytest.mark.parametrize("culture", cultures(), ids=lambda culture: culture.code)
def test_telephone_numbers_have_the_right_country(culture: Culture) -> None:
    number = culture.telephone(random.Random(5))
    assert number.startswith(f"+{culture.dial} ")
    assert "#" not in number


def test_arrivals_follow_the_week_and_the_season() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    moments = arrivals(random.Random(6), start, start + timedelta(days=365), 20_000)
    assert moments == sorted(moments)
    weekdays, months = Counter(m.weekday() for m in moments), Counter(m.month for m in moments)
    assert weekdays[1] > 3 * weekdays[6]
    assert months[9] > 1.5 * months[8]
    assert day_weight(date(2026, 9, 1)) > day_weight(date(2026, 8, 1))


@pytest.mark.parametrize(
    ("begins", "hours", "ends"),
    [
        ("2026-03-02T08:00+00:00", 1, "2026-03-02T09:00+00:00"),
        ("2026-03-02T03:00+00:00", 0, "2026-03-02T08:00+00:00"),
        ("2026-03-06T16:30+00:00", 2, "2026-03-09T09:30+00:00"),
        ("2026-03-27T16:00+00:00", 2, "2026-03-30T08:00+00:00"),
        ("2026-04-10T15:30+00:00", 1, "2026-04-20T07:30+00:00"),
    ],
    ids=["same day", "before work", "over the weekend", "summer time begins", "over a holiday"],
)
def test_working_time_passes_only_at_work(begins: str, hours: float, ends: str) -> None:
    paris = WorkingHours("Europe/Paris", absences=[(date(2026, 4, 13), date(2026, 4, 17))])
    found = paris.after(datetime.fromisoformat(begins), timedelta(hours=hours))
    assert found == datetime.fromisoformat(ends)
    assert paris.at_work(found)
