"""`leadrelay test`: runs every worked example and golden lead of the files, with coverage."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.etree import ElementTree

from connector.core.first_answer import FirstAnswer
from connector.core.mapping import Mapper
from connector.core.owners import Directory
from connector.core.problems import Place
from connector.core.qualification import Qualifier
from connector.core.records import Value, is_blank
from connector.core.routing import Router
from connector.core.rules.examples import Example
from connector.core.rules.fields import FieldRule
from connector.core.rules.qualification import ScoreRule
from connector.core.rules.ruleset import Ruleset
from connector.core.scoring import decayed
from connector.core.turns import TurnHistory
from connector.core.verdicts import Verdict
from connector.flows.hand_over import Found
from connector.flows.office import Office
from connector.flows.passing import Passing
from connector.mapfiles.building.parts import MATCH, NO_MATCH
from connector.mapfiles.clause_examples import outcome
from connector.mapfiles.exercised import Coverage, Exercise
from connector.mapfiles.golden import GoldenLead
from connector.ports import LeadRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One example: what it belongs to, what was expected, what came out."""

    group: str  #: file
    subject: str  #: the rule, field, clause or golden lead
    expected: str
    got: str
    place: Place

    @property
    def passed(self) -> bool:
        return self.expected == self.got

    def __str__(self) -> str:
        if self.passed:
            return f"ok    {self.subject}: {self.expected}"
        return f"FAIL  {self.place}: {self.subject}: expected {self.expected}, got {self.got}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleRun:
    """All examples, and how much of the files they exercise."""

    results: tuple[Result, ...]
    coverage: Coverage

    @property
    def failed(self) -> tuple[Result, ...]:
        """Examples that did not come out as written."""
        return tuple(one for one in self.results if not one.passed)


def run_examples(
    ruleset: Ruleset, golden: tuple[GoldenLead, ...], now: datetime
) -> ExampleRun:  # fmt: skip
    """Runs all examples; `now` is the moment at which conditions on days are asked."""
    exercise = Exercise(ruleset)
    results = [
        *_rules(ruleset, exercise, now),
        *_fields(ruleset, exercise),
        *_clauses(ruleset, exercise),
        *_golden(ruleset, golden, exercise),
    ]
    return ExampleRun(results=tuple(results), coverage=exercise.coverage())


def _rules(ruleset: Ruleset, exercise: Exercise, now: datetime) -> Iterator[Result]:
    words = ruleset.qualification
    for kind, scores in (("fit", words.fit), ("intent", words.intent)):
        for score in scores:
            subject = f"{kind} '{score.name}'"
            for one in score.examples:
                points = _points(score, one)
                yield _rule(one, score.place, subject, exercise, now, points=points)
    for name, place, examples in (
        *((f"bad lead '{one.name}'", one.place, one.examples) for one in words.disqualify),
        *((f"BANT '{one.letter}'", one.place, one.examples) for one in words.bant),
        *((f"stage '{one.stage}'", one.place, one.examples) for one in words.stages),
        *((f"temperature '{one.name}'", one.place, one.examples) for one in words.temperatures),
        *((f"route '{one.name}'", one.place, one.examples) for one in ruleset.routing.rules),
        *((f"recycling '{one.name}'", one.place, one.examples) for one in ruleset.recycling.rules),
    ):
        for one in examples:
            yield _rule(one, place, name, exercise, now)


def _points(rule: ScoreRule, example: Example) -> int:
    """What the rule is worth, or what is left of it where the example says how long ago."""
    if not example.ago:
        return rule.points
    return round(decayed(rule, [one / timedelta(days=1) for one in example.ago]))


def _rule(
    example: Example,
    place: Place,
    subject: str,
    exercise: Exercise,
    now: datetime,
    *,
    points: int | None = None,
) -> Result:
    exercise.meet_values(example.given)
    holds = exercise.meet(place, example.given, now) if exercise.has(place) else True
    got = MATCH if holds else NO_MATCH
    if points is not None and example.expect not in (MATCH, NO_MATCH):
        got = str(points) if holds else "0"
    return _result(subject, example.expect, got, example.place)


def _fields(ruleset: Ruleset, exercise: Exercise) -> Iterator[Result]:
    mapper = Mapper(ruleset.fields)
    for rule in ruleset.fields.rules.values():
        for one in rule.examples:
            value = _read(mapper, rule, one)
            if value is not None:
                exercise.meet_values({rule.name: value})
            expected = one.expect
            got = expected if _says(value, expected) else _shown(value)
            yield _result(f"field '{rule.name}'", expected, got, one.place)


def _read(mapper: Mapper, rule: FieldRule, example: Example) -> Value:
    raw, name = example.given.get("hubspot"), rule.hubspot
    read = mapper.from_hubspot
    if raw is None:
        raw, name, read = example.given.get("salesforce"), rule.salesforce, mapper.from_salesforce
    mapped = read({name or "": str(raw)})
    return mapped.values.get(rule.name, "parked")


def _says(value: Value, expected: str) -> bool:
    if is_blank(value):
        return expected == "blank"
    return expected in (_shown(value), str(value))


