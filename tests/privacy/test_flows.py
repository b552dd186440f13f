"""Every job, every command and a worker: no log, error, step output or trace says who it was."""

import logging
import shlex
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from connector.cli.main import COMMANDS
from connector.cli.run import jobs
from connector.engine.worker import store_url
from connector.ports import RunTotals
from connector.runner import ExitCode, Job, run_job
from connector.sandbox.http import Answer
from tests.adapters.servers import serving
from tests.cli.test_upkeep import say, story  # noqa: F401  the fixtures of commands
from tests.privacy.marked import MARK, PHONE, come, go_through_everything, is_told, live
from tests.stories.conftest import ROOT, Story, story_on
from tests.stories.terminal import Said, command, environment, write_config

Say = Callable[..., Said]

#: How each command is called; `{run}` is a run, `{lead}` a lead, `{key}` a parked one.
LINES: dict[str, tuple[str, ...]] = {
    "setup": ("setup hubspot", "setup salesforce --out crm"),
    "check": ("check", "check --live"),
    "test": ("test",),
    "diff": ("diff mappings",),
    "blame": ("blame mql",),
    "plan": ("plan --out plan.json", "plan --json"),
    "apply": ("apply plan.json --rest", "apply nothing.json"),
    "run": (*(f"run {name}" for name in jobs()), "run nothing"),
    "ledger": ("ledger expire --snapshots 1 --payloads 1", "ledger move sqlite:///a sqlite:///b"),
    "health": ("health", "health --worker"),
    "status": ("status", "status --json", "status --prometheus status.prom"),
    "explain": ("explain {lead}", "explain {lead} --live", "explain nobody@x.example"),
    "lead": ("lead {lead} --html lead.html", "lead {lead}"),
    "parked": ("parked", "parked --json", "parked show invalid-phone", "parked retry --changed"),
    "hot": ("hot",),
    "turns": ("turns",),
    "promises": ("promises", "promises {lead}", "promises {lead} --html promises.html"),
    "centre": ("centre",),
    "dispute": ("dispute list", "dispute {lead} --clause bant:budget --by lena --why 'no'"),
    "print": ("print sla --out sla.html", "print raci"),
    "audit": ("audit", "audit --json"),
    "conflicts": ("conflicts --days 365",),
    "reconcile": ("reconcile", "reconcile --json"),
    "rollback": ("rollback {run}", "rollback {run} --apply --json", "rollback nothing"),
    "person": ("person {lead}", "person nobody@x.example"),
    "export": ("export warehouse --events",),
    "backtest": ("backtest -m mappings",),
    "baseline": ("baseline", "baseline --json"),
    "learn": ("learn", "learn --json"),
    "replay": ("replay {run}", "replay {run} --json"),
    "alarms": ("alarms",),
    "decide-change": ("decide-change 'Fairs first' --review 2026-12-01",),
    "report": tuple(f"report {name}" for name in ("recycle", "funnel", "meeting", "promises")),
    "forget": ("forget {lead}", "forget {lead} --export all.json --yes"),
}
#: Without a ledger, or tested as a process below and in tests/adapters/test_receiving.py.
NOT_HERE = {"envelope", "demo", "sandbox", "init", "completion", "work", "receive"}
#: They show a person to whoever asks for one by name; what they print on stdout is that person.
SHOWS = {"plan", "explain", "lead", "person", "conflicts", "hot", "centre", "promises", "report"}


