"""A simulated company: both systems in this process, a virtual clock, and mortal processes."""

import gc
import logging
import random
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Dialect, create_engine, event, make_url, text
from sqlalchemy.util import LRUCache

from connector import runner, signing_in
from connector.adapters.hubspot import client as hubspot_client
from connector.adapters.hubspot import reading as hubspot_reading
from connector.adapters.hubspot.marketing import HubSpotMarketing
from connector.adapters.salesforce import client as salesforce_client
from connector.adapters.salesforce.crm import SalesforceCrm
from connector.config import Config
from connector.core.errors import StopTheRun, TryLater
from connector.core.rules.ruleset import Ruleset
from connector.flows import deliver, hand_over, pull
from connector.flows.agreeing import Agreeing
from connector.flows.decide import Decider
from connector.flows.pass_on import PassingOn
from connector.flows.passing import Passing
from connector.flows.recycle import Recycling
from connector.flows.watch_promises import Watching
from connector.mapfiles import load
from connector.ports import Crm, MarketingSystem, Message, Notifier, Run
from connector.runner import run_job
from connector.sandbox.clock import SandboxClock
from connector.sandbox.faults import Delivery, Fault, SystemName
from connector.sandbox.http import Call
from connector.sandbox.hubspot.settings import HubSpotSettings
from connector.sandbox.inprocess import InProcessAdapter, InProcessPool
from connector.sandbox.prepare import prepare
from connector.sandbox.salesforce.settings import SalesforceSettings
from connector.sandbox.world import World
from connector.store import open_ledger
from connector.wiring import HUBSPOT_VERSIONS, Workbench
from jobs import closed_loop
from jobs.audit import JOB as AUDIT
from jobs.closed_loop import JOB as CLOSED_LOOP
from jobs.closed_loop import write_reports
from jobs.pull_leads import JOB as PULL_LEADS
from jobs.pull_status import JOB as PULL_STATUS
from jobs.push_sqls import JOB as PUSH_SQLS
from jobs.reconcile import JOB as RECONCILE
from jobs.recycle_leads import JOB as RECYCLE_LEADS
from jobs.watch_promises import JOB as WATCH_PROMISES

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MAPPINGS = Path(__file__).parent / "mappings"
MOVING = (PULL_LEADS, PUSH_SQLS, PULL_STATUS, RECYCLE_LEADS, CLOSED_LOOP, WATCH_PROMISES)
LOOKING = (RECONCILE, AUDIT)
JOBS = {job.name: job for job in (*MOVING, *LOOKING)}
ROUND = tuple(job.name for job in MOVING)  #: in the order in which a company comes to rest
LOOKS = tuple(job.name for job in LOOKING)  #: what looks at everything that moved
CHANNELS = ("email",)
COMPILED: LRUCache[Any, Any] = LRUCache(2_000)  #: statements of all ledgers in files: one make
MARK = "zebrafink"  #: stands in every personal value, so that a log can be searched for it

#: What can go wrong with one call, and how often in relation to the others.
FAULTS: tuple[tuple[int, Fault], ...] = (
    (6, Fault(kind="rate_ten_secondly")),
    (2, Fault(kind="rate_ten_secondly", wait=20)),
    (2, Fault(kind="rate_ten_secondly", wait=300)),
    (2, Fault(kind="server_error", status=500)),
    (2, Fault(kind="server_error", status=502)),
    (2, Fault(kind="server_error", status=503, html=False)),
    (2, Fault(kind="maintenance")),
    (8, Fault(kind="lost_answer")),
    (4, Fault(kind="reset_after")),
    (3, Fault(kind="reset_before")),
    (2, Fault(kind="no_answer")),
    (3, Fault(kind="truncated")),
    (2, Fault(kind="malformed")),
    (5, Fault(kind="locked")),
    (3, Fault(kind="expired_token")),
    (4, Fault(kind="partial_batch")),
    (2, Fault(kind="duplicate_rows")),
    (2, Fault(kind="reordered_rows")),
    (2, Fault(kind="latency", seconds=200)),
    (1, Fault(kind="late", seconds=100)),
)


BY_KIND = {fault.kind: fault for _, fault in FAULTS}
LOST, NEVER_CAME = Fault(kind="lost_answer"), Fault(kind="no_answer")


class NoThread:
    """Renews no lease: `MortalLedger.renew` does, by the virtual clock."""

    def __init__(self, **_: Any) -> None: ...
    def start(self) -> None: ...
    def join(self) -> None: ...


def reports_seldom(bench: "Bench", *given: Any) -> None:
    """Pages are drawn once, when a company is at rest: they cost as much as two jobs."""
    if bench.company.at_rest:
        write_reports(bench, *given)


