"""The timetable on DBOS: ticks run once, work of the dead is taken over, a stop is clean."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, inspect, text

from connector.config import Config
from connector.engine.timetable import Planner, pulses, timetable_of
from connector.engine.watch import tell_overdue
from connector.engine.worker import KEPT, Project, Worker, store_url
from connector.engine.workers import seen
from connector.ports import RunTotals
from connector.runner import Job, Round, Task, run_job
from connector.sandbox.http import Answer, Call
from connector.wiring import Workbench
from tests.adapters.servers import serving

ROOT = Path(__file__).parents[2]


class Work:
    """Jobs that note when they ran; `pages` makes one take a while."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.reached = threading.Event()

    def job(self, name: str, cadence: str = "* * * * *", pages: int = 1) -> Job:
        def flow(_bench: Workbench, task: Task) -> RunTotals:
            self.ran.append(name)
            for page in range(pages):
                if page == 2:
                    self.reached.set()
                if pages > 1:
                    time.sleep(0.05)
                task.progress("pages", 1)
            return RunTotals(picked_up=pages, delivered=pages)

        return Job(name=name, cadence=cadence, summary="for a test", flow=flow)


@pytest.fixture
def project(story_ledger: str) -> Iterator[Project]:
    config = Config(
        mappings=ROOT / "mappings",
        ledger={"url": story_ledger},  # type: ignore[arg-type]
        timetable={"shards": 2},  # type: ignore[arg-type]
    )
    made = Project(lambda: Workbench(config), None)
    yield made
    made.bench().ledger.close()


@contextmanager
def working(project: Project, *jobs: Job, **more: Any) -> Iterator[Worker]:
    settings = {"beat_seconds": 0.1, "poll_seconds": 0.1, "grace_seconds": 10, **more}
    worker = Worker({j.name: j for j in jobs}, project.bench, version="test", **settings)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(30)
    assert not thread.is_alive()


def until(done: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.05)


def ended(project: Project, job: str) -> list[str]:
    return [run.outcome for run in project.bench().ledger.runs(job) if run.outcome]


def tables(project: Project) -> tuple[Engine, str]:
    """Where DBOS keeps its tables, and what stands in front of their names."""
    engine = create_engine(store_url(project.bench().config.ledger.url))
    return engine, "" if engine.dialect.name == "sqlite" else "dbos."


def noted(project: Project) -> int:
    """How many workflows DBOS knows to be done."""
    engine, of = tables(project)
    query = text(f"SELECT COUNT(*) FROM {of}workflow_status WHERE status = 'SUCCESS'")
    with engine.connect() as connection:
        count = int(connection.scalar(query) or 0)
    engine.dispose()
    return count


def test_a_worker_runs_what_is_due_once_and_keeps_no_personal_data(project: Project) -> None:
    work = Work()
    daily = work.job("report", "0 0 * * *")
    ledger = project.bench().ledger
    with working(project, daily) as worker:
        until(lambda: ended(project, "report"))
        assert [one.executor for one in seen(ledger, datetime.now(UTC))] == [worker.executor]
        time.sleep(0.5)  # several beats
    assert seen(ledger, datetime.now(UTC)) == []
    with working(project, daily):
        time.sleep(1)
    assert work.ran == ["report"]
    engine = create_engine(store_url(project.bench().config.ledger.url))
    schema = None if engine.dialect.name == "sqlite" else "dbos"
    if schema is None:
        assert Path(str(engine.url.database)).stat().st_mode & 0o077 == 0
    assert "operation_outputs" in inspect(engine).get_table_names(schema=schema)
    table = "operation_outputs" if schema is None else "dbos.operation_outputs"
    with engine.connect() as connection:
        outputs = list(connection.scalars(text(f"SELECT output FROM {table}")))
    engine.dispose()
    (kept,) = [output for output in outputs if output and "picked_up" in output]
    assert kept.startswith("{")  # JSON, not a pickle
    assert '"outcome":"done"' in kept


