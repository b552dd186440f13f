"""A sales team that works its Leads in Salesforce: calls, mails, notes, answers, deals."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.sandbox.actors import Agenda
from connector.sandbox.people.agenda import pass_time
from connector.sandbox.people.deals import Deals
from connector.sandbox.people.habits import QUEUES, ROSTER, Judge, Outlook, Rep, by_score
from connector.sandbox.people.names import lists
from connector.sandbox.world import World

OPEN, WORKING = "Open - Not Contacted", "Working - Contacted"
REJECTED = "Closed - Not Converted"


@dataclass(slots=True, kw_only=True)
class Task:
    """One lead on somebody's desk: who works it, what they will find, how often they tried."""

    lead_id: str
    rep: Rep
    outlook: Outlook
    patience: int
    cycle: float
    touches: int = 0
    reached: bool = False


class SalesTeam:
    """Reps with habits who work what they own, and take what waits in queues.

    `reps` are hired as users of Salesforce and owners of HubSpot, unless they are there already
    (by address). `judge` says what will come of a lead. All is drawn from `rng`.
    """

    def __init__(
        self,
        world: World,
        rng: random.Random,
        reps: Sequence[Rep] = ROSTER,
        *,
        judge: Judge = by_score,
    ) -> None:
        self.world = world
        self.agenda = Agenda()
        self.reps = [_hired(world, rep) for rep in reps]
        _make_queues(world)
        self._by_user = {rep.user_id: rep for rep in self.reps}
        self._rng = rng
        self._judge = judge
        self._deals = Deals(world, rng, self.agenda)
        self._on_desk: dict[str, tuple[float, str]] = {}
        self._looked = datetime(1970, 1, 2, tzinfo=UTC)

    def work(self, until: datetime) -> int:
        """Lets the team work until a moment; returns how many things were done."""
        return pass_time(self.world, [self], until)

    def look_round(self, until: datetime) -> None:
        """Finds the leads that came, changed hands or came back since the last look."""
        since = self._looked - timedelta(seconds=2)
        self._looked = self.world.clock.now()
        for lead in self.world.salesforce.rows("Lead"):
            if datetime.fromisoformat(lead["SystemModstamp"]) >= since:
                self._notice(lead)

    def _notice(self, lead: dict[str, Any]) -> None:
        if lead.get("IsConverted") or lead["Status"] != OPEN:
            return
        cycle = float(lead.get("Lead_Cycle__c") or 1)
        owner = lead["OwnerId"]
        if self._on_desk.get(lead["Id"]) == (cycle, owner):
            return
        self._on_desk[lead["Id"]] = (cycle, owner)
        now = self.world.clock.now()
        rep = self._by_user.get(owner)
        if rep is None and owner.startswith("00G"):
            rep = self._rng.choice(self.reps)
            moment = rep.hours().after(now, timedelta(hours=self._rng.uniform(1, 12)))
            self.agenda.plan(moment, lambda: self._take(lead["Id"], rep))
        elif rep is not None and self._rng.random() >= rep.habits.neglect:
            task = self._task(lead, rep, cycle)
            wait = timedelta(hours=self._rng.uniform(*rep.habits.answer_hours))
            self.agenda.plan(rep.hours().after(now, wait), lambda: self._touch(task))

    def _take(self, lead_id: str, rep: Rep) -> None:
        """A rep takes a lead out of a queue, if it still waits there."""
        lead = self._lead(lead_id)
        if lead is None or not lead["OwnerId"].startswith("00G"):
            return
        self.world.salesforce.update("Lead", lead_id, {"OwnerId": rep.user_id}, by=rep.user_id)
        self._notice(self.world.salesforce.get("Lead", lead_id))

    def _task(self, lead: dict[str, Any], rep: Rep, cycle: float) -> Task:
        return Task(
            lead_id=lead["Id"],
            rep=rep,
            outlook=self._judge(lead, self._rng),
            patience=self._rng.randint(*rep.habits.patience),
            cycle=cycle,
        )

    def _touch(self, task: Task) -> None:
        """One call or mail; then on to the next, or to the answer."""
        lead = self._lead(task.lead_id)
        if lead is None or lead["OwnerId"] != task.rep.user_id:
            return
        habits, rng = task.rep.habits, self._rng
        task.touches += 1
        reached = rng.random() < task.outlook.reached
        task.reached |= reached
        self._note_touch(task, lead, reached)
        if habits.keeps_status and lead["Status"] == OPEN:
            self._update(task, {"Status": WORKING})
        decided = task.reached and task.touches >= 2 and rng.random() < 0.6
        if decided or task.touches >= task.patience:
            wait = timedelta(hours=rng.uniform(0.2, 4))
            self._plan(task, wait, lambda: self._answer(task))
        else:
            wait = timedelta(hours=rng.uniform(*habits.touch_hours))
            self._plan(task, wait, lambda: self._touch(task))

    def _note_touch(self, task: Task, lead: dict[str, Any], reached: bool) -> None:
        by_phone = bool(lead.get("Phone")) and self._rng.random() < 0.6
        fields: dict[str, Any] = {
            "WhoId": task.lead_id,
            "OwnerId": task.rep.user_id,
            "Subject": "Call" if by_phone else f"Email: {self._rng.choice(lists()['subjects'])}",
            "TaskSubtype": "Call" if by_phone else "Email",
            "Status": "Completed",
            "ActivityDate": self.world.clock.now().date().isoformat(),
        }
        if by_phone:
            fields["CallType"] = "Outbound"
            fields["CallDurationInSeconds"] = self._rng.randrange(60, 1500) if reached else 0
            fields["CallDisposition"] = "Reached" if reached else "No answer"
        if self._rng.random() < task.rep.habits.notes:
            fields["Description"] = self._rng.choice(lists()["notes"])
        self.world.salesforce.create("Task", fields, by=task.rep.user_id)

    def _answer(self, task: Task) -> None:
        """Converts the lead, gives it back with a reason, or leaves it lying."""
        lead = self._lead(task.lead_id)
        if lead is None or lead["OwnerId"] != task.rep.user_id or lead["Status"] == REJECTED:
            return
        habits, outlook = task.rep.habits, task.outlook
        refused = self._rng.random() < habits.pickiness
        if task.reached and outlook.converts and not refused:
            self._convert(task, lead)
        elif habits.closes:
            fields = {"Status": REJECTED}
            if self._rng.random() < habits.tells_why:
                fields["Disposition_Reason__c"] = outlook.reason if task.reached else "Unreachable"
            if self._rng.random() < habits.notes:
                fields["Sales_Note__c"] = self._rng.choice(lists()["notes"])
            self._update(task, fields)

    def _convert(self, task: Task, lead: dict[str, Any]) -> None:
        accounts = self.world.salesforce.rows("Account")
        known = next((a["Id"] for a in accounts if a["Name"] == lead["Company"]), None)
        converted = self.world.salesforce.convert(
            task.lead_id, account_id=known, owner_id=task.rep.user_id, by=task.rep.user_id
        )
        opportunity = converted["opportunityId"]
        if opportunity is not None:
            self._deals.open(opportunity, task.rep, task.outlook)

    def _update(self, task: Task, fields: dict[str, Any]) -> None:
        self.world.salesforce.update("Lead", task.lead_id, fields, by=task.rep.user_id)

    def _plan(self, task: Task, wait: timedelta, deed: Any) -> None:
        self.agenda.plan(task.rep.hours().after(self.world.clock.now(), wait), deed)

    def _lead(self, lead_id: str) -> dict[str, Any] | None:
        """The lead as it is now; None once it is gone, merged away or converted."""
        lead = self.world.salesforce.get("Lead", lead_id)
        return None if lead.get("IsDeleted") or lead.get("IsConverted") else lead


def _hired(world: World, rep: Rep) -> Rep:
    users = {user.get("Email"): user["Id"] for user in world.salesforce.rows("User")}
    user_id = users.get(rep.email)
    if user_id is None:
        user_id = world.salesforce.add_user(
            username=rep.email, first_name=rep.first_name, last_name=rep.last_name
        )
    if rep.email not in {owner.email for owner in world.hubspot.portal.owners.every()}:
        world.hubspot.add_owner(
            email=rep.email, first_name=rep.first_name, last_name=rep.last_name, team="Sales"
        )
    return rep.hired_as(user_id)


def _make_queues(world: World) -> None:
    known = {row["Name"] for row in world.salesforce.rows("Group")}
    for name in QUEUES:
        if name not in known:
            world.salesforce.add_queue(name)
