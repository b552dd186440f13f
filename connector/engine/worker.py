"""A worker: finds due ticks, runs their jobs durably on DBOS, and takes over from dead workers.

Everything DBOS keeps is the name of a job, its tick, and counts: no personal data. What a job has
done is in the ledger; a job that is run again goes on where it was.
"""

import logging
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dbos import (
    DBOS,
    DBOSClient,
    DBOSConfig,
    DBOSPortableJSONSerializer,
    SetEnqueueOptions,
    SetWorkflowID,
    WorkflowStatus,
    error,
)
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from connector.config import beside
from connector.core.errors import ConnectorError, StopTheRun
from connector.core.timetable import Timetable
from connector.engine import shards
from connector.engine.lost import UnderWay, asked_again
from connector.engine.timetable import Planner, Tick, timetable_of
from connector.engine.watch import tell_overdue
from connector.engine.workers import Alive, Seen, bury, seen
from connector.ports import Run
from connector.runner import LEASE_SECONDS, OUTCOMES, ExitCode, Job, run_job
from connector.store.database import translated
from connector.store.private import keep_private
from connector.wiring import Workbench

log = logging.getLogger("leadrelay.work")

APP = "leadrelay"
QUEUE = "jobs"
KEPT = timedelta(days=3)  #: finished ticks; the runs themselves are in the ledger
LONG_DEAD = timedelta(hours=1)  #: then the lease of a job that died is nobody's any more
PURGED = 500  #: ticks forgotten at a time
#: Seconds after which a job of a slow cadence is tried again while the other side is away.
AGAIN = (60, 300, 900)
SLOW = timedelta(minutes=10)  #: a quicker job has its next tick soon enough


def store_url(ledger_url: str) -> str:
    """Where DBOS keeps its tables: a file of its own beside a SQLite ledger, or the same
    PostgreSQL database (in the schema `dbos`)."""
    made = make_url(beside(ledger_url, "work"))
    if made.get_backend_name() == "sqlite":
        return made.render_as_string()
    return made.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


