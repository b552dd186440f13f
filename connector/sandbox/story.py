"""A company's weeks, told fast: visitors, a sales team, and what both systems hold at the end."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.sandbox.clock import SandboxClock
from connector.sandbox.hubspot.settings import HubSpotSettings
from connector.sandbox.people.agenda import pass_time
from connector.sandbox.people.habits import ROSTER, by_truth
from connector.sandbox.people.life import Life
from connector.sandbox.people.team import SalesTeam
from connector.sandbox.salesforce.settings import SalesforceSettings
from connector.sandbox.world import DEFAULT_START, World

_KNOWN_SHARE = 0.06  #: of the companies are accounts of sales before anybody visits
_EXPORTED = ("Demo", "Pricing", "Trial")

Progress = Callable[[datetime], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A world with people outside and a sales team inside, at its beginning.

    `pass_time` lets both live up to a moment of the sandbox's clock; whoever plays the connector
    does its work between two calls.
    """

    world: World
    life: Life
    team: SalesTeam
    ends: datetime

    def pass_time(self, until: datetime) -> int:
        """Lets everybody live until a moment; returns how many things happened."""
        return pass_time(self.world, (self.life, self.team), until)


def begin(
    *,
    weeks: int = 26,
    leads: int = 5_000,
    seed: int = 0,
    start: datetime = DEFAULT_START,
    running: bool = False,
    hubspot: HubSpotSettings | None = None,
    salesforce: SalesforceSettings | None = None,
) -> Story:
    """A new world in which `leads` people will come within `weeks`; the same seed, the same tale.

    With `running` time passes by itself, and people live on while the world is served.

    HubSpot has the marketing team's properties and nurture lists, Salesforce the reps of the
    shipped people.yaml, its queues, and a few accounts and contacts from before.
    """
    world = World(
        SandboxClock(start, running=running), seed, hubspot=hubspot, salesforce=salesforce
    )
    ends = start + timedelta(weeks=weeks)
    life = Life(world, world.dice("life"), leads=leads, ends=ends)
    team = SalesTeam(world, world.dice("team"), ROSTER, judge=by_truth(life))
    world.actors = (life, team)
    _known_accounts(world, life, team, world.dice("accounts"))
    return Story(world=world, life=life, team=team, ends=ends)


def up(
    weeks: int = 26,
    leads: int = 5_000,
    seed: int = 0,
    *,
    start: datetime = DEFAULT_START,
    hubspot: HubSpotSettings | None = None,
    salesforce: SalesforceSettings | None = None,
    progress: Progress | None = None,
) -> World:
    """The world after some weeks without a connector, as many companies are found.

    Marketing exports a list of those who asked for something each Monday, and an administrator
    imports it as Leads, shared out by turns; the team works them by its habits. The same arguments
    tell the same tale. `progress` hears the moment after each week.
    """
    story = begin(
        weeks=weeks, leads=leads, seed=seed, start=start, hubspot=hubspot, salesforce=salesforce
    )
    seen: set[str] = set()
    while (now := story.world.clock.now()) < story.ends:
        story.pass_time(min(now + timedelta(weeks=1), story.ends))
        import_list(story, seen)
        if progress is not None:
            progress(story.world.clock.now())
    return story.world


def _known_accounts(world: World, life: Life, team: SalesTeam, rng: random.Random) -> None:
    for company in life.companies:
        if rng.random() >= _KNOWN_SHARE:
            continue
        owner = rng.choice(team.reps).user_id
        account = world.salesforce.create(
            "Account",
            {"Name": company.name, "Website": f"www.{company.domain}", "OwnerId": owner},
            by=owner,
        )
        world.salesforce.create(
            "Contact",
            {
                "LastName": rng.choice(company.culture.last)[0],
                "Email": f"office@{company.domain}",
                "AccountId": account,
                "OwnerId": owner,
            },
            by=owner,
        )


def import_list(story: Story, seen: set[str]) -> None:
    """Monday's list: those who asked and can be reached, and are not on an earlier list."""
    salesforce, reps = story.world.salesforce, story.team.reps
    for contact in story.world.hubspot.records("contacts"):
        values = contact["properties"]
        email = values.get("email")
        asked = values.get("lr_lead_interest") in _EXPORTED
        if not asked or not email or email in seen or not values.get("lastname"):
            continue
        seen.add(email)
        fields = {
            "LastName": values["lastname"][:80],
            "FirstName": values.get("firstname", "")[:40] or None,
            "Company": values.get("company", "").strip() or "[not provided]",
            "Email": email,
            "Phone": values.get("phone", "")[:40] or None,
            "LeadSource": "Web",
            "OwnerId": reps[len(seen) % len(reps)].user_id,
        }
        salesforce.create("Lead", {k: v for k, v in fields.items() if v is not None})
