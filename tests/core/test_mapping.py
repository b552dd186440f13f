from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.mapping import Mapper
from connector.core.problems import Mender, Place, Severity
from connector.core.rules.fields import (
    ActivitySource,
    Blanks,
    Direction,
    FieldRule,
    Fields,
    FieldType,
    TooLong,
    Unknown,
    ValueMap,
)

T = FieldType


def rule(name, type_=T.TEXT, line=1, **more):
    more.setdefault("hubspot", f"hs_{name}")
    more.setdefault("salesforce", f"{name.title()}__c")
    more.setdefault("direction", Direction.BOTH)
    return FieldRule(name=name, type=type_, place=Place(file="fields.yaml", line=line), **more)


def mapper(*rules, **more):
    more.setdefault("default_region", "FR")
    return Mapper(Fields(rules={one.name: one for one in rules}, **more))


SEGMENT = ValueMap(
    name="segment",
    rows=(("smb", "small", "Small business"), ("ent", "large", "Enterprise"), ("", "gov", "Gov")),
)


def test_the_four_states_stay_four():
    one = mapper(rule("a"), rule("b"), rule("c"), rule("d"))
    values = one.from_hubspot({"hs_a": "x", "hs_b": None, "hs_c": ""}).values
    assert values == {"a": "x", "b": None, "c": ""}


def test_blanks_clear_only_where_the_files_say_so():
    keeps, clears = rule("keeps"), rule("clears", T.NUMBER, blanks=Blanks.CLEAR)
    one = mapper(keeps, clears)
    assert one.to_salesforce({"keeps": None, "clears": ""}) == ({"Clears__c": None}, ())
    assert one.to_hubspot({"keeps": "", "clears": None}) == ({"hs_clears": ""}, ())
    assert one.to_salesforce({}) == ({}, ())


TYPES = [
    (T.EMAIL, " Ada@Example.COM ", "Ada@example.com", "Ada@example.com", "Ada@example.com"),
    (T.PHONE, "06 12 34 56 78", "+33612345678", "+33612345678", "+33612345678"),
    (T.NUMBER, "1 250", 1250, 1250, "1250"),
    (T.MONEY, "1234.50", Decimal("1234.50"), 1234.5, "1234.50"),
    (T.YES_NO, "true", True, True, "true"),
    (T.DATE, "1772323200000", date(2026, 3, 1), "2026-03-01", "2026-03-01"),
    (
        T.MOMENT,
        "2026-03-01T10:00:00.120Z",
        datetime(2026, 3, 1, 10, 0, 0, 120000, tzinfo=UTC),
        "2026-03-01T10:00:00.120Z",
        "2026-03-01T10:00:00.120Z",
    ),
    (T.CHOICES, "a;b;a", ("a", "b"), "a;b", "a;b"),
    (T.TEXT, "  as typed ", "  as typed ", "  as typed ", "  as typed "),
    (T.NUMBER, "   ", "", None, None),
]


@pytest.mark.parametrize(("type_", "text", "value", "to_crm", "to_marketing"), TYPES)
def test_each_type_is_read_and_written(type_, text, value, to_crm, to_marketing):
    one = mapper(rule("f", type_))
    assert one.from_hubspot({"hs_f": text}) == one.from_salesforce({"F__c": text})
    assert one.from_hubspot({"hs_f": text}).values == {"f": value}
    assert type(one.from_hubspot({"hs_f": text}).values["f"]) is type(value)
    assert one.to_salesforce({"f": value})[0].get("F__c") == to_crm
    assert one.to_hubspot({"f": value})[0].get("hs_f") == to_marketing


def test_json_of_the_crm_is_read_as_well_as_text():
    one = mapper(
        rule("n", T.NUMBER),
        rule("m", T.MONEY),
        rule("b", T.YES_NO),
        rule("t"),
        rule("c", T.CHOICES),
    )
    found = one.from_salesforce(
        {"N__c": 5.0, "M__c": 1.1, "B__c": False, "T__c": 12, "C__c": ["a", "b"]}
    )
    assert found.values == {
        "n": 5,
        "m": Decimal("1.1"),
        "b": False,
        "t": "12",
        "c": ("a", "b"),
    }
    assert found.sound


