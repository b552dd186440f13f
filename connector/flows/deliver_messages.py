"""The door to people: messages to owners, written from the agreed templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.core.errors import Refused, TryLater
from connector.core.events import Event, EventKind, event_key
from connector.core.problems import Problem
from connector.core.rules.ruleset import Ruleset
from connector.core.templates import find_template, render
from connector.flows.deliver import Delivered
from connector.ports import LeadRow, Message, Notifier, StoredAction

BUSY_WAIT = timedelta(minutes=5)
CHAT = "chat"  #: the one webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDoor:
    """Tells people. A message keeps its key through every attempt, so that mail readers see one."""

    notifier: Notifier
    ruleset: Ruleset

    def carry_out(
        self, batch: Sequence[StoredAction], leads: Mapping[str, LeadRow], now: datetime
    ) -> Delivered:
        result = Delivered()
        for stored in batch:
            message = self._message(stored, leads.get(stored.action.lead_id))
            if isinstance(message, Problem):
                result.park(stored, message)
                continue
            try:
                self.notifier.send(message)
            except Refused as error:
                result.park(stored, error.problem)
                continue
            except TryLater as error:
                result.wait(stored, now + (error.wait or BUSY_WAIT))
                continue
            result.done(stored, message.key)
            result.events.append(_told(stored, now))
        return result

    def _message(self, stored: StoredAction, row: LeadRow | None) -> Message | Problem:
        action = stored.action
        person = self.ruleset.people.persons.get(str(action.fields.get("person")))
        language = person.language if person else "en"
        template = find_template(self.ruleset.templates, "alert", language)
        if template is None or person is None or row is None:
            return Problem(
                code="no-alert",
                where=action.place,
                what="there is no template 'alert', or nobody to tell",
                remedy="Add templates/alert.en.txt, or dismiss this message.",
            )
        words: dict[str, object] = {
            "lead": {**dict.fromkeys(self.ruleset.fields.rules, ""), **row.values},
            "company": self.ruleset.vocabulary.company,
            "owner": {"name": person.name, "email": person.email},
            "stage": row.state.stage,
            "cycle": row.state.cycle,
            "score": round(row.score),
            "temperature": row.temperature,
            "because": action.because,
            "promise": "",
            "due": None,
            "brief": "",
        }
        done = render(template, words)
        if isinstance(done, Problem):
            return done
        channel = action.record_kind
        return Message(
            key=action.key,
            to=person.email if channel == "email" else CHAT,
            channel=channel,
            subject=done.subject,
            text=done.text,
            cause=str(action.fields.get("cause", "")),
            lead_ids=(action.lead_id,),
        )


def _told(stored: StoredAction, now: datetime) -> Event:
    action = stored.action
    return Event(
        key=event_key(EventKind.ALERTED, action.lead_id, action.key),
        lead_id=action.lead_id,
        kind=EventKind.ALERTED,
        at=now,
        cycle=action.cycle,
        data={"channel": action.record_kind, "person": action.fields.get("person")},
        by="leadrelay",
        rule=action.rule,
        place=action.place,
        ruleset=action.ruleset,
    )
