"""Descriptions of the systems' objects as text, to be kept and compared."""

from dataclasses import asdict

from connector.core.records import System
from connector.ports import FieldSchema, ObjectSchema
from connector.store import codec


def dump(schema: ObjectSchema) -> str:
    """The fields as a document."""
    fields = {name: asdict(field) for name, field in schema.fields.items()}
    return codec.dump(fields)


def load(text: str, *, system: System, name: str, hash_: str) -> ObjectSchema:
    """The schema behind `dump`."""
    fields = {
        field: FieldSchema(
            **{**known, "options": tuple((value, active) for value, active in known["options"])}
        )
        for field, known in codec.load(text).items()
    }
    return ObjectSchema(system=system, name=name, fields=fields, hash=hash_)
