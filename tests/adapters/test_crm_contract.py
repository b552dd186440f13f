"""What a Crm promises, kept by Salesforce's adapter on the sandbox."""

from datetime import UTC, datetime, timedelta

import pytest

from connector.adapters.salesforce.crm import SalesforceCrm
from connector.core.errors import OutcomeUnknown, StopTheRun, TryLater
from connector.ports import Crm, Page, RecordWrite, RowResult, Window
from connector.sandbox.faults import Fault
from tests.adapters.conftest import Bench

KEY = "Leadrelay_Id__c"


def write(number: int, **fields: object) -> RecordWrite:
    values = {"LastName": f"Person {number}", "Company": "Acme", **fields}
    return RecordWrite(key=f"k{number}", id=f"hs-{number}", fields=values)  # type: ignore[arg-type]


def push(bench: Bench, count: int, **fields: object) -> list[RowResult]:
    return bench.crm.upsert("Lead", KEY, [write(n, **fields) for n in range(count)])


def window(bench: Bench) -> Window:
    now = bench.world.clock.now()
    return Window(since=now - timedelta(hours=1), until=now + timedelta(seconds=1))


def ids_of(pages: list[Page]) -> list[str]:
    return [record.id for page in pages for record in page.records]


def test_the_adapter_is_a_crm(bench: Bench) -> None:
    system: Crm = bench.crm
    assert system.count("Lead") == 0


def test_the_same_key_twice_makes_one_lead(bench: Bench) -> None:
    first, second = push(bench, 450), push(bench, 450, City="Bonn")
    assert all(result.created for result in first)
    assert not any(result.created for result in second)
    assert [a.id for a in first] == [b.id for b in second]
    assert bench.crm.count("Lead") == 450
    assert bench.crm.count("Lead", KEY) == 450
    assert bench.world.salesforce.get("Lead", str(first[7].id))["City"] == "Bonn"


def test_the_owner_we_choose_stays(bench: Bench) -> None:
    salesforce = bench.world.salesforce
    chosen = salesforce.add_user(username="ada@acme.example", last_name="Okafor")
    other = salesforce.add_user(username="bo@acme.example", last_name="Lund")
    salesforce.set_assignment_rule([(lambda row: True, other)])
    [result] = push(bench, 1, OwnerId=chosen)
    assert salesforce.get("Lead", str(result.id))["OwnerId"] == chosen
    bench.world.faults.add(Fault(kind="expired_token", system="salesforce", nth=(1,)))
    bench.crm.update("Lead", [RecordWrite(key="u", id=result.id, fields={"City": "Ulm"})])
    row = salesforce.get("Lead", str(result.id))
    assert (row["OwnerId"], row["City"]) == (chosen, "Ulm")


def test_each_row_has_its_own_fate(bench: Bench) -> None:
    writes = [
        write(0),
        write(1, LastName=""),
        write(2, LastName="x" * 81),
        write(3, OwnerId="005000000000009AAA"),
        write(4, Nope__c="1"),
        write(5),
    ]
    results = bench.crm.upsert("Lead", KEY, writes)
    codes = [result.problem.code if result.problem else "" for result in results]
    assert codes[0] == codes[5] == ""
    assert codes[1] == "salesforce-required-field-missing"
    assert codes[2] == "salesforce-string-too-long"
    assert codes[4] == "salesforce-invalid-field"
    assert results[3].problem is not None
    assert "LastName" in str(results[1].problem)
    assert "xxx" not in str(results[2].problem)


def test_clearing_and_reading(bench: Bench) -> None:
    [result] = push(bench, 1, City="Bonn", Phone="123")
    bench.crm.update(
        "Lead", [RecordWrite(key="u", id=result.id, fields={"City": "", "Phone": None})]
    )
    record = bench.crm.read("Lead", [str(result.id)], ["City", "Phone", "Company", "Owner.Name"])[
        str(result.id)
    ]
    assert record.values["City"] is None
    assert record.values["Phone"] is None
    assert record.values["Company"] == "Acme"
    assert record.values["Owner.Name"] == "Integration User"
    assert record.updated_at == bench.world.clock.now().replace(microsecond=0)


def test_reading_leaves_out_the_deleted(bench: Bench) -> None:
    one, two = push(bench, 2)
    assert [result.confirmed for result in bench.crm.erase("Lead", [str(one.id)])] == [True]
    assert bench.crm.erase("Lead", [str(one.id)])[0].confirmed
    assert set(bench.crm.read("Lead", [str(one.id), str(two.id)], ["City"])) == {two.id}
    [(gone, winner, moment)] = bench.crm.deleted("Lead", window(bench))
    assert (gone, winner) == (one.id, None)
    assert moment.tzinfo is not None


def test_reading_by_key(bench: Bench) -> None:
    push(bench, 900)
    keys = [f"hs-{n}" for n in range(900)]
    before = bench.salesforce.calls
    found = bench.crm.read_by("Lead", KEY, [*keys, "hs-none"], ["LastName"])
    assert sorted(found) == sorted(keys)
    assert found["hs-7"].values["LastName"] == "Person 7"
    assert bench.salesforce.calls - before == 1


