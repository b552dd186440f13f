"""Which jobs are due now: the timetable of config.toml against the runs in the ledger."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connector.config import OFF, TimetablePart
from connector.core.timetable import Quiet, Timetable, parse_cron
from connector.ports import Ledger, Run
from connector.runner import Job

#: Outcomes after which a job counts as having run; `away` and `bug` do not.
GOOD = ("done", "attention")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FRESH = timedelta(minutes=5)  #: what a leader did earlier, the follower's own ticks have met
_LOOK_BACK = 200  #: runs of a job among which its last good one is looked for


def timetable_of(part: TimetablePart, jobs: Mapping[str, Job]) -> Timetable:
    """Each job's own cadence, or the one that config.toml gives it; jobs that are off left out."""
    cadences = {name: part.jobs.get(name, job.cadence) for name, job in jobs.items()}
    return Timetable(
        jobs={name: parse_cron(text) for name, text in cadences.items() if text != OFF},
        zone=ZoneInfo(part.zone),
        quiet=tuple(
            Quiet(
                start=window.start,
                end=window.end,
                weekdays=frozenset(map(_WEEKDAYS.index, window.days or _WEEKDAYS)),
                jobs=frozenset(window.jobs),
            )
            for window in part.quiet
        ),
        jitter=timedelta(seconds=part.jitter_seconds),
    )


def strangers(part: TimetablePart, jobs: Mapping[str, Job]) -> list[str]:
    """Names in the timetable that are no jobs."""
    named = {*part.jobs, *(name for window in part.quiet for name in window.jobs)}
    return sorted(named - set(jobs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A job that is to run now; all workers call the same tick by the same name."""

    job: str
    at: datetime
    after: str = ""  #: the run that was interrupted and is to be gone on with

    @property
    def name(self) -> str:
        moment = f"{self.job}@{self.at:%Y-%m-%dT%H:%MZ}"
        return f"{moment}+{self.after}" if self.after else moment


class Planner:
    """Finds due ticks; remembers those it gave, so that each is given once by this worker."""

    def __init__(
        self, timetable: Timetable, ledger: Ledger, jobs: Mapping[str, Job] | None = None
    ) -> None:
        self.timetable, self._ledger, self._jobs = timetable, ledger, jobs or {}
        self._given: dict[str, datetime] = {}
        self._anew: set[str] = set()

    def again(self, job: str) -> None:
        """Gives the job's latest tick once more: what had begun it is gone."""
        self._anew.add(job)

    def due(self, now: datetime) -> list[Tick]:
        """Everything that should start now.

        After an outage the latest missed tick is given, once: one run catches up with all. A run
        that was interrupted does not count, so that a worker that was stopped goes on at once.
        """
        found = []
        for job in self.timetable.jobs:
            anew = job in self._anew
            given = None if anew else self._given.get(job)
            last = None if given or anew else self._last_run(job)
            cut_off = last is not None and last.outcome == "interrupted"
            started = given or (last.started_at if last and not cut_off else None)
            at = self.timetable.due(job, now, started)
            if at is not None:
                self._given[job] = at
                self._anew.discard(job)
                found.append(Tick(job=job, at=at, after=last.id if last and cut_off else ""))
        return [*found, *self._following(now)]

    def _following(self, now: datetime) -> Iterator[Tick]:
        """Jobs whose leader has done something since they last began: nobody waits for the next
        minute. The tick is named by the leader's run, so that it is given until it was taken."""
        for name, job in self._jobs.items():
            listed = job.follows and name in self.timetable.jobs
            led = self._last_run(job.follows) if listed else None
            if led is None or led.ended_at is None or not led.totals.delivered:
                continue
            if now - led.ended_at > _FRESH or self.timetable.is_quiet(name, now):
                continue
            own = self._last_run(name)
            if own is None or own.started_at < led.ended_at:
                yield Tick(job=name, at=led.ended_at, after=led.id)

    def _last_run(self, job: str) -> Run | None:
        runs = self._ledger.runs(job, limit=1)
        return runs[0] if runs else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """How one job lives: its last run, its next tick, and for how long it has not run well."""

    job: str
    cadence: str  #: "" where the timetable leaves it out
    last: Run | None
    next: datetime | None
    overdue: timedelta | None
    behind: timedelta | None  #: since the end of the last good run

    def text(self) -> str:
        """One sentence for people, empty where all is well."""
        if self.overdue is None:
            return ""
        minutes = round(self.overdue.total_seconds() / 60)
        since = f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
        return f"{self.job} has not run for {since}"


def pulses(
    timetable: Timetable, ledger: Ledger, jobs: Mapping[str, Job], now: datetime
) -> list[Pulse]:
    """One pulse per job, those that the timetable leaves out included."""
    found = []
    for name in jobs:
        runs = ledger.runs(name, limit=_LOOK_BACK)
        good = next((run for run in runs if run.outcome in GOOD), None)
        listed = timetable.jobs.get(name)
        started = good.started_at if good else (runs[-1].started_at if runs else None)
        found.append(
            Pulse(
                job=name,
                cadence=listed.text if listed else "",
                last=runs[0] if runs else None,
                next=timetable.next(name, now) if listed else None,
                overdue=timetable.overdue(name, now, started) if listed else None,
                behind=now - good.ended_at if good and good.ended_at else None,
            )
        )
    return found


def ills(part: TimetablePart, ledger: Ledger, jobs: Mapping[str, Job], now: datetime) -> list[str]:
    """What is not as it should be, a sentence for each job that does not run any more."""
    found = pulses(timetable_of(part, jobs), ledger, jobs, now)
    return [pulse.text() for pulse in found if pulse.overdue]
