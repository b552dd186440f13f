"""Whatever a value holds, it comes back exactly."""

import string
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.store import codec
from connector.store.types import micros, moment_of

any_text = st.text(st.characters())  # NUL and lone surrogates included
zones = st.timezones() | st.just(UTC) | st.just(timezone(timedelta(hours=5, minutes=45)))
values = st.dictionaries(
    st.text(string.ascii_lowercase + "_$", min_size=1),
    st.none()
    | st.booleans()
    | st.integers()
    | any_text
    | st.decimals(allow_nan=False)
    | st.dates()
    | st.datetimes(timezones=zones)
    | st.lists(any_text).map(tuple),
)
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | any_text,
    lambda inner: st.lists(inner) | st.dictionaries(any_text | st.just("$decimal"), inner),
)  # fmt: skip


def _instants(given_values: Mapping[str, object]) -> dict[str, object]:
    """Moments by their distance: to Python one in the hour that comes twice equals none of another
    zone."""
    start = datetime(2000, 1, 1, tzinfo=UTC)
    return {
        name: value - start if isinstance(value, datetime) else value
        for name, value in given_values.items()
    }


@given(values)
def test_values_come_back_equal_and_of_the_same_type(given_values: dict[str, object]) -> None:
    back = codec.load_values(codec.dump_values(given_values))  # type: ignore[arg-type]
    assert _instants(back) == _instants(given_values)
    assert {k: type(v) for k, v in back.items()} == {k: type(v) for k, v in given_values.items()}


@given(values)
def test_the_text_is_json_that_postgresql_takes(given_values: dict[str, object]) -> None:
    text = codec.dump_values(given_values)  # type: ignore[arg-type]
    orjson.loads(text)
    assert "\\u0000" not in text
    text.encode()


@given(json)
def test_documents_come_back_equal(tree: object) -> None:
    text = codec.dump(tree)  # type: ignore[arg-type]
    assert codec.load(text) == tree
    text.encode()


def test_the_tags_are_part_of_the_format() -> None:
    kept = codec.dump_values(
        {
            "amount": Decimal("12.50"),
            "day": date(2026, 3, 2),
            "at": datetime(2026, 3, 2, 9, tzinfo=UTC),
            "many": ("a", "b"),
            "none": None,
            "empty": "",
        }
    )
    assert kept == (
        '{"amount":{"$decimal":"12.50"},"day":{"$date":"2026-03-02"},'
        '"at":{"$moment":"2026-03-02T09:00:00+00:00"},"many":["a","b"],"none":null,"empty":""}'
    )


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(TypeError, match="neither JSON nor a value"):
        codec.dump_values({"bad": object()})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="neither JSON nor a value"):
        codec.dump({"bad": {1, 2}})  # type: ignore[dict-item]


@given(any_text)
def test_clean_text_is_what_every_column_takes(text: str) -> None:
    cleaned = codec.clean(text)
    cleaned.encode()
    assert "\x00" not in cleaned
    assert len(cleaned) == len(text)


@given(st.datetimes(timezones=zones))
def test_moments_are_exact_in_any_zone(moment: datetime) -> None:
    assert moment_of(micros(moment)) == moment.astimezone(UTC)


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        micros(datetime(2026, 3, 2))  # noqa: DTZ001
