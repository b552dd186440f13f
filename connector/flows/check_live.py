"""Holds the files against both live schemas: everything that would fail or be cut, beforehand."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from connector.core.mapping import crm_name
from connector.core.needs import Need, hubspot_lists, hubspot_properties, salesforce_fields
from connector.core.owners import Directory, directory, directory_problems
from connector.core.problems import Place, Problem
from connector.core.rules.fields import Direction
from connector.core.rules.ruleset import Ruleset
from connector.flows.deliver_hubspot import OPT_OUT
from connector.flows.live_fields import (
    Hits,
    fault,
    has,
    length_faults,
    option_faults,
    read_only,
    type_faults,
)
from connector.ports import Crm, Ledger, MarketingSystem, Member, ObjectSchema

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

    def schemas(self) -> tuple[ObjectSchema, ...]:
        """Those worth keeping."""
        return (self.contact, *self.crm.values())


def look_around(marketing: MarketingSystem, crm: Crm) -> Surroundings:
    """Reads both systems' definitions; about ten calls."""
    return Surroundings(
        contact=marketing.schema(),
        owners=marketing.owners(),
        lists=marketing.lists(),
        pipelines=marketing.pipelines(),
        crm={kind: crm.schema(kind) for kind in ("Lead", "Contact", "Task")},
        members=crm.members(),
        assignment_rules=crm.assignment_rules("Lead"),
    )


def check_live(ruleset: Ruleset, around: Surroundings, ledger: Ledger) -> list[Finding]:
    """Every fault, in reading order, with the number of leads in the ledger that it would hit."""
    found: list[tuple[Problem, Hits | None]] = [
        *_hubspot(ruleset, around),
        *_lists(ruleset, around),
        *_lifecycle(ruleset, around),
        *_owners(ruleset, around),
        *_salesforce(ruleset, around, "Lead"),
        *_salesforce(ruleset, around, "Contact"),
        *_required(ruleset, around),
        *_words_of_sales(ruleset, around),
        *_users(ruleset, around),
        *_rules(around),
    ]
    counts = [0] * len(found)
    after = ""
    while rows := ledger.lead_rows(after=after, limit=1_000):
        after = rows[-1].state.lead_id
        for number, (_, hits) in enumerate(found):
            if hits is not None:
                counts[number] += sum(map(hits, rows))
    findings = [
        Finding(problem=problem, leads=None if hits is None else count)
        for (problem, hits), count in zip(found, counts, strict=True)
    ]
    return sorted(findings, key=lambda f: (f.problem.where.file, f.problem.where.line))


def _hubspot(ruleset: Ruleset, around: Surroundings) -> Iterator[tuple[Problem, Hits | None]]:
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
        yield from option_faults(rule, field, side=0, system="HubSpot", writes=writes)


def _missing_property(need: Need) -> Problem:
    return fault(
        "missing-property",
        need.place,
        f"HubSpot has no contact property '{need.name}'",
        "Make it with `leadrelay setup hubspot --apply`, or correct the name.",
    )


def _lists(ruleset: Ruleset, around: Surroundings) -> Iterator[tuple[Problem, Hits | None]]:
    for need in hubspot_lists(ruleset):
        if need.name not in around.lists:
            yield (
                fault(
                    "missing-list",
                    need.place,
                    f"HubSpot has no static list named '{need.name}'",
                    "Make it with `leadrelay setup hubspot --apply`.",
                ),
                None,
            )


def _lifecycle(ruleset: Ruleset, around: Surroundings) -> Iterator[tuple[Problem, Hits | None]]:
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


