"""What properties take, and the form in which they keep it."""

import random

import pytest

from connector.sandbox.hubspot.definitions import Definition, built_in
from connector.sandbox.hubspot.formats import iso, parse_moment, uuid7
from connector.sandbox.hubspot.kinds import KINDS, Kind
from connector.sandbox.hubspot.values import Unacceptable, as_text, stored_form


def definition(type_: str, field_type: str = "text", *options: str) -> Definition:
    return Definition(
        name="own",
        label="Own",
        type=type_,
        field_type=field_type,
        group="g",
        options=[
            {"label": value, "value": value, "displayOrder": place}
            for place, value in enumerate(options)
        ],
    )


DATE, MOMENT, NUMBER = definition("date"), definition("datetime"), definition("number")
SEVERAL = definition("enumeration", "checkbox", "a", "b", "c")
ONE = definition("enumeration", "select", "a", "b")


@pytest.mark.parametrize(
    ("of", "written", "stored"),
    [
        (DATE, "2026-03-02", "2026-03-02"),
        (DATE, "1772409600000", "2026-03-02"),
        (MOMENT, "2026-03-02T09:00:00+01:00", "2026-03-02T08:00:00Z"),
        (MOMENT, "1772442000250", "2026-03-02T09:00:00.250Z"),
        (NUMBER, " 12.50 ", "12.50"),
        (NUMBER, "-1e3", "-1e3"),
        (definition("bool"), "TRUE", "true"),
        (SEVERAL, "b;a;b", "b;a"),
        (ONE, "b", "b"),
        (ONE, "", ""),
        (definition("string"), "ünï\n", "ünï\n"),
    ],
)
def test_a_value_is_kept_in_one_form(of: Definition, written: str, stored: str) -> None:
    assert stored_form(of, written) == stored


def test_a_leading_semicolon_appends() -> None:
    assert stored_form(SEVERAL, ";c", "a;b") == "a;b;c"
    assert stored_form(SEVERAL, ";a", "a;b") == "a;b"
    assert stored_form(SEVERAL, "c", "a;b") == "c"


@pytest.mark.parametrize(
    ("of", "written", "code"),
    [
        (DATE, "1772409600001", "INVALID_DATE"),
        (DATE, "yesterday", "INVALID_LONG"),
        (MOMENT, "soon", "INVALID_LONG"),
        (NUMBER, "12,5", "INVALID_INTEGER"),
        (NUMBER, "nan", "INVALID_INTEGER"),
        (definition("bool"), "yes", "INVALID_OPTION"),
        (SEVERAL, "a;d", "INVALID_OPTION"),
        (ONE, "A", "INVALID_OPTION"),
        (definition("string"), "x" * 65_537, "INVALID_STRING"),
    ],
)
def test_a_wrong_value_has_a_code(of: Definition, written: str, code: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        stored_form(of, written)
    assert refused.value.fault["error"] == code


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (3.0, "3"), (3.5, "3.5"), (7, "7"), ("x", "x")]
)
def test_json_values_become_texts(value: object, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize("ms", [0, 1, 999, 1_772_442_000_000, 1_772_442_000_250, -1])
def test_moments_survive_a_round_trip(ms: int) -> None:
    assert parse_moment(iso(ms)) == ms


def test_whole_seconds_have_no_milliseconds() -> None:
    assert iso(1_645_125_929_000) == "2022-02-17T19:25:29Z"
    assert iso(1_645_125_929_040) == "2022-02-17T19:25:29.040Z"


def test_correlation_ids_are_of_version_seven() -> None:
    made = uuid7(1_772_442_000_250, random.Random(1))
    parts = made.split("-")
    assert [len(part) for part in parts] == [8, 4, 4, 4, 12]
    assert parts[2][0] == "7"
    assert parts[3][0] in "89ab"
    assert int(parts[0] + parts[1], 16) == 1_772_442_000_250


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.plural)
def test_built_in_definitions_are_sound(kind: Kind) -> None:
    definitions = {one.name: one for one in built_in(kind.plural)}
    for name in (*kind.defaults, kind.created, kind.modified):
        assert name in definitions, name
    for names in kind.required:
        assert set(names) <= set(definitions)
    for one in definitions.values():
        assert one.type in {
            "string",
            "number",
            "enumeration",
            "bool",
            "date",
            "datetime",
            "phone_number",
            "object_coordinates",
            "json",
        }, one.name
        values = [option["value"] for option in one.options]
        assert len(values) == len(set(values)), one.name
