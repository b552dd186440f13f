"""A story at the terminal: a config.toml on its sandboxes, and the real command on it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.stories.conftest import ROOT, Story


@dataclass(frozen=True, slots=True)
class Said:
    """What one command ended with and printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def write_config(
    story: Story,
    *,
    mode: str = "live",
    hubspot_url: str = "",
    salesforce_url: str = "",
    token: str = "pat-na1-sandbox",
    secret: str = "sandbox-secret",
    mappings: Path | None = None,
) -> Path:
    """The project of a story as a file; its ledger is the story's own."""
    file = story.folder / "config.toml"
    file.write_text(
        f"""mode = "{mode}"
mappings = "{mappings or story.mappings}"
[ledger]
url = "{story.ledger}"
[hubspot]
base_url = "{hubspot_url or story.running.hubspot_url}"
token = "{token}"
[salesforce]
base_url = "{salesforce_url or story.running.salesforce_url}"
domain = "acme.my"
client_id = "sandbox-client"
client_secret = "{secret}"
""",
        "utf-8",
    )
    return file


def command(*words: str) -> list[str]:
    """The command line of a real `leadrelay` process on this code."""
    return [sys.executable, "-m", "connector.cli.main", *words]


def environment(**more: str) -> dict[str, str]:
    """Of a bare machine: nothing of ours but what is given."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT)} | more


def leadrelay(*words: str, cwd: Path | None = None) -> Said:
    """Runs the real command and waits for it."""
    done = subprocess.run(
        command(*words),
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment(),
        timeout=120,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)
