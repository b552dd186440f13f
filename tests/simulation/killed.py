"""What runs in a process that is to be killed: the real jobs over real HTTP on a real ledger.

A boundary is a place in the code that commits what it wrote, or an address that is written to:
before it, and after it. No part of the product knows that it may die here.
"""

import os
import re
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from sqlalchemy import Connection, text

from connector.adapters.notify.smtp import MailNotifier
from connector.cli.run import jobs
from connector.config import Config
from connector.core.errors import StopTheRun, TryLater
from connector.runner import run_job
from connector.sandbox.http import Call
from connector.store import SqlLedger
from connector.wiring import SystemClock, Workbench
from tests.simulation.company import LOOKS, MAPPINGS, ROUND, is_write

ORDER = (*ROUND, *LOOKS, "watch-schemas")
#: Frames between a commit and the code that asked for it.
BETWEEN = ("/contextlib.py", "/store/ledger.py", "/simulation/killed.py")
IDS = re.compile(r"(?<=/)(?=[^/]*\d)[\w-]{3,}(?=/|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What a process is given: the project's folder and addresses, and where it is to die.

    With `deaths`, a file of boundaries, it dies at the first that is not in it, and adds that one.
    `by_job` tells the same place in two jobs apart. In `threads` it works as the product does
    where time is real, else one thing after the other. With `most_bytes` no file may grow larger:
    for this process the disk is full.
    """

    folder: str
    ledger: str
    now: datetime
    hubspot: str
    salesforce: str
    mail_port: int
    deaths: str = ""
    by_job: bool = False
    threads: bool = False
    bulk_from: int = 2_000
    first: str = ORDER[0]  #: the job with which it begins
    most_bytes: int = 0


class Still:
    """The sandbox's moment at which this process was started."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


class StillReal(Still, SystemClock):
    """The same, for a process that takes it for the machine's own time."""


class Mortal:
    """Passes the boundaries of this process, and kills it, as SIGKILL does, at one."""

    def __init__(self, life: Life) -> None:
        self._by_job, self._file = life.by_job, Path(life.deaths)
        self._died = {
            (name, job if life.by_job else "")
            for name, _, job in (
                line.partition("\t") for line in self._file.read_text("utf-8").splitlines()
            )
        }
        self.job = ""

    def passes(self, when: str, place: str) -> None:
        name = f"{when} {place}"
        if (name, self.job if self._by_job else "") not in self._died:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(f"{name}\t{self.job}\n")
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Puts itself around whatever leaves this process or is committed."""
        writing, send = SqlLedger.writing, requests.Session.send
        opened, mailed = urllib3.PoolManager.urlopen, MailNotifier.send

        @contextmanager
        def committing(ledger: SqlLedger) -> Iterator[Any]:
            place = asked_from()
            with writing(ledger) as connection:
                usual = changes(connection)
                yield connection
                wrote = changes(connection) != usual
                if wrote:
                    self.passes("before commit", place)
            if wrote:
                self.passes("after commit", place)

        def sending(session: Any, request: Any, **more: Any) -> Any:
            with self._around("salesforce", request.method, request.url):
                return send(session, request, **more)

        def opening(pool: Any, method: str, url: str, *given: Any, **more: Any) -> Any:
            with self._around("hubspot", method, url):
                return opened(pool, method, url, *given, **more)

        def mailing(mail: MailNotifier, message: Any) -> None:
            self.passes("before", "a mail")
            mailed(mail, message)
            self.passes("after", "a mail")

        SqlLedger.writing = committing  # type: ignore[method-assign, assignment]
        requests.Session.send = sending  # type: ignore[method-assign, assignment]
        urllib3.PoolManager.urlopen = opening  # type: ignore[method-assign, assignment]
        MailNotifier.send = mailing  # type: ignore[method-assign]

    @contextmanager
    def _around(self, system: str, method: str, url: str) -> Iterator[None]:
        path = urlsplit(url).path
        if not is_write(Call(method=method, path=path)) and "/jobs/ingest" not in path:
            yield
            return
        place = f"{system} {method} {IDS.sub('*', path)}"
        self.passes("before", place)
        yield
        self.passes("after", place)


def changes(connection: Connection) -> object:
    """Something that differs as soon as this transaction has written."""
    if connection.dialect.name == "sqlite":
        raw: Any = connection.connection.driver_connection
        return raw.total_changes
    return connection.scalar(text("SELECT CAST(pg_current_xact_id_if_assigned() AS TEXT)"))


def asked_from() -> str:
    """`flows/deliver.py:160 Delivery.begin`: who opened the transaction that is being opened."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.endswith(BETWEEN):
        frame = frame.f_back
    file = frame.f_code.co_filename.rsplit("connector/", 1)[-1]
    return f"{file}:{frame.f_lineno} {frame.f_code.co_qualname}"


def config_of(life: Life) -> Config:
    config = Config(
        mode="live",
        mappings=MAPPINGS,
        ledger={"url": life.ledger},  # type: ignore[arg-type]
        hubspot={  # type: ignore[arg-type]
            "token": "pat-na1-sandbox",
            "base_url": life.hubspot,
            "requests_per_10_seconds": 100_000,
            "searches_per_second": 10_000,
        },
        salesforce={  # type: ignore[arg-type]
            "base_url": life.salesforce,
            "domain": "acme.my",
            "client_id": "sandbox-client",
            "client_secret": "sandbox-secret",
        },
        mail={"host": "127.0.0.1", "port": life.mail_port, "security": "none"},  # type: ignore[arg-type]
        reports={  # type: ignore[arg-type]
            "folder": Path(life.folder) / "reports",
            "mail": [{"report": "stock", "every": "month", "to": ["marketer", "lead_manager"]}],
        },
    )
    part = config.salesforce.model_copy(update={"bulk_from_rows": life.bulk_from})  # or below 200
    return config.model_copy(update={"salesforce": part})


def live(life: Life) -> None:
    """All jobs, one after the other, in this process."""
    clock = StillReal(life.now) if life.threads else Still(life.now)
    bench = Workbench(config_of(life), clock=clock)
    mortal = Mortal(life) if life.deaths else None
    if mortal is not None:
        mortal.watch()
    bench.look()
    if life.most_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (life.most_bytes, resource.RLIM_INFINITY))
    known = jobs()
    stopped = 0
    for name in ORDER[ORDER.index(life.first) :]:
        if mortal is not None:
            mortal.job = name
        try:
            run = run_job(known[name], bench)
            stopped += run.outcome == "away"
            assert run.outcome != "bug", run.message
        except (TryLater, StopTheRun):  # of what even the start of a run could not be written
            stopped += 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    with (Path(life.folder) / "stopped").open("a", encoding="utf-8") as file:
        file.write(f"{stopped}\n")
    bench.ledger.close()
