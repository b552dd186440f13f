"""How many leads one core decides in a second: map, qualify with full explanation, route.

    python -m benchmarks.deciding [leads] [folder of mapping files]

Prints each step and the whole way, page by page as the jobs decide, the memory a kept decision
takes, and fails (exit code 1) where the whole way is slower than `GOAL`. Leads are made up,
seeded, all different; the time is the processor's, so that a busy machine disturbs little.
"""

import gc
import random
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from connector.core.conditions import Gap
from connector.core.mapping import Mapper
from connector.core.qualification import Qualifier
from connector.core.records import Activity, LeadState, Values
from connector.core.routing import RouteDecision, Router
from connector.core.turns import TurnHistory
from connector.core.verdicts import Verdict
from connector.mapfiles.load import load
from connector.runner import fewer_collections

GOAL = 20_000
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SAMPLE = 2_000
PAGE = 200  #: contacts of one answer of a search
ROUNDS = 5

FIRST = ("ada", "bo", "chloé", "dmitri", "eva", "fatou", "greta", "henri", "jean-pierre", "léa")
LAST = ("king", "hofer", "de la tour", "o'neil", "mcdonald", "van dyck", "müller", "rossi")
TITLES = ("Head of IT", "CTO", "Developer", "Consultant", "Analyst", "Team lead", "Buyer", "", "")
PLACES = (
    ("Germany", "Berlin", "030 {:06d}"),
    ("Deutschland", "München", "+49 89 {:06d}"),
    ("Austria", "Wien", "+43 1 58{:06d}"),
    ("France", "Lyon", "04 72 {:06d}"),
    ("FR", "Paris", "+331{:08d}"),
    ("United Kingdom", "London", "+44 20 79{:06d}"),
    ("Belgium", "Gent", "+32 9 2{:06d}"),
)
CHOICES = {
    "industry": ("COMPUTER_SOFTWARE", "INSURANCE", "RETAIL", "BANKING"),
    "lr_lead_interest": ("Demo", "Pricing", "Webinar", "Webinar", "Content", "Newsletter"),
    "lr_product": ("Northlight Flow", "Northlight Insight"),
    "lr_timeframe": ("This quarter", "Next year", "Just exploring", None),
    "hs_analytics_source": ("ORGANIC_SEARCH", "PAID_SEARCH", "DIRECT_TRAFFIC"),
    "hs_latest_source": ("ORGANIC_SEARCH", "EMAIL_MARKETING"),
    "lr_segment": ("Enterprise", "Mid-market", "Small business"),
    "lifecyclestage": ("lead", "subscriber"),
    "lr_markets": ("DACH;France", "Worldwide", ""),
    "hs_buying_role": ("DECISION_MAKER", "CHAMPION;END_USER", None),
    "hs_language": ("en", "fr", "de"),
    "hs_email_optout": ("false", "false", "true", None),
    "lr_do_not_call": ("false", None),
    "message": (*("", "We need a quote & a demo.") * 5, "<p>Please&nbsp;call <b>back</b></p>"),
}


Raw = dict[str, str | None]


