"""What a MarketingSystem promises, kept by HubSpot's adapter on the sandbox."""

from datetime import UTC, datetime, timedelta

import pytest

from connector.core.errors import OutcomeUnknown, TryLater
from connector.ports import MarketingSystem, Page, RecordWrite, Window
from connector.sandbox.faults import Fault
from tests.adapters.conftest import Bench


def fill(bench: Bench, count: int = 250) -> list[str]:
    bench.world.hubspot.load_contacts(
        {"email": f"p{number}@example.com", "firstname": f"P{number}"} for number in range(count)
    )
    return [row["id"] for row in bench.world.hubspot.records("contacts")]


def ids_of(pages: list[Page]) -> list[str]:
    return [record.id for page in pages for record in page.records]


def window(bench: Bench) -> Window:
    now = bench.world.clock.now()
    return Window(since=now - timedelta(hours=1), until=now)


def test_the_adapter_is_a_marketing_system(bench: Bench) -> None:
    system: MarketingSystem = bench.marketing
    assert system.activity_properties


def test_a_scan_sees_everybody_once_by_rising_id(bench: Bench) -> None:
    ids = fill(bench)
    pages = list(bench.marketing.scan(["email", "firstname"], "0"))
    assert ids_of(pages) == sorted(ids, key=int)
    assert pages[0].records[0].values["email"] == "p0@example.com"
    assert pages[0].resume == pages[0].records[-1].id
    assert pages[-1].resume is None
    rest = list(bench.marketing.scan(["email"], str(pages[0].resume)))
    assert ids_of(rest) == ids_of(pages[1:])


def test_a_census_counts_a_range_of_ids(bench: Bench) -> None:
    ids = sorted(fill(bench, 40), key=int)
    bench.later()
    assert bench.marketing.census("0", "") == (40, ids[-1])
    assert bench.marketing.census(ids[9], ids[19]) == (10, ids[19])
    assert bench.marketing.census(ids[-1], "") == (0, "0")


def test_changes_of_a_window_are_found_once(bench: Bench) -> None:
    ids = fill(bench)
    bench.later()
    pages = list(bench.marketing.changed(window(bench), ["email"], "0"))
    assert ids_of(pages) == sorted(ids, key=int)
    rest = list(bench.marketing.changed(window(bench), ["email"], str(pages[0].resume)))
    assert ids_of(rest) == ids_of(pages[1:])
    bench.later(7_200)
    bench.world.hubspot.update("contacts", ids[3], {"firstname": "New"})
    bench.later()
    [record] = [
        r for p in bench.marketing.changed(window(bench), ["firstname"], "0") for r in p.records
    ]
    assert (record.id, record.values["firstname"]) == (ids[3], "New")


def test_a_change_behind_the_window_waits_for_the_next(bench: Bench) -> None:
    ids = fill(bench, 5)
    bench.later()
    early = window(bench)
    bench.later(5)
    bench.world.hubspot.update("contacts", ids[0], {"firstname": "Later"})
    found = ids_of(list(bench.marketing.changed(early, ["firstname"], "0")))
    assert ids[0] not in found
    assert len(found) == 4


def test_archived_contacts_are_scanned_apart(bench: Bench) -> None:
    ids = fill(bench, 5)
    bench.world.hubspot.archive("contacts", ids[2])
    [record] = [r for p in bench.marketing.scan(["email"], "0", archived=True) for r in p.records]
    assert record.id == ids[2]
    assert record.archived
    assert ids[2] not in ids_of(list(bench.marketing.scan(["email"], "0")))


def test_reading_follows_merges_and_leaves_out_the_gone(bench: Bench) -> None:
    ids = fill(bench, 6)
    survivor = bench.world.hubspot.merge(ids[0], ids[1])
    bench.world.hubspot.archive("contacts", ids[2])
    found = bench.marketing.read(ids[:4], ["email"])
    assert set(found) == {ids[0], ids[1], ids[3]}
    assert found[ids[0]].id == found[ids[1]].id == survivor["id"]
    assert {ids[1]} <= set(found[ids[1]].merged_ids)


def test_four_states_of_a_value(bench: Bench) -> None:
    [id_] = fill(bench, 1)
    bench.world.hubspot.update("contacts", id_, {"city": "Bonn"})
    bench.marketing.update([RecordWrite(key="k", id=id_, fields={"city": None})])
    values = bench.marketing.read([id_], ["city", "state", "not_a_property"])[id_].values
    assert values["city"] in ("", None)
    assert values["state"] is None
    assert "not_a_property" not in values


