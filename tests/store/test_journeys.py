"""The journeys that the database folds are those that plain Python folds, on both databases."""

import random
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from connector.core.events import Event, EventKind, event_key
from connector.core.journeys import DEALS, Journey, StageNames, journeys_from
from connector.core.metrics import Rates, figures, grouped
from connector.core.plan import Json
from connector.store import SqlLedger, measuring
from connector.store.cells import GROUPS, figures_by
from connector.store.tables import DEALT
from tests.store.people import NOW

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
NAMES = StageNames(
    marketing_qualified=frozenset({"mql", "sql", "it's hot"}), sales_qualified=frozenset({"sql"})
)
ONCE = (EventKind.CAPTURED, EventKind.CYCLE_OPENED, EventKind.HANDED_OFF)
AGAIN = tuple(kind for kind in EventKind if kind not in ONCE)


def data_of(dice: random.Random, kind: EventKind) -> dict[str, Json]:
    words = ["", "fair", "Messe « Lyon »", "it's", "web\x00site", "50% off"]
    if kind in ONCE:
        made: dict[str, Json] = {
            name: dice.choice(words) for name in ("source", "campaign", "segment", "product")
        }
        return made | {"owner": dice.choice(["ann", "ben"]), "team": dice.choice(["", "north"])}
    deal = f"006{dice.randrange(40)}"
    choices: dict[EventKind, dict[str, Json]] = {
        EventKind.STAGE_CHANGED: {"to": dice.choice(["captured", "mql", "sql", "it's hot", ""])},
        EventKind.REASSIGNED: {"to": dice.choice(["ann", "cleo"])},
        EventKind.PASSED_ON: {"to": dice.choice(["ann", "dan"])},
        EventKind.OWNER_CHANGED: {"to": dice.choice(["ben", "queue:north"])},
        EventKind.REJECTED: {"disposition": "recycle", "reason": dice.choice(["", "no_budget"])},
        EventKind.RECYCLED: {"reason": "bad_timing", "programme": "keep-warm"},
        EventKind.MERGED: {"survivor": "1", "lead": dice.choice([None, "hs-1"])},
        EventKind.DELETED: {"system": dice.choice(["hubspot", "salesforce"])},
        EventKind.RESTORED: {"system": dice.choice(["hubspot", "salesforce"])},
    }
    money: dict[str, Json] = {
        "opportunity": deal,
        "amount": dice.choice([None, "100", "250.50"]),
        "currency": dice.choice(["EUR", "USD", "XXX", None]),
    }
    return choices.get(kind, money)


def history(seed: int, leads: int) -> list[Event]:
    """Events in the order of hearing; many were heard of long after they happened."""
    dice = random.Random(seed)
    found = []
    for number in range(leads):
        for cycle in range(1, dice.choice([2, 2, 3]) + 1):
            opening = EventKind.CAPTURED if cycle == 1 else EventKind.CYCLE_OPENED
            kinds = [k for k in (opening, EventKind.HANDED_OFF) if dice.random() < 0.7]
            kinds += [dice.choice(AGAIN) for _ in range(dice.randrange(9))]
            for index, kind in enumerate(kinds):
                minutes = dice.randrange(4_000) * 30  # few enough that some fall together
                found.append(
                    Event(
                        key=event_key(kind, f"hs-{number}", f"{cycle} {index}"),
                        lead_id=f"hs-{number}",
                        kind=kind,
                        at=START + timedelta(minutes=minutes),
                        cycle=cycle,
                        data=data_of(dice, kind),
                        by=dice.choice(["leadrelay", "005A", ""]),
                        rule=dice.choice(["", "bant met"]),
                        ruleset="abcdefabcdef",
                    )
                )
    dice.shuffle(found)
    return found


def test_the_database_folds_as_python_does(ledger: SqlLedger) -> None:
    told = history(7, 120)
    for start in range(0, len(told), 200):
        with ledger.transaction() as tx:
            tx.record(told[start : start + 200], now=NOW)
        if start % 400 == 0:
            ledger.measure(NAMES)
    ledger.measure(NAMES)
    wanted = {(j.lead_id, j.cycle): j for j in journeys_from(told, NAMES)}
    found = {(j.lead_id, j.cycle): j for j in ledger.journeys()}
    silent = {
        key
        for key, journey in wanted.items()
        if key not in found and not any(getattr(journey, n) for n in ("passed_at", "captured_at"))
    }
    assert {k: j for k, j in wanted.items() if k not in silent} == found
    assert any(deal.shared_by > 1 for j in found.values() for deal in j.deals)