def test_a_stop_ends_a_job_behind_its_page_and_the_next_worker_goes_on(project: Project) -> None:
    work = Work()
    long = work.job("load", "0 0 * * *", pages=400)
    with working(project, long) as worker:
        assert work.reached.wait(20)
        begun = time.monotonic()
        worker.stop()
    assert time.monotonic() - begun < 10
    assert ended(project, "load") == ["interrupted"]
    short = work.job("load", "0 0 * * *", pages=2)
    with working(project, short):
        until(lambda: "done" in ended(project, "load"))


def test_work_that_a_living_worker_does_not_know_of_is_resumed(project: Project) -> None:
    """As when the answer to its taking is lost: it is ours on DBOS's list, and nobody is at it."""
    work = Work()
    engine, of = tables(project)
    with working(project, work.job("report", "0 0 * * *"), lease_seconds=1) as worker:
        until(lambda: ended(project, "report") and noted(project))
        with engine.begin() as connection:
            connection.execute(text(f"DELETE FROM {of}operation_outputs"))
            lost = text(f"UPDATE {of}workflow_status SET status = 'PENDING', executor_id = :us")
            connection.execute(lost, {"us": worker.executor})
        until(lambda: len(ended(project, "report")) == 2)
    engine.dispose()
    assert work.ran == ["report", "report"]


@pytest.mark.parametrize("left", ["ENQUEUED", "PENDING"])
def test_what_another_version_left_is_begun_anew(project: Project, left: str) -> None:
    """As behind an upgrade: nobody of that version is there who would take it from the queue."""
    work = Work()
    engine, of = tables(project)
    daily = work.job("report", "0 0 * * *")
    with working(project, daily) as worker:
        until(lambda: ended(project, "report") and noted(project))
    with engine.begin() as connection:
        query = f"UPDATE {of}workflow_status SET status = :left, executor_id = :by, "
        query += "application_version = 'old', deduplication_id = 'report'"
        connection.execute(text(query), {"left": left, "by": worker.executor})
    engine.dispose()
    with working(project, daily, lease_seconds=1):
        until(lambda: len(ended(project, "report")) == 2)
    assert work.ran == ["report", "report"]


def test_a_job_that_still_runs_is_not_queued_behind(project: Project) -> None:
    work = Work()
    bench = project.bench()
    now = bench.clock.now()
    jobs = {"pull": work.job("pull")}
    planner = Planner(timetable_of(bench.config.timetable, jobs), bench.ledger)
    first = planner.due(now)
    assert first
    assert planner.due(now) == []
    later = planner.due(now + timedelta(minutes=90))
    assert len(later) == 1  # ninety ticks were missed, one run catches up
    run_job(jobs["pull"], bench)
    fresh = Planner(planner.timetable, bench.ledger)
    assert fresh.due(now.replace(second=0)) == []


def test_a_job_that_does_not_run_any_more_is_told_of(project: Project) -> None:
    work = Work()
    bench = project.bench()
    jobs = {"pull-leads": work.job("pull-leads")}
    run = run_job(jobs["pull-leads"], bench)
    made = timetable_of(bench.config.timetable, jobs)
    (pulse,) = pulses(made, bench.ledger, jobs, run.started_at + timedelta(minutes=40))
    assert pulse.text() == "pull-leads has not run for 40 minutes"
    away = replace(run, id="later", outcome="away", started_at=run.started_at + timedelta(hours=1))
    bench.ledger.start_run(away)
    (pulse,) = pulses(made, bench.ledger, jobs, run.started_at + timedelta(minutes=61))
    assert pulse.text() == "pull-leads has not run for 61 minutes"  # a run that failed is none


