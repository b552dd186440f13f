"""Tells what changed in the systems' own definitions since somebody last looked."""

from collections.abc import Iterator
from datetime import datetime

from connector.core.problems import Mender, Place, Problem, Severity
from connector.flows.check_live import Surroundings
from connector.ports import FieldSchema, Ledger, ObjectSchema


def watch_schemas(around: Surroundings, ledger: Ledger, *, now: datetime) -> list[Problem]:
    """Compares each object with how it was last described, and keeps the new description."""
    found: list[Problem] = []
    for schema in around.schemas():
        known = ledger.schema_seen(schema.system, schema.name)
        if known is not None and known.hash != schema.hash:
            found += changes(known, schema)
        ledger.saw_schema(schema, now=now)
    return found


def changes(old: ObjectSchema, new: ObjectSchema) -> Iterator[Problem]:
    """Fields that came, went, or are described otherwise, by name."""
    for name in sorted({*old.fields, *new.fields}):
        before, after = old.fields.get(name), new.fields.get(name)
        if before == after:
            continue
        yield Problem(
            code="schema-changed",
            where=Place(file=f"{new.system}:{new.name}/{name}"),
            what=_words(before, after),
            remedy="See with `leadrelay check --live` whether the files still fit.",
            severity=Severity.WARNING,
            mender=Mender.ADMIN,
        )


def _words(before: FieldSchema | None, after: FieldSchema | None) -> str:
    if before is None:
        return "is new" + (", and required" if after is not None and after.required else "")
    if after is None:
        return "is gone"
    parts = [
        f"{name.replace('_', ' ')} {old} -> {new}"
        for name in ("type", "max_length", "required", "writable", "unique", "restricted")
        if (old := getattr(before, name)) != (new := getattr(after, name))
    ]
    gone = sorted(_active(before) - _active(after))
    come = sorted(_active(after) - _active(before))
    parts += [f"no longer offers {', '.join(gone)}"] if gone else []
    parts += [f"now offers {', '.join(come)}"] if come else []
    return "; ".join(parts) or "its label or description changed"


def _active(field: FieldSchema) -> set[str]:
    return {value for value, active in field.options if active}
