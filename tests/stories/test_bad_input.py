"""What goes wrong in ordinary life, over real HTTP: each ends in one clear word and the right exit
code, and nothing is lost or done twice."""

import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.ports import RunTotals
from connector.runner import ExitCode, Job, run_job
from connector.sandbox.faults import Fault
from tests.stories.company import BEN, EVA, ISA, KIM, LUC, QUALIFIED, come
from tests.stories.conftest import ROOT, Story
from tests.stories.terminal import command, environment, leadrelay, write_config

JOBS = ("pull-leads", "push-sqls", "pull-status", "recycle-leads", "closed-loop")
WRITES = ("POST", "PATCH", "PUT", "DELETE")


def writes(story: Story) -> list[tuple[str, str, str]]:
    """Calls that write; Salesforce's composite is one only where a step of it is."""
    found = []
    for call in story.world.calls():
        reads = call["path"].endswith(("/search", "/batch/read", "/token", "/composite"))
        if call["method"] in WRITES and not reads:
            found.append((call["system"], call["method"], call["path"]))
    return found


def contents(story: Story) -> dict[str, Any]:
    """All records of both systems."""
    saved = story.world.save()
    return {
        "contacts": saved["hubspot"]["stores"],
        "lists": saved["hubspot"]["lists"],
        "rows": saved["salesforce"]["rows"],
    }


def leads_of(story: Story) -> list[str]:
    with story.world.lock:
        return sorted(row["Email"] for row in story.world.salesforce.rows("Lead"))


def tasks_of(story: Story) -> int:
    with story.world.lock:
        return len(story.world.salesforce.rows("Task"))


# --- mapping files with mistakes ---------------------------------------------------------------


def test_every_mistake_in_the_files_is_listed_and_nothing_is_done(
    story: Story, tmp_path: Path
) -> None:
    come(story, *QUALIFIED)
    broken = tmp_path / "mappings"
    shutil.copytree(ROOT / "mappings", broken)
    for name, right, wrong in (
        ("fields.yaml", "hubspot: firstname", "hubspotte: firstname"),
        ("qualification.yaml", "  - stage: sql\n", "  - stage: sqql\n"),
        ("routing.yaml", "{queue: inbound-desk}\n", "{queue: inbound-dekss}\n"),
    ):
        text = (broken / name).read_text("utf-8")
        assert right in text
        (broken / name).write_text(text.replace(right, wrong, 1), "utf-8")
    config = write_config(story, mappings=broken)
    story.world.clear_calls()

    said = leadrelay("run", "pull-leads", "-c", str(config))

    assert said.code == ExitCode.CONFIGURATION
    assert said.out == ""
    for file in ("fields.yaml", "qualification.yaml", "routing.yaml"):
        lines = [line for line in said.err.splitlines() if f"/{file}:" in line]
        assert lines, f"{file} is not named:\n{said.err}"
        assert lines[0].partition(f"{file}:")[2].split(":")[0].isdigit()
    assert "nothing was done" in said.err
    assert "Did you mean" in said.err
    assert not story.world.calls()
    assert not story.bench.ledger.runs()


# --- records that cannot be mapped -------------------------------------------------------------


def test_a_record_that_cannot_be_mapped_waits_while_its_page_goes_on(story: Story) -> None:
    ids = come(story, EVA, BEN, LUC)
    config = write_config(story)

    said = leadrelay("run", "pull-leads", "-c", str(config))

    assert said.code == ExitCode.ATTENTION, said.err
    assert "1 parked" in said.out
    assert leadrelay("run", "push-sqls", "-c", str(config)).code == ExitCode.DONE
    assert leads_of(story) == [EVA["email"], LUC["email"]]
    shown = leadrelay("parked", "-c", str(config))
    assert shown.code == ExitCode.ATTENTION
    assert f"hubspot:contact/{ids[1]}" in shown.out
    assert "invalid-phone" in shown.out
    assert "Correct the value where it comes from." in shown.out
    assert "call me" not in shown.out + said.out + said.err  # the value may be personal


def test_a_record_mended_in_hubspot_goes_on_and_waits_for_nobody(story: Story) -> None:
    ids = come(story, BEN)
    config = str(write_config(story))
    loop = ("pull-leads", "push-sqls")
    story.run(*loop)
    assert leads_of(story) == []
    assert leadrelay("parked", "-c", config).code == ExitCode.ATTENTION

    story.world.clock.advance(timedelta(minutes=45))
    story.run(*loop)  # nothing changed: the same park, once
    assert leadrelay("parked", "--json", "-c", config).json[0]["records"] == 1

    with story.world.lock:
        story.world.hubspot.update("contacts", ids[0], {"phone": "+44 20 7946 0124"})
    story.world.clock.advance(timedelta(minutes=45))
    story.run(*loop)
    shown = leadrelay("parked", "-c", config)
    assert (shown.code, shown.out) == (ExitCode.DONE, "Nothing waits for a person.\n")
    assert leads_of(story) == [BEN["email"]]


# --- a system that is away ---------------------------------------------------------------------