class Worker:
    """One process of `leadrelay work`.

    `open_bench` gives the tools of the project as they are now: it is asked at every tick, so that
    changed files hold from the next run on.
    """

    def __init__(
        self,
        jobs: Mapping[str, Job],
        open_bench: Callable[[], Workbench],
        *,
        version: str,
        at_a_time: int = 4,
        lease_seconds: int = LEASE_SECONDS,
        beat_seconds: float = 5.0,
        poll_seconds: float = 1.0,
        grace_seconds: int = 60,
        again_seconds: Sequence[int] = AGAIN,
    ) -> None:
        self._jobs, self._open, self._version = jobs, open_bench, version
        self._at_a_time, self._poll, self._grace = at_a_time, poll_seconds, grace_seconds
        self._lease, self._beat, self._pauses = lease_seconds, beat_seconds, again_seconds
        self._bench = open_bench()
        self._stop = threading.Event()
        self._purge_at = self._watch_at = self._beaten_at = self._bench.clock.now()
        self._look_at = self._beaten_at
        self._under_way = UnderWay()
        self._planner = Planner(self.timetable, self._bench.ledger, jobs)
        self._steady_since: datetime | None = None  #: since when every beat reached the ledger
        self.executor = ""

    @property
    def timetable(self) -> Timetable:
        return timetable_of(self._bench.config.timetable, self._jobs)

    def stop(self) -> None:
        """Takes on nothing more; jobs under way end after the page they are at."""
        self._stop.set()

    def run(self) -> None:
        """Works until `stop`. Raises StopTheRun where the ledger cannot be used."""
        with asked_again():
            self._work()

    def _work(self) -> None:
        alive = self._sign_on()
        try:
            tick = self._launch()
            log.info("worker started", extra={"worker": self.executor, "version": self._version})
            while not self._stop.wait(self._beat):
                self._beat_once(tick)
        finally:
            DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=self._grace)
            # What the grace was too short for is for somebody else, who looks for dead workers.
            alive.stop(sign_off=not self._left_something())
            log.info("worker stopped", extra={"worker": self.executor})

    def _sign_on(self) -> Alive:
        """Takes the first free name of this machine, so that a restart finds its own work."""
        host = socket.gethostname().split(".")[0][:40]
        ledger, clock = self._bench.ledger, self._bench.clock
        for slot in range(1, 1_000):
            executor = f"{host}-{slot}"
            alive = Alive(ledger, clock, executor, self._version, seconds=self._lease)
            if alive.start():
                self.executor = executor
                return alive
        raise StopTheRun(f"a thousand workers on {host}: something restarts them without end")

    def _left_something(self) -> bool:
        try:
            client = DBOSClient(system_database_url=store_url(self._bench.config.ledger.url))
        except SQLAlchemyError:
            return True  # nobody knows
        try:
            mine = client.list_workflows(status=["PENDING"], executor_id=self.executor)
            return bool(mine)
        except SQLAlchemyError:
            return True
        finally:
            client.destroy()

    def _launch(self) -> Callable[[str], Any]:
        store = make_url(store_url(self._bench.config.ledger.url))
        if store.get_backend_name() == "sqlite" and store.database:
            keep_private(Path(store.database))
        quiet = logging.getLogger("dbos")
        if not quiet.handlers:  # else DBOS writes to the console in a form of its own
            quiet.addHandler(logging.NullHandler())
        quiet.setLevel(logging.WARNING)
        config: DBOSConfig = {
            "name": APP,
            "system_database_url": store.render_as_string(hide_password=False),
            "application_version": self._version,
            "executor_id": self.executor,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
            "enable_otlp": False,
        }
        DBOS(config=config)

        parts = shards.Shards(
            self._jobs,
            self._open,
            self._run,
            self._stop,
            self._under_way,
            pauses=self._pauses[:2],
            poll=self._poll,
        )

        @DBOS.step(name="run")
        def run(job: str, attempt: int) -> dict[str, Any]:
            return self._run(self._jobs[job], attempt)

        @DBOS.workflow(name="tick")
        def tick(job: str) -> dict[str, Any]:
            """Runs a job, what is large in it in shards before; a slow one again while the other
            side is away. Sleeps are durable."""
            with self._under_way.doing():
                parts.carry_out(job)
                for attempt, pause in enumerate((*self._pauses, 0)):
                    done = run(job, attempt)
                    if not done["again"]:
                        break
                    DBOS.sleep(pause)
                return done

        try:
            DBOS.launch()
        except SQLAlchemyError as fault:  # the server went away just now
            raise translated(fault) from fault
        DBOS.register_queue(
            QUEUE, worker_concurrency=self._at_a_time, polling_interval_sec=self._poll
        )
        parts.listen()
        return tick

    def _beat_once(self, tick: Callable[[str], Any]) -> None:
        try:
            self._bench = self._open()
            self._planner.timetable = self.timetable
            self._bury_the_dead()
            self._pick_up_the_lost()
            for due in self._planner.due(self._bench.clock.now()):
                self._enqueue(tick, due)
            self._housekeeping(self._planner.timetable)
        except ConnectorError as fault:
            self._steady_since = None
            # Wrong files, or a database that is away: the worker stays, and looks again.
            log.error("beat failed", extra={"error": str(fault)})

    def _bury_the_dead(self) -> None:
        """Behind an outage of the ledger, or a sleep of this machine, everybody looks dead for a
        moment: whoever lives has the time of a lease to say so."""
        now, lease = self._bench.clock.now(), timedelta(seconds=self._lease)
        slept = now - self._beaten_at > lease / 2
        self._beaten_at = now
        if slept or self._steady_since is None:
            self._steady_since = now
        if now - self._steady_since >= lease:
            bury(self._bench.ledger, self._bench.clock, self._rescue, seconds=self._lease)

    def _enqueue(self, tick: Callable[[str], Any], due: Tick) -> None:
        """The same tick from two workers is one; a job that still runs is not queued behind."""
        try:
            with SetWorkflowID(due.name), SetEnqueueOptions(deduplication_id=due.job):
                DBOS.enqueue_workflow(QUEUE, tick, due.job)
        except error.DBOSQueueDeduplicatedError:
            log.info("still running, tick left out", extra={"job": due.job})

    def _run(self, job: Job, attempt: int) -> dict[str, Any]:
        """Ids and counts of one run."""
        began = self._bench.clock.now()
        try:
            done = run_job(
                job,
                self._open(),
                progress=self._progress,
                lease_seconds=self._lease,
            )
        except ConnectorError as fault:
            stopped = isinstance(fault, StopTheRun) and fault.configuration
            code = ExitCode.CONFIGURATION if stopped else ExitCode.AWAY
            log.error("job not started", extra={"job": job.name, "exit": int(code)})
            again = self._again(job.name, began, code, attempt)
            return {"exit": int(code), "outcome": OUTCOMES[code], "again": again}
        again = self._again(done.job, done.started_at, done.exit_code, attempt)
        return {**_counts(done), "again": again}

    def _again(self, job: str, began: datetime, code: int | None, attempt: int) -> bool:
        if code != ExitCode.AWAY or attempt >= len(self._pauses) or self._stop.is_set():
            return False
        listed = self.timetable
        following = listed.next(job, began) if job in listed.jobs else None
        return following is None or following - began > SLOW

    def _progress(self, _what: str, _count: int) -> None:
        """Called behind every page: the place where a job may be stopped and lose nothing."""
        if self._stop.is_set():
            raise KeyboardInterrupt

    def _pick_up_the_lost(self) -> None:
        """Once a lease: work that an outage of the database took out of our hands, and what waits
        for a version of which no worker is left; its jobs would be held to be still running."""
        now = self._bench.clock.now()
        if now < self._look_at:
            return
        self._look_at = now + timedelta(seconds=self._lease)
        ours = {w.workflow_id: w for w in _listed("PENDING", executor_id=self.executor)}
        alive = {one.version for one in seen(self._bench.ledger, now) if one.alive}
        waiting = [w for w in _listed("ENQUEUED") if w.app_version not in alive]
        lost = [*(ours[name] for name in self._under_way.lost(ours)), *waiting]
        if lost:
            self._take_up(lost)
            log.warning("lost work resumed", extra={"worker": self.executor, "count": len(lost)})

    def _rescue(self, dead: Seen) -> int:
        """A dead worker's work is gone on with here."""
        return self._take_up(_listed("PENDING", executor_id=dead.executor))

    def _take_up(self, found: Sequence[WorkflowStatus]) -> int:
        """What is of our version goes back into its queue, where noted steps are not done again.
        The steps of another version may be others: its ticks are begun anew."""
        ours = [w for w in found if w.app_version == self._version]
        for queue in (QUEUE, shards.QUEUE):
            if ids := [w.workflow_id for w in ours if w.queue_name == queue]:
                DBOS.resume_workflows(ids, queue_name=queue)
        others = [w for w in found if w.app_version != self._version]
        if others:
            DBOS.delete_workflows([w.workflow_id for w in others])
        for one in others:
            if one.queue_name == QUEUE:
                self._planner.again(one.workflow_id.partition("@")[0])
        return len(found)

    def _housekeeping(self, timetable: Timetable) -> None:
        now = self._bench.clock.now()
        if now >= self._watch_at:
            self._watch_at = now + timedelta(minutes=1)
            tell_overdue(self._bench, timetable, self._jobs)
        if now >= self._purge_at:
            self._purge(now)

    def _purge(self, now: datetime) -> None:
        """Forgets old ticks, a piece at a time."""
        before = (now - KEPT).isoformat()
        old = DBOS.list_workflows(
            completed_before=before, limit=PURGED, load_input=False, load_output=False
        )
        if old:
            DBOS.delete_workflows([workflow.workflow_id for workflow in old])
        self._bench.ledger.forget_leases("job:", before=now - LONG_DEAD)
        self._purge_at = now if len(old) == PURGED else now + timedelta(hours=1)


