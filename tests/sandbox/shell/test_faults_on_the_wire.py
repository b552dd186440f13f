"""Faults as a client meets them: over real sockets and through the in-process transports."""

import gzip
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection

import pytest
import requests

from connector.sandbox.clock import SandboxClock
from connector.sandbox.faults import Fault, Faults, SystemClock
from connector.sandbox.http import Answer, Call, json_answer
from connector.sandbox.listening import Listening
from connector.sandbox.wire import Shell

START = datetime(2026, 3, 2, 8, tzinfo=UTC)


class Counter:
    """A tiny system that counts what it carried out and says where and when it was asked."""

    def __init__(self, clock: SandboxClock) -> None:
        self.done = 0
        self.clock = clock

    def handle(self, call: Call) -> Answer:
        self.done += 1
        return json_answer(
            {
                "results": [{"id": str(n)} for n in range(200)],
                "path": call.path,
                "query": call.query,
                "sent": call.body.decode(),
                "now": self.clock.now().isoformat(),
            }
        )


class Site:
    """A counter behind faults on a port."""

    def __init__(self) -> None:
        clock = SystemClock(SandboxClock(START))
        self.faults = Faults({"hubspot": clock, "salesforce": clock}, seed=3)
        self.system = Counter(clock)
        self.listening = Listening("127.0.0.1", [0])
        self.url = self.listening.urls[0]
        shell = Shell(lambda call: self.faults.deliver("hubspot", self.system.handle, call))
        self.listening.start([shell])


@pytest.fixture(scope="module")
def running() -> Iterator[Site]:
    site = Site()
    yield site
    site.listening.stop()


@pytest.fixture
def site(running: Site) -> Site:
    running.faults.clear()
    running.system.done = 0
    return running


def test_a_call_arrives_whole_and_its_path_stays_encoded(site: Site) -> None:
    answer = requests.post(f"{site.url}/a%2Fb?x=1&x=2&y=", data="Zoë".encode(), timeout=5).json()
    assert answer["path"] == "/a%2Fb"
    assert answer["query"] == [["x", "1"], ["x", "2"], ["y", ""]]
    assert answer["sent"] == "Zoë"


def test_compressed_bodies_are_unpacked_and_broken_ones_kept(site: Site) -> None:
    headers = {"content-encoding": "gzip"}
    squeezed = requests.post(site.url, data=gzip.compress(b"abc"), headers=headers, timeout=5)
    assert squeezed.json()["sent"] == "abc"
    assert requests.post(site.url, data=b"abc", headers=headers, timeout=5).json()["sent"] == "abc"


def test_answers_are_compressed_when_asked(site: Site) -> None:
    squeezed = requests.get(site.url, headers={"accept-encoding": "gzip"}, timeout=5)
    plain = requests.get(site.url, headers={"accept-encoding": "identity"}, timeout=5)
    assert squeezed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert squeezed.json() == plain.json()
    assert int(squeezed.headers["content-length"]) < int(plain.headers["content-length"])


def test_a_connection_is_kept_for_the_next_call(site: Site) -> None:
    connection = HTTPConnection(site.url.removeprefix("http://"), timeout=5)
    ports = set()
    for _ in range(3):
        connection.request("GET", "/")
        connection.getresponse().read()
        ports.add(connection.sock.getsockname())
    connection.close()
    assert len(ports) == 1


def test_answers_do_not_wait_for_each_other(site: Site) -> None:
    """Two small packets of one answer cost 40 ms each time where Nagle's algorithm is on."""
    connection = HTTPConnection(site.url.removeprefix("http://"), timeout=5)
    begun = time.perf_counter()
    for _ in range(100):
        connection.request("GET", "/")
        connection.getresponse().read()
    assert time.perf_counter() - begun < 2
    connection.close()


@pytest.mark.parametrize(("kind", "carried_out"), [("reset_before", 0), ("reset_after", 1)])
def test_a_reset_is_a_real_reset(site: Site, kind: str, carried_out: int) -> None:
    site.faults.add(Fault(kind=kind))
    host, port = site.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            raw.recv(100)
    assert site.system.done == carried_out


@pytest.mark.parametrize(("kind", "carried_out"), [("no_answer", 0), ("lost_answer", 1)])
def test_silence_ends_with_the_clients_patience(site: Site, kind: str, carried_out: int) -> None:
    site.faults.add(Fault(kind=kind))
    with pytest.raises(requests.ReadTimeout):
        requests.get(site.url, timeout=0.3)
    assert site.system.done == carried_out


def test_latency_delays_the_answer(site: Site) -> None:
    site.faults.add(Fault(kind="latency", seconds=0.25))
    answer = requests.get(site.url, timeout=5)
    assert answer.elapsed >= timedelta(seconds=0.25)


def test_a_truncated_answer_ends_in_the_middle(site: Site) -> None:
    site.faults.add(Fault(kind="truncated"))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        requests.get(site.url, timeout=5)


def test_a_malformed_answer_is_complete_http_but_no_json(site: Site) -> None:
    site.faults.add(Fault(kind="malformed"))
    answer = requests.get(site.url, timeout=5)
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_a_skewed_clock_shows_in_stamps_and_in_the_date(site: Site) -> None:
    site.faults.add(Fault(kind="clock_skew", seconds=-3600))
    answer = requests.get(site.url, timeout=5)
    assert answer.json()["now"] == "2026-03-02T07:00:00+00:00"
    assert answer.headers["date"] == "Mon, 02 Mar 2026 07:00:00 GMT"
    site.faults.clear()
    assert requests.get(site.url, timeout=5).json()["now"] == START.isoformat()
