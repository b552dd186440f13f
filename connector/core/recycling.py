"""What becomes of a lead that sales gives back: programme, cool-down, cycle, and the way back.

Every returned lead goes one of four ways: nurtured towards what is missing, woken up after the
agreed touches went unanswered, put aside as junk, or closed for good after too many cycles.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from connector.core.calendars import NEVER
from connector.core.clocks import touches_of, touches_short
from connector.core.conditions import Compiled, Facts, compile_condition
from connector.core.deals import asleep_since
from connector.core.events import Event, EventKind, event_key
from connector.core.owners import QUEUE
from connector.core.plan import Json
from connector.core.problems import NOWHERE, Mender, Place, Problem, Severity
from connector.core.records import LeadState, Value, Values
from connector.core.rules.promises import Touches
from connector.core.rules.recycling import Programme, RecycleRule
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import DispositionMeaning, StageMeaning
from connector.core.status import steps_between

LIFECYCLE, LEAD_STATUS = "lifecyclestage", "hs_lead_status"  #: HubSpot's own properties
LIFECYCLE_ORDER = (
    "subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity",
    "customer", "evangelist", "other",
)  # fmt: skip

Write = Mapping[str, str]  #: HubSpot properties of one request


@dataclass(frozen=True, slots=True, kw_only=True)
class RecycleDecision:
    """What is to be done with one returned lead, and why.

    `writes` are requests to HubSpot in their order, each confirmed before the next is sent: a
    lifecycle stage only goes back after an earlier request has cleared it.
    """

    lead_id: str
    disposition: str
    reason: str
    rule: str
    place: Place
    because: str
    stage: str
    programme: Programme | None  #: None: nothing is sent to this person
    writes: tuple[Write, ...]
    goal: str
    cool_down_until: datetime  #: NEVER: not qualified again
    returns_at: datetime | None  #: when it comes back by itself
    next_cycle: int | None  #: None: no further cycle
    refused_by: tuple[str, ...]

    @property
    def final(self) -> bool:
        return self.next_cycle is None

    def events(
        self,
        before: LeadState,
        fact: str,
        now: datetime,
        ruleset: Ruleset,
        origin: Mapping[str, str],
    ) -> list[Event]:
        """The facts to record; `fact` is the key of the rejection that led here, `origin` where
        the lead came from, which a new cycle goes on counting for."""
        data: dict[str, Json] = {
            "disposition": self.disposition,
            "reason": self.reason,
            "programme": self.programme.name if self.programme else "",
            "goal": self.goal,
            "final": self.final,
        }
        moved: dict[str, Json] = {"from": before.stage, "to": self.stage}
        moved |= steps_between(ruleset.vocabulary.stages, before.stage, self.stage)
        found = [self._event(EventKind.RECYCLED, fact, now, before.cycle, data, ruleset)]
        if self.stage != before.stage:
            found.append(
                self._event(EventKind.STAGE_CHANGED, fact, now, before.cycle, moved, ruleset)
            )
        if self.next_cycle is not None:
            opened: dict[str, Json] = {"cycle": self.next_cycle, **origin}
            found.append(
                self._event(EventKind.CYCLE_OPENED, fact, now, self.next_cycle, opened, ruleset)
            )
        return found

    def _event(
        self,
        kind: EventKind,
        fact: str,
        at: datetime,
        cycle: int,
        data: Mapping[str, Json],
        ruleset: Ruleset,
    ) -> Event:
        return Event(
            key=event_key(kind, self.lead_id, f"recycling\n{fact}"),
            lead_id=self.lead_id,
            kind=kind,
            at=at,
            cycle=cycle,
            data=data,
            by="leadrelay",
            rule=self.rule,
            place=self.place,
            ruleset=ruleset.version,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """Where a lead goes: by which rule, into which programme, for how long."""

    rule: str
    place: Place
    because: str
    stage: str
    programme: Programme | None
    cool_down: timedelta | None = None  #: None: for good
    returns_at: datetime | None = None


class Recycler:
    """The recycling rules of one ruleset."""

    def __init__(self, ruleset: Ruleset, lifecycles: Sequence[str] = LIFECYCLE_ORDER) -> None:
        self.ruleset = ruleset
        self.rules = ruleset.recycling
        self.vocabulary = ruleset.vocabulary
        self._order = {stage: number for number, stage in enumerate(lifecycles)}
        self._compiled: tuple[tuple[RecycleRule, Compiled], ...] = tuple(
            (rule, compile_condition(rule.when)) for rule in self.rules.rules
        )

    def decide(
        self,
        state: LeadState,
        *,
        disposition: str,
        reason: str,
        values: Values,
        events: Sequence[Event],
        now: datetime,
        facts: Facts | None = None,
        lifecycle: str | None = None,
        status: str = "",
        goal: str = "",
        consent: bool = True,
    ) -> tuple[RecycleDecision | None, tuple[Problem, ...]]:
        """Decides on one rejection; None where it is not accepted as one.

        `reason` is the vocabulary's word, or blank. `lifecycle` is the contact's present
        `lifecyclestage`, `status` the Salesforce lead status that told the disposition, `goal` in
        words what is missing for the next stage. Without `consent` nobody is enrolled anywhere.
        """
        meaning = self.vocabulary.dispositions[disposition].meaning
        if meaning is DispositionMeaning.UNREACHABLE:
            early = self._too_early(state, events)
            if early is not None:
                return None, (early,)
        problems: tuple[Problem, ...] = ()
        if not reason and meaning is not DispositionMeaning.JUNK:
            problems = (_no_reason(state),)
        asked = {**values, **(facts or {}), "reason": reason, "disposition": disposition,
                 "cycle": state.cycle}  # fmt: skip
        way = self._way(state, meaning, reason, asked, now)
        programme = way.programme if consent else None
        stays = way.cool_down is not None
        decision = RecycleDecision(
            lead_id=state.lead_id,
            disposition=disposition,
            reason=reason,
            rule=way.rule,
            place=way.place,
            because=way.because + ("" if consent else "; no consent, so nothing is sent"),
            stage=way.stage,
            programme=programme,
            writes=self._writes(way, programme, lifecycle, status, reason, goal, meaning),
            goal=goal,
            cool_down_until=now + way.cool_down if way.cool_down is not None else NEVER,
            returns_at=way.returns_at,
            next_cycle=state.cycle + 1 if stays else None,
            refused_by=_refusers(state),
        )
        return decision, problems

    def _too_early(self, state: LeadState, events: Iterable[Event]) -> Problem | None:
        """`Unreachable` is an answer only after the agreed touches."""
        agreed = self.ruleset.promises.minimum_touches
        done = touches_of(events, state.cycle)
        if touches_short(done, agreed) == Touches():
            return None
        return Problem(
            code="unreachable-too-early",
            where=_address(state),
            what=(
                f"called unreachable after {done.phone} of {agreed.phone} calls"
                f" and {done.email} of {agreed.email} mails"
            ),
            remedy="Log the calls and mails that were made, or make those that are missing.",
            mender=Mender.REP,
        )

    def _way(
        self,
        state: LeadState,
        meaning: DispositionMeaning,
        reason: str,
        asked: Mapping[str, Value | float],
        now: datetime,
    ) -> _Way:
        place = self.rules.place
        if meaning is DispositionMeaning.JUNK:
            stage = self._stage(StageMeaning.UNQUALIFIED)
            return _Way(rule="junk", place=place, because="junk", stage=stage, programme=None)
        if reason in self.rules.never_again:
            stage = self._stage(StageMeaning.UNQUALIFIED)
            why = f"'{reason}' is a reason for good"
            return _Way(rule="never again", place=place, because=why, stage=stage, programme=None)
        if state.cycle >= self.rules.max_cycles:
            stage = self._stage(StageMeaning.INACTIVE)
            why = f"came back {state.cycle} times; the limit is {self.rules.max_cycles}"
            return _Way(
                rule="limit of cycles", place=place, because=why, stage=stage, programme=None
            )
        return self._nurtured(reason, asked, now)

    def _nurtured(self, reason: str, asked: Mapping[str, Value | float], now: datetime) -> _Way:
        stage = self.rules.recycled_stage or self._stage(StageMeaning.CAPTURED)
        for rule, when in self._compiled:
            if rule.reasons and reason not in rule.reasons:
                continue
            if not when.holds(asked, now):
                continue
            days = rule.cool_down_days
            return _Way(
                rule=rule.name,
                place=rule.place,
                because=f"rule '{rule.name}' for reason '{reason or 'none given'}'",
                stage=stage,
                programme=self.rules.programmes[rule.programme],
                cool_down=timedelta(days=self.rules.cool_down_days if days is None else days),
                returns_at=_return(rule, asked, now),
            )
        return _Way(
            rule="fallback",
            place=self.rules.place,
            because=f"no rule for reason '{reason or 'none given'}'",
            stage=stage,
            programme=self.rules.programmes.get(self.rules.fallback_programme),
            cool_down=timedelta(days=self.rules.cool_down_days),
        )

    def _stage(self, meaning: StageMeaning) -> str:
        """The stage of a meaning; where there is none, the closest that ends the way."""
        for wanted in (meaning, StageMeaning.UNQUALIFIED, StageMeaning.INACTIVE):
            for stage in self.vocabulary.stages.values():
                if stage.meaning is wanted:
                    return stage.name
        return self.rules.recycled_stage

    def _writes(
        self,
        way: _Way,
        programme: Programme | None,
        lifecycle: str | None,
        status: str,
        reason: str,
        goal: str,
        meaning: DispositionMeaning,
    ) -> tuple[Write, ...]:
        wanted: dict[str, str] = {}
        lead_status = self._lead_status(status, meaning)
        if lead_status:
            wanted[LEAD_STATUS] = lead_status
        if self.rules.reason_property:
            wanted[self.rules.reason_property] = reason
        if self.rules.goal_property:
            wanted[self.rules.goal_property] = goal
        if programme and programme.hubspot_property:
            wanted[programme.hubspot_property] = programme.hubspot_value or programme.name
        known = self.vocabulary.stages.get(way.stage)
        back = self.lifecycle_writes(lifecycle, known.hubspot_lifecycle if known else None)
        if back:
            return (*back[:-1], {**back[-1], **wanted})
        return (wanted,) if wanted else ()

    def _lead_status(self, status: str, meaning: DispositionMeaning) -> str | None:
        """For junk what the Salesforce status says in HubSpot; else the word for the recycled."""
        if meaning is DispositionMeaning.JUNK:
            rules = {name.casefold(): rule for name, rule in self.rules.statuses.items()}
            rule = rules.get(status.casefold())
            if rule and rule.hubspot_lead_status:
                return rule.hubspot_lead_status
        return self.rules.recycled_lead_status

    def lifecycle_writes(self, now: str | None, wanted: str | None) -> tuple[Write, ...]:
        """The requests that bring `lifecyclestage` to `wanted`: none, one, or clear first.

        HubSpot ignores a step back unless an earlier, separate request has cleared the property.
        A stage that is not in the order counts as a step back, since that is always right.
        """
        if not wanted or now == wanted:
            return ()
        forward = not now or self._order.get(now, len(self._order)) < self._order.get(wanted, -1)
        step: Write = {LIFECYCLE: wanted}
        return (step,) if forward else ({LIFECYCLE: ""}, step)


def _return(
    rule: RecycleRule, asked: Mapping[str, Value | float], now: datetime
) -> datetime | None:
    """The day the lead itself has named, if it lies ahead; else so many days from now."""
    named = asked.get(rule.return_on_field) if rule.return_on_field else None
    if isinstance(named, datetime):
        moment = named if named.tzinfo else named.replace(tzinfo=UTC)
    elif isinstance(named, date):
        moment = datetime(named.year, named.month, named.day, tzinfo=UTC)
    else:
        moment = now
    if moment > now:
        return moment
    return now + timedelta(days=rule.return_after_days) if rule.return_after_days else None


def _refusers(state: LeadState) -> tuple[str, ...]:
    """Everybody who has given this lead back, the present owner included; queues refuse nothing."""
    owner = state.owner or ""
    named = () if not owner or owner.startswith(QUEUE) else (owner,)
    return tuple(dict.fromkeys((*state.refused_by, *named)))


def _address(state: LeadState) -> Place:
    if state.salesforce_id:
        return Place(file=f"salesforce:{state.salesforce_kind or 'Lead'}/{state.salesforce_id}")
    return Place(file=f"lead/{state.lead_id}")


def _no_reason(state: LeadState) -> Problem:
    return Problem(
        code="no-reason",
        where=_address(state),
        what="given back without a reason; it joins the fallback programme",
        remedy="Choose a reason in Salesforce: marketing learns from nothing else.",
        severity=Severity.WARNING,
        mender=Mender.REP,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """Marketing's help for an opportunity that has stalled."""

    lead_id: str
    opportunity: str
    programme: Programme | None
    event: Event


def support(
    state: LeadState,
    opportunity: str,
    events: Iterable[Event],
    ruleset: Ruleset,
    now: datetime,
    *,
    consent: bool = True,
) -> Support | None:
    """Marketing's support for an opportunity that has stalled; None while it is awake.

    Told once for each time it falls asleep, however often it is looked at.
    """
    rules = ruleset.recycling
    latest = asleep_since(events, opportunity)
    if latest is None or now - latest <= timedelta(days=rules.stalled_after_days):
        return None
    programme = rules.programmes.get(rules.stalled_programme or "") if consent else None
    data: dict[str, Json] = {
        "opportunity": opportunity,
        "programme": programme.name if programme else "",
    }
    event = Event(
        key=event_key(EventKind.STALLED, state.lead_id, f"{opportunity}\n{latest.isoformat()}"),
        lead_id=state.lead_id,
        kind=EventKind.STALLED,
        at=latest + timedelta(days=rules.stalled_after_days),
        cycle=state.cycle,
        data=data,
        by="leadrelay",
        rule="stalled",
        place=rules.place or NOWHERE,
        ruleset=ruleset.version,
    )
    return Support(lead_id=state.lead_id, opportunity=opportunity, programme=programme, event=event)
