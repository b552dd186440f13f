"""The steps of a history: what people, reps, admins and the timetable do, drawn from a seed."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connector.core.mapping import ON_CONTACT
from connector.core.timetable import Timetable, parse_cron
from connector.sandbox.hubspot.errors import Rejection
from connector.sandbox.salesforce.errors import ApiRefusal
from tests.simulation.company import JOBS, LOOKS, MARK, ROUND, Company, Trouble

OPEN, WORKING = "Open - Not Contacted", "Working - Contacted"
TIMETABLE = Timetable(jobs={name: parse_cron(job.cadence) for name, job in JOBS.items()})
SCHEDULED = "scheduled"
CONVERTED, REJECTED = "Closed - Converted", "Closed - Not Converted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happens. `who` names a person of the history; `dice` draws the details."""

    deed: str
    who: str = ""
    dice: int = 0
    trouble: Trouble = field(default_factory=Trouble)

    def __str__(self) -> str:
        t = self.trouble
        words = [self.deed, self.who, f"dice={self.dice}" if self.dice else ""]
        words.append(f"faults={t.rate}/{t.dice}" if t.rate else "")
        words.append(f"killed at {t.kill_at}" if t.kill_at else "")
        words.append(f"write {t.lose} {t.fault or 'lost'}" if t.lose else "")
        words.append(f"killed after write {t.kill_write}" if t.kill_write else "")
        words.append(f"{t.other} at call {t.other_at}" if t.other else "")
        return " ".join(word for word in words if word)


def history(seed: int) -> list[Step]:
    """The steps of a seed: a few people, much that befalls them, and jobs in between."""
    rng = random.Random(seed)
    persons = [f"p{number}" for number in range(rng.randint(1, 5))]
    rate = rng.choice([0.0, 0.03, 0.1, 0.25])
    steps = [Step(deed="arrive", who=who, dice=_dice(rng)) for who in persons]
    if rng.random() < 0.3:
        steps.insert(0, Step(deed="stranger", who=persons[0], dice=_dice(rng)))
    if rng.random() < 0.5:
        steps += [_job(name, rng, rate) for name in ("pull-leads", "push-sqls", "pull-status")]
    if rng.random() < 0.4:
        steps += _interrupted(rng, persons)
    if rng.random() < 0.25:
        steps += _told_and_taken_back(rng, persons)
    deeds, weights = list(DEEDS), [weight for weight, _ in DEEDS.values()]
    for _ in range(rng.randint(4, 24)):
        if rng.random() < 0.45:
            name = rng.choice((*ROUND * 6, *LOOKS * 2, SCHEDULED))
            steps.append(_job(name, rng, rate))
        else:
            deed = rng.choices(deeds, weights)[0]
            steps.append(Step(deed=deed, who=rng.choice(persons), dice=_dice(rng)))
    return steps


def _interrupted(rng: random.Random, persons: list[str]) -> list[Step]:
    """A hand-off is cut off in the middle, and a rep is quicker than the next try."""
    deeds = ["reassign", "work", "edit_lead", "reject", "edit_contact"]
    return [
        Step(deed="engage", who=persons[0], dice=_dice(rng)),
        *(Step(deed="minutes", dice=_dice(rng)) for _ in range(2)),
        Step(deed="pull-leads"),
        Step(deed="push-sqls", trouble=_cut(rng, 10, 40)),
        *(Step(deed=rng.choice(deeds), who=persons[0], dice=_dice(rng)) for _ in range(2)),
        Step(deed="minutes", dice=_dice(rng)),
        Step(deed="push-sqls"),
    ]


def _told_and_taken_back(rng: random.Random, persons: list[str]) -> list[Step]:
    """A status goes there and back, and what was written of it is lost in between."""
    steps = [Step(deed=name) for name in ("pull-leads", "push-sqls", "pull-status")]
    for deed in ("work", "reopen", "work"):
        steps.append(Step(deed=deed, who=persons[0], dice=_dice(rng)))
        steps.append(Step(deed="pull-status", trouble=_cut(rng, 20, 60)))
        steps.append(Step(deed="minutes", dice=_dice(rng)))
    return steps


