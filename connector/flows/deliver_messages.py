"""The door to people: new leads from the agreed template, everything else as it was worded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connector.core.alerts import Alert, AlertKind, Letter, wording
from connector.core.errors import Refused, TryLater
from connector.core.events import EventKind
from connector.core.plan import Json
from connector.core.problems import Problem
from connector.core.rules.people import Person
from connector.core.rules.ruleset import Ruleset
from connector.core.templates import find_template, render
from connector.flows.delivered import Delivered
from connector.flows.hand import zone_of
from connector.ports import LeadRow, Message, Notifier, StoredAction

BUSY_WAIT = timedelta(minutes=5)
CHAT = "chat"  #: the one webhook
NEW_LEAD = "new-lead"  #: cause of the messages that a hand-off plans


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDoor:
    """Tells people. A message keeps its key through every attempt, so that mail readers see one.

    Several new leads for one person in one batch are one message.
    """

    notifier: Notifier
    ruleset: Ruleset

    def carry_out(
        self, batch: Sequence[StoredAction], leads: Mapping[str, LeadRow], now: datetime
    ) -> Delivered:
        result = Delivered()
        for group in _grouped(batch):
            message = self._message(group, leads)
            if isinstance(message, Problem):
                for stored in group:
                    result.park(stored, message)
            else:
                self._send(message, group, now, result)
        return result

    def _send(
        self, message: Message, group: Sequence[StoredAction], now: datetime, result: Delivered
    ) -> None:
        try:
            self.notifier.send(message)
        except Refused as error:
            for stored in group:
                result.park(stored, error.problem)
        except TryLater as error:
            for stored in group:
                result.wait(stored, now + (error.wait or BUSY_WAIT))
        else:
            for stored in group:
                result.done(stored, message.key)
                if stored.action.fields.get("cause") == NEW_LEAD:
                    given = stored.action.fields
                    told: dict[str, Json] = {
                        "channel": stored.action.record_kind,
                        "person": given.get("person"),
                        "cause": given.get("cause"),
                    }
                    result.tell(stored, EventKind.ALERTED, now, told)

    def _message(
        self, group: Sequence[StoredAction], leads: Mapping[str, LeadRow]
    ) -> Message | Problem:
        action = group[0].action
        person = self.ruleset.people.persons.get(str(action.fields.get("person")))
        if person is None:
            return _nobody(group[0])
        if "text" in action.fields:
            subject, text = str(action.fields["subject"]), str(action.fields["text"])
        else:
            worded = self._new_leads(group, person, leads)
            if isinstance(worded, Problem):
                return worded
            subject, text = worded
        return Message(
            key=action.key,
            to=person.email if action.record_kind == "email" else CHAT,
            channel=action.record_kind,
            subject=subject,
            text=text,
            cause=str(action.fields.get("cause", "")),
            lead_ids=tuple(stored.action.lead_id for stored in group if stored.action.lead_id),
        )

    def _new_leads(
        self, group: Sequence[StoredAction], person: Person, leads: Mapping[str, LeadRow]
    ) -> tuple[str, str] | Problem:
        """One new lead as the template words it; several in one message, what is due first at the
        top, each by the subject that it would have had alone."""
        lines: list[str] = []
        for stored in sorted(group, key=_due):
            worded = self._worded(stored, person, leads.get(stored.action.lead_id))
            if isinstance(worded, Problem) or len(group) == 1:
                return worded
            lines.append(f"- {worded[0]} ({stored.action.lead_id})")
        moments = [str(s.action.fields["due"]) for s in group if s.action.fields.get("due")]
        alert = Alert(
            key=group[0].action.key,
            person=person.key,
            kind=AlertKind.NEW_LEAD,
            cause=str(min(group, key=_due).action.fields.get("promise") or group[0].action.rule),
            lead_ids=tuple(stored.action.lead_id for stored in group),
            notices=(),
            not_before=group[0].planned_at,
            due=min((datetime.fromisoformat(at) for at in moments), default=None),
        )
        letter = Letter(
            key=alert.key, person=person.key, not_before=alert.not_before, alerts=(alert,)
        )
        subject, _ = wording(letter, person.language, zone_of(person.key, self.ruleset))
        return subject, "\n".join([subject, "", *lines, ""])

    def _worded(
        self, stored: StoredAction, person: Person, row: LeadRow | None
    ) -> tuple[str, str] | Problem:
        action = stored.action
        template = find_template(self.ruleset.templates, "alert", person.language)
        if template is None or row is None:
            return _nobody(stored)
        due = action.fields.get("due")
        zone = ZoneInfo(zone_of(person.key, self.ruleset))
        words: dict[str, object] = {
            "lead": {**dict.fromkeys(self.ruleset.fields.rules, ""), **row.values},
            "company": self.ruleset.vocabulary.company,
            "owner": {"name": person.name, "email": person.email},
            "stage": row.state.stage,
            "cycle": row.state.cycle,
            "score": round(row.score),
            "temperature": row.temperature,
            "because": action.because,
            "promise": str(action.fields.get("promise") or ""),
            "due": datetime.fromisoformat(str(due)).astimezone(zone) if due else None,
            "brief": "",
        }
        done = render(template, words)
        return done if isinstance(done, Problem) else (done.subject, done.text)


def _grouped(batch: Sequence[StoredAction]) -> list[list[StoredAction]]:
    """New leads of one person and channel together; all else by itself."""
    together: dict[tuple[str, str], list[StoredAction]] = {}
    alone: list[list[StoredAction]] = []
    for stored in batch:
        fields = stored.action.fields
        if fields.get("cause") == NEW_LEAD and "text" not in fields:
            person = str(fields.get("person"))
            together.setdefault((person, stored.action.record_kind), []).append(stored)
        else:
            alone.append([stored])
    return [*alone, *together.values()]


def _due(stored: StoredAction) -> str:
    """When the first answer is due, for sorting; without a promise it comes last."""
    return str(stored.action.fields.get("due") or "~")


def _nobody(stored: StoredAction) -> Problem:
    return Problem(
        code="no-alert",
        where=stored.action.place,
        what="there is no template 'alert', or nobody to tell",
        remedy="Add templates/alert.en.md, or dismiss this message.",
    )
