"""Runs one flow as a job: lease, log, totals, exit code."""

import ctypes
import errno
import gc
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from typing import Any

from connector.core.errors import ConnectorError, OutcomeUnknown, Refused, StopTheRun, TryLater
from connector.ports import Clock, Ledger, Run, RunTotals
from connector.tracing import span

log = logging.getLogger("leadrelay.run")

_COLLECT_AFTER = (50_000, 20, 50)
_ARENA_MAX = -8  #: of mallopt(3), in glibc's malloc.h
#: A killed holder's lease runs out after this long: by then none of its calls is on its way.
LEASE_SECONDS = 150


class ExitCode(IntEnum):
    """What a scheduler is told; a run with parked rows is not green."""

    DONE = 0
    ATTENTION = 1  #: done, something waits for a person
    CONFIGURATION = 2  #: configuration or files wrong, nothing was done
    AWAY = 3  #: the other side is away, run again
    BUG = 70
    INTERRUPTED = 130


OUTCOMES = {
    ExitCode.DONE: "done",
    ExitCode.ATTENTION: "attention",
    ExitCode.CONFIGURATION: "configuration",
    ExitCode.AWAY: "away",
    ExitCode.BUG: "bug",
    ExitCode.INTERRUPTED: "interrupted",
}


#: What a disk says that takes nothing now, and one that takes nothing from us there.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
_CLOSED = frozenset(
    {
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.EEXIST,
    }
)


def unwritable(error: OSError) -> StopTheRun | None:
    """A disk that is full, or a place where we may not write, in words; None for anything else."""
    if error.errno not in _FULL | _CLOSED:
        return None
    place = f"{error.filename}: " if error.filename else ""
    said = f"{place}{error.strerror}"
    return StopTheRun(f"a file cannot be used: {said}", configuration=error.errno in _CLOSED)


