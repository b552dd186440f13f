"""Other people's programs, unmodified, against the sandbox: the Node client and a Singer tap."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connector.sandbox.http import Handler
from connector.sandbox.hubspot.system import HubSpotSandbox

HERE = Path(__file__).parent
NODE_CLIENT = "@hubspot/api-client@13.5.0"
TAP = "tap-hubspot==4.5.0"


def installed(*command: str, cwd: Path) -> None:
    """Runs an installation; skips the test where the network or the registry is missing."""
    try:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, timeout=180, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as failed:
        pytest.skip(f"{command[0]} could not install: {failed}")
    if done.returncode:
        pytest.skip(f"{Path(command[0]).name} could not install: {done.stderr[-200:]}")


def output(*command: str, cwd: Path) -> str:
    """What a program prints; it must end well."""
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
def test_the_node_client(
    sandbox: HubSpotSandbox, serve: Callable[[Handler], str], tmp_path: Path
) -> None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node is missing")
    installed(npm, "install", "--no-audit", "--no-fund", NODE_CLIENT, cwd=tmp_path)
    shutil.copy(HERE / "client.mjs", tmp_path)
    seen = json.loads(output(node, "client.mjs", serve(sandbox.handle), cwd=tmp_path))
    assert seen == {
        "email": "node@example.com",
        "everyone": 201,
        "found": [True],
        "isNew": False,
        "missing": 404,
        "invalid": [400, "VALIDATION_ERROR"],
        "members": 1,
        "expiresIn": 1800,
    }


def stream(name: str, keys: list[str], replication: str, *fields: str) -> dict[str, Any]:
    """A stream of a Singer catalogue with everything selected."""
    whole = {
        "selected": True,
        "table-key-properties": keys,
        "valid-replication-keys": [replication],
    }
    names = [*keys, replication, *fields]
    return {
        "stream": name,
        "tap_stream_id": name,
        "schema": {
            "type": "object",
            "properties": {one: {"type": ["null", "string"]} for one in names},
        },
        "metadata": [
            {"breadcrumb": [], "metadata": whole},
            *({"breadcrumb": ["properties", one], "metadata": {"selected": True}} for one in names),
        ],
    }


@pytest.mark.slow
def test_a_singer_tap(
    sandbox: HubSpotSandbox, serve: Callable[[Handler], str], tmp_path: Path
) -> None:
    """The tap's address is fixed in its code, so it is set from outside; nothing else is."""
    installed(sys.executable, "-m", "venv", "venv", cwd=tmp_path)
    python = str(tmp_path / "venv" / "bin" / "python")
    installed(python, "-m", "pip", "install", "-q", TAP, cwd=tmp_path)
    sandbox.add_owner(email="rep@acme.example")
    sandbox.load_contacts({"email": f"p{n}@example.com"} for n in range(250))
    sandbox.put_on_list(sandbox.add_list("Nurture"), sandbox.records("contacts")[0]["id"])
    catalogue = {
        "streams": [
            stream("contacts", ["id"], "updatedAt", "property_email"),
            stream("owners", ["id"], "updatedAt", "email"),
            stream("contact_lists", ["listId"], "updatedAt", "name"),
            stream("list_memberships", ["listId", "recordId"], "membershipTimestamp"),
        ]
    }
    config = {
        "redirect_uri": "https://relay.example/",
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
        "refresh_token": "sandbox-refresh",
        "start_date": "2020-01-01T00:00:00Z",
        "disable_collection": True,
    }
    (tmp_path / "catalogue.json").write_text(json.dumps(catalogue))
    (tmp_path / "config.json").write_text(json.dumps(config))
    arguments = ["tap-hubspot", "--config", "config.json", "--properties", "catalogue.json"]
    code = (
        "import sys, tap_hubspot;"
        f"tap_hubspot.BASE_URL = {serve(sandbox.handle)!r};"
        f"sys.argv = {arguments!r};"
        "tap_hubspot.main()"
    )
    lines = [json.loads(line) for line in output(python, "-c", code, cwd=tmp_path).splitlines()]
    rows = [line for line in lines if line["type"] == "RECORD"]
    counted = Counter(row["stream"] for row in rows)
    assert set(counted) == {"contacts", "owners", "contact_lists", "list_memberships"}
    emails = {row["record"]["property_email"] for row in rows if row["stream"] == "contacts"}
    assert emails == {f"p{n}@example.com" for n in range(250)}
