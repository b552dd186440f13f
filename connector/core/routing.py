"""Who receives a lead: the one who knows it already, else the rules, else the fallback.

Every decision is deterministic, explains each step, and never leaves a lead without an owner.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from connector.core.availability import Availability, Load
from connector.core.calendars import Calendars
from connector.core.conditions import compile_condition
from connector.core.errors import StopTheRun
from connector.core.owners import QUEUE, Candidate, Directory, person_named
from connector.core.panels import Panel
from connector.core.problems import NOWHERE, Place
from connector.core.records import LeadState, Value
from connector.core.rules.people import Person
from connector.core.rules.routing import Mode, RouteRule, Target, TargetKind
from connector.core.rules.ruleset import Ruleset
from connector.core.turns import Turn, TurnHistory

LEAD_MANAGER = "lead_manager"  #: role that answers for what nobody else takes

Facts = Mapping[str, Value | float]


class Step(NamedTuple):
    """One thing that was weighed on the way to an owner, and what came of it.

    A tuple and no dataclass: every hand-off makes half a dozen.
    """

    what: str  #: existing owner, rule, person, rotation, queue, fallback, mode
    subject: str
    chosen: bool
    why: str
    place: Place = NOWHERE

    def __str__(self) -> str:
        return f"{'+' if self.chosen else '-'} {self.what} {self.subject}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One stage of the way to sales. `owner` is None where it is decided when the time comes."""

    name: str  #: tele_qualification, distribution or sales
    target: str
    owner: str | None = None


class RouteDecision(NamedTuple):
    """The owner, and why; `turn` is set where a rotation decided and is to be stored with it."""

    owner: str  #: person key, or `queue:<name>`
    mode: Mode
    rule: str
    kind: str  #: of the rule, or the claim of an existing owner, or `fallback`
    because: str
    steps: tuple[Step, ...]
    hops: tuple[Hop, ...]
    place: Place = NOWHERE
    turn: Turn | None = None

    @property
    def queue(self) -> str | None:
        """The queue's name where a queue owns the lead."""
        return self.owner[len(QUEUE) :] if self.owner.startswith(QUEUE) else None


class Router:
    """Routes leads by one ruleset; keeps no memory of the leads it routed."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self.routing = ruleset.routing
        self.people = ruleset.people
        self.availability = Availability(ruleset.people, Calendars(ruleset.people))
        compiled = [compile_condition(rule.when) for rule in ruleset.routing.rules]
        self.panel = Panel(compiled)
        self.rules: tuple[tuple[int, RouteRule], ...] = tuple(enumerate(ruleset.routing.rules))
        self.not_held = lru_cache(maxsize=4_096)(self._not_held)  # the same words for most leads
        self.held = tuple(
            Step("rule", rule.name, True, f"holds, to {rule.to}", rule.place)
            for rule in ruleset.routing.rules
        )

    def _not_held(self, number: int, verdicts: tuple[bool, ...]) -> Step:
        """How the explanation tells that a rule's condition does not hold."""
        rule = self.routing.rules[number]
        failed = self.panel.failed(number, verdicts)
        why = "does not hold: not " + ", not ".join(failed) if failed else "does not hold"
        return Step("rule", rule.name, False, why, rule.place)

    def route(
        self,
        facts: Facts,
        state: LeadState,
        *,
        now: datetime,
        candidates: Iterable[Candidate] = (),
        turns: TurnHistory | None = None,
        open_leads: Mapping[str, int] | None = None,
        today: Mapping[str, int] | None = None,
        unavailable: Collection[str] = (),
        on_hold: Collection[str] = (),
        directory: Directory | None = None,
        appointment_made: bool = False,
    ) -> RouteDecision:
        """Decides the owner of one lead.

        `facts` are what conditions are asked on, the lead's values among them.
        `open_leads` and `today` count leads by person key; `unavailable` are the person keys of
        inactive users, beside those the directory names; `on_hold` of those who owe an answer to
        an earlier lead. `appointment_made`
        asks for the second step of tele-qualification. The caller stores the turn and adds it to
        `turns` before it routes the next lead.

        Raises StopTheRun where the roster holds nobody who could ever receive a lead.
        """
        known = directory or _NOBODY
        deciding = _Deciding(
            router=self,
            facts=facts,
            state=state,
            now=now,
            turns=turns or TurnHistory(),
            load=Load(
                open_leads or {},
                today or {},
                frozenset((*unavailable, *known.inactive, *known.unmatched)),
                frozenset(on_hold),
            ),
        )
        return (
            deciding.by_existing_owner(candidates, known)
            or deciding.by_rules(appointment_made)
            or deciding.by_fallback()
        )


