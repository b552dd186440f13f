"""What people do to both systems, and to the ledger, each by the luck of its own dice."""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from connector.cli.forget import carry_out
from connector.core.errors import TryLater
from connector.core.mapping import ON_CONTACT
from connector.flows.rollback import look_back, put_back, tell
from connector.store import parked
from tests.simulation.company import MARK, Company, Trouble

OPEN, WORKING = "Open - Not Contacted", "Working - Contacted"
REJECTED = "Closed - Not Converted"
LEAD_ID = "Leadrelay_Id__c"


@contextmanager
def _by_hand(company: Company) -> Iterator[None]:
    """An admin's own command writes: no run of ours announced it, and it keeps nobody from rest."""
    unannounced, writes = list(company.unannounced), company.writes
    yield
    company.unannounced[:], company.writes = unannounced, writes


# --- marketing ---------------------------------------------------------------------------------


def _address(who: str, rng: random.Random) -> str:
    return f"{who}.{MARK}{rng.choice(['', '2'])}@{who}.example"


def arrive(company: Company, who: str, rng: random.Random) -> None:
    """Somebody fills in a form: a good lead, a poor one, or one whose form is half empty."""
    if who in company.people:
        return
    values = {
        "email": f"{who}.{MARK}@{who}.example",
        "lastname": f"{MARK.title()}{who}",
        "company": f"{who} Ltd",
        "lead_origin": rng.choice(["API", "Lead Add Form", "Lead Add Form", "Lead Import"]),
        "lead_source": rng.choice(["Google", "Direct Traffic", "A fair"]),
        "totalvisits": str(rng.choice([0, 1, 2, 5])),
        "time_on_site": str(rng.choice([10, 650, 1300])),
        "occupation": rng.choice(["Working Professional", "Student"]),
        "country": rng.choice(["India", "Germany", "Nowhereland"]),
    }
    if rng.random() < 0.85:
        values["phone"] = _phone(rng)
    made = company.world.hubspot.create("contacts", values, source="FORM")
    company.people[who] = made["id"]


def _phone(rng: random.Random) -> str:
    return f"+91 98{rng.randrange(10**7, 10**8)}"


def _contact(company: Company, who: str, changes: Mapping[str, str]) -> None:
    if who in company.people:
        company.note(f"  {changes}")
        company.world.hubspot.update("contacts", company.people[who], changes)


def engage(company: Company, who: str, rng: random.Random) -> None:
    """Comes back to the site, and gives what was missing."""
    changes = {"totalvisits": "7", "time_on_site": "1500", "occupation": "Working Professional"}
    _contact(company, who, changes | {"phone": _phone(rng)})


def cool(company: Company, who: str, rng: random.Random) -> None:
    """A correction makes a poor lead of somebody."""
    _contact(company, who, {"totalvisits": "0", "time_on_site": "0", "occupation": "Student"})


def edit_contact(company: Company, who: str, rng: random.Random) -> None:
    """Marketing corrects one field; often to a value that it had before."""
    name = rng.choice(["phone", "company", "city", "country", "lastname", "lead_source"])
    choices = {
        "phone": ["+91 9811111111", "+91 9822222222", ""],
        "company": ["Oak Ltd", "Elm Ltd", f"{who} Ltd"],
        "city": ["Pune", "Delhi", ""],
        "country": ["India", "France"],
        "lastname": [f"{MARK.title()}{who}", f"{MARK.title()}-Oak"],
        "lead_source": ["Google", "Organic Search"],
    }
    _contact(company, who, {name: rng.choice(choices[name])})


def new_address(company: Company, who: str, rng: random.Random) -> None:
    _contact(company, who, {"email": _address(who, rng)})


def odd_value(company: Company, who: str, rng: random.Random) -> None:
    """A value that the files do not know, until somebody corrects it."""
    changes = rng.choice([{"phone": "call me"}, {"phone": _phone(rng)}])
    _contact(company, who, changes)


def opt_out(company: Company, who: str, rng: random.Random) -> None:
    _contact(company, who, {"do_not_email": rng.choice(["true", "false"])})


def merge_contacts(company: Company, who: str, rng: random.Random) -> None:
    others = [key for key in company.people if key != who]
    if who not in company.people or not others:
        return
    other = rng.choice(others)
    first, second = company.people[who], company.people[other]
    if first == second:
        return
    survivor = company.world.hubspot.merge(first, second)["id"]
    company.note(f"  {first} + {second} = {survivor}")
    company.touched |= {(survivor, name) for id_, name in company.touched if id_ in (first, second)}
    for key, id_ in company.people.items():
        if id_ in (first, second):
            company.people[key] = survivor


