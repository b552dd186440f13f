"""Two Singer taps, unmodified: they know only the vendors' addresses, and the proxy leads them."""

import json
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from connector.sandbox.serve import Sandbox
from tests.sandbox.clients.conftest import CONTACTS, LEADS

Json = dict[str, Any]


def trusting(tap: Path, authority: Path, folder: Path) -> str:
    """A folder for PYTHONPATH with the tap's own certificates and the sandbox's beside them.

    The taps send prepared requests, for which requests reads neither REQUESTS_CA_BUNDLE nor
    SSL_CERT_FILE but only certifi's bundle.
    """
    original = next(tap.parent.parent.glob("lib/python*/site-packages/certifi"))
    copied = shutil.copytree(original, folder / "trust" / "certifi", dirs_exist_ok=True)
    bundle = Path(copied) / "cacert.pem"
    both = bundle.read_bytes() + authority.read_bytes()
    bundle.unlink()  # pip may have linked it from its cache
    bundle.write_bytes(both)
    return str(folder / "trust")


def run(tap: Path, sandbox: Sandbox, folder: Path, *arguments: str) -> str:
    """The standard output of a tap that finds the sandbox under the vendors' names."""
    assert sandbox.authority is not None
    path = trusting(tap, sandbox.authority, folder)
    told = subprocess.run(
        [str(tap), "--config", "config.json", *arguments],
        cwd=folder,
        env={**os.environ, **sandbox.environment(), "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-2_000:]
    return told.stdout


def records(output: str) -> list[tuple[str, Json]]:
    """The records among the messages: stream and values."""
    rows: list[Json] = [json.loads(line) for line in output.splitlines()]
    return [(row["stream"], row["record"]) for row in rows if row["type"] == "RECORD"]


@pytest.mark.parametrize("api_type", ["REST", "BULK"])
def test_tap_salesforce(
    proxied: Sandbox, tap_salesforce: Path, tmp_path: Path, api_type: str
) -> None:
    config = {
        "refresh_token": "sandbox-refresh",
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
        "start_date": "2020-01-01T00:00:00Z",
        "api_type": api_type,
        "select_fields_by_default": True,
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    catalog = json.loads(run(tap_salesforce, proxied, tmp_path, "--discover"))
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == []:
                entry["metadata"]["selected"] = stream["stream"] in {"Lead", "Task", "LeadStatus"}
    (tmp_path / "catalog.json").write_text(json.dumps(catalog))
    found = records(run(tap_salesforce, proxied, tmp_path, "--properties", "catalog.json"))
    assert Counter(stream for stream, _ in found) == {"Lead": LEADS, "Task": 1, "LeadStatus": 4}
    assert len({row["Id"] for stream, row in found if stream == "Lead"}) == LEADS


def stream(name: str, keys: list[str], replication: str, *fields: str) -> Json:
    """A stream of a Singer catalogue with everything selected."""
    names = [*keys, replication, *fields]
    whole = {
        "selected": True,
        "table-key-properties": keys,
        "valid-replication-keys": [replication],
    }
    chosen = [{"breadcrumb": ["properties", one], "metadata": {"selected": True}} for one in names]
    properties = {one: {"type": ["null", "string"]} for one in names}
    return {
        "stream": name,
        "tap_stream_id": name,
        "schema": {"type": "object", "properties": properties},
        "metadata": [{"breadcrumb": [], "metadata": whole}, *chosen],
    }


def test_tap_hubspot(proxied: Sandbox, tap_hubspot: Path, tmp_path: Path) -> None:
    """Its streams on version 3; its others ask HubSpot's ended version 1, which is not served."""
    config = {
        "redirect_uri": "https://relay.example/",
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
        "refresh_token": "sandbox-refresh",
        "start_date": "2020-01-01T00:00:00Z",
        "disable_collection": True,
    }
    streams = [
        stream("contacts", ["id"], "updatedAt", "property_email"),
        stream("owners", ["id"], "updatedAt", "email"),
        stream("contact_lists", ["listId"], "updatedAt", "name"),
        stream("list_memberships", ["listId", "recordId"], "membershipTimestamp"),
    ]
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "catalog.json").write_text(json.dumps({"streams": streams}))
    found = records(run(tap_hubspot, proxied, tmp_path, "--properties", "catalog.json"))
    counted = Counter(name for name, _ in found)
    # The tap reads lists up and down and so writes the newest one twice.
    assert counted == {"contacts": CONTACTS, "owners": 3, "contact_lists": 2, "list_memberships": 2}
    emails = {row["property_email"] for name, row in found if name == "contacts"}
    assert emails == {f"c{n}@oak.example" for n in range(CONTACTS)}
