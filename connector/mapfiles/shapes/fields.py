"""The shape of fields.yaml: each agreed field, its two names, and how a value travels."""

from typing import ClassVar, Literal

from pydantic import Field

from connector.core.rules.fields import Blanks, Direction, FieldType, TooLong, Unknown, Winner
from connector.core.rules.identity import Deleted, Existing, Identity
from connector.mapfiles.shapes.common import Labels, Name, Outcome, Shape, Words


class ValueRowShape(Shape):
    """One row of a value map; leave a side out where it has no such value."""

    noun: ClassVar[str] = "value row"
    word: Name = Field(description="The agreed word.", examples=["webinar"])
    hubspot: str = Field(default="", description="Its value in HubSpot.", examples=["WEBINAR"])
    salesforce: str = Field(default="", description="Its value in Salesforce.", examples=["Web"])


class ValuesShape(Shape):
    """How the values of a choice are called on each side."""

    noun: ClassVar[str] = "value map"
    rows: tuple[ValueRowShape, ...] = Field(
        default=(),
        description="The map itself; or use `file`. On the way back the first row that fits wins.",
        examples=[[{"word": "web", "hubspot": "ORGANIC_SEARCH", "salesforce": "Web"}]],
    )
    file: str | None = Field(
        default=None,
        description="CSV file with the columns hubspot, word, salesforce.",
        examples=["picklists/industry.csv"],
    )
    unknown: Unknown = Field(
        default=Unknown.PARK,
        description="What happens with a value that is not in the map.",
        examples=["park"],
    )
    other: str = Field(
        default="", description="The word for the unknown, with `unknown: other`.",
        examples=["other"],
    )  # fmt: skip
    ignore_case: bool = Field(
        default=True, description="Whether `web` and `Web` are one value.", examples=[True]
    )


class FieldExampleShape(Shape):
    """A worked example: a raw value of one side, and the agreed value it must become."""

    noun: ClassVar[str] = "field example"
    hubspot: str | None = Field(
        default=None, description="Raw text as HubSpot gives it.", examples=["Österreich"]
    )
    salesforce: str | None = Field(
        default=None, description="Raw text as Salesforce gives it.", examples=["Austria"]
    )
    expect: Outcome = Field(
        description="The agreed value; `blank` for nothing, `parked` for a refusal.",
        examples=["AT"],
    )


class FieldShape(Shape):
    """One agreed field."""

    noun: ClassVar[str] = "field"
    type: FieldType = Field(description="What the value is.", examples=["number"])
    means: str = Field(
        default="", description="What it says, in a sentence.", examples=["Headcount of the group."]
    )
    label: Labels = Field(
        default={}, description="As printed, by language.", examples=[{"fr": "Effectif"}]
    )
    hubspot: str | None = Field(
        default=None, description="Internal name of the contact property.", examples=["phone"]
    )
    salesforce: str | None = Field(
        default=None, description="API name of the Lead field.", examples=["NumberOfEmployees"]
    )
    salesforce_contact: str | None = Field(
        default=None,
        description="API name on Contact after conversion, where it differs.",
        examples=["MobilePhone"],
    )
    direction: Direction = Field(
        default=Direction.READ_ONLY, description="Which way it travels.", examples=["to_crm"]
    )
    winner: Winner = Field(
        default=Winner.MARKETING,
        description="Who is believed when both sides changed it since they last agreed.",
        examples=["newest"],
    )
    blanks: Blanks = Field(
        default=Blanks.KEEP,
        description="What a blank on one side does to a value on the other.",
        examples=["keep"],
    )
    transform: Words = Field(
        default=(),
        description="Conversions by name, applied left to right; see the page on conversions.",
        examples=[["trim", "country"]],
    )
    options: dict[str, str] = Field(
        default={},
        description="Settings of the conversions.",
        examples=[{"extension": "drop"}],
    )
    values: ValuesShape | None = Field(
        default=None,
        description="What the values are called on each side (for choice and choices).",
        examples=[{"file": "picklists/industry.csv", "unknown": "blank"}],
    )
    max_length: int | None = Field(
        default=None, gt=0, description="Characters the CRM field holds.", examples=[80]
    )
    too_long: TooLong = Field(
        default=TooLong.PARK, description="What happens with a longer text.", examples=["cut"]
    )
    personal: bool = Field(
        default=False,
        description="Whether it tells who the person is: kept out of logs, erased on request.",
        examples=[True],
    )
    max_flips: int = Field(
        default=6,
        gt=0,
        description="Changes a day after which the field is parked: two robots are fighting.",
        examples=[6],
    )
    examples: tuple[FieldExampleShape, ...] = Field(
        default=(),
        description="Raw values and what they must become.",
        examples=[[{"hubspot": "Österreich", "expect": "AT"}]],
    )


