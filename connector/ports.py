"""What flows need from the outside, as small protocols: two systems, a ledger, messages, time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from connector.core.events import Event
from connector.core.plan import Action, ActionState, Destination, Json
from connector.core.problems import Problem
from connector.core.records import Activity, LeadState, SourceRecord, System, Values


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

    def opt_out(self, email: str) -> None:
        """Unsubscribes an address from everything."""

    def erase(self, ids: Sequence[str]) -> list[RowResult]:
        """Asks the system to delete contacts for good."""

    def budget(self) -> Budget: ...

    def now(self) -> datetime:
        """The system's own moment, from the last answer, for windows that must not run ahead."""


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

    def changed(
        self, kind: str, fields: Sequence[str], window: Window, after: str
    ) -> Iterator[Page]:
        """Records by (SystemModstamp, Id); `after` is the `resume` of an earlier page, or ""."""

    def deleted(self, kind: str, window: Window) -> tuple[tuple[str, str | None, datetime], ...]:
        """(id, id of the merge winner or None, moment) of deleted and merged-away records."""

    def count(self, kind: str, where_external_id: str | None = None) -> int: ...

    def members(self) -> tuple[Member, ...]:
        """Users and queues."""

    def schema(self, kind: str) -> ObjectSchema: ...

    def erase(self, kind: str, ids: Sequence[str]) -> list[RowResult]: ...

    def budget(self) -> Budget: ...

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far a stream was read: everything up to `covered`, and inside `window` up to `after`."""

    stream: str
    covered: datetime | None = None
    window: Window | None = None
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRow:
    """One lead as the ledger keeps it: its state, its values and the last decision's figures."""

    state: LeadState
    hubspot_id: str
    values: Values
    captured_at: datetime
    updated_at: datetime
    ruleset: str
    score_fit: float = 0.0
    score_intent: float = 0.0
    score_completeness: float = 0.0
    score: float = 0.0
    temperature: str = ""
    goal: str = ""  #: what is missing to reach the next stage, in words
    source: str = ""
    campaign: str = ""
    segment: str = ""
    product: str = ""
    team: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The inputs and the outcome of one decision, for replay and backtest."""

    lead_id: str
    hash: str
    taken_at: datetime
    ruleset: str
    cycle: int
    values: Values
    activities: tuple[Activity, ...]
    outcome: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """HubSpot id and Salesforce id of one lead; `until` closes an earlier pair."""

    lead_id: str
    hubspot_id: str
    salesforce_id: str
    salesforce_kind: str
    since: datetime
    until: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One rotation decision: who got the turn, who was passed over and why."""

    lead_id: str
    cycle: int
    team: str
    person: str
    at: datetime
    skipped: tuple[tuple[str, str], ...] = ()  #: (person key, why)
    rule: str = ""
    ruleset: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionOutcome:
    """How one started action ended."""

    key: str
    state: ActionState
    problem: Problem | None = None
    not_before: datetime | None = None
    record_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAction:
    """An action as the ledger has it."""

    action: Action
    state: ActionState
    attempts: int
    planned_at: datetime
    started_at: datetime | None = None
    done_at: datetime | None = None
    run_id: str = ""
    input_hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event as the ledger has it, in the order it was heard of."""

    number: int
    event: Event
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTotals:
    """What one run did with everything it picked up; the sum must close."""

    picked_up: int = 0
    delivered: int = 0
    skipped: int = 0
    waiting: int = 0
    parked: int = 0
    notes: Mapping[str, int] = field(default_factory=dict)  #: further counts, by name

    def check(self) -> None:
        """Raises AssertionError where a record was lost."""
        accounted = self.delivered + self.skipped + self.waiting + self.parked
        if accounted != self.picked_up:
            raise AssertionError(
                f"{self.picked_up} picked up but {accounted} accounted for: a record was lost"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of one job."""

    id: str
    job: str
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str = ""  #: done, attention, configuration, away, bug, interrupted
    exit_code: int | None = None
    totals: RunTotals = field(default_factory=RunTotals)
    ruleset: str = ""
    message: str = ""
    mode: str = ""  #: rehearse or live