_NOBODY = Directory()


class _Taker(NamedTuple):
    """Who takes the lead by one target, with the turn if a rotation decided."""

    owner: str
    why: str
    turn: Turn | None = None


class _Deciding:
    """One decision on its way; collects the steps."""

    def __init__(
        self,
        *,
        router: Router,
        facts: Facts,
        state: LeadState,
        now: datetime,
        turns: TurnHistory,
        load: Load,
    ) -> None:
        self.router, self.routing, self.people = router, router.routing, router.people
        self.facts, self.state, self.now = facts, state, now
        self.turns, self.load = turns, load
        self.availability = router.availability
        self.steps: list[Step] = []
        self.refusers = frozenset() if self.routing.return_to_refuser else {*state.refused_by}
        self.rule = ""
        self.place = self.routing.place

    def note(self, what: str, subject: str, why: str, *, chosen: bool = False) -> None:
        self.steps.append(Step(what, subject, chosen, why, self.place))

    # --- the three ways -------------------------------------------------------------------

    def by_existing_owner(
        self, candidates: Iterable[Candidate], directory: Directory
    ) -> RouteDecision | None:
        self.place = self.routing.existing_owner.place
        for candidate in candidates:
            subject = f"{candidate.known} {candidate.record_id}"
            owner = directory.owner(candidate.owner_id)
            if owner is None or owner.startswith(QUEUE):
                why = "owned by a queue" if owner else "its owner is not on the roster"
                self.note("existing owner", subject, why)
                continue
            taker = self._person(self.people.persons[owner], caps=False)
            if taker is None:
                self.note("existing owner", subject, f"{owner} cannot take it")
                continue
            why = f"{candidate.known.replace('_', ' ')} {candidate.record_id} is {owner}'s"
            self.note("existing owner", subject, taker.why, chosen=True)
            direct = self.routing.mode is Mode.TELE_QUALIFICATION
            mode = Mode.DIRECT if direct else self.routing.mode
            hops = (Hop(name="sales", target=f"person:{owner}", owner=taker.owner),)
            return self._decision(taker, mode, hops, str(candidate.known), why)
        return None

    def by_rules(self, appointment_made: bool) -> RouteDecision | None:
        holds, verdicts = self.router.panel.ask(self.facts, self.now)
        for number, rule in self.router.rules:
            self.rule, self.place = rule.name, rule.place
            if not holds[number]:
                self.steps.append(self.router.not_held(number, verdicts))
                continue
            target = self._named(rule.to)
            if target is None:
                self.note("rule", rule.name, f"field {rule.to.name} names nobody on the roster")
                continue
            self.steps.append(self.router.held[number])
            mode = rule.mode or self.routing.mode
            if appointment_made and mode is Mode.TELE_QUALIFICATION:
                mode = Mode.DIRECT
            taker, hops = self._by_mode(mode, target)
            if taker is None:
                self.note("rule", rule.name, f"nobody of {target} can take it; the fallback does")
                return None
            why = f"rule '{rule.name}': {taker.why}"
            return self._decision(taker, mode, hops, rule.kind or "rule", why)
        return None

    def by_fallback(self) -> RouteDecision:
        fallback = self.routing.fallback
        self.rule, self.place = "fallback", self.routing.place
        target = self._named(fallback)
        taker = self._take(target) if target else None
        if taker is None:
            self.note("fallback", str(fallback), "cannot take it either")
            taker = self._last_resort()
        self.note("fallback", str(fallback), taker.why, chosen=True)
        mode = self.routing.mode
        if mode in (Mode.TELE_QUALIFICATION, Mode.SINGLE_CONTACT):
            mode = Mode.DIRECT
        hops = (Hop(name="sales", target=str(fallback), owner=taker.owner),)
        return self._decision(taker, mode, hops, "fallback", f"fallback: {taker.why}")

    # --- modes and targets ----------------------------------------------------------------

    def _by_mode(self, mode: Mode, target: Target) -> tuple[_Taker | None, tuple[Hop, ...]]:
        if mode is Mode.TELE_QUALIFICATION and self.routing.tele_team:
            first = Target(kind=TargetKind.TEAM, name=self.routing.tele_team)
            return self._first_of_two("tele_qualification", first, target)
        if mode is Mode.SINGLE_CONTACT and self.routing.single_contact:
            first = Target(kind=TargetKind.PERSON, name=self.routing.single_contact)
            return self._first_of_two("distribution", first, target)
        taker = self._take(target)
        owner = taker.owner if taker else None
        return taker, (Hop(name="sales", target=str(target), owner=owner),)

    def _first_of_two(
        self, name: str, first: Target, then: Target
    ) -> tuple[_Taker | None, tuple[Hop, ...]]:
        taker = self._take(first)
        owner = taker.owner if taker else None
        return taker, (
            Hop(name=name, target=str(first), owner=owner),
            Hop(name="sales", target=str(then)),
        )

    def _named(self, target: Target) -> Target | None:
        """A field's target as the person it names; others as they are."""
        if target.kind is not TargetKind.FIELD:
            return target
        value = self.facts.get(target.name)
        person = person_named(self.people, value if not isinstance(value, float) else None)
        return Target(kind=TargetKind.PERSON, name=person.key) if person else None

    def _take(self, target: Target) -> _Taker | None:
        if target.kind is TargetKind.QUEUE:
            self.note("queue", target.name, "takes every lead", chosen=True)
            return _Taker(QUEUE + target.name, f"queue {target.name}")
        if target.kind is TargetKind.TEAM:
            return self._rotate(target.name)
        person = self.people.persons.get(target.name)
        return self._person(person, caps=True) if person else None

    def _person(self, person: Person, *, caps: bool) -> _Taker | None:
        """The person, or the first deputy in a row who can take the lead."""
        asked: list[str] = []
        current: Person | None = person
        while current is not None and current.key not in asked:
            asked.append(current.key)
            why = self._why_not(current, caps=caps)
            if why is None:
                stands_in = f" (deputy of {person.key})" if len(asked) > 1 else ""
                self.note("person", current.key, f"is free{stands_in}", chosen=True)
                return _Taker(current.key, f"to {current.key}{stands_in}")
            self.note("person", current.key, why)
            current = self.people.persons.get(current.deputy or "")
        return None

    def _why_not(self, person: Person, *, caps: bool) -> str | None:
        if person.key in self.refusers:
            return "gave this lead back before"
        away = self.availability.why_away(person, self.load, self.now)
        return away or (self.availability.why_capped(person, self.load) if caps else None)

    def _rotate(self, team: str) -> _Taker | None:
        drawn = self.availability.draw(
            self.people.members(team),
            self.load,
            self.now,
            working_hours_only=self.routing.working_hours_only,
        )
        skipped = [*drawn.skipped]
        skipped += [(n, "gave this lead back before") for n, _ in drawn.draw if n in self.refusers]
        for name, why in skipped:
            self.note("rotation", f"{team}/{name}", why)
        rotation = self.turns.of(team)
        person = rotation.next(drawn.draw, barred=self.refusers)
        if person is None:
            self.note("rotation", team, "nobody can take a turn")
            return None
        owed = rotation.turns_owed(person)
        why = f"turn of {person} in {team} ({owed:+.2f} turns owed, {len(drawn.draw)} in the draw)"
        self.note("rotation", f"{team}/{person}", why + drawn.remark, chosen=True)
        turn = Turn(
            lead_id=self.state.lead_id,
            cycle=self.state.cycle,
            team=team,
            person=person,
            at=self.now,
            skipped=tuple(skipped),
            rule=self.rule,
            ruleset=self.router.ruleset.version,
            draw=drawn.draw,
        )
        return _Taker(person, why, turn)

    def _last_resort(self) -> _Taker:
        """A queue, else the lead manager, else anybody with an active user, caps or not."""
        for name in self.people.queues:
            return _Taker(QUEUE + name, f"queue {name}, since nobody else can take it")
        everybody = (*self.people.with_role(LEAD_MANAGER), *self.people.persons.values())
        active = [person for person in everybody if person.key not in self.load.inactive]
        active.sort(key=lambda person: person.key in self.refusers)  # a refuser only at the end
        if not active:
            raise StopTheRun("the roster has neither a queue nor anybody with an active user")
        return _Taker(active[0].key, f"to {active[0].key}, since nobody else can take it")

    # --- telling --------------------------------------------------------------------------

    def _decision(
        self, taker: _Taker, mode: Mode, hops: tuple[Hop, ...], kind: str, because: str
    ) -> RouteDecision:
        return RouteDecision(
            owner=taker.owner,
            mode=mode,
            rule=self.rule or "existing owner",
            kind=kind,
            because=because,
            steps=tuple(self.steps),
            hops=hops,
            place=self.place,
            turn=taker.turn,
        )
