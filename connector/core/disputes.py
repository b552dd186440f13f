"""A rep contests a lead against the written definition; the answer is a quote or an example.

A dispute names one rule. Rejected, it is answered with the clauses the lead fulfilled. Upheld, it
becomes an example of that rule with the outcome it should have had, which `check` then holds the
rule to, and it counts against the rule, not against a person.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from connector.core.conditions import Facts, compile_condition
from connector.core.events import Event, EventKind, event_key
from connector.core.plan import Json
from connector.core.problems import Place
from connector.core.records import Value
from connector.core.rules.conditions import Condition
from connector.core.rules.examples import Example
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import Labels

NO_MATCH = "no match"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One written rule that can be contested; `name` is e.g. `stage:sql` or `bant:budget`."""

    name: str
    when: Condition
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How a dispute ended: the fact to record, the clauses quoted, the example to add."""

    event: Event
    definition: Definition
    quoted: tuple[str, ...]  #: clauses the lead fulfilled, in words
    unmet: tuple[str, ...]  #: clauses it did not
    example: Example | None = None
    left_out: tuple[str, ...] = ()  #: personal fields, which no example may carry


def definitions(ruleset: Ruleset) -> dict[str, Definition]:
    """Every rule of the qualification, by name."""
    rules = ruleset.qualification
    found = [
        *((f"stage:{r.stage}", r.when, r.place) for r in rules.stages),
        *((f"bant:{r.letter}", r.when, r.place) for r in rules.bant),
        *((f"fit:{r.name}", r.when, r.place) for r in rules.fit),
        *((f"intent:{r.name}", r.when, r.place) for r in rules.intent),
        *((f"temperature:{r.name}", r.when, r.place) for r in rules.temperatures),
    ]
    return {name: Definition(name=name, when=when, place=place) for name, when, place in found}


def dispute(
    definition: Definition, *, lead_id: str, cycle: int, by: str, why: str, now: datetime
) -> Event:
    """The fact that somebody contests a rule for a lead; once for each rule, lead and cycle."""
    data: dict[str, Json] = {"clause": definition.name, "why": why}
    return Event(
        key=event_key(EventKind.DISPUTED, lead_id, f"{cycle}\n{definition.name}"),
        lead_id=lead_id,
        kind=EventKind.DISPUTED,
        at=now,
        cycle=cycle,
        data=data,
        by=by,
        rule=definition.name,
        place=definition.place,
    )


def settle(
    contested: Event,
    ruleset: Ruleset,
    facts: Facts,
    *,
    upheld: bool,
    by: str,
    now: datetime,
    language: str = "en",
) -> Settlement:
    """Ends a dispute. `facts` are those of the decision, from its snapshot, not of today.

    Raises LookupError where the files no longer have the rule.
    """
    definition = definitions(ruleset)[str(contested.data["clause"])]
    compiled = compile_condition(definition.when)
    labels: dict[str, Labels] = {n: rule.labels for n, rule in ruleset.fields.rules.items()}
    verdicts = compiled.explain(facts, contested.at)
    example: Example | None = None
    left_out: tuple[str, ...] = ()
    if upheld:
        example, left_out = _example(definition, compiled.fields, facts, ruleset)
    data: dict[str, Json] = {"clause": definition.name, "upheld": upheld, "dispute": contested.key}
    event = Event(
        key=event_key(EventKind.DISPUTE_SETTLED, contested.lead_id, contested.key),
        lead_id=contested.lead_id,
        kind=EventKind.DISPUTE_SETTLED,
        at=now,
        cycle=contested.cycle,
        data=data,
        by=by,
        rule=definition.name,
        place=definition.place,
        ruleset=ruleset.version,
    )
    return Settlement(
        event=event,
        definition=definition,
        quoted=tuple(v.text(language, labels) for v in verdicts if v.passed),
        unmet=tuple(v.text(language, labels) for v in verdicts if not v.passed),
        example=example,
        left_out=left_out,
    )


def _example(
    definition: Definition, asked: Iterable[str], facts: Facts, ruleset: Ruleset
) -> tuple[Example, tuple[str, ...]]:
    """The fields the rule asks about as they were, personal ones left out."""
    given: dict[str, Value] = {}
    left_out: list[str] = []
    for name in asked:
        rule = ruleset.fields.rules.get(name)
        value = facts.get(name)
        if rule is not None and rule.personal:
            left_out.append(name)
        elif name in facts:
            given[name] = Decimal(str(value)) if isinstance(value, float) else value
    return Example(given=given, expect=NO_MATCH, place=definition.place), tuple(left_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contested:
    """How often a rule was contested, and what came of it."""

    disputed: int
    upheld: int
    rejected: int

    @property
    def waiting(self) -> int:
        return self.disputed - self.upheld - self.rejected


def contested_rules(events: Iterable[Event]) -> Mapping[str, Contested]:
    """Rule -> its disputes, the most often upheld first."""
    counts: dict[str, list[int]] = {}
    for event in events:
        if event.kind is EventKind.DISPUTED:
            counts.setdefault(str(event.data["clause"]), [0, 0, 0])[0] += 1
        elif event.kind is EventKind.DISPUTE_SETTLED:
            ended = 1 if event.data.get("upheld") else 2
            counts.setdefault(str(event.data["clause"]), [0, 0, 0])[ended] += 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1][1], -item[1][0], item[0]))
    return {
        name: Contested(disputed=disputed, upheld=upheld, rejected=rejected)
        for name, (disputed, upheld, rejected) in ordered
    }
