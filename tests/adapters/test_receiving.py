"""The receiver of webhooks over real HTTP: what is signed wakes, everything else does not."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from connector.receiving import MOST_BYTES, Receiver, Waker
from connector.sandbox.hubspot.webhooks import signed
from connector.sandbox.listening import Listening

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
URL = "https://relay.acme.example/hubspot"
SECRET = "not-a-real-secret"
BODY = b'[{"objectId": 512, "subscriptionType": "contact.propertyChange"}]'


class Heard:
    def __init__(self) -> None:
        self.times = 0
        self.address = ""

    def wake(self) -> None:
        self.times += 1


@pytest.fixture
def heard() -> Iterator[Heard]:
    made = Heard()
    server = Listening("127.0.0.1", [0])
    server.start([Receiver(SECRET, URL, now=lambda: NOW, wake=made.wake)])
    made.address = server.urls[0]
    yield made
    server.stop()


def call(
    heard: Heard, *, path: str = "/hubspot", query: str = "", body: bytes = BODY, at: datetime = NOW
) -> int:
    """Signs as HubSpot does for the public address, and calls where the receiver listens."""
    url = URL + (f"?{query}" if query else "")
    headers = signed("POST", url, BODY, round(at.timestamp() * 1000), SECRET)
    to = heard.address + path + (f"?{query}" if query else "")
    return requests.post(to, data=body, headers=headers, timeout=5).status_code


def test_a_signed_call_wakes_and_is_answered_at_once(heard: Heard) -> None:
    assert call(heard) == 204
    assert call(heard, query="source=hubspot&at=a%3Ab") == 204
    assert heard.times == 2


def test_nothing_else_wakes(heard: Heard) -> None:
    assert call(heard, body=BODY + b" ") == 401
    assert call(heard, at=NOW - timedelta(minutes=6)) == 401  # kept and sent again
    assert call(heard, at=NOW + timedelta(minutes=6)) == 401
    assert requests.post(heard.address + "/hubspot", data=BODY, timeout=5).status_code == 401
    assert call(heard, path="/other") == 404
    assert requests.get(heard.address + "/hubspot", timeout=5).status_code == 405
    assert call(heard, body=b"x" * (MOST_BYTES + 1)) == 413
    assert heard.times == 0


def test_however_often_it_is_woken_it_runs_once_at_a_time_and_forgets_nothing() -> None:
    began: list[float] = []
    ran = threading.Event()

    def run() -> None:
        began.append(time.monotonic())
        ran.set()

    waker = Waker(run, wait=0.2)
    for _ in range(5):
        waker.wake()
    assert ran.wait(5)
    ran.clear()
    assert len(began) == 1
    waker.wake()
    time.sleep(0.1)
    waker.wake()  # too late for the run that is due now: another one follows
    last = time.monotonic()
    while len(began) < 3 and time.monotonic() < last + 5:
        time.sleep(0.02)
    waker.stop()
    assert len(began) == 3
    assert began[-1] - last >= 0.19


def test_a_run_that_breaks_ends_it_and_is_not_kept_quiet() -> None:
    def run() -> None:
        raise RuntimeError("a bug")

    waker = Waker(run, wait=0.01)
    waker.wake()
    with pytest.raises(RuntimeError, match="a bug"):
        waker.ended.result(timeout=5)
    with pytest.raises(RuntimeError, match="a bug"):
        waker.stop()
