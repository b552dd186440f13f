"""Every clause of the contracts that are shipped: kept, at risk and broken by its own clock."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from connector.core.accountability import activity_kept, activity_of, unanswered
from connector.core.events import Event, EventKind, event_key
from connector.core.promises import Promises, PromiseState, volume_state
from connector.core.rules.conditions import All, Operator
from connector.core.rules.promises import Side
from connector.core.rules.vocabulary import StageMeaning
from connector.mapfiles import load
from connector.mapfiles.clause_examples import outcome
from connector.mapfiles.starters import KINDS, write_starting_set

WEDNESDAY = datetime(2026, 11, 18, 10, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def shipped(kind):
    with TemporaryDirectory() as folder:
        write_starting_set(kind, Path(folder) / "mappings")
        loaded = load(Path(folder) / "mappings")
    assert loaded.ruleset is not None, "\n".join(map(str, loaded.problems))
    return loaded.ruleset


RULES = {kind: shipped(kind) for kind in KINDS}
CLAUSES = [(kind, clause) for kind in KINDS for clause in RULES[kind].promises.clauses.values()]


def each(chosen):
    """A case for each clause of each set that `chosen` takes."""
    found = [(kind, clause) for kind, clause in CLAUSES if chosen(clause)]
    return pytest.mark.parametrize(
        ("kind", "clause"), found, ids=[f"{kind}-{clause.name}" for kind, clause in found]
    )


def event(kind, at=WEDNESDAY, **data):
    kind = EventKind(kind)
    key = event_key(kind, "hs-1", f"{at} {data}")
    return Event(key=key, lead_id="hs-1", kind=kind, at=at, data=data)


def facts(condition):
    """Values for which a condition of simple clauses holds."""
    parts = condition.parts if isinstance(condition, All) else (condition,)
    known = {
        Operator.PRESENT: lambda wanted: "known" if wanted else None,
        Operator.IN: lambda wanted: wanted[0],
    }
    return {p.field: known.get(p.operator, lambda wanted: wanted)(p.wanted) for p in parts}


def states(kind, clause, *more, now):
    rules = RULES[kind]
    rep = next(p.key for p in rules.people.persons.values() if p.role == "rep")
    begun = [event("routed", WEDNESDAY - timedelta(minutes=1), owner=rep), event(clause.start)]
    found = Promises(rules).states([*begun, *more], facts(clause.when), now)
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


@each(lambda clause: clause.holds is None and clause.at_least is None)
def test_every_clause_with_a_clock_is_kept_at_risk_and_broken(kind, clause):
    [fresh] = states(kind, clause, now=WEDNESDAY)
    assert fresh.state is PromiseState.OPEN
    assert fresh.responsible
    assert WEDNESDAY < fresh.at_risk_at < fresh.due
    [late] = states(kind, clause, now=fresh.at_risk_at)
    assert late.state is PromiseState.AT_RISK
    [kept, *_] = states(kind, clause, *answer(clause, fresh.due), now=fresh.due)
    assert (kept.state, kept.taken) == (PromiseState.KEPT, clause.within)
    [broken] = states(kind, clause, now=fresh.due + timedelta(hours=70))
    assert (broken.state, broken.running) == (PromiseState.BROKEN, True)
    days = timedelta(days=40)
    [escalated] = states(kind, clause, now=fresh.due + days)
    assert escalated.escalations == clause.escalations
    [answered, *_] = states(kind, clause, *answer(clause, fresh.due + days), now=fresh.due + days)
    assert answered.state is PromiseState.BROKEN


@each(lambda clause: clause.holds)
def test_every_clause_about_what_is_handed_over_is_judged_at_once_and_at_risk_before(kind, clause):
    watch = Promises(RULES[kind])
    qualified = next(
        s.name
        for s in RULES[kind].vocabulary.stages.values()
        if s.meaning is StageMeaning.SALES_QUALIFIED
    )
    waiting = event("stage_changed", WEDNESDAY - timedelta(hours=1), to=qualified)
    for given, more, state in (
        (facts(clause.holds), [event(clause.start)], PromiseState.KEPT),
        ({"stage": qualified}, [waiting], PromiseState.AT_RISK),
        ({"stage": qualified}, [waiting, event(clause.start)], PromiseState.BROKEN),
    ):
        found = watch.states(more, given, WEDNESDAY)
        assert [s.state for s in found if s.clause.name == clause.name] == [state]


@each(lambda clause: True)
def test_every_clause_has_an_example_that_keeps_it_one_at_risk_and_one_that_breaks_it(kind, clause):
    ended = [one for one in clause.examples if one.expect]
    assert {one.expect for one in ended} == {"kept", "at risk", "broken"}
    for one in clause.examples:
        assert outcome(clause, one, RULES[kind]) == (one.due or one.expect)


@each(lambda clause: clause.at_least is not None)
def test_every_clause_about_volume_is_kept_at_risk_and_broken(kind, clause):
    steady = [WEDNESDAY - clause.within * n / clause.at_least for n in range(clause.at_least)]
    early = [WEDNESDAY - clause.within * 0.9] * clause.at_least
    for starts, state in (
        (steady, PromiseState.KEPT),
        (early, PromiseState.AT_RISK),
        (steady[1:], PromiseState.BROKEN),
    ):
        assert volume_state(clause, starts, WEDNESDAY).state is state


@each(lambda clause: True)
def test_every_clause_names_by_its_activity_who_is_accountable(kind, clause):
    chart = {activity_of(row): row.accountable for row in RULES[kind].promises.raci}
    side = "head_of_sales" if clause.side is Side.SALES else "head_of_marketing"
    assert chart[activity_kept(clause)] == side


@pytest.mark.parametrize("kind", KINDS)
def test_somebody_answers_for_every_activity_and_decision(kind):
    assert unanswered(RULES[kind].promises.raci) == []
