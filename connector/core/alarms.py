"""Has a conversion rate really shifted? A sequential test, and then the suspect.

Method: universal inference (Wasserman, Ramdas and Balakrishnan, "Universal inference", PNAS 117,
2020) with a mixture over the moment of the change. The e-process divides the probability that a
forecaster gives to the outcomes - one who expects the rate to jump once, at a moment he does not
know, and learns both rates as he goes (Krichevsky-Trofimov, 1981) - by the largest probability
that any single rate gives them. Under an unchanged rate, whatever it is, the chance that this
ratio ever reaches 1/alpha is at most alpha (Ville, 1939), however small the numbers and however
often one looks. A test shows it by simulation.

The share that a mix explains is Kitagawa's decomposition of a difference between two rates
("Components of a difference between two rates", JASA 50, 1955).
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.core.journeys import Journey
from connector.core.metrics import median

#: Steps that are watched, each with the days a lead is given for it: so that yesterday's leads,
#: who had no time yet, are no drop.
WATCHED: Mapping[tuple[str, str], int] = {
    ("captured", "passed"): 30,
    ("passed", "accepted"): 14,
    ("accepted", "opportunity"): 30,
}
MOMENTS = {
    "captured": "captured_at",
    "passed": "passed_at",
    "accepted": "accepted_at",
    "opportunity": "opportunity_at",
}
LOT = 5  #: outcomes between two looks, or a twentieth of all so far where that is more


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What the test says of one series of outcomes, as it stands now.

    `evidence` is the largest e-value so far: at 100 the odds that nothing has changed are at most
    one in a hundred. `change` is the likeliest place of the change: how many outcomes lie before.
    """

    evidence: float
    alarm_at: int | None  #: after how many outcomes the alarm rang
    change: int
    before: tuple[int, int]  #: (successes, outcomes)
    after: tuple[int, int]


def shift(outcomes: Sequence[bool], alpha: float) -> Shift:
    """Tests a series in the order of its happening; `alpha` is the rate of false alarms, ever."""
    total = len(outcomes)
    sums = [0]
    for outcome in outcomes:
        sums.append(sums[-1] + outcome)
    looks = _looks(total)
    best, alarm = 0.0, None
    for index, end in enumerate(looks):
        evidence = _evidence(sums, end, looks[:index])
        best = max(best, evidence)
        if alarm is None and evidence >= math.log(1 / alpha):
            alarm = end
    change = max(range(total), key=lambda k: _known(sums, 0, k) + _known(sums, k, total), default=0)
    return Shift(
        evidence=math.exp(min(best, 700)),
        alarm_at=alarm,
        change=change,
        before=(sums[change], change),
        after=(sums[total] - sums[change], total - change),
    )


