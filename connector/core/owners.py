"""Who owns what in the CRM: users and queues against the roster, and who knows a lead already."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from connector.core.companies import name_similarity, web_domain
from connector.core.plan import Json
from connector.core.problems import Mender, Problem, Severity
from connector.core.records import SourceRecord, Value, Values
from connector.core.rules.people import People, Person
from connector.core.rules.routing import ExistingOwner

QUEUE = "queue:"  #: an owner is a person key of the roster, or this and a queue name

COMPANY, WEBSITE, EMAIL = "company", "website", "email"  #: canonical fields read here


class Account(Protocol):
    """A user or queue as the CRM lists it (`ports.Member`)."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def active(self) -> bool: ...
    @property
    def kind(self) -> str: ...
    @property
    def developer_name(self) -> str: ...


class FoundPerson(Protocol):
    """A Lead or Contact found in the CRM (`ports.CrmPerson`)."""

    @property
    def kind(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def owner_id(self) -> str | None: ...
    @property
    def converted(self) -> bool: ...
    @property
    def fields(self) -> Mapping[str, Json]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """The roster joined with the CRM's users and queues."""

    owners: Mapping[str, str] = field(default_factory=dict)  #: id, 15 characters -> owner
    ids: Mapping[str, str] = field(default_factory=dict)  #: owner -> id in the CRM
    inactive: frozenset[str] = frozenset()  #: person keys whose user has been deactivated
    unmatched: tuple[str, ...] = ()  #: owners of the roster whom the CRM does not know

    def owner(self, crm_id: str | None) -> str | None:
        """The person key or `queue:<name>` behind a CRM id of 15 or 18 characters."""
        return self.owners.get((crm_id or "")[:15])


def directory(people: People, accounts: Iterable[Account]) -> Directory:
    """Joins by id, else by e-mail, name or developer name without case; ids win."""
    known = tuple(accounts)
    ids: dict[str, str] = {}
    inactive: set[str] = set()
    unmatched: list[str] = []
    for key, person in people.persons.items():
        account = _account(person.salesforce_user or person.email, "user", known)
        if account is None:
            unmatched.append(key)
            continue
        ids[key] = account.id
        if not account.active:
            inactive.add(key)
    for name, queue in people.queues.items():
        account = _account(queue.salesforce_queue, "queue", known)
        if account is None:
            unmatched.append(QUEUE + name)
        else:
            ids[QUEUE + name] = account.id
    return Directory(
        owners={crm_id[:15]: owner for owner, crm_id in ids.items()},
        ids=ids,
        inactive=frozenset(inactive),
        unmatched=tuple(unmatched),
    )


def _account(wanted: str, kind: str, accounts: Iterable[Account]) -> Account | None:
    of_kind = [account for account in accounts if account.kind == kind]
    for account in of_kind:
        if account.id[:15] == wanted[:15]:
            return account
    text = wanted.casefold()
    named = [
        account
        for account in of_kind
        if text
        and text in {n.casefold() for n in (account.email, account.developer_name, account.name)}
    ]
    named.sort(key=lambda account: (not account.active, account.id))
    return named[0] if named else None


def directory_problems(people: People, found: Directory) -> tuple[Problem, ...]:
    """Leavers and strangers on the roster, told before anything is routed to them."""
    problems = [
        Problem(
            code="inactive-user",
            where=people.persons[key].place,
            what=f"'{key}' is inactive in the CRM and receives nothing",
            remedy="Take the person off the roster, or name a deputy; open leads need a new owner.",
            severity=Severity.WARNING,
        )
        for key in sorted(found.inactive)
    ]
    for owner in found.unmatched:
        queue = owner.startswith(QUEUE)
        person = people.persons.get(owner)
        if person is not None and not person.salesforce_user and not person.teams:
            continue  # receives no leads, and needs no user
        entry = people.queues[owner[len(QUEUE) :]] if queue else people.persons[owner]
        problems.append(
            Problem(
                code="unknown-owner",
                where=entry.place,
                what=f"the CRM has no {'queue' if queue else 'user'} for '{owner}'",
                remedy="Correct salesforce_queue." if queue else "Correct salesforce_user.",
                mender=Mender.ADMIN,
            )
        )
    return tuple(problems)


def person_named(people: People, text: Value) -> Person | None:
    """The one person whom a field of a lead names: by key, e-mail, an owner id, or full name."""
    wanted = str(text or "").strip().casefold()
    if not wanted:
        return None
    by_key = next((p for key, p in people.persons.items() if key.casefold() == wanted), None)
    if by_key is not None:
        return by_key
    for read in (_email, _hubspot_owner, _salesforce_user, _name):
        found = [p for p in people.persons.values() if (read(p) or "").casefold() == wanted]
        if len(found) == 1:
            return found[0]
    return None


def _email(person: Person) -> str | None:
    return person.email


def _hubspot_owner(person: Person) -> str | None:
    return person.hubspot_owner


def _salesforce_user(person: Person) -> str | None:
    return person.salesforce_user


def _name(person: Person) -> str | None:
    return person.name


class Known(StrEnum):
    """How somebody already knows the lead, strongest first."""

    OPEN_LEAD = "open_lead"
    CONTACT = "contact"
    ACCOUNT_DOMAIN = "account_domain"
    ACCOUNT_NAME = "account_name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A record of the CRM whose owner has a claim on the lead."""

    known: Known
    record_id: str
    owner_id: str  #: of the CRM
    similarity: float = 1.0  #: of the company name
    open_opportunity: bool = False
    last_activity: datetime | None = None


def candidates(
    values: Values,
    persons: Iterable[FoundPerson],
    accounts: Iterable[SourceRecord],
    existing: ExistingOwner,
    *,
    with_open_opportunity: frozenset[str] = frozenset(),
) -> tuple[Candidate, ...]:
    """Everybody with a claim that the file recognises, strongest first.

    Ties go to the record with an open opportunity, then the closest name, then the latest
    activity, then the lowest record id, so that the answer never hops. `with_open_opportunity`
    holds account ids; accounts carry `Name`, `Website`, `OwnerId`, `LastActivityDate`.
    """
    found = [*_known_persons(persons, existing)]
    found += _known_accounts(values, accounts, existing, with_open_opportunity)
    return tuple(sorted(found, key=_strength))


def _strength(candidate: Candidate) -> tuple[int, bool, float, float, str]:
    latest = candidate.last_activity.timestamp() if candidate.last_activity else 0.0
    return (
        list(Known).index(candidate.known),
        not candidate.open_opportunity,
        -candidate.similarity,
        -latest,
        candidate.record_id,
    )


def _known_persons(persons: Iterable[FoundPerson], existing: ExistingOwner) -> Iterable[Candidate]:
    for person in persons:
        is_lead = person.kind == "Lead"
        if is_lead and person.converted:
            continue
        if person.owner_id and (existing.open_lead if is_lead else existing.contact):
            yield Candidate(
                known=Known.OPEN_LEAD if is_lead else Known.CONTACT,
                record_id=person.id,
                owner_id=person.owner_id,
                last_activity=_day(person.fields.get("LastActivityDate")),
            )


def _known_accounts(
    values: Values,
    accounts: Iterable[SourceRecord],
    existing: ExistingOwner,
    with_open_opportunity: frozenset[str],
) -> Iterable[Candidate]:
    domains = {web_domain(_text(values.get(name))) for name in (WEBSITE, EMAIL)} - {None}
    company = _text(values.get(COMPANY))
    for account in accounts:
        owner = account.values.get("OwnerId")
        if not owner:
            continue
        similarity = name_similarity(company, account.values.get("Name") or "")
        if existing.account_domain and web_domain(account.values.get("Website")) in domains:
            known = Known.ACCOUNT_DOMAIN
        elif existing.account_name and similarity >= existing.name_similarity:
            known = Known.ACCOUNT_NAME
        else:
            continue
        yield Candidate(
            known=known,
            record_id=account.id,
            owner_id=owner,
            similarity=similarity,
            open_opportunity=account.id in with_open_opportunity,
            last_activity=_day(account.values.get("LastActivityDate")),
        )


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


def _day(value: Json) -> datetime | None:
    """A CRM date or moment as a moment; None where there is none."""
    if not isinstance(value, str) or not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
