"""A running sandbox with a project on it, for stories that go through real HTTP."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.config import Config
from connector.sandbox.clock import SandboxClock
from connector.sandbox.hubspot.settings import HubSpotSettings
from connector.sandbox.prepare import prepare
from connector.sandbox.salesforce.settings import SalesforceSettings
from connector.sandbox.serve import Sandbox
from connector.sandbox.world import World
from connector.wiring import Workbench

ROOT = Path(__file__).parents[2]
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class Story:
    """Both systems over HTTP, one clock, a ledger on disk, and the jobs by name."""

    def __init__(
        self, world: World, running: Sandbox, folder: Path, mappings: Path, ledger: str
    ) -> None:
        self.world, self.running, self.folder, self.mappings = world, running, folder, mappings
        self.ledger = ledger
        self._opened: list[Workbench] = []
        self.bench = self.new_bench()
        prepare(world, self.bench.ruleset)
        self.bench.keep_ruleset()
        self.bench.look()  # stories begin after the first contact

    def new_bench(self, **more: object) -> Workbench:
        """The project as a new process would open it."""
        settings = {
            "mode": "live",
            "mappings": self.mappings,
            "ledger": {"url": self.ledger},
            "hubspot": {"token": "pat-na1-sandbox", "base_url": self.running.hubspot_url},
            "salesforce": {
                "base_url": self.running.salesforce_url,
                "domain": "acme.my",
                "client_id": "sandbox-client",
                "client_secret": "sandbox-secret",
            },
            "caps": {"creates": 100_000, "updates": 100_000, "owner_changes": 100_000},
            "reports": {"folder": self.folder / "reports"},
            **more,
        }
        clock = self.world.clock
        made = Workbench(Config(**settings), clock=clock, sleep=clock.sleep)  # type: ignore[arg-type]
        self._opened.append(made)
        return made

    def close(self) -> None:
        """Closes the ledger of every process that was opened."""
        for bench in self._opened:
            if "ledger" in vars(bench):
                bench.ledger.close()

    def run(self, *names: str) -> dict[str, object]:
        """Runs jobs in order and returns their rows by name."""
        from connector.cli.run import jobs
        from connector.runner import run_job

        known = jobs()
        return {name: run_job(known[name], self.bench) for name in names}


@contextmanager
def story_on(folder: Path, mappings: Path, ledger: str) -> Iterator[Story]:
    """A story without enforced limits: its clock stands while a job runs."""
    world = World(
        SandboxClock(START),
        seed=7,
        hubspot=HubSpotSettings(enforce_limits=False),
        salesforce=SalesforceSettings(enforce_limits=False),
    )
    with Sandbox(world) as running:
        made = Story(world, running, folder, mappings, ledger)
        yield made
        made.close()


@pytest.fixture
def story(tmp_path: Path, story_ledger: str) -> Iterator[Story]:
    """The shipped mapping files on empty systems; told on each database."""
    with story_on(tmp_path, ROOT / "mappings", story_ledger) as made:
        yield made


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real leads; tests that need it are skipped where it is missing."""
    found = os.environ.get("LEADRELAY_SHARED")
    folder = Path(found) / "data" if found else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder of real leads is not here (set LEADRELAY_SHARED)")
    return folder