def _shown(value: Value) -> str:
    if is_blank(value):
        return "blank"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _clauses(ruleset: Ruleset, exercise: Exercise) -> Iterator[Result]:
    for clause in ruleset.promises.clauses.values():
        for one in clause.examples:
            got = outcome(clause, one, ruleset)
            if one.due:
                subject = f"promise '{clause.name}' from {one.start}"
                yield _result(subject, one.due, got, clause.place)
            else:
                exercise.meet_promise(clause.name, got)
                yield _result(f"promise '{clause.name}'", one.expect, got, one.place)


def _golden(
    ruleset: Ruleset, golden: tuple[GoldenLead, ...], exercise: Exercise
) -> Iterator[Result]:
    qualifier, router, first = Qualifier(ruleset), Router(ruleset), FirstAnswer(ruleset)
    for lead in golden:
        verdict = qualifier.qualify(lead.values, lead.activities, lead.state, lead.now)
        exercise.meet_values(lead.values)
        exercise.meet_all(verdict.facts, lead.now)
        route = router.route(verdict.facts, lead.state, now=lead.now)
        owed = first.owed(verdict.facts, route.owner, lead.now)
        compared = [
            *_compared(lead, verdict, route.rule),
            *_promised(lead, owed[0].name if owed else "nothing"),
            *(_briefed(lead, ruleset) if lead.expect.brief else ()),
        ]
        for what, expected, got in compared:
            yield _result(f"golden lead '{lead.name}', {what}", expected, got, lead.place)


def _promised(lead: GoldenLead, clause: str) -> Iterator[tuple[str, str, str]]:
    if lead.expect.promise is not None:
        yield "promise", lead.expect.promise, clause


def _briefed(lead: GoldenLead, ruleset: Ruleset) -> Iterator[tuple[str, str, str]]:
    """Passes the lead the way the flow does, into an office where everybody is free."""
    row = LeadRow(
        state=lead.state,
        hubspot_id="golden",
        values=lead.values,
        captured_at=lead.now,
        updated_at=lead.now,
        ruleset=ruleset.hash,
    )
    found = Found(people={}, accounts=(), activities={"golden": lead.activities})
    office = Office(directory=Directory(), turns=TurnHistory(), open_leads={}, today={})
    passed = Passing(ruleset).page([row], found, office, lead.now)
    name = ruleset.fields.rules["handoff_brief"].salesforce or ""
    texts = [str(one.fields[name]) for one in passed.actions if name in one.fields]
    for wanted in lead.expect.brief:
        there = "is there" if any(wanted in text for text in texts) else "is not"
        yield f"'{wanted}' in the brief", "is there", there if texts else "there is no brief"


def _compared(lead: GoldenLead, verdict: Verdict, route: str) -> Iterator[tuple[str, str, str]]:
    expect = lead.expect
    for what, wanted, found in (
        ("stage", expect.stage, verdict.stage),
        ("disqualified for", expect.disqualified, verdict.reason or "nothing"),
        ("temperature", expect.temperature, verdict.temperature),
        ("route", expect.route, route),
    ):
        if wanted is not None:
            yield what, wanted, found
    for part, number in expect.score.items():
        yield f"score {part}", f"{number:g}", f"{round(getattr(verdict.scores, part)):g}"
    for what, words, there in (
        ("BANT", expect.bant, {one.letter for one in verdict.bant if one.answered}),
        ("missing", expect.missing, {gap.field for gap in verdict.missing}),
        ("held", expect.held, {one.code for one in verdict.held}),
    ):
        if words is not None:
            yield what, _set(set(words)), _set(there)


def _set(words: set[str]) -> str:
    return ", ".join(sorted(words)) or "nothing"


def _result(subject: str, expected: str, got: str, place: Place) -> Result:
    return Result(group=place.file, subject=subject, expected=expected, got=got, place=place)


def as_junit(tested: ExampleRun) -> str:
    """JUnit XML as continuous integration reads it: a suite for each file."""
    root = ElementTree.Element(
        "testsuites", tests=str(len(tested.results)), failures=str(len(tested.failed))
    )
    groups: dict[str, list[Result]] = {}
    for one in tested.results:
        groups.setdefault(one.group, []).append(one)
    for group, results in groups.items():
        failed = sum(not one.passed for one in results)
        suite = ElementTree.SubElement(
            root, "testsuite", name=group, tests=str(len(results)), failures=str(failed)
        )
        for one in results:
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=group,
                name=f"{one.subject} (line {one.place.line})",
                file=one.place.file,
                line=str(one.place.line),
            )
            if not one.passed:
                said = f"expected {one.expected}, got {one.got}"
                ElementTree.SubElement(case, "failure", message=said).text = str(one)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def as_text(tested: ExampleRun, *, unmet: bool = True) -> str:
    """Failures, what no example exercises, and the sums."""
    lines = [str(one) for one in tested.failed]
    coverage = tested.coverage
    if unmet:
        lines += [f"      {one}" for one in coverage.unmet]
    shares = (("rules", coverage.rules), ("branches", coverage.branches),
              ("values", coverage.values), ("promises", coverage.promises))  # fmt: skip
    shown = ", ".join(f"{name} {met} of {of}" for name, (met, of) in shares)
    lines.append(
        f"{len(tested.results)} examples, {len(tested.failed)} failed; "
        f"{int(coverage.percent)} % exercised ({shown})"  # 100 only where nothing is left out
    )
    return "\n".join(lines) + "\n"