def archive(company: Company, who: str, rng: random.Random) -> None:
    if who in company.people:
        company.world.hubspot.archive("contacts", company.people[who])


def restore(company: Company, who: str, rng: random.Random) -> None:
    if who in company.people:
        company.world.hubspot.restore("contacts", company.people[who])


def come_back(company: Company, who: str, rng: random.Random) -> None:
    """Somebody whose contact was deleted fills in a form again: HubSpot makes a new contact."""
    living = {row["id"] for row in company.world.hubspot.records("contacts")}
    if company.people.get(who, "") in living:
        return
    company.people.pop(who, None)
    arrive(company, who, rng)
    if who in company.forgotten:
        _contact(company, who, {"email": company.forgotten[who]})


def touch(company: Company, who: str, rng: random.Random) -> None:
    company.world.hubspot.touch("contacts")


def forget(company: Company, who: str, rng: random.Random) -> None:
    """Somebody asks to be erased everywhere; every lead that goes by their address is named."""
    bench, id_ = company.bench, company.people.get(who, "")
    bench.process.renew(Trouble())
    contacts = {row["id"]: row["properties"] for row in company.world.hubspot.records("contacts")}
    if id_ not in contacts:
        return
    address = contacts[id_]["email"]
    with bench.ledger.transaction() as tx:
        named = {row.state.lead_id for name in (id_, address) for row in tx.find_leads(name)}
    binned = [
        r for r in company.world.salesforce.org.tables["Lead"].rows.values() if r["IsDeleted"]
    ]
    company.erased |= {row["Id"] for row in binned}
    with _by_hand(company):
        confirmed = [_erase(company, lead_id) for lead_id in sorted(named)]
    if confirmed and all(confirmed):
        for key in [key for key, one in company.people.items() if one == id_]:
            company.forgotten[key] = address
            del company.people[key]


def _erase(company: Company, lead_id: str) -> bool:
    try:
        done = carry_out(company.bench, lead_id)
    except TryLater:
        return False
    company.erased |= {record_id for _, _, record_id in done.asked}
    if not done.refused:
        company.note(f"  {lead_id} is forgotten")
    return not done.refused


# --- sales -------------------------------------------------------------------------------------


def reps(company: Company) -> list[str]:
    found = [u["Id"] for u in company.world.salesforce.rows("User") if "@sim" in u["Email"]]
    return sorted(found)


def _leads(company: Company, who: str) -> list[dict[str, Any]]:
    """The person's Leads, as a rep would find them by name or address."""
    return [
        row
        for row in company.world.salesforce.rows("Lead")
        if str(row.get("Email") or "").startswith(f"{who}.") and not row.get("IsConverted")
    ]


def _lead(company: Company, who: str, changes: Mapping[str, Any], rng: random.Random) -> None:
    found = _leads(company, who)
    if found:
        lead = rng.choice(found)
        owner = lead["OwnerId"]
        by = owner if owner.startswith("005") else rng.choice(reps(company))
        _correct(company, "Lead", lead["Id"], changes, by)


def _correct(
    company: Company, kind: str, record_id: str, changes: Mapping[str, Any], by: str
) -> None:
    company.note(f"  {record_id} {dict(changes)}")
    company.touched |= {(record_id, name) for name in changes}
    company.world.salesforce.update(kind, record_id, changes, by=by)


def stranger(company: Company, who: str, rng: random.Random) -> None:
    """A rep has the person already, as a Lead or as a Contact of a customer."""
    by = rng.choice(reps(company))
    fields = {"LastName": f"{MARK.title()}{who}", "Email": f"{who}.{MARK}@{who}.example"}
    if rng.random() < 0.7:
        fields |= {"Company": "Rep's own", "OwnerId": by}
        made = company.world.salesforce.create("Lead", fields, by=by)
        company.touched |= {(made, name) for name in fields}
    else:
        crm = company.world.salesforce
        fields["AccountId"] = crm.create("Account", {"Name": f"{who} Ltd", "OwnerId": by}, by=by)
        made = crm.create("Contact", fields | {"OwnerId": by}, by=by)
        company.touched |= {(made, name) for name in fields}


def work(company: Company, who: str, rng: random.Random) -> None:
    _lead(company, who, {"Status": WORKING}, rng)