def test_a_value_map_leads_there_and_back():
    one = mapper(rule("segment", T.CHOICE, values=SEGMENT))
    assert one.from_hubspot({"hs_segment": "SMB"}).values == {"segment": "small"}
    assert one.from_salesforce({"Segment__c": "enterprise"}).values == {"segment": "large"}
    assert one.to_salesforce({"segment": "large"})[0] == {"Segment__c": "Enterprise"}
    assert one.to_hubspot({"segment": "small"})[0] == {"hs_segment": "smb"}
    assert one.to_hubspot({"segment": "gov"})[1][0].code == "no-counterpart"


@pytest.mark.parametrize(
    ("unknown", "values", "severity"),
    [
        (Unknown.PARK, {}, Severity.ERROR),
        (Unknown.KEEP, {"segment": "huge"}, None),
        (Unknown.BLANK, {"segment": None}, Severity.WARNING),
        (Unknown.OTHER, {"segment": "other"}, None),
    ],
)
def test_the_unknown_has_an_explicit_rule(unknown, values, severity):
    table = ValueMap(name="s", rows=SEGMENT.rows, unknown=unknown, other="other")
    found = mapper(rule("segment", T.CHOICE, values=table)).from_hubspot({"hs_segment": "huge"})
    assert found.values == values
    assert [one.severity for one in found.problems] == ([severity] if severity else [])
    assert found.sound is (severity is not Severity.ERROR)


def test_all_problems_come_at_once_with_place_and_without_values():
    one = mapper(
        rule("email", T.EMAIL, line=10),
        rule("phone", T.PHONE, line=20),
        rule("employees", T.NUMBER, line=30),
        rule("segment", T.CHOICE, line=40, values=SEGMENT),
    )
    found = one.from_hubspot(
        {
            "hs_email": "secret@@x",
            "hs_phone": "secret",
            "hs_employees": "secret",
            "hs_segment": "secret",
        }
    )
    assert found.values == {}
    assert {(p.code, str(p.where), p.mender) for p in found.problems} == {
        ("invalid-email", "fields.yaml:10:0", Mender.MARKETING),
        ("invalid-phone", "fields.yaml:20:0", Mender.MARKETING),
        ("invalid-number", "fields.yaml:30:0", Mender.MARKETING),
        ("unknown-value", "fields.yaml:40:0", Mender.ADMIN),
    }
    assert "secret" not in "".join(map(str, found.problems))
    assert str(found.problems[0]).startswith("fields.yaml:10:0: invalid-email: email: ")


@pytest.mark.parametrize(
    ("invalid", "values"), [("park", {}), ("blank", {"phone": None}), ("keep", {"phone": "n/a"})]
)
def test_the_files_say_what_becomes_of_the_invalid(invalid, values):
    found = mapper(rule("phone", T.PHONE, options={"invalid": invalid})).from_hubspot(
        {"hs_phone": "n/a"}
    )
    assert found.values == values
    assert found.sound is (invalid != "park")
    assert len(found.problems) == 1


def test_the_leads_own_country_reads_phone_and_region():
    one = mapper(
        rule("phone", T.PHONE),
        rule("state", transforms=("region",), options={"write.salesforce": "name"}),
        rule(
            "land",
            transforms=("country",),
            options={"write.salesforce": "english", "write.hubspot": "french"},
        ),
    )
    found = one.from_hubspot(
        {"hs_phone": "030 901820", "hs_state": "Bayern", "hs_land": "Deutschland"}
    )
    assert found.values == {"phone": "+4930901820", "state": "DE-BY", "land": "DE"}
    assert one.to_salesforce(found.values)[0] == {
        "Phone__c": "+4930901820",
        "State__c": "Bayern",
        "Land__c": "Germany",
    }
    assert one.to_hubspot(found.values)[0]["hs_land"] == "Allemagne"
    assert one.from_hubspot({"hs_phone": "01 44 55 66 77"}).values == {"phone": "+33144556677"}


def test_computed_fields_and_lookups():
    one = mapper(
        rule("first"),
        rule("last"),
        rule(
            "full",
            hubspot=None,
            transforms=("template",),
            options={"template": "{{first}} {{last}}"},
        ),
        rule("naf", transforms=("trim", "lookup"), options={"table": "naf"}),
        tables={"naf": {"62.01Z": "Software"}},
    )
    found = one.from_hubspot({"hs_first": "Ada", "hs_last": "King", "hs_naf": " 62.01z "})
    assert found.values["full"] == "Ada King"
    assert found.values["naf"] == "Software"


