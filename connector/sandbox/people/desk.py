"""The marketing desk: what HubSpot comes to know of each step, under HubSpot's own names."""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from connector.sandbox.hubspot.errors import Rejection
from connector.sandbox.people import dirt
from connector.sandbox.people.journey import Journey
from connector.sandbox.people.names import lists
from connector.sandbox.people.persons import Company, Person
from connector.sandbox.people.properties import (
    COLLEAGUES,
    MARKETS,
    PRODUCTS,
    SEGMENTS,
    TIMEFRAMES,
    set_up_hubspot,
)
from connector.sandbox.world import World

_SOURCES = {
    "ORGANIC_SEARCH": 30,
    "PAID_SEARCH": 16,
    "DIRECT_TRAFFIC": 14,
    "EMAIL_MARKETING": 8,
    "SOCIAL_MEDIA": 9,
    "PAID_SOCIAL": 8,
    "REFERRALS": 9,
    "OFFLINE": 6,
}
_FORMS = {  #: what a form asks for, in the words of `lr_lead_interest`
    "Demo request": "Demo",
    "Contact us": "Demo",
    "Pricing question": "Pricing",
    "Newsletter": "Newsletter",
    "Webinar: closing the loop": "Webinar",
    "Guide: lead definitions": "Content",
    "ROI calculator": "Pricing",
    "Free trial": "Trial",
    "Event: autumn fair": "Content",
}
_CHANNELS = {"form": 62, "phone": 12, "whatsapp": 9, "chat": 9, "event": 5, "address": 3}
_WARM = ("Demo", "Pricing", "Trial")
_BUYING_ROLES = {
    "top": "DECISION_MAKER",
    "head": "BUDGET_HOLDER",
    "middle": "INFLUENCER",
    "other": "END_USER",
}
_SITE = "https://www.northlight.example"