class ActivitySourceShape(Shape):
    """HubSpot contact properties that tell of an activity: the last of its kind, and its name."""

    noun: ClassVar[str] = "activity"
    kind: Name = Field(description="What happened.", examples=["form"])
    moment: Name = Field(
        description="Property with the moment of the last one.", examples=["recent_conversion_date"]
    )
    title: str | None = Field(
        default=None,
        description="Property with its name.",
        examples=["recent_conversion_event_name"],
    )


class IdentityShape(Shape):
    """How a person is recognised in the CRM, and what follows when one side deletes a record."""

    noun: ClassVar[str] = "identity"
    existing_lead: Existing = Field(
        default=Existing.ATTACH,
        description="A Lead with this address is there: attach (fill its blanks), update, or park.",
        examples=["attach"],
    )
    existing_contact: Existing = Field(
        default=Existing.ATTACH,
        description="A Contact with this address is there: attach, update, or park.",
        examples=["park"],
    )
    shared_mailboxes: tuple[str, ...] = Field(
        default=Identity().shared_mailboxes,
        description="Addresses that belong to several people; `*` stands for any text.",
        examples=[["info@*", "office@*"]],
    )
    deleted_in_crm: Deleted = Field(
        default=Deleted.REST,
        description="Sales deleted the record: rest (nothing more is written), or park as well.",
        examples=["park"],
    )
    deleted_in_marketing: Deleted = Field(
        default=Deleted.REST,
        description="Marketing deleted the contact: rest (nothing more is written), or park too.",
        examples=["rest"],
    )


class OwnerShape(Shape):
    """How the owner of a passed lead travels, joined through `people.yaml`."""

    noun: ClassVar[str] = "owner"
    hubspot: str = Field(
        default="hubspot_owner_id",
        description="Contact property that names the owner.",
        examples=["hubspot_owner_id"],
    )
    direction: Literal[Direction.TO_CRM, Direction.TO_MARKETING, Direction.BOTH] = Field(
        default=Direction.TO_MARKETING,
        description="to_marketing (the contact follows the Lead), to_crm, or both.",
        examples=["both"],
    )
    winner: Literal[Winner.MARKETING, Winner.CRM, Winner.NEWEST] = Field(
        default=Winner.CRM,
        description="Who is believed when both sides gave the lead to somebody else.",
        examples=["newest"],
    )
    max_flips: int = Field(
        default=6,
        ge=1,
        description="Changes a day after which the owner is parked: two robots are fighting.",
        examples=[6],
    )


class FieldsFile(Shape):
    """Each agreed field: its type, its name in both systems, and how values travel."""

    noun: ClassVar[str] = "field file"
    external_id: Name = Field(
        default="Leadrelay_Id__c",
        description="Salesforce field (text, external id, unique) that joins both sides.",
        examples=["Leadrelay_Id__c"],
    )
    default_region: str = Field(
        default="US",
        pattern="^[A-Z]{2}$",
        description="Country of phone numbers written without a country code.",
        examples=["DE"],
    )
    activities: tuple[ActivitySourceShape, ...] = Field(
        default=(),
        description="Which properties tell of activities, for intent points.",
        examples=[[{"kind": "form", "moment": "recent_conversion_date"}]],
    )
    identity: IdentityShape = Field(
        default=IdentityShape(),
        description="How people are recognised, and what follows a deletion.",
        examples=[{"existing_contact": "park"}],
    )
    owner: OwnerShape | None = Field(
        default=None,
        description="How the owner travels; without it the owner of the contact is left alone.",
        examples=[{"direction": "both", "winner": "crm"}],
    )
    fields: dict[str, FieldShape] = Field(
        min_length=1,
        description="The agreed fields by name.",
        examples=[{"email": {"type": "email", "hubspot": "email", "salesforce": "Email"}}],
    )