def reopen(company: Company, who: str, rng: random.Random) -> None:
    _lead(company, who, {"Status": OPEN}, rng)


def reject(company: Company, who: str, rng: random.Random) -> None:
    reason = rng.choice(["No need", "Bad timing", None])
    changes: dict[str, Any] = {"Status": REJECTED}
    _lead(company, who, changes | ({"Disposition_Reason__c": reason} if reason else {}), rng)


def reason_later(company: Company, who: str, rng: random.Random) -> None:
    _lead(company, who, {"Disposition_Reason__c": rng.choice(["No need", "Bad timing"])}, rng)


def edit_lead(company: Company, who: str, rng: random.Random) -> None:
    name = rng.choice(["Phone", "Company", "City", "Country"])
    choices = {
        "Phone": ["+919833333333", "+919811111111", None],
        "Company": ["Ash Ltd", "Oak Ltd"],
        "City": ["Agra", "Pune", None],
        "Country": ["India", "Spain"],
    }
    _lead(company, who, {name: rng.choice(choices[name])}, rng)


def reassign(company: Company, who: str, rng: random.Random) -> None:
    _lead(company, who, {"OwnerId": rng.choice(reps(company))}, rng)


def adopt(company: Company, who: str, rng: random.Random) -> None:
    """Marketing gives the contact to somebody, now and then to nobody."""
    ids = [owner.id for owner in company.world.hubspot.portal.owners.every()]
    _contact(company, who, {"hubspot_owner_id": rng.choice([*ids, ""])})


def call(company: Company, who: str, rng: random.Random) -> None:
    found = _leads(company, who)
    if found:
        by = rng.choice(reps(company))
        fields = {"WhoId": found[0]["Id"], "Subject": "Call", "Status": "Completed"}
        company.world.salesforce.create(
            "Task", fields | {"OwnerId": by, "TaskSubtype": "Call"}, by=by
        )
        _leave_behind(company, found[0]["Id"], by)


def _leave_behind(company: Company, lead_id: str, by: str) -> None:
    """What a rep puts on a record after a call: a file, and a comment on it."""
    crm = company.world.salesforce
    file = {"PathOnClient": "offer.pdf", "VersionData": "eA==", "FirstPublishLocationId": lead_id}
    crm.create("ContentVersion", file, by=by)
    item = crm.create("FeedItem", {"ParentId": lead_id, "Body": "They want an offer"}, by=by)
    crm.create("FeedComment", {"FeedItemId": item, "CommentBody": "There it is"}, by=by)


def convert(company: Company, who: str, rng: random.Random) -> None:
    found = _leads(company, who)
    if not found:
        return
    lead = found[0]
    owner = rng.choice(reps(company))
    if not lead["OwnerId"].startswith("005"):
        company.world.salesforce.update("Lead", lead["Id"], {"OwnerId": owner}, by=owner)
    with_deal = rng.random() < 0.8
    known = rng.choice([None, None, None, *company.world.salesforce.rows("Contact")])
    made = company.world.salesforce.convert(
        lead["Id"],
        contact_id=known["Id"] if known else None,
        account_id=known["AccountId"] if known else None,
        opportunity_name=f"Deal {who}",
        create_opportunity=with_deal,
        by=owner,
    )
    own = {name for id_, name in company.touched if id_ == lead["Id"]}
    company.touched |= {(str(made["contactId"]), ON_CONTACT.get(name) or name) for name in own}


def close(company: Company, who: str, rng: random.Random) -> None:
    deals = [
        row
        for row in company.world.salesforce.rows("Opportunity")
        if row.get("Name") == f"Deal {who}"
    ]
    if deals:
        stage = rng.choice(["Closed Won", "Closed Lost", "Negotiation/Review"])
        changes = {"StageName": stage, "Amount": rng.choice([100, 250])}
        company.world.salesforce.update("Opportunity", deals[0]["Id"], changes)


def merge_leads(company: Company, who: str, rng: random.Random) -> None:
    """Two Leads of one person, or of two persons taken for one."""
    crm = company.world.salesforce
    found = _leads(company, who)
    others = [row for row in crm.rows("Lead") if not row.get("IsConverted")]
    pool = found if len(found) > 1 else others
    if not found or len(pool) < 2:
        return
    loser = rng.choice([row for row in pool if row["Id"] != found[0]["Id"]])
    company.note(f"  {loser['Id']} into {found[0]['Id']}")
    names = ("Email", "LastName", "Phone", "Company", "City", "Country", "LeadSource")
    company.touched |= {(found[0]["Id"], name) for name in names}
    crm.merge("Lead", found[0]["Id"], [loser["Id"]], by=rng.choice(reps(company)))


