"""SOQL as the REST API answers it."""

from datetime import timedelta

import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.salesforce.system import SalesforceSandbox
from tests.sandbox.salesforce.conftest import ROOT, Client


@pytest.fixture
def people(sandbox: SalesforceSandbox, clock: SandboxClock) -> dict[str, str]:
    """Five leads a day apart; by last name."""
    known = {}
    for number, (name, source, revenue) in enumerate(
        [
            ("Alpha", "Web", 100),
            ("Beta", "Web", 300),
            ("Gamma", "Other", None),
            ("Delta", None, 50),
            ("O'Neil", "other", 1000),
        ]
    ):
        known[name] = sandbox.create(
            "Lead",
            {
                "LastName": name,
                "Company": f"Firm {number}",
                "LeadSource": source,
                "AnnualRevenue": revenue,
                "Email": f"{name[0].lower()}{number}@example.com",
                "HasOptedOutOfEmail": number % 2 == 0,
                "Handed_Off_At__c": f"2026-01-0{number + 1}T10:00:00Z",
            },
        )
        clock.advance(timedelta(days=1))
    return known


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("LeadSource = 'web'", "Alpha Beta"),
        ("LeadSource != 'Web'", "Gamma Delta O'Neil"),
        ("LeadSource = null", "Delta"),
        ("LeadSource != null AND AnnualRevenue > 100", "Beta O'Neil"),
        ("AnnualRevenue >= 100.0 AND AnnualRevenue <= 300", "Alpha Beta"),
        ("AnnualRevenue < 100 OR LastName = 'GAMMA'", "Gamma Delta"),
        ("LastName LIKE '%A' AND (NOT LastName LIKE 'G%')", "Alpha Beta Delta"),
        ("LastName LIKE '_eta'", "Beta"),
        ("LastName = 'O\\'Neil'", "O'Neil"),
        ("LeadSource IN ('Web', 'Other') AND HasOptedOutOfEmail = true", "Alpha Gamma O'Neil"),
        ("LeadSource NOT IN ('Web')", "Gamma Delta O'Neil"),
        ("NOT (LeadSource = 'Web' OR LeadSource = null)", "Gamma O'Neil"),
        ("(LeadSource = 'Web' AND AnnualRevenue > 200) OR LastName = 'Delta'", "Beta Delta"),
        ("CreatedDate = YESTERDAY", "O'Neil"),
        ("CreatedDate = LAST_N_DAYS:2", "Delta O'Neil"),
        ("CreatedDate < LAST_N_DAYS:2", "Alpha Beta Gamma"),
        ("CreatedDate = LAST_WEEK", "Alpha Beta Gamma Delta O'Neil"),
        ("CreatedDate = THIS_MONTH AND CreatedDate > 2026-01-07T08:00:00Z", "Gamma Delta O'Neil"),
        ("CreatedDate >= 2026-01-07T10:00:00+01:00", "Gamma Delta O'Neil"),
        ("DAY_ONLY(CreatedDate) = 2026-01-06", "Beta"),
        ("CALENDAR_YEAR(CreatedDate) = 2025", ""),
        ("SystemModstamp > 2026-01-06T09:00:00.000Z AND SystemModstamp <= 2026-01-08T09:00:00Z",
         "Gamma Delta"),
        ("Email = 'A0@EXAMPLE.COM'", "Alpha"),
        ("Owner.Name = 'Integration User' AND Owner.Type = 'User' AND LastName = 'Beta'", "Beta"),
        ("CreatedBy.Username LIKE 'integration%' AND LastName = 'Beta'", "Beta"),
        ("Company = 'Firm 1' AND Lead.LastName = 'Beta'", "Beta"),
    ],
)  # fmt: skip
def test_where(
    client: Client, people: dict[str, str], clock: SandboxClock, where: str, expected: str
) -> None:
    clock.advance(timedelta(days=1 if "WEEK" in where else 0))
    found = client.query(f"SELECT LastName FROM Lead WHERE {where} ORDER BY Id")
    assert " ".join(one["LastName"] for one in found["records"]) == expected