def _owners(ruleset: Ruleset, around: Surroundings) -> Iterator[tuple[Problem, Hits | None]]:
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
    ruleset: Ruleset, around: Surroundings, kind: str
) -> Iterator[tuple[Problem, Hits | None]]:
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
            yield _not_a_key(need, kind), None
        if rule is None or rule.direction is Direction.READ_ONLY:
            continue
        writes = rule.direction in (Direction.TO_CRM, Direction.BOTH)
        if writes and not field.writable:
            yield read_only(rule, f"{kind}.{need.name}", "Salesforce"), has(rule.name)
        yield from type_faults(rule, field, "Salesforce")
        if writes:
            yield from length_faults(rule, field, kind)
        if kind == "Lead":
            yield from option_faults(rule, field, side=2, system="Salesforce", writes=writes)


def _missing_field(need: Need, kind: str) -> Problem:
    return fault(
        "missing-field",
        need.place,
        f"Salesforce shows no field '{need.name}' on {kind}",
        "Deploy `leadrelay setup salesforce --out FOLDER`, give its permission set to the "
        "integration user, or correct the name.",
    )


def _not_a_key(need: Need, kind: str) -> Problem:
    return fault(
        "not-a-key",
        need.place,
        f"'{need.name}' on {kind} is not a unique external id: a lead could arrive twice",
        "Tick Unique and External ID at the field in Salesforce.",
    )


def _required(ruleset: Ruleset, around: Surroundings) -> Iterator[tuple[Problem, Hits | None]]:
    written = {
        rule.salesforce
        for rule in ruleset.fields.rules.values()
        if rule.salesforce and rule.direction in (Direction.TO_CRM, Direction.BOTH)
    }
    written |= set(ALWAYS_WRITTEN["Lead"])
    for field in around.crm["Lead"].fields.values():
        if field.required and field.name not in written and field.type != "boolean":
            yield (
                fault(
                    "required-field",
                    Place(file="mappings/fields.yaml"),
                    f"Salesforce demands '{field.name}' of every Lead, and no field fills it",
                    "Map a field to it, or give it a default value in Salesforce.",
                ),
                lambda row: row.state.salesforce_id is None,
            )


def _words_of_sales(
    ruleset: Ruleset, around: Surroundings
) -> Iterator[tuple[Problem, Hits | None]]:
    """Lead statuses and reasons that the files speak of and Salesforce does not offer."""
    lead = around.crm["Lead"].fields
    status = lead.get("Status")
    offered = {value for value, active in status.options if active} if status else set()
    for rule in ruleset.recycling.statuses.values():
        if offered and rule.status not in offered:
            yield (
                fault(
                    "unknown-status",
                    rule.place,
                    f"Salesforce has no lead status '{rule.status}'",
                    f"Statuses there: {', '.join(sorted(offered))}.",
                ),
                None,
            )
    reason = ruleset.fields.rules.get("disposition_reason")
    field = lead.get(reason.salesforce) if reason and reason.salesforce else None
    options = {value.casefold() for value, active in field.options if active} if field else set()
    for word in ruleset.vocabulary.reasons.values():
        if field and options and word.crm_value.casefold() not in options:
            yield (
                fault(
                    "unknown-reason",
                    word.place,
                    f"sales cannot choose '{word.crm_value}' in '{field.name}'",
                    "Add the value to the picklist in Salesforce, or correct crm_value.",
                ),
                None,
            )


def _users(ruleset: Ruleset, around: Surroundings) -> Iterator[tuple[Problem, Hits | None]]:
    known: Directory = directory(ruleset.people, around.members)
    by_place = {person.place: key for key, person in ruleset.people.persons.items()}
    for problem in directory_problems(ruleset.people, known):
        key = by_place.get(problem.where)
        yield problem, _owned_by(key) if key else None


def _rules(around: Surroundings) -> Iterable[tuple[Problem, Hits | None]]:
    for name in around.assignment_rules:
        yield (
            fault(
                "active-assignment-rule",
                Place(file="salesforce:AssignmentRule"),
                f"the lead assignment rule '{name}' is active and would choose other owners",
                "leadrelay switches it off for what it writes; other tools and forms do not.",
                warning=True,
            ),
            None,
        )