def delete_lead(company: Company, who: str, rng: random.Random) -> None:
    found = _leads(company, who)
    if found:
        company.world.salesforce.delete("Lead", found[0]["Id"])


def undelete_lead(company: Company, who: str, rng: random.Random) -> None:
    _undelete(company, "Lead", who)


def _undelete(company: Company, kind: str, who: str) -> None:
    """Takes the person's first record of a kind back from the bin."""
    for row in list(company.world.salesforce.org.tables[kind].rows.values()):
        ours = str(row.get("Email") or "").startswith(f"{who}.")
        if ours and row.get("IsDeleted") and not row.get("MasterRecordId"):
            company.world.salesforce.undelete(kind, row["Id"])
            return


def no_mails(company: Company, who: str, rng: random.Random) -> None:
    """Somebody tells a rep that they want no more mails, or some again."""
    changes = {"HasOptedOutOfEmail": rng.choice([True, True, False])}
    if _contacts(company, who):
        _contact_record(company, who, changes, rng)
    else:
        _lead(company, who, changes, rng)


def rep_corrects_address(company: Company, who: str, rng: random.Random) -> None:
    _lead(company, who, {"Email": _address(who, rng)}, rng)


def clear_key(company: Company, who: str, rng: random.Random) -> None:
    """An import of the reps' own empties the field of our key, where we have heard of the Lead."""
    with company.bench.ledger._ledger.transaction() as tx:
        heard = tx.leads_by_salesforce([row["Id"] for row in _leads(company, who)])
    for lead_id in list(heard)[:1]:
        company.touched.add((lead_id, LEAD_ID))
        company.world.salesforce.update("Lead", lead_id, {LEAD_ID: None}, by=reps(company)[0])


def _contacts(company: Company, who: str) -> list[dict[str, Any]]:
    rows = company.world.salesforce.rows("Contact")
    return [row for row in rows if str(row.get("Email") or "").startswith(f"{who}.")]


def _contact_record(
    company: Company, who: str, changes: Mapping[str, Any], rng: random.Random
) -> None:
    found = _contacts(company, who)
    if found:
        record = rng.choice(found)
        _correct(company, "Contact", record["Id"], changes, rng.choice(reps(company)))


def edit_customer(company: Company, who: str, rng: random.Random) -> None:
    """A rep goes on with who was converted, and corrects the Contact."""
    choices: dict[str, list[Any]] = {
        "Phone": ["+919833333333", "+919811111111", None],
        "MailingCity": ["Agra", "Pune", None],
        "MailingCountry": ["India", "Spain"],
        "OwnerId": reps(company),
    }
    name = rng.choice(list(choices))
    _contact_record(company, who, {name: rng.choice(choices[name])}, rng)


def merge_customers(company: Company, who: str, rng: random.Random) -> None:
    crm = company.world.salesforce
    found = _contacts(company, who)
    others = [row for row in crm.rows("Contact") if found and row["Id"] != found[0]["Id"]]
    if others:
        loser = rng.choice(others)
        company.note(f"  {loser['Id']} into {found[0]['Id']}")
        names = ("Email", "LastName", "Phone", "MailingCity", "MailingCountry", "LeadSource")
        company.touched |= {(found[0]["Id"], name) for name in names}
        crm.merge("Contact", found[0]["Id"], [loser["Id"]], by=rng.choice(reps(company)))


def delete_customer(company: Company, who: str, rng: random.Random) -> None:
    found = _contacts(company, who)
    if found:
        company.world.salesforce.delete("Contact", found[0]["Id"])


def undelete_customer(company: Company, who: str, rng: random.Random) -> None:
    _undelete(company, "Contact", who)


def _our_tasks(company: Company, who: str) -> list[dict[str, Any]]:
    ids = {row["Id"] for row in _leads(company, who)}
    rows = company.world.salesforce.rows("Task")
    return [r for r in rows if r.get("WhoId") in ids and r.get(LEAD_ID) and not r.get("IsClosed")]


def tick_off(company: Company, who: str, rng: random.Random) -> None:
    """The owner completes the task that we made."""
    for task in _our_tasks(company, who)[:1]:
        done = {"Status": "Completed"}
        company.world.salesforce.update("Task", task["Id"], done, by=task["OwnerId"])


