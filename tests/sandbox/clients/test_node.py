"""The Node clients, unmodified, over HTTP: HubSpot's official one and jsforce."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector.sandbox.hubspot.settings import HubSpotSettings
from connector.sandbox.serve import Sandbox
from connector.sandbox.world import World

SCRIPTS = Path(__file__).parent / "node"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """An empty world without rate limits, whose search index is at once up to date."""
    settings = HubSpotSettings(enforce_limits=False, search_lag_seconds=0)
    with Sandbox(World(hubspot=settings)) as running:
        yield running


def told_by(script: str, address: str, node_modules: Path) -> dict[str, Any]:
    """What a script prints at its end; it must end well."""
    done = subprocess.run(
        ["node", str(SCRIPTS / script), address],
        env={**os.environ, "NODE_PATH": str(node_modules)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_hubspots_own(node_modules: Path, sandbox: Sandbox) -> None:
    assert told_by("hubspot.cjs", sandbox.hubspot_url, node_modules) == {
        "email": "node@example.com",
        "everyone": 201,
        "found": [True],
        "isNew": False,
        "missing": 404,
        "invalid": [400, "VALIDATION_ERROR"],
        "members": 1,
        "expiresIn": 1800,
    }


def test_jsforce(node_modules: Path, sandbox: Sandbox) -> None:
    for number in range(4_100):
        sandbox.world.salesforce.create("Account", {"Name": f"A{number}"})
    told = told_by("jsforce.cjs", sandbox.salesforce_url, node_modules)
    assert told.pop("fields") > 50
    assert told.pop("objects") > 20
    assert told == {
        "created": [True, True, True],
        "upserted": [False, True],
        "found": [["M3", "Integration User"], ["M2", "Integration User"]],
        "retrieved": ["Wien", None, None],
        "deleted": [True],
        "refused": "REQUIRED_FIELD_MISSING",
        "identity": "integration@acme.example.com",
        "bulk2": [1, 1],
        "bulk2query": 4,
        "bulk1": [True, False],
        "bulk1query": 5,
        "paged": 4_100,
        "soap": "005",
        "refreshed": 1,
    }
