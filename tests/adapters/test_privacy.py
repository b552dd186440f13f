"""A marked person goes through every fault of both systems; no log and no error tells of them."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from connector.core.errors import ConnectorError
from connector.ports import RecordWrite, RowResult, Window
from connector.sandbox.faults import KINDS, Fault
from tests.adapters.conftest import Bench

FIRST, LAST, MAIL, PHONE = "Xaviera", "Quillfeather", "xaviera@marked-person.example", "+4930901820"
SECRETS = ("pat-na1-sandbox", "sandbox-secret", "Bearer ")

NAMED = {"firstname": FIRST, "lastname": LAST, "email": MAIL, "phone": PHONE}


def steps(bench: Bench, id_: str) -> Iterator[Callable[[], object]]:
    """Everything that is done with a person, right and wrong."""
    marketing, crm = bench.marketing, bench.crm
    now = bench.world.clock.now()
    window = Window(since=now - timedelta(hours=1), until=now)
    fields = {"FirstName": FIRST, "LastName": LAST, "Company": LAST, "Email": MAIL, "Phone": PHONE}
    key = "Leadrelay_Id__c"

    def lead(**more: str) -> list[RecordWrite]:
        return [RecordWrite(key="k", id="hs-1", fields={**fields, **more})]

    def contact(**more: str) -> list[RecordWrite]:
        return [RecordWrite(key="k", id=id_, fields={**NAMED, **more})]

    yield lambda: list(marketing.scan(["email"], "0"))
    yield lambda: list(marketing.changed(window, ["email"], "0"))
    yield lambda: marketing.read([id_], ["email"])
    yield lambda: marketing.update(contact())
    yield lambda: marketing.update(contact(email=f"{FIRST} at home"))
    yield lambda: marketing.update(contact(lifecyclestage=LAST))
    yield lambda: marketing.activities([id_])
    yield lambda: marketing.opt_out(MAIL)
    yield lambda: crm.people([MAIL], [])
    yield lambda: crm.accounts(["marked-person.example"], [LAST])
    yield lambda: crm.upsert("Lead", key, lead())
    yield lambda: crm.upsert("Lead", key, lead(LastName=LAST * 20))
    yield lambda: crm.upsert("Lead", key, lead(Disposition_Reason__c=LAST))
    yield lambda: crm.upsert("Lead", key, lead(Handed_Off_At__c=LAST))
    yield lambda: crm.read_by("Lead", key, ["hs-1"], ["Email"])
    yield lambda: list(crm.changed("Lead", ["Email", "Nope__c"], window, ""))
    yield lambda: marketing.erase([id_])


@pytest.mark.parametrize("kind", ["", *KINDS])
@pytest.mark.parametrize("bench", ["in-process"], indirect=True)
def test_nothing_of_a_person_is_told(
    bench: Bench, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    id_ = bench.world.hubspot.create("contacts", NAMED)["id"]
    bench.later()
    if kind:
        bench.world.faults.add(Fault(kind=kind, probability=0.6, seconds=0.01))
    told: list[str] = []
    for step in steps(bench, id_):
        try:
            outcome = step()
        except ConnectorError as error:
            told.append(f"{error} {error!r} {error.__cause__!r}")
            continue
        if isinstance(outcome, list):
            told += [str(row.problem) for row in outcome if isinstance(row, RowResult)]
    text = "\n".join([*told, caplog.text])
    for marked in (FIRST, LAST, MAIL, "marked-person", PHONE, PHONE[1:], *SECRETS):
        assert marked.lower() not in text.lower()


@pytest.mark.parametrize("bench", ["http"], indirect=True)
def test_nothing_of_a_person_is_told_over_http(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    id_ = bench.world.hubspot.create("contacts", NAMED)["id"]
    bench.later()
    for step in steps(bench, id_):
        with contextlib.suppress(ConnectorError):
            step()
    ours = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith("uvicorn"))
    for marked in (FIRST, LAST, MAIL, "marked-person", *SECRETS):
        assert marked.lower() not in ours.lower()
