"""Holds the words of the hand-off and of sales against the picklists of Salesforce."""

from collections.abc import Iterator, Mapping

from connector.core.handoff import (
    TASK_DONE,
    TASK_PRIORITIES,
    TASK_STATUS,
    TASK_SUBTYPE,
    TASK_SUBTYPES,
)
from connector.core.problems import Place, Problem
from connector.core.rules.ruleset import Ruleset
from connector.flows.live_fields import Hit, fault
from connector.flows.passing import OPEN_STATUS
from connector.ports import FieldSchema, LeadRow, ObjectSchema

Found = Iterator[tuple[Problem, Hit]]


def words_of_sales(ruleset: Ruleset, crm: Mapping[str, ObjectSchema]) -> Found:
    """Statuses and reasons that the files or the connector speak of and Salesforce does not."""
    if "Lead" in crm:
        lead = crm["Lead"].fields
        yield from _statuses(ruleset, lead)
        yield from _reasons(ruleset, lead)
        yield from _own_words(lead, "Lead", {"Status": (OPEN_STATUS,)})
    if "Task" in crm:
        words = {
            "Status": (TASK_STATUS, TASK_DONE),
            "Priority": TASK_PRIORITIES,
            TASK_SUBTYPE: tuple(TASK_SUBTYPES.values()),
        }
        yield from _own_words(crm["Task"].fields, "Task", words)


def _offered(field: FieldSchema | None) -> set[str]:
    return {value for value, active in field.options if active} if field else set()


def _with_sales(row: LeadRow) -> bool:
    return row.state.passed_at is not None


def _not_passed(row: LeadRow) -> bool:
    return row.state.passed_at is None


def _statuses(ruleset: Ruleset, lead: Mapping[str, FieldSchema]) -> Found:
    offered = _offered(lead.get("Status"))
    for rule in ruleset.recycling.statuses.values():
        if offered and rule.status not in offered:
            yield (
                fault(
                    "unknown-status",
                    rule.place,
                    f"Salesforce has no lead status '{rule.status}'",
                    f"Statuses there: {', '.join(sorted(offered))}.",
                ),
                _with_sales,
            )


def _reasons(ruleset: Ruleset, lead: Mapping[str, FieldSchema]) -> Found:
    rule = ruleset.fields.rules.get("disposition_reason")
    field = lead.get(rule.salesforce) if rule and rule.salesforce else None
    options = {value.casefold() for value in _offered(field)}
    for word in ruleset.vocabulary.reasons.values():
        if field and options and word.crm_value.casefold() not in options:
            yield (
                fault(
                    "unknown-reason",
                    word.place,
                    f"sales cannot choose '{word.crm_value}' in '{field.name}'",
                    "Add the value to the picklist in Salesforce, or correct crm_value.",
                ),
                _with_sales,
            )


def _own_words(
    fields: Mapping[str, FieldSchema], kind: str, words: Mapping[str, tuple[str, ...]]
) -> Found:
    """What every hand-off writes, whatever the files say."""
    for name, wanted in words.items():
        field = fields.get(name)
        for word in wanted if field and field.options else ():
            if word not in _offered(field):
                yield (
                    fault(
                        "unknown-option",
                        Place(file=f"salesforce:{kind}/{name}"),
                        f"every hand-off writes '{word}' to {kind}.{name}, which does not offer it",
                        "Add or activate the value in Salesforce.",
                        warning=not (field and field.restricted),
                    ),
                    _not_passed,
                )
