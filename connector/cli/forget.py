"""`leadrelay forget` and `leadrelay person`: one person's rights under Articles 17 and 15 GDPR."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from connector.cli.show import common, print_json, print_table, say, to_json
from connector.runner import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connector.core.records import System
    from connector.ports import LeadRow, RowResult
    from connector.store.privacy import Erased
    from connector.wiring import Workbench

    People = dict[str, list[LeadRow]]  # by the lead that goes on
    Record = tuple[System, str, str]

EPILOG = """\b
Examples:
  leadrelay forget ada@example.com              what would be erased, and where
  leadrelay forget ada@example.com --yes        ask both systems, then erase the ledger
  leadrelay forget ada@example.com --export ada.json --yes
"""
PERSON_EPILOG = """\b
Examples:
  leadrelay person ada@example.com > ada.json
  leadrelay person hs-512
"""


@click.command(epilog=EPILOG)
@click.argument("who")
@click.option("--yes", "really", is_flag=True, help="Do it; without it this is a dry run.")
@click.option(
    "--export",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="First write everything the ledger holds on the person to this file.",
)
@common
def forget(
    who: str, really: bool, file: Path | None, config_file: str | None, as_json: bool
) -> int:
    """Erase one person: in HubSpot, in Salesforce and in the ledger; past figures still add up.

    What remains is a salted hash of each address and id, by which the person is recognised and
    left alone should a system bring them back.
    """
    bench, found = _look(who, config_file)
    if len(found) != 1:
        return _which(found)
    ((lead_id, rows),) = found.items()
    if file is not None:
        _write(bench, lead_id, file)
    others = _same_address(bench, rows)
    if not really:
        say("Nothing was erased; add --yes. These would be asked:")
        ledger = [("ledger", row.state.lead_id) for row in rows]
        print_table(("system", "record"), [*_shown(_records_of(bench, rows)), *ledger])
        _name_also(others)
        return int(ExitCode.DONE)
    done = carry_out(bench, lead_id)
    if done.refused:
        for result in done.refused:
            say(str(result.problem) if result.problem else "a system did not answer; try again")
        say("The ledger still holds this person, so that this can be tried again.")
        return int(ExitCode.ATTENTION)
    told = {
        "asked": [list(one) for one in _shown(done.asked)],
        "left_as": done.erased.lead_id if done.erased else "",
        "rows": dict(done.erased.rows) if done.erased else {},
        "same_address": others,
    }
    if as_json:
        print_json(told)
    else:
        click.echo(f"Erased. Past figures count on under {told['left_as']}.")
        if not bench.config.live:
            say('The mode is "rehearse": neither system was asked.')
        _name_also(others)
    return int(ExitCode.DONE)


def _shown(records: "Sequence[Record]") -> list[tuple[str, str]]:
    return [(system.value, f"{kind} {id_}") for system, kind, id_ in records]


def _same_address(bench: "Workbench", rows: "Sequence[LeadRow]") -> list[str]:
    """Leads of other contacts with the person's address, as of one deleted and made anew."""
    from connector.flows.hand_over import emails_of

    mine = {row.state.lead_id for row in rows}
    addresses = {address for row in rows for address in emails_of(row)}
    with bench.ledger.transaction() as tx:
        found = [other for address in addresses for other in tx.find_leads(address)]
    return sorted({other.state.lead_id for other in found} - mine)


def _name_also(others: "Sequence[str]") -> None:
    if others:
        ids = ", ".join(others)
        say(f"Other leads have this address; name them, too, if it is the same person: {ids}")


@click.command(epilog=PERSON_EPILOG)
@click.argument("who")
@common
def person(who: str, config_file: str | None, as_json: bool) -> int:
    """Print everything the ledger holds on one person, as JSON, table by table."""
    from connector.store.privacy import export

    bench, found = _look(who, config_file)
    if len(found) != 1:
        return _which(found)
    print_json(export(bench.ledger, next(iter(found))))
    return int(ExitCode.DONE)


