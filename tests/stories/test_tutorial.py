"""The tutorial, step by step: its edits are made, its commands run, its outputs compared.

`LEADRELAY_WRITE_DOCS=1` writes the outputs into the page instead.
"""

import os
import re
import shlex
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner

from connector.cli.main import cli
from tests.conftest import NewLedger
from tests.stories.conftest import ROOT, START, Story, story_on
from tests.stories.test_plan_apply import PEOPLE

PAGE = ROOT / "docs" / "tutorial" / "first-mapping-change.md"
TODAY = datetime(2026, 10, 5, 8, 5, tzinfo=UTC)
BLOCK = re.compile(r"^```(?P<kind>.+?)\n(?P<body>.*?)^```$", re.M | re.S)


VERSIONS = ("8ef79dd6f704", "5c1e06b3a9d2", "e47a90c8b315")


def settled(text: str, seen: dict[str, str]) -> str:
    """Moments, ids of users and versions differ from day to day; each version keeps one name."""

    def named(found: "re.Match[str]") -> str:
        return seen.setdefault(found[0], VERSIONS[len(seen) % len(VERSIONS)])

    text = re.sub(r"(?<!hs-)\b[0-9a-f]{12}\b", named, text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d( UTC)?", r"2026-10-05 08:05\1", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-10-05T08:05:00Z", text)
    text = re.sub(r"005[A-Za-z0-9]{15}", "005Hs0000000004IAA", text)
    return re.sub(r"(?m)[ \t]+$", "", text)


def run(command: str) -> str:
    done = CliRunner().invoke(cli, shlex.split(command)[1:], standalone_mode=False)
    assert done.exception is None, (command, done.exception)
    return done.stdout


def edit(project: Path, kind: str, body: str) -> None:
    path = project / kind.partition("edit=")[2]
    old, new = (
        next(line[2:] for line in body.splitlines() if line.startswith(sign)) for sign in "-+"
    )
    text = path.read_text("utf-8")
    assert old in text, (path, old)
    path.write_text(text.replace(old, new), "utf-8")


def write_config(story: Story, project: Path) -> None:
    (project / "config.toml").write_text(
        f'mode = "live"\n[hubspot]\nbase_url = "{story.running.hubspot_url}"\n'
        f'[salesforce]\nbase_url = "{story.running.salesforce_url}"\ndomain = "acme.my"\n'
        'client_id = "sandbox-client"\n',
        "utf-8",
    )


def test_every_step_of_the_tutorial_does_what_it_says(
    tmp_path: Path, new_ledger: NewLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "acme"
    shutil.copytree(ROOT / "mappings", project / "mappings")
    text = PAGE.read_text("utf-8")
    monkeypatch.setenv("LEADRELAY_HUBSPOT__TOKEN", "pat-na1-sandbox")
    monkeypatch.setenv("LEADRELAY_SALESFORCE__CLIENT_SECRET", "sandbox-secret")
    monkeypatch.chdir(project)
    with story_on(tmp_path, project / "mappings", new_ledger(tmp_path)) as story:
        monkeypatch.setenv("LEADRELAY_LEDGER__URL", new_ledger(project))
        write_config(story, project)
        with story.world.lock:
            for person in PEOPLE:
                story.world.hubspot.create("contacts", dict(person))
        story.world.clock.advance(TODAY - START)
        with time_machine.travel(TODAY, tick=True):
            run("leadrelay run pull-leads")
            seen: dict[str, str] = {}
            page = BLOCK.sub(lambda block: _done(project, block, seen), text)
    if os.environ.get("LEADRELAY_WRITE_DOCS"):
        PAGE.write_text(page, "utf-8")
    assert page == text


def _done(project: Path, block: "re.Match[str]", seen: dict[str, str]) -> str:
    kind, body = block["kind"], block["body"]
    if kind == "console":
        command = body.splitlines()[0].removeprefix("$ ")
        return f"```console\n$ {command}\n{settled(run(command), seen)}```"
    if "edit=" in kind:
        edit(project, kind, body)
    return block[0]
