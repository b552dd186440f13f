"""The agreed fields: type, meaning, names in both systems, direction, winner, blanks, values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from connector.core.problems import NOWHERE, Place
from connector.core.rules.examples import Example
from connector.core.rules.vocabulary import Labels


class FieldType(StrEnum):
    """What a canonical value is; the Python type in brackets."""

    TEXT = "text"  #: (str)
    EMAIL = "email"  #: (str, lower-cased domain)
    PHONE = "phone"  #: (str, E.164)
    NUMBER = "number"  #: (int)
    MONEY = "money"  #: (Decimal, in the field's currency)
    YES_NO = "yes_no"  #: (bool)
    DATE = "date"  #: (date)
    MOMENT = "moment"  #: (datetime in UTC)
    CHOICE = "choice"  #: (str, one of the value map's words)
    CHOICES = "choices"  #: (tuple of str)


class Direction(StrEnum):
    """Which way a field travels."""

    TO_CRM = "to_crm"
    TO_MARKETING = "to_marketing"
    BOTH = "both"
    READ_ONLY = "read_only"  #: read for decisions, written nowhere


class Winner(StrEnum):
    """Who is believed when both sides changed a field since they last agreed."""

    MARKETING = "marketing"
    CRM = "crm"
    NEWEST = "newest"
    FILL_BLANKS = "fill_blanks"


class Blanks(StrEnum):
    """What a blank on the source side does to a value on the other side."""

    KEEP = "keep"  #: the target keeps what it has
    CLEAR = "clear"  #: the target is cleared too


class TooLong(StrEnum):
    """What happens with a text longer than the target field."""

    PARK = "park"
    CUT = "cut"


class Unknown(StrEnum):
    """What happens with a value that the value map does not know."""

    PARK = "park"
    KEEP = "keep"  #: passed on as it is
    BLANK = "blank"  #: treated as null, and counted
    OTHER = "other"  #: becomes the map's `other` word


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueMap:
    """Words of one field: HubSpot value, canonical word, Salesforce value, in rows."""

    name: str
    rows: tuple[tuple[str, str, str], ...]  #: (hubspot, word, salesforce); "" where a side has none
    unknown: Unknown = Unknown.PARK
    other: str = ""
    ignore_case: bool = True
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """One agreed field."""

    name: str
    type: FieldType
    meaning: str = ""
    labels: Labels = field(default_factory=dict)
    hubspot: str | None = None
    salesforce: str | None = None
    salesforce_contact: str | None = None  #: the name on Contact after conversion, where it differs
    direction: Direction = Direction.READ_ONLY
    winner: Winner = Winner.MARKETING
    blanks: Blanks = Blanks.KEEP
    transforms: tuple[str, ...] = ()  #: names from core.transforms, applied left to right
    options: Mapping[str, str] = field(default_factory=dict)  #: settings of the transforms
    values: ValueMap | None = None
    max_length: int | None = None
    too_long: TooLong = TooLong.PARK
    personal: bool = False
    max_flips: int = 6  #: flips a day after which the field is parked instead of written
    examples: tuple[Example, ...] = ()  #: `given` holds the raw text of `hubspot` or `salesforce`
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivitySource:
    """HubSpot contact properties that tell of an activity: the last of its kind, and its title.

    Reading them costs no extra call; the full history is read at the hand-off only.
    """

    kind: str  #: page_view, form, email_open, email_click, meeting …
    moment: str  #: HubSpot property with the moment of the last one
    title: str | None = None  #: HubSpot property with its name
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """All agreed fields by name, and the external id by which both sides are joined."""

    rules: Mapping[str, FieldRule]
    activities: tuple[ActivitySource, ...] = ()
    external_id: str = "Leadrelay_Id__c"
    owner: FieldRule | None = None  #: how a passed lead's owner travels
    default_region: str = "US"  #: ISO 3166 region for national phone numbers and addresses
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  #: name -> key -> value

    def hubspot_properties(self) -> tuple[str, ...]:
        """The HubSpot properties to read, sorted, each once."""
        names = {f.hubspot for f in self.rules.values() if f.hubspot}
        if self.owner is not None and self.owner.hubspot:
            names.add(self.owner.hubspot)
        for source in self.activities:
            names.add(source.moment)
            names.update(filter(None, (source.title,)))
        return tuple(sorted(names))

    def salesforce_fields(self) -> tuple[str, ...]:
        """The Salesforce Lead fields to read, sorted, each once."""
        return tuple(sorted({f.salesforce for f in self.rules.values() if f.salesforce}))