def _look(who: str, config_file: str | None) -> "tuple[Workbench, People]":
    """The people who go by that, each with every lead of theirs, merged ones too."""
    from connector.config import find_config, read_config
    from connector.store.privacy import leads_by_former_address, leads_of
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    with bench.ledger.transaction() as tx:
        named = [row.state.lead_id for row in tx.find_leads(who)]
    if not named and "@" in who:
        named = list(leads_by_former_address(bench.ledger, who))
    people: People = {}
    for lead_id in named:
        ids = leads_of(bench.ledger, lead_id)
        if ids[0] not in people:
            with bench.ledger.transaction() as tx:
                rows = tx.leads(ids)
            people[ids[0]] = [rows[id_] for id_ in ids if id_ in rows]
    return bench, people


def _which(found: "People") -> int:
    if not found:
        say("The ledger knows nobody by that name. Ids and whole e-mail addresses are looked up.")
    else:
        say(f"{len(found)} leads go by that; name one of them:")
        print_table(("lead", "HubSpot"), [(id_, rows[0].hubspot_id) for id_, rows in found.items()])
    return int(ExitCode.ATTENTION)


def _write(bench: "Workbench", lead_id: str, file: Path) -> None:
    """For its owner alone: it is all about one person."""
    from connector.store.privacy import export
    from connector.store.private import write_private

    write_private(file, to_json(export(bench.ledger, lead_id)))
    say(f"Written to {file}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What came of it: the records that were asked for, and either refusals or an erasure."""

    asked: "Sequence[Record]"
    refused: "Sequence[RowResult]" = ()
    erased: "Erased | None" = None


def carry_out(bench: "Workbench", lead_id: str) -> Forgotten:
    """Asks both systems for every record of a person, then erases the ledger.

    Raises TryLater, and erases nothing in the ledger, while a call about the person may still
    arrive, and where a worker sent or learnt something between the look and the end.
    """
    from connector.store.privacy import erase, look_at

    salt = bench.salt.make()  # before anybody is asked: it may not be the right one
    person = look_at(bench.ledger, lead_id, now=bench.clock.now())
    with bench.ledger.transaction() as tx:
        rows = tx.leads(person.lead_ids)
    records = _records_of(bench, list(rows.values()))
    refused = [result for result in _ask(bench, records) if not result.confirmed]
    if refused:
        return Forgotten(asked=records, refused=refused)
    erased = erase(bench.ledger, person, salt=salt, now=bench.clock.now())
    return Forgotten(asked=records, erased=erased)


def _records_of(bench: "Workbench", rows: "Sequence[LeadRow]") -> "list[Record]":
    """Every record of the person that is still there, earlier ones too: a Lead that became a
    Contact stays in Salesforce, and so does a double that sales has not merged, or a Lead whose
    creation was never answered. None in rehearsal."""
    from connector.core.plan import PEOPLE
    from connector.core.records import System

    if not bench.config.live:
        return []
    contacts = [row.hubspot_id for row in rows if row.hubspot_id]
    known: dict[str, list[str]] = {}
    with bench.ledger.transaction() as tx:
        for row in rows:
            for pair in tx.links_of(row.state.lead_id):
                known.setdefault(pair.salesforce_kind, []).append(pair.salesforce_id)
    external_id, ids = bench.ruleset.fields.external_id, [row.state.lead_id for row in rows]
    for kind in PEOPLE:
        unheard = bench.crm.read_by(kind, external_id, ids, ("Id",))
        known.setdefault(kind, []).extend(record.id for record in unheard.values())
    there = [
        (System.SALESFORCE, kind, id_)
        for kind, ids in known.items()
        for id_ in bench.crm.read(kind, sorted(set(ids)), ("Id",))
    ]
    return [*((System.HUBSPOT, "contact", id_) for id_ in dict.fromkeys(contacts)), *there]


def _ask(bench: "Workbench", records: "Sequence[Record]") -> "list[RowResult]":
    """Both systems; a record that is gone already counts as erased."""
    from connector.core.records import System

    results = []
    for system, kind, id_ in records:
        if system is System.HUBSPOT:
            results += bench.marketing.erase([id_])
        else:
            results += bench.crm.erase(kind, [id_])
    return results
