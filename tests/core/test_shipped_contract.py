"""Every clause of the contract that is shipped: kept, at risk and broken by its own clock."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.core.accountability import unanswered
from connector.core.events import Event, EventKind, event_key
from connector.core.promises import Promises, PromiseState, volume_state
from connector.core.rules.conditions import All, Operator
from connector.mapfiles import load

LOADED = load(Path(__file__).parents[2] / "mappings")
RULES = LOADED.ruleset
assert RULES is not None, "\n".join(map(str, LOADED.problems))
CLAUSES = RULES.promises.clauses
TIMED = [c.name for c in CLAUSES.values() if c.holds is None and c.at_least is None]
WEDNESDAY = datetime(2026, 11, 18, 10, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
REP = next(p.key for p in RULES.people.persons.values() if p.role == "rep")


def event(kind, at=WEDNESDAY, **data):
    kind = EventKind(kind)
    key = event_key(kind, "hs-1", f"{at} {data}")
    return Event(key=key, lead_id="hs-1", kind=kind, at=at, data=data)


def facts(condition):
    """Values for which a condition of simple clauses holds."""
    parts = condition.parts if isinstance(condition, All) else (condition,)
    known = {Operator.PRESENT: lambda wanted: "known", Operator.IN: lambda wanted: wanted[0]}
    return {p.field: known.get(p.operator, lambda wanted: wanted)(p.wanted) for p in parts}


def states(clause, *more, now):
    begun = [event("routed", WEDNESDAY - timedelta(minutes=1), owner=REP), event(clause.start)]
    found = Promises(RULES).states([*begun, *more], facts(clause.when), now)
    return [state for state in found if state.clause.name == clause.name]


def answer(clause, at):
    if clause.touches is None:
        return [event(clause.stop[0], at)]
    calls = [
        event("touched", at - n * MOMENT, channel="phone") for n in range(clause.touches.phone)
    ]
    mails = [
        event("touched", at - n * MOMENT, channel="email") for n in range(clause.touches.email)
    ]
    return [*calls, *mails]


@pytest.mark.parametrize("name", TIMED)
def test_every_clause_with_a_clock_is_kept_at_risk_and_broken(name):
    clause = CLAUSES[name]
    [fresh] = states(clause, now=WEDNESDAY)
    assert fresh.state is PromiseState.OPEN
    assert fresh.responsible
    assert WEDNESDAY < fresh.at_risk_at < fresh.due
    [late] = states(clause, now=fresh.at_risk_at)
    assert late.state is PromiseState.AT_RISK
    [kept, *_] = states(clause, *answer(clause, fresh.due), now=fresh.due)
    assert (kept.state, kept.taken) == (PromiseState.KEPT, clause.within)
    [broken] = states(clause, now=fresh.due + timedelta(hours=70))
    assert (broken.state, broken.running) == (PromiseState.BROKEN, True)
    days = timedelta(days=40)
    [escalated] = states(clause, now=fresh.due + days)
    assert escalated.escalations == clause.escalations
    [answered, *_] = states(clause, *answer(clause, fresh.due + days), now=fresh.due + days)
    assert answered.state is PromiseState.BROKEN


@pytest.mark.parametrize("name", [c.name for c in CLAUSES.values() if c.holds])
def test_every_clause_about_what_is_handed_over_is_kept_and_broken(name):
    clause = CLAUSES[name]
    watch = Promises(RULES)
    for given, state in ((facts(clause.holds), PromiseState.KEPT), ({}, PromiseState.BROKEN)):
        found = watch.states([event(clause.start)], given, WEDNESDAY)
        assert [s.state for s in found if s.clause.name == name] == [state]


@pytest.mark.parametrize("name", [c.name for c in CLAUSES.values() if c.at_least])
def test_every_clause_about_volume_is_kept_at_risk_and_broken(name):
    clause = CLAUSES[name]
    steady = [WEDNESDAY - clause.within * n / clause.at_least for n in range(clause.at_least)]
    early = [WEDNESDAY - clause.within * 0.9] * clause.at_least
    for starts, state in (
        (steady, PromiseState.KEPT),
        (early, PromiseState.AT_RISK),
        (steady[1:], PromiseState.BROKEN),
    ):
        assert volume_state(clause, starts, WEDNESDAY).state is state


def test_somebody_answers_for_every_activity_and_decision():
    assert unanswered(RULES.promises.raci) == []