@contextmanager
def fewer_collections() -> Iterator[None]:
    """A page makes some 50,000 objects and no cycles to speak of: by Python's own thresholds the
    collector looks at all that is alive several times a page, a tenth of the run's CPU."""
    usual = gc.get_threshold()
    gc.set_threshold(*_COLLECT_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def one_heap() -> None:
    """By itself glibc gives each thread a heap, and each keeps the most that it ever needed: 20 MB
    of a first load. They run one at a time anyway. Other C libraries have nothing to set."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a flow is given besides its tools: which run it is, and whom it tells of progress."""

    run_id: str
    progress: Callable[[str, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A piece of a job that, where it is large, several workers do part by part beforehand.

    `parts` names what can be done side by side, at most so many, and nothing where the piece is
    small; `flow` does one part. The job's own flow does whatever is left.
    """

    name: str
    system: str  #: whose limits the parts share
    parts: Callable[[Any, int], Sequence[str]]
    flow: Callable[[Any, Task, str], RunTotals]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One scheduled entry point: a name, a usual cadence, and the flow it runs.

    Found through the entry-point group `leadrelay.jobs`. `flow` takes the workbench (see
    connector.wiring) and the task, and returns totals that add up.
    """

    name: str
    cadence: str  #: cron, five fields, in the timetable's time zone
    summary: str
    flow: Callable[[Any, Task], RunTotals]
    rounds: tuple[Round, ...] = ()
    follows: str = ""  #: a job behind whose runs that did something this one runs at once, too

    def part(self, round_: str, part: str) -> "Job":
        """One part of a round as a job of its own, with its own lease and its own run."""
        found = next(one for one in self.rounds if one.name == round_)
        return Job(
            name=f"{self.name}/{round_} {part}",
            cadence="",
            summary=self.summary,
            flow=lambda bench, task: found.flow(bench, task, part),
        )


@contextmanager
def held_lease(
    ledger: Ledger, clock: Clock, name: str, holder: str, *, seconds: int = LEASE_SECONDS
) -> Iterator[bool]:
    """Holds a lease while the block runs, renewing it; yields False where another holds it.

    A ledger that is away for a moment is asked again; what cannot be given back runs out.
    """
    if not ledger.lease(name, holder=holder, now=clock.now(), seconds=seconds):
        yield False
        return
    stop = threading.Event()

    def renew() -> None:
        while not stop.wait(seconds / 6):
            try:
                ledger.lease(name, holder=holder, now=clock.now(), seconds=seconds)
            except TryLater as fault:
                log.warning("lease not renewed", extra={"lease": name, "error": str(fault)})

    renewer = threading.Thread(target=renew, name=f"lease-{name}", daemon=True)
    renewer.start()
    try:
        yield True
    finally:
        stop.set()
        renewer.join()
        with suppress(TryLater):
            ledger.release(name, holder=holder)


def new_run_id(job: str, now: datetime) -> str:
    """A name a person can say: the job, the moment to the second, and four random characters."""
    return f"{job}-{now:%Y%m%dT%H%M%S}-{os.urandom(2).hex()}"


def run_job(
    job: Job,
    bench: Any,
    *,
    progress: Callable[[str, int], None] = lambda _what, _count: None,
    lease_seconds: int = LEASE_SECONDS,
) -> Run:
    """Runs a job once and returns its row; never raises for what can go wrong in a run.

    The lease keeps two runs of one job from overlapping; a run that finds it taken ends as `away`.
    """
    ledger: Ledger = bench.ledger
    clock: Clock = bench.clock
    started = clock.now()
    run = Run(
        id=new_run_id(job.name, started),
        job=job.name,
        started_at=started,
        ruleset=bench.ruleset.version,
        mode=bench.config.mode,
    )
    lease = f"job:{job.name}"
    one_heap()
    with held_lease(ledger, clock, lease, run.id, seconds=lease_seconds) as held:
        if not held:
            return _ended(run, clock, ExitCode.AWAY, message="another run of this job is under way")
        ledger.start_run(run)
        with span(f"run {job.name}", run=run.id, ruleset=run.ruleset, mode=run.mode) as traced:

            def tell(what: str, count: int) -> None:
                traced.step(what, count)
                progress(what, count)

            with fewer_collections():
                run = _attempt(job, bench, run, tell)
            traced.note(outcome=run.outcome, exit=run.exit_code)
            traced.note(picked_up=run.totals.picked_up, delivered=run.totals.delivered)
            traced.note(skipped=run.totals.skipped, parked=run.totals.parked)
        ledger.end_run(run)
        bench.note_calls()
    log.info(
        "run ended",
        extra={"run": run.id, "job": run.job, "outcome": run.outcome, "exit": run.exit_code},
    )
    return run


def _attempt(job: Job, bench: Any, run: Run, progress: Callable[[str, int], None]) -> Run:
    clock: Clock = bench.clock
    try:
        totals = job.flow(bench, Task(run_id=run.id, progress=progress))
        totals.check()
    except KeyboardInterrupt:
        return _ended(
            run,
            clock,
            ExitCode.INTERRUPTED,
            message="interrupted; the next run continues where this one stopped",
        )
    except StopTheRun as error:
        return _stopped(run, clock, error)
    except (TryLater, OutcomeUnknown) as error:
        return _ended(run, clock, ExitCode.AWAY, message=str(error))
    except Refused as error:
        return _ended(run, clock, ExitCode.ATTENTION, message=str(error))
    except ConnectorError as error:
        # None of the four that say what to do next: the store refused a statement of ours.
        log.error("bug", extra={"run": run.id, "job": run.job, "error": _where(error)})
        return _ended(run, clock, ExitCode.BUG, message=f"a bug: {error}")
    except Exception as error:  # noqa: BLE001 - one of the two doors where a bug becomes an exit code
        if isinstance(error, OSError) and (stop := unwritable(error)):
            return _stopped(run, clock, stop)
        # The class and the place only: the text of a foreign error may hold personal data.
        log.error("bug", extra={"run": run.id, "job": run.job, "error": _where(error)})
        return _ended(run, clock, ExitCode.BUG, message=f"a bug: {_where(error)}")
    code = ExitCode.ATTENTION if totals.parked else ExitCode.DONE
    if not totals.parked and totals.waiting:
        code = ExitCode.AWAY
    return _ended(run, clock, code, totals=totals)


def _stopped(run: Run, clock: Clock, error: StopTheRun) -> Run:
    code = ExitCode.CONFIGURATION if error.configuration else ExitCode.AWAY
    return _ended(run, clock, code, message=str(error))


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    file = trace.tb_frame.f_code.co_filename.rsplit("connector/", 1)[-1]
    return f"{type(error).__name__} at {file}:{trace.tb_lineno}"


def _ended(
    run: Run,
    clock: Clock,
    code: ExitCode,
    *,
    totals: RunTotals | None = None,
    message: str = "",
) -> Run:
    return replace(
        run,
        ended_at=max(clock.now(), run.started_at),
        outcome=OUTCOMES[code],
        exit_code=int(code),
        totals=totals or RunTotals(),
        message=message,
    )
