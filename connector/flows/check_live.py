"""Holds the files against both live schemas: everything that would fail or be cut, beforehand."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from connector.core.mapping import crm_name
from connector.core.needs import (
    Need,
    fields_file,
    hubspot_lists,
    hubspot_properties,
    salesforce_fields,
)
from connector.core.owners import QUEUE, directory, directory_problems
from connector.core.problems import Place, Problem
from connector.core.rules.fields import Direction
from connector.core.rules.ruleset import Ruleset
from connector.flows.deliver_hubspot import OPT_OUT
from connector.flows.live_fields import (
    Hit,
    Hits,
    fault,
    has,
    length_faults,
    option_faults,
    read_only,
    set_once,
    type_faults,
)
from connector.flows.live_rights import Barred, object_faults, record_type_faults
from connector.flows.live_words import words_of_sales
from connector.ports import (
    Crm,
    LeadRow,
    Ledger,
    MarketingSystem,
    Member,
    ObjectSchema,
    RecordType,
    Rights,
)

KINDS = ("Lead", "Contact", "Task")
ALWAYS_WRITTEN = {"Lead": ("Status", "OwnerId"), "Contact": ("OwnerId",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One problem, and how many leads of the ledger it would hit (None: it is not about leads)."""

    problem: Problem
    leads: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Both systems as they describe themselves."""

    contact: ObjectSchema
    owners: tuple[Member, ...]
    lists: Mapping[str, str]
    pipelines: Mapping[str, tuple[str, ...]]
    crm: Mapping[str, ObjectSchema]  #: Lead, Contact, Task
    members: tuple[Member, ...]
    assignment_rules: tuple[str, ...] = ()  #: active ones for leads
    record_types: tuple[RecordType, ...] = ()  #: of leads
    rights: Mapping[str, Rights] = field(default_factory=dict)
    barred: tuple[Problem, ...] = ()  #: what we were not let look at

    def schemas(self) -> tuple[ObjectSchema, ...]:
        """Those worth keeping."""
        return (self.contact, *self.crm.values())


def look_around(marketing: MarketingSystem, crm: Crm) -> Surroundings:
    """Reads both systems' definitions; about a dozen calls, none of which writes.

    Raises StopTheRun where a system does not let us in or hides its fields. All else that it does
    not let us see is named in `barred`, so that one missing right does not hide the other faults.
    """
    barred = Barred()
    nobody: tuple[Member, ...] = ()
    no_lists: dict[str, str] = {}
    no_pipelines: dict[str, tuple[str, ...]] = {}
    scope = "Give the key the scope {}.".format
    return Surroundings(
        contact=marketing.schema(),
        owners=barred.unless(
            marketing.owners, nobody, "hubspot:owners", scope("crm.objects.owners.read")
        ),
        lists=barred.unless(marketing.lists, no_lists, "hubspot:lists", scope("crm.lists.read")),
        pipelines=barred.unless(
            marketing.pipelines,
            no_pipelines,
            "hubspot:pipelines",
            scope("crm.schemas.contacts.read"),
        ),
        rights=(rights := crm.rights()),
        crm={kind: crm.schema(kind) for kind in KINDS if kind in rights},
        members=barred.unless(
            crm.members, nobody, "salesforce:User", "Let the integration user see users and queues."
        ),
        assignment_rules=barred.unless(
            lambda: crm.assignment_rules("Lead"),
            (),
            "salesforce:AssignmentRule",
            "Give the integration user View Setup and Configuration.",
        ),
        record_types=barred.unless(
            lambda: crm.record_types("Lead"),
            (),
            "salesforce:RecordType",
            "Let the integration user see the record types of Lead.",
        )
        if "Lead" in rights
        else (),
        barred=tuple(barred.problems),
    )


def check_live(ruleset: Ruleset, around: Surroundings, ledger: Ledger) -> list[Finding]:
    """Every fault, in reading order, with the number of leads in the ledger that it would hit."""
    stopped = _stopped(ledger)
    found: list[tuple[Problem, Hit]] = [
        *((problem, None) for problem in around.barred),
        *_hubspot(ruleset, around, stopped),
        *_lists(ruleset, around),
        *_lifecycle(ruleset, around),
        *_owners(ruleset, around),
        *object_faults(around.rights),
        *_salesforce(ruleset, around, "Lead", stopped),
        *_salesforce(ruleset, around, "Contact", stopped),
        *_required(ruleset, around),
        *record_type_faults(ruleset, around.crm.get("Lead"), around.record_types),
        *words_of_sales(ruleset, around.crm),
        *_users(ruleset, around),
        *_rules(around),
    ]
    counts = [0] * len(found)
    after = ""
    while rows := ledger.lead_rows(after=after, limit=1_000):
        after = rows[-1].state.lead_id
        for number, (_, hits) in enumerate(found):
            if callable(hits):
                counts[number] += sum(map(hits, rows))
    findings = [
        Finding(problem=problem, leads=count if callable(hits) else hits)
        for (problem, hits), count in zip(found, counts, strict=True)
    ]
    return sorted(findings, key=lambda f: (f.problem.where.file, f.problem.where.line))


def _stopped(ledger: Ledger) -> Counter[str]:
    """Field -> leads that wait because a word of it is unknown."""
    waiting = {
        (name, stored.action.lead_id)
        for stored in ledger.parked()
        if (problem := stored.action.problem) and problem.code == "unknown-value"
        for name in problem.what.split(": ")[:-1]  # record, field: what is wrong with it
    }
    return Counter(name for name, _ in waiting)


def _hubspot(
    ruleset: Ruleset, around: Surroundings, stopped: Counter[str]
) -> Iterator[tuple[Problem, Hit]]:
    there = around.contact.fields
    rules = {r.hubspot: r for r in ruleset.fields.rules.values() if r.hubspot}
    for need in hubspot_properties(ruleset):
        field = there.get(need.name)
        rule = rules.get(need.name)
        if field is None:
            yield _missing_property(need), has(rule.name) if rule else None
            continue
        if rule is None:
            continue
        writes = rule.direction in (Direction.TO_MARKETING, Direction.BOTH)
        if writes and not field.writable and need.name != OPT_OUT:  # has a call of its own
            yield read_only(rule, need.name, "HubSpot"), has(rule.name)
        yield from type_faults(rule, field, "HubSpot")
        parked = stopped[rule.name]
        yield from option_faults(
            rule, field, side=0, system="HubSpot", writes=writes, parked=parked
        )


def _missing_property(need: Need) -> Problem:
    return fault(
        "missing-property",
        need.place,
        f"HubSpot has no contact property '{need.name}'",
        "Make it with `leadrelay setup hubspot --apply`, or correct the name.",
    )


def _lists(ruleset: Ruleset, around: Surroundings) -> Iterator[tuple[Problem, Hit]]:
    if _is_barred(around, "hubspot:lists"):
        return
    for need in hubspot_lists(ruleset):
        if need.name not in around.lists:
            yield (
                fault(
                    "missing-list",
                    need.place,
                    f"HubSpot has no static list named '{need.name}'",
                    "Make it with `leadrelay setup hubspot --apply`.",
                ),
                _joining(ruleset, need.name),
            )


def _is_barred(around: Surroundings, what: str) -> bool:
    return any(problem.where.file == what for problem in around.barred)


def _joining(ruleset: Ruleset, hubspot_list: str) -> Hits:
    """Leads that sales gave back for a reason whose programme fills the list."""
    recycling = ruleset.recycling
    filling = {p.name for p in recycling.programmes.values() if p.hubspot_list == hubspot_list}
    reasons = {r for rule in recycling.rules if rule.programme in filling for r in rule.reasons}
    return lambda row: row.state.reason in reasons


def _lifecycle(ruleset: Ruleset, around: Surroundings) -> Iterator[tuple[Problem, Hit]]:
    known = set(around.pipelines.get("contacts", ()))
    for stage in ruleset.vocabulary.stages.values():
        wanted = stage.hubspot_lifecycle
        if wanted and known and wanted not in known:
            name = stage.name
            yield (
                fault(
                    "unknown-lifecycle-stage",
                    stage.place,
                    f"HubSpot has no lifecycle stage '{wanted}' (for '{name}')",
                    f"Stages there: {', '.join(sorted(known))}.",
                ),
                lambda row, name=name: row.state.stage == name,  # type: ignore[misc]
            )


def _owners(ruleset: Ruleset, around: Surroundings) -> Iterator[tuple[Problem, Hit]]:
    if _is_barred(around, "hubspot:owners"):
        return
    by_id = {owner.id: owner for owner in around.owners}
    by_email = {owner.email.casefold(): owner for owner in reversed(around.owners)}
    for key, person in ruleset.people.persons.items():
        wanted = person.hubspot_owner
        if not wanted:
            continue
        owner = by_id.get(wanted) or by_email.get(wanted.casefold())
        if owner is None or not owner.active:
            state = "has no owner" if owner is None else "has deactivated the owner"
            yield (
                fault(
                    "unknown-hubspot-owner",
                    person.place,
                    f"HubSpot {state} '{wanted}' of '{key}'",
                    "Invite the person there, or correct hubspot_owner.",
                    warning=True,
                ),
                _owned_by(key),
            )


def _owned_by(key: str) -> Hits:
    return lambda row: row.state.owner == key


def _salesforce(
    ruleset: Ruleset, around: Surroundings, kind: str, stopped: Counter[str]
) -> Iterator[tuple[Problem, Hit]]:
    if kind not in around.crm:
        return
    there = around.crm[kind].fields
    rules = {
        name: rule
        for rule in ruleset.fields.rules.values()
        if (name := crm_name(rule, kind)) is not None
    }
    for need in salesforce_fields(ruleset, kind):
        field = there.get(need.name)
        rule = rules.get(need.name)
        if field is None:
            yield _missing_field(need, kind), has(rule.name) if rule else None
            continue
        if need.key and not (field.unique and field.external_id):
            yield _not_a_key(need, kind), _anybody
        if rule is None or rule.direction is Direction.READ_ONLY:
            continue
        writes = rule.direction in (Direction.TO_CRM, Direction.BOTH)
        if writes and not field.writable:
            yield read_only(rule, f"{kind}.{need.name}", "Salesforce"), has(rule.name)
        if writes and field.once:
            yield set_once(rule, f"{kind}.{need.name}"), has(rule.name)
        yield from type_faults(rule, field, "Salesforce")
        if writes:
            yield from length_faults(rule, field, kind)
        if kind == "Lead":
            parked = stopped[rule.name]
            yield from option_faults(
                rule, field, side=2, system="Salesforce", writes=writes, parked=parked
            )


def _missing_field(need: Need, kind: str) -> Problem:
    return fault(
        "missing-field",
        need.place,
        f"Salesforce shows no field '{need.name}' on {kind}",
        "Deploy `leadrelay setup salesforce --out FOLDER`, give its permission set to the "
        "integration user, or correct the name.",
    )


def _anybody(_: LeadRow) -> bool:
    return True


def _not_there_yet(row: LeadRow) -> bool:
    """Not in the CRM: it would be made."""
    return row.state.salesforce_id is None


def _not_a_key(need: Need, kind: str) -> Problem:
    return fault(
        "not-a-key",
        need.place,
        f"'{need.name}' on {kind} is not a unique external id: a lead could arrive twice",
        "Tick Unique and External ID at the field in Salesforce.",
    )


def _required(ruleset: Ruleset, around: Surroundings) -> Iterator[tuple[Problem, Hit]]:
    written = {
        rule.salesforce
        for rule in ruleset.fields.rules.values()
        if rule.salesforce and rule.direction in (Direction.TO_CRM, Direction.BOTH)
    }
    written |= set(ALWAYS_WRITTEN["Lead"])
    lead = around.crm.get("Lead")
    for one in lead.fields.values() if lead else ():
        if one.required and one.name not in written and one.type != "boolean":
            yield (
                fault(
                    "required-field",
                    fields_file(ruleset),
                    f"Salesforce demands '{one.name}' of every Lead, and no field fills it",
                    "Map a field to it, or give it a default value in Salesforce.",
                ),
                _not_there_yet,
            )


def _users(ruleset: Ruleset, around: Surroundings) -> Iterator[tuple[Problem, Hit]]:
    if _is_barred(around, "salesforce:User"):
        return
    people = ruleset.people
    known = directory(people, around.members)
    by_place = {person.place: key for key, person in people.persons.items()}
    by_place |= {queue.place: QUEUE + name for name, queue in people.queues.items()}
    for problem in directory_problems(people, known):
        key = by_place.get(problem.where)
        yield problem, _owned_by(key) if key else None


def _rules(around: Surroundings) -> Iterable[tuple[Problem, Hit]]:
    for name in around.assignment_rules:
        yield (
            fault(
                "active-assignment-rule",
                Place(file="salesforce:AssignmentRule"),
                f"the lead assignment rule '{name}' is active and would choose other owners",
                "leadrelay switches it off for what it writes; other tools and forms do not.",
                warning=True,
            ),
            _not_there_yet,
        )