def test_the_index_and_the_scan_agree(client: Client, people: dict[str, str]) -> None:
    quick = client.ids("SELECT Id FROM Lead WHERE SystemModstamp >= 2026-01-07T09:00:00Z")
    slow = client.ids("SELECT Id FROM Lead WHERE NOT (SystemModstamp < 2026-01-07T09:00:00Z)")
    assert quick == slow == [people[name] for name in ("Gamma", "Delta", "O'Neil")]
    trail = client.ids("SELECT Id FROM LeadHistory WHERE CreatedDate > 2026-01-07T09:00:00Z")
    assert len(trail) == 2
    several = ", ".join(f"'{one[:15]}'" for one in people.values())
    assert client.ids(f"SELECT Id FROM Lead WHERE Id IN ({several})") == list(people.values())


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("AnnualRevenue", "Gamma Delta Alpha Beta O'Neil"),
        ("AnnualRevenue DESC", "Gamma O'Neil Beta Alpha Delta"),
        ("AnnualRevenue DESC NULLS LAST", "O'Neil Beta Alpha Delta Gamma"),
        ("LeadSource NULLS LAST, LastName DESC", "O'Neil Gamma Beta Alpha Delta"),
        ("LastName LIMIT 2", "Alpha Beta"),
        ("LastName LIMIT 2 OFFSET 1", "Beta Delta"),
        ("Owner.Name, Id DESC", "O'Neil Delta Gamma Beta Alpha"),
    ],
)
def test_order(client: Client, people: dict[str, str], order: str, expected: str) -> None:
    found = client.query(f"SELECT LastName FROM Lead ORDER BY {order}")
    assert " ".join(one["LastName"] for one in found["records"]) == expected


def test_records_have_the_recorded_shape(client: Client, sandbox: SalesforceSandbox) -> None:
    lead = sandbox.create("Lead", {"LastName": "X", "Company": "C", "City": "Bern"})
    sandbox.convert(lead)
    found = client.query(
        "SELECT id, Owner.Name, Owner.Email, ConvertedAccount.Owner.Name, Address, "
        "ConvertedOpportunity.Amount, Website FROM lead"
    )
    (record,) = found["records"]
    user = {"type": "User", "url": f"{ROOT}/sobjects/User/{sandbox.user_id}"}
    assert list(found) == ["totalSize", "done", "records"]
    assert list(record) == [
        "attributes", "Id", "Owner", "ConvertedAccount", "Address", "ConvertedOpportunity",
        "Website",
    ]  # fmt: skip
    assert record["attributes"] == {"type": "Lead", "url": f"{ROOT}/sobjects/Lead/{lead}"}
    assert record["Owner"]["Email"] == "integration@acme.example.com"
    assert record["ConvertedAccount"]["Owner"] == {"attributes": user, "Name": "Integration User"}
    assert record["Address"]["city"] == "Bern"
    assert list(record["Address"]) == [
        "city", "country", "geocodeAccuracy", "latitude", "longitude", "postalCode", "state",
        "street",
    ]  # fmt: skip
    assert record["ConvertedOpportunity"]["Amount"] is None


def test_children_and_semi_joins(client: Client, sandbox: SalesforceSandbox) -> None:
    full = sandbox.create("Account", {"Name": "Full"})
    sandbox.create("Account", {"Name": "Empty"})
    for name in ("A", "B"):
        sandbox.create("Contact", {"LastName": name, "AccountId": full})
    found = client.query(
        "SELECT Account.Name, (SELECT Contact.LastName FROM Account.Contacts ORDER BY LastName "
        "DESC) FROM Account ORDER BY Name DESC"
    )["records"]
    assert [one["LastName"] for one in found[0]["Contacts"]["records"]] == ["B", "A"]
    assert found[0]["Contacts"]["totalSize"] == 2
    assert found[1] == {"attributes": found[1]["attributes"], "Name": "Empty", "Contacts": None}
    joined = "SELECT Id FROM Account WHERE Id {} (SELECT AccountId FROM Contact)"
    assert client.ids(joined.format("IN")) == [full]
    assert full not in client.ids(joined.format("NOT IN"))


