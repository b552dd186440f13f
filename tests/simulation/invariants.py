"""What must hold once a company has come to rest, checked against both systems and the ledger."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from connector.core.compare import same
from connector.core.events import Event, EventKind
from connector.core.journeys import State
from connector.core.mapping import Mapper, crm_name
from connector.core.metrics import figures, is_waiting
from connector.core.plan import ActionState
from connector.core.rules.fields import Direction
from connector.core.status import known_of
from connector.flows.measure import journeys_of
from connector.flows.status_facts import worked_cycle
from connector.ports import LeadRow
from tests.simulation.company import MARK, Company

OPEN, WORKING = "Open - Not Contacted", "Working - Contacted"
REJECTED = "Closed - Not Converted"

TWO_WAY = find_spec("connector.flows.lead_state") is not None
LEAD_ID = "Leadrelay_Id__c"
Found = Iterable[str]


def quiet_faults(sim: Company, since: int) -> list[str]:
    """The runs of the quiet round: none of them may have been stopped, or wait for anything."""
    found = []
    for run in sim.runs[since:]:
        if run.outcome not in ("done", "attention"):
            found.append(f"not-at-rest: {run.job} ended as {run.outcome}: {run.message}")
        elif run.totals.waiting:
            found.append(f"not-at-rest: {run.job} has {run.totals.waiting} waiting")
    return found


class Books:
    """The ledger and both systems, read once for all checks."""

    def __init__(self, sim: Company) -> None:
        self.sim = sim
        self.ledger: Any = sim.bench.ledger._ledger
        self.rows: list[LeadRow] = []
        while page := self.ledger.lead_rows(after=self.rows[-1].state.lead_id if self.rows else ""):
            self.rows += page
        stored = self.ledger.events(limit=100_000)
        self.events: dict[str, list[Event]] = {}
        for entry in stored:
            self.events.setdefault(entry.event.lead_id, []).append(entry.event)
        with self.ledger.transaction() as tx:
            self.actions = {
                row.state.lead_id: tx.actions_of(row.state.lead_id) for row in self.rows
            }
            contacts = sim.world.hubspot.records("contacts")
            names = sim.ruleset.fields.hubspot_properties()
            self.contacts = {
                row["id"]: {name: row["properties"].get(name) for name in names} for row in contacts
            }
            self.by_contact = tx.leads_by_hubspot(list(self.contacts))
        self.parked = {
            lead_id
            for lead_id, actions in self.actions.items()
            if any(one.state is ActionState.PARKED for one in actions)
        }
        self.crm = sim.world.salesforce
        self.mapper = Mapper(sim.ruleset.fields)

    def living(self, kind: str) -> dict[str, dict[str, Any]]:
        return {row["Id"]: row for row in self.crm.rows(kind)}

    def everything(self, kind: str) -> list[dict[str, Any]]:
        return list(self.crm.org.tables[kind].rows.values())

    def by_contact_of_lead(self, lead_id: str) -> str:
        """The HubSpot contact of a lead, empty where the ledger has no such lead."""
        return next((r.hubspot_id for r in self.rows if r.state.lead_id == lead_id), "")

    def record_of(self, row: LeadRow) -> dict[str, Any] | None:
        """The living CRM record that the ledger says is this lead's."""
        if row.state.salesforce_id is None:
            return None
        return self.living(row.state.salesforce_kind or "Lead").get(row.state.salesforce_id)


def faults_of(sim: Company) -> list[str]:
    """Every promise that is broken, by name."""
    found = [fault for check in ALWAYS for fault in check(sim)]
    if found:
        return found
    books = Books(sim)
    return [fault for check in CHECKS for fault in check(books)]


def no_bug(sim: Company) -> Found:
    """No run ends in a traceback; the totals of each add up (else it is one)."""
    for run in sim.runs:
        if run.outcome == "bug":
            yield f"bug: {run.job}: {run.message}"


def no_personal_data(sim: Company) -> Found:
    texts = [*sim.log.lines, *(run.message for run in sim.runs)]
    for text in texts:
        if MARK in text.casefold():
            yield f"personal-data: {text[:200]}"


def problems_are_discreet(books: Books) -> Found:
    for stored in books.ledger.parked():
        if stored.action.problem and MARK in str(stored.action.problem).casefold():
            yield f"personal-data: in a problem: {stored.action.problem.code}"


