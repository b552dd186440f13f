"""Plans the hand-off of each lead: whom sales knows it as, who gets it, and what they are told."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from connector.core.alerts import URGENT
from connector.core.calendars import NEVER, Calendars
from connector.core.events import EventKind
from connector.core.first_answer import FirstAnswer
from connector.core.frozen import replace
from connector.core.handoff import HotLead, task
from connector.core.mapping import Mapper, crm_name
from connector.core.matching import Match, Recognised, is_shared, match
from connector.core.owners import QUEUE
from connector.core.plan import Action, ActionKind, Destination, Json, action_key
from connector.core.problems import Mender, Place, Problem
from connector.core.qualification import Qualifier
from connector.core.records import Activity, LeadState, Values
from connector.core.routing import RouteDecision, Router
from connector.core.rules.fields import Winner
from connector.core.rules.routing import Mode
from connector.core.rules.ruleset import Ruleset
from connector.core.surroundings import Surroundings, route_in
from connector.core.verdicts import Verdict
from connector.flows.decide import why
from connector.flows.deliver_beside import LEAD_ID
from connector.flows.hand import Briefed, Hand, briefed, clause_label, history
from connector.flows.hand_over import Found, Passed
from connector.flows.lead_state import is_at_rest
from connector.flows.office import Office
from connector.flows.passing_facts import hand_off_events, handed_over, seeker, surroundings
from connector.flows.traces import forgetting
from connector.ports import LeadRow

OPEN_STATUS = "Open - Not Contacted"  #: Salesforce's own first status of a Lead


class Passing:
    """Plans hand-offs by one ruleset. `channels` are the ways in which owners can be told."""

    def __init__(self, ruleset: Ruleset, *, channels: Sequence[str] = ()) -> None:
        self.ruleset = ruleset
        self.channels = tuple(channels)
        self.mapper = Mapper(ruleset.fields)
        self.qualifier = Qualifier(ruleset)
        self.router = Router(ruleset)
        self.first_answer = FirstAnswer(ruleset)
        self.heats = heats(ruleset)
        self._calendars = Calendars(ruleset.people)

    def page(self, rows: Sequence[LeadRow], found: Found, office: Office, now: datetime) -> Passed:
        """Plans each lead in the order given; turns and loads count up from lead to lead."""
        passed = Passed()
        seen: set[str] = set()
        for row in rows:
            address = str(row.values.get("email") or "").casefold()
            own = bool(address) and not is_shared(address, self.ruleset.identity)
            if is_at_rest(row) or (own and address in seen):
                passed.skipped += 1  # the same person twice: the next run sees what became of one
                continue
            activities = found.activities.get(row.hubspot_id, ())
            verdict = self.qualifier.qualify(row.values, activities, row.state, now)
            if not verdict.may_pass:
                self._hold(row, verdict, passed)
                continue
            people = found.people_of(row)
            known = match(
                seeker(row),
                people,
                self.ruleset.identity,
                taken=office.taken,
                passed=office.passed,
            )
            if known.problem is not None:
                passed.parked += 1
                passed.actions.append(self._park(row, known.problem))
                continue
            around = surroundings(row.values, people, found, office, self.ruleset)
            route = self._route(row, verdict, around, office, now)
            hand = self._hand(row, verdict, activities, route, known, now, EventKind.HANDED_OFF)
            hand = replace(
                hand,
                campaign=found.campaigns.get(row.campaign.casefold()),
                rank=self._rank(hand, office),
                around=around,
            )
            self._pass(hand, office, passed)
            seen.add(address)  # who is held or parked stands in nobody's way
        return passed

    def _hand(
        self,
        row: LeadRow,
        verdict: Verdict,
        activities: tuple[Activity, ...],
        route: RouteDecision,
        known: Match,
        now: datetime,
        start: EventKind,
    ) -> Hand:
        """The lead on its way to an owner, with what is owed to it from `start` on."""
        owed = self.first_answer.owed(verdict.facts, route.owner, now, start)
        return Hand(
            row=row,
            verdict=verdict,
            activities=activities,
            route=route,
            match=known,
            now=now,
            clause=owed[0] if owed else None,
            due=owed[1] if owed else None,
            follow_ups=self.first_answer.follow_ups(verdict.facts, route.owner, now),
        )

    def _hold(self, row: LeadRow, verdict: Verdict, passed: Passed) -> None:
        """Held with a reason: by the contact gate it waits for marketing, else for its time."""
        gate = next((held for held in verdict.held if held.code == "contact-gate"), None)
        if gate is None:
            passed.skipped += 1
            return
        passed.parked += 1
        problem = Problem(
            code="incomplete-contact",
            where=Place(file=f"hubspot:contact/{row.hubspot_id}"),
            what=gate.text("en"),
            remedy="Complete the contact in HubSpot, or ask for it in the next form.",
            mender=Mender.MARKETING,
        )
        passed.actions.append(self._park(row, problem))

    def _route(
        self,
        row: LeadRow,
        verdict: Verdict,
        around: Surroundings,
        office: Office,
        now: datetime,
    ) -> RouteDecision:
        decision = route_in(
            self.router, verdict.facts, row.state, around, turns=office.turns, now=now
        )
        office.give(decision)
        return decision

    def _rank(self, hand: Hand, office: Office) -> int:
        """The lead's place among what the owner has to call, at this moment."""
        verdict = hand.verdict
        lead = HotLead(
            lead_id=hand.row.state.lead_id,
            heat=self.heats.get(verdict.temperature, len(self.heats)),
            score=verdict.scores.total,
            passed_at=hand.now,
        )
        return office.hot.rank(hand.route.owner, lead)

    def _pass(self, hand: Hand, office: Office, passed: Passed) -> None:
        told = briefed(hand, self.ruleset)
        if isinstance(told, Problem):
            passed.parked += 1
            passed.actions.append(self._park(hand.row, told))
            return
        actions = self._actions(hand, office, self._values(hand, told.text), told)
        problems = [action.problem for action in actions if action.problem is not None]
        if problems:
            passed.parked += 1
            passed.actions += [self._park(hand.row, problem) for problem in problems]
            return
        passed.actions += actions
        passed.events += hand_off_events(
            hand.row, hand.verdict, hand.route, hand.due, self.ruleset, hand.now
        )
        passed.snapshots.append(handed_over(hand, self.ruleset))
        state = replace(hand.row.state, passed_at=hand.now, disposition=None, reason=None)
        self._given(hand, state, passed)

    def _given(self, hand: Hand, state: LeadState, passed: Passed) -> None:
        """Notes who has the lead from now on, with the turn that led there."""
        if hand.route.turn is not None:
            passed.turns.append(hand.route.turn)
        owner = hand.route.owner
        person = self.ruleset.people.persons.get(owner)
        team = person.teams[0] if person and person.teams else ""
        row = forgetting(hand.row)
        passed.rows.append(replace(row, state=replace(state, owner=owner), team=team))

    def _values(self, hand: Hand, text: str) -> Values:
        """The lead's agreed values and what the hand-off adds, by the agreed field names."""
        return {
            **hand.row.values,
            "lead_score": round(hand.verdict.scores.total),
            "lead_rank": hand.rank,
            "lead_temperature": hand.verdict.temperature,
            "lead_cycle": hand.cycle,
            "handoff_brief": text,
            "handoff_rule": hand.route.rule,
            "ruleset_version": self.ruleset.version,
            "handed_off_at": hand.now.replace(microsecond=0),
            "promise_due": hand.due.replace(microsecond=0) if hand.due else None,
            "activity_history": history(hand.activities),
        }

    def _actions(self, hand: Hand, office: Office, values: Values, told: Briefed) -> list[Action]:
        if hand.route.mode is Mode.NOTIFY_ONLY:
            return self._messages(hand, None) or [self._park(hand.row, _nobody_told(hand.route))]
        person = self._person(hand, office, values)
        actions = [person]
        owner_id = office.directory.ids.get(hand.route.owner)
        if owner_id and not hand.route.owner.startswith(QUEUE):
            actions.append(self._task(hand, told, owner_id, person.key))
        if hand.campaign:
            actions.append(self._campaign_member(hand, person))
        return [*actions, *self._messages(hand, person.key)]

    def _person(self, hand: Hand, office: Office, values: Values) -> Action:
        """The Lead to create, or the record that is there already, made the lead's own."""
        state = hand.row.state
        known_id, kind = hand.match.id, hand.match.kind or "Lead"
        fields, problems = self.mapper.to_salesforce(values, kind)
        owner_id = office.directory.ids.get(hand.route.owner)
        attached = hand.match.outcome is Recognised.ATTACH
        before = self._not_ours(kind, fields, attached) if known_id is not None else {}
        if known_id is None:
            fields |= {"Status": OPEN_STATUS}
        elif kind == "Lead" and hand.cycle > 1:
            fields |= {"Status": OPEN_STATUS}  # a new cycle is worked from the start
        if owner_id and (known_id is None or hand.cycle > 1) and kind == "Lead":
            fields |= {"OwnerId": owner_id}
        if known_id is not None:
            fields[self.ruleset.fields.external_id] = state.lead_id
        action_kind = ActionKind.CREATE if known_id is None else ActionKind.ATTACH
        return self._action(
            hand,
            action_kind,
            Destination.SALESFORCE,
            change=f"pass {hand.cycle}",
            record_kind=kind,
            record_id=known_id,
            fields=fields,
            before=before,
            problem=problems[0] if problems else None,
        )

    def _not_ours(self, kind: str, fields: Mapping[str, Json], attached: bool) -> dict[str, Json]:
        """What a record that is there already keeps: such fields are only written where blank.

        A record that was just `attached` keeps every agreed field.
        """
        return {
            name: None
            for rule in self.ruleset.fields.rules.values()
            if (rule.winner is not Winner.MARKETING or (attached and rule.hubspot))
            and (name := crm_name(rule, kind))
            and name in fields
        }

    def _task(self, hand: Hand, told: Briefed, owner_id: str, after_key: str | None) -> Action:
        made = task(told.handoff, self.ruleset, told.text, language=told.language)
        problem = made if isinstance(made, Problem) else None
        fields: dict[str, Json] = {} if isinstance(made, Problem) else made.fields()
        fields |= {"WhoId": LEAD_ID, "OwnerId": owner_id}
        return self._action(
            hand,
            ActionKind.CREATE,
            Destination.SALESFORCE,
            change=f"task {hand.cycle}{hand.step}",
            record_kind="Task",
            fields=fields,
            after_key=after_key,
            problem=problem,
        )

    def _campaign_member(self, hand: Hand, person: Action) -> Action:
        """The lead as a member of the campaign it came from, as the CRM counts responses."""
        who = "ContactId" if person.record_kind == "Contact" else "LeadId"
        return self._action(
            hand,
            ActionKind.CREATE,
            Destination.SALESFORCE,
            change=f"campaign {hand.campaign}",
            record_kind="CampaignMember",
            fields={"CampaignId": hand.campaign, who: LEAD_ID, "Status": "Responded"},
            after_key=person.key,
        )

    def _messages(self, hand: Hand, after_key: str | None) -> list[Action]:
        """One message a channel to whoever owns the lead, once it is in the CRM.

        Outside the person's hours it waits for the next opening, unless the promise is urgent.
        """
        if not self.channels:
            return []
        person = self.ruleset.people.persons.get(hand.route.owner)
        if person is None:
            queue = self.ruleset.people.queues.get(hand.route.owner.removeprefix(QUEUE))
            person = self.ruleset.people.persons.get(queue.responsible) if queue else None
        if person is None:
            return []
        urgent = hand.clause is not None and hand.clause.severity == URGENT
        opening = hand.now if urgent else self._calendars.of_person(person.key).next_open(hand.now)
        return [
            self._action(
                hand,
                ActionKind.NOTIFY,
                Destination.NOTIFY,
                change=f"alert {channel} {hand.cycle}{hand.step}",
                record_kind=channel,
                fields={
                    "person": person.key,
                    "cause": "new-lead",
                    "due": hand.due.isoformat() if hand.due else None,
                    "promise": clause_label(hand.clause, person.language),
                },
                after_key=after_key,
                not_before=opening if opening not in (hand.now, NEVER) else None,
            )
            for channel in self.channels
        ]

    def _action(
        self,
        hand: Hand,
        kind: ActionKind,
        destination: Destination,
        *,
        change: str,
        record_kind: str,
        fields: Mapping[str, Json],
        record_id: str | None = None,
        before: Mapping[str, Json] | None = None,
        after_key: str | None = None,
        problem: Problem | None = None,
        not_before: datetime | None = None,
    ) -> Action:
        lead_id = hand.row.state.lead_id
        return Action(
            key=action_key(destination, f"{kind} {record_kind}", lead_id, change),
            lead_id=lead_id,
            kind=kind,
            destination=destination,
            because=f"{why(hand.verdict)}; {hand.route.because}",
            record_kind=record_kind,
            record_id=record_id,
            fields=fields,
            before=before or {},
            rule=hand.route.rule,
            place=hand.route.place,
            ruleset=self.ruleset.version,
            cycle=hand.cycle,
            express=True,
            after_key=after_key,
            problem=problem,
            not_before=not_before,
        )

    def _park(self, row: LeadRow, problem: Problem) -> Action:
        lead_id = row.state.lead_id
        change = f"{problem.code} {row.state.snapshot_hash} {self.ruleset.version}"
        return Action(
            key=action_key(Destination.NOWHERE, ActionKind.PARK, lead_id, change),
            lead_id=lead_id,
            kind=ActionKind.PARK,
            destination=Destination.NOWHERE,
            because=problem.code,
            record_kind="Lead",
            place=problem.where,
            ruleset=self.ruleset.version,
            cycle=row.state.cycle,
            problem=problem,
        )


def heats(ruleset: Ruleset) -> dict[str, int]:
    """Each temperature's place in the file, hottest first."""
    return {rule.name: n for n, rule in enumerate(ruleset.qualification.temperatures)}


def _nobody_told(route: RouteDecision) -> Problem:
    return Problem(
        code="nobody-told",
        where=route.place,
        what=f"the mode is notify_only, and there is no way to tell {route.owner}",
        remedy="Fill in [mail] or [chat] in config.toml, or name who answers for the queue.",
    )
