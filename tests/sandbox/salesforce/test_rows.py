"""Rows by id and by external id, and the collections of them."""

import pytest

from connector.sandbox.salesforce.system import SalesforceSandbox
from tests.sandbox.salesforce.conftest import ROOT, Client

LEAD = {"LastName": "Muster", "Company": "Example AG"}
UNKNOWN = "00QHs0000000zzzMAA"


def test_create_answers_with_the_id_and_its_address(client: Client) -> None:
    answer = client.send("POST", "/sobjects/Lead/", LEAD)
    assert answer.status == 201
    assert answer.headers["Location"] == f"{ROOT}/sobjects/Lead/00QHs0000000001MAA"
    assert answer.body == b'{"id":"00QHs0000000001MAA","success":true,"errors":[]}'


@pytest.mark.parametrize(
    ("body", "code", "message", "fields"),
    [
        ({"Company": "X"}, "REQUIRED_FIELD_MISSING",
         "Required fields are missing: [LastName]", ["LastName"]),
        ({**LEAD, "FavoritePet__c": "Dog"}, "INVALID_FIELD",
         "No such column 'FavoritePet__c' on sobject of type Lead", None),
        ({**LEAD, "City": "x" * 41}, "STRING_TOO_LONG",
         f"City: data value too large: {'x' * 41} (max length=40)", ["City"]),
        ({**LEAD, "Email": "badone"}, "INVALID_EMAIL_ADDRESS",
         "Email: invalid email address: badone", ["Email"]),
        ({**LEAD, "Disposition_Reason__c": "Bored"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
         "Disposition Reason: bad value for restricted picklist field: Bored",
         ["Disposition_Reason__c"]),
        ({**LEAD, "Handed_Off_At__c": "2013-08-12T15:20:00+0000"}, "JSON_PARSER_ERROR",
         "Cannot deserialize instance of datetime from VALUE_STRING value "
         "2013-08-12T15:20:00+0000 at [line:1, column:64]", None),
    ],
)  # fmt: skip
def test_create_refuses(
    client: Client, body: object, code: str, message: str, fields: list[str] | None
) -> None:
    answer = client.send("POST", "/sobjects/Lead", body)
    assert answer.status == 400
    (fault,) = client.json("POST", "/sobjects/Lead", body)
    assert (fault["errorCode"], fault["message"]) == (code, message)
    assert fault.get("fields") == fields


def test_a_free_picklist_takes_any_value(client: Client, sandbox: SalesforceSandbox) -> None:
    made = client.json("POST", "/sobjects/Lead", {**LEAD, "Status": "Recycled"})
    assert sandbox.get("Lead", made["id"])["Status"] == "Recycled"


def test_update_delete_and_their_refusals(client: Client, sandbox: SalesforceSandbox) -> None:
    lead = sandbox.create("Lead", LEAD)
    assert client.send("PATCH", f"/sobjects/Lead/{lead}", {"City": "Wien"}).status == 204
    assert sandbox.get("Lead", lead[:15])["City"] == "Wien"
    unknown = client.send("PATCH", f"/sobjects/Lead/{UNKNOWN[:15]}", {"City": "Wien"})
    assert unknown.status == 404
    assert b"INVALID_CROSS_REFERENCE_KEY" in unknown.body
    malformed = client.json("PATCH", "/sobjects/Lead/00QHs0000000001MAB", {"City": "Wien"})
    assert malformed == [
        {
            "message": "Record ID: id value of incorrect type: 00QHs0000000001MAB",
            "errorCode": "MALFORMED_ID",
            "fields": ["Id"],
        }
    ]
    assert client.send("DELETE", f"/sobjects/Lead/{lead}").status == 204
    again = client.send("DELETE", f"/sobjects/Lead/{lead}")
    assert (again.status, again.body) == (
        404,
        b'[{"message":"entity is deleted","errorCode":"ENTITY_IS_DELETED","fields":[]}]',
    )


def test_upsert_creates_then_changes(client: Client) -> None:
    path = "/sobjects/Lead/Leadrelay_Id__c/hs%2F1"
    first = client.send("PATCH", path, LEAD)
    second = client.send("PATCH", path.upper().replace("SOBJECTS", "sobjects"), {"City": "Bern"})
    assert (first.status, second.status) == (201, 200)
    assert client.json("GET", path)["City"] == "Bern"
    assert client.json("GET", path)["Leadrelay_Id__c"] == "hs/1"


def test_upsert_refuses(client: Client, sandbox: SalesforceSandbox) -> None:
    twins = [sandbox.create("Lead", {**LEAD, "Email": "a@example.com"}) for _ in range(2)]
    several = client.send("PATCH", "/sobjects/Lead/Email/a@example.com", {"City": "Bern"})
    assert several.status == 300
    assert client.json("GET", "/sobjects/Lead/Email/A@example.com") == [
        f"{ROOT}/sobjects/Lead/{one}" for one in twins
    ]
    no_key = client.send("PATCH", "/sobjects/Lead/City/Bern", LEAD)
    assert no_key.status == 404
    assert b"Provided external ID field does not exist or is not accessible: City" in no_key.body
    update_only = client.send("PATCH", "/sobjects/Lead/Leadrelay_Id__c/9?updateOnly=true", LEAD)
    assert update_only.status == 404
    assert sandbox.query("SELECT Id FROM Lead WHERE Leadrelay_Id__c = '9'") == []


def row(**fields: object) -> dict[str, object]:
    return {"attributes": {"type": "Lead"}, **fields}


def test_collection_upsert_reports_each_row(client: Client) -> None:
    rows = [
        row(Leadrelay_Id__c="1", **LEAD),
        row(Leadrelay_Id__c="2", LastName="No company"),
        row(Leadrelay_Id__c="3", **LEAD),
        row(Leadrelay_Id__c="3", **LEAD),
    ]
    path = "/composite/sobjects/Lead/Leadrelay_Id__c"
    done = client.json("PATCH", path, {"allOrNone": False, "records": rows})
    assert list(done[0]) == ["id", "success", "errors", "created"]
    assert done[1] == {
        "success": False,
        "errors": [
            {
                "statusCode": "REQUIRED_FIELD_MISSING",
                "message": "Required fields are missing: [Company]",
                "fields": ["Company"],
            }
        ],
        "created": True,
    }
    assert [one["errors"][0]["message"] for one in done[2:]] == [
        "Duplicate external id specified: 3"
    ] * 2
    again = client.json("PATCH", path, {"records": rows[:1]})
    assert again == [{**done[0], "created": False}]


def test_all_or_none_rolls_back(client: Client, sandbox: SalesforceSandbox) -> None:
    rows = [row(Leadrelay_Id__c="1", **LEAD), row(Company="No name")]
    done = client.json("POST", "/composite/sobjects", {"allOrNone": True, "records": rows})
    assert [one["errors"][0]["statusCode"] for one in done] == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "REQUIRED_FIELD_MISSING",
    ]
    assert sandbox.rows("Lead") == []
    assert sandbox.query("SELECT Id FROM LeadHistory") == []
    alone = client.json("POST", "/composite/sobjects", {"allOrNone": True, "records": rows[:1]})
    assert alone[0]["success"]


