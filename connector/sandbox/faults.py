"""Faults on demand: rules that break, delay or falsify single calls, by chance or by script."""

import random
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from connector.sandbox import fault_answers, fault_rows
from connector.sandbox.clock import SandboxClock
from connector.sandbox.http import Answer, Call, Handler

SystemName = Literal["hubspot", "salesforce"]
SYSTEMS: tuple[SystemName, ...] = ("hubspot", "salesforce")
Stall = Callable[[float], None]  #: holds a system's search index for so many seconds
Breakage = Literal["", "reset", "lost", "cut"]

KINDS: Mapping[str, str] = {
    "latency": "the answer takes `seconds` longer; a client that gives up has still written",
    "reset_before": "the connection is reset before the call is carried out",
    "reset_after": "the connection is reset after the call was carried out",
    "no_answer": "nothing is carried out and nothing is answered",
    "lost_answer": "the call is carried out, the answer never comes",
    "late": "the connection is reset, and the call is carried out `seconds` later all the same",
    "truncated": "the connection ends in the middle of the answer",
    "malformed": "a complete answer whose body is broken off",
    "rate_ten_secondly": "429 of the ten-second bucket (Salesforce: too many calls at once)",
    "rate_secondly": "429 of the search bucket (Salesforce: too many calls at once)",
    "quota_exhausted": "429 of the daily bucket (Salesforce: 403 REQUEST_LIMIT_EXCEEDED)",
    "server_error": "`status` (500, 502, 503, 504, 524), as HTML or, with `html: false`, JSON",
    "maintenance": "503 with the vendor's maintenance page",
    "locked": "423, too much written at once (Salesforce: UNABLE_TO_LOCK_ROW)",
    "moving": "477, the account moves between data centres, with Retry-After (HubSpot only)",
    "expired_token": "401, the token has expired; the next call with it works again",
    "revoked_token": "401 for this token until another one is used or the faults are cleared",
    "scope_withdrawn": "403, the app has lost a scope",
    "partial_batch": "a share of the rows of a batch fails, the others are written",
    "duplicate_rows": "a page names some of its rows twice",
    "reordered_rows": "a page's rows come in another order",
    "missing_rows": "a page leaves out a share of its rows",
    "stale_search": "the search index stands still for `seconds` (60) from then on (HubSpot only)",
    "clock_skew": "the system's clock is off by `seconds` during the call",
}