def _cut(rng: random.Random, first: int, last: int) -> Trouble:
    kinds = [
        Trouble(dice=_dice(rng), kill_at=rng.randint(first, last)),
        Trouble(dice=_dice(rng), rate=0.35),
        Trouble(lose=rng.randint(1, 3)),
        Trouble(kill_write=rng.randint(1, 3)),
    ]
    return rng.choice(kinds)


def _dice(rng: random.Random) -> int:
    return rng.randrange(1, 10_000)


def _job(name: str, rng: random.Random, rate: float) -> Step:
    kill = rng.random() < 0.15
    beside = rng.random() < 0.12
    lose = rng.random() < 0.15
    return Step(
        deed=name,
        trouble=Trouble(
            dice=_dice(rng),
            rate=rate,
            kill_at=rng.randint(1, 40) if kill else 0,
            lose=rng.randint(1, 3) if lose else 0,
            fault=rng.choice(["", "", "partial_batch", "locked", "duplicate_rows"]) if lose else "",
            other=rng.choice(list(JOBS)) if beside else "",
            other_at=rng.randint(1, 8) if beside else 0,
        ),
    )


def do(company: Company, step: Step) -> None:
    """Carries one step out; what the systems refuse to people does not happen."""
    if step.deed in JOBS:
        company.run(step.deed, step.trouble)
        return
    if step.deed == SCHEDULED:
        scheduled(company, step)
        return
    company.note(str(step))
    company.world.settle()
    _, deed = DEEDS.get(step.deed) or (0, ALWAYS[step.deed])
    try:
        deed(company, step.who, random.Random(step.dice))
    except (Rejection, ApiRefusal) as error:
        company.note(f"  refused: {type(error).__name__}")


def scheduled(company: Company, step: Step) -> None:
    """An hour or so as the timetable has it; whoever starts jobs looks at it now and then."""
    rng = random.Random(step.dice)
    company.note(f"--- {step}")
    began: dict[str, datetime] = {}
    for _ in range(3):
        company.world.clock.advance(timedelta(minutes=rng.randint(6, 40)))
        for name in JOBS:
            now = company.world.clock.now()
            if TIMETABLE.due(name, now, began.get(name, now - timedelta(hours=1))):
                began[name] = now
                company.run(name, step.trouble)


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
    for key, id_ in company.people.items():
        if id_ in (first, second):
            company.people[key] = survivor


def archive(company: Company, who: str, rng: random.Random) -> None:
    if who in company.people:
        company.world.hubspot.archive("contacts", company.people[who])


def restore(company: Company, who: str, rng: random.Random) -> None:
    if who in company.people:
        company.world.hubspot.restore("contacts", company.people[who])


def touch(company: Company, who: str, rng: random.Random) -> None:
    company.world.hubspot.touch("contacts")


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
        company.note(f"  {lead['Id']} {dict(changes)}")
        company.touched |= {(lead["Id"], name) for name in changes}
        company.world.salesforce.update("Lead", lead["Id"], changes, by=by)


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
    made = company.world.salesforce.convert(
        lead["Id"],
        opportunity_name=f"Deal {who}",
        create_opportunity=rng.random() < 0.8,
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
    for row in list(company.world.salesforce.org.tables["Lead"].rows.values()):
        ours = str(row.get("Email") or "").startswith(f"{who}.")
        if ours and row.get("IsDeleted") and not row.get("MasterRecordId"):
            company.world.salesforce.undelete("Lead", row["Id"])
            return


# --- the admins and the clock ------------------------------------------------------------------


def new_rules(company: Company, who: str, rng: random.Random) -> None:
    company.change_rules()


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
    "new_rules": (2, new_rules),
    "seconds": (6, seconds),
    "minutes": (10, minutes),
    "hours": (6, hours),
    "months": (2, months),
}
ALWAYS: dict[str, Deed] = {"arrive": arrive}