@pytest.mark.parametrize("system", ["hubspot", "salesforce"])
def test_a_system_in_maintenance_ends_the_run_and_moves_no_cursor(
    story: Story, system: str
) -> None:
    come(story, *QUALIFIED)
    story.run(*JOBS)
    story.world.clock.advance(timedelta(hours=1))
    come(story, KIM)
    before = cursors(story)
    story.world.faults.add(Fault(kind="maintenance", system=system))  # type: ignore[arg-type]

    job = "pull-leads" if system == "hubspot" else "pull-status"
    run = story.run(job)[job]

    assert run.exit_code == ExitCode.AWAY, run
    assert cursors(story) == before
    assert not run.message.count("\n")
    story.world.faults.clear()
    story.world.clock.advance(timedelta(minutes=5))
    assert story.run(job)[job].exit_code == ExitCode.DONE
    assert cursors(story) != before


def cursors(story: Story) -> dict[str, object]:
    streams = ("hubspot.contacts", "salesforce.Lead", "salesforce.Task", "salesforce.Opportunity")
    with story.bench.ledger.transaction() as tx:
        return {stream: tx.cursor(stream) for stream in streams}


def test_what_the_crm_missed_is_delivered_when_it_is_back(story: Story) -> None:
    come(story, *QUALIFIED)
    story.run("pull-leads")
    story.world.faults.add(Fault(kind="maintenance", system="salesforce", path="/composite/sobj"))
    run = story.run("push-sqls")["push-sqls"]
    assert run.exit_code == ExitCode.AWAY, run
    assert leads_of(story) == []
    story.world.faults.clear()
    story.world.clock.advance(timedelta(hours=1))
    run = story.run("push-sqls")["push-sqls"]
    assert run.exit_code == ExitCode.DONE, run
    assert leads_of(story) == sorted(p["email"] for p in QUALIFIED)
    assert tasks_of(story) == len(QUALIFIED)


@pytest.mark.parametrize(
    ("system", "job"), [("HubSpot", "pull-leads"), ("Salesforce", "pull-status")]
)
def test_a_closed_port_is_one_sentence_and_exit_3(story: Story, system: str, job: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{probe.getsockname()[1]}"
    config = write_config(story, **{f"{system.casefold()}_url": closed})
    said = leadrelay("run", job, "-c", str(config))
    assert said.code == ExitCode.AWAY
    assert said.err.startswith(f"{system} cannot be reached")
    assert said.err.count("\n") == 1
    assert said.out.startswith(f"{job}: away")


def test_handing_over_to_a_crm_that_never_answers_loses_nothing(story: Story) -> None:
    """Unreachable from the first call on: exit 3, one sentence, and the next run does it all."""
    come(story, *QUALIFIED)
    story.run("pull-leads")
    before = story.bench.ledger.counts()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{probe.getsockname()[1]}"
    for _ in range(2):
        said = leadrelay("run", "push-sqls", "-c", str(write_config(story, salesforce_url=closed)))
        assert said.code == ExitCode.AWAY, said
        assert said.err.startswith("Salesforce cannot be reached")
        assert said.err.count("\n") == 1
    after = story.bench.ledger.counts()
    assert {**after, "run": 0} == {**before, "run": 0}
    story.world.clock.advance(timedelta(hours=1))
    assert story.run("push-sqls")["push-sqls"].exit_code == ExitCode.DONE  # type: ignore[attr-defined]
    assert leads_of(story) == sorted(person["email"] for person in QUALIFIED)
    assert tasks_of(story) == len(QUALIFIED)


# --- wrong credentials -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "job", "wrong"),
    [
        ("HubSpot", "pull-leads", {"token": "pat-na1-somebody-elses"}),
        ("Salesforce", "pull-status", {"secret": "somebody-elses"}),
    ],
)
def test_wrong_credentials_are_one_clear_sentence(
    story: Story, system: str, job: str, wrong: dict[str, str]
) -> None:
    config = write_config(story, **wrong)
    said = leadrelay("run", job, "-c", str(config))
    assert said.code == ExitCode.CONFIGURATION, said
    assert system in said.err
    assert "Traceback" not in said.err
    assert len([line for line in said.err.splitlines() if not line.startswith("    ")]) == 1
    assert not any(secret in said.err + said.out for secret in wrong.values())


def test_no_credentials_at_all_name_the_setting_to_make(story: Story) -> None:
    config = write_config(story)
    text = config.read_text("utf-8").replace('token = "pat-na1-sandbox"\n', "")
    config.write_text(text, "utf-8")
    said = leadrelay("run", "pull-leads", "-c", str(config))
    assert said.code == ExitCode.CONFIGURATION
    assert "LEADRELAY_HUBSPOT__TOKEN" in said.err


