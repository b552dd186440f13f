"""Which records belong together, in both directions, with their types and labels."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from connector.sandbox.hubspot.association_types import BUILT_IN, USER, AssociationType
from connector.sandbox.hubspot.kinds import Kind

Links = dict[int, dict[int, tuple[int, ...]]]

#: Ids of own labels start here, out of the way of HubSpot's.
_FIRST_OWN = 2001


class Associations:
    """All associations of the account."""

    def __init__(self) -> None:
        self._types: dict[int, AssociationType] = {one.id: one for one in BUILT_IN}
        self._links: dict[tuple[str, str], Links] = {}
        self._next_type = _FIRST_OWN

    def type(self, id_: int) -> AssociationType | None:
        """The type with an id."""
        return self._types.get(id_)

    def types(self, origin: Kind, target: Kind) -> list[AssociationType]:
        """All types between two object types, in one direction."""
        return [
            one
            for one in self._types.values()
            if one.origin == origin.singular and one.target == target.singular
        ]

    def default_type(self, origin: Kind, target: Kind) -> AssociationType | None:
        """The unlabelled type of HubSpot's own between two object types."""
        return next((one for one in self.types(origin, target) if one.label is None), None)

    def define(
        self, origin: Kind, target: Kind, label: str, inverse_label: str | None
    ) -> list[AssociationType]:
        """Makes an own label, in both directions."""
        there, back = self._next_type, self._next_type + 1
        self._next_type += 2
        made = [
            AssociationType(
                id=there,
                origin=origin.singular,
                target=target.singular,
                inverse=back,
                name=f"own_{there}",
                label=label,
                category=USER,
            ),
            AssociationType(
                id=back,
                origin=target.singular,
                target=origin.singular,
                inverse=there,
                name=f"own_{back}",
                label=inverse_label or label,
                category=USER,
            ),
        ]
        self._types |= {one.id: one for one in made}
        return made

    def rename(self, id_: int, label: str, inverse_label: str | None) -> bool:
        """Changes an own label; False if there is none with this id."""
        own = self._types.get(id_)
        if own is None or own.category != USER:
            return False
        back = self._types[own.inverse]
        self._types[id_] = AssociationType(**(asdict(own) | {"label": label}))
        if inverse_label is not None:
            self._types[back.id] = AssociationType(**(asdict(back) | {"label": inverse_label}))
        return True

    def undefine(self, id_: int) -> bool:
        """Removes an own label and its use; False if there is none with this id."""
        own = self._types.get(id_)
        if own is None or own.category != USER:
            return False
        for gone in (own.id, own.inverse):
            del self._types[gone]
        for links in self._links.values():
            for targets in links.values():
                for target, held in list(targets.items()):
                    kept = tuple(one for one in held if one not in (own.id, own.inverse))
                    targets[target] = kept
        return True

    def link(self, origin: Kind, a: int, target: Kind, b: int, type_ids: Iterable[int]) -> None:
        """Joins two records. A primary type brings the unlabelled one along, an own label too,.

        and takes the mark away from the record that was primary before.
        """
        wanted = set(type_ids)
        for one in list(wanted):
            type_ = self._types[one]
            if type_.plain is not None:
                if type_.single:
                    self._demote(origin, a, target, one)
                else:
                    self._demote(target, b, origin, type_.inverse)
                wanted.add(type_.plain)
            elif type_.category == USER and (plain := self.default_type(origin, target)):
                wanted.add(plain.id)
        self._add(origin.singular, a, target.singular, b, wanted)
        back = {self._types[one].inverse for one in wanted}
        self._add(target.singular, b, origin.singular, a, back)

    def unlink(self, origin: Kind, a: int, target: Kind, b: int) -> bool:
        """Takes everything away that joins two records."""
        there = self._remove(origin.singular, a, target.singular, b)
        self._remove(target.singular, b, origin.singular, a)
        return there

    def unlabel(self, origin: Kind, a: int, target: Kind, b: int, type_ids: Iterable[int]) -> None:
        """Takes some types away; without the unlabelled one nothing is left."""
        held = set(self.held(origin, a, target, b))
        plain = self.default_type(origin, target)
        left = held - set(type_ids)
        if not left or (plain is not None and plain.id in held and plain.id not in left):
            self.unlink(origin, a, target, b)
            return
        self._put(origin.singular, a, target.singular, b, left)
        back = {self._types[one].inverse for one in left}
        self._put(target.singular, b, origin.singular, a, back)

    def held(self, origin: Kind, a: int, target: Kind, b: int) -> tuple[int, ...]:
        """The type ids between two records, in one direction."""
        links = self._links.get((origin.singular, target.singular), {})
        return links.get(a, {}).get(b, ())

    def targets(self, origin: Kind, a: int, target: Kind) -> dict[int, tuple[int, ...]]:
        """The records of a type that belong to a record, with the type ids."""
        return self._links.get((origin.singular, target.singular), {}).get(a, {})

    def primary(self, origin: Kind, a: int, target: Kind) -> int | None:
        """The one record that is marked as primary for another."""
        for b, held in self.targets(origin, a, target).items():
            if any(self._types[one].single for one in held):
                return b
        return None

    def primary_type(self, origin: Kind, target: Kind) -> AssociationType | None:
        """The type that marks the primary record."""
        return next((one for one in self.types(origin, target) if one.single), None)

    def partners(self, origin: Kind, a: int, kinds: Iterable[Kind]) -> list[tuple[Kind, int]]:
        """Everything that belongs to a record."""
        return [(kind, b) for kind in kinds for b in self.targets(origin, a, kind)]

    def _demote(self, origin: Kind, a: int, target: Kind, primary: int) -> None:
        for b, held in list(self.targets(origin, a, target).items()):
            if primary in held:
                self._put(
                    origin.singular, a, target.singular, b, {one for one in held if one != primary}
                )
                back = self._types[primary].inverse
                held_back = self.held(target, b, origin, a)
                self._put(
                    target.singular,
                    b,
                    origin.singular,
                    a,
                    {one for one in held_back if one != back},
                )

    def _add(self, origin: str, a: int, target: str, b: int, types: set[int]) -> None:
        held = self._links.get((origin, target), {}).get(a, {}).get(b, ())
        self._put(origin, a, target, b, types | set(held))

    def _put(self, origin: str, a: int, target: str, b: int, types: set[int]) -> None:
        links = self._links.setdefault((origin, target), {})
        links.setdefault(a, {})[b] = tuple(sorted(types))

    def _remove(self, origin: str, a: int, target: str, b: int) -> bool:
        links = self._links.get((origin, target), {})
        targets = links.get(a)
        if targets is None or b not in targets:
            return False
        del targets[b]
        if not targets:
            del links[a]
        return True

    def save(self) -> dict[str, Any]:
        """Own labels and all links as JSON."""
        own = [asdict(one) for one in self._types.values() if one.category == USER]
        links = [
            [origin, target, a, b, list(held)]
            for (origin, target), table in self._links.items()
            for a, targets in table.items()
            for b, held in targets.items()
        ]
        return {"types": own, "links": links, "next_type": self._next_type}

    def load(self, saved: dict[str, Any]) -> None:
        """Takes back what `save` gave."""
        self.__init__()  # type: ignore[misc]
        self._types |= {one["id"]: AssociationType(**one) for one in saved["types"]}
        self._next_type = saved["next_type"]
        for origin, target, a, b, held in saved["links"]:
            self._put(origin, a, target, b, set(held))
