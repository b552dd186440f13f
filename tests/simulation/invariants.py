"""What must hold once a company has come to rest, checked against both systems and the ledger."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from connector.adapters.salesforce.reading import moment_of
from connector.cli import rulesets
from connector.core.additions import PARENT
from connector.core.compare import same
from connector.core.events import Event, EventKind, event_key
from connector.core.journeys import State
from connector.core.mapping import Mapper, crm_name
from connector.core.metrics import figures, is_waiting
from connector.core.plan import ActionState, Destination
from connector.core.records import is_blank
from connector.core.rules.fields import Blanks, Direction
from connector.core.rules.ruleset import Ruleset
from connector.core.status import known_of
from connector.core.touch_task import HANDS
from connector.flows.lead_state import ARCHIVED, GONE, MERGED_INTO, is_at_rest
from connector.flows.measure import journeys_of
from connector.flows.replay import replay
from connector.flows.status_facts import ERASED, worked_cycle
from connector.ports import LeadRow, StoredEvent
from tests.simulation.company import MARK, Company

OPEN, WORKING = "Open - Not Contacted", "Working - Contacted"
REJECTED = "Closed - Not Converted"

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
        self.stored: dict[str, list[StoredEvent]] = {}
        for entry in stored:
            self.stored.setdefault(entry.event.lead_id, []).append(entry)
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
        } | sim.given_up
        self.crm = sim.world.salesforce
        self.mapper = Mapper(sim.ruleset.fields)

    def living(self, kind: str) -> dict[str, dict[str, Any]]:
        return {row["Id"]: row for row in self.crm.rows(kind)}

    def everything(self, kind: str) -> list[dict[str, Any]]:
        return list(self.crm.org.tables[kind].rows.values())

    def by_contact_of_lead(self, lead_id: str) -> str:
        """The HubSpot contact of a lead, empty where the ledger has no such lead."""
        return next((r.hubspot_id for r in self.rows if r.state.lead_id == lead_id), "")

    def is_listed(self, lead_id: str, code: str) -> bool:
        """Whether somebody is told of this about the lead, or about the one it was merged into."""
        row = next((row for row in self.rows if row.state.lead_id == lead_id), None)
        winner = str(row.crm.get(MERGED_INTO) or lead_id) if row else lead_id
        return any(
            one.state is ActionState.PARKED
            and one.action.problem is not None
            and one.action.problem.code == code
            for one in self.actions.get(winner, ())
        )

    def record_of(self, row: LeadRow) -> dict[str, Any] | None:
        """The living CRM record that the ledger says is this lead's."""
        if row.state.salesforce_id is None:
            return None
        return self.living(row.state.salesforce_kind or "Lead").get(row.state.salesforce_id)

    def pairs(self) -> Iterator[tuple[LeadRow, dict[str, Any], Mapping[str, str | None]]]:
        """Passed leads that live on both sides and of which nothing waits for a person."""
        for row in self.rows:
            record, contact = self.record_of(row), self.contacts.get(row.hubspot_id)
            if record is None or contact is None or is_at_rest(row):
                continue
            if row.state.lead_id not in self.parked and row.state.passed_at is not None:
                yield row, record, contact


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
        if row is None and _is_forgotten(books, values):
            continue
        if row is None:
            yield f"unread: contact {id_} is not in the ledger"
            continue
        fresh = books.mapper.from_hubspot(values)
        if row.hubspot_id != id_:
            yield f"unread: contact {id_} of {row.state.lead_id} has another id in the ledger"
        elif fresh.sound and row.values != fresh.values:
            names = sorted(n for n in fresh.values if row.values.get(n) != fresh.values[n])
            yield f"unread: contact {id_} of {row.state.lead_id} changed unnoticed: {names}"


