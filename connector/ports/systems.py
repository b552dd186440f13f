"""The two systems, messages and time, as small protocols with their values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from connector.core.frozen import swift
from connector.core.plan import Json
from connector.core.problems import Problem
from connector.core.records import Activity, SourceRecord, System


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A fixed span of modification time, both ends included, in UTC."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Records in the order of their ids; `resume` is the key after which the next page starts."""

    records: tuple[SourceRecord, ...]
    resume: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWrite:
    """One record to write, by the target's own names. `None` and `""` clear a field.

    `key` is ours (an action key) and comes back in the result; `id` is the target's record id, or
    the external id's value for an upsert.
    """

    key: str
    id: str | None
    fields: Mapping[str, Json]


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """What became of one written record: confirmed, refused, to be tried later, or unknown."""

    key: str
    id: str | None = None
    created: bool = False
    problem: Problem | None = None  #: refused: park it
    try_later: bool = False
    unknown: bool = False

    @property
    def confirmed(self) -> bool:
        return self.problem is None and not self.try_later and not self.unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A user, owner or queue of one of the systems."""

    id: str
    name: str
    email: str = ""
    active: bool = True
    kind: str = "user"  #: user, owner or queue
    developer_name: str = ""
    teams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSchema:
    """One field as a system describes it."""

    name: str
    label: str
    type: str  #: the system's own word
    writable: bool = True
    required: bool = False
    unique: bool = False
    external_id: bool = False
    once: bool = False  #: can be set when the record is made, and never changed
    max_length: int | None = None
    options: tuple[tuple[str, bool], ...] = ()  #: (value, active)
    restricted: bool = False
    calculated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectSchema:
    """One object as a system describes it, with a hash that changes with its definition."""

    system: System
    name: str
    fields: Mapping[str, FieldSchema]
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What the integration user may do with the records of one object."""

    create: bool = True
    update: bool = True
    read: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordType:
    """One record type: `default` is what new records of the integration user get."""

    id: str
    name: str
    default: bool = False
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: field -> its values


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProperty:
    """A contact property to make, in HubSpot's own words for types."""

    name: str
    label: str
    type: str  #: string, number, date, datetime, bool or enumeration
    field_type: str  #: text, textarea, number, date, booleancheckbox, select or checkbox
    group: str
    description: str = ""
    options: tuple[tuple[str, str], ...] = ()  #: (value, label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Calls of the day: allowed and left; `None` where the system does not say."""

    limit: int | None = None
    remaining: int | None = None
    resets_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmPerson:
    """A Lead or Contact found in the CRM while looking for somebody."""

    kind: str  #: Lead or Contact
    id: str
    email: str
    external_id: str | None = None
    owner_id: str | None = None
    account_id: str | None = None
    converted: bool = False
    converted_contact_id: str | None = None
    fields: Mapping[str, Json] = field(default_factory=dict)


class MarketingSystem(Protocol):
    """Marketing automation. All methods raise TryLater, Refused, OutcomeUnknown or StopTheRun."""

    def changed(self, window: Window, properties: Sequence[str], after: str) -> Iterator[Page]:
        """Contacts modified in the window, by rising id, starting behind `after` ("0": all)."""

    def scan(
        self, properties: Sequence[str], after: str, *, archived: bool = False
    ) -> Iterator[Page]:
        """All contacts, by rising id, starting behind `after`; or all archived ones."""

    def census(self, after: str, until: str) -> tuple[int, str]:
        """How many contacts have an id behind `after` and up to `until` ("": open), as far as the
        index knows, and the highest of these ids ("0": there is none)."""

    def read(self, ids: Sequence[str], properties: Sequence[str]) -> dict[str, SourceRecord]:
        """Contacts by id; ids that are gone are left out; a merged id is filed under the old id."""

    def history(
        self, ids: Sequence[str], properties: Sequence[str]
    ) -> dict[str, dict[str, list[tuple[datetime, str, str]]]]:
        """id -> property -> [(moment, value, source)], newest first."""

    def update(self, writes: Sequence[RecordWrite]) -> list[RowResult]:
        """Writes contacts by record id; each row has its own result, in the order given."""

    @property
    def activity_properties(self) -> tuple[str, ...]:
        """Properties that tell of activities; read along, they save reading them again."""

    def activities(
        self, ids: Sequence[str], known: Mapping[str, SourceRecord] | None = None
    ) -> dict[str, tuple[Activity, ...]]:
        """What is known of each contact's pages, forms, mails, calls and meetings, newest first.

        `known` holds contacts that were just read with the `activity_properties`.
        """

    def owners(self) -> tuple[Member, ...]: ...

    def schema(self) -> ObjectSchema: ...

    def pipelines(self) -> dict[str, tuple[str, ...]]:
        """Object type -> stage ids in order, `contacts` included."""

    def lists(self) -> dict[str, str]:
        """Name -> id of the static lists of contacts."""

    def add_to_list(self, list_id: str, ids: Sequence[str]) -> None: ...

    def remove_from_list(self, list_id: str, ids: Sequence[str]) -> None: ...

    def make_group(self, name: str, label: str) -> None:
        """Makes a group of contact properties; one that is there stays as it is."""

    def make_property(self, field: NewProperty) -> None:
        """Makes a contact property; raises Refused where the name is taken."""

    def make_list(self, name: str) -> str:
        """Makes a static list of contacts; returns its id."""

    def opt_out(self, email: str) -> None:
        """Unsubscribes an address from everything."""

    def erase(self, ids: Sequence[str]) -> list[RowResult]:
        """Asks the system to delete contacts for good."""

    def budget(self) -> Budget: ...

    def account(self) -> str:
        """The number of the account; empty where the key may not ask for it."""

    def now(self) -> datetime:
        """The system's own moment, for windows that must not run ahead. Costs a call."""