#: A small company has small pages, so that histories cross their edges too; and what does not
#: depend on a history is left out of it.
SCALE: tuple[tuple[Any, str, Any], ...] = (
    (hubspot_reading, "PAGE", 2),
    (hubspot_reading, "SEARCH_PAGE", 2),
    (deliver, "BATCH", 4),
    (hand_over, "PAGE", 2),
    (pull, "PAGE", 2),
    (runner, "threading", SimpleNamespace(Thread=NoThread, Event=threading.Event)),
    (closed_loop, "write_reports", reports_seldom),
)


class Killed(BaseException):
    """The process is gone: nothing of it runs any more, its leases stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What one run meets: faults by chance, death at one boundary, another job in its midst."""

    dice: int = 0
    rate: float = 0.0
    kill_at: int = 0  #: the nth boundary, from 1
    lose: int = 0  #: the nth write is carried out and its answer is lost; -n: it never arrives
    fault: str = ""  #: what the nth write meets instead of a lost answer
    kill_write: int = 0  #: the process dies as soon as its nth write was carried out
    other: str = ""  #: a job that runs while this one waits for an answer
    other_at: int = 0  #: the nth call, from 1


class Patience:
    """The clock of a process that waits for an answer: meanwhile its leases are renewed."""

    def __init__(self, company: "Company") -> None:
        self._company = company

    def now(self) -> datetime:
        return self._company.world.clock.now()

    def advance(self, by: timedelta) -> None:
        self._company.sleep(by.total_seconds())


class Process:
    """One life of the program: counts its boundaries and its calls, and may die at one."""

    def __init__(self, company: "Company", trouble: Trouble) -> None:
        self.company, self.trouble = company, trouble
        self.clock = Patience(company)
        self._rng = random.Random(trouble.dice)
        self.boundaries = self.calls = self.writes = 0
        self.dead = False

    def renew(self, trouble: Trouble) -> None:
        """The same process goes on with its next run."""
        self.trouble, self._rng = trouble, random.Random(trouble.dice)
        self.boundaries = self.calls = self.writes = 0

    def boundary(self, name: str) -> None:
        if self.dead:
            raise Killed(name)
        self.boundaries += 1
        if self.company.disturb is not None:
            self.company.disturb()
        if self.boundaries == self.trouble.kill_at:
            self.dead = True
            self.company.note(f"killed at {name}")
            raise Killed(name)

    def deliver(self, system: SystemName, call: Call) -> Delivery:
        """Stands for the world in both transports."""
        self.boundary(f"before {system} {call.method}")
        self.calls += 1
        if self.calls == self.trouble.other_at and self.trouble.other:
            self.company.run_beside(self.trouble.other)
        self.writes += is_write(call)
        fault = self._fault(call)
        number = self.company.world.faults.add(fault) if fault else 0
        try:
            delivery = self.company.world.deliver(system, call)
        finally:
            if number:
                self.company.world.faults.remove(number)
        kind = fault.kind if fault else ""
        self.company.heard(system, call, kind)
        if is_write(call) and self.writes == self.trouble.kill_write:
            self.dead = True
            self.company.note("  killed after this write")
        self.boundary(f"after {system} {call.method}")
        return delivery

    def _fault(self, call: Call) -> Fault | None:
        if is_write(call) and self.writes == self.trouble.lose:
            return BY_KIND.get(self.trouble.fault, LOST)
        if is_write(call) and self.writes == -self.trouble.lose:
            return NEVER_CAME
        if not self.trouble.rate or self._rng.random() >= self.trouble.rate:
            return None
        kinds = [fault for _, fault in FAULTS]
        return self._rng.choices(kinds, [weight for weight, _ in FAULTS])[0]


class MortalLedger:
    """The real ledger, as one process sees it: with boundaries, and gone with the process."""

    def __init__(self, ledger: Any, process: Process) -> None:
        self._ledger, self._process = ledger, process
        self._held: dict[str, dict[str, Any]] = {}

    def lease(self, name: str, **terms: Any) -> bool:
        held: bool = self.__getattr__("lease")(name, **terms)
        if held:
            self._held[name] = terms
        return held

    def release(self, name: str, *, holder: str) -> None:
        self._held.pop(name, None)
        self.__getattr__("release")(name, holder=holder)

    def renew(self) -> None:
        """What a living process does while it waits; its thread knows no virtual time."""
        for name, terms in self._held.items():
            self.lease(name, **{**terms, "now": self._process.clock.now()})

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        if self._process.dead:
            raise Killed("a dead process")
        with self._ledger.transaction() as tx:
            yield tx
            self._process.boundary("before commit")
        self._process.boundary("after commit")

    def __getattr__(self, name: str) -> Any:
        if self._process.dead:
            raise Killed("a dead process")
        return getattr(self._ledger, name)