def _is_forgotten(books: Books, values: Mapping[str, str | None]) -> bool:
    """By whichever of their addresses somebody came back who was erased."""
    return any(str(values.get("email")).startswith(f"{who}.") for who in books.sim.forgotten)


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
    known = values.get("phone") != "call me"
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
        if (
            row.state.lead_id.startswith(ERASED)
            or row.crm.get(MERGED_INTO)
            or row.crm.get(ARCHIVED)
        ):
            continue  # the lead that goes on is looked at in its own right; who was deleted rests
        mine = [r for k in ("Lead", "Contact") for r in books.everything(k)
                if r.get(LEAD_ID) == row.state.lead_id]  # fmt: skip
        if not mine and row.state.salesforce_id is None:
            yield f"lost: {row.state.lead_id} was passed and is not in Salesforce"


def nobody_is_remembered(books: Books) -> Found:
    """Who asked to be erased is not in the ledger, and is not passed again."""
    asked = set(books.sim.forgotten.values())
    for row in books.rows:
        if row.values.get("email") in asked:
            yield f"remembered: {row.state.lead_id}"
    for record in books.living("Lead").values():
        ours = record.get("CreatedById") == books.crm.user_id
        if ours and record.get("Email") in asked and record["Id"] not in books.sim.erased:
            yield f"remembered: {record['Id']} in Salesforce"


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
    nameless = Counter(
        str(row.get("Email"))
        for row in books.living("Lead").values()
        if row.get("CreatedById") == ours and not row.get(LEAD_ID)
        if (row["Id"], LEAD_ID) not in books.sim.touched
    )
    resting = {row.state.lead_id for row in books.rows if row.crm.get(ARCHIVED)}
    doubles = Counter(
        str(row["Email"])
        for row in books.living("Lead").values()
        if row.get("CreatedById") == ours and row.get("Email") and not row.get("IsConverted")
        if not books.is_listed(str(row.get(LEAD_ID)), "two-records")
        if row.get(LEAD_ID) not in resting  # somebody else may have the address by now
    )
    for count in doubles.values():
        if count > 1:
            yield f"twice: {count} Leads by us with one address"
    if nameless:
        yield f"twice: {sum(nameless.values())} Leads by us without our id"
    for contact, count in living.items():
        if count > 1:
            yield f"twice: {count} Leads by us for contact {contact}"
    keys = Counter(
        (stored.action.kind, str(stored.action.fields.get("cause")), lead_id, stored.action.cycle)
        for lead_id, actions in books.actions.items()
        for stored in actions
        if stored.action.kind == "notify" and not lead_id.startswith(ERASED)
    )
    for key, count in keys.items():
        if count > 1:
            yield f"twice: {count} messages {key[2]} cycle {key[3]}"


def no_owner_flipped(books: Books) -> Found:
    """After a record is made, we set its owner and status only when a new cycle begins."""
    ours = books.crm.user_id
    flips: Counter[str] = Counter()
    for row in books.everything("LeadHistory"):
        if row.get("Field") in ("ownerAssignment", "Owner") and row.get("CreatedById") == ours:
            flips[str(row["LeadId"])] += 1
    by_id = {row["Id"]: row for row in books.everything("Lead")}
    stepped = Counter(
        str(row["LeadId"])
        for row in books.everything("LeadHistory")
        if row.get("Field") == "Status" and row.get("CreatedById") == ours
    )
    linked = {row.state.salesforce_id: row.state.lead_id for row in books.rows}
    put_back = books.sim.put_back
    looked_at = ((flips, 2, "owner-flipped", "OwnerId"), (stepped, 1, "status-flipped", "Status"))
    for counted, most, name, field in looked_at:
        for lead_id, total in counted.items():
            if lead_id in books.sim.erased:
                continue  # what was asked of us is told under another name
            count = total - most * put_back[lead_id, field]  # an admin had us do these
            mine = str(by_id[lead_id].get(LEAD_ID) or linked.get(lead_id))
            events = books.events.get(mine, [])
            cycles = sum(e.kind is EventKind.HANDED_OFF for e in events)
            given = sum(e.kind is EventKind.CONTACT_OWNER_CHANGED for e in events)
            if count > most * (max(cycles - 1, 0) + (given if name == "owner-flipped" else 0)):
                yield f"{name}: {lead_id} {count} history rows in {cycles} cycles"


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
            own = (str(record["Id"]), name) in books.sim.touched
            if own and rule.direction is Direction.TO_CRM:
                continue  # a rep's own value stays until marketing changes it
            value = record.get(name)
            if rule.blanks is Blanks.KEEP and (is_blank(mapped.values[rule.name]) or not value):
                continue
            if not same(wanted[name], None if value is None else str(value)):
                yield f"diverged: {rule.name} of {row.state.lead_id} ({kind}, {rule.direction})"


