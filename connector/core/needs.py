"""What the files need of both systems: properties and lists there, custom fields here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from connector.core.mapping import crm_name
from connector.core.problems import Place
from connector.core.rules.fields import FieldRule, FieldType, Unknown
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import label

DEFAULT_LENGTH = 255
KEY_LENGTH = 64  #: of the external id: `hs-` and a HubSpot id, or the key of an action


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One property or field that must be there. `words` are the values of a closed list."""

    name: str
    label: str
    type: FieldType
    place: Place
    about: str = ""
    words: tuple[str, ...] = ()
    length: int | None = None
    key: bool = False  #: joins both systems: unique, and an external id


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNeed:
    """A static list of contacts that a nurture programme fills."""

    name: str
    place: Place


def hubspot_properties(ruleset: Ruleset) -> tuple[Need, ...]:
    """Contact properties that are read or written, each once, in the order of the files."""
    found: dict[str, Need] = {}
    for rule in ruleset.fields.rules.values():
        if rule.hubspot:
            found.setdefault(rule.hubspot, _need(rule, rule.hubspot, side=0))
    for name, about, place in _outcomes(ruleset):
        need = Need(name=name, label=_spoken(name), type=FieldType.TEXT, place=place, about=about)
        found.setdefault(name, need)
    return tuple(found.values())


def hubspot_lists(ruleset: Ruleset) -> tuple[ListNeed, ...]:
    """Static lists by name; a programme that names an id has its list already."""
    return tuple(
        ListNeed(name=one.hubspot_list, place=one.place)
        for one in ruleset.recycling.programmes.values()
        if one.hubspot_list and not one.hubspot_list.isdigit()
    )


def salesforce_fields(ruleset: Ruleset, kind: str) -> tuple[Need, ...]:
    """Fields of Lead or Contact, standard ones included; Task needs the external id only."""
    fields = ruleset.fields
    key = Need(
        name=fields.external_id,
        label="Leadrelay Id",
        type=FieldType.TEXT,
        place=fields_file(ruleset),
        about="Joins the record with its lead in leadrelay.",
        length=KEY_LENGTH,
        key=True,
    )
    found = {fields.external_id: key}
    for rule in fields.rules.values() if kind != "Task" else ():
        name = crm_name(rule, kind)
        if name:
            found.setdefault(name, _need(rule, name, side=2))
    return tuple(found.values())


def fields_file(ruleset: Ruleset) -> Place:
    """The file of the fields as a whole."""
    first = next(iter(ruleset.fields.rules.values()), None)
    return Place(file=first.place.file if first else "mappings/fields.yaml")


def custom(needs: Iterable[Need]) -> tuple[Need, ...]:
    """Those that an admin has to make; standard fields are there."""
    return tuple(need for need in needs if need.name.endswith("__c"))


def _need(rule: FieldRule, name: str, *, side: int) -> Need:
    return Need(
        name=name,
        label=label(rule.labels, "en", _spoken(rule.name)),
        type=rule.type,
        place=rule.place,
        about=rule.meaning,
        words=closed_words(rule, side),
        length=rule.max_length,
    )


def closed_words(rule: FieldRule, side: int) -> tuple[str, ...]:
    """The system's words of a closed list (side 0: HubSpot, 2: Salesforce); else empty.

    A map that passes unknown words on is free text.
    """
    if rule.type not in (FieldType.CHOICE, FieldType.CHOICES) or rule.values is None:
        return ()
    if rule.values.unknown is Unknown.KEEP:
        return ()
    return tuple(dict.fromkeys(row[side] for row in rule.values.rows if row[side]))


def _outcomes(ruleset: Ruleset) -> Iterator[tuple[str, str, Place]]:
    recycling, echo, promises = ruleset.recycling, ruleset.echo, ruleset.promises
    for name, about, place in (
        (recycling.reason_property, "Why sales gave the lead back.", recycling.place),
        (recycling.goal_property, "What is missing for the next stage.", recycling.place),
        (echo.stage, "Where the lead stands with sales.", recycling.place),
        (echo.disposition, "What sales said of the lead.", recycling.place),
        (echo.owner, "Who works the lead.", recycling.place),
        (echo.amount, "What the deal is worth.", recycling.place),
        *((name, f"Outcome: {key}.", recycling.place) for key, name in echo.extra.items()),
        (promises.customer_promise_property, "What we promised the person.", promises.place),
        *(
            (one.hubspot_property, "Starts the nurture programme.", one.place)
            for one in recycling.programmes.values()
        ),
    ):
        if name:
            yield name, about, place


def _spoken(name: str) -> str:
    text = name.removesuffix("__c").replace("_", " ").strip()
    return text[:1].upper() + text[1:]
