"""What strangers write into a form never holds up a run: time stays linear in its length."""

import time

import pytest

from connector.core.mapping import Mapper
from connector.core.transforms import TRANSFORMS, Scene
from tests.reports.material import rules

LONGEST = 65_536  #: characters of a HubSpot property
#: Each is quick at a few characters; where something looks ahead from every place it is not.
PIECES = (
    *("<a ", "<!--a>", "<![CDATA[", '<a b=">', "<a b='", "</", "<script>", "&#", "<", "&"),
    *("1", "-", "0 ", "1,", "1-", "1e", ".", "+", "(", "under", "andmore", " "),
    *("x@", "a.", "https://", "é", "a-", "McA", "\n", "{{", "'", '"', ";", "\u202f"),
)
SECONDS = 3.0  #: for all fields of a record at once; without the bounds it takes a minute


@pytest.mark.parametrize("piece", PIECES)
def test_a_record_full_of_hostile_text_is_read_at_once(piece: str, mapper: Mapper) -> None:
    text = piece * (LONGEST // len(piece)) + "!"
    fields = mapper.fields.rules.values()
    began = time.perf_counter()
    mapper.from_hubspot({rule.hubspot: text for rule in fields if rule.hubspot})
    mapper.from_salesforce({rule.salesforce: text for rule in fields if rule.salesforce})
    assert time.perf_counter() - began < SECONDS


@pytest.mark.parametrize("name", TRANSFORMS)
def test_each_conversion_takes_time_in_line_with_the_length(name: str) -> None:
    forward = TRANSFORMS[name].forward
    for piece in PIECES:
        text = piece * (LONGEST // len(piece)) + "!"
        began = time.perf_counter()
        forward(text, Scene())
        assert time.perf_counter() - began < 1.0, piece


@pytest.fixture(scope="module")
def mapper() -> Mapper:
    return Mapper(rules().fields)