def a_no_is_heard_on_both_sides(books: Books) -> Found:
    """Whoever wants no more mails gets none from either side."""
    for row, record, contact in books.pairs():
        if record.get("IsConverted"):
            continue
        here, there = contact.get("do_not_email") == "true", record.get("HasOptedOutOfEmail")
        if here != bool(there):
            yield f"opt-out: {row.state.lead_id} is {here} in HubSpot and {there} in the CRM"


def touches_are_heard(books: Books) -> Found:
    """What a rep did with a Lead after it was passed is in the ledger, whenever we learnt of it."""
    rows = {row.state.salesforce_id: row for row in books.rows}
    for task in books.living("Task").values():
        row = rows.get(task.get("WhoId"))
        if task.get("CreatedById") == books.crm.user_id or row is None:
            continue
        lead_id = row.state.lead_id
        passed = [e.at for e in books.events.get(lead_id, []) if e.kind is EventKind.HANDED_OFF]
        key = event_key(EventKind.TOUCHED, lead_id, task["Id"])
        heard = any(e.key == key for e in books.events.get(lead_id, []))
        if passed and moment_of(task["CreatedDate"]) > min(passed) and not heard:
            yield f"unheard: task {task['Id']} of {lead_id}"


def additions_are_told(books: Books) -> Found:
    """Each file and comment that a rep left on a Lead after it was passed, under its own key."""
    rows = {row.state.salesforce_id: row for row in books.rows}
    for kind, parent in PARENT.items():
        told = EventKind.FILE_ADDED if kind == "ContentVersion" else EventKind.COMMENTED
        for added in books.living(kind).values():
            row = rows.get(added.get(parent))
            if row is None:
                continue
            events = books.events.get(row.state.lead_id, [])
            passed = [e.at for e in events if e.kind is EventKind.HANDED_OFF]
            key = event_key(told, row.state.lead_id, added.get("ContentDocumentId") or added["Id"])
            after = passed and moment_of(added["CreatedDate"]) > min(passed)
            if after and not any(e.key == key for e in events):
                yield f"untold: {kind} {added['Id']} of {row.state.lead_id}"


def losers_are_silent(books: Books) -> Found:
    """Where two contacts became one, only the lead that goes on tells marketing anything."""
    for row in books.rows:
        merged = [
            e.recorded_at
            for e in books.stored.get(row.state.lead_id, [])
            if e.event.kind is EventKind.MERGED and e.event.data.get("lead")
        ]
        if not row.crm.get(MERGED_INTO) or not merged:
            continue
        for stored in books.actions[row.state.lead_id]:
            told = stored.action.destination is Destination.HUBSPOT
            if told and stored.planned_at > max(merged):
                yield f"two-voices: {row.state.lead_id} speaks for {row.crm[MERGED_INTO]}"


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
    rows = {row.state.lead_id: row for row in books.rows}
    for journey in passed:
        row = rows[journey.lead_id]
        over = row.crm.get(MERGED_INTO) or row.crm.get(GONE)
        undelivered = row.state.salesforce_id is None and journey.lead_id not in books.parked
        waits = journey.state is State.WAITING and journey.cycle == row.state.cycle
        if waits and (over or undelivered):
            yield f"unbalanced: {journey.lead_id} waits for an answer to nothing: {over}"
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
        unread = row is not None and values.get("phone") == "call me"
        if row is not None and unread and row.state.lead_id not in books.parked:
            yield f"unlisted: {row.state.lead_id} cannot be read, and nobody is told"


