"""The lives of visitors: they come, read, write, fill forms, ask, leave, and HubSpot notes it."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from connector.sandbox.actors import Agenda
from connector.sandbox.people import dirt, steps
from connector.sandbox.people.agenda import pass_time
from connector.sandbox.people.desk import MarketingDesk
from connector.sandbox.people.journey import Journey
from connector.sandbox.people.persons import Company, Person, Population
from connector.sandbox.people.seasons import arrivals
from connector.sandbox.world import World


class Life:
    """A town of people who come to the company's site between two moments.

    `leads` people arrive between now and `ends` (26 weeks later unless told), with seasons, and
    each goes on for as long as the interest lasts. The truth about each is in `truth`, by e-mail.
    """

    def __init__(
        self,
        world: World,
        rng: random.Random,
        *,
        leads: int = 1_000,
        ends: datetime | None = None,
        warm_start: float = 0.1,
    ) -> None:
        self.world = world
        self.agenda = Agenda()
        self.truth: dict[str, Person] = {}
        self._rng = rng
        self._desk = MarketingDesk(world, rng)
        self._population = Population(rng, companies=leads // 3)
        start = world.clock.now()
        until = ends or start + timedelta(weeks=26)
        already = round(leads * warm_start)
        for _ in range(already):
            self.agenda.plan(start, self._arrive)
        for moment in arrivals(rng, start, until, leads - already):
            self.agenda.plan(moment, self._arrive)

    @property
    def companies(self) -> list[Company]:
        """The companies from which people come."""
        return self._population.companies

    def live(self, until: datetime) -> int:
        """Lets everybody live until a moment; returns how many things happened."""
        return pass_time(self.world, [self], until)

    def look_round(self, until: datetime) -> None:
        """Visitors do not look at what others do."""

    def _arrive(self) -> None:
        rng = self._rng
        person = self._population.person()
        self.truth[person.email] = person
        journey = self._desk.first_contact(person)
        self._do(journey, steps.first_step(rng))
        self._plan_next(journey)
        if rng.random() < 0.025:
            self._later(20, lambda: self._come_twice(journey))
        if rng.random() < 0.015:
            self._later(60, lambda: self._correct(journey))

    def _plan_next(self, journey: Journey) -> None:
        """The next step, if there is one: the warmer, the sooner and the likelier."""
        rng = self._rng
        if rng.random() > 0.62 + 0.36 * journey.person.intent:
            return
        days = rng.expovariate(1 / (2.0 + 12.0 * (1 - journey.person.intent)))
        moment = self.world.clock.now() + timedelta(days=days + 0.02)
        self.agenda.plan(moment, lambda: self._go_on(journey))

    def _go_on(self, journey: Journey) -> None:
        step = steps.next_step(
            journey.person,
            journey.warmth,
            mailable=journey.reachable and not journey.opted_out,
            rng=self._rng,
        )
        self._do(journey, step)
        self._plan_next(journey)

    def _do(self, journey: Journey, step: str) -> None:
        journey.warmth = min(1.0, journey.warmth + steps.WARMTH[step] * journey.person.intent)
        self._desk.steps[step](journey)

    def _come_twice(self, journey: Journey) -> None:
        """The same person fills a form under another address; weeks later somebody merges both."""
        rng = self._rng
        email = dirt.second_address(journey.person.email, rng)
        other = self._desk.second_contact(journey, email)
        if other and rng.random() < 0.6:
            self._later(25, lambda: self._desk.merge(journey, other))

    def _correct(self, journey: Journey) -> None:
        """The person moves on: another title, perhaps another address at the same company."""
        self._desk.change_job(journey)

    def _later(self, most_days: float, deed: Callable[[], None]) -> None:
        moment = self.world.clock.now() + timedelta(days=self._rng.uniform(0.5, most_days))
        self.agenda.plan(moment, deed)
