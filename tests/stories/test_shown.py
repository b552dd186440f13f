"""What tutorial and README show is what the commands print; LEADRELAY_REWRITE=1 renews it."""

import os
import re
import shlex
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from connector.cli.main import main
from connector.sandbox.serve import Sandbox
from tests.cli.expected import plain
from tests.house.references import between
from tests.stories.conftest import ROOT, Story

TUTORIAL = ROOT / "docs" / "tutorial" / "first-hour.md"
CONSOLE = re.compile(r"(```console\n)(.*?)(```)", re.DOTALL)
Run = Callable[[str], str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command line as it is shown, `| head -N` or `| tail -1` included; what it printed."""
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.setattr("sys.argv", ["leadrelay"])

    def printed(line: str) -> str:
        words, _, head = line.removesuffix(" | tail -1").partition(" | head -")
        capsys.readouterr()
        with pytest.raises(SystemExit):
            main(shlex.split(words)[1:])
        out = capsys.readouterr().out
        lines = out.splitlines(keepends=True)
        if line.endswith(" | tail -1"):
            return lines[-1]
        return "".join(lines[: int(head)] if head else lines)

    return printed


def kept(file: Path, text: str) -> None:
    if os.environ.get("LEADRELAY_REWRITE"):
        file.write_text(text, "utf-8")
    assert plain(file.read_text("utf-8")) == plain(text), f"{file.name} shows something else"


@pytest.mark.sqlite_only("a new project keeps its ledger in a file")
def test_the_tutorial_shows_what_happens(
    story: Story, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "first-hour"
    monkeypatch.setattr("connector.wiring.SystemClock", lambda: story.world.clock)
    monkeypatch.setattr("connector.wiring.Workbench.real_time", False)
    monkeypatch.setattr("time.sleep", story.world.clock.sleep)
    monkeypatch.setenv("LEADRELAY_HUBSPOT__TOKEN", "pat-na1-sandbox")
    monkeypatch.setenv("LEADRELAY_SALESFORCE__CLIENT_SECRET", "sandbox-secret")
    monkeypatch.chdir(tmp_path)

    def block(found: re.Match[str]) -> str:
        shown = found[2].splitlines()
        lines = ["```console\n"]
        for line in (entry for entry in shown if entry.startswith("$ ")):
            lines += [f"{line}\n", run(addressed(line[2:], story.running))]
            story.world.clock.advance(timedelta(minutes=5))
            if line == "$ leadrelay init first-hour":
                configure(project / "config.toml", story.running)
                monkeypatch.chdir(project)
        return "".join(lines) + "```"

    text = TUTORIAL.read_text("utf-8")
    rehearsed, live, rest = text.partition("## 5. Live")
    rehearsed = CONSOLE.sub(block, rehearsed)
    config = (project / "config.toml").read_text("utf-8")
    assert 'mode = "rehearse"' in config
    live_now = config.replace('mode = "rehearse"', 'mode = "live"')
    (project / "config.toml").write_text(live_now, "utf-8")
    kept(TUTORIAL, rehearsed + live + CONSOLE.sub(block, rest))


def addressed(line: str, running: Sandbox) -> str:
    if line.startswith("leadrelay sandbox load"):
        return line.replace("../docs", f"{ROOT}/docs") + f" --control {running.control_url}"
    return line


def configure(file: Path, running: Sandbox) -> None:
    """What the tutorial asks for, with this sandbox's addresses."""
    text = file.read_text("utf-8")
    for was, now in (
        ('base_url = "https://api.hubapi.com"', f'base_url = "{running.hubspot_url}"'),
        ('domain = ""', f'domain = "acme.my"\nbase_url = "{running.salesforce_url}"'),
        ('# client_id = "..."\n', 'client_id = "sandbox-client"\n'),
    ):
        assert was in text
        text = text.replace(was, now, 1)
    file.write_text(text, "utf-8")


def test_the_readme_shows_a_demo_as_it_is(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = ROOT / "README.md"
    text = file.read_text("utf-8")
    line = re.search(r"^\$ (leadrelay demo .*)$", text, re.MULTILINE)
    assert line is not None
    out = re.sub(r"^\d+ s, ", "12 s, ", run(line[1]), flags=re.MULTILINE)
    shown = f"```\n$ {line[1]}\n{out}```\n"
    kept(file, between(text, "demo", shown))
