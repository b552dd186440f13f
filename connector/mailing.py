"""Reports by e-mail: one to people who are named, or all that are due by `[[reports.mail]]`."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from connector.core.errors import Refused, StopTheRun, TryLater
from connector.core.goals import span_of
from connector.core.plan import Action, ActionKind, Destination, action_key
from connector.core.problems import Problem
from connector.core.rules.people import Person
from connector.core.rules.ruleset import Ruleset
from connector.gathering import Gathering
from connector.ports import Message, RunTotals
from connector.reports.document import Document, Period
from connector.reports.html import to_html
from connector.reports.plain import to_text
from connector.store.kept import Kept

if TYPE_CHECKING:
    from connector.wiring import Workbench


def people_of(ruleset: Ruleset, roles: Iterable[str]) -> list[Person]:
    """Everybody in some roles who has an address, each once."""
    wanted = set(roles)
    return [p for p in ruleset.people.persons.values() if p.role in wanted and p.email]


def letter(document: Document, person: Person, name: str) -> Message:
    """A report as a message, known by a name (report and period) should it be sent twice; the
    text for readers without pictures goes along."""
    return Message(
        key=action_key(Destination.NOTIFY, "report", person.key, name),
        to=person.email,
        channel="email",
        subject=f"{document.title} · {document.subtitle}",
        text=to_text(document),
        html=to_html(document),
        cause=f"report {document.name}",
    )


def over(every: str, now: datetime) -> Period:
    """The calendar day, week, fortnight, month or quarter that ended last."""
    span = span_of(every, now, 1)
    return Period(since=span.since, until=span.until)


def mail_due(bench: "Workbench", run_id: str) -> RunTotals:
    """Sends each report of `[[reports.mail]]` whose period is over to everybody who has not had it.

    An address that is refused is parked and not tried again for that period; where the server is
    away (TryLater), the next run goes on with those who are left. Nothing in rehearsal. Raises
    StopTheRun where nobody has one of the roles.
    """
    if not bench.config.live or not bench.config.reports.mail:
        return RunTotals()
    known = {person.role for person in bench.ruleset.people.persons.values()}
    strange = sorted({role for one in bench.config.reports.mail for role in one.to} - known)
    if strange:
        raise StopTheRun(
            f"config: [[reports.mail]] names the role '{strange[0]}'\n    "
            "Nobody in people.yaml has it."
        )
    now = bench.clock.now()
    since = min(over(one.every, now).since for one in bench.config.reports.mail)
    gathering, had = Gathering(bench, since), Kept(bench.ledger, "mailed")
    sent, refused, waiting = 0, 0, 0
    for part in bench.config.reports.mail:
        period = over(part.every, now)
        name = f"{part.report} {part.every} {period.since:%Y-%m-%d}"
        left = [p for p in people_of(bench.ruleset, part.to) if f"{name} {p.key}" not in had]
        if not left:
            continue
        spoken = part.language or bench.config.reports.language
        document = gathering.make(part.report, period, spoken)
        for person in left:
            outcome = _sent(bench, letter(document, person, name))
            if isinstance(outcome, TryLater):
                waiting += 1
                continue
            if outcome is not None:
                _park(bench, outcome.problem, f"{name} {person.key}", run_id)
            had[f"{name} {person.key}"] = "refused" if outcome else "sent"
            sent, refused = sent + (outcome is None), refused + (outcome is not None)
    return RunTotals(
        picked_up=sent + refused + waiting, delivered=sent, parked=refused, waiting=waiting
    )


def _sent(bench: "Workbench", message: Message) -> Refused | TryLater | None:
    """Sends one message; what kept it from being sent."""
    try:
        bench.notifier.send(message)
    except (Refused, TryLater) as error:
        return error
    return None


def _park(bench: "Workbench", problem: Problem, name: str, run_id: str) -> None:
    action = Action(
        key=action_key(Destination.NOWHERE, ActionKind.PARK, "", f"mailing {name}"),
        lead_id="",
        kind=ActionKind.PARK,
        destination=Destination.NOWHERE,
        because=problem.code,
        record_kind="report",
        place=problem.where,
        problem=problem,
    )
    with bench.ledger.transaction() as tx:
        tx.plan([action], now=bench.clock.now(), run_id=run_id)