def _looks(total: int) -> list[int]:
    """After how many outcomes one looks; known beforehand, whatever the outcomes are."""
    found = []
    place = 0
    while place < total:
        place = min(total, place + max(LOT, place // 20))
        found.append(place)
    return found


def _evidence(sums: Sequence[int], end: int, places: Sequence[int]) -> float:
    """The logarithm of the e-value after `end` outcomes, by a change at one of `places`."""
    parts = [
        math.log(1 / (index * (index + 1))) + _known(sums, 0, place) + _known(sums, place, end)
        for index, place in enumerate(places, 1)
    ]
    parts.append(math.log(1 / (len(places) + 1)) + _known(sums, 0, end))  # no change so far
    top = max(parts)
    forecast = top + math.log(sum(math.exp(part - top) for part in parts))
    return forecast - _best_fit(sums[end], end)


def _known(sums: Sequence[int], start: int, end: int) -> float:
    """The logarithm of the probability a learner of one rate gives to a stretch (KT)."""
    count = end - start
    hits = sums[end] - sums[start]
    return (
        math.lgamma(hits + 0.5)
        + math.lgamma(count - hits + 0.5)
        - math.lgamma(count + 1)
        - 2 * math.lgamma(0.5)
    )


def _best_fit(hits: int, count: int) -> float:
    rate = hits / count if count else 0.0
    if rate in (0.0, 1.0):
        return 0.0
    return hits * math.log(rate) + (count - hits) * math.log(1 - rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """What may stand behind a shift. `explains` is its share of the difference, where one can say:
    1.0 is all of it, a negative share worked against it."""

    kind: str  #: mix of sources, rule change, follow-up time, rep, territory
    name: str
    explains: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One watched rate: what the test says, since when, and whom to ask."""

    start: str
    end: str
    days: int  #: that a lead is given
    shift: Shift
    alpha: float
    changed_at: datetime | None
    suspects: tuple[Suspect, ...]

    @property
    def is_ringing(self) -> bool:
        return self.shift.alarm_at is not None


def watch(
    journeys: Iterable[Journey], *, now: datetime, since: datetime, alpha: float
) -> list[Alarm]:
    """Every watched rate, over the leads that began in [since, now) and had their time."""
    given = [journey for journey in journeys if journey.is_counted]
    found = []
    for (start, end), days in WATCHED.items():
        series = _series(given, start, end, timedelta(days=days), since, now)
        tested = shift([reached for _, reached in series], alpha)
        members = [journey for journey, _ in series]
        ringing = tested.alarm_at is not None
        found.append(
            Alarm(
                start=start,
                end=end,
                days=days,
                shift=tested,
                alpha=alpha,
                changed_at=getattr(members[tested.change], MOMENTS[start]) if ringing else None,
                suspects=suspects(series[: tested.change], series[tested.change :])
                if ringing
                else (),
            )
        )
    return found


Series = Sequence[tuple[Journey, bool]]


def _series(
    journeys: Iterable[Journey],
    start: str,
    end: str,
    time: timedelta,
    since: datetime,
    now: datetime,
) -> list[tuple[Journey, bool]]:
    first, last = MOMENTS[start], MOMENTS[end]
    found = []
    for journey in journeys:
        began: datetime | None = getattr(journey, first)
        if began is None or began < since or began + time > now:
            continue
        reached: datetime | None = getattr(journey, last)
        found.append((began, journey, reached is not None and reached <= began + time))
    found.sort(key=lambda item: (item[0], item[1].lead_id, item[1].cycle))
    return [(journey, reached) for _, journey, reached in found]


def suspects(before: Series, after: Series) -> tuple[Suspect, ...]:
    """Whom to ask about a difference of two rates, most telling first."""
    if not before or not after:
        return ()
    limit = _usual_time([journey for journey, _ in before])
    found = [
        Suspect(kind="mix of sources", name="", explains=mix(before, after, lambda j: j.source)),
        Suspect(
            kind="follow-up time",
            name="",
            explains=mix(before, after, lambda j: _speed(j, limit)) if limit is not None else 0.0,
        ),
    ]
    old = {journey.ruleset for journey, _ in before}
    new = Counter(j.ruleset for j, _ in after if j.ruleset and j.ruleset not in old)
    if new:
        name, _ = new.most_common(1)[0]
        found.append(
            Suspect(kind="rule change", name=name, explains=sum(new.values()) / len(after))
        )
    for kind, by in (("rep", _owner), ("territory", _team)):
        name, share = _culprit(before, after, by)
        if name:
            found.append(Suspect(kind=kind, name=name, explains=share))
    return tuple(sorted(found, key=lambda suspect: -suspect.explains))


def _owner(journey: Journey) -> str:
    return journey.owner


def _team(journey: Journey) -> str:
    return journey.team or journey.segment


def _usual_time(journeys: Iterable[Journey]) -> timedelta | None:
    times = sorted(t for j in journeys if (t := _answered_in(j)) is not None)
    return median(times) if times else None


def _answered_in(journey: Journey) -> timedelta | None:
    if journey.answered_at is None or journey.delivered_at is None:
        return None
    return journey.answered_at - journey.delivered_at


def _speed(journey: Journey, limit: timedelta) -> str:
    took = _answered_in(journey)
    if took is None:
        return "none"
    return "fast" if took <= limit else "slow"


def _rates(series: Series, by: Callable[[Journey], str]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for journey, reached in series:
        hits, count = found.get(by(journey), (0, 0))
        found[by(journey)] = (hits + reached, count + 1)
    return found


def mix(before: Series, after: Series, by: Callable[[Journey], str]) -> float:
    """The share of the difference that comes from other proportions of the groups (Kitagawa)."""
    parts = _parts(before, after, by)
    difference = sum(moved + within for moved, within in parts.values())
    return sum(moved for moved, _ in parts.values()) / difference if difference else 0.0


def _culprit(before: Series, after: Series, by: Callable[[Journey], str]) -> tuple[str, float]:
    """The group whose own rate explains most of the difference, beyond its part of the leads."""
    parts = _parts(before, after, by)
    difference = sum(moved + within for moved, within in parts.values())
    known = {name: within / difference for name, (_, within) in parts.items() if name}
    if not difference or len(known) < 2:
        return "", 0.0
    name = max(known, key=lambda group: known[group])
    return name, known[name]


def _parts(
    before: Series, after: Series, by: Callable[[Journey], str]
) -> dict[str, tuple[float, float]]:
    """group -> (by its other proportion, by its other rate); the sum is the whole difference."""
    old, new = _rates(before, by), _rates(after, by)
    mean = sum(hits for hits, _ in old.values()) / len(before)
    found = {}
    for name in sorted({*old, *new}):
        (hits_a, count_a), (hits_b, count_b) = old.get(name, (0, 0)), new.get(name, (0, 0))
        share_a, share_b = count_a / len(before), count_b / len(after)
        rate_a = hits_a / count_a if count_a else (hits_b / count_b)
        rate_b = hits_b / count_b if count_b else rate_a
        moved = (share_b - share_a) * ((rate_a + rate_b) / 2 - mean)
        found[name] = (moved, (share_a + share_b) / 2 * (rate_b - rate_a))
    return found
