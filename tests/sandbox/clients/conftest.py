"""Public programs, installed once below the ignored test cache; their tests skip where that fails.

Versions are pinned whole: Node's in node/package-lock.json, each tap's in a file of its own. A
second run installs nothing; a changed pin installs anew.
"""

import hashlib
import os
import shutil
import subprocess
import venv
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from connector.sandbox.clock import SandboxClock
from connector.sandbox.hubspot.settings import HubSpotSettings
from connector.sandbox.serve import Sandbox
from connector.sandbox.world import DEFAULT_START, World

HERE = Path(__file__).parent
CONTACTS = 230
LEADS = 2_300
INSTALL_SECONDS = 240


@pytest.fixture(scope="session")
def node_modules(pytestconfig: pytest.Config) -> Path:
    """Where the Node clients are installed."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("Node and npm are not on this machine")
    pins = [HERE / "node" / name for name in ("package.json", "package-lock.json")]

    def install(folder: Path) -> None:
        for pin in pins:
            shutil.copy(pin, folder)
        quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=0"]
        _run([npm, "ci", *quiet], folder, "the Node clients")

    return _once(pytestconfig, "node", pins, install) / "node_modules"


@pytest.fixture(scope="session")
def tap_salesforce(pytestconfig: pytest.Config) -> Path:
    """The command of the Singer tap for Salesforce."""
    return _tap(pytestconfig, "tap-salesforce")


@pytest.fixture(scope="session")
def tap_hubspot(pytestconfig: pytest.Config) -> Path:
    """The command of the Singer tap for HubSpot."""
    return _tap(pytestconfig, "tap-hubspot")


@pytest.fixture(scope="module")
def world() -> World:
    """A world with more of everything than fits on a page."""
    settings = HubSpotSettings(enforce_limits=False)
    world = World(SandboxClock(DEFAULT_START), seed=3, hubspot=settings)
    hubspot, salesforce = world.hubspot, world.salesforce
    hubspot.load_contacts(
        {"email": f"c{n}@oak.example", "firstname": "Ann", "lastname": f"Oak {n}"}
        for n in range(CONTACTS)
    )
    hubspot.put_on_list(hubspot.add_list("Nurture"), hubspot.records("contacts")[0]["id"])
    for n in range(3):
        hubspot.add_owner(email=f"rep{n}@northlight.example", first_name="R", last_name=f"{n}")
    for n in range(LEADS):
        salesforce.create("Lead", {"LastName": f"Žák {n}", "Company": "Oak, Ltd."})
    salesforce.create("Task", {"WhoId": salesforce.rows("Lead")[0]["Id"], "Subject": "Call"})
    world.clock.advance(timedelta(hours=1))
    return world


@pytest.fixture
def proxied(world: World) -> Iterator[Sandbox]:
    """The world under the vendors' addresses."""
    with Sandbox(world, proxy=True) as sandbox:
        yield sandbox


def _tap(config: pytest.Config, name: str) -> Path:
    pins = HERE / f"{name}.txt"

    def install(folder: Path) -> None:
        venv.create(folder / "venv", with_pip=True, clear=True)
        pip = [str(folder / "venv" / "bin" / "python"), "-m", "pip", "install", "-q"]
        _run([*pip, "--retries", "0", "-r", str(pins)], folder, name)

    return _once(config, name, [pins], install) / "venv" / "bin" / name


def _once(
    config: pytest.Config, name: str, pins: list[Path], install: Callable[[Path], None]
) -> Path:
    """The folder of an installation; one process makes it, and only if its pins are new."""
    told = hashlib.sha256(b"".join(pin.read_bytes() for pin in pins)).hexdigest()[:12]
    folder = config.rootpath / ".pytest_cache" / "clients" / f"{name}-{told}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            install(folder)
            (folder / "done").touch()
    return folder


def _run(command: list[str], folder: Path, what: str) -> None:
    try:
        subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
            capture_output=True,
            timeout=INSTALL_SECONDS,
            check=True,
        )
    except (subprocess.SubprocessError, OSError) as fault:
        pytest.skip(f"{what} cannot be installed here (no network?): {type(fault).__name__}")