def test_a_merge_names_its_winner(bench: Bench) -> None:
    one, two = push(bench, 2)
    bench.world.salesforce.merge("Lead", str(one.id), [str(two.id)])
    assert [(gone, winner) for gone, winner, _ in bench.crm.deleted("Lead", window(bench))] == [
        (two.id, one.id)
    ]


def test_the_bin_is_searched_by_either_id(bench: Bench) -> None:
    """The last deleted record of a key, with the winner where it was merged; living ones never."""
    one, two, three = push(bench, 3)
    bench.crm.erase("Lead", [str(one.id)])
    bench.world.salesforce.merge("Lead", str(two.id), [str(three.id)])
    by_key = bench.crm.deleted_by("Lead", KEY, ["hs-0", "hs-1", "hs-2", "hs-none"])
    assert {key: (id_, winner) for key, (id_, winner, _) in by_key.items()} == {
        "hs-0": (one.id, None),
        "hs-2": (three.id, two.id),
    }
    by_id = bench.crm.deleted_by("Lead", "Id", [str(one.id), str(two.id)])
    assert {id_: end[0] for id_, end in by_id.items()} == {one.id: one.id}


def test_changes_in_pages_by_stamp_and_id(bench: Bench) -> None:
    results = push(bench, 30)
    bench.later(10)
    bench.crm.update("Lead", [RecordWrite(key="u", id=results[3].id, fields={"City": "Ulm"})])
    pages = list(bench.crm.changed("Lead", ["City"], window(bench), ""))
    assert len(ids_of(pages)) == 30
    assert ids_of(pages)[-1] == results[3].id
    assert pages[-1].resume is None


def test_a_page_can_be_resumed(bench: Bench) -> None:
    push(bench, 2_500)
    whole = list(bench.crm.changed("Lead", ["City"], window(bench), ""))
    assert len(whole) == 2
    rest = list(bench.crm.changed("Lead", ["City"], window(bench), str(whole[0].resume)))
    assert ids_of(rest) == ids_of(whole[1:])


def test_people_are_looked_for_among_leads_and_contacts(bench: Bench) -> None:
    salesforce = bench.world.salesforce
    push(bench, 1, Email="Ann@Example.com")
    account = salesforce.create("Account", {"Name": "Acme", "Website": "https://acme.example"})
    salesforce.create(
        "Contact", {"LastName": "Bo", "Email": "bo@example.com", "AccountId": account}
    )
    people = bench.crm.people(["ann@example.com", "bo@example.com", "no@example.com"], ["City"])
    lead, contact = sorted(people, key=lambda person: person.kind, reverse=True)
    assert (lead.kind, lead.external_id, lead.converted) == ("Lead", "hs-0", False)
    assert (contact.kind, contact.account_id) == ("Contact", account)
    [found] = bench.crm.accounts(["acme.example"], [])
    assert found.id == account
    assert [record.id for record in bench.crm.accounts([], ["ACME"])] == [account]


def test_quotes_in_names_are_only_quotes(bench: Bench) -> None:
    bench.world.salesforce.create("Account", {"Name": "O'Neil \\ Sons"})
    assert len(bench.crm.accounts([], ["O'Neil \\ Sons", "x' OR Name != '"])) == 1


def test_conversion_can_be_followed(bench: Bench) -> None:
    [result] = push(bench, 1, Email="ann@example.com")
    made = bench.world.salesforce.convert(str(result.id))
    [lead] = [p for p in bench.crm.people(["ann@example.com"], []) if p.kind == "Lead"]
    assert lead.converted
    assert lead.converted_contact_id == made["contactId"]
    [again] = push(bench, 1)
    assert again.problem is not None
    assert again.problem.code == "salesforce-cannot-update-converted-lead"


def test_members_and_definitions(bench: Bench) -> None:
    bench.world.salesforce.add_user(username="ada@acme.example", last_name="Okafor", active=False)
    queue = bench.world.salesforce.add_queue("Inbound")
    members = {member.id: member for member in bench.crm.members()}
    assert members[queue].kind == "queue"
    assert any(not member.active for member in members.values())
    schema = bench.crm.schema("Lead")
    assert schema.fields[KEY].external_id
    assert schema.fields[KEY].unique
    assert schema.fields["LastName"].required
    assert schema.fields["LastName"].max_length == 80
    assert not schema.fields["IsConverted"].options
    assert bench.crm.schema("Lead").hash == schema.hash
    bench.later()
    bench.world.salesforce.add_custom_field("Lead", {"name": "New__c", "type": "string"})
    assert bench.crm.schema("Lead").hash != schema.hash


def test_tasks_are_created(bench: Bench) -> None:
    [lead] = push(bench, 1)
    fields = {"Subject": "Call", "WhoId": lead.id, "ActivityDate": "2026-03-03"}
    [task] = bench.crm.create("Task", [RecordWrite(key="t", id=None, fields=fields)])
    assert task.confirmed
    assert bench.world.salesforce.get("Task", str(task.id))["WhoId"] == lead.id


