"""A lead's place in its owner's list is the one that sorting the whole list would give."""

import random
from bisect import bisect_left
from datetime import UTC, datetime, timedelta

import pytest

from connector.core.handoff import HotLead, hot_order
from connector.flows.office import HotLists

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize("seed", range(20))
def test_a_place_is_that_of_the_sorted_list(seed: int) -> None:
    dice = random.Random(seed)
    numbers = list(range(60))
    dice.shuffle(numbers)
    leads = [
        (
            dice.choice(("anna", "ben")),
            HotLead(
                lead_id=f"hs-{number}",
                heat=dice.randrange(3),
                score=dice.choice((40.2, 39.8, 70.0)),
                passed_at=START + timedelta(minutes=place // 7),  # a page shares its moment
            ),
        )
        for place, number in enumerate(numbers)
    ]
    known, joining = leads[:30], leads[30:]
    lists = HotLists(known)
    orders: dict[str, list[tuple[int, float, float, str]]] = {"anna": [], "ben": []}
    for owner, lead in known:
        orders[owner].append(hot_order(lead))
    for owner, lead in joining:
        orders[owner] = sorted([*orders[owner], hot_order(lead)])
        assert lists.rank(owner, lead) == bisect_left(orders[owner], hot_order(lead)) + 1


def test_what_was_passed_earlier_and_joins_later_takes_its_place() -> None:
    late = HotLead(lead_id="late", heat=0, score=50, passed_at=START + timedelta(hours=1))
    early = HotLead(lead_id="early", heat=0, score=50, passed_at=START)
    lists = HotLists([("anna", late)])
    assert lists.rank("anna", early) == 1
