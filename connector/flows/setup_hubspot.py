"""Makes in HubSpot what the files need and nobody has made yet: group, properties, lists."""

from collections.abc import Callable
from dataclasses import dataclass

from connector.core.needs import ListNeed, Need, hubspot_lists, hubspot_properties
from connector.core.rules.fields import FieldType
from connector.core.rules.ruleset import Ruleset
from connector.ports import MarketingSystem, NewProperty

GROUP = "leadrelay"
LONG_TEXT = 255  #: from this length on people get a field of several lines
TYPES = {
    FieldType.NUMBER: ("number", "number"),
    FieldType.MONEY: ("number", "number"),
    FieldType.DATE: ("date", "date"),
    FieldType.MOMENT: ("datetime", "date"),
    FieldType.YES_NO: ("bool", "booleancheckbox"),
    FieldType.PHONE: ("string", "phonenumber"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What is to be made. HubSpot's own properties (`hs_…`) cannot be; they are named apart."""

    properties: tuple[Need, ...]
    lists: tuple[ListNeed, ...]
    not_ours: tuple[Need, ...]

    @property
    def nothing(self) -> bool:
        """Everything is there."""
        return not (self.properties or self.lists or self.not_ours)


def missing(ruleset: Ruleset, marketing: MarketingSystem) -> Missing:
    """Compares what the files need with what the account has; three reading calls."""
    there = marketing.schema().fields
    lists = marketing.lists()
    absent = [need for need in hubspot_properties(ruleset) if need.name not in there]
    return Missing(
        properties=tuple(need for need in absent if not need.name.startswith("hs_")),
        lists=tuple(need for need in hubspot_lists(ruleset) if need.name not in lists),
        not_ours=tuple(need for need in absent if need.name.startswith("hs_")),
    )


def make(plan: Missing, marketing: MarketingSystem, tell: Callable[[str], None]) -> None:
    """Makes the group, then each property and list; what is there is left alone."""
    if plan.properties:
        marketing.make_group(GROUP, "leadrelay")
    for need in plan.properties:
        marketing.make_property(new_property(need))
        tell(f"property {need.name}")
    for wanted in plan.lists:
        marketing.make_list(wanted.name)
        tell(f"list {wanted.name}")


def new_property(need: Need) -> NewProperty:
    """The definition that HubSpot gets; a closed list of words becomes a drop-down."""
    type_, field_type = TYPES.get(need.type, ("string", "text"))
    options = tuple((word, word) for word in need.words)
    if options:
        several = need.type is FieldType.CHOICES
        type_, field_type = "enumeration", "checkbox" if several else "select"
    elif type_ == "bool":
        options = (("true", "Yes"), ("false", "No"))
    elif type_ == "string" and (need.length or 0) > LONG_TEXT:
        field_type = "textarea"
    return NewProperty(
        name=need.name,
        label=need.label,
        type=type_,
        field_type=field_type,
        group=GROUP,
        description=need.about,
        options=options,
    )