_INSTEAD: Mapping[str, Callable[["Fault", SystemName, Call, datetime], Answer]] = {
    "rate_ten_secondly": lambda f, s, c, n: fault_answers.too_many(s, "ten_secondly", f.wait),
    "rate_secondly": lambda f, s, c, n: fault_answers.too_many(s, "secondly", f.wait),
    "quota_exhausted": lambda f, s, c, n: fault_answers.too_many(s, "daily", f.wait),
    "server_error": lambda f, s, c, n: fault_answers.server_error(s, f.status, html=f.html),
    "maintenance": lambda f, s, c, n: fault_answers.maintenance(s, f.wait),
    "locked": lambda f, s, c, n: fault_answers.locked(s),
    "moving": lambda f, s, c, n: fault_answers.moving(f.wait or 60),
    "expired_token": lambda f, s, c, n: fault_answers.expired(s, n),
    "revoked_token": lambda f, s, c, n: fault_answers.expired(s, n),
    "scope_withdrawn": lambda f, s, c, n: fault_answers.scope_withdrawn(s),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One rule: which calls it strikes, how often, and what happens then.

    `path` and `body` are regular expressions searched in the call. `nth` is a script: it strikes
    the nth matching calls (from 1) and no others; `every` strikes each nth; else `probability`
    decides. `times` ends the rule after so many strikes; `since` and `until` bound it on the
    sandbox's clock, which makes storms.
    """

    kind: str
    system: SystemName | None = None
    method: str = ""
    path: str = ""
    body: str = ""
    probability: float = 1.0
    nth: tuple[int, ...] = ()
    every: int = 0
    times: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    seconds: float = 0.0
    status: int = 500
    html: bool = True
    wait: int | None = None  #: seconds of a Retry-After header; none is sent without it
    share: float = 0.5

    def matches(self, system: SystemName, call: Call, now: datetime) -> bool:
        """Whether this call is one that the rule is about."""
        return (
            self.system in (None, system)
            and (not self.method or self.method.upper() == call.method)
            and (self.since is None or now >= self.since)
            and (self.until is None or now < self.until)
            and (not self.path or re.search(self.path, call.path) is not None)
            and (
                not self.body
                or re.search(self.body, call.body.decode("utf-8", "replace")) is not None
            )
        )


class FaultShape(BaseModel):
    """A fault as it comes through the door (control API, files)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(json_schema_extra={"enum": list(KINDS)})
    system: SystemName | None = None
    method: str = ""
    path: str = ""
    body: str = ""
    probability: float = Field(1.0, ge=0, le=1)
    nth: tuple[int, ...] = ()
    every: int = Field(0, ge=0)
    times: int | None = Field(None, ge=1)
    since: datetime | None = None
    until: datetime | None = None
    seconds: float = 0.0
    status: int = Field(500, ge=400, le=599)
    html: bool = True
    wait: int | None = Field(None, ge=0)
    share: float = Field(0.5, gt=0, le=1)

    def fault(self) -> Fault:
        """The checked value; raises ValueError for an unknown kind or a broken expression."""
        if self.kind not in KINDS:
            raise ValueError(f"there is no fault {self.kind!r}; known: {', '.join(KINDS)}")
        for expression in (self.path, self.body):
            try:
                re.compile(expression)
            except re.error as error:
                raise ValueError(f"{expression!r} is no regular expression: {error}") from None
        return Fault(**self.model_dump())


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What reaches the client: an answer after `delay` seconds, or less than that.

    `breakage`: `reset` ends the connection without an answer, `lost` leaves it silent, `cut` ends
    it after the first `sent` bytes of the body.
    """

    answer: Answer | None
    delay: float = 0.0
    breakage: Breakage = ""
    sent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """One fault that struck one call."""

    moment: datetime
    system: SystemName
    method: str
    path: str
    kind: str
    rule: int


class SystemClock(SandboxClock):
    """One system's view of the common clock, which a fault can put out of true."""

    def __init__(self, common: SandboxClock) -> None:
        super().__init__(common.now())
        self._common = common
        self.skew = timedelta(0)

    def now(self) -> datetime:
        """The common moment, plus the skew while there is one."""
        return self._common.now() + self.skew if self.skew else self._common.now()

    def set(self, moment: datetime) -> None:
        """Moves the common clock."""
        self._common.set(moment)

    def advance(self, by: timedelta) -> datetime:
        """Moves the common clock on."""
        return self._common.advance(by)


class Faults:
    """The rules in force, and the one place where a call meets them."""

    def __init__(
        self,
        clocks: Mapping[SystemName, SystemClock],
        *,
        seed: int = 0,
        stalls: Mapping[SystemName, Stall] | None = None,
    ) -> None:
        self._clocks = clocks
        self._stalls = stalls or {}
        self._rng = random.Random(seed)
        self._rules: dict[int, Fault] = {}
        self._seen: dict[int, int] = {}
        self._struck: dict[int, int] = {}
        self._revoked: set[str] = set()
        self._last = 0
        self._late: list[tuple[datetime, SystemName, Call]] = []
        self.strikes: deque[Strike] = deque(maxlen=10_000)

    def add(self, fault: Fault) -> int:
        """Puts a rule in force and returns its number."""
        if fault.kind not in KINDS:
            raise ValueError(f"there is no fault {fault.kind!r}; known: {', '.join(KINDS)}")
        self._last += 1
        self._rules[self._last] = fault
        self._seen[self._last] = self._struck[self._last] = 0
        return self._last

    def remove(self, number: int) -> bool:
        """Ends a rule; False where there was none."""
        return self._rules.pop(number, None) is not None

    def clear(self) -> None:
        """Ends all rules and gives revoked tokens back."""
        self._rules.clear()
        self._revoked.clear()

    def rules(self) -> list[dict[str, Any]]:
        """The rules in force, with how many calls they matched and struck."""
        return [
            {"number": n, "seen": self._seen[n], "struck": self._struck[n], **asdict(fault)}
            for n, fault in self._rules.items()
        ]

    def deliver(self, system: SystemName, handler: Handler, call: Call) -> Delivery:
        """Carries a call out, as far and as well as the rules in force let it."""
        if not self._rules:
            return Delivery(answer=handler(call))
        faults = list(self._strike(system, call))
        if not faults:
            return Delivery(answer=handler(call))
        return self._falsified(system, handler, call, faults)

    def arrivals(self) -> Iterable[tuple[SystemName, Call]]:
        """Calls whose late moment has come, each once, in the order in which they arrive."""
        due = [one for one in self._late if one[0] <= self._clocks[one[1]].now()]
        self._late = [one for one in self._late if one not in due]
        for _, system, call in sorted(due, key=lambda one: one[0]):
            yield system, call

    def save(self) -> dict[str, Any]:
        """The rules in force, JSON-able; calls that are still to arrive late are not kept."""
        return {
            "last": self._last,
            "revoked": sorted(self._revoked),
            "rules": [
                {**row, **{k: v.isoformat() for k, v in row.items() if isinstance(v, datetime)}}
                for row in self.rules()
            ],
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Takes a saved set of rules; the counts of each rule go on."""
        self.clear()
        self._last = int(state.get("last", 0))
        self._revoked.update(state.get("revoked", ()))
        for row in state.get("rules", ()):
            fields = dict(row)
            number = int(fields.pop("number"))
            self._seen[number] = int(fields.pop("seen"))
            self._struck[number] = int(fields.pop("struck"))
            self._rules[number] = TypeAdapter(FaultShape).validate_python(fields).fault()

    def _strike(self, system: SystemName, call: Call) -> Iterable[Fault]:
        now = self._clocks[system].now()
        for number, fault in list(self._rules.items()):
            if not fault.matches(system, call, now):
                continue
            self._seen[number] += 1
            if self._draws(number, fault, call):
                self._struck[number] += 1
                self.strikes.append(
                    Strike(
                        moment=now,
                        system=system,
                        method=call.method,
                        path=call.path,
                        kind=fault.kind,
                        rule=number,
                    )
                )
                yield fault

    def _draws(self, number: int, fault: Fault, call: Call) -> bool:
        token = call.headers.get("authorization", "")
        if fault.kind == "revoked_token" and token in self._revoked:
            return True
        if fault.times is not None and self._struck[number] >= fault.times:
            return False
        count = self._seen[number]
        if fault.nth:
            drawn = count in fault.nth
        elif fault.every:
            drawn = count % fault.every == 0
        else:
            drawn = fault.probability >= 1 or self._rng.random() < fault.probability
        if drawn and fault.kind == "revoked_token":
            if not token:
                return False
            self._revoked.add(token)
        return drawn

    def _falsified(
        self, system: SystemName, handler: Handler, call: Call, faults: list[Fault]
    ) -> Delivery:
        delay = sum(fault.seconds for fault in faults if fault.kind == "latency")
        kinds = {fault.kind for fault in faults}
        if "reset_before" in kinds:
            return Delivery(answer=None, delay=delay, breakage="reset")
        if "no_answer" in kinds:
            return Delivery(answer=None, delay=delay, breakage="lost")
        if late := next((fault for fault in faults if fault.kind == "late"), None):
            at = self._clocks[system].now() + timedelta(seconds=late.seconds)
            self._late.append((at, system, call))
            return Delivery(answer=None, delay=delay, breakage="reset")
        now = self._clocks[system].now()
        for fault in faults:
            if fault.kind in _INSTEAD:
                return Delivery(answer=_INSTEAD[fault.kind](fault, system, call, now), delay=delay)
        answer = self._carried_out(system, handler, call, faults)
        if "reset_after" in kinds:
            return Delivery(answer=None, delay=delay, breakage="reset")
        if "lost_answer" in kinds:
            return Delivery(answer=None, delay=delay, breakage="lost")
        if "truncated" in kinds and len(answer.body) > 1:
            sent = self._rng.randrange(len(answer.body))
            return Delivery(answer=answer, delay=delay, breakage="cut", sent=sent)
        if "malformed" in kinds and len(answer.body) > 1:
            answer = replace(answer, body=answer.body[: self._rng.randrange(1, len(answer.body))])
        return Delivery(answer=answer, delay=delay)

    def _carried_out(
        self, system: SystemName, handler: Handler, call: Call, faults: list[Fault]
    ) -> Answer:
        stall = self._stalls.get(system)
        for fault in faults:
            if fault.kind == "stale_search" and stall is not None:
                stall(fault.seconds or 60.0)
        clock = self._clocks[system]
        clock.skew = timedelta(seconds=sum(f.seconds for f in faults if f.kind == "clock_skew"))
        try:
            partial = next((f for f in faults if f.kind == "partial_batch"), None)
            if partial is None:
                answer = handler(call)
            else:
                answer = fault_rows.partial_batch(system, handler, call, partial.share, self._rng)
            if clock.skew:
                answer = fault_answers.dated(answer, clock.now())
        finally:
            clock.skew = timedelta(0)
        for fault in faults:
            change = fault_rows.CHANGES.get(fault.kind)
            if change is not None:
                answer = change(answer, fault.share, self._rng)
        return answer
