"""The shape of routing.yaml: who receives a lead."""

from typing import ClassVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from connector.core.rules.routing import Mode
from connector.mapfiles.shapes.common import ConditionText, ExampleShape, Labels, Name, Shape


class TargetShape(Shape):
    """Exactly one of: a person, a team, a queue, or the person whom a field names."""

    noun: ClassVar[str] = "target"
    person: str | None = Field(default=None, description="A person.", examples=["lena"])
    team: str | None = Field(
        default=None, description="A team; its rotation decides.", examples=["enterprise-dach"]
    )
    queue: str | None = Field(default=None, description="A queue.", examples=["inbound-desk"])
    field: str | None = Field(
        default=None,
        description="A field that holds the e-mail or key of a person.",
        examples=["captured_by"],
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> "TargetShape":
        named = [kind for kind in ("person", "team", "queue", "field") if getattr(self, kind)]
        if len(named) != 1:
            raise PydanticCustomError(
                "one-target",
                "a target names {count} of person, team, queue and field",
                {"count": str(len(named) or "none"), "remedy": "Name exactly one of them."},
            )
        return self


class RouteShape(Shape):
    """One rule; the first that holds decides."""

    noun: ClassVar[str] = "route rule"
    name: Name = Field(description="How briefs and reports call it.", examples=["enterprise, DACH"])
    kind: str = Field(
        default="",
        description="How reports group it: territory, product, segment, captured_by …",
        examples=["territory"],
    )
    when: ConditionText = Field(
        default={},
        description="When it holds; without it, always.",
        examples=[{"country": {"in": ["DE", "AT", "CH"]}, "employees": {"at_least": 500}}],
    )
    to: TargetShape = Field(
        description="Who gets the lead.", examples=[{"team": "enterprise-dach"}]
    )
    mode: Mode | None = Field(
        default=None,
        description="How the lead reaches them, where it differs from the file's mode.",
        examples=["tele_qualification"],
    )
    label: Labels = Field(
        default={}, description="As printed, by language.", examples=[{"fr": "Grands comptes"}]
    )
    examples: tuple[ExampleShape, ...] = Field(
        default=(),
        description="Worked examples.",
        examples=[[{"given": {"country": "AT", "employees": 900}, "expect": "match"}]],
    )


class ExistingOwnerShape(Shape):
    """Whether the one who already knows the person or the company gets the lead."""

    noun: ClassVar[str] = "existing-owner rule"
    open_lead: bool = Field(
        default=True, description="Owner of an open lead with the same e-mail.", examples=[True]
    )
    contact: bool = Field(
        default=True, description="Owner of a contact with the same e-mail.", examples=[True]
    )
    account_domain: bool = Field(
        default=True, description="Owner of the account with this web domain.", examples=[True]
    )
    account_name: bool = Field(
        default=True, description="Owner of the account with this name.", examples=[True]
    )
    name_similarity: float = Field(
        default=0.92, gt=0, le=1,
        description="How alike two company names must be, 0 to 1.", examples=[0.92],
    )  # fmt: skip


class RoutingFile(Shape):
    """Who receives a lead: mode, rules in order, and the fallback that catches the rest."""

    noun: ClassVar[str] = "routing"
    mode: Mode = Field(description="How leads reach sales.", examples=["direct"])
    single_contact: str | None = Field(
        default=None, description="Person who distributes, in mode single_contact.",
        examples=["jonas"],
    )  # fmt: skip
    tele_team: str | None = Field(
        default=None, description="Team of appointment setters.", examples=["lead-centre"]
    )
    working_hours_only: bool = Field(
        default=False, description="Hand over only to people who are at work now.", examples=[False]
    )
    return_to_refuser: bool = Field(
        default=False,
        description="Whether a lead may go again to the person who gave it back.",
        examples=[False],
    )
    existing_owner: ExistingOwnerShape = Field(
        default_factory=ExistingOwnerShape,
        description="Checked before the rules.",
        examples=[{"account_name": False}],
    )
    rules: tuple[RouteShape, ...] = Field(
        default=(),
        description="In order; the first that holds decides.",
        examples=[[{"name": "France", "when": {"country": "FR"}, "to": {"team": "france"}}]],
    )
    fallback: TargetShape = Field(
        description="Who gets what no rule wants; nobody is never an answer.",
        examples=[{"queue": "inbound-desk"}],
    )