def test_bands_go_both_ways():
    bands = {"bands": "1-49|50-99|100+"}
    one = mapper(rule("size", T.NUMBER, transforms=("band",), options=bands))
    assert one.from_hubspot({"hs_size": "50-99"}).values == {"size": 50}
    assert one.to_hubspot({"size": 120})[0] == {"hs_size": "100+"}


def test_too_long_is_parked_or_cut_as_the_files_say():
    parks = rule("parks", max_length=3)
    cuts = rule("cuts", max_length=3, too_long=TooLong.CUT)
    written, problems = mapper(parks, cuts).to_salesforce({"parks": "abcd", "cuts": "abcd"})
    assert written == {"Cuts__c": "abc"}
    assert {(p.code, p.severity) for p in problems} == {
        ("too-long", Severity.ERROR),
        ("cut", Severity.WARNING),
    }
    assert mapper(parks).to_hubspot({"parks": "abcd"}) == ({"hs_parks": "abcd"}, ())


def test_only_fields_that_travel_are_written():
    one = mapper(
        rule("crm", direction=Direction.TO_CRM),
        rule("mkt", direction=Direction.TO_MARKETING),
        rule("ro", direction=Direction.READ_ONLY),
    )
    values = {"crm": "1", "mkt": "2", "ro": "3"}
    assert one.to_salesforce(values)[0] == {"Crm__c": "1"}
    assert one.to_hubspot(values)[0] == {"hs_mkt": "2"}
    assert one.from_salesforce({"Ro__c": "3"}).values == {"ro": "3"}


def test_a_contact_may_have_other_names():
    one = mapper(rule("status", salesforce="Status", salesforce_contact="Lead_Status__c"))
    assert one.to_salesforce({"status": "x"}, kind="Contact")[0] == {"Lead_Status__c": "x"}
    assert one.from_salesforce({"Lead_Status__c": "x"}, kind="Contact").values == {"status": "x"}


def test_an_amount_no_float_can_hold_is_told_not_rounded():
    amount = Decimal("12345678901234567.89")
    written, problems = mapper(rule("m", T.MONEY)).to_salesforce({"m": amount})
    assert written == {}
    assert problems[0].code == "too-precise"
    for odd in (Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity")):
        for write in (
            mapper(rule("m", T.MONEY)).to_salesforce,
            mapper(rule("m", T.MONEY)).to_hubspot,
        ):
            assert write({"m": odd})[1][0].code == "invalid-number"


def test_activities_come_from_the_contacts_own_properties():
    sources = (
        ActivitySource(kind="form", moment="recent_conversion_date", title="recent_conversion"),
        ActivitySource(kind="page_view", moment="last_visit"),
    )
    one = Mapper(Fields(rules={}, activities=sources))
    found = one.activities(
        {
            "recent_conversion_date": "1772359200000",
            "recent_conversion": "Demo",
            "last_visit": "2026-03-02T10:00:00Z",
        }
    )
    assert [(a.kind, a.title) for a in found] == [("page_view", ""), ("form", "Demo")]
    assert found[1].at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert one.activities({"last_visit": "", "recent_conversion_date": None}) == ()


ALL = mapper(
    *(rule(type_.value, type_) for type_ in T if type_ not in (T.CHOICE, T.TEXT)),
    rule("choice", T.CHOICE, values=SEGMENT),
    rule("text", max_length=10, transforms=("trim", "name_case")),
    rule("html", transforms=("html_to_text", "collapse_spaces"), too_long=TooLong.CUT),
)
TEXTS = st.none() | st.text(max_size=20) | st.sampled_from(("true", "12", "SMB", "2026-03-01"))


@given(st.dictionaries(st.sampled_from([f"hs_{name}" for name in ALL.fields.rules]), TEXTS))
@settings(max_examples=300, deadline=None)
def test_any_record_is_read_and_what_is_written_is_read_back_the_same(raw):
    found = ALL.from_hubspot(raw)
    assert len(found.values) + len(found.problems) == len(raw)
    written, problems = ALL.to_hubspot(found.values)
    again = ALL.from_hubspot(written)
    for name, value in again.values.items():
        assert value == found.values[name], name
    assert not again.problems or problems
    assert ALL.from_hubspot(raw) == found
