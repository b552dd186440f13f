from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.transforms import TRANSFORMS, Fault, Scene
from connector.core.transforms.contact import _parsed_phone, email, plain_phone
from connector.core.transforms.places import countries, country_code, folded
from connector.core.transforms.sets import cut
from tests.core.condition_strategies import values

EXAMPLES = [
    pytest.param(transform, example, id=f"{transform.name}-{number}")
    for transform in TRANSFORMS.values()
    for number, example in enumerate(transform.examples)
]


def scene_of(example):
    return Scene(
        options=example.options,
        country=example.country,
        values=example.values,
        tables=example.tables,
    )


@pytest.mark.parametrize(("transform", "example"), EXAMPLES)
def test_the_documented_examples_are_true(transform, example):
    found = transform.forward(example.given, scene_of(example))
    if example.fault:
        assert isinstance(found, Fault)
        assert found.code == example.fault
    else:
        assert found == example.gives
        assert type(found) is type(example.gives)
    if example.back:
        assert transform.backward is not None
        assert transform.backward(found, scene_of(example)) == example.given


def test_every_transform_is_documented_and_has_an_example():
    for name, transform in TRANSFORMS.items():
        assert transform.name == name
        assert transform.doc.endswith(".")
        assert len(transform.examples) >= 1


OPTIONS = st.dictionaries(
    st.sampled_from(("decimal", "order", "time_zone", "write", "unknown", "edge", "bands", "table",
                     "separator", "template", "currency", "extension")),
    st.sampled_from((",", ".", "dmy", "Mars/Olympus", "code", "park", "high", "1-9|x|10+", "t",
                     "{{a}} {{b", "EUR", "drop", "")),
    max_size=3,
)  # fmt: skip
SCRIPTS = st.text(max_size=40) | st.from_regex(r"[-+0-9 .,;:/'<>&€$@a-zA-Zé]{0,24}", fullmatch=True)


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=list(TRANSFORMS))
@given(value=values() | SCRIPTS, options=OPTIONS, country=st.sampled_from((None, "FR", "XX", "US")))
@settings(max_examples=150, deadline=None)
def test_no_transform_ever_raises_and_blank_stays_blank(transform, value, options, country):
    scene = Scene(options=options, country=country, tables={"t": {"a": "b"}}, values={"a": "x"})
    found = transform.forward(value, scene)
    if isinstance(found, Fault) and isinstance(value, str) and len(value.strip()) > 3:
        assert value.strip() not in found.what
    if transform.backward is not None:
        transform.backward(value, scene)
        if not isinstance(found, Fault):
            transform.backward(found, scene)
    for blank in (None, "", ()):
        kept = transform.forward(blank, Scene(options=options, tables={"t": {}}))
        assert kept in (None, "", ()) or isinstance(kept, Fault)


NUMBERS = (
    st.from_regex(r"\+[1-9][0-9]{6,13}", fullmatch=True)
    | st.from_regex(r"\+(33|1|44|49|39|34|7|54|52|225|61)[0-9 ]{6,12}", fullmatch=True)
    | st.from_regex(r"0[0-9]([ .-]?[0-9]){6,10}", fullmatch=True)
    | st.from_regex(r"[2-9][0-9]{6,10}", fullmatch=True)
)


@given(NUMBERS, st.sampled_from(("FR", "US", "GB", "DE", "IT", "AR", "MX", "RU", "CH", "CI", "HU")))
@settings(max_examples=1500, deadline=None)
def test_the_quick_road_for_phones_agrees_with_the_long_one(text, region):
    found = plain_phone(text, region)
    if found is not None:
        assert found == _parsed_phone(text, region, drop=False)


@given(st.from_regex(r"[a-zA-Z0-9._+-]{1,12}@[a-zA-Z0-9.-]{1,20}\.[a-z]{1,8}", fullmatch=True))
@settings(max_examples=400, deadline=None)
def test_the_quick_road_for_addresses_agrees_with_the_long_one(text):
    from email_validator import EmailNotValidError, validate_email

    found = email(text, Scene())
    try:
        expected = validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        assert isinstance(found, Fault)
    else:
        assert found == expected


def test_every_country_is_found_by_its_code_and_both_names():
    assert len(countries()) == 249
    for country in countries().values():
        for spelling in country:
            assert country_code(spelling.upper()) == country.code, spelling


def test_every_country_goes_there_and_back():
    transform = TRANSFORMS["country"]
    for way in ("code", "code3", "english", "french"):
        scene = Scene(options={"write": way})
        for code in countries():
            written = transform.backward(code, scene)
            assert transform.forward(written, scene) == code


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("abcdef", 3, "abc"),
        ("abc", 3, "abc"),
        ("e\u0301a", 1, ""),
        ("ae\u0301b", 2, "a"),
        ("👩\u200d👩\u200d👧x", 3, ""),
        ("a🇫🇷🇩🇪", 2, "a"),
        ("a🇫🇷🇩🇪", 3, "a🇫🇷"),
        ("a🇫🇷🇩🇪", 4, "a🇫🇷"),
        ("👍🏽b", 1, ""),
        ("a\r\nb", 2, "a"),
        ("abc", 0, ""),
    ],
)
def test_a_cut_never_splits_a_character(text, length, expected):
    assert cut(text, length) == expected


@given(st.text(max_size=30), st.integers(0, 30))
def test_a_cut_only_takes_from_the_end(text, length):
    assert text.startswith(cut(text, length))
    assert len(cut(text, length)) <= length


def test_folding_forgets_accents_case_and_articles():
    assert folded("La Réunion") == folded("reunion")
    assert folded("Trinidad & Tobago") == folded("trinidad and tobago")


def test_hubspot_writes_moments_in_two_forms():
    moment = TRANSFORMS["moment"].forward
    expected = datetime(2022, 2, 17, 19, 25, 29, 123000, tzinfo=UTC)
    assert moment("2022-02-17T19:25:29.123Z", Scene()) == expected
    assert moment("1645125929123", Scene()) == expected