# --- Ctrl-C ------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", ["hubspot", "salesforce"])
@pytest.mark.parametrize("after", [1, 2, 3, 4])
def test_ctrl_c_anywhere_and_the_next_run_goes_on(
    story: Story, monkeypatch: pytest.MonkeyPatch, system: str, after: int
) -> None:
    """Ctrl-C right behind the nth call of a system: the call has left, its answer is lost to us."""
    come(story, *QUALIFIED, KIM)
    job = "pull-leads" if system == "hubspot" else "push-sqls"
    if system == "salesforce":
        story.run("pull-leads")
    interrupt_behind(story, system, after, monkeypatch)
    stopped = story.run(job)[job]
    monkeypatch.undo()
    assert stopped.exit_code in (ExitCode.INTERRUPTED, ExitCode.DONE), stopped
    story.bench = story.new_bench()
    story.world.clock.advance(timedelta(minutes=2))

    done = story.run("pull-leads", "push-sqls")

    assert {run.outcome for run in done.values()} == {"done"}, done
    assert leads_of(story) == sorted(p["email"] for p in QUALIFIED)
    assert tasks_of(story) == len(QUALIFIED)
    handed = [e for e in story.bench.ledger.events() if e.event.kind == "handed_off"]
    assert len(handed) == len(QUALIFIED)


def interrupt_behind(story: Story, system: str, nth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Raises KeyboardInterrupt in the caller once the nth call from now has been carried out."""
    import requests
    import urllib3

    seen = 0

    def wrapped(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal seen
            answer = real(*args, **kwargs)
            seen += 1
            if seen == nth:
                answer.close()
                raise KeyboardInterrupt
            return answer

        return call

    if system == "salesforce":
        monkeypatch.setattr(requests.Session, "send", wrapped(requests.Session.send))
    else:
        real = urllib3.PoolManager.request
        monkeypatch.setattr(urllib3.PoolManager, "request", wrapped(real))


def test_sigint_to_a_real_process(story: Story) -> None:
    come(story, *QUALIFIED, KIM)
    config = write_config(story)
    story.world.faults.add(
        Fault(kind="latency", system="hubspot", path="/batch/update", seconds=4.0, times=1)
    )
    running = subprocess.Popen(
        command("run", "pull-leads", "-c", str(config)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    wait_until(lambda: any(c["path"].endswith("/batch/update") for c in story.world.calls()))
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30)
    assert running.returncode == ExitCode.INTERRUPTED, err
    assert "the next run continues where this one stopped" in err
    assert "Traceback" not in err

    said = leadrelay("run", "pull-leads", "-c", str(config))
    assert said.code == ExitCode.DONE, said
    assert leadrelay("run", "push-sqls", "-c", str(config)).code == ExitCode.DONE
    assert leads_of(story) == sorted(p["email"] for p in QUALIFIED)
    assert tasks_of(story) == len(QUALIFIED)


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "what was waited for did not come"
        time.sleep(0.05)


# --- two at once -------------------------------------------------------------------------------


def test_two_runs_of_one_job_do_not_overlap(story: Story) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def flow(_bench: object, _task: object) -> RunTotals:
        inside.set()
        assert go_on.wait(20)
        return RunTotals()

    slow = Job(name="pull-leads", cadence="* * * * *", summary="Waits.", flow=flow)
    first: list[Any] = []
    other = story.new_bench()
    thread = threading.Thread(target=lambda: first.append(run_job(slow, other)))
    thread.start()
    try:
        assert inside.wait(20)
        said = leadrelay_in(story, "pull-leads")
    finally:
        go_on.set()
        thread.join()
    assert said.exit_code == ExitCode.AWAY
    assert said.message == "another run of this job is under way"
    assert first[0].outcome == "done"
    assert story.run("pull-leads")["pull-leads"].outcome == "done"


def leadrelay_in(story: Story, job: str) -> Any:
    return story.run(job)[job]


# --- twice, and rehearsals ---------------------------------------------------------------------


def test_every_job_twice_changes_nothing_the_second_time(story: Story) -> None:
    come(story, *QUALIFIED, KIM)
    story.run("pull-leads", "push-sqls")
    story.world.clock.advance(timedelta(hours=1))
    with story.world.lock:
        crm = story.world.salesforce
        leads = {row["Email"]: row for row in crm.rows("Lead")}
        no = {"Status": "Closed - Not Converted", "Disposition_Reason__c": "No budget"}
        crm.update("Lead", leads[LUC["email"]]["Id"], no, by=leads[LUC["email"]]["OwnerId"])
        crm.convert(leads[ISA["email"]]["Id"], opportunity_name="Isa")
    story.world.clock.advance(timedelta(hours=1))
    story.run(*JOBS)
    story.world.clock.advance(timedelta(hours=1))
    story.run(*JOBS)  # takes in what our own writes changed
    before = contents(story)
    story.world.clear_calls()

    done = story.run(*JOBS)

    assert {run.outcome for run in done.values()} == {"done"}, done
    assert contents(story) == before
    assert not writes(story)


def test_a_rehearsal_reads_both_systems_and_writes_to_neither(story: Story) -> None:
    come(story, *QUALIFIED, BEN, KIM)
    config = write_config(story, mode="rehearse")
    before = contents(story)
    story.world.clear_calls()
    for job in JOBS:
        said = leadrelay("run", job, "-c", str(config))
        assert said.code in (ExitCode.DONE, ExitCode.ATTENTION), said
        assert "rehearsal: nothing is written to either system" in said.out
    assert {call["system"] for call in story.world.calls()} == {"hubspot", "salesforce"}
    assert not writes(story)
    assert contents(story) == before