def test_updates_have_a_result_for_every_row(bench: Bench) -> None:
    ids = fill(bench, 130)
    bench.world.hubspot.archive("contacts", ids[5])
    writes = [RecordWrite(key=f"k{id_}", id=id_, fields={"city": "Bonn"}) for id_ in ids]
    results = bench.marketing.update(writes)
    assert [result.key for result in results] == [write.key for write in writes]
    assert [r.id for r in results if not r.confirmed] == [ids[5]]
    assert results[5].problem is not None
    assert results[5].problem.code == "hubspot-object-not-found"
    assert bench.world.hubspot.get("contacts", ids[6])["properties"]["city"] == "Bonn"


def test_one_bad_value_holds_up_nobody(bench: Bench) -> None:
    ids = fill(bench, 100)
    writes = [
        RecordWrite(key=id_, id=id_, fields={"email": "broken" if n == 40 else f"n{n}@example.com"})
        for n, id_ in enumerate(ids)
    ]
    results = bench.marketing.update(writes)
    assert [n for n, result in enumerate(results) if result.problem] == [40]
    assert sum(result.confirmed for result in results) == 99
    assert "broken" not in str(results[40].problem)


def test_a_property_that_is_not_there_refuses_only_its_rows(bench: Bench) -> None:
    ids = fill(bench, 60)
    writes = [
        RecordWrite(key=id_, id=id_, fields={"nope": "1"} if n < 30 else {"city": "Ulm"})
        for n, id_ in enumerate(ids)
    ]
    before = bench.hubspot.calls
    results = bench.marketing.update(writes)
    assert [result.problem is not None for result in results] == [True] * 30 + [False] * 30
    assert "nope" in str(results[0].problem)
    assert bench.hubspot.calls - before <= 3


def test_a_step_back_takes_two_writes_in_order(bench: Bench) -> None:
    [id_] = fill(bench, 1)
    bench.world.hubspot.update("contacts", id_, {"lifecyclestage": "salesqualifiedlead"})
    results = bench.marketing.update(
        [
            RecordWrite(key="clear", id=id_, fields={"lifecyclestage": ""}),
            RecordWrite(key="set", id=id_, fields={"lifecyclestage": "lead"}),
        ]
    )
    assert all(result.confirmed for result in results)
    stage = bench.marketing.read([id_], ["lifecyclestage"])[id_].values["lifecyclestage"]
    assert stage == "lead"


def test_histories_are_newest_first(bench: Bench) -> None:
    [id_] = fill(bench, 1)
    for city in ("Bonn", "Ulm"):
        bench.later(5)
        bench.world.hubspot.update("contacts", id_, {"city": city})
    versions = bench.marketing.history([id_], ["city"])[id_]["city"]
    assert [value for _, value, _ in versions][:2] == ["Ulm", "Bonn"]
    assert versions[0][0] > versions[1][0]
    assert versions[0][2]


def test_activities_of_all_kinds_newest_first(bench: Bench) -> None:
    hubspot = bench.world.hubspot
    quiet, busy = fill(bench, 2)
    start = datetime(2026, 3, 1, 9, tzinfo=UTC)
    hubspot.update(
        "contacts",
        busy,
        {
            "hs_analytics_last_timestamp": (start + timedelta(hours=1)).isoformat(),
            "hs_analytics_last_url": "https://www.acme.example/pricing",
            "recent_conversion_date": (start + timedelta(hours=2)).isoformat(),
            "recent_conversion_event_name": "Demo request",
        },
        as_hubspot=True,
    )
    call = hubspot.create(
        "calls",
        {
            "hs_timestamp": start.isoformat(),
            "hs_call_title": "First call",
            "hs_call_direction": "OUTBOUND",
            "hs_call_status": "COMPLETED",
        },
    )
    note = hubspot.create("notes", {"hs_timestamp": start.isoformat(), "hs_note_body": "Called"})
    hubspot.associate("contacts", busy, "calls", call["id"])
    hubspot.associate("contacts", busy, "notes", note["id"])
    found = bench.marketing.activities([quiet, busy])
    assert found[quiet] == ()
    assert [activity.kind for activity in found[busy]][:2] == ["form", "page_view"]
    assert {activity.kind for activity in found[busy]} == {"form", "page_view", "call", "note"}
    [called] = [activity for activity in found[busy] if activity.kind == "call"]
    assert (called.title, called.direction, called.completed) == ("First call", "out", True)


