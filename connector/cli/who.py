"""Finds the one lead, and the one person of the roster, that a command names."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from connector.core.rules.ruleset import Ruleset
    from connector.ports import LeadRow, Transaction


def one_lead(tx: "Transaction", who: str) -> "LeadRow":
    """By id of either system or whole address; raises UsageError for nobody and for several."""
    found = tx.find_leads(who)
    if not found:
        raise click.UsageError(f"The ledger knows nobody called '{who}'.")
    if len(found) > 1:
        names = ", ".join(row.state.lead_id for row in found)
        raise click.UsageError(f"{len(found)} leads go by that; name one of them: {names}.")
    return found[0]


def one_person(ruleset: "Ruleset", who: str) -> str:
    """The key of somebody on the roster, by key, address or name; raises UsageError."""
    from connector.core.owners import person_named

    found = person_named(ruleset.people, who)
    if found is None:
        keys = ", ".join(ruleset.people.persons)
        raise click.UsageError(f"Nobody on the roster is called '{who}'. People: {keys}.")
    return found.key