class Mailbox:
    """Takes messages; now and then it is away, as a mail server is."""

    def __init__(self, company: "Company", process: Process) -> None:
        self._company, self._process = company, process

    def send(self, message: Message) -> None:
        self._process.boundary("before message")
        rate = self._process.trouble.rate
        if rate and self._process._rng.random() < rate:
            raise TryLater("the mail server is away")
        self._company.messages.append(message)
        self._process.boundary("after message")


class OwnClock:
    """The clock of the machine on which the program runs; it may be wrong."""

    def __init__(self, company: "Company") -> None:
        self._company = company

    def now(self) -> datetime:
        return self._company.world.clock.now() + self._company.wrong


class Bench(Workbench):
    """The product's own workbench, with the transports of this process."""

    def __init__(self, config: Config, company: "Company", process: Process) -> None:
        super().__init__(config, clock=OwnClock(company), sleep=company.sleep)
        self.company, self.process = company, process

    @property
    def ruleset(self) -> Ruleset:  # type: ignore[override]
        return self.company.ruleset

    @cached_property
    def ledger(self) -> Any:  # type: ignore[override]
        return MortalLedger(self.company.open_ledger(), self.process)

    @cached_property
    def marketing(self) -> MarketingSystem:  # type: ignore[override]
        part = self.config.hubspot
        made = hubspot_client.HubSpotClient(
            signing_in.hubspot(self.config),
            base_url=part.base_url,
            version=HUBSPOT_VERSIONS[part.paths],
            pace=hubspot_client.pace(self._buckets, sleep=self._sleep, dice=random.Random(1)),
            pool=InProcessPool(self.process),  # type: ignore[arg-type]
        )
        return HubSpotMarketing(made, clock=self.clock.now)

    @cached_property
    def crm(self) -> Crm:  # type: ignore[override]
        part = self.config.salesforce
        made = salesforce_client.SalesforceClient(
            signing_in.salesforce(self.config),
            pace=salesforce_client.pace(self._buckets, sleep=self._sleep, dice=random.Random(2)),
            version=part.api_version,
            adapter=InProcessAdapter(self.process),  # type: ignore[arg-type]
            save_duplicates=part.allow_duplicates_alert,
        )
        return SalesforceCrm(
            made,
            external_id=self.ruleset.fields.external_id,
            bulk_from=part.bulk_from_rows,
            clock=self.clock.now,
        )

    @cached_property
    def notifier(self) -> Notifier:  # type: ignore[override]
        return Mailbox(self.company, self.process)

    @property
    def channels(self) -> tuple[str, ...]:
        return CHANNELS

    @property
    def decider(self) -> Decider:  # type: ignore[override]
        return made_of(Decider, self.company.edition)

    @property
    def passing(self) -> Passing:  # type: ignore[override]
        return made_of(Passing, self.company.edition)

    @property
    def passing_on(self) -> PassingOn:  # type: ignore[override]
        return made_of(PassingOn, self.company.edition)

    @property
    def recycling(self) -> Recycling:  # type: ignore[override]
        return made_of(Recycling, self.company.edition)

    @property
    def agreeing(self) -> Agreeing:  # type: ignore[override]
        return made_of(Agreeing, self.company.edition)

    @property
    def watching(self) -> Watching:  # type: ignore[override]
        return watching_of(self.company.edition, self.config.caps.owner_changes)

    def close(self) -> None:
        if "ledger" in self.__dict__:
            self.ledger._ledger.close()


