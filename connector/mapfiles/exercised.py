"""What the examples exercised: which rules, clauses and values were never met by any of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connector.core.conditions import Compiled, Facts, compile_condition
from connector.core.events import EventKind
from connector.core.problems import Place
from connector.core.records import Value
from connector.core.rules.conditions import ALWAYS, All, Clause, Condition, Operator
from connector.core.rules.fields import FieldRule
from connector.core.rules.promises import Clause as Promise
from connector.core.rules.ruleset import Ruleset
from connector.mapfiles.hints import listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One condition of the files, with the rule it belongs to."""

    kind: str  #: bad lead, fit, intent, BANT, stage, temperature, route, recycling, promise
    name: str
    when: Condition
    place: Place

    @property
    def title(self) -> str:
        return f"{self.kind} '{self.name}'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmet:
    """Something no example exercises."""

    what: str
    place: Place

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of the files the examples exercise; a share is met out of all."""

    rules: tuple[int, int]
    branches: tuple[int, int]
    values: tuple[int, int]
    promises: tuple[int, int]
    unmet: tuple[Unmet, ...]

    @property
    def percent(self) -> float:
        """Over rules, branches, values and promises together; 100 where nothing is to be met."""
        parts = (self.rules, self.branches, self.values, self.promises)
        met, of = (sum(part[at] for part in parts) for at in (0, 1))
        return 100.0 * met / of if of else 100.0


def rules_of(ruleset: Ruleset) -> Iterator[Rule]:
    """Every rule with a condition, in the order of the files."""
    words = ruleset.qualification
    found = [
        *(("bad lead", one.name, one.when, one.place) for one in words.disqualify),
        *(("fit", one.name, one.when, one.place) for one in words.fit),
        *(("intent", one.name, one.when, one.place) for one in words.intent),
        *(("BANT", one.letter, one.when, one.place) for one in words.bant),
        *(("stage", one.stage, one.when, one.place) for one in words.stages),
        *(("temperature", one.name, one.when, one.place) for one in words.temperatures),
        *(("route", one.name, one.when, one.place) for one in ruleset.routing.rules),
    ]
    for kind, name, when, place in found:
        if when != ALWAYS:
            yield Rule(kind=kind, name=name, when=when, place=place)
    for back in ruleset.recycling.rules:
        asked = Clause("reason", Operator.IN, back.reasons, back.place)
        when = asked if back.when == ALWAYS else All((asked, back.when))
        yield Rule(kind="recycling", name=back.name, when=when, place=back.place)


@dataclass(slots=True)
class Exercise:
    """Collects what examples meet. Each rule, and each of its clauses, should once hold and once
    not; each word of a value map should occur once."""

    ruleset: Ruleset
    _rules: dict[Place, tuple[Rule, Compiled]] = field(default_factory=dict)
    _seen: set[tuple[Place, int, bool]] = field(default_factory=set)
    _words: set[tuple[str, str]] = field(default_factory=set)
    _ended: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        for rule in rules_of(self.ruleset):
            self._rules[rule.place] = (rule, compile_condition(rule.when))

    def has(self, place: Place) -> bool:
        """Whether the rule there asks anything at all."""
        return place in self._rules

    def meet(self, place: Place, facts: Facts, now: datetime) -> bool:
        """Holds one rule's condition against facts, and notes what they decided."""
        _, compiled = self._rules[place]
        for at, verdict in enumerate(compiled.explain(facts, now)):
            self._seen.add((place, at, verdict.passed))
        holds = compiled.holds(facts, now)
        self._seen.add((place, -1, holds))
        return holds

    def meet_all(self, facts: Facts, now: datetime) -> None:
        """Holds every rule against the facts of a whole lead."""
        for place in self._rules:
            self.meet(place, facts, now)

    def meet_values(self, values: Mapping[str, Value]) -> None:
        """Notes the words of choices."""
        for name, value in values.items():
            for word in value if isinstance(value, tuple) else (value,):
                if isinstance(word, str):
                    self._words.add((name, word))

    def meet_promise(self, clause: str, outcome: str) -> None:
        """Notes how an example of a promise came out."""
        self._ended.add((clause, outcome))

    def coverage(self) -> Coverage:
        """The share that was met, and all that was not, in the order of the files."""
        unmet: list[Unmet] = []
        rules = self._rule_shares(unmet)
        branches = self._branch_shares(unmet)
        values = self._value_shares(unmet)
        promises = self._promise_shares(unmet)
        unmet.sort(key=lambda one: (one.place.file, one.place.line, one.place.column))
        return Coverage(
            rules=rules, branches=branches, values=values, promises=promises, unmet=tuple(unmet)
        )

    def _rule_shares(self, unmet: list[Unmet]) -> tuple[int, int]:
        met = 0
        for place, (rule, _) in self._rules.items():
            for holds, word in ((True, "hold"), (False, "fail")):
                if (place, -1, holds) in self._seen:
                    met += 1
                else:
                    unmet.append(Unmet(what=f"no example lets {rule.title} {word}", place=place))
        return met, 2 * len(self._rules)

    def _branch_shares(self, unmet: list[Unmet]) -> tuple[int, int]:
        met = of = 0
        for place, (rule, compiled) in self._rules.items():
            if len(compiled.leaves) < 2:
                continue  # the rule's own share says it
            for at, leaf in enumerate(compiled.leaves):
                for passed, word in ((True, "pass"), (False, "fail")):
                    of += 1
                    if (place, at, passed) in self._seen:
                        met += 1
                        continue
                    what = f"no example lets {_asked(leaf[0], leaf[1], leaf[2])} of {rule.title}"
                    unmet.append(Unmet(what=f"{what} {word}", place=leaf[3]))
        return met, of

    def _value_shares(self, unmet: list[Unmet]) -> tuple[int, int]:
        met = of = 0
        for rule in self.ruleset.fields.rules.values():
            words = list(_map_words(rule))
            lacking = [word for word in words if (rule.name, word) not in self._words]
            met, of = met + len(words) - len(lacking), of + len(words)
            if lacking and rule.values is not None:
                what = f"no example has {listed(lacking)} of '{rule.name}'"
                unmet.append(Unmet(what=what, place=rule.values.place))
        return met, of

    def _promise_shares(self, unmet: list[Unmet]) -> tuple[int, int]:
        wanted = [
            (clause, word)
            for clause in self.ruleset.promises.clauses.values()
            for word in ("kept", *(("at risk",) if can_be_at_risk(clause) else ()), "broken")
        ]
        lacking = [(one, word) for one, word in wanted if (one.name, word) not in self._ended]
        for clause, word in lacking:
            what = f"no example has promise '{clause.name}' {word}"
            unmet.append(Unmet(what=what, place=clause.place))
        return len(wanted) - len(lacking), len(wanted)


def can_be_at_risk(clause: Promise) -> bool:
    """By a time before its end, by its nature (a volume), or while leads wait to be passed."""
    waits = clause.holds is not None and clause.start == EventKind.HANDED_OFF
    return waits or clause.at_least is not None or clause.at_risk is not None


def _map_words(rule: FieldRule) -> Iterable[str]:
    return dict.fromkeys(row[1] for row in rule.values.rows) if rule.values is not None else ()


def _asked(name: str, operator: Operator, wanted: object) -> str:
    shown = ", ".join(map(str, wanted)) if isinstance(wanted, tuple) else str(wanted)
    return f"'{name} {operator} {shown if len(shown) < 40 else shown[:37] + '…'}'"
