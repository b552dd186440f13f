"""Who is this in the CRM? Ids decide, an e-mail address only proposes, nothing is ever guessed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from connector.core.clauses import compile_wildcards
from connector.core.frozen import swift
from connector.core.plan import Json
from connector.core.problems import Mender, Place, Problem
from connector.core.records import Values, is_blank
from connector.core.rules.identity import Existing, Identity


class Person(Protocol):
    """A Lead or Contact of the CRM, as much of it as recognising needs."""

    @property
    def kind(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def external_id(self) -> str | None: ...
    @property
    def converted(self) -> bool: ...
    @property
    def converted_contact_id(self) -> str | None: ...
    @property
    def fields(self) -> Mapping[str, Json]: ...


class Recognised(StrEnum):
    """What recognising came to."""

    NEW = "new"  #: nobody is there: create
    OWN = "own"  #: the lead's own record, by one of the ids
    ATTACH = "attach"  #: proposed by e-mail: take it, fill its blanks
    UPDATE = "update"  #: proposed by e-mail: take it, write the agreed values
    GONE = "gone"  #: the lead's own record was deleted; it is never created again
    PARK = "park"  #: a person decides; `problem` says what


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The outcome; `kind` and `id` name the record to go on with, the Contact after conversion."""

    outcome: Recognised
    because: str
    kind: str | None = None
    id: str | None = None
    followed: str | None = None  #: id of the converted Lead the way led through
    problem: Problem | None = None


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class Seeker:
    """The lead that is looked for.

    `salesforce_id` is its linked record. `found_by_id` tells whether that record was read by its
    id and is still there; None where it was not looked for.
    """

    lead_id: str
    address: str  #: of the record, for problems, e.g. `hubspot:contact/512`
    values: Values
    email_field: str = "email"
    name_fields: tuple[str, str] = ("first_name", "last_name")
    salesforce_id: str | None = None
    salesforce_kind: str | None = None
    found_by_id: bool | None = None
    other_emails: tuple[str, ...] = ()


def match(
    seeker: Seeker,
    people: Sequence[Person],
    identity: Identity,
    *,
    taken: Mapping[str, str] | None = None,
    passed: Mapping[str, str] | None = None,
) -> Match:
    """Recognises one lead among the people of the CRM found by id, external id or address.

    `taken` tells which CRM ids are linked to which lead already, `passed` which lead went to the
    CRM with which address, be it still on its way there. Order: the linked id, the
    external id, then the e-mail address, which proposes only where it is a person's own, names one
    person, and nobody else has taken that one.
    """
    own = _by_ids(seeker, people, taken or {})
    if own is not None:
        return own
    email = seeker.values.get(seeker.email_field)
    addresses = {
        one.casefold() for one in (email, *seeker.other_emails) if isinstance(one, str) and one
    }
    if not addresses:
        return Match(outcome=Recognised.NEW, because="no e-mail address to look for")
    personal = {one for one in addresses if not is_shared(one, identity)}
    shared = not personal
    holders = sorted({(passed or {}).get(one, seeker.lead_id) for one in personal})
    if holder := next((one for one in holders if one != seeker.lead_id), None):
        return _held(seeker, f"{holder}, which was passed, has this address")
    named = [one for one in people if one.email.casefold() in (personal or addresses)]
    found = _living(named, people)
    if shared:
        found = [one for one in found if _same_name(seeker, one)]
    if not found:
        why = "a shared mailbox tells nobody apart" if shared else "nobody has this address"
        return Match(outcome=Recognised.NEW, because=why)
    if len(found) > 1:
        return _several(seeker, found)
    return _proposed(seeker, found[0], people, identity, taken or {})


def is_shared(email: str, identity: Identity) -> bool:
    """Whether an address is on the list of mailboxes that several people read."""
    return _is_among(email.casefold(), identity.shared_mailboxes)


@lru_cache(maxsize=4_096)
def _is_among(text: str, mailboxes: tuple[str, ...]) -> bool:
    """Asked several times in a row of each address."""
    return any(_pattern(one)(text) for one in mailboxes)


@lru_cache(maxsize=256)
def _pattern(text: str) -> Callable[[str], bool]:
    return compile_wildcards(text.casefold())


