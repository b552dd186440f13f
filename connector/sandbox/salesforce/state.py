"""The whole state of an organisation as JSON-able values, and back."""

from datetime import datetime
from typing import Any

from connector.sandbox.salesforce.api import Api
from connector.sandbox.salesforce.org import (
    AssignmentEntry,
    AssignmentRule,
    Condition,
    DuplicateRule,
    Hidden,
    Org,
    ValidationRule,
)
from connector.sandbox.salesforce.schema import PicklistValue
from connector.sandbox.salesforce.tables import Table

FORMAT = 1


def save(api: Api) -> dict[str, Any]:
    """Rows, schema, rules, sessions and quota. Not kept: open cursors, Bulk jobs, the call log.

    Raises ValueError where a rule's condition is Python code, which cannot be saved.
    """
    org = api.org
    return {
        "format": FORMAT,
        "org_id": org.org_id,
        "user_id": org.user_id,
        "numbers": dict(org.numbers),
        "custom_fields": [[name, given] for name, given in org.custom_given],
        "record_type_objects": sorted(org.record_type_objects),
        "record_type_values": dict(org.record_type_values),
        "default_record_types": dict(org.default_record_types),
        "withheld": [list(one) for one in org.withheld],
        "schema_changed": org.schema_changed.isoformat(),
        "schema_version": org.schema_version,
        "earliest_deletion": org.earliest_deletion.isoformat(),
        "lead_statuses": [
            [one.value, one.label, one.default]
            for one in org.objects["Lead"].fields["Status"].values
        ],
        "rows": {name: list(table.rows.values()) for name, table in org.tables.items()},
        "hidden": [
            [row_id, one.until.isoformat(), one.before] for row_id, one in org.hidden.items()
        ],
        "rules": _rules(org),
        "lock_tries": org.lock_tries,
        "random": _random_state(org),
        "sessions": api.sessions.save(),
        "quota": api.quota.save(),
    }


def _random_state(org: Org) -> list[Any]:
    version, numbers, gauss = org.rng.getstate()
    return [version, list(numbers), gauss]


def _written(condition: Condition) -> str:
    if not isinstance(condition, str):
        raise ValueError("a condition in Python cannot be saved; write it as a SOQL condition")
    return condition


def _rules(org: Org) -> dict[str, Any]:
    return {
        "assignment": [
            {
                "rule_id": rule.rule_id,
                "sobject": rule.sobject,
                "entries": [[_written(one.when), one.owner_id] for one in rule.entries],
                "default_owner_id": rule.default_owner_id,
            }
            for rule in org.assignment_rules.values()
        ],
        "duplicate": [
            {
                "sobject": rule.sobject,
                "name": rule.name,
                "matching_rule": rule.matching_rule,
                "action": rule.action,
                "match": list(rule.match),
                "across": list(rule.across),
                "text": rule.text,
                "on_update": rule.on_update,
            }
            for rule in org.duplicate_rules
        ],
        "validation": [
            {
                "sobject": rule.sobject,
                "name": rule.name,
                "when": _written(rule.when),
                "message": rule.message,
                "field": rule.field,
            }
            for rule in org.validation_rules
        ],
    }


def load(api: Api, saved: dict[str, Any]) -> None:
    """Replaces everything by a saved state; raises ValueError for another format."""
    if saved.get("format") != FORMAT:
        raise ValueError(f"not a saved state of format {FORMAT}")
    org = api.org
    org.reset_schema()
    for name, given in saved["custom_fields"]:
        org.add_custom_field(name, given)
    for name in saved["record_type_objects"]:
        org.add_record_type_field(name)
    org.record_type_values = dict(saved["record_type_values"])
    org.default_record_types = dict(saved["default_record_types"])
    for name, rights, field in saved["withheld"]:
        org.withhold(name, rights, field)
    status = org.objects["Lead"].fields["Status"]
    status.values = tuple(
        PicklistValue(value=value, label=label, default=default)
        for value, label, default in saved["lead_statuses"]
    )
    status.known_values = frozenset(one.value.lower() for one in status.values)
    org.org_id, org.user_id = saved["org_id"], saved["user_id"]
    org.numbers = dict(saved["numbers"])
    org.schema_changed = datetime.fromisoformat(saved["schema_changed"])
    org.schema_version = saved["schema_version"]
    org.earliest_deletion = datetime.fromisoformat(saved["earliest_deletion"])
    for name, rows in saved["rows"].items():
        _fill(org.tables[name], rows)
    org.hidden = {
        row_id: Hidden(until=datetime.fromisoformat(until), before=before)
        for row_id, until, before in saved["hidden"]
    }
    org.lock_tries = saved["lock_tries"]
    version, numbers, gauss = saved["random"]
    org.rng.setstate((version, tuple(numbers), gauss))
    _load_rules(org, saved["rules"])
    api.sessions.load(saved["sessions"])
    api.quota.load(saved["quota"])


def _fill(table: Table, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        table.put(row["Id"], dict(row))


def _load_rules(org: Org, saved: dict[str, Any]) -> None:
    org.assignment_rules = {
        one["rule_id"]: AssignmentRule(
            rule_id=one["rule_id"],
            sobject=one["sobject"],
            entries=[AssignmentEntry(when=when, owner_id=owner) for when, owner in one["entries"]],
            default_owner_id=one["default_owner_id"],
        )
        for one in saved["assignment"]
    }
    org.duplicate_rules = [
        DuplicateRule(**{**one, "match": tuple(one["match"]), "across": tuple(one["across"])})
        for one in saved["duplicate"]
    ]
    org.validation_rules = [ValidationRule(**one) for one in saved["validation"]]
