"""Answers of any shape: the adapters raise what they may raise, and nothing else."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from connector.adapters.hubspot.marketing import HubSpotMarketing
from connector.adapters.salesforce.crm import SalesforceCrm
from connector.core.errors import ConnectorError
from connector.ports import RecordWrite, Window
from connector.sandbox.http import Answer, Call
from connector.sandbox.world import World
from tests.adapters.conftest import bench_on

ODD: tuple[Any, ...] = (None, "", "x", 0, -1, 1.5, True, [], {}, [None], [[]], {"id": None}, "é\n")


def mutated(value: Any, dice: random.Random, rate: float) -> Any:
    """The value with some parts replaced, left out or doubled."""
    if dice.random() < rate:
        return dice.choice(ODD)
    if isinstance(value, dict):
        return {
            key: mutated(part, dice, rate)
            for key, part in value.items()
            if dice.random() >= rate / 2
        }
    if isinstance(value, list):
        parts = [mutated(part, dice, rate) for part in value]
        return parts + parts[:1] if dice.random() < rate else parts
    return value


class Garbling:
    """Falsifies some answers of a system that is otherwise the sandbox's."""

    def __init__(self, world: World, dice: random.Random) -> None:
        self.world, self.dice = world, dice

    def __call__(self, call: Call, answer: Answer) -> Answer:
        if "oauth" in call.path or self.dice.random() < 0.3 or not answer.body:
            return answer
        try:
            value = mutated(orjson.loads(answer.body), self.dice, 0.08)
        except orjson.JSONDecodeError:
            body = bytearray(answer.body)
            body[self.dice.randrange(len(body))] = self.dice.randrange(256)
            return Answer(status=answer.status, headers=answer.headers, body=bytes(body))
        return Answer(status=answer.status, headers=answer.headers, body=orjson.dumps(value))


def garble(world: World, dice: random.Random) -> None:
    """Puts falsification between both systems and their callers."""
    garbling = Garbling(world, dice)
    for name, system in (("hubspot", world.hubspot), ("salesforce", world.salesforce)):
        inner = system.handle

        def handle(call: Call, inner: Any = inner) -> Answer:
            return garbling(call, inner(call))

        world._handlers[name] = handle  # type: ignore[index]


def everything(
    marketing: HubSpotMarketing, crm: SalesforceCrm, bulk: SalesforceCrm, ids: list[str]
) -> Iterator[Any]:
    window = Window(since=datetime(2026, 3, 1, tzinfo=UTC), until=datetime(2026, 3, 3, tzinfo=UTC))
    key = "Leadrelay_Id__c"
    writes = [
        RecordWrite(key=i, id=f"hs-{i}", fields={"LastName": "A", "Company": "B"}) for i in ids
    ]
    yield lambda: list(marketing.scan(["email"], "0"))
    yield lambda: list(marketing.scan([f"property_of_some_length_{n}" for n in range(400)], "0"))
    yield lambda: list(marketing.changed(window, ["email"], "0"))
    yield lambda: marketing.read([*ids, "999"], ["email"])
    yield lambda: marketing.history(ids, ["email"])
    yield lambda: marketing.update(
        [RecordWrite(key=i, id=i, fields={"city": "Ulm", "email": "broken"}) for i in ids]
    )
    yield lambda: marketing.activities(ids)
    yield lambda: marketing.owners()
    yield lambda: marketing.schema()
    yield lambda: marketing.pipelines()
    yield lambda: marketing.lists()
    yield lambda: marketing.budget()
    yield lambda: marketing.now()
    yield lambda: crm.upsert("Lead", key, writes)
    yield lambda: bulk.upsert("Lead", key, writes)
    yield lambda: crm.read_by("Lead", key, [f"hs-{i}" for i in ids], ["LastName", "Owner.Name"])
    yield lambda: crm.people(["p0@example.com"], ["City"])
    yield lambda: crm.accounts(["acme.example"], ["Acme"])
    yield lambda: list(crm.changed("Lead", ["City", "Owner.Name"], window, ""))
    yield lambda: crm.deleted("Lead", window)
    yield lambda: crm.count("Lead")
    yield lambda: crm.children("Task", "WhoId", ["00Q000000000001AAA"], ["Subject"])
    yield lambda: crm.members()
    yield lambda: crm.schema("Lead")
    yield lambda: crm.budget()


@pytest.mark.parametrize("seed", range(60))
def test_no_answer_makes_a_traceback(seed: int) -> None:
    world = World(seed=seed)
    bench = bench_on(world, None)
    world.hubspot.load_contacts(
        {"email": f"p{n}@example.com", "lastname": "Okafor"} for n in range(5)
    )
    ids = [row["id"] for row in world.hubspot.records("contacts")]
    call = world.hubspot.create("calls", {"hs_timestamp": "2026-03-01T00:00:00Z"})
    world.hubspot.associate("contacts", ids[0], "calls", call["id"])
    world.salesforce.create("Account", {"Name": "Acme", "Website": "acme.example"})
    world.clock.advance(timedelta(minutes=1))
    garble(world, random.Random(seed))
    bulk = SalesforceCrm(bench.salesforce, bulk_from=2)
    told = []
    for step in everything(bench.marketing, bench.crm, bulk, ids):
        try:
            step()
        except ConnectorError as error:
            told.append(str(error))
    assert "Okafor" not in "\n".join(told)