class Transaction(Protocol):
    """One transaction of the ledger: all of it lands, or none."""

    def cursor(self, stream: str) -> Cursor: ...

    def move_cursor(self, cursor: Cursor) -> None: ...

    def leads(self, ids: Sequence[str]) -> dict[str, LeadRow]: ...

    def leads_by_hubspot(self, hubspot_ids: Sequence[str]) -> dict[str, LeadRow]:
        """By current or earlier HubSpot id."""

    def leads_by_salesforce(self, salesforce_ids: Sequence[str]) -> dict[str, LeadRow]:
        """By current or earlier Salesforce id (18 characters)."""

    def save_leads(self, rows: Iterable[LeadRow]) -> None: ...

    def save_snapshots(self, snapshots: Iterable[Snapshot]) -> None: ...

    def plan(self, actions: Iterable[Action], *, now: datetime, run_id: str) -> int:
        """Stores actions whose key is new as planned (Park: parked, Skip: not stored); how many."""

    def record(self, events: Iterable[Event], *, now: datetime, run_id: str = "") -> int:
        """Appends events whose key is new; returns how many were."""

    def save_turns(self, turns: Iterable[Turn]) -> None: ...

    def turns(self, team: str | None = None, since: datetime | None = None) -> list[Turn]:
        """Newest last."""

    def open_leads_by_owner(self) -> dict[str, int]:
        """Person key -> number of passed leads that are neither answered for good nor returned."""

    def take(
        self, destination: Destination, *, limit: int, now: datetime, run_id: str
    ) -> list[StoredAction]:
        """Moves planned and due waiting actions to started: express first, then oldest first;
        an action whose `after_key` is not done is left."""

    def unfinished(self, destination: Destination) -> list[StoredAction]:
        """Actions left in `started` by a run that is gone: their outcome is unknown."""

    def finish(self, outcomes: Iterable[ActionOutcome], *, now: datetime) -> None: ...

    def link(self, links: Iterable[Link]) -> None:
        """Sets the current pair of a lead; an earlier pair is closed and kept.

        Raises Refused where another living lead has the Salesforce id."""

    def agree(self, agreed: Mapping[str, Values], *, now: datetime) -> None:
        """lead id -> values both sides now hold; merged into what was agreed before."""

    def events_of(self, lead_id: str) -> list[StoredEvent]: ...

    def actions_of(self, lead_id: str) -> list[StoredAction]: ...

    def find_leads(self, text: str) -> list[LeadRow]:
        """By lead id, HubSpot id, Salesforce id or e-mail (any case)."""


class Ledger(Protocol):
    """The store of what was read, decided, done and learned."""

    def transaction(self) -> AbstractContextManager[Transaction]: ...

    def lease(self, name: str, *, holder: str, now: datetime, seconds: int) -> bool:
        """Takes or renews a lease; False while somebody else's has not run out."""

    def release(self, name: str, *, holder: str) -> None: ...

    def start_run(self, run: Run) -> None: ...

    def end_run(self, run: Run) -> None: ...

    def runs(self, job: str | None = None, limit: int = 50) -> list[Run]: ...

    def save_ruleset(self, hash_: str, files: Mapping[str, str], *, now: datetime) -> None: ...

    def rulesets(self) -> list[tuple[str, datetime, Mapping[str, str]]]: ...

    def parked(self) -> list[StoredAction]: ...

    def events(
        self, *, after: int = 0, kinds: Sequence[str] = (), limit: int = 10_000
    ) -> list[StoredEvent]:
        """Events by rising number, behind `after`."""

    def lead_rows(self, *, after: str = "", limit: int = 1_000) -> list[LeadRow]:
        """All leads by rising id, behind `after`."""

    def counts(self) -> dict[str, int]:
        """Rows by table and actions by state, e.g. `lead`, `action.planned`."""
