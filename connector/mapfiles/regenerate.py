"""Writes the JSON Schemas and the reference anew: `python -m connector.mapfiles.regenerate`."""

from pathlib import Path

from connector.mapfiles.reference import pages
from connector.mapfiles.schema import SCHEMAS, schema_text, schemas

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "files"


def regenerate() -> None:
    """Overwrites what is generated; pages written by hand are left alone."""
    for folder, texts in (
        (SCHEMAS, {name: schema_text(schema) for name, schema in schemas().items()}),
        (REFERENCE, pages()),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    regenerate()
