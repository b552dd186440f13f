"""Public programs, installed once into pytest's cache; their tests skip where that fails."""

import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.hubspot.settings import HubSpotSettings
from connector.sandbox.serve import Sandbox
from connector.sandbox.world import DEFAULT_START, World

CONTACTS = 230
LEADS = 2_300
INSTALL_SECONDS = 240


@pytest.fixture(scope="session")
def python_tool(pytestconfig: pytest.Config) -> Callable[[str, str], Path]:
    """A command of a package from PyPI: (package==version, command) -> its path."""

    def install(requirement: str, command: str) -> Path:
        folder = _folder(pytestconfig, requirement)
        found = folder / "bin" / command
        if not found.exists():
            venv.create(folder, with_pip=True, clear=True)
            pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q"]
            _run([*pip, "--retries", "0", requirement], f"{requirement} cannot be installed here")
        return found

    return install


@pytest.fixture(scope="module")
def world() -> World:
    """A world with more of everything than fits on a page."""
    settings = HubSpotSettings(enforce_limits=False)
    world = World(SandboxClock(DEFAULT_START), seed=3, hubspot=settings)
    world.hubspot.load_contacts(
        {"email": f"c{n}@oak.example", "firstname": "Ann", "lastname": f"Oak {n}"}
        for n in range(CONTACTS)
    )
    for n in range(3):
        world.hubspot.add_owner(
            email=f"rep{n}@northlight.example", first_name="R", last_name=f"{n}"
        )
    for n in range(LEADS):
        world.salesforce.create("Lead", {"LastName": f"Žák {n}", "Company": "Oak, Ltd."})
    world.clock.advance(timedelta(hours=1))
    return world


@pytest.fixture
def proxied(world: World) -> Iterator[Sandbox]:
    """The world under the vendors' addresses."""
    with Sandbox(world, proxy=True) as sandbox:
        yield sandbox


def _folder(config: pytest.Config, requirement: str) -> Path:
    name = "".join(one if one.isalnum() else "-" for one in requirement)
    assert config.cache is not None
    return config.cache.mkdir("clients") / f"{name}-{sys.version_info.minor}"


def _run(command: list[str], failure: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip(failure)
