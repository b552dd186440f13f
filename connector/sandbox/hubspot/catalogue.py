"""The property definitions and groups of an account, per object type, and readers over them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from connector.sandbox.hubspot.computed import computed_for
from connector.sandbox.hubspot.definitions import GROUP_LABELS, Definition, built_in
from connector.sandbox.hubspot.kinds import KINDS, Kind
from connector.sandbox.hubspot.records import Reader


@dataclass(slots=True)
class Group:
    """A heading under which properties are shown."""

    name: str
    label: str
    display_order: int = -1
    archived: bool = False

    def told(self) -> dict[str, Any]:
        """The group as the API gives it."""
        return {
            "name": self.name,
            "label": self.label,
            "displayOrder": self.display_order,
            "archived": self.archived,
        }


class Catalogue:
    """All definitions; the built-in ones are loaded when a type is first used."""

    def __init__(self) -> None:
        self._definitions: dict[str, dict[str, Definition]] = {}
        self._groups: dict[str, dict[str, Group]] = {}
        self._readers: dict[tuple[str, tuple[str, ...]], Reader] = {}

    def of(self, kind: Kind) -> dict[str, Definition]:
        """All definitions of a type by name, archived ones included."""
        found = self._definitions.get(kind.plural)
        if found is None:
            found = {one.name: one for one in built_in(kind.plural)}
            self._definitions[kind.plural] = found
        return found

    def find(self, kind: Kind, name: str) -> Definition | None:
        """A definition by name, in the spelling given or in lower case; None if archived."""
        of = self.of(kind)
        definition = of.get(name) or of.get(name.lower())
        return None if definition is None or definition.archived else definition

    def groups(self, kind: Kind) -> dict[str, Group]:
        """The groups of a type by name."""
        found = self._groups.get(kind.plural)
        if found is None:
            names = dict.fromkeys(one.group for one in self.of(kind).values())
            found = {name: Group(name, GROUP_LABELS.get(name, name)) for name in names}
            self._groups[kind.plural] = found
        return found

    def put(self, kind: Kind, definition: Definition) -> None:
        """Adds or replaces a definition."""
        self.of(kind)[definition.name] = definition
        self.forget_readers()

    def remove(self, kind: Kind, name: str) -> None:
        """Removes a definition for good."""
        del self.of(kind)[name]
        self.forget_readers()

    def forget_readers(self) -> None:
        """To be called when a definition was archived or brought back."""
        self._readers.clear()

    def reader(self, kind: Kind, names: Iterable[str] = ()) -> Reader:
        """A reader of the wanted properties, or of the type's default ones if none are wanted.

        Names that do not exist are left out without an error; the id and the dates of creation
        and change always come along.
        """
        wanted = tuple(names)
        key = (kind.plural, wanted)
        reader = self._readers.get(key)
        if reader is None:
            if len(self._readers) > 1000:
                self._readers.clear()
            known = {one.name for name in wanted if (one := self.find(kind, name))}
            always = {kind.created, kind.modified, "hs_object_id"}
            reader = Reader(known | always if wanted else kind.defaults, computed_for(kind))
            self._readers[key] = reader
        return reader

    def unique_names(self, kind: Kind) -> list[str]:
        """The properties whose values may occur only once in a type."""
        own = [one.name for one in self.of(kind).values() if one.has_unique_value]
        return [*own, "email"] if kind.plural == "contacts" else own

    def save(self) -> dict[str, Any]:
        """Definitions that are not as built in, and groups."""
        return {
            kind.plural: {
                "definitions": [
                    {name: getattr(one, name) for name in Definition.__slots__}
                    for one in self.of(kind).values()
                ],
                "groups": [group.told() for group in self.groups(kind).values()],
            }
            for kind in KINDS
            if kind.plural in self._definitions
        }

    def load(self, saved: dict[str, Any]) -> None:
        """Takes back what `save` gave."""
        self.forget_readers()
        self._definitions = {
            plural: {one["name"]: Definition(**one) for one in part["definitions"]}
            for plural, part in saved.items()
        }
        self._groups = {
            plural: {
                one["name"]: Group(one["name"], one["label"], one["displayOrder"], one["archived"])
                for one in part["groups"]
            }
            for plural, part in saved.items()
        }