def test_counts_and_groups(client: Client, people: dict[str, str]) -> None:
    assert client.query("select count() from Lead where LeadSource = 'Web'") == {
        "totalSize": 2,
        "done": True,
        "records": [],
    }
    kind = {"type": "AggregateResult"}
    found = client.query(
        "SELECT LeadSource, COUNT(Id), SUM(AnnualRevenue) total, MAX(CreatedDate), "
        "AVG(AnnualRevenue) FROM Lead GROUP BY LeadSource HAVING COUNT(Id) > 1 "
        "ORDER BY COUNT(Id), LeadSource DESC"
    )
    assert found["records"] == [
        {"attributes": kind, "LeadSource": "Web", "expr0": 2, "total": 400.0,
         "expr1": "2026-01-06T09:00:00.000+0000", "expr2": 200.0},
        {"attributes": kind, "LeadSource": "Other", "expr0": 2, "total": 1000.0,
         "expr1": "2026-01-09T09:00:00.000+0000", "expr2": 1000.0},
    ]  # fmt: skip
    months = client.query(
        "SELECT CALENDAR_MONTH(CreatedDate) m, COUNT_DISTINCT(LeadSource) FROM Lead "
        "GROUP BY CALENDAR_MONTH(CreatedDate)"
    )
    assert months["records"] == [{"attributes": kind, "m": 1, "expr0": 2}]
    assert client.query("SELECT COUNT(Id) FROM Lead WHERE LastName = 'nobody'")["records"] == [
        {"attributes": kind, "expr0": 0}
    ]


def test_typeof_fields_and_other_corners(client: Client, sandbox: SalesforceSandbox) -> None:
    queue = sandbox.add_queue("Inbound")
    sandbox.create("Lead", {"LastName": "Q", "Company": "C", "OwnerId": queue})
    sandbox.create("Lead", {"LastName": "U", "Company": "C"})
    found = client.query(
        "SELECT TYPEOF Owner WHEN User THEN Email WHEN Group THEN Name, Type END, toLabel(Status) "
        "FROM Lead ORDER BY LastName FOR VIEW"
    )["records"]
    assert found[0]["Owner"]["Type"] == "Queue"
    assert found[0]["Owner"]["attributes"]["type"] == "Group"
    assert found[1]["Owner"]["Email"] == "integration@acme.example.com"
    assert found[1]["Status"] == "Open - Not Contacted"
    everything = client.query("SELECT FIELDS(ALL) FROM Lead LIMIT 1")["records"][0]
    assert len(everything) == len(sandbox.org.objects["Lead"].fields) + 1


def test_every_field_of_every_object_can_be_read(
    client: Client, sandbox: SalesforceSandbox
) -> None:
    lead = sandbox.create("Lead", {"LastName": "X", "Company": "C"})
    campaign = sandbox.create("Campaign", {"Name": "Fair"})
    sandbox.create("CampaignMember", {"LeadId": lead, "CampaignId": campaign})
    sandbox.create("Event", {"WhoId": lead, "StartDateTime": "2026-01-06T10:00:00Z"})
    sandbox.create("Task", {"WhoId": lead, "Subject": "Call"})
    sandbox.add_queue("Q")
    sandbox.convert(lead)
    for name, one in sandbox.org.objects.items():
        found = client.query(f"SELECT FIELDS(ALL) FROM {name} LIMIT 200")
        for record in found["records"]:
            assert list(record)[1:] == list(one.fields)
            path = f"/sobjects/{name}/{record['Id']}"
            assert client.json("GET", path) == record
            for field in one.fields.values():
                if record[field.name] is not None and field.type == "boolean":
                    assert record[field.name] in (True, False)
                assert record[field.name] is not None or field.type not in ("boolean", "id")


COLUMN = (
    "No such column '{}' on entity '{}'. If you are attempting to use a custom field, be sure to "
    "append the '__c' after the custom field name. Please reference your WSDL or the describe "
    "call for the appropriate names."
)


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        ("SELEKT Id FROM Lead", "MALFORMED_QUERY", "unexpected token: SELEKT"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY",
         "\nSELECT Id FROM Account WHERE\n                            ^\n"
         "ERROR at Row:1:Column:29\nunexpected token: '<EOF>'"),
        (
            "SELECT Status_Date__c, EIN__c FROM Account WHERE Name = 'x'",
            "INVALID_FIELD",
            "\nSELECT Status_Date__c, EIN__c FROM Account\n       ^\nERROR at Row:1:Column:8\n"
            + COLUMN.format("Status_Date__c", "Account"),
        ),
        (
            "SELECT Bacon__c FROM Account LIMIT 2",
            "INVALID_FIELD",
            "\nSELECT Bacon__c FROM Account LIMIT 2\n       ^\nERROR at Row:1:Column:8\n"
            + COLUMN.format("Bacon__c", "Account"),
        ),
        (
            "SELECT Id,Name,BillingCity,IsDeleted FROM Accout",
            "INVALID_TYPE",
            "\nName,BillingCity,IsDeleted FROM Accout\n" + " " * 32
            + "^\nERROR at Row:1:Column:43\nsObject type 'Accout' is not supported. If you are "
            "attempting to use a custom object, be sure to append the '__c' after the entity "
            "name. Please reference your WSDL or the describe call for the appropriate names.",
        ),
    ],
)  # fmt: skip
def test_recorded_errors(client: Client, soql: str, code: str, message: str) -> None:
    assert client.error(soql) == (code, message)


