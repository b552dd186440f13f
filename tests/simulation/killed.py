"""What runs in a process that is to be killed: the real jobs over real HTTP on a real ledger.

LEADRELAY_TEST_KILL_AT names the boundary, `before-commit:3` or `after-call:7`; no part of the
product reads it.
"""

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import requests
import urllib3

from connector.config import Config
from connector.runner import run_job
from connector.store import SqlLedger
from connector.wiring import Workbench
from tests.simulation.company import JOBS, MAPPINGS, ROUND

VARIABLE = "LEADRELAY_TEST_KILL_AT"
POINTS = ("before-call", "after-call", "before-commit", "after-commit")


class Still:
    """The sandbox's moment at which this process was started."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


def arm(point: str) -> None:
    """From now on this process kills itself, as SIGKILL does, at the named boundary."""
    name, _, number = point.partition(":")
    left = {name: int(number or 1)} if name else {}

    def pass_by(here: str) -> None:
        if here in left:
            left[here] -= 1
            if left[here] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    transaction, send = SqlLedger.transaction, requests.Session.send
    urlopen = urllib3.PoolManager.urlopen

    @contextmanager
    def mortal(self: SqlLedger) -> Iterator[Any]:
        with transaction(self) as tx:
            yield tx
            pass_by("before-commit")
        pass_by("after-commit")

    def sending(self: Any, *given: Any, **more: Any) -> Any:
        pass_by("before-call")
        answer = send(self, *given, **more)
        pass_by("after-call")
        return answer

    def opening(self: Any, *given: Any, **more: Any) -> Any:
        pass_by("before-call")
        answer = urlopen(self, *given, **more)
        pass_by("after-call")
        return answer

    SqlLedger.transaction = mortal  # type: ignore[method-assign, assignment]
    requests.Session.send = sending  # type: ignore[method-assign]
    urllib3.PoolManager.urlopen = opening  # type: ignore[method-assign]


def run(folder: str, ledger: str, now: str, urls: Mapping[str, str], point: str) -> None:
    """All jobs, one after the other, in this process."""
    os.environ[VARIABLE] = point
    arm(os.environ[VARIABLE])
    settings: dict[str, Any] = {
        "mode": "live",
        "mappings": MAPPINGS,
        "ledger": {"url": ledger},
        "hubspot": {"token": "pat-na1-sandbox", "base_url": urls["hubspot"]},
        "salesforce": {
            "base_url": urls["salesforce"],
            "domain": "acme.my",
            "client_id": "sandbox-client",
            "client_secret": "sandbox-secret",
        },
        "reports": {"folder": Path(folder) / "reports"},
    }
    bench = Workbench(Config(**settings), clock=Still(datetime.fromisoformat(now)))
    bench.look()
    for name in ROUND:
        run_job(JOBS[name], bench)
    bench.ledger.close()
    sys.stdout.flush()