def raw_lead(number: int, dice: random.Random) -> Raw:
    """One contact as HubSpot shows it."""
    first, last = dice.choice(FIRST), dice.choice(LAST)
    country, city, phone = dice.choice(PLACES)
    domain = f"company{dice.randrange(5_000)}.example"
    moments = [NOW - timedelta(minutes=dice.randrange(90 * 1440)) for _ in range(4)]
    raw: Raw = {name: dice.choice(words) for name, words in CHOICES.items()}
    raw |= {
        "firstname": first,
        "lastname": last.upper() if number % 3 == 0 else last,
        "email": f"{first}.{number}@{domain}".replace("é", "e"),
        "phone": phone.format(dice.randrange(1_000_000)),
        "jobtitle": dice.choice(TITLES),
        "company": f"Company  {dice.randrange(5_000)}",
        "website": f"https://www.{domain}/",
        "country": country,
        "city": city,
        "numberofemployees": str(dice.choice((3, 8, 15, 40, 40, 80, 300, 900))),
        "annualrevenue": f"{dice.randrange(1, 60) * 500_000}",
        "lr_budget": dice.choice(("", "", "", "5000", "12 500 €", "20k")),
        "lr_start_on": str(int(NOW.timestamp() // 86_400 + dice.randrange(200)) * 86_400_000),
        "recent_conversion_date": str(int(moments[0].timestamp() * 1000)),
        "recent_conversion_event_name": "Demo request",
        "hs_analytics_last_visit_timestamp": moments[1].isoformat(),
        "hs_email_last_click_date": moments[2].isoformat().replace("+00:00", "Z"),
        "engagements_last_meeting_booked": moments[3].isoformat() if number % 20 == 0 else None,
    }
    return raw


Step = Callable[[Sequence[Raw]], Sequence[object]]
Decision = tuple[Verdict, tuple[Gap, ...], RouteDecision | None]


class Decisions:
    """The steps of deciding a page of leads, on one set of files: each over the whole page, as
    the jobs take them."""

    def __init__(self, folder: Path) -> None:
        loaded = load(folder)
        if loaded.ruleset is None:
            raise SystemExit("\n".join(map(str, loaded.problems)))
        self.mapper = Mapper(loaded.ruleset.fields)
        self.qualifier = Qualifier(loaded.ruleset)
        self.router = Router(loaded.ruleset)
        self.turns = TurnHistory()
        self.state = LeadState(lead_id="hs-1", stage="captured")

    def map(self, page: Sequence[Raw]) -> list[tuple[Values, tuple[Activity, ...]]]:
        mapper = self.mapper
        return [(mapper.from_hubspot(raw).values, mapper.activities(raw)) for raw in page]

    def qualify(self, page: Sequence[Raw]) -> list[Verdict]:
        qualify, state = self.qualifier.qualify, self.state
        return [qualify(values, activities, state, NOW) for values, activities in self.map(page)]

    def decide(self, page: Sequence[Raw]) -> list[Decision]:
        """The whole decision: the verdict keeps the value and the verdict of every clause, and
        what is missing for the next stage is named."""
        verdicts = self.qualify(page)
        gaps = [verdict.missing for verdict in verdicts]
        routes = [self.route(verdict) if verdict.may_pass else None for verdict in verdicts]
        return list(zip(verdicts, gaps, routes, strict=True))

    def route(self, verdict: Verdict) -> RouteDecision:
        return self.router.route(verdict.facts, self.state, now=NOW, turns=self.turns)

    def one_by_one(self, page: Sequence[Raw]) -> list[Decision]:
        """The same decisions, each lead brought to its end before the next is begun."""
        return [self.decide((raw,))[0] for raw in page]

    def unfold(self, page: Sequence[Raw]) -> list[object]:
        """The same with every reason unfolded into one value per rule and clause."""
        found = self.decide(page)
        return [(decision, decision[0].explain()) for decision in found]


def rate(step: Step, pages: Sequence[bytes]) -> float:
    """Leads a second of processor time. Each page is parsed just before, as it arrives from the
    network; the parsing itself is not counted. Of each page the best of `ROUNDS` counts, so that
    what else runs on the machine disturbs little."""
    best = [float("inf")] * len(pages)
    count = 0
    for _ in range(ROUNDS):
        count = 0
        for number, page in enumerate(pages):
            leads = orjson.loads(page)
            start = time.process_time()
            step(leads)
            best[number] = min(best[number], time.process_time() - start)
            count += len(leads)
    return count / sum(best)


def bytes_per_lead(step: Step, leads: Sequence[Raw]) -> float:
    """Memory that decisions take while they are kept."""
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    kept = [step(leads[at : at + PAGE]) for at in range(0, len(leads), PAGE)]
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / sum(map(len, kept))


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parents[1] / "mappings"
    dice = random.Random(7)
    leads = [raw_lead(number, dice) for number in range(count)]
    decisions = Decisions(folder)
    sample = leads[:SAMPLE]
    passed = sum(1 for _, _, route in decisions.decide(sample) if route is not None)
    clauses = decisions.qualifier.clauses
    print(f"{count:,} leads of {len(leads[0])} properties; {clauses} clauses explained for each;")
    print(f"{100 * passed / len(sample):.0f} % of them are passed and routed")
    steps: dict[str, Step] = {
        "map": decisions.map,
        "map, qualify": decisions.qualify,
        "the whole decision": decisions.decide,
        "the same, lead by lead": decisions.one_by_one,
        "with all reasons unfolded": decisions.unfold,
    }
    pages = [orjson.dumps(leads[at : at + PAGE]) for at in range(0, count, PAGE)]
    with fewer_collections():  # as in every run of a job
        speeds = {name: rate(step, pages) for name, step in steps.items()}
    for name, speed in speeds.items():
        print(f"{name:<30} {speed:>9,.0f} leads/s  {1e6 / speed:>6.1f} us each")
    print(f"{'a kept decision':<30} {bytes_per_lead(decisions.decide, sample):>9,.0f} bytes")
    print(
        f"{'a kept decision, unfolded':<30} {bytes_per_lead(decisions.unfold, sample):>9,.0f} bytes"
    )
    return 0 if speeds["the whole decision"] >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
