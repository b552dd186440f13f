"""Two records become one: whose values win, and what the survivor remembers."""

from connector.sandbox.hubspot.errors import Rejection
from connector.sandbox.hubspot.formats import iso
from connector.sandbox.hubspot.kinds import CONTACTS, Kind
from connector.sandbox.hubspot.linking import Linking
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.records import Record, Source

#: How many records a record may have taken in.
MOST_MERGES = 250

_OWN = {"email", "hs_object_id", "hs_additional_emails", "hs_merged_object_ids", "lifecyclestage"}


class Merging:
    """Merges records of one type."""

    def __init__(self, portal: Portal, linking: Linking) -> None:
        self._portal = portal
        self._linking = linking

    def merge(self, kind: Kind, primary: Record, other: Record, source: Source, now: int) -> Record:
        """Merges `other` into `primary`; gives the survivor, by default under a new id.

        The most recent value of a property wins; the primary's address stays and the other one
        becomes additional; the furthest lifecycle stage is kept.

        Raises:
            Rejection: 400 for a record and itself, 414 past 250 merges.
        """
        if primary is other:
            raise Rejection(400, "Cannot merge a contact with itself", category=None)
        if len(_ids(primary)) + len(_ids(other)) + 1 > MOST_MERGES:
            raise Rejection(414, f"Cannot have more than {MOST_MERGES} identities on a profile")
        values = self._values(kind, primary, other)
        anew = self._portal.settings.merge_makes_new_id
        merged = [*_ids(primary), *_ids(other), other.key, *([primary.key] if anew else [])]
        values["hs_merged_object_ids"] = ";".join(dict.fromkeys(merged))
        losers = [primary, other] if anew else [other]
        survivor = self._survivor(kind, primary, values, source, now, losers)
        for loser in losers:
            self._follow(kind, loser, survivor, now)
        self._portal.index(kind).changed(survivor, now)
        self._portal.happened(
            kind,
            "merge",
            survivor.id,
            source.type,
            source_id=source.id,
            primaryObjectId=primary.id,
            mergedObjectIds=[other.id],
            newObjectId=survivor.id,
            numberOfPropertiesMoved=len(other.values),
        )
        return survivor

    def _survivor(
        self,
        kind: Kind,
        primary: Record,
        values: dict[str, str],
        source: Source,
        now: int,
        losers: list[Record],
    ) -> Record:
        store, index = self._portal.store(kind), self._portal.index(kind)
        for loser in losers:
            index.changing(loser)
            store.release(loser)
            store.forget(loser)
            index.changed(loser, now, gone=True)
        if primary in losers:
            survivor = Record(self._portal.next_id(kind), values, primary.created, primary.source)
            survivor.history = primary.history
            index.changing(survivor, new=True)
            store.add(survivor)
        else:
            survivor = primary
            index.changing(survivor)
            store.release(survivor)
        for name, value in values.items():
            if primary.values.get(name) != value and name not in _STAMPS:
                survivor.remember(name, value, now, Source("MERGE_CONTACTS", source.id))
        survivor.values = values
        values["hs_object_id"] = survivor.key
        values[kind.modified] = iso(now)
        survivor.modified = now
        store.claim(survivor)
        return survivor

    def _follow(self, kind: Kind, loser: Record, survivor: Record, now: int) -> None:
        self._portal.store(kind).merged[loser.id] = survivor.id
        self._portal.lists.replace_record(kind.type_id, loser.id, survivor.id)
        self._linking.carry_over(kind, loser.id, survivor, now)

    def _values(self, kind: Kind, primary: Record, other: Record) -> dict[str, str]:
        values = dict(primary.values)
        for name, value in other.values.items():
            if name in _OWN or name in _STAMPS or value == "":
                continue
            mine = primary.versions(name)
            theirs = other.versions(name)
            if not values.get(name) or (mine and theirs and theirs[-1][0] > mine[-1][0]):
                values[name] = value
        values[kind.created] = min(primary.values[kind.created], other.values[kind.created])
        if kind is CONTACTS:
            self._contact_values(values, primary, other)
        return values

    def _contact_values(self, values: dict[str, str], primary: Record, other: Record) -> None:
        order = self._portal.pipelines.lifecycle()
        stages = [one.values.get("lifecyclestage", "") for one in (primary, other)]
        known = [stage for stage in stages if stage in order]
        if known:
            values["lifecyclestage"] = max(known, key=order.index)
        addresses = [
            address
            for one in (primary, other)
            for address in (
                one.values.get("email", ""),
                *one.values.get("hs_additional_emails", "").split(";"),
            )
            if address
        ]
        distinct = list(dict.fromkeys(addresses))
        if distinct:
            values["email"] = distinct[0]
        if distinct[1:]:
            values["hs_additional_emails"] = ";".join(distinct[1:])


_STAMPS = {"createdate", "hs_createdate", "lastmodifieddate", "hs_lastmodifieddate", "hs_object_id"}


def _ids(record: Record) -> list[str]:
    return [id_ for id_ in record.values.get("hs_merged_object_ids", "").split(";") if id_]