def _listed(status: str, *, executor_id: str | None = None) -> list[WorkflowStatus]:
    return DBOS.list_workflows(
        status=[status], executor_id=executor_id, load_input=False, load_output=False
    )


def _counts(done: Run) -> dict[str, Any]:
    totals = done.totals
    return {
        "run": done.id,
        "outcome": done.outcome,
        "exit": done.exit_code,
        "picked_up": totals.picked_up,
        "delivered": totals.delivered,
        "skipped": totals.skipped,
        "waiting": totals.waiting,
        "parked": totals.parked,
    }


class Project:
    """The tools of one project, made anew when config.toml or the mapping files change."""

    def __init__(self, read: Callable[[], Workbench], config_file: Path | None) -> None:
        self._read, self._file = read, config_file
        self._made: tuple[object, Workbench] | None = None
        self._lock = threading.Lock()

    def bench(self) -> Workbench:
        with self._lock:
            if self._made is not None and self._made[0] == self._state(self._made[1]):
                return self._made[1]
            fresh = self._read()
            if self._made is not None and self._made[1].config.ledger == fresh.config.ledger:
                fresh.ledger = self._made[1].ledger
            fresh.keep_ruleset()
            self._made = (self._state(fresh), fresh)
            return fresh

    def _state(self, bench: Workbench) -> object:
        files = [*bench.config.mappings.rglob("*"), *([self._file] if self._file else [])]
        return tuple(
            (str(file), stat.st_mtime_ns, stat.st_size)
            for file in sorted(files)
            if not file.is_dir() and (stat := file.stat())
        )