def nothing_left_unannounced(sim: Company) -> Found:
    """Every write is on disk as started before it leaves."""
    for call in sim.unannounced:
        yield f"unannounced: {call}"


def facts_are_told_once(books: Books) -> Found:
    """Hearing of a fact twice records it once."""
    for lead_id, events in books.events.items():
        heard = Counter((e.kind, e.at, e.cycle, _said(e)) for e in events)
        for (kind, *_), count in heard.items():
            if count > 1 and kind in FACTS:
                yield f"told-twice: {kind} of {lead_id}"


def _said(event: Event) -> str:
    """What makes it this fact; of a promise that is its clause, whoever it was held against."""
    if "clause" in event.data:
        return str(event.data["clause"])
    return repr(sorted(event.data.items()))


FACTS = (
    *(EventKind.PROMISE_BROKEN, EventKind.PROMISE_KEPT, EventKind.PROMISE_AT_RISK),
    *(EventKind.STATUS_CHANGED, EventKind.REJECTED, EventKind.ACCEPTED, EventKind.CONVERTED),
    *(EventKind.TOUCHED, EventKind.DELIVERED, EventKind.HANDED_OFF, EventKind.CAPTURED),
)


def links_are_true(books: Books) -> Found:
    """The ledger's link leads to the living Lead that carries the lead's id."""
    rows = {row.state.lead_id: row for row in books.rows}
    for record in books.living("Lead").values():
        row = rows.get(str(record.get(LEAD_ID)))
        if row is None or record.get("IsConverted") or row.state.salesforce_id == record["Id"]:
            continue
        strange = row.state.salesforce_id and row.state.salesforce_id[:3] not in ("00Q", "003")
        if strange or row.state.lead_id not in books.parked:
            yield f"unlinked: {row.state.lead_id} is linked with '{row.state.salesforce_id}'"


def nothing_refused_as_a_double(books: Books) -> Found:
    """Salesforce never has to keep us from writing a record a second time."""
    for stored in books.ledger.parked():
        if stored.action.problem and "duplicate-value" in stored.action.problem.code:
            yield f"twice: refused as a double: {stored.action.record_kind}"


def tasks_have_a_lead(books: Books) -> Found:
    for row in books.everything("Task"):
        if row.get("CreatedById") == books.crm.user_id and not row.get("WhoId"):
            yield f"orphan: task {row['Id']}"


def one_task_at_a_time(books: Books) -> Found:
    """However a lead was touched, given on or given back: its owner has one open task of ours.

    Where reps merge two of our Leads, each brings its own along.
    """
    lead_of = {
        one.action.key: lead_id for lead_id, actions in books.actions.items() for one in actions
    }
    open_ = Counter(
        lead_of[row[LEAD_ID]]
        for row in books.living("Task").values()
        if not row.get("IsClosed") and row.get(LEAD_ID) in lead_of
    )
    for lead_id, count in open_.items():
        if count > 1:
            yield f"twice: {count} open tasks of ours for {lead_id}"


def touches_lead_to_a_task(books: Books) -> Found:
    """Whoever called a lead and still owes it touches was planned a task for the next one."""
    persons = books.sim.ruleset.people.persons
    for row in books.rows:
        state, lead_id = row.state, row.state.lead_id
        record = books.record_of(row) if state.salesforce_kind == "Lead" else None
        if record is None or record.get("IsConverted") or is_at_rest(row):
            continue
        if state.passed_at is None or state.disposition or state.owner not in persons:
            continue
        mine = [e for e in books.events.get(lead_id, []) if e.cycle == state.cycle]
        handed = max(e.at for e in mine if e.kind in HANDS)
        if any(e.kind is EventKind.DELETED and e.at >= handed for e in mine):
            continue  # the promise lapsed with the record, also where that was restored since
        calls = [e for e in mine if e.kind is EventKind.TOUCHED and e.at > handed]
        planned = [
            one.action
            for one in books.actions[lead_id]
            if one.action.rule == "touches" and one.action.cycle == state.cycle
        ]
        if any(e.data.get("channel") == "phone" for e in calls) and not planned:
            yield f"untasked: {lead_id} was called, and nothing says what comes next"


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