def cursors_are_truthful(books: Books) -> Found:
    """A full rescan finds nothing that the ledger does not have already."""
    for id_, values in books.contacts.items():
        row = books.by_contact.get(id_)
        if row is None:
            yield f"unread: contact {id_} is not in the ledger"
            continue
        fresh = books.mapper.from_hubspot(values)
        if row.hubspot_id != id_:
            yield f"unread: contact {id_} of {row.state.lead_id} has another id in the ledger"
        elif fresh.sound and row.values != fresh.values:
            names = sorted(n for n in fresh.values if row.values.get(n) != fresh.values[n])
            yield f"unread: contact {id_} of {row.state.lead_id} changed unnoticed: {names}"


def ought_to_pass(values: Mapping[str, str | None], edition: int) -> bool:
    """The qualification of the simulation's files in plain words, apart from the product's code."""

    def number(name: str) -> float:
        return float(values.get(name) or 0)

    if values.get("do_not_email") == "true":
        return False
    asked = values.get("lead_origin") == "Lead Add Form"
    fit = 60 * asked + 40 * (values.get("occupation") == "Working Professional")
    intent = 40 * (number("time_on_site") >= 600) + 30 * (number("time_on_site") >= 1200)
    reachable = all(values.get(name) for name in ("lastname", "email", "phone"))
    known = values.get("lead_origin") != "Carrier pigeon"
    engaged = asked or number("totalvisits") >= 2
    return reachable and known and engaged and 0.5 * fit + 0.5 * intent >= (30, 45)[edition]


def none_lost(books: Books) -> Found:
    """Whoever qualifies by the files, and is not held, is in Salesforce or on the list."""
    for id_, values in books.contacts.items():
        row = books.by_contact.get(id_)
        if row is None or row.state.lead_id in books.parked or row.state.cycle > 1:
            continue
        if ought_to_pass(values, books.sim.edition) and row.state.passed_at is None:
            yield f"lost: {row.state.lead_id} qualifies and was not passed"
    for row in books.rows:
        if row.state.passed_at is None or row.state.lead_id in books.parked:
            continue
        mine = [r for k in ("Lead", "Contact") for r in books.everything(k)
                if r.get(LEAD_ID) == row.state.lead_id]  # fmt: skip
        if not mine and row.state.salesforce_id is None:
            yield f"lost: {row.state.lead_id} was passed and is not in Salesforce"


def none_twice(books: Books) -> Found:
    """We make one record, one task and one message per hand-off, deleted ones counted."""
    ours = books.crm.user_id
    for kind in ("Lead", "Contact", "Task"):
        made = Counter(
            row.get(LEAD_ID)
            for row in books.everything(kind)
            if row.get("CreatedById") == ours and row.get(LEAD_ID) and not row.get("ConvertedFrom")
        )
        if kind == "Contact":
            continue
        for key, count in made.items():
            if count > 1:
                yield f"twice: {count} {kind}s for {key}"
    living: Counter[str] = Counter()
    for row in books.living("Lead").values():
        if row.get("CreatedById") == ours and not row.get("IsConverted"):
            lead = books.by_contact_of_lead(str(row.get(LEAD_ID)))
            if lead:
                living[lead] += 1
    for contact, count in living.items():
        if count > 1:
            yield f"twice: {count} Leads by us for contact {contact}"
    keys = Counter(
        (stored.action.kind, stored.action.record_kind, lead_id, stored.action.cycle)
        for lead_id, actions in books.actions.items()
        for stored in actions
        if stored.action.kind == "notify"
    )
    for key, count in keys.items():
        if count > 1:
            yield f"twice: {count} messages {key[2]} cycle {key[3]}"


def no_owner_flipped(books: Books) -> Found:
    """After a record is made, we set its owner only when a new cycle begins."""
    ours = books.crm.user_id
    flips: Counter[str] = Counter()
    for row in books.everything("LeadHistory"):
        if row.get("Field") in ("ownerAssignment", "Owner") and row.get("CreatedById") == ours:
            flips[str(row["LeadId"])] += 1
    by_id = {row["Id"]: row for row in books.everything("Lead")}
    for lead_id, count in flips.items():
        mine = str(by_id[lead_id].get(LEAD_ID))
        cycles = sum(e.kind is EventKind.HANDED_OFF for e in books.events.get(mine, []))
        if count > 2 * max(cycles - 1, 0):
            yield f"owner-flipped: {lead_id} {count} history rows in {cycles} cycles"
    for row in books.rows:
        record = books.record_of(row)
        if record is None or row.state.salesforce_kind != "Lead" or row.state.passed_at is None:
            continue
        if record.get("LastModifiedById") != ours:
            continue