class MarketingDesk:
    """Writes what people do into HubSpot, as its tracking, its forms and its users would."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._hubspot = world.hubspot
        self._rng = rng
        self._companies: dict[str, str] = {}
        self.steps: Mapping[str, Callable[[Journey], None]] = {
            "visit": self._visit,
            "form": self._form,
            "mail": self._mail,
            "tell": self._tell,
            "write": self._write,
            "meet": self._meet,
            "opt_out": self._opt_out,
        }
        set_up_hubspot(world)

    def first_contact(self, person: Person) -> Journey:
        """Makes the contact (and, the first time, its company); the journey begins."""
        rng = self._rng
        source = rng.choices(tuple(_SOURCES), weights=tuple(_SOURCES.values()))[0]
        channel = rng.choices(tuple(_CHANNELS), weights=tuple(_CHANNELS.values()))[0]
        if channel in ("phone", "event"):
            source = "OFFLINE"
        properties = {
            "hs_analytics_source": source,
            "hs_analytics_source_data_2": channel,
            "hs_latest_source": source,
            "lifecyclestage": "subscriber" if rng.random() < 0.15 else "lead",
            "hs_analytics_first_timestamp": self._now(),
            "hs_analytics_num_page_views": "0",
            "hs_analytics_num_visits": "0",
            **_who(person, rng),
        }
        if source in ("PAID_SEARCH", "PAID_SOCIAL", "EMAIL_MARKETING", "REFERRALS"):
            campaign = rng.choice(lists()["campaigns"])
            properties["hs_analytics_first_touch_converting_campaign"] = campaign
            properties["hs_analytics_source_data_1"] = campaign
        if rng.random() < (0.75 if person.kind in ("buyer", "competitor") else 0.2):
            properties |= _firm(person, rng)
        if channel in ("phone", "address") and rng.random() < 0.3:
            properties.pop("email")
            properties.setdefault("phone", person.phone)
        if channel == "event":
            properties["lr_captured_by"] = rng.choice(COLLEAGUES)
        if rng.random() < 0.01:
            properties["lr_do_not_call"] = "true"
        contact = self._hubspot.create("contacts", properties, source="FORM", as_hubspot=True)
        if "company" in properties and person.kind == "buyer":
            self._join(contact["id"], person.company)
        return Journey(
            person=person,
            contact_id=str(contact["id"]),
            reachable="email" in properties,
            warmth=person.intent * 0.3,
        )

    def second_contact(self, journey: Journey, email: str) -> str | None:
        """The same person under another address; None where that address is taken already."""
        properties = {
            **_who(journey.person, self._rng),
            "email": email,
            "hs_analytics_source": "DIRECT_TRAFFIC",
            "lifecyclestage": "lead",
            "recent_conversion_event_name": "Newsletter",
            "recent_conversion_date": self._now(),
        }
        try:
            return str(
                self._hubspot.create("contacts", properties, source="FORM", as_hubspot=True)["id"]
            )
        except Rejection as refused:
            if refused.status != 409:
                raise
            return None

    def merge(self, journey: Journey, other: str) -> None:
        """A marketing colleague merges the second contact into the first."""
        try:
            survivor = self._hubspot.merge(journey.contact_id, other)
        except Rejection:  # one of the two is gone: somebody deleted or merged it before
            return
        journey.contact_id = str(survivor["id"])

    def change_job(self, journey: Journey) -> None:
        """Another title; HubSpot hears of it from an enrichment service."""
        title = self._rng.choice(lists()["titles_head"]).format(f=journey.person.function)
        self._set(journey, {"jobtitle": title}, "INTEGRATION")

    def _visit(self, journey: Journey) -> None:
        pages = 1 + min(20, int(self._rng.expovariate(0.4)))
        journey.visits += 1
        journey.pages += pages
        warm = 9 * journey.warmth
        weights = (8, 9, 3 + warm, 5, 6, 5, 3, 2, 3, 1 + warm / 2)
        page = self._rng.choices(lists()["pages"], weights=weights)[0]
        self._set(
            journey,
            {
                "hs_analytics_num_page_views": str(journey.pages),
                "hs_analytics_num_visits": str(journey.visits),
                "hs_analytics_average_page_views": str(round(journey.pages / journey.visits)),
                "hs_analytics_last_timestamp": self._now(),
                "hs_analytics_last_visit_timestamp": self._now(),
                "hs_analytics_last_url": f"{_SITE}{page}",
            },
            "ANALYTICS",
        )

    def _form(self, journey: Journey) -> None:
        forms = lists()["forms"]
        hot = 3 + 14 * journey.warmth
        form = self._rng.choices(forms, weights=(hot, hot, hot, 9, 8, 9, 4, 3, 2))[0]
        wish = _FORMS[form]
        journey.forms += 1
        properties = {
            "recent_conversion_event_name": form,
            "recent_conversion_date": self._now(),
            "num_conversion_events": str(journey.forms),
        }
        if journey.forms == 1:
            properties["first_conversion_event_name"] = form
            properties["first_conversion_date"] = self._now()
        if wish in _WARM or journey.wish not in _WARM:
            properties["lr_lead_interest"] = journey.wish = wish
        if wish in _WARM:
            properties["lr_product"] = self._rng.choice(PRODUCTS)
            properties |= self._asked(journey)
        self._set(journey, properties, "FORM")

    def _mail(self, journey: Journey) -> None:
        journey.mails += 1
        name = self._rng.choice(lists()["mails"])
        properties = {
            "hs_email_delivered": str(journey.mails),
            "hs_email_last_email_name": name,
            "hs_email_last_send_date": self._now(),
        }
        if self._rng.random() < 0.2 + 0.5 * journey.person.intent:
            journey.opens += 1
            properties["hs_email_open"] = str(journey.opens)
            properties["hs_email_last_open_date"] = self._now()
            if self._rng.random() < 0.4 * journey.person.intent + 0.05:
                journey.clicks += 1
                properties["hs_email_click"] = str(journey.clicks)
                properties["hs_email_last_click_date"] = self._now()
        self._set(journey, properties, "EMAIL")

    def _tell(self, journey: Journey) -> None:
        """One or two more things about the person and the plan."""
        untold = [name for name in self._plan_of(journey) if name not in journey.told]
        if not untold:
            self._visit(journey)
            return
        self._set(journey, self._tells(journey, untold[: 1 + self._rng.randrange(2)]), "FORM")

    def _asked(self, journey: Journey) -> dict[str, str]:
        """What a form for buyers makes people tell; some leave such forms half empty."""
        wanted = ("phone", "jobtitle", "company", "country", "numberofemployees", "lr_timeframe")
        plan = self._plan_of(journey)
        told = [name for name in wanted if name in plan and self._rng.random() < 0.85]
        return self._tells(journey, [name for name in told if name not in journey.told])

    def _tells(self, journey: Journey, names: Sequence[str]) -> dict[str, str]:
        journey.told.update(names)
        plan = self._plan_of(journey)
        return {name: plan[name] for name in names}

    def _plan_of(self, journey: Journey) -> dict[str, str]:
        """All that this person could tell; the same each time it is asked."""
        person = journey.person
        dice = random.Random(person.email)
        late = min(4, int((1 - person.intent) * 4.2 + dice.random() * 0.9))
        share = dice.uniform(0.002, 0.02) * (0.4 + person.intent)
        everything = {
            **_firm(person, dice),
            "phone": dirt.telephone(person.phone, dice),
            "lr_timeframe": TIMEFRAMES[late],
            "lr_budget": str(round(max(500, float(person.company.revenue) * share / 10), -2)),
            "message": dice.choice(lists()["requests"]),
            "lr_segment": _segment(person, dice),
            "lr_departments": str(dice.randint(1, 6)),
            "lr_markets": ";".join(dice.sample(MARKETS, dice.randint(1, 2))),
            "hs_buying_role": _BUYING_ROLES[person.rank],
        }
        return {name: value for name, value in everything.items() if value}

    def _write(self, journey: Journey) -> None:
        body = self._rng.choice(lists()["requests"])
        self._engage(
            journey,
            "emails",
            {
                "hs_email_direction": "INCOMING_EMAIL",
                "hs_email_status": "SENT",
                "hs_email_subject": self._rng.choice(lists()["subjects"]),
                "hs_email_text": body,
            },
        )
        told = {"message": body, "hs_sales_email_last_replied": self._now()}
        self._set(journey, told, "EMAIL")

    def _meet(self, journey: Journey) -> None:
        now = self._world.clock.now()
        begins = now + timedelta(days=self._rng.randrange(1, 8))
        self._engage(
            journey,
            "meetings",
            {
                "hs_meeting_title": f"Demo for {journey.person.company.name}",
                "hs_meeting_start_time": _text(begins),
                "hs_meeting_end_time": _text(begins + timedelta(minutes=45)),
                "hs_meeting_outcome": "SCHEDULED",
            },
        )
        self._set(journey, {"engagements_last_meeting_booked": self._now()}, "MEETINGS")

    def _opt_out(self, journey: Journey) -> None:
        journey.opted_out = True
        if journey.reachable:
            self._hubspot.unsubscribe(journey.person.email)

    def _engage(self, journey: Journey, kind: str, properties: dict[str, str]) -> None:
        made = self._hubspot.create(kind, {"hs_timestamp": self._now(), **properties})
        self._hubspot.associate(kind, made["id"], "contacts", journey.contact_id)

    def _join(self, contact_id: str, company: Company) -> None:
        known = self._companies.get(company.domain)
        if known is None:
            made = self._hubspot.create(
                "companies",
                {
                    "name": company.name,
                    "domain": company.domain,
                    "country": company.culture.country,
                    "city": company.city,
                    "industry": company.industry,
                    "numberofemployees": str(company.employees),
                    "annualrevenue": str(company.revenue),
                },
            )
            known = self._companies[company.domain] = str(made["id"])
        self._hubspot.associate("contacts", contact_id, "companies", known)

    def _set(self, journey: Journey, properties: dict[str, str], source: str) -> None:
        """Writes to the contact; one that somebody deleted in the meantime stays deleted."""
        try:
            self._hubspot.update(
                "contacts", journey.contact_id, properties, source=source, as_hubspot=True
            )
        except Rejection as refused:
            if refused.status != 404:
                raise

    def _now(self) -> str:
        return _text(self._world.clock.now())


def _who(person: Person, rng: random.Random) -> dict[str, str]:
    found = {
        "firstname": dirt.written(person.first, rng),
        "lastname": dirt.written(person.last, rng),
        "email": person.email,
        "hs_language": person.language,
    }
    if person.kind == "junk":
        found["firstname"] = found["lastname"] = rng.choice(lists()["junk_names"])
    if rng.random() < 0.12:
        found.pop("firstname")
    if person.phone and rng.random() < 0.75:
        found["phone"] = dirt.telephone(person.phone, rng)
    return found


def _firm(person: Person, rng: random.Random) -> dict[str, str]:
    company = person.company
    country = company.culture.country
    if company.culture.country_aliases and rng.random() < 0.25:
        country = rng.choice(company.culture.country_aliases)
    found = {
        "company": dirt.written(company.name, rng),
        "country": country,
        "city": company.city,
        "jobtitle": person.title,
        "industry": company.industry,
        "website": f"https://www.{company.domain}",
    }
    if rng.random() < 0.7:
        found["numberofemployees"] = str(company.employees)
    if rng.random() < 0.4:
        found["annualrevenue"] = str(company.revenue)
    return found


def _segment(person: Person, rng: random.Random) -> str:
    if rng.random() < 0.03:
        return "Partner"
    employees = person.company.employees
    return SEGMENTS[0 if employees >= 1_000 else 1 if employees >= 50 else 2]


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
