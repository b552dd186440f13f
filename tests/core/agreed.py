"""A small company's agreement, built in code, for tests of the core."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from connector.core.problems import Place
from connector.core.records import LeadState
from connector.core.rules.conditions import Clause, Operator
from connector.core.rules.fields import FieldRule, Fields, FieldType
from connector.core.rules.people import Absence, People, Person, Queue, Team, WorkCalendar
from connector.core.rules.promises import Promises
from connector.core.rules.qualification import Qualification
from connector.core.rules.recycling import Recycling
from connector.core.rules.routing import Mode, RouteRule, Routing, Target, TargetKind
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.targets import Targets
from connector.core.rules.vocabulary import (
    Disposition,
    DispositionMeaning,
    Reason,
    Stage,
    StageMeaning,
    Vocabulary,
)

MONDAY_9 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # nine o'clock in Paris
OFFICE = dict.fromkeys(range(1, 6), ((time(9), time(12)), (time(13), time(18))))


def line(number, file="routing.yaml"):
    return Place(file=file, line=number, column=1)


def person(key, **more):
    more.setdefault("teams", ("emea",))
    more.setdefault("salesforce_user", f"005{key:0<12}")
    return Person(key=key, name=key.title(), email=f"{key}@seller.example", **more)


def is_(field, value, operator=Operator.IS):
    return Clause(field, Operator(operator), value)


def rule(name, to, when=None, **more):
    kind, _, target = to.partition(":")
    to = Target(kind=TargetKind(kind), name=target)
    more = more if when is None else {**more, "when": when}
    return RouteRule(name=name, to=to, **more)


CALENDARS = {
    "default": WorkCalendar(name="default", time_zone="Europe/Paris", hours=OFFICE),
    "east": WorkCalendar(name="east", time_zone="America/New_York", hours=OFFICE),
}
PERSONS = (
    person("ana", place=line(3, "people.yaml")),
    person("ben", deputy="ana"),
    person("cho", language="fr"),
    person("dan", teams=("us",), calendar="east"),
    person("tia", teams=("tele",), role="tele"),
    person("max", teams=(), role="lead_manager"),
    person("sam", teams=(), role="sales_manager"),
    person("mia", teams=(), role="marketing_manager"),
)
TEAMS = {name: Team(name=name, manager="sam") for name in ("emea", "us", "tele")}
QUEUES = {"inbox": Queue(name="inbox", salesforce_queue="Inbox", responsible="max")}


def people(*persons, queues=QUEUES):
    everybody = {p.key: p for p in (*PERSONS, *persons)}
    return People(persons=everybody, teams=TEAMS, queues=queues, calendars=CALENDARS)


STAGES = (
    ("lead", StageMeaning.CAPTURED, "lead"),
    ("mql", StageMeaning.MARKETING_QUALIFIED, "marketingqualifiedlead"),
    ("sql", StageMeaning.SALES_QUALIFIED, "salesqualifiedlead"),
    ("accepted", StageMeaning.ACCEPTED, "salesqualifiedlead"),
    ("opportunity", StageMeaning.OPPORTUNITY, "opportunity"),
    ("customer", StageMeaning.CUSTOMER, "customer"),
    ("inactive", StageMeaning.INACTIVE, "other"),
    ("unqualified", StageMeaning.UNQUALIFIED, "other"),
)
VOCABULARY = Vocabulary(
    company="Seller",
    languages=("en", "fr"),
    terms={},
    stages={
        name: Stage(name=name, meaning=meaning, order=order, hubspot_lifecycle=lifecycle)
        for order, (name, meaning, lifecycle) in enumerate(STAGES)
    },
    dispositions={
        meaning.value: Disposition(name=meaning.value, meaning=meaning)
        for meaning in DispositionMeaning
    },
    reasons={
        name: Reason(name=name, crm_value=crm, labels={"en": crm, "fr": french})
        for name, crm, french in (
            ("no_budget", "No budget", "Pas de budget"),
            ("not_now", "Not now", "Pas maintenant"),
            ("competitor", "Bought elsewhere", "Acheté ailleurs"),
            ("no_answer", "No answer", "Sans réponse"),
            ("fake", "Fake data", "Fausses données"),
        )
    },
)
FIELDS = Fields(
    rules={
        name: FieldRule(name=name, type=kind, labels={"en": english, "fr": french}, hubspot=name)
        for name, kind, english, french in (
            ("first_name", FieldType.TEXT, "First name", "Prénom"),
            ("last_name", FieldType.TEXT, "Last name", "Nom"),
            ("email", FieldType.EMAIL, "E-mail", "E-mail"),
            ("phone", FieldType.PHONE, "Phone", "Téléphone"),
            ("company", FieldType.TEXT, "Company", "Société"),
            ("country", FieldType.CHOICE, "Country", "Pays"),
        )
    }
)
QUALIFICATION = Qualification(
    disqualify=(),
    fit=(),
    intent=(),
    completeness=(),
    weights={"fit": 1.0},
    bant=(),
    stages=(),
    temperatures=(),
    required_for={},
    contact_gate=("last_name", "phone", "email"),
)
RECYCLING = Recycling(statuses={}, rules=(), programmes={}, fallback_programme="general")
PROMISES = Promises(clauses={}, raci=(), enforcer="lead_manager")


def ruleset(
    *rules,
    mode=Mode.DIRECT,
    roster=None,
    fallback="queue:inbox",
    promises=PROMISES,
    recycling=RECYCLING,
    templates=None,
    qualification=QUALIFICATION,
    **routing,
):
    kind, _, name = fallback.partition(":")
    return Ruleset(
        hash="0" * 64,
        vocabulary=VOCABULARY,
        fields=FIELDS,
        people=roster or people(),
        qualification=qualification,
        routing=Routing(
            mode=mode, rules=rules, fallback=Target(kind=TargetKind(kind), name=name), **routing
        ),
        promises=promises,
        recycling=recycling,
        targets=Targets(currency="EUR"),
        templates=templates or {},
    )


def state(lead_id="hs-1", **more):
    return LeadState(lead_id=lead_id, stage="sql", **more)


def away(key, first, last, **more):
    found = next(p for p in PERSONS if p.key == key)
    absence = Absence(first=date.fromisoformat(first), last=date.fromisoformat(last))
    return replace(found, absences=(absence,), **more)


def hours(number):
    return timedelta(hours=number)
