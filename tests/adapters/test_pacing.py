"""Pace and persistence on a clock that only moves when somebody sleeps."""

import random
import threading
import time
from datetime import timedelta

import pytest

from connector.adapters.pacing import Buckets, Limit, Patience, Persistence
from connector.config import beside
from connector.core.errors import OutcomeUnknown, TryLater


class Virtual:
    def __init__(self) -> None:
        self.time = 1_800_000_000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


def sent_at(virtual: Virtual, calls: int, limit: Limit, url: str = "") -> list[float]:
    bucket = Buckets(url, clock=virtual.now, sleep=virtual.sleep).bucket("t", limit)
    moments = []
    for _ in range(calls):
        bucket.wait()
        moments.append(virtual.time)
    bucket.close()
    return moments


@pytest.mark.parametrize("shared", [False, True])
def test_never_more_than_the_limit_in_any_window(shared: bool, story_ledger: str) -> None:
    url = beside(story_ledger, "pace") if shared else ""
    moments = sent_at(Virtual(), 250, Limit(calls=100, seconds=10), url)
    for index, moment in enumerate(moments):
        assert len([m for m in moments[: index + 1] if m > moment - 10]) <= 100


def test_the_limit_is_used_to_ninety_five_percent() -> None:
    moments = sent_at(Virtual(), 1_900, Limit(calls=190, seconds=10))
    assert moments[-1] - moments[0] <= 95  # ten windows, the first free: 90 s and the margins


def test_two_users_of_one_database_share_one_limit(story_ledger: str) -> None:
    virtual = Virtual()
    url = beside(story_ledger, "pace")
    pair = [
        Buckets(url, clock=virtual.now, sleep=virtual.sleep).bucket("t", Limit(calls=5, seconds=1))
        for _ in range(2)
    ]
    moments = []
    for number in range(20):
        pair[number % 2].wait()
        moments.append(virtual.time)
    for moment in moments:
        assert len([m for m in moments if moment - 1 < m <= moment]) <= 5
    for bucket in pair:
        bucket.close()


def test_limits_whose_database_is_away_are_for_later() -> None:
    with pytest.raises(TryLater, match="the database of the shared limits is away"):
        Buckets("postgresql://nobody@127.0.0.1:1/none").bucket("t", Limit(calls=1, seconds=1))


def test_threads_share_a_bucket() -> None:
    bucket = Buckets().bucket("t", Limit(calls=20, seconds=0.3))
    moments: list[float] = []

    def work() -> None:
        for _ in range(10):
            bucket.wait()
            moments.append(time.monotonic())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    moments.sort()
    assert len(moments) == 40
    assert moments[20] - moments[0] >= 0.29


def test_a_hold_keeps_everybody_back() -> None:
    virtual = Virtual()
    bucket = Buckets(clock=virtual.now, sleep=virtual.sleep).bucket("t", Limit(calls=9, seconds=1))
    bucket.wait()
    bucket.hold(timedelta(seconds=7))
    before = virtual.time
    bucket.wait()
    assert virtual.time - before >= 7


def test_the_servers_limit_tightens_but_never_widens_ours() -> None:
    bucket = Buckets().bucket("t", Limit(calls=100, seconds=10))
    bucket.learn(Limit(calls=190, seconds=10))
    assert bucket.limit == Limit(calls=100, seconds=10)
    bucket.learn(Limit(calls=50, seconds=10))
    assert bucket.limit == Limit(calls=50, seconds=10)
    bucket.learn(Limit(calls=190, seconds=10))
    assert bucket.limit == Limit(calls=100, seconds=10)


class Failing:
    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def persistence(virtual: Virtual, **patience: object) -> Persistence:
    return Persistence(
        Patience(**patience),  # type: ignore[arg-type]
        sleep=virtual.sleep,
        dice=random.Random(1),
    )


def test_tries_again_what_was_not_done() -> None:
    virtual = Virtual()
    failing = Failing(TryLater("busy"), TryLater("busy", wait=timedelta(seconds=3)))
    assert persistence(virtual).call(failing) == "done"
    assert failing.calls == 3
    assert 0.25 <= virtual.slept[0] <= 0.5
    assert 3 <= virtual.slept[1] <= 3.3


def test_never_tries_a_lost_write_again() -> None:
    failing = Failing(OutcomeUnknown("lost"))
    with pytest.raises(OutcomeUnknown):
        persistence(Virtual()).call(failing)
    assert failing.calls == 1


def test_minutes_belong_to_the_ledger() -> None:
    failing = Failing(TryLater("busy", wait=timedelta(minutes=5)))
    with pytest.raises(TryLater):
        persistence(Virtual()).call(failing)
    assert failing.calls == 1


def test_gives_up_in_the_end() -> None:
    failing = Failing(*[TryLater("busy") for _ in range(9)])
    with pytest.raises(TryLater):
        persistence(Virtual(), attempts=4).call(failing)
    assert failing.calls == 4
