"""Leads, reps and receivers for stories about promises: real mail, a real webhook, one clock."""

import email
import json
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope, Session

from connector.ports import Run
from connector.runner import Job, run_job
from connector.sandbox.http import Answer, Call
from jobs.pull_leads import JOB as PULL_LEADS
from jobs.pull_status import JOB as PULL_STATUS
from jobs.push_sqls import JOB as PUSH_SQLS
from jobs.recycle_leads import JOB as RECYCLE_LEADS
from jobs.watch_promises import JOB as WATCH
from tests.adapters.servers import Served, serving
from tests.stories.conftest import Story

ROUND = (PULL_LEADS, PUSH_SQLS, PULL_STATUS, RECYCLE_LEADS, WATCH)


class Inbox:
    """What an SMTP server was handed, oldest first."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_DATA(  # noqa: N802
        self, server: object, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        letter = email.message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 taken"

    def subjects(self, to: str) -> list[str]:
        return [str(letter["Subject"]) for letter in self.letters if to in str(letter["To"])]

    def text(self, to: str) -> str:
        return "\n".join(letter.get_content() for letter in self.letters if to in str(letter["To"]))


class Town:
    """A story with its inbox and its chat channel."""

    def __init__(self, story: Story, inbox: Inbox, chat: Served) -> None:
        self.story, self.inbox, self.chat = story, inbox, chat
        self.world, self.bench = story.world, story.bench
        self.crm = story.world.salesforce

    def run(self, *jobs: Job) -> list[Run]:
        """Runs jobs once each, by default all of them; none may be a bug."""
        done = [run_job(job, self.bench) for job in jobs or ROUND]
        assert all(run.outcome in ("done", "attention", "away") for run in done), done
        return done

    def user(self, key: str) -> str:
        mail = self.bench.ruleset.people.persons[key].email
        return next(row["Id"] for row in self.crm.rows("User") if row["Email"] == mail)

    def lead(self, who: str) -> dict[str, Any]:
        return next(row for row in self.crm.rows("Lead") if row["LastName"] == who)

    def events(self, who: str) -> list[str]:
        """Kinds of what the ledger knows of a lead, in the order of their happening."""
        with self.bench.ledger.transaction() as tx:
            [row] = tx.find_leads(f"{who.lower()}@firm-{who.lower()}.example")
            found = tx.events_of(row.state.lead_id)
        return [s.event.kind.value for s in sorted(found, key=lambda s: (s.event.at, s.number))]

    def posts(self) -> list[str]:
        return [json.loads(call.body)["text"] for call in self.chat.calls]


@contextmanager
def receivers() -> Iterator[tuple[Inbox, int, Served]]:
    """A mail server and a webhook on free ports."""
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=_free_port())
    controller.start()
    try:
        with serving(_taken) as chat:
            yield inbox, controller.port, chat
    finally:
        controller.stop()


def _taken(_call: Call) -> Answer:
    return Answer(body=b"ok")


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def town_on(story: Story, *, mode: str = "live", **more: object) -> Iterator[Town]:
    """A story whose people can be told."""
    with receivers() as (inbox, port, chat):
        mail = {
            "host": "127.0.0.1",
            "port": port,
            "security": "none",
            "sender": "relay@northlight.example",
        }
        story.bench.ledger.close()
        story.bench = story.new_bench(
            mode=mode, mail=mail, chat={"url": f"{chat.url}/services/x", "shape": "slack"}, **more
        )
        yield Town(story, inbox, chat)
        story.bench.ledger.close()


def person(who: str, **changed: str) -> dict[str, str]:
    """A contact that is hot, complete, and of a large company in Germany."""
    firm = f"firm-{who.lower()}.example"
    return {
        "email": f"{who.lower()}@{firm}",
        "firstname": "Eva",
        "lastname": who,
        "phone": "+4915112345678",
        "company": f"{who} Werke",
        "jobtitle": "Chief Technology Officer",
        "country": "Germany",
        "industry": "COMPUTER_SOFTWARE",
        "numberofemployees": "900",
        "annualrevenue": "140000000",
        "lr_lead_interest": "Demo",
        "lr_timeframe": "This quarter",
        "hs_analytics_source": "PAID_SEARCH",
        **changed,
    }