class Heard(logging.Handler):
    """Keeps every line that any part of the program logs."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {record.__dict__}")


class Company:
    """Both systems, the ledger (a file, or the empty one at `url`), and who runs the program."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder = folder
        self.world = World(
            SandboxClock(START),
            seed=7,
            hubspot=HubSpotSettings(enforce_limits=False, call_log_length=1),
            salesforce=SalesforceSettings(enforce_limits=False),
        )
        self.edition = 0
        self.at_rest = False
        self.disturb: Callable[[], None] | None = None  #: happens at every boundary
        self.wrong = timedelta(0)  #: how far the clock of our own machine is off
        prepare(self.world, self.ruleset)
        self._assign_by_rule()
        self.people: dict[str, str] = {}  #: key -> HubSpot id
        self.touched: set[tuple[str, str]] = set()  #: (CRM record, field) that a rep edited
        self.put_back = Counter[tuple[str, str]]()  #: by a rollback: (CRM record, field) -> times
        self.forgotten: dict[str, str] = {}  #: who was erased -> the last address
        self.erased: set[str] = set()  #: their records, which a rep may take back from the bin
        self.given_up: set[str] = set()  #: leads of which a person dismissed something
        self.messages: list[Message] = []
        self.runs: list[Run] = []
        self.story: list[str] = []  #: what happened, for whoever reads a failing seed
        self.calls: list[tuple[str, str, str, str]] = []
        self.writes = 0
        self.unannounced: list[str] = []  #: writes that left while the ledger had nothing started
        self.log = Heard()
        if not url:
            shutil.copyfile(_empty_ledger()[0], folder / "ledger.db")
        self._looking = create_engine(
            make_url(url or f"sqlite:///{folder / 'ledger.db'}").set(
                drivername="postgresql+psycopg" if url else "sqlite"
            ),
            isolation_level="AUTOCOMMIT",
            connect_args={"application_name": "looking"} if url else {},
            pool_pre_ping=bool(url),  # the server may have been restarted
        )
        self.config = Config(
            mode="live",
            mappings=MAPPINGS,
            ledger={"url": url or f"sqlite:///{folder / 'ledger.db'}"},  # type: ignore[arg-type]
            hubspot={"token": "pat-na1-sandbox"},  # type: ignore[arg-type]
            salesforce={  # type: ignore[arg-type]
                "domain": "acme.my",
                "client_id": "sandbox-client",
                "client_secret": "sandbox-secret",
            },
            reports={"folder": folder / "reports"},  # type: ignore[arg-type]
            privacy={"salt": "simulation"},  # type: ignore[arg-type]
        )
        self._bench: Bench | None = None
        self._beside: Bench | None = None
        self.bench.look()  # the histories begin after the first contact

    def _assign_by_rule(self) -> None:
        """An assignment rule that would take every Lead away from the owner we chose."""
        crm = self.world.salesforce
        desk = next(row["Id"] for row in crm.rows("Group") if row["Name"] == "Admissions_Desk")
        crm.set_assignment_rule([], default_owner_id=desk)

    @property
    def ruleset(self) -> Ruleset:
        return editions()[self.edition]

    def open_ledger(self) -> Any:
        ledger = open_ledger(self.config.ledger.url)
        if ledger.engine.dialect.name != "sqlite":
            return ledger

        def quick(connection: Any, _: object) -> None:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA secure_delete = OFF")

        ledger.engine.dispose()
        ledger.engine._compiled_cache = COMPILED
        ledger.engine.dialect = ledger.engine.pool._dialect = _empty_ledger()[1]
        event.listen(ledger.engine, "connect", quick)
        return ledger

    def sleep(self, seconds: float) -> None:
        self.world.clock.advance(timedelta(seconds=seconds))
        for bench in (self._bench, self._beside):
            if bench is not None and not bench.process.dead:
                bench.ledger.renew()

    def note(self, what: str) -> None:
        self.story.append(f"{self.world.clock.now():%d %H:%M:%S} {what}")

    def heard(self, system: str, call: Call, fault: str) -> None:
        self.calls.append((system, call.method, call.path, fault))
        if is_write(call):
            self.writes += 1
            if not self._something_started():
                self.unannounced.append(f"{system} {call.method} {call.path}")
            self.note(f"  {system} {call.method} {call.path} {fault} {call.body[:600]!r}")
        elif fault:
            self.note(f"  {system} {call.method} {call.path} {fault}")

    def deciding_runs(self) -> set[str]:
        """The runs that left a decision, or what came of one; the others decided nothing."""
        query = text("SELECT run_id FROM snapshot UNION SELECT run_id FROM event")
        with self._looking.connect() as connection:
            return {row[0] for row in connection.execute(query)}

    def _something_started(self) -> bool:
        with self._looking.connect() as connection:
            query = text("SELECT 1 FROM action WHERE state = 'started' LIMIT 1")
            return connection.execute(query).first() is not None

    def change_rules(self) -> None:
        """The admins publish the other edition of the files; workers notice, and file it."""
        self.edition = 1 - self.edition
        for bench in (self._bench, self._beside):
            if bench is not None and not bench.process.dead:
                bench.keep_ruleset()

    @property
    def bench(self) -> Bench:
        """The living process' workbench; a new one where the last process died."""
        if self._bench is None or self._bench.process.dead:
            if self._bench is not None:
                self._bench.close()
            self._bench = self._new_bench()
        return self._bench

    def _new_bench(self) -> Bench:
        bench = Bench(self.config, self, Process(self, Trouble()))
        bench.keep_ruleset()
        return bench

    def run(self, name: str, trouble: Trouble = Trouble()) -> Run | None:
        """Runs a job; None where its process died."""
        bench = self.bench
        bench.process.renew(trouble)
        return self._run(bench, name)

    def run_beside(self, name: str) -> None:
        """Another process runs a job now, without trouble of its own."""
        if self._beside is None:
            self._beside = self._new_bench()
        self.note(f" meanwhile: {name}")
        self._run(self._beside, name)
        self.sleep(15)  # it takes its time; the search index has caught up with it
        self.note(f" back from {name}")

    def _run(self, bench: Bench, name: str) -> Run | None:
        logger = logging.getLogger()
        logger.addHandler(self.log)
        self.note(f"run {name}")
        try:
            run = run_job(JOBS[name], bench)
        except Killed:
            return None
        except (TryLater, StopTheRun) as error:
            self.note(f"no run of {name}: {type(error).__name__}")  # the command line says so
            return None
        finally:
            logger.removeHandler(self.log)
        self.runs.append(run)
        self.note(f"ran {name}: {run.outcome} {_said(run)}")
        return run

    def close(self) -> None:
        for bench in (self._bench, self._beside):
            if bench is not None:
                bench.close()
        self._looking.dispose()


