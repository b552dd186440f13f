"""Dead, contradictory and overlapping rules, and gaps, from the structure of their conditions.

Nothing is sampled: connector.core.coverage cuts the world into the cells that the conditions can
tell apart. What cannot be settled is not reported.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from connector.core.cells import Domain, domains_of
from connector.core.coverage import Box, gaps, implies, satisfiable, shadowed
from connector.core.coverage import Ground as Cut
from connector.core.problems import Place
from connector.core.rules.conditions import All, Any, Clause, Condition, Not, Operator
from connector.core.rules.fields import FieldType
from connector.core.rules.recycling import RecycleRule
from connector.core.rules.ruleset import Ruleset
from connector.mapfiles.checks.ground import Ground
from connector.mapfiles.sheets import Notes

MOST_GAPS = 5


@dataclass(frozen=True, slots=True)
class Rule:
    """What all kinds of rules have in common."""

    name: str
    when: Condition
    place: Place
    outcome: str
    kind: str = ""


def check_structure(ground: Ground) -> None:
    """Every ordered list of rules, and every condition alone."""
    draft = ground.draft
    if draft is None:
        return
    domains = domains_of(draft.fields)
    if ground.is_sound("qualification.yaml"):
        _qualification(draft, domains, ground.notes)
    if ground.is_sound("routing.yaml"):
        _routing(draft, domains, ground.notes)
    if ground.is_sound("recycling.yaml"):
        _recycling(draft, domains, ground.notes)
    if ground.is_sound("promises.yaml"):
        clauses = [
            Rule(one.name, one.when, one.place, "") for one in draft.promises.clauses.values()
        ]
        _contradictions(clauses, domains, ground.notes)


def _qualification(draft: Ruleset, domains: Mapping[str, Domain], notes: Notes) -> None:
    rules = draft.qualification
    bad = [Rule(one.name, one.when, one.place, one.reason) for one in rules.disqualify]
    scores = [Rule(one.name, one.when, one.place, "") for one in (*rules.fit, *rules.intent)]
    letters = [Rule(one.letter, one.when, one.place, "") for one in rules.bant]
    stages = [Rule(one.stage, one.when, one.place, "") for one in rules.stages]
    bands = [Rule(one.name, one.when, one.place, "") for one in rules.temperatures]
    _contradictions([*bad, *scores, *letters, *stages, *bands], domains, notes)
    _in_order(bad, domains, notes, "is a bad lead already by")
    _in_order(bands, domains, notes, "has a temperature already by")
    for rule in bad:
        if satisfiable(rule.when, domains) and implies(All(()), rule.when, domains):
            notes.add(
                "refuses-everybody",
                rule.place,
                f"'{rule.name}' holds for every lead",
                "Ask something that only bad leads are.",
            )


def _routing(draft: Ruleset, domains: Mapping[str, Domain], notes: Notes) -> None:
    rules = [
        Rule(one.name, one.when, one.place, str(one.to), one.kind) for one in draft.routing.rules
    ]
    _same_names(rules, notes)
    _contradictions(rules, domains, notes)
    _in_order(rules, domains, notes, "is routed already by")
    _overlaps([rule for rule in rules if rule.kind == "territory"], domains, notes)
    if not rules:
        return
    found = gaps([rule.when for rule in rules], _known_only(rules, domains)).gaps
    for gap in found[:MOST_GAPS]:
        notes.add(
            "routing-gap",
            draft.routing.rules[-1].place,
            f"no rule routes {gap}",
            f"It goes to the fallback, {draft.routing.fallback}. Add a rule, or extend one.",
            warning=True,
        )


def _recycling(draft: Ruleset, domains: Mapping[str, Domain], notes: Notes) -> None:
    rules = [_recycle_rule(one) for one in draft.recycling.rules]
    reasons = Domain(type=FieldType.CHOICE, words=tuple(draft.vocabulary.reasons), blank=False)
    domains = {**domains, "reason": reasons}
    _same_names(rules, notes)
    _contradictions(rules, domains, notes)
    _in_order(rules, domains, notes, "has a programme already by")


def _recycle_rule(one: RecycleRule) -> Rule:
    asked = Clause("reason", Operator.IN, one.reasons, one.place)
    return Rule(one.name, All((asked, one.when)), one.place, one.programme)


def _same_names(rules: Sequence[Rule], notes: Notes) -> None:
    seen: dict[str, Place] = {}
    for rule in rules:
        first = seen.setdefault(rule.name, rule.place)
        if first != rule.place:
            notes.add(
                "two-rules-one-name",
                rule.place,
                f"the name '{rule.name}' is taken by line {first.line}",
                "Reports and explanations go by the name: give each its own.",
            )


def _contradictions(
    rules: Iterable[Rule], domains: Mapping[str, Domain], notes: Notes
) -> None:  # fmt: skip
    for rule in rules:
        if not satisfiable(rule.when, domains):
            notes.add(
                "never-holds",
                rule.place,
                f"'{rule.name}' can never hold: its clauses contradict each other",
                "Look for a value that a field cannot have, or two clauses that exclude each "
                "other.",
            )


def _in_order(
    rules: Sequence[Rule], domains: Mapping[str, Domain], notes: Notes, already: str
) -> None:
    """The first that holds decides; so a rule behind others may never get a lead."""
    for shadow in shadowed([rule.when for rule in rules], domains):
        rule, by = rules[shadow.index], [rules[at] for at in shadow.by]
        names = " and ".join(f"'{one.name}' (line {one.place.line})" for one in by)
        alone = by[0] if len(by) == 1 else None
        same = alone is not None and implies(alone.when, rule.when, domains)
        if same and alone is not None and alone.outcome != rule.outcome:
            notes.add(
                "contradictory-rules",
                rule.place,
                f"'{rule.name}' asks exactly what {names} asks, and says {rule.outcome} where "
                f"that says {alone.outcome}",
                "Keep one of them.",
            )
            continue
        notes.add(
            "dead-rule",
            rule.place,
            f"'{rule.name}' is never reached: whoever it asks for {already} {names}",
            "Move it up, narrow the rule above, or remove it.",
        )


def _overlaps(rules: Sequence[Rule], domains: Mapping[str, Domain], notes: Notes) -> None:
    """Territories must not overlap: else the order in the file decides who owns a country. One
    inside the other is how exceptions are written, and no fault."""
    common = Cut([rule.when for rule in rules], domains)
    if common.partial:
        return
    boxes = [_boxes(common, rule.when) for rule in rules]
    for one, other in combinations(range(len(rules)), 2):
        first, second = rules[one], rules[other]
        if first.outcome == second.outcome or not _meet(boxes[one], boxes[other]):
            continue
        if _related(first.when, second.when) and not _nested(common, boxes[one], boxes[other]):
            notes.add(
                "overlapping-territories",
                second.place,
                f"'{second.name}' and '{first.name}' (line {first.place.line}) want the same leads",
                "The one above wins. Make the border explicit in one of them.",
                warning=True,
            )


def _boxes(common: Cut, condition: Condition) -> list[Box]:
    """Where the condition holds for values of which there is an example; nothing for a condition
    that is too wide to be cut: it is then not judged."""
    proven = common.witnessed()
    try:
        whole = common.boxes(condition)
    except OverflowError:
        return []
    cut = [{name: bits & proven.get(name, bits) for name, bits in box.items()} for box in whole]
    return [box for box in cut if all(box.values())]


def _nested(common: Cut, one: list[Box], other: list[Box]) -> bool:
    try:
        return not common.less(other, one) or not common.less(one, other)
    except OverflowError:
        return True


def _meet(one: list[Box], other: list[Box]) -> bool:
    """Whether two unions of boxes have anything in common."""
    return any(
        all(bits & right[name] for name, bits in left.items() if name in right)
        for left in one
        for right in other
    )


def _related(one: Condition, other: Condition) -> bool:
    """Whether both ask about one field at least; else an overlap says nothing."""
    return bool(_fields(one) & _fields(other))


def clauses_of(condition: Condition) -> list[Clause]:
    """Every clause, however deep."""
    if isinstance(condition, Clause):
        return [condition]
    if isinstance(condition, Not):
        return clauses_of(condition.part)
    assert isinstance(condition, All | Any)
    return [clause for part in condition.parts for clause in clauses_of(part)]


def _fields(condition: Condition) -> set[str]:
    return {clause.field for clause in clauses_of(condition)}


def _known_only(rules: Sequence[Rule], domains: Mapping[str, Domain]) -> dict[str, Domain]:
    """Gaps are looked for among leads of which everything asked is known, except what a rule asks
    to be present: that the unknown goes to the fallback needs no telling."""
    clauses = [clause for rule in rules for clause in clauses_of(rule.when)]
    may_lack = {clause.field for clause in clauses if clause.operator is Operator.PRESENT}
    return {
        name: replace(domains.get(name, Domain()), blank=name in may_lack)
        for name in {clause.field for clause in clauses}
    }