def test_children_come_by_parent_oldest_first(bench: Bench) -> None:
    leads = [str(result.id) for result in push(bench, 3)]
    for subject in ("One", "Two"):
        bench.later()
        fields = {"Subject": subject, "WhoId": leads[0]}
        bench.crm.create("Task", [RecordWrite(key=subject, id=None, fields=fields)])
    found = bench.crm.children("Task", "WhoId", leads, ["Subject"])
    assert list(found) == [leads[0]]
    assert [task.values["Subject"] for task in found[leads[0]]] == ["One", "Two"]


def test_one_call_says_what_moved_and_what_can_be_seen(bench: Bench) -> None:
    salesforce = bench.world.salesforce
    [lead] = push(bench, 1)
    salesforce.create("FeedItem", {"ParentId": str(lead.id), "Body": "Hello"})
    salesforce.withhold("FeedComment", "r")
    now = bench.world.clock.now()
    before = Window(since=now - timedelta(days=2), until=now - timedelta(days=1))
    asked = dict.fromkeys(("ContentVersion", "FeedItem", "FeedComment"), window(bench))
    calls = bench.salesforce.calls
    found = bench.crm.stirred({**asked, "Lead": before, "Task": window(bench)})
    assert found == {"ContentVersion": False, "FeedItem": True, "Lead": False, "Task": False}
    assert bench.salesforce.calls - calls == 1


def test_time_and_budget_are_salesforces(bench: Bench) -> None:
    bench.world.clock.set(datetime(2026, 5, 1, 12, tzinfo=UTC))
    assert bench.crm.now() == datetime(2026, 5, 1, 12, tzinfo=UTC)
    budget = bench.crm.budget()
    assert budget.limit == 100_000
    assert budget.remaining is not None
    assert budget.remaining < 100_000


def test_many_rows_go_through_a_bulk_job(bench: Bench) -> None:
    crm = SalesforceCrm(bench.salesforce, bulk_from=50)
    odd = 'Müller, "der"\nZweite'
    writes = [write(n, LastName=odd if n else "x" * 90, City=None) for n in range(60)]
    results = crm.upsert("Lead", KEY, writes)
    assert results[0].problem is not None
    assert results[0].problem.code == "salesforce-string-too-long"
    assert all(result.created for result in results[1:])
    assert bench.world.salesforce.get("Lead", str(results[1].id))["LastName"] == odd
    again = crm.upsert("Lead", KEY, writes)
    assert [result.id for result in again[1:]] == [result.id for result in results[1:]]
    assert not any(result.created for result in again)


@pytest.mark.parametrize("kind", ["reset_after", "truncated", "server_error", "lost_answer"])
def test_a_lost_write_is_unknown_and_is_not_sent_twice(bench: Bench, kind: str) -> None:
    push(bench, 1)
    if kind == "lost_answer":
        bench = _impatient(bench)
    bench.world.faults.add(Fault(kind=kind, system="salesforce", nth=(1,), method="PATCH"))
    before = len(bench.world.salesforce.calls)
    [result] = bench.crm.upsert("Lead", KEY, [write(0, City="Bonn")])
    assert result.unknown
    assert len(bench.world.salesforce.calls) - before == (0 if kind == "server_error" else 1)


def _impatient(bench: Bench) -> Bench:
    """With a short patience for answers that never come."""
    adapter = bench.salesforce._session.get_adapter("https://")
    if hasattr(adapter, "_timeouts"):
        adapter._timeouts = (1.0, 0.3)
    return bench


@pytest.mark.parametrize("kind", ["rate_secondly", "expired_token", "reset_before", "maintenance"])
def test_a_bad_moment_while_reading_passes(bench: Bench, kind: str) -> None:
    push(bench, 20)
    nth = (1,) if kind == "expired_token" else (1, 3)
    bench.world.faults.add(Fault(kind=kind, system="salesforce", nth=nth))
    assert len(ids_of(list(bench.crm.changed("Lead", ["City"], window(bench), "")))) == 20


def test_locked_rows_are_tried_again(bench: Bench) -> None:
    bench.world.faults.add(Fault(kind="locked", system="salesforce", nth=(1, 2)))
    assert all(result.confirmed for result in push(bench, 3))


def test_the_end_of_the_quota_stops_the_run(bench: Bench) -> None:
    bench.world.faults.add(Fault(kind="quota_exhausted", system="salesforce"))
    with pytest.raises(StopTheRun) as met:
        bench.crm.count("Lead")
    assert not met.value.configuration


def test_an_absent_system_is_try_later(bench: Bench) -> None:
    bench.crm.count("Lead")
    bench.world.faults.add(Fault(kind="reset_before", system="salesforce"))
    with pytest.raises(TryLater):
        bench.crm.count("Lead")
    with pytest.raises((TryLater, OutcomeUnknown, AssertionError)):
        assert not all(result.unknown for result in push(bench, 1))