def test_contacts_just_read_are_not_read_again(bench: Bench) -> None:
    ids = fill(bench, 3)
    known = bench.marketing.read(ids, bench.marketing.activity_properties)
    before = bench.hubspot.calls
    bench.marketing.activities(ids, known)
    paths = [record.path for record in list(bench.world.hubspot.calls)[before:]]
    assert not [path for path in paths if path.endswith("contacts/batch/read")]


def test_owners_properties_and_pipelines(bench: Bench) -> None:
    bench.world.hubspot.add_owner(email="ada@acme.example", first_name="Ada", last_name="Okafor")
    assert "Ada Okafor" in {owner.name for owner in bench.marketing.owners()}
    schema = bench.marketing.schema()
    assert schema.fields["email"].unique
    assert not schema.fields["createdate"].writable
    assert ("lead", True) in schema.fields["lifecyclestage"].options
    assert bench.marketing.schema().hash == schema.hash
    stages = bench.marketing.pipelines()["contacts"]
    assert stages.index("lead") < stages.index("salesqualifiedlead") < stages.index("customer")


def test_lists(bench: Bench) -> None:
    ids = fill(bench, 3)
    created = bench.hubspot._transport.call_api(
        "/crm/v3/lists/",
        "POST",
        header_params={
            "Authorization": "Bearer pat-na1-sandbox",
            "Content-Type": "application/json",
        },
        body={"name": "Nurture", "objectTypeId": "0-1", "processingType": "MANUAL"},
        _preload_content=False,
    )
    assert created.status == 200
    list_id = bench.marketing.lists()["Nurture"]
    bench.marketing.add_to_list(list_id, ids)
    bench.marketing.add_to_list(list_id, ids[:1])
    bench.marketing.remove_from_list(list_id, ids[1:])


def test_opting_out_shows_on_the_contact(bench: Bench) -> None:
    [id_] = fill(bench, 1)
    bench.marketing.opt_out("p0@example.com")
    values = bench.marketing.read([id_], ["hs_email_optout"])[id_].values
    assert values["hs_email_optout"] == "true"


def test_erasing_is_for_good_and_may_be_repeated(bench: Bench) -> None:
    ids = fill(bench, 2)
    assert [result.confirmed for result in bench.marketing.erase(ids[:1])] == [True]
    assert bench.marketing.erase(ids[:1])[0].confirmed
    assert set(bench.marketing.read(ids, ["email"])) == {ids[1]}


def test_time_and_budget_are_hubspots(bench: Bench) -> None:
    bench.world.clock.set(datetime(2026, 5, 1, 12, tzinfo=UTC))
    assert bench.marketing.now() == datetime(2026, 5, 1, 12, tzinfo=UTC)
    assert bench.marketing.budget().limit == 625_000


@pytest.mark.parametrize("kind", ["lost_answer", "reset_after", "truncated", "server_error"])
def test_a_lost_write_is_unknown_and_is_not_sent_twice(bench: Bench, kind: str) -> None:
    if kind == "lost_answer" and bench.hubspot._timeouts[1] > 1:
        object.__setattr__(bench.hubspot, "_timeouts", (1.0, 0.3))
    [id_] = fill(bench, 1)
    bench.world.faults.add(Fault(kind=kind, system="hubspot", nth=(1,), path="batch/update"))
    [result] = bench.marketing.update([RecordWrite(key="k", id=id_, fields={"city": "Bonn"})])
    assert result.unknown
    sent = [record for record in bench.world.hubspot.calls if "batch/update" in record.path]
    assert len(sent) == (0 if kind == "server_error" else 1)


@pytest.mark.parametrize(
    "kind", ["rate_ten_secondly", "locked", "reset_before", "reset_after", "maintenance"]
)
def test_a_bad_moment_while_reading_passes(bench: Bench, kind: str) -> None:
    ids = fill(bench, 120)
    bench.world.faults.add(Fault(kind=kind, system="hubspot", nth=(1, 3)))
    assert len(ids_of(list(bench.marketing.scan(["email"], "0")))) == len(ids)


def test_an_absent_system_is_try_later(bench: Bench) -> None:
    bench.world.faults.add(Fault(kind="reset_before", system="hubspot"))
    with pytest.raises(TryLater):
        list(bench.marketing.scan(["email"], "0"))
    with pytest.raises((TryLater, OutcomeUnknown)):
        bench.marketing.opt_out("p0@example.com")