def test_nobodys_name_is_in_what_any_command_logs_or_says(
    story: Story,  # noqa: F811
    say: Say,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert set(LINES) | NOT_HERE == set(COMMANDS)
    lead = f"hs-{go_through_everything(story)}"
    (story.folder / "mappings").symlink_to(ROOT / "mappings")
    run = next(r.id for r in story.bench.ledger.runs("push-sqls", limit=99) if r.totals.delivered)
    caplog.set_level(logging.DEBUG)
    caplog.clear()
    assert is_told(say("person", lead).out)  # the mark is there to be found
    bad = []
    for name, lines in LINES.items():
        for line in lines:
            said = say(*shlex.split(line.format(run=run, lead=lead)))
            if said.code == ExitCode.BUG or is_told(said.err):
                bad.append(f"{line}: {said.err}")
            if name not in SHOWS and is_told(said.out):
                bad.append(f"{line}: {said.out}")
            if "Usage:" in said.err and "nothing" not in line:
                bad.append(f"{line}: {said.err}")
    assert not bad, "\n".join(bad)
    held = [file for file in story.folder.iterdir() if file.is_file() and is_told(read(file))]
    assert {"lead.html", "promises.html", "all.json"} <= {file.name for file in held}
    for file in held:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    for record in caplog.records:
        assert not is_told(record.getMessage() + repr(vars(record))), record.getMessage()[:300]


def read(file: Path) -> str:
    return file.read_bytes().decode("latin-1")


def test_nobodys_name_is_in_a_log_or_an_event(
    told: Story, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    go_through_everything(told)
    ledger = told.bench.ledger
    spoken = [record.getMessage() + repr(vars(record)) for record in caplog.records]
    parks = [repr(s.action.problem) + s.action.because for s in ledger.parked()]
    events = [repr(s.event) for s in ledger.events()]
    runs = [repr(run) for run in ledger.runs(limit=999)]
    assert {run.job for run in ledger.runs(limit=999)} == set(jobs())
    for said in (*spoken, *parks, *events, *runs):
        assert not is_told(said), said[:300]


@pytest.fixture
def told(tmp_path: Path, story_ledger: str) -> Iterator[Story]:
    with story_on(tmp_path, ROOT / "mappings", story_ledger) as made:
        yield made


@pytest.mark.slow
def test_nobodys_name_is_in_what_a_worker_keeps_logs_and_traces(told: Story) -> None:
    """The real `leadrelay work` with every job: its log, its traces, and all that DBOS keeps."""
    marked = come(told)
    live(told, "pull-leads", "push-sqls")
    with told.world.lock:
        crm = told.world.salesforce
        for row in crm.rows("Lead"):
            crm.update("Lead", row["Id"], {"Status": "Working - Contacted", "Title": f"{MARK} CTO"})
        told.world.hubspot.update("contacts", marked, {"jobtitle": f"{MARK} CIO"})
    config = write_config(told)
    before = {run.id for run in told.bench.ledger.runs(limit=999)}
    with serving(lambda _: Answer(body=b"")) as collector:
        worker = subprocess.Popen(
            [*command("work", "--json", "-c", str(config))],
            env=environment(
                OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="50"
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=told.folder,
        )
        end = time.monotonic() + 60
        try:
            while not all_ran(told, before):
                assert time.monotonic() < end, "the worker does not come round"
                time.sleep(0.1)
        finally:
            worker.send_signal(signal.SIGTERM)
            log, _ = worker.communicate(timeout=60)
        traces = b"".join(call.body for call in collector.calls)
    assert worker.returncode == 0, log[-2_000:]
    assert b'"run ended"' in log
    assert not is_told(log.decode())
    assert not is_told(traces.decode("latin-1"))
    rows = kept_by_dbos(told.ledger)
    assert any("picked_up" in row for row in rows)
    for row in rows:
        assert not is_told(row), row[:300]


def all_ran(told: Story, before: set[str]) -> bool:
    ended = [r for r in told.bench.ledger.runs(limit=999) if r.id not in before and r.ended_at]
    return {run.job.partition("/")[0] for run in ended} >= set(jobs())


def kept_by_dbos(ledger: str) -> list[str]:
    """Every row of every table of the engine."""
    engine = create_engine(store_url(ledger))
    schema = None if engine.dialect.name == "sqlite" else "dbos"
    names = inspect(engine).get_table_names(schema=schema)
    assert {"workflow_status", "operation_outputs"} <= set(names)
    with engine.connect() as connection:
        rows = [
            repr(row)
            for name in names
            for row in connection.execute(
                text(
                    f'SELECT * FROM "{name}"' if schema is None else f'SELECT * FROM dbos."{name}"'
                )
            )
        ]
    engine.dispose()
    return rows


def test_a_bug_names_its_class_and_place_and_never_what_it_met(
    told: Story, caplog: pytest.LogCaptureFixture
) -> None:
    def flow(_bench: object, _task: object) -> RunTotals:
        try:
            raise KeyError(f"{MARK} {PHONE}")
        except KeyError as error:
            raise ValueError(f"bad value {MARK}") from error

    caplog.set_level(logging.DEBUG)
    run = run_job(Job(name="odd", cadence="", summary="A bug.", flow=flow), told.bench)
    assert run.exit_code == ExitCode.BUG
    assert "ValueError at" in run.message
    assert caplog.records
    for record in caplog.records:
        assert not is_told(record.getMessage() + repr(vars(record)))
    assert not is_told(repr(told.bench.ledger.runs()))
