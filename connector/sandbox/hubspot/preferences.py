"""Who wants which e-mails: consent belongs to an address, not to a contact."""

from dataclasses import asdict, dataclass, field
from typing import Any

SUBSCRIBED = "SUBSCRIBED"
UNSUBSCRIBED = "UNSUBSCRIBED"
NOT_SPECIFIED = "NOT_SPECIFIED"

LEGAL_BASES = (
    "LEGITIMATE_INTEREST_PQL",
    "LEGITIMATE_INTEREST_CLIENT",
    "PERFORMANCE_OF_CONTRACT",
    "CONSENT_WITH_NOTICE",
    "NON_GDPR",
    "PROCESS_AND_STORE",
    "LEGITIMATE_INTEREST_OTHER",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionType:
    """One kind of e-mail that people can subscribe to."""

    id: int
    name: str
    description: str
    purpose: str
    method: str = "Email"
    active: bool = True
    default: bool = False
    internal: bool = False


@dataclass(slots=True, kw_only=True)
class Status:
    """What an address said about one kind of e-mail; `by_person` if its owner said so."""

    state: str
    at: int
    source: str
    by_person: bool = False
    legal_basis: str | None = None
    explanation: str | None = None


@dataclass(slots=True)
class Address:
    """Everything an address said; `opted_out` is the moment of "no e-mail at all"."""

    statuses: dict[int, Status] = field(default_factory=dict)
    opted_out: int | None = None


BUILT_IN = (
    SubscriptionType(
        id=4_100_101,
        name="Marketing Information",
        description="Offers and news about our products.",
        purpose="Marketing",
        default=True,
    ),
    SubscriptionType(
        id=4_100_102,
        name="One to One",
        description="Personal messages from our team.",
        purpose="Sales",
        default=True,
        internal=True,
    ),
    SubscriptionType(
        id=4_100_103,
        name="Customer Service Communication",
        description="Answers and surveys around our service.",
        purpose="Customer service",
    ),
)


class Preferences:
    """The subscription types of the account and what each address said."""

    def __init__(self) -> None:
        self.types: dict[int, SubscriptionType] = {one.id: one for one in BUILT_IN}
        self.addresses: dict[str, Address] = {}
        self.blocked: set[str] = set()

    def address(self, email: str) -> Address:
        """What an address said so far; an empty answer is not kept."""
        return self.addresses.get(email.lower()) or Address()

    def state(self, email: str, type_id: int) -> Status | None:
        """What counts for an address and a kind of e-mail; opting out of all overrides."""
        known = self.address(email)
        if known.opted_out is not None:
            return Status(
                state=UNSUBSCRIBED, at=known.opted_out, source="PORTAL_WIDE_STATUS", by_person=True
            )
        return known.statuses.get(type_id)

    def set(self, email: str, type_id: int, status: Status) -> None:
        """Notes what an address says; subscribing anew ends a general opt-out."""
        known = self.addresses.setdefault(email.lower(), Address())
        known.statuses[type_id] = status
        if status.state == SUBSCRIBED:
            known.opted_out = None

    def opt_out(self, email: str, at: int) -> None:
        """No e-mail at all to this address any more."""
        self.addresses.setdefault(email.lower(), Address()).opted_out = at

    def save(self) -> dict[str, Any]:
        """Everything as JSON."""
        return {
            "types": [asdict(one) for one in self.types.values()],
            "blocked": sorted(self.blocked),
            "addresses": {
                email: {
                    "opted_out": known.opted_out,
                    "statuses": [[id_, asdict(one)] for id_, one in known.statuses.items()],
                }
                for email, known in self.addresses.items()
            },
        }

    def load(self, saved: dict[str, Any]) -> None:
        """Takes back what `save` gave."""
        self.types = {one["id"]: SubscriptionType(**one) for one in saved["types"]}
        self.blocked = set(saved["blocked"])
        self.addresses = {
            email: Address(
                {id_: Status(**one) for id_, one in known["statuses"]}, known["opted_out"]
            )
            for email, known in saved["addresses"].items()
        }