def test_operators_are_told_once_per_outage_and_again_only_after_a_good_run(
    story_ledger: str,
) -> None:
    away = {"now": True}

    def answer(_: Call) -> Answer:
        return Answer(status=500) if away["now"] else Answer(body=b"ok")

    class Later:
        def __init__(self, by: timedelta) -> None:
            self.by = by

        def now(self) -> datetime:
            return datetime.now(UTC) + self.by

    work = Work()
    jobs = {"pull-leads": work.job("pull-leads")}
    with serving(answer) as chat:
        config = Config(
            mappings=ROOT / "mappings",
            ledger={"url": story_ledger},
            chat={"url": f"{chat.url}/hook"},
        )  # type: ignore[arg-type]
        run_job(jobs["pull-leads"], Workbench(config))
        timetable = timetable_of(config.timetable, jobs)

        def look(minutes: int) -> int:
            later = Later(timedelta(minutes=minutes))
            bench = Workbench(config, clock=later, sleep=lambda _seconds: None)
            return tell_overdue(bench, timetable, jobs)

        assert look(2) == 0
        assert not chat.calls
        assert look(40) == 0  # the chat is away: nobody was told
        away["now"] = False
        chat.calls.clear()
        assert [look(41), look(42), look(90)] == [1, 0, 0]
        assert len(chat.calls) == 1
        assert b"pull-leads has not run for 41 minutes" in chat.calls[0].body


def large(work: Work, parts: int) -> Job:
    """A daily job with one large round, in parts that each take a moment."""
    left = [f"p{number}" for number in range(parts)]
    lock = threading.Lock()

    def flow(_bench: Workbench, task: Task, part: str) -> RunTotals:
        with lock:
            left.remove(part)
            work.ran.append(f"begin {part}")
        time.sleep(0.3)
        task.progress("pages", 1)
        work.ran.append("end")
        return RunTotals(picked_up=1, delivered=1)

    round_ = Round(name="read", system="hubspot", parts=lambda _b, most: left[:most], flow=flow)
    return replace(work.job("load", "0 0 * * *"), rounds=(round_,))


def test_large_work_is_done_in_parts_before_the_job_and_never_too_many_at_a_time(
    project: Project,
) -> None:
    """The limit of the system's queue is 2 here; the rounds are repeated until none is left."""
    work = Work()
    with working(project, large(work, parts=5)):
        until(lambda: ended(project, "load"))
    assert work.ran[-1] == "load"
    assert sorted(one for one in work.ran if one.startswith("begin")) == [
        f"begin p{number}" for number in range(5)
    ]
    at_a_time = [
        sum(1 if one.startswith("begin") else -1 for one in work.ran[: place + 1])
        for place in range(10)
    ]
    assert max(at_a_time) == 2
    runs = [run.job for run in project.bench().ledger.runs() if "/" in run.job]
    assert sorted(runs) == [f"load/read p{number}" for number in range(5)]


def test_old_ticks_are_forgotten_and_so_are_the_leases_of_the_long_dead(project: Project) -> None:
    """What DBOS keeps does not grow: ticks older than three days go, a piece at a time."""
    work = Work()
    bench = project.bench()
    with working(project, work.job("report", "0 0 * * *")):
        until(lambda: ended(project, "report"))
    now = datetime.now(UTC)
    for name, at in (("job:long", now - timedelta(hours=2)), ("job:short", now)):
        bench.ledger.lease(name, holder="gone", now=at, seconds=60)
    engine = create_engine(store_url(bench.config.ledger.url))
    table = "workflow_status" if engine.dialect.name == "sqlite" else "dbos.workflow_status"

    def count() -> int:
        with engine.connect() as connection:
            return int(connection.scalar(text(f"SELECT COUNT(*) FROM {table}")) or 0)

    assert count() == 1
    with engine.begin() as connection:
        early = int((time.time() - KEPT.total_seconds() - 60) * 1000)
        connection.execute(text(f"UPDATE {table} SET completed_at = {early}"))
    with working(project, work.job("report", "0 0 * * *")):
        until(lambda: count() == 0)
    engine.dispose()
    names = [name for name, _, _ in bench.ledger.leases()]
    assert names == ["job:short"]
    assert work.ran == ["report"]