def one_owner_on_both_sides(books: Books) -> Found:
    """At rest the contact belongs to whom the record belongs to, where both are on the roster."""
    users = {row["Id"]: row["Email"] for row in books.crm.rows("User")}
    persons = books.sim.ruleset.people.persons.values()
    seats = {one.email for one in persons if one.hubspot_owner}
    owners = {o.id: o.email for o in books.sim.world.hubspot.portal.owners.every()}
    for row, record, contact in books.pairs():
        wanted = users.get(record["OwnerId"])
        held = owners.get(contact.get("hubspot_owner_id") or "")
        if wanted in seats and held in seats and held != wanted:
            yield f"two owners: {row.state.lead_id} is {wanted}'s in the CRM and {held}'s here"


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
        if (row.hubspot_id, "hs_lead_status") in books.sim.touched:
            continue  # an admin put back what we had told
        wanted = words.get(str(record.get("Status")))
        if row.state.cycle == 1 and wanted and contact.get("hs_lead_status") != wanted:
            yield f"untold: {row.state.lead_id} is {wanted}, not {contact.get('hs_lead_status')}"


def owners_hear_once(books: Books) -> Found:
    """One message per hand-off; tried again, it keeps its key."""
    keys: dict[tuple[object, ...], set[str]] = {}
    for message in books.sim.messages:
        if message.cause != "new-lead":
            continue
        keys.setdefault((message.lead_ids, message.to, message.subject), set()).add(message.key)
    for (leads, *_), found in keys.items():
        cycles = sum(
            e.kind is EventKind.HANDED_OFF for one in leads for e in books.events.get(one, [])
        )
        if len(found) > max(cycles, 1):
            yield f"twice: {len(found)} messages for {cycles} hand-offs"


FILES: dict[str, Ruleset] = {}  #: versions that histories used, each read once


def decisions_come_out_again(books: Books) -> Found:
    """Every run of the history, taken again from what the ledger kept."""

    def find(version: str) -> Ruleset:
        if version not in FILES:
            FILES[version] = rulesets.find(version, books.ledger)
        return FILES[version]

    decided = books.sim.deciding_runs()
    anybody_erased = any(row.state.lead_id.startswith(ERASED) for row in books.rows)
    for run in books.ledger.runs(limit=10_000):
        if run.id not in decided:
            continue
        again = replay(books.ledger, run.id, find, lambda _what, _count: None)
        for one in again.differing:
            yield f"replay: {run.job}: {one.kind} of {one.lead_id}: {one.differences}"
        if again.lost and not anybody_erased:
            yield f"replay: {run.job}: inputs lost of {again.lost}"


ALWAYS: Sequence[Callable[[Company], Found]] = (
    no_bug,
    no_personal_data,
    nothing_left_unannounced,
)
CHECKS: Sequence[Callable[[Books], Found]] = (
    cursors_are_truthful,
    none_lost,
    nobody_is_remembered,
    none_twice,
    no_owner_flipped,
    nothing_is_left,
    status_is_known,
    both_converge,
    a_no_is_heard_on_both_sides,
    touches_are_heard,
    additions_are_told,
    losers_are_silent,
    books_balance,
    problems_are_discreet,
    bad_values_are_listed,
    facts_are_told_once,
    tasks_have_a_lead,
    one_task_at_a_time,
    touches_lead_to_a_task,
    links_are_true,
    nothing_refused_as_a_double,
    owner_is_the_one_we_chose,
    status_is_told,
    owners_hear_once,
    decisions_come_out_again,
    one_owner_on_both_sides,
)
