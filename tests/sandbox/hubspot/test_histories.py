"""Long random histories: whatever happens, the account stays consistent with itself."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.hubspot.errors import Rejection
from connector.sandbox.hubspot.formats import parse_moment
from connector.sandbox.hubspot.kinds import COMPANIES, CONTACTS, KINDS
from connector.sandbox.hubspot.system import HubSpotSandbox
from tests.sandbox.hubspot.conftest import Client

STAGES = ["", "lead", "marketingqualifiedlead", "salesqualifiedlead", "customer"]


class Life:
    """Does one random thing after another."""

    def __init__(self, sandbox: HubSpotSandbox, clock: SandboxClock, seed: int) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self.dice = random.Random(seed)
        self.refused = 0

    def step(self) -> None:
        """One action; refusals are part of life."""
        action = self.dice.choice(
            [
                *(self.create, self.create, self.create, self.create, self.create),
                *(self.change, self.change, self.change, self.archive, self.wait),
                *(self.restore, self.merge, self.purge, self.join, self.leave, self.wait),
            ]
        )
        try:
            action()
        except Rejection:
            self.refused += 1

    def someone(self) -> str:
        rows = self.sandbox.portal.store(CONTACTS).live
        return str(self.dice.choice(rows)) if rows else "1"

    def address(self) -> str:
        return f"p{self.dice.randrange(150)}@example.com"

    def create(self) -> None:
        if self.dice.random() < 0.2:
            self.sandbox.create("companies", {"name": "Acme"})
        else:
            self.sandbox.create("contacts", {"email": self.address(), "firstname": "A"})

    def change(self) -> None:
        changes = {"lifecyclestage": self.dice.choice(STAGES), "firstname": self.address()}
        if self.dice.random() < 0.3:
            changes["email"] = self.address()
        if self.dice.random() < 0.2:
            changes["hs_additional_emails"] = f"{self.address()};x{self.dice.random()}@x.example"
        self.sandbox.update("contacts", self.someone(), changes)

    def archive(self) -> None:
        self.sandbox.archive("contacts", self.someone())

    def restore(self) -> None:
        gone = self.sandbox.portal.store(CONTACTS).archived
        if gone:
            self.sandbox.restore("contacts", self.dice.choice(gone))

    def merge(self) -> None:
        self.sandbox.merge(self.someone(), self.someone())

    def purge(self) -> None:
        if self.dice.random() < 0.3:
            self.sandbox.gdpr_delete(self.someone())

    def join(self) -> None:
        companies = self.sandbox.portal.store(COMPANIES).live
        if companies:
            company = self.dice.choice(companies)
            self.sandbox.associate("contacts", self.someone(), "companies", company)

    def leave(self) -> None:
        contact = self.someone()
        base = f"/crm/v4/objects/contacts/{contact}/associations/companies"
        hub = Client(self.sandbox.handle)
        if hub.answer("GET", base).status == 200:
            for row in hub("GET", base)["results"]:
                hub("DELETE", f"{base}/{row['toObjectId']}", status=204)

    def wait(self) -> None:
        self.clock.advance(timedelta(seconds=self.dice.choice([0.004, 1, 6, 30, 3600])))


def check(sandbox: HubSpotSandbox) -> None:
    """What must hold at any moment."""
    portal = sandbox.portal
    for kind in KINDS:
        store = portal.store(kind)
        assert store.live == sorted(one.id for one in store.records.values() if not one.archived_at)
        assert store.archived == sorted(one.id for one in store.records.values() if one.archived_at)
        for record in store.records.values():
            assert parse_moment(record.values[kind.modified]) == record.modified
            assert record.values["hs_object_id"] == record.key
            for name, versions in (record.history or {}).items():
                assert versions == sorted(versions, key=lambda version: version[0]), name
        assert not set(store.merged) & set(store.records)
    addresses = {
        address: record.id
        for record in portal.store(CONTACTS).living()
        for address in (
            record.values.get("email", ""),
            *record.values.get("hs_additional_emails", "").split(";"),
        )
        if address
    }
    assert portal.store(CONTACTS).unique["email"] == addresses
    for contact in portal.store(CONTACTS).living():
        primary = portal.associations.primary(CONTACTS, contact.id, COMPANIES)
        assert contact.values.get("associatedcompanyid", "") == str(primary or "")
        for company, held in portal.associations.targets(CONTACTS, contact.id, COMPANIES).items():
            back = portal.associations.held(COMPANIES, company, CONTACTS, contact.id)
            assert len(back) == len(held)


def found(hub: Client, *filters: dict[str, Any]) -> list[str]:
    body = {"filterGroups": [{"filters": list(filters)}] if filters else [], "limit": 200}
    return [row["id"] for row in hub("POST", "/crm/v3/objects/contacts/search", body)["results"]]


@pytest.mark.parametrize("seed", range(12))
def test_a_long_life_stays_consistent(
    seed: int, make: Callable[..., HubSpotSandbox], clock: SandboxClock
) -> None:
    sandbox = make(enforce_limits=False, merge_makes_new_id=seed % 2 == 0)
    life = Life(sandbox, clock, seed)
    for step in range(400):
        life.step()
        if step % 10 == 0:
            check(sandbox)
    assert life.refused > 10
    clock.advance(timedelta(minutes=1))
    hub = Client(sandbox.handle)
    rows = sandbox.records("contacts")
    assert len(rows) > 15
    assert found(hub) == [row["id"] for row in rows]
    moments = sorted(parse_moment(row["updatedAt"]) or 0 for row in sandbox.records("contacts"))
    middle = moments[len(moments) // 2]
    wanted = [
        row["id"]
        for row in sandbox.records("contacts")
        if (parse_moment(row["updatedAt"]) or 0) >= middle
    ]
    bound = {"propertyName": "lastmodifieddate", "operator": "GTE", "value": str(middle)}
    assert found(hub, bound) == wanted
    for row in rows:
        address = row["properties"].get("email")
        if address:
            by_email = {"propertyName": "email", "operator": "EQ", "value": address}
            assert found(hub, by_email) == [row["id"]]


@pytest.mark.parametrize("seed", range(3))
def test_a_life_goes_on_from_a_saved_state(
    seed: int, make: Callable[..., HubSpotSandbox], clock: SandboxClock
) -> None:
    first = make(enforce_limits=False)
    life = Life(first, clock, seed)
    for _step in range(150):
        life.step()
    second = make(enforce_limits=False)
    second.load(first.save())
    moment, dice = clock.now(), life.dice.getstate()
    for _step in range(100):
        life.step()
    clock.set(moment)
    twin = Life(second, clock, seed)
    twin.dice.setstate(dice)
    for _step in range(100):
        twin.step()
    assert second.save() == first.save()