def drop_task(company: Company, who: str, rng: random.Random) -> None:
    for task in _our_tasks(company, who)[:1]:
        company.world.salesforce.delete("Task", task["Id"])


# --- the admins and the clock ------------------------------------------------------------------


def new_rules(company: Company, who: str, rng: random.Random) -> None:
    company.change_rules()


def retry(company: Company, who: str, rng: random.Random) -> None:
    """An admin has all that is parked tried again."""
    ledger = company.bench.ledger._ledger
    keys = [stored.action.key for stored in ledger.parked()]
    count = parked.retry(
        ledger, keys, ruleset=company.ruleset.version, now=company.world.clock.now()
    )
    company.note(f"  {count} of {len(keys)} tried again")


def dismiss(company: Company, who: str, rng: random.Random) -> None:
    """An admin gives one of them up."""
    ledger = company.bench.ledger._ledger
    if waiting := ledger.parked():
        chosen = rng.choice(waiting).action
        company.given_up.add(chosen.lead_id)
        company.note(f"  {chosen.kind} of {chosen.lead_id} given up")
        parked.dismiss(ledger, [chosen.key], now=company.world.clock.now())


def roll_back(company: Company, who: str, rng: random.Random) -> None:
    """An admin puts back what a run wrote."""
    bench = company.bench
    bench.process.renew(Trouble())
    runs = [run for run in bench.ledger.runs(limit=20) if run.ended_at and run.totals.delivered]
    if not runs:
        return
    chosen = rng.choice(runs)
    with _by_hand(company):
        undoing = look_back(
            bench.ledger, bench.marketing, bench.crm, chosen.id, bench.ruleset.fields
        )
        done = put_back(undoing, bench.marketing, bench.crm)
        tell(bench.ledger, chosen.id, done, now=company.world.clock.now())
    company.note(f"  {len(done.changes)} values of {chosen.id} put back")
    changed = [(str(change.record_id), change.field) for change in done.changes]
    company.touched |= set(changed)
    company.put_back.update(changed)


def seconds(company: Company, who: str, rng: random.Random) -> None:
    company.world.clock.advance(timedelta(seconds=rng.randint(1, 50)))


def minutes(company: Company, who: str, rng: random.Random) -> None:
    company.world.clock.advance(timedelta(minutes=rng.randint(1, 45)))


def hours(company: Company, who: str, rng: random.Random) -> None:
    company.world.clock.advance(timedelta(hours=rng.randint(1, 30)))


def months(company: Company, who: str, rng: random.Random) -> None:
    company.world.clock.advance(timedelta(days=rng.choice([31, 95])))


Deed = Callable[[Company, str, random.Random], None]
DEEDS: dict[str, tuple[int, Deed]] = {
    "engage": (10, engage),
    "cool": (3, cool),
    "edit_contact": (9, edit_contact),
    "new_address": (3, new_address),
    "odd_value": (3, odd_value),
    "opt_out": (3, opt_out),
    "merge_contacts": (3, merge_contacts),
    "archive": (2, archive),
    "restore": (2, restore),
    "come_back": (2, come_back),
    "forget": (1, forget),
    "touch": (2, touch),
    "stranger": (2, stranger),
    "work": (8, work),
    "reject": (6, reject),
    "reopen": (2, reopen),
    "reason_later": (2, reason_later),
    "edit_lead": (8, edit_lead),
    "adopt": (5, adopt),
    "reassign": (4, reassign),
    "call": (3, call),
    "convert": (4, convert),
    "close": (4, close),
    "merge_leads": (2, merge_leads),
    "delete_lead": (2, delete_lead),
    "undelete_lead": (1, undelete_lead),
    "no_mails": (2, no_mails),
    "rep_corrects_address": (2, rep_corrects_address),
    "clear_key": (1, clear_key),
    "edit_customer": (3, edit_customer),
    "merge_customers": (1, merge_customers),
    "delete_customer": (1, delete_customer),
    "undelete_customer": (1, undelete_customer),
    "tick_off": (2, tick_off),
    "drop_task": (1, drop_task),
    "retry": (2, retry),
    "dismiss": (1, dismiss),
    "roll_back": (3, roll_back),
    "new_rules": (2, new_rules),
    "seconds": (6, seconds),
    "minutes": (10, minutes),
    "hours": (6, hours),
    "months": (2, months),
}
ALWAYS: dict[str, Deed] = {"arrive": arrive}
