"""Two Singer taps, unmodified: they know only the vendors' addresses, and the proxy leads them."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connector.sandbox.serve import Sandbox
from tests.sandbox.clients.conftest import CONTACTS, LEADS

Tool = Callable[[str, str], Path]


def messages(command: list[str], sandbox: Sandbox) -> str:
    """The standard output of a command that finds the sandbox under the vendors' names."""
    told = subprocess.run(
        command,
        env={**os.environ, **sandbox.environment()},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-2_000:]
    return told.stdout


def counted(output: str) -> Counter[tuple[str, str]]:
    """How many messages of which type and stream."""
    rows: list[dict[str, Any]] = [json.loads(line) for line in output.splitlines()]
    return Counter((row["type"], row.get("stream", "")) for row in rows)


def trust(tool: Path, authority: Path) -> None:
    """Adds the sandbox's certificate to the tool's own certificates (requests' `certifi`)."""
    bundle = next(tool.parent.parent.glob("lib/python*/site-packages/certifi/cacert.pem"))
    original = bundle.with_suffix(".original")
    if not original.exists():
        original.write_bytes(bundle.read_bytes())
    both = original.read_bytes() + authority.read_bytes()
    bundle.unlink()  # pip may have linked it from its cache
    bundle.write_bytes(both)


@pytest.mark.slow
def test_tap_salesforce(proxied: Sandbox, python_tool: Tool, tmp_path: Path) -> None:
    tap = python_tool("tap-salesforce==2.8.1", "tap-salesforce")
    assert proxied.authority is not None
    trust(tap, proxied.authority)
    config = tmp_path / "config.json"
    config.write_text(
        json.dumps(
            {
                "refresh_token": "sandbox-refresh",
                "client_id": "sandbox-client",
                "client_secret": "sandbox-secret",
                "start_date": "2026-01-01T00:00:00Z",
                "api_type": "BULK",
            }
        )
    )
    catalog = json.loads(messages([str(tap), "--config", str(config), "--discover"], proxied))
    for stream in catalog["streams"]:
        if stream["tap_stream_id"] in ("Lead", "User"):
            for one in stream["metadata"]:
                one["metadata"]["selected"] = True
    properties = tmp_path / "catalog.json"
    properties.write_text(json.dumps(catalog))
    command = [str(tap), "--config", str(config), "--properties", str(properties)]
    found = counted(messages(command, proxied))
    assert found["RECORD", "Lead"] == LEADS
    assert found["RECORD", "User"] == 1
    assert found["SCHEMA", "Lead"] == 1


@pytest.mark.slow
def test_tap_hubspot(proxied: Sandbox, python_tool: Tool, tmp_path: Path) -> None:
    """Its streams of contacts and owners; others ask HubSpot's retired v1, which is not served."""
    tap = python_tool("tap-hubspot==4.5.0", "tap-hubspot")
    assert proxied.authority is not None
    trust(tap, proxied.authority)
    config = tmp_path / "config.json"
    config.write_text(
        json.dumps({"api_key": "pat-na1-sandbox", "start_date": "2026-01-01T00:00:00Z"})
    )
    streams = [
        {
            "tap_stream_id": name,
            "stream": name,
            "schema": {"type": "object", "properties": {}},
            "metadata": [
                {"breadcrumb": [], "metadata": {"selected": True}},
                {"breadcrumb": ["properties", "property_email"], "metadata": {"selected": True}},
            ],
        }
        for name in ("contacts", "owners")
    ]
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps({"streams": streams}))
    command = [str(tap), "--config", str(config), "--properties", str(catalog)]
    output = messages(command, proxied)
    found = counted(output)
    assert found["RECORD", "contacts"] == CONTACTS
    assert found["RECORD", "owners"] == 3
    emails = {
        row["record"]["property_email"]
        for row in map(json.loads, output.splitlines())
        if row.get("stream") == "contacts" and row["type"] == "RECORD"
    }
    assert len(emails) == CONTACTS