def test_steps_of_any_size_come_to_the_same(ledger: SqlLedger) -> None:
    told = history(11, 40)
    with ledger.transaction() as tx:
        tx.record(told, now=NOW)
    assert measuring.refresh(ledger, NAMES, step=37) == len(told)
    in_steps = list(ledger.journeys())
    other = StageNames(marketing_qualified=frozenset({"sql"}), sales_qualified=frozenset())
    assert ledger.measure(other) == len(told)
    assert list(ledger.journeys()) != in_steps
    assert ledger.measure(NAMES) == len(told)
    assert list(ledger.journeys()) == in_steps
    assert ledger.measure(NAMES) == 0


def test_a_period_brings_what_its_reports_need(ledger: SqlLedger) -> None:
    told = history(3, 60)
    with ledger.transaction() as tx:
        tx.record(told, now=NOW)
    ledger.measure(NAMES)
    since = START + timedelta(days=60)
    everything = list(ledger.journeys())
    again = {j.lead_id for j in everything if j.recycled_at}
    moments = ("captured_at", "passed_at", "recycled_at", "won_at")
    wanted = [
        j
        for j in everything
        if j.lead_id in again
        or any(at is not None and at >= since for at in (getattr(j, n) for n in moments))
    ]
    assert list(ledger.journeys(since=since)) == wanted
    assert 0 < len(wanted) < len(everything)


RATES: Rates = {"USD": ((date(2026, 1, 1), Decimal("0.92")), (date(2026, 2, 1), Decimal("0.90")))}


def group_of(by: str) -> Callable[[Journey], str]:
    """The group of a journey, in plain Python."""

    def group(journey: Journey) -> str:
        at = journey.captured_at
        if by == "month":
            return f"{at:%Y-%m}" if at else ""
        if by == "week":
            return (at - timedelta(days=at.weekday())).strftime("%Y-%m-%d") if at else ""
        return str(getattr(journey, by) or "")

    return group


def test_the_database_counts_as_python_does(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.record(history(5, 150), now=NOW)
    ledger.measure(NAMES)
    everything = list(ledger.journeys())
    assert any(not j.is_counted for j in everything)
    for by in GROUPS:
        counted = [j for j in everything if j.is_counted]
        wanted = grouped(counted, group_of(by), currency="EUR", rates=RATES)
        assert figures_by(ledger, by, currency="EUR", rates=RATES) == wanted, by
    since, until = START + timedelta(days=20), START + timedelta(days=50)
    passed = [j for j in everything if j.passed_at and since <= j.passed_at < until]
    (found,) = figures_by(
        ledger, "", currency="EUR", rates=RATES, anchor="passed_at", since=since, until=until
    )
    assert found == figures(passed, currency="EUR", rates=RATES)
    (whole,) = figures_by(ledger, "", currency="EUR", rates=RATES)
    assert whole.revenue > 0
    assert set(whole.unconverted) == {"XXX"}


def test_the_index_of_deals_holds_every_fact_about_them() -> None:
    assert sorted(kind.value for kind in DEALS) == re.findall(r"'(\w+)'", DEALT.text)


def test_a_lead_deleted_on_both_sides_and_restored_on_one_rests(ledger: SqlLedger) -> None:
    steps = [
        (EventKind.HANDED_OFF, {"owner": "ann"}),
        (EventKind.DELETED, {"system": "hubspot"}),
        (EventKind.DELETED, {"system": "salesforce"}),
        (EventKind.RESTORED, {"system": "hubspot"}),
        (EventKind.RESTORED, {"system": "salesforce"}),
    ]
    states = []
    for number, (kind, data) in enumerate(steps):
        event = Event(
            key=event_key(kind, "hs-1", str(number)),
            lead_id="hs-1",
            kind=kind,
            at=START + timedelta(hours=number),
            data=data,
        )
        with ledger.transaction() as tx:
            tx.record([event], now=NOW)
        ledger.measure(NAMES)
        [kept] = ledger.journeys()
        states.append(kept.state)
    assert states == ["waiting", "gone", "gone", "gone", "waiting"]