def nothing_is_left(books: Books) -> Found:
    """No action is open, unless it waits for one that is parked, or for its own moment."""
    now = books.sim.world.clock.now()
    for lead_id, actions in books.actions.items():
        blocked = lead_id in books.parked
        for stored in actions:
            open_ = stored.state in (ActionState.PLANNED, ActionState.WAITING, ActionState.STARTED)
            later = stored.action.not_before is not None and stored.action.not_before > now
            if open_ and not blocked and not later:
                yield f"left-over: {stored.state} {stored.action.kind} of {lead_id}"


def status_is_known(books: Books) -> Found:
    """What the ledger heard of each lead's status and conversion is what Salesforce says."""
    for row in books.rows:
        record = books.record_of(row)
        if record is None or row.state.salesforce_kind != "Lead":
            continue
        events = books.events.get(row.state.lead_id, [])
        known = known_of(events, worked_cycle(row.state))
        if row.state.passed_at and record.get("Status") != known.status:
            yield (
                f"unheard: {row.state.lead_id} is '{record.get('Status')}' in Salesforce, "
                f"'{known.status}' in the ledger"
            )
        if record.get("IsConverted") and not known.converted:
            yield f"unheard: {row.state.lead_id} was converted"


def both_converge(books: Books) -> Found:
    """Linked pairs hold the same agreed values, or the difference is on a list."""
    if not TWO_WAY:
        return
    for row in books.rows:
        record = books.record_of(row)
        contact = books.contacts.get(row.hubspot_id)
        if record is None or contact is None or row.state.lead_id in books.parked:
            continue
        if record.get("IsConverted") or row.state.passed_at is None:
            continue
        listed = {
            str(e.data.get("field"))
            for e in books.events.get(row.state.lead_id, [])
            if e.kind is EventKind.CONFLICT
        }
        kind = row.state.salesforce_kind or "Lead"
        mapped = books.mapper.from_hubspot(contact)
        if not mapped.sound:
            continue
        wanted, _ = books.mapper.to_salesforce(mapped.values, kind)
        for rule in books.sim.ruleset.fields.rules.values():
            name = crm_name(rule, kind)
            if not rule.hubspot or not name or name not in wanted or rule.name in listed:
                continue
            if rule.direction not in (Direction.BOTH, Direction.TO_CRM):
                continue
            if (str(record["Id"]), name) in books.sim.touched:
                continue  # a person's own value stays until somebody else changes it
            value = record.get(name)
            if not same(wanted[name], None if value is None else str(value)):
                yield f"diverged: {rule.name} of {row.state.lead_id} ({kind}, {rule.direction})"


def books_balance(books: Books) -> Found:
    """Passed leads are accepted, rejected or waiting, each journey in exactly one state."""
    journeys = journeys_of(books.ledger, books.sim.ruleset.vocabulary)
    whole = figures(journeys, currency="USD", rates={})
    passed = [j for j in journeys if j.passed_at is not None]
    states = Counter(j.state for j in passed)
    if None in states or whole.counts["passed"] != sum(states.values()):
        yield "unbalanced: passed is not the sum of its states"
    if whole.waiting != states[State.WAITING] or whole.waiting != sum(map(is_waiting, passed)):
        yield f"unbalanced: {whole.waiting} waiting, {states[State.WAITING]} by the journeys"
    handed = sum(
        len({e.cycle for e in events if e.kind is EventKind.HANDED_OFF})
        for events in books.events.values()
    )
    if handed != len(passed):
        yield f"unbalanced: {handed} handed off, {len(passed)} journeys passed"
    for journey in journeys:
        if journey.recycled_at and not journey.rejected_at:
            yield f"unbalanced: {journey.lead_id} was recycled and never rejected"
        if (journey.accepted_at or journey.rejected_at) and not journey.passed_at:
            yield f"unbalanced: {journey.lead_id} cycle {journey.cycle} answered, never passed"
    captured = Counter(
        e.lead_id for v in books.events.values() for e in v if e.kind is EventKind.CAPTURED
    )
    for row in books.rows:
        if captured[row.state.lead_id] != 1:
            yield f"unbalanced: {row.state.lead_id} captured {captured[row.state.lead_id]} times"