@pytest.mark.parametrize(
    ("soql", "code", "part"),
    [
        ("SELECT Id FROM Lead WHERE Name = 'x' AND City = 'y' OR City = 'z'",
         "MALFORMED_QUERY", "unexpected token: 'OR'"),
        ("SELECT Id FROM Lead WHERE Name = 'x", "MALFORMED_QUERY", "Unterminated"),
        ("SELECT Id FROM Lead WHERE Name = 'a\\qb'", "MALFORMED_QUERY", "Illegal character"),
        ("SELECT Id FROM Lead WHERE Description = 'x'", "INVALID_FIELD",
         "field 'Description' can not be filtered in a query call"),
        ("SELECT Id FROM Lead WHERE AnnualRevenue = 'x'", "INVALID_FIELD",
         "must be of type currency and should not be enclosed in quotes"),
        ("SELECT Id FROM Lead WHERE LastName = 5", "INVALID_FIELD",
         "must be of type string and should be enclosed in quotes"),
        ("SELECT Id FROM Lead WHERE CreatedDate > 2026-01-01", "INVALID_FIELD",
         "must be of type dateTime"),
        ("SELECT Nope.Name FROM Lead", "INVALID_FIELD", "Didn't understand relationship 'Nope'"),
        ("SELECT (SELECT Id FROM Nopes) FROM Lead", "INVALID_TYPE",
         "Didn't understand relationship 'Nopes' in FROM part of query call"),
        ("SELECT LeadSource, COUNT(Id) FROM Lead", "MALFORMED_QUERY", "grouped or aggregated"),
        ("SELECT Id FROM Lead OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "offset"),
        ("SELECT FIELDS(ALL) FROM Lead", "MALFORMED_QUERY", "LIMIT"),
        ("", "MALFORMED_QUERY", "query string"),
    ],
)  # fmt: skip
def test_errors(client: Client, soql: str, code: str, part: str) -> None:
    answer = client.error(soql)
    assert answer[0] == code
    assert part in answer[1]


def test_pages(client: Client, sandbox: SalesforceSandbox) -> None:
    for number in range(450):
        sandbox.create("Account", {"Name": f"Account {number:03}"})
    size = {"sforce_query_options": "batchSize=200"}
    first = client.query("SELECT Name FROM Account ORDER BY Name", **size)
    assert list(first) == ["totalSize", "done", "nextRecordsUrl", "records"]
    assert first["nextRecordsUrl"].startswith(f"{ROOT}/query/01g")
    assert first["nextRecordsUrl"].endswith("-200")
    second = client.json("GET", first["nextRecordsUrl"])
    last = client.json("GET", second["nextRecordsUrl"])
    assert list(last) == ["totalSize", "done", "records"]
    names = [one["Name"] for page in (first, second, last) for one in page["records"]]
    assert names == [f"Account {number:03}" for number in range(450)]
    assert {page["totalSize"] for page in (first, second, last)} == {450}
    (gone,) = client.json("GET", "/query/01gHs0000000999MAA-200")
    assert gone["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_query_all_shows_the_deleted(client: Client, sandbox: SalesforceSandbox) -> None:
    lead = sandbox.create("Lead", {"LastName": "X", "Company": "C"})
    sandbox.delete("Lead", lead)
    asked = "SELECT Id, IsDeleted FROM Lead"
    assert client.query(asked)["totalSize"] == 0
    assert client.query(asked, path="queryAll")["records"][0]["IsDeleted"] is True
    assert client.query(f"{asked} ALL ROWS")["totalSize"] == 1