def test_collection_limits_and_other_methods(client: Client, sandbox: SalesforceSandbox) -> None:
    empty = client.send("POST", "/composite/sobjects", {"records": []})
    assert (empty.status, empty.body) == (
        400,
        b'[{"message":"At least 1 record is required","errorCode":"REQUIRED_FIELD_MISSING"}]',
    )
    many = {"records": [row(**LEAD)] * 201}
    assert client.send("POST", "/composite/sobjects", many).status == 400
    lead = sandbox.create("Lead", LEAD)
    changed = client.json("PATCH", "/composite/sobjects", {"records": [
        row(id=lead, City="Bern"), row(City="Bern"), row(id=lead, Nope__c=1),
    ]})  # fmt: skip
    assert changed[0] == {"id": lead, "success": True, "errors": []}
    assert [one["errors"][0]["statusCode"] for one in changed[1:]] == [
        "MISSING_ARGUMENT",
        "INVALID_FIELD",
    ]
    got = client.json("GET", f"/composite/sobjects/Lead?ids={lead},{UNKNOWN[:15]}&fields=City")
    assert got[0]["City"] == "Bern"
    assert got[1] is None
    gone = client.json("DELETE", f"/composite/sobjects?ids={lead}&allOrNone=false")
    assert gone == [{"id": lead, "success": True, "errors": []}]