def bad_values_are_listed(books: Books) -> Found:
    """A contact that cannot be read whole waits for a person, with its problem."""
    for id_, values in books.contacts.items():
        row = books.by_contact.get(id_)
        unread = row is not None and values.get("lead_origin") == "Carrier pigeon"
        if row is not None and unread and row.state.lead_id not in books.parked:
            yield f"unlisted: {row.state.lead_id} cannot be read, and nobody is told"


def nothing_left_unannounced(sim: Company) -> Found:
    """Every write is on disk as started before it leaves."""
    for call in sim.unannounced:
        yield f"unannounced: {call}"


def facts_are_told_once(books: Books) -> Found:
    """Hearing of a fact twice records it once."""
    for lead_id, events in books.events.items():
        heard = Counter((e.kind, e.at, e.cycle, repr(sorted(e.data.items()))) for e in events)
        for (kind, *_), count in heard.items():
            if count > 1 and kind in FACTS:
                yield f"told-twice: {kind} of {lead_id}"


FACTS = (
    *(EventKind.STATUS_CHANGED, EventKind.REJECTED, EventKind.ACCEPTED, EventKind.CONVERTED),
    *(EventKind.TOUCHED, EventKind.DELIVERED, EventKind.HANDED_OFF, EventKind.CAPTURED),
)


def tasks_have_a_lead(books: Books) -> Found:
    for row in books.everything("Task"):
        if row.get("CreatedById") == books.crm.user_id and not row.get("WhoId"):
            yield f"orphan: task {row['Id']}"


def owner_is_the_one_we_chose(books: Books) -> Found:
    """A Lead that we made, and nobody reassigned, is owned by whom the hand-off names."""
    persons = books.sim.ruleset.people.persons
    users = {row["Email"]: row["Id"] for row in books.crm.rows("User")}
    moved = {
        row["LeadId"]
        for row in books.everything("LeadHistory")
        if row.get("Field") in ("Owner", "ownerAssignment")
    }
    for record in books.living("Lead").values():
        mine = str(record.get(LEAD_ID))
        events = books.events.get(mine, [])
        owners = [e.data.get("owner") for e in events if e.kind is EventKind.HANDED_OFF]
        if record.get("CreatedById") != books.crm.user_id or record["Id"] in moved:
            continue
        person = persons.get(str(owners[0])) if len(owners) == 1 else None
        if person is not None and users.get(person.email) != record["OwnerId"]:
            yield f"owner-flipped: {mine} is not owned by whom we named"


def status_is_told(books: Books) -> Found:
    """Marketing sees the lead status that sales' last step stands for."""
    words = {WORKING: "IN_PROGRESS", REJECTED: "UNQUALIFIED", OPEN: "OPEN"}
    contacts = {row["id"]: row["properties"] for row in books.sim.world.hubspot.records("contacts")}
    for row in books.rows:
        record, contact = books.record_of(row), contacts.get(row.hubspot_id)
        if record is None or contact is None or row.state.lead_id in books.parked:
            continue
        if row.state.passed_at is None or row.state.salesforce_kind != "Lead":
            continue
        wanted = words.get(str(record.get("Status")))
        if row.state.cycle == 1 and wanted and contact.get("hs_lead_status") != wanted:
            yield f"untold: {row.state.lead_id} is {wanted}, not {contact.get('hs_lead_status')}"


def owners_hear_once(books: Books) -> Found:
    """One message per hand-off; tried again, it keeps its key."""
    keys: dict[tuple[object, ...], set[str]] = {}
    for message in books.sim.messages:
        keys.setdefault((message.lead_ids, message.to, message.subject), set()).add(message.key)
    for (leads, *_), found in keys.items():
        cycles = sum(
            e.kind is EventKind.HANDED_OFF for one in leads for e in books.events.get(one, [])
        )
        if len(found) > max(cycles, 1):
            yield f"twice: {len(found)} messages for {cycles} hand-offs"


ALWAYS: Sequence[Callable[[Company], Found]] = (
    no_bug,
    no_personal_data,
    nothing_left_unannounced,
)
CHECKS: Sequence[Callable[[Books], Found]] = (
    cursors_are_truthful,
    none_lost,
    none_twice,
    no_owner_flipped,
    nothing_is_left,
    status_is_known,
    both_converge,
    books_balance,
    problems_are_discreet,
    bad_values_are_listed,
    facts_are_told_once,
    tasks_have_a_lead,
    owner_is_the_one_we_chose,
    status_is_told,
    owners_hear_once,
)
