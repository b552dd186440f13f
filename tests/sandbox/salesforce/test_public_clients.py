"""Other people's clients, unmodified, from the public registries: jsforce and a Singer tap."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from connector.sandbox.salesforce.system import SalesforceSandbox

JSFORCE = "jsforce@3.10.8"
TAP = "tap-salesforce==2.8.1"
STORY = Path(__file__).with_name("jsforce_story.cjs")

pytestmark = pytest.mark.slow


def installed(command: list[str], folder: Path, mark: Path) -> None:
    """Installs into the test cache once, one process at a time; skips where that fails."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if mark.exists():
            return
        try:
            subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=True)
        except (subprocess.SubprocessError, OSError) as fault:
            name = Path(command[0]).name
            pytest.skip(f"{name} could not install it (no network?): {type(fault).__name__}")


@pytest.fixture(scope="session")
def jsforce(pytestconfig: pytest.Config) -> Path:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node and npm are not here")
    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir("jsforce")
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=0"]
    command = [npm, "install", *quiet, "--prefix", ".", JSFORCE]
    installed(command, folder, folder / "node_modules" / "jsforce" / "package.json")
    return folder


@pytest.fixture(scope="session")
def tap(pytestconfig: pytest.Config) -> Path:
    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir("singer-tap")
    venv = folder / "venv"
    program = venv / "bin" / "tap-salesforce"
    if not program.exists():
        installed([sys.executable, "-m", "venv", str(venv)], folder, venv / "bin" / "pip")
        installed(
            [str(venv / "bin" / "pip"), "install", "-q", "--retries", "0", TAP], folder, program
        )
    return program


def test_jsforce(jsforce: Path, server: str, sandbox: SalesforceSandbox) -> None:
    sandbox.org.login_site = server
    sandbox.org.site = server
    for number in range(4100):
        sandbox.create("Account", {"Name": f"A{number}"})
    done = subprocess.run(
        ["node", str(STORY), server],
        env={**os.environ, "NODE_PATH": str(jsforce / "node_modules")},
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
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
        "paged": 4100,
        "soap": "005",
        "refreshed": 1,
    }


#: The tap knows only the vendor's addresses; Python's own start-up hook leads them here.
REDIRECT = """
def redirect():
    import requests
    from urllib.parse import urlsplit, urlunsplit
    real = requests.adapters.HTTPAdapter.send
    def send(self, request, *args, **kwargs):
        url = urlsplit(request.url)
        request.headers["Host"] = url.netloc
        request.url = urlunsplit(("http", "{place}", url.path, url.query, ""))
        return real(self, request, *args, **{{**kwargs, "proxies": {{}}}})
    requests.adapters.HTTPAdapter.send = send
redirect()
"""


@pytest.mark.parametrize("api_type", ["REST", "BULK"])
def test_singer_tap(
    tap: Path, server: str, sandbox: SalesforceSandbox, tmp_path: Path, api_type: str
) -> None:
    for number in range(2100):
        sandbox.create("Lead", {"LastName": f"L{number}", "Company": "C"})
    sandbox.create("Task", {"WhoId": sandbox.rows("Lead")[0]["Id"], "Subject": "Call"})
    place = server.removeprefix("http://")
    (tmp_path / "sitecustomize.py").write_text(REDIRECT.format(place=place), "utf-8")
    config = {
        "refresh_token": "sandbox-refresh", "client_id": "sandbox-client",
        "client_secret": "sandbox-secret", "start_date": "2020-01-01T00:00:00Z",
        "api_type": api_type, "select_fields_by_default": True,
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config), "utf-8")

    def run(*more: str) -> str:
        done = subprocess.run(
            [str(tap), "-c", "config.json", *more], cwd=tmp_path, capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": str(tmp_path)}, timeout=100, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    catalog: dict[str, Any] = json.loads(run("--discover"))
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == []:
                entry["metadata"]["selected"] = stream["stream"] in {"Lead", "Task", "LeadStatus"}
    (tmp_path / "catalog.json").write_text(json.dumps(catalog), "utf-8")
    messages = [json.loads(line) for line in run("--properties", "catalog.json").splitlines()]
    counts = Counter(one["stream"] for one in messages if one["type"] == "RECORD")
    assert counts == {"Lead": 2100, "Task": 1, "LeadStatus": 4}
