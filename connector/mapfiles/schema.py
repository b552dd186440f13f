"""JSON Schemas of the mapping files, generated from their shapes, for editors and other tools."""

import json
from pathlib import Path
from typing import Any

from connector.core.rules.conditions import Operator
from connector.mapfiles.shapes import FILES, GoldenFile, Shape

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMAS = Path(__file__).parent / "schemas"

Json = dict[str, Any]

#: What each operator asks, for editors and for the reference. (type, meaning, example)
OPERATORS: dict[Operator, tuple[str, str, object]] = {
    Operator.IS: ("value", "Is this value; text is compared without case.", "DE"),
    Operator.IS_NOT: ("value", "Is anything else, or blank.", "DE"),
    Operator.IN: ("list", "Is one of these values.", ["DE", "AT", "CH"]),
    Operator.NOT_IN: ("list", "Is none of these values, or blank.", ["DE", "AT"]),
    Operator.AT_LEAST: ("value", "Is this number, amount or day, or more.", 500),
    Operator.AT_MOST: ("value", "Is this number, amount or day, or less.", 499),
    Operator.ABOVE: ("value", "Is more than this.", 0),
    Operator.BELOW: ("value", "Is less than this.", 50),
    Operator.BETWEEN: ("two", "Lies between both; the ends are included.", [50, 499]),
    Operator.PRESENT: ("yes_no", "Is known at all (yes), or blank (no).", "yes"),
    Operator.CONTAINS: ("value", "Has this text in it, or this word among several.", "head of"),
    Operator.CONTAINS_ANY: ("list", "Has one of these in it.", ["chief", "director"]),
    Operator.STARTS_WITH: ("value", "Begins with this text.", "+49"),
    Operator.ENDS_WITH: ("value", "Ends with this text.", "@gmail.com"),
    Operator.MATCHES: ("value", "Fits this pattern: * for any text, ? for a character.", "A*-??"),
    Operator.WITHIN_DAYS: ("value", "Lies at most so many days from now, before or after.", 90),
    Operator.OLDER_THAN_DAYS: ("value", "Lies more than so many days back.", 30),
}
_SCALAR: Json = {"type": ["string", "number", "boolean"]}
_TYPES: dict[str, Json] = {
    "value": _SCALAR,
    "list": {"type": "array", "items": _SCALAR, "minItems": 1},
    "two": {"type": "array", "items": _SCALAR, "minItems": 2, "maxItems": 2},
    "yes_no": {"enum": ["yes", "no", True, False]},
}


def file_schema(model: type[Shape], name: str) -> Json:
    """The schema of one file; every key has a description and an example."""
    schema = model.model_json_schema()
    definitions = schema.setdefault("$defs", {})
    if _point_at_conditions(schema):
        definitions["Condition"] = _condition()
        definitions["Question"] = _question()
    _plain_titles(schema)
    return {"$schema": DIALECT, "title": name, **schema}


def schemas() -> dict[str, Json]:
    """All schemas by file name, as they lie in the package."""
    named: dict[str, type[Shape]] = {**FILES, "golden.yaml": GoldenFile}
    return {
        name.replace(".yaml", ".json"): file_schema(model, name) for name, model in named.items()
    }


def schema_text(schema: Json) -> str:
    """As stored: indented, keys in the order of the shapes."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _condition() -> Json:
    condition: Json = {"$ref": "#/$defs/Condition"}
    several: Json = {"type": "array", "items": condition, "minItems": 1}
    return {
        "type": "object",
        "description": "Fields, facts or terms and what is asked of them; all of it must hold.",
        "properties": {
            "all": {**several, "description": "All of these conditions must hold."},
            "any": {**several, "description": "At least one of these conditions must hold."},
            "not": {**condition, "description": "This condition must not hold."},
        },
        "additionalProperties": {"$ref": "#/$defs/Question"},
        "examples": [{"country": {"in": ["DE", "AT"]}, "employees": {"at_least": 500}}],
    }


def _question() -> Json:
    asked = {
        str(operator): {**_TYPES[kind], "description": meaning, "examples": [example]}
        for operator, (kind, meaning, example) in OPERATORS.items()
    }
    return {
        "description": "A value (is), a list (in), or operators.",
        "anyOf": [
            _SCALAR,
            _TYPES["list"],
            {"type": "object", "properties": asked, "additionalProperties": False},
        ],
        "examples": ["DE", ["DE", "AT"], {"at_least": 500}],
    }


def _point_at_conditions(node: object) -> bool:
    """Replaces the placeholder of every condition; whether there was one."""
    found = False
    if isinstance(node, dict):
        if node.get("title") == "Condition" and node.get("type") == "object":
            del node["title"], node["type"]
            node["$ref"] = "#/$defs/Condition"
            return True
        for value in node.values():
            found = _point_at_conditions(value) or found
    elif isinstance(node, list):
        for value in node:
            found = _point_at_conditions(value) or found
    return found


def _plain_titles(node: object) -> None:
    """Editors show titles; class names and `Max Age` help nobody."""
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        for value in node.values():
            _plain_titles(value)
    elif isinstance(node, list):
        for value in node:
            _plain_titles(value)
