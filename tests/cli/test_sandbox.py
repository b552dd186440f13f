"""`leadrelay sandbox` as a process of its own: told weeks, served, saved, restored, loaded."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

MAIN = [sys.executable, "-m", "connector.cli.main", "sandbox"]
UP = ["up", "--weeks", "3", "--leads", "90", "--seed", "7", "--start", "2026-03-02"]


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MAIN, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def started(*arguments: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
    """The process and its addresses by name, once it has printed them."""
    process = subprocess.Popen(
        [*MAIN, *arguments, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    told: dict[str, str] = {}
    for line in process.stdout:
        if not line.strip():
            break
        name, address = line.split()
        told[name] = address
    return process, told


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    return process.returncode, said


@pytest.fixture(scope="module")
def company() -> Iterator[dict[str, str]]:
    process, addresses = started(*UP, "--no-limits")
    yield addresses
    code, said = ended(process)
    assert code == 0, said
    assert said.startswith("3 weeks from 2026-03-02, 90 people, seed 7 ...\n")
    assert "Leads" in said.splitlines()[1]


def test_weeks_are_told_and_time_goes_on(company: dict[str, str]) -> None:
    everything = requests.get(f"{company['Control']}/everything", timeout=10).json()
    assert len(everything["hubspot"]["contacts"]) > 80
    assert len(everything["salesforce"]["Lead"]) > 10
    clock = f"{company['Control']}/clock"
    before = requests.get(clock, timeout=10).json()["now"]
    assert before.startswith("2026-03-23T")
    time.sleep(0.01)
    assert requests.get(clock, timeout=10).json()["now"] > before
    page = requests.get(company["Page"], timeout=10)
    assert "<html" in page.text


def test_without_limits_nothing_is_too_many(company: dict[str, str]) -> None:
    with requests.Session() as session:
        session.headers["Authorization"] = "Bearer pat-na1-sandbox"
        url = f"{company['HubSpot']}/crm/v3/objects/contacts/search"
        statuses = {session.post(url, json={}, timeout=10).status_code for _ in range(12)}
    assert statuses == {200}


def test_saved_changed_and_restored(company: dict[str, str], tmp_path: Path) -> None:
    file = str(tmp_path / "monday.json")
    control = company["Control"]
    contacts = f"{control}/hubspot/contacts"
    before = requests.get(contacts, timeout=10).json()
    saved = command("save", file, "--control", control)
    assert saved.returncode == 0, saved.stderr
    assert saved.stdout.endswith(" MB saved.\n")
    requests.delete(f"{contacts}/{before[0]['id']}", timeout=10)
    assert len(requests.get(contacts, timeout=10).json()) == len(before) - 1
    restored = command("restore", file, "--control", control)
    assert restored.returncode == 0, restored.stderr
    assert requests.get(contacts, timeout=10).json() == before


def test_what_is_no_saved_sandbox_is_refused(company: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    file.write_text(json.dumps({"format": "something else"}))
    refused = command("restore", str(file), "--control", company["Control"])
    assert refused.returncode == 2
    assert "not a saved sandbox" in refused.stderr
    assert requests.get(f"{company['Control']}/hubspot/contacts", timeout=10).json()


def test_contacts_are_loaded(company: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("Mail,First Name\nzoe@elm.example,Zoé\n", "utf-8")
    arguments = ("--map", "Mail=email", "--map", "First Name=firstname")
    done = command("load", str(file), *arguments, "--control", company["Control"])
    assert (done.returncode, done.stdout) == (0, "1 contacts loaded.\n"), done.stderr


def test_nobody_is_there(tmp_path: Path) -> None:
    missing = command("save", str(tmp_path / "s.json"), "--control", "http://127.0.0.1:9")
    assert missing.returncode == 3
    assert "leadrelay sandbox" in missing.stderr
    assert not list(tmp_path.iterdir())


def test_an_option_before_the_command_is_not_lost_in_silence() -> None:
    refused = command("--seed", "7", "up")
    assert refused.returncode == 2
    assert "--seed stands after 'up'" in refused.stderr


def spent_by_children() -> float:
    """Seconds of processor time of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_an_empty_one_starts_answers_and_ends_within_two_seconds_of_work() -> None:
    before = spent_by_children()
    process, addresses = started("--seed", "1")
    try:
        answer = requests.get(
            f"{addresses['HubSpot']}/crm/v3/objects/contacts",
            headers={"Authorization": "Bearer pat-na1-sandbox"},
            timeout=10,
        )
    finally:
        code, _ = ended(process)
    assert (answer.status_code, answer.json()["results"], code) == (200, [], 0)
    # Processor time, because a busy machine makes anybody wait.
    assert spent_by_children() - before < 2