@contextmanager
def company(url: str = "") -> Iterator[Company]:
    """A company on a fast temporary folder; its ledger is there, or the empty one at `url`."""
    shm = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="sim-", dir=shm if shm.is_dir() else None))
    usual = [(module, name, getattr(module, name)) for module, name, _ in SCALE]
    for module, name, small in SCALE:
        setattr(module, name, small)
    often, level = gc.get_threshold(), logging.getLogger().level
    logging.getLogger().setLevel(logging.INFO)
    gc.set_threshold(100_000, 50, 100)  # a sixth of a play went into looking for garbage
    try:
        with closing(Company(folder, url)) as made:
            yield made
    finally:
        gc.set_threshold(*often)
        logging.getLogger().setLevel(level)
        shutil.rmtree(folder)
        for module, name, size in usual:
            setattr(module, name, size)


def is_write(call: Call) -> bool:
    """Whether a call changes something in either system (searches and reads are POSTs too)."""
    if call.method in ("PATCH", "PUT", "DELETE"):
        return True
    if call.method != "POST":
        return False
    written = ("/batch/update", "/batch/create", "/batch/upsert", "/composite/sobjects")
    return call.path.rstrip("/").endswith(written)


@cache
def editions() -> tuple[Ruleset, Ruleset]:
    """The files, and a second edition of them that asks for more."""
    second = Path(tempfile.mkdtemp(prefix="sim-rules-"))
    try:
        shutil.copytree(MAPPINGS, second, dirs_exist_ok=True)
        file = second / "qualification.yaml"
        rules = file.read_text("utf-8")
        rules = rules.replace("score.total: {at_least: 30}", "score.total: {at_least: 45}")
        rules = rules.replace("score.total: 30", "score.total: 45").replace(
            "score.total: 29", "score.total: 44"
        )
        file.write_text(rules, "utf-8")
        found = [load(MAPPINGS), load(second)]
    finally:
        shutil.rmtree(second)
    for loaded in found:
        assert loaded.ruleset is not None, "\n".join(str(p) for p in loaded.problems)
    return tuple(loaded.ruleset for loaded in found)  # type: ignore[return-value]


@cache
def made_of(made: Callable[..., Any], edition: int) -> Any:
    """What decides by one edition of the files; pure, so that all processes may share it."""
    more = {"channels": CHANNELS} if made in (Passing, PassingOn) else {}
    return made(editions()[edition], **more)


@cache
def watching_of(edition: int, most: int) -> Watching:
    """Lays out the calendars of years to come: once for all histories."""
    return Watching(editions()[edition], made_of(PassingOn, edition), most_reassigned=most)


@cache
def _empty_ledger() -> tuple[Path, Dialect]:
    """A migrated file to copy, and the dialect of all its copies.

    Statements are kept by dialect: with one each, every company would compile a hundred again.
    """
    folder = Path(tempfile.mkdtemp(prefix="sim-ledger-"))
    ledger = open_ledger(f"sqlite:///{folder / 'empty.db'}")
    ledger.close()
    return folder / "empty.db", ledger.engine.dialect


def _said(run: Run) -> str:
    t = run.totals
    counts = f"{t.picked_up}={t.delivered}+{t.skipped}+{t.waiting}+{t.parked}"
    return f"{counts} {run.message}"
