"""A first load in parts: every contact in exactly one of them, however the ids lie."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from connector.flows.parts import MOST_LOOKS, Part, divide, part_named

IDS = st.sets(st.integers(1, 10**13), max_size=300) | st.sets(st.integers(1, 400), max_size=300)


class Index:
    """What a search by id range would answer."""

    def __init__(self, ids: set[int]) -> None:
        self.ids, self.looks = sorted(ids), 0

    def census(self, after: str, until: str) -> tuple[int, str]:
        self.looks += 1
        inside = [i for i in self.ids if int(after) < i and (not until or i <= int(until))]
        return len(inside), str(inside[-1]) if inside else "0"

    def in_part(self, part: Part) -> int:
        return self.census(part.after, part.until)[0]


@given(ids=IDS, least=st.integers(1, 40), most=st.integers(1, 12))
def test_parts_cover_every_id_once(ids: set[int], least: int, most: int) -> None:
    index = Index(ids)
    parts = divide(index.census, least=least, most=most)
    assert index.looks <= MOST_LOOKS
    if not parts:
        assert most < 2 or len(ids) < 2 * least
        return
    assert parts[0].after == "0"
    assert parts[-1].until == ""
    assert all(left.until == right.after for left, right in pairwise(parts))
    assert sum(map(index.in_part, parts)) == len(ids)
    assert [part_named(part.name) for part in parts] == list(parts)


def test_parts_are_of_a_size_although_ids_lie_in_clumps() -> None:
    old, new = range(51, 30_051, 7), range(10**11, 10**11 + 60_000_000, 9_001)
    index = Index({*old, *new})
    sizes = [index.in_part(part) for part in divide(index.census, least=500, most=8)]
    assert 6 <= len(sizes) <= 9
    assert max(sizes) < 2 * len(index.ids) / 8
