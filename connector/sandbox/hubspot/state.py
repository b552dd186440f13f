"""The whole state of an account as JSON-able values, and back."""

from copy import deepcopy
from typing import Any

from connector.sandbox.hubspot.formats import parse_moment
from connector.sandbox.hubspot.limits import Limits
from connector.sandbox.hubspot.oauth import OAuth
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.records import Record, Source, Store
from connector.sandbox.hubspot.webhooks import Webhooks

Json = dict[str, Any]

#: Raised when the form of a saved state changes.
VERSION = 1

_PARTS = (
    "catalogue",
    "owners",
    "pipelines",
    "associations",
    "lists",
    "preferences",
    "automation",
)


def save(portal: Portal, oauth: OAuth, limits: Limits, webhooks: Webhooks) -> Json:
    """Everything that `load` needs to go on exactly from here."""
    version, numbers, gauss = portal.dice.getstate()
    return {
        "version": VERSION,
        "dice": [version, list(numbers), gauss],
        "index_stands_until": portal.index_stands_until,
        "bumps": [list(bump) for bump in portal.bumps()],
        "stores": {plural: _save_store(store) for plural, store in portal.stores.items()},
        "indexes": {plural: index.save() for plural, index in portal.indexes.items()},
        "oauth": oauth.save(),
        "limits": limits.save(),
        "webhooks": webhooks.save(),
        **{part: deepcopy(getattr(portal, part).save()) for part in _PARTS},
    }


def load(saved: Json, portal: Portal, oauth: OAuth, limits: Limits, webhooks: Webhooks) -> None:
    """Takes back what `save` gave, into an account with the same settings."""
    version, numbers, gauss = saved["dice"]
    portal.dice.setstate((version, tuple(numbers), gauss))
    for part in _PARTS:
        getattr(portal, part).load(deepcopy(saved[part]))
    for plural, store in portal.stores.items():
        _load_store(store, saved["stores"][plural])
        portal.indexes[plural].load(saved["indexes"][plural])
    portal.index_stands_until = saved.get("index_stands_until", 0)
    portal.set_bumps([(due, plural, id_) for due, plural, id_ in saved["bumps"]])
    oauth.load(saved["oauth"])
    limits.load(saved["limits"])
    webhooks.load(saved["webhooks"])


def _save_store(store: Store) -> Json:
    sources: dict[Source, int] = {}

    def number(source: Source) -> int:
        return sources.setdefault(source, len(sources))

    records = [
        [
            record.id,
            dict(record.values),
            record.created,
            record.archived_at,
            number(record.source),
            {
                name: [[at, value, number(source)] for at, value, source in versions]
                for name, versions in (record.history or {}).items()
            },
        ]
        for record in store.records.values()
    ]
    return {
        "records": records,
        "sources": [[one.type, one.id, one.label, one.user_id] for one in sources],
        "merged": list(store.merged.items()),
        "next_id": store.next_id,
        "unique": sorted(store.unique),
    }


def _load_store(store: Store, saved: Json) -> None:
    sources = [Source(*one) for one in saved["sources"]]
    store.records.clear()
    store.unique = {name: {} for name in saved["unique"]}
    store.merged = dict(saved["merged"])
    store.next_id = saved["next_id"]
    for id_, values, created, archived_at, source, history in saved["records"]:
        record = Record(id_, dict(values), created, sources[source])
        record.modified = parse_moment(values[store.kind.modified]) or created
        record.archived_at = archived_at
        if history:
            record.history = {
                name: [(at, value, sources[one]) for at, value, one in versions]
                for name, versions in history.items()
            }
        store.records[id_] = record
        if archived_at is None:
            store.claim(record)
    store.live = sorted(one.id for one in store.records.values() if one.archived_at is None)
    store.archived = sorted(one.id for one in store.records.values() if one.archived_at is not None)