class Crm(Protocol):
    """The CRM. All methods raise TryLater, Refused, OutcomeUnknown or StopTheRun."""

    def upsert(self, kind: str, key_field: str, writes: Sequence[RecordWrite]) -> list[RowResult]:
        """Creates or updates by external id; results in the order given.

        A write raises TryLater or StopTheRun only while none of its rows was written; after that
        the rows that could not be sent come back as `try_later`, unanswered ones as `unknown`.
        """

    def update(self, kind: str, writes: Sequence[RecordWrite]) -> list[RowResult]: ...

    def create(self, kind: str, writes: Sequence[RecordWrite]) -> list[RowResult]:
        """Creates records that carry their own protection against doubles (or none is needed)."""

    def settle_jobs(self) -> tuple[str, ...]:
        """Ends the bulk jobs that an earlier, interrupted run left; returns their ids. What became
        of their rows is unknown: look before writing again."""

    def read(self, kind: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, SourceRecord]:
        """Records by id, deleted ones left out."""

    def read_by(
        self, kind: str, key_field: str, keys: Sequence[str], fields: Sequence[str]
    ) -> dict[str, SourceRecord]:
        """Records by external id value; a key found twice raises Refused."""

    def people(self, emails: Sequence[str], fields: Sequence[str]) -> tuple[CrmPerson, ...]:
        """Leads and Contacts with one of these addresses."""

    def accounts(self, domains: Sequence[str], names: Sequence[str]) -> tuple[SourceRecord, ...]:
        """Accounts by web domain or name, with their owners."""

    def campaigns(self, names: Sequence[str]) -> dict[str, str]:
        """Name in lower case -> id of the campaign; of several the active one, then the newest."""

    def changed(
        self, kind: str, fields: Sequence[str], window: Window, after: str
    ) -> Iterator[Page]:
        """Records by (SystemModstamp, Id); `after` is the `resume` of an earlier page, or ""."""

    def children(
        self, kind: str, parent_field: str, ids: Sequence[str], fields: Sequence[str]
    ) -> dict[str, tuple[SourceRecord, ...]]:
        """Parent id -> its rows of a child object (history, roles), oldest first."""

    def stirred(self, windows: Mapping[str, Window]) -> dict[str, bool]:
        """Kind -> whether any of its rows was changed in its window, for up to five kinds in one
        call; kinds that the organisation or the user's rights do not show are left out."""

    def deleted(self, kind: str, window: Window) -> tuple[tuple[str, str | None, datetime], ...]:
        """(id, id of the merge winner or None, moment) of deleted and merged-away records."""

    def deleted_by(
        self, kind: str, key_field: str, keys: Sequence[str]
    ) -> dict[str, tuple[str, str | None, datetime]]:
        """The same of records in the recycle bin, by `Id` or external id; the last one of each."""

    def count(self, kind: str, where_external_id: str | None = None) -> int: ...

    def members(self) -> tuple[Member, ...]:
        """Users and queues."""

    def schema(self, kind: str) -> ObjectSchema: ...

    def rights(self) -> dict[str, Rights]:
        """Object -> what the integration user may do; objects it cannot see are left out."""

    def record_types(self, kind: str) -> tuple[RecordType, ...]:
        """The active types that the user may give, with the values each offers; none: ()."""

    def assignment_rules(self, kind: str) -> tuple[str, ...]:
        """Names of the active rules that would give new records of a kind to somebody else."""

    def erase(self, kind: str, ids: Sequence[str]) -> list[RowResult]: ...

    def budget(self) -> Budget: ...

    def account(self) -> str:
        """The id of the organisation; empty where signing in does not tell it."""

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something to tell a person or a channel; `cause` groups and de-duplicates."""

    key: str
    to: str  #: address or webhook name
    channel: str  #: email or webhook
    subject: str
    text: str
    html: str = ""
    cause: str = ""
    lead_ids: tuple[str, ...] = ()


class Notifier(Protocol):
    """Delivers messages; raises TryLater or Refused."""

    def send(self, message: Message) -> None: ...


class Clock(Protocol):
    """The only place where time comes from."""

    def now(self) -> datetime: ...