def _by_ids(seeker: Seeker, people: Sequence[Person], taken: Mapping[str, str]) -> Match | None:
    by_id = {one.id: one for one in people}
    linked = by_id.get(seeker.salesforce_id or "")
    if linked is None:
        linked = _followed_contact(seeker, people)
    if linked is not None:
        return _own(linked, "linked by id")
    if seeker.salesforce_id is not None:
        if seeker.found_by_id is False:
            return Match(
                outcome=Recognised.GONE,
                because="the linked record was deleted in the CRM",
                kind=seeker.salesforce_kind,
                id=seeker.salesforce_id,
            )
        return Match(
            outcome=Recognised.OWN,
            because="linked by id",
            kind=seeker.salesforce_kind or "Lead",
            id=seeker.salesforce_id,
        )
    carrying = _living([one for one in people if one.external_id == seeker.lead_id], people)
    if len(carrying) > 1:
        return _several(seeker, carrying)
    if not carrying:
        return None
    own = _own(carrying[0], "carries the external id")
    holder = taken.get(own.id or "")
    if holder not in (None, seeker.lead_id):  # its field was changed by hand
        return _held(seeker, f"{own.kind} {own.id} belongs to {holder} already")
    return own


def _followed_contact(seeker: Seeker, people: Sequence[Person]) -> Person | None:
    """The converted Lead whose Contact we are linked to already."""
    if seeker.salesforce_id is None:
        return None
    return next((one for one in people if one.converted_contact_id == seeker.salesforce_id), None)


def _own(person: Person, because: str) -> Match:
    if person.converted and person.converted_contact_id:
        return Match(
            outcome=Recognised.OWN,
            because=f"{because}, converted",
            kind="Contact",
            id=person.converted_contact_id,
            followed=person.id,
        )
    return Match(outcome=Recognised.OWN, because=because, kind=person.kind, id=person.id)


def _living(found: Sequence[Person], people: Sequence[Person]) -> list[Person]:
    """Each person once: a converted Lead gives way to its Contact where that is among them, and of
    several Leads converted into one Contact the first stands for it."""
    contacts = {one.id for one in people if one.kind == "Contact"}
    kept: dict[str, Person] = {}
    for one in found:
        target = one.converted_contact_id if one.converted else None
        if target is not None and target in contacts and any(p.id == target for p in found):
            continue
        kept.setdefault(target or one.id, one)
    return list(kept.values())


def _same_name(seeker: Seeker, person: Person) -> bool:
    """Behind a shared mailbox the whole name must agree."""
    first, last = (seeker.values.get(name) for name in seeker.name_fields)
    if is_blank(first) or is_blank(last):
        return False
    theirs = (person.fields.get("FirstName"), person.fields.get("LastName"))
    return (str(first).casefold(), str(last).casefold()) == tuple(
        str(one or "").casefold() for one in theirs
    )


def _several(seeker: Seeker, found: Sequence[Person]) -> Match:
    ids = " and ".join(f"{one.kind} {one.id}" for one in found)
    remedy = f"Merge them in the CRM, or {_by_hand(seeker)} of the right one."
    return _parked(seeker, "two-matches", f"matches {ids}", remedy, Mender.REP)


def _by_hand(seeker: Seeker) -> str:
    return f"write '{seeker.lead_id}' into the external id"


def _parked(seeker: Seeker, code: str, what: str, remedy: str, mender: Mender) -> Match:
    problem = Problem(
        code=code, where=Place(file=seeker.address), what=what, remedy=remedy, mender=mender
    )
    return Match(outcome=Recognised.PARK, because=what, problem=problem)


def _held(seeker: Seeker, what: str) -> Match:
    remedy = (
        "Merge the two people in marketing, or correct the address of one. Where one was deleted "
        "there: give the other a new address, restore the first, then merge them."
    )
    return _parked(seeker, "taken", what, remedy, Mender.MARKETING)


def _proposed(
    seeker: Seeker,
    person: Person,
    people: Sequence[Person],
    identity: Identity,
    taken: Mapping[str, str],
) -> Match:
    kind, id_ = person.kind, person.id
    if person.converted:
        if not person.converted_contact_id:
            return _parked(
                seeker,
                "converted-away",
                f"{kind} {id_} was converted and its contact cannot be seen",
                f"Give the integration user access to the contact, or {_by_hand(seeker)} of one.",
                Mender.ADMIN,
            )
        kind, id_ = "Contact", person.converted_contact_id
    same = [one for one in people if one.id == id_ or (one.converted_contact_id == id_)]
    holders = [taken.get(id_), *(taken.get(one.id) for one in same)]
    holders += [one.external_id for one in same]
    holder = next((one for one in holders if one and one != seeker.lead_id), None)
    if holder is not None:
        return _held(seeker, f"{kind} {id_} belongs to {holder} already")
    rule = identity.existing_contact if kind == "Contact" else identity.existing_lead
    if rule is Existing.PARK:
        return _parked(
            seeker,
            "exists-already",
            f"{kind} {id_} has this address already",
            f"Let the files attach existing records, or {_by_hand(seeker)} of this one.",
            Mender.REP,
        )
    return Match(
        outcome=Recognised(rule.value),
        because="proposed by e-mail address",
        kind=kind,
        id=id_,
        followed=person.id if person.converted else None,
    )
