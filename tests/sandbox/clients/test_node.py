"""jsforce and HubSpot's Node client, unmodified, paging included."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connector.sandbox.serve import Sandbox
from tests.sandbox.clients.conftest import CONTACTS, LEADS

JSFORCE = """
const jsforce = require("jsforce");
(async () => {
  const url = process.env.SALESFORCE;
  const body = new URLSearchParams({ grant_type: "client_credentials",
    client_id: "sandbox-client", client_secret: "sandbox-secret" });
  const answer = await fetch(url + "/services/oauth2/token", { method: "POST", body });
  const grant = await answer.json();
  const conn = new jsforce.Connection({ instanceUrl: grant.instance_url,
    accessToken: grant.access_token, version: "60.0" });
  const identity = await conn.identity();
  const first = await conn.query("SELECT Id, LastName FROM Lead");
  const all = await conn.query("SELECT Id FROM Lead").execute({ autoFetch: true, maxFetch: 10000 });
  const found = await conn.sobject("Lead").find({ LastName: "Žák 7" }, ["Id", "Company"]);
  const made = await conn.sobject("Lead").create([{ LastName: "New", Company: "Elm" }, {}]);
  const upserted = await conn.sobject("Lead").upsert(
    { LastName: "Ext", Company: "Elm", Leadrelay_Id__c: "hs-1" }, "Leadrelay_Id__c");
  const described = await conn.sobject("Lead").describe();
  let fault = "";
  try { await conn.query("SELECT Nope FROM Lead"); } catch (e) { fault = e.errorCode; }
  await conn.sobject("Lead").destroy([made[0].id, upserted.id]);
  console.log(JSON.stringify({ user: identity.username, total: first.totalSize, done: first.done,
    all: all.length ?? all.records.length, found, made, upserted: upserted.success,
    described: described.fields.some((f) => f.name === "Leadrelay_Id__c"), fault }));
})().catch((e) => { console.error(e); process.exit(1); });
"""

HUBSPOT = """
const { Client } = require("@hubspot/api-client");
(async () => {
  const client = new Client({ accessToken: "pat-na1-sandbox", basePath: process.env.HUBSPOT });
  const all = await client.crm.contacts.getAll(100, undefined, ["email"]);
  const owners = await client.crm.owners.ownersApi.getPage();
  const basic = client.crm.contacts.basicApi;
  const made = await basic.create({ properties: { email: "n@elm.example" } });
  const searched = await client.crm.contacts.searchApi.doSearch({
    filterGroups: [{ filters: [
      { propertyName: "email", operator: "EQ", value: "c7@oak.example" }] }],
    properties: ["lastname"], limit: 10, after: "0", sorts: [] });
  let status = 0;
  try { await basic.create({ properties: { email: "n@elm.example" } }); }
  catch (e) { status = e.code; }
  await basic.archive(made.id);
  const emails = new Set(all.map((c) => c.properties.email));
  const found = searched.results.map((c) => c.properties.lastname);
  console.log(JSON.stringify({ all: all.length, emails: emails.size,
    owners: owners.results.length, found, status }));
})().catch((e) => { console.error(e); process.exit(1); });
"""


def said(folder: Path, script: str, **environment: str) -> Any:
    """What a script prints, as JSON."""
    file = folder / "script.cjs"
    file.write_text(script)
    told = subprocess.run(
        ["node", str(file)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


@pytest.mark.slow
def test_jsforce(plain: Sandbox, node_package: Callable[[str], Path]) -> None:
    folder = node_package("jsforce@3.10.16")
    told = said(folder, JSFORCE, SALESFORCE=plain.salesforce_url)
    assert told["user"] == "integration@acme.example.com"
    assert (told["total"], told["done"], told["all"]) == (LEADS, False, LEADS)
    assert [row["Company"] for row in told["found"]] == ["Oak, Ltd."]
    assert [row["success"] for row in told["made"]] == [True, False]
    assert told["made"][1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert (told["upserted"], told["described"], told["fault"]) == (True, True, "INVALID_FIELD")


@pytest.mark.slow
def test_hubspots_node_client(plain: Sandbox, node_package: Callable[[str], Path]) -> None:
    told = said(node_package("@hubspot/api-client@13.5.0"), HUBSPOT, HUBSPOT=plain.hubspot_url)
    assert told == {
        "all": CONTACTS,
        "emails": CONTACTS,
        "owners": 3,
        "found": ["Oak 7"],
        "status": 409,
    }
