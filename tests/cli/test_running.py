"""The commands that watch and move a running project, as somebody at a terminal meets them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from sqlalchemy import make_url

from connector.reports import prometheus
from connector.store import open_ledger
from tests.cli import test_files
from tests.cli.test_files import ROOT
from tests.mapfiles.sets import lay

LEDGER = "LEADRELAY_LEDGER__URL"


def leadrelay(*words: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return test_files.leadrelay(*words, cwd=cwd, **{LEDGER: os.environ[LEDGER]})


@pytest.fixture
def project(tmp_path: Path, story_ledger: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(LEDGER, story_ledger)
    lay([], tmp_path)
    (tmp_path / "config.toml").write_text('[timetable]\nzone = "Europe/Paris"\n', "utf-8")
    return tmp_path


def test_status_of_a_new_project(project: Path) -> None:
    done = leadrelay("status", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "pull-leads" in done.stdout
    assert "never ran" in done.stdout
    assert "Workers: none" in done.stdout
    seen = json.loads(leadrelay("status", "--json", cwd=project).stdout)
    assert {job["outcome"] for job in seen["jobs"]} == {"never ran"}
    assert seen["calls"]["hubspot"]["made"] == 0
    assert seen["calls"]["hubspot"]["limit"] is None
    leadrelay("status", "--prometheus", "out.prom", cwd=project)
    lines = (project / "out.prom").read_text("utf-8").splitlines()
    assert "leadrelay_leads 0" in lines
    assert 'leadrelay_job_overdue{job="pull-leads"} 0' in lines
    assert "leadrelay_workers 0" in lines
    assert [file.name for file in project.glob(".out.prom*")] == []


def test_labels_of_the_prometheus_file_are_quoted() -> None:
    empty = {"jobs": [], "queues": [], "lag": {}, "calls": {}, "workers": [], "leads": 1}
    text = prometheus.to_text({**empty, "parked": {'a"b\\c': 2}})
    assert 'leadrelay_parked{cause="a\\"b\\\\c"} 2\n' in text


def test_health_says_what_is_wrong(project: Path) -> None:
    assert leadrelay("health", cwd=project).stdout == "all is well\n"
    done = leadrelay("health", "--worker", cwd=project)
    assert (done.returncode, done.stdout) == (3, "no worker is alive\n")


def test_a_wrong_timetable_is_told_with_its_remedy(project: Path) -> None:
    for wrong, said in (
        ('[timetable]\nzone = "Europe/Pari"\n', "there is no such time zone"),
        ('[timetable.jobs]\npull-leads = "61 * * * *"\n', "minute '61': not from 0 to 59"),
        ('[timetable]\npull-leads = "* * * * *"\n', "there is no setting 'timetable.pull-leads'"),
    ):
        (project / "config.toml").write_text(wrong, "utf-8")
        done = leadrelay("status", cwd=project)
        assert done.returncode == 2
        assert said in done.stderr
    (project / "config.toml").write_text('[timetable.jobs]\npull-laeds = "off"\n', "utf-8")
    done = leadrelay("work", cwd=project)
    assert done.returncode == 2
    assert "names no job: pull-laeds" in done.stderr


def test_the_ledger_moves_and_forgets(project: Path, story_ledger: str) -> None:
    leadrelay("status", cwd=project)
    here = make_url(story_ledger)
    bare = here._replace(password=None).render_as_string(hide_password=False)
    move = ("ledger", "move", bare, "sqlite:///there.db")
    secret = {"PGPASSWORD": here.password} if here.password else {}
    done = test_files.leadrelay(*move, cwd=project, **{LEDGER: story_ledger}, **secret)
    assert done.returncode == 0, done.stderr
    assert "Everything arrived." in done.stderr
    ledger = open_ledger(f"sqlite:///{project / 'there.db'}")
    assert ledger.counts()["lead"] == 0
    ledger.close()
    done = leadrelay("ledger", "move", "nowhere.db", "sqlite:///x.db", cwd=project)
    assert done.returncode == 2
    assert "there is no such ledger" in done.stderr
    done = leadrelay("ledger", "expire", "--snapshots", "400", "--json", cwd=project)
    assert json.loads(done.stdout) == {"snapshot": 0}
    assert leadrelay("ledger", "expire", cwd=project).returncode == 2


def test_metrics_need_a_port(project: Path) -> None:
    done = leadrelay("work", "--metrics", "here", cwd=project)
    assert done.returncode == 2
    assert "'here' is no [HOST:]PORT" in done.stderr


@pytest.mark.slow
def test_a_worker_ends_cleanly_on_sigterm_and_logs_json(project: Path) -> None:
    off = "\n".join(f'{name} = "off"' for name in ("pull-leads", "push-sqls", "pull-status"))
    (project / "config.toml").write_text(f"[timetable.jobs]\n{off}\n", "utf-8")
    code = "import sys; from connector.cli.main import main; main(sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "work", "--json", "--metrics", "0"],
        cwd=project,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stderr is not None
    try:
        lines = [json.loads(process.stderr.readline()) for _ in range(2)]
        assert [line["what"] for line in lines] == ["metrics served", "worker started"]
        url = f"http://127.0.0.1:{lines[0]['port']}"
        answer = requests.get(f"{url}/metrics", timeout=10)
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert "leadrelay_workers 1" in answer.text.splitlines()
        assert requests.get(f"{url}/health", timeout=10).text == "all is well\n"
        assert requests.get(f"{url}/other", timeout=10).status_code == 404
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        lines += [json.loads(line) for line in process.stderr]
    finally:
        process.kill()
        process.stderr.close()
    assert process.wait() == 0
    assert lines[-1]["what"] == "worker stopped"


def test_a_receiver_listens_refuses_what_is_not_signed_and_ends_cleanly(project: Path) -> None:
    file = project / "config.toml"
    done = leadrelay("receive", cwd=project)
    assert done.returncode == 2
    assert "LEADRELAY_HUBSPOT__CLIENT_SECRET" in done.stderr
    hook = '[hubspot]\nwebhook_url = "https://relay.acme.example/hubspot"\n'
    file.write_text(file.read_text("utf-8") + hook, "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    listening = subprocess.Popen(
        [sys.executable, "-m", "connector.cli.main", "receive", "--port", str(port)],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LEADRELAY_HUBSPOT__CLIENT_SECRET": "s3cr3t"},
        stderr=subprocess.PIPE,
        text=True,
    )
    answer = None
    until = time.monotonic() + 30
    while answer is None and time.monotonic() < until:
        try:
            answer = requests.post(f"http://127.0.0.1:{port}/hubspot", data=b"[]", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
    listening.send_signal(signal.SIGTERM)
    told = listening.communicate(timeout=20)[1]
    assert answer is not None
    assert answer.status_code == 401
    assert "webhook refused" in told
    assert "s3cr3t" not in told
    assert listening.returncode == 0
