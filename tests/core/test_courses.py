"""A lead led anew through one cycle: from where it began, to when it would have been passed."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.core.courses import Courses
from connector.core.journeys import Journey
from connector.core.owners import Candidate, Known
from connector.core.records import Activity, LeadState, Values
from connector.core.rule_diff import Judge
from connector.core.rules.ruleset import Ruleset
from connector.core.surroundings import Surroundings
from connector.mapfiles import load

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
GOOD: Values = {
    "email": "eva@alpenblick.example",
    "last_name": "Hofer",
    "phone": "+43 1 555 0100",
    "company": "Alpenblick",
    "job_title": "Head of IT",
    "country": "AT",
    "employees": 900,
    "interest": "demo",
    "timeframe": "this_quarter",
}


@dataclass(frozen=True)
class Kept:
    """One kept input."""

    taken_at: datetime
    values: Values
    activities: tuple[Activity, ...] = ()
    state: LeadState | None = None
    surroundings: Surroundings | None = None
    lead_id: str = "hs-1"


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    found = load(Path(__file__).parents[2] / "mappings").ruleset
    assert found is not None
    return found


def journey(cycle: int = 1, **more: object) -> Journey:
    return Journey(lead_id="hs-1", cycle=cycle, captured_at=NOW, **more)  # type: ignore[arg-type]


def test_a_lead_is_passed_with_the_first_input_that_lets_it(rules: Ruleset) -> None:
    courses = Courses(Judge(rules))
    later = Kept(NOW + DAY, GOOD)
    thin = Kept(NOW, {**GOOD, "phone": None})
    found = courses.of([thin, later], journey(), None, NOW + 9 * DAY)
    assert found.marketing_qualified_at == NOW
    assert found.handed is not None
    assert found.handed.at == NOW + DAY
    assert courses.of([thin], journey(), None, NOW + 9 * DAY).handed is None


def test_a_cool_down_ends_between_two_inputs(rules: Ruleset) -> None:
    ends = NOW + 5 * DAY
    form = Activity(kind="form", at=NOW)
    state = LeadState(
        lead_id="hs-1",
        stage="captured",
        cycle=2,
        cycle_started_at=NOW - DAY,
        cool_down_until=ends,
    )
    one = Kept(NOW, GOOD, (form, form), state)
    courses = Courses(Judge(rules))
    found = courses.of([one], journey(2), journey(), NOW + 9 * DAY)
    assert found.handed is not None
    assert found.handed.at == ends
    assert courses.of([one], journey(2), journey(), NOW + DAY).handed is None


def test_without_a_kept_state_the_journeys_tell_where_a_cycle_began(rules: Ruleset) -> None:
    old = Activity(kind="form", at=NOW - 30 * DAY)
    new = Activity(kind="form", at=NOW + DAY)
    courses = Courses(Judge(rules))
    stale = Kept(NOW + 2 * DAY, GOOD, (old, old))
    assert courses.of([stale], journey(2), journey(), NOW + 9 * DAY).handed is None
    fresh = Kept(NOW + 2 * DAY, GOOD, (old, new))
    found = courses.of([fresh], journey(2), journey(reason="no_budget"), NOW + 9 * DAY)
    assert found.handed is not None
    assert found.handed.state.reason == "no_budget"
    never = next(iter(rules.recycling.never_again))
    assert courses.of([fresh], journey(2), journey(reason=never), NOW + 9 * DAY).handed is None


def test_what_a_person_decides_is_taken_from_what_happened(rules: Ruleset) -> None:
    stages = tuple(
        replace(stage, manual=stage.stage == "sql") for stage in rules.qualification.stages
    )
    manual = replace(rules, qualification=replace(rules.qualification, stages=stages))
    courses = Courses(Judge(manual))
    asked = courses.of([Kept(NOW, GOOD)], journey(), None, NOW + DAY)
    assert (asked.handed, asked.is_undecided) == (None, True)
    agreed = courses.of([Kept(NOW, GOOD)], journey(passed_at=NOW), None, NOW + DAY)
    assert agreed.handed is not None


def test_loads_follow_claims_weights_and_turns(rules: Ruleset) -> None:
    courses = Courses(Judge(rules))
    around = Surroundings(
        candidates=(Candidate(known=Known.CONTACT, record_id="003A", owner_id="005A"),),
        owners={"005A": "sofia"},
        open_leads={"sofia": 10_000},  # what she carried then is no matter of the files
    )
    handed = []
    for number in range(9):
        at = NOW + number * DAY
        one = Kept(at, GOOD, surroundings=around if number < 2 else None)
        found = courses.of([one], journey(), None, at + DAY).handed
        assert found is not None
        handed.append(replace(found, state=replace(found.state, lead_id=f"hs-{number}")))
    loads = courses.loads(handed)
    assert sum(loads.values()) == 9
    assert loads["sofia"] >= 2
    assert loads == courses.loads(handed[::-1])  # in the order of passing, however they are given
