"""Making and undoing associations, with what follows for the records on both sides."""

from typing import Any

from connector.sandbox.hubspot.association_types import AssociationType
from connector.sandbox.hubspot.derived import follow_associations
from connector.sandbox.hubspot.errors import Rejection
from connector.sandbox.hubspot.formats import iso
from connector.sandbox.hubspot.kinds import COMPANIES, CONTACTS, KINDS, LEADS, Kind
from connector.sandbox.hubspot.objects import Objects
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.records import Record, Source
from connector.sandbox.hubspot.values import as_text

Wanted = tuple[Kind, int, list[int]]

_KIND = {kind.singular: kind for kind in KINDS}


class Linking:
    """Associations between records that exist."""

    def __init__(self, portal: Portal, objects: Objects) -> None:
        self._portal = portal
        self._objects = objects

    def wanted(self, kind: Kind, given: list[Any]) -> list[Wanted]:
        """The associations of a creation, checked.

        Raises:
            Rejection: 400 for records that do not exist or types of the wrong direction [C].
        """
        found: list[Wanted] = []
        missing: list[tuple[Kind, str]] = []
        for one in given:
            ids = [int(type_["associationTypeId"]) for type_ in one.get("types") or []]
            types = [self._portal.associations.type(id_) for id_ in ids]
            known = [type_ for type_ in types if type_ is not None]
            if not known or len(known) < len(types):
                raise Rejection(400, "One or more associations are invalid")
            for type_ in known:
                if type_.origin != kind.singular:
                    raise Rejection(
                        400,
                        f"invalid from object type {kind.type_id} for associations to be created."
                        f" expected: {_KIND[type_.origin].type_id}",
                    )
            text = as_text(one["to"]["id"])
            id_ = int(text) if text.isdecimal() else 0
            other = _KIND[known[0].target]
            found.append((other, id_, ids))
            if self._portal.store(other).alive(id_) is None:
                missing.append((other, text))
        if missing:
            raise Rejection(
                400,
                "One or more associations are invalid",
                context={
                    "INVALID_OBJECT_IDS": [
                        f"{other.upper}={text} is not valid" for other, text in missing
                    ],
                    "objectId": [text for _other, text in missing],
                    "objectType": [other.upper for other, _id in missing],
                },
            )
        return found

    def link(
        self,
        kind: Kind,
        record: Record,
        other: Kind,
        id_: int,
        types: list[int],
        now: int,
        *,
        touch: bool = True,
    ) -> None:
        """Joins two records; the first company of a contact or deal becomes its primary one [C]."""
        associations = self._portal.associations
        types = list(types)
        types += self._first_primary(kind, record.id, other, types)
        associations.link(kind, record.id, other, id_, types)
        back = self._portal.store(other).alive(id_)
        if back is not None:
            backs = self._first_primary(other, id_, kind, [])
            if backs:
                associations.link(other, id_, kind, record.id, backs)
        self._follow(kind, record, other, back, now, touch=touch)
        self._tell(kind, record.id, other, id_, removed=False)

    def _first_primary(self, kind: Kind, a: int, other: Kind, types: list[int]) -> list[int]:
        if other is not COMPANIES:
            return []
        primary = self._portal.associations.primary_type(kind, other)
        if primary is None or primary.id in types:
            return []
        if self._portal.associations.primary(kind, a, other) is not None:
            return []
        return [primary.id]

    def unlink(self, kind: Kind, record: Record, other: Kind, id_: int, now: int) -> None:
        """Takes every association between two records away."""
        if self._portal.associations.unlink(kind, record.id, other, id_):
            back = self._portal.store(other).alive(id_)
            self._follow(kind, record, other, back, now)
            self._drop_lonely(now, (kind, record), (other, back))
            self._tell(kind, record.id, other, id_, removed=True)

    def unlabel(
        self, kind: Kind, record: Record, other: Kind, id_: int, types: list[int], now: int
    ) -> None:
        """Takes some types away between two records."""
        self._portal.associations.unlabel(kind, record.id, other, id_, types)
        back = self._portal.store(other).alive(id_)
        self._follow(kind, record, other, back, now)
        self._drop_lonely(now, (kind, record), (other, back))

    def _follow(
        self,
        kind: Kind,
        record: Record,
        other: Kind,
        back: Record | None,
        now: int,
        *,
        touch: bool = True,
    ) -> None:
        if touch:
            self._portal.touch(kind, record, now)
        if back is not None:
            self._portal.touch(other, back, now)
        for side, one in ((kind, record), (other, back)):
            if side is CONTACTS and one is not None:
                follow_associations(self._portal, one)

    def _drop_lonely(self, now: int, *sides: tuple[Kind, Record | None]) -> None:
        """A lead that has lost its primary contact and company is deleted."""
        primary = self._portal.associations.primary
        for kind, one in sides:
            if kind is not LEADS or one is None:
                continue
            if all(primary(LEADS, one.id, other) is None for other in (CONTACTS, COMPANIES)):
                self._objects.archive(LEADS, one, Source("ASSOCIATIONS"), now)

    def follow_company(self, kind: Kind, record: Record, written: dict[str, str], now: int) -> None:
        """Writing `associatedcompanyid` makes that company the contact's primary one."""
        if kind is not CONTACTS or not written.get("associatedcompanyid"):
            return
        id_ = int(float(written["associatedcompanyid"]))
        primary = self._portal.associations.primary_type(CONTACTS, COMPANIES)
        if primary is not None and self._portal.store(COMPANIES).alive(id_) is not None:
            self.link(CONTACTS, record, COMPANIES, id_, [primary.id], now, touch=False)

    def default_type(self, kind: Kind, other: Kind) -> AssociationType:
        """The unlabelled type between two object types.

        Raises:
            Rejection: 400 where records of the two types cannot belong together [?].
        """
        plain = self._portal.associations.default_type(kind, other)
        if plain is None:
            raise Rejection(
                400, f"No association type exists between {kind.type_id} and {other.type_id}"
            )
        return plain

    def carry_over(self, kind: Kind, old: int, new: Record, now: int) -> None:
        """Gives the associations of a merged record to the survivor."""
        associations = self._portal.associations
        for other, id_ in associations.partners(kind, old, KINDS):
            held = associations.held(kind, old, other, id_)
            associations.unlink(kind, old, other, id_)
            kept = [
                one
                for one in held
                if (type_ := associations.type(one)) is not None
                and not (type_.single and associations.primary(kind, new.id, other) is not None)
            ]
            if not (other is kind and id_ == new.id):
                associations.link(kind, new.id, other, id_, kept)
            partner = self._portal.store(other).find(id_)
            if other is CONTACTS and partner is not None:
                follow_associations(self._portal, partner)
        if kind is CONTACTS:
            follow_associations(self._portal, new)
        new.values[kind.modified] = iso(now)

    def _tell(self, kind: Kind, a: int, other: Kind, b: int, *, removed: bool) -> None:
        self._portal.happened(
            kind,
            "associationChange",
            a,
            "INTEGRATION",
            associationType=f"{kind.upper}_TO_{other.upper}",
            fromObjectId=a,
            toObjectId=b,
            associationRemoved=removed,
            isPrimaryAssociation=self._portal.associations.primary(kind, a, other) == b,
        )
